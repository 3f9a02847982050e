"""Who waits for what: units sold beyond stock, served when goods come, and for when they are promised."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from rynek.commerce.inventory import rules
from rynek.commerce.inventory.events import StockHeld, UnitsServed
from rynek.commerce.inventory.holding import of_holders, q
from rynek.commerce.inventory.model import Awaited, Pick, Queued
from rynek.kernel.database import Tx
from rynek.kernel.events import emit


async def serve(tx: Tx, skus: Sequence[str], location: str = "") -> None:
    """Give free units of items to those who wait for them, first come first served; location "": wherever they are.

    Emits:
        StockHeld, UnitsServed
    """
    wanted = await q.lock_wanted(tx, skus=sorted(set(skus)), location=location)
    if not wanted:
        return
    waiting: list[Awaited] = await q.lock_awaited(tx, skus=sorted({each.sku for each in wanted}))
    given = rules.served(wanted, waiting)
    if not given:
        return
    of = of_holders(given)
    await q.hold(tx, **of, untils=[None] * len(given))
    await q.serve(tx, holders=of["holders"], skus=of["skus"], units=of["units"])
    mine: dict[UUID, list[Pick]] = {}
    for holder, pick in given:
        mine.setdefault(holder, []).append(pick)
    for holder, picks in mine.items():
        emit(tx, StockHeld(holder, picks), UnitsServed(holder, picks))


async def awaited(tx: Tx, holders: Sequence[UUID]) -> list[Awaited]:
    """Tell what holders wait for, or waited for, and for when it is promised."""
    found: list[Awaited] = await q.awaited(tx, holders=list(holders))
    return found


async def queue(tx: Tx, skus: Sequence[str]) -> list[Awaited]:
    """Lock and list who waits for items, first come first served."""
    found: list[Awaited] = await q.lock_awaited(tx, skus=sorted(set(skus)))
    return found


async def ahead_of(tx: Tx, holders: Sequence[UUID], skus: Sequence[str]) -> list[Queued]:
    """Tell how many units of items all but these holders wait for, by channel."""
    found: list[Queued] = await q.ahead_of(tx, holders=list(holders), skus=sorted(set(skus)))
    return found


async def promise(tx: Tx, dates: Sequence[tuple[UUID, str, date | None]]) -> None:
    """Write down for when holders are promised the items they wait for."""
    holders, skus, days = zip(*dates, strict=True)
    await q.promise(tx, holders=holders, skus=skus, days=days)
