"""What an order becomes on paper: a document that lacks only its number; pure, as rules are."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from msgspec.structs import replace

from rynek.commerce.documents import rules
from rynek.commerce.documents.model import (
    TAXED,
    AlreadyInvoiced,
    Deducted,
    Document,
    Exchange,
    Kind,
    Language,
    Line,
    NotCorrectable,
    NothingToIssue,
    OverCorrected,
    Party,
    Rate,
    RateSum,
    RateUnknown,
    ReceiptGiven,
    Reference,
    Series,
)
from rynek.commerce.documents.sales import Frame, Sale, Wanted
from rynek.kernel.faults import Fault

_FRESH = timedelta(days=7)
"""How old an exchange rate may be: no more than a row of holidays."""
_ADVANCE: dict[Language, str] = {"pl": "Zaliczka na zamówienie nr {}", "en": "Advance payment for order no. {}"}


def _taken(sale: Sale, kinds: frozenset[str]) -> dict[int, int]:
    """Count the units of each line that documents of these kinds have."""
    found: dict[int, int] = {}
    for document in sale.issued:
        for line in document.lines if document.kind in kinds else ():
            found[line.order_line] = found.get(line.order_line, 0) + line.quantity
    return found


def unissued(sale: Sale, kind: Kind) -> dict[int, int]:
    """Tell how much of each line has left, and is on no document of a kind (invoices count together)."""
    taken = _taken(sale, _alike(kind))
    return {line: units - taken.get(line, 0) for line, units in sale.shipped.items() if units > taken.get(line, 0)}


def _alike(kind: Kind) -> frozenset[str]:
    if kind == "delivery-note":
        return frozenset({kind})
    return _INVOICES | {"receipt"} if kind == "receipt" else _INVOICES


def units_of(sale: Sale, items: Mapping[str, int], kind: Kind) -> dict[int, int]:
    """Tell which lines units of items are on that have left, the first that are on no document of a kind yet."""
    left, found = dict(items), {}
    free = unissued(sale, kind)
    for line in sale.lines:
        units = min(left.get(line.sku, 0), free.get(line.order_line, 0))
        if units > 0:
            found[line.order_line] = units
            left[line.sku] -= units
    return found


def _left(sale: Sale, wanted: Wanted) -> list[Line]:
    """Take what is asked for, and on no such document yet, out of the order's lines; what was given up is not there."""
    taken = _taken(sale, _alike(wanted.kind))
    found = []
    for line in sale.lines:
        before = taken.get(line.order_line, 0)
        left = line.quantity - sale.cancelled.get(line.order_line, 0) - before
        asked = left if wanted.units is None or not line.order_line else wanted.units.get(line.order_line, 0)
        if (units := min(asked, left)) > 0:
            found.append(rules.part(line, before, units))
    return [replace(line, number=number) for number, line in enumerate(found, 1)]


def standing(sale: Sale) -> list[Line]:
    """Tell what of an order was not given up."""
    lines = [rules.part(line, 0, line.quantity - sale.cancelled.get(line.order_line, 0)) for line in sale.lines]
    return [replace(line, number=number) for number, line in enumerate((e for e in lines if e.quantity), 1)]


_INVOICES = frozenset({"invoice", "final"})


# --- documents of an order --------------------------------------------------------------------------------------------


def draft(wanted: Wanted, sale: Sale, frame: Frame) -> Document | Fault:
    """Write a document for an order, all but its number."""
    if wanted.kind == "confirmation":
        return _whole(wanted, sale, frame, standing(sale))
    if wanted.kind == "advance":
        return _advance(wanted, sale, frame)
    if wanted.kind in ("delivery-note", "return-slip"):
        lines = _moved(sale, wanted)
        return _whole(wanted, sale, frame, lines) if lines else NothingToIssue("no goods are told of")
    return _supply(wanted, sale, frame)


def _moved(sale: Sale, wanted: Wanted) -> list[Line]:
    """Choose the goods that left or came back: no delivery, no money."""
    if wanted.kind == "delivery-note":
        found = _left(sale, wanted)
    else:
        units = wanted.units or {}
        lines = {line.order_line: line for line in sale.lines}
        found = [rules.part(lines[at], 0, n) for at, n in units.items() if at in lines and 0 < n <= lines[at].quantity]
    goods = [line for line in found if line.order_line > 0]
    return [replace(line, number=number) for number, line in enumerate(goods, 1)]


