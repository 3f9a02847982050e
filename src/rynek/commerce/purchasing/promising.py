"""The verbs of promises: how soon something can be had, and what is told to those who wait when that changes."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from rynek.commerce import inventory
from rynek.commerce.inventory import ChannelCode, Sku
from rynek.commerce.purchasing import rules
from rynek.commerce.purchasing.actions import q
from rynek.commerce.purchasing.events import PromiseMoved
from rynek.commerce.purchasing.model import Earliest, Expectation, Supply, Units
from rynek.kernel.database import Tx
from rynek.kernel.events import emit

TRANSIT_DAYS = 2
"""How long goods are on their way from one location to another."""


async def _supply(tx: Tx, skus: Sequence[str]) -> list[Supply]:
    found: list[Supply] = await q.supply(tx, skus=sorted(set(skus)), transit=TRANSIT_DAYS)
    return found


async def _next(
    tx: Tx, asked: Sequence[tuple[str, str, int, date | None]], holders: Sequence[UUID]
) -> list[date | None]:
    """Tell when some (item, channel, units, not before) can be had by those who come after all who wait."""
    skus = [sku for sku, *_ in asked]
    before = [(e.sku, e.channel, e.units, None) for e in await inventory.ahead_of(tx, holders, skus)]
    return rules.dated([*before, *asked], await _supply(tx, skus), tx.at.date())[len(before) :]


async def earliest(
    tx: Tx, channel: ChannelCode, skus: Annotated[list[Sku], Meta(min_length=1, max_length=50)], units: Units = 1
) -> list[Earliest]:
    """Tell how soon so many units of each item can be had in a channel.

    What is free is there today; the rest comes with what suppliers have confirmed and what is on its way between
    locations, less what was promised to others before.
    """
    free = {each.sku: each.units for each in await inventory.available(tx, channel, skus)}
    beyond = {each.sku: each for each in await inventory.beyond(tx, channel, skus, limit=1000)}
    wanted = sorted(set(skus))
    lacks = [sku for sku in wanted if free.get(sku, 0) < units]
    asked = [(s, channel, units - free.get(s, 0), beyond[s].from_on if s in beyond else None) for s in lacks]
    days = dict(zip(lacks, await _next(tx, asked, []), strict=True)) if asked else {}
    return [
        Earliest(
            sku, units, days[sku] if sku in days else tx.at.date(), free.get(sku, 0),
            beyond[sku].most - beyond[sku].sold if sku in beyond and beyond[sku].kind != "none" else 0,
            beyond[sku].kind if sku in beyond else "none",
        )
        for sku in wanted
    ]  # fmt: skip


async def expectations(tx: Tx, channel: str, skus: Sequence[str]) -> dict[str, Expectation]:
    """Tell what a channel may sell beyond stock of any number of items, and when the next unit of each comes.

    What it may not is not in the result.
    """
    beyond = [e for e in await inventory.beyond(tx, channel, list(skus), limit=len(skus) or 1) if e.kind != "none"]
    if not beyond:
        return {}
    days = await _next(tx, [(each.sku, channel, 1, each.from_on) for each in beyond], [])
    return {
        each.sku: Expectation(each.sku, each.kind, each.most - each.sold, day)  # type: ignore[arg-type]
        for each, day in zip(beyond, days, strict=True)
    }


async def promise(tx: Tx, holders: Sequence[UUID]) -> None:
    """Promise days to those who have just been sold units beyond stock, after all who wait already."""
    waits = [each for each in await inventory.awaited(tx, holders) if each.units]
    if waits:
        asked = [(each.sku, each.channel, each.units, each.from_on) for each in waits]
        days = await _next(tx, asked, holders)
        await inventory.promise(tx, [(e.holder, e.sku, day) for e, day in zip(waits, days, strict=True)])


async def keep(tx: Tx, skus: Sequence[str]) -> None:
    """Look anew at when those who wait for items have them; where that is another day, say so.

    Emits:
        PromiseMoved
    """
    waits = await inventory.queue(tx, skus) if skus else []
    if not waits:
        return
    asked = [(each.sku, each.channel, each.units, each.from_on) for each in waits]
    days = rules.dated(asked, await _supply(tx, skus), tx.at.date())
    moved = [(each, day) for each, day in zip(waits, days, strict=True) if day != each.promised_on]
    if moved:
        await inventory.promise(tx, [(each.holder, each.sku, day) for each, day in moved])
        emit(tx, *(PromiseMoved(e.holder, e.sku, e.units, day, e.promised_on) for e, day in moved))
