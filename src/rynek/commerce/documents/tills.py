"""A till's receipt as documents see it, and what it becomes on paper; pure, as rules are."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from rynek.commerce import pos
from rynek.commerce.documents import rules
from rynek.commerce.documents.drafting import composed, current, told_locally
from rynek.commerce.documents.model import (
    Document,
    Line,
    NothingToIssue,
    Paid,
    Party,
    Till,
)
from rynek.commerce.documents.sales import Frame, Sale, Wanted
from rynek.commerce.documents.stored import SaleRow, TillGoods, TillRow
from rynek.kernel.faults import Fault

_lines = msgspec.json.Decoder(list[pos.Line]).decode
_tenders = msgspec.json.Decoder(list[pos.Tender]).decode
_back = msgspec.json.Decoder(dict[int, int]).decode
_NOBODY = Party(name="–", street="–", city="–")
_UNTAXED = "np"
"""How the rate of what is no sale is called: the deposit on packaging.

Source: ustawa o VAT, art. 29a (11).
"""


def sale(row: TillRow, goods: Sequence[TillGoods], issued: Sequence[Document]) -> Sale:
    """Put together what is known of a receipt; its lines bear what was really paid for them, by their places on it."""
    known = {each.sku: each for each in goods}
    wrote, tenders = _lines(row.lines), _tenders(row.tenders)
    lines = [
        _line(number, line, minor, known.get(line.sku))
        for number, (line, minor) in enumerate(zip(wrote, pos.paid(wrote), strict=True), 1)
        if line.kind != "return" and line.amount >= 0 and (line.amount or line.quantity > 0)
    ]
    total = sum(line.gross_minor for line in lines)
    payments = [Paid(each.method, each.amount) for each in tenders if each.amount]
    kept = SaleRow(
        row.id, row.number, row.channel, row.owner, "", row.currency, row.amount_minor, total, row.sold_at,
        row.sold_at, "", None, None, "", "",
    )  # fmt: skip
    buyer = next((each.buyer for each in issued if each.kind == "invoice"), _NOBODY)
    return Sale(
        kept, lines, buyer, None, None, payments, issued, returned=_back(row.back), vat_id=row.vat_id,
        shipped={line.order_line: line.quantity for line in lines},
        receipt=Till(row.store, row.till, row.number, row.sold_at),
        unknown=sorted({line.sku for line in lines if not line.label}),
    )  # fmt: skip


def _line(number: int, wrote: pos.Line, minor: int, goods: TillGoods | None) -> Line:
    """Write a line of a receipt: its price before discounts is what makes them whole minor units, or none at all."""
    unit = goods.unit if goods is not None and wrote.kind != "weighed" else "pcs"
    per, quantity = 1_000 if unit in ("g", "ml") else 1, max(wrote.quantity, 1)
    whole = minor + sum(off.amount for off in wrote.discounts)
    price = -(-whole * per // quantity)
    rate, label = _rate(wrote, goods)
    tax = rules.vat(minor, rate, "gross")
    return Line(
        number, number, wrote.sku, goods.name if goods else wrote.sku, unit, quantity, price, "gross",
        price * quantity // per - minor, minor - tax, tax, minor, rules.category(label, rate), rate, label,
        goods.gtin if goods else None,
    )  # fmt: skip


def _rate(wrote: pos.Line, goods: TillGoods | None) -> tuple[int, str]:
    """Tell the VAT on a line: as the till printed it, else as the item bears it; an empty label: nobody knows."""
    if wrote.kind == "deposit":
        return 0, _UNTAXED
    if isinstance(wrote.rate_bp, int):
        alike = goods is not None and goods.rate_bp == wrote.rate_bp and goods.label
        return wrote.rate_bp, alike or f"{wrote.rate_bp / 100:g}%"
    if goods is None or goods.rate_bp is None:
        return 0, ""
    return goods.rate_bp, goods.label or f"{goods.rate_bp / 100:g}%"


def remaining(line: Line, back: int) -> Line:
    """Take off a receipt's line what came back: what is left is the rest of the money, to the minor unit."""
    back = min(back, line.quantity)
    return rules.part(line, back, line.quantity - back)


def invoice(wanted: Wanted, sale: Sale, frame: Frame) -> Document | Fault:
    """Write the invoice to a receipt, all but its number: of what has not come back."""
    kept = [remaining(line, sale.returned.get(line.order_line, 0)) for line in sale.lines]
    lines = [replace(line, number=n) for n, line in enumerate((line for line in kept if line.quantity), 1)]
    if not sum(line.gross_minor for line in lines):
        return NothingToIssue("all of it came back, or nothing was paid for it")
    lines = rules.taxed(lines, "gross")
    made = composed(wanted, sale, frame, lines, rules.sums(lines))
    return told_locally(replace(made, returned=tuple(sorted(sale.returned.items()))), frame)


def slip(wanted: Wanted, sale: Sale, frame: Frame, back: Sequence[pos.Returned]) -> Document:
    """Write the entry of what came back over a counter: the goods, the receipt, and the money with its VAT.

    Source: rozporządzenie Ministra Finansów w sprawie kas rejestrujących, § 3 (3) and (4): the record of returns.
    """
    known = {line.order_line: line for line in sale.lines}
    lines = [
        replace(
            known[each.line], number=number, quantity=each.units, gross_minor=each.minor,
            discount_minor=rules.part(known[each.line], 0, each.units).discount_minor,
        )
        for number, each in enumerate((each for each in back if each.line in known), 1)
    ]  # fmt: skip
    lines = rules.taxed(lines, "gross")
    made = composed(wanted, sale, frame, lines, rules.sums(lines))
    return replace(made, shipment=wanted.shipment, paid_minor=0, due_minor=0, due_on=None)


def after(sale: Sale, root: Document, back: Sequence[pos.Returned]) -> list[Line]:
    """Tell what the lines of an invoice to a receipt are after goods came back that it counts.

    By how many units are back in all, whichever return is heard of first: so all corrections come to what was handed
    out. Units that came back before the invoice are not on it.
    """
    before = dict(root.returned)
    for each in sale.issued:
        if each.kind == "correction" and each.shipment:
            for change in each.changes:
                at = change.before.order_line
                before[at] = before.get(at, 0) - change.quantity
    wrote = {line.order_line: line for line in sale.lines}
    units = _by_line(back)
    found = []
    for line in current(sale, root).lines:
        gone = before.get(line.order_line, 0)
        now = min(units.get(line.order_line, 0), sale.returned.get(line.order_line, 0) - gone, line.quantity)
        found.append(_without(line, wrote[line.order_line], gone, now) if now > 0 else line)
    return found


def _by_line(back: Sequence[pos.Returned]) -> Mapping[int, int]:
    found: dict[int, int] = {}
    for each in back:
        found[each.line] = found.get(each.line, 0) + each.units
    return found


def _without(line: Line, wrote: Line, gone: int, units: int) -> Line:
    """Take units off a line, with the money that they bring back when ``gone`` of the receipt's came back before."""
    off = remaining(wrote, gone).gross_minor - remaining(wrote, gone + units).gross_minor
    left = rules.part(line, 0, line.quantity - units)
    gross = max(0, line.gross_minor - off) if left.quantity else 0
    return replace(left, gross_minor=gross, discount_minor=left.discount_minor + left.gross_minor - gross)
