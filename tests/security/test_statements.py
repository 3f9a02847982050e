"""Every statement of security is one that the database understands, as security's own role."""

from types import UnionType
from typing import Any, get_args, get_type_hints

import pytest

from rynek.kernel.database import Database
from rynek.kernel.sql import Statement
from rynek.security.seals import q

KINDS = {
    "uuid": "UUID", "text": "str", "text[]": "list", "int8": "int", "int4": "int", "bool": "bool", "bytea": "bytes",
    "timestamptz": "datetime",
}  # fmt: skip


def told(hint: Any) -> set[str]:
    if isinstance(hint, UnionType):
        return set().union(*(told(each) for each in get_args(hint)))
    return {getattr(getattr(hint, "__origin__", hint), "__name__", str(hint))}


@pytest.mark.parametrize("statement", q.statements.values(), ids=q.statements)
async def test_a_statement_is_understood_and_fits_its_struct(database: Database, statement: Statement) -> None:
    async with database.transaction("security") as tx:
        columns = (await tx.connection.prepare(statement.sql)).get_attributes()
    assert bool(columns) == (statement.result is not None)
    if statement.result == "value":
        assert len(columns) == 1
    elif statement.make is not None:
        hints = get_type_hints(statement.make)
        assert len(columns) == len(hints)
        for column, (field, hint) in zip(columns, hints.items(), strict=True):
            kinds = told(hint) | ({"str"} if "Literal" in str(hint) else set())
            assert KINDS[column.type.name] in kinds, f"{statement.name}: {field}"
