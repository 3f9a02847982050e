"""What inventory announces."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from rynek.commerce.inventory.model import Move, Need, Pick
from rynek.kernel.events import event


@event("inventory.stock-held", key="holder")
class StockHeld(Struct, frozen=True):
    """Units were set aside."""

    holder: UUID
    picks: list[Pick]


@event("inventory.units-awaited", key="holder")
class UnitsAwaited(Struct, frozen=True):
    """Units were sold beyond what is there: somebody waits for them."""

    holder: UUID
    channel: str
    lines: list[Need]


@event("inventory.units-served", key="holder")
class UnitsServed(Struct, frozen=True):
    """Units that somebody waited for came, and are set aside."""

    holder: UUID
    picks: list[Pick]


@event("inventory.wait-ended", key="holder")
class WaitEnded(Struct, frozen=True):
    """Somebody waits for units no more: they were given up."""

    holder: UUID
    lines: list[Need]


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


@event("inventory.routes-changed", key="channel")
class RoutesChanged(Struct, frozen=True):
    """Other locations serve a channel, or more or less is kept back from it: what it may promise is to be read anew."""

    channel: str


@event("inventory.location-changed", key="location")
class LocationChanged(Struct, frozen=True):
    """A location is new or different; one that is not active promises nothing."""

    location: str


@event("inventory.stock-owed", key="sku")
class StockOwed(Struct, frozen=True):
    """A store's book fell below zero: it sold what it did not know it had. Somebody should count."""

    sku: str
    location: str
    on_hand: int


@event("inventory.lot-blocked", key="sku")
class LotBlocked(Struct, frozen=True):
    """A lot is too old to be sent out: somebody should take it off the shelf. ``units`` of it were set aside."""

    sku: str
    location: str
    lot: str
    units: int
    best_before: date | None