def _whole(wanted: Wanted, sale: Sale, frame: Frame, lines: Sequence[Line]) -> Document | Fault:
    method = rules.method_of(lines)
    shown = rules.taxed(lines, method)
    buyer = sale.buyer if wanted.kind == "confirmation" else sale.recipient or sale.buyer
    made = composed(wanted, sale, frame, shown, rules.sums(shown))
    return replace(made, method=method, buyer=buyer, shipment=wanted.shipment, reason=wanted.reason)


def _supply(wanted: Wanted, sale: Sale, frame: Frame) -> Document | Fault:
    """Write what goods are sold with: an invoice, a final invoice after advances, or a receipt."""
    lines = _left(sale, wanted)
    if not lines or (wanted.units is not None and not any(line.order_line for line in lines)):
        return NothingToIssue("all of the order that it is asked for has one")
    lines = rules.cheaper(lines, _credited(sale, lines, _alike(wanted.kind)))
    method = rules.method_of(lines)
    lines = rules.taxed(lines, method)
    supplied = rules.sums(lines)
    advances = _advances(sale, supplied)
    refused = _refusal(wanted, sale, advances)
    if refused is not None:
        return refused
    rates = rules.less(supplied, *(each.rates for each in advances)) if wanted.kind == "final" else supplied
    if wanted.kind == "final" and (covered(sale) or not any(each.gross_minor for each in rates)):
        return NothingToIssue("advances cover all of it: the last of them is the invoice")
    made = composed(wanted, sale, frame, lines, rates)
    made = replace(made, method=method, shipment=wanted.shipment, follows=_receipts(sale), returned=wanted.returned)
    if wanted.kind == "final":
        made = replace(made, supplied=supplied, advances=advances)
    return told_locally(made, frame)


def _credited(sale: Sale, lines: Sequence[Line], kinds: frozenset[str]) -> int:
    """Tell how much of what new lines come to the buyer was credited before they have a document."""
    units = billed(sale, kinds)
    for line in lines:
        units[line.order_line] = units.get(line.order_line, 0) + line.quantity
    there = [line for each in sale.issued if each.kind in kinds for line in current(sale, each).lines]
    return sum(line.gross_minor for line in (*there, *lines)) - due(sale, units)


def _refusal(wanted: Wanted, sale: Sale, advances: Sequence[Deducted]) -> Fault | None:
    kinds = {each.kind for each in sale.issued}
    if wanted.kind == "final" and not advances:
        return NothingToIssue("no advance was invoiced: issue an invoice")
    if wanted.kind in ("invoice", "receipt") and advances:
        return NothingToIssue("advances were invoiced: issue a final invoice")
    if wanted.kind == "receipt" and kinds & _INVOICES:
        return AlreadyInvoiced("the order is invoiced already")
    if wanted.kind in _INVOICES and "receipt" in kinds:
        known = next(each.buyer.vat_id for each in sale.issued if each.kind == "receipt")
        if sale.buyer.vat_id is not None and known != sale.buyer.vat_id:
            return ReceiptGiven("the receipt has no such VAT id", vat_id=sale.buyer.vat_id)
    return None


def prepaid(sale: Sale) -> bool:
    """Tell whether an advance was invoiced, and not taken back whole."""
    return any(current(sale, each).gross_minor for each in sale.issued if each.kind == "advance")


def covered(sale: Sale) -> bool:
    """Tell whether advances were invoiced over the whole order; what was given back of them later does not count.

    Source: ustawa o VAT, art. 106f (4).
    """
    advanced = sum(each.gross_minor for each in sale.issued if each.kind == "advance")
    return advanced >= sum(line.gross_minor for line in standing(sale))


def _receipts(sale: Sale) -> list[Reference]:
    return [reference(each) for each in sale.issued if each.kind == "receipt"]


