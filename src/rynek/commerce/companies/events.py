"""What companies announce. Money in minor units of the company's currency."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("companies.company-changed", key="company")
class CompanyChanged(Struct, frozen=True):
    """A company is new, or buys on other terms."""

    company: UUID


@event("companies.member-changed", key="company", personal=("customer",))
class MemberChanged(Struct, frozen=True):
    """Somebody buys for a company, may do something else there, or (``role`` None) buys for it no more."""

    company: UUID
    customer: UUID
    role: str | None


@event("companies.credit-changed", key="company")
class CreditChanged(Struct, frozen=True):
    """A company may owe more or less than before."""

    company: UUID
    limit_minor: int
    blocked: bool


@event("companies.vat-id-checked", key="company")
class VatIdChecked(Struct, frozen=True):
    """A member state has said whether a company's VAT number is valid."""

    company: UUID
    vat_id: str
    valid: bool


@event("companies.debt-incurred", key="company")
class DebtIncurred(Struct, frozen=True):
    """A company has ordered on account."""

    company: UUID
    order: UUID
    payment: UUID
    minor: int


@event("companies.debt-released", key="company")
class DebtReleased(Struct, frozen=True):
    """A company owes less: so much was paid, or withdrawn because it was cancelled or came back."""

    company: UUID
    payment: UUID
    paid_minor: int
    withdrawn_minor: int


@event("companies.payment-overdue", key="company")
class PaymentOverdue(Struct, frozen=True):
    """A company has not paid what was due: it is reminded, for the first, second or third time."""

    company: UUID
    order: UUID
    payment: UUID
    minor: int
    due_on: date
    reminder: int


@event("companies.orders-billed", key="company")
class OrdersBilled(Struct, frozen=True):
    """Orders of a company are on one invoice now."""

    company: UUID
    document: UUID
    orders: list[UUID]
