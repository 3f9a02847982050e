"""The log: nothing skipped, nothing twice, poison set aside; whoever reads, and whenever it was committed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from rynek.kernel import events, ids, log
from rynek.kernel.database import Database, Tx, unreachable
from rynek.kernel.events import Envelope, emit
from rynek.kernel.log import Reaction
from tests.kernel.market import ApplesLaid, AppleSold, count

Act = Callable[[Tx, Any], Awaitable[None]]
TYPES = ("tests.apples-laid", "tests.apple-sold")


@pytest.fixture
def reacts(stall: Database) -> Iterator[Callable[..., Awaitable[Reaction]]]:
    """Make reactions that begin at the present end of the log."""
    made: list[str] = []

    async def make(act: Act, *, whole: bool = False) -> Reaction:
        reaction = Reaction(f"tests.{ids.new().hex}", "tests", TYPES, act, whole)
        log.REACTIONS[reaction.name] = reaction
        made.append(reaction.name)
        await log.enrol(stall)
        async with stall.transaction("tests") as tx:
            await tx.execute(
                "update kernel.cursor set xid = pg_current_xact_id(), seq = 0 where reaction = $1", reaction.name
            )
        return reaction

    yield make
    for name in made:
        del log.REACTIONS[name]


def notes_as(what: str) -> Act:
    async def act(tx: Tx, laid: ApplesLaid) -> None:
        await tx.execute("insert into tests.effect (what, number) values ($1, $2)", what, laid.units)

    return act


async def tell(stall: Database, *units: int) -> None:
    async with stall.transaction("tests") as tx:
        emit(tx, *(ApplesLaid("log", each) for each in units))


async def effects(owner: asyncpg.Connection, what: str) -> list[int]:
    return [row[0] for row in await owner.fetch("select number from tests.effect where what = $1 order by id", what)]


async def settled(database: Database) -> None:
    """Wait until nothing can be told any more before what is told now; tests in other databases write meanwhile."""
    async with database.transaction("tests") as tx:
        now = int(await tx.value("select pg_current_xact_id()::text"))
    async with asyncio.timeout(30):
        while True:
            async with database.transaction("tests") as tx:
                if int(await log.horizon(tx)) > now:
                    return
            await asyncio.sleep(0.01)


async def exhaust(database: Database, reaction: Reaction) -> int:
    await settled(database)
    return await drain(database, reaction)


async def drain(database: Database, reaction: Reaction) -> int:
    taken = 0
    while more := await log.advance(database, reaction):
        taken += more
    return taken


async def test_what_commits_late_is_not_skipped(stall: Database, owner: asyncpg.Connection, reacts: Any) -> None:
    """A begins, B begins and commits, a reader comes, A commits: the reader has missed nothing and kept the order."""
    reaction = await reacts(notes_as("late"))
    async with stall.transaction("tests") as a:
        await events.append(a, [ApplesLaid("log", 1)])
        async with stall.transaction("tests") as b:
            await events.append(b, [ApplesLaid("log", 2)])
        assert await count(owner, "kernel.event", "data->>'units' = '2' and key = 'log'") == 1
        assert await drain(stall, reaction) == 0
        async with stall.transaction("tests") as c:
            await events.append(c, [ApplesLaid("log", 3)])
            await events.append(a, [ApplesLaid("log", 4)])
        assert await drain(stall, reaction) == 0
    assert await exhaust(stall, reaction) == 4
    assert await effects(owner, "late") == [1, 4, 2, 3]
    assert await exhaust(stall, reaction) == 0


async def test_what_is_rolled_back_was_never_told(stall: Database, owner: asyncpg.Connection, reacts: Any) -> None:
    reaction = await reacts(notes_as("undone"))
    with suppress(KeyError):
        async with stall.transaction("tests") as tx:
            await events.append(tx, [ApplesLaid("log", 1)])
            raise KeyError
    await tell(stall, 2)
    await exhaust(stall, reaction)
    assert await effects(owner, "undone") == [2]


@pytest.mark.parametrize("number", [3, 500])
async def test_few_and_many_are_told_in_order(
    stall: Database, owner: asyncpg.Connection, reacts: Any, number: int
) -> None:
    """One insert or a COPY: it is the same log."""
    reaction = await reacts(notes_as(f"many{number}"))
    await tell(stall, *range(number))
    assert await exhaust(stall, reaction) == number
    assert await effects(owner, f"many{number}") == list(range(number))


async def test_batches_join_without_a_gap(
    stall: Database, owner: asyncpg.Connection, reacts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    async def act(tx: Tx, envelopes: Sequence[Envelope]) -> None:
        sizes.append(len(envelopes))
        for envelope in envelopes:
            await notes_as("joined")(tx, envelope.data)

    reaction = await reacts(act, whole=True)
    monkeypatch.setattr(log, "BATCH", 10)
    for first in range(0, 35, 7):
        await tell(stall, *range(first, first + 7))
    await settled(stall)
    async with stall.transaction("tests") as tx:
        waiting = await log.read(tx, "0-0", await log.horizon(tx), TYPES, 10_000)
    assert [each.position for each in waiting] == sorted(
        {each.position for each in waiting}, key=lambda text: tuple(map(int, text.split("-")))
    )
    assert await exhaust(stall, reaction) == 35
    assert sizes == [10, 10, 10, 5]
    assert await effects(owner, "joined") == list(range(35))


async def test_two_processes_at_once_act_once(
    stall: Database, owner: asyncpg.Connection, dsn: str, reacts: Any
) -> None:
    async def slowly(tx: Tx, laid: ApplesLaid) -> None:
        await notes_as("both")(tx, laid)
        await asyncio.sleep(0.002)

    reaction = await reacts(slowly)
    others = [await Database.open(dsn, 2) for _ in range(3)]
    expected = []
    for number in range(20):
        await tell(stall, number)
        expected.append(number)
        await asyncio.gather(*(log.advance(database, reaction) for database in others))
    await exhaust(stall, reaction)
    assert await effects(owner, "both") == expected
    for database in others:
        await database.close()


async def test_a_crash_in_a_batch_repeats_nothing(stall: Database, owner: asyncpg.Connection, reacts: Any) -> None:
    async def dies(tx: Tx, laid: ApplesLaid) -> None:
        await notes_as("crash")(tx, laid)
        if laid.units == 3 and not died:
            died.append(True)
            raise asyncio.CancelledError  # as a process that is ended

    died: list[bool] = []
    reaction = await reacts(dies)
    await tell(stall, 1, 2, 3, 4)
    await settled(stall)
    with pytest.raises(asyncio.CancelledError):
        await log.advance(stall, reaction)
    assert await effects(owner, "crash") == []
    assert await exhaust(stall, reaction) == 4
    assert await effects(owner, "crash") == [1, 2, 3, 4]


async def test_a_killed_connection_repeats_nothing_and_parks_nothing(
    stall: Database, owner: asyncpg.Connection, reacts: Any
) -> None:
    async def cut(tx: Tx, laid: ApplesLaid) -> None:
        await notes_as("cut")(tx, laid)
        if not died:
            died.append(True)
            await owner.execute("select pg_terminate_backend($1)", await tx.value("select pg_backend_pid()"))
            await tx.value("select pg_sleep(1)")

    died: list[bool] = []
    reaction = await reacts(cut)
    await tell(stall, 1, 2)
    await settled(stall)
    with pytest.raises(Exception, match=r".") as refused:
        await log.advance(stall, reaction)
    assert unreachable(refused.value)
    await exhaust(stall, reaction)
    assert await effects(owner, "cut") == [1, 2]
    assert await count(owner, "kernel.parked", f"reaction = '{reaction.name}'") == 0


@pytest.mark.parametrize("whole", [False, True])
async def test_poison_is_parked_and_blocks_nobody(
    stall: Database, owner: asyncpg.Connection, reacts: Any, *, whole: bool
) -> None:
    what = f"poison{whole}"
    tries: list[int] = []
    healed = False

    async def one(tx: Tx, laid: ApplesLaid) -> None:
        await notes_as(what)(tx, laid)
        emit(tx, AppleSold("poison", laid.units))
        if laid.units == 13:
            tries.append(laid.units)
            if not healed:
                await tx.value("select 1/0")

    async def all_of(tx: Tx, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            if isinstance(envelope.data, ApplesLaid):
                await one(tx, envelope.data)

    async def single(tx: Tx, told: ApplesLaid | AppleSold) -> None:
        if isinstance(told, ApplesLaid):
            await one(tx, told)

    reaction = await reacts(all_of if whole else single, whole=whole)
    before = await count(owner, "kernel.event", "key = 'poison'")
    await tell(stall, 11, 12, 13, 14, 15)
    await settled(stall)
    assert await log.advance(stall, reaction) == 5
    await exhaust(stall, reaction)
    assert await effects(owner, what) == [11, 12, 14, 15]
    assert await count(owner, "kernel.event", "key = 'poison'") - before == 4
    assert len(tries) == 1 + log.ATTEMPTS
    parked = await owner.fetch(
        "select type, data->>'units', error from kernel.parked where reaction = $1", reaction.name
    )
    assert [(row[0], row[1]) for row in parked] == [("tests.apples-laid", "13")]
    assert "DivisionByZeroError" in parked[0][2]
    await tell(stall, 16)
    await exhaust(stall, reaction)
    assert (await effects(owner, what))[-1] == 16
    assert await log.replay(stall, reaction) == (0, 1)
    assert await count(owner, "kernel.parked", f"reaction = '{reaction.name}'") == 1
    healed = True
    assert await log.replay(stall, reaction) == (1, 0)
    assert await log.replay(stall, reaction) == (0, 0)
    assert (await effects(owner, what))[-1] == 13
    assert await count(owner, "kernel.parked", f"reaction = '{reaction.name}'") == 0


async def test_what_another_is_in_the_way_of_is_not_poison(
    stall: Database, owner: asyncpg.Connection, reacts: Any
) -> None:
    async def clashes(tx: Tx, laid: ApplesLaid) -> None:
        await notes_as("clash")(tx, laid)
        if not clashed:
            clashed.append(True)
            await tx.execute("do $$ begin raise deadlock_detected; end $$")

    clashed: list[bool] = []
    reaction = await reacts(clashes)
    await tell(stall, 1, 2)
    await settled(stall)
    with pytest.raises(asyncpg.DeadlockDetectedError):
        await log.advance(stall, reaction)
    await exhaust(stall, reaction)
    assert await effects(owner, "clash") == [1, 2]
    assert await count(owner, "kernel.parked", f"reaction = '{reaction.name}'") == 0


async def test_running_reactions_hear_soon_and_survive_a_failure(
    stall: Database, owner: asyncpg.Connection, reacts: Any
) -> None:
    async def act(tx: Tx, laid: ApplesLaid) -> None:
        await notes_as("running")(tx, laid)
        if laid.units == 2 and not failed:
            failed.append(True)
            raise ConnectionResetError

    failed: list[bool] = []
    await reacts(act)
    task = asyncio.create_task(log.run(stall, ["tests"], pause=0.02))
    await asyncio.sleep(0.1)
    async with asyncio.timeout(30):
        for number in (1, 2, 3):
            await tell(stall, number)
            while number not in await effects(owner, "running"):  # noqa: ASYNC110 - it is the database that is asked
                await asyncio.sleep(0.02)
    assert failed
    assert await effects(owner, "running") == [1, 2, 3]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_log_at_rest_costs_no_writes(stall: Database, owner: asyncpg.Connection, reacts: Any) -> None:
    """Looking for news locks nothing and moves nothing: a quiet shop does not wear the disk."""
    reaction = await reacts(notes_as("rest"))
    touched = set()
    task = asyncio.create_task(log.run(stall, ["tests"], pause=0.01))
    for _ in range(40):
        await asyncio.sleep(0.02)
        row = await owner.fetchrow("select ctid, xmin, xmax from kernel.cursor where reaction = $1", reaction.name)
        touched.add(tuple(str(each) for each in row))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert len(touched) <= 4  # it moves on once in two seconds; a lock and a move are two touches


async def test_reading_walks_the_index_however_little_is_known_of_the_table(owner: asyncpg.Connection) -> None:
    await owner.execute("set plan_cache_mode = force_generic_plan")
    body = """select e.xid from kernel.event e where (e.xid, e.seq) > ('0', 0) and e.xid < '9999999'
        and e.type = any(array['x']) order by e.xid, e.seq limit 10"""
    settings = await owner.fetchval("select proconfig from pg_proc where oid = 'kernel.read_on'::regproc")
    assert {"enable_sort=off", "enable_bitmapscan=off", "enable_seqscan=off"} <= set(settings)
    for setting in settings:
        await owner.execute(f"set {setting}")
    plan = "\n".join(row[0] for row in await owner.fetch("explain " + body))
    for setting in settings:
        await owner.execute(f"reset {setting.partition('=')[0]}")
    await owner.execute("reset plan_cache_mode")
    assert "Index Scan" in plan or "Index Only Scan" in plan
    assert "  Sort  (" not in plan


def test_an_event_is_registered_once_and_ordered_by_a_field() -> None:
    with pytest.raises(ValueError, match="two events are named"):
        events.event("tests.apples-laid", key="sort")(ApplesLaid)
    with pytest.raises(ValueError, match="has no field colour"):
        events.event("tests.apples-painted", key="colour")(ApplesLaid)


def test_older_readers_pass_over_newer_fields() -> None:
    told = '{"sort": "a", "units": 1, "ripeness": "green"}'
    assert events.decode("tests.apples-laid", told) == ApplesLaid("a", 1)
