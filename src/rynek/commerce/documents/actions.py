"""What can be done with documents."""

import asyncio
import re
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from rynek.commerce import companies
from rynek.commerce.companies import VatIdWrong, mistyped
from rynek.commerce.documents import drafting, model, paper, press, rules, sales, stored, tills
from rynek.commerce.documents.events import DocumentIssued
from rynek.commerce.documents.model import (
    TAXED,
    Amiss,
    AskedTooLate,
    Correction,
    Document,
    DocumentMissing,
    Form,
    Issue,
    Issued,
    Language,
    NotCorrectable,
    Party,
    PatternUnfit,
    Rate,
    Requested,
    Search,
    Seller,
    Series,
    SeriesInUse,
    SeriesMissing,
    Summary,
)
from rynek.commerce.documents.sales import Frame, Sale, Wanted
from rynek.commerce.documents.stored import Row, SeriesRow, TillRow
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.door import Call, Response
from rynek.kernel.events import emit
from rynek.kernel.faults import Fault, Invalid, NotFound
from rynek.kernel.money import Currency
from rynek.kernel.sql import queries

q = queries(__file__, stored)

_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Document).decode
_seller = msgspec.json.Decoder(Seller).decode
_NO_ORDER = "there is no such order, or it is not yours"
_NEAR = timedelta(days=140)
"""How far back exchange rates are looked at: an invoice may be asked for some months after the sale."""


# --- what documents are numbered by -----------------------------------------------------------------------------------


async def sellers(tx: Tx) -> list[Seller]:
    """List who sells."""
    return [_seller(body) for body in await q.sellers(tx)]


async def put_sellers(tx: Tx, sellers: Annotated[list[Seller], Meta(min_length=1, max_length=200)]) -> None:
    """Add or change who sells; documents that were issued keep what stood on them.

    Raises:
        Invalid: a seller is given twice, or there is no such time zone.
        VatIdWrong: the check digits of a VAT number are wrong: something is mistyped.
    """
    codes = [each.code for each in sellers]
    if len(set(codes)) < len(codes):
        raise Invalid("a seller is given twice", field="sellers")
    for each in sellers:
        _known_zone(each.timezone)
        sound(each.vat_id)
    await q.put_sellers(tx, codes=codes, bodies=[_encode(each).decode() for each in sellers])


def sound(vat_id: str | None) -> None:
    """See that a VAT number of the European Union is one: its form and its check digits (of a NIP, modulo 11)."""
    if vat_id is not None and (wrong := mistyped(vat_id)):
        raise VatIdWrong(f"{vat_id}: {wrong}", vat_id=vat_id)


def _known_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise Invalid(f"there is no time zone {name}", field="timezone") from None


async def series(tx: Tx) -> list[Series]:
    """List the series that documents are numbered by."""
    return [_series(row) for row in await q.series(tx, codes=None)]


def _series(row: SeriesRow) -> Series:
    return Series(**{name: getattr(row, name) for name in Series.__struct_fields__})


async def put_series(tx: Tx, series: Annotated[list[Series], Meta(min_length=1, max_length=200)]) -> None:
    """Add or change series.

    Raises:
        Invalid: a series is given twice.
        PatternUnfit: numbers of a pattern would repeat, or it cannot be read.
        SellerUnknown: there is no such seller.
        SeriesInUse: a series has numbered documents; its kind, seller, pattern and reset stay.
    """
    codes = [each.code for each in series]
    if len(set(codes)) < len(codes):
        raise Invalid("a series is given twice", field="series")
    for each in series:
        if why := rules.unfit(each.pattern, each.reset):
            raise PatternUnfit(f"{each.code}: {why}", field="pattern")
    used = {each.code: each for each in await q.used(tx, codes=codes)}
    for each in series:
        known = used.get(each.code)
        if known and (known.kind, known.seller, known.pattern, known.reset) != (
            each.kind, each.seller, each.pattern, each.reset,
        ):  # fmt: skip
            raise SeriesInUse(f"{each.code} has numbered documents", series=each.code)
    await q.put_series(
        tx, codes=codes, kinds=[each.kind for each in series], sellers=[each.seller for each in series],
        patterns=[each.pattern for each in series], resets=[each.reset for each in series],
        channels=[_encode(each.channels).decode() for each in series], givens=[each.given for each in series],
        languages=[each.language for each in series], actives=[each.active for each in series],
    )  # fmt: skip


