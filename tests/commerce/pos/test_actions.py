"""Receipts on the real database: taken in once, late, in any order; what they take from a store's book is reported."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER
from rynek.commerce.inventory.actions import ledger, levels, owing, put_locations, unbalanced
from rynek.commerce.inventory.events import StockOwed
from rynek.commerce.inventory.moving import receive
from rynek.commerce.pos import actions
from rynek.commerce.pos.events import ReceiptAccepted
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from rynek.kernel.log import Follower

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
TILL = Actor("till", ids.new(), location="S-1")
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def shop(world: App) -> App:
    places = [("S-1", "store"), ("S-2", "store"), ("WH-1", "warehouse")]
    located = [{"code": code, "name": code, "kind": kind} for code, kind in places]
    await world.door.ask(KEEPER, put_locations, locations=located)
    return world


@pytest.fixture
def sku() -> str:
    return f"POS-{ids.new().hex[-10:]}"


def sold(sku: str, quantity: int = 1, number: int | None = None, **more: Any) -> dict[str, Any]:
    amount = 100 * quantity
    line = {"sku": sku, "quantity": quantity, "amount": amount, "kind": "sale" if quantity >= 0 else "return"}
    return {
        "store": "S-1", "till": "7", "number": number or next(_numbers), "sold_at": AT, "currency": "PLN",
        "lines": [line], "tenders": [{"method": "cash", "amount": amount}], **more,
    }  # fmt: skip


async def sell(world: App, receipt: dict[str, Any], who: Actor = TILL) -> tuple[int, int, bool]:
    taken = await world.door.ask(who, actions.sell, **receipt)
    return taken.amount_minor, taken.units, taken.repeated


async def refused(world: App, receipt: dict[str, Any], who: Actor = TILL) -> str:
    with pytest.raises(Fault) as refusal:
        await world.door.ask(who, actions.sell, **receipt)
    return refusal.value.code


async def on_hand(world: App, sku: str, location: str = "S-1") -> int | None:
    found = await world.door.ask(ADMIN, levels, skus=[sku], location=location)
    return found[0].on_hand if found else None


async def test_a_receipt_sent_again_is_taken_once(shop: App, sku: str) -> None:
    follower = Follower(shop.database, ReceiptAccepted)
    await follower.begin()
    receipt = sold(sku, 2)
    assert await sell(shop, receipt) == (200, 2, False)
    assert await sell(shop, receipt) == (200, 2, True)
    assert (await on_hand(shop, sku), len(await follower.news())) == (-2, 1)


async def test_a_receipt_sent_many_times_at_once_is_taken_once(shop: App, sku: str) -> None:
    receipt = sold(sku, 2)
    results = await asyncio.gather(*(sell(shop, receipt) for _ in range(10)))
    assert sorted(repeated for _, _, repeated in results) == [False] + [True] * 9
    assert await on_hand(shop, sku) == -2


async def test_receipts_come_late_and_in_any_order(shop: App, sku: str) -> None:
    await shop.door.ask(ADMIN, receive, location="S-1", reference=sku, lines=[{"sku": sku, "units": 10}])
    days = {3: 0, 1: 2, 2: 1}
    late = Actor("till", ids.new(), location="S-1")
    for number, back in days.items():
        receipt = sold(sku, number, 1000 + number, till=sku[-8:], sold_at=AT - timedelta(days=back))
        assert (await sell(shop, receipt, late))[2] is False
    assert await on_hand(shop, sku) == 4
    found = await shop.door.ask(TILL, actions.receipts, store="S-1", limit=200)
    assert [each.number for each in found if each.till == sku[-8:]] == [1003, 1002, 1001]
    entries = await shop.door.ask(ADMIN, ledger, sku=sku, location="S-1")
    assert sorted((e.units, e.at) for e in entries if e.cause == "sale") == [
        (-3, AT), (-2, AT - timedelta(days=1)), (-1, AT - timedelta(days=2))
    ]  # fmt: skip


async def test_another_receipt_under_the_same_number_is_refused(shop: App, sku: str) -> None:
    receipt = sold(sku, 2)
    await sell(shop, receipt)
    changed = {**receipt, "sold_at": AT + timedelta(seconds=1)}
    other = {**sold(sku, 3), "number": receipt["number"]}
    assert [await refused(shop, each) for each in (changed, other)] == ["receipt-differs"] * 2
    assert await on_hand(shop, sku) == -2
    kept = await shop.door.ask(TILL, actions.receipt, store="S-1", till="7", number=receipt["number"])
    assert (kept.amount_minor, kept.sold_at) == (200, AT)
    assert (await sell(shop, {**receipt, "till": "8"}))[2] is False  # each till counts for itself
    assert await on_hand(shop, sku) == -4


async def test_two_receipts_under_one_number_in_one_batch(shop: App, sku: str) -> None:
    one, other = sold(sku, 1), sold(sku, 5)
    other["number"] = one["number"]
    results = await asyncio.gather(sell(shop, one), sell(shop, other), return_exceptions=True)
    assert [type(each).__name__ for each in results] == ["tuple", "ReceiptDiffers"]
    assert await on_hand(shop, sku) == -1


async def test_a_book_that_falls_below_zero_is_reported_once_and_listed(shop: App, sku: str) -> None:
    await shop.door.ask(ADMIN, receive, location="S-1", reference=sku, lines=[{"sku": sku, "units": 2}])
    follower = Follower(shop.database, StockOwed)
    await follower.begin()
    for quantity in (1, 3, 1):
        await sell(shop, sold(sku, quantity))
    told = [(e.data.location, e.data.on_hand) for e in await follower.news() if e.data.sku == sku]
    assert told == [("S-1", -2)]
    listed = await shop.door.ask(ADMIN, owing, location="S-1")
    assert [(each.on_hand, each.held) for each in listed if each.sku == sku] == [(-3, 0)]
    assert sku not in [each.sku for each in await shop.door.ask(ADMIN, owing, location="S-2")]
    await sell(shop, sold(sku, -4))
    assert await on_hand(shop, sku) == 1
    assert sku not in [each.sku for each in await shop.door.ask(ADMIN, owing, location="S-1")]


async def test_a_till_sells_for_its_own_store(shop: App, sku: str) -> None:
    nowhere = Actor("till", ids.new())
    assert await refused(shop, sold(sku, store="S-2")) == "not-your-store"
    assert await refused(shop, sold(sku), nowhere) == "not-your-store"
    assert (await on_hand(shop, sku), await on_hand(shop, sku, "S-2")) == (None, None)
    assert await sell(shop, sold(sku, store="S-2"), KEEPER) == (100, 1, False)


async def test_a_warehouse_has_no_counter(shop: App, sku: str) -> None:
    """Its book may not fall below zero: what is promised from it would be sold twice."""
    assert await refused(shop, sold(sku, store="WH-1"), KEEPER) == "store-unknown"
    assert await refused(shop, sold(sku, store="NOWHERE"), KEEPER) == "store-unknown"
    assert await on_hand(shop, sku, "WH-1") is None


async def test_one_bad_receipt_takes_no_other_with_it(shop: App, sku: str) -> None:
    bad = {**sold(sku, 2), "tenders": []}
    results = await asyncio.gather(
        sell(shop, sold(sku, 1)), sell(shop, bad), sell(shop, sold(sku, 1)), return_exceptions=True
    )
    assert [type(each).__name__ for each in results] == ["tuple", "ReceiptUnbalanced", "tuple"]
    assert await on_hand(shop, sku) == -2


async def test_what_is_not_counted_moves_no_stock(shop: App, sku: str) -> None:
    lines = [
        {"sku": sku, "quantity": 3, "amount": 300, "kind": kind} for kind in ("void", "fuel", "service", "deposit")
    ]
    receipt = {**sold(sku), "lines": lines, "tenders": [{"method": "cash", "amount": 1200}]}
    assert await sell(shop, receipt) == (1200, 0, False)
    assert await on_hand(shop, sku) is None


async def test_customers_see_their_receipts_of_all_stores(shop: App, sku: str) -> None:
    buyer = Actor("customer", ids.new())
    for store in ("S-1", "S-2"):
        await sell(shop, sold(sku, store=store, customer=buyer.id), KEEPER)
    found = await shop.door.ask(buyer, actions.bought, customer=buyer.id)
    assert sorted(each.store for each in found) == ["S-1", "S-2"]
    assert await shop.door.ask(ADMIN, actions.bought, customer=ids.new()) == []


async def test_the_books_balance(shop: App) -> None:
    assert await shop.door.ask(ADMIN, unbalanced) == []
