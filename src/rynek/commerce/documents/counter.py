"""What is given in writing about receipts of tills: invoices to them, and what follows when goods come back."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta
from msgspec.structs import replace

from rynek.commerce import pos
from rynek.commerce.documents import drafting, rules, tills
from rynek.commerce.documents.actions import Desk, correct_one, desk, issued, q, sound
from rynek.commerce.documents.actions import number as numbered
from rynek.commerce.documents.model import (
    AlreadyInvoiced,
    AskedTooLate,
    Issued,
    OnReceipt,
    ReceiptGiven,
    ReceiptInvoice,
    ReceiptIsInvoice,
    ReceiptPapers,
    SeriesMissing,
    Summary,
    TaxUnknown,
)
from rynek.commerce.documents.sales import Frame, Sale, Wanted
from rynek.commerce.inventory import LocationCode
from rynek.commerce.pos.events import GoodsReturned
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.faults import Fault, NotFound
from rynek.kernel.log import on

_NO_RECEIPT = "there is no such receipt, or something else was paid by it"
_RETURN = {"pl": "zwrot towaru", "en": "goods returned"}


async def invoice_receipt(
    tx: Tx, store: LocationCode, till: pos.TillCode, number: pos.Number, wanted: OnReceipt
) -> Issued:  # fmt: skip
    """Issue the invoice to a till's receipt, of what has not come back: once, whoever asks.

    A taxpayer gets it if the till printed the VAT id, and no other; whoever has none until three months after the month
    of the sale. The receipt and what was paid by it prove that it is in the buyer's hand.

    Raises:
        NotFound: there is no such receipt, it is another customer's, or something else was paid by it.
        Forbidden: it is not your store's.
        VatIdWrong: the check digits of the buyer's VAT number are wrong: something is mistyped.
        AlreadyInvoiced: it has its invoice: ask for a correction.
        ReceiptGiven: the receipt bears no such VAT id, or it bears one that the invoice would not.
        ReceiptIsInvoice: of so little with the buyer's VAT id it is an invoice itself.
        AskedTooLate: three months have passed after the month of the sale.
        SeriesMissing: no active series numbers invoices in the channel of the store's tills.
        TaxUnknown: what VAT an item bore is not known.
        RateUnknown: what the currency was worth before the sale is not known.
        NothingToIssue: all of it came back, or nothing was paid for it.
    Emits:
        DocumentIssued
    Source:
        ustawa o VAT, art. 106b (3) 1 and (5), 106e (5) 3.
    """
    sound(wanted.buyer.vat_id)
    at, sale = await _receipt(tx, store, till, number)
    _in_hand(tx, sale, wanted)
    if sale.row.owner == sale.row.id and _buying(tx):
        await q.own_till_sale(tx, id=sale.row.id, owner=tx.actor.id)
        sale = replace(sale, row=replace(sale.row, owner=tx.actor.id))
    sale = at.sales[sale.row.id] = replace(sale, buyer=wanted.buyer)
    asked = Wanted(order=sale.row.id, kind="invoice", cause=f"receipt/{sale.row.id}")
    frame = _frame(at, asked, sale)
    if refused := _refusal(sale, frame):
        raise refused
    made = at.keep(tills.invoice(asked, sale, frame), asked)
    if isinstance(made, Fault):
        raise made
    return issued((await numbered(at))[made.id])


async def _receipt(tx: Tx, store: str, till: str, number: int) -> tuple[Desk, Sale]:
    """Lock a receipt, which has from now on an id that its documents are found by."""
    found: UUID | None = await q.till_sale(tx, id=ids.new(), store=store, till=till, number=number)
    if found is None:
        raise NotFound(_NO_RECEIPT)
    at = await desk(tx, [found])
    return at, at.sales[found]


def _buying(tx: Tx) -> bool:
    return tx.reach == "own" and tx.actor.kind in ("customer", "guest")


def _in_hand(tx: Tx, sale: Sale, wanted: OnReceipt) -> None:
    """See that somebody holds a receipt, and may ask for its invoice."""
    if _buying(tx):
        if sale.row.owner not in (sale.row.id, tx.actor.id):
            raise NotFound(_NO_RECEIPT)
    else:
        pos.own_store(tx, sale.receipt.store if sale.receipt else "")
    if wanted.total_minor != sale.row.total_minor:
        raise NotFound(_NO_RECEIPT)


def _frame(at: Desk, wanted: Wanted, sale: Sale) -> Frame:
    found = at.frame(wanted, sale.row.channel)
    if found is None:
        where = sale.row.channel or "a store that sells by no channel of tills"
        raise SeriesMissing(f"no active series numbers a {wanted.kind} for {where}", kind=wanted.kind)
    if sale.unknown:
        raise TaxUnknown(f"it is not known how {', '.join(sale.unknown[:5])} was taxed", skus=sale.unknown[:50])
    return found


def _refusal(sale: Sale, frame: Frame) -> Fault | None:
    """Tell why the law lets no invoice follow a receipt."""
    if any(each.kind == "invoice" for each in sale.issued):
        return AlreadyInvoiced("the receipt has its invoice: ask for a correction")
    if sale.buyer.vat_id != sale.vat_id:
        return ReceiptGiven("the receipt has another VAT id, or none", vat_id=sale.vat_id)
    sold_on = frame.of(sale.row.placed_at)
    if rules.simplified(sold_on, sale.row.currency, sale.row.total_minor, sale.vat_id):
        return ReceiptIsInvoice("the receipt is a simplified invoice: no other is issued")
    if sale.vat_id is None and frame.day > rules.askable_until(sold_on):
        return AskedTooLate("three months have passed after the month of the sale")
    return None


async def receipt_papers(tx: Tx, store: LocationCode, till: pos.TillCode, number: pos.Number) -> ReceiptPapers:
    """Tell what was given in writing about a receipt: whether it has an invoice or is one, and what came back.

    Raises:
        NotFound: there is no such receipt.
        Forbidden: it is not your store's.
    """
    pos.own_store(tx, store)
    found = await pos.receipt(tx, store, till, number)
    sale: UUID | None = await q.known_till_sale(tx, store=store, till=till, number=number)
    documents = await _of_sale(tx, sale) if sale else []
    small = rules.simplified(found.sold_at.date(), found.currency, found.amount_minor, found.vat_id)
    return ReceiptPapers(small, any(each.kind == "invoice" for each in documents), documents)


async def _of_sale(tx: Tx, sale: UUID) -> list[Summary]:
    every = dict.fromkeys(("owners", "store", "kind", "series", "find", "since", "until", "before"))
    found: list[Summary] = await q.find(tx, **every, order=sale, limit=50)
    return found


async def receipt_invoices(
    tx: Tx, since: date, until: date, store: LocationCode | None = None,
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1_000,
) -> list[ReceiptInvoice]:  # fmt: skip
    """List receipts that have an invoice, or are one: their VAT is in the tills' reports, and is not to be told twice.

    Args:
        since: the first day on which an invoice was issued to a receipt, or a receipt with a VAT id was printed.
        until: the last.
        limit: the oldest first.

    Source:
        JPK_V7M: invoices to receipts bear ``FP`` and add nothing to what is owed.
    """
    found: list[ReceiptInvoice] = await q.receipt_invoices(tx, since=since, until=until, store=store, limit=limit)
    small = rules.simplified
    return [
        each for each in found
        if each.document or small(each.sold_at.date(), each.currency, each.amount_minor, each.vat_id)
    ]  # fmt: skip


@on(GoodsReturned)
async def take_note(tx: Tx, event: GoodsReturned) -> None:
    """Enter what came back over a counter in the record of returns, and correct the invoice where there is one.

    What was brought without a receipt is about none.

    Emits:
        DocumentIssued
    """
    if event.sold_at is None or event.till is None or event.receipt is None:
        return
    at, sale = await _receipt(tx, event.sold_at, event.till, event.receipt)
    name = f"{event.store}/{pos.RETURNS}/{event.number}"
    slip = Wanted(order=sale.row.id, kind="return-slip", cause=f"return-slip/{name}", shipment=name)
    framed = at.frame(slip, sale.row.channel)
    if framed is not None and framed.series.given == "everybody" and slip.cause not in at.causes:
        at.keep(tills.slip(slip, sale, _frame(at, slip, sale), event.lines), slip)
    for root in [each for each in sale.issued if each.kind == "invoice"]:
        wanted = Wanted(
            order=sale.row.id, kind="correction", cause=f"correction/{name}/{root.id}", shipment=name,
            reason=_RETURN[root.language],
        )  # fmt: skip
        lines = tills.after(sale, root, event.lines)
        if wanted.cause not in at.causes and lines != list(drafting.current(sale, root).lines):
            made = correct_one(at, wanted, root, lines)
            if isinstance(made, Fault):
                raise made
    await numbered(at)
