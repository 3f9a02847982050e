"""``rynek bench log``: how fast events are appended to the log and taken from it by an exactly-once reaction.

On a fresh embedded PostgreSQL with fsync and ``synchronous_commit`` on, in one process. Events are appended by ``emit``
in transactions of 5,000 by two writers, as imports do. The reaction decodes each and writes a sum per store, in
batches of at most 10,000, each in the transaction that moves its cursor: a kill would neither lose nor double anything.

``append_per_s`` and ``consume_per_s`` are measured one after the other on a quarter of the events. ``events_per_s`` is
the headline: all the events once more, appended and consumed at the same time, over the seconds from the first append
until the last event is consumed.
"""

import argparse
import asyncio
import gc
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct

from rynek.bench.load import line
from rynek.kernel import ids, log
from rynek.kernel.database import Database, Tx
from rynek.kernel.events import Envelope, emit, event
from rynek.kernel.migrations import migrate
from rynek.kernel.postgres import start

AT_ONCE = 5_000
STORES = 450
_TABLE = "create table bench.tally (store text primary key, parcels bigint not null, weight_g bigint not null)"
_ADD = """insert into bench.tally as t select * from unnest($1::text[], $2::bigint[], $3::bigint[])
on conflict (store) do update set parcels = t.parcels + excluded.parcels, weight_g = t.weight_g + excluded.weight_g"""


@event("bench.parcel-scanned", key="parcel")
class ParcelScanned(Struct, frozen=True):
    """A parcel passed a scanner: about 300 bytes, as events of a shop are."""

    parcel: UUID
    store: str
    weight_g: int
    scanner: str
    route: tuple[str, ...]
    note: str


@log.on(ParcelScanned, whole=True)
async def tally(tx: Tx, envelopes: Sequence[Envelope]) -> None:
    """Count parcels and their weight by store."""
    parcels, weights = Counter[str](), Counter[str]()
    for envelope in envelopes:
        scanned: ParcelScanned = envelope.data
        parcels[scanned.store] += 1
        weights[scanned.store] += scanned.weight_g
    stores = sorted(parcels)
    await tx.execute(_ADD, stores, [parcels[store] for store in stores], [weights[store] for store in stores])


_PARCELS: list[ParcelScanned] = []


def parcels(first: int, count: int) -> list[ParcelScanned]:
    """Make the scans number ``first`` and on: 50,000 parcels come by again and again."""
    return [_PARCELS[n % len(_PARCELS)] for n in range(first, first + count)]


def _parcel(number: int) -> ParcelScanned:
    route = ("WAW-HUB-01", "LODZ-SORT-3", "POZ-HUB-02", "POZ-DEPOT-11")
    note = "left with the neighbour at number 12, who signed on the scanner; second attempt, the first was yesterday"
    return ParcelScanned(
        ids.new(), f"S{number % STORES:03}", 100 + number % 9_901, f"scanner-{number % 97:04}", route, note
    )


async def main(args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when an event was lost or doubled."""
    with (
        tempfile.TemporaryDirectory(prefix="rynek-bench-", ignore_cleanup_errors=True) as folder,
        start(Path(folder) / "postgres") as cluster,
    ):
        await migrate(cluster.dsn, Path(__file__).parents[1], ["kernel", "bench"])
        database = await Database.open(cluster.dsn)
        try:
            return await _measure(database, args.events)
        finally:
            await database.close()


async def _measure(database: Database, events: int) -> int:
    async with database.transaction(None) as tx:
        await tx.execute(_TABLE)
    _PARCELS.extend(_parcel(number) for number in range(50_000))
    gc.freeze()  # as a server does: what is there from the start is not looked through again and again
    await log.enrol(database)
    few = max(events // 4, 1)
    apart = [await _timed(work(database, few)) for work in (_append, _consume)]
    together = await _timed(_append(database, events), _consume(database, events))
    wrong = await _amiss(database, few, events)
    for each in wrong:
        print(f"wrong: {each}")
    rates = [round(few / apart[0]), round(few / apart[1])]
    print(line("log", events_per_s=round(events / together), append_per_s=rates[0], consume_per_s=rates[1]))
    return 1 if wrong else 0


async def _timed(*work: Coroutine[Any, Any, None]) -> float:
    began = time.perf_counter()
    await asyncio.gather(*work)
    return time.perf_counter() - began


async def _append(database: Database, events: int) -> None:
    """Append, from two writers at once."""
    rest = iter(range(0, events, AT_ONCE))

    async def write() -> None:
        for first in rest:
            async with database.transaction("bench") as tx:
                emit(tx, *parcels(first, min(AT_ONCE, events - first)))

    await asyncio.gather(write(), write())


async def _consume(database: Database, events: int) -> None:
    reaction = log.REACTIONS["bench.log.tally"]
    taken, idle_since = 0, time.monotonic()
    while taken < events and time.monotonic() < idle_since + 30:
        more = await log.advance(database, reaction)
        taken += more
        if more:
            idle_since = time.monotonic()
        if more < log.BATCH:
            await asyncio.sleep(0.01)


async def _amiss(database: Database, *rounds: int) -> list[str]:
    """Compare the tally and the log with what was appended."""
    events = sum(rounds)
    weight = sum(parcel.weight_g for each in rounds for parcel in parcels(0, each))
    async with database.transaction(None) as tx:
        logged = await tx.value("select count(*) from kernel.event")
        counted, weighed = await tx.row("select sum(parcels)::bigint, sum(weight_g)::bigint from bench.tally")
        length = await tx.value("select avg(octet_length(data::text))::int from (table kernel.event limit 1000) e")
        fsync = await tx.value("select current_setting('fsync') || current_setting('synchronous_commit')")
    print(f"{events} events of {length} bytes, logged {logged}, tallied {counted}, weighed {weighed} of {weight} g")
    found = (
        ("logged", logged, events),
        ("tallied", counted, events),
        ("weighed", weighed, weight),
        ("fsync", fsync, "onon"),
    )
    return [f"{name} is {have}, not {want}" for name, have, want in found if have != want]
