"""Where files lie, and how much they may hold."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

from rynek.kernel.settings import Files
from rynek.kernel.storage import Store


class Place:
    """Where files lie and how much they may hold; ``setup`` fills it."""

    store: Store
    limits: Files = Files()
    kept = timedelta(days=30)


place = Place()


@asynccontextmanager
async def local(key: str) -> AsyncIterator[Path]:
    """Give a file of the storage as one on this machine."""
    folder = Path(await asyncio.to_thread(mkdtemp, prefix="rynek-file-"))
    try:
        path = folder / "file"
        with path.open("wb") as out:
            async for piece in await place.store.open(key):
                out.write(piece)
        yield path
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """Read a file of this machine in pieces."""
    with path.open("rb") as file:
        while piece := file.read(262_144):
            yield piece
