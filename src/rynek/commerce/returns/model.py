"""The words of returns."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.checkout import Want
from rynek.commerce.inventory import LocationCode, LocationUnknown, LotLines
from rynek.commerce.orders import Note
from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict, Invalid

State = Literal["asked", "approved", "denied", "withdrawn", "arrived", "in-repair", "settled"]
Wish = Literal["refund", "exchange", "repair", "store-credit"]
Reason = Literal["changed-mind", "wrong-size", "late", "defective", "damaged", "not-as-described", "wrong-item"]
Ground = Literal["withdrawal", "claim", "goodwill"]
Why = Literal["perishable", "made-to-order", "sealed"]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^\x00]*\Z", examples=["ola@example.com"])]
Number = Annotated[int, Meta(ge=1, le=2**62)]
Units = Annotated[int, Meta(ge=0, le=1_000_000)]
LineNumber = Annotated[int, Meta(ge=1, le=1000)]
Text = Annotated[str, Meta(max_length=2000, pattern=r"^[^\x00]*\Z")]
Photo = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{32}\Z", description="what the upload of a picture gave", examples=["0" * 32])
]


class TooManyReturned(Conflict):
    """More would come back than was sent."""


class ReturnClosed(Conflict):
    """This return is not where that can be done to it."""


class NotInspected(Invalid):
    """Each unit that arrived is one of these: for the shelf, for repair, for waste, or back to the buyer."""


class PhotoUnknown(Invalid):
    """There is no such picture."""


class TooManyPhotos(Conflict):
    """A line of a return has ten pictures at most."""


class NoWallet(Invalid):
    """Store credit is for customers with an account: a guest has the money back."""


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    """How a guest shows that an order is theirs: its number, and the e-mail it was bought with."""

    number: Number
    email: Email


class AskedLine(Struct, frozen=True, forbid_unknown_fields=True):
    """Units of an order's line that are to come back, and why."""

    line: LineNumber
    units: Annotated[int, Meta(ge=1, le=1_000_000)]
    reason: Reason
    note: Text = ""
    photos: Annotated[list[Photo], Meta(max_length=10)] = []


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """What a buyer wants to give back, and to have for it; ``instead`` is what an exchange is for."""

    order: UUID
    lines: Annotated[list[AskedLine], Meta(min_length=1, max_length=200)]
    wish: Wish = "refund"
    instead: Annotated[list[Want], Meta(max_length=100)] = []
    proof: Proof | None = None


class Came(Struct, frozen=True, forbid_unknown_fields=True):
    """Units of an order's line that arrived."""

    line: LineNumber
    units: Annotated[int, Meta(ge=1, le=1_000_000)]


class Verdict(Struct, frozen=True, forbid_unknown_fields=True):
    """What the units of a line were found to be: for the shelf, for repair, for waste, or back to the buyer."""

    line: LineNumber
    restock: Units = 0
    repair: Units = 0
    scrap: Units = 0
    back: Units = 0

    @property
    def kept(self) -> int:
        """Tell how many the shop keeps."""
        return self.restock + self.repair + self.scrap


class Sale(Struct, frozen=True):
    """What returns need to know of an order."""

    order: UUID
    number: int
    channel: str
    owner_kind: str
    owner: UUID
    email: str
    currency: str
    delivery_minor: int
    left_at: datetime | None
    """When the last of it left; None while some of it is here."""
    delivered_on: date | None


class Sold(Struct, frozen=True):
    """A line as it was sold; ``asked`` units are in returns that are not settled. Money in minor units."""

    line: int
    sku: str
    name: str
    quantity: int
    shipped: int
    cancelled: int
    returned: int
    gross_minor: int
    asked: int

    @property
    def free(self) -> int:
        """Tell how many units may still be asked to come back."""
        return self.shipped - self.returned - self.asked


class Head(Struct, frozen=True):
    """A return without its lines; ``instead`` is JSON text. Money in minor units."""

    id: UUID
    number: int
    order: UUID
    order_number: int
    channel: str
    owner: UUID
    email: str
    currency: str
    wish: Wish
    state: State
    instead: str
    location: str | None
    sent_ahead: bool
    back_by: date | None
    repaired: int
    refund_minor: int
    delivery_minor: int
    asked_at: datetime


