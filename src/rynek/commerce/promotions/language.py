"""The language that promotions are written in: on what, when, what is given. Data, checked when it is read."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from rynek.commerce.catalog import ChannelCode, Code, Country, Row, Sku, Value
from rynek.kernel.money import Currency

PromotionCode = Annotated[
    str,
    Meta(
        max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z", description="key of a promotion", examples=["SUMMER"]
    ),
]
LaneCode = Annotated[
    str, Meta(max_length=40, pattern=r"^[a-z0-9][a-z0-9-]*\Z", description="key of a lane", examples=["basket"])
]
Name = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*\Z")]
Positive = Annotated[int, Meta(ge=1, le=10**12)]
Units = Annotated[int, Meta(ge=1, le=1_000_000)]
Share = Annotated[int, Meta(ge=1, le=10_000, description="hundredths of a percent: 1000 is 10 %")]
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z", description="time of day", examples=["17:30"])]

# --- on what ----------------------------------------------------------------------------------------------------------


class What(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which items: those that fit every list given; a list left out leaves all in, so nothing said means everything.

    ``categories`` reach into those inside them. Of an attribute any of the values named fits.
    """

    skus: Annotated[list[Sku], Meta(max_length=20_000)] = []
    categories: Annotated[list[Code], Meta(max_length=1_000)] = []
    brands: Annotated[list[Code], Meta(max_length=1_000)] = []
    attributes: Annotated[
        dict[Code, Annotated[list[Value], Meta(min_length=1, max_length=200)]], Meta(max_length=20)
    ] = {}
    but: "What | None" = None
    """Except these."""


# --- when -------------------------------------------------------------------------------------------------------------


class _Condition(Struct, frozen=True, forbid_unknown_fields=True, tag_field="if", omit_defaults=True):
    """Something that has to hold."""


class Basket(_Condition, frozen=True, tag="basket"):
    """There is at least so much of something, as the basket stands when the promotion's lane begins.

    Delivery does not count. ``units`` are pieces; ``minor`` is money as the channel shows it.
    """

    of: What = What()
    units: Units | None = None
    minor: Positive | None = None
    weight_g: Positive | None = None


class Channels(_Condition, frozen=True, tag="channel"):
    """It is bought in one of these channels."""

    of: Annotated[list[ChannelCode], Meta(min_length=1, max_length=200)]


class Markets(_Condition, frozen=True, tag="market"):
    """It goes to one of these countries."""

    of: Annotated[list[Country], Meta(min_length=1, max_length=200)]


class Shops(_Condition, frozen=True, tag="shop"):
    """It is bought in one of these shops (locations)."""

    of: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(min_length=1, max_length=2_000)]


class Groups(_Condition, frozen=True, tag="group"):
    """The buyer has the prices of one of these customer groups."""

    of: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(min_length=1, max_length=200)]


class Segments(_Condition, frozen=True, tag="segment"):
    """The buyer is in one of these segments."""

    of: Annotated[list[Code], Meta(min_length=1, max_length=200)]


class FirstOrder(_Condition, frozen=True, tag="first-order"):
    """The buyer is a customer who has not ordered before."""


class Weekdays(_Condition, frozen=True, tag="weekday"):
    """It is one of these days, Monday is 1 and Sunday 7."""

    of: Annotated[list[Annotated[int, Meta(ge=1, le=7)]], Meta(min_length=1, max_length=7)]


class Hours(_Condition, frozen=True, tag="hours"):
    """It is this time of day: from ``begin`` to before ``end``; past midnight when ``end`` is the earlier."""

    begin: Clock
    end: Clock


class AnyOf(_Condition, frozen=True, tag="any"):
    """One of these holds."""

    of: Annotated[list["Condition"], Meta(min_length=1, max_length=20)]


class Unless(_Condition, frozen=True, tag="unless"):
    """This does not hold."""

    this: "Condition"


Condition = Basket | Channels | Markets | Shops | Groups | Segments | FirstOrder | Weekdays | Hours | AnyOf | Unless

# --- what is given ----------------------------------------------------------------------------------------------------


class _Reward(Struct, frozen=True, forbid_unknown_fields=True, tag_field="give", omit_defaults=True):
    """Something a buyer gets."""


