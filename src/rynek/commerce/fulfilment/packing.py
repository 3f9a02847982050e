"""What happens to what was picked: it is packed, labelled and handed over; with that it has left."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import inventory, orders, shipping
from rynek.commerce.fulfilment import rules
from rynek.commerce.fulfilment.actions import looked_at
from rynek.commerce.fulfilment.events import GoodsOnTheWay, OrderPacked, ParcelsHandedOver
from rynek.commerce.fulfilment.ground import q
from rynek.commerce.fulfilment.model import OnList, ParcelsDiffer, Wanted, WrongStep
from rynek.commerce.fulfilment.sending import (
    Boxed,
    Found,
    HandedOver,
    Handover,
    HandoverRow,
    Packing,
    Parcel,
    ParcelRow,
    Sending,
    Sent,
    Sought,
    Tracked,
)
from rynek.commerce.fulfilment.working import lock, shown
from rynek.commerce.inventory import LocationCode, Need, NotHeld, Pick
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Invalid, NotFound

Carrier = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z", examples=["inpost", "dpd"])]
_read_party = msgspec.json.Decoder(shipping.Party).decode
IN_HOUSE = "2000000"
"""The beginning of the house's own parcel numbers: GS1 leaves those that begin with 2 to whoever uses them inside."""


async def pack(
    tx: Tx, task: UUID, carrier: Carrier, parcels: Annotated[list[Packing], Meta(min_length=1, max_length=100)]
) -> list[Parcel]:
    """Pack what was picked into parcels for a carrier, each with its weight and a number for its label.

    A carrier that shipping knows is asked for a label; one that does not answer is asked again until it does.

    Raises:
        NotFound: there is no such work, or it is not your store's.
        WrongStep: it is not picked, or packed already, somebody else is at it, or it is handed out here.
        ParcelsDiffer: the parcels do not hold what was picked.
        Conflict: a parcel of this carrier has this number.
    Emits:
        OrderPacked
    """
    found = await lock(tx, task, "pack")
    if found.kind == "hand-out":
        raise WrongStep("it is handed out here: lay it ready", state=found.state)
    lines = await q.lists(tx, orders=[found.order])
    lines = [line for line in lines if line.task == task]
    picked = {line.sku: line.picked for line in lines if line.picked}
    goods = rules.parcels(picked, [each.goods for each in parcels])
    if goods is None:
        raise ParcelsDiffer("say what is in each parcel but one; together they hold what was picked", picked=picked)
    told = any(line.by_lot for line in lines)
    lots = await _lots(tx, [task] * len(goods), goods, [each.lots for each in parcels]) if told else [None] * len(goods)
    numbers = iter(await q.number_parcels(tx, count=sum(not each.tracking for each in parcels)))
    trackings = [each.tracking or rules.sscc(IN_HOUSE, next(numbers) % 10**9) for each in parcels]
    texts = [msgspec.json.encode(each).decode() for each in goods]
    n, fresh = len(parcels), [ids.new() for _ in parcels]
    await q.pack(
        tx, ids=fresh, tasks=[task] * n, orders=[found.order] * n,
        locations=[found.location] * n, carrier=carrier, trackings=trackings,
        weights=[each.weight_g for each in parcels], goods=texts, lots=lots, at=tx.at,
    )  # fmt: skip
    await q.move(tx, task=task, state="packed", picker=found.picker, at=tx.at)
    await _label(
        tx, carrier,
        [_Boxed(i, found.order, found.location, each.weight_g, number, each.size)
         for i, each, number in zip(fresh, parcels, trackings, strict=True) if not each.tracking],
    )  # fmt: skip
    emit(tx, OrderPacked(found.order, task, found.location, trackings))
    return [shown(row) for row in await q.parcels_of(tx, task=task)]


