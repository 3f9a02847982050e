"""What can be read is told from what cannot, and a theme that cannot be read is refused with what to mend."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rynek.design import looks, rules
from rynek.design.model import Shape, Theme, Type
from rynek.design.rules import PAIRS, amiss, contrast, laid_over, luminance, mended, palette, sheet
from rynek.kernel import pages
from rynek.kernel.settings import Settings, SettingsError, load

TOKENS = palette(looks.TOKENS)
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS, COLOURS)
def test_contrast_is_the_same_both_ways_and_least_with_itself(one: str, other: str) -> None:
    assert 1 <= contrast(one, other) == contrast(other, one) <= 21.001
    assert contrast(one, one) == 1
    assert 0 <= luminance(one) <= 1


def test_contrast_is_as_the_standard_reckons() -> None:
    """The pairs are those of the W3C's own examples and of its tools."""
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
    assert round(contrast("#0000ff", "#ffffff"), 2) == 8.59


@given(COLOURS, COLOURS)
def test_what_is_mended_can_be_read_and_what_can_be_read_stays(colour: str, ground: str) -> None:
    found = mended(colour, ground, rules.TEXT)
    assert contrast(found, ground) >= rules.TEXT
    assert (found == colour) == (contrast(colour, ground) >= rules.TEXT)


def test_our_own_colours_can_be_read() -> None:
    assert len(TOKENS["light"]) >= 25
    assert TOKENS["light"].keys() == TOKENS["dark"].keys()
    assert {name for pair in PAIRS for name in pair[:2]} <= TOKENS["light"].keys()
    assert amiss(TOKENS, Theme()) == []
    assert sheet(TOKENS, Theme()) == ""


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(sorted(TOKENS["light"])), COLOURS, max_size=4))
def test_a_theme_passes_exactly_when_every_pair_can_be_read(light: dict[str, str]) -> None:
    theme = Theme(light=light)
    worn = laid_over(TOKENS, theme)
    unread = [pair for look in worn.values() for pair in PAIRS if contrast(look[pair[0]], look[pair[1]]) < pair[2]]
    assert len(amiss(TOKENS, theme)) == len(unread)
    assert worn["dark"] == TOKENS["dark"]
    assert all(f"--{name}: light-dark({colour}, " in sheet(TOKENS, theme) for name, colour in light.items())


def test_a_theme_is_laid_over_and_named_by_what_it_changes() -> None:
    theme = Theme(
        light={"accent": "#0B3D91"}, shape=Shape(round=0), type=Type(sans='Georgia, "Times New Roman", serif')
    )
    written = sheet(TOKENS, theme)
    assert f"--accent: light-dark(#0b3d91, {TOKENS['dark']['accent']});" in written
    assert "--round: 0rem;" in written
    assert '--sans: Georgia, "Times New Roman", serif;' in written


def wear(path: Path, text: str) -> Settings:
    path.write_text(text, "utf-8")
    return load(path.parent, {}, theme=path)


def test_a_bad_theme_is_refused_with_what_to_mend(tmp_path: Path) -> None:
    path = tmp_path / "marina.toml"
    with pytest.raises(SettingsError) as refused:
        looks.configure(wear(path, '[light]\naccent = "#7ac7e8"\n'), None)
    said = str(refused.value)
    assert "light.accent #7ac7e8 on sheet #ffffff has a contrast of 1.9, it needs 4.5: make accent #" in said
    shade = said.split("on sheet #ffffff")[1].split("make accent ")[1][:7]
    assert contrast(shade, "#ffffff") >= 4.5
    wrong = {
        '[light]\nacent = "#0b3d91"\n': "did you mean accent?",
        '[light]\naccent = "blue"\n': "light",
        '[lite]\naccent = "#0b3d91"\n': "lite",
        '[type]\nsans = "x; } body { display: none"\n': "sans",
        "[shape]\nround = 9\n": "round",
        "[light\n": "marina.toml",
    }
    for text, hint in wrong.items():
        with pytest.raises(SettingsError, match=r"theme .*marina\.toml") as refused:
            looks.configure(wear(path, text), None)
        assert hint in str(refused.value)
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        looks.theme(tmp_path / "nowhere.toml")


def test_a_theme_is_one_file_and_changes_the_sheet_of_tokens(tmp_path: Path) -> None:
    before = pages.address("tokens.css")
    try:
        looks.configure(
            wear(tmp_path / "marina.toml", '[light]\naccent = "#0b3d91"\naccent-strong = "#082c6a"\n'), None
        )
        worn = pages.address("tokens.css")
        assert worn != before
        assert b"--accent: light-dark(#0b3d91, " in pages.asset(worn.removeprefix("/assets/")).body
    finally:
        looks.configure(Settings(), None)
    assert pages.address("tokens.css") == before


def test_a_sheet_loads_its_fonts_by_addresses_that_are_kept() -> None:
    found = pages.asset("tokens.css").body.decode()
    assert f'url("{pages.address("figtree.woff2")}")' in found
    assert 'url("figtree' not in found


@pytest.mark.parametrize(
    ("cookies", "chosen"),
    [(None, ""), ("rynek_look=dark", "dark"), ("a=b; rynek_look=light", "light"), ("rynek_look=pink", "")],
)
def test_a_choice_is_read_from_its_cookie(cookies: str | None, chosen: str) -> None:
    assert looks.look(cookies) == chosen


def test_a_choice_is_kept_and_can_be_forgotten() -> None:
    assert looks.look_cookie("dark").startswith("rynek_look=dark; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax")
    assert looks.look_cookie("system").startswith("rynek_look=; Path=/; Max-Age=0")
