"""What the counter announces."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from rynek.commerce.pos.model import Line, Returned, Tender
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


@event("pos.goods-returned", key="store", personal=("customer",))
class GoodsReturned(Struct, frozen=True):
    """Goods came back over a counter, by the receipt ``number`` of the till RETURNS. Amounts in minor units, positive.

    ``sold_at``, ``till`` and ``receipt`` name what they were sold by; None: whoever brought them had no receipt.
    """

    store: str
    number: int
    sold_at: str | None
    till: str | None
    receipt: int | None
    customer: UUID | None
    currency: str
    amount_minor: int
    lines: list[Returned]
