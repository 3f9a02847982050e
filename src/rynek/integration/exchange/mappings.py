"""Which column of a sheet each column of a file is, kept under a name for files of a kind that come again."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rynek.integration.exchange import model
from rynek.integration.exchange.access import allowed, form_of, text
from rynek.integration.exchange.columns import Form
from rynek.integration.exchange.model import Keep, MappingUnknown, Name, Reading, Saved, SheetName
from rynek.kernel.door import Call
from rynek.kernel.faults import Invalid
from rynek.kernel.sql import queries

q = queries(__file__, model)


def sound(found: Form, reading: Reading, mapping: Mapping[str, str]) -> None:
    """See that a mapping leads to columns of the sheet, each once, and that the time zone is one.

    Raises:
        ColumnUnknown: the sheet has no such column.
        Invalid: two columns are read as the same one, or the time zone is none.
    """
    named = [name for name in mapping.values() if name]
    for name in named:
        found.place(name)
    if len(set(named)) < len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise Invalid(f"two columns of the file are read as {twice}", field="mapping")
    try:
        ZoneInfo(reading.zone)
    except (ValueError, OSError, LookupError):
        raise Invalid(f"there is no time zone {reading.zone}; one is Europe/Warsaw", field="reading.zone") from None


async def mappings(call: Call[Any], sheet: SheetName | None = None) -> list[Saved]:
    """List the mappings that are kept, of one sheet or of all."""
    async with call.transaction() as tx:
        return [_kept(each) for each in await q.mappings(tx, sheet=sheet)]


def _kept(found: Any) -> Saved:
    mapping = msgspec.json.decode(found.mapping, type=dict[str, str])
    return Saved(found.sheet, found.name, mapping, msgspec.json.decode(found.reading, type=Reading))


async def saved_as(call: Call[Any], sheet: str, name: str) -> Saved:
    """Find a mapping by its name.

    Raises:
        MappingUnknown: none is kept under it.
    """
    async with call.transaction() as tx:
        found = await q.mapping(tx, sheet=sheet, name=name)
    if found is None:
        raise MappingUnknown(f"no mapping {name} is kept for {sheet}", mapping=name)
    return _kept(found)


async def put_mapping(call: Call[Any], sheet: SheetName, name: Name, keep: Keep) -> Saved:
    """Keep a mapping under a name, for files of this kind that come again.

    Raises:
        SheetUnknown: there is no sheet of this name.
        ColumnUnknown: the sheet has no such column.
        Forbidden: you may not write what the sheet holds.
        Invalid: two columns are read as the same one, or the time zone is none.
    """
    found = form_of(call, sheet)
    allowed(call, "import", found)
    sound(found, keep.reading, keep.mapping)
    async with call.transaction() as tx:
        await q.put_mapping(tx, sheet=sheet, name=name, mapping=text(keep.mapping), reading=text(keep.reading))
        await call.note(tx, f"{sheet} {name}")
    return await saved_as(call, sheet, name)


async def drop_mapping(call: Call[Any], sheet: SheetName, name: Name) -> None:
    """Forget a mapping.

    Raises:
        SheetUnknown: there is no sheet of this name.
        MappingUnknown: no mapping is kept under this name.
        Forbidden: you may not write what the sheet holds.
    """
    allowed(call, "import", form_of(call, sheet))
    async with call.transaction() as tx:
        if await q.drop_mapping(tx, sheet=sheet, name=name) is None:
            raise MappingUnknown(f"no mapping {name} is kept for {sheet}", mapping=name)
        await call.note(tx, f"{sheet} {name}")
