"""What leaves: many shipments at once, in a few statements; and where a lot went by them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import inventory
from rynek.commerce.inventory import LotCode, Sku
from rynek.commerce.orders import rules
from rynek.commerce.orders.actions import q
from rynek.commerce.orders.events import Item, OrderShipped, UnitsShipped
from rynek.commerce.orders.model import Came, Goods, LineOf, OrderLine, Parting, Shipment, Trace
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import NotFound

Number = Annotated[int, Meta(ge=0, le=2**62)]
Limit = Annotated[int, Meta(ge=1, le=1000)]

_components = msgspec.json.Decoder(dict[str, list[tuple[str, int]]]).decode
_shipments = msgspec.json.Decoder(list[Shipment]).decode


async def ship_parts(tx: Tx, parts: Sequence[tuple[UUID, Goods]]) -> list[str]:
    """Let parts of many orders leave, each order once, from where they are set aside.

    Returns:
        for each why it stays; "" for those that left.
    Emits:
        UnitsShipped, StockMoved; OrderShipped with the last of an order.
    """
    known: dict[UUID, Parting] = {each.id: each for each in await q.lock_many(tx, ids=sorted({o for o, _ in parts}))}
    why = [_refusal(known.get(order), goods) for order, goods in parts]
    fit = [n for n, refused in enumerate(why) if not refused]
    if fit:
        leaving = [
            inventory.Leaving(order, f"{order}/{goods.reference}", goods.picks, goods.list)
            for order, goods in (parts[n] for n in fit)
        ]
        for n, refused in zip(fit, await inventory.ship_parts(tx, leaving), strict=True):
            why[n] = refused.detail if refused is not None else ""
        await _left(tx, known, [part for part, refused in zip(parts, why, strict=True) if not refused])
    return why


def _refusal(order: Parting | None, goods: Goods) -> str:
    if order is None:
        return "there is no such order"
    if order.state != "open":
        return f"it is {order.state}"
    if any(each.reference == goods.reference for each in _shipments(order.shipments)):
        return "it has left"
    return f"it is held up: {order.holds}" if order.holds else ""


async def _left(tx: Tx, known: dict[UUID, Parting], parts: Sequence[tuple[UUID, Goods]]) -> None:
    """Write down what left: shipments, lines, states and the history."""
    if not parts:
        return
    ids = [order for order, _ in parts]
    texts = [msgspec.json.encode(goods.picks).decode() for _, goods in parts]
    await q.document_shipments(
        tx, orders=ids, references=[goods.reference for _, goods in parts], goods=texts, at=tx.at
    )
    lines: dict[UUID, list[LineOf]] = {}
    for line in await q.lines_of(tx, orders=ids):
        lines.setdefault(line.order, []).append(line)
    more = {order: _more(known[order], goods, lines[order]) for order, goods in parts}
    counted = [(order, line, units) for order, found in more.items() for line, units in found.items()]
    came: dict[UUID, list[Came]] = {}
    if counted:
        of, numbers, units = zip(*counted, strict=True)
        for each in await q.count_shipped_many(tx, orders=of, lines=numbers, units=units):
            came.setdefault(each.order, []).append(each)
    closed = [order for order in ids if _all_left(lines[order], more[order])]
    await q.close_many(tx, ids=closed)
    over = set(closed)
    await q.write_many(
        tx, orders=ids, whats=["shipped" if order in over else "shipped in part" for order in ids],
        notes=["" if order in over else goods.reference for order, goods in parts], at=tx.at, kind=tx.actor.kind,
        actor=tx.actor.id,
    )  # fmt: skip
    for order, goods in parts:
        items = [Item(each.sku, each.units, each.gross_minor) for each in came.get(order, [])]
        emit(tx, UnitsShipped(order, goods.reference, sum(item.gross_minor for item in items), items))
    emit(tx, *(OrderShipped(order) for order in closed))


def _more(order: Parting, goods: Goods, lines: Sequence[LineOf]) -> dict[int, int]:
    gone: dict[str, int] = {}
    for pick in [*(pick for each in _shipments(order.shipments) for pick in each.goods), *goods.picks]:
        gone[pick.sku] = gone.get(pick.sku, 0) + pick.units
    plain = [
        OrderLine(e.line, e.sku, "", e.quantity, 0, 0, 0, e.gross_minor, 0, shipped=e.shipped, cancelled=e.cancelled)
        for e in lines
    ]
    return rules.newly_shipped(plain, _components(order.components), gone)


def _all_left(lines: Sequence[LineOf], more: dict[int, int]) -> bool:
    return all(line.shipped + line.cancelled + more.get(line.line, 0) >= line.quantity for line in lines)


async def trace(tx: Tx, sku: Sku, lot: LotCode, after: Number = 0, limit: Limit = 500) -> Trace:
    """Tell where a lot or serial number is and which orders it went out with; go on with the last number as ``after``.

    Raises:
        NotFound: no such lot of this item was ever here.
    """
    entries = await inventory.history(tx, sku, lot)
    if not entries:
        raise NotFound("no such lot of this item was ever here")
    there = await inventory.lies(tx, sku, lot)
    day = await inventory.best_before(tx, sku, lot)
    return Trace(sku, lot, day, there, await q.recalled(tx, sku=sku, lot=lot, after=after, limit=limit), entries)
