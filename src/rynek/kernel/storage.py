"""Storage: where files lie. A folder by default, an S3 bucket by one line of the settings.

A file has a key of two parts, ``place/name`` (``pictures/5f1c….webp``): one drawer, and what it is called there.
Nothing else is a key, so none leads out of the storage or means something else on another file system. What is written
under a key is there whole or not at all, and survives a power cut once ``put`` has returned.
"""

import asyncio
import logging
import os
import re
import secrets
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar
from urllib.parse import urlsplit

import obstore
from msgspec import Struct
from obstore import exceptions
from obstore.store import S3Store

from rynek.kernel.faults import Invalid, Unavailable
from rynek.kernel.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

T = TypeVar("T")

PIECE = 262_144
"""Bytes a file is read in at a time."""
_PART = 8 * 1_048_576
"""Bytes of one part of an upload to S3, which takes at most 10,000 of them."""
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}/[a-z0-9_-][a-z0-9._-]{0,199}")
_STALE_S = 86_400.0


class Missing(LookupError):  # noqa: N818 - what it says is what it is, as with faults
    """There is no file of this key."""


class Kept(Struct, frozen=True):
    """A file in the storage."""

    key: str
    size: int
    at: datetime
    """When it was last written, UTC."""


class Store(Protocol):
    """Where files lie.

    Keys are ``place/name`` in lower case letters, digits and ``._-``; another one is refused as Invalid. Where the
    storage is out of reach, everything raises Unavailable.
    """

    async def put(self, key: str, data: bytes | AsyncIterable[bytes]) -> None:
        """Write a file whole, in place of one that is there; one whose pieces end in an error leaves nothing."""

    async def get(self, key: str) -> bytes:
        """Read a file whole.

        Raises:
            Missing: there is none of this key.
        """

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """Open a file to be read in pieces, in constant memory; what was opened can be read to its end.

        Raises:
            Missing: there is none of this key.
        """

    async def look(self, key: str) -> Kept | None:
        """Tell a file's size and time; None where there is none."""

    async def exists(self, key: str) -> bool:
        """Tell whether there is such a file."""

    async def delete(self, key: str) -> None:
        """Remove a file; nothing where there is none."""

    def every(self, place: str) -> AsyncIterator[Kept]:
        """List the files of a place, in no particular order."""


def choose(settings: Settings) -> Store:
    """Give the storage that the settings name.

    Raises:
        SettingsError: it is neither ``folder`` nor an address such as ``s3://bucket/prefix``.
    """
    if settings.storage == "folder":
        return Folder(settings.folder / "files")
    address = urlsplit(settings.storage)
    if address.scheme != "s3" or not address.hostname or "@" in address.netloc or address.query or address.fragment:
        raise SettingsError("storage: folder, or s3://bucket/prefix; keys go into AWS_ACCESS_KEY_ID and the like")
    return Bucket(address.netloc, address.path.strip("/"), settings.storage_endpoint, settings.storage_region)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Invalid("a file's key is place/name in lower case letters, digits, dots, hyphens and underscores")
    return key


class Folder:
    """Files in a folder: a place is a folder in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def put(self, key: str, data: bytes | AsyncIterable[bytes]) -> None:
        """Write beside it, sync, then rename: a reader sees the old file or the new one."""
        path = self.root / _checked(key)
        making = self.root / ".making" / secrets.token_hex(16)
        try:
            file = await _aside(_create, making)
            try:
                async for piece in _pieces(data):
                    await _aside(file.write, piece)
            finally:
                await _aside(_close, file)
            await _aside(_move, making, path)
        except BaseException:
            with suppress(OSError):
                making.unlink(missing_ok=True)
            raise

    async def get(self, key: str) -> bytes:
        """Read a file whole."""
        path = self.root / _checked(key)
        return await _aside(_present, path, path.read_bytes)

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """Open a file to be read in pieces."""
        path = self.root / _checked(key)
        file = await _aside(_present, path, lambda: path.open("rb"))
        return _read(file)

    async def look(self, key: str) -> Kept | None:
        """Tell a file's size and time."""
        return await _aside(_look, self.root, self.root / _checked(key))

    async def exists(self, key: str) -> bool:
        """Tell whether there is such a file."""
        return await self.look(key) is not None

    async def delete(self, key: str) -> None:
        """Remove a file."""
        path = self.root / _checked(key)
        await _aside(lambda: path.unlink(missing_ok=True))

    async def every(self, place: str) -> AsyncIterator[Kept]:
        """List the files of a place; what a crash left half written for a day is cleared away meanwhile."""
        folder = (self.root / _checked(f"{place}/-")).parent
        await _aside(_clear, self.root / ".making")
        for name in await _aside(_names, folder):
            if found := await _aside(_look, self.root, folder / name):
                yield found


