"""The words of fulfilment."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.fulfilment.sending import (  # noqa: F401 - statements find them
    Found,
    HandoverRow,
    Parcel,
    ParcelRow,
    Sending,
    Sent,
    Units,
)
from rynek.commerce.inventory import Batch, LocationCode, LocationUnknown, Pick, Sku
from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict, Invalid, TooManyRequests

By = Literal["nearest", "parcels", "cheapest", "load", "age", "rank"]
Kind = Literal["send", "hand-out", "bring"]
State = Literal["open", "picking", "picked", "packed", "sent", "ready", "collected", "expired", "cancelled"]
Verb = Literal["start", "let-go", "pick", "pack", "send", "get-ready", "collect", "expire", "cancel"]
Cause = Literal["placed", "changed", "short", "asked", "came-in"]
Reason = Literal["not-found", "damaged", "rejected"]
Limit = Annotated[int, Meta(ge=1, le=500)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]


class WrongStep(Conflict):
    """The work is not so far, or further, or somebody else's."""


class OrderHeldUp(Conflict):
    """The order is held up until somebody has looked at it."""


class NotOnList(Invalid):
    """This item is not on the list."""


class PickedAlready(Conflict):
    """So many units are not missing from the list any more."""


class NothingWaits(Conflict):
    """Nothing waits here by this code or number."""


class CollectedAlready(Conflict):
    """It was collected already."""


class DocumentNeeded(Invalid):
    """Without the code somebody has to show who they are, and only who ordered it may collect."""


class TooManyTries(TooManyRequests):
    """Codes were wrong too often at this place: wait."""


class ParcelsDiffer(Invalid):
    """The parcels do not hold what was picked."""


# --- where ------------------------------------------------------------------------------------------------------------


class PlaceFacts(Struct, frozen=True, forbid_unknown_fields=True):
    """What a location is to fulfilment: where it is (degrees and address), and what it can do.

    ``parcel_minor`` is what sending one parcel from there costs the shop; ``tasks`` how many it takes at once.
    """

    location: LocationCode
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    parcel_minor: Annotated[int, Meta(ge=0, le=10**9)] = 0
    tasks: Annotated[int, Meta(ge=1, le=1_000_000)] = 100
    sends: bool = True
    hands_out: bool = False
    street: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*\Z")] = ""
    postcode: Annotated[str, Meta(max_length=20, pattern=r"^[^\x00-\x1f]*\Z")] = ""
    city: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*\Z")] = ""


class Area(Struct, frozen=True, forbid_unknown_fields=True):
    """Where all postcodes lie that begin so; without spaces and hyphens, ``""`` for a whole country."""

    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
    prefix: Annotated[str, Meta(pattern=r"^[A-Z0-9]{0,12}\Z", examples=["31", "31042"])]
    latitude: Latitude
    longitude: Longitude


class Bin(Struct, frozen=True, forbid_unknown_fields=True):
    """Where an item stands: in which aisle, how far along it, and on which shelf."""

    sku: Sku
    aisle: Annotated[int, Meta(ge=0, le=100_000)]
    position: Annotated[int, Meta(ge=0, le=100_000)]
    shelf: Annotated[str, Meta(max_length=40, pattern=r"^[^\x00-\x1f]*\Z")] = ""


# --- which place ------------------------------------------------------------------------------------------------------


