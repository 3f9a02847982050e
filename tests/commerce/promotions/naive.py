"""Promotions decided as the documents say it, with nothing compiled, looked up or kept: what the fast way has to equal.

Every promotion is read anew for every line, every piece stands for itself, shares are exact fractions until they are
rounded. It tells what each line and delivery get, and of each promotion what became of it.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rynek.commerce.promotions.language import (
    Amount,
    AnyOf,
    Basket,
    BundlePrice,
    BuyGet,
    Channels,
    Condition,
    Delivery,
    FirstOrder,
    FixedPrice,
    Gift,
    Groups,
    Hours,
    Lane,
    Markets,
    Percent,
    Promotion,
    Segments,
    Shops,
    Steps,
    Unless,
    Weekdays,
    What,
)
from rynek.commerce.promotions.model import Buying, Facts, Left, Line

Shares = dict[int, int]
DELIVERY = -1


class Fate(NamedTuple):
    """What became of a promotion: how it ended, what it gave or would have given, and which was better."""

    outcome: str
    minor: int
    to: str | None


class Table:
    """A basket on the table: its lines by sku, what each costs as it stands, which are closed or have had something."""

    def __init__(self, buying: Buying) -> None:
        self.buying = buying
        self.lines = sorted(buying.lines, key=lambda line: line.sku)
        self.left = {place: line.minor for place, line in enumerate(self.lines)} | {
            DELIVERY: buying.delivery_minor or 0
        }
        self.closed: set[int] = set()
        self.touched: set[int] = set()
        self.began = dict(self.left)

    def free(self, what: What, shut: set[int]) -> list[int]:
        return [i for i in self.fitting(what) if self.left[i] > 0 and i not in shut]

    def fitting(self, what: What) -> list[int]:
        return [i for i, line in enumerate(self.lines) if meant(what, line.facts)]

    def much(self, what: What, of: str) -> int:
        return sum(self.began[i] if of == "minor" else measure(self.lines[i], of) for i in self.fitting(what))

    def pieces(self, what: What, shut: set[int]) -> list[int]:
        """List the pieces that may be given something, each by its line, the cheapest first."""
        some = [i for i in self.free(what, shut) if self.lines[i].unit == "pcs"]
        some.sort(key=lambda i: (Fraction(self.left[i], self.lines[i].quantity), i))
        return [i for i in some for _ in range(self.lines[i].quantity)]

    def worth(self, pieces: Sequence[int], bp: int = 10_000) -> Shares:
        """Tell what pieces cost, by line."""
        return {
            i: half_up(Fraction(self.left[i] * pieces.count(i) * bp, self.lines[i].quantity * 10_000))
            for i in sorted(set(pieces))
        }


def half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def measure(line: Line, of: str) -> int:
    if of == "units":
        return line.quantity if line.unit == "pcs" else 0
    return line.quantity * (line.weight_g or 0) if line.unit == "pcs" else line.quantity


def meant(what: What, facts: Facts) -> bool:
    return (
        (not what.skus or facts.sku in what.skus)
        and (not what.brands or facts.brand in what.brands)
        and (not what.categories or bool(set(what.categories) & set(facts.categories)))
        and all(any((code, each) in facts.attributes for each in some) for code, some in what.attributes.items())
        and (what.but is None or not meant(what.but, facts))
    )


def holds(table: Table, condition: Condition, zone: ZoneInfo) -> bool:  # noqa: C901, PLR0911 - one for each word
    buying = table.buying
    now = buying.at.astimezone(zone)
    match condition:
        case Basket(of=of):
            asked = {"minor": condition.minor, "units": condition.units, "weight_g": condition.weight_g}
            return all(table.much(of, name) >= least for name, least in asked.items() if least is not None)
        case Channels(of=some):
            return buying.channel in some
        case Markets(of=some):
            return buying.country in some
        case Shops(of=some):
            return buying.shop in some
        case Groups(of=some):
            return buying.group in some
        case Segments(of=some):
            return bool(set(some) & buying.segments)
        case FirstOrder():
            return buying.first_order
        case Weekdays(of=days):
            return now.isoweekday() in days
        case Hours(begin=begin, end=end):
            time = now.strftime("%H:%M")
            return begin <= time < end if begin <= end else time >= begin or time < end
        case AnyOf(of=others):
            return any(holds(table, each, zone) for each in others)
        case Unless(this=this):
            return not holds(table, this, zone)


def concerned(table: Table, each: Promotion) -> bool:
    """Tell whether a promotion has to do with the basket: here, now, for this buyer, and what it is for is there."""
    buying = table.buying
    return (
        each.currency in (None, buying.currency)
        and all(buying.channel in one.of for one in each.when if isinstance(one, Channels))
        and (each.from_at is None or each.from_at <= buying.at)
        and (each.until_at is None or buying.at < each.until_at)
        and (not each.coded or each.code in buying.coupons)
        and all(table.fitting(what) for what in needed(each))
    )


def needed(each: Promotion) -> list[What]:
    match each.gives:
        case Percent(of=of) | Amount(of=of) | FixedPrice(of=of) | Steps(of=of):
            return [of]
        case BuyGet(buy=buy, get=get):
            return [buy, get or buy]
        case BundlePrice(parts=parts):
            return [part.of for part in parts]
        case _:
            return []


def met(table: Table, each: Promotion) -> bool:
    """Tell whether a promotion still may be had, all its conditions hold, and there is enough of what it is for."""
    left = table.buying.left.get(each.code) or Left()
    return (
        (each.uses_each is None or table.buying.customer is not None)
        and not any(some is not None and some <= 0 for some in (left.uses, left.mine, left.minor))
        and all(holds(table, condition, ZoneInfo(each.zone)) for condition in each.when)
        and enough(table, each)
    )


def enough(table: Table, each: Promotion) -> bool:
    buying, gives = table.buying, each.gives
    match gives:
        case Steps(by=by, steps=steps, of=of):
            return table.much(of, by) >= min(step.at_least for step in steps)
        case BuyGet(buy=buy, get=get):
            both = set(table.fitting(buy)) | set(table.fitting(get or buy))
            return (
                table.much(buy, "units") >= gives.buy_units
                and table.much(get or buy, "units") >= gives.get_units
                and sum(measure(table.lines[i], "units") for i in both) >= gives.buy_units + gives.get_units
            )
        case BundlePrice(parts=parts):
            return all(table.much(part.of, "units") >= part.units for part in parts)
        case Delivery(options=options):
            return buying.delivery is not None and (not options or buying.delivery in options)
        case _:
            return True


# --- what is given ----------------------------------------------------------------------------------------------------


def gain(table: Table, each: Promotion, shut: set[int]) -> tuple[Shares, bool]:  # noqa: C901, PLR0911 - one for each word
    """Tell what a promotion would take off lines that are not shut, and whether that is one thing."""
    gives, left = each.gives, table.left
    match gives:
        case Percent(bp=bp, of=of, most_minor=None):
            return {i: half_up(Fraction(left[i] * bp, 10_000)) for i in table.free(of, shut)}, False
        case Percent(bp=bp, of=of, most_minor=most):
            total = half_up(Fraction(sum(left[i] for i in table.free(of, shut)) * bp, 10_000))
            return shared({i: left[i] for i in table.free(of, shut)}, min(total, most or 0)), True
        case Amount(minor=minor, of=of, each=True):
            return {i: min(left[i], priced(table.lines[i], minor)) for i in table.free(of, shut)}, False
        case Amount(minor=minor, of=of):
            return shared({i: left[i] for i in table.free(of, shut)}, minor), True
        case FixedPrice(minor=minor, of=of):
            some = {i: left[i] - priced(table.lines[i], minor) for i in table.free(of, shut)}
            return {i: off for i, off in some.items() if off > 0}, False
        case Steps(by=by, steps=steps, of=of):
            step = max((s for s in steps if s.at_least <= table.much(of, by)), key=lambda s: s.at_least)
            if step.bp is None:
                return shared({i: left[i] for i in table.free(of, shut)}, step.minor or 0), True
            return {i: half_up(Fraction(left[i] * step.bp, 10_000)) for i in table.free(of, shut)}, False
        case BuyGet():
            return so_many_for_so_many(table, gives, shut), True
        case BundlePrice():
            return bundles(table, gives, shut), True
        case Delivery(bp=bp):
            off = 0 if DELIVERY in shut else half_up(Fraction(left[DELIVERY] * bp, 10_000))
            return ({DELIVERY: off} if off else {}), False
        case Gift():
            return {}, False


def priced(line: Line, minor: int) -> int:
    return minor * line.quantity if line.unit == "pcs" else half_up(Fraction(minor * line.quantity, 1_000))


def shared(weights: Shares, minor: int) -> Shares:
    """Share an amount out: whole units by weight, then one each to those with the most left over, the earlier first."""
    total = min(minor, sum(weights.values()))
    if total <= 0:
        return {}
    exact = {i: Fraction(total * weight, sum(weights.values())) for i, weight in weights.items()}
    whole = {i: floor(part) for i, part in exact.items()}
    for i in sorted(exact, key=lambda i: (whole[i] - exact[i], i))[: total - sum(whole.values())]:
        whole[i] += 1
    return whole


def so_many_for_so_many(table: Table, gives: BuyGet, shut: set[int]) -> Shares:
    """Give the cheapest pieces, piece by piece, as long as enough of what has to be bought is left; the dearest pay."""
    buy, get = table.pieces(gives.buy, shut), table.pieces(gives.get or gives.buy, shut)
    both = len([i for i in get if i not in buy]) + len(buy)
    times = min(
        len(buy) // gives.buy_units,
        len(get) // gives.get_units,
        both // (gives.buy_units + gives.get_units),
        gives.times or both,
    )
    given: list[int] = []
    for i in get:
        spare = len(buy) - times * gives.buy_units - len([j for j in given if j in buy])
        if len(given) < times * gives.get_units and (i not in buy or spare > 0):
            given.append(i)
    rest = list(buy)
    for i in given:
        if i in rest:
            rest.remove(i)
    shares = table.worth(given, gives.bp)
    if not any(shares.values()):
        return {}
    return dict(sorted((dict.fromkeys(rest[::-1][: times * gives.buy_units], 0) | shares).items()))


def bundles(table: Table, gives: BundlePrice, shut: set[int]) -> Shares:
    """Put one bundle after the other together, of the dearest pieces there are, while that is dearer than its price."""
    parts = [(table.pieces(part.of, shut)[::-1], part.units) for part in gives.parts]
    parts.sort(key=lambda part: len(set(part[0])))
    there = {i: table.lines[i].quantity for some, _ in parts for i in some}
    used: list[int] = []
    times = 0
    while times < (gives.times or sum(there.values())):
        one: list[int] = []
        for some, units in parts:
            free = [i for i in dict.fromkeys(some) for _ in range(there[i] - one.count(i))]
            if len(free) < units:
                one = []
                break
            one += free[:units]
        if not one or sum(table.worth(one).values()) <= gives.minor:
            break
        used += one
        times += 1
        for i in one:
            there[i] -= 1
    weights = table.worth(used)
    return shared(weights, sum(weights.values()) - gives.minor * times)


# --- how they meet ----------------------------------------------------------------------------------------------------


def decide(lanes: Sequence[Lane], promotions: Sequence[Promotion], buying: Buying) -> tuple[Table, dict[str, Fate]]:
    """Count promotions, lane by lane; gives the basket as it then stands, and what became of which promotion."""
    table, fates = Table(buying), dict[str, Fate]()
    for lane in sorted(lanes, key=lambda lane: lane.position):
        here = sorted(
            (each for each in promotions if each.lane == lane.code and concerned(table, each)),
            key=lambda each: (-each.priority, each.code),
        )
        table.began = dict(table.left)
        fates |= {each.code: Fate("unmet", 0, None) for each in here if not met(table, each)}
        live = [each for each in here if each.code not in fates]
        fates |= {each.code: Fate("applied", 0, None) for each in live if isinstance(each.gives, Gift)}
        pick = {"best": best, "first": first, "all": every}[lane.pick]
        fates |= pick(table, [each for each in live if not isinstance(each.gives, Gift)])
    return table, fates


def shut(table: Table, each: Promotion) -> set[int]:
    return table.touched if each.exclusive else table.closed


def poor(table: Table, each: Promotion, shares: Shares) -> bool:
    left = table.buying.left.get(each.code)
    return left is not None and left.minor is not None and sum(shares.values()) > left.minor


def take(table: Table, each: Promotion, shares: Shares) -> Fate:
    for i, minor in shares.items():
        table.left[i] -= minor
    table.touched |= shares.keys()
    if each.exclusive:
        table.closed |= shares.keys()
    return Fate("applied", sum(shares.values()), None)


def lost(shares: Shares, claims: dict[int, str]) -> Fate:
    winner = next((claims[i] for i in shares if i in claims), None)
    return Fate("lost", sum(shares.values()) if winner else 0, winner)


def every(table: Table, live: Sequence[Promotion]) -> dict[str, Fate]:
    fates = {}
    for each in live:
        shares, _ = gain(table, each, shut(table, each))
        if poor(table, each, shares):
            fates[each.code] = Fate("unmet", 0, None)
        else:
            fates[each.code] = take(table, each, shares) if shares else Fate("lost", 0, None)
    return fates


def first(table: Table, live: Sequence[Promotion]) -> dict[str, Fate]:
    fates: dict[str, Fate] = {}
    claims: dict[int, str] = {}
    for each in live:
        shares, _ = gain(table, each, shut(table, each) | claims.keys())
        if poor(table, each, shares):
            fates[each.code] = Fate("unmet", 0, None)
        elif shares:
            fates[each.code] = take(table, each, shares)
            claims |= dict.fromkeys(shares, each.code)
        else:
            fates[each.code] = lost(gain(table, each, table.closed)[0], claims)
    return fates


def best(table: Table, live: Sequence[Promotion]) -> dict[str, Fate]:
    offers = {each.code: gain(table, each, shut(table, each)) for each in live}
    fates = {each.code: Fate("unmet", 0, None) for each in live if poor(table, each, offers[each.code][0])}
    rivals = [each for each in live if each.code not in fates]
    alone = [each for each in rivals if not (offers[each.code][1] and len(offers[each.code][0]) > 1)]
    ranks = {each.code: rank for rank, each in enumerate(rivals)}
    single = {
        i: max(alone, key=lambda each: (offers[each.code][0].get(i, 0), -ranks[each.code])).code
        for i in table.left
        if any(offers[each.code][0].get(i, 0) for each in alone)
    }
    claims: dict[int, str] = {}

    def surplus(each: Promotion) -> int:
        shares, _ = offers[each.code]
        return sum(minor - (offers[single[i]][0][i] if i in single else 0) for i, minor in shares.items())

    together = [each for each in rivals if each not in alone and surplus(each) > 0]
    for each in sorted(together, key=lambda each: (-surplus(each), ranks[each.code])):
        if not claims.keys() & offers[each.code][0].keys():
            claims |= dict.fromkeys(offers[each.code][0], each.code)
    claims = {i: code for i, code in single.items() if i not in claims} | claims
    for each in rivals:
        won = {i: minor for i, minor in offers[each.code][0].items() if claims.get(i) == each.code}
        fates[each.code] = take(table, each, won) if won else lost(offers[each.code][0], claims)
    return fates
