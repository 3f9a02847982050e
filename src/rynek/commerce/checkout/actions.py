"""What buyers do between the shelf and the order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import inventory, orders, pricing, promotions, shipping
from rynek.commerce.checkout import events as announced
from rynek.commerce.checkout import rules, tally
from rynek.commerce.checkout.model import (
    NOT_YOURS,
    Body,
    Cart,
    CartChange,
    CartChanged,
    CartPlaced,
    CartRow,
    ChannelClosed,
    DeliveryUnknown,
    Explained,
    Member,
    Nearby,
    NewCart,
    Option,
    OptionCode,
    Point,
    Preview,
    Previewed,
    Spot,
    Terms,
    WindowId,
)
from rynek.commerce.checkout.tally import Pricing, q
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.database import Tx
from rynek.kernel.door import Call
from rynek.kernel.events import emit
from rynek.kernel.faults import Fault, Invalid, NotFound

_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Body).decode
_NOBODY: list[UUID] = []


# --- carts ------------------------------------------------------------------------------------------------------------


async def open_cart(tx: Tx, calls: Sequence[Call[NewCart]]) -> list[Cart | Fault]:
    """Begin a cart, with as much in it as the buyer knows already. Who has no credentials becomes a guest by it.

    Raises:
        ChannelClosed: nothing is sold in this channel.
        DeliveryUnknown: the channel has no such delivery option.
        NotSellable: something is not sold there.
        NoPrice: something has no price there.
        NoTaxRate: the VAT of something is not known.
        UnknownCoupon: there is no such code.
        PointUnknown: nothing is collected there by this delivery.
        Invalid: an item is asked for more than a million times.
    Emits:
        CartChanged
    """
    terms = [_begin(call.input) for call in calls]
    sound = [
        Pricing(each, call.actor.kind, call.actor.id)
        for call, each in zip(calls, terms, strict=True)
        if not isinstance(each, Fault)
    ]
    found = await tally.price_many(tx, sound) if sound else []
    astray = await tally.misplaced(tx, [None if isinstance(each, Fault) else each.body for each in found])
    prices = iter([wrong or each for each, wrong in zip(found, astray, strict=True)])
    results: list[Cart | Fault] = []
    rows = []
    for call, each in zip(calls, terms, strict=True):
        price = each if isinstance(each, Fault) else next(prices)
        refused = price if isinstance(price, Fault) else rules.unknown_coupon(price.body.trace)
        if isinstance(price, Fault) or refused is not None:
            results.append(refused or price)  # type: ignore[arg-type]
            continue
        cart = Cart(ids.new(), 1, price.body.terms, price.body.priced, price.good_until)
        rows.append(
            (cart.id, call.actor.kind, call.actor.id, cart.terms.channel, cart.good_until, _encode(price.body).decode())
        )
        results.append(cart)
        emit(tx, _announce(cart, call.actor.kind, call.actor.id))
    if rows:
        carts, kinds, owners, channels, good_untils, bodies = zip(*rows, strict=True)
        await q.open_carts(
            tx, ids=carts, owner_kinds=kinds, owners=owners, channels=channels, good_untils=good_untils, bodies=bodies,
            at=tx.at,
        )  # fmt: skip
    return results


def _begin(new: NewCart) -> Terms | Fault:
    said = Terms(
        new.channel, new.lines, new.email, new.country, new.address, new.delivery, new.coupons, point=new.point,
        recipient=new.recipient, window=new.window,
    )  # fmt: skip
    return rules.changed(said, CartChange())


def _announce(cart: Cart, owner_kind: str, owner: UUID) -> announced.CartChanged:
    skus = [want.sku for want in cart.terms.lines]
    priced = cart.priced
    return announced.CartChanged(
        cart.id, cart.version, cart.terms.channel, owner_kind, owner, priced.currency, priced.total, skus
    )


def _owned(row: CartRow | None, actor: Actor, reach: str) -> CartRow:
    if row is None or (reach == "own" and row.owner != actor.id):
        raise NotFound(NOT_YOURS)
    return row


async def cart(tx: Tx, cart: UUID) -> Cart:
    """Show a cart with what it comes to now; prices older than their promise are looked up anew.

    Raises:
        NotFound: there is no such cart, or it is not yours.
        NotSellable: something in it is sold no more: take it out.
        NoPrice: something in it has no price any more.
        NoTaxRate: the VAT of something is not known.
        ChannelClosed: its channel is closed.
        DeliveryUnknown: its delivery option is gone.
    """
    return await _shown(tx, _owned(await q.cart(tx, id=cart), tx.actor, tx.reach))


async def look(tx: Tx, cart: UUID) -> Cart:
    """Tell what anybody's cart comes to now: for those who have seen to it that the actor may look.

    Raises:
        NotFound: there is no such cart.
        NotSellable, NoPrice, NoTaxRate, ChannelClosed, DeliveryUnknown: why it has no price any more.
    """
    row: CartRow | None = await q.cart(tx, id=cart)
    if row is None:
        raise NotFound("there is no such cart")
    return await _shown(tx, row)


async def held(tx: Tx, cart: UUID) -> Cart:
    """Lock anybody's cart and tell what it comes to now: for those who place it in this transaction.

    Raises:
        NotFound: there is no such cart.
        NotSellable, NoPrice, NoTaxRate, ChannelClosed, DeliveryUnknown: why it has no price any more.
    """
    [row] = await q.lock_carts(tx, ids=[cart]) or [None]
    if row is None:
        raise NotFound("there is no such cart")
    return await _shown(tx, row)


async def _shown(tx: Tx, row: CartRow) -> Cart:
    cart = row.id
    [became] = await q.placed(tx, carts=[cart]) or [None]
    body, good_until = _read(row.body), row.good_until
    if became is None and good_until <= tx.at:
        body, good_until = await tally.price_one(tx, body.terms, row.owner_kind, row.owner)
    return Cart(row.id, row.version, body.terms, body.priced, good_until, became.order if became else None)


async def carts(tx: Tx, before: UUID | None = None, limit: Annotated[int, Meta(ge=1, le=100)] = 20) -> list[Cart]:
    """List your carts that were not placed yet, newest first, with the prices they were last given."""
    rows = await q.carts_of(tx, owner=tx.actor.id, before=before, limit=limit)
    bodies = [_read(row.body) for row in rows]
    return [Cart(r.id, r.version, b.terms, b.priced, r.good_until) for r, b in zip(rows, bodies, strict=True)]


async def _lock(tx: Tx, cart: UUID) -> CartRow:
    row = _owned((await q.lock_carts(tx, ids=[cart]) or [None])[0], tx.actor, tx.reach)
    if await q.placed(tx, carts=[cart]):
        raise CartPlaced
    return row


async def settle(tx: Tx, customer: UUID, terms: Terms) -> Cart:
    """Open a cart for a customer with prices that were agreed.

    Raises:
        NotSellable, NoTaxRate, ChannelClosed, DeliveryUnknown: why it has no price.
    Emits:
        CartChanged
    """
    price = await tally.price_one(tx, terms, "customer", customer)
    cart = Cart(ids.new(), 1, terms, price.body.priced, price.good_until)
    await q.open_carts(
        tx, ids=[cart.id], owner_kinds=["customer"], owners=[customer], channels=[terms.channel],
        good_untils=[cart.good_until], bodies=[_encode(price.body).decode()], at=tx.at,
    )  # fmt: skip
    emit(tx, _announce(cart, "customer", customer))
    return cart


async def _save(tx: Tx, row: CartRow, terms: Terms, *, typed: bool = False) -> Cart:
    price = await tally.price_one(tx, terms, row.owner_kind, row.owner)
    if typed and (refused := rules.unknown_coupon(price.body.trace)):
        raise refused
    if _place_of(terms) != _place_of(_read(row.body).terms):
        await _see_point(tx, price.body)
    version = await q.save(
        tx, id=row.id, channel=terms.channel, good_until=price.good_until, at=tx.at, body=_encode(price.body).decode()
    )
    saved = Cart(row.id, version, terms, price.body.priced, price.good_until)
    emit(tx, _announce(saved, row.owner_kind, row.owner))
    return saved


def _place_of(terms: Terms) -> tuple[str | None, ...]:
    return terms.channel, terms.delivery, terms.point


async def _see_point(tx: Tx, body: Body) -> None:
    [astray] = await tally.misplaced(tx, [body])
    if astray is not None:
        raise astray


async def change_cart(tx: Tx, cart: UUID, change: CartChange) -> Cart:
    """Change a cart: its lines, where it goes and how, or the channel it is bought in.

    Raises:
        NotFound: there is no such cart, or it is not yours.
        CartPlaced: it is an order now.
        CartChanged: somebody changed it since the version you name.
        ChannelClosed: nothing is sold in this channel.
        DeliveryUnknown: the channel has no such delivery option.
        NotSellable: something is not sold there.
        NoPrice: something has no price there.
        NoTaxRate: the VAT of something is not known.
        UnknownCoupon: there is no such code.
        PointUnknown: nothing is collected there by this delivery.
        Invalid: too many lines, or too many of one item.
    Emits:
        CartChanged
    """
    row = await _lock(tx, cart)
    if change.version is not msgspec.UNSET and change.version != row.version:
        raise CartChanged(f"it is at version {row.version}", version=row.version)
    terms = rules.changed(_read(row.body).terms, change)
    if isinstance(terms, Fault):
        raise terms
    return await _save(tx, row, terms, typed=change.coupons is not msgspec.UNSET)


async def drop_cart(tx: Tx, cart: UUID) -> None:
    """Throw a cart away.

    Raises:
        NotFound: there is no such cart, or it is not yours.
        CartPlaced: it is an order now.
    Emits:
        CartDropped
    """
    row = await _lock(tx, cart)
    await q.drop(tx, id=row.id)
    emit(tx, announced.CartDropped(row.id, None))


async def merge_cart(tx: Tx, cart: UUID, other: UUID) -> Cart:
    """Put what is in another cart of yours into this one; the other is gone.

    Raises:
        NotFound: there is no such cart, or it is not yours.
        CartPlaced: one of them is an order now.
        Invalid: both are the same, or together they have too many lines.
        ChannelClosed: nothing is sold in this channel.
        DeliveryUnknown: the channel has no such delivery option.
        NotSellable: something is not sold there.
        NoPrice: something has no price there.
        NoTaxRate: the VAT of something is not known.
    Emits:
        CartChanged, CartDropped
    """
    if cart == other:
        raise Invalid("a cart cannot be merged with itself", field="other")
    rows = {row.id: row for row in await q.lock_carts(tx, ids=[cart, other])}
    into, source = (_owned(rows.get(each), tx.actor, tx.reach) for each in (cart, other))
    if await q.placed(tx, carts=[cart, other]):
        raise CartPlaced
    terms = rules.together(_read(into.body).terms, _read(source.body).terms)
    if isinstance(terms, Fault):
        raise terms
    await q.drop(tx, id=source.id)
    emit(tx, announced.CartDropped(source.id, into.id))
    return await _save(tx, into, terms)


async def take_over(tx: Tx, guest: UUID, customer: UUID) -> None:
    """Give a guest who logged in the carts begun before; each goes into a cart of the same channel, if there is one.

    Emits:
        CartChanged, CartDropped
    """
    brought = await q.carts_of(tx, owner=guest, before=None, limit=100)
    mine = {row.channel: row for row in reversed(await q.carts_of(tx, owner=customer, before=None, limit=100))}
    await q.lock_carts(tx, ids=[row.id for row in (*brought, *mine.values())])
    await q.give(tx, owner=guest, to=customer, ids=[row.id for row in brought], at=tx.at)
    for row in brought:
        if row.channel in mine:
            await _merge_over(tx, mine[row.channel].id, row.id)
        else:
            mine[row.channel] = row


async def _merge_over(tx: Tx, cart: UUID, other: UUID) -> None:
    try:
        async with tx.attempt():
            await merge_cart(tx, cart, other)
    except Fault:
        # what is sold no more, or too much for one cart, stays in a cart of its own for its owner to mend
        return


# --- why --------------------------------------------------------------------------------------------------------------


async def preview(tx: Tx, preview: Preview) -> Previewed:
    """Tell what a basket will come to at an instant to come, by the prices, taxes and promotions set by now.

    Raises:
        Invalid: the instant is past or has no time zone, or an item is asked for more than a million times.
        ChannelClosed: nothing is sold in this channel.
        DeliveryUnknown: the channel has no such delivery option.
        NotSellable: something is not sold there then.
        NoPrice: something has no price there then.
        NoTaxRate: the VAT of something is not known.
        UnknownCoupon: there is no such code.
    """
    if preview.at.tzinfo is None:
        raise Invalid("an instant needs its time zone", field="at")
    if preview.at < tx.at:
        raise Invalid("what is past is explained, not previewed", field="at")
    terms = _begin(preview.cart)
    if isinstance(terms, Fault):
        raise terms
    kind, owner = ("customer", preview.customer) if preview.customer else ("guest", tx.actor.id)
    price = await tally.price_one(tx, terms, kind, owner, preview.at)
    if refused := rules.unknown_coupon(price.body.trace):
        raise refused
    body = price.body
    return Previewed(
        preview.at, body.priced, await promotions.explain(tx, body.trace, body.terms.channel, body.priced.currency)
    )


async def explain_cart(tx: Tx, cart: UUID) -> Explained:
    """Explain what a cart comes to: every price and every promotion that was looked at, and what would be needed.

    Raises:
        NotFound: there is no such cart.
        UnknownChannel: its channel is gone.
    """
    row = _owned(await q.cart(tx, id=cart), tx.actor, tx.reach)
    return await _explain(tx, _read(row.body), row.good_until - rules.PROMISE)


async def explain_order(tx: Tx, order: UUID) -> Explained:
    """Explain what an order came to when it was bought, by what was set then.

    Raises:
        NotFound: there is no such order, or it is not yours.
        UnknownChannel: its channel is gone.
    """
    found = await orders.order(tx, order)
    return await _explain(tx, _read(bytes(found.agreed)), found.placed_at)


async def _explain(tx: Tx, body: Body, at: datetime) -> Explained:
    priced, trace = body.priced, body.trace
    at = trace.at if trace is not None else at
    bought = [*priced.lines, *([priced.delivery_line] if priced.delivery_line else [])]
    lines = [(each.sku, each.quantity) for each in bought]
    group = trace.group if trace is not None else None
    settled = body.terms.settled
    ask = pricing.Ask(
        body.terms.channel, priced.currency, priced.country, lines, at, group,
        settled.prices if settled else {}, settled.by if settled else "",
    )  # fmt: skip
    reasons = await promotions.explain(tx, trace, body.terms.channel, priced.currency)
    return Explained(
        at, priced.currency, priced.total, priced.discount, await pricing.explain(tx, ask), reasons,
        list(trace.coupons) if trace is not None else [], priced.company,
    )  # fmt: skip


# --- delivery and groups ----------------------------------------------------------------------------------------------


async def delivery(tx: Tx, channel: inventory.ChannelCode) -> list[Option]:
    """List how a channel delivers, first choice first."""
    found: list[Option] = await q.delivery(tx, channel=channel)
    return found


async def points(tx: Tx, channel: inventory.ChannelCode, wanted: Nearby) -> list[Point]:
    """List where a channel's delivery is collected, nearest first where it is known where that is.

    Raises:
        Invalid: only one of the coordinates is given.
        DeliveryUnknown: the channel has no such delivery option.
        ChannelClosed: nothing is sold in this channel.
    """
    if (wanted.latitude is None) != (wanted.longitude is None):
        raise Invalid("a place has a latitude and a longitude", field="latitude")
    [home] = await q.channels(tx, codes=[channel]) or [None]
    if home is None:
        raise ChannelClosed(f"nothing is sold in {channel}", field="channel")
    way = next((each for each in await q.delivery(tx, channel=channel) if each.code == wanted.delivery), None)
    if way is None:
        raise DeliveryUnknown(f"{channel} has no delivery {wanted.delivery}", field="delivery")
    begins = rules.prefixes(wanted.near)
    lies: Spot | None = await q.lies(tx, country=home.country, prefixes=begins) if begins else None
    words = "" if lies else wanted.near.strip()
    latitude, longitude = wanted.latitude, wanted.longitude
    if latitude is None and lies is not None:
        latitude, longitude = lies.latitude, lies.longitude
    asked: dict[str, Any] = {"text": words, "latitude": latitude, "longitude": longitude, "limit": wanted.limit}
    found: list[Point] = []
    if way.kind == "pickup":
        found = await q.shops(tx, channel=channel, **asked)
    elif way.kind == "locker":
        found = await q.lockers(tx, carrier=way.carrier or "", **asked)
    return found


async def windows(
    tx: Tx, channel: inventory.ChannelCode, delivery: OptionCode,
    postcode: Annotated[str, Meta(max_length=20, pattern=r"^[^\x00-\x1f]*\Z")] = "",
) -> list[shipping.Window]:  # fmt: skip
    """List the hours in which a channel's delivery can still come to a postcode, soonest first."""
    return await shipping.offered(tx, channel, delivery, postcode)


