"""Where a price goes, and why: from facts and rules alone.

The order of things, for one price:

1. The rules it falls under, by rank. None: it is the list's price.
2. The wish: the first rule that has something to say moves the list's price by its moves, one after the other.
   If none has, the wish is the list's price.
3. The rails: cost and margin, floor, minimum and maximum, distance from the list's price. A list price that is itself
   outside is left alone: it is a person's decision. A dynamic price that is outside (a cost has risen) is led back at
   once.
4. The pace: so far at once, so far in a day, not again before the cool-down, the other way not before the turn, and
   nothing that is not worth it.
5. The ending: the price of the wanted ending that is nearest to the wish, on the way from the price that stands.

Under facts that stay, a price comes nearer to its wish with every move, and so to rest.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median_low
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from msgspec.structs import replace as with_

from rynek.commerce.catalog import Refusal
from rynek.commerce.pricing import Counting, Price, displayed
from rynek.commerce.repricing.model import (
    ByAge,
    ByCompetitor,
    ByDemand,
    ByTime,
    Decision,
    Facts,
    Foreseen,
    Kind,
    Mode,
    Move,
    Place,
    Preview,
    Rails,
    Reason,
    Rule,
    State,
)
from rynek.kernel.money import Money

WHOLE = 10_000
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_ZONES = available_timezones()
_LONGEST_WAY = 200
_SHOWN = 200


class Bounds(NamedTuple):
    """Between what a price may lie, and what sets either bound, as the word of a reason."""

    low: int
    high: int
    low_by: str
    high_by: str


def less(minor: int, share_bp: int) -> int:
    """Take a share of a price off, rounded up: the least that is no further below it."""
    return -(-minor * (WHOLE - share_bp) // WHOLE)


def more(minor: int, share_bp: int) -> int:
    """Put a share of a price on it, rounded down: the most that is no further above it."""
    return minor * (WHOLE + share_bp) // WHOLE


def moved(minor: int, change_bp: int) -> int:
    """Move a price by a share of itself, to the nearest minor unit, halves away from zero."""
    return (2 * minor * (WHOLE + change_bp) + WHOLE) // (2 * WHOLE)


def concerns(rule: Rule, facts: Facts) -> bool:
    """Tell whether a price is in the scope of a rule."""
    scope = rule.scope
    return (
        (not scope.categories or not facts.categories.isdisjoint(scope.categories))
        and (not scope.brands or facts.brand in scope.brands)
        and (not scope.skus or facts.sku in scope.skus)
        and (not scope.lists or facts.list in scope.lists)
    )


def runs(rule: Rule, at: datetime) -> bool:
    """Tell whether a rule is on at an instant."""
    begun = rule.from_at is None or rule.from_at <= at
    return rule.active and begun and (rule.until_at is None or at < rule.until_at)


def by_rank(rules: Iterable[Rule]) -> list[Rule]:
    """Put rules in the order in which they are asked."""
    return sorted(rules, key=lambda each: (each.rank, each.code))


def at_hours(move: ByTime, local: datetime) -> bool:
    """Tell whether a time of day is one of a move's; what runs past midnight belongs to the day it began."""
    now, since, until = local.strftime("%H:%M"), move.since, move.until
    if since < until:
        within, began = since <= now < until, local
    else:
        within = now >= since or now < until
        began = local if now >= since else local - timedelta(days=1)
    return within and (not move.weekdays or began.isoweekday() in move.weekdays)


def wish(move: Move, minor: int, facts: Facts, at: datetime, local: datetime) -> tuple[int, Reason] | None:
    """Tell what a move makes of a price, and why; None: it has nothing to say."""
    match move:
        case ByAge():
            return _by_age(move, minor, facts)
        case ByDemand():
            return _by_demand(move, minor, facts)
        case ByCompetitor():
            return _by_competitor(move, minor, facts, at)
        case ByTime():
            if at_hours(move, local):
                what = {"since": move.since, "until": move.until, "change_bp": move.change_bp}
                return moved(minor, move.change_bp), Reason("time", what)
            return None


def _by_age(move: ByAge, minor: int, facts: Facts) -> tuple[int, Reason] | None:
    age = facts.age_days
    reached = [] if age is None else [each for each in move.steps if each.days <= age]
    if not reached:
        return None
    step = max(reached, key=lambda each: each.days)
    what = {"age_days": age, "days": step.days, "change_bp": step.change_bp}
    return moved(minor, step.change_bp), Reason("age", what)


