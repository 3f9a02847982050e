"""What promotions give to the lines of a basket. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from rynek.commerce.promotions.language import Amount, BundlePrice, BuyGet, FixedPrice, Percent
from rynek.commerce.promotions.model import Buying, Line
from rynek.kernel.money import split

Shares = dict[int, int]
"""What lines get: minor units by the place of the line; one that has to be there for others gets 0."""
Offer = tuple[Shares, bool]
"""What something would give, and whether that is taken whole or not at all."""
NOTHING: Offer = ({}, False)


class Miss(Struct, frozen=True, gc=False):
    """Why a condition does not hold: in words, or how much more would do."""

    why: str = ""
    lacks_minor: int | None = None
    lacks_units: int | None = None
    lacks_weight_g: int | None = None


Test = Callable[["State"], Miss | None]
Give = Callable[["Room"], Offer]


class State:
    """A basket while promotions are counted; the line after the last is delivery.

    Of each line is kept what it costs as it stands (``left``) and how much of it there is, by what is measured;
    ``pieces`` are 0 of what is sold by weight.
    """

    __slots__ = (
        "buying",
        "closed",
        "left",
        "lines",
        "measures",
        "pieces",
        "selected",
        "skus",
        "sums",
        "times",
        "touched",
    )

    def __init__(self, buying: Buying, lines: Sequence[Line], selected: Mapping[int, Sequence[int]]) -> None:
        self.buying = buying
        self.lines = lines
        self.selected = selected
        self.skus = [*[line.sku for line in lines], ""]
        self.left = [*[line.minor for line in lines], buying.delivery_minor or 0]
        self.pieces = [line.quantity if line.unit == "pcs" else 0 for line in lines]
        grams = [line.quantity * (line.weight_g or 0) if line.unit == "pcs" else line.quantity for line in lines]
        self.measures = {"minor": self.left, "units": self.pieces, "weight_g": grams}
        self.closed: set[int] = set()
        """The lines that take nothing any more: an exclusive promotion counts there."""
        self.touched: set[int] = set()
        """The lines that have had something."""
        self.sums: dict[tuple[int, str], int] = {}
        self.times: dict[ZoneInfo, datetime] = {}

    def take(self, shares: Shares, *, exclusive: bool) -> None:
        """Take something off lines."""
        left = self.left
        for place, minor in shares.items():
            left[place] -= minor
        self.touched.update(shares)
        if exclusive:
            self.closed.update(shares)

    def at(self, zone: ZoneInfo) -> datetime:
        """Tell what time it is somewhere."""
        found = self.times.get(zone)
        if found is None:
            found = self.times[zone] = self.buying.at.astimezone(zone)
        return found

    def chosen(self, what: int) -> Sequence[int]:
        """List the lines that fit."""
        return self.selected.get(what, ())

    def much(self, what: int, of: str) -> int:
        """Tell how much of something there is, as the basket stood when the lane began."""
        found = self.sums.get((what, of))
        if found is None:
            measure = self.measures[of]
            found = self.sums[what, of] = sum([measure[i] for i in self.selected.get(what, ())])
        return found


class Room:
    """The lines of a basket that something may be taken off: those that still cost something and are not ``shut``."""

    __slots__ = ("_cheapest", "shut", "state")

    def __init__(self, state: State, shut: Collection[int]) -> None:
        self.state = state
        self.shut = shut
        self._cheapest: dict[int, list[int]] = {}

    def free(self, what: int) -> list[int]:
        """List those that fit."""
        left, shut = self.state.left, self.shut
        return [i for i in self.state.selected.get(what, ()) if left[i] and i not in shut]

    def cheapest(self, what: int) -> list[int]:
        """List those that fit and are sold by the piece, by what one costs as it stands, else in the order of skus."""
        found = self._cheapest.get(what)
        if found is None:
            left, pieces, shut = self.state.left, self.state.pieces, self.shut
            some = [i for i in self.state.selected.get(what, ()) if left[i] and pieces[i] and i not in shut]
            if len(some) > 1:
                some = [i for _, i in sorted([(left[i] / pieces[i], i) for i in some])]
            found = self._cheapest[what] = some
        return found


def half_up(numerator: int, denominator: int) -> int:
    """Divide what is not negative, and round halves up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _priced(minor: int, line: Line) -> int:
    """Price a line at so much a piece, or 1000 g or ml."""
    return minor * line.quantity if line.unit == "pcs" else half_up(minor * line.quantity, 1_000)


def off(reward: Percent | Amount | FixedPrice, what: int) -> Give:
    """Take off lines that fit: each by itself, or what is capped or an amount from all of them together."""
    match reward:
        case Percent(bp=bp, most_minor=None):
            return lambda room: share(room, what, bp)
        case Percent(bp=bp, most_minor=most):
            return lambda room: _capped(room, what, bp, most or 0)
        case Amount(minor=minor, each=True):
            return lambda room: _off_each(room, what, minor)
        case Amount(minor=minor):
            return lambda room: shared(room, what, minor)
        case FixedPrice(minor=minor):
            return lambda room: _down_to(room, what, minor)


