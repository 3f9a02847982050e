"""What an engine of search does: the embedded one (``index``), or a cluster of OpenSearch (``remote``)."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from rynek.commerce.search.model import Ask, Matches, Sheet


class Engine(Protocol):
    """What is asked. An engine may be asked from several threads; what it answers is one committed state."""

    def find(self, ask: Ask) -> Matches:
        """Find products, best first, and count the facets."""

    def known(self, form: str) -> int:
        """Tell how many products have a word in their name or around it."""

    def begun(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """Give words that begin so, the most frequent first, with how many products have each."""

    def vocabulary(self) -> Mapping[str, int]:
        """Give all words of names and around them, with how many products have each; stems are not among them."""

    def due(self, at_s: int, limit: int) -> list[UUID]:
        """Give the products that time has changed until then (Unix seconds)."""

    @property
    def products(self) -> int:
        """How many sheets there are."""


class Pen(Protocol):
    """What is written. One process writes at a time; what it writes is seen all at once, at the commit."""

    def put(self, sheets: Sequence[Sheet], gone: Sequence[str]) -> None:
        """Write sheets, in place of those of the same id, and take out those that are gone."""

    def commit(self, position: str) -> None:
        """Let readers see what was written; ``position`` is how far in the log that reaches."""
