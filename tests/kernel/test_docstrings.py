"""What an operation can refuse is what its docstring says, and it takes nothing it does not know."""

import ast
import inspect
import textwrap
from typing import Any, get_args

import msgspec
import pytest
from msgspec import Struct

from rynek import app
from rynek.kernel.database import Tx
from rynek.kernel.faults import Fault, Invalid, NotFound
from rynek.kernel.operations import Operation, write
from tests.kernel import market

OPERATIONS = list(app.registry().by_name.values())
EVERYWHERE = {"Invalid"}
"""What the door itself answers to any operation with input, said once in the API's documents."""


def raised_by(action: Any) -> set[str]:
    """List the faults whose names an action raises or gives back (batches do) in its own body."""
    return {name for name in made_in(action) if fault(action, name)}


def made_in(action: Any) -> set[str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(action)))
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc is not None]
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {name for node in (*raised, *calls) if (name := dotted(node))}


def dotted(node: ast.expr) -> str:
    match node:
        case ast.Call(func=inner):
            return dotted(inner)
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=package), attr=name):
            return f"{package}.{name}"
    return ""


def fault(action: Any, name: str) -> type[Fault] | None:
    package, _, last = name.rpartition(".")
    found = action.__globals__.get(package or last)
    found = getattr(found, last, None) if package else found
    return found if isinstance(found, type) and issubclass(found, Fault) else None


def undeclared(action: Any, declared: tuple[type[Fault], ...]) -> set[str]:
    known = {kind.__name__ for kind in declared}
    return {name for name in raised_by(action) if name.rpartition(".")[2] not in known | EVERYWHERE}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_what_an_operation_refuses_is_in_its_docstring(operation: Operation) -> None:
    assert not undeclared(operation.action, operation.faults)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_says_what_it_does_in_one_line(operation: Operation) -> None:
    assert operation.doc
    assert len(operation.title) <= 120
    assert operation.doc.splitlines()[0].endswith(".")


def test_faults_have_a_name_of_their_own_and_a_title() -> None:
    def every(kind: type[Fault]) -> list[type[Fault]]:
        return [each for sub in kind.__subclasses__() for each in (sub, *every(sub))]

    ours = [kind for kind in every(Fault) if kind.__module__.startswith("rynek.")]
    codes = [kind.code for kind in ours]
    assert len(ours) > 20
    assert not {code for code in codes if codes.count(code) > 1}
    assert not [
        kind for kind in ours if not kind.__doc__ or kind.title == kind.__name__ or not 400 <= kind.status < 600
    ]


# --- controls ---------------------------------------------------------------------------------------------------------


async def says_all(tx: Tx, number: int) -> None:
    """Do.

    Raises:
        NotFound: there is none.
        NoneLeft: of one.
    """
    if number:
        raise NotFound(f"{number}")
    if tx.events:
        raise market.NoneLeft
    raise Invalid("said everywhere")


async def says_little(tx: Tx, number: int) -> list[Any]:
    """Do."""
    if number:
        raise NotFound
    answers = [market.NoneLeft("of one") for _ in range(number)]
    return [*answers, ValueError()]


def test_the_check_sees_what_is_not_said() -> None:
    assert undeclared(says_all, (NotFound, market.NoneLeft)) == set()
    assert undeclared(says_all, (NotFound,)) == {"market.NoneLeft"}
    assert undeclared(says_little, ()) == {"NotFound", "market.NoneLeft"}


# --- input ------------------------------------------------------------------------------------------------------------


def structs(hint: Any, seen: set[type[Struct]]) -> set[type[Struct]]:
    """Collect the structs an input is made of."""
    if isinstance(hint, type) and issubclass(hint, Struct) and hint not in seen:
        seen.add(hint)
        for field in msgspec.structs.fields(hint):
            structs(field.type, seen)
    for inner in get_args(hint):
        structs(inner, seen)
    return seen


def open_structs(operation: Operation) -> list[str]:
    return [
        each.__name__ for each in structs(operation.input, set()) if not each.__struct_config__.forbid_unknown_fields
    ]


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.shown], ids=lambda operation: operation.name)
def test_a_misspelt_field_is_refused_wherever_it_stands(operation: Operation) -> None:
    assert not open_structs(operation)


def test_the_check_sees_a_struct_that_takes_anything() -> None:
    async def pack(tx: Tx, boxes: list[market.Heap]) -> None:
        """Pack."""

    assert open_structs(write("POST /boxes", pack, "stall.lay")) == ["Heap"]
    assert open_structs(write("POST /crates", market.store, "stall.lay")) == []
