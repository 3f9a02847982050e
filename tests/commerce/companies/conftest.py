"""A wholesale customer of the stall: its people, its credit, and a register of VAT numbers."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct

from rynek.app import App
from rynek.bench.stall import Stall, set_up
from rynek.commerce.companies import ports
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.settings import Settings
from tests.vies import register

SELLER = Actor("staff", ids.new(), roles=frozenset({"support", "finance", "merchandise", "stock"}), name="seller")
SEAT = {"street": "Prosta 1", "city": "Warszawa", "postcode": "00-001", "country": "PL"}
HOME = {"name": "Firma", "street": "Prosta 1", "city": "Warszawa", "postcode": "00-001", "country": "PL"}


class Firm(Struct, frozen=True):
    """A company and somebody who buys for it."""

    id: UUID
    buyer: Actor


async def ask(app: App, operation: str, who: Actor = SELLER, **values: Any) -> Any:
    return await app.door.ask(who, f"commerce.{operation}", **values)


def customer() -> Actor:
    return Actor("customer", ids.new())


async def firm(app: App, limit: int = 0, **terms: Any) -> Firm:
    """Take a company in, with a unit, a buyer, and credit."""
    company, buyer = ids.new(), customer()
    said = {"name": f"Firm {company.hex[-4:]}", "email": "firma@example.com", "address": SEAT} | terms
    await ask(app, "companies.put", company=company, **said)
    await ask(app, "companies.put_units", company=company, units=[{"code": "head", "name": "Head"}])
    await seat(app, company, buyer)
    await ask(app, "companies.put_credit", company=company, limit_minor=limit)
    return Firm(company, buyer)


async def seat(app: App, company: UUID, who: Actor, **more: Any) -> None:
    given = {"unit": "head", "name": "Somebody"} | more
    await ask(app, "companies.put_member", company=company, customer=who.id, **given)


async def cart_of(app: App, who: Actor, *lines: tuple[str, int], **more: Any) -> Any:
    wanted = [{"sku": sku, "quantity": many} for sku, many in lines]
    said = {"channel": "WEB-PL", "email": "ola@example.com", "address": HOME, "delivery": "courier"} | more
    return await ask(app, "checkout.open_cart", who, lines=wanted, **said)


async def place(app: App, who: Actor, cart: Any, method: str = "invoice") -> Any:
    tenders = [{"method": method, "amount_minor": cart.priced.total}]
    return await ask(app, "checkout.place", who, cart=cart.id, tenders=tenders)


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    return await set_up(world, items=20, units=100_000)


@pytest.fixture(scope="module")
async def other(settings: Settings) -> AsyncIterator[App]:
    """Give a second process' door to the same database."""
    opened = await App.open(settings)
    yield opened
    await opened.close()


@pytest.fixture
async def vies() -> AsyncIterator[list[dict[str, Any]]]:
    """Give a register that answers as VIES documents it, for the shop to ask; what it was asked is in the list."""
    async with register() as (address, asked):
        before = ports.register()
        ports.use(ports.Vies(address, "PL5260250995"))
        yield asked
        ports.use(before)
