"""Cards, credit and points in a test's shop, and orders that are paid by them."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rynek.app import App
from rynek.commerce import orders
from rynek.commerce.payments import Due, Tender
from rynek.commerce.wallets.ledger import Wallets
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.log import REACTIONS, advance, enrol

FINANCE = Actor("staff", ids.new(), frozenset({"finance"}))
SUPPORT = Actor("staff", ids.new(), frozenset({"support"}))
GUEST = Actor("guest", ids.new())


def customer() -> Actor:
    return Actor("customer", ids.new())


async def ask(world: App, operation: str, who: Actor = FINANCE, **values: Any) -> Any:
    return await world.door.ask(who, f"commerce.wallets.{operation}", **values)


async def card(world: App, minor: int, **more: Any) -> Any:
    [made] = await ask(world, "issue", currency="PLN", amount_minor=minor, **more)
    return made


async def left(world: App, card: Any) -> tuple[int, int]:
    """Tell what can be spent of a card and what is set aside."""
    found = next(each for each in await ask(world, "cards", hint=card.hint) if each.id == card.id)
    return found.balance_minor, found.aside_minor


async def by_card(world: App, card: Any, minor: int) -> Tender:
    claimed = await ask(world, "claim_card", GUEST, code=card.code)
    return Tender(provider="wallet", method="gift-card", amount_minor=minor, token=claimed.token)


def due(payment: UUID, attempt: str, kind: Any, minor: int, token: str | None = None, method: str = "gift-card") -> Due:
    of = (ids.new(), "wallet", method, "PLN", token, None, clock.now())
    return Due(payment, attempt, kind, minor, 1, *of)


def wallets(database: Database) -> Wallets:
    return Wallets().within(lambda: database.transaction("commerce"))


async def balanced(world: App) -> None:
    """See that each account is the sum of its entries, and all books of a currency sum to zero."""
    assert await ask(world, "unbalanced") == []
    for of in {(each.kind, each.currency) for each in await ask(world, "sums")}:
        assert sum(each.minor for each in await ask(world, "sums") if (each.kind, each.currency) == of) == 0


async def react(database: Database) -> None:
    """Let wallets take in what happened."""
    await enrol(database)
    async with asyncio.timeout(30):
        for name, reaction in REACTIONS.items():
            if name.startswith("commerce.wallets."):
                while await _waits(database, name, reaction.types):
                    await advance(database, reaction)


async def _waits(database: Database, name: str, types: Sequence[str]) -> bool:
    async with database.transaction("kernel") as tx:
        return bool(
            await tx.value(
                """select exists (select from kernel.event e, kernel.cursor c where c.reaction = $1
                and e.type = any($2) and (e.xid, e.seq) > (c.xid, c.seq))""",
                name,
                list(types),
            )
        )


async def credited(database: Database, order: UUID, minor: int) -> None:
    async with database.transaction("commerce", SUPPORT) as tx:
        await orders.credit(tx, order, orders.Credit(ids.new().hex, minor, "came back"))
