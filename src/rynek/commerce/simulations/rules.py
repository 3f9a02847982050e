"""What a draft would have done: pure, whole minor units, the same whatever the portions are.

Each basket is counted twice, without the draft and with it, by the promotions' own rules. What changes is summed up by
day, item, category, place, promotion and reason; sums are only ever added, so portions can be counted anywhere.
"""

import operator
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec.structs import replace

from rynek.commerce.promotions import (
    Buying,
    FactsRow,
    Gift,
    Lane,
    Left,
    Line,
    Outcome,
    Programs,
    Promotion,
    Tried,
    decide_basket,
    fits,
)
from rynek.commerce.simulations.model import (
    WITH,
    WITHOUT,
    Assumed,
    Basket,
    Bought,
    Counted,
    Customer,
    Given,
    Had,
    Item,
    Mine,
    Named,
    Near,
    Portion,
    PromotionSums,
    ReasonSums,
    Result,
    Row,
    SumRow,
    Sums,
    Wanted,
)
from rynek.kernel.money import EXPONENTS

NUMBERS = 11
"""How many numbers there are in a sum."""
NEAR = 5
"""A basket is near where what lacks is at most one part of so many of what it comes to."""
SHELF = "_shelf"
"""The lane of drafts that change prices on the shelf: before all others."""
LONGEST = timedelta(days=1_100)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEP = "\n"


def fault(wanted: Wanted) -> tuple[str, str] | None:
    """Say what is wrong with what is wanted, as (field, why); None: nothing."""
    prices = wanted.prices
    checks = (
        (not wanted.promotions and prices is None, "promotions", "there is no draft: give promotions, prices or both"),
        (prices is not None and not prices.prices and not prices.changes, "prices", "the price list changes nothing"),
        (prices is not None and _twice([e.sku for e in prices.prices]), "prices", "an item has two prices"),
        (_twice([each.code for each in wanted.promotions]), "promotions", "a promotion comes twice"),
        (wanted.until <= wanted.since, "until", "the period ends before it begins"),
        (wanted.until - wanted.since > LONGEST, "until", f"at most {LONGEST.days} days"),
        (not 1971 <= wanted.since.year <= 9000, "since", "there are no baskets of that time"),
        (wanted.channels is None and wanted.tills is None, "channels", "choose orders, receipts of tills or both"),
        (wanted.currency not in EXPONENTS, "currency", f"{wanted.currency} is not a currency we trade in"),
        (not _zone(wanted.zone), "zone", f"{wanted.zone} is no time zone"),
    )
    return next(((field, why) for wrong, field, why in checks if wrong), None)


def _twice(codes: Sequence[str]) -> bool:
    return len(set(codes)) < len(codes)


def _zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


class _Stood(NamedTuple):
    """A line as it stood without the draft and with it; net and cost None: not known."""

    bought: Bought
    item: Item
    before: int
    after: int
    net_before: int | None
    net_after: int | None
    cost: int | None


