"""How carts become orders: for those who ask at the till, and for approvals and quotes in their own transactions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import companies, inventory, orders, payments, promotions, purchasing, shipping
from rynek.commerce.checkout import rules, tally
from rynek.commerce.checkout.model import NOT_YOURS, Body, CartRow, Place, Placed, Priced
from rynek.commerce.checkout.tally import Pricing, q
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.database import Tx
from rynek.kernel.door import Call
from rynek.kernel.faults import Fault, NotFound

_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Body).decode


_STANDS = (companies.ApprovalNeeded, companies.CreditSpent)


class Asked(NamedTuple):
    """A cart somebody wants to be placed. ``own``: only if it is theirs."""

    place: Place
    actor: Actor
    own: bool


class _Try(NamedTuple):
    """A cart that can be placed, if there is stock."""

    order: UUID
    row: CartRow
    body: Body
    place: Place


async def place_orders(tx: Tx, calls: Sequence[Call[Place]]) -> list[Placed | Fault]:
    """Turn carts into orders: price, stock, order and payments in one transaction for all that ask at once.

    The same cart placed again gives the same order.

    Raises:
        NotFound: there is no such cart, or it is not yours.
        CartIncomplete: something is missing.
        TotalDiffers: the tenders do not come to what the cart costs.
        PointUnknown: nothing is collected at its place any more.
        OutOfStock: fewer units are free.
        TendersUnfit: a provider or method is not offered, or a token is missing.
        ProviderUnavailable: a payment provider does not answer at the moment; ``others`` are in use.
        PromotionSpent: somebody else was given the last of a promotion; the cart has another total now.
        ApprovalNeeded: it is more than the buyer may order for the company alone.
        CreditSpent: so much is not left of the company's credit.
        CompanyRefused: the company buys nothing at the moment.
        BuyerChanged: the buyer buys for this company no more; look at the cart again.
    Emits:
        OrderPlaced, StockHeld
    """
    return await place_many(tx, [Asked(call.input, call.actor, call.reach == "own") for call in calls])


async def place_many(tx: Tx, calls: Sequence[Asked]) -> list[Placed | Fault]:
    """Place carts in the caller's transaction, as ``place_orders`` does."""
    asked = list({call.place.cart for call in calls})
    rows = {row.id: row for row in await q.lock_carts(tx, ids=asked)}
    done: dict[UUID, Placed | Fault] = {
        each.cart_id: Placed(each.order, each.number, each.state, each.currency, each.total_minor)
        for each in await q.placed(tx, carts=asked)
    }
    bodies = await _bodies(tx, [row for id_, row in rows.items() if id_ not in done])
    lending = await _lending(tx, calls, rows)
    seen = {id_: found for id_, found in bodies.items() if not isinstance(found, Fault)}
    astray = dict(zip(seen, await tally.misplaced(tx, [body for body, _ in seen.values()]), strict=True))
    tries: dict[UUID, _Try] = {}
    refused: dict[int, Fault] = {}
    for number, call in enumerate(calls):
        row = rows.get(call.place.cart)
        if row is None or (call.own and row.owner != call.actor.id):
            refused[number] = NotFound(NOT_YOURS)
        elif row.id not in done and row.id not in tries:
            checked = _check(row, astray.get(row.id) or bodies[row.id], call, lending)
            if isinstance(checked, Fault):
                refused[number] = checked
            else:
                tries[row.id] = checked
    done |= await _place(tx, list(tries.values())) if tries else {}
    return [refused.get(number) or done[call.place.cart] for number, call in enumerate(calls)]


async def place_now(tx: Tx, place: Place) -> Placed:
    """Place anybody's cart in the caller's transaction: whoever calls has seen to it that the actor may.

    Raises:
        CartIncomplete, TotalDiffers, OutOfStock, TendersUnfit, ProviderUnavailable: why it cannot be placed so.
        NotSellable, NoPrice, NoTaxRate, ChannelClosed, DeliveryUnknown: why it has no price any more.
        PromotionSpent, ApprovalNeeded, CreditSpent, CompanyRefused, BuyerChanged: what is limited, or has changed.
    Emits:
        OrderPlaced, StockHeld
    """
    [placed] = await place_many(tx, [Asked(place, tx.actor, own=False)])
    if isinstance(placed, Fault):
        raise placed
    return placed


async def _lending(tx: Tx, calls: Sequence[Asked], rows: Mapping[UUID, CartRow]) -> set[str]:
    """Tell in which channels consumers may pay by invoice; nothing is asked where nobody wants to."""
    wanted = {
        rows[each.place.cart].channel
        for each in calls
        if each.place.cart in rows and payments.on_account(each.place.tenders)
    }
    return await companies.invoice_channels(tx, list(wanted)) if wanted else set()


