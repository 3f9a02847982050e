"""The words of dynamic prices: rules that move prices, and the rails they move between."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.catalog import ChannelCode, Code, Row, Sku, Text
from rynek.commerce.pricing import ListCode
from rynek.kernel.faults import Conflict, Invalid, NotFound

Share = Annotated[int, Meta(ge=-9_000, le=50_000, description="hundredths of a percent: -500 is 5 % less")]
Limit = Annotated[int, Meta(ge=0, le=10_000, description="hundredths of a percent: 500 is 5 %")]
Amount = Annotated[int, Meta(ge=0, le=10**12, description="minor units")]
Minutes = Annotated[int, Meta(ge=0, le=525_600)]
Days = Annotated[int, Meta(ge=0, le=3_650)]
Weekday = Annotated[int, Meta(ge=1, le=7)]
RuleCode = Annotated[
    str, Meta(max_length=60, pattern="^[^\\u0000]*$", description="key: lower-case letters, digits, `-`")
]
Mode = Literal["propose", "automatic"]
"""Whether a person approves each move, or the rule moves prices itself."""
ProposalState = Literal["open", "approved", "rejected", "lapsed"]
Kind = Literal["keep", "move", "return", "guard", "withdraw"]
"""What becomes of a price: it stays; it moves; it goes back to the list's; it is led back between the rails, whatever
the step; or the dynamic price is taken away at once, because there is nothing left that it stands on."""


class Age(Row, frozen=True):
    """From so many days on that the oldest units on hand have lain, the price moves by so much."""

    days: Days
    change_bp: Share


class Band(Row, frozen=True):
    """While sales are so much of the usual (percent, ``below_percent`` None: no end), the price moves by so much."""

    change_bp: Share
    from_percent: Annotated[int, Meta(ge=0, le=100_000)] = 0
    below_percent: Annotated[int, Meta(ge=1, le=100_000)] | None = None


class ByAge(Row, frozen=True, tag_field="by", tag="stock-age"):
    """Move prices by how long the goods have lain; of the steps reached the one with the most days counts."""

    steps: Annotated[list[Age], Meta(min_length=1, max_length=20)]


class ByDemand(Row, frozen=True, tag_field="by", tag="demand"):
    """Move prices by what was sold in the last ``days``, against the usual of the ``baseline_days`` before them."""

    bands: Annotated[list[Band], Meta(min_length=1, max_length=20)]
    days: Annotated[int, Meta(ge=1, le=90)] = 7
    baseline_days: Annotated[int, Meta(ge=7, le=365)] = 28
    at_least: Annotated[int, Meta(ge=1, le=1_000_000)] = 10
    """Of what sold fewer units in the baseline nothing can be told, and the price stays."""


class ByCompetitor(Row, frozen=True, tag_field="by", tag="competitor"):
    """Move prices by what competitors ask: to the same, below it, or to within some distance of it."""

    how: Literal["match", "undercut", "within"] = "match"
    of: Literal["lowest", "median", "highest"] = "lowest"
    competitors: Annotated[Sequence[Text], Meta(max_length=50)] = ()
    """Whose prices; none named: everybody's."""
    by_minor: Amount = 0
    by_bp: Limit = 0
    hours: Annotated[int, Meta(ge=1, le=8_760)] = 72
    """What was seen longer ago does not count."""


class ByTime(Row, frozen=True, tag_field="by", tag="time"):
    """Move prices at some hours of some days; ``until`` before ``since`` is past midnight, the same is all day."""

    since: Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["18:00"])]
    until: Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
    change_bp: Share
    weekdays: Annotated[Sequence[Weekday], Meta(max_length=7)] = ()
    """1 is Monday; none: every day. What runs past midnight belongs to the day it began."""


Move = ByAge | ByDemand | ByCompetitor | ByTime


