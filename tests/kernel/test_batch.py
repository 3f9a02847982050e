"""Group commit: who waits together commits together, and nobody suffers for another."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from rynek.kernel.batch import Batcher


class Counter:
    """Something to transact with, that tells what it was given."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.failing: list[Exception] = []

    async def __call__(self, commands: Sequence[int]) -> list[int]:
        self.batches.append(list(commands))
        await asyncio.sleep(0.01)
        if self.failing:
            raise self.failing.pop(0)
        if any(command < 0 for command in commands):
            raise ValueError
        return [command * 10 for command in commands]


async def test_what_waits_while_one_is_in_flight_shares_the_next() -> None:
    transact = Counter()
    batcher = Batcher(transact)
    first = batcher.submit(1)
    await asyncio.sleep(0.005)
    rest = [batcher.submit(number) for number in range(2, 10)]
    assert await asyncio.gather(first, *rest) == [number * 10 for number in range(1, 10)]
    assert transact.batches == [[1], list(range(2, 10))]
    assert await batcher.submit(11) == 110


async def test_a_batch_has_its_limit() -> None:
    transact = Counter()
    batcher = Batcher(transact, limit=3)
    assert await asyncio.gather(*(batcher.submit(number) for number in range(7))) == [n * 10 for n in range(7)]
    assert transact.batches == [[0, 1, 2], [3, 4, 5], [6]]


async def test_poison_is_found_by_halving_and_fails_alone() -> None:
    transact = Counter()
    batcher = Batcher(transact)
    answers = await asyncio.gather(*(batcher.submit(-1 if n == 5 else n) for n in range(16)), return_exceptions=True)
    assert [answer for n, answer in enumerate(answers) if n != 5] == [n * 10 for n in range(16) if n != 5]
    assert isinstance(answers[5], ValueError)
    assert len(transact.batches) == 9


@pytest.mark.parametrize(("times", "answer"), [(2, 10), (3, asyncpg.DeadlockDetectedError)])
async def test_what_another_was_in_the_way_of_is_tried_again(times: int, answer: object) -> None:
    transact = Counter()
    transact.failing = [asyncpg.DeadlockDetectedError()] * times
    results = list(await asyncio.gather(Batcher(transact).submit(1), return_exceptions=True))
    assert answer in (results[0], type(results[0]))
    assert transact.batches == [[1]] * 3


async def test_keys_that_another_process_has_too_are_answered_however_many() -> None:
    """Each try meets one more of them, as the other process commits one after the other."""
    held = set(range(12))

    async def transact(commands: Sequence[int]) -> list[int]:
        met = [number for number in commands if number in held]
        if met:
            held.remove(met[0])
            error = asyncpg.UniqueViolationError("key")
            error.constraint_name = "answer_pkey"
            raise error
        return [number * 10 for number in commands]

    batcher = Batcher(transact)
    answers = await asyncio.gather(*(batcher.submit(number) for number in range(16)))
    assert answers == [number * 10 for number in range(16)]


async def test_a_database_that_is_away_is_not_asked_for_each() -> None:
    transact = Counter()
    transact.failing = [ConnectionRefusedError()]
    batcher = Batcher(transact)
    answers = await asyncio.gather(*(batcher.submit(number) for number in range(20)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {ConnectionRefusedError}
    assert len(transact.batches) == 1


async def test_who_stops_waiting_holds_nobody_up() -> None:
    transact = Counter()
    batcher = Batcher(transact)
    first = batcher.submit(1)
    await asyncio.sleep(0.005)
    second, third = batcher.submit(2), batcher.submit(3)
    first.cancel()
    second.cancel()
    assert await third == 30
    assert transact.batches == [[1], [3]]
    assert await batcher.submit(4) == 40


async def test_results_that_do_not_match_are_an_error_for_all() -> None:
    async def short(commands: Sequence[int]) -> list[int]:
        return [0]

    batcher = Batcher(short)
    assert list(await asyncio.gather(batcher.submit(1), batcher.submit(2))) == [0, 0]  # halved to one each

    async def none(commands: Sequence[int]) -> list[int]:
        return []

    with pytest.raises(ValueError, match="zip"):
        await Batcher(none).submit(1)


async def test_who_waits_is_told_when_the_work_is_ended() -> None:
    batcher = Batcher(Counter())
    future = batcher.submit(1)
    await asyncio.sleep(0.005)
    [flight] = batcher.flights
    flight.cancel()
    with pytest.raises(asyncio.CancelledError):
        await future
    assert await batcher.submit(2) == 20


async def test_when_many_wait_two_transactions_are_under_way_and_no_more() -> None:
    under_way: list[int] = []

    async def transact(commands: Sequence[int]) -> list[int]:
        under_way.append(len(batcher.flights))
        await asyncio.sleep(0.01)
        return [command * 10 for command in commands]

    batcher = Batcher(transact)
    waiting = [batcher.submit(0)]
    await asyncio.sleep(0.001)
    waiting += [batcher.submit(number) for number in range(1, 400)]
    assert await asyncio.gather(*waiting) == [number * 10 for number in range(400)]
    assert max(under_way) == 2
    assert not batcher.flights


async def test_who_comes_while_others_are_gathered_is_taken_with_them() -> None:
    transact = Counter()
    batcher = Batcher(transact)
    await asyncio.gather(*(batcher.submit(number) for number in range(20)))
    first = batcher.submit(100)  # fewer than the 20 of a moment ago: it waits for the others
    await asyncio.sleep(0)
    rest = [batcher.submit(number) for number in range(101, 120)]
    await asyncio.gather(first, *rest)
    assert transact.batches[-1] == list(range(100, 120))
