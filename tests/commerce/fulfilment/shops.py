"""A chain to pack orders in: three shops in three cities, a warehouse, and a web channel."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, set_up
from rynek.commerce.fulfilment import actions, working
from rynek.commerce.fulfilment.reactions import find_places, follow, number, serve_those_who_wait, work_on_what_came
from rynek.kernel import door, ids, log
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
CITIES = {
    "WH-1": (52.4064, 16.9252),  # Poznań
    "S-1": (50.0614, 19.9366),  # Kraków
    "S-2": (52.2298, 21.0118),  # Warszawa
    "S-3": (54.3520, 18.6466),  # Gdańsk
}
POSTCODES = {"WH-1": "60-101", "S-1": "31-042", "S-2": "00-950", "S-3": "80-001"}
REACTIONS = (find_places, follow, serve_those_who_wait, work_on_what_came, number)


def clerk(location: str | None) -> Actor:
    """Give somebody who works in a shop."""
    return Actor("staff", ids.new(), frozenset({"store"}), location)


async def picked(chain: "Chain", order: UUID, who: Actor) -> UUID:
    """Have somebody pick all that their shop is to pick of an order; gives the list."""
    found = await chain.ask(working.tasks_of, order=order)
    [task] = [each.id for each in found if each.location == who.location and each.state == "open"]
    await chain.ask(working.start, who, task=task)
    await chain.ask(working.confirm, who, location=str(who.location), tasks=[task])
    return task  # type: ignore[no-any-return]


def home(place: str) -> dict[str, str]:
    """Give an address in the city of a location."""
    return {"name": "Ola Nowak", "street": "Rynek 1", "city": place, "postcode": POSTCODES[place], "country": "PL"}


class Chain:
    """The chain, asked by its door; its reactions are advanced by the tests."""

    def __init__(self, world: App) -> None:
        self.world = world

    async def ask(self, action: Any, who: Actor = ADMIN, **values: Any) -> Any:
        return await self.world.door.ask(who, action, **values)

    async def refused(self, action: Any, who: Actor = ADMIN, **values: Any) -> Fault:
        try:
            await self.ask(action, who, **values)
        except (Fault, asyncpg.PostgresError) as error:
            refusal = door.understood(error)
            assert refusal is not None
            return refusal
        raise AssertionError("it was not refused")

    async def refused_or(self, action: Any, who: Actor = ADMIN, **values: Any) -> str:
        """Ask, and tell whether it was done, or else why not."""
        try:
            await self.ask(action, who, **values)
        except (Fault, asyncpg.PostgresError) as error:
            refusal = door.understood(error)
            assert refusal is not None
            return refusal.code
        return "done"

    async def stock(self, sku: str, **units: int) -> None:
        """Put units of an item into locations: ``S_1=5``."""
        for place, count in units.items():
            lines = [{"sku": sku, "units": count}]
            reference = ids.new().hex
            await self.ask(
                "commerce.inventory.receive", location=place.replace("_", "-"), reference=reference, lines=lines
            )

    async def bought(self, to: str, delivery: str = COURIER, method: str = "transfer", **wants: int) -> UUID:
        """Buy items (``ITEM_00001=2``), to be sent to somebody in the city of a location."""
        buyer = Actor("guest", ids.new())
        lines = [{"sku": sku.replace("_", "-"), "quantity": units} for sku, units in wants.items()]
        said = {"email": f"{buyer.id}@example.com", "address": home(to), "delivery": delivery}
        cart = await self.ask("commerce.checkout.open_cart", buyer, channel="WEB-PL", lines=lines, **said)
        tenders = [{"method": method, "amount_minor": cart.priced.total}]
        placed = await self.ask("commerce.checkout.place", buyer, cart=cart.id, tenders=tenders)
        order: UUID = placed.order
        return order

    async def reserved(self, point: str, method: str = "transfer", **wants: int) -> tuple[UUID, Actor]:
        """Buy items to be collected at a shop; gives the order and who ordered."""
        buyer = Actor("guest", ids.new())
        lines = [{"sku": sku.replace("_", "-"), "quantity": units} for sku, units in wants.items()]
        said = {"email": f"{buyer.id}@example.com", "recipient": {"name": "Ola Nowak"}}
        cart = await self.ask(
            "commerce.checkout.open_cart", buyer, channel="WEB-PL", lines=lines, delivery="shop", point=point, **said
        )
        card = {"provider": "simulator", "token": "tok_ok"} if method == "card" else {}
        tenders = [{"method": method, "amount_minor": cart.priced.total, **card}]
        placed = await self.ask("commerce.checkout.place", buyer, cart=cart.id, tenders=tenders)
        if method == "card":
            [payment] = await self.ask("commerce.payments.payments", order=placed.order)
            await self.ask("commerce.payments.authorise", buyer, payment=payment.id)
        return placed.order, buyer

    async def heard(self) -> None:
        """Let fulfilment hear all news."""
        await log.enrol(self.world.database)
        for _ in range(500):
            taken = 0
            for act in REACTIONS:
                [reaction] = [each for each in log.REACTIONS.values() if each.act is act]
                taken += await log.advance(self.world.database, reaction)
            if not taken and not await self._waiting():
                return
            await asyncio.sleep(0.02)

    async def heard_only(self, act: Any) -> None:
        """Let one reaction hear the news before the others do."""
        await log.enrol(self.world.database)
        [reaction] = [each for each in log.REACTIONS.values() if each.act is act]
        for _ in range(500):
            if not await log.advance(self.world.database, reaction) and not await self._waiting(act):
                return
            await asyncio.sleep(0.02)

    async def _waiting(self, *acts: Any) -> bool:
        """Tell whether news lies beyond the horizon yet: a transaction of somebody else still runs."""
        async with self.world.database.transaction("kernel") as tx:
            names = [each.name for each in log.REACTIONS.values() if each.act in (acts or REACTIONS)]
            found: bool = await tx.value(
                "select exists (select from kernel.cursor c, kernel.event e where c.reaction = any($1)"
                " and e.xid > c.xid and e.type"
                " ~ '^(orders|inventory.stock-moved|inventory.units-served|shipping.parcel-labelled)')",
                names,
            )
            return found

    async def held(self, order: UUID) -> list[tuple[str, str, int]]:
        """Tell what is set aside for an order, where."""
        async with self.world.database.transaction("commerce") as tx:
            rows = await tx.rows(
                "select sku, location, units from commerce.hold where holder = $1 order by 1, 2", order
            )
        return [tuple(row) for row in rows]

    async def level(self, sku: str, location: str) -> tuple[int, int]:
        """Tell what a location has of an item, and how much of it is set aside."""
        [found] = await self.ask("commerce.inventory.levels", skus=[sku], location=location) or [None]
        return (found.on_hand, found.held) if found else (0, 0)

    async def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.world.database.transaction("commerce") as tx:
            return [tuple(row) for row in await tx.rows(sql, *values)]

    async def sound(self) -> None:
        """See that no unit is lost, and that work is what is set aside."""
        assert await self.ask("commerce.inventory.unbalanced") == []
        assert await self.ask(actions.unbacked) == []


async def opened(world: App, tiers: list[list[dict[str, Any]]] | None = None, items: int = 40) -> Chain:
    """Open the chain: the warehouse ranks before the shops, and nothing is in stock."""
    await set_up(world, items, units=0)
    chain = Chain(world)
    ask = chain.ask
    routes = [{"location": place, "rank": rank} for rank, place in enumerate(CITIES)]
    await ask("commerce.inventory.put_routes", KEEPER, channel="WEB-PL", routes=routes)
    places = [
        {"location": code, "latitude": lat, "longitude": lon, "hands_out": code != "WH-1", "tasks": 10}
        for code, (lat, lon) in CITIES.items()
    ]
    await ask(actions.put_places, KEEPER, places=places)
    areas = [
        {"country": "PL", "prefix": POSTCODES[code][:2], "latitude": lat, "longitude": lon}
        for code, (lat, lon) in CITIES.items()
    ]
    await ask(actions.put_areas, KEEPER, areas=areas)
    option = {"code": "shop", "name": "From a shop", "kind": "pickup", "sku": "DELIVERY"}
    await ask("commerce.checkout.put_delivery", KEEPER, channel="WEB-PL", options=[option])
    nearest = [[{"by": "parcels", "weight": 1000}, {"by": "nearest"}]]
    await ask(actions.put_routing, KEEPER, channel="WEB-PL", tiers=tiers or nearest)
    return chain
