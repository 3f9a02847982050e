"""Scheduled work: offers and requests end."""

from rynek.commerce.quotes.actions import lapse, q
from rynek.commerce.quotes.approvals import end
from rynek.kernel import jobs
from rynek.kernel.database import Tx


@jobs.every(30, "quotes.expire", "commerce")
async def expire(tx: Tx) -> None:
    """Close offers past their day, and requests for approval that nobody decided.

    Emits:
        QuoteMoved, ApprovalMoved
    """
    for quote in await q.ended(tx, at=tx.at, limit=100):
        await lapse(tx, quote)
    for approval in await q.overdue(tx, at=tx.at, limit=100):
        await end(tx, approval)
