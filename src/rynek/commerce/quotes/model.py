"""The words of what is agreed before there is an order. Money in minor units of the cart's currency."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.checkout import Cart, OptionCode, Want
from rynek.commerce.inventory import Sku
from rynek.kernel.faults import Conflict, Invalid

Note = Annotated[str, Meta(max_length=2000, pattern=r"^[^\x00]*\Z")]
Reason = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*\Z")]
Price = Annotated[int, Meta(ge=0, le=10**12, description="minor units, net")]
Total = Annotated[int, Meta(ge=0, le=10**15, description="minor units")]
Turn = Annotated[int, Meta(ge=1, le=10_000)]
QuoteState = Literal["requested", "offered", "countered", "accepted", "declined", "expired"]
ApprovalState = Literal["waiting", "approved", "rejected", "withdrawn", "expired"]
Later = Annotated[
    Literal["invoice", "transfer", "cash-on-delivery"], Meta(description="how the order is paid once it was approved")
]
Typed = Annotated[str, Meta(min_length=1, max_length=100_000, pattern=r"^[^\x00]*\Z")]
MOST = 500


class QuoteMoved(Conflict):
    """Somebody has said something meanwhile: look at the thread again."""


class QuoteClosed(Conflict):
    """This quote is closed: accepted, declined, or past its day."""


class ApprovalDecided(Conflict):
    """This was decided already."""


class NobodyApproves(Conflict):
    """Nobody in your company may approve so much."""


class NothingRead(Invalid):
    """Nothing in this can be ordered."""


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """So many of an item, for so much net each (per 1000 where it is sold by weight or volume)."""

    sku: Sku
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)]
    unit_minor: Price


Lines = Annotated[list[Line], Meta(min_length=1, max_length=MOST)]


class Offer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the shop offers, until when. ``turn`` is the last of the thread that you have read."""

    turn: Turn
    lines: Lines
    delivery_minor: Price
    """What delivery costs, net."""
    valid_until: datetime
    note: Note = ""


class Counter(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the buyer would pay. ``turn`` is the last of the thread that you have read."""

    turn: Turn
    lines: Lines
    note: Note = ""


class Said(Struct, frozen=True):
    """One turn of a thread. ``delivery_minor`` None: nothing was said of it."""

    turn: int
    at: datetime
    what: Literal["requested", "offered", "countered", "accepted", "declined", "expired"]
    by: str
    """What kind of actor: a customer, staff, or (when it expired) a workload."""
    note: str
    lines: list[Line]
    delivery_minor: int | None
    valid_until: datetime | None


class Listed(Struct, frozen=True):
    """A quote in a list."""

    id: UUID
    number: int
    customer: UUID
    company: UUID | None
    channel: str
    currency: str
    state: QuoteState
    turn: int
    valid_until: datetime | None
    order: UUID | None
    asked_at: datetime


class Quote(Listed, frozen=True):
    """A quote with its whole thread; ``net_minor`` is what the lines of the last turn come to, with delivery."""

    email: str | None
    delivery: OptionCode | None
    thread: list[Said]
    net_minor: int


class QuoteRow(Listed, frozen=True):
    """A quote as it is stored."""

    terms: str


class SaidRow(Struct, frozen=True):
    """A turn as it is stored."""

    turn: int
    at: datetime
    what: Literal["requested", "offered", "countered", "accepted", "declined", "expired"]
    by: str
    note: str
    lines: str
    delivery_minor: int | None
    valid_until: datetime | None


class Agreed(Struct, frozen=True):
    """What was agreed became an order."""

    order: UUID
    number: int
    total_minor: int
    currency: str


class Approval(Struct, frozen=True):
    """An order that somebody may not place alone, and what became of it."""

    id: UUID
    cart: UUID
    version: int
    customer: UUID
    company: UUID
    currency: str
    total_minor: int
    method: Later
    note: str
    state: ApprovalState
    asked_at: datetime
    until_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    answer: str
    order: UUID | None


class Waiting(Struct, frozen=True):
    """An approval as it is to be decided: the cart at what it costs now, and who may decide, the nearest first."""

    approval: Approval
    cart: Cart | None
    """None: it cannot be bought as it is, or has become an order."""
    asker: str
    approvers: list[str]
    yours: bool
    """Whether you may decide it."""


class Template(Struct, frozen=True):
    """A named list that is ordered again and again; ``shared`` with everybody who buys for the company."""

    id: UUID
    customer: UUID
    name: str
    shared: bool
    lines: list[Want]
    changed_at: datetime


class TemplateRow(Struct, frozen=True):
    """A template as it is stored."""

    id: UUID
    customer: UUID
    company: UUID | None
    name: str
    lines: str
    changed_at: datetime


class ItemRow(Struct, frozen=True):
    """An item by what was typed: its sku or its GTIN."""

    typed: str
    sku: str


class SoldBy(Struct, frozen=True):
    """What an item is sold by: pieces, grams, millilitres."""

    sku: str
    unit: str


class Read(Struct, frozen=True):
    """A line of a typed list."""

    line: int
    text: str
    code: str
    quantity: int


class LineFault(Struct, frozen=True):
    """What is wrong with a line of a typed list, in a word and in a sentence."""

    line: int
    text: str
    why: str
    kind: Literal["code", "quantity", "many", "unknown", "unsold"]


class QuickOrdered(Struct, frozen=True):
    """What became of a typed list: the cart with what was found, and each line that was not."""

    cart: Cart
    put: int
    """How many lines are in the cart now."""
    faults: list[LineFault]
