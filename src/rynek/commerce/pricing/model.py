"""The words of pricing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.catalog import ChannelCode, Code, Country, Row, Sku, Text, Unit
from rynek.kernel.faults import Fault
from rynek.kernel.money import Currency

ListCode = Annotated[
    str, Meta(max_length=40, pattern="^[^\\u0000]*$", description="key of a price list", examples=["RETAIL-PL"])
]
Group = Annotated[
    str, Meta(max_length=60, pattern="^[^\\u0000]*$", description="key of a customer group", examples=["gold"])
]
Location = Annotated[
    str, Meta(pattern="^[A-Z0-9][A-Z0-9-]{0,19}$", description="key of a store or warehouse", examples=["WH-1"])
]
Competitor = Annotated[
    str, Meta(max_length=60, pattern="^[^\\u0000]*$", description="another shop", examples=["sklep-obok.example"])
]
Basis = Literal["gross", "net"]
"""Whether VAT is in a price or comes on top."""


class PriceList(Row, frozen=True):
    """Prices for some buyers: everybody or one group, all channels of its currency or one, always or for a while."""

    code: ListCode
    name: Text
    currency: Currency
    basis: Basis = "gross"
    channel: ChannelCode | None = None
    customer_group: Group | None = None
    priority: Annotated[int, Meta(ge=-1_000, le=1_000)] = 0
    from_at: datetime | None = None
    until_at: datetime | None = None
    active: bool = True


class Price(Row, frozen=True):
    """What an item costs in a list: per piece, or per 1000 of the grams or millilitres it is sold by."""

    list: ListCode
    sku: Sku
    minor: int | None
    """Minor units; None takes the price out."""
    minimum: int = 1
    """From this quantity on."""
    from_at: datetime | None = None
    until_at: datetime | None = None


class TaxRate(Row, frozen=True):
    """The VAT of a country on a tax category, from an instant on (None: as long as we know)."""

    country: Country
    category: Code
    rate_bp: Annotated[int, Meta(ge=0, le=10_000, description="hundredths of a percent: 2300 is 23 %")]
    label: Annotated[
        str, Meta(max_length=20, pattern="^[^\\u0000]*$", description="how receipts name it", examples=["23%", "zw"])
    ]
    from_at: datetime | None = None


class Cost(Row, frozen=True):
    """What an item costs the shop to buy: net, per piece or per 1000 g or ml, from an instant on.

    The cost at a location counts there before the one that counts everywhere (``location`` None).
    """

    sku: Sku
    currency: Currency
    minor: int | None
    """Minor units; None takes the cost out."""
    location: Location | None = None
    from_at: datetime | None = None
    """None: as long as we know."""


class CompetitorPrice(Row, frozen=True):
    """What an item was seen to cost at a competitor, VAT in it, per piece or per 1000 g or ml."""

    sku: Sku
    competitor: Competitor
    currency: Currency
    minor: int | None
    """Minor units; None: it was not to be had there."""
    seen_at: datetime
    source: Text
    """Where that is known from: an address, a file, a person."""


class PriceFloor(Row, frozen=True):
    """The least a buyer may be asked for an item, VAT in it, per piece or per 1000 g or ml."""

    sku: Sku
    currency: Currency
    minor: int | None
    """Minor units; None takes the floor out."""
    kind: Literal["statutory", "agreed"]
    """By law, or agreed with the maker (a minimum advertised price)."""
    reason: Text
    """The law or the agreement."""
    country: Country | None = None
    """Where it holds; None: everywhere."""
    from_at: datetime | None = None
    until_at: datetime | None = None


class Amount(Struct, frozen=True, gc=False):
    """What one item costs, in minor units."""

    sku: str
    minor: int


class Margin(Struct, frozen=True):
    """What the shop earns with one piece (or 1000 g or ml) of an item at the price for everybody.

    ``net`` is the price without VAT and ``margin`` what is left of it after ``cost``; ``margin_bp`` says that in
    hundredths of a percent of the net price. None: the price, its VAT or the cost is not known.
    """

    sku: str
    currency: str
    minor: int | None
    """The price as the channel shows it."""
    net: int | None
    cost: int | None
    margin: int | None
    margin_bp: int | None


class Counting(Struct, frozen=True, gc=False):
    """The price of one piece of an item that counts for everybody in a channel, and what else stands beside it.

    ``until`` is when another price may count, None for never. ``breaks`` are (minimum, minor, on the same basis) of
    what counts from larger quantities on, whatever the list.
    """

    unit: Unit
    minor: int
    basis: Basis
    list: str
    priority: int
    from_at: datetime | None
    list_from_at: datetime | None
    until: datetime | None
    rate_bp: int
    breaks: Sequence[tuple[int, int]]


class Ask(Struct, frozen=True):
    """A basket to be priced: ``lines`` are (sku, quantity), quantities positive, in pieces, grams or millilitres."""

    channel: str
    currency: str
    country: str
    lines: Sequence[tuple[str, int]]
    at: datetime
    group: str | None = None
    agreed: Mapping[str, int] = {}
    """Prices that were agreed with the buyer, by sku: net minor units per piece, or per 1000 g or ml."""
    by: str = ""
    """What they were agreed by."""


class Tag(Struct, frozen=True, gc=False):
    """One price in its list, as far as it matters for which of several counts. ``minor`` None: there is no price."""

    minor: int | None
    minimum: int
    from_at: datetime | None
    until_at: datetime | None
    list: str
    basis: Basis
    priority: int
    for_channel: bool
    for_group: bool
    list_from_at: datetime | None
    list_until_at: datetime | None


class Candidate(Tag, frozen=True, gc=False):
    """One price that may be an asked line's, with what is known of the item and its tax; a fact unknown is None."""

    line: int
    currency: str | None
    rounding: str | None
    display: Basis
    product: UUID | None
    name: str
    gtin: str | None
    tax_category: str
    unit: Unit
    weight_g: int | None
    offered_until: datetime | None
    rate_bp: int | None
    label: str
    taxed_until: datetime | None


