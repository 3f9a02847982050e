"""What comes again and again: subscribed to on a product's page, changed with its price shown first, and ended."""

import time
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID
from weakref import WeakKeyDictionary

from msgspec import field, structs

from rynek.channels.storefront.pages.paying import METHODS
from rynek.channels.storefront.pages.shop import (
    Addressed,
    Visit,
    go,
    read,
    show,
    shown,
    spoken,
    to_login,
    told,
    visit,
)
from rynek.commerce import browse
from rynek.kernel import ids, pages
from rynek.kernel.door import Call, Door, Response
from rynek.kernel.faults import Fault, NotFound

PAGE = 20
PLANS_S = 30
"""How long the plans of a shop are believed where its products are shown."""
MOVES = ("pause", "resume", "skip")


class Beginning(Addressed, frozen=True):
    """What the form of a subscription says; ``agreed`` is what the customer was shown, -1: nothing yet."""

    plan: str = ""
    sku: str = ""
    quantity: int = 1
    email: str = ""
    delivery: str = ""
    method: str = METHODS[0]
    starts_on: str = ""
    agreed: int = -1
    key: str = ""
    act: str = "look"


class Change(Addressed, frozen=True):
    """What the form of a change says: what comes and where to; ``agreed`` as it was shown."""

    skus: list[str] = field(default_factory=list)
    quantities: list[int] = field(default_factory=list)
    agreed: int = -1
    act: str = "look"


_plans: WeakKeyDictionary[Door, dict[str, tuple[float, list[Any]]]] = WeakKeyDictionary()


async def plans_of(call: Call[Any], channel: str) -> list[Any]:
    """Give the plans by which something comes regularly in a shop."""
    kept = _plans.setdefault(call.door, {})
    known = kept.get(channel)
    if known is None or time.monotonic() - known[0] > PLANS_S:
        found = await call.ask("commerce.subscriptions.plans", channel=channel)
        known = kept[channel] = (time.monotonic(), [each for each in found if each.active])
    return known[1]


@shown
async def subscriptions(call: Call[Any], channel: str) -> Response:
    """List one's subscriptions, newest first."""
    led = to_login(call, channel, "subscriptions")
    if led is not None:
        return led
    at = await visit(call, channel)
    plans = {each.code: each for each in await call.ask("commerce.subscriptions.plans", channel=channel)}
    found = await call.ask("commerce.subscriptions.subscriptions", limit=PAGE)
    return show(call, at, "storefront/subscriptions.html", subscriptions=found, plans=plans)


# --- beginning --------------------------------------------------------------------------------------------------------


@shown
async def begin_subscription(
    call: Call[Any], channel: str, plan: str = "", sku: str = "", quantity: int = 1
) -> Response:
    """Show the form by which something is subscribed to."""
    asked = urlencode({"plan": plan, "sku": sku, "quantity": quantity})
    led = to_login(call, channel, quote(f"subscriptions/new?{asked}", safe="/"))
    if led is not None:
        return led
    at = await visit(call, channel)
    options = await call.ask("commerce.checkout.delivery", channel=channel)
    said = Beginning(plan, sku, quantity, delivery=options[0].code if options else "", key=ids.new().hex)
    said = structs.replace(said, **{"country": at.front.country, **_known(at)})
    return await _beginning(call, at, said)


def _known(at: Visit) -> dict[str, str]:
    """Give what is known of a customer from their cart."""
    terms = at.cart.terms if at.cart else None
    address = structs.asdict(terms.address) if terms and terms.address else {}
    return address | ({"email": terms.email} if terms and terms.email else {})


async def _beginning(
    call: Call[Any], at: Visit, said: Beginning, price: Any = None, fault: Fault | None = None
) -> Response:  # fmt: skip
    plans = [each for each in await call.ask("commerce.subscriptions.plans", channel=at.front.code) if each.active]
    return show(
        call, at, "storefront/subscribe.html", fault.status if fault else 200, said=said, price=price, plans=plans,
        options=await call.ask("commerce.checkout.delivery", channel=at.front.code), methods=METHODS,
        amiss=told(at.w, fault) if fault else "",
    )  # fmt: skip


@shown
async def subscribe(call: Call[Any], channel: str, said: Beginning) -> Response:
    """Show what a subscription costs and when it comes, or begin it; sent twice it is begun once."""
    at = await visit(call, channel)
    wanted: dict[str, Any] = {
        "plan": said.plan, "lines": [{"sku": said.sku, "quantity": said.quantity}], "address": said.address,
        "delivery": said.delivery, "starts_on": said.starts_on or None,
    }  # fmt: skip
    try:
        price = await call.ask("commerce.subscriptions.preview", **wanted)
        if said.act != "subscribe" or said.agreed != price.total_minor:
            return await _beginning(call, at, said, price)
        made = await call.once(
            f"subscribe {said.key}", "commerce.subscriptions.start", **wanted, email=said.email.strip(),
            paying={"method": said.method}, agreed_minor=said.agreed,
        )  # fmt: skip
    except Fault as fault:
        return await _beginning(call, at, said, fault=fault)
    return go(f"{at.home}/subscriptions/{made.id}?done=started")


# --- what there is ----------------------------------------------------------------------------------------------------


