"""A buyer's own corner: coming in and going out, orders, and what is open."""

from typing import Any
from uuid import UUID

from rynek.channels.storefront.pages.shop import Visit, go, inside, show, shown, to_login, told, visit
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault

PAGE = 20
_FEW = 3


@shown
async def register(call: Call[Any], channel: str, back: str = "") -> Response:
    """Show the form by which one becomes a customer."""
    at = await visit(call, channel)
    back = inside(back, f"{at.home}/account")
    return show(call, at, "storefront/register.html", back=back, email="", name="", amiss="")


@shown
async def become(
    call: Call[Any], channel: str, name: str = "", email: str = "", password: str = "", back: str = ""
) -> Response:  # fmt: skip
    """Become a customer; what a guest has bought and chosen stays theirs."""
    at = await visit(call, channel)
    back = inside(back, f"{at.home}/account")
    try:
        said = {"email": email.strip(), "password": password, "name": name.strip()}
        answer = await call.ask("security.register", **said, cookie=True)
    except Fault as fault:
        amiss = told(at.w, fault) if at.w.has(f"fault.{fault.code}") and fault.code != "invalid" else ""
        return show(
            call, at, "storefront/register.html", fault.status, back=back, email=email, name=name,
            amiss=amiss or at.w("login.unfit"),
        )  # fmt: skip
    return go(back, answer.headers)


@shown
async def leave(call: Call[Any], channel: str) -> Response:
    """Go out: the browser is nobody's again."""
    answer = await call.ask("security.logout")
    return go(f"/shop/{channel}", answer.headers)


@shown
async def account(call: Call[Any], channel: str) -> Response:
    """Show what a customer has here: the last orders, what is on its way back, and where the rest is."""
    led = to_login(call, channel, "account")
    if led is not None:
        return led
    at = await visit(call, channel)
    return show(
        call, at, "storefront/account.html", me=await call.ask("security.me"),
        orders=await call.ask("commerce.orders.orders", channel=channel, limit=_FEW),
        returns=await call.ask("commerce.returns.returns", limit=_FEW),
    )  # fmt: skip


@shown
async def orders(call: Call[Any], channel: str, before: UUID | None = None) -> Response:
    """List one's orders, newest first."""
    return to_login(call, channel, "orders", guests=True) or await _orders(call, await visit(call, channel), before)


async def _orders(call: Call[Any], at: Visit, before: UUID | None) -> Response:
    found = await call.ask("commerce.orders.orders", channel=at.front.code, before=before, limit=PAGE + 1)
    following = found[PAGE - 1].id if len(found) > PAGE else None
    return show(call, at, "storefront/orders.html", orders=found[:PAGE], before=before, following=following)
