"""The words of companies. Money in minor units of the company's currency."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.catalog import Sku
from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict, Invalid, NotFound, Unavailable
from rynek.kernel.money import Currency

CompanyId = UUID
CustomerId = UUID
OrderId = UUID
Filled = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]
Said = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+\Z")]
Group = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00]*\Z")]
Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,59}\Z", examples=["tools"])]
UnitCode = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z", examples=["warsaw"])]
VatId = Annotated[str, Meta(min_length=4, max_length=20, pattern=r"^[A-Za-z0-9 .+*-]*\Z", examples=["PL5260250995"])]
Amount = Annotated[int, Meta(ge=0, le=10**15, description="minor units (grosze, cents)")]
Token = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]*\Z")]
Role = Annotated[
    Literal["buyer", "approver", "admin"],
    Meta(description="a buyer orders; an approver lets others' orders pass; an admin also keeps units and people"),
]
Period = Literal["week", "month", "quarter", "year"]
Invoicing = Annotated[
    Literal["each", "week", "month"], Meta(description="an invoice for each order, or one for those of a period")
]
Treatment = Literal["standard", "reverse-charge", "exempt"]
MOST = 500


class CompanyRefused(Conflict):
    """This company buys nothing at the moment."""


class BuyerChanged(Conflict):
    """What this cart may cost or who buys it has changed: look at it again."""


class CreditSpent(Conflict):
    """So much is not left of the company's credit: pay what is due, or pay this order at once."""


class ApprovalNeeded(Conflict):
    """This is more than you may order by yourself: ask for approval."""


class VatIdWrong(Invalid):
    """This is no VAT number of the European Union."""


class CreditInUse(Conflict):
    """More than that is owed already: block the account instead, and lower its limit when it has been paid."""


class RegisterAway(Unavailable):
    """The register of VAT numbers cannot be asked at this moment: try again later."""


class InvitationGone(NotFound):
    """This invitation is not known, has been taken or is too old."""


