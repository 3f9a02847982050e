"""What nobody photographed always looks the same, and what a buyer forgot is found."""

import re
from typing import get_args
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rynek.channels.storefront import rules
from rynek.channels.storefront.pages.art import COLOURS, digest, draw, picture
from rynek.channels.storefront.rules import branch, look, missing, vat_id
from rynek.commerce.orders import OrderLine
from rynek.design.rules import contrast

SAID = {
    "email": "ola@example.com", "name": "Ola", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042",
    "country": "PL", "delivery": "courier", "method": "transfer",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "category", "shape", "size"),
    [
        ("Soft drinks, 12 to 18 cans 12 pk, 12 oz – Maker 103", "", "can", "12 pk"),
        ("White bread 20 oz – House brand", "", "loaf", "20 oz"),
        ("Lemons 2 lb", "", "fruit", "2 lb"),
        ("Bacon, economy 16 oz", "", "tray", "16 oz"),
        ("Mleko białe 1 gal", "grocery/grocery-milk/grocery-milk-white-milk", "jug", "1 gal"),
        ("Adult cereal 12 oz", "grocery/grocery-cold-cereal/grocery-cold-cereal-adult-cereal", "box", "12 oz"),
        ("Chleb razowy 500 g", "x1", "loaf", "500 g"),
        ("Paper towels", "grocery/grocery-paper-towels", "roll", ""),
        ("Something else", "", "box", ""),
    ],
)
def test_a_thing_is_packed_as_its_place_and_its_name_say(name: str, category: str, shape: str, size: str) -> None:
    found = look(name, None, category)
    assert (found.shape, found.size) == (shape, size)


@settings(max_examples=100)
@given(
    st.text(max_size=60)
    | st.from_regex(r"[a-z]{1,9} [0-9]{1,6}([.,][0-9])? ?(oz|lb|kg|ml|ct) – [A-Z]\w{0,30}", fullmatch=True),
    st.none() | st.text(max_size=40),
    st.text(max_size=40),
)
def test_anything_can_be_drawn_small_and_always_the_same(name: str, brand: str | None, category: str) -> None:
    drawn = look(name, brand, category)
    assert drawn == look(name, brand, category)
    assert drawn == msgspec.convert(msgspec.to_builtins(drawn), rules.Look)
    written = draw(drawn)
    assert len(written.encode()) <= 2_000
    told = "".join(ET.fromstring(written).itertext())  # noqa: S314 - our own drawing
    labelled = drawn.shape not in {"fruit", "leaf", "flower"}
    assert not labelled or told.replace(" ", "") == (drawn.brand + drawn.size).replace(" ", "")


@given(st.integers(1, 100), st.sampled_from(["oz", "lb", "kg", "ml"]))
def test_what_holds_more_is_drawn_no_smaller(units: int, unit: str) -> None:
    small, large = (look(f"Tea {each} {unit}", "Maker") for each in (units, 2 * units))
    assert 66 <= small.percent <= large.percent <= 110
    assert small.hue == large.hue
    assert small.style == large.style


def test_what_is_written_on_a_label_can_be_read_and_every_packing_can_be_drawn() -> None:
    assert min(contrast(ink, paper) for _, _, paper, ink in COLOURS) >= 4.5
    for shape in get_args(rules.Shape):
        for hue, style in ((0, 0), (7, 1), (13, 2)):
            widest = rules.Look(shape, hue, style, 110, 'W&<"' * 6, '100.5 fl oz&"')
            assert len(draw(widest).encode()) <= 2_000
            ET.fromstring(draw(widest))  # noqa: S314 - our own drawing


def test_a_drawing_is_addressed_by_its_content() -> None:
    one, same = picture("Tea 20 oz", "Maker", "food/tea"), picture("Tea 20 oz, variety 2", "Maker", "food/tea")
    assert one == same
    assert one != picture("Tea 40 oz", "Maker", "food/tea")
    assert digest(look("Tea 20 oz", "Maker", "food/tea")) in one


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
