"""The words of operating Rynek."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from rynek.kernel.faults import NotFound, Unavailable
from rynek.kernel.jobs import Dead


class NotReady(Unavailable):
    """This process cannot serve yet; send requests to another."""


class Alive(Struct, frozen=True):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(Struct, frozen=True):
    """The process can serve: its database answers and has all that this version needs."""

    database_ms: float
    migrations: int
    """How many the database has had."""
    status: Literal["ready"] = "ready"


class Reader(Struct, frozen=True):
    """A reaction, and when its cursor in the log last moved."""

    reaction: str
    moved_at: datetime
    parked: int
    """Events it could not take, set aside so that they block nothing."""


class Parked(Struct, frozen=True):
    """An event that a reaction could not take, and why."""

    reaction: str
    position: str
    type: str
    key: str
    error: str
    parked_at: datetime


class Backlog(Struct, frozen=True):
    """What waits behind the shop: reactions and what they parked, jobs that are due, jobs that were given up."""

    readers: list[Reader]
    parked: list[Parked]
    due: int
    """Jobs whose time has come."""
    coming: int
    """Jobs whose time will come."""
    dead: list[Dead]


class Replayed(Struct, frozen=True):
    """What came of parked events that were tried again."""

    done: int
    still_parked: int


class NoSuchReaction(NotFound):
    """There is no reaction of this name."""


class NotDead(NotFound):
    """No job of this number was given up."""


class News(Struct, frozen=True):
    """One kind of event that Rynek announces."""

    type: str
    key: str
    """The field of the data by which events keep their order."""
    title: str
    data: dict[str, Any]
    """JSON Schema (2020-12) of what it carries."""
