"""The live figures: read at most once a second in a process, for all who look; nobody looks, nothing is read.

What came in today is asked once; from there the log says what comes in addition, so that a look costs what has happened
since the last one. What counts is when the shop took it in, not what day it was sold on.
"""

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import Struct

from rynek.commerce.inventory.events import StockMoved
from rynek.commerce.orders.events import OrderPlaced
from rynek.commerce.pos.events import ReceiptAccepted
from rynek.kernel import clock, metrics
from rynek.kernel.actor import SYSTEM
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.events import Envelope
from rynek.kernel.faults import Unavailable
from rynek.kernel.log import Follower

SHOWN_S = 180
"""How far back the pace is shown."""
_AGAIN_S = 0.95
_AVERAGED_S = 5
_STALE_S = 20
_SELDOM_S = 5
_P99_S = 10
_SALES = frozenset({"commerce.pos.sell", "commerce.checkout.place"})


class _Taken(Struct, frozen=True, gc=False):
    """What is counted of a receipt."""

    store: str
    currency: str
    amount_minor: int


class _Placed(Struct, frozen=True, gc=False):
    """What is counted of an order."""

    currency: str
    total_minor: int


class _Units(Struct, frozen=True, gc=False):
    units: int


class _Moved(Struct, frozen=True):
    """What is counted of a movement of stock."""

    moves: list[_Units]


class Till(Struct):
    """What the tills of a store took in today, in one currency's minor units."""

    receipts: int = 0
    amount_minor: int = 0


class Standing(Struct, frozen=True):
    """What is asked for less often: orders that wait, and what waits behind the shop."""

    to_be_packed: int
    for_money: int
    of: int
    parked: int
    dead: int
    due: int
    database_ms: float | None
    """None: this process is not ready to serve."""


class Board(Struct, frozen=True):
    """The figures of one moment."""

    at: datetime
    tick: int
    stores: Mapping[tuple[str, str], Till]
    """By store and currency."""
    receipts: int
    orders: int
    from_tills: Mapping[str, int]
    """Minor units by currency; the same of orders."""
    from_orders: Mapping[str, int]
    sales_per_s: float
    pace: list[int]
    """Sales in each of the last seconds, the present one left out."""
    moved_per_s: float
    moved: int
    """Units in the last minute."""
    p99_ms: float | None
    """Of sales in this process; None when there were none lately."""
    standing: Standing
    names: Mapping[str, str]
    """What the stores are called, by code."""


