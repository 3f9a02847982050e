"""Decisions about subscriptions."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.subscriptions import rules
from rynek.commerce.subscriptions.model import State, Unit

days = st.dates(date(2020, 1, 1), date(2050, 1, 1))
everys = st.integers(1, 24)
units: st.SearchStrategy[Unit] = st.sampled_from(["day", "week", "month"])
states: st.SearchStrategy[State] = st.sampled_from(["active", "paused", "past-due", "cancelled"])


def test_what_began_on_the_31st_comes_on_the_last_of_shorter_months() -> None:
    found = [rules.due_on(date(2027, 1, 31), 1, "month", cycle) for cycle in range(4)]
    assert found == [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]


@given(days, everys, units, st.integers(0, 60))
def test_deliveries_follow_one_another(anchor: date, every: int, unit: Unit, cycle: int) -> None:
    first, second = (rules.due_on(anchor, every, unit, n) for n in (cycle, cycle + 1))
    assert rules.due_on(anchor, every, unit, 0) == anchor
    length = {"day": (1, 1), "week": (7, 7), "month": (28, 31)}[unit]
    assert every * length[0] - 3 <= (second - first).days <= every * length[1]
    assert first < second


@given(days, everys, units, st.integers(0, 20), st.integers(-400, 400))
def test_after_a_pause_comes_the_first_day_that_is_not_past(
    anchor: date, every: int, unit: Unit, cycle: int, later: int
) -> None:
    today = anchor + timedelta(days=later)
    following = rules.cycle_after(anchor, every, unit, cycle, today)
    assert following >= cycle
    assert rules.due_on(anchor, every, unit, following) >= today
    assert following == cycle or rules.due_on(anchor, every, unit, following - 1) < today


@given(st.integers(-3, 10), days)
def test_tries_get_rarer_and_end(tries: int, today: date) -> None:
    on = rules.retry_on(tries, today)
    assert (on is not None) == (1 <= tries <= len(rules.DUNNING_DAYS))
    assert on is None or (on - today).days == rules.DUNNING_DAYS[tries - 1]


@given(states)
def test_what_is_cancelled_stays_so(state: State) -> None:
    allowed = {verb for verb in rules._FROM if rules.may(state, verb)}
    assert (allowed == set()) == (state == "cancelled")
    assert ("resume" in allowed) == (state == "paused")


@given(
    st.integers(0, 10**6), st.integers(0, 10**6), st.none() | st.integers(0, 10**6), st.none() | days, days,
)  # fmt: skip
def test_nothing_is_charged_that_was_not_told(
    total: int, agreed: int, told: int | None, told_from: date | None, today: date
) -> None:
    if rules.chargeable(total, agreed, told, told_from, today):
        known = [agreed, *([told] if told is not None and told_from is not None and told_from <= today else [])]
        assert total <= max(known)
    else:
        assert total > agreed
