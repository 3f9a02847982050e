"""A stall that sells apples: the smallest context, for tests of the ground it stands on."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import NAMESPACE_DNS, uuid5

import asyncpg
from msgspec import Meta, Struct

from rynek.kernel import ids
from rynek.kernel.actor import ANYONE, Actor, Reach
from rynek.kernel.database import Database, Tx
from rynek.kernel.door import Call, Door, Line, Response, constraint
from rynek.kernel.events import emit, event
from rynek.kernel.faults import Fault, TooManyRequests, Unauthenticated
from rynek.kernel.migrations import migrate
from rynek.kernel.operations import Registry, batch, process, read, write

ROOT = Path(__file__).parent / "ground"


_LAY = """insert into tests.heap as h values ($1, $2)
on conflict (sort) do update set units = h.units + $2 returning units"""


class Heap(Struct, frozen=True):
    sort: str
    units: int


class Crate(Struct, frozen=True, forbid_unknown_fields=True):
    sort: str
    units: Annotated[int, Meta(ge=1)] = 1


class Take(Struct, frozen=True):
    sort: str
    units: int = 1


class NoneLeft(Fault):
    """There are not that many apples left."""


class NoRoom(Fault):
    """The stall has no room for more."""


@event("tests.apples-laid", key="sort")
class ApplesLaid(Struct, frozen=True):
    sort: str
    units: int


@event("tests.apple-sold", key="sort")
class AppleSold(Struct, frozen=True):
    sort: str
    number: int


constraint("heap_not_negative", NoneLeft, "a heap cannot hold fewer than none")


async def heap(tx: Tx, sort: str, *, at_least: int = 0, marks: list[str] | None = None) -> Heap:
    """Tell how many apples lie on a heap."""
    return Heap(sort, await tx.value("select units from tests.heap where sort = $1", sort) or at_least)


async def lay(tx: Tx, sort: str, units: int, pause_s: float = 0) -> Heap:
    """Lay apples on a heap.

    Raises:
        NoRoom: there would be more than a thousand.
        NoneLeft: more would be taken than lie there.
    """
    laid = await tx.value(_LAY, sort, units)
    emit(tx, ApplesLaid(sort, units))
    await asyncio.sleep(pause_s)
    if laid > 1000:
        raise NoRoom(f"{laid} apples")
    return Heap(sort, laid)


async def clear(tx: Tx, sort: str) -> None:
    """Take a heap away."""
    await tx.execute("delete from tests.heap where sort = $1", sort)


async def store(tx: Tx, crate: Crate) -> Heap:
    """Lay a whole crate."""
    return await lay(tx, crate.sort, crate.units)


async def sell(tx: Tx, calls: Sequence[Call[Take]]) -> list[Heap | NoneLeft]:
    """Sell apples to many at once.

    Raises:
        NoneLeft: the heap is smaller.
    """
    answers: list[Heap | NoneLeft] = []
    for call in calls:
        taken = call.input
        left = await tx.value("select units from tests.heap where sort = $1 for update", taken.sort)
        if left is None or left < taken.units:
            answers.append(NoneLeft(f"{left} left", left=left))
            continue
        await tx.execute("update tests.heap set units = units - $2 where sort = $1", taken.sort, taken.units)
        emit(tx, AppleSold(taken.sort, left))
        answers.append(Heap(taken.sort, left - taken.units))
    return answers


async def swap(call: Call[None], give: str, want: str) -> tuple[Heap, Heap]:
    """Sell one of each, in two steps.

    Raises:
        NoneLeft: one of the heaps is empty.
    """
    return await call.submit(sell, Take(give)), await call.submit(sell, Take(want))


async def scale(tx: Tx, grams: float) -> float:
    """Weigh, badly."""
    return 1 / (grams - grams)


async def unload(call: Call[Any]) -> int:
    """Take a whole cart of apples, as they lie."""
    assert call.request is not None
    return len(call.request.body)


async def page(tx: Tx) -> Response:
    """Show the stall."""
    return Response(body=b"<h1>apples</h1>", kind="text/html; charset=utf-8", headers=(("cache-control", "no-store"),))


OPERATIONS = [
    read("GET /", page, "stall.read", shown=False),
    read("GET /heaps/{sort}", heap, "stall.read"),
    write("POST /heaps/{sort}", lay, "stall.lay"),
    write("DELETE /heaps/{sort}", clear, "stall.lay"),
    write("POST /crates", store, "stall.lay"),
    batch("POST /sales/{sort}", sell, "stall.sell", welcome=True),
    process("POST /swaps", swap, "stall.sell"),
    process("POST /loads", unload, "stall.lay", raw=True, limit=50_000),
    read("GET /scale", scale, "stall.read"),
]


class Gate:
    """Lets in who names themselves, allows what is not forbidden, and notes."""

    def admit(self, actor: Actor, address: str, rate: str) -> None:  # noqa: ARG002 - the protocol's
        if address == "192.0.2.66":
            raise TooManyRequests(retry_after=7)

    async def who(self, request: Any) -> Actor:
        name = request.header("authorization")
        if name == "liar":
            raise Unauthenticated
        return buyer(name) if name else ANYONE

    def may(self, actor: Actor, policy: str) -> Reach | None:
        if actor.name == "thief" or (actor.kind == "anyone" and policy == "stall.lay"):
            return None
        return "all"

    def welcome(self) -> tuple[Actor, str]:
        return Actor("guest", id=ids.new()), "a-guest-token"

    async def note(self, tx: Tx, lines: Sequence[Line]) -> None:
        await tx.execute(
            "insert into tests.note (operation, target) select * from unnest($1::text[], $2::text[])",
            [line.operation for line in lines], [line.target for line in lines],
        )  # fmt: skip


def buyer(name: str) -> Actor:
    return Actor("customer", id=uuid5(NAMESPACE_DNS, name), name=name)


class Ask:
    """A request as a protocol face hands it in."""

    def __init__(self, method: str, target: str, body: Any = b"", address: str = "192.0.2.1", **headers: str) -> None:
        self.method = method
        self.path, _, self.query = target.partition("?")
        self.body: bytes = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.address = address
        self._headers = {"authorization": "anna", **{name.replace("_", "-"): value for name, value in headers.items()}}

    def header(self, name: str) -> str | None:
        return self._headers.get(name) or None


def told(response: Response) -> Any:
    return json.loads(response.body)


@asynccontextmanager
async def opened(owner_dsn: str, dsn: str) -> AsyncIterator[Door]:
    await migrate(owner_dsn, ROOT, ["tests"])
    database = await Database.open(dsn, 12)
    yield Door(Registry(OPERATIONS), database, Gate())
    await database.close()


async def count(owner: asyncpg.Connection, table: str, where: str = "true") -> int:
    number: int = await owner.fetchval(f"select count(*) from {table} where {where}")  # noqa: S608 - our own words
    return number
