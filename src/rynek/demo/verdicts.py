"""Our discounts against those of the tills, line by line, each difference with its reason. Pure; money in cents.

A line has three parts: what the shop takes off (``shelf``), what a maker's ``coupon`` takes off, and what the shop adds
to that (``match``). Each part gets one verdict, so the verdicts of all lines sum to both sides exactly.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from rynek.demo.dirt import Kind
from rynek.demo.offers import Rule, Sold, off

Part = Literal["shelf", "coupon", "match"]
UNEXPLAINED = "unexplained"
EQUAL = "equal"

REASONS = {
    EQUAL: "the same to the cent",
    "no goods or no quantity": "the line buys nothing that a promotion could be for (slip, void, correction)",
    "given away": "handed out for nothing, as the other half of a deal that the set does not tell",
    "no promotion known": "the receipts that we learned from show no such reduction of this article in this week",
    "another price known": "they show this reduction too, but another one more often",
    "weight not recorded": "reduced by weight, of which the set says nothing",
    "no card shown": "nothing on the receipt is reduced: its shopper showed no card",
    "not on this receipt": "promised to all, and others on this receipt are reduced, but this article is not",
    "rounding": "at most a cent a piece",
    "no redemption listed": "a coupon, but the set lists no redemption of this household and day for this article",
    "worth not known": "redeemed, but neither the coupon's number nor other months tell what it is worth",
    "condition not met": "redeemed, but with fewer pieces than its number asks for, or with nothing left to take off",
    "on another line": "the same money, but we share it among the articles that the coupon is for",
    "on another article or slip": "redeemed, but the receipt has that amount where the coupon is not for",
    "no coupon on the receipt": "redeemed by the set's list, but the receipt shows no coupon on what it is for",
    "several of the same": "the receipt has a multiple: redeemed more than once at a time",
    "stacked": "several coupons for the same article met, and the receipt took other amounts",
    "coupon inferred wrongly": "redeemed for another amount than its number or other months tell",
    "doubling of an unknown coupon": "the shop adds to a coupon that we do not know",
    "not doubled as usual": "the shop adds another amount than it usually adds to such a coupon",
    UNEXPLAINED: "we do not know why",
}


class Pair(Struct, frozen=True, gc=False):
    """What a part of a line gets: by our promotions, and by the till."""

    ours: int = 0
    theirs: int = 0


class Line(Struct, frozen=True):
    """A line decided twice, with what tells why it differs."""

    sold: Sold
    kind: Kind
    bought: bool
    """Whether promotions were asked about it; False: it buys nothing."""
    shelf: Pair
    coupon: Pair
    match: Pair
    rules: frozenset[Rule] | None = None
    """What reductions of its article and week we saw; None: none of its lines."""
    codes: frozenset[str] = frozenset()
    """The redeemed coupons of known worth that are for it."""
    worthless: bool = False
    """Whether a redeemed coupon of unknown worth is for it."""


class Verdict(Struct, frozen=True, gc=False):
    """A part of a line: both sides and why they differ."""

    part: Part
    reason: str
    ours: int
    theirs: int


class Sum(Struct, frozen=True):
    """How many lines, and what they come to; ``apart`` is how far the sides are from each other, line by line."""

    lines: int = 0
    ours: int = 0
    theirs: int = 0
    apart: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            self.lines + other.lines, self.ours + other.ours, self.theirs + other.theirs, self.apart + other.apart
        )


def judged(lines: Sequence[Line]) -> list[tuple[Verdict, Verdict, Verdict]]:
    """Give the three verdicts of each line of a receipt."""
    carded = any(line.shelf.theirs for line in lines)
    coupons = _coupon_reasons(lines)
    return [
        (
            _verdict("shelf", shelf_reason(line, carded=carded), line.shelf),
            _verdict("coupon", coupon, line.coupon),
            _verdict("match", match_reason(line, coupon), line.match),
        )
        for line, coupon in zip(lines, coupons, strict=True)
    ]


def _verdict(part: Part, reason: str, pair: Pair) -> Verdict:
    return Verdict(part, reason, pair.ours, pair.theirs)


def shelf_reason(line: Line, *, carded: bool) -> str:  # noqa: PLR0911 - one for each reason
    """Say why the shop's own reduction is not ours."""
    ours, theirs = line.shelf.ours, line.shelf.theirs
    if ours == theirs:
        return EQUAL
    if not line.bought:
        return "no goods or no quantity"
    if line.kind == "giveaway":
        return "given away"
    if not theirs:
        return "not on this receipt" if carded else "no card shown"
    if ours and abs(ours - theirs) <= (1 if line.sold.metered else line.sold.quantity):
        return "rounding"
    if any(off(rule, line.sold) == theirs for rule in line.rules or ()):
        return "another price known"
    if not ours:
        return "no promotion known"
    return "weight not recorded" if line.kind == "weighed" else UNEXPLAINED