async def window_of(tx: Tx, order: UUID) -> shipping.Slot:
    """Tell the hours in which an order comes.

    Raises:
        NotFound: there is no such order, it is not yours, or no hours were chosen for it.
    """
    await orders.order(tx, order)
    return await shipping.slot(tx, order)


async def move_window(tx: Tx, order: UUID, window: WindowId) -> shipping.Slot:
    """Let an order come at other hours, as long as those it has are not closed.

    Raises:
        NotFound: there is no such order, it is not yours, or no hours were chosen for it.
        WindowUnknown: these hours cannot be had by its delivery, or those it has are closed.
        WindowFull: somebody else had the last place of them.
    """
    found = await orders.order(tx, order)
    terms = _read(bytes(found.agreed)).terms
    return await shipping.move_slot(tx, rules.slot_claim(order, UUID(window), terms))


async def options(tx: Tx, channel: inventory.ChannelCode) -> list[Option]:
    """List a channel's delivery options as they are kept, those not offered now too."""
    found: list[Option] = await q.kept_options(tx, channel=channel)
    return found


async def put_delivery(
    tx: Tx, channel: inventory.ChannelCode, options: Annotated[list[Option], Meta(min_length=1, max_length=200)]
) -> None:
    """Add or change how a channel delivers; the price of each is that of its item.

    Raises:
        Invalid: an option is given twice.
    """
    of = {name: [getattr(each, name) for each in options] for name in Option.__struct_fields__}
    if len(set(of["code"])) < len(options):
        raise Invalid("an option is given twice", field="options")
    await q.put_options(
        tx, channel=channel, codes=of["code"], names=of["name"], kinds=of["kind"], skus=of["sku"], ranks=of["rank"],
        actives=of["active"], carriers=of["carrier"], windowed=of["windowed"],
    )  # fmt: skip