class Criterion(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that counts against a place, and how much.

    nearest: kilometres to the buyer; parcels: 1; cheapest: minor units for a parcel; load: percent of the tasks the
    place takes; age: days by which its stock is younger than a year; rank: as the channel ranks it.
    """

    by: By
    weight: Annotated[float, Meta(gt=0, le=1_000_000)] = 1


Tier = Annotated[list[Criterion], Meta(min_length=1, max_length=6)]


class Routing(Struct, frozen=True, forbid_unknown_fields=True):
    """How a channel's orders find their places, and how long the work may take.

    The places of a plan are compared by the sums of the first tier; where these are alike, by the second, and so on.
    """

    tiers: Annotated[list[Tier], Meta(min_length=1, max_length=6)]
    send_minutes: Annotated[int, Meta(ge=1, le=60 * 24 * 30)] = 24 * 60
    hand_out_minutes: Annotated[int, Meta(ge=1, le=60 * 24 * 30)] = 120
    keep_days: Annotated[int, Meta(ge=1, le=60)] = 5
    """How long goods wait in a shop for whoever ordered them."""
    remind_days: Annotated[int, Meta(ge=0, le=60)] = 3
    """After how many days of that they are reminded; 0, or no fewer than those: never."""


class RoutingRow(Struct, frozen=True):
    """A channel's rules as they are stored."""

    channel: str
    version: int
    body: str


class PutRouting(Struct, frozen=True):
    """A channel's rules; None: its orders stay where they were first set aside."""

    channel: str
    version: int
    rules: Routing | None


class Place(Struct, frozen=True):
    """A place that has some of what an order needs: ``free`` units by item, and what counts against it."""

    location: str
    free: Mapping[str, int]
    measures: Mapping[str, float]


class Plan(Struct, frozen=True):
    """Where an order's units are taken from, and what that counts, tier by tier: less is better."""

    picks: list[Pick]
    costs: list[float]


class Considered(Struct, frozen=True):
    """A place that was weighed: what it had of what was wanted, what counted against it, whether it was taken."""

    location: str
    has: int
    measures: dict[str, float]
    taken: bool


class Decision(Struct, frozen=True):
    """Why an order's units are where they are."""

    cause: Cause
    version: int
    """Of the rules; 0: there were none."""
    wanted: dict[str, int]
    before: list[Pick]
    picks: list[Pick]
    costs: list[float]
    considered: list[Considered]
    weighed: int
    """How many places were weighed; ``considered`` are the best of them."""
    missing: dict[str, int] = {}


class Told(Struct, frozen=True):
    """A decision, and when it was made."""

    at: datetime
    why: Decision


class ToldRow(Struct, frozen=True):
    """A decision as it is stored."""

    at: datetime
    body: str


class PlaceRow(Struct, frozen=True):
    """A location that serves a channel, with what counts against it there."""

    channel: str
    location: str
    rank: int
    latitude: float | None
    longitude: float | None
    parcel_minor: int
    tasks: int
    sends: bool
    hands_out: bool
    live: int


class Wanted(Struct, frozen=True):
    """An order as fulfilment sees it."""

    order: UUID
    number: int
    channel: str
    state: str
    country: str
    postcode: str
    delivery: str
    point: str
    decided: bool


class Given(Struct, frozen=True):
    """A task by its order and location."""

    id: UUID
    order: UUID
    location: str


class Kept(Struct, frozen=True):
    """So many units of an item at a location, set aside for an order."""

    order: UUID
    sku: str
    location: str
    units: int


class OnList(Struct, frozen=True):
    """A line of live work of an order."""

    order: UUID
    task: UUID
    location: str
    state: str
    sku: str
    units: int
    picked: int
    by_lot: bool = False
    """Whether its lots or serial numbers were told as it was picked."""


class Free(Struct, frozen=True):
    """Units of an item at a location that nobody has set aside, and how many of them are kept back from a channel."""

    channel: str
    sku: str
    location: str
    unheld: int
    safety: int


class Aged(Struct, frozen=True):
    """Since when the oldest units of an item have been at a location, if what came first left first."""

    sku: str
    location: str
    since: datetime


class Lies(Struct, frozen=True):
    """Where a postcode lies."""

    country: str
    prefix: str
    latitude: float
    longitude: float


# --- work -------------------------------------------------------------------------------------------------------------


class Task(Struct, frozen=True):
    """Work of a location: what is to be taken from its shelves for an order. Lower priorities are more urgent."""

    id: UUID
    order: UUID
    number: int
    location: str
    kind: Kind
    state: State
    priority: int
    due_at: datetime
    made_at: datetime
    picker: UUID | None
    units: int
    picked: int
    held: bool
    """Whether the order is held up: then nobody starts."""
    shelf: str = ""
    """Where it lies ready for whoever ordered it."""


class TaskLine(Struct, frozen=True):
    """An item on a list, and where it stands."""

    sku: str
    name: str
    units: int
    picked: int
    put_back: int
    aisle: int | None
    position: int | None
    shelf: str
    by: str = "none"
    """What it is told by: lots, serials, or none."""
    take: list[Batch] = []
    """Which lots are to be taken, the first first: as they lie there now, nobody else is kept from them."""
    lots: list[Batch] = []
    """Which lots or serial numbers were picked."""


class Meant(Struct, frozen=True):
    """An item on a list, and what it is told by."""

    sku: str
    by: str


class Shortage(Struct, frozen=True):
    """Units that were not where the book said: the locations that have them now, and how many wait on backorder."""

    at: datetime
    sku: str
    units: int
    reason: str
    elsewhere: list[str] = []
    waiting: int = 0


class Work(Struct, frozen=True):
    """A task with all that is on it."""

    task: Task
    lines: list[TaskLine]
    shortages: list[Shortage]
    parcels: list[Parcel]


class Stop(Struct, frozen=True):
    """A place on the way through the shop: what to take there, and for which tasks how much."""

    sku: str
    name: str
    aisle: int | None
    position: int | None
    shelf: str
    units: int
    tasks: list[tuple[UUID, int]]


class StopRow(Struct, frozen=True):
    """A line of somebody's lists, with where it stands."""

    task: UUID
    sku: str
    name: str
    units: int
    aisle: int | None
    position: int | None
    shelf: str


class Backorder(Struct, frozen=True):
    """Units of an order that nobody has."""

    order: UUID
    number: int
    sku: str
    units: int
    since: datetime
    promised_on: date | None = None
    """The day on which they are promised, where they were sold beyond stock and it is known."""


class Load(Struct, frozen=True):
    """What there is to do at a location: lists nobody is at, begun, packed, and ready for who ordered; of them late.

    ``tasks`` is how many it takes at once.
    """

    location: str
    name: str
    tasks: int
    open: int
    begun: int
    packed: int
    ready: int
    late: int


# --- collecting -------------------------------------------------------------------------------------------------------

CollectionState = Literal["ready", "collected", "expired", "cancelled"]
Taker = Literal["buyer", "other"]


class Collection(Struct, frozen=True):
    """Goods that lie ready for whoever ordered them, or did: on which shelf, and until when."""

    id: UUID
    order: UUID
    number: int
    location: str
    state: CollectionState
    ready_at: datetime
    until_at: datetime
    reminded_at: datetime | None
    done_at: datetime | None
    taken_by: Taker | None
    document: bool
    """Whether a document was looked at."""
    shelf: str = ""
    units: int = 0


class Collecting(Struct, frozen=True, forbid_unknown_fields=True):
    """Who collects: by the code, or by the order's number and a document of who ordered it."""

    code: Annotated[str, Meta(max_length=20)] = ""
    number: Annotated[int, Meta(ge=0, le=10**15)] = 0
    by: Taker = "buyer"
    name: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*\Z")] = ""
    """Of somebody else who collects; kept with the order, told nobody."""
    document: bool = False
    """Whether a document was looked at."""


class Pickup(Struct, frozen=True):
    """How it stands with goods that the buyer collects; ``code`` is for the buyer alone, and while they lie ready."""

    location: str
    state: Literal["preparing", "ready", "collected", "expired", "cancelled"]
    code: str | None = None
    until_at: datetime | None = None


class Complete(Struct, frozen=True):
    """An order whose goods are all ready where they are collected."""

    order: UUID
    number: int
    channel: str
    location: str


class Waits(Struct, frozen=True):
    """Goods by whose they are, and whether they still wait."""

    id: UUID
    order: UUID
    state: str


class Tries(Struct, frozen=True):
    """How often codes were tried at a location, and when that is forgotten."""

    tries: int
    until: datetime


class PutAway(Struct, frozen=True):
    """Units that are to go back to where they stand; ``shelf`` is where they lie, ``home`` where they belong."""

    task: UUID
    number: int
    state: State
    shelf: str
    sku: str
    name: str
    units: int
    aisle: int | None
    position: int | None
    home: str


class Arriving(Struct, frozen=True):
    """Goods on their way from another place to where they are collected."""

    task: UUID
    order: UUID
    number: int
    origin: str
    sent_at: datetime
    units: int
    tracking: str


class Pointed(Struct, frozen=True):
    """Where an order is collected."""

    order: UUID
    point: str


class Unbacked(Struct, frozen=True):
    """Work whose units are not set aside, or units set aside that nobody is to take: damage, once its news is heard."""

    order: UUID
    sku: str
    location: str
    tasked: int
    held: int


for _name in ("place_location_known", "bin_location_known"):
    constraint(_name, LocationUnknown, "there is no such location; GET /inventory/locations lists them")
constraint("pick_task_open_once", WrongStep, "other work of this order is open there: take it on and pick both")
constraint("parcel_tracking_once", Conflict, "a parcel of this carrier has this number")
constraint("pick_line_not_over_picked", PickedAlready, "so many units are not missing from the list any more")