def together(lines: Sequence[Line]) -> list[list[int]]:
    """Put the lines of a receipt together that coupons have in common, by their places; those without stay out."""
    groups: list[tuple[set[str], list[int]]] = []
    for place, line in enumerate(lines):
        if line.codes:
            touching = [group for group in groups if group[0] & line.codes]
            groups = [group for group in groups if group not in touching]
            codes = set(line.codes).union(*(codes for codes, _ in touching))
            groups.append((codes, sorted([place, *(each for _, places in touching for each in places)])))
    return sorted(places for _, places in groups)


def _coupon_reasons(lines: Sequence[Line]) -> list[str]:
    """Say why coupons are not ours; lines of one coupon together, as a till writes it on one of them."""
    strayed = Counter(line.coupon.theirs for line in lines if not line.codes and line.coupon.theirs)
    reasons: dict[int, str] = {}
    found: Counter[int] = Counter()
    for places in together(lines):
        group = [lines[place] for place in places]
        why = _group_reason(group, strayed - found)
        if why == "on another article or slip":
            found[sum(line.coupon.ours for line in group)] += 1
        reasons |= dict.fromkeys(places, why)
    return [_coupon_reason(line, reasons.get(place), found) for place, line in enumerate(lines)]


def _group_reason(group: Sequence[Line], strayed: Mapping[int, int]) -> str:
    ours, theirs = sum(line.coupon.ours for line in group), sum(line.coupon.theirs for line in group)
    if ours == theirs:
        return "on another line"
    if not ours:
        return "condition not met"
    if not theirs:
        return "on another article or slip" if strayed.get(ours) else "no coupon on the receipt"
    if len({code for line in group for code in line.codes}) > 1:
        return "stacked"
    return "coupon inferred wrongly" if theirs % ours else "several of the same"


def _coupon_reason(line: Line, shared: str | None, found: Counter[int]) -> str:
    """Say it of a line; those that no known coupon is for, each by itself, and first whether a stray one is on it."""
    if line.coupon.ours == line.coupon.theirs:
        return EQUAL
    if shared is not None:
        return shared
    if found[line.coupon.theirs] > 0:
        found[line.coupon.theirs] -= 1
        return "on another article or slip"
    if not line.bought:
        return "no goods or no quantity"
    return "worth not known" if line.worthless else "no redemption listed"


def match_reason(line: Line, coupon: str) -> str:
    """Say why what the shop adds to a coupon is not ours; where the coupon is not, that is why.

    Args:
        coupon: why the coupon of the line is not ours.
    """
    if line.match.ours == line.match.theirs:
        return EQUAL
    if not line.codes:
        return "doubling of an unknown coupon"
    return "not doubled as usual" if coupon == EQUAL else coupon


# --- sums -------------------------------------------------------------------------------------------------------------

Table = dict[tuple[Part, str], Sum]


def table(verdicts: Iterable[Verdict]) -> Table:
    """Sum verdicts up by part and reason."""
    sums: Table = {}
    for each in verdicts:
        key = (each.part, each.reason)
        sums[key] = sums.get(key, Sum()) + Sum(1, each.ours, each.theirs, abs(each.ours - each.theirs))
    return sums


def amiss(sums: Table, whole: Sum) -> list[str]:
    """Say what does not add up: every part has every line once, and the reasons sum to both sides.

    Args:
        whole: all lines, with what promotions decided and what the data set's columns sum to, counted elsewhere.
    """
    found = []
    for part in ("shelf", "coupon", "match"):
        lines = sum(each.lines for (of, _), each in sums.items() if of == part)
        if lines != whole.lines:
            found.append(f"{part}: {lines} verdicts on {whole.lines} lines")
    ours, theirs = sum(each.ours for each in sums.values()), sum(each.theirs for each in sums.values())
    if ours != whole.ours:
        found.append(f"our discounts by reason are {ours}, and {whole.ours} were decided")
    if theirs != whole.theirs:
        found.append(f"the set's discounts by reason are {theirs}, and its columns say {whole.theirs}")
    found += [f"{reason} is no reason" for _, reason in sums if reason not in REASONS]
    found += [
        f"{part}: lines that are equal are {each.apart} apart"
        for (part, reason), each in sums.items()
        if reason == EQUAL and each.apart
    ]
    return found
