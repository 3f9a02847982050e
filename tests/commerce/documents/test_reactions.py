"""Documents that nobody asks for: each once, however often and in whatever order the news comes."""

from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.commerce.documents import reactions
from rynek.commerce.orders.events import Item, OrderCancelled, OrderPlaced, OrderShipped, UnitsReturned, UnitsShipped
from rynek.commerce.payments.events import PaymentCaptured
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.events import TYPES, Envelope
from tests.commerce.documents.desk import FINANCE, FIRM, HOME, Office, money, opened

TWO = (("ITEM-00001", 3), ("BOOK", 2))
GROSS = 3 * 10_01 + 2 * 33_33 + 15_00


@pytest.fixture(scope="module")
async def office(world: App) -> Office:
    found = await opened(world)
    await found.heard()
    return found


async def hear(office: Office, *events: Any) -> None:
    news = [Envelope("1-1", TYPES[type(each)].name, str(each.order), clock.now(), each) for each in events]
    async with office.world.database.transaction("commerce") as tx:
        await reactions.follow(tx, news)


def placed(order: UUID) -> OrderPlaced:
    return OrderPlaced(order, 1, ids.new(), "WEB-PL", "guest", ids.new(), "PLN", GROSS, 0, [])


async def back(office: Office, order: UUID, line: int, units: int, reference: str) -> UnitsReturned:
    lines = [{"line": line, "units": units}]
    await office.ask("orders.take_back", order=order, reference=reference, location="S-1", lines=lines)
    return UnitsReturned(order, reference, "S-1", 0, [Item(dict(enumerate(TWO, 1))[line][0], units, 0)])


async def test_a_consumer_is_given_a_confirmation_a_note_and_a_receipt_each_once(office: Office) -> None:
    await office.give(ZAM="everybody", WZ="everybody", PA="everybody", FV="asked")
    order = await office.bought(*TWO)
    await office.ask("orders.ship", order=order)
    for news in ([placed(order)], [placed(order), OrderShipped(order)], [OrderShipped(order), placed(order)]):
        await hear(office, *news)
    assert await office.kinds(order) == ["confirmation", "delivery-note", "receipt"]
    confirmation, note, receipt = await office.issued(order)
    assert (confirmation.gross_minor, receipt.gross_minor) == (GROSS, GROSS)
    assert [(each.sku, each.quantity) for each in note.lines] == list(TWO)
    await office.sound()


async def test_companies_get_their_invoice_with_the_goods(office: Office) -> None:
    await office.give(PA="everybody", FV="asked")
    buyer = Actor("guest", ids.new())
    order = await office.bought(*TWO, who=buyer)
    await office.ask("request", buyer, order=order, buyer=FIRM)
    await hear(office, placed(order))
    assert await office.kinds(order) == []
    await office.ask("orders.ship", order=order)
    await hear(office, OrderShipped(order), OrderShipped(order))
    [invoice] = await office.issued(order)
    assert (invoice.kind, invoice.buyer.vat_id) == ("invoice", FIRM["vat_id"])


async def test_money_before_the_goods_has_an_advance_and_the_rest_a_final_invoice(office: Office) -> None:
    await office.give(FZ="asked", FE="asked", FV="asked")
    order = await office.bought(*TWO)
    await office.ask("request", FINANCE, order=order, buyer=FIRM)
    await office.paid(order, 50_00)
    captured = PaymentCaptured(order, ids.new(), "manual", "transfer", "PLN", 50_00)
    await hear(office, captured)
    await hear(office, captured, captured)
    await office.paid(order, GROSS - 60_00)
    await hear(office, captured)
    await office.ask("orders.ship", order=order)
    await hear(office, OrderShipped(order))
    await hear(office, OrderShipped(order), captured)
    documents = await office.issued(order)
    assert [(each.kind, each.gross_minor) for each in documents] == [
        ("advance", 50_00), ("advance", GROSS - 60_00), ("final", 10_00),
    ]  # fmt: skip
    assert money(documents) == (98_33, 13_36, GROSS)
    await office.sound()


async def test_what_comes_back_is_corrected_once(office: Office) -> None:
    await office.give(FV="everybody", ZW="everybody")
    order = await office.bought(*TWO)
    await office.ask("orders.ship", order=order)
    first = await back(office, order, 2, 1, "R-1")
    second = await back(office, order, 1, 3, "R-2")
    await hear(office, first)  # before anybody heard that it was shipped
    await hear(office, OrderShipped(order), first)
    await hear(office, second, first, OrderShipped(order), second)
    assert await office.kinds(order) == ["invoice", "return-slip", "correction", "return-slip", "correction"]
    documents = await office.issued(order)
    assert [each.gross_minor for each in documents if each.kind == "correction"] == [-33_33, -30_03]
    assert [each.shipment for each in documents[1:]] == ["R-1", "R-1", "R-2", "R-2"]
    assert documents[-1].previous is not None
    assert documents[-1].previous.id == documents[2].id
    await office.sound()


async def test_returns_out_of_order_come_to_the_same(office: Office) -> None:
    await office.give(FV="everybody")
    order = await office.bought(*TWO)
    await office.ask("orders.ship", order=order)
    first, second = await back(office, order, 1, 1, "R-1"), await back(office, order, 1, 2, "R-2")
    await hear(office, second)
    await hear(office, first)
    await hear(office, second)
    documents = await office.issued(order)
    assert [each.gross_minor for each in documents] == [GROSS, -20_02, -10_01]


