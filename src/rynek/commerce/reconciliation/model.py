"""The words of reconciliation. Money in minor units; what comes to us is positive, what leaves us negative."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.kernel.faults import Conflict, Invalid

LARGEST_BYTES = 8 * 2**20
"""Of a statement as it is sent."""
MOST_LINES = 50_000

Form = Literal["mt940", "camt053", "payouts", "remittance"]
"""Bank statements, a provider's report (CSV), a carrier's list of cash that it collected (CSV)."""
Source = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9-]{0,39}\Z", description="bank, carrier or provider", examples=["payu"])
]
Kind = Literal["credit", "debit", "remitted", "payment", "refund", "chargeback", "fee", "payout", "other"]
State = Literal["open", "matched", "aside", "resolved"]
"""``open``: work. ``matched``: as our ledger says. ``aside``: nothing of ours. ``resolved``: somebody saw to it."""
Note = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[^\x00]*\Z")]
Page = Annotated[int, Meta(ge=1, le=500)]


class StatementRefused(Invalid):
    """This file is no statement that can be read, or not of the form it was sent as."""


class LineSettled(Conflict):
    """This line is settled already."""


class Said(Struct, frozen=True):
    """A line as it was read. ``number`` is the sender's own for it, empty where it gives none."""

    kind: Kind
    minor: int
    currency: str
    booked_on: date
    number: str = ""
    reference: str = ""
    text: str = ""
    party: str = ""
    fee_minor: int = 0
    original_minor: int | None = None
    original_currency: str | None = None


class Candidate(Struct, frozen=True):
    """A payment that a line may be about, with its order's number; ``closed``: it takes nothing any more."""

    payment: UUID
    order: UUID
    number: int | None
    currency: str
    missing_minor: int
    closed: bool


class Share(Struct, frozen=True):
    """So much of a line is for a payment."""

    payment: UUID
    minor: int


class Statement(Struct, frozen=True):
    """A document as it was read."""

    number: str
    lines: list[Said]


class Line(Struct, frozen=True):
    """A line, and what became of it. ``why`` says why it is work."""

    id: UUID
    source: str
    document: UUID
    kind: Kind
    minor: int
    currency: str
    fee_minor: int
    original_minor: int | None
    original_currency: str | None
    booked_on: date
    reference: str
    text: str
    party: str
    payment: UUID | None
    state: State
    why: str


class Booking(Struct, frozen=True):
    """How much of a line a payment took."""

    payment: UUID
    minor: int
    at: datetime


class Step(Struct, frozen=True):
    """What was done about a line, and by whom."""

    at: datetime
    what: str
    note: str
    by_kind: str
    by_id: UUID


class Suggestion(Struct, frozen=True):
    """A payment of which exactly as much is missing as a line brings: perhaps that one is meant."""

    payment: UUID
    order: UUID
    number: int | None
    missing_minor: int


class Account(Struct, frozen=True):
    """A line with all that came of it."""

    line: Line
    bookings: list[Booking]
    steps: list[Step]
    suggestions: list[Suggestion]


class Document(Struct, frozen=True):
    """A statement as it came in: so many lines, of which so many were new."""

    id: UUID
    source: str
    form: str
    number: str
    lines: int
    fresh: int
    at: datetime


class Received(Struct, frozen=True):
    """What became of a statement; ``known`` lines had come before and booked nothing again."""

    document: UUID
    lines: int
    known: int
    matched: int
    open: int


class Standing(Struct, frozen=True):
    """How many lines of a source stand how, and what they sum to."""

    source: str
    currency: str
    state: State
    lines: int
    minor: int
    fee_minor: int


class Missing(Struct, frozen=True):
    """Money that a provider took for us and has not settled."""

    payment: UUID
    order: UUID
    currency: str
    captured_minor: int
    settled_minor: int
    at: datetime


class Sum(Struct, frozen=True):
    """What a provider's lines say of a payment."""

    payment: UUID
    minor: int
