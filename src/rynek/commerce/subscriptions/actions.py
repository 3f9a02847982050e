"""What can be done with subscriptions."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, structs

from rynek.commerce import checkout, payments
from rynek.commerce.checkout import Address, Terms
from rynek.commerce.inventory import ChannelCode
from rynek.commerce.subscriptions import model, rules
from rynek.commerce.subscriptions.events import (
    PriceTold,
    RenewalFailed,
    SubscriptionCancelled,
    SubscriptionChanged,
    SubscriptionRenewed,
    SubscriptionStarted,
)
from rynek.commerce.subscriptions.model import (
    Change,
    CycleState,
    Entry,
    Known,
    NewSubscription,
    NotNow,
    Paying,
    Plan,
    PlanUnknown,
    Price,
    PriceDiffers,
    PricedLine,
    Proof,
    Reason,
    Row,
    State,
    Subscription,
    Summary,
    Wanted,
    Wants,
)
from rynek.commerce.subscriptions.rules import Verb
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.door import understood
from rynek.kernel.events import emit
from rynek.kernel.faults import Fault, Invalid, NotFound
from rynek.kernel.sql import queries

q = queries(__file__, model)

Agreed = Annotated[int, Meta(ge=0, le=10**15, description="minor units (grosze, cents)")]
Limit = Annotated[int, Meta(ge=1, le=200)]


# --- plans ------------------------------------------------------------------------------------------------------------


async def put_plans(tx: Tx, plans: Annotated[list[Plan], Meta(min_length=1, max_length=500)]) -> None:
    """Add or change plans; those subscribed already keep their days.

    Raises:
        Invalid: a plan is given twice.
    """
    codes = [each.code for each in plans]
    if len(set(codes)) < len(codes):
        raise Invalid("a plan is given twice", field="plans")
    await q.put_plans(
        tx, codes=codes, channels=[each.channel for each in plans], names=[each.name for each in plans],
        everys=[each.every for each in plans], units=[each.unit for each in plans],
        notices=[each.notice_days for each in plans], actives=[each.active for each in plans],
    )  # fmt: skip


async def plans(tx: Tx, channel: ChannelCode | None = None, after: str = "", limit: Limit = 100) -> list[Plan]:
    """List plans by code; go on with the last code as ``after``."""
    found: list[Plan] = await q.plans(tx, channel=channel, after=after, limit=limit)
    return found


# --- what is there ----------------------------------------------------------------------------------------------------


async def subscriptions(
    tx: Tx, state: State | None = None, before: UUID | None = None, limit: Limit = 50, due: date | None = None
) -> list[Summary]:
    """List subscriptions, newest first; your own, unless you look after everybody's.

    Args:
        due: only those whose next delivery is due by this day.
    """
    customer = tx.actor.id if tx.reach == "own" else None
    found: list[Summary] = await q.find(tx, customer=customer, state=state, due=due, before=before, limit=limit)
    return found


async def subscription(tx: Tx, subscription: UUID) -> Subscription:
    """Show a subscription with its deliveries and its history.

    Raises:
        NotFound: there is no such subscription, or it is not yours.
    """
    return await _shown(tx, _own(tx, await q.row(tx, id=subscription)))


def _own(tx: Tx, row: Row | None) -> Row:
    if row is None or (tx.reach == "own" and row.customer != tx.actor.id):
        raise NotFound("there is no such subscription, or it is not yours")
    return row


async def _shown(tx: Tx, row: Row) -> Subscription:
    terms, paying = _terms(row), _paying(row)
    if terms.address is None:
        raise NotFound("there is no such subscription, or it is not yours")
    return Subscription(
        row.id, row.plan, row.channel, row.state, row.currency, row.agreed_minor, row.told_minor, row.told_from,
        row.next_on, list(terms.lines), terms.address, terms.delivery or "", paying.method, row.started_at,
        await q.cycles(tx, subscription=row.id), await q.history(tx, subscription=row.id),
    )  # fmt: skip


def _terms(row: Row) -> Terms:
    return msgspec.json.decode(row.terms, type=Terms)


def _paying(row: Row) -> Paying:
    return msgspec.json.decode(row.paying, type=Paying)


# --- what customers say -----------------------------------------------------------------------------------------------


async def start(tx: Tx, new: NewSubscription) -> Subscription:
    """Subscribe: the first delivery comes on the day it starts, the others by the plan.

    Raises:
        PlanUnknown: there is no such plan, or nobody can subscribe to it now.
        PriceDiffers: one delivery costs something else than was agreed.
        Invalid: it starts in the past.
        TendersUnfit: the provider or method is not offered, or a token is missing.
        ProviderUnavailable: a payment provider does not answer at the moment; ``others`` are in use.
        NotSellable: something is not sold in the plan's channel.
        NoPrice: something has no price there.
        NoTaxRate: the VAT of something is not known.
        ChannelClosed: nothing is sold in the plan's channel.
        DeliveryUnknown: the channel has no such delivery option.
    Emits:
        SubscriptionStarted
    """
    plan: Plan | None = await q.plan(tx, code=new.plan)
    if plan is None or not plan.active:
        raise PlanUnknown(f"{new.plan} cannot be subscribed to", field="plan")
    starts_on = new.starts_on or tx.at.date()
    if starts_on < tx.at.date():
        raise Invalid("it starts in the past", field="starts_on")
    terms = Terms(plan.channel, new.lines, new.email, None, new.address, new.delivery)
    currency = await _agreed(tx, terms, new.paying, new.agreed_minor, tx.actor.id)
    row = ids.new()
    await q.start(
        tx, id=row, customer=tx.actor.id, plan=plan.code, channel=plan.channel, currency=currency,
        agreed=new.agreed_minor, anchor=starts_on, terms=_text(terms), paying=_text(new.paying), at=tx.at,
    )  # fmt: skip
    await _write(tx, row, "started")
    emit(tx, SubscriptionStarted(row, tx.actor.id, plan.code, starts_on))
    return await subscription(tx, row)


async def preview(tx: Tx, wanted: Wanted) -> Price:
    """Tell what a delivery would cost and when it would come, before anybody subscribes.

    Raises:
        PlanUnknown: there is no such plan, or nobody can subscribe to it now.
        NotSellable: something is not sold in the plan's channel.
        NoPrice: something has no price there.
        NoTaxRate: the VAT of something is not known.
        ChannelClosed: nothing is sold in the plan's channel.
        DeliveryUnknown: the channel has no such delivery option.
    """
    plan: Plan | None = await q.plan(tx, code=wanted.plan)
    if plan is None or not plan.active:
        raise PlanUnknown(f"{wanted.plan} cannot be subscribed to", field="plan")
    terms = Terms(plan.channel, wanted.lines, None, None, wanted.address, wanted.delivery)
    return await _priced(tx, terms, tx.actor.id, wanted.starts_on or tx.at.date(), plan, 0)


async def preview_change(tx: Tx, subscription: UUID, change: Change) -> Price:
    """Tell what a delivery would cost if something else came, or came elsewhere; with no change: as it is.

    Raises:
        NotFound: there is no such subscription, or it is not yours.
        NotSellable, NoPrice, NoTaxRate, ChannelClosed, DeliveryUnknown: why it has no price.
    """
    row = _own(tx, await q.row(tx, id=subscription))
    terms = _terms(row)
    terms = structs.replace(terms, lines=change.lines or terms.lines, address=change.address or terms.address)
    plan: Plan = await q.plan(tx, code=row.plan)
    return await _priced(tx, terms, row.customer, row.anchor_on, plan, row.cycle)


async def _priced(tx: Tx, terms: Terms, customer: UUID, anchor: date, plan: Plan, cycle: int) -> Price:
    priced = (await checkout.price_one(tx, terms, "customer", customer)).body.priced
    lines = [PricedLine(line.sku, line.product, line.name, line.quantity, line.gross) for line in priced.lines]
    days = [rules.due_on(anchor, plan.every, plan.unit, cycle + n) for n in range(3)]
    delivery = priced.delivery_line.gross if priced.delivery_line else 0
    return Price(priced.currency, lines, delivery, priced.total, days)


async def _agreed(tx: Tx, terms: Terms, paying: Paying, agreed_minor: int, customer: UUID) -> str:
    """See that one delivery costs what was agreed and can be paid so; gives the currency."""
    priced = (await checkout.price_one(tx, terms, "customer", customer)).body.priced
    if priced.total != agreed_minor:
        raise PriceDiffers(f"one delivery costs {priced.total}", total_minor=priced.total)
    payments.check_tenders([paying.tender(agreed_minor)] if agreed_minor else [], agreed_minor, buyer=True)
    return priced.currency


def _text(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()


async def pause(tx: Tx, subscription: UUID) -> Subscription:
    """Let nothing come until it is resumed.

    Raises:
        NotFound: there is no such subscription, or it is not yours.
        NotNow: it is paused or cancelled.
    Emits:
        SubscriptionChanged
    """
    row = await _moved(tx, subscription, "pause")
    return await _moving(tx, structs.replace(row, state="paused", tries=0), "paused")


async def resume(tx: Tx, subscription: UUID) -> Subscription:
    """Let it come again, on the first of its days that is not past.

    Raises:
        NotFound: there is no such subscription, or it is not yours.
        NotNow: it is not paused.
    Emits:
        SubscriptionChanged
    """
    row = await _moved(tx, subscription, "resume")
    plan: Plan = await q.plan(tx, code=row.plan)
    cycle = rules.cycle_after(row.anchor_on, plan.every, plan.unit, row.cycle, tx.at.date())
    next_on = rules.due_on(row.anchor_on, plan.every, plan.unit, cycle)
    return await _moving(tx, structs.replace(row, state="active", cycle=cycle, next_on=next_on), "resumed")


async def skip(tx: Tx, subscription: UUID) -> Subscription:
    """Leave out the next delivery.

    Raises:
        NotFound: there is no such subscription, or it is not yours.
        NotNow: it is paused, past due or cancelled.
    Emits:
        SubscriptionChanged
    """
    row = await _moved(tx, subscription, "skip")
    await _enter(tx, row, "skipped")
    next_on = await _following(tx, row)
    return await _moving(tx, structs.replace(row, cycle=row.cycle + 1, next_on=next_on), "skipped")


async def swap(tx: Tx, subscription: UUID, lines: Wants, agreed_minor: Agreed) -> Subscription:
    """Let something else come, at the price that was shown.

    Raises:
        NotFound: there is no such subscription, or it is not yours.
        NotNow: it is cancelled.
        PriceDiffers: one delivery costs something else than was agreed.
        NotSellable, NoPrice, NoTaxRate, ChannelClosed, DeliveryUnknown: why it has no price.
        TendersUnfit, ProviderUnavailable: why it cannot be paid as it is.
    Emits:
        SubscriptionChanged
    """
    row = await _moved(tx, subscription, "swap")
    return await _bring(tx, row, structs.replace(_terms(row), lines=lines), _paying(row), agreed_minor, "swapped")


async def readdress(tx: Tx, subscription: UUID, address: Address, agreed_minor: Agreed) -> Subscription:
    """Let it come elsewhere, at the price that was shown for there.

    Raises:
        NotFound: there is no such subscription, or it is not yours.
        NotNow: it is cancelled.
        PriceDiffers: one delivery costs something else than was agreed.
        NotSellable, NoPrice, NoTaxRate, ChannelClosed, DeliveryUnknown: why it has no price.
        TendersUnfit, ProviderUnavailable: why it cannot be paid as it is.
    Emits:
        SubscriptionChanged
    """
    row = await _moved(tx, subscription, "swap")
    terms = structs.replace(_terms(row), address=address, country=None)
    return await _bring(tx, row, terms, _paying(row), agreed_minor, "readdressed")


async def repay(tx: Tx, subscription: UUID, paying: Paying) -> Subscription:
    """Pay it otherwise; one that is past due is tried again at once.

    Raises:
        NotFound: there is no such subscription, or it is not yours.
        NotNow: it is cancelled.
        TendersUnfit, ProviderUnavailable: why it cannot be paid so.
    Emits:
        SubscriptionChanged
    """
    row = await _moved(tx, subscription, "swap")
    payments.check_tenders([paying.tender(row.agreed_minor)] if row.agreed_minor else [], row.agreed_minor, buyer=True)
    await q.bring(tx, id=row.id, terms=row.terms, paying=_text(paying), currency=row.currency, agreed=row.agreed_minor)
    next_on = tx.at.date() if row.state == "past-due" else row.next_on
    return await _moving(tx, structs.replace(row, next_on=next_on), "paid otherwise")


async def _bring(tx: Tx, row: Row, terms: Terms, paying: Paying, agreed_minor: int, what: str) -> Subscription:
    currency = await _agreed(tx, terms, paying, agreed_minor, row.customer)
    await q.bring(tx, id=row.id, terms=_text(terms), paying=_text(paying), currency=currency, agreed=agreed_minor)
    return await _moving(tx, row, what)


async def cancel(tx: Tx, subscription: UUID, reason: Reason) -> Proof:
    """End a subscription: nothing comes any more, what is ordered already comes still. Twice gives the same proof.

    Raises:
        NotFound: there is no such subscription, or it is not yours.
    Emits:
        SubscriptionCancelled
    """
    row = _own(tx, await q.lock(tx, id=subscription))
    if row.state != "cancelled":
        await _end(tx, row, tx.actor.kind, reason)
    entry: Entry = await q.proof(tx, subscription=row.id, what="cancelled")
    return Proof(entry.proof, entry.at, row.id)


async def _end(tx: Tx, row: Row, by: str, reason: str) -> None:
    await q.move(tx, id=row.id, state="cancelled", cycle=row.cycle, next_on=row.next_on, tries=row.tries)
    proof = await _write(tx, row.id, "cancelled", reason)
    emit(tx, SubscriptionCancelled(row.id, proof, by))


async def _moved(tx: Tx, subscription: UUID, verb: Verb) -> Row:
    row = _own(tx, await q.lock(tx, id=subscription))
    if not rules.may(row.state, verb):
        raise NotNow(f"it is {row.state}", state=row.state)
    return row


async def _moving(tx: Tx, row: Row, what: str) -> Subscription:
    """Write a subscription as it is now, and why."""
    await q.move(tx, id=row.id, state=row.state, cycle=row.cycle, next_on=row.next_on, tries=row.tries)
    await _write(tx, row.id, what)
    emit(tx, SubscriptionChanged(row.id, what, row.next_on))
    return await _shown(tx, _own(tx, await q.row(tx, id=row.id)))


async def _write(tx: Tx, subscription: UUID, what: str, note: str = "") -> UUID:
    proof = ids.new()
    by = {"kind": tx.actor.kind, "actor": tx.actor.id}
    await q.write(tx, subscription=subscription, proof=proof, at=tx.at, what=what, note=note, **by)
    return proof


async def _enter(tx: Tx, row: Row, state: CycleState, order: UUID | None = None, why: str = "") -> None:
    await q.enter_cycle(
        tx, subscription=row.id, cycle=row.cycle, due_on=row.next_on, state=state, order=order, why=why, at=tx.at
    )


async def _following(tx: Tx, row: Row) -> date:
    plan: Plan = await q.plan(tx, code=row.plan)
    return rules.due_on(row.anchor_on, plan.every, plan.unit, row.cycle + 1)


# --- renewing ---------------------------------------------------------------------------------------------------------


async def renew(tx: Tx, row: Row) -> None:
    """Place the order of a locked subscription's delivery, unless it costs more than was told.

    What cannot be placed is tried again the next day; nothing of the try is left.

    Emits:
        SubscriptionRenewed, OrderPlaced, StockHeld; PriceTold; RenewalFailed
    """
    try:
        async with tx.attempt():
            await _renew(tx, row)
    except Exception as error:
        refused = understood(error)
        if refused is None:
            raise
        tomorrow = tx.at.date() + timedelta(days=1)
        why = f"{refused.code}: {refused.detail}"[:200]
        await _enter(tx, row, "failed", why=why)
        await q.move(tx, id=row.id, state=row.state, cycle=row.cycle, next_on=tomorrow, tries=row.tries)
        emit(tx, RenewalFailed(row.id, row.cycle, why, tomorrow))


async def _renew(tx: Tx, row: Row) -> None:
    price = await checkout.price_one(tx, _terms(row), "customer", row.customer)
    total, today = price.body.priced.total, tx.at.date()
    if not rules.chargeable(total, row.agreed_minor, row.told_minor, row.told_from, today):
        plan: Plan = await q.plan(tx, code=row.plan)
        from_on = today + timedelta(days=plan.notice_days)
        await tell(tx, row, total, from_on)
        await _enter(tx, row, "told", why=f"it costs {total}")
        await q.move(tx, id=row.id, state=row.state, cycle=row.cycle, next_on=from_on, tries=row.tries)
        return
    cart = await checkout.settle(tx, row.customer, _terms(row))
    tenders = [_paying(row).tender(total)] if total else []
    placed = await checkout.place_now(tx, checkout.Place(cart.id, tenders))
    await payments.authorise_soon(tx, placed.order)
    await q.agree(tx, id=row.id, minor=total)
    await _enter(tx, row, "paid" if placed.state == "open" else "placed", placed.order)
    next_on = await _following(tx, row)
    state: State = "active" if placed.state == "open" else row.state
    tries = 0 if placed.state == "open" else row.tries
    await q.move(tx, id=row.id, state=state, cycle=row.cycle + 1, next_on=next_on, tries=tries)
    emit(tx, SubscriptionRenewed(row.id, row.cycle, placed.order, total))


async def tell(tx: Tx, row: Row, total: int, from_on: date) -> None:
    """Write down what deliveries will cost from a day on, and have the customer told.

    Emits:
        PriceTold
    """
    if (row.told_minor, row.told_from) == (total, from_on):
        return
    await q.tell(tx, id=row.id, minor=total, from_on=from_on)
    await _write(tx, row.id, "price told", f"{total} from {from_on}")
    emit(tx, PriceTold(row.id, row.agreed_minor, total, from_on))


async def foretell(tx: Tx, row: Row) -> None:
    """Look what a locked subscription's next delivery will cost, and tell the customer if it is more than agreed.

    Emits:
        PriceTold
    """
    try:
        at = datetime.combine(row.next_on, datetime.min.time(), tx.at.tzinfo)
        price = await checkout.price_one(tx, _terms(row), "customer", row.customer, at)
    except Fault:
        return  # told when it fails
    total = price.body.priced.total
    if total > max(row.agreed_minor, row.told_minor or 0):
        plan: Plan = await q.plan(tx, code=row.plan)
        await tell(tx, row, total, max(row.next_on, tx.at.date() + timedelta(days=plan.notice_days)))


async def paid(tx: Tx, order: UUID) -> None:
    """Write down that a delivery is paid."""
    known, row = await _of(tx, order)
    if known is None or row is None or known.state != "placed":
        return
    await q.set_cycle(tx, subscription=row.id, cycle=known.cycle, attempt=known.attempt, state="paid", why="")
    if row.state == "past-due":
        await q.move(tx, id=row.id, state="active", cycle=row.cycle, next_on=row.next_on, tries=0)


async def unpaid(tx: Tx, order: UUID, why: str) -> None:
    """Try a delivery again whose order was cancelled before it was paid; after some tries the subscription ends.

    Emits:
        RenewalFailed, SubscriptionCancelled
    """
    known, row = await _of(tx, order)
    if known is None or row is None or known.state != "placed":
        return
    await q.set_cycle(tx, subscription=row.id, cycle=known.cycle, attempt=known.attempt, state="failed", why=why[:200])
    if row.state in ("cancelled", "paused"):
        return
    tries = row.tries + 1
    next_on = rules.retry_on(tries, tx.at.date())
    emit(tx, RenewalFailed(row.id, known.cycle, why[:200], next_on))
    if next_on is None:
        await _end(tx, row, "dunning", "not paid")
    else:
        await q.move(tx, id=row.id, state="past-due", cycle=known.cycle, next_on=next_on, tries=tries)


async def _of(tx: Tx, order: UUID) -> tuple[Known | None, Row | None]:
    known: Known | None = await q.of_order(tx, order=order)
    if known is None:
        return None, None
    row: Row | None = await q.lock(tx, id=known.subscription)
    again: Known | None = await q.of_order(tx, order=order)
    return again, row
