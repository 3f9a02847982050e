"""The words of promotions: what is kept of them, and what became of them in a basket."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.catalog import ChannelCode, Code, Country, Row, Sku, Unit, Value
from rynek.commerce.pricing import Basis
from rynek.commerce.promotions.language import Lane, Promotion, PromotionCode, Units  # noqa: F401 - statements find it
from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict, Invalid, NotFound

CouponText = Annotated[
    str,
    Meta(
        max_length=40,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{2,}\Z",
        description="what a buyer types in, in any case",
        examples=["LATO-7KX2"],
    ),
]


class Kept(Struct, frozen=True):
    """A promotion as it is kept, with how far it was used."""

    promotion: Promotion
    version: int
    changed_at: datetime
    used: int
    spent_minor: int
    coupons: int


class Coupon(Row, frozen=True):
    """A code that lets a buyer have a promotion: for everybody, or one customer; so often, or any number of times."""

    coupon: CouponText
    promotion: PromotionCode
    uses: Units | None = None
    customer: UUID | None = None
    until_at: datetime | None = None


class CouponKept(Struct, frozen=True):
    """A code as it is kept."""

    coupon: str
    promotion: str
    uses: int | None
    used: int
    customer: UUID | None
    until_at: datetime | None
    batch: UUID | None


class Batch(Struct, frozen=True):
    """Codes that are made for a promotion: ``made`` of ``size`` so far."""

    id: UUID
    promotion: str
    prefix: str
    size: int
    made: int
    uses: int
    until_at: datetime | None
    at: datetime


class Membership(Row, frozen=True):
    """That a customer is in a segment, or with ``out`` no longer is."""

    segment: Code
    customer: UUID
    out: bool = False


# --- a basket ---------------------------------------------------------------------------------------------------------


class Facts(Struct, frozen=True, gc=False):
    """What promotions ask of an item: its categories with all above them, brand, and attributes as (code, value)."""

    sku: str
    categories: tuple[str, ...]
    brand: str | None
    attributes: frozenset[tuple[str, Value]]


class Line(Struct, frozen=True, gc=False):
    """A line that is bought; ``minor`` is all of it as the channel shows money, ``unit`` is pcs, g or ml."""

    sku: str
    quantity: int
    unit: str
    minor: int
    facts: Facts
    weight_g: int | None = None


class Left(Struct, frozen=True, gc=False):
    """What is left of a limited promotion for this buyer; None: unlimited."""

    uses: int | None = None
    mine: int | None = None
    minor: int | None = None


class Buying(Struct, frozen=True):
    """A basket and whose it is: all that promotions are decided from.

    ``coupons`` are the promotions that the buyer has a sound code of, each with that code. ``delivery_minor`` None:
    nothing is delivered yet.
    """

    currency: str
    lines: Sequence[Line]
    at: datetime
    channel: str
    country: str
    delivery: str | None = None
    delivery_minor: int | None = None
    shop: str | None = None
    customer: UUID | None = None
    group: str | None = None
    segments: frozenset[str] = frozenset()
    first_order: bool = False
    coupons: Mapping[str, str] = {}
    left: Mapping[str, Left] = {}


class Tried(Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of a promotion in a basket, and why. Money in minor units.

    ``minor`` is what it gave; ``worth`` what one that lost would have given. ``lacks_*``: so much more, and it counts.
    ``shares`` are what each item got of ``minor``.
    """

    promotion: str
    version: int
    name: str
    lane: str
    outcome: Literal["applied", "lost", "unmet"]
    why: str = ""
    minor: int = 0
    worth: int = 0
    to: str | None = None
    """Which promotion was better."""
    lacks_minor: int | None = None
    lacks_units: int | None = None
    lacks_weight_g: int | None = None
    shares: tuple[tuple[str, int], ...] = ()
    gift: tuple[str, int] | None = None
    coupon: str | None = None


