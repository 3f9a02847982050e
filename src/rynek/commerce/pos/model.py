"""The words of the counter."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from rynek.commerce.inventory import LocationCode, Sku
from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict, Invalid
from rynek.kernel.money import Currency, Minor

Kind = Literal["sale", "return", "giveaway", "weighed", "void", "fuel", "service", "deposit", "coupon"]
"""What a line is.

``sale`` pieces that leave; ``return`` pieces that come back (negative quantity); ``giveaway`` pieces that leave for
nothing; ``weighed`` goods whose quantity is packs, not weight; ``void`` a line that was taken back before paying;
``fuel`` from the pump's own tank; ``service`` nothing one can count; ``deposit`` on packaging; ``coupon`` money off.
"""

Discount = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9-]*\Z")]
Quantity = Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000)]
Rate = Annotated[int, Meta(ge=0, le=10_000, description="hundredths of a percent: 2300 is 23 %")]
VatId = Annotated[
    str, Meta(pattern=r"^[A-Z]{2}[0-9A-Z+*]{2,13}\Z", description="with its country", examples=["PL7740001454"])
]
TillCode = Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9-]+\Z")]


class ReceiptUnbalanced(Invalid):
    """What was paid is not what the lines come to."""


class LineContradicts(Invalid):
    """A line's kind, quantity and amount do not fit together."""


class StoreUnknown(Invalid):
    """There is no such store."""


class ReceiptDiffers(Conflict):
    """This till has sent another receipt under this number."""


class NotYourStore(Conflict):
    """A till sells for its own store only."""

    status = 403


class Off(Struct, frozen=True, forbid_unknown_fields=True):
    """Money taken off a line, by what gave it (``retail``, ``coupon``); in minor units, not negative."""

    kind: Discount
    amount: Annotated[int, Meta(ge=0, le=10**12)]


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a receipt. ``amount`` is what was paid for all of it, in minor units, after ``discounts``.

    ``rate_bp`` is the VAT that the till printed; unset: what the item bore on that day.
    """

    sku: Sku
    quantity: Quantity
    amount: Minor
    kind: Kind = "sale"
    discounts: Annotated[list[Off], Meta(max_length=20)] = []
    rate_bp: Rate | UnsetType = UNSET


class Tender(Struct, frozen=True, forbid_unknown_fields=True):
    """Money by one means, in minor units, change taken off; negative when money was handed out."""

    method: Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[a-z][a-z0-9-]*\Z")]
    amount: Minor


class Receipt(Struct, frozen=True, forbid_unknown_fields=True):
    """What a till says it sold. Store, till and number name it; offline ones come late and in any order.

    ``vat_id`` is the buyer's, where it was printed.
    """

    store: LocationCode
    till: TillCode
    number: Annotated[int, Meta(ge=1, le=2**53)]
    sold_at: Annotated[datetime, Meta(tz=True)]
    currency: Currency
    lines: Annotated[list[Line], Meta(min_length=1, max_length=1000)]
    tenders: Annotated[list[Tender], Meta(max_length=20)]
    customer: UUID | None = None
    reference: Annotated[str, Meta(max_length=80, pattern=r"^[^\x00]*\Z")] = ""
    vat_id: VatId | UnsetType = UNSET


class Accepted(Struct, frozen=True):
    """A receipt is in, ``units`` left the shelves; ``repeated`` says it was in before. Amounts in minor units."""

    store: str
    till: str
    number: int
    amount_minor: int
    units: int
    repeated: bool


class Stored(Struct, frozen=True):
    """A receipt as it was taken in."""

    store: str
    till: str
    number: int
    sold_at: datetime
    taken_at: datetime
    customer: UUID | None
    currency: str
    amount_minor: int
    discount_minor: int
    lines: Raw
    tenders: Raw
    reference: str
    vat_id: str | None


RETURNS = "RETURNS"
"""The till by whose receipts goods come back over a counter; no till has this name."""
Number = Annotated[int, Meta(ge=1, le=2**53)]
Own = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]*\Z")]
Pieces = Annotated[int, Meta(ge=1, le=1_000_000)]


class TooManyBack(Conflict):
    """More would come back than this receipt sold."""


class TooLateBack(Conflict):
    """This store takes goods back for a shorter time."""


class Unproven(Conflict):
    """Without a receipt so much is not taken back: nothing is declared for it, or it is more than for a day."""


class NeverSold(Conflict):
    """This store sold no such thing in the last 30 days."""


class NotBackAtAll(Invalid):
    """This line is nothing that comes back over a counter."""


class Back(Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a receipt's line that come back; ``scrap`` of them cannot be sold again. Lines count from 1."""

    line: Annotated[int, Meta(ge=1, le=1000)]
    units: Pieces
    scrap: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Proven(Struct, frozen=True, forbid_unknown_fields=True):
    """Goods that come back with their receipt, by the return's own number; the store is where they come back to.

    With ``credit_to`` a customer has store credit instead of the tenders.
    """

    reference: Own
    sold_at: LocationCode
    till: TillCode
    number: Number
    lines: Annotated[list[Back], Meta(min_length=1, max_length=200)]
    credit_to: UUID | None = None


