"""What can be done with orders."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from rynek.commerce import inventory
from rynek.commerce.orders import model
from rynek.commerce.orders.events import (
    Item,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderShipped,
    Reduction,
    UnitsReturned,
)
from rynek.commerce.orders.model import (
    Balance,
    Intake,
    NotCancellable,
    Note,
    NotReturnable,
    NotShippable,
    Numbered,
    Order,
    OrderLine,
    Placing,
    Return,
    Search,
    Summary,
    Waiting,
)
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Forbidden, Invalid, NotFound
from rynek.kernel.sql import queries

q = queries(__file__, model)

PATIENCE = timedelta(minutes=30)
"""How long an order waits for its money before it is cancelled."""


LATELY = timedelta(minutes=3)
NEWEST = 5_000
"""Among how many orders those that wait are counted."""


async def place_many(tx: Tx, placings: Sequence[Placing]) -> list[Numbered]:
    """Write orders with their lines; what they agreed is copied and theirs.

    Emits:
        OrderPlaced
    """
    columns = zip(
        *(
            (p.id, p.cart_id, p.channel, p.owner_kind, p.owner, p.email, p.currency, p.state, p.delivery_minor,
             p.tax_minor, p.total_minor, p.authorised_minor, p.captured_minor, p.agreed)
            for p in placings
        ),
        strict=True,
    )  # fmt: skip
    (
        ids,
        carts,
        channels,
        kinds,
        owners,
        emails,
        currencies,
        states,
        deliveries,
        taxes,
        totals,
        authorised,
        captured,
        agreed,
    ) = columns
    of, lines, skus, names, quantities, units, nets, line_taxes, grosses, rates, discounts = zip(
        *(
            (p.id, each.line, each.sku, each.name, each.quantity, each.unit_minor, each.net_minor, each.tax_minor,
             each.gross_minor, each.rate_bp, each.discount_minor)
            for p in placings for each in p.lines
        ),
        strict=True,
    )  # fmt: skip
    numbered: list[Numbered] = await q.place(
        tx, ids=ids, carts=carts, channels=channels, owner_kinds=kinds, owners=owners, emails=emails,
        currencies=currencies, states=states, deliveries=deliveries, taxes=taxes, totals=totals, authorised=authorised,
        captured=captured, agreed=agreed, at=tx.at, line_orders=of, lines=lines, skus=skus, names=names,
        quantities=quantities, units=units, nets=nets, line_taxes=line_taxes, grosses=grosses, rates=rates,
        discounts=discounts,
    )  # fmt: skip
    numbers = {each.id: each.number for each in numbered}
    emit(tx, *(_placed(p, numbers[p.id]) for p in placings))
    return numbered


def _placed(p: Placing, number: int) -> OrderPlaced:
    items = [Item(each.sku, each.quantity, each.gross_minor) for each in p.lines]
    return OrderPlaced(
        p.id, number, p.cart_id, p.channel, p.owner_kind, p.owner, p.currency, p.total_minor, p.tax_minor, items,
        p.discount_minor, [Reduction(code, minor) for code, minor in p.promotions],
    )  # fmt: skip


async def order(tx: Tx, order: UUID) -> Order:
    """Show an order with its lines and its history.

    Raises:
        NotFound: there is no such order, or it is not yours.
    """
    head = await q.order(tx, id=order)
    if head is None or (tx.reach == "own" and head.owner != tx.actor.id):
        raise NotFound("there is no such order, or it is not yours")
    lines, history = await q.lines(tx, id=order), await q.history(tx, id=order)
    known = {name: getattr(head, name) for name in Order.__struct_fields__[:-2]}
    known["agreed"] = msgspec.Raw(head.agreed.encode())
    return Order(**known, lines=lines, history=history)


async def orders(tx: Tx, search: Search) -> list[Summary]:
    """Find orders, newest first; your own, unless you look after everybody's."""
    owner = tx.actor.id if tx.reach == "own" else None
    found: list[Summary] = await q.find(tx, owner=owner, **msgspec.structs.asdict(search))
    return found


async def intake(tx: Tx, since: datetime | None = None) -> Intake:
    """Tell what was ordered, by all buyers together.

    Args:
        since: None for the beginning of this day (UTC).

    Raises:
        Forbidden: you see your own orders only.
    """
    _everybodys(tx)
    day = tx.at.replace(hour=0, minute=0, second=0, microsecond=0)
    found = await q.intake(tx, since=ids.first(since or day), recent=ids.first(tx.at - LATELY))
    return msgspec.json.decode(found, type=Intake)


async def waiting(tx: Tx) -> Waiting:
    """Tell how many orders wait: for their money, and to be packed.

    Raises:
        Forbidden: you see your own orders only.
    """
    _everybodys(tx)
    found: Waiting = await q.waiting(tx, most=NEWEST)
    return found


def _everybodys(tx: Tx) -> None:
    if tx.reach == "own":
        raise Forbidden("you see your own orders only")


