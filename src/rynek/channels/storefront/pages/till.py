"""The way to the till: the cart, and the checkout on one page."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
from msgspec import field

from rynek.channels.storefront import rules
from rynek.channels.storefront.pages import purse as purses
from rynek.channels.storefront.pages.paying import METHODS, tender, ways
from rynek.channels.storefront.pages.shop import (
    Addressed,
    Visit,
    buyer_of,
    cart_of,
    go,
    show,
    shown,
    told,
    visit,
)
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, NotFound

WINDOWS = 30
"""How many hours to choose from are shown."""
POINTS = 8
"""How many places to collect at are shown at once."""


class Said(Addressed, frozen=True, kw_only=True):
    """What the form of the checkout says."""

    email: str = ""
    delivery: str = ""
    point: str = ""
    """Where it is collected, if it is."""
    window: str = ""
    """The hours in which it is to come, if hours are chosen."""
    near: str = ""
    """A postcode or town near which such places are looked for."""
    method: str = ""
    company: str = ""
    vat_id: str = ""
    """For whom an invoice is wanted; nothing: none is."""
    total: int = -1
    """What the buyer saw they would pay, in minor units."""
    cart: str = ""
    """The cart that the form is about: sent twice, it leads to the order that came of it."""
    act: str = "place"
    cards: list[str] = field(default_factory=list)
    """Tokens of the gift cards that pay."""
    card: str = ""
    """A gift card's code, to be put to them; kept nowhere."""
    drop: str = ""
    credit: str = ""
    points: str = ""


@shown
async def add(call: Call[Any], channel: str, sku: str, quantity: int = 1) -> Response:
    """Put something in the cart; who has none gets one, and becomes a guest by it."""
    buyer, headers = buyer_of(call)
    cart = await cart_of(call, buyer, channel)
    line = {"sku": sku, "quantity": quantity}
    if cart is None:
        options = await call.door.ask(buyer, "commerce.checkout.delivery", channel=channel)
        first = options[0].code if options else None
        cart = await call.door.ask(buyer, "commerce.checkout.open_cart", channel=channel, lines=[line], delivery=first)
    else:
        cart = await call.door.ask(buyer, "commerce.checkout.change_cart", cart=cart.id, add=[line])
    if call.request is not None and "text/html" not in (call.request.header("accept") or ""):
        body = msgspec.json.encode({"pieces": pieces(cart)})
        return Response(200, body, headers=(("cache-control", "no-store"), *headers))
    return go(f"/shop/{channel}/cart", headers)


def pieces(cart: Any) -> int:
    """Count what is in a cart, by lines."""
    return len(cart.terms.lines)


@shown
async def cart(call: Call[Any], channel: str) -> Response:
    """Show the cart."""
    return await _cart(call, await visit(call, channel))


async def _cart(call: Call[Any], at: Visit, amiss: str = "", status: int = 200) -> Response:
    """Show a cart as it is now; what is sold no more is said rather than refused, so that it can be taken out."""
    fresh = at.cart
    if fresh is not None:
        try:
            fresh = await call.ask("commerce.checkout.cart", cart=fresh.id)
        except Fault as fault:
            amiss, status = amiss or told(at.w, fault), fault.status
    at = msgspec.structs.replace(at, cart=fresh)
    return show(call, at, "storefront/cart.html", status, amiss=amiss, coming=await _coming(call, at))


async def _coming(call: Call[Any], at: Visit) -> dict[str, Any]:
    """Tell of what is in a cart, and not all there, when it comes: of what can be ordered beyond stock."""
    wanted: dict[int, list[str]] = {}
    for line in at.cart.priced.lines if at.cart is not None else ():
        wanted.setdefault(line.quantity, []).append(line.sku)
    found: dict[str, Any] = {}
    for units, skus in wanted.items():
        for begin in range(0, len(skus), 50):
            some = skus[begin : begin + 50]
            asked = {"channel": at.front.code, "skus": some, "units": units}
            for each in await call.ask("commerce.purchasing.earliest", **asked):
                if each.available < units <= each.available + each.beyond:
                    found[each.sku] = each
    return found


@shown
async def change(call: Call[Any], channel: str, sku: str, quantity: int = 0) -> Response:
    """Have so many of something in the cart; none takes it out."""
    at = await visit(call, channel)
    if at.cart is None:
        raise NotFound("there is no cart")
    lines = [
        {"sku": each.sku, "quantity": quantity if each.sku == sku else each.quantity}
        for each in at.cart.terms.lines
        if each.sku != sku or quantity > 0
    ]
    try:
        await call.ask("commerce.checkout.change_cart", cart=at.cart.id, lines=lines, version=at.cart.version)
    except Fault as fault:
        return await _cart(call, at, told(at.w, fault), fault.status)
    return go(f"{at.home}/cart")


