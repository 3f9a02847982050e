"""Receipts: what stores took, and what their tills wrote."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid

PAGE = 40


@shown
async def receipts(call: Call[Any], since: str = "", until: str = "") -> Response:
    """List what stores took in a period, the most first."""
    first, last = _day(since, "since"), _day(until, "until")
    takings = await call.ask(
        "commerce.pos.takings", since=first, until=last + timedelta(days=1) if last else None,
    )  # fmt: skip
    sums: dict[str, list[int]] = {}
    for each in takings:
        total = sums.setdefault(each.currency, [0, 0, 0])
        for place, value in enumerate((each.receipts, each.amount_minor, each.discount_minor)):
            total[place] += value
    return show(call, "console/receipts.html", takings=takings, sums=sums, since=since, until=until)


def _day(text: str, field: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise Invalid("a day is written like 2026-11-23", field=field) from None


@shown
async def store_receipts(call: Call[Any], store: str, before: datetime | None = None) -> Response:
    """List a store's receipts, newest first, each with its lines."""
    found = await call.ask("commerce.pos.receipts", store=store, before=before, limit=PAGE)
    rows = [(each, _read(each.lines), _read(each.tenders)) for each in found]
    older = found[-1].sold_at if len(found) == PAGE else None
    return show(call, "console/store.html", store=store, rows=rows, older=older, before=before)


class Billed(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of an invoice to a receipt says."""

    name: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "PL"
    vat_id: str = ""
    total: int = 0


@shown
async def receipt(call: Call[Any], store: str, till: str, number: int) -> Response:
    """Show a receipt: its lines, what was given in writing about it, and the form of an invoice to it."""
    return await _receipt(call, store, till, number)


async def _receipt(
    call: Call[Any], store: str, till: str, number: int, refusal: Fault | None = None, said: Billed | None = None
) -> Response:  # fmt: skip
    named: dict[str, Any] = {"store": store, "till": till, "number": number}
    found = await call.ask("commerce.pos.receipt", **named)
    papers = None
    if call.door.gate.may(call.actor, "documents.receipts") is not None:
        papers = await call.ask("commerce.documents.receipt_papers", **named)
    return show(
        call, "console/receipt.html", refusal.status if refusal else 200, **named, receipt=found, papers=papers,
        lines=_read(found.lines), tenders=_read(found.tenders), said=said,
        refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


@shown
async def invoice_receipt(call: Call[Any], store: str, till: str, number: int, said: Billed) -> Response:
    """Issue the invoice to a receipt."""
    named = {"store": store, "till": till, "number": number}
    buyer = {name: getattr(said, name).strip() for name in ("name", "street", "postcode", "city")}
    buyer |= {"country": said.country.strip().upper(), "vat_id": said.vat_id or None}
    try:
        await call.ask("commerce.documents.invoice_receipt", **named, buyer=buyer, total_minor=said.total)
    except Fault as fault:
        return await _receipt(call, store, till, number, fault, said)
    return go(f"/console/receipts/{store}/{till}/{number}#papers")


def _read(raw: Any) -> list[dict[str, Any]]:
    return msgspec.json.decode(bytes(raw), type=list[dict[str, Any]])