class Reckoner:
    """What a simulation is counted with: its draft compiled, and what it has learnt of items."""

    def __init__(self, given: Given) -> None:
        wanted = given.wanted
        self.paid = wanted.beside == "paid"
        self.currency = wanted.currency
        self.drafts = {each.code: each for each in wanted.promotions}
        lanes = [Lane(code=SHELF, position=0, pick="best"), *(replace(e, position=e.position + 1) for e in given.lanes)]
        others = [(as_if(p), version) for p, version in given.active if p.code not in self.drafts]
        active = others if wanted.beside == "active" else []
        drafts = [(as_if(each, draft=True), 0) for each in wanted.promotions]
        self.before = Programs(WITHOUT, lanes, active)
        self.after = Programs(WITH, lanes, [*active, *drafts])
        self.prices = {each.sku: each.minor for each in wanted.prices.prices} if wanted.prices else {}
        self.changes = wanted.prices.changes if wanted.prices else []
        self.gross = wanted.prices is None or wanted.prices.basis == "gross"
        self.limited = [p for p in wanted.promotions if p.uses or p.uses_each or p.budget_minor]
        self.items: dict[str, Item] = {}
        self.rates: dict[tuple[str, str], list[tuple[int | None, int]]] = defaultdict(list)
        for country, category, since, bp in given.rates:
            self.rates[country, category].append((since, bp))

    def count(self, portion: Portion) -> Counted:
        """Count baskets one after the other; drafts with limits give until those are reached."""
        for item in portion.items:
            self.items[item.sku] = item
        tally = _Tally(portion.had, portion.mine)
        lines = 0
        for basket in portion.baskets:
            lines += len(basket.lines)
            if basket.lines:
                self._count(basket, tally)
        sums: list[Row] = [(part, key, *numbers) for (part, key), numbers in sorted(tally.sums.items())]  # type: ignore[misc]
        reach = [(customer, promotion, times) for (customer, promotion), times in sorted(tally.reach.items(), key=str)]
        return Counted(lines, sums, reach)

    def _count(self, basket: Basket, tally: "_Tally") -> None:
        at = _EPOCH + timedelta(microseconds=basket.at_us)
        items = [self.items.get(each.sku) or _unknown(each.sku) for each in basket.lines]
        rates = [self._rate(basket, *each) for each in zip(basket.lines, items, strict=True)]
        old = [each.paid if self.paid else each.listed for each in basket.lines]
        new = [
            self._repriced(each, item, rate, basket.gross)
            for each, item, rate in zip(basket.lines, items, rates, strict=True)
        ]
        delivery = basket.delivery_paid if self.paid else basket.delivery_listed
        before = self._decide(self.before, basket, items, old, delivery, at, {})
        left = {each.code: tally.left(each, basket.customer) for each in self.limited}
        after = self._decide(self.after, basket, items, new, delivery, at, left)
        stood = [
            self._stood(basket, bought, item, rate, was - off, will - less)
            for bought, item, rate, was, off, will, less in zip(
                basket.lines, items, rates, old, before.discounts, new, after.discounts, strict=True
            )
        ]
        self._book(basket, stood, (delivery, before, after), tally)

    def _decide(  # noqa: PLR0913, PLR0917 - all that promotions are decided by
        self, programs: Programs, basket: Basket, items: Sequence[Item], minors: Sequence[int], delivery: int,
        at: datetime, left: Mapping[str, Left],
    ) -> Outcome:  # fmt: skip
        if not programs.all:
            return Outcome([0] * len(items), 0, [], (), None)
        lines = [
            Line(
                each.sku, each.quantity, "pcs" if each.packs else item.unit, minor,
                programs.learn(FactsRow(item.sku, item.paths, item.brand, item.attributes)), item.weight_g,
            )
            for each, item, minor in zip(basket.lines, items, minors, strict=True)
        ]  # fmt: skip
        return decide_basket(
            programs,
            Buying(
                self.currency, lines, at, basket.channel, basket.country, basket.delivery,
                None if basket.delivery is None else delivery, basket.shop, basket.customer, basket.group,
                frozenset(basket.segments), basket.first, {}, left,
            ),
        )  # fmt: skip

    def _rate(self, basket: Basket, bought: Bought, item: Item) -> int | None:
        if bought.rate_bp is not None:
            return bought.rate_bp
        known = self.rates.get((basket.country, item.tax_category), ())
        return next((bp for since, bp in known if since is None or since <= basket.at_us), None)

    def _repriced(self, bought: Bought, item: Item, rate: int | None, gross: bool) -> int:  # noqa: FBT001
        """Say what a line would have cost by the draft prices; discounts of then stay in proportion."""
        listed = self._listed(bought, item, rate, gross)
        if not self.paid or listed is None:
            return (bought.paid if self.paid else bought.listed) if listed is None else listed
        return half_up(listed * bought.paid, bought.listed) if bought.listed else listed

    def _listed(self, bought: Bought, item: Item, rate: int | None, gross: bool) -> int | None:  # noqa: FBT001
        minor = self.prices.get(bought.sku)
        if minor is not None and (gross == self.gross or rate is not None):
            packs = bought.packs or item.unit == "pcs"
            whole = minor * bought.quantity if packs else half_up(minor * bought.quantity, 1_000)
            if gross == self.gross:
                return whole
            return half_up(whole * (10_000 + (rate or 0)), 10_000) if gross else net(whole, rate or 0)
        if self.changes:
            facts = self.after.learn(FactsRow(item.sku, item.paths, item.brand, item.attributes))
            for change in self.changes:
                if fits(change.of, facts):
                    return half_up(bought.listed * (10_000 + change.bp), 10_000)
        return None

    def _stood(self, basket: Basket, bought: Bought, item: Item, rate: int | None, before: int, after: int) -> _Stood:
        nets: list[int | None] = []
        for minor in (before, after):
            if bought.net is not None and minor == bought.paid:
                nets.append(bought.net)
            elif not basket.gross:
                nets.append(minor)
            else:
                nets.append(None if rate is None else net(minor, rate))
        cost = None if bought.packs and item.unit != "pcs" else costs(item, bought.quantity, basket.shop, basket.at_us)
        return _Stood(bought, item, before, after, nets[0], nets[1], cost)

    # --- adding up ----------------------------------------------------------------------------------------------------

    def _book(
        self, basket: Basket, stood: Sequence[_Stood], decided: tuple[int, Outcome, Outcome], tally: "_Tally"
    ) -> None:
        delivery, before, after = decided
        rows = [_row(each) for each in stood]
        whole = [1, *map(sum, zip(*(row[1:] for row in rows), strict=True))]
        tally.add("all", "", whole)
        tally.add("day", basket.day, whole)
        changed = [(each, row) for each, row in zip(stood, rows, strict=True) if each.before != each.after]
        applied = [each for each in after.tried if each.outcome == "applied" and each.promotion in self.drafts]
        if basket.delivery is not None:
            _book_delivery(basket, delivery - before.delivery, delivery - after.delivery, tally)
        if changed or applied or before.delivery != after.delivery:
            _book_reached(basket, changed, tally)
        self._book_gifts(basket, before, after, tally)
        _book_promotions(before.tried, after.tried, tally)
        for each in after.tried:
            _book_near(each, sum(line.after for line in stood), tally)
        for each in applied:
            if basket.customer is not None and self.drafts[each.promotion].uses_each:
                tally.reach[basket.customer, each.promotion] += 1

    def _book_gifts(self, basket: Basket, before: Outcome, after: Outcome, tally: "_Tally") -> None:
        for place, outcome in enumerate((before, after)):
            for sku, units in outcome.gifts:
                cost = costs(self.items.get(sku) or _unknown(sku), units, basket.shop, basket.at_us) or 0
                both = (0, -cost) if place else (-cost, 0)
                tally.add("gift", sku, [place, 0, units * place, 0, 0, 0, 0, 0, 0, *both])