async def exchange_rates(
    tx: Tx, since: date | None = None, until: date | None = None, currency: Currency | None = None
) -> list[Rate]:
    """List what currencies were worth, the newest first.

    Args:
        since: None for the last 140 days.
        until: None for no end.
    """
    currencies = None if currency is None else [currency]
    found: list[Rate] = await q.rates(
        tx, currencies=currencies, since=since or (tx.at - _NEAR).date(), until=until
    )  # fmt: skip
    return found


async def put_exchange_rates(tx: Tx, rates: Annotated[list[Rate], Meta(min_length=1, max_length=5_000)]) -> None:
    """Say what currencies were worth on a day: invoices in them bear their VAT in the seller's currency too.

    Raises:
        Invalid: a rate is given twice.
    """
    keys = {(each.currency, each.local, each.day) for each in rates}
    if len(keys) < len(rates):
        raise Invalid("a rate is given twice", field="rates")
    await q.put_rates(
        tx, currencies=[each.currency for each in rates], locals=[each.local for each in rates],
        days=[each.day for each in rates], millionths=[each.millionths for each in rates],
        sources=[each.source for each in rates],
    )  # fmt: skip


# --- issuing ----------------------------------------------------------------------------------------------------------


class Desk:
    """Orders with their documents, locked, and what documents of them are numbered by."""

    def __init__(
        self, tx: Tx, sales: dict[UUID, Sale], series: list[SeriesRow], rates: list[Rate], causes: set[str]
    ) -> None:  # fmt: skip
        self.tx = tx
        self.sales = sales
        self.series = series
        self.rates = rates
        self.causes = causes
        """Those that have their documents."""
        self.drafts: list[tuple[Document, str]] = []

    def frame(self, wanted: Wanted, channel: str) -> Frame | None:
        """Choose the series of a document: the one named, or the channel's."""
        for row in self.series:
            fits = channel in row.channels if wanted.series is None else row.code == wanted.series
            if fits and row.active and row.kind == wanted.kind:
                made = _series(row)
                return Frame(made, _seller(row.body), self.tx.at, wanted.language or made.language, self.rates)
        return None

    def draft(self, wanted: Wanted) -> Document | Fault:
        """Write a document of an order, all but its number, unless its cause has one."""
        sale = self.sales.get(wanted.order)
        if sale is None or sale.receipt or (self.tx.reach == "own" and sale.row.owner != self.tx.actor.id):
            return NotFound(_NO_ORDER)
        frame = self.frame(wanted, sale.row.channel)
        if frame is None:
            which = f"no active series {wanted.series or ''}".rstrip()
            return SeriesMissing(f"{which} numbers a {wanted.kind} for {sale.row.channel}", kind=wanted.kind)
        return self.keep(drafting.draft(wanted, sale, frame), wanted)

    def keep(self, made: Document | Fault, wanted: Wanted) -> Document | Fault:
        """Put a draft to those that will be numbered; what is drafted after it sees it."""
        if isinstance(made, Fault):
            return made
        made = replace(made, id=ids.new())
        self.drafts.append((made, wanted.cause))
        self.causes.add(wanted.cause)
        for order in [each.order for each in made.orders] or [made.order]:
            sale = self.sales[order]
            self.sales[order] = replace(sale, issued=[*sale.issued, sales.view(made, order)])
        return made


async def desk(tx: Tx, orders: Iterable[UUID]) -> Desk:
    """Lock orders, and gather what is needed to issue documents for them, in a few statements for all."""
    wanted = sorted(set(orders))
    rows = await q.sales(tx, orders=wanted)
    receipts = await q.till_sales(tx, sales=wanted) if len(rows) < len(wanted) else []
    lines, written = await q.sold(tx, orders=wanted), await q.of_orders(tx, orders=wanted)
    series = await q.series(tx, codes=None)
    sold, known = defaultdict(list), defaultdict(list)
    for line in lines:
        sold[line.order].append(line)
    for each in written:
        known[each.order].append(sales.view(_read(each.body), each.order))
    there = {row.id: sales.sale(row, sold[row.id], known[row.id]) for row in rows}
    there |= await _over_counters(tx, receipts, known)
    home = {_seller(each.body).currency for each in series}
    foreign = {each.row.currency for each in there.values() if home - {each.row.currency}}
    since = (tx.at - _NEAR).date()
    rates = await q.rates(tx, currencies=sorted(foreign), since=since, until=None) if foreign else []
    return Desk(tx, there, series, rates, {each.cause for each in written})


