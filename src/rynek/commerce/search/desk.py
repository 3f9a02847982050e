"""What one process has ready for searching: the index it reads, names, tuning, and notes of what was looked for."""

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Struct
from rapidfuzz import process
from rapidfuzz.distance import OSA

from rynek.commerce import catalog
from rynek.commerce.catalog import events as catalogued
from rynek.commerce.search import events, model, rules
from rynek.commerce.search.index import Index, Store
from rynek.commerce.search.model import Ask, Damaged, Matches, Rule, SearchNotReady, Synonym, Tuning, Weights
from rynek.commerce.search.ports import Engine
from rynek.commerce.search.remote import Cluster
from rynek.kernel import clock
from rynek.kernel.database import Database, Tx
from rynek.kernel.events import emit
from rynek.kernel.log import Follower
from rynek.kernel.settings import Settings
from rynek.kernel.sql import queries

logger = logging.getLogger(__name__)
q = queries(__file__, model)

LOOK_S = 0.1
FRESH_S = 1.0
WORDS_S = 15.0
"""How old the list of words may be by which mistakes are mended."""
_KEPT = 2_000
_NOTES = 20_000
_AT_ONCE = 500

_place: dict[str, Any] = {"folder": Path(".rynek"), "engine": "embedded"}


def configure(settings: Settings, _secret: Callable[[str], bytes]) -> None:
    """Take from the settings where the index lies, or which cluster holds it."""
    _place.update(folder=settings.folder, engine=settings.search)


class Facts(Struct, frozen=True):
    """What is known of a channel beside its products."""

    channel: catalog.Channel
    categories: Mapping[str, catalog.Shelf]
    brands: Mapping[str, str]
    attributes: Mapping[str, catalog.Attribute]


class Spelled:
    """Words as they are spelled, by which mistakes are mended: those of one state of an engine."""

    def __init__(self, state: Hashable, at: float, counts: Mapping[str, int]) -> None:
        """Take words with how many products have each; ``at`` is the monotonic time."""
        self.state, self.at = state, at
        self._counts = counts
        self._near: dict[tuple[str, int], list[tuple[str, int, int]]] = {}
        # a word differs from one that is near by as many letters at most
        self._by_length: dict[int, list[str]] = {}
        for each in counts:
            self._by_length.setdefault(len(each), []).append(each)

    def near(self, word: str, most: int) -> list[tuple[str, int, int]]:
        """Give words with at most so many mistakes, the nearest and most frequent first."""
        found = self._near.get((word, most))
        if found is None:
            some = [each for far in range(-most, most + 1) for each in self._by_length.get(len(word) + far, ())]
            near = process.extract(word, some, scorer=OSA.distance, score_cutoff=most, limit=40)
            # a mistake in the first letter is rare
            found = sorted(
                ((each, int(far), self._counts[each]) for each, far, _ in near),
                key=lambda each: (each[1] + (each[0][0] != word[0]), -each[2], each[0]),
            )
            if len(self._near) > _KEPT:
                self._near.clear()
            self._near[word, most] = found
        return found


def _state(engine: Engine) -> Hashable:
    """Tell what an engine's answers are of: one commit, or of a cluster a moment."""
    return id(engine), getattr(engine, "stamp", int(time.monotonic() / LOOK_S))


