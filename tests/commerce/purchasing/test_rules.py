"""Decisions about goods that come in, by properties."""

from collections import Counter
from datetime import date, timedelta
from math import ceil
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.inventory import Batch
from rynek.commerce.purchasing import rules
from rynek.commerce.purchasing.model import Arrived, Kind, Open, Settling, State, Supply, Verb

DAY = date(2030, 1, 1)
SKUS = ("A", "B", "C")
days = st.one_of(st.none(), st.integers(0, 9).map(lambda n: DAY + timedelta(days=n)))


@st.composite
def opened(draw: st.DrawFn) -> list[Open]:
    found = []
    for n in range(1, draw(st.integers(0, 6)) + 1):
        coming = draw(st.integers(0, 9))
        found.append(Open(n, draw(st.sampled_from(SKUS)), "WH-1", coming, draw(days), draw(st.integers(0, coming))))
    return found


arrivals = st.dictionaries(
    st.sampled_from((*SKUS, "X")), st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=4
).map(lambda found: [Arrived(sku, *units) for sku, units in found.items()])


@given(opened(), arrivals)
def test_every_unit_that_came_is_in_stock_or_a_difference(lines: list[Open], arrived: list[Arrived]) -> None:
    intake = rules.taken_in(lines, arrived, complete=False)
    by_line = {line.line: line for line in lines}
    for n, units in intake.received.items():
        assert 0 < units <= by_line[n].coming
    taken: Counter[str] = Counter()
    for n, units in intake.received.items():
        taken[by_line[n].sku] += units
    found: Counter[tuple[str, str]] = Counter()
    for each in intake.found:
        assert each.units > 0
        found[each.kind, each.sku] += each.units
    ordered = {line.sku for line in lines}
    for came in arrived:
        if came.sku not in ordered:
            assert found["wrong", came.sku] == came.units + came.damaged
        else:
            assert taken[came.sku] + found["more", came.sku] == came.units
            assert found["damaged", came.sku] == came.damaged
            room = sum(line.coming for line in lines if line.sku == came.sku)
            assert taken[came.sku] == min(room, came.units)
    assert not any(each.kind == "less" for each in intake.found)


@given(opened(), arrivals)
def test_what_was_to_be_all_says_what_is_missing_once(lines: list[Open], arrived: list[Arrived]) -> None:
    intake = rules.taken_in(lines, arrived, complete=True)
    for line in lines:
        said = [each for each in intake.found if each.line == line.line]
        missing = sum(each.units for each in said if each.kind == "less")
        broken = sum(each.units for each in said if each.kind == "damaged")
        left = line.coming - intake.received.get(line.line, 0)
        assert missing == max(left - broken - line.missed, 0)


@given(opened(), arrivals)
def test_what_was_promised_first_is_filled_first(lines: list[Open], arrived: list[Arrived]) -> None:
    received = rules.taken_in(lines, arrived, complete=False).received
    for a in lines:
        for b in lines:
            earlier = (a.promised_on or date.max, a.line) < (b.promised_on or date.max, b.line)
            if a.sku == b.sku and earlier and received.get(b.line):
                assert received.get(a.line, 0) == a.coming


@given(st.sampled_from(get_args(Kind)), st.sampled_from(get_args(Settling)), st.integers(1, 50), st.integers(0, 50))
def test_settling_never_takes_more_than_is_to_come(kind: Kind, how: Settling, units: int, coming: int) -> None:
    effect = rules.settled(kind, how, units, coming)
    if effect is None:
        assert how == "expect"
        assert kind in ("more", "wrong")
        return
    assert 0 <= effect.received + effect.dropped <= min(units, coming)
    physical = kind != "less"
    assert effect.received + effect.extra == (units if how == "accept" and physical else 0)
    assert how != "expect" or effect.dropped == 0


@given(st.integers(1, 10**6), st.integers(1, 500), st.integers(1, 5000))
def test_the_next_number_of_whole_packs_is_the_least(units: int, pack: int, minimum: int) -> None:
    found = rules.whole_packs(units, pack, minimum)
    assert found % pack == 0
    assert found >= max(units, minimum)
    assert found - pack < max(units, minimum)
    assert rules.whole_packs(found, pack, minimum) == found


