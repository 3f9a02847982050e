"""What can be done about goods that come in: suppliers, and orders to them until the supplier has said when."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from rynek.commerce import inventory
from rynek.commerce.purchasing import model, rules
from rynek.commerce.purchasing.events import (
    Promised,
    PurchaseOrderClosed,
    PurchaseOrderConfirmed,
    PurchaseOrderMoved,
    PurchaseOrderSent,
)
from rynek.commerce.purchasing.model import (
    Arrived,
    Dates,
    Day,
    Delivery,
    Head,
    ItemUnknown,
    LeadTime,
    Limit,
    NewLine,
    NewLines,
    NotInPacks,
    Open,
    Purchase,
    PurchaseRow,
    Reason,
    State,
    Supplier,
    SupplierCode,
    SupplierItem,
    SupplierUnknown,
    Verb,
    WrongPurchaseStep,
)
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Invalid, NotFound
from rynek.kernel.sql import queries

q = queries(__file__, model)

REMEMBERED = timedelta(days=730)
"""So far back deliveries tell how long a supplier takes."""


# --- suppliers --------------------------------------------------------------------------------------------------------


async def put_suppliers(tx: Tx, suppliers: Annotated[list[Supplier], Meta(min_length=1, max_length=1000)]) -> None:
    """Add or change suppliers.

    Raises:
        Invalid: a supplier is given twice.
    """
    if len({each.code for each in suppliers}) < len(suppliers):
        raise Invalid("a supplier is given twice", field="suppliers")
    of = {name: [getattr(each, name) for each in suppliers] for name in Supplier.__struct_fields__}
    await q.put_suppliers(
        tx, codes=of["code"], names=of["name"], leads=of["lead_days"], currencies=of["currency"], emails=of["email"],
        actives=of["active"],
    )  # fmt: skip


async def suppliers(tx: Tx, after: str = "", limit: Limit = 500) -> list[Supplier]:
    """List suppliers by code; go on with the last code as ``after``."""
    found: list[Supplier] = await q.suppliers(tx, after=after, limit=limit)
    return found


async def put_items(
    tx: Tx, supplier: SupplierCode, items: Annotated[list[SupplierItem], Meta(min_length=1, max_length=1000)]
) -> None:
    """Say what a supplier sends, in what packs, how fast and for how much.

    Raises:
        Invalid: an item is given twice.
        SupplierUnknown: there is no such supplier.
    """
    if len({each.sku for each in items}) < len(items):
        raise Invalid("an item is given twice", field="items")
    of = {name: [getattr(each, name) for each in items] for name in SupplierItem.__struct_fields__}
    await q.put_items(
        tx, supplier=supplier, skus=of["sku"], codes=of["code"], leads=of["lead_days"], packs=of["pack"],
        minimums=of["minimum"], costs=of["cost_minor"], actives=of["active"],
    )  # fmt: skip


async def items(
    tx: Tx,
    supplier: SupplierCode,
    skus: Annotated[list[inventory.Sku], Meta(max_length=200)] | None = None,
    after: str = "",
    limit: Limit = 500,
) -> list[SupplierItem]:
    """List what a supplier sends, by item; go on with the last sku as ``after``."""
    found: list[SupplierItem] = await q.items(tx, supplier=supplier, skus=skus or [], after=after, limit=limit)
    return found


async def lead_times(tx: Tx, supplier: SupplierCode) -> list[LeadTime]:
    """Tell how long a supplier's items take to come: as declared, and as measured from deliveries of two years."""
    return await _lead_times(tx, supplier, [])


async def _lead_times(tx: Tx, supplier: str, skus: Sequence[str]) -> list[LeadTime]:
    found: list[LeadTime] = await q.lead_times(tx, supplier=supplier, skus=list(skus), since=tx.at - REMEMBERED)
    return found


# --- orders to them ---------------------------------------------------------------------------------------------------


