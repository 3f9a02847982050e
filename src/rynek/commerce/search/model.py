"""The words of searching."""

from datetime import datetime
from functools import cached_property
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from rynek.commerce.browse import Card
from rynek.commerce.catalog import ChannelCode, Code
from rynek.commerce.search import analysis
from rynek.kernel.faults import Conflict, Fault, NotFound

Spoken = Literal["pl", "en"]
"""A language whose words are known by their stems."""
Query = Annotated[str, Meta(max_length=200, pattern="^[^\\u0000]*$", description="what is looked for")]
Term = Annotated[str, Meta(min_length=1, max_length=100, pattern="^[^\\u0000]*$")]
Order = Literal["relevance", "price", "-price", "name", "newest", "bestselling"]
Limit = Annotated[int, Meta(ge=1, le=100)]
Page = Annotated[int, Meta(ge=1, le=100)]
Minor = Annotated[int, Meta(ge=1, le=10**12)]
Share = Annotated[float, Meta(ge=0, le=100)]


# --- what is indexed --------------------------------------------------------------------------------------------------


class Sheet(Struct, frozen=True, kw_only=True, gc=False):
    """A product in a channel as the index has it: text as tokens with blanks between, facts as they are.

    ``lift`` is what it brings by itself, before anybody asks; ``due_s`` is when time changes it (Unix seconds, or 0).
    """

    id: str
    """Channel and product, with a blank between."""
    channel: str
    name: str
    head: str
    around: str
    prose: str
    codes: list[str]
    categories: list[str]
    brand: str | None
    values: list[str]
    """Attributes that are chosen from: ``colour=red``."""
    numbers: dict[str, float]
    """Attributes that are measured."""
    price: int | None
    available: bool
    sold: float
    margin: float | None
    """What is left of the price, from 0 to 1; None: not known."""
    born_s: int
    title: str
    """What it is sorted by."""
    due_s: int
    lift: float


# --- what the engine is asked -----------------------------------------------------------------------------------------


class Way(Struct, frozen=True):
    """One way to meet a part of a query: all of these words, each known by its forms (``masło``, ``p~masł``)."""

    words: tuple[tuple[str, ...], ...]
    weight: float
    origin: Literal["typed", "begun", "spelling", "synonym", "joined", "split", "measure"]
    text: str


class Slot(Struct, frozen=True):
    """A part of a query: a word or phrase, and every way to meet it."""

    text: str
    ways: tuple[Way, ...]


class Narrow(Struct, frozen=True):
    """One restriction: any of the values, or a range. ``field`` is category, brand, price … or an attribute."""

    field: str
    values: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """What counts how much. Factors of the score are 1 + weight × (0 to 1), so 0 switches one off."""

    name: Share = 1.0
    """A word in the name."""
    head: Share = 1.2
    """A word that says what the thing is: the last of an English name's first part, the first of a Polish one."""
    around: Share = 0.8
    """A word in the names of brand, categories and values."""
    prose: Share = 0.12
    """A word in the description."""
    code: Share = 20.0
    """The number of the article."""
    stem: Share = 0.9
    """Another form of the word, against the word as typed."""
    spelling: Share = 0.7
    """A word that was mistyped."""
    synonym: Share = 0.75
    """Another word for it."""
    begun: Share = 0.8
    """A word that was only begun."""
    also: Annotated[float, Meta(ge=0, le=1)] = 0.35
    """What a word counts in further places, beside the best one."""
    sales: Share = 1.0
    """The bestseller against what was never sold."""
    margin: Share = 0.0
    """All margin against none."""
    sold_out: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """The factor of what cannot be bought now."""
    window: Annotated[int, Meta(ge=50, le=1_000)] = 200
    """How many of the best by text are ranked by sales, margin and availability."""


