"""The words of the catalogue."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.kernel.faults import Conflict, NotFound
from rynek.kernel.money import Currency

Sku = Annotated[
    str,
    Meta(
        max_length=40,
        pattern="^[^\\u0000]*$",
        description="key of a variant: letters, digits, `.`, `_`, `-`",
        examples=["TEA-01"],
    ),
]
Text = Annotated[str, Meta(max_length=255, pattern="^[^\\u0000]*$")]
Prose = Annotated[str, Meta(max_length=20_000, pattern="^[^\\u0000]*$")]
Code = Annotated[
    str,
    Meta(
        max_length=60, pattern="^[^\\u0000]*$", description="key: lower-case letters, digits, `-`", examples=["dairy"]
    ),
]
ChannelCode = Annotated[
    str, Meta(max_length=20, pattern="^[^\\u0000]*$", description="key of a channel", examples=["WEB-PL"])
]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2 code", examples=["PL"])]
Locale = Annotated[
    str, Meta(pattern="^[a-z]{2}(-[A-Z]{2})?$", description="language, with country or not", examples=["pl"])
]
Unit = Literal["pcs", "g", "ml"]
"""What a quantity counts: pieces, grams or millilitres. Prices of the latter two are per 1000."""
Value = bool | int | float | str


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of a bulk write."""


class Channel(Row, frozen=True):
    """A place to sell with its currency: a web shop of one market, all tills, a B2B portal, a marketplace."""

    code: ChannelCode
    name: Text
    kind: Literal["web", "pos", "b2b", "marketplace"]
    currency: Currency
    country: Country
    locale: Locale = "pl"
    display: Literal["gross", "net"] = "gross"
    """Which prices its buyers see."""
    rounding: Literal["line", "document"] = "line"
    """Whether VAT is rounded for each line, or once per rate for the whole document."""
    active: bool = True


class Category(Row, frozen=True):
    """A shelf of the shop, perhaps inside another."""

    code: Code
    name: Text
    parent: Code | None = None
    position: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Shelf(Struct, frozen=True):
    """A category where it stands; ``path`` is the codes from the root down to it, joined by ``/``."""

    code: str
    name: str
    parent: str | None
    position: int
    path: str


class Brand(Row, frozen=True):
    """A maker's name that customers know."""

    code: Code
    name: Text


class Attribute(Row, frozen=True):
    """A property that products may have, and what values it takes."""

    code: Code
    name: Text
    kind: Literal["text", "number", "boolean", "choice"]
    unit: Text | None = None
    """What a number is measured in."""
    choices: list[Text] = []
    """What a choice may be."""


Url = Annotated[str, Meta(max_length=2_000, pattern="^(https?://|/)[^\\s\\u0000]*$")]


class Media(Row, frozen=True):
    """A picture of a product: an uploaded one (``/media/…``, as uploading it answers), or one that lies elsewhere."""

    url: Url
    alt: Text = ""
    position: Annotated[int, Meta(ge=0, le=10_000)] = 0


class Translation(Row, frozen=True):
    """A product's words in another language."""

    name: Text
    description: Prose = ""
    slug: Text | None = None
    """Its address in the shop; None: made from the name and the product's code."""


class Variant(Row, frozen=True):
    """What is put into a basket: one size, one colour, one packing of a product."""

    sku: Sku
    name: Text = ""
    """What tells it from the product's other variants; empty where it is the only one."""
    gtin: Text | None = None
    """EAN-8, UPC, EAN-13 or GTIN-14; kept as 8, 13 or 14 digits."""
    tax_category: Code = "standard"
    unit: Unit = "pcs"
    weight_g: int | None = None
    attributes: dict[str, Value] = {}


class Product(Row, frozen=True):
    """A thing in the catalogue and the variants it is sold in. ``code`` is the merchant's own number of it."""

    code: Annotated[
        str,
        Meta(
            max_length=60, pattern="^[^\\u0000]*$", description="the merchant's number of the product", examples=["TEA"]
        ),
    ]
    name: Text
    description: Prose = ""
    slug: Text | None = None
    """Its address in the shop; None: made from name and code."""
    brand: Code | None = None
    categories: Annotated[list[Code], Meta(max_length=20)] = []
    """Where it stands, the main category first."""
    attributes: dict[str, Value] = {}
    media: Annotated[list[Media], Meta(max_length=100)] = []
    translations: dict[Locale, Translation] = {}
    variants: Annotated[list[Variant], Meta(max_length=500)] = []


class Entry(Product, frozen=True, kw_only=True):
    """A product as the catalogue keeps it."""

    id: UUID
    archived: bool
    changed_at: datetime
    channels: list[str]
    """Where it is published, now or at another time."""


class Component(Row, frozen=True):
    """What a bundle holds of one item."""

    sku: Sku
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


class Bundle(Row, frozen=True):
    """A variant that is made up of others; no components: it is a bundle no more."""

    sku: Sku
    components: Annotated[list[Component], Meta(max_length=100)]


class Publication(Row, frozen=True):
    """That a product is offered in a channel, in a period or always; ``withdrawn`` takes it out."""

    product: Text
    """The product's code."""
    channel: ChannelCode
    from_at: datetime | None = None
    until_at: datetime | None = None
    withdrawn: bool = False


class Refusal(Struct, frozen=True):
    """A row of a bulk write that was not taken: its place from 0, its key and why."""

    row: int
    key: str
    reason: str


class Taken(Struct, frozen=True):
    """What a bulk write did: rows that changed something, rows that were so already, rows refused."""

    changed: int
    unchanged: int
    refused: list[Refusal]


class Claim(Struct, frozen=True):
    """Who has a key that must be unique: ``kind`` is sku, gtin or slug."""

    kind: str
    value: str
    owner: str


class Part(Struct, frozen=True):
    """So many units of ``sku`` in one ``bundle``, bundles within it opened up."""

    bundle: str
    sku: str
    quantity: int


class Offer(Struct, frozen=True):
    """What may be sold in a channel, with the facts an order copies. ``until_at``: when that ends, None for never."""

    channel: str
    sku: str
    product: UUID
    name: str
    tax_category: str
    unit: Unit
    gtin: str | None
    weight_g: int | None
    until_at: datetime | None


class Key(Struct, frozen=True):
    """A product by both its keys."""

    id: UUID
    code: str


class Step(Struct, frozen=True):
    """A category and the one it stands in."""

    code: str
    parent: str | None


class Inside(Struct, frozen=True):
    """What a bundle directly holds."""

    bundle: str
    skus: list[str]


class Sorted(Struct, frozen=True, gc=False):
    """Where an item stands: its brand, and its categories with all those that they are in."""

    sku: str
    brand: str | None
    categories: list[str]


class Place(Struct, frozen=True):
    """Where a product is offered."""

    product: UUID
    code: str
    channel: str


class UnknownChannel(NotFound):
    """There is no such channel."""


class PictureUnfit(Conflict):
    """The product cannot show this picture."""


class UnknownProduct(NotFound):
    """There is no such product in the catalogue."""
