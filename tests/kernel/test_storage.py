"""Storage: the same promises kept by a folder and by an S3 bucket (moto's server)."""

import asyncio
import logging
import os
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rynek.kernel import storage
from rynek.kernel.faults import Invalid, Unavailable
from rynek.kernel.settings import Settings, SettingsError
from rynek.kernel.storage import Missing, Store
from tests import bucket
from tests.conftest import free_port

MEGABYTE = 1_048_576


@pytest.fixture(scope="module", params=["folder", "s3"])
def chosen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("storage")
    if request.param == "folder":
        yield Settings(folder=folder)
    else:
        with bucket.served(folder / "log") as settings:
            yield settings


@pytest.fixture(scope="module")
def store(chosen: Settings) -> Store:
    return storage.choose(chosen)


async def poured(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def torn(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise ConnectionError("the sender went away")


async def listed(store: Store, place: str) -> dict[str, int]:
    return {each.key: each.size async for each in store.every(place)}


async def test_what_was_put_is_there_until_it_is_deleted(store: Store) -> None:
    await store.put("kept/a.bin", b"one")
    assert await store.get("kept/a.bin") == b"one"
    await store.put("kept/a.bin", b"another")
    await store.put("kept/empty", b"")
    found = await store.look("kept/a.bin")
    assert found is not None
    assert (found.key, found.size) == ("kept/a.bin", 7)
    assert abs(datetime.now(UTC) - found.at) < timedelta(minutes=1)
    assert await listed(store, "kept") == {"kept/a.bin": 7, "kept/empty": 0}
    assert [await store.exists(key) for key in ("kept/a.bin", "kept/empty", "kept/b")] == [True, True, False]
    assert await store.get("kept/empty") == b""
    await store.delete("kept/a.bin")
    await store.delete("kept/a.bin")
    assert await listed(store, "kept") == {"kept/empty": 0}
    assert await listed(store, "nowhere") == {}


async def test_what_is_not_there_is_missing(store: Store) -> None:
    assert await store.look("no/thing") is None
    with pytest.raises(Missing):
        await store.get("no/thing")
    with pytest.raises(Missing):
        await store.open("no/thing")


async def test_places_are_apart(store: Store) -> None:
    await store.put("one/x", b"1")
    await store.put("one-more/x", b"2")
    assert await listed(store, "one") == {"one/x": 1}
    assert await store.get("one-more/x") == b"2"


@pytest.mark.parametrize(
    "key",
    ["", "/", "a", "a/", "/a", "a/b/c", "../a", "a/..", "a/.", ".making/x", "a/.b", "A/b", "a/B", "a//b", "a/b\0",
     "a/ó", "a\\b/c", "a/b\n", "a/%2e%2e", "~/a", "a/" + "b" * 201],
)  # fmt: skip
async def test_a_key_leads_nowhere_else(store: Store, key: str) -> None:
    for act in (store.put(key, b"x"), store.get(key), store.open(key), store.look(key), store.delete(key)):
        with pytest.raises(Invalid):
            await act
    with pytest.raises(Invalid):
        await listed(store, "../kept")


@given(st.text(max_size=30) | st.from_regex(r"[a-z./_-]{1,12}", fullmatch=True))
@example("a/b")
def test_every_key_stays_inside_the_folder(tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
    root = Path("/srv/files")
    try:
        path = root / storage._checked(key)
    except Invalid:
        return
    assert Path(os.path.normpath(path)) == path
    assert path.parent.parent == root
    assert not path.parent.name.startswith(".")


async def test_pieces_become_one_file(store: Store) -> None:
    await store.put("streams/short", poured(b"a", b"", b"bc"))
    assert await store.get("streams/short") == b"abc"
    await store.put("streams/none", poured())
    assert await store.get("streams/none") == b""
    pieces = [bytes([number]) * MEGABYTE for number in range(20)]
    await store.put("streams/long", poured(*pieces))
    assert b"".join([piece async for piece in await store.open("streams/long")]) == b"".join(pieces)


async def test_a_torn_stream_leaves_what_was_there(store: Store, chosen: Settings) -> None:
    await store.put("torn/old", b"old")
    for key in ("torn/old", "torn/new"):
        with pytest.raises(ConnectionError, match="went away"):
            await store.put(key, torn(b"x" * 100))
        with pytest.raises(ConnectionError, match="went away"):
            await store.put(key, torn(*[b"x" * MEGABYTE] * 17))
    assert await store.get("torn/old") == b"old"
    assert await listed(store, "torn") == {"torn/old": 3}
    if chosen.storage == "folder":
        assert not os.listdir(chosen.folder / "files" / ".making")  # noqa: PTH208 - a look


async def test_writers_at_once_never_mix(store: Store) -> None:
    versions = [bytes([number]) * 300_000 for number in range(8)]
    await asyncio.gather(*(store.put("race/one", version) for version in versions))
    assert await store.get("race/one") in versions
    reads = [store.get("race/one") for _ in range(8)]
    found = await asyncio.gather(*reads, *(store.put("race/one", version) for version in versions))
    assert all(each in versions for each in found[:8])


async def test_a_reader_ends_what_it_has_opened(store: Store) -> None:
    await store.put("ends/x", b"a" * 600_000)
    opened = await store.open("ends/x")
    first = await anext(opened)
    await store.delete("ends/x")
    assert len(first) + sum([len(piece) async for piece in opened]) == 600_000


async def test_a_large_file_passes_in_constant_memory(store: Store) -> None:
    size = 96

    async def given() -> AsyncIterator[bytes]:
        for number in range(size):
            yield bytes([number]) * MEGABYTE

    tracemalloc.start()
    try:
        await store.put("large/x", given())
        count = 0
        async for piece in await store.open("large/x"):
            count += len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == size * MEGABYTE
    assert peak < 24 * MEGABYTE


async def test_a_crash_leaves_nothing_that_counts_and_is_cleared_away(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path)
    crash = (
        "import asyncio, os, pathlib, sys\n"
        "from rynek.kernel import storage\n"
        "from rynek.kernel.settings import Settings\n"
        "async def pieces():\n"
        "    yield b'half'\n"
        "    os._exit(9)\n"
        "store = storage.choose(Settings(folder=pathlib.Path(sys.argv[1])))\n"
        "asyncio.run(store.put('crash/x', pieces()))\n"
    )
    ended = subprocess.run([sys.executable, "-c", crash, str(tmp_path)], check=False)  # noqa: ASYNC221 - it ends at once
    assert ended.returncode == 9
    store = storage.choose(settings)
    (left,) = (tmp_path / "files" / ".making").iterdir()
    assert await listed(store, "crash") == {}
    assert left.exists()
    os.utime(left, (1, 1))
    assert await listed(store, "crash") == {}
    assert not left.exists()


async def test_files_are_only_their_owners(tmp_path: Path) -> None:
    await storage.choose(Settings(folder=tmp_path)).put("own/x", b"1")
    assert [
        oct(path.stat().st_mode)[-3:] for path in (tmp_path / "files" / "own", tmp_path / "files" / "own" / "x")
    ] == [
        "700",
        "600",
    ]


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(Unavailable):
        await storage.choose(Settings(folder=tmp_path)).put("a/b", b"1")


async def test_a_bucket_out_of_reach_is_said_and_no_secret_with_it(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(storage="s3://files", storage_endpoint=f"http://127.0.0.1:{free_port()}")
    with bucket.keys(), caplog.at_level(logging.DEBUG):
        store = storage.choose(settings)
        with pytest.raises(Unavailable) as told:
            await store.get("a/b")
    assert bucket.KEYS["AWS_SECRET_ACCESS_KEY"] not in caplog.text + str(told.value) + repr(store) + repr(settings)
    assert "does not answer" in caplog.text


@pytest.mark.parametrize(
    "wrong", ["files", "s3://", "http://bucket/x", "s3://key:secret@bucket/x", "s3://bucket/x?region=y", "/srv/files"]
)
def test_a_wrong_storage_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"^storage: folder, or s3://"):
        storage.choose(Settings(storage=wrong))
