"""``rynek bench fulfil``: how many orders a second a chain of 457 shops allocates, picks, packs and hands over.

Orders of three lines are placed before, and set aside by rank. Then each finds its place among the shops that have
what it wants (fewest parcels, then nearest), two hundred orders in a transaction as news of a busy minute comes. Then
every shop takes on its lists, confirms them, boxes them and hands them to a carrier, each step through the door as a
member of its staff: policies, audit and events included. Eight shops work at once, in the one process of the bench.

Afterwards every order is shipped, once; no level is below zero or below what is set aside; every level is the sum of
its ledger and of its holds; as many units left as were ordered.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from rynek.app import App, as_app, prepare
from rynek.bench.load import line
from rynek.bench.stall import CHANNEL, COURIER, KEEPER, set_up
from rynek.commerce import inventory, orders
from rynek.commerce.fulfilment import allocate_many
from rynek.kernel import ids
from rynek.kernel.actor import SYSTEM, Actor
from rynek.kernel.database import Database
from rynek.kernel.postgres import start
from rynek.kernel.settings import Rates, Settings

SHOPS = 457
ITEMS = 1_000
RANGE = 300
"""How many of the items a shop has."""
AT_ONCE = 200
WORKING = 8
TIERS = [[{"by": "parcels", "weight": 1_000}, {"by": "nearest"}], [{"by": "load"}]]
"""Rules of the chain: a parcel is worth a thousand kilometres."""


async def main(args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when a unit or an order is not where it has to be."""
    async with _opened() as (app, owner):
        shops = await _chain(app)
        placed = await _placed(app, args.orders, shops)
        async with owner.transaction(None) as tx:
            await tx.execute("analyze")
        begun = perf_counter()
        for first in range(0, len(placed), AT_ONCE):
            async with app.database.transaction("commerce", SYSTEM) as tx:
                await allocate_many(tx, placed[first : first + AT_ONCE], "placed")
        allocated = perf_counter()
        await _work(app, shops)
        done = perf_counter()
        found = await _found(app)
        broken = [
            name
            for name, wrong in {
                "orders": found["shipped"] != len(placed),
                "shipments": found["parcels"] != found["shipments"],
                "units": found["left"] != found["ordered"] or found["held"] > 0,
                "stock": found["oversold"] > 0 or found["unbalanced"] > 0,
            }.items()
            if wrong
        ]
        for each in broken:
            print(f"BROKEN: {each}: {found}")
        parcels = found["parcels"] / len(placed)
        print(f"moved from the first hold: {found['moved']} orders; parcels an order: {parcels:.2f}")
        print(
            line(
                "fulfil", orders_per_s=len(placed) / (done - begun),
                allocated_per_s=len(placed) / (allocated - begun), worked_per_s=len(placed) / (done - allocated),
                orders=len(placed), shops=len(shops), oversold=found["oversold"], unbalanced=found["unbalanced"],
            )
        )  # fmt: skip
        return 1 if broken else 0


@asynccontextmanager
async def _opened() -> AsyncIterator[tuple[App, Database]]:
    """Open a fresh shop on an embedded PostgreSQL of its own (fsync and ``synchronous_commit`` on); close it after."""
    fast = Rates(read=10**7, write=10**7, login=10**7, bulk=10**7, open=10**7)
    with TemporaryDirectory(prefix="rynek-bench-") as place:
        Path(place).chmod(0o711)
        with start(Path(place) / "postgres") as cluster:
            settings = Settings(folder=Path(place), rates=fast, connections=12)
            await prepare(settings, cluster.dsn, "bench")
            app = await App.open(replace(settings, database=as_app(cluster.dsn, "bench")))
            owner = await Database.open(cluster.dsn, 1)
            try:
                yield app, owner
            finally:
                await owner.close()
                await app.close()


async def _chain(app: App) -> list[str]:
    """Open the shops, spread over the country, each with a part of the range; gives their codes."""
    await set_up(app, ITEMS, units=0)
    chance = Random(457)
    shops = [f"S-{number:04d}" for number in range(1, SHOPS + 1)]

    async def ask(operation: str, **values: Any) -> None:
        await app.door.ask(KEEPER, f"commerce.{operation}", **values)

    located = [{"code": code, "name": f"Shop {code}", "kind": "store"} for code in shops]
    await ask("inventory.put_locations", locations=located)
    ranked = [{"location": code, "rank": rank} for rank, code in enumerate(shops)]
    await ask("inventory.put_routes", channel=CHANNEL, routes=ranked)
    spots = [(round(chance.uniform(49.5, 54.5), 4), round(chance.uniform(14.5, 23.5), 4)) for _ in shops]
    places = [{"location": s, "latitude": lat, "longitude": lon} for s, (lat, lon) in zip(shops, spots, strict=True)]
    await ask("fulfilment.put_places", places=places)
    areas = [
        {"country": "PL", "prefix": f"{n:05d}", "latitude": lat, "longitude": lon} for n, (lat, lon) in enumerate(spots)
    ]
    await ask("fulfilment.put_areas", areas=areas)
    await ask("fulfilment.put_routing", channel=CHANNEL, tiers=TIERS)
    for code in shops:
        lines = [{"sku": f"ITEM-{n:05d}", "units": 20} for n in sorted(chance.sample(range(ITEMS), RANGE))]
        await ask("inventory.receive", location=code, reference="opening", lines=lines)
    return shops


