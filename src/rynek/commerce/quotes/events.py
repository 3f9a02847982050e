"""What is announced of quotes and approvals."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("quotes.quote-moved", key="quote", personal=("customer",))
class QuoteMoved(Struct, frozen=True):
    """A quote was asked for, offered, countered, accepted, declined, or is past its day."""

    quote: UUID
    number: int
    customer: UUID
    company: UUID | None
    state: str
    turn: int
    order: UUID | None


@event("quotes.approval-moved", key="approval", personal=("customer",))
class ApprovalMoved(Struct, frozen=True):
    """Somebody asked for approval, or it was decided."""

    approval: UUID
    cart: UUID
    customer: UUID
    company: UUID
    state: str
    order: UUID | None
