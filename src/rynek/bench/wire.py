"""HTTP/1.1 as bytes: a request to send, an answer to recognise. Pure, so that splits and dirt are easy to test."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

_HEAD_LIMIT = 65_536
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Answer(Struct, frozen=True, gc=False):
    """What came back for one request; ``status`` 0 when the connection broke first and the outcome is unknown."""

    status: int
    body: bytes = b""
    head: bytes = b""

    def header(self, name: str) -> str | None:
        """Give a header's value; None when the answer has no such header."""
        for row in self.head.split(b"\r\n")[1:]:
            key, _, value = row.partition(b":")
            if key.lower() == name.lower().encode():
                return value.strip().decode("latin-1")
        return None


class Malformed(ValueError):  # noqa: N818 - named as what it is, as faults are
    """The server's bytes are not an HTTP/1.1 answer."""


def request(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = _NOTHING) -> bytes:
    """Write a request as it goes over the wire.

    Args:
        body: JSON, unless ``headers`` say another ``content-type``.
        headers: names in lower case.
    """
    rows = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if "host" not in headers:
        rows += "host: localhost\r\n"
    if body and "content-type" not in headers:
        rows += "content-type: application/json\r\n"
    if body or method not in {"GET", "HEAD"}:
        rows += f"content-length: {len(body)}\r\n"
    return f"{method} {path} HTTP/1.1\r\n{rows}\r\n".encode("latin-1") + body


def read(data: bytes | bytearray, *, bodiless: bool = False, ended: bool = False) -> tuple[Answer, int, bool] | float:
    """Read the answer that ``data`` begins with.

    Args:
        data: all that has come since the request.
        bodiless: it answers a HEAD request.
        ended: the server has closed the connection; nothing more will come.

    Returns:
        The answer, the bytes it took and whether the connection can be used again; or, while it is not complete, the
        least length of ``data`` at which reading again can succeed (infinite when it lasts until the connection ends).

    Raises:
        Malformed: it is no final HTTP/1.1 answer.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        if len(data) > _HEAD_LIMIT:
            raise Malformed(f"no end of the head in {len(data)} bytes")
        return len(data) + 1.0
    head = bytes(data[: end + 2])
    low = head.lower()
    if not (low.startswith(b"http/1.") and low[9:12].isdigit() and low[9:10] != b"1"):
        raise Malformed(f"not a final answer: {head[:40]!r}")
    status = int(low[9:12])
    kept = (b"\r\nconnection:" not in low and low[7:8] == b"1") or _kept(low)
    start = end + 4
    if bodiless or status in {204, 304}:
        return Answer(status, b"", head), start, kept
    if b"\r\ntransfer-encoding:" in low:
        return _chunked(data, status, head, start, kept=kept)
    length = _value(low, b"\r\ncontent-length:")
    if length is None:
        return (Answer(status, bytes(data[start:]), head), len(data), False) if ended else math.inf
    if not length.isdigit():
        raise Malformed(f"content-length: {length!r}")
    stop = start + int(length)
    if len(data) < stop:
        return float(stop)
    return Answer(status, bytes(data[start:stop]), head), stop, kept


def _value(low: bytes, name: bytes) -> bytes | None:
    at = low.find(name)
    return None if at < 0 else low[at + len(name) : low.find(b"\r\n", at + 2)].strip()


def _kept(low: bytes) -> bool:
    """Tell whether the connection stays open: HTTP/1.1 says when not, HTTP/1.0 when so."""
    options = {option.strip() for option in (_value(low, b"\r\nconnection:") or b"").split(b",")}
    return b"close" not in options and (low[7:8] == b"1" or b"keep-alive" in options)


def _chunked(
    data: bytes | bytearray, status: int, head: bytes, at: int, *, kept: bool
) -> tuple[Answer, int, bool] | float:
    if _value(head.lower(), b"\r\ntransfer-encoding:") != b"chunked":
        raise Malformed("a transfer-encoding that nobody asked for")
    pieces: list[bytes] = []
    while (eol := data.find(b"\r\n", at)) >= 0:
        size = _size(bytes(data[at:eol]))
        if not size:
            # The closing blank line, with or without trailers before it.
            end = data.find(b"\r\n\r\n", eol)
            return len(data) + 1.0 if end < 0 else (Answer(status, b"".join(pieces), head), end + 4, kept)
        start, at = eol + 2, eol + 4 + size
        if len(data) < at:
            return at + 5.0
        if data[at - 2 : at] != b"\r\n":
            raise Malformed("a chunk is longer than it said")
        pieces.append(bytes(data[start : at - 2]))
    if len(data) - at > _HEAD_LIMIT:
        raise Malformed("a chunk without size")
    return len(data) + 1.0


def _size(row: bytes) -> int:
    digits = row.partition(b";")[0].strip()
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise Malformed(f"a chunk of size {row[:20]!r}")
    return int(digits, 16)
