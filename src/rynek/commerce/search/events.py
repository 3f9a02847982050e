"""What searching announces: what is looked for, what is chosen, and how it is tuned. Nothing in it says who."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


class Search(Struct, frozen=True):
    """A search: ``found`` products in all, ``shown`` of them on the page."""

    search: UUID
    query: str
    found: int
    shown: int


class Choice(Struct, frozen=True):
    """Something that was found, on a place counted from 1, was chosen."""

    search: UUID
    query: str
    place: int


@event("search.searches-made", key="channel")
class SearchesMade(Struct, frozen=True):
    """Searches of a moment, together."""

    channel: str
    on: date
    searches: list[Search]


@event("search.choices-made", key="channel")
class ChoicesMade(Struct, frozen=True):
    """What was chosen in a moment, together."""

    channel: str
    on: date
    choices: list[Choice]


@event("search.tuning-changed", key="kind")
class TuningChanged(Struct, frozen=True):
    """Weights, synonyms or rules are others."""

    kind: str
