"""Where orders are packed: rules, what places are, allocation, and why."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import inventory, shipping
from rynek.commerce.fulfilment import model, rules
from rynek.commerce.fulfilment.events import WorkCancelled, WorkGiven
from rynek.commerce.fulfilment.ground import UNROUTED, Ground, moves, q, read_rules
from rynek.commerce.fulfilment.model import (
    Area,
    Cause,
    Decision,
    Given,
    Kept,
    OnList,
    PlaceFacts,
    PutRouting,
    Routing,
    Told,
    Unbacked,
    Wanted,
)
from rynek.commerce.inventory import ChannelCode
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Invalid, NotFound

_encode = msgspec.json.Encoder().encode
_read_decision = msgspec.json.Decoder(Decision).decode
PRIORITY = {"hand-out": 3, "bring": 4, "send": 5}
URGENT = 1
"""The priority of work that another place could not do."""


# --- rules and places -------------------------------------------------------------------------------------------------


async def put_routing(tx: Tx, channel: ChannelCode, rules: Routing) -> PutRouting:
    """Say how a channel's orders find their places, from the next order on.

    Raises:
        Invalid: a tier names the same criterion twice.
    """
    for tier in rules.tiers:
        if len({each.by for each in tier}) < len(tier):
            raise Invalid("a tier names the same criterion twice", field="tiers")
    version = await q.put_routing(tx, channel=channel, at=tx.at, body=_encode(rules).decode())
    return PutRouting(channel, version, rules)


async def drop_routing(tx: Tx, channel: ChannelCode) -> None:
    """Let a channel's orders stay where they are first set aside: by rank.

    Raises:
        NotFound: it has no rules.
    """
    if await q.drop_routing(tx, channel=channel) is None:
        raise NotFound("this channel has no rules")


async def routings(tx: Tx) -> list[PutRouting]:
    """List the rules of all channels that have some."""
    return [PutRouting(row.channel, row.version, read_rules(row.body)) for row in await q.all_routings(tx)]


async def put_places(tx: Tx, places: Annotated[list[PlaceFacts], Meta(min_length=1, max_length=1000)]) -> None:
    """Say what locations are to fulfilment.

    Raises:
        Invalid: a location is given twice, or only one of its coordinates.
        LocationUnknown: there is no such location.
    """
    if len({each.location for each in places}) < len(places):
        raise Invalid("a location is given twice", field="places")
    if any((each.latitude is None) != (each.longitude is None) for each in places):
        raise Invalid("a point has a latitude and a longitude", field="places")
    of = {name: [getattr(each, name) for each in places] for name in PlaceFacts.__struct_fields__}
    await q.put_places(
        tx, locations=of["location"], latitudes=of["latitude"], longitudes=of["longitude"], parcels=of["parcel_minor"],
        tasks=of["tasks"], sends=of["sends"], hands_out=of["hands_out"],
        streets=of["street"], postcodes=of["postcode"], cities=of["city"],
    )  # fmt: skip


async def places(tx: Tx, location: str = "", after: str = "", limit: model.Limit = 500) -> list[PlaceFacts]:
    """List what locations are to fulfilment, by code, or one of them; go on with the last code as ``after``."""
    found: list[PlaceFacts] = await q.place_facts(tx, location=location, after=after, limit=limit)
    return found


async def put_areas(tx: Tx, areas: Annotated[list[Area], Meta(min_length=1, max_length=5000)]) -> None:
    """Say where postcodes lie, whole ones or all that begin so; the longest beginning counts.

    Raises:
        Invalid: an area is given twice.
    """
    if len({(each.country, each.prefix) for each in areas}) < len(areas):
        raise Invalid("an area is given twice", field="areas")
    of = {name: [getattr(each, name) for each in areas] for name in Area.__struct_fields__}
    await q.put_areas(
        tx, countries=of["country"], prefixes=of["prefix"], latitudes=of["latitude"], longitudes=of["longitude"]
    )


async def areas(
    tx: Tx, country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")], after: str = "", limit: model.Limit = 500
) -> list[Area]:
    """List where a country's postcodes lie; go on with the last prefix as ``after``."""
    found: list[Area] = await q.areas(tx, country=country, after=after, limit=limit)
    return found


