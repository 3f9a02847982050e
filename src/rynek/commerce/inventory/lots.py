"""The verbs of lots and serial numbers: told with every move, taken off the shelf for lists, blocked by their age."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from msgspec import Meta

from rynek.commerce.inventory import model, rules
from rynek.commerce.inventory.events import LotBlocked, StockHeld, StockReleased
from rynek.commerce.inventory.model import (
    By,
    Limit,
    LotCode,
    LotDiffers,
    LotEntry,
    LotLevel,
    LotMove,
    LotNotThere,
    LotOnList,
    LotsInUse,
    LotsWanted,
    LotTooOld,
    Move,
    NotSoldSo,
    OfLot,
    Pick,
    Scanned,
    Sku,
    Skus,
    Tracking,
)
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Invalid
from rynek.kernel.sql import queries

q = queries(__file__, model)

TOO_OLD = UUID(int=0x17)
"""Who has what is too old to be sold: it is set aside, so that no channel promises it."""
AT_ONCE = 500

Code = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1c\x1e\x1f]*\Z")]


# --- what items want --------------------------------------------------------------------------------------------------


async def put_tracking(tx: Tx, items: Annotated[list[Tracking], Meta(min_length=1, max_length=1000)]) -> None:
    """Say which items are told by lot or by serial number. What lies there already is of a lot that nobody has said.

    Raises:
        Invalid: an item is given twice.
        LotsInUse: of an item that is to be told otherwise, lots are on lists or blocked.
    """
    by_sku = {each.sku: each for each in items}
    if len(by_sku) < len(items):
        raise Invalid("an item is given twice", field="items")
    skus = sorted(by_sku)
    known = {each.sku: each.by for each in await q.tracking(tx, skus=skus, after="", limit=len(skus))}
    other = [sku for sku in skus if by_sku[sku].by != known.get(sku, "none")]
    await q.lock_levels_of(tx, skus=other)
    if used := await q.lots_in_use(tx, skus=other):
        raise LotsInUse(f"on lists or blocked: {', '.join(sorted(used))}", skus=used)
    await q.end_lots(tx, skus=other, at=tx.at)
    of = {name: [getattr(by_sku[sku], name) for sku in skus] for name in Tracking.__struct_fields__}
    await q.put_tracking(tx, skus=skus, bys=of["by"], days=of["fresh_days"])
    await q.begin_lots(tx, skus=[sku for sku in other if by_sku[sku].by != "none"], at=tx.at)


async def tracking(tx: Tx, skus: Skus | None = None, after: str = "", limit: Limit = 500) -> list[Tracking]:
    """List the items that are told by lot or serial number; go on with the last sku as ``after``."""
    found: list[Tracking] = await q.tracking(tx, skus=skus or [], after=after, limit=limit)
    return found


async def wants(tx: Tx, skus: Iterable[str]) -> dict[str, By]:
    """Tell what items are told by; what wants neither lots nor serial numbers is not in the result."""
    return {each.sku: each.by for each in await _wants(tx, skus)}


async def catch_up(tx: Tx) -> None:
    """Tell levels by lot that began while it was said that their item wants it."""
    late = await q.unbegun(tx, limit=AT_ONCE)
    if late:
        await q.lock_levels_of(tx, skus=late)
        await q.begin_lots(tx, skus=late, at=tx.at)


async def what_it_says(_tx: Tx, code: Code) -> Scanned:
    """Tell what a barcode says: the item's number, its lot, its best-before date, its serial number."""
    return rules.read_code(code)


# --- with every move --------------------------------------------------------------------------------------------------


class Document(NamedTuple):
    """Why lots move; ``holder``: whose units they are."""

    cause: str
    reference: str
    holder: UUID | None = None


async def follow(tx: Tx, by: Document, moves: Sequence[Move], said: Sequence[LotMove], *, strict: bool = False) -> None:
    """Let lots follow levels that moved and are locked; where nobody said which, what expires first left first.

    Args:
        strict: the lots of all units are to be said.

    Raises:
        LotsWanted: they are not, or together they are not as many as moved.
    """
    rest = rules.unsaid(moves, said)
    if rest and strict:
        (sku, _), units = next(iter(rest.items()))
        raise LotsWanted(f"of {sku} say the lots or serial numbers of {abs(units)} more or fewer units", sku=sku)
    places = list(rest)
    there = await q.lock_lots(tx, skus=[s for s, _ in places], locations=[p for _, p in places]) if rest else []
    lots = [*said, *rules.assumed(rest, there)]
    if not lots:
        return
    of = {name: [getattr(each, name) for each in lots] for name in LotMove.__struct_fields__}
    await q.open_lots(tx, skus=of["sku"], locations=of["location"], lots=of["lot"])
    net: dict[tuple[str, str, str], int] = {}
    for each in lots:
        net[each.sku, each.location, each.lot] = net.get((each.sku, each.location, each.lot), 0) + each.units
    skus, locations, codes = zip(*net, strict=True)
    await q.move_lots(tx, skus=skus, locations=locations, lots=codes, units=list(net.values()))
    await tx.copy(
        "commerce", "lot_entry",
        ("at", "sku", "location", "lot", "units", "cause", "reference", "holder", "assumed"),
        [(tx.at, e.sku, e.location, e.lot, e.units, *by, e.assumed) for e in lots],
    )  # fmt: skip