class Desk:
    """What one process has ready of one database."""

    def __init__(self, folder: Path, cluster: str | None = None) -> None:
        self.store = Store(folder)
        self.cluster = Cluster(cluster) if cluster else None
        self.looked_at = float("-inf")
        self.trouble = ""
        self._index: Index | None = None
        self._facts: dict[str, Facts] = {}
        self._tuning: dict[str, Tuning] = {}
        self._matches: dict[Ask, Matches] = {}
        self._matched_at: Any = None
        self._words: Spelled | None = None
        self._named: dict[str, tuple[float, list[Any]]] = {}
        self.searches: list[tuple[str, events.Search]] = []
        self.choices: list[tuple[str, events.Choice]] = []

    # the index

    def refresh(self) -> None:
        """Look which generation counts, and whether something was committed to it."""
        if self.cluster is not None:
            return
        current = self.store.current()
        if current is None:
            self._index, self.trouble = None, self.trouble or "the index is being built"
            return
        try:
            if self._index is None or self._index.folder != current:
                if self.store.accused(current):
                    return
                self._index, self.trouble = Index(current), ""
            else:
                self._index.refresh()
        except Damaged as damage:
            self.accuse(current, damage)

    def accuse(self, generation: Path, damage: Damaged) -> None:
        """Have a damaged generation built anew; until then nothing is answered from it.

        One that was replaced while it was read is none of ours.
        """
        if self.store.current() != generation:
            self._index = None
            return
        logger.error("the search index is damaged (%s): it is built anew", damage)
        self._index, self.trouble = None, f"the index was damaged and is being built anew ({damage})"[:300]
        self.store.accuse(generation)

    @property
    def engine(self) -> Engine:
        """The engine that answers.

        Raises:
            SearchNotReady: there is no index that could.
        """
        if self.cluster is not None:
            return self.cluster
        if self._index is None:
            self.refresh()
        if self._index is None:
            raise SearchNotReady(self.trouble or "the index is being built")
        return self._index

    def find(self, ask: Ask) -> Matches:
        """Ask the engine, or give what it answered to the same question about the same state.

        Raises:
            SearchNotReady: there is no index that could answer.
        """
        engine = self.engine
        state = _state(engine)
        if self._matched_at != state or len(self._matches) > _KEPT:
            self._matches.clear()
            self._matched_at = state
        found = self._matches.get(ask)
        if found is None:
            try:
                found = self._matches[ask] = engine.find(ask)
            except Damaged as damage:
                if isinstance(engine, Index):
                    self.accuse(engine.folder, damage)
                raise SearchNotReady(f"the index cannot be read: {damage}"[:300]) from damage
        return found

    def lexicon(self) -> rules.Lexicon:
        """Give what is known of words."""
        engine = self.engine
        return rules.Lexicon(engine.products, engine.known, engine.begun, self._near)

    def _near(self, word: str, most: int) -> Sequence[tuple[str, int, int]]:
        """Give words that are near; where none is, the list may be too old to have it."""
        if not most:
            return []
        found = self._spelled(WORDS_S).near(word, most)
        return found or self._spelled(WORDS_S / 15).near(word, most)

    def _spelled(self, fresh_s: float) -> "Spelled":
        """Give the known words, read anew if they are older than that and something was committed since."""
        known, engine = self._words, self.engine
        age_s = time.monotonic() - known.at if known else fresh_s
        if known is None or (age_s >= fresh_s and known.state != _state(engine)):
            known = self._words = Spelled(_state(engine), time.monotonic(), engine.vocabulary())
        return known

    # what is set and named

    @property
    def fresh(self) -> bool:
        """Tell whether the log was looked at lately, so that what is kept here is so."""
        return time.monotonic() - self.looked_at < FRESH_S

    async def facts(self, database: Database, channel: str) -> Facts:
        """Give what is known of a channel.

        Raises:
            UnknownChannel: there is none of this code.
        """
        found = self._facts.get(channel) if self.fresh else None
        if found is None:
            async with database.transaction("commerce") as tx:
                found = self._facts[channel] = await facts_of(tx, await catalog.channel(tx, channel))
        return found

    async def tuning(self, database: Database, channel: str) -> Tuning:
        """Give what is set of a channel's search."""
        found = self._tuning.get(channel) if self.fresh else None
        if found is None:
            async with database.transaction("commerce") as tx:
                found = self._tuning[channel] = await tuning_of(tx, channel)
        return found

    def named(self, channel: str, fresh_s: float) -> list[Any] | None:
        """Give what has a name in a channel, if that was put together lately."""
        at, found = self._named.get(channel, (float("-inf"), []))
        return found if time.monotonic() - at < fresh_s else None

    def keep_named(self, channel: str, found: list[Any]) -> None:
        """Keep what has a name in a channel."""
        self._named[channel] = (time.monotonic(), found)

    def take(self, news: Sequence[Any]) -> None:
        """Forget what the news is about."""
        for each in news:
            if isinstance(each.data, events.TuningChanged):
                self._tuning.clear()
            else:
                self._facts.clear()

    # notes

    def note(self, channel: str, search: events.Search) -> None:
        """Note a search, to be written with others; when nobody writes, what is too much is forgotten."""
        if len(self.searches) < _NOTES:
            self.searches.append((channel, search))

    def note_choice(self, channel: str, choice: events.Choice) -> None:
        """Note that something was chosen."""
        if len(self.choices) < _NOTES:
            self.choices.append((channel, choice))

    async def write_notes(self, database: Database) -> None:
        """Announce what was noted: a few events for all of it."""
        if not self.searches and not self.choices:
            return
        searches, choices, self.searches, self.choices = self.searches, self.choices, [], []
        today = clock.now().date()
        async with database.transaction("commerce") as tx:
            for channel, made in _by_channel(searches):
                emit(tx, *(events.SearchesMade(channel, today, some) for some in _cut(made)))
            for channel, chosen in _by_channel(choices):
                emit(tx, *(events.ChoicesMade(channel, today, some) for some in _cut(chosen)))


