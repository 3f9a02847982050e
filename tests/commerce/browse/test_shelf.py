"""The shelf shows nothing that the news has overtaken."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.commerce.browse import shelf as shelves
from rynek.commerce.browse.shelf import Answer, Page, PageKey, Shelf, Stocked
from rynek.commerce.catalog.events import BundleChanged, ChannelChanged, ProductChanged, PublicationChanged
from rynek.commerce.inventory.events import StockHeld, StockMoved, StockOwed
from rynek.commerce.inventory.model import Move, Pick
from rynek.commerce.pricing.events import PriceChanged, PriceListChanged, TaxRateChanged
from rynek.kernel import clock
from rynek.kernel.events import TYPES, Envelope

AT = datetime(2026, 3, 1, tzinfo=UTC)
LATER = AT + timedelta(days=1)
TEA, HAM = UUID(int=1), UUID(int=2)
SOMEBODY = UUID(int=9)
PAGE: PageKey = ("WEB", None, "name", None, 24)


class Monotonic:
    """A clock of seconds that tests turn."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    turned = Monotonic()
    monkeypatch.setattr("rynek.commerce.browse.shelf.time.monotonic", turned)
    return turned


@pytest.fixture
def shelf(seconds: Monotonic) -> Shelf:
    made = Shelf()
    made.looked_at = seconds.now
    with clock.at(AT):
        made.put_item(("WEB", TEA), stocked("TEA-1", "CUP"), made.tick)
        made.put_item(("POS", TEA), stocked("TEA-1"), made.tick)
        made.put_item(("WEB", HAM), stocked("HAM-1"), made.tick)
        page = Page([TEA, HAM], None, LATER)
        made.put_page(PAGE, page, made.tick)
        items = [made.items["WEB", TEA], made.items["WEB", HAM]]
        made.put_answer(PAGE, page, items, Answer(b"page", '"e"', LATER))
    return made


def stocked(*skus: str, size: int = 10) -> Stocked:
    return Stocked(b"c" * size, b"d" * size, '"e"', skus, (f"slug-of-{skus[0]}",), LATER)


def news(*events: Any) -> list[Envelope]:
    return [Envelope("1-1", TYPES[type(each)].name, "", AT, each) for each in events]


def there(shelf: Shelf) -> set[tuple[str, int] | str]:
    with clock.at(AT):
        keys = [("WEB", TEA), ("POS", TEA), ("WEB", HAM)]
        items = {(channel, key.int) for channel, key in keys if shelf.item((channel, key)) is not None}
        page = shelf.page(PAGE)
    pages = ["page"] * (page is not None) + ["answer"] * (page is not None and page.answer is not None)
    return {*items, *pages}


ALL = {("WEB", 1), ("POS", 1), ("WEB", 2), "page", "answer"}


@pytest.mark.parametrize(
    ("event", "gone"),
    [
        (PriceChanged("TEA-1", "RETAIL", 5), {("WEB", 1), ("POS", 1), "answer"}),
        (PriceChanged("CUP", "RETAIL", 5), {("WEB", 1), "answer"}),
        (PriceChanged("OTHER", "RETAIL", 5), set()),
        (StockHeld(SOMEBODY, [Pick("HAM-1", "WH-1", 1), Pick("CUP", "WH-1", 1)]), {("WEB", 1), ("WEB", 2), "answer"}),
        (StockMoved("sale 1", "sale", [Move("HAM-1", "WH-1", -1)]), {("WEB", 2), "answer"}),
        (StockOwed("HAM-1", "S-1", -1), {("WEB", 2), "answer"}),
        (BundleChanged("HAM-1"), {("WEB", 2), "answer"}),
        (ProductChanged(HAM, "HAM"), {("WEB", 2), "page", "answer"}),
        (PublicationChanged(UUID(int=3), "NEW", "WEB"), {"page", "answer"}),
        (PriceListChanged("RETAIL"), ALL),
        (TaxRateChanged("PL", "standard"), ALL),
        (ChannelChanged("WEB"), ALL),
    ],
)
def test_news_clear_what_they_speak_of(shelf: Shelf, event: Any, gone: set[Any]) -> None:
    assert there(shelf) == ALL
    shelf.take(news(event))
    assert there(shelf) == ALL - gone


def test_all_that_changes_what_is_shown_is_followed() -> None:
    followed = {TYPES[each].name for each in shelves.followed()}
    assert {
        "pricing.price-changed",
        "catalog.product-changed",
        "inventory.stock-held",
        "inventory.stock-moved",
        "purchasing.order-moved",
    } <= followed
    shown = {"catalog", "media", "pricing", "inventory"}
    others = {name for name in followed if name.split(".")[0] not in shown}
    assert others == {"purchasing.order-confirmed", "purchasing.order-moved"}


