"""The words of stock."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict, Fault, Invalid

Sku = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z", description="stock keeping unit")]
LocationCode = Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{0,19}\Z", examples=["S-0367", "WH-1"])]
ChannelCode = Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{0,19}\Z", examples=["WEB-PL"])]
Reference = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*\Z")]
Units = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Counted = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Change = Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000)]
Text = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*\Z")]


class OutOfStock(Fault):
    """Fewer units are free than are asked for."""

    status = 409


class UnitsHeld(Conflict):
    """So many units cannot leave: some of them are set aside for orders."""


class NotHeld(Conflict):
    """So many units are not set aside for this holder there."""


class AlreadyReceived(Conflict):
    """This transfer was received before."""


class HeldForOrder(Conflict):
    """These units are set aside for an order: cancel it or ship it."""


class DocumentDiffers(Conflict):
    """A document of another kind was taken in under this number."""


class TransferDiffers(Conflict):
    """Another transfer was sent under this id."""


class BeyondSold(Conflict):
    """More is sold beyond stock already than that."""


class LotsWanted(Invalid):
    """The units of this item have to be told by lot or serial number; together they are as many as moved."""


class LotDiffers(Conflict):
    """This lot is known with another best-before date."""


class LotNotThere(Conflict):
    """So many units of this lot are not there, or others have them on their lists."""


class LotTooOld(Conflict):
    """This lot is past its date, or so near it that the item is not sent out any more."""


class SerialElsewhere(Conflict):
    """This serial number is in stock already: there is one of it."""


class NotSoldSo(Conflict):
    """This lot or serial number did not go out with that order."""


class LotsInUse(Conflict):
    """Lots of this item are on lists or blocked: let that be done first."""


class LocationUnknown(Invalid):
    """There is no such location."""


class Location(Struct, frozen=True, forbid_unknown_fields=True):
    """A store or a warehouse. A store may sell what its book does not show; a warehouse may not."""

    code: LocationCode
    name: Text
    kind: Literal["store", "warehouse"]
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")] = "PL"
    active: bool = True


class Level(Struct, frozen=True):
    """What a location has of an item: ``on_hand`` (negative at a store that owes), of it ``held``, and ``inbound``."""

    sku: str
    location: str
    on_hand: int
    held: int
    inbound: int
    by_lot: bool = False
    """Whether it is told lot by lot."""


class Total(Struct, frozen=True):
    """What all locations have of an item together; ``owing`` counts those whose book is below zero."""

    sku: str
    on_hand: int
    held: int
    inbound: int
    locations: int
    owing: int


class Available(Struct, frozen=True):
    """Units of an item that a channel may promise now, and those expected."""

    sku: str
    units: int
    inbound: int


class Candidate(Struct, frozen=True):
    """A locked level that may serve a channel: ``unheld`` units, of which ``safety`` are kept back from it."""

    sku: str
    location: str
    unheld: int
    channel: str
    rank: int
    safety: int


class Need(Struct, frozen=True, forbid_unknown_fields=True):
    """So many units of an item."""

    sku: Sku
    units: Units


class Claim(Struct, frozen=True):
    """Units wanted for one holder, from what a channel may promise."""

    holder: UUID
    channel: str
    needs: Sequence[Need]
    until: datetime | None = None


class Pick(Struct, frozen=True, forbid_unknown_fields=True):
    """So many units of an item at a location."""

    sku: Sku
    location: LocationCode
    units: Units


class Kept(Struct, frozen=True):
    """So many units of an item at a location, set aside for a holder."""

    holder: UUID
    sku: str
    location: str
    units: int


class Rehold(Struct, frozen=True):
    """Units of a holder that are to be set aside at other places: ``taken`` instead of ``given``."""

    holder: UUID
    given: Sequence[Pick]
    taken: Sequence[Pick]


class Leaving(Struct, frozen=True):
    """Units of a holder that leave the house, from where they are set aside, by one document.

    ``list``: for which their lots were taken off the shelf.
    """

    holder: UUID
    reference: str
    picks: Sequence[Pick]
    list: UUID | None = None


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a document that moves stock; positive comes in, negative goes out."""

    sku: Sku
    units: Change


