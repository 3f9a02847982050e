"""The stream of live figures: only for those who may, only what is new, and no server waits for its readers."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rynek import security, serving
from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall, set_up
from rynek.kernel.actor import ANYONE
from rynek.kernel.settings import Settings
from tests.conftest import free_port

BOSS = ("boss@rynek.example", "a password for the boss")


@pytest.fixture(scope="module")
async def token(world: App) -> str:
    made: Stall = await set_up(world)
    assert made.skus
    await security.ensure_admin(world.database, *BOSS)
    entry = await world.door.ask(ANYONE, "security.login", email=BOSS[0], password=BOSS[1])
    given: str = entry.token
    return given


class Stream:
    """A reader of server-sent events."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.reader = reader

    async def told(self) -> Any:
        while True:
            line = await asyncio.wait_for(self.reader.readline(), 10)
            if line in (b"", b"0\r\n"):  # the last chunk
                return None
            if line.startswith(b"data: "):
                return msgspec.json.decode(line[6:])


@asynccontextmanager
async def looking(address: str, token: str) -> AsyncIterator[Stream]:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=2**20)
    writer.write(f"GET /console/live HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\r\n".encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert b"text/event-stream" in head
    assert b"no-store" in head
    try:
        yield Stream(reader)
    finally:
        writer.close()


async def test_only_what_changed_is_sent_of_the_stores(server: Server, token: str) -> None:
    async with looking(server.address, token) as stream:
        first, second = await stream.told(), await stream.told()
    assert set(first["stores"]) == {"S-1", "S-2", "S-3"}
    assert second["stores"] == {}
    assert set(second["figures"]) == set(first["figures"]) >= {"sales", "p99", "taken", "moved", "waiting", "health"}


async def test_who_is_logged_out_sees_no_more(world: App, server: Server, token: str) -> None:
    entry = await world.door.ask(ANYONE, "security.login", email=BOSS[0], password=BOSS[1])
    async with looking(server.address, entry.token) as stream:
        assert await stream.told()
        boss = await world.gate.who(_Shown(entry.token))
        await world.door.ask(boss, "security.revoke", session=entry.session)
        began = time.monotonic()
        while await stream.told():
            assert time.monotonic() - began < 5


class _Shown:
    """A request that shows a token and no more."""

    method, path, query, body, address = "GET", "/", "", b"", "127.0.0.1"

    def __init__(self, token: str) -> None:
        self.token = token

    def header(self, name: str) -> str | None:
        return f"Bearer {self.token}" if name == "authorization" else None


async def test_a_server_stops_at_once_though_somebody_looks(settings: Settings, token: str, tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "rynek", "serve", "--port", address.rpartition(":")[2]]
    running = Server(command, address, env=serving.environment(settings), log=tmp_path / "log")
    async with running, looking(address, token) as stream:
        assert await stream.told()
        began = time.monotonic()
        await running.stop()
        assert time.monotonic() - began < 5  # granian kills a worker after 15 s
        assert await stream.told() is None
