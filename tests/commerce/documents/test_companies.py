"""What companies get: invoices to their name and seat, on their terms, without asking."""

from datetime import timedelta
from typing import Any

import pytest

from rynek.app import App
from rynek.commerce.documents.model import Document
from tests.commerce.companies.conftest import cart_of, firm, place
from tests.commerce.documents.desk import Office, opened


@pytest.fixture(scope="module")
async def office(world: App) -> Office:
    found = await opened(world)
    await found.heard()
    await found.give(FV="asked", PA="everybody")
    return found


async def shipped(office: Office, **terms: Any) -> list[Document]:
    company = await firm(office.world, 10_000_00, **terms)
    placed = await place(office.world, company.buyer, await cart_of(office.world, company.buyer, ("ITEM-00001", 3)))
    await office.ask("orders.ship", order=placed.order)
    await office.heard()
    assert [each.id for each in await office.ask("documents", company.buyer)] == [
        each.id for each in await office.issued(placed.order)
    ]
    return await office.issued(placed.order)


async def test_a_company_is_invoiced_at_its_seat_and_on_its_terms(office: Office) -> None:
    [found] = await shipped(office, name="Hurt Sp. z o.o.", vat_id="PL5260250995", terms_days=30)
    assert (found.kind, found.gross_minor, found.due_minor) == ("invoice", 45_03, 45_03)
    assert (found.buyer.name, found.buyer.vat_id, found.buyer.street) == (
        "Hurt Sp. z o.o.", "PL5260250995", "Prosta 1",
    )  # fmt: skip
    assert found.due_on == found.issued_on + timedelta(days=30)


async def test_one_that_is_invoiced_by_the_month_gets_none_for_each_order(office: Office) -> None:
    assert await shipped(office, invoicing="month") == []
