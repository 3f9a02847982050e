"""The index on disk: several processes, crashes in the middle of a commit, damage."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from rynek.commerce.search import index, rules
from rynek.commerce.search.analysis import tokens
from rynek.commerce.search.index import Index, Store, Writer
from rynek.commerce.search.model import Ask, Damaged, Narrow, Sheet, Slot, Way

WRITING = """
import sys, time
from pathlib import Path
from rynek.commerce.search.index import Store, Writer
from tests.commerce.search.test_index import sheets, turned
store = Store(Path(sys.argv[1]))
assert store.take()
pen = Writer(store.current())
print("writing", flush=True)
turn = 0
while True:
    turn += 1
    pen.put(sheets(turned(turn)), ())
    pen.commit(f"at {turn}")
    print(turn, flush=True)
"""
KEYS = [UUID(int=n) for n in range(1, 51)]


def turned(turn: int) -> str:
    """Write a number as a word of letters."""
    return "turn" + "".join(chr(ord("a") + int(each)) for each in str(turn))


def sheets(word: str) -> list[Sheet]:
    """Write fifty sheets, always of the same products, all with one word."""
    return [
        Sheet(
            id=f"WEB {key}", channel="WEB", name=tokens(f"{word} {n}"), head="", around="", prose="", codes=[str(n)],
            categories=["c"], brand=None, values=[], numbers={}, price=n, available=True, sold=float(n), margin=None,
            born_s=n, title=word, due_s=0, lift=rules.lift(n),
        )
        for n, key in enumerate(KEYS)
    ]  # fmt: skip


def count(opened: Index, word: str) -> int:
    slot = Slot(word, (Way(((word,),), 1.0, "typed", word),))
    return opened.find(Ask("WEB", (slot,), 1)).total


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "search")
    generation = made.fresh()
    pen = Writer(generation)
    pen.put(sheets("first"), ())
    pen.commit("0")
    pen.close()
    made.appoint(generation)
    yield made
    made.release()


def current(store: Store) -> Path:
    found = store.current()
    assert found is not None
    return found


def writing(store: Store) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITING, str(store.folder)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])
    assert running.stdout is not None
    assert running.stdout.readline() == "writing\n"
    return running


def test_one_process_writes_and_others_read_whole_commits(store: Store) -> None:
    opened = Index(current(store))
    running = writing(store)
    try:
        assert not store.take()
        seen = set()
        until = time.monotonic() + 3
        while time.monotonic() < until:
            opened.refresh()
            assert opened.products == 50
            everything = opened.find(Ask("WEB", (), 0, limit=50, facets=("categories", "price")))
            assert (everything.total, everything.facets["categories"].values) == (50, {"c": 50})
            seen.add(opened.stamp)
        assert len(seen) > 3
    finally:
        running.kill()
        running.communicate()
    assert store.take()


@pytest.mark.parametrize("seed", range(6))
def test_a_process_killed_in_the_middle_of_a_commit_leaves_the_last_one(store: Store, seed: int) -> None:
    running = writing(store)
    assert running.stdout is not None
    for _ in range(2):
        running.stdout.readline()
    time.sleep(random.Random(seed).random() * 0.08)
    running.send_signal(signal.SIGKILL)
    rest = running.communicate()[0].split()
    opened = Index(current(store))
    assert opened.products == 50
    done = int(rest[-1]) if rest else 2
    assert count(opened, turned(done)) in (0, 50)
    assert count(opened, turned(done)) + count(opened, turned(done + 1)) == 50
    seal = index.seal_of(current(store))
    assert seal is not None
    assert seal.position in {f"at {done}", f"at {done + 1}"}
    # and the next one goes on from there
    assert store.take()
    pen = Writer(current(store))
    pen.put(sheets("after"), ())
    pen.commit("after")
    opened.refresh()
    assert count(opened, "after") == 50
    pen.close()


def _put(path: Path, body: bytes) -> None:
    """Put other bytes in a file's place: who has the old ones mapped keeps them."""
    path.unlink()
    path.write_bytes(body)


def _cut(path: Path) -> None:
    _put(path, path.read_bytes()[:-9])


def _twist(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 3] ^= 0xFF
    _put(path, bytes(body))


