"""The words of simulations: what is to be tried on which past baskets, and what came of it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.catalog import ChannelCode, Sku
from rynek.commerce.inventory import LocationCode
from rynek.commerce.promotions import Lane, Promotion, What
from rynek.kernel.faults import Conflict, NotFound
from rynek.kernel.money import Currency

State = Literal["waiting", "running", "done", "cancelled", "failed"]
Customer = UUID
WITHOUT, WITH = UUID(int=0), UUID(int=1)
"""What the promotions that count without the draft and with it are told apart by."""
Share = Annotated[int, Meta(ge=-10_000, le=100_000, description="hundredths of a percent: -1000 is 10 % less")]


class DraftPrice(Struct, frozen=True, forbid_unknown_fields=True):
    """What an item would cost: per piece, or per 1000 g or ml, in minor units."""

    sku: Sku
    minor: Annotated[int, Meta(ge=0, le=10**12)]


class PriceChange(Struct, frozen=True, forbid_unknown_fields=True):
    """That prices of something would be so much higher or lower."""

    bp: Share
    of: What = What()


class DraftPrices(Struct, frozen=True, forbid_unknown_fields=True):
    """A draft price list: prices of items, and for all others the first of ``changes`` that is for them."""

    basis: Literal["gross", "net"] = "gross"
    prices: Annotated[list[DraftPrice], Meta(max_length=20_000)] = []
    changes: Annotated[list[PriceChange], Meta(max_length=100)] = []


class Tills(Struct, frozen=True, forbid_unknown_fields=True):
    """Which receipts of tills: of these stores (none named: of all), as if bought in ``channel``."""

    channel: ChannelCode
    stores: Annotated[list[LocationCode], Meta(max_length=2_000)] = []


class Wanted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be simulated: a draft, on which baskets of the past.

    The same is bought as was bought then, unless ``response_bp`` says by how much more of what the draft makes cheaper
    or dearer is assumed to be bought. What the draft is compared with is said by ``beside``: ``paid`` leaves what was
    really paid and puts the draft on top; ``active`` takes the discounts of then back, and compares the promotions that
    are active now without and with the draft; ``nothing`` compares the prices of then with the draft alone.
    """

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*\Z")]
    promotions: Annotated[list[Promotion], Meta(max_length=20)] = []
    prices: DraftPrices | None = None
    since: Annotated[datetime, Meta(tz=True)]
    until: Annotated[datetime, Meta(tz=True)]
    currency: Currency
    channels: Annotated[list[ChannelCode], Meta(max_length=200)] | None = []
    """Orders of these channels; empty: of all; None: no orders."""
    tills: Tills | None = None
    """None: no receipts of tills."""
    beside: Literal["paid", "active", "nothing"] = "paid"
    response_bp: Annotated[int, Meta(ge=-10_000, le=100_000)] = 0
    zone: Annotated[str, Meta(max_length=60, pattern=r"^[A-Za-z0-9_+/-]+\Z")] = "Europe/Warsaw"
    """Where a day begins."""


class Sums(Struct, frozen=True):
    """What something comes to without and with the draft. Money in minor units.

    ``before_minor`` and ``after_minor`` are as buyers are shown prices; ``net_*`` without VAT, of lines whose VAT is
    known; ``margin_*`` is ``costed_*`` less what those lines cost the shop: lines whose cost is known.
    """

    key: str
    baskets: int
    lines: int
    units: int
    before_minor: int
    after_minor: int
    net_before: int
    net_after: int
    costed_before: int
    costed_after: int
    margin_before: int
    margin_after: int


class PromotionSums(Struct, frozen=True):
    """What a promotion gave: in how many baskets, and how much without and with the draft."""

    promotion: str
    draft: bool
    baskets: int
    before_minor: int
    after_minor: int


class ReasonSums(Struct, frozen=True):
    """What became of a promotion, and in how many baskets; ``minor`` is what it gave, or would have given."""

    promotion: str
    outcome: str
    why: str
    baskets: int
    minor: int


class Near(Struct, frozen=True):
    """Baskets to which little lacked for a promotion: at most a fifth of what they came to, or one piece."""

    promotion: str
    baskets: int
    lacks_minor: int
    lacks_units: int


class Named(Struct, frozen=True):
    """Sums of something that has a name."""

    name: str
    sums: Sums


class Assumed(Struct, frozen=True):
    """What the response that is assumed would add. Money in minor units."""

    response_bp: int
    shown_minor: int
    net_minor: int
    margin_minor: int


class Result(Struct, frozen=True):
    """What a draft would have done. Money in minor units; lists hold what changed most first."""

    all: Sums
    delivery: Sums
    """Delivery, which is in no other sums."""
    reached: Sums
    """Baskets that the draft reached, and lines that it changed."""
    customers: int
    """Whom it reached; guests and receipts without a customer are none."""
    cost_minor: int
    """What buyers would have paid less, delivery with it; negative: more."""
    margin_minor: int
    """How the margin would change, as far as costs are known; gifts are paid from it."""
    costed_bp: int
    """For which share of the revenue (net) costs are known, in hundredths of a percent."""
    gifts: list[Sums]
    """By item: ``units``, and ``margin_after`` what they cost."""
    promotions: list[PromotionSums]
    lanes: list[Sums]
    reasons: list[ReasonSums]
    near: list[Near]
    days: list[Sums]
    items: list[Named]
    categories: list[Named]
    places: list[Sums]
    assumed: Assumed | None


