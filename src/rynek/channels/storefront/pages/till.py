"""The way to the till: the cart, the checkout on one page, and the order that came of it."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from rynek.channels.storefront import rules
from rynek.channels.storefront.pages.shop import (
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

METHODS = ("cash-on-delivery", "transfer")
"""How one can always pay here; both are agreed at once and paid later."""
POINTS = 8
"""How many places to collect at are shown at once."""
_FIELDS = ("email", "name", "street", "city", "postcode", "country", "phone")


class Said(Struct, frozen=True):
    """What the form of the checkout says."""

    email: str = ""
    name: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""
    delivery: str = ""
    point: str = ""
    """Where it is collected, if it is."""
    near: str = ""
    """A postcode or town near which such places are looked for."""
    method: str = ""
    company: str = ""
    vat_id: str = ""
    """For whom an invoice is wanted; nothing: none is."""
    total: int = -1
    """What the buyer saw they would pay, in minor units."""
    act: str = "place"


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
    return show(call, msgspec.structs.replace(at, cart=fresh), "storefront/cart.html", status, amiss=amiss)


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
        **known, email=terms.email or "", delivery=terms.delivery or "", point=terms.point or "", method=METHODS[0]
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
    return show(
        call, msgspec.structs.replace(at, cart=fresh), "storefront/checkout.html", status, said=said, options=options,
        methods=await _ways(call, at, fresh), amiss=amiss or {}, notice=notice,
        collected=collected, points=await _points(call, at, said) if collected else [],
    )  # fmt: skip


def _collected(options: list[Any], delivery: str) -> bool:
    """Tell whether a delivery ends at a place that the buyer chooses."""
    return any(each.code == delivery and each.kind in {"pickup", "locker"} for each in options)


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


async def _ways(call: Call[Any], at: Visit, cart: Any) -> list[tuple[str, str]]:
    """List how one can pay: each way, and the word for it. Of providers those to whose page one is sent from here.

    Who buys for a company may pay later, within its credit.
    """
    offers = await call.ask("commerce.payments.methods")
    sent = [
        (f"{each.provider}:{each.method}", each.method)
        for each in offers
        if each.provider != "manual" and each.available and not each.token and at.w.has(f"method.{each.method}")
    ]
    later = ("invoice",) if cart.priced.company else ()
    return [*((each, each) for each in (*later, *METHODS)), *sent]


def _tender(way: str, total: int) -> dict[str, Any]:
    provider, _, method = way.rpartition(":")
    return {"method": method, "amount_minor": total} | ({"provider": provider} if provider else {})


@shown
async def buy(call: Call[Any], channel: str, said: Said) -> Response:
    """Buy what is in the cart, or bring what it comes to up to date with what was chosen."""
    at = await visit(call, channel)
    if at.cart is None:
        return go(f"{at.home}/cart")
    options = await call.ask("commerce.checkout.delivery", channel=at.front.code)
    collected = _collected(options, said.delivery)
    if said.delivery != at.cart.terms.delivery:
        said = msgspec.structs.replace(said, point="")
    amiss = rules.missing(msgspec.structs.asdict(said), collected=collected)
    try:
        cart = await _agree(call, at, said, whole=not amiss, collected=collected)
        if said.act != "place":
            return await _checkout(call, at, said)
        if amiss:
            return await _checkout(call, at, said, amiss, at.w("checkout.look"), 422)
        if cart.priced.total != said.total:
            return await _checkout(call, at, said, notice=at.w("checkout.changed"), status=409)
        placed = await call.ask(
            "commerce.checkout.place", cart=cart.id,
            tenders=[_tender(said.method, cart.priced.total)] if cart.priced.total else [],
        )  # fmt: skip
    except Fault as fault:
        return await _checkout(call, at, said, notice=told(at.w, fault), status=fault.status)
    if said.company.strip() or said.vat_id.strip():
        await _want_invoice(call, placed.order, said)
    return go(f"{at.home}/orders/{placed.order}")


async def _want_invoice(call: Call[Any], order: UUID, said: Said) -> None:
    """Ask for an invoice; it is bought already, so this refuses nothing: the order's page offers to ask again."""
    address = {field: getattr(said, field).strip() for field in ("street", "city", "postcode")}
    country, named = said.country.strip().upper(), said.company.strip() or said.name.strip()
    buyer = {"name": named, "country": country, "vat_id": rules.vat_id(said.vat_id, country)} | address
    with suppress(Fault):
        await call.ask("commerce.documents.request", order=order, buyer=buyer)


