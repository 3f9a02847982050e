"""What is done with imports and exports. What an import writes goes through the door as the actor who began it."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.integration.exchange import model, rules, things, uploads
from rynek.integration.exchange.access import Who, allowed, form_of, reach, seen, shown, text
from rynek.integration.exchange.columns import Form, form, parameters
from rynek.integration.exchange.guessing import Looked, look
from rynek.integration.exchange.mappings import saved_as, sound
from rynek.integration.exchange.model import (
    Amiss,
    ColumnUnknown,
    Exchange,
    FileTooLarge,
    FileUnreadable,
    NewExport,
    NewImport,
    Outcome,
    Preview,
    Reading,
    Row,
    Settled,
    Sheet,
    Shown,
    WrongState,
)
from rynek.integration.exchange.reading import lines
from rynek.integration.exchange.storing import local, pieces, place
from rynek.kernel import ids
from rynek.kernel.door import Call
from rynek.kernel.faults import Invalid
from rynek.kernel.settings import Settings
from rynek.kernel.sheets import SHEETS
from rynek.kernel.sql import queries
from rynek.kernel.storage import choose

q = queries(__file__, model)

_REFUSALS = 500
_SHOWN = 200
_outcomes = msgspec.msgpack.Decoder(list[Outcome])


def configure(settings: Settings, _secret: Callable[[str], bytes]) -> None:
    """Take from the settings where files lie and how much they may hold."""
    place.store = choose(settings)
    place.limits = settings.files
    place.kept = type(place.kept)(days=settings.files.days)


async def sheets(call: Call[None]) -> list[Sheet]:
    """List what can be imported and exported, with its columns."""
    return [
        Sheet(
            name,
            form(SHEETS[name], call.door.registry).columns,
            may_import=reach(call, "import", name) is not None,
            may_export=reach(call, "export", name) is not None,
        )
        for name in sorted(SHEETS)
    ]


# --- beginning an import ----------------------------------------------------------------------------------------------


async def begin_import(call: Call[NewImport], given: NewImport) -> Exchange:
    """Begin an import; send its file next.

    Raises:
        SheetUnknown: there is no sheet of this name.
        MappingUnknown: no mapping is saved under this name.
        ColumnUnknown: the mapping names a column that the sheet does not have.
        Forbidden: you may not write what the sheet holds.
        Invalid: the time zone is none.
    """
    found = form_of(call, given.sheet)
    allowed(call, "import", found)
    reading, mapping = given.reading, given.mapping
    if given.saved is not None:
        saved = await saved_as(call, given.sheet, given.saved)
        reading, mapping = saved.reading, saved.mapping
    sound(found, reading, mapping or {})
    fresh = ids.new()
    async with call.transaction() as tx:
        await q.begin(
            tx, id=fresh, direction="import", sheet=given.sheet, name=given.name, state="open", phase="rehearsal",
            actor=text(Who.of(call.actor)), actor_id=call.actor.id, reading=text(reading),
            mapping=text(mapping or {}), columns=[], filters="{}", at=tx.at,
        )  # fmt: skip
        await call.note(tx, str(fresh))
    return shown(await seen(call, fresh))


async def upload(call: Call[None], exchange: UUID) -> Exchange:
    """Send the file of an import: its bytes as they are, or the one file of a posted form.

    What the file is (its format, encoding, delimiter and decimal mark) is found out where it was not said, and a
    mapping proposed by its header.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
        WrongState: it has begun already.
        FileTooLarge: the file is larger, or would unpack to more, than is taken.
        FileUnreadable: it is no file of a form that is understood.
        Malformed: the posted form is not whole.
    """
    row = await seen(call, exchange)
    if row.direction != "import" or row.state not in ("open", "ready"):
        raise WrongState("an import takes a file until it is begun", state=row.state)
    body = uploads.sent(call)
    most = place.limits.megabytes * 1_048_576
    if len(body) > most:
        raise FileTooLarge(f"the file has {len(body)} bytes; at most {most}", limit=most)
    if not body:
        raise FileUnreadable("the file is empty")
    found = form_of(call, row.sheet)
    said = msgspec.json.decode(row.reading, type=Reading) if row.state == "open" else Reading()
    with tempfile.TemporaryDirectory(prefix="rynek-file-") as folder:
        path = Path(folder) / "file"
        await asyncio.to_thread(path.write_bytes, body)
        path, said = await uploads.prepared(path, said, row.name)
        looked = await asyncio.to_thread(look, path, said, row.name, place.limits)
        total = await asyncio.to_thread(uploads.count, path, looked.reading)
        key = f"imports/{exchange}.{ids.new().hex[-8:]}"
        await place.store.put(key, pieces(path))
    given = msgspec.json.decode(row.mapping, type=dict[str, str])
    mapping = {name: each for name, each in given.items() if name in looked.header} or _proposed(found, looked.header)
    async with call.transaction() as tx:
        done = await q.uploaded(
            tx, id=exchange, file=key, size=len(body), total=total, reading=text(looked.reading),
            guessed=looked.guessed, header=looked.header, mapping=text(mapping),
        )  # fmt: skip
        if done is None:
            raise WrongState("an import takes a file until it is begun")
        await call.note(tx, str(exchange))
    if row.file is not None:
        await place.store.delete(row.file)
    return shown(await seen(call, exchange))


def _proposed(found: Form, header: list[str]) -> dict[str, str]:
    return rules.proposed(header, found.columns)


async def settle(call: Call[Any], exchange: UUID, settled: Settled) -> Exchange:
    """Say how an uploaded file is to be read: its form, and which column is which.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
        WrongState: it has no file yet, or has begun already.
        ColumnUnknown: the sheet has no such column.
        FileUnreadable: it cannot be read so.
        FileTooLarge: read so, it has too many columns.
        Invalid: the file has no such column, or two are read as the same one, or the time zone is none.
    """
    row = await seen(call, exchange)
    if row.state != "ready" or row.file is None:
        raise WrongState("an import is settled between its upload and its beginning", state=row.state)
    found = form_of(call, row.sheet)
    before = msgspec.json.decode(row.reading, type=Reading)
    reading = settled.reading or before
    if before.format == "xlsx" or reading.format == "xlsx":
        reading = msgspec.structs.replace(reading, format=before.format)
    looked = Looked(reading, row.guessed, row.header)
    if settled.reading is not None:
        async with local(row.file) as path:
            looked = await asyncio.to_thread(look, path, reading, row.name, place.limits)
    mapping = settled.mapping if settled.mapping is not None else _proposed(found, looked.header)
    sound(found, looked.reading, mapping)
    if unknown := [name for name in mapping if name not in looked.header]:
        raise Invalid(f"the file has no column {unknown[0]}; it has {', '.join(looked.header)[:500]}", field="mapping")
    async with call.transaction() as tx:
        done = await q.settled(
            tx, id=exchange, reading=text(looked.reading), guessed=looked.guessed, header=looked.header,
            mapping=text({name: each for name, each in mapping.items() if each}),
        )  # fmt: skip
        if done is None:
            raise WrongState("an import is settled between its upload and its beginning")
        await call.note(tx, str(exchange))
    return shown(await seen(call, exchange))


async def preview(call: Call[Any], exchange: UUID, limit: Annotated[int, Meta(ge=1, le=100)] = 10) -> Preview:
    """Show the first rows of an uploaded file as they would be read.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
        WrongState: it has no file yet.
    """
    row = await seen(call, exchange)
    if row.direction != "import" or row.file is None:
        raise WrongState("it has no file yet", state=row.state)
    found = form_of(call, row.sheet)
    reading = msgspec.json.decode(row.reading, type=Reading)
    mapping = msgspec.json.decode(row.mapping, type=dict[str, str])
    rows = things.Rows(things.Cells(found, reading, await things.facts(call.ask, found)), row.header, mapping)
    async with local(row.file) as path:
        first = await asyncio.to_thread(lambda: list(zip(lines(path, reading, place.limits), range(limit))))  # noqa: B905
    first_rows = []
    for line, _ in first:
        said = rows.said(line)
        first_rows.append(
            Shown(
                line.number,
                [each[:_SHOWN] for each in line.text],
                {name: None if value is rules.GONE else value for _, name, value in said.values},
                [Amiss(*each) for each in said.refused],
            )
        )
    whole = rows.whole if reading.format == "jsonl" else set()
    unmapped = [each for each in row.header if not mapping.get(each) and each not in whole]
    missing = [each.name for each in found.columns if each.needed and each.name not in mapping.values()]
    return Preview(row.header, mapping, unmapped, missing, first_rows)


# --- going and coming back --------------------------------------------------------------------------------------------


async def start(call: Call[Any], exchange: UUID, rehearse: bool = False) -> Exchange:  # noqa: FBT001, FBT002 - a field of the request
    """Let an import begin, or go on where it was cancelled; a rehearsal finds out what it would do and changes nothing.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
        WrongState: it has no file yet, or is done.
        ColumnUnknown: the file has nothing by which rows are told apart.
        Forbidden: you may not write what the sheet holds.
    """
    row = await seen(call, exchange)
    found = form_of(call, row.sheet)
    allowed(call, "import", found)
    mapping = msgspec.json.decode(row.mapping, type=dict[str, str])
    named = {*mapping.values(), *row.header} if row.header else {*mapping.values()}
    needed = [each.name for each in found.columns if each.key and each.needed and each.name not in named]
    if row.direction == "import" and row.file is not None and needed:
        raise ColumnUnknown(f"the file has no column {needed[0]}, by which rows are told apart", column=needed[0])
    phase = "rehearsal" if rehearse else "import"
    await _begin(call, row, phase, ["ready", "failed"], ["rehearsal"], forget=rehearse)
    return shown(await seen(call, exchange))


async def _begin(
    call: Call[Any], row: Row, phase: str, states: list[str], phases: list[str], *, forget: bool = False
) -> None:
    async with call.transaction() as tx:
        done = None
        if row.file is not None and row.direction == "import":
            done = await q.start(tx, id=row.id, phase=phase, from_states=states, from_phases=phases)
            if done is None and phase in ("import", "undo"):
                again = ["cancelled", "failed"]
                done = await q.start(tx, id=row.id, phase=phase, from_states=again, from_phases=[phase])
        if done is None:
            raise WrongState(f"it is {row.state} ({row.phase})", state=row.state, phase=row.phase)
        if forget:
            await q.forget_phase(tx, id=row.id, phase=phase)
        await call.note(tx, str(row.id))


async def undo(call: Call[Any], exchange: UUID) -> Exchange:
    """Take an import back: what it changed becomes what it was, field by field, where nobody has changed it since.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
        WrongState: it is not done, or taken back already.
        Forbidden: you may not write what the sheet holds.
    """
    row = await seen(call, exchange)
    allowed(call, "import", form_of(call, row.sheet))
    await _begin(call, row, "undo", ["done", "cancelled", "failed"], ["import"])
    return shown(await seen(call, exchange))


async def cancel(call: Call[Any], exchange: UUID) -> Exchange:
    """Stop an import or export where it is; what an import has done stays, until it is taken back or goes on.

    Raises:
        ExchangeUnknown: there is none, or you may not see it.
        WrongState: it is not going on.
    """
    row = await seen(call, exchange)
    async with call.transaction() as tx:
        if await q.stop(tx, id=exchange) is None:
            raise WrongState(f"it is {row.state}", state=row.state)
        await call.note(tx, str(exchange))
    return shown(await seen(call, exchange))


# --- exports ----------------------------------------------------------------------------------------------------------


async def begin_export(call: Call[Any], given: NewExport) -> Exchange:
    """Begin an export; it is written in the background.

    Raises:
        SheetUnknown: there is no sheet of this name.
        ColumnUnknown: the sheet has no such column.
        Forbidden: you may not read what the sheet holds.
        Invalid: it cannot be filtered so.
    """
    found = form_of(call, given.sheet)
    allowed(call, "export", found)
    for name in given.columns:
        found.place(name.replace("*", "1"))
    known = [*found.group, *(each for each in parameters(found.get) if each not in ("after", "limit"))]
    if unknown := [name for name in given.filters if name not in known]:
        raise Invalid(
            f"{given.sheet} cannot be filtered by {unknown[0]}; by {', '.join(known) or 'nothing'}", field="filters"
        )
    fresh = ids.new()
    async with call.transaction() as tx:
        await q.begin(
            tx, id=fresh, direction="export", sheet=given.sheet, name=f"{given.sheet}.{given.format}", state="waiting",
            phase="export", actor=text(Who.of(call.actor)), actor_id=call.actor.id, reading=text(given),
            mapping="{}", columns=given.columns, filters=text(given.filters), at=tx.at,
        )  # fmt: skip
        await call.note(tx, str(fresh))
    return shown(await seen(call, fresh))
