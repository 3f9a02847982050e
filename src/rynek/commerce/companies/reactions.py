"""What others' news means for companies: what is paid, cancelled or shipped."""

from collections.abc import Sequence

from rynek.commerce.companies.actions import q, settle
from rynek.commerce.orders.events import OrderCancelled, OrderShipped
from rynek.commerce.payments.events import PaymentCaptured, PaymentVoided
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.log import on


@on(PaymentCaptured, PaymentVoided, whole=True)
async def release(tx: Tx, news: Sequence[Envelope]) -> None:
    """What was paid or let go is owed no more."""
    await settle(tx, sorted({each.data.order for each in news}))


@on(OrderCancelled, whole=True)
async def forget(tx: Tx, news: Sequence[Envelope]) -> None:
    """A cancelled order counts towards no limit and no budget."""
    await q.cancel_orders(tx, orders=sorted({each.data.order for each in news}))


@on(OrderShipped, whole=True)
async def note_shipped(tx: Tx, news: Sequence[Envelope]) -> None:
    """What was shipped can be invoiced."""
    for each in news:
        await q.ship_orders(tx, orders=[each.data.order], at=each.at)
