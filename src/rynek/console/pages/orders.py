"""Orders: found by what is known of them, seen whole, and moved on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from rynek.console.pages import fulfilment
from rynek.console.pages.documents import BY_HAND, of_order
from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid

PAGE = 40
STATES = ("awaiting-payment", "open", "shipped", "cancelled")
TONES = {"awaiting-payment": "warn", "open": "info", "shipped": "good", "cancelled": "", "refunded": "warn"}
"""The colour of a state's badge; money's states are tuned the same."""
_PAID = {"captured": "good", "authorised": "info", "pending": "warn", "open": "warn", "failed": "bad"}


class Happening(Struct, frozen=True):
    """One line of an order's time line."""

    at: datetime
    what: str
    note: str
    by: str


@shown
async def orders(
    call: Call[Any], state: str = "", find: str = "", channel: str = "", before: UUID | None = None
) -> Response:
    """List orders, newest first; the filters are in the address, so that a list can be kept and sent on."""
    asked = wanted(state, find, channel)
    found: list[Any] = []
    amiss = ""
    try:
        found = await call.ask("commerce.orders.orders", **asked, before=before, limit=PAGE + 1)
    except Invalid as fault:
        amiss = fault.detail
    following = found[PAGE - 1].id if len(found) > PAGE else None
    kept = {name: value for name, value in (("state", state), ("find", find), ("channel", channel)) if value}
    return show(
        call, "console/orders.html", 422 if amiss else 200, orders=found[:PAGE], following=following, kept=kept,
        state=state, find=find, channel=channel, before=before, states=STATES, tones=TONES, amiss=amiss,
    )  # fmt: skip


def wanted(state: str, find: str, channel: str) -> dict[str, Any]:
    """Read the filters: what has an @ is an e-mail, what else is looked for is an order's number."""
    asked: dict[str, Any] = {"state": state or None, "channel": channel.strip().upper() or None}
    sought = find.strip().lstrip("#")
    if sought.isdigit():
        asked["number"] = int(sought)
    elif sought:
        asked["email"] = sought
    return asked


@shown
async def order(call: Call[Any], order: UUID, done: str = "") -> Response:
    """Show an order: its lines, its money, what happened to it, and what can be done with it."""
    return await _order(call, order, done=done)


async def _order(call: Call[Any], order: UUID, *, done: str = "", refusal: Fault | None = None) -> Response:
    found = await call.ask("commerce.orders.order", order=order)
    payments = []
    if call.door.gate.may(call.actor, "payments.read") is not None:
        payments = await call.ask("commerce.payments.payments", order=order)
    packed_at = []
    if call.door.gate.may(call.actor, "fulfilment.read") is not None:
        packed_at = await call.ask("commerce.fulfilment.tasks_of", order=order)
    refused = told(language(call.request), refusal) if refusal else None
    return show(
        call, "console/order.html", refusal.status if refusal else 200, order=found, agreed=agreed(found.agreed),
        payments=payments, happened=happened(found), steps=steps(found.state), done=done, refused=refused, tones=TONES,
        paid=_PAID, packed_at=packed_at, work_tones=fulfilment.TONES, documents=await of_order(call, order),
        by_hand=BY_HAND,
    )  # fmt: skip


def agreed(raw: Any) -> Mapping[str, Any]:
    """Read what was agreed as far as it is shown: the address and the delivery."""
    document = msgspec.json.decode(bytes(raw))
    terms = document.get("terms", document) if isinstance(document, dict) else {}
    return {"address": terms.get("address") or {}, "delivery": terms.get("delivery") or ""}


def happened(order: Any) -> list[Happening]:
    """Put an order's time line together, newest first."""
    first = Happening(order.placed_at, "placed", "", "")
    since = [Happening(each.at, each.what, each.note, each.actor_kind) for each in order.history]
    return [*reversed(since), first]


def steps(state: str) -> list[tuple[str, str]]:
    """Say how far an order has come: each step with ``done``, ``now`` or nothing."""
    way = ("placed", "paid", "shipped")
    come = {"awaiting-payment": 1, "open": 2, "shipped": 3}.get(state)
    if come is None:
        return [("placed", "done"), ("cancelled", "done")]
    return [(step, "done" if place < come else "now" if place == come else "") for place, step in enumerate(way)]


async def _act(call: Call[Any], order: UUID, done: str, operation: str, **values: Any) -> Response:
    try:
        await call.ask(operation, order=order, **values)
    except Fault as fault:
        return await _order(call, order, refusal=fault)
    return go(f"/console/orders/{order}?done={done}")


@shown
async def cancel_order(call: Call[Any], order: UUID, reason: str = "") -> Response:
    """Cancel an order, with a reason."""
    return await _act(call, order, "cancelled", "commerce.orders.cancel", reason=reason.strip())


@shown
async def ship_order(call: Call[Any], order: UUID) -> Response:
    """Say that an order has left."""
    return await _act(call, order, "shipped", "commerce.orders.ship")


@shown
async def hold_order(call: Call[Any], order: UUID, kind: str = "", reason: str = "", act: str = "lift") -> Response:
    """Let an order go on that is held up, or hold it up, with a reason."""
    operation, done = ("commerce.orders.hold_up", "held") if act == "hold" else ("commerce.orders.lift", "lifted")
    return await _act(call, order, done, operation, kind=kind, reason=reason.strip())


@shown
async def deliver_order(call: Call[Any], order: UUID, day: str = "") -> Response:
    """Say on which day an order had arrived: from then on the time for its return runs."""
    return await _act(call, order, "delivered", "commerce.returns.delivered", day=day)


@shown
async def note_order(call: Call[Any], order: UUID, text: str = "") -> Response:
    """Write a note on an order."""
    return await _act(call, order, "noted", "commerce.orders.note", text=text.strip())
