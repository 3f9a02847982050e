"""The verbs at the door of a store or warehouse: what came is counted, what is different is settled."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from rynek.commerce import inventory
from rynek.commerce.inventory import LocationCode
from rynek.commerce.purchasing import rules
from rynek.commerce.purchasing.actions import agree, close_if_done, drop, lock, purchase, q
from rynek.commerce.purchasing.events import DifferenceFound, DifferenceSettledWith, GoodsReceived, Received
from rynek.commerce.purchasing.model import (
    Arrived,
    ArrivedLines,
    Batches,
    CannotExpect,
    Delivery,
    DeliveryDiffers,
    Difference,
    DifferenceSettled,
    Effect,
    Expected,
    Found,
    Head,
    Intake,
    Limit,
    Open,
    Purchase,
    Reason,
    Receipt,
    Reference,
    Settling,
    WrongPurchaseStep,
)
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Invalid, NotFound


async def expected(tx: Tx, location: LocationCode, purchase: UUID | None = None, limit: Limit = 500) -> list[Expected]:
    """List what a location waits for, first promised first; of one purchase order, or of all.

    Raises:
        Forbidden: it is not your store.
    """
    inventory.works_at(tx, location)
    found: list[Expected] = await q.expected(tx, location=location, purchase=purchase, limit=limit)
    return found


async def receive(
    tx: Tx,
    purchase: UUID,
    location: LocationCode,
    reference: Reference,
    lines: ArrivedLines,
    complete: bool = False,  # noqa: FBT001, FBT002 - a field of the request
) -> Delivery:
    """Take a delivery in: sound units that were ordered are in stock, the rest is a difference to be settled.

    Nothing beyond what was ordered gets into stock by itself. The same delivery told again is taken in once.

    Args:
        reference: the number of the delivery, as its paper says.
        complete: this was to be all of it: what has not come here by now is missing.

    Raises:
        NotFound: there is no such purchase order.
        WrongPurchaseStep: it was not sent, or is over.
        DeliveryDiffers: another delivery was taken in under this number.
        Invalid: an item is given twice, nothing came and that was not all, or the lots are not as many as came.
        LotsWanted: an item wants its lots or serial numbers said, or the date of a new lot.
        LotDiffers: a lot is known with another date.
        SerialElsewhere: a serial number is in stock already.
        Forbidden: it is not your store.
        LocationUnknown: there is no such location.
    Emits:
        GoodsReceived, DifferenceFound, StockMoved; PurchaseOrderConfirmed, where the goods come before the answer;
        DifferenceSettledWith, where what was missing came; PurchaseOrderClosed with the last of it
    """
    inventory.works_at(tx, location)
    if len({each.sku for each in lines}) < len(lines):
        raise Invalid("an item is given twice; add the units up", field="lines")
    if not complete and not any(each.units or each.damaged for each in lines):
        raise Invalid("nothing came; say so by complete", field="lines")
    if any(each.batches and sum(e.units for e in each.batches) != each.units for each in lines):
        raise Invalid("the lots are not as many as came", field="lines")
    known = await _known(tx, purchase, location, reference)
    if known is not None:
        return _same(known, lines, complete=complete)
    head, state = await lock(tx, purchase, "receive")
    if head.state == "sent":
        await agree(tx, head, [])
    open_: list[Open] = await q.open_lines(tx, id=purchase, location=location)
    intake = rules.taken_in(open_, lines, complete=complete)
    receipt = Receipt(ids.new(), purchase, location, reference, complete, tx.at)
    await _write(tx, receipt, lines, intake)
    await q.move(tx, id=purchase, state=state, at=tx.at)
    await _book(tx, head, receipt, {each.line: each.sku for each in open_}, intake, lines)
    reasons = {each.sku: each.reason for each in lines}
    await _differ(tx, receipt, intake.found, reasons)
    await _settle_missing(tx, purchase)
    await close_if_done(tx, head)
    return Delivery(receipt, list(lines))


async def _known(tx: Tx, purchase: UUID, location: str, reference: str) -> Delivery | None:
    """Find a delivery that is in already; whoever takes one in at this moment is waited for."""
    await q.lock(tx, id=purchase)
    receipt: Receipt | None = await q.receipt(tx, purchase=purchase, location=location, reference=reference)
    if receipt is None:
        return None
    counted = await q.counted(tx, receipts=[receipt.id])
    return Delivery(receipt, [Arrived(each.sku, each.units, each.damaged, each.reason) for each in counted])


def _same(known: Delivery, lines: Sequence[Arrived], *, complete: bool) -> Delivery:
    here = sorted((each.sku, each.units, each.damaged) for each in known.lines)
    if here != sorted((e.sku, e.units, e.damaged) for e in lines) or known.receipt.complete != complete:
        raise DeliveryDiffers(f"delivery {known.receipt.reference} was of other goods")
    return known


async def _write(tx: Tx, receipt: Receipt, lines: Sequence[Arrived], intake: Intake) -> None:
    await q.write_receipt(
        tx, id=receipt.id, purchase=receipt.purchase, location=receipt.location, reference=receipt.reference,
        complete=receipt.complete, at=tx.at, actor=tx.actor.id,
    )  # fmt: skip
    await q.write_counted(
        tx, id=receipt.id, skus=[e.sku for e in lines], units=[e.units for e in lines],
        damaged=[e.damaged for e in lines], reasons=[e.reason for e in lines],
    )  # fmt: skip
    received = {n: units for n, units in intake.received.items() if units}
    await q.write_parts(tx, id=receipt.id, lines=list(received), units=list(received.values()))


async def _book(
    tx: Tx, head: Head, receipt: Receipt, skus: Mapping[int, str], intake: Intake, lines: Sequence[Arrived]
) -> None:
    """Let sound units that were ordered be in stock."""
    total: dict[str, int] = {}
    for n, units in intake.received.items():
        total[skus[n]] = total.get(skus[n], 0) + units
    if total:
        none = [0] * len(intake.received)
        await q.count(
            tx, id=head.id, lines=list(intake.received), received=list(intake.received.values()), dropped=none,
            extra=none,
        )  # fmt: skip
        goods = [inventory.Line(sku, units) for sku, units in sorted(total.items())]
        lots = [
            inventory.OfLot(line.sku, each.lot, each.units, each.best_before)
            for line in lines
            for each in rules.of_batches(line.batches, total.get(line.sku, 0))
        ]
        await _into_stock(tx, receipt.location, f"PO-{head.number} {receipt.id}", goods, lots, announced=True)
    came = [Received(sku, units) for sku, units in sorted(total.items())]
    emit(tx, GoodsReceived(head.id, head.number, receipt.id, receipt.location, came, len(intake.found)))


async def _into_stock(
    tx: Tx,
    location: str,
    reference: str,
    goods: Sequence[inventory.Line],
    lots: Sequence[inventory.OfLot],
    *,
    announced: bool,
) -> None:
    if not await inventory.receive(tx, location, reference, list(goods), announced, list(lots)):
        raise DeliveryDiffers(f"stock knows a document {reference} already")


async def _differ(tx: Tx, receipt: Receipt, found: Sequence[Found], reasons: Mapping[str, str]) -> None:
    if not found:
        return
    made = [(ids.new(), each, reasons.get(each.sku, "")) for each in found]
    await q.find(
        tx, ids=[id_ for id_, *_ in made], purchase=receipt.purchase, receipt=receipt.id, location=receipt.location,
        lines=[each.line for each in found], kinds=[each.kind for each in found], skus=[each.sku for each in found],
        units=[each.units for each in found], reasons=[why for *_, why in made], at=tx.at,
    )  # fmt: skip
    emit(tx, *(DifferenceFound(receipt.purchase, id_, e.kind, e.sku, e.units, why) for id_, e, why in made))


async def _settle_missing(tx: Tx, purchase: UUID) -> None:
    for id_ in await q.came(tx, purchase=purchase, at=tx.at, resolver=tx.actor.id):
        emit(tx, DifferenceSettledWith(purchase, id_, "came"))


# --- what is different ------------------------------------------------------------------------------------------------


async def differences(
    tx: Tx,
    open: bool = True,  # noqa: A002, FBT001, FBT002 - a field of the request
    supplier: str = "",
    location: str = "",
    after: UUID | None = None,
    limit: Limit = 100,
) -> list[Difference]:
    """List what came otherwise than ordered, longest first; go on with the last id as ``after``.

    Args:
        open: only what is to be settled yet.
    """
    found: list[Difference] = await q.differences(
        tx, open=open, supplier=supplier, purchase=None, location=location, after=after, limit=limit
    )
    return found


async def settle(
    tx: Tx, difference: UUID, resolution: Settling, note: Reason = "", batches: Batches | None = None
) -> Purchase:
    """Settle what came otherwise than ordered.

    ``credit``: the supplier pays for it or takes it back; it will not come. ``accept``: it is taken as it is, into
    stock where it is there. ``expect``: the right goods come later.

    Raises:
        NotFound: there is no such difference.
        DifferenceSettled: it is settled.
        CannotExpect: it came too much, or was never ordered.
        WrongPurchaseStep: nothing more comes of the purchase order.
    Emits:
        DifferenceSettledWith, StockMoved; PurchaseOrderClosed, where nothing more comes
    """
    of = await q.of_purchase(tx, difference=difference)
    if of is None:
        raise NotFound("there is no such difference")
    head: Head = await q.lock(tx, id=of)
    known: Difference | None = await q.unsettled(tx, id=difference)
    if known is None:
        raise DifferenceSettled
    lines = {each.line: each for each in await q.open_lines(tx, id=head.id, location="")}
    coming = lines[known.line].coming if known.line is not None else 0
    effect = rules.settled(known.kind, resolution, known.units, coming)
    if effect is None:
        raise CannotExpect
    if resolution == "expect" and head.state == "closed":
        raise WrongPurchaseStep("nothing more comes of it: take the credit", state=head.state)
    await q.settle(tx, id=difference, resolution=resolution, note=note, at=tx.at, resolver=tx.actor.id)
    reference = f"PO-{head.number} {difference}"
    if effect.dropped and known.line is not None:
        await drop(tx, head, lines, {known.line: effect.dropped}, reference)
    await _accept(tx, head, known, effect, batches or [])
    emit(tx, DifferenceSettledWith(head.id, difference, resolution))
    await _settle_missing(tx, head.id)
    if head.state == "partly-received":
        await close_if_done(tx, head)
    return await purchase(tx, head.id)


async def _accept(tx: Tx, head: Head, known: Difference, effect: Effect, batches: Sequence[inventory.Batch]) -> None:
    """Take goods into stock as they are: what was still to come, and what is on top of it."""
    received, extra = effect.received, effect.extra
    if known.line is not None and (received or extra):
        await q.count(tx, id=head.id, lines=[known.line], received=[received], dropped=[0], extra=[extra])
    first = rules.of_batches(batches, received)
    rest = rules.without(batches, received)
    for units, lots, what in ((received, first, "ordered"), (extra, rest, "extra")):
        if units:
            goods = [inventory.Line(known.sku, units)]
            of = [inventory.OfLot(known.sku, each.lot, each.units, each.best_before) for each in lots]
            reference = f"PO-{head.number} {known.id} {what}"
            await _into_stock(tx, known.location, reference, goods, of, announced=what == "ordered")
