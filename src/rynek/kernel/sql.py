"""SQL statements by name, read from a context's ``queries.sql`` and checked against the database by a test.

    -- name: levels(skus: text[], location: uuid) -> Level[]
    -- What each location holds of the items.
    select sku, location, on_hand from commerce.level where sku = any(:skus)

The result is ``T[]`` (all rows), ``T?`` (first row or None), ``T`` (exactly one row) or nothing (a command). ``T`` is a
struct of the context's ``model``, filled by position, or ``value`` for a bare first column.
"""

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from rynek.kernel.database import Tx
from rynek.kernel.faults import NotFound

_HEAD = re.compile(r"^-- name: (\w+)\(([^)]*)\)(?: -> (\w+)(\[\]|\?)?)?[ \t]*$", re.MULTILINE)
_PLACE = re.compile(r"'(?:[^']|'')*'|--[^\n]*|(?<![:\w]):([a-z_]\w*)")  # texts and comments are passed over
_MEANT = re.compile(r"^--\s*name\b.*$", re.MULTILINE)


class Statement:
    """One named statement; awaiting a call runs it."""

    __slots__ = ("doc", "make", "many", "name", "parameters", "result", "sql", "types")

    def __init__(self, head: re.Match[str], body: str, model: ModuleType) -> None:
        self.name, declared, self.result, self.many = head.groups()
        self.parameters = [part.split(":")[0].strip() for part in declared.split(",") if part.strip()]
        self.types = [part.partition(":")[2].strip() for part in declared.split(",") if part.strip()]
        if "" in self.types:
            raise ValueError(f"{self.name}: write each parameter as name: type")
        lines = body.strip().splitlines()
        self.doc = " ".join(line.removeprefix("--").strip() for line in lines if line.startswith("--"))
        self.sql = _PLACE.sub(self._place, "\n".join(line for line in lines if not line.startswith("--")).strip(" ;\n"))
        self.make: Callable[..., Any] | None = None
        if self.result and self.result != "value":
            self.make = getattr(model, self.result)

    def _place(self, place: re.Match[str]) -> str:
        if place[1] is None:
            return place[0]
        if place[1] not in self.parameters:
            raise ValueError(f"{self.name} uses :{place[1]}, which it does not declare")
        position = self.parameters.index(place[1])
        return f"${position + 1}::{self.types[position]}"

    async def __call__(self, tx: Tx, **values: Any) -> Any:
        """Run the statement in ``tx`` with its declared parameters by name.

        Raises:
            NotFound: the statement promises exactly one row and there is none.
        """
        given = [values.pop(name) for name in self.parameters]
        if values:
            raise TypeError(f"{self.name}() takes {', '.join(self.parameters)}; not {', '.join(values)}")
        if self.result is None:
            return await tx.execute(self.sql, *given)
        if self.many == "[]":
            return self._all(await tx.rows(self.sql, *given))
        return self._one(await tx.row(self.sql, *given))

    def _all(self, rows: list[Any]) -> list[Any]:
        make = self.make
        return [row[0] for row in rows] if make is None else [make(*row) for row in rows]

    def _one(self, row: Any) -> Any:
        if row is None:
            if self.many == "?":
                return None
            raise NotFound
        return row[0] if self.make is None else self.make(*row)


class Queries:
    """The statements of one context: ``q.levels(tx, skus=[...])``."""

    every: list["Queries"] = []  # noqa: RUF012 - the registry the statement check walks

    def __init__(self, path: Path, statements: dict[str, Statement]) -> None:
        self.path = path
        self.statements = statements
        Queries.every.append(self)

    def __getattr__(self, name: str) -> Statement:
        """Find a statement by name."""
        try:
            return self.statements[name]
        except KeyError:
            raise AttributeError(f"{self.path} has no statement {name}") from None


def queries(beside: str, model: ModuleType) -> Queries:
    """Read ``queries.sql`` that lies beside the module file ``beside``; result structs come from ``model``."""
    path = Path(beside).with_name("queries.sql")
    text = path.read_text("utf-8")
    heads = list(_HEAD.finditer(text))
    names = [head[1] for head in heads]
    amiss = {line[0] for line in _MEANT.finditer(text)} - {head[0] for head in heads}
    if amiss or len(set(names)) < len(names):
        raise ValueError(f"{path}: heads that cannot be read: {sorted(amiss)}, or a name is used twice")
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found = {head[1]: Statement(head, text[head.end() : end], model) for head, end in zip(heads, ends, strict=True)}
    return Queries(path, found)
