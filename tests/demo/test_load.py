import pytest
from msgspec.structs import replace

from rynek.app import App
from rynek.demo import Year
from rynek.demo.load import CHANNEL, IMPORT, WAREHOUSE, Move, code, read
from rynek.kernel.actor import ANYONE, Actor


@pytest.fixture(scope="module")
def year() -> Year:
    """Give the year with forty articles, of which the third has a key that no catalogue takes."""
    opened = Year()
    some = sorted(opened.articles, key=lambda article: -article.sold)[:40]
    some[2] = replace(some[2], sku="not a sku!")
    opened.__dict__["articles"] = some
    categories = {each.category for each in some}
    opened.__dict__["categories"] = [
        each
        for each in opened.categories
        if any(leaf == each.code or leaf.startswith(f"{each.code}/") for leaf in categories)
    ]
    opened.__dict__["households"] = opened.households[:3]
    return opened


async def test_the_retailer_moves_in_and_what_is_bad_is_told_with_its_line(world: App, year: Year) -> None:
    seen: list[tuple[str, int, int]] = []
    move = Move(world, year, lambda *step: seen.append(step))
    for _ in range(2):  # moving in twice is moving in once
        move.refused.clear()
        await move.open()
        await move.catalogue()
        await move.customers()
        await move.stock(5)
        [refused] = move.refused
        assert refused.startswith("products.parquet, line 3: ")
        assert "not a sku!" in refused
    listed = await world.door.ask(IMPORT, "commerce.inventory.shelf", location=WAREHOUSE, limit=1000)
    sold = [each for each in year.articles if each.nature in {"goods", "weighed"} and each.sku != "not a sku!"]
    assert {level.sku: level.on_hand for level in listed} == {each.sku: 100 + each.sold for each in sold}
    some = sold[0]
    cart = await world.door.ask(
        Actor("guest"), "commerce.checkout.open_cart", channel=CHANNEL, lines=[{"sku": some.sku}], delivery="courier"
    )
    assert cart.priced.lines[0].name == some.name
    assert cart.priced.total >= some.price + 599
    assert {step[0] for step in seen} == {"articles", "shelves"}
    stores = await world.door.ask(ANYONE, "commerce.inventory.available", channel=CHANNEL, skus=[some.sku])
    assert stores[0].units == 100 + some.sold


async def test_the_merchandiser_has_set_synonyms_and_rules_once(world: App, year: Year) -> None:
    move = Move(world, year, lambda *_: None)
    for _ in range(2):
        await move.searching()
    ways = [lines for language in read("synonyms.toml").values() for lines in language.values()]
    synonyms = await world.door.ask(IMPORT, "commerce.search.synonyms")
    assert sorted(each.words for each in synonyms) == sorted(words for lines in ways for words in lines)
    rules = {each.name: each for each in await world.door.ask(IMPORT, "commerce.search.merchandising")}
    [bananas] = await world.door.ask(IMPORT, "commerce.catalog.find", sku="1082185")
    assert rules["Bananas first"].target == f"product:{bananas.id}"
    assert rules["Our own milk"].target == "brand:house-brand"
    assert rules["All for babies in one place"].target.startswith("/shop/WEB-US?category=drugstore-")
    known = {code(each.code) for each in Year().categories}
    targets = [each.target.rpartition("=" if each.act == "redirect" else ":") for each in rules.values()]
    assert {key for kind, _, key in targets if kind in {"category", "/shop/WEB-US?category"}} <= known


def test_a_category_key_is_short_and_nobody_elses(year: Year) -> None:
    every = Year().categories
    assert len({code(each.code) for each in every}) == len(every)
    assert max(len(code(each.code)) for each in every) <= 60
