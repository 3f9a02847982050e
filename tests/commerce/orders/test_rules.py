"""Decisions about orders."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from rynek.commerce.orders import rules
from rynek.commerce.orders.model import OrderLine

COMPONENTS = {"SET": [("A", 2), ("B", 1)], "PAIR": [("A", 2)]}


@st.composite
def lines(draw: st.DrawFn) -> list[OrderLine]:
    found = []
    for n in range(1, draw(st.integers(1, 4)) + 1):
        quantity = draw(st.integers(1, 5))
        cancelled = draw(st.integers(0, quantity))
        sku = draw(st.sampled_from(["A", "B", "SET", "PAIR", "C"]))
        found.append(OrderLine(n, sku, sku, quantity, 100, 100, 0, 100, 0, cancelled=cancelled))
    return found


def test_a_bundle_has_left_when_all_it_is_made_of_has() -> None:
    two = [OrderLine(1, "SET", "Set", 2, 100, 200, 0, 200, 0)]
    assert rules.goods(two[0], 2, COMPONENTS) == [("A", 4), ("B", 2)]
    assert rules.newly_shipped(two, COMPONENTS, {"A": 4}) == {}
    assert rules.newly_shipped(two, COMPONENTS, {"A": 4, "B": 1}) == {1: 1}


@given(lines(), st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 4)), max_size=8))
def test_what_left_counts_once_and_never_beyond_what_waits(
    ordered: list[OrderLine], parcels: list[tuple[str, int]]
) -> None:
    gone: dict[str, int] = {}
    shipped = dict.fromkeys([line.line for line in ordered], 0)
    for sku, units in parcels:
        gone[sku] = gone.get(sku, 0) + units
        now = [structs.replace(line, shipped=shipped[line.line]) for line in ordered]
        for number, more in rules.newly_shipped(now, COMPONENTS, gone).items():
            assert more > 0
            shipped[number] += more
    used: dict[str, int] = {}
    for line in ordered:
        assert shipped[line.line] <= line.quantity - line.cancelled
        for sku, units in rules.goods(line, shipped[line.line], COMPONENTS):
            used[sku] = used.get(sku, 0) + units
    assert all(units <= gone.get(sku, 0) for sku, units in used.items())


@given(lines())
def test_when_all_goods_have_left_all_lines_have(ordered: list[OrderLine]) -> None:
    gone: dict[str, int] = {}
    for line in ordered:
        for sku, units in rules.goods(line, line.quantity - line.cancelled, COMPONENTS):
            gone[sku] = gone.get(sku, 0) + units
    more = rules.newly_shipped(ordered, COMPONENTS, gone)
    assert more == {line.line: n for line in ordered if (n := line.quantity - line.cancelled)}


@given(lines(), st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 4)), max_size=8))
def test_what_is_still_to_leave_is_what_was_not_given_up_and_has_not_left(
    ordered: list[OrderLine], parcels: list[tuple[str, int]]
) -> None:
    whole = rules.to_leave(ordered, COMPONENTS, {})
    gone: dict[str, int] = {}
    for sku, units in parcels:
        gone[sku] = min(gone.get(sku, 0) + units, whole.get(sku, 0))
    more = rules.newly_shipped(ordered, COMPONENTS, gone)
    now = [structs.replace(line, shipped=more.get(line.line, 0)) for line in ordered]
    left = rules.to_leave(now, COMPONENTS, gone)
    assert {sku: left.get(sku, 0) + gone.get(sku, 0) for sku in whole} == whole


def test_of_bundles_that_were_given_up_parts_that_left_are_too_many() -> None:
    torn = [OrderLine(1, "SET", "Set", 2, 100, 200, 0, 200, 0, cancelled=2)]
    assert rules.to_leave(torn, COMPONENTS, {"A": 2}) == {"A": -2, "B": 0}
