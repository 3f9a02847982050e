"""Promotions on the shelf, on the real database: prices that everybody sees, and the lowest of 30 days."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER, Stall, set_up
from rynek.commerce import browse, pricing
from rynek.commerce.pricing.events import PriceChanged
from rynek.commerce.promotions import shelving
from rynek.commerce.promotions.reactions import keep_shelf
from rynek.kernel import clock, ids, jobs, log
from rynek.kernel.actor import Actor
from rynek.kernel.events import Envelope
from rynek.kernel.faults import Forbidden
from rynek.kernel.settings import Settings
from tests.news import in_sight

MERCHANT = Actor("staff", ids.new(), roles=frozenset({"merchandise"}), name="merchant")
DAY = timedelta(days=1)
TENTH: dict[str, Any] = {"give": "percent", "bp": 1000}


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    await log.enrol(world.database)
    return await set_up(world, items=20, units=1_000)


@pytest.fixture(autouse=True)
async def only_mine(world: App, stall: Stall) -> AsyncIterator[None]:
    """Leave nothing on the shelf."""
    yield
    kept = await ask(world, "promotions.promotions", state="active")
    ended = [{**msgspec.to_builtins(each.promotion), "state": "ended"} for each in kept]
    await ask(world, "promotions.put_promotions", promotions=ended)
    await settled(world)
    assert await shelf_of(world) == {}


async def ask(world: App, operation: str, actor: Actor = MERCHANT, **values: Any) -> Any:
    return await world.door.ask(actor, f"commerce.{operation}", **values)


async def put(world: App, code: str, gives: dict[str, Any], *when: dict[str, Any], **more: Any) -> None:
    said = {"code": code, "name": f"The {code}", "gives": gives, "when": list(when), "state": "active", "lane": "item"}
    taken = await ask(world, "promotions.put_promotions", promotions=[said | {"shelf": True} | more])
    assert taken.refused == []
    await settled(world)


async def settled(world: App) -> None:
    """Let the shelf hear the news, and do what that leads to."""
    reaction = log.REACTIONS["commerce.promotions.keep_shelf"]
    busy = True
    while busy:
        await in_sight(world.database)
        busy = await log.advance(world.database, reaction) > 0
        while await jobs.advance(world.database, "commerce"):
            busy = True


async def price(world: App, sku: str, minor: int | None, **more: Any) -> None:
    given = {"list": "RETAIL-PL", "sku": sku, "minor": minor} | more
    taken = await ask(world, "pricing.put_prices", KEEPER, prices=[given])
    assert taken.refused == []
    await settled(world)


async def shelf_of(world: App) -> dict[tuple[str, str, int], int]:
    """Read the shelf's prices that have not ended: by list, sku and quantity."""
    async with world.database.transaction("commerce") as tx:
        rows = await tx.rows(
            "select list, sku, minimum, minor from commerce.price join commerce.shelf_list on code = list"
            " where until_at is null or until_at > $1",
            tx.at,
        )
    return {(code, sku, minimum): minor for code, sku, minimum, minor in rows}


async def product(world: App, code: str) -> UUID:
    async with world.database.transaction("commerce") as tx:
        found: UUID = await tx.value("select id from commerce.product where code = $1", code)
    return found


async def cost(world: App, sku: str, quantity: int = 1, group: str | None = None, at: datetime | None = None) -> Any:
    why = await ask(world, "pricing.why", channel="WEB-PL", sku=sku, quantity=quantity, group=group, at=at)
    return why.minor


async def amiss(world: App) -> list[Any]:
    found: list[Any] = (await ask(world, "promotions.shelf_amiss")).prices
    return found


async def shown(world: App, sku: str, at: datetime) -> pricing.Shown:
    async with world.database.transaction("commerce") as tx:
        return (await pricing.shown(tx, "WEB-PL", [sku], at))[sku]


async def test_a_tenth_off_is_what_quotes_pages_and_explanations_say(world: App, stall: Stall) -> None:
    await put(world, "TENTH", {**TENTH, "of": {"skus": ["ITEM-00003"]}})
    assert await shelf_of(world) == {("SHELF-WEB-PL", "ITEM-00003", 1): 903}
    why = await ask(world, "pricing.why", channel="WEB-PL", sku="ITEM-00003")
    assert (why.minor, why.list) == (903, "SHELF-WEB-PL")
    assert [(each.list, each.outcome) for each in why.considered][1] == (
        "RETAIL-PL",
        "lower priority than SHELF-WEB-PL",
    )
    [told] = await ask(world, "promotions.on_shelf", sku="ITEM-00003")
    assert (told.minor, told.listed_minor, told.written) == (903, 1003, True)
    assert [(each.promotion, each.outcome, each.why) for each in told.promotions] == [
        ("TENTH", "applied", "took off 1.00 PLN")
    ]
    cart = await ask(
        world, "checkout.open_cart", Actor("guest", ids.new()), channel="WEB-PL",
        lines=[{"sku": "ITEM-00003", "quantity": 2}],
    )  # fmt: skip
    assert [(each.gross, each.discount, each.list) for each in cart.priced.lines] == [(1806, 0, "SHELF-WEB-PL")]
    page = await ask(
        world,
        "browse.product",
        Actor("anyone", ids.new()),
        channel="WEB-PL",
        product=str(await product(world, "ITEM-00003")),
    )
    detail = msgspec.json.decode(page.body, type=browse.Detail)
    assert detail.items[0].price is not None
    assert detail.items[0].price.minor == 903
    assert detail.items[0].price.before == 1003
    assert await amiss(world) == []


