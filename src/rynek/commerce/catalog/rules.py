"""What the catalogue takes and what it refuses."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rynek.commerce import media
from rynek.commerce.catalog.model import (
    Attribute,
    Bundle,
    Category,
    Channel,
    Claim,
    Product,
    Publication,
    Refusal,
    Value,
    Variant,
)
from rynek.kernel.money import EXPONENTS

_SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_ATTRIBUTE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_CHANNEL = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PRODUCT = re.compile(r"[^\s\x00](.{0,58}[^\s\x00])?")
_GAPS = re.compile(r"[^a-z0-9]+")
# letters that do not decompose into a plain one and its mark
_PLAIN = str.maketrans({"ł": "l", "ß": "ss", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_HEAVIEST_G = 100_000_000
_LARGEST = 2**53


class Known(Struct, frozen=True):
    """What the catalogue has already of what a bulk write speaks of."""

    brands: Collection[str] = frozenset()
    categories: Collection[str] = frozenset()
    attributes: Mapping[str, Attribute] = {}
    claims: Sequence[Claim] = ()
    pictures: Collection[str] = frozenset()
    """Of those that were uploaded."""


def slug(text: str) -> str:
    """Make words fit for an address: ``Żółty ser`` is ``zolty-ser``; at most 120 characters, perhaps none."""
    plain = text.lower()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.translate(_PLAIN)).encode("ascii", "ignore").decode()
    return _GAPS.sub("-", plain)[:120].strip("-")


def address(name: str, code: str) -> str:
    """Make the address of a product that was given none: unlike that of any product with another code."""
    return f"{slug(name)}-{slug(code) or 'x'}".strip("-")


def gtin(text: str) -> str | None:
    """Read an article number as 8, 13 or 14 digits; None when its form or its check digit is wrong.

    A UPC (12 digits) is the EAN-13 with a zero before it.

    Source: GS1 General Specifications, 7.9 (check digit): from the right, every second digit counts three times.
    """
    compact = text.strip().replace(" ", "").replace("-", "")
    if len(compact) not in (8, 12, 13, 14) or not (compact.isascii() and compact.isdigit()):
        return None
    if sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(compact))) % 10:
        return None
    return compact.zfill(13) if len(compact) == 12 else compact


def misfit(attribute: Attribute, value: Value) -> str | None:
    """Say why an attribute does not take a value; None: it does."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _LARGEST
    match attribute.kind:
        case "boolean" if not isinstance(value, bool):
            return f"{attribute.code} takes true or false"
        case "number" if not number:
            return f"{attribute.code} takes a number{f' of {attribute.unit}' if attribute.unit else ''}"
        case "text" if not isinstance(value, str) or len(value) > 2_000 or "\0" in value:
            return f"{attribute.code} takes a text of up to 2000 characters"
        case "choice" if value not in attribute.choices:
            return f"{attribute.code} takes one of {', '.join(attribute.choices)}"
        case _:
            return None


def circle(start: str, inside: Mapping[str, Collection[str]]) -> list[str]:
    """Find the way by which ``start`` would hold itself; nothing when it does not.

    Args:
        inside: what each thing directly holds.
    """
    came_from: dict[str, str] = {}
    ahead = [start]
    while ahead:
        here = ahead.pop()
        for part in inside.get(here, ()):
            if part == start:
                return [*_way(start, here, came_from), start]
            if part not in came_from:
                came_from[part] = here
                ahead.append(part)
    return []


def _way(start: str, end: str, came_from: Mapping[str, str]) -> list[str]:
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]


def settled(product: Product) -> Product:
    """Fill in what was left open: addresses made from names, article numbers in their one form.

    An article number that is wrong stays as it is, to be refused by name.
    """
    return replace(
        product,
        slug=product.slug or address(product.name, product.code),
        translations={
            locale: replace(words, slug=words.slug or address(words.name, product.code))
            for locale, words in product.translations.items()
        },
        variants=[replace(each, gtin=each.gtin and (gtin(each.gtin) or each.gtin)) for each in product.variants],
    )


def pictures(products: Iterable[Product]) -> frozenset[str]:
    """List the uploaded pictures that products show."""
    shown = (media.digest(each.url) for product in products for each in product.media)
    return frozenset(each for each in shown if each is not None)


