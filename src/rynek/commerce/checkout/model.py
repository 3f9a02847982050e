"""The words of checkout."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from rynek.commerce.companies import Agreed, Buyer  # noqa: F401 - statements find it
from rynek.commerce.inventory import ChannelCode, Sku
from rynek.commerce.payments import Tender
from rynek.commerce.pricing import QuoteLine, RateTotal, Why
from rynek.commerce.promotions import CouponSaid, CouponText, Reason, Trace, Tried
from rynek.commerce.shipping import CarrierCode, Slot, Window  # noqa: F401 - statements and doors find them
from rynek.kernel.faults import Conflict, Invalid

Text = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]
Filled = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]
Email = Annotated[
    str, Meta(max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+\Z", examples=["ola@example.com"])
]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z", examples=["PL"])]
OptionCode = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9-]*\Z", examples=["courier"])]
PointCode = Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{0,19}\Z", examples=["S-0367", "KRA010"])]
Kind = Literal["home", "pickup", "locker", "digital"]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
WindowId = Annotated[
    str,
    Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", examples=["019ab8f0-5c3e-7d21-9a54-0e5b1f2c3d4e"]),
]
MOST_COUPONS = 20
Coupons = Annotated[list[CouponText], Meta(max_length=MOST_COUPONS)]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]
MOST_LINES = 500
NOT_YOURS = "there is no such cart, or it is not yours"


class CartIncomplete(Invalid):
    """Something is missing before this cart can be placed."""


class TotalDiffers(Conflict):
    """The tenders do not come to what the cart costs: look at it again, then pay its total."""


class CartPlaced(Conflict):
    """This cart has been placed: it is an order now."""


class CartChanged(Conflict):
    """The cart has been changed since you read it."""


class DeliveryUnknown(Invalid):
    """There is no such delivery option in this channel."""


class PointUnknown(Invalid):
    """Nothing is collected there: see the points of this delivery."""


class ChannelClosed(Invalid):
    """Nothing is sold in this channel: it is unknown or not active."""


class Address(Struct, frozen=True, forbid_unknown_fields=True):
    """Where goods or invoices go."""

    name: Filled
    street: Filled
    city: Filled
    postcode: Annotated[str, Meta(max_length=20, pattern=r"^[^\x00-\x1f]*\Z")]
    country: Country
    phone: Annotated[str, Meta(max_length=40, pattern=r"^[^\x00-\x1f]*\Z")] = ""


class Recipient(Struct, frozen=True, forbid_unknown_fields=True):
    """Who collects goods where no address is needed: at a shop or a parcel locker."""

    name: Filled
    phone: Annotated[str, Meta(max_length=40, pattern=r"^[^\x00-\x1f]*\Z")] = ""


class Want(Struct, frozen=True, forbid_unknown_fields=True):
    """So many of an item: pieces, or grams or millilitres where the item is sold by them."""

    sku: Sku
    quantity: Quantity = 1


class NewCart(Struct, frozen=True, forbid_unknown_fields=True):
    """A cart as a buyer begins it; all but the channel may come later."""

    channel: ChannelCode
    lines: Annotated[list[Want], Meta(max_length=MOST_LINES)] = []
    email: Email | None = None
    country: Country | None = None
    """Where it is delivered to, for VAT; None: that of the address, or the channel's."""
    address: Address | None = None
    delivery: OptionCode | None = None
    coupons: Coupons = []
    """Codes that the buyer has typed in."""
    point: PointCode | None = None
    """Where it is collected, by a delivery that needs a place: a shop's location, or a parcel locker."""
    recipient: Recipient | None = None
    """Who collects it there, where there is no address."""
    window: WindowId | None = None
    """The hours in which it is to come, by a delivery that offers some."""


class CartChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change in a cart; what is left out stays. ``lines`` replaces them, ``add`` adds to them.

    With ``version``, only if nobody has changed the cart since that version was read.
    """

    channel: ChannelCode | UnsetType = UNSET
    lines: Annotated[list[Want], Meta(max_length=MOST_LINES)] | UnsetType = UNSET
    add: Annotated[list[Want], Meta(max_length=MOST_LINES)] | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    country: Country | UnsetType | None = UNSET
    address: Address | UnsetType | None = UNSET
    delivery: OptionCode | UnsetType | None = UNSET
    coupons: Coupons | UnsetType = UNSET
    point: PointCode | UnsetType | None = UNSET
    """Belongs to the delivery: with another one and no new point there is none."""
    recipient: Recipient | UnsetType | None = UNSET
    window: WindowId | UnsetType | None = UNSET
    """Belongs to the delivery, as ``point`` does."""
    version: Annotated[int, Meta(ge=1)] | UnsetType = UNSET


class Settled(Struct, frozen=True):
    """Prices that were agreed with the buyer: net minor units per piece (or 1000 g or ml) by sku, and by what."""

    by: str
    prices: dict[str, int]


class Terms(Struct, frozen=True, omit_defaults=True):
    """What a buyer has said: everything in a cart that is not a price."""

    channel: str
    lines: Sequence[Want] = ()
    email: str | None = None
    country: str | None = None
    address: Address | None = None
    delivery: str | None = None
    coupons: Sequence[str] = ()
    settled: Settled | None = None
    """What was agreed counts instead of lists and promotions."""
    point: str | None = None
    """Where it is collected: a location of the channel, or a parcel locker."""
    window: str | None = None
    """The hours in which it is delivered."""
    recipient: Recipient | None = None


class Priced(Struct, frozen=True):
    """What a cart comes to. Money in minor units of ``currency``.

    ``components`` says what leaves the shelf for one of each bundle. ``discount`` is out of lines and totals already.
    ``promotions`` are those that count, in their order, and those that would if there were more of something.
    """

    currency: str
    country: str
    lines: list[QuoteLine]
    delivery_line: QuoteLine | None
    rates: list[RateTotal]
    net: int
    tax: int
    total: int
    components: dict[str, list[tuple[str, int]]] = {}
    discount: int = 0
    promotions: Sequence[Tried] = ()
    coupons: list[CouponSaid] = []
    company: Agreed | None = None
    """For whom it is bought and on which terms; prices are shown net first then."""


class Body(Struct, frozen=True):
    """A cart's document."""

    terms: Terms
    priced: Priced
    trace: Trace | None = None
    """How it came to its discounts; None: it was priced before there were any."""
    kind: Kind | None = None
    """What kind of delivery was chosen, when it was priced."""
    windowed: bool = False
    """By that delivery the buyer chooses hours."""


