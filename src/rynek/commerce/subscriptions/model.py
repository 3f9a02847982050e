"""The words of subscriptions."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.checkout import Address, OptionCode, Want
from rynek.commerce.inventory import ChannelCode
from rynek.commerce.payments import Tender
from rynek.kernel.faults import Conflict, Invalid

Unit = Literal["day", "week", "month"]
State = Literal["active", "paused", "past-due", "cancelled"]
"""``past-due``: a delivery was not paid, and is tried again."""
CycleState = Literal["placed", "paid", "skipped", "failed", "told"]
"""``told``: it costs more than was agreed, so the customer was told, and nothing was charged."""
PlanCode = Annotated[
    str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9-]*\Z", examples=["coffee-monthly"])
]
Email = Annotated[
    str, Meta(max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+\Z", examples=["ola@example.com"])
]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00]*\Z")]
Wants = Annotated[list[Want], Meta(min_length=1, max_length=100)]
Method = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,39}\Z")]


class PlanUnknown(Invalid):
    """There is no such plan in this channel, or nobody can subscribe to it now."""


class PriceDiffers(Conflict):
    """It costs something else than you agreed to: look at it again."""


class NotNow(Conflict):
    """A subscription in this state does not do that."""


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """How often something comes. With ``notice_days`` a price is told so long before it is charged."""

    code: PlanCode
    channel: ChannelCode
    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*\Z")]
    every: Annotated[int, Meta(ge=1, le=365)]
    unit: Unit
    notice_days: Annotated[int, Meta(ge=0, le=365)] = 14
    active: bool = True


class Paying(Struct, frozen=True, forbid_unknown_fields=True):
    """How each delivery is paid. ``token`` is what the provider gave for charging again."""

    method: Method
    provider: Method = "manual"
    token: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]*\Z")] | None = None

    def tender(self, minor: int) -> Tender:
        """Pay an amount so."""
        return Tender(method=self.method, amount_minor=minor, provider=self.provider, token=self.token)


class NewSubscription(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer subscribes to. ``agreed_minor`` is the total of one delivery, as the customer was shown it."""

    plan: PlanCode
    lines: Wants
    email: Email
    address: Address
    delivery: OptionCode
    paying: Paying
    agreed_minor: Annotated[int, Meta(ge=0, le=10**15, description="minor units (grosze, cents)")]
    starts_on: date | None = None
    """None: today."""


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody thinks of subscribing to; ``email`` is not needed to tell the price."""

    plan: PlanCode
    lines: Wants
    address: Address
    delivery: OptionCode
    starts_on: date | None = None
    """None: today."""


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """What would come otherwise, or elsewhere; what is left out stays."""

    lines: Wants | None = None
    address: Address | None = None


class PricedLine(Struct, frozen=True):
    """A line of a delivery at the price of now, in minor units."""

    sku: str
    product: UUID
    name: str
    quantity: int
    gross_minor: int


class Price(Struct, frozen=True):
    """What one delivery costs now, in minor units of ``currency``, and on which days the next ones come."""

    currency: str
    lines: list[PricedLine]
    delivery_minor: int
    total_minor: int
    days: list[date]


class Row(Struct, frozen=True):
    """A subscription as it is kept; ``terms`` and ``paying`` are JSON."""

    id: UUID
    customer: UUID
    plan: str
    channel: str
    state: State
    currency: str
    agreed_minor: int
    told_minor: int | None
    told_from: date | None
    anchor_on: date
    cycle: int
    next_on: date
    tries: int
    terms: str
    paying: str
    started_at: datetime


class Cycle(Struct, frozen=True):
    """One delivery of a subscription, and what became of it; a try that failed is followed by another."""

    cycle: int
    attempt: int
    due_on: date
    state: CycleState
    order: UUID | None
    why: str
    at: datetime


class Entry(Struct, frozen=True):
    """One thing that happened to a subscription. ``proof`` is its number, which nobody can change or give twice."""

    at: datetime
    what: str
    note: str
    proof: UUID


class Subscription(Struct, frozen=True):
    """A subscription with its deliveries and history. Money in minor units.

    ``told_minor`` is what a delivery will cost from ``told_from`` on, as the customer was told; None: nothing new.
    """

    id: UUID
    plan: str
    channel: str
    state: State
    currency: str
    agreed_minor: int
    told_minor: int | None
    told_from: date | None
    next_on: date
    lines: list[Want]
    address: Address
    delivery: str
    method: str
    started_at: datetime
    cycles: list[Cycle]
    history: list[Entry]


class Summary(Struct, frozen=True):
    """A subscription in a list; ``tries`` counts how often its delivery was not paid."""

    id: UUID
    customer: UUID
    plan: str
    channel: str
    state: State
    tries: int
    currency: str
    agreed_minor: int
    next_on: date
    started_at: datetime


class Proof(Struct, frozen=True):
    """That a subscription was cancelled: keep its number."""

    proof: UUID
    at: datetime
    subscription: UUID


class Known(Struct, frozen=True):
    """The delivery an order was placed for."""

    subscription: UUID
    cycle: int
    attempt: int
    state: CycleState