def _advances(sale: Sale, supplied: Sequence[RateSum]) -> list[Deducted]:
    """Tell what of each advance is to be taken off: what is left of it, and no more than there is at a rate."""
    room = list(supplied)
    found = []
    for document in sale.issued:
        if document.kind != "advance":
            continue
        before = [each.rates for other in sale.issued for each in other.advances if each.document.id == document.id]
        left = rules.less(rules.sums(current(sale, document).lines), *before)
        rates = _within(left, room)
        if rates:
            room = rules.less(room, rates)
            found.append(Deducted(reference(document), rates, sum(each.gross_minor for each in rates)))
    return found


def _within(rates: Sequence[RateSum], room: Sequence[RateSum]) -> list[RateSum]:
    known = {(each.rate_bp, each.category): each for each in room}
    found = []
    for each in rates:
        most = known.get((each.rate_bp, each.category))
        if most is not None and each.gross_minor > 0 < most.gross_minor:
            found.append(each if each.gross_minor < most.gross_minor else most)
    return found


def _advance(wanted: Wanted, sale: Sale, frame: Frame) -> Document | Fault:
    lines = standing(sale)
    ordered = rules.taxed(lines, rules.method_of(lines))
    billed = sum(current(sale, each).gross_minor for each in sale.issued if each.kind == "advance")
    if _taken(sale, _INVOICES):
        return AlreadyInvoiced("goods of the order are invoiced already: advances come before them")
    amount = sale.row.captured_minor - billed if wanted.amount is None else wanted.amount
    most = sum(line.gross_minor for line in ordered) - billed
    if not 0 < amount <= most:
        return NothingToIssue(f"{amount} of the {most} that no advance covers", left=most)
    rates = rules.less(
        rules.sums(ordered), *(rules.sums(current(sale, e).lines) for e in sale.issued if e.kind == "advance")
    )
    lines = rules.allotted(amount, rates, _ADVANCE[frame.language].format(sale.row.number))
    made = composed(wanted, sale, frame, lines, rules.sums(lines))
    made = replace(made, method="line", ordered=ordered, sold_on=frame.day, paid_minor=amount, due_minor=0, due_on=None)
    if amount == most:  # the last one names those before it
        made = replace(made, follows=[reference(each) for each in sale.issued if each.kind == "advance"])
    return told_locally(made, frame)


def composed(
    wanted: Wanted, sale: Sale, frame: Frame, lines: Sequence[Line], rates: Sequence[RateSum]
) -> Document:  # fmt: skip
    """Put on paper what every document has: who, when, for how much, and what of it was paid."""
    row, seller = sale.row, frame.seller
    rates = [
        replace(each, reason=each.reason or (each.category in "KE" and sale.untaxed)
            or rules.reason(each.category, frame.language, seller))
        for each in rates
    ]  # fmt: skip
    gross = sum(each.gross_minor for each in rates)
    paid = max(0, min(gross, row.captured_minor - _billed(sale)))
    days = seller.payment_days if any(each.method == "transfer" for each in sale.payments) else 0
    if sale.terms_days is not None and any(each.method == "invoice" for each in sale.payments):
        days = sale.terms_days
    due_on = frame.day + timedelta(days=days)
    return Document(
        id=_NO_ID, kind=wanted.kind, series=frame.series.code, number=0, name="", language=frame.language,
        issued_at=frame.at, issued_on=frame.day, sold_on=frame.of(row.shipped_at or frame.at), place=seller.city,
        seller=seller, buyer=sale.buyer, recipient=sale.recipient, order=row.id, order_number=row.number,
        channel=row.channel, currency=row.currency, method="gross", lines=lines, rates=rates,
        net_minor=sum(each.net_minor for each in rates), tax_minor=sum(each.tax_minor for each in rates),
        gross_minor=gross, payments=sale.payments, paid_minor=paid, due_minor=gross - paid,
        due_on=due_on if gross > paid else None, reason=wanted.reason, receipt=sale.receipt,
    )  # fmt: skip


_NO_ID = UUID(int=0)


def _billed(sale: Sale) -> int:
    return sum(
        each.gross_minor for each in sale.issued if each.kind in TAXED or each.kind == "correction"
    )  # fmt: skip