async def _over_counters(
    tx: Tx, receipts: Sequence[TillRow], known: Mapping[UUID, Sequence[Document]]
) -> dict[UUID, Sale]:  # fmt: skip
    """Put together what is known of receipts of tills."""
    if not receipts:
        return {}
    named = {"sales": [row.id for row in receipts], "countries": [row.country for row in receipts]}
    goods = defaultdict(list)
    for each in await q.till_goods(tx, **named):
        goods[each.sale].append(each)
    return {row.id: tills.sale(row, goods[row.id], known.get(row.id, ())) for row in receipts}


async def number(desk: Desk) -> dict[UUID, Document]:
    """Give drafts their numbers and write them: the last that is done in a transaction.

    Emits:
        DocumentIssued
    """
    if not desk.drafts:
        return {}
    tx, known = desk.tx, {row.code: row for row in desk.series}
    rows = [(made, cause, rules.period(known[made.series].reset, made.issued_on)) for made, cause in desk.drafts]
    counts: dict[tuple[str, str], int] = {}
    for made, _, period in rows:
        counts[made.series, period] = counts.get((made.series, period), 0) + 1
    taken = await q.take(
        tx, series=[each for each, _ in counts], periods=[each for _, each in counts], counts=list(counts.values())
    )
    last = {(each.series, each.period): each.last - counts[each.series, each.period] for each in taken}
    written = []
    for made, cause, period in rows:
        last[made.series, period] += 1
        value = last[made.series, period]
        name = rules.name(known[made.series].pattern, made.issued_on, value)
        written.append((replace(made, number=value, name=name), cause, period))
    await _write(desk, written)
    emit(tx, *(_told(made, _owner(desk, made)) for made, _, _ in written))
    return {made.id: made for made, _, _ in written}


async def _write(desk: Desk, rows: Sequence[tuple[Document, str, str]]) -> None:
    bodies = [_encode(made) for made, _, _ in rows]
    made = [each for each, _, _ in rows]
    await q.write(
        desk.tx, ids=[d.id for d in made], kinds=[d.kind for d in made], series=[d.series for d in made],
        periods=[period for _, _, period in rows], numbers=[d.number for d in made], names=[d.name for d in made],
        sellers=[d.seller.code for d in made], orders=[d.order for d in made],
        order_numbers=[d.order_number for d in made], owners=[_owner(desk, d) for d in made],
        channels=[d.channel for d in made], buyers=[d.buyer.name for d in made],
        currencies=[d.currency for d in made], nets=[d.net_minor for d in made], taxes=[d.tax_minor for d in made],
        grosses=[d.gross_minor for d in made], corrects=[d.corrects.id if d.corrects else None for d in made],
        causes=[cause for _, cause, _ in rows], days=[d.issued_on for d in made], at=desk.tx.at,
        bodies=[body.decode() for body in bodies], digests=[sha256(body).digest() for body in bodies],
    )  # fmt: skip
    covered = [(d.id, each.order, each.gross_minor) for d in made for each in d.orders]
    if covered:
        documents, orders, minors = zip(*covered, strict=True)
        await q.cover(desk.tx, documents=documents, orders=orders, minors=minors)


def _owner(desk: Desk, made: Document) -> UUID:
    """Tell who may see a document: who ordered, or the company that is invoiced for a period."""
    root = made if made.corrects is None else next(
        (each for each in desk.sales[made.order].issued if each.id == made.corrects.id), made
    )  # fmt: skip
    return root.company or desk.sales[made.order].row.owner


def _told(made: Document, owner: UUID) -> DocumentIssued:
    return DocumentIssued(
        made.id, made.order, owner, made.kind, made.series, made.name, made.currency, made.net_minor, made.tax_minor,
        made.gross_minor, made.corrects.id if made.corrects else None,
    )  # fmt: skip


def issued(made: Document) -> Issued:
    """Tell of a document that has its number."""
    return Issued(made.id, made.kind, made.name, made.gross_minor, made.currency)


