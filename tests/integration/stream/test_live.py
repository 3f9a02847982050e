"""Server-sent events: from a place on, in order, only for those who may, and no server waits for its readers."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rynek import serving
from rynek.app import App
from rynek.bench import Server
from rynek.commerce.catalog.events import ChannelChanged
from rynek.integration.stream import actions, live
from rynek.integration.stream.tail import Tail
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.events import emit
from rynek.kernel.settings import Settings
from tests.conftest import free_port

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))


async def engaged(world: App, *roles: str) -> Any:
    return await world.door.ask(ADMIN, "security.engage", name="erp", roles=list(roles))


async def announce(world: App, *codes: str) -> None:
    async with world.database.transaction("commerce") as tx:
        emit(tx, *(ChannelChanged(code) for code in codes))


class Stream:
    """A reader of server-sent events."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.reader = reader
        self.id = ""
        self.ended = False

    async def told(self) -> Any:
        """Give the next event; None when the stream has ended."""
        while True:
            line = await asyncio.wait_for(self.reader.readline(), 20)
            if line in (b"", b"0\r\n"):
                self.ended = True
                return None
            if line.startswith(b"id: "):
                self.id = line[4:].strip().decode()
            if line.startswith(b"data: "):
                return msgspec.json.decode(line[6:])


@asynccontextmanager
async def reading(address: str, token: str, query: str = "", last: str = "") -> AsyncIterator[Stream]:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=2**20)
    back = f"last-event-id: {last}\r\n" if last else ""
    writer.write(
        f"GET /stream/live{query} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n{back}\r\n".encode()
    )
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        assert b"200" in head.splitlines()[0], head
        assert b"text/event-stream" in head
        await asyncio.wait_for(reader.readuntil(b"retry: 2000\n\n"), 10)
        yield Stream(reader)
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_news_comes_as_it_happens_and_one_goes_on_where_one_was(world: App, server: Server) -> None:
    token = (await engaged(world, "integrator", "merchandise")).token
    async with reading(server.address, token, "?types=catalog.channel-changed") as stream:
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await announce(world, "A", "B")
        assert [(await stream.told())["subject"] for _ in range(2)] == ["A", "B"]
        assert time.monotonic() - began < 10
        last = stream.id
    await announce(world, "C")
    async with reading(server.address, token, "?types=catalog.*", last) as stream:
        assert (await stream.told())["subject"] == "C"
        assert stream.id > last


async def test_all_of_a_long_log_comes_once_and_in_order(world: App, server: Server) -> None:
    token = (await engaged(world, "integrator", "merchandise")).token
    for begin in range(0, 2_000, 250):
        await announce(world, *(f"N{n}" for n in range(begin, begin + 250)))
    async with reading(server.address, token, "?types=catalog.channel-changed&after=0-0") as stream:
        seen: list[str] = []
        while len(seen) < 2_000:
            subject = (await stream.told())["subject"]
            if subject.startswith("N"):
                seen.append(subject)
    assert seen == [f"N{n}" for n in range(2_000)]


@pytest.mark.parametrize(
    ("query", "last", "status"),
    [
        ("?types=orders.nothing", "", b"422"), ("?types=payments.payment-captured", "", b"403"),
        ("", "not a place", b"422"), ("?after=9000000000000000000-1", "", b"409"), ("?after=x", "", b"422"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused_and_not_streamed(
    world: App, server: Server, query: str, last: str, status: bytes
) -> None:
    token = (await engaged(world, "integrator", "merchandise")).token
    with pytest.raises(AssertionError) as refused:
        async with reading(server.address, token, query, last):
            pass
    assert status in str(refused.value).encode()


async def test_who_may_no_more_is_told_no_more(world: App, server: Server) -> None:
    entry = await engaged(world, "integrator", "merchandise")
    async with reading(server.address, entry.token) as stream:
        await world.door.ask(ADMIN, "security.disengage", workload=entry.id)
        while await stream.told() is not None:
            pass
        assert stream.ended


async def test_a_stopping_server_ends_its_streams(world: App, settings: Settings, tmp_path: Path) -> None:
    token = (await engaged(world, "integrator", "merchandise")).token
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "rynek", "serve", "--port", address.rpartition(":")[2]]
    async with Server(command, address, env=serving.environment(settings), log=tmp_path / "log") as stopping:
        async with reading(stopping.address, token) as stream:
            began = time.monotonic()
            await stopping.stop()
            assert await stream.told() is None
        assert time.monotonic() - began < 12


async def test_a_reader_who_takes_nothing_is_not_read_ahead_for(world: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log is read as far as is taken, and one batch more."""
    begin = (await world.door.ask(ADMIN, "integration.stream.read", after="now")).next
    await announce(world, *(f"P{n}" for n in range(60)))
    monkeypatch.setattr(live, "BATCH", 10)
    response = await world.door.ask(ADMIN, "integration.stream.live", types=["catalog.channel-changed"], after=begin)
    reads: list[int] = []
    page = actions.page

    async def counted(*values: Any) -> Any:
        reads.append(1)
        return await page(*values)

    monkeypatch.setattr(actions, "page", counted)
    assert await anext(response.stream) == b"retry: 2000\n\n"
    first = await anext(response.stream)
    await asyncio.sleep(0.5)
    assert first.count(b"data: ") == 10
    assert len(reads) == 1
    await response.stream.aclose()


async def test_the_silent_get_a_heartbeat_with_a_cursor(world: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.1)
    monkeypatch.setattr(live, "AGAIN_S", 0.05)
    response = await world.door.ask(ADMIN, "integration.stream.live", types=["inventory.stock-owed"])
    assert await anext(response.stream) == b"retry: 2000\n\n"
    beat = await anext(response.stream)
    assert beat.startswith(b": still here\nid: ")
    assert beat.endswith(b"-0\n\n")
    await response.stream.aclose()


async def test_only_so_many_read_at_once(world: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "READERS", 0)
    with pytest.raises(Exception, match="are reading already"):
        await world.door.ask(ADMIN, "integration.stream.live")


async def test_one_look_wakes_all_who_wait_and_nobody_else(world: App, database: Database) -> None:
    tail = Tail(database)
    place = (await world.door.ask(ADMIN, "integration.stream.read", after="now")).next
    waiting = [asyncio.create_task(tail.wait(["catalog.channel-changed"], place, 30)) for _ in range(20)]
    other = asyncio.create_task(tail.wait(["inventory.stock-owed"], place, 30))
    await asyncio.sleep(0.3)
    assert not any(each.done() for each in waiting)
    await announce(world, "Z")
    await asyncio.gather(*waiting)
    assert not other.done()
    await tail.wait(["catalog.channel-changed"], place, 30)  # seen already: nobody who comes late misses it
    other.cancel()
    await asyncio.gather(other, return_exceptions=True)
