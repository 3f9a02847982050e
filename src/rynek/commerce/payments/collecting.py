"""Money as others book it: what people are to collect, what they collected, and what providers settle."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from rynek.commerce import orders
from rynek.commerce.payments import rules
from rynek.commerce.payments.model import MANUAL, Attempt, Awaited, Done, Known, Row, Settled, Taken
from rynek.commerce.payments.ports import PROVIDERS
from rynek.commerce.payments.settlement import ask, locked, q, record
from rynek.kernel.database import Tx
from rynek.kernel.faults import NotFound


async def awaited(tx: Tx, orders: Sequence[UUID], payments: Sequence[UUID] = (), method: str = "") -> list[Awaited]:
    """List what people are still to collect for orders or payments: transfers, cash on delivery.

    Args:
        method: only what is paid so; empty for any way.
    """
    found: list[Awaited] = await q.awaited(tx, orders=orders, payments=payments, method=method)
    return found


async def awaited_of(tx: Tx, currency: str, minor: int, method: str) -> list[Awaited]:
    """List at most ten payments of which exactly so much is still missing: who may be meant by a bare amount."""
    found: list[Awaited] = await q.awaited_of(tx, currency=currency, minor=minor, method=method)
    return found


async def collect(tx: Tx, payment: UUID, reference: str, minor: int) -> int:
    """Write down that money came for what people collect themselves; gives how much of it the payment took.

    It takes no more than is missing, and nothing once its order is cancelled: what is over is the caller's to see to.
    The same reference takes the same once.

    Raises:
        NotFound: there is no such payment, or a provider collects it.
    Emits:
        PaymentCaptured
    """
    row: Row | None = await q.row(tx, id=payment)
    if row is None or row.provider != MANUAL:
        raise NotFound("there is no such payment that people collect")
    await orders.balance(tx, row.order)
    await q.lock(tx, ids=[payment])
    row = await q.row(tx, id=payment)
    if row is None:
        raise NotFound
    attempts: list[Attempt] = await q.attempts(tx, payment=payment)
    attempt = f"capture:{reference}"
    known = next((each.minor for each in attempts if each.attempt == attempt), None)
    if known is not None:
        return known
    taken = 0 if row.unwinding else min(minor, rules.free(row, attempts).capture)
    if taken > 0:
        due = await ask(tx, row, "capture", attempt, taken, tries=1)
        await record(tx, payment, attempt, Done(due.key, taken))
    return max(taken, 0)


async def keep(tx: Tx, order: UUID, minor: int, reference: str, but: Collection[str] = ()) -> int:
    """Write down that money goes back to a buyer in another way than it came, and stays with us: as store credit.

    In the ledger it is a refund of the payment by the name of whoever keeps it, which no provider is asked for. Gives
    how much it is: not more than was taken and is not on its way back. Whoever calls sees to it that it happens once.

    Args:
        but: providers whose money goes back to them all the same.

    Raises:
        NotFound: there is no such order.
    Emits:
        PaymentRefunded
    """
    await orders.balance(tx, order)
    rows = [row for row in await locked(tx, order) if row.provider not in but]
    lefts = [rules.free(row, await q.attempts(tx, payment=row.id)).refund for row in rows]
    parts = rules.spread(minor, lefts)
    for row, part in zip(rows, parts, strict=True):
        if part:
            due = await ask(tx, row, "refund", f"kept:{reference}", part, tries=1)
            await record(tx, row.id, due.attempt, Done(f"kept:{reference}", part))
    return sum(parts)


async def known(tx: Tx, provider: str, references: Sequence[str], payments: Sequence[UUID]) -> list[Known]:
    """Tell what our ledger says of payments that a provider settles, by what it calls them or by our own number."""
    found: list[Known] = await q.known(tx, provider=provider, references=references, payments=payments)
    return found


async def taken(tx: Tx, provider: str, before: datetime, after: UUID | None, limit: int = 1_000) -> list[Taken]:
    """List what a provider took for us before an instant, in the order of our numbers.

    Args:
        after: the last payment of the page before; None for the first page.
    """
    found: list[Taken] = await q.taken(tx, provider=provider, before=before, after=after, limit=limit)
    return found


async def settlements(provider: str, since: datetime) -> list[Settled]:
    """Ask a provider what it has settled since an instant.

    Raises:
        NotFound: this provider is not in use here, or tells nothing of the kind.
    """
    ask_it = getattr(PROVIDERS.get(provider), "settlements", None)
    if ask_it is None:
        raise NotFound("this provider is not in use here, or cannot be asked what it settled")
    found: list[Settled] = await ask_it(since)
    return found