async def box(
    tx: Tx,
    location: LocationCode,
    carrier: Carrier,
    parcels: Annotated[list[Boxed], Meta(min_length=1, max_length=500)],
) -> list[UUID]:
    """Pack many of your picked tasks for a carrier, each into one parcel; gives those that are packed with that.

    What is not yours, or not picked, is passed over.

    Raises:
        Forbidden: it is not your store.
        Invalid: a task is given twice.
        Conflict: a parcel of this carrier has this number.
    Emits:
        OrderPacked
    """
    inventory.works_at(tx, location)
    given = {each.task: each for each in parcels}
    if len(given) < len(parcels):
        raise Invalid("a task is given twice", field="parcels")
    await q.lock_tasks(tx, ids=sorted(given))
    goods: dict[UUID, dict[str, int]] = {}
    orders_: dict[UUID, UUID] = {}
    told: set[UUID] = set()
    for line in await q.whole(tx, tasks=sorted(given), location=location, picker=tx.actor.id):
        goods.setdefault(line.task, {})[line.sku] = line.picked
        orders_[line.task] = line.order
        told |= {line.task} if line.by_lot else set()
    tasks = sorted(goods)
    mine = sorted(told)
    lots = (
        dict(zip(mine, await _lots(tx, mine, [goods[t] for t in mine], [()] * len(mine)), strict=True)) if mine else {}
    )
    numbers = await q.number_parcels(tx, count=len(tasks))
    named = [given[t].tracking or rules.sscc(IN_HOUSE, n % 10**9) for t, n in zip(tasks, numbers, strict=True)]
    fresh = [ids.new() for _ in tasks]
    await q.pack(
        tx, ids=fresh, tasks=tasks, orders=[orders_[t] for t in tasks],
        locations=[location] * len(tasks), carrier=carrier, trackings=named,
        weights=[given[t].weight_g for t in tasks],
        goods=[msgspec.json.encode(goods[t]).decode() for t in tasks], lots=[lots.get(t) for t in tasks], at=tx.at,
    )  # fmt: skip
    await q.packed_now(tx, tasks=tasks, at=tx.at)
    await _label(
        tx, carrier,
        [_Boxed(i, orders_[t], location, given[t].weight_g, number, None)
         for i, t, number in zip(fresh, tasks, named, strict=True) if not given[t].tracking],
    )  # fmt: skip
    emit(tx, *(OrderPacked(orders_[t], t, location, [number]) for t, number in zip(tasks, named, strict=True)))
    return tasks


async def _lots(
    tx: Tx, tasks: Sequence[UUID], goods: Sequence[Mapping[str, int]], said: Sequence[Sequence[inventory.OfLot]]
) -> list[str | None]:
    """Tell which lots are in each parcel, as JSON; of each task the parcels follow one another."""
    taken: dict[UUID, dict[tuple[str, str], int]] = {}
    for each in await inventory.taken(tx, sorted(set(tasks))):
        taken.setdefault(each.list, {})[each.sku, each.lot] = each.units
    found: list[str | None] = []
    for task in dict.fromkeys(tasks):
        at = [n for n, of in enumerate(tasks) if of == task]
        boxes = rules.boxed([goods[n] for n in at], taken.get(task, {}), [said[n] for n in at])
        if boxes is None:
            raise ParcelsDiffer("the lots that are said are not those that were picked", field="parcels")
        found += [msgspec.json.encode(box).decode() if box else None for box in boxes]
    return found


class _Boxed(NamedTuple):
    """A parcel that needs a label."""

    id: UUID
    order: UUID
    location: str
    weight_g: int
    number: str
    size: shipping.Size | None


async def _label(tx: Tx, carrier: str, boxed: Sequence[_Boxed]) -> None:
    """Have shipping see to the labels of parcels whose carrier it knows."""
    if not boxed or not await shipping.known(tx, carrier):
        return
    pairs = sorted({(each.order, each.location) for each in boxed})
    rows = await q.sendings(tx, orders=[order for order, _ in pairs], locations=[place for _, place in pairs])
    ways = {(row.order, row.location): row for row in rows}
    await shipping.book(tx, [_consignment(carrier, each, ways[each.order, each.location]) for each in boxed])


