"""What is done with imports and exports. What an import writes goes through the door as the actor who began it."""

import asyncio
import tempfile
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from rynek.integration.exchange import model, rules, things, uploads
from rynek.integration.exchange.columns import Form, flat, form, parameters
from rynek.integration.exchange.model import (
    Amiss,
    ColumnUnknown,
    Difference,
    Differences,
    Direction,
    Exchange,
    ExchangeUnknown,
    FileTooLarge,
    FileUnreadable,
    Keep,
    MappingUnknown,
    Name,
    NewExport,
    NewImport,
    Outcome,
    Preview,
    Reading,
    Refused,
    Row,
    Saved,
    Settled,
    Sheet,
    SheetName,
    SheetUnknown,
    Shown,
    WrongState,
)
from rynek.integration.exchange.reading import Looked, lines, look
from rynek.integration.exchange.running import Who, local, pieces, place
from rynek.kernel import clock, ids
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Forbidden, Invalid
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


# --- sheets and who may --------------------------------------------------------------------------------------------


def _form(call: Call[Any], sheet: str) -> Form:
    if sheet not in SHEETS:
        raise SheetUnknown(f"there is no sheet {sheet}; there are {', '.join(sorted(SHEETS))}", sheet=sheet)
    return form(SHEETS[sheet], call.door.registry)


def _reach(call: Call[Any], direction: str, sheet: str) -> str | None:
    """Tell how far the actor may do what an import or export of this sheet does."""
    if sheet not in SHEETS:
        return None
    operation = SHEETS[sheet].put if direction == "import" else SHEETS[sheet].get
    return call.door.gate.may(call.actor, call.door.registry.by_name[operation].policy)


def _allowed(call: Call[Any], direction: str, found: Form) -> None:
    operation = found.put if direction == "import" else found.get
    if _reach(call, direction, found.sheet.name) is None:
        raise Forbidden(
            f"no policy allows {operation.policy} to you: it is what {direction}ing {found.sheet.name} does",
            action=operation.policy,
        )


async def _seen(call: Call[Any], exchange: UUID) -> Row:
    """Find an import or export that the actor may see: who began it, and who may do what it does to everything."""
    async with call.transaction() as tx:
        row: Row | None = await q.exchange(tx, id=exchange)
    if row is not None:
        reach = _reach(call, row.direction, row.sheet)
        mine = msgspec.json.decode(row.actor, type=Who).id == call.actor.id
        if reach == "all" or (reach is not None and mine):
            return row
    raise ExchangeUnknown(f"there is no import or export {exchange}, or you may not see it")


