"""The wire: what a real server does with what real clients send, well-meant or not."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from rynek.bench import Server
from rynek.kernel.door import Door
from tests.conftest import free_port
from tests.kernel.market import count
from tests.kernel.serving import LIMIT


class Reply:
    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split()[1]) if first else 0
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@pytest.fixture(scope="module")
async def wire(door: Door, dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """Serve the stall."""
    async with serving(dsn, tmp_path_factory.mktemp("wire") / "log") as server:
        yield server


def serving(dsn: str, log: Path) -> Server:
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "tests.kernel.serving", dsn, address.rpartition(":")[2]]
    return Server(command, address, log=log, ready="/")


async def sent(server: Server, raw: bytes, *more: bytes) -> Reply:
    host, _, port = server.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    async with asyncio.timeout(10):
        writer.write(raw)
        try:
            for piece in more:
                await writer.drain()
                await asyncio.sleep(0.01)
                writer.write(piece)
            answer = await reader.read()
        except ConnectionError:
            answer = b""
        writer.close()
    return Reply(answer)


def asked(method: str, path: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: x", "connection: close", "authorization: anna", *headers]
    if body and not any(line.startswith(("content-length", "transfer-encoding")) for line in lines):
        lines += [f"content-length: {len(body)}", "content-type: application/json"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def problem(reply: Reply) -> str:
    assert reply.headers["content-type"] == "application/problem+json"
    kind: str = json.loads(reply.body)["type"]
    return kind.partition("#")[2]


async def test_a_request_is_answered(wire: Server) -> None:
    reply = await sent(wire, asked("POST", "/heaps/wire", b'{"units": 2}'))
    assert (reply.status, json.loads(reply.body)) == (200, {"sort": "wire", "units": 2})
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert (await sent(wire, asked("GET", "/heaps/wire?at_least=1"))).status == 200
    assert (await sent(wire, asked("DELETE", "/heaps/wire"))).status == 204


async def test_a_head_has_no_body(wire: Server) -> None:
    reply = await sent(wire, asked("HEAD", "/heaps/head"))
    assert (reply.status, reply.body) == (200, b"")


async def test_an_address_is_decoded_once(wire: Server) -> None:
    reply = await sent(wire, asked("GET", "/heaps/%C5%81%C3%B3d%C5%BA%20%2525"))
    assert json.loads(reply.body)["sort"] == "Łódź %25"


@pytest.mark.parametrize(
    ("raw", "status", "kind"),
    [
        (asked("POST", "/heaps/odd", b"x" * (LIMIT + 1)), 413, "too-large"),
        (asked("POST", "/heaps/odd", b'{"units": 1}', "content-length: 99999999999"), 413, "too-large"),
        (asked("POST", "/heaps/odd", b"", "content-length: 0"), 422, "invalid"),
        (asked("POST", "/heaps/odd"), 422, "invalid"),
        (asked("PATCH", "/heaps/odd"), 405, "method-not-allowed"),
        (asked("OPTIONS", "/heaps/odd"), 405, "method-not-allowed"),
        (asked("GET", "/nowhere"), 404, "not-found"),
        (asked("GET", "/heaps/%ff%fe"), 0, ""),
        (asked("GET", "/heaps/%00"), 422, "invalid"),
        (
            asked("POST", "/heaps/odd", b'{"units": 1}', "content-length: 12", "content-type: text/plain"),
            415,
            "unsupported-media-type",
        ),
        (asked("GET", "/heaps/odd", b"", "x-forwarded-for: 192.0.2.1, 192.0.2.66"), 429, "too-many-requests"),
        (asked("POST", "/heaps/odd", b'{"units": 1}', "content-length: -1"), 400, ""),
        (b"GET / HTTP/9\r\n\r\n", 400, ""),
        (b"nonsense\r\n\r\n", 400, ""),
    ],
    ids=lambda value: value[:40].decode(errors="replace").split("HTTP")[0] if isinstance(value, bytes) else None,
)
async def test_what_is_odd_is_refused(
    wire: Server, owner: asyncpg.Connection, raw: bytes, status: int, kind: str
) -> None:
    reply = await sent(wire, raw)
    assert reply.status in ((status,) if status else (400, 404, 200))
    if kind:
        assert problem(reply) == kind
    assert await count(owner, "tests.heap", "sort = 'odd'") == 0
    assert (await sent(wire, asked("GET", "/heaps/still"))).status == 200


def chunks(*pieces: bytes) -> list[bytes]:
    return [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]


CHUNKED = ("transfer-encoding: chunked", "content-type: application/json")


async def test_a_body_in_chunks_is_read_and_its_limit_holds(wire: Server, owner: asyncpg.Connection) -> None:
    head = asked("POST", "/heaps/chunks", b"", *CHUNKED)
    assert (await sent(wire, head, *chunks(b'{"un', b'its": 3}'))).status == 200
    assert await owner.fetchval("select units from tests.heap where sort = 'chunks'") == 3
    reply = await sent(wire, head, *chunks(*[b" " * 4_000] * 3, b'{"units": 3}'))
    assert reply.status in (413, 0)  # or the connection was ended while it was still being sent
    assert await owner.fetchval("select units from tests.heap where sort = 'chunks'") == 3


async def test_an_upload_may_be_larger_where_an_operation_takes_it(wire: Server) -> None:
    for size, status in ((LIMIT + 1, 200), (50_000, 200), (50_001, 413)):
        reply = await sent(wire, asked("POST", "/loads", b"x" * size))
        assert (reply.status, problem(reply) if status == 413 else int(reply.body)) == (
            status,
            "too-large" if status == 413 else size,
        )
    reply = await sent(wire, asked("POST", "/loads", b"", "transfer-encoding: chunked"), *chunks(*[b"y" * 8_000] * 3))
    assert (reply.status, int(reply.body)) == (200, 24_000)


async def test_who_may_not_upload_learns_it_before_sending(wire: Server) -> None:
    raw = asked("POST", "/loads", b"", "content-length: 40000").replace(b"authorization: anna\r\n", b"")
    assert problem(await sent(wire, raw)) == "forbidden"  # nothing of the 40,000 bytes was sent
    assert problem(
        await sent(wire, asked("POST", "/loads", b"", "content-length: 40000", "x-forwarded-for: 192.0.2.66"))
    ) == ("too-many-requests")


async def test_a_client_that_leaves_harms_nobody(wire: Server, owner: asyncpg.Connection) -> None:
    host, _, port = wire.address.rpartition(":")
    for raw in (
        asked("POST", "/heaps/left", b'{"units"', "content-length: 500"),
        asked("POST", "/heaps/left", b"", *CHUNKED) + b"5\r\n{",
        b"POST /heaps/left HT",
        b"",
    ):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(raw)
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.transport.abort()
    await asyncio.sleep(0.05)
    assert await count(owner, "tests.heap", "sort = 'left'") == 0
    assert (await sent(wire, asked("GET", "/heaps/left"))).status == 200
    wire_log = wire.log.read_text() if hasattr(wire, "log") and isinstance(wire.log, Path) else ""
    assert "Traceback" not in wire_log


async def test_a_server_that_is_stopped_answers_what_is_in_flight(
    door: Door, dsn: str, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    async with serving(dsn, tmp_path / "log") as server:
        body = b'{"units": 1, "pause_s": 0.5}'
        tasks = [asyncio.create_task(sent(server, asked("POST", f"/heaps/flight{n}", body))) for n in range(3)]
        await asyncio.sleep(0.25)
        os.kill(server.pid, signal.SIGTERM)
        replies = await asyncio.gather(*tasks)
    assert [reply.status for reply in replies] == [200, 200, 200]
    assert await count(owner, "tests.heap", "sort like 'flight%'") == 3
