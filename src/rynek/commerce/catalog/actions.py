"""What is done in the catalogue. Bulk writes take what they can and say of every other row why not."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import media
from rynek.commerce.catalog import model, rules
from rynek.commerce.catalog.events import (
    BundleChanged,
    ChannelChanged,
    ProductChanged,
    PublicationChanged,
    SortingChanged,
)
from rynek.commerce.catalog.model import (
    Attribute,
    Brand,
    Bundle,
    Category,
    Channel,
    ChannelCode,
    Code,
    Component,
    Entry,
    Media,
    Offer,
    PictureUnfit,
    Product,
    Publication,
    Refusal,
    Shelf,
    Sku,
    Sorted,
    Taken,
    Text,
    UnknownChannel,
    UnknownProduct,
    Url,
)
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.sql import queries

q = queries(__file__, model)

Size = Annotated[int, Meta(ge=1, le=200)]
_MANY = Meta(max_length=1_000)
_NONE: list[str] = []
_MOST_MEDIA = 100
_entry = msgspec.json.Decoder(Entry).decode


def _json(rows: Any) -> str:
    return msgspec.json.encode(rows).decode()


def _kept(rows: Sequence[Any], refused: Sequence[Refusal]) -> list[Any]:
    wrong = {each.row for each in refused}
    return [each for row, each in enumerate(rows) if row not in wrong]


def _taken(rows: Sequence[Any], changed: int, refused: list[Refusal]) -> Taken:
    return Taken(changed, len(rows) - len(refused) - changed, refused)


async def put_channels(tx: Tx, channels: Annotated[list[Channel], _MANY]) -> Taken:
    """Open channels or change them.

    Emits:
        ChannelChanged for each that is new or different.
    """
    refused = rules.channel_faults(channels)
    changed = await q.put_channels(tx, given=_json(_kept(channels, refused)))
    emit(tx, *(ChannelChanged(code) for code in changed))
    return _taken(channels, len(changed), refused)


async def channels(tx: Tx) -> list[Channel]:
    """List all channels."""
    found: list[Channel] = await q.channels(tx)
    return found


async def channel(tx: Tx, code: str) -> Channel:
    """Look a channel up.

    Raises:
        UnknownChannel: there is none of this code.
    """
    for each in await channels(tx):
        if each.code == code:
            return each
    raise UnknownChannel(f"there is no channel {code}", channel=code)


async def put_categories(tx: Tx, categories: Annotated[list[Category], _MANY]) -> Taken:
    """Make categories, rename them or move them with all that is inside.

    Emits:
        SortingChanged for each that is new or different.
    """
    parents = {step.code: step.parent for step in await q.parents(tx)}
    refused = rules.category_faults(categories, parents)
    changed = await q.put_categories(tx, given=_json(_kept(categories, refused)))
    await q.set_paths(tx)
    emit(tx, *(SortingChanged("category", code) for code in changed))
    return _taken(categories, len(changed), refused)


async def categories(tx: Tx) -> list[Shelf]:
    """List the whole tree of categories, each before what is inside it."""
    found: list[Shelf] = await q.categories(tx)
    return found


async def put_brands(tx: Tx, brands: Annotated[list[Brand], _MANY]) -> Taken:
    """Add brands or rename them.

    Emits:
        SortingChanged for each that is new or different.
    """
    refused = rules.code_faults(each.code for each in brands)
    changed = await q.put_brands(tx, given=_json(_kept(brands, refused)))
    emit(tx, *(SortingChanged("brand", code) for code in changed))
    return _taken(brands, len(changed), refused)


async def brands(tx: Tx, after: Text = "", limit: Size = 100) -> list[Brand]:
    """List brands by code, on from the code ``after``."""
    found: list[Brand] = await q.brands(tx, after=after, size=limit)
    return found


async def put_attributes(tx: Tx, attributes: Annotated[list[Attribute], _MANY]) -> Taken:
    """Define attributes; the kind of one stays, and its choices can only grow.

    Emits:
        SortingChanged for each that is new or different.
    """
    present = {each.code: each for each in await q.attributes(tx)}
    refused = rules.attribute_faults(attributes, present)
    changed = await q.put_attributes(tx, given=_json(_kept(attributes, refused)))
    emit(tx, *(SortingChanged("attribute", code) for code in changed))
    return _taken(attributes, len(changed), refused)


async def attributes(tx: Tx) -> list[Attribute]:
    """List all attributes."""
    found: list[Attribute] = await q.attributes(tx)
    return found


async def put_products(tx: Tx, products: Annotated[list[Product], _MANY]) -> Taken:
    """Write products whole: what is new is added, what is there becomes as given.

    A variant that is no longer listed is sold no more, but stays known to those who bought it. An archived product
    that is written again is back.

    Emits:
        ProductChanged for each that is new or different.
    """
    products = [rules.settled(each) for each in products]
    refused = rules.product_faults(products, await _known(tx, products))
    kept: list[Product] = _kept(products, refused)
    changed = set(await q.put_products(tx, given=_json([_product(each) for each in kept]), at=tx.at))
    keys = {key.code: key.id for key in await q.ids(tx, codes=[each.code for each in kept])}
    touched = await _put_parts(tx, kept, keys)
    changed |= {code for code, key in keys.items() if key in touched}
    await media.use(tx, {keys[each.code]: rules.pictures([each]) for each in kept if each.code in changed})
    emit(tx, *(ProductChanged(keys[code], code) for code in sorted(changed)))
    return _taken(products, len(changed), refused)


async def _put_parts(tx: Tx, products: Sequence[Product], keys: dict[str, UUID]) -> set[UUID]:
    """Write the variants and translations of products; gives which products that changed."""
    every, skus = list(keys.values()), [variant.sku for each in products for variant in each.variants]
    variants = [
        {"product": keys[each.code], "position": position, **msgspec.to_builtins(variant)}
        for each in products
        for position, variant in enumerate(each.variants)
    ]
    words = [
        {"product": keys[each.code], "locale": locale, **msgspec.to_builtins(translation)}
        for each in products
        for locale, translation in each.translations.items()
    ]
    dropped = await q.drop_variants(tx, products=every, skus=skus)
    put = await q.put_variants(tx, given=_json(variants))
    translated = await q.put_translations(tx, products=every, given=_json(words))
    return {*dropped, *put, *translated}


def _product(product: Product) -> dict[str, Any]:
    values = {name: getattr(product, name) for name in Product.__struct_fields__}
    return {"id": ids.new(), **values, "variants": None, "translations": None}


async def _known(tx: Tx, products: Sequence[Product]) -> rules.Known:
    """Read what the catalogue has of all that these products speak of."""
    variants = [variant for each in products for variant in each.variants]
    words = [words.slug for product in products for words in product.translations.values()]
    attributed = any(each.attributes for each in products) or any(each.attributes for each in variants)
    return rules.Known(
        brands=_set(await q.known_brands(tx, codes=list({each.brand for each in products if each.brand}))),
        categories=_set(
            await q.known_categories(tx, codes=list({code for each in products for code in each.categories}))
        ),
        attributes={each.code: each for each in await q.attributes(tx)} if attributed else {},
        claims=await q.claims(
            tx,
            skus=[each.sku for each in variants],
            gtins=[each.gtin for each in variants if each.gtin],
            slugs=[*words, *(each.slug for each in products)],
        ),
        pictures=await media.known(tx, rules.pictures(products)),
    )


def _set(values: Iterable[str]) -> frozenset[str]:
    return frozenset(values)


async def product(tx: Tx, product: UUID) -> Entry:
    """Look a product up, archived or not.

    Raises:
        UnknownProduct: there is none of this id.
    """
    found = await q.entry(tx, product=product)
    if found is None:
        raise UnknownProduct(f"there is no product {product}")
    return _entry(found)


async def products(
    tx: Tx, name: Text = "", category: Code | None = None, *, archived: bool = False,
    after: UUID | None = None, limit: Size = 50,
) -> list[Entry]:  # fmt: skip
    """List products by name.

    Args:
        name: how their names begin, in any case; not used together with a category.
        category: only those in it or in one inside it.
        after: the last product of the page before.
    """
    page = {"archived": archived, "after": after, "size": limit}
    if category is not None:
        return [_entry(each) for each in await q.by_category(tx, category=category, **page)]
    return [_entry(each) for each in await q.by_name(tx, name=name, **page)]


async def listing(
    tx: Tx, codes: Annotated[list[Text], _MANY] = _NONE, category: Code | None = None, brand: Code | None = None,
    after: Text = "", limit: Annotated[int, Meta(ge=1, le=1_000)] = 200,
) -> list[Entry]:  # fmt: skip
    """List products by code: those of these codes, or all there are on from the code ``after``.

    Args:
        codes: none for all.
        category: only those that stand in it itself.
        brand: only those of this brand.
    """
    if not codes:
        codes = await q.listing_next(tx, category=category, brand=brand, after=after, size=limit)
    return [_entry(each) for each in await q.by_codes(tx, codes=codes)]


async def published(
    tx: Tx, products: Annotated[list[Text], _MANY] = _NONE, channel: ChannelCode | None = None, after: Text = "",
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 200,
) -> list[Publication]:  # fmt: skip
    """List where products are offered, by code: of these products, or of all on from the code ``after``.

    Args:
        products: codes; none for all.
        limit: of how many products.
    """
    if not products:
        products = await q.published_next(tx, channel=channel, after=after, size=limit)
    found: list[Publication] = await q.published(tx, products=products, channel=channel)
    return found


async def bundles(
    tx: Tx, skus: Annotated[list[Sku], _MANY] = _NONE, after: Text = "",
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 200,
) -> list[Bundle]:  # fmt: skip
    """List bundles with what they directly hold, by sku: these, or all on from the sku ``after``.

    Args:
        skus: none for all.
    """
    if not skus:
        skus = await q.bundles_next(tx, after=after, size=limit)
    held: dict[str, list[Component]] = {}
    for part in await q.held(tx, skus=skus):
        held.setdefault(part.bundle, []).append(Component(sku=part.sku, quantity=part.quantity))
    return [Bundle(sku=sku, components=parts) for sku, parts in held.items()]


async def find(tx: Tx, sku: Text = "", gtin: Text = "") -> list[Entry]:
    """Find products by sku or by article number, as a scanner reads it."""
    return [_entry(each) for each in await q.by_key(tx, sku=sku, gtin=rules.gtin(gtin) or "")]


async def archive(tx: Tx, product: UUID) -> None:
    """Take a product out of the catalogue; what was sold of it stays as it was.

    Raises:
        UnknownProduct: there is none of this id.
    Emits:
        ProductChanged.
    """
    code = await q.archive(tx, product=product, at=tx.at)
    if code is None:
        raise UnknownProduct(f"there is no product {product}")
    emit(tx, ProductChanged(product, code, archived=True))


async def depict(tx: Tx, product: UUID, picture: Media) -> None:
    """Show a picture with a product, before others of a higher ``position``; one that is there is put in its place.

    Raises:
        UnknownProduct: there is none of this id.
        PictureUnfit: there is no such uploaded picture, or the product has 100 already.
    Emits:
        ProductChanged.
    """
    await _depict(tx, product, picture.url, _json([picture]))


async def undepict(tx: Tx, product: UUID, url: Url) -> None:
    """Show a picture no more with a product; nothing where it was not.

    Raises:
        UnknownProduct: there is none of this id.
    Emits:
        ProductChanged.
    """
    await _depict(tx, product, url, "[]")


async def _depict(tx: Tx, product: UUID, url: str, instead: str) -> None:
    entry = await q.depict(tx, product=product, url=url, instead=instead, at=tx.at)
    if entry is None:
        raise UnknownProduct(f"there is no product {product}")
    now = _entry(entry)
    wanted = rules.pictures([now])
    if len(now.media) > _MOST_MEDIA or not wanted <= await media.known(tx, wanted):
        raise PictureUnfit(f"there is no picture {url}, or there are {_MOST_MEDIA} already", url=url)
    await media.use(tx, {product: wanted})
    emit(tx, ProductChanged(product, now.code))


async def put_bundles(tx: Tx, bundles: Annotated[list[Bundle], _MANY]) -> Taken:
    """Say what variants are made up of; bundles may hold bundles, but none itself.

    Emits:
        BundleChanged for each that holds something else than before.
    """
    await q.lock_bundles(tx)
    named = {each.sku for each in bundles} | {part.sku for each in bundles for part in each.components}
    inside = {each.bundle: each.skus for each in await q.insides(tx)}
    refused = rules.bundle_faults(bundles, _set(await q.known_skus(tx, skus=list(named))), inside)
    kept: list[Bundle] = _kept(bundles, refused)
    rows = [
        {"bundle": each.sku, "sku": part.sku, "quantity": part.quantity} for each in kept for part in each.components
    ]
    changed = await q.put_bundles(tx, bundles=[each.sku for each in kept], given=_json(rows))
    emit(tx, *(BundleChanged(sku) for sku in sorted(changed)))
    return _taken(bundles, len(changed), refused)


async def bundle(tx: Tx, sku: Sku) -> list[Component]:
    """Tell what a bundle directly holds; nothing for what is no bundle."""
    found: list[Component] = await q.bundle(tx, sku=sku)
    return found


async def components(tx: Tx, skus: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    """Open bundles up: which units leave the shelf when one of each is sold.

    Bundles inside bundles are opened too, and equal components counted together. What is no bundle
    is not in the result.
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for part in await q.components(tx, skus=list(skus)):
        found.setdefault(part.bundle, []).append((part.sku, part.quantity))
    return found


