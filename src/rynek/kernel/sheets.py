"""Sheets: what people keep in tables of their own, and the operations by which its rows are read and written.

A context says it in one line of its ``http.py``; import, export, their columns and their checks follow from the
operations' own types (``integration.exchange``):

    sheet("brands", "code", put="commerce.catalog.put_brands", get="commerce.catalog.brands")

What is written is the one list of structs that the operation ``put`` takes; where it takes no list, rows are written
one by one. What else it takes (a channel in its address, a location) are columns too: rows that are alike in them are
written together.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct


class Sheet(Struct, frozen=True, kw_only=True):
    """One kind of thing with the operations that read and write it in bulk."""

    name: str
    key: tuple[str, ...]
    """The columns that tell one row from all others."""
    put: str
    """The operation that writes rows: it takes one list of structs, or is asked once for each row."""
    get: str
    """The operation that lists them: it may take a list of keys, or ``after`` (or ``before``) and ``limit``."""
    find: str | None = None
    """The operation that reads rows by their keys, where it is another than ``get``."""
    over: str | None = None
    """The operation that lists, by ``code``, for what ``get`` is asked one by one: all channels, all locations."""
    parts: tuple[str, str] | None = None
    """A list in each thing whose elements have rows of their own, and their key: ``("variants", "sku")``."""
    drop: str | None = None
    """The operation that takes one out of what is kept, by its key or ``id``."""
    gone: Mapping[str, Any] | None = None
    """Values that take a row out when they are written."""
    replaces: bool = False
    """Whether ``put`` takes all rows that are alike in its other parameters, and drops those not given."""
    renamed: Mapping[str, str] = {}
    """What ``get`` calls otherwise than ``put``: ``{"on_hand": "counted"}``."""
    within: str | None = None
    """Where in what ``get`` gives the row stands, beside what is known of it: ``promotion``."""
    folded: Mapping[str, Callable[[str], str]] = {}
    """How what people write in a column is kept: codes in capitals."""
    derived: bool = False
    """Whether a row that names no key gets one made of what it says: the same file twice is the same rows."""
    reference: str | None = None
    """The parameter of ``put`` that takes a number of the writing itself; a repeated one writes nothing."""
    kinds: Mapping[str, str] = {}
    """Maps whose values are of kinds that an operation lists (``code``, ``kind``): ``{"attributes": "..."}``."""
    currency: tuple[str, str] | None = None
    """Where minor units take their currency from: a column, and the operation that lists it by ``code``."""


SHEETS: dict[str, Sheet] = {}


def sheet(name: str, *key: str, put: str, get: str, **more: Any) -> Sheet:
    """Offer a kind of thing for import and export.

    Args:
        key: the columns that tell one row from all others.
        put: the operation that writes rows.
        get: the operation that lists them.
        more: the other fields of a ``Sheet``.
    """
    made = Sheet(name=name, key=key, put=put, get=get, **more)
    if SHEETS.setdefault(name, made) != made:
        raise ValueError(f"two sheets are named {name}")
    return made