def product_faults(products: Sequence[Product], known: Known) -> list[Refusal]:
    """Say which products of a bulk write (settled before) cannot be taken, and why; the first of two alike is taken."""
    claimed = {(each.kind, each.value): each.owner for each in known.claims}
    refused = []
    for row, product in enumerate(products):
        claims = dict(_claims(product))
        reason = _product_fault(product, known) or _doubled(product) or _clash(claims, claimed)
        if reason is None:
            claimed |= claims | {("code", product.code): ""}
        else:
            refused.append(Refusal(row, product.code[:100], reason))
    return refused


def _claims(product: Product) -> Iterator[tuple[tuple[str, str], str]]:
    """List the keys that a product claims, each with who would own it: a code is claimed once in a bulk write."""
    yield ("code", product.code), product.code
    for address in (product.slug, *(words.slug for words in product.translations.values())):
        yield ("slug", address or ""), product.code
    for variant in product.variants:
        yield ("sku", variant.sku), product.code
        if variant.gtin is not None:
            yield ("gtin", variant.gtin), variant.sku


def _doubled(product: Product) -> str | None:
    skus = [variant.sku for variant in product.variants]
    gtins = [variant.gtin for variant in product.variants if variant.gtin is not None]
    if len(set(skus)) < len(skus) or len(set(gtins)) < len(gtins):
        return "two of its variants have the same sku or gtin"
    return None


def _clash(claims: Mapping[tuple[str, str], str], claimed: Mapping[tuple[str, str], str]) -> str | None:
    for (kind, value), owner in claims.items():
        holder = claimed.get((kind, value), owner)
        if holder != owner:
            return f"{kind} {value} belongs to {holder}" if holder else f"{kind} {value} comes twice"
    return None


def _product_fault(product: Product, known: Known) -> str | None:
    if not _PRODUCT.fullmatch(product.code):
        return "the code has 1 to 60 characters, no space at its ends"
    if not product.name.strip():
        return "it has no name"
    slugs = [product.slug or "", *(words.slug or "" for words in product.translations.values())]
    if wrong := [each for each in slugs if not _SLUG.fullmatch(each) or len(each) > 200]:
        return f"slug {wrong[0]}: lower-case letters, digits and single hyphens, up to 200"
    if missing := pictures([product]) - frozenset(known.pictures):
        return f"there is no picture {min(missing)}"
    reasons = (_variant_fault(each, known) for each in product.variants)
    return (
        _sorting_fault(product, known)
        or _attributes_fault(product.attributes, known)
        or next((each for each in reasons if each), None)
    )


def _sorting_fault(product: Product, known: Known) -> str | None:
    if product.brand is not None and product.brand not in known.brands:
        return f"there is no brand {product.brand}"
    if unknown := [each for each in product.categories if each not in known.categories]:
        return f"there is no category {', '.join(unknown)}"
    return "a category is named twice" if len(set(product.categories)) < len(product.categories) else None


def _variant_fault(variant: Variant, known: Known) -> str | None:
    if not _SKU.fullmatch(variant.sku):
        return f"sku {variant.sku!r}: 1 to 40 letters, digits, dots, underscores or hyphens, a letter or digit first"
    if variant.gtin is not None and gtin(variant.gtin) is None:
        return f"gtin {variant.gtin}: wrong length or check digit"
    if not _CODE.fullmatch(variant.tax_category):
        return f"tax category {variant.tax_category!r}: lower-case letters, digits and hyphens"
    if variant.weight_g is not None and not 0 < variant.weight_g <= _HEAVIEST_G:
        return f"weight_g {variant.weight_g}: 1 to {_HEAVIEST_G}"
    return _attributes_fault(variant.attributes, known)


def _attributes_fault(values: Mapping[str, Value], known: Known) -> str | None:
    for code, value in values.items():
        attribute = known.attributes.get(code)
        reason = f"there is no attribute {code}" if attribute is None else misfit(attribute, value)
        if reason:
            return reason
    return None


def _refusals(reasons: Iterable[tuple[str, str | None]]) -> list[Refusal]:
    """Number the rows that have a reason against them, and those whose key came before."""
    seen: set[str] = set()
    refused = []
    for row, (key, found) in enumerate(reasons):
        reason = found or (f"{key} comes twice" if key in seen else None)
        seen.add(key)
        if reason:
            refused.append(Refusal(row, key[:100], reason))
    return refused


def code_faults(codes: Iterable[str]) -> list[Refusal]:
    """Say which keys of brands are no keys, or come twice."""
    rule = "the code has 1 to 60 lower-case letters, digits or hyphens"
    return _refusals((code, None if _CODE.fullmatch(code) else rule) for code in codes)


