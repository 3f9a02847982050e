"""A company's month told as one story: agreed prices, a typed list, limits and approval, credit, one invoice, paid."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import Struct

from rynek.app import App
from rynek.commerce.companies.reactions import note_shipped, release
from rynek.commerce.orders.events import Item, UnitsShipped
from rynek.commerce.payments.events import PaymentVoided
from rynek.kernel import clock, ids
from rynek.kernel.events import TYPES, Envelope
from rynek.kernel.faults import Fault
from tests.commerce.companies.conftest import ask, cart_of, customer, firm, place, seat
from tests.commerce.documents.desk import FINANCE, opened

MAY = datetime(2026, 5, 12, 10, tzinfo=UTC)
JUNE = datetime(2026, 6, 3, 10, tzinfo=UTC)


async def told(world: App, act: Any, event: Struct, at: datetime = MAY) -> None:
    """Let a reaction hear news, twice."""
    for _ in range(2):
        async with world.database.transaction("commerce") as tx:
            await act(tx, [Envelope("1-1", TYPES[type(event)].name, "x", at, event)])


async def test_a_bakery_buys_for_a_month(world: App) -> None:
    office = await opened(world)
    await office.give(FV="asked")
    assert (await ask(world, "companies.check_vat", vat_id="PL5260250274")).sound
    listed = {"code": "BAKERS", "name": "Bakers", "currency": "PLN", "customer_group": "bakers", "basis": "net"}
    await ask(world, "pricing.put_lists", lists=[listed])
    await ask(world, "pricing.put_prices", prices=[{"list": "BAKERS", "sku": "ITEM-00001", "minor": 800}])
    of = await firm(
        world, 200_00, invoicing="month", terms_days=14, vat_id="PL5260250274", price_group="bakers",
        assortment={"blocked_skus": ["ITEM-00016"]},
    )  # fmt: skip
    jan, ewa = customer(), customer()
    await seat(world, of.id, jan, name="Jan", order_limit_minor=40_00)
    await seat(world, of.id, ewa, name="Ewa", role="approver", order_limit_minor=150_00)

    # Jan types his list; what the bakery does not buy and what there is not he is told by line
    with clock.at(MAY):
        cart = await cart_of(world, jan, ("ITEM-00001", 1))
        done = await ask(world, "quotes.quick_order", jan, cart=cart.id, text="item-00001;5\nITEM-00016;1\nNOWHERE;1")
    assert ([each.line for each in done.faults], done.cart.priced.lines[0].net) == ([2, 3], 6 * 8_00)
    total = 6 * 8_00 + 11_04 + 15_00

    # it is too much for him: Ewa lets it pass, and the company owes it
    with clock.at(MAY):
        with pytest.raises(Fault) as caught:
            await place(world, jan, done.cart)
        assert caught.value.code == "approval-needed"
        asked = await ask(world, "quotes.ask", jan, cart=cart.id, note="for Saturday")
        with pytest.raises(Fault):
            await ask(world, "quotes.approve", jan, approval=asked.id, total_minor=total)
        order = (await ask(world, "quotes.approve", ewa, approval=asked.id, total_minor=total)).order
    assert (await ask(world, "companies.company", company=of.id)).account.exposure_minor == total

    # the next one is beyond the credit, whoever orders it
    with clock.at(MAY), pytest.raises(Fault) as caught:
        await place(world, of.buyer, await cart_of(world, of.buyer, ("ITEM-00001", 20)))
    assert caught.value.code == "credit-spent"

    # it leaves, the month ends, and there is one invoice on the agreed terms; a competitor sees none of it
    with clock.at(MAY):
        picks = [{"sku": "ITEM-00001", "location": "WH-1", "units": 6}]
        await ask(world, "orders.ship_part", order=order, reference="P-1", picks=picks)
    await told(world, note_shipped, UnitsShipped(order, "P-1", 1, [Item("ITEM-00001", 6, 1)]))
    with clock.at(JUNE):
        [issued] = await office.ask("bill", FINANCE, company=of.id)
        assert await office.ask("bill", FINANCE, company=of.id) == []
    invoice = (await office.ask("document", FINANCE, document=issued.id)).document
    assert (invoice.gross_minor, invoice.net_minor, invoice.due_on) == (
        total, 6 * 8_00 + 12_20, (JUNE + timedelta(days=14)).date(),
    )  # fmt: skip
    assert invoice.buyer.vat_id == "PL5260250274"
    with pytest.raises(Fault):
        await office.ask("document", customer(), document=issued.id)

    # it is paid: nothing is owed, and there is credit for the next month
    await office.paid(order)
    await told(world, release, PaymentVoided(order, ids.new(), "manual", "invoice", "PLN", 1), JUNE)
    with clock.at(JUNE):
        [claim] = await office.ask("claims", FINANCE, company=of.id)
    account = (await ask(world, "companies.company", company=of.id)).account
    assert (claim.open_minor, account.exposure_minor) == (0, 0)
    await office.sound()