def _shown(row: Row) -> Exchange:
    by = msgspec.json.decode(row.actor, type=Who)
    given = msgspec.json.decode(row.reading, type=NewExport) if row.direction == "export" else None
    reading = Reading(format=given.format) if given else msgspec.json.decode(row.reading, type=Reading)
    until = row.ended_at or clock.now()
    seconds = (until - row.began_at).total_seconds() if row.began_at else 0.0
    per_s, left = rules.paced(row.done, row.total, seconds)
    return Exchange(
        id=row.id, direction=row.direction, sheet=row.sheet, name=row.name, state=row.state, phase=row.phase,
        by=by.name or by.kind, created_at=row.created_at, reading=reading, guessed=row.guessed, header=row.header,
        mapping=msgspec.json.decode(row.mapping), columns=row.columns, filters=msgspec.json.decode(row.filters),
        size=row.size, total=row.total, done=row.done, new=row.new, changed=row.changed, unchanged=row.unchanged,
        refused=row.refused, per_s=round(per_s, 1), seconds_left=left if row.state == "running" else None,
        began_at=row.began_at, ended_at=row.ended_at, error=row.error,
    )  # fmt: skip


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def sheets(call: Call[None]) -> list[Sheet]:
    """List what can be imported and exported, with its columns."""
    return [
        Sheet(
            name,
            form(SHEETS[name], call.door.registry).columns,
            may_import=_reach(call, "import", name) is not None,
            may_export=_reach(call, "export", name) is not None,
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
    found = _form(call, given.sheet)
    _allowed(call, "import", found)
    reading, mapping = given.reading, given.mapping
    if given.saved is not None:
        saved = await _saved(call, given.sheet, given.saved)
        reading, mapping = saved.reading, saved.mapping
    _sound(found, reading, mapping or {})
    fresh = ids.new()
    async with call.transaction() as tx:
        await q.begin(
            tx, id=fresh, direction="import", sheet=given.sheet, name=given.name, state="open", phase="rehearsal",
            actor=_text(Who.of(call.actor)), actor_id=call.actor.id, reading=_text(reading),
            mapping=_text(mapping or {}), columns=[], filters="{}", at=tx.at,
        )  # fmt: skip
        await call.note(tx, str(fresh))
    return _shown(await _seen(call, fresh))


def _sound(found: Form, reading: Reading, mapping: Mapping[str, str]) -> None:
    """See that a mapping leads to columns of the sheet, each once, and that the time zone is one."""
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
    row = await _seen(call, exchange)
    if row.direction != "import" or row.state not in ("open", "ready"):
        raise WrongState("an import takes a file until it is begun", state=row.state)
    body = uploads.sent(call)
    most = place.limits.megabytes * 1_048_576
    if len(body) > most:
        raise FileTooLarge(f"the file has {len(body)} bytes; at most {most}", limit=most)
    if not body:
        raise FileUnreadable("the file is empty")
    found = _form(call, row.sheet)
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
            tx, id=exchange, file=key, size=len(body), total=total, reading=_text(looked.reading),
            guessed=looked.guessed, header=looked.header, mapping=_text(mapping),
        )  # fmt: skip
        if done is None:
            raise WrongState("an import takes a file until it is begun")
        await call.note(tx, str(exchange))
    if row.file is not None:
        await place.store.delete(row.file)
    return _shown(await _seen(call, exchange))


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
    row = await _seen(call, exchange)
    if row.state != "ready" or row.file is None:
        raise WrongState("an import is settled between its upload and its beginning", state=row.state)
    found = _form(call, row.sheet)
    before = msgspec.json.decode(row.reading, type=Reading)
    reading = settled.reading or before
    if before.format == "xlsx" or reading.format == "xlsx":
        reading = msgspec.structs.replace(reading, format=before.format)
    looked = Looked(reading, row.guessed, row.header)
    if settled.reading is not None:
        async with local(row.file) as path:
            looked = await asyncio.to_thread(look, path, reading, row.name, place.limits)
    mapping = settled.mapping if settled.mapping is not None else _proposed(found, looked.header)
    _sound(found, looked.reading, mapping)
    if unknown := [name for name in mapping if name not in looked.header]:
        raise Invalid(f"the file has no column {unknown[0]}; it has {', '.join(looked.header)[:500]}", field="mapping")
    async with call.transaction() as tx:
        done = await q.settled(
            tx, id=exchange, reading=_text(looked.reading), guessed=looked.guessed, header=looked.header,
            mapping=_text({name: each for name, each in mapping.items() if each}),
        )  # fmt: skip
        if done is None:
            raise WrongState("an import is settled between its upload and its beginning")
        await call.note(tx, str(exchange))
    return _shown(await _seen(call, exchange))


async def preview(call: Call[Any], exchange: UUID, limit: Annotated[int, Meta(ge=1, le=100)] = 10) -> Preview:
    """Show the first rows of an uploaded file as they would be read.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
        WrongState: it has no file yet.
    """
    row = await _seen(call, exchange)
    if row.direction != "import" or row.file is None:
        raise WrongState("it has no file yet", state=row.state)
    found = _form(call, row.sheet)
    reading = msgspec.json.decode(row.reading, type=Reading)
    mapping = msgspec.json.decode(row.mapping, type=dict[str, str])
    rows = things.Rows(things.Cells(found, reading, await things.facts(call.ask, found)), row.header, mapping)
    async with local(row.file) as path:
        first = await asyncio.to_thread(lambda: list(zip(lines(path, reading, place.limits), range(limit))))  # noqa: B905
    shown = []
    for line, _ in first:
        said = rows.said(line)
        shown.append(
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
    return Preview(row.header, mapping, unmapped, missing, shown)


# --- going and coming back --------------------------------------------------------------------------------------------


async def start(call: Call[Any], exchange: UUID, rehearse: bool = False) -> Exchange:  # noqa: FBT001, FBT002 - a field of the request
    """Let an import begin, or go on where it was cancelled; a rehearsal finds out what it would do and changes nothing.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
        WrongState: it has no file yet, or is done.
        ColumnUnknown: the file has nothing by which rows are told apart.
        Forbidden: you may not write what the sheet holds.
    """
    row = await _seen(call, exchange)
    found = _form(call, row.sheet)
    _allowed(call, "import", found)
    mapping = msgspec.json.decode(row.mapping, type=dict[str, str])
    named = {*mapping.values(), *row.header} if row.header else {*mapping.values()}
    needed = [each.name for each in found.columns if each.key and each.needed and each.name not in named]
    if row.direction == "import" and row.file is not None and needed:
        raise ColumnUnknown(f"the file has no column {needed[0]}, by which rows are told apart", column=needed[0])
    phase = "rehearsal" if rehearse else "import"
    await _begin(call, row, phase, ["ready", "failed"], ["rehearsal"], forget=rehearse)
    return _shown(await _seen(call, exchange))


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
    row = await _seen(call, exchange)
    _allowed(call, "import", _form(call, row.sheet))
    await _begin(call, row, "undo", ["done", "cancelled", "failed"], ["import"])
    return _shown(await _seen(call, exchange))


async def cancel(call: Call[Any], exchange: UUID) -> Exchange:
    """Stop an import or export where it is; what an import has done stays, until it is taken back or goes on.

    Raises:
        ExchangeUnknown: there is none, or you may not see it.
        WrongState: it is not going on.
    """
    row = await _seen(call, exchange)
    async with call.transaction() as tx:
        if await q.stop(tx, id=exchange) is None:
            raise WrongState(f"it is {row.state}", state=row.state)
        await call.note(tx, str(exchange))
    return _shown(await _seen(call, exchange))


# --- looking ----------------------------------------------------------------------------------------------------------


async def exchange(call: Call[Any], exchange: UUID) -> Exchange:
    """Tell how far an import or export has come.

    Raises:
        ExchangeUnknown: there is none, or you may not see it.
    """
    return _shown(await _seen(call, exchange))


async def exchanges(
    call: Call[Any], direction: Direction | None = None, before: Annotated[datetime, Meta(tz=True)] | None = None,
    limit: Annotated[int, Meta(ge=1, le=200)] = 50,
) -> list[Exchange]:  # fmt: skip
    """List imports and exports, newest first; go on with the last ``created_at`` as ``before``."""
    seen: dict[str, list[str]] = {"all": [], "own": []}
    for name in SHEETS:
        for each in ("import", "export"):
            if reach := _reach(call, each, name):
                seen[reach].append(f"{each} {name}")
    async with call.transaction() as tx:
        rows = await q.exchanges(
            tx,
            sheets=seen["all"],
            mine=seen["own"],
            actor=call.actor.id,
            direction=direction,
            before=before,
            size=limit,
        )
    return [_shown(each) for each in rows]


async def differences(
    call: Call[Any], exchange: UUID, after: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1
) -> Differences:
    """Show what an import does (rehearsed), did or took back, row by row: new, or changed in these fields.

    Args:
        after: ``following`` of the page before; -1 for the first.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
    """
    row = await _seen(call, exchange)
    found = _form(call, row.sheet)
    async with call.transaction() as tx:
        chunks = await q.chunks(tx, id=exchange, phase=row.phase, after=after, size=2)
    shown = []
    for chunk in chunks[:1]:
        for outcome in _outcomes.decode(zlib.decompress(chunk.body)):
            here = outcome.after or outcome.before or {}
            key = " ".join(str(here.get(each)) for each in found.sheet.key if here.get(each) is not None)
            what = "new" if outcome.before is None else "gone" if outcome.after is None else "changed"
            fields = rules.differing(flat(found, outcome.before), flat(found, outcome.after))
            fields.pop("id", None)
            shown.append(Difference(outcome.line, key, what, fields))  # type: ignore[arg-type] # one of these three
    return Differences(shown, chunks[0].number if len(chunks) > 1 else None)


async def refusals(
    call: Call[Any], exchange: UUID, after: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Meta(ge=1, le=500)] = 100,
) -> list[Refused]:  # fmt: skip
    """List the rows that were refused, with the column, its value and why; go on with the last ``id`` as ``after``.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
    """
    row = await _seen(call, exchange)
    async with call.transaction() as tx:
        found: list[Refused] = await q.refusals(tx, id=exchange, phase=row.phase, after=after, size=limit)
    return found


async def refusals_file(call: Call[Any], exchange: UUID) -> Response:
    """Give the refused rows as CSV: line, column, value and reason, then the row as it stood in the file.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
    """
    row = await _seen(call, exchange)

    async def poured() -> AsyncGenerator[bytes]:
        yield uploads.csv_of([["line", "column", "value", "reason", *(map(rules.neutral, row.header))]], begin=True)
        after = 0
        while True:
            async with call.transaction() as tx:
                some = await q.refusals(tx, id=exchange, phase=row.phase, after=after, size=_REFUSALS)
            if not some:
                return
            yield uploads.csv_of(
                [
                    [str(each.line), *map(rules.neutral, (each.column, each.value, each.reason, *each.cells))]
                    for each in some
                ]
            )
            after = some[-1].id

    return uploads.download(
        f"{row.name.rpartition('.')[0] or row.name} - refused.csv", "text/csv; charset=utf-8", poured()
    )


# --- mappings ---------------------------------------------------------------------------------------------------------


async def mappings(call: Call[Any], sheet: SheetName | None = None) -> list[Saved]:
    """List the mappings that are kept, of one sheet or of all."""
    async with call.transaction() as tx:
        return [_kept(each) for each in await q.mappings(tx, sheet=sheet)]


def _kept(found: Any) -> Saved:
    mapping = msgspec.json.decode(found.mapping, type=dict[str, str])
    return Saved(found.sheet, found.name, mapping, msgspec.json.decode(found.reading, type=Reading))


async def _saved(call: Call[Any], sheet: str, name: str) -> Saved:
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
    found = _form(call, sheet)
    _allowed(call, "import", found)
    _sound(found, keep.reading, keep.mapping)
    async with call.transaction() as tx:
        await q.put_mapping(tx, sheet=sheet, name=name, mapping=_text(keep.mapping), reading=_text(keep.reading))
        await call.note(tx, f"{sheet} {name}")
    return await _saved(call, sheet, name)


async def drop_mapping(call: Call[Any], sheet: SheetName, name: Name) -> None:
    """Forget a mapping.

    Raises:
        SheetUnknown: there is no sheet of this name.
        MappingUnknown: no mapping is kept under this name.
        Forbidden: you may not write what the sheet holds.
    """
    _allowed(call, "import", _form(call, sheet))
    async with call.transaction() as tx:
        if await q.drop_mapping(tx, sheet=sheet, name=name) is None:
            raise MappingUnknown(f"no mapping {name} is kept for {sheet}", mapping=name)
        await call.note(tx, f"{sheet} {name}")


# --- exports ----------------------------------------------------------------------------------------------------------


async def begin_export(call: Call[Any], given: NewExport) -> Exchange:
    """Begin an export; it is written in the background.

    Raises:
        SheetUnknown: there is no sheet of this name.
        ColumnUnknown: the sheet has no such column.
        Forbidden: you may not read what the sheet holds.
        Invalid: it cannot be filtered so.
    """
    found = _form(call, given.sheet)
    _allowed(call, "export", found)
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
            phase="export", actor=_text(Who.of(call.actor)), actor_id=call.actor.id, reading=_text(given),
            mapping="{}", columns=given.columns, filters=_text(given.filters), at=tx.at,
        )  # fmt: skip
        await call.note(tx, str(fresh))
    return _shown(await _seen(call, fresh))


_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
}


async def download(call: Call[Any], exchange: UUID) -> Response:
    """Give the file that an export has written.

    Raises:
        ExchangeUnknown: there is no such export, or you may not see it.
        WrongState: it is not written yet.
    """
    row = await _seen(call, exchange)
    if row.direction != "export" or row.state != "done" or row.file is None:
        raise WrongState("there is nothing to download", state=row.state)
    stored = await place.store.open(row.file)

    async def poured() -> AsyncGenerator[bytes]:
        async for piece in stored:
            yield piece

    async with call.transaction() as tx:
        await call.note(tx, str(exchange))
    return uploads.download(row.name, _KINDS[row.file.rpartition(".")[2]], poured())
