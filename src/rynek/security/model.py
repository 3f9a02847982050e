"""The words of security: who comes in, by what session, what was noted, and the refusals at the gate."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.kernel.faults import Conflict, Fault, TooManyRequests

Role = Literal[
    "admin", "merchandise", "stock", "support", "store", "finance", "auditor", "system", "import", "browse",
    "monitor", "integrator"
]  # fmt: skip
"""What somebody is there for; policies speak of roles, never of persons."""

StaffRole = Literal["admin", "merchandise", "stock", "support", "store", "finance", "auditor"]
"""What a member of staff may be there for; the other roles are programs'."""

KINDS = ("anyone", "guest", "customer", "staff", "till", "workload")

Email = Annotated[str, Meta(min_length=3, max_length=254)]
Password = Annotated[str, Meta(min_length=10, max_length=200, description="at least 10 characters; longer is stronger")]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern="^[^\\u0000]*$")]
Page = Annotated[int, Meta(ge=1, le=1000)]
Instant = Annotated[datetime, Meta(tz=True)]


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


class Account(Struct, frozen=True):
    """Somebody who may begin a session; customers and staff have a password (its hash), devices and programs none."""

    id: UUID
    kind: Literal["customer", "staff", "till", "workload"]
    password: str | None


class Entry(Struct, frozen=True):
    """The way in: send ``token`` as ``Authorization: Bearer`` (shown this once; None where a cookie has it)."""

    id: UUID
    kind: str
    session: UUID
    token: str | None
    expires_at: datetime


class Newcomer(Struct, frozen=True, forbid_unknown_fields=True):
    """A customer of a shop that was there before us."""

    id: UUID
    email: Email
    name: Annotated[str, Meta(max_length=100, pattern="^[^\\u0000]*$")] = ""


class Me(Struct, frozen=True):
    """Who is asking, as the gate knows them."""

    kind: str
    id: UUID
    roles: list[str]
    location: str | None
    name: str


class Session(Struct, frozen=True):
    """A place where somebody is logged in."""

    id: UUID
    agent: str
    """What the browser or program called itself."""
    created_at: datetime
    expires_at: datetime
    here: bool
    """Whether it is the session that asks."""


class Staff(Struct, frozen=True):
    """A member of staff."""

    id: UUID
    name: str
    email: str
    roles: list[str]
    location: str | None
    active: bool


class Workload(Struct, frozen=True):
    """A program that comes in with a token of its own."""

    id: UUID
    name: str
    roles: list[str]
    active: bool
    expires_at: datetime | None
    """When its token ends; None: it has none any more."""


class Till(Struct, frozen=True):
    """A till in a store."""

    id: UUID
    name: str
    location: str
    active: bool
    enrolled: bool
    """Whether a device has taken its place."""


class TillCode(Struct, frozen=True):
    """What to type into a device to make it this till, once and soon."""

    till: UUID
    code: str
    expires_at: datetime


class Tries(Struct, frozen=True):
    """How often a login was tried, for one account or one address, and until when that counts."""

    key: bytes
    tries: int
    until: datetime


class AuditLine(Struct, frozen=True):
    """One line of the audit: who did what to what, and a keyed digest of what was sent."""

    position: str
    at: datetime
    kind: str
    actor: UUID
    operation: str
    target: str
    digest: str


class AuditSearch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which lines of the audit to read; None filters nothing."""

    before: str | None = None
    """Position of the last line read; None begins with the newest."""
    actor: UUID | None = None
    operation: str | None = None
    target: str | None = None
    since: Instant | None = None
    until: Instant | None = None
    limit: Page = 100


class Span(Struct, frozen=True):
    """A stretch of the audit: how many lines, where it ends, the hash of it all, and 8 bytes a line to find which."""

    lines: int
    last_xid: str | None
    last_seq: int | None
    content: bytes | None
    prints: bytes | None


class Print(Struct, frozen=True):
    """Where a line of the audit lies and the first 8 bytes of its hash."""

    position: str
    print: bytes


class Seal(Struct, frozen=True):
    """A sealed stretch of the audit: everything after the seal before it, up to ``last``."""

    number: int
    last_xid: str
    last_seq: int
    lines: int
    content: bytes
    prints: bytes
    root: bytes
    signature: bytes
    at: datetime


class Finding(Struct, frozen=True):
    """Something about the audit that is not as it was sealed."""

    kind: Literal["edited", "removed", "inserted", "reordered", "truncated", "renumbered", "seal", "anchor"]
    where: str


class Verdict(Struct, frozen=True):
    """What looking through the whole audit came to."""

    seals: int
    lines: int
    """Sealed lines that were looked at."""
    unsealed: int
    """Lines that no seal covers yet."""
    findings: list[Finding]

    @property
    def clean(self) -> bool:
        """Tell whether nothing was found."""
        return not self.findings


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


class AuditBroken(Exception):  # noqa: N818 - named as what is wrong
    """The audit has less in it than was sealed: it was cut off, or an older copy restored. Nothing is sealed on it."""


class LastAdmin(Conflict):
    """There has to remain somebody who may administer the shop."""