class Scope(Row, frozen=True):
    """Which prices a rule is about; an empty list is no condition. Categories hold what is in those below them."""

    categories: Annotated[Sequence[Code], Meta(max_length=100)] = ()
    brands: Annotated[Sequence[Code], Meta(max_length=100)] = ()
    skus: Annotated[Sequence[Sku], Meta(max_length=5_000)] = ()
    lists: Annotated[Sequence[ListCode], Meta(max_length=20)] = ()
    """The price lists whose prices are moved."""


class Rails(Row, frozen=True):
    """Between which bounds a rule moves a price, how far at once, and how often.

    The price is never below the cost and ``margin_bp`` of it, nor below the item's floor; an item whose cost is not
    known is not moved. Distances (``_bp``) are hundredths of a percent.
    """

    margin_bp: Annotated[int, Meta(ge=0, le=100_000)]
    """What has to be earned at least, of the cost."""
    below_bp: Limit = 2_000
    """How far below the list's price."""
    above_bp: Limit = 1_000
    """How far above it."""
    minimum: Amount | None = None
    maximum: Amount | None = None
    step_bp: Annotated[int, Meta(ge=1, le=10_000)] = 500
    """How far from one price to the next."""
    day_bp: Annotated[int, Meta(ge=1, le=10_000)] = 1_000
    """How far from any price of the last 24 hours."""
    ending: Annotated[int, Meta(ge=0, le=99_999)] | None = None
    """What a price ends in: 99 of 100 is 4.99, 5.99, …"""
    of: Literal[10, 100, 1_000, 10_000, 100_000] = 100
    hysteresis_bp: Limit = 100
    """A smaller move is not worth making."""
    cool_down_minutes: Minutes = 240
    """How long a price stands before it moves on."""
    turn_minutes: Minutes = 1_440
    """How long before it moves the other way."""


class Rule(Row, frozen=True):
    """When prices move, which, how, and between which rails.

    Of several rules about one price the one of the lowest ``rank`` (then ``code``) that has something to say counts;
    its moves are taken one after the other.
    """

    code: RuleCode
    name: Text
    channel: ChannelCode
    moves: Annotated[list[Move], Meta(min_length=1, max_length=5)]
    rails: Rails
    scope: Scope = Scope()
    rank: Annotated[int, Meta(ge=0, le=10_000)] = 100
    mode: Mode = "propose"
    active: bool = False
    time_zone: Annotated[str, Meta(max_length=60, pattern="^[^\\u0000]*$", examples=["Europe/Warsaw"])] = (
        "Europe/Warsaw"
    )
    from_at: datetime | None = None
    until_at: datetime | None = None


class Place(Struct, frozen=True):
    """A channel whose prices may move: the list they are written to, which is named and made when it is first on."""

    channel: str
    on: bool
    reason: str
    priority: int
    every_minutes: int
    list: str
    currency: str
    basis: Literal["gross", "net"]
    country: str
    at: datetime
    begun_at: datetime | None
    """When all its prices were last looked at."""


class Rival(Struct, frozen=True, gc=False):
    """What a competitor asked, on the basis of our list, and when that was seen."""

    competitor: str
    minor: int
    seen_at: datetime


class Facts(Struct, frozen=True, kw_only=True, gc=False):
    """All that is known of one price when it is decided about. Amounts are on the basis of the dynamic list.

    ``base`` is the price of the list, which counts where nothing moves; ``price`` what counts now. ``low`` and ``high``
    are the extremes of the last 24 hours, ``price`` among them.
    """

    sku: str
    base: int
    list: str
    price: int
    stands: bool = False
    """Whether a dynamic price stands now."""
    based_on: int | None = None
    """The list's price when it was made."""
    fits: str = ""
    """Why no dynamic price can lie upon this one, as the word of a reason; empty: it can."""
    basis: Literal["gross", "net"] = "gross"
    rate_bp: int = 0
    cost: int | None = None
    """What the shop paid, net; None: not known."""
    floor: int | None = None
    """The least a buyer may be asked for, VAT in it."""
    brand: str | None = None
    categories: frozenset[str] = frozenset()
    age_days: int | None = None
    sold: Mapping[tuple[int, int], tuple[int, int]] = {}
    """Units sold, and in the baseline, by (days, baseline_days)."""
    rivals: Sequence[Rival] = ()
    moved_at: datetime | None = None
    direction: int = 0
    """Which way it moved last: -1, 0 or 1."""
    low: int | None = None
    high: int | None = None
    rejected_at: datetime | None = None


