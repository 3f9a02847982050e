"""What is done with prices."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from rynek.commerce import catalog
from rynek.commerce.catalog import Country, Refusal, Sku, Taken, Text
from rynek.commerce.pricing import intake, model, rules
from rynek.commerce.pricing.events import (
    CompetitorPriceChanged,
    CostChanged,
    PriceChanged,
    PriceFloorChanged,
    PriceListChanged,
    TaxRateChanged,
)
from rynek.commerce.pricing.model import (
    Ask,
    Candidate,
    CompetitorPrice,
    Cost,
    Counting,
    ListCode,
    Margin,
    Price,
    PriceFloor,
    PriceList,
    Question,
    Quote,
    Reduction,
    Shown,
    TaxRate,
    Why,
)
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Fault
from rynek.kernel.sql import queries

q = queries(__file__, model)

_MANY = Meta(max_length=1_000)
_SKUS = Meta(max_length=200)
Size = Annotated[int, Meta(ge=1, le=1_000)]
_NONE: list[str] = []


def _json(rows: Sequence[Any], refused: Sequence[Refusal]) -> str:
    wrong = {each.row for each in refused}
    return msgspec.json.encode([each for row, each in enumerate(rows) if row not in wrong]).decode()


def _taken(rows: Sequence[Any], changed: int, refused: list[Refusal]) -> Taken:
    return Taken(changed, len(rows) - len(refused) - changed, refused)


async def put_lists(tx: Tx, lists: Annotated[list[PriceList], _MANY]) -> Taken:
    """Make price lists or change for whom and when they count.

    Emits:
        PriceListChanged for each that is new or different.
    """
    channels = {each.code: each.currency for each in await catalog.channels(tx)}
    refused = intake.list_faults(lists, channels)
    changed = await q.put_lists(tx, given=_json(lists, refused), at=tx.at)
    emit(tx, *(PriceListChanged(code) for code in changed))
    return _taken(lists, len(changed), refused)


async def lists(tx: Tx) -> list[PriceList]:
    """List all price lists."""
    found: list[PriceList] = await q.lists(tx)
    return found


async def put_prices(tx: Tx, prices: Annotated[list[Price], _MANY]) -> Taken:
    """Set prices, or take out those without an amount; all that ever was set is kept in the history.

    A price is known by its list, item, quantity break and beginning. Of overlapping periods the later begun counts.

    Emits:
        PriceChanged for each that is different now.
    """
    skus = await q.known_skus(tx, skus=list({each.sku for each in prices}))
    codes = await q.known_lists(tx, codes=list({each.list for each in prices}))
    refused = intake.price_faults(prices, frozenset(skus), frozenset(codes))
    changed = await q.put_prices(tx, given=_json(prices, refused), at=tx.at)
    emit(tx, *(PriceChanged(each.sku, each.list, each.minor) for each in changed))
    return _taken(prices, len(changed), refused)


async def prices(tx: Tx, sku: Annotated[list[Sku], _SKUS]) -> list[Price]:
    """List the prices of items in all lists, those to come too."""
    found: list[Price] = await q.prices(tx, skus=sku)
    return found


async def listing(
    tx: Tx, skus: Annotated[list[Sku], _MANY] = _NONE, in_list: ListCode | None = None, after: Text = "",
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 200,
) -> list[Price]:  # fmt: skip
    """List prices by item, those to come too: of these items, or of all on from the sku ``after``.

    Args:
        skus: none for all.
        in_list: only those in this price list.
        limit: of how many items.
    """
    if not skus:
        skus = await q.priced_next(tx, in_list=in_list, after=after, size=limit)
    found: list[Price] = await q.prices(tx, skus=skus)
    return [each for each in found if in_list in (None, each.list)]


async def put_tax_rates(tx: Tx, rates: Annotated[list[TaxRate], _MANY]) -> Taken:
    """Set rates of VAT from an instant on.

    Emits:
        TaxRateChanged for each that is new or different.
    """
    refused = intake.rate_faults(rates)
    changed = await q.put_tax_rates(tx, given=_json(rates, refused))
    emit(tx, *(TaxRateChanged(each.country, each.category) for each in changed))
    return _taken(rates, len(changed), refused)


async def tax_rates(tx: Tx, country: Country | None = None) -> list[TaxRate]:
    """List a country's rates of VAT, or those of all, those to come too."""
    found: list[TaxRate] = await q.tax_rates(tx, country=country)
    return found