async def test_a_return_of_what_was_paid_in_advance_corrects_the_advance(office: Office) -> None:
    await office.give(FZ="everybody", FE="everybody")
    order = await office.bought(*TWO)
    await office.paid(order)
    await hear(office, PaymentCaptured(order, ids.new(), "manual", "transfer", "PLN", GROSS))
    await office.ask("orders.ship", order=order)
    await hear(office, OrderShipped(order))
    for _ in range(2):
        await hear(office, await back(office, order, 2, 2, "R-1"))
    assert await office.kinds(order) == ["advance", "correction"]
    advance, correction = await office.issued(order)
    assert (advance.gross_minor, correction.gross_minor) == (GROSS, -66_66)
    assert [each.label for each in correction.rates if each.gross_minor] == ["8%"]
    await office.sound()


async def part_shipped(office: Office, order: UUID, reference: str, *picks: tuple[str, int]) -> UnitsShipped:
    goods = [{"location": "WH-1", "sku": sku, "units": units} for sku, units in picks]
    await office.ask("orders.ship_part", order=order, reference=reference, picks=goods)
    return UnitsShipped(order, reference, 0, [Item(sku, units, 0) for sku, units in picks])


async def test_each_shipment_has_its_note_and_its_invoice(office: Office) -> None:
    await office.give(WZ="everybody", FV="everybody")
    order = await office.bought(*TWO)
    first = await part_shipped(office, order, "P-1", ("ITEM-00001", 2))
    second = await part_shipped(office, order, "P-2", ("ITEM-00001", 1), ("BOOK", 2))
    for news in ([second], [first, second], [OrderShipped(order), first]):  # out of order, and again
        await hear(office, *news)
    documents = await office.issued(order)
    assert [(each.kind, each.shipment) for each in documents] == [
        ("delivery-note", "P-2"), ("invoice", "P-2"), ("delivery-note", "P-1"), ("invoice", "P-1"),
    ]  # fmt: skip
    notes, invoices = documents[::2], documents[1::2]
    assert [[(line.sku, line.quantity) for line in each.lines] for each in notes] == [
        [("ITEM-00001", 1), ("BOOK", 2)], [("ITEM-00001", 2)],
    ]  # fmt: skip
    assert [each.gross_minor for each in invoices] == [10_01 + 66_66 + 15_00, 20_02]
    await office.sound()


async def test_what_was_given_up_is_on_no_invoice(office: Office) -> None:
    await office.give(FV="everybody")
    order = await office.bought(*TWO)
    shipped = await part_shipped(office, order, "P-1", ("BOOK", 1))
    struck: dict[str, Any] = {
        "reference": "S-1",
        "reason": "one less",
        "lines": [{"line": 1, "units": 2}, {"line": 2, "units": 1}],
    }
    await office.ask("orders.strike", order=order, **struck)
    rest = await part_shipped(office, order, "P-2", ("ITEM-00001", 1))
    await hear(office, shipped, rest, OrderShipped(order))
    documents = await office.issued(order)
    assert [each.gross_minor for each in documents] == [33_33 + 15_00, 10_01]
    shown = await office.ask("orders.order", order=order)
    assert sum(each.gross_minor for each in documents) == shown.total_minor


async def test_a_final_invoice_for_each_shipment_takes_off_what_is_left_of_the_advance(office: Office) -> None:
    await office.give(FZ="everybody", FE="everybody")
    order = await office.bought(*TWO)
    await office.paid(order, 50_00)
    await hear(office, PaymentCaptured(order, ids.new(), "manual", "transfer", "PLN", 50_00))
    first = await part_shipped(office, order, "P-1", ("ITEM-00001", 3))
    second = await part_shipped(office, order, "P-2", ("BOOK", 2))
    await hear(office, first, second, OrderShipped(order))
    documents = await office.issued(order)
    assert [each.kind for each in documents] == ["advance", "final", "final"]
    assert money(documents) == (98_33, 13_36, GROSS)
    assert all(each.gross_minor >= 0 for each in documents)
    await office.sound()


async def test_a_cancelled_order_takes_its_advance_back_once(office: Office) -> None:
    await office.give(FZ="everybody")
    order = await office.bought(*TWO)
    await office.paid(order, 50_00)
    await hear(office, PaymentCaptured(order, ids.new(), "manual", "transfer", "PLN", 50_00))
    await office.ask("orders.cancel", order=order, reason="no more")
    for _ in range(2):
        await hear(office, OrderCancelled(order, "no more"))
    documents = await office.issued(order)
    assert [each.gross_minor for each in documents] == [50_00, -50_00]
    assert money(documents) == (0, 0, 0)
    await office.sound()


async def test_nothing_is_issued_where_no_series_gives_it(office: Office) -> None:
    await office.give()
    order = await office.bought()
    await office.paid(order)
    await office.ask("orders.ship", order=order)
    await office.heard()
    assert await office.issued(order) == []


async def test_the_log_is_followed(office: Office) -> None:
    await office.heard()
    await office.give(ZAM="everybody", WZ="everybody", FV="everybody", FZ="everybody", FE="everybody")
    buyer = Actor("guest", ids.new())
    order = await office.bought(*TWO, who=buyer)
    await office.ask("request", buyer, order=order, buyer=HOME)
    await office.paid(order, 1_00)
    await office.heard()
    await office.ask("orders.ship", order=order)
    await back(office, order, 1, 1, "R-1")
    await office.heard()
    assert await office.kinds(order) == ["confirmation", "advance", "delivery-note", "final", "correction"]
    assert len(await office.ask("documents", buyer)) == 5
    assert (await office.ask("documents", Actor("guest", ids.new()))) == []
    await office.sound()