async def test_it_follows_prices_products_and_publications(world: App, stall: Stall) -> None:
    await put(world, "TENTH", {**TENTH, "of": {"skus": ["ITEM-00004", "ITEM-00005"]}})
    await price(world, "ITEM-00004", 2_000)
    await price(world, "ITEM-00004", 1_500, minimum=10)
    assert [await cost(world, "ITEM-00004", many) for many in (1, 10)] == [1_800, 1_350]
    await price(world, "ITEM-00004", None, minimum=10)
    await price(world, "ITEM-00004", 1_004)
    assert await shelf_of(world) == {
        ("SHELF-WEB-PL", "ITEM-00004", 1): 904,
        ("SHELF-WEB-PL", "ITEM-00005", 1): 904,
    }  # 1004 and 1005, a tenth rounded half up
    archived = [{"code": "ITEM-00005", "name": "Item ITEM-00005", "variants": [{"sku": "ITEM-00005"}]}]
    await ask(world, "catalog.archive", KEEPER, product=await product(world, "ITEM-00005"))
    await settled(world)
    assert set(await shelf_of(world)) == {("SHELF-WEB-PL", "ITEM-00004", 1)}
    await ask(world, "catalog.put_products", KEEPER, products=archived)
    await settled(world)
    assert len(await shelf_of(world)) == 2
    assert await amiss(world) == []


async def test_paused_ended_or_taken_off_the_shelf_it_is_gone(world: App, stall: Stall) -> None:
    for more in ({"state": "paused"}, {"state": "ended"}, {"shelf": False}):
        await put(world, "OFF", {**TENTH, "of": {"skus": ["ITEM-00006"]}})
        assert await cost(world, "ITEM-00006") == 905
        await put(world, "OFF", {**TENTH, "of": {"skus": ["ITEM-00007"]}}, **more)
        assert await shelf_of(world) == {}
        assert await cost(world, "ITEM-00006") == 1_006


async def test_what_would_not_be_cheaper_is_not_written(world: App, stall: Stall) -> None:
    await put(world, "NO-GAIN", {"give": "price", "minor": 1_007, "of": {"skus": ["ITEM-00007"]}}, currency="PLN")
    assert await shelf_of(world) == {}


async def test_of_several_the_lane_picks_and_a_group_has_its_own(world: App, stall: Stall) -> None:
    of = {"skus": ["ITEM-00008"]}
    await put(world, "SMALL", {"give": "amount", "minor": 50, "each": True, "of": of}, currency="PLN")
    await put(world, "BIG", {**TENTH, "of": of})
    await put(world, "GOLD", {"give": "percent", "bp": 2000, "of": of}, {"if": "group", "of": ["gold"]})
    assert await shelf_of(world) == {
        ("SHELF-WEB-PL", "ITEM-00008", 1): 907,
        ("SHELF-WEB-PL.gold", "ITEM-00008", 1): 806,
    }
    assert [await cost(world, "ITEM-00008", group=group) for group in (None, "gold", "silver")] == [907, 806, 907]
    told = await ask(world, "promotions.on_shelf", sku="ITEM-00008")
    assert {each.promotion: each.outcome for each in told[0].promotions} == {
        "BIG": "applied", "SMALL": "lost", "GOLD": "unmet",
    }  # fmt: skip


async def test_periods_to_come_are_on_the_shelf_now(world: App, stall: Stall) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    await price(world, "ITEM-00009", 2_000, from_at=now + 2 * DAY, until_at=now + 4 * DAY)
    await put(world, "WEEK", {**TENTH, "of": {"skus": ["ITEM-00009"]}}, from_at=now + DAY, until_at=now + 6 * DAY)
    days = [await cost(world, "ITEM-00009", at=now + (day + 0.5) * DAY) for day in range(7)]
    assert days == [1_009, 908, 1_800, 1_800, 908, 908, 1_009]
    await price(world, "ITEM-00009", None, from_at=now + 2 * DAY)


async def test_a_reduction_tells_the_lowest_of_thirty_days_before(world: App, stall: Stall) -> None:
    """The Omnibus directive: prices that promotions made count among those 30 days as any other."""
    begin = datetime.now(UTC)
    await price(world, "ITEM-00010", 1_000)
    with clock.at(begin + 20 * DAY):
        await put(world, "FIRST", {"give": "price", "minor": 700, "of": {"skus": ["ITEM-00010"]}}, currency="PLN")
    with clock.at(begin + 22 * DAY):
        await put(world, "FIRST", TENTH, state="ended")
    with clock.at(begin + 40 * DAY):
        await put(world, "SECOND", {**TENTH, "of": {"skus": ["ITEM-00010"]}})
    found = await shown(world, "ITEM-00010", begin + 41 * DAY)
    assert (found.minor, found.before, found.lowest) == (900, 1_000, 700)
    with clock.at(begin + 45 * DAY):
        await settled(world)
        await put(world, "SECOND", TENTH, state="ended")
    found = await shown(world, "ITEM-00010", begin + 46 * DAY)
    assert (found.minor, found.before) == (1_000, None)


