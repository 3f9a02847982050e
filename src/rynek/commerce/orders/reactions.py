"""Orders' scheduled work: what is not paid in time is cancelled."""

from rynek.commerce import inventory
from rynek.commerce.orders.actions import PATIENCE, cancel, q
from rynek.kernel import jobs
from rynek.kernel.database import Tx


@jobs.every(30, "orders.cancel-unpaid", "commerce")
async def cancel_unpaid(tx: Tx) -> None:
    """Cancel orders whose money has not come.

    Emits:
        OrderCancelled, StockReleased
    """
    waiting = await q.lock_unpaid(tx, before=tx.at - PATIENCE, limit=100)
    await inventory.lock_held(tx, waiting)
    for order in waiting:
        await cancel(tx, order, "not paid in time")
