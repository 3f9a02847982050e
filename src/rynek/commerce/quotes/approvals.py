"""What is too much for one is let pass by another: asking for approval, and deciding it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from rynek.commerce import checkout, companies
from rynek.commerce.companies import Member
from rynek.commerce.payments import Tender
from rynek.commerce.quotes import rules
from rynek.commerce.quotes.actions import q
from rynek.commerce.quotes.events import ApprovalMoved
from rynek.commerce.quotes.model import (
    Approval,
    ApprovalDecided,
    Later,
    NobodyApproves,
    Note,
    Reason,
    Total,
    Waiting,
)
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Fault, Forbidden, Invalid, NotFound

Limit = Annotated[int, Meta(ge=1, le=200)]
PATIENCE = timedelta(days=7)
"""How long a request waits to be decided."""
_NOT_YOURS = "there is no such request, or it is not yours"


def _announce(tx: Tx, each: Approval) -> Approval:
    emit(tx, ApprovalMoved(each.id, each.cart, each.customer, each.company, each.state, each.order))
    return each


async def ask(tx: Tx, cart: UUID, method: Later = "invoice", note: Note = "") -> Approval:
    """Ask for approval of a cart that you may not place alone. Asked again it is the same request.

    It is for the cart as it is now: whoever changes it asks anew.

    Raises:
        NotFound: there is no such cart, or it is not yours.
        CartPlaced: it is an order now.
        Invalid: it is empty, or lacks an e-mail address, an address or a delivery.
        Forbidden: you buy for no company.
        NobodyApproves: nobody in your company may approve so much.
        NotSellable: something in it is sold no more.
        NoPrice: something in it has no price any more.
        NoTaxRate: the VAT of something is not known.
        ChannelClosed: its channel is closed.
        DeliveryUnknown: its delivery option is gone.
    Emits:
        ApprovalMoved
    """
    await checkout.cart(tx, cart)
    found = await checkout.held(tx, cart)
    if found.order is not None:
        raise checkout.CartPlaced
    if missing := rules.lacking(found.terms):
        raise Invalid(f"the cart has no {', no '.join(missing)}", field=missing[0], missing=missing)
    seat = await companies.seat_of(tx, tx.actor.id)
    if seat is None:
        raise Forbidden("you buy for no company")
    total = found.priced.total
    if not await _chain(tx, seat, total):
        raise NobodyApproves
    for old in await q.withdraw_other(tx, cart=cart, version=found.version, at=tx.at):
        _announce(tx, old)
    asked = await q.request(
        tx, id=ids.new(), cart=cart, version=found.version, customer=seat.customer, company=seat.company,
        currency=found.priced.currency, total_minor=total, method=method, note=note, at=tx.at,
        until_at=tx.at + PATIENCE,
    )  # fmt: skip
    waiting: Approval = await q.waiting_of(tx, cart=cart)
    return _announce(tx, waiting) if asked is not None else waiting


async def _chain(tx: Tx, asker: Member, total: int) -> Sequence[Member]:
    members, units = await companies.people(tx, asker.company)
    return companies.chain(members, units, asker, total)


async def approvals(
    tx: Tx,
    waiting: bool = True,  # noqa: FBT001, FBT002 - an operation's field
    before: UUID | None = None,
    limit: Limit = 50,
) -> list[Approval]:
    """List requests for approval of your company, the newest first: yours, or all where you may approve.

    Args:
        waiting: only those that are not decided.
    """
    seat = await companies.seat_of(tx, tx.actor.id)
    if seat is None:
        return []
    customer = seat.customer if seat.role == "buyer" else None
    found: list[Approval] = await q.approvals(
        tx, company=seat.company, customer=customer, waiting=waiting, before=before, limit=limit
    )
    return found


async def approval(tx: Tx, approval: UUID) -> Waiting:
    """Show a request for approval: its cart at what it costs now, and who may decide.

    Raises:
        NotFound: there is no such request, or it is not yours.
    """
    found = await _seen(tx, await q.approval(tx, id=approval))
    cart = None
    if found.state == "waiting":
        try:
            cart = await checkout.look(tx, found.cart)
        except Fault:
            cart = None
    asker = await companies.seat_of(tx, found.customer)
    total = cart.priced.total if cart else found.total_minor
    chain = await _chain(tx, asker, total) if asker and asker.company == found.company else []
    yours = found.state == "waiting" and tx.actor.id in {each.customer for each in chain}
    return Waiting(found, cart, asker.name if asker else "", [each.name for each in chain], yours)


async def _seen(tx: Tx, found: Approval | None) -> Approval:
    if found is None:
        raise NotFound(_NOT_YOURS)
    if found.customer != tx.actor.id:
        seat = await companies.seat_of(tx, tx.actor.id)
        if seat is None or seat.company != found.company or seat.role == "buyer":
            raise NotFound(_NOT_YOURS)
    return found


async def _waiting(tx: Tx, approval: UUID) -> Approval:
    found = await _seen(tx, await q.lock_approval(tx, id=approval))
    if found.state != "waiting" or found.until_at <= tx.at:
        state = found.state if found.state != "waiting" else "expired"
        raise ApprovalDecided(f"it is {state}", state=state, order=str(found.order) if found.order else None)
    return found


async def _decider(tx: Tx, found: Approval, total: int) -> None:
    asker = await companies.seat_of(tx, found.customer)
    if asker is None or asker.company != found.company:
        raise Forbidden("who asked buys for the company no more")
    if tx.actor.id not in {each.customer for each in await _chain(tx, asker, total)}:
        raise Forbidden("others decide this: it is too much for you, your own, or not of your unit")


async def approve(tx: Tx, approval: UUID, total_minor: Total) -> Approval:
    """Approve: the cart becomes an order at the total that you have seen, once.

    Raises:
        NotFound: there is no such request, or it is not yours.
        ApprovalDecided: it was decided or withdrawn, or is too old; ``order`` is what it became.
        Forbidden: others decide this.
        CartChanged: it is another cart than the one you were asked about: its buyer asks anew.
        CartPlaced: it has become an order otherwise.
        TotalDiffers: it costs something else by now: look at it again.
        OutOfStock: fewer units are free.
        NotSellable: something in it is sold no more.
        NoPrice: something in it has no price any more.
        NoTaxRate: the VAT of something is not known.
        ChannelClosed: its channel is closed.
        DeliveryUnknown: its delivery option is gone.
        TendersUnfit: it cannot be paid like that any more.
        PromotionSpent: somebody else was given the last of a promotion; it has another total now.
        CreditSpent: so much is not left of the company's credit.
        CompanyRefused: the company buys nothing at the moment.
        BuyerChanged: who asked buys for the company no more.
    Emits:
        ApprovalMoved, OrderPlaced, StockHeld
    """
    found = await _waiting(tx, approval)
    cart = await checkout.held(tx, found.cart)
    if cart.order is not None:
        raise checkout.CartPlaced
    if cart.version != found.version:
        raise checkout.CartChanged("it is another cart by now", version=cart.version)
    total = cart.priced.total
    if total != total_minor:
        raise checkout.TotalDiffers(f"the cart costs {total}, you have seen {total_minor}", total=total)
    await _decider(tx, found, total)
    tenders = [Tender(method=found.method, amount_minor=total)] if total else []
    placed = await checkout.place_now(tx, checkout.Place(found.cart, tenders, found.id))
    return await _decide(tx, found, "approved", order=placed.order)


async def _decide(tx: Tx, found: Approval, state: str, answer: str = "", order: UUID | None = None) -> Approval:
    decided: Approval = await q.decide(
        tx, id=found.id, state=state, by=tx.actor.id, at=tx.at, answer=answer, order_id=order
    )
    return _announce(tx, decided)


async def reject(tx: Tx, approval: UUID, reason: Reason) -> Approval:
    """Reject a request, and say why.

    Raises:
        NotFound: there is no such request, or it is not yours.
        ApprovalDecided: it was decided or withdrawn, or is too old.
        Forbidden: others decide this.
    Emits:
        ApprovalMoved
    """
    found = await _waiting(tx, approval)
    await _decider(tx, found, 0)
    return await _decide(tx, found, "rejected", reason)


async def withdraw(tx: Tx, approval: UUID) -> Approval:
    """Let a request of yours be.

    Raises:
        NotFound: there is no such request, or it is not yours.
        ApprovalDecided: it was decided or withdrawn, or is too old.
        Forbidden: somebody else asked.
    Emits:
        ApprovalMoved
    """
    found = await _waiting(tx, approval)
    if found.customer != tx.actor.id:
        raise Forbidden("somebody else asked")
    return await _decide(tx, found, "withdrawn")


async def end(tx: Tx, approval: UUID) -> None:
    """Close a request that nobody decided in time.

    Emits:
        ApprovalMoved
    """
    found: Approval = await q.lock_approval(tx, id=approval)
    await _decide(tx, found, "expired")
