"""Units sold beyond stock, by properties."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.inventory import rules
from rynek.commerce.inventory.model import Ahead, Awaited, Candidate, Need

NOW = datetime(2030, 1, 1, tzinfo=UTC)
CHANNELS, SKUS, PLACES = ("WEB", "APP"), ("A", "B"), ("P", "Q")
candidates = st.dictionaries(
    st.tuples(st.sampled_from(SKUS), st.sampled_from(PLACES)), st.integers(0, 9), max_size=4
).map(lambda found: [Candidate(*at, n, channel, 1, 1) for at, n in found.items() for channel in CHANNELS])
aheads = st.dictionaries(st.tuples(st.sampled_from(CHANNELS), st.sampled_from(SKUS)), st.integers(0, 9)).map(
    lambda found: [Ahead(*key, n) for key, n in found.items()]
)
claims = st.lists(
    st.tuples(
        st.sampled_from(CHANNELS),
        st.lists(st.builds(Need, st.sampled_from(SKUS), st.integers(1, 6)), min_size=1, max_size=3),
    ),
    max_size=8,
)


@given(candidates, aheads, claims)
def test_what_is_sold_beyond_stock_stays_within_its_limit_and_comes_after_stock(
    there: list[Candidate], ahead: list[Ahead], asked: list[tuple[str, list[Need]]]
) -> None:
    shelf, without = rules.Shelf(there, ahead), rules.Shelf(there)
    sold: Counter[tuple[str, str]] = Counter()
    for channel, needs in asked:
        picks, short = shelf.take(channel, needs)
        wanted = rules.summed(needs)
        if short:
            assert picks == []
            assert all(0 < units <= wanted[sku] for sku, units in short.items())
            continue
        got: Counter[str] = Counter()
        for pick in picks:
            got[pick.sku] += pick.units
            if not pick.location:
                sold[channel, pick.sku] += pick.units
                assert shelf.free(channel, pick.sku) == []  # first all that is there
        assert dict(got) == wanted
    limits = {(each.channel, each.sku): each.units for each in ahead}
    assert all(units <= limits[key] for key, units in sold.items())
    assert all(units >= 0 for units in shelf.unheld.values())
    for channel, needs in asked:  # who holds for a time only is never sold what is not there
        picks, _ = without.take(channel, needs, beyond=False)
        assert all(pick.location for pick in picks)


@given(
    candidates,
    st.lists(st.tuples(st.sampled_from(SKUS), st.sampled_from(CHANNELS), st.integers(1, 6)), max_size=8),
)
def test_who_waits_is_served_in_turn(there: list[Candidate], queue: list[tuple[str, str, int]]) -> None:
    waiting = [Awaited(UUID(int=n), sku, ch, units, NOW, None, None) for n, (sku, ch, units) in enumerate(queue)]
    given_ = rules.served(there, waiting)
    free = {(each.sku, each.location): max(each.unheld - each.safety, 0) for each in there}
    taken: Counter[tuple[str, str]] = Counter()
    got: Counter[UUID] = Counter()
    for holder, pick in given_:
        taken[pick.sku, pick.location] += pick.units
        got[holder] += pick.units
    assert all(units <= free[key] for key, units in taken.items())
    for sku in SKUS:
        mine = [each for each in waiting if each.sku == sku]
        left = sum(units for (item, _), units in free.items() if item == sku)
        for each in mine:
            assert got[each.holder] == min(each.units, left)
            left -= got[each.holder]
