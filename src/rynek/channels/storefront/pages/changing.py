"""A buyer changes an order before anything of it has left: looked at first, then confirmed."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import field

from rynek.channels.storefront import rules
from rynek.channels.storefront.pages.shop import Addressed, Visit, go, show, shown, told, visit
from rynek.kernel import ids
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault


class Change(Addressed, frozen=True):
    """What the form says: how many of each line, where to and how; ``total`` is what the buyer was shown."""

    lines: list[int] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    delivery: str = ""
    reference: str = ""
    total: int = -1
    act: str = "preview"


@shown
async def change_order(call: Call[Any], channel: str, order: UUID) -> Response:
    """Show the form in which an order can be changed."""
    return await _form(call, await visit(call, channel), order)


async def _form(
    call: Call[Any], at: Visit, order: UUID, said: Change | None = None, outcome: Any = None, fault: Fault | None = None
) -> Response:  # fmt: skip
    found = await call.ask("commerce.orders.order", order=order)
    terms = msgspec.json.decode(bytes(found.agreed)).get("terms", {})
    waiting = rules.waiting(found.lines)
    if said is None:
        said = Change(
            list(waiting), list(waiting.values()), **(terms.get("address") or {}), delivery=terms.get("delivery") or "",
            reference=f"buyer-{ids.new().hex}",
        )  # fmt: skip
    amiss = "" if fault is None else _amiss(at, fault)
    return show(
        call, at, "storefront/change.html", fault.status if fault else 200, order=found, waiting=waiting, said=said,
        units=dict(zip(said.lines, said.units, strict=False)), outcome=outcome, amiss=amiss,
        options=_ways(await call.ask("commerce.checkout.delivery", channel=found.channel), terms.get("delivery")),
        sent=bool(terms.get("address")),
    )  # fmt: skip


def _ways(options: list[Any], now: str | None) -> list[Any]:
    """Give the ways an order may come instead: to the door, as a place to collect it at is chosen at the till."""
    return [each for each in options if each.code == now or each.kind not in ("pickup", "locker")]


def _amiss(at: Visit, fault: Fault) -> str:
    """Say a refusal; of what the shop has too little, how many are missing is not the cart's matter here."""
    if at.w.has(f"change.amiss.{fault.code}"):
        return at.w(f"change.amiss.{fault.code}")
    return told(at.w, fault)


@shown
async def make_change(call: Call[Any], channel: str, order: UUID, said: Change) -> Response:
    """Show what a change comes to, or make it; sent twice it is made once."""
    at = await visit(call, channel)
    found = await call.ask("commerce.orders.order", order=order)
    edit = _edit(found, said)
    try:
        outcome = await call.ask("commerce.amendments.preview", order=order, **edit)
        if said.act != "confirm":
            return await _form(call, at, order, said, outcome)
        made = await call.ask("commerce.amendments.edit", order=order, **edit, total_minor=said.total)
    except Fault as fault:
        if said.act == "confirm" and await _made(call, order, said.reference):
            return go(f"{at.home}/orders/{order}?done=changed")
        return await _form(call, at, order, said, fault=fault)
    return go(f"{at.home}/orders/{order}?done={'dearer' if made.to_pay_minor else 'changed'}")


async def _made(call: Call[Any], order: UUID, reference: str) -> bool:
    """Tell whether a change is made already: the form was sent twice."""
    return any(each.reference == reference for each in await call.ask("commerce.amendments.edits", order=order))


def _edit(order: Any, said: Change) -> dict[str, Any]:
    """Write what the form says as a change: what is as it was is left out."""
    terms = msgspec.json.decode(bytes(order.agreed)).get("terms", {})
    fewer, more = rules.difference(order.lines, dict(zip(said.lines, said.units, strict=False)))
    edit: dict[str, Any] = {"reference": said.reference}
    edit |= {"fewer": [{"line": line, "units": units} for line, units in fewer.items()]} if fewer else {}
    edit |= {"more": [{"sku": sku, "quantity": units} for sku, units in more.items()]} if more else {}
    before = {"phone": "", **(terms.get("address") or {})}
    address = said.address | {"country": before.get("country", "")}
    edit |= {"address": address} if terms.get("address") and address != before else {}
    return edit | ({"delivery": said.delivery} if said.delivery not in ("", terms.get("delivery")) else {})