async def _placed(app: App, count: int, shops: Sequence[str]) -> list[UUID]:
    """Place orders that are paid, each near a shop; what is set aside comes from the first shops by rank."""
    chance = Random(10_000)
    made: list[UUID] = []
    while len(made) < count:
        some = [_order(chance, len(shops)) for _ in range(min(AT_ONCE, count - len(made)))]
        async with app.database.transaction("commerce", SYSTEM) as tx:
            claims = [
                inventory.Claim(each.id, CHANNEL, [inventory.Need(e.sku, e.quantity) for e in each.lines])
                for each in some
            ]
            if any(not isinstance(got, list) for got in await inventory.hold_many(tx, claims)):
                raise AssertionError("the shops have too little for so many orders")
            await orders.place_many(tx, some)
        made += [each.id for each in some]
    return made


def _order(chance: Random, shops: int) -> orders.Placing:
    lines = []
    for number, item in enumerate(chance.sample(range(ITEMS), 3), 1):
        quantity = chance.randint(1, 2)
        gross = quantity * 1_230
        name = f"ITEM-{item:05d}"
        lines.append(
            orders.OrderLine(number, name, name, quantity, 1_230, quantity * 1_000, quantity * 230, gross, 2300)
        )
    total, taxes = sum(each.gross_minor for each in lines), sum(each.tax_minor for each in lines)
    postcode = f"{chance.randrange(shops):05d}"
    home = {"name": "Ola", "street": "Rynek 1", "city": "Kraków", "postcode": postcode, "country": "PL"}
    agreed = {"terms": {"channel": CHANNEL, "delivery": COURIER, "address": home}, "priced": {"components": {}}}
    return orders.Placing(
        id=ids.new(), cart_id=ids.new(), channel=CHANNEL, owner_kind="guest", owner=ids.new(), email="ola@example.com",
        currency="PLN", state="open", delivery_minor=0, tax_minor=taxes, total_minor=total, authorised_minor=total,
        captured_minor=0, agreed=msgspec.json.encode(agreed).decode(), lines=lines,
    )  # fmt: skip


async def _work(app: App, shops: Sequence[str]) -> None:
    """Let every shop do what it has to do."""
    waiting = list(reversed(shops))

    async def crew() -> None:
        while waiting:
            await _shift(app, waiting.pop())

    await asyncio.gather(*(crew() for _ in range(WORKING)))


async def _shift(app: App, shop: str) -> None:
    clerk = Actor("staff", ids.new(), frozenset({"store"}), shop, name="bench")

    async def ask(operation: str, **values: Any) -> Any:
        return await app.door.ask(clerk, f"commerce.fulfilment.{operation}", location=shop, **values)

    while mine := await ask("claim", most=100):
        picked = await ask("confirm", tasks=[each.id for each in mine])
        boxes = [{"task": task, "weight_g": 900} for task in picked]
        await ask("box", carrier="dpd", parcels=boxes)
        await ask("hand_over", carrier="dpd")


async def _found(app: App) -> dict[str, int]:
    """Count what there is: what must add up, and what must be nothing."""
    unbalanced = await app.door.ask(KEEPER, "commerce.inventory.unbalanced")
    unbacked = await app.door.ask(Actor("staff", roles=frozenset({"admin"})), "commerce.fulfilment.unbacked")
    async with app.database.transaction("commerce", SYSTEM) as tx:
        row = await tx.row("""
            select (select count(*) from commerce.sales_order where state = 'shipped') as shipped,
                (select count(*) from commerce.parcel where handover is not null) as parcels,
                (select count(*) from commerce.order_shipment) as shipments,
                (select coalesce(sum(quantity), 0)::bigint from commerce.order_line) as ordered,
                (select coalesce(-sum(units), 0)::bigint from commerce.stock_entry where cause = 'shipment') as left,
                (select coalesce(sum(held), 0)::bigint from commerce.level) as held,
                (select count(*) from commerce.level where on_hand < 0 or held > on_hand) as oversold,
                (select count(*) from commerce.allocation where (body #> '{before}')::text <> (body #> '{picks}')::text)
                    as moved""")
    return {**dict(row), "unbalanced": len(unbalanced) + len(unbacked)}