async def issue(tx: Tx, calls: Sequence[Call[Issue]]) -> list[Issued | Fault]:
    """Issue documents for orders: all that are asked for at once are numbered in one transaction, without gaps.

    Raises:
        NotFound: there is no such order.
        SeriesMissing: no active series numbers such documents in the order's channel.
        NothingToIssue: all of the order has such a document, or nothing was paid in advance.
        AlreadyInvoiced: the order is invoiced: no receipt and no advance comes after that.
        ReceiptGiven: a receipt without the buyer's VAT id was given.
        RateUnknown: what the currency was worth before the sale is not known.
    Emits:
        DocumentIssued
    """
    at = await desk(tx, [call.input.order for call in calls])
    made = [at.draft(_wanted(call.input)) for call in calls]
    numbered = await number(at)
    return [each if isinstance(each, Fault) else issued(numbered[each.id]) for each in made]


def _wanted(asked: Issue) -> Wanted:
    return Wanted(
        order=asked.order, kind=asked.kind, cause=f"asked/{ids.new()}", series=asked.series, language=asked.language,
        amount=asked.amount_minor,
    )  # fmt: skip


# --- correcting -------------------------------------------------------------------------------------------------------


async def correct(tx: Tx, document: UUID, correction: Correction) -> Issued:
    """Correct an invoice, an advance or a final invoice, again if need be: never below nothing.

    A correction that is named is corrected itself: the next is of the document that it was of.

    Raises:
        DocumentMissing: there is no such document.
        NotCorrectable: documents of its kind are not corrected.
        OverCorrected: more would be taken off than there is.
        Invalid: it has no such line, it is not said what to take off, or lines are of several orders.
        VatIdWrong: the check digits of the buyer's VAT number are wrong: something is mistyped.
        SeriesMissing: no active series numbers corrections in its channel.
    Emits:
        DocumentIssued
    """
    sound(correction.buyer.vat_id if correction.buyer else None)
    row: Row | None = await q.document(tx, id=document)
    if row is None:
        raise DocumentMissing
    order = _whose(_read(row.body), correction, row.order)
    at = await desk(tx, [order])
    sale = at.sales[order]
    root = _root(sale, document)
    after = _after(drafting.current(sale, root), correction)
    wanted = Wanted(order=order, kind="correction", cause=f"asked/{ids.new()}", reason=correction.reason)
    made = correct_one(at, wanted, root, after, correction.buyer)
    if isinstance(made, Fault):
        raise made
    return issued((await number(at))[made.id])


def _whose(document: Document, correction: Correction, order: UUID) -> UUID:
    """Tell which order a correction is about: of an invoice for several it corrects one at a time."""
    if not document.orders:
        return order
    asked = {each.number for each in correction.lines}
    of = {line.order for line in document.lines if line.number in asked}
    if correction.whole or len(of) != 1:
        raise Invalid("say which lines, of one of its orders at a time", field="lines")
    return of.pop() or order


def _root(sale: Sale, document: UUID) -> Document:
    """Find what a document corrects, or itself."""
    found = next(each for each in sale.issued if each.id == document)
    if found.corrects is not None:
        first = found.corrects.id
        found = next(each for each in sale.issued if each.id == first)
    if found.kind not in TAXED:
        raise NotCorrectable(f"a {found.kind} is issued anew, not corrected")
    return found


def _after(now: Document, correction: Correction) -> list[model.Line]:
    if correction.whole:
        return rules.emptied(now.lines)
    if not correction.lines and correction.buyer is None:
        raise Invalid("say what to correct: lines, all of it, or the buyer", field="lines")
    after = rules.lessened(now.lines, correction.lines)
    if isinstance(after, Fault):
        raise after
    return after


def correct_one(
    desk: Desk, wanted: Wanted, root: Document, after: Sequence[model.Line], buyer: Party | None = None
) -> Document | Fault:  # fmt: skip
    """Draft the correction of a document to what its lines should be."""
    sale = desk.sales[wanted.order]
    frame = desk.frame(wanted, sale.row.channel)
    if frame is None:
        return SeriesMissing(f"no active series numbers a correction for {sale.row.channel}", kind="correction")
    frame = replace(frame, language=root.language)
    return desk.keep(drafting.correction(wanted, sale, root, after, frame, buyer), wanted)


# --- asking for an invoice --------------------------------------------------------------------------------------------


