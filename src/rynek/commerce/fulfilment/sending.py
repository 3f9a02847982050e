"""The words of parcels under way: from whom to whom they go, and how buyers see them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

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
    name: str = ""
    """The carrier as people call it; "" where only its code is known."""


class Sought(Struct, frozen=True, forbid_unknown_fields=True):
    """What only who bought knows of an order: its number, and the e-mail it was bought with."""

    number: Annotated[int, Meta(ge=1, le=10**15)]
    email: Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^\x00-\x1f]*\Z", examples=["ola@example.com"])]


class Found(Struct, frozen=True):
    """An order that was found."""

    id: UUID
    number: int
    state: str


class Tracked(Struct, frozen=True):
    """An order, found by its number and e-mail, with its parcels."""

    order: UUID
    number: int
    state: str
    parcels: list[Sent]