class _Tally:
    """Sums that grow."""

    def __init__(self, had: Iterable[Had], mine: Iterable[Mine]) -> None:
        self.sums: dict[tuple[str, str], list[int]] = {}
        self.reach: Counter[tuple[Customer, str]] = Counter()
        self.had = {each.promotion: each for each in had}
        self.mine = {(each.customer, each.promotion): each.times for each in mine}

    def add(self, part: str, key: str, numbers: Sequence[int]) -> None:
        found = self.sums.get((part, key))
        if found is None:
            self.sums[part, key] = list(numbers)
        else:
            found[:] = map(operator.add, found, numbers)

    def left(self, promotion: Promotion, customer: Customer | None) -> Left:
        """Say what is left of a draft after all that was counted before."""
        code = promotion.code
        now = self.sums.get(("promotion", code))
        was = self.had.get(code)
        times = (now[0] if now else 0) + (was.times if was else 0)
        minor = (now[4] if now else 0) + (was.minor if was else 0)
        mine = 0
        if customer is not None:
            mine = self.reach.get((customer, code), 0) + self.mine.get((customer, code), 0)
        return Left(
            None if promotion.uses is None else promotion.uses - times,
            None if promotion.uses_each is None else promotion.uses_each - mine,
            None if promotion.budget_minor is None else promotion.budget_minor - minor,
        )