async def introduce(tx: Tx, lots: Iterable[OfLot]) -> None:
    """Write down lots that come in and were not seen before, with their dates.

    Raises:
        LotsWanted: a lot is new and has no date, but the item wants one.
        LotDiffers: a lot is known with another date.
    """
    fresh: dict[tuple[str, str], date | None] = {}
    for each in lots:
        if each.lot and each.units > 0:
            fresh[each.sku, each.lot] = each.best_before or fresh.get((each.sku, each.lot))
    if not fresh:
        return
    skus, codes = zip(*fresh, strict=True)
    known = {(each.sku, each.lot): each.best_before for each in await q.known_lots(tx, skus=skus, lots=codes)}
    dated = {each.sku for each in await _wants(tx, skus) if each.fresh_days is not None}
    for (sku, lot), day in fresh.items():
        if (sku, lot) not in known and day is None and sku in dated:
            raise LotsWanted(f"say the best-before date of lot {lot} of {sku}: it is new", sku=sku)
        if (sku, lot) in known and day is not None and day != known[sku, lot]:
            raise LotDiffers(f"lot {lot} of {sku} is known with {known[sku, lot]}", best_before=known[sku, lot])
    await q.put_lots(tx, skus=skus, lots=codes, dates=list(fresh.values()))


async def _wants(tx: Tx, skus: Iterable[str]) -> list[Tracking]:
    distinct = sorted(set(skus))
    found: list[Tracking] = await q.tracking(tx, skus=distinct, after="", limit=len(distinct))
    return found


async def of_holder(tx: Tx, holder: UUID, needs: Mapping[str, int], said: Sequence[OfLot]) -> list[OfLot]:
    """Tell which lots come back of what a holder was sent; serial numbers have to be said.

    Raises:
        LotsWanted: they are not.
        NotSoldSo: a lot or serial number did not go out to this holder.
    """
    wants = {each.sku: each.by for each in await _wants(tx, needs)}
    if strangers := {each.sku for each in said} - set(wants):
        raise Invalid(f"no lots are kept of {', '.join(sorted(strangers))}", field="lots")
    for sku, by in wants.items():
        if by == "serials" and sum(each.units for each in said if each.sku == sku) != needs[sku]:
            raise LotsWanted(f"say the serial numbers of {needs[sku]} units of {sku}", sku=sku)
    if not wants:
        return []
    has = await q.gone_to(tx, holder=holder, skus=sorted(wants))
    back = rules.came_back({sku: needs[sku] for sku in wants}, said, has)
    if back is None:
        raise NotSoldSo(", ".join(sorted(f"{each.lot} of {each.sku}" for each in said)))
    return back


# --- off the shelf ----------------------------------------------------------------------------------------------------


async def to_take(tx: Tx, location: str, skus: Sequence[str]) -> list[LotLevel]:
    """Tell which lots of items are to be taken at a location, the first expired first; nothing of what wants none."""
    there: list[LotLevel] = await q.lots(
        tx, skus=sorted(set(skus)), location=location, lot="", until=None, after="", limit=5000
    )
    return [
        each for each in there
        if each.lot and each.free > 0 and rules.fresh(each.best_before, each.fresh_days, tx.at.date())
    ]  # fmt: skip


async def take(tx: Tx, list_: UUID, location: str, sku: str, lot: str, units: int) -> None:
    """Take units of a lot off the shelf for a list; nobody else can have them.

    Raises:
        LotNotThere: so many are not there, or others have them.
        LotTooOld: too few days are left of it.
    """
    found = await q.lots(tx, skus=[sku], location=location, lot=lot, until=None, after="", limit=1)
    if not found or not lot:
        raise LotNotThere(f"the book knows no {lot} of {sku} at {location}: count it")
    if not rules.fresh(found[0].best_before, found[0].fresh_days, tx.at.date()):
        raise LotTooOld(f"{lot} is best before {found[0].best_before}", best_before=found[0].best_before)
    await q.take_lot(tx, list=list_, sku=sku, location=location, lot=lot, units=units)


