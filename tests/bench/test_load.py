"""The load generator against a real server that cuts, chunks, lies, stalls and dies."""

import asyncio
import contextlib
import json
import math
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest
import uvloop
from hypothesis import example, given
from hypothesis import strategies as st

from rynek.bench import (
    Answer,
    Malformed,
    NotLoopback,
    NotReady,
    Run,
    Script,
    Server,
    drive,
    line,
    request,
    usage,
)
from rynek.bench.wire import read

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4\r\nWiki\r\n10;note=x\r\npedia in chunks.\r\n0\r\nX-Trailer: seen\r\n\r\n"
)
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
REFUSED = b"HTTP/1.1 409 Conflict\r\nCONTENT-LENGTH:2\r\nContent-Type: application/problem+json\r\n\r\n{}"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nall until the end"
LAST = b"HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\ncontent-length: 3\r\n\r\nbye"

Reply = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def shop(reply: Reply, port: int = 0) -> AsyncIterator[str]:
    """Serve on the loopback: ``reply`` writes what it likes to each request; closing the writer ends the connection."""
    talks = set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(cast("asyncio.Task[None]", asyncio.current_task()))
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while not writer.is_closing():
                    head = await reader.readuntil(b"\r\n\r\n")
                    _, _, rest = head.partition(b"content-length: ")
                    await reply(head + await reader.readexactly(int(rest.split(b"\r\n")[0] or 0)), writer)
                    await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


def saying(*answers: bytes) -> Reply:
    """Give the answers in turn, each in one write."""
    turn = iter(answers)

    async def reply(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(next(turn))

    return reply


def asking(times: int, heard: list[Answer], ask: bytes = request("GET", "/")) -> Script:
    for _ in range(times):
        answer = yield ask
        heard.append(answer)


def pairs(answers: list[Answer]) -> list[tuple[int, bytes]]:
    return [(answer.status, answer.body) for answer in answers]


STORIES = {
    OK: (200, b"hello"),
    CHUNKED: (201, b"Wikipedia in chunks."),
    EMPTY: (204, b""),
    REFUSED: (409, b"{}"),
}


@given(
    whole=st.lists(st.sampled_from(sorted(STORIES)), min_size=1, max_size=3),
    cuts=st.lists(st.integers(1, 400), max_size=12),
)
@example(whole=[CHUNKED], cuts=list(range(1, len(CHUNKED))))
@example(whole=[OK, REFUSED], cuts=list(range(1, 60)))
def test_answers_are_whole_wherever_the_stream_is_cut(whole: list[bytes], cuts: list[int]) -> None:
    turn = iter(whole)

    async def in_pieces(_: bytes, writer: asyncio.StreamWriter) -> None:
        answer = next(turn)
        edges = [0, *sorted({cut for cut in cuts if cut < len(answer)}), len(answer)]
        for begin, end in pairwise(edges):
            writer.write(answer[begin:end])
            await asyncio.sleep(0)

    async def play() -> tuple[Run, list[Answer]]:
        heard: list[Answer] = []
        async with shop(in_pieces) as address:
            return await drive(address, [asking(len(whole), heard)]), heard

    run, heard = uvloop.run(play())
    assert pairs(heard) == [STORIES[answer] for answer in whole]
    assert (run.errors, run.overall.answers) == ({}, len(whole))


@given(answer=st.sampled_from([*sorted(STORIES), LAST]), data=st.data())
def test_reading_asks_for_no_more_than_the_answer_needs(answer: bytes, data: st.DataObject) -> None:
    """A prefix is never taken for an answer, and the length asked for never passes its end."""
    cut = data.draw(st.integers(0, len(answer) - 1))
    found = read(bytearray(answer[:cut]))
    assert isinstance(found, float)
    assert cut < found <= len(answer)
    whole = read(answer + b"next")
    assert not isinstance(whole, float)
    assert whole[1] == len(answer)


@pytest.mark.parametrize(
    "dirt",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 1x0 ?\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5, 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-2\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n",
        b"x" * 70_000,
    ],
)
async def test_dirt_is_counted_and_never_taken_for_an_answer(dirt: bytes) -> None:
    with pytest.raises(Malformed):
        read(dirt)
    heard: list[Answer] = []
    async with shop(saying(dirt)) as address:
        run = await drive(address, [asking(1, heard)])
    assert (run.errors, heard, run.overall.answers) == ({"malformed": 1}, [], 0)
    assert math.isnan(run.overall.p99_ms)


