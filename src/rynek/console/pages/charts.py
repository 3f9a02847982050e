"""Charts as inline SVG, drawn from whole numbers; what they say in words stands beside them, as text of the page."""

from collections.abc import Sequence

from msgspec import Struct

WIDTH, HEIGHT = 1_000, 160


class Bar(Struct, frozen=True):
    """A bar, and what it says to who points at it."""

    x: str
    y: str
    width: str
    height: str
    says: str
    below: bool


class Bars(Struct, frozen=True):
    """Bars above and below a line of zero; ``top`` and ``bottom`` are the round numbers at the ends of the scale."""

    bars: list[Bar]
    zero: str
    top: int
    bottom: int


class Lines(Struct, frozen=True):
    """Lines over the same places, as paths, on one scale."""

    paths: list[str]
    zero: str
    top: int
    bottom: int


def bars(values: Sequence[tuple[int, str]]) -> Bars:
    """Draw a bar for each number, with what it says."""
    top, bottom = _scale([value for value, _ in values])
    step = WIDTH / max(len(values), 1)
    gap = min(step * 0.2, 6)
    zero = _y(0, top, bottom)
    drawn = []
    for place, (value, says) in enumerate(values):
        high, low = sorted((_y(value, top, bottom), zero))
        drawn.append(
            Bar(_n(place * step + gap / 2), _n(high), _n(step - gap), _n(max(low - high, 0.5)), says, below=value < 0)
        )
    return Bars(drawn, _n(zero), top, bottom)


def lines(*series: Sequence[int]) -> Lines:
    """Draw a line through each series of numbers."""
    top, bottom = _scale([value for each in series for value in each])
    paths = []
    for each in series:
        step = WIDTH / max(len(each) - 1, 1)
        points = [f"{_n(place * step)} {_n(_y(value, top, bottom))}" for place, value in enumerate(each)]
        paths.append(
            "M" + "L".join(points if len(points) > 1 else [*points, *(f"{WIDTH} {_after(p)}" for p in points)])
        )
    return Lines(paths, _n(_y(0, top, bottom)), top, bottom)


def share(value: int, most: int) -> str:
    """Tell how long a bar is that stands for a part of the longest, of 100."""
    return _n(100 * abs(value) / most if most else 0)


def binned(count: int, most: int) -> list[range]:
    """Put so many places together, in order and evenly, that there are at most so many."""
    step = -(-count // most) if count else 1
    return [range(begin, min(begin + step, count)) for begin in range(0, count, step)]


def round_up(value: int) -> int:
    """Give the next round number: 1, 2 or 5 and noughts; 0 stays."""
    if value <= 0:
        return 0
    unit: int = 10 ** (len(str(value)) - 1)
    return next(step * unit for step in (1, 2, 5, 10) if step * unit >= value)


def _scale(values: Sequence[int]) -> tuple[int, int]:
    top, bottom = round_up(max([*values, 0])), -round_up(-min([*values, 0]))
    return (top, bottom) if top > bottom else (1, 0)


def _y(value: int, top: int, bottom: int) -> float:
    return HEIGHT * (top - value) / (top - bottom)


def _after(point: str) -> str:
    return point.rpartition(" ")[2]


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
