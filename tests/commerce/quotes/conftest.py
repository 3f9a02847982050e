"""The firm of the companies' tests, in a chain of command."""

from uuid import UUID

import pytest
from msgspec import Struct

from rynek.app import App
from rynek.kernel.actor import Actor
from tests.commerce.companies.conftest import ask, customer, firm, other, seat, stall

__all__ = ["House", "house", "other", "stall"]


class House(Struct, frozen=True):
    """A company of two units: Jan buys in Cracow for up to 20.00, Ewa approves there up to 60.00, Anna above all."""

    id: UUID
    jan: Actor
    ewa: Actor
    anna: Actor


@pytest.fixture
async def house(world: App, stall: object) -> House:
    of = await firm(world, limit=1_000_000)
    units = [{"code": "head", "name": "Head"}, {"code": "cracow", "name": "Kraków", "parent": "head"}]
    await ask(world, "companies.put_units", company=of.id, units=units)
    jan, ewa, anna = customer(), customer(), customer()
    await seat(world, of.id, jan, unit="cracow", name="Jan", order_limit_minor=2_000)
    await seat(world, of.id, ewa, unit="cracow", name="Ewa", role="approver", order_limit_minor=6_000)
    await seat(world, of.id, anna, name="Anna", role="admin")
    return House(of.id, jan, ewa, anna)
