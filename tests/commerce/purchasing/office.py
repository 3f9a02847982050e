"""An office that buys: a supplier, a warehouse and a store, asked by their door."""

from typing import Any
from uuid import UUID

import asyncpg

from rynek.app import App
from rynek.bench.stall import set_up
from rynek.kernel import door, ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault

BUYER = Actor("staff", ids.new(), frozenset({"stock"}))
CLERK = Actor("staff", ids.new(), frozenset({"store"}), "S-1")
MILL = "MILL"
A, B, C = "ITEM-00001", "ITEM-00002", "ITEM-00003"

_UNSOUND = """
select 'line ' || l.purchase || ' ' || l.line from commerce.purchase_line l
where l.received - coalesce((select sum(p.units) from commerce.goods_receipt r
        join commerce.goods_receipt_part p on p.receipt = r.id where r.purchase = l.purchase and p.line = l.line), 0)
    <> coalesce((select sum(e.units) from commerce.purchase_difference d
        join commerce.purchase o on o.id = d.purchase
        join commerce.stock_entry e on e.reference = 'PO-' || o.number || ' ' || d.id || ' ordered'
        where d.purchase = l.purchase and d.line = l.line), 0)
union all
select 'stock of ' || p.number || ' ' || l.sku from commerce.purchase p
join (select purchase, sku, sum(received + extra) as units from commerce.purchase_line group by 1, 2) l
    on l.purchase = p.id
where l.units <> coalesce((select sum(e.units) from commerce.stock_entry e
    where e.sku = l.sku and e.cause = 'receipt' and e.reference like 'PO-' || p.number || ' %'), 0)
union all
select 'inbound of ' || v.sku || ' at ' || v.location from commerce.level v
where v.inbound <> coalesce((select sum(l.units - l.received - l.dropped) from commerce.purchase_line l
    join commerce.purchase p on p.id = l.purchase and p.state in ('confirmed', 'partly-received')
    where l.sku = v.sku and l.location = v.location), 0)
"""


class Office:
    """The office; what it knows and what stock knows must agree."""

    def __init__(self, world: App) -> None:
        self.world = world

    async def ask(self, action: str, who: Actor = BUYER, **values: Any) -> Any:
        return await self.world.door.ask(who, f"commerce.purchasing.{action}", **values)

    async def refused(self, action: str, who: Actor = BUYER, **values: Any) -> Fault:
        try:
            await self.ask(action, who, **values)
        except (Fault, asyncpg.PostgresError) as error:
            refusal = door.understood(error)
            assert refusal is not None
            return refusal
        raise AssertionError("it was not refused")

    async def ordered(self, *lines: tuple[str, int], at: str = "WH-1", day: str | None = None) -> UUID:
        """Order units of items, have them confirmed for a day."""
        said = [{"sku": sku, "units": units, "location": at, "cost_minor": 250} for sku, units in lines]
        made = await self.ask("draft", supplier=MILL, lines=said)
        id_: UUID = made.head.id
        await self.ask("send", purchase=id_)
        if day:
            dates = [{"line": n, "promised_on": day} for n in range(1, len(lines) + 1)]
            await self.ask("confirm", purchase=id_, dates=dates)
        return id_

    async def came(
        self, purchase: UUID, *lines: tuple[Any, ...], at: str = "WH-1", who: Actor = BUYER, **more: Any
    ) -> Any:
        """Take a delivery in: items with sound units, damaged units and why."""
        names = ("sku", "units", "damaged", "reason")
        said = [dict(zip(names, each, strict=False)) for each in lines]
        more.setdefault("reference", ids.new().hex)
        return await self.ask("receive", who, purchase=purchase, location=at, lines=said, **more)

    async def level(self, sku: str, at: str = "WH-1") -> tuple[int, int]:
        """Tell what is on hand of an item, and what is inbound."""
        found = await self.world.door.ask(BUYER, "commerce.inventory.levels", skus=[sku], location=at)
        return (found[0].on_hand, found[0].inbound) if found else (0, 0)

    async def events(self, purchase: UUID) -> list[str]:
        async with self.world.database.transaction("commerce") as tx:
            rows = await tx.rows(
                "select type from kernel.event where key = $1 and type like 'purchasing.%' order by xid, seq",
                str(purchase),
            )
        return [row[0].removeprefix("purchasing.") for row in rows]

    async def sound(self) -> None:
        """See that orders, deliveries, differences and stock tell one story."""
        async with self.world.database.transaction("commerce") as tx:
            assert [row[0] for row in await tx.rows(_UNSOUND)] == []
        assert await self.world.door.ask(BUYER, "commerce.inventory.unbalanced") == []


async def opened(world: App) -> Office:
    """Open the office: the stall is empty."""
    await set_up(world, units=0)
    office = Office(world)
    mill = {"code": MILL, "name": "The Mill", "lead_days": 7, "currency": "PLN", "email": "orders@mill.example"}
    await office.ask("put_suppliers", suppliers=[mill])
    return office
