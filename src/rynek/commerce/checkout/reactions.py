"""What others' news means to carts."""

from rynek.commerce.checkout.actions import take_over
from rynek.kernel.database import Tx
from rynek.kernel.log import on
from rynek.security.events import CustomerLoggedIn


@on(CustomerLoggedIn)
async def bring_carts(tx: Tx, event: CustomerLoggedIn) -> None:
    """A guest who logs in keeps the carts begun before."""
    if event.guest is not None:
        await take_over(tx, event.guest, event.customer)
