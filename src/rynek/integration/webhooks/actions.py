"""What is done with webhooks."""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from rynek.integration import stream
from rynek.integration.webhooks import filters, model, rules
from rynek.integration.webhooks.dispatch import PING
from rynek.integration.webhooks.model import (
    Address,
    BadFilter,
    Delivery,
    DeliverySearch,
    Endpoint,
    Filter,
    Instant,
    Listener,
    Made,
    NoSuchDelivery,
    NoSuchEndpoint,
    Note,
    Queued,
    Replaying,
    Rotated,
    Stopped,
    Told,
    Types,
)
from rynek.integration.webhooks.ports import REACH, sealed
from rynek.kernel import ids, log
from rynek.kernel.database import Tx
from rynek.kernel.door import Call
from rynek.kernel.events import NAMES, Envelope
from rynek.kernel.faults import Forbidden, Invalid
from rynek.kernel.jobs import enqueue, job
from rynek.kernel.sql import queries

q = queries(__file__, model)

WRITE = "webhooks.write"
OVERLAP_S = 86_400
_KEY_BYTES = 32
_LONGEST_S = 604_800
_BATCH = 2_000
_SLACK = timedelta(minutes=15)
"""How much later than its first statement a transaction may commit, and its news be found where it is looked for."""


def _owner(asked: Call[Any] | Tx) -> UUID | None:
    return None if asked.reach == "all" else asked.actor.id


async def _locked(tx: Tx, endpoint: UUID, owner: UUID | None) -> bool:
    """Lock an endpoint; gives whether it is active."""
    active: bool | None = await q.lock(tx, id=endpoint, owner=owner)
    if active is None:
        raise NoSuchEndpoint
    return active


# --- endpoints --------------------------------------------------------------------------------------------------------


async def endpoints(tx: Tx) -> list[Endpoint]:
    """List where events are sent, and how that goes."""
    found: list[Endpoint] = await q.endpoints(tx, owner=_owner(tx), only=None, at=tx.at)
    return found


async def endpoint(tx: Tx, endpoint: UUID) -> Endpoint:
    """Show an endpoint.

    Raises:
        NoSuchEndpoint: there is none, or it is another's.
    """
    return await _endpoint(tx, endpoint, _owner(tx))


async def _endpoint(tx: Tx, endpoint: UUID, owner: UUID | None) -> Endpoint:
    found: list[Endpoint] = await q.endpoints(tx, owner=owner, only=endpoint, at=tx.at)
    if not found:
        raise NoSuchEndpoint
    return found[0]


async def make(call: Call[Any], url: Address, types: Types, filter: Filter = "", note: Note = "") -> Made:  # noqa: A002 - the word of the trade
    """Have events sent to an address from now on; gives the secret to verify them by, which is shown this once.

    A wildcard means the events that whoever says it may be told of, now and later.

    Raises:
        BadAddress: nothing may be sent there.
        BadFilter: the filter cannot be read, or does not fit the events.
        NoSuchEvent: there is no event of such a type.
    """
    scopes = _scopes(call, url, types, filter, personal=False)
    identity, key = ids.new(), os.urandom(_KEY_BYTES)
    async with call.transaction() as tx:
        await q.make(
            tx, id=identity, owner_kind=call.actor.kind, owner=call.actor.id, url=url, note=note, types=types,
            filter=filter, scopes=scopes, at=tx.at,
        )  # fmt: skip
        await _add_secret(tx, identity, key, tx.at)
        await call.note(tx, str(identity))
    return Made(identity, rules.secret(key))


async def change(
    call: Call[Any], endpoint: UUID, url: Address, types: Types, filter: Filter = "", note: Note = ""  # noqa: A002 - as above
) -> Endpoint:  # fmt: skip
    """Have other events sent, or elsewhere; what waits already goes to the new address.

    Raises:
        NoSuchEndpoint: there is none, or it is another's.
        BadAddress: nothing may be sent there.
        BadFilter: the filter cannot be read, or does not fit the events.
        NoSuchEvent: there is no event of such a type.
    """
    async with call.transaction() as tx:
        await _locked(tx, endpoint, _owner(call))
        before = await _endpoint(tx, endpoint, None)
        scopes = _scopes(call, url, types, filter, personal=before.personal)
        await q.change(tx, id=endpoint, url=url, note=note, types=types, filter=filter, scopes=scopes)
        await call.note(tx, str(endpoint))
        return await _endpoint(tx, endpoint, None)


def _scopes(call: Call[Any], url: str, types: Sequence[str], text: str, *, personal: bool) -> list[str]:
    """Check what an endpoint is to be; gives the policies that its wildcards stand for.

    Raises:
        BadAddress, BadFilter, NoSuchEvent: as told in ``make``.
    """
    rules.address(url, REACH.ports, REACH.networks, plain=REACH.plain)
    chosen = stream.chosen(call, types, personal=stream.allows_personal(call))
    _check_filter(text, chosen, personal=personal)
    return sorted({kind.seen_by for kind in stream.readable(call, personal=True).values()})


