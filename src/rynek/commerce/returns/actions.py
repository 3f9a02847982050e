"""What can be asked of returns, and what is decided before anything arrives."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import catalog, inventory, media, orders
from rynek.commerce.checkout import Want
from rynek.commerce.returns import model, rules
from rynek.commerce.returns.events import ReturnAsked, ReturnDecided
from rynek.commerce.returns.model import (
    Asked,
    AskedLine,
    Decision,
    Exemption,
    Goods,
    Head,
    LineNumber,
    NoWallet,
    Offer,
    PhotoUnknown,
    Policy,
    Proof,
    Returnable,
    ReturnClosed,
    ReturnLine,
    Sale,
    Search,
    Sold,
    State,
    Summary,
    TooManyPhotos,
    Why,
)
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.door import Call
from rynek.kernel.events import emit
from rynek.kernel.faults import Invalid, NotFound
from rynek.kernel.sql import queries

q = queries(__file__, model)

PHOTOS = 10
"""How many pictures there are of a line."""
_NOT_YOURS = "there is no such order, or it is not yours"


# --- asking -----------------------------------------------------------------------------------------------------------


async def offer(tx: Tx, order: UUID | None = None, proof: Proof | None = None) -> Offer:
    """Tell what of an order may come back, and until when; a guest names it by its number and e-mail.

    Raises:
        NotFound: there is no such order, or it is not yours.
        Invalid: neither the order nor a proof is given.
    """
    if order is None:
        if proof is None:
            raise Invalid("which order? Its id, or its number and e-mail", field="order")
        order = await q.proven(tx, number=proof.number, email=proof.email)
    sale = await _sale(tx, order, proof)
    policy = await _policy(tx, sale.channel)
    sold: list[Sold] = await q.sold(tx, order=sale.order)
    exempt = await exempted(tx, [line.sku for line in sold])
    arrived = rules.delivered(sale, policy)
    sellable = await catalog.sellable(tx, sale.channel, [line.sku for line in sold])
    lines = [
        Returnable(
            line.line, line.sku, line.name, line.free, line.gross_minor, exempt.get(line.sku),
            sellable[line.sku].product if line.sku in sellable else None,
        )
        for line in sold
    ]  # fmt: skip
    until, claims = rules.withdrawal_until(arrived, policy), rules.claims_until(arrived, policy)
    return Offer(sale.order, sale.number, sale.currency, until, claims, lines)


async def ask(tx: Tx, asked: Asked) -> Goods:
    """Ask to give goods back. By right of withdrawal it is agreed to at once; of anything else somebody decides.

    Raises:
        NotFound: there is no such order, or it is not yours.
        Invalid: a line is given twice, the order has no such line, or an exchange is for nothing.
        NoWallet: whoever bought has no account that store credit could be for.
        TooManyReturned: more would come back than was sent, less what came or is on its way.
        PhotoUnknown: a picture was not uploaded.
    Emits:
        ReturnAsked, ReturnDecided
    """
    sale = await _sale(tx, asked.order, asked.proof)
    if (asked.wish == "exchange") != bool(asked.instead):
        raise Invalid("an exchange is for something, anything else is not", field="instead")
    if asked.wish == "store-credit" and sale.owner_kind != "customer":
        raise NoWallet(field="wish")
    photos = {photo for line in asked.lines for photo in line.photos}
    if photos - await media.known(tx, photos):
        raise PhotoUnknown(field="photos")
    await orders.balance(tx, asked.order)  # one after the other: none sees too few on their way
    sold = {line.line: line for line in await q.sold(tx, order=asked.order)}
    refused = rules.amiss(asked.lines, sold.values(), {})
    if refused is not None:
        raise refused
    grounds = await grounds_of(tx, sale, asked.lines, sold)
    by_right = asked.wish != "repair" and all(each == "withdrawal" for each in grounds)
    id_, state = ids.new(), "approved" if by_right else "asked"
    instead = msgspec.json.encode(asked.instead).decode()
    owner = tx.actor.id if tx.reach == "own" else sale.owner
    number = await q.write(
        tx, id=id_, order=asked.order, wish=asked.wish, state=state, instead=instead, at=tx.at, owner=owner
    )
    await write_lines(tx, id_, asked.lines, sold, grounds)
    await tell(tx, id_, "asked")
    emit(tx, ReturnAsked(asked.order, id_, number, asked.wish, sum(line.units for line in asked.lines)))
    if by_right:
        emit(tx, ReturnDecided(asked.order, id_, agreed=True, note="withdrawal"))
    return await shown(tx, id_)


async def _sale(tx: Tx, order: UUID | None, proof: Proof | None) -> Sale:
    """Find an order that is the asker's: bought so, or proven by its number and e-mail."""
    sale: Sale | None = None if order is None else await q.sale(tx, order=order)
    proven = proof is not None and sale is not None and (proof.number, proof.email.lower()) == (
        sale.number, sale.email.lower()
    )  # fmt: skip
    if sale is None or (tx.reach == "own" and sale.owner != tx.actor.id and not proven):
        raise NotFound(_NOT_YOURS)
    return sale