def _consignment(carrier: str, boxed: _Boxed, way: Sending) -> shipping.Consignment:
    sender = shipping.Party(way.name, way.street, way.postcode, way.city, way.home)
    return shipping.Consignment(
        boxed.id, boxed.order, boxed.location, carrier, boxed.number, boxed.weight_g, sender, _read_party(way.to),
        boxed.size, way.point, str(way.number),
    )  # fmt: skip


async def parcels_of(tx: Tx, order: UUID) -> list[Sent]:
    """List the parcels of an order with where they are: for its buyer, and for whoever answers her.

    Raises:
        NotFound: there is no such order, or it is not yours.
    """
    await orders.order(tx, order)
    return await _parcels_of(tx, order)


async def track(tx: Tx, sought: Sought) -> Tracked:
    """Find an order's parcels for who knows its number and e-mail: a buyer at another screen, without an account.

    Raises:
        NotFound: there is no such order with this e-mail.
    """
    row: Found | None = await q.found(tx, number=sought.number, email=sought.email)
    if row is None:
        raise NotFound("there is no such order with this e-mail")
    return Tracked(row.id, row.number, row.state, await _parcels_of(tx, row.id))


async def _parcels_of(tx: Tx, order: UUID) -> list[Sent]:
    rows: list[ParcelRow] = await q.parcels_of_order(tx, order=order)
    there = {each.parcel: each for each in await shipping.going(tx, [row.id for row in rows])} if rows else {}
    return [_sent(row, there.get(row.id)) for row in rows]


def _sent(row: ParcelRow, going: shipping.Going | None) -> Sent:
    left = row.handover is not None
    if going is None or going.state != "labelled":
        name = "" if going is None else going.name
        return Sent(row.id, row.carrier, row.tracking, None, "packed", row.packed_at, left, [], name)
    return Sent(
        row.id, row.carrier, row.tracking, going.follow, going.standing, row.packed_at, left, going.sights, going.name
    )  # fmt: skip


async def ready_to_go(tx: Tx, location: LocationCode, carrier: Carrier | None = None) -> list[Parcel]:
    """List the parcels at a location that no carrier took yet.

    Raises:
        Forbidden: it is not your store.
    """
    rows = await q.ready_to_go(tx, location=looked_at(tx, location), carrier=carrier or "")
    return [shown(row) for row in rows]


async def hand_over(tx: Tx, location: LocationCode, carrier: Carrier) -> HandedOver:
    """Hand all parcels that are ready to a carrier: what is in them leaves the book, and their orders are shipped.

    What goes to where it is collected stays in the book, on its way. The parcels of an order that is held up, was
    changed meanwhile, or waits for a label, stay; it is told why.

    Raises:
        Forbidden: it is not your store.
    Emits:
        ParcelsHandedOver, UnitsShipped, OrderShipped, StockMoved, GoodsOnTheWay, ParcelMoved
    """
    inventory.works_at(tx, location)
    waiting = await q.ready_to_go(tx, location=location, carrier=carrier)
    wanted: list[Wanted] = await q.lock_orders(tx, ids=sorted({row.order for row in waiting}))
    bare = await shipping.lacking(tx, [row.id for row in waiting])
    unlabelled = {row.task: row.order for row in waiting if row.id in bare}
    waiting = [row for row in waiting if row.task not in unlabelled]
    tasks = await _packed(tx, waiting, "send")
    gone, left = await leave(tx, tasks)
    if brought := await _packed(tx, waiting, "bring"):
        brought_away, stay = await _bring(tx, {each.order: each for each in wanted}, brought)
        tasks, gone, left = tasks | brought, [*gone, *brought_away], left | stay
    left |= dict.fromkeys(unlabelled.values(), "a parcel has no label yet")
    if not gone:
        return HandedOver(None, 0, left)
    handover = ids.new()
    await q.hand_over(
        tx, id=handover, location=location, carrier=carrier, at=tx.at, actor=tx.actor.id, tasks=gone
    )  # fmt: skip
    away = [row.id for row in waiting if row.task in gone]
    await shipping.take(tx, away)
    of = sorted({tasks[task][0].order for task in gone})
    emit(tx, ParcelsHandedOver(handover, location, carrier, len(away), of))
    return HandedOver(handover, len(away), left)


