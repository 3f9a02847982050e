"""What others' news means for subscriptions, and their clock."""

from rynek.commerce.orders.events import OrderCancelled, OrderPaid
from rynek.commerce.subscriptions.actions import foretell, paid, q, renew, unpaid
from rynek.kernel import jobs
from rynek.kernel.database import Tx
from rynek.kernel.log import on

AHEAD_DAYS = 60
AT_ONCE = 50


@jobs.every(30, "subscriptions.renew", "commerce")
async def renew_due(tx: Tx) -> None:
    """Place the orders of deliveries that are due today or were due before.

    Emits:
        SubscriptionRenewed, PriceTold, RenewalFailed
    """
    for row in await q.due(tx, on=tx.at.date(), limit=AT_ONCE):
        await renew(tx, row)


@jobs.every(300, "subscriptions.foretell", "commerce")
async def foretell_prices(tx: Tx) -> None:
    """Tell customers of higher prices before they are charged: each subscription is looked at once a day.

    Emits:
        PriceTold
    """
    today = tx.at.date()
    rows = await q.coming(tx, after=today, until=today.fromordinal(today.toordinal() + AHEAD_DAYS), limit=AT_ONCE)
    for row in rows:
        await foretell(tx, row)
    await q.looked(tx, ids=[row.id for row in rows], on=today)


@on(OrderPaid)
async def note_paid(tx: Tx, event: OrderPaid) -> None:
    """A delivery whose order is paid is settled."""
    await paid(tx, event.order)


@on(OrderCancelled)
async def dun(tx: Tx, event: OrderCancelled) -> None:
    """A delivery whose order was not paid in time is tried again."""
    await unpaid(tx, event.order, event.reason)
