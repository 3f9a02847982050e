"""Where webhooks may not go: private addresses under any name, other ports and schemes, after redirects, for ever."""

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web
from cryptography.exceptions import InvalidTag

from rynek.app import App
from rynek.integration.webhooks import rules, sending
from rynek.integration.webhooks.model import BadAddress
from rynek.integration.webhooks.ports import REACH, opened, sealed
from rynek.integration.webhooks.sending import Sender
from tests.integration.webhooks.conftest import Receiver

PRIVATE = """
0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 192.0.0.1 192.0.2.1 192.168.1.1 198.18.0.1
203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1:: 2002:a00:1::1 2001:0:0:0:0:0:80ff:fffe
fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 ff02::1 2001:db8::1 100::1
""".split()
PUBLIC = "1.1.1.1 8.8.8.8 93.184.216.34 2606:4700:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1".split()


@pytest.fixture
def strict(world: App) -> Iterator[None]:
    """Nothing private is allowed, as it is where nobody sets anything."""
    before = (REACH.networks, REACH.ports, REACH.plain, REACH.lookup)
    REACH.networks, REACH.plain = (), True
    yield
    REACH.networks, REACH.ports, REACH.plain, REACH.lookup = before


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    async with Sender() as opened_sender:
        yield opened_sender


def resolving(*answers: list[str]) -> list[str]:
    """Let names lead to these addresses, one answer after another; gives the names that were asked for."""
    asked: list[str] = []

    async def lookup(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    REACH.lookup = lookup
    return asked


@pytest.mark.parametrize("text", PRIVATE)
def test_a_private_address_is_known_in_any_dress(text: str) -> None:
    assert not rules.reachable(ipaddress.ip_address(text), ())


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_let_through(text: str) -> None:
    """The control."""
    assert rules.reachable(ipaddress.ip_address(text), ())


@pytest.mark.parametrize("text", PRIVATE)
async def test_a_name_that_leads_to_a_private_address_is_not_sent_to(
    strict: None, sender: Sender, receiver: Receiver, text: str
) -> None:
    resolving([text])
    answer = await sender.post(f"http://rebinding.example:{receiver.port}/", {}, b"{}")
    assert answer.status is None
    assert "not of the public internet" in answer.error
    assert receiver.got == []


async def test_one_private_address_among_public_ones_is_enough(
    strict: None, sender: Sender, receiver: Receiver
) -> None:
    resolving(["93.184.216.34", "127.0.0.1"])
    answer = await sender.post(f"http://mixed.example:{receiver.port}/", {}, b"{}")
    assert "not of the public internet" in answer.error
    assert receiver.got == []


async def test_a_name_is_looked_up_once_and_that_address_is_connected_to(
    strict: None, sender: Sender, receiver: Receiver
) -> None:
    """The second answer would be another: nobody asks for it, and the Host header says the name."""
    REACH.networks = (ipaddress.ip_network("127.0.0.1/32"),)
    asked = resolving(["127.0.0.1"], ["10.0.0.1"])
    answer = await sender.post(f"http://rebinding.example:{receiver.port}/hook", {}, b"{}")
    assert (answer.status, asked) == (204, ["rebinding.example"])
    assert receiver.got[0].headers["host"] == f"rebinding.example:{receiver.port}"


async def test_a_new_connection_asks_and_checks_again(strict: None, receiver: Receiver) -> None:
    REACH.networks = (ipaddress.ip_network("127.0.0.1/32"),)
    resolving(["127.0.0.1"], ["127.0.0.2"])
    statuses: list[Any] = []
    for _ in range(2):
        async with Sender() as fresh:
            statuses.append((await fresh.post(f"http://rebinding.example:{receiver.port}/", {}, b"{}")).status)
    assert statuses == [204, None]
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/", "http://127.1:{port}/", "http://2130706433:{port}/", "http://0x7f000001:{port}/",
        "http://0177.0.0.1:{port}/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::ffff:7f00:1]:{port}/", "http://localhost:{port}/", "http://LOCALHOST.:{port}/",
        "http://user:pass@127.0.0.1:{port}/", "http://127.0.0.1.:{port}/", "http://\uff11\uff12\uff17.0.0.1:{port}/",
        "http://example.com@127.0.0.1:{port}/", "http://127。0。0。1:{port}/",
    ],
)  # fmt: skip
async def test_an_address_of_this_machine_is_known_however_it_is_written(
    strict: None, sender: Sender, receiver: Receiver, url: str
) -> None:
    answer = await sender.post(url.format(port=receiver.port), {}, b"{}")
    assert answer.status is None, url
    assert receiver.got == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/",
        "https://example.com:22/", "https://example.com:25/", "https://example.com:6379/", "https://a:b@example.com/",
        "https://example.com/#part", "https://", "https:///x", "https://example.com:x/", "javascript:alert(1)",
        "https://metadata.google.internal/", "https://db.local/", "https://[fe80::1%25eth0]/", "https://1.2.3/",
    ],
)  # fmt: skip
def test_what_is_no_address_to_send_to_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        rules.address(url, {443, 8443}, (), plain=False)


