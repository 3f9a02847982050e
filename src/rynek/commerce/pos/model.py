"""The words of the counter."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Raw, Struct

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
    """A line of a receipt. ``amount`` is what was paid for all of it, in minor units, after ``discounts``."""

    sku: Sku
    quantity: Quantity
    amount: Minor
    kind: Kind = "sale"
    discounts: Annotated[list[Off], Meta(max_length=20)] = []


class Tender(Struct, frozen=True, forbid_unknown_fields=True):
    """Money by one means, in minor units, change taken off; negative when money was handed out."""

    method: Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[a-z][a-z0-9-]*\Z")]
    amount: Minor


class Receipt(Struct, frozen=True, forbid_unknown_fields=True):
    """What a till says it sold. Store, till and number name it; offline ones come late and in any order."""

    store: LocationCode
    till: TillCode
    number: Annotated[int, Meta(ge=1, le=2**53)]
    sold_at: Annotated[datetime, Meta(tz=True)]
    currency: Currency
    lines: Annotated[list[Line], Meta(min_length=1, max_length=1000)]
    tenders: Annotated[list[Tender], Meta(max_length=20)]
    customer: UUID | None = None
    reference: Annotated[str, Meta(max_length=80, pattern=r"^[^\x00]*\Z")] = ""


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


constraint("receipt_store_known", StoreUnknown, "there is no such store")
