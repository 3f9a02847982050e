"""What can be done with stock."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from rynek.commerce.inventory import rules
from rynek.commerce.inventory.awaiting import serve
from rynek.commerce.inventory.events import (
    LocationChanged,
    RoutesChanged,
    StockMoved,
    StockOwed,
)
from rynek.commerce.inventory.holding import q
from rynek.commerce.inventory.model import (
    AlreadyReceived,
    Arrived,
    Available,
    Beyond,
    BeyondRow,
    ChannelCode,
    Counts,
    DocumentDiffers,
    Entry,
    Level,
    Limit,
    Line,
    Lines,
    Location,
    LocationCode,
    Move,
    Need,
    NewTransfer,
    Reference,
    Route,
    Safeties,
    Safety,
    Sale,
    Sku,
    Skus,
    Text,
    Total,
    Transfer,
    TransferDiffers,
    Unbalanced,
)
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Forbidden, Invalid, NotFound

_END = datetime.max.replace(tzinfo=UTC)


# --- locations and whom they serve ------------------------------------------------------------------------------------


async def put_locations(tx: Tx, locations: Annotated[list[Location], Meta(min_length=1, max_length=1000)]) -> None:
    """Add or change stores and warehouses.

    Raises:
        Invalid: a location is given twice.
    Emits:
        LocationChanged
    """
    columns = zip(*((each.code, each.name, each.kind, each.country, each.active) for each in locations), strict=True)
    codes, names, kinds, countries, actives = columns
    if len(set(codes)) < len(codes):
        raise Invalid("a location is given twice", field="locations")
    await q.put_locations(tx, codes=codes, names=names, kinds=kinds, countries=countries, actives=actives)
    emit(tx, *(LocationChanged(location) for location in codes))


async def locations(tx: Tx, after: str = "", limit: Limit = 500) -> list[Location]:
    """List stores and warehouses by code; go on with the last code as ``after``."""
    found: list[Location] = await q.locations(tx, after=after, limit=limit)
    return found


async def put_routes(tx: Tx, channel: ChannelCode, routes: Annotated[list[Route], Meta(max_length=5000)]) -> None:
    """Say which locations serve a channel, instead of those that did.

    Raises:
        Invalid: a location is given twice.
        LocationUnknown: there is no such location.
    Emits:
        RoutesChanged
    """
    codes = [each.location for each in routes]
    if len(set(codes)) < len(codes):
        raise Invalid("a location is given twice", field="routes")
    await q.clear_routes(tx, channel=channel)
    await q.put_routes(tx, channel=channel, locations=codes, ranks=[each.rank for each in routes])
    emit(tx, RoutesChanged(channel))


async def routes(tx: Tx, channel: ChannelCode) -> list[Route]:
    """List the locations that serve a channel, first asked first."""
    found: list[Route] = await q.routes(tx, channel=channel)
    return found


async def put_safety(tx: Tx, channel: ChannelCode, safety: Safeties) -> None:
    """Keep units back from a channel at locations, of all items or of one.

    Raises:
        Invalid: a location and item are given twice.
        LocationUnknown: there is no such location.
    Emits:
        RoutesChanged
    """
    keys = [(each.location, each.sku) for each in safety]
    if len(set(keys)) < len(keys):
        raise Invalid("a location and item are given twice", field="safety")
    places, skus = zip(*keys, strict=True)
    await q.put_safety(tx, channel=channel, locations=places, skus=skus, units=[each.units for each in safety])
    emit(tx, RoutesChanged(channel))


async def safety(tx: Tx, channel: ChannelCode) -> list[Safety]:
    """List the units kept back from a channel, by location and item."""
    found: list[Safety] = await q.safety(tx, channel=channel)
    return found


async def put_beyond(
    tx: Tx, channel: ChannelCode, beyond: Annotated[list[Beyond], Meta(min_length=1, max_length=1000)]
) -> None:
    """Say how many units of items a channel may sell beyond what is there.

    Raises:
        Invalid: an item is given twice, or a preorder without its day.
        BeyondSold: more is sold already.
    Emits:
        RoutesChanged
    """
    of = {name: [getattr(each, name) for each in beyond] for name in Beyond.__struct_fields__}
    if len(set(of["sku"])) < len(beyond):
        raise Invalid("an item is given twice", field="beyond")
    await q.put_beyond(
        tx, channel=channel, skus=of["sku"], kinds=of["kind"], mosts=of["most"], days=of["from_on"]
    )  # fmt: skip
    emit(tx, RoutesChanged(channel))


async def beyond(
    tx: Tx, channel: ChannelCode, skus: Skus | None = None, after: str = "", limit: Limit = 500
) -> list[BeyondRow]:
    """List what a channel may sell beyond stock, and how much of it is sold; go on with the last sku as ``after``."""
    found: list[BeyondRow] = await q.beyond(tx, channel=channel, skus=skus or [], after=after, limit=limit)
    return found


# --- what is there ----------------------------------------------------------------------------------------------------


def _looked_at(tx: Tx, location: str) -> str:
    """Tell whose stock is looked at: who belongs to a store looks at that one alone, '' is all of them."""
    if tx.reach == "all":
        return location
    if tx.actor.location is None or location not in ("", tx.actor.location):
        raise Forbidden(f"you belong to {tx.actor.location or 'no store'}")
    return tx.actor.location


async def levels(tx: Tx, skus: Skus, location: str = "", after: str = "", limit: Limit = 500) -> list[Level]:
    """Tell what locations have of items, by item and location.

    Args:
        after: ``sku@location`` of the last level of the page before.

    Raises:
        Forbidden: it is not your store.
    """
    found: list[Level] = await q.levels(tx, skus=skus, location=_looked_at(tx, location), after=after, limit=limit)
    return found


async def totals(tx: Tx, skus: Skus) -> list[Total]:
    """Tell what all locations have of items together; to who belongs to a store, what that store has.

    Raises:
        Forbidden: you belong to no store.
    """
    found: list[Total] = await q.totals(tx, skus=skus, location=_looked_at(tx, ""))
    return found


async def shelf(tx: Tx, location: LocationCode, after: str = "", limit: Limit = 500) -> list[Level]:
    """Tell everything a location has, by item; go on with the last sku as ``after``.

    Raises:
        Forbidden: it is not your store.
    """
    found: list[Level] = await q.shelf(tx, location=_looked_at(tx, location), after=after, limit=limit)
    return found


async def owing(tx: Tx, location: str = "", limit: Limit = 500) -> list[Level]:
    """List levels below zero: stores that sold what their book did not show, and should count.

    Raises:
        Forbidden: it is not your store.
    """
    found: list[Level] = await q.owing(tx, location=_looked_at(tx, location), limit=limit)
    return found


async def available(tx: Tx, channel: ChannelCode, skus: Skus) -> list[Available]:
    """Tell what a channel may promise of items: free at its locations, less safety stock."""
    found: list[Available] = await q.available(tx, channel=channel, skus=skus)
    return found


async def ledger(
    tx: Tx, sku: Sku, location: str = "", before: datetime | None = None, limit: Limit = 100
) -> list[Entry]:
    """Tell why an item's level is as it is, newest first; go on with the last ``at`` as ``before``.

    Raises:
        Forbidden: it is not your store.
    """
    at = _looked_at(tx, location)
    found: list[Entry] = await q.ledger(tx, sku=sku, location=at, before=before or _END, limit=limit)
    return found


async def unbalanced(tx: Tx) -> list[Unbalanced]:
    """List levels that are not the sum of their ledger or of their holds: none, unless something is damaged.

    Raises:
        Forbidden: you belong to no store.
    """
    found: list[Unbalanced] = await q.unbalanced(tx, location=_looked_at(tx, ""), limit=100)
    return found


# --- moving -----------------------------------------------------------------------------------------------------------


async def _move(
    tx: Tx, cause: str, reference: str, moves: Sequence[Move], inbound: Sequence[int] | None = None
) -> None:
    """Move levels and write the ledger; the moves are netted, so their keys are in order."""
    skus, places, units = zip(*((move.sku, move.location, move.units) for move in moves), strict=True)
    await q.open_levels(tx, skus=skus, locations=places)
    after = await q.move(tx, skus=skus, locations=places, units=units, inbound=inbound or [0] * len(moves))
    written = [move for move in moves if move.units]
    await _write_ledger(tx, [(tx.at, m.sku, m.location, m.units, cause, reference) for m in written])
    emit(tx, StockMoved(reference, cause, list(moves)))
    emit(tx, *(StockOwed(move.sku, move.location, now) for move, now in rules.owed(moves, after)))
    for location in sorted({move.location for move in written if move.units > 0}):
        await serve(tx, [move.sku for move in written if move.units > 0 and move.location == location], location)


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


def reaches(tx: Tx, location: str) -> bool:
    """Tell whether a location is the actor's: who belongs to a store, or reaches no other, has that one alone."""
    return tx.actor.location == location or (tx.reach == "all" and tx.actor.location is None)


def works_at(tx: Tx, location: str) -> None:
    """See that a location is the actor's.

    Raises:
        Forbidden: it is another's.
    """
    if not reaches(tx, location):
        raise Forbidden(f"you work at {tx.actor.location or 'no store'}")


async def receive(tx: Tx, location: LocationCode, reference: Reference, lines: Lines, announced: bool = False) -> bool:  # noqa: FBT001, FBT002 - a field of the request
    """Book goods in by a delivery's number; gives False when that delivery is in already.

    Args:
        announced: they were expected, so they leave what is inbound.

    Raises:
        Invalid: a line takes units away: that is an adjustment.
        DocumentDiffers: another kind of document has this number.
        Forbidden: it is not your store.
        LocationUnknown: there is no such location.
    Emits:
        StockMoved
    """
    if any(line.units <= 0 for line in lines):
        raise Invalid("a receipt brings units in; use an adjustment to take them away", field="lines")
    if not await _document(tx, location, reference, "receipt"):
        return False
    moves = rules.netted(Move(line.sku, location, line.units) for line in lines)
    await _move(tx, "receipt", reference, moves, [-move.units if announced else 0 for move in moves])
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
    tx: Tx, location: LocationCode, reference: Reference, reason: Annotated[Text, Meta(min_length=1)], lines: Lines
) -> bool:
    """Correct levels, with the reason why (breakage, theft, found again); False when this was done already.

    Raises:
        UnitsHeld: a warehouse would have less than is set aside.
        Forbidden: it is not your store.
        DocumentDiffers: another kind of document has this number.
        LocationUnknown: there is no such location.
    Emits:
        StockMoved, StockOwed
    """
    if not await _document(tx, location, reference, "adjustment", reason):
        return False
    await _move(tx, "adjustment", reference, rules.netted(Move(line.sku, location, line.units) for line in lines))
    return True


async def count(tx: Tx, location: LocationCode, reference: Reference, lines: Counts) -> list[Move]:
    """Set levels to what was found; gives the differences, nothing when this count is in already.

    Raises:
        Invalid: an item is counted twice.
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
    if not await _document(tx, location, reference, "count"):
        return []
    await q.open_levels(tx, skus=sorted(found), locations=[location] * len(found))
    known = await q.lock_counted(tx, location=location, skus=list(found))
    moves = [Move(level.sku, location, found[level.sku] - level.on_hand) for level in known]
    different = [move for move in moves if move.units]
    if different:
        await _move(tx, "count", reference, different)
    return different


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
    await _write_ledger(tx, [(sale.at, m.sku, m.location, m.units, "sale", sale.reference) for sale, m in lines])
    emit(tx, *(StockMoved(sale.reference, "sale", moves) for sale, moves in zip(sales, per_sale, strict=True) if moves))
    emit(tx, *(StockOwed(move.sku, move.location, now) for move, now in rules.owed(net, after)))


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
    lines = [Line(sku, -units) for sku, units in sorted(gone.items()) if units > 0]
    if lines:
        await adjust(tx, location, reference, reason, lines)


async def put_back(tx: Tx, location: str, reference: str, needs: Sequence[Need]) -> None:
    """Book returned units in at a location.

    Emits:
        StockMoved
    """
    await _move(tx, "return", reference, rules.netted(Move(need.sku, location, need.units) for need in needs))


async def write_off(tx: Tx, location: str, reference: str, needs: Sequence[Need]) -> None:
    """Take returned units that nobody can be sold off a location's book: they go to repair or to waste.

    Emits:
        StockMoved
    """
    await _move(tx, "adjustment", reference, rules.netted(Move(need.sku, location, -need.units) for need in needs))


# --- between locations ------------------------------------------------------------------------------------------------


async def send(tx: Tx, transfer: UUID, given: NewTransfer) -> Transfer:
    """Send goods to another location: they leave here and are inbound there. The id is the sender's to choose.

    Raises:
        UnitsHeld: a warehouse would have less than is set aside.
        LocationUnknown: there is no such location.
        Forbidden: the origin is not your store.
        TransferDiffers: another transfer has this id.
    Emits:
        StockMoved
    """
    works_at(tx, given.origin)
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
    await _move(tx, "transfer out", str(transfer), moves, [expected.get((m.sku, m.location), 0) for m in moves])
    return Transfer(transfer, given.origin, given.destination, tx.at, None, [Line(sku, n) for sku, n in total])


async def arrive(tx: Tx, transfer: UUID, received: Arrived | UnsetType = UNSET) -> Transfer:
    """Take a transfer in at its destination: all of it, or what is said to have arrived; the rest is lost.

    Raises:
        NotFound: there is no such transfer.
        AlreadyReceived: it is in.
        Invalid: something arrived that was not sent, or an item is said twice.
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
    if await q.arrive(tx, id=transfer, at=tx.at) is None:
        raise AlreadyReceived
    await q.receive_lines(tx, id=transfer, skus=list(came), units=list(came.values()))
    moves = [Move(sku, known.destination, came.get(sku, 0)) for sku in sorted(sent)]
    await _move(tx, "transfer in", str(transfer), moves, [-sent[move.sku] for move in moves])
    return Transfer(transfer, known.origin, known.destination, known.sent_at, tx.at, known.lines)


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
    return None if row is None else Transfer(row.id, row.origin, row.destination, row.sent_at, row.received_at, lines)
