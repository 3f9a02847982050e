"""What shops read, through the door: it is what the database says, at once when it has changed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from rynek.app import App
from rynek.bench import Server, request
from rynek.bench.load import Script, drive
from rynek.commerce import catalog, pricing
from rynek.commerce.browse import shelf as shelves
from rynek.commerce.browse.model import Card, Detail, Listing
from rynek.commerce.browse.shelf import Shelf
from rynek.commerce.catalog import Attribute, Brand, Bundle, Category, Channel, Component, Product, Publication, Variant
from rynek.commerce.inventory import actions as inventory
from rynek.commerce.inventory import moving
from rynek.commerce.inventory.model import Line, Location, Route
from rynek.commerce.pricing import Price, PriceList, TaxRate
from rynek.kernel import clock, ids
from rynek.kernel.door import Response
from rynek.kernel.log import Follower

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Asking:
    """A request as a protocol face would hand it in."""

    method = "GET"
    body = b""
    address = "203.0.113.7"

    def __init__(self, target: str, **headers: str) -> None:
        self.path, _, self.query = target.partition("?")
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def header(self, name: str) -> str | None:
        return self.headers.get(name)


async def write(world: App, action: Any, *args: Any) -> None:
    async with world.database.transaction("commerce") as tx:
        taken = await action(tx, *args)
    if isinstance(taken, catalog.Taken):
        assert taken.refused == []


async def get(world: App, target: str, **headers: str) -> Response:
    return await world.door.answer(Asking(target, **headers))


async def listing(world: App, query: str = "") -> Listing:
    answer = await get(world, f"/browse/WEB-PL/listing?{query}")
    assert answer.status == 200, answer.body
    return msgspec.json.decode(answer.body, type=Listing)


async def detail(world: App, product: str) -> Detail:
    answer = await get(world, f"/browse/WEB-PL/products/{product}")
    assert answer.status == 200, answer.body
    return msgspec.json.decode(answer.body, type=Detail)


@pytest.fixture(scope="module", autouse=True)
async def shop(world: App) -> None:
    await write(
        world,
        catalog.put_channels,
        [
            Channel(code="WEB-PL", name="Sklep", kind="web", currency="PLN", country="PL"),
            Channel(code="B2B", name="Trade", kind="b2b", currency="PLN", country="PL", display="net"),
        ],
    )
    await write(world, pricing.put_lists, [PriceList(code="RETAIL", name="Retail", currency="PLN")])
    await write(world, pricing.put_tax_rates, [TaxRate(country="PL", category="standard", rate_bp=2300, label="23%")])
    await write(world, catalog.put_brands, [Brand(code="lipton", name="Lipton")])
    await write(
        world,
        catalog.put_attributes,
        [Attribute(code="weight", name="Weight", kind="number", unit="g")],
    )
    await write(world, inventory.put_locations, [Location("WH-1", "Warehouse", "warehouse")])
    await write(world, inventory.put_routes, "WEB-PL", [Route("WH-1")])


@pytest.fixture
async def follower(world: App) -> Follower:
    """Begin to follow the log; tests look when they want to."""
    made = Follower(world.database, *shelves.followed())
    await shelves.look(shelves.shelf_of(world.database), made)
    return made


@pytest.fixture
def shelf(world: App, follower: Follower) -> Shelf:
    return shelves.shelf_of(world.database)


@pytest.fixture
async def aisle(world: App) -> str:
    """Make a category of its own with products A, B and C of 1, 2 and 3 zlotys; gives its code."""
    code = f"aisle-{ids.new().hex[8:]}"
    await write(world, catalog.put_categories, [Category(code=code, name="Aisle")])
    await write(world, catalog.put_products, [product(code, letter) for letter in "ABC"])
    await write(world, catalog.publish, [Publication(product=f"{code}-{x}", channel="WEB-PL") for x in "ABC"])
    await write(
        world,
        pricing.put_prices,
        [Price(list="RETAIL", sku=f"{code}-{x}", minor=minor) for x, minor in (("A", 100), ("B", 200), ("C", 300))],
    )
    return code


def product(code: str, letter: str, **values: Any) -> Product:
    sku = f"{code}-{letter}"
    plain = {"code": sku, "name": f"{letter} of {code}", "categories": [code], "variants": [Variant(sku=sku)]}
    return Product(**{**plain, **values})


async def receive(world: App, sku: str, units: int) -> None:
    await write(world, moving.receive, "WH-1", ids.new().hex, [Line(sku, units)])


def prices(cards: list[Card]) -> list[int | None]:
    return [each.price.minor if each.price else None for each in cards]


async def test_a_page_shows_products_with_price_and_stock(world: App, aisle: str) -> None:
    await receive(world, f"{aisle}-B", 7)
    page = await listing(world, f"category={aisle}")
    assert [(each.name, each.skus, each.available) for each in page.products] == [
        (f"{x} of {aisle}", [f"{aisle}-{x}"], 7 if x == "B" else 0) for x in "ABC"
    ]
    assert prices(page.products) == [100, 200, 300]
    assert page.after is None


async def test_pages_follow_each_other_in_either_order(world: App, aisle: str, follower: Follower) -> None:
    for _ in range(2):  # from the database and from the shelf
        for sort, order in (("name", "ABC"), ("newest", "CBA")):
            seen, after = [], ""
            while True:
                page = await listing(world, f"category={aisle}&sort={sort}&limit=2{after}")
                seen += [each.code for each in page.products]
                if page.after is None:
                    break
                after = f"&after={page.after}"
            assert seen == [f"{aisle}-{x}" for x in order]


async def test_without_category_all_of_the_channel_is_listed_and_nothing_else(world: App, aisle: str) -> None:
    await write(world, catalog.put_products, [product(aisle, "HIDDEN", name=f"A hidden {aisle}")])
    page = await listing(world, "limit=100")
    seen = [each.code for each in page.products]
    while page.after is not None:
        page = await listing(world, f"limit=100&after={page.after}")
        seen += [each.code for each in page.products]
    assert [each for each in seen if each.startswith(aisle)] == [f"{aisle}-{x}" for x in "ABC"]
    newest = await listing(world, "sort=newest&limit=3")
    assert [each.code for each in newest.products] == [f"{aisle}-{x}" for x in "CBA"]


async def test_a_product_has_its_page_by_id_and_by_address(world: App, aisle: str, follower: Follower) -> None:
    row = product(
        aisle,
        "A",
        brand="lipton",
        attributes={"weight": 20},
        variants=[Variant(sku=f"{aisle}-A", name="tin", weight_g=20, gtin=None), Variant(sku=f"{aisle}-A2")],
    )
    await write(world, catalog.put_products, [row])
    card = (await listing(world, f"category={aisle}")).products[0]
    pages = [await detail(world, key) for key in (str(card.id), card.slug, card.slug)]
    assert pages[0] == pages[1] == pages[2]
    page = pages[0]
    assert (page.name, page.brand, [(c.code, c.path) for c in page.categories]) == (
        card.name,
        "Lipton",
        [(aisle, aisle)],
    )
    assert [(p.name, p.value, p.unit) for p in page.properties] == [("Weight", 20, "g")]
    assert [(i.sku, i.name, i.weight_g, i.price and i.price.minor) for i in page.items] == [
        (f"{aisle}-A", "tin", 20, 100),
        (f"{aisle}-A2", "", None, None),
    ]


@pytest.mark.parametrize("target", ["listing?category={}", "products/a-of-{}-{}-a"])
async def test_what_changes_shows_at_the_next_look_and_stays_ready_until_then(
    world: App, aisle: str, follower: Follower, shelf: Shelf, target: str
) -> None:
    address = "/browse/WEB-PL/" + target.format(aisle, aisle)
    first = await get(world, address)
    assert (await get(world, address)).body == first.body
    await write(world, pricing.put_prices, [Price(list="RETAIL", sku=f"{aisle}-A", minor=90)])
    assert (await get(world, address)).body == first.body  # ready, and not yet overtaken by a look
    await shelves.look(shelf, follower)
    changed = await get(world, address)
    assert (b'"minor":100' in changed.body, b'"minor":90,' in changed.body) == (False, True)
    assert b'"lowest":100' in changed.body
    await receive(world, f"{aisle}-A", 5)
    await shelves.look(shelf, follower)
    assert b'"available":5' in (await get(world, address)).body
    await write(world, catalog.put_products, [product(aisle, "A", name="Renamed", slug=f"a-of-{aisle}-{aisle}-a")])
    await shelves.look(shelf, follower)
    assert b"Renamed" in (await get(world, address)).body


async def test_without_looks_at_the_log_every_answer_is_read_from_the_database(world: App, aisle: str) -> None:
    shelves.shelf_of(world.database).looked_at = float("-inf")
    assert prices((await listing(world, f"category={aisle}")).products) == [100, 200, 300]
    await write(world, pricing.put_prices, [Price(list="RETAIL", sku=f"{aisle}-A", minor=90)])
    card = (await listing(world, f"category={aisle}")).products[0]
    assert card.price is not None
    assert (card.price.minor, card.price.before, card.price.lowest) == (90, 100, 100)
    assert (await detail(world, card.slug)).items[0].price == card.price


async def test_what_is_taken_out_or_put_in_changes_the_page(
    world: App, aisle: str, follower: Follower, shelf: Shelf
) -> None:
    page = await listing(world, f"category={aisle}")
    await write(world, catalog.publish, [Publication(product=f"{aisle}-B", channel="WEB-PL", withdrawn=True)])
    await write(world, catalog.put_products, [product(aisle, "D")])
    await write(world, catalog.publish, [Publication(product=f"{aisle}-D", channel="WEB-PL")])
    await shelves.look(shelf, follower)
    assert [each.code[-1] for each in (await listing(world, f"category={aisle}")).products] == ["A", "C", "D"]
    gone = await get(world, f"/browse/WEB-PL/products/{page.products[1].id}")
    assert (gone.status, b"not-offered" in gone.body) == (404, True)


async def test_periods_begin_and_end_without_any_news(world: App, aisle: str, shelf: Shelf) -> None:
    await write(
        world,
        catalog.publish,
        [
            Publication(product=f"{aisle}-A", channel="WEB-PL", until_at=AT + DAY),
            Publication(product=f"{aisle}-B", channel="WEB-PL", from_at=AT + 2 * DAY),
        ],
    )
    promotion = Price(list="RETAIL", sku=f"{aisle}-C", minor=250, from_at=AT + DAY, until_at=AT + 3 * DAY)
    with clock.at(AT):
        await write(world, pricing.put_prices, [promotion])
    shelf.clear(None)
    seen = []
    for day in (0, 0, 1, 2, 3):
        with clock.at(AT + day * DAY):
            page = await listing(world, f"category={aisle}")
            seen.append([(each.code[-1], each.price.minor if each.price else 0) for each in page.products])
    assert seen == [
        [("A", 100), ("C", 300)],
        [("A", 100), ("C", 300)],
        [("C", 250)],
        [("B", 200), ("C", 250)],
        [("B", 200), ("C", 300)],
    ]


async def test_a_bundle_is_as_available_as_its_scarcest_part(
    world: App, aisle: str, follower: Follower, shelf: Shelf
) -> None:
    box, cup = f"{aisle}-A", f"{aisle}-B"
    await write(world, catalog.put_bundles, [Bundle(sku=box, components=[Component(sku=cup, quantity=6)])])
    await receive(world, cup, 13)
    await shelves.look(shelf, follower)
    page = await detail(world, f"a-of-{aisle}-{aisle}-a")
    assert (page.items[0].available, [(each.sku, each.quantity) for each in page.items[0].holds]) == (2, [(cup, 6)])
    await receive(world, cup, 5)
    await shelves.look(shelf, follower)
    assert (await detail(world, f"a-of-{aisle}-{aisle}-a")).items[0].available == 3


async def test_who_has_the_answer_already_is_told_so(world: App, aisle: str, follower: Follower) -> None:
    for address in (f"/browse/WEB-PL/listing?category={aisle}", f"/browse/WEB-PL/products/a-of-{aisle}-{aisle}-a"):
        headers = dict((await get(world, address)).headers)
        assert headers["cache-control"] == "public, no-cache"
        again = await get(world, address, if_none_match=f'"other", W/{headers["etag"]}')
        assert (again.status, again.body, dict(again.headers)["etag"]) == (304, b"", headers["etag"])
        assert (await get(world, address, if_none_match='"other"')).status == 200


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("GONE/listing", b"unknown-channel"),
        ("GONE/products/tea", b"unknown-channel"),
        ("GONE/products/00000000-0000-7000-8000-000000000000", b"unknown-channel"),
        ("WEB-PL/listing?category=gone", b"unknown-category"),
        ("WEB-PL/products/gone", b"not-offered"),
        ("WEB-PL/products/00000000-0000-7000-8000-000000000000", b"not-offered"),
        ("B2B/products/a-of-{}-{}-a", b"not-offered"),
    ],
)
async def test_what_is_not_there_is_named(
    world: App, aisle: str, follower: Follower, target: str, fault: bytes
) -> None:
    for _ in range(2):
        answer = await get(world, "/browse/" + target.format(aisle, aisle))
        assert (answer.status, fault in answer.body) == (404, True), answer.body


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "sort=price", "after=x", "colour=red"])
async def test_what_is_not_understood_is_refused(world: App, query: str) -> None:
    assert (await get(world, f"/browse/WEB-PL/listing?{query}")).status == 422


async def test_many_who_ask_at_once_are_answered_by_few_reads(
    world: App, aisle: str, follower: Follower, shelf: Shelf
) -> None:
    cards = (await listing(world, f"category={aisle}")).products
    shelf.clear(None)
    sizes: list[int] = []
    shelf._fillers["WEB-PL"].sizes = sizes.append
    asked = [f"/browse/WEB-PL/products/{each.id}" for each in cards] * 20
    found = await asyncio.gather(*(get(world, each) for each in asked))
    assert {each.status for each in found} == {200}
    assert len({each.body for each in found}) == 3
    assert sum(sizes) == 60
    assert len(sizes) < 30


async def test_a_server_shows_a_change_within_a_second(world: App, server: Server, aisle: str) -> None:
    """Of price and of stock, while another transaction runs all the time."""
    address = f"/browse/WEB-PL/listing?category={aisle}"
    seen: list[tuple[float, bytes]] = []

    def reader(wanted: bytes, began: float) -> Script:
        loop = asyncio.get_running_loop()
        while loop.time() - began < 5:
            answer = yield request("GET", address)
            seen.append((loop.time() - began, answer.body))
            if wanted in answer.body:
                return
            yield 0.02

    async def shown(wanted: bytes) -> float:
        seen.clear()
        await drive(server.address, [reader(wanted, asyncio.get_running_loop().time())])
        assert wanted in seen[-1][1]
        return seen[-1][0]

    await shown(b'"minor":100')
    async with world.database.transaction("commerce") as slow:
        await slow.value("select pg_current_xact_id()")
        await write(world, pricing.put_prices, [Price(list="RETAIL", sku=f"{aisle}-A", minor=77)])
        assert await shown(b'"minor":77') < 1
        await receive(world, f"{aisle}-A", 31)
        assert await shown(b'"available":31') < 1
