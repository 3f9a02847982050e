"""What subscriptions announce."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("subscriptions.subscription-started", key="subscription", personal=("customer",))
class SubscriptionStarted(Struct, frozen=True):
    """A customer gets something again and again."""

    subscription: UUID
    customer: UUID
    plan: str
    next_on: date


@event("subscriptions.subscription-changed", key="subscription")
class SubscriptionChanged(Struct, frozen=True):
    """A subscription is paused, resumed, or brings something else, elsewhere or later; ``what`` says which."""

    subscription: UUID
    what: str
    next_on: date


@event("subscriptions.subscription-renewed", key="subscription")
class SubscriptionRenewed(Struct, frozen=True):
    """The order of a delivery was placed."""

    subscription: UUID
    cycle: int
    order: UUID
    total_minor: int


@event("subscriptions.price-told", key="subscription")
class PriceTold(Struct, frozen=True):
    """A delivery will cost more than was agreed: the customer is to be told before it is charged."""

    subscription: UUID
    agreed_minor: int
    told_minor: int
    from_on: date


@event("subscriptions.renewal-failed", key="subscription")
class RenewalFailed(Struct, frozen=True):
    """A delivery was not placed or not paid; ``next_on`` is when it is tried again, None: never."""

    subscription: UUID
    cycle: int
    why: str
    next_on: date | None


@event("subscriptions.subscription-cancelled", key="subscription")
class SubscriptionCancelled(Struct, frozen=True):
    """A subscription ended; ``proof`` is the number of the entry that says so."""

    subscription: UUID
    proof: UUID
    by: str
