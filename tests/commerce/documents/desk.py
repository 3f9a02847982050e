"""A shop that issues documents, for their tests."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, set_up
from rynek.commerce.documents.model import Document
from rynek.kernel import door, ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from rynek.kernel.log import BATCH, REACTIONS, advance, enrol
from tests.news import in_sight

FINANCE = Actor("staff", ids.new(), frozenset({"finance"}))
ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
HOME = {"name": "Ola Żółć", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}
FIRM = {
    "name": "Młyn Łąka Sp. z o.o.", "street": "Młyńska 2", "city": "Łódź", "postcode": "90-001",
    "vat_id": "PL7740001454",
}  # fmt: skip
SELLER = {
    "code": "RYNEK", "name": "Rynek Sp. z o.o.", "street": "Rynek Główny 1", "city": "Kraków", "postcode": "31-042",
    "vat_id": "PL5260250274", "register": "KRS 0000123456, Sąd Rejonowy dla Krakowa-Śródmieścia",
    "bank": "Bank", "bank_account": "PL61109010140000071219812874", "email": "faktury@example.com",
}  # fmt: skip
KINDS = {
    "ZAM": "confirmation", "FV": "invoice", "FK": "correction", "FZ": "advance", "FE": "final", "PA": "receipt",
    "WZ": "delivery-note", "ZW": "return-slip",
}  # fmt: skip


def series(code: str, given: str = "nobody", **more: Any) -> dict[str, Any]:
    return {
        "code": code, "kind": KINDS[code], "seller": "RYNEK", "pattern": f"{code}/{{year}}/{{number}}",
        "channels": ["WEB-PL"], "given": given, **more,
    }  # fmt: skip


class Office:
    """A shop that sells at 23 % and 8 %, and whose documents have series; nothing is issued by itself until told so."""

    def __init__(self, world: App) -> None:
        self.world = world

    async def ask(self, operation: str, who: Actor = ADMIN, **values: Any) -> Any:
        name = operation if operation.count(".") else f"documents.{operation}"
        return await self.world.door.ask(who, f"commerce.{name}", **values)

    async def refused(self, operation: str, who: Actor = ADMIN, **values: Any) -> Fault:
        try:
            await self.ask(operation, who, **values)
        except (Fault, asyncpg.PostgresError) as error:
            refusal = door.understood(error)
            assert refusal is not None
            return refusal
        raise AssertionError("it was not refused")

    async def bought(self, *lines: tuple[str, int], who: Actor | None = None, method: str = "transfer") -> UUID:
        buyer = who or Actor("guest", ids.new())
        said = {"email": f"{buyer.id}@example.com", "address": HOME, "delivery": COURIER}
        wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines or [("ITEM-00001", 3)]]
        cart = await self.ask("checkout.open_cart", buyer, channel="WEB-PL", lines=wanted, **said)
        tenders = [{"method": method, "amount_minor": cart.priced.total}]
        placed = await self.ask("checkout.place", buyer, cart=cart.id, tenders=tenders)
        order: UUID = placed.order
        return order

    async def paid(self, order: UUID, minor: int | None = None) -> None:
        [payment] = await self.ask("payments.payments", order=order)
        await self.ask(
            "payments.capture", payment=payment.id, reference=str(ids.new()), amount_minor=minor or payment.amount_minor
        )

    async def give(self, **given: str) -> None:
        """Say which series are given by themselves, and to whom."""
        await self.ask("put_series", FINANCE, series=[series(code, given.get(code, "nobody")) for code in KINDS])

    async def issued(self, order: UUID) -> list[Document]:
        found = await self.ask("documents", FINANCE, order=order, limit=200)
        return [(await self.ask("document", FINANCE, document=each.id)).document for each in reversed(found)]

    async def kinds(self, order: UUID) -> list[str]:
        return [each.kind for each in await self.issued(order)]

    async def sound(self) -> None:
        amiss = await self.ask("amiss", FINANCE)
        assert (amiss.gaps, amiss.marred) == ([], [])

    async def heard(self) -> None:
        """Let documents follow the log to its end, once it is settled: other databases' transactions hold it up too."""
        await in_sight(self.world.database)
        await enrol(self.world.database)
        reaction = REACTIONS["commerce.documents.follow"]
        while await advance(self.world.database, reaction) == BATCH:
            pass


async def opened(world: App, items: int = 20) -> Office:
    await set_up(world, items)
    office = Office(world)
    tax = {"country": "PL", "category": "reduced", "rate_bp": 800, "label": "8%"}
    await world.door.ask(KEEPER, "commerce.pricing.put_tax_rates", rates=[tax])
    book = {"code": "BOOK", "name": "Książka „Żółw”", "variants": [{"sku": "BOOK", "tax_category": "reduced"}]}
    await world.door.ask(KEEPER, "commerce.catalog.put_products", products=[book])
    await world.door.ask(KEEPER, "commerce.catalog.publish", publications=[{"product": "BOOK", "channel": "WEB-PL"}])
    price = {"list": "RETAIL-PL", "sku": "BOOK", "minor": 33_33}
    await world.door.ask(KEEPER, "commerce.pricing.put_prices", prices=[price])
    lines = [{"sku": "BOOK", "units": 1_000}]
    await world.door.ask(KEEPER, "commerce.inventory.receive", location="WH-1", reference="books", lines=lines)
    await office.ask("put_sellers", FINANCE, sellers=[SELLER])
    await office.give()
    return office


def money(documents: Sequence[Document]) -> tuple[int, int, int]:
    return (
        sum(each.net_minor for each in documents), sum(each.tax_minor for each in documents),
        sum(each.gross_minor for each in documents),
    )  # fmt: skip
