"""Decisions of fulfilment: which places, what work, in which order. Pure."""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from rynek.commerce.fulfilment.model import (
    Considered,
    Criterion,
    Kept,
    Kind,
    OnList,
    Place,
    PlaceRow,
    Plan,
    State,
    StopRow,
    Verb,
    Wanted,
    WrongStep,
)
from rynek.commerce.inventory import Batch, LotLevel, OfLot, Pick

Tiers = Sequence[Sequence[Criterion]]
Spot = tuple[float | None, float | None]

FAR_KM = 1_000.0
"""How far away a place is, or a buyer, of which nobody said where it lies."""
SHORTLIST = 24
"""How many places are looked at closely: the best by what counts against each place alone."""
STARTS = 6
"""From how many of them a plan is begun. Of 400 orders over 457 shops more than five found no cheaper plan."""
EARTH_KM = 6_371.0088


# --- which place ------------------------------------------------------------------------------------------------------


def kilometres(here: Spot, there: Spot) -> float:
    """Tell how far two points are from each other, as the crow flies; to 10 metres.

    Example:
        >>> kilometres((50.06, 19.94), (52.23, 21.01))
        252.57
    """
    a, b = _on_unit_sphere(here), _on_unit_sphere(there)
    if a is None or b is None:
        return FAR_KM
    return round(2 * EARTH_KM * math.asin(min(1.0, math.dist(a, b) / 2)), 2)


@lru_cache(maxsize=65_536)
def _on_unit_sphere(spot: Spot) -> tuple[float, float, float] | None:
    """Give a point's place in space: all shops are far from each buyer, so what needs sines is done once a point."""
    if spot[0] is None or spot[1] is None:
        return None
    latitude, longitude = math.radians(spot[0]), math.radians(spot[1])
    flat = math.cos(latitude)
    return flat * math.cos(longitude), flat * math.sin(longitude), math.sin(latitude)


@lru_cache(maxsize=4096)
def _distances(spots: tuple[Spot, ...], there: Spot) -> list[float]:
    return [kilometres(each, there) for each in spots]


def prefixes(postcode: str) -> list[str]:
    """Give what a postcode may begin with, the longest first.

    Example:
        >>> prefixes("31-042")
        ['31042', '3104', '310', '31', '3', '']
    """
    plain = "".join(each for each in postcode.upper() if each.isascii() and each.isalnum())[:12]
    return [plain[:n] for n in range(len(plain), -1, -1)]


class Terrain:
    """The places of a channel and what counts against each, for a batch of orders; work that is given out weighs."""

    def __init__(self, rows: Iterable[PlaceRow], tiers: Tiers) -> None:
        self.rows = sorted(rows, key=lambda row: row.location)
        self.tiers = tiers
        self.spots: tuple[Spot, ...] = tuple((row.latitude, row.longitude) for row in self.rows)
        self.at = {row.location: n for n, row in enumerate(self.rows)}
        self.senders = [n for n, row in enumerate(self.rows) if row.sends]
        self.columns: dict[str, list[float]] = {
            "parcels": [1.0] * len(self.rows),
            "cheapest": [float(row.parcel_minor) for row in self.rows],
            "load": [100.0 * row.live / row.tasks for row in self.rows],
            "rank": [float(row.rank) for row in self.rows],
            "age": [0.0] * len(self.rows),
        }

    def shortlist(self, there: Spot, besides: Iterable[str], *, only: str = "") -> list[tuple[str, dict[str, float]]]:
        """Give the places that have least against them for a buyer, with that; and those that are asked for besides.

        Args:
            besides: where some of it is set aside now.
            only: the one place to look at; "" for all that send.
        """
        columns = self.columns | {"nearest": _distances(self.spots, there)}
        chosen = dict.fromkeys(
            [*self._best(self._usable(only), columns), *sorted(self.at[code] for code in besides if code in self.at)]
        )
        names = sorted({each.by for tier in self.tiers for each in tier})
        return [(self.rows[n].location, {by: round(columns[by][n], 2) for by in names}) for n in chosen]

    def _usable(self, only: str) -> list[int]:
        if not only:
            return self.senders
        there = self.at.get(only)
        return [there] if there is not None and self.rows[there].hands_out else []

    def _best(self, usable: Sequence[int], columns: Mapping[str, Sequence[float]]) -> list[int]:
        """Give the places with least against them. What counts only among equals is summed up only for equals."""
        first = dict(zip(usable, self._sums(self.tiers[0], usable, columns), strict=True))
        worst = heapq.nsmallest(SHORTLIST, first.values())[-1:]
        close = [n for n in usable if first[n] <= worst[0]]
        weighed = zip(*(self._sums(tier, close, columns) for tier in self.tiers), close, strict=True)
        return [each[-1] for each in heapq.nsmallest(SHORTLIST, weighed)]

    @staticmethod
    def _sums(tier: Sequence[Criterion], usable: Sequence[int], columns: Mapping[str, Sequence[float]]) -> list[float]:
        total = [0.0] * len(usable)
        for each in tier:
            column, weight = columns[each.by], each.weight
            total = [before + weight * column[n] for before, n in zip(total, usable, strict=True)]
        return total

    def load(self, location: str) -> float:
        """Tell how much work a place has by now, in percent of what it takes at once."""
        return round(self.columns["load"][self.at[location]], 2) if location in self.at else 0.0

    def give_out(self, locations: Iterable[str]) -> None:
        """Count work that places were just given."""
        for code in locations:
            if (n := self.at.get(code)) is not None:
                self.columns["load"][n] += 100.0 / self.rows[n].tasks


