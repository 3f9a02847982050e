"""The words of orders."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Raw, Struct

from rynek.commerce.inventory import Awaited, ChannelCode, LocationCode, LotEntry, LotLevel, LotLines, Pick
from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict

State = Literal["awaiting-payment", "open", "shipped", "cancelled"]
HoldKind = Literal["fraud", "payment", "address", "review"]
Reference = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*\Z")]
Note = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*\Z")]


class NotCancellable(Conflict):
    """This order has left the house: it can be returned, not cancelled."""


class NotShippable(Conflict):
    """This cannot be shipped: the order is in another state, something holds it up, or it has left."""


class NotReturnable(Conflict):
    """More would come back than was shipped."""


class NotChangeable(Conflict):
    """This order cannot be changed so: it is closed, or that part of it has left."""


class CreditTooHigh(Conflict):
    """More would be credited than the order comes to."""


class OrderLine(Struct, frozen=True):
    """A line as agreed. Money in minor units of the order's currency; ``rate_bp`` is the tax rate in 1/100 %."""

    line: int
    sku: str
    name: str
    quantity: int
    unit_minor: int
    net_minor: int
    tax_minor: int
    gross_minor: int
    rate_bp: int
    returned: int = 0
    discount_minor: int = 0
    """What promotions took off; it is out of ``net_minor`` and ``gross_minor`` already."""
    shipped: int = 0
    cancelled: int = 0
    """Units given up before they left; what was agreed for the line stays as it is."""


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """What orders are looked for; what is left out is not looked at. ``before``: the last of the page before."""

    state: State | None = None
    email: Annotated[str, Meta(max_length=254, pattern=r"^[^\x00]*\Z")] | None = None
    number: Annotated[int, Meta(ge=1, le=2**62)] | None = None
    channel: ChannelCode | None = None
    before: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Summary(Struct, frozen=True):
    """An order in a list. Money in minor units."""

    id: UUID
    number: int
    channel: str
    email: str
    currency: str
    state: State
    total_minor: int
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    placed_at: datetime


class Ordered(Struct, frozen=True, array_like=True):
    """What was ordered in a currency. Money in minor units."""

    currency: str
    orders: int
    total_minor: int


class Intake(Struct, frozen=True):
    """What was ordered, by currency, and how many orders in each second lately (seconds since 1970)."""

    currencies: list[Ordered]
    pace: list[tuple[int, int]]
    position: str
    """Where the log stood: what is announced after it is not in here."""


class Waiting(Struct, frozen=True):
    """Orders that wait: for their money, and to be packed; counted among the newest ``of``, so that it costs little."""

    for_money: int
    to_be_packed: int
    of: int


class Header(Struct, frozen=True):
    """An order without its lines. ``agreed`` is the cart as it was: addresses, delivery, taxes, and why each price."""

    id: UUID
    number: int
    cart_id: UUID
    channel: str
    owner_kind: str
    owner: UUID
    email: str
    currency: str
    state: State
    delivery_minor: int
    tax_minor: int
    total_minor: int
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    agreed: Raw
    placed_at: datetime
    credit_minor: int


class Entry(Struct, frozen=True):
    """One thing that happened to an order."""

    at: datetime
    what: str
    note: str
    actor_kind: str


class Shipment(Struct, frozen=True):
    """What left of an order at once, by the shipment's own number."""

    reference: str
    at: datetime
    goods: list[Pick]


class HoldUp(Struct, frozen=True):
    """Why an order does not go on until somebody has looked at it."""

    kind: HoldKind
    reason: str
    placed_at: datetime


class Held(Struct, frozen=True):
    """An order that is held up, in the queue of those to be looked at; oldest first."""

    order: UUID
    number: int
    email: str
    currency: str
    total_minor: int
    kind: HoldKind
    reason: str
    placed_at: datetime


class Order(Struct, frozen=True):
    """An order with all that is known of it."""

    id: UUID
    number: int
    cart_id: UUID
    channel: str
    owner_kind: str
    owner: UUID
    email: str
    currency: str
    state: State
    delivery_minor: int
    tax_minor: int
    total_minor: int
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    agreed: Raw
    placed_at: datetime
    credit_minor: int
    """What of the total the buyer gets back: for returned goods, or out of goodwill."""
    lines: list[OrderLine]
    history: list[Entry]
    shipments: list[Shipment] = []
    holds: list[HoldUp] = []
    awaits: list[Awaited] = []
    """Units that were sold beyond stock, and for when they are promised."""