class Watch:
    """What a process knows of today; ``look`` brings it up to date."""

    def __init__(self, database: Database) -> None:
        self.board: Board | None = None
        self.tick = 0
        self.viewers = 0
        self.told: dict[Any, Any] = {}
        """What the present figures read like, for each kind of viewer."""
        self._lock = asyncio.Lock()
        self._looked_at = float("-inf")
        self._seldom_at = float("-inf")
        self._tills = Follower(
            database, ReceiptAccepted, StockMoved, only={ReceiptAccepted: _Taken, StockMoved: _Moved}
        )
        self._orders = Follower(database, OrderPlaced, only={OrderPlaced: _Placed})
        self._day: datetime | None = None
        self._stores: dict[tuple[str, str], Till] = {}
        self._ordered: Counter[str] = Counter()
        self._order_count = 0
        self._sales: Counter[int] = Counter()
        self._moved: Counter[int] = Counter()
        self._slow: deque[tuple[float, Mapping[float, float]]] = deque()
        self._standing: Standing | None = None
        self._names: dict[str, str] = {}

    async def look(self, door: Door) -> Board:
        """Give the figures, not older than a second."""
        async with self._lock:
            if self.board is None or time.monotonic() - self._looked_at > _AGAIN_S:
                self.board = await self._read(door)
                self.told.clear()
                self._looked_at = time.monotonic()
        return self.board

    async def _read(self, door: Door) -> Board:
        now = clock.now()
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if day != self._day or time.monotonic() - self._looked_at > _STALE_S:
            await self._begin(door, day)
        self._take(await self._tills.news())
        self._take(await self._orders.news())
        if time.monotonic() - self._seldom_at > _SELDOM_S or self._standing is None:
            self._standing = await self._ask_seldom(door)
            self._seldom_at = time.monotonic()
        return self._told(now, self._standing)

    async def _begin(self, door: Door, day: datetime) -> None:
        tills = await door.ask(SYSTEM, "commerce.pos.intake", since=day)
        orders = await door.ask(SYSTEM, "commerce.orders.intake", since=day)
        self._tills.position, self._orders.position = tills.position, orders.position
        self._stores = {(each.store, each.currency): Till(each.receipts, each.amount_minor) for each in tills.stores}
        self._ordered = Counter({each.currency: each.total_minor for each in orders.currencies})
        self._order_count = sum(each.orders for each in orders.currencies)
        self._sales = Counter(dict(tills.pace))
        self._sales.update(dict(orders.pace))
        self._moved.clear()
        self._names = await self._ask_names(door)
        self._day = day

    async def _ask_names(self, door: Door) -> dict[str, str]:
        names: dict[str, str] = {}
        after = ""
        while found := await door.ask(SYSTEM, "commerce.inventory.locations", after=after, limit=1000):
            names |= {each.code: each.name for each in found if each.kind == "store"}
            after = found[-1].code
        return names

    async def _ask_seldom(self, door: Door) -> Standing:
        waiting = await door.ask(SYSTEM, "commerce.orders.waiting")
        behind = await door.ask(SYSTEM, "ops.backlog")
        try:
            database_ms = (await door.ask(SYSTEM, "ops.ready")).database_ms
        except Unavailable:
            database_ms = None
        parked = sum(each.parked for each in behind.readers)
        return Standing(
            waiting.to_be_packed, waiting.for_money, waiting.of, parked, len(behind.dead), behind.due, database_ms
        )

    def _take(self, news: Iterable[Envelope]) -> None:
        for each in news:
            second, told = int(each.at.timestamp()), each.data
            if isinstance(told, _Moved):
                self._moved[second] += sum(abs(move.units) for move in told.moves)
                continue
            self._sales[second] += 1
            if isinstance(told, _Taken):
                till = self._stores.setdefault((told.store, told.currency), Till())
                till.receipts += 1
                till.amount_minor += told.amount_minor
            elif isinstance(told, _Placed):
                self._order_count += 1
                self._ordered[told.currency] += told.total_minor

    def _told(self, now: datetime, standing: Standing) -> Board:
        present = int(now.timestamp())
        for counts in (self._sales, self._moved):
            for second in [each for each in counts if each < present - SHOWN_S]:
                del counts[second]
        pace = [self._sales[second] for second in range(present - SHOWN_S, present)]
        from_tills: Counter[str] = Counter()
        for (_, currency), till in self._stores.items():
            from_tills[currency] += till.amount_minor
        self.tick += 1
        return Board(
            at=now, tick=self.tick, stores=self._stores, receipts=sum(till.receipts for till in self._stores.values()),
            orders=self._order_count, from_tills=from_tills, from_orders=self._ordered,
            sales_per_s=sum(pace[-_AVERAGED_S:]) / _AVERAGED_S, pace=pace,
            moved_per_s=sum(self._moved[present - back] for back in range(1, _AVERAGED_S + 1)) / _AVERAGED_S,
            moved=sum(count for second, count in self._moved.items() if second >= present - 60),
            p99_ms=self._p99(), standing=standing, names=self._names,
        )  # fmt: skip

    def _p99(self) -> float | None:
        """Tell the time that 99 of 100 sales of the last seconds were answered within, from the process's histogram."""
        now, buckets = time.monotonic(), _buckets()
        self._slow.append((now, buckets))
        while len(self._slow) > 1 and now - self._slow[1][0] >= _P99_S:
            self._slow.popleft()
        before = self._slow[0][1]
        return percentile({bound: count - before.get(bound, 0) for bound, count in buckets.items()}, 0.99)


def _buckets() -> dict[float, float]:
    """Add the histograms of all sales up: how many were answered within so many seconds."""
    found: dict[float, float] = defaultdict(float)
    for family in metrics.SECONDS.collect():
        for sample in family.samples:
            if sample.name.endswith("_bucket") and sample.labels["operation"] in _SALES:
                found[float(sample.labels["le"])] += sample.value
    return found


def percentile(buckets: Mapping[float, float], share: float) -> float | None:
    """Read a percentile, in milliseconds, off a histogram; None when it is empty.

    Args:
        buckets: how many were within each bound in seconds, the last bound being infinite.
    """
    bounds = sorted(buckets)
    total = buckets[bounds[-1]] if bounds else 0
    if not total:
        return None
    low = under = 0.0
    for bound in bounds:
        if buckets[bound] >= share * total:
            inside = buckets[bound] - under
            part = (share * total - under) / inside if inside else 0.0
            return 1000 * (low if bound == float("inf") else low + (bound - low) * part)
        low, under = bound, buckets[bound]
    raise AssertionError  # the last bound holds all


_watches: WeakKeyDictionary[Door, Watch] = WeakKeyDictionary()


def watch_of(door: Door) -> Watch:
    """Give the watch of a process, one for all who look."""
    found = _watches.get(door)
    if found is None:
        found = _watches[door] = Watch(door.database)
    return found
