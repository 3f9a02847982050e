"""What returns announce."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("returns.return-asked", key="order")
class ReturnAsked(Struct, frozen=True):
    """A buyer wants to give goods back."""

    order: UUID
    rma: UUID
    number: int
    wish: str
    units: int


@event("returns.return-decided", key="order", personal=("note",))  # people write it
class ReturnDecided(Struct, frozen=True):
    """A return was agreed to, or not."""

    order: UUID
    rma: UUID
    agreed: bool
    note: str


@event("returns.goods-arrived", key="order")
class GoodsArrived(Struct, frozen=True):
    """Goods of a return are here, and wait to be looked at."""

    order: UUID
    rma: UUID
    location: str
    units: int


@event("returns.return-settled", key="order")
class ReturnSettled(Struct, frozen=True):
    """Goods of a return were looked at, and the buyer has what is due for them; money in minor units."""

    order: UUID
    rma: UUID
    refund_minor: int
    restocked: int
    mended: int
    scrapped: int
    sent_back: int