class Simulation(Struct, frozen=True):
    """A simulation and how far it is; ``result`` is what was counted so far, whole when it is done."""

    id: UUID
    name: str
    state: State
    at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    progress: float
    """From 0 to 1."""
    total: int | None
    """Baskets; None: not counted yet."""
    baskets: int
    lines: int
    lines_per_s: float
    seconds_left: float | None
    error: str
    wanted: Wanted
    result: Result | None


class Summary(Struct, frozen=True):
    """A simulation in a list."""

    id: UUID
    name: str
    state: State
    at: datetime
    ended_at: datetime | None
    progress: float
    lines: int


# --- what is counted from ---------------------------------------------------------------------------------------------


class Given(Struct, frozen=True):
    """All that a simulation is decided by, as it was when it was started."""

    wanted: Wanted
    lanes: list[Lane]
    active: list[tuple[Promotion, int]]
    rates: list[tuple[str, str, int | None, int]]
    """VAT: (country, category, from when in µs or None, hundredths of a percent), the latest first."""


class Bought(Struct, frozen=True, array_like=True, gc=False):
    """A line that was bought: ``listed`` before promotions, ``paid`` after them, both as the buyer was shown money.

    ``net`` and ``rate_bp`` None: not written down then. ``packs``: the quantity is packs of something that is weighed.
    """

    sku: str
    quantity: int
    listed: int
    paid: int
    net: int | None
    rate_bp: int | None
    packs: bool


class Basket(Struct, frozen=True, array_like=True):
    """Something that was bought together."""

    at_us: int
    day: str
    place: str
    """Channel, or store."""
    channel: str
    country: str
    gross: bool
    """Whether amounts have VAT in them."""
    customer: UUID | None
    shop: str | None
    group: str | None
    delivery: str | None
    delivery_listed: int
    delivery_paid: int
    delivery_rate_bp: int
    first: bool
    segments: list[str]
    lines: list[Bought]


class Item(Struct, frozen=True, array_like=True):
    """What is known of an item; ``costs`` are (location or None, from when in µs or None, minor), the latest first."""

    sku: str
    paths: list[str]
    categories: list[str]
    brand: str | None
    attributes: str
    unit: str
    weight_g: int | None
    tax_category: str
    costs: list[tuple[str | None, int | None, int]]


class Had(Struct, frozen=True, array_like=True):
    """How often a promotion was had so far, and for how much."""

    promotion: str
    times: int
    minor: int


class Mine(Struct, frozen=True, array_like=True):
    """How often a customer had a promotion so far."""

    customer: UUID
    promotion: str
    times: int


class Portion(Struct, frozen=True):
    """Baskets to be counted next, and what was had until them."""

    baskets: list[Basket]
    items: list[Item] = []
    had: list[Had] = []
    mine: list[Mine] = []


Row = tuple[str, str, int, int, int, int, int, int, int, int, int, int, int]
"""Part, key, and the numbers of Sums."""


class Counted(Struct, frozen=True):
    """What a portion comes to: ``sums`` to be added to what there is, and whom it reached."""

    lines: int
    sums: list[Row]
    reach: list[tuple[UUID, str, int]]
    """(customer, '' or a promotion that each customer may have only so often, times)."""


# --- rows -------------------------------------------------------------------------------------------------------------


class Kept(Struct, frozen=True):
    """A simulation as it is stored."""

    id: UUID
    name: str
    wanted: str
    state: State
    at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    counted_at: datetime | None
    total: int | None
    baskets: int
    lines: int
    error: str


class Open(Struct, frozen=True):
    """A simulation that is to go on."""

    id: UUID
    given: str
    total: int | None
    position: str
    failures: int


class SumRow(Struct, frozen=True):
    """A sum, as stored, with the name of what it is of."""

    part: str
    key: str
    baskets: int
    lines: int
    units: int
    before_minor: int
    after_minor: int
    net_before: int
    net_after: int
    costed_before: int
    costed_after: int
    margin_before: int
    margin_after: int
    name: str


class OrdersRead(Struct, frozen=True):
    """A portion of orders; ``last`` is the last of them, None when there are no more."""

    last: UUID | None
    baskets: int
    skus: list[str]
    customers: list[UUID]
    document: str


class ReceiptsRead(Struct, frozen=True):
    """A portion of receipts; ``store`` and what follows name the last of them, None when there are no more."""

    store: str | None
    sold_at: datetime | None
    till: str | None
    number: int | None
    baskets: int
    skus: list[str]
    customers: list[UUID]
    document: str


class Totals(Struct, frozen=True):
    """How many baskets there are to look at."""

    orders: int
    receipts: int


class Position(Struct, frozen=True, omit_defaults=True):
    """How far a simulation came: the last order, or once those are through, the last receipt."""

    order: UUID | None = None
    orders_done: bool = False
    receipt: tuple[str, datetime, str, int] | None = None
    done: bool = False


# --- faults -----------------------------------------------------------------------------------------------------------


class UnknownSimulation(NotFound):
    """There is no such simulation."""


class SimulationEnded(Conflict):
    """This simulation has ended already."""
