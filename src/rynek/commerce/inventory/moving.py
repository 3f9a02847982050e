"""The verbs of goods that come and go: by documents, over counters, between locations; lots follow."""

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from rynek.commerce.inventory import lots as batches
from rynek.commerce.inventory import rules
from rynek.commerce.inventory.actions import works_at
from rynek.commerce.inventory.awaiting import serve
from rynek.commerce.inventory.events import (
    StockMoved,
    StockOwed,
)
from rynek.commerce.inventory.holding import q
from rynek.commerce.inventory.model import (
    AlreadyReceived,
    Arrived,
    Counts,
    DocumentDiffers,
    Line,
    Lines,
    LocationCode,
    LotCode,
    LotLevel,
    LotLines,
    LotMove,
    LotNotThere,
    LotsWanted,
    Move,
    Need,
    NewTransfer,
    OfLot,
    Reference,
    Sale,
    Sku,
    Text,
    Transfer,
    TransferDiffers,
)
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Invalid, NotFound

# --- by documents -----------------------------------------------------------------------------------------------------


class Said(NamedTuple):
    """What was said of the lots of a document; ``asked``: it was to be said of all that want it."""

    lots: Sequence[OfLot] = ()
    asked: bool = False
    holder: UUID | None = None


UNASKED = Said()


async def _move(
    tx: Tx,
    cause: str,
    reference: str,
    moves: Sequence[Move],
    inbound: Sequence[int] | None = None,
    said: Said = UNASKED,
) -> None:
    """Move levels and write the ledger; the moves are netted, so their keys are in order."""
    skus, places, units = zip(*((move.sku, move.location, move.units) for move in moves), strict=True)
    await q.open_levels(tx, skus=skus, locations=places)
    after = await q.move(tx, skus=skus, locations=places, units=units, inbound=inbound or [0] * len(moves))
    mine = [move for move, now in zip(moves, after, strict=True) if now.by_lot]
    if mine or said.lots:
        await _follow(tx, batches.Document(cause, reference, said.holder), mine, said)
    written = [move for move in moves if move.units]
    await _write_ledger(tx, [(tx.at, m.sku, m.location, m.units, cause, reference) for m in written])
    emit(tx, StockMoved(reference, cause, list(moves)))
    emit(tx, *(StockOwed(move.sku, move.location, now) for move, now in rules.owed(moves, [a.on_hand for a in after])))
    for location in sorted({move.location for move in written if move.units > 0}):
        await serve(tx, [move.sku for move in written if move.units > 0 and move.location == location], location)


async def _follow(tx: Tx, by: batches.Document, moves: Sequence[Move], said: Said) -> None:
    """Let the lots of levels that are told by lot follow; of others none may be said."""
    where = {move.sku: move.location for move in sorted(moves, key=lambda move: bool(move.units))}
    if strangers := {each.sku for each in said.lots} - set(where):
        raise Invalid(f"no lots are kept of {', '.join(sorted(strangers))}, or it did not move", field="lots")
    await batches.introduce(tx, said.lots)
    lots = [LotMove(each.sku, where[each.sku], each.lot, each.units) for each in said.lots if each.units]
    await batches.follow(tx, by, moves, lots, strict=said.asked)


async def _write_ledger(tx: Tx, entries: Sequence[tuple[object, ...]]) -> None:
    """Write the ledger's lines: by COPY, which takes half of what an insert of that many takes."""
    await tx.copy("commerce", "stock_entry", ("at", "sku", "location", "units", "cause", "reference"), entries)


async def _document(tx: Tx, location: str, reference: str, kind: str, reason: str = "") -> bool:
    """Take a document in; False when it was taken in before."""
    works_at(tx, location)
    if await q.document(tx, location=location, reference=reference, kind=kind, reason=reason, at=tx.at) is not None:
        return True
    known = await q.document_kind(tx, location=location, reference=reference)
    if known != kind:
        raise DocumentDiffers(f"it is the number of a {known}", kind=known)
    return False


