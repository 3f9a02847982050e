"""The event log on PostgreSQL: written with the effect, read in commit-safe order, reacted to exactly once.

Readers order by ``(xid, seq)`` and stop below ``pg_snapshot_xmin``: an entry whose transaction commits late is never
skipped, because no reader passes a transaction that still runs (ADR 3).
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from rynek.kernel import logs, metrics
from rynek.kernel.database import Database, Tx, passing, unreachable
from rynek.kernel.events import NAMES, TYPES, Envelope, append, decode

logger = logging.getLogger(__name__)

ATTEMPTS = 3
COUNT_S = 5.0
"""How often parked events are counted for the figures."""
BATCH = 10_000

_READ = "select * from kernel.read_on($1::text::xid8, $2, $3::text::xid8, $4, $5)"
_NEWEST = """select n.type, max(split_part(n."position", '-', 1)::bigint)
from kernel.read_on($1::text::xid8, $2, $3::text::xid8, $4, 1000000) as n group by n.type"""
_CURSOR = """select xid::text, seq, moved_at < now() - interval '2 seconds' as idle,
pg_snapshot_xmin(pg_current_snapshot())::text as horizon
from kernel.cursor where reaction = $1 for update skip locked"""
_NEWS = """select r.name from unnest($1::text[], $2::text[]) as r (name, types)
join kernel.cursor c on c.reaction = r.name
cross join pg_snapshot_xmin(pg_current_snapshot()) as horizon
where c.moved_at < now() - interval '2 seconds'
or exists (select from kernel.read_on(c.xid, c.seq, horizon, string_to_array(r.types, ' '), 1))"""
_SINCE = """select pg_current_snapshot()::text, n.* from (values (1)) as one
left join kernel.since($1::text::pg_snapshot, $2) as n on true"""
_MOVE = "update kernel.cursor set xid = $2::text::xid8, seq = $3, moved_at = now() where reaction = $1"
_PARKED = "select reaction, count(*) from kernel.parked where reaction = any($1) group by reaction"
_PARK = """insert into kernel.parked (reaction, xid, seq, type, key, at, data, error)
values ($1, $2::text::xid8, $3, $4, $5, $6, $7::json, $8) on conflict (reaction, xid, seq) do nothing"""

_encode = msgspec.json.Encoder().encode


class Reaction(Struct, frozen=True):
    """What one context does about others' news."""

    name: str
    context: str
    types: tuple[str, ...]
    act: Callable[[Tx, Any], Awaitable[None]]
    whole: bool
    """True: ``act`` takes a whole batch of envelopes at once; False: one event at a time."""
    among: Callable[[Tx], Awaitable[Sequence[str]]] | None = None
    """Tells, of all events, which are wanted at this moment; None: ``types``, always."""


REACTIONS: dict[str, Reaction] = {}


def on(
    *events: type[Struct], whole: bool = False, among: Callable[[Tx], Awaitable[Sequence[str]]] | None = None
) -> Callable[[Any], Any]:
    """React to events: the function runs in the transaction that moves its cursor, so its effect happens once.

    A plain reaction gets ``(tx, event)``; with ``whole`` it gets ``(tx, envelopes)``, decoded and in log order.

    Args:
        among: instead of ``events``: tells which types are wanted now. It is asked after the end of the stretch to read
            is settled, so whoever begins to want something misses nothing that commits later.
    """

    def register(act: Any) -> Any:
        where = act.__module__.removeprefix("rynek.").removesuffix(".reactions")
        name, context = f"{where}.{act.__name__}", where.split(".")[0]
        REACTIONS[name] = Reaction(name, context, tuple(TYPES[each].name for each in events), act, whole, among)
        return act

    return register


async def read(tx: Tx, after: str, below: str, types: Sequence[str], limit: int = BATCH) -> list[Envelope]:
    """Read on from position ``after`` (``0-0`` for the beginning) up to the horizon ``below``, in log order.

    Args:
        below: a transaction number that ``horizon`` gave; what lies under it is settled and will not grow.
    """
    xid, seq = after.split("-", 1)
    rows = await tx.rows(_READ, xid, int(seq), below, list(types), limit)
    return [Envelope(position, kind, key, at, NAMES[kind].read(data)) for position, kind, key, at, data in rows]


