"""Inventory's scheduled work: holds lapse when their time is up."""

from rynek.commerce.inventory.events import StockReleased
from rynek.commerce.inventory.holding import q
from rynek.kernel import jobs
from rynek.kernel.database import Tx
from rynek.kernel.events import emit


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
