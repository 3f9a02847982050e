"""Events: what a context announces. Versions are additive: new fields have defaults, none is renamed or dropped."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from rynek.kernel.database import Tx

S = TypeVar("S", bound=type[Struct])


class EventType(Struct, frozen=True):
    """One kind of event: its name on the log, the field that orders it, and the struct that it carries."""

    name: str
    key: str
    struct: type[Struct]


class Envelope(Struct, frozen=True):
    """An event as it lies on the log.

    ``position`` is the place in the log, ``xid-seq``, and unique. Source: CloudEvents 1.0 (id, type, subject, time, data).
    """

    position: str
    type: str
    key: str
    at: datetime
    data: Any


NAMES: dict[str, EventType] = {}
TYPES: dict[type[Struct], EventType] = {}


def event(name: str, *, key: str) -> Callable[[S], S]:
    """Register a frozen struct as the event ``context.noun-participle``; ``key`` names the field that orders it."""

    def register(struct: S) -> S:
        if name in NAMES:
            raise ValueError(f"two events are named {name}")
        if key not in struct.__struct_fields__:
            raise ValueError(f"{name}: {struct.__name__} has no field {key}")
        NAMES[name] = TYPES[struct] = EventType(name, key, struct)
        return struct

    return register


def emit(tx: Tx, *events: Struct) -> None:
    """Announce facts: they are written to the log in the transaction of their effect, just before it commits."""
    tx.events.extend(events)


def decode(type_name: str, data: str) -> Any:
    """Read an event's data back into its struct (unknown fields of newer writers are passed over)."""
    return msgspec.json.decode(data, type=NAMES[type_name].struct)