class Ask(Struct, frozen=True):
    """A question to an engine. ``needed``: how many of the slots have to be met."""

    channel: str
    slots: tuple[Slot, ...]
    needed: int
    narrows: tuple[Narrow, ...] = ()
    order: Order = "relevance"
    start: int = 0
    limit: int = 24
    code: str = ""
    """The whole query as it may be the number of an article."""
    facets: tuple[str, ...] = ()
    """What to count: ``categories``, ``brand``, ``available``, ``price``, ``values``, attributes that are measured."""
    weights: Weights = field(default_factory=Weights)


class Match(Struct, frozen=True, gc=False):
    """What an engine found: its text score and the facts by which it is ranked."""

    key: int
    """The product's id as a number: many are found, few are shown."""
    text: float
    available: bool
    sold: float
    margin: float | None

    @property
    def product(self) -> UUID:
        """The product's id."""
        return UUID(int=self.key)


class Counts(Struct, frozen=True):
    """What a facet holds: how many products have each value, or from where to where they go."""

    values: dict[str, int] = {}
    least: float | None = None
    most: float | None = None


class Matches(Struct, frozen=True):
    """What an engine answers."""

    total: int
    found: list[Match]
    facets: dict[str, Counts]


# --- what people ask and are answered ---------------------------------------------------------------------------------


class Part(Struct, frozen=True):
    """One reason for a place: a factor of the score, or the rule that decided. ``factor`` 1 changes nothing."""

    what: Literal["text", "availability", "sales", "margin", "pinned", "buried", "raised"]
    factor: float
    rule: str | None = None


class Hit(Struct, frozen=True):
    """A product found, as browsing shows it; ``why`` it is here, when that was asked."""

    card: Card
    place: int
    score: float
    why: list[Part] = []


class Choice(Struct, frozen=True):
    """A value of a facet: how many products it would leave, the other choices being as they are."""

    value: str
    name: str
    count: int
    chosen: bool
    parent: str | None = None


class Facet(Struct, frozen=True):
    """A side by which what was found can be narrowed: ``choice`` of values or ``range`` of numbers."""

    code: str
    name: str
    kind: Literal["choice", "range"]
    choices: list[Choice] = []
    least: float | None = None
    most: float | None = None
    unit: str | None = None


class Found(Struct, frozen=True):
    """What was found.

    ``search`` names this answer when something in it is chosen. ``meant`` is what the query would be without its
    mistakes, and ``corrected`` says whether that is what was found. ``left_out`` are words that nothing here has.
    ``redirect`` is where this query leads instead.
    """

    search: UUID
    query: str
    total: int
    page: int
    pages: int
    hits: list[Hit]
    facets: list[Facet]
    meant: str | None
    corrected: bool
    left_out: list[str]
    redirect: str | None
    rules: list[str]
    """The rules that took part, by name."""


