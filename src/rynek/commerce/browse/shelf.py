"""The shelf: what this process has ready to show, as bytes, and the news by which it is cleared.

An answer from the shelf costs no database. It may be at most ``STALE_S`` behind what was committed: every look at the
log clears what it speaks of, and when the last look is longer ago than that, nothing is served from the shelf.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Hashable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from msgspec import Struct

from rynek.commerce.catalog import Channel
from rynek.commerce.catalog import events as catalog
from rynek.commerce.media import events as media
from rynek.commerce.pricing import events as pricing
from rynek.commerce.purchasing import events as purchasing
from rynek.kernel import clock
from rynek.kernel.batch import Batcher
from rynek.kernel.database import Database
from rynek.kernel.events import NAMES, Envelope
from rynek.kernel.log import Follower

logger = logging.getLogger(__name__)

LOOK_S = 0.15
"""How often the log is looked at."""
STALE_S = 0.8
"""How long ago the last look may be."""
ITEMS_LIMIT_BYTES = 256 * 2**20
PAGES_LIMIT = 8_192
_REMEMBERED = 64
_AT_ONCE = 192

Key = tuple[str, UUID]
"""A product in a channel."""
PageKey = tuple[str, str | None, str, UUID | None, int]
"""A page of a channel: category, order, the last product of the page before, products."""


class Stocked(Struct, frozen=True, gc=False):
    """A product ready to be shown.

    ``tags`` are the skus it depends on, ``slugs`` its addresses in the channel, ``until_at`` when time changes it.
    """

    card: bytes
    detail: bytes
    etag: str
    tags: tuple[str, ...]
    slugs: tuple[str, ...]
    until_at: datetime


class Answer(Struct, frozen=True, gc=False):
    """A page as bytes."""

    body: bytes
    etag: str
    until_at: datetime


class Page(Struct):
    """Which products are on a page of a listing.

    ``answer`` is what was made of them, as long as each of them is still so on the shelf.
    """

    products: list[UUID]
    after: UUID | None
    until_at: datetime
    answer: Answer | None = None


class Shelf:
    """What one process has ready of one database."""

    def __init__(self) -> None:
        self.items: dict[Key, Stocked] = {}
        self.pages: dict[PageKey, Page] = {}
        self.slugs: dict[tuple[str, str], UUID] = {}
        self.channels: dict[str, Channel] = {}
        self.tick = 0
        """Rises with all news."""
        self.looked_at = float("-inf")
        self.bytes = 0
        self._by_tag: dict[Hashable, set[Key]] = {}
        self._pages_with: dict[Key, set[PageKey]] = {}
        self._cleared: deque[tuple[int, set[Hashable] | None]] = deque(maxlen=_REMEMBERED)
        self._fillers: dict[str, Batcher] = {}

    @property
    def fresh(self) -> bool:
        """Tell whether what is here may be shown."""
        return time.monotonic() - self.looked_at < STALE_S

    def item(self, key: Key) -> Stocked | None:
        """Take a product from the shelf, if it is there and good."""
        found = self.items.get(key)
        return found if found is not None and self.fresh and clock.now() < found.until_at else None

    def page(self, key: PageKey) -> Page | None:
        """Take a page from the shelf, if it is there and good."""
        found = self.pages.get(key)
        return found if found is not None and self.fresh and clock.now() < found.until_at else None

    def put_item(self, key: Key, item: Stocked, began: int) -> None:
        """Lay a product on the shelf, unless news of it has come since it began to be read."""
        if self._outdated(began, {key[1], *item.tags}):
            return
        self._drop(key)
        self.items[key] = item
        self.bytes += _size(item)
        for tag in (key[1], *item.tags):
            self._by_tag.setdefault(tag, set()).add(key)
        for slug in item.slugs:
            self.slugs[key[0], slug] = key[1]
        while self.bytes > ITEMS_LIMIT_BYTES:
            self._drop(next(iter(self.items)))

    def put_page(self, key: PageKey, page: Page, began: int) -> None:
        """Lay a page on the shelf, unless products have changed since it began to be read."""
        if self._outdated(began, {_PAGES}):
            return
        self._drop_page(key)
        self.pages[key] = page
        for product in page.products:
            self._pages_with.setdefault((key[0], product), set()).add(key)
        if len(self.pages) > PAGES_LIMIT:
            self._drop_page(next(iter(self.pages)))

    def put_answer(self, key: PageKey, page: Page, items: Sequence[Stocked | None], answer: Answer) -> None:
        """Keep the answer of a page, if page and products lie on the shelf as it was made of them."""
        there = [self.items.get((key[0], product)) for product in page.products]
        if self.pages.get(key) is page and all(one is other for one, other in zip(there, items, strict=True)):
            page.answer = answer

    def _outdated(self, began: int, tags: set[Hashable]) -> bool:
        """Tell whether one of the tags was cleared since tick ``began``, or too much was to remember."""
        if not self.fresh or self.tick - began > _REMEMBERED:
            return True
        return any(tick > began and (cleared is None or tags & cleared) for tick, cleared in self._cleared)

    def _drop(self, key: Key) -> None:
        item = self.items.pop(key, None)
        if item is None:
            return
        self.bytes -= _size(item)
        for tag in (key[1], *item.tags):
            _discard(self._by_tag, tag, key)
        for slug in item.slugs:
            self.slugs.pop((key[0], slug), None)
        for page in self._pages_with.get(key, ()):
            self.pages[page].answer = None

    def _drop_page(self, key: PageKey) -> None:
        page = self.pages.pop(key, None)
        for product in page.products if page is not None else ():
            _discard(self._pages_with, (key[0], product), key)

    def clear(self, tags: set[Hashable] | None) -> None:
        """Clear what depends on these tags; None: everything."""
        self.tick += 1
        self._cleared.append((self.tick, tags))
        if tags is None:
            for every in (self.items, self.slugs, self.channels, self._by_tag):
                every.clear()
            self.bytes = 0
        for tag in tags or ():
            for key in list(self._by_tag.get(tag, ())):
                self._drop(key)
        if tags is None or _PAGES in tags:
            self.pages.clear()
            self._pages_with.clear()

    def take(self, news: Iterable[Envelope]) -> None:
        """Clear what the news speaks of."""
        tags: set[Hashable] | None = set()
        for envelope in news:
            spoken = _tags(envelope)
            tags = None if tags is None or spoken is None else tags | spoken
        if tags is None or tags:
            self.clear(tags)

    def filler(self, channel: str, fill: Callable[[Sequence[Any]], Coroutine[Any, Any, Sequence[Any]]]) -> Batcher:
        """Give what fetches a channel's products: those asked for while it is on the way are fetched together.

        Args:
            channel: one that exists.
        """
        if channel not in self._fillers:
            self._fillers[channel] = Batcher(fill, _AT_ONCE)
        return self._fillers[channel]


_PAGES = "\0pages"


def _discard(index: dict[Any, set[Any]], key: Any, value: Any) -> None:
    values = index.get(key)
    if values is not None:
        values.discard(value)
        if not values:
            del index[key]


def _size(item: Stocked) -> int:
    return 1_000 + len(item.card) + len(item.detail)


def _tags(envelope: Envelope) -> set[Hashable] | None:
    """Tell what an event is about: skus, products, the order of pages; None when it may be about everything."""
    match envelope.data:
        case pricing.PriceChanged(sku=sku):
            return {sku}
        case catalog.ProductChanged(product=product) | catalog.PublicationChanged(product=product):
            return {product, _PAGES}
        case catalog.BundleChanged(sku=sku):
            return {sku}
        case media.PictureChanged(holders=holders):
            return set(holders)
        case _:
            return _skus(envelope.data)


def _skus(data: Any) -> set[Hashable] | None:
    """Find the skus in news of stock: its own, or those of its ``picks``, ``moves`` or ``lines``."""
    if hasattr(data, "sku"):
        return {data.sku}
    for name in ("picks", "moves", "lines"):
        if hasattr(data, name):
            return {each.sku for each in getattr(data, name)}
    return None


_shelves: WeakKeyDictionary[Database, Shelf] = WeakKeyDictionary()


def shelf_of(database: Database) -> Shelf:
    """Give this process's shelf of a database."""
    return _shelves.setdefault(database, Shelf())


def followed() -> list[type[Struct]]:
    """List the events that change what is shown: all of catalogue, pictures, prices and stock, and when goods come."""
    shown = {"catalog", "media", "pricing", "inventory"}
    coming = [purchasing.PurchaseOrderConfirmed, purchasing.PurchaseOrderMoved]
    return [*(each.struct for name, each in NAMES.items() if name.split(".")[0] in shown), *coming]


async def look(shelf: Shelf, follower: Follower) -> None:
    """Clear what the news since the last look speaks of; from then on what is here counts as fresh again."""
    began = time.monotonic()
    if follower.position:
        shelf.take(await follower.news())
    else:
        await follower.begin()
        shelf.clear(None)
    shelf.looked_at = began


async def follow(database: Database) -> None:
    """Keep this process's shelf in step with the log, until cancelled."""
    shelf, follower = shelf_of(database), Follower(database, *followed())
    while True:
        try:
            await look(shelf, follower)
        except Exception:
            logger.exception("the shelf cannot follow the log; pages are read from the database until it can")
        await asyncio.sleep(LOOK_S)
