"""Decisions about receipts: pure."""

from rynek.commerce.pos.model import Line, LineContradicts, Receipt, ReceiptUnbalanced
from rynek.kernel.faults import Fault, Invalid
from rynek.kernel.money import EXPONENTS

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
