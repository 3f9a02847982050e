"""Files on their way in and out: taken from a request, made ready to be read, given to be kept."""

import asyncio
import csv
import io
import os
import sys
import zipfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from rynek.integration.exchange.model import FileTooLarge, FileUnreadable, Reading
from rynek.integration.exchange.storing import place
from rynek.kernel import forms
from rynek.kernel.door import Call, Response
from rynek.kernel.settings import Files

_ENTRIES = 10_000
_opening = asyncio.Semaphore(2)
"""Workbooks that are read at the same time: each may take as much memory as the settings allow."""


def sent(call: Call[Any]) -> bytes:
    """Take the file out of the request."""
    request = call.request
    if request is None:
        raise FileUnreadable("send the file as the body of the request")
    media = request.header("content-type")
    if (media or "").partition(";")[0].strip().lower() != forms.MEDIA:
        return request.body
    files = [each for each in forms.read(media, request.body) if each.file is not None]
    if len(files) != 1:
        raise FileUnreadable("the form has no file, or several: send one")
    return files[0].body


def unpackable(path: Path, limits: Files) -> None:
    """See that a workbook is one, and how large it would be unpacked.

    Raises:
        FileUnreadable: it is no workbook, or locked by a password.
        FileTooLarge: it would unpack to more than is taken.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileUnreadable(f"it is no workbook (XLSX): {error}; save it as one, or as CSV") from None
    most = limits.unpacked_megabytes * 1024 * 1024
    size = sum(each.file_size for each in entries)
    if size > most or len(entries) > _ENTRIES:
        raise FileTooLarge(
            f"it would unpack to {size // 1_048_576} MB; at most {limits.unpacked_megabytes}",
            limit=limits.unpacked_megabytes,
        )
    if not any(each.filename.startswith("xl/") for each in entries):
        raise FileUnreadable("it is a ZIP file and no workbook (XLSX); save it as one, or as CSV")


async def prepared(path: Path, said: Reading, name: str) -> tuple[Path, Reading]:
    """Read a workbook in a process of its own; any other file is as it is."""
    with path.open("rb") as file:
        packed = file.read(4) == b"PK\x03\x04"
    if said.format not in (None, "xlsx") or not (packed or name.lower().endswith(".xlsx") or said.format == "xlsx"):
        return path, said
    limits = place.limits
    await asyncio.to_thread(unpackable, path, limits)
    rows = path.with_name("rows")
    sizes = [str(each) for each in (limits.unpacked_megabytes, limits.rows, limits.columns)]
    command = [sys.executable, "-m", "rynek.integration.exchange.workbook", str(path), str(rows), *sizes]
    async with _opening:
        process = await asyncio.create_subprocess_exec(
            *command, stderr=asyncio.subprocess.PIPE, env={"PATH": os.environ.get("PATH", "")}
        )
        try:
            async with asyncio.timeout(330):
                _, amiss = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
    if process.returncode:
        told = amiss.decode("utf-8", "replace")[-300:] if process.returncode == 2 else ""
        raise FileUnreadable(told or f"it takes more than {limits.unpacked_megabytes} MB to read; save it as CSV")
    return rows, msgspec.structs.replace(said, format="xlsx")


def count(path: Path, reading: Reading) -> int:
    """Tell how many rows a file has, about: cells may hold line breaks."""
    with path.open("rb") as file:
        found = sum(piece.count(b"\n") for piece in iter(lambda: file.read(1_048_576), b""))
    return max(0, found - (reading.format != "jsonl"))


def csv_of(rows: list[list[str]], *, begin: bool = False) -> bytes:
    """Write rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return ("\ufeff" * begin + out.getvalue()).encode()


def download(name: str, kind: str, stream: AsyncGenerator[bytes]) -> Response:
    """Answer with a file to be kept."""
    plain = name.encode("ascii", "replace").decode().replace('"', "").replace("\\", "")
    said = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = (("content-disposition", said), ("cache-control", "no-store"))
    return Response(200, b"", kind, headers, stream)
