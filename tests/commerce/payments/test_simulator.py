"""The simulator is a provider to be reckoned with: what tests rely on it for, it does."""

import asyncio

import msgspec
import pytest

from rynek.commerce.payments.model import Done, Outcome, Refused, Unknown, Unseen
from rynek.commerce.payments.wire import LIMIT, Garbled, Simulator, _read
from rynek.kernel import ids
from tests.commerce.payments.shop import Bank


async def charge(bank: Bank, amount: int = 1_000, token: str = "tok_ok") -> str:  # noqa: S107
    done = await bank.authorise(f"{ids.new()}:a", amount, "PLN", token, "order")
    assert isinstance(done, Done)
    assert done.minor == amount
    return done.reference


async def test_the_same_key_is_the_same_outcome(bank: Bank) -> None:
    key = f"{ids.new()}:a"
    first = await bank.authorise(key, 1_000, "PLN", "tok_ok", "order")
    assert await bank.authorise(key, 1_000, "PLN", "tok_ok", "order") == first
    assert await bank.inquire(key) == first
    assert isinstance(await bank.authorise(key, 1_001, "PLN", "tok_ok", "order"), Unknown)
    assert [each.authorised for each in await bank.books() if each.key == key] == [1_000]


async def test_it_refuses_more_than_there_is(bank: Bank) -> None:
    reference = await charge(bank)
    assert await bank.capture("k1" + reference, reference, 1_001) == Refused("1000 is left, 1001 is asked")
    assert isinstance(await bank.refund("k2" + reference, reference, 1), Refused)
    assert isinstance(await bank.capture("k3" + reference, reference, 600), Done)
    assert await bank.refund("k4" + reference, reference, 601) == Refused("600 is left, 601 is asked")
    assert await bank.void("k5" + reference, reference, 400) == Done(reference, 400)
    assert isinstance(await bank.void("k6" + reference, reference, 0), Refused)
    assert isinstance(await bank.capture("k7" + reference, reference, 1), Refused)
    assert isinstance(await bank.refund("k8", "no such charge", 1), Refused)


@pytest.mark.parametrize(
    ("mishap", "first", "then"),
    [
        ("refuse", Refused, Refused),
        ("drop", Unknown, Unseen),
        ("error", Unknown, Unseen),
        ("lapse", Unknown, Unseen),
        ("cut", Unknown, Done),
        ("late", Unknown, Done),
        ("slow", Done, Done),
        ("half", Done, Done),
        ("more", Done, Done),
        ("turn", Refused, Done),
        ("pending", Unknown, Unknown),
    ],
)
async def test_mishaps(bank: Bank, mishap: str, first: type[Outcome], then: type[Outcome]) -> None:
    key = f"{ids.new()}:a"
    assert isinstance(await bank.authorise(key, 100, "PLN", f"tok_authorise={mishap}", "order"), first)
    assert isinstance(await bank.inquire(key), then)
    if then is Unseen:
        again = await bank.authorise(key, 100, "PLN", f"tok_authorise={mishap}", "order")
        assert isinstance(again, Refused if mishap == "lapse" else Done)


async def test_who_does_not_know_the_secret_is_told_nothing(bank: Bank) -> None:
    stranger = Simulator(f"http://127.0.0.1:{bank.port}", b"guessed", 1)
    reference = await charge(bank)
    assert isinstance(await stranger.refund("k9" + reference, reference, 1), Unknown)
    assert isinstance(await stranger.inquire("k9" + reference), Unknown)
    assert await bank.inquire("k9" + reference) == Unseen()


async def test_rubbish_does_not_stop_it(bank: Bank) -> None:
    for rubbish in (b"", b"GET", b"\r\n\r\n", b"POST /x HTTP/1.1\r\ncontent-length: -1\r\n\r\n", bytes(70_000)):
        reader, writer = await asyncio.open_connection(bank.host, bank.port)
        writer.write(rubbish)
        writer.write_eof()
        await reader.read()
        writer.close()
    assert await bank.inquire("nothing") == Unseen()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 500 .\r\ncontent-length: 17\r\n\r\n" + b'{"type":"unseen"}',
        b'HTTP/1.1 200 .\r\n\r\n{"type":"unseen"}',
        b'HTTP/1.1 200 .\r\ncontent-length: 99\r\n\r\n{"type":"unseen"}',
        b'HTTP/1.1 200 .\r\ncontent-length: 16\r\n\r\n{"type":"undone"',
        b'HTTP/1.1 200 .\r\ncontent-length: 15\r\n\r\n{"type":"done"}',
    ],
)
def test_an_answer_that_is_cut_or_no_answer_leaves_the_outcome_unknown(answer: bytes) -> None:
    with pytest.raises(Garbled):
        _read(answer)


@pytest.mark.parametrize("outcome", [Done("r", 5), Refused("no"), Unknown("?"), Unseen()])
def test_an_answer_is_read(outcome: Outcome) -> None:
    body = msgspec.json.encode(outcome)
    assert _read(b"HTTP/1.1 200 .\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)) == outcome


async def test_a_long_answer_is_not_read_to_its_end() -> None:
    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"x" * (LIMIT * 4))
        writer.close()

    server = await asyncio.start_server(pour, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        outcome = await Simulator(f"http://127.0.0.1:{port}", b"s", 2).inquire("k")
    assert isinstance(outcome, Unknown)
