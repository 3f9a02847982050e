"""HTTP/1.1 to one server over connections that stay open; each carries one request at a time.

Source: RFC 9112.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from types import MappingProxyType
from typing import Self
from urllib.parse import urlsplit

from msgspec import Struct

_HEAD_LIMIT = 65_536
_IDLE_S = 15
"""A connection unused for longer is not used again: servers hang up on idle ones, usually after 30 s or more, and what
is sent at that moment is lost without anybody knowing whether it was done."""
_NOTHING: Mapping[str, str] = MappingProxyType({})
_Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Answer(Struct, frozen=True):
    """What came back; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connections:
    """Connections to one server, opened when needed, at most ``limit``."""

    def __init__(self, url: str, *, limit: int = 16, patience_s: float = 30) -> None:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url}: give the address as http://host:port")
        self.url = f"{parts.scheme}://{parts.netloc}"
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.prefix = parts.path.rstrip("/")
        self.patience_s = patience_s
        self._ssl = ssl.create_default_context() if parts.scheme == "https" else None
        self._authority = parts.netloc.rpartition("@")[2]
        self._idle: list[tuple[float, _Pair]] = []
        self._slots = asyncio.Semaphore(limit)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections that are not in use."""
        idle, self._idle = self._idle, []
        for _, (_, writer) in idle:
            writer.close()
        for _, (_, writer) in idle:
            with suppress(OSError):
                await writer.wait_closed()

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str] = _NOTHING, body: bytes | None = None
    ) -> Answer:
        """Send a request and give its answer.

        Raises:
            OSError: the server is out of reach, too slow, or broke off; whether it did what was asked is unknown.
        """
        async with self._slots, asyncio.timeout(self.patience_s):
            reader, writer = await self._connect()
            try:
                writer.write(self._request(method, target, headers, body))
                answer, kept = await _answer(reader, bodiless=method == "HEAD")
            except BaseException as error:
                writer.close()
                if isinstance(error, (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError)):
                    raise ConnectionError(f"{self.url} broke off") from error
                raise
            if kept:
                self._idle.append((monotonic(), (reader, writer)))
            else:
                writer.close()
            return answer

    async def _connect(self) -> _Pair:
        while self._idle:
            since, (reader, writer) = self._idle.pop()
            if monotonic() - since < _IDLE_S and not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self.host, self.port, ssl=self._ssl, limit=_HEAD_LIMIT)

    def _request(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        rows = {"host": self._authority, **headers}
        if body is not None or method not in ("GET", "HEAD"):
            rows["content-length"] = str(len(body or b""))
        for name, value in rows.items():
            if "\r" in value or "\n" in value:
                raise TypeError(f"header {name} has a line break in it")
        head = "".join(f"{name}: {value}\r\n" for name, value in rows.items())
        return f"{method} {self.prefix}{target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b"")


async def _answer(reader: asyncio.StreamReader, *, bodiless: bool) -> tuple[Answer, bool]:
    """Read an answer; tells also whether the connection can be used again."""
    first, *rows = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    version, code, *_ = first.split(" ", 2)
    status = int(code)
    if 100 <= status < 200:
        return await _answer(reader, bodiless=bodiless)
    headers = {name.lower(): value.strip() for name, _, value in (row.partition(":") for row in rows)}
    kept = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    if bodiless or status in (204, 304):
        return Answer(status, headers, b""), kept
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Answer(status, headers, await _chunks(reader)), kept
    if "content-length" in headers:
        return Answer(status, headers, await reader.readexactly(int(headers["content-length"]))), kept
    return Answer(status, headers, await reader.read()), False


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    pieces = []
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        pieces.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers
    return b"".join(pieces)