async def quote_many(tx: Tx, asks: Sequence[Ask]) -> list[Quote | Fault]:
    """Price any number of baskets in one statement: what a buyer pays is always read from the database.

    Lines that ask for the same item count together for quantity breaks. Gives, in order, a quote or why there is none:
    ``NotSellable``, ``CurrencyMismatch``, ``NoPrice`` or ``NoTaxRate``, each naming what it is about.
    """
    found = await _candidates(tx, asks)
    quotes = []
    begin = 0
    for ask in asks:
        end = begin + len(ask.lines)
        quotes.append(rules.quote(ask, found[begin:end]))
        begin = end
    return quotes


async def _candidates(tx: Tx, asks: Sequence[Ask]) -> list[list[Candidate]]:
    channels, countries, groups, ats = [], [], [], []
    skus: list[str] = []
    quantities: list[int] = []
    for ask in asks:
        size = len(ask.lines)
        channels += [ask.channel] * size
        countries += [ask.country] * size
        groups += [ask.group] * size
        ats += [ask.at] * size
        skus += [sku for sku, _ in ask.lines]
        quantities += rules.together(ask.lines)
    rows: list[list[Candidate]] = [[] for _ in skus]
    if skus:
        for each in await q.candidates(
            tx, channels=channels, countries=countries, groups=groups, ats=ats, skus=skus, quantities=quantities
        ):
            rows[each.line - 1].append(each)
    return rows


async def quote(tx: Tx, ask: Ask) -> Quote:
    """Price one basket.

    Raises:
        NotSellable: something is not sold in this channel.
        CurrencyMismatch: the channel sells in another currency.
        NoPrice: something has no price.
        NoTaxRate: the VAT of something is not known.
    """
    [found] = await quote_many(tx, [ask])
    if isinstance(found, Fault):
        raise found
    return found


async def shown(
    tx: Tx, channel: str, skus: Sequence[str], at: datetime | None = None, group: str | None = None
) -> dict[str, Shown]:
    """Tell what a shop shows as the prices of items: of one piece, with the lowest price after a reduction.

    What is not sold in the channel is not in the result; what has no price is, with ``minor`` None.

    Args:
        at: UTC; None for now.
        group: whose prices; None: everybody's.

    Raises:
        UnknownChannel: there is none of this code.
    """
    place = await catalog.channel(tx, channel)
    at = at or tx.at
    asks = [Ask(channel, place.currency, place.country, [(sku, 1)], at, group) for sku in skus]
    offered = [
        (ask, rows) for ask, rows in zip(asks, await _candidates(tx, asks), strict=True) if rows[0].product is not None
    ]
    categories = {ask.lines[0][0]: rows[0].tax_category for ask, rows in offered}
    reduced = await _reductions(tx, [ask for ask, _ in offered], categories, place.display)
    return {
        sku: rules.shown(sku, rows, at, found)
        for (ask, rows), found in zip(offered, reduced, strict=True)
        for sku, _ in ask.lines
    }


async def _reductions(
    tx: Tx, asks: Sequence[Ask], categories: dict[str, str], display: model.Basis
) -> list[Reduction | None]:
    """Tell for each of these one-line baskets of one instant and country whether its price is reduced."""
    if not asks:
        return []
    first = asks[0]
    entries: dict[str, list[model.Said]] = {}
    for each in await q.said(tx, skus=[ask.lines[0][0] for ask in asks], horizon=first.at - rules.HISTORY):
        entries.setdefault(each.sku, []).append(each)
    lists = await q.lists_said(tx)
    rates: dict[str, list[TaxRate]] = {}
    for rate in await q.rates_of(tx, country=first.country, categories=list(set(categories.values()))):
        rates.setdefault(rate.category, []).append(rate)
    found = []
    for ask in asks:
        sku = ask.lines[0][0]
        known = entries.get(sku, [])
        spans = rules.timeline(ask, known, lists, rates.get(categories[sku], []), display)
        found.append(rules.reduction(spans, ask.at))
    return found


