"""How products are shown: what a card says, what a page says."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from rynek.commerce import media
from rynek.commerce.browse.model import Card, Detail, Held, Item, Picture, Price, Property, Rubric
from rynek.commerce.catalog import Attribute, Entry, Media, Variant
from rynek.commerce.pricing import Shown
from rynek.commerce.purchasing import Expectation


class Facts(Struct, frozen=True):
    """What is known beside the catalogue: prices and stock by sku, what bundles hold, what attributes are."""

    shown: Mapping[str, Shown]
    units: Mapping[str, int]
    parts: Mapping[str, Sequence[tuple[str, int]]]
    attributes: Mapping[str, Attribute]
    pictures: Mapping[str, media.Picture] = {}
    """Uploaded pictures by digest."""
    beyond: Mapping[str, Expectation] = {}
    """What may be sold beyond stock; a bundle may not."""


def available(sku: str, units: Mapping[str, int], parts: Mapping[str, Sequence[tuple[str, int]]]) -> int:
    """Tell how many of an item can be bought: of a bundle as many as its scarcest component allows."""
    if sku not in parts:
        return units.get(sku, 0)
    return min(units.get(part, 0) // quantity for part, quantity in parts[sku])


def price(shown: Shown | None) -> Price | None:
    """Put a price on the shelf, if there is one."""
    if shown is None or shown.minor is None:
        return None
    return Price(shown.minor, shown.currency, shown.display, shown.unit, shown.before, shown.lowest)


def properties(values: Mapping[str, bool | int | float | str], attributes: Mapping[str, Attribute]) -> list[Property]:
    """Name a product's values, in the order they were given."""
    return [
        Property(code, attributes[code].name, value, attributes[code].unit)
        for code, value in values.items()
        if code in attributes
    ]


def item(variant: Variant, facts: Facts) -> Item:
    """Show a variant."""
    held = [Held(sku, quantity) for sku, quantity in facts.parts.get(variant.sku, ())]
    ahead = None if held else facts.beyond.get(variant.sku)
    return Item(
        variant.sku, variant.name, variant.gtin, variant.unit, variant.weight_g,
        properties(variant.attributes, facts.attributes), price(facts.shown.get(variant.sku)),
        available(variant.sku, facts.units, facts.parts), held, ahead.units if ahead else 0,
        ahead.on if ahead else None, ahead is not None and ahead.kind == "preorder",
    )  # fmt: skip


def picture(shown: Media, locale: str, pictures: Mapping[str, media.Picture], cut: media.Cut = "whole") -> Picture:
    """Show a picture: an uploaded one with all that its place on a page needs."""
    found = pictures.get(media.digest(shown.url) or "")
    if found is None:
        return Picture(shown.url, shown.alt, shown.position)
    sources = media.sources(found.picture, found.width, found.height, cut, (found.focus_x, found.focus_y))
    width, height = media.measured(found.width, found.height, cut)
    alt = shown.alt or found.alts.get(locale, "")
    return Picture(sources[-1].url, alt, shown.position, found.alts, width, height, found.colour, list(sources))


def detail(entry: Entry, brand: str | None, rubrics: Iterable[Rubric], locale: str, facts: Facts) -> Detail:
    """Show a product in a channel's language, or in the merchant's where it is not translated."""
    words = entry.translations.get(locale, entry)
    return Detail(
        entry.id, entry.code, words.name, words.description, words.slug or "", brand, list(rubrics),
        properties(entry.attributes, facts.attributes),
        [picture(each, locale, facts.pictures) for each in sorted(entry.media, key=lambda each: each.position)],
        entry.translations, [item(variant, facts) for variant in entry.variants],
    )  # fmt: skip


def card(product: Detail, first: Picture | None = None) -> Card:
    """Show a product among others, at the price of its cheapest variant; its first picture is cut for a card."""
    prices = [each.price for each in product.items if each.price is not None]
    cheapest = min(prices, key=lambda each: each.minor, default=None)
    dearest = max((each.minor for each in prices), default=None)
    return Card(
        product.id, product.code, product.name, product.slug, product.brand,
        first or next(iter(product.media), None), cheapest,
        dearest if cheapest is not None and dearest != cheapest.minor else None,
        [each.sku for each in product.items], sum(each.available for each in product.items),
        sum(each.beyond for each in product.items), product.categories[0].path if product.categories else "",
    )  # fmt: skip
