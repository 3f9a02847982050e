"""The words of shipping."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict, Fault, Invalid, NotFound

CarrierCode = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z", examples=["inpost", "own-van"])]
Text = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]
Filled = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]
Word = Annotated[str, Meta(max_length=80, pattern=r"^[A-Za-z0-9._:-]*\Z")]
Web = Annotated[
    str, Meta(max_length=500, pattern=r"^(https?://[^\s\x00-\x1f]+)?\Z", examples=["https://karrio.example"])
]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z", examples=["PL"])]
Weight = Annotated[int, Meta(ge=1, le=1_000_000)]
Length = Annotated[int, Meta(ge=1, le=10_000)]
Minor = Annotated[int, Meta(ge=0, le=10**9)]
Secret = Annotated[str, Meta(max_length=500, pattern=r"^[\x21-\x7e]*\Z")]
Form = Literal["pdf", "zpl"]
State = Literal["waiting", "asking", "labelled", "refused", "cancelled"]
Status = Literal["announced", "collected", "in-transit", "out-for-delivery", "ready", "failed", "delivered", "returned"]


class CarrierUnknown(NotFound):
    """There is no such carrier."""


class NoConsignment(NotFound):
    """No carrier was asked for a label of this parcel, or it is not your store's."""


class NoLabel(NotFound):
    """This parcel has no label yet."""


class LabelStands(Conflict):
    """This parcel has a label already, or is being given one."""


class OnItsWay(Conflict):
    """A carrier has this parcel: its label cannot be taken back."""


class ForgedNews(Fault):
    """These news do not bear the carrier's signature."""

    status = 401


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """What a parcel of at most ``up_to_g`` grams costs, in minor units."""

    up_to_g: Weight
    minor: Minor


