"""The committed client is what the registry would write today, and any registry can be written."""

import ast
import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import pytest
from msgspec import Meta, Struct, field

from rynek.app import registry
from rynek.client.generate import FOLDER, Writer, generate
from rynek.kernel.database import Tx
from rynek.kernel.door import Call
from rynek.kernel.faults import Fault
from rynek.kernel.money import Money
from rynek.kernel.operations import Registry, batch, read, write

HolderId = NewType("HolderId", UUID)


class Wish(Struct, frozen=True, kw_only=True):
    holder: UUID
    colours: list[str] = field(default_factory=list)
    apples: int


async def list(tx: Tx, sorts: Sequence[str], limit: int = 10) -> list[str]:  # type: ignore[valid-type] # noqa: A001
    r"""List sorts.

    It says \d and \".
    """
    raise NotImplementedError


async def wish(tx: Tx, calls: Sequence[Call[Wish]]) -> Sequence[Money | Fault]:
    """Wish for apples."""
    raise NotImplementedError


async def put(tx: Tx, sort: str, wish: Wish, *, loud: bool = False) -> None:
    """Put a wish down."""
    raise NotImplementedError


def test_the_committed_client_is_the_registrys() -> None:
    committed = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.py")}
    assert committed == generate(registry()), "run `make client`"


def test_a_small_registry_is_written_as_its_actions_are_signed() -> None:
    list.__module__ = wish.__module__ = "rynek.orchard.trees.actions"
    put.__module__ = "rynek.orchard.actions"
    made = generate(
        Registry(
            [
                read("GET /sorts", list, "a.b"),
                batch("POST /wishes/{holder}", wish, "a.b"),
                write("PUT /wishes/{sort}", put, "a.b"),
            ]
        )
    )
    assert set(made) == {"__init__.py", "orchard.py", "orchard_trees.py"}
    trees, root = made["orchard_trees.py"], made["__init__.py"]
    assert "self, sorts: collections.abc.Sequence[str], limit: int = 10) -> builtins.list[str]:" in trees
    assert "self, holder: uuid.UUID, *, apples: int, colours: builtins.list[str] | msgspec.UnsetType" in trees or (
        "colours: builtins.list[str] | msgspec.UnsetType = msgspec.UNSET, *, apples: int" in trees
    )
    assert "-> kernel_money.Money:" in trees
    assert "*, loud: bool = False" in made["orchard.py"]
    assert "class _Orchard(Orchard):" in root
    for source in made.values():
        ast.parse(source)
    described = next(node for node in ast.walk(ast.parse(trees)) if isinstance(node, ast.AsyncFunctionDef))
    assert ast.get_docstring(described) == 'List sorts.\n\nIt says \\d and \\".'


@pytest.mark.parametrize(
    ("hint", "source"),
    [
        (None, "None"),
        (int | None, "int | None"),
        (Annotated[str, Meta(max_length=3)], "str"),
        (Annotated[str, Meta(max_length=3)] | Annotated[str, Meta(min_length=5)] | None, "str | None"),
        (HolderId, "uuid.UUID"),
        (dict[str, tuple[int, ...]], "dict[str, tuple[int, ...]]"),
        (Literal["a", 1], "typing.Literal['a', 1]"),
        (dt.date, "datetime.date"),
        (Sequence[Money], "collections.abc.Sequence[kernel_money.Money]"),
        (dict[str, Any], "dict[str, typing.Any]"),
        (frozenset[HolderId], "frozenset[uuid.UUID]"),
    ],
)
def test_types_are_written_as_they_are_read(hint: Any, source: str) -> None:
    assert Writer().type(hint) == source
