"""The work behind imports and exports: taken up by whichever process is free, and taken over from one that has died.

A chunk is written through the door under a key of its own, with what became of it kept in the same transaction; then it
is noted here. Whoever takes over reads the file again and skips what is noted; a chunk that was written and not noted
is answered as it was. So nothing is done twice, and nothing is left out.
"""

import asyncio
import logging
import shutil
import zlib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import UUID

import msgspec

from rynek.integration.exchange import model, things
from rynek.integration.exchange.access import Who
from rynek.integration.exchange.chunks import bring, everything, undo
from rynek.integration.exchange.columns import Form, form
from rynek.integration.exchange.model import Come, NewExport, Outcome, Reading, Result, Row
from rynek.integration.exchange.reading import lines
from rynek.integration.exchange.storing import local, pieces, place
from rynek.integration.exchange.things import Item, Said
from rynek.integration.exchange.writing import open_names, titles, writer
from rynek.kernel import clock, ids
from rynek.kernel.database import unreachable
from rynek.kernel.door import Door
from rynek.kernel.faults import Fault
from rynek.kernel.jobs import every
from rynek.kernel.sheets import SHEETS
from rynek.kernel.sql import queries
from rynek.kernel.together import Together, together

logger = logging.getLogger(__name__)

q = queries(__file__, model)

LEASE = timedelta(seconds=10)
"""How long work stays in the hands of a process that says nothing more of it."""
AT_ONCE = 2
"""How many imports and exports one process works on."""
_PAUSE_S = 0.5
_SPAN = 10
"""Chunks that are rehearsed in one transaction, where each sees what those before it would have done."""
_results = msgspec.msgpack.Decoder(list[Result])
_outcomes = msgspec.msgpack.Decoder(list[Outcome])
_encode = msgspec.msgpack.Encoder().encode


class LetGo(Exception):  # noqa: N818 - what happened to it
    """Another process has taken this over, or somebody has stopped it."""

    def __init__(self, *, stopped: bool) -> None:
        super().__init__()
        self.stopped = stopped


