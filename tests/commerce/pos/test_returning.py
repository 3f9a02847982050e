"""Goods that come back over a counter: with a receipt, without one, under races, and sent twice."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER
from rynek.commerce.inventory.actions import levels, put_locations, unbalanced
from rynek.commerce.pos import actions, returning
from rynek.commerce.wallets import unbalanced as wallets_unbalanced
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
CLERK = Actor("staff", ids.new(), frozenset({"store"}), "S-1")
SUPERVISOR = Actor("staff", ids.new(), frozenset({"store", "support"}), "S-1")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def shop(world: App) -> App:
    located = [{"code": code, "name": code, "kind": "store"} for code in ("S-1", "S-2")]
    await world.door.ask(KEEPER, put_locations, locations=located)
    return world


@pytest.fixture
def sku() -> str:
    return f"BACK-{ids.new().hex[-10:]}"


async def sold(shop: App, sku: str, quantity: int, amount: int, *tenders: tuple[str, int], days: int = 1) -> int:
    number = next(_numbers)
    given = [{"method": method, "amount": minor} for method, minor in tenders or (("cash", amount),)]
    await shop.door.ask(
        KEEPER, actions.sell, store="S-1", till="7", number=number, sold_at=clock.now() - timedelta(days=days),
        currency="PLN", lines=[{"sku": sku, "quantity": quantity, "amount": amount}], tenders=given,
    )  # fmt: skip
    return number


def proven(number: int, units: int, reference: str | None = None, **more: Any) -> dict[str, Any]:
    lines = [{"line": 1, "units": units, "scrap": more.pop("scrap", 0)}]
    reference = reference or ids.new().hex
    return {"store": "S-1", "reference": reference, "sold_at": "S-1", "till": "7", "number": number,
            "lines": lines, **more}  # fmt: skip


async def back(shop: App, who: Actor = CLERK, **values: Any) -> Any:
    return await shop.door.ask(who, returning.take_back, **values)


async def refused(shop: App, action: Any, who: Actor = CLERK, **values: Any) -> str:
    with pytest.raises(Fault) as refusal:
        await shop.door.ask(who, action, **values)
    return refusal.value.code


async def on_hand(shop: App, sku: str) -> int:
    return sum(each.on_hand for each in await shop.door.ask(ADMIN, levels, skus=[sku]))


async def credit(shop: App, customer: UUID) -> int:
    found = await shop.door.ask(ADMIN, "commerce.wallets.wallet", customer=customer)
    return sum(each.balance_minor for each in found.accounts if each.kind == "store-credit")


async def test_what_was_bought_comes_back_in_parts_by_its_tenders_in_order(shop: App, sku: str) -> None:
    number = await sold(shop, sku, 3, 1_000, ("card", 400), ("cash", 600))
    one = await back(shop, **proven(number, 1, "B-1"))
    assert (one.amount_minor, [(each.method, each.amount) for each in one.tenders]) == (333, [("card", 333)])
    assert await back(shop, **proven(number, 1, "B-1")) == one  # sent twice
    rest = await back(shop, **proven(number, 2, scrap=1))
    assert [(each.method, each.amount) for each in rest.tenders] == [("card", 67), ("cash", 600)]
    assert await on_hand(shop, sku) == -1  # three left, two are on the shelf, one is waste
    assert await refused(shop, returning.take_back, **proven(number, 1)) == "too-many-back"
    assert await refused(shop, returning.take_back, **proven(number, 2, "B-1")) == "receipt-differs"
    taken = await shop.door.ask(ADMIN, actions.receipt, store="S-1", till="RETURNS", number=one.number)
    assert (taken.amount_minor, taken.reference) == (-333, f"S-1/7/{number}")
    [line] = await shop.door.ask(CLERK, returning.returnable, store="S-1", till="7", number=number)
    assert (line.quantity, line.left) == (3, 0)
    assert await shop.door.ask(ADMIN, unbalanced) == []


async def test_never_more_comes_back_than_was_sold_whoever_is_quicker(shop: App, sku: str) -> None:
    number = await sold(shop, sku, 5, 505)
    answers = await asyncio.gather(*(back(shop, **proven(number, 1)) for _ in range(12)), return_exceptions=True)
    given = [each for each in answers if not isinstance(each, BaseException)]
    assert (len(given), sum(each.amount_minor for each in given)) == (5, 505)
    assert {each.code for each in answers if isinstance(each, Fault)} == {"too-many-back"}
    assert await on_hand(shop, sku) == 0


async def test_a_receipt_that_is_too_old_or_of_nobody(shop: App, sku: str) -> None:
    number = await sold(shop, sku, 1, 100, days=40)
    assert await refused(shop, returning.take_back, **proven(number, 1)) == "too-late-back"
    assert await refused(shop, returning.take_back, **proven(10**9, 1)) == "not-found"
    assert await refused(shop, returning.take_back, **proven(number, 1) | {"store": "S-2"}) == "forbidden"
    assert (
        await refused(shop, returning.take_back, SUPERVISOR, **proven(number, 1) | {"store": "X-9"}) == "store-unknown"
    )
    assert await refused(shop, returning.take_back, **proven(number, 1, scrap=2)) in ("invalid", "too-late-back")
    rule = {"days": 60, "unproven_minor": 0, "unproven_units": 0}
    await shop.door.ask(ADMIN, returning.put_return_rule, store="S-1", **rule)
    assert (await back(shop, **proven(number, 1))).amount_minor == 100
    receipt = {"store": "S-1", "till": "RETURNS", "number": 1, "sold_at": clock.now(), "currency": "PLN"}
    lines = [{"sku": sku, "quantity": 1, "amount": 0}]
    assert await refused(shop, actions.sell, KEEPER, **receipt, lines=lines, tenders=[]) == "invalid"


async def test_with_a_receipt_to_store_credit(shop: App, sku: str) -> None:
    ola, number = ids.new(), await sold(shop, sku, 2, 500)
    one = await back(shop, **proven(number, 1, credit_to=ola))
    assert (one.credit_minor, one.tenders, await credit(shop, ola)) == (250, [], 250)
    async with shop.database.transaction("commerce") as tx:
        assert await wallets_unbalanced(tx) == []


async def test_without_a_receipt_at_the_lowest_price_as_credit_within_what_is_declared(shop: App, sku: str) -> None:
    ola = ids.new()
    await sold(shop, sku, 2, 600, days=5)
    await sold(shop, sku, 1, 250, days=20)
    await sold(shop, sku, 1, 10, days=31)  # longer ago than counts
    bare = {"store": "S-1", "customer": ola, "lines": [{"sku": sku, "units": 2}], "why": "a gift"}
    none = {"days": 30, "unproven_minor": 0, "unproven_units": 0}
    await shop.door.ask(ADMIN, returning.put_return_rule, store="S-1", **none)
    take = returning.take_unproven
    assert await refused(shop, take, CLERK, reference="N-1", **bare) == "forbidden"
    assert await refused(shop, take, SUPERVISOR, reference="N-1", **bare) == "unproven"
    assert await credit(shop, ola) == 0
    await shop.door.ask(ADMIN, returning.put_return_rule, store="S-1", days=30, unproven_minor=700, unproven_units=5)
    one = await shop.door.ask(SUPERVISOR, take, reference="N-1", **bare)
    assert (one.amount_minor, one.credit_minor, one.tenders) == (500, 500, [])
    assert await shop.door.ask(SUPERVISOR, take, reference="N-1", **bare) == one
    assert await refused(shop, take, SUPERVISOR, reference="N-2", **bare) == "unproven"  # 1000 on a day
    unknown = {**bare, "lines": [{"sku": "NEVER-SOLD", "units": 1}]}
    assert await refused(shop, take, SUPERVISOR, reference="N-3", **unknown) == "never-sold"
    assert (await credit(shop, ola), await on_hand(shop, sku)) == (500, -4 + 2)


async def test_the_limit_of_a_day_holds_under_races(shop: App, sku: str) -> None:
    ola = ids.new()
    await sold(shop, sku, 1, 100)
    await shop.door.ask(ADMIN, returning.put_return_rule, store="S-1", days=30, unproven_minor=300, unproven_units=9)
    bare = {"store": "S-1", "customer": ola, "lines": [{"sku": sku, "units": 1}], "why": "a gift"}
    answers = await asyncio.gather(
        *(shop.door.ask(SUPERVISOR, returning.take_unproven, reference=ids.new().hex, **bare) for _ in range(8)),
        return_exceptions=True,
    )
    assert sum(not isinstance(each, BaseException) for each in answers) == 3
    assert {each.code for each in answers if isinstance(each, Fault)} == {"unproven"}
    assert await credit(shop, ola) == 300
