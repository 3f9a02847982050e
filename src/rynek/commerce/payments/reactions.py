"""What others' news means for payments: money of cancelled orders goes back, that of shipped ones is taken."""

from collections.abc import Sequence

from rynek.commerce import orders
from rynek.commerce.orders.events import OrderCancelled, OrderChanged, OrderCredited, OrderShipped, UnitsShipped
from rynek.commerce.payments.settlement import ask_to_capture, level, locked, q, unwind
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.log import on


@on(OrderCancelled, whole=True)
async def give_back(tx: Tx, news: Sequence[Envelope]) -> None:
    """Have the money of cancelled orders go back, each payment what it holds itself."""
    for order in sorted({each.data.order for each in news}):
        await orders.balance(tx, order)
        await unwind(tx, await locked(tx, order))


@on(UnitsShipped, OrderShipped, whole=True)
async def take(tx: Tx, news: Sequence[Envelope]) -> None:
    """Take what providers promised for what has left of orders; what people collect themselves they write down.

    How much that is stands in the orders and payments, not in the news: they may come twice and in any order.
    """
    for order in await q.capturable(tx, orders=sorted({each.data.order for each in news})):
        await ask_to_capture(tx, order, await orders.balance(tx, order))


@on(OrderChanged, whole=True)
async def give_back_what_is_too_much(tx: Tx, news: Sequence[Envelope]) -> None:
    """Have what was taken for units that are given up go back."""
    await _level(tx, news)


@on(OrderCredited, whole=True)
async def give_back_what_is_credited(tx: Tx, news: Sequence[Envelope]) -> None:
    """Have what buyers were credited go back, as far as it was taken."""
    await _level(tx, news)


async def _level(tx: Tx, news: Sequence[Envelope]) -> None:
    for order in sorted({each.data.order for each in news}):
        await level(tx, order, await orders.balance(tx, order))
