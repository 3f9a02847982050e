"""What checkout announces."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("checkout.cart-changed", key="cart", seen_by="orders.read", personal=("owner",))
class CartChanged(Struct, frozen=True):
    """A cart is new or different; ``total_minor`` in minor units of ``currency``."""

    cart: UUID
    version: int
    channel: str
    owner_kind: str
    owner: UUID
    currency: str
    total_minor: int
    skus: list[str]


@event("checkout.cart-dropped", key="cart", seen_by="orders.read")
class CartDropped(Struct, frozen=True):
    """A cart is gone: thrown away, or merged into another."""

    cart: UUID
    into: UUID | None
