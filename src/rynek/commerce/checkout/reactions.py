"""What others' news means to carts."""

from rynek.commerce import shipping
from rynek.commerce.checkout.actions import take_over
from rynek.commerce.orders.events import OrderCancelled
from rynek.kernel.database import Tx
from rynek.kernel.log import on
from rynek.security.events import CustomerLoggedIn


@on(CustomerLoggedIn)
async def bring_carts(tx: Tx, event: CustomerLoggedIn) -> None:
    """A guest who logs in keeps the carts begun before."""
    if event.guest is not None:
        await take_over(tx, event.guest, event.customer)


@on(OrderCancelled)
async def free_hours(tx: Tx, event: OrderCancelled) -> None:
    """The hours of an order that is cancelled are somebody else's to have."""
    await shipping.free_slots(tx, [event.order])
