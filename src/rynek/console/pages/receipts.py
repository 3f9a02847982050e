"""Receipts: what stores took, and what their tills wrote."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from rynek.console.pages.shell import show, shown
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Invalid

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


def _read(raw: Any) -> list[dict[str, Any]]:
    return msgspec.json.decode(bytes(raw), type=list[dict[str, Any]])
