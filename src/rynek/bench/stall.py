"""A small shop to try things on: a web channel, two warehouses, stores, items with prices and stock."""

import re
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rynek.app import App, as_app, prepare
from rynek.bench.load import Script, drive
from rynek.bench.proc import Server
from rynek.bench.wire import request
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.postgres import Cluster, start
from rynek.kernel.settings import Rates, Settings, Webhooks
from rynek.serving import environment

KEEPER = Actor("workload", ids.new(), roles=frozenset({"import"}), name="stall")
"""Whoever sets the stall up."""

CHANNEL = "WEB-PL"
WAREHOUSE = "WH-1"
STORES = ("S-1", "S-2", "S-3")
COURIER = "courier"


class Stall(Struct, frozen=True):
    """What there is to buy."""

    skus: Sequence[str]
    channel: str = CHANNEL


async def set_up(app: App, items: int = 10, units: int = 1_000, minor: int = 1_000) -> Stall:
    """Build the stall: item ``i`` costs ``minor + i`` grosze gross at 23 % VAT; the warehouse has ``units`` of it."""

    async def ask(operation: str, **values: Any) -> None:
        await app.door.ask(KEEPER, f"commerce.{operation}", **values)

    skus = [f"ITEM-{number:05d}" for number in range(items)]
    channel = {"code": CHANNEL, "name": "Rynek", "kind": "web", "currency": "PLN", "country": "PL"}
    await ask("catalog.put_channels", channels=[channel])
    rate = {"country": "PL", "category": "standard", "rate_bp": 2300, "label": "23%"}
    await ask("pricing.put_tax_rates", rates=[rate])
    await ask("pricing.put_lists", lists=[{"code": "RETAIL-PL", "name": "Retail", "currency": "PLN"}])
    places = [(WAREHOUSE, "warehouse"), ("WH-2", "warehouse"), *((store, "store") for store in STORES)]
    located = [{"code": code, "name": f"{kind.title()} {code}", "kind": kind} for code, kind in places]
    await ask("inventory.put_locations", locations=located)
    routes = [{"location": WAREHOUSE, "rank": 1}, {"location": "WH-2", "rank": 2}]
    await ask("inventory.put_routes", channel=CHANNEL, routes=routes)
    prices = [(sku, minor + number) for number, sku in enumerate(skus)]
    for begin in range(0, items, 500):
        some = prices[begin : begin + 500]
        offered = [*some, ("DELIVERY", 1_500)] if begin == 0 else some
        products = [{"code": sku, "name": f"Item {sku}", "variants": [{"sku": sku}]} for sku, _ in offered]
        await ask("catalog.put_products", products=products)
        await ask("catalog.publish", publications=[{"product": sku, "channel": CHANNEL} for sku, _ in offered])
        priced = [{"list": "RETAIL-PL", "sku": sku, "minor": minor} for sku, minor in offered]
        await ask("pricing.put_prices", prices=priced)
        if units:
            lines = [{"sku": sku, "units": units} for sku, _ in some]
            await ask("inventory.receive", location=WAREHOUSE, reference=f"opening {begin}", lines=lines)
    courier = {"code": COURIER, "name": "Courier", "kind": "home", "sku": "DELIVERY"}
    await ask("checkout.put_delivery", channel=CHANNEL, options=[courier])
    return Stall(skus)


async def engaged(app: App, *roles: str) -> str:
    """Take a program in, as an administrator would; gives its token."""
    admin = Actor("staff", ids.new(), roles=frozenset({"admin"}), name="bench")
    entry = await app.door.ask(admin, "security.engage", name="bench", roles=list(roles))
    token: str = entry.token
    return token


class Stand(Struct, frozen=True):
    """A stall with a server before it: ``app`` is the bench's own door to the same database."""

    cluster: Cluster
    app: App
    server: Server
    stall: Stall


@asynccontextmanager
async def opened(
    items: int, units: int, *, workers: int = 1, folder: Path | None = None, webhooks: Webhooks | None = None
) -> AsyncIterator[Stand]:
    """Open a fresh shop on an embedded PostgreSQL of its own (fsync and ``synchronous_commit`` on); close it after.

    Args:
        folder: where it lies; None for a temporary place.
        webhooks: where webhooks may go; None: to the public internet alone.
    """
    fast = Rates(read=10**7, write=10**7, login=10**7, bulk=10**7, open=10**7)
    with TemporaryDirectory(prefix="rynek-bench-", dir=folder) as place:
        Path(place).chmod(0o711)
        with start(Path(place) / "postgres") as cluster:
            settings = Settings(
                folder=Path(place), rates=fast, workers=workers, port=free_port(), webhooks=webhooks or Webhooks()
            )
            await prepare(settings, cluster.dsn, "bench")
            settings = replace(settings, database=as_app(cluster.dsn, "bench"))
            app = await App.open(settings)
            stall = await set_up(app, items, units)
            command = [sys.executable, "-m", "rynek", "serve"]
            try:
                async with Server(command, f"127.0.0.1:{settings.port}", env=environment(settings)) as server:
                    yield Stand(cluster, app, server, stall)
            finally:
                await app.close()


async def batches(stand: Stand) -> str:
    """Tell how many commands shared a transaction, from the server's own figures."""
    answers: list[str] = []

    token = await engaged(stand.app, "monitor")

    def look() -> Script:
        answer = yield request("GET", "/metrics", headers={"authorization": f"Bearer {token}"})
        answers.append(answer.body.decode())

    await drive(stand.server.address, [look()])
    found = re.findall(r'rynek_batch_size_(sum|count)\{action="([\w.]+)"\} ([\d.]+)', answers[0])
    sums = {(action, what): float(value) for what, action, value in found}
    return "commands a transaction: " + ", ".join(
        f"{action} {total / sums[action, 'count']:.1f}" for (action, what), total in sums.items() if what == "sum"
    )


def free_port() -> int:
    """Find a TCP port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
