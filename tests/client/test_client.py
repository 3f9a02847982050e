"""The typed client against a real server: the same words, the same refusals, and once is once over a bad line."""

import asyncio
from contextlib import suppress
from datetime import date
from uuid import uuid4

import msgspec
import pytest

from rynek.bench import Server
from rynek.client import Calls, Connections, Route
from rynek.client.calls import refused
from rynek.client.connections import Answer
from rynek.client.generated import Client
from rynek.commerce.inventory.model import Level, Line, Location, LocationUnknown
from rynek.kernel.faults import Fault, Forbidden, Invalid, NotFound, Unauthenticated
from tests.client.conftest import Line as Wire


def to(listening: asyncio.Server, **options: float) -> Connections:
    return Connections(f"127.0.0.1:{listening.sockets[0].getsockname()[1]}", **options)  # type: ignore[arg-type]


async def test_what_is_answered_is_the_trades_own_words(server: Server, token: str) -> None:
    async with Client(server.address, token) as shop:
        await shop.commerce.inventory.put_locations([Location("GD-1", "Gdańsk 1", "store")])
        assert (
            await shop.commerce.inventory.receive("GD-1", "wz-1", [Line("apple", 12), Line("ser_kozi.50-g", 3)]) is True
        )
        levels = await shop.commerce.inventory.levels(["apple", "ser_kozi.50-g", "no-such"], "GD-1")
    assert levels == [Level("apple", "GD-1", 12, 0, 0), Level("ser_kozi.50-g", "GD-1", 3, 0, 0)]


async def test_a_refusal_is_the_fault_that_refused(server: Server, token: str) -> None:
    async with Client(server.address, token) as shop:
        with pytest.raises(LocationUnknown) as refusal:
            await shop.commerce.inventory.receive("NOWHERE", "wz-2", [Line("pear", 1)])
        assert (refusal.value.status, refusal.value.code) == (422, "location-unknown")
        with pytest.raises(Invalid, match="Expected `array`"):
            await shop.commerce.inventory.put_locations("gd-1")  # type: ignore[arg-type] # the server checks as well
        with pytest.raises(NotFound):
            await shop.security.revoke(uuid4())
        assert await shop.commerce.inventory.levels(["pear"]) == []


async def test_who_asks_is_the_token(server: Server) -> None:
    async with Client(server.address) as anyone:
        with pytest.raises(Forbidden, match=r"no policy allows security\.staff-read to somebody who is not logged in"):
            await anyone.security.staff()
    async with Client(server.address, "rs_nonsense") as liar:
        with pytest.raises(Unauthenticated):
            await liar.security.me()


@pytest.mark.parametrize("losses", [1, 2])
async def test_a_write_whose_answer_is_lost_happens_once(wire: Wire, token: str, losses: int) -> None:
    async with Client(wire.url, token) as shop:
        await shop.commerce.inventory.put_locations([Location("GD-2", "Gdańsk 2", "store")])
        wire.losses = losses
        assert await shop.commerce.inventory.receive("GD-2", f"wz-{losses}", [Line(f"plum-{losses}", 7)]) is True
        assert wire.lost == losses
        moved = await shop.commerce.inventory.levels([f"plum-{losses}"], "GD-2")
    assert moved == [Level(f"plum-{losses}", "GD-2", 7, 0, 0)]


async def test_a_dead_line_is_an_error_after_a_few_tries(wire: Wire, token: str) -> None:
    wire.losses = 1_000
    async with Client(wire.url, token) as shop:
        with pytest.raises(ConnectionError):
            await shop.ops.live()
    assert wire.lost == 5


async def test_a_server_that_is_not_there_is_said_so() -> None:
    async with Client("http://127.0.0.1:9") as nobody:
        with pytest.raises(ConnectionRefusedError):
            await nobody.ops.live()


async def test_many_calls_share_a_few_connections(wire: Wire, token: str) -> None:
    async with Client(wire.url, token, limit=3) as shop:
        answers = await asyncio.gather(*(shop.ops.live() for _ in range(50)))
        idle = len(shop.connections._idle)
    assert {each.status for each in answers} == {"alive"}
    assert 1 <= idle <= 3


@pytest.mark.parametrize(("idle_s", "lines"), [(15.0, 1), (0.0, 2)])
async def test_a_line_that_was_idle_for_long_is_not_trusted(
    idle_s: float, lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append("line")
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 204 None\r\n\r\n")
        writer.close()

    monkeypatch.setattr("rynek.client.connections._IDLE_S", idle_s)
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening, to(listening) as http:
        await http.ask("GET", "/")
        await http.ask("GET", "/")
    assert len(opened) == lines


async def test_a_server_too_slow_is_given_up() -> None:
    async def dumb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(dumb, "127.0.0.1", 0) as listening:
        http = to(listening, patience_s=0.05)
        with pytest.raises(TimeoutError):
            await http.ask("GET", "/")


async def test_values_keep_their_meaning_on_the_way() -> None:
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 None\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as listening:
        calls = Calls(f"127.0.0.1:{listening.sockets[0].getsockname()[1]}")
        given = {"skus": ["a&b", "ł"], "loud": True, "on": date(2026, 1, 2), "left": None, "out": msgspec.UNSET, "n": 0}
        await calls.ask(Route[None]("GET", "/a/{name}/b", None), {"name": "50%/ł?#"}, given)
        await calls.close()
    target = heard[0].split(b" ")[1].decode()
    assert target == "/a/50%25%2F%C5%82%3F%23/b?skus=a%26b&skus=%C5%82&loud=true&on=2026-01-02&n=0"


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\napple", b"apple"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", b"a"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n",
            b"abcde",
        ),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
async def test_every_way_to_send_a_body_is_read(sent: bytes, body: bytes) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        writer.close()

    async with await asyncio.start_server(say, "127.0.0.1", 0) as listening, to(listening) as http:
        assert (await http.ask("GET", "/")).body == body


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", b"SSH-2.0-hello\r\n\r\n"])
async def test_half_an_answer_is_none(sent: bytes) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        writer.close()

    async with await asyncio.start_server(say, "127.0.0.1", 0) as listening, to(listening) as http:
        with pytest.raises(ConnectionError):
            await http.ask("GET", "/")


def test_a_refusal_of_a_newer_server_is_still_a_fault() -> None:
    body = b'{"type": "/docs/faults#of-tomorrow", "title": "New", "status": 409, "detail": "so it is", "left": 3}'
    fault = refused(Answer(409, {}, body))
    assert type(fault) is Fault
    assert (fault.detail, fault.facts["status"], fault.facts["left"]) == ("so it is", 409, 3)
    assert refused(Answer(502, {}, b"<html>")).facts["status"] == 502


@pytest.mark.parametrize("url", ["ftp://shop", "http://", "file:///etc/passwd"])
def test_an_address_has_to_be_one(url: str) -> None:
    with pytest.raises(ValueError, match="give the address as http://host:port"):
        Connections(url)


async def test_a_header_cannot_bring_another() -> None:
    async with Connections("127.0.0.1:9") as http:
        with pytest.raises(TypeError, match="line break"):
            http._request("GET", "/", {"authorization": "x\r\nhost: elsewhere"}, None)