@given(st.integers(0, 730), st.integers(0, 10), st.one_of(st.none(), st.floats(0, 730)))
def test_a_lead_time_is_measured_once_enough_came(declared: int, deliveries: int, median: float | None) -> None:
    found = rules.lead(declared, deliveries, median)
    measured = median is not None and deliveries >= rules.MEASURED
    assert found == (ceil(median) if measured and median is not None else declared)


@given(st.sampled_from(get_args(State)), st.lists(st.sampled_from(get_args(Verb)), max_size=20))
def test_a_purchase_order_goes_forward_only(state: State, verbs: list[Verb]) -> None:
    order = get_args(State)
    for verb in verbs:
        after = rules.step(state, verb)
        if after is not None:
            assert order.index(after) >= order.index(state)
            assert state not in ("closed", "cancelled")
            state = after


@given(st.dates(max_value=date(2100, 1, 1)), st.integers(0, 730))
def test_goods_are_due_after_their_lead_time(sent: date, lead: int) -> None:
    assert (rules.due(sent, lead) - sent).days == lead


waits = st.lists(st.tuples(st.sampled_from(SKUS), st.sampled_from(("WEB", "APP")), st.integers(1, 9), days), max_size=8)
supplies = st.lists(
    st.builds(
        Supply, st.sampled_from(SKUS), st.just("WH-1"), st.integers(1, 9),
        st.integers(0, 9).map(lambda n: DAY + timedelta(days=n)), st.sampled_from((["WEB"], ["APP", "WEB"])),
    ),
    max_size=8,
)  # fmt: skip


@given(waits, supplies)
def test_a_promise_is_never_sooner_than_goods_for_all_before(
    waiting: list[tuple[str, str, int, date | None]], supply: list[Supply]
) -> None:
    today = DAY + timedelta(days=3)
    found = rules.dated(waiting, supply, today)
    assert len(found) == len(waiting)
    for n, day in enumerate(found):
        sku, _, _, not_before = waiting[n]
        if day is None:
            continue
        assert day >= (not_before or day)
        if day != not_before:
            assert day >= today
            there = sum(each.units for each in supply if each.sku == sku and max(each.on, today) <= day)
            before = [
                w for w, d in zip(waiting[: n + 1], found[: n + 1], strict=True) if w[0] == sku and d and d <= day
            ]
            promised = sum(w[2] for w in before if w[3] is None)
            assert promised <= there


@given(waits, supplies, st.integers(1, 9))
def test_goods_that_slip_make_no_promise_sooner(
    waiting: list[tuple[str, str, int, date | None]], supply: list[Supply], later: int
) -> None:
    slipped = [Supply(e.sku, e.location, e.units, e.on + timedelta(days=later), ["APP", "WEB"]) for e in supply]
    anyone = [Supply(e.sku, e.location, e.units, e.on, ["APP", "WEB"]) for e in supply]
    for was, now in zip(rules.dated(waiting, anyone, DAY), rules.dated(waiting, slipped, DAY), strict=True):
        assert (was is None) == (now is None)
        if was and now:
            assert now >= was


@given(st.lists(st.integers(1, 9), max_size=6), st.integers(0, 60))
def test_lots_are_parted_between_what_was_ordered_and_what_is_beyond(counts: list[int], units: int) -> None:
    batches = [Batch(f"L-{n}", count) for n, count in enumerate(counts)]
    first, rest = rules.of_batches(batches, units), rules.without(batches, units)
    assert sum(each.units for each in first) == min(units, sum(counts))
    total: Counter[str] = Counter()
    for each in (*first, *rest):
        assert each.units > 0
        total[each.lot] += each.units
    assert total == Counter({each.lot: each.units for each in batches})
    assert [each.lot for each in (*first, *rest)] == sorted(each.lot for each in (*first, *rest))
