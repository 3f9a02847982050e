"""What can be done with quotes: ask, offer, counter, accept, decline."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import checkout, companies
from rynek.commerce.checkout import Terms
from rynek.commerce.payments import Tender
from rynek.commerce.quotes import events as announced
from rynek.commerce.quotes import model, rules
from rynek.commerce.quotes.model import (
    Agreed,
    Counter,
    Later,
    Line,
    Listed,
    Note,
    Offer,
    Quote,
    QuoteClosed,
    QuoteMoved,
    QuoteRow,
    QuoteState,
    Said,
    SaidRow,
    Turn,
)
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Conflict, Invalid, NotFound
from rynek.kernel.sql import queries

q = queries(__file__, model)

Limit = Annotated[int, Meta(ge=1, le=200)]
_lines = msgspec.json.Decoder(list[Line]).decode
_terms = msgspec.json.Decoder(Terms).decode
_OPEN = ("requested", "offered", "countered")
_NOT_YOURS = "there is no such quote, or it is not yours"


async def request(tx: Tx, cart: UUID, note: Note = "") -> Quote:
    """Ask for a quote for what is in a cart: with its address and delivery, at the prices of now to begin with.

    Raises:
        NotFound: there is no such cart, or it is not yours.
        CartPlaced: it is an order now.
        Invalid: it is empty, or lacks an e-mail address, an address or a delivery.
        NotSellable: something in it is sold no more.
        NoPrice: something in it has no price any more.
        NoTaxRate: the VAT of something is not known.
        ChannelClosed: its channel is closed.
        DeliveryUnknown: its delivery option is gone.
    Emits:
        QuoteMoved
    """
    found = await checkout.cart(tx, cart)
    if found.order is not None:
        raise checkout.CartPlaced
    terms, priced = found.terms, found.priced
    if missing := rules.lacking(terms):
        raise Invalid(f"the cart has no {', no '.join(missing)}", field=missing[0], missing=missing)
    seat = await companies.seat_of(tx, tx.actor.id)
    quote, company = ids.new(), seat.company if seat else None
    kept = msgspec.json.encode(msgspec.structs.replace(terms, coupons=())).decode()
    number = await q.ask(
        tx, id=quote, customer=tx.actor.id, company=company, channel=terms.channel, currency=priced.currency,
        terms=kept, at=tx.at,
    )  # fmt: skip
    given = {line.sku for line in priced.lines if line.gross == 0 and line.discount}
    lines = [
        Line(each.sku, each.quantity, rules.each(each.net, each.quantity, each.unit))
        for each in priced.lines
        if each.sku not in given
    ]
    delivery = priced.delivery_line.net if priced.delivery_line else None
    await _say(tx, quote, 1, "requested", note, lines, delivery_minor=delivery)
    emit(tx, announced.QuoteMoved(quote, number, tx.actor.id, company, "requested", 1, None))
    return await _shown(tx, await q.quote(tx, id=quote))


async def _say(tx: Tx, quote: UUID, turn: int, what: str, note: str, lines: Sequence[Line], **more: object) -> None:
    said = {"delivery_minor": None, "valid_until": None} | more
    await q.say(
        tx, quote=quote, turn=turn, at=tx.at, what=what, kind=tx.actor.kind, actor=tx.actor.id, note=note,
        lines=msgspec.json.encode(lines).decode(), **said,
    )  # fmt: skip


async def _move(tx: Tx, row: QuoteRow, state: QuoteState, note: str, lines: Sequence[Line], **more: object) -> None:
    """Add a turn to a locked quote, and move it on."""
    turn = row.turn + 1
    order = more.pop("order", None)
    await _say(tx, row.id, turn, state, note, lines, **more)
    until = more.get("valid_until") if state == "offered" else None
    await q.move(tx, id=row.id, state=state, turn=turn, valid_until=until, order_id=order)
    emit(tx, announced.QuoteMoved(row.id, row.number, row.customer, row.company, state, turn, order))  # type: ignore[arg-type]


async def _mine(tx: Tx, row: QuoteRow | None) -> QuoteRow:
    """See that a quote is the buyer's own, or that of somebody they may approve for."""
    if row is None:
        raise NotFound(_NOT_YOURS)
    if tx.reach == "own" and row.customer != tx.actor.id:
        seat = await companies.seat_of(tx, tx.actor.id)
        if seat is None or row.company != seat.company or seat.role == "buyer":
            raise NotFound(_NOT_YOURS)
    return row