def against(place: Place, tiers: Tiers) -> tuple[float, ...]:
    """Sum up what counts against a place, tier by tier."""
    return tuple(
        sum(each.weight * (1.0 if each.by == "parcels" else place.measures.get(each.by, 0.0)) for each in tier)
        for tier in tiers
    )


def cost(places: Iterable[Place], tiers: Tiers) -> list[float]:
    """Sum up what counts against places together; in one order, so that the same places always come to the same."""
    sums = [against(each, tiers) for each in sorted(places, key=lambda place: place.location)]
    return [round(sum(tier), 6) for tier in zip(*sums, strict=True)] if sums else [0.0] * len(tiers)


class Offer(NamedTuple):
    """What a place has of what is wanted, item by item and no more than that, and what counts against it."""

    location: str
    has: tuple[int, ...]
    costs: tuple[float, ...]
    place: Place


def route(wants: Mapping[str, int], places: Sequence[Place], tiers: Tiers) -> Plan | None:
    """Choose where an order's units are taken from: all of them, or None when the places have too few together.

    Which places are best together is the problem of the set cover, so it is not tried out: from each of the best places
    a plan is begun and filled up with what gives most for least, and what it does not need is left out. A single place
    that has all is always among the plans.
    """
    need = tuple(wants.values())
    offers = _offers(wants, places, tiers)
    if not need or any(sum(offer.has[n] for offer in offers) < units for n, units in enumerate(need)):
        return None
    starts = heapq.nsmallest(STARTS, offers, key=lambda offer: (offer.has != need, offer.costs, offer.location))
    found = {tuple(each.location for each in plan): plan for plan in (_filled(need, offers, one) for one in starts)}
    best = min(found.values(), key=lambda plan: (_total(plan), len(plan), [each.location for each in plan]))
    ordered = sorted(best, key=lambda offer: (offer.costs, offer.location))
    return Plan(_shared(wants, [offer.place for offer in ordered]), _total(best))


def _offers(wants: Mapping[str, int], places: Iterable[Place], tiers: Tiers) -> list[Offer]:
    """Give what places have of what is wanted, those that have nothing left out, by location."""
    found = []
    for place in places:
        has = tuple(min(max(place.free.get(sku, 0), 0), units) for sku, units in wants.items())
        if any(has):
            found.append(Offer(place.location, has, against(place, tiers), place))
    return sorted(found, key=lambda offer: offer.location)


def _filled(need: tuple[int, ...], offers: Sequence[Offer], start: Offer) -> list[Offer]:
    chosen, left = [start], _left(need, start)
    while any(left):
        gives = [(each, units) for each in offers if (units := sum(map(min, left, each.has))) and each not in chosen]
        # of two alike the first by location is taken
        more, _ = min(gives, key=lambda found: [value / found[1] for value in found[0].costs])
        chosen.append(more)
        left = _left(left, more)
    return _needed(need, chosen)


def _left(need: Iterable[int], offer: Offer) -> tuple[int, ...]:
    """Tell what is wanted still when a place has given what it has."""
    return tuple(units - has if units > has else 0 for units, has in zip(need, offer.has, strict=True))


def _needed(need: Sequence[int], chosen: list[Offer]) -> list[Offer]:
    """Leave places out that are not needed, the dearest first; gives them by location."""
    for each in sorted(chosen, key=lambda offer: (offer.costs, offer.location), reverse=True):
        rest = [other for other in chosen if other is not each]
        if rest and all(sum(has) >= units for units, *has in zip(need, *(o.has for o in rest), strict=True)):
            chosen = rest
    return sorted(chosen, key=lambda offer: offer.location)


def _total(plan: Iterable[Offer]) -> list[float]:
    return [round(sum(tier), 6) for tier in zip(*(offer.costs for offer in plan), strict=True)]


