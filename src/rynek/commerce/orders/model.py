"""The words of orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Raw, Struct

from rynek.commerce.inventory import ChannelCode, LocationCode
from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict

State = Literal["awaiting-payment", "open", "shipped", "cancelled"]
Note = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*\Z")]


class NotCancellable(Conflict):
    """This order has left the house: it can be returned, not cancelled."""


class NotShippable(Conflict):
    """This order cannot be shipped in the state it is in."""


class NotReturnable(Conflict):
    """More would come back than was shipped."""


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


class Entry(Struct, frozen=True):
    """One thing that happened to an order."""

    at: datetime
    what: str
    note: str
    actor_kind: str


class Order(Struct, frozen=True):
    """An order with all that is known of it."""

    id: UUID
    number: int
    cart_id: UUID
    channel: str
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
    lines: list[OrderLine]
    history: list[Entry]


class Balance(Struct, frozen=True):
    """An order's money and state, for whoever moves money."""

    state: State
    currency: str
    total_minor: int
    authorised_minor: int
    captured_minor: int
    refunded_minor: int


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


class ReturnedLine(Struct, frozen=True, forbid_unknown_fields=True):
    """Units of an order's line that come back."""

    line: Annotated[int, Meta(ge=1, le=1000)]
    units: Annotated[int, Meta(ge=1, le=1_000_000)]


class Return(Struct, frozen=True, forbid_unknown_fields=True):
    """Goods that come back to a location, by the return's own number."""

    reference: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*\Z")]
    location: LocationCode
    lines: Annotated[list[ReturnedLine], Meta(min_length=1, max_length=200)]


constraint("order_line_not_over_returned", NotReturnable, "more would come back than was ordered")
