"""Prices on a real database: what is quoted is what was set, and nothing that was set is forgotten."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rynek.commerce import catalog, pricing
from rynek.commerce.catalog import Channel, Product, Publication, Translation, UnknownChannel, Variant
from rynek.commerce.pricing import Ask, NoPrice, NoTaxRate, NotSellable, Price, PriceList, Question, Quote, TaxRate
from rynek.kernel import clock, ids
from rynek.kernel.database import Database
from rynek.kernel.faults import Fault
from rynek.kernel.money import CurrencyMismatch

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


async def write(database: Database, action: Any, rows: Sequence[Any]) -> catalog.Taken:
    async with database.transaction("commerce") as tx:
        taken: catalog.Taken = await action(tx, rows)
    return taken


@pytest.fixture(scope="module", autouse=True)
async def shop(database: Database) -> None:
    channels = [
        Channel(code="WEB-PL", name="Sklep", kind="web", currency="PLN", country="PL"),
        Channel(code="POS", name="Stores", kind="pos", currency="PLN", country="PL", rounding="document"),
        Channel(code="B2B", name="Trade", kind="b2b", currency="PLN", country="PL", display="net"),
        Channel(code="WEB-DE", name="Laden", kind="web", currency="EUR", country="DE", locale="de"),
    ]
    lists = [
        PriceList(code="RETAIL", name="Retail", currency="PLN"),
        PriceList(code="EURO", name="Euro", currency="EUR"),
        PriceList(code="GOLD", name="Gold", currency="PLN", customer_group="gold"),
        PriceList(code="TRADE", name="Trade", currency="PLN", basis="net", channel="B2B"),
        PriceList(code="SALE", name="Sale", currency="PLN", priority=5, from_at=AT + DAY, until_at=AT + 2 * DAY),
    ]
    rates = [
        TaxRate(country="PL", category="standard", rate_bp=2300, label="23%"),
        TaxRate(country="PL", category="food", rate_bp=0, label="0%"),
        TaxRate(country="PL", category="food", rate_bp=500, label="5%", from_at=AT + 10 * DAY),
        TaxRate(country="DE", category="standard", rate_bp=1900, label="19%"),
    ]
    with clock.at(AT - 300 * DAY):
        assert (await write(database, catalog.put_channels, channels)).changed == 4
        assert (await write(database, pricing.put_lists, lists)).changed == 5
        assert (await write(database, pricing.put_tax_rates, rates)).changed == 4


async def product(database: Database, *prices: Price, **variant: Any) -> str:
    """Make a product of one variant that is sold everywhere, with its prices; gives the sku."""
    sku = f"T{ids.new().hex[8:]}"
    row = Product(
        code=sku,
        name=f"Tea {sku}",
        translations={"de": Translation(name=f"Tee {sku}")},
        variants=[Variant(sku=sku, **variant)],
    )
    with clock.at(AT - 200 * DAY):
        assert (await write(database, catalog.put_products, [row])).changed == 1
        everywhere = [Publication(product=sku, channel=each) for each in ("WEB-PL", "POS", "B2B", "WEB-DE")]
        assert (await write(database, catalog.publish, everywhere)).changed == 4
        mine = [with_sku(each, sku) for each in prices]
        assert (await write(database, pricing.put_prices, mine)).changed == len(prices)
    return sku


def with_sku(price: Price, sku: str) -> Price:
    return Price(
        list=price.list,
        sku=sku,
        minor=price.minor,
        minimum=price.minimum,
        from_at=price.from_at,
        until_at=price.until_at,
    )


def price(minor: int | None, of: str = "RETAIL", **values: Any) -> Price:
    return Price(list=of, sku="", minor=minor, **values)


def ask(*lines: tuple[str, int], channel: str = "WEB-PL", **values: Any) -> Ask:
    return Ask(**{"channel": channel, "currency": "PLN", "country": "PL", "lines": lines, "at": AT, **values})


async def quotes(database: Database, *asks: Ask) -> list[Quote | Fault]:
    async with database.transaction("commerce") as tx:
        return await pricing.quote_many(tx, asks)


async def quote(database: Database, one: Ask) -> Quote:
    async with database.transaction("commerce") as tx:
        return await pricing.quote(tx, one)


async def test_a_quote_carries_what_an_order_copies(database: Database) -> None:
    sku = await product(database, price(1230), gtin=None, weight_g=100)
    found = await quote(database, ask((sku, 3)))
    [line] = found.lines
    assert (line.sku, line.name, line.quantity, line.unit, line.weight_g) == (sku, f"Tea {sku}", 3, "pcs", 100)
    assert (line.unit_minor, line.basis, line.list, line.minimum, line.tax_category) == (
        1230, "gross", "RETAIL", 1, "standard",
    )  # fmt: skip
    assert (line.net, line.tax, line.gross, line.rate_bp, line.label) == (3000, 690, 3690, 2300, "23%")
    assert [(each.label, each.net, each.tax, each.gross) for each in found.rates] == [("23%", 3000, 690, 3690)]
    assert (found.net, found.tax, found.gross, found.currency) == (3000, 690, 3690, "PLN")
    async with database.transaction("commerce") as tx:
        offer = (await catalog.sellable(tx, "WEB-PL", [sku], AT))[sku]
    assert (line.product, line.name, line.gtin) == (offer.product, offer.name, offer.gtin)


async def test_the_buyers_channel_group_and_quantity_choose_the_price(database: Database) -> None:
    sku = await product(
        database, price(1000), price(900, minimum=10), price(800, "GOLD"), price(500, "TRADE"), price(300, "EURO")
    )
    asked = [
        ask((sku, 1)),
        ask((sku, 10)),
        ask((sku, 4), (sku, 6)),
        ask((sku, 1), group="gold"),
        ask((sku, 1), group="silver"),
        ask((sku, 1), channel="B2B"),
        ask((sku, 1), channel="WEB-DE", currency="EUR", country="DE"),
    ]
    found = await quotes(database, *asked)
    assert [[(each.list, each.unit_minor) for each in one.lines] for one in found if isinstance(one, Quote)] == [
        [("RETAIL", 1000)],
        [("RETAIL", 900)],
        [("RETAIL", 900), ("RETAIL", 900)],
        [("GOLD", 800)],
        [("RETAIL", 1000)],
        [("TRADE", 500)],
        [("EURO", 300)],
    ]
    german = found[-1]
    assert isinstance(german, Quote)
    assert (german.lines[0].name, german.lines[0].label) == (f"Tee {sku}", "19%")
    for one, alone in zip(found, asked, strict=True):
        assert [one] == await quotes(database, alone)


async def test_a_quote_changes_when_it_says_and_not_before(database: Database) -> None:
    sku = await product(
        database,
        price(1000),
        price(900, from_at=AT + 3 * DAY, until_at=AT + 4 * DAY),
        price(700, "SALE"),
        tax_category="food",
    )
    seen: list[tuple[int, str, int | None]] = []
    at = AT
    while True:
        found = await quote(database, ask((sku, 1), at=at))
        if found.good_until is None:
            seen.append((found.gross, found.lines[0].label, None))
            break
        seen.append((found.gross, found.lines[0].label, (found.good_until - AT) // DAY))
        before = await quote(database, ask((sku, 1), at=found.good_until - TICK))
        assert (before.gross, before.tax) == (found.gross, found.tax)
        at = found.good_until
    assert seen == [
        (1000, "0%", 1),
        (700, "0%", 2),
        (1000, "0%", 3),
        (900, "0%", 4),
        (1000, "0%", 10),
        (1000, "5%", None),
    ]


async def test_a_quote_ends_with_the_publication(database: Database) -> None:
    sku = await product(database, price(1000))
    await write(database, catalog.publish, [Publication(product=sku, channel="WEB-PL", until_at=AT + DAY)])
    assert (await quote(database, ask((sku, 1)))).good_until == AT + DAY
    [refused] = await quotes(database, ask((sku, 1), at=AT + DAY))
    assert isinstance(refused, NotSellable)


async def test_weighed_goods_are_priced_by_the_kilogram(database: Database) -> None:
    sku = await product(database, price(2999), unit="g", tax_category="food")
    found = await quote(database, ask((sku, 334)))
    assert (found.gross, found.lines[0].unit, found.lines[0].unit_minor) == (1002, "g", 2999)


async def test_vat_is_rounded_as_the_channel_says(database: Database) -> None:
    skus = [await product(database, price(99)) for _ in range(3)]
    lines = [(sku, 1) for sku in skus]
    by_line, by_document = [await quote(database, ask(*lines, channel=channel)) for channel in ("WEB-PL", "POS")]
    assert (by_line.tax, [each.tax for each in by_line.lines]) == (57, [19, 19, 19])
    assert (by_document.tax, [each.tax for each in by_document.lines]) == (56, [19, 19, 18])
    assert by_line.gross == by_document.gross == 297


async def test_each_basket_is_refused_alone_and_told_why(database: Database) -> None:
    sku, unpriced = await product(database, price(1000)), await product(database)
    untaxed = await product(database, price(1000), tax_category="books")
    found = await quotes(
        database,
        ask((sku, 1), ("gone", 1)),
        ask((sku, 1), channel="GONE"),
        ask((sku, 1), currency="EUR"),
        ask((sku, 1), (unpriced, 1)),
        ask((sku, 1), (untaxed, 1)),
        ask((sku, 1)),
        ask(),
    )
    assert [type(each) for each in found] == [
        NotSellable,
        NotSellable,
        CurrencyMismatch,
        NoPrice,
        NoTaxRate,
        Quote,
        Quote,
    ]
    facts = [each.facts for each in found if isinstance(each, Fault)]
    assert facts == [
        {"channel": "WEB-PL", "skus": ["gone"]},
        {"channel": "GONE", "skus": [sku]},
        {"currency": "PLN"},
        {"channel": "WEB-PL", "skus": [unpriced]},
        {"country": "PL", "categories": ["books"]},
    ]
    assert await quotes(database) == []
    async with database.transaction("commerce") as tx:
        with pytest.raises(NotSellable):
            await pricing.quote(tx, ask(("gone", 1)))


async def test_wrong_prices_are_told_and_the_rest_goes_in(database: Database) -> None:
    sku = await product(database)
    rows = [
        with_sku(price(1000), sku),
        with_sku(price(900, "GONE"), sku),
        with_sku(price(900), "gone"),
        with_sku(price(-1, minimum=2), sku),
        with_sku(price(800), sku),
    ]
    taken = await write(database, pricing.put_prices, rows)
    assert (taken.changed, taken.unchanged) == (1, 0)
    assert [(each.row, each.reason) for each in taken.refused] == [
        (1, "there is no price list GONE"),
        (2, "there is no sku gone"),
        (3, "a price is 0 to 1000000000000 minor units"),
        (4, "it comes twice"),
    ]
    async with database.transaction("commerce") as tx:
        assert await pricing.prices(tx, [sku]) == [rows[0]]
    assert (await write(database, pricing.put_prices, rows[:1])).unchanged == 1


async def test_a_price_taken_out_counts_no_more(database: Database) -> None:
    sku = await product(database, price(1000), price(800, minimum=2))
    assert (await write(database, pricing.put_prices, [with_sku(price(None, minimum=2), sku)])).changed == 1
    assert (await quote(database, ask((sku, 2)))).gross == 2000
    assert (await write(database, pricing.put_prices, [with_sku(price(None, minimum=2), sku)])).unchanged == 1


async def test_what_changes_is_announced_with_its_effect_or_not_at_all(database: Database) -> None:
    sku = await product(database, price(1000))

    async def news() -> list[str]:
        async with database.transaction("commerce") as tx:
            sql = "select data::text from kernel.event where type = $1 and key = $2 order by xid, seq"
            return [row[0] for row in await tx.rows(sql, "pricing.price-changed", sku)]

    async def change_and_fail() -> None:
        async with database.transaction("commerce") as tx:
            await pricing.put_prices(tx, [with_sku(price(1), sku)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_and_fail()
    assert (await quote(database, ask((sku, 1)))).gross == 1000
    await write(database, pricing.put_prices, [with_sku(price(900), sku)])
    await write(database, pricing.put_prices, [with_sku(price(900), sku)])
    assert await news() == [
        f'{{"sku":"{sku}","list":"RETAIL","minor":1000}}',
        f'{{"sku":"{sku}","list":"RETAIL","minor":900}}',
    ]


@pytest.mark.parametrize("table", ["price_entry", "price_list_entry"])
@pytest.mark.parametrize("act", ["update commerce.{} set at = now()", "delete from commerce.{}"])
async def test_the_history_cannot_be_rewritten(database: Database, table: str, act: str) -> None:
    async with database.transaction("commerce") as tx:
        with pytest.raises(Exception, match="permission denied"):
            async with tx.attempt():
                await tx.execute(act.format(table))


async def test_two_writers_of_the_same_prices_leave_one_of_both_and_its_whole_history(database: Database) -> None:
    skus = [await product(database) for _ in range(10)]

    async def put(order: list[str], minor: int) -> None:
        await write(database, pricing.put_prices, [with_sku(price(minor), sku) for sku in order])

    await asyncio.gather(put(skus, 100), put(skus[::-1], 200))
    async with database.transaction("commerce") as tx:
        kept = {each.sku: each.minor for each in await pricing.prices(tx, skus)}
        last = await tx.rows(
            "select distinct on (sku) sku, minor from commerce.price_entry where sku = any($1) order by sku, id desc",
            skus,
        )
    assert dict(last) == kept
    assert len(set(kept.values())) == 1


async def test_yesterdays_price_is_explained_by_what_was_set_then(database: Database) -> None:
    sku = await product(database, price(1000), price(950, "GOLD"))
    with clock.at(AT):
        await write(database, pricing.put_prices, [with_sku(price(900), sku), with_sku(price(None, "GOLD"), sku)])
    async with database.transaction("commerce") as tx:
        today = await pricing.why(tx, Question("WEB-PL", sku, group="gold", at=AT + DAY))
        yesterday = await pricing.why(tx, Question("WEB-PL", sku, group="gold", at=AT - DAY))
        [explained] = await pricing.explain(tx, ask((sku, 1), at=AT + DAY, group="gold"))
        with pytest.raises(UnknownChannel):
            await pricing.why(tx, Question("GONE", sku))
    assert explained == today
    assert (today.list, today.minor, today.vat) == ("RETAIL", 900, "standard in PL: 23% (23 %)")
    assert today.reduction is not None
    assert (today.reduction.since, today.reduction.before, today.reduction.lowest) == (AT, 1000, 1000)
    assert (yesterday.list, yesterday.minor, yesterday.reduction) == ("GOLD", 950, None)
    assert [(each.list, each.minor, each.outcome) for each in yesterday.considered] == [
        ("GOLD", 950, "wins"),
        ("RETAIL", 1000, "is for everybody; the buyer's group has GOLD"),
    ]


async def test_why_agrees_with_the_quote(database: Database) -> None:
    sku = await product(
        database, price(1000), price(900, minimum=5), price(850, "GOLD"), price(700, "SALE"), price(500, "TRADE")
    )
    asked = [
        ask((sku, quantity), channel=channel, group=group, at=at)
        for quantity in (1, 5)
        for channel in ("WEB-PL", "B2B")
        for group in (None, "gold")
        for at in (AT, AT + DAY)
    ]
    found = await quotes(database, *asked)
    async with database.transaction("commerce") as tx:
        for one, made in zip(asked, found, strict=True):
            [why] = await pricing.explain(tx, one)
            assert isinstance(made, Quote)
            assert (why.list, why.minor, why.basis) == (
                made.lines[0].list, made.lines[0].unit_minor, made.lines[0].basis,
            )  # fmt: skip


async def test_shops_show_the_lowest_price_before_a_reduction(database: Database) -> None:
    sku, plain, unpriced = (
        await product(database, price(1000)),
        await product(database, price(500)),
        await product(database),
    )
    for day, minor in ((-20, 800), (-10, 1000), (0, 900)):
        with clock.at(AT + day * DAY):
            await write(database, pricing.put_prices, [with_sku(price(minor), sku)])
    async with database.transaction("commerce") as tx:
        found = await pricing.shown(tx, "WEB-PL", [sku, plain, unpriced, "gone"], AT)
        net = await pricing.shown(tx, "B2B", [plain], AT)
        with pytest.raises(UnknownChannel):
            await pricing.shown(tx, "GONE", [sku])
    assert {each.sku: (each.minor, each.before, each.lowest) for each in found.values()} == {
        sku: (900, 1000, 800),
        plain: (500, None, None),
        unpriced: (None, None, None),
    }
    assert found[sku].good_until == AT + 30 * DAY
    assert (net[plain].minor, net[plain].display) == (407, "net")


async def test_a_list_that_is_switched_off_counts_no_more_and_was_counted_before(database: Database) -> None:
    with clock.at(AT - 100 * DAY):
        row = PriceList(code="CLUB", name="Club", currency="PLN", priority=9)
        await write(database, pricing.put_lists, [row])
    sku = await product(database, price(1000), price(600, "CLUB"))
    assert (await quote(database, ask((sku, 1)))).gross == 600
    with clock.at(AT):
        off = PriceList(code="CLUB", name="Club", currency="PLN", priority=9, active=False)
        assert (await write(database, pricing.put_lists, [off])).changed == 1
    assert (await quote(database, ask((sku, 1)))).gross == 1000
    async with database.transaction("commerce") as tx:
        before = await pricing.why(tx, Question("WEB-PL", sku, at=AT - DAY))
        after = await pricing.why(tx, Question("WEB-PL", sku, at=AT))
        assert "CLUB" in [each.code for each in await pricing.lists(tx)]
        assert [each.label for each in await pricing.tax_rates(tx, "DE")] == ["19%"]
    assert (before.list, after.list) == ("CLUB", "RETAIL")
    assert after.considered[1].outcome == "the list is not active"