def test_nothing_is_shown_when_the_last_look_is_too_long_ago(shelf: Shelf, seconds: Monotonic) -> None:
    seconds.now += shelves.STALE_S - 0.01
    assert there(shelf) == ALL
    seconds.now += 0.02
    assert there(shelf) == set()
    shelf.put_item(("WEB", HAM), stocked("HAM-1"), shelf.tick)
    shelf.looked_at = seconds.now
    assert there(shelf) == ALL


def test_nothing_is_shown_past_its_time(shelf: Shelf) -> None:
    with clock.at(LATER - timedelta(microseconds=1)):
        assert shelf.item(("WEB", TEA)) is not None
    with clock.at(LATER):
        assert shelf.item(("WEB", TEA)) is None
        assert shelf.page(PAGE) is None


def refill(shelf: Shelf, began: int) -> bool:
    shelf.put_item(("WEB", UUID(int=7)), stocked("NEW-1"), began)
    with clock.at(AT):
        return shelf.item(("WEB", UUID(int=7))) is not None


@pytest.mark.parametrize(
    ("events", "laid"),
    [
        ([], True),
        ([PriceChanged("OTHER", "RETAIL", 1)], True),
        ([PriceChanged("NEW-1", "RETAIL", 1)], False),
        ([ProductChanged(UUID(int=7), "NEW")], False),
        ([PriceListChanged("RETAIL")], False),
        ([PriceChanged("OTHER", "RETAIL", 1)] * 65, False),
    ],
)
def test_what_was_read_before_news_of_it_came_is_not_laid_on_the_shelf(
    shelf: Shelf, events: list[Any], *, laid: bool
) -> None:
    began = shelf.tick
    for event in events:
        shelf.take(news(event))
    assert refill(shelf, began) is laid


def test_a_page_read_before_its_products_changed_is_not_laid_on_the_shelf(shelf: Shelf) -> None:
    began = shelf.tick
    shelf.take(news(ProductChanged(UUID(int=3), "NEW")))
    shelf.put_page(PAGE, Page([], None, LATER), began)
    assert "page" not in there(shelf)
    shelf.put_page(PAGE, Page([], None, LATER), shelf.tick)
    assert "page" in there(shelf)


def test_an_answer_is_kept_only_while_all_it_was_made_of_lies_there(shelf: Shelf) -> None:
    page = shelf.pages[PAGE]
    tea, ham = shelf.items["WEB", TEA], shelf.items["WEB", HAM]

    def kept(page: Page, *items: Stocked) -> bool:
        shelf.put_answer(PAGE, page, items, Answer(b"new", '"e"', LATER))
        return page.answer is not None and page.answer.body == b"new"

    shelf.take(news(PriceChanged("HAM-1", "RETAIL", 1)))
    assert page.answer is None
    assert not kept(page, tea, ham)
    shelf.put_item(("WEB", HAM), stocked("HAM-1"), shelf.tick)
    assert not kept(page, tea, ham)
    assert kept(page, tea, shelf.items["WEB", HAM])
    shelf.take(news(ProductChanged(SOMEBODY, "NEW")))
    assert shelf.pages == {}
    assert not kept(Page([TEA, HAM], None, LATER), tea, shelf.items["WEB", HAM])


def test_an_address_goes_with_its_product(shelf: Shelf) -> None:
    assert shelf.slugs == {
        ("WEB", "slug-of-TEA-1"): TEA,
        ("POS", "slug-of-TEA-1"): TEA,
        ("WEB", "slug-of-HAM-1"): HAM,
    }
    shelf.take(news(ProductChanged(TEA, "TEA")))
    assert shelf.slugs == {("WEB", "slug-of-HAM-1"): HAM}


def test_the_oldest_makes_room(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shelf.bytes == 3 * 1_020
    monkeypatch.setattr(shelves, "ITEMS_LIMIT_BYTES", 3 * 1_020)
    assert refill(shelf, shelf.tick)
    assert there(shelf) == ALL - {("WEB", 1), "answer"}
    assert shelf.bytes == 3 * 1_020
    shelf.clear(None)
    assert (shelf.bytes, there(shelf)) == (0, set())


def test_the_oldest_page_makes_room_too(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "PAGES_LIMIT", 1)
    other: PageKey = ("WEB", None, "newest", None, 24)
    shelf.put_page(other, Page([TEA], None, LATER), shelf.tick)
    assert list(shelf.pages) == [other]
    shelf.take(news(PriceChanged("HAM-1", "RETAIL", 1)))
    assert list(shelf.pages) == [other]