class Piece(Struct, frozen=True, forbid_unknown_fields=True):
    """Units of an item that come back without a receipt; ``scrap`` of them cannot be sold again."""

    sku: Sku
    units: Pieces
    scrap: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Bare(Struct, frozen=True, forbid_unknown_fields=True):
    """Goods that a customer brings back without a receipt, by the return's own number, and why they are taken."""

    reference: Own
    customer: UUID
    lines: Annotated[list[Piece], Meta(min_length=1, max_length=50)]
    why: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """How a store takes goods back: for so many days, and how much of one person on a day without a receipt.

    Nothing declared: within 30 days, and nothing without a receipt. Money in minor units.
    """

    days: Annotated[int, Meta(ge=0, le=3650)] = 30
    unproven_minor: Annotated[int, Meta(ge=0, le=10**11)] = 0
    unproven_units: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class TakenBack(Struct, frozen=True):
    """What was taken back, by the number of the receipt of it (till ``RETURNS``). Money in minor units.

    ``tenders`` are to be handed out; ``credit_minor`` is on the customer's account already.
    """

    store: str
    number: int
    currency: str
    amount_minor: int
    credit_minor: int
    tenders: list[Tender]


class Returned(Struct, frozen=True):
    """Units of a receipt's line that came back, and the money for them in minor units; 0: no receipt's."""

    line: int
    sku: str
    units: int
    minor: int


class Returnable(Struct, frozen=True):
    """A line of a receipt, how many of its units may still come back, and what was paid for all of it."""

    line: int
    sku: str
    quantity: int
    left: int
    amount_minor: int


class LineBack(Struct, frozen=True):
    """What is back of a line."""

    line: int
    units: int


class Known(Struct, frozen=True):
    """A return that was sent before."""

    digest: bytes
    answered: str | None


class Cheapest(Struct, frozen=True):
    """What an item was sold for at least."""

    sku: str
    currency: str
    minor: int


class Day(Struct, frozen=True):
    """What somebody brought back without a receipt on a day."""

    units: int
    minor: int


class Key(Struct, frozen=True):
    """A receipt's name and what it said."""

    store: str
    till: str
    number: int
    digest: bytes


class Takings(Struct, frozen=True):
    """What a store took. Money in minor units; ``owed`` counts items its book shows below zero."""

    store: str
    currency: str
    receipts: int
    amount_minor: int
    discount_minor: int


class Came(Struct, frozen=True, array_like=True):
    """What came in from the tills of a store. Money in minor units."""

    store: str
    currency: str
    receipts: int
    amount_minor: int


class Intake(Struct, frozen=True):
    """What came in from tills, by store, and how many receipts in each second lately (seconds since 1970)."""

    stores: list[Came]
    pace: list[tuple[int, int]]
    position: str
    """Where the log stood: what is announced after it is not in here."""


constraint("counter_rule_store_known", StoreUnknown, "there is no such store")
constraint("receipt_line_not_over_returned", TooManyBack, "more would come back than was sold")
constraint("receipt_store_known", StoreUnknown, "there is no such store")