def looked_at(tx: Tx, location: str) -> str:
    """Tell whose work is looked at: who belongs to a store looks at that one alone; '' is all of them.

    Raises:
        Forbidden: it is another's.
    """
    if tx.reach == "all" and tx.actor.location is None:
        return location
    inventory.works_at(tx, location or tx.actor.location or "")
    return location or tx.actor.location or ""


# --- allocation -------------------------------------------------------------------------------------------------------


class Settling(NamedTuple):
    """What work is made for: its priority and when it is due, where that is said already."""

    priority: int | None = None
    due_at: datetime | None = None


AS_EVER = Settling()


async def allocate(tx: Tx, order: UUID) -> list[Told]:
    """Look anew for the best places of what nobody has begun to pick of an order; gives why it is where it is.

    Raises:
        NotFound: there is no such order.
    Emits:
        StockReleased, StockHeld, WorkGiven, WorkCancelled
    """
    if not await allocate_many(tx, [order], "asked"):
        raise NotFound("there is no such order")
    return await why(tx, order)


async def why(tx: Tx, order: UUID) -> list[Told]:
    """Tell why an order's units are where they are: every decision about it, with the places that were weighed."""
    return [Told(row.at, _read_decision(row.body)) for row in await q.decisions(tx, order=order)]


async def allocate_many(tx: Tx, orders: Sequence[UUID], cause: Cause) -> int:
    """Find the places of open orders by their channels' rules, and make the work of it; gives how many there are.

    An order is routed once, or when it is asked for; its work follows what is set aside for it, however often this is
    called.

    Emits:
        StockReleased, StockHeld, WorkGiven, WorkCancelled
    """
    wanted: list[Wanted] = await q.lock_orders(tx, ids=sorted(set(orders)))
    if not wanted:
        return 0
    held: list[Kept] = await q.held(tx, orders=[each.order for each in wanted])
    lists: list[OnList] = await q.lists(tx, orders=[each.order for each in wanted])
    movable = _movable(held, lists)
    routed = [w for w in wanted if w.state == "open" and movable.get(w.order) and (cause == "asked" or not w.decided)]
    if routed and await _route(tx, routed, movable, cause):
        held = await q.held(tx, orders=[each.order for each in wanted])
    await settle(tx, wanted, held, lists)
    return len(wanted)


def _movable(held: Iterable[Kept], lists: Iterable[OnList]) -> dict[UUID, dict[tuple[str, str], int]]:
    """Tell what is set aside of each order, less what somebody has begun to pick."""
    found: dict[UUID, dict[tuple[str, str], int]] = {}
    for each in held:
        found.setdefault(each.order, {})[each.sku, each.location] = each.units
    for line in lists:
        if line.state != "open":
            left = found.get(line.order, {})
            left[line.sku, line.location] = left.get((line.sku, line.location), 0) - line.units
    return {order: {key: n for key, n in there.items() if n > 0} for order, there in found.items()}


async def _route(
    tx: Tx, wanted: Sequence[Wanted], movable: Mapping[UUID, Mapping[tuple[str, str], int]], cause: Cause
) -> bool:
    """Decide where orders are packed, set their units aside there, write down why; whether any was moved."""
    ground = await Ground.survey(tx, wanted, movable)
    decided = [(each.order, ground.decide(each, movable[each.order], cause)) for each in wanted]
    moved = [
        inventory.Rehold(order, *moves(why.before, why.picks)) for order, why in decided if why.picks != why.before
    ]
    refused = await inventory.rehold_many(tx, moved) if moved else []
    stayed = {move.holder for move, no in zip(moved, refused, strict=True) if no is not None}
    final = [(o, msgspec.structs.replace(w, picks=w.before) if o in stayed else w) for o, w in decided]
    bodies = [_encode(each).decode() for _, each in final]
    await q.decide(
        tx, orders=[order for order, _ in final], causes=[each.cause for _, each in final], bodies=bodies, at=tx.at
    )
    return len(stayed) < len(moved)


