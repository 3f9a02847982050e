"""Gift cards, customers' wallets and the programmes that give points."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import ids, money
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid

PAGE = 40
TIERS = 5


class Issue(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of new gift cards says; the amount as people write it."""

    currency: str = "PLN"
    amount: str = ""
    count: int = 1
    expires_on: str = ""
    why: str = ""
    key: str = ""


class Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of a correction says: points, or credit as people write it."""

    what: str = "points"
    points: str = ""
    amount: str = ""
    currency: str = "PLN"
    why: str = ""
    key: str = ""
    channel: str = ""


class Programme(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of a programme says; amounts as people write them, tiers line by line."""

    per: str = ""
    worth: str = ""
    months: int = 12
    names: list[str] = []
    froms: list[str] = []
    times: list[str] = []
    active: str = ""


def _major(minor: int, currency: str) -> str:
    places = money.exponent(currency)
    return f"{minor / 10**places:.{places}f}"


def _minor(text: str, currency: str) -> int:
    minor = money.parse(text, currency)
    if minor is None:
        raise Invalid(f"{text[:40]!r} is no amount")
    return minor


@shown
async def gift_cards(call: Call[Any], hint: str = "", before: UUID | None = None, done: str = "") -> Response:
    """List gift cards, newest first; by the end of their code."""
    return await _cards(call, hint.strip(), before, done=done)


async def _cards(
    call: Call[Any], hint: str = "", before: UUID | None = None, refusal: Fault | None = None, **more: Any
) -> Response:  # fmt: skip
    found: list[Any] = []
    try:
        found = await call.ask("commerce.wallets.cards", hint=hint or None, before=before, limit=PAGE + 1)
    except Invalid as fault:
        refusal = refusal or fault
    sums = await call.ask("commerce.wallets.sums") if call.door.gate.may(call.actor, "wallets.check") else []
    return show(
        call, "console/gift-cards.html", refusal.status if refusal else 200, cards=found[:PAGE], hint=hint,
        following=found[PAGE - 1].id if len(found) > PAGE else None, before=before,
        channels=await call.ask("commerce.catalog.channels"),
        sums=[each for each in sums if each.book in ("available", "aside")],
        refused=told(language(call.request), refusal) if refusal else None,
        **{"made": None, "done": "", "said": Issue(key=ids.new().hex), **more},
    )  # fmt: skip


@shown
async def issue_cards(call: Call[Any], said: Issue) -> Response:
    """Issue gift cards: their codes are on the page that answers, and nowhere else."""
    currency = said.currency.strip().upper()
    try:
        amount = _minor(said.amount, currency)
        made = await call.once(
            f"issue {said.key}", "commerce.wallets.issue", currency=currency, amount_minor=amount, count=said.count,
            expires_on=said.expires_on or None, why=said.why.strip() or "sold",
        )  # fmt: skip
    except Fault as fault:
        return await _cards(call, said=said, refusal=fault)
    return await _cards(call, made=made)


@shown
async def block_card(call: Call[Any], card: UUID, blocked: str = "") -> Response:
    """Block a gift card, or let it be used again."""
    try:
        await call.ask("commerce.wallets.block", card=card, blocked=blocked == "yes")
    except Fault as fault:
        return await _cards(call, refusal=fault)
    return go(f"/console/gift-cards?done={'blocked' if blocked == 'yes' else 'unblocked'}")


@shown
async def customer_wallet(call: Call[Any], customer: UUID, channel: str = "", done: str = "") -> Response:
    """Show what a customer has, the tier, and what happened to it."""
    return await _wallet(call, customer, channel, done=done)


async def _wallet(
    call: Call[Any], customer: UUID, channel: str, *, done: str = "", refusal: Fault | None = None
) -> Response:  # fmt: skip
    found = await call.ask("commerce.wallets.wallet", customer=customer, channel=channel or None)
    entries = {
        each.id: await call.ask("commerce.wallets.entries", account=each.id, limit=20) for each in found.accounts
    }
    return show(
        call, "console/wallet.html", refusal.status if refusal else 200, wallet=found, entries=entries, done=done,
        customer=customer, channel=channel, key=ids.new().hex,
        refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


@shown
async def correct_wallet(call: Call[Any], customer: UUID, said: Correction) -> Response:
    """Give a customer credit, or give or take points, with a reason; sent twice it is done once."""
    by: dict[str, Any] = {"customer": customer, "reference": said.key, "why": said.why.strip()}
    try:
        if said.what == "credit":
            currency = said.currency.strip().upper()
            gift = {"currency": currency, "amount_minor": _minor(said.amount, currency)}
            await call.ask("commerce.wallets.give", **by, **gift)
        else:
            await call.ask("commerce.wallets.correct", **by, points=_points(said.points))
    except Fault as fault:
        return await _wallet(call, customer, said.channel, refusal=fault)
    return go(f"/console/wallets/{customer}?channel={said.channel}&done=corrected")


def _points(text: str) -> int:
    plain = text.strip().replace("\u2212", "-")
    if not plain.lstrip("+-").isdecimal():
        raise Invalid(f"{text[:40]!r} is no number of points")
    return int(plain)


@shown
async def loyalty(call: Call[Any], channel: str, done: str = "") -> Response:
    """Show how points are earned in a channel, what they are worth, and the tiers."""
    return await _loyalty(call, channel, done=done)


async def _loyalty(call: Call[Any], channel: str, *, done: str = "", refusal: Fault | None = None) -> Response:
    channels = {each.code: each for each in await call.ask("commerce.catalog.channels")}
    terms = None
    try:
        terms = await call.ask("commerce.wallets.programme", channel=channel)
    except Fault:  # none yet
        terms = None
    return show(
        call, "console/loyalty.html", refusal.status if refusal else 200, channel=channel, channels=channels,
        terms=terms, tiers=TIERS, done=done, currency=channels[channel].currency if channel in channels else "PLN",
        major=_major, refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


@shown
async def save_loyalty(call: Call[Any], channel: str, said: Programme) -> Response:
    """Say how points are earned in a channel."""
    channels = {each.code: each.currency for each in await call.ask("commerce.catalog.channels")}
    currency = channels.get(channel, "PLN")
    try:
        rows = zip(said.names, said.froms, said.times, strict=False)
        tiers = [
            {
                "name": name.strip(),
                "from_minor": _minor(least or "0", currency),
                "multiplier_bp": _minor(times, "PLN") * 100,
            }
            for name, least, times in rows
            if name.strip()
        ]
        await call.ask(
            "commerce.wallets.put_programme", channel=channel, per_minor=_minor(said.per, currency),
            point_minor=_minor(said.worth, currency), months=said.months, tiers=tiers, active=bool(said.active),
        )  # fmt: skip
    except Fault as fault:
        return await _loyalty(call, channel, refusal=fault)
    return go(f"/console/loyalty/{channel}?done=saved")
