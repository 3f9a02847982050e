"""Returns: what is on its way back, decided, taken in and judged; and orders that somebody has to look at."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from rynek.console.pages.orders import TONES
from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import money
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
async def repair_return(call: Call[Any], rma: UUID, act: str = "begin") -> Response:
    """Begin a repair, or end it: mended, or not to be mended."""
    if act == "begin":
        return await _act(call, rma, "in-repair", "repair")
    return await _act(call, rma, "repaired" if act == "mended" else "failed", "repaired", mended=act == "mended")


@shown
async def send_return_ahead(call: Call[Any], rma: UUID, days: int = 14, risk: str = "") -> Response:
    """Let what it is exchanged for leave before the goods are back."""
    return await _act(call, rma, "ahead", "send_ahead", days=days, risk=bool(risk))


@shown
async def reduce_return(call: Call[Any], rma: UUID, amount: str = "", why: str = "") -> Response:
    """Lower the price of goods that the buyer keeps."""
    found = await call.ask("commerce.returns.rma", rma=rma)
    try:
        minor = money.parse(amount, found.currency)
    except Invalid as fault:
        return await _goods(call, rma, refusal=fault)
    return await _act(call, rma, "reduced", "reduce", minor=minor, why=why.strip())


@shown
async def return_rules(call: Call[Any], channel: str = "", done: str = "") -> Response:
    """Show how a channel takes goods back, and for how long buyers change their orders."""
    return await _rules(call, channel, done=done)


async def _rules(call: Call[Any], channel: str, *, done: str = "", refusal: Fault | None = None) -> Response:
    channels = await call.ask("commerce.catalog.channels")
    chosen = channel or (channels[0].code if channels else "")
    policy = await call.ask("commerce.returns.policy", channel=chosen) if chosen else None
    window = await call.ask("commerce.amendments.window", channel=chosen) if chosen else None
    return show(
        call, "console/return-rules.html", refusal.status if refusal else 200, channels=channels, channel=chosen,
        policy=policy, window=window, done=done, refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of a channel's rules says; no minutes: until some of an order has left."""

    channel: str = ""
    days: int = 14
    told: str = ""
    transit_days: int = 7
    claim_years: int = 2
    minutes: str = ""


@shown
async def save_return_rules(call: Call[Any], said: Rules) -> Response:
    """Say how a channel takes goods back, and for how long buyers change their orders."""
    policy = {
        "days": said.days, "told": bool(said.told), "transit_days": said.transit_days, "claim_years": said.claim_years
    }  # fmt: skip
    minutes = int(said.minutes) if said.minutes.strip().isdecimal() else None
    try:
        await call.ask("commerce.returns.put_policy", channel=said.channel, **policy)
        await call.ask("commerce.amendments.put_window", channel=said.channel, minutes=minutes)
    except Fault as fault:
        return await _rules(call, said.channel, refusal=fault)
    return go(f"/console/return-rules?channel={said.channel}&done=saved")


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