def told_locally(document: Document, frame: Frame) -> Document | Fault:
    """Say the VAT in the seller's currency, and whether the bank splits the payment."""
    seller = frame.seller
    exchange = None
    if document.currency != seller.currency:
        first = min(document.sold_on, document.issued_on)
        exchange = worth(frame.rates, document.currency, seller.currency, first)
        if exchange is None:
            what = f"no rate of {document.currency} in {seller.currency} from the week before {first} is known"
            return RateUnknown(what, currency=document.currency, before=str(first))
    return localised(replace(document, exchange=exchange))


def localised(document: Document) -> Document:
    """Write the VAT of each rate in the seller's currency too, where the document's is another."""
    seller, gross = document.seller, sum(each.gross_minor for each in document.supplied or document.rates)
    if (exchange := document.exchange) is not None:
        to = exchange.local
        rates = [
            replace(each, local_tax_minor=rules.local(each.tax_minor, document.currency, exchange.millionths, to))
            for each in document.rates
        ]
        gross = rules.local(gross, document.currency, exchange.millionths, to)
        document = replace(document, rates=rates)
    return replace(document, split_payment=rules.splits(seller, document.buyer, gross))


def worth(rates: Sequence[Rate], currency: str, to: str, before: date) -> Exchange | None:
    """Find what a currency was worth on the last day before a sale that has a rate.

    Args:
        rates: the newest first.

    Source: ustawa o VAT, art. 31a (1) and (2).
    """
    for each in rates:
        if (each.currency, each.local) == (currency, to) and before - _FRESH <= each.day < before:
            return Exchange(to, each.millionths, each.day, each.source)
    return None


# --- corrections ------------------------------------------------------------------------------------------------------


def reference(document: Document) -> Reference:
    """Name a document on another."""
    return Reference(document.id, document.kind, document.name, document.issued_on)


def current(sale: Sale, document: Document) -> Document:
    """Give a document as it is after its corrections: with their lines, sums and buyer."""
    last = _last(sale, document)
    if last is None:
        return document
    rates = rules.sums(last.lines)
    if document.advances:
        rates = rules.less(rates, *(each.rates for each in document.advances))
    gross = sum(each.gross_minor for each in rates)
    return replace(document, lines=last.lines, rates=rates, buyer=last.buyer, gross_minor=gross)


def _last(sale: Sale, document: Document) -> Document | None:
    """Find the last correction of a document."""
    of = (each for each in reversed(sale.issued) if each.corrects is not None and each.corrects.id == document.id)
    return next(of, None)


def correction(
    wanted: Wanted, sale: Sale, document: Document, after: Sequence[Line], frame: Frame, buyer: Party | None = None
) -> Document | Fault:  # fmt: skip
    """Write a correction of a document: lines before and after, and the difference.

    Args:
        document: the first of the row: corrections of a correction are of what that corrected.
        after: its lines as they should be; their VAT is counted anew.
        buyer: as they should stand on it; None: as they do.
    """
    if document.kind not in TAXED:
        return NotCorrectable(f"a {document.kind} is issued anew, not corrected")
    now = current(sale, document)
    before = now.lines
    after = rules.taxed(after, document.method)
    if list(after) == list(before) and buyer in (None, now.buyer):
        return OverCorrected("there is nothing left to take off")
    rates = rules.less(rules.sums(after), rules.sums(before))
    rates = [each for each in rates if each.net_minor or each.gross_minor]
    made = composed(wanted, sale, frame, after, rates)
    last = _last(sale, document)
    made = replace(
        made, method=document.method, sold_on=document.sold_on, seller=document.seller, buyer=buyer or now.buyer,
        recipient=document.recipient, exchange=document.exchange, corrects=reference(document),
        previous=reference(last) if last else None, changes=rules.changes(before, after), paid_minor=0,
        due_minor=made.gross_minor, due_on=None, shipment=wanted.shipment,
    )  # fmt: skip
    return localised(made)


# --- what documents should come to ------------------------------------------------------------------------------------


def billed(sale: Sale, kinds: frozenset[str] = _INVOICES) -> dict[int, int]:
    """Tell of how many units of each line documents were issued, but for what was given up since."""
    return {
        line.order_line: min(units, line.quantity - sale.cancelled.get(line.order_line, 0))
        for line in sale.lines
        if (units := _taken(sale, kinds).get(line.order_line, 0))
    }


