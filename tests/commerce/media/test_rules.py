"""What is taken as a picture, and how it is cut, whatever is sent."""

from typing import Any, get_args

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rynek.commerce.media import rules
from rynek.commerce.media.model import Cut, Form, Format, Kind
from tests import pictures

KINDS: tuple[Kind, ...] = get_args(Kind)
kinds = st.sampled_from(KINDS)
sides = st.integers(1, 16_000)
percents = st.integers(0, 100)
cuts = st.sampled_from(get_args(Cut))
HONEST = {kind: pictures.a(kind) for kind in KINDS}
NAMES = {"jpeg": "a.JPG", "png": "b.png", "webp": "c.webp", "gif": "d.gif", "avif": "e.avif"}
junk = st.binary(max_size=200)


@pytest.mark.parametrize("kind", KINDS)
def test_an_honest_picture_is_taken(kind: Kind) -> None:
    body = HONEST[kind]
    assert rules.kind(body) == kind
    assert rules.ending_of(body, kind) == len(body)
    assert not rules.foreign(body)
    for name in ("", "no-ending", NAMES[kind]):
        assert rules.objection(body, f"image/{kind}", name) is None
    assert rules.objection(pictures.noise(kind, 300, 200), f"image/{kind}", "") is None


@given(st.binary(max_size=400))
@example(b"")
@example(pictures.SVG)
@example(pictures.ENTITIES)
@example(b"\xff\xd8\xff")
@example(b"GIF89a")
def test_anything_else_is_none(body: bytes) -> None:
    assert rules.objection(body, "image/png", "a.png") is not None
    found = rules.kind(body)
    if found is not None:
        end = rules.ending_of(body, found)
        assert end is None or 0 < end <= len(body)


@given(kinds, st.data())
def test_what_is_cut_off_is_refused(kind: Kind, data: st.DataObject) -> None:
    body = HONEST[kind]
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    assert rules.objection(cut, f"image/{kind}", "") is not None


@given(kinds, junk.filter(lambda each: bool(each.strip(b"\0"))))
@example("jpeg", pictures.archive())
@example("png", b"<html>")
def test_what_is_appended_is_refused(kind: Kind, more: bytes) -> None:
    assume(not more.startswith(b"\xff\xd8\xff"))
    assert rules.objection(HONEST[kind] + more, f"image/{kind}", "") is not None
    assert rules.objection(HONEST[kind] + bytes(8), f"image/{kind}", "") is None  # padding is nothing


def test_pictures_behind_a_jpeg_belong_to_it() -> None:
    body = HONEST["jpeg"]
    assert rules.objection(body + body + body, "image/jpeg", "") is None
    assert rules.objection(body + body[:-2], "image/jpeg", "") is not None
    assert rules.objection(body + body + b"PK", "image/jpeg", "") is not None


@given(kinds, kinds)
def test_what_says_to_be_something_else_is_refused(kind: Kind, other: Kind) -> None:
    assert (rules.objection(HONEST[kind], f"image/{other}", "") is None) == (kind == other)
    assert (rules.objection(HONEST[kind], f"image/{kind}", NAMES[other]) is None) == (kind == other)
    for declared in ("", "text/html", "application/octet-stream", "image/svg+xml", "image/*"):
        assert rules.objection(HONEST[kind], declared, "") is not None
    for name in ("a.svg", "a.php", "a.png.html", "a."):
        assert rules.objection(HONEST[kind], f"image/{kind}", name) is not None


@pytest.mark.parametrize(
    ("body", "declared"),
    [
        (pictures.script_gif(), "image/gif"),
        (pictures.zip_inside(), "image/png"),
        (pictures.a("jpeg", comment=b"<script>alert(1)</script>"), "image/jpeg"),
        (pictures.a("jpeg", comment=b"<?php system($_GET[0]); ?>"), "image/jpeg"),
        (pictures.a("gif", comment=b"%PDF-1.7"), "image/gif"),
        (b"\xff\xd8\xff\xe0/*" + bytes(0x2F2A - 2) + HONEST["jpeg"][2:], "image/jpeg"),
    ],
)
def test_what_is_something_else_as_well_is_refused(body: bytes, declared: str) -> None:
    assert rules.foreign(body)
    assert rules.objection(body, declared, "") is not None


