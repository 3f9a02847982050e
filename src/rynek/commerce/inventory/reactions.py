"""Inventory's scheduled work: holds lapse when their time is up, and what is free goes to those who wait."""

from collections.abc import Sequence

from rynek.commerce.inventory import lots
from rynek.commerce.inventory.awaiting import serve
from rynek.commerce.inventory.events import StockMoved, StockReleased
from rynek.commerce.inventory.holding import q
from rynek.kernel import jobs
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope, emit
from rynek.kernel.log import on


@jobs.every(5, "inventory.lapse-holds", "commerce")
async def lapse_holds(tx: Tx) -> None:
    """Give back what was set aside until now or before.

    Emits:
        StockReleased
    """
    holders = await q.lapsed(tx, at=tx.at, limit=200)
    if not holders:
        return
    await q.held(tx, holders=holders)
    for holder in holders:
        picks = await q.lapse(tx, holder=holder, at=tx.at)
        if picks:
            emit(tx, StockReleased(holder, picks, "lapsed"))


@on(StockMoved, StockReleased, whole=True)
async def serve_who_waits(tx: Tx, news: Sequence[Envelope]) -> None:
    """Give units that are free again, or came over a counter, to those who wait for them."""
    free = {pick.sku for each in news if isinstance(each.data, StockReleased) for pick in each.data.picks}
    back = {
        move.sku for each in news if isinstance(each.data, StockMoved) for move in each.data.moves if move.units > 0
    }
    await serve(tx, sorted(free | back))


@jobs.every(600, "inventory.age-lots", "commerce")
async def age_lots(tx: Tx) -> None:
    """Block what has become too old to be sent out.

    Emits:
        LotBlocked, StockHeld, StockReleased
    """
    await lots.catch_up(tx)
    await lots.age(tx)
