"""Searching: what is found for words, why it stands where it does, and what was looked for in vain.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.commerce.search.model as commerce_search
import typing
import uuid
from rynek.client.calls import Calls, Route

_CHOOSE = Route[None]("POST", "/search/{channel}/choices", None)
_DROP_RULE = Route[None]("DELETE", "/search/rules/{rule}", None)
_DROP_SYNONYM = Route[None]("DELETE", "/search/synonyms/{synonym}", None)
_FIND = Route[commerce_search.Found]("GET", "/search/{channel}/products", commerce_search.Found)
_MERCHANDISING = Route[list[commerce_search.Rule]]("GET", "/search/rules", list[commerce_search.Rule])
_PREVIEW = Route[commerce_search.Compared]("POST", "/search/{channel}/preview", commerce_search.Compared)
_PUT_RULE = Route[commerce_search.Rule]("PUT", "/search/rules", commerce_search.Rule)
_PUT_SYNONYMS = Route[list[commerce_search.Synonym]]("PUT", "/search/synonyms", list[commerce_search.Synonym])
_PUT_WEIGHTS = Route[commerce_search.Weights]("PUT", "/search/{channel}/weights", commerce_search.Weights)
_REBUILD = Route[commerce_search.State]("POST", "/search/rebuild", commerce_search.State)
_REPORT = Route[commerce_search.Report]("GET", "/search/{channel}/report", commerce_search.Report)
_STATE = Route[commerce_search.State]("GET", "/search/state", commerce_search.State)
_SUGGEST = Route[list[commerce_search.Suggestion]](
    "GET", "/search/{channel}/suggestions", list[commerce_search.Suggestion]
)
_SYNONYMS = Route[list[commerce_search.Synonym]]("GET", "/search/synonyms", list[commerce_search.Synonym])
_WEIGHTS = Route[commerce_search.Weights]("GET", "/search/{channel}/weights", commerce_search.Weights)


class CommerceSearch:
    """Searching: what is found for words, why it stands where it does, and what was looked for in vain."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def choose(self, channel: str, search: uuid.UUID, query: str, place: int) -> None:
        """Tell that something found was chosen: what is on which place, and nothing of who.

        Args:
            search: the answer it was found in.
            place: where it stood, from 1.

        Raises:
            UnknownChannel: there is no such channel.
        """
        return await self._calls.ask(_CHOOSE, {"channel": channel}, {"search": search, "query": query, "place": place})

    async def drop_rule(self, rule: uuid.UUID) -> None:
        """Forget a rule.

        Raises:
            UnknownRule: there is none of this id.
        Emits:
            TuningChanged
        """
        return await self._calls.ask(_DROP_RULE, {"rule": rule}, None)

    async def drop_synonym(self, synonym: uuid.UUID) -> None:
        """Forget synonyms.

        Raises:
            UnknownSynonym: there are none of this id.
        Emits:
            TuningChanged
        """
        return await self._calls.ask(_DROP_SYNONYM, {"synonym": synonym}, None)

    async def find(self, channel: str, wanted: commerce_search.Wanted) -> commerce_search.Found:
        """Find products by words, sizes or numbers, narrowed and in the order that is asked for.

        Mistakes in words are mended, other forms of a word and its synonyms are met, and where nothing has all words,
        what has most of them is found. Prices and stock are those of browsing, to the moment.

        Raises:
            UnknownChannel: there is no such channel.
            SearchNotReady: the index is being built; try again soon.
            Invalid: a value or range cannot be read.
        """
        return await self._calls.ask(_FIND, {"channel": channel}, wanted)

    async def merchandising(self) -> list[commerce_search.Rule]:
        """List all rules: what is pinned, buried, raised or led elsewhere, for which query or category, and when."""
        return await self._calls.ask(_MERCHANDISING, {}, None)

    async def preview(self, channel: str, draft: commerce_search.Draft) -> commerce_search.Compared:
        """Show what is found now, and what would be found with other weights, synonyms or rules, or at another time.

        Raises:
            UnknownChannel: there is no such channel.
            SearchNotReady: the index is being built; try again soon.
            Invalid: a value or range cannot be read.
            RuleUnclear: a rule cannot be meant like this.
        """
        return await self._calls.ask(_PREVIEW, {"channel": channel}, draft)

    async def put_rule(self, rule: commerce_search.Rule) -> commerce_search.Rule:
        """Write a rule: with an id in place of the one there is, without one new; gives it with its id.

        Raises:
            RuleUnclear: it cannot be meant like this.
        Emits:
            TuningChanged
        """
        return await self._calls.ask(_PUT_RULE, {}, rule)

    async def put_synonyms(self, synonyms: list[commerce_search.Synonym]) -> list[commerce_search.Synonym]:
        """Write synonyms: with an id in place of those there are, without one new; gives them with their ids.

        Emits:
            TuningChanged
        """
        return await self._calls.ask(_PUT_SYNONYMS, {}, {"synonyms": synonyms})

    async def put_weights(self, channel: str, weights: commerce_search.Weights) -> commerce_search.Weights:
        """Set what counts how much in a channel.

        Raises:
            UnknownChannel: there is no such channel.
        Emits:
            TuningChanged
        """
        return await self._calls.ask(_PUT_WEIGHTS, {"channel": channel}, weights)

    async def rebuild(self) -> commerce_search.State:
        """Have the index built anew; what is there answers until then."""
        return await self._calls.ask(_REBUILD, {}, None)

    async def report(
        self, channel: str, first_on: datetime.date | None = None, last_on: datetime.date | None = None
    ) -> commerce_search.Report:
        """Tell what was looked for, what found nothing, what was left, and how often each place was chosen.

        Args:
            first_on: the first day; None: thirty days ago.
            last_on: the last day; None: today.

        Raises:
            UnknownChannel: there is no such channel.
        """
        return await self._calls.ask(_REPORT, {"channel": channel}, {"first_on": first_on, "last_on": last_on})

    async def state(self) -> commerce_search.State:
        """Tell how the index of this process is."""
        return await self._calls.ask(_STATE, {}, None)

    async def suggest(
        self, channel: str, q: str, limit: int = 8, language: typing.Literal["pl", "en"] | None = None
    ) -> list[commerce_search.Suggestion]:
        """Suggest where somebody may be going who has typed this much: queries, categories, brands and products.

        Raises:
            UnknownChannel: there is no such channel.
            SearchNotReady: the index is being built; try again soon.
        """
        return await self._calls.ask(_SUGGEST, {"channel": channel}, {"q": q, "limit": limit, "language": language})

    async def synonyms(self) -> list[commerce_search.Synonym]:
        """List all synonyms."""
        return await self._calls.ask(_SYNONYMS, {}, None)

    async def weights(self, channel: str) -> commerce_search.Weights:
        """Show what counts how much in a channel.

        Raises:
            UnknownChannel: there is no such channel.
        """
        return await self._calls.ask(_WEIGHTS, {"channel": channel}, None)