async def why(tx: Tx, question: Question) -> Why:
    """Explain the price of an item: every price it has, which counts and why the others do not, its VAT, its reduction.

    Past prices are explained by what was set at that instant.

    Raises:
        UnknownChannel: there is none of this code.
    """
    place = await catalog.channel(tx, question.channel)
    country = question.country or place.country
    line = (question.sku, question.quantity)
    return (await explain(tx, Ask(place.code, place.currency, country, [line], question.at or tx.at, question.group)))[
        0
    ]


async def explain(tx: Tx, ask: Ask) -> list[Why]:
    """Explain the price of every line of a basket, as ``quote`` prices it at ``ask.at``.

    Raises:
        UnknownChannel: there is none of this code.
    """
    place = await catalog.channel(tx, ask.channel)
    lists = await q.lists_said(tx)
    found = []
    for (sku, _), quantity in zip(ask.lines, rules.together(ask.lines), strict=True):
        line = replace(ask, lines=[(sku, quantity)])
        single = Ask(ask.channel, ask.currency, ask.country, [(sku, 1)], ask.at)
        category = await q.tax_category(tx, sku=sku) or ""
        said = await q.said(tx, skus=[sku], horizon=ask.at - rules.HISTORY)
        rates = await q.rates_of(tx, country=ask.country, categories=[category])
        spans = rules.timeline(single, said, lists, rates, place.display)
        prices = rules.standing(said, lists, ask.at)
        vat = rules.vat_in_words(ask.country, category, rates, ask.at)
        found.append(rules.why(line, prices, vat, rules.reduction(spans, ask.at)))
    return found


async def put_costs(tx: Tx, costs: Annotated[list[Cost], _MANY]) -> Taken:
    """Set what items cost the shop, or take out costs without an amount; all that ever was set is kept in the history.

    A cost is known by its item, currency, location and beginning. Of several that have begun the latest counts.

    Emits:
        CostChanged for each item of which something is different now.
    """
    refused = intake.cost_faults(costs, await _known(tx, costs))
    changed = await q.put_costs(tx, given=_json(costs, refused), at=tx.at)
    emit(tx, *(CostChanged(sku) for sku in dict.fromkeys(changed)))
    return _taken(costs, len(changed), refused)


async def _known(tx: Tx, rows: Sequence[Cost | CompetitorPrice | PriceFloor]) -> frozenset[str]:
    return frozenset(await q.known_skus(tx, skus=list({each.sku for each in rows})))


async def cost_rows(
    tx: Tx, sku: Annotated[list[Sku], _SKUS] = _NONE, after: Text = "", limit: Size = 200
) -> list[Cost]:
    """List what items cost the shop, those to come too: these items, or all by sku, on from ``after``.

    Args:
        sku: none for all.
        limit: of how many items.
    """
    found: list[Cost] = await q.cost_rows(tx, skus=sku or await q.costed_next(tx, after=after, size=limit))
    return found


async def costs(
    tx: Tx, skus: Sequence[str], currency: str, at: datetime | None = None, location: str | None = None
) -> dict[str, int]:
    """Tell what any number of items cost the shop at an instant: net minor units per piece, or per 1000 g or ml.

    Items whose cost in this currency is not known are not in the result.

    Args:
        at: UTC; None for now.
        location: a store or warehouse whose own costs count first; None: what counts everywhere.
    """
    found = await q.costs(tx, skus=list(skus), currency=currency, at=at or tx.at, location=location)
    return {each.sku: each.minor for each in found}


