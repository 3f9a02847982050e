"""The words of documents. Money in minor units of the document's currency where nothing else is said."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.catalog import ChannelCode
from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict, Invalid, NotFound
from rynek.kernel.money import Currency

Kind = Literal["confirmation", "invoice", "correction", "advance", "final", "receipt", "delivery-note", "return-slip"]
KINDS: tuple[Kind, ...] = (
    "confirmation", "invoice", "correction", "advance", "final", "receipt", "delivery-note", "return-slip",
)  # fmt: skip
TAXED: frozenset[str] = frozenset({"invoice", "final", "advance"})
"""Kinds that VAT is owed by, and that can be corrected."""
Reset = Literal["yearly", "monthly", "never"]
"""When numbers begin again with 1."""
Given = Literal["nobody", "asked", "everybody"]
"""Who gets a document of a series without anybody's doing: nobody, those who asked for an invoice, all."""
Language = Literal["pl", "en"]
Form = Literal["html", "pdf", "json"]
Basis = Literal["net", "gross"]
Category = Literal["S", "Z", "E", "AE", "K", "G", "O"]
"""VAT category: standard, zero, exempt, reverse charge, within the Community, export, outside the scope.

Source: EN 16931-1, code list UNTDID 5305.
"""
Method = Literal["net", "gross", "line"]
"""What VAT is counted from: the net or gross sum of each rate, or each line."""

SeriesCode = Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{0,19}\Z", examples=["FV"])]
SellerCode = Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{0,19}\Z", examples=["RYNEK"])]
Pattern = Annotated[
    str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]*\Z", examples=["FV/{year}/{month}/{number}"])
]
Filled = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]
Text = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z", examples=["PL"])]
Postcode = Annotated[str, Meta(max_length=20, pattern=r"^[^\x00-\x1f]*\Z")]
VatId = Annotated[
    str, Meta(pattern=r"^[A-Z]{2}[0-9A-Z+*]{2,13}\Z", description="with its country", examples=["PL5260250274"])
]
Iban = Annotated[str, Meta(pattern=r"^[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}\Z", examples=["PL61109010140000071219812874"])]
Day = date
Reason = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*\Z")]


class SellerUnknown(Invalid):
    """There is no such seller."""


class PatternUnfit(Invalid):
    """Numbers of this pattern would repeat, or it cannot be read."""


class SeriesInUse(Conflict):
    """The series has numbered documents: its kind, seller, pattern and reset stay as they are."""


class SeriesMissing(Conflict):
    """No active series numbers such documents here."""


class DocumentMissing(NotFound):
    """There is no such document, or it is not yours."""


class NothingToIssue(Conflict):
    """There is nothing to put on such a document."""


class NotCorrectable(Conflict):
    """Documents of this kind are not corrected."""


class OverCorrected(Conflict):
    """More would be taken off than there is on the document."""


class AskedTooLate(Conflict):
    """An invoice is issued when it is asked for within three months after the month of the sale."""


class ReceiptGiven(Conflict):
    """A receipt without this VAT id was given: an invoice with it cannot follow."""


class AlreadyInvoiced(Conflict):
    """The order is invoiced already, to whom it says: ask for a correction."""


class ReceiptIsInvoice(Conflict):
    """A receipt of so little with the buyer's VAT id is an invoice itself: none is issued to it."""


class TaxUnknown(Conflict):
    """What VAT an item of the receipt bore is not known: put it in the catalogue, with its tax."""


class RateUnknown(Conflict):
    """What the currency was worth before the sale is not known: put exchange rates in."""


