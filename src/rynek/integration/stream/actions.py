"""What integrators do with the event stream."""

import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from rynek.integration.stream import rules
from rynek.integration.stream.asyncapi import document
from rynek.integration.stream.model import (
    AheadOfTheLog,
    CloudEvent,
    Cursor,
    EventKind,
    Events,
    NoSuchEvent,
    Patterns,
)
from rynek.integration.stream.tail import tail_of
from rynek.kernel import events, log
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.door import Call
from rynek.kernel.events import Envelope, EventType
from rynek.kernel.faults import Forbidden

PERSONAL = "events.personal"
"""The policy that lets outsiders have the fields that say who somebody is."""


def readable_by(call: Call[Any], actor: Actor) -> set[str]:
    """List the types that an actor may be told of, by whatever call."""
    may = call.door.gate.may
    return {name for name, kind in events.NAMES.items() if may(actor, kind.seen_by) == "all"}


def readable(call: Call[Any], *, personal: bool) -> dict[str, EventType]:
    """List the types that whoever asks may be told of: those of things that they may read, everybody's."""
    may = call.door.gate.may
    return {
        name: kind
        for name, kind in sorted(events.NAMES.items())
        if may(call.actor, kind.seen_by) == "all" and (personal or kind.key not in kind.personal)
    }


def chosen(call: Call[Any], types: Sequence[str], *, personal: bool) -> list[str]:
    """List the types that are asked for and may be told; a wildcard means as many of them as one may have.

    Raises:
        NoSuchEvent: there is none that is meant.
        Forbidden: one is asked for by name and may not be told.
    """
    allowed = readable(call, personal=personal)
    for pattern in types:
        if not rules.chosen([pattern], events.NAMES):
            raise NoSuchEvent(f"there is no event {pattern}; GET /stream/types lists them", pattern=pattern)
        if not pattern.endswith("*") and pattern not in allowed:
            kind = events.NAMES[pattern]
            policy = kind.seen_by if call.door.gate.may(call.actor, kind.seen_by) != "all" else PERSONAL
            raise Forbidden(f"{pattern} is for those whose {policy} reaches everybody's things", action=policy)
    return rules.chosen(types, allowed)


def allows_personal(call: Call[Any]) -> bool:
    """Tell whether whoever asks may have the fields that say who somebody is."""
    return call.door.gate.may(call.actor, PERSONAL) == "all"


async def types(call: Call[None]) -> list[EventKind]:
    """List the events that you may be told of, with what they carry."""
    personal = allows_personal(call)
    return [described(kind, personal=personal) for kind in readable(call, personal=personal).values()]


def described(kind: EventType, *, personal: bool) -> EventKind:
    """Describe a type of event as it is told, with or without the fields that say who somebody is."""
    made, components = msgspec.json.schema_components([kind.struct], ref_template="#/$defs/{name}")
    name = made[0]["$ref"].rpartition("/")[2]
    schema = rules.schema(components.pop(name), () if personal else kind.personal)
    if components:
        schema["$defs"] = components
    title = (kind.struct.__doc__ or kind.name).strip().partition("\n")[0].rstrip(".")
    return EventKind(kind.name, title, kind.key, list(kind.personal), schema)


def told(entry: Envelope, *, personal: bool) -> CloudEvent:
    """Put an entry of the log into the envelope that outsiders get."""
    data, hidden = entry.data, events.NAMES[entry.type].personal
    if hidden and not personal:
        data = {name: getattr(data, name) for name in data.__struct_fields__ if name not in hidden}
    return rules.envelope(entry.position, entry.type, entry.key, entry.at, data)


async def asyncapi(call: Call[None]) -> dict[str, Any]:
    """Describe the stream and webhooks as an AsyncAPI 3.0 document, with the events that you may be told of."""
    host = (call.request.header("host") if call.request else None) or "localhost"
    return document(await types(call), version("rynek"), host[:255])


async def read(
    call: Call[Any],
    after: Cursor = "0-0",
    types: Patterns = [],  # noqa: B006 - msgspec copies it
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100,
    wait_s: Annotated[int, Meta(ge=1, le=30)] | None = None,
) -> Events:
    """Read on in the log after a place, in its order; nothing is left out that commits late.

    Args:
        types: patterns, any of which an event has to fit; none means all that you may have.
        wait_s: how long to wait for something new when there is nothing yet; None for not at all.

    Raises:
        AheadOfTheLog: the log has not come to this place.
        NoSuchEvent: there is no event of such a type.
    """
    personal = allows_personal(call)
    wanted = chosen(call, types, personal=personal)
    until = asyncio.get_running_loop().time() + (wait_s or 0)
    while True:
        found, after = await page(call.door.database, after, wanted, limit)
        left = until - asyncio.get_running_loop().time()
        if found or left <= 0 or not wanted:
            return Events([told(each, personal=personal) for each in found], after)
        await tail_of(call.door.database).wait(wanted, after, left)


async def page(database: Database, after: str, types: Sequence[str], limit: int) -> tuple[list[Envelope], str]:
    """Read some of what is settled after a place, and tell from where to read on.

    Raises:
        AheadOfTheLog: the log has not come to this place.
    """
    async with database.transaction("integration") as tx:
        below = await log.horizon(tx)
        if after == "now":
            return [], f"{below}-0"
        _require_reached(after, below)
        found = await log.read(tx, after, below, types, limit)
    return found, found[-1].position if len(found) == limit else f"{below}-0"


def _require_reached(after: str, below: str) -> None:
    if int(after.partition("-")[0]) > int(below):
        raise AheadOfTheLog(f"the log is read up to {below}-0", end=f"{below}-0")
