"""What happens to goods that arrived: looked at, put where they belong, and settled with the buyer, once."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from rynek.commerce import amendments, checkout, inventory, orders, payments, wallets
from rynek.commerce.checkout import Want
from rynek.commerce.orders import LineUnits, Note
from rynek.commerce.returns import rules
from rynek.commerce.returns.actions import grounds_of, head_of, lock, q, shown, tell, write_lines
from rynek.commerce.returns.events import GoodsArrived, ReturnSettled
from rynek.commerce.returns.model import (
    Arrival,
    AskedLine,
    Goods,
    Head,
    Inspection,
    ReturnClosed,
    ReturnLine,
    Sale,
    Sold,
    Verdict,
)
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Fault, Forbidden, Invalid

_Days = Annotated[int, Meta(ge=1, le=90)]


async def receive(tx: Tx, rma: UUID, arrival: Arrival) -> Goods:
    """Take in the goods of a return that was agreed to; they may be others of the order than were announced.

    Raises:
        NotFound: there is no such return.
        ReturnClosed: it was not agreed to, or has arrived.
        Forbidden: it is not your store.
        Invalid: a line is given twice, or the order has no such line.
        TooManyReturned: more arrived than was sent; send what is not of this order back.
        LocationUnknown: there is no such location.
    Emits:
        GoodsArrived
    """
    head, _ = await lock(tx, rma, "arrive")
    _works_at(tx, arrival.location)
    sold = {line.line: line for line in await q.sold(tx, order=head.order)}
    announced = {line.line: line.units for line in await q.lines(tx, id=rma)}
    refused = rules.amiss(arrival.lines, sold.values(), announced)
    if refused is not None:
        raise refused
    others = [AskedLine(each.line, each.units, "changed-mind") for each in arrival.lines if each.line not in announced]
    if others:
        sale: Sale = await q.sale(tx, order=head.order)
        grounds = await grounds_of(tx, sale, others, sold)
        await write_lines(tx, rma, [replace(each, units=0) for each in others], sold, grounds)
    came = {each.line: each.units for each in arrival.lines}
    await q.count_arrived(tx, id=rma, lines=list(came), units=list(came.values()))
    await q.arrive(tx, id=rma, location=arrival.location)
    await tell(tx, rma, "arrived", arrival.location)
    emit(tx, GoodsArrived(head.order, rma, arrival.location, sum(came.values())))
    return await shown(tx, rma)


def _works_at(tx: Tx, location: str | None) -> None:
    if tx.actor.location not in (None, location):
        raise Forbidden(f"you work at {tx.actor.location}")


async def inspect(tx: Tx, rma: UUID, inspection: Inspection) -> Goods:
    """Say what the goods of a return are, and settle with the buyer: stock, money and exchange in one step.

    What is kept is paid back in its share of what the buyer paid, at most once and never beyond what the order comes
    to; of a whole order the delivery too. What goes back to the buyer was not returned.

    Raises:
        NotFound: there is no such return.
        ReturnClosed: it has not arrived, or is settled.
        Forbidden: it is not your store.
        NotInspected: units that arrived are given no verdict, or others are.
        NotReturnable: more would come back than was sent.
        LotsWanted: an item wants its serial numbers said, and of what is not for the shelf its lots.
        NotSoldSo: a lot or serial number did not go out with this order.
        SerialElsewhere: a serial number is in stock already.
        LotNotThere: what is not for the shelf is not among what came back.
        OutOfStock: of what it is exchanged for fewer units are free.
        NotChangeable: the order is cancelled.
        PromotionSpent: somebody else had the last of a promotion on what it is exchanged for.
        ChannelClosed: nothing is sold in its channel.
        NotSellable: what it is exchanged for is not sold there.
        NoPrice: what it is exchanged for has no price there.
        NoTaxRate: the VAT of something is not known.
    Emits:
        ReturnSettled, UnitsReturned, StockMoved, OrderCredited, OrderChanged
    """
    head, _ = await lock(tx, rma, "settle")
    _works_at(tx, head.location)
    lines: list[ReturnLine] = await q.lines(tx, id=rma)
    refused = rules.uninspected(lines, inspection.verdicts)
    if refused is not None:
        raise refused
    sold: list[Sold] = await q.sold(tx, order=head.order)
    kept = {each.line: each.kept for each in inspection.verdicts if each.kept}
    back = rules.refunds(sold, kept)
    delivery = await _delivery(tx, head, sold, kept, lines)
    if kept:
        await _take_back(tx, head, inspection, kept)
    refund = await _credit(tx, head, sum(back.values()) + delivery)
    await _settle_lines(tx, rma, inspection.verdicts, back)
    await q.settle(tx, id=rma, refund=refund, delivery=min(delivery, refund))
    await tell(tx, rma, "settled", inspection.note)
    if kept and head.wish == "exchange" and not head.sent_ahead:
        await _exchange(tx, head)
    emit(tx, _settled(head, refund, inspection.verdicts))
    return await shown(tx, rma)


def _settled(head: Head, refund: int, verdicts: Sequence[Verdict]) -> ReturnSettled:
    sums = [sum(getattr(each, name) for each in verdicts) for name in ("restock", "repair", "scrap", "back")]
    return ReturnSettled(head.order, head.id, refund, *sums)


async def _take_back(tx: Tx, head: Head, inspection: Inspection, kept: Mapping[int, int]) -> None:
    """Count what came back and put it on the shelf; take off again what nobody can be sold."""
    code, location = f"R-{head.number}", head.location or ""
    lines = [LineUnits(line, units) for line, units in kept.items()]
    await orders.take_back(tx, head.order, orders.Return(code, location, lines, inspection.lots))
    found = {line.line: line for line in (await orders.order(tx, head.order)).lines}
    spoilt = [
        replace(found[each.line], quantity=each.repair + each.scrap)
        for each in inspection.verdicts
        if each.repair + each.scrap
    ]
    if spoilt:
        needs = await orders.goods_of(tx, head.order, spoilt)
        await inventory.write_off(tx, location, f"{head.order}/{code}", needs, inspection.spoilt)


async def _credit(tx: Tx, head: Head, wanted: int) -> int:
    """Give back what is due, as far as the order still comes to so much; gives what it is."""
    known = await orders.balance(tx, head.order)
    minor = min(wanted, known.due_minor)
    if minor > 0 and head.wish == "store-credit":
        await _keep(tx, head, minor)
    if minor > 0:
        await orders.credit(tx, head.order, orders.Credit(f"R-{head.number}", minor, f"return R-{head.number}"))
    return max(0, minor)


async def _keep(tx: Tx, head: Head, minor: int) -> None:
    """Give store credit for money that was paid; what was paid from a wallet goes back there like any refund."""
    sale: Sale = await q.sale(tx, order=head.order)
    if sale.owner_kind != "customer":
        return
    code = f"R-{head.number}"
    kept = await payments.keep(tx, head.order, minor, code, but=(wallets.WALLET,))
    if kept:
        gift = wallets.Gift(f"return:{head.id}", head.currency, kept, f"return {code}")
        await wallets.give(tx, sale.owner, gift)


async def _delivery(
    tx: Tx, head: Head, sold: Sequence[Sold], kept: Mapping[int, int], lines: Sequence[ReturnLine]
) -> int:
    """Tell what goes back for the delivery: of a whole order that comes back by right, the cheapest way."""
    by_right = head.wish != "exchange" and all(line.ground != "goodwill" for line in lines if line.line in kept)
    sale: Sale = await q.sale(tx, order=head.order)
    if not (kept and by_right and sale.delivery_minor and rules.whole(sold, kept)):
        return 0
    given: int = await q.delivery_given(tx, order=head.order)
    return rules.delivery_back(sale.delivery_minor, given, await _ways(tx, head))


async def _ways(tx: Tx, head: Head) -> list[int]:
    """Tell what each way of delivery of the order's channel costs now, gross."""
    found = await orders.order(tx, head.order)
    terms = msgspec.json.decode(bytes(found.agreed), type=checkout.Body).terms
    costs = []
    for option in await checkout.delivery(tx, head.channel):
        asked = replace(terms, coupons=(), delivery=option.code)
        try:
            price = await checkout.price_one(tx, asked, found.owner_kind, found.owner)
        except Fault:  # sold no more: no way to send it
            continue
        if price.body.priced.delivery_line is not None:
            costs.append(price.body.priced.delivery_line.gross)
    return costs