def due(sale: Sale, units: Mapping[int, int], coming: Mapping[str, int] | None = None) -> int:
    """Tell what documents of so many units of each line should come to: as agreed, less what the buyer was credited.

    For goods that came back that is what she got for them or, where she got nothing, what they were corrected by.

    Args:
        coming: by how much a return's goods are about to be corrected, by its number.
    """
    agreed = sum(rules.part(line, 0, units.get(line.order_line, 0)).gross_minor for line in sale.lines)
    back = dict(coming or {})
    for each in sale.issued:
        if each.kind == "correction" and each.shipment:
            back[each.shipment] = back.get(each.shipment, 0) - sum(change.gross_minor for change in each.changes)
    return max(0, agreed - sale.goodwill - sum(sale.credited.get(number, minor) for number, minor in back.items()))


def given(series: Series, sale: Sale) -> bool:
    """Tell whether a buyer gets documents of a series without asking now: companies always get their invoices.

    Those that have one invoice for the orders of a period get none for each.
    """
    if sale.together and series.kind in TAXED | {"receipt"}:
        return False
    asked = sale.wish is not None or sale.buyer.vat_id is not None or sale.terms_days is not None
    return series.given == "everybody" or (series.given == "asked" and asked)


def kept(sale: Sale) -> dict[int, int]:
    """Tell how much of each line has left and not come back."""
    return {line: units - sale.returned.get(line, 0) for line, units in sale.shipped.items()}


def came_back(sale: Sale, items: Mapping[str, int]) -> dict[int, int]:
    """Tell which lines returned units were on, as far as documents do not count them as returned yet.

    Args:
        items: units by item that a return has brought.
    """
    open_units = dict(sale.returned)
    for document in sale.issued:
        returns = document.kind == "correction" and document.shipment
        for change in document.changes if returns else ():
            line = change.before.order_line
            open_units[line] = open_units.get(line, 0) + change.quantity
        for line, units in document.returned:
            open_units[line] = open_units.get(line, 0) - units
    left, found = dict(items), {}
    for each in sale.lines:
        units = min(left.get(each.sku, 0), open_units.get(each.order_line, 0)) if each.order_line > 0 else 0
        if units > 0:
            found[each.order_line] = units
            left[each.sku] -= units
    return found


def returned(sale: Sale, units: Mapping[int, int]) -> list[tuple[Document, list[Line]]]:
    """Tell which invoices a return corrects, and what their lines are after it.

    Where advances are all the invoices there are, money is taken off them at the rates of what came back.
    """
    found: list[tuple[Document, list[Line]]] = []
    left = dict(units)
    roots = [each for each in sale.issued if each.kind in _INVOICES]
    for root in roots:
        lines = []
        for line in current(sale, root).lines:
            gone = min(left.get(line.order_line, 0), line.quantity) if line.order_line > 0 else 0
            lines.append(rules.part(line, 0, line.quantity - gone) if gone else line)
            left[line.order_line] = left.get(line.order_line, 0) - gone
        found.append((root, lines))
    if not roots:
        money = _money(sale, units)
        advances = (each for each in sale.issued if each.kind == "advance")
        found += [(root, [_without(line, money) for line in current(sale, root).lines]) for root in advances]
    return [(root, lines) for root, lines in found if lines != list(current(sale, root).lines)]


def _money(sale: Sale, units: Mapping[int, int]) -> dict[tuple[str, int], int]:
    """Add up what units cost, by rate."""
    found: dict[tuple[str, int], int] = {}
    for line in sale.lines:
        if n := units.get(line.order_line, 0):
            key = line.category, line.rate_bp
            found[key] = found.get(key, 0) + rules.part(line, 0, min(n, line.quantity)).gross_minor
    return found


def _without(line: Line, money: dict[tuple[str, int], int]) -> Line:
    """Take from an advance's line what is to be given back at its rate."""
    off = min(money.get((line.category, line.rate_bp), 0), line.gross_minor)
    if not off:
        return line
    money[line.category, line.rate_bp] -= off
    gross = line.gross_minor - off
    tax = rules.vat(gross, line.rate_bp, "gross")
    return replace(line, quantity=1 if gross else 0, net_minor=gross - tax, tax_minor=tax, gross_minor=gross)
