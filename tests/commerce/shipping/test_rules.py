"""Decisions about parcels."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.shipping import rules
from rynek.commerce.shipping.model import (
    Asked,
    CarrierFacts,
    Party,
    Price,
    Rate,
    Sight,
    SlotClaim,
    Status,
    Window,
    Zone,
)
from rynek.kernel import ids

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
sights = st.lists(
    st.builds(
        Sight,
        st.integers(0, 50).map(lambda minutes: NOON + timedelta(minutes=minutes)),
        st.sampled_from(get_args(Status)),
        st.sampled_from(["", "sorted", "loaded"]),
    ),
    max_size=12,
)


@given(sights, st.randoms())
def test_a_history_is_the_same_however_often_and_in_whatever_order_it_is_told(
    seen: list[Sight], chance: Random
) -> None:
    again = [*seen, *seen]
    chance.shuffle(again)
    told = rules.history(again)
    assert told == rules.history(seen)
    assert len(told) == len(set(seen))
    assert [each.at for each in told] == sorted(each.at for each in told)
    assert rules.standing(again) == rules.standing(seen)


@given(sights)
def test_what_is_over_stays_so_and_else_the_last_sight_counts(seen: list[Sight]) -> None:
    standing = rules.standing(seen)
    statuses = {each.status for each in seen}
    if "returned" in statuses:
        assert standing == "returned"
    elif "delivered" in statuses:
        assert standing == "delivered"
    elif seen:
        assert standing in {each.status for each in seen if each.at == max(other.at for other in seen)}
    else:
        assert standing == "announced"


@given(st.integers(0, 200))
def test_looks_become_rarer_and_end_after_a_month(looks: int) -> None:
    after = rules.next_look(looks)
    assert (after is None) == (looks >= 120)
    if after is not None:
        assert after >= (rules.next_look(looks - 1) or after if looks else after)
    waits = [wait for n in range(200) if (wait := rules.next_look(n)) is not None]
    assert timedelta(days=25) < sum(waits, timedelta()) < timedelta(days=35)


zones = st.lists(
    st.builds(
        Zone,
        st.sampled_from(["near", "far"]),
        st.lists(st.builds(Price, st.integers(1, 30_000), st.integers(0, 5000)), min_size=1, max_size=4),
        st.sampled_from(["PL", "DE"]),
        st.lists(st.sampled_from(["3", "31", "310", "00"]), max_size=3),
    ),
    max_size=4,
)


@given(zones, st.sampled_from(["31-042", "30-001", "00-950", ""]), st.integers(1, 40_000))
def test_the_van_is_priced_by_the_best_zone_and_the_first_price_that_takes_the_weight(
    table: list[Zone], postcode: str, weight: int
) -> None:
    rate = rules.house_rate("van", CarrierFacts("Van", zones=table), Asked(weight, Party(postcode=postcode)))
    code = postcode.replace("-", "")
    fits = [z for z in table if z.country == "PL" and (not z.prefixes or any(code.startswith(p) for p in z.prefixes))]
    if rate is None:
        best = [z for z in fits if all(weight > price.up_to_g for price in z.prices)]
        assert bool(best) or not fits
        return
    assert rate.minor in {
        price.minor for z in fits if z.name == rate.name for price in z.prices if weight <= price.up_to_g
    }
    longest = max(max((len(p) for p in z.prefixes if code.startswith(p)), default=0) for z in fits)
    assert any(
        z.name == rate.name and max((len(p) for p in z.prefixes if code.startswith(p)), default=0) == longest
        for z in fits
    )


@given(
    st.lists(
        st.builds(
            Rate,
            st.just("a"),
            st.just("b"),
            st.just("c"),
            st.sampled_from(["PLN", "EUR"]),
            st.integers(0, 99),
            st.none(),
        )
    )
)
def test_the_cheapest_comes_first(rates: list[Rate]) -> None:
    told = rules.cheapest(rates)
    assert sorted(told, key=str) == sorted(rates, key=str)
    assert [(each.currency, each.minor) for each in told] == sorted((each.currency, each.minor) for each in rates)


@given(st.text())
def test_texts_on_labels_are_no_commands(text: str) -> None:
    written = rules.zpl_text(text)
    assert not set(written) & {"^", "~"}
    assert written.replace("_7E", "~").replace("_5E", "^").replace("_5F", "_") == text


HOURS = ids.new()


def hours(counts: str, capacity: int, taken: int) -> Window:
    times = (NOON, NOON + timedelta(hours=2), NOON - timedelta(hours=1))
    return Window(HOURS, "WEB-PL", "van", "31", *times, capacity, counts, True, taken)  # noqa: FBT003 - active


@given(st.lists(st.integers(1, 9), max_size=20), st.sampled_from(["orders", "units"]), st.integers(0, 30))
def test_hours_are_never_overfull(units: list[int], counts: str, capacity: int) -> None:
    window = hours(counts, capacity, 0)
    claims = [SlotClaim(ids.new(), HOURS, each, "WEB-PL", "van", "31042") for each in units]
    told = rules.fitting(claims, {HOURS: window}, NOON - timedelta(hours=2))
    had = [each for each in told if isinstance(each, int)]
    assert sum(had) <= capacity
    for claim, each in zip(claims, told, strict=True):
        assert not isinstance(each, int) or each == rules.weight(claim, window)
    assert rules.closed(window, NOON) is not None
    assert rules.closed(window, NOON - timedelta(hours=2)) is None
