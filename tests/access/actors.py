"""Everybody who can ask: each kind of actor, staff and programs in each role they can have."""

from typing import get_args

from rynek.kernel import ids
from rynek.kernel.actor import ANYONE, Actor
from rynek.security.model import Role, StaffRole

STORE = "S-1"


def _in_role(kind: str, role: str) -> Actor:
    location = STORE if kind == "staff" and role == "store" else None
    return Actor(kind, ids.new(), frozenset([role]), location)  # type: ignore[arg-type]


EVERYBODY: dict[str, Actor] = {
    "anyone": ANYONE,
    "guest": Actor("guest", ids.new()),
    "customer": Actor("customer", ids.new()),
    "till": Actor("till", ids.new(), location=STORE),
    "staff": Actor("staff", ids.new()),
    **{f"staff/{role}": _in_role("staff", role) for role in sorted(get_args(StaffRole))},
    "workload": Actor("workload", ids.new()),
    **{f"workload/{role}": _in_role("workload", role) for role in sorted(get_args(Role))},
}