async def _bodies(tx: Tx, rows: Sequence[CartRow]) -> dict[UUID, tuple[Body, str] | Fault]:
    """Read carts, those past their promise at the prices of now; each with the text it is stored as."""
    bodies: dict[UUID, tuple[Body, str] | Fault] = {row.id: (_read(row.body), row.body) for row in rows}
    stale = [row for row in rows if row.good_until <= tx.at]
    if stale:
        carts = [Pricing(_read(row.body).terms, row.owner_kind, row.owner) for row in stale]
        for row, price in zip(stale, await tally.price_many(tx, carts), strict=True):
            bodies[row.id] = price if isinstance(price, Fault) else (price.body, _encode(price.body).decode())
    return bodies


def _check(row: CartRow, found: tuple[Body, str] | Fault, call: Asked, lending: Collection[str]) -> "_Try | Fault":
    if isinstance(found, Fault):
        return found
    (body, text), place = found, call.place
    refused = rules.refusal(body, place.tenders)
    if refused is not None:
        return refused
    try:
        buyer, credit = call.actor.kind in {"guest", "customer"}, bool(body.priced.company) or row.channel in lending
        payments.check_tenders(place.tenders, body.priced.total, buyer=buyer, credit=credit)
    except (payments.TendersUnfit, payments.ProviderUnavailable) as unfit:
        return unfit
    return _Try(ids.new(), msgspec.structs.replace(row, body=text), body, place)


async def _place(tx: Tx, tries: Sequence[_Try]) -> dict[UUID, Placed | Fault]:
    slots, late = await _slots(tx, tries)
    served, results = await _serve(tx, [each for each in tries if each.row.id not in late])
    results |= late
    if not served:
        return results
    openings = {each.order: _openings(each) for each in served}
    placings = [_placing(each, openings[each.order]) for each in served]
    numbers = {each.id: each.number for each in await orders.place_many(tx, placings)}
    await payments.open_many(tx, [opening for group in openings.values() for opening in group])
    if slots:
        had = [each.order for each in served if each.order in slots]
        await shipping.take_slots(tx, [slots[order][0] for order in had], [slots[order][1] for order in had])
    await companies.book(tx, [taken for each in served if (taken := _firm(each))], _debts(served, openings))
    for each, placing in zip(served, placings, strict=True):
        pending = [o.id for o in openings[each.order] if o.authorised_minor < o.amount_minor]
        results[each.row.id] = Placed(
            each.order, numbers[each.order], placing.state, placing.currency, placing.total_minor, pending
        )
    return results


async def _slots(
    tx: Tx, tries: Sequence[_Try]
) -> tuple[dict[UUID, tuple[shipping.SlotClaim, int]], dict[UUID, Placed | Fault]]:
    """Tell which orders can have their hours, and refuse the others; nothing is asked where nobody chose any."""
    chosen = [each for each in tries if each.body.terms.window is not None]
    if not chosen:
        return {}, {}
    claims = [rules.slot_claim(each.order, UUID(each.body.terms.window), each.body.terms) for each in chosen]
    slots: dict[UUID, tuple[shipping.SlotClaim, int]] = {}
    late: dict[UUID, Placed | Fault] = {}
    for each, claim, told in zip(chosen, claims, await shipping.look_at_slots(tx, claims), strict=True):
        if isinstance(told, Fault):
            late[each.row.id] = told
        else:
            slots[each.order] = claim, told
    return slots, late


async def _serve(tx: Tx, tries: Sequence[_Try]) -> tuple[list[_Try], dict[UUID, Placed | Fault]]:
    """Give carts what is limited: promotions, a company's credit, stock; all of it or nothing.

    What one could not use another may.
    """
    claims = {each.order: _claim(each) for each in tries}
    firms = {each.order: taken for each in tries if (taken := _firm(each))}
    counted = await promotions.counters(tx, list(claims.values()))
    limits = await companies.limits(tx, list(firms.values()))
    served: list[_Try] = []
    results: dict[UUID, Placed | Fault] = {}
    waiting = list(tries)

    def take(each: _Try) -> Fault | None:
        if (promotion := counted.take(claims[each.order])) is not None:
            return rules.spent(each.body.trace, promotion)
        refused = limits.take(firms[each.order]) if each.order in firms else None
        if refused is not None:
            counted.put_back(claims[each.order])
        return refused

    while waiting:
        gone = {each.order: take(each) for each in waiting}
        allowed = [each for each in waiting if gone[each.order] is None]
        needs = [inventory.Claim(each.order, each.row.channel, rules.needs(each.body.priced)) for each in allowed]
        picks = await inventory.hold_many(tx, needs) if needs else []
        if ahead := [need.holder for need, got in zip(needs, picks, strict=True) if _waits(got)]:
            await purchasing.promise(tx, ahead)
        failed = {each.row.id: got for each, got in zip(allowed, picks, strict=True) if isinstance(got, Fault)}
        for each in allowed:
            if each.row.id in failed:
                counted.put_back(claims[each.order])
                if each.order in firms:
                    limits.put_back(firms[each.order])
            else:
                served.append(each)
        results |= failed
        waiting = [each for each in waiting if gone[each.order] is not None]
        if waiting and not failed:
            results |= {each.row.id: fault for each in waiting if (fault := gone[each.order])}
            # what they count on is gone, so they are priced anew when somebody looks; what is too much stays as it is
            stale = [each.row.id for each in waiting if not isinstance(gone[each.order], _STANDS)]
            await q.expire(tx, ids=stale, at=tx.at)
            break
    await promotions.book(tx, [claims[each.order] for each in served], counted)
    return served, results


