"""What was said of prices and lists, heard in the order of time."""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from rynek.commerce.pricing.model import ListSaid, Said

S = TypeVar("S", Said, ListSaid)


class Saying(Generic[S]):
    """A history that is gone through once, however long: of each key the last said until an instant is ``now``."""

    def __init__(self, said: Sequence[S], key: Callable[[S], Hashable]) -> None:
        self.said: Sequence[S] = said
        self.key: Callable[[S], Hashable] = key
        self.coming = deque(sorted(range(len(said)), key=lambda place: said[place].at))
        self.last: dict[Hashable, int] = {}
        self.now: dict[Hashable, S] = {}

    def hear(self, at: datetime) -> bool:
        """Go on to an instant; gives whether anything was said until then."""
        heard = False
        while self.coming and self.said[self.coming[0]].at <= at:
            place = self.coming.popleft()
            key = self.key(self.said[place])
            if place > self.last.get(key, -1):
                self.last[key], self.now[key] = place, self.said[place]
            heard = True
        return heard
