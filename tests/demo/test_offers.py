"""How reductions and the worth of coupons are found: rules of their own, and agreed with those of promotions."""

from datetime import date, timedelta
from random import Random
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.promotions import Promotion, rules
from rynek.commerce.promotions.language import Lane
from rynek.commerce.promotions.model import Buying, FactsRow
from rynek.commerce.promotions.model import Line as Bought
from rynek.commerce.promotions.programs import Programs, facts
from rynek.demo.campaigns import instant, month_of, weekly
from rynek.demo.offers import (
    NONE,
    Rule,
    Sold,
    best,
    candidates,
    doublings,
    learned,
    numbered,
    off,
    usual,
    week_end,
    week_of,
    worth,
)  # fmt: skip

MONDAY = date(2017, 11, 6)


@st.composite
def sold(draw: st.DrawFn) -> Sold:
    metered = draw(st.booleans())
    listed = draw(st.integers(1, 5_000))
    quantity = draw(st.integers(2, 90_000) if metered else st.integers(1, 12))
    return Sold(quantity, listed, draw(st.one_of(st.just(0), st.integers(0, listed))), metered)


some_rules = st.one_of(
    st.just(NONE),
    st.builds(Rule, st.just("price"), st.integers(0, 3_000)),
    st.builds(Rule, st.just("amount"), st.integers(1, 3_000)),
    st.builds(Rule, st.just("percent"), st.integers(1, 100).map(lambda share: share * 100)),
)


@given(sold())
def test_a_candidate_gives_exactly_what_its_line_shows(line: Sold) -> None:
    for rule in candidates(line):
        assert off(rule, line) == line.retail
    assert (NONE in candidates(line)) == (line.retail == 0)


@given(st.lists(sold(), min_size=1, max_size=8), some_rules, st.randoms(use_true_random=False))
def test_no_rule_tells_more_lines_than_the_best_and_order_does_not_matter(
    lines: list[Sold], other: Rule, chance: Random
) -> None:
    def told(rule: Rule) -> int:
        return sum(off(rule, line) == line.retail for line in lines)

    found = best(lines)
    assert all(told(found) >= told(rule) for line in lines for rule in candidates(line))
    if all(line.retail == off(other, line) for line in lines) and any(other in candidates(line) for line in lines):
        assert told(found) == len(lines)
    chance.shuffle(lines)
    assert best(lines) == found


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ([Sold(1, 199, 49), Sold(2, 398, 98), Sold(1, 189, 39)], Rule("price", 150)),
        ([Sold(1, 199, 50), Sold(2, 378, 100), Sold(1, 209, 50)], Rule("amount", 50)),
        ([Sold(1, 812, 203), Sold(1, 1_004, 251), Sold(1, 440, 110)], Rule("percent", 2_500)),
        ([Sold(1, 199, 49), Sold(1, 199, 0)], NONE),
        ([Sold(8_000, 2_000, 80, metered=True), Sold(12_345, 3_110, 123, metered=True)], Rule("amount", 10)),
    ],
)
def test_a_rule_is_found(lines: list[Sold], rule: Rule) -> None:
    assert best(lines) == rule


@given(some_rules, sold())
def test_a_rule_as_a_promotion_takes_off_the_same(rule: Rule, line: Sold) -> None:
    promotions = [(msgspec.convert(each, Promotion), 1) for each in weekly({("A", MONDAY): rule})]
    programs = Programs(UUID(int=1), [Lane("item", 1, "best")], promotions)
    bought = Bought(
        "A", line.quantity, "ml" if line.metered else "pcs", line.listed, facts(FactsRow("A", [], None, "{}"))
    )
    for day, counts in ((MONDAY, True), (MONDAY + timedelta(days=7), False), (MONDAY - timedelta(days=1), False)):
        decided = rules.decide(programs, Buying("USD", [bought], instant(day), "POS-US", "US"))
        assert decided.discounts == [off(rule, line) if counts else 0]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_day_is_in_the_week_of_its_monday(day: date) -> None:
    monday = week_of(day)
    assert monday.isoweekday() == 1
    assert monday <= day < week_end(monday) == monday + timedelta(days=7)


def test_a_month_is_read() -> None:
    assert month_of("2017-11") == (date(2017, 11, 1), date(2017, 12, 1))
    assert month_of("2017-12") == (date(2017, 12, 1), date(2018, 1, 1))
    for wrong in ("2017", "2017-13", "November", ""):
        with pytest.raises(ValueError, match=r"."):
            month_of(wrong)


@pytest.mark.parametrize(
    ("upc", "minor", "units"),
    [
        ("51111110076", 100, 1), ("51111110033", 100, 2), ("51111110009", 200, 3), ("51111110013", 100, 4),
        ("51111110050", 50, 1), ("51111110087", 300, 1),
    ],
)  # fmt: skip
def test_a_makers_number_says_what_it_is_worth(upc: str, minor: int, units: int) -> None:
    read = numbered(upc)
    assert read is not None
    assert (read.minor, read.units) == (minor, units)
    assert worth(upc, {upc: 7}) == read  # what it says itself goes first


@pytest.mark.parametrize("upc", ["51111110001", "51111110014", "10000085363", "76", "511111100760"])
def test_other_numbers_say_nothing_and_redemptions_teach(upc: str) -> None:
    assert numbered(upc) is None
    assert worth(upc, {}) is None
    taught = worth(upc, learned([(upc, 35), (upc, 50), (upc, 50), ("other", 1)]))
    assert taught is not None
    assert (taught.minor, taught.units, taught.source) == (50, 1, "redemptions")


@given(st.lists(st.integers(0, 5), max_size=20), st.integers(1, 5))
def test_the_usual_is_the_most_frequent_of_enough(amounts: list[int], least: int) -> None:
    found = usual(amounts, least)
    if len(amounts) < least:
        assert found is None
    else:
        assert found is not None
        assert all((amounts.count(found), -found) >= (amounts.count(each), -each) for each in amounts)


def test_the_shop_doubles_what_it_usually_doubles() -> None:
    shown = [(50, 50)] * 30 + [(50, 0)] * 2 + [(100, 0)] * 30 + [(75, 25)] * 19
    assert doublings(shown) == {50: 50}  # 100: nothing is added; 75: too few to tell
