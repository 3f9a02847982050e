"""Orders' scheduled work: what is not paid in time is cancelled."""

from rynek.commerce.orders.actions import PATIENCE, cancel, q
from rynek.kernel import jobs
from rynek.kernel.database import Database


@jobs.every(30, context="commerce")
async def cancel_unpaid(database: Database) -> None:
    """Cancel orders whose money has not come, each in its own transaction."""
    async with database.transaction("commerce") as tx:
        late = await q.unpaid(tx, before=tx.at - PATIENCE, limit=500)
    for order in late:
        async with database.transaction("commerce") as tx:
            known = await q.lock(tx, id=order)
            if known is not None and known.state == "awaiting-payment":
                await cancel(tx, order, "not paid in time")
