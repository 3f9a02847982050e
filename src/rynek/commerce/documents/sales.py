"""An order as documents see it, and what a document of it is asked for and issued in; pure, as rules are."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from rynek.commerce.documents import rules
from rynek.commerce.documents.model import (
    Basis,
    Document,
    Kind,
    Language,
    Line,
    Paid,
    Party,
    Rate,
    Seller,
    Series,
    Till,
)
from rynek.commerce.documents.stored import SaleRow, SoldLine


class _Address(Struct):
    name: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    country: str = "PL"
    phone: str = ""


class _Terms(Struct):
    address: _Address | None = None
    country: str | None = None


class _Facts(Struct):
    sku: str = ""
    name: str = ""
    quantity: int = 1
    unit: str = "pcs"
    unit_minor: int = 0
    basis: Basis = "gross"
    label: str = ""
    gtin: str | None = None
    net: int = 0
    tax: int = 0
    gross: int = 0
    rate_bp: int = 0
    discount: int = 0


class _Company(Struct):
    name: str = ""
    vat_id: str | None = None
    terms_days: int = 0
    invoicing: str = "each"
    reason: str = ""


class _Priced(Struct):
    lines: list[_Facts] = []
    delivery_line: _Facts | None = None
    company: _Company | None = None


class _Seat(Struct):
    name: str
    vat_id: str | None
    email: str
    address: _Address


class _Agreed(Struct):
    terms: _Terms = msgspec.field(default_factory=_Terms)
    priced: _Priced = msgspec.field(default_factory=_Priced)


_agreed = msgspec.json.Decoder(_Agreed).decode
_payments = msgspec.json.Decoder(list[Paid]).decode
_seat = msgspec.json.Decoder(_Seat).decode
_party = msgspec.json.Decoder(Party).decode


class _Credit(Struct):
    reference: str
    minor: int
    returned: bool


_credits = msgspec.json.Decoder(list[_Credit]).decode


class Sale(Struct, frozen=True):
    """An order as documents see it. ``lines`` as they were agreed, what delivery costs last."""

    row: SaleRow
    lines: Sequence[Line]
    buyer: Party
    recipient: Party | None
    wish: Party | None
    payments: Sequence[Paid]
    issued: Sequence[Document]
    """Its documents so far, in the order in which they were issued."""
    returned: Mapping[int, int] = {}
    """How much of which line came back."""
    shipped: Mapping[int, int] = {}
    cancelled: Mapping[int, int] = {}
    goodwill: int = 0
    """What the buyer need not pay though no goods came back for it."""
    credited: Mapping[str, int] = {}
    """What she got for goods that came back, by the number of the return."""
    terms_days: int | None = None
    """When a company pays that buys on account; None: it is no company's."""
    together: bool = False
    """Whether its company has one invoice for the orders of a period."""
    untaxed: str = ""
    """Why its company pays no VAT."""
    receipt: Till | None = None
    """Of a sale over a counter: its receipt."""
    vat_id: str | None = None
    """What buyer the receipt names."""
    unknown: Sequence[str] = ()
    """Items on the receipt whose VAT is not known."""


class Wanted(Struct, frozen=True, kw_only=True):
    """A document that somebody, or something that happened, asks for."""

    order: UUID
    kind: Kind
    cause: str
    """Why, in words that come once: a document is issued once for each cause."""
    series: str | None = None
    language: Language | None = None
    units: Mapping[int, int] | None = None
    """How much of which line of the order it is about; None: all that is left."""
    amount: int | None = None
    shipment: str = ""
    reason: str = ""
    returned: Sequence[tuple[int, int]] = ()
    """What came back before, and is left out."""


class Frame(Struct, frozen=True):
    """What a document is issued in: its numbers, who sells, when, and what currencies are worth, newest first."""

    series: Series
    seller: Seller
    at: datetime
    language: Language
    rates: Sequence[Rate] = ()

    @property
    def day(self) -> date:
        """Tell the seller's day."""
        return self.of(self.at)

    def of(self, at: datetime) -> date:
        """Tell the seller's day at an instant."""
        return at.astimezone(ZoneInfo(self.seller.timezone)).date()