async def _settle_lines(tx: Tx, rma: UUID, verdicts: Sequence[Verdict], back: Mapping[int, int]) -> None:
    await q.settle_lines(
        tx, id=rma, lines=[each.line for each in verdicts], restocked=[each.restock for each in verdicts],
        mended=[each.repair for each in verdicts], scrapped=[each.scrap for each in verdicts],
        sent_back=[each.back for each in verdicts], refunds=[back.get(each.line, 0) for each in verdicts],
    )  # fmt: skip


async def _exchange(tx: Tx, head: Head) -> None:
    wants = msgspec.json.decode(head.instead, type=list[Want])
    await amendments.add(tx, head.order, f"R-{head.number}", wants)


async def send_ahead(tx: Tx, rma: UUID, days: _Days = 14, *, risk: bool = False) -> Goods:
    """Let what an exchange is for leave before the goods are back; they have to be back within so many days.

    It waits for its money (by card: ``payments.pay``), which goes back when the goods are here; or the shop takes the
    risk, and what is not back in time is among the overdue returns, with its money outstanding.

    Args:
        risk: it need not be paid first.

    Raises:
        NotFound: there is no such return.
        ReturnClosed: it was not agreed to, has arrived, or was sent ahead.
        Invalid: it is no exchange.
        OutOfStock: fewer units are free.
        NotChangeable: the order is cancelled.
        PromotionSpent: somebody else had the last of a promotion.
        ChannelClosed: nothing is sold in its channel.
        NotSellable: what it is exchanged for is not sold there.
        NoPrice: what it is exchanged for has no price there.
        NoTaxRate: the VAT of something is not known.
    Emits:
        OrderChanged, OrderHeld, HoldLifted, StockHeld
    """
    head, _ = await lock(tx, rma, "arrive")
    if head.wish != "exchange":
        raise Invalid("it is no exchange", field="rma")
    if head.sent_ahead:
        raise ReturnClosed("what it is exchanged for was sent ahead")
    await _exchange(tx, head)
    waits = any(each.kind == "payment" for each in (await orders.order(tx, head.order)).holds)
    if risk and waits:
        await orders.lift(tx, head.order, "payment", f"R-{head.number} is to come back")
    await q.send_ahead(tx, id=rma, back_by=tx.at.date() + timedelta(days=days))
    await tell(tx, rma, "sent ahead", "at our risk" if risk else "")
    return await shown(tx, rma)