async def draft(tx: Tx, supplier: SupplierCode, lines: NewLines, note: Reason = "") -> Purchase:
    """Begin an order to a supplier; nothing is ordered until it is sent.

    Raises:
        SupplierUnknown: there is no such supplier, or nothing is ordered of it any more.
        ItemUnknown: an item is not in the catalogue.
        NotInPacks: the supplier sends an item in other numbers; ``send`` says the next.
        Invalid: the cost of an item is not known.
        LocationUnknown: there is no such location.
    """
    known: Supplier | None = await q.supplier(tx, code=supplier)
    if known is None or not known.active:
        raise SupplierUnknown(field="supplier")
    id_ = ids.new()
    costs = await _costs(tx, supplier, lines)
    await q.draft(tx, id=id_, supplier=supplier, currency=known.currency, note=note, at=tx.at)
    await _write(tx, id_, lines, costs)
    return await purchase(tx, id_)


async def change(tx: Tx, purchase: UUID, lines: NewLines) -> Purchase:
    """Say anew what a drafted order is for, instead of what it said.

    Raises:
        NotFound: there is no such purchase order.
        WrongPurchaseStep: it was sent.
        ItemUnknown: an item is not in the catalogue.
        NotInPacks: the supplier sends an item in other numbers; ``send`` says the next.
        Invalid: the cost of an item is not known.
        LocationUnknown: there is no such location.
    """
    head, _ = await lock(tx, purchase, "change")
    costs = await _costs(tx, head.supplier, lines)
    await q.clear_lines(tx, id=purchase)
    await _write(tx, purchase, lines, costs)
    return await _shown(tx, purchase)


async def _costs(tx: Tx, supplier: str, lines: Sequence[NewLine]) -> list[int]:
    """Tell what lines cost, once it is clear that they can be ordered so."""
    skus = sorted({each.sku for each in lines})
    if unknown := await q.unknown(tx, skus=skus):
        raise ItemUnknown(f"not in the catalogue: {', '.join(unknown)}", skus=unknown)
    sent = {e.sku: e for e in await q.items(tx, supplier=supplier, skus=skus, after="", limit=1000) if e.active}
    for each in lines:
        item = sent.get(each.sku)
        if item and (fits := rules.whole_packs(each.units, item.pack, item.minimum)) != each.units:
            raise NotInPacks(
                f"{each.sku} comes in packs of {item.pack}, at least {item.minimum}: order {fits}", sku=each.sku,
                send=fits,
            )  # fmt: skip
    costs = [sent[e.sku].cost_minor if e.cost_minor is None and e.sku in sent else e.cost_minor for e in lines]
    if None in costs:
        raise Invalid(f"say what {lines[costs.index(None)].sku} costs: it is not on record", field="lines")
    return [each for each in costs if each is not None]


async def _write(tx: Tx, purchase: UUID, lines: Sequence[NewLine], costs: Sequence[int]) -> None:
    await q.write_lines(
        tx, id=purchase, lines=list(range(1, len(lines) + 1)), skus=[each.sku for each in lines],
        locations=[each.location for each in lines], units=[each.units for each in lines], costs=costs,
    )  # fmt: skip


async def purchases(
    tx: Tx,
    state: State | None = None,
    supplier: str = "",
    number: Annotated[int, Meta(ge=1, le=2**62)] | None = None,
    before: UUID | None = None,
    limit: Limit = 50,
) -> list[PurchaseRow]:
    """Find orders to suppliers, newest first; go on with the last id as ``before``."""
    found: list[PurchaseRow] = await q.purchases(
        tx, state=state or "", supplier=supplier, number=number, before=before, limit=limit
    )
    return found


async def purchase(tx: Tx, purchase: UUID) -> Purchase:
    """Show an order to a supplier: what was ordered, what came, what was different.

    Raises:
        NotFound: there is no such purchase order.
    """
    head: PurchaseRow | None = await q.head(tx, id=purchase)
    if head is None:
        raise NotFound("there is no such purchase order")
    receipts = await q.receipts(tx, purchase=purchase)
    counted: dict[UUID, list[Arrived]] = {}
    for each in await q.counted(tx, receipts=[each.id for each in receipts]):
        counted.setdefault(each.receipt, []).append(Arrived(each.sku, each.units, each.damaged, each.reason))
    deliveries = [Delivery(each, counted.get(each.id, [])) for each in receipts]
    different = await q.differences(
        tx, open=False, supplier="", purchase=purchase, location="", after=None, limit=1000
    )  # fmt: skip
    return Purchase(head, await q.lines(tx, id=purchase), deliveries, different)


_shown = purchase


