"""What documents have to be corrected to, when more was changed than goods that came back: pure, as rules are."""

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from rynek.commerce.documents import rules
from rynek.commerce.documents.drafting import billed, came_back, current, due, standing
from rynek.commerce.documents.model import Document, Line
from rynek.commerce.documents.sales import Sale

Lines = dict[UUID, list[Line]]
_ANY = 1 << 40


def levelled(
    sale: Sale, begun: Sequence[tuple[Document, Sequence[Line]]] = (), number: str = ""
) -> list[tuple[Document, list[Line]]]:
    """Tell which documents have to be corrected, and to which lines: to what was agreed by now, and never to more.

    What was given up goes off by units, another delivery takes the place of the first, and what the buyer was credited
    is spread over all lines in proportion. Where no goods are invoiced yet, advances are lowered to what is to be paid.

    Args:
        begun: what goods that came back leave of them, by the return with that ``number``.

    Source: ustawa o VAT, art. 29a (10) and (13), art. 106j (1) 1-3: a price that is lowered, goods that came back, and
        advances that were paid back.
    """
    roots = [each for each in sale.issued if each.kind in ("invoice", "final")]
    goods = bool(roots)
    roots = roots or [each for each in sale.issued if each.kind == "advance"]
    before = {root.id: list(current(sale, root).lines) for root in roots}
    after = {root: list(lines) for root, lines in before.items()} | {root.id: list(lines) for root, lines in begun}
    if not begun and _comes_back(sale, before):
        return []  # goods that came back are heard of next, and corrected first
    if goods:
        coming = {number: _sum(before) - _sum(after)} if begun else {}
        _give_up(sale, roots, after)
        _send_otherwise(sale, after)
        most = due(sale, billed(sale), coming)
    else:
        most = max(0, sum(e.gross_minor for e in standing(sale)) - sale.goodwill - sum(sale.credited.values()))
    _lower(roots, after, most)
    return [(root, after[root.id]) for root in roots if after[root.id] != before[root.id]]


def _sum(lines: Lines) -> int:
    return sum(line.gross_minor for each in lines.values() for line in each)


def _comes_back(sale: Sale, lines: Lines) -> bool:
    """Tell whether goods on these lines came back that no correction counts yet."""
    there = {line.order_line for each in lines.values() for line in each if line.quantity}
    waiting = came_back(sale, {line.sku: _ANY for line in sale.lines})
    return any(line in there or -1 in there for line in waiting)


def _give_up(sale: Sale, roots: Sequence[Document], after: Lines) -> None:
    """Take units off that were given up after they were invoiced, from the last invoice first."""
    units: dict[int, int] = {}
    for root in roots:
        for line in root.lines:
            units[line.order_line] = units.get(line.order_line, 0) + line.quantity
    for each in sale.issued:
        if each.kind == "correction" and not each.shipment and each.corrects and each.corrects.id in after:
            for change in each.changes:
                of = change.before.order_line
                units[of] = units.get(of, 0) + change.quantity
    kept = billed(sale)
    over = {of: n - kept.get(of, 0) for of, n in units.items() if of > 0 and n > kept.get(of, 0)}
    for root in reversed(roots):
        lines = after[root.id]
        for at, line in enumerate(lines):
            if gone := min(over.get(line.order_line, 0), line.quantity):
                over[line.order_line] -= gone
                lines[at] = rules.part(line, 0, line.quantity - gone)


def _send_otherwise(sale: Sale, after: Lines) -> None:
    """Put the delivery that was chosen since in the place of the one that was invoiced."""
    chosen = next((line for line in sale.lines if line.order_line == 0), None)
    for lines in after.values():
        for at, line in enumerate(lines):
            other = chosen is not None and line.order_line == 0 and line.quantity
            if other and chosen is not None and (line.sku, line.unit_minor) != (chosen.sku, chosen.unit_minor):
                lines[at] = replace(chosen, number=line.number)


def _lower(roots: Sequence[Document], after: Lines, most: int) -> None:
    """Take off what all lines come to beyond what is due, from the last document first."""
    for root in reversed(roots):
        over = _sum(after) - most
        lines = after[root.id]
        # VAT counted from net sums may differ from shares of gross ones by a grosz for each rate
        if over <= (len({line.rate_bp for line in lines}) if root.method == "net" else 0):
            return
        lower = rules.cheaper(lines, over)
        after[root.id] = [_advance(line) for line in lower] if root.kind == "advance" else lower


def _advance(line: Line) -> Line:
    """Count the VAT of an advance anew: it is in what was paid."""
    tax = rules.vat(line.gross_minor, line.rate_bp, "gross")
    return replace(
        line, quantity=1 if line.gross_minor else 0, discount_minor=0, net_minor=line.gross_minor - tax, tax_minor=tax
    )  # fmt: skip
