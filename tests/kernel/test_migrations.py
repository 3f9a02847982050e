"""Migrations: applied once, in order, whoever starts first; what was applied cannot change."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from rynek.kernel import ids
from rynek.kernel.migrations import MigrationError, found, migrate
from rynek.kernel.postgres import Cluster

HERE = Path(__file__).parents[2] / "src" / "rynek"


@pytest.fixture
async def empty(cluster: Cluster) -> AsyncIterator[str]:
    """Give the DSN of a database with nothing in it."""
    name = f"t_{ids.new().hex}"
    connection = await asyncpg.connect(cluster.dsn)
    await connection.execute(f"create database {name}")
    yield cluster.dsn.replace("/rynek?", f"/{name}?")
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


def shop(root: Path, **files: str) -> Path:
    """Write migrations, and the kernel's own beside them."""
    for name, text in files.items():
        context, place, number = name.split("_")
        folder = root / context / place / "schema"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}_it.sql").write_text(text)
    if not (root / "kernel").exists():
        (root / "kernel").symlink_to(HERE / "kernel")
    return root


async def fetched(dsn: str, sql: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def test_several_processes_migrate_at_once(empty: str, tmp_path: Path) -> None:
    root = shop(
        tmp_path,
        fruit_pear_0201="insert into fruit.tree values ('pear')",
        fruit_apple_0101="create table fruit.tree (name text); insert into fruit.tree values ('apple')",
    )
    applied = await asyncio.gather(*(migrate(empty, root, ["kernel", "fruit"]) for _ in range(4)))
    assert sorted(len(each) for each in applied)[:3] == [0, 0, 0]
    assert [each.number for each in max(applied, key=len)][-2:] == [101, 201]
    assert await fetched(empty, "select name from fruit.tree") == [("apple",), ("pear",)]
    assert await migrate(empty, root, ["kernel", "fruit"]) == []


async def test_databases_of_one_server_migrate_at_once(cluster: Cluster, tmp_path: Path) -> None:
    """Roles belong to the server, not to a database: making them must not trip over one another."""
    connection = await asyncpg.connect(cluster.dsn)
    names = [f"t_{ids.new().hex}" for _ in range(2)]
    role = f"fig{ids.new().hex[-12:]}"
    root = shop(tmp_path, **{f"{role}_tree_0101": f"create table {role}.tree (name text)"})
    for name in names:
        await connection.execute(f"create database {name}")
    dsns = [cluster.dsn.replace("/rynek?", f"/{name}?") for name in names]
    applied = await asyncio.gather(*(migrate(dsn, root, ["kernel", role]) for dsn in dsns))
    assert len({len(each) for each in applied}) == 1
    for name in names:
        await connection.execute(f"drop database {name} with (force)")
    await connection.execute(f"drop role rynek_{role}")
    await connection.close()


async def test_a_changed_migration_is_refused(empty: str, tmp_path: Path) -> None:
    root = shop(tmp_path, fruit_apple_0101="create table fruit.tree (name text)")
    await migrate(empty, root, ["kernel", "fruit"])
    shop(tmp_path, fruit_apple_0101="create table fruit.tree (name text, height int)")
    with pytest.raises(MigrationError, match=r"0101_it\.sql was applied already and has been changed"):
        await migrate(empty, root, ["kernel", "fruit"])
    assert await fetched(
        empty, "select column_name::text from information_schema.columns where table_name = 'tree'"
    ) == [("name",)]


async def test_a_migration_that_fails_leaves_nothing(empty: str, tmp_path: Path) -> None:
    root = shop(tmp_path, fruit_apple_0101="create table fruit.tree (name text)")
    shop(tmp_path, fruit_apple_0102="create table fruit.leaf (name text); select 1/0")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty, root, ["kernel", "fruit"])
    assert await fetched(empty, "select number from kernel.migration where context = 'fruit'") == [(101,)]
    assert await fetched(empty, "select to_regclass('fruit.leaf') is null") == [(True,)]
    shop(tmp_path, fruit_apple_0102="create table fruit.leaf (name text)")
    assert [each.number for each in await migrate(empty, root, ["kernel", "fruit"])] == [102]


async def test_a_context_is_given_its_own_and_no_more(empty: str, tmp_path: Path) -> None:
    root = shop(
        tmp_path,
        fruit_apple_0101="create table fruit.tree (name text); create function fruit.ripe() returns int return 1",
        wood_oak_0101="create table wood.tree (name text)",
    )
    await migrate(empty, root, ["kernel", "fruit", "wood"])
    rights = """select has_table_privilege('rynek_fruit', 'fruit.tree', 'select, insert, update, delete'),
        has_function_privilege('rynek_fruit', 'fruit.ripe()', 'execute'),
        has_function_privilege('rynek_wood', 'fruit.ripe()', 'execute'),
        has_schema_privilege('rynek_wood', 'fruit', 'usage'), has_table_privilege('rynek_wood', 'fruit.tree', 'select'),
        has_schema_privilege('rynek_fruit', 'fruit', 'create'),
        has_table_privilege('rynek_app', 'fruit.tree', 'select'),
        pg_has_role('rynek_app', 'rynek_fruit', 'set'), pg_has_role('rynek_app', 'rynek_fruit', 'usage')"""
    assert await fetched(empty, rights) == [(True, True, False, False, False, False, False, True, False)]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"fruit_apple_0101": "", "fruit_pear_0101": ""}, "numbers used twice"),
        ({"fruit_apple_1": ""}, "name it NNNN_what_it_adds"),
    ],
)
def test_names_and_numbers_are_checked(tmp_path: Path, files: dict[str, str], told: str) -> None:
    with pytest.raises(MigrationError, match=told):
        found(shop(tmp_path, **files), ["fruit"])
