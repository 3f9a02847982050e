"""Promotions: which there are, what one says, what it would do to a basket, who had it, and its codes."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from rynek.console.pages.shell import ZONE, go, language, show, shown, told
from rynek.kernel import clock
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid
from rynek.kernel.words import Language

STATES = ("draft", "active", "paused", "ended")
TONES = {"draft": "", "active": "good", "paused": "warn", "ended": ""}
PAGE = 100
EMPTY = {"code": "NEW", "name": "", "lane": "basket", "gives": {"give": "percent", "bp": 1000}, "when": []}
"""What a new promotion begins as."""


@shown
async def promotions(call: Call[Any], state: str = "", after: str = "") -> Response:
    """List promotions by code, with what they give, when, and how far they were used."""
    found = await call.ask("commerce.promotions.promotions", state=state or None, after=after, limit=PAGE)
    w = language(call.request)
    rows = [
        (each, gives(w, each.promotion), [when(w, one, each.promotion) for one in each.promotion.when])
        for each in found
    ]
    following = found[-1].promotion.code if len(found) == PAGE else None
    return show(
        call, "console/promotions.html", rows=rows, state=state, states=STATES, tones=TONES, following=following,
        after=after, lanes=await call.ask("commerce.promotions.lanes"),
    )  # fmt: skip


@shown
async def promotion(call: Call[Any], promotion: str, done: str = "") -> Response:
    """Show a promotion: in words, as it is written, what it would do to a basket, its codes, orders and versions."""
    return await _promotion(call, promotion, done=done)


@shown
async def new_promotion(call: Call[Any]) -> Response:
    """Begin a promotion."""
    return await _promotion(call, None, text=_pretty(EMPTY))


def _pretty(document: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


async def _promotion(call: Call[Any], code: str | None, *, text: str = "", **more: Any) -> Response:
    kept, versions, uses, batches = None, [], [], []
    w = language(call.request)
    if code is not None:
        kept = await call.ask("commerce.promotions.promotion", promotion=code)
        versions = await call.ask("commerce.promotions.versions", promotion=code)
        uses = await call.ask("commerce.promotions.uses", promotion=code, limit=20)
        if kept.promotion.coded and call.door.gate.may(call.actor, "promotions.coupons") is not None:
            batches = await call.ask("commerce.promotions.batches", promotion=code)
        text = text or _pretty(kept.promotion)
    refusal = more.pop("refusal", None)
    values = {"done": "", "tried": None, "basket": "", "channel": "", "amiss": ""} | more
    said = kept.promotion if kept else None
    return show(
        call, "console/promotion.html", refusal.status if refusal else 422 if values["amiss"] else 200, kept=kept,
        versions=versions, uses=uses, batches=batches, text=text, tones=TONES, states=STATES,
        gives=gives(w, said) if said else "", when=[when(w, each, said) for each in said.when] if said else [],
        refused=told(w, refusal) if refusal else None, **values,
    )  # fmt: skip


@shown
async def save_promotion(
    call: Call[Any], text: str = "", code: str = "", act: str = "save", basket: str = "", channel: str = ""
) -> Response:
    """Write a promotion as it is said in the form, or try it on a basket first; what is wrong is said beside it."""
    known = code or None
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        return await _promotion(call, known, text=text, amiss=str(error), basket=basket, channel=channel)
    try:
        if act == "try":
            trial = {"promotion": document, "channel": channel.strip().upper(), "lines": _wishes(basket)}
            tried = await call.ask("commerce.promotions.tryout", trial=trial)
            return await _promotion(call, known, text=text, tried=tried, basket=basket, channel=channel)
        taken = await call.ask("commerce.promotions.put_promotions", promotions=[document])
    except Fault as fault:
        return await _promotion(call, known, text=text, refusal=fault, basket=basket, channel=channel)
    if taken.refused:
        return await _promotion(call, known, text=text, amiss=taken.refused[0].reason, basket=basket, channel=channel)
    return go(f"/console/promotions/{document['code']}?done=saved")


def _wishes(basket: str) -> list[dict[str, Any]]:
    """Read a basket as it is typed: ``TEA 2, MUG``."""
    wishes = []
    for part in basket.replace("\n", ",").split(","):
        words = part.split()
        if not words:
            continue
        if len(words) > 2 or (len(words) == 2 and not words[1].isdigit()):
            raise Invalid(f"{part.strip()}: write an item and how many, as in TEA 2, MUG", field="basket")
        wishes.append({"sku": words[0], "quantity": int(words[1]) if len(words) == 2 else 1})
    return wishes


@shown
async def move_promotion(call: Call[Any], promotion: str, state: str = "") -> Response:
    """Put a promotion into another state: it counts, it rests, or it is over."""
    kept = await call.ask("commerce.promotions.promotion", promotion=promotion)
    document = msgspec.to_builtins(kept.promotion) | {"state": state}
    try:
        await call.ask("commerce.promotions.put_promotions", promotions=[document])
    except Fault as fault:
        return await _promotion(call, promotion, refusal=fault)
    return go(f"/console/promotions/{promotion}?done=saved")


@shown
async def make_coupons(call: Call[Any], promotion: str, size: int = 1, prefix: str = "", uses: int = 1) -> Response:
    """Order a batch of codes."""
    try:
        await call.ask(
            "commerce.promotions.make_coupons", promotion=promotion, size=size, prefix=prefix.strip(), uses=uses
        )
    except Fault as fault:
        return await _promotion(call, promotion, refusal=fault)
    return go(f"/console/promotions/{promotion}?done=ordered")


@shown
async def why_order(call: Call[Any], order: UUID) -> Response:
    """Explain what an order came to: each price, and each promotion that was looked at."""
    found = await call.ask("commerce.checkout.explain_order", order=order)
    head = await call.ask("commerce.orders.order", order=order)
    return show(call, "console/why.html", why=found, order=head, bought=_bought(found.lines, head.lines))


class Coming(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A basket as a form says it: when it is bought, and by whom; an empty field says nothing."""

    channel: str = ""
    basket: str = ""
    at: str = ""
    customer: str = ""
    coupons: str = ""
    delivery: str = ""

    def asked(self) -> dict[str, Any]:
        """Ask for its preview.

        Raises:
            Invalid: the basket or the instant cannot be read.
        """
        cart = {
            "channel": self.channel.strip().upper(), "lines": _wishes(self.basket), "coupons": self.coupons.split(),
            "delivery": self.delivery.strip() or None,
        }  # fmt: skip
        now = clock.now()
        try:
            at = datetime.fromisoformat(self.at.strip()).replace(tzinfo=ZONE) if self.at.strip() else now
        except (ValueError, OverflowError):
            raise Invalid("an instant is written like 2026-12-01T08:00", field="at") from None
        return {"cart": cart, "at": max(at, now), "customer": self.customer.strip() or None}


