"""The tail: one look at the end of the log for all who wait in this process, who would each look otherwise."""

import asyncio
import logging
from collections.abc import Collection
from weakref import WeakKeyDictionary

from rynek.kernel import log
from rynek.kernel.database import Database
from rynek.kernel.events import NAMES

logger = logging.getLogger(__name__)

LOOK_S = 0.1


class Tail:
    """Who waits for which types of event, and what was seen last of each."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.seen: dict[str, int] = {}
        """The newest transaction in which each type was seen."""
        self.place = ""
        self._waiting: dict[asyncio.Future[None], frozenset[str]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, types: Collection[str], after: str, seconds: float) -> None:
        """Wait until there may be news of these types after a place; returns at the latest when the time is over."""
        xid = int(after.partition("-")[0])
        if any(self.seen.get(each, -1) >= xid for each in types):
            return
        bell = asyncio.get_running_loop().create_future()
        self._waiting[bell] = frozenset(types)
        if self._looking is None or self._looking.done():
            self.place = after
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                await bell
        except TimeoutError:
            return
        finally:
            self._waiting.pop(bell, None)

    async def _look(self) -> None:
        while self._waiting:
            await asyncio.sleep(LOOK_S)
            try:
                await self._read()
            except Exception:
                logger.exception("the end of the log could not be read; trying again")
                await asyncio.sleep(1)

    async def _read(self) -> None:
        async with self.database.transaction("integration") as tx:
            below = await log.horizon(tx)
            rows = await log.newest(tx, self.place, below, list(NAMES))
        self.place = f"{below}-0"
        self.seen |= dict(rows)
        found = {kind for kind, _ in rows}
        for bell, types in self._waiting.items():
            if not bell.done() and types & found:
                bell.set_result(None)


_tails: WeakKeyDictionary[Database, Tail] = WeakKeyDictionary()


def tail_of(database: Database) -> Tail:
    """Give this process's tail of a database."""
    found = _tails.get(database)
    if found is None:
        found = _tails[database] = Tail(database)
    return found