class QuoteLine(Struct, frozen=True, gc=False):
    """One priced line, with the facts an order copies. ``unit_minor`` is on the ``basis`` of its ``list``."""

    sku: str
    product: UUID
    name: str
    quantity: int
    unit: Unit
    gtin: str | None
    weight_g: int | None
    tax_category: str
    unit_minor: int
    basis: Basis
    net: int
    tax: int
    gross: int
    rate_bp: int
    label: str
    list: str
    minimum: int
    discount: int = 0
    """What promotions took off ``net`` or ``gross``, whichever the channel shows."""


class RateTotal(Struct, frozen=True, gc=False):
    """What of a total is taxed at one rate."""

    label: str
    rate_bp: int
    net: int
    tax: int
    gross: int


class Quote(Struct, frozen=True):
    """A priced basket; it holds as it is until ``good_until`` (None: until somebody changes something)."""

    channel: str
    currency: str
    country: str
    at: datetime
    lines: list[QuoteLine]
    rates: list[RateTotal]
    net: int
    tax: int
    gross: int
    good_until: datetime | None
    display: Basis = "gross"
    rounding: str = "line"


class Shown(Struct, frozen=True):
    """A price as a shop shows it: of one piece, or of 1000 g or ml.

    ``minor`` is on the channel's ``display`` basis, None where nothing costs nothing yet. When the price was reduced,
    ``before`` is the price until then, and ``lowest`` the lowest of the 30 days before the reduction, which has to be
    shown with it.

    Source: Directive 98/6/EC, article 6a (Directive (EU) 2019/2161, "Omnibus").
    """

    sku: str
    minor: int | None
    currency: str
    display: Basis
    unit: Unit
    before: int | None
    lowest: int | None
    good_until: datetime | None


class Reduction(Struct, frozen=True):
    """A price that was reduced: since when, from what, and the lowest of the 30 days before; told ``until`` then."""

    since: datetime
    before: int
    lowest: int
    until: datetime


class Said(Struct, frozen=True):
    """A price as it was set at an instant; ``minor`` None: it was taken out then."""

    at: datetime
    sku: str
    list: str
    minimum: int
    from_at: datetime | None
    until_at: datetime | None
    minor: int | None


class ListSaid(Struct, frozen=True):
    """A price list as it was set at an instant."""

    at: datetime
    code: str
    currency: str
    basis: Basis
    channel: str | None
    customer_group: str | None
    priority: int
    from_at: datetime | None
    until_at: datetime | None
    active: bool


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """Which price is asked about: of an item in a channel, for a buyer of a group, in a quantity, at an instant."""

    channel: ChannelCode
    sku: Sku
    quantity: Annotated[int, Meta(ge=1, le=10**9)] = 1
    group: Group | None = None
    country: Country | None = None
    """Where it goes; None: the channel's own country."""
    at: datetime | None = None
    """None for now."""


class Considered(Struct, frozen=True):
    """One price of the item and what became of it: ``wins``, or why not."""

    list: str
    minor: int
    minimum: int
    from_at: datetime | None
    until_at: datetime | None
    outcome: str


class Why(Struct, frozen=True):
    """Why an item costs what it costs: every price it has, which won and why the others did not, and its VAT."""

    channel: str
    sku: str
    quantity: int
    group: str | None
    at: datetime
    minor: int | None
    """The price that counts, on the ``basis`` of its ``list``; None: there is none."""
    basis: Basis | None
    considered: Sequence[Considered]
    vat: str
    reduction: Reduction | None
    list: str | None


class Changed(Struct, frozen=True):
    """A price that is different now."""

    sku: str
    list: str
    minor: int | None


class Taxed(Struct, frozen=True):
    """What is taxed differently now."""

    country: str
    category: str


class NotSellable(Fault):
    """Something in the basket is not sold here: unknown, archived or not published in this channel now."""


class NoPrice(Fault):
    """Something in the basket has no price here now."""


class NoTaxRate(Fault):
    """The VAT of something in the basket is not known in this country now."""
