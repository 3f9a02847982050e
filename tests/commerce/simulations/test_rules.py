"""What a draft would have done: exact examples, and what holds for any draft, any baskets and any portions."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rynek.commerce.promotions import Gift, Lane, Promotion, What
from rynek.commerce.simulations import rules
from rynek.commerce.simulations.model import (
    Basket,
    Bought,
    Counted,
    DraftPrice,
    DraftPrices,
    Given,
    Had,
    Item,
    Mine,
    Portion,
    PriceChange,
    SumRow,
    Sums,
    Tills,
    Wanted,
)

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
LANES = [Lane(code="basket", position=10, pick="best"), Lane(code="delivery", position=20, pick="all")]
SKUS = ["A", "B", "C", "D"]
RATE = 2_300
COSTS = {"A": 40, "B": 700, "C": 1}
ITEMS = [
    Item(sku, [f"root/{sku.lower()}"], [sku.lower()], None, "{}", "g" if sku == "C" else "pcs", None, "standard",
         [(None, None, COSTS[sku])] if sku in COSTS else [])
    for sku in SKUS
]  # fmt: skip
CUSTOMERS = [UUID(int=n) for n in range(3)]


def promotion(code: str, **said: Any) -> Promotion:
    return msgspec.convert({"code": code, "name": code, "currency": "PLN"} | said, Promotion)


TENTH = promotion("TENTH", gives={"give": "percent", "bp": 1_000, "of": {"skus": ["A", "B"]}})
FREE = promotion("FREE", gives={"give": "delivery"}, lane="delivery", when=[{"if": "basket", "minor": 5_000}])
THREE = promotion("THREE", gives={"give": "buy-get", "buy_units": 2, "get_units": 1})
LIMITED = promotion("LIMITED", gives={"give": "amount", "minor": 500}, uses=3)
EACH = promotion("EACH", gives={"give": "amount", "minor": 100}, uses_each=1)
BUDGET = promotion("BUDGET", gives={"give": "percent", "bp": 5_000}, budget_minor=4_000)
GIFT = promotion("GIFT", gives={"give": "gift", "sku": "B"}, when=[{"if": "basket", "units": 3}])
SHELF = promotion("SHELF", gives={"give": "price", "minor": 99, "of": {"skus": ["A"]}}, shelf=True)
DRAFTS = [TENTH, FREE, THREE, LIMITED, EACH, BUDGET, GIFT, SHELF]
ACTIVE = promotion("ACTIVE", state="active", gives={"give": "percent", "bp": 2_000, "of": {"skus": ["A"]}})


def wanted(*promotions: Promotion, **more: Any) -> Wanted:
    until = SINCE + timedelta(days=30)
    said: dict[str, Any] = {"name": "a try", "since": SINCE, "until": until, "currency": "PLN"}
    return Wanted(**said | {"promotions": list(promotions)} | more)


def given_of(*promotions: Promotion, active: Sequence[Promotion] = (), **more: Any) -> Given:
    rates: list[tuple[str, str, int | None, int]] = [("PL", "standard", None, RATE)]
    return Given(wanted(*promotions, **more), LANES, [(each, 1) for each in active], rates)


def line(sku: str, quantity: int, listed: int, off: int = 0, *, written: bool = True, packs: bool = False) -> Bought:
    paid = listed - off
    if written:
        return Bought(sku, quantity, listed, paid, rules.net(paid, RATE), RATE, packs)
    return Bought(sku, quantity, listed, paid, None, None, packs)


def basket(*lines: Bought, day: int = 1, delivery: int = 0, **more: Any) -> Basket:
    said = Basket(
        int(SINCE.timestamp() + day * 86_400) * 1_000_000, f"2026-11-{day:02}", "WEB", "WEB", "PL", gross=True,
        customer=None, shop=None, group=None, delivery="courier" if delivery else None, delivery_listed=delivery,
        delivery_paid=delivery, delivery_rate_bp=RATE, first=False, segments=[], lines=list(lines),
    )  # fmt: skip
    return replace(said, **more)


def result_of(about: Given, *baskets: Basket) -> Any:
    return told(about.wanted, rules.Reckoner(about).count(Portion(list(baskets), ITEMS)))


def told(about: Wanted, counted: Counted) -> Any:
    rows = [SumRow(*row, row[1]) for row in counted.sums]
    return rules.result(about, rows, sum(1 for _, promotion, _ in counted.reach if not promotion))


# --- examples ---------------------------------------------------------------------------------------------------------


def test_a_draft_on_what_was_paid_costs_what_it_takes_off() -> None:
    found = result_of(
        given_of(TENTH), basket(line("A", 2, 1_000), line("D", 1, 500)), basket(line("D", 1, 700), day=2),
        basket(line("A", 1, 500, 50), day=2, customer=CUSTOMERS[0]),
    )  # fmt: skip
    assert (found.all.baskets, found.all.lines, found.reached.baskets, found.reached.lines) == (3, 4, 2, 2)
    assert (found.all.before_minor, found.all.after_minor, found.cost_minor) == (2_650, 2_505, 145)
    assert [(e.promotion, e.draft, e.baskets, e.after_minor) for e in found.promotions] == [("TENTH", True, 2, 145)]
    assert [(each.key, each.before_minor - each.after_minor) for each in found.days] == [
        ("2026-11-01", 100), ("2026-11-02", 45),
    ]  # fmt: skip
    assert found.customers == 1
    # net before 813 + 366 of the two lines with a cost, 40 a piece, three pieces
    assert (found.reached.margin_before, found.reached.margin_after) == (813 + 366 - 120, 732 + 329 - 120)
    assert found.margin_minor == 732 + 329 - 813 - 366
    assert found.costed_bp == (813 + 366) * 10_000 // (813 + 407 + 569 + 366)
    assert [each.sums.key for each in found.items] == ["A"]
    assert [each.sums.key for each in found.categories] == ["a"]


def test_beside_active_ones_a_draft_only_costs_what_it_gives_more() -> None:
    better = replace(TENTH, gives=replace(TENTH.gives, bp=3_000))
    bought = basket(line("A", 1, 1_000, 77))
    same = result_of(given_of(TENTH, active=[ACTIVE], beside="active"), bought)
    found = result_of(given_of(better, active=[ACTIVE], beside="active"), bought)
    assert (same.all.before_minor, same.cost_minor, found.all.before_minor, found.cost_minor) == (800, 0, 800, 100)
    said = {(each.promotion, each.before_minor, each.after_minor) for each in found.promotions}
    assert said == {("ACTIVE", 200, 0), ("TENTH", 0, 300)}
    assert ("ACTIVE", "lost", "TENTH counts instead", 1, 200) in [msgspec.structs.astuple(e) for e in found.reasons]
    alone = result_of(given_of(TENTH, active=[ACTIVE], beside="nothing"), bought)
    assert (alone.all.before_minor, alone.cost_minor) == (1_000, 100)


def test_free_delivery_and_who_was_near_it() -> None:
    found = result_of(
        given_of(FREE), basket(line("A", 1, 5_000), delivery=1_500), basket(line("A", 1, 4_200), delivery=1_500),
        basket(line("A", 1, 4_100), delivery=1_500),
    )  # fmt: skip
    assert (found.cost_minor, found.delivery.before_minor, found.delivery.after_minor) == (1_500, 4_500, 3_000)
    assert found.margin_minor == -rules.net(1_500, RATE)
    assert [(each.promotion, each.baskets, each.lacks_minor) for each in found.near] == [("FREE", 1, 800)]


def test_a_draft_price_list_moves_lines_and_keeps_discounts_in_proportion() -> None:
    prices = DraftPrices(
        prices=[DraftPrice("A", 300), DraftPrice("C", 100)], changes=[PriceChange(-1_000, What(skus=["B"]))]
    )
    found = result_of(
        given_of(prices=prices),
        basket(line("A", 2, 1_000, 100), line("B", 1, 2_000), line("C", 1_500, 200), line("D", 1, 7)),
    )
    # A: 600 with the tenth off stays a tenth off; B: a tenth less; C: 1.5 kg
    assert found.all.after_minor == 540 + 1_800 + 150 + 7
    assert found.reached.lines == 3
    dearer = result_of(
        given_of(prices=DraftPrices(basis="net", prices=[DraftPrice("A", 1_000)])), basket(line("A", 1, 1_000))
    )
    assert (dearer.all.after_minor, dearer.cost_minor) == (1_230, -230)


def test_limits_of_a_draft_end_it_and_what_was_had_before_counts() -> None:
    reckoner = rules.Reckoner(given_of(LIMITED, EACH))
    baskets = [basket(line("D", 1, 5_000), customer=CUSTOMERS[0]) for _ in range(3)]
    portion = Portion(baskets, ITEMS, [Had("LIMITED", 2, 1_000)], [Mine(CUSTOMERS[0], "EACH", 0)])
    found = told(wanted(LIMITED, EACH), reckoner.count(portion))
    assert {each.promotion: each.baskets for each in found.promotions} == {"LIMITED": 1, "EACH": 1}
    spent = rules.Reckoner(given_of(BUDGET)).count(Portion([basket(line("D", 1, 6_000))] * 3, ITEMS))
    assert told(wanted(BUDGET), spent).cost_minor == 3_000


def test_a_gift_costs_what_it_cost_the_shop() -> None:
    found = result_of(given_of(GIFT), basket(line("A", 3, 900)))
    assert [(each.key, each.units, each.margin_after) for each in found.gifts] == [("B", 1, -700)]
    assert (found.margin_minor, found.cost_minor, found.reached.baskets) == (-700, 0, 1)


def test_goods_whose_vat_or_cost_is_not_known_are_in_no_margin() -> None:
    found = result_of(
        given_of(TENTH), basket(line("A", 1, 1_000, written=False), line("X", 1, 900, written=False), shop="S-1")
    )
    assert (found.all.net_before, found.all.before_minor, found.costed_bp) == (813, 1_900, 10_000)


def test_a_draft_of_the_shelf_is_a_lower_price() -> None:
    found = result_of(given_of(SHELF), basket(line("A", 2, 1_000)))
    assert found.cost_minor == 1_000 - 2 * 99


def test_costs_are_those_of_the_place_and_the_day() -> None:
    item = Item("A", [], [], None, "{}", "pcs", None, "standard", [(None, 50, 9), ("S-1", 10, 7), (None, None, 5)])
    found = [rules.costs(item, 2, place, at) for place, at in (("S-1", 60), ("S-1", 5), (None, 60), (None, 10))]
    assert found == [14, 10, 18, 10]
    assert rules.costs(replace(item, costs=[(None, 50, 9)]), 1, None, 20) is None


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("promotions", {"promotions": []}), ("prices", {"prices": DraftPrices()}), ("until", {"until": SINCE}),
        ("prices", {"prices": DraftPrices(prices=[DraftPrice("A", 1)] * 2)}), ("channels", {"channels": None}),
        ("until", {"until": SINCE + timedelta(days=1_101)}), ("currency", {"currency": "XXX"}), ("zone", {"zone": "x"}),
        ("promotions", {"promotions": [TENTH, TENTH]}),
        ("since", {"since": datetime(1960, 1, 1, tzinfo=UTC), "until": datetime(1960, 2, 1, tzinfo=UTC)}),
    ],
)  # fmt: skip
def test_what_cannot_be_simulated_is_said(field: str, wrong: dict[str, Any]) -> None:
    found = rules.fault(wanted(**{"promotions": [TENTH]} | wrong))
    assert found is not None
    assert found[0] == field


# --- what always holds ------------------------------------------------------------------------------------------------

minors = st.integers(0, 20_000)


@st.composite
def some_lines(draw: st.DrawFn) -> Bought:
    listed = draw(minors)
    off = draw(st.integers(0, listed))
    written = draw(st.booleans())
    return line(draw(st.sampled_from([*SKUS, "X"])), draw(st.integers(1, 9)), listed, off, written=written)


@st.composite
def some_baskets(draw: st.DrawFn) -> Basket:
    lines = draw(st.lists(some_lines(), min_size=0, max_size=5))
    customer = draw(st.sampled_from([None, *CUSTOMERS]))
    return basket(*lines, day=draw(st.integers(1, 5)), delivery=draw(st.sampled_from([0, 1_500])), customer=customer)


@st.composite
def some_given(draw: st.DrawFn) -> Given:
    drafts = draw(st.lists(st.sampled_from(DRAFTS), min_size=1, max_size=4, unique_by=lambda each: each.code))
    prices = draw(st.sampled_from([None, DraftPrices(changes=[PriceChange(-500)])]))
    beside: Any = draw(st.sampled_from(["paid", "active", "nothing"]))
    return given_of(*drafts, active=[ACTIVE], beside=beside, prices=prices)


def one_by_one(about: Given, baskets: Sequence[Basket]) -> Counted:
    """Count each basket in a process of its own, which knows of the others only what is kept."""
    counted: list[Counted] = []
    for each in baskets:
        so_far = rules.merged(counted)
        had = [Had(row[1], row[2], row[6]) for row in so_far.sums if row[0] == "promotion"]
        mine = [Mine(customer, code, times) for customer, code, times in so_far.reach if code]
        counted.append(rules.Reckoner(about).count(Portion([each], ITEMS, had, mine)))
    return rules.merged(counted)


@settings(max_examples=60)
@given(some_given(), st.lists(some_baskets(), max_size=8))
def test_totals_are_the_sums_over_baskets_counted_one_by_one(about: Given, baskets: list[Basket]) -> None:
    together = rules.Reckoner(about).count(Portion(baskets, ITEMS))
    assert rules.merged([together]) == one_by_one(about, baskets)


@settings(max_examples=60)
@given(some_given(), st.lists(some_baskets(), max_size=8))
def test_parts_sum_to_the_whole_and_nobody_pays_less_than_nothing(about: Given, baskets: list[Basket]) -> None:
    counted = rules.Reckoner(about).count(Portion(baskets, ITEMS))
    found = told(about.wanted, counted)
    assert counted.lines == found.all.lines == sum(len(each.lines) for each in baskets)
    for name in Sums.__struct_fields__[1:]:
        assert getattr(found.all, name) == sum(getattr(day, name) for day in found.days)
        if name != "baskets":
            assert getattr(found.reached, name) == sum(getattr(each.sums, name) for each in found.items)
    assert found.cost_minor == sum(e.after_minor - e.before_minor for e in found.promotions) + _by_prices(
        about, baskets
    )
    assert found.all.after_minor >= 0
    assert found.delivery.after_minor >= 0
    before = sum(each.paid if about.wanted.beside == "paid" else each.listed for b in baskets for each in b.lines)
    active = sum(each.before_minor for each in found.promotions)
    assert found.all.before_minor == before - active


def _by_prices(about: Given, baskets: Sequence[Basket]) -> int:
    """What the draft prices alone change, reckoned apart."""
    if about.wanted.prices is None:
        return 0
    total = 0
    for each in [each for one in baskets for each in one.lines]:
        new = (2 * each.listed * 9_500 + 10_000) // 20_000
        if about.wanted.beside == "paid":
            total += each.paid - ((2 * new * each.paid + each.listed) // (2 * each.listed) if each.listed else new)
        else:
            total += each.listed - new
    return total


def test_the_control_fails() -> None:
    """A count that forgets a basket, or one line of it, is seen by the same comparison."""
    about = given_of(TENTH)
    baskets = [basket(line("A", 1, 1_000)), basket(line("B", 1, 500), line("D", 1, 10))]
    forgets = rules.Reckoner(about).count(Portion(baskets[:1], ITEMS))
    shortened = rules.Reckoner(about).count(
        Portion([baskets[0], replace(baskets[1], lines=baskets[1].lines[:1])], ITEMS)
    )
    assert rules.merged([forgets]) != one_by_one(about, baskets)
    assert rules.merged([shortened]) != one_by_one(about, baskets)


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_vat_is_taken_out_to_the_nearest_unit(minor: int, rate: int) -> None:
    found = rules.net(minor, rate)
    assert abs(found * (10_000 + rate) - minor * 10_000) * 2 <= 10_000 + rate
    assert found == rules.half_up(minor * 10_000, 10_000 + rate)


@given(st.integers(-10_000, 100_000), st.integers(-(10**9), 10**9))
def test_a_response_is_a_share_of_what_the_draft_changed(response: int, minor: int) -> None:
    found = rules.assumed(response, replace(Sums("", *[0] * rules.NUMBERS), after_minor=minor))
    if not response:
        assert found is None
    else:
        assert found is not None
        assert abs(found.shown_minor * 10_000 - minor * response) * 2 <= 10_000


@given(st.sampled_from(DRAFTS), st.booleans())
def test_as_if_a_promotion_had_been_in_force(each: Promotion, draft: bool) -> None:  # noqa: FBT001
    coded = replace(each, from_at=SINCE, until_at=SINCE + timedelta(days=1), coded=True)
    found = rules.as_if(coded, draft=draft)
    assert (found.state, found.from_at, found.until_at, found.coded) == ("active", None, None, not draft)
    assert (found.uses, found.budget_minor) == ((each.uses, each.budget_minor) if draft else (None, None))


@given(st.lists(st.sampled_from(DRAFTS), max_size=4, unique_by=lambda each: each.code))
def test_gifts_are_named(drafts: list[Promotion]) -> None:
    assert Counter(rules.gifts(given_of(*drafts, active=[GIFT]))) == Counter(
        each.gives.sku for each in [*drafts, GIFT] if isinstance(each.gives, Gift)
    )


@given(st.lists(st.integers(1, 9), max_size=3), st.integers(0, 100), st.integers(0, 9))
def test_the_latest_cost_that_had_begun_counts(since: list[int], at: int, quantity: int) -> None:
    history: list[tuple[str | None, int | None, int]] = [(None, each, each * 3) for each in sorted(since, reverse=True)]
    item = Item("A", [], [], None, "{}", "pcs", None, "standard", history)
    begun = [each for each in since if each <= at]
    assert rules.costs(item, quantity, None, at) == (max(begun) * 3 * quantity if begun else None)


@given(st.sampled_from(["PLN", "EUR", "XXX"]), st.booleans(), st.booleans(), st.integers(-5, 1_200))
def test_what_is_sound_is_taken(currency: str, orders: bool, tills: bool, days: int) -> None:  # noqa: FBT001
    asked = wanted(
        TENTH, currency=currency, until=SINCE + timedelta(days=days), channels=[] if orders else None,
        tills=Tills("POS") if tills else None,
    )  # fmt: skip
    assert (rules.fault(asked) is None) == (currency != "XXX" and (orders or tills) and 0 < days <= 1_100)
