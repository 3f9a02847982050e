"""The stall served by the real server, for tests of what only a wire shows. Run with its DSN and port as arguments."""

import asyncio
import os
import sys
from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops

from rynek.kernel import logs
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.http import Face
from rynek.kernel.operations import Registry
from tests.kernel import market

LIMIT = 10_000


class Stall:
    """What granian runs: set up when its worker starts, drained when it ends."""

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        logs.configure()
        database = loop.run_until_complete(Database.open(os.environ["STALL"], 4))
        self.door = Door(Registry(market.OPERATIONS), database, market.Gate())
        self.face = Face(self.door, body_limit=LIMIT, trust_proxy=True)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        await self.face(scope, protocol)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self.door.drain())
        loop.run_until_complete(self.door.database.close())


def stall() -> Stall:
    """Make what granian runs."""
    return Stall()


if __name__ == "__main__":
    os.environ["STALL"] = sys.argv[1]
    Granian(
        "tests.kernel.serving:stall", factory=True, port=int(sys.argv[2]), interface=Interfaces.RSGI, loop=Loops.uvloop,
        websockets=False, log_enabled=False, workers_kill_timeout=15,
    ).serve()  # fmt: skip
