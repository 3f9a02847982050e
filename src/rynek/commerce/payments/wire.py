"""The simulator's client: JSON over HTTP/1.1, signed both ways, on nothing but the standard library."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from rynek.commerce.payments import signatures
from rynek.commerce.payments.model import (
    Captures,
    Done,
    Due,
    ForgedWebhook,
    News,
    Outcome,
    Refused,
    Told,
    Unknown,
    Unseen,
    Waits,
)

LIMIT = 65_536
_encode = msgspec.json.Encoder().encode
_outcome = msgspec.json.Decoder(Done | Refused | Unknown | Unseen | Waits).decode
_told = msgspec.json.Decoder(list[Told]).decode


class Garbled(Exception):  # noqa: N818 - named as what is wrong, as faults are
    """The other side answered something that is no answer."""


class Simulator:
    """The simulator as a provider."""

    methods: Mapping[str, bool] = {"card": True}
    captures: Captures = "parts"

    def __init__(self, url: str, secret: bytes, timeout_s: float = 5.0) -> None:
        place = urlsplit(url)
        self.host = place.hostname or "127.0.0.1"
        self.port = place.port or (443 if place.scheme == "https" else 80)
        self.tls = place.scheme == "https"
        self.secret = secret
        self.timeout_s = timeout_s

    async def authorise(self, due: Due) -> Outcome:
        """Promise an amount of the buyer's money."""
        return await self._ask(
            "authorise", key=due.key, amount_minor=due.minor, currency=due.currency, token=due.token,
            order=str(due.order),
        )  # fmt: skip

    async def capture(self, due: Due) -> Outcome:
        """Take a part or all of an authorisation."""
        return await self._ask("capture", key=due.key, reference=due.reference or "", amount_minor=due.minor)

    async def void(self, due: Due) -> Outcome:
        """Let go of what is left of an authorisation."""
        return await self._ask("void", key=due.key, reference=due.reference or "", amount_minor=due.minor)

    async def refund(self, due: Due) -> Outcome:
        """Give back a part or all of what was captured of an authorisation."""
        return await self._ask("refund", key=due.key, reference=due.reference or "", amount_minor=due.minor)

    async def inquire(self, due: Due) -> Outcome:
        """Tell what became of what was asked with this key."""
        return await self._ask("inquire", key=due.key)

    def read_webhook(self, header: Callable[[str], str | None], body: bytes) -> list[News]:
        """Read what it tells of its own accord.

        Raises:
            ForgedWebhook: it does not bear the simulator's signature, is old, or is no news.
        """
        if not signatures.holds(self.secret, time.time(), body, header(signatures.HEADER)):
            raise ForgedWebhook
        try:
            return list(_told(body))
        except msgspec.DecodeError:
            raise ForgedWebhook("it is signed, but no news") from None

    async def _ask(self, command: str, **said: Any) -> Outcome:
        body = _encode(said)
        head = (
            f"POST /{command} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\nconnection: close\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"{signatures.HEADER}: {signatures.sign(self.secret, time.time(), body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(self.timeout_s):
                return _read(await self._exchange(head.encode() + body))
        except (OSError, EOFError, TimeoutError, Garbled) as error:
            return Unknown(f"{type(error).__name__}: {error}"[:200], silent=True)

    async def _exchange(self, message: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self.host, self.port, ssl=self.tls or None)
        try:
            writer.write(message)
            await writer.drain()
            return await _all(reader)
        finally:
            writer.close()


class Terminals(Simulator):
    """Card terminals at the tills, by a bridge beside them that speaks as the simulator does.

    A token says which terminal (``till-3``). While the buyer is at it the bridge says ``waits``, and tells the outcome
    by a webhook or when it is asked; what a terminal prints for her comes with the outcome.
    """

    methods: Mapping[str, bool] = {"card-present": True}
    captures: Captures = "once"


async def _all(reader: asyncio.StreamReader) -> bytes:
    pieces, size = [], 0
    while piece := await reader.read(LIMIT):
        pieces.append(piece)
        size += len(piece)
        if size > LIMIT:
            raise Garbled("a long answer")
    return b"".join(pieces)


def _read(answer: bytes) -> Outcome:
    """Read an outcome; whatever is cut short, or not exactly an answer, leaves the outcome unknown."""
    head, found, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next((line[15:].strip() for line in lines if line.lower().startswith("content-length:")), "")
    if not found or not lines[0].startswith("HTTP/1.1 200 ") or length != str(len(body)):
        raise Garbled(lines[0][:80] or "no answer")
    try:
        outcome: Outcome = _outcome(body)
    except msgspec.DecodeError as error:
        raise Garbled(str(error)) from None
    return outcome
