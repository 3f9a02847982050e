"""What fulfilment announces."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("fulfilment.work-given", key="order")
class WorkGiven(Struct, frozen=True):
    """A location is to take units from its shelves for an order, until ``due_at``."""

    order: UUID
    task: UUID
    location: str
    kind: str
    due_at: datetime


@event("fulfilment.work-cancelled", key="order")
class WorkCancelled(Struct, frozen=True):
    """Nothing is wanted of a task any more."""

    order: UUID
    task: UUID
    location: str


@event("fulfilment.units-missed", key="order")
class UnitsMissed(Struct, frozen=True):
    """Units were not where the book said. Somebody should count."""

    order: UUID
    task: UUID
    location: str
    sku: str
    units: int
    reason: str


@event("fulfilment.units-backordered", key="order")
class UnitsBackordered(Struct, frozen=True):
    """Nobody has units of an order: it waits for goods to come in."""

    order: UUID
    sku: str
    units: int


@event("fulfilment.order-packed", key="order")
class OrderPacked(Struct, frozen=True):
    """A part of an order, or all of it, is packed and has its labels."""

    order: UUID
    task: UUID
    location: str
    tracking: list[str]


@event("fulfilment.parcels-handed-over", key="location")
class ParcelsHandedOver(Struct, frozen=True):
    """A carrier took parcels over; ``orders`` are those they belong to."""

    handover: UUID
    location: str
    carrier: str
    parcels: int
    orders: list[UUID]


@event("fulfilment.collection-ready", key="order")
class CollectionReady(Struct, frozen=True):
    """Goods of an order lie ready where they are collected, until ``until_at``. The code is asked for, not told."""

    order: UUID
    collection: UUID
    location: str
    until_at: datetime


@event("fulfilment.collection-reminded", key="order")
class CollectionReminded(Struct, frozen=True):
    """Whoever ordered is to be reminded that goods lie ready until ``until_at``."""

    order: UUID
    collection: UUID
    location: str
    until_at: datetime


@event("fulfilment.collection-extended", key="order")
class CollectionExtended(Struct, frozen=True):
    """Goods lie ready longer than was said."""

    order: UUID
    collection: UUID
    location: str
    until_at: datetime


@event("fulfilment.collected", key="order")
class Collected(Struct, frozen=True):
    """Goods of an order were handed out: to whoever ordered them, or to somebody else (``by``)."""

    order: UUID
    collection: UUID
    location: str
    by: str


@event("fulfilment.collection-expired", key="order")
class CollectionExpired(Struct, frozen=True):
    """Nobody collected goods in time: they go back into stock, and what was not collected is cancelled."""

    order: UUID
    collection: UUID
    location: str


@event("fulfilment.goods-on-the-way", key="order")
class GoodsOnTheWay(Struct, frozen=True):
    """Goods of an order left a location for the one where they are collected."""

    order: UUID
    task: UUID
    origin: str
    location: str
