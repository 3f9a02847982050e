"""What every page of the console stands in: whoever looks, their language, where they may go, and refusals as pages."""

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from rynek.design import look
from rynek.kernel import pages, words
from rynek.kernel.door import Call, Request, Response, dress
from rynek.kernel.faults import Fault
from rynek.kernel.words import Language

FOLDER = Path(__file__).parents[1]
pages.bring("console", FOLDER)
WORDS = words.read(FOLDER / "pages" / "words")
HOME = "/console"
ZONE = ZoneInfo("Europe/Warsaw")
"""The zone that days and hours are typed in."""

PLACES = (
    ("today", "/console", "console.see"),
    ("orders", "/console/orders", "orders.read"),
    ("money", "/console/money", "reconciliation.read"),
    ("fulfilment", "/console/fulfilment", "fulfilment.work"),
    ("returns", "/console/returns", "returns.receive"),
    ("subscriptions", "/console/subscriptions", "subscriptions.see"),
    ("cards", "/console/gift-cards", "wallets.read"),
    ("companies", "/console/companies", "companies.read"),
    ("quotes", "/console/quotes", "quotes.see"),
    ("promotions", "/console/promotions", "promotions.coupons"),
    ("stock", "/console/stock", "inventory.read"),
    ("purchases", "/console/purchases", "purchasing.read"),
    ("receiving", "/console/receiving", "purchasing.receive"),
    ("pictures", "/console/pictures", "media.read"),
    ("prices", "/console/prices", "repricing.read"),
    ("receipts", "/console/receipts", "pos.read"),
    ("documents", "/console/documents", "documents.read"),
    ("simulations", "/console/simulations", "simulations.see"),
    ("files", "/console/files", "exchange.read"),
    ("webhooks", "/console/webhooks", "webhooks.read"),
    ("search", "/console/search", "search.report"),
    ("audit", "/console/audit", "security.audit"),
    ("work", "/console/background", "ops.watch"),
)
"""Where one can go: the name of the place, its address, and what one has to be allowed for it."""

JOBS = {
    "sell": ("orders", "returns", "receipts", "subscriptions", "cards", "quotes", "companies"),
    "goods": ("fulfilment", "receiving", "purchases", "stock", "pictures"),
    "prices": ("prices", "promotions", "simulations", "search"),
    "books": ("money", "documents"),
    "house": ("files", "webhooks", "work", "audit"),
}
"""Whose work is done where; a place of no job stands first."""


def language(request: Request | None) -> Language:
    """Choose the language of whoever looks."""
    if request is None:
        return WORDS["en"]
    return words.choose(request.header("cookie"), request.header("accept-language"), WORDS)


def here(request: Request | None) -> str:
    """Give the address that is being looked at."""
    if request is None:
        return HOME
    return f"{request.path}?{request.query}" if request.query else request.path


def inside(address: str) -> str:
    """Give an address if it is one of the console's, else its first page: nobody is led elsewhere by a link to us."""
    sound = address.isascii() and address.isprintable() and "\\" not in address
    known = address == HOME or address.startswith((HOME + "/", HOME + "?"))
    return address if sound and known else HOME


def spoken(request: Request | None) -> dict[str, Any]:
    """Give a template its words, those of the frame around it, and whether its reader chose light or dark."""
    w, chosen = language(request), look(request.header("cookie")) if request is not None else ""
    return {"w": w, "language": w.code, "skip": w("skip"), "menu": w("menu"), "look": chosen}


def go(address: str, *headers: tuple[str, str]) -> Response:
    """Lead on to another page, which is then asked for (POST, redirect, GET)."""
    return Response(303, b"", "text/plain", (("location", address), ("cache-control", "no-store"), *headers))


def show(call: Call[Any], template: str, /, status: int = 200, **values: Any) -> Response:
    """Answer with a page of the console in the language of whoever looks."""
    may = call.door.gate.may
    return pages.page(
        template, status, **spoken(call.request), who=call.actor, address=here(call.request),
        places=_by_job([(name, where) for name, where, policy in PLACES if may(call.actor, policy)]),
        may=lambda policy: may(call.actor, policy) is not None, **values,
    )  # fmt: skip


def _by_job(places: list[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """Put places under the jobs that they are for; "" is no job."""
    where = dict(places)
    found = {code: [(name, where.pop(name)) for name in names if name in where] for code, names in JOBS.items()}
    return {code: there for code, there in {"": list(where.items()), **found}.items() if there}


def refused(call: Call[Any], fault: Fault) -> Response:
    """Answer a refusal with a page that says what is wrong."""
    return show(
        call, "console/refused.html", fault.status, status_code=fault.status, **told(language(call.request), fault)
    )


def told(w: Language, fault: Fault) -> dict[str, str]:
    """Say a refusal in the reader's words, as far as there are any; the detail is else what the API says."""
    key = f"fault.{fault.code}"
    title = w(key) if w.has(key) else w("fault.other")
    if w.has(f"unclear.{fault.facts.get('why')}"):
        return {"title": title, "detail": w(f"unclear.{fault.facts['why']}")}
    return {"title": title, "detail": "" if fault.detail == fault.title else fault.detail}


Handler = Callable[..., Awaitable[Response]]


def shown(handler: Handler) -> Handler:
    """Let what the API refuses come out as a page."""

    @functools.wraps(handler)
    async def answer(call: Call[Any], **values: Any) -> Response:
        try:
            return await handler(call, **values)
        except Fault as fault:
            return refused(call, fault)

    return answer


def _dressed(request: Request, response: Response) -> Response:
    """Show what the door refuses: who is not logged in as staff is led to the login."""
    if response.status in (401, 403) and request.method in ("GET", "HEAD"):
        return go(f"/console/login?back={quote(inside(here(request)), safe='')}")
    problem = msgspec.json.decode(response.body)
    w = language(request)
    key = f"fault.{str(problem.get('type', '')).rpartition('#')[2]}"
    title = w(key) if w.has(key) else w("fault.other")
    page = pages.page(
        "console/refused.html", response.status, **spoken(request), who=None, address=HOME, places={},
        status_code=response.status, title=title,
        detail=problem.get("detail") or w("fault.told", request=problem.get("request", "")),
    )  # fmt: skip
    kept = tuple(each for each in response.headers if each[0] in ("retry-after", "allow"))
    return Response(page.status, page.body, page.kind, (*page.headers, *kept))


dress(HOME, _dressed)
