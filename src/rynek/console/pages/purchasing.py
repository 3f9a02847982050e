"""Goods that come in: orders to suppliers, suppliers, deliveries counted at the door, and what differs."""

from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import ids, money
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid

PAGE = 40
ROWS = 8
STATES = ("draft", "sent", "confirmed", "partly-received", "closed", "cancelled")
TONES = {"sent": "info", "confirmed": "info", "partly-received": "warn", "closed": "good", "cancelled": ""}
KINDS = {"less": "warn", "more": "info", "damaged": "bad", "wrong": "bad"}
ACTS = {"send": "send", "cancel": "cancel", "close": "close"}


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of a purchase order says, row by row; costs as people write them."""

    supplier: str = ""
    note: str = ""
    skus: list[str] = []
    units: list[str] = []
    locations: list[str] = []
    costs: list[str] = []


class Days(Struct, frozen=True, forbid_unknown_fields=True):
    """For when lines are promised, line by line."""

    lines: list[int] = []
    days: list[str] = []
    units: list[int] = []
    act: str = "confirm"


class Counted(Struct, frozen=True, forbid_unknown_fields=True):
    """What was counted of a delivery so far: kept in the form, so that nothing is lost by the way."""

    code: str = ""
    act: str = "count"
    reference: str = ""
    skus: list[str] = []
    units: list[int] = []
    damaged: list[int] = []
    reasons: list[str] = []
    complete: bool = False


# --- orders to suppliers ----------------------------------------------------------------------------------------------


@shown
async def purchases(call: Call[Any], state: str = "", find: str = "", before: UUID | None = None) -> Response:
    """List orders to suppliers, newest first."""
    return await _purchases(call, state, find, before)


async def _purchases(
    call: Call[Any], state: str = "", find: str = "", before: UUID | None = None, *, said: Wanted | None = None,
    refusal: Fault | None = None,
) -> Response:  # fmt: skip
    sought = find.strip().upper()
    number = sought.removeprefix("PO-")[:18]
    asked: dict[str, Any] = {"supplier": sought} if not number.isdecimal() else {"number": max(int(number), 1)}
    asked |= {"state": state if state in STATES else None, "before": before}
    found = await call.ask("commerce.purchasing.purchases", limit=PAGE + 1, **asked)
    following = found[PAGE - 1].id if len(found) > PAGE else None
    suppliers = [each for each in await call.ask("commerce.purchasing.suppliers") if each.active]
    sites = sorted(
        await call.ask("commerce.inventory.locations"), key=lambda each: (each.kind != "warehouse", each.code)
    )
    different = await call.ask("commerce.purchasing.differences", limit=100)
    return show(
        call, "console/purchases.html", refusal.status if refusal else 200, purchases=found[:PAGE], before=before,
        following=following, state=state, states=STATES, find=find, tones=TONES, suppliers=suppliers, sites=sites,
        said=said or Wanted(), rows=range(max(ROWS, len(said.skus) if said else 0)), differences=len(different),
        refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


@shown
async def draft_purchase(call: Call[Any], said: Wanted) -> Response:
    """Begin an order to a supplier."""
    try:
        currencies = {each.code: each.currency for each in await call.ask("commerce.purchasing.suppliers")}
        currency = currencies.get(said.supplier, "PLN")
        made = await call.ask(
            "commerce.purchasing.draft", supplier=said.supplier, lines=_lines(said, currency), note=said.note.strip()
        )
    except Fault as fault:
        return await _purchases(call, said=said, refusal=fault)
    return go(f"/console/purchases/{made.head.id}?done=drafted")


def _lines(said: Wanted, currency: str) -> list[dict[str, Any]]:
    found = []
    for sku, units, location, cost in zip(said.skus, said.units, said.locations, said.costs, strict=False):
        if sku.strip():
            if not units.strip().isdecimal():
                raise Invalid(f"say how many of {sku.strip()}")
            line = {"sku": sku.strip(), "units": int(units.strip()[:18]), "location": location}
            found.append(line | {"cost_minor": money.parse(cost, currency)})
    return found


@shown
async def purchase(call: Call[Any], purchase: UUID, done: str = "") -> Response:
    """Show an order to a supplier: what was ordered, what came, and what differs. It prints as the supplier gets it."""
    return await _purchase(call, purchase, done=done)


async def _purchase(call: Call[Any], purchase: UUID, *, done: str = "", refusal: Fault | None = None) -> Response:
    found = await call.ask("commerce.purchasing.purchase", purchase=purchase)
    leads = await call.ask("commerce.purchasing.lead_times", supplier=found.head.supplier)
    open_ = found.head.state in ("sent", "confirmed", "partly-received")
    return show(
        call, "console/purchase.html", refusal.status if refusal else 200, head=found.head, lines=found.lines,
        deliveries=found.deliveries, differences=found.differences, tones=TONES, kinds=KINDS, done=done,
        leads={each.sku: each for each in leads}, dated=open_ and any(line.coming for line in found.lines),
        sites=sorted({line.location for line in found.lines if line.coming}) if open_ else [],
        refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


async def _act(call: Call[Any], of: UUID, done: str, operation: str, **values: Any) -> Response:
    try:
        await call.ask(f"commerce.purchasing.{operation}", **values)
    except Fault as fault:
        return await _purchase(call, of, refusal=fault)
    return go(f"/console/purchases/{of}?done={done}")


@shown
async def move_purchase(call: Call[Any], purchase: UUID, act: str = "") -> Response:
    """Send an order to a supplier, cancel it, or expect nothing more of it."""
    if act not in ACTS:
        raise Invalid("there is no such step")
    return await _act(call, purchase, act, ACTS[act], purchase=purchase)


@shown
async def date_purchase(call: Call[Any], purchase: UUID, said: Days) -> Response:
    """Write down for when the supplier promises what, for the first time or anew."""
    try:
        columns = zip(said.lines, said.days, said.units, strict=False)
        dates = [{"line": n, "promised_on": date.fromisoformat(d), "units": u} for n, d, u in columns if d]
    except ValueError:
        return await _purchase(call, purchase, refusal=Invalid("a day is written like 2026-01-31"))
    how = "move" if said.act == "move" else "confirm"
    return await _act(call, purchase, how, how, purchase=purchase, dates=dates)


# --- what differs -----------------------------------------------------------------------------------------------------


@shown
async def differences(call: Call[Any]) -> Response:
    """List what came otherwise than ordered and is to be settled, longest first."""
    found = await call.ask("commerce.purchasing.differences", limit=500)
    return show(call, "console/differences.html", differences=found, kinds=KINDS)


@shown
async def settle_difference(
    call: Call[Any], difference: UUID, purchase: UUID, resolution: str = "", note: str = ""
) -> Response:
    """Settle what came otherwise than ordered."""
    return await _act(
        call, purchase, "settled", "settle", difference=difference, resolution=resolution, note=note.strip()
    )


# --- suppliers --------------------------------------------------------------------------------------------------------


@shown
async def suppliers(call: Call[Any], supplier: str = "") -> Response:
    """List suppliers, and of one what it sends and how long that takes."""
    found = await call.ask("commerce.purchasing.suppliers")
    known = next((each for each in found if each.code == supplier), None)
    items = await call.ask("commerce.purchasing.items", supplier=known.code) if known else []
    leads = await call.ask("commerce.purchasing.lead_times", supplier=known.code) if known else []
    return show(
        call,
        "console/suppliers.html",
        suppliers=found,
        known=known,
        items=items,
        leads={each.sku: each for each in leads},
    )


# --- at the door ------------------------------------------------------------------------------------------------------


@shown
async def receiving(call: Call[Any], location: str = "", done: str = "") -> Response:
    """List what a store or warehouse waits for, one order after the other."""
    at = (location or call.actor.location or "").strip().upper()
    found = await call.ask("commerce.purchasing.expected", location=at) if at else []
    orders: dict[UUID, list[Any]] = {}
    for each in found:
        orders.setdefault(each.purchase, []).append(each)
    sites = [] if call.actor.location else await call.ask("commerce.inventory.locations")
    return show(
        call, "console/receiving.html", at=at, orders=list(orders.values()), sites=sites, done=done
    )  # fmt: skip


@shown
async def delivery_at(call: Call[Any], location: str, purchase: UUID) -> Response:
    """Begin to count a delivery."""
    return await _counting(call, location, purchase, Counted(reference=ids.new().hex[-8:].upper()))


@shown
async def count_delivery(call: Call[Any], location: str, purchase: UUID, said: Counted) -> Response:
    """Count a scanned unit, or take the delivery in as it was counted."""
    if said.act != "book":
        return await _scanned(call, location, purchase, said)
    columns = zip(said.skus, said.units, said.damaged, said.reasons, strict=False)
    lines = [
        {"sku": sku, "units": units, "damaged": damaged, "reason": reason.strip()}
        for sku, units, damaged, reason in columns
        if units or damaged
    ]
    try:
        await call.ask(
            "commerce.purchasing.receive", purchase=purchase, location=location, reference=said.reference.strip(),
            lines=lines, complete=said.complete,
        )  # fmt: skip
    except Fault as fault:
        return await _counting(call, location, purchase, said, refusal=fault)
    return go(f"/console/receiving?location={location}&done=received")


async def _scanned(call: Call[Any], location: str, purchase: UUID, said: Counted) -> Response:
    """Find the item that a code means and count one of it."""
    code = said.code.strip()
    products = await call.ask("commerce.catalog.find", sku=code, gtin=code) if code else []
    sku = next((v.sku for each in products for v in each.variants if code in (v.sku, v.gtin)), None)
    if sku is None:
        return await _counting(call, location, purchase, said, last=code)
    skus, units = list(said.skus), list(said.units)
    damaged, reasons = list(said.damaged), list(said.reasons)
    if sku not in skus:
        skus, units, damaged, reasons = [*skus, sku], [*units, 0], [*damaged, 0], [*reasons, ""]
    units[skus.index(sku)] += 1
    counted = Counted(
        reference=said.reference, skus=skus, units=units, damaged=damaged, reasons=reasons, complete=said.complete
    )
    return await _counting(call, location, purchase, counted, last=sku)


async def _counting(
    call: Call[Any], location: str, purchase: UUID, said: Counted, *, refusal: Fault | None = None, last: str = ""
) -> Response:
    waiting = await call.ask("commerce.purchasing.expected", location=location, purchase=purchase)
    coming: dict[str, int] = {}
    for each in waiting:
        coming[each.sku] = coming.get(each.sku, 0) + each.coming
    counted = {
        sku: rest for sku, *rest in zip(said.skus, said.units, said.damaged, said.reasons, strict=False)
    }  # fmt: skip
    unknown = last if last not in counted else ""
    status = refusal.status if refusal else 422 if unknown else 200
    return show(
        call, "console/counting.html", status, at=location, purchase=purchase, coming=coming,
        number=waiting[0].number if waiting else None, supplier=waiting[0].supplier_name if waiting else "",
        names={each.sku: each.name for each in waiting}, counted=counted, skus=list({**coming, **counted}), said=said,
        unknown=unknown, last=last, refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip
