"""Giving goods back: withdrawn from within the time that the law gives, or returned, exchanged and claimed."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from reportlab.graphics.barcode import createBarcodeDrawing

from rynek.channels.storefront.pages.shop import Visit, buyer_of, go, read, show, shown, to_login, told, visit
from rynek.commerce import browse
from rynek.kernel import clock, ids
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault

PAGE = 20
REASONS = ("changed-mind", "wrong-size", "late", "defective", "damaged", "not-as-described", "wrong-item")
WISHES = ("refund", "exchange", "store-credit", "repair")
RIGHT = "withdrawal"
"""The path of those who think otherwise: for no reason, within the time the law gives."""


class Wished(Struct, frozen=True):
    """What the form says: units and reasons line by line, what one gets, and for guests how the order is theirs."""

    order: str = ""
    number: str = ""
    email: str = ""
    lines: list[int] = []
    units: list[int] = []
    reasons: list[str] = []
    notes: list[str] = []
    instead: list[str] = []
    wish: str = "refund"
    key: str = ""


def _proof(number: str, email: str) -> dict[str, Any] | None:
    """Give what shows that an order is whoever's: its number and e-mail, as they were typed."""
    digits = number.strip().lstrip("#")
    return {"number": int(digits[:18]), "email": email.strip()} if digits.isascii() and digits.isdigit() else None


@shown
async def returns(call: Call[Any], channel: str) -> Response:
    """List what one gives back, newest first."""
    led = to_login(call, channel, "returns", guests=True)
    if led is not None:
        return led
    at = await visit(call, channel)
    return show(call, at, "storefront/returns.html", returns=await call.ask("commerce.returns.returns", limit=PAGE))


@shown
async def begin_withdrawal(call: Call[Any], channel: str, order: str = "") -> Response:
    """Begin to withdraw from a contract: which order, then what of it."""
    return await _begin(call, await visit(call, channel), RIGHT, order)


@shown
async def begin_return(call: Call[Any], channel: str, order: str = "") -> Response:
    """Begin to give goods back: which order, then what of it and why."""
    return await _begin(call, await visit(call, channel), "", order)


async def _begin(call: Call[Any], at: Visit, path: str, order: str) -> Response:
    if order:
        return await _form(call, at, path, Wished(order=order, key=ids.new().hex))
    return await _which(call, at, path)


async def _which(
    call: Call[Any], at: Visit, path: str, said: Wished | None = None, fault: Fault | None = None
) -> Response:
    """Ask for the order: among one's own, or by its number and e-mail."""
    own = call.actor.kind in ("customer", "guest")
    found = await call.ask("commerce.orders.orders", channel=at.front.code, limit=PAGE) if own else []
    return show(
        call, at, "storefront/return-which.html", fault.status if fault else 200, path=path, said=said or Wished(),
        orders=[each for each in found if each.state in ("open", "shipped")], amiss=told(at.w, fault) if fault else "",
    )  # fmt: skip


async def _form(call: Call[Any], at: Visit, path: str, said: Wished, amiss: Fault | str = "") -> Response:
    """Show what of the order may come back, until when, and ask how much and why."""
    proof = _proof(said.number, said.email)
    asked = {"order": said.order} if said.order else {}
    offer = await call.ask("commerce.returns.offer", **asked, **({"proof": proof} if proof else {}))
    today = clock.now().date()
    lines = [each for each in offer.lines if each.units]
    wishes = [each for each in WISHES if each != "store-credit" or call.actor.kind == "customer"]
    return show(
        call, at, "storefront/return-new.html", amiss.status if isinstance(amiss, Fault) else 422 if amiss else 200,
        path=path, said=said, offer=offer,
        lines=lines, late=offer.until is not None and offer.until < today, reasons=REASONS, wishes=wishes,
        chosen=_chosen(said), others={} if path else await _others(call, at, lines),
        amiss=told(at.w, amiss) if isinstance(amiss, Fault) else amiss,
    )  # fmt: skip


def _chosen(said: Wished) -> dict[int, dict[str, Any]]:
    """Give by line what was filled in."""
    columns: dict[str, list[Any]] = {
        "units": [*said.units], "reason": [*said.reasons], "note": [*said.notes], "instead": [*said.instead]
    }  # fmt: skip
    return {
        line: {name: column[place] for name, column in columns.items() if place < len(column)}
        for place, line in enumerate(said.lines)
    }


async def _others(call: Call[Any], at: Visit, lines: list[Any]) -> dict[int, list[Any]]:
    """Tell for each line what it may be exchanged for: what is there of the same product, the same item first."""
    found: dict[int, list[Any]] = {}
    for line in lines:
        if line.product is None:
            continue
        try:
            asked = await call.ask("commerce.browse.product", channel=at.front.code, product=str(line.product))
        except Fault:  # sold no more
            continue
        items = [each for each in read(asked, browse.Detail).items if each.available > 0 and each.price]
        found[line.line] = sorted(items, key=lambda item, sku=line.sku: item.sku != sku)  # type: ignore[misc]
    return found


@shown
async def withdraw(call: Call[Any], channel: str, said: Wished) -> Response:
    """Withdraw from what the form names, or look first at what can be withdrawn from."""
    return await _send(call, channel, RIGHT, said)


