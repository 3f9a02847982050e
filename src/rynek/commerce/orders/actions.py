"""What can be done with orders."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from rynek.commerce import inventory
from rynek.commerce.orders import model, rules
from rynek.commerce.orders.events import (
    Item,
    OrderCancelled,
    OrderChanged,
    OrderPaid,
    OrderPlaced,
    OrderShipped,
    Reduction,
    UnitsReturned,
    UnitsShipped,
)
from rynek.commerce.orders.model import (
    Balance,
    Goods,
    Intake,
    LineUnits,
    NotCancellable,
    NotChangeable,
    Note,
    NotReturnable,
    NotShippable,
    Numbered,
    Order,
    OrderLine,
    Placing,
    Return,
    Search,
    Shipment,
    Strike,
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
_INSIDE = frozenset({"note", "held", "let go"})
"""What happens to an order that is no buyer's to read."""
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
    """Show an order with its lines and its history; what staff note and hold it up for is not told to buyers.

    Raises:
        NotFound: there is no such order, or it is not yours.
    """
    head = await q.order(tx, id=order)
    if head is None or (tx.reach == "own" and head.owner != tx.actor.id):
        raise NotFound("there is no such order, or it is not yours")
    lines, history, holds = await q.lines(tx, id=order), await q.history(tx, id=order), await q.holds(tx, order=order)
    left, awaits = await _shipments(tx, order), await inventory.awaited(tx, [order])
    known = {name: getattr(head, name) for name in Order.__struct_fields__[:-5]}
    known["agreed"] = msgspec.Raw(head.agreed.encode())
    if tx.reach == "own":
        history, holds = [each for each in history if each.what not in _INSIDE], []
    return Order(**known, lines=lines, history=history, shipments=left, holds=holds, awaits=awaits)


async def _shipments(tx: Tx, order: UUID) -> list[Shipment]:
    return msgspec.json.decode(await q.shipments(tx, order=order), type=list[Shipment])


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


async def lock(tx: Tx, order: UUID) -> Balance:
    """Lock an order."""
    known: Balance | None = await q.lock(tx, id=order)
    if known is None:
        raise NotFound("there is no such order")
    return known


async def write(tx: Tx, order: UUID, what: str, note: str = "") -> None:
    """Write down what happened to an order."""
    await q.write(tx, order=order, at=tx.at, what=what, note=note, kind=tx.actor.kind, actor=tx.actor.id)


async def cancel(tx: Tx, order: UUID, reason: Note) -> None:
    """Cancel what has not left of an order: its units are free again, its money goes back. Twice is once.

    Raises:
        NotFound: there is no such order, or it is not yours.
        NotCancellable: all of it has been shipped.
    Emits:
        OrderCancelled, or OrderChanged and OrderShipped where a part had left; StockReleased
    """
    if tx.reach == "own":
        await _own(tx, order)
    known = await lock(tx, order)
    if known.state == "shipped":
        raise NotCancellable
    if known.state == "cancelled":
        return
    lines: list[OrderLine] = await q.lines(tx, id=order)
    if any(line.shipped for line in lines):
        waiting = {line.line: line.quantity - line.cancelled - line.shipped for line in lines}
        await give_up(tx, order, f"cancelled-{ids.new()}", {line: n for line, n in waiting.items() if n}, reason)
        return
    await _void(tx, order, reason)


async def _void(tx: Tx, order: UUID, reason: str) -> None:
    await q.set_state(tx, id=order, state="cancelled")
    await inventory.release(tx, order)
    await write(tx, order, "cancelled", reason)
    emit(tx, OrderCancelled(order, reason))


async def strike(tx: Tx, order: UUID, given: Strike) -> Balance:
    """Give up units of an order that have not left; gives what it comes to now. Twice by one number is once.

    The rest keeps its prices and discounts. Where nothing is left to wait for the order is shipped, or cancelled.

    Raises:
        NotFound: there is no such order.
        NotChangeable: it is shipped or cancelled, or so many units are not waiting to leave.
        NotHeld: a part of a bundle has left.
        Invalid: a line is given twice, or the order has no such line.
    Emits:
        OrderChanged, StockReleased; OrderShipped or OrderCancelled
    """
    known = await lock(tx, order)
    if not await documented(tx, order, given.reference, known):
        return known
    return await give_up(tx, order, given.reference, _by_line(given.lines), given.reason)


def _by_line(lines: Sequence[LineUnits]) -> dict[int, int]:
    wanted = {each.line: each.units for each in lines}
    if len(wanted) < len(lines):
        raise Invalid("a line is given twice", field="lines")
    return wanted


async def documented(tx: Tx, order: UUID, reference: str, known: Balance) -> bool:
    """Take a change of an open order in; False when it was taken in before.

    Raises:
        NotChangeable: the order is shipped or cancelled.
    """
    if await q.document_change(tx, order=order, reference=reference, at=tx.at) is None:
        return False
    if known.state in ("shipped", "cancelled"):
        raise NotChangeable(f"it is {known.state}", state=known.state)
    return True


