"""Jobs: low-volume work that is due at a time. Kept in the database, so that it outlives processes.

    @job("commerce.inventory.lapse", "commerce")
    async def lapse(tx: Tx, *, holder: UUID) -> None: ...

    await enqueue(tx, lapse, str(holder), until, holder=holder)

A job runs in the transaction that takes it off the list: its effect on the database happens exactly once. One that acts
on the outside (``outward=True``) is claimed first and acts outside of any transaction, so it may act again after a
crash: it gets a key by which the other side recognises a repetition.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from rynek.kernel import logs
from rynek.kernel.database import Database, Tx, passing, unreachable

logger = logging.getLogger(__name__)

ATTEMPTS = 8
LEASE = timedelta(minutes=5)
"""How long an outward job may take before it counts as crashed and is claimed by another."""
_LONGEST = timedelta(hours=1)

_ENQUEUE = """insert into kernel.job (name, effect, arguments, due_at) values ($1, $2, $3::json, $4)
on conflict (name, effect) do nothing returning id"""
_TAKE = """select id, name, effect, arguments, attempts from kernel.job
where name = any($1) and due_at <= $2 and not dead order by due_at, id limit 1 for update skip locked"""
_LATER = "update kernel.job set attempts = $2, error = $3, due_at = $4 where id = $1"
_GIVE_UP = "update kernel.job set attempts = $2, error = $3, dead = true where id = $1"
_DONE = "delete from kernel.job where id = $1"
_DEAD = "select id, name, effect, attempts, error from kernel.job where dead order by id limit $1"
_REVIVE = "update kernel.job set dead = false, attempts = 0, due_at = $2 where id = $1 and dead"

_encode = msgspec.json.Encoder().encode


class Job(Struct, frozen=True):
    """One kind of work that can be due."""

    name: str
    context: str
    act: Callable[..., Awaitable[None]]
    takes: type[Struct]
    outward: bool = False
    attempts: int = ATTEMPTS
    seconds: float | None = None
    """How often it is due again; None: when it is enqueued."""


class Dead(Struct, frozen=True):
    """A job that failed too often and waits for somebody to look at it."""

    id: int
    name: str
    effect: str | None
    attempts: int
    error: str


JOBS: dict[str, Job] = {}
_BY_ACT: dict[Any, Job] = {}


def job(name: str, context: str, *, outward: bool = False, attempts: int = ATTEMPTS) -> Callable[[Any], Any]:
    """Register work: ``act(tx, **arguments)``, or ``act(database, effect, **arguments)`` when it goes ``outward``.

    Args:
        outward: it acts on the outside; ``effect`` is the key that makes a repetition known there.
        attempts: how often it is tried before it is dead.
    """
    return lambda act: _register(Job(name, context, act, _takes(act, 2 if outward else 1), outward, attempts))


def every(seconds: float, name: str, context: str) -> Callable[[Any], Any]:
    """Register work that is due again and again: ``act(tx)``, once each time over all processes."""
    return lambda act: _register(Job(name, context, act, _takes(act, 1), seconds=seconds))


def _register(made: Job) -> Any:
    if made.name in JOBS:
        raise ValueError(f"two jobs are named {made.name}")
    JOBS[made.name] = _BY_ACT[made.act] = made
    return made.act


def _takes(act: Any, after: int) -> type[Struct]:
    hints = get_type_hints(act, include_extras=True)
    fields: list[Any] = [
        (each.name, hints[each.name]) if each.default is each.empty else (each.name, hints[each.name], each.default)
        for each in list(inspect.signature(act).parameters.values())[after:]
    ]
    return msgspec.defstruct(f"{act.__name__}_arguments", fields, kw_only=True, forbid_unknown_fields=True)


async def enqueue(
    tx: Tx, act: Any, effect: str | None = None, due_at: datetime | None = None, **arguments: Any
) -> bool:
    """Put work on the list in the caller's transaction; gives whether it was not there yet.

    Args:
        effect: what makes it one and the same: while one of this effect waits, no other is added. None: always added.
        due_at: UTC; None for at once.
    """
    kind = _BY_ACT[act]
    given = _encode(kind.takes(**arguments)).decode()
    return await tx.value(_ENQUEUE, kind.name, effect, given, due_at or tx.at) is not None


async def advance(database: Database, context: str, *, outward: bool = False) -> bool:
    """Do the job of this context that is due longest; gives whether there was one."""
    names = [name for name, kind in JOBS.items() if kind.context == context and kind.outward == outward]
    async with database.transaction(context) as tx:
        row = await tx.row(_TAKE, names, tx.at)
        if row is None:
            return False
        kind = JOBS[row["name"]]
        logs.operation.set(kind.name)
        if not outward:
            await _do(tx, kind, row)
            return True
        if row["attempts"] >= kind.attempts:
            await tx.execute(_GIVE_UP, row["id"], row["attempts"], "each process that claimed it has ended meanwhile")
            return True
        await tx.execute(_LATER, row["id"], row["attempts"] + 1, "claimed", tx.at + LEASE)
    await _go_out(database, kind, row)
    return True


async def _do(tx: Tx, kind: Job, row: Any) -> None:
    try:
        async with tx.attempt():
            await kind.act(tx, **_arguments(kind, row))
    except Exception as error:
        if passing(error) or unreachable(error):
            raise  # nothing of this transaction can stay; the job is as it was
        await _failed(tx, kind, row, row["attempts"] + 1, error)
    else:
        await _succeeded(tx, kind, row)


async def _go_out(database: Database, kind: Job, row: Any) -> None:
    failure: Exception | None = None
    try:
        await kind.act(database, row["effect"] or f"{kind.name}-{row['id']}", **_arguments(kind, row))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is kept with the job
        failure = error
    async with database.transaction(kind.context) as tx:
        if failure is None:
            await _succeeded(tx, kind, row)
        else:
            await _failed(tx, kind, row, row["attempts"] + 1, failure)


def _arguments(kind: Job, row: Any) -> dict[str, Any]:
    return msgspec.structs.asdict(msgspec.json.decode(row["arguments"], type=kind.takes))


async def _succeeded(tx: Tx, kind: Job, row: Any) -> None:
    if kind.seconds is None:
        await tx.execute(_DONE, row["id"])
    else:
        await tx.execute(_LATER, row["id"], 0, None, tx.at + timedelta(seconds=kind.seconds))


async def _failed(tx: Tx, kind: Job, row: Any, attempts: int, error: Exception) -> None:
    """Try again later, twice as late each time; what is periodic is never given up."""
    logger.error("job %s failed (attempt %d)", kind.name, attempts, exc_info=error)
    told = "\n".join(logs.told(error))[-4_000:]
    if kind.seconds is not None:
        await tx.execute(_LATER, row["id"], min(attempts, 30_000), told, tx.at + timedelta(seconds=kind.seconds))
    elif attempts >= kind.attempts:
        await tx.execute(_GIVE_UP, row["id"], attempts, told)
    else:
        wait = min(timedelta(seconds=2 ** min(attempts, 16)), _LONGEST)
        await tx.execute(_LATER, row["id"], attempts, told, tx.at + wait)


async def dead(database: Database, limit: int = 100) -> list[Dead]:
    """List the jobs that were given up, oldest first."""
    async with database.transaction("kernel") as tx:
        return [Dead(*row) for row in await tx.rows(_DEAD, limit)]


async def revive(database: Database, number: int) -> bool:
    """Let a dead job be tried again from now; gives whether there was one of this number."""
    async with database.transaction("kernel") as tx:
        return await tx.execute(_REVIVE, number, tx.at) == "UPDATE 1"


async def run(database: Database, contexts: Sequence[str], pause: float = 0.5) -> None:
    """Do the jobs of these contexts as they become due, until cancelled."""
    await appoint(database, contexts)
    kinds = {(kind.context, kind.outward) for kind in JOBS.values() if kind.context in contexts}
    await asyncio.gather(*(_keep(database, context, pause, outward=outward) for context, outward in kinds))


async def appoint(database: Database, contexts: Sequence[str]) -> None:
    """Put what is periodic on the list, where it is not there yet."""
    async with database.transaction("kernel") as tx:
        for kind in JOBS.values():
            if kind.seconds is not None and kind.context in contexts:
                await tx.value(_ENQUEUE, kind.name, "periodic", "{}", tx.at)


async def _keep(database: Database, context: str, pause: float, *, outward: bool) -> None:
    while True:
        try:
            more = await advance(database, context, outward=outward)
        except Exception:
            logger.exception("the jobs of %s could not go on; trying again", context)
            more = False
            await asyncio.sleep(1)
        if not more:
            await asyncio.sleep(pause)
