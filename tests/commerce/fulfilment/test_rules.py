"""Decisions of fulfilment, by their properties."""

import math
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rynek.commerce.fulfilment import rules
from rynek.commerce.fulfilment.model import (
    Criterion,
    Kept,
    OnList,
    Place,
    PlaceRow,
    Plan,
    State,
    StopRow,
    Wanted,
    WrongStep,
)
from rynek.commerce.inventory import LotLevel, OfLot, Pick

SKUS = ("A", "B", "C")
BY = ("nearest", "parcels", "cheapest", "load", "age", "rank")
skus = st.sampled_from(SKUS)
measures = st.dictionaries(st.sampled_from([by for by in BY if by != "parcels"]), st.floats(0, 1_000))
places = st.lists(
    st.builds(Place, st.sampled_from([f"P{n}" for n in range(9)]), st.dictionaries(skus, st.integers(-2, 9)), measures),
    max_size=9,
    unique_by=lambda place: place.location,
)
wants = st.dictionaries(skus, st.integers(1, 12), min_size=1)
tiers = st.lists(
    st.lists(st.builds(Criterion, st.sampled_from(BY), st.floats(0.1, 100)), min_size=1, max_size=3), min_size=1,
    max_size=3,
)  # fmt: skip


@given(wants, places, tiers)
def test_all_is_routed_or_none_and_never_more_than_is_free(
    wanted: dict[str, int], there: list[Place], order: list[list[Criterion]]
) -> None:
    plan = rules.route(wanted, there, order)
    enough = all(sum(max(p.free.get(sku, 0), 0) for p in there) >= units for sku, units in wanted.items())
    assert (plan is not None) == enough
    if plan is not None:
        assert rules.sound(plan, wanted, there)
        used = {pick.location for pick in plan.picks}
        assert plan.costs == rules.cost([p for p in there if p.location in used], order)


@given(wants, places, tiers, st.randoms(use_true_random=False))
def test_places_in_another_order_give_the_same_plan(
    wanted: dict[str, int], there: list[Place], order: list[list[Criterion]], chance: Random
) -> None:
    plan = rules.route(wanted, there, order)
    mixed = there.copy()
    chance.shuffle(mixed)
    assert rules.route(dict(sorted(wanted.items(), reverse=True)), mixed, order) == plan


@given(wants, places, tiers)
def test_no_single_place_would_have_been_better(
    wanted: dict[str, int], there: list[Place], order: list[list[Criterion]]
) -> None:
    plan = rules.route(wanted, there, order)
    for place in there:
        if all(place.free.get(sku, 0) >= units for sku, units in wanted.items()):
            assert plan is not None
            assert plan.costs <= rules.cost([place], order)


@given(wants, places)
def test_every_place_of_a_plan_is_needed(wanted: dict[str, int], there: list[Place]) -> None:
    plan = rules.route(wanted, there, [[Criterion("parcels")]])
    used = {pick.location for pick in plan.picks} if plan else set()
    for left_out in used:
        rest = [p for p in there if p.location in used - {left_out}]
        assert any(sum(max(p.free.get(sku, 0), 0) for p in rest) < units for sku, units in wanted.items())


def test_plans_that_do_not_add_up_are_not_sound() -> None:
    there = [Place("P1", {"A": 2}, {})]
    assert rules.sound(Plan([Pick("A", "P1", 2)], []), {"A": 2}, there)
    for picks in ([Pick("A", "P1", 1)], [Pick("A", "P2", 2)], [Pick("A", "P1", 3)], [Pick("B", "P1", 2)], []):
        assert not rules.sound(Plan(picks, []), {"A": 2}, there)
    assert not rules.sound(Plan([Pick("A", "P1", 3)], []), {"A": 3}, there)


