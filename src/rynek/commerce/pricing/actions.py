"""What is done with prices."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from rynek.commerce import catalog
from rynek.commerce.catalog import Country, Refusal, Sku, Taken
from rynek.commerce.pricing import model, rules
from rynek.commerce.pricing.events import PriceChanged, PriceListChanged, TaxRateChanged
from rynek.commerce.pricing.model import Ask, Candidate, Price, PriceList, Quote, TaxRate
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Fault
from rynek.kernel.sql import queries

q = queries(__file__, model)

_MANY = Meta(max_length=1_000)


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
    refused = rules.list_faults(lists, channels)
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
    refused = rules.price_faults(prices, frozenset(skus), frozenset(codes))
    changed = await q.put_prices(tx, given=_json(prices, refused), at=tx.at)
    emit(tx, *(PriceChanged(each.sku, each.list, each.minor) for each in changed))
    return _taken(prices, len(changed), refused)


async def prices(tx: Tx, sku: Annotated[list[Sku], Meta(max_length=200)]) -> list[Price]:
    """List the prices of items in all lists, those to come too."""
    found: list[Price] = await q.prices(tx, skus=sku)
    return found


async def put_tax_rates(tx: Tx, rates: Annotated[list[TaxRate], _MANY]) -> Taken:
    """Set rates of VAT from an instant on.

    Emits:
        TaxRateChanged for each that is new or different.
    """
    refused = rules.rate_faults(rates)
    changed = await q.put_tax_rates(tx, given=_json(rates, refused))
    emit(tx, *(TaxRateChanged(each.country, each.category) for each in changed))
    return _taken(rates, len(changed), refused)


async def tax_rates(tx: Tx, country: Country) -> list[TaxRate]:
    """List a country's rates of VAT, those to come too."""
    found: list[TaxRate] = await q.tax_rates(tx, countries=[country])
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