async def give_up(tx: Tx, order: UUID, reference: str, units: Mapping[int, int], reason: str) -> Balance:
    """Take units off a locked order's lines, off the shelf, and off what it comes to."""
    struck: list[OrderLine] = await q.strike(tx, order=order, lines=list(units), units=list(units.values()))
    if len(struck) < len(units):
        raise Invalid("the order has no such line", field="lines")
    lines: list[OrderLine] = await q.lines(tx, id=order)
    if all(line.quantity == line.cancelled for line in lines):
        await _void(tx, order, reason)
        return await lock(tx, order)
    if any(line.shipped + line.cancelled < line.quantity for line in lines):
        await _set_free(tx, order, {need.sku for need in await goods_of(tx, order, struck)})
    else:  # with parts of a bundle whose others have left
        await inventory.release(tx, order)
    total, tax = sum(each.gross_minor for each in struck), sum(each.tax_minor for each in struck)
    after: Balance = await q.reprice(tx, id=order, total=-total, tax=-tax, at=tx.at)
    await write(tx, order, "reduced", reason)
    emit(tx, OrderChanged(order, reference, after.total_minor, _items(struck), []))
    return await _closed(tx, order, lines) or after


async def _set_free(tx: Tx, order: UUID, skus: set[str]) -> None:
    """Give back what is set aside of items beyond what is still to leave: who waits for units gives those up first."""
    left = await to_leave(tx, order)
    torn = {sku: -left.get(sku, 0) for sku in skus if left.get(sku, 0) < 0}
    if torn:
        raise inventory.NotHeld("a part of a bundle has left", short=torn)
    held = dict.fromkeys(skus, 0)
    for pick in await inventory.held(tx, order):
        held[pick.sku] = held.get(pick.sku, 0) + pick.units
    needs = [inventory.Need(sku, held[sku] - left.get(sku, 0)) for sku in sorted(skus)]
    await inventory.wait_for(tx, order, {sku: max(units - held.get(sku, 0), 0) for sku, units in left.items()})
    if needs := [need for need in needs if need.units > 0]:
        await inventory.release_part(tx, order, needs)


async def to_leave(tx: Tx, order: UUID) -> dict[str, int]:
    """Tell which goods of an order are still to leave, set aside or not; of bundles, what they are made of."""
    return rules.to_leave(await q.lines(tx, id=order), await _components(tx, order), await _gone(tx, order))


async def _gone(tx: Tx, order: UUID) -> dict[str, int]:
    gone: dict[str, int] = {}
    for pick in [pick for each in await _shipments(tx, order) for pick in each.goods]:
        gone[pick.sku] = gone.get(pick.sku, 0) + pick.units
    return gone


async def _closed(tx: Tx, order: UUID, lines: Sequence[OrderLine]) -> Balance | None:
    """See whether all that is still wanted of an order has left; then it is shipped."""
    if any(line.shipped + line.cancelled < line.quantity for line in lines):
        return None
    await q.set_state(tx, id=order, state="shipped")
    await write(tx, order, "shipped")
    emit(tx, OrderShipped(order))
    return await lock(tx, order)


async def _own(tx: Tx, order: UUID) -> None:
    head = await q.order(tx, id=order)
    if head is None or head.owner != tx.actor.id:
        raise NotFound("there is no such order, or it is not yours")


async def ship(tx: Tx, order: UUID) -> None:
    """Let all that is set aside for an order leave the house; what is on backorder stays. Shipped twice is shipped.

    Raises:
        NotFound: there is no such order.
        NotShippable: it waits for its money, is cancelled, or is held up.
    Emits:
        UnitsShipped, OrderShipped, StockMoved
    """
    known = await lock(tx, order)
    if known.state == "shipped":
        return
    await _shippable(tx, order, known)
    before = len(await _shipments(tx, order))
    reference = f"{order}/{before}" if before else str(order)
    await _document(tx, order, reference, await inventory.ship(tx, order, reference))
    await _count(tx, order, reference)


async def ship_part(tx: Tx, order: UUID, goods: Goods) -> bool:
    """Let a part of an order's units leave, from where they are set aside; False when this shipment has left already.

    Raises:
        NotFound: there is no such order.
        NotShippable: it waits for its money, is shipped or cancelled, or is held up.
        NotHeld: so many units are not set aside there for this order.
    Emits:
        UnitsShipped, StockMoved; OrderShipped with the last of it.
    """
    known = await lock(tx, order)
    if any(each.reference == goods.reference for each in await _shipments(tx, order)):
        return False
    await _shippable(tx, order, known)
    await inventory.ship_part(tx, inventory.Leaving(order, f"{order}/{goods.reference}", goods.picks, goods.list))
    await _document(tx, order, goods.reference, goods.picks)
    await _count(tx, order, goods.reference)
    return True


