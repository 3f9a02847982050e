"""The words of webhooks."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.integration.stream import Patterns
from rynek.kernel.faults import Conflict, Fault, NotFound

Address = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=2_000,
        pattern="^[^\\u0000]*$",
        description="where to send to: https, without a user or a fragment",
        examples=["https://example.com/hooks"],
    ),
]
Filter = Annotated[
    str,
    Meta(
        max_length=1_000,
        pattern="^[^\\u0000]*$",
        description="an expression over the fields of `data`; empty lets all through",
        examples=["channel = 'WEB-PL' and total_minor >= 10000"],
    ),
]
Note = Annotated[str, Meta(max_length=200, pattern="^[^\\u0000]*$")]
Instant = Annotated[datetime, Meta(tz=True)]
State = Literal["waiting", "delivered", "parked"]
Types = Annotated[Patterns, Meta(min_length=1)]


class Endpoint(Struct, frozen=True):
    """Where events are sent, and how that goes."""

    id: UUID
    url: str
    note: str
    types: list[str]
    filter: str
    personal: bool
    """Whether it gets the fields that say who somebody is."""
    active: bool
    stopped_at: datetime | None
    stopped_why: str
    failures: int
    """Attempts that failed since one succeeded."""
    failing_since: datetime | None
    failed_why: str
    delivered_at: datetime | None
    """When something was delivered last; exact to ten seconds."""
    waiting: int
    """Deliveries to come, counted up to 1,000."""
    parked: int
    """Deliveries given up, counted up to 1,000."""
    secrets: int
    """How many secrets sign at present: two while one is being rotated out."""
    created_at: datetime


class Made(Struct, frozen=True):
    """A new endpoint, with the secret to verify by: it is shown this once."""

    id: UUID
    secret: str


class Rotated(Struct, frozen=True):
    """A new secret, shown this once; until ``old_until_at`` the old ones sign as well."""

    secret: str
    old_until_at: datetime


class Queued(Struct, frozen=True):
    """A delivery that was put in the queue."""

    delivery: UUID


class Replaying(Struct, frozen=True):
    """A replay that has begun; it goes on behind the shop from ``after`` in the log."""

    after: str


class Delivery(Struct, frozen=True):
    """An event on its way to an endpoint, or there."""

    id: UUID
    endpoint: UUID
    event: str
    """Its place in the log; the receiver sees it as ``webhook-id``."""
    type: str
    happened_at: datetime
    state: State
    attempts: int
    """Since it was put in the queue."""
    due_at: datetime
    queued_at: datetime
    ended_at: datetime | None
    status: int | None
    error: str


class Attempt(Struct, frozen=True):
    """One try to deliver, and what came back."""

    id: UUID
    """What the receiver saw as ``x-request-id``."""
    number: int
    at: datetime
    status: int | None
    duration_ms: int
    answer: str
    """The first bytes of what came back, with what looks like a secret or a person's taken out."""
    error: str


class Told(Struct, frozen=True):
    """A delivery with its attempts, the newest first."""

    delivery: Delivery
    attempts: list[Attempt]


class DeliverySearch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which deliveries to list, the newest first; None filters nothing."""

    endpoint: UUID | None = None
    state: State | None = None
    type: Annotated[str, Meta(max_length=100, pattern="^[^\\u0000]*$")] | None = None
    event: Annotated[str, Meta(max_length=60, pattern="^[^\\u0000]*$")] | None = None
    before: UUID | None = None
    """The last delivery of the page before."""
    limit: Annotated[int, Meta(ge=1, le=500)] = 50


class Listener(Struct, frozen=True):
    """What of an endpoint decides which events it gets."""

    id: UUID
    types: list[str]
    scopes: list[str]
    filter: str
    personal: bool
    since: int


class Claimed(Struct, frozen=True):
    """A delivery that is to be tried now; ``data`` None: the log does not have it (any more)."""

    id: UUID
    endpoint: UUID
    event: str
    type: str
    number: int
    url: str
    personal: bool
    secrets: list[bytes]
    key: str | None
    at: datetime
    data: str | None


class Outcome(Struct, frozen=True):
    """What became of one try."""

    delivery: UUID
    endpoint: UUID
    number: int
    request: UUID
    at: datetime
    status: int | None
    duration_ms: int
    answer: str = ""
    error: str = ""
    again_s: float = 0.0
    """How long the receiver asked us to wait."""
    lost: bool = False
    """Whether there is nothing to send any more."""


class Fate(Struct, frozen=True):
    """What is done with a delivery after a try."""

    state: State
    wait_s: float = 0.0
    gone: bool = False
    """Whether the receiver says that it wants nothing any more."""


class Sick(Struct, frozen=True):
    """An endpoint that has failed for too long."""

    id: UUID
    url: str
    failing_since: datetime


class BadAddress(Fault):
    """Nothing may be sent to this address."""

    status = 422


class BadFilter(Fault):
    """The filter cannot be read, or speaks of fields that its events do not have."""

    status = 422


class NoSuchEndpoint(NotFound):
    """There is no such endpoint, or it is another's."""


class NoSuchDelivery(NotFound):
    """There is no such delivery, or it is another's."""


class Stopped(Conflict):
    """The endpoint is switched off: switch it on first."""
