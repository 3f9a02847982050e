"""What imports and exports do and did: how far they are, what differs, what was refused, and the file that came out."""

import zlib
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.integration.exchange import model, rules, uploads
from rynek.integration.exchange.access import form_of, reach, seen, shown
from rynek.integration.exchange.columns import flat
from rynek.integration.exchange.model import Difference, Differences, Direction, Exchange, Outcome, Refused, WrongState
from rynek.integration.exchange.storing import place
from rynek.kernel.door import Call, Response
from rynek.kernel.sheets import SHEETS
from rynek.kernel.sql import queries

q = queries(__file__, model)

_REFUSALS = 500
_outcomes = msgspec.msgpack.Decoder(list[Outcome])
_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
}


async def exchange(call: Call[Any], exchange: UUID) -> Exchange:
    """Tell how far an import or export has come.

    Raises:
        ExchangeUnknown: there is none, or you may not see it.
    """
    return shown(await seen(call, exchange))


async def exchanges(
    call: Call[Any], direction: Direction | None = None, before: Annotated[datetime, Meta(tz=True)] | None = None,
    limit: Annotated[int, Meta(ge=1, le=200)] = 50,
) -> list[Exchange]:  # fmt: skip
    """List imports and exports, newest first; go on with the last ``created_at`` as ``before``."""
    mine: dict[str, list[str]] = {"all": [], "own": []}
    for name in SHEETS:
        for each in ("import", "export"):
            if far := reach(call, each, name):
                mine[far].append(f"{each} {name}")
    async with call.transaction() as tx:
        rows = await q.exchanges(
            tx,
            sheets=mine["all"],
            mine=mine["own"],
            actor=call.actor.id,
            direction=direction,
            before=before,
            size=limit,
        )
    return [shown(each) for each in rows]


async def differences(
    call: Call[Any], exchange: UUID, after: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1
) -> Differences:
    """Show what an import does (rehearsed), did or took back, row by row: new, or changed in these fields.

    Args:
        after: ``following`` of the page before; -1 for the first.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
    """
    row = await seen(call, exchange)
    found = form_of(call, row.sheet)
    async with call.transaction() as tx:
        chunks = await q.chunks(tx, id=exchange, phase=row.phase, after=after, size=2)
    rows = []
    for chunk in chunks[:1]:
        for outcome in _outcomes.decode(zlib.decompress(chunk.body)):
            here = outcome.after or outcome.before or {}
            key = " ".join(str(here.get(each)) for each in found.sheet.key if here.get(each) is not None)
            what = "new" if outcome.before is None else "gone" if outcome.after is None else "changed"
            fields = rules.differing(flat(found, outcome.before), flat(found, outcome.after))
            fields.pop("id", None)
            rows.append(Difference(outcome.line, key, what, fields))  # type: ignore[arg-type] # one of these three
    return Differences(rows, chunks[0].number if len(chunks) > 1 else None)


async def refusals(
    call: Call[Any], exchange: UUID, after: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Meta(ge=1, le=500)] = 100,
) -> list[Refused]:  # fmt: skip
    """List the rows that were refused, with the column, its value and why; go on with the last ``id`` as ``after``.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
    """
    row = await seen(call, exchange)
    async with call.transaction() as tx:
        found: list[Refused] = await q.refusals(tx, id=exchange, phase=row.phase, after=after, size=limit)
    return found


async def refusals_file(call: Call[Any], exchange: UUID) -> Response:
    """Give the refused rows as CSV: line, column, value and reason, then the row as it stood in the file.

    Raises:
        ExchangeUnknown: there is no such import, or you may not see it.
    """
    row = await seen(call, exchange)

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


async def download(call: Call[Any], exchange: UUID) -> Response:
    """Give the file that an export has written.

    Raises:
        ExchangeUnknown: there is no such export, or you may not see it.
        WrongState: it is not written yet.
    """
    row = await seen(call, exchange)
    if row.direction != "export" or row.state != "done" or row.file is None:
        raise WrongState("there is nothing to download", state=row.state)
    stored = await place.store.open(row.file)

    async def poured() -> AsyncGenerator[bytes]:
        async for piece in stored:
            yield piece

    async with call.transaction() as tx:
        await call.note(tx, str(exchange))
    return uploads.download(row.name, _KINDS[row.file.rpartition(".")[2]], poured())
