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


@event("orders.units-shipped", key="order")
class UnitsShipped(Struct, frozen=True):
    """A part of an order left, by a shipment's own number; ``gross_minor`` is what was agreed for it."""

    order: UUID
    reference: str
    gross_minor: int
    items: list[Item]


@event("orders.order-changed", key="order")
class OrderChanged(Struct, frozen=True):
    """An order was changed after it was placed: units given up, or added; ``total_minor`` is what it comes to now."""

    order: UUID
    reference: str
    total_minor: int
    given_up: list[Item]
    added: list[Item]


@event("orders.order-credited", key="order", personal=("why",))  # people write it
class OrderCredited(Struct, frozen=True):
    """The buyer gets money back, or need not pay it."""

    order: UUID
    reference: str
    minor: int
    why: str


@event("orders.order-held", key="order", personal=("reason",))  # people write it
class OrderHeld(Struct, frozen=True):
    """An order does not go on until somebody has looked at it."""

    order: UUID
    kind: str
    reason: str


@event("orders.hold-lifted", key="order")
class HoldLifted(Struct, frozen=True):
    """What held an order up is settled."""

    order: UUID
    kind: str