class Cart(Struct, frozen=True):
    """A cart with what it comes to; its prices hold until ``good_until``, then they are looked up anew."""

    id: UUID
    version: int
    terms: Terms
    priced: Priced
    good_until: datetime
    order: UUID | None = None
    """The order it became."""


class Preview(Struct, frozen=True, forbid_unknown_fields=True):
    """A basket as it will be bought at an instant, by a customer or (None) by somebody unknown."""

    cart: NewCart
    at: datetime
    customer: UUID | None = None


class Previewed(Struct, frozen=True):
    """What a basket will come to then, and why."""

    at: datetime
    priced: Priced
    promotions: list[Reason]


class Explained(Struct, frozen=True):
    """Why a basket costs what it costs: the price of each line, and what became of each promotion, in order."""

    at: datetime
    currency: str
    total: int
    discount: int
    lines: list[Why]
    promotions: list[Reason]
    coupons: list[CouponSaid]
    company: Agreed | None = None
    """For whom it is bought, and why without VAT where it is."""


class CartRow(Struct, frozen=True):
    """A cart as it is stored."""

    id: UUID
    owner_kind: str
    owner: UUID
    channel: str
    version: int
    good_until: datetime
    body: str


class Placed(Struct, frozen=True):
    """An order that was placed. ``pending`` are payments whose provider has still to say yes."""

    order: UUID
    number: int
    state: Literal["awaiting-payment", "open", "shipped", "cancelled"]
    currency: str
    total_minor: int
    pending: list[UUID] = []


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """A cart to be placed, and how it is paid: the tenders come to its total."""

    cart: UUID
    tenders: Annotated[list[Tender], Meta(max_length=10)]
    approval: UUID | None = None
    """By which somebody of the buyer's company let it pass, who may place it then."""


class PlacedRow(Struct, frozen=True):
    """The order a cart became."""

    cart_id: UUID
    order: UUID
    number: int
    state: Literal["awaiting-payment", "open", "shipped", "cancelled"]
    currency: str
    total_minor: int


class ChannelRow(Struct, frozen=True):
    """What checkout needs to know of a channel."""

    code: str
    currency: str
    country: str


class Option(Struct, frozen=True, forbid_unknown_fields=True):
    """A way to get goods to the buyer; its price is that of the item ``sku``."""

    code: OptionCode
    name: Filled
    kind: Kind
    sku: Sku
    rank: Annotated[int, Meta(ge=0, le=1_000_000)] = 100
    active: bool = True
    carrier: CarrierCode | None = None
    """Whose lockers it ends at; None: anybody's."""
    windowed: bool = False
    """The buyer chooses the hours in which it comes."""


class OptionRow(Struct, frozen=True):
    """A delivery option of a channel."""

    channel: str
    code: str
    sku: str
    kind: Kind
    windowed: bool


class Standing(Struct, frozen=True):
    """A point at which a delivery of a channel can be collected."""

    channel: str
    delivery: str
    point: str


class Spot(Struct, frozen=True):
    """Where a postcode lies."""

    latitude: float
    longitude: float


class Nearby(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a delivery is to be collected: ``near`` a postcode, or by words of a name, code, street or town."""

    delivery: OptionCode
    near: Text = ""
    latitude: Latitude | None = None
    """Degrees from where distances count, with ``longitude``; None: from the postcode."""
    longitude: Longitude | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class Point(Struct, frozen=True):
    """A place where goods can be collected. Degrees; ``distance_m`` from where one asked, as the crow flies."""

    code: str
    name: str
    street: str
    postcode: str
    city: str
    country: str
    latitude: float | None
    longitude: float | None
    distance_m: int | None
    hours: str | None
    """When a locker can be reached, in words."""
    pays: bool | None
    """What is collected at a locker can be paid there."""


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """Which group's prices a customer gets; None: everybody's."""

    customer: UUID
    price_group: Annotated[str, Meta(min_length=1, max_length=60, pattern="^[^\\u0000]*$")] | None
