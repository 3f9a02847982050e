"""Every statement of every context is prepared on the migrated database, and gives what its struct holds."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from types import ModuleType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import asyncpg
import msgspec
import pytest
from msgspec import Struct

from rynek import app
from rynek.kernel.sql import Queries, Statement, queries

ROOT = Path(app.__file__).parent
app.registry()
STATEMENTS = [
    pytest.param(found.path, statement, id=f"{found.path.parent.relative_to(ROOT).as_posix()}:{statement.name}")
    for found in {each.path: each for each in Queries.every}.values()  # some are read by several modules
    if ROOT in found.path.parents
    for statement in found.statements.values()
]
NUMBERS = count()
# What the driver makes of a column: a struct's field has to be able to hold it.
MADE = {
    "bool": bool, "int2": int, "int4": int, "int8": int, "float4": float, "float8": float, "text": str, "varchar": str,
    "uuid": "UUID", "timestamptz": "datetime", "timestamp": "datetime", "date": "date", "time": "time",
    "interval": "timedelta", "numeric": "Decimal", "bytea": bytes, "json": str, "jsonb": str, "name": str, "void": None,
    "record": tuple, "xid8": int, "tstzrange": "Range", "daterange": "Range",
}  # fmt: skip


def test_there_are_statements() -> None:
    assert len(STATEMENTS) > 50
    assert set(ROOT.rglob("queries.sql")) == {found.path for found in Queries.every if ROOT in found.path.parents}


@pytest.mark.parametrize(("path", "statement"), STATEMENTS)
async def test_a_statement_fits_the_database_and_its_struct(
    owner_connection: asyncpg.Connection, path: Path, statement: Statement
) -> None:
    amiss = await faults_of(owner_connection, path, statement)
    assert not amiss
    assert statement.doc, "each statement is said in one line"


async def faults_of(connection: asyncpg.Connection, path: Path, statement: Statement) -> list[str]:
    """List what is wrong with a statement, as its context's role sees it."""
    context = path.relative_to(ROOT).parts[0]
    await connection.execute(f"begin; set local role rynek_{context}")
    try:
        prepared = await connection.prepare(statement.sql)
        nulls = ", ".join(f"null::{kind}" for kind in statement.types)
        checked = f"checked_{next(NUMBERS)}"
        await connection.execute(f"prepare {checked} as {statement.sql}")  # explaining it asks whether the role may
        await connection.execute(f"explain execute {checked}" + f"({nulls})" * bool(nulls))
    except asyncpg.PostgresError as error:
        return [f"{statement.name}: {error}"]
    finally:
        await connection.execute("rollback")
    return list(mismatches(statement, prepared.get_attributes()))


def mismatches(statement: Statement, columns: tuple[Any, ...]) -> Iterator[str]:
    if statement.result is None:
        return
    if statement.make is None:
        if len(columns) != 1:
            yield f"{statement.name}: a value is one column, not {len(columns)}"
        return
    fields = msgspec.structs.fields(cast("type[Struct]", statement.make))
    names = [column.name for column in columns]
    needed = [field for field in fields if field.required]
    if not len(needed) <= len(columns) <= len(fields):
        yield f"{statement.name}: {len(columns)} columns ({', '.join(names)}) for {[field.name for field in fields]}"
        return
    places = {field.name: place for place, field in enumerate(fields) if place < len(names)}
    for column, field in zip(columns, fields, strict=False):
        if column.name != field.name and column.name in places and names[places[column.name]] != column.name:
            yield f"{statement.name}: column {column.name} stands where {field.name} should"
        if not holds(field.type, column.type):
            yield f"{statement.name}: {field.name} is {field.type}, and its column is {column.type.name}"


def holds(hint: Any, column: Any) -> bool:
    """Tell whether a field of this type can hold what the driver makes of the column."""
    if get_origin(hint) is Annotated or hasattr(hint, "__supertype__"):
        return holds(getattr(hint, "__supertype__", None) or get_args(hint)[0], column)
    if get_origin(hint) in (Union, UnionType):
        return any(holds(each, column) for each in get_args(hint))
    if get_origin(hint) is Literal:
        hint = type(get_args(hint)[0])
    if hint is msgspec.Raw:  # the text of JSON, passed on as it is
        return column.name in ("json", "jsonb", "text")
    if hint in (Any, object) or column.kind == "composite":
        return True
    if column.kind == "array":
        return (get_origin(hint) or hint) in (list, tuple, set, frozenset, Sequence)
    made = MADE[column.name]
    return hint is made or getattr(hint, "__name__", "") == made


# --- controls: the check sees what is wrong ---------------------------------------------------------------------------


class Row(Struct):
    number: int
    name: str


MODEL = ModuleType("model")
MODEL.Row = Row  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("-- name: good() -> Row[]\n-- x\nselect 1 as number, 'a'::text as name", None),
        (
            "-- name: good(n: int) -> Row?\n-- x\nselect 1 as number, name from commerce.location limit :n",
            None,
        ),
        ("-- name: good() -> value[]\n-- x\nselect code from commerce.location", None),
        ("-- name: few() -> Row[]\n-- x\nselect 1 as number", "1 columns"),
        ("-- name: many() -> Row[]\n-- x\nselect 1 as number, 'a'::text as name, 2", "3 columns"),
        ("-- name: swapped() -> Row[]\n-- x\nselect 'a'::text as name, 1 as number", "column name stands where number"),
        ("-- name: typed() -> Row[]\n-- x\nselect 1::numeric as number, 'a'::text as name", "its column is numeric"),
        ("-- name: values() -> value\n-- x\nselect 1, 2", "one column, not 2"),
        ("-- name: nowhere() -> Row[]\n-- x\nselect number, name from commerce.nowhere", "does not exist"),
        ("-- name: column() -> Row[]\n-- x\nselect colour, name from commerce.location", "does not exist"),
        ("-- name: foreign()\n-- x\nselect * from security.session", "permission denied"),
        ("-- name: typing(n: text)\n-- x\nupdate commerce.location set active = :n", "is of type boolean"),
    ],
)
async def test_the_check_sees_what_is_wrong(
    owner_connection: asyncpg.Connection, tmp_path: Path, text: str, told: str | None
) -> None:
    (tmp_path / "queries.sql").write_text(text)
    found = queries(str(tmp_path / "actions.py"), MODEL)
    Queries.every.remove(found)
    (statement,) = found.statements.values()
    amiss = await faults_of(owner_connection, ROOT / "commerce" / "queries.sql", statement)
    assert (told in amiss[0]) if told else (amiss == [])


@pytest.fixture(scope="module")
async def owner_connection(owner_dsn: str) -> Any:
    """Give a connection that may take every context's role."""
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()
