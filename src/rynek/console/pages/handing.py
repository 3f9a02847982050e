"""What is handed out at a shop: who comes with a code, what lies ready, what comes from elsewhere, what goes back."""

from typing import Any
from uuid import UUID

from rynek.console.pages.fulfilment import ticking
from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import clock
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault


@shown
async def to_collect(call: Call[Any], location: str, done: str = "") -> Response:
    """Show what lies ready at a shop, what is on its way there, and what goes back to its shelf."""
    return await _to_collect(call, location, done=done)


async def _to_collect(call: Call[Any], at: str, *, done: str = "", refusal: Fault | None = None) -> Response:
    w, now = language(call.request), clock.now()
    waiting = await call.ask("commerce.fulfilment.collections", location=at, limit=500)
    back: dict[UUID, list[Any]] = {}
    for each in await call.ask("commerce.fulfilment.to_put_away", location=at):
        back.setdefault(each.task, []).append(each)
    return show(
        call, "console/to-collect.html", refusal.status if refusal else 200, at=at, done=done,
        waiting=[(each, ticking(w, each.until_at, now)) for each in waiting], back=list(back.values()),
        coming=await call.ask("commerce.fulfilment.arrivals", location=at),
        refused=told(w, refusal) if refusal else None,
    )  # fmt: skip


async def _act(call: Call[Any], at: str, done: str, operation: str, **values: Any) -> Response:
    try:
        await call.ask(f"commerce.fulfilment.{operation}", **values)
    except Fault as fault:
        return await _to_collect(call, at, refusal=fault)
    return go(f"/console/fulfilment/collections/{at}?done={done}")


@shown
async def hand_out(
    call: Call[Any], location: str, find: str = "", by: str = "buyer", name: str = "", document: bool = False  # noqa: FBT001, FBT002
) -> Response:  # fmt: skip
    """Hand goods out: what is all digits, with or without #, is an order's number; else it is a code."""
    sought = find.strip().lstrip("#")
    number = int(sought) if sought.isascii() and sought.isdigit() and len(sought) <= 15 and document else 0
    given = {"number": number} if number else {"code": sought[:20]}
    who = {"by": by, "name": name.strip(), "document": document}
    return await _act(call, location, "collected", "collect", location=location, given=given | who)


@shown
async def lie_longer(call: Call[Any], location: str, collection: UUID, days: int = 1) -> Response:
    """Let goods lie longer."""
    return await _act(call, location, "extended", "extend", collection=collection, days=days)


@shown
async def put_back(call: Call[Any], location: str, task: UUID) -> Response:
    """Say that goods are back on their shelf."""
    return await _act(call, location, "put-back", "put_away", task=task)


@shown
async def take_arrival(call: Call[Any], location: str, task: UUID) -> Response:
    """Take in what another place sent to be collected here."""
    return await _act(call, location, "arrived", "arrive", location=location, task=task)
