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

import asyncpg
import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER, set_up
from rynek.commerce.checkout.actions import cart as show_cart
from rynek.commerce.inventory.reactions import lapse_holds
from rynek.commerce.orders.reactions import cancel_unpaid
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
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


Work = Callable[[], Awaitable[object]]


async def crowd(workers: Sequence[Work], said: Counter[str]) -> None:
    """Let everybody do their thing again and again; each outcome is counted, nothing is swallowed."""
    until = time.monotonic() + SECONDS

    async def keep(work: Work) -> None:
        while time.monotonic() < until:
            try:
                await work()
                said[f"{getattr(work, '__name__', 'work')}: done"] += 1
            except Exception as error:  # noqa: BLE001 - counted, and looked at below
                answer = refusal(error, "the crowd")
                code = answer.body.decode().partition("#")[2].partition('"')[0]
                said[code if answer.status < 500 and code in REFUSALS else f"{answer.status} {error!r}"] += 1

    await asyncio.gather(*(keep(work) for work in workers))


async def test_whoever_sells_receives_and_cancels_the_same_items_never_waits_in_a_circle(doors: list[App]) -> None:
    items = await fresh_items(doors[0], 4)
    for at in ROUTES:
        await receive(doors[0], 200, *items, location=at)
    before = await deadlocks(doors[0])
    chance = Random(3508)
    open_orders: list[tuple[Actor, object]] = []
    said: Counter[str] = Counter()

    def wish() -> list[tuple[str, int]]:
        return [(sku, chance.randint(1, 9)) for sku in chance.sample(items, 3)]

    def buyer(door: App) -> Work:
        async def place() -> None:
            who = guest()
            placed = await press(door, who, await full_cart(door, who, *wish()))
            open_orders.append((who, placed.order))

        return place

    def canceller(door: App) -> Work:
        async def end() -> None:
            await asyncio.sleep(0)
            if open_orders:
                who, order = open_orders.pop(chance.randrange(len(open_orders)))
                if chance.random() < 0.5:
                    await door.door.ask(who, "commerce.orders.cancel", order=order, reason="?")
                else:
                    await door.door.ask(STAFF, "commerce.orders.ship", order=order)

        return end

    def till(door: App) -> Work:
        async def sell() -> None:
            lines = [{"sku": sku, "quantity": units, "amount": 0} for sku, units in wish()]
            number = ids.new().int % 2**53 + 1
            await door.door.ask(
                TILL, "commerce.pos.sell", store="S-1", till="1", number=number, sold_at=clock.now(), currency="PLN",
                lines=lines, tenders=[],
            )  # fmt: skip

        return sell

    def clerk(door: App) -> Work:
        async def restock() -> None:
            lines = [{"sku": sku, "units": units} for sku, units in wish()]
            await door.door.ask(
                STAFF,
                "commerce.inventory.receive",
                location=chance.choice(ROUTES),
                reference=ids.new().hex,
                lines=lines,
            )

        return restock

    def counting(door: App) -> Work:
        async def adjust() -> None:
            lines = [{"sku": sku, "units": -units} for sku, units in wish()]
            await door.door.ask(
                STAFF, "commerce.inventory.adjust", location=chance.choice(ROUTES), reference=ids.new().hex, reason="?",
                lines=lines,
            )  # fmt: skip

        return adjust

    def holding(door: App) -> Work:
        async def set_aside() -> None:
            needs = [{"sku": sku, "units": units} for sku, units in wish()]
            holder = ids.new()
            await door.door.ask(
                STAFF, "commerce.inventory.hold", holder=holder, channel="WEB-PL", needs=needs, seconds=1
            )
            if chance.random() < 0.5:
                await door.door.ask(STAFF, "commerce.inventory.let_go", holder=holder)

        return set_aside

    def lapsing(door: App) -> Work:
        async def lapse() -> None:
            await asyncio.sleep(0.02)
            with clock.at(clock.now() + timedelta(seconds=2)):
                async with door.database.transaction("commerce") as tx:
                    await lapse_holds(tx)

        return lapse

    kinds = [buyer, buyer, buyer, canceller, canceller, till, clerk, counting, holding, lapsing]
    await crowd([kind(door) for kind in kinds for door in doors], said)
    assert {said for said in said if said.startswith(("5", "4"))} == set(), said
    for done in ("place", "end", "sell", "restock", "adjust", "set_aside", "lapse"):
        assert said[f"{done}: done"] > 5, said
    assert await deadlocks(doors[0], 1.2) == before, said
    assert await amiss(doors[0]) == []