@shown
async def ask_return(call: Call[Any], channel: str, said: Wished) -> Response:
    """Ask to give back what the form names, or look first at what can come back."""
    return await _send(call, channel, "", said)


async def _send(call: Call[Any], channel: str, path: str, said: Wished) -> Response:
    at = await visit(call, channel)
    buyer, headers = buyer_of(call)
    asking: Call[Any] = Call(call.door, call.operation, buyer, call.reach, None)
    asking.request = call.request
    answer = await (_sent if said.lines else _looked)(asking, at, path, said)
    answer.headers += headers
    return answer


async def _looked(call: Call[Any], at: Visit, path: str, said: Wished) -> Response:
    try:
        return await _form(call, at, path, msgspec.structs.replace(said, key=ids.new().hex))
    except Fault as fault:
        return await _which(call, at, path, said, fault)


async def _sent(call: Call[Any], at: Visit, path: str, said: Wished) -> Response:
    wanted = {line: each for line, each in _chosen(said).items() if each.get("units")}
    if not wanted:
        return await _form(call, at, path, said, at.w("return.nothing"))
    try:
        made = await call.once(f"return {said.key}", "commerce.returns.ask", **_asked(path, said, wanted))
    except Fault as fault:
        return await _form(call, at, path, said, fault)
    return go(f"{at.home}/returns/{made.id}")


def _asked(path: str, said: Wished, wanted: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Write what the form says as what is asked for."""
    why: Mapping[str, Any] = {"reason": "changed-mind"} if path else {}
    lines = [
        {"line": line, "units": each["units"], "reason": each.get("reason") or "changed-mind",
         "note": each.get("note", "").strip(), **why}
        for line, each in wanted.items()
    ]  # fmt: skip
    chosen = "refund" if path else said.wish
    asked: dict[str, Any] = {"order": said.order, "lines": lines, "wish": chosen}
    if chosen == "exchange":
        asked["instead"] = [{"sku": each.get("instead", ""), "quantity": each["units"]} for each in wanted.values()]
    proof = _proof(said.number, said.email)
    return asked | ({"proof": proof} if proof else {})


@shown
async def goods(call: Call[Any], channel: str, rma: UUID, done: str = "") -> Response:
    """Show what one gives back: what to do now, and what became of it."""
    return await _goods(call, await visit(call, channel), rma, done=done)


async def _goods(call: Call[Any], at: Visit, rma: UUID, *, done: str = "", fault: Fault | None = None) -> Response:
    found = await call.ask("commerce.returns.rma", rma=rma)
    slips: list[Any] = []
    if call.door.gate.may(call.actor, "documents.read") is not None:
        try:
            slips = await call.ask("commerce.documents.documents", order=found.order)
        except Fault:  # returned by number and e-mail: the order's papers stay its buyer's
            slips = []
    by_right = all(line.ground == "withdrawal" for line in found.lines)
    return show(
        call, at, "storefront/return.html", fault.status if fault else 200, goods=found, done=done, by_right=by_right,
        slips=[each for each in slips if each.kind in ("return-slip", "correction")],
        amiss=told(at.w, fault) if fault else "", steps=_steps(found.state),
    )  # fmt: skip


def _steps(state: str) -> list[tuple[str, str]]:
    way = ("asked", "approved", "arrived", "settled")
    if state in ("denied", "withdrawn"):
        return [("asked", "done"), (state, "gone")]
    come = way.index("arrived" if state == "in-repair" else state)
    return [
        (step, "done" if place < come or state == "settled" else "now" if place == come else "")
        for place, step in enumerate(way)
    ]


@shown
async def add_photo(call: Call[Any], channel: str, rma: UUID, line: int) -> Response:
    """Put a picture beside what one gives back, as the form posts it."""
    at = await visit(call, channel)
    try:
        await call.ask("commerce.returns.add_photo", rma=rma, line=line)
    except Fault as fault:
        return await _goods(call, at, rma, fault=fault)
    return go(f"{at.home}/returns/{rma}?done=pictured#line{line}")


@shown
async def keep_goods(call: Call[Any], channel: str, rma: UUID) -> Response:
    """Keep what was to come back."""
    at = await visit(call, channel)
    try:
        await call.ask("commerce.returns.withdraw", rma=rma)
    except Fault as fault:
        return await _goods(call, at, rma, fault=fault)
    return go(f"{at.home}/returns/{rma}?done=kept")


@shown
async def slip(call: Call[Any], channel: str, rma: UUID) -> Response:
    """Show the slip that goes into the parcel, to be printed: the code in letters and in bars."""
    found = await call.ask("commerce.returns.rma", rma=rma)
    at = await visit(call, channel)
    return show(call, at, "storefront/slip.html", goods=found, bars=bars(found.code))


def bars(code: str) -> str:
    """Draw a code as bars (Code 128), as the address of a picture."""
    drawn = createBarcodeDrawing("Code128", value=code, barHeight=56, barWidth=1.8, humanReadable=False)
    svg = drawn.asString("svg")
    body = svg.encode() if isinstance(svg, str) else svg
    return f"data:image/svg+xml;base64,{b64encode(body).decode()}"
