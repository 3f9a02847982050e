"""What every page of a shop stands in: its channel, the buyer's language and cart, and refusals as pages."""

import functools
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Struct

from rynek import security
from rynek.channels.storefront.pages import coming
from rynek.channels.storefront.pages.art import picture
from rynek.commerce import browse
from rynek.design import look
from rynek.kernel import clock, pages, words
from rynek.kernel.actor import Actor
from rynek.kernel.door import Call, Door, Request, Response, dress
from rynek.kernel.faults import Fault
from rynek.kernel.words import Language

pages.bring("storefront", Path(__file__).parents[1])
WORDS = words.read(Path(__file__).parent / "words")
FRONT_S = 30
"""How long the names of a shop's categories are believed."""
_DAY_S = 86_400

_fronts: WeakKeyDictionary[Door, dict[str, tuple[float, browse.Front]]] = WeakKeyDictionary()


class Preview(Struct, frozen=True):
    """When, and for which group, staff look at a shop: as it will be."""

    at: datetime
    group: str | None


class Visit(Struct, frozen=True):
    """Somebody in a shop: where, in which language, and with which cart, if they have begun one."""

    front: browse.Front
    w: Language
    cart: Any = None
    preview: "Preview | None" = None

    @property
    def home(self) -> str:
        """Where the shop is."""
        return f"/shop/{self.front.code}"


class Addressed(Struct, frozen=True, kw_only=True):
    """A form that says where something goes."""

    name: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""

    @property
    def address(self) -> dict[str, str]:
        """The address as operations take it."""
        given = {field: getattr(self, field).strip() for field in Addressed.__struct_fields__}
        return given | {"country": given["country"].upper()}


def to_login(call: Call[Any], channel: str, back: str, *, guests: bool = False) -> Response | None:
    """Lead whoever has nothing of their own here to the login; None: they go on, and ``guests`` with what is theirs."""
    if call.actor.kind == "customer" or (guests and call.actor.kind == "guest"):
        return None
    return go(f"/shop/{channel}/login?back=/shop/{channel}/{back}")


async def visit(call: Call[Any], channel: str) -> Visit:
    """Find out where somebody is and what they have in their cart."""
    front = await _front(call, channel)
    return Visit(front, language(call.request, front.locale), await cart_of(call, call.actor, channel))


async def ahead(call: Call[Any], channel: str) -> Visit:
    """Find out where somebody is who looks around; staff may look at the shop as it will be, and see that they do."""
    then = _preview(call)
    if then is None:
        return await visit(call, channel)
    asked = await call.ask("commerce.browse.preview_front", channel=channel, at=then.at)
    front = read(asked, browse.Front)
    return Visit(front, language(call.request, front.locale), preview=then)


def _preview(call: Call[Any]) -> Preview | None:
    asked = coming.preview(call.request.header("cookie")) if call.request is not None else None
    if asked is None or asked[0] <= clock.now() or not may_preview(call):
        return None
    return Preview(*asked)


def may_preview(call: Call[Any]) -> bool:
    """Tell whether somebody may look at what is to come."""
    return call.actor.kind == "staff" and call.door.gate.may(call.actor, "browse.preview") is not None


async def _front(call: Call[Any], channel: str) -> browse.Front:
    kept = _fronts.setdefault(call.door, {})
    known = kept.get(channel)
    if known is None or time.monotonic() - known[0] > FRONT_S:
        known = kept[channel] = (time.monotonic(), await call.ask("commerce.browse.front", channel=channel))
    return known[1]


async def cart_of(call: Call[Any], buyer: Actor, channel: str) -> Any:
    """Give the newest cart that a buyer has in a shop, None when they have none."""
    if buyer.kind == "anyone" or call.door.gate.may(buyer, "checkout.shop") is None:
        return None
    found = await call.door.ask(buyer, "commerce.checkout.carts")
    return next((each for each in found if each.terms.channel == channel), None)


