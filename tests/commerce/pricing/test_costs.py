"""What things cost the shop and elsewhere, and the least they may be sold for: kept with history, seen by few."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.app import App
from rynek.commerce import catalog, pricing
from rynek.commerce.catalog import Channel, Product, Publication, Refusal, Variant
from rynek.commerce.pricing import (
    CompetitorPrice,
    Cost,
    Counting,
    Margin,
    Price,
    PriceFloor,
    PriceList,
    TaxRate,
    intake,
    rules,
)
from rynek.commerce.pricing.actions import cost_rows
from rynek.commerce.pricing.model import Basis
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor, Kind
from rynek.kernel.database import Database
from rynek.kernel.faults import Forbidden
from tests.commerce.pricing.test_rules import candidate

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PL = Channel(code="SHOP-PL", name="Sklep", kind="web", currency="PLN", country="PL")


@pytest.fixture(scope="module", autouse=True)
async def shop(database: Database) -> None:
    async with database.transaction("commerce") as tx:
        await catalog.put_channels(tx, [PL])
        await pricing.put_lists(
            tx,
            [
                PriceList(code="SHOP", name="Shop", currency="PLN", from_at=AT - 900 * DAY),
                PriceList(code="MOVED", name="Moved", currency="PLN", channel="SHOP-PL"),
            ],
        )
        await pricing.put_tax_rates(tx, [TaxRate(country="PL", category="of-costs", rate_bp=2300, label="23%")])


async def item(database: Database, minor: int | None = 12_30, **breaks: int) -> str:
    sku = f"C{ids.new().hex[8:]}"
    row = Product(code=sku, name="Tea", variants=[Variant(sku=sku, tax_category="of-costs")])
    async with database.transaction("commerce") as tx:
        await catalog.put_products(tx, [row])
        await catalog.publish(tx, [Publication(product=sku, channel="SHOP-PL")])
        if minor is not None:
            prices = [Price(list="SHOP", sku=sku, minor=minor)]
            prices += [
                Price(list="SHOP", sku=sku, minor=less, minimum=int(least[1:])) for least, less in breaks.items()
            ]
            await pricing.put_prices(tx, prices)
    return sku


async def put(database: Database, action: Any, *rows: Any, at: datetime = AT) -> catalog.Taken:
    with clock.at(at):
        async with database.transaction("commerce") as tx:
            taken: catalog.Taken = await action(tx, list(rows))
    return taken


async def news_of(database: Database, sku: str) -> list[str]:
    async with database.transaction("kernel") as tx:
        return [row[0] for row in await tx.rows("select type from kernel.event where key = $1 order by seq", sku)]


async def cost(database: Database, sku: str, at: datetime = AT, location: str | None = None) -> int | None:
    async with database.transaction("commerce") as tx:
        return (await pricing.costs(tx, [sku, "NONE"], "PLN", at, location)).get(sku)


async def test_the_latest_begun_cost_counts_and_a_locations_own_before_it(database: Database) -> None:
    sku = await item(database)
    rows = (
        Cost(sku=sku, currency="PLN", minor=5_00),
        Cost(sku=sku, currency="PLN", minor=6_00, from_at=AT),
        Cost(sku=sku, currency="PLN", minor=4_00, location="WH-1"),
        Cost(sku=sku, currency="EUR", minor=99),
    )
    assert await put(database, pricing.put_costs, *rows) == catalog.Taken(4, 0, [])
    assert await put(database, pricing.put_costs, *rows) == catalog.Taken(0, 4, [])
    assert [await cost(database, sku, at) for at in (AT - DAY, AT, AT + DAY)] == [5_00, 6_00, 6_00]
    assert await cost(database, sku, AT, "WH-1") == 4_00
    assert await cost(database, sku, AT, "WH-2") == 6_00
    assert (await news_of(database, sku)).count("pricing.cost-changed") == 1


async def test_a_cost_taken_out_is_gone_and_stays_in_the_history(database: Database) -> None:
    sku = await item(database)
    await put(database, pricing.put_costs, Cost(sku=sku, currency="PLN", minor=5_00))
    await put(database, pricing.put_costs, Cost(sku=sku, currency="PLN", minor=None), at=AT + DAY)
    assert await cost(database, sku) is None
    async with database.transaction("commerce") as tx:
        said = await tx.rows("select at, minor from commerce.cost_entry where sku = $1 order by id", sku)
    assert [tuple(row) for row in said] == [(AT, 5_00), (AT + DAY, None)]


async def test_what_cannot_be_is_refused_row_by_row(database: Database) -> None:
    sku = await item(database)
    rows = [
        Cost(sku="NONE", currency="PLN", minor=1),
        Cost(sku=sku, currency="XXX", minor=1),
        Cost(sku=sku, currency="PLN", minor=-1),
        Cost(sku=sku, currency="PLN", minor=1, from_at=AT.replace(tzinfo=None)),
        Cost(sku=sku, currency="PLN", minor=7_00),
        Cost(sku=sku, currency="PLN", minor=8_00),
    ]
    taken = await put(database, pricing.put_costs, *rows)
    assert (taken.changed, taken.unchanged) == (1, 0)
    assert [(each.row, each.reason) for each in taken.refused] == [
        (0, "there is no sku NONE"),
        (1, "XXX is not a currency we trade in"),
        (2, "an amount is 0 to 1000000000000 minor units"),
        (3, "an instant needs its time zone"),
        (5, "it comes twice"),
    ]
    assert await cost(database, sku) == 7_00


async def test_margins_are_the_net_price_less_the_cost(database: Database) -> None:
    sku, unknown, free = await item(database), await item(database), await item(database, None)
    await put(database, pricing.put_costs, Cost(sku=sku, currency="PLN", minor=6_00))
    async with database.transaction("commerce") as tx:
        found = await pricing.margins(tx, "SHOP-PL", [sku, unknown, free, "NONE"], AT)
    assert found == [
        Margin(sku, "PLN", 12_30, 10_00, 6_00, 4_00, 40_00),
        Margin(unknown, "PLN", 12_30, 10_00, None, None, None),
        Margin(free, "PLN", None, None, None, None, None),
    ]


async def test_the_price_that_counts_is_told_with_its_breaks_and_as_if_a_list_were_not(database: Database) -> None:
    sku, free = await item(database, 12_30, m10=11_00, m100=9_00), await item(database, None)
    await put(
        database,
        pricing.put_prices,
        Price(list="MOVED", sku=sku, minor=10_00, from_at=AT, until_at=AT + 2 * DAY),
    )
    async with database.transaction("commerce") as tx:
        now = await pricing.standing(tx, "SHOP-PL", [sku, free, "NONE"], AT)
        was = await pricing.standing(tx, "SHOP-PL", [sku], AT, without="MOVED".__eq__)
    assert now == {
        sku: Counting("pcs", 10_00, "gross", "MOVED", 0, AT, None, AT + 2 * DAY, 2300, ()),
        free: None,
    }
    assert was == {
        sku: Counting("pcs", 12_30, "gross", "SHOP", 0, None, AT - 900 * DAY, None, 2300, ((10, 11_00), (100, 9_00)))
    }


async def test_the_last_seen_at_a_competitor_is_kept_whatever_the_order(database: Database) -> None:
    sku = await item(database)

    def seen(minor: int | None, days: int) -> CompetitorPrice:
        at = AT + days * DAY
        return CompetitorPrice(sku=sku, competitor="obok", currency="PLN", minor=minor, seen_at=at, source="a person")

    assert (await put(database, pricing.put_competitor_prices, seen(11_00, -2))).changed == 1
    assert (await put(database, pricing.put_competitor_prices, seen(10_50, -1))).changed == 1
    assert (await put(database, pricing.put_competitor_prices, seen(12_00, -3))).unchanged == 1
    early = await put(database, pricing.put_competitor_prices, seen(9_00, 1))
    assert early.refused == [Refusal(0, f"{sku} obok", "it cannot have been seen yet")]
    async with database.transaction("commerce") as tx:
        assert await pricing.competitor_prices(tx, [sku]) == [seen(10_50, -1)]
    assert (await news_of(database, sku)).count("pricing.competitor-price-changed") == 2


async def test_the_highest_floor_of_the_country_that_holds_counts(database: Database) -> None:
    sku = await item(database)

    def floor(minor: int | None, **values: Any) -> PriceFloor:
        given = {"sku": sku, "currency": "PLN", "minor": minor, "kind": "agreed", "reason": "the maker", **values}
        return PriceFloor(**given)

    law = floor(9_00, kind="statutory", country="PL", reason="a law", from_at=AT, until_at=AT + DAY)
    everywhere = floor(8_00)
    await put(database, pricing.put_floors, law, everywhere, floor(20_00, country="DE"))
    async with database.transaction("commerce") as tx:
        found = [await pricing.floors(tx, [sku], "PLN", "PL", at) for at in (AT - DAY, AT, AT + DAY)]
        assert found == [{sku: everywhere}, {sku: law}, {sku: everywhere}]
        assert await pricing.floors(tx, [sku], "EUR", "PL", AT) == {}
    await put(database, pricing.put_floors, floor(None))
    async with database.transaction("commerce") as tx:
        assert await pricing.floors(tx, [sku], "PLN", "PL", AT - DAY) == {}
        said = await tx.value("select count(*) from commerce.price_floor_entry where sku = $1", sku)
    assert said == 4


async def test_two_who_set_the_same_costs_at_once_both_get_an_answer(database: Database) -> None:
    skus = [await item(database) for _ in range(20)]
    there = [Cost(sku=sku, currency="PLN", minor=1_00) for sku in skus]
    back = [Cost(sku=sku, currency="PLN", minor=2_00) for sku in reversed(skus)]
    taken = await asyncio.gather(*(put(database, pricing.put_costs, *rows) for rows in (there, back) * 4))
    assert all(not each.refused for each in taken)
    assert len({await cost(database, sku) for sku in skus}) == 1


async def test_costs_are_seen_by_those_who_need_them_and_nobody_else(world: App) -> None:
    sku = await item(world.database)
    await put(world.database, pricing.put_costs, Cost(sku=sku, currency="PLN", minor=5_00))

    for role in ("merchandise", "finance", "import"):
        assert len(await world.door.ask(staff(role), cost_rows, sku=[sku])) == 1
    others: Sequence[Actor] = [
        *(staff(role) for role in ("support", "store", "stock", "auditor")),
        *(Actor(kind, ids.new()) for kind in _KINDS),
    ]
    for other in others:
        with pytest.raises(Forbidden):
            await world.door.ask(other, cost_rows, sku=[sku])


_KINDS: tuple[Kind, ...] = ("anyone", "guest", "customer", "till", "staff", "workload")


def staff(role: str) -> Actor:
    return Actor("staff", ids.new(), frozenset({role}))


amounts = st.integers(0, 10**9)
bases: st.SearchStrategy[Basis] = st.sampled_from(["gross", "net"])


@given(amounts, bases, st.sampled_from([0, 500, 2300]), st.none() | amounts)
def test_a_margin_adds_up(minor: int, basis: Basis, rate_bp: int, known: int | None) -> None:
    price = Counting("pcs", minor, basis, "SHOP", 0, None, None, None, rate_bp, ())
    found = rules.margin("A", PL, price, known)
    assert found.net == (minor if basis == "net" else minor - rules.tax(minor, rate_bp, "gross"))
    if known is None or found.net is None:
        assert found.margin is found.margin_bp is None
    else:
        assert found.margin == found.net - known
        share = found.margin_bp
        assert share is None if found.net == 0 else abs(Fraction(found.margin * 10_000, found.net) - (share or 0)) <= 1


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["PLN", "EUR"]), st.integers(-2, 2)), max_size=8))
def test_rows_are_refused_for_a_reason_and_the_first_of_a_key_stays(rows: list[tuple[str, str, int]]) -> None:
    costs = [Cost(sku=sku, currency=currency, minor=minor) for sku, currency, minor in rows]
    floors = [PriceFloor(sku=s, currency=c, minor=m, kind="agreed", reason="") for s, c, m in rows]
    seen = [CompetitorPrice(sku=s, currency=c, minor=m, competitor="x", seen_at=AT, source="") for s, c, m in rows]
    for found in (
        intake.cost_faults(costs, {"A"}),
        intake.floor_faults(floors, {"A"}),
        intake.competitor_faults(seen, {"A"}, AT),
    ):
        refused = {each.row for each in found}
        kept = [(sku, currency) for row, (sku, currency, _) in enumerate(rows) if row not in refused]
        assert len(kept) == len(set(kept))
        assert all(sku == "A" for sku, _ in kept)
        possible = {(sku, currency) for sku, currency, minor in rows if sku == "A" and minor >= 0}
        assert set(kept) == possible


@given(st.lists(st.tuples(st.integers(1, 4), amounts), min_size=1, max_size=6, unique_by=lambda each: each[0]))
def test_what_counts_for_one_piece_has_the_breaks_of_its_list(prices: list[tuple[int, int]]) -> None:

    rows = [candidate(minimum=minimum, minor=minor) for minimum, minor in prices]
    found = rules.counting(rows, AT)
    known = dict(prices)
    assert (found.minor if found else None) == known.get(1)
    if found is not None:
        assert dict(found.breaks) == {minimum: minor for minimum, minor in known.items() if minimum > 1}
        other = [candidate(minimum=7, minor=123, list="BULK", basis="net")]
        assert dict((rules.counting([*rows, *other], AT) or found).breaks)[7] == 151
    assert rules.counting(rows, AT, rows[0].list.__eq__) is None
