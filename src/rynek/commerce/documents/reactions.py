"""What others' news means here: documents that nobody has to ask for, each once."""

from collections.abc import Sequence
from uuid import UUID

from rynek.commerce.documents import drafting
from rynek.commerce.documents.actions import Desk, correct_one, desk, number, q
from rynek.commerce.documents.drafting import Wanted
from rynek.commerce.documents.model import Kind, RateUnknown, SeriesMissing
from rynek.commerce.orders.events import OrderPlaced, OrderShipped, UnitsReturned
from rynek.commerce.payments.events import PaymentCaptured
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.log import on
from rynek.security.events import CustomerLoggedIn


@on(OrderPlaced, PaymentCaptured, OrderShipped, UnitsReturned, whole=True)
async def follow(tx: Tx, news: Sequence[Envelope]) -> None:
    """Issue what series give by themselves, in the order in which things happened.

    A confirmation when an order is placed; an advance when money comes before the goods; a delivery note, and an
    invoice, a final invoice or a receipt, when they leave; a return slip and corrections when they come back.

    Emits:
        DocumentIssued
    """
    given = {row.kind for row in await q.series(tx, codes=None) if row.active and row.given != "nobody"}
    corrected = [each for each in news if isinstance(each.data, UnitsReturned)]
    if not given and not corrected:
        return
    at = await desk(tx, [each.data.order for each in news])
    for each in news:
        _hear(at, each.data)
    await number(at)


def _hear(at: Desk, event: OrderPlaced | PaymentCaptured | OrderShipped | UnitsReturned) -> None:
    order = event.order
    if order not in at.sales:
        return
    match event:
        case OrderPlaced():
            _give(at, order, "confirmation")
        case PaymentCaptured():
            if at.sales[order].row.shipped_at is None:
                _give(at, order, "advance", f"{event.payment}/{at.sales[order].row.captured_minor}")
        case OrderShipped():
            _shipped(at, order)
        case UnitsReturned():
            _shipped(at, order)  # what comes back has left: for whoever hears of that first
            _returned(at, event)


def _shipped(at: Desk, order: UUID) -> None:
    _give(at, order, "delivery-note")
    _give(at, order, "final" if drafting.prepaid(at.sales[order]) else "invoice")
    if not any(each.kind in ("invoice", "final", "advance") for each in at.sales[order].issued):
        _give(at, order, "receipt")


def _returned(at: Desk, event: UnitsReturned) -> None:
    items: dict[str, int] = {}
    for each in event.items:
        items[each.sku] = items.get(each.sku, 0) + each.units
    sale, cause = at.sales[event.order], f"{event.order}/{event.reference}"
    units = drafting.came_back(sale, items)
    _give(at, event.order, "return-slip", event.reference, units)
    for root, after in drafting.returned(sale, units):
        wanted = Wanted(
            order=event.order, kind="correction", cause=f"correction/{cause}/{root.id}", shipment=event.reference,
            reason=_RETURN[root.language],
        )  # fmt: skip
        if wanted.cause not in at.causes:
            _seen(correct_one(at, wanted, root, after))


_RETURN = {"pl": "zwrot towaru", "en": "goods returned"}


def _give(at: Desk, order: UUID, kind: Kind, part: str = "", units: dict[int, int] | None = None) -> None:
    """Issue a document that a series gives by itself, unless there is one for the same cause."""
    wanted = Wanted(
        order=order, kind=kind, cause=f"{kind}/{order}/{part}" if part else f"{kind}/{order}", shipment=part
        if kind == "return-slip" else "", units=units,
    )  # fmt: skip
    sale = at.sales[order]
    frame = at.frame(wanted, sale.row.channel)
    if frame is not None and wanted.cause not in at.causes and drafting.given(frame.series, sale):
        _seen(at.draft(wanted))


def _seen(made: object) -> None:
    """Let pass what needs no document; what a person has to mend is parked, and can be tried again."""
    if isinstance(made, RateUnknown | SeriesMissing):
        raise made


@on(CustomerLoggedIn)
async def hand_over(tx: Tx, event: CustomerLoggedIn) -> None:
    """A guest who logs in finds the documents of orders placed before."""
    if event.guest is not None:
        await q.hand_over(tx, guest=event.guest, customer=event.customer)