def as_if(promotion: Promotion, *, draft: bool = False) -> Promotion:
    """Say what a promotion would have been then: always in force; one of today without its limits.

    A draft counts for everybody, also where it is for those who have a code.
    """
    then = replace(promotion, state="active", from_at=None, until_at=None)
    if not draft:
        return replace(then, uses=None, uses_each=None, budget_minor=None)
    return replace(then, coded=False, shelf=False, lane=SHELF if promotion.shelf else promotion.lane)


def gifts(given: Given) -> list[str]:
    """Name the items that promotions give on top: what they cost has to be known although nobody bought them."""
    every = [*given.wanted.promotions, *(promotion for promotion, _ in given.active)]
    return [each.gives.sku for each in every if isinstance(each.gives, Gift)]


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round to the nearest, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)


def net(minor: int, rate_bp: int) -> int:
    """Take the VAT out of an amount."""
    return half_up(minor * 10_000, 10_000 + rate_bp)


def costs(item: Item, quantity: int, location: str | None, at_us: int) -> int | None:
    """Say what so much of an item cost the shop at an instant: what it cost at the location counts first."""
    for place in dict.fromkeys((location, None)):
        for where, since, minor in item.costs:
            if where == place and (since is None or since <= at_us):
                return minor * quantity if item.unit == "pcs" else half_up(minor * quantity, 1_000)
    return None


def _unknown(sku: str) -> Item:
    return Item(sku, [], [], None, "{}", "pcs", None, "", [])


def _row(line: _Stood) -> list[int]:
    units = line.bought.quantity if line.bought.packs or line.item.unit == "pcs" else 1
    if line.net_before is None or line.net_after is None:
        return [1, 1, units, line.before, line.after, 0, 0, 0, 0, 0, 0]
    nets = [line.net_before, line.net_after]
    if line.cost is None:
        return [1, 1, units, line.before, line.after, *nets, 0, 0, 0, 0]
    return [1, 1, units, line.before, line.after, *nets, *nets, *(each - line.cost for each in nets)]


def _book_reached(basket: Basket, changed: Sequence[tuple[_Stood, list[int]]], tally: _Tally) -> None:
    whole = [1, *map(sum, zip(*(row[1:] for _, row in changed), strict=True))] if changed else [1] + [0] * 10
    tally.add("reached", "", whole)
    tally.add("place", basket.place, whole)
    if basket.customer is not None:
        tally.reach[basket.customer, ""] += 1
    for line, row in changed:
        tally.add("item", line.bought.sku, row)
        for category in line.item.categories:
            tally.add("category", category, row)


def _book_promotions(before: Iterable[Tried], after: Iterable[Tried], tally: _Tally) -> None:
    for each in before:
        if each.outcome == "applied":
            tally.add("promotion", each.promotion, _given(each.minor, 0, 0))
            tally.add("lane", each.lane, _given(each.minor, 0, 0))
    for each in after:
        if each.outcome == "applied":
            tally.add("promotion", each.promotion, _given(0, each.minor, 1))
            tally.add("lane", each.lane, _given(0, each.minor, 1))
        key = _SEP.join((each.promotion, each.outcome, f"{each.to} counts instead" if each.to else each.why))
        tally.add("reason", key, _given(0, each.minor or each.worth, 1))


def _book_delivery(basket: Basket, before: int, after: int, tally: _Tally) -> None:
    nets = [net(each, basket.delivery_rate_bp) if basket.gross else each for each in (before, after)]
    tally.add("delivery", "", [1, int(before != after), 0, before, after, *nets, 0, 0, 0, 0])


