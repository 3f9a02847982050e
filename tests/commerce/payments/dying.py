"""A shop whose process dies (SIGKILL) at a boundary that it is told: before or after a commit, or a provider's answer.

``python dying.py DSN SIMULATOR SECRET ORDER …`` plays pay → ship a parcel → ship the rest → refund once
for each order, each in a process of its own that dies at the next boundary; prints how many there are.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from rynek.commerce import orders
from rynek.commerce.documents import reactions as paper
from rynek.commerce.payments import authorise_soon
from rynek.commerce.payments import reactions as money
from rynek.commerce.payments.ports import PROVIDERS
from rynek.commerce.payments.settlement import settle_due
from rynek.kernel.database import Database
from rynek.kernel.log import REACTIONS, advance
from tests.commerce.payments.shop import Bank
from tests.commerce.payments.test_parcels import ship_one


class Boundary:
    """Counts what a process comes by, and kills it at one of them."""

    def __init__(self, last: int) -> None:
        self.last, self.seen = last, 0

    def pass_by(self) -> None:
        if self.seen == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen += 1


class Watched(Bank):
    """The simulator; each question and each answer is a boundary."""

    boundary: Boundary

    async def _ask(self, command: str, **said: Any) -> Any:
        self.boundary.pass_by()
        outcome = await super()._ask(command, **said)
        self.boundary.pass_by()
        return outcome


async def play(database: Database, order: UUID) -> None:
    """Pay, ship a parcel, ship the rest, give a part back: played again it goes on."""
    async with database.transaction("commerce") as tx:
        await authorise_soon(tx, order)
    await settle_due(database, 100)
    for number in range(2):
        await ship_one(database, order, f"P-{number}")
        await heard(database)
        await settle_due(database, 100)
    async with database.transaction("commerce") as tx:
        await orders.credit(tx, order, orders.Credit("C-1", 50, "late"))
    await heard(database)
    await settle_due(database, 100)


async def heard(database: Database) -> None:
    """Let payments and documents hear what there is."""
    for reaction in REACTIONS.values():
        if reaction.act.__module__ == money.__name__ or reaction.act is paper.follow:
            await advance(database, reaction)


async def live(boundary: Boundary, dsn: str, address: str, secret: str, order: UUID) -> None:
    """Play until the boundary is come by."""
    database = await Database.open(dsn, 2)
    bank = Watched(address, bytes.fromhex(secret), 2.0)
    bank.boundary = boundary
    PROVIDERS["simulator"] = bank
    plain = database.transaction

    @asynccontextmanager
    async def watched(*args: Any, **more: Any) -> AsyncIterator[Any]:
        async with plain(*args, **more) as tx:
            yield tx
            boundary.pass_by()  # what was done is not committed yet
        boundary.pass_by()

    database.transaction = watched  # type: ignore[method-assign]
    await play(database, order)


def main(dsn: str, address: str, secret: str, *them: str) -> None:
    """Let one process after the other die, each a boundary later."""
    died = 0
    for number, order in enumerate(them):
        child = os.fork()
        if not child:
            try:
                asyncio.run(live(Boundary(number), dsn, address, secret, UUID(order)))
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        died += os.WIFSIGNALED(status)
    print(died, flush=True)  # noqa: T201 - whoever started it reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
