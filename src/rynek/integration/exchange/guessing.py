"""What a file is, found out by its beginning: format, encoding, delimiter, decimal mark and header."""

from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rynek.integration.exchange import rules
from rynek.integration.exchange.model import DELIMITERS, FileTooLarge, FileUnreadable, Reading
from rynek.integration.exchange.reading import PIECE, codec_of, lines, opened, rows_of
from rynek.kernel.settings import Files

SAMPLE = 262_144
"""Bytes by which a file's form is found out."""


class Looked(Struct, frozen=True):
    """What was found out about a file."""

    reading: Reading
    guessed: list[str]
    header: list[str]


def look(path: Path, said: Reading, name: str, limits: Files) -> Looked:
    """Find out what a file is, as far as it was not said.

    Raises:
        FileUnreadable: it is no file of a form that is understood, or empty.
        FileTooLarge: it has too many columns.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    if not sample.strip():
        raise FileUnreadable("the file is empty")
    guessed, reading = [], said
    if said.format is None:
        reading = replace(reading, format=_format(sample, name))
        guessed.append("format")
    if reading.format != "xlsx":
        if said.encoding is None:
            reading = replace(reading, encoding=rules.encoding(sample))
            guessed.append("encoding")
        if reading.format == "csv" and said.delimiter is None:
            sign = rules.delimiter(_beginning(path, reading))
            reading = replace(reading, delimiter=next(name for name, each in DELIMITERS.items() if each == sign))
            guessed.append("delimiter")
    header = _header(path, reading, limits)
    if said.decimal is None:
        reading = replace(reading, decimal=_mark(path, reading, limits))
        guessed.append("decimal")
    return Looked(reading, guessed, header)


def _beginning(path: Path, reading: Reading) -> str:
    with path.open("rb") as plain:
        sample = opened(plain, reading).read(PIECE)
    codec = codec_of(reading)
    return sample.decode("utf-8" if codec in ("utf-8-sig", "utf-16") else codec, "replace")


def _format(sample: bytes, name: str) -> Any:
    if sample.startswith(b"PK\x03\x04") or name.lower().endswith(".xlsx"):
        return "xlsx"
    if sample.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b")):
        raise FileUnreadable("it is neither a CSV, XLSX nor JSON Lines file; save it as one of them")
    begun = sample.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return "jsonl" if begun == b"{" or name.lower().endswith((".jsonl", ".ndjson")) else "csv"


def _mark(path: Path, reading: Reading, limits: Files) -> Any:
    if reading.format != "csv":
        return "point"
    cells = []
    for line, _ in zip(lines(path, reading, limits), range(200), strict=False):
        cells += [each for each in line.cells if isinstance(each, str)]
    found = rules.mark(cells, "," if reading.delimiter == "semicolon" else ".")
    return "comma" if found == "," else "point"


def _header(path: Path, reading: Reading, limits: Files) -> list[str]:
    found: list[str] = []
    if reading.format == "jsonl":
        for line, _ in zip(lines(path, reading, limits), range(200), strict=False):
            found += [name for name in line.cells if name not in found and isinstance(name, str)]
    else:
        first = next(rows_of(path, reading, limits), None)
        if first is None or first.fault:
            raise FileUnreadable(f"its first line cannot be read: {first.fault if first else 'there is none'}")
        found = _headed(first.cells)
    if len(found) > limits.columns:
        raise FileTooLarge(f"it has {len(found)} columns; at most {limits.columns}", limit=limits.columns)
    if not found:
        raise FileUnreadable("there is nothing in it that could be read as rows")
    return found


def _headed(cells: Any) -> list[str]:
    """Give each column a name of its own."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        said = "" if cell is None else rules.natural(str(cell)).strip().replace("\0", "")[:200]
        name = said or f"column {number}"
        found, again = name, 2
        while found in names:
            found, again = f"{name} ({again})", again + 1
        names.append(found)
    return names
