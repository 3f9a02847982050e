"""The stream itself: server-sent events from a place in the log on, for as long as somebody reads and may.

Source: WHATWG HTML, server-sent events.
"""

import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec

from rynek.integration.stream import actions
from rynek.integration.stream.model import Cursor, Patterns
from rynek.integration.stream.tail import tail_of
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid, Unavailable

READERS = 200
"""How many may read the stream of one process at once."""
HEARTBEAT_S = 15.0
LONGEST_S = 3_600.0
"""After this long a stream ends, and its reader comes back where it was."""
AGAIN_S = 5.0
"""How often it is asked whether the reader still may."""
BATCH = 500

_encode = msgspec.json.Encoder().encode
_reading = 0


async def live(call: Call[Any], types: Patterns = [], after: Cursor = "now") -> Response:  # noqa: B006 - msgspec copies it
    """Read the log as it grows, as server-sent events; whoever comes back with ``Last-Event-ID`` goes on from there.

    Args:
        types: patterns, any of which an event has to fit; none means all that you may have.
        after: where to begin, unless ``Last-Event-ID`` says it.

    Raises:
        AheadOfTheLog: the log has not come to this place.
        NoSuchEvent: there is no event of such a type.
        Invalid: ``Last-Event-ID`` is no place in the log.
        Unavailable: as many read as one process serves.
    """
    if _reading >= READERS:
        raise Unavailable(f"{READERS} are reading already", retry_after=10)
    personal = actions.allows_personal(call)
    wanted = actions.chosen(call, types, personal=personal)
    begin = _came_back(call) or after
    if begin == "now" or not wanted:
        _, begin = await actions.page(call.door.database, "now", wanted, 1)
    await actions.page(call.door.database, begin, wanted, 1)  # a place that is none is refused, not streamed
    headers = (("cache-control", "no-store"), ("x-accel-buffering", "no"))
    return Response(200, b"", "text/event-stream", headers, _pour(call, begin, wanted, personal=personal))


def _came_back(call: Call[Any]) -> str | None:
    said = call.request.header("last-event-id") if call.request else None
    if not said:
        return None
    try:
        return msgspec.convert(said, Cursor)
    except msgspec.ValidationError:
        raise Invalid("Last-Event-ID is no place in the log", field="Last-Event-ID") from None


async def _pour(call: Call[Any], place: str, wanted: Sequence[str], *, personal: bool) -> AsyncGenerator[bytes]:
    """Send what the log says; the next is read only when the one before was taken."""
    global _reading  # noqa: PLW0603 - one count for the process
    _reading += 1
    try:
        yield b"retry: 2000\n\n"
        began = said = asked = time.monotonic()
        while (now := time.monotonic()) - began < LONGEST_S:
            if now - asked > AGAIN_S:
                asked = now
                if not await _still(call, wanted):
                    return
            try:
                found, place = await actions.page(call.door.database, place, wanted, BATCH)
            except (Fault, OSError):
                return  # the reader comes back where it was
            if found:
                yield b"".join(_written(actions.told(each, personal=personal)) for each in found)
                said = time.monotonic()
            elif now - said >= HEARTBEAT_S:
                yield b": still here\nid: %s\n\n" % place.encode()
                said = now
            if len(found) < BATCH:
                await tail_of(call.door.database).wait(wanted, place, AGAIN_S)
    finally:
        _reading -= 1


def _written(event: Any) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event.id.encode(), event.type.encode(), _encode(event))


async def _still(call: Call[Any], wanted: Sequence[str]) -> bool:
    """Tell whether whoever reads still may, all of it; a stream outlives the request that began it."""
    if call.request is None:
        return True
    try:
        actor = await call.door.gate.who(call.request)
    except Fault:
        return False
    may = call.door.gate.may
    return may(actor, call.operation.policy) is not None and set(wanted) <= actions.readable_by(call, actor)
