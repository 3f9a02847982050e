"""Files on their way in and out: taken from a request, made ready to be read, given to be kept."""

import asyncio
import csv
import io
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from rynek.integration.exchange.model import FileUnreadable, Reading
from rynek.integration.exchange.reading import unpackable
from rynek.integration.exchange.running import place
from rynek.kernel import forms
from rynek.kernel.door import Call, Response

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
