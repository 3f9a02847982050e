"""Files, read row by row: bounded in memory whatever they hold, and a bad row is lost alone."""

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from rynek.integration.exchange.model import CODECS, DELIMITERS, Reading
from rynek.kernel.settings import Files

PIECE = 65_536
_LINES_IN_A_CELL = 500
csv.field_size_limit(2**31 - 1)  # lines are bounded before they come to it


class Line(Struct):
    """One row of a file: by the header's order, or by name where each row says its own names (JSON Lines)."""

    number: int
    cells: list[Any] | dict[str, Any]
    text: list[str]
    """The row as it was written, as far as it can be told."""
    fault: str = ""
    """Why it cannot be read."""


class _Recoded(io.RawIOBase):
    """A file that comes as UTF-8 with lines that end in a line feed, whatever it was."""

    def __init__(self, inner: BinaryIO, codec: str | None) -> None:
        self.inner = inner
        self.decoder = codecs.getincrementaldecoder(codec)("surrogatepass") if codec else None
        self.ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.ready:
            piece = self.inner.read(PIECE)
            if self.decoder is None:
                self.ready = piece.replace(b"\r", b"\n")
            else:
                try:
                    text = self.decoder.decode(piece, final=not piece)
                except UnicodeDecodeError:  # half a sign at the end
                    text = "\ufffe"
                self.ready = text.encode("utf-8", "surrogatepass")
            if not piece:
                break
        size = min(len(buffer), len(self.ready))
        buffer[:size], self.ready = self.ready[:size], self.ready[size:]
        return size


def codec_of(reading: Reading) -> str:
    """Tell by which codec a text is read."""
    return CODECS[reading.encoding or "utf-8"]


def lines(path: Path, reading: Reading, limits: Files) -> Iterator[Line]:
    """Read the rows of a file, without its header."""
    rows = rows_of(path, reading, limits)
    if reading.format != "jsonl":
        header = next(rows, None)
        width = len(header.cells) if header else 0
        for line in rows:
            if not line.fault and len(line.cells) != width:
                if len(line.cells) < width and reading.format == "xlsx":
                    line.cells = [*line.cells, *[None] * (width - len(line.cells))]
                else:
                    line.fault = f"it has {len(line.cells)} cells and the header {width}"
            yield line
    else:
        yield from rows


def rows_of(path: Path, reading: Reading, limits: Files) -> Iterator[Line]:
    """Read the rows of a file, its header as the first, where it has one."""
    with path.open("rb") as plain:
        physical = _physical(opened(plain, reading), limits.line_kilobytes * 1024)
        if reading.format == "xlsx":
            yield from _workbook(physical)
        elif reading.format == "jsonl":
            yield from _objects(physical, codec_of(reading), limits.depth)
        else:
            yield from _records(physical, codec_of(reading), DELIMITERS[reading.delimiter or "comma"], limits)


def opened(plain: BinaryIO, reading: Reading) -> BinaryIO:
    """Give a file as one whose lines end in a line feed, in an encoding of single bytes or UTF-8."""
    sample = plain.read(PIECE)
    plain.seek(3 if sample.startswith(codecs.BOM_UTF8) else 0)
    if reading.format == "xlsx":
        return plain
    if reading.encoding == "utf-16":
        marked = sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        codec = "utf-16" if marked else "utf-16-be" if sample[:1] == b"\0" else "utf-16-le"
        return io.BufferedReader(_Recoded(plain, codec))
    if b"\r" in sample and b"\n" not in sample:
        return io.BufferedReader(_Recoded(plain, None))
    return plain


def _physical(file: BinaryIO, most: int) -> Iterator[tuple[int, bytes | None]]:
    """Read line by line; one that is too long is passed over in pieces and comes as None."""
    number = 0
    while piece := file.readline(most + 1):
        number += 1
        if len(piece) <= most or piece.endswith(b"\n"):
            yield number, piece
            continue
        while piece and not piece.endswith(b"\n"):
            piece = file.readline(PIECE)
        yield number, None


def _decoded(piece: bytes, codec: str) -> str:
    return piece.decode("utf-8" if codec in ("utf-8-sig", "utf-16") else codec)


def _wrongly(error: UnicodeDecodeError, codec: str) -> str:
    shown = {"utf-8-sig": "utf-8", "cp1250": "windows-1250", "cp1252": "windows-1252"}.get(codec, codec)
    byte = error.object[error.start]
    return (
        f"byte {error.start + 1} of the line (0x{byte:02X}) is not {shown}; "
        "save the file as UTF-8, or say which encoding it has"
    )


