"""How a product becomes a sheet of the index."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from rynek.commerce import browse
from rynek.commerce.search import analysis, rules
from rynek.commerce.search.model import Sheet

_NEVER = datetime.max.replace(tzinfo=UTC)
_LONGEST_VALUE = 60
_EPOCH_2020 = 1_577_836_800


class Words(Struct, frozen=True):
    """A product's words in one language: the languages its stems are taken in, its name and description."""

    languages: tuple[str, ...]
    language: str
    name: str
    prose: str = ""


def sheet(
    whole: browse.Whole, channel: str, locale: str, names: Mapping[str, str], sold: float, margin: float | None = None
) -> Sheet:  # fmt: skip
    """Write down a product as a channel shows it.

    Args:
        names: of categories, by code.
        sold: units sold lately.
        margin: what is left of its price, from 0 to 1.
    """
    detail, entry = whole.detail, whole.entry
    own = analysis.spoken(locale)
    spoken = [Words(analysis.LANGUAGES, own, entry.name, entry.description)] if locale not in entry.translations else []
    spoken += [
        Words((analysis.spoken(each),), analysis.spoken(each), words.name, words.description)
        for each, words in entry.translations.items()
    ]
    prices = [each.price.minor for each in detail.items if each.price is not None]
    properties = [*detail.properties, *(each for item in detail.items for each in item.properties)]
    path = [code for each in detail.categories for code in each.path.split("/")]
    until = int(whole.until_at.timestamp()) + 1 if whole.until_at < _NEVER else 0
    facts = [name for code in dict.fromkeys(path) if (name := names.get(code))]
    return Sheet(
        id=f"{channel} {detail.id}", channel=channel,
        name=analysis.joined(analysis.tokens(f"{each.name} {_variants(detail)}", each.languages) for each in spoken),
        head=analysis.joined(analysis.tokens(analysis.head(w.name, w.language), w.languages) for w in spoken),
        around=analysis.joined(map(analysis.tokens, [detail.brand or "", *facts, *_told(properties)])),
        prose=analysis.joined(analysis.tokens(each.prose[:2_000], each.languages) for each in spoken),
        codes=codes(entry.code, detail.items), categories=list(dict.fromkeys(path)), brand=entry.brand,
        values=values(properties), numbers=numbers(properties), price=min(prices, default=None),
        available=any(each.available > 0 for each in detail.items), sold=sold, margin=margin,
        born_s=born(detail.id), title=analysis.fold(detail.name)[:80], due_s=until, lift=rules.lift(sold),
    )  # fmt: skip


def _variants(detail: browse.Detail) -> str:
    names = [each.name for each in detail.items if each.name]
    weights = [f"{each.weight_g} g" for each in detail.items if each.weight_g]
    return " ; ".join(dict.fromkeys([*names, *weights]))[:1_000]


def _told(properties: Iterable[browse.Property]) -> list[str]:
    """Say values in words: texts as they are, what is so by its name, numbers with their unit."""
    found = []
    for each in properties:
        if isinstance(each.value, str):
            found.append(each.value[:200])
        elif each.value is True:
            found.append(each.name)
        elif each.value is not False and each.unit:
            found.append(f"{each.value} {each.unit}")
    return found


def values(properties: Iterable[browse.Property]) -> list[str]:
    """List the values that are chosen from: texts that are not long, and yes or no."""
    found = []
    for each in properties:
        if isinstance(each.value, bool):
            found.append(f"{each.code}={'yes' if each.value else 'no'}")
        elif isinstance(each.value, str) and 0 < len(each.value) <= _LONGEST_VALUE:
            found.append(f"{each.code}={each.value}")
    return list(dict.fromkeys(found))


def numbers(properties: Iterable[browse.Property]) -> dict[str, float]:
    """List the values that are measured; of several variants the first counts."""
    found: dict[str, float] = {}
    for each in properties:
        if not isinstance(each.value, bool | str):
            found.setdefault(each.code, float(each.value))
    return found


def codes(own: str, items: Sequence[browse.Item]) -> list[str]:
    """List the numbers by which a product is looked up: its own, its items' and their article numbers."""
    found = [own, *(each.sku for each in items)]
    for each in items:
        if each.gtin:
            found += [each.gtin, each.gtin.lstrip("0")]
    return list(dict.fromkeys(each.lower() for each in found))


def born(product: UUID) -> int:
    """Tell when a product came into the catalogue, in seconds: its id says so.

    Source: RFC 9562, 5.7 (UUID version 7).
    """
    return max((product.int >> 80) // 1_000, 0) if product.version == 7 else _EPOCH_2020
