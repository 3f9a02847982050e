"""What those who keep Rynek running ask."""

import asyncio
import sys
import time
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from rynek.kernel import events, jobs, log, migrations
from rynek.kernel.door import Call
from rynek.kernel.operations import Registry
from rynek.ops.model import (
    Alive,
    Backlog,
    News,
    NoSuchReaction,
    NotDead,
    NotReady,
    Parked,
    Reader,
    Ready,
    Replayed,
)

SHOWN = 200
"""How many parked events and dead jobs are listed."""
_READERS = """select c.reaction, c.moved_at, count(p.reaction) from kernel.cursor as c
left join kernel.parked as p using (reaction) group by c.reaction, c.moved_at order by c.reaction"""
_PARKED = """select reaction, xid::text || '-' || seq, type, key, error, parked_at from kernel.parked
order by parked_at desc, xid, seq limit $1"""
_JOBS = """select count(*) filter (where due_at <= $1), count(*) filter (where due_at > $1)
from kernel.job where not dead"""
PATIENCE_S = 1.0
"""How long the database may take to answer."""


async def live(_call: Call[None]) -> Alive:
    """Tell that the process answers; when it does not, start it anew."""
    return Alive()


async def ready(call: Call[None]) -> Ready:
    """Tell whether the process can take requests.

    Raises:
        NotReady: the database does not answer within a second, or lacks migrations of this version.
    """
    began = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_S), call.transaction() as tx:
            rows = await tx.rows("select context, place, number from kernel.migration")
    except TimeoutError:
        raise NotReady(f"the database did not answer within {PATIENCE_S:g} s", retry_after=1) from None
    missing = needed(call.door.registry) - {tuple(row) for row in rows}
    if missing:
        names = ", ".join(f"{place} {number:04}" for _, place, number in sorted(missing))
        raise NotReady(f"migrations are missing: {names}; run `rynek migrate`", retry_after=5)
    return Ready(round((time.perf_counter() - began) * 1000, 2), len(rows))


@lru_cache(maxsize=4)
def needed(registry: Registry) -> frozenset[tuple[str, str, int]]:
    """List the migrations (context, place, number) that the operations of a process stand on.

    Looked up once: files of a later version, laid beside a process that runs, are not its own.
    """
    contexts: dict[Path, set[str]] = defaultdict(set)
    for each in registry.by_name.values():
        house, context, *_ = each.action.__module__.split(".")
        folder = Path(str(sys.modules[house].__file__)).parent
        if house == "rynek":
            contexts[folder] |= {"kernel", context}
        else:
            contexts[folder.parent].add(house)
    return frozenset(
        (each.context, each.place, each.number)
        for root, names in contexts.items()
        for each in migrations.found(root, sorted(names))
    )


async def backlog(call: Call[None]) -> Backlog:
    """Tell what waits behind the shop: events that reactions could not take, jobs that are due or were given up."""
    async with call.transaction() as tx:
        readers = await tx.rows(_READERS)
        parked = await tx.rows(_PARKED, SHOWN)
        due, coming = await tx.row(_JOBS, tx.at)
    dead = await jobs.dead(call.door.database, SHOWN)
    return Backlog([Reader(*row) for row in readers], [Parked(*row) for row in parked], due, coming, dead)


async def replay(call: Call[None], reaction: str) -> Replayed:
    """Let a reaction try again what it parked.

    Raises:
        NoSuchReaction: there is none of this name.
    """
    known = log.REACTIONS.get(reaction)
    if known is None:
        raise NoSuchReaction(f"there is no reaction {reaction}")
    async with call.transaction() as tx:
        await call.note(tx, reaction)
    return Replayed(*await log.replay(call.door.database, known))


async def revive(call: Call[None], job: int) -> None:
    """Let a job that was given up be tried again, from now.

    Raises:
        NotDead: no job of this number was given up.
    """
    if not await jobs.revive(call.door.database, job):
        raise NotDead(f"no job {job} was given up")
    async with call.transaction() as tx:
        await call.note(tx, str(job))


async def news(_call: Call[None]) -> list[News]:
    """List the events that Rynek announces on its log, with the shape of what they carry."""
    return [
        News(each.name, each.key, _title(each.struct), _schema(each.struct)) for _, each in sorted(events.NAMES.items())
    ]


def _title(struct: type[msgspec.Struct]) -> str:
    return (struct.__doc__ or struct.__name__).strip().partition("\n")[0].rstrip(".")


def _schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return msgspec.json.schema(struct)