def _check_filter(text: str, types: Sequence[str], *, personal: bool) -> None:
    shapes = {
        each: filters.fields(NAMES[each].struct, () if personal else NAMES[each].personal)
        for each in types
        if each in NAMES
    }
    amiss = list(filters.problems(filters.read(text), shapes))
    if amiss:
        raise BadFilter("; ".join(amiss), field="filter")


async def set_personal(call: Call[Any], endpoint: UUID, personal: bool) -> Endpoint:  # noqa: FBT001 - the body's
    """Say whether an endpoint gets the fields that say who somebody is.

    Raises:
        NoSuchEndpoint: there is none, or it is another's.
        BadFilter: its filter asks for such a field, which it would not get.
        Forbidden: to look after endpoints is not allowed to you.
    """
    reach = call.door.gate.may(call.actor, WRITE)
    if reach is None:
        raise Forbidden(f"no policy allows {WRITE} to you", action=WRITE)
    async with call.transaction() as tx:
        await _locked(tx, endpoint, None if reach == "all" else call.actor.id)
        now = await _endpoint(tx, endpoint, None)
        _check_filter(now.filter, sorted(NAMES), personal=personal)
        await q.set_personal(tx, id=endpoint, personal=personal)
        await call.note(tx, str(endpoint))
        return await _endpoint(tx, endpoint, None)


async def switch(call: Call[Any], endpoint: UUID, active: bool) -> Endpoint:  # noqa: FBT001 - the body's
    """Switch an endpoint on or off.

    What waits when it is switched off waits on. What happens meanwhile is not sent to it: replay it from then.

    Raises:
        NoSuchEndpoint: there is none, or it is another's.
    """
    async with call.transaction() as tx:
        was = await _locked(tx, endpoint, _owner(call))
        if active and not was:
            await q.start(tx, id=endpoint)
        elif was and not active:
            await q.stop(tx, ids=[endpoint], why="asked", at=tx.at)
        await call.note(tx, str(endpoint))
        return await _endpoint(tx, endpoint, None)


async def remove(call: Call[Any], endpoint: UUID) -> None:
    """Send nothing there any more, and forget its deliveries.

    Raises:
        NoSuchEndpoint: there is none, or it is another's.
    """
    async with call.transaction() as tx:
        if await q.remove(tx, id=endpoint, owner=_owner(call)) is None:
            raise NoSuchEndpoint
        await call.note(tx, str(endpoint))


# --- secrets ----------------------------------------------------------------------------------------------------------


async def _add_secret(tx: Tx, endpoint: UUID, key: bytes, old_until: datetime) -> None:
    await q.add_secret(tx, endpoint=endpoint, sealed=sealed(key, endpoint.bytes), at=tx.at, old_until=old_until)


async def rotate(call: Call[Any], endpoint: UUID, overlap_s: int = OVERLAP_S) -> Rotated:
    """Make a new secret, shown this once; for a while the one before signs as well.

    Args:
        overlap_s: how long, 0 to 604,800 seconds; 0 when the old one has leaked.

    Raises:
        NoSuchEndpoint: there is none, or it is another's.
        Invalid: the overlap is none.
    """
    if not 0 <= overlap_s <= _LONGEST_S:
        raise Invalid(f"overlap_s: 0 to {_LONGEST_S} seconds", field="overlap_s")
    key = os.urandom(_KEY_BYTES)
    async with call.transaction() as tx:
        await _locked(tx, endpoint, _owner(call))
        until = tx.at + timedelta(seconds=overlap_s)
        await _add_secret(tx, endpoint, key, until)
        await call.note(tx, str(endpoint))
    return Rotated(rules.secret(key), until)


# --- deliveries -------------------------------------------------------------------------------------------------------


async def deliveries(tx: Tx, search: DeliverySearch) -> list[Delivery]:
    """List deliveries, the newest first."""
    found: list[Delivery] = await q.deliveries(
        tx, owner=_owner(tx), endpoint=search.endpoint, state=search.state, type=search.type, event=search.event,
        before=search.before, limit=search.limit,
    )  # fmt: skip
    return found


async def delivery(tx: Tx, delivery: UUID) -> Told:
    """Show a delivery with its attempts.

    Raises:
        NoSuchDelivery: there is none, or it is another's.
    """
    found = await _delivery(tx, delivery, _owner(tx))
    return Told(found, await q.attempts(tx, delivery=delivery))


async def _delivery(tx: Tx, delivery: UUID, owner: UUID | None) -> Delivery:
    found: Delivery | None = await q.delivery(tx, id=delivery, owner=owner)
    if found is None:
        raise NoSuchDelivery
    return found


async def _require_active(tx: Tx, endpoint: UUID, owner: UUID | None) -> None:
    if not await _locked(tx, endpoint, owner):
        raise Stopped