Limit = Annotated[int, Meta(ge=1, le=1000)]
Lines = Annotated[list[Line], Meta(min_length=1, max_length=1000)]
Skus = Annotated[list[Sku], Meta(min_length=1, max_length=200)]


class CountedLine(Struct, frozen=True, forbid_unknown_fields=True):
    """What was found of an item when it was counted."""

    sku: Sku
    counted: Counted


Arrived = Annotated[list[CountedLine], Meta(max_length=1000)]
Counts = Annotated[list[CountedLine], Meta(min_length=1, max_length=1000)]


# --- lots and serial numbers ------------------------------------------------------------------------------------------

LotCode = Annotated[
    str, Meta(pattern=r"^[!-~]{1,40}\Z", description="the number of a lot, or a serial number", examples=["L-0117"])
]
By = Literal["none", "lots", "serials"]


class Tracking(Struct, frozen=True, forbid_unknown_fields=True):
    """What an item wants: nothing, to be kept by lot, or by serial number.

    With ``fresh_days`` its lots have a best-before date, and so many days of it must be left when one is sent out.
    """

    sku: Sku
    by: By
    fresh_days: Annotated[int, Meta(ge=0, le=3650)] | None = None


class OfLot(Struct, frozen=True, forbid_unknown_fields=True):
    """So many units of a lot of an item, or the one of a serial number; its date where it is new."""

    sku: Sku
    lot: LotCode
    units: Change = 1
    best_before: date | None = None


class Batch(Struct, frozen=True, forbid_unknown_fields=True):
    """So many units of a lot, or the one of a serial number, of an item named beside it; its date where it is new."""

    lot: LotCode
    units: Units = 1
    best_before: date | None = None


LotLines = Annotated[list[OfLot], Meta(max_length=5000)]


class LotLevel(Struct, frozen=True):
    """What a location has of a lot; of it ``taken`` off the shelf for lists, and ``blocked`` as too old.

    Lot "" is what lies there of a lot that nobody has said.
    """

    sku: str
    location: str
    lot: str
    units: int
    taken: int
    blocked: int
    best_before: date | None
    fresh_days: int | None
    by: By

    @property
    def free(self) -> int:
        """How many units may be taken."""
        return self.units - self.taken - self.blocked


class LotKnown(Struct, frozen=True):
    """A lot and its date."""

    sku: str
    lot: str
    best_before: date | None


class LotEntry(Struct, frozen=True):
    """One line of the ledger of lots. ``holder``: whose units they were; ``assumed``: nobody said which lot it was."""

    at: datetime
    sku: str
    location: str
    lot: str
    units: int
    cause: str
    reference: str
    holder: UUID | None
    assumed: bool


class LotMove(Struct, frozen=True):
    """Units of a lot that came to (positive) or left (negative) a location; ``assumed``: nobody said which lot."""

    sku: str
    location: str
    lot: str
    units: int
    assumed: bool = False


class LotOnList(Struct, frozen=True):
    """Units of a lot that were taken off the shelf for a list."""

    list: UUID
    sku: str
    location: str
    lot: str
    units: int
    best_before: date | None


class Gone(Struct, frozen=True):
    """Units that left a level, and whether it is told by lot."""

    sku: str
    location: str
    units: int
    by_lot: bool


class After(Struct, frozen=True):
    """What is on hand after a move, and whether it is told by lot."""

    on_hand: int
    by_lot: bool


class Scanned(Struct, frozen=True):
    """What a barcode says; without a structure all of it is ``code``."""

    code: str
    gtin: str = ""
    lot: str = ""
    serial: str = ""
    best_before: date | None = None


class Move(Struct, frozen=True):
    """Units that came to (positive) or left (negative) a location."""

    sku: str
    location: str
    units: int


class Sale(Struct, frozen=True):
    """Units that left (positive) or came back (negative) over one counter, by one receipt."""

    location: str
    reference: str
    at: datetime
    lines: Sequence[tuple[str, int]]


class Entry(Struct, frozen=True):
    """One line of the stock ledger, and why it was written."""

    at: datetime
    sku: str
    location: str
    units: int
    cause: str
    reference: str