async def margins(
    tx: Tx, channel: catalog.ChannelCode, sku: Annotated[list[Sku], _SKUS], at: datetime | None = None
) -> list[Margin]:
    """Tell what the shop earns with items in a channel: the price without VAT, less the cost.

    What is not sold there is left out.

    Raises:
        UnknownChannel: there is none of this code.
    """
    place = await catalog.channel(tx, channel)
    at = at or tx.at
    counting = await standing(tx, channel, sku, at)
    known = await costs(tx, sku, place.currency, at)
    offered = [each for each in dict.fromkeys(sku) if each in counting]
    return [rules.margin(each, place, counting[each], known.get(each)) for each in offered]


async def standing(
    tx: Tx, channel: str, skus: Sequence[str], at: datetime, without: Callable[[str], bool] | None = None
) -> dict[str, Counting | None]:
    """Tell for any number of items which price of one piece counts for everybody in a channel, in one statement.

    What is not sold there is not in the result; what has no price, or whose VAT is not known, is None.

    Args:
        without: which price lists to leave out of account, by their codes: what would count if they were not?

    Raises:
        UnknownChannel: there is none of this code.
    """
    place = await catalog.channel(tx, channel)
    asks = [Ask(channel, place.currency, place.country, [(sku, rules.MOST)], at) for sku in dict.fromkeys(skus)]
    rows = await _candidates(tx, asks)
    return {
        ask.lines[0][0]: rules.counting(found, at, without)
        for ask, found in zip(asks, rows, strict=True)
        if found[0].product is not None
    }


async def put_competitor_prices(tx: Tx, prices: Annotated[list[CompetitorPrice], _MANY]) -> Taken:
    """Note what items were seen to cost at competitors; what is older than what is known already changes nothing.

    Emits:
        CompetitorPriceChanged for each that was seen later than the last.
    """
    refused = intake.competitor_faults(prices, await _known(tx, prices), tx.at)
    changed = await q.put_competitor_prices(tx, given=_json(prices, refused), at=tx.at)
    emit(tx, *(CompetitorPriceChanged(each.sku, each.competitor, each.currency, each.minor) for each in changed))
    return _taken(prices, len(changed), refused)


async def competitor_prices(
    tx: Tx, sku: Annotated[list[Sku], _SKUS] = _NONE, after: Text = "", limit: Size = 200
) -> list[CompetitorPrice]:
    """List what items were last seen to cost at competitors, with when and where that is known from.

    Args:
        sku: none for all, by sku on from ``after``.
        limit: of how many items.
    """
    skus = sku or await q.seen_next(tx, after=after, size=limit)
    found: list[CompetitorPrice] = await q.competitor_prices(tx, skus=skus)
    return found


async def put_floors(tx: Tx, floors: Annotated[list[PriceFloor], _MANY]) -> Taken:
    """Set the least that buyers may be asked for items, or take out floors without an amount; the history is kept.

    A floor is known by its item, currency, country, kind and beginning. Of several that hold the highest counts.

    Emits:
        PriceFloorChanged for each item of which something is different now.
    """
    refused = intake.floor_faults(floors, await _known(tx, floors))
    changed = await q.put_floors(tx, given=_json(floors, refused), at=tx.at)
    emit(tx, *(PriceFloorChanged(sku) for sku in dict.fromkeys(changed)))
    return _taken(floors, len(changed), refused)


async def floor_rows(
    tx: Tx, sku: Annotated[list[Sku], _SKUS] = _NONE, after: Text = "", limit: Size = 200
) -> list[PriceFloor]:
    """List the least that buyers may be asked for items, with the law or agreement that says so, those to come too.

    Args:
        sku: none for all, by sku on from ``after``.
        limit: of how many items.
    """
    found: list[PriceFloor] = await q.floor_rows(tx, skus=sku or await q.floored_next(tx, after=after, size=limit))
    return found


async def floors(
    tx: Tx, skus: Sequence[str], currency: str, country: str, at: datetime | None = None
) -> dict[str, PriceFloor]:
    """Tell the highest floor of any number of items in a country at an instant; what has none is left out."""
    found = await q.floors(tx, skus=list(skus), currency=currency, country=country, at=at or tx.at)
    return {each.sku: each for each in found}
