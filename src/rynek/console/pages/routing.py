"""Where orders are packed: the rules of channels, what places are, what waits for goods, and why it is so."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from rynek.console.pages.fulfilment import TONES
from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, NotFound
from rynek.kernel.words import Language

BY = ("nearest", "parcels", "cheapest", "load", "age", "rank")
TIERS = 6
BLANK_ROWS = 3
PAGE = 100
_MINUTES = ("send_minutes", "hand_out_minutes", "keep_days", "remind_days")


class Written(Struct, frozen=True, forbid_unknown_fields=True):
    """Rules as they are typed: a row for each criterion, with its tier and weight."""

    tiers: list[str] = []
    by: list[str] = []
    weights: list[str] = []
    send_minutes: str = ""
    hand_out_minutes: str = ""
    keep_days: str = ""
    remind_days: str = ""


class Row(Struct, frozen=True):
    """A criterion in the form, and what is wrong with it."""

    tier: str
    by: str
    weight: str
    amiss: str = ""


class PlaceForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What a place is, as it is typed; what is not ticked is not sent."""

    latitude: str = ""
    longitude: str = ""
    parcel: str = ""
    tasks: str = ""
    sends: bool = False
    hands_out: bool = False
    street: str = ""
    postcode: str = ""
    city: str = ""


# --- the rules of channels --------------------------------------------------------------------------------------------


@shown
async def routings(call: Call[Any], done: str = "") -> Response:
    """List the rules of channels, and the channels that have none."""
    found = {each.channel: each for each in await call.ask("commerce.fulfilment.routings")}
    names = sorted({*found, *await _channels(call)})
    return show(call, "console/routings.html", rows=[(name, found.get(name)) for name in names], done=done)


async def _channels(call: Call[Any]) -> list[str]:
    try:
        return [each.code for each in await call.ask("commerce.catalog.channels")]
    except Fault:
        return []


@shown
async def routing(call: Call[Any], channel: str) -> Response:
    """Show a channel's rules as a form."""
    known = {each.channel: each for each in await call.ask("commerce.fulfilment.routings")}
    rules = known[channel].rules if channel in known else None
    rows = [
        Row(str(n), each.by, f"{each.weight:g}")
        for n, tier in enumerate(rules.tiers if rules else [], 1)
        for each in tier
    ]
    times = {name: str(getattr(rules, name)) if rules else "" for name in _MINUTES}
    return _routing(call, channel, rows, times, version=known[channel].version if rules else 0)


