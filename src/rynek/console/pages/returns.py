"""Returns: what is on its way back, decided, taken in and judged; and orders that somebody has to look at."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from rynek.console.pages.orders import TONES
from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid

PAGE = 40
STATES = ("asked", "approved", "arrived", "in-repair", "settled", "denied", "withdrawn")
TONES_OF_RETURNS = {"asked": "warn", "approved": "info", "arrived": "warn", "in-repair": "info", "settled": "good"}
KINDS = ("fraud", "payment", "address", "review")


class Came(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of an arrival says: units, line by line."""

    location: str = ""
    numbers: list[int] = []
    units: list[int] = []


class Judged(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of an inspection says: verdicts, line by line."""

    numbers: list[int] = []
    restock: list[int] = []
    repair: list[int] = []
    scrap: list[int] = []
    back: list[int] = []
    note: str = ""


@shown
async def goods_back(call: Call[Any], state: str = "", find: str = "", before: UUID | None = None) -> Response:
    """List returns, newest first; ``overdue`` are those whose exchange was sent ahead."""
    sought = find.strip().upper().removeprefix("R-")
    asked: dict[str, Any] = {"overdue": True} if state == "overdue" else {"state": state or None}
    asked |= {"number": int(sought)} if sought.isdigit() else {"email": find.strip() or None}
    found: list[Any] = []
    amiss = ""
    try:
        found = await call.ask("commerce.returns.returns", **asked, before=before, limit=PAGE + 1)
    except Invalid as fault:
        amiss = fault.detail
    following = found[PAGE - 1].id if len(found) > PAGE else None
    return show(
        call, "console/returns.html", 422 if amiss else 200, returns=found[:PAGE], following=following, state=state,
        find=find, before=before, states=(*STATES, "overdue"), tones=TONES_OF_RETURNS, amiss=amiss,
    )  # fmt: skip


@shown
async def goods(call: Call[Any], rma: UUID, done: str = "") -> Response:
    """Show a return: what is wished, what arrived, and what can be done with it."""
    return await _goods(call, rma, done=done)


async def _goods(call: Call[Any], rma: UUID, *, done: str = "", refusal: Fault | None = None) -> Response:
    found = await call.ask("commerce.returns.rma", rma=rma)
    refused = told(language(call.request), refusal) if refusal else None
    return show(
        call, "console/return.html", refusal.status if refusal else 200, goods=found, done=done, refused=refused,
        tones=TONES_OF_RETURNS,
    )  # fmt: skip


async def _act(call: Call[Any], rma: UUID, done: str, operation: str, **values: Any) -> Response:
    try:
        await call.ask(f"commerce.returns.{operation}", rma=rma, **values)
    except Fault as fault:
        return await _goods(call, rma, refusal=fault)
    return go(f"/console/returns/{rma}?done={done}")


@shown
async def decide_return(call: Call[Any], rma: UUID, agreed: str = "", note: str = "") -> Response:
    """Agree to a return, or deny it."""
    yes = agreed == "yes"
    return await _act(call, rma, "agreed" if yes else "denied", "decide", agreed=yes, note=note.strip())


@shown
async def receive_return(call: Call[Any], rma: UUID, came: Came) -> Response:
    """Take in what arrived."""
    lines = [{"line": line, "units": units} for line, units in zip(came.numbers, came.units, strict=False) if units]
    return await _act(call, rma, "arrived", "receive", location=came.location.strip().upper(), lines=lines)


@shown
async def inspect_return(call: Call[Any], rma: UUID, judged: Judged) -> Response:
    """Say what the goods are, and settle."""
    columns = zip(judged.numbers, judged.restock, judged.repair, judged.scrap, judged.back, strict=False)
    names = ("line", "restock", "repair", "scrap", "back")
    verdicts = [dict(zip(names, each, strict=True)) for each in columns]
    return await _act(call, rma, "settled", "inspect", verdicts=verdicts, note=judged.note.strip())


@shown
async def held_orders(call: Call[Any], kind: str = "", done: str = "") -> Response:
    """List orders that are held up, oldest first."""
    return await _held(call, kind, done=done)


async def _held(call: Call[Any], kind: str, *, done: str = "", refusal: Fault | None = None) -> Response:
    found = await call.ask("commerce.orders.held", kind=kind if kind in KINDS else None, limit=200)
    refused = told(language(call.request), refusal) if refusal else None
    return show(
        call, "console/held.html", refusal.status if refusal else 200, orders=found, kind=kind, kinds=KINDS, done=done,
        refused=refused, tones=TONES,
    )  # fmt: skip


@shown
async def lift_hold(call: Call[Any], order: UUID, kind: str = "", reason: str = "") -> Response:
    """Let an order go on."""
    try:
        await call.ask("commerce.orders.lift", order=order, kind=kind, reason=reason.strip())
    except Fault as fault:
        return await _held(call, "", refusal=fault)
    return go("/console/held?done=lifted")