def _waits(got: Sequence[inventory.Pick] | Fault) -> bool:
    """Tell whether something was sold beyond stock: that is picked at no location."""
    return not isinstance(got, Fault) and not all(pick.location for pick in got)


def _claim(each: _Try) -> promotions.Claim:
    customer = each.row.owner if each.row.owner_kind == "customer" else None
    return promotions.Claim(each.order, customer, rules.uses(each.body.trace))


def _firm(each: _Try) -> companies.Claim | None:
    """Say what a cart takes of its company; None: it is bought for none."""
    priced = each.body.priced
    if priced.company is None:
        return None
    return companies.Claim(
        each.order, each.row.owner, priced.company.company, priced.currency, priced.total,
        payments.on_account(each.place.tenders), each.place.approval,
    )  # fmt: skip


def _debts(served: Sequence[_Try], openings: Mapping[UUID, Sequence[payments.Opening]]) -> list[companies.Debt]:
    return [
        companies.Debt(opening.id, each.order, opening.amount_minor)
        for each in served
        if each.body.priced.company is not None
        for opening in openings[each.order]
        if opening.provider == payments.MANUAL and opening.method == payments.ON_ACCOUNT
    ]


def _openings(each: _Try) -> list[payments.Opening]:
    currency = each.body.priced.currency
    return [_opening(each.order, currency, tender) for tender in each.place.tenders]


def _opening(order: UUID, currency: str, tender: payments.Tender) -> payments.Opening:
    authorised, captured = payments.settles(tender.provider, tender.method)
    amount = tender.amount_minor
    return payments.Opening(
        ids.new(), order, tender.provider, tender.method, currency, amount, amount if authorised else 0,
        amount if captured else 0, tender.token,
    )  # fmt: skip


def as_lines(priced: Priced) -> list[orders.OrderLine]:
    """Write what was priced as the lines of an order."""
    return [
        orders.OrderLine(n, e.sku, e.name, e.quantity, e.unit_minor, e.net, e.tax, e.gross, e.rate_bp, 0, e.discount)
        for n, e in enumerate(priced.lines, 1)
    ]


def _placing(each: _Try, openings: Sequence[payments.Opening]) -> orders.Placing:
    priced, terms, row = each.body.priced, each.body.terms, each.row
    authorised = sum(opening.authorised_minor for opening in openings)
    return orders.Placing(
        id=each.order, cart_id=row.id, channel=row.channel, owner_kind=row.owner_kind, owner=row.owner,
        email=terms.email or "", currency=priced.currency,
        state="open" if authorised >= priced.total else "awaiting-payment",
        delivery_minor=priced.delivery_line.gross if priced.delivery_line else 0, tax_minor=priced.tax,
        total_minor=priced.total, authorised_minor=authorised,
        captured_minor=sum(opening.captured_minor for opening in openings), agreed=row.body, lines=as_lines(priced),
        discount_minor=priced.discount, promotions=[(code, minor) for code, minor, _ in rules.uses(each.body.trace)],
    )  # fmt: skip


async def place(call: Call[Any], cart: UUID, tenders: Annotated[list[payments.Tender], Meta(max_length=10)]) -> Placed:
    """Place a cart: it becomes an order, its units are set aside, its tenders are asked for their money.

    Placing the same cart again gives the same order and goes on with payments whose outcome is not known yet.

    Raises:
        NotFound: there is no such cart, or it is not yours.
        CartIncomplete: something is missing.
        TotalDiffers: the tenders do not come to what the cart costs.
        OutOfStock: fewer units are free; ``short`` says how many are missing per item.
        NotSellable: something in it is sold no more.
        NoPrice: something in it has no price any more.
        NoTaxRate: the VAT of something is not known.
        ChannelClosed: its channel is closed.
        DeliveryUnknown: its delivery option is gone.
        PointUnknown: nothing is collected there any more.
        WindowFull: somebody else had the last place of its hours; choose others.
        WindowUnknown: its hours cannot be had, or not any more.
        TendersUnfit: a provider or method is not offered, or a token is missing.
        ProviderUnavailable: a payment provider does not answer at the moment; ``others`` are in use.
        PromotionSpent: somebody else was given the last of a promotion; the cart has another total now.
        ApprovalNeeded: it is more than you may order for your company by yourself.
        CreditSpent: so much is not left of your company's credit.
        CompanyRefused: your company buys nothing at the moment.
        BuyerChanged: you buy for this company no more; look at the cart again.
    Emits:
        OrderPlaced, StockHeld
    """
    placed: Placed = await call.submit(place_orders, Place(cart, tenders))
    if placed.state != "awaiting-payment":
        return placed
    await payments.authorise_all(call, placed.order)
    async with call.transaction() as tx:
        [row] = await q.placed(tx, carts=[cart])
    return msgspec.structs.replace(placed, state=row.state)
