"""The simulator is a provider to be reckoned with: what tests rely on it for, it does."""

import asyncio
from uuid import UUID

import msgspec
import pytest

from rynek.commerce.payments.model import Done, Due, Outcome, Refused, Unknown, Unseen, Waits
from rynek.commerce.payments.wire import LIMIT, Garbled, Simulator, _read
from rynek.kernel import clock, ids
from tests.commerce.payments.shop import Bank


def due(key: str, minor: int = 0, reference: str | None = None, token: str = "tok_ok") -> Due:  # noqa: S107
    return Due(
        UUID(int=0), key, "authorise", minor, 1, UUID(int=1), "simulator", "card", "PLN", token, reference, clock.now()
    )


async def charge(bank: Bank, amount: int = 1_000, token: str = "tok_ok") -> str:  # noqa: S107
    done = await bank.authorise(due(f"{ids.new()}", amount, token=token))
    assert isinstance(done, Done)
    assert done.minor == amount
    return done.reference


async def test_the_same_key_is_the_same_outcome(bank: Bank) -> None:
    key = f"{ids.new()}:a"
    first = await bank.authorise(due(key, 1_000))
    assert await bank.authorise(due(key, 1_000)) == first
    assert await bank.inquire(due(key)) == first
    assert isinstance(await bank.authorise(due(key, 1_001)), Unknown)
    assert [each.authorised for each in await bank.books() if each.key == due(key).key] == [1_000]


async def test_it_refuses_more_than_there_is(bank: Bank) -> None:
    reference = await charge(bank)
    assert await bank.capture(due("k1" + reference, 1_001, reference)) == Refused("1000 is left, 1001 is asked")
    assert isinstance(await bank.refund(due("k2" + reference, 1, reference)), Refused)
    assert isinstance(await bank.capture(due("k3" + reference, 600, reference)), Done)
    assert await bank.refund(due("k4" + reference, 601, reference)) == Refused("600 is left, 601 is asked")
    assert await bank.void(due("k5" + reference, 400, reference)) == Done(reference, 400)
    assert isinstance(await bank.void(due("k6" + reference, 0, reference)), Refused)
    assert isinstance(await bank.capture(due("k7" + reference, 1, reference)), Refused)
    assert isinstance(await bank.refund(due("k8", 1, "no such charge")), Refused)


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
    assert isinstance(await bank.authorise(due(key, 100, token=f"tok_authorise={mishap}")), first)
    assert isinstance(await bank.inquire(due(key)), then)
    if then is Unseen:
        again = await bank.authorise(due(key, 100, token=f"tok_authorise={mishap}"))
        assert isinstance(again, Refused if mishap == "lapse" else Done)


async def test_who_does_not_know_the_secret_is_told_nothing(bank: Bank) -> None:
    stranger = Simulator(f"http://127.0.0.1:{bank.port}", b"guessed", 1)
    reference = await charge(bank)
    assert isinstance(await stranger.refund(due("k9" + reference, 1, reference)), Unknown)
    assert isinstance(await stranger.inquire(due("k9" + reference)), Unknown)
    assert await bank.inquire(due("k9" + reference)) == Unseen()


async def test_rubbish_does_not_stop_it(bank: Bank) -> None:
    for rubbish in (b"", b"GET", b"\r\n\r\n", b"POST /x HTTP/1.1\r\ncontent-length: -1\r\n\r\n", bytes(70_000)):
        reader, writer = await asyncio.open_connection(bank.host, bank.port)
        writer.write(rubbish)
        writer.write_eof()
        await reader.read()
        writer.close()
    assert await bank.inquire(due("nothing")) == Unseen()


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


@pytest.mark.parametrize("outcome", [Done("r", 5), Refused("no"), Unknown("?"), Unseen(), Waits("r", "https://bank")])
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
        outcome = await Simulator(f"http://127.0.0.1:{port}", b"s", 2).inquire(due("k"))
    assert isinstance(outcome, Unknown)
