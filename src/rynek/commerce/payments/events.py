"""What payments announce. Money in minor units of ``currency``."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


class Movement(Struct, frozen=True):
    """Something that was done about a payment."""

    order: UUID
    payment: UUID
    provider: str
    method: str
    currency: str
    minor: int


@event("payments.payment-authorised", key="order")
class PaymentAuthorised(Movement, frozen=True):
    """So much is promised to us."""


@event("payments.payment-captured", key="order")
class PaymentCaptured(Movement, frozen=True):
    """So much is ours."""


@event("payments.payment-voided", key="order")
class PaymentVoided(Movement, frozen=True):
    """So much is not promised to us any more."""


@event("payments.payment-refunded", key="order")
class PaymentRefunded(Movement, frozen=True):
    """So much went back to the buyer."""


@event("payments.payment-failed", key="order")
class PaymentFailed(Movement, frozen=True):
    """A provider would not do what it was asked for (``asked``: authorise, capture, void, refund)."""

    asked: str
    why: str


@event("payments.payment-disputed", key="order")
class PaymentDisputed(Movement, frozen=True):
    """So much was taken back by the buyer's bank; ``dispute`` is what the provider calls it."""

    dispute: str
    reason: str


@event("payments.dispute-decided", key="order")
class DisputeDecided(Movement, frozen=True):
    """Whose disputed money is (``won``: ours again)."""

    dispute: str
    won: bool