async def request(tx: Tx, order: UUID, buyer: Party) -> Requested:
    """Ask for an invoice for an order, to whom it should say: it comes when the goods leave, or at once if they have.

    Asked again before that, the last buyer counts.

    Raises:
        NotFound: there is no such order, or it is not yours.
        AskedTooLate: three months have passed after the month of the sale.
        SeriesMissing: no active series numbers invoices in the order's channel.
        NothingToIssue: advances cover it all; the last of them is the invoice.
        AlreadyInvoiced: it is invoiced already; ask for a correction.
        ReceiptGiven: a receipt without this VAT id was given.
        RateUnknown: what the currency was worth before the sale is not known.
        VatIdWrong: the check digits of the buyer's VAT number are wrong: something is mistyped.
    Emits:
        DocumentIssued
    """
    sound(buyer.vat_id)
    at = await desk(tx, [order])
    sale = at.sales.get(order)
    if sale is None or sale.receipt or (tx.reach == "own" and sale.row.owner != tx.actor.id):
        raise NotFound(_NO_ORDER)
    if any(each.kind in ("invoice", "final") for each in sale.issued):
        raise model.AlreadyInvoiced("the order is invoiced already: ask for a correction")
    await q.wish(tx, order=order, buyer=_encode(buyer).decode(), at=tx.at)
    if sale.row.shipped_at is None:
        return Requested(order)
    at.sales[order] = replace(sale, wish=buyer, buyer=sale.buyer if sale.terms_days is not None else buyer)
    kind: Any = "final" if drafting.prepaid(sale) else "invoice"
    left_out = tuple(sorted(sale.returned.items()))
    wanted = Wanted(
        order=order, kind=kind, cause=f"request/{order}", units=drafting.kept(sale), returned=left_out
    )  # fmt: skip
    if (frame := at.frame(wanted, sale.row.channel)) and frame.day > rules.askable_until(frame.of(sale.row.shipped_at)):
        raise AskedTooLate
    made = at.draft(wanted)
    if isinstance(made, Fault):
        raise made
    return Requested(order, issued((await number(at))[made.id]))


# --- looking ----------------------------------------------------------------------------------------------------------


async def documents(tx: Tx, search: Search) -> list[Summary]:
    """Find documents, newest first; your own and your store's tills', unless you look after everybody's."""
    owners = await _owners(tx) if tx.reach == "own" else None
    found: list[Summary] = await q.find(tx, owners=owners, store=tx.actor.location, **msgspec.structs.asdict(search))
    return found


async def _owners(tx: Tx) -> list[UUID]:
    """Tell whose documents somebody sees: their own, and those of the company whose money they look after."""
    seat = await companies.seat_of(tx, tx.actor.id)
    return [tx.actor.id, *([seat.company] if seat is not None and seat.role != "buyer" else [])]


async def document(tx: Tx, document: UUID) -> model.Shown:
    """Show a document as it was issued.

    Raises:
        DocumentMissing: there is no such document, or it is not yours.
    """
    row = await _mine(tx, document)
    return model.Shown(_read(row.body), row.digest.hex())


async def _mine(tx: Tx, document: UUID) -> Row:
    row: Row | None = await q.document(tx, id=document)
    if row is None or (tx.reach == "own" and row.owner not in await _owners(tx) and not _at_its_till(tx, row)):
        raise DocumentMissing
    return row


def _at_its_till(tx: Tx, row: Row) -> bool:
    """Tell whether somebody of the store asks whose till a document is about."""
    about = _read(row.body).receipt
    return about is not None and about.store == tx.actor.location


async def download(call: Call[Any], document: UUID, form: Form, language: Language | None = None) -> Response:
    """Give a document as a page, as a PDF, or as the JSON that its hash is of.

    Args:
        language: None for the one it was issued in.

    Raises:
        DocumentMissing: there is no such document, or it is not yours.
    """
    async with call.transaction() as tx:
        row = await _mine(tx, document)
    if form == "json":
        return _file(row, "json", row.body.encode(), "application/json")
    made = _read(row.body)
    if form == "html":
        return paper.page(made, language)
    return _file(row, "pdf", await asyncio.to_thread(press.pdf, paper.sheet(made, language)), "application/pdf")


def _file(row: Row, form: str, body: bytes, kind: str) -> Response:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", _read(row.body).name).strip("-") or str(row.id)
    kept = (
        ("content-disposition", f'inline; filename="{name}.{form}"'), ("cache-control", "private, no-store"),
        ("content-digest", f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"),
    )  # fmt: skip
    return Response(200, body, kind, kept)


async def amiss(tx: Tx) -> Amiss:
    """List what is wrong with documents: numbers that are missing, and documents that are not as they were issued.

    Also orders of companies that are invoiced for more than they come to.
    """
    return Amiss(await q.gaps(tx, limit=100), await q.marred(tx, limit=100), await q.excessive(tx, limit=100))
