"""The shop and the simulator as processes: webhooks doubled and out of order, and a server killed in between."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator

import aiohttp
import msgspec
import pytest

from rynek import security
from rynek.app import policies, secret
from rynek.bench import Server, drive, request
from rynek.bench.load import Script
from rynek.commerce import orders, payments
from rynek.commerce.payments.ports import PROVIDERS
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.settings import Breaker, Settings
from rynek.security import open_gate
from rynek.serving import environment
from tests.commerce.payments import shop
from tests.commerce.payments.shop import Bank, Order
from tests.conftest import free_port

ORDERS = 40


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
async def simulator(settings: Settings, port: int) -> AsyncIterator[Bank]:
    """Give a simulator that tells its news to the server, several times and in any order."""
    secret(settings, "simulator")
    notify = f"http://127.0.0.1:{port}/payments/webhooks/simulator"
    async with shop.simulator(settings.folder / "simulator", "--chaos", "0.5", "--notify", notify) as running:
        yield running


@pytest.fixture(scope="module")
async def shop_server(
    settings: Settings, simulator: Bank, port: int, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """Give a real server whose payments go to the simulator."""
    command = [sys.executable, "-m", "rynek", "serve", "--port", str(port)]
    paid = msgspec.structs.replace(
        settings,
        payment_providers=("manual", "simulator"),
        payment_simulator=f"http://127.0.0.1:{simulator.port}",
        payment_breaker=Breaker(failures=10_000),  # half of what is asked goes wrong here, and is asked all the same
    )
    log = tmp_path_factory.mktemp("server") / "log"
    async with Server(command, f"127.0.0.1:{port}", env=environment(paid), log=log) as running:
        yield running


@pytest.fixture(scope="module")
async def buyer(settings: Settings, database: Database) -> tuple[Actor, dict[str, str]]:
    """Give a guest, and the header by which the server knows her."""
    gate = await open_gate(database, policies(settings), secret(settings), settings.rates)
    actor, token = gate.welcome()
    return actor, {"authorization": f"Bearer {token}"}


async def test_killed_and_told_twice_every_order_is_charged_once(
    shop_server: Server, simulator: Bank, database: Database, buyer: tuple[Actor, dict[str, str]]
) -> None:
    who, header = buyer
    lots = [await shop.placed(database, shop.card(100 + n, "tok_ok"), owner=who) for n in range(ORDERS)]
    work = iter(lots)

    def device(waiting: Iterator[Order]) -> Script:
        for order in waiting:
            yield request("POST", f"/payments/{order.payment}/authorisation", headers=header)

    async def fail() -> None:
        await asyncio.sleep(0.3)
        shop_server.kill()
        await shop_server.start()

    going = asyncio.create_task(fail())
    run = await drive(shop_server.address, [device(work) for _ in range(8)], reconnect_s=30, timeout_s=15)
    await going
    assert sum(run.errors.values()), "the server was killed before or after all was asked"
    PROVIDERS["simulator"] = simulator
    try:
        await shop.settled(database)
        # those whose request was lost before anything was written: the buyer presses the button again
        await drive(shop_server.address, [device(iter(lots))], timeout_s=15)
        await shop.settled(database)
    finally:
        del PROVIDERS["simulator"]
    for n, order in enumerate(lots):
        assert await shop.sums(database, order.payment) == (100 + n, 0, 0, 0)
        assert await simulator.charges(order) == [(100 + n, 0, 0, 0)]


async def test_the_server_takes_and_gives_back_by_itself(
    shop_server: Server, simulator: Bank, database: Database, buyer: tuple[Actor, dict[str, str]]
) -> None:
    await simulator.rules(notify=simulator_news(shop_server))
    who, header = buyer
    token = "tok_authorise=flip;capture=flip;void=flip"  # each success is followed by news that it failed
    lots = [await shop.placed(database, shop.card(100 + n, token), owner=who) for n in range(ORDERS)]

    def device() -> Script:
        for order in lots:
            answer = yield request("POST", f"/payments/{order.payment}/authorisation", headers=header)
            assert answer.status == 200

    await drive(shop_server.address, [device()])
    for n, order in enumerate(lots):
        async with database.transaction("commerce") as tx:
            await (orders.cancel(tx, order.id, "no") if n % 2 else orders.ship(tx, order.id))
    expected = [(100 + n, 0, 100 + n, 0) if n % 2 else (100 + n, 100 + n, 0, 0) for n in range(ORDERS)]

    async with asyncio.timeout(60):
        while [await shop.sums(database, order.payment) for order in lots] != expected:  # noqa: ASYNC110 - elsewhere
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)  # until the last webhooks were heard
    assert [await shop.sums(database, order.payment) for order in lots] == expected
    assert [await simulator.charges(order) for order in lots] == [[each] for each in expected]


def simulator_news(server: Server) -> list[str]:
    return [f"http://{server.address}/payments/webhooks/simulator"]


async def test_killed_at_each_step_of_pay_ship_and_refund_all_books_agree(
    shop_server: Server, simulator: Bank, database: Database, buyer: tuple[Actor, dict[str, str]]
) -> None:
    """The server is killed (SIGKILL) within each step; whoever asked asks again, and everything happened once."""
    await simulator.rules(chaos=0.3, pause_s=0.05, notify=simulator_news(shop_server))
    who, header = buyer
    staff = {"authorization": f"Bearer {await admitted(shop_server, database)}"}
    lots = [await shop.placed(database, shop.card(200 + n, "tok_ok"), owner=who) for n in range(ORDERS // 2)]

    async def step(path: Callable[[Order], str], headers: dict[str, str], body: bytes, after: list[Sums]) -> None:
        """Ask for all orders, killed in between; ask again until all are as they should be."""

        def device(waiting: Iterator[Order]) -> Script:
            for order in waiting:
                yield request("POST", path(order), body, headers)

        async def fail() -> None:
            await asyncio.sleep(0.1)
            shop_server.kill()
            await shop_server.start()

        waiting, going = iter(lots), asyncio.create_task(fail())
        await drive(shop_server.address, [device(waiting) for _ in range(4)], reconnect_s=30, timeout_s=15)
        await going
        async with asyncio.timeout(90):
            while [await shop.sums(database, order.payment) for order in lots] != after:
                await drive(shop_server.address, [device(iter(lots))], timeout_s=15)
                await asyncio.sleep(0.3)

    amounts = [200 + n for n in range(len(lots))]
    await step(lambda o: f"/payments/{o.payment}/authorisation", header, b"", [(n, 0, 0, 0) for n in amounts])
    await step(lambda o: f"/orders/{o.id}/shipment", staff, b"", [(n, n, 0, 0) for n in amounts])
    back = msgspec.json.encode({"reference": "some", "amount_minor": 150})
    await step(lambda o: f"/payments/{o.payment}/refunds", staff, back, [(n, n, 0, 150) for n in amounts])
    for amount, order in zip(amounts, lots, strict=True):
        assert await simulator.charges(order) == [(amount, amount, 0, 150)]
        money = await shop.balance(database, order)
        assert (money.state, money.captured_minor, money.refunded_minor) == ("shipped", amount, 150)
    async with database.transaction("commerce") as tx:
        assert await payments.unbalanced(tx) == []


Sums = tuple[int, int, int, int]


async def admitted(server: Server, database: Database) -> str:
    """Give the token of somebody of ours."""
    known = ("boss@example.com", "a long password of the boss")
    await security.ensure_admin(database, *known)
    asked = aiohttp.ClientSession()
    login = {"email": known[0], "password": known[1]}
    async with asked, asked.post(f"http://{server.address}/security/login", json=login) as answer:
        return str((await answer.json())["token"])
