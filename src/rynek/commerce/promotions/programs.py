"""Promotions compiled: what a rule says becomes what it does. Pure; compiled once for each change of promotions.

A basket is looked at with all programs at once: every line is looked up by its sku, categories, brand and attributes in
one index of all that programs speak of, and what it speaks of leads to the programs, so that five hundred promotions
cost what the few cost that fit.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from rynek.commerce.catalog import Value
from rynek.commerce.promotions.language import (
    Amount,
    AnyOf,
    Basket,
    BundlePrice,
    BuyGet,
    Channels,
    Condition,
    Delivery,
    FirstOrder,
    FixedPrice,
    Gift,
    Groups,
    Hours,
    Lane,
    Markets,
    Percent,
    Promotion,
    Reward,
    Segments,
    Shops,
    Steps,
    Unless,
    Weekdays,
    What,
)
from rynek.commerce.promotions.model import Buying, Facts, FactsRow, Line
from rynek.commerce.promotions.rewards import (
    NOTHING,
    Give,
    Miss,
    Offer,
    Room,
    State,
    Test,
    bundle,
    buy_get,
    half_up,
    off,
    share,
    shared,
)

_attributes = msgspec.json.Decoder(dict[str, Value]).decode
_NOTHING = -1
"""What has to be there for something that needs nothing."""
_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Compiled(Struct, frozen=True, gc=False):
    """A promotion that can be counted."""

    promotion: Promotion
    version: int
    channels: frozenset[str] | None
    """Where it may count; None: everywhere."""
    targets: frozenset[int]
    """What has to be in the basket; one of each."""
    tests: tuple[Test, ...]
    give: Give
    next: Test | None
    """What would make it more."""
    begins: datetime
    ends: datetime
    coded: bool
    exclusive: bool
    budgeted: bool


class Stage:
    """A lane with what may count in it in a channel, by priority."""

    def __init__(self, lane: Lane, programs: Sequence[Compiled]) -> None:
        self.lane = lane
        self.programs = programs
        self.by_what: dict[int, list[int]] = {}
        """Which speak of what: each is found by one thing that has to be there for it, any but everything."""
        for number, each in enumerate(programs):
            self.by_what.setdefault(max(each.targets, default=_NOTHING), []).append(number)

    def among(self, selected: Mapping[int, Sequence[int]], buying: Buying) -> list[Compiled]:
        """List those that have to do with a basket: what has to be there is, it is the time, and the code is had."""
        there, at = selected.keys(), buying.at
        numbers = self.by_what.get(_NOTHING, []).copy()
        for what in self.by_what.keys() & there:
            numbers += self.by_what[what]
        programs = self.programs
        return [
            each
            for number in sorted(numbers)
            if (each := programs[number]).begins <= at < each.ends
            and (len(each.targets) == 1 or each.targets <= there)
            and (not each.coded or each.promotion.code in buying.coupons)
        ]


class Programs:
    """All promotions that may count, compiled together; ``version`` tells them from what they were before."""

    def __init__(self, version: UUID, lanes: Iterable[Lane], promotions: Iterable[tuple[Promotion, int]]) -> None:
        self.version = version
        self.lanes = sorted(lanes, key=lambda lane: (lane.position, lane.code))
        self.whats: dict[bytes, int] = {}
        self.matchers: list[What] = []
        self.index: dict[tuple[Any, ...], list[int]] = {}
        self.known: dict[str, tuple[Facts, tuple[int, ...]]] = {}
        self.facts: dict[str, tuple[FactsRow, Facts]] = {}
        self.everything = self.number(What())
        ordered = sorted(promotions, key=lambda each: (-each[0].priority, each[0].code))
        self.all = [compiled(self, promotion, version) for promotion, version in ordered]
        self._by_channel: dict[tuple[str, str], list[Stage]] = {}
        whens = [condition for promotion, _ in ordered for condition in leaves(promotion.when)]
        self.asks_segments = any(isinstance(each, Segments) for each in whens)
        self.asks_first = any(isinstance(each, FirstOrder) for each in whens)
        self.limited = frozenset(p.code for p, _ in ordered if p.uses or p.budget_minor)
        self.each = {p.code: p.uses_each for p, _ in ordered if p.uses_each}
        self.counted = self.limited | self.each.keys()
        self.ends = {p.code: p.until_at for p, _ in ordered}
        self.gifts = frozenset(p.gives.sku for p, _ in ordered if isinstance(p.gives, Gift))
        self.asks_facts = any(each.categories or each.brands or each.attributes for each in self._all_matchers())

    def _all_matchers(self) -> Iterator[What]:
        for each in self.matchers:
            what: What | None = each
            while what is not None:
                yield what
                what = what.but

    def learn(self, row: FactsRow) -> Facts:
        """Take what was read of an item; what is still so stays the same object, so that it is looked up but once."""
        kept = self.facts.get(row.sku)
        if kept is None or kept[0] != row:
            kept = self.facts[row.sku] = (row, facts(row))
        return kept[1]

    def bare(self, sku: str) -> Facts:
        """Give the facts of an item of which nothing but its sku matters, or nothing is known."""
        return self.learn(FactsRow(sku, [], None, "{}"))

    def number(self, what: What) -> int:
        """Give what somebody speaks of a number, the same for the same."""
        key = repr(what).encode()
        found = self.whats.get(key)
        if found is None:
            found = self.whats[key] = len(self.matchers)
            self.matchers.append(what)
            for entry in _entries(what):
                self.index.setdefault(entry, []).append(found)
        return found

    def select(self, lines: Sequence[Line]) -> dict[int, list[int]]:
        """Tell for everything that programs speak of which lines fit it."""
        selected: dict[int, list[int]] = defaultdict(list)
        known = self.known
        for place, line in enumerate(lines):
            kept = known.get(line.sku)
            if kept is None or kept[0] is not line.facts:
                kept = known[line.sku] = (line.facts, self._fitting(line.facts))
            for what in kept[1]:
                selected[what].append(place)
        return selected

    def _fitting(self, facts: Facts) -> tuple[int, ...]:
        keys: list[tuple[Any, ...]] = [("sku", facts.sku), ("every",)]
        keys += [("category", each) for each in facts.categories]
        keys += [("attribute", *each) for each in facts.attributes]
        if facts.brand is not None:
            keys.append(("brand", facts.brand))
        candidates = {number for key in keys for number in self.index.get(key, ())}
        return tuple(sorted(number for number in candidates if fits(self.matchers[number], facts)))

    def of(self, channel: str, currency: str) -> list[Stage]:
        """List what may count in a channel, lane by lane."""
        found = self._by_channel.get((channel, currency))
        if found is None:
            here = [
                each
                for each in self.all
                if (each.channels is None or channel in each.channels) and each.promotion.currency in (None, currency)
            ]
            found = [Stage(lane, [each for each in here if each.promotion.lane == lane.code]) for lane in self.lanes]
            self._by_channel[channel, currency] = found
        return found


def facts(row: FactsRow) -> Facts:
    """Read what promotions ask of an item."""
    categories = dict.fromkeys(step for path in row.paths for step in path.split("/"))
    attributes = _attributes(row.attributes)
    return Facts(row.sku, tuple(categories), row.brand, frozenset(attributes.items()))


def leaves(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """List conditions with all that are inside them."""
    for each in conditions:
        yield each
        if isinstance(each, AnyOf):
            yield from leaves(each.of)
        elif isinstance(each, Unless):
            yield from leaves([each.this])


# --- on what ----------------------------------------------------------------------------------------------------------


def _entries(what: What) -> list[tuple[Any, ...]]:
    """Tell where something is found in the index: under the narrowest of its lists."""
    if what.skus:
        return [("sku", each) for each in what.skus]
    if what.brands:
        return [("brand", each) for each in what.brands]
    if what.attributes:
        code, values = min(what.attributes.items())
        return [("attribute", code, each) for each in values]
    if what.categories:
        return [("category", each) for each in what.categories]
    return [("every",)]


def fits(what: What, facts: Facts) -> bool:
    """Tell whether an item is meant."""
    if what.skus and facts.sku not in what.skus:
        return False
    if what.brands and facts.brand not in what.brands:
        return False
    if what.categories and not any(each in what.categories for each in facts.categories):
        return False
    if what.attributes and not all(_has(facts, code, values) for code, values in what.attributes.items()):
        return False
    return what.but is None or not fits(what.but, facts)


def _has(facts: Facts, code: str, values: Sequence[Value]) -> bool:
    return any((code, each) in facts.attributes for each in values)


# --- when -------------------------------------------------------------------------------------------------------------


def compiled(programs: Programs, promotion: Promotion, version: int) -> Compiled:
    """Turn a promotion into what counts it."""
    zone = ZoneInfo(promotion.zone)
    tests = [_test(programs, each, zone) for each in promotion.when if not isinstance(each, Channels)]
    channels = [frozenset(each.of) for each in promotion.when if isinstance(each, Channels)]
    targets, reached, give, following = _reward(programs, promotion.gives)
    limits = [_limit(promotion)] if promotion.uses or promotion.uses_each or promotion.budget_minor else []
    return Compiled(
        promotion, version, frozenset.intersection(*channels) if channels else None, frozenset(targets),
        (*limits, *tests, *reached), give, following, promotion.from_at or _EVER, promotion.until_at or _NEVER,
        promotion.coded, promotion.exclusive, promotion.budget_minor is not None,
    )  # fmt: skip


def _limit(promotion: Promotion) -> Test:
    code, each = promotion.code, promotion.uses_each

    def test(state: State) -> Miss | None:
        if each is not None and state.buying.customer is None:
            return Miss("only for customers who are logged in")
        left = state.buying.left.get(code)
        if left is None:
            return None
        if left.uses is not None and left.uses <= 0:
            return Miss("it was used as often as it may be")
        if left.mine is not None and left.mine <= 0:
            return Miss("this customer had it as often as may be")
        if left.minor is not None and left.minor <= 0:
            return Miss("its budget is spent")
        return None

    return test


def _test(programs: Programs, condition: Condition, zone: ZoneInfo) -> Test:  # noqa: C901, PLR0911 - one for each word
    match condition:
        case Basket():
            return _much(programs.number(condition.of), condition.minor, condition.units, condition.weight_g)
        case Channels():
            return _one_of("channel", frozenset(condition.of), "not sold in this channel")
        case Markets():
            return _one_of("country", frozenset(condition.of), "not for this country")
        case Shops():
            return _one_of("shop", frozenset(condition.of), "not in this shop")
        case Groups():
            return _one_of("group", frozenset(condition.of), "not for this customer group")
        case Segments():
            segments = frozenset(condition.of)
            return lambda state: (
                None if segments & state.buying.segments else Miss("the buyer is in none of its segments")
            )
        case FirstOrder():
            return lambda state: None if state.buying.first_order else Miss("only for a customer's first order")
        case Weekdays():
            days = frozenset(condition.of)
            return lambda state: None if state.at(zone).isoweekday() in days else Miss("not on this day of the week")
        case Hours():
            return lambda state: None if within(condition, state.at(zone)) else Miss("not at this time of day")
        case AnyOf():
            tests = [_test(programs, each, zone) for each in condition.of]
            return lambda state: _nearest([test(state) for test in tests])
        case Unless():
            test = _test(programs, condition.this, zone)
            return lambda state: Miss("what rules it out holds") if test(state) is None else None


def _one_of(name: str, allowed: frozenset[str], why: str) -> Test:
    return lambda state: None if getattr(state.buying, name) in allowed else Miss(why)


def _much(what: int, minor: int | None, units: int | None, weight_g: int | None) -> Test:
    asked = [(of, least) for of, least in (("minor", minor), ("units", units), ("weight_g", weight_g)) if least]

    def test(state: State) -> Miss | None:
        for of, least in asked:
            if state.much(what, of) < least:
                return _lacking(**{of: lack for of, least in asked if (lack := least - state.much(what, of)) > 0})
        return None

    return test


def _lacking(minor: int | None = None, units: int | None = None, weight_g: int | None = None) -> Miss:
    return Miss("", minor, units, weight_g)


def within(hours: Hours, at: datetime) -> bool:
    """Tell whether it is that time of day."""
    now = f"{at:%H:%M}"
    if hours.begin <= hours.end:
        return hours.begin <= now < hours.end
    return now >= hours.begin or now < hours.end


def _nearest(misses: Sequence[Miss | None]) -> Miss | None:
    """Of several ways, say what lacks to the first that more of something would open; else the first."""
    if None in misses:
        return None
    found = [each for each in misses if each is not None]
    return next((each for each in found if not each.why), found[0])


# --- what is given ----------------------------------------------------------------------------------------------------


_Made = tuple[tuple[int, ...], list[Test], Give, Test | None]
"""What has to be there, what else has to hold, what it gives, and what would make it more."""


def _reward(programs: Programs, reward: Reward) -> _Made:
    match reward:
        case Percent() | Amount() | FixedPrice():
            what = programs.number(reward.of)
            return (what,), [], off(reward, what), None
        case Steps():
            return _steps(reward, programs.number(reward.of))
        case BuyGet():
            buy = programs.number(reward.buy)
            get = buy if reward.get is None else programs.number(reward.get)
            return (
                (buy, get),
                [_enough(reward, buy, get)],
                lambda room: buy_get(reward, buy, get, room),
                None,
            )
        case BundlePrice():
            parts = [(programs.number(part.of), part.units) for part in reward.parts]
            fewest = [_much(what, None, units, None) for what, units in parts]
            return (
                tuple(what for what, _ in parts),
                fewest,
                lambda room: bundle(reward, parts, room),
                None,
            )
        case Delivery():
            return (), [_delivered(reward)], _delivery(reward), None
        case Gift():
            return (), [], lambda _: NOTHING, None


def _steps(reward: Steps, what: int) -> _Made:
    steps = sorted(reward.steps, key=lambda step: step.at_least)

    def measure(state: State) -> int:
        return state.much(what, reward.by)

    def give(room: Room) -> Offer:
        much = measure(room.state)
        step = next(step for step in reversed(steps) if step.at_least <= much)
        return shared(room, what, step.minor or 0) if step.bp is None else share(room, what, step.bp)

    def first(state: State) -> Miss | None:
        lack = steps[0].at_least - measure(state)
        return _lacking(**{reward.by: lack}) if lack > 0 else None

    def following(state: State) -> Miss | None:
        much = measure(state)
        step = next((step for step in steps if step.at_least > much), None)
        return None if step is None else _lacking(**{reward.by: step.at_least - much})

    return (what,), [first], give, following


def _delivered(reward: Delivery) -> Test:
    options = frozenset(reward.options)

    def test(state: State) -> Miss | None:
        if state.buying.delivery is None:
            return Miss("no delivery is chosen yet")
        return Miss("not for this way of delivery") if options and state.buying.delivery not in options else None

    return test


def _delivery(reward: Delivery) -> Give:
    def give(room: Room) -> Offer:
        last = len(room.state.lines)
        minor = 0 if last in room.shut else half_up(room.state.left[last] * reward.bp, 10_000)
        return ({last: minor}, False) if minor else NOTHING

    return give


def _enough(reward: BuyGet, buy: int, get: int) -> Test:
    """Say how many pieces lack to the first time."""
    both = reward.buy_units + reward.get_units

    def test(state: State) -> Miss | None:
        bought, gotten = state.much(buy, "units"), state.much(get, "units")
        together = bought
        if get != buy:
            together = sum(state.pieces[i] for i in {*state.chosen(buy), *state.chosen(get)})
        lack = max(reward.buy_units - bought, reward.get_units - gotten, both - together)
        return Miss(lacks_units=lack) if lack > 0 else None

    return test