def _records(physical: Iterator[tuple[int, bytes | None]], codec: str, sign: str, limits: Files) -> Iterator[Line]:
    """Read CSV; a quote that is not closed spoils its own line, and what follows is read as if it were not there.

    Source: RFC 4180.
    """
    again: deque[tuple[int, bytes | None]] = deque()
    reader = _Reader(physical, again, codec, sign, limits)
    width = 0
    first = True
    while (taken := reader.take()) is not None:
        number, piece = taken
        if piece is None:
            yield Line(number, [], [], f"the line is longer than {limits.line_kilobytes} KB")
            continue
        try:
            text = _decoded(piece, codec)
        except UnicodeDecodeError as error:
            shown = piece.rstrip(b"\r\n").decode("utf-8", "replace")
            yield Line(number, [], [shown[:1000]], _wrongly(error, codec))
            continue
        bare = text.rstrip("\r\n")
        if not bare or (first and bare.lower().startswith("sep=") and len(bare) == 5):
            continue
        if '"' in text:
            line = reader.quoted(number, text, width)
        else:
            cells = bare.split(sign)
            line = Line(number, cells, cells)
        if first and not line.fault:
            first, width = False, len(line.cells)
        yield line


class _Reader:
    """Lines that can be given back."""

    def __init__(
        self, physical: Iterator[tuple[int, bytes | None]], again: deque[tuple[int, bytes | None]], codec: str,
        sign: str, limits: Files,
    ) -> None:  # fmt: skip
        self.physical = physical
        self.again = again
        self.codec = codec
        self.sign = sign
        self.limits = limits

    def take(self) -> tuple[int, bytes | None] | None:
        """Take the next line."""
        return self.again.popleft() if self.again else next(self.physical, None)

    def quoted(self, number: int, text: str, width: int) -> Line:
        """Read a record whose cells may go on in the next lines."""
        more: list[tuple[int, bytes | None]] = []

        def feed() -> Iterator[str]:
            yield text
            size = len(text)
            while len(more) < _LINES_IN_A_CELL and (following := self.take()) is not None:
                more.append(following)
                if following[1] is None:
                    return
                size += len(following[1])
                if size > self.limits.line_kilobytes * 1024:
                    return
                yield _decoded(following[1], self.codec)

        why = "a quote is opened and not closed"
        try:
            cells = next(csv.reader(feed(), delimiter=self.sign, strict=True))
        except UnicodeDecodeError:
            cells = None
        except (csv.Error, StopIteration) as error:
            cells = None
            if "expected after" in str(error) and not more:
                why = "behind a closing quote comes something else than the next cell; a quote in a text is doubled"
        if cells is not None and not (more and width and len(cells) != width):
            return Line(number, cells, cells)
        self.again.extendleft(reversed(more))
        return Line(number, [], [text.rstrip("\r\n")[:1000]], why)


def _objects(physical: Iterator[tuple[int, bytes | None]], codec: str, depth: int) -> Iterator[Line]:
    for number, piece in physical:
        if piece is None:
            yield Line(number, {}, [], "the line is too long")
            continue
        try:
            text = _decoded(piece, codec).strip()
        except UnicodeDecodeError as error:
            yield Line(number, {}, [piece.decode("utf-8", "replace")[:1000]], _wrongly(error, codec))
            continue
        if not text:
            continue
        line = Line(number, {}, [text])
        try:
            found = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            line.fault = f"it is no JSON object: {error}"
        else:
            if not isinstance(found, dict):
                line.fault = 'it is no JSON object; write each row like {"code": "TEA", "name": "Tea"}'
            elif not _shallow(found, depth):
                line.fault = f"its values are nested deeper than {depth}"
            else:
                line.cells = found
        yield line


def _shallow(value: Any, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth >= 0 and all(_shallow(each, depth - 1) for each in inner if isinstance(each, (dict, list)))


def _workbook(physical: Iterator[tuple[int, bytes | None]]) -> Iterator[Line]:
    """Read what ``workbook`` has written of a sheet: a number and the cells in each line."""
    for _, piece in physical:
        if piece is not None:
            number, cells = msgspec.json.decode(piece)
            yield Line(number, cells, ["" if each is None else str(each) for each in cells])
