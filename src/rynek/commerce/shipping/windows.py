"""Hours of delivery: kept, offered, had by orders in the transaction that places them, moved and given back."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from rynek.commerce.inventory import ChannelCode
from rynek.commerce.shipping import rules
from rynek.commerce.shipping.labelling import q
from rynek.commerce.shipping.model import Slot, SlotClaim, Window, WindowHours
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.faults import Fault, Invalid, NotFound

AHEAD = timedelta(days=21)


async def put_windows(tx: Tx, windows: Annotated[list[WindowHours], Meta(min_length=1, max_length=2000)]) -> None:
    """Add or change hours of delivery, known by their channel, delivery, area and beginning; what is taken stays.

    Raises:
        Invalid: hours are given twice, end before they begin, close after they begin, or lack their time zone.
        WindowFull: more of them is taken already than they would hold.
    """
    keys = [(each.channel, each.delivery, each.area, each.begins_at) for each in windows]
    if any(at.tzinfo is None for each in windows for at in (each.begins_at, each.ends_at, each.closes_at)):
        raise Invalid("an instant needs its time zone", field="windows")
    if len(set(keys)) < len(keys):
        raise Invalid("the same hours are given twice", field="windows")
    if any(not (each.closes_at <= each.begins_at < each.ends_at) for each in windows):
        raise Invalid("hours close before they begin, and begin before they end", field="windows")
    of = {name: [getattr(each, name) for each in windows] for name in WindowHours.__struct_fields__}
    await q.put_windows(
        tx, ids=[ids.new() for _ in windows], channels=of["channel"], deliveries=of["delivery"], areas=of["area"],
        begins=of["begins_at"], ends=of["ends_at"], closes=of["closes_at"], capacities=of["capacity"],
        counts=of["counts"], actives=of["active"],
    )  # fmt: skip


async def windows(
    tx: Tx, channel: ChannelCode, since: datetime | None = None, until: datetime | None = None
) -> list[Window]:
    """List a channel's hours of delivery with how full they are.

    Args:
        since: when the first begins, UTC; None: now.
        until: before which the last begins; None: three weeks after that.

    Raises:
        Invalid: an instant has no time zone.
    """
    begin = since or tx.at
    if begin.tzinfo is None or (until is not None and until.tzinfo is None):
        raise Invalid("an instant needs its time zone", field="since")
    found: list[Window] = await q.windows(tx, channel=channel, since=begin, until=until or begin + AHEAD)
    return found


async def offered(tx: Tx, channel: str, delivery: str, postcode: str) -> list[Window]:
    """List the hours that can still be had for a postcode."""
    found: list[Window] = await q.open_windows(
        tx, channel=channel, delivery=delivery, postcode=plain(postcode), at=tx.at, until=tx.at + AHEAD
    )
    return found


def plain(postcode: str) -> str:
    """Write a postcode as areas are written."""
    return re.sub(r"[\s-]", "", postcode).upper()


async def look_at_slots(tx: Tx, claims: Sequence[SlotClaim]) -> list[Fault | int]:
    """Lock the hours that orders want; tells each order how much it takes of them, or why not. Nothing is taken yet."""
    there: dict[UUID, Window] = {
        each.id: each for each in await q.lock_windows(tx, ids=sorted({each.window for each in claims}))
    }
    return rules.fitting(claims, there, tx.at)


async def take_slots(tx: Tx, claims: Sequence[SlotClaim], units: Sequence[int]) -> None:
    """Give orders the hours that they were found to fit, in the same transaction."""
    await q.take_slots(
        tx, orders=[each.order for each in claims], wins=[each.window for each in claims], units=list(units)
    )  # fmt: skip


async def free_slots(tx: Tx, orders: Sequence[UUID]) -> None:
    """Give back the hours of orders that are not delivered."""
    await q.free_slots(tx, orders=list(orders))


async def slot(tx: Tx, order: UUID) -> Slot:
    """Tell an order's hours: for those who have seen to it that the actor may look.

    Raises:
        NotFound: no hours were chosen for it.
    """
    found: Slot | None = await q.slot(tx, order=order)
    if found is None:
        raise NotFound("no hours were chosen for this order")
    return found


async def move_slot(tx: Tx, claim: SlotClaim) -> Slot:
    """Give an order other hours, of the same delivery: for those who have seen to it that the actor may.

    Raises:
        NotFound: no hours were chosen for it.
        WindowUnknown: these hours cannot be had, or those it has are closed.
        WindowFull: somebody else had the last place of them.
    """
    order, window = claim.order, claim.window
    known = await slot(tx, order)
    locked = {each.id: each for each in await q.lock_windows(tx, ids=sorted({known.window, window}))}
    held: Slot | None = await q.lock_slot(tx, order=order)
    if held is None or held.window not in locked:
        raise NotFound("the hours of this order are being changed: look again")
    if held.window == window:
        return held
    takes = rules.closed(locked[held.window], tx.at) or rules.fitting([claim], locked, tx.at)[0]
    if isinstance(takes, Fault):
        raise takes
    await q.free_slots(tx, orders=[order])
    await q.take_slots(tx, orders=[order], wins=[window], units=[takes])
    return await slot(tx, order)