def _given(before: int, after: int, baskets: int) -> list[int]:
    return [baskets, 0, 0, before, after, 0, 0, 0, 0, 0, 0]


def _book_near(tried: Tried, total: int, tally: _Tally) -> None:
    minor, units = tried.lacks_minor or 0, tried.lacks_units or 0
    if (minor or units) and minor * NEAR <= total and units <= 1:
        tally.add("near", tried.promotion, [1, 0, units, 0, minor, 0, 0, 0, 0, 0, 0])


# --- telling ----------------------------------------------------------------------------------------------------------


def merged(portions: Iterable[Counted]) -> Counted:
    """Add portions up."""
    sums: dict[tuple[str, str], list[int]] = {}
    reach: Counter[tuple[Customer, str]] = Counter()
    lines = 0
    for each in portions:
        lines += each.lines
        for part, key, *numbers in each.sums:
            found = sums.setdefault((part, key), [0] * NUMBERS)
            found[:] = [a + b for a, b in zip(found, numbers, strict=True)]
        for customer, promotion, times in each.reach:
            reach[customer, promotion] += times
    rows: list[Row] = [(part, key, *numbers) for (part, key), numbers in sorted(sums.items())]  # type: ignore[misc]
    return Counted(lines, rows, [(*key, times) for key, times in sorted(reach.items(), key=str)])


def result(wanted: Wanted, rows: Sequence[SumRow], customers: int) -> Result:
    """Tell what was summed up."""
    parts: dict[str, list[SumRow]] = defaultdict(list)
    for row in rows:
        parts[row.part].append(row)
    every, delivery, reached = (_sums(next(iter(parts[part]), None)) for part in ("all", "delivery", "reached"))
    gifts = [_sums(each) for each in parts["gift"]]
    drafts = {each.code for each in wanted.promotions}
    promotions = [
        PromotionSums(
            each.key, each.key in drafts, each.baskets, each.before_minor, each.after_minor
        )
        for each in parts["promotion"]
    ]  # fmt: skip
    off_delivery = delivery.before_minor - delivery.after_minor
    margin = every.margin_after - every.margin_before + sum(each.margin_after - each.margin_before for each in gifts)
    return Result(
        every, delivery, reached, customers, every.before_minor - every.after_minor + off_delivery,
        margin + delivery.net_after - delivery.net_before,
        every.costed_before * 10_000 // every.net_before if every.net_before else 0,
        gifts, promotions, [_sums(each) for each in parts["lane"]],
        sorted(map(_reason, parts["reason"]), key=lambda each: (-each.baskets, each.promotion, each.outcome, each.why)),
        [Near(each.key, each.baskets, each.after_minor, each.units) for each in parts["near"]],
        sorted(map(_sums, parts["day"]), key=lambda each: each.key),
        [Named(each.name, _sums(each)) for each in parts["item"]],
        [Named(each.name, _sums(each)) for each in parts["category"]],
        [_sums(each) for each in parts["place"]], assumed(wanted.response_bp, reached),
    )  # fmt: skip


def assumed(response_bp: int, reached: Sums) -> Assumed | None:
    """Say what a response would add: so much more of the lines that the draft changed, at their new prices."""
    if not response_bp:
        return None
    amounts = (reached.after_minor, reached.net_after, reached.margin_after)
    return Assumed(response_bp, *(half_up(each * response_bp, 10_000) for each in amounts))


def _reason(row: SumRow) -> ReasonSums:
    promotion, outcome, why = row.key.split(_SEP, 2)
    return ReasonSums(promotion, outcome, why, row.baskets, row.after_minor)


def _sums(row: SumRow | None) -> Sums:
    if row is None:
        return Sums("", *[0] * NUMBERS)
    return Sums(
        row.key, row.baskets, row.lines, row.units, row.before_minor, row.after_minor, row.net_before, row.net_after,
        row.costed_before, row.costed_after, row.margin_before, row.margin_after,
    )  # fmt: skip