@shown
async def subscription(call: Call[Any], channel: str, subscription: UUID, done: str = "") -> Response:
    """Show a subscription: what comes and when, what came, and what can be changed."""
    return await _shown(call, await visit(call, channel), subscription, done=done)


async def _shown(
    call: Call[Any], at: Visit, subscription: UUID, said: Change | None = None, fault: Fault | None = None, **more: Any
) -> Response:  # fmt: skip
    found = await call.ask("commerce.subscriptions.subscription", subscription=subscription)
    now = await _now(call, subscription) if found.state != "cancelled" else None
    if said is None:
        wanted = {each.sku: each.quantity for each in found.lines}
        said = Change(list(wanted), list(wanted.values()), **structs.asdict(found.address))
    plans = {each.code: each for each in await call.ask("commerce.subscriptions.plans", channel=found.channel)}
    return show(
        call, at, "storefront/subscription.html", fault.status if fault else 200, sub=found, now=now, said=said,
        plan=plans.get(found.plan), **{"price": None, "done": "", **more}, choices=await _choices(call, at, now),
        amiss=told(at.w, fault) if fault else "", names={each.sku: each.name for each in now.lines} if now else {},
    )  # fmt: skip


async def _now(call: Call[Any], subscription: UUID) -> Any:
    """Tell what a delivery costs now; None: something in it is sold no more."""
    try:
        return await call.ask("commerce.subscriptions.preview_change", subscription=subscription)
    except Fault:
        return None


async def _choices(call: Call[Any], at: Visit, now: Any) -> dict[str, list[Any]]:
    """Tell by item what may come instead: what else there is of the same product."""
    found: dict[str, list[Any]] = {}
    for line in now.lines if now else []:
        try:
            asked = await call.ask("commerce.browse.product", channel=at.front.code, product=str(line.product))
        except Fault:
            continue
        found[line.sku] = [each for each in read(asked, browse.Detail).items if each.price]
    return found


@shown
async def move_subscription(call: Call[Any], channel: str, subscription: UUID, act: str = "") -> Response:
    """Pause it, let it come again, or leave the next delivery out."""
    at = await visit(call, channel)
    if act not in MOVES:
        raise NotFound("nothing is done so")
    try:
        await call.ask(f"commerce.subscriptions.{act}", subscription=subscription)
    except Fault as fault:
        return await _shown(call, at, subscription, fault=fault)
    return go(f"{at.home}/subscriptions/{subscription}?done={act}")


@shown
async def change_subscription(call: Call[Any], channel: str, subscription: UUID, said: Change) -> Response:
    """Show what a change costs, or make it: something else comes, or it comes elsewhere."""
    at = await visit(call, channel)
    found = await call.ask("commerce.subscriptions.subscription", subscription=subscription)
    pairs = zip(said.skus, said.quantities, strict=False)
    lines = [{"sku": sku, "quantity": many} for sku, many in pairs if many > 0]
    swapped = lines != [{"sku": each.sku, "quantity": each.quantity} for each in found.lines]
    moved = said.address != structs.asdict(found.address)
    change = ({"lines": lines} if swapped else {}) | ({"address": said.address} if moved else {})
    try:
        price = await call.ask("commerce.subscriptions.preview_change", subscription=subscription, **change)
        if said.act != "confirm" or said.agreed != price.total_minor:
            return await _shown(call, at, subscription, said, price=price)
        await _change(call, subscription, change, price.total_minor)
    except Fault as fault:
        return await _shown(call, at, subscription, said, fault)
    return go(f"{at.home}/subscriptions/{subscription}?done=changed")


async def _change(call: Call[Any], subscription: UUID, change: dict[str, Any], agreed: int) -> None:
    """Make a change: where both change, what comes is agreed to at its own price first."""
    if "lines" in change:
        price = await call.ask(
            "commerce.subscriptions.preview_change", subscription=subscription, lines=change["lines"]
        )
        swapped = {"lines": change["lines"], "agreed_minor": price.total_minor}
        await call.ask("commerce.subscriptions.swap", subscription=subscription, **swapped)
    if "address" in change:
        moved = {"address": change["address"], "agreed_minor": agreed}
        await call.ask("commerce.subscriptions.readdress", subscription=subscription, **moved)


@shown
async def cancel_subscription(call: Call[Any], channel: str, subscription: UUID, reason: str = "") -> Response:
    """End a subscription; its page has the proof."""
    at = await visit(call, channel)
    try:
        why = reason.strip() or "-"
        await call.ask("commerce.subscriptions.cancel", subscription=subscription, reason=why)
    except Fault as fault:
        return await _shown(call, at, subscription, fault=fault)
    return go(f"{at.home}/subscriptions/{subscription}?done=cancelled")


@shown
async def proof(call: Call[Any], channel: str, subscription: UUID) -> Response:
    """Give the proof that a subscription is cancelled, as a file to keep."""
    at = await visit(call, channel)
    found = await call.ask("commerce.subscriptions.subscription", subscription=subscription)
    entry = next((each for each in found.history if each.what == "cancelled"), None)
    if entry is None:
        raise NotFound("it is not cancelled")
    answer = pages.page("storefront/proof.html", **spoken(at.w), front=at.front, sub=found, entry=entry)
    name = f"cancelled-{entry.proof}.html"
    answer.headers += (("content-disposition", f'attachment; filename="{name}"'),)
    return answer
