"""Decisions about changes of orders: pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from rynek.commerce.amendments.model import MOST_LINES, Edit, Part, WindowClosed
from rynek.commerce.orders import LineUnits, NotChangeable, OrderLine
from rynek.kernel.faults import Fault, Invalid


def share(minor: int, quantity: int, start: int, stop: int) -> int:
    """Tell what units ``start`` to ``stop`` of a line of ``quantity`` come to of its money: parts add up to it."""
    return minor * stop // quantity - minor * start // quantity


def waiting(line: OrderLine) -> int:
    """Tell how many units of a line have not left and are still wanted."""
    return line.quantity - line.cancelled - line.shipped


def amiss(edit: Edit, lines: Sequence[OrderLine], state: str, country: str | None) -> Fault | None:
    """Find what keeps a change from being made, whoever asks.

    Args:
        country: where the order goes; None: nobody said.
    """
    there = {line.line: line for line in lines}
    units = {each.line: each.units for each in edit.fewer}
    if not (edit.fewer or edit.more or edit.address or edit.delivery):
        return Invalid("it changes nothing")
    if len(units) < len(edit.fewer):
        return Invalid("a line is given twice", field="fewer")
    if units.keys() - there.keys():
        return Invalid("the order has no such line", field="fewer")
    if len(lines) + len(edit.more) > MOST_LINES:
        return Invalid(f"an order has at most {MOST_LINES} lines", field="more")
    if edit.address is not None and country is not None and edit.address.country != country:
        return Invalid(f"it goes to {country}: another country has other taxes", field="address")
    return _closed(edit, lines, state, units)


def _closed(edit: Edit, lines: Sequence[OrderLine], state: str, units: Mapping[int, int]) -> Fault | None:
    if state in ("shipped", "cancelled"):
        return NotChangeable(f"it is {state}", state=state)
    if any(units.get(line.line, 0) > waiting(line) for line in lines):
        return NotChangeable("so many units are not waiting to leave")
    if (edit.address or edit.delivery) and any(line.shipped for line in lines):
        return NotChangeable("a part of it has left")
    if not edit.more and empties(edit, lines):
        return NotChangeable("nothing of it would be left to leave: cancel it instead")
    return None


def empties(edit: Edit, lines: Iterable[OrderLine]) -> bool:
    """Tell whether all that waits to leave is given up."""
    units = {each.line: each.units for each in edit.fewer}
    return all(waiting(line) == units.get(line.line, 0) for line in lines)


def basket(edit: Edit, lines: Iterable[OrderLine]) -> dict[str, int]:
    """Tell how many of which items the order will be for: what decides the price of its delivery."""
    units = {each.line: each.units for each in edit.fewer}
    left: dict[str, int] = {}
    wanted = [(line.sku, line.quantity - line.cancelled - units.get(line.line, 0)) for line in lines]
    for sku, n in [*wanted, *((want.sku, want.quantity) for want in edit.more)]:
        if n:
            left[sku] = left.get(sku, 0) + n
    return left


def too_late(lines: Iterable[OrderLine], placed_at: datetime, at: datetime, minutes: int | None) -> WindowClosed | None:
    """Find what keeps buyers from changing an order themselves.

    Args:
        minutes: how long they may; None for as long as nothing of it has left.
    """
    if any(line.shipped for line in lines):
        return WindowClosed("a part of it has left")
    if minutes is not None and at >= placed_at + timedelta(minutes=minutes):
        return WindowClosed(f"they may for {minutes} minutes", minutes=minutes)
    return None


def given_up(lines: Iterable[OrderLine], fewer: Iterable[LineUnits]) -> list[Part]:
    """Tell what units that are given up come to: of each line the last ones."""
    units = {each.line: each.units for each in fewer}
    parts = []
    for line in lines:
        if n := units.get(line.line, 0):
            stop = line.quantity - line.cancelled
            parts.append(Part(line.sku, line.name, n, share(line.gross_minor, line.quantity, stop - n, stop)))
    return parts
