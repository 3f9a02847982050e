"""Finding: what a query means, asked of the engine, ranked, ruled and laid out with the cards of browsing."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec
from msgspec import Struct

from rynek.commerce import browse
from rynek.commerce.search import analysis, rules
from rynek.commerce.search.desk import Desk, Facts
from rynek.commerce.search.model import (
    Ask,
    Choice,
    Counts,
    Facet,
    Found,
    Hit,
    Match,
    Matches,
    Narrow,
    Rule,
    Tuning,
    Wanted,
)
from rynek.kernel import clock, ids
from rynek.kernel.database import Database
from rynek.kernel.faults import Invalid

PAGES = 100
"""So many pages of an answer can be looked at."""
_BRANDS = 20
_CHOICES = 12
_VALUES = 8


class Looked(Struct, frozen=True):
    """What came of a look: the plan it followed, and how many of its parts were needed."""

    plan: rules.Plan
    ask: Ask
    matches: Matches


async def find(
    desk: Desk, database: Database, channel: str, wanted: Wanted, tuning: Tuning | None = None,
    at: datetime | None = None,
) -> Found:  # fmt: skip
    """Find products.

    Raises:
        UnknownChannel: there is no such channel.
        SearchNotReady: there is no index that could answer.
        Invalid: a value or range cannot be read.
    """
    facts = await desk.facts(database, channel)
    tuning = tuning or await desk.tuning(database, channel)
    asked = _asked(channel, wanted, facts, tuning)
    looked = await _look(desk, wanted, asked, facts, tuning)
    acts = _acting(tuning.rules, channel, wanted, at or clock.now())
    shown, total, ruled = await _stands(desk, database, looked, acts)
    start = (wanted.page - 1) * wanted.limit
    page = shown[start : start + wanted.limit]
    cards = await browse.cards(database, channel, [each.match.product for each in page])
    hits = [
        # the card is JSON already; it is sent as it is
        Hit(
            cast("browse.Card", msgspec.Raw(card)),
            place,
            round(stand.score, 4),
            stand.why(tuning.weights) if wanted.why else [],
        )
        for place, (stand, card) in enumerate(zip(page, cards, strict=True), start + 1)
        if card is not None
    ]
    meant = _meant(wanted.q, looked.plan, hits) if looked.plan.mended or looked.plan.doubtful else None
    leading = [each for each in acts if each.act == "redirect"]
    return Found(
        search=ids.new(), query=wanted.q, total=total, page=wanted.page,
        pages=min(-(-total // wanted.limit), PAGES), hits=hits,
        facets=_facets(looked, facts, wanted) if wanted.facets else [],
        meant=meant, corrected=bool(looked.plan.mended), left_out=list(looked.plan.unknown),
        redirect=leading[0].target if leading else None,
        rules=list(dict.fromkeys([*ruled, *(each.name for each in leading)])),
    )  # fmt: skip


def _meant(query: str, plan: rules.Plan, hits: Iterable[Hit]) -> str:
    names = [msgspec.json.decode(cast("bytes", each.card), type=_Named).name for each in hits]
    return rules.meant(query, [*plan.mended, *plan.doubtful], names)


class _Named(Struct, frozen=True):
    name: str


# --- asking -----------------------------------------------------------------------------------------------------------


def _asked(channel: str, wanted: Wanted, facts: Facts, tuning: Tuning) -> Ask:
    narrows = [*_narrowed(wanted)]
    facets: list[str] = []
    if wanted.facets:
        facets = ["categories", "brand", "available", "price", "values"]
        facets += [f"value:{each.field}" for each in narrows if each.values and each.field not in _OWN]
        measured = [each.code for each in facts.attributes.values() if each.kind == "number"]
        facets += measured[:_VALUES]
    return Ask(
        channel, (), 0, tuple(narrows), wanted.order, (wanted.page - 1) * wanted.limit, wanted.limit,
        "".join(wanted.q.split()).lower()[:60], tuple(facets), tuning.weights,
    )  # fmt: skip


_OWN = {"category", "brand", "available", "price"}


def _narrowed(wanted: Wanted) -> Iterable[Narrow]:
    if wanted.category:
        yield Narrow("category", (wanted.category,))
    if wanted.brand:
        yield Narrow("brand", tuple(sorted(set(wanted.brand))))
    if wanted.available:
        yield Narrow("available", ("1",))
    if wanted.price_from is not None or wanted.price_to is not None:
        yield Narrow("price", (), wanted.price_from, wanted.price_to)
    yield from _values(wanted.value)


def _values(given: Sequence[str]) -> Iterable[Narrow]:
    chosen: dict[str, list[str]] = {}
    for each in given:
        code, colon, value = each.partition(":")
        if not colon or not _is_code(code) or code in _OWN:
            raise Invalid(f"value: {each!r} is not <attribute>:<value>", field="value")
        chosen.setdefault(code, []).append(value)
    for code, values in chosen.items():
        if all(".." in each for each in values):
            least, most = _bounds(values[0])
            yield Narrow(code, (), least, most)
        else:
            yield Narrow(code, tuple(sorted(set(values))))


def _is_code(text: str) -> bool:
    return 0 < len(text) <= 60 and text.isascii() and all(each.isalnum() or each in "_-" for each in text)


def _bounds(text: str) -> tuple[float | None, float | None]:
    try:
        least, most = (float(each) if each else None for each in text.split("..", 1))
    except ValueError:
        raise Invalid(f"value: {text!r} is no range, such as 100..500", field="value") from None
    if any(each is not None and not abs(each) <= 1e15 for each in (least, most)):
        raise Invalid("value: a bound is up to 10^15", field="value")
    return least, most


async def _look(desk: Desk, wanted: Wanted, asked: Ask, facts: Facts, tuning: Tuning) -> Looked:
    if not wanted.q.strip():
        # all of a channel is much to count: others are answered meanwhile
        return Looked(rules.Plan(()), asked, await asyncio.to_thread(desk.find, asked))
    language = wanted.language or analysis.spoken(facts.channel.locale)
    return look(desk, wanted.q, language, asked, tuning)


def look(desk: Desk, query: str, language: str, asked: Ask, tuning: Tuning) -> Looked:
    """Ask the engine what a query finds; where nothing has all its words, what has most of them."""
    plan = rules.plan(query, language, desk.lexicon(), tuning)
    if not plan.slots and not asked.code:
        return Looked(plan, asked, Matches(0, [], {}))
    count = len(plan.slots)
    ask = msgspec.structs.replace(asked, slots=plan.slots, needed=count)
    matches = desk.find(ask) if plan.slots else _by_code(desk, asked)
    for needed in (count - 1, (count + 1) // 2):
        if matches.total or needed < 1 or needed >= count:
            break
        ask = msgspec.structs.replace(ask, needed=needed)
        matches = desk.find(ask)
    return Looked(plan, ask, matches)


def _by_code(desk: Desk, asked: Ask) -> Matches:
    return desk.find(msgspec.structs.replace(asked, slots=(rules.nothing(),), needed=1))


# --- ruling -----------------------------------------------------------------------------------------------------------


def _acting(given: Iterable[Rule], channel: str, wanted: Wanted, at: datetime) -> list[Rule]:
    query = rules.canonical(wanted.q)
    return [each for each in given if rules.applies(each, channel, query, wanted.category, at)]


async def _stands(
    desk: Desk, database: Database, looked: Looked, acts: Sequence[Rule]
) -> tuple[list[rules.Stand], int, list[str]]:
    """Rank what was found and let the rules act; they do where one looks by relevance."""
    ask, matches = looked.ask, looked.matches
    if ask.order != "relevance":
        return [rules.Stand(each, each.text) for each in matches.found], matches.total, []
    window = ask.weights.window
    concerned = _concerned(desk, ask, matches.found[:window], [each for each in acts if each.act in ("raise", "bury")])
    stands = rules.ranked(matches.found[:window], ask.weights, concerned)
    stands += [rules.Stand(each, each.text) for each in matches.found[window:]]
    ruled = [rule.name for each in concerned.values() for rule in each]
    pins = {each.target.removeprefix("product:"): each for each in acts if each.act == "pin"}
    if not pins or any(each.field != "category" for each in ask.narrows):
        return stands, matches.total, ruled
    there = {str(each.match.product) for each in stands}
    spare = await _spare(database, ask.channel, [each for each in pins if each not in there])
    stands = rules.pinned(stands, pins, spare)
    ruled += [pins[each].name for each in pins if each in there or each in spare]
    return stands, matches.total + len(spare), ruled


async def _spare(database: Database, channel: str, products: Sequence[str]) -> Mapping[str, Match]:
    """Give those of the pinned products that the channel offers, though they were not found."""
    if not products:
        return {}
    cards = await browse.cards(database, channel, [UUID(each) for each in products])
    there = [each for each, card in zip(products, cards, strict=True) if card]
    return {each: Match(UUID(each).int, 0.0, True, 0.0, None) for each in there}  # noqa: FBT003 - a match's own field


def _concerned(desk: Desk, ask: Ask, found: Sequence[Match], acts: Iterable[Rule]) -> dict[str, list[Rule]]:
    """Tell which rules raise or bury which of the products found."""
    concerned: dict[str, list[Rule]] = {}
    for rule in acts:
        kind, _, target = rule.target.partition(":")
        if kind == "product":
            members = {target}
        else:
            narrow = Narrow(kind, (target,))
            inside = msgspec.structs.replace(ask, narrows=(*ask.narrows, narrow), facets=(), start=0)
            members = {str(each.product) for each in desk.find(inside).found}
        for each in found:
            if str(each.product) in members:
                concerned.setdefault(str(each.product), []).append(rule)
    return concerned


# --- facets -----------------------------------------------------------------------------------------------------------


def _facets(looked: Looked, facts: Facts, wanted: Wanted) -> list[Facet]:
    counts = looked.matches.facets
    found = [_categories(counts.get("categories", Counts()), facts, wanted.category)]
    found.append(_brands(counts.get("brand", Counts()), facts, wanted.brand))
    free = counts.get("available", Counts()).values
    there = free.get("1", free.get("true", 0))
    found.append(Facet("available", "", "choice", [Choice("true", "", there, wanted.available)]))
    price = counts.get("price", Counts())
    if price.least is not None:
        unit = facts.channel.currency
        found.append(Facet("price", "", "range", least=price.least, most=price.most, unit=unit))
    found += _attributes(looked, facts)
    return [each for each in found if each.choices or each.kind == "range"]


def _categories(counts: Counts, facts: Facts, chosen: str | None) -> Facet:
    """Show the way to the chosen category and what is inside it; without one, the first rooms that differ."""
    tree = facts.categories
    inside: dict[str | None, list[str]] = {}
    for code in counts.values:
        if code in tree:
            inside.setdefault(tree[code].parent, []).append(code)
    way = tree[chosen].path.split("/") if chosen is not None and chosen in tree else []
    shown = [*way, *inside.get(chosen if way else None, [])]
    while not way and len(shown) == 1 and inside.get(shown[0]):
        shown = inside[shown[0]]
    return Facet(
        "category", "", "choice",
        [
            Choice(code, tree[code].name, counts.values.get(code, 0), code == chosen, tree[code].parent)
            for code in dict.fromkeys(shown) if code in tree
        ],
    )  # fmt: skip


def _brands(counts: Counts, facts: Facts, chosen: Sequence[str]) -> Facet:
    most = sorted(counts.values, key=lambda code: (-counts.values[code], code))
    codes = dict.fromkeys([*chosen, *most[:_BRANDS]])
    choices = [Choice(code, facts.brands.get(code, code), counts.values.get(code, 0), code in chosen) for code in codes]
    return Facet("brand", "", "choice", choices)


def _attributes(looked: Looked, facts: Facts) -> Iterable[Facet]:
    counts = looked.matches.facets
    chosen = {each.field: each.values for each in looked.ask.narrows if each.field not in _OWN}
    by_code: dict[str, dict[str, int]] = {}
    for key, count in counts.get("values", Counts()).values.items():
        code, _, value = key.partition("=")
        by_code.setdefault(code, {})[value] = count
    for code in chosen:
        own = counts.get(f"value:{code}", Counts()).values
        if own:
            by_code[code] = {key.partition("=")[2]: n for key, n in own.items() if key.partition("=")[0] == code}
    usual = sorted(
        (code for code in by_code if code in facts.attributes), key=lambda code: -sum(by_code[code].values())
    )
    for code in usual[:_VALUES]:
        values = sorted(by_code[code], key=lambda value: (-by_code[code][value], value))
        kept = dict.fromkeys([*chosen.get(code, ()), *values[:_CHOICES]])
        choices = [Choice(each, each, by_code[code].get(each, 0), each in chosen.get(code, ())) for each in kept]
        attribute = facts.attributes[code]
        yield Facet(code, attribute.name, "choice", choices, unit=attribute.unit)
    for code, attribute in facts.attributes.items():
        span = counts.get(code)
        if attribute.kind == "number" and span is not None and span.least is not None:
            yield Facet(code, attribute.name, "range", least=span.least, most=span.most, unit=attribute.unit)