@pytest.mark.parametrize("url", ["https://example.com/", "https://example.com:8443/a?b=c", "https://ąę.example/"])
def test_an_address_of_the_public_internet_will_do(url: str) -> None:
    assert rules.address(url, {443, 8443}, (), plain=False).scheme == "https"


async def test_redirects_are_not_followed(sender: Sender, receiver: Receiver) -> None:
    receiver.answers = lambda _: web.Response(status=302, headers={"location": receiver.url("elsewhere")})
    answer = await sender.post(receiver.url(), {}, b"{}")
    assert answer.status == 302
    assert receiver.at("elsewhere") == []


async def test_an_endless_answer_is_not_read_to_its_end(sender: Sender, receiver: Receiver) -> None:
    sent = 0

    async def pour(_received: Any) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(status=200)
        await response.prepare(receiver.request)
        try:
            while sent < 200 * 2**20:
                await response.write(b"x" * 65_536)
                sent += 65_536
        except ConnectionError:
            pass
        return response

    receiver.answers = pour
    answer = await sender.post(receiver.url(), {}, b"{}")
    assert (answer.status, len(answer.text)) == (200, 300)
    assert sent < 50 * 2**20


async def test_a_bomb_is_not_unpacked(sender: Sender, receiver: Receiver) -> None:
    receiver.answers = lambda _: web.Response(body=b"\x1f\x8bnot really", headers={"content-encoding": "gzip"})
    assert (await sender.post(receiver.url(), {}, b"{}")).status == 200


async def test_one_who_is_slow_is_not_waited_for(
    sender: Sender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def drip(_received: Any) -> web.StreamResponse:
        response = web.StreamResponse(status=200)
        await response.prepare(receiver.request)
        try:
            for _ in range(50):
                await response.write(b"x")
                await asyncio.sleep(0.2)
        except ConnectionError:
            pass
        return response

    receiver.answers = drip
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.5)
    async with Sender() as hasty:
        began = time.monotonic()
        answer = await hasty.post(receiver.url(), {}, b"{}")
    assert answer.status is None
    assert "no answer within" in answer.error
    assert time.monotonic() - began < 3


async def test_huge_headers_and_nonsense_are_errors_and_no_more(sender: Sender) -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        writer.write(answers.pop())
        await writer.drain()
        writer.close()

    answers = [b"\x00\xff not http\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n", b""]
    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    before, REACH.ports = REACH.ports, frozenset({port})
    while answers:
        answer = await sender.post(f"http://127.0.0.1:{port}/", {}, b"{}")
        assert answer.status is None
        assert answer.error
    REACH.ports = before
    server.close()
    await server.wait_closed()


async def test_cookies_are_not_kept(sender: Sender, receiver: Receiver) -> None:
    receiver.answers = lambda _: web.Response(headers={"set-cookie": "a=b"})
    for _ in range(2):
        await sender.post(receiver.url(), {}, b"{}")
    assert all("cookie" not in each.headers for each in receiver.got)


def test_a_secret_opens_only_for_its_endpoint(world: App) -> None:
    box = sealed(b"key", b"one")
    assert opened(box, b"one") == b"key"
    with pytest.raises(InvalidTag):
        opened(box, b"other")
