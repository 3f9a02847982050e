"""Finding on a real index that follows a real log."""

from collections.abc import AsyncIterator

import pytest

from rynek.app import App
from rynek.bench.stall import WAREHOUSE
from rynek.commerce.search.keeper import Keeper
from rynek.commerce.search.model import SearchNotReady
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from tests.commerce.search.shelves import codes, fill, found, kept, product, put, settled


@pytest.fixture(scope="module")
async def keeper(world: App) -> AsyncIterator[Keeper]:
    await fill(world)
    with pytest.raises(SearchNotReady):
        await found(world, "mleko")
    keeper = await kept(world)
    yield keeper
    keeper.desk.store.release()


@pytest.mark.parametrize(
    ("query", "language", "first"),
    [
        ("mleko", "pl", {"M-1", "M-2", "M-3"}),
        ("mleka", "pl", {"M-1", "M-2", "M-3"}),
        ("maslo", "pl", {"B-1", "B-2"}),
        ("MASŁA", "pl", {"B-1", "B-2"}),
        ("milk", "en", {"M-1", "M-2", "M-3"}),
        ("juices", "en", {"D-1", "D-3"}),
        ("mlekp", "pl", {"M-1", "M-2", "M-3"}),
        ("chocolatte milk", "en", {"M-3", "C-1"}),
        ("czekolda", "pl", {"C-1", "C-2"}),
        ("1500 ml", "pl", {"M-2", "D-1", "D-3"}),
        ("1,5 l", "pl", {"M-2", "D-1", "D-3"}),
        ("1.5L sok", "pl", {"D-1", "D-3"}),
        ("500 g", "pl", {"B-2"}),
        ("6x330ml", "pl", {"D-2"}),
        ("sokjabłkowy", "pl", {"D-1"}),
        ("peanutbutter", "en", {"B-2"}),
        ("5901234123457", "pl", {"B-1"}),
        ("b-1", "pl", {"B-1"}),
        ("łaciate", "pl", {"M-1", "B-1"}),
        ("nabiał", "pl", {"M-1", "M-2", "M-3", "B-1"}),
        ("czek", "pl", {"C-1", "C-2", "M-3"}),
    ],
)
async def test_words_are_met_in_whatever_form(
    world: App, keeper: Keeper, query: str, language: str, first: set[str]
) -> None:
    answer = await found(world, query, language=language)
    assert set(codes(answer)[: len(first)]) == first


async def test_what_a_thing_is_counts_more_than_what_it_is_made_of(world: App, keeper: Keeper) -> None:
    assert codes(await found(world, "milk", language="en"))[-1] == "C-1"
    assert codes(await found(world, "chocolate", language="en"))[-1] == "M-3"


async def test_a_mistake_is_told(world: App, keeper: Keeper) -> None:
    answer = await found(world, "maslp ekstra", language="pl")
    assert (answer.meant, answer.corrected, codes(answer)[0]) == ("masło ekstra", True, "B-1")
    right = await found(world, "masło ekstra", language="pl")
    assert (right.meant, right.corrected) == (None, False)


async def test_words_that_nothing_has_are_left_out_and_told(world: App, keeper: Keeper) -> None:
    answer = await found(world, "mleko zzyzx", language="pl")
    assert answer.left_out == ["zzyzx"]
    assert set(codes(answer)[:3]) == {"M-1", "M-2", "M-3"}
    nothing = await found(world, "zzyzx qqqqqq", language="pl")
    assert (nothing.total, nothing.left_out) == (0, ["zzyzx", "qqqqqq"])


async def test_a_facet_does_not_filter_itself(world: App, keeper: Keeper) -> None:
    answer = await found(world, "", value=["taste:czekoladowy"], brand=[])
    facets = {each.code: each for each in answer.facets}
    assert {each.value: each.count for each in facets["taste"].choices} == {
        "czekoladowy": 2, "malinowy": 1, "naturalny": 1,
    }  # fmt: skip
    assert [each.value for each in facets["taste"].choices if each.chosen] == ["czekoladowy"]
    assert set(codes(answer)) == {"M-3", "C-1"}
    both = await found(world, "", value=["taste:czekoladowy", "taste:malinowy"])
    assert set(codes(both)) == {"M-3", "C-1", "C-2"}
    fat = next(each for each in (await found(world, "mleko")).facets if each.code == "fat")
    assert (fat.least, fat.most, fat.unit) == (1.5, 3.2, "%")
    assert set(codes(await found(world, "mleko", value=["fat:1.8..2.5"]))) == {"M-2"}


async def test_categories_and_prices_narrow(world: App, keeper: Keeper) -> None:
    assert set(codes(await found(world, "", category="dairy"))) == {"M-1", "M-2", "M-3", "B-1"}
    assert set(codes(await found(world, "", category="dairy", price_from=200, price_to=300))) == {"M-2", "M-3"}
    assert codes(await found(world, "", category="dairy", order="-price")) == ["B-1", "M-3", "M-2", "M-1"]
    assert codes(await found(world, "", category="dairy", order="name", limit=2, page=2)) == ["M-3", "M-1"]
    newest = await found(world, "", order="newest", limit=1)
    assert newest.total == 11 + 1


async def test_changes_show_at_the_next_commit(world: App, keeper: Keeper) -> None:
    await put(world, [product("N-1", "Kefir naturalny 400 g", "dairy")])
    await settled(keeper)
    assert codes(await found(world, "kefir")) == ["N-1"]
    await put(world, [product("N-1", "Maślanka naturalna 400 g", "dairy")], units=0)
    await settled(keeper)
    assert codes(await found(world, "maślanka")) == ["N-1"]
    assert (await found(world, "kefir")).total == 0


async def test_what_is_sold_out_comes_later_and_can_be_left_out(world: App, keeper: Keeper) -> None:
    await put(world, [product("S-1", "Twaróg chudy 250 g", "dairy"), product("S-2", "Twaróg tłusty 250 g", "dairy")])
    await settled(keeper)
    first = codes(await found(world, "twaróg"))[0]
    stock = Actor("workload", ids.new(), roles=frozenset({"stock"}))
    spoilt = {"location": WAREHOUSE, "reference": "spoilt", "reason": "damage", "lines": [{"sku": first, "units": -10}]}
    await world.door.ask(stock, "commerce.inventory.adjust", **spoilt)
    await settled(keeper)
    assert codes(await found(world, "twaróg"))[1] == first
    assert first not in codes(await found(world, "twaróg", available=True))


async def test_the_answer_says_why(world: App, keeper: Keeper) -> None:
    hit = (await found(world, "masło", why=True)).hits[0]
    assert [each.what for each in hit.why] == ["text", "availability", "sales", "margin"]
    product_ = 1.0
    for each in hit.why:
        product_ *= each.factor
    assert hit.score == pytest.approx(product_, rel=1e-3)
    assert not (await found(world, "masło")).hits[0].why


async def test_all_of_a_channel_is_ranked_by_what_sells(world: App, keeper: Keeper) -> None:
    answer = await found(world, "", why=True)
    assert {each.factor for hit in answer.hits for each in hit.why if each.what == "text"} == {1.0}
