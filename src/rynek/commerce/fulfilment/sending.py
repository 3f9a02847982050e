"""The words of parcels under way: from whom to whom they go, and how buyers see them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.inventory import LotLines, Sku
from rynek.commerce.shipping import Sight, Size

Units = Annotated[int, Meta(ge=1, le=1_000_000)]


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


class Parcel(Struct, frozen=True):
    """What goes to a carrier; its weight in grams."""

    id: UUID
    order: UUID
    task: UUID
    location: str
    carrier: str
    tracking: str
    weight_g: int
    goods: dict[str, int]
    packed_at: datetime
    handover: UUID | None
    number: int
    """Of the order."""
    lots: dict[str, dict[str, int]] = {}
    """Of what is told by lot: how many units of each lot or serial number."""


class ParcelRow(Struct, frozen=True):
    """A parcel as it is stored."""

    id: UUID
    order: UUID
    task: UUID
    location: str
    carrier: str
    tracking: str
    weight_g: int
    goods: str
    packed_at: datetime
    handover: UUID | None
    number: int
    """Of the order."""
    lots: str | None = None


class Packing(Struct, frozen=True, forbid_unknown_fields=True):
    """A parcel as it is packed: what it weighs, in grams, and what is in it; ``goods`` empty: all that is left."""

    weight_g: Annotated[int, Meta(ge=1, le=1_000_000)]
    tracking: Annotated[str, Meta(pattern=r"^[A-Z0-9]{0,40}\Z")] = ""
    """The carrier's number; "" to be given one of the house (an SSCC), or the carrier's with its label."""
    size: Size | None = None
    goods: Annotated[dict[Sku, Units], Meta(max_length=1000)] = {}
    lots: LotLines = []
    """Which lots or serial numbers, where there are several parcels; empty: what is left of them."""


class Boxed(Struct, frozen=True, forbid_unknown_fields=True):
    """All of a task's goods in one parcel; its weight in grams."""

    task: UUID
    weight_g: Annotated[int, Meta(ge=1, le=1_000_000)]
    tracking: Annotated[str, Meta(pattern=r"^[A-Z0-9]{0,40}\Z")] = ""


class Handover(Struct, frozen=True):
    """Parcels that a carrier took over at once."""

    id: UUID
    location: str
    carrier: str
    at: datetime
    parcels: list[Parcel]


class HandoverRow(Struct, frozen=True):
    """A list of parcels that were taken over, without them."""

    id: UUID
    location: str
    carrier: str
    at: datetime
    parcels: int


class HandedOver(Struct, frozen=True):
    """What a carrier took, and the orders whose parcels stay, each with why."""

    handover: UUID | None
    parcels: int
    left: dict[UUID, str]