def _shared(wants: Mapping[str, int], places: Sequence[Place]) -> list[Pick]:
    """Take each item from the first place that has all of it, else from each in turn."""
    picks = []
    for sku, units in sorted(wants.items()):
        whole = next((each for each in places if each.free.get(sku, 0) >= units), None)
        left = units
        for each in [whole] if whole else places:
            part = min(max(each.free.get(sku, 0), 0), left)
            if part:
                picks.append(Pick(sku, each.location, part))
                left -= part
    return picks


def sound(plan: Plan, wants: Mapping[str, int], places: Iterable[Place]) -> bool:
    """Tell whether a plan gives exactly what is wanted and takes no more than there is."""
    free = {(sku, place.location): units for place in places for sku, units in place.free.items()}
    given: dict[str, int] = {}
    for pick in plan.picks:
        free[pick.sku, pick.location] = free.get((pick.sku, pick.location), 0) - pick.units
        given[pick.sku] = given.get(pick.sku, 0) + pick.units
    return given == dict(wants) and all(free[pick.sku, pick.location] >= 0 for pick in plan.picks)


def considered(
    wants: Mapping[str, int], places: Iterable[Place], tiers: Tiers, picks: Iterable[Pick], keep: int = 8
) -> list[Considered]:
    """Tell of the places that were weighed the taken ones, and the best of the others that had something."""
    taken = {pick.location for pick in picks}
    has = [(place, sum(min(max(place.free.get(sku, 0), 0), units) for sku, units in wants.items())) for place in places]
    ordered = sorted(
        (each for each in has if each[1] or each[0].location in taken),
        key=lambda each: (each[0].location not in taken, against(each[0], tiers), each[0].location),
    )
    shown = ordered[: max(keep, len(taken))]
    return [Considered(p.location, units, dict(p.measures), p.location in taken) for p, units in shown]


# --- work -------------------------------------------------------------------------------------------------------------

WAYS: Mapping[tuple[State, Verb], State] = {
    ("open", "start"): "picking",
    ("picking", "let-go"): "open",
    ("picking", "pick"): "picked",
    ("picked", "pack"): "packed",
    ("packed", "send"): "sent",
    ("picked", "get-ready"): "ready",
    ("ready", "collect"): "collected",
    ("ready", "expire"): "expired",
    **dict.fromkeys([(state, "cancel") for state in ("open", "picking", "picked", "packed", "ready")], "cancelled"),
}
LIVE: frozenset[State] = frozenset(("open", "picking", "picked", "packed", "ready"))
"""The states in which a task's units are set aside at its location."""
_LATEST: Mapping[str, int] = {"open": 0, "picking": 1, "picked": 2, "packed": 3, "ready": 4}


def after(state: State, verb: Verb) -> State:
    """Tell how work is after something was done with it.

    Raises:
        WrongStep: that cannot be done with it now.
    """
    then = WAYS.get((state, verb))
    if then is None:
        raise WrongStep(f"it is {state}", state=state)
    return then


def kind(wanted: Wanted, location: str) -> Kind:
    """Tell what a location does for an order: send it, hand it out, or bring it to where it is collected."""
    if wanted.delivery != "pickup" or not wanted.point:
        return "send"
    return "hand-out" if wanted.point == location else "bring"


def difference(held: Iterable[Kept], lists: Iterable[OnList]) -> tuple[list[Kept], list[OnList]]:
    """Compare what is set aside for orders with what is on lists.

    Returns:
        units that are on no list yet, and what lists are to give up: what is least far first.
    """
    over: dict[tuple[Any, str, str], int] = {}
    keys: dict[tuple[Any, str, str], Kept] = {}
    for each in held:
        key = (each.order, each.sku, each.location)
        over[key] = over.get(key, 0) + each.units
        keys[key] = each
    by_key: dict[tuple[Any, str, str], list[OnList]] = {}
    for line in lists:
        key = (line.order, line.sku, line.location)
        over[key] = over.get(key, 0) - line.units
        by_key.setdefault(key, []).append(line)
    more = [Kept(each.order, each.sku, each.location, over[key]) for key, each in keys.items() if over[key] > 0]
    less = []
    for key, found in by_key.items():
        left = -over[key]
        for line in sorted(found, key=lambda line: (_LATEST[line.state], line.task.int)):
            part = min(left, line.units)
            if part > 0:
                less.append(
                    OnList(line.order, line.task, line.location, line.state, line.sku, part, line.picked, line.by_lot)
                )
                left -= part
    return more, less


def walk(stops: Iterable[StopRow]) -> list[StopRow]:
    """Put lines into the order of a walk through the shop: aisle by aisle, up the first and down the next.

    What has no place comes last, by item.
    """
    found = list(stops)
    aisles = sorted({each.aisle for each in found if each.aisle is not None})
    up = {aisle: n % 2 == 0 for n, aisle in enumerate(aisles)}

    def place(each: StopRow) -> tuple[object, ...]:
        if each.aisle is None or each.position is None:
            return (1, 0, 0, "", each.sku, str(each.task))
        along = each.position if up[each.aisle] else -each.position
        return (0, each.aisle, along, each.shelf, each.sku, str(each.task))

    return sorted(found, key=place)


