"""What promotions give to the lines of a basket. Pure."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from rynek.commerce.promotions.language import Amount, BundlePrice, BuyGet, FixedPrice, Percent
from rynek.commerce.promotions.model import Buying, Line
from rynek.kernel.money import split

Shares = list[tuple[int, int]]
"""What lines get: (place of the line, minor units); a line that has to be there for others gets 0."""


class Miss(Struct, frozen=True, gc=False):
    """Why a condition does not hold: in words, or how much more would do."""

    why: str = ""
    lacks_minor: int | None = None
    lacks_units: int | None = None
    lacks_weight_g: int | None = None


Test = Callable[["State"], Miss | None]
Give = Callable[["State", Sequence[bool]], list[Shares]]
"""What it would give on the lines that are not blocked: pieces that are taken whole or not at all."""


class State:
    """A basket while promotions are counted; the line after the last is delivery."""

    __slots__ = ("buying", "closed", "left", "lines", "selected", "sums", "touched")

    def __init__(self, buying: Buying, lines: Sequence[Line], selected: dict[int, list[int]]) -> None:
        self.buying = buying
        self.lines = lines
        self.selected = selected
        self.left = [*(line.minor for line in lines), buying.delivery_minor or 0]
        self.closed = [False] * len(self.left)
        """Which lines take nothing any more: an exclusive promotion counts there."""
        self.touched = [False] * len(self.left)
        """Which lines have had something."""
        self.sums: dict[tuple[int, str], int] = {}

    def chosen(self, what: int) -> Sequence[int]:
        """List the lines that fit."""
        return self.selected.get(what, ())

    def much(self, what: int, of: str) -> int:
        """Tell how much of something there is, as the basket stood when the lane began."""
        found = self.sums.get((what, of))
        if found is None:
            found = self.sums[what, of] = self._much(what, of)
        return found

    def _much(self, what: int, of: str) -> int:
        if of == "minor":
            left = self.left
            return sum([left[i] for i in self.chosen(what)])
        some = [self.lines[i] for i in self.chosen(what)]
        if of == "units":
            return sum([line.quantity for line in some if line.unit == "pcs"])
        return sum(line.quantity * (line.weight_g or 0) if line.unit == "pcs" else line.quantity for line in some)


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
            return lambda state, blocked: [
                [(i, half_up(state.left[i] * bp, 10_000))] for i in free(state, what, blocked)
            ]
        case Percent(bp=bp, most_minor=most):
            return lambda state, blocked: _capped(state, free(state, what, blocked), bp, most or 0)
        case Amount(minor=minor, each=True):
            return lambda state, blocked: [
                [(i, min(state.left[i], _priced(minor, state.lines[i])))] for i in free(state, what, blocked)
            ]
        case Amount(minor=minor):
            return lambda state, blocked: shared(state, free(state, what, blocked), minor)
        case FixedPrice(minor=minor):
            return lambda state, blocked: [
                [(i, gain)]
                for i in free(state, what, blocked)
                if (gain := state.left[i] - _priced(minor, state.lines[i])) > 0
            ]


def free(state: State, what: int, blocked: Sequence[bool]) -> list[int]:
    """List the lines that fit, may be touched and still cost something."""
    left = state.left
    return [i for i in state.selected.get(what, ()) if not blocked[i] and left[i] > 0]


def shared(state: State, lines: Sequence[int], minor: int) -> list[Shares]:
    """Take an amount off lines together, shared out by what they come to (largest remainder)."""
    weights = [state.left[i] for i in lines]
    total = min(minor, sum(weights))
    return [list(zip(lines, split(total, weights), strict=True))] if total > 0 else []


def _capped(state: State, lines: Sequence[int], bp: int, most: int) -> list[Shares]:
    total = half_up(sum(state.left[i] for i in lines) * bp, 10_000)
    return shared(state, lines, min(total, most))


# --- so many for so many ----------------------------------------------------------------------------------------------


def _pieces(state: State, what: int, blocked: Sequence[bool]) -> dict[int, int]:
    """Count the pieces of lines that may still be given something."""
    lines = state.lines
    return {i: lines[i].quantity for i in free(state, what, blocked) if lines[i].unit == "pcs"}


def _cheapest(state: State, lines: Iterable[int]) -> list[int]:
    """Sort lines by what a piece costs as it stands; equals stay in the order of their skus."""
    left, some = state.left, state.lines
    return [i for _, i in sorted([(left[i] / some[i].quantity, i) for i in lines])]


def _off_pieces(state: State, line: int, pieces: int, bp: int) -> int:
    return half_up(state.left[line] * pieces * bp, state.lines[line].quantity * 10_000)


def buy_get(reward: BuyGet, buy: int, get: int, state: State, blocked: Sequence[bool]) -> list[Shares]:
    """Find how often it counts, and which pieces are given: the cheapest that leave enough to be bought."""
    bought, gotten = _pieces(state, buy, blocked), _pieces(state, get, blocked)
    units = sum((bought | gotten).values())
    times = min(
        sum(bought.values()) // reward.buy_units,
        sum(gotten.values()) // reward.get_units,
        units // (reward.buy_units + reward.get_units),
        reward.times or units,
    )
    if times <= 0:
        return []
    given = _taken(
        _cheapest(state, gotten),
        gotten,
        times * reward.get_units,
        bought,
        sum(bought.values()) - times * reward.buy_units,
    )
    left = {i: units - given.get(i, 0) for i, units in bought.items()}
    paid = _taken(reversed(_cheapest(state, left)), left, times * reward.buy_units, {}, 0)
    shares = dict.fromkeys(paid, 0) | {i: _off_pieces(state, i, pieces, reward.bp) for i, pieces in given.items()}
    return [sorted(shares.items())] if any(shares.values()) else []


def _taken(
    order: Iterable[int], there: dict[int, int], wanted: int, spared: dict[int, int], spare: int
) -> dict[int, int]:
    """Take pieces from lines in order; of those that are ``spared`` for something else at most ``spare``."""
    found: dict[int, int] = {}
    for i in order:
        pieces = min(there[i], wanted, spare) if i in spared else min(there[i], wanted)
        if pieces > 0:
            found[i] = pieces
            wanted -= pieces
            spare -= pieces if i in spared else 0
    return found


def bundle(
    reward: BundlePrice, parts: Sequence[tuple[int, int]], state: State, blocked: Sequence[bool]
) -> list[Shares]:
    """Put bundles together, of the dearest that fit; the part with the least choice is served first."""
    there = [(_pieces(state, what, blocked), units) for what, units in parts]
    if any(not some for some, _ in there):
        return []
    there.sort(key=lambda part: len(part[0]))
    remaining = {i: pieces for some, _ in there for i, pieces in some.items()}
    dearest = [(_cheapest(state, some)[::-1], units) for some, units in there]
    used: dict[int, int] = {}
    times, most = 0, reward.times or max(remaining.values())
    while times < most and (one := _one_bundle(dearest, remaining)):
        repeat = min(most - times, *[remaining[i] // pieces for i, pieces in one.items()])
        value = sum([_off_pieces(state, i, pieces, 10_000) for i, pieces in one.items()])
        if value <= reward.minor:
            break
        for i, pieces in one.items():
            remaining[i] -= pieces * repeat
            used[i] = used.get(i, 0) + pieces * repeat
        times += repeat
    lines = sorted(used)
    weights = [_off_pieces(state, i, used[i], 10_000) for i in lines]
    gain = sum(weights) - reward.minor * times
    return [list(zip(lines, split(gain, weights), strict=True))] if gain > 0 else []


def _one_bundle(dearest: Sequence[tuple[list[int], int]], remaining: dict[int, int]) -> dict[int, int]:
    """Choose the pieces of one bundle; nothing when a part cannot be had."""
    chosen: dict[int, int] = {}
    for lines, units in dearest:
        wanted = units
        for i in lines:
            pieces = min(remaining[i] - chosen.get(i, 0), wanted)
            if pieces > 0:
                chosen[i] = chosen.get(i, 0) + pieces
                wanted -= pieces
                if not wanted:
                    break
        if wanted:
            return {}
    return chosen
