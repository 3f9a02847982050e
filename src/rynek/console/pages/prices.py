"""Dynamic prices: what may move, what waits for a person, the rules, and why each price moved."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid
from rynek.kernel.words import Language

WAITING = 50
LOGGED = 30
DRAFT: dict[str, Any] = {
    "code": "old-stock",
    "name": "",
    "channel": "WEB-PL",
    "scope": {"categories": []},
    "moves": [{"by": "stock-age", "steps": [{"days": 60, "change_bp": -1000}]}],
    "rails": {"margin_bp": 500, "below_bp": 3000, "step_bp": 500, "day_bp": 1000, "ending": 99, "of": 100},
    "mode": "propose",
    "active": False,
}
"""What a new rule begins with."""
TONES = {"move": "info", "return": "", "guard": "warn", "withdraw": "bad"}


class Line(Struct, frozen=True):
    """A move as it is shown: what the API says, and its reasons in the reader's words."""

    of: Any
    why: list[str]


def said(w: Language, reasons: list[Any], currency: str) -> list[str]:
    """Say reasons in the reader's words: amounts with their currency, shares as percentages."""
    return [_said(w, each.what, each.facts, currency) for each in reasons]


def _said(w: Language, what: str, facts: dict[str, Any], currency: str) -> str:
    values: dict[str, Any] = {}
    for name, value in facts.items():
        if name.endswith("_minor"):
            values[name] = "–" if value is None else w.money(value, currency)
        elif name.endswith("_bp"):
            values[name] = ("+" if value > 0 else "") + w.percent(value)
        elif name in ("how", "of", "by") and isinstance(value, str):
            values[name] = w(f"prices.{name}.{value}")
        else:
            values[name] = value
    return w(f"prices.why.{what}", **values)


def _lines(w: Language, found: list[Any]) -> list[Line]:
    return [Line(each, said(w, each.why, each.currency)) for each in found]


@shown
async def prices(
    call: Call[Any], channel: str = "", sku: str = "", done: str = "", before: int | None = None
) -> Response:
    """Show the switches, what waits for a person, the rules, and the log."""
    return await _prices(call, channel=channel.strip().upper(), sku=sku.strip(), done=done, before=before)


async def _prices(call: Call[Any], refused: Fault | None = None, **asked: Any) -> Response:
    w = language(call.request)
    channel, sku = asked.get("channel", ""), asked.get("sku", "")
    waiting = await call.ask("commerce.repricing.proposals", channel=channel, limit=WAITING)
    log = await call.ask(
        "commerce.repricing.moves", channel=channel, sku=sku, before=asked.get("before"), limit=LOGGED + 1
    )
    return show(
        call, "console/prices.html", refused.status if refused else 200,
        channels=await call.ask("commerce.repricing.places"), waiting=_lines(w, waiting), most=WAITING,
        rules=await call.ask("commerce.repricing.rules_of", channel=channel), log=_lines(w, log[:LOGGED]),
        older=log[LOGGED - 1].id if len(log) > LOGGED else None, channel=channel, sku=sku, tones=TONES,
        done=asked.get("done", ""), before=asked.get("before"), refused=told(w, refused) if refused else None,
    )  # fmt: skip


@shown
async def switch_prices(call: Call[Any], channel: str, on: bool, reason: str = "") -> Response:  # noqa: FBT001 - a switch
    """Let the prices of a channel move, or stop that; how often and upon which lists stays as it is."""
    known = {each.channel: each for each in await call.ask("commerce.repricing.places")}
    now = known.get(channel.strip().upper())
    terms = {"priority": now.priority, "every_minutes": now.every_minutes} if now else {}
    return await _act(
        call, "on" if on else "off", "commerce.repricing.put_switch", channel=channel.strip().upper(), on=on,
        reason=reason.strip(), **terms,
    )  # fmt: skip


@shown
async def stop_prices(call: Call[Any], reason: str = "") -> Response:
    """Stop it all."""
    return await _act(call, "off", "commerce.repricing.stop", reason=reason.strip())


async def _act(call: Call[Any], done: str, operation: str, **values: Any) -> Response:
    try:
        await call.ask(operation, **values)
    except Fault as fault:
        return await _prices(call, fault)
    return go(f"/console/prices?done={done}")


@shown
async def decide_prices(call: Call[Any], decision: str, ids: list[UUID] = [], note: str = "") -> Response:  # noqa: B006 - never changed
    """Approve or reject what is ticked; what could not be carried out is said."""
    if not ids:
        return go("/console/prices?done=none")
    approve = decision == "approve"
    try:
        found = await call.ask("commerce.repricing.decide", ids=ids, approve=approve, note=note.strip())
    except Fault as fault:
        return await _prices(call, fault)
    if found.refused:
        return await _prices(call, Invalid("; ".join(dict.fromkeys(each.reason for each in found.refused))))
    return go(f"/console/prices?done={'approved' if approve else 'rejected'}")


@shown
async def price_rule(call: Call[Any], code: str) -> Response:
    """Show a rule, as the data it is, to be changed and previewed; ``new`` is one to begin with."""
    known = {each.code: each for each in await call.ask("commerce.repricing.rules_of")}
    text = _text(msgspec.to_builtins(known[code]) if code in known else DRAFT)
    return _rule(call, text, code if code in known else "")


def _text(rule: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(rule), indent=2).decode()


def _rule(call: Call[Any], text: str, code: str, amiss: str = "", preview: Any = None) -> Response:
    w = language(call.request)
    lines = [Line(each, said(w, each.why, preview.currency)) for each in preview.prices[:LOGGED]] if preview else []
    held = [(w(f"prices.held.{what}"), count) for what, count in sorted(preview.held.items())] if preview else []
    return show(
        call, "console/price-rule.html", 422 if amiss else 200, text=text, code=code, amiss=amiss, preview=preview,
        lines=lines, held=held,
    )  # fmt: skip


@shown
async def save_price_rule(call: Call[Any], text: str, act: str = "save", code: str = "") -> Response:
    """Keep a rule, or foresee what it would do."""
    try:
        rule = msgspec.json.decode(text)
        if act == "preview":
            return _rule(call, text, code, preview=await call.ask("commerce.repricing.preview", rule=rule))
        taken = await call.ask("commerce.repricing.put_rules", rules=[rule])
    except msgspec.MsgspecError as error:
        return _rule(call, text, code, str(error))
    except Fault as fault:
        return _rule(call, text, code, fault.detail)
    if taken.refused:
        return _rule(call, text, code, taken.refused[0].reason)
    return go("/console/prices?done=saved")


@shown
async def turn_price_rule(call: Call[Any], code: str, active: bool) -> Response:  # noqa: FBT001 - a switch
    """Turn a rule on or off."""
    known = {each.code: each for each in await call.ask("commerce.repricing.rules_of")}
    if code not in known:
        return go("/console/prices")
    rule = {**msgspec.to_builtins(known[code]), "active": active}
    return await _act(call, "saved", "commerce.repricing.put_rules", rules=[rule])


@shown
async def price_why(call: Call[Any], channel: str, sku: str) -> Response:
    """Explain one price: what stands, what would be decided now and from which facts, and the moves so far."""
    found = await call.ask("commerce.repricing.why", channel=channel, sku=sku)
    w = language(call.request)
    now = said(w, found.now.why, found.currency) if found.now else []
    return show(call, "console/price-why.html", found=found, now=now, log=_lines(w, found.moves), tones=TONES)