async def test_a_server_that_closes_after_each_answer_is_met_again_without_errors() -> None:
    async def once(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(LAST)
        writer.close()

    heard: list[Answer] = []
    async with shop(once) as address:
        run = await drive(address, [asking(3, heard)])
    assert pairs(heard) == [(200, b"bye")] * 3
    assert run.errors == {}


async def test_an_answer_may_last_until_the_connection_ends() -> None:
    async def until_closed(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(UNTIL_CLOSE[:25])
        await asyncio.sleep(0.01)
        writer.write(UNTIL_CLOSE[25:])
        writer.close()

    heard: list[Answer] = []
    async with shop(until_closed) as address:
        run = await drive(address, [asking(2, heard)])
    assert pairs(heard) == [(200, b"all until the end")] * 2
    assert run.errors == {}


async def test_head_and_not_modified_have_no_body_whatever_their_length_says() -> None:
    heard: list[Answer] = []
    unchanged = b'HTTP/1.1 304 Not Modified\r\nETag: "v7"\r\ncontent-length: 99\r\n\r\n'
    async with shop(saying(OK[:-5], unchanged)) as address:
        run = await drive(address, [asking(2, heard, request("HEAD", "/"))])
    assert pairs(heard) == [(200, b""), (304, b"")]
    assert (heard[1].header("etag"), heard[1].header("age")) == ('"v7"', None)
    assert run.errors == {}


async def test_bytes_that_nobody_asked_for_are_counted_and_not_given_to_the_next_request() -> None:
    heard: list[Answer] = []
    async with shop(saying(OK + REFUSED, EMPTY)) as address:
        run = await drive(address, [asking(2, heard)])
    assert pairs(heard) == [(200, b"hello"), (204, b"")]
    assert run.errors == {"stray": 1}


@pytest.mark.parametrize("said", [b"", OK[:10], OK[:-1], CHUNKED[:-2]])
async def test_a_connection_that_ends_mid_answer_ends_the_buyer(said: bytes) -> None:
    async def cut_off(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    heard: list[Answer] = []
    async with shop(cut_off) as address:
        run = await drive(address, [asking(3, heard), asking(3, heard)])
    assert (run.errors, run.statuses, heard) == ({"reset": 2}, {}, [])


async def test_a_retry_with_the_same_key_reaches_the_server_that_came_back() -> None:
    keys: list[str] = []
    down = asyncio.Event()

    async def die_on_the_second(ask: bytes, writer: asyncio.StreamWriter) -> None:
        keys.append(ask.split(b"idempotency-key: ")[1].split(b"\r\n")[0].decode())
        if len(keys) == 2:
            down.set()
            writer.transport.abort()
        else:
            writer.write(OK)

    def stubborn(heard: list[int]) -> Script:
        for sale in range(3):
            answer = Answer(0)
            while not answer.status:
                answer = yield request("POST", "/sales", b"{}", {"idempotency-key": f"sale-{sale}"})
                heard.append(answer.status)

    heard: list[int] = []
    async with contextlib.AsyncExitStack() as second:
        async with shop(die_on_the_second) as address:
            load = asyncio.create_task(drive(address, [stubborn(heard)], reconnect_s=5))
            await down.wait()
        await asyncio.sleep(0.15)
        await second.enter_async_context(shop(die_on_the_second, int(address.rpartition(":")[2])))
        run = await load
    assert keys == ["sale-0", "sale-1", "sale-1", "sale-2"]
    assert heard == [200, 0, 200, 200]
    assert run.errors["reset"] == 1
    assert run.overall.answers == 3


async def test_a_server_that_never_comes_back_is_given_up() -> None:
    gone = asyncio.Event()

    async def die(_: bytes, writer: asyncio.StreamWriter) -> None:
        gone.set()
        writer.transport.abort()

    heard: list[Answer] = []
    async with shop(die) as address:
        load = asyncio.create_task(drive(address, [asking(9, heard)], reconnect_s=0.2))
        await gone.wait()
    run = await load
    assert pairs(heard) == [(0, b"")]
    assert (run.errors["reset"], run.errors["gave_up"]) == (1, 1)
    assert run.errors["refused"] >= 2


async def test_a_silent_server_is_timed_out() -> None:
    async def never(_: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    heard: list[Answer] = []
    async with shop(never) as address:
        run = await drive(address, [asking(1, heard)], timeout_s=0.1)
    assert (run.errors, heard) == ({"timeout": 1}, [])
    assert 0.1 <= run.seconds < 2


async def test_figures_by_status_and_label() -> None:
    async def reply(ask: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/slow" in ask:
            await asyncio.sleep(0.03)
        writer.write(REFUSED if b"/slow" in ask else OK)

    def buyer() -> Script:
        for _ in range(4):
            yield "fast", request("GET", "/fast")
        yield "slow", request("GET", "/slow")
        yield request("GET", "/unnamed")

    async with shop(reply) as address:
        run = await drive(address, [buyer() for _ in range(5)])
    assert run.statuses == {200: 25, 409: 5}
    assert {label: timing.answers for label, timing in run.labels.items()} == {"fast": 20, "slow": 5}
    assert run.overall.answers == 30
    assert run.labels["slow"].p50_ms >= 30 > run.labels["fast"].p50_ms
    assert run.overall.max_ms == run.labels["slow"].max_ms >= run.overall.p99_ms >= run.overall.p50_ms > 0
    assert run.per_s == pytest.approx(30 / run.seconds)
    assert run.cpu_us == pytest.approx(run.cpu_s * 1e6 / 30)
    assert run.cpu_s > 0


async def test_time_ends_a_load_and_every_answer_is_still_heard() -> None:
    served = 0

    async def reply(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        await asyncio.sleep(0.02)
        writer.write(OK)

    heard: list[Answer] = []
    async with shop(reply) as address:
        run = await drive(address, [asking(10**9, heard) for _ in range(3)], seconds=0.15)
    assert len(heard) == served == run.overall.answers > 3
    assert run.errors == {}
    assert 0.15 <= run.seconds < 1


async def test_a_script_may_rest_and_work_may_be_shared() -> None:
    def buyer(carts: Iterator[int], heard: list[int]) -> Script:
        yield 0.05
        for _ in carts:
            answer = yield request("GET", "/")
            again = yield 0.01
            assert again is answer
            heard.append(answer.status)

    carts, heard = iter(range(7)), list[int]()
    async with shop(saying(*[OK] * 7)) as address:
        run = await drive(address, [buyer(carts, heard) for _ in range(3)])
    assert heard == [200] * 7
    assert run.seconds >= 0.05


async def test_what_a_script_finds_wrong_stops_the_load() -> None:
    def strict() -> Script:
        answer = yield request("GET", "/")
        assert answer.status == 201, answer.body

    heard: list[Answer] = []
    async with shop(saying(*[OK] * 9999)) as address:
        with pytest.raises(AssertionError, match="hello"):
            await drive(address, [asking(10**9, heard), strict()])


@pytest.mark.parametrize(
    "address",
    ["example.org:80", "10.0.0.1:80", "0.0.0.0:80", "[::]:80", "localhost.example.org:80", "127.0.0.1", "::1", ":80"],
)
async def test_load_is_driven_at_nobody_else(address: str) -> None:
    with pytest.raises(NotLoopback):
        await drive(address, [asking(1, [])])


async def test_nobody_there_is_told_at_once() -> None:
    async with shop(saying()) as address:
        pass
    with pytest.raises(OSError):  # noqa: PT011 - each loop words it in its own way
        await drive(address, [asking(1, [])])


async def test_a_unix_socket_will_do(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await writer.drain()
        writer.close()

    heard: list[Answer] = []
    async with await asyncio.start_unix_server(serve, tmp_path / "shop"):
        await drive(f"unix:{tmp_path / 'shop'}", [asking(1, heard)])
    assert pairs(heard) == [(200, b"hello")]


def test_a_request_as_bytes() -> None:
    assert request("GET", "/a?b=1") == b"GET /a?b=1 HTTP/1.1\r\nhost: localhost\r\n\r\n"
    assert request("POST", "/a") == b"POST /a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"
    assert request("PUT", "/a", b"x=1", {"host": "shop", "content-type": "text/plain"}) == (
        b"PUT /a HTTP/1.1\r\nhost: shop\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nx=1"
    )


def test_the_last_line() -> None:
    text = line("sale", placed_per_s=8123.44, doubled=0, ratio="1.52")
    assert text == "bench=sale placed_per_s=8123.4 doubled=0 ratio=1.52"


SHOP = """
import http.server, json, os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; sum(range(10**6)); time.sleep(60)"])
class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps([os.getpid(), child.pid]).encode()
        self.send_response(200 if self.path in ("/health/ready", "/pids") else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Shop)
def stop(*_):
    child.kill()
    child.wait()
    os._exit(7)
__import__("signal").signal(15, stop)
server.serve_forever()
"""


@pytest.fixture
async def port() -> int:
    async with shop(saying()) as address:
        return int(address.rpartition(":")[2])


def alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        return usage(pid).memory_bytes > 0
    return False


async def pids(server: Server) -> list[int]:
    heard: list[Answer] = []
    await drive(server.address, [asking(1, heard, request("GET", "/pids"))])
    return list(json.loads(heard[0].body))


async def test_a_server_is_started_measured_and_stopped(port: int, tmp_path: Path) -> None:
    server = Server([sys.executable, "-c", SHOP, str(port)], f"127.0.0.1:{port}", log=tmp_path / "log")
    async with server:
        ours, child = await pids(server)
        assert server.pid == ours
        assert server.usage().processes == 2
        assert server.usage().cpu_s > usage(child).cpu_s >= 0
        assert server.usage().memory_bytes > usage(child).memory_bytes > 1_000_000
        assert await server.stop() == 7
    assert not alive(ours)
    assert not alive(child)
    assert "/pids" in (tmp_path / "log").read_text()
    with pytest.raises(ProcessLookupError):
        server.usage()


async def test_a_killed_server_takes_its_workers_with_it_and_can_start_again(port: int, tmp_path: Path) -> None:
    server = Server([sys.executable, "-c", SHOP, str(port)], f"127.0.0.1:{port}", log=tmp_path / "log")
    async with server:
        ours, child = await pids(server)
        server.kill()
        for _ in range(100):  # an orphan is buried by init, in its own time
            if not alive(child):
                break
            await asyncio.sleep(0.02)
        assert not alive(ours)
        assert not alive(child)
        assert not await server.is_ready()
        assert await server.start() > 0
        assert (await pids(server))[0] != ours


async def test_a_server_that_cannot_start_says_why(port: int, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no licence to trade')"]
    server = Server(command, f"127.0.0.1:{port}", log=tmp_path / "log")
    with pytest.raises(NotReady, match=r"(?s)ended with 1.*no licence to trade"):
        await server.start()


async def test_a_server_that_is_never_ready_is_late_and_killed(port: int, tmp_path: Path) -> None:
    server = Server([sys.executable, "-c", SHOP, str(port)], f"127.0.0.1:{port}", log=tmp_path / "log", ready="/never")
    with pytest.raises(NotReady, match="is late"):
        await server.start(patience_s=1)
    with pytest.raises(ProcessLookupError):
        server.usage()
