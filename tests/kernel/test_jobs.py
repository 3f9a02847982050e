"""Jobs: done once when they are due, tried again when they fail, set aside when they keep failing."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from rynek.kernel import clock, ids, jobs
from rynek.kernel.database import Database, Tx
from tests.kernel.market import count

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
failing: list[BaseException] = []
hooks: dict[str, Any] = {}


@pytest.fixture(scope="module", autouse=True)
def kinds() -> Iterator[dict[str, Any]]:
    """Register the kinds of work of these tests, and forget them."""

    @jobs.job("tests.press", "tests", attempts=3)
    async def press(tx: Tx, *, what: str, number: int, cart: UUID | None = None, at: datetime = NOON) -> None:
        await tx.execute("insert into tests.effect (what, number) values ($1, $2)", what, number)
        assert cart is None or isinstance(cart, UUID)
        assert isinstance(at, datetime)
        if hook := hooks.get(what):
            await hook()
        if failing:
            raise failing.pop()

    @jobs.job("tests.post", "tests", outward=True, attempts=2)
    async def post(database: Database, effect: str, *, what: str) -> None:
        hooks[what].append(effect)
        if failing:
            raise failing.pop()

    @jobs.every(60, "tests.sweep", "tests")
    async def sweep(tx: Tx) -> None:
        await tx.execute("insert into tests.effect (what, number) values ('sweep', 1)")
        if failing:
            raise failing.pop()

    made = {"press": press, "post": post, "sweep": sweep}
    yield made
    for name in made:
        kind = jobs.JOBS.pop(f"tests.{name}")
        del jobs._BY_ACT[kind.act]


@pytest.fixture(autouse=True)
async def list_is_empty(owner: asyncpg.Connection) -> None:
    await owner.execute("truncate kernel.job; truncate tests.effect")
    failing.clear()
    hooks.clear()


async def enqueue(stall: Database, act: Any, effect: str | None = None, *, due: datetime = NOON, **values: Any) -> bool:
    async with stall.transaction("tests") as tx:
        return await jobs.enqueue(tx, act, effect, due, **values)


async def work(stall: Database, after_s: float = 0, *, outward: bool = False) -> int:
    done = 0
    with clock.at(NOON + timedelta(seconds=after_s)):
        while await jobs.advance(stall, "tests", outward=outward):
            done += 1
    return done


async def numbers(owner: asyncpg.Connection, what: str) -> list[int]:
    return [row[0] for row in await owner.fetch("select number from tests.effect where what = $1 order by id", what)]


async def test_work_is_done_when_it_is_due_in_order(stall: Database, owner: asyncpg.Connection, kinds: Any) -> None:
    for number in (3, 1, 2):
        await enqueue(
            stall, kinds["press"], due=NOON + timedelta(seconds=number), what="due", number=number, cart=ids.new()
        )
    assert await work(stall) == 0
    assert await work(stall, 2) == 2
    assert await numbers(owner, "due") == [1, 2]
    assert await work(stall, 3) == 1
    assert await numbers(owner, "due") == [1, 2, 3]
    assert await count(owner, "kernel.job") == 0


async def test_work_is_put_on_the_list_with_its_cause(stall: Database, owner: asyncpg.Connection, kinds: Any) -> None:
    with pytest.raises(KeyError):  # noqa: PT012 - what is enqueued before it fails is the point
        async with stall.transaction("tests") as tx:
            await jobs.enqueue(tx, kinds["press"], None, NOON, what="never", number=1)
            raise KeyError
    assert await count(owner, "kernel.job") == 0
    with pytest.raises(TypeError):
        await enqueue(stall, kinds["press"], what="never", colour="red")


async def test_one_effect_waits_once(stall: Database, owner: asyncpg.Connection, kinds: Any) -> None:
    asked = await asyncio.gather(*(enqueue(stall, kinds["press"], "same", what="same", number=n) for n in range(5)))
    assert sorted(asked) == [False, False, False, False, True]
    assert await enqueue(stall, kinds["press"], "other", what="same", number=9)
    assert await work(stall) == 2
    assert len(await numbers(owner, "same")) == 2


async def test_two_runners_share_the_work(stall: Database, owner: asyncpg.Connection, dsn: str, kinds: Any) -> None:
    other = await Database.open(dsn, 4)
    for number in range(30):
        await enqueue(stall, kinds["press"], what="shared", number=number)
    done = await asyncio.gather(work(stall), work(other), work(stall), work(other))
    assert sum(done) == 30
    assert sorted(await numbers(owner, "shared")) == list(range(30))
    await other.close()


async def test_a_crash_in_the_middle_leaves_the_job_as_it_was(
    stall: Database, owner: asyncpg.Connection, kinds: Any
) -> None:
    async def hang() -> None:
        started.set()
        await asyncio.sleep(30)

    started = asyncio.Event()
    hooks["crash"] = hang
    await enqueue(stall, kinds["press"], what="crash", number=1)
    task = asyncio.create_task(work(stall))
    await started.wait()
    assert await work(stall) == 0  # somebody is at it
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await numbers(owner, "crash") == []
    assert await owner.fetchrow("select attempts, dead from kernel.job") == (0, False)
    del hooks["crash"]
    assert await work(stall) == 1
    assert await numbers(owner, "crash") == [1]


async def test_what_fails_is_tried_later_and_later_and_then_set_aside(
    stall: Database, owner: asyncpg.Connection, kinds: Any
) -> None:
    await enqueue(stall, kinds["press"], "weak", what="weak", number=1)
    failing.extend(ValueError("anna@example.com") for _ in range(3))
    assert await work(stall) == 1
    assert await owner.fetchrow("select attempts, due_at, dead from kernel.job") == (
        1,
        NOON + timedelta(seconds=2),
        False,
    )
    assert await work(stall, 1) == 0
    assert await work(stall, 2) == 1
    assert await owner.fetchval("select due_at from kernel.job") == NOON + timedelta(seconds=2 + 4)
    assert await work(stall, 6) == 1
    assert await work(stall, 86_400) == 0
    assert await numbers(owner, "weak") == []
    (dead,) = await jobs.dead(stall)
    assert (dead.name, dead.effect, dead.attempts) == ("tests.press", "weak", 3)
    assert "ValueError" in dead.error
    assert "anna" not in dead.error
    with clock.at(NOON):
        assert await jobs.revive(stall, dead.id)
        assert not await jobs.revive(stall, dead.id)
    assert await work(stall) == 1
    assert await numbers(owner, "weak") == [1]
    assert await jobs.dead(stall) == []


async def test_one_that_fails_does_not_hold_up_the_rest(stall: Database, owner: asyncpg.Connection, kinds: Any) -> None:
    for number in range(3):
        await enqueue(stall, kinds["press"], what="rest", number=number)
    failing.append(ValueError())
    assert await work(stall) == 3
    assert await numbers(owner, "rest") == [1, 2]


async def test_what_goes_out_is_claimed_first_and_has_its_key(
    stall: Database, owner: asyncpg.Connection, kinds: Any
) -> None:
    hooks["mail"] = sent = list[str]()
    await enqueue(stall, kinds["post"], "order-7", what="mail")
    await enqueue(stall, kinds["post"], what="mail")
    assert await work(stall) == 0
    assert await work(stall, outward=True) == 2
    assert sent[0] == "order-7"
    assert sent[1].startswith("tests.post-")
    assert await count(owner, "kernel.job") == 0


async def test_what_went_out_before_a_crash_goes_out_again_with_the_same_key(
    stall: Database, owner: asyncpg.Connection, kinds: Any
) -> None:
    hooks["crash"] = sent = list[str]()
    await enqueue(stall, kinds["post"], "order-8", what="crash")
    failing.append(asyncio.CancelledError())  # a process that is ended
    with pytest.raises(asyncio.CancelledError):
        await work(stall, outward=True)
    assert await work(stall, 60, outward=True) == 0  # it may still be at it
    assert await work(stall, 301, outward=True) == 1
    assert sent == ["order-8", "order-8"]
    assert await count(owner, "kernel.job") == 0


async def test_what_ends_each_process_that_claims_it_is_set_aside(
    stall: Database, owner: asyncpg.Connection, kinds: Any
) -> None:
    hooks["kills"] = sent = list[str]()
    await enqueue(stall, kinds["post"], "order-9", what="kills")
    for after_s in (0, 301):
        failing.append(asyncio.CancelledError())  # a process that is ended
        with pytest.raises(asyncio.CancelledError):
            await work(stall, after_s, outward=True)
    await work(stall, 1_000, outward=True)
    assert sent == ["order-9", "order-9"]
    assert [dead.effect for dead in await jobs.dead(stall)] == ["order-9"]


async def test_what_goes_out_and_fails_is_tried_again(stall: Database, kinds: Any) -> None:
    hooks["fails"] = sent = list[str]()
    await enqueue(stall, kinds["post"], "order-10", what="fails")
    failing.extend([ValueError(), ValueError()])
    await work(stall, outward=True)
    await work(stall, 2, outward=True)
    assert len(sent) == 2
    assert [(dead.effect, dead.attempts) for dead in await jobs.dead(stall)] == [("order-10", 2)]


async def test_what_is_periodic_is_done_once_each_time_over_all_processes(
    stall: Database, owner: asyncpg.Connection, dsn: str, kinds: Any
) -> None:
    other = await Database.open(dsn, 4)
    with clock.at(NOON):
        await asyncio.gather(*(jobs.appoint(each, ["tests"]) for each in (stall, other, stall)))
    for after_s, times in ((0, 1), (59, 1), (60, 2), (61, 2), (3_600, 3)):
        await asyncio.gather(work(stall, after_s), work(other, after_s))
        assert len(await numbers(owner, "sweep")) == times
    failing.append(ValueError())
    await work(stall, 3_660)
    assert len(await numbers(owner, "sweep")) == 3
    assert await jobs.dead(stall) == []
    await work(stall, 3_720)
    assert len(await numbers(owner, "sweep")) == 4
    await other.close()


async def test_running(stall: Database, owner: asyncpg.Connection, kinds: Any) -> None:
    hooks["run"] = sent = list[str]()
    task = asyncio.create_task(jobs.run(stall, ["tests"], pause=0.02))
    await enqueue(stall, kinds["press"], what="run", number=5)
    await enqueue(stall, kinds["post"], what="run")
    async with asyncio.timeout(10):
        while await count(owner, "kernel.job", "effect is distinct from 'periodic'"):  # noqa: ASYNC110 - the database
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await numbers(owner, "run") == [5]
    assert len(sent) == 1
    assert await numbers(owner, "sweep") == [1]


def test_two_jobs_of_one_name_are_refused(kinds: Any) -> None:
    with pytest.raises(ValueError, match=r"two jobs are named tests\.press"):
        jobs.job("tests.press", "tests")(test_two_jobs_of_one_name_are_refused)