# --- the work of it ---------------------------------------------------------------------------------------------------


async def settle(
    tx: Tx, wanted: Sequence[Wanted], held: Sequence[Kept], lists: Sequence[OnList], how: Settling = AS_EVER
) -> None:
    """Make work follow what is set aside for locked orders: more of it, or less.

    Emits:
        WorkGiven, WorkCancelled
    """
    more, less = rules.difference(held, lists)
    if less:
        await _take_off(tx, less)
    opened = {each.order: each for each in wanted if each.state == "open"}
    fresh = [each for each in more if each.order in opened]
    if fresh:
        await _put_on(tx, opened, fresh, how)


async def _take_off(tx: Tx, less: Sequence[OnList]) -> None:
    tasks = sorted({line.task for line in less})
    await q.lock_tasks(tx, ids=tasks)
    if packed := [line.task for line in less if line.state == "packed"]:
        await shipping.withdraw(tx, await q.unpack(tx, tasks=packed))
    await q.give_up(
        tx, tasks=[line.task for line in less], skus=[line.sku for line in less], units=[line.units for line in less]
    )
    if any(line.by_lot for line in less):
        left = await q.lists(tx, orders=sorted({line.order for line in less}))
        await inventory.lay_back(tx, tasks, {(line.task, line.sku): line.picked for line in left})
    closed: list[Given] = await q.close_empty(tx, tasks=tasks, at=tx.at)
    await q.finish(tx, tasks=tasks, at=tx.at)
    emit(tx, *(WorkCancelled(each.order, each.id, each.location) for each in closed))


async def _put_on(tx: Tx, opened: Mapping[UUID, Wanted], fresh: Sequence[Kept], how: Settling) -> None:
    channels = sorted({opened[each.order].channel for each in fresh})
    routings = {row.channel: read_rules(row.body) for row in await q.routings(tx, channels=channels)}
    places = sorted({(each.order, each.location) for each in fresh})
    rows = []
    for order, location in places:
        wanted = opened[order]
        kind = rules.kind(wanted, location)
        terms = routings.get(wanted.channel, UNROUTED)
        minutes = terms.hand_out_minutes if kind == "hand-out" else terms.send_minutes
        due = how.due_at or tx.at + timedelta(minutes=minutes)
        rows.append((ids.new(), order, wanted.number, location, kind, how.priority or PRIORITY[kind], due))
    new, orders, numbers, locations, kinds, priorities, dues = zip(*rows, strict=True)
    made: list[Given] = await q.give_work(
        tx, ids=new, orders=orders, numbers=numbers, locations=locations, kinds=kinds, priorities=priorities, dues=dues,
        at=tx.at,
    )  # fmt: skip
    task = {(each.order, each.location): each.id for each in made}
    await q.list(
        tx, tasks=[task[each.order, each.location] for each in fresh], skus=[each.sku for each in fresh],
        units=[each.units for each in fresh],
    )  # fmt: skip
    given = {row[0]: row for row in rows}
    emit(tx, *(WorkGiven(e.order, e.id, e.location, given[e.id][4], given[e.id][6]) for e in made if e.id in given))


async def unbacked(tx: Tx, location: str = "") -> list[Unbacked]:
    """List work whose units are not set aside, and units set aside that nobody is to take: none, once news is heard.

    Raises:
        Forbidden: it is not your store.
    """
    at = looked_at(tx, location)
    found: list[Unbacked] = await q.unbacked(tx, location=at, limit=100)
    return found