@pytest.mark.parametrize("suffix", [".term", ".idx", ".store", ".fast", ".fieldnorm"])
@pytest.mark.parametrize("harm", [_cut, _twist, os.unlink], ids=["cut", "twisted", "gone"])
def test_damage_is_noticed_when_an_index_is_opened(store: Store, suffix: str, harm: object) -> None:
    Index(current(store))
    victim = max(current(store).glob(f"*{suffix}"), key=lambda path: path.stat().st_size)
    harm(victim)  # type: ignore[operator]
    with pytest.raises(Damaged):
        Index(current(store))


@pytest.mark.parametrize("name", ["meta.json", "seal.json"])
@pytest.mark.parametrize("body", [b"", b"{", b"\x00\xff", None])
def test_damage_of_what_describes_it_is_noticed(store: Store, name: str, body: bytes | None) -> None:
    path = current(store) / name
    if body is None:
        path.unlink()
    else:
        path.write_bytes(body)
    with pytest.raises(Damaged):
        Index(current(store))


def test_an_index_of_another_version_is_not_opened(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "VERSION", 3)
    with pytest.raises(Damaged, match="version 2, this is 3"):
        Index(current(store))


def test_a_new_generation_counts_at_once_and_the_old_one_goes(store: Store) -> None:
    old = current(store)
    opened = Index(old)
    generation = store.fresh()
    pen = Writer(generation)
    pen.put(sheets("second"), ())
    pen.commit("1")
    assert store.current() == old
    store.appoint(generation)
    assert (store.current(), old.exists()) == (generation, False)
    # who still reads the old one may until they let go
    assert count(opened, "first") == 50
    assert count(Index(generation), "second") == 50
    pen.close()


def test_who_is_accused_is_another_after_the_next_generation(store: Store) -> None:
    store.accuse(current(store))
    assert store.accused(current(store))
    store.appoint(store.fresh())
    assert not store.accused(current(store))


def test_what_was_counted_counts_until_the_next_commit_and_no_facet_narrows_itself(store: Store) -> None:
    opened = Index(current(store))
    pen = Writer(current(store))
    asked = Ask("WEB", (), 0, (Narrow("brand", ("new",)),), facets=("categories", "brand", "price"))
    assert opened.find(asked).facets["categories"].values == {}
    moved = [msgspec.structs.replace(each, categories=["d", "é/ ="], brand="new") for each in sheets("first")[:20]]
    pen.put(moved, ())
    pen.commit("1")
    assert opened.find(asked).facets["categories"].values == {}
    assert opened.refresh()
    for order in ("relevance", "price", "name"):
        found = opened.find(msgspec.structs.replace(asked, order=order))
        assert (found.total, found.facets["categories"].values) == (20, {"d": 20, "é/ =": 20})
        assert found.facets["brand"].values == {"new": 20}
        assert (found.facets["price"].least, found.facets["price"].most) == (0, 19)
    pen.close()


@pytest.mark.parametrize("needed", [1, 2])
def test_what_is_counted_and_sorted_is_what_is_found(store: Store, needed: int) -> None:
    opened = Index(current(store))
    numbers = Way((("7", "8", "none"),), 1.0, "typed", "7"), Way((("first",), ("9",)), 0.5, "split", "first 9")
    slots = (Slot("first", (Way((("first",),), 1.0, "typed", "first"),)), Slot("7", numbers))
    asked = Ask("WEB", slots, needed, limit=50, code="11", facets=("categories",))
    keys = [
        {each.key for each in opened.find(msgspec.structs.replace(asked, order=o)).found} for o in ("name", "relevance")
    ]
    assert keys[0] == keys[1]
    assert opened.find(asked).facets["categories"].values == {"c": len(keys[0])}
    assert len(keys[0]) == (50 if needed == 1 else 4)


async def test_it_can_be_asked_from_many_threads_while_it_is_written(store: Store) -> None:
    opened = Index(current(store))
    pen = Writer(current(store))

    def reading() -> None:
        for _ in range(60):
            assert opened.find(Ask("WEB", (), 0, facets=("categories",))).total == 50

    def writing_() -> None:
        for turn in range(10):
            pen.put(sheets(turned(turn)), ())
            pen.commit(str(turn))
            opened.refresh()

    await asyncio.gather(*(asyncio.to_thread(reading) for _ in range(4)), asyncio.to_thread(writing_))
    assert count(opened, turned(9)) == 50
    pen.close()
