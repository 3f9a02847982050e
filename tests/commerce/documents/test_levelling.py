"""Documents after the invoice: whatever is changed, credited or exchanged, they come to the money of the order."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.commerce.documents import reactions
from rynek.commerce.documents.model import Document
from rynek.commerce.orders.events import Item, OrderChanged, OrderCredited, OrderShipped, UnitsReturned, UnitsShipped
from rynek.commerce.payments.events import PaymentCaptured
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.events import TYPES, Envelope
from tests.commerce.documents.desk import FINANCE, Office, money, opened

TWO = (("ITEM-00001", 3), ("BOOK", 2))
GROSS = 3 * 10_01 + 2 * 33_33 + 15_00
ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))


@pytest.fixture(scope="module")
async def office(world: App) -> Office:
    found = await opened(world)
    await found.heard()
    return found


async def hear(office: Office, *events: Any, times: int = 2) -> None:
    news = [Envelope("1-1", TYPES[type(each)].name, str(each.order), clock.now(), each) for each in events]
    for _ in range(times):
        async with office.world.database.transaction("commerce") as tx:
            await reactions.follow(tx, [*news, *news])


async def invoiced(office: Office, **given: str) -> UUID:
    await office.give(**(given or {"FV": "everybody"}))
    order = await office.bought(*TWO)
    await office.ask("orders.ship", order=order)
    await hear(office, OrderShipped(order))
    return order


async def credited(office: Office, order: UUID, minor: int, reference: str = "C-1") -> OrderCredited:
    await office.ask("orders.credit", order=order, reference=reference, minor=minor, why="sorry")
    return OrderCredited(order, reference, minor, "sorry")


async def due(office: Office, order: UUID) -> int:
    shown = await office.ask("orders.order", order=order)
    return shown.total_minor - shown.credit_minor  # type: ignore[no-any-return]


async def agree(office: Office, order: UUID, *kinds: str) -> Sequence[Document]:
    """See that documents are these, and that together they come to what the order comes to."""
    documents = await office.issued(order)
    assert [each.kind for each in documents] == list(kinds)
    assert money(documents)[2] == await due(office, order)
    for each in documents:
        assert sum(rate.tax_minor for rate in each.rates) == each.tax_minor
        assert each.reason or each.kind != "correction"
        if each.kind == "correction":
            assert sum(change.gross_minor for change in each.changes) == each.gross_minor
    await office.sound()
    return documents


async def test_a_credit_out_of_goodwill_lowers_all_rates_once(office: Office) -> None:
    order = await invoiced(office)
    await hear(office, await credited(office, order, 10_00))
    invoice, correction = await agree(office, order, "invoice", "correction")
    assert (invoice.gross_minor, correction.gross_minor, correction.reason) == (GROSS, -10_00, "obniżenie ceny")
    assert correction.corrects is not None
    assert correction.corrects.id == invoice.id
    assert [(rate.label, rate.gross_minor) for rate in correction.rates] == [("23%", -4_03), ("8%", -5_97)]
    assert [change.quantity for change in correction.changes] == [0, 0, 0]
    await hear(office, await credited(office, order, 5, "C-2"))
    await agree(office, order, "invoice", "correction", "correction")


async def test_what_was_credited_before_the_goods_left_is_on_the_invoice(office: Office) -> None:
    await office.give(FV="everybody")
    order = await office.bought(*TWO)
    told = await credited(office, order, 70_00)
    await hear(office, told)
    goods = [{"location": "WH-1", "sku": "ITEM-00001", "units": 3}]
    await office.ask("orders.ship_part", order=order, reference="P-1", picks=goods)
    await hear(office, UnitsShipped(order, "P-1", 0, [Item("ITEM-00001", 3, 0)]), told)
    [first] = await office.issued(order)
    assert first.gross_minor == 0  # goods and delivery came to 45.03, and 24.97 of the credit are left
    await office.ask("orders.ship", order=order)
    await hear(office, OrderShipped(order), told)
    _, second = await agree(office, order, "invoice", "invoice")
    assert second.gross_minor == 66_66 - (70_00 - 45_03)


async def test_what_is_given_up_after_the_invoice_goes_off_by_units(office: Office) -> None:
    await office.give()
    order = await office.bought(*TWO)
    await office.ask("issue", FINANCE, order=order, kind="invoice")
    lines = [{"line": 1, "units": 1}, {"line": 2, "units": 2}]
    await office.ask("orders.strike", order=order, reference="S-1", reason="less", lines=lines)
    await hear(office, OrderChanged(order, "S-1", 0, [], []))
    _, correction = await agree(office, order, "invoice", "correction")
    assert [(e.before.sku, e.quantity, e.gross_minor) for e in correction.changes if e.gross_minor] == [
        ("ITEM-00001", -1, -10_01), ("BOOK", -2, -66_66),
    ]  # fmt: skip
    assert correction.reason == "zmiana zamówienia"


async def test_another_delivery_after_the_invoice_takes_the_place_of_the_first(office: Office) -> None:
    await office.give()
    order = await office.bought(*TWO)
    await office.ask("issue", FINANCE, order=order, kind="invoice")
    option = {"code": "slow", "name": "Slow", "kind": "home", "sku": "ITEM-00007"}
    await office.ask("checkout.put_delivery", channel="WEB-PL", options=[option])
    await office.ask("amendments.edit", order=order, reference="E-1", delivery="slow")
    await hear(office, OrderChanged(order, "E-1/way", 0, [], []))
    _, correction = await agree(office, order, "invoice", "correction")
    assert [(e.before.gross_minor, e.after.gross_minor) for e in correction.changes] == [(15_00, 10_07)]


async def test_goods_and_delivery_that_are_given_back_are_one_correction(office: Office) -> None:
    order = await invoiced(office)
    lines = [{"line": 1, "units": 3}, {"line": 2, "units": 2}]
    await office.ask("orders.take_back", order=order, reference="R-1", location="S-1", lines=lines)
    told = await credited(office, order, GROSS, "R-1")
    came = UnitsReturned(order, "R-1", "S-1", 0, [Item("ITEM-00001", 3, 0), Item("BOOK", 2, 0)])
    await hear(office, told)  # before anybody heard of the goods
    await hear(office, came, told)
    _, correction = await agree(office, order, "invoice", "correction")
    assert (correction.gross_minor, correction.reason) == (-GROSS, "zwrot towaru")


async def test_goods_come_back_after_a_credit(office: Office) -> None:
    order = await invoiced(office)
    await hear(office, await credited(office, order, 30_00))
    await office.ask("orders.take_back", order=order, reference="R-1", location="S-1", lines=[{"line": 2, "units": 1}])
    told = await credited(office, order, 33_33, "R-1")  # as agreed: the credit stays
    await hear(office, UnitsReturned(order, "R-1", "S-1", 0, [Item("BOOK", 1, 0)]), told)
    documents = await agree(office, order, "invoice", "correction", "correction")
    assert [each.gross_minor for each in documents] == [GROSS, -30_00, -33_33]


async def test_an_exchange_is_corrected_and_its_goods_are_invoiced_each_once(office: Office) -> None:
    order = await invoiced(office, FV="everybody", WZ="everybody")
    lines = [{"line": 1, "units": 1, "reason": "changed-mind"}]
    instead = [{"sku": "BOOK", "quantity": 1}]
    rma = await office.ask("returns.ask", order=order, lines=lines, wish="exchange", instead=instead)
    await office.ask("returns.approve", rma=rma.id) if rma.state == "asked" else None
    await office.ask("returns.receive", rma=rma.id, location="WH-1", lines=[{"line": 1, "units": 1}])
    await office.ask("returns.inspect", rma=rma.id, verdicts=[{"line": 1, "restock": 1}])
    shown = await office.ask("orders.order", order=order)
    assert shown.state == "open"
    returned = UnitsReturned(order, rma.code, "WH-1", 0, [Item("ITEM-00001", 1, 0)])
    changed = OrderChanged(order, "?", 0, [], [Item("BOOK", 1, 0)])
    again = OrderCredited(order, "?", 1, "?")
    await hear(office, returned, again, changed, OrderShipped(order))  # the first time it was shipped, told late
    tender = {"method": "transfer", "amount_minor": 33_33 - 10_01}
    await office.ask("payments.pay", order=order, tender=tender)
    await office.ask("orders.ship", order=order)
    reference = (await office.ask("orders.order", order=order)).shipments[-1].reference
    sent = UnitsShipped(order, reference, 0, [Item("BOOK", 1, 0)])
    await hear(office, OrderShipped(order), sent)
    await hear(office, sent, OrderShipped(order), returned)
    documents = await office.issued(order)
    assert [each.kind for each in documents] == ["delivery-note", "invoice", "correction", "delivery-note", "invoice"]
    assert [each.gross_minor for each in documents if each.kind != "delivery-note"] == [GROSS, -10_01, 33_33]
    assert sum(e.gross_minor for e in documents if e.kind != "delivery-note") == await due(office, order)
    await office.sound()


async def test_what_was_corrected_by_hand_is_not_corrected_again_when_it_is_credited(office: Office) -> None:
    order = await invoiced(office)
    [invoice] = await office.issued(order)
    await office.ask(
        "correct", FINANCE, document=invoice.id, reason="pomyłka w cenie", lines=[{"number": 2, "minor": 6_66}]
    )
    await hear(office, await credited(office, order, 6_66))
    await agree(office, order, "invoice", "correction")


async def test_advances_are_lowered_to_what_is_still_to_be_paid(office: Office) -> None:
    await office.give(FZ="everybody", FE="everybody")
    order = await office.bought(*TWO)
    await office.paid(order)
    await hear(office, PaymentCaptured(order, ids.new(), "manual", "transfer", "PLN", GROSS))
    lines = [{"line": 2, "units": 2}]
    await office.ask("orders.strike", order=order, reference="S-1", reason="less", lines=lines)
    await hear(office, OrderChanged(order, "S-1", 0, [], []), await credited(office, order, 1_00))
    documents = await office.issued(order)
    assert [each.kind for each in documents] == ["advance", "correction"]
    assert sum(each.gross_minor for each in documents) == await due(office, order)
    await office.ask("orders.ship", order=order)
    await hear(office, OrderShipped(order))
    assert sum(each.gross_minor for each in await office.issued(order)) == await due(office, order)


@pytest.mark.parametrize(
    ("vat_id", "code"),
    [
        ("PL5260250275", "vat-id-wrong"),
        ("DE811907981", "vat-id-wrong"),
        ("PL12345", "vat-id-wrong"),
        ("CHE123456789", ""),
    ],
)
async def test_a_mistyped_vat_number_stands_on_no_document(office: Office, vat_id: str, code: str) -> None:
    await office.give()
    order = await office.bought(*TWO)
    buyer = {"name": "A firm", "street": "1", "city": "Somewhere", "vat_id": vat_id}
    if not code:
        await office.ask("request", FINANCE, order=order, buyer=buyer)
        return
    assert (await office.refused("request", FINANCE, order=order, buyer=buyer)).code == code
    issued = await office.ask("issue", FINANCE, order=order, kind="invoice")
    assert (
        await office.refused("correct", FINANCE, document=issued.id, reason="another buyer", buyer=buyer)
    ).code == code
    assert await office.kinds(order) == ["invoice"]
    seller = {"code": "OTHER", "name": "Other", "street": "1", "city": "X", "vat_id": vat_id}
    assert (await office.refused("put_sellers", FINANCE, sellers=[seller])).code == code