async def _locked(tx: Tx, quote: UUID, turn: int) -> tuple[QuoteRow, list[SaidRow]]:
    """Lock a quote that is still open, at the turn that was read."""
    row = await _mine(tx, await q.lock_quote(tx, id=quote))
    if row.state not in _OPEN or (row.valid_until is not None and row.valid_until <= tx.at):
        raise QuoteClosed(f"it is {row.state if row.state not in _OPEN else 'past its day'}")
    if row.turn != turn:
        raise QuoteMoved(f"it is at turn {row.turn}", turn=row.turn)
    return row, await q.thread(tx, quote=quote)


async def offer(tx: Tx, quote: UUID, offer: Offer) -> Quote:
    """Offer lines at prices until an instant; the buyer may accept exactly that.

    Raises:
        NotFound: there is no such quote.
        QuoteClosed: it was accepted or declined, or is past its day.
        QuoteMoved: somebody has said something since the turn you have read.
        Invalid: an item is offered twice, or the instant is past or has no time zone.
    Emits:
        QuoteMoved
    """
    if offer.valid_until.tzinfo is None or offer.valid_until <= tx.at:
        raise Invalid("it has to be good until an instant to come, with its time zone", field="valid_until")
    _once(offer.lines)
    row, _ = await _locked(tx, quote, offer.turn)
    await _move(
        tx, row, "offered", offer.note, offer.lines, delivery_minor=offer.delivery_minor, valid_until=offer.valid_until
    )
    return await _shown(tx, await q.quote(tx, id=quote))


async def counter(tx: Tx, quote: UUID, counter: Counter) -> Quote:
    """Say what you would pay; the shop may offer that, or something else.

    Raises:
        NotFound: there is no such quote, or it is not yours.
        QuoteClosed: it was accepted or declined, or is past its day.
        QuoteMoved: somebody has said something since the turn you have read.
        Invalid: an item is named twice.
    Emits:
        QuoteMoved
    """
    _once(counter.lines)
    row, _ = await _locked(tx, quote, counter.turn)
    await _move(tx, row, "countered", counter.note, counter.lines)
    return await _shown(tx, await q.quote(tx, id=quote))


def _once(lines: Sequence[Line]) -> None:
    if (sku := rules.doubled(lines)) is not None:
        raise Invalid(f"{sku} is named twice: it has one price", field="lines")


async def decline(tx: Tx, quote: UUID, turn: Turn, note: Note = "") -> Quote:
    """Let a quote be: whoever declines, buyer or shop, it is closed.

    Raises:
        NotFound: there is no such quote, or it is not yours.
        QuoteClosed: it was accepted or declined already, or is past its day.
        QuoteMoved: somebody has said something since the turn you have read.
    Emits:
        QuoteMoved
    """
    row, _ = await _locked(tx, quote, turn)
    await _move(tx, row, "declined", note, [])
    return await _shown(tx, await q.quote(tx, id=quote))