async def lock(tx: Tx, purchase: UUID, verb: Verb) -> tuple[Head, State]:
    """Lock a purchase order and tell where it is after something is done with it.

    Raises:
        NotFound: there is no such purchase order.
        WrongPurchaseStep: that cannot be done with it now.
    """
    head: Head | None = await q.lock(tx, id=purchase)
    if head is None:
        raise NotFound("there is no such purchase order")
    after = rules.step(head.state, verb)
    if after is None:
        raise WrongPurchaseStep(f"it is {head.state}", state=head.state)
    return head, after


async def send(tx: Tx, purchase: UUID) -> Purchase:
    """Order what was drafted: the supplier has it from now on.

    Raises:
        NotFound: there is no such purchase order.
        WrongPurchaseStep: it was sent, or cancelled.
    Emits:
        PurchaseOrderSent
    """
    head, state = await lock(tx, purchase, "send")
    await q.move(tx, id=purchase, state=state, at=tx.at)
    emit(tx, PurchaseOrderSent(purchase, head.number, head.supplier))
    return await _shown(tx, purchase)


async def confirm(tx: Tx, purchase: UUID, dates: Dates | None = None) -> Purchase:
    """Write down that the supplier agreed, and for when; from now on the goods count as inbound.

    What no day is said for is expected after the lead time of its item: as measured, where enough came, else as
    declared.

    Raises:
        NotFound: there is no such purchase order.
        WrongPurchaseStep: it was not sent, or is confirmed already.
        Invalid: a line is given twice or does not exist, or more is confirmed than was ordered.
    Emits:
        PurchaseOrderConfirmed, StockMoved; PurchaseOrderClosed, where the supplier sends nothing
    """
    head, state = await lock(tx, purchase, "confirm")
    await agree(tx, head, dates or [])
    await q.move(tx, id=purchase, state=state, at=tx.at)
    await close_if_done(tx, head)
    return await _shown(tx, purchase)


async def agree(tx: Tx, head: Head, dates: Sequence[Day]) -> None:
    """Let what a supplier confirms count as inbound.

    Emits:
        PurchaseOrderConfirmed, StockMoved
    """
    lines = await _open(tx, head.id)
    said = _by_line(lines, dates)
    leads = {e.sku: rules.lead(e.declared, e.deliveries, e.median) for e in await _lead_times(
        tx, head.supplier, sorted({line.sku for line in lines.values()}))}  # fmt: skip
    supplier: Supplier = await q.supplier(tx, code=head.supplier)
    sent_on = (head.sent_at or tx.at).date()
    days = {
        n: said[n].promised_on if n in said else rules.due(sent_on, leads.get(line.sku, supplier.lead_days))
        for n, line in lines.items()
    }
    less = _fewer(lines, said)
    await _count(tx, head.id, dropped=less)
    await q.promise(tx, id=head.id, lines=list(days), days=list(days.values()))
    coming = {n: line.coming - less.get(n, 0) for n, line in lines.items()}
    await _announce(tx, f"PO-{head.number}", lines, coming)
    promised = [_promised(line, coming[n], days[n]) for n, line in lines.items() if coming[n]]
    emit(tx, PurchaseOrderConfirmed(head.id, head.number, promised))


async def move(tx: Tx, purchase: UUID, dates: Annotated[list[Day], Meta(min_length=1, max_length=1000)]) -> Purchase:
    """Write down that the supplier sends on other days than were promised, or fewer.

    Raises:
        NotFound: there is no such purchase order.
        WrongPurchaseStep: it is not confirmed, or over.
        Invalid: a line is given twice or does not exist, or more is confirmed than is to come.
    Emits:
        PurchaseOrderMoved, StockMoved; PurchaseOrderClosed, where nothing more comes
    """
    head, _ = await lock(tx, purchase, "move")
    lines = await _open(tx, purchase)
    said = _by_line(lines, dates)
    less = _fewer(lines, said)
    await drop(tx, head, lines, less, f"PO-{head.number} {ids.new()}")
    await q.promise(tx, id=purchase, lines=list(said), days=[each.promised_on for each in said.values()])
    moved = [
        _promised(lines[n], lines[n].coming - less.get(n, 0), day.promised_on)
        for n, day in said.items()
        if day.promised_on != lines[n].promised_on or n in less
    ]
    if moved:
        emit(tx, PurchaseOrderMoved(purchase, head.number, moved))
    await close_if_done(tx, head)
    return await _shown(tx, purchase)