class Reason(Struct, frozen=True, gc=False):
    """One part of why a price is so: what it says, with its facts."""

    what: str
    facts: dict[str, Any] = {}


class Decision(Struct, frozen=True, gc=False):
    """What becomes of a price: ``minor`` it shall be, which rule says so (None: none), and why."""

    sku: str
    kind: Kind
    minor: int
    rule: str | None
    mode: Mode
    why: list[Reason]


class State(Struct, frozen=True, gc=False):
    """What stands of a dynamic price; ``minor`` None: the list's price counts."""

    sku: str
    minor: int | None
    from_at: datetime | None
    until_at: datetime | None
    minimums: list[int]
    base_minor: int | None
    moved_at: datetime | None
    direction: int
    rejected_at: datetime | None
    low: int | None
    high: int | None


class Mark(Struct, frozen=True, gc=False):
    """By what one tells whether a price was moved since it was looked at."""

    sku: str
    moved_at: datetime | None


class Moved(Struct, frozen=True):
    """One line of the log of dynamic prices: from what to what, by which rule, why, and by whom (None: by itself)."""

    id: int
    at: datetime
    channel: str
    sku: str
    rule: str | None
    kind: Kind
    before: int
    after: int
    base: int
    currency: str
    why: list[Reason]
    facts: dict[str, Any]
    by: UUID | None


class Proposal(Struct, frozen=True):
    """A move that waits for a person."""

    id: UUID
    made_at: datetime
    channel: str
    sku: str
    name: str
    rule: str
    before: int
    after: int
    base: int
    currency: str
    why: list[Reason]
    facts: dict[str, Any]
    state: ProposalState
    decided_at: datetime | None
    by: UUID | None
    note: str


class Decided(Struct, frozen=True):
    """What became of a bulk decision: how many were carried out, and which could not be, with why."""

    decided: int
    refused: list["NotDecided"]


class NotDecided(Struct, frozen=True):
    """A proposal that could not be decided."""

    id: UUID
    reason: str


class Looked(Struct, frozen=True):
    """What a look at prices did: how many were looked at, moved, and proposed to move."""

    looked: int
    moved: int
    proposed: int


class Foreseen(Struct, frozen=True):
    """What a rule would do with one price: its next, and where it would come to rest if nothing else changed."""

    sku: str
    before: int
    after: int
    rest: int
    kind: Kind
    why: list[Reason]


class Preview(Struct, frozen=True):
    """What a rule would do if it were on and alone: how many prices it is about, would lower, raise or leave.

    ``change_bp`` is the mean over those it would move. ``held`` counts by reason what stays; ``prices`` are those that
    would move furthest.
    """

    channel: str
    currency: str
    looked: int
    lowered: int
    raised: int
    kept: int
    change_bp: int
    held: dict[str, int]
    prices: list[Foreseen]


class Why(Struct, frozen=True):
    """Why a price is moved, or is not: what stands, what would be decided now, and the moves so far, newest first."""

    channel: str
    sku: str
    currency: str
    price: int | None
    base: int | None
    on: bool
    now: Decision | None
    facts: dict[str, Any]
    moves: list[Moved]


class Claimed(Struct, frozen=True):
    """An open proposal, locked."""

    id: UUID
    sku: str
    rule: str
    after: int


class NoSwitch(NotFound):
    """The prices of this channel were never let move."""


class NoRule(NotFound):
    """There is no such rule."""


class SwitchedOff(Conflict):
    """The prices of this channel may not move now."""


class RuleRefused(Invalid):
    """The rule cannot be taken as it is."""
