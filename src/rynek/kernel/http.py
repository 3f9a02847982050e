"""The HTTP face of the door, over RSGI (granian): bytes in, bytes out, nothing decided here."""

import asyncio
import logging
from contextlib import aclosing
from typing import Any

from rynek.kernel.door import Door, Response, refusal
from rynek.kernel.faults import Fault, Malformed, TooLarge

logger = logging.getLogger(__name__)

SAFETY = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
)
_JSON = (("content-type", "application/json"), *SAFETY)


class HttpRequest:
    """One request as the server received it."""

    __slots__ = ("_headers", "address", "body", "method", "path", "query")

    def __init__(self, scope: Any, body: bytes, *, trust_proxy: bool) -> None:
        self._headers = scope.headers
        self.method: str = scope.method
        self.path: str = scope.path
        self.query: str = scope.query_string
        self.body = body
        self.address: str = scope.client.rpartition(":")[0]
        if trust_proxy and (forwarded := scope.headers.get("x-forwarded-for")):
            self.address = forwarded.rpartition(",")[2].strip()

    def header(self, name: str) -> str | None:
        """Give a header by its lower-case name."""
        value: str | None = self._headers.get(name)
        return value


class Face:
    """An RSGI application over a door; a body over the limit is refused before it is read."""

    def __init__(self, door: Door, *, body_limit: int, trust_proxy: bool) -> None:
        self.door = door
        self.body_limit = body_limit
        self.trust_proxy = trust_proxy
        self._pouring: set[asyncio.Task[Any]] = set()
        self._stopping = False

    def hang_up(self) -> None:
        """End the streams that somebody reads, now and from now on: a server that stops would wait for them."""
        self._stopping = True
        for each in self._pouring:
            each.cancel()

    async def __call__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        try:
            body = await self._body(scope, protocol)
        except Fault as fault:
            self._send(protocol, refusal(fault, scope.path), scope.method)
            return
        response = await self.door.answer(HttpRequest(scope, body, trust_proxy=self.trust_proxy))
        if response.stream is None or scope.method == "HEAD":
            self._send(protocol, response, scope.method)
        else:
            await self._pour(protocol, response)

    async def _body(self, scope: Any, protocol: Any) -> bytes:
        if scope.method in ("GET", "HEAD"):
            return b""
        length = scope.headers.get("content-length")
        if length is not None:
            if not length.isdigit():
                raise Malformed("Content-Length is not a number")
            await self._allow(scope, int(length), self.body_limit)
            return bytes(await protocol())
        pieces, size, limit = [], 0, self.body_limit
        async for piece in protocol:
            size += len(piece)
            limit = await self._allow(scope, size, limit)
            pieces.append(piece)
        return b"".join(pieces)

    async def _allow(self, scope: Any, size: int, limit: int) -> int:
        """Tell how much may come, asking the door only when it is more than usual."""
        if size > limit == self.body_limit:
            limit = await self.door.room(HttpRequest(scope, b"", trust_proxy=self.trust_proxy), limit)
        if size > limit:
            raise TooLarge(f"at most {limit} bytes", limit=limit)
        return limit

    def _send(self, protocol: Any, response: Response, method: str) -> None:
        if response.kind == "application/json" and not response.headers:
            headers: Any = _JSON
        else:
            headers = (("content-type", response.kind), *SAFETY, *response.headers)
        if response.status == 204 or method == "HEAD":
            protocol.response_empty(response.status, list(headers))
        else:
            protocol.response_bytes(response.status, list(headers), response.body)

    async def _pour(self, protocol: Any, response: Response) -> None:
        headers = [("content-type", response.kind), *SAFETY, *response.headers]
        transport = protocol.response_stream(response.status, headers)
        if self._stopping:
            return
        pouring = asyncio.ensure_future(_send_pieces(transport, response))
        self._pouring.add(pouring)
        try:
            await pouring
        except (asyncio.CancelledError, RuntimeError, ConnectionError):
            pouring.cancel()
            logger.debug("a stream has ended before its time")
        finally:
            self._pouring.discard(pouring)


async def _send_pieces(transport: Any, response: Response) -> None:
    assert response.stream is not None  # noqa: S101 - the caller looked
    async with aclosing(response.stream) as pieces:
        async for piece in pieces:
            await transport.send_bytes(piece)
