"""An order as its buyer sees it: what was bought, what became of it, its money and its papers."""

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from rynek.channels.storefront import rules
from rynek.channels.storefront.pages.paying import tender, ways
from rynek.channels.storefront.pages.shop import Visit, go, show, shown, told, visit
from rynek.kernel import clock, ids
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault

FRESH = timedelta(minutes=30)
"""For how long an order's page says thank you."""
REASONS = ("other", "twice", "cheaper", "late", "mistake")
"""Why buyers cancel."""
TONES = {"packed": "", "announced": "", "collected": "info", "in-transit": "info", "out-for-delivery": "accent",
         "ready": "accent", "failed": "warn", "delivered": "good", "returned": "bad"}  # fmt: skip
"""How a parcel stands, in colours."""


class Asked(Struct, frozen=True):
    """By what somebody looks for an order."""

    number: str = ""
    email: str = ""


class Paying(Struct, frozen=True):
    """How somebody pays what is outstanding; ``key`` makes a form that is sent twice one payment."""

    way: str = ""
    minor: int = 0
    key: str = ""


class Wished(Struct, frozen=True):
    """For whom an invoice is wanted for an order."""

    name: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""
    vat_id: str = ""


@shown
async def come_back(call: Call[Any], order: UUID) -> Response:
    """Lead a buyer who comes back from her bank to her order."""
    found = await call.ask("commerce.orders.order", order=order)
    return go(f"/shop/{found.channel}/orders/{order}")


@shown
async def story(call: Call[Any], channel: str, order: UUID, done: str = "") -> Response:
    """Show an order: what was bought, what became of it, its money and its papers."""
    return await _story(call, await visit(call, channel), order, done=done)


async def _story(call: Call[Any], at: Visit, order: UUID, **more: Any) -> Response:
    found = await call.ask("commerce.orders.order", order=order)
    agreed = msgspec.json.decode(bytes(found.agreed))
    terms = agreed.get("terms", {})
    owed = await _owed(call, found)
    back = await _of(call, order, "returns.read", "commerce.returns.returns")
    paid = await _of(call, order, "payments.read", "commerce.payments.payments")
    papers = await _of(call, order, "documents.read", "commerce.documents.documents")
    parcels = await _of(call, order, "fulfilment.follow", "commerce.fulfilment.parcels_of")
    left = any(line.shipped for line in found.lines)
    point = await _point(call, at, terms) if terms.get("point") else None
    pickup = await _pickup(call, order) if point else None
    refused = more.pop("refused", None)
    amiss = told(at.w, refused) if isinstance(refused, Fault) else refused or ""
    status = refused.status if isinstance(refused, Fault) else 422 if refused else 200
    return show(
        call, at, "storefront/order.html", status, order=found, address_=terms.get("address") or {}, point=point,
        names={line.sku: line.name for line in found.lines}, pickup=pickup,
        delivery=terms.get("delivery"), paid=paid, owed=owed, left=left, amiss=amiss, back=back,
        parcels=parcels, tones=TONES, hours=await _hours(call, order) if terms.get("window") else None,
        ways=await ways(call, at.w, later=bool(agreed.get("priced", {}).get("company"))) if owed else [],
        documents=papers[::-1], reasons=REASONS, key=ids.new().hex,
        fresh=clock.now() - found.placed_at < FRESH and all(each.what == "paid" for each in found.history),
        steps=rules.steps(found.state), **{"done": "", "form": "", **more},
    )  # fmt: skip


async def _point(call: Call[Any], at: Visit, terms: dict[str, Any]) -> dict[str, str]:
    """Tell where an order is collected; a place that is there no more by its code."""
    asked = {"channel": at.front.code, "delivery": terms["delivery"], "near": terms["point"]}
    found: list[Any] = []
    with suppress(Fault):
        found = await call.ask("commerce.checkout.points", **asked)
    here = next((each for each in found if each.code == terms["point"]), None)
    return msgspec.structs.asdict(here) if here else {"code": terms["point"], "name": terms["point"]}