def _by_line(lines: Mapping[int, Open], dates: Sequence[Day]) -> dict[int, Day]:
    said = {each.line: each for each in dates}
    if len(said) < len(dates):
        raise Invalid("a line is given twice", field="dates")
    if set(said) - set(lines):
        raise Invalid("the purchase order has no such line", field="dates")
    if over := [n for n, day in said.items() if day.units is not None and day.units > lines[n].coming]:
        raise Invalid(f"of line {over[0]} only {lines[over[0]].coming} are to come", field="dates")
    return said


def _fewer(lines: Mapping[int, Open], said: Mapping[int, Day]) -> dict[int, int]:
    """Tell how many units of lines will not come, by what is said now."""
    fewer = {n: lines[n].coming - day.units for n, day in said.items() if day.units is not None}
    return {n: units for n, units in fewer.items() if units}


async def _open(tx: Tx, purchase: UUID) -> dict[int, Open]:
    return {each.line: each for each in await q.open_lines(tx, id=purchase, location="")}


def _promised(line: Open, units: int, day: date) -> Promised:
    was = line.promised_on if line.promised_on != day else None
    return Promised(line.line, line.sku, line.location, units, day, was)


async def _count(tx: Tx, purchase: UUID, *, dropped: Mapping[int, int]) -> None:
    if dropped:
        none = [0] * len(dropped)
        await q.count(
            tx, id=purchase, lines=list(dropped), received=none, dropped=list(dropped.values()), extra=none
        )  # fmt: skip


async def _announce(tx: Tx, reference: str, lines: Mapping[int, Open], units: Mapping[int, int]) -> None:
    """Let units of lines be inbound at their locations, or, below nothing, be so no more."""
    there: dict[str, list[inventory.Line]] = {}
    for n, line in lines.items():
        if units.get(n):
            there.setdefault(line.location, []).append(inventory.Line(line.sku, units[n]))
    for location, goods in sorted(there.items()):
        await inventory.announce(tx, location, reference, goods)


async def drop(tx: Tx, head: Head, lines: Mapping[int, Open], units: Mapping[int, int], reference: str) -> None:
    """Expect units of lines no more.

    Emits:
        StockMoved
    """
    await _count(tx, head.id, dropped=units)
    if head.state in ("confirmed", "partly-received"):
        await _announce(tx, reference, lines, {n: -each for n, each in units.items()})


async def close_if_done(tx: Tx, head: Head) -> None:
    """Close a purchase order of which nothing is to come.

    Emits:
        PurchaseOrderClosed
    """
    if any(each.coming for each in (await _open(tx, head.id)).values()):
        return
    await q.move(tx, id=head.id, state="closed", at=tx.at)
    emit(tx, PurchaseOrderClosed(head.id, head.number, "received"))


async def close(tx: Tx, purchase: UUID) -> Purchase:
    """Expect nothing more of a purchase order of which a part came.

    Raises:
        NotFound: there is no such purchase order.
        WrongPurchaseStep: nothing of it has come, or it is over.
    Emits:
        PurchaseOrderClosed, StockMoved
    """
    return await _end(tx, purchase, "close", "given-up")


async def cancel(tx: Tx, purchase: UUID) -> Purchase:
    """Cancel a purchase order of which nothing has come.

    Raises:
        NotFound: there is no such purchase order.
        WrongPurchaseStep: a part of it has come, or it is over.
    Emits:
        PurchaseOrderClosed, StockMoved
    """
    return await _end(tx, purchase, "cancel", "cancelled")


async def _end(tx: Tx, purchase: UUID, verb: Verb, why: str) -> Purchase:
    head, state = await lock(tx, purchase, verb)
    lines = await _open(tx, purchase)
    left = {n: line.coming for n, line in lines.items() if line.coming}
    await drop(tx, head, lines, left, f"PO-{head.number} {why}")
    await q.move(tx, id=purchase, state=state, at=tx.at)
    emit(tx, PurchaseOrderClosed(purchase, head.number, why))
    return await _shown(tx, purchase)