async def _count(tx: Tx, order: UUID, reference: str) -> None:
    """Count on lines what has left by all shipments so far, bundles with the last of their parts."""
    lines: list[OrderLine] = await q.lines(tx, id=order)
    more = rules.newly_shipped(lines, await _components(tx, order), await _gone(tx, order))
    await _left(tx, order, reference, more)


async def _shippable(tx: Tx, order: UUID, known: Balance) -> None:
    if known.state != "open":
        raise NotShippable(f"it is {known.state}", state=known.state)
    holds = [each.kind for each in await q.holds(tx, order=order)]
    if holds:
        raise NotShippable(f"it is held up: {', '.join(holds)}", holds=holds)


async def _document(tx: Tx, order: UUID, reference: str, picks: Sequence[inventory.Pick]) -> None:
    text = msgspec.json.encode(picks).decode()
    await q.document_shipment(tx, order=order, reference=reference, goods=text, at=tx.at)


async def _left(tx: Tx, order: UUID, reference: str, units: Mapping[int, int]) -> None:
    """Write down what left, on lines and in the history."""
    came: list[OrderLine] = await q.count_shipped(tx, order=order, lines=list(units), units=list(units.values()))
    emit(tx, UnitsShipped(order, reference, sum(each.gross_minor for each in came), _items(came)))
    if await _closed(tx, order, await q.lines(tx, id=order)) is None:
        await write(tx, order, "shipped in part", reference)


async def take_back(tx: Tx, order: UUID, given: Return) -> bool:
    """Take units of a shipped order back into stock; False when this return is in already. Money follows by a refund.

    Raises:
        NotFound: there is no such order.
        NotReturnable: it has not been shipped, or more would come back than was ordered.
        Invalid: a line is given twice, or the order has no such line.
        LotsWanted: an item wants its serial numbers said.
        NotSoldSo: a lot or serial number did not go out with this order.
        SerialElsewhere: a serial number is in stock already.
        LocationUnknown: there is no such location.
    Emits:
        UnitsReturned, StockMoved
    """
    known = await lock(tx, order)
    if not any(line.shipped for line in await q.lines(tx, id=order)):
        raise NotReturnable(f"it is {known.state}, not shipped", state=known.state)
    if await q.document_return(tx, order=order, reference=given.reference, location=given.location, at=tx.at) is None:
        return False
    units = _by_line(given.lines)
    came: list[OrderLine] = await q.take_back(tx, order=order, lines=list(units), units=list(units.values()))
    if len(came) < len(units):
        raise Invalid("the order has no such line", field="lines")
    goods = await goods_of(tx, order, came)
    await inventory.put_back(tx, given.location, f"{order}/{given.reference}", goods, order, given.lots)
    await write(tx, order, "returned", given.reference)
    items = _items(came)
    emit(tx, UnitsReturned(order, given.reference, given.location, sum(each.gross_minor for each in items), items))
    return True


async def goods_of(tx: Tx, order: UUID, lines: Sequence[OrderLine]) -> list[inventory.Need]:
    """Tell what stands on the shelf for these lines: of bundles, what they were made of when they were bought."""
    components = await _components(tx, order)
    return [inventory.Need(*each) for line in lines for each in rules.goods(line, line.quantity, components)]


async def _components(tx: Tx, order: UUID) -> dict[str, list[tuple[str, int]]]:
    return msgspec.json.decode(await q.components(tx, id=order), type=dict[str, list[tuple[str, int]]])


def _items(lines: Sequence[OrderLine]) -> list[Item]:
    return [Item(each.sku, each.quantity, each.gross_minor) for each in lines]


async def note(tx: Tx, order: UUID, text: Note) -> None:
    """Write a note on an order, for colleagues.

    Raises:
        NotFound: there is no such order.
    """
    await lock(tx, order)
    await write(tx, order, "note", text)


async def numbered(tx: Tx, numbers: Sequence[int]) -> dict[int, UUID]:
    """Tell which orders have these numbers: for those who read them on a bank's statement."""
    found: list[Numbered] = await q.numbered(tx, numbers=numbers) if numbers else []
    return {each.number: each.id for each in found}


async def balance(tx: Tx, order: UUID) -> Balance:
    """Lock an order and tell its state and money: for whoever is about to move some.

    Raises:
        NotFound: there is no such order.
    """
    return await lock(tx, order)


async def left_minor(tx: Tx, order: UUID) -> int:
    """Tell what the units of an order that have left come to, with its delivery from the first of them on."""
    found: int = await q.left_minor(tx, id=order)
    return found


async def book(tx: Tx, order: UUID, *, authorised: int = 0, captured: int = 0, refunded: int = 0) -> Balance:
    """Add what payments did to an order's money (minor units, any sign); gives what it is now.

    Raises:
        NotFound: there is no such order.
    Emits:
        OrderPaid, when that was what it waited for.
    """
    before = await lock(tx, order)
    after: Balance = await q.book(tx, id=order, authorised=authorised, captured=captured, refunded=refunded, at=tx.at)
    if before.state == "awaiting-payment" and after.state == "open":
        await write(tx, order, "paid")
        emit(tx, OrderPaid(order))
    return after
