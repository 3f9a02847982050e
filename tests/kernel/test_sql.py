"""Statements by name: parsed with nothing overlooked, run with nothing left out."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rynek.kernel.database import Database
from rynek.kernel.faults import NotFound
from rynek.kernel.sql import Queries, queries
from tests.kernel import market

GOOD = """-- What lies on the stall.

-- name: heaps(sorts: text[], above: int) -> Heap[]
-- Each heap of these sorts
-- that is higher.
select sort, units from tests.heap where sort = any(:sorts) and units > :above and :above::int < 10
order by sort; -- not :more

-- name: heap(sort: text) -> Heap?
-- One heap, or none.
select sort, units from tests.heap where sort = :sort

-- name: must(sort: text) -> Heap
-- One heap.
select sort, units from tests.heap where sort = :sort

-- name: sorts() -> value[]
-- All sorts.
select sort from tests.heap order by sort

-- name: hour() -> value
-- A format, no parameters in it.
select to_char(timestamp '2024-01-02 03:04', 'HH24:MI')

-- name: lay(sort: text, units: int)
-- Lay apples.
insert into tests.heap values (:sort, :units)
"""


def parsed(folder: Path, text: str, model: ModuleType = market) -> Queries:
    (folder / "queries.sql").write_text(text)
    try:
        return queries(str(folder / "actions.py"), model)
    finally:
        if Queries.every and Queries.every[-1].path.parent == folder:
            Queries.every.pop()  # not one of the shop's own


def test_statements_are_read(tmp_path: Path) -> None:
    q = parsed(tmp_path, GOOD)
    assert list(q.statements) == ["heaps", "heap", "must", "sorts", "hour", "lay"]
    assert q.heaps.parameters == ["sorts", "above"]
    assert q.heaps.doc == "Each heap of these sorts that is higher."
    assert "any($1::text[]) and units > $2::int and $2::int::int < 10" in q.heaps.sql
    assert q.hour.sql.endswith("'HH24:MI')")
    with pytest.raises(AttributeError, match="no statement pile"):
        _ = q.pile


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("-- name: heaps(sorts: text[]) => Heap[]\nselect 1", "cannot be read"),
        ("--name: heaps()\nselect 1", "cannot be read"),
        ("-- name: a()\nselect 1\n-- name: a()\nselect 2", "used twice"),
        ("-- name: a(sort)\nselect 1", "name: type"),
        ("-- name: a(sort: text)\nselect :sorts", "a uses :sorts, which it does not declare"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parsed(tmp_path, text)


def test_a_struct_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(AttributeError, match="Pile"):
        parsed(tmp_path, "-- name: a() -> Pile\nselect 1")


async def test_statements_run(stall: Database, tmp_path: Path) -> None:
    q: Any = parsed(tmp_path, GOOD)
    async with stall.transaction("tests") as tx:
        assert await q.lay(tx, sort="a", units=3) == "INSERT 0 1"
        assert await q.lay(tx, sort="b", units=5) == "INSERT 0 1"
        assert await q.heaps(tx, sorts=["a", "b", "c"], above=3) == [market.Heap("b", 5)]
        assert await q.heap(tx, sort="a") == market.Heap("a", 3)
        assert await q.heap(tx, sort="c") is None
        assert await q.must(tx, sort="a") == market.Heap("a", 3)
        assert await q.sorts(tx) == ["a", "b"]
        assert await q.hour(tx) == "03:04"
        with pytest.raises(NotFound):
            await q.must(tx, sort="c")
        with pytest.raises(TypeError, match="not colour"):
            await q.heap(tx, sort="a", colour="red")
        with pytest.raises(KeyError, match="sort"):
            await q.heap(tx)
