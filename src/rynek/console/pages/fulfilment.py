"""The work of a location: what to pick, a list as a walk through the shop, scans, parcels, and the carrier."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import clock
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault
from rynek.kernel.words import Language

TONES = {"open": "warn", "picking": "info", "picked": "info", "packed": "accent", "ready": "accent", "sent": "good",
         "collected": "good", "expired": "bad", "cancelled": ""}  # fmt: skip
REASONS = ("not-found", "damaged", "rejected")
SOON_MINUTES = 30
PLACES = 500
MOST_PARCELS = 12


class Clock(Struct, frozen=True):
    """How long work may take still, in words, and the colour of that."""

    text: str
    tone: str


class Parcels(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of packing says: a weight and a number for each parcel, and how much of each item is in each."""

    carrier: str = ""
    weights: list[str] = []
    numbers: list[str] = []
    skus: list[str] = []
    units: list[str] = []


def span(w: Language, minutes: int) -> str:
    """Say how long some minutes are, as people say it."""
    if minutes < 60:
        return w("fulfil.minutes", n=minutes)
    if minutes < 5 * 60:
        return w("fulfil.hours", h=minutes // 60, m=minutes % 60)
    if minutes < 48 * 60:
        return w("fulfil.whole_hours", h=minutes // 60)
    return w("fulfil.days", n=minutes // (24 * 60))


def ticking(w: Language, due: datetime, now: datetime) -> Clock:
    """Say how long there is until something is due, or since when it is late."""
    left = int((due - now).total_seconds() // 60)
    if left < 0:
        return Clock(w("fulfil.late", time=span(w, -left)), "bad")
    return Clock(w("fulfil.in", time=span(w, left)), "warn" if left < SOON_MINUTES else "")


def _refusal(call: Call[Any], fault: Fault | None) -> dict[str, str] | None:
    return told(language(call.request), fault) if fault else None


# --- what there is to do ----------------------------------------------------------------------------------------------


@shown
async def shop_floor(call: Call[Any], location: str = "", done: str = "", after: str = "") -> Response:
    """Show the work of a location, most urgent first; who belongs to none sees how much there is at each."""
    at = call.actor.location or location.strip().upper()
    if at:
        return await _work(call, at, done=done)
    loads = await call.ask("commerce.fulfilment.load", after=after, limit=PLACES)
    following = loads[-1].location if len(loads) == PLACES else None
    return show(call, "console/loads.html", loads=loads, following=following, after=after)


async def _work(call: Call[Any], at: str, *, done: str = "", refusal: Fault | None = None) -> Response:
    tasks = await call.ask("commerce.fulfilment.tasks", location=at, limit=500)
    w, now = language(call.request), clock.now()
    rows = [(each, ticking(w, each.due_at, now)) for each in tasks]
    return show(
        call, "console/work-at.html", refusal.status if refusal else 200, at=at,
        mine=[row for row in rows if row[0].picker == call.actor.id and row[0].state in ("picking", "picked")],
        waiting=[row for row in rows if row[0].state == "open"],
        others=[r for r in rows if r[0].picker != call.actor.id and r[0].state in ("picking", "picked")],
        packed=[row for row in rows if row[0].state in ("packed", "ready")],
        late=sum(r[0].due_at < now and r[0].state in ("open", "picking", "picked") for r in rows), tones=TONES,
        done=done, refused=_refusal(call, refusal),
    )  # fmt: skip


@shown
async def claim_work(call: Call[Any], location: str = "", most: int = 1) -> Response:
    """Take on the most urgent work of a location."""
    try:
        mine = await call.ask("commerce.fulfilment.claim", location=location, most=most)
    except Fault as fault:
        return await _work(call, location, refusal=fault)
    if not mine:
        return go(f"/console/fulfilment?location={location}&done=nothing")
    return go(f"/console/fulfilment/tasks/{mine[0].id}" if len(mine) == 1 else f"/console/fulfilment/walk/{location}")


# --- a list -----------------------------------------------------------------------------------------------------------


@shown
async def task(call: Call[Any], task: UUID, at: str = "", parcels: int = 1, done: str = "") -> Response:
    """Show a list as a walk through the shop: one stop at a time, and then how it is packed."""
    return await _task(call, task, at=at, parcels=parcels, done=done)


async def _task(call: Call[Any], task: UUID, refusal: Fault | None = None, **asked: Any) -> Response:
    found = await call.ask("commerce.fulfilment.task", task=task)
    w = language(call.request)
    head, missing = found.task, [line for line in found.lines if line.picked < line.units]
    mine = head.picker == call.actor.id
    stop = next((line for line in missing if line.sku == asked.get("at")), missing[0] if missing else None)
    carriers = await _carriers(call, head.location) if head.state == "picked" and mine else []
    wanted = asked.get("said") or Parcels()
    return show(
        call, "console/task.html", refusal.status if refusal else 200, task=head, lines=found.lines,
        shortages=found.shortages, parcels=found.parcels, mine=mine, clock=ticking(w, head.due_at, clock.now()),
        stop=stop if mine and head.state == "picking" else None, tones=TONES, reasons=REASONS, carriers=carriers,
        boxes=range(min(max(asked.get("parcels", 1), len(wanted.weights)), MOST_PARCELS)), said=wanted,
        most=MOST_PARCELS, names={line.sku: line.name for line in found.lines}, done=asked.get("done", ""),
        refused=_refusal(call, refusal),
    )  # fmt: skip


async def _carriers(call: Call[Any], location: str) -> list[str]:
    """List the carriers that this place packs for today, the last one first."""
    waiting = await call.ask("commerce.fulfilment.ready_to_go", location=location)
    gone = await call.ask("commerce.fulfilment.handovers", location=location)
    return list(dict.fromkeys([*(each.carrier for each in reversed(waiting)), *(e.carrier for e in reversed(gone))]))


async def _act(call: Call[Any], task: UUID, done: str, operation: str, **values: Any) -> Response:
    try:
        await call.ask(f"commerce.fulfilment.{operation}", task=task, **values)
    except Fault as fault:
        return await _task(call, task, fault)
    return go(f"/console/fulfilment/tasks/{task}{'?done=' + done if done else ''}")


@shown
async def start_task(call: Call[Any], task: UUID) -> Response:
    """Take on this list."""
    return await _act(call, task, "", "start")


@shown
async def release_task(call: Call[Any], task: UUID) -> Response:
    """Leave a list to somebody else."""
    return await _act(call, task, "let-go", "let_go")


@shown
async def scan_task(call: Call[Any], task: UUID, code: str = "", units: int = 1) -> Response:
    """Count what was taken off the shelf: scanned, typed, or confirmed by hand."""
    return await _act(call, task, "scanned", "scan", code=code.strip(), units=units)


@shown
async def miss_task(call: Call[Any], task: UUID, sku: str = "", units: int = 1, reason: str = "") -> Response:
    """Say that units are not there, or cannot be sent."""
    return await _act(call, task, "missed", "miss", sku=sku, units=units, reason=reason)


@shown
async def pack_task(call: Call[Any], task: UUID, said: Parcels) -> Response:
    """Pack what was picked."""
    try:
        await call.ask(
            "commerce.fulfilment.pack", task=task, carrier=said.carrier.strip().lower(), parcels=packings(said)
        )
    except Fault as fault:
        return await _task(call, task, fault, said=said)
    return go(f"/console/fulfilment/tasks/{task}?done=packed")


@shown
async def shelve_task(call: Call[Any], task: UUID, shelf: str = "") -> Response:
    """Lay what was picked ready for whoever ordered it."""
    return await _act(call, task, "ready", "shelve", shelf=shelf.strip())


def packings(said: Parcels) -> list[dict[str, Any]]:
    """Read parcels as they were typed; a weight that is no number is left to the API to refuse.

    Amounts come parcel by parcel, and within it item by item; where nothing was typed, nothing is in it.
    """
    found = []
    for n, weight in enumerate(said.weights):
        mine = said.units[n * len(said.skus) : (n + 1) * len(said.skus)]
        goods = {sku: int(text) for sku, text in zip(said.skus, mine, strict=False) if text.strip().isdigit()}
        number = said.numbers[n].strip().upper().replace(" ", "") if n < len(said.numbers) else ""
        weighs: Any = int(weight) if weight.strip().isdigit() else weight
        found.append(
            {"weight_g": weighs, "tracking": number, "goods": {sku: units for sku, units in goods.items() if units}}
        )
    return found


# --- one walk for several lists ---------------------------------------------------------------------------------------


@shown
async def walk(call: Call[Any], location: str, done: str = "") -> Response:
    """Show what is missing on all my lists, in the order of one walk through the shop."""
    return await _walk(call, location, done=done)


async def _walk(call: Call[Any], location: str, *, done: str = "", refusal: Fault | None = None) -> Response:
    stops = await call.ask("commerce.fulfilment.walk", location=location)
    tasks = await call.ask("commerce.fulfilment.tasks", location=location, limit=500)
    mine = {each.id: each for each in tasks if each.picker == call.actor.id and each.state in ("picking", "picked")}
    return show(
        call, "console/walk.html", refusal.status if refusal else 200, at=location, stops=stops, mine=mine, done=done,
        refused=_refusal(call, refusal),
    )  # fmt: skip


@shown
async def scan_walk(call: Call[Any], location: str, code: str = "", units: int = 1) -> Response:
    """Count what was taken off the shelf for whichever of my lists comes first."""
    stops = await call.ask("commerce.fulfilment.walk", location=location)
    here = [stop for stop in stops if stop.sku == code.strip()] or stops
    refusal: Fault | None = None
    for each in dict.fromkeys(task for stop in here for task, _ in stop.tasks):
        try:
            await call.ask("commerce.fulfilment.scan", task=each, code=code.strip(), units=units)
        except Fault as fault:
            refusal = fault
        else:
            return go(f"/console/fulfilment/walk/{location}?done=scanned")
    return await _walk(call, location, refusal=refusal)


# --- parcels ----------------------------------------------------------------------------------------------------------


@shown
async def parcels(call: Call[Any], location: str, day: str = "") -> Response:
    """Show the parcels that wait for their carriers, and what carriers took that day."""
    return await _parcels(call, location, day=day)


async def _parcels(call: Call[Any], location: str, *, day: str = "", refusal: Fault | None = None) -> Response:
    waiting: dict[str, list[Any]] = {}
    for each in await call.ask("commerce.fulfilment.ready_to_go", location=location):
        waiting.setdefault(each.carrier, []).append(each)
    gone = await call.ask("commerce.fulfilment.handovers", location=location, day=f"{day}T00:00:00Z" if day else None)
    return show(
        call, "console/parcels.html", refusal.status if refusal else 200, at=location, waiting=waiting, gone=gone,
        day=day, refused=_refusal(call, refusal),
    )  # fmt: skip


@shown
async def hand_over(call: Call[Any], location: str, carrier: str = "") -> Response:
    """Hand all parcels of a carrier over, and show the list that is signed."""
    try:
        done = await call.ask("commerce.fulfilment.hand_over", location=location, carrier=carrier)
    except Fault as fault:
        return await _parcels(call, location, refusal=fault)
    if done.handover is None:
        return go(f"/console/fulfilment/parcels/{location}")
    return go(f"/console/fulfilment/handovers/{done.handover}?left={len(done.left)}")


@shown
async def handover(call: Call[Any], handover: UUID, left: int = 0) -> Response:
    """Show the list of what a carrier took, to be printed and signed."""
    found = await call.ask("commerce.fulfilment.handover", handover=handover)
    return show(call, "console/handover.html", list=found, left=left)
