"""Dynamic prices on a real database: they move, say why, can be stopped, and leave everybody else's prices alone."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.commerce import catalog, pricing
from rynek.commerce.catalog import Category, Channel, Product, Publication, Variant
from rynek.commerce.pricing import Ask, CompetitorPrice, Cost, Price, PriceFloor, PriceList, Question, TaxRate
from rynek.commerce.pricing.events import CostChanged, PriceChanged
from rynek.commerce.repricing import actions, reactions
from rynek.commerce.repricing.model import Age, ByAge, Looked, Moved, Place, Rails, Rule
from rynek.kernel import clock, ids, jobs
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.events import Envelope
from rynek.kernel.faults import Conflict, Forbidden, Invalid, NotFound

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MERCHANT = Actor("staff", ids.new(), frozenset({"merchandise"}), name="who sets prices")
RAILS = {"margin_bp": 1_000, "below_bp": 3_000, "step_bp": 1_000, "day_bp": 2_000, "hysteresis_bp": 0}
CHANNELS = [f"WEB-{n}" for n in range(30)]
_free = iter(CHANNELS)


@pytest.fixture(scope="module", autouse=True)
async def shop(world: App) -> None:
    places = [Channel(code=each, name=each, kind="web", currency="PLN", country="PL") for each in CHANNELS]
    lists = [
        PriceList(code="RETAIL", name="Retail", currency="PLN"),
        PriceList(code="GOLD", name="Gold", currency="PLN", customer_group="gold"),
        PriceList(code="SALE", name="Sale", currency="PLN", priority=5),
    ]
    with clock.at(AT - 300 * DAY):
        async with world.database.transaction("commerce") as tx:
            await catalog.put_channels(tx, places)
            await catalog.put_categories(
                tx, [Category(code="drinks", name="Drinks"), Category(code="teas", name="Teas", parent="drinks")]
            )
            await pricing.put_lists(tx, lists)
            await pricing.put_tax_rates(tx, [TaxRate(country="PL", category="standard", rate_bp=2300, label="23%")])


class Shop:
    """One channel with items of its own, so that tests do not meet."""

    def __init__(self, world: App) -> None:
        self.world, self.channel = world, next(_free)

    async def items(self, count: int = 1, minor: int = 100_00, cost: int | None = 40_00, **breaks: int) -> list[str]:
        skus = [f"R{ids.new().hex[8:]}" for _ in range(count)]
        rows = [Product(code=each, name="Tea", categories=["teas"], variants=[Variant(sku=each)]) for each in skus]
        prices = [Price(list="RETAIL", sku=each, minor=minor) for each in skus]
        prices += [
            Price(list="RETAIL", sku=sku, minor=less, minimum=int(least[1:]))
            for sku in skus
            for least, less in breaks.items()
        ]
        await self.put(catalog.put_products, *rows)
        await self.put(catalog.publish, *(Publication(product=each, channel=self.channel) for each in skus))
        await self.put(pricing.put_prices, *prices)
        if cost is not None:
            await self.put(pricing.put_costs, *(Cost(sku=each, currency="PLN", minor=cost) for each in skus))
        return skus

    async def put(self, action: Any, *rows: Any, at: datetime = AT - 200 * DAY) -> None:
        with clock.at(at):
            async with self.world.database.transaction("commerce") as tx:
                taken = await action(tx, list(rows))
        assert taken.refused == []

    async def rule(self, *moves: dict[str, Any], at: datetime = AT, **terms: Any) -> str:
        code = f"r-{ids.new().hex[8:]}"
        rails = {**RAILS, **terms.pop("rails", {})}
        given = {
            "code": code, "name": "A rule", "channel": self.channel, "moves": list(moves), "rails": rails,
            "mode": "automatic", "active": True, **terms,
        }  # fmt: skip
        with clock.at(at):
            taken = await self.ask("put_rules", rules=[given])
        assert taken == catalog.Taken(1, 0, [])
        return code

    async def ask(self, operation: str, at: datetime | None = None, who: Actor = MERCHANT, **values: Any) -> Any:
        if at is None:
            return await self.world.door.ask(who, f"commerce.repricing.{operation}", **values)
        with clock.at(at):
            return await self.world.door.ask(who, f"commerce.repricing.{operation}", **values)

    async def on(self, *, on: bool = True, at: datetime = AT - DAY, **terms: Any) -> Place:
        found: Place = await self.ask("put_switch", at=at, channel=self.channel, on=on, **terms)
        return found

    async def look(self, skus: Sequence[str], at: datetime = AT) -> Looked:
        found: Looked = await self.ask("look_now", at=at, channel=self.channel, skus=list(skus))
        return found

    async def price(self, sku: str, at: datetime = AT, group: str | None = None, quantity: int = 1) -> int:
        async with self.world.database.transaction("commerce") as tx:
            quote = await pricing.quote(tx, Ask(self.channel, "PLN", "PL", [(sku, quantity)], at, group))
        return quote.lines[0].unit_minor

    async def moves(self, sku: str) -> list[Moved]:
        found: list[Moved] = await self.ask("moves", channel=self.channel, sku=sku)
        return found

    async def held(self, sku: str, days: int, units: int = 10) -> None:
        await self.ledger(sku, AT - days * DAY, units, "receipt")

    async def ledger(self, sku: str, at: datetime, units: int, cause: str) -> None:
        async with self.world.database.transaction("commerce") as tx:
            await tx.execute(
                "insert into commerce.location (code, name, kind) values ('S-R', 'A', 'store') on conflict do nothing"
            )
            await tx.execute(
                "insert into commerce.level (sku, location, on_hand, may_owe) values ($1, 'S-R', $2, true)"
                " on conflict (sku, location) do update set on_hand = level.on_hand + excluded.on_hand",
                sku,
                units,
            )
            await tx.copy(
                "commerce", "stock_entry", ("at", "sku", "location", "units", "cause", "reference"),
                [(at, sku, "S-R", units, cause, ids.new().hex)],
            )  # fmt: skip


@pytest.fixture
def place(world: App) -> Shop:
    return Shop(world)


OLD = {"by": "stock-age", "steps": [{"days": 30, "change_bp": -1_000}, {"days": 60, "change_bp": -2_500}]}


async def test_old_stock_becomes_cheaper_step_by_step_and_says_why(place: Shop) -> None:
    [sku] = await place.items()
    await place.held(sku, days=70)
    code = await place.rule(OLD)
    await place.on()
    assert await place.look([sku]) == Looked(1, 1, 0)
    assert await place.price(sku) == 90_00
    assert await place.look([sku], AT + HOUR) == Looked(1, 0, 0)
    assert await place.look([sku], AT + 5 * HOUR) == Looked(1, 1, 0)
    assert await place.price(sku, AT + 5 * HOUR) == 81_00
    assert await place.look([sku], AT + 10 * HOUR) == Looked(1, 1, 0)
    assert await place.price(sku, AT + 10 * HOUR) == 80_00
    assert await place.look([sku], AT + 25 * HOUR) == Looked(1, 1, 0)
    assert await place.price(sku, AT + 25 * HOUR) == 75_00
    last, *_, first = await place.moves(sku)
    assert (first.rule, first.kind, first.before, first.after, first.base, first.by) == (
        code, "move", 100_00, 90_00, 100_00, None,
    )  # fmt: skip
    assert [each.what for each in first.why] == ["age", "step"]
    assert first.why[0].facts == {"age_days": 70, "days": 60, "change_bp": -2_500}
    assert first.facts["cost_minor"] == 40_00
    assert [each.what for each in last.why] == ["age"]
    async with place.world.database.transaction("commerce") as tx:
        told = await pricing.why(tx, Question(place.channel, sku, at=AT + 25 * HOUR))
    assert (told.list, told.minor) == (f"DYN-{place.channel}", 75_00)
    assert [(each.list, each.outcome) for each in told.considered if each.outcome != "wins"] == [
        ("RETAIL", f"is for all channels; this channel has DYN-{place.channel}")
    ]
    async with place.world.database.transaction("kernel") as tx:
        said = await tx.value(
            "select count(*) from kernel.event where type = 'repricing.price-moved' and key = $1", sku
        )
    assert said == 4


async def test_nothing_is_sold_below_its_cost_its_margin_or_its_floor(place: Shop) -> None:
    thin, dear, floored, unknown = [(await place.items(cost=cost))[0] for cost in (75_00, 79_00, 10_00, None)]
    for sku in (thin, dear, floored, unknown):
        await place.held(sku, days=100)
    floor = PriceFloor(sku=floored, currency="PLN", minor=97_77, kind="statutory", reason="a law")
    await place.put(pricing.put_floors, floor)
    await place.rule({"by": "stock-age", "steps": [{"days": 1, "change_bp": -9_000}]}, rails={"margin_bp": 500})
    await place.on()
    assert await place.look([thin, dear, floored, unknown]) == Looked(4, 2, 0)
    assert await place.price(floored) == 97_77
    assert await place.price(thin) == 96_86  # 75.00, a twentieth, and 23 % of that
    assert (await place.price(dear), await place.price(unknown)) == (100_00, 100_00)
    told = await place.ask("why", at=AT, channel=place.channel, sku=dear)
    assert [each.what for each in told.now.why] == ["list-outside"]
    assert told.now.why[0].facts == {"base_minor": 100_00, "low_minor": 102_03, "high_minor": 110_00, "by": "margin"}
    told = await place.ask("why", at=AT, channel=place.channel, sku=unknown)
    assert [each.what for each in told.now.why] == ["no-cost"]


async def test_demand_is_measured_against_the_usual(place: Shop) -> None:
    hot, usual, rare = await place.items(3)
    for sku, before, now in ((hot, 28, 14), (usual, 28, 7), (rare, 3, 9)):
        await place.ledger(sku, AT - 100 * DAY, 500, "receipt")
        await place.ledger(sku, AT - 20 * DAY, -before, "sale")
        await place.ledger(sku, AT - 2 * DAY, -now, "shipment")
    await place.rule({"by": "demand", "bands": [{"from_percent": 150, "change_bp": 500}]})
    await place.on()
    assert await place.look([hot, usual, rare]) == Looked(3, 1, 0)
    assert [await place.price(each) for each in (hot, usual, rare)] == [105_00, 100_00, 100_00]
    [moved] = await place.moves(hot)
    assert moved.why[0].what == "demand"
    assert moved.why[0].facts == {"sold": 14, "days": 7, "percent": 200, "change_bp": 500}


async def test_competitors_are_undercut_and_prices_end_in_99(place: Shop) -> None:
    [sku] = await place.items()
    seen = [
        CompetitorPrice(sku=sku, competitor=who, currency="PLN", minor=minor, seen_at=at, source="a look")
        for who, minor, at in (("near", 95_50, AT - HOUR), ("far", 99_00, AT - HOUR), ("stale", 50_00, AT - 9 * DAY))
    ]
    await place.put(pricing.put_competitor_prices, *seen, at=AT)
    move = {"by": "competitor", "how": "undercut", "by_minor": 10}
    await place.rule(move, rails={"ending": 99, "of": 100})
    await place.on()
    await place.look([sku])
    assert await place.price(sku) == 94_99
    [moved] = await place.moves(sku)
    assert moved.why[0].facts == {"competitor": "near", "theirs_minor": 95_50, "how": "undercut", "of": "lowest"}


async def test_by_the_hour_a_price_goes_down_and_comes_back(place: Shop) -> None:
    [sku] = await place.items()
    await place.rule(
        {"by": "time", "since": "18:00", "until": "20:00", "change_bp": -1_000, "weekdays": [3]},
        rails={"cool_down_minutes": 30, "turn_minutes": 60}, time_zone="Europe/Warsaw",
    )  # fmt: skip
    await place.on()
    prices = []
    for hour in range(15, 22):  # 18:00 in Warsaw is 17:00 UTC
        at = AT.replace(hour=hour)
        await place.look([sku], at)
        prices.append(await place.price(sku, at))
    assert prices == [100_00, 100_00, 90_00, 90_00, 99_00, 100_00, 100_00]
    assert [each.kind for each in await place.moves(sku)] == ["return", "move", "move"]


async def test_breaks_move_along_groups_keep_theirs_and_campaigns_lie_on_top(place: Shop) -> None:
    plain, gold, sale = [(await place.items(m10=90_00))[0] for _ in range(3)]
    await place.put(pricing.put_prices, Price(list="GOLD", sku=gold, minor=70_00))
    await place.put(pricing.put_prices, Price(list="SALE", sku=sale, minor=95_00))
    await place.rule({"by": "time", "since": "00:00", "until": "00:00", "change_bp": -1_000})
    await place.on()
    assert await place.look([plain, gold, sale]) == Looked(3, 2, 0)
    assert [await place.price(plain, quantity=n) for n in (1, 9, 10)] == [90_00, 90_00, 81_00]
    assert [await place.price(gold, group=each) for each in (None, "gold")] == [90_00, 70_00]
    assert await place.price(sale) == 95_00
    told = await place.ask("why", at=AT, channel=place.channel, sku=sale)
    assert [each.what for each in told.now.why] == ["priority"]


async def test_a_dynamic_price_ends_with_the_price_it_lies_upon(place: Shop) -> None:
    [sku] = await place.items()
    week = Price(list="RETAIL", sku=sku, minor=80_00, from_at=AT - DAY, until_at=AT + DAY)
    await place.put(pricing.put_prices, week)
    await place.rule({"by": "time", "since": "00:00", "until": "00:00", "change_bp": -500})
    await place.on()
    await place.look([sku])
    assert [await place.price(sku, at) for at in (AT, AT + DAY - HOUR, AT + DAY)] == [76_00, 76_00, 100_00]
    await place.look([sku], AT + DAY + HOUR)
    assert await place.price(sku, AT + DAY + HOUR) == 95_00


async def test_a_list_price_set_by_a_person_counts_at_once(place: Shop) -> None:
    [sku] = await place.items()
    await place.rule({"by": "time", "since": "00:00", "until": "00:00", "change_bp": -1_000})
    await place.on()
    await place.look([sku])
    await place.put(pricing.put_prices, Price(list="RETAIL", sku=sku, minor=50_00), at=AT + HOUR)
    await heard(place, AT + HOUR, PriceChanged(sku, "RETAIL", 50_00), PriceChanged(sku, f"DYN-{place.channel}", 90_00))
    assert await place.price(sku, AT + HOUR) == 50_00
    assert [(each.kind, each.why[0].what) for each in await place.moves(sku)] == [
        ("withdraw", "list-changed"),
        ("move", "time"),
    ]


async def heard(place: Shop, at: datetime, *news: Any) -> None:
    with clock.at(at):
        async with place.world.database.transaction("commerce") as tx:
            await reactions.look_again(
                tx, [Envelope(f"{n}-1", type(each).__name__, each.sku, at, each) for n, each in enumerate(news)]
            )


async def test_a_risen_cost_leads_the_price_back_at_once_whatever_the_order_of_the_news(place: Shop) -> None:
    [sku] = await place.items(cost=60_00)
    await place.rule({"by": "time", "since": "00:00", "until": "00:00", "change_bp": -1_000})
    await place.on()
    await place.look([sku])
    assert await place.price(sku) == 90_00
    await place.put(pricing.put_costs, Cost(sku=sku, currency="PLN", minor=70_00), at=AT + timedelta(minutes=5))
    news = (CostChanged(sku), PriceChanged(sku, f"DYN-{place.channel}", 90_00))
    for order in (news, news[::-1], news):
        await heard(place, AT + timedelta(minutes=6), *order)
    assert await place.price(sku, AT + HOUR) == 94_71  # 70.00 and a tenth, and 23 % of that
    assert [(each.kind, each.why[0].what) for each in await place.moves(sku)] == [("guard", "margin"), ("move", "time")]


async def test_the_kill_switch_gives_the_lists_prices_back_at_once_and_nothing_stale_returns(place: Shop) -> None:
    skus = await place.items(5)
    await place.rule({"by": "time", "since": "00:00", "until": "00:00", "change_bp": -1_000})
    await place.on()
    await place.look(skus)
    assert {await place.price(each) for each in skus} == {90_00}
    assert place.channel in await place.ask("stop", at=AT + HOUR, reason="something is wrong")
    assert {await place.price(each, AT + HOUR) for each in skus} == {100_00}
    with pytest.raises(Conflict, match="something is wrong"):
        await place.look(skus, AT + HOUR)
    await place.on(at=AT + 2 * HOUR)  # before the sweep had its turn
    assert {await place.price(each, AT + 2 * HOUR) for each in skus} == {100_00}
    await place.on(on=False, at=AT + 3 * HOUR)
    with clock.at(AT + 3 * HOUR):
        while await jobs.advance(place.world.database, "commerce"):
            pass
    assert {(await place.moves(each))[0].why[0].what for each in skus} == {"switched-off"}


async def test_a_person_approves_what_the_rails_still_allow_and_what_is_rejected_stays_so(place: Shop) -> None:
    good, bad, changed = await place.items(3)
    move = {"by": "time", "since": "00:00", "until": "00:00", "change_bp": -1_000}
    await place.rule(move, mode="propose")
    await place.on()
    assert await place.look([good, bad, changed]) == Looked(3, 0, 3)
    assert await place.look([good, bad, changed]) == Looked(3, 0, 3)
    assert {await place.price(each) for each in (good, bad, changed)} == {100_00}
    waiting = {each.sku: each for each in await place.ask("proposals", channel=place.channel)}
    assert {(each.before, each.after, each.state) for each in waiting.values()} == {(100_00, 90_00, "open")}
    assert len(waiting) == 3

    def of(*skus: str) -> list[UUID]:
        return [waiting[each].id for each in skus]

    assert (await place.ask("decide", at=AT, ids=of(bad), approve=False, note="no")).decided == 1
    await place.put(pricing.put_prices, Price(list="RETAIL", sku=changed, minor=50_00), at=AT)
    found = await place.ask("decide", at=AT, ids=of(good, bad, changed), approve=True)
    assert found.decided == 1
    assert {(each.id, each.reason) for each in found.refused} == {
        (waiting[bad].id, "it is not open any more"),
        (waiting[changed].id, "the facts have changed: the price would be 50.00 PLN now"),
    }
    assert [await place.price(each) for each in (good, bad, changed)] == [90_00, 100_00, 50_00]
    [moved] = await place.moves(good)
    assert (moved.by, moved.kind) == (MERCHANT.id, "move")
    assert await place.look([good, bad, changed], AT + HOUR) == Looked(3, 0, 0)
    assert await place.ask("proposals", channel=place.channel) == []
    assert await place.look([bad], AT + 2 * DAY) == Looked(1, 0, 1)


async def test_a_preview_tells_what_would_move_and_moves_nothing(place: Shop) -> None:
    skus = await place.items(3)
    await place.held(skus[0], days=31)
    await place.held(skus[1], days=90)
    given = {"code": "old", "name": "Old", "channel": place.channel, "moves": [OLD], "rails": RAILS}
    found = await place.ask("preview", at=AT, rule={**given, "scope": {"categories": ["drinks"]}})
    assert (found.looked, found.lowered, found.raised, found.kept, found.change_bp) == (3, 2, 0, 1, -1_000)
    assert found.held == {"nothing": 1}
    assert {(each.sku, each.after, each.rest) for each in found.prices} == {
        (skus[0], 90_00, 90_00), (skus[1], 90_00, 75_00),
    }  # fmt: skip
    assert {await place.price(each) for each in skus} == {100_00}
    assert await place.ask("rules_of", channel=place.channel) == []
    with pytest.raises(Invalid, match="there is no such thing in brands"):
        await place.ask("preview", rule={**given, "scope": {"brands": ["none-such"]}})


async def test_who_only_looks_keeps_nobody_from_stopping(place: Shop) -> None:
    [sku] = await place.items()
    await place.on()
    given = Rule(
        code="long",
        name="",
        channel=place.channel,
        moves=[ByAge(steps=[Age(days=1, change_bp=-1)])],
        rails=Rails(margin_bp=0),
    )
    async with place.world.database.transaction("commerce") as tx:
        await actions.preview(tx, given)
        await actions.why(tx, place.channel, sku)
        async with asyncio.timeout(10):
            assert place.channel in await place.ask("stop")


async def test_a_rule_that_is_dropped_gives_the_lists_prices_back(place: Shop) -> None:
    [sku] = await place.items()
    code = await place.rule({"by": "time", "since": "00:00", "until": "00:00", "change_bp": -1_000})
    await place.on()
    await place.look([sku])
    await place.ask("drop_rule", code=code)
    with pytest.raises(NotFound):
        await place.ask("drop_rule", code=code)
    await place.look([sku])
    assert await place.price(sku) == 100_00
    assert (await place.moves(sku))[0].why[0].what == "no-rule"


async def test_what_is_no_longer_offered_keeps_no_dynamic_price(place: Shop) -> None:
    [sku] = await place.items()
    await place.rule({"by": "time", "since": "00:00", "until": "00:00", "change_bp": -1_000})
    await place.on()
    await place.look([sku])
    await place.put(catalog.publish, Publication(product=sku, channel=place.channel, withdrawn=True))
    await place.look([sku], AT + HOUR)
    await place.put(catalog.publish, Publication(product=sku, channel=place.channel))
    assert await place.price(sku, AT + HOUR) == 100_00


async def test_all_prices_are_looked_at_in_parts_when_it_is_time(place: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "PART", 7)
    skus = await place.items(30)
    await place.rule({"by": "time", "since": "00:00", "until": "00:00", "change_bp": -1_000})
    await place.on(every_minutes=60)

    async def work(at: datetime) -> int:
        with clock.at(at):
            await jobs.appoint(place.world.database, ["commerce"])
            async with place.world.database.transaction("commerce") as tx:
                await reactions.begin(tx)
                parts: int = await tx.value(
                    "select count(*) from kernel.job where name = 'repricing.part' and effect like $1",
                    f"{place.channel} %",
                )
            while await jobs.advance(place.world.database, "commerce"):
                pass
        return parts

    assert await work(AT) == 5
    assert {await place.price(each) for each in skus} == {90_00}
    assert [await work(AT + 30 * timedelta(minutes=1)), await work(AT + HOUR)] == [0, 5]
    assert {len(await place.moves(each)) for each in skus} == {1}


async def test_several_who_look_at_once_move_every_price_once(place: Shop, dsn: str) -> None:
    skus = await place.items(40)
    await place.rule({"by": "time", "since": "00:00", "until": "00:00", "change_bp": -2_500})
    await place.on()
    others = [await Database.open(dsn, 2) for _ in range(4)]

    async def look(database: Database, asked: Sequence[str]) -> int:
        with clock.at(AT):
            async with database.transaction("commerce") as tx:
                its = next(each for each in await actions.places(tx) if each.channel == place.channel)
                return (await actions.look(tx, its, asked)).moved

    try:
        orders = (skus, skus[::-1], skus[20:] + skus[:20], skus[1::2] + skus[::2]) * 3
        moved = await asyncio.gather(*(look(others[n % 4], asked) for n, asked in enumerate(orders)))
    finally:
        for each in others:
            await each.close()
    assert sum(moved) == 40
    for sku in skus:
        assert await place.price(sku) == 90_00
        assert [each.after for each in await place.moves(sku)] == [90_00]


async def test_who_may(place: Shop) -> None:
    finance, support = (Actor("staff", ids.new(), frozenset({role})) for role in ("finance", "support"))
    await place.on()
    assert place.channel in await place.ask("stop", who=finance)
    await place.ask("moves", who=finance)
    for operation, values in (
        ("put_rules", {"rules": []}),
        ("decide", {"ids": [ids.new()], "approve": True}),
        ("look_now", {"channel": place.channel, "skus": ["A"]}),
    ):
        with pytest.raises(Forbidden):
            await place.ask(operation, who=finance, **values)
    for operation in ("moves", "proposals", "rules_of", "places"):
        with pytest.raises(Forbidden):
            await place.ask(operation, who=support)
    with pytest.raises(NotFound):
        await place.ask("look_now", channel="NONE", skus=["A"])


def test_the_words_of_rules_are_read_as_they_are_written() -> None:
    assert {each.__struct_config__.tag for each in Rule.__annotations__["moves"].__origin__.__args__[0].__args__} == {
        "stock-age", "demand", "competitor", "time",
    }  # fmt: skip
