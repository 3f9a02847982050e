"""The work at the shelves: who takes which list, what is scanned, and what happens to units that are not there."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import inventory
from rynek.commerce.fulfilment import model, rules
from rynek.commerce.fulfilment.actions import URGENT, Settling, allocate_many, looked_at, settle
from rynek.commerce.fulfilment.events import UnitsBackordered, UnitsMissed
from rynek.commerce.fulfilment.ground import UNROUTED, Ground, q
from rynek.commerce.fulfilment.model import (
    Backorder,
    Bin,
    Cause,
    Decision,
    Meant,
    NotOnList,
    OrderHeldUp,
    PickedAlready,
    Reason,
    Stop,
    Task,
    TaskLine,
    Verb,
    Wanted,
    Work,
    WrongStep,
)
from rynek.commerce.fulfilment.sending import Parcel, ParcelRow, Units
from rynek.commerce.inventory import LocationCode, Need, OutOfStock, Pick, Sku
from rynek.commerce.orders import to_leave
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Invalid, NotFound

Code = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1c\x1e\x1f]*\Z")]
Lot = Annotated[str, Meta(pattern=r"^[!-~]{0,40}\Z")]

# --- what there is to do ----------------------------------------------------------------------------------------------


async def tasks(
    tx: Tx, location: LocationCode, state: model.State | None = None, limit: model.Limit = 200
) -> list[Task]:
    """List the work of a location, most urgent first; without a state all that is not over.

    Raises:
        Forbidden: it is not your store.
    """
    states = sorted(rules.LIVE) if state is None else [state]
    found: list[Task] = await q.tasks(tx, location=looked_at(tx, location), states=states, limit=limit)
    return found


async def load(tx: Tx, after: str = "", limit: model.Limit = 500) -> list[model.Load]:
    """List what there is to do at each location, by code; go on with the last code as ``after``."""
    found: list[model.Load] = await q.load(tx, after=after, now=tx.at, limit=limit)
    return found


async def tasks_of(tx: Tx, order: UUID) -> list[Task]:
    """List all work of an order, over all locations, with what became of it."""
    found: list[Task] = await q.tasks_of(tx, order=order)
    return found


async def task(tx: Tx, task: UUID) -> Work:
    """Show work with its list, in the order of the walk through the shop.

    Raises:
        NotFound: there is no such work, or it is not your store's.
    """
    found = await seen(tx, task)
    lines = await q.lines(tx, task=task)
    way = rules.walk(model.StopRow(task, e.sku, e.name, e.units, e.aisle, e.position, e.shelf) for e in lines)
    place = {stop.sku: n for n, stop in enumerate(way)}
    lines.sort(key=lambda line: place[line.sku])
    parcels = [shown(row) for row in await q.parcels_of(tx, task=task)]
    lines = await _with_lots(tx, found, lines)
    return Work(found, lines, await q.shortages(tx, task=task), parcels)


async def _with_lots(tx: Tx, task: Task, lines: Sequence[TaskLine]) -> list[TaskLine]:
    """Tell of what is told by lot which lots to take, and which were."""
    by = await inventory.wants(tx, [each.sku for each in lines])
    if not by:
        return list(lines)
    there = await inventory.to_take(tx, task.location, sorted(by)) if task.state in ("open", "picking") else []
    taken = await inventory.taken(tx, [task.id])
    return [
        msgspec.structs.replace(
            line, by=by.get(line.sku, "none"),
            take=rules.to_take(line.units - line.picked, [e for e in there if e.sku == line.sku]),
            lots=[inventory.Batch(e.lot, e.units, e.best_before) for e in taken if e.sku == line.sku],
        )
        for line in lines
    ]  # fmt: skip


async def seen(tx: Tx, task: UUID) -> Task:
    """Show work to those whose it is.

    Raises:
        NotFound: there is no such work, or it is not your store's.
    """
    found: Task | None = await q.task(tx, id=task)
    if found is None or not inventory.reaches(tx, found.location):
        raise NotFound("there is no such work, or it is not your store's")
    return found


def shown(row: ParcelRow) -> Parcel:
    """Give a parcel with what is in it."""
    lots = msgspec.json.decode(row.lots, type=dict[str, dict[str, int]]) if row.lots else {}
    of = msgspec.structs.asdict(row) | {"goods": msgspec.json.decode(row.goods, type=dict[str, int]), "lots": lots}
    return Parcel(**of)


async def put_bins(
    tx: Tx, location: LocationCode, bins: Annotated[list[Bin], Meta(min_length=1, max_length=5000)]
) -> None:
    """Say where items stand in a shop, so that lists follow the walk through it.

    Raises:
        Invalid: an item is given twice.
        LocationUnknown: there is no such location.
        Forbidden: it is not your store.
    """
    inventory.works_at(tx, location)
    of = {name: [getattr(each, name) for each in bins] for name in Bin.__struct_fields__}
    if len(set(of["sku"])) < len(bins):
        raise Invalid("an item is given twice", field="bins")
    await q.put_bins(
        tx, location=location, skus=of["sku"], aisles=of["aisle"], positions=of["position"], shelves=of["shelf"]
    )


async def bins(tx: Tx, location: LocationCode, after: str = "", limit: model.Limit = 500) -> list[Bin]:
    """List where a shop's items stand; go on with the last sku as ``after``.

    Raises:
        Forbidden: it is not your store.
    """
    found: list[Bin] = await q.bins(tx, location=looked_at(tx, location), after=after, limit=limit)
    return found


async def walk(tx: Tx, location: LocationCode) -> list[Stop]:
    """Give what is missing on all lists that you are at, in the order of one walk through the shop.

    Raises:
        Forbidden: it is not your store.
    """
    found: dict[str, Stop] = {}
    for row in rules.walk(await q.stops(tx, picker=tx.actor.id, location=looked_at(tx, location))):
        seen = found.get(row.sku) or Stop(row.sku, row.name, row.aisle, row.position, row.shelf, 0, [])
        found[row.sku] = msgspec.structs.replace(
            seen, units=seen.units + row.units, tasks=[*seen.tasks, (row.task, row.units)]
        )
    return list(found.values())


# --- taking it on -----------------------------------------------------------------------------------------------------


async def claim(tx: Tx, location: LocationCode, most: Annotated[int, Meta(ge=1, le=500)] = 1) -> list[Task]:
    """Take on the most urgent work of a location that nobody is at; nobody else gets the same.

    Raises:
        Forbidden: it is not your store.
    """
    inventory.works_at(tx, location)
    mine = await q.claim(tx, location=location, most=most, picker=tx.actor.id, at=tx.at)
    found: list[Task] = await q.known(tx, ids=mine)
    return found


async def confirm(
    tx: Tx, location: LocationCode, tasks: Annotated[list[UUID], Meta(min_length=1, max_length=500)]
) -> list[UUID]:
    """Say that everything on your lists was taken off the shelf; gives those that are picked with that.

    For scanners that send whole lists. What is not yours, or not begun, is passed over.

    Raises:
        Forbidden: it is not your store.
    """
    inventory.works_at(tx, location)
    await q.lock_tasks(tx, ids=sorted(set(tasks)))
    await q.confirm(tx, tasks=tasks, location=location, picker=tx.actor.id)
    mine = [
        each.id for each in await q.known(tx, ids=tasks) if each.picker == tx.actor.id and each.location == location
    ]
    done: list[UUID] = await q.finish(tx, tasks=mine, at=tx.at)
    return sorted(done)


async def lock(tx: Tx, task: UUID, verb: Verb | None, *, mine: bool = True) -> Task:
    """Lock work to do something with it.

    Raises:
        NotFound: there is no such work, or it is not your store's.
        WrongStep: it is not so far, or further, or somebody else is at it.
    """
    await q.lock_tasks(tx, ids=[task])
    found = await seen(tx, task)
    if verb is not None:
        rules.after(found.state, verb)
    if mine and found.picker != tx.actor.id:
        raise WrongStep("somebody else is at it", state=found.state)
    return found


async def start(tx: Tx, task: UUID) -> Task:
    """Take on a list. Whoever starts it first has it; started twice by the same is started.

    Raises:
        NotFound: there is no such work, or it is not your store's.
        WrongStep: somebody else is at it, or it is over.
        OrderHeldUp: the order is held up.
    """
    await q.lock_tasks(tx, ids=[task])
    found = await seen(tx, task)
    if found.state == "picking" and found.picker == tx.actor.id:
        return found
    if found.held:
        raise OrderHeldUp
    await q.move(tx, task=task, state=rules.after(found.state, "start"), picker=tx.actor.id, at=tx.at)
    return await seen(tx, task)


async def let_go(tx: Tx, task: UUID) -> None:
    """Leave a list to somebody else; what was picked goes back to the shelves.

    Raises:
        NotFound: there is no such work, or it is not your store's.
        WrongStep: nobody is at it.
    """
    found = await lock(tx, task, "let-go", mine=False)
    await q.put_back(tx, task=task)
    await inventory.lay_back(tx, [task], {})
    await q.move(tx, task=task, state=rules.after(found.state, "let-go"), picker=None, at=tx.at)


async def scan(tx: Tx, task: UUID, code: Code, units: Units = 1, lot: Lot = "") -> Work:
    """Count units that you have taken off the shelf, by the item's own code or the number on its package.

    Of what is told by lot, the lot or serial number is in the barcode, beside it, or scanned instead. With the last
    missing unit the list is picked.

    Raises:
        NotFound: there is no such work, or it is not your store's.
        WrongStep: you are not at it.
        NotOnList: this item is not on the list.
        PickedAlready: so many units are not missing any more.
        LotsWanted: the item is told by lot or serial number.
        LotNotThere: of the lot so many units are not there, or others have them.
        LotTooOld: too few days are left of the lot.
    """
    found = await lock(tx, task, "pick")
    said = inventory.read_code(code)
    meant: Meant | None = await q.meant(tx, task=task, code=said.code)
    if meant is None:
        meant, lot = await _by_lot_alone(tx, found, code), code
    elif not lot:
        lot = said.lot if meant.by == "lots" else said.serial or said.lot
    if meant.by != "none":
        if not lot:
            raise inventory.LotsWanted(f"say the lot or serial number of {meant.sku}", sku=meant.sku)
        await inventory.take(tx, task, found.location, meant.sku, lot, units)
    await q.scan(tx, task=task, sku=meant.sku, units=units, by_lot=meant.by != "none")
    await q.finish(tx, tasks=[task], at=tx.at)
    return await _work(tx, task)


async def _by_lot_alone(tx: Tx, task: Task, code: str) -> Meant:
    """Find the item on a list of which a lot or serial number is; it has to be one."""
    skus = [each.sku for each in await q.lines(tx, task=task.id)]
    found = {each.sku: each.by for each in await inventory.to_take(tx, task.location, skus) if each.lot == code}
    if len(found) != 1:
        raise NotOnList(f"{code} is not on the list", code_scanned=code)
    return Meant(*next(iter(found.items())))


_work = task


# --- what is not there ------------------------------------------------------------------------------------------------


async def miss(tx: Tx, task: UUID, sku: Sku, units: Units, reason: Reason) -> Work:
    """Say that units on your list are not there, or cannot be sent: another place is given them at once.

    What is ``not-found`` or ``damaged`` leaves the book here; what is ``rejected`` stays in it. Where no place has
    them, the order waits for them on backorder.

    Raises:
        NotFound: there is no such work, or it is not your store's.
        WrongStep: you are not at it.
        NotOnList: this item is not on the list.
        PickedAlready: so many units are not missing any more.
    Emits:
        UnitsMissed, StockReleased, StockHeld, StockMoved, WorkGiven, WorkCancelled, UnitsBackordered
    """
    [wanted] = await q.lock_orders(tx, ids=[(await seen(tx, task)).order])
    found = await lock(tx, task, "pick")
    line = next((each for each in await q.lines(tx, task=task) if each.sku == sku), None)
    if line is None:
        raise NotOnList(f"{sku} is not on the list", code_scanned=sku)
    if line.units - line.picked < units:
        raise PickedAlready(f"{line.units - line.picked} are missing", missing=line.units - line.picked)
    emit(tx, UnitsMissed(found.order, task, found.location, sku, units, reason))
    await q.give_up(tx, tasks=[task], skus=[sku], units=[units])
    here = [Pick(sku, found.location, units)]
    taken, missing = await _elsewhere(tx, wanted, here, {sku: units}, "short", found.location)
    shortage = ids.new()
    await q.miss(
        tx, id=shortage, task=task, sku=sku, units=units, reason=reason, at=tx.at, actor=tx.actor.id,
        elsewhere=[each.location for each in taken], waiting=missing.get(sku, 0),
    )  # fmt: skip
    if reason != "rejected":
        await inventory.miss(tx, found.location, str(shortage), reason, [Need(sku, units)])
    await q.close_empty(tx, tasks=[task], at=tx.at)
    await q.finish(tx, tasks=[task], at=tx.at)
    held, lists = await q.held(tx, orders=[found.order]), await q.lists(tx, orders=[found.order])
    await settle(tx, [wanted], held, lists, Settling(URGENT, found.due_at))
    return await _work(tx, task)


async def _elsewhere(
    tx: Tx, wanted: Wanted, given: Sequence[Pick], wants: Mapping[str, int], cause: Cause, without: str = ""
) -> tuple[list[Pick], dict[str, int]]:
    """Set units of a locked order aside at other places, as far as there are any; gives where, and what nobody has.

    What is found free may be gone when it is to be set aside: then it is looked at once more, and at last given up.
    """
    plan, ground = await _planned(tx, wanted, wants, without)
    for _ in range(2):
        try:
            await inventory.rehold(tx, wanted.order, given, plan.picks if plan else [])
        except OutOfStock:
            plan, ground = await _planned(tx, wanted, wants, without, everywhere=True)
        else:
            break
    else:
        plan = None
        await inventory.rehold(tx, wanted.order, given, [])
    taken = plan.picks if plan else []
    found: dict[str, int] = {}
    for pick in taken:
        found[pick.sku] = found.get(pick.sku, 0) + pick.units
    missing = {sku: units - found.get(sku, 0) for sku, units in wants.items() if units > found.get(sku, 0)}
    if cause == "short":
        for sku, units in missing.items():
            await q.backorder(tx, order=wanted.order, sku=sku, units=units, at=tx.at)
            emit(tx, UnitsBackordered(wanted.order, sku, units))
    why = Decision(
        cause, ground.version(wanted), dict(wants), list(given), taken, plan.costs if plan else [],
        ground.told(wanted, wants, taken, without), len(ground.listed[wanted.order]), missing,
    )  # fmt: skip
    body = msgspec.json.encode(why).decode()
    if taken or cause == "short":
        await q.decide(tx, orders=[wanted.order], causes=[cause], bodies=[body], at=tx.at)
    return taken, missing


async def _planned(
    tx: Tx, wanted: Wanted, wants: Mapping[str, int], without: str, *, everywhere: bool = False
) -> tuple[model.Plan | None, Ground]:
    """Plan for as many of the units as there are."""
    needs = {wanted.order: {(sku, without): units for sku, units in wants.items()}}
    ground = await Ground.survey(tx, [wanted], needs, anyway=UNROUTED, everywhere=everywhere)
    places = ground.places(wanted, wants, {}, without=without)
    have = {sku: min(units, sum(each.free.get(sku, 0) for each in places)) for sku, units in wants.items()}
    some = {sku: units for sku, units in have.items() if units}
    if some != dict(wants) and not everywhere:
        return await _planned(tx, wanted, wants, without, everywhere=True)
    return (ground.plan(some, places, ground.routing(wanted)) if some else None), ground


# --- what nobody has --------------------------------------------------------------------------------------------------


async def backorders(tx: Tx, limit: model.Limit = 200) -> list[Backorder]:
    """List units that orders wait for because no place has them, longest first."""
    found: list[Backorder] = await q.backorders(tx, limit=limit)
    return found


async def trim_backorders(tx: Tx, orders: Sequence[UUID]) -> None:
    """Let orders wait for no more than what they still want and is not set aside; those that are over for nothing."""
    locked = await q.lock_orders(tx, ids=await q.that_wait(tx, orders=sorted(set(orders))))
    await q.drop_backorders(tx, orders=[each.order for each in locked if each.state != "open"])
    for each in locked:
        if each.state == "open":
            left = await to_leave(tx, each.order)
            for kept in await q.held(tx, orders=[each.order]):
                left[kept.sku] = left.get(kept.sku, 0) - kept.units
            await q.wait_for(tx, order=each.order, skus=list(left), units=[max(0, n) for n in left.values()])


async def serve_backorders(tx: Tx, skus: Sequence[str]) -> None:
    """Give units that came in to the orders that wait for them, longest first.

    Emits:
        StockHeld, WorkGiven
    """
    waiting: list[Backorder] = await q.waiting_for(tx, skus=sorted(set(skus)))
    if not waiting:
        return
    locked = {each.order: each for each in await q.lock_orders(tx, ids=sorted({e.order for e in waiting}))}
    await trim_backorders(tx, list(locked))  # what was given up may not have been heard of yet
    waiting = await q.waiting_for(tx, skus=sorted(set(skus)))
    for each in waiting:
        wanted = locked.get(each.order)
        if wanted is None or wanted.state != "open":
            continue
        _, missing = await _elsewhere(tx, wanted, [], {each.sku: each.units}, "came-in")
        if came := each.units - missing.get(each.sku, 0):
            await q.came(tx, order=each.order, sku=each.sku, units=came)
    await allocate_many(tx, [each.order for each in waiting], "came-in")