async def _lock(tx: Tx, order: UUID) -> Balance:
    known: Balance | None = await q.lock(tx, id=order)
    if known is None:
        raise NotFound("there is no such order")
    return known


async def _write(tx: Tx, order: UUID, what: str, note: str = "") -> None:
    await q.write(tx, order=order, at=tx.at, what=what, note=note, kind=tx.actor.kind, actor=tx.actor.id)


async def cancel(tx: Tx, order: UUID, reason: Note) -> None:
    """Cancel an order that has not left: its units are free again, its money goes back. Cancelled twice is cancelled.

    Raises:
        NotFound: there is no such order, or it is not yours.
        NotCancellable: it has been shipped.
    Emits:
        OrderCancelled, StockReleased
    """
    if tx.reach == "own":
        await _own(tx, order)
    known = await _lock(tx, order)
    if known.state == "shipped":
        raise NotCancellable
    if known.state == "cancelled":
        return
    await q.set_state(tx, id=order, state="cancelled")
    await inventory.release(tx, order)
    await _write(tx, order, "cancelled", reason)
    emit(tx, OrderCancelled(order, reason))


async def _own(tx: Tx, order: UUID) -> None:
    head = await q.order(tx, id=order)
    if head is None or head.owner != tx.actor.id:
        raise NotFound("there is no such order, or it is not yours")


async def ship(tx: Tx, order: UUID) -> None:
    """Let an order's units leave the house. Shipped twice is shipped.

    Raises:
        NotFound: there is no such order.
        NotShippable: it waits for its money, or is cancelled.
    Emits:
        OrderShipped, StockMoved
    """
    known = await _lock(tx, order)
    if known.state == "shipped":
        return
    if known.state != "open":
        raise NotShippable(f"it is {known.state}", state=known.state)
    await q.set_state(tx, id=order, state="shipped")
    await inventory.ship(tx, order, str(order))
    await _write(tx, order, "shipped")
    emit(tx, OrderShipped(order))


async def take_back(tx: Tx, order: UUID, given: Return) -> bool:
    """Take units of a shipped order back into stock; False when this return is in already. Money follows by a refund.

    Raises:
        NotFound: there is no such order.
        NotReturnable: it has not been shipped, or more would come back than was ordered.
        Invalid: a line is given twice, or the order has no such line.
        LocationUnknown: there is no such location.
    Emits:
        UnitsReturned, StockMoved
    """
    known = await _lock(tx, order)
    if known.state != "shipped":
        raise NotReturnable(f"it is {known.state}, not shipped", state=known.state)
    if await q.document_return(tx, order=order, reference=given.reference, location=given.location, at=tx.at) is None:
        return False
    numbers = [each.line for each in given.lines]
    if len(set(numbers)) < len(numbers):
        raise Invalid("a line is given twice", field="lines")
    came: list[OrderLine] = await q.take_back(
        tx, order=order, lines=numbers, units=[each.units for each in given.lines]
    )
    if len(came) < len(numbers):
        raise Invalid("the order has no such line", field="lines")
    await inventory.put_back(tx, given.location, f"{order}/{given.reference}", await _goods(tx, order, came))
    await _write(tx, order, "returned", given.reference)
    items = [Item(each.sku, each.quantity, each.gross_minor) for each in came]
    emit(tx, UnitsReturned(order, given.reference, given.location, sum(each.gross_minor for each in items), items))
    return True


async def _goods(tx: Tx, order: UUID, lines: Sequence[OrderLine]) -> list[inventory.Need]:
    """Tell what stands on the shelf for these lines: of bundles, what they were made of when they were bought."""
    agreed = msgspec.json.decode(await q.components(tx, id=order), type=dict[str, list[tuple[str, int]]])
    return [
        inventory.Need(sku, each.quantity * units)
        for each in lines
        for sku, units in agreed.get(each.sku, [(each.sku, 1)])
    ]


async def note(tx: Tx, order: UUID, text: Note) -> None:
    """Write a note on an order, for colleagues.

    Raises:
        NotFound: there is no such order.
    """
    await _lock(tx, order)
    await _write(tx, order, "note", text)


async def balance(tx: Tx, order: UUID) -> Balance:
    """Lock an order and tell its state and money: for whoever is about to move some.

    Raises:
        NotFound: there is no such order.
    """
    return await _lock(tx, order)


async def book(tx: Tx, order: UUID, *, authorised: int = 0, captured: int = 0, refunded: int = 0) -> Balance:
    """Add what payments did to an order's money (minor units, any sign); gives what it is now.

    Raises:
        NotFound: there is no such order.
    Emits:
        OrderPaid, when that was what it waited for.
    """
    before = await _lock(tx, order)
    after: Balance = await q.book(tx, id=order, authorised=authorised, captured=captured, refunded=refunded)
    if before.state == "awaiting-payment" and after.state == "open":
        await _write(tx, order, "paid")
        emit(tx, OrderPaid(order))
    return after