@given(places, tiers)
def test_what_counts_against_places_adds_up(there: list[Place], order: list[list[Criterion]]) -> None:
    each = [rules.against(place, order) for place in there]
    total = rules.cost(there, order)
    assert len(total) == len(order)
    assert all(math.isclose(sum(of), sum_, abs_tol=1e-5) for *of, sum_ in zip(*each, total, strict=True))


@given(wants, places, tiers)
def test_the_taken_are_told_first_and_once(
    wanted: dict[str, int], there: list[Place], order: list[list[Criterion]]
) -> None:
    plan = rules.route(wanted, there, order)
    picks = plan.picks if plan else []
    told = rules.considered(wanted, there, order, picks, keep=3)
    taken = [each.location for each in told if each.taken]
    assert sorted(taken) == sorted({pick.location for pick in picks})
    assert [each.taken for each in told] == sorted((each.taken for each in told), reverse=True)
    assert len({each.location for each in told}) == len(told) <= max(3, len(taken))


# --- where things are -------------------------------------------------------------------------------------------------

spots = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(spots, spots)
def test_it_is_as_far_there_as_back_and_never_beyond_half_the_earth(
    here: tuple[float, float], there: tuple[float, float]
) -> None:
    assert rules.kilometres(here, there) == rules.kilometres(there, here)
    assert 0 <= rules.kilometres(here, there) <= 20_016
    assert rules.kilometres(here, here) == 0


def test_kilometres_between_cities() -> None:
    assert rules.kilometres((50.0614, 19.9366), (52.2298, 21.0118)) == pytest.approx(252, abs=1)  # Kraków, Warszawa
    assert rules.kilometres((None, None), (52.2298, 21.0118)) == rules.FAR_KM


@given(st.text(max_size=20))
def test_prefixes_begin_with_the_whole_and_end_with_nothing(postcode: str) -> None:
    found = rules.prefixes(postcode)
    assert found[-1] == ""
    assert [len(each) for each in found] == list(range(len(found) - 1, -1, -1))
    assert all(found[0].startswith(each) for each in found)


@given(st.lists(spots, min_size=1, max_size=40), spots, st.data())
def test_the_shortlist_is_the_nearest_and_what_is_asked_for(
    there: list[tuple[float, float]], buyer: tuple[float, float], data: st.DataObject
) -> None:
    rows = [PlaceRow("WEB", f"P{n:02}", n, *spot, 0, 100, n % 5 > 0, n % 3 == 0, 0) for n, spot in enumerate(there)]
    terrain = rules.Terrain(rows, [[Criterion("nearest")]])
    besides = data.draw(st.sets(st.sampled_from([row.location for row in rows]), max_size=3))
    listed = dict(terrain.shortlist(buyer, besides))
    assert besides <= set(listed)
    sending = sorted((rules.kilometres((r.latitude, r.longitude), buyer), r.location) for r in rows if r.sends)
    assert {code for _, code in sending[: rules.SHORTLIST]} <= set(listed)
    only = terrain.shortlist(buyer, [], only="P00")
    assert [code for code, _ in only] == ["P00"]


def test_work_that_is_given_out_weighs() -> None:
    first = PlaceRow("WEB", "P1", 1, None, None, 0, 2, sends=True, hands_out=False, live=0)
    terrain = rules.Terrain([first, replace(first, location="P2")], [[Criterion("load")]])
    assert [code for code, _ in terrain.shortlist((None, None), [])] == ["P1", "P2"]
    terrain.give_out(["P1", "NOWHERE"])
    assert terrain.shortlist((None, None), []) == [("P2", {"load": 0.0}), ("P1", {"load": 50.0})]


# --- work -------------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.sampled_from(["start", "let-go", "pick", "pack", "send", "get-ready", "collect", "expire", "cancel"]))
)
def test_work_that_is_over_stays_over(verbs: list[str]) -> None:
    state: State = "open"
    for verb in verbs:
        if (state, verb) in rules.WAYS:
            assert state in rules.LIVE
            state = rules.after(state, verb)  # type: ignore[arg-type]
        else:
            with pytest.raises(WrongStep):
                rules.after(state, verb)  # type: ignore[arg-type]