async def put_group(
    tx: Tx, customer: UUID, price_group: Annotated[str, Meta(min_length=1, max_length=60, pattern="^[^\\u0000]*$")]
) -> None:
    """Say which group's prices a customer gets."""
    await q.put_groups(tx, customers=[customer], price_groups=[price_group])


async def put_groups(tx: Tx, members: Annotated[list[Member], Meta(min_length=1, max_length=1_000)]) -> None:
    """Say which groups' prices customers get; without a group they get everybody's.

    Raises:
        Invalid: a customer is given twice.
    """
    if len({each.customer for each in members}) < len(members):
        raise Invalid("a customer is given twice", field="members")
    kept = sorted((each.customer, each.price_group) for each in members if each.price_group is not None)
    await q.drop_groups(tx, customers=[each.customer for each in members if each.price_group is None])
    await q.put_groups(tx, customers=[each for each, _ in kept], price_groups=[each for _, each in kept])


async def groups(
    tx: Tx, customers: Annotated[list[UUID], Meta(max_length=1_000)] = _NOBODY, after: UUID | None = None,
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 200,
) -> list[Member]:  # fmt: skip
    """List which groups' prices customers get: these customers, or all that are in a group, on from one of them.

    Args:
        customers: none for all.
    """
    if customers:
        found: list[Member] = await q.groups(tx, customers=customers)
    else:
        found = await q.groups_after(tx, after=after, size=limit)
    return found
