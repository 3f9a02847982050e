"""Keeping the shelf: what promotions make of prices, written as prices, and what the news means to it.

Whoever makes an item's prices locks it first and then reads all that there is, so it does not matter how often, in
which order or by how many it is done: the last has read what is so, and what is so already is not written again.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from rynek.commerce import catalog, pricing
from rynek.commerce.catalog import Channel, Sku
from rynek.commerce.pricing import Price, PriceList, TaxRate
from rynek.commerce.promotions import model, rules, shelf
from rynek.commerce.promotions.actions import q
from rynek.commerce.promotions.language import Amount, FixedPrice, Lane, Percent, Promotion, What
from rynek.commerce.promotions.model import Amiss, AmissPrice, OnShelf, Program, ShelfPrice, Ware
from rynek.commerce.promotions.programs import Programs
from rynek.kernel.database import Tx
from rynek.kernel.jobs import enqueue, job

CHUNK = 1_000
"""How many items' prices are made in one transaction."""
_REMEMBERED = 4

_promotion = msgspec.json.Decoder(Promotion).decode
_lanes = msgspec.json.Decoder(list[Lane]).decode
_programs = msgspec.json.Decoder(list[Program]).decode
_ready: dict[UUID, Programs] = {}
"""Promotions on the shelf compiled, by which promotions there are; the newest last."""


class Found(Struct, frozen=True):
    """Of items: which prices the shelf should have, and which it has."""

    wanted: dict[str, list[ShelfPrice]]
    there: dict[str, list[Price]]
    lists: dict[str, PriceList]
    channels: dict[str, Channel]


async def programs(tx: Tx) -> Programs:
    """Give the promotions on the shelf compiled, as they are in this transaction."""
    found = _ready.get(await q.version(tx))
    if found is not None:
        return found
    read: model.Loaded = await q.loaded(tx, at=tx.at)
    said = [(each.promotion, each.version) for each in _programs(read.programs) if each.promotion.shelf]
    found = _ready[read.version] = Programs(read.version, _lanes(read.lanes), said)
    while len(_ready) > _REMEMBERED:
        del _ready[next(iter(_ready))]
    return found


async def find(tx: Tx, skus: Sequence[str]) -> Found:
    """Read all that the shelf prices of items come from, and tell what they should be."""
    ready = await programs(tx)
    lists = {each.code: each for each in await pricing.lists(tx)}
    own = set(await q.shelf_lists(tx))
    channels = {each.code: each for each in await catalog.channels(tx)}
    others: dict[str, list[tuple[Price, PriceList]]] = {}
    there: dict[str, list[Price]] = {}
    for each in await pricing.prices(tx, list(skus)):
        if each.list in own:
            there.setdefault(each.sku, []).append(each)
        else:
            others.setdefault(each.sku, []).append((each, lists[each.list]))
    rates = await _rates(tx, channels.values(), [each for each in lists.values() if each.code not in own])
    wares: list[Ware] = await q.wares(tx, skus=skus) if ready.all else []
    wanted = {
        ware.sku: [
            price
            for code in ware.channels
            for price in shelf.shelved(
                ready, channels[code], ware, others.get(ware.sku, []),
                rates.get((channels[code].country, ware.tax_category), []), tx.at,
            )
        ]
        for ware in wares
    }  # fmt: skip
    return Found(wanted, there, lists, channels)


async def _rates(
    tx: Tx, channels: Iterable[Channel], lists: Collection[PriceList]
) -> dict[tuple[str, str], list[TaxRate]]:
    """Read the VAT of the countries whose channels show prices otherwise than lists say them."""
    countries = {
        place.country
        for place in channels
        if any(of.basis != place.display and of.currency == place.currency for of in lists)
    }
    found: dict[tuple[str, str], list[TaxRate]] = {}
    for country in sorted(countries):
        for rate in await pricing.tax_rates(tx, country):
            found.setdefault((rate.country, rate.category), []).append(rate)
    return found


async def reshelve(tx: Tx, skus: Iterable[str]) -> int:
    """Make the prices of items on the shelf what the rules say; gives how many were written or taken out."""
    items = sorted(set(skus))
    if not items or not await q.shelving(tx):
        return 0
    await q.open_items(tx, skus=items)
    await q.lock_items(tx, skus=items)
    found = await find(tx, items)
    prices = [
        each for sku in items for each in shelf.changes(found.wanted.get(sku, []), found.there.get(sku, []), tx.at)
    ]
    await _put_lists(tx, found)
    if prices:
        await pricing.put_prices(tx, prices)
    return len(prices)


async def _put_lists(tx: Tx, found: Found) -> None:
    """Have the lists that shelf prices stand in."""
    needed = {each.list: each for some in found.wanted.values() for each in some}
    made = [_list(code, price, found.channels[price.channel]) for code, price in sorted(needed.items())]
    fresh = [each for each in made if found.lists.get(each.code) != each]
    if fresh:
        await pricing.put_lists(tx, fresh)
        await q.own_lists(tx, codes=[each.code for each in fresh])