def share(room: Room, what: int, bp: int) -> Offer:
    """Take a share off lines that fit, each by itself."""
    left = room.state.left
    return {i: (2 * left[i] * bp + 10_000) // 20_000 for i in room.free(what)}, False


def shared(room: Room, what: int, minor: int) -> Offer:
    """Take an amount off lines that fit together, shared out by what they come to (largest remainder)."""
    places, left = room.free(what), room.state.left
    weights = [left[i] for i in places]
    total = min(minor, sum(weights))
    return (dict(zip(places, split(total, weights), strict=True)), True) if total > 0 else NOTHING


def _capped(room: Room, what: int, bp: int, most: int) -> Offer:
    total = half_up(sum([room.state.left[i] for i in room.free(what)]) * bp, 10_000)
    return shared(room, what, min(total, most))


def _off_each(room: Room, what: int, minor: int) -> Offer:
    left, lines = room.state.left, room.state.lines
    return {i: min(left[i], _priced(minor, lines[i])) for i in room.free(what)}, False


def _down_to(room: Room, what: int, minor: int) -> Offer:
    left, lines = room.state.left, room.state.lines
    return {i: gain for i in room.free(what) if (gain := left[i] - _priced(minor, lines[i])) > 0}, False


# --- so many for so many ----------------------------------------------------------------------------------------------


def buy_get(reward: BuyGet, buy: int, get: int, room: Room) -> Offer:
    """Find how often it counts, and which pieces are given: the cheapest that leave enough to be bought."""
    pieces, left = room.state.pieces, room.state.left
    bought, gotten = room.cheapest(buy), room.cheapest(get)
    paying = there = sum([pieces[i] for i in bought])
    getting = paying if get == buy else sum([pieces[i] for i in gotten])
    if get != buy:
        there = sum([pieces[i] for i in {*bought, *gotten}])
    times = min(
        paying // reward.buy_units,
        getting // reward.get_units,
        there // (reward.buy_units + reward.get_units),
        reward.times or there,
    )
    if times <= 0:
        return NOTHING
    paid = times * reward.buy_units
    given = _given(pieces, gotten, times * reward.get_units, bought, paying - paid)
    shares = {i: half_up(left[i] * units * reward.bp, pieces[i] * 10_000) for i, units in given.items()}
    if not any(shares.values()):
        return NOTHING
    for i in reversed(bought):
        rest = pieces[i] - given.get(i, 0)
        if rest:
            shares.setdefault(i, 0)
            paid -= rest
            if paid <= 0:
                break
    return dict(sorted(shares.items())), True


def _given(
    pieces: Sequence[int], order: Sequence[int], wanted: int, spared: Collection[int], spare: int
) -> dict[int, int]:
    """Take pieces from lines in order; of those that have to be bought too (``spared``) at most ``spare``."""
    found: dict[int, int] = {}
    for i in order:
        bought = i in spared
        units = min(pieces[i], wanted, spare) if bought else min(pieces[i], wanted)
        if units:
            found[i] = units
            wanted -= units
            spare -= units if bought else 0
            if not wanted:
                break
    return found


def bundle(reward: BundlePrice, parts: Sequence[tuple[int, int]], room: Room) -> Offer:
    """Put bundles together, of the dearest that fit; the part with the least choice is served first."""
    left, pieces = room.state.left, room.state.pieces
    dearest = [(room.cheapest(what)[::-1], units) for what, units in parts]
    dearest.sort(key=lambda part: len(part[0]))
    if not dearest[0][0]:
        return NOTHING
    remaining = [*pieces]
    used: dict[int, int] = {}
    times, most = 0, reward.times or sum(pieces)
    while times < most and (one := _one_bundle(dearest, remaining)):
        if sum([(2 * left[i] * units + pieces[i]) // (2 * pieces[i]) for i, units in one.items()]) <= reward.minor:
            break
        repeat = min([most - times, *[remaining[i] // units for i, units in one.items()]])
        for i, units in one.items():
            remaining[i] -= units * repeat
            used[i] = used.get(i, 0) + units * repeat
        times += repeat
    places = sorted(used)
    weights = [half_up(left[i] * used[i], pieces[i]) for i in places]
    gain = sum(weights) - reward.minor * times
    return (dict(zip(places, split(gain, weights), strict=True)), True) if gain > 0 else NOTHING


def _one_bundle(dearest: Sequence[tuple[Sequence[int], int]], remaining: Sequence[int]) -> dict[int, int]:
    """Choose the pieces of one bundle; nothing when a part cannot be had."""
    chosen: dict[int, int] = {}
    for places, units in dearest:
        wanted = units
        for i in places:
            had = chosen.get(i, 0)
            free = remaining[i] - had
            if free >= wanted:
                chosen[i] = had + wanted
                break
            if free:
                chosen[i] = had + free
                wanted -= free
        else:
            return {}
    return chosen
