"""A receiver of webhooks on this machine, and a shop that may send to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import web

from rynek.app import App
from rynek.integration.webhooks import dispatch
from rynek.integration.webhooks.reactions import route
from rynek.integration.webhooks.sending import Sender
from rynek.kernel import ids, log
from rynek.kernel.actor import Actor
from rynek.kernel.events import emit
from rynek.kernel.settings import Settings, Webhooks
from tests.conftest import FAST, free_port
from tests.news import in_sight

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
ERP = Actor("workload", ids.new(), frozenset({"integrator", "stock", "merchandise"}))


class Received:
    """One request as it came."""

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path = path
        self.headers = headers
        self.body = body

    @property
    def event(self) -> Any:
        return msgspec.json.decode(self.body)


Answers = Callable[[Received], Any]


class Receiver:
    """Somebody who listens: keeps what came, and answers as the test says."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.got: list[Received] = []
        self.request: Any = None
        self.answers: Answers = lambda _received: web.Response(status=204)

    def url(self, path: str = "hook") -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    async def take(self, request: web.Request) -> web.StreamResponse:
        received = Received(request.path, {k.lower(): v for k, v in request.headers.items()}, await request.read())
        self.got.append(received)
        self.request = request
        answer = self.answers(received)
        told: web.StreamResponse = await answer if asyncio.iscoroutine(answer) else answer
        return told

    def at(self, path: str) -> list[Received]:
        return [each for each in self.got if each.path == f"/{path}"]


@asynccontextmanager
async def receiving(port: int) -> AsyncIterator[Receiver]:
    receiver = Receiver(port)
    served = web.Application()
    served.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(served, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield receiver
    await runner.cleanup()


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def settings(dsn: str, port: int, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    webhooks = Webhooks(networks=("127.0.0.0/8",), ports=(443, port), plain=True)
    folder = tmp_path_factory.mktemp("shop")
    return Settings(folder=folder, database=dsn, rates=FAST, connections=12, webhooks=webhooks)


@pytest.fixture
async def receiver(port: int) -> AsyncIterator[Receiver]:
    async with receiving(port) as receiver:
        yield receiver


class Post:
    """The shop's post office, advanced by the test itself."""

    def __init__(self, world: App, dispatcher: dispatch.Dispatcher) -> None:
        self.world = world
        self.dispatcher = dispatcher

    async def ask(self, operation: str, who: Actor = ADMIN, **values: Any) -> Any:
        return await self.world.door.ask(who, f"integration.webhooks.{operation}", **values)

    async def announce(self, *news: Any) -> None:
        async with self.world.database.transaction("commerce") as tx:
            emit(tx, *news)

    async def route(self, *, settled: bool = True) -> None:
        """Put all news in the queues; transactions in other tests' databases may keep the log from being settled."""
        if settled:
            await in_sight(self.world.database)
        reaction = next(each for each in log.REACTIONS.values() if each.act is route)
        while await log.advance(self.world.database, reaction):
            pass

    async def deliver(self) -> None:
        """Try once all that is due."""
        while await self.dispatcher.advance():
            await asyncio.gather(*self.dispatcher.flying)
        await self.dispatcher.advance()

    async def sql(self, statement: str, *values: Any) -> Any:
        async with self.world.database.transaction("integration") as tx:
            return await tx.rows(statement, *values)

    async def hurry(self) -> None:
        """Let the time come for all that waits."""
        await self.sql("update integration.delivery set due_at = now() - interval '1 second' where state = 'waiting'")


@pytest.fixture
async def post(world: App) -> AsyncIterator[Post]:
    await log.enrol(world.database)
    async with Sender() as sender:
        made = Post(world, dispatch.Dispatcher(world.database, sender))
        await made.route()
        yield made
        await made.dispatcher.part()
        await made.sql("delete from integration.endpoint")