async def repair(tx: Tx, rma: UUID) -> Goods:
    """Begin to repair goods that arrived; they stay the buyer's.

    Raises:
        NotFound: there is no such return.
        ReturnClosed: it has not arrived, or is settled.
        Forbidden: it is not your store.
        Invalid: what the buyer wants is no repair.
    """
    head, state = await lock(tx, rma, "repair")
    _works_at(tx, head.location)
    if head.wish != "repair":
        raise Invalid("what the buyer wants is no repair", field="rma")
    await q.mend(tx, id=rma)
    await q.move(tx, id=rma, state=state)
    await tell(tx, rma, "in repair")
    return await shown(tx, rma)


async def repaired(tx: Tx, rma: UUID, *, mended: bool) -> Goods:
    """End a repair: the goods go back to the buyer, or it failed, and the buyer may have a lower price or the money.

    Raises:
        NotFound: there is no such return.
        ReturnClosed: it is not in repair.
        Forbidden: it is not your store.
    Emits:
        ReturnSettled
    """
    head, state = await lock(tx, rma, "mended" if mended else "failed")
    _works_at(tx, head.location)
    if not mended:
        await q.move(tx, id=rma, state=state)
        await tell(tx, rma, "not to be repaired")
        return await shown(tx, rma)
    lines = [line for line in await q.lines(tx, id=rma) if line.arrived]
    verdicts = [Verdict(line.line, back=line.arrived) for line in lines]
    await _settle_lines(tx, rma, verdicts, {})
    await q.settle(tx, id=rma, refund=0, delivery=0)
    await tell(tx, rma, "repaired")
    emit(tx, _settled(head, 0, verdicts))
    return await shown(tx, rma)


async def reduce(tx: Tx, rma: UUID, minor: Annotated[int, Meta(ge=1, le=10**15)], why: Note) -> Goods:
    """Lower the price of goods with a defect, which the buyer keeps; once for each claim.

    Raises:
        NotFound: there is no such return.
        ReturnClosed: it is settled, denied or withdrawn, or was lowered already.
        CreditTooHigh: with what was credited before it is more than the order comes to.
    Emits:
        OrderCredited
    """
    head = await head_of(tx, rma)
    await orders.balance(tx, head.order)
    head = await head_of(tx, rma)
    given = orders.Credit(f"R-{head.number}/reduction", minor, why)
    if head.state not in ("asked", "approved", "arrived") or not await orders.credit(tx, head.order, given):
        raise ReturnClosed(f"it is {head.state}, or its price was lowered already", state=head.state)
    await tell(tx, rma, "price lowered", why)
    return await shown(tx, rma)