def _routing(
    call: Call[Any], channel: str, rows: list[Row], times: dict[str, str], version: int, refusal: Fault | None = None
) -> Response:
    blank = [Row("", "", "") for _ in range(BLANK_ROWS)]
    amiss = any(row.amiss for row in rows)
    return show(
        call, "console/routing.html", refusal.status if refusal else 422 if amiss else 200, channel=channel,
        rows=[*rows, *blank], times=times, criteria=BY, tiers=[str(n) for n in range(1, TIERS + 1)], version=version,
        refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


@shown
async def save_routing(call: Call[Any], channel: str, written: Written) -> Response:
    """Write a channel's rules; what is wrong is said beside it."""
    rows = checked(language(call.request), written)
    times = {name: getattr(written, name).strip() for name in _MINUTES}
    if any(row.amiss for row in rows):
        return _routing(call, channel, rows, times, -1)
    numbered = sorted({int(row.tier) for row in rows})
    tiers = [
        [{"by": row.by, "weight": float(row.weight)} for row in rows if int(row.tier) == number] for number in numbered
    ]
    given: dict[str, Any] = {name: int(text) if text.isdigit() else text for name, text in times.items() if text}
    try:
        await call.ask("commerce.fulfilment.put_routing", channel=channel, rules={"tiers": tiers, **given})
    except Fault as fault:
        return _routing(call, channel, rows, times, -1, fault)
    return go("/console/fulfilment/rules?done=saved")


def checked(w: Language, written: Written) -> list[Row]:
    """Read the rows of a form; those without a criterion are none."""
    rows: list[Row] = []
    for tier, by, weight in zip(written.tiers, written.by, written.weights, strict=False):
        if not by:
            continue
        row = Row(tier or "1", by, weight.strip().replace(",", ".") or "1")
        if any((row.tier, by) == (each.tier, each.by) for each in rows):
            row = msgspec.structs.replace(row, amiss=w("routing.twice"))
        elif not row.tier.isdigit() or not 1 <= int(row.tier) <= TIERS or by not in BY:
            row = msgspec.structs.replace(row, amiss=w("routing.choose"))
        elif not _weighs(row.weight):
            row = msgspec.structs.replace(row, amiss=w("routing.weighs"))
        rows.append(row)
    return rows or [Row("1", "", "", w("routing.nothing"))]


def _weighs(text: str) -> bool:
    try:
        return 0 < float(text) <= 1_000_000
    except ValueError:
        return False


@shown
async def drop_routing(call: Call[Any], channel: str) -> Response:
    """Let a channel's orders stay where they are first set aside."""
    await call.ask("commerce.fulfilment.drop_routing", channel=channel)
    return go("/console/fulfilment/rules?done=dropped")


# --- places -----------------------------------------------------------------------------------------------------------


@shown
async def places(call: Call[Any], after: str = "", done: str = "") -> Response:
    """List what locations are to fulfilment, and how much they have to do."""
    loads = await call.ask("commerce.fulfilment.load", after=after, limit=PAGE)
    facts = {each.location: each for each in await call.ask("commerce.fulfilment.places", after=after, limit=PAGE)}
    following = loads[-1].location if len(loads) == PAGE else None
    return show(
        call, "console/places.html", rows=[(each, facts.get(each.location)) for each in loads], done=done,
        following=following, after=after,
    )  # fmt: skip


@shown
async def place_facts(call: Call[Any], location: str) -> Response:
    """Show what a location is to fulfilment, as a form."""
    said = PlaceForm("", "", "0.00", "100", sends=True)
    for facts in await call.ask("commerce.fulfilment.places", location=location):
        there = ["" if each is None else str(each) for each in (facts.latitude, facts.longitude)]
        cost = f"{facts.parcel_minor / 100:.2f}"
        said = PlaceForm(
            there[0], there[1], cost, str(facts.tasks), facts.sends, facts.hands_out, facts.street, facts.postcode,
            facts.city,
        )  # fmt: skip
    return await _place(call, location, said)


async def _place(call: Call[Any], location: str, said: PlaceForm, refusal: Fault | None = None) -> Response:
    return show(
        call, "console/place.html", refusal.status if refusal else 200, location=location,
        said=msgspec.structs.asdict(said), amiss=wrong(language(call.request), said) if refusal else {},
        refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


def wrong(w: Language, said: PlaceForm) -> dict[str, str]:
    """Tell which fields of a place cannot be so, and why."""
    found = {}
    for name, most in (("latitude", 90), ("longitude", 180)):
        text = getattr(said, name).strip()
        if text and not (_real(text) is not None and -most <= float(text) <= most):
            found[name] = w("places.degrees", n=most)
    if bool(said.latitude.strip()) != bool(said.longitude.strip()):
        found["longitude"] = w("places.both")
    if (cost := _real(said.parcel)) is None or not 0 <= cost <= 10**7:
        found["parcel"] = w("places.money")
    if not said.tasks.strip().isdigit() or not 1 <= int(said.tasks) <= 1_000_000:
        found["tasks"] = w("places.whole")
    return found


def _real(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


@shown
async def save_place(call: Call[Any], location: str, said: PlaceForm) -> Response:
    """Write what a location is to fulfilment."""
    w = language(call.request)
    if amiss := wrong(w, said):
        return show(
            call,
            "console/place.html",
            422,
            location=location,
            said=msgspec.structs.asdict(said),
            amiss=amiss,
            refused=None,
        )
    cost = _real(said.parcel) or 0.0
    facts = {
        "location": location, "latitude": _real(said.latitude) if said.latitude.strip() else None,
        "longitude": _real(said.longitude) if said.longitude.strip() else None, "parcel_minor": round(cost * 100),
        "tasks": int(said.tasks), "sends": said.sends, "hands_out": said.hands_out,
        "street": said.street.strip(), "postcode": said.postcode.strip(), "city": said.city.strip(),
    }  # fmt: skip
    try:
        await call.ask("commerce.fulfilment.put_places", places=[facts])
    except Fault as fault:
        return await _place(call, location, said, fault)
    return go("/console/fulfilment/places?done=saved")


# --- what waits, and why ----------------------------------------------------------------------------------------------


@shown
async def backorders(call: Call[Any]) -> Response:
    """List the units that orders wait for, longest first."""
    return show(call, "console/backorders.html", waiting=await call.ask("commerce.fulfilment.backorders", limit=500))


@shown
async def why_here(call: Call[Any], order: UUID, done: str = "") -> Response:
    """Explain where an order is packed: every decision, the places that were weighed, and what counted."""
    head = await call.ask("commerce.orders.order", order=order)
    told = await call.ask("commerce.fulfilment.why", order=order)
    tasks = await call.ask("commerce.fulfilment.tasks_of", order=order)
    if not told and not tasks:
        raise NotFound("nothing was decided about this order yet")
    return show(
        call, "console/why-here.html", order=head, told=list(reversed(told)), tasks=tasks, tones=TONES, done=done,
        names={line.sku: line.name for line in head.lines},
    )  # fmt: skip


@shown
async def allocate_again(call: Call[Any], order: UUID) -> Response:
    """Look anew for the best places of what nobody has begun to pick."""
    await call.ask("commerce.fulfilment.allocate", order=order)
    return go(f"/console/orders/{order}/places?done=again")