async def newest(tx: Tx, after: str, below: str, types: Sequence[str]) -> list[tuple[str, int]]:
    """Tell which types of event there are between a position and a horizon, each with its newest transaction."""
    xid, seq = after.split("-", 1)
    return [(kind, int(last)) for kind, last in await tx.rows(_NEWEST, xid, int(seq), below, list(types))]


async def horizon(tx: Tx) -> str:
    """Tell the transaction number under which the log is settled: nothing can be added below it any more."""
    return str(await tx.value("select pg_snapshot_xmin(pg_current_snapshot())::text"))


async def advance(database: Database, reaction: Reaction) -> int:
    """Let a reaction take its next batch; gives how many events it took.

    None are taken when none wait, or another process is at it.
    """
    async with database.transaction(reaction.context) as tx:
        cursor = await tx.row(_CURSOR, reaction.name)
        if cursor is None:
            return 0
        after = f"{cursor['xid']}-{cursor['seq']}"
        types = reaction.types if reaction.among is None else await reaction.among(tx)
        waiting = await read(tx, after, cursor["horizon"], types, BATCH) if types else []
        if waiting:
            await _take(tx, reaction, waiting)
        if len(waiting) == BATCH:
            xid, seq = waiting[-1].position.split("-")
            await tx.execute(_MOVE, reaction.name, xid, int(seq))
        elif waiting or cursor["idle"] or (types and reaction.among):  # what it passed over is not read again
            await tx.execute(_MOVE, reaction.name, cursor["horizon"], 0)
        return len(waiting)


async def _take(tx: Tx, reaction: Reaction, waiting: list[Envelope]) -> None:
    """Apply a batch; when something in it fails, find the culprit one by one and park it."""
    try:
        async with tx.attempt():
            if reaction.whole:
                await reaction.act(tx, waiting)
            else:
                for envelope in waiting:
                    await reaction.act(tx, envelope.data)
    except Exception as error:
        _stand_back(error)
        logger.exception("reaction %s: a batch of %d failed, taking it one by one", reaction.name, len(waiting))
    else:
        return
    for envelope in waiting:
        await _take_one(tx, reaction, envelope)


async def _take_one(tx: Tx, reaction: Reaction, envelope: Envelope) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with tx.attempt():
                await reaction.act(tx, [envelope] if reaction.whole else envelope.data)
        except Exception as error:  # noqa: BLE001 - what is poison is parked and told
            _stand_back(error)
            if attempt == ATTEMPTS:
                await _park(tx, reaction, envelope, error)
        else:
            return


def _stand_back(error: Exception) -> None:
    """Let a failure through that is nobody's poison: the whole transaction is undone and tried again later."""
    if passing(error) or unreachable(error):
        raise error


async def _park(tx: Tx, reaction: Reaction, envelope: Envelope, error: Exception) -> None:
    logger.error("reaction %s parked %s (%s)", reaction.name, envelope.position, type(error).__name__)
    xid, seq = envelope.position.split("-")
    trace = "".join(traceback.format_exception(error))[-4_000:]
    data = _encode(envelope.data).decode()
    await tx.execute(_PARK, reaction.name, xid, int(seq), envelope.type, envelope.key, envelope.at, data, trace)


async def replay(database: Database, reaction: Reaction) -> tuple[int, int]:
    """Try the parked events of a reaction again; gives how many went through and how many stay parked."""
    done = failed = 0
    async with database.transaction(reaction.context) as tx:
        rows = await tx.rows(
            "select xid::text, seq, type, key, at, data from kernel.parked where reaction = $1"
            " order by xid, seq for update skip locked",
            reaction.name,
        )
        for xid, seq, kind, key, at, data in rows:
            envelope = Envelope(f"{xid}-{seq}", kind, key, at, decode(kind, data))
            try:
                async with tx.attempt():
                    await reaction.act(tx, [envelope] if reaction.whole else envelope.data)
            except Exception:
                logger.exception("reaction %s: %s stays parked", reaction.name, envelope.position)
                failed += 1
            else:
                await tx.execute(
                    "delete from kernel.parked where reaction = $1 and xid = $2::text::xid8 and seq = $3",
                    reaction.name,
                    xid,
                    seq,
                )
                done += 1
    return done, failed


