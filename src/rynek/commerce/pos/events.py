"""What the counter announces."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from rynek.commerce.pos.model import Line, Tender
from rynek.kernel.events import event


@event("pos.receipt-accepted", key="store", personal=("customer",))
class ReceiptAccepted(Struct, frozen=True):
    """A till sold something. Amounts in minor units."""

    store: str
    till: str
    number: int
    sold_at: datetime
    customer: UUID | None
    currency: str
    amount_minor: int
    lines: list[Line]
    tenders: list[Tender]
