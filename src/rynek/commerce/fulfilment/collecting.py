"""Goods that wait for whoever ordered them: ready, reminded, handed out once, or back on the shelf."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from rynek.commerce import inventory, orders
from rynek.commerce.fulfilment import model, rules
from rynek.commerce.fulfilment.actions import looked_at, settle
from rynek.commerce.fulfilment.events import (
    Collected,
    CollectionExpired,
    CollectionExtended,
    CollectionReady,
    CollectionReminded,
)
from rynek.commerce.fulfilment.ground import UNROUTED, q, read_rules
from rynek.commerce.fulfilment.model import (
    Arriving,
    CollectedAlready,
    Collecting,
    Collection,
    Complete,
    DocumentNeeded,
    NothingWaits,
    OnList,
    OrderHeldUp,
    Pickup,
    PutAway,
    Task,
    TooManyTries,
    Tries,
    Waits,
    Work,
    WrongStep,
)
from rynek.commerce.fulfilment.packing import leave
from rynek.commerce.fulfilment.working import lock, seen
from rynek.commerce.fulfilment.working import task as work_of
from rynek.commerce.inventory import LocationCode, OutOfStock, Pick
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.door import Call
from rynek.kernel.events import emit
from rynek.kernel.faults import NotFound
from rynek.kernel.settings import Settings

Shelf = Annotated[str, Meta(max_length=40, pattern=r"^[^\x00-\x1f]*\Z")]
Days = Annotated[int, Meta(ge=1, le=30)]
WRONG_MOST = 10
"""So many codes may be wrong at a place within ``WINDOW``."""
WINDOW = timedelta(minutes=15)
AT_ONCE = 100
_OVER: Mapping[str, Literal["collected", "cancelled"]] = {"shipped": "collected", "cancelled": "cancelled"}
_key = [b""]


def configure(_settings: Settings, secret: Callable[[str], bytes]) -> None:
    """Learn the secret from which pickup codes follow."""
    _key[0] = hmac.digest(secret("secret"), b"pickup codes", "sha256")


def _code(collection: UUID) -> str:
    return rules.code(hmac.digest(_key[0], collection.bytes, "sha256"))


def _hashed(location: str, plain: str) -> bytes:
    return hmac.digest(_key[0], f"{location} {plain}".encode(), "sha256")


# --- ready ------------------------------------------------------------------------------------------------------------


async def shelve(tx: Tx, task: UUID, shelf: Shelf = "") -> Work:
    """Lay what was picked ready for whoever ordered it. With the last of an order they are told, and get a code.

    Raises:
        NotFound: there is no such work, or it is not your store's.
        WrongStep: it is not picked, somebody else is at it, or it is not handed out here.
    Emits:
        CollectionReady
    """
    known: Task = await seen(tx, task)
    await q.lock_orders(tx, ids=[known.order])
    found = await lock(tx, task, "get-ready")
    if found.kind != "hand-out":
        raise WrongStep("it is sent, not handed out: pack it", state=found.state)
    await q.shelve(tx, task=task, shelf=shelf, at=tx.at)
    await see_ready(tx, [found.order])
    return await work_of(tx, task)


async def see_ready(tx: Tx, among: Sequence[UUID]) -> None:
    """Tell whoever ordered that all of it is ready; and what is ready no more is.

    Emits:
        CollectionReady
    """
    await q.withdraw(tx, orders=list(among), at=tx.at)
    for each in await q.complete(tx, orders=list(among)):
        await _put_ready(tx, each)


async def _put_ready(tx: Tx, found: Complete) -> None:
    """Write down what is ready under a code that nothing else waits by there."""
    routing = next(iter(await q.routings(tx, channels=[found.channel])), None)
    terms = read_rules(routing.body) if routing else UNROUTED
    remind, until = rules.times(tx.at, terms.keep_days, terms.remind_days)
    made = None
    while made is None:
        made = ids.new()
        plain = rules.plain(_code(made)) or ""
        made = await q.put_ready(
            tx, id=made, order=found.order, number=found.number, location=found.location,
            hash=_hashed(found.location, plain), at=tx.at, remind=remind, until=until,
        )  # fmt: skip
    emit(tx, CollectionReady(found.order, made, found.location, until))


async def pickup(tx: Tx, order: UUID) -> Pickup:
    """Tell where an order is collected, whether it is ready, and by which code; the code is for the buyer alone.

    Raises:
        NotFound: there is no such order, it is not yours, or it is not collected.
    """
    head = await orders.order(tx, order)
    point = next(iter(await q.points(tx, orders=[order])), None)
    if point is None:
        raise NotFound("it is not collected")
    newest = next(iter(await q.collections_of(tx, order=order)), None)
    if newest is None or (newest.state != "ready" and head.state == "open"):
        return Pickup(point.point, _OVER.get(head.state, "preparing"))
    mine = newest.state == "ready" and tx.reach == "own"
    return Pickup(newest.location, newest.state, _code(newest.id) if mine else None, newest.until_at)


async def code_of(tx: Tx, collection: UUID) -> str | None:
    """Give the code of goods that lie ready, for the message that brings it to the buyer; None: they do not."""
    found: Waits | None = await q.lock_collection(tx, id=collection)
    return _code(collection) if found is not None and found.state == "ready" else None


async def collections(
    tx: Tx,
    location: LocationCode,
    state: model.CollectionState = "ready",
    number: Annotated[int, Meta(ge=1, le=10**15)] | None = None,
    limit: model.Limit = 200,
) -> list[Collection]:
    """List what lies ready at a location, or did, what is due first first; with a number that order's alone.

    Raises:
        Forbidden: it is not your store.
    """
    found: list[Collection] = await q.collections(
        tx, location=looked_at(tx, location), state=state, number=number or 0, limit=limit
    )
    return found


# --- handed out -------------------------------------------------------------------------------------------------------


async def collect(call: Call[Any], location: LocationCode, given: Collecting) -> Collection:
    """Hand goods out, once: to whoever has the code, or to who ordered them, by a document and the order's number.

    What is handed out leaves the book, and its money is taken. Tries are counted by place, right ones not.

    Raises:
        NothingWaits: nothing waits here by this code or number, or it was not collected in time.
        CollectedAlready: somebody was here before.
        DocumentNeeded: without the code it takes a document, and nobody but the buyer may collect.
        OrderHeldUp: the order is held up.
        WrongStep: it was changed meanwhile, and that is not done yet.
        TooManyTries: codes were wrong too often here.
        Forbidden: it is not your store.
    Emits:
        Collected, UnitsShipped, OrderShipped, StockMoved
    """
    if not given.code and (not given.document or given.by != "buyer"):
        raise DocumentNeeded
    async with call.transaction() as tx:
        inventory.works_at(tx, location)
        tries: Tries = await q.guess(tx, location=location, at=tx.at, until=tx.at + WINDOW)
    if tries.tries > WRONG_MOST:
        async with call.transaction() as tx:
            await call.note(tx, f"{location} refused")
            raise TooManyTries(retry_after=int((tries.until - tx.at).total_seconds()) + 1)
    async with call.transaction() as tx:
        found = await _found(tx, location, given)
        await q.forgive(tx, location=location)
    async with call.transaction() as tx:
        done = await _hand_out(tx, location, found, given)
        await call.note(tx, str(done.order))
    return done


async def _found(tx: Tx, location: str, given: Collecting) -> Waits:
    found: Waits | None = None
    if not given.code:
        found = await q.by_number(tx, location=location, number=given.number)
    elif plain := rules.plain(given.code):
        found = await q.by_code(tx, location=location, hash=_hashed(location, plain))
    if found is None:
        raise NothingWaits
    return found


async def _hand_out(tx: Tx, location: str, found: Waits, given: Collecting) -> Collection:
    await q.lock_orders(tx, ids=[found.order])
    _still_waits(await q.lock_collection(tx, id=found.id))
    gone = await _gone(tx, await q.shelved(tx, order=found.order, location=location))
    await q.taken(
        tx, id=found.id, tasks=gone, by=given.by, taker=given.name if given.by == "other" else "",
        by_code=bool(given.code), document=given.document, clerk=tx.actor.id, at=tx.at,
    )  # fmt: skip
    emit(tx, Collected(found.order, found.id, location, given.by))
    done: Collection = await q.collection(tx, id=found.id)
    return done


def _still_waits(found: Waits | None) -> None:
    if found is not None and found.state == "collected":
        raise CollectedAlready
    if found is None or found.state != "ready":
        raise NothingWaits("it is here no more: it was cancelled, or not collected in time")


async def _gone(tx: Tx, shelved: Sequence[OnList]) -> list[UUID]:
    """Let goods that are ready leave, all of them or none."""
    tasks: dict[UUID, list[OnList]] = {}
    for line in shelved:
        tasks.setdefault(line.task, []).append(line)
    if any(line.picked < line.units for line in shelved) or not tasks:
        raise WrongStep("it was changed: look at its list", state="ready")
    gone, left = await leave(tx, tasks)
    for why in left.values():
        raise OrderHeldUp(why) if "held up" in why else WrongStep(why, state="ready")
    return gone


async def extend(tx: Tx, collection: UUID, days: Days) -> Collection:
    """Let goods lie longer, from now or from the day until which they wait; a day before the end they are reminded.

    Raises:
        NotFound: there is nothing like this, or it is not your store's.
        NothingWaits: it lies there no more.
    Emits:
        CollectionExtended
    """
    known: Collection | None = await q.collection(tx, id=collection)
    if known is None or not inventory.reaches(tx, known.location):
        raise NotFound("there is nothing like this, or it is not your store's")
    await q.lock_orders(tx, ids=[known.order])
    known = await q.collection(tx, id=collection)
    until = max(known.until_at, tx.at) + timedelta(days=days)
    after: Collection | None = await q.extend(tx, id=collection, until=until, remind=until - timedelta(days=1))
    if after is None:
        raise NothingWaits("it is here no more")
    emit(tx, CollectionExtended(after.order, after.id, after.location, until))
    return after


# --- not collected ----------------------------------------------------------------------------------------------------


async def remind(tx: Tx) -> None:
    """Have those reminded whose goods lie ready for some time.

    Emits:
        CollectionReminded
    """
    found: list[Collection] = await q.remind(tx, at=tx.at, limit=AT_ONCE)
    emit(tx, *(CollectionReminded(each.order, each.id, each.location, each.until_at) for each in found))


async def expire(tx: Tx) -> None:
    """Take back what lay too long: it is stock again, what was not collected is cancelled and paid back.

    Emits:
        CollectionExpired, OrderCancelled, StockReleased
    """
    late = sorted(set(await q.overdue(tx, at=tx.at, limit=AT_ONCE)))
    known = {each.order: each for each in await q.lock_orders(tx, ids=late)}
    await inventory.lock_held(tx, late)
    for order in late:
        lapsed: Collection | None = await q.lapse(tx, order=order, at=tx.at)
        if lapsed is None:  # collected, or given longer, meanwhile
            continue
        await inventory.lay_back(tx, [each.id for each in await q.tasks_of(tx, order=order)], {})
        emit(tx, CollectionExpired(order, lapsed.id, lapsed.location))
        if known[order].state == "open":
            await orders.cancel(tx, order, "not collected in time")


async def to_put_away(tx: Tx, location: LocationCode, limit: model.Limit = 500) -> list[PutAway]:
    """List what is to go back to its shelf at a location: not collected, cancelled, or wanted no more.

    Raises:
        Forbidden: it is not your store.
    """
    found: list[PutAway] = await q.to_put_away(tx, location=looked_at(tx, location), limit=limit)
    return found


async def put_away(tx: Tx, task: UUID) -> None:
    """Say that all that was to go back to its shelf from a list is there. Said twice is said.

    Raises:
        NotFound: there is no such work, or it is not your store's.
    """
    await lock(tx, task, None, mine=False)
    await q.put_away(tx, task=task)


# --- brought from elsewhere -------------------------------------------------------------------------------------------


async def arrivals(tx: Tx, location: LocationCode, limit: model.Limit = 200) -> list[Arriving]:
    """List what is on its way from other places to be collected here.

    Raises:
        Forbidden: it is not your store.
    """
    found: list[Arriving] = await q.arrivals(tx, location=looked_at(tx, location), task=None, limit=limit)
    return found


async def arrive(tx: Tx, location: LocationCode, task: UUID) -> None:
    """Take in what another place sent to be collected here: it is set aside for its order, and on a list here.

    Where the order wants it no more, it is stock of this place.

    Raises:
        NotFound: nothing like this is on its way to you.
        AlreadyReceived: it is in.
        Forbidden: it is not your store.
    Emits:
        StockMoved, StockHeld, WorkGiven
    """
    inventory.works_at(tx, location)
    coming: list[Arriving] = await q.arrivals(tx, location=location, task=task, limit=1)
    if not coming:
        raise NotFound("nothing like this is on its way to you")
    [wanted] = await q.lock_orders(tx, ids=[coming[0].order])
    moved = await inventory.arrive(tx, task)
    waits = {each.sku: each.units for each in await q.waits(tx, order=wanted.order)}
    here = [Pick(e.sku, location, min(e.units, waits.get(e.sku, 0))) for e in moved.lines]
    mine = [each for each in here if each.units > 0]
    if wanted.state != "open" or not mine:
        return
    try:
        await inventory.rehold(tx, wanted.order, [], mine)
    except OutOfStock:  # the shop owed units, or others waited longer: the order waits with them
        return
    for pick in mine:
        await q.came(tx, order=wanted.order, sku=pick.sku, units=pick.units)
    held, lists = await q.held(tx, orders=[wanted.order]), await q.lists(tx, orders=[wanted.order])
    await settle(tx, [wanted], held, lists)