def buyer_of(call: Call[Any]) -> tuple[Actor, tuple[tuple[str, str], ...]]:
    """Give who buys, and the headers by which a browser remembers it: who was nobody becomes a guest."""
    if call.actor.kind != "anyone":
        return call.actor, ()
    guest, token = call.door.gate.welcome()
    host = call.request.header("host") if call.request else None
    return guest, (("set-cookie", security.cookie(token, security.GUEST_DAYS * _DAY_S, host)),)


def language(request: Request | None, locale: str = "en") -> Language:
    """Choose the buyer's language: theirs, or else the shop's."""
    own = locale.partition("-")[0]
    otherwise = own if own in WORDS else "en"
    if request is None:
        return WORDS[otherwise]
    return words.choose(request.header("cookie"), request.header("accept-language"), WORDS, otherwise)


def read(answer: Any, kind: Any) -> Any:
    """Read what the shelf has ready as bytes."""
    return msgspec.json.decode(answer.body, type=kind) if isinstance(answer, Response) else answer


def here(request: Request | None) -> str:
    """Give the address that is being looked at."""
    if request is None:
        return "/"
    return f"{request.path}?{request.query}" if request.query else request.path


def inside(address: str, otherwise: str) -> str:
    """Give an address if it is in a shop, else another one: nobody is led elsewhere by a link to us."""
    sound = address.isascii() and address.isprintable() and "\\" not in address
    return address if sound and address.startswith("/shop/") else otherwise


def go(address: str, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """Lead on to another page, which is then asked for (POST, redirect, GET)."""
    return Response(303, b"", "text/plain", (("location", address), ("cache-control", "no-store"), *headers))


def show(call: Call[Any], at: Visit, template: str, /, status: int = 200, **values: Any) -> Response:
    """Answer with a page of a shop."""
    return pages.page(
        template, status, **spoken(at.w, call.request), front=at.front, home=at.home, cart=at.cart,
        address=here(call.request), picture=picture, who=call.actor, preview=at.preview,
        may_preview=may_preview(call), **values,
    )  # fmt: skip


def spoken(w: Language, request: Request | None = None) -> dict[str, Any]:
    """Give a template its words, those of the frame around it, and whether its reader chose light or dark."""
    chosen = look(request.header("cookie")) if request is not None else ""
    return {"w": w, "language": w.code, "skip": w("skip"), "menu": w("menu"), "look": chosen}


def told(w: Language, fault: Fault) -> str:
    """Say a refusal in the buyer's words, as far as there are any."""
    key = f"fault.{fault.code}"
    return w(key) if w.has(key) else fault.detail


Handler = Callable[..., Awaitable[Response]]


def shown(handler: Handler) -> Handler:
    """Let what the API refuses come out as a page, unless a script asks, which gets the problem itself."""

    @functools.wraps(handler)
    async def answer(call: Call[Any], **values: Any) -> Response:
        try:
            return await handler(call, **values)
        except Fault as fault:
            if call.request is not None and "text/html" not in (call.request.header("accept") or ""):
                raise
            return refused(call.request, fault.status, fault.code, fault.detail)

    return answer


def refused(request: Request | None, status: int, code: str, detail: str) -> Response:
    """Answer a refusal with a page outside of any shop: it may be that there is no such shop."""
    w = language(request)
    key = f"fault.{code}"
    title = w(key) if w.has(key) else w("fault.other")
    # what the API says is English: it helps those who read that, or where there are no other words
    detail = detail if w.code == "en" or not w.has(key) else ""
    return pages.page(
        "storefront/refused.html", status, **spoken(w, request), front=None, home="/", cart=None, address="/",
        title=title, who=None, preview=None, may_preview=False,
        detail=detail, status_code=status,
    )  # fmt: skip


def _dressed(request: Request, response: Response) -> Response:
    problem = msgspec.json.decode(response.body)
    code = str(problem.get("type", "")).rpartition("#")[2]
    page = refused(request, response.status, code, problem.get("detail", ""))
    kept = tuple(each for each in response.headers if each[0] in ("retry-after", "allow"))
    return Response(page.status, page.body, page.kind, (*page.headers, *kept))


dress("/shop", _dressed)
