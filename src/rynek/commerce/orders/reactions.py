"""What others' news means to orders, and scheduled work: what is not paid in time is cancelled."""

from rynek.commerce import inventory
from rynek.commerce.orders.actions import PATIENCE, cancel, q
from rynek.kernel import jobs
from rynek.kernel.database import Tx
from rynek.kernel.log import on
from rynek.security.events import CustomerLoggedIn


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


@on(CustomerLoggedIn)
async def hand_over(tx: Tx, event: CustomerLoggedIn) -> None:
    """A guest who logs in finds the orders placed before among the account's."""
    if event.guest is not None:
        await q.hand_over(tx, guest=event.guest, customer=event.customer)