def test_what_is_too_large_is_refused() -> None:
    blown = pictures.png(1, 1, pictures.chunk(b"zzZz", bytes(rules.LARGEST_BYTES)))
    assert "larger" in (rules.objection(blown, "image/png", "") or "")


@given(sides, sides, cuts, st.tuples(percents, percents))
def test_a_cut_lies_inside_and_holds_its_focus(width: int, height: int, cut: Cut, focus: tuple[int, int]) -> None:
    left, top, right, bottom = rules.box(width, height, cut, focus)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert left <= width * focus[0] // 100 <= right
    assert top <= height * focus[1] // 100 <= bottom
    assert rules.measured(width, height, cut) == (right - left, bottom - top)
    if cut == "whole":
        assert (right - left, bottom - top) == (width, height)
    else:
        assert right - left == width or bottom - top == height  # as large as can be
        across, down = (1, 1) if cut == "square" else (4, 3)
        assert abs((right - left) * down - (bottom - top) * across) <= across * down


@given(sides, sides, st.sampled_from(rules.WIDTHS))
def test_nothing_is_blown_up(width: int, height: int, wanted: int) -> None:
    wide, high = rules.scaled(width, height, wanted)
    assert wide == min(width, wanted)
    assert 1 <= high <= height
    assert abs(high - height * wide / width) < 1


forms = st.builds(
    lambda width, cut, focus, shape: Form(width, cut, focus if cut != "whole" else None, shape),
    st.sampled_from(rules.WIDTHS), cuts, st.tuples(percents, percents), st.none() | st.sampled_from(get_args(Format)),
)  # fmt: skip


@given(forms)
def test_a_form_is_read_as_it_was_written(form: Form) -> None:
    assert rules.form(rules.name(form)) == form


@given(st.text(alphabet="0123456789-.x4squarewebpjgif", max_size=20))
@example("641")
@example("0640")
@example("640-4x3-050-50")
@example("640-4x3-101-0")
@example("640-4x3")
@example("640.gif")
@example("640.webp.jpeg")
@example("640\n")
def test_no_other_form_has_an_address(text: str) -> None:
    found = rules.form(text)
    assert found is None or rules.name(found) == text


@given(st.text(max_size=60))
def test_a_browser_gets_what_it_likes(accept: str) -> None:
    assert rules.liked(accept + ", image/avif,image/webp") == "avif"
    assert rules.liked("image/webp,*/*") == "webp"
    assert rules.liked("*/*") == rules.liked(None) == "jpeg"


@given(sides, sides, cuts, st.tuples(percents, percents))
def test_sources_are_on_the_list_and_never_wider_than_the_picture(
    width: int, height: int, cut: Cut, focus: tuple[int, int]
) -> None:
    digest = "0" * 32
    found = rules.sources(digest, width, height, cut, focus)
    real, _ = rules.measured(width, height, cut)
    widths = [each.width for each in found]
    assert widths == sorted(set(widths))
    assert found
    assert max(widths) == min(real, max(rules.WIDTHS))
    for each in found:
        form = rules.form(each.url.removeprefix(f"/media/{digest}/"))
        assert form is not None
        assert (form.cut, form.format) == (cut, None)
        assert form.focus == (None if cut == "whole" else focus)


@given(st.text(max_size=50))
def test_only_our_own_addresses_are_uploaded_pictures(url: str) -> None:
    known: Any = "0f343b0931126a20f133d67c2b018a3b"
    assert rules.digest(f"/media/{known}") == known
    assert rules.digest(f"https://elsewhere.example/media/{known}") is None
    assert rules.digest(f"/media/{known}/640") is None
    assert rules.digest(url) is None or url == f"/media/{rules.digest(url)}"
