"""Differences have reasons, and the reasons sum to the difference."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rynek.demo import KINDS
from rynek.demo.offers import NONE, Rule, Sold
from rynek.demo.verdicts import EQUAL, REASONS, Line, Pair, Sum, Table, Verdict, amiss, judged, table, together

PIECE = Sold(1, 200, 50)


def line(
    shelf: tuple[int, int] = (0, 0), coupon: tuple[int, int] = (0, 0), match: tuple[int, int] = (0, 0), *codes: str,
) -> Line:  # fmt: skip
    return Line(
        PIECE, "sale", bought=True, shelf=Pair(*shelf), coupon=Pair(*coupon), match=Pair(*match), codes=frozenset(codes)
    )


cents = st.integers(0, 3).map(lambda few: few * 50)
pairs = st.builds(Pair, cents, cents)
lines_of = st.lists(
    st.builds(
        Line, st.builds(Sold, st.integers(1, 5), st.integers(1, 900), cents, st.booleans()), st.sampled_from(KINDS),
        st.booleans(), pairs, pairs, pairs,
        st.none() | st.frozensets(st.sampled_from([NONE, Rule("price", 100), Rule("amount", 50)])),
        st.frozensets(st.sampled_from("ABC")), st.booleans(),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


def whole(lines: Sequence[Line]) -> Sum:
    parts = [pair for each in lines for pair in (each.shelf, each.coupon, each.match)]
    return Sum(len(lines), sum(pair.ours for pair in parts), sum(pair.theirs for pair in parts))


@given(lines_of)
def test_reasons_sum_to_the_difference_whatever_the_lines(lines: list[Line]) -> None:
    verdicts = judged(lines)
    assert amiss(table(itertools.chain.from_iterable(verdicts)), whole(lines)) == []
    for each in itertools.chain.from_iterable(verdicts):
        assert each.reason in REASONS
        assert (each.reason == EQUAL) == (each.ours == each.theirs)


@given(lines_of, st.data())
def test_whatever_is_lost_or_bent_is_found(lines: list[Line], data: st.DataObject) -> None:
    verdicts = list(itertools.chain.from_iterable(judged(lines)))
    victim = data.draw(st.integers(0, len(verdicts) - 1))
    lost = verdicts[:victim] + verdicts[victim + 1 :]
    assert amiss(table(lost), whole(lines))
    doubled = [*verdicts, verdicts[victim]]
    assert amiss(table(doubled), whole(lines))
    for bent in (
        replace(verdicts[victim], ours=verdicts[victim].ours + 1),
        replace(verdicts[victim], theirs=verdicts[victim].theirs - 1),
        replace(verdicts[victim], reason="because"),
    ):
        assert amiss(table([*lost, bent]), whole(lines))


def test_equal_that_is_not_is_found_even_where_it_evens_out() -> None:
    sums: Table = table([Verdict("shelf", EQUAL, 1, 0), Verdict("shelf", EQUAL, 0, 1)])
    for part in ("coupon", "match"):
        sums |= table([Verdict(part, EQUAL, 0, 0)] * 2)
    assert amiss(sums, Sum(2, 1, 1)) == ["shelf: lines that are equal are 2 apart"]


@given(lines_of)
def test_lines_that_share_a_coupon_are_together(lines: list[Line]) -> None:
    groups = together(lines)
    places = sorted(itertools.chain.from_iterable(groups))
    assert places == [place for place, each in enumerate(lines) if each.codes]
    for one, other in itertools.combinations(groups, 2):
        assert not any(lines[a].codes & lines[b].codes for a in one for b in other)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (line((50, 50)), EQUAL),
        (line((0, 50)), "no promotion known"),
        (line((50, 0)), "no card shown"),
        (line((51, 50)), "rounding"),
        (line((90, 50)), "unexplained"),
        (replace(line((90, 50)), kind="weighed"), "weight not recorded"),
        (replace(line((0, 50)), kind="giveaway"), "given away"),
        (replace(line((0, 50)), bought=False), "no goods or no quantity"),
        (replace(line((0, 50)), rules=frozenset({Rule("price", 150)})), "another price known"),
        (replace(line((90, 50)), rules=frozenset({Rule("amount", 50)})), "another price known"),
    ],
)
def test_why_a_reduction_differs(changed: Line, reason: str) -> None:
    assert judged([changed])[0][0].reason == reason


def test_where_others_are_reduced_a_card_was_shown() -> None:
    verdicts = judged([line((50, 50)), line((50, 0))])
    assert [each[0].reason for each in verdicts] == [EQUAL, "not on this receipt"]


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        ([line((0, 0), (100, 100), (0, 0), "A")], [EQUAL]),
        ([line((0, 0), (0, 100))], ["no redemption listed"]),
        ([replace(line((0, 0), (0, 100)), worthless=True)], ["worth not known"]),
        ([replace(line((0, 0), (0, 100)), bought=False)], ["no goods or no quantity"]),
        ([line((0, 0), (60, 100), (0, 0), "A"), line((0, 0), (40, 0), (0, 0), "A")], ["on another line"] * 2),
        ([line((0, 0), (100, 0), (0, 0), "A"), line((0, 0), (0, 100))], ["on another article or slip"] * 2),
        (
            [line((0, 0), (100, 0), (0, 0), "A"), line((0, 0), (0, 75))],
            ["no coupon on the receipt", "no redemption listed"],
        ),
        ([line((0, 0), (0, 100), (0, 0), "A")], ["condition not met"]),
        ([line((0, 0), (100, 200), (0, 0), "A")], ["several of the same"]),
        ([line((0, 0), (60, 200), (0, 0), "A"), line((0, 0), (40, 0), (0, 0), "A")], ["several of the same"] * 2),
        ([line((0, 0), (100, 150), (0, 0), "A")], ["coupon inferred wrongly"]),
        ([line((0, 0), (150, 100), (0, 0), "A", "B")], ["stacked"]),
    ],
)  # fmt: skip
def test_why_a_coupon_differs(lines: list[Line], reasons: list[str]) -> None:
    assert [each[1].reason for each in judged(lines)] == reasons


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (line((0, 0), (50, 50), (50, 50), "A"), EQUAL),
        (line((0, 0), (0, 50), (0, 50)), "doubling of an unknown coupon"),
        (line((0, 0), (50, 50), (0, 50), "A"), "not doubled as usual"),
        (line((0, 0), (50, 0), (50, 0), "A"), "no coupon on the receipt"),
    ],
)
def test_why_what_the_shop_adds_differs(changed: Line, reason: str) -> None:
    assert judged([changed])[0][2].reason == reason