async def publish(tx: Tx, publications: Annotated[list[Publication], _MANY]) -> Taken:
    """Offer products in channels, always or for a period, or take them out.

    Emits:
        PublicationChanged for each that is new or different.
    """
    keys = await q.ids(tx, codes=list({each.product for each in publications}))
    codes = await q.known_channels(tx, codes=list({each.channel for each in publications}))
    refused = rules.publication_faults(publications, _set(key.code for key in keys), _set(codes))
    changed = await q.put_publications(tx, given=_json(_kept(publications, refused)))
    emit(tx, *(PublicationChanged(place.product, place.code, place.channel) for place in changed))
    return _taken(publications, len(changed), refused)


async def publications(tx: Tx, product: UUID) -> list[Publication]:
    """Tell where a product is offered, and when."""
    found: list[Publication] = await q.publications(tx, product=product)
    return found


async def sorting(tx: Tx, skus: Sequence[str]) -> dict[str, Sorted]:
    """Tell where any number of items stand: their brand, and their categories with all those that they are in."""
    return {each.sku: each for each in await q.sorted(tx, skus=list(skus))}


async def sellable(tx: Tx, channel: str, skus: Sequence[str], at: datetime | None = None) -> dict[str, Offer]:
    """Tell which of these may be sold in a channel, with the facts an order copies.

    What is unknown, archived or not published there at that instant is not in the result. For many carts at once, use
    ``sellable_many``, or join the view ``commerce.offer`` in a statement of yours.

    Args:
        at: None for now.
    """
    found = await sellable_many(tx, [(channel, sku) for sku in skus], at)
    return {sku: offer for (_, sku), offer in found.items()}


async def sellable_many(
    tx: Tx, asked: Sequence[tuple[str, str]], at: datetime | None = None
) -> dict[tuple[str, str], Offer]:
    """Tell which of these (channel, sku) may be sold, in one statement for any number of carts."""
    pairs = list(dict.fromkeys(asked))
    found = await q.offers(
        tx, channels=[channel for channel, _ in pairs], skus=[sku for _, sku in pairs], at=at or tx.at
    )
    return {(each.channel, each.sku): each for each in found}
