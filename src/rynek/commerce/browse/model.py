"""What a shop shows."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.catalog import Entry, Translation
from rynek.commerce.media import Source
from rynek.kernel.faults import NotFound
from rynek.kernel.money import Currency

Sort = Literal["name", "newest"]
Limit = Annotated[int, Meta(ge=1, le=100)]
Group = Annotated[
    str, Meta(max_length=60, pattern=r"^[^\x00]*\Z", description="key of a customer group", examples=["gold"])
]
Some = Annotated[list[UUID], Meta(max_length=100)]
Text = Annotated[str, Meta(max_length=255, pattern=r"^[^\x00]*\Z")]


class Price(Struct, frozen=True):
    """What a piece costs (or 1000 g or ml), as the channel shows it: gross or net.

    After a reduction ``before`` is what it cost until then and ``lowest`` the lowest of the 30 days before it, which
    the shop has to show too (Directive 98/6/EC, article 6a).
    """

    minor: int
    currency: Currency
    display: Literal["gross", "net"]
    unit: Literal["pcs", "g", "ml"]
    before: int | None
    lowest: int | None


class Picture(Struct, frozen=True):
    """A picture and what it shows, ``alts`` by language.

    Of one that was uploaded there is more: its size in pixels, so that its place is there before it is; the colour that
    it mostly has; and ``sources``, the same picture in several widths, each in the best format that the browser takes.
    On a card it is cut to 4 by 3 around its focal point, on a product's own page it is whole.
    """

    url: str
    alt: str
    position: int = 0
    alts: dict[str, str] = {}
    width: int | None = None
    height: int | None = None
    colour: str | None = None
    sources: list[Source] = []


class Card(Struct, frozen=True):
    """A product in a listing; ``price`` is that of its cheapest variant."""

    id: UUID
    code: str
    name: str
    slug: str
    brand: str | None
    picture: Picture | None
    price: Price | None
    dearest: int | None
    """The price of its dearest variant, where it is another."""
    skus: list[str]
    available: int
    """Units that can be bought now, all variants together."""
    beyond: int = 0
    """Units that can be ordered on top of them."""
    way: str = ""
    """The codes that lead to its first category from the root down, joined by ``/``."""


class Listing(Struct, frozen=True):
    """A page of products; ``after`` asks for the next one, None: this is the last."""

    products: list[Card]
    after: UUID | None


class Property(Struct, frozen=True):
    """What is so about a product: its weight is 2 kg, its colour is red."""

    code: str
    name: str
    value: bool | int | float | str
    unit: str | None


class Held(Struct, frozen=True):
    """What a bundle holds of one item."""

    sku: str
    quantity: int


class Item(Struct, frozen=True):
    """A variant that can be put in the basket."""

    sku: str
    name: str
    gtin: str | None
    unit: Literal["pcs", "g", "ml"]
    weight_g: int | None
    properties: list[Property]
    price: Price | None
    available: int
    holds: list[Held]
    """What it is made up of, when it is a bundle."""
    beyond: int = 0
    """Units that can be ordered on top of those there are."""
    expected_on: date | None = None
    """When the next of them comes; None: it is not known, or nothing can be ordered beyond stock."""
    preorder: bool = False


class Rubric(Struct, frozen=True):
    """A category with the way to it from the root."""

    code: str
    name: str
    path: str


class Front(Struct, frozen=True):
    """A channel as its visitors see it: what it is called, what it takes, and its categories from the root down."""

    code: str
    name: str
    currency: Currency
    country: str
    locale: str
    display: Literal["gross", "net"]
    rubrics: list[Rubric]


class Detail(Struct, frozen=True):
    """A product on its own page."""

    id: UUID
    code: str
    name: str
    description: str
    slug: str
    brand: str | None
    categories: list[Rubric]
    properties: list[Property]
    media: list[Picture]
    translations: dict[str, Translation]
    items: list[Item]


class Whole(Struct, frozen=True):
    """A product as the catalogue has it and as a channel shows it; ``until_at`` is when time changes that."""

    entry: Entry
    detail: Detail
    until_at: datetime
    pictured: Picture | None = None
    """Its first picture, cut for a card."""


class Row(Struct, frozen=True):
    """A published product as the catalogue has it: ``entry`` and ``rubrics`` are JSON."""

    entry: str
    brand: str | None
    rubrics: str
    until_at: datetime | None


class UnknownCategory(NotFound):
    """There is no such category."""


class NotOffered(NotFound):
    """There is no such product in this channel."""
