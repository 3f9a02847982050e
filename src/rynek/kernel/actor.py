"""Who is asking: an actor stands on every call."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

Kind = Literal["anyone", "guest", "customer", "staff", "till", "workload"]
Reach = Literal["own", "all"]
"""How far a permission goes: the actor's own things, or everybody's."""

NOBODY = UUID(int=0)


class Actor(Struct, frozen=True):
    """A person, device or program that asks for something.

    ``id`` is the account, the guest session, the till or the workload. ``location`` is the store a till or a member of
    its staff belongs to, None where there is none. ``session`` can be revoked; None for callers without one.
    """

    kind: Kind
    id: UUID = NOBODY
    roles: frozenset[str] = frozenset()
    location: str | None = None
    session: UUID | None = None
    name: str = ""


ANYONE = Actor("anyone")
"""A caller who has shown no credentials."""

SYSTEM = Actor("workload", roles=frozenset({"system"}), name="system")
"""Rynek's own work: reactions and jobs."""
