"""Failures that other platforms are known for, each by its issue: none of them can happen here."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from rynek.app import App
from rynek.bench.stall import KEEPER, WAREHOUSE, set_up
from rynek.commerce import orders
from rynek.commerce.checkout.actions import cart as show_cart
from rynek.commerce.checkout.actions import change_cart, open_cart
from rynek.commerce.checkout.model import Cart
from rynek.commerce.inventory.reactions import lapse_holds
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.database import unreachable
from rynek.kernel.faults import Fault
from rynek.kernel.settings import Settings
from tests.proof.books import amiss
from tests.proof.counter import STAFF, TILL, fresh_items, full_cart, guest, press, receive


@pytest.fixture(scope="module")
async def shop(world: App) -> App:
    await set_up(world, items=1)
    return world


@pytest.fixture(scope="module")
async def other(settings: Settings, shop: App) -> AsyncIterator[App]:
    """Give a second process' door to the same shop."""
    opened = await App.open(settings)
    yield opened
    await opened.close()


async def level(shop: App, sku: str, location: str = WAREHOUSE) -> tuple[int, int]:
    [found] = await shop.door.ask(STAFF, "commerce.inventory.levels", skus=[sku], location=location)
    return found.on_hand, found.held


async def said(asked: Any) -> str:
    """Tell what came of it: ``done``, or the code of the refusal."""
    try:
        await asked
    except Fault as refused:
        return refused.code
    return "done"


# --- medusa#16502: two lines of one item are checked one by one, and sell more than there is --------------------------


async def test_two_lines_of_one_item_are_checked_together_medusa_16502(shop: App) -> None:
    [sku] = await fresh_items(shop, 1)
    await receive(shop, 5, sku)
    who = guest()
    cart = await full_cart(shop, who, (sku, 3), (sku, 3))
    with pytest.raises(Fault) as refused:
        await press(shop, who, cart)
    assert (refused.value.code, refused.value.facts) == ("out-of-stock", {"short": {sku: 1}})
    needs = [{"sku": sku, "units": 3}, {"sku": sku, "units": 3}]
    with pytest.raises(Fault) as refused:
        await shop.door.ask(STAFF, "commerce.inventory.hold", holder=ids.new(), channel="WEB-PL", needs=needs)
    assert refused.value.facts == {"short": {sku: 1}}
    assert await level(shop, sku) == (5, 0)


async def test_an_item_and_a_bundle_of_it_are_checked_together_medusa_16502(shop: App) -> None:
    apple, basket = await fresh_items(shop, 2)
    made = [{"sku": basket, "components": [{"sku": apple, "quantity": 2}]}]
    await shop.door.ask(KEEPER, "commerce.catalog.put_bundles", bundles=made)
    await receive(shop, 5, apple)
    who = guest()
    with pytest.raises(Fault) as refused:
        await press(shop, who, await full_cart(shop, who, (apple, 2), (basket, 2)))
    assert refused.value.facts == {"short": {apple: 1}}
    assert await level(shop, apple) == (5, 0)
    placed = await press(shop, who, await full_cart(shop, who, (apple, 1), (basket, 2)))
    assert await level(shop, apple) == (5, 5)
    assert await amiss(shop) == []
    await shop.door.ask(STAFF, "commerce.orders.ship", order=placed.order)
    assert await level(shop, apple) == (0, 0)
    lines = [{"line": 2, "units": 1}]  # what comes back is what left
    back = {"reference": "R-1", "location": WAREHOUSE, "lines": lines}
    assert await shop.door.ask(STAFF, "commerce.orders.take_back", order=placed.order, **back)
    assert await level(shop, apple) == (2, 0)
    assert await shop.door.ask(STAFF, "commerce.inventory.levels", skus=[basket]) == []
    assert await amiss(shop) == []


# --- vendure#3508: stock is read, changed and written back while others do the same -----------------------------------


async def test_stock_that_many_change_at_once_loses_no_change_vendure_3508(shop: App, other: App) -> None:
    [sku] = await fresh_items(shop, 1)
    for at in (WAREHOUSE, "S-1"):
        await receive(shop, 1_000, sku, location=at)

    async def sell(door: App) -> None:
        lines = [{"sku": sku, "quantity": 2, "amount": 0}]
        number = {"store": "S-1", "till": "1", "number": ids.new().int % 2**53 + 1}
        await door.door.ask(
            TILL, "commerce.pos.sell", **number, sold_at=clock.now(), currency="PLN", lines=lines, tenders=[]
        )

    async def adjust(door: App) -> None:
        more = {"reference": ids.new().hex, "reason": "?", "lines": [{"sku": sku, "units": -3}]}
        await door.door.ask(STAFF, "commerce.inventory.adjust", location="S-1", **more)

    async def buy(door: App) -> None:
        who = guest()
        placed = await press(door, who, await full_cart(door, who, (sku, 5)))
        await door.door.ask(STAFF, "commerce.orders.ship", order=placed.order)

    kinds = (sell, adjust, buy, lambda door: receive(door, 7, sku), lambda door: receive(door, 11, sku, location="S-1"))
    await asyncio.gather(*(kind(door) for door in (shop, other) * 10 for kind in kinds))
    assert await level(shop, sku) == (1_000 - 20 * 5 + 20 * 7, 0)
    assert await level(shop, sku, "S-1") == (1_000 - 20 * 2 - 20 * 3 + 20 * 11, 0)


