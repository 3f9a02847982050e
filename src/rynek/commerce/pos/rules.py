"""Decisions about receipts: pure."""

from collections.abc import Iterable, Mapping, Sequence

from rynek.commerce.pos.model import (
    Back,
    Line,
    LineContradicts,
    NotBackAtAll,
    Receipt,
    ReceiptUnbalanced,
    Returnable,
    Tender,
    TooManyBack,
)
from rynek.kernel.faults import Fault, Invalid
from rynek.kernel.money import EXPONENTS, split

COUNTED = frozenset({"sale", "return", "giveaway", "weighed"})
"""Kinds whose goods stand in the book; the others have none, or never left."""


def moved(line: Line) -> int:
    """Tell how many units a line took out of the book; negative when they came back."""
    return line.quantity if line.kind in COUNTED else 0


def amount(receipt: Receipt) -> int:
    """Add up what was paid."""
    return sum(line.amount for line in receipt.lines)


def units(receipt: Receipt) -> int:
    """Add up the units that left the book."""
    return sum(moved(line) for line in receipt.lines)


def discount(receipt: Receipt) -> int:
    """Add up what was taken off."""
    return sum(off.amount for line in receipt.lines for off in line.discounts)


def check(receipt: Receipt) -> Fault | None:
    """Find what makes a receipt impossible. What is merely odd is taken: the customer has left with the goods."""
    if receipt.currency not in EXPONENTS:
        return Invalid(f"{receipt.currency} is not a currency we trade in", field="currency")
    for number, line in enumerate(receipt.lines, 1):
        if line.kind == "return":
            if line.quantity > 0 or line.amount > 0:
                return LineContradicts(f"line {number}: a return has quantity and amount of zero or less", line=number)
        elif line.kind in COUNTED and line.quantity < 0:
            return LineContradicts(f"line {number}: goods that come back are a return", line=number)
    lines, tenders = amount(receipt), sum(tender.amount for tender in receipt.tenders)
    if lines != tenders:
        return ReceiptUnbalanced(f"lines come to {lines}, tenders to {tenders}", lines=lines, tenders=tenders)
    return None


# --- back over the counter --------------------------------------------------------------------------------------------

GOODS = frozenset({"sale", "weighed"})
"""Kinds of lines whose goods can come back."""


def paid(lines: Sequence[Line]) -> list[int]:
    """Tell what was really paid for each line: what coupons and voids take off a receipt is shared out over the others.

    What comes back on it is left out (0), as are the lines that take off; the shares add up to the rest of the receipt.
    """
    amounts = [max(line.amount, 0) if line.kind != "return" else 0 for line in lines]
    off = -sum(line.amount for line in lines if line.kind != "return" and line.amount < 0)
    if not off or not sum(amounts):
        return amounts
    parts = split(min(off, sum(amounts)), amounts)
    return [amount - part for amount, part in zip(amounts, parts, strict=True)]


def returnable(lines: Sequence[Line], back: Mapping[int, int]) -> list[Returnable]:
    """Tell how many units of a receipt's lines may still come back; lines that are no goods are left out.

    Args:
        back: units by line that are back already.
    """
    return [
        Returnable(number, line.sku, line.quantity, line.quantity - back.get(number, 0), minor)
        for number, (line, minor) in enumerate(zip(lines, paid(lines), strict=True), 1)
        if line.kind in GOODS and line.quantity > 0 and line.amount >= 0
    ]


def amiss(there: Iterable[Returnable], wanted: Sequence[Back]) -> Fault | None:
    """Find what keeps units of a receipt from coming back: never more than were sold."""
    left = {line.line: line.left for line in there}
    if len({each.line for each in wanted}) < len(wanted):
        return Invalid("a line is given twice", field="lines")
    for each in wanted:
        if each.line not in left:
            return NotBackAtAll(f"line {each.line} is nothing that comes back", line=each.line)
        if each.scrap > each.units:
            return Invalid("more is scrapped than comes back", field="scrap")
        if each.units > left[each.line]:
            return TooManyBack(f"{left[each.line]} of line {each.line} can come back", line=each.line)
    return None


def share(line: Returnable, units: int) -> int:
    """Tell what units of a line bring back: their share of what was paid. The shares of a line add up to it."""
    before = line.quantity - line.left
    whole = line.amount_minor * (before + units) // line.quantity
    return whole - line.amount_minor * before // line.quantity


def handed_out(tenders: Sequence[Tender], before: int, minor: int) -> list[Tender]:
    """Tell by what money goes back: the receipt's tenders in their order, what went back before taken off."""

    def parts(total: int) -> list[int]:
        spread: list[int] = []
        for each in tenders:
            spread.append(max(0, min(each.amount, total - sum(spread))))
        return spread

    now = [after - gone for after, gone in zip(parts(before + minor), parts(before), strict=True)]
    return [Tender(each.method, part) for each, part in zip(tenders, now, strict=True) if part]
