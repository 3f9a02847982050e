"""Inventory's scheduled work: holds lapse when their time is up."""

from rynek.commerce.inventory.actions import q
from rynek.commerce.inventory.events import StockReleased
from rynek.kernel import jobs
from rynek.kernel.database import Database
from rynek.kernel.events import emit


@jobs.every(5, context="commerce")
async def lapse_holds(database: Database) -> None:
    """Give back what was set aside until now or before, holder by holder, each in its own transaction."""
    async with database.transaction("commerce") as tx:
        holders = await q.lapsed(tx, at=tx.at, limit=1000)
    for holder in holders:
        async with database.transaction("commerce") as tx:
            await q.held(tx, holders=[holder])
            picks = await q.lapse(tx, holder=holder, at=tx.at)
            if picks:
                emit(tx, StockReleased(holder, picks, "lapsed"))