async def test_news_twice_and_out_of_order_changes_nothing(world: App, stall: Stall) -> None:
    await put(world, "TENTH", {**TENTH, "of": {"skus": ["ITEM-00011", "ITEM-00012"]}})
    before = await shelf_of(world)
    news = [
        Envelope(f"0-{number}", "pricing.price-changed", sku, datetime.now(UTC), PriceChanged(sku, "RETAIL-PL", minor))
        for number, (sku, minor) in enumerate([("ITEM-00012", 5), ("ITEM-00011", None), ("ITEM-00012", 9)])
    ]
    for order in (news, news[::-1], news):
        async with world.database.transaction("commerce") as tx:
            await keep_shelf(tx, order)
            assert not tx.events
    assert await shelf_of(world) == before


async def test_its_own_prices_are_no_news(world: App, stall: Stall) -> None:
    await put(world, "TENTH", {**TENTH, "of": {"skus": ["ITEM-00013"]}})
    reaction = log.REACTIONS["commerce.promotions.keep_shelf"]
    assert await log.advance(world.database, reaction) == 0
    assert await amiss(world) == []


async def test_a_damaged_price_is_found(world: App, stall: Stall) -> None:
    """The control: what nobody but the shelf should have written is told, and made right when the item is looked at."""
    await put(world, "TENTH", {**TENTH, "of": {"skus": ["ITEM-00014", "ITEM-00015"]}})
    async with world.database.transaction("commerce") as tx:
        await tx.execute("update commerce.price set minor = 1 where list = 'SHELF-WEB-PL' and sku = 'ITEM-00014'")
        await tx.execute("delete from commerce.price where list = 'SHELF-WEB-PL' and sku = 'ITEM-00015'")
    found = [(each.sku, each.minor) for each in await amiss(world)]
    assert found == [("ITEM-00014", 913), ("ITEM-00015", 913)]
    assert [each.written for each in await ask(world, "promotions.on_shelf", sku="ITEM-00014")] == [False]
    async with world.database.transaction("commerce") as tx:
        assert await shelving.reshelve(tx, ["ITEM-00014", "ITEM-00015"]) == 2
    assert await amiss(world) == []


async def test_many_at_once_in_two_processes_agree(world: App, settings: Settings, stall: Stall) -> None:
    """Prices change while promotions do, heard by two processes at once: the end is what the rules say."""
    other = await App.open(settings)
    try:
        skus = [f"ITEM-{number:05d}" for number in range(20)]
        await put(world, "RACE", {**TENTH, "of": {"skus": skus}})
        dice = random.Random(7)

        async def change(app: App) -> None:
            for _ in range(10):
                sku = dice.choice(skus)
                given = [{"list": "RETAIL-PL", "sku": sku, "minor": dice.randint(500, 5_000)}]
                await ask(app, "pricing.put_prices", KEEPER, prices=given)
                async with app.database.transaction("commerce") as tx:
                    await shelving.reshelve(tx, dice.sample(skus, 12))

        await asyncio.gather(change(world), change(other), settled(world), settled(other))
        await settled(world)
        assert await amiss(world) == []
        assert len(await shelf_of(world)) == 20
        for number, sku in enumerate(skus):
            await price(world, sku, 1_000 + number)
    finally:
        await other.close()


async def test_many_items_are_made_part_by_part_and_a_crash_loses_none(
    world: App, stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelving, "CHUNK", 6)
    said = {"code": "ALL", "name": "All", "gives": TENTH, "state": "active", "lane": "item", "shelf": True}
    await ask(world, "promotions.put_promotions", promotions=[said])
    reaction = log.REACTIONS["commerce.promotions.keep_shelf"]
    await in_sight(world.database)
    while await log.advance(world.database, reaction):
        pass
    assert await jobs.advance(world.database, "commerce")
    assert len(await shelf_of(world)) == 6

    class Crash(BaseException):
        pass

    async def crash(*_: object, **__: object) -> int:
        raise Crash

    with monkeypatch.context() as broken:
        broken.setattr(shelving, "enqueue", crash)
        with pytest.raises(Crash):
            await jobs.advance(world.database, "commerce")
    assert len(await shelf_of(world)) == 6
    await settled(world)
    assert len(await shelf_of(world)) == 21  # delivery is an item too
    assert await amiss(world) == []


async def test_only_staff_may_look(world: App, stall: Stall) -> None:
    for operation, values in (("on_shelf", {"sku": "ITEM-00001"}), ("shelf_amiss", {})):
        with pytest.raises(Forbidden):
            await ask(world, f"promotions.{operation}", Actor("customer", ids.new()), **values)