# --- oscar#2101: a limit is looked at before it is used up, and many use the last of it -------------------------------


async def test_the_last_unit_goes_to_one_of_many_oscar_2101(shop: App, other: App) -> None:
    for _ in range(8):
        [sku] = await fresh_items(shop, 1)
        await receive(shop, 1, sku)
        buyers = [guest() for _ in range(12)]
        carts = [await full_cart(shop, who, (sku, 1)) for who in buyers]
        needs = [{"sku": sku, "units": 1}]
        asked: list[Any] = []
        for door, who, cart in zip((shop, other) * 6, buyers, carts, strict=True):
            holding = {"holder": ids.new(), "channel": "WEB-PL", "needs": needs}
            asked += [press(door, who, cart), door.door.ask(STAFF, "commerce.inventory.hold", **holding)]
        assert Counter(await asyncio.gather(*map(said, asked))) == {"done": 1, "out-of-stock": 23}
        assert await level(shop, sku) == (1, 1)


# --- medusa#12401: what is set aside is given back twice and falls below zero -----------------------------------------


async def test_units_given_back_many_times_at_once_come_back_once_medusa_12401(shop: App, other: App) -> None:
    chance = Random(12_401)
    [sku] = await fresh_items(shop, 1)
    await receive(shop, 500, sku)
    gone = 0
    for _ in range(25):
        who, holder = guest(), ids.new()
        placed = await press(shop, who, await full_cart(shop, who, (sku, 3)))
        needs = [{"sku": sku, "units": 4}]
        await shop.door.ask(STAFF, "commerce.inventory.hold", holder=holder, channel="WEB-PL", needs=needs, seconds=1)
        assert await level(shop, sku) == (500 - gone, 7)
        ends = [(door, end) for door in (shop, other) for end in ("cancel", "ship", "let go", "lapse", "steal")]
        chance.shuffle(ends)
        told = await asyncio.gather(*(said(_end(door, end, who, placed.order, holder)) for door, end in ends))
        by_end = Counter(zip((end for _, end in ends), told, strict=True))
        shipped = by_end["ship", "done"] == 2
        assert by_end["cancel", "done"] == (0 if shipped else 2)
        assert by_end["steal", "done"] == 0  # nobody lets go what belongs to an order
        assert by_end["let go", "done"] <= 1
        gone += 3 * shipped
        assert await level(shop, sku) == (500 - gone, 0)
    assert await amiss(shop) == []


async def _end(door: App, how: str, who: Actor, order: UUID, holder: UUID) -> None:
    match how:
        case "cancel":
            await door.door.ask(who, "commerce.orders.cancel", order=order, reason="?")
        case "ship":
            await door.door.ask(STAFF, "commerce.orders.ship", order=order)
        case "let go":
            await door.door.ask(STAFF, "commerce.inventory.let_go", holder=holder)
        case "steal":
            await door.door.ask(STAFF, "commerce.inventory.let_go", holder=order)
        case _:
            with clock.at(clock.now() + timedelta(seconds=2)):
                async with door.database.transaction("commerce") as tx:
                    await lapse_holds(tx)


# --- saleor#10165: news is sent before what it tells of is committed, or never ----------------------------------------


async def news_of(shop: App, kind: str) -> Counter[str]:
    async with shop.database.transaction("commerce") as tx:
        return Counter(row[0] for row in await tx.rows("select key from kernel.event where type = $1", kind))


async def test_an_order_that_is_undone_is_news_to_nobody_saleor_10165(shop: App) -> None:
    before = await news_of(shop, "orders.order-placed"), await news_of(shop, "inventory.stock-held")
    [sku] = await fresh_items(shop, 1)
    who = guest()
    assert await said(press(shop, who, await full_cart(shop, who, (sku, 1)))) == "out-of-stock"
    order = ids.new()
    line = orders.OrderLine(1, sku, "Apple", 1, 100, 100, 0, 100, 0)
    placing = orders.Placing(
        order, ids.new(), "WEB-PL", "guest", who.id, "ola@example.com", "PLN", "open", 0, 0, 100, 100, 0, "{}", [line]
    )
    told = 0

    async def undone() -> None:
        nonlocal told
        async with shop.database.transaction("commerce") as tx:
            await orders.place_many(tx, [placing])
            told = len(tx.events)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await undone()
    assert told == 1
    assert before == (await news_of(shop, "orders.order-placed"), await news_of(shop, "inventory.stock-held"))
    assert await shop.door.ask(who, "commerce.orders.orders") == []