async def accept(tx: Tx, quote: UUID, turn: Turn, method: Later = "invoice") -> Agreed:
    """Accept an offer: it becomes an order with exactly its lines and prices, once.

    Raises:
        NotFound: there is no such quote, or it is not yours.
        QuoteClosed: it was declined, or is past its day; ``order`` is what it became already.
        QuoteMoved: somebody has said something since the turn you have read.
        Conflict: there is no offer to accept: the shop has still to answer.
        NotSellable: something in it is sold no more.
        NoTaxRate: the VAT of something is not known.
        ChannelClosed: its channel is closed.
        DeliveryUnknown: its delivery option is gone.
        OutOfStock: fewer units are free.
        TendersUnfit: it cannot be paid like this.
        ApprovalNeeded: it is more than the buyer may order alone: somebody who may approve accepts it.
        CreditSpent: so much is not left of the company's credit.
        CompanyRefused: the company buys nothing at the moment.
        BuyerChanged: the buyer buys for this company no more.
    Emits:
        QuoteMoved, OrderPlaced, StockHeld
    """
    row = await _mine(tx, await q.lock_quote(tx, id=quote))
    if row.state == "accepted":
        raise QuoteClosed("it was accepted already", order=str(row.order))
    row, thread = await _locked(tx, quote, turn)
    if row.state != "offered":
        raise Conflict("the shop has still to answer")
    said, terms = thread[-1], _terms(row.terms)
    lines = _lines(said.lines)
    sku = await q.delivery_item(tx, channel=row.channel, code=terms.delivery)
    delivery = (sku, said.delivery_minor or 0) if sku else None
    cart = await checkout.settle(tx, row.customer, rules.settled(terms, row.number, lines, delivery))
    total = cart.priced.total
    tenders = [Tender(method=method, amount_minor=total)] if total else []
    let = row.id if await _lets(tx, row, total) else None
    placed = await checkout.place_now(tx, checkout.Place(cart.id, tenders, let))
    await _move(tx, row, "accepted", "", lines, delivery_minor=said.delivery_minor, order=placed.order)
    return Agreed(placed.order, placed.number, placed.total_minor, placed.currency)


async def _lets(tx: Tx, row: QuoteRow, total: int) -> bool:
    """Tell whether whoever accepts may let the buyer's order pass."""
    seat = await companies.seat_of(tx, row.customer)
    if seat is None or row.customer == tx.actor.id:
        return False
    members, units = await companies.people(tx, seat.company)
    return tx.actor.id in {each.customer for each in companies.chain(members, units, seat, total)}


async def lapse(tx: Tx, quote: UUID) -> None:
    """Close a quote whose offer is past its day.

    Emits:
        QuoteMoved
    """
    row: QuoteRow = await q.lock_quote(tx, id=quote)
    await _move(tx, row, "expired", "", [])


# --- what is known ----------------------------------------------------------------------------------------------------


async def quotes(
    tx: Tx, state: QuoteState | None = None, before: UUID | None = None, limit: Limit = 50
) -> list[Listed]:
    """List quotes, the newest first: yours, those of your company where you may approve, or everybody's."""
    customer, company = None, None
    if tx.reach == "own":
        seat = await companies.seat_of(tx, tx.actor.id)
        customer = tx.actor.id
        company = seat.company if seat is not None and seat.role != "buyer" else None
    found: list[Listed] = await q.quotes(
        tx, customer=customer, company=company, state=state, before=before, limit=limit
    )
    return found


async def quote(tx: Tx, quote: UUID) -> Quote:
    """Show a quote with its whole thread.

    Raises:
        NotFound: there is no such quote, or it is not yours.
    """
    return await _shown(tx, await _mine(tx, await q.quote(tx, id=quote)))


async def _shown(tx: Tx, row: QuoteRow) -> Quote:
    thread = [
        Said(e.turn, e.at, e.what, e.by, e.note, _lines(e.lines), e.delivery_minor, e.valid_until)
        for e in await q.thread(tx, quote=row.id)
    ]
    last = next((each for each in reversed(thread) if each.lines), thread[0])
    sold = {each.sku: each.unit for each in await q.units(tx, skus=[line.sku for line in last.lines])}
    known = {name: getattr(row, name) for name in QuoteRow.__struct_fields__ if name != "terms"}
    terms = _terms(row.terms)
    net = rules.comes_to(last.lines, sold, last.delivery_minor)
    return Quote(**known, email=terms.email, delivery=terms.delivery, thread=thread, net_minor=net)
