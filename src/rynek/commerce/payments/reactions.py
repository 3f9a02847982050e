"""What others' news means for payments: money of cancelled orders goes back, that of shipped ones is taken."""

from collections.abc import Sequence

from rynek.commerce import orders
from rynek.commerce.orders.events import OrderCancelled, OrderShipped
from rynek.commerce.payments.settlement import ask_to_capture, locked, q, unwind
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.log import on


@on(OrderCancelled, whole=True)
async def give_back(tx: Tx, news: Sequence[Envelope]) -> None:
    """Have the money of cancelled orders go back, each payment what it holds itself."""
    for order in sorted({each.data.order for each in news}):
        await orders.balance(tx, order)
        await unwind(tx, await locked(tx, order))


@on(OrderShipped, whole=True)
async def take(tx: Tx, news: Sequence[Envelope]) -> None:
    """Take what providers promised for orders that were shipped; what people collect themselves they write down."""
    for order in await q.capturable(tx, orders=sorted({each.data.order for each in news})):
        await orders.balance(tx, order)
        await ask_to_capture(tx, await locked(tx, order))
