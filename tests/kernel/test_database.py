"""Transactions: they run as their context's role, and nothing of them is left on the connection."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from rynek.kernel.database import Database, passing, unfit, unreachable
from rynek.kernel.door import Door
from rynek.kernel.events import emit
from tests.kernel.market import ApplesLaid, Ask, count


@pytest.fixture
async def single(door: Door, dsn: str) -> AsyncIterator[Database]:
    """Give a pool of one connection: whoever comes next gets what the one before has left."""
    opened = await Database.open(dsn, 1)
    yield opened
    await opened.close()


async def is_clean(database: Database) -> bool:
    async with database.pool.acquire() as connection:
        user, transaction = await connection.fetchrow("select current_user, pg_current_xact_id_if_assigned()")
        return bool((user, transaction, connection.is_in_transaction()) == ("rynek_app", None, False))


async def test_a_transaction_runs_as_its_context_and_leaves_nothing(single: Database) -> None:
    async with single.transaction("tests") as tx:
        assert await tx.value("select current_user") == "rynek_tests"
    assert await is_clean(single)
    async with single.transaction(None) as tx:
        assert await tx.value("select current_user") == "rynek_app"


async def test_the_control_sees_a_leak(single: Database) -> None:
    async with single.pool.acquire() as connection:
        await connection.execute("begin; set local role rynek_tests")
        assert await connection.fetchval("select current_user") != "rynek_app"
    assert not await is_clean(single)
    async with single.pool.acquire() as connection:
        await connection.execute("rollback")


async def test_an_error_leaves_nothing(single: Database) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with single.transaction("tests") as tx:
            await tx.value("select 1/0")
    with pytest.raises(KeyError):
        async with single.transaction("tests") as tx:
            raise KeyError(await tx.value("select 1"))
    assert await is_clean(single)


async def test_a_role_that_does_not_exist_leaves_nothing(single: Database) -> None:
    with pytest.raises(asyncpg.InvalidParameterValueError):
        async with single.transaction("nowhere"):
            pass
    assert await is_clean(single)


async def test_a_deferred_refusal_at_commit_leaves_nothing(single: Database, owner: asyncpg.Connection) -> None:
    await owner.execute(
        "create table tests.pair (id int primary key, other int references tests.pair deferrable initially deferred)"
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with single.transaction("tests") as tx:
            await tx.execute("insert into tests.pair values (1, 2)")
    assert await is_clean(single)
    assert await count(owner, "tests.pair") == 0


@pytest.mark.parametrize("after_s", [0, 0.0005, 0.002, 0.01, 0.05])
@pytest.mark.parametrize("times", [1, 2, 3])
async def test_a_cancelled_transaction_leaves_nothing(
    single: Database, owner: asyncpg.Connection, after_s: float, times: int
) -> None:
    """However often and whenever it is cancelled, the next user of the connection is not who the last one was."""

    async def work() -> None:
        async with single.transaction("tests") as tx:
            await tx.execute("insert into tests.effect (what, number) values ('cancelled', 1)")
            await tx.value("select pg_sleep(0.2)")

    task = asyncio.create_task(work())
    await asyncio.sleep(after_s)
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await is_clean(single)
    async with single.transaction("kernel") as tx:
        assert await tx.value("select current_user") == "rynek_kernel"
    assert await count(owner, "tests.effect", "what = 'cancelled'") == 0


async def test_a_cancelled_request_in_a_batch_leaves_nothing(door: Door) -> None:
    tasks = [asyncio.create_task(door.answer(Ask("POST", "/sales/none", {}))) for _ in range(40)]
    await asyncio.sleep(0.001)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    connections = [await door.database.pool.acquire() for _ in range(12)]
    users = {await each.fetchval("select current_user") for each in connections}
    for each in connections:
        await door.database.pool.release(each)
    assert users == {"rynek_app"}


async def test_a_context_opens_no_other_schema(stall: Database, owner: asyncpg.Connection) -> None:
    await owner.execute("create table kernel.till (id int)")
    for sql in ("select * from kernel.till", "select * from commerce.level", "create table kernel.mine (id int)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with stall.transaction("tests") as tx:
                await tx.execute(sql)
    async with stall.transaction("tests") as tx:
        assert await tx.value("select count(*) from tests.pair") is not None
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with stall.transaction("commerce") as tx:
            await tx.execute("select * from tests.heap")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with stall.transaction(None) as tx:
            await tx.execute("select * from tests.heap")


@pytest.mark.parametrize("role", ["kernel", "commerce", "tests"])
@pytest.mark.parametrize(
    "sql",
    [
        "update kernel.event set type = 'x'",
        "delete from kernel.event",
        "truncate kernel.event",
        "delete from kernel.event_0",
        "insert into kernel.event_rest (type, key, at, data) values ('x', 'x', now(), '{}')",
        "delete from kernel.migration",
    ],
)
async def test_nobody_rewrites_news(stall: Database, role: str, sql: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with stall.transaction(role) as tx:
            await tx.execute(sql)


async def test_an_attempt_undoes_itself_alone(stall: Database, owner: asyncpg.Connection) -> None:
    async with stall.transaction("tests") as tx:
        await tx.execute("insert into tests.effect (what, number) values ('attempt', 1)")
        emit(tx, ApplesLaid("attempt", 1))
        with pytest.raises(asyncpg.DivisionByZeroError):  # noqa: PT012 - how it fails inside is the point
            async with tx.attempt():
                await tx.execute("insert into tests.effect (what, number) values ('attempt', 2)")
                emit(tx, ApplesLaid("attempt", 2))
                async with tx.attempt():
                    await tx.execute("insert into tests.effect (what, number) values ('attempt', 3)")
                await tx.value("select 1/0")
        async with tx.attempt():
            await tx.execute("insert into tests.effect (what, number) values ('attempt', 4)")
            emit(tx, ApplesLaid("attempt", 4))
    kept = await owner.fetch("select number from tests.effect where what = 'attempt' order by 1")
    assert [row[0] for row in kept] == [1, 4]
    told = await owner.fetch("select data->>'units' from kernel.event where key = 'attempt' order by seq")
    assert [row[0] for row in told] == ["1", "4"]


async def test_events_of_a_refused_transaction_are_not_told(stall: Database, owner: asyncpg.Connection) -> None:
    with pytest.raises(KeyError):  # noqa: PT012 - what is told before it fails is the point
        async with stall.transaction("tests") as tx:
            emit(tx, ApplesLaid("refused", 1))
            raise KeyError
    assert await count(owner, "kernel.event", "key = 'refused'") == 0


async def test_what_went_wrong_is_told_apart(stall: Database) -> None:
    async def fails(sql: str, *values: object) -> BaseException:
        try:
            async with stall.transaction(None) as tx:
                await tx.value(sql, *values)
        except Exception as error:  # noqa: BLE001 - whatever it is, is looked at
            return error
        raise AssertionError

    too_large = await fails("select $1::int", 2**31)
    assert unfit(too_large)
    assert not unreachable(too_large)
    assert unfit(await fails("select $1::text", "a\0b"))
    assert unfit(await fails("select 2147483647::int + 1"))
    assert unreachable(await fails("select pg_terminate_backend(pg_backend_pid())"))
    assert passing(await fails("do $$ begin raise deadlock_detected; end $$"))
    assert not passing(await fails("select 1/0"))
