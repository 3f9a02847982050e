"""What the kernel's tests add: a stall on the module's database, and the owner's view of it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from rynek.kernel.database import Database
from rynek.kernel.door import Door
from tests.kernel import market


@pytest.fixture(scope="module")
async def door(owner_dsn: str, dsn: str) -> AsyncIterator[Door]:
    """Give the door of a stall that sells apples."""
    async with market.opened(owner_dsn, dsn) as opened:
        yield opened


@pytest.fixture(scope="module")
def stall(door: Door) -> Database:
    """Give the database that the stall is on."""
    return door.database


@pytest.fixture(scope="module")
async def owner(owner_dsn: str, door: Door) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection that sees everything, to look at what happened."""
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()