def _list(code: str, price: ShelfPrice, channel: Channel) -> PriceList:
    whose = "" if price.group is None else f", {price.group}"
    return PriceList(
        code=code, name=f"On the shelf of {price.channel}{whose}", currency=channel.currency, basis=price.basis,
        channel=price.channel, customer_group=price.group, priority=shelf.PRIORITY,
    )  # fmt: skip


# --- what the news is about -------------------------------------------------------------------------------------------


async def begin(tx: Tx, skus: Iterable[str]) -> None:
    """Make the prices of items on the shelf: at once where they are few, else in the background, part by part."""
    items = sorted(set(skus))
    if len(items) <= CHUNK:
        await reshelve(tx, items)
        return
    for place in range(0, len(items), CHUNK):
        await enqueue(tx, shelve_items, skus=items[place : place + CHUNK])


@job("promotions.shelve-items", "commerce")
async def shelve_items(tx: Tx, *, skus: list[str]) -> None:
    """Make the prices of these items on the shelf."""
    await reshelve(tx, skus)


@job("promotions.shelve", "commerce")
async def shelve(tx: Tx, *, promotion: str | None = None, price_list: str | None = None, after: str = "") -> None:
    """Make the prices on the shelf of the next items that a promotion or price list is about, or of all.

    What was done before a crash stays, and the rest follows.
    """
    if price_list is not None:
        skus = await q.listed(tx, list=price_list, after=after, limit=CHUNK)
    else:
        skus = await _scope(tx, promotion, after, CHUNK)
    await reshelve(tx, skus)
    if len(skus) == CHUNK:
        await enqueue(tx, shelve, promotion=promotion, price_list=price_list, after=skus[-1])


async def _scope(tx: Tx, promotion: str | None, after: str, limit: int) -> list[str]:
    """Find the items that a promotion speaks of, or ever did; None: all."""
    whats = [What()] if promotion is None else [_what(each) for each in await _said(tx, promotion)]
    found: list[str] = await q.scope(
        tx, skus=[sku for each in whats for sku in each.skus],
        brands=[code for each in whats if not each.skus for code in each.brands],
        categories=[code for each in whats if not (each.skus or each.brands) for code in each.categories],
        everything=any(not (each.skus or each.brands or each.categories) for each in whats),
        after=after, limit=limit,
    )  # fmt: skip
    return found


def _what(promotion: Promotion) -> What:
    return promotion.gives.of if isinstance(promotion.gives, Percent | Amount | FixedPrice) else What()


async def _said(tx: Tx, code: str) -> list[Promotion]:
    """List what a promotion ever said while it was one of the shelf."""
    found = [_promotion(each.document) for each in await q.entries(tx, code=code)]
    return [each for each in found if each.shelf]


async def was_on_shelf(tx: Tx, code: str) -> bool:
    """Tell whether a promotion is or was one of the shelf."""
    return bool(await _said(tx, code))


# --- telling ----------------------------------------------------------------------------------------------------------


async def on_shelf(tx: Tx, sku: Sku) -> list[OnShelf]:
    """Tell which prices promotions make of an item's on the shelf, now and to come, and which promotions."""
    found = await find(tx, [sku])
    amiss = {(each.list, each.minimum, each.from_at) for each in _amiss(found, sku, tx)}
    return [
        OnShelf(
            each.list, each.channel, each.group, each.basis, each.minimum, each.from_at, each.until_at, each.minor,
            each.listed_minor, (each.list, each.minimum, each.from_at) not in amiss,
            [rules.reason(tried, found.channels[each.channel].currency) for tried in each.tried],
        )
        for each in found.wanted.get(sku, [])
    ]  # fmt: skip


async def shelf_amiss(
    tx: Tx, after: Annotated[str, Meta(max_length=40, pattern="^[^\\u0000]*$")] = "",
    limit: Annotated[int, Meta(ge=1, le=2_000)] = 500,
) -> Amiss:  # fmt: skip
    """Look through items, and tell which of their prices on the shelf are not what the rules say.

    What has changed only just may be among them, for the shelf follows the news.
    """
    skus = await _scope(tx, None, after, limit)
    found = await find(tx, skus)
    return Amiss(
        len(skus), [each for sku in skus for each in _amiss(found, sku, tx)], skus[-1] if len(skus) == limit else None
    )


def _amiss(found: Found, sku: str, tx: Tx) -> list[AmissPrice]:
    return [
        AmissPrice(sku, each.list, each.minimum, each.from_at, each.until_at, each.minor)
        for each in shelf.changes(found.wanted.get(sku, []), found.there.get(sku, []), tx.at)
    ]