orders, tasks = [UUID(int=n) for n in range(2)], [UUID(int=n) for n in range(10, 14)]
held = st.lists(
    st.builds(Kept, st.sampled_from(orders), skus, st.sampled_from(["P1", "P2"]), st.integers(1, 9)), max_size=8,
    unique_by=lambda each: (each.order, each.sku, each.location),
)  # fmt: skip
lists = st.lists(
    st.builds(
        OnList, st.sampled_from(orders), st.sampled_from(tasks), st.sampled_from(["P1", "P2"]),
        st.sampled_from(sorted(rules.LIVE)), skus, st.integers(1, 9), st.just(0),
    ),
    max_size=8,
)  # fmt: skip


@given(held, lists)
def test_after_the_difference_lists_are_what_is_set_aside(there: list[Kept], on: list[OnList]) -> None:
    more, less = rules.difference(there, on)
    total: dict[tuple[UUID, str, str], int] = {}
    for sign, some in ((1, on), (1, more), (-1, less)):
        for each in some:
            assert each.units > 0
            key = (each.order, each.sku, each.location)
            total[key] = total.get(key, 0) + sign * each.units
    assert {key: n for key, n in total.items() if n} == {(e.order, e.sku, e.location): e.units for e in there}


def test_what_is_least_far_is_given_up_first() -> None:
    on = [
        OnList(orders[0], task, "P1", state, "A", 2, 0) for task, state in zip(tasks, ("packed", "open"), strict=False)
    ]
    _, less = rules.difference([Kept(orders[0], "A", "P1", 1)], on)
    assert [(each.state, each.units) for each in less] == [("open", 2), ("packed", 1)]


stops = st.lists(
    st.builds(
        StopRow, st.sampled_from(tasks), skus, st.just(""), st.integers(1, 9), st.none() | st.integers(0, 4),
        st.integers(0, 30), st.just(""),
    )
)  # fmt: skip


@given(stops)
def test_a_walk_passes_every_place_and_each_aisle_once(found: list[StopRow]) -> None:
    walked = rules.walk(found)
    assert sorted(map(repr, walked)) == sorted(map(repr, found))
    aisles = [each.aisle for each in walked]
    turns = [aisle for n, aisle in enumerate(aisles) if n == 0 or aisles[n - 1] != aisle]
    assert len(turns) == len(set(turns))
    assert None not in turns[:-1]
    for number, aisle in enumerate(a for a in turns if a is not None):
        along = [each.position or 0 for each in walked if each.aisle == aisle]
        assert along == sorted(along, reverse=number % 2 == 1)


@given(st.integers(0, 10**10 - 1), st.sampled_from(["590123", "5901234", "590123456"]))
def test_a_wrong_digit_in_a_parcels_number_is_found(serial: int, prefix: str) -> None:
    number = rules.sscc(prefix, serial % 10 ** (16 - len(prefix)))
    assert len(number) == 18
    weights = [3, 1] * 9
    assert sum(int(d) * w for d, w in zip(number, weights, strict=True)) % 10 == 0
    wrong = number[:5] + str((int(number[5]) + 1) % 10) + number[6:]
    assert sum(int(d) * w for d, w in zip(wrong, weights, strict=True)) % 10 != 0


@given(
    st.dictionaries(skus, st.integers(1, 9), min_size=1), st.lists(st.dictionaries(skus, st.integers(1, 5)), max_size=4)
)
def test_parcels_hold_what_was_picked_or_are_refused(picked: dict[str, int], given_: list[dict[str, int]]) -> None:
    found = rules.parcels(picked, given_)
    if found is not None:
        assert all(found)
        total = {sku: sum(each.get(sku, 0) for each in found) for sku in SKUS}
        assert {sku: n for sku, n in total.items() if n} == picked
        assert all(asked in ({}, got) for asked, got in zip(given_, found, strict=True))
    assert rules.parcels(picked, [{}]) == [picked]


