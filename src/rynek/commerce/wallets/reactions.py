"""What others' news means for wallets: points are earned and go back; what lapses lapses."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rynek.commerce import orders
from rynek.commerce.orders.events import (
    OrderCancelled,
    OrderChanged,
    OrderCredited,
    OrderPlaced,
    OrderShipped,
    UnitsReturned,
)
from rynek.commerce.wallets import rules
from rynek.commerce.wallets.actions import YEAR, owned, tiers_of
from rynek.commerce.wallets.ledger import lapse, move, q
from rynek.commerce.wallets.model import POINTS, Bought
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.jobs import every
from rynek.kernel.log import on

_AT_ONCE = 200


@on(OrderPlaced, OrderShipped, OrderChanged, OrderCancelled, UnitsReturned, OrderCredited, whole=True)
async def earn(tx: Tx, news: Sequence[Envelope]) -> None:
    """A customer's order has earned what it comes to, from when it was shipped: no more after goods came back.

    Whatever is heard, in whatever order and however often, the points are brought to what the order comes to now.
    """
    for each in news:
        if isinstance(each.data, OrderPlaced) and each.data.owner_kind == "customer":
            await _remember(tx, each.data)
    for order in sorted({each.data.order for each in news}):
        await _level(tx, order)


async def _remember(tx: Tx, event: Any) -> None:
    await q.add_order(tx, order_id=event.order, owner=event.owner, channel=event.channel, currency=event.currency)


async def _level(tx: Tx, order: UUID) -> None:
    if not await q.customers(tx, order_id=order):
        return
    balance = await orders.balance(tx, order)
    bought: Bought = await q.bought(tx, order_id=order)
    if bought.shipped_at is None:
        if balance.state != "shipped" or not await _ship(tx, bought):
            return
        bought = await q.bought(tx, order_id=order)
    counted = max(0, balance.due_minor)
    points = rules.earned(counted, bought.per_minor, bought.multiplier_bp)
    change = points - bought.points
    await q.count(tx, order_id=order, counted=counted, points=points)
    if change:
        account, reference = await owned(tx, bought.owner, "points", POINTS), f"points:{order}:{ids.new().hex}"
        if change > 0:
            await move(
                tx, account, reference, "issued", "available", change, why="earned", order=order,
                expires_on=bought.expires_on,
            )  # fmt: skip
        else:
            await move(tx, account, reference, "available", "issued", -change, why="reversed", order=order)


async def _ship(tx: Tx, bought: Bought) -> bool:
    """Let an order earn by the terms of this day; gives whether its channel has any."""
    terms = await q.programme(tx, channel=bought.channel)
    if terms is None or not terms.active or terms.currency != bought.currency:
        return False
    spent = await q.spent(tx, owner=bought.owner, channel=bought.channel, since=tx.at - YEAR)
    reached, _ = rules.tier(tiers_of(terms), spent)
    await q.ship(
        tx, order_id=bought.order, per_minor=terms.per_minor, multiplier_bp=reached.multiplier_bp,
        expires_on=rules.last_day(tx.at.date(), terms.months), at=tx.at,
    )  # fmt: skip
    return True


@every(3_600, "commerce.wallets.lapse", "commerce")
async def sweep(tx: Tx) -> None:
    """Take what has lapsed out of wallets, first in first out, and forget tokens that pay nothing any more.

    Emits:
        BalanceChanged
    """
    for account in await q.lapsing(tx, today=tx.at.date(), limit=_AT_ONCE):
        await lapse(tx, await q.lock(tx, id=account))
    await q.forget_claims(tx, before=tx.at - YEAR / 365)
