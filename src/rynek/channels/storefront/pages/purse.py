"""What buyers pay from here: gift cards by their code, store credit and points, before anything else."""

from contextlib import suppress
from typing import Any, Protocol

from msgspec import Struct

from rynek.channels.storefront import rules
from rynek.channels.storefront.pages.shop import Visit, buyer_of, show, shown, told, visit
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault

_WALLET = "wallet"
MOST_CARDS = 5
"""How many gift cards pay one order."""


class Spending(Protocol):
    """What a form says of this: the tokens of gift cards, and whether credit and points are used."""

    @property
    def cards(self) -> list[str]:
        """Tokens of gift cards."""

    @property
    def credit(self) -> str:
        """Anything: store credit pays."""

    @property
    def points(self) -> str:
        """Anything: points pay."""


class Purse(Struct, frozen=True):
    """What pays a total, in minor units: each gift card that pays something, credit, points, and what is left to pay.

    ``credit_there`` and ``points_there`` are what a customer has, ``points_many`` in points.
    """

    cards: list[Any]
    paid: list[int]
    credit: int
    points: int
    left: int
    credit_there: int = 0
    points_there: int = 0
    points_many: int = 0


async def look(call: Call[Any], at: Visit, said: Spending, total: int, currency: str) -> Purse:
    """Tell what pays a total; tokens that pay nothing any more are left out."""
    cards = []
    for token in dict.fromkeys(said.cards[:MOST_CARDS]):
        with suppress(Fault):
            cards.append(await call.ask("commerce.wallets.claimed", token=token))
    cards = [each for each in cards if each.currency == currency and each.kind == "gift-card"]
    credit, points, many = await _own(call, at, currency)
    offered = [*(each.balance_minor for each in cards), credit * bool(said.credit), points * bool(said.points)]
    paid = rules.spread(total, offered)
    return Purse(cards, paid[:-2], paid[-2], paid[-1], total - sum(paid), credit, points, many)


async def _own(call: Call[Any], at: Visit, currency: str) -> tuple[int, int, int]:
    """Tell what a customer has: credit, what the points pay, and how many points."""
    if call.actor.kind != "customer":
        return 0, 0, 0
    mine = await call.ask("commerce.wallets.mine", channel=at.front.code)
    there = [each for each in mine.accounts if each.kind == "store-credit" and each.currency == currency]
    standing = mine.standing if mine.standing and mine.standing.currency == currency else None
    credit = sum(max(0, each.balance_minor) for each in there)
    return credit, standing.worth_minor if standing else 0, max(0, standing.points) if standing else 0


async def tenders(call: Call[Any], at: Visit, purse: Purse) -> list[dict[str, Any]]:
    """Give the tenders by which a purse pays; what is a customer's own is claimed now."""
    given = [_tender(card, minor) for card, minor in zip(purse.cards, purse.paid, strict=True) if minor]
    for kind, minor in (("store-credit", purse.credit), ("points", purse.points)):
        if minor:
            claimed = await call.ask("commerce.wallets.claim_own", kind=kind, channel=at.front.code)
            given.append(_tender(claimed, minor))
    return given


def _tender(claimed: Any, minor: int) -> dict[str, Any]:
    return {"provider": _WALLET, "method": claimed.kind, "amount_minor": minor, "token": claimed.token}


# --- the wallet's own pages -------------------------------------------------------------------------------------------


@shown
async def wallet(call: Call[Any], channel: str) -> Response:
    """Show a customer's store credit, points with their tier, and what happened to them; gift cards by their code."""
    return await _wallet(call, await visit(call, channel))


async def _wallet(
    call: Call[Any], at: Visit, seen: Any = None, amiss: str = "", status: int = 200
) -> Response:  # fmt: skip
    mine, entries = None, {}
    if call.actor.kind == "customer":
        mine = await call.ask("commerce.wallets.mine", channel=at.front.code)
        for each in mine.accounts:
            entries[each.id] = await call.ask("commerce.wallets.entries", account=each.id, limit=20)
    return show(
        call, at, "storefront/wallet.html", status, mine=mine, entries=entries, seen=seen, amiss=amiss,
        terms=await _terms(call, at.front.code),
    )  # fmt: skip


async def _terms(call: Call[Any], channel: str) -> Any:
    try:
        return await call.ask("commerce.wallets.programme", channel=channel)
    except Fault:  # this shop gives no points
        return None


@shown
async def look_at_card(call: Call[Any], channel: str, code: str = "") -> Response:
    """Tell what is left on a gift card; of a code that is wrong is told no more than that."""
    at = await visit(call, channel)
    buyer, headers = buyer_of(call)
    seen, fault = None, None
    try:
        seen = await call.door.ask(buyer, "commerce.wallets.look", code=code.strip() or "-")
    except Fault as refused:
        fault = refused
    answer = await _wallet(call, at, seen, told(at.w, fault) if fault else "", fault.status if fault else 200)
    answer.headers += headers
    return answer