# --- collecting -------------------------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32))
def test_a_code_is_found_however_it_is_typed(digest: bytes) -> None:
    written = rules.code(digest)
    plain = rules.plain(written)
    assert plain == written.replace("-", "")
    assert len(plain) == rules.CODE_LENGTH
    misread = plain.lower().replace("0", "o").replace("1", "l")
    assert rules.plain(f" {misread[:2]} - {misread[2:]}") == plain
    assert rules.code(digest[:4] + bytes(28)) == written


@given(st.text(max_size=12))
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    plain = rules.plain(typed)
    assert plain is None or (len(plain) == rules.CODE_LENGTH and set(plain) <= set(rules.SIGNS))


@given(st.integers(1, 60), st.integers(0, 60))
def test_who_is_reminded_is_reminded_before_the_end(keep: int, remind: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    reminded, until = rules.times(now, keep, remind)
    assert until - now == timedelta(days=keep)
    assert (reminded is None) == (not 0 < remind < keep)
    assert reminded is None or reminded - now == timedelta(days=remind)


@given(
    st.sampled_from(["home", "pickup", "locker", "digital", ""]),
    st.sampled_from(["", "S-1"]),
    st.sampled_from(["S-1", "S-2"]),
)
def test_goods_go_to_where_they_are_collected(delivery: str, point: str, location: str) -> None:
    wanted = Wanted(UUID(int=1), 1, "WEB-PL", "open", "PL", "", delivery, point, decided=False)
    collected = delivery == "pickup" and point != ""
    here = "hand-out" if location == point else "bring"
    assert rules.kind(wanted, location) == (here if collected else "send")


@given(st.integers(0, 30), st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 9)))
def test_lots_to_take_make_up_what_is_missing_as_far_as_there_are_any(units: int, free: dict[str, int]) -> None:
    there = [LotLevel("X", "S-1", lot, n, 0, 0, None, None, "lots") for lot, n in free.items()]
    take = rules.to_take(units, there)
    assert sum(each.units for each in take) == min(units, sum(free.values()))
    assert all(0 < each.units <= free[each.lot] for each in take)
    filled = [lot for lot, n in free.items() if n]
    assert [each.lot for each in take] == filled[: len(take)], "the first expired first"


@given(
    st.lists(st.dictionaries(st.sampled_from("XY"), st.integers(1, 5), min_size=1), min_size=1, max_size=3), st.data()
)
def test_every_parcel_has_lots_for_what_is_in_it(goods: list[dict[str, int]], data: st.DataObject) -> None:
    taken: dict[tuple[str, str], int] = {}
    for n, box in enumerate(goods):
        for sku, units in box.items():
            for _ in range(units):
                key = (sku, data.draw(st.sampled_from("AB")) if n else "A")
                taken[key] = taken.get(key, 0) + 1
    said = data.draw(st.lists(st.tuples(st.sampled_from("XYZ"), st.sampled_from("ABC")), max_size=2))
    first = [OfLot(*each) for each in said]
    boxes = rules.boxed(goods, taken, [first, *([[]] * (len(goods) - 1))])
    fits = all(
        sum(each == pair for each in said) <= taken.get(pair, 0)
        and sum(each[0] == pair[0] for each in said) <= goods[0].get(pair[0], 0)
        for pair in said
    )
    assert (boxes is not None) == fits
    if boxes is None:
        return
    total: dict[tuple[str, str], int] = {}
    for packed, holds in zip(boxes, goods, strict=True):
        assert {sku: sum(lots.values()) for sku, lots in packed.items()} == holds
        for sku, lots in packed.items():
            for lot, units in lots.items():
                total[sku, lot] = total.get((sku, lot), 0) + units
    assert total == taken
    assert all(boxes[0][each.sku][each.lot] for each in first)
