"""Everybody at once: too little for all, a button pressed twice, a connection that is cut in the middle."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from rynek.app import App
from rynek.bench import Server, drive, request
from rynek.bench.load import Script
from rynek.bench.stall import set_up
from rynek.commerce.checkout.model import Cart
from rynek.commerce.inventory import OutOfStock
from rynek.kernel import clock
from rynek.kernel.actor import Actor
from rynek.kernel.settings import Settings
from rynek.serving import environment
from tests.conftest import free_port
from tests.proof.books import amiss
from tests.proof.counter import fresh_items, full_cart, guest, press, receive, serve_command

BUYERS, UNITS = 400, 100
CUTS = 200


@pytest.fixture(scope="module")
async def shop(world: App) -> App:
    await set_up(world, items=1)
    return world


@pytest.fixture(scope="module")
async def other(settings: Settings) -> AsyncIterator[App]:
    """Give a second process' door to the same database."""
    opened = await App.open(settings)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
async def servers(settings: Settings, shop: App, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """Give the shop behind two server processes on one port."""
    port = free_port()
    two = replace(settings, workers=2, port=port)
    log = tmp_path_factory.mktemp("servers") / "log"
    async with Server(serve_command(), f"127.0.0.1:{port}", env=environment(two), log=log) as running:
        yield running


def body_of(cart: Cart) -> bytes:
    tender = {"method": "cash-on-delivery", "amount_minor": cart.priced.total}
    return msgspec.json.encode({"tenders": [tender]})


async def stood(shop: App, sku: str) -> tuple[int, int, int]:
    """Tell what is on hand, held, and how many orders there are of an item."""
    async with shop.database.transaction("commerce") as tx:
        row = await tx.row(
            """select sum(on_hand)::int, sum(held)::int,
                (select count(*) from commerce.order_line where sku = $1) from commerce.level where sku = $1""",
            sku,
        )
    return tuple(row)


# --- 400 buyers, 100 units --------------------------------------------------------------------------------------------


async def carts_for(shop: App, buyers: Sequence[Actor], sku: str) -> list[Cart]:
    return list(await asyncio.gather(*(full_cart(shop, who, (sku, 1)) for who in buyers)))


async def test_400_buyers_through_two_doors_get_the_100_units_there_are(shop: App, other: App) -> None:
    [sku] = await fresh_items(shop, 1)
    await receive(shop, UNITS, sku)
    buyers = [guest() for _ in range(BUYERS)]
    carts = await carts_for(shop, buyers, sku)
    doors = [shop, other] * (BUYERS // 2)

    async def buy(door: App, who: Actor, cart: Cart) -> str:
        try:
            return (await press(door, who, cart)).state
        except OutOfStock as refused:
            return f"short of {refused.facts['short'][sku]}"

    began = time.perf_counter()
    said = Counter(await asyncio.gather(*map(buy, doors, buyers, carts)))
    took = time.perf_counter() - began
    assert said == {"open": UNITS, "short of 1": BUYERS - UNITS}
    assert await stood(shop, sku) == (UNITS, UNITS, UNITS)
    assert await amiss(shop) == []
    assert took < 10  # a tenth of a second where nothing else runs


async def test_400_buyers_over_http_with_two_server_processes_get_the_100_units_there_are(
    shop: App, servers: Server
) -> None:
    [sku] = await fresh_items(shop, 1)
    await receive(shop, UNITS, sku)
    welcomed = [shop.gate.welcome() for _ in range(BUYERS)]
    carts = await carts_for(shop, [who for who, _ in welcomed], sku)
    said: Counter[tuple[int, str]] = Counter()

    def buyer(token: str, cart: Cart) -> Script:
        headers = {"authorization": f"Bearer {token}", "idempotency-key": str(cart.id)}
        answer = yield request("POST", f"/checkout/carts/{cart.id}/order", body_of(cart), headers)
        told = msgspec.json.decode(answer.body)
        said[answer.status, told.get("state") or told["type"].rpartition("#")[2]] += 1

    run = await drive(servers.address, [buyer(token, cart) for (_, token), cart in zip(welcomed, carts, strict=True)])
    assert run.errors == {}
    assert said == {(200, "open"): UNITS, (409, "out-of-stock"): BUYERS - UNITS}
    assert await stood(shop, sku) == (UNITS, UNITS, UNITS)
    assert await amiss(shop) == []


# --- cut off in the middle --------------------------------------------------------------------------------------------


async def cut(address: str, data: bytes, after_s: float, chance: Random) -> None:
    """Send a request, all of it or its beginning, and hang up after a moment without reading."""
    host, _, port = address.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    whole = chance.random() < 0.9
    writer.write(data if whole else data[: chance.randrange(1, len(data))])
    await asyncio.sleep(after_s)
    if chance.random() < 0.5:
        writer.transport.abort()
    else:
        writer.close()


async def told(address: str, data: bytes) -> tuple[int, Any]:
    """Send a request on a connection of its own and read the answer."""
    answers: list[tuple[int, Any]] = []

    def ask() -> Script:
        answer = yield data
        answers.append((answer.status, msgspec.json.decode(answer.body)))

    await drive(address, [ask()], timeout_s=60)
    return answers[0]


async def test_a_completion_cut_off_and_retried_at_once_is_one_order_and_one_payment(
    shop: App, servers: Server
) -> None:
    [sku] = await fresh_items(shop, 1)
    await receive(shop, CUTS, sku)
    chance = Random(2101)
    retried: dict[UUID, datetime] = {}

    async def buy() -> tuple[UUID, UUID]:
        who, token = shop.gate.welcome()
        cart = await full_cart(shop, who, (sku, 1))
        headers = {"authorization": f"Bearer {token}"}
        if chance.random() < 0.7:  # the others forget their key: the cart itself is known by its order
            headers["idempotency-key"] = str(cart.id)
        button = request("POST", f"/checkout/carts/{cart.id}/order", body_of(cart), headers)
        await cut(servers.address, button, chance.random() ** 3 * 0.03, chance)
        retried[cart.id] = clock.now()
        status, answer = await told(servers.address, button)
        assert status == 200, answer
        assert (answer["state"], answer["total_minor"]) == ("open", cart.priced.total)
        assert await told(servers.address, button) == (200, answer)
        return cart.id, UUID(answer["order"])

    orders: dict[UUID, UUID] = {}
    for _ in range(CUTS // 20):
        orders |= dict(await asyncio.gather(*(buy() for _ in range(20))))
    async with shop.database.transaction("commerce") as tx:
        stored = await tx.rows(
            """select cart_id, o.id, (select count(*) from commerce.payment p where p.order_id = o.id),
                (select sum(units)::int from commerce.hold where holder = o.id), placed_at
            from commerce.sales_order o where cart_id = any($1)""",
            list(orders),
        )
    assert sorted(tuple(row)[:4] for row in stored) == sorted((cart, order, 1, 1) for cart, order in orders.items())
    assert len(stored) == CUTS
    assert 0 < sum(row[4] < retried[row[0]] for row in stored) < CUTS  # some were cut before their order, some after
    assert await stood(shop, sku) == (CUTS, CUTS, CUTS)
    assert await amiss(shop) == []


async def test_cut_off_in_process_at_every_moment_it_is_one_order(shop: App, other: App) -> None:
    """The task is cancelled after each number of its steps, and the cart placed anew through another door."""
    [sku] = await fresh_items(shop, 1)
    await receive(shop, 100, sku)
    for steps in range(60):
        who = guest()
        cart = await full_cart(shop, who, (sku, 1))
        going = asyncio.create_task(press(shop, who, cart))
        for _ in range(steps):
            await asyncio.sleep(0)
        going.cancel()
        first, again = await asyncio.gather(going, press(other, who, cart), return_exceptions=True)
        assert not isinstance(again, BaseException), again
        assert isinstance(first, asyncio.CancelledError) or first == again
    assert await stood(shop, sku) == (100, 60, 60)
    assert await amiss(shop) == []