def _by_demand(move: ByDemand, minor: int, facts: Facts) -> tuple[int, Reason] | None:
    sold, usual = facts.sold.get((move.days, move.baseline_days), (0, 0))
    if usual < move.at_least:
        return None
    percent = 100 * max(sold, 0) * move.baseline_days // (usual * move.days)
    for band in move.bands:
        if band.from_percent <= percent and (band.below_percent is None or percent < band.below_percent):
            what = {"sold": sold, "days": move.days, "percent": percent, "change_bp": band.change_bp}
            return moved(minor, band.change_bp), Reason("demand", what)
    return None


def _by_competitor(move: ByCompetitor, minor: int, facts: Facts, at: datetime) -> tuple[int, Reason] | None:
    since = at - timedelta(hours=move.hours)
    named = set(move.competitors)
    seen = [each for each in facts.rivals if each.seen_at >= since and (not named or each.competitor in named)]
    if not seen:
        return None
    prices = [each.minor for each in seen]
    theirs = {"lowest": min(prices), "median": median_low(prices), "highest": max(prices)}[move.of]
    whose = min(each.competitor for each in seen if each.minor == theirs)
    apart = move.by_minor + (theirs * move.by_bp) // WHOLE
    if move.how == "match":
        found = theirs
    elif move.how == "undercut":
        found = max(theirs - apart, 0)
    else:
        found = min(max(minor, theirs - apart), theirs + apart)
    if move.how == "within" and found == minor:
        return None
    return found, Reason("competitor", {"competitor": whose, "theirs_minor": theirs, "how": move.how, "of": move.of})


def wished(rules: Sequence[Rule], facts: Facts, at: datetime) -> tuple[Rule, int, list[Reason]] | None:
    """Find the first rule that has something to say about a price, and what; None: none has."""
    for rule in rules:
        local = at.astimezone(ZoneInfo(rule.time_zone))
        minor, why = facts.base, []
        for move in rule.moves:
            said = wish(move, minor, facts, at, local)
            if said is not None:
                minor = said[0]
                why.append(said[1])
        if why:
            return rule, minor, why
    return None