class Zone(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the house's own van goes: a country's postcodes that begin so (none: all of it), and at which prices."""

    name: Filled
    prices: Annotated[list[Price], Meta(min_length=1, max_length=50)]
    country: Country = "PL"
    prefixes: Annotated[
        list[Annotated[str, Meta(pattern=r"^[0-9A-Z]{1,12}\Z", examples=["31"])]], Meta(max_length=1000)
    ] = []
    days: Annotated[int, Meta(ge=0, le=60)] = 1


class CarrierFacts(Struct, frozen=True, forbid_unknown_fields=True):
    """A carrier as it is kept. ``house`` is our own van, ``karrio`` whoever a karrio server speaks with."""

    name: Filled
    kind: Word = "house"
    active: bool = True
    form: Form = "pdf"
    """What labels are: PDF, or ZPL for printers of labels."""
    address: Web = ""
    """Where the server is that speaks for the carrier."""
    brand: Word = ""
    """The carrier as that server names it, such as ``dpd`` or ``generic``."""
    account: Word = ""
    """Our account there, by which of several connections it is."""
    service: Word = ""
    """What is bought of it."""
    follow: Web = ""
    """Where buyers follow a parcel; ``{number}`` stands for its number."""
    points: Web = ""
    """Where its lockers are listed, as InPost lists its own."""
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")] = "PLN"
    zones: Annotated[list[Zone], Meta(max_length=100)] = []


class Carrier(CarrierFacts, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A carrier; what we are known by there is never shown."""

    code: CarrierCode
    known: bool = False
    """We have credentials there."""


class Credentials(Struct, frozen=True, forbid_unknown_fields=True):
    """What we are known by at a carrier, and what its news are signed with."""

    token: Secret = ""
    webhook_secret: Secret = ""

    def __repr__(self) -> str:
        """Keep keys out of whatever is printed."""
        return "Credentials(…)"


class CarrierRow(Struct, frozen=True):
    """A carrier as it is stored."""

    code: str
    active: bool
    body: str
    sealed: bytes | None


class Party(Struct, frozen=True, forbid_unknown_fields=True):
    """Who sends or receives."""

    name: Text = ""
    street: Text = ""
    postcode: Text = ""
    city: Text = ""
    country: Country = "PL"
    phone: Text = ""
    email: Annotated[str, Meta(max_length=254, pattern=r"^[^\x00-\x1f]*\Z")] = ""


class Size(Struct, frozen=True, forbid_unknown_fields=True):
    """Millimetres."""

    length_mm: Length
    width_mm: Length
    height_mm: Length


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """A parcel for which prices are asked: grams, from where to where."""

    weight_g: Weight
    to: Party
    sender: Party = Party()
    size: Size | None = None


class Rate(Struct, frozen=True):
    """What a carrier takes for a parcel, in minor units; days it is on its way, None where it does not say."""

    carrier: str
    service: str
    name: str
    currency: str
    minor: int
    days: int | None


class Rates(Struct, frozen=True):
    """What carriers take, cheapest first, and those that did not say, each with why."""

    rates: list[Rate]
    silent: dict[str, str]


class Consignment(Struct, frozen=True):
    """A parcel as a carrier is asked to take it."""

    parcel: UUID
    order: UUID
    location: str
    carrier: str
    number: str
    """The house's own number of the parcel, which the house's van goes by."""
    weight_g: int
    sender: Party
    recipient: Party
    size: Size | None = None
    point: str | None = None
    """The locker it goes to."""
    reference: str = ""
    """What buyer and shop call the order."""


class Label(Struct, frozen=True):
    """What a carrier gave: the parcel's number, its own name for it, and the label."""

    tracking: str
    outside: str
    form: Form
    file: bytes


class Sight(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a parcel was seen, and what became of it there."""

    at: datetime
    status: Status
    note: Text = ""
    place: Text = ""


class Spotted(Struct, frozen=True):
    """A parcel by its number, and where it was seen."""

    tracking: str
    sights: Sequence[Sight]


class SightRow(Struct, frozen=True):
    """A sight of a parcel."""

    parcel: UUID
    at: datetime
    status: Status
    note: str
    place: str


class Row(Struct, frozen=True):
    """A consignment as it is stored."""

    parcel: UUID
    order: UUID
    location: str
    carrier: str
    state: State
    body: str
    tries: int
    asked_at: datetime | None
    why: str
    tracking: str | None
    outside: str
    file: str | None
    standing: Status
    looks: int
    made_at: datetime
    labelled_at: datetime | None


class Going(Struct, frozen=True):
    """A parcel with a carrier: how far its label is, where it stands, and how it came there."""

    parcel: UUID
    order: UUID
    location: str
    carrier: str
    state: State
    why: str
    """Why it has no label yet."""
    tracking: str | None
    follow: str | None
    """Where to follow it."""
    form: Form | None
    standing: Status
    made_at: datetime
    labelled_at: datetime | None
    sights: list[Sight] = []
    name: str = ""
    """The carrier, as people call it."""


class Withdrawn(Struct, frozen=True):
    """A consignment that is not wanted any more."""

    parcel: UUID
    order: UUID
    carrier: str
    tracking: str | None
    outside: str


class Heard(Struct, frozen=True):
    """How many parcels the news were about."""

    parcels: int


class Point(Struct, frozen=True, forbid_unknown_fields=True):
    """A parcel locker, or a counter where parcels are collected. Degrees."""

    code: Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{0,19}\Z", examples=["KRA010"])]
    name: Text
    street: Text = ""
    postcode: Annotated[str, Meta(max_length=20, pattern=r"^[^\x00-\x1f]*\Z")] = ""
    city: Text = ""
    country: Country = "PL"
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    hours: Text = ""
    """When it can be reached, in words: ``24/7``."""
    pays: bool = False
    """What is collected there can be paid there."""
    active: bool = True


class Synced(Struct, frozen=True):
    """How many points a carrier lists, and how many it lists no more."""

    listed: int
    shut: int


class WindowHours(Struct, frozen=True, forbid_unknown_fields=True):
    """Hours in which so many orders, or units, of a delivery are brought to an area, if ordered before it closes."""

    channel: Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{0,19}\Z", examples=["WEB-PL"])]
    delivery: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9-]*\Z", examples=["courier"])]
    begins_at: datetime
    ends_at: datetime
    closes_at: datetime
    """The last moment to order for it, or to move an order from it."""
    capacity: Annotated[int, Meta(ge=0, le=1_000_000)]
    area: Annotated[str, Meta(pattern=r"^[0-9A-Z]{0,12}\Z", examples=["31"])] = ""
    """What its postcodes begin with; "" for everywhere."""
    counts: Literal["orders", "units"] = "orders"
    active: bool = True


class Window(Struct, frozen=True):
    """Hours of delivery, and how much of them is taken."""

    id: UUID
    channel: str
    delivery: str
    area: str
    begins_at: datetime
    ends_at: datetime
    closes_at: datetime
    capacity: int
    counts: str
    active: bool
    taken: int


class Slot(Struct, frozen=True):
    """The hours an order has."""

    order: UUID
    window: UUID
    units: int
    channel: str
    delivery: str
    begins_at: datetime
    ends_at: datetime
    closes_at: datetime


WindowKey = UUID


class SlotClaim(Struct, frozen=True):
    """An order that wants hours: with so many units, by this delivery of its channel, to this postcode."""

    order: UUID
    window: UUID
    units: int
    channel: str
    delivery: str
    postcode: str


class WindowFull(Conflict):
    """Somebody else had the last place of these hours: choose others."""


class WindowUnknown(Invalid):
    """These hours cannot be had by this delivery, or not any more."""


constraint("pickup_point_carrier_known", CarrierUnknown, "there is no such carrier: GET /shipping/carriers lists them")
constraint("delivery_window_not_overfull", WindowFull, "more of these hours is taken already than they would hold")

Limit = Annotated[int, Meta(ge=1, le=500)]
