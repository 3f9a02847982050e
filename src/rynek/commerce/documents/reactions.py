"""What others' news means here: documents that nobody has to ask for, each once."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from rynek.commerce.documents import drafting, levelling, rules
from rynek.commerce.documents.actions import Desk, correct_one, desk, number, q
from rynek.commerce.documents.model import TAXED, Kind, RateUnknown, SeriesMissing
from rynek.commerce.documents.sales import Sale, Wanted
from rynek.commerce.orders.events import (
    Item,
    OrderCancelled,
    OrderChanged,
    OrderCredited,
    OrderPlaced,
    OrderShipped,
    UnitsReturned,
    UnitsShipped,
)
from rynek.commerce.payments.events import PaymentCaptured
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.log import on
from rynek.security.events import CustomerLoggedIn


@on(
    OrderPlaced, PaymentCaptured, UnitsShipped, OrderShipped, UnitsReturned, OrderCancelled, OrderChanged,
    OrderCredited, whole=True,
)  # fmt: skip
async def follow(tx: Tx, news: Sequence[Envelope]) -> None:
    """Issue what series give by themselves, in the order in which things happened.

    A confirmation when an order is placed; an advance when money comes before the goods; a delivery note, and an
    invoice, a final invoice or a receipt, for each shipment that leaves; a return slip and corrections when they come
    back; corrections when the order is cancelled, or is changed or credited after it was invoiced.

    Emits:
        DocumentIssued
    """
    given = {row.kind for row in await q.series(tx, codes=None) if row.active and row.given != "nobody"}
    corrected = any(isinstance(each.data, _CORRECTING) for each in news)
    if not given and not corrected:
        return
    at = await desk(tx, [each.data.order for each in news])
    for each in news:
        _hear(at, each.data)
    await number(at)


_CORRECTING = UnitsReturned | OrderCancelled | OrderChanged | OrderCredited
News = OrderPlaced | PaymentCaptured | UnitsShipped | OrderShipped | _CORRECTING


def _hear(at: Desk, event: News) -> None:
    order = event.order
    if order not in at.sales:
        return
    match event:
        case OrderPlaced():
            _give(at, order, "confirmation")
        case PaymentCaptured():
            if at.sales[order].row.shipped_at is None:
                _give(at, order, "advance", f"{event.payment}/{at.sales[order].row.captured_minor}")
        case UnitsShipped():
            _shipped(at, order, event.reference, _by_item(event.items))
        case OrderShipped():
            _shipped(at, order)
        case UnitsReturned():
            _shipped(at, order)  # what comes back has left: for whoever hears of that first
            _returned(at, event)
        case OrderCancelled():
            _cancelled(at, event)
        case OrderChanged() | OrderCredited():
            _level(at, order, _CREDITED if isinstance(event, OrderCredited) else _CHANGED)


def _by_item(items: Sequence[Item]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in items:
        found[each.sku] = found.get(each.sku, 0) + each.units
    return found


def _shipped(at: Desk, order: UUID, shipment: str = "", items: dict[str, int] | None = None) -> None:
    """Issue what goes with goods that have left: with a shipment's, or with all that have nothing yet."""

    def give(kind: Kind) -> None:
        sale = at.sales[order]
        units = drafting.unissued(sale, kind) if items is None else drafting.units_of(sale, items, kind)
        if units:
            _give(at, order, kind, shipment or f"all/{_progress(units, sale)}", units, shipment)

    give("delivery-note")
    give("final" if drafting.prepaid(at.sales[order]) else "invoice")
    if not any(each.kind in ("invoice", "final", "advance") for each in at.sales[order].issued):
        give("receipt")


def _progress(units: dict[int, int], sale: Sale) -> str:
    """Name what has left of an order without a shipment's number: how far each line has come."""
    return ",".join(f"{line}:{sale.shipped[line]}" for line in sorted(units))


def _cancelled(at: Desk, event: OrderCancelled) -> None:
    for root in at.sales[event.order].issued:
        wanted = Wanted(
            order=event.order, kind="correction", cause=f"correction/cancelled/{root.id}",
            reason=_CANCELLED[root.language],
        )  # fmt: skip
        if root.kind in TAXED and wanted.cause not in at.causes:
            lines = drafting.current(at.sales[event.order], root).lines
            _seen(correct_one(at, wanted, root, rules.emptied(lines)))


def _returned(at: Desk, event: UnitsReturned) -> None:
    sale, cause = at.sales[event.order], f"{event.order}/{event.reference}"
    units = drafting.came_back(sale, _by_item(event.items))
    _give(at, event.order, "return-slip", event.reference, units, event.reference)
    for root, after in levelling.levelled(sale, drafting.returned(sale, units), event.reference):
        wanted = Wanted(
            order=event.order, kind="correction", cause=f"correction/{cause}/{root.id}", shipment=event.reference,
            reason=_RETURN[root.language],
        )  # fmt: skip
        if wanted.cause not in at.causes:
            _seen(correct_one(at, wanted, root, after))


def _level(at: Desk, order: UUID, reasons: Mapping[str, str]) -> None:
    """Correct what was issued to what was agreed by now: how much that is stands in the order, not in the news."""
    for root, after in levelling.levelled(at.sales[order]):
        so_far = sum(each.corrects is not None and each.corrects.id == root.id for each in at.sales[order].issued)
        wanted = Wanted(
            order=order, kind="correction", cause=f"correction/level/{root.id}/{so_far}", reason=reasons[root.language]
        )  # fmt: skip
        _seen(correct_one(at, wanted, root, after))


_CHANGED = {"pl": "zmiana zamówienia", "en": "order changed"}
_CREDITED = {"pl": "obniżenie ceny", "en": "price lowered"}
_RETURN = {"pl": "zwrot towaru", "en": "goods returned"}
_CANCELLED = {"pl": "anulowanie zamówienia", "en": "order cancelled"}


def _give(
    at: Desk, order: UUID, kind: Kind, part: str = "", units: dict[int, int] | None = None, shipment: str = ""
) -> None:  # fmt: skip
    """Issue a document that a series gives by itself, unless there is one for the same cause."""
    cause = f"{kind}/{order}/{part}" if part else f"{kind}/{order}"
    wanted = Wanted(order=order, kind=kind, cause=cause, units=units, shipment=shipment)
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