async def grounds_of(tx: Tx, sale: Sale, lines: Sequence[AskedLine], sold: dict[int, Sold]) -> list[model.Ground]:
    """Tell by what right lines come back."""
    policy = await _policy(tx, sale.channel)
    exempt = await exempted(tx, [sold[line.line].sku for line in lines])
    arrived, today = rules.delivered(sale, policy), tx.at.date()
    return [rules.ground(line, today, arrived, policy, exempt.get(sold[line.line].sku)) for line in lines]


async def write_lines(
    tx: Tx, rma: UUID, lines: Sequence[AskedLine], sold: dict[int, Sold], grounds: Sequence[model.Ground]
) -> None:
    """Write lines into a return."""
    await q.write_lines(
        tx, id=rma, lines=[line.line for line in lines], skus=[sold[line.line].sku for line in lines],
        names=[sold[line.line].name for line in lines], units=[line.units for line in lines],
        reasons=[line.reason for line in lines], grounds=grounds, notes=[line.note for line in lines],
        photos=msgspec.json.encode([line.photos for line in lines]).decode(),
    )  # fmt: skip


async def add_photo(call: Call[Any], rma: UUID, line: LineNumber) -> Goods:
    """Put a picture beside a line of a return that has not arrived: send the file as for an upload of pictures.

    Raises:
        NotFound: there is no such return, or it is not yours.
        ReturnClosed: it was decided otherwise, or has arrived.
        Invalid: the return has no such line.
        TooManyPhotos: the line has ten.
        PictureRefused: the file is no picture, or one too large.
        UnsupportedMediaType: no ``Content-Type`` of a picture came with it.
        Malformed: the form cannot be read.
        Unavailable: too many pictures are being taken in.
    Emits:
        PictureChanged when it is new.
    """
    async with call.transaction() as tx:
        await _pictured(tx, rma, line)
    taken = await media.upload(call)
    async with call.transaction() as tx:
        await lock(tx, rma, "picture")
        await media.known(tx, [taken.picture])
        if await q.add_photo(tx, id=rma, line=line, photo=taken.picture, most=PHOTOS) is None:
            raise TooManyPhotos
        await media.use(tx, {rma: await q.photos(tx, id=rma)})
        return await shown(tx, rma)


async def _pictured(tx: Tx, rma: UUID, line: int) -> None:
    """See that a return can have one more picture, before it is taken in."""
    await lock(tx, rma, "picture")
    found = {each.line: each for each in await q.lines(tx, id=rma)}
    if line not in found:
        raise Invalid("the return has no such line", field="line")
    if len(found[line].photos) >= PHOTOS:
        raise TooManyPhotos


async def exempted(tx: Tx, skus: Sequence[str]) -> dict[str, Why]:
    """Tell which items need not be taken back without a reason, and why."""
    whys = {each.category: each.why for each in await q.exemptions(tx)}
    if not whys:
        return {}
    sorted_ = await catalog.sorting(tx, skus)
    found = {sku: [whys[code] for code in each.categories if code in whys] for sku, each in sorted_.items()}
    return {sku: next((why for why in why_ if why != "sealed"), why_[0]) for sku, why_ in found.items() if why_}


# --- looking ----------------------------------------------------------------------------------------------------------


async def returns(tx: Tx, search: Search) -> list[Summary]:
    """Find returns, newest first; your own, unless you look after everybody's."""
    owner = tx.actor.id if tx.reach == "own" else None
    asked = msgspec.structs.asdict(search)
    found: list[Summary] = await q.find(tx, owner=owner, today=tx.at.date(), **asked)
    return found


async def rma(tx: Tx, rma: UUID) -> Goods:
    """Show a return with its lines and its history.

    Raises:
        NotFound: there is no such return, or it is not yours.
    """
    return await shown(tx, rma)


async def head_of(tx: Tx, rma: UUID) -> Head:
    """Find a return that is the asker's to see.

    Raises:
        NotFound: there is no such return, or it is not yours.
    """
    head: Head | None = await q.head(tx, id=rma)
    if head is not None and tx.reach == "own" and head.owner != tx.actor.id:
        sale: Sale | None = await q.sale(tx, order=head.order)
        head = head if sale is not None and sale.owner == tx.actor.id else None
    if head is None:
        raise NotFound("there is no such return, or it is not yours")
    return head