async def test_places_that_run_empty_are_changed_for_others_without_a_circle(doors: list[App]) -> None:
    """There is always too little at the first place: whoever looked before others took has to look again."""
    items = await fresh_items(doors[0], 6)
    before = await deadlocks(doors[0])
    chance = Random(16502)
    said: Counter[str] = Counter()

    def holding(door: App) -> Work:
        async def set_aside() -> None:
            needs = [{"sku": sku, "units": chance.randint(1, 3)} for sku in chance.sample(items, 4)]
            await door.door.ask(
                STAFF, "commerce.inventory.hold", holder=ids.new(), channel="WEB-PL", needs=needs, seconds=60
            )

        return set_aside

    def clerk(door: App) -> Work:
        async def restock() -> None:
            await asyncio.sleep(0.002)
            await receive(door, 6, *chance.sample(items, 3), location=chance.choice(ROUTES))

        return restock

    await crowd([*(holding(door) for door in doors * 4), *(clerk(door) for door in doors)], said)
    assert {said for said in said if said.startswith(("5", "4"))} == set(), said
    assert said["set_aside: done"] > 20, said
    assert said["out-of-stock"] > 5, said
    assert await deadlocks(doors[0], 1.2) == before, said
    assert await amiss(doors[0]) == []


async def test_orders_that_were_not_paid_are_cancelled_many_at_once_without_a_circle(doors: list[App]) -> None:
    """The job cancels a hundred in one transaction, while buyers cancel and place the same items."""
    items = await fresh_items(doors[0], 4)
    await receive(doors[0], 100_000, *items)
    before = await deadlocks(doors[0])
    chance = Random(10_165)
    waiting: list[tuple[Actor, object]] = []
    said: Counter[str] = Counter()

    def buyer(door: App) -> Work:
        async def place() -> None:
            who = guest()
            cart = await full_cart(door, who, *((sku, 1) for sku in chance.sample(items, 2)))
            placed = await press(door, who, cart)
            async with door.database.transaction("commerce") as tx:  # as if its card had still to be asked
                await tx.execute(
                    "update commerce.sales_order set state = 'awaiting-payment' where id = $1 and state = 'open'",
                    placed.order,
                )
            waiting.append((who, placed.order))
            await door.door.ask(who, show_cart, cart=cart.id)

        return place

    def canceller(door: App) -> Work:
        async def end() -> None:
            await asyncio.sleep(0)
            if waiting:
                who, order = waiting.pop(chance.randrange(len(waiting)))
                await door.door.ask(who, "commerce.orders.cancel", order=order, reason="?")

        return end

    def job(door: App) -> Work:
        async def unpaid() -> None:
            await asyncio.sleep(0.01)
            with clock.at(clock.now() + timedelta(hours=1)):
                async with door.database.transaction("commerce") as tx:
                    await cancel_unpaid(tx)

        return unpaid

    await crowd(
        [*(buyer(door) for door in doors * 4), *(each(door) for door in doors for each in (canceller, job))], said
    )
    assert {said for said in said if said.startswith(("5", "4"))} == set(), said
    for done in ("place", "end", "unpaid"):
        assert said[f"{done}: done"] > 5, said
    assert await deadlocks(doors[0], 1.2) == before, said
    assert await amiss(doors[0]) == []


async def test_items_that_are_new_to_a_store_are_received_and_sold_at_once_without_a_circle(doors: list[App]) -> None:
    """A level that is just being made stands in the same order as those that are there."""
    before = await deadlocks(doors[0])
    [old] = await fresh_items(doors[0], 1)
    await receive(doors[0], 10_000, old, location="S-1")

    async def sell(door: App, *skus: str) -> None:
        lines = [{"sku": sku, "quantity": 1, "amount": 0} for sku in skus]
        await door.door.ask(
            TILL, "commerce.pos.sell", store="S-1", till="2", number=ids.new().int % 2**53 + 1, sold_at=clock.now(),
            currency="PLN", lines=lines, tenders=[],
        )  # fmt: skip

    for n in range(60):
        some = [f"{old}-Z{n}", old, f"{old}-A{n}"]
        await asyncio.gather(
            receive(doors[0], 5, *some, location="S-1"), sell(doors[1], *some), receive(doors[1], 5, *some, location="S-1"),
            sell(doors[0], *reversed(some)),
        )  # fmt: skip
    assert await deadlocks(doors[0], 1.2) == before
    assert await amiss(doors[0]) == []
    async with doors[0].database.transaction("commerce") as tx:
        made = await tx.rows("select on_hand from commerce.level where sku like $1", f"{old}-%")
    assert [row[0] for row in made] == [8] * 120
