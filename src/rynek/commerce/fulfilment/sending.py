"""The words of parcels under way: from whom to whom they go, and how buyers see them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from rynek.commerce.shipping import Sight


class Sending(Struct, frozen=True):
    """From whom to whom a parcel goes; ``to`` is JSON."""

    order: UUID
    location: str
    number: int
    to: str
    point: str | None
    name: str
    home: str
    street: str
    postcode: str
    city: str


class Sent(Struct, frozen=True):
    """A parcel of an order as its buyer sees it: who brings it, where it stands, and how it came there."""

    id: UUID
    carrier: str
    tracking: str
    follow: str | None
    """Where to follow it."""
    standing: str
    """``packed`` before a carrier knows of it; then as shipping tells."""
    packed_at: datetime
    sent: bool
    """It left the shop."""
    sights: list[Sight]