class Seat(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a company is at home."""

    street: Filled
    city: Filled
    postcode: Annotated[str, Meta(max_length=20, pattern=r"^[^\x00-\x1f]*\Z")]
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z", examples=["PL"])]


class Assortment(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a company may buy. Categories count with all below them.

    Where something is allowed, all else is not; what is blocked is never allowed.
    """

    allowed_categories: Annotated[list[Code], Meta(max_length=MOST)] = []
    allowed_brands: Annotated[list[Code], Meta(max_length=MOST)] = []
    allowed_skus: Annotated[list[Sku], Meta(max_length=MOST)] = []
    blocked_categories: Annotated[list[Code], Meta(max_length=MOST)] = []
    blocked_brands: Annotated[list[Code], Meta(max_length=MOST)] = []
    blocked_skus: Annotated[list[Sku], Meta(max_length=MOST)] = []


class Terms(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A company and the terms it buys on.

    ``tax`` other than standard counts only while it is proved: reverse charge by a valid answer about its VAT number
    that is not too old, an exemption by its ``certificate`` through the day ``exempt_until``.
    """

    name: Filled
    vat_id: VatId | None = None
    email: Email
    address: Seat
    currency: Currency = "PLN"
    price_group: Group | None = None
    terms_days: Annotated[int, Meta(ge=0, le=365)] = 14
    invoicing: Invoicing = "each"
    period: Period = "month"
    tax: Treatment = "standard"
    certificate: Said = ""
    exempt_until: date | None = None
    assortment: Assortment = Assortment()
    active: bool = True


class Credit(Struct, frozen=True, forbid_unknown_fields=True):
    """How much a company may owe. ``blocked``: it orders nothing more on account."""

    limit_minor: Amount
    blocked: bool = False


class Account(Struct, frozen=True):
    """How much a company may owe and owes."""

    limit_minor: int
    exposure_minor: int
    blocked: bool


class Unit(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a company: who orders in it spends its budget, and that of the parts above it."""

    code: UnitCode
    name: Filled
    parent: UnitCode | None = None
    budget_minor: Amount | None = None
    """What may be ordered in a period, with the units below it; None: no end is set."""


class Seated(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody may do for a company; without a limit there is none."""

    unit: UnitCode
    name: Filled
    role: Role = "buyer"
    order_limit_minor: Amount | None = None
    period_limit_minor: Amount | None = None


class Member(Struct, frozen=True):
    """Somebody who buys for a company."""

    customer: UUID
    company: UUID
    unit: str
    name: str
    role: Role
    order_limit_minor: int | None
    period_limit_minor: int | None


class Proof(Struct, frozen=True):
    """What a member state said of a VAT number. ``consultation`` is its own number for that answer."""

    vat_id: str
    at: datetime
    valid: bool
    name: str
    address: str
    consultation: str


class Company(Struct, frozen=True):
    """A company with its units, its people, and what it owes."""

    id: UUID
    terms: Terms
    account: Account
    units: list[Unit]
    members: list[Member]
    proof: Proof | None


class Listed(Struct, frozen=True):
    """A company in a list."""

    id: UUID
    name: str
    vat_id: str | None
    currency: str
    limit_minor: int
    exposure_minor: int
    blocked: bool
    active: bool
    members: int


class CompanyRow(Struct, frozen=True):
    """A company as it is stored."""

    id: UUID
    name: str
    vat_id: str | None
    email: str
    address: str
    currency: str
    price_group: str | None
    terms_days: int
    invoicing: Invoicing
    period: Period
    tax: Treatment
    certificate: str
    exempt_until: date | None
    assortment: str
    active: bool
    limit_minor: int
    exposure_minor: int
    blocked: bool


class Checked(Struct, frozen=True):
    """Whether a VAT number is written as it has to be; ``why`` not."""

    vat_id: str
    sound: bool
    why: str


class Invited(Struct, frozen=True):
    """A way into a company: whoever logs in and shows the token has the seat."""

    token: str
    until_at: datetime


class Owed(Struct, frozen=True):
    """What an order on account comes to, and what of it was paid or withdrawn (cancelled, returned)."""

    payment: UUID
    order: UUID
    number: int
    minor: int
    paid_minor: int
    withdrawn_minor: int
    at: datetime
    due_on: date


class Movement(Struct, frozen=True):
    """One line of a company's ledger."""

    id: int
    at: datetime
    movement: UUID
    payment: UUID
    account: Literal["owed", "sold", "paid", "withdrawn"]
    minor: int


class Unbalanced(Struct, frozen=True):
    """A company whose account is not what its ledger and its payments say: damage."""

    company: UUID
    exposure_minor: int
    ledger_minor: int
    debts_minor: int
    payments_minor: int
    uneven: int
    """Movements whose lines do not come to nothing."""


class Delivered(Struct, frozen=True):
    """A shipment of an order, and its units by item."""

    order: UUID
    reference: str
    items: dict[str, int]


class Billable(Struct, frozen=True):
    """What left for a company in a period and is invoiced together, in one currency; gross, before what came back."""

    company: UUID
    currency: str
    begins_on: date
    ends_on: date
    orders: list[UUID]
    total_minor: int
    deliveries: list[Delivered] = []


class BillableRow(Struct, frozen=True):
    """A shipment that is on no invoice; ``items`` is JSON."""

    order: UUID
    currency: str
    total_minor: int
    shipped_at: datetime
    reference: str = ""
    items: str = "{}"


class Overdue(Struct, frozen=True):
    """What a company should have paid by now, in minor units."""

    company: UUID
    name: str
    email: str
    currency: str
    order: UUID
    number: int
    payment: UUID
    open_minor: int
    due_on: date
    reminders: int


class Buyer(Struct, frozen=True):
    """On whose terms a customer buys: the group, and the company if there is one."""

    customer: UUID
    price_group: str | None
    company: UUID | None
    name: str | None
    vat_id: str | None
    unit: str | None
    terms_days: int | None
    invoicing: str | None
    tax: Treatment | None
    certificate: str | None
    exempt_until: date | None
    restricted: bool | None
    proof_at: datetime | None
    consultation: str | None


class Agreed(Struct, frozen=True):
    """For which company something is bought and on what terms: copied, so that documents say what was agreed.

    ``reason`` is why there is no VAT on it, in the words of the law; nothing: there is.
    """

    company: UUID
    name: str
    vat_id: str | None
    unit: str
    terms_days: int
    invoicing: str
    tax: Treatment = "standard"
    reason: str = ""
    proof: str = ""


class Outside(Struct, frozen=True):
    """Something that a company may not buy."""

    company: UUID
    sku: str


class Claim(Struct, frozen=True):
    """What an order takes of a company: of its people's limits, its budgets and, on account, its credit."""

    order: UUID
    customer: UUID
    company: UUID
    currency: str
    total_minor: int
    on_account_minor: int
    approval: UUID | None = None
    """Who may has said yes: limits and budgets do not hold it up, credit does."""


class Standing(Struct, frozen=True):
    """How a company stands, locked."""

    company: UUID
    currency: str
    period: Period
    active: bool
    terms_days: int
    limit_minor: int
    exposure_minor: int
    blocked: bool


class UnitRow(Struct, frozen=True):
    """A unit of some company."""

    company: UUID
    code: str
    parent: str | None
    budget_minor: int | None


class Spent(Struct, frozen=True):
    """What was ordered by somebody in a unit in this period."""

    company: UUID
    unit: str
    customer: UUID
    minor: int


class Debt(Struct, frozen=True):
    """A payment on account of an order that is being placed."""

    payment: UUID
    order: UUID
    minor: int


class Released(Struct, frozen=True):
    """What came off a debt."""

    company: UUID
    payment: UUID
    paid_minor: int
    withdrawn_minor: int


class Answer(Struct, frozen=True):
    """What the register said of a number."""

    valid: bool
    name: str = ""
    address: str = ""
    consultation: str = ""


class Mine(Struct, frozen=True):
    """For whom you buy, and how much of your limits and of the company's credit is left (None: no end is set)."""

    company: UUID
    name: str
    member: Member
    currency: str
    credit_left_minor: int
    period_left_minor: int | None
    budget_left_minor: int | None


constraint("company_account_within_limit", CreditSpent, "so much is not left of the company's credit")
constraint("company_unit_parent", Invalid, "there is no such unit above it")
constraint("company_member_unit", Invalid, "the company has no such unit")
constraint("company_invitation_unit", Invalid, "the company has no such unit")