async def _packed(tx: Tx, waiting: Sequence[ParcelRow], kind: str) -> dict[UUID, list[OnList]]:
    tasks: dict[UUID, list[OnList]] = {}
    for line in await q.packed(tx, tasks=sorted({row.task for row in waiting}), kind=kind):
        tasks.setdefault(line.task, []).append(line)
    return tasks


async def _bring(
    tx: Tx, wanted: Mapping[UUID, Wanted], tasks: Mapping[UUID, Sequence[OnList]]
) -> tuple[list[UUID], dict[UUID, str]]:
    """Send goods to where they are collected, as a transfer; until they are there their order waits for them."""
    gone: list[UUID] = []
    left: dict[UUID, str] = {}
    held = {each.id for each in await q.known(tx, ids=list(tasks)) if each.held}
    for task, lines in sorted(tasks.items()):
        order = wanted[lines[0].order]
        here = [Pick(each.sku, each.location, each.units) for each in lines]
        if order.state != "open" or task in held or not await _set_free(tx, order.order, here):
            left[order.order] = "it is held up, or was changed meanwhile"
            continue
        needs = [Need(each.sku, each.units) for each in here]
        taken = await inventory.taken(tx, [task]) if any(each.by_lot for each in lines) else []
        lots = [inventory.OfLot(each.sku, each.lot, each.units) for each in taken]
        if lots:
            await inventory.lay_back(tx, [task], {})
        await inventory.send(tx, task, inventory.NewTransfer(here[0].location, order.point, needs, lots))
        for each in needs:
            await q.backorder(tx, order=order.order, sku=each.sku, units=each.units, at=tx.at)
        emit(tx, GoodsOnTheWay(order.order, task, here[0].location, order.point))
        gone.append(task)
    return gone, left


async def _set_free(tx: Tx, order: UUID, here: Sequence[Pick]) -> bool:
    try:
        await inventory.rehold(tx, order, here, [])
    except NotHeld:
        return False
    return True


async def leave(tx: Tx, tasks: dict[UUID, list[OnList]]) -> tuple[list[UUID], dict[UUID, str]]:
    """Let the goods of packed work leave; gives the tasks that left, and the orders that stay, each with why.

    Two tasks of one order here are two shipments of it: they leave one after the other.
    """
    gone: list[UUID] = []
    left: dict[UUID, str] = {}
    waiting = sorted(tasks)
    while waiting:
        first = {tasks[task][0].order: task for task in reversed(waiting)}
        turn = sorted(first.values())
        parts = [
            (
                tasks[task][0].order,
                orders.Goods(str(task), [Pick(e.sku, e.location, e.units) for e in tasks[task]], task),
            )
            for task in turn
        ]
        for task, (order, _), why in zip(turn, parts, await orders.ship_parts(tx, parts), strict=True):
            if why:
                left[order] = why
            else:
                gone.append(task)
        waiting = [task for task in waiting if task not in turn]
    return gone, left


async def handovers(tx: Tx, location: LocationCode, day: datetime | None = None) -> list[HandoverRow]:
    """List what carriers took at a location on a day (UTC); None: today.

    Raises:
        Forbidden: it is not your store.
    """
    begin = (day or tx.at).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[HandoverRow] = await q.handovers(
        tx, location=looked_at(tx, location), since=begin, until=begin + timedelta(days=1)
    )
    return found


async def handover(tx: Tx, handover: UUID) -> Handover:
    """Show the list of the parcels that a carrier took at once.

    Raises:
        NotFound: there is no such list, or it is not your store's.
    """
    row: HandoverRow | None = await q.handover(tx, id=handover)
    if row is None or not inventory.reaches(tx, row.location):
        raise NotFound("there is no such list, or it is not your store's")
    parcels = [shown(each) for each in await q.handed_over(tx, id=handover)]
    return Handover(row.id, row.location, row.carrier, row.at, parcels)
