"""The server, the database, or the whole machine is killed while buyers place orders; nothing acknowledged is lost.

``PROOF_SECONDS=600 pytest -n0 tests/proof/test_faults.py`` kills for ten minutes each.
"""

import asyncio
import itertools
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import asyncpg
import msgspec
import pytest

from rynek.app import App, as_app, prepare
from rynek.bench import Server, drive, request
from rynek.bench.load import Script
from rynek.bench.proc import _family
from rynek.bench.stall import COURIER, set_up
from rynek.kernel.postgres import Cluster, start
from rynek.kernel.settings import Settings
from rynek.serving import environment
from tests.conftest import FAST, free_port
from tests.proof.books import amiss
from tests.proof.counter import HOME, serve_command

SECONDS = float(os.environ.get("PROOF_SECONDS", "2"))
BUYERS, ITEMS, UNITS = 16, 20, 1_000_000
PATIENCE_S = 90.0


class Order(msgspec.Struct, frozen=True):
    """A button that was pressed, with what its buyer was told."""

    cart: str
    ask: bytes
    order: str
    quantity: int


class Shop:
    """A shop on a database of its own, all of which can be killed."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.settings = Settings(folder=place, rates=FAST, workers=2, port=free_port())
        self.cluster: Cluster
        self.server: Server
        self.app: App
        self.sold: list[Order] = []

    async def open(self) -> None:
        self.cluster = start(self.place / "postgres", memory_mb=512)
        await prepare(self.settings, self.cluster.dsn, "proof")
        self.settings = msgspec.structs.replace(self.settings, database=as_app(self.cluster.dsn, "proof"))
        self.app = await App.open(self.settings)
        await set_up(self.app, ITEMS, UNITS)
        address = f"127.0.0.1:{self.settings.port}"
        log = self.place / "server.log"
        self.server = Server(serve_command(), address, env=environment(self.settings), log=log)
        await self.server.start()

    async def close(self) -> None:
        with suppress(ProcessLookupError):
            await self.server.stop()
        await self.app.close()
        self.cluster.stop()

    def kill_database(self) -> None:
        """Kill the postmaster and every child it has (SIGKILL): no checkpoint, no goodbye."""
        family = _family(self.cluster.pid)
        assert len(family) > 3
        for each in family:
            with suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGKILL)

    async def restart_database(self) -> None:
        """Start it as the shop itself would; what killed it is known to nobody."""
        dead = self.cluster
        self.cluster = await asyncio.to_thread(start, self.place / "postgres", memory_mb=512)
        assert self.cluster.pid != dead.pid
        assert self.cluster.dsn == dead.dsn
        dead.stop()

    async def fail(self, what: str) -> None:
        if what in ("server", "both"):
            self.server.kill()
        if what in ("database", "both"):
            self.kill_database()
            await asyncio.sleep(0.2)
            await self.restart_database()
        if what in ("server", "both"):
            await self.server.start()


@pytest.fixture(scope="module")
async def shop() -> AsyncIterator[Shop]:
    with TemporaryDirectory(prefix="rynek-proof-") as place:
        Path(place).chmod(0o711)  # noqa: ASYNC240 - the database runs as another user when we are root
        shop = Shop(Path(place))
        await shop.open()
        try:
            yield shop
        finally:
            await shop.close()


def buyer(number: int, load: "Load") -> Script:
    """Buy again and again; whatever is not answered, or refused because the shop is down, is sent again as it was."""
    chance = Random(number)
    while not load.over.is_set():
        wishes = [(f"ITEM-{n:05d}", chance.randint(1, 3)) for n in chance.sample(range(ITEMS), 2)]
        lines = [{"sku": sku, "quantity": units} for sku, units in wishes]
        asked = {"channel": "WEB-PL", "lines": lines, "email": "ola@example.com", "address": HOME, "delivery": COURIER}
        answer = yield request("POST", "/checkout/carts", msgspec.json.encode(asked))
        load.said[answer.status] += 1
        if answer.status != 200:
            yield 0.02
            continue
        cart = msgspec.json.decode(answer.body)
        headers = {
            "authorization": f"Bearer {answer.header('rynek-session')}",
            "idempotency-key": f"key of {cart['id']}",
        }
        tenders = [{"method": "cash-on-delivery", "amount_minor": cart["priced"]["total"]}]
        ask = request("POST", f"/checkout/carts/{cart['id']}/order", msgspec.json.encode({"tenders": tenders}), headers)
        while (answer := (yield ask)).status != 200:
            load.said[answer.status] += 1
            yield 0.02
        load.said[200] += 1
        order = msgspec.json.decode(answer.body)["order"]
        load.done.append(Order(cart["id"], ask, order, sum(units for _, units in wishes)))


def asker(orders: Sequence[Order]) -> Script:
    for each in orders:
        answer = yield each.ask
        assert (answer.status, msgspec.json.decode(answer.body)["order"]) == (200, each.order)


class Load:
    """Buyers, and what they were told."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.done: list[Order] = []
        self.said: Counter[int] = Counter()

    async def more(self) -> None:
        """Wait until some more orders are in, and a moment longer."""
        some = len(self.done) + 20
        async with asyncio.timeout(PATIENCE_S):
            while len(self.done) < some:  # noqa: ASYNC110 - buyers fill it
                await asyncio.sleep(0.01)
        await asyncio.sleep(Random(some).random() * 0.1)


@pytest.mark.parametrize("what", ["server", "database", "both"])
async def test_killed_while_orders_are_placed_every_acknowledged_one_is_there_once(shop: Shop, what: str) -> None:
    load = Load()

    async def kill() -> None:
        until = time.monotonic() + SECONDS
        for turn in itertools.count():
            await load.more()
            if turn and time.monotonic() > until:
                load.over.set()
                return
            await shop.fail(what)

    killing = asyncio.create_task(kill())
    buyers = [buyer(n, load) for n in range(BUYERS)]
    run = await drive(shop.server.address, buyers, reconnect_s=PATIENCE_S, timeout_s=PATIENCE_S)
    await killing
    assert set(run.statuses) <= {200, 503}, run.statuses
    assert run.statuses.get(503, 0) + sum(run.errors.values()) > 0, "nobody noticed: it was killed at no bad moment"
    # whoever asks again with their key, however late, is told the same order
    await drive(shop.server.address, [asker(load.done[n::BUYERS]) for n in range(BUYERS)], timeout_s=PATIENCE_S)
    shop.sold += load.done
    await _proved(shop, shop.sold)


async def _proved(shop: Shop, done: Sequence[Order]) -> None:
    owner = await asyncpg.connect(shop.cluster.dsn)
    try:
        stored = await owner.fetch("select cart_id::text, id::text from commerce.sales_order")
        audited = await owner.fetch("select target from security.audit where operation = 'commerce.checkout.place'")
        held = await owner.fetchval("select sum(held)::bigint from commerce.level")
        on_hand = await owner.fetchval("select sum(on_hand)::bigint from commerce.level")
        answers = await owner.fetchval("select count(*) from kernel.answer")
    finally:
        await owner.close()
    assert sorted(map(tuple, stored)) == sorted((each.cart, each.order) for each in done)
    assert sorted(row[0] for row in audited) == sorted(each.cart for each in done)
    assert held == sum(each.quantity for each in done)
    assert on_hand == ITEMS * UNITS
    assert answers == len(done)
    assert await amiss(shop.app) == []