async def _aside(act: Callable[..., T], *values: Any) -> T:
    """Touch the disk in a thread; what it cannot do is said as what it is."""
    try:
        return await asyncio.to_thread(act, *values)
    except OSError as error:
        logger.exception("the folder of files does not work")
        raise Unavailable("files are out of reach; try again", retry_after=1) from error


async def _pieces(data: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    async for piece in data:
        yield piece


def _create(path: Path) -> BinaryIO:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _close(file: BinaryIO) -> None:
    """Close a file, and wait until the disk has it: a rename that outlives its content would leave an empty file."""
    with file:
        file.flush()
        os.fsync(file.fileno())


def _move(made: Path, path: Path) -> None:
    fresh = not path.parent.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made.replace(path)
    _sync(path.parent)
    if fresh:
        _sync(path.parent.parent)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _present(path: Path, act: Callable[[], T]) -> T:
    try:
        return act()
    except FileNotFoundError:
        raise Missing(f"there is no file {path.parent.name}/{path.name}") from None


async def _read(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await _aside(file.read, PIECE):
            yield piece


def _look(root: Path, path: Path) -> Kept | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return Kept(path.relative_to(root).as_posix(), found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()] if folder.is_dir() else []


def _clear(folder: Path) -> None:
    for name in _names(folder):
        with suppress(FileNotFoundError):
            if time.time() - (folder / name).stat().st_mtime > _STALE_S:
                (folder / name).unlink()


class Bucket:
    """Files in an S3 bucket, or in what speaks S3; a prefix keeps several shops in one.

    Access keys come from the environment as the AWS tools read them (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``,
    a web identity, an instance's role), so no setting holds a secret.
    """

    def __init__(self, bucket: str, prefix: str, endpoint: str | None = None, region: str | None = None) -> None:
        told: dict[str, Any] = {name: value for name, value in (("endpoint", endpoint), ("region", region)) if value}
        local = bool(endpoint and endpoint.startswith("http://"))
        self.store = S3Store(
            bucket, prefix=prefix or None, **told,
            client_options={
                "allow_http": local,
                "connect_timeout": timedelta(seconds=3),
                "read_timeout": timedelta(seconds=20),
                "timeout": timedelta(minutes=10),  # a large file over a slow line takes its time
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=10)},
        )  # fmt: skip

    async def put(self, key: str, data: bytes | AsyncIterable[bytes]) -> None:
        """Write a file whole; long ones go in parts, two at a time."""
        wrong: list[BaseException] = []
        given = data if isinstance(data, bytes) else _noted(data, wrong)
        try:
            await _away(
                obstore.put_async(self.store, _checked(key), given, chunk_size=_PART, max_concurrency=2), unless=wrong
            )
        except Unavailable:
            if wrong:
                raise wrong[0] from None
            raise

    async def get(self, key: str) -> bytes:
        """Read a file whole."""
        found = await _away(obstore.get_async(self.store, _checked(key)))
        return bytes(await _away(found.bytes_async()))

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """Open a file to be read in pieces."""
        found = await _away(obstore.get_async(self.store, _checked(key)))
        return _poured(found)

    async def look(self, key: str) -> Kept | None:
        """Tell a file's size and time."""
        try:
            found = await _away(obstore.head_async(self.store, _checked(key)))
        except Missing:
            return None
        return Kept(key, found["size"], found["last_modified"])

    async def exists(self, key: str) -> bool:
        """Tell whether there is such a file."""
        return await self.look(key) is not None

    async def delete(self, key: str) -> None:
        """Remove a file."""
        with suppress(Missing):
            await _away(obstore.delete_async(self.store, _checked(key)))

    async def every(self, place: str) -> AsyncIterator[Kept]:
        """List the files of a place."""
        stream = obstore.list(self.store, _checked(f"{place}/-").removesuffix("-"), chunk_size=1_000)
        while (batch := await _away(anext(stream, None))) is not None:
            for found in batch:
                yield Kept(found["path"], found["size"], found["last_modified"])


async def _noted(data: AsyncIterable[bytes], wrong: list[BaseException]) -> AsyncIterator[bytes]:
    """Pass pieces on, and keep what went wrong with them: the library gives it back only as text."""
    try:
        async for piece in data:
            yield piece
    except Exception as error:
        wrong.append(error)
        raise


async def _poured(found: Any) -> AsyncIterator[bytes]:
    stream = found.stream(min_chunk_size=PIECE)
    while (piece := await _away(anext(stream, None))) is not None:
        yield bytes(piece)


async def _away(asked: Any, unless: list[BaseException] | None = None) -> Any:
    """Wait for the bucket's answer; only the kind of an error is logged, as its text quotes addresses and answers."""
    try:
        return await asked
    except (exceptions.NotFoundError, FileNotFoundError):
        raise Missing("there is no such file") from None
    except (exceptions.BaseError, OSError, ValueError) as error:
        if not unless:
            logger.error("the bucket of files does not answer as it should: %s", type(error).__name__)  # noqa: TRY400
        raise Unavailable("files are out of reach; try again", retry_after=1) from None
