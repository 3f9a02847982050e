"""Quotes in the back office: who waits for an answer, and a thread with the next offer under it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from rynek.commerce.quotes import priced
from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import clock, money
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault

PAGE = 40
STATES = ("requested", "offered", "countered", "accepted", "declined", "expired")
TONES = {"requested": "warn", "countered": "warn", "offered": "info", "accepted": "good", "declined": "", "expired": ""}
"""The colour of a state's badge: what waits for the shop stands out."""
DAYS = 14
"""How long an offer is good, unless one says otherwise."""


class Offered(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of an offer says: a line is ``sku quantity price``, the price net of one."""

    turn: int
    lines: str = ""
    delivery: str = "0"
    days: int = DAYS
    note: str = ""


@shown
async def quotes(call: Call[Any], state: str = "", before: UUID | None = None) -> Response:
    """List quotes, the newest first."""
    asked = state if state in STATES else None
    found = await call.ask("commerce.quotes.quotes", state=asked, before=before, limit=PAGE + 1)
    following = found[PAGE - 1].id if len(found) > PAGE else None
    return show(
        call, "console/quotes.html", quotes=found[:PAGE], following=following, state=state, before=before,
        states=STATES, tones=TONES,
    )  # fmt: skip


@shown
async def quote(call: Call[Any], quote: UUID, done: str = "") -> Response:
    """Show a quote with its thread."""
    return await _quote(call, quote, done)


async def _quote(
    call: Call[Any], quote: UUID, done: str = "", said: Offered | None = None, refusal: Fault | None = None
) -> Response:
    found = await call.ask("commerce.quotes.quote", quote=quote)
    last = next((each for each in reversed(found.thread) if each.lines), None)
    if said is None and last is not None:
        said = Offered(
            found.turn, "\n".join(f"{e.sku} {e.quantity} {_major(e.unit_minor, found.currency)}" for e in last.lines),
            _major(last.delivery_minor or 0, found.currency),
        )  # fmt: skip
    refused = told(language(call.request), refusal) if refusal else None
    return show(
        call, "console/quote.html", refusal.status if refusal else 200, quote=found, said=said, done=done,
        refused=refused, tones=TONES,
    )  # fmt: skip


def _major(minor: int, currency: str) -> str:
    places = money.exponent(currency)
    return f"{minor / 10**places:.{places}f}"


@shown
async def offer(call: Call[Any], quote: UUID, said: Offered) -> Response:
    """Offer what the form says."""
    found = await call.ask("commerce.quotes.quote", quote=quote)
    try:
        until: datetime = clock.now() + timedelta(days=min(max(said.days, 1), 365))
        await call.ask(
            "commerce.quotes.offer", quote=quote, turn=said.turn, lines=priced(said.lines, found.currency),
            delivery_minor=money.parse(said.delivery, found.currency) or 0, valid_until=until, note=said.note.strip(),
        )  # fmt: skip
    except Fault as fault:
        return await _quote(call, quote, said=said, refusal=fault)
    return go(f"/console/quotes/{quote}?done=offered")


@shown
async def decline(call: Call[Any], quote: UUID, turn: int, note: str = "") -> Response:
    """Let a quote be."""
    try:
        await call.ask("commerce.quotes.decline", quote=quote, turn=turn, note=note.strip())
    except Fault as fault:
        return await _quote(call, quote, refusal=fault)
    return go(f"/console/quotes/{quote}?done=declined")