def sscc(prefix: str, serial: int) -> str:
    """Make the number of a parcel: 18 digits of which the last checks the others.

    Source: GS1 General Specifications, SSCC (AI 00) and the check digit of 7.9.

    Example:
        >>> sscc("590123", 4711)
        '059012300000047112'
    """
    body = f"0{prefix}{serial:0{16 - len(prefix)}d}"
    total = sum(int(digit) * (3 if n % 2 == 0 else 1) for n, digit in enumerate(reversed(body)))
    return f"{body}{-total % 10}"


def parcels(picked: Mapping[str, int], given: Sequence[Mapping[str, int]]) -> list[dict[str, int]] | None:
    """Tell what is in each parcel; a parcel of which nothing was said gets all that is left. None: it does not add up.

    Only one parcel may be left open, and each has something in it.
    """
    left = dict(picked)
    for goods in given:
        for sku, units in goods.items():
            left[sku] = left.get(sku, 0) - units
    if any(units < 0 for units in left.values()):
        return None
    rest = {sku: units for sku, units in left.items() if units}
    opened = [n for n, goods in enumerate(given) if not goods]
    if len(opened) != (1 if rest else 0):
        return None
    return [dict(goods) or dict(sorted(rest.items())) for goods in given]


def to_take(units: int, there: Iterable[LotLevel]) -> list[Batch]:
    """Tell which lots make up so many units, the first expired first, as far as there are any."""
    found = []
    for each in there:
        part = min(units, each.free)
        if part > 0:
            found.append(Batch(each.lot, part, each.best_before))
            units -= part
    return found


def boxed(
    goods: Sequence[Mapping[str, int]], taken: Mapping[tuple[str, str], int], said: Sequence[Sequence[OfLot]]
) -> list[dict[str, dict[str, int]]] | None:
    """Tell which lots are in each parcel: those that are said, then of the others as many as are missing.

    Args:
        goods: how many units of items are in each.
        taken: how many units of each lot were picked.

    Returns:
        by parcel, item and lot; None, where more is said than was picked or than is in a parcel.
    """
    left = dict(taken)
    told = {sku for sku, _ in taken}
    found: list[dict[str, dict[str, int]]] = []
    for lots in said:
        box: dict[str, dict[str, int]] = {}
        for each in lots:
            of = box.setdefault(each.sku, {})
            of[each.lot] = of.get(each.lot, 0) + each.units
            left[each.sku, each.lot] = left.get((each.sku, each.lot), 0) - each.units
        found.append(box)
    if any(units < 0 for units in left.values()) or any(each.units < 1 for lots in said for each in lots):
        return None
    for holds, box in zip(goods, found, strict=True):
        for sku in sorted(told & set(holds)):
            lacks = holds[sku] - sum(box.get(sku, {}).values())
            for key in sorted(key for key, units in left.items() if key[0] == sku and units):
                part = min(lacks, left[key])
                if part > 0:
                    of = box.setdefault(sku, {})
                    of[key[1]] = of.get(key[1], 0) + part
                    left[key] -= part
                    lacks -= part
            if lacks:
                return None
        if any(sku not in holds for sku in box):
            return None
    return found


# --- collecting -------------------------------------------------------------------------------------------------------

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What pickup codes are written in: nothing that is misread. Source: D. Crockford, Base 32."""
CODE_LENGTH = 6
_MISREAD = str.maketrans("OIL", "011", "- ")


def code(digest: bytes) -> str:
    """Write a pickup code from the beginning of a digest, in two groups.

    Example:
        >>> code(bytes(range(32)))
        '000-G40'
    """
    number = int.from_bytes(digest[:4])
    signs = "".join(SIGNS[number >> shift & 31] for shift in range(27, -1, -5))
    return f"{signs[:3]}-{signs[3:]}"


def plain(typed: str) -> str | None:
    """Give a pickup code as it is looked for, however it was typed; None when it cannot be one.

    Example:
        >>> plain("k7f 2qo")
        'K7F2Q0'
    """
    found = typed.upper().translate(_MISREAD)
    return found if len(found) == CODE_LENGTH and set(found) <= set(SIGNS) else None


def times(at: datetime, keep_days: int, remind_days: int) -> tuple[datetime | None, datetime]:
    """Tell when whoever ordered is reminded, if ever, and until when goods wait."""
    reminds = 0 < remind_days < keep_days
    return at + timedelta(days=remind_days) if reminds else None, at + timedelta(days=keep_days)