async def taken(tx: Tx, lists: Sequence[UUID]) -> list[LotOnList]:
    """Tell which lots were taken off the shelf for lists."""
    found: list[LotOnList] = await q.taken(tx, lists=list(lists))
    return found


async def lay_back(tx: Tx, lists: Sequence[UUID], keep: Mapping[tuple[UUID, str], int]) -> None:
    """Lay lots back on the shelf of which lists keep fewer units than were taken."""
    await untake(tx, rules.surplus(await taken(tx, lists), keep))


async def untake(tx: Tx, lots: Sequence[LotOnList]) -> None:
    """Count lots as taken for lists no more."""
    if lots:
        await q.untake(
            tx, lists=[each.list for each in lots], skus=[each.sku for each in lots],
            lots=[each.lot for each in lots], units=[each.units for each in lots],
        )  # fmt: skip


async def from_list(tx: Tx, list_: UUID | None, picks: Sequence[Pick]) -> list[LotMove]:
    """Take what leaves of a list off it; gives the lots."""
    if list_ is None:
        return []
    left = {(pick.sku, pick.location): pick.units for pick in picks}
    gone = []
    for each in await taken(tx, [list_]):
        part = min(each.units, left.get((each.sku, each.location), 0))
        if part:
            left[each.sku, each.location] -= part
            gone.append(LotOnList(list_, each.sku, each.location, each.lot, part, each.best_before))
    await untake(tx, gone)
    return [LotMove(each.sku, each.location, each.lot, -each.units) for each in gone]


# --- what there is, and what became of it -----------------------------------------------------------------------------


async def history(tx: Tx, sku: Sku, lot: LotCode, limit: Limit = 1000) -> list[LotEntry]:
    """Tell what became of a lot, the newest first: where it came in, and whom its units went to."""
    found: list[LotEntry] = await q.lot_entries(tx, sku=sku, lot=lot, limit=limit)
    return found


async def lies(tx: Tx, sku: str, lot: str) -> list[LotLevel]:
    """Tell where units of a lot lie."""
    found: list[LotLevel] = await q.lots(
        tx, skus=[sku], location="", lot=lot, until=None, after="", limit=1000
    )  # fmt: skip
    return found


async def best_before(tx: Tx, sku: str, lot: str) -> date | None:
    """Tell the date of a lot; None: it has none, or is not known."""
    known = await q.known_lots(tx, skus=[sku], lots=[lot])
    return known[0].best_before if known else None


# --- too old ----------------------------------------------------------------------------------------------------------


async def age(tx: Tx) -> None:
    """Set lots aside that are too old to be sent out, as far as nobody was promised them, and let go what is not.

    Emits:
        LotBlocked, StockHeld, StockReleased
    """
    places = await q.ageing(tx, on=tx.at.date(), limit=AT_ONCE)
    if not places:
        return
    skus, locations = [each.sku for each in places], [each.location for each in places]
    free = {(each.sku, each.location): each.units for each in await q.lock_at(tx, skus=skus, locations=locations)}
    for each in await q.lock_lots(tx, skus=skus, locations=locations):
        old = each.lot and not rules.fresh(each.best_before, each.fresh_days, tx.at.date())
        more = (each.units - each.taken if old else 0) - each.blocked
        more = min(more, max(0, free[each.sku, each.location]))
        free[each.sku, each.location] -= more
        await _block(tx, each, more)


async def _block(tx: Tx, lot: LotLevel, units: int) -> None:
    pick = Pick(lot.sku, lot.location, abs(units))
    if not units:
        return
    if units > 0:
        await q.hold(
            tx, holders=[TOO_OLD], skus=[lot.sku], locations=[lot.location], units=[units], untils=[None]
        )  # fmt: skip
        emit(tx, LotBlocked(lot.sku, lot.location, lot.lot, units, lot.best_before), StockHeld(TOO_OLD, [pick]))
    else:
        await unblock(tx, lot, -units)
        return
    await q.block(tx, sku=lot.sku, location=lot.location, lot=lot.lot, units=units)


async def unblock(tx: Tx, lot: LotLevel, units: int) -> None:
    """Let units of a lot go that were set aside because of their age; its level is locked.

    Emits:
        StockReleased
    """
    of = {"skus": [lot.sku], "locations": [lot.location], "units": [units]}
    await q.take_from_hold(tx, holder=TOO_OLD, **of)
    await q.block(tx, sku=lot.sku, location=lot.location, lot=lot.lot, units=-units)
    emit(tx, StockReleased(TOO_OLD, [Pick(lot.sku, lot.location, units)], "aged"))