async def test_orders_whose_connections_are_cut_are_news_exactly_when_they_are_there_saleor_10165(
    shop: App, other: App, owner_dsn: str
) -> None:
    """The sessions that place are ended by the database at any moment; a reader looks at the log all the while."""
    [sku] = await fresh_items(shop, 1)
    await receive(shop, 100_000, sku)
    owner = await asyncpg.connect(owner_dsn)
    going, cut, chance = True, 0, Random(10_165)

    async def cutter() -> None:
        nonlocal cut
        while going:
            await asyncio.sleep(chance.random() * 0.2)
            cut += await owner.fetchval(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database()"
                " and usename <> current_user and state <> 'idle'"
            )

    async def reader() -> int:
        looks = 0
        while going:
            early = await owner_looks.fetchval(
                "select count(*) from kernel.event e where type = 'orders.order-placed'"
                " and not exists (select from commerce.sales_order where id::text = e.key)"
            )
            assert early == 0
            looks += 1
        return looks

    async def buy(door: App) -> tuple[UUID, int]:
        who, tries = guest(), 0
        while True:
            tries += 1
            try:
                return (await press(door, who, await full_cart(door, who, (sku, 1)))).order, tries
            except Exception as error:
                if not unreachable(error):
                    raise
                await asyncio.sleep(0.005)

    owner_looks = await asyncpg.connect(owner_dsn)
    try:
        cutting, reading = asyncio.create_task(cutter()), asyncio.create_task(reader())
        bought: list[tuple[UUID, int]] = []
        while cut < 5 or sum(tries for _, tries in bought) == len(bought):  # until some were cut off, and came again
            bought += await asyncio.gather(*(buy(door) for door in (shop, other) * 8))
        going = False
        await cutting
        assert await reading > 5
    finally:
        going = False
        await owner.close()
        await owner_looks.close()
    async with shop.database.transaction("commerce") as tx:
        stored = await tx.rows("select order_id::text from commerce.order_line where sku = $1", sku)
    told = await news_of(shop, "orders.order-placed")
    assert {told[row[0]] for row in stored} == {1}
    assert {str(order) for order, _ in bought} <= {row[0] for row in stored}
    assert (await level(shop, sku)) == (100_000, len(stored))


# --- medusa#10751: a cart gets slower the longer it is ----------------------------------------------------------------


async def test_a_line_more_costs_a_long_cart_no_statement_more_medusa_10751(shop: App, settings: Settings) -> None:
    skus = await fresh_items(shop, 202)
    await receive(shop, 10, *skus)
    counting = await App.open(replace(settings, connections=2))
    statements: list[str] = []
    try:
        async with AsyncExitStack() as stack:  # every connection there is
            for _ in range(2):
                connection = await stack.enter_async_context(counting.database.pool.acquire())
                connection.add_query_logger(lambda record: statements.append(" ".join(record.query.split())))

        async def cost(asked: Any) -> list[str]:
            await asyncio.sleep(0.05)
            statements.clear()
            await asked
            await asyncio.sleep(0.05)  # the driver tells a moment later
            assert len(statements) >= 3
            return sorted(statements)

        found = []
        for length in (1, 200, 1, 200):
            who = guest()
            lines = [{"sku": sku, "quantity": 1} for sku in skus[:length]]
            steps = {}
            steps["open"] = await cost(counting.door.ask(who, open_cart, channel="WEB-PL", lines=lines))
            cart: Cart = await full_cart(counting, who, *((sku, 1) for sku in skus[:length]))
            more = [{"sku": skus[201], "quantity": 1}]
            steps["add"] = await cost(counting.door.ask(who, change_cart, cart=cart.id, add=more))
            steps["show"] = await cost(counting.door.ask(who, show_cart, cart=cart.id))
            cart = await counting.door.ask(who, show_cart, cart=cart.id)
            assert len(cart.terms.lines) == length + 1
            steps["place"] = await cost(press(counting, who, cart))
            found.append(steps)
        assert found[2] == found[3]  # at first the driver asks what types there are
    finally:
        await counting.close()


# --- payments: proved where they live ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "test"),
    [
        ("saleor PR#11069", "test_no_lock_and_no_transaction_is_open_while_a_provider_is_asked"),
        ("shopware#19037", "test_failed_never_overwrites_paid"),
        ("medusa PR#15527", "test_of_two_captures_each_is_refunded_by_itself"),
        ("medusa PR#15527", "test_a_second_charge_for_a_paid_order_goes_back_and_the_first_stays"),
    ],
)
def test_failures_of_payments_have_their_tests(failure: str, test: str) -> None:
    text = (Path(__file__).parents[1] / "commerce/payments/test_adversity.py").read_text("utf-8")
    assert re.search(rf"^async def {test}\(", text, re.MULTILINE), failure
