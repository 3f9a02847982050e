"""Orders' scheduled work: what is not paid in time is cancelled."""

from rynek.commerce.orders.actions import PATIENCE, cancel, q
from rynek.kernel import jobs
from rynek.kernel.database import Tx


@jobs.every(30, "orders.cancel-unpaid", "commerce")
async def cancel_unpaid(tx: Tx) -> None:
    """Cancel orders whose money has not come.

    Emits:
        OrderCancelled, StockReleased
    """
    for order in await q.unpaid(tx, before=tx.at - PATIENCE, limit=100):
        known = await q.lock(tx, id=order)
        if known is not None and known.state == "awaiting-payment":
            await cancel(tx, order, "not paid in time")