def channel_faults(channels: Sequence[Channel]) -> list[Refusal]:
    """Say which channels cannot be taken, and why."""

    def reason(channel: Channel) -> str | None:
        if not _CHANNEL.fullmatch(channel.code):
            return "the code has 1 to 20 capital letters, digits or hyphens"
        return None if channel.currency in EXPONENTS else f"{channel.currency} is not a currency we trade in"

    return _refusals((each.code, reason(each)) for each in channels)


def attribute_faults(attributes: Sequence[Attribute], present: Mapping[str, Attribute]) -> list[Refusal]:
    """Say which attributes cannot be taken: what values are of must not change under them.

    Args:
        present: the attributes that there are.
    """

    def reason(each: Attribute) -> str | None:
        before = present.get(each.code)
        if not _ATTRIBUTE.fullmatch(each.code):
            return "the code has 1 to 60 lower-case letters, digits, underscores or hyphens"
        if (each.kind == "choice") != bool(each.choices):
            return "a choice has choices, and nothing else has"
        if before and before.kind != each.kind:
            return f"it is of kind {before.kind}, and its values stay what they are"
        if before and set(before.choices) - set(each.choices):
            return "choices can be added, not taken away"
        return None

    return _refusals((each.code, reason(each)) for each in attributes)


def category_faults(categories: Sequence[Category], parents: Mapping[str, str | None]) -> list[Refusal]:
    """Say which categories cannot be taken: the tree stays a tree, at most 12 deep.

    Args:
        parents: the parent of every category that there is.
    """
    refused = code_faults(each.code for each in categories)
    wrong = {each.row for each in refused}
    tree = dict(parents) | {each.code: each.parent for row, each in enumerate(categories) if row not in wrong}
    again = True
    while again:  # a refused row takes those with it that lean on it
        again = False
        for row, each in enumerate(categories):
            reason = None if row in wrong else _way_up(each.code, tree)
            if reason:
                wrong.add(row)
                refused.append(Refusal(row, each.code, reason))
                if each.code in parents:
                    tree[each.code] = parents[each.code]
                else:
                    del tree[each.code]
                again = True
    return sorted(refused, key=lambda each: each.row)


def _way_up(code: str, tree: Mapping[str, str | None]) -> str | None:
    steps, here = 0, tree[code]
    while here is not None:
        steps += 1
        if here not in tree:
            return f"there is no category {here}"
        if here == code or steps > 12:
            return "it would stand inside itself" if here == code else "categories go 12 deep"
        here = tree[here]
    return None


def bundle_faults(
    bundles: Sequence[Bundle], skus: Collection[str], inside: Mapping[str, Collection[str]]
) -> list[Refusal]:
    """Say which bundles cannot be taken: all of it exists, and nothing holds itself, not even by a way round.

    Args:
        skus: those spoken of that exist.
        inside: what every bundle holds now.
    """
    graph = dict(inside)
    refused = _refusals((each.sku, _bundle_fault(each, skus)) for each in bundles)
    wrong = {each.row for each in refused}
    for row, each in enumerate(bundles):
        if row in wrong:
            continue
        before = graph.get(each.sku, ())
        graph[each.sku] = [part.sku for part in each.components]
        if way := circle(each.sku, graph):
            graph[each.sku] = before
            refused.append(Refusal(row, each.sku, f"it would hold itself: {' > '.join(way)}"))
    return sorted(refused, key=lambda each: each.row)


def _bundle_fault(bundle: Bundle, skus: Collection[str]) -> str | None:
    named = [each.sku for each in bundle.components]
    if unknown := [sku for sku in (bundle.sku, *named) if sku not in skus]:
        return f"there is no sku {', '.join(unknown)[:200]}"
    return "a component is named twice" if len(set(named)) < len(named) else None


def publication_faults(
    publications: Sequence[Publication], products: Collection[str], channels: Collection[str]
) -> list[Refusal]:
    """Say which publications cannot be taken: product and channel exist, and a period ends after it began."""

    def reason(each: Publication) -> str | None:
        if each.product not in products:
            return f"there is no product {each.product}"
        if each.channel not in channels:
            return f"there is no channel {each.channel}"
        if any(instant is not None and instant.tzinfo is None for instant in (each.from_at, each.until_at)):
            return "an instant needs its time zone"
        if each.from_at is not None and each.until_at is not None and each.from_at >= each.until_at:
            return "the period ends before it begins"
        return None

    return _refusals((f"{each.product} {each.channel}", reason(each)) for each in publications)
