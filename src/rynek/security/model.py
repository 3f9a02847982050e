"""The words of security: who comes in, by what session, what was noted, and the refusals at the gate."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.kernel.faults import Conflict, Fault, TooManyRequests

Role = Literal[
    "admin", "merchandise", "stock", "support", "store", "finance", "auditor", "system", "import", "browse",
    "monitor"
]  # fmt: skip
"""What somebody is there for; policies speak of roles, never of persons."""

KINDS = ("anyone", "guest", "customer", "staff", "till", "workload")

Email = Annotated[str, Meta(min_length=3, max_length=254)]
Password = Annotated[str, Meta(min_length=10, max_length=200, description="at least 10 characters; longer is stronger")]
Name = Annotated[str, Meta(min_length=1, max_length=100)]


class Bearer(Struct, frozen=True):
    """Whom a session lets in, as the database holds it at this moment."""

    token: bytes
    session: UUID
    id: UUID
    kind: str
    roles: list[str]
    location: str | None
    name: str
    expires_at: datetime


class Why(Struct, frozen=True):
    """An access decision with the policies that made it."""

    action: str
    reach: Literal["own", "all"] | None
    policies: list[str]
    """Names of the policies that permit it, or forbid it; empty: none speaks of it, so it is refused."""


class WrongLogin(Fault):
    """E-mail and password do not belong together, or nobody has this e-mail."""

    status = 401


class WrongPassword(Fault):
    """The present password is not right."""

    status = 403


class WrongCode(Fault):
    """The code is wrong, used or too old: ask for a new one."""

    status = 404


class LoginThrottled(TooManyRequests):
    """Too many tries to log in: wait before the next one."""


class EmailTaken(Conflict):
    """Somebody with this e-mail is known already."""


class LastAdmin(Conflict):
    """There has to remain somebody who may administer the shop."""
