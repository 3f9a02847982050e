"""Documents: found by what stands on them, seen as they were issued, and corrected."""

from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from rynek.commerce.documents import KINDS, view
from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid

PAGE = 40
CORRECTABLE = ("invoice", "final", "advance", "correction")
BY_HAND = ("confirmation", "invoice", "advance", "final", "receipt", "delivery-note")


class Sought(Struct, frozen=True, forbid_unknown_fields=True):
    """What documents are looked for by."""

    kind: str = ""
    series: str = ""
    find: str = ""
    since: str = ""
    until: str = ""
    before: UUID | None = None


class Taken(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of a correction says: units to take off, line by line."""

    reason: str = ""
    numbers: list[int] = []
    units: list[int] = []
    whole: bool = False


@shown
async def documents(call: Call[Any], sought: Sought) -> Response:
    """List documents, newest first; the filters are in the address."""
    asked = {
        "kind": sought.kind or None, "series": sought.series.strip().upper() or None,
        "find": sought.find.strip() or None, "since": _day(sought.since, "since"), "until": _day(sought.until, "until"),
    }  # fmt: skip
    found = await call.ask("commerce.documents.documents", **asked, before=sought.before, limit=PAGE + 1)
    following = found[PAGE - 1].id if len(found) > PAGE else None
    kept = {name: value for name, value in structs.asdict(sought).items() if value and name != "before"}
    return show(
        call, "console/documents.html", documents=found[:PAGE], following=following, kept=kept, sought=sought,
        kinds=KINDS,
    )  # fmt: skip


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("a day is written like 2026-11-23", field=field) from None


@shown
async def document(call: Call[Any], document: UUID, done: str = "") -> Response:
    """Show a document as it is printed, with what else there is of its order."""
    return await _document(call, document, done=done)


async def _document(call: Call[Any], document: UUID, *, done: str = "", refusal: Fault | None = None) -> Response:
    found = await call.ask("commerce.documents.document", document=document)
    others = await call.ask("commerce.documents.documents", order=found.document.order, limit=50)
    refused = told(language(call.request), refusal) if refusal else None
    return show(
        call, "console/document.html", refusal.status if refusal else 200, document=found.document,
        digest=found.sha256, others=others, correctable=found.document.kind in CORRECTABLE, done=done,
        refused=refused, **view(found.document),
    )  # fmt: skip


@shown
async def correct_document(call: Call[Any], document: UUID, taken: Taken) -> Response:
    """Take off units of lines, or everything that is left."""
    lines = [{"number": at, "units": n} for at, n in zip(taken.numbers, taken.units, strict=False) if n]
    said = {"reason": taken.reason.strip(), "whole": taken.whole, "lines": [] if taken.whole else lines}
    try:
        made = await call.ask("commerce.documents.correct", document=document, **said)
    except Fault as fault:
        return await _document(call, document, refusal=fault)
    return go(f"/console/documents/{made.id}?done=corrected")


@shown
async def issue_document(call: Call[Any], order: UUID, kind: str = "") -> Response:
    """Issue a document for an order."""
    made = await call.ask("commerce.documents.issue", order=order, kind=kind)
    return go(f"/console/documents/{made.id}?done=issued")


async def of_order(call: Call[Any], order: UUID) -> list[Any]:
    """List an order's documents, as far as whoever looks may see them."""
    if call.door.gate.may(call.actor, "documents.read") is None:
        return []
    found: list[Any] = await call.ask("commerce.documents.documents", order=order, limit=50)
    return found
