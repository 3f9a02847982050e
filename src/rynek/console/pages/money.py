"""Money: what banks, carriers and payment providers say, what of it does not match, and what is done about that."""

from typing import Any
from uuid import UUID

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import forms
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid, Malformed, NotFound

PAGE = 50
FORMS = ("mt940", "camt053", "payouts", "remittance")
STATES = ("open", "matched", "aside", "resolved")
TONES = {"open": "warn", "matched": "good", "aside": "", "resolved": "info"}
UNSETTLED = 50


@shown
async def money(
    call: Call[Any], state: str = "open", source: str = "", before: UUID | None = None, done: str = ""
) -> Response:
    """List what does not match, or anything else that was said, with the forms to bring more."""
    return await _money(call, state=state, source=source, before=before, done=done)


async def _money(
    call: Call[Any], *, state: str = "open", source: str = "", before: UUID | None = None, done: str = "",
    refusal: Fault | None = None,
) -> Response:  # fmt: skip
    found = await call.ask(
        "commerce.reconciliation.lines", state=state if state in STATES else None, source=source.strip() or None,
        before=before, limit=PAGE,
    )  # fmt: skip
    unsettled = []
    if call.door.gate.may(call.actor, "payments.check") is not None:
        unsettled = await call.ask("commerce.payments.unsettled", limit=UNSETTLED)
    return show(
        call, "console/money.html", refusal.status if refusal else 200, lines=found, state=state, source=source,
        before=before, older=found[-1].id if len(found) == PAGE else None, states=STATES, tones=TONES, forms=FORMS,
        standing=await call.ask("commerce.reconciliation.standing"), unsettled=unsettled, done=done,
        offers=await call.ask("commerce.payments.methods"), documents=await _documents(call),
        refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


async def _documents(call: Call[Any]) -> list[Any]:
    found: list[Any] = await call.ask("commerce.reconciliation.documents", limit=8)
    return found


@shown
async def bring_statement(call: Call[Any]) -> Response:
    """Take a posted statement in."""
    try:
        if call.request is None:
            raise Malformed("send the form with its file")
        posted = forms.read(call.request.header("content-type"), call.request.body)
        fields = {each.name: each.text for each in posted if each.file is None}
        got = await call.ask(
            "commerce.reconciliation.receive", form=fields.get("form", ""), source=fields.get("source", "").lower()
        )
    except Fault as fault:
        return await _money(call, refusal=fault)
    return go(f"/console/money?done={got.lines}-{got.known}-{got.matched}-{got.open}")


@shown
async def fetch_settlements(call: Call[Any], provider: str = "") -> Response:
    """Ask a provider what it settled."""
    try:
        got = await call.ask("commerce.reconciliation.fetch", provider=provider.strip().lower())
    except Fault as fault:
        return await _money(call, refusal=fault)
    return go(f"/console/money?done={got.lines}-{got.known}-{got.matched}-{got.open}")


@shown
async def money_line(call: Call[Any], line: UUID) -> Response:
    """Show a line, where its money went, and what can be done about it."""
    return await _line(call, line)


async def _line(call: Call[Any], line: UUID, refusal: Fault | None = None) -> Response:
    found = await call.ask("commerce.reconciliation.line", line=line)
    return show(
        call, "console/money-line.html", refusal.status if refusal else 200, found=found, line=found.line, tones=TONES,
        left=found.line.minor - sum(each.minor for each in found.bookings),
        refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


@shown
async def match_line(
    call: Call[Any], line: UUID, payment: UUID | None = None, order: str = "", note: str = ""
) -> Response:
    """Give a line's money to a payment: one that was suggested, or that of an order by its number."""
    try:
        meant = payment or await _payment_of(call, order)
        given = {"note": note.strip()} if note.strip() else {}
        await call.ask("commerce.reconciliation.match", line=line, payment=meant, **given)
    except Fault as fault:
        return await _line(call, line, fault)
    return go(f"/console/money/{line}")


async def _payment_of(call: Call[Any], order: str) -> UUID:
    """Find the payment of an order that people collect and that misses something."""
    number = order.strip().lstrip("#")
    if not number.isdecimal() or len(number) > 18:
        raise Invalid("an order's number is wanted", field="order")
    found = await call.ask("commerce.orders.orders", number=int(number), limit=1)
    if not found:
        raise NotFound(f"there is no order {number}")
    known = await call.ask("commerce.payments.payments", order=found[0].id)
    waiting = [each for each in known if each.provider == "manual" and each.captured_minor < each.authorised_minor]
    if len(waiting) != 1:
        raise Invalid(f"order {number} has {len(waiting)} payments that people collect", field="order")
    meant: UUID = waiting[0].id
    return meant


@shown
async def resolve_line(call: Call[Any], line: UUID, note: str = "") -> Response:
    """Say what was done about a line."""
    try:
        await call.ask("commerce.reconciliation.resolve", line=line, note=note.strip())
    except Fault as fault:
        return await _line(call, line, fault)
    return go(f"/console/money/{line}")
