"""Decisions about wallets, for all that may come."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.wallets import rules
from rynek.commerce.wallets.model import Lot, Tier, TiersUnfit
from rynek.kernel import ids

DAY = date(2026, 1, 1)
MINOR = st.integers(1, 10**11)


@given(st.text(rules.SIGNS, min_size=16, max_size=16))
def test_a_code_is_known_however_it_is_typed(code: str) -> None:
    assert rules.written(rules.shown(code)) == code
    assert rules.written(f" {rules.shown(code).lower().replace('0', 'o').replace('1', 'l')} ") == code


@given(st.text(max_size=30))
def test_what_is_no_code_is_none(text: str) -> None:
    plain = rules.written(text)
    assert plain is None or (len(plain) == 16 and set(plain) <= set(rules.SIGNS))


@given(MINOR, MINOR)
def test_units_pay_an_amount_and_none_too_many(minor: int, unit: int) -> None:
    paid = rules.units(minor, unit)
    assert paid * unit >= minor > (paid - 1) * unit


@given(MINOR, st.lists(st.integers(1, 10**9), min_size=1, max_size=20))
def test_the_parts_of_a_tender_are_all_its_units_in_proportion(minor: int, cuts: list[int]) -> None:
    whole, before, gone = sum(cuts), 0, 0
    for cut in cuts:
        moved = rules.part(minor, whole, before, cut)
        assert abs(moved - minor * cut / whole) <= 1 + moved * 1e-9
        before, gone = before + cut, gone + moved
    assert gone == minor


@given(st.integers(0, 10**11), st.integers(0, 10**11), MINOR, st.integers(1_000, 100_000))
def test_points_are_full_ones_and_go_back_in_proportion(bought: int, back: int, per: int, times: int) -> None:
    points, fewer = rules.earned(bought, per, times), rules.earned(bought - min(back, bought), per, times)
    assert points * per * 10_000 <= bought * times < (points + 1) * per * 10_000
    assert 0 <= fewer <= points
    assert rules.earned(0, per, times) == rules.earned(-back, per, times) == 0


@given(st.lists(st.integers(1, 10**9), unique=True, max_size=6), st.integers(0, 10**10))
def test_the_tier_is_the_highest_that_was_reached(starts: list[int], spent: int) -> None:
    tiers = [Tier(f"t{start}", start, 10_000) for start in [0, *sorted(starts)]]
    rules.check_tiers(tiers)
    reached, following = rules.tier(tiers, spent)
    assert reached.from_minor == max(each.from_minor for each in tiers if each.from_minor <= spent)
    assert (following.from_minor if following else None) == min(
        (each.from_minor for each in tiers if each.from_minor > spent), default=None
    )


@given(st.lists(st.integers(0, 5), min_size=0, max_size=5))
def test_only_rising_tiers_are_taken(starts: list[int]) -> None:
    tiers = [Tier(f"t{number}", start, 10_000) for number, start in enumerate(starts)]
    if starts and starts[0] == 0 and starts == sorted(set(starts)):
        return rules.check_tiers(tiers)
    with pytest.raises(TiersUnfit):
        rules.check_tiers(tiers)
    return None


@given(
    st.lists(st.tuples(st.none() | st.integers(0, 40), st.integers(1, 50)), max_size=12),
    st.integers(0, 400),
    st.integers(0, 41),
)
def test_what_lapses_is_what_a_shelf_first_in_first_out_would_have_left(
    came: list[tuple[int | None, int]], spent: int, later: int
) -> None:
    spent, account, today = min(spent, sum(minor for _, minor in came)), ids.new(), DAY + timedelta(days=later)
    lots = [Lot(account, None if days is None else DAY + timedelta(days=days), minor, spent) for days, minor in came]
    shelf = sorted(([days, minor] for days, minor in came), key=lambda each: (each[0] is None, each[0]))
    to_take = spent
    for lot in shelf:
        taken = min(to_take, lot[1] or 0)
        lot[1], to_take = (lot[1] or 0) - taken, to_take - taken
    over = sum(minor or 0 for days, minor in shelf if days is not None and days < later)
    following = min((days for days, minor in shelf if days is not None and days >= later and minor), default=None)
    assert rules.lapse(lots, today) == (over, None if following is None else DAY + timedelta(days=following))


@given(st.dates(date(2000, 1, 1), date(2200, 1, 1)), st.integers(1, 120))
def test_points_last_months_of_the_calendar(today: date, months: int) -> None:
    last = rules.last_day(today, months)
    assert (last.year * 12 + last.month) - (today.year * 12 + today.month) == months
    assert last.day == today.day or ((last + timedelta(days=1)).day == 1 and last.day < today.day)
