"""Decisions about stock: pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from biip import BiipException
from biip.gs1_messages import GS1Message

from rynek.commerce.inventory.model import (
    Ahead,
    Awaited,
    Candidate,
    Leaving,
    LotLevel,
    LotMove,
    LotOnList,
    Move,
    Need,
    NotHeld,
    OfLot,
    OutOfStock,
    Pick,
    Rehold,
    Scanned,
)


class Shelf:
    """What is free to be taken by a batch of buyers, one after the other; channels may share a location.

    Example:
        >>> shelf = Shelf([Candidate("A", "WH", 5, "WEB", 1, safety=2)])
        >>> shelf.take("WEB", [Need("A", 2), Need("A", 2)])
        ([], {'A': 1})
        >>> shelf.take("WEB", [Need("A", 3)])
        ([Pick(sku='A', location='WH', units=3)], {})
    """

    def __init__(self, candidates: Iterable[Candidate], ahead: Iterable[Ahead] = ()) -> None:
        self.ahead = {(each.channel, each.sku): each.units for each in ahead}
        self.unheld: dict[tuple[str, str], int] = {}
        self.asked: dict[tuple[str, str], list[tuple[str, int]]] = {}
        for each in sorted(candidates, key=lambda candidate: (candidate.rank, candidate.location)):
            self.unheld[each.sku, each.location] = each.unheld
            self.asked.setdefault((each.channel, each.sku), []).append((each.location, each.safety))

    def free(self, channel: str, sku: str) -> list[tuple[str, int]]:
        """List what a channel may take of an item, by location in the order they are asked."""
        return [
            (location, there)
            for location, safety in self.asked.get((channel, sku), ())
            if (there := self.unheld[sku, location] - safety) > 0
        ]

    def take(self, channel: str, needs: Iterable[Need], *, beyond: bool = True) -> tuple[list[Pick], dict[str, int]]:
        """Choose where units are taken from, all needs or none, and take them off the shelf.

        A single location that has all of an item goes before splitting it; else locations are emptied in order. What is
        not there is sold beyond stock, as far as it may be: those picks are of no location ("").

        Returns:
            picks, and how many units are missing per item (empty when all is found).
        """
        total = summed(needs)
        free = {sku: self.free(channel, sku) for sku in total}
        short = {sku: units - there for sku, units in total.items() if (there := sum(n for _, n in free[sku])) < units}
        ahead = {sku: self.ahead.get((channel, sku), 0) if beyond else 0 for sku in short}
        if lacks := {sku: units - ahead[sku] for sku, units in short.items() if units > ahead[sku]}:
            return [], lacks
        here = {sku: units - short.get(sku, 0) for sku, units in total.items()} if short else total
        picks = [Pick(sku, *taken) for sku, units in here.items() for taken in split(units, free[sku])]
        for pick in picks:
            self.unheld[pick.sku, pick.location] -= pick.units
        for sku, units in short.items():
            self.ahead[channel, sku] -= units
            picks.append(Pick(sku, "", units))
        return picks, {}


def summed(needs: Iterable[Need | OfLot]) -> dict[str, int]:
    """Add up lines that ask for the same item: checked apart, two lines of one item would oversell it."""
    total: dict[str, int] = {}
    for need in needs:
        total[need.sku] = total.get(need.sku, 0) + need.units
    return total


def split(units: int, places: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Take units from places that have enough together: from the first that has all, else from each in turn."""
    for location, there in places:
        if there >= units:
            return [(location, units)]
    taken = []
    for location, there in places:
        part = min(there, units)
        if part:
            taken.append((location, part))
            units -= part
    return taken


def netted(moves: Iterable[Move]) -> list[Move]:
    """Add up moves of one item at one location, in the order levels are locked."""
    total: dict[tuple[str, str], int] = {}
    for move in moves:
        place = (move.sku, move.location)
        total[place] = total.get(place, 0) + move.units
    return [Move(sku, location, total[sku, location]) for sku, location in sorted(total)]


def owed(moves: Iterable[Move], after: Iterable[int]) -> list[tuple[Move, int]]:
    """Find the levels that moves took below zero; each comes with what is on hand after it."""
    return [(move, now) for move, now in zip(moves, after, strict=True) if now < 0 <= now - move.units]