class Percent(_Reward, frozen=True, tag="percent"):
    """A share off what is bought of something; ``most_minor`` caps it for the whole basket."""

    bp: Share
    of: What = What()
    most_minor: Positive | None = None


class Amount(_Reward, frozen=True, tag="amount"):
    """Money off what is bought of something together; with ``each`` off every piece (or 1000 g or ml) of it."""

    minor: Positive
    of: What = What()
    each: bool = False


class FixedPrice(_Reward, frozen=True, tag="price"):
    """A price for each piece (or 1000 g or ml) of something, where it costs more."""

    minor: Annotated[int, Meta(ge=0, le=10**12)]
    of: What = What()


class BuyGet(_Reward, frozen=True, tag="buy-get"):
    """For ``buy_units`` of something, ``get_units`` more at a share off (10000: free): always the cheapest.

    ``get`` None: of the same things (three for two: buy 2, get 1). ``times``: at most so often in a basket.
    """

    buy: What = What()
    buy_units: Units = 1
    get: What | None = None
    get_units: Units = 1
    bp: Share = 10_000
    times: Units | None = None


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a bundle: so many pieces of something."""

    of: What
    units: Units = 1


class BundlePrice(_Reward, frozen=True, tag="bundle"):
    """One price for parts bought together; the dearest that fit are taken. ``times``: at most so often in a basket."""

    parts: Annotated[list[Part], Meta(min_length=1, max_length=20)]
    minor: Annotated[int, Meta(ge=0, le=10**12)]
    times: Units | None = None


class Step(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """From so much on, a share off or an amount off."""

    at_least: Positive
    bp: Share | None = None
    minor: Positive | None = None


class Steps(_Reward, frozen=True, tag="steps"):
    """The more of something is bought, the more off it; the highest step reached counts."""

    by: Literal["minor", "units", "weight_g"]
    steps: Annotated[list[Step], Meta(min_length=1, max_length=20)]
    of: What = What()


class Delivery(_Reward, frozen=True, tag="delivery"):
    """A share off delivery (10000: free), by any option or by these."""

    bp: Share = 10_000
    options: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=50)] = []


class Gift(_Reward, frozen=True, tag="gift"):
    """Pieces of an item on top, for nothing, while there are any."""

    sku: Sku
    units: Units = 1


Reward = Percent | Amount | FixedPrice | BuyGet | BundlePrice | Steps | Delivery | Gift

# --- promotions -------------------------------------------------------------------------------------------------------


class Lane(Row, frozen=True):
    """A stage at which promotions count, one lane after the other by ``position``.

    ``pick`` says what happens when several would count for the same line: the one ``best`` for the customer, the
    ``first`` by priority, or ``all``, one on what the other left.
    """

    code: LaneCode
    position: Annotated[int, Meta(ge=0, le=1_000)]
    pick: Literal["best", "first", "all"]
    name: Name = ""


class Promotion(Row, frozen=True, kw_only=True):
    """Something that buyers get: when all of ``when`` holds, ``gives`` counts in its ``lane``.

    Money in minor units of ``currency``, which has to be said where the rule speaks of money.
    """

    code: PromotionCode
    name: Name
    lane: LaneCode = "basket"
    gives: Reward
    when: Annotated[list[Condition], Meta(max_length=30)] = []  # noqa: RUF012 - msgspec gives each its own
    state: Literal["draft", "active", "paused", "ended"] = "draft"
    priority: Annotated[int, Meta(ge=-1_000, le=1_000)] = 0
    exclusive: bool = False
    """Whether a line that it counts for takes nothing else, before or after."""
    coded: bool = False
    """Whether it is only for those who have a code of it."""
    shelf: bool = False
    """Whether it changes the price on the shelf, for everybody to see, rather than what a basket comes to."""
    from_at: datetime | None = None
    until_at: datetime | None = None
    zone: Annotated[str, Meta(max_length=60, pattern=r"^[A-Za-z0-9_+/-]+\Z")] = "Europe/Warsaw"
    """Where ``weekday`` and ``hours`` are read."""
    currency: Currency | None = None
    uses: Units | None = None
    """How many orders may have it; None: any number."""
    uses_each: Units | None = None
    """How many orders of one customer may have it: then only of customers who are known."""
    budget_minor: Positive | None = None
    """What it may cost over all orders."""