class Party(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody on a document: who buys, or who gets the goods."""

    name: Filled
    street: Filled
    city: Filled
    postcode: Postcode = ""
    country: Country = "PL"
    vat_id: VatId | None = None
    email: Annotated[str, Meta(max_length=254, pattern=r"^[^\x00-\x1f]*\Z")] = ""
    phone: Annotated[str, Meta(max_length=40, pattern=r"^[^\x00-\x1f]*\Z")] = ""


class Seller(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who sells: what has to stand on every document."""

    code: SellerCode
    name: Filled
    street: Filled
    city: Filled
    postcode: Postcode = ""
    country: Country = "PL"
    vat_id: VatId | None = None
    register: Text = ""
    """Where it is registered: court, number, share capital, waste register."""
    email: Annotated[str, Meta(max_length=254, pattern=r"^[^\x00-\x1f]*\Z")] = ""
    phone: Annotated[str, Meta(max_length=40, pattern=r"^[^\x00-\x1f]*\Z")] = ""
    bank: Text = ""
    bank_account: Iban | None = None
    swift: Annotated[str, Meta(pattern=r"^([A-Z0-9]{8}([A-Z0-9]{3})?)?\Z")] = ""
    currency: Currency = "PLN"
    """What its taxes are paid in."""
    timezone: Annotated[str, Meta(max_length=60, pattern=r"^[A-Za-z0-9_+/-]+\Z")] = "Europe/Warsaw"
    """Whose days documents bear."""
    payment_days: Annotated[int, Meta(ge=0, le=365)] = 14
    """How long a transfer may take that was not made before."""
    exemption: Text = ""
    """Why it sells without VAT, where it does: the article of the law."""


class Series(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Numbers for documents of one kind, such as ``FV/{year}/{month}/{number}``; ``{number:5}`` has five digits."""

    code: SeriesCode
    kind: Kind
    seller: SellerCode
    pattern: Pattern
    reset: Reset = "yearly"
    channels: Annotated[list[ChannelCode], Meta(max_length=100)] = []
    """For whose orders."""
    given: Given = "nobody"
    language: Language = "pl"
    active: bool = True


class Rate(Struct, frozen=True, forbid_unknown_fields=True):
    """What one unit of a currency was worth on a day, in millionths of ``local``."""

    currency: Currency
    day: Day
    millionths: Annotated[int, Meta(ge=1, le=10**15)]
    local: Currency = "PLN"
    source: Filled = "NBP"


class Line(Struct, frozen=True):
    """What is sold. ``unit_minor`` is its price per piece, or per 1000 g or ml, on ``basis``, before discounts."""

    number: int
    order_line: int
    """0: what delivery costs; -1: an advance on what has one rate."""
    sku: str
    name: str
    unit: str
    quantity: int
    unit_minor: int
    basis: Basis
    discount_minor: int
    net_minor: int
    tax_minor: int
    gross_minor: int
    category: Category
    rate_bp: int
    label: str
    gtin: str | None = None
    gtu: str = ""
    order: UUID | None = None
    """Of an invoice for several orders: whose line it is."""


class RateSum(Struct, frozen=True):
    """What is taxed at one rate. ``local_tax_minor`` is its VAT in the seller's currency, where that is another."""

    category: Category
    rate_bp: int
    label: str
    net_minor: int
    tax_minor: int
    gross_minor: int
    local_tax_minor: int | None = None
    reason: str = ""
    """Why there is no VAT on it."""


class Exchange(Struct, frozen=True):
    """What the document's currency was worth."""

    local: str
    millionths: int
    day: Day
    source: str


class Paid(Struct, frozen=True):
    """How, and how much was paid when the document was issued."""

    method: str
    minor: int


class Reference(Struct, frozen=True):
    """Another document."""

    id: UUID
    kind: Kind
    name: str
    issued_on: Day


class Deducted(Struct, frozen=True):
    """An advance that is taken off: its document, and what it came to at each rate after its corrections."""

    document: Reference
    rates: Sequence[RateSum]
    gross_minor: int


class Change(Struct, frozen=True):
    """A line before and after a correction."""

    before: Line
    after: Line
    quantity: int
    net_minor: int
    tax_minor: int
    gross_minor: int


class Till(Struct, frozen=True):
    """The receipt of a till that a document is about, and its number there."""

    store: str
    till: str
    number: int
    sold_at: datetime


class Covered(Struct, frozen=True):
    """An order on an invoice for several, and what it comes to there."""

    order: UUID
    number: int
    gross_minor: int
    returned: Sequence[tuple[int, int]] = ()
    """What had come back before and is not on it: lines of the order, and units."""


class Document(Struct, frozen=True, kw_only=True):
    """A document, complete and for ever: what is printed, and what becomes structured invoices.

    ``rates`` and totals are what this document makes due: of an advance what was paid, of a final invoice what is left,
    of a correction the difference. ``lines`` of a correction are as they are after it.
    """

    id: UUID
    kind: Kind
    series: str
    number: int
    name: str
    language: Language
    issued_at: datetime
    issued_on: Day
    sold_on: Day
    """The day of the supply, or of the payment of an advance."""
    place: str
    seller: Seller
    buyer: Party
    recipient: Party | None
    order: UUID
    order_number: int
    channel: str
    currency: str
    method: Method
    lines: Sequence[Line]
    rates: Sequence[RateSum]
    net_minor: int
    tax_minor: int
    gross_minor: int
    ordered: Sequence[Line] = ()
    """Of an advance: what it is for."""
    supplied: Sequence[RateSum] = ()
    """Of a final invoice: all of it, advances included."""
    advances: Sequence[Deducted] = ()
    exchange: Exchange | None = None
    payments: Sequence[Paid] = ()
    paid_minor: int = 0
    due_minor: int = 0
    due_on: Day | None = None
    split_payment: bool = False
    corrects: Reference | None = None
    previous: Reference | None = None
    changes: Sequence[Change] = ()
    reason: str = ""
    follows: Sequence[Reference] = ()
    """Documents of the same sale that this one names."""
    shipment: str = ""
    """What of the order's way it is about: the number of a shipment or of a return."""
    returned: Sequence[tuple[int, int]] = ()
    """What had come back before an invoice was issued and is not on it: lines of the order, and units."""
    company: UUID | None = None
    """Of an invoice for what a company got in a period: the company. ``order`` is the first of them."""
    receipt: Till | None = None
    """Of a sale over a counter: its receipt; ``order`` is the sale and ``order_number`` the receipt's.

    Its VAT is in the reports of the till already (``FP`` in a Polish JPK_V7).
    """
    orders: Sequence[Covered] = ()
    period: tuple[Day, Day] | None = None


class Shown(Struct, frozen=True):
    """A document with what proves that it is as it was issued: the SHA-256 of its JSON."""

    document: Document
    sha256: str


class Summary(Struct, frozen=True):
    """A document in a list."""

    id: UUID
    kind: Kind
    series: str
    name: str
    order: UUID
    order_number: int
    channel: str
    buyer: str
    currency: str
    net_minor: int
    tax_minor: int
    gross_minor: int
    corrects: UUID | None
    issued_on: Day
    issued_at: datetime
    counter: bool = False
    """About a sale over a counter: ``order_number`` is of its receipt."""


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """Which documents; what is left out is not looked at. ``before``: the last of the page before."""

    kind: Kind | None = None
    series: SeriesCode | None = None
    order: UUID | None = None
    find: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*\Z")] | None = None
    """How a name or a buyer begins."""
    since: Day | None = None
    until: Day | None = None
    before: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Issue(Struct, frozen=True, forbid_unknown_fields=True):
    """A document to be issued for an order."""

    order: UUID
    kind: Literal["confirmation", "invoice", "advance", "final", "receipt", "delivery-note"]
    series: SeriesCode | None = None
    """None: the channel's."""
    amount_minor: Annotated[int, Meta(ge=1, le=10**15)] | None = None
    """Of an advance; None: all that was paid and has no advance yet."""
    language: Language | None = None


class Issued(Struct, frozen=True):
    """A document that has its number."""

    id: UUID
    kind: Kind
    name: str
    gross_minor: int
    currency: str


class Off(Struct, frozen=True, forbid_unknown_fields=True):
    """What to take off a line: so many units with what they cost, or so much money (on the line's basis)."""

    number: Annotated[int, Meta(ge=1, le=10_000)]
    units: Annotated[int, Meta(ge=1, le=10**9)] | None = None
    minor: Annotated[int, Meta(ge=1, le=10**15)] | None = None


class Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """What to correct: lines, and perhaps the buyer's name. ``whole`` takes off everything that is left."""

    reason: Reason
    lines: Annotated[list[Off], Meta(max_length=1_000)] = []
    whole: bool = False
    buyer: Party | None = None


class Bill(Struct, frozen=True):
    """What a company would be invoiced now for what it got in a period. Money in minor units."""

    begins_on: Day
    ends_on: Day
    currency: str
    series: str
    orders: list[Covered]
    lines: int
    net_minor: int
    tax_minor: int
    gross_minor: int
    due_on: Day | None


class Claimed(Struct, frozen=True):
    """An invoice of a company, with its corrections, and what of it is still to be paid. Money in minor units.

    What was paid of an order pays its oldest invoices first.
    """

    id: UUID
    name: str
    issued_on: Day
    due_on: Day | None
    currency: str
    minor: int
    open_minor: int
    overdue: bool


class Requested(Struct, frozen=True):
    """An invoice was asked for; it is there if the goods have left, else it comes with them."""

    order: UUID
    document: Issued | None = None


class OnReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants an invoice to a receipt, and what was paid by it in all: it proves that they hold it."""

    buyer: Party
    total_minor: Annotated[int, Meta(ge=0, le=10**15)]


class ReceiptPapers(Struct, frozen=True):
    """What was given in writing about a receipt. ``simplified``: it is an invoice itself."""

    simplified: bool
    invoiced: bool
    documents: list[Summary]


class ReceiptInvoice(Struct, frozen=True):
    """A receipt that is an invoice, or has one: what reports of the till and of invoices both hold, counted once.

    ``tax_minor`` and ``gross_minor`` are of its invoice after its corrections; null where the receipt itself is it.
    """

    store: str
    till: str
    number: int
    sold_at: datetime
    currency: str
    amount_minor: int
    vat_id: str | None
    document: UUID | None
    name: str | None
    issued_on: Day | None
    tax_minor: int | None
    gross_minor: int | None


class Gap(Struct, frozen=True):
    """A series whose numbers are not what they should be in a period; ``missing`` are the first of those."""

    series: str
    period: str
    last: int
    documents: int
    missing: list[int]


class Marred(Struct, frozen=True):
    """A document that is not as it was issued."""

    id: UUID
    name: str
    what: str


class Amiss(Struct, frozen=True):
    """What is wrong with documents: nothing, in a healthy shop."""

    gaps: list[Gap]
    marred: list[Marred]
    excessive: list[Marred] = []


constraint("document_series_seller", SellerUnknown, "there is no such seller")
constraint("document_series_pattern_once", PatternUnfit, "another series of this seller has the same pattern")
constraint("document_once_per_cause", Conflict, "it was issued at this moment; look for it")
