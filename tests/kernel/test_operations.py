"""Operations: what is derived from a function's signature and docstring."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct

from rynek.kernel.database import Tx
from rynek.kernel.door import Call
from rynek.kernel.faults import Fault, NotFound
from rynek.kernel.operations import Operation, Registry, batch, process, raised, read, write
from tests.kernel.market import Heap, NoneLeft, NoRoom, heap, lay, sell, store, swap


class Need(Struct, frozen=True):
    cart: UUID
    note: str = ""
    lines: list[int] = msgspec.field(default_factory=list)


class Page(Struct, frozen=True):
    items: list[int]


async def find(tx: Tx, cart: UUID, *, limit: int = 24) -> list[Page]:
    """Find pages.

    Args:
        limit: at most: this many.

    Raises:
        NotFound: the cart is not there
            detail: which one it was.
        NoneLeft, NoRoom: of apples.

    Emits:
        Nothing: at all.
    """
    return []


async def place(tx: Tx, calls: Sequence[Call[Need]]) -> list[list[Page] | NoneLeft | NoRoom]:
    """Place."""
    return []


async def paged(tx: Tx, calls: Sequence[Call[Need]]) -> list[list[Page]]:
    """Page."""
    return []


def fields(operation: Operation) -> dict[str, tuple[Any, bool]]:
    assert operation.input is not None
    return {each.name: (each.type, each.required) for each in msgspec.structs.fields(operation.input)}


def test_a_question() -> None:
    made = read("GET /carts/{cart}/pages", find, "cart.read")
    assert (made.name, made.context, made.style) == ("tests.kernel.find", "tests", "read")
    assert (made.method, made.path, made.policy, made.rate) == ("GET", "/carts/{cart}/pages", "cart.read", "read")
    assert made.variables == {"cart": UUID}
    assert fields(made) == {"limit": (int, False)}
    assert (made.title, made.result, made.whole, made.command) == ("Find pages", list[Page], None, None)
    assert made.faults == (NotFound, NoneLeft, NoRoom)


def test_a_command_in_batches_takes_its_struct_apart() -> None:
    made = batch("POST /carts/{cart}/order", place, "cart.order", welcome=True)
    assert (made.style, made.command, made.variables, made.welcome) == ("batch", Need, {"cart": UUID}, True)
    assert fields(made) == {"note": (str, False), "lines": (list[int], False)}
    assert made.result == list[Page]
    assert batch("POST /x/{cart}", paged, "x").result == list[Page]
    assert batch("POST /sales/{sort}", sell, "x").result is Heap


def test_one_struct_is_the_whole_input() -> None:
    made = write("POST /crates", store, "stall.lay")
    assert (made.whole, made.variables) == ("crate", {})
    assert made.input is not None
    assert made.input.__name__ == "Crate"


def test_input_refuses_unknown_fields() -> None:
    made = write("POST /heaps/{sort}", lay, "stall.lay")
    assert made.input is not None
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(b'{"units": 1, "colour": "red"}', type=made.input)


def test_a_process_takes_a_call() -> None:
    made = process("POST /swaps", swap, "stall.sell")
    assert set(fields(made)) == {"give", "want"}
    assert made.result == tuple[Heap, Heap]


def test_an_action_without_its_transaction_is_said_at_once() -> None:
    async def weigh(code: str) -> str:
        return code

    with pytest.raises(LookupError, match="weigh takes code first"):
        read("GET /scale", weigh, "stall.read")


def test_a_path_that_names_no_parameter_is_said_at_once() -> None:
    with pytest.raises(LookupError, match="has no parameter kind"):
        read("GET /heaps/{kind}", heap, "stall.read")


def test_raises_that_names_no_fault_is_said_at_once() -> None:
    async def broken(tx: Tx) -> None:
        """Break.

        Raises:
            ValueError: no refusal of ours.
        """

    with pytest.raises(LookupError, match="broken declares Raises ValueError"):
        raised(broken)


CODE = """
class NoRoom(Fault):
    "Elsewhere."


async def go(tx):
    "Go.\\n\\nRaises:\\n    NoRoom: x"
"""


def test_raises_is_the_fault_the_module_means() -> None:
    namespace: dict[str, Any] = {"Fault": Fault}
    exec(  # noqa: S102 - two modules with a fault of one name
        CODE,
        namespace,
    )
    assert raised(namespace["go"]) == (namespace["NoRoom"],)
    assert raised(lay) == (NoRoom, NoneLeft)


def test_names_and_routes_are_registered_once() -> None:
    registry = Registry([read("GET /heaps/{sort}", heap, "stall.read")])
    assert registry.by_name["tests.kernel.heap"] is registry.by_action[heap]
    with pytest.raises(ValueError, match="registered twice"):
        registry.add(read("GET /piles/{sort}", heap, "stall.read"))
    with pytest.raises(ValueError, match="registered twice"):
        registry.add(read("GET /heaps/{cart}", find, "stall.read"))
    assert list(registry.by_name) == ["tests.kernel.heap"]
