"""Decisions about subscriptions: pure."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal

from rynek.commerce.subscriptions.model import State, Unit

DUNNING_DAYS = (3, 5, 7)
"""After how many days a delivery that was not paid is tried again; after the last the subscription ends."""

Verb = Literal["pause", "resume", "skip", "swap", "cancel"]
_FROM: dict[Verb, frozenset[State]] = {
    "pause": frozenset({"active", "past-due"}),
    "resume": frozenset({"paused"}),
    "skip": frozenset({"active"}),
    "swap": frozenset({"active", "paused", "past-due"}),
    "cancel": frozenset({"active", "paused", "past-due"}),
}


def due_on(anchor: date, every: int, unit: Unit, cycle: int) -> date:
    """Tell the day of a delivery: so many periods after the first, which is cycle 0.

    Months are counted from the first day, so that what began on the 31st comes on the last of shorter months.
    """
    if unit != "month":
        return anchor + timedelta(days=every * cycle * (7 if unit == "week" else 1))
    months = anchor.year * 12 + anchor.month - 1 + every * cycle
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


def cycle_after(anchor: date, every: int, unit: Unit, cycle: int, today: date) -> int:
    """Tell the first delivery after ``cycle`` that is not in the past: nobody is charged for a pause afterwards."""
    while due_on(anchor, every, unit, cycle) < today:
        cycle += 1
    return cycle


def may(state: State, verb: Verb) -> bool:
    """Tell whether a subscription in this state does that."""
    return state in _FROM[verb]


def retry_on(tries: int, today: date) -> date | None:
    """Tell when a delivery that was not paid for the ``tries``-th time is tried again; None: never."""
    return today + timedelta(days=DUNNING_DAYS[tries - 1]) if 1 <= tries <= len(DUNNING_DAYS) else None


def chargeable(total: int, agreed: int, told: int | None, told_from: date | None, today: date) -> bool:
    """Tell whether a delivery may be charged: never more than was agreed, or than was told long enough before."""
    return total <= agreed or (told is not None and told_from is not None and total <= told and told_from <= today)