class CouponSaid(Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of a code that was typed in: of which promotion it is, or why it is not sound."""

    coupon: str
    promotion: str | None = None
    why: str = ""


class Trace(Struct, frozen=True, omit_defaults=True):
    """How a basket came to its discounts: what was tried that has to do with it, in the order in which it counted."""

    at: datetime
    programs: UUID
    """Which promotions there were: another number, other promotions."""
    tried: tuple[Tried, ...] = ()
    coupons: tuple[CouponSaid, ...] = ()
    group: str | None = None


class Reason(Struct, frozen=True):
    """What became of a promotion in a basket, in a sentence; ``untouched`` ones had nothing to do with it."""

    promotion: str
    version: int
    name: str
    lane: str
    outcome: Literal["applied", "lost", "unmet", "untouched"]
    why: str
    minor: int = 0
    shares: Sequence[tuple[str, int]] = ()
    coupon: str | None = None


class Outcome(Struct, frozen=True):
    """What promotions give: per line, off delivery, on top, and the trace. ``until_at``: when one of them ends."""

    discounts: list[int]
    delivery: int
    gifts: list[tuple[str, int]]
    tried: tuple[Tried, ...]
    until_at: datetime | None


class Asked(Struct, frozen=True):
    """A basket that promotions are asked about: priced lines, where and by whom it is bought, codes as typed in.

    ``lines`` are (sku, quantity, unit, minor units of the whole line, grams of one piece).
    """

    channel: str
    currency: str
    country: str
    lines: Sequence[tuple[str, int, str, int, int | None]]
    at: datetime
    delivery: str | None = None
    delivery_minor: int | None = None
    customer: UUID | None = None
    group: str | None = None
    shop: str | None = None
    coupons: Sequence[str] = ()


class Decided(Struct, frozen=True):
    """What promotions gave a basket, and the whole trace of it."""

    outcome: Outcome
    trace: Trace


class Wish(Struct, frozen=True, forbid_unknown_fields=True):
    """So many of an item, in a basket to try a promotion on."""

    sku: Sku
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


class Trial(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A basket to try a promotion on before it counts: with what is active, and as if it were."""

    promotion: Promotion
    channel: ChannelCode
    lines: Annotated[list[Wish], Meta(min_length=1, max_length=500)]
    country: Country | None = None
    delivery_minor: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    customer: UUID | None = None
    group: Annotated[str, Meta(max_length=60)] | None = None
    shop: Annotated[str, Meta(max_length=40)] | None = None
    coupons: Annotated[list[CouponText], Meta(max_length=20)] = []
    at: datetime | None = None
    """None for now."""


class Tally(Struct, frozen=True):
    """What a basket comes to: without any discount, what is off, and how that came about."""

    list_minor: int
    discount_minor: int
    gifts: list[tuple[str, int]]
    tried: tuple[Tried, ...]


class Tryout(Struct, frozen=True):
    """A basket without and with a promotion that is tried."""

    currency: str
    before: Tally
    after: Tally


# --- the shelf --------------------------------------------------------------------------------------------------------


class Ware(Struct, frozen=True):
    """An item as promotions on the shelf see it, with the channels in which it is offered now, or was, or will be."""

    sku: str
    unit: Unit
    tax_category: str
    channels: list[str]
    paths: list[str]
    brand: str | None
    attributes: str

    @property
    def facts(self) -> "FactsRow":
        """What promotions ask of it."""
        return FactsRow(self.sku, self.paths, self.brand, self.attributes)


class ShelfPrice(Struct, frozen=True, gc=False):
    """A price on the shelf, for a period (None: no bound), from a quantity on; ``listed_minor`` is what lies under it.

    Money on the ``basis`` of the list. ``tried`` is what promotions did to it when the period begins.
    """

    list: str
    sku: str
    channel: str
    group: str | None
    basis: Basis
    minimum: int
    from_at: datetime | None
    until_at: datetime | None
    minor: int
    listed_minor: int
    tried: tuple[Tried, ...] = ()


class OnShelf(Struct, frozen=True):
    """A price on the shelf, which promotions made it, and what it lies over.

    ``written`` is false for the moment until the list says what the rules say.
    """

    list: str
    channel: str
    group: str | None
    basis: Basis
    minimum: int
    from_at: datetime | None
    until_at: datetime | None
    minor: int
    listed_minor: int
    written: bool
    promotions: Sequence[Reason]


class AmissPrice(Struct, frozen=True):
    """A price on the shelf that is not what the rules say; ``minor`` is what they say, None: there should be none."""

    sku: str
    list: str
    minimum: int
    from_at: datetime | None
    until_at: datetime | None
    minor: int | None


class Amiss(Struct, frozen=True):
    """What is amiss on the shelf among the items looked at; go on with ``after`` (None: all were)."""

    looked: int
    prices: list[AmissPrice]
    after: str | None


# --- rows -------------------------------------------------------------------------------------------------------------


class PromotionRow(Struct, frozen=True):
    """A promotion as it is stored."""

    code: str
    version: int
    document: str
    changed_at: datetime
    used: int
    spent_minor: int
    coupons: int


class Program(Struct, frozen=True):
    """A promotion to be compiled."""

    version: int
    promotion: Promotion


class Document(Struct, frozen=True):
    """A version of a promotion, as it is stored."""

    version: int
    document: str


class Loaded(Struct, frozen=True):
    """All that counts, as it was read."""

    version: UUID
    lanes: str
    programs: str


class Written(Struct, frozen=True):
    """A promotion that says something else now."""

    code: str
    version: int
    state: str
    shelf: bool


class Said(Struct, frozen=True):
    """What a promotion said since an instant, and who said it."""

    at: datetime
    version: int
    document: str
    actor_kind: str
    actor: UUID


class Version(Struct, frozen=True):
    """What a promotion said since an instant, and who said it."""

    at: datetime
    version: int
    promotion: Promotion
    actor_kind: str
    actor: UUID


class Known(Struct, frozen=True):
    """What there is of what promotions speak of."""

    skus: list[str]
    categories: list[str]
    brands: list[str]
    attributes: list[str]
    channels: list[str]


class Coded(Struct, frozen=True):
    """Whether a promotion is had by code."""

    code: str
    coded: bool


class FactsRow(Struct, frozen=True):
    """What promotions ask of an item, as read."""

    sku: str
    paths: list[str]
    brand: str | None
    attributes: str


class CouponRow(Struct, frozen=True):
    """A code that somebody typed in."""

    coupon: str
    promotion: str
    uses: int | None
    used: int
    customer: UUID | None
    until_at: datetime | None


class LeftRow(Struct, frozen=True):
    """A limited promotion's counters."""

    promotion: str
    uses: int | None
    used: int
    budget_minor: int | None
    spent_minor: int


class MineRow(Struct, frozen=True):
    """How often a customer had a promotion."""

    promotion: str
    customer: UUID
    used: int


class Buyer(Struct, frozen=True):
    """What promotions ask of a customer."""

    customer: UUID
    segments: list[str]
    ordered: bool


class Claim(Struct, frozen=True):
    """What an order takes of promotions: each with what it gives and the code it was had by.

    ``part`` is the number of what was added to it later; each part has a promotion once.
    """

    order: UUID
    customer: UUID | None
    uses: Sequence[tuple[str, int, str | None]]
    part: str = ""


class Used(Struct, frozen=True):
    """A promotion that an order has had."""

    order: UUID
    promotion: str
    coupon: str | None
    customer: UUID | None
    minor: int
    at: datetime
    returned_at: datetime | None


# --- faults -----------------------------------------------------------------------------------------------------------


class UnknownPromotion(NotFound):
    """There is no promotion of this code."""


class UnknownCoupon(Invalid):
    """There is no such code: look at how it is written."""


class PromotionSpent(Conflict):
    """Somebody else was given the last of a promotion: look at the cart again, it has another total now."""


constraint("coupon_promotion", Invalid, "there is no such promotion")
constraint("promotion_lane_known", Invalid, "there is no such lane")
constraint("promotion_uses_within_limit", PromotionSpent, "it was used as often as it may be")
constraint("promotion_budget_within_limit", PromotionSpent, "its budget is spent")
constraint("coupon_uses_within_limit", PromotionSpent, "the code was used as often as it may be")
constraint("promotion_share_within_limit", PromotionSpent, "you had it as often as you may")
