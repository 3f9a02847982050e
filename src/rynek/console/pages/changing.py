"""An order is changed by support: what it would come to is shown first, then it is made."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import ids
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault

_ADDRESS = ("name", "street", "city", "postcode", "country", "phone")


class Edit(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form says: how many of each line, an item more, where to and how; ``total`` is what was shown."""

    lines: list[int] = []
    units: list[int] = []
    sku: str = ""
    many: int = 1
    name: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    phone: str = ""
    delivery: str = ""
    reason: str = ""
    reference: str = ""
    total: int = -1
    act: str = "preview"


@shown
async def edit_order(call: Call[Any], order: UUID) -> Response:
    """Show the form in which an order is changed."""
    return await _form(call, order)


async def _form(
    call: Call[Any], order: UUID, said: Edit | None = None, outcome: Any = None, refusal: Fault | None = None
) -> Response:  # fmt: skip
    found = await call.ask("commerce.orders.order", order=order)
    terms = msgspec.json.decode(bytes(found.agreed)).get("terms", {})
    waiting = _waiting(found)
    if said is None:
        known = {name: text for name, text in (terms.get("address") or {}).items() if name != "country"}
        said = Edit(
            list(waiting), list(waiting.values()), **known, delivery=terms.get("delivery") or "",
            reference=f"support-{ids.new().hex}",
        )  # fmt: skip
    return show(
        call, "console/order-change.html", refusal.status if refusal else 200, order=found, waiting=waiting, said=said,
        units=dict(zip(said.lines, said.units, strict=False)), outcome=outcome, sent=bool(terms.get("address")),
        refused=told(language(call.request), refusal) if refusal else None,
        options=await call.ask("commerce.checkout.delivery", channel=found.channel),
    )  # fmt: skip


def _waiting(order: Any) -> dict[int, int]:
    left = {line.line: line.quantity - line.cancelled - line.shipped for line in order.lines}
    return {line: units for line, units in left.items() if units > 0}


@shown
async def make_edit(call: Call[Any], order: UUID, said: Edit) -> Response:
    """Show what a change comes to, or make it; sent twice it is made once."""
    found = await call.ask("commerce.orders.order", order=order)
    edit = _edit(found, said)
    try:
        if said.act != "confirm":
            return await _form(call, order, said, await call.ask("commerce.amendments.preview", order=order, **edit))
        await call.ask("commerce.amendments.edit", order=order, **edit, total_minor=said.total)
    except Fault as fault:
        made = await call.ask("commerce.amendments.edits", order=order)
        if said.act != "confirm" or all(each.reference != said.reference for each in made):
            return await _form(call, order, said, refusal=fault)
    return go(f"/console/orders/{order}?done=changed")


def _edit(order: Any, said: Edit) -> dict[str, Any]:
    """Write what the form says as a change: what is as it was is left out."""
    terms = msgspec.json.decode(bytes(order.agreed)).get("terms", {})
    waiting, skus = _waiting(order), {line.line: line.sku for line in order.lines}
    wanted = {line: units for line, units in zip(said.lines, said.units, strict=False) if line in waiting}
    fewer = [{"line": line, "units": waiting[line] - n} for line, n in wanted.items() if n < waiting[line]]
    more = [{"sku": skus[line], "quantity": n - waiting[line]} for line, n in wanted.items() if n > waiting[line]]
    if said.sku.strip():
        more.append({"sku": said.sku.strip(), "quantity": said.many})
    edit: dict[str, Any] = {"reference": said.reference, "reason": said.reason.strip() or "changed"}
    edit |= ({"fewer": fewer} if fewer else {}) | ({"more": more} if more else {})
    before = {"phone": "", **(terms.get("address") or {})}
    address = {name: getattr(said, name, "").strip() for name in _ADDRESS} | {"country": before.get("country", "")}
    edit |= {"address": address} if terms.get("address") and address != before else {}
    return edit | ({"delivery": said.delivery} if said.delivery not in ("", terms.get("delivery")) else {})
