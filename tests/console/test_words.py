"""Both languages say everything, with the same gaps; nothing is said that has no words, and no word is idle."""

import re
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.app import ROOT
from rynek.kernel import words
from rynek.kernel.words import Language

FOLDERS = [ROOT / "console" / "pages", ROOT / "channels" / "storefront" / "pages"]
SAID = re.compile(r"""\bw\(\s*"([a-z][\w.-]*)"(?!\s*~)""")
BEGUN = re.compile(r"""\bw\(\s*f?"([a-z][\w.-]*[._])(?:"\s*~|\{)""")
COUNTED = re.compile(r"""w\.count\(\s*"([\w.-]+)\"""")


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_both_languages_say_the_same(folder: Path) -> None:
    read = words.read(folder / "words")
    assert set(read) == {"en", "pl"}
    english, polish = read["en"].entries, read["pl"].entries
    assert english.keys() == polish.keys()
    assert {key for key in english if gaps(english[key]) != gaps(polish[key])} == set()
    assert all(text.strip() for text in (*english.values(), *polish.values()))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_what_pages_say_has_words_and_no_word_is_idle(folder: Path) -> None:
    known = set(words.read(folder / "words")["en"].entries)
    text = "\n".join(path.read_text() for path in (*folder.glob("*.html"), *folder.glob("*.py")))
    said = set(SAID.findall(text)) | {
        f"{key}.{form}" for key in COUNTED.findall(text) for form in ("one", "few", "many")
    }
    said |= set(re.findall(r'"([a-z_]+\.[a-z_.]+)"', text)) & known
    assert {key for key in SAID.findall(text) if not key.endswith(".")} <= known
    begun = tuple({*BEGUN.findall(text), "fault.", "checkout."})
    assert {key for key in known - said if not key.startswith(begun)} == set()


@pytest.mark.parametrize(
    ("cookies", "accepted", "chosen"),
    [
        (None, None, "en"),
        (None, "pl-PL,pl;q=0.9,en;q=0.8", "pl"),
        (None, "de, en;q=0.5, pl;q=0.7", "pl"),
        ("a=b; rynek_language=en", "pl", "en"),
        ("rynek_language=xx", "pl", "pl"),
        (None, "pl;q=nonsense, en;q=0.1", "en"),
    ],
)
def test_the_readers_language_is_chosen(cookies: str | None, accepted: str | None, chosen: str) -> None:
    known = {code: Language(code, {}) for code in ("en", "pl")}
    assert words.choose(cookies, accepted, known).code == chosen


@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_a_browser_sends_some_language_is_chosen(cookies: str, accepted: str) -> None:
    known = {code: Language(code, {}) for code in ("en", "pl")}
    assert words.choose(cookies, accepted, known).code in known


@pytest.mark.parametrize(
    ("number", "form"),
    [
        (0, "many"),
        (1, "one"),
        (2, "few"),
        (4, "few"),
        (5, "many"),
        (12, "many"),
        (22, "few"),
        (112, "many"),
        (101, "many"),
    ],
)
def test_polish_counts_as_poles_do(number: int, form: str) -> None:
    assert words.form("pl", number) == form


def test_money_and_numbers_are_written_as_the_language_has_it() -> None:
    english, polish = Language("en", {}), Language("pl", {})
    assert english.money(-123456789, "USD") == "−$1,234,567.89"
    assert english.money(123456789, "USD", whole=True) == "$1,234,568"
    assert english.money(1290, "PLN") == "12.90\u00a0PLN"
    assert polish.money(123456789, "PLN") == "1\u00a0234\u00a0567,89\u00a0zł"
    assert polish.money(500, "JPY") == "500\u00a0JPY"
    assert (english.percent(2300), polish.percent(550)) == ("23%", "5,50\u00a0%")


@given(st.integers(-(10**15), 10**15), st.sampled_from(["en", "pl"]), st.sampled_from(["PLN", "JPY", "KWD"]))
def test_no_digit_of_an_amount_is_lost(minor: int, code: str, currency: str) -> None:
    written = Language(code, {}).money(minor, currency)
    assert int("".join(re.findall(r"\d", written))) == abs(minor)
    assert written.startswith("−") == (minor < 0)
