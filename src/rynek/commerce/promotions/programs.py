"""Promotions compiled: what a rule says becomes what it does. Pure; compiled once for each change of promotions.

A basket is looked at with all programs at once: every line is looked up by its sku, categories, brand and attributes in
one index of all that programs speak of, so that five hundred promotions cost little more than the few that fit.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
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
from rynek.commerce.promotions.model import Facts, FactsRow, Line
from rynek.commerce.promotions.rewards import (
    Give,
    Miss,
    Shares,
    State,
    Test,
    bundle,
    buy_get,
    free,
    half_up,
    off,
    shared,
)

_attributes = msgspec.json.Decoder(dict[str, Value]).decode


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
        self._by_channel: dict[tuple[str, str], list[tuple[Lane, list[Compiled]]]] = {}
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
        selected: dict[int, list[int]] = {}
        known = self.known
        for place, line in enumerate(lines):
            kept = known.get(line.sku)
            if kept is None or kept[0] is not line.facts:
                kept = known[line.sku] = (line.facts, self._fitting(line.facts))
            for what in kept[1]:
                selected.setdefault(what, []).append(place)
        return selected

    def _fitting(self, facts: Facts) -> tuple[int, ...]:
        keys: list[tuple[Any, ...]] = [("sku", facts.sku), ("every",)]
        keys += [("category", each) for each in facts.categories]
        keys += [("attribute", *each) for each in facts.attributes]
        if facts.brand is not None:
            keys.append(("brand", facts.brand))
        candidates = {number for key in keys for number in self.index.get(key, ())}
        return tuple(sorted(number for number in candidates if fits(self.matchers[number], facts)))

    def of(self, channel: str, currency: str) -> list[tuple[Lane, list[Compiled]]]:
        """List what may count in a channel, lane by lane, each by priority."""
        found = self._by_channel.get((channel, currency))
        if found is None:
            here = [
                each
                for each in self.all
                if (each.channels is None or channel in each.channels) and each.promotion.currency in (None, currency)
            ]
            found = [(lane, [each for each in here if each.promotion.lane == lane.code]) for lane in self.lanes]
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
    tests = [_test(programs, each, zone) for each in promotion.when]
    channels = [frozenset(each.of) for each in promotion.when if isinstance(each, Channels)]
    targets, reached, give, following = _reward(programs, promotion.gives)
    limits = [_limit(promotion)] if promotion.uses or promotion.uses_each or promotion.budget_minor else []
    return Compiled(
        promotion, version, frozenset.intersection(*channels) if channels else None, frozenset(targets),
        (*limits, *tests, *reached), give, following,
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
            return lambda state: (
                None if state.buying.at.astimezone(zone).isoweekday() in days else Miss("not on this day of the week")
            )
        case Hours():
            return lambda state: None if within(condition, state.buying.at, zone) else Miss("not at this time of day")
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
        lacks = {f"lacks_{of}": lack for of, least in asked if (lack := least - state.much(what, of)) > 0}
        return Miss(**lacks) if lacks else None  # type: ignore[arg-type]

    return test


def within(hours: Hours, at: datetime, zone: ZoneInfo) -> bool:
    """Tell whether it is that time of day."""
    now = f"{at.astimezone(zone):%H:%M}"
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
                lambda state, blocked: buy_get(reward, buy, get, state, blocked),
                None,
            )
        case BundlePrice():
            parts = [(programs.number(part.of), part.units) for part in reward.parts]
            fewest = [_much(what, None, units, None) for what, units in parts]
            return (
                tuple(what for what, _ in parts),
                fewest,
                lambda state, blocked: bundle(reward, parts, state, blocked),
                None,
            )
        case Delivery():
            return (), [_delivered(reward)], _delivery(reward), None
        case Gift():
            return (), [], lambda _state, _blocked: [], None


def _steps(reward: Steps, what: int) -> _Made:
    steps = sorted(reward.steps, key=lambda step: step.at_least)

    def measure(state: State) -> int:
        return state.much(what, reward.by)

    def give(state: State, blocked: Sequence[bool]) -> list[Shares]:
        step = next(step for step in reversed(steps) if step.at_least <= measure(state))
        lines = free(state, what, blocked)
        if step.bp is not None:
            return [[(i, half_up(state.left[i] * step.bp, 10_000))] for i in lines]
        return shared(state, lines, step.minor or 0)

    def lacking(state: State, least: int) -> Miss:
        return Miss(**{f"lacks_{reward.by}": least - measure(state)})  # type: ignore[arg-type]

    def first(state: State) -> Miss | None:
        return None if measure(state) >= steps[0].at_least else lacking(state, steps[0].at_least)

    def following(state: State) -> Miss | None:
        step = next((step for step in steps if step.at_least > measure(state)), None)
        return None if step is None else lacking(state, step.at_least)

    return (what,), [first], give, following


def _delivered(reward: Delivery) -> Test:
    options = frozenset(reward.options)

    def test(state: State) -> Miss | None:
        if state.buying.delivery is None:
            return Miss("no delivery is chosen yet")
        return Miss("not for this way of delivery") if options and state.buying.delivery not in options else None

    return test


def _delivery(reward: Delivery) -> Give:
    def give(state: State, blocked: Sequence[bool]) -> list[Shares]:
        last = len(state.lines)
        minor = half_up(state.left[last] * reward.bp, 10_000)
        return [] if blocked[last] or not minor else [[(last, minor)]]

    return give


def _enough(reward: BuyGet, buy: int, get: int) -> Test:
    """Say how many pieces lack to the first time."""
    both = reward.buy_units + reward.get_units

    def test(state: State) -> Miss | None:
        bought, gotten = state.much(buy, "units"), state.much(get, "units")
        together = sum(
            state.lines[i].quantity for i in {*state.chosen(buy), *state.chosen(get)} if state.lines[i].unit == "pcs"
        )
        lack = max(reward.buy_units - bought, reward.get_units - gotten, both - together)
        return Miss(lacks_units=lack) if lack > 0 else None

    return test
