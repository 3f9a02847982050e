"""Today: the live figures, on a page that brings itself up to date."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from rynek.console.figures import SHOWN_S, Board, Till, watch_of
from rynek.console.pages.shell import language, show, shown
from rynek.kernel.actor import Actor
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Unavailable
from rynek.kernel.words import Language

HEIGHT = 100
LEVELS = 6
LARGE = 10_000_000
"""From this many minor units on, the minor unit is left out."""
VIEWERS = 200
"""How many may look at the live figures of one process at once."""
_LONGEST_S = 600
_encode = msgspec.json.encode


@shown
async def today(call: Call[Any]) -> Response:
    """Show how the shop does now."""
    sees = _sees(call)
    board = await watch_of(call.door).look(call.door)
    newest = await call.ask("commerce.orders.orders", limit=8) if sees["orders"] else []
    told = tell(board, language(call.request), sees, call.actor)
    return show(call, "console/today.html", told=told, sees=sees, newest=newest, minutes=SHOWN_S // 60)


async def live(call: Call[Any]) -> Response:
    """Send the live figures as they change, for as long as somebody looks and may.

    Raises:
        Unavailable: as many are looking as one process serves.
    """
    if watch_of(call.door).viewers >= VIEWERS:
        raise Unavailable(f"{VIEWERS} are looking already", retry_after=30)
    headers = (("cache-control", "no-store"), ("x-accel-buffering", "no"))
    return Response(200, b"", "text/event-stream", headers, _pour(call))


async def _pour(call: Call[Any]) -> AsyncGenerator[bytes]:
    watch, w, sees = watch_of(call.door), language(call.request), _sees(call)
    watch.viewers += 1
    sent: dict[str, Any] = {}
    try:
        yield b"retry: 2000\n\n"
        for _ in range(_LONGEST_S):
            if not await _still(call):
                return
            try:
                board = await watch.look(call.door)
            except (Fault, OSError):
                yield b": the figures cannot be read now\n\n"
            else:
                kind = (w.code, tuple(sees.values()), call.actor.location)
                told = watch.told.get(kind)
                if told is None:
                    told = watch.told[kind] = tell(board, w, sees, call.actor)
                yield b"data: %s\n\n" % _encode(told | {"stores": _different(told["stores"], sent)})
                sent = told["stores"]
            await asyncio.sleep(1)
    finally:
        watch.viewers -= 1


def _different(now: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in now.items() if before.get(name) != value}


async def _still(call: Call[Any]) -> bool:
    """Tell whether whoever looks is still logged in; a stream outlives the request that began it."""
    if call.request is None:
        return True
    try:
        actor = await call.door.gate.who(call.request)
    except Fault:
        return False
    return call.door.gate.may(actor, "console.see") is not None


def _sees(call: Call[Any]) -> dict[str, bool]:
    """Tell which figures the one who looks may see: what the API would give them, and no more."""
    may, actor = call.door.gate.may, call.actor
    return {
        "tills": may(actor, "pos.read") == "all",
        "own": may(actor, "pos.read") == "own" and actor.location is not None,
        "orders": may(actor, "orders.read") == "all",
        "stock": may(actor, "inventory.read") == "all",
        "work": may(actor, "ops.watch") is not None,
    }


def tell(board: Board, w: Language, sees: dict[str, bool], actor: Actor) -> dict[str, Any]:
    """Write the figures as they are read, without those that are not for the one who looks."""
    told: dict[str, Any] = {"figures": {}, "stores": {}, "line": "", "area": "", "top": ""}
    figures = told["figures"]
    if sees["tills"] and sees["orders"]:
        figures["sales"] = w.number(board.sales_per_s, 1 if board.sales_per_s < 100 else 0)
        figures["p99"] = "–" if board.p99_ms is None else w.number(board.p99_ms, 1 if board.p99_ms < 10 else 0)
        told["top"], told["line"], told["area"] = drawn(board.pace, w)
    if sees["tills"]:
        figures["receipts"] = w.count("today.receipts", board.receipts)
        figures["taken"] = money(board.from_tills, w)
    if sees["orders"]:
        standing = board.standing
        more = "+" if standing.of <= standing.to_be_packed else ""
        figures["orders"] = w.count("today.orders", board.orders)
        figures["ordered"] = money(board.from_orders, w)
        figures["waiting"] = w.number(standing.to_be_packed) + more
        figures["unpaid"] = w("today.unpaid", n=w.number(standing.for_money))
    if sees["stock"]:
        figures["moved"] = w.number(board.moved_per_s, 1 if board.moved_per_s < 100 else 0)
        figures["units"] = w.count("today.units", board.moved)
    if sees["work"]:
        figures |= _health(board, w)
    told["stores"] = (
        stores(board, w, None if sees["tills"] else actor.location or "") if sees["tills"] or sees["own"] else {}
    )
    return told


def _health(board: Board, w: Language) -> dict[str, str]:
    standing = board.standing
    if standing.database_ms is None:
        return {"health": w("today.not_ready"), "database": w("today.look")}
    amiss = standing.parked + standing.dead
    return {
        "health": w("today.amiss", n=w.number(amiss)) if amiss else w("today.well"),
        "database": w("today.database", ms=w.number(standing.database_ms, 1)),
    }


def money(amounts: Any, w: Language) -> str:
    """Write amounts of several currencies, the largest first."""
    found = sorted(((minor, currency) for currency, minor in amounts.items() if minor), reverse=True)
    return " + ".join(w.money(minor, currency, whole=minor >= LARGE) for minor, currency in found) or "0"


def stores(board: Board, w: Language, only: str | None) -> dict[str, tuple[int, str]]:
    """Tell for each store how warm it is (0 took nothing, the highest took the most) and what to say of it."""
    takings: dict[str, list[tuple[str, Till]]] = {code: [] for code in board.names}
    for (store, currency), till in board.stores.items():
        takings.setdefault(store, []).append((currency, till))
    most = max((till.amount_minor for till in board.stores.values()), default=0)
    return {
        store: (level(max((till.amount_minor for _, till in found), default=0), most), _says(board, store, found, w))
        for store, found in sorted(takings.items())
        if only is None or store == only
    }


def _says(board: Board, store: str, found: list[tuple[str, Till]], w: Language) -> str:
    name = f"{store} · {board.names.get(store, '')}".removesuffix(" · ")
    took = " + ".join(w.money(till.amount_minor, currency) for currency, till in found)
    count = sum(till.receipts for _, till in found)
    return f"{name}: {took}, {w.count('today.receipts', count)}" if found else f"{name}: {w('today.nothing')}"


def level(amount: int, most: int) -> int:
    """Sort an amount into a few classes; by its root, as few stores take much and many take little."""
    if amount <= 0 or most <= 0:
        return 0
    return max(1, min(LEVELS, 1 + int((amount / most) ** 0.5 * LEVELS * 0.999)))


def drawn(pace: list[int], w: Language) -> tuple[str, str, str]:
    """Draw the pace: what the top of the chart is, the line, and the area under it; each point is 3 seconds' mean."""
    step = 3
    means = [sum(pace[at : at + step]) / step for at in range(0, len(pace), step)]
    top = ceiling(max(means, default=0))
    width = 1000 / max(1, len(means) - 1)
    line = "L".join(f"{place * width:.1f} {HEIGHT - mean / top * HEIGHT:.1f}" for place, mean in enumerate(means))
    return w.number(top), f"M{line}", f"M0 {HEIGHT}L{line}L1000 {HEIGHT}Z"


def ceiling(value: float) -> int:
    """Give the next round number: 1, 2 or 5 and noughts, and 5 at least."""
    unit = 1
    while True:
        for step in (1, 2, 5):
            if step * unit >= max(value, 5):
                return step * unit
        unit *= 10
