"""Group commit: commands of one kind that wait while a transaction is in flight share the next one."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, cast

from rynek.kernel import logs
from rynek.kernel.database import doubled, passing, unreachable

LIMIT = 256
FLIGHTS = 2
"""How many transactions of one kind a process has under way: while one is committed, the next is prepared."""
ENOUGH = 16
"""How many commands have to wait for another transaction to begin beside the one under way."""
RETRIES = 3
PATIENCE = 0.25
"""What part of the time the last batch took the next one waits at most for as many commands as that had."""


class Batcher:
    """Gathers the commands of one operation and lets ``transact`` take them together.

    ``transact`` gives one result per command, in order. When a batch fails, its halves are tried apart, so that
    one poisonous command is refused alone and takes nobody with it.
    """

    def __init__(
        self, transact: Callable[[Sequence[Any]], Coroutine[Any, Any, Sequence[Any]]], limit: int = LIMIT
    ) -> None:
        self.transact = transact
        self.limit = limit
        self.waiting: list[tuple[Any, asyncio.Future[Any]]] = []
        self.flights: set[asyncio.Task[None]] = set()
        self.sizes: Callable[[int], None] = lambda _size: None
        self.last, self.took, self.ended = 0, 0.0, 0.0
        self.full: asyncio.Future[None] | None = None

    def submit(self, command: Any) -> asyncio.Future[Any]:
        """Queue a command; the future gives its result, or raises what it failed with."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting.append((command, future))
        if self.full is not None and len(self.waiting) >= self.last and not self.full.done():
            self.full.set_result(None)
        if not self.flights or (self.full is None and len(self.flights) < FLIGHTS and len(self.waiting) >= ENOUGH):
            flight = asyncio.create_task(self._drain())
            self.flights.add(flight)
        return future

    async def _drain(self) -> None:
        logs.request.set("")  # a batch is many requests; the one it began with is not to blame for all
        try:
            while self.waiting and self.full is None:  # else another gathers already, and takes all who wait
                await self._gather()
                taken, self.waiting = self.waiting[: self.limit], self.waiting[self.limit :]
                began = time.perf_counter()
                await self._take([each for each in taken if not each[1].done()])
                self.ended = time.perf_counter()
                self.last, self.took = len(taken), self.ended - began
        finally:
            self.flights.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _gather(self) -> None:
        """Wait for those who were answered a moment ago: they are about to come again.

        Without this the first of them goes alone, and every other transaction carries one command (ADR 5).
        """
        patience = self.ended + self.took * PATIENCE - time.perf_counter()
        if len(self.waiting) < self.last and patience > 0:
            self.full = asyncio.get_running_loop().create_future()
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        await self.full
            finally:
                self.full = None

    async def _take(self, taken: list[tuple[Any, asyncio.Future[Any]]], attempt: int = 1) -> None:
        """Transact commands; who gave up waiting before is no longer among them."""
        if not taken:
            return
        self.sizes(len(taken))
        try:
            results = await self.transact([command for command, _ in taken])
            answered = list(zip(taken, results, strict=True))
        except asyncio.CancelledError:
            for _, future in taken:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - every waiter is told
            if passing(error) and attempt < RETRIES:
                await self._take(taken, attempt + 1)
            else:
                await self._halve(taken, error)
        else:
            for (_, future), result in answered:
                if not future.done():
                    future.set_result(result)

    async def _halve(self, taken: list[tuple[Any, asyncio.Future[Any]]], error: Exception) -> None:
        # of keys that another process has too, each try may meet one more: apart each soon finds its answer
        if len(taken) == 1 or (passing(error) and not doubled(error)) or unreachable(error):
            _fail(taken, error)
            return
        middle = len(taken) // 2
        await self._take(taken[:middle])
        await self._take(taken[middle:])


def _fail(taken: list[tuple[Any, asyncio.Future[Any]]], error: Exception) -> None:
    for _, future in taken:
        if not future.done():
            future.set_exception(error)
