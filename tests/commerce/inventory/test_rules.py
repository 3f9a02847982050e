from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.inventory import rules
from rynek.commerce.inventory.model import Candidate, Leaving, Move, Need, Pick, Rehold

skus = st.sampled_from("ABC")
places = st.sampled_from(["W1", "W2", "W3"])
channels = st.sampled_from(["WEB", "B2B"])
candidates = st.dictionaries(
    st.tuples(skus, places), st.tuples(st.integers(-5, 20), st.integers(0, 5), st.integers(0, 5)), max_size=9
)
needs = st.lists(st.builds(Need, skus, st.integers(1, 12)), min_size=1, max_size=6)


def shelf(found: dict[tuple[str, str], tuple[int, int, int]]) -> rules.Shelf:
    """Both channels may take from every place; the safety stock of B2B is zero."""
    rows = [
        Candidate(sku, place, unheld, channel, rank, safety if channel == "WEB" else 0)
        for (sku, place), (unheld, rank, safety) in found.items()
        for channel in ("WEB", "B2B")
    ]
    return rules.Shelf(rows)


@given(candidates, st.lists(st.tuples(channels, needs), max_size=8))
def test_buyers_one_after_the_other_never_get_more_than_there_is(
    found: dict[tuple[str, str], tuple[int, int, int]], buyers: list[tuple[str, list[Need]]]
) -> None:
    there = shelf(found)
    taken: Counter[tuple[str, str]] = Counter()
    for channel, wanted in buyers:
        before = dict(there.unheld)
        picks, short = there.take(channel, wanted)
        if short:
            assert picks == []
            assert there.unheld == before
            for sku, missing in short.items():
                free = sum(n for _, n in there.free(channel, sku))
                assert missing == rules.summed(wanted)[sku] - free > 0
        else:
            got: Counter[str] = Counter()
            for pick in picks:
                got[pick.sku] += pick.units
                taken[pick.sku, pick.location] += pick.units
                safety = found[pick.sku, pick.location][2] if channel == "WEB" else 0
                assert there.unheld[pick.sku, pick.location] >= safety
            assert got == rules.summed(wanted)
    for place, units in taken.items():
        assert units <= max(found[place][0], 0)


@given(
    st.integers(1, 30), st.lists(st.tuples(places, st.integers(1, 10)), max_size=5, unique_by=lambda place: place[0])
)
def test_a_need_is_split_only_where_no_place_has_all(units: int, there: list[tuple[str, int]]) -> None:
    if sum(n for _, n in there) < units:
        return
    parts = rules.split(units, there)
    assert sum(n for _, n in parts) == units
    assert (len(parts) == 1) == any(n >= units for _, n in there)
    assert all(0 < n <= dict(there)[place] for place, n in parts)


def test_two_lines_of_one_item_count_together() -> None:
    there = rules.Shelf([Candidate("A", "W1", 3, "WEB", 1, 0)])
    assert there.take("WEB", [Need("A", 2), Need("A", 2)]) == ([], {"A": 1})


@given(st.lists(st.builds(Move, skus, places, st.integers(-9, 9))))
def test_netted_moves_come_in_the_order_of_their_keys_and_sum_to_the_same(moves: list[Move]) -> None:
    net = rules.netted(moves)
    assert [(move.sku, move.location) for move in net] == sorted({(move.sku, move.location) for move in moves})
    assert sum(move.units for move in net) == sum(move.units for move in moves)


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-20, 20))))
def test_only_a_level_that_falls_below_zero_now_is_reported(changes: list[tuple[int, int]]) -> None:
    moves = [Move("A", f"L{n}", units) for n, (units, _) in enumerate(changes)]
    found = rules.owed(moves, [after for _, after in changes])
    assert [after for _, after in found] == [after for units, after in changes if after < 0 <= after - units]


picks = st.lists(st.builds(Pick, skus, places, st.integers(1, 9)), max_size=6)


@given(picks)
def test_picks_are_added_up_in_the_order_of_their_keys(found: list[Pick]) -> None:
    merged = rules.merged(found)
    keys = [(each.sku, each.location) for each in merged]
    assert keys == sorted(set(keys))
    assert sum(each.units for each in merged) == sum(each.units for each in found)


@given(picks, needs)
def test_what_is_given_up_was_held_and_wanted_no_more(held: list[Pick], wanted: list[Need]) -> None:
    had = rules.merged(held)
    given_up, short = rules.given_up(had, wanted)
    total = rules.summed(wanted)
    there = {(each.sku, each.location): each.units for each in had}
    assert all(0 < each.units <= there[each.sku, each.location] for each in given_up)
    for sku, units in total.items():
        got = sum(each.units for each in given_up if each.sku == sku)
        assert got + short.get(sku, 0) == units
        assert got == min(units, sum(n for (item, _), n in there.items() if item == sku))
    assert {each.sku for each in given_up} <= set(total)


@given(picks, st.dictionaries(st.tuples(skus, places), st.integers(-3, 12)))
def test_what_is_missing_is_what_is_not_free_where_it_is_wanted(
    found: list[Pick], free: dict[tuple[str, str], int]
) -> None:
    short = rules.missing(found, free)
    fits = all(each.units <= max(free.get((each.sku, each.location), 0), 0) for each in rules.merged(found))
    assert (short == {}) == fits
    assert all(units > 0 for units in short.values())


moves = st.lists(st.builds(Rehold, st.sampled_from([UUID(int=1), UUID(int=2)]), picks, picks), max_size=6)


@given(moves, st.dictionaries(st.tuples(skus, places), st.integers(0, 30)), picks)
def test_moving_what_is_kept_makes_and_loses_no_unit(
    asked: list[Rehold], free: dict[tuple[str, str], int], has: list[Pick]
) -> None:
    kept = {(UUID(int=1), each.sku, each.location): each.units for each in rules.merged(has)}
    total = Counter(free) + Counter({(sku, place): units for (_, sku, place), units in kept.items()})
    for move in asked:
        before = dict(free), dict(kept)
        if rules.moved(move, free, kept) is not None:
            assert (free, kept) == before
        after = Counter(free)
        after.update(dict.fromkeys(total, 0))
        for (_, sku, place), units in kept.items():
            assert units >= 0
            after[sku, place] += units
        assert +after == +total
        assert all(units >= 0 for units in free.values())


@given(
    st.lists(st.builds(Leaving, st.sampled_from([UUID(int=1), UUID(int=2)]), st.just("R"), picks), max_size=6), picks
)
def test_what_leaves_was_kept(asked: list[Leaving], has: list[Pick]) -> None:
    kept = {(UUID(int=1), each.sku, each.location): each.units for each in rules.merged(has)}
    total = sum(kept.values())
    for part in asked:
        before = dict(kept)
        if rules.leaves(part, kept) is None:
            total -= sum(pick.units for pick in part.picks)
        else:
            assert kept == before
        assert sum(kept.values()) == total
        assert all(units >= 0 for units in kept.values())