def merged(picks: Iterable[Pick]) -> list[Pick]:
    """Add up picks of one item at one location, in the order levels are locked."""
    return [
        Pick(move.sku, move.location, move.units) for move in netted(Move(p.sku, p.location, p.units) for p in picks)
    ]


def given_up(held: Iterable[Pick], needs: Iterable[Need]) -> tuple[list[Pick], dict[str, int]]:
    """Choose of what is set aside the units that are wanted no more: last location first, as the first was wanted most.

    Returns:
        picks, and how many units per item were not set aside (empty when all were).
    """
    left = summed(needs)
    picks = []
    for each in sorted(held, key=lambda pick: (pick.sku, pick.location), reverse=True):
        part = min(each.units, left.get(each.sku, 0))
        if part:
            picks.append(Pick(each.sku, each.location, part))
            left[each.sku] -= part
    return merged(picks), {sku: units for sku, units in left.items() if units}


def missing(picks: Iterable[Pick], free: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Tell how many units per item are not free where they are to be set aside."""
    short: dict[str, int] = {}
    for each in merged(picks):
        lacks = each.units - max(free.get((each.sku, each.location), 0), 0)
        if lacks > 0:
            short[each.sku] = short.get(each.sku, 0) + lacks
    return short


def moved(
    move: Rehold, free: dict[tuple[str, str], int], kept: dict[tuple[Any, str, str], int]
) -> NotHeld | OutOfStock | None:
    """Move units of a holder in what is free and what is kept, or refuse and change neither."""
    given, taken = merged(move.given), merged(move.taken)
    if refused := _not_held(move.holder, given, kept):
        return refused
    after = dict(free)
    for each in given:
        after[each.sku, each.location] = after.get((each.sku, each.location), 0) + each.units
    if short := missing(taken, after):
        return OutOfStock(short=short)
    for sign, picks in ((1, given), (-1, taken)):
        for each in picks:
            place = (each.sku, each.location)
            free[place] = free.get(place, 0) + sign * each.units
            kept[move.holder, *place] = kept.get((move.holder, *place), 0) - sign * each.units
    return None


def _not_held(holder: Any, picks: Iterable[Pick], kept: Mapping[tuple[Any, str, str], int]) -> NotHeld | None:
    lacking = [each for each in picks if kept.get((holder, each.sku, each.location), 0) < each.units]
    if not lacking:
        return None
    return NotHeld(", ".join(f"{each.units} of {each.sku} at {each.location}" for each in lacking))


def leaves(part: Leaving, kept: dict[tuple[Any, str, str], int]) -> NotHeld | None:
    """Take units that leave off what is kept, or refuse and take none."""
    picks = merged(part.picks)
    if refused := _not_held(part.holder, picks, kept):
        return refused
    for each in picks:
        kept[part.holder, each.sku, each.location] -= each.units
    return None


def served(candidates: Iterable[Candidate], waiting: Iterable[Awaited]) -> list[tuple[Any, Pick]]:
    """Give free units to those who wait, first come first served; who cannot have all takes what there is."""
    shelf = Shelf(candidates)
    given: list[tuple[Any, Pick]] = []
    for each in waiting:
        free = shelf.free(each.channel, each.sku)
        for location, units in split(min(each.units, sum(n for _, n in free)), free):
            shelf.unheld[each.sku, location] -= units
            given.append((each.holder, Pick(each.sku, location, units)))
    return given


# --- lots and serial numbers ------------------------------------------------------------------------------------------


def fresh(best_before: date | None, fresh_days: int | None, today: date) -> bool:
    """Tell whether a lot may be sent out: enough days are left of it, or it has no date."""
    return best_before is None or best_before >= today + timedelta(days=fresh_days or 0)


def unsaid(moves: Iterable[Move], said: Iterable[LotMove]) -> dict[tuple[str, str], int]:
    """Tell how many units of each level moved of which nobody said the lot."""
    left: dict[tuple[str, str], int] = {}
    for move in moves:
        left[move.sku, move.location] = left.get((move.sku, move.location), 0) + move.units
    for each in said:
        left[each.sku, each.location] = left.get((each.sku, each.location), 0) - each.units
    return {place: units for place, units in left.items() if units}


def assumed(rest: Mapping[tuple[str, str], int], lots: Iterable[LotLevel]) -> list[LotMove]:
    """Say of which lots units are that moved without a word: what expires first left first.

    What came, serial numbers that left, and what is more than there is, are of the lot that nobody has said.
    """
    left = {place: -units for place, units in rest.items() if units < 0}
    found = [LotMove(sku, location, "", units, assumed=True) for (sku, location), units in rest.items() if units > 0]
    for each in lots:
        part = min(left.get((each.sku, each.location), 0), each.free) if each.by == "lots" and each.lot else 0
        if part > 0:
            found.append(LotMove(each.sku, each.location, each.lot, -part, assumed=True))
            left[each.sku, each.location] -= part
    found += [LotMove(sku, location, "", -units, assumed=True) for (sku, location), units in left.items() if units]
    return found


def came_back(needs: Mapping[str, int], said: Iterable[OfLot], has: Iterable[OfLot]) -> list[OfLot] | None:
    """Say which lots come back of what a buyer has: those that are said, then the others in turn; None: not those.

    Args:
        needs: how many units of items come back.
        has: what the buyer has of each lot.
    """
    there = {(each.sku, each.lot): each.units for each in has}
    back: dict[tuple[str, str], int] = {}
    for each in said:
        key = (each.sku, each.lot)
        back[key] = back.get(key, 0) + each.units
        if each.units < 0 or back[key] > there.get(key, 0):
            return None
    left = dict(needs)
    for (sku, _), units in back.items():
        left[sku] = left.get(sku, 0) - units
    if any(units < 0 for units in left.values()):
        return None
    for (sku, lot), units in there.items():
        part = min(left.get(sku, 0), units - back.get((sku, lot), 0))
        if part > 0:
            back[sku, lot] = back.get((sku, lot), 0) + part
            left[sku] -= part
    return [OfLot(sku, lot, units) for (sku, lot), units in back.items() if units]


def surplus(taken: Iterable[LotOnList], keep: Mapping[tuple[Any, str], int]) -> list[LotOnList]:
    """Choose the lots that go back to the shelf when lists keep fewer units: what expires last first.

    Args:
        keep: how many units of an item each list keeps; of what is not named, none.
    """
    over: dict[tuple[Any, str], int] = {}
    found = list(taken)
    for each in found:
        over[each.list, each.sku] = over.get((each.list, each.sku), 0) + each.units
    over = {key: units - keep.get(key, 0) for key, units in over.items()}
    back = []
    for each in reversed(found):
        part = min(each.units, over[each.list, each.sku])
        if part > 0:
            back.append(LotOnList(each.list, each.sku, each.location, each.lot, part, each.best_before))
            over[each.list, each.sku] -= part
    return back


def recounted(there: Iterable[LotLevel], found: Mapping[tuple[str, str], int]) -> list[OfLot]:
    """Tell by how much lots differ from what was found of them; what was not found is not there."""
    book = {(each.sku, each.lot): each.units for each in there}
    keys = sorted({*book, *found})
    return [OfLot(sku, lot, n) for sku, lot in keys if (n := found.get((sku, lot), 0) - book.get((sku, lot), 0))]


_NEVER_TYPED = "\x1d"


def read_code(code: str) -> Scanned:
    """Read what a barcode says: GS1 element strings as scanners send them or people type them, or a plain number.

    Source: GS1 General Specifications, AI 01 (GTIN), 10 (lot), 15 and 17 (dates), 21 (serial number).

    Example:
        >>> read_code("(01)05901234123457(10)L-77")
        Scanned(code='5901234123457', gtin='5901234123457', lot='L-77', serial='', best_before=None)
        >>> read_code("MUG-1").code
        'MUG-1'
    """
    text = code.strip(" ")
    bare = text[3:] if text[:3] in ("]C1", "]d2", "]Q3", "]e0", "]J1") else text
    typed = bare.startswith("(")
    if not typed and bare == text and _NEVER_TYPED not in text and not (bare.startswith("01") and len(bare) > 16):
        return Scanned(text)
    try:
        message = GS1Message.parse_hri(bare) if typed else GS1Message.parse(bare.lstrip(_NEVER_TYPED))
    except BiipException:
        return Scanned(text)
    said = {each.ai.ai: each for each in message.element_strings}
    values = {ai: each.value for ai, each in said.items()}
    days = [each.date for ai in ("15", "17") if (each := said.get(ai)) is not None and each.date is not None]
    gtin = values.get("01", "").lstrip("0")
    return Scanned(gtin or text, gtin, values.get("10", ""), values.get("21", ""), min(days, default=None))
