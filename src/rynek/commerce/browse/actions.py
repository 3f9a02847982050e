"""What shops read: ready from the shelf, or read from the database once for all who ask at that moment."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from typing import Any, cast
from uuid import UUID

import msgspec

from rynek.commerce import catalog, inventory, media, pricing, purchasing
from rynek.commerce.browse import model, rules
from rynek.commerce.browse.model import (
    Card,
    Detail,
    Front,
    Group,
    Limit,
    Listing,
    NotOffered,
    Rubric,
    Some,
    Sort,
    Text,
    UnknownCategory,
    Whole,
)
from rynek.commerce.browse.shelf import Answer, Page, PageKey, Shelf, Stocked, shelf_of
from rynek.commerce.catalog import Channel, ChannelCode, Code, Entry
from rynek.kernel import clock
from rynek.kernel.batch import Batcher
from rynek.kernel.database import Database, Tx
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Invalid
from rynek.kernel.sql import queries

q = queries(__file__, model)

_NEVER = datetime.max.replace(tzinfo=UTC)
_encode = msgspec.json.Encoder().encode
_entry = msgspec.json.Decoder(Entry).decode
_rubrics = msgspec.json.Decoder(list[Rubric]).decode
# anyone may keep an answer, but has to ask whether it still holds: that costs a line, and a change shows at once
_CACHING = ("cache-control", "public, no-cache")
# what is not so yet is kept nowhere
_PRIVATE = ("cache-control", "private, no-store")


async def listing(
    call: Call[Any], channel: ChannelCode, category: Code | None = None, sort: Sort = "name",
    after: UUID | None = None, limit: Limit = 24,
) -> Listing:  # fmt: skip
    """List what a channel offers, with prices and what can be bought now.

    Args:
        category: only what is in it or in one inside it.
        after: the last product of the page before.

    Raises:
        UnknownChannel: there is no such channel.
        UnknownCategory: there is no such category.
    """
    database, shelf = call.door.database, shelf_of(call.door.database)
    key = (channel, category, sort, after, limit)
    page = shelf.page(key)
    if page is None:
        page = await _page(database, shelf, key)
    answer = page.answer
    if answer is None or answer.until_at <= clock.now():
        answer = await _assemble(database, shelf, key, page)
    return cast("Listing", _respond(call, answer.body, answer.etag))


async def product(call: Call[Any], channel: ChannelCode, product: Text) -> Detail:
    """Show a product with its variants, their prices and what can be bought now.

    Args:
        product: its address (slug) or its id.

    Raises:
        UnknownChannel: there is no such channel.
        NotOffered: there is no such product in this channel now.
    """
    database, shelf = call.door.database, shelf_of(call.door.database)
    try:
        key = UUID(product)
    except ValueError:
        key = await _of_slug(database, shelf, channel, product)
    item = shelf.item((channel, key))
    if item is None:
        item = await (await _filler(database, shelf, channel)).submit(key)
    if item is None:
        raise NotOffered(f"{channel} does not offer {product}", channel=channel)
    return cast("Detail", _respond(call, item.detail, item.etag))


async def front(tx: Tx, channel: ChannelCode) -> Front:
    """Show what a shop of a channel has to say of itself, and the categories in which it offers something.

    Raises:
        UnknownChannel: there is no such channel.
    """
    found = await catalog.channel(tx, channel)
    rubrics: list[Rubric] = await q.rubrics(tx, channel=channel)
    return Front(found.code, found.name, found.currency, found.country, found.locale, found.display, rubrics)


# --- as it will be ----------------------------------------------------------------------------------------------------


async def preview_front(call: Call[Any], channel: ChannelCode, at: datetime) -> Front:
    """Show what a shop will say of itself at an instant to come, by all that is set by now.

    Raises:
        UnknownChannel: there is no such channel.
        Invalid: the instant has no time zone, or is not to come.
    """
    async with call.door.database.transaction("commerce") as tx:
        _to_come(tx, at)
        found = await catalog.channel(tx, channel)
        rubrics: list[Rubric] = await q.rubrics_at(tx, channel=channel, at=at)
    said = Front(found.code, found.name, found.currency, found.country, found.locale, found.display, rubrics)
    return cast("Front", Response(body=_encode(said), headers=(_PRIVATE,)))


async def preview_listing(  # noqa: PLR0913, PLR0917 - a listing, with two questions more
    call: Call[Any], channel: ChannelCode, at: datetime, group: Group | None = None, category: Code | None = None,
    sort: Sort = "name", after: UUID | None = None, limit: Limit = 24,
) -> Listing:  # fmt: skip
    """List what a channel will offer at an instant to come, to a customer group, by all that is set by now.

    Prices, publications, taxes and promotions on the shelf are those of then; what is in stock is what is there now.

    Args:
        group: whose prices; None: everybody's.
        category: only what is in it or in one inside it.
        after: the last product of the page before.

    Raises:
        UnknownChannel: there is no such channel.
        UnknownCategory: there is no such category.
        Invalid: the instant has no time zone, or is not to come.
    """
    async with call.door.database.transaction("commerce") as tx:
        _to_come(tx, at)
        place = await catalog.channel(tx, channel)
        found = await _products(tx, (channel, category, sort, after, limit), at)
        items = await stock(tx, place, found[:limit], at, group)
    cards = b",".join(items[each].card for each in found[:limit] if each in items)
    body = b'{"products":[%s],"after":%s}' % (cards, _encode(found[limit - 1] if len(found) > limit else None))
    return cast("Listing", Response(body=body, headers=(_PRIVATE,)))


async def preview_cards(
    call: Call[Any], channel: ChannelCode, at: datetime, products: Some, group: Group | None = None
) -> list[Card]:
    """Show products as a listing will at an instant to come, in the order asked; what will not be offered is left out.

    Args:
        products: at most 100 of them.
        group: whose prices; None: everybody's.

    Raises:
        UnknownChannel: there is no such channel.
        Invalid: the instant has no time zone, or is not to come.
    """
    async with call.door.database.transaction("commerce") as tx:
        _to_come(tx, at)
        items = await stock(tx, await catalog.channel(tx, channel), products, at, group)
    body = b"[%s]" % b",".join(items[each].card for each in products if each in items)
    return cast("list[Card]", Response(body=body, headers=(_PRIVATE,)))


async def preview_product(
    call: Call[Any], channel: ChannelCode, product: Text, at: datetime, group: Group | None = None
) -> Detail:
    """Show a product as it will be at an instant to come, to a customer group, by all that is set by now.

    Args:
        product: its address (slug) or its id.
        group: whose prices; None: everybody's.

    Raises:
        UnknownChannel: there is no such channel.
        NotOffered: there will be no such product in this channel then.
        Invalid: the instant has no time zone, or is not to come.
    """
    async with call.door.database.transaction("commerce") as tx:
        _to_come(tx, at)
        place = await catalog.channel(tx, channel)
        try:
            key: UUID | None = UUID(product)
        except ValueError:
            key = await q.of_slug(tx, slug=product, locale=place.locale)
        items = await stock(tx, place, [key], at, group) if key is not None else {}
    if key not in items:
        raise NotOffered(f"{channel} will not offer {product} then", channel=channel)
    return cast("Detail", Response(body=items[key].detail, headers=(_PRIVATE,)))


def _to_come(tx: Tx, at: datetime) -> None:
    if at.tzinfo is None:
        raise Invalid("an instant needs its time zone", field="at")
    if at < tx.at:
        raise Invalid("a preview is of what is to come; commerce.pricing.why explains the past", field="at")


def _respond(call: Call[Any], body: bytes, etag: str) -> Response:
    """Send what is ready, or say that what the caller has is still so."""
    headers = (("etag", etag), _CACHING)
    asked = call.request.header("if-none-match") if call.request is not None else None
    if asked is not None and (asked == "*" or etag in (each.strip().removeprefix("W/") for each in asked.split(","))):
        return Response(304, headers=headers)
    return Response(body=body, headers=headers)


async def _page(database: Database, shelf: Shelf, key: PageKey) -> Page:
    """Read which products are on a page."""
    channel, limit = key[0], key[4]
    began = shelf.tick
    async with database.transaction("commerce") as tx:
        await catalog.channel(tx, channel)
        found = await _products(tx, key, tx.at)
        opens_at = await q.opens_at(tx, channel=channel, at=tx.at)
    read = Page(found[:limit], found[limit - 1] if len(found) > limit else None, opens_at or _NEVER)
    shelf.put_page(key, read, began)
    return read


async def _products(tx: Tx, key: PageKey, at: datetime) -> list[UUID]:
    """Find the products of a page and the one after it, as a channel offers them at an instant."""
    channel, category, sort, after, limit = key
    page = {"channel": channel, "at": at, "after": after, "size": limit + 1}
    if category is None:
        return cast("list[UUID]", await (q.by_name if sort == "name" else q.by_newest)(tx, **page))
    codes = await q.subtree(tx, category=category)
    if not codes:
        raise UnknownCategory(f"there is no category {category}", category=category)
    within = q.in_category_by_name if sort == "name" else q.in_category_by_newest
    return cast("list[UUID]", await within(tx, codes=codes, **page))


async def _assemble(database: Database, shelf: Shelf, key: PageKey, page: Page) -> Answer:
    """Make a page's answer of its products' cards; those that are not on the shelf are fetched together."""
    channel = key[0]
    items = await _items(database, shelf, channel, page.products)
    there: list[Stocked] = [each for each in items if each is not None]
    after = _encode(page.after)
    body = b'{"products":[%s],"after":%s}' % (b",".join(each.card for each in there), after)
    etag = _etag(b"".join(each.etag.encode() for each in there) + after)
    answer = Answer(body, etag, min((each.until_at for each in there), default=_NEVER))
    shelf.put_answer(key, page, items, answer)
    return answer


def _etag(content: bytes) -> str:
    return f'"{blake2b(content, digest_size=9).hexdigest()}"'


async def _of_slug(database: Database, shelf: Shelf, channel: str, slug: str) -> UUID:
    found = shelf.slugs.get((channel, slug)) if shelf.fresh else None
    if found is not None:
        return found
    async with database.transaction("commerce") as tx:
        place = await catalog.channel(tx, channel)
        read: UUID | None = await q.of_slug(tx, slug=slug, locale=place.locale)
    if read is None:
        raise NotOffered(f"{channel} does not offer {slug}", channel=channel)
    return read


async def _filler(database: Database, shelf: Shelf, channel: str) -> Batcher:
    """Give what fetches products of a channel, once it is known that there is this channel."""
    if channel not in shelf.channels or not shelf.fresh:
        began = shelf.tick
        async with database.transaction("commerce") as tx:
            found = await catalog.channel(tx, channel)
        if shelf.tick == began:
            shelf.channels[channel] = found
    return shelf.filler(channel, partial(_fill, database, channel))


async def _fill(database: Database, channel: str, products: Sequence[UUID]) -> list[Stocked | None]:
    """Fetch products and lay them on the shelf; None for what the channel does not offer."""
    shelf = shelf_of(database)
    began = shelf.tick
    async with database.transaction("commerce") as tx:
        found = await stock(tx, await catalog.channel(tx, channel), list(dict.fromkeys(products)))
    for product, item in found.items():
        shelf.put_item((channel, product), item, began)
    return [found.get(each) for each in products]


async def wholes(
    tx: Tx, channel: Channel, products: Sequence[UUID], at: datetime | None = None, group: str | None = None
) -> list[Whole]:
    """Read products as a channel shows them; what it does not offer is not in the result.

    Args:
        at: None for now; what is in stock is always what is there now.
        group: whose prices; None: everybody's.
    """
    rows: list[model.Row] = await q.rows(tx, channel=channel.code, at=at or tx.at, products=products)
    entries = [_entry(row.entry) for row in rows]
    skus = [variant.sku for entry in entries for variant in entry.variants]
    shown = await pricing.shown(tx, channel.code, skus, at, group)
    parts = await catalog.components(tx, skus)
    needed = list({*skus, *(sku for each in parts.values() for sku, _ in each)})
    units = {each.sku: each.units for each in await inventory.available(tx, channel.code, needed)}
    beyond = await purchasing.expectations(tx, channel.code, needed)
    attributes = {each.code: each for each in await catalog.attributes(tx)}
    digests = {media.digest(each.url) for entry in entries for each in entry.media} - {None}
    pictures = await media.shown(tx, [each for each in digests if each])
    facts = rules.Facts(shown, units, parts, attributes, pictures, beyond)
    found = []
    for entry, row in zip(entries, rows, strict=True):
        detail = rules.detail(entry, row.brand, _rubrics(row.rubrics), channel.locale, facts)
        until = [facts.shown[each.sku].good_until for each in detail.items if each.sku in facts.shown]
        until_at = min(each or _NEVER for each in [row.until_at, *until])
        first = min(entry.media, key=lambda each: each.position, default=None)
        pictured = rules.picture(first, channel.locale, facts.pictures, "4x3") if first else None
        found.append(Whole(entry, detail, until_at, pictured))
    return found


async def stock(
    tx: Tx, channel: Channel, products: Sequence[UUID], at: datetime | None = None, group: str | None = None
) -> dict[UUID, Stocked]:
    """Read products as ``wholes`` does, ready to be sent."""
    return {each.entry.id: _stocked(each) for each in await wholes(tx, channel, products, at, group)}


def _stocked(whole: Whole) -> Stocked:
    shown = whole.detail
    card, detail = _encode(rules.card(shown, whole.pictured)), _encode(shown)
    skus = [each.sku for each in shown.items]
    tags = dict.fromkeys([*skus, *(held.sku for each in shown.items for held in each.holds)])
    slugs = tuple({whole.entry.slug or "", shown.slug})
    return Stocked(card, detail, _etag(detail), tuple(tags), slugs, whole.until_at)


async def cards(database: Database, channel: ChannelCode, products: Sequence[UUID]) -> list[bytes | None]:
    """Give products' cards as JSON, from the shelf or fetched together; None for what the channel does not offer.

    Raises:
        UnknownChannel: there is no such channel.
    """
    there = await _items(database, shelf_of(database), channel, products)
    return [each.card if each is not None else None for each in there]


async def _items(database: Database, shelf: Shelf, channel: str, products: Sequence[UUID]) -> list[Stocked | None]:
    items = [shelf.item((channel, each)) for each in products]
    if None in items:
        filler = await _filler(database, shelf, channel)
        missing = [filler.submit(each) for each, item in zip(products, items, strict=True) if item is None]
        fetched = iter(await asyncio.gather(*missing))
        items = [next(fetched) if item is None else item for item in items]
    return items
