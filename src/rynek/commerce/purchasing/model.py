"""The words of goods that come in."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.inventory import Batch, LocationCode, LocationUnknown, Sku
from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict, Invalid
from rynek.kernel.money import Currency

SupplierCode = Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{0,19}\Z", examples=["MILL-1"])]
Text = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]
Reason = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*\Z")]
Days = Annotated[int, Meta(ge=0, le=730)]
Units = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Counted = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Minor = Annotated[int, Meta(ge=0, le=10**12)]
LineNumber = Annotated[int, Meta(ge=1, le=1000)]
Limit = Annotated[int, Meta(ge=1, le=1000)]
Reference = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f]*\Z")]
State = Literal["draft", "sent", "confirmed", "partly-received", "closed", "cancelled"]
Verb = Literal["change", "send", "confirm", "move", "receive", "close", "cancel"]
Kind = Literal["less", "more", "damaged", "wrong"]
Settled = Literal["credit", "accept", "expect", "came"]
Settling = Literal["credit", "accept", "expect"]


class SupplierUnknown(Invalid):
    """There is no such supplier."""


class ItemUnknown(Invalid):
    """An item is not in the catalogue."""


class NotInPacks(Invalid):
    """The supplier sends this item in other numbers."""


class WrongPurchaseStep(Conflict):
    """The purchase order is not so far, or further."""


class DeliveryDiffers(Conflict):
    """Another delivery was taken in under this number."""


class DifferenceSettled(Conflict):
    """This difference is settled already."""


class CannotExpect(Invalid):
    """There is nothing to expect of what came too much, or was never ordered."""


class Supplier(Struct, frozen=True, forbid_unknown_fields=True):
    """Who sends goods; ``lead_days`` from the order to the goods, as declared."""

    code: SupplierCode
    name: Annotated[Text, Meta(min_length=1)]
    lead_days: Days
    currency: Currency
    email: Annotated[str, Meta(max_length=254, pattern=r"^([^@\s\x00]+@[^@\s\x00]+)?\Z")] = ""
    active: bool = True


class SupplierItem(Struct, frozen=True, forbid_unknown_fields=True):
    """An item that a supplier sends; net cost of one unit in the supplier's currency.

    ``code`` is the supplier's own number, ``lead_days`` None as for all of the supplier's items.
    """

    sku: Sku
    code: Text = ""
    lead_days: Days | None = None
    pack: Units = 1
    """It comes in whole packs of so many."""
    minimum: Units = 1
    cost_minor: Minor | None = None
    active: bool = True


class LeadTime(Struct, frozen=True):
    """How long an item takes to come: days as declared, and as measured from the deliveries of two years."""

    sku: str
    declared: int
    deliveries: int
    median: float | None
    longest: int | None
    punctual: float | None
    """Share of the deliveries that came on the day first promised, or before."""


class NewLine(Struct, frozen=True, forbid_unknown_fields=True):
    """What is ordered; without ``cost_minor`` (net, for one unit) at the cost on record."""

    sku: Sku
    units: Units
    location: LocationCode
    cost_minor: Minor | None = None


NewLines = Annotated[list[NewLine], Meta(min_length=1, max_length=1000)]


class PurchaseLine(Struct, frozen=True):
    """An ordered line: of ``units`` so many are ``received``, so many ``dropped``; ``extra`` came on top."""

    line: int
    sku: str
    name: str
    code: str
    location: str
    units: int
    cost_minor: int
    promised_on: date | None
    first_promised_on: date | None
    received: int
    dropped: int
    extra: int

    @property
    def coming(self) -> int:
        """How many units are still to come."""
        return self.units - self.received - self.dropped


class PurchaseRow(Struct, frozen=True):
    """An order to a supplier, without what is ordered."""

    id: UUID
    number: int
    supplier: str
    supplier_name: str
    currency: str
    state: State
    note: str
    made_at: datetime
    sent_at: datetime | None
    confirmed_at: datetime | None
    closed_at: datetime | None
    units: int
    coming: int
    cost_minor: int
    next_on: date | None
    """The first day on which something of it is promised."""
    differences: int
    """How many of its differences are open."""


class Difference(Struct, frozen=True):
    """Something that came otherwise than ordered: work until it is settled.

    ``less`` came than was said, ``more`` than was ordered, ``damaged``, or the ``wrong`` item.
    """

    id: UUID
    purchase: UUID
    number: int
    supplier: str
    location: str
    line: int | None
    kind: Kind
    sku: str
    units: int
    reason: str
    found_at: datetime
    resolution: Settled | None
    note: str
    resolved_at: datetime | None


Batches = Annotated[list[Batch], Meta(max_length=1000)]


class Arrived(Struct, frozen=True, forbid_unknown_fields=True):
    """What came of an item: ``units`` sound ones, and ``damaged`` ones beside them; why, if something is amiss.

    ``batches``: the lots or serial numbers of the sound ones, where the item wants them.
    """

    sku: Sku
    units: Counted
    damaged: Counted = 0
    reason: Reason = ""
    batches: Batches = []


ArrivedLines = Annotated[list[Arrived], Meta(max_length=1000)]


class Receipt(Struct, frozen=True):
    """A delivery as it was counted; ``complete``: what had not come by then was missing."""

    id: UUID
    purchase: UUID
    location: str
    reference: str
    complete: bool
    at: datetime


class Counting(Struct, frozen=True):
    """A line of a delivery."""

    receipt: UUID
    sku: str
    units: int
    damaged: int
    reason: str


class Delivery(Struct, frozen=True):
    """A delivery with what was counted."""

    receipt: Receipt
    lines: list[Arrived]


class Purchase(Struct, frozen=True):
    """An order to a supplier with its lines, what came of it, and what was different."""

    head: PurchaseRow
    lines: list[PurchaseLine]
    deliveries: list[Delivery]
    differences: list[Difference]


class Expected(Struct, frozen=True):
    """What a location waits for."""

    purchase: UUID
    number: int
    supplier: str
    supplier_name: str
    line: int
    sku: str
    name: str
    gtin: str
    coming: int
    promised_on: date | None
    state: State


class Day(Struct, frozen=True, forbid_unknown_fields=True):
    """For which day a line is promised; with ``units`` fewer than ordered, the rest will not come."""

    line: LineNumber
    promised_on: date
    units: Counted | None = None


Dates = Annotated[list[Day], Meta(max_length=1000)]


class Open(Struct, frozen=True):
    """A locked line of a purchase order at a location, and how many of its units are known to be missing."""

    line: int
    sku: str
    location: str
    coming: int
    promised_on: date | None
    missed: int


class Head(Struct, frozen=True):
    """A locked purchase order."""

    id: UUID
    number: int
    supplier: str
    state: State
    sent_at: datetime | None


class Found(Struct, frozen=True):
    """A difference as it is found at the door."""

    kind: Kind
    sku: str
    line: int | None
    units: int


class Intake(Struct, frozen=True):
    """What a delivery comes to: units for each line, and what is different."""

    received: dict[int, int]
    found: list[Found]


class Effect(Struct, frozen=True):
    """What settling a difference does: units ``received`` for the line, ``extra`` on top, ``dropped`` for good."""

    received: int = 0
    extra: int = 0
    dropped: int = 0


class Supply(Struct, frozen=True):
    """Units of an item that are to come to a location on a day, and the channels it serves."""

    sku: str
    location: str
    units: int
    on: date
    channels: list[str]


class Earliest(Struct, frozen=True):
    """How soon so many units of an item can be had in a channel; None: nothing that is known of is enough.

    ``available`` are there now; ``beyond`` may be ordered on top of them.
    """

    sku: str
    units: int
    on: date | None
    available: int
    beyond: int
    kind: Literal["none", "backorder", "preorder"]


class Expectation(Struct, frozen=True):
    """What a channel may sell of an item beyond stock, and when the next of it comes; None: that is not known."""

    sku: str
    kind: Literal["backorder", "preorder"]
    units: int
    on: date | None


for _name in ("supplier_item_supplier_known", "purchase_supplier_known"):
    constraint(_name, SupplierUnknown, "there is no such supplier; GET /purchasing/suppliers lists them")
constraint("purchase_line_location_known", LocationUnknown, "there is no such location")
constraint("purchase_line_not_over", Conflict, "so many units are not to come any more")
