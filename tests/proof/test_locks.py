"""Nobody waits in a circle: levels are locked in the order of their keys, by whoever wants whichever of them.

``PROOF_SECONDS=60 pytest -n0 tests/proof/test_locks.py`` pushes longer.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER, set_up
from rynek.commerce.inventory.reactions import lapse_holds
from rynek.commerce.orders.reactions import cancel_unpaid
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.database import Tx
from rynek.kernel.door import refusal
from rynek.kernel.settings import Settings
from tests.proof.books import amiss
from tests.proof.counter import STAFF, TILL, fresh_items, full_cart, guest, press, receive

SECONDS = float(os.environ.get("PROOF_SECONDS", "2.5"))
ROUTES = ("WH-1", "WH-2", "S-1")
REFUSALS = {"out-of-stock", "units-held", "not-found", "not-cancellable", "not-shippable"}
"""What may be said to somebody who comes too late."""


@pytest.fixture(scope="module")
async def doors(world: App, settings: Settings) -> AsyncIterator[list[App]]:
    """Give the doors of two processes on one shop, whose store sells on the web too."""
    await set_up(world, items=1)
    routes = [{"location": at, "rank": rank} for rank, at in enumerate(ROUTES)]
    await world.door.ask(KEEPER, "commerce.inventory.put_routes", channel="WEB-PL", routes=routes)
    other = await App.open(settings)
    yield [world, other]
    await other.close()


async def deadlocks(shop: App, settle: float = 0.0) -> int:
    """Ask the server how many circles it had to break in this database; it is told when a session is idle."""
    await asyncio.sleep(settle)
    async with shop.database.transaction(None) as tx:
        return int(await tx.value("select deadlocks from pg_stat_database where datname = current_database()"))


async def test_a_circle_is_counted(doors: list[App], owner_dsn: str) -> None:
    """The control: two who lock in opposite orders are seen."""
    before = await deadlocks(doors[0])
    ends = [await asyncpg.connect(owner_dsn) for _ in range(2)]
    try:
        for end, mine in zip(ends, (1, 2), strict=True):
            await end.execute(f"begin; select pg_advisory_xact_lock({mine})")
        waits = [
            asyncio.create_task(end.execute(f"select pg_advisory_xact_lock({n})"))
            for end, n in zip(ends, (2, 1), strict=True)
        ]
        said = await asyncio.gather(*waits, return_exceptions=True)
        assert [type(each) for each in said if not isinstance(each, str)] == [asyncpg.DeadlockDetectedError]
    finally:
        for end in ends:
            await end.close()
    assert await deadlocks(doors[0], 0.2) == before + 1


Work = Callable[[App], Awaitable[object]]


class Crowd:
    """People of two processes who do their thing again and again with the same items; what becomes of it is counted."""

    def __init__(self, doors: Sequence[App], items: Sequence[str], seed: int) -> None:
        self.doors, self.items, self.chance = doors, items, Random(seed)
        self.said: Counter[str] = Counter()
        self.orders: list[tuple[Actor, UUID]] = []

    async def work(self, *kinds: Work) -> None:
        """Let each kind of work be done at each door at once, until time is up."""
        until = time.monotonic() + SECONDS

        async def keep(kind: Work, door: App) -> None:
            while time.monotonic() < until:
                try:
                    await kind(door)
                    self.said[f"{kind.__name__}: done"] += 1
                except Exception as error:  # noqa: BLE001 - counted, and looked at below
                    answer = refusal(error, kind.__name__)
                    code = answer.body.decode().partition("#")[2].partition('"')[0]
                    self.said[code if answer.status < 500 and code in REFUSALS else f"{answer.status} {error!r}"] += 1

        await asyncio.gather(*(keep(kind, door) for kind in kinds for door in self.doors))
        assert {each for each in self.said if each[0] in "45"} == set(), self.said
        for kind in kinds:
            assert self.said[f"{kind.__name__}: done"] > 3, self.said

    def wish(self, most: int = 9) -> list[dict[str, Any]]:
        return [{"sku": sku, "units": self.chance.randint(1, most)} for sku in self.chance.sample(self.items, 3)]

    def place_(self) -> str:
        return self.chance.choice(ROUTES)

    async def place(self, door: App) -> UUID:
        who = guest()
        cart = await full_cart(door, who, *((line["sku"], line["units"]) for line in self.wish()))
        order = (await press(door, who, cart)).order
        self.orders.append((who, order))
        return order

    async def place_unpaid(self, door: App) -> None:
        """Place an order as if its card had still to be asked."""
        order = await self.place(door)
        async with door.database.transaction("commerce") as tx:
            unpaid = "update commerce.sales_order set state = 'awaiting-payment' where id = $1 and state = 'open'"
            await tx.execute(unpaid, order)

    async def cancel(self, door: App) -> None:
        await asyncio.sleep(0.001)
        if self.orders:
            who, order = self.orders.pop(self.chance.randrange(len(self.orders)))
            await door.door.ask(who, "commerce.orders.cancel", order=order, reason="?")

    async def ship(self, door: App) -> None:
        await asyncio.sleep(0.001)
        if self.orders:
            _, order = self.orders.pop(self.chance.randrange(len(self.orders)))
            await door.door.ask(STAFF, "commerce.orders.ship", order=order)

    async def sell(self, door: App) -> None:
        lines = [{"sku": line["sku"], "quantity": line["units"], "amount": 0} for line in self.wish()]
        await door.door.ask(TILL, "commerce.pos.sell", **receipt(lines))

    async def restock(self, door: App) -> None:
        number = ids.new().hex
        where = self.place_()
        await door.door.ask(STAFF, "commerce.inventory.receive", location=where, reference=number, lines=self.wish())

    async def adjust(self, door: App) -> None:
        lines = [{"sku": line["sku"], "units": -line["units"]} for line in self.wish()]
        more = {"reference": ids.new().hex, "reason": "?", "lines": lines}
        await door.door.ask(STAFF, "commerce.inventory.adjust", location=self.place_(), **more)

    async def hold(self, door: App) -> None:
        holder = ids.new()
        more = {"channel": "WEB-PL", "needs": self.wish(3), "seconds": 60}
        await door.door.ask(STAFF, "commerce.inventory.hold", holder=holder, **more)
        if self.chance.random() < 0.5:
            await door.door.ask(STAFF, "commerce.inventory.let_go", holder=holder)

    async def lapse(self, door: App) -> None:
        await later(door, lapse_holds)

    async def cancel_unpaid(self, door: App) -> None:
        await later(door, cancel_unpaid)


async def later(door: App, job: Callable[[Tx], Awaitable[None]]) -> None:
    """Do scheduled work as if some time had passed."""
    await asyncio.sleep(0.01)
    with clock.at(clock.now() + timedelta(hours=1)):
        async with door.database.transaction("commerce") as tx:
            await job(tx)


def receipt(lines: list[dict[str, Any]]) -> dict[str, Any]:
    name = {"store": "S-1", "till": "1", "number": ids.new().int % 2**53 + 1}
    return {**name, "sold_at": clock.now(), "currency": "PLN", "lines": lines, "tenders": []}


async def test_whoever_sells_receives_and_cancels_the_same_items_never_waits_in_a_circle(doors: list[App]) -> None:
    items = await fresh_items(doors[0], 4)
    for at in ROUTES:
        await receive(doors[0], 200, *items, location=at)
    before = await deadlocks(doors[0])
    crowd = Crowd(doors, items, 3508)
    kinds = (crowd.place, crowd.place, crowd.cancel, crowd.ship, crowd.sell, crowd.restock, crowd.adjust, crowd.hold)
    await crowd.work(*kinds, crowd.lapse)
    assert await deadlocks(doors[0], 1.2) == before, crowd.said
    assert await amiss(doors[0]) == []


async def test_places_that_run_empty_are_changed_for_others_without_a_circle(doors: list[App]) -> None:
    """There is always too little at the first place: whoever looked before others took has to look again."""
    items = await fresh_items(doors[0], 5)
    before = await deadlocks(doors[0])
    crowd = Crowd(doors, items, 16_502)
    await crowd.work(crowd.hold, crowd.hold, crowd.hold, crowd.hold, crowd.restock)
    assert crowd.said["out-of-stock"] > 3, crowd.said
    assert await deadlocks(doors[0], 1.2) == before, crowd.said
    assert await amiss(doors[0]) == []


async def test_orders_that_were_not_paid_are_cancelled_many_at_once_without_a_circle(doors: list[App]) -> None:
    """The job cancels a hundred in one transaction, while buyers cancel and place the same items."""
    items = await fresh_items(doors[0], 4)
    await receive(doors[0], 100_000, *items)
    before = await deadlocks(doors[0])
    crowd = Crowd(doors, items, 10_165)
    await crowd.work(*[crowd.place_unpaid] * 4, crowd.cancel, crowd.cancel_unpaid)
    assert await deadlocks(doors[0], 1.2) == before, crowd.said
    assert await amiss(doors[0]) == []


async def test_items_that_are_new_to_a_store_are_received_and_sold_at_once_without_a_circle(doors: list[App]) -> None:
    """A level that is just being made stands in the same order as those that are there."""
    before = await deadlocks(doors[0])
    [old] = await fresh_items(doors[0], 1)
    await receive(doors[0], 10_000, old, location="S-1")

    async def sell(door: App, *skus: str) -> None:
        lines = [{"sku": sku, "quantity": 1, "amount": 0} for sku in skus]
        await door.door.ask(TILL, "commerce.pos.sell", **receipt(lines))

    for n in range(60):
        some = [f"{old}-Z{n}", old, f"{old}-A{n}"]
        await asyncio.gather(
            receive(doors[0], 5, *some, location="S-1"),
            sell(doors[1], *some),
            receive(doors[1], 5, *some, location="S-1"),
            sell(doors[0], *reversed(some)),
        )
    assert await deadlocks(doors[0], 1.2) == before
    assert await amiss(doors[0]) == []
    async with doors[0].database.transaction("commerce") as tx:
        made = await tx.rows("select on_hand from commerce.level where sku like $1", f"{old}-%")
    assert [row[0] for row in made] == [8] * 120