async def enrol(database: Database) -> None:
    """Give every registered reaction its cursor; a new one starts at the beginning of the log."""
    async with database.transaction("kernel") as tx:
        for name in sorted(REACTIONS):
            await tx.execute("insert into kernel.cursor (reaction) values ($1) on conflict do nothing", name)


async def run(database: Database, contexts: Sequence[str], pause: float = 0.1) -> None:
    """Keep the reactions of these contexts going until cancelled; each advances on its own."""
    await enrol(database)
    going = [each for each in REACTIONS.values() if each.context in contexts]
    bells = {each.name: asyncio.Event() for each in going}
    await asyncio.gather(
        _watch(database, going, bells, pause), *(_keep(database, each, bells[each.name]) for each in going)
    )


async def _watch(database: Database, going: Sequence[Reaction], bells: dict[str, asyncio.Event], pause: float) -> None:
    """Look for all reactions at once whether there is news: a look that locks nothing costs next to nothing."""
    names = [each.name for each in going]
    types = [" ".join(NAMES if each.among else each.types) for each in going]
    since: dict[str, float] = {}
    counted = -COUNT_S
    while True:
        try:
            async with database.transaction("kernel") as tx:
                news = {row[0] for row in await tx.rows(_NEWS, names, types)}
                now = time.monotonic()
                if now - counted > COUNT_S:
                    counted, parked = now, dict(await tx.rows(_PARKED, names))
                    for name in names:
                        metrics.PARKED.labels(name).set(parked.get(name, 0))
            since = {name: since.get(name, now) for name in news}
            for name in names:
                metrics.LAG.labels(name).set(now - since.get(name, now))
            for name in news:
                bells[name].set()
        except Exception:
            logger.exception("the log could not be looked at; trying again")
            await asyncio.sleep(1)
        await asyncio.sleep(pause)


async def _keep(database: Database, reaction: Reaction, bell: asyncio.Event) -> None:
    logs.operation.set(reaction.name)
    while True:
        await bell.wait()
        bell.clear()
        try:
            while await advance(database, reaction) == BATCH:
                pass
        except Exception:
            logger.exception("reaction %s could not advance; trying again", reaction.name)
            await asyncio.sleep(1)
            bell.set()


class Follower:
    """A process-local reader of the log's end, for caches: sees every event that commits after it began, once.

    It does not wait for transactions that still run, as readers who keep the log's order do: what has committed is seen
    at the next look, and so in no particular order.
    """

    def __init__(
        self, database: Database, *events: type[Struct], only: Mapping[type[Struct], type[Struct]] | None = None
    ) -> None:
        """Follow these events, or all.

        Args:
            only: a struct of the few fields that are needed, to read an event as: most of the cost of many is reading.
        """
        self.database = database
        self._readers = {TYPES[event].name: msgspec.json.Decoder(few).decode for event, few in (only or {}).items()}
        self.types = tuple(TYPES[each].name for each in events) or tuple(NAMES)
        self.position = ""

    async def begin(self) -> None:
        """Start at the present end of the log; what was written before is the caller's to read."""
        async with self.database.transaction("kernel") as tx:
            self.position = await tx.value("select pg_current_snapshot()::text")

    async def news(self) -> list[Envelope]:
        """Read what came since the last call."""
        async with self.database.transaction("kernel") as tx:
            rows = await tx.rows(_SINCE, self.position, list(self.types))
        found = [
            Envelope(position, kind, key, at, reads(data) if (reads := self._readers.get(kind)) else decode(kind, data))
            for _, position, kind, key, at, data in rows
            if position is not None
        ]
        self.position = rows[0][0]
        return found


__all__ = [
    "REACTIONS",
    "Follower",
    "Reaction",
    "advance",
    "append",
    "enrol",
    "horizon",
    "newest",
    "on",
    "read",
    "replay",
    "run",
]