class ReturnLine(Struct, frozen=True):
    """A line of a return and what became of it; ``line`` is the order's."""

    line: int
    sku: str
    name: str
    units: int
    reason: str
    ground: Ground
    note: str
    photos: list[str]
    arrived: int
    restocked: int
    mended: int
    scrapped: int
    sent_back: int
    refund_minor: int


class Entry(Struct, frozen=True):
    """One thing that happened to a return."""

    at: datetime
    what: str
    note: str
    actor_kind: str


class Goods(Struct, frozen=True):
    """Goods that come back, with all that is known of it. Money in minor units.

    ``code`` is what is written on the parcel. ``remedies`` are what a buyer with a claim may insist on now.
    """

    id: UUID
    code: str
    order: UUID
    order_number: int
    channel: str
    email: str
    currency: str
    wish: Wish
    state: State
    instead: list[Want]
    location: str | None
    sent_ahead: bool
    back_by: date | None
    refund_minor: int
    delivery_minor: int
    """What of ``refund_minor`` is for the delivery."""
    asked_at: datetime
    remedies: list[str]
    proof_is_with: Literal["seller", "buyer"] | None
    """Who has to show what was wrong when it was delivered; None: it is no claim."""
    lines: list[ReturnLine]
    history: list[Entry]


class Summary(Struct, frozen=True):
    """A return in a list."""

    id: UUID
    number: int
    order: UUID
    order_number: int
    email: str
    currency: str
    wish: Wish
    state: State
    units: int
    refund_minor: int
    asked_at: datetime
    overdue: bool


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """Which returns are looked for; what is left out is not looked at. ``before``: the last of the page before."""

    state: State | None = None
    order: UUID | None = None
    number: Number | None = None
    email: Email | None = None
    overdue: bool = False
    before: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Returnable(Struct, frozen=True):
    """A line of an order that may come back: so many units, and as what it is exempt.

    ``product`` is what it is a variant of, for an exchange; None: it is sold no more.
    """

    line: int
    sku: str
    name: str
    units: int
    gross_minor: int
    exempt: Why | None
    product: UUID | None = None


class Offer(Struct, frozen=True):
    """What of an order may come back: for no reason until ``until``, for a defect until ``claims_until``."""

    order: UUID
    number: int
    currency: str
    until: date | None
    """None: the time has not begun, as some of it has not arrived."""
    claims_until: date | None
    lines: list[Returnable]


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """How a channel takes goods back; without one: as the law has it."""

    days: Annotated[int, Meta(ge=14, le=3650)] = 14
    """How many days after delivery buyers may think otherwise."""
    told: bool = True
    """Whether buyers are told of that right; if not, they have 12 months more."""
    transit_days: Annotated[int, Meta(ge=0, le=60)] = 7
    """How many days after it left an order counts as delivered, where nobody said so."""
    claim_years: Annotated[int, Meta(ge=2, le=30)] = 2


class Exemption(Struct, frozen=True, forbid_unknown_fields=True):
    """A category whose goods need not be taken back only because the buyer thinks otherwise.

    ``sealed``: once they are unsealed (hygiene, recordings).
    """

    category: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]*\Z")]
    why: Why


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a return is agreed to, and why not or under what condition."""

    agreed: bool
    note: Note


class Arrival(Struct, frozen=True, forbid_unknown_fields=True):
    """What arrived, and where; it may be other than what was announced."""

    location: LocationCode
    lines: Annotated[list[Came], Meta(min_length=1, max_length=200)]


class Inspection(Struct, frozen=True, forbid_unknown_fields=True):
    """What was found, a verdict for each line that arrived."""

    verdicts: Annotated[list[Verdict], Meta(min_length=1, max_length=200)]
    note: Text = ""
    lots: LotLines = []
    """The serial numbers of what is kept and wants them, or its lots."""
    spoilt: LotLines = []
    """Those of them that are for repair or waste."""


constraint("rma_location_known", LocationUnknown, "there is no such location; GET /inventory/locations lists them")