@shown
async def coupon(call: Call[Any], channel: str, coupon: str = "", drop: str = "") -> Response:
    """Type a code in, or take it out again."""
    at = await visit(call, channel)
    if at.cart is None:
        raise NotFound("there is no cart")
    typed = coupon.strip().upper()
    others = [each for each in at.cart.terms.coupons if each != typed]
    try:
        await call.ask("commerce.checkout.change_cart", cart=at.cart.id, coupons=others if drop else [*others, typed])
    except Fault as fault:
        return await _cart(call, at, told(at.w, fault), fault.status)
    return go(f"{at.home}/cart")


@shown
async def checkout(call: Call[Any], channel: str) -> Response:
    """Show the checkout: who, where to, how, and what it comes to, on one page."""
    at = await visit(call, channel)
    if at.cart is None or not at.cart.terms.lines:
        return go(f"{at.home}/cart")
    terms = at.cart.terms
    known: dict[str, Any] = {"country": at.front.country}
    if terms.recipient:
        known |= msgspec.structs.asdict(terms.recipient)
    if terms.address:
        known |= msgspec.structs.asdict(terms.address)
    said = Said(
        **known,
        email=terms.email or "",
        delivery=terms.delivery or "",
        point=terms.point or "",
        window=terms.window or "",
        method=METHODS[0],
    )
    return await _checkout(call, at, said)


async def _checkout(
    call: Call[Any], at: Visit, said: Said, amiss: Mapping[str, str] | None = None, notice: str = "", status: int = 200
) -> Response:  # fmt: skip
    fresh = await call.ask("commerce.checkout.cart", cart=at.cart.id)
    options = await call.ask("commerce.checkout.delivery", channel=at.front.code)
    collected = _collected(options, said.delivery)
    if collected and said.point and fresh.terms.point != said.point:
        said = msgspec.structs.replace(said, point=fresh.terms.point or "")
    purse = await purses.look(call, at, said, fresh.priced.total, fresh.priced.currency)
    return show(
        call, msgspec.structs.replace(at, cart=fresh), "storefront/checkout.html", status, said=said, options=options,
        purse=purse, methods=await ways(call, at.w, later=bool(fresh.priced.company)), amiss=amiss or {}, notice=notice,
        collected=collected, points=await _points(call, at, said) if collected else [],
        windows=await _windows(call, at, said) if _windowed(options, said.delivery) else None,
    )  # fmt: skip


def _collected(options: list[Any], delivery: str) -> bool:
    """Tell whether a delivery ends at a place that the buyer chooses."""
    return any(each.code == delivery and each.kind in {"pickup", "locker"} for each in options)


def _windowed(options: list[Any], delivery: str) -> bool:
    """Tell whether the buyer chooses the hours of a delivery."""
    return any(each.code == delivery and each.windowed for each in options)


async def _windows(call: Call[Any], at: Visit, said: Said) -> list[Any]:
    """Give the hours that can still be had where the buyer lives, soonest first."""
    asked = {"channel": at.front.code, "delivery": said.delivery, "postcode": said.postcode.strip()[:20]}
    found: list[Any] = await call.ask("commerce.checkout.windows", **asked)
    return found[:WINDOWS]


async def _points(call: Call[Any], at: Visit, said: Said) -> list[Any]:
    """Give the places near where the buyer looks, or lives; the chosen one stays first."""
    asked = {"channel": at.front.code, "delivery": said.delivery}
    near = said.near.strip() or said.postcode.strip()
    found = await call.ask("commerce.checkout.points", **asked, near=near[:200], limit=POINTS)
    if len(found) < POINTS and not said.near.strip():
        found += [
            each for each in await call.ask("commerce.checkout.points", **asked, limit=POINTS) if each not in found
        ]
    if not said.point:
        return list(found)
    chosen = await call.ask("commerce.checkout.points", **asked, near=said.point, limit=POINTS)
    first = [each for each in (*found, *chosen) if each.code == said.point][:1]
    return [*first, *(each for each in found if each.code != said.point)]


