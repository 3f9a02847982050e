"""Lists that are typed or kept: quick orders and templates."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import checkout, companies
from rynek.commerce.checkout import CartChange, Want
from rynek.commerce.pricing import NoPrice, NotSellable
from rynek.commerce.quotes import rules
from rynek.commerce.quotes.actions import q
from rynek.commerce.quotes.model import (
    LineFault,
    Name,
    NothingRead,
    QuickOrdered,
    Read,
    Template,
    TemplateRow,
    Typed,
)
from rynek.kernel.database import Tx
from rynek.kernel.faults import Fault, NotFound

Wants = Annotated[list[Want], Meta(min_length=1, max_length=rules.MOST_LINES)]
_wants = msgspec.json.Decoder(list[Want]).decode
_NOT_YOURS = "there is no such template, or it is not yours"


async def quick_order(tx: Tx, cart: UUID, text: Typed) -> QuickOrdered:
    """Put a typed list, or the text of a CSV file, in a cart: a sku or GTIN and a quantity in each line.

    What is found is put in; what is wrong with the other lines is told of each.

    Raises:
        NotFound: there is no such cart, or it is not yours.
        CartPlaced: it is an order now.
        NothingRead: no line of it can be ordered; ``faults`` says why.
        ChannelClosed: its channel is closed.
        DeliveryUnknown: its delivery option is gone.
        NoTaxRate: the VAT of something is not known.
        Invalid: the cart would have too many lines, or too many of one item.
    Emits:
        CartChanged
    """
    found, faults = rules.read(text)
    items = {each.typed: each.sku for each in await q.items(tx, codes=list({each.code for each in found}))}
    known, unknown = rules.matched(found, items)
    return await _put(tx, cart, known, faults + unknown)


async def _put(tx: Tx, cart: UUID, known: list[tuple[Read, str]], faults: list[LineFault]) -> QuickOrdered:
    """Put lines in a cart, leaving out what it refuses; each refusal names all items of its kind."""
    while known:
        wanted = [Want(sku, line.quantity) for line, sku in known]
        try:
            async with tx.attempt():
                changed = await checkout.change_cart(tx, cart, CartChange(add=wanted))
        except (NotSellable, NoPrice) as refused:
            known, more = rules.without(known, _named(refused, known), refused.title)
            faults = faults + more
        else:
            return QuickOrdered(changed, len(known), sorted(faults, key=lambda each: each.line))
    await checkout.cart(tx, cart)
    told = [msgspec.to_builtins(each) for each in sorted(faults, key=lambda each: each.line)]
    raise NothingRead("no line can be ordered", faults=told[:20])


def _named(refused: Fault, known: list[tuple[Read, str]]) -> set[str]:
    """Tell which lines a refusal is about; where it is about what the cart held before, nothing of ours is at fault."""
    named = set(refused.facts.get("skus", [])) & {sku for _, sku in known}
    if not named:
        raise refused
    return named


async def templates(tx: Tx) -> list[Template]:
    """List your templates, and those that are shared in your company."""
    seat = await companies.seat_of(tx, tx.actor.id)
    rows = await q.templates(tx, customer=tx.actor.id, company=seat.company if seat else None)
    return [_template(each) for each in rows]


def _template(row: TemplateRow) -> Template:
    return Template(row.id, row.customer, row.name, row.company is not None, _wants(row.lines), row.changed_at)


async def put_template(tx: Tx, template: UUID, name: Name, lines: Wants, shared: bool = False) -> None:  # noqa: FBT001, FBT002 - an operation's field
    """Keep a list under a name, or change it; shared, everybody who buys for your company may order by it.

    Raises:
        NotFound: it is somebody else's.
    """
    seat = await companies.seat_of(tx, tx.actor.id) if shared else None
    written = await q.put_template(
        tx, id=template, customer=tx.actor.id, company=seat.company if seat else None, name=name,
        lines=msgspec.json.encode(lines).decode(), at=tx.at,
    )  # fmt: skip
    if written is None:
        raise NotFound(_NOT_YOURS)


async def drop_template(tx: Tx, template: UUID) -> None:
    """Throw a template of yours away.

    Raises:
        NotFound: there is no such template, or it is not yours.
    """
    if await q.drop_template(tx, id=template, customer=tx.actor.id) is None:
        raise NotFound(_NOT_YOURS)


async def order_template(tx: Tx, template: UUID, cart: UUID) -> QuickOrdered:
    """Put what is in a template in a cart; what is sold no more is told of each.

    Raises:
        NotFound: there is no such template or cart, or it is not yours.
        CartPlaced: it is an order now.
        NothingRead: nothing of it is sold; ``faults`` says why.
        ChannelClosed: its channel is closed.
        DeliveryUnknown: its delivery option is gone.
        NoTaxRate: the VAT of something is not known.
        Invalid: the cart would have too many lines, or too many of one item.
    Emits:
        CartChanged
    """
    row: TemplateRow | None = await q.template(tx, id=template)
    seat = await companies.seat_of(tx, tx.actor.id)
    if row is None or (row.customer != tx.actor.id and (seat is None or row.company != seat.company)):
        raise NotFound(_NOT_YOURS)
    lines = [Read(number, each.sku, each.sku, each.quantity) for number, each in enumerate(_wants(row.lines), 1)]
    items = {each.typed: each.sku for each in await q.items(tx, codes=[each.code for each in lines])}
    known, unknown = rules.matched(lines, items)
    return await _put(tx, cart, known, unknown)
