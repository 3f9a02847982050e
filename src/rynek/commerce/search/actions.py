"""What can be done with search: find, be suggested, choose; tune it and see how it does."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import browse, catalog
from rynek.commerce.catalog import ChannelCode
from rynek.commerce.search import analysis, events, finding, rules
from rynek.commerce.search.desk import Desk, desk_of, q, tuning_of
from rynek.commerce.search.events import TuningChanged
from rynek.commerce.search.index import seal_of
from rynek.commerce.search.model import (
    Ask,
    Compared,
    Draft,
    Found,
    Query,
    Report,
    Rule,
    RuleUnclear,
    SearchNotReady,
    Spoken,
    State,
    Suggestion,
    Synonym,
    Tuning,
    UnknownRule,
    UnknownSynonym,
    Wanted,
    Weights,
)
from rynek.kernel import ids
from rynek.kernel.database import Database, Tx
from rynek.kernel.door import Call, Response
from rynek.kernel.events import emit

Few = Annotated[int, Meta(ge=1, le=20)]
_KINDS_MOST = 3
_FRESH_S = 60.0
_REPORTED = 50
_encode = msgspec.json.Encoder().encode


async def find(call: Call[Any], channel: ChannelCode, wanted: Wanted) -> Found:
    """Find products by words, sizes or numbers, narrowed and in the order that is asked for.

    Mistakes in words are mended, other forms of a word and its synonyms are met, and where nothing has all words,
    what has most of them is found. Prices and stock are those of browsing, to the moment.

    Raises:
        UnknownChannel: there is no such channel.
        SearchNotReady: the index is being built; try again soon.
        Invalid: a value or range cannot be read.
    """
    database = call.door.database
    desk = desk_of(database)
    found = await finding.find(desk, database, channel, wanted)
    _note(desk, channel, wanted, found)
    return cast("Found", Response(body=_encode(found), headers=(("cache-control", "no-store"),)))


def _note(desk: Desk, channel: str, wanted: Wanted, found: Found) -> None:
    """Note a search as it begins: to narrow it or to look at its next page is not another one."""
    narrowed = wanted.category or wanted.brand or wanted.value or wanted.price_from or wanted.price_to
    query = rules.recordable(wanted.q)
    if query and not narrowed and wanted.page == 1:
        desk.note(channel, events.Search(found.search, query, found.total, len(found.hits)))


async def choose(
    call: Call[Any], channel: ChannelCode, search: UUID, query: Query, place: Annotated[int, Meta(ge=1, le=10_000)]
) -> None:
    """Tell that something found was chosen: what is on which place, and nothing of who.

    Args:
        search: the answer it was found in.
        place: where it stood, from 1.

    Raises:
        UnknownChannel: there is no such channel.
    """
    database = call.door.database
    desk = desk_of(database)
    await desk.facts(database, channel)
    kept = rules.recordable(query)
    if kept:
        desk.note_choice(channel, events.Choice(search, kept, place))


async def suggest(
    call: Call[Any], channel: ChannelCode, q: Query, limit: Few = 8, language: Spoken | None = None
) -> list[Suggestion]:  # fmt: skip
    """Suggest where somebody may be going who has typed this much: queries, categories, brands and products.

    Raises:
        UnknownChannel: there is no such channel.
        SearchNotReady: the index is being built; try again soon.
    """
    database = call.door.database
    desk = desk_of(database)
    words = [each.form for each in analysis.words(q)]
    if not words:
        return []
    named = await _named(desk, database, channel)
    found = [each for tokens, each in named if _begins(words, tokens)]
    kinds = ("query", "category", "brand")
    kept = [each for kind in kinds for each in [one for one in found if one.kind == kind][:_KINDS_MOST]]
    kept = [each for each in kept if each.kind != "query" or rules.canonical(each.text) != rules.canonical(q)]
    return [*kept[: limit - 1], *await _products(desk, database, channel, q, language)][:limit]


def _begins(words: Sequence[str], tokens: Sequence[str]) -> bool:
    """Tell whether each word is one of the tokens, and the last at least begins one."""
    return any(each.startswith(words[-1]) for each in tokens) and all(word in tokens for word in words[:-1])


async def _products(
    desk: Desk, database: Database, channel: str, typed: str, language: Spoken | None
) -> list[Suggestion]:
    facts, tuning = await desk.facts(database, channel), await desk.tuning(database, channel)
    spoken = language or analysis.spoken(facts.channel.locale)
    plan = rules.plan(typed, spoken, desk.lexicon(), tuning, eager=True)
    code = "".join(typed.split()).lower()
    slots = plan.slots or (rules.nothing(),)
    matches = desk.find(Ask(channel, slots, len(slots), limit=8, code=code, weights=tuning.weights))
    stands = rules.ranked(matches.found[: tuning.weights.window], tuning.weights, {})
    cards = await browse.cards(database, channel, [each.match.product for each in stands[:6]])
    shown = [msgspec.json.decode(each, type=browse.Card) for each in cards if each is not None]
    return [Suggestion("product", each.name, each.slug) for each in shown]


async def _named(desk: Desk, database: Database, channel: str) -> list[tuple[list[str], Suggestion]]:
    """Give what has a name in a channel, the best known first, each with its words."""
    known = desk.named(channel, _FRESH_S)
    if known is not None:
        return known
    facts = await desk.facts(database, channel)
    counts = desk.find(Ask(channel, (), 0, limit=1, facets=("categories", "brand"))).facets
    async with database.transaction("commerce") as tx:
        since = (tx.at - timedelta(days=30)).date()
        glad = await q.glad(tx, channel=channel, since=since, size=2_000)
    found = [Suggestion("query", each.query, each.query, each.chosen) for each in glad]
    for code, count in _most(counts["categories"].values):
        if code in facts.categories:
            found.append(Suggestion("category", facts.categories[code].name, code, count))
    for code, count in _most(counts["brand"].values):
        found.append(Suggestion("brand", facts.brands.get(code, code), code, count))
    made = [([each.form for each in analysis.words(one.text)], one) for one in found]
    desk.keep_named(channel, made)
    return made


def _most(counts: dict[str, int]) -> Iterable[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


# --- tuning -----------------------------------------------------------------------------------------------------------


async def weights(tx: Tx, channel: ChannelCode) -> Weights:
    """Show what counts how much in a channel.

    Raises:
        UnknownChannel: there is no such channel.
    """
    await catalog.channel(tx, channel)
    return (await tuning_of(tx, channel)).weights


async def put_weights(tx: Tx, channel: ChannelCode, weights: Weights) -> Weights:
    """Set what counts how much in a channel.

    Raises:
        UnknownChannel: there is no such channel.
    Emits:
        TuningChanged
    """
    await catalog.channel(tx, channel)
    await q.put_weights(tx, channel=channel, given=_text(weights))
    emit(tx, TuningChanged("weights"))
    return weights


def _text(given: Any) -> str:
    return _encode(given).decode()


async def synonyms(tx: Tx) -> list[Synonym]:
    """List all synonyms."""
    return (await tuning_of(tx, "")).synonyms


async def put_synonyms(tx: Tx, synonyms: Annotated[list[Synonym], Meta(max_length=500)]) -> list[Synonym]:
    """Write synonyms: with an id in place of those there are, without one new; gives them with their ids.

    Emits:
        TuningChanged
    """
    kept = [msgspec.structs.replace(each, id=each.id or ids.new()) for each in synonyms]
    for each in kept:
        await q.put_synonym(tx, id=each.id, given=_text(each))
    emit(tx, TuningChanged("synonyms"))
    return kept


async def drop_synonym(tx: Tx, synonym: UUID) -> None:
    """Forget synonyms.

    Raises:
        UnknownSynonym: there are none of this id.
    Emits:
        TuningChanged
    """
    if await q.drop_synonym(tx, id=synonym) is None:
        raise UnknownSynonym
    emit(tx, TuningChanged("synonyms"))


async def merchandising(tx: Tx) -> list[Rule]:
    """List all rules: what is pinned, buried, raised or led elsewhere, for which query or category, and when."""
    return (await tuning_of(tx, "")).rules


async def put_rule(tx: Tx, rule: Rule) -> Rule:
    """Write a rule: with an id in place of the one there is, without one new; gives it with its id.

    Raises:
        RuleUnclear: it cannot be meant like this.
    Emits:
        TuningChanged
    """
    if why := rules.unclear(rule):
        raise RuleUnclear(rules.UNCLEAR[why], why=why)
    kept = msgspec.structs.replace(rule, id=rule.id or ids.new())
    await q.put_rule(tx, id=kept.id, given=_text(kept))
    emit(tx, TuningChanged("rules"))
    return kept


async def drop_rule(tx: Tx, rule: UUID) -> None:
    """Forget a rule.

    Raises:
        UnknownRule: there is none of this id.
    Emits:
        TuningChanged
    """
    if await q.drop_rule(tx, id=rule) is None:
        raise UnknownRule
    emit(tx, TuningChanged("rules"))


async def preview(call: Call[Any], channel: ChannelCode, draft: Draft) -> Compared:
    """Show what is found now, and what would be found with other weights, synonyms or rules, or at another time.

    Raises:
        UnknownChannel: there is no such channel.
        SearchNotReady: the index is being built; try again soon.
        Invalid: a value or range cannot be read.
        RuleUnclear: a rule cannot be meant like this.
    """
    database = call.door.database
    desk = desk_of(database)
    for each in draft.rules or ():
        if why := rules.unclear(each):
            raise RuleUnclear(f"{each.name}: {rules.UNCLEAR[why]}", why=why)
    async with call.transaction() as tx:
        await catalog.channel(tx, channel)
        now = await tuning_of(tx, channel)
    changed = Tuning(
        draft.weights or now.weights,
        now.synonyms if draft.synonyms is None else draft.synonyms,
        now.rules if draft.rules is None else draft.rules,
    )
    at = draft.at if draft.at is None or draft.at.tzinfo else draft.at.replace(tzinfo=UTC)
    wanted = msgspec.structs.replace(draft.wanted, why=True)
    before = await finding.find(desk, database, channel, wanted, now)
    after = await finding.find(desk, database, channel, wanted, changed, at)
    return cast("Compared", Response(body=_encode(Compared(before, after))))


# --- how it does ------------------------------------------------------------------------------------------------------


async def report(tx: Tx, channel: ChannelCode, first_on: date | None = None, last_on: date | None = None) -> Report:
    """Tell what was looked for, what found nothing, what was left, and how often each place was chosen.

    Args:
        first_on: the first day; None: thirty days ago.
        last_on: the last day; None: today.

    Raises:
        UnknownChannel: there is no such channel.
    """
    await catalog.channel(tx, channel)
    days = {"first_on": first_on or (tx.at - timedelta(days=30)).date(), "last_on": last_on or tx.at.date()}
    every = await q.totals(tx, channel=channel, **days)
    popular, nothing, left = [
        await q.popular(tx, channel=channel, sort=sort, size=_REPORTED, **days) for sort in ("all", "nothing", "left")
    ]
    places = await q.places(tx, channel=channel, **days)
    return Report(every.searches, every.empty, every.abandoned, popular, nothing, left, places)


async def state(call: Call[Any]) -> State:
    """Tell how the index of this process is."""
    desk = desk_of(call.door.database)
    current = desk.store.current()
    seal = seal_of(current) if current else None
    at = datetime.fromtimestamp(seal.at_s, UTC) if seal else None
    name, writes = current.name if current else "", desk.store.writes
    try:
        return State("good", desk.engine.products, name, writes, at)
    except SearchNotReady as reason:
        damaged = current is not None and desk.store.accused(current)
        return State("damaged" if damaged else "building", 0, name, writes, at, reason.detail)


async def rebuild(call: Call[Any]) -> State:
    """Have the index built anew; what is there answers until then."""
    desk = desk_of(call.door.database)
    current = desk.store.current()
    if current is not None:
        desk.store.accuse(current)
    async with call.transaction() as tx:
        await call.note(tx)
    return await state(call)