class Balance(Struct, frozen=True):
    """An order's money and state, for whoever moves money."""

    state: State
    currency: str
    total_minor: int
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    credit_minor: int = 0

    @property
    def due_minor(self) -> int:
        """Tell what the shop is to keep in the end."""
        return 0 if self.state == "cancelled" else self.total_minor - self.credit_minor

    @property
    def promised_minor(self) -> int:
        """Tell what its payments brought or will bring, less what went back."""
        return self.authorised_minor - self.refunded_minor


class Placing(Struct, frozen=True):
    """An order to be written; ``agreed`` is JSON text, ``lines`` as in OrderLine."""

    id: UUID
    cart_id: UUID
    channel: str
    owner_kind: str
    owner: UUID
    email: str
    currency: str
    state: State
    delivery_minor: int
    tax_minor: int
    total_minor: int
    authorised_minor: int
    captured_minor: int
    agreed: str
    lines: list[OrderLine]
    discount_minor: int = 0
    promotions: Sequence[tuple[str, int]] = ()
    """Those that counted, and what each took off."""


class Numbered(Struct, frozen=True):
    """The number an order got."""

    id: UUID
    number: int


class LineUnits(Struct, frozen=True, forbid_unknown_fields=True):
    """So many units of an order's line."""

    line: Annotated[int, Meta(ge=1, le=1000)]
    units: Annotated[int, Meta(ge=1, le=1_000_000)]


class Return(Struct, frozen=True, forbid_unknown_fields=True):
    """Goods that come back to a location, by the return's own number."""

    reference: Reference
    location: LocationCode
    lines: Annotated[list[LineUnits], Meta(min_length=1, max_length=200)]
    lots: LotLines = []
    """The serial numbers, or lots, of what wants them."""


class Goods(Struct, frozen=True, forbid_unknown_fields=True):
    """What leaves at once, and from where; of bundles, what they are made of.

    ``list``: for which its lots and serial numbers were taken off the shelf.
    """

    reference: Reference
    picks: Annotated[list[Pick], Meta(min_length=1, max_length=1000)]
    list: UUID | None = None


class Recalled(Struct, frozen=True):
    """An order that units of a lot went out with, and how many came back; ``assumed``: nobody said which lot."""

    order: UUID
    number: int
    channel: str
    units: int
    back: int
    last_at: datetime
    assumed: bool


class Trace(Struct, frozen=True):
    """Where a lot, or a serial number, is and where it went: ``entries`` is its ledger, the newest first."""

    sku: str
    lot: str
    best_before: date | None
    there: list[LotLevel]
    orders: list[Recalled]
    entries: list[LotEntry]


class Parting(Struct, frozen=True):
    """An order of which something is to leave; ``holds`` tells what holds it up, the others are JSON."""

    id: UUID
    state: State
    holds: str
    components: str
    shipments: str


class LineOf(Struct, frozen=True):
    """A line of an order, as far as it leaves."""

    order: UUID
    line: int
    sku: str
    quantity: int
    gross_minor: int
    shipped: int
    cancelled: int


class Came(Struct, frozen=True):
    """Units of an order that left with a shipment, and what was agreed for them."""

    order: UUID
    sku: str
    units: int
    gross_minor: int


class Strike(Struct, frozen=True, forbid_unknown_fields=True):
    """Units that are given up before they leave, by the change's own number."""

    reference: Reference
    lines: Annotated[list[LineUnits], Meta(min_length=1, max_length=200)]
    reason: Note


class Redelivery(Struct, frozen=True):
    """Another way for an order to come, by the change's own number; ``line`` is its price as it was quoted."""

    reference: str
    option: str
    line: Struct
    gross_minor: int
    tax_minor: int
    """How much more tax is in the order by it (minor units, any sign)."""


class Credit(Struct, frozen=True, forbid_unknown_fields=True):
    """Money that the buyer gets back or need not pay, by the credit's own number."""

    reference: Reference
    minor: Annotated[int, Meta(ge=1, le=10**15, description="minor units (grosze, cents)")]
    why: Note


constraint("order_line_not_over_shipped", NotChangeable, "so many units are not waiting to leave")
constraint("order_credit_in_bounds", CreditTooHigh, "more would be credited than the order comes to")
constraint("order_line_not_over_returned", NotReturnable, "more would come back than was shipped")
