"""Pages as they will be: what is set for later is seen by staff who ask, and by nobody else, and is kept nowhere."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER, Stall, set_up
from rynek.commerce.browse.model import Card, Detail, Front, Listing
from rynek.commerce.browse.shelf import shelf_of
from rynek.kernel import ids, jobs, log
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Forbidden, Invalid, NotFound

STAFF = Actor("staff", ids.new(), roles=frozenset({"merchandise"}), name="ola")
ANYONE = Actor("anyone", ids.new())
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


async def ask(world: App, operation: str, actor: Actor = STAFF, **values: Any) -> Any:
    return await world.door.ask(actor, f"commerce.{operation}", **values)


@pytest.fixture(scope="module", autouse=True)
async def stall(world: App) -> Stall:
    """Set for later: a price in one day, a publication in two, a promotion on the shelf in three, gold's in four."""
    await log.enrol(world.database)
    made = await set_up(world, items=4)
    tree = [{"code": "news", "name": "News"}]
    await ask(world, "catalog.put_categories", KEEPER, categories=tree)
    late = {"code": "LATE", "name": "Late", "categories": ["news"], "variants": [{"sku": "LATE"}]}
    await ask(world, "catalog.put_products", KEEPER, products=[late])
    offered = [{"product": "LATE", "channel": "WEB-PL", "from_at": NOW + 2 * DAY}]
    await ask(world, "catalog.publish", KEEPER, publications=offered)
    prices = [
        {"list": "RETAIL-PL", "sku": "LATE", "minor": 700},
        {"list": "RETAIL-PL", "sku": "ITEM-00001", "minor": 2_000, "from_at": NOW + DAY},
    ]
    await ask(world, "pricing.put_prices", KEEPER, prices=prices)
    promotions = [
        {
            "code": code, "name": code, "gives": {"give": "percent", "bp": bp, "of": {"skus": ["ITEM-00001"]}},
            "when": when, "from_at": NOW + days * DAY, "state": "active", "lane": "item", "shelf": True,
        }
        for code, bp, when, days in (
            ("TENTH", 1_000, [], 3), ("GOLD", 2_000, [{"if": "group", "of": ["gold"]}], 4),
        )
    ]  # fmt: skip
    taken = await ask(world, "promotions.put_promotions", promotions=promotions)
    assert taken.refused == []
    busy = True
    while busy:
        busy = await log.advance(world.database, log.REACTIONS["commerce.promotions.keep_shelf"]) > 0
        while await jobs.advance(world.database, "commerce"):
            busy = True
    return made


async def listed(world: App, days: float, group: str | None = None, **more: Any) -> dict[str, int | None]:
    at = NOW + days * DAY
    answer = await ask(world, "browse.preview_listing", channel="WEB-PL", at=at, group=group, **more)
    assert ("cache-control", "private, no-store") in answer.headers
    assert not any(name == "etag" for name, _ in answer.headers)
    found = msgspec.json.decode(answer.body, type=Listing).products
    return {each.code: each.price.minor if each.price else None for each in found}


async def test_what_begins_later_is_seen_then_and_not_now(world: App) -> None:
    items = [(await listed(world, days)).get("ITEM-00001") for days in (0.5, 1.5, 3.5, 4.5)]
    assert items == [1_001, 2_000, 1_800, 1_800]
    assert (await listed(world, 4.5, "gold"))["ITEM-00001"] == 1_600
    assert [(await listed(world, days)).get("LATE") for days in (1.5, 2.5)] == [None, 700]
    now = await ask(world, "browse.listing", ANYONE, channel="WEB-PL")
    cards = {each.code: each for each in msgspec.json.decode(now.body, type=Listing).products}
    assert "LATE" not in cards
    assert cards["ITEM-00001"].price is not None
    assert cards["ITEM-00001"].price.minor == 1_001


async def test_a_product_and_its_reduction_then(world: App) -> None:
    answer = await ask(world, "browse.preview_listing", channel="WEB-PL", at=NOW + 3 * DAY)
    found = {each.code: each.id for each in msgspec.json.decode(answer.body, type=Listing).products}
    then: dict[str, Any] = {"channel": "WEB-PL", "at": NOW + 3.5 * DAY}
    page = await ask(world, "browse.preview_product", product=str(found["ITEM-00001"]), **then)
    [item] = msgspec.json.decode(page.body, type=Detail).items
    assert item.price is not None
    assert (item.price.minor, item.price.before, item.price.lowest) == (1_800, 2_000, 1_001)
    late: dict[str, Any] = {"channel": "WEB-PL", "product": str(found["LATE"])}
    assert (await ask(world, "browse.preview_product", at=NOW + 2.5 * DAY, **late)).status == 200
    with pytest.raises(NotFound):
        await ask(world, "browse.preview_product", at=NOW + 1.5 * DAY, **late)
    with pytest.raises(NotFound):
        await ask(world, "browse.product", ANYONE, **late)


async def test_cards_then_in_the_order_asked(world: App) -> None:
    answer = await ask(world, "browse.preview_listing", channel="WEB-PL", at=NOW + 3 * DAY)
    found = {each.code: each.id for each in msgspec.json.decode(answer.body, type=Listing).products}
    asked = [found["LATE"], ids.new(), found["ITEM-00001"]]
    for days, seen in ((1.5, [("ITEM-00001", 2_000)]), (4.5, [("LATE", 700), ("ITEM-00001", 1_600)])):
        then: dict[str, Any] = {"channel": "WEB-PL", "at": NOW + days * DAY, "group": "gold", "products": asked}
        cards = msgspec.json.decode((await ask(world, "browse.preview_cards", **then)).body, type=list[Card])
        assert [(each.code, each.price.minor if each.price else None) for each in cards] == seen


async def test_the_front_then(world: App) -> None:
    for days, codes in ((1.5, []), (2.5, ["news"])):
        answer = await ask(world, "browse.preview_front", channel="WEB-PL", at=NOW + days * DAY)
        assert [each.code for each in msgspec.json.decode(answer.body, type=Front).rubrics] == codes


async def test_nothing_of_it_is_kept(world: App) -> None:
    shelf = shelf_of(world.database)
    before = (dict(shelf.items), dict(shelf.pages), dict(shelf.slugs))
    await listed(world, 4.5, "gold", category="news")
    await listed(world, 4.5)
    assert (shelf.items, shelf.pages, shelf.slugs) == before


async def test_only_staff_may_look_and_only_ahead(world: App) -> None:
    buyers = [ANYONE, Actor("guest", ids.new()), Actor("customer", ids.new()), Actor("till", ids.new())]
    for operation in ("preview_listing", "preview_front", "preview_cards"):
        more: dict[str, Any] = {"products": []} if operation == "preview_cards" else {}
        for buyer in buyers:
            with pytest.raises(Forbidden):
                await ask(world, f"browse.{operation}", buyer, channel="WEB-PL", at=NOW + DAY, **more)
        for at in (NOW - DAY, datetime(2030, 1, 1)):  # noqa: DTZ001 - without a zone it is refused
            with pytest.raises(Invalid):
                await ask(world, f"browse.{operation}", channel="WEB-PL", at=at, **more)
