"""What can be changed about orders before they leave, and what that comes to."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from rynek.commerce import checkout, inventory, orders, promotions, purchasing
from rynek.commerce.amendments import model, rules
from rynek.commerce.amendments.model import Amended, AmountDiffers, ChangeDiffers, Edit, Made, Part, Row, Window
from rynek.commerce.checkout import Body, Want
from rynek.commerce.orders import Order
from rynek.commerce.pricing import QuoteLine
from rynek.kernel.database import Tx
from rynek.kernel.sql import queries

q = queries(__file__, model)


class Plan(NamedTuple):
    """A change that can be made: what is given up, what is added as it was quoted, and the delivery if it changes."""

    order: Order
    agreed: Body
    given_up: list[Part]
    added: Body | None
    delivery: QuoteLine | None


async def preview(tx: Tx, order: UUID, edit: Edit) -> Amended:
    """Tell what an order would come to by a change, without making it.

    Raises:
        NotFound: there is no such order, or it is not yours.
        NotChangeable: it is shipped or cancelled, that part of it has left, or nothing would be left of it.
        WindowClosed: buyers may no longer change it.
        Invalid: it changes nothing, a line is unknown or given twice, or the address is in another country.
        ChannelClosed: nothing is sold in its channel.
        DeliveryUnknown: the channel has no such delivery option.
        NotSellable: something is not sold there.
        NoPrice: something has no price there.
        NoTaxRate: the VAT of something is not known.
    """
    return _comes_to(await _plan(tx, order, edit), edit)


async def edit(tx: Tx, order: UUID, edit: Edit) -> Amended:
    """Change an order: all of it or nothing. Twice by one number is once.

    What more costs is to be paid (``payments.pay``) before it leaves; what was paid too much goes back by itself.

    Raises:
        NotFound: there is no such order, or it is not yours.
        NotChangeable: it is shipped or cancelled, that part of it has left, or nothing would be left of it.
        NotHeld: a part of a bundle has left.
        WindowClosed: buyers may no longer change it.
        Invalid: it changes nothing, a line is unknown or given twice, or the address is in another country.
        ChangeDiffers: the number was used for another change.
        AmountDiffers: it would come to something else than you saw.
        OutOfStock: fewer units are free than are added; ``short`` says how many are missing per item.
        PromotionSpent: somebody else had the last of a promotion.
        ChannelClosed: nothing is sold in its channel.
        DeliveryUnknown: the channel has no such delivery option.
        NotSellable: something is not sold there.
        NoPrice: something has no price there.
        NoTaxRate: the VAT of something is not known.
    Emits:
        OrderChanged, OrderHeld, StockHeld, StockReleased
    """
    await orders.order(tx, order)  # yours, before anything is said of it or waited for
    await orders.balance(tx, order)
    asked = msgspec.json.encode(edit).decode()
    known: Row | None = await q.amendment(tx, order=order, reference=edit.reference)
    if known is not None:
        if msgspec.json.decode(known.asked) != msgspec.json.decode(asked):
            raise ChangeDiffers
        return msgspec.json.decode(known.answered, type=Amended)
    plan = await _plan(tx, order, edit)
    comes_to = _comes_to(plan, edit)
    if edit.total_minor not in (None, comes_to.total_minor):
        raise AmountDiffers(f"it would come to {comes_to.total_minor}", total_minor=comes_to.total_minor)
    await _carry_out(tx, plan, edit)
    await q.write(
        tx, order=order, reference=edit.reference, asked=asked, answered=msgspec.json.encode(comes_to).decode(),
        difference=comes_to.difference_minor, total=comes_to.total_minor, at=tx.at, kind=tx.actor.kind,
        actor=tx.actor.id,
    )  # fmt: skip
    return comes_to


async def _plan(tx: Tx, order: UUID, edit: Edit) -> Plan:
    found = await orders.order(tx, order)
    agreed = msgspec.json.decode(bytes(found.agreed), type=Body)
    terms = agreed.terms
    refused = rules.amiss(edit, found.lines, found.state, terms.address.country if terms.address else None)
    if refused is None and tx.reach == "own":
        window: Window | None = await q.window(tx, channel=found.channel)
        refused = rules.too_late(found.lines, found.placed_at, tx.at, window.minutes if window else None)
    if refused is not None:
        raise refused
    whose = (found.owner_kind, found.owner)
    terms = replace(terms, address=edit.address or terms.address)
    added = delivery = None
    if edit.more:  # as of now, without the codes of then
        asked = replace(terms, lines=edit.more, coupons=(), delivery=None)
        added = (await checkout.price_one(tx, asked, *whose)).body
    if edit.delivery:
        basket = [Want(sku, units) for sku, units in rules.basket(edit, found.lines).items()]
        asked = replace(terms, lines=basket, delivery=edit.delivery)
        delivery = (await checkout.price_one(tx, asked, *whose)).body.priced.delivery_line
    return Plan(found, agreed, rules.given_up(found.lines, edit.fewer), added, delivery)


def _comes_to(plan: Plan, edit: Edit) -> Amended:
    order = plan.order
    added = [
        Part(line.sku, line.name, line.quantity, line.gross) for line in (plan.added.priced.lines if plan.added else [])
    ]
    delivery = plan.delivery.gross if plan.delivery else order.delivery_minor
    less, more = sum(part.gross_minor for part in plan.given_up), sum(part.gross_minor for part in added)
    difference = more - less + delivery - order.delivery_minor
    total = order.total_minor + difference
    kept = order.captured_minor - order.refunded_minor
    return Amended(
        order.id, edit.reference, order.currency, order.total_minor, total, difference,
        max(0, total - order.authorised_minor), max(0, kept - (total - order.credit_minor)), delivery, plan.given_up,
        added,
    )  # fmt: skip


async def _carry_out(tx: Tx, plan: Plan, edit: Edit) -> None:
    """Give up before adding, but where everything is exchanged: an order is never empty."""
    order = plan.order.id
    emptied = rules.empties(edit, plan.order.lines)
    fewer = orders.Strike(f"{edit.reference}/fewer", edit.fewer, edit.reason)
    if edit.fewer and not emptied:
        await orders.strike(tx, order, fewer)
    if plan.added is not None:
        await _add(tx, plan.order, plan.added, f"{edit.reference}/more")
    if edit.fewer and emptied:
        await orders.strike(tx, order, fewer)
    if edit.address is not None:
        await orders.readdress(tx, order, edit.address)
    if plan.delivery is not None:
        before = plan.agreed.priced.delivery_line
        tax = plan.delivery.tax - (before.tax if before else 0)
        await orders.redeliver(
            tx, order,
            orders.Redelivery(f"{edit.reference}/way", edit.delivery or "", plan.delivery, plan.delivery.gross, tax),
        )  # fmt: skip


async def add(tx: Tx, order: UUID, reference: str, wants: Sequence[Want]) -> None:
    """Add items to an order, at the prices of now; one that is shipped goes on with them.

    Whoever calls sees to it that it happens once: its units are set aside each time.

    Raises:
        NotFound: there is no such order.
        NotChangeable: it is cancelled.
        OutOfStock: fewer units are free; ``short`` says how many are missing per item.
        PromotionSpent: somebody else had the last of a promotion.
        ChannelClosed: nothing is sold in its channel.
        NotSellable: something is not sold there.
        NoPrice: something has no price there.
        NoTaxRate: the VAT of something is not known.
    Emits:
        OrderChanged, OrderHeld, StockHeld
    """
    await orders.balance(tx, order)
    found = await orders.order(tx, order)
    terms = msgspec.json.decode(bytes(found.agreed), type=Body).terms
    asked = replace(terms, lines=wants, coupons=(), delivery=None)
    price = await checkout.price_one(tx, asked, found.owner_kind, found.owner)
    await _add(tx, found, price.body, reference, reopen=True)


async def _add(tx: Tx, order: Order, body: Body, reference: str, *, reopen: bool = False) -> None:
    """Set the units of what is added aside, count its promotions, and write it into the order."""
    lines = checkout.as_lines(body.priced)
    await _count(tx, order, body, reference)
    await orders.extend(tx, order.id, reference, lines, body.priced.components, reopen=reopen)
    needs = await orders.goods_of(tx, order.id, lines)
    [held] = await inventory.hold_many(tx, [inventory.Claim(order.id, order.channel, needs)])
    if isinstance(held, inventory.OutOfStock):
        raise held
    if not all(pick.location for pick in held):
        await purchasing.promise(tx, [order.id])


async def _count(tx: Tx, order: Order, body: Body, reference: str) -> None:
    """Count what is added among the uses of promotions: whoever cancels the order gives them back with the others."""
    uses = [(t.promotion, t.minor, t.coupon) for t in body.priced.promotions if t.outcome == "applied"]
    customer = order.owner if order.owner_kind == "customer" else None
    claim = promotions.Claim(order.id, customer, uses, part=reference)
    counted = await promotions.counters(tx, [claim])
    spent = counted.take(claim)
    if spent is not None:
        raise promotions.PromotionSpent(f"somebody else had the last of {spent}", promotion=spent)
    await promotions.book(tx, [claim], counted)


async def edits(tx: Tx, order: UUID) -> list[Made]:
    """List the changes that were made to an order, in order.

    Raises:
        NotFound: there is no such order, or it is not yours.
    """
    await orders.order(tx, order)
    found: list[Made] = await q.amendments(tx, order=order)
    return found


async def window(tx: Tx, channel: inventory.ChannelCode) -> Window:
    """Tell for how long a channel's buyers may change their orders themselves."""
    found: Window | None = await q.window(tx, channel=channel)
    return found or Window()


async def put_window(tx: Tx, channel: inventory.ChannelCode, window: Window) -> None:
    """Say for how long a channel's buyers may change their orders themselves."""
    await q.put_window(tx, channel=channel, minutes=window.minutes)
