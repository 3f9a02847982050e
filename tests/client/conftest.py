"""Callers of a running server: an administrator, and a line to it that can be cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from rynek import security
from rynek.bench import Server
from rynek.client.generated import Client
from rynek.kernel.database import Database

PASSWORD = "a long enough password"


class Line:
    """A line to the server that can lose answers: the server did what was asked, and nobody hears it."""

    def __init__(self, address: str) -> None:
        self.host, _, self.port = address.rpartition(":")
        self.losses = 0
        self.lost = 0
        self.url = ""

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, sending = await asyncio.open_connection(self.host, int(self.port))
        forward = asyncio.create_task(pump(reader, sending))
        with suppress(ConnectionError):
            while answer := await there.read(65_536):
                if self.losses:
                    self.losses -= 1
                    self.lost += 1
                    break
                writer.write(answer)
                await writer.drain()
        forward.cancel()
        for each in (writer, sending):
            each.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while asked := await reader.read(65_536):
            writer.write(asked)
            await writer.drain()
        writer.close()


@pytest.fixture
async def wire(server: Server) -> AsyncIterator[Line]:
    carried = Line(server.address)
    async with await asyncio.start_server(carried.carry, "127.0.0.1", 0) as listening:
        carried.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield carried


@pytest.fixture(scope="module")
async def token(server: Server, database: Database) -> str:
    """Give the token of an administrator of the running server."""
    await security.ensure_admin(database, "boss@example.com", PASSWORD)
    async with Client(server.address) as anyone:
        entry = await anyone.security.login("boss@example.com", PASSWORD)
    assert entry.token is not None
    return entry.token