class Work:
    """One import or export in the hands of this process."""

    def __init__(self, door: Door, row: Row, worker: UUID) -> None:
        self.door = door
        self.row = row
        self.worker = worker
        self.form: Form = form(SHEETS[row.sheet], door.registry)
        self.actor = msgspec.json.decode(row.actor, type=Who).actor()

    async def ask(self, operation: Any, /, **values: Any) -> Any:
        """Ask an operation as the actor who began this."""
        return await self.door.ask(self.actor, operation, **values)

    async def do(self) -> None:
        """Do it, from where it is to its end."""
        match self.row.phase:
            case "export":
                await self._export()
            case "undo":
                await self._undo()
            case _:
                await self._import()

    async def _come(self) -> Come:
        async with self.door.database.transaction("integration") as tx:
            come: Come = await q.come(tx, id=self.row.id, phase=self.row.phase)
        return come

    async def _together(self, act: Any, number: int, *, rehearse: bool = False) -> list[Result]:
        """Do some chunks through the door, once: the key is the same however often it is tried."""
        name = f"{self.row.id} {self.row.phase} {number}".encode()
        key = blake2b(name, digest_size=16, person=b"exchange").digest()

        async def kept(ask: Together) -> bytes:
            return zlib.compress(_encode(await act(ask)), 1)

        context = self.form.put.context
        body = await together(self.door, self.actor, context, kept, key=key, rehearse=rehearse)
        found: list[Result] = _results.decode(zlib.decompress(body))
        return found

    # --- importing, chunk by chunk

    async def _import(self) -> None:
        assert self.row.file is not None  # noqa: S101 - it could not be started without
        reading = msgspec.json.decode(self.row.reading, type=Reading)
        mapping = msgspec.json.decode(self.row.mapping, type=dict[str, str])
        cells = things.Cells(self.form, reading, await things.facts(self.ask, self.form))
        rows = things.Rows(cells, self.row.header, mapping)
        come = await self._come()
        rehearse = self.row.phase == "rehearsal"
        async with local(self.row.file) as path:
            items = rows.items(islice(lines(path, reading, place.limits), place.limits.rows))
            chunks = chunked(items, self.form.most)
            await asyncio.to_thread(_skip, chunks, come.chunks)
            number = come.following

            def read() -> list[list[Item | Said]]:
                return list(islice(chunks, _SPAN if rehearse else 1))

            span = await asyncio.to_thread(read)
            while span:
                following = asyncio.create_task(asyncio.to_thread(read))  # while the database writes
                try:
                    number += await self._chunks(rows, span, number, rehearse=rehearse)
                finally:
                    span = await following
        await self._finish("ready" if rehearse else "done")

    async def _chunks(self, rows: things.Rows, span: list[list[Item | Said]], number: int, *, rehearse: bool) -> int:
        async def act(ask: Together) -> list[Result]:
            found = []
            for ahead, chunk in enumerate(span):
                await self._hold()
                found.append(await bring(ask, rows, chunk, f"import {self.row.id.hex} {number + ahead}"))
            return found

        results = await self._together(act, number, rehearse=rehearse)
        for ahead, (chunk, result) in enumerate(zip(span, results, strict=True)):
            said = [line for each in chunk for line in (each.lines if isinstance(each, Item) else [each.line])]
            texts = {line.number: line.text for line in said}
            await self._note(number + ahead, said[-1].number, len(said), result, texts)
        return len(span)

    async def _note(self, number: int, line: int, rows: int, result: Result, texts: dict[int, list[str]]) -> None:
        """Write down what became of a chunk, if it is still ours to do."""
        body = zlib.compress(_encode(result.outcomes), 1) if result.outcomes else b""
        refused = len({each[0] for each in result.refused})
        async with self.door.database.transaction("integration") as tx:
            stopping = await q.hold(tx, id=self.row.id, worker=self.worker, until=tx.at + LEASE)
            if stopping is None:
                raise LetGo(stopped=False)
            await q.note(
                tx, id=self.row.id, phase=self.row.phase, number=number, line=line, rows=rows, new=result.new,
                changed=result.changed, unchanged=result.unchanged, refused=refused, body=body,
            )  # fmt: skip
            if result.refused:
                numbers, columns, values, reasons = zip(*result.refused, strict=True)
                cells = [_json(texts.get(each, [])) for each in numbers]
                await q.refuse(
                    tx, id=self.row.id, phase=self.row.phase, lines=numbers, columns=columns,
                    texts=list(map(_clean, values)), reasons=list(map(_clean, reasons)), cells=cells,
                )  # fmt: skip
        if stopping:
            raise LetGo(stopped=True)

    # --- taking back what was imported

    async def _undo(self) -> None:
        come = await self._come()
        number, before = come.following, 2**31 - 1
        done = come.chunks
        while True:
            async with self.door.database.transaction("integration") as tx:
                chunk = await q.chunks_back(tx, id=self.row.id, before=before)
            if chunk is None:
                break
            before = chunk.number
            if done:
                done -= 1
                continue
            outcomes = _outcomes.decode(zlib.decompress(chunk.body))

            async def act(ask: Together, outcomes: list[Outcome] = outcomes, number: int = number) -> list[Result]:
                return [await undo(ask, self.form, outcomes, f"undo {self.row.id.hex} {number}")]

            [result] = await self._together(act, number)
            await self._note(number, outcomes[0].line, len(outcomes), result, {})
            number += 1
        await self._finish("done")

    # --- exporting, page by page

    async def _export(self) -> None:
        """Write the file anew from its beginning: an export that was interrupted has no half that would be of use."""
        wanted = _wanted(self.row)
        filters = wanted.filters
        known = await things.facts(self.ask, self.form)
        found: dict[str, None] = {}
        columns = wanted.columns or [each.column.name for each in self.form.places]
        if wanted.format != "jsonl" and any("*" in each for each in columns):
            async for page in everything(self.ask, self.form, filters):
                for thing in page:
                    open_names(self.form, thing, found)
                await self._hold()
        names = titles(self.form, columns, list(found))
        folder = Path(await asyncio.to_thread(mkdtemp, prefix="rynek-file-"))
        try:
            path = folder / "file"
            rows = await self._written(path, wanted, names, known)
            key = f"exports/{self.row.id}.{wanted.format}"
            await place.store.put(key, pieces(path))
            size = path.stat().st_size
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        await self._finish("done", file=key, size=size, total=rows)

    async def _written(self, path: Path, wanted: NewExport, names: list[str], known: things.Facts) -> int:
        out = writer(path, self.form, wanted, names, known)
        rows = 0
        try:
            number = 0
            async with self.door.database.transaction("integration") as tx:
                await q.forget_phase(tx, id=self.row.id, phase=self.row.phase)
            async for page in everything(self.ask, self.form, wanted.filters):
                size = await asyncio.to_thread(lambda page=page: sum(map(out.add, page)))  # type: ignore[misc]
                rows += size
                await self._note(number, rows, size, Result([], 0, 0, size, []), {})
                number += 1
        finally:
            await asyncio.to_thread(out.close)
        return rows

    async def _hold(self) -> None:
        async with self.door.database.transaction("integration") as tx:
            stopping = await q.hold(tx, id=self.row.id, worker=self.worker, until=tx.at + LEASE)
        if stopping is not False:
            raise LetGo(stopped=bool(stopping))

    async def _finish(self, state: str, error: str | None = None, **more: Any) -> None:
        given = {"file": None, "size": 0, "total": 0} | more
        async with self.door.database.transaction("integration") as tx:
            await q.finish(
                tx,
                id=self.row.id,
                worker=self.worker,
                state=state,
                phase=self.row.phase,
                error=error,
                at=tx.at,
                **given,
            )

    async def end(self, state: str, error: str | None = None) -> None:
        """Let it end otherwise than by being done."""
        await self._finish("ready" if state == "cancelled" and self.row.phase == "rehearsal" else state, error)


