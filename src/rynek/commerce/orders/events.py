"""What orders announce."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


class Item(Struct, frozen=True):
    """Units of an item and what they cost, in minor units."""

    sku: str
    units: int
    gross_minor: int


class Reduction(Struct, frozen=True):
    """A promotion that counted in an order, and what it took off."""

    promotion: str
    minor: int


@event("orders.order-placed", key="order", personal=("owner",))
class OrderPlaced(Struct, frozen=True):
    """Somebody bought."""

    order: UUID
    number: int
    cart: UUID
    channel: str
    owner_kind: str
    owner: UUID
    currency: str
    total_minor: int
    tax_minor: int
    items: list[Item]
    discount_minor: int = 0
    promotions: list[Reduction] = []


@event("orders.order-paid", key="order")
class OrderPaid(Struct, frozen=True):
    """All of an order's money is authorised: it can be fulfilled."""

    order: UUID


@event("orders.order-cancelled", key="order", personal=("reason",))  # people write it
class OrderCancelled(Struct, frozen=True):
    """An order will not be fulfilled; its units are free again, its money goes back."""

    order: UUID
    reason: str


@event("orders.order-shipped", key="order")
class OrderShipped(Struct, frozen=True):
    """An order's units left."""

    order: UUID


@event("orders.units-returned", key="order")
class UnitsReturned(Struct, frozen=True):
    """Units of an order came back; ``gross_minor`` is what was paid for them."""

    order: UUID
    reference: str
    location: str
    gross_minor: int
    items: list[Item]