async def lock(tx: Tx, rma: UUID, what: str) -> tuple[Head, State]:
    """Lock a return, by its order, and tell where it is after something happened to it.

    Raises:
        NotFound: there is no such return, or it is not yours.
        ReturnClosed: that cannot happen to it now.
    """
    head = await head_of(tx, rma)
    await orders.balance(tx, head.order)
    head = await head_of(tx, rma)
    after = rules.step(head.state, what)
    if after is None:
        raise ReturnClosed(f"it is {head.state}", state=head.state)
    return head, after


async def tell(tx: Tx, rma: UUID, what: str, note: str = "") -> None:
    """Write down what happened to a return."""
    await q.tell(tx, id=rma, at=tx.at, what=what, note=note, kind=tx.actor.kind, actor=tx.actor.id)


async def shown(tx: Tx, rma: UUID) -> Goods:
    """Show a return as it is now."""
    head = await head_of(tx, rma)
    lines: list[ReturnLine] = await q.lines(tx, id=rma)
    grounds = {line.ground for line in lines}
    sale: Sale = await q.sale(tx, order=head.order)
    arrived = rules.delivered(sale, await _policy(tx, head.channel))
    proof = rules.proof_is_with(arrived, head.asked_at.date()) if "claim" in grounds else None
    return Goods(
        head.id, f"R-{head.number}", head.order, head.order_number, head.channel, head.email, head.currency, head.wish,
        head.state, msgspec.json.decode(head.instead, type=list[Want]), head.location, head.sent_ahead, head.back_by,
        head.refund_minor, head.delivery_minor, head.asked_at, rules.remedies(grounds, head.repaired), proof,  # type: ignore[arg-type]
        lines, await q.history(tx, id=rma),
    )  # fmt: skip


# --- deciding ---------------------------------------------------------------------------------------------------------


async def decide(tx: Tx, rma: UUID, decision: Decision) -> Goods:
    """Agree to a return, or deny it, and say why.

    Raises:
        NotFound: there is no such return.
        ReturnClosed: it was decided already.
    Emits:
        ReturnDecided
    """
    head, state = await lock(tx, rma, "agree" if decision.agreed else "deny")
    await q.move(tx, id=rma, state=state)
    await tell(tx, rma, state, decision.note)
    emit(tx, ReturnDecided(head.order, rma, decision.agreed, decision.note))
    return await shown(tx, rma)


async def withdraw(tx: Tx, rma: UUID) -> Goods:
    """Keep what was to come back, as long as it has not arrived.

    Raises:
        NotFound: there is no such return, or it is not yours.
        ReturnClosed: it arrived, was denied, or what it is exchanged for has left.
    """
    head, state = await lock(tx, rma, "withdraw")
    if head.sent_ahead:
        raise ReturnClosed("what it is exchanged for has left")
    await q.move(tx, id=rma, state=state)
    await tell(tx, rma, state)
    return await shown(tx, rma)


# --- setting up -------------------------------------------------------------------------------------------------------


async def delivered(tx: Tx, order: UUID, day: date) -> None:
    """Say when all of an order had arrived: from then on the time for its return runs.

    Raises:
        NotFound: there is no such order.
        Invalid: that day is yet to come.
    """
    await orders.balance(tx, order)
    if day > tx.at.date():
        raise Invalid("that day is yet to come", field="day")
    await q.delivered(tx, order=order, day=day)


async def _policy(tx: Tx, channel: str) -> Policy:
    found: Policy | None = await q.policy(tx, channel=channel)
    return found or Policy()


async def policy(tx: Tx, channel: inventory.ChannelCode) -> Policy:
    """Tell how a channel takes goods back."""
    return await _policy(tx, channel)


async def put_policy(tx: Tx, channel: inventory.ChannelCode, policy: Policy) -> None:
    """Say how a channel takes goods back: at least as the law has it."""
    await q.put_policy(tx, channel=channel, **msgspec.structs.asdict(policy))


async def exemptions(tx: Tx) -> list[Exemption]:
    """List the categories whose goods need not be taken back only because the buyer thinks otherwise."""
    found: list[Exemption] = await q.exemptions(tx)
    return found


async def put_exemptions(tx: Tx, exemptions: Annotated[list[Exemption], Meta(max_length=500)]) -> None:
    """Say which categories' goods need not be taken back without a reason, instead of those that were.

    Raises:
        Invalid: a category is given twice.
    """
    codes = [each.category for each in exemptions]
    if len(set(codes)) < len(codes):
        raise Invalid("a category is given twice", field="exemptions")
    await q.clear_exemptions(tx)
    await q.put_exemptions(tx, categories=codes, whys=[each.why for each in exemptions])
