"""What others' news means for companies: what is paid, cancelled or shipped."""

from collections.abc import Sequence

import msgspec

from rynek.commerce.companies.actions import q, settle
from rynek.commerce.companies.events import PaymentOverdue
from rynek.commerce.orders.events import OrderCancelled, UnitsShipped
from rynek.commerce.payments.events import PaymentCaptured, PaymentVoided
from rynek.kernel import jobs
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope, emit
from rynek.kernel.log import on

REMINDERS = (1, 7, 14)
"""How many days after a payment was due a company is reminded of it."""


@on(PaymentCaptured, PaymentVoided, whole=True)
async def release(tx: Tx, news: Sequence[Envelope]) -> None:
    """What was paid or let go is owed no more."""
    await settle(tx, sorted({each.data.order for each in news}))


@on(OrderCancelled, whole=True)
async def forget(tx: Tx, news: Sequence[Envelope]) -> None:
    """A cancelled order counts towards no limit and no budget."""
    await q.cancel_orders(tx, orders=sorted({each.data.order for each in news}))


@on(UnitsShipped, whole=True)
async def note_shipped(tx: Tx, news: Sequence[Envelope]) -> None:
    """What left can be invoiced, together with what else left in its period."""
    left = [(each.data, each.at) for each in news if each.data.items]
    items: list[dict[str, int]] = []
    for event, _ in left:
        units: dict[str, int] = {}
        for item in event.items:
            units[item.sku] = units.get(item.sku, 0) + item.units
        items.append(units)
    await q.deliver(
        tx, orders=[event.order for event, _ in left], references=[event.reference for event, _ in left],
        minors=[event.gross_minor for event, _ in left], items=[msgspec.json.encode(each).decode() for each in items],
        ats=[at for _, at in left],
    )  # fmt: skip


@jobs.every(3_600, "companies.remind", "commerce")
async def remind(tx: Tx) -> None:
    """Remind companies of what they should have paid.

    Emits:
        PaymentOverdue
    """
    for late in await q.remind(tx, steps=list(REMINDERS), today=tx.at.date(), limit=1_000):
        emit(tx, PaymentOverdue(late.company, late.order, late.payment, late.open_minor, late.due_on, late.reminders))