class Wished(Struct, frozen=True):
    """For whom an invoice is wanted for an order."""

    name: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""
    vat_id: str = ""


@shown
async def invoice(call: Call[Any], channel: str, order: UUID, wished: Wished) -> Response:
    """Ask for an invoice for an order."""
    at = await visit(call, channel)
    said = {name: value.strip() for name, value in msgspec.structs.asdict(wished).items()}
    said["country"] = said["country"].upper()
    buyer: dict[str, Any] = {**said, "vat_id": rules.vat_id(said["vat_id"], said["country"])}
    if said["vat_id"] and buyer["vat_id"] is None:
        return await _confirmation(call, at, order, amiss=at.w("documents.wrong"), status=422)
    try:
        await call.ask("commerce.documents.request", order=order, buyer=buyer)
    except Fault as fault:
        return await _confirmation(call, at, order, amiss=told(at.w, fault), status=fault.status)
    return go(f"{at.home}/orders/{order}?asked=true")


async def _agree(call: Call[Any], at: Visit, said: Said, *, whole: bool, collected: bool) -> Any:
    """Write what was said into the cart: the delivery with its place, and the rest once it is whole."""
    changed: dict[str, Any] = {"delivery": said.delivery} if said.delivery else {}
    if collected and said.point:
        changed["point"] = said.point
    if whole and collected:
        recipient = {"name": said.name.strip(), "phone": said.phone.strip()}
        changed |= {"email": said.email.strip(), "recipient": recipient, "address": None, "country": None}
    elif whole:
        address = {field: getattr(said, field).strip() for field in _FIELDS if field != "email"}
        changed |= {"email": said.email.strip(), "address": address | {"country": said.country.strip().upper()}}
    return await call.ask("commerce.checkout.change_cart", cart=at.cart.id, **changed)


@shown
async def come_back(call: Call[Any], order: UUID) -> Response:
    """Lead a buyer who comes back from her bank to her order."""
    found = await call.ask("commerce.orders.order", order=order)
    return go(f"/shop/{found.channel}/orders/{order}")


@shown
async def confirmation(call: Call[Any], channel: str, order: UUID, asked: bool = False) -> Response:  # noqa: FBT001, FBT002 - what is in the address
    """Show the order that was placed, with its documents."""
    return await _confirmation(call, await visit(call, channel), order, asked=asked)


async def _confirmation(
    call: Call[Any], at: Visit, order: UUID, *, asked: bool = False, amiss: str = "", status: int = 200
) -> Response:  # fmt: skip
    found = await call.ask("commerce.orders.order", order=order)
    terms = msgspec.json.decode(bytes(found.agreed)).get("terms", {})
    point = await _point(call, at, terms) if terms.get("point") else None
    return show(
        call, at, "storefront/confirmation.html", status, order=found, address_=terms.get("address") or {}, point=point,
        paid=await _paid(call, order), documents=await _documents(call, order), wished=asked, amiss=amiss,
    )  # fmt: skip


async def _point(call: Call[Any], at: Visit, terms: dict[str, Any]) -> dict[str, str]:
    """Tell where an order is collected; a place that is there no more by its code."""
    asked = {"channel": at.front.code, "delivery": terms["delivery"], "near": terms["point"]}
    found: list[Any] = []
    with suppress(Fault):
        found = await call.ask("commerce.checkout.points", **asked)
    here = next((each for each in found if each.code == terms["point"]), None)
    return msgspec.structs.asdict(here) if here else {"code": terms["point"], "name": terms["point"]}


async def _documents(call: Call[Any], order: UUID) -> list[Any]:
    if call.door.gate.may(call.actor, "documents.read") is None:
        return []
    found: list[Any] = await call.ask("commerce.documents.documents", order=order)
    return found[::-1]


async def _paid(call: Call[Any], order: UUID) -> list[Any]:
    if call.door.gate.may(call.actor, "payments.read") is None:
        return []
    found: list[Any] = await call.ask("commerce.payments.payments", order=order)
    return found
