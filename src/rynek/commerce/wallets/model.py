"""The words of wallets. Money in minor units; a point is one unit of the currency ``PTS``."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.kernel.faults import Conflict, Forbidden, Invalid, NotFound
from rynek.kernel.money import Currency

POINTS = "PTS"
"""The currency of points."""

Kind = Literal["gift-card", "store-credit", "points"]
Book = Literal["issued", "available", "aside", "spent", "expired"]
"""Where units are: not given out (``issued`` says how many were), to be spent, promised to a payment, spent, lapsed."""
Amount = Annotated[int, Meta(ge=1, le=10**11, description="minor units (grosze, cents)")]
Code = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\x00]*\Z", description="of a gift card")]
PayToken = Annotated[str, Meta(pattern=r"^rw_[\x21-\x7e]{1,100}\Z", description="of a claim", examples=["rw_1"])]
Why = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]
Reference = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*\Z")]
TierName = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f]*\Z")]
Hint = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{4}\Z", description="the last four signs of a code")]
Page = Annotated[int, Meta(ge=1, le=200)]


class NoSuchCard(NotFound):
    """No gift card can be used by this code."""


class NoProgramme(NotFound):
    """This channel gives no points."""


class TiersUnfit(Invalid):
    """Tiers begin at 0 and rise, each by a name of its own."""


class GiftTaken(Conflict):
    """This reference was used for another gift."""


class Lapsed(Invalid):
    """What is given out can be spent for at least a day."""


class NotYours(Forbidden):
    """Only a customer has a wallet."""


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """A standing: from so much bought within 12 months, points are multiplied (10000 is once)."""

    name: TierName
    from_minor: Annotated[int, Meta(ge=0, le=10**11)]
    multiplier_bp: Annotated[int, Meta(ge=1_000, le=100_000)]


class Programme(Struct, frozen=True, forbid_unknown_fields=True):
    """How points are earned in a channel, and what they are worth there, in the channel's currency.

    A point is earned for each ``per_minor`` bought and pays ``point_minor``; it lapses after ``months``.
    """

    per_minor: Amount
    point_minor: Amount
    months: Annotated[int, Meta(ge=1, le=120)]
    tiers: Annotated[list[Tier], Meta(min_length=1, max_length=10)]
    active: bool = True


class Terms(Struct, frozen=True):
    """A programme as it is kept."""

    channel: str
    currency: str
    per_minor: int
    point_minor: int
    months: int
    tiers: str
    active: bool


class Account(Struct, frozen=True):
    """A gift card, a customer's store credit or points; ``hint`` is the end of a card's code."""

    id: UUID
    kind: Kind
    currency: str
    owner: UUID | None
    hint: str
    balance_minor: int
    aside_minor: int
    expires_on: date | None
    blocked: bool
    at: datetime


class Entry(Struct, frozen=True):
    """A move from one book to another, and why; ``tender_minor`` is what it was in an order's money."""

    id: UUID
    at: datetime
    source: Book
    target: Book
    minor: int
    why: str
    order: UUID | None
    tender_minor: int | None
    expires_on: date | None


class Issue(Struct, frozen=True, forbid_unknown_fields=True):
    """Gift cards to be issued, each of the same amount; ``expires_on`` is their last day, None for no end."""

    currency: Currency
    amount_minor: Amount
    count: Annotated[int, Meta(ge=1, le=500)] = 1
    expires_on: date | None = None
    why: Why = "sold"


class Card(Struct, frozen=True):
    """A gift card that was issued. Its ``code`` is shown this once; None when it was shown before."""

    id: UUID
    code: str | None
    hint: str
    currency: str
    amount_minor: int
    expires_on: date | None


class Seen(Struct, frozen=True):
    """What a gift card has left."""

    currency: str
    balance_minor: int
    expires_on: date | None


class Gift(Struct, frozen=True, forbid_unknown_fields=True):
    """Store credit for a customer, by a reference of whoever gives it."""

    reference: Reference
    currency: Currency
    amount_minor: Amount
    why: Why
    expires_on: date | None = None


class Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """Points given (above zero) or taken (below), by a reference of whoever does it; ``expires_on``: their last day."""

    reference: Reference
    points: Annotated[int, Meta(ge=-(10**9), le=10**9)]
    why: Why
    expires_on: date | None = None


class NothingCorrected(Invalid):
    """A correction gives points or takes them."""


class Claimed(Struct, frozen=True):
    """A token that pays once, as provider ``wallet`` by method ``kind``, until it lapses.

    ``balance_minor`` is what it can pay at most, in ``currency``.
    """

    token: str
    kind: Kind
    currency: str
    balance_minor: int
    until: datetime


class Claim(Struct, frozen=True):
    """What a token stands for."""

    account: UUID
    currency: str
    unit_minor: int
    until: datetime
    payment: UUID | None


class Hold(Struct, frozen=True):
    """What a payment has set aside: units of the account, and the order's money that they stand for."""

    payment: UUID
    account: UUID
    order: UUID
    minor: int
    tender_minor: int
    gone_minor: int
    taken_minor: int
    back_minor: int


class Made(Struct, frozen=True):
    """A move that was made already: how much of the tender it was."""

    tender_minor: int | None
    account: UUID
    minor: int


class Lot(Struct, frozen=True):
    """What came into an account and can be spent until a day; ``gone`` is all that left the account since ever."""

    account: UUID
    expires_on: date | None
    minor: int
    gone: int


class Bought(Struct, frozen=True):
    """A customer's order, and what it earned."""

    order: UUID
    owner: UUID
    channel: str
    currency: str
    shipped_at: datetime | None
    per_minor: int
    multiplier_bp: int
    expires_on: date | None
    points: int


class Standing(Struct, frozen=True):
    """How a customer stands in a channel's programme.

    ``missing_minor`` is how much more has to be bought within 12 months for the ``following`` tier; None: this is the
    highest. ``worth_minor`` is what the points pay there.
    """

    channel: str
    currency: str
    spent_minor: int
    tier: Tier
    following: Tier | None
    missing_minor: int | None
    points: int
    worth_minor: int


class Wallet(Struct, frozen=True):
    """What a customer has."""

    accounts: list[Account]
    standing: Standing | None


class Unbalanced(Struct, frozen=True):
    """An account that is not the sum of its entries, or whose payments hold something else than is set aside."""

    account: UUID
    balance_minor: int
    balance_entries: int
    aside_minor: int
    aside_entries: int
    aside_holds: int


class Sum(Struct, frozen=True):
    """What lies in a book of one kind and currency; ``issued`` is negative, and all books sum to zero."""

    kind: Kind
    currency: str
    book: Book
    minor: int
