"""For those who buy for a company: lists that are typed or kept, what waits for approval, and quotes."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from rynek.channels.storefront.pages.shop import (
    Visit,
    buyer_of,
    cart_of,
    go,
    inside,
    show,
    shown,
    to_login,
    told,
    visit,
)
from rynek.commerce.quotes import priced
from rynek.kernel import ids, money
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, NotFound


class Answer(Struct, frozen=True):
    """What the form under a quote says: a line is ``sku quantity price``, the price net of one."""

    turn: int = 1
    act: str = "accept"
    method: str = "invoice"
    lines: str = ""
    note: str = ""


async def login(call: Call[Any], channel: str, back: str = "") -> Response:
    """Show the form to come in by."""
    at = await visit(call, channel)
    return show(call, at, "storefront/login.html", back=inside(back, at.home), email="", amiss="")


@shown
async def enter(call: Call[Any], channel: str, email: str = "", password: str = "", back: str = "") -> Response:
    """Come in by e-mail and password; the answer never tells which of them is wrong."""
    at = await visit(call, channel)
    back = inside(back, at.home)
    try:
        answer = await call.ask("security.login", email=email.strip(), password=password, cookie=True)
    except Fault as fault:
        amiss = at.w("login.wrong") if fault.code in ("wrong-login", "invalid") else told(at.w, fault)
        return show(call, at, "storefront/login.html", fault.status, back=back, email=email, amiss=amiss)
    return go(back, answer.headers)


@shown
async def firm(call: Call[Any], channel: str) -> Response:
    """Show what is for those who buy for a company; who is not logged in is led to the login."""
    return to_login(call, channel, "company") or await _firm(call, await visit(call, channel))


async def _firm(
    call: Call[Any], at: Visit, done: Any = None, text: str = "", amiss: str = "", status: int = 200
) -> Response:
    return show(
        call, at, "storefront/firm.html", status, mine=await call.ask("commerce.companies.mine"), done=done, text=text,
        amiss=amiss, templates=await call.ask("commerce.quotes.templates"),
        approvals=await call.ask("commerce.quotes.approvals", waiting=False, limit=10),
        quotes=await call.ask("commerce.quotes.quotes", limit=10),
    )  # fmt: skip


@shown
async def join(call: Call[Any], channel: str, token: str = "") -> Response:
    """Take the seat that one was invited to."""
    at = await visit(call, channel)
    try:
        await call.ask("commerce.companies.join", token=token.strip())
    except Fault as fault:
        return await _firm(call, at, amiss=told(at.w, fault), status=fault.status)
    return go(f"{at.home}/company")


async def _cart(call: Call[Any], channel: str) -> Any:
    """Give the cart that lists go into; who has none gets one."""
    buyer, _ = buyer_of(call)
    cart = await cart_of(call, buyer, channel)
    if cart is None:
        options = await call.ask("commerce.checkout.delivery", channel=channel)
        first = options[0].code if options else None
        cart = await call.ask("commerce.checkout.open_cart", channel=channel, lines=[], delivery=first)
    return cart


@shown
async def quick(call: Call[Any], channel: str, text: str = "") -> Response:
    """Put a typed list in the cart; what is wrong with a line is said beside it."""
    at = await visit(call, channel)
    try:
        done = await call.ask("commerce.quotes.quick_order", cart=(await _cart(call, channel)).id, text=text)
    except Fault as fault:
        return await _firm(call, at, fault.facts, text, told(at.w, fault), fault.status)
    if done.faults:
        left = "\n".join(each.text for each in done.faults)
        fresh = await visit(call, channel)
        return await _firm(call, fresh, {"put": done.put, "faults": done.faults}, left)
    return go(f"{at.home}/cart")


@shown
async def keep(call: Call[Any], channel: str, name: str = "", shared: str = "") -> Response:
    """Keep what is in the cart as a template."""
    at = await visit(call, channel)
    lines = [{"sku": each.sku, "quantity": each.quantity} for each in at.cart.terms.lines] if at.cart else []
    try:
        given = {"template": ids.new(), "name": name.strip(), "lines": lines, "shared": bool(shared)}
        await call.ask("commerce.quotes.put_template", **given)
    except Fault as fault:
        return await _firm(call, at, amiss=told(at.w, fault), status=fault.status)
    return go(f"{at.home}/company")


@shown
async def again(call: Call[Any], channel: str, template: UUID) -> Response:
    """Put what is in a template in the cart."""
    at = await visit(call, channel)
    try:
        cart = await _cart(call, channel)
        await call.ask("commerce.quotes.order_template", template=template, cart=cart.id)
    except Fault as fault:
        return await _firm(call, at, amiss=told(at.w, fault), status=fault.status)
    return go(f"{at.home}/cart")


@shown
async def ask(call: Call[Any], channel: str, act: str = "quote", note: str = "") -> Response:
    """Ask for a quote for what is in the cart, or for approval of it."""
    at = await visit(call, channel)
    if at.cart is None:
        raise NotFound("there is no cart")
    try:
        if act == "approval":
            asked = await call.ask("commerce.quotes.ask", cart=at.cart.id, note=note.strip())
            return go(f"{at.home}/approvals/{asked.id}")
        asked = await call.ask("commerce.quotes.request", cart=at.cart.id, note=note.strip())
    except Fault as fault:
        return await _firm(call, at, amiss=told(at.w, fault), status=fault.status)
    return go(f"{at.home}/quotes/{asked.id}")


@shown
async def approval(call: Call[Any], channel: str, approval: UUID) -> Response:
    """Show what waits for approval."""
    return await _approval(call, await visit(call, channel), approval)


async def _approval(call: Call[Any], at: Visit, approval: UUID, amiss: str = "", status: int = 200) -> Response:
    found = await call.ask("commerce.quotes.approval", approval=approval)
    return show(call, at, "storefront/approval.html", status, waiting=found, amiss=amiss)


@shown
async def decide(call: Call[Any], channel: str, approval: UUID, act: str, total: int = 0, reason: str = "") -> Response:
    """Approve, reject or withdraw."""
    at = await visit(call, channel)
    forms: dict[str, dict[str, Any]] = {"approve": {"total_minor": total}, "reject": {"reason": reason.strip()}}
    said = forms.get(act, {})
    name = act if act in ("approve", "reject") else "withdraw"
    try:
        await call.ask(f"commerce.quotes.{name}", approval=approval, **said)
    except Fault as fault:
        return await _approval(call, at, approval, told(at.w, fault), fault.status)
    return go(f"{at.home}/approvals/{approval}")


@shown
async def quote(call: Call[Any], channel: str, quote: UUID) -> Response:
    """Show a quote with its thread."""
    return await _quote(call, await visit(call, channel), quote)


async def _quote(
    call: Call[Any], at: Visit, quote: UUID, amiss: str = "", status: int = 200, text: str = ""
) -> Response:
    found = await call.ask("commerce.quotes.quote", quote=quote)
    last = next((each for each in reversed(found.thread) if each.lines), None)
    places = money.exponent(found.currency)
    lines = [f"{e.sku} {e.quantity} {e.unit_minor / 10**places:.{places}f}" for e in (last.lines if last else [])]
    return show(
        call, at, "storefront/quote.html", status, quote=found, lines=text or "\n".join(lines), amiss=amiss,
    )  # fmt: skip


@shown
async def answer(call: Call[Any], channel: str, quote: UUID, said: Answer) -> Response:
    """Accept an offer, say what one would pay, or decline."""
    at = await visit(call, channel)
    found = await call.ask("commerce.quotes.quote", quote=quote)
    try:
        if said.act == "accept":
            done = await call.ask("commerce.quotes.accept", quote=quote, turn=said.turn, method=said.method)
            return go(f"{at.home}/orders/{done.order}")
        if said.act == "counter":
            lines = priced(said.lines, found.currency)
            await call.ask("commerce.quotes.counter", quote=quote, turn=said.turn, lines=lines, note=said.note.strip())
        else:
            await call.ask("commerce.quotes.decline", quote=quote, turn=said.turn, note=said.note.strip())
    except Fault as fault:
        return await _quote(call, at, quote, told(at.w, fault), fault.status, said.lines)
    return go(f"{at.home}/quotes/{quote}")
