"""What the tests of access stand on: a small shop, its server, an administrator, and the owner of the database."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import set_up
from rynek.client.connections import Connections
from tests.access.bodies import JSON, Taker, takers_of
from tests.access.people import ADMIN


@pytest.fixture(scope="module")
async def shop(world: App) -> App:
    await set_up(world)
    return world


@pytest.fixture(scope="module")
async def takers(shop: App) -> list[Taker]:
    return takers_of(shop)


@pytest.fixture(scope="module")
async def admin(shop: App) -> dict[str, str]:
    entry = await shop.door.ask(ADMIN, "security.engage", name="adversary", roles=["admin"])
    return {**JSON, "authorization": f"Bearer {entry.token}"}


@pytest.fixture
async def owner(owner_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def wire(server: Server) -> AsyncIterator[Connections]:
    async with Connections(server.address, limit=16) as connections:
        yield connections
