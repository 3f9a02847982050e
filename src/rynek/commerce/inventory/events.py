"""What inventory announces."""

from uuid import UUID

from msgspec import Struct

from rynek.commerce.inventory.model import Move, Pick
from rynek.kernel.events import event


@event("inventory.stock-held", key="holder")
class StockHeld(Struct, frozen=True):
    """Units were set aside."""

    holder: UUID
    picks: list[Pick]


@event("inventory.stock-released", key="holder")
class StockReleased(Struct, frozen=True):
    """Units that were set aside are free again: ``why`` is cancelled or lapsed."""

    holder: UUID
    picks: list[Pick]
    why: str


@event("inventory.stock-moved", key="reference")
class StockMoved(Struct, frozen=True):
    """Units came or left, by one document."""

    reference: str
    cause: str
    moves: list[Move]


@event("inventory.stock-owed", key="sku")
class StockOwed(Struct, frozen=True):
    """A store's book fell below zero: it sold what it did not know it had. Somebody should count."""

    sku: str
    location: str
    on_hand: int