def least(cost: int, margin_bp: int, rate_bp: int, basis: Any) -> int:
    """Tell the lowest price, on a basis, whose net is the cost and so much of it at least."""
    net = -(-cost * (WHOLE + margin_bp) // WHOLE)
    minor = displayed(net, "net", rate_bp, basis)
    while displayed(minor, basis, rate_bp, "net") < net:
        minor += 1
    return minor


def least_asked(floor: int, rate_bp: int, basis: Any) -> int:
    """Tell the lowest price, on a basis, at which a buyer pays the floor at least, which has VAT in it."""
    minor = displayed(floor, "gross", rate_bp, basis)
    while displayed(minor, basis, rate_bp, "gross") < floor:
        minor += 1
    return minor


def bounds(rails: Rails, facts: Facts) -> Bounds | None:
    """Tell between what a price may lie, the bounds with it; None: the cost is not known."""
    if facts.cost is None:
        return None
    lows = [
        (less(facts.base, rails.below_bp), "below-list"),
        (least(facts.cost, rails.margin_bp, facts.rate_bp, facts.basis), "margin"),
        (0 if facts.floor is None else least_asked(facts.floor, facts.rate_bp, facts.basis), "floor"),
        (rails.minimum or 0, "minimum"),
    ]
    highs = [(more(facts.base, rails.above_bp), "above-list")]
    if rails.maximum is not None:
        highs.append((rails.maximum, "maximum"))
    low, low_by = max(lows)
    high, high_by = min(highs)
    return Bounds(low, high, low_by, high_by)


def decide(rules: Sequence[Rule], facts: Facts, at: datetime) -> Decision:
    """Decide about one price.

    Args:
        rules: of its channel, in the order in which they are asked.
    """
    here = [each for each in rules if runs(each, at) and concerns(each, facts)]
    if not here:
        return _list_price(facts, None, Reason("no-rule"))
    if facts.fits:
        return _list_price(facts, here[0], Reason(facts.fits))
    if facts.stands and facts.based_on != facts.base:
        was = {"was_minor": facts.based_on, "base_minor": facts.base}
        return _list_price(facts, here[0], Reason("list-changed", was))
    said = wished(here, facts, at)
    if said is None and not facts.stands:
        return Decision(facts.sku, "keep", facts.price, here[0].code, here[0].mode, [Reason("nothing")])
    return _within(said or (here[0], facts.base, [Reason("nothing")]), facts, at)


def _within(said: tuple[Rule, int, list[Reason]], facts: Facts, at: datetime) -> Decision:
    """Carry a wish out as far as the rails let it."""
    rule, aim, why = said
    rails = bounds(rule.rails, facts)
    if rails is None:
        return _list_price(facts, rule, Reason("no-cost"))
    if not rails.low <= facts.base <= rails.high:
        by = rails.low_by if facts.base < rails.low else rails.high_by
        what = {"base_minor": facts.base, "low_minor": rails.low, "high_minor": rails.high, "by": by}
        return _list_price(facts, rule, Reason("list-outside", what))
    if not rails.low <= facts.price <= rails.high:
        return _led_back(rule, facts, rails)
    return _paced(rule, facts, at, rails, (aim, why))


def _list_price(facts: Facts, rule: Rule | None, why: Reason) -> Decision:
    """Let the list's price count: a dynamic price that stands is taken away, whatever the step."""
    kind: Kind = "withdraw" if facts.stands else "keep"
    code: str | None
    mode: Mode
    code, mode = (rule.code, rule.mode) if rule else (None, "automatic")
    return Decision(facts.sku, kind, facts.base, code, mode, [why])


def _led_back(rule: Rule, facts: Facts, rails: Bounds) -> Decision:
    """Lead a price that is outside the rails to the nearest that is within, of the wanted ending if there is one."""
    low = facts.price < rails.low
    bound, by = (rails.low, rails.low_by) if low else (rails.high, rails.high_by)
    ending, of = rule.rails.ending, rule.rails.of
    to = bound
    if ending is not None:
        nice = bound + (ending - bound) % of if low else bound - (bound - ending) % of
        to = nice if rails.low <= nice <= rails.high else bound
    return Decision(facts.sku, "guard", to, rule.code, "automatic", [Reason(by, {"bound_minor": bound})])


def _paced(rule: Rule, facts: Facts, at: datetime, rails: Bounds, wanted: tuple[int, list[Reason]]) -> Decision:
    """Take a price towards the wish, as far and as soon as the rule's pace lets it."""
    aim, why = wanted
    room = pace(rule.rails, facts, rails)
    to = nearest(rule.rails, facts, room, aim)
    why = [*why, *_held_back(rule.rails, room, aim, to)]
    waits = _waits(rule, facts, at, to, aim)
    if waits is not None or to == facts.price:
        return Decision(facts.sku, "keep", facts.price, rule.code, rule.mode, [*why, *([waits] if waits else [])])
    kind: Kind = "return" if to == facts.base else "move"
    return Decision(facts.sku, kind, to, rule.code, rule.mode, why)


def pace(rails: Rails, facts: Facts, within: Bounds) -> Bounds:
    """Narrow the bounds of a price to what one step and the last 24 hours allow. The price itself is always within."""
    high = max(facts.price, facts.high or 0)
    low = facts.price if facts.low is None else min(facts.price, facts.low)
    lows = [(within.low, within.low_by), (less(facts.price, rails.step_bp), "step"), (less(high, rails.day_bp), "day")]
    highs = [
        (within.high, within.high_by),
        (more(facts.price, rails.step_bp), "step"),
        (more(low, rails.day_bp), "day"),
    ]
    (lowest, low_by), (highest, high_by) = max(lows), min(highs)
    return Bounds(min(lowest, facts.price), max(highest, facts.price), low_by, high_by)


def nearest(rails: Rails, facts: Facts, room: Bounds, aim: int) -> int:
    """Find the price nearest to the wish that the room and the ending allow; what stands, where none is nearer.

    Back at the list's price no ending is asked for.
    """
    reach = min(max(aim, room.low), room.high)
    if reach == facts.price or rails.ending is None or reach == aim == facts.base:
        return reach
    below = reach - (reach - rails.ending) % rails.of
    way = 1 if reach > facts.price else -1
    nice = [
        each for each in (below, below + rails.of) if room.low <= each <= room.high and (each - facts.price) * way > 0
    ]
    return min([facts.price, *nice], key=lambda each: (abs(each - reach), each != facts.price, each))


def _held_back(rails: Rails, room: Bounds, aim: int, to: int) -> list[Reason]:
    """Say what kept a price from its wish."""
    if aim < room.low:
        return [Reason(room.low_by, {"bound_minor": room.low, "aim_minor": aim})]
    if aim > room.high:
        return [Reason(room.high_by, {"bound_minor": room.high, "aim_minor": aim})]
    return [] if aim == to else [Reason("ending", {"ending": rails.ending, "of": rails.of, "aim_minor": aim})]


def _waits(rule: Rule, facts: Facts, at: datetime, to: int, aim: int) -> Reason | None:
    """Say why a price does not move now though it would; None: it may."""
    rails = rule.rails
    if to == facts.price:
        return None
    way = abs(to - facts.price) * WHOLE
    if rule.mode == "propose" and _since(at, facts.rejected_at, rails.turn_minutes):
        return Reason("rejected", {"to_minor": to})
    if way < rails.hysteresis_bp * facts.price and not to == aim == facts.base:
        return Reason("hysteresis", {"to_minor": to})
    if _since(at, facts.moved_at, rails.cool_down_minutes):
        return Reason("cool-down", {"to_minor": to, "minutes": rails.cool_down_minutes})
    turns = (to - facts.price) * facts.direction < 0
    late = turns and _since(at, facts.moved_at, rails.turn_minutes)
    return Reason("turn", {"to_minor": to, "minutes": rails.turn_minutes}) if late else None


def _since(at: datetime, event: datetime | None, minutes: int) -> bool:
    """Tell whether it is less than so many minutes since something was."""
    return event is not None and at < event + timedelta(minutes=minutes)


def breaks(rails: Rails | None, facts: Facts, to: int, steps: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Move the quantity breaks of a price as far as the price itself; none of them leaves the floor or costs more.

    Args:
        steps: (minimum, minor) of the list, on the basis of the dynamic one.
    """
    if rails is None or facts.cost is None or not facts.base:
        return []
    low = max(
        least(facts.cost, rails.margin_bp, facts.rate_bp, facts.basis),
        0 if facts.floor is None else least_asked(facts.floor, facts.rate_bp, facts.basis),
    )
    return [(minimum, min(max(minor * to // facts.base, low), to)) for minimum, minor in steps]


def unfit(base: Counting, place: Place) -> str:
    """Tell why a dynamic price cannot lie upon a list's price, as the word of a reason; empty: it can."""
    if base.priority != place.priority:
        return "priority"
    return "list-later" if base.list_from_at is not None and base.list_from_at >= place.at else ""


def to_propose(decision: Decision) -> bool:
    """Tell whether a person is asked before a price moves."""
    return decision.mode == "propose" and decision.kind in ("move", "return")


def laid(base: Counting, facts: Facts, rails: Rails | None, decision: Decision, place: Place) -> list[Price]:
    """Write the prices of a decision, which lie upon the list's and end with it; none where the list's price counts."""
    if decision.kind == "withdraw" or decision.minor == facts.base:
        return []
    steps = [(least_, displayed(minor, base.basis, base.rate_bp, place.basis)) for least_, minor in base.breaks]
    return [
        Price(
            list=place.list, sku=facts.sku, minor=minor, minimum=minimum, from_at=base.from_at, until_at=base.until
        )
        for minimum, minor in [(1, decision.minor), *breaks(rails, facts, decision.minor, steps)]
    ]  # fmt: skip


def written(list_: str, sku: str, state: State | None, now: Sequence[Price]) -> list[Price]:
    """Add to prices what takes those out that stood before and stand no more."""
    if state is None or state.minor is None:
        return list(now)
    kept = {(each.minimum, each.from_at) for each in now}
    gone = [each for each in state.minimums if (each, state.from_at) not in kept]
    return [*now, *(Price(list=list_, sku=sku, minor=None, minimum=each, from_at=state.from_at) for each in gone)]


def state_of(
    channel: str, decision: Decision, now: Sequence[Price], amounts: tuple[int, int], at: datetime
) -> dict[str, Any]:
    """Write down what stands after a decision.

    Args:
        amounts: the price before, and the list's.
    """
    before, base = amounts
    first = now[0] if now else None
    way = decision.minor - before
    turned = 0 if decision.kind == "withdraw" else (way > 0) - (way < 0)
    return {
        "channel": channel, "sku": decision.sku, "minor": first and first.minor, "from_at": first and first.from_at,
        "until_at": first and first.until_at, "minimums": [each.minimum for each in now], "base_minor": base,
        "moved_at": at, "direction": turned,
    }  # fmt: skip


def otherwise(decision: Decision | None, currency: str) -> str:
    """Say why what was proposed is not done any more."""
    if decision is None:
        return "it is not offered or has no price any more"
    return f"the facts have changed: the price would be {Money(decision.minor, currency).text()} now"


def rest(rules: Sequence[Rule], facts: Facts, at: datetime) -> int:
    """Tell where a price comes to rest if its facts stay and it is given all the time it needs."""
    for _ in range(_LONGEST_WAY):
        next_ = decide(rules, facts, at)
        if next_.kind == "keep":
            break
        stands = next_.minor != facts.base
        facts = with_(
            facts, price=next_.minor, stands=stands, based_on=facts.base, moved_at=None, low=None, high=None,
            rejected_at=None,
        )  # fmt: skip
    return facts.price


def foresee(rule: Rule, known: Sequence[Facts], at: datetime, currency: str) -> Preview:
    """Tell what a rule would do with prices if it were on and alone."""
    alone = [with_(rule, active=True, mode="automatic", from_at=None, until_at=None)]
    about = [each for each in known if concerns(rule, each)]
    found, held = [], dict[str, int]()
    for facts in about:
        next_ = decide(alone, facts, at)
        if next_.minor == facts.price:
            word = next_.why[-1].what
            held[word] = held.get(word, 0) + 1
        else:
            to = rest(alone, facts, at)
            found.append(Foreseen(facts.sku, facts.price, next_.minor, to, next_.kind, next_.why))
    changes = [WHOLE * (each.after - each.before) // max(each.before, 1) for each in found]
    found.sort(key=lambda each: (-abs(each.after - each.before) * WHOLE // max(each.before, 1), each.sku))
    lowered = sum(each.after < each.before for each in found)
    mean = sum(changes) // len(changes) if changes else 0
    return Preview(
        rule.channel, currency, len(about), lowered, len(found) - lowered, len(about) - len(found), mean, held,
        found[:_SHOWN],
    )  # fmt: skip


def told(facts: Facts) -> dict[str, Any]:
    """Write down what a decision came from, for the log."""
    return {
        "base_minor": facts.base, "price_minor": facts.price, "list": facts.list, "cost_minor": facts.cost,
        "floor_minor": facts.floor, "rate_bp": facts.rate_bp, "basis": facts.basis, "age_days": facts.age_days,
        "sold": [[*window, *units] for window, units in facts.sold.items()],
        "rivals": [[each.competitor, each.minor, each.seen_at.isoformat()] for each in facts.rivals],
    }  # fmt: skip


def rule_faults(rules: Sequence[Rule], known: Mapping[str, Collection[str]]) -> list[Refusal]:
    """Say which rules cannot be taken.

    Args:
        known: the codes that exist of channels, categories, brands, skus and lists.
    """
    refused, seen = [], set[str]()
    for row, rule in enumerate(rules):
        reason = _fault(rule, known) or ("it comes twice" if rule.code in seen else None)
        if reason:
            refused.append(Refusal(row, rule.code[:100], reason))
        seen.add(rule.code)
    return refused


def _fault(rule: Rule, known: Mapping[str, Collection[str]]) -> str | None:
    if not _CODE.fullmatch(rule.code):
        return "the code has 1 to 60 lower-case letters, digits or hyphens"
    if rule.channel not in known["channels"]:
        return f"there is no channel {rule.channel}"
    for what in ("categories", "brands", "skus", "lists"):
        unknown = [each for each in getattr(rule.scope, what) if each not in known[what]]
        if unknown:
            return f"there is no such thing in {what}: {', '.join(unknown[:3])}"
    return _time_fault(rule) or _rails_fault(rule.rails) or next(filter(None, map(_move_fault, rule.moves)), None)


def _time_fault(rule: Rule) -> str | None:
    if rule.time_zone not in _ZONES:
        return f"{rule.time_zone} is no time zone"
    instants = [each for each in (rule.from_at, rule.until_at) if each is not None]
    if any(each.tzinfo is None for each in instants):
        return "an instant needs its time zone"
    ends_early = len(instants) == 2 and instants[0] >= instants[1]
    return "the period ends before it begins" if ends_early else None


def _rails_fault(rails: Rails) -> str | None:
    if rails.minimum is not None and rails.maximum is not None and rails.minimum > rails.maximum:
        return "the minimum is above the maximum"
    if rails.ending is not None and rails.ending >= rails.of:
        return f"no price ends in {rails.ending} of {rails.of}"
    if rails.day_bp < rails.step_bp:
        return "a day's way is no shorter than a step"
    return "turning takes no less time than cooling down" if rails.turn_minutes < rails.cool_down_minutes else None


def _move_fault(move: Move) -> str | None:
    if isinstance(move, ByAge) and len({each.days for each in move.steps}) < len(move.steps):
        return "two steps begin at the same age"
    if isinstance(move, ByDemand):
        if any(each.below_percent is not None and each.below_percent <= each.from_percent for each in move.bands):
            return "a band ends before it begins"
        edges = sorted((each.from_percent, each.below_percent or WHOLE * 100) for each in move.bands)
        if any(first[1] > second[0] for first, second in pairwise(edges)):
            return "two bands overlap"
    return None
