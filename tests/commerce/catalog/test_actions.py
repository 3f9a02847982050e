"""The catalogue on a real database: what is written is what is read, sold and announced."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.commerce import catalog
from rynek.commerce.catalog import (
    Attribute,
    Brand,
    Bundle,
    Category,
    Channel,
    Component,
    Media,
    Product,
    Publication,
    Translation,
    UnknownChannel,
    UnknownProduct,
    Variant,
)
from rynek.kernel import ids
from rynek.kernel.database import Database

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def write(database: Database, action: Any, rows: list[Any]) -> catalog.Taken:
    async with database.transaction("commerce") as tx:
        taken: catalog.Taken = await action(tx, rows)
    return taken


async def announced(database: Database, kind: str) -> list[str]:
    """List the keys of all events of a kind, as they lie on the log."""
    async with database.transaction("commerce") as tx:
        rows = await tx.rows("select key from kernel.event where type = $1 order by xid, seq", kind)
    return [row[0] for row in rows]


def fresh(prefix: str) -> str:
    return f"{prefix}-{ids.new().hex[12:20]}{ids.new().hex[-4:]}".upper()


@pytest.fixture(scope="module", autouse=True)
async def shop(database: Database) -> None:
    channels = [
        Channel(code="WEB-PL", name="Sklep", kind="web", currency="PLN", country="PL"),
        Channel(code="WEB-DE", name="Laden", kind="web", currency="EUR", country="DE", locale="de"),
        Channel(code="OLD", name="Closed", kind="web", currency="PLN", country="PL", active=False),
    ]
    assert (await write(database, catalog.put_channels, channels)).changed == 3
    assert (await write(database, catalog.put_channels, channels)).unchanged == 3


@pytest.fixture
async def tea(database: Database) -> Product:
    code = fresh("TEA")
    product = Product(
        code=code,
        name=f"Tea {code}",
        description="Black",
        media=[Media(url="https://img.example/tea.jpg", alt="A tin")],
        translations={"de": Translation(name=f"Tee {code}")},
        variants=[Variant(sku=f"{code}-100", name="100 g", weight_g=100), Variant(sku=f"{code}-L", unit="g")],
    )
    taken = await write(database, catalog.put_products, [product])
    assert (taken.changed, taken.unchanged, taken.refused) == (1, 0, [])
    await write(database, catalog.publish, [Publication(product=code, channel=c) for c in ("WEB-PL", "WEB-DE", "OLD")])
    return product


async def entry(database: Database, sku: str) -> catalog.Entry:
    async with database.transaction("commerce") as tx:
        [found] = await catalog.find(tx, sku=sku)
    return found


async def test_a_product_is_read_as_it_was_written(database: Database, tea: Product) -> None:
    found = await entry(database, f"{tea.code}-100")
    assert (found.code, found.name, found.description) == (tea.code, tea.name, "Black")
    assert found.slug == f"tea-{tea.code}-{tea.code}".lower()
    assert found.media == tea.media
    assert found.variants == tea.variants
    assert found.translations["de"].name == f"Tee {tea.code}"
    assert found.channels == ["OLD", "WEB-DE", "WEB-PL"]
    async with database.transaction("commerce") as tx:
        assert await catalog.product(tx, found.id) == found


async def test_what_is_written_again_unchanged_is_neither_written_nor_announced(
    database: Database, tea: Product
) -> None:
    before = await entry(database, f"{tea.code}-100")
    taken = await write(database, catalog.put_products, [tea])
    assert (taken.changed, taken.unchanged) == (0, 1)
    assert await entry(database, f"{tea.code}-100") == before
    assert (await announced(database, "catalog.product-changed")).count(str(before.id)) == 1


async def test_a_product_keeps_its_id_and_loses_the_variants_it_no_longer_lists(
    database: Database, tea: Product
) -> None:
    before = await entry(database, f"{tea.code}-100")
    less = Product(code=tea.code, name="Tea", variants=[tea.variants[0]])
    assert (await write(database, catalog.put_products, [less])).changed == 1
    after = await entry(database, f"{tea.code}-100")
    assert (after.id, after.name, after.variants) == (before.id, "Tea", [tea.variants[0]])
    assert after.translations == {}
    async with database.transaction("commerce") as tx:
        assert list(await catalog.sellable(tx, "WEB-PL", [f"{tea.code}-100", f"{tea.code}-L"])) == [f"{tea.code}-100"]
    assert (await announced(database, "catalog.product-changed")).count(str(before.id)) == 2


async def test_wrong_rows_are_told_and_the_rest_goes_in(database: Database, tea: Product) -> None:
    good, thief = fresh("GOOD"), fresh("THIEF")
    rows = [
        Product(code=good, name="Good", variants=[Variant(sku=good)]),
        Product(code=thief, name="Thief", variants=[Variant(sku=f"{tea.code}-100")]),
        Product(code=fresh("BAD"), name="Bad", brand="nobody"),
    ]
    taken = await write(database, catalog.put_products, rows)
    assert taken.changed == 1
    assert [(each.row, each.reason) for each in taken.refused] == [
        (1, f"sku {tea.code}-100 belongs to {tea.code}"),
        (2, "there is no brand nobody"),
    ]
    assert (await entry(database, good)).code == good
    assert (await entry(database, f"{tea.code}-100")).code == tea.code
    async with database.transaction("commerce") as tx:
        assert await catalog.products(tx, name="thief") == []


async def test_what_is_archived_is_sold_no_more_and_can_come_back(database: Database, tea: Product) -> None:
    found = await entry(database, f"{tea.code}-100")
    async with database.transaction("commerce") as tx:
        await catalog.archive(tx, found.id)
    async with database.transaction("commerce") as tx:
        assert (await catalog.product(tx, found.id)).archived
        assert await catalog.sellable(tx, "WEB-PL", [f"{tea.code}-100"]) == {}
        assert await catalog.products(tx, name=tea.name) == []
        assert [each.id for each in await catalog.products(tx, name=tea.name, archived=True)] == [found.id]
    assert (await write(database, catalog.put_products, [tea])).changed == 1
    async with database.transaction("commerce") as tx:
        assert list(await catalog.sellable(tx, "WEB-PL", [f"{tea.code}-100"])) == [f"{tea.code}-100"]
        with pytest.raises(UnknownProduct):
            await catalog.archive(tx, UUID(int=5))
        with pytest.raises(UnknownProduct):
            await catalog.product(tx, UUID(int=5))


async def test_offers_carry_what_an_order_copies_in_the_channels_language(database: Database, tea: Product) -> None:
    tin = f"{tea.code}-100"
    async with database.transaction("commerce") as tx:
        found = await catalog.sellable_many(
            tx, [("WEB-PL", tin), ("WEB-DE", tin), ("OLD", tin), ("GONE", tin), ("WEB-PL", "gone"), ("WEB-PL", tin)]
        )
    assert {key: offer.name for key, offer in found.items()} == {
        ("WEB-PL", tin): f"Tea {tea.code}, 100 g",
        ("WEB-DE", tin): f"Tee {tea.code}, 100 g",
    }
    offer = found["WEB-PL", tin]
    assert (offer.tax_category, offer.unit, offer.gtin, offer.weight_g) == ("standard", "pcs", None, 100)


async def test_a_product_is_sold_from_the_first_instant_of_its_period_to_before_the_last(
    database: Database, tea: Product
) -> None:
    until = AT + timedelta(days=1)
    taken = await write(
        database, catalog.publish, [Publication(product=tea.code, channel="WEB-PL", from_at=AT, until_at=until)]
    )
    assert taken.changed == 1
    tick = timedelta(microseconds=1)
    async with database.transaction("commerce") as tx:
        sold = [
            bool(await catalog.sellable(tx, "WEB-PL", [f"{tea.code}-L"], at))
            for at in (AT - tick, AT, until - tick, until)
        ]
        [offer] = (await catalog.sellable(tx, "WEB-PL", [f"{tea.code}-L"], AT)).values()
        found = (await catalog.find(tx, sku=f"{tea.code}-L"))[0]
        assert (await catalog.publications(tx, found.id))[-1].until_at == until
    assert sold == [False, True, True, False]
    assert offer.until_at == until
    assert (
        await write(database, catalog.publish, [Publication(product=tea.code, channel="WEB-PL", withdrawn=True)])
    ).changed == 1
    async with database.transaction("commerce") as tx:
        assert await catalog.sellable(tx, "WEB-PL", [f"{tea.code}-L"], AT) == {}


async def test_publications_of_what_does_not_exist_are_refused(database: Database, tea: Product) -> None:
    taken = await write(
        database,
        catalog.publish,
        [Publication(product="gone", channel="WEB-PL"), Publication(product=tea.code, channel="GONE")],
    )
    assert (taken.changed, [each.row for each in taken.refused]) == (0, [0, 1])


async def test_an_article_number_finds_its_product_as_scanned(database: Database) -> None:
    code = fresh("CAN")
    await write(
        database,
        catalog.put_products,
        [Product(code=code, name="Can", variants=[Variant(sku=code, gtin="036000291452")])],
    )
    async with database.transaction("commerce") as tx:
        for scanned in ("036000291452", "0036000291452"):
            assert [each.code for each in await catalog.find(tx, gtin=scanned)] == [code]
        assert await catalog.find(tx, gtin="036000291453") == []
    taken = await write(
        database,
        catalog.put_products,
        [Product(code=fresh("X"), name="X", variants=[Variant(sku=fresh("X"), gtin="0036000291452")])],
    )
    assert [each.reason for each in taken.refused] == [f"gtin 0036000291452 belongs to {code}"]


async def test_pages_of_products_hold_each_once_by_name(database: Database) -> None:
    stem = fresh("PAGE").lower()
    rows = [Product(code=f"{stem}-{i}", name=f"{stem} {i % 3}", variants=[]) for i in range(7)]
    await write(database, catalog.put_products, rows)
    seen: list[catalog.Entry] = []
    async with database.transaction("commerce") as tx:
        while page := await catalog.products(tx, name=stem.upper(), after=seen[-1].id if seen else None, limit=3):
            seen += page
    assert sorted(each.code for each in seen) == sorted(each.code for each in rows)
    assert [each.name for each in seen] == sorted(each.name for each in rows)


async def test_a_category_moves_with_all_that_is_inside(database: Database) -> None:
    rows = [
        Category(code="food", name="Food"),
        Category(code="milk", name="Milk", parent="food"),
        Category(code="goat", name="Goat", parent="milk"),
        Category(code="cold", name="Cold"),
    ]
    assert (await write(database, catalog.put_categories, rows)).changed == 4
    code = fresh("CHEVRE")
    await write(database, catalog.put_products, [Product(code=code, name=code, categories=["goat"], variants=[])])
    assert (
        await write(database, catalog.put_categories, [Category(code="milk", name="Milk", parent="cold")])
    ).changed == 1
    async with database.transaction("commerce") as tx:
        paths = {each.code: each.path for each in await catalog.categories(tx)}
        inside = {top: [e.code for e in await catalog.products(tx, category=top)] for top in ("food", "cold", "milk")}
    assert paths == {"food": "food", "cold": "cold", "milk": "cold/milk", "goat": "cold/milk/goat"}
    assert inside == {"food": [], "cold": [code], "milk": [code]}
    taken = await write(database, catalog.put_categories, [Category(code="cold", name="Cold", parent="goat")])
    assert [each.reason for each in taken.refused] == ["it would stand inside itself"]
    async with database.transaction("commerce") as tx:
        assert {each.code: each.path for each in await catalog.categories(tx)} == paths


async def test_brands_and_attributes_are_kept_and_values_checked(database: Database) -> None:
    assert (await write(database, catalog.put_brands, [Brand(code="lipton", name="Lipton")])).changed == 1
    assert (await write(database, catalog.put_brands, [Brand(code="lipton", name="LIPTON")])).changed == 1
    colour = Attribute(code="colour", name="Colour", kind="choice", choices=["red"])
    assert (await write(database, catalog.put_attributes, [colour])).changed == 1
    code = fresh("HAT")
    row = Product(code=code, name=code, brand="lipton", attributes={"colour": "red"}, variants=[Variant(sku=code)])
    assert (await write(database, catalog.put_products, [row])).changed == 1
    wrong = Product(code=code, name=code, attributes={"colour": "blue"}, variants=[Variant(sku=code)])
    taken = await write(database, catalog.put_products, [wrong])
    assert [each.reason for each in taken.refused] == ["colour takes one of red"]
    assert (await entry(database, code)).attributes == {"colour": "red"}
    async with database.transaction("commerce") as tx:
        assert [each.name for each in await catalog.brands(tx) if each.code == "lipton"] == ["LIPTON"]
        assert await catalog.attributes(tx) == [colour]


@pytest.fixture
async def box(database: Database) -> str:
    """Make the skus A to D of a code, and give the code."""
    code = fresh("BOX")
    row = Product(code=code, name=code, variants=[Variant(sku=f"{code}-{x}") for x in "ABCD"])
    await write(database, catalog.put_products, [row])
    return code


async def test_bundles_are_opened_up_to_the_last(database: Database, box: str) -> None:
    a, b, c, d = (f"{box}-{x}" for x in "ABCD")
    rows = [
        Bundle(sku=a, components=[Component(sku=b, quantity=2), Component(sku=d)]),
        Bundle(sku=b, components=[Component(sku=c, quantity=3), Component(sku=d, quantity=4)]),
    ]
    assert (await write(database, catalog.put_bundles, rows)).changed == 2
    async with database.transaction("commerce") as tx:
        assert await catalog.components(tx, [a, b, c, "gone"]) == {a: [(c, 6), (d, 9)], b: [(c, 3), (d, 4)]}
        assert await catalog.bundle(tx, a) == rows[0].components
    assert (await write(database, catalog.put_bundles, rows)).unchanged == 2
    assert (await write(database, catalog.put_bundles, [Bundle(sku=b, components=[])])).changed == 1
    async with database.transaction("commerce") as tx:
        assert await catalog.components(tx, [a, b]) == {a: [(b, 2), (d, 1)]}


async def test_two_bundles_at_once_make_no_circle(database: Database, box: str) -> None:
    a, b = f"{box}-A", f"{box}-B"
    taken = await asyncio.gather(
        write(database, catalog.put_bundles, [Bundle(sku=a, components=[Component(sku=b)])]),
        write(database, catalog.put_bundles, [Bundle(sku=b, components=[Component(sku=a)])]),
    )
    assert sorted(each.changed for each in taken) == [0, 1]
    [refused] = [each for result in taken for each in result.refused]
    assert refused.reason in (f"it would hold itself: {a} > {b} > {a}", f"it would hold itself: {b} > {a} > {b}")


async def test_two_writers_of_one_product_do_not_get_in_each_others_way(database: Database) -> None:
    codes = [fresh("RACE") for _ in range(20)]

    async def put(order: list[str], name: str) -> catalog.Taken:
        rows = [Product(code=code, name=name, variants=[Variant(sku=code)]) for code in order]
        return await write(database, catalog.put_products, rows)

    taken = await asyncio.gather(put(codes, "one"), put(codes[::-1], "two"))
    assert [each.refused for each in taken] == [[], []]
    names = {(await entry(database, code)).name for code in codes}
    assert len(names) == 1


async def test_an_unknown_channel_is_named(database: Database) -> None:
    async with database.transaction("commerce") as tx:
        assert (await catalog.channel(tx, "WEB-DE")).currency == "EUR"
        with pytest.raises(UnknownChannel, match="there is no channel GONE"):
            await catalog.channel(tx, "GONE")