async def receive(
    tx: Tx,
    location: LocationCode,
    reference: Reference,
    lines: Lines,
    announced: bool = False,  # noqa: FBT001, FBT002 - a field of the request
    lots: LotLines | None = None,
) -> bool:
    """Book goods in by a delivery's number; gives False when that delivery is in already.

    Args:
        announced: they were expected, so they leave what is inbound.
        lots: the lots or serial numbers of the items that want them, and the dates of new lots.

    Raises:
        Invalid: a line takes units away: that is an adjustment.
        LotsWanted: an item wants its lots or serial numbers said, or the date of a new lot.
        LotDiffers: a lot is known with another date.
        SerialElsewhere: a serial number is in stock already.
        DocumentDiffers: another kind of document has this number.
        Forbidden: it is not your store.
        LocationUnknown: there is no such location.
    Emits:
        StockMoved
    """
    if any(line.units <= 0 for line in [*lines, *(lots or ())]):
        raise Invalid("a receipt brings units in; use an adjustment to take them away", field="lines")
    if not await _document(tx, location, reference, "receipt"):
        return False
    moves = rules.netted(Move(line.sku, location, line.units) for line in lines)
    inbound = [-move.units if announced else 0 for move in moves]
    await _move(tx, "receipt", reference, moves, inbound, Said(lots or (), asked=True))
    return True


async def announce(tx: Tx, location: LocationCode, reference: Reference, lines: Lines) -> bool:
    """Say that goods are expected: they count as inbound until they are received; False when it was said already.

    Raises:
        DocumentDiffers: another kind of document has this number.
        Forbidden: it is not your store.
        LocationUnknown: there is no such location.
    Emits:
        StockMoved, with no units moved yet.
    """
    if not await _document(tx, location, reference, "announcement"):
        return False
    moves = rules.netted(Move(line.sku, location, line.units) for line in lines)
    await _move(tx, "announcement", reference, [Move(m.sku, m.location, 0) for m in moves], [m.units for m in moves])
    return True


async def adjust(
    tx: Tx,
    location: LocationCode,
    reference: Reference,
    reason: Annotated[Text, Meta(min_length=1)],
    lines: Lines,
    lots: LotLines | None = None,
) -> bool:
    """Correct levels, with the reason why (breakage, theft, found again); False when this was done already.

    Args:
        lots: of the items that want it, by how much each lot or serial number changes.

    Raises:
        Invalid: no lots are kept of an item.
        LotsWanted: an item wants its lots or serial numbers said, or the date of a new lot.
        LotDiffers: a lot is known with another date.
        LotNotThere: of a lot so many units are not there, or are on lists.
        SerialElsewhere: a serial number is in stock already.
        UnitsHeld: a warehouse would have less than is set aside.
        Forbidden: it is not your store.
        DocumentDiffers: another kind of document has this number.
        LocationUnknown: there is no such location.
    Emits:
        StockMoved, StockOwed
    """
    if not await _document(tx, location, reference, "adjustment", reason):
        return False
    moves = rules.netted(Move(line.sku, location, line.units) for line in lines)
    await _move(tx, "adjustment", reference, moves, said=Said(lots or (), asked=True))
    return True


async def throw_away(tx: Tx, location: LocationCode, sku: Sku, lot: LotCode, reference: Reference) -> bool:
    """Take what is blocked of a lot, because it is too old, off the shelf and the book; False when it was done already.

    Raises:
        LotNotThere: nothing of it is blocked.
        Forbidden: it is not your store.
        DocumentDiffers: another kind of document has this number.
        LocationUnknown: there is no such location.
    Emits:
        StockMoved, StockReleased
    """
    if not await _document(tx, location, reference, "expiry", lot):
        return False
    await q.lock_at(tx, skus=[sku], locations=[location])
    there = [each for each in await q.lock_lots(tx, skus=[sku], locations=[location]) if each.lot == lot]
    if not there or not there[0].blocked:
        raise LotNotThere(f"nothing of {lot} of {sku} is blocked at {location}")
    units = there[0].blocked
    await batches.unblock(tx, there[0], units)
    await _move(
        tx, "expiry", reference, [Move(sku, location, -units)], said=Said([OfLot(sku, lot, -units)], asked=True)
    )
    return True


async def count(tx: Tx, location: LocationCode, reference: Reference, lines: Counts) -> list[Move]:
    """Set levels to what was found; gives the differences, nothing when this count is in already.

    Raises:
        Invalid: an item is counted twice.
        LotsWanted: an item is told by lot: ``count_lots`` counts it.
        UnitsHeld: a warehouse has less than is set aside: release those holds first.
        Forbidden: it is not your store.
        DocumentDiffers: another kind of document has this number.
        LocationUnknown: there is no such location.
    Emits:
        StockMoved
    """
    found = {line.sku: line.counted for line in lines}
    if len(found) < len(lines):
        raise Invalid("an item is counted twice; add the counts up", field="lines")
    return await _count(tx, location, reference, found, [])


