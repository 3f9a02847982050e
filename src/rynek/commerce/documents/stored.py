"""What the statements of ``queries.sql`` give: rows as they are stored, and the words that go out as they are."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from rynek.commerce.documents.model import (  # noqa: F401 - results of statements
    Claimed,
    Gap,
    Given,
    Kind,
    Language,
    Marred,
    Rate,
    ReceiptInvoice,
    Reset,
    Summary,
)


class SaleRow(Struct, frozen=True):
    """An order as it is stored, with what documents need to know of it."""

    id: UUID
    number: int
    channel: str
    owner: UUID
    email: str
    currency: str
    total_minor: int
    captured_minor: int
    placed_at: datetime
    shipped_at: datetime | None
    agreed: str
    company: str | None
    wish: str | None
    payments: str
    credits: str


class SoldLine(Struct, frozen=True):
    """A line of an order as it is stored."""

    order: UUID
    line: int
    sku: str
    name: str
    quantity: int
    unit_minor: int
    net_minor: int
    tax_minor: int
    gross_minor: int
    rate_bp: int
    discount_minor: int
    shipped: int
    cancelled: int
    returned: int


class TillRow(Struct, frozen=True):
    """A receipt as it is stored, with what documents need to know of it; ``back`` is units by line."""

    id: UUID
    store: str
    till: str
    number: int
    owner: UUID
    currency: str
    amount_minor: int
    sold_at: datetime
    vat_id: str | None
    lines: str
    tenders: str
    back: str
    channel: str
    country: str


class TillGoods(Struct, frozen=True):
    """What an item is called and taxed by where and when a receipt sold it."""

    sale: UUID
    sku: str
    name: str
    gtin: str | None
    unit: str
    rate_bp: int | None
    label: str | None


class SeriesRow(Struct, frozen=True):
    """A series with its seller, as it is stored."""

    code: str
    kind: Kind
    seller: str
    pattern: str
    reset: Reset
    channels: list[str]
    given: Given
    language: Language
    active: bool
    body: str


class Taken(Struct, frozen=True):
    """How far a series has come in a period."""

    series: str
    period: str
    last: int


class Used(Struct, frozen=True):
    """What cannot change of a series that has numbered documents."""

    code: str
    kind: str
    seller: str
    pattern: str
    reset: str


class Row(Struct, frozen=True):
    """A document as it is stored."""

    id: UUID
    order: UUID
    owner: UUID
    cause: str
    body: str
    digest: bytes
