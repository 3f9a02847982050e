"""Decisions about goods that come in: pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from math import ceil

from rynek.commerce.inventory import Batch
from rynek.commerce.purchasing.model import Arrived, Effect, Found, Intake, Kind, Open, Settling, State, Supply, Verb

_STEPS: Mapping[tuple[State, Verb], State] = {
    ("draft", "change"): "draft",
    ("draft", "send"): "sent",
    ("draft", "cancel"): "cancelled",
    ("sent", "confirm"): "confirmed",
    ("sent", "receive"): "partly-received",
    ("sent", "cancel"): "cancelled",
    ("confirmed", "move"): "confirmed",
    ("confirmed", "receive"): "partly-received",
    ("confirmed", "cancel"): "cancelled",
    ("partly-received", "move"): "partly-received",
    ("partly-received", "receive"): "partly-received",
    ("partly-received", "close"): "closed",
}
MEASURED = 3
"""From so many deliveries on a lead time is taken as measured rather than as declared."""


def step(state: State, verb: Verb) -> State | None:
    """Tell where a purchase order is after something is done with it; None: that cannot be done now."""
    return _STEPS.get((state, verb))


def lead(declared: int, deliveries: int, median: float | None) -> int:
    """Tell how many days an item is to be expected after it was ordered."""
    return ceil(median) if median is not None and deliveries >= MEASURED else declared


def whole_packs(units: int, pack: int, minimum: int) -> int:
    """Tell the least number of units, not fewer, that a supplier sends: whole packs, and no less than the minimum."""
    return -(-max(units, minimum) // pack) * pack


def taken_in(lines: Iterable[Open], arrived: Iterable[Arrived], *, complete: bool) -> Intake:
    """Lay what came beside what was to come: sound units go to the lines promised first, the rest is a difference.

    Damaged units count against what is still to come after the sound ones; what was not ordered here is ``wrong``.

    Args:
        complete: whatever has not come with this is missing.
    """
    queue: dict[str, list[Open]] = {}
    for each in sorted(lines, key=_first_promised):
        queue.setdefault(each.sku, []).append(each)
    received: dict[int, int] = {}
    found: list[Found] = []
    broken: dict[int, int] = {}
    for came in arrived:
        if came.sku not in queue:
            found += [Found("wrong", came.sku, None, n) for n in (came.units + came.damaged,) if n]
            continue
        over = came.units - _fill(queue[came.sku], came.units, received)
        found += [Found("more", came.sku, queue[came.sku][-1].line, over)] if over else []
        found += _damaged(queue[came.sku], came.damaged, received, broken)
    if complete:
        found += _missing(queue.values(), received, broken)
    return Intake(received, found)


def _first_promised(line: Open) -> tuple[date, int]:
    return line.promised_on or date.max, line.line


def _fill(lines: Sequence[Open], units: int, received: dict[int, int]) -> int:
    """Give units to lines in turn; gives how many found a place."""
    left = units
    for each in lines:
        part = min(each.coming - received.get(each.line, 0), left)
        if part > 0:
            received[each.line] = received.get(each.line, 0) + part
            left -= part
    return units - left


def _damaged(lines: Sequence[Open], units: int, received: Mapping[int, int], broken: dict[int, int]) -> Iterable[Found]:
    """Say of which lines damaged units are; those beyond all lines are of the last."""
    for each in lines:
        last = each is lines[-1]
        part = units if last else min(each.coming - received.get(each.line, 0), units)
        if part > 0:
            broken[each.line] = part
            units -= part
            yield Found("damaged", each.sku, each.line, part)


def _missing(
    queues: Iterable[Sequence[Open]], received: Mapping[int, int], broken: Mapping[int, int]
) -> Iterable[Found]:
    """Say what is missing of lines and was not said before."""
    for each in (line for lines in queues for line in lines):
        lacks = each.coming - received.get(each.line, 0) - broken.get(each.line, 0) - each.missed
        if lacks > 0:
            yield Found("less", each.sku, each.line, lacks)


def of_batches(batches: Iterable[Batch], units: int) -> list[Batch]:
    """Give so many units in the lots they came in, the first first: what came beyond them is not in stock yet."""
    taken = []
    for each in batches:
        part = min(each.units, units)
        if part > 0:
            taken.append(Batch(each.lot, part, each.best_before))
            units -= part
    return taken


def without(batches: Iterable[Batch], units: int) -> list[Batch]:
    """Give the lots that are left after so many units, the first first."""
    left = []
    for each in batches:
        part = min(each.units, units)
        units -= part
        if each.units > part:
            left.append(Batch(each.lot, each.units - part, each.best_before))
    return left


def settled(kind: Kind, how: Settling, units: int, coming: int) -> Effect | None:
    """Tell what it does to settle a difference when ``coming`` units of the line are still to come.

    None: there is nothing to expect of what came too much or was never ordered.
    """
    if how == "expect":
        return None if kind in ("more", "wrong") else Effect()
    if kind in ("more", "wrong"):
        return Effect(extra=units) if how == "accept" else Effect()
    counted = min(units, coming)
    if kind == "damaged" and how == "accept":
        return Effect(received=counted, extra=units - counted)
    return Effect(dropped=counted)


def due(sent_on: date, days: int) -> date:
    """Tell the day on which goods are to be expected."""
    return sent_on + timedelta(days=days)


def dated(
    waiting: Iterable[tuple[str, str, int, date | None]], supply: Iterable[Supply], today: date
) -> list[date | None]:
    """Tell, for each who waits in turn (item, channel, units, not before), the day on which all of it is there.

    Each takes what comes first to a location that serves its channel. What is late is expected today at the earliest.
    Where what is known to come is not enough it is taken all the same, and the day is None; of what nobody is to have
    before a day, that day, or the last on which some comes.
    """
    left = [(max(each.on, today), each) for each in sorted(supply, key=lambda each: (each.on, each.location))]
    taken = [0] * len(left)
    days: list[date | None] = []
    for sku, channel, units, not_before in waiting:
        lacks, last = units, max(not_before or today, today)
        for n, (day, each) in enumerate(left):
            if lacks and each.sku == sku and channel in each.channels and (part := min(lacks, each.units - taken[n])):
                taken[n] += part
                lacks -= part
                last = max(last, day)
        known = [day for day, each in left if each.sku == sku and channel in each.channels]
        days.append(last if not lacks else not_before and max([not_before, *known]))
    return days