class Sold(Struct, frozen=True, gc=False):
    """Units of an item that were sold."""

    sku: str
    units: int


class Aged(Struct, frozen=True, gc=False):
    """Since when the oldest units of an item have been on hand."""

    sku: str
    since: datetime


class Route(Struct, frozen=True, forbid_unknown_fields=True):
    """A location that serves a channel; lower ranks are asked first."""

    location: LocationCode
    rank: Annotated[int, Meta(ge=0, le=1_000_000)] = 100


class Safety(Struct, frozen=True, forbid_unknown_fields=True):
    """Units kept back from a channel at a location; without ``sku`` of every item."""

    location: LocationCode
    units: Counted
    sku: Annotated[str, Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,39})?\Z")] = ""


class Beyond(Struct, frozen=True, forbid_unknown_fields=True):
    """How many units of an item a channel may sell beyond what is there, at most so many at once.

    ``backorder``: at any time; ``preorder``: to be had from a day on; ``none``: no more than there is.
    """

    sku: Sku
    kind: Literal["none", "backorder", "preorder"]
    most: Counted = 0
    from_on: date | None = None


class BeyondRow(Struct, frozen=True):
    """How many units of an item a channel may sell beyond stock, and how many of them are sold."""

    sku: str
    kind: Literal["none", "backorder", "preorder"]
    most: int
    from_on: date | None
    sold: int


class Ahead(Struct, frozen=True):
    """A locked number of units that a channel may still sell beyond stock."""

    channel: str
    sku: str
    units: int


class Awaited(Struct, frozen=True):
    """Units that somebody waits for: none left, once they are set aside. ``promised_on`` None: not known yet."""

    holder: UUID
    sku: str
    channel: str
    units: int
    since: datetime
    promised_on: date | None
    first_promised_on: date | None
    from_on: date | None = None
    """The day before which nobody is to have the item."""


class Queued(Struct, frozen=True):
    """Units that are waited for in a channel by all who came before somebody."""

    sku: str
    channel: str
    units: int


Safeties = Annotated[list[Safety], Meta(min_length=1, max_length=1000)]


class NewTransfer(Struct, frozen=True, forbid_unknown_fields=True):
    """Goods to be sent from one location to another."""

    origin: LocationCode
    destination: LocationCode
    lines: Annotated[list[Need], Meta(min_length=1, max_length=1000)]
    lots: LotLines = []


class TransferRow(Struct, frozen=True):
    """Goods on their way between two locations, without what they are."""

    id: UUID
    origin: str
    destination: str
    sent_at: datetime
    received_at: datetime | None


class Transfer(TransferRow, frozen=True):
    """Goods on their way between two locations."""

    lines: list[Line]
    lots: list[OfLot] = []


class Unbalanced(Struct, frozen=True):
    """A level that is not the sum of its ledger, its holds, or its lots with their ledger and lists: damage."""

    sku: str
    location: str
    on_hand: int
    entries: int
    held: int
    holds: int
    lots: int | None
    lot_entries: int | None
    """Of lots and their ledger: None, where it is not told by lot."""


constraint("level_not_oversold", UnitsHeld, "the units are set aside for orders, or were never there")
for _name in (
    "level_location_known",
    "stock_document_location_known",
    "transfer_origin_known",
    "transfer_destination_known",
):
    constraint(_name, LocationUnknown, "there is no such location; GET /inventory/locations lists them")
constraint("location_channel_location_fkey", LocationUnknown, "there is no such location")
constraint("safety_location_fkey", LocationUnknown, "there is no such location")
for _name in ("lot_not_below_zero", "lot_not_over_taken"):
    constraint(_name, LotNotThere, "so many units of this lot are not there, or others have them on their lists")
for _name in ("lot_serial_once", "lot_serial_is_one"):
    constraint(_name, SerialElsewhere, "this serial number is in stock already: there is one of it")
constraint("level_is_its_lots", LotsWanted, "the lots do not add up to what is there")
constraint("beyond_not_oversold", BeyondSold, "so many units are sold beyond stock already: the limit cannot be lower")
constraint("beyond_preorder_day", Invalid, "say from which day a preorder may be had: from_on")
constraint("transfer_elsewhere", Invalid, "a transfer goes to another location")
