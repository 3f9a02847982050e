"""A server killed while gift cards pay: the books balance, and each order is paid once."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from rynek.app import App, policies, secret
from rynek.bench import Server, drive, request
from rynek.bench.load import Script
from rynek.kernel.settings import Settings
from rynek.security import open_gate
from rynek.serving import environment
from tests.commerce.payments import shop
from tests.commerce.payments.shop import Order
from tests.commerce.wallets.purse import balanced, by_card, card, left
from tests.conftest import free_port

ORDERS = 40


@pytest.fixture(scope="module")
async def server(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "rynek", "serve", "--port", str(port)]
    log = tmp_path_factory.mktemp("server") / "log"
    async with Server(command, f"127.0.0.1:{port}", env=environment(settings), log=log) as running:
        yield running


async def test_killed_between_setting_aside_and_spending_the_books_balance(
    world: App, server: Server, settings: Settings
) -> None:
    database, gift = world.database, await card(world, 10_000)
    gate = await open_gate(database, policies(settings), secret(settings), settings.rates)
    who, token = gate.welcome()
    header = {"authorization": f"Bearer {token}"}
    lots = [await shop.placed(database, await by_card(world, gift, 100), owner=who) for _ in range(ORDERS)]

    def device(waiting: Iterator[Order]) -> Script:
        for order in waiting:
            yield request("POST", f"/payments/{order.payment}/authorisation", headers=header)

    async def fail() -> None:
        await asyncio.sleep(0.15)
        server.kill()
        await balanced(world)
        await server.start()

    going, work = asyncio.create_task(fail()), iter(lots)
    run = await drive(server.address, [device(work) for _ in range(8)], reconnect_s=60, timeout_s=30)
    await going
    assert sum(run.errors.values()), "the server was killed before or after all was asked"
    await drive(server.address, [device(iter(lots))], timeout_s=30)
    await shop.settled(database)
    assert await left(world, gift) == (10_000 - ORDERS * 100, ORDERS * 100)
    for n, order in enumerate(lots):
        await (shop.cancel if n % 2 else shop.ship)(database, order)
    await shop.settled(database)
    assert [await shop.sums(database, order.payment) for order in lots] == [
        (100, 0, 100, 0) if n % 2 else (100, 100, 0, 0) for n in range(ORDERS)
    ]
    assert await left(world, gift) == (10_000 - ORDERS * 50, 0)
    await balanced(world)
