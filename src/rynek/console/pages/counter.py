"""What comes back over a store's counter: by its receipt, or without one by whoever answers for it."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import ids, money
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid

LINES = 3
"""How many items the form without a receipt has."""


class Back(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of a return with its receipt says, line by line; ``credit_to`` is a customer, if it is credit."""

    till: str = ""
    number: int = 0
    lines: list[int] = []
    units: list[int] = []
    scrap: list[int] = []
    credit_to: str = ""
    reference: str = ""


class Bare(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of a return without a receipt says."""

    customer: str = ""
    skus: list[str] = []
    units: list[int] = []
    scrap: list[int] = []
    why: str = ""
    reference: str = ""


class Declared(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of a store's rule says; the amount as people write it."""

    days: int = 30
    most: str = "0"
    units: int = 0


@shown
async def counter(call: Call[Any], store: str, till: str = "", number: int = 0, done: str = "") -> Response:
    """Show the forms by which a store takes goods back; with a receipt's name, its lines."""
    return await _counter(call, store, till.strip(), number, done=done)


async def _counter(
    call: Call[Any], store: str, till: str = "", number: int = 0, refusal: Fault | None = None, **more: Any
) -> Response:  # fmt: skip
    lines, currency = [], ""
    if till and number and refusal is None:
        try:
            asked = {"store": store, "till": till, "number": number}
            lines = await call.ask("commerce.pos.returnable", **asked)
            currency = (await call.ask("commerce.pos.receipt", **asked)).currency
        except Fault as fault:
            refusal = fault
    rule = await call.ask("commerce.pos.return_rule", store=store)
    most = f"{rule.unproven_minor / 100:.2f}"
    return show(
        call, "console/counter.html", refusal.status if refusal else 200, store=store, till=till, number=number,
        lines=lines, currency=currency, rule=rule, items=LINES, key=ids.new().hex, most=most,
        refused=told(language(call.request), refusal) if refusal else None, **{"done": "", "taken": None, **more},
    )  # fmt: skip


def _customer(text: str) -> UUID | None:
    if not text.strip():
        return None
    try:
        return UUID(text.strip())
    except ValueError:
        raise Invalid("a customer is named by the number of their account", field="customer") from None


@shown
async def take_back(call: Call[Any], store: str, said: Back) -> Response:
    """Take goods back by their receipt; the page says what is to be handed out."""
    rows = zip(said.lines, said.units, said.scrap, strict=False)
    lines = [{"line": line, "units": units, "scrap": scrap} for line, units, scrap in rows if units]
    try:
        given = {"sold_at": store, "till": said.till, "number": said.number, "credit_to": _customer(said.credit_to)}
        taken = await call.ask("commerce.pos.take_back", store=store, reference=said.reference, lines=lines, **given)
    except Fault as fault:
        return await _counter(call, store, said.till, said.number, fault)
    return await _counter(call, store, taken=taken)


@shown
async def take_unproven(call: Call[Any], store: str, said: Bare) -> Response:
    """Take goods back without a receipt, as store credit."""
    rows = zip(said.skus, said.units, said.scrap, strict=False)
    lines = [
        {"sku": sku.strip(), "units": units, "scrap": scrap} for sku, units, scrap in rows if sku.strip() and units
    ]
    try:
        who = _customer(said.customer)
        given = {"reference": said.reference, "customer": who, "lines": lines, "why": said.why.strip()}
        taken = await call.ask("commerce.pos.take_unproven", store=store, **given)
    except Fault as fault:
        return await _counter(call, store, refusal=fault)
    return await _counter(call, store, taken=taken)


@shown
async def declare(call: Call[Any], store: str, said: Declared) -> Response:
    """Say how a store takes goods back, and how much without a receipt."""
    try:
        rule = {"days": said.days, "unproven_minor": money.parse(said.most, "PLN") or 0, "unproven_units": said.units}
        await call.ask("commerce.pos.put_return_rule", store=store, **rule)
    except Fault as fault:
        return await _counter(call, store, refusal=fault)
    return go(f"/console/receipts/{store}/returns?done=declared")