async def count_lots(
    tx: Tx, location: LocationCode, reference: Reference, lots: Annotated[LotLines, Meta(min_length=1)]
) -> list[Move]:
    """Set items that are told by lot to what was found of each; of lots that are not named nothing was.

    Gives the differences, nothing when this count is in already.

    Raises:
        Invalid: fewer than no units are found, or no lots are kept of an item.
        LotsWanted: the date of a lot is wanted, which is new.
        LotDiffers: a lot is known with another date.
        LotNotThere: fewer units of a lot were found than are on lists.
        SerialElsewhere: a serial number is in stock already.
        UnitsHeld: a warehouse has less than is set aside: release those holds first.
        Forbidden: it is not your store.
        DocumentDiffers: another kind of document has this number.
        LocationUnknown: there is no such location.
    Emits:
        StockMoved
    """
    if any(each.units < 0 for each in lots):
        raise Invalid("nobody finds fewer than no units", field="lots")
    return await _count(tx, location, reference, rules.summed(lots), lots)


async def _count(tx: Tx, location: str, reference: str, found: Mapping[str, int], lots: Sequence[OfLot]) -> list[Move]:
    if not await _document(tx, location, reference, "count"):
        return []
    await q.open_levels(tx, skus=sorted(found), locations=[location] * len(found))
    known = await q.lock_counted(tx, location=location, skus=list(found))
    moves = [Move(level.sku, location, found[level.sku] - level.on_hand) for level in known]
    differ = await _recount(tx, location, [level.sku for level in known if level.by_lot], found, lots)
    moved = {each.sku for each in differ}
    different = [move for move in moves if move.units or move.sku in moved]
    if different:
        await _move(tx, "count", reference, different, said=Said(differ, asked=True))
    return [move for move in different if move.units]


async def _recount(
    tx: Tx, location: str, skus: Sequence[str], found: Mapping[str, int], lots: Sequence[OfLot]
) -> list[OfLot]:
    """Tell by how much lots differ from what was found; what is blocked and was not found is blocked no more."""
    if strangers := {each.sku for each in lots} - set(skus):
        raise Invalid(f"no lots are kept of {', '.join(sorted(strangers))}, or it was not counted", field="lots")
    if not skus:
        return []
    counted: dict[tuple[str, str], int] = {}
    for each in lots:
        counted[each.sku, each.lot] = counted.get((each.sku, each.lot), 0) + each.units
    for sku in skus:
        if (said := sum(units for (of, _), units in counted.items() if of == sku)) != found[sku]:
            raise LotsWanted(f"of {sku} {found[sku]} were found, and {said} of lots", sku=sku)
    there: list[LotLevel] = await q.lock_lots(tx, skus=skus, locations=[location] * len(skus))
    for old in there:
        more = old.taken + old.blocked - counted.get((old.sku, old.lot), 0)
        if old.blocked and more > 0:
            await batches.unblock(tx, old, min(more, old.blocked))
    dates = {(each.sku, each.lot): each.best_before for each in lots}
    return [OfLot(e.sku, e.lot, e.units, dates.get((e.sku, e.lot))) for e in rules.recounted(there, counted)]


async def sell(tx: Tx, sales: Sequence[Sale]) -> None:
    """Book what went over counters. A store's book may fall below zero: the goods are gone; that is reported.

    Emits:
        StockMoved per receipt, StockOwed where a level fell below zero.
    """
    per_sale = [[Move(sku, sale.location, -units) for sku, units in sale.lines if units] for sale in sales]
    lines = [(sale, move) for sale, moves in zip(sales, per_sale, strict=True) for move in moves]
    if not lines:
        return
    net = rules.netted(move for _, move in lines)
    skus, places, units = zip(*((move.sku, move.location, move.units) for move in net), strict=True)
    after = await q.sell(tx, skus=skus, locations=places, units=units)
    if mine := {(move.sku, move.location) for move, now in zip(net, after, strict=True) if now.by_lot}:
        for sale, move in lines:
            if (move.sku, move.location) in mine:
                await batches.follow(tx, batches.Document("sale", sale.reference), [move], [])
    await _write_ledger(tx, [(sale.at, m.sku, m.location, m.units, "sale", sale.reference) for sale, m in lines])
    emit(tx, *(StockMoved(sale.reference, "sale", moves) for sale, moves in zip(sales, per_sale, strict=True) if moves))
    emit(tx, *(StockOwed(move.sku, move.location, now) for move, now in rules.owed(net, [a.on_hand for a in after])))


async def miss(tx: Tx, location: str, reference: str, reason: str, needs: Sequence[Need]) -> None:
    """Take units off the book that were not where it said; at a warehouse no more than are not set aside.

    Raises:
        Forbidden: it is not your store.
        DocumentDiffers: another kind of document has this number.
    Emits:
        StockMoved, StockOwed
    """
    total = rules.summed(needs)
    free = {each.sku: each.units for each in await q.may_go(tx, location=location, skus=sorted(total))}
    gone = {sku: min(units, free.get(sku, 0)) for sku, units in total.items()}
    moves = [Move(sku, location, -units) for sku, units in sorted(gone.items()) if units > 0]
    if moves and await _document(tx, location, reference, "adjustment", reason):
        await _move(tx, "adjustment", reference, moves)


async def put_back(
    tx: Tx, location: str, reference: str, needs: Sequence[Need], holder: UUID, lots: Sequence[OfLot] = ()
) -> None:
    """Book units in at a location that a holder was sent and gives back.

    Raises:
        LotsWanted: the serial numbers of an item that wants them are not said.
        NotSoldSo: a lot or serial number did not go out to this holder.
    Emits:
        StockMoved
    """
    back = await batches.of_holder(tx, holder, rules.summed(needs), lots)
    moves = rules.netted(Move(need.sku, location, need.units) for need in needs)
    await _move(tx, "return", reference, moves, said=Said(back, holder=holder))


async def write_off(
    tx: Tx, location: str, reference: str, needs: Sequence[Need], lots: Sequence[OfLot] | None = None
) -> None:
    """Take returned units that nobody can be sold off a location's book: they go to repair or to waste.

    Args:
        lots: of which lots they are, of all that want it; None: nobody was asked.

    Raises:
        Invalid: no lots are kept of an item.
        LotsWanted: an item wants its lots or serial numbers said.
        LotNotThere: of a lot so many units are not there.
    Emits:
        StockMoved
    """
    moves = rules.netted(Move(need.sku, location, -need.units) for need in needs)
    gone = [OfLot(each.sku, each.lot, -each.units) for each in lots or ()]
    await _move(tx, "adjustment", reference, moves, said=Said(gone, asked=lots is not None))


# --- between locations ------------------------------------------------------------------------------------------------


async def send(tx: Tx, transfer: UUID, given: NewTransfer) -> Transfer:
    """Send goods to another location: they leave here and are inbound there. The id is the sender's to choose.

    Raises:
        Invalid: a lot is sent of fewer than one unit, or no lots are kept of the item.
        LotsWanted: an item wants its lots or serial numbers said.
        LotNotThere: of a lot so many units are not there, or are on lists.
        UnitsHeld: a warehouse would have less than is set aside.
        LocationUnknown: there is no such location.
        Forbidden: the origin is not your store.
        TransferDiffers: another transfer has this id.
    Emits:
        StockMoved
    """
    works_at(tx, given.origin)
    if any(each.units <= 0 for each in given.lots):
        raise Invalid("a transfer takes units away", field="lots")
    total = sorted(rules.summed(given.lines).items())
    if (known := await _transfer(tx, transfer)) is not None:
        sent = [(line.sku, line.units) for line in known.lines]
        if (known.origin, known.destination, sent) != (given.origin, given.destination, total):
            raise TransferDiffers
        return known
    skus, units = zip(*total, strict=True)
    await q.send(tx, id=transfer, origin=given.origin, destination=given.destination, at=tx.at, skus=skus, units=units)
    moves = [Move(sku, given.origin, -n) for sku, n in total] + [Move(sku, given.destination, 0) for sku, _ in total]
    expected = {(sku, given.destination): n for sku, n in total}
    moves.sort(key=lambda move: (move.sku, move.location))
    inbound = [expected.get((m.sku, m.location), 0) for m in moves]
    away = [OfLot(each.sku, each.lot, -each.units) for each in given.lots]
    await _move(tx, "transfer out", str(transfer), moves, inbound, Said(away, asked=True))
    if given.lots:
        await q.send_lots(tx, id=transfer, **_of_lots(given.lots))
    lines = [Line(sku, n) for sku, n in total]
    return Transfer(transfer, given.origin, given.destination, tx.at, None, lines, given.lots)


