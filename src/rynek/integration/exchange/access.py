"""Who may bring in and take out what, and see which imports and exports."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from rynek.integration.exchange import model, rules
from rynek.integration.exchange.columns import Form, form
from rynek.integration.exchange.model import Exchange, ExchangeUnknown, NewExport, Reading, Row, SheetUnknown
from rynek.kernel import clock
from rynek.kernel.actor import Actor, Kind
from rynek.kernel.door import Call
from rynek.kernel.faults import Forbidden
from rynek.kernel.sheets import SHEETS
from rynek.kernel.sql import queries

q = queries(__file__, model)


class Who(Struct, frozen=True):
    """An actor as it is kept with what it began."""

    kind: Kind
    id: UUID
    roles: list[str]
    location: str | None
    name: str

    @classmethod
    def of(cls, actor: Actor) -> "Who":
        """Write an actor down."""
        return cls(actor.kind, actor.id, sorted(actor.roles), actor.location, actor.name)

    def actor(self) -> Actor:
        """Give the actor."""
        return Actor(self.kind, self.id, frozenset(self.roles), self.location, name=self.name)


def form_of(call: Call[Any], sheet: str) -> Form:
    """Find a sheet.

    Raises:
        SheetUnknown: there is none of this name.
    """
    if sheet not in SHEETS:
        raise SheetUnknown(f"there is no sheet {sheet}; there are {', '.join(sorted(SHEETS))}", sheet=sheet)
    return form(SHEETS[sheet], call.door.registry)


def reach(call: Call[Any], direction: str, sheet: str) -> str | None:
    """Tell how far the actor may do what an import or export of this sheet does."""
    if sheet not in SHEETS:
        return None
    operation = SHEETS[sheet].put if direction == "import" else SHEETS[sheet].get
    return call.door.gate.may(call.actor, call.door.registry.by_name[operation].policy)


def allowed(call: Call[Any], direction: str, found: Form) -> None:
    """See that the actor may do what an import or export of this sheet does.

    Raises:
        Forbidden: no policy allows it.
    """
    operation = found.put if direction == "import" else found.get
    if reach(call, direction, found.sheet.name) is None:
        raise Forbidden(
            f"no policy allows {operation.policy} to you: it is what {direction}ing {found.sheet.name} does",
            action=operation.policy,
        )


async def seen(call: Call[Any], exchange: UUID) -> Row:
    """Find an import or export that the actor may see: who began it, and who may do what it does to everything.

    Raises:
        ExchangeUnknown: there is none, or the actor may not see it.
    """
    async with call.transaction() as tx:
        row: Row | None = await q.exchange(tx, id=exchange)
    if row is not None:
        far = reach(call, row.direction, row.sheet)
        mine = msgspec.json.decode(row.actor, type=Who).id == call.actor.id
        if far == "all" or (far is not None and mine):
            return row
    raise ExchangeUnknown(f"there is no import or export {exchange}, or you may not see it")


def shown(row: Row) -> Exchange:
    """Show an import or export, and how far it has come."""
    by = msgspec.json.decode(row.actor, type=Who)
    given = msgspec.json.decode(row.reading, type=NewExport) if row.direction == "export" else None
    reading = Reading(format=given.format) if given else msgspec.json.decode(row.reading, type=Reading)
    until = row.ended_at or clock.now()
    seconds = (until - row.began_at).total_seconds() if row.began_at else 0.0
    per_s, left = rules.paced(row.done, row.total, seconds)
    return Exchange(
        id=row.id, direction=row.direction, sheet=row.sheet, name=row.name, state=row.state, phase=row.phase,
        by=by.name or by.kind, created_at=row.created_at, reading=reading, guessed=row.guessed, header=row.header,
        mapping=msgspec.json.decode(row.mapping), columns=row.columns, filters=msgspec.json.decode(row.filters),
        size=row.size, total=row.total, done=row.done, new=row.new, changed=row.changed, unchanged=row.unchanged,
        refused=row.refused, per_s=round(per_s, 1), seconds_left=left if row.state == "running" else None,
        began_at=row.began_at, ended_at=row.ended_at, error=row.error,
    )  # fmt: skip


def text(value: Any) -> str:
    """Write something as it is kept."""
    return msgspec.json.encode(value).decode()
