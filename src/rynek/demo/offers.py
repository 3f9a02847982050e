"""How promotions are found in what tills wrote: the shop's reductions week by week, and what coupons are worth.

Pure, and the same on every machine. ``docs/data.md`` tells the method and how well it does.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Literal

from msgspec import Struct

_ORDER = ("none", "price", "amount", "percent")
_WEEK = timedelta(days=7)


class Sold(Struct, frozen=True, gc=False):
    """A line as far as a reduction depends on it, money in cents.

    ``metered`` fuel has thousandths for a quantity. ``listed`` is what the shelf says, ``retail`` what the shop takes
    off that.
    """

    quantity: int
    listed: int
    retail: int
    metered: bool = False


class Rule(Struct, frozen=True, gc=False):
    """A reduction: a price or an amount off for a piece (or 1000 of what is metered) in cents, or a share in 0.01 %."""

    kind: Literal["none", "price", "amount", "percent"]
    of: int = 0


NONE = Rule("none")


class Worth(Struct, frozen=True):
    """What a coupon takes off, in cents, of so many pieces bought; ``source`` tells where that is known from."""

    minor: int
    units: int = 1
    source: Literal["number", "redemptions"] = "number"


# --- the shop's reductions --------------------------------------------------------------------------------------------


def week_of(day: date) -> date:
    """Tell the Monday of a day's week: the data set's weeks go from Monday to Sunday, in the time of its shops."""
    return day - timedelta(days=day.weekday())


def week_end(monday: date) -> date:
    """Tell the day on which a week is over."""
    return monday + _WEEK


def off(rule: Rule, line: Sold) -> int:
    """Tell what a rule takes off a line, counted as the rules of promotions count it."""
    if rule.kind == "price":
        return max(line.listed - _times(rule.of, line), 0)
    if rule.kind == "amount":
        return min(line.listed, _times(rule.of, line))
    return _half_up(line.listed * rule.of, 10_000) if rule.kind == "percent" else 0


def _times(minor: int, line: Sold) -> int:
    return _half_up(minor * line.quantity, 1_000) if line.metered else minor * line.quantity


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def candidates(line: Sold) -> set[Rule]:
    """List the rules that give exactly what a line shows."""
    if not line.retail:
        return {NONE}
    per = 1_000 if line.metered else 1
    paid = line.listed - line.retail
    found = {
        Rule("price", _half_up(paid * per, line.quantity)),
        Rule("amount", _half_up(line.retail * per, line.quantity)),
        Rule("percent", _half_up(line.retail * 100, max(line.listed, 1)) * 100),
    }
    return {rule for rule in found if (rule.of or rule.kind == "price") and off(rule, line) == line.retail}


def best(lines: Iterable[Sold]) -> Rule:
    """Give the rule that tells most lines of an article and week exactly.

    Of equals none is better than one, a price than an amount, an amount than a share, and the one that gives less.
    """
    seen = Counter(lines)
    rules = {NONE}.union(*(candidates(line) for line in seen))
    return max(rules, key=lambda rule: (_told(rule, seen), *_modesty(rule)))


def _told(rule: Rule, seen: Mapping[Sold, int]) -> int:
    return sum(many for line, many in seen.items() if off(rule, line) == line.retail)


def _modesty(rule: Rule) -> tuple[int, int]:
    return -_ORDER.index(rule.kind), rule.of if rule.kind == "price" else -rule.of


# --- what coupons are worth -------------------------------------------------------------------------------------------

_WORTH = {
    1: """04 135  20 20  25 25  30 30  35 35  40 40  45 45  50 50  55 55  60 60  65 65  69 69  70 70  74 500  75 75
          76 100  77 125  78 150  80 80  81 175  82 200  84 250  87 300  90 90  93 400""",
    2: "08 300  22 40  24 50  28 55  31 60  32 75  33 100  34 125  36 150  51 200  57 25  58 30  98 65",
    3: "07 150  09 200  41 50  42 100",
    4: "13 100",
}
"""What the two digits of worth in a maker's coupon number say: cents off, by how many pieces have to be bought."""

VALUE_CODES = {
    code: Worth(int(minor), units)
    for units, text in _WORTH.items()
    for code, minor in zip(text.split()[::2], text.split()[1::2], strict=True)
}


def numbered(upc: str) -> Worth | None:
    """Read what a maker's coupon is worth from its number; None: it does not say an amount.

    A coupon's number is 5, five digits of its maker, three of the family of articles, two of its worth (and a check
    digit, which the data set leaves out). Some say no amount (01: free, 14: two for one), and the chain's own, which
    begin with 1, say nothing.

    Source: the value codes of UPC-A coupons (Uniform Code Council, now GS1 US), those that the data set uses.
    """
    return VALUE_CODES.get(upc[-2:]) if len(upc) == 11 and upc[0] == "5" else None


def usual(amounts: Iterable[int], least: int = 1) -> int | None:
    """Give the most frequent amount, of equals the smaller; None where there are fewer than ``least`` in all."""
    seen = Counter(amounts)
    if seen.total() < least:
        return None
    return min(seen, key=lambda amount: (-seen[amount], amount))


def learned(shown: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Give what each coupon is worth by the lines that only it can have been redeemed on, as (coupon, cents)."""
    by: dict[str, list[int]] = defaultdict(list)
    for upc, cents in shown:
        by[upc].append(cents)
    return {upc: found for upc, amounts in by.items() if (found := usual(amounts))}


def worth(upc: str, taught: Mapping[str, int]) -> Worth | None:
    """Tell what a coupon is worth: by its number, else by what redemptions taught."""
    read = numbered(upc)
    if read is None and upc in taught:
        return Worth(taught[upc], source="redemptions")
    return read


def doublings(shown: Iterable[tuple[int, int]], least: int = 20) -> dict[int, int]:
    """Give what the shop usually adds to a coupon of so much, from (coupon, match) of lines; at ``least`` so many.

    Coupons to which it usually adds nothing are left out.
    """
    by: dict[int, list[int]] = defaultdict(list)
    for coupon, match in shown:
        by[coupon].append(match)
    return {coupon: added for coupon, matches in by.items() if (added := usual(matches, least))}
