"""The database: pooled connections, and transactions that run as one context's role and leak nothing."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

import asyncpg
from asyncpg.exceptions._base import DataError as DriverDataError
from msgspec import Struct

from rynek.kernel import clock
from rynek.kernel.actor import SYSTEM, Actor, Reach
from rynek.kernel.events import append

ROLE = "rynek_"
"""Prefix of the database roles: the role of ``commerce`` is ``rynek_commerce``."""


_PASSING = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)
_AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the driver, when the server's last word crosses with the next statement
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


def doubled(error: BaseException) -> bool:
    """Tell whether another process had the same Idempotency-Key: its answer is known by now."""
    return isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name == "answer_pkey"


def passing(error: BaseException) -> bool:
    """Tell whether trying again mends it: another process was at the same rows, or had the same Idempotency-Key."""
    return doubled(error) or isinstance(error, _PASSING)


def unfit(error: BaseException) -> bool:
    """Tell whether a value does not fit where it should be stored: too large a number, a text with a NUL."""
    return isinstance(error, asyncpg.DataError | DriverDataError | UnicodeEncodeError | OverflowError)


def unreachable(error: BaseException) -> bool:
    """Tell whether the database is away, stopping or full, so that no command has a better chance than another."""
    return isinstance(error, _AWAY) and not unfit(error)


class _Connection(asyncpg.Connection):
    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the driver's signature
        """Do nothing: every transaction of ours ends all it set (``set local`` only), so there is nothing to reset."""


def _is_lost(connection: Any) -> bool:
    """Tell whether the server has hung up: the pool takes such a connection back by itself."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


async def _undo(connection: Any, how: str) -> bool:
    """Roll back, and tell whether it was done: where the server has hung up, what cut it off is the error to tell."""
    try:
        await connection.execute(how)
    except _AWAY:
        return False
    return True


class Tx:
    """One transaction: what actions read and write through. Events emitted in it are written just before it commits."""

    __slots__ = ("actor", "at", "connection", "events", "reach")

    def __init__(self, connection: Any, actor: Actor = SYSTEM, reach: Reach = "all") -> None:
        self.connection = connection
        self.actor = actor
        self.reach = reach
        self.at: datetime = clock.now()
        self.events: list[Struct] = []

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        """Fetch all rows."""
        return cast("list[Any]", await self.connection.fetch(sql, *values))

    async def row(self, sql: str, *values: Any) -> Any:
        """Fetch the first row, None when there is none."""
        return await self.connection.fetchrow(sql, *values)

    async def value(self, sql: str, *values: Any) -> Any:
        """Fetch the first column of the first row, None when there is none."""
        return await self.connection.fetchval(sql, *values)

    async def execute(self, sql: str, *values: Any) -> str:
        """Run a statement and give its command tag, such as ``UPDATE 3``."""
        return cast("str", await self.connection.execute(sql, *values))

    async def copy(self, schema: str, table: str, columns: Sequence[str], records: Sequence[tuple[Any, ...]]) -> None:
        """Copy many rows in at once (COPY)."""
        await self.connection.copy_records_to_table(table, schema_name=schema, columns=columns, records=records)

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Try something that may fail without losing the transaction (a savepoint); undoes its events as well."""
        events = len(self.events)
        await self.connection.execute("savepoint attempt")
        try:
            yield
        except BaseException:
            del self.events[events:]
            await _undo(self.connection, "rollback to savepoint attempt; release savepoint attempt")
            raise
        await self.connection.execute("release savepoint attempt")


class Database:
    """Pooled connections to one PostgreSQL."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool

    @classmethod
    async def open(cls, dsn: str, connections: int = 8) -> "Database":
        """Connect; ``connections`` is the most this process keeps open."""
        return cls(
            await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=connections,
                statement_cache_size=1024,
                max_inactive_connection_lifetime=0,
                connection_class=_Connection,
                server_settings={"application_name": "rynek", "timezone": "UTC"},
            )
        )

    async def close(self) -> None:
        """Close every connection once its work is done."""
        await self.pool.close()

    @asynccontextmanager
    async def transaction(
        self, role: str | None, actor: Actor = SYSTEM, reach: Reach = "all", *, steady: bool = False
    ) -> AsyncIterator[Tx]:
        """Run a transaction as the role of the context ``role`` (None: as the login itself).

        Commits at the end with the events emitted in it; rolls everything back when it is left by an exception.

        Args:
            steady: its statements take arrays and are the same every time, so each is planned once and not for its
                values. That saves a batch of orders a sixth of the database's time.
        """
        connection = await self.pool.acquire()
        ended = False
        try:
            begin = f"begin; set local role {ROLE}{role}" if role else "begin"
            await connection.execute(f"{begin}; set local plan_cache_mode = force_generic_plan" if steady else begin)
            tx = Tx(connection, actor, reach)
            yield tx
            if tx.events:
                await append(tx, tx.events)
            await connection.execute("commit")
            ended = True
        except BaseException:
            ended = await _undo(connection, "rollback")
            raise
        finally:
            if not ended and not _is_lost(
                connection
            ):  # cancelled once more while it rolled back: its role would leak to the connection's next user
                connection.terminate()
            await self.pool.release(connection)