def _by_channel(notes: Sequence[tuple[str, Any]]) -> list[tuple[str, list[Any]]]:
    found: dict[str, list[Any]] = {}
    for channel, note in notes:
        found.setdefault(channel, []).append(note)
    return list(found.items())


def _cut(notes: list[Any]) -> list[list[Any]]:
    return [notes[at : at + _AT_ONCE] for at in range(0, len(notes), _AT_ONCE)]


async def facts_of(tx: Tx, channel: catalog.Channel) -> Facts:
    """Read what is known of a channel."""
    categories = {each.code: each for each in await catalog.categories(tx)}
    brands = {each.code: each.name for each in await q.brand_names(tx)}
    return Facts(channel, categories, brands, {each.code: each for each in await catalog.attributes(tx)})


async def tuning_of(tx: Tx, channel: str) -> Tuning:
    """Read what is set of a channel's search."""
    given = await q.weights(tx, channel=channel)
    weights = msgspec.json.decode(given, type=Weights) if given else Weights()
    synonyms = [msgspec.json.decode(each.given, type=Synonym) for each in await q.synonyms(tx)]
    return Tuning(weights, synonyms, [msgspec.json.decode(each.given, type=Rule) for each in await q.rules(tx)])


_desks: WeakKeyDictionary[Database, Desk] = WeakKeyDictionary()


def desk_of(database: Database) -> Desk:
    """Give this process's desk of a database."""
    if database not in _desks:
        cluster = None if _place["engine"] == "embedded" else _place["engine"]
        _desks[database] = Desk(_place["folder"] / "search", cluster)
    return _desks[database]


async def attend(database: Database) -> None:
    """Keep this process's desk in step with index and log, and write its notes, until cancelled."""
    desk = desk_of(database)
    follower = Follower(
        database, events.TuningChanged, catalogued.SortingChanged, catalogued.ChannelChanged
    )  # fmt: skip
    turn = 0
    while True:
        try:
            desk.refresh()
            turn += 1
            if turn % 3 == 0:
                await _look(desk, follower)
            if turn % 10 == 0:
                await desk.write_notes(database)
        except Exception:
            logger.exception("searching cannot follow the log; it goes on with what it knows")
        await asyncio.sleep(LOOK_S)


async def _look(desk: Desk, follower: Follower) -> None:
    began = time.monotonic()
    if follower.position:
        desk.take(await follower.news())
    else:
        await follower.begin()
    desk.looked_at = began