@shown
async def coming_basket(call: Call[Any], said: Coming) -> Response:
    """Show what a basket will come to at an instant, for a customer, by all that is set by now."""
    then = refusal = None
    if said.basket.strip():
        try:
            then = await call.ask("commerce.checkout.preview", preview=said.asked())
        except Fault as fault:
            refusal = fault
    return show(
        call, "console/basket.html", refusal.status if refusal else 200, said=said, then=then,
        refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


def _bought(whys: list[Any], lines: list[Any]) -> list[tuple[Any, Any]]:
    """Put each price's reasons beside the line that was bought; delivery has none."""
    rest = list(lines)
    found = []
    for each in whys:
        line = next((line for line in rest if line.sku == each.sku), None)
        if line is not None:
            rest.remove(line)
        found.append((each, line))
    return found


# --- in words ---------------------------------------------------------------------------------------------------------


def _money(w: Language, minor: int, promotion: Any) -> str:
    return w.money(minor, promotion.currency) if promotion.currency else w.number(minor)


def _of(w: Language, what: Any) -> str:
    """Say which items are meant."""
    parts = []
    for kind in ("skus", "categories", "brands"):
        named = getattr(what, kind)
        if named:
            label = w(f"what.{kind}")
            parts.append(f"{label} {', '.join(named[:3])}{'…' if len(named) > 3 else ''}")
    parts += [f"{code}: {', '.join(str(each) for each in values)}" for code, values in what.attributes.items()]
    text = "; ".join(parts) or w("what.everything")
    if what.but is None:
        return text
    but = w("what.but")
    return f"{text} ({but} {_of(w, what.but)})"


def gives(w: Language, promotion: Any) -> str:  # noqa: PLR0911 - one for each word of the language
    """Say in a line what a promotion gives."""
    reward = promotion.gives
    kind = type(reward).__name__
    match kind:
        case "Percent":
            return w("gives.percent", share=w.percent(reward.bp), of=_of(w, reward.of))
        case "Amount":
            key = "gives.each" if reward.each else "gives.amount"
            return w(key, money=_money(w, reward.minor, promotion), of=_of(w, reward.of))
        case "FixedPrice":
            return w("gives.price", money=_money(w, reward.minor, promotion), of=_of(w, reward.of))
        case "BuyGet":
            share = w("gives.free") if reward.bp == 10_000 else w("gives.off", share=w.percent(reward.bp))
            of = _of(w, reward.buy) if reward.get is None else f"{_of(w, reward.buy)} → {_of(w, reward.get)}"
            return w("gives.buy_get", buy=reward.buy_units, get=reward.get_units, share=share, of=of)
        case "BundlePrice":
            parts = " + ".join(f"{part.units} × {_of(w, part.of)}" for part in reward.parts)
            return w("gives.bundle", money=_money(w, reward.minor, promotion), of=parts)
        case "Steps":
            steps = ", ".join(_step(w, reward, step, promotion) for step in reward.steps)
            return w("gives.steps", steps=steps, of=_of(w, reward.of))
        case "Delivery":
            return w("gives.delivery_free") if reward.bp == 10_000 else w("gives.delivery", share=w.percent(reward.bp))
        case _:
            return w("gives.gift", units=reward.units, sku=reward.sku)


def _step(w: Language, reward: Any, step: Any, promotion: Any) -> str:
    least = _money(w, step.at_least, promotion) if reward.by == "minor" else w(f"gives.{reward.by}", n=step.at_least)
    return f"{least}: −{w.percent(step.bp) if step.bp else _money(w, step.minor, promotion)}"


def when(w: Language, condition: Any, promotion: Any) -> str:  # noqa: PLR0911 - the same
    """Say in a line when a promotion counts."""
    kind = type(condition).__name__
    match kind:
        case "Basket":
            least = [
                _money(w, condition.minor, promotion) if condition.minor else "",
                w("gives.units", n=condition.units) if condition.units else "",
                w("gives.weight_g", n=condition.weight_g) if condition.weight_g else "",
            ]
            return w("when.basket", least=", ".join(each for each in least if each), of=_of(w, condition.of))
        case "FirstOrder":
            return w("when.first_order")
        case "Weekdays":
            return w("when.weekdays", of=", ".join(w(f"weekday.{each}") for each in sorted(condition.of)))
        case "Hours":
            return w("when.hours", begin=condition.begin, end=condition.end)
        case "AnyOf":
            both = w("when.or")
            return f" {both} ".join(when(w, each, promotion) for each in condition.of)
        case "Unless":
            return w("when.unless", this=when(w, condition.this, promotion))
        case _:
            return w(f"when.{kind.lower()}", of=", ".join(condition.of))