async def _pickup(call: Call[Any], order: UUID) -> Any:
    """Tell whether what is collected at a shop is ready, and by which code; None: it is not collected at one."""
    with suppress(Fault):
        return await call.ask("commerce.fulfilment.pickup", order=order)
    return None


async def _hours(call: Call[Any], order: UUID) -> Any:
    """Tell in which hours an order comes; None: it has none any more."""
    with suppress(Fault):
        return await call.ask("commerce.checkout.window_of", order=order)
    return None


@shown
async def where_is_it(call: Call[Any], channel: str) -> Response:
    """Ask by which number and e-mail somebody looks for their parcels."""
    return show(call, await visit(call, channel), "storefront/tracking.html", said=Asked(), found=None, amiss="")


@shown
async def track(call: Call[Any], channel: str, said: Asked) -> Response:
    """Show the parcels of an order to who knows its number and e-mail."""
    at = await visit(call, channel)
    number = said.number.strip().lstrip("#")
    proof = {"number": int(number) if number.isascii() and number.isdigit() else 0, "email": said.email.strip()}
    try:
        found = await call.ask("commerce.fulfilment.track", **proof)
    except Fault as fault:
        amiss = at.w("tracking.unknown") if fault.status in (404, 422) else told(at.w, fault)
        return show(call, at, "storefront/tracking.html", fault.status, said=said, found=None, amiss=amiss)
    return show(call, at, "storefront/tracking.html", said=said, found=found, tones=TONES, amiss="")


async def _owed(call: Call[Any], order: Any) -> int:
    if order.state not in ("awaiting-payment", "open") or call.door.gate.may(call.actor, "payments.read") is None:
        return 0
    found = await call.ask("commerce.payments.outstanding", order=order.id)
    return int(found.minor)


async def _of(call: Call[Any], order: UUID, policy: str, operation: str) -> list[Any]:
    """Give what there is of an order, nothing to those who may not see it."""
    if call.door.gate.may(call.actor, policy) is None:
        return []
    found: list[Any] = await call.ask(operation, order=order)
    return found


@shown
async def pay_order(call: Call[Any], channel: str, order: UUID, paying: Paying) -> Response:
    """Pay what is outstanding: after a refusal, or after a change that made the order dearer."""
    at = await visit(call, channel)
    try:
        by = tender(paying.way, paying.minor)
        made = await call.once(f"pay {order} {paying.key}", "commerce.payments.pay", order=order, **by)
    except Fault as fault:
        return await _story(call, at, order, refused=fault)
    if made.state == "failed":
        return await _story(call, at, order, refused=at.w("story.refused"))
    return go(f"{at.home}/orders/{order}" + ("" if made.state == "pending" else "?done=paid"))


@shown
async def cancel_order(call: Call[Any], channel: str, order: UUID, reason: str = "other") -> Response:
    """Cancel what has not left of an order."""
    at = await visit(call, channel)
    why = at.w(f"story.why.{reason if reason in REASONS else 'other'}")
    try:
        await call.ask("commerce.orders.cancel", order=order, reason=why)
    except Fault as fault:
        return await _story(call, at, order, refused=fault)
    return go(f"{at.home}/orders/{order}?done=cancelled")


def billed(said: Any) -> dict[str, Any] | None:
    """Read from a form to whom an invoice is to say; None: what should be a VAT number does not look like one."""
    buyer = {name: getattr(said, name).strip() for name in Wished.__struct_fields__}
    buyer["country"] = buyer["country"].upper()
    vat_id = rules.vat_id(buyer["vat_id"], buyer["country"])
    return None if buyer["vat_id"] and vat_id is None else {**buyer, "vat_id": vat_id}


@shown
async def invoice(call: Call[Any], channel: str, order: UUID, wished: Wished) -> Response:
    """Ask for an invoice for an order."""
    at = await visit(call, channel)
    buyer = billed(wished)
    if buyer is None:
        return await _story(call, at, order, refused=at.w("documents.wrong"), form="invoice")
    try:
        await call.ask("commerce.documents.request", order=order, buyer=buyer)
    except Fault as fault:
        return await _story(call, at, order, refused=fault, form="invoice")
    return go(f"{at.home}/orders/{order}?done=asked#documents")