class Suggestion(Struct, frozen=True):
    """Where one may be going: a query others were glad of, a category, a brand or a product."""

    kind: Literal["query", "category", "brand", "product"]
    text: str
    value: str
    """The query, the code, or the product's address."""
    count: int = 0


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wanted, as the query string says it."""

    q: Query = ""
    category: Code | None = None
    brand: Annotated[list[Code], Meta(max_length=20)] = []
    value: Annotated[list[Term], Meta(max_length=40)] = []
    """Chosen values of attributes, ``colour:red``, or ranges of measured ones, ``weight:100..500``."""
    price_from: Minor | None = None
    price_to: Minor | None = None
    available: bool = False
    order: Order = "relevance"
    page: Page = 1
    limit: Limit = 24
    language: Spoken | None = None
    facets: bool = True
    why: bool = False


# --- what a merchandiser sets -----------------------------------------------------------------------------------------


class Synonym(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words for the same thing. ``one_way``: the first is met by the others, not the other way round."""

    id: UUID | None = None
    language: Spoken
    words: Annotated[list[Term], Meta(min_length=1, max_length=20)]
    one_way: bool = False


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a merchandiser wants of a query or a category, always or in a campaign.

    ``pin`` puts a product on a place, ``bury`` puts what the target names last, ``raise`` multiplies its score by
    ``factor``, ``redirect`` leads elsewhere in the shop.
    """

    id: UUID | None = None
    name: Annotated[str, Meta(min_length=1, max_length=100, pattern="^[^\\u0000]*$")]
    channel: ChannelCode | None = None
    """None: in every channel."""
    query: Query | None = None
    category: Code | None = None
    act: Literal["pin", "bury", "raise", "redirect"]
    target: Annotated[str, Meta(max_length=300, pattern="^[^\\u0000]*$")]
    """``product:<id>``, ``brand:<code>``, ``category:<code>``; for a redirect an address in the shop, ``/shop/…``."""
    place: Annotated[int, Meta(ge=1, le=100)] = 1
    factor: Annotated[float, Meta(gt=0, le=100)] = 2.0
    campaign: Annotated[str, Meta(max_length=100, pattern="^[^\\u0000]*$")] = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    active: bool = True


class Tuning(Struct, frozen=True, dict=True):
    """All that is set of a channel's search."""

    weights: Weights = field(default_factory=Weights)
    synonyms: list[Synonym] = []
    rules: list[Rule] = []

    @cached_property
    def others(self) -> dict[tuple[str, tuple[str, ...]], list[str]]:
        """Other words for a phrase, by language and the stems it is known by."""
        found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for synonym in self.synonyms:
            about = [analysis.keys(analysis.words(each), synonym.language) for each in synonym.words]
            known = about[:1] if synonym.one_way else about
            for key in {key for keys in known for key in keys}:
                if synonym.one_way and any(key in keys for keys in about[1:]):
                    continue
                rest = [word for word, keys in zip(synonym.words, about, strict=True) if key not in keys]
                found.setdefault((synonym.language, key), []).extend(rest)
        return found


class Draft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change to try: what is None stays as it is."""

    wanted: Wanted = field(default_factory=Wanted)
    weights: Weights | None = None
    synonyms: Annotated[list[Synonym], Meta(max_length=500)] | None = None
    rules: Annotated[list[Rule], Meta(max_length=500)] | None = None
    at: datetime | None = None
    """When it is looked at; None: now."""


class Compared(Struct, frozen=True):
    """What is found before a change, and after it."""

    before: Found
    after: Found


# --- what is known of searches ----------------------------------------------------------------------------------------


class Popular(Struct, frozen=True):
    """How often something was looked for, and what came of it.

    ``abandoned`` are searches that found something of which nothing was chosen.
    """

    query: str
    searches: int
    empty: int
    chosen: int
    abandoned: int


class Place(Struct, frozen=True):
    """How often what stood on a place was chosen."""

    place: int
    shown: int
    chosen: int


class Report(Struct, frozen=True):
    """How a channel's search does in a stretch of days."""

    searches: int
    empty: int
    abandoned: int
    popular: list[Popular]
    nothing: list[Popular]
    """Queries that found nothing, most often asked first."""
    left: list[Popular]
    """Queries from which nothing was chosen, most often asked first."""
    places: list[Place]


class State(Struct, frozen=True):
    """How an index is: ``none``, ``building``, ``good`` or ``damaged``."""

    state: Literal["none", "building", "good", "damaged"]
    products: int
    generation: str
    writes: bool
    """Whether this process keeps it up to date."""
    looked_at: datetime | None
    """When the log was last looked at by whoever writes on this machine."""
    detail: str = ""


class Kept(Struct, frozen=True):
    """Something kept as JSON."""

    id: UUID
    given: str


class SearchNotReady(Fault):
    """The index is being built: try again."""

    status = 503


class UnknownRule(NotFound):
    """There is no such rule."""


class UnknownSynonym(NotFound):
    """There are no such synonyms."""


class RuleUnclear(Conflict):
    """The rule cannot be meant like this."""

    status = 422


class Damaged(Exception):  # noqa: N818 - named as what it is
    """The index on disk is not as it was written."""


class Named(Struct, frozen=True):
    """Something with its name."""

    code: str
    name: str


class Sold(Struct, frozen=True):
    """Units of a product that were sold."""

    product: UUID
    units: int
