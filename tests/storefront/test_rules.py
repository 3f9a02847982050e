"""What nobody photographed always looks the same, and what a buyer forgot is found."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.channels.storefront import rules
from rynek.channels.storefront.pages.art import draw
from rynek.channels.storefront.rules import HUES, branch, initials, look, missing, vat_id
from rynek.commerce.orders import OrderLine

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


# --- after the sale ---------------------------------------------------------------------------------------------------

LINES = st.lists(
    st.tuples(st.sampled_from(["TEA", "MUG"]), st.integers(1, 20), st.integers(0, 20), st.integers(0, 20)), max_size=5
)


def _lines(given_: list[tuple[str, int, int, int]]) -> list[OrderLine]:
    return [
        OrderLine(n, sku, sku, quantity, 1, 1, 0, 1, 0, cancelled=min(gone, quantity),
                  shipped=min(left, quantity - min(gone, quantity)))
        for n, (sku, quantity, gone, left) in enumerate(given_, 1)
    ]  # fmt: skip


@given(LINES)
def test_what_waits_is_what_is_neither_cancelled_nor_sent(given_: list[tuple[str, int, int, int]]) -> None:
    lines = _lines(given_)
    found = rules.waiting(lines)
    assert all(units > 0 for units in found.values())
    assert sum(found.values()) == sum(line.quantity - line.cancelled - line.shipped for line in lines)


@given(LINES, st.dictionaries(st.integers(1, 6), st.integers(-3, 30)))
def test_a_difference_leads_to_what_is_wanted(
    given_: list[tuple[str, int, int, int]], wanted: dict[int, int]
) -> None:  # fmt: skip
    lines = _lines(given_)
    now, skus = rules.waiting(lines), {line.line: line.sku for line in lines}
    fewer, more = rules.difference(lines, wanted)
    assert all(0 < units <= now[line] for line, units in fewer.items())
    assert all(units > 0 for units in more.values())
    for sku in ("TEA", "MUG"):
        of = [line for line in now if skus[line] == sku]
        after = sum(now[line] - fewer.get(line, 0) for line in of) + more.get(sku, 0)
        assert after == sum(max(0, wanted.get(line, now[line])) for line in of)


def test_the_steps_of_an_order() -> None:
    assert rules.steps("open") == [("placed", "done"), ("paid", "done"), ("shipped", "now")]
    assert rules.steps("cancelled") == [("placed", "done"), ("cancelled", "gone")]


@given(st.sampled_from(["awaiting-payment", "open", "shipped", "cancelled"]))
def test_steps_that_are_done_come_first_and_one_at_most_is_now(state: str) -> None:
    how = [each for _, each in rules.steps(state)]
    assert how[0] == "done"
    assert how == sorted(how, key=["done", "gone", "now", ""].index)
    assert how.count("now") <= 1


@given(st.integers(0, 10_000), st.lists(st.integers(0, 5_000), max_size=6))
def test_purses_pay_in_their_order_what_they_have_and_no_more_than_the_total(total: int, offered: list[int]) -> None:
    paid = rules.spread(total, offered)
    assert sum(paid) == min(total, sum(offered))
    assert all(0 <= part <= there for part, there in zip(paid, offered, strict=True))