async def ping(call: Call[Any], endpoint: UUID) -> Queued:
    """Send an event of the type ``webhooks.ping``, to see whether it arrives and is understood.

    Raises:
        NoSuchEndpoint: there is none, or it is another's.
        Stopped: it is switched off.
    """
    identity = ids.new()
    async with call.transaction() as tx:
        await _require_active(tx, endpoint, _owner(call))
        await q.queue(
            tx, ids=[identity], endpoints=[endpoint], events=[f"ping-{identity.hex}"], types=[PING], happened=[tx.at],
            at=tx.at,
        )  # fmt: skip
        await call.note(tx, str(endpoint))
    return Queued(identity)


async def resend(call: Call[Any], delivery: UUID) -> Queued:
    """Deliver once more, with the same ``webhook-id``.

    Raises:
        NoSuchDelivery: there is none, or it is another's.
        Stopped: its endpoint is switched off.
    """
    async with call.transaction() as tx:
        found = await _delivery(tx, delivery, _owner(call))
        await _require_active(tx, found.endpoint, None)
        await q.again(tx, id=delivery, at=tx.at)
        await call.note(tx, str(delivery))
    return Queued(delivery)


async def replay(call: Call[Any], endpoint: UUID, since: Instant, until: Instant | None = None) -> Replaying:
    """Deliver again what happened from a time on, as its types and filter are now.

    It goes on behind the shop. What was delivered is delivered again with the same ``webhook-id``; what waits, once.

    Args:
        until: None for now.

    Raises:
        NoSuchEndpoint: there is none, or it is another's.
        Stopped: it is switched off.
        Invalid: the time ends before it begins.
    """
    async with call.transaction() as tx:
        await _require_active(tx, endpoint, _owner(call))
        end = min(until or tx.at, tx.at)
        if since >= end:
            raise Invalid("since lies before until and before now", field="since")
        below = await log.horizon(tx)
        after = f"{await _before(tx, since - _SLACK, int(below))}-0"
        await enqueue(
            tx,
            replay_on,
            f"{endpoint} {ids.new()}",
            endpoint=endpoint,
            after=after,
            below=below,
            since=since,
            until=end,
        )
        await call.note(tx, str(endpoint))
    return Replaying(after)


async def _before(tx: Tx, since: datetime, high: int) -> int:
    """Find a transaction before which nothing happened later than ``since``, by halving the log."""
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        if await q.begins(tx, since=since, low=str(middle), high=str(high)):
            low = middle
        else:
            high = middle
    return low


@job("integration.webhooks.replay", "integration")
async def replay_on(tx: Tx, *, endpoint: UUID, after: str, below: str, since: datetime, until: datetime) -> None:
    """Put a stretch of the log in an endpoint's queue again, and have the next one done after it."""
    found: Sequence[Listener] = [each for each in await q.listening(tx) if each.id == endpoint]
    if not found:
        return  # switched off or taken away meanwhile
    [listener] = found
    entries = await log.read(tx, after, below, wanted_by([listener]), _BATCH)
    picked = [each for each in entries if since <= each.at < until and wants(listener, each)]
    await q.queue_again(
        tx, ids=[ids.new() for _ in picked], endpoint=endpoint, events=[each.position for each in picked],
        types=[each.type for each in picked], happened=[each.at for each in picked], at=tx.at,
    )  # fmt: skip
    if len(entries) == _BATCH and entries[-1].at < until + _SLACK:
        await enqueue(
            tx, replay_on, f"{endpoint} {ids.new()}", endpoint=endpoint, after=entries[-1].position, below=below,
            since=since, until=until,
        )  # fmt: skip


# --- who gets what ----------------------------------------------------------------------------------------------------


def wanted_by(listeners: Sequence[Listener]) -> list[str]:
    """List the types of events that any of the endpoints gets."""
    return sorted({kind for listener in listeners for kind in NAMES if _hears(listener, kind)})


def _hears(listener: Listener, kind: str) -> bool:
    known = NAMES[kind]
    allowed = known.seen_by in listener.scopes and (listener.personal or known.key not in known.personal)
    return allowed and any(stream.matches(pattern, kind) for pattern in listener.types)


def wants(listener: Listener, entry: Envelope) -> bool:
    """Tell whether an endpoint gets an entry of the log, by its types and its filter."""
    return _hears(listener, entry.type) and filters.passes(filters.read(listener.filter), entry.data)


async def route(tx: Tx, entries: Sequence[Envelope]) -> None:
    """Put news in the queues of the endpoints that get them, once each."""
    listeners: list[Listener] = await q.listening(tx)
    pairs = [
        (listener.id, entry)
        for entry in entries
        for listener in listeners
        if int(entry.position.partition("-")[0]) >= listener.since and wants(listener, entry)
    ]
    if pairs:
        await q.queue(
            tx, ids=[ids.new() for _ in pairs], endpoints=[endpoint for endpoint, _ in pairs],
            events=[entry.position for _, entry in pairs], types=[entry.type for _, entry in pairs],
            happened=[entry.at for _, entry in pairs], at=tx.at,
        )  # fmt: skip