@shown
async def buy(call: Call[Any], channel: str, said: Said) -> Response:
    """Buy what is in the cart, or bring what it comes to up to date with what was chosen."""
    at = await visit(call, channel)
    if at.cart is None or said.cart not in ("", str(at.cart.id)):
        return await _placed(call, at, said) or go(f"{at.home}/cart")
    if said.delivery != at.cart.terms.delivery:
        said = msgspec.structs.replace(said, point="", window="")
    try:
        cart, purse, amiss = await _ready(call, at, said)
        if said.act != "place":
            return await _checkout(call, at, said)
        if amiss:
            return await _checkout(call, at, said, amiss, at.w("checkout.look"), 422)
        if cart.priced.total != said.total:
            return await _checkout(call, at, said, notice=at.w("checkout.changed"), status=409)
        rest = [tender(said.method, purse.left)] if purse.left else []
        given = [*await purses.tenders(call, at, purse), *rest]
        placed = await call.ask("commerce.checkout.place", cart=cart.id, tenders=given)
    except Fault as fault:
        twice = await _placed(call, at, said) if fault.code == "cart-placed" else None
        return twice or await _checkout(call, at, said, notice=told(at.w, fault), status=fault.status)
    if said.company.strip() or said.vat_id.strip():
        await _want_invoice(call, placed.order, said)
    return go(f"{at.home}/orders/{placed.order}")


async def _ready(call: Call[Any], at: Visit, said: Said) -> tuple[Any, purses.Purse, dict[str, str]]:
    """Write what was said into the cart, and tell what pays it and what is amiss; what a purse pays needs no method."""
    options = await call.ask("commerce.checkout.delivery", channel=at.front.code)
    collected = _collected(options, said.delivery)
    amiss = rules.missing(msgspec.structs.asdict(said), collected=collected)
    if _windowed(options, said.delivery) and not said.window:
        amiss["window"] = "missing"
    cart = await _agree(call, at, said, whole=not amiss.keys() - {"method"}, collected=collected)
    purse = await purses.look(call, at, said, cart.priced.total, cart.priced.currency)
    if not purse.left:
        amiss.pop("method", None)
    return cart, purse, amiss


@shown
async def use_card(call: Call[Any], channel: str, said: Said) -> Response:
    """Let a gift card pay, by its code, or take one out again; the rest of the form stays as it was filled in."""
    at = await visit(call, channel)
    if at.cart is None:
        return go(f"{at.home}/cart")
    cards = [each for each in said.cards if each != said.drop]
    plain = msgspec.structs.replace(said, cards=cards, card="", drop="")
    if said.drop or not said.card.strip():
        return await _checkout(call, at, plain)
    try:
        claimed = await call.ask("commerce.wallets.claim_card", code=said.card.strip())
    except Fault as fault:
        return await _checkout(call, at, plain, notice=told(at.w, fault), status=fault.status)
    cards = [*cards, claimed.token][-purses.MOST_CARDS :]
    return await _checkout(call, at, msgspec.structs.replace(plain, cards=cards))


async def _placed(call: Call[Any], at: Visit, said: Said) -> Response | None:
    """Lead on to the order that came of a form which is sent again; None: none came of it."""
    with suppress(Fault):  # a cart that is an order already is that order, whatever is tendered
        placed = await call.ask("commerce.checkout.place", cart=said.cart, tenders=[])
        return go(f"{at.home}/orders/{placed.order}")
    return None


async def _want_invoice(call: Call[Any], order: UUID, said: Said) -> None:
    """Ask for an invoice; it is bought already, so this refuses nothing: the order's page offers to ask again."""
    address = {field: getattr(said, field).strip() for field in ("street", "city", "postcode")}
    country, named = said.country.strip().upper(), said.company.strip() or said.name.strip()
    buyer = {"name": named, "country": country, "vat_id": rules.vat_id(said.vat_id, country)} | address
    with suppress(Fault):
        await call.ask("commerce.documents.request", order=order, buyer=buyer)


async def _agree(call: Call[Any], at: Visit, said: Said, *, whole: bool, collected: bool) -> Any:
    """Write what was said into the cart: the delivery with its place, and the rest once it is whole."""
    changed: dict[str, Any] = {"delivery": said.delivery} if said.delivery else {}
    if collected and said.point:
        changed["point"] = said.point
    if said.window:
        changed["window"] = said.window
    if whole and collected:
        recipient = {"name": said.name.strip(), "phone": said.phone.strip()}
        changed |= {"email": said.email.strip(), "recipient": recipient, "address": None, "country": None}
    elif whole:
        changed |= {"email": said.email.strip(), "address": said.address}
    return await call.ask("commerce.checkout.change_cart", cart=at.cart.id, **changed)
