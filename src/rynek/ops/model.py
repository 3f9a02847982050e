"""The words of operating Rynek."""

from typing import Any, Literal

from msgspec import Struct

from rynek.kernel.faults import Unavailable


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


class News(Struct, frozen=True):
    """One kind of event that Rynek announces."""

    type: str
    key: str
    """The field of the data by which events keep their order."""
    title: str
    data: dict[str, Any]
    """JSON Schema (2020-12) of what it carries."""