def _of_lots(lots: Sequence[OfLot]) -> dict[str, list[object]]:
    net: dict[tuple[str, str], int] = {}
    for each in lots:
        net[each.sku, each.lot] = net.get((each.sku, each.lot), 0) + each.units
    return {"skus": [sku for sku, _ in net], "lots": [lot for _, lot in net], "units": list(net.values())}


async def arrive(
    tx: Tx, transfer: UUID, received: Arrived | UnsetType = UNSET, lots: LotLines | UnsetType = UNSET
) -> Transfer:
    """Take a transfer in at its destination: all of it, or what is said to have arrived; the rest is lost.

    Args:
        lots: which lots arrived, of the items that want it; all of them, unless something is missing.

    Raises:
        NotFound: there is no such transfer.
        AlreadyReceived: it is in.
        Invalid: something arrived that was not sent, or an item is said twice.
        LotsWanted: something is missing, and it is not said which lots arrived.
        LotDiffers: a lot is known with another date.
        SerialElsewhere: a serial number is in stock already.
        Forbidden: the destination is not your store.
    Emits:
        StockMoved
    """
    known = await _transfer(tx, transfer)
    if known is None:
        raise NotFound("there is no such transfer")
    works_at(tx, known.destination)
    sent = {line.sku: line.units for line in known.lines}
    came = sent if received is UNSET else {line.sku: line.counted for line in received}
    if received is not UNSET and len(came) < len(received):
        raise Invalid("an item is said twice; add the units up", field="received")
    if set(came) - set(sent):
        raise Invalid(f"not in this transfer: {', '.join(sorted(set(came) - set(sent)))}", field="received")
    there = _arrived_lots(known.lots, came, lots)
    if await q.arrive(tx, id=transfer, at=tx.at) is None:
        raise AlreadyReceived
    await q.receive_lines(tx, id=transfer, skus=list(came), units=list(came.values()))
    moves = [Move(sku, known.destination, came.get(sku, 0)) for sku in sorted(sent)]
    await _move(tx, "transfer in", str(transfer), moves, [-sent[move.sku] for move in moves], Said(there))
    if there:
        await q.receive_lots(tx, id=transfer, **_of_lots(there))
    return Transfer(transfer, known.origin, known.destination, known.sent_at, tx.at, known.lines, known.lots)


def _arrived_lots(sent: Sequence[OfLot], came: Mapping[str, int], said: Sequence[OfLot] | UnsetType) -> Sequence[OfLot]:
    """Tell which lots arrived: those that are said, else all of an item that arrived whole."""
    if said is not UNSET and (strangers := {(e.sku, e.lot) for e in said} - {(e.sku, e.lot) for e in sent}):
        raise Invalid(f"not in this transfer: {', '.join(sorted(lot for _, lot in strangers))}", field="lots")
    there = sent if said is UNSET else said
    total = {sku: sum(each.units for each in there if each.sku == sku) for sku in {each.sku for each in sent}}
    for sku, units in total.items():
        if units != came.get(sku, 0) or any(each.units < 0 for each in there):
            raise LotsWanted(f"of {sku} {came.get(sku, 0)} arrived; say which lots", sku=sku)
    return [each for each in there if each.units]


async def transfer(tx: Tx, transfer: UUID) -> Transfer:
    """Show a transfer.

    Raises:
        NotFound: there is no such transfer, or your store neither sent it nor gets it.
    """
    known = await _transfer(tx, transfer)
    if known is None or (tx.reach == "own" and tx.actor.location not in (known.origin, known.destination)):
        raise NotFound("there is no such transfer, or it is not your store's")
    return known


async def _transfer(tx: Tx, transfer: UUID) -> Transfer | None:
    row = await q.transfer(tx, id=transfer)
    lines = await q.transfer_lines(tx, id=transfer)
    if row is None:
        return None
    lots = await q.transfer_lots(tx, id=transfer)
    return Transfer(row.id, row.origin, row.destination, row.sent_at, row.received_at, lines, lots)
