"""What purchasing announces."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


class Promised(Struct, frozen=True):
    """Units of an item that are to come to a location, and when; ``was`` the day promised before."""

    line: int
    sku: str
    location: str
    units: int
    promised_on: date
    was: date | None = None


class Received(Struct, frozen=True):
    """Sound units of an item that came."""

    sku: str
    units: int


@event("purchasing.order-sent", key="purchase", seen_by="purchasing.read")
class PurchaseOrderSent(Struct, frozen=True):
    """A purchase order went to its supplier."""

    purchase: UUID
    number: int
    supplier: str


@event("purchasing.order-confirmed", key="purchase", seen_by="purchasing.read")
class PurchaseOrderConfirmed(Struct, frozen=True):
    """A supplier has said when goods come."""

    purchase: UUID
    number: int
    lines: list[Promised]


@event("purchasing.order-moved", key="purchase", seen_by="purchasing.read")
class PurchaseOrderMoved(Struct, frozen=True):
    """Goods come on other days than were promised."""

    purchase: UUID
    number: int
    lines: list[Promised]


@event("purchasing.goods-received", key="purchase", seen_by="purchasing.read")
class GoodsReceived(Struct, frozen=True):
    """A delivery came; ``differences`` counts what was not as ordered."""

    purchase: UUID
    number: int
    receipt: UUID
    location: str
    lines: list[Received]
    differences: int


@event("purchasing.difference-found", key="purchase", seen_by="purchasing.read")
class DifferenceFound(Struct, frozen=True):
    """Something came otherwise than ordered; ``kind`` is less, more, damaged or wrong."""

    purchase: UUID
    difference: UUID
    kind: str
    sku: str
    units: int
    reason: str


@event("purchasing.difference-settled", key="purchase", seen_by="purchasing.read")
class DifferenceSettledWith(Struct, frozen=True):
    """A difference is settled with the supplier: by credit, accept, expect, or because it came after all."""

    purchase: UUID
    difference: UUID
    resolution: str


@event("purchasing.order-closed", key="purchase", seen_by="purchasing.read")
class PurchaseOrderClosed(Struct, frozen=True):
    """Nothing more comes of a purchase order; ``why`` is received, given-up or cancelled."""

    purchase: UUID
    number: int
    why: str


@event("purchasing.promise-moved", key="order", seen_by="purchasing.read")
class PromiseMoved(Struct, frozen=True):
    """Units that an order waits for come on another day than was promised: its buyer is to be told.

    ``promised_on`` None: it is not known when they come; ``was`` None: it was not known.
    """

    order: UUID
    sku: str
    units: int
    promised_on: date | None
    was: date | None
