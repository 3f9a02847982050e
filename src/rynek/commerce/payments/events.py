"""What payments announce. Money in minor units of ``currency``."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("payments.payment-authorised", key="order")
class PaymentAuthorised(Struct, frozen=True):
    """So much is promised to us."""

    order: UUID
    payment: UUID
    provider: str
    method: str
    currency: str
    minor: int


@event("payments.payment-captured", key="order")
class PaymentCaptured(Struct, frozen=True):
    """So much is ours."""

    order: UUID
    payment: UUID
    provider: str
    method: str
    currency: str
    minor: int


@event("payments.payment-voided", key="order")
class PaymentVoided(Struct, frozen=True):
    """So much is not promised to us any more."""

    order: UUID
    payment: UUID
    provider: str
    method: str
    currency: str
    minor: int


@event("payments.payment-refunded", key="order")
class PaymentRefunded(Struct, frozen=True):
    """So much went back to the buyer."""

    order: UUID
    payment: UUID
    provider: str
    method: str
    currency: str
    minor: int


@event("payments.payment-failed", key="order")
class PaymentFailed(Struct, frozen=True):
    """A provider would not do what it was asked for (``asked``: authorise, capture, void, refund)."""

    order: UUID
    payment: UUID
    provider: str
    method: str
    currency: str
    minor: int
    asked: str
    why: str
