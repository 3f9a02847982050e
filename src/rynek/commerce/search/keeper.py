"""Who keeps the index in step with the log: one process of a machine, by lock; the others read what it commits.

The keeper reads products anew that the news speaks of, and writes them in one commit. It begins where the seal of the
index says the last commit reached, so what was lost in a crash is read again. An index that is missing, damaged, of
another version or too far behind is built anew beside the old one, which answers until then.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from rynek.commerce import browse, catalog
from rynek.commerce.catalog import events as catalogued
from rynek.commerce.inventory import available
from rynek.commerce.inventory import events as stocked
from rynek.commerce.pricing import events as priced
from rynek.commerce.pricing import margins
from rynek.commerce.search import index, sheets
from rynek.commerce.search.desk import Desk, desk_of, q
from rynek.commerce.search.model import Damaged, Sheet
from rynek.commerce.search.ports import Pen
from rynek.kernel import clock
from rynek.kernel.database import Database, Tx
from rynek.kernel.events import Envelope
from rynek.kernel.log import Follower

logger = logging.getLogger(__name__)

LOOK_S = 0.2
BATCH = 400
_AT_ONCE = 3
OLDEST_S = 3_600.0
"""An index whose last commit is longer ago is built anew rather than caught up with."""
STOCK_S = 0.5
"""How often what ran out or came back is looked at: many units move, few of them change what can be bought."""
SOLD_S = 600.0
"""How often new sales are taken into the ranking."""
CHECK_S = 60.0
COMMIT_S = 0.5
SEAL_S = 60.0
"""How often it is written down that nothing happened."""
SOLD_DAYS = 90
_TRY_S = 1.0


class _At(Struct, frozen=True):
    sku: str
    location: str = ""


class _Moves(Struct, frozen=True):
    moves: list[_At]


class _Picks(Struct, frozen=True):
    picks: list[_At]


FOLLOWED = (
    catalogued.ProductChanged, catalogued.PublicationChanged, catalogued.BundleChanged, catalogued.ChannelChanged,
    catalogued.SortingChanged, priced.PriceChanged, priced.PriceListChanged, priced.TaxRateChanged, priced.CostChanged,
    stocked.StockMoved, stocked.StockHeld, stocked.StockReleased, stocked.RoutesChanged, stocked.LocationChanged,
)  # fmt: skip
_FEW: dict[type[Struct], type[Struct]] = {
    stocked.StockMoved: _Moves,
    stocked.StockHeld: _Picks,
    stocked.StockReleased: _Picks,
}


class Keeper:
    """The keeper's state: what has still to be read anew, and what is known of stock."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self.database = database
        self.desk = desk
        self.pen: Pen | None = None
        self.generation: Path | None = None
        self.follower = Follower(database, *FOLLOWED, only=_FEW)
        self.products: dict[UUID, None] = {}
        self.moved: set[str] = set()
        self.free: dict[tuple[str, str], bool] = {}
        """Whether an item can be bought in a channel, as it was last written."""
        self.routed: set[str] = set()
        self.channels: list[catalog.Channel] = []
        self.categories: dict[str, str] = {}
        self.inside: set[str] = set()
        """Items that bundles hold."""
        self.done = ""
        self._stock_at = self._sealed_at = self._sold_at = self._checked_at = time.monotonic()
        self._opened_at = clock.now()

    # one step

    async def step(self) -> None:
        """Take in what came since the last step, and commit it."""
        if self.pen is None:
            await self.open()
        await self.hear(await self.follower.news())
        await self.look_at_the_clock()
        if self.moved and time.monotonic() - self._stock_at > STOCK_S:
            self._stock_at = time.monotonic()
            await self.look_at_stock()
        while self.products and not self.accused:
            batch = list(self.products)[:BATCH]
            written = await self.read(batch)
            for each in batch:
                self.products.pop(each, None)
            await asyncio.to_thread(self._put, written)
            # while much is read anew, what is news now does not wait for all of it
            await self.hear(await self.follower.news())
        if not self.moved and time.monotonic() - self._sealed_at > SEAL_S:
            await asyncio.to_thread(self._put, ([], []))

    def _put(self, written: tuple[list[Sheet], list[str]]) -> None:
        """Commit: after a crash it goes on from the last position at which nothing was waiting."""
        if not self.products and not self.moved:
            self.done = self.follower.position
        pen = self._pen()
        pen.put(*written)
        # where much is waiting, not every batch needs a commit of its own
        if len(self.products) < BATCH or time.monotonic() - self._sealed_at > COMMIT_S:
            pen.commit(self.done)
            self._sealed_at = time.monotonic()

    def _pen(self) -> Pen:
        if self.pen is None:
            raise Damaged("nothing is open to write in")
        return self.pen

    async def hear(self, news: Iterable[Envelope]) -> None:
        """Mark what the news speaks of."""
        skus: set[str] = set()
        everything = bundles = False
        for each in news:
            match each.data:
                case catalogued.ProductChanged(product=product) | catalogued.PublicationChanged(product=product):
                    self.products[product] = None
                case catalogued.BundleChanged(sku=sku):
                    skus.add(sku)
                    bundles = True
                case priced.PriceChanged(sku=sku) | priced.CostChanged(sku=sku):
                    skus.add(sku)
                case _Moves(moves=places) | _Picks(picks=places):
                    self.moved.update(each.sku for each in places if each.location in self.routed)
                case _:
                    everything = True
        if everything or bundles:
            await self.learn()
        if everything:
            await self.mark_all()
        if skus:
            async with self.database.transaction("commerce") as tx:
                self._mark(await q.of_skus(tx, skus=list(skus)))

    def _mark(self, products: Iterable[UUID]) -> None:
        self.products.update(dict.fromkeys(products))

    async def mark_all(self) -> None:
        """Have every product read anew, in turn, behind what is waiting."""
        async with self.database.transaction("commerce") as tx:
            self._mark(await q.products(tx))

    async def look_at_stock(self) -> None:
        """Mark products of which an item has run out, or is there again."""
        skus, self.moved = list(self.moved), set()
        for begin in range(0, len(skus), 2_000):
            some = skus[begin : begin + 2_000]
            flipped = self.inside.intersection(some)
            async with self.database.transaction("commerce") as tx:
                for channel in self.channels:
                    for each in await available(tx, channel.code, some):
                        key, free = (channel.code, each.sku), each.units > 0
                        if self.free.get(key) is not free:
                            self.free[key] = free
                            flipped.add(each.sku)
                if flipped:
                    self._mark(await q.of_skus(tx, skus=list(flipped)))

    async def look_at_the_clock(self) -> None:
        """Mark what time has changed: offers that begin or end, prices that begin, sales that count now."""
        now = clock.now()
        if now - self._opened_at > timedelta(seconds=1):
            since, self._opened_at = self._opened_at, now
            async with self.database.transaction("commerce") as tx:
                self._mark(await q.opened(tx, since=since, until=now))
            if self.pen is not None:
                ripe = self.desk.engine.due(int(now.timestamp()), 2_000)
                self._mark(ripe)
        if time.monotonic() - self._sold_at > SOLD_S:
            self._sold_at = time.monotonic()
            async with self.database.transaction("commerce") as tx:
                self._mark(await q.sold_lately(tx, since=(now - timedelta(days=1)).date()))

    # reading products

    async def learn(self) -> None:
        """Read what all products need: channels, categories, which locations count."""
        async with self.database.transaction("commerce") as tx:
            self.channels = [each for each in await catalog.channels(tx) if each.active]
            self.categories = {each.code: each.name for each in await catalog.categories(tx)}
            self.routed = set(await q.routed(tx))
            self.inside = set(await q.inside(tx))

    async def read(self, products: Sequence[UUID]) -> tuple[list[Sheet], list[str]]:
        """Read products as every channel shows them; gives their sheets, and the ids of those that are gone."""
        found: list[Sheet] = []
        gone: list[str] = []
        async with self.database.transaction("commerce") as tx:
            since = (tx.at - timedelta(days=SOLD_DAYS)).date()
            sold = {each.product: each.units for each in await q.sold(tx, products=products, since=since)}
            for channel in self.channels:
                there = await self._of_channel(tx, channel, products, sold)
                found += there
                ids = {each.id for each in there}
                gone += [key for each in products if (key := f"{channel.code} {each}") not in ids]
        return found, gone

    async def _of_channel(
        self, tx: Tx, channel: catalog.Channel, products: Sequence[UUID], sold: dict[UUID, int]
    ) -> list[Sheet]:
        wholes = await browse.wholes(tx, channel, products)
        skus = [item.sku for each in wholes for item in each.detail.items[:1]]
        earned = {each.sku: each.margin_bp / 10_000 for each in await margins(tx, channel.code, skus) if each.margin_bp}
        for each in wholes:
            self.free |= {(channel.code, item.sku): item.available > 0 for item in each.detail.items}

        def made() -> list[Sheet]:
            return [
                sheets.sheet(
                    each, channel.code, channel.locale, self.categories, float(sold.get(each.entry.id, 0)),
                    next((earned.get(item.sku) for item in each.detail.items), None),
                )
                for each in wholes
            ]  # fmt: skip

        return await asyncio.to_thread(made)

    # opening and building

    async def open(self) -> None:
        """Open the index where it was left, or build it anew when it cannot go on from there."""
        await self.learn()
        if self.desk.cluster is not None:
            await self.build()
            return
        current = self.desk.store.current() or self.desk.store.folder / "none"
        try:
            seal = await asyncio.to_thread(self._usable, current)
            self.pen, self.generation = await asyncio.to_thread(index.Writer, current), current
        except Damaged as reason:
            logger.warning("the search index is built anew: %s", reason)
            await self.build()
            return
        self.follower.position = self.done = seal.position
        self._opened_at = datetime.fromtimestamp(seal.at_s, UTC) - timedelta(seconds=2)

    def _usable(self, current: Path) -> index.Seal:
        """See that one can go on from a generation; gives its seal.

        Raises:
            Damaged: one cannot.
        """
        index.verify(current)
        seal = index.seal_of(current)
        if self.desk.store.accused(current) or seal is None or not seal.position:
            raise Damaged("it was found damaged")
        if time.time() - seal.at_s > OLDEST_S:
            raise Damaged("it is too far behind")
        return seal

    async def build(self) -> None:
        """Build a whole index beside the one that answers, and let it count once it is complete."""
        began = time.monotonic()
        await self.follower.begin()
        self._opened_at = clock.now()
        self.products.clear()
        generation, before = self.desk.store.fresh(), self.pen
        pen: Pen = self.desk.cluster.anew() if self.desk.cluster else await asyncio.to_thread(index.Writer, generation)
        count = await self.write_all(pen)
        self.done = self.follower.position
        await asyncio.to_thread(pen.commit, self.done)
        self.pen, self._sealed_at = pen, time.monotonic()
        if self.desk.cluster is None:
            self.generation = generation
            self.desk.store.appoint(generation)
        if isinstance(before, index.Writer):
            await asyncio.to_thread(before.close)
        logger.info("the search index was built: %d sheets in %.1f s", count, time.monotonic() - began)

    async def write_all(self, pen: Pen) -> int:
        """Write every product, a few batches at once: while the database reads one, another is put into words."""
        free, writing = asyncio.Semaphore(_AT_ONCE), asyncio.Lock()

        async def write(some: Sequence[UUID]) -> int:
            async with free:
                written, _ = await self.read(some)
                async with writing:
                    await asyncio.to_thread(pen.put, written, ())
            return len(written)

        async with self.database.transaction("commerce") as tx:
            every = await q.products(tx)
        async with asyncio.TaskGroup() as group:
            parts = [group.create_task(write(every[at : at + BATCH])) for at in range(0, len(every), BATCH)]
        return sum(each.result() for each in parts)

    @property
    def accused(self) -> bool:
        """Whether a reader found damaged what is written here, or it counts no more."""
        if self.generation is None:
            return False
        return self.desk.store.accused(self.generation) or self.desk.store.current() != self.generation

    async def check(self) -> None:
        """See from time to time that the index is as it was written, and whether a reader found it damaged."""
        if self.generation is None:
            return
        damage = self.accused
        if not damage and time.monotonic() - self._checked_at > CHECK_S:
            self._checked_at = time.monotonic()
            try:
                await asyncio.to_thread(index.verify, self.generation)
            except Damaged as found:
                self.desk.accuse(self.generation, found)
                damage = True
        if damage:
            await self.build()


async def keep(database: Database) -> None:
    """Keep the index while no other process of this machine does, until cancelled."""
    desk = desk_of(database)
    try:
        while True:
            if not desk.store.take():
                await asyncio.sleep(_TRY_S)
                continue
            try:
                await _keep(Keeper(database, desk))
            except Exception:
                logger.exception("the search index cannot be kept; trying again")
                await asyncio.sleep(_TRY_S)
    finally:
        desk.store.release()


async def _keep(keeper: Keeper) -> None:
    try:
        while True:
            await keeper.step()
            await keeper.check()
            await asyncio.sleep(LOOK_S)
    finally:
        if isinstance(keeper.pen, index.Writer):
            keeper.pen.close()
