"""A shop whose orders wait for money, and the simulator beside it."""

import asyncio
import itertools
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from rynek.commerce import orders, payments
from rynek.commerce.payments import Opening, Tender, signatures
from rynek.commerce.payments.model import Account, Told
from rynek.commerce.payments.settlement import settle_due
from rynek.commerce.payments.simulator import Charge, Rules
from rynek.commerce.payments.wire import Simulator
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.log import REACTIONS, Reaction, advance, enrol

SECRET = bytes(range(32))
FINANCE = Actor("staff", ids.new(), frozenset({"finance"}))
SUPPORT = Actor("staff", ids.new(), frozenset({"support"}))
BUYER = Actor("guest", ids.new())
TIMEOUT_S = 0.4
PATIENCE = timedelta(minutes=10)
"""Longer than any attempt waits before it is asked about again."""


def card(amount: int, token: str = "tok_ok") -> Tender:  # noqa: S107 - says how the simulator behaves
    return Tender(provider="simulator", method="card", amount_minor=amount, token=token)


def manual(amount: int, method: str = "cash-on-delivery") -> Tender:
    return Tender(method=method, amount_minor=amount)


class Order(msgspec.Struct, frozen=True):
    id: UUID
    payments: list[UUID]

    @property
    def payment(self) -> UUID:
        [only] = self.payments
        return only


async def placed(database: Database, *tenders: Tender, owner: Actor = BUYER, total: int | None = None) -> Order:
    """Place an order as checkout does: order and payments in one transaction, nothing asked of a provider yet."""
    order = Order(ids.new(), [ids.new() for _ in tenders])
    openings = []
    for number, tender in zip(order.payments, tenders, strict=True):
        sure, there = payments.settles(tender.provider, tender.method)
        openings.append(
            Opening(
                number, order.id, tender.provider, tender.method, "PLN", tender.amount_minor,
                tender.amount_minor * sure, tender.amount_minor * there, tender.token,
            )
        )  # fmt: skip
    whole = sum(each.amount_minor for each in tenders) if total is None else total
    promised = sum(each.authorised_minor for each in openings)
    taken = sum(each.captured_minor for each in openings)
    async with database.transaction("commerce") as tx:
        line = orders.OrderLine(1, "A-1", "Apple", 1, whole, whole, 0, whole, 0)
        state: orders.State = "open" if promised >= whole else "awaiting-payment"
        await orders.place_many(
            tx,
            [
                orders.Placing(
                    order.id, ids.new(), "WEB-PL", owner.kind, owner.id, "ann@example.com", "PLN", state, 0, 0, whole,
                    promised, taken, "{}", [line],
                )
            ],
        )  # fmt: skip
        await payments.open_many(tx, openings)
        # what leaves is what is set aside
        await tx.execute(
            "insert into commerce.hold (holder, sku, location, units) values ($1, 'A-1', 'WH-1', 1)", order.id
        )
    return order


async def balance(database: Database, order: Order) -> orders.Balance:
    async with database.transaction("commerce") as tx:
        return await orders.balance(tx, order.id)


async def account(database: Database, payment: UUID) -> Account:
    async with database.transaction("commerce") as tx:
        return await payments.payment(tx, payment)


async def sums(database: Database, payment: UUID) -> tuple[int, int, int, int]:
    """Tell what a payment authorised, captured, voided, refunded."""
    known = (await account(database, payment)).payment
    return known.authorised_minor, known.captured_minor, known.voided_minor, known.refunded_minor


async def react(database: Database) -> None:
    """Let payments take in what happened, which can be read once no older transaction runs on the whole server."""
    await enrol(database)
    async with asyncio.timeout(30):
        for name, reaction in REACTIONS.items():
            while name.startswith("commerce.payments.") and await _waits(database, reaction):
                await advance(database, reaction)


async def settled(database: Database, patience_s: float = 20) -> None:
    """Let time pass until every attempt is settled."""
    began = time.monotonic()
    for later in itertools.count(1):
        with clock.at(clock.now() + later * PATIENCE):
            await asyncio.wait_for(settle_due(database, 100), 30)
        async with database.transaction("commerce") as tx:
            if not await tx.value("select count(*) from commerce.payment_attempt where state in ('asked', 'unknown')"):
                return
        assert time.monotonic() - began < patience_s, "attempts stay unsettled"
        await asyncio.sleep(0.05)


async def _waits(database: Database, reaction: Reaction) -> bool:
    async with database.transaction("kernel") as tx:
        return bool(
            await tx.value(
                """select exists (select from kernel.event e, kernel.cursor c where c.reaction = $1
                and e.type = any($2) and (e.xid, e.seq) > (c.xid, c.seq))""",
                reaction.name,
                list(reaction.types),
            )
        )


async def cancel(database: Database, order: Order) -> None:
    async with database.transaction("commerce") as tx:
        await orders.cancel(tx, order.id, "changed my mind")
    await react(database)


async def ship(database: Database, order: Order) -> None:
    async with database.transaction("commerce") as tx:
        await orders.ship(tx, order.id)
    await react(database)


def webhook(*news: Told, secret: bytes = SECRET, at: float | None = None) -> tuple[bytes, str]:
    """Write a webhook and its signature."""
    body = msgspec.json.encode(list(news))
    return body, signatures.sign(secret, time.time() if at is None else at, body)


class Bank(Simulator):
    """The simulator, with a look into its books."""

    async def books(self) -> list[Charge]:
        return msgspec.json.decode(await self._said("books", b"{}"), type=list[Charge])

    async def charges(self, order: Order) -> list[tuple[int, int, int, int]]:
        """Tell what it authorised, captured, voided, refunded for an order, charge by charge."""
        of = [each for each in await self.books() if each.order == str(order.id)]
        return [(each.authorised, each.captured, each.voided, each.refunded) for each in of]

    async def rules(self, **rules: Any) -> None:
        await self._said("rules", msgspec.json.encode(Rules(**({"pause_s": 0.1, "late_s": 3.0} | rules))))

    async def _said(self, what: str, body: bytes) -> bytes:
        signature = signatures.sign(self.secret, time.time(), body)
        head = f"POST /{what} HTTP/1.1\r\ncontent-length: {len(body)}\r\n{signatures.HEADER}: {signature}\r\n\r\n"
        _, _, said = (await self._exchange(head.encode() + body)).partition(b"\r\n\r\n")
        return said


@asynccontextmanager
async def simulator(secret: Path, *options: str) -> AsyncIterator[Bank]:
    """Run the simulator as a process of its own, with the secret in a file."""
    known = bytes.fromhex(secret.read_text())  # noqa: ASYNC240 - a line of text
    command: Sequence[str] = [
        sys.executable, "-m", "rynek.commerce.payments.simulator", "--port", "0", "--secret-file", str(secret),
        "--pause", "0.1", "--seed", "7", *options,
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 30))
        yield Bank(f"http://127.0.0.1:{port}", known, TIMEOUT_S)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]
