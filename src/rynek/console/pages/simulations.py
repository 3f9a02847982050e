"""Simulations: what a draft would have done, started from a promotion and looked at while it is counted."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.console.pages import charts
from rynek.console.pages.shell import ZONE, go, language, show, shown, told
from rynek.kernel import clock
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid
from rynek.kernel.money import parse
from rynek.kernel.words import Language

BINS = 62
"""At most so many bars in a chart: of a longer period some days together."""
LISTED = 30
TONES = {"waiting": "", "running": "info", "done": "good", "cancelled": "warn", "failed": "bad"}
BESIDES = ("paid", "active", "nothing")
_encode = msgspec.json.encode


@shown
async def simulations(call: Call[Any], promotion: str = "") -> Response:
    """List simulations, with the form that starts one."""
    return await _list(call, {"promotion": promotion})


async def _list(call: Call[Any], given: dict[str, Any], refusal: Fault | None = None) -> Response:
    found = await call.ask("commerce.simulations.simulations", limit=LISTED)
    kept = await call.ask("commerce.promotions.promotions", limit=1_000)
    channels = await call.ask("commerce.catalog.channels")
    today = clock.now().astimezone(ZONE).date()
    usual = {"since": str(today - timedelta(days=30)), "until": str(today), "beside": "paid", "baskets": "orders"}
    usual |= {"promotion": "", "percent": "", "list": "", "basis": "gross", "currency": "", "channel": ""}
    w = language(call.request)
    return show(
        call, "console/simulations.html", refusal.status if refusal else 200, found=found, tones=TONES,
        promotions=sorted((each.promotion for each in kept), key=lambda each: (each.state != "draft", each.name)),
        tills=[each for each in channels if each.kind == "pos"], given=usual | given, besides=BESIDES,
        currencies=sorted({each.currency for each in channels}), amiss=told(w, refusal) if refusal else None,
    )  # fmt: skip


@shown
async def start(  # noqa: PLR0913, PLR0917 - the fields of the form
    call: Call[Any], promotion: str = "", since: str = "", until: str = "", currency: str = "", beside: str = "paid",
    baskets: str = "orders", channel: str = "", percent: str = "",
    list: Annotated[str, Meta(max_length=400_000)] = "", basis: Literal["gross", "net"] = "gross",  # noqa: A002 - a price list
) -> Response:  # fmt: skip
    """Start a simulation of a promotion that is kept, of a draft price list, or of all prices by a share."""
    given = {
        "promotion": promotion, "since": since, "until": until, "currency": currency, "beside": beside,
        "baskets": baskets, "channel": channel, "percent": percent, "list": list, "basis": basis,
    }  # fmt: skip
    try:
        begun = await call.ask("commerce.simulations.start", **await _wanted(call, given))
    except Fault as fault:
        if fault.status not in (404, 409, 422):
            raise
        return await _list(call, given, fault)
    return go(f"/console/simulations/{begun.id}")


async def _wanted(call: Call[Any], given: dict[str, str]) -> dict[str, Any]:
    name, drafts, prices = "", [], None
    if given["promotion"]:
        kept = await call.ask("commerce.promotions.promotion", promotion=given["promotion"])
        name, drafts = kept.promotion.name or kept.promotion.code, [msgspec.to_builtins(kept.promotion)]
    items = _prices(given["list"], given["currency"].strip().upper())
    changes = [{"bp": _share(given["percent"])}] if given["percent"].strip() else []
    if items or changes:
        prices = {"basis": given["basis"], "prices": items, "changes": changes}
        name = name or _named(items, changes)
    return {
        "name": name or "?", "promotions": drafts, "prices": prices, "currency": given["currency"].strip().upper(),
        "since": _midnight(given["since"], "since"), "until": _midnight(given["until"], "until") + timedelta(days=1),
        "beside": given["beside"], "channels": [] if given["baskets"] in ("orders", "both") else None,
        "tills": {"channel": given["channel"]} if given["baskets"] in ("tills", "both") else None,
    }  # fmt: skip


def _prices(text: str, currency: str) -> list[dict[str, Any]]:
    """Read a draft price list as it is typed or pasted from a sheet: an item and its price, a line each."""
    found = []
    for number, row in enumerate(text.splitlines(), 1):
        sku, *said = row.replace(";", " ").split(maxsplit=1) or [""]
        minor = parse(said[0], currency) if said else None
        if sku and minor is None:
            raise Invalid(f"line {number}: write an item and its price, as in TEA 12.50", field="list")
        if sku:
            found.append({"sku": sku, "minor": minor})
    return found


def _named(items: Sequence[dict[str, Any]], changes: Sequence[dict[str, Any]]) -> str:
    """Name draft prices by what stands in them."""
    some = ", ".join(each["sku"][:50] for each in items[:3]) + (" …" if len(items) > 3 else "")
    return " ".join([*(f"{each['bp'] / 100:+g} %" for each in changes), *([some] if items else [])])


def _share(text: str) -> int:
    try:
        return round(float(text.strip().replace(",", ".").removesuffix("%").replace("−", "-")) * 100)
    except (ValueError, OverflowError):
        raise Invalid("a share is written like -5 or 2.5", field="percent") from None


def _midnight(text: str, field: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time(), ZONE)
    except (ValueError, OverflowError):
        raise Invalid("a day is written like 2026-11-24", field=field) from None


@shown
async def simulation(call: Call[Any], simulation: UUID) -> Response:
    """Show a simulation: how far it is, and what the draft would have done."""
    found = await call.ask("commerce.simulations.simulation", simulation=simulation)
    w = language(call.request)
    drawn = drawing(found, w) if found.result else None
    return show(
        call, "console/simulation.html", each=found, tones=TONES, how=how(found, w), drawn=drawn,
        percent=round(found.progress * 100),
    )  # fmt: skip


async def progress(call: Call[Any], simulation: UUID) -> Response:
    """Tell how far a simulation is, in the words of the page that asks."""
    found = await call.ask("commerce.simulations.simulation", simulation=simulation)
    answer = {"percent": round(found.progress * 100), "how": how(found, language(call.request))}
    body = _encode(answer | {"ended": found.ended_at is not None})
    return Response(200, body, "application/json", (("cache-control", "no-store"),))


@shown
async def cancel(call: Call[Any], simulation: UUID) -> Response:
    """End a simulation before it is done."""
    await call.ask("commerce.simulations.cancel", simulation=simulation)
    return go(f"/console/simulations/{simulation}")


def how(found: Any, w: Language) -> str:
    """Say how far a simulation is."""
    if found.state == "waiting":
        return w("simulation.waits")
    said = [w.count("simulation.baskets", found.baskets), w.count("simulation.lines", found.lines)]
    if found.lines_per_s:
        said.append(w("simulation.speed", n=w.number(round(found.lines_per_s))))
    if found.seconds_left is not None:
        said.append(w("simulation.left", n=w.number(round(found.seconds_left))))
    return " · ".join(said)


def drawing(found: Any, w: Language) -> dict[str, Any]:
    """Draw what a simulation came to: cost and margin by day, and how much of the cost each of the first items is."""
    days, currency = found.result.days, found.wanted.currency
    bins = charts.binned(len(days), BINS)
    costs, before, after = [], [], []
    for some in bins:
        cost = sum(days[n].before_minor - days[n].after_minor for n in some)
        costs.append((cost, f"{_days(days, some, w)}: {w.money(cost, currency)}"))
        before.append(sum(days[n].margin_before for n in some))
        after.append(sum(days[n].margin_after for n in some))
    most = max((abs(_cost(each.sums)) for each in found.result.items), default=0)
    return {
        "cost": charts.bars(costs), "margin": charts.lines(before, after),
        "ends": (_day(days[0].key, w), _day(days[-1].key, w)) if days else ("", ""),
        "first": [(each, _cost(each.sums), charts.share(_cost(each.sums), most)) for each in found.result.items[:10]],
        "together": len(bins[0]) if bins else 1,
    }  # fmt: skip


def _cost(sums: Any) -> int:
    cost: int = sums.before_minor - sums.after_minor
    return cost


def _days(days: Any, some: range, w: Language) -> str:
    first, last = _day(days[some[0]].key, w), _day(days[some[-1]].key, w)
    return first if first == last else f"{first} – {last}"


def _day(key: str, w: Language) -> str:
    return w.day(datetime.combine(date.fromisoformat(key), time(), ZONE))
