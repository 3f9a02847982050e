"""What nobody photographed always looks the same, and what a buyer forgot is found."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.channels.storefront.pages.art import draw
from rynek.channels.storefront.rules import HUES, branch, initials, look, missing, vat_id

SAID = {
    "email": "ola@example.com", "name": "Ola", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042",
    "country": "PL", "delivery": "courier", "method": "transfer",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shape", "size"),
    [
        ("Soft drinks, 12 to 18 cans 12 pk, 12 oz – Maker 103", "can", "12 pk"),
        ("White bread 20 oz – House brand", "loaf", "20 oz"),
        ("Lemons 2 lb", "fruit", "2 lb"),
        ("Bacon, economy 16 oz", "tray", "16 oz"),
        ("Something else", "box", ""),
    ],
)
def test_a_thing_is_packed_as_its_name_says(name: str, shape: str, size: str) -> None:
    assert (look(name, None).shape, look(name, None).size) == (shape, size)


@given(st.text(max_size=80), st.none() | st.text(max_size=40))
def test_anything_can_be_drawn_and_always_the_same(name: str, brand: str | None) -> None:
    drawn = look(name, brand)
    assert drawn == look(name, brand)
    assert 0 <= drawn.hue < HUES
    assert len(initials(brand or "")) <= 5
    assert len(drawn.size) <= 16 or re.match(r"\d{8}", drawn.size)
    ET.fromstring(draw(drawn.shape, drawn.hue, "M1&<", '"/><script>'))  # noqa: S314 - our own drawing


@given(st.dictionaries(st.sampled_from(sorted(SAID)), st.text(max_size=10)))
def test_what_is_not_filled_in_is_found(changed: dict[str, str]) -> None:
    amiss = missing(SAID | changed)
    assert set(amiss) <= set(changed)
    assert {field for field, value in changed.items() if not value.strip()} <= set(amiss)


def test_an_address_that_is_none_is_wrong() -> None:
    assert missing(SAID) == {}
    assert missing(SAID | {"email": "ola"}) == {"email": "wrong"}
    assert missing(SAID | {"country": "Poland"}) == {"country": "wrong"}


@given(st.text(alphabet="PLDE0123456789 .-x", max_size=16), st.sampled_from(["PL", "de"]))
def test_vat_numbers_are_written_as_registers_do(text: str, country: str) -> None:
    found = vat_id(text, country)
    assert found is None or re.fullmatch(r"[A-Z]{2}[0-9A-Z]{2,13}", found)
    assert found is None or vat_id(found, country) == found


def test_vat_numbers_take_their_country_from_the_address() -> None:
    assert vat_id("526-025-02-74", "pl") == "PL5260250274"
    assert vat_id("DE 123456789", "PL") == "DE123456789"
    assert vat_id("?", "PL") is None
    assert missing(SAID | {"vat_id": "?"}) == {"vat_id": "wrong"}


@given(st.sampled_from([None, "food", "tea", "green", "toys", "nowhere"]))
def test_a_menu_shows_the_way_and_what_is_in_it(code: str | None) -> None:
    paths = {"food": "food", "tea": "food/tea", "green": "food/tea/green", "milk": "food/milk", "toys": "toys"}
    shown = branch(paths, code)
    assert {"food", "toys"} <= shown
    assert shown == {
        None: {"food", "toys"}, "nowhere": {"food", "toys"}, "toys": {"food", "toys"},
        "food": {"food", "toys", "tea", "milk"}, "tea": {"food", "toys", "tea", "milk", "green"},
        "green": {"food", "toys", "tea", "milk", "green"},
    }[code]  # fmt: skip