def chunked(items: Iterable[Item | Said], most: int) -> Iterator[list[Item | Said]]:
    """Cut the things of a file into chunks, always the same ones."""
    rest = iter(items)
    while some := list(islice(rest, most)):
        yield some


def _skip(chunks: Iterator[Any], count: int) -> None:
    next(islice(chunks, count - 1, count), None) if count else None


def _clean(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _json(cells: list[str]) -> str:
    return msgspec.json.encode([_clean(each)[:32_000] for each in cells[:1_000]]).decode()


def _wanted(row: Row) -> NewExport:
    return msgspec.json.decode(row.reading, type=NewExport)


async def claim(door: Door) -> Work | None:
    """Take what waits longest into this process's hands; None: there is nothing."""
    worker = ids.new()
    async with door.database.transaction("integration") as tx:
        found = await q.claim(tx, worker=worker, now=tx.at, until=tx.at + LEASE)
        row = await q.exchange(tx, id=found) if found is not None else None
    return None if row is None else Work(door, row, worker)


async def advance(door: Door) -> bool:
    """Do what waits longest, to its end; gives whether there was something."""
    work = await claim(door)
    if work is None:
        return False
    try:
        await work.do()
    except LetGo as gone:
        if gone.stopped:
            await work.end("cancelled")
    except Fault as fault:
        await work.end("failed", fault.detail)
    except Exception as error:
        if unreachable(error):
            raise  # whoever reaches the database again takes it up
        logger.exception("%s of %s failed", work.row.phase, work.row.sheet)
        await work.end("failed", f"something went wrong on our side ({type(error).__name__})")
    return True


async def run(door: Door) -> None:
    """Work on imports and exports until cancelled."""
    await asyncio.gather(*(_keep(door) for _ in range(AT_ONCE)))


async def _keep(door: Door) -> None:
    while True:
        try:
            more = await advance(door)
        except Exception:
            logger.exception("imports and exports could not go on; trying again")
            more = False
            await asyncio.sleep(1)
        if not more:
            await asyncio.sleep(_PAUSE_S)


@every(3_600, "integration.exchange.forget", "integration")
async def forget(tx: Any) -> None:
    """Forget imports and exports, and their files, when they are past keeping."""
    past = await q.past(tx, before=clock.now() - place.kept)
    for each in past:
        if each.file is not None:
            await place.store.delete(each.file)
    await q.forget(tx, ids=[each.id for each in past])
