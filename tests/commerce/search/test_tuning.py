"""What a merchandiser sets, and what is known of searches."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from rynek.app import App
from rynek.bench.stall import CHANNEL
from rynek.commerce.inventory.events import StockMoved
from rynek.commerce.inventory.model import Move
from rynek.commerce.search.desk import desk_of, q
from rynek.commerce.search.events import Choice, ChoicesMade, Search, SearchesMade
from rynek.commerce.search.keeper import Keeper
from rynek.commerce.search.model import Compared, Part, Rule, RuleUnclear, Suggestion, UnknownRule
from rynek.commerce.search.reactions import count_choices, count_searches, count_sold, forget
from rynek.kernel import clock, ids
from rynek.kernel.events import Envelope
from rynek.kernel.faults import Forbidden
from tests.commerce.search.shelves import MERCHANDISER, SHOPPER, ask, codes, fill, found, kept, settled


@pytest.fixture(scope="module")
async def keeper(world: App) -> AsyncIterator[Keeper]:
    await fill(world)
    keeper = await kept(world)
    yield keeper
    keeper.desk.store.release()


async def tune(world: App, operation: str, **values: Any) -> Any:
    return await world.door.ask(MERCHANDISER, f"commerce.search.{operation}", **values)


async def product_of(world: App, code: str) -> str:
    return str(next(iter(await ask(world, "catalog.find", sku=code))).id)


async def ruled(world: App, **rule: Any) -> Rule:
    made: Rule = await tune(world, "put_rule", name="campaign of milk", query="mleko", **rule)
    return made


async def test_a_product_is_pinned_buried_and_raised_and_the_answer_says_by_which_rule(
    world: App, keeper: Keeper
) -> None:
    plain = codes(await found(world, "mleko"))
    last, first = await product_of(world, plain[2]), await product_of(world, plain[0])
    pin = await ruled(world, act="pin", target=f"product:{last}", place=1)
    answer = await found(world, " MLEKO ", why=True)
    assert codes(answer)[0] == plain[2]
    assert answer.hits[0].why[-1] == Part("pinned", 1.0, "campaign of milk")
    assert answer.rules == ["campaign of milk"]
    assert (await found(world, "mleko bio")).rules == []
    await tune(world, "drop_rule", rule=pin.id)
    bury = await ruled(world, act="bury", target=f"product:{first}")
    answer = await found(world, "mleko", why=True)
    assert codes(answer)[-1] == plain[0]
    assert answer.hits[-1].why[-1] == Part("buried", 0.0, "campaign of milk")
    await tune(world, "drop_rule", rule=bury.id)
    lift = await ruled(world, act="raise", target="category:sweets", factor=50.0)
    assert codes(await found(world, "mleko", language="pl"))[0] in {"C-1", plain[0]}
    await tune(world, "drop_rule", rule=lift.id)
    assert codes(await found(world, "mleko")) == plain


async def test_what_was_not_found_can_be_pinned(world: App, keeper: Keeper) -> None:
    cola = await product_of(world, "D-2")
    rule = await ruled(world, act="pin", target=f"product:{cola}", place=2)
    answer = await found(world, "mleko")
    assert codes(answer)[1] == "D-2"
    assert answer.total == len(answer.hits)
    narrowed = await found(world, "mleko", available=True)
    assert "D-2" not in codes(narrowed)
    await tune(world, "drop_rule", rule=rule.id)


async def test_a_query_leads_elsewhere_in_a_campaign(world: App, keeper: Keeper) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    rule = await ruled(world, act="redirect", target="/shop/WEB-PL?category=milk", from_at=tomorrow)
    assert (await found(world, "mleko")).redirect is None
    answer = await tune(world, "preview", channel=CHANNEL, wanted={"q": "mleko"}, at=tomorrow + timedelta(hours=1))
    compared = msgspec.json.decode(answer.body, type=Compared)
    assert (compared.before.redirect, compared.after.redirect) == (None, "/shop/WEB-PL?category=milk")
    await tune(world, "drop_rule", rule=rule.id)
    with pytest.raises(UnknownRule):
        await tune(world, "drop_rule", rule=rule.id)


async def test_a_draft_is_looked_at_before_it_counts(world: App, keeper: Keeper) -> None:
    before = codes(await found(world, "czekolada mleko", language="pl"))
    draft = {"wanted": {"q": "napój"}, "synonyms": [{"language": "pl", "words": ["napój", "cola", "sok"]}]}
    answer = await tune(world, "preview", channel=CHANNEL, **draft)
    compared = msgspec.json.decode(answer.body, type=Compared)
    drinks = {each.card.code for each in compared.before.hits}
    assert {each.card.code for each in compared.after.hits} >= {"D-1", "D-2", "D-3"}
    assert compared.after.hits[0].why
    assert set(codes(await found(world, "napój"))) == drinks
    assert codes(await found(world, "czekolada mleko", language="pl")) == before
    kept_ = await tune(world, "put_synonyms", synonyms=draft["synonyms"])
    assert set(codes(await found(world, "napój"))) >= {"D-1", "D-2", "D-3"}
    await tune(world, "drop_synonym", synonym=kept_[0].id)
    with pytest.raises(RuleUnclear):
        await tune(world, "preview", channel=CHANNEL, rules=[{"name": "r", "act": "pin", "target": "x", "query": "y"}])


async def test_weights_are_data(world: App, keeper: Keeper) -> None:
    weights = await tune(world, "weights", channel=CHANNEL)
    changed = msgspec.structs.replace(weights, sold_out=0.0, prose=0.0)
    await tune(world, "put_weights", channel=CHANNEL, **msgspec.structs.asdict(changed))
    assert await tune(world, "weights", channel=CHANNEL) == changed
    await tune(world, "put_weights", channel=CHANNEL, **msgspec.structs.asdict(weights))


async def test_an_index_is_built_anew_when_that_is_asked_for(world: App, keeper: Keeper) -> None:
    before = await tune(world, "state")
    assert (before.state, before.writes) == ("good", True)
    assert before.products == len(codes(await found(world, "", limit=100)))
    await tune(world, "rebuild")
    await keeper.check()
    keeper.desk.refresh()
    after = await tune(world, "state")
    assert (after.state, after.products) == ("good", before.products)
    assert after.generation != before.generation


async def test_a_shopper_tunes_nothing(world: App, keeper: Keeper) -> None:
    for operation, values in (
        ("weights", {"channel": CHANNEL}),
        ("synonyms", {}),
        ("merchandising", {}),
        ("state", {}),
    ):
        with pytest.raises(Forbidden):
            await world.door.ask(SHOPPER, f"commerce.search.{operation}", **values)


# --- suggestions ------------------------------------------------------------------------------------------------------


async def suggested(world: App, typed: str, **more: Any) -> list[Suggestion]:
    found_: list[Suggestion] = await world.door.ask(
        SHOPPER, "commerce.search.suggest", channel=CHANNEL, q=typed, **more
    )
    return found_


async def test_suggestions_come_as_one_types(world: App, keeper: Keeper) -> None:
    kinds = {(each.kind, each.text) for each in await suggested(world, "ma")}
    assert ("category", "Masło") in kinds
    assert {("product", "Masło ekstra 200 g"), ("product", "Masło orzechowe 0,5 kg")} <= kinds
    assert ("brand", "Łaciate") in {(each.kind, each.text) for each in await suggested(world, "laci")}
    assert [each.value for each in await suggested(world, "5901234123457") if each.kind == "product"] == [
        (await found(world, "B-1")).hits[0].card.slug
    ]
    assert await suggested(world, " ") == []
    assert len(await suggested(world, "m", limit=2)) <= 2


# --- reports ----------------------------------------------------------------------------------------------------------


def told(*events: Any) -> list[Envelope]:
    return [Envelope(f"1-{n}", "", "", clock.now(), each) for n, each in enumerate(events)]


async def heard(world: App, react: Any, *batches: Sequence[Any]) -> None:
    for each in batches:
        async with world.database.transaction("commerce") as tx:
            await react(tx, told(*each))


async def test_searches_are_noted_announced_and_reported(world: App, keeper: Keeper) -> None:
    desk = desk_of(world.database)
    desk.searches.clear()
    answer = await found(world, "Kakao ")
    await found(world, "ola@example.com")
    await found(world, "kakao", category="sweets")
    assert [(channel, each.query, each.search) for channel, each in desk.searches] == [
        (CHANNEL, "kakao", answer.search)
    ]
    await world.door.ask(
        SHOPPER, "commerce.search.choose", channel=CHANNEL, search=answer.search, query="Kakao", place=3
    )
    await desk.write_notes(world.database)
    assert (desk.searches, desk.choices) == ([], [])
    async with world.database.transaction("commerce") as tx:
        types = await tx.rows("select type, data::text from kernel.event where type like 'search.%-made' order by seq")
    assert [row[0] for row in types] == ["search.searches-made", "search.choices-made"]
    assert "guest" not in str(types)
    assert str(SHOPPER.id) not in str(types)


async def test_a_report_counts_what_was_empty_left_and_chosen(world: App, keeper: Keeper) -> None:
    day = datetime(2026, 3, 1, tzinfo=UTC).date()
    keys = [ids.new() for _ in range(4)]
    milk = [Search(each, "mleko", 3, 3) for each in keys[:3]]
    made = SearchesMade(CHANNEL, day, [*milk, Search(keys[3], "xyz", 0, 0)])
    twice = Choice(keys[0], "mleko", 2)
    # out of order, and a search from which two things were chosen counts once
    await heard(world, count_choices, [ChoicesMade(CHANNEL, day, [twice, twice])], [ChoicesMade(CHANNEL, day, [twice])])
    await heard(world, count_searches, [made])
    report = await tune(world, "report", channel=CHANNEL, first_on=day, last_on=day)
    assert (report.searches, report.empty, report.abandoned) == (4, 1, 2)
    assert [(each.query, each.searches, each.chosen) for each in report.popular] == [("mleko", 3, 1), ("xyz", 1, 0)]
    assert [each.query for each in report.nothing] == ["xyz"]
    assert [(each.query, each.abandoned) for each in report.left] == [("mleko", 2)]
    assert [(each.place, each.shown, each.chosen) for each in report.places] == [(1, 3, 0), (2, 3, 3), (3, 3, 0)]
    async with world.database.transaction("commerce") as tx:
        await forget(tx)


async def test_sales_are_counted_and_returns_taken_back_in_whatever_order(world: App, keeper: Keeper) -> None:
    def moved(cause: str, units: int) -> StockMoved:
        return StockMoved("r", cause, [Move("D-3", "WH-1", units)])

    product = await product_of(world, "D-3")
    await heard(
        world, count_sold, [moved("sale", 1), moved("shipment", -7)], [moved("receipt", 50), moved("sale", -1_000)]
    )
    async with world.database.transaction("commerce") as tx:
        sold = await q.sold(tx, products=[product], since=tx.at.date())
    assert [each.units for each in sold] == [1_006]
    keeper._sold_at = float("-inf")
    await settled(keeper)
    answer = await found(world, "sok", why=True)
    assert codes(answer)[0] == "D-3"
    assert next(each.factor for each in answer.hits[0].why if each.what == "sales") > 1.4
    assert codes(await found(world, "", order="bestselling"))[0] == "D-3"