def view(document: Document, order: UUID) -> Document:
    """Give an invoice for several orders as one of them sees it: with its own lines alone."""
    if not document.orders:
        return document
    lines = [line for line in document.lines if line.order == order]
    rates = rules.sums(lines)
    [mine] = [each for each in document.orders if each.order == order]
    return msgspec.structs.replace(
        document, order=order, order_number=mine.number, returned=mine.returned, lines=lines, rates=rates,
        net_minor=sum(each.net_minor for each in rates),
        tax_minor=sum(each.tax_minor for each in rates), gross_minor=sum(each.gross_minor for each in rates),
    )  # fmt: skip


# --- orders -----------------------------------------------------------------------------------------------------------


def sale(row: SaleRow, sold: Sequence[SoldLine], issued: Sequence[Document]) -> Sale:
    """Put together what is known of an order."""
    agreed = _agreed(row.agreed)
    lines = [_line(each, agreed.priced.lines) for each in sold]
    if agreed.priced.delivery_line is not None:
        lines.append(_delivery(agreed.priced.delivery_line, len(lines) + 1))
    there = agreed.terms.address
    recipient = _recipient(there, row.email) if there is not None and there.name else None
    wish = _party(row.wish) if row.wish else None
    buyer = wish or recipient or Party(name=row.email or "–", street="–", city="–", email=row.email)
    firm = agreed.priced.company
    given = _credits(row.credits)
    return Sale(
        row, lines, _company(row, firm, recipient) or buyer, recipient, wish, _payments(row.payments), issued,
        returned={each.line: each.returned for each in sold if each.returned},
        shipped={each.line: each.shipped for each in sold if each.shipped},
        cancelled={each.line: each.cancelled for each in sold if each.cancelled},
        terms_days=firm.terms_days if firm else None, together=firm is not None and firm.invoicing != "each",
        untaxed=firm.reason if firm else "",
        goodwill=sum(each.minor for each in given if not each.returned),
        credited={each.reference: each.minor for each in given if each.returned},
    )  # fmt: skip


def _company(row: SaleRow, firm: _Company | None, recipient: Party | None) -> Party | None:
    """Tell which company buys, as it was agreed, at its seat of now; what its people wish changes nothing."""
    if firm is None:
        return None
    seat = _seat(row.company) if row.company else None
    there = seat.address if seat else _Address(**{f: getattr(recipient, f, "") for f in ("street", "city", "postcode")})
    vat_id = re.sub(r"[^A-Z0-9+*]", "", firm.vat_id.upper()) if firm.vat_id else None
    return Party(
        name=firm.name, street=there.street or "–", city=there.city or "–", postcode=there.postcode,
        country=there.country, vat_id=vat_id, email=seat.email if seat else row.email,
    )  # fmt: skip


def _recipient(there: _Address, email: str) -> Party:
    return Party(**msgspec.structs.asdict(there), email=email)


def _line(sold: SoldLine, agreed: Sequence[_Facts]) -> Line:
    """Write a line of the order; how its unit and its rate are called stands in what was agreed."""
    alike = [each for each in agreed if each.sku == sold.sku]
    facts = alike[0] if alike else _Facts()
    label = facts.label or f"{sold.rate_bp / 100:g}%"
    return Line(
        sold.line, sold.line, sold.sku, sold.name, facts.unit, sold.quantity, sold.unit_minor, facts.basis,
        sold.discount_minor, sold.net_minor, sold.tax_minor, sold.gross_minor, rules.category(label, sold.rate_bp),
        sold.rate_bp, label, facts.gtin,
    )  # fmt: skip


def _delivery(facts: _Facts, number: int) -> Line:
    label = facts.label or f"{facts.rate_bp / 100:g}%"
    return Line(
        number, 0, facts.sku, facts.name, facts.unit, facts.quantity, facts.unit_minor, facts.basis, facts.discount,
        facts.net, facts.tax, facts.gross, rules.category(label, facts.rate_bp), facts.rate_bp, label, facts.gtin,
    )  # fmt: skip
