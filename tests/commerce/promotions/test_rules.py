"""Promotions as they are decided: exact examples of each word, and what holds for any rules and any basket."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rynek.commerce.promotions import rules
from rynek.commerce.promotions.language import (
    Amount,
    AnyOf,
    Basket,
    BundlePrice,
    BuyGet,
    Channels,
    Condition,
    Delivery,
    FirstOrder,
    FixedPrice,
    Gift,
    Groups,
    Hours,
    Lane,
    Markets,
    Part,
    Percent,
    Promotion,
    Reward,
    Segments,
    Shops,
    Step,
    Steps,
    Unless,
    Weekdays,
    What,
)
from rynek.commerce.promotions.model import (
    Buying,
    Claim,
    Coupon,
    CouponRow,
    Facts,
    FactsRow,
    Known,
    Left,
    LeftRow,
    Line,
    Outcome,
)
from rynek.commerce.promotions.programs import Programs, facts
from tests.commerce.promotions import naive

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday; noon in UTC is 13:00 in Warsaw
VERSION = UUID(int=7)
OLA = UUID(int=1)
LANES = [Lane("item", 1, "best"), Lane("basket", 2, "best"), Lane("first", 3, "first"), Lane("code", 4, "all")]


def fact(sku: str) -> Facts:
    """Say of item A7 that it is of brand a and number 7, in category a inside all."""
    letter = sku[0].lower()
    return facts(FactsRow(sku, [f"all/{letter}"], f"brand-{letter}", f'{{"number": {sku[1:] or 0}, "loud": true}}'))


def line(sku: str, quantity: int = 1, each: int = 1000, unit: str = "pcs", weight_g: int | None = None) -> Line:
    minor = each * quantity if unit == "pcs" else (2 * each * quantity + 1000) // 2000
    return Line(sku, quantity, unit, minor, fact(sku), weight_g)


def buying(*lines: Line, **more: Any) -> Buying:
    said: dict[str, Any] = {"currency": "PLN", "lines": lines, "at": AT, "channel": "WEB-PL", "country": "PL"}
    return Buying(**said | more)


def promotion(code: str, gives: Reward, *when: Condition, lane: str = "basket", **more: Any) -> Promotion:
    return Promotion(code=code, name=code, gives=gives, when=list(when), lane=lane, state="active", **more)


def decide(basket: Buying, *promotions: Promotion) -> Outcome:
    return rules.decide(Programs(VERSION, LANES, [(each, 1) for each in promotions]), basket)


def told(outcome: Outcome) -> dict[str, str]:
    return {each.promotion: each.outcome for each in outcome.tried}


# --- each word --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gives", "lines", "discounts"),
    [
        (Percent(1000), [line("A", 1, 1005), line("B", 3, 333)], [101, 100]),
        (Percent(1000, What(brands=["brand-b"])), [line("A"), line("B")], [0, 100]),
        (Percent(5000, most_minor=600), [line("A"), line("B", 1, 500)], [400, 200]),
        (Amount(100), [line("A"), line("B"), line("C")], [34, 33, 33]),
        (Amount(5000), [line("A"), line("B")], [1000, 1000]),
        (Amount(100, each=True), [line("A", 3), line("B", 2, 60)], [300, 120]),
        (Amount(100, each=True), [line("A", 500, 1000, "g")], [50]),
        (FixedPrice(800), [line("A", 2), line("B", 1, 700)], [400, 0]),
        (FixedPrice(800), [line("A", 500, 1000, "g")], [100]),
        (BuyGet(buy_units=2, get_units=1), [line("A", 2, 1000), line("B", 1, 700)], [0, 700]),
        (BuyGet(buy_units=2, get_units=1), [line("A", 2, 1000)], [0]),
        (BuyGet(buy_units=2, get_units=1), [line("A", 7, 300)], [600]),
        (BuyGet(buy_units=2, get_units=1, times=1), [line("A", 7, 300)], [300]),
        (BuyGet(buy_units=1, get_units=1, bp=5000), [line("A", 1, 1000), line("B", 1, 300)], [0, 150]),
        (BuyGet(What(skus=["A"]), 2, What(skus=["B"]), 1), [line("A", 4), line("B", 3, 500)], [0, 1000]),
        (BuyGet(What(), 1, What(skus=["B"]), 1), [line("A", 1), line("B", 3, 500)], [0, 1000]),
        (BuyGet(buy_units=1, get_units=1), [line("A", 1000, 1000, "g")], [0]),
        (
            BundlePrice([Part(What(skus=["A"])), Part(What(skus=["B"]), 2)], 1500),
            [line("A"), line("B", 5)],
            [500, 1000],
        ),
        (BundlePrice([Part(What(skus=["A"])), Part(What())], 1500), [line("A", 2), line("B", 2, 400)], [500, 0]),
        (BundlePrice([Part(What(), 3)], 2000), [line("A", 7, 1000)], [2000]),
        (BundlePrice([Part(What(), 3)], 2000, times=1), [line("A", 7, 1000)], [1000]),
        (BundlePrice([Part(What(), 2)], 5000), [line("A", 2)], [0]),
        (Steps("minor", [Step(1000, bp=500), Step(2000, bp=1000)]), [line("A"), line("B")], [100, 100]),
        (Steps("units", [Step(2, minor=100), Step(5, minor=1000)]), [line("A", 3)], [100]),
        (
            Steps("weight_g", [Step(1000, bp=1000)]),
            [line("A", 1, 1000, weight_g=600), line("B", 400, 1000, "g")],
            [100, 40],
        ),
        (Steps("units", [Step(5, bp=1000)]), [line("A", 3)], [0]),
        (Gift("G", 2), [line("A")], [0]),
    ],
)
def test_what_is_given(gives: Reward, lines: list[Line], discounts: list[int]) -> None:
    found = decide(buying(*lines), promotion("P", gives))
    assert found.discounts == discounts
    assert found.gifts == ([("G", 2)] if isinstance(gives, Gift) else [])


def test_delivery_is_given_by_the_way_it_is_delivered() -> None:
    free = promotion("FREE", Delivery(options=["courier"]), Basket(minor=5000))
    full, half = [line("A", 5)], [line("A", 2)]
    by = {"delivery": "courier", "delivery_minor": 1500}
    assert decide(buying(*full, **by), free).delivery == 1500
    short = decide(buying(*half, **by), free)
    assert (short.delivery, short.tried[0].outcome, short.tried[0].lacks_minor) == (0, "unmet", 3000)
    assert rules.reason(short.tried[0], "PLN").why == "30.00 PLN more, and it counts"
    locker = decide(buying(*full, delivery="locker", delivery_minor=900), free)
    assert (locker.delivery, locker.tried[0].why) == (0, "not for this way of delivery")
    assert decide(buying(*full), free).tried[0].why == "no delivery is chosen yet"


@pytest.mark.parametrize(
    ("condition", "holds", "fails"),
    [
        (Basket(units=2), {}, {"lines": [line("A")]}),
        (Basket(What(skus=["A"]), units=1), {}, {"lines": [line("B", 9)]}),
        (Basket(minor=2000), {}, {"lines": [line("A", 1, 1999)]}),
        (Basket(weight_g=1000), {"lines": [line("A", 2, weight_g=500)]}, {"lines": [line("A", 9, weight_g=100)]}),
        (Markets(["PL"]), {}, {"country": "DE"}),
        (Shops(["S-1"]), {"shop": "S-1"}, {}),
        (Groups(["gold"]), {"group": "gold"}, {"group": "silver"}),
        (Segments(["vip", "new"]), {"segments": frozenset({"new"})}, {"segments": frozenset({"old"})}),
        (FirstOrder(), {"first_order": True}, {}),
        (Weekdays([2]), {}, {"at": AT + timedelta(days=1)}),
        (Hours("13:00", "14:00"), {}, {"at": AT + timedelta(hours=1)}),
        (Hours("22:00", "06:00"), {"at": AT + timedelta(hours=10)}, {}),
        (AnyOf([Markets(["DE"]), Basket(units=2)]), {}, {"lines": [line("A")]}),
        (Unless(Markets(["DE"])), {}, {"country": "DE"}),
    ],
)
def test_when_it_counts(condition: Condition, holds: dict[str, Any], fails: dict[str, Any]) -> None:
    tenth = promotion("P", Percent(1000), condition)
    basket = buying(line("A"), line("B"))
    assert told(decide(replace(basket, **holds), tenth)) == {"P": "applied"}
    missed = decide(replace(basket, **fails), tenth)
    assert told(missed) == {"P": "unmet"}
    assert not any(missed.discounts)


def test_a_channel_a_currency_a_period_and_a_code_keep_it_out_of_sight() -> None:
    tenth = promotion("P", Percent(1000))
    away = [
        replace(tenth, when=[Channels(["WEB-DE"])]),
        replace(tenth, currency="EUR"),
        replace(tenth, from_at=AT + timedelta(seconds=1)),
        replace(tenth, until_at=AT),
        replace(tenth, coded=True),
        replace(tenth, gives=Percent(1000, What(skus=["Z"]))),
    ]
    whys = [
        "not in this channel",
        "for EUR only",
        "it begins at",
        "it ended at",
        "no code of it",
        "nothing that it is for",
    ]
    for each, why in zip(away, whys, strict=True):
        assert decide(buying(line("A")), each).tried == ()
        reason = rules.untouched(each, 1, "WEB-PL", "PLN", AT)
        assert (reason.outcome, reason.why[: len(why)]) == ("untouched", why)
    assert told(decide(buying(line("A"), coupons={"P": "LATO"}), away[4])) == {"P": "applied"}


def test_what_is_meant_reaches_into_categories_and_leaves_out_exceptions() -> None:
    assert fact("A7").categories == ("all", "a")
    every = [line("A1"), line("A2"), line("B1")]
    numbered = What(categories=["all"], attributes={"number": [1]}, but=What(brands=["brand-b"]))
    assert decide(buying(*every), promotion("P", Percent(1000, numbered))).discounts == [100, 0, 0]


# --- how they meet ----------------------------------------------------------------------------------------------------


def test_the_best_counts_line_by_line_and_the_others_are_told() -> None:
    tenth = promotion("TENTH", Percent(1000))
    on_a = promotion("ON-A", Percent(3000, What(skus=["A"])))
    found = decide(buying(line("A"), line("B")), tenth, on_a)
    assert found.discounts == [300, 100]
    small = promotion("SMALL", Percent(500))
    lost = next(each for each in decide(buying(line("A")), tenth, small).tried if each.promotion == "SMALL")
    assert (lost.outcome, lost.to, lost.worth, lost.minor) == ("lost", "TENTH", 50, 0)
    assert rules.reason(lost, "PLN").why == "TENTH counts instead; this one would have taken off 0.50 PLN"


def test_lines_together_are_taken_only_where_that_is_better_for_the_customer() -> None:
    bundle = promotion("SET", BundlePrice([Part(What(skus=["A"])), Part(What(skus=["B"]))], 1500))
    assert decide(buying(line("A"), line("B")), bundle, promotion("P", Percent(2000))).discounts == [250, 250]
    assert decide(buying(line("A"), line("B")), bundle, promotion("P", Percent(3000))).discounts == [300, 300]


def test_the_first_goes_by_priority_and_all_count_one_after_the_other() -> None:
    weak = promotion("WEAK", Percent(1000), lane="first", priority=5)
    strong = promotion("STRONG", Percent(5000), lane="first")
    assert decide(buying(line("A")), strong, weak).discounts == [100]
    both = [replace(weak, lane="code"), replace(strong, lane="code")]
    assert decide(buying(line("A")), *both).discounts == [100 + 450]


def test_lanes_come_one_after_the_other_and_thresholds_see_what_is_left() -> None:
    half = promotion("HALF", Percent(5000), lane="item")
    ten = promotion("TEN", Amount(100), Basket(minor=600))
    found = decide(buying(line("A")), half, ten)
    assert (found.discounts, found.tried[1].lacks_minor) == ([500], 100)


def test_an_exclusive_promotion_has_its_lines_to_itself() -> None:
    alone = promotion("ALONE", Percent(1000, What(skus=["A"])), lane="item", exclusive=True)
    later = promotion("LATER", Percent(2000))
    found = decide(buying(line("A"), line("B")), alone, later)
    assert found.discounts == [100, 200]
    late = replace(alone, lane="code")
    after = decide(buying(line("A"), line("B")), later, late)
    assert (after.discounts, told(after)) == ([200, 200], {"LATER": "applied", "ALONE": "lost"})


def test_the_next_step_is_told_with_what_it_would_need() -> None:
    steps = promotion("STEPS", Steps("minor", [Step(1000, bp=500), Step(2500, bp=1000)]))
    [tried] = decide(buying(line("A", 2)), steps).tried
    assert (tried.minor, tried.lacks_minor) == (100, 500)
    assert rules.reason(tried, "PLN").why == "took off 1.00 PLN; 5.00 PLN more, and it gives more"


def test_limits_are_kept_and_told() -> None:
    limited = promotion("P", Percent(1000), uses=5, uses_each=1, budget_minor=150, currency="PLN")
    basket = buying(line("A"), customer=OLA)
    for left, why in (
        (Left(0, 1, 150), "it was used as often as it may be"),
        (Left(1, 0, 150), "this customer had it as often as may be"),
        (Left(1, 1, 0), "its budget is spent"),
        (Left(1, 1, 99), "its budget does not suffice"),
    ):
        assert decide(replace(basket, left={"P": left}), limited).tried[0].why == why
    assert decide(replace(basket, left={"P": Left(1, 1, 100)}), limited).discounts == [100]
    nobody = decide(buying(line("A"), left={"P": Left(1, 1, 100)}), limited)
    assert nobody.tried[0].why == "only for customers who are logged in"


# --- what always holds ------------------------------------------------------------------------------------------------

SKUS = [f"{letter}{number}" for letter in "ABC" for number in range(3)]
whats = st.builds(
    What,
    skus=st.lists(st.sampled_from(SKUS), max_size=2),
    categories=st.lists(st.sampled_from(["all", "a", "b"]), max_size=1),
    brands=st.lists(st.sampled_from(["brand-a", "brand-c"]), max_size=1),
    attributes=st.dictionaries(st.just("number"), st.lists(st.integers(0, 2), min_size=1, max_size=2), max_size=1),
    but=st.none() | st.builds(What, skus=st.lists(st.sampled_from(SKUS), min_size=1, max_size=1)),
)
shares = st.integers(1, 10_000)
few = st.integers(1, 4)
gives: st.SearchStrategy[Reward] = st.one_of(
    st.builds(Percent, shares, whats, st.none() | st.integers(1, 5000)),
    st.builds(Amount, st.integers(1, 5000), whats, st.booleans()),
    st.builds(FixedPrice, st.integers(0, 2000), whats),
    st.builds(BuyGet, whats, few, st.none() | whats, few, shares, st.none() | few),
    st.builds(
        BundlePrice,
        st.lists(st.builds(Part, whats, few), min_size=1, max_size=3),
        st.integers(0, 5000),
        st.none() | few,
    ),
    st.builds(
        Steps,
        st.sampled_from(["minor", "units", "weight_g"]),
        st.lists(st.builds(Step, st.integers(1, 5000), shares), min_size=1, max_size=3, unique_by=lambda s: s.at_least),
        whats,
    ),
    st.builds(Delivery, shares),
    st.builds(Gift, st.sampled_from(SKUS), few),
)
whens: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Basket, whats, st.integers(1, 5), st.none() | st.integers(1, 3000)),
    st.builds(Groups, st.just(["gold"])),
    st.builds(Unless, st.builds(FirstOrder)),
    st.builds(Weekdays, st.just([2])),
)
promotions = st.lists(
    st.builds(
        Promotion,
        code=st.from_regex(r"[A-Z]{3}", fullmatch=True),
        name=st.just("x"),
        gives=gives,
        when=st.lists(whens, max_size=2),
        lane=st.sampled_from([lane.code for lane in LANES]),
        state=st.just("active"),
        priority=st.integers(-1, 1),
        exclusive=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda each: each.code,
)
lines = st.lists(
    st.builds(
        line, st.sampled_from(SKUS), st.integers(1, 12), st.integers(0, 3000), st.sampled_from(["pcs", "pcs", "g"]),
        st.none() | st.integers(1, 900),
    ),
    max_size=8,
    unique_by=lambda each: each.sku,
)  # fmt: skip
baskets = st.builds(
    lambda some, minor, group: buying(
        *some, delivery=None if minor is None else "courier", delivery_minor=minor, group=group
    ),
    lines,
    st.none() | st.integers(0, 2000),
    st.sampled_from([None, "gold"]),
)


def by_sku(basket: Buying, found: Outcome) -> dict[str, int]:
    return {each.sku: off for each, off in zip(basket.lines, found.discounts, strict=True)}


@settings(max_examples=150, deadline=None)
@given(baskets, promotions, st.randoms(use_true_random=False))
def test_neither_the_order_of_lines_nor_of_promotions_matters(
    basket: Buying, some: list[Promotion], chance: Any
) -> None:
    found = decide(basket, *some)
    shuffled, others = list(basket.lines), list(some)
    chance.shuffle(shuffled)
    chance.shuffle(others)
    turned = replace(basket, lines=shuffled)
    again = decide(turned, *others)
    assert by_sku(turned, again) == by_sku(basket, found)
    assert (again.delivery, again.gifts, again.tried) == (found.delivery, found.gifts, found.tried)


@settings(max_examples=300, deadline=None)
@given(baskets, promotions, st.integers(0, 3000))
def test_the_fast_way_and_the_plain_way_come_to_the_same(basket: Buying, some: list[Promotion], budget: int) -> None:
    limited = [replace(each, budget_minor=1) if each.priority else each for each in some]
    bought = replace(basket, left={each.code: Left(None, None, budget) for each in limited if each.budget_minor})
    found = decide(bought, *limited)
    table, fates = naive.decide(LANES, limited, bought)
    assert found.delivery == (basket.delivery_minor or 0) - table.left[naive.DELIVERY]
    assert by_sku(basket, found) == {line.sku: line.minor - table.left[i] for i, line in enumerate(table.lines)}
    assert {
        each.promotion: naive.Fate(each.outcome, each.minor or each.worth, each.to) for each in found.tried
    } == fates


def test_the_plain_way_tells_what_differs() -> None:
    basket = buying(line("A", 2), line("B"))
    table, fates = naive.decide(LANES, [promotion("P", Percent(1000))], basket)
    assert ([table.left[i] for i in range(2)], fates) == ([1800, 900], {"P": naive.Fate("applied", 300, None)})
    other = decide(basket, promotion("P", Percent(1100)))
    assert sum(other.discounts) != fates["P"].minor


@settings(max_examples=150, deadline=None)
@given(baskets, promotions)
def test_no_line_is_below_nothing_and_what_is_told_is_what_was_given(basket: Buying, some: list[Promotion]) -> None:
    found = decide(basket, *some)
    assert all(0 <= off <= each.minor for off, each in zip(found.discounts, basket.lines, strict=True))
    assert 0 <= found.delivery <= (basket.delivery_minor or 0)
    applied = [each for each in found.tried if each.outcome == "applied"]
    assert sum(each.minor for each in applied) == sum(found.discounts) + found.delivery
    given_by_sku: Counter[str] = Counter()
    for each in applied:
        assert sum(minor for _, minor in each.shares) == each.minor
        given_by_sku.update(dict(each.shares))
    assert given_by_sku.pop("", 0) == found.delivery
    assert +given_by_sku == +Counter(by_sku(basket, found))
    assert len({each.promotion for each in found.tried}) == len(found.tried)
    assert [each.gift for each in applied if each.gift] == found.gifts
    for each in found.tried:
        assert rules.reason(each, "PLN").why
        assert each.outcome == "applied" or (each.minor, each.shares, each.gift) == (0, (), None)


@settings(max_examples=100, deadline=None)
@given(baskets, promotions)
def test_what_counts_alone_is_not_more_than_asked_for(basket: Buying, some: list[Promotion]) -> None:
    total = sum(each.minor for each in basket.lines)
    for each in some:
        found = decide(basket, each)
        off = sum(found.discounts)
        match each.gives:
            case Amount(minor=minor, each=False):
                assert off in (0, min(minor, off)) or off <= minor
            case Percent(bp=bp, most_minor=most):
                assert off <= min(most or total, total * bp // 10_000 + len(basket.lines))
            case Gift() | Delivery():
                assert off == 0


@settings(max_examples=100, deadline=None)
@given(baskets, promotions, st.integers(0, 3000))
def test_a_budget_is_never_passed(basket: Buying, some: list[Promotion], budget: int) -> None:
    limited = [replace(each, budget_minor=1, currency="PLN") for each in some if not isinstance(each.gives, Gift)]
    left = {each.code: Left(None, None, budget) for each in limited}
    found = decide(replace(basket, left=left), *limited)
    assert all(each.minor <= budget for each in found.tried)


@settings(max_examples=100, deadline=None)
@given(lines, st.integers(1, 4), st.integers(1, 3))
def test_of_so_many_for_so_many_the_cheapest_are_free(some: list[Line], buy: int, get: int) -> None:
    whole = [replace(each, unit="pcs", minor=each.minor * each.quantity) for each in some]
    found = decide(buying(*whole), promotion("P", BuyGet(buy_units=buy, get_units=get)))
    prices = sorted(each.minor // each.quantity for each in whole for _ in range(each.quantity) if each.minor)
    free = len(prices) // (buy + get) * get
    assert sum(found.discounts) == sum(prices[:free])


@given(
    st.lists(
        st.builds(
            Claim, st.uuids(), st.sampled_from([None, OLA]),
            st.lists(
                st.tuples(st.sampled_from(["P", "Q"]), st.integers(0, 50), st.sampled_from([None, "K"])),
                max_size=2, unique_by=lambda use: use[0],
            ),
        ),
        max_size=20,
    ),
    st.integers(0, 5), st.integers(0, 200),
)  # fmt: skip
def test_no_more_is_taken_than_there_is_and_what_is_put_back_is_there_again(
    claims: Sequence[Claim], uses: int, budget: int
) -> None:
    def counters() -> rules.Counters:
        left = {"P": LeftRow("P", uses, 0, budget, 0), "Q": LeftRow("Q", None, 0, None, 0)}
        return rules.Counters(left, {}, {"Q": 2}, {"K": CouponRow("K", "P", 3, 0, None, None)})

    counted = counters()
    taken = [each for each in claims if counted.take(each) is None]
    wanted = [use for each in taken for use in each.uses]
    assert sum(code == "P" for code, _, _ in wanted) <= uses
    assert sum(minor for code, minor, _ in wanted if code == "P") <= budget
    assert sum(coupon == "K" for _, _, coupon in wanted) <= 3
    assert sum(code == "Q" for each in taken for code, _, _ in each.uses if each.customer == OLA) <= 2
    for each in reversed(taken):
        counted.put_back(each)
    fresh = counters()
    assert (counted.uses, counted.minor, counted.coupons) == (fresh.uses, fresh.minor, fresh.coupons)
    assert not any(counted.mine.values())


# --- what can be taken ------------------------------------------------------------------------------------------------

CODES = [lane.code for lane in LANES]


@settings(max_examples=100, deadline=None)
@given(promotions)
def test_what_is_sound_is_taken_and_twice_the_same_is_not(some: list[Promotion]) -> None:
    sound = [replace(each, currency="PLN") for each in some]
    for row, reason in ((each.row, each.reason) for each in rules.faults(sound, CODES)):
        assert reason == rules.fault(sound[row], CODES)
    assert {each.row for each in rules.faults([*sound, *sound], CODES)} >= set(range(len(sound), 2 * len(sound)))
    for each in sound:
        every = rules.whats(each)
        known = Known(
            [s for what in every for s in what.skus], [c for what in every for c in what.categories],
            [b for what in every for b in what.brands], [a for what in every for a in what.attributes],
            list(rules.channels(each)),
        )  # fmt: skip
        assert rules.unknown(each, known) is None
        if known.skus:
            assert rules.unknown(each, replace(known, skus=[])) is not None


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"lane": "none"}, "there is no lane none; known: basket, code, first, item"),
        ({"zone": "Mars/Olympus"}, "Mars/Olympus is no time zone"),
        ({"zone": "../etc/passwd"}, "../etc/passwd is no time zone"),
        ({"from_at": AT.replace(tzinfo=None)}, "an instant needs its time zone"),
        ({"from_at": AT, "until_at": AT}, "it ends before it begins"),
        ({"currency": "XXX"}, "XXX is not a currency we trade in"),
        ({"gives": Amount(1)}, "it speaks of money, so it has to say its currency"),
        ({"budget_minor": 1}, "it speaks of money, so it has to say its currency"),
        ({"when": [Basket(minor=1)]}, "it speaks of money, so it has to say its currency"),
        ({"when": [Unless(Basket())]}, "the condition basket has to say how much: units, minor or weight_g"),
        ({"gives": Steps("units", [Step(1)])}, "each step gives either a share (bp) or an amount (minor)"),
        ({"gives": Steps("units", [Step(1, 1), Step(1, 2)])}, "two steps begin at the same"),
        ({"gives": Gift("A"), "budget_minor": 1, "currency": "PLN"}, "a gift has no budget in money; limit its uses"),
        (
            {"shelf": True, "gives": Delivery()},
            "on the shelf there are percent (without most_minor), amount (each) and price",
        ),
        ({"shelf": True, "when": [FirstOrder()]}, "on the shelf a price may depend on channel and group alone"),
        ({"shelf": True, "coded": True}, "a price on the shelf has no code, no limit and no budget"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(more: dict[str, Any], reason: str) -> None:
    tenth = promotion("P", Percent(1000))
    assert rules.fault(tenth, CODES) is None
    assert rules.fault(replace(tenth, **more), CODES) == reason


def test_what_is_not_there_cannot_be_spoken_of() -> None:
    nothing = Known([], [], [], [], [])
    for gives_, reason in (
        (Percent(1, What(skus=["A"])), "there is no sku A"),
        (Percent(1, What(but=What(categories=["x"]))), "there is no category x"),
        (BuyGet(get=What(brands=["x"])), "there is no brand x"),
        (BundlePrice([Part(What(attributes={"x": [1]}))], 1), "there is no attribute x"),
        (Gift("A"), "there is no sku A"),
    ):
        assert rules.unknown(promotion("P", gives_), nothing) == reason
    away = promotion("P", Percent(1), AnyOf([Channels(["X"])]))
    assert rules.unknown(away, nothing) == "there is no channel X"


@given(st.lists(st.sampled_from(["item", "basket", "code"]), max_size=5))
def test_a_lane_comes_once(codes: list[str]) -> None:
    refused = rules.lane_faults([Lane(code, 1, "best") for code in codes])
    assert len(refused) == len(codes) - len(set(codes))


@given(st.text(alphabet="abAB12- ", min_size=1, max_size=12))
def test_a_code_is_the_same_in_any_case(text: str) -> None:
    assert rules.written(rules.written(text)) == rules.written(text) == rules.written(f"  {text.lower()} ")


def test_codes_that_cannot_be_taken_are_told() -> None:
    coupons = [
        Coupon("lato", "P"), Coupon("LATO", "P"), Coupon("ZIMA", "Q"), Coupon("JESIEN", "R"),
        Coupon("MAJ", "P", until_at=AT.replace(tzinfo=None)),
    ]  # fmt: skip
    assert [(each.row, each.reason) for each in rules.coupon_faults(coupons, {"P": True, "R": False})] == [
        (1, "it comes twice"),
        (2, "there is no promotion Q"),
        (3, "R is for everybody; say coded in the promotion to have it by code"),
        (4, "an instant needs its time zone"),
    ]


@given(st.none() | st.integers(1, 3), st.integers(0, 3), st.none() | st.integers(-1, 1), st.booleans())
def test_a_code_is_sound_or_it_is_said_why_not(
    uses: int | None,
    used: int,
    ends: int | None,
    mine: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    row = CouponRow("K", "P", uses, used, None if mine else UUID(int=9), None if ends is None else AT + timedelta(ends))
    said, coupons = rules.sound(["K", "L"], {"K": row}, OLA, AT)
    sound = mine and (uses is None or used < uses) and (ends is None or ends > 0)
    assert coupons == ({"P": "K"} if sound else {})
    assert (said[0].promotion, bool(said[0].why)) == ("P", not sound)
    assert (said[1].promotion, said[1].why) == (None, "there is no such code")


@given(st.none() | st.integers(0, 9), st.integers(0, 9), st.none() | st.integers(0, 9))
def test_what_is_left_is_what_may_be_less_what_was(uses: int | None, used: int, each: int | None) -> None:
    left = rules.left_of(LeftRow("P", uses, used, 100, used), used, each)
    assert left == Left(None if uses is None else uses - used, None if each is None else each - used, 100 - used)
    assert rules.left_of(None, None, None) == Left()


@given(promotions)
def test_why_it_had_nothing_to_do_with_a_basket_is_always_said(some: list[Promotion]) -> None:
    assert all(rules.untouched(each, 1, "WEB-PL", "PLN", AT).why for each in some)
