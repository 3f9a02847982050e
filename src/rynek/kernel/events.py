"""Events: what a context announces. Versions are additive: new fields have defaults, none is renamed or dropped."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

S = TypeVar("S", bound=type[Struct])

COPY_FROM = 200
"""From how many events at once COPY beats one insert."""

_APPEND = """insert into kernel.event (type, key, at, data)
select t, k, $3, d::json from unnest($1::text[], $2::text[], $4::text[]) as e (t, k, d)"""

_encode = msgspec.json.Encoder().encode


class Pen(Protocol):
    """The part of a transaction that writes the log."""

    at: datetime
    events: list[Struct]

    async def execute(self, sql: str, *values: Any) -> str:
        """Run a statement."""

    async def copy(self, schema: str, table: str, columns: Sequence[str], records: Sequence[tuple[Any, ...]]) -> None:
        """Copy many rows in."""


class EventType(Struct, frozen=True):
    """One kind of event: its name on the log, the field that orders it, and the struct that it carries."""

    name: str
    key: str
    struct: type[Struct]
    read: Callable[[str], Any]
    seen_by: str
    """The policy whose holders, where it reaches everybody's things, may also be told the news of them."""
    personal: tuple[str, ...] = ()
    """The fields that say who somebody is, or may."""


class Envelope(Struct, frozen=True, gc=False):
    """An event as it lies on the log.

    ``position`` is the place in the log, ``xid-seq``, and unique.

    Source: CloudEvents 1.0 (id, type, subject, time, data).
    """

    position: str
    type: str
    key: str
    at: datetime
    data: Any


NAMES: dict[str, EventType] = {}
TYPES: dict[type[Struct], EventType] = {}


def event(name: str, *, key: str, seen_by: str = "", personal: tuple[str, ...] = ()) -> Callable[[S], S]:
    """Register a frozen struct as the event ``context.noun-participle``.

    Args:
        key: the field that orders it.
        seen_by: the policy that lets outsiders learn of it; ``context.read`` unless said.
        personal: the fields that say who somebody is: outsiders get them only where that is allowed.
    """

    def register(struct: S) -> S:
        if name in NAMES:
            raise ValueError(f"two events are named {name}")
        if key not in struct.__struct_fields__:
            raise ValueError(f"{name}: {struct.__name__} has no field {key}")
        if amiss := set(personal) - set(struct.__struct_fields__):
            raise ValueError(f"{name}: {struct.__name__} has no field {', '.join(sorted(amiss))}")
        policy = seen_by or f"{name.partition('.')[0]}.read"
        made = EventType(name, key, struct, msgspec.json.Decoder(struct).decode, policy, personal)
        NAMES[name] = TYPES[struct] = made
        return struct

    return register


def emit(tx: Pen, *events: Struct) -> None:
    """Announce facts: they are written to the log in the transaction of their effect, just before it commits."""
    tx.events.extend(events)


def decode(type_name: str, data: str) -> Any:
    """Read an event's data back into its struct (unknown fields of newer writers are passed over)."""
    return NAMES[type_name].read(data)


async def append(tx: Pen, events: Sequence[Struct]) -> None:
    """Write events to the log in the caller's transaction, in this order."""
    records = [
        (kind.name, str(msgspec.to_builtins(getattr(each, kind.key))), tx.at, _encode(each).decode())
        for each in events
        for kind in (TYPES[type(each)],)
    ]
    if len(records) > COPY_FROM:
        await tx.copy("kernel", "event", ("type", "key", "at", "data"), records)
    else:
        types, keys, _, data = zip(*records, strict=True)
        await tx.execute(_APPEND, types, keys, tx.at, data)
