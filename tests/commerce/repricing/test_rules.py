"""Where prices go: whatever the facts and the rules, they stay between the rails, and come to rest."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as with_

from rynek.commerce.pricing import Counting, displayed
from rynek.commerce.repricing import rules
from rynek.commerce.repricing.model import (
    Age,
    Band,
    ByAge,
    ByCompetitor,
    ByDemand,
    ByTime,
    Decision,
    Facts,
    Place,
    Rails,
    Reason,
    Rival,
    Rule,
    Scope,
    State,
)

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
HOUR = timedelta(hours=1)
calm = settings(suppress_health_check=[HealthCheck.too_slow])  # a rule has many parts, and the machine others to serve
shares = st.integers(-5_000, 5_000)
amounts = st.integers(1, 50_000)

by_age = st.lists(st.builds(Age, days=st.integers(0, 200), change_bp=shares), min_size=1, max_size=4).map(
    lambda steps: ByAge(steps=list({each.days: each for each in steps}.values()))
)
by_demand = st.lists(shares, min_size=1, max_size=3).map(
    lambda changes: ByDemand(
        bands=[
            Band(from_percent=100 * n, below_percent=100 * (n + 1), change_bp=each) for n, each in enumerate(changes)
        ],
        at_least=1,
    )
)
by_competitor = st.builds(
    ByCompetitor,
    how=st.sampled_from(["match", "undercut", "within"]),
    of=st.sampled_from(["lowest", "median", "highest"]),
    by_minor=st.integers(0, 200),
    by_bp=st.integers(0, 2_000),
    hours=st.integers(1, 100),
)
hours = st.integers(0, 23).map(lambda hour: f"{hour:02}:00")
by_time = st.builds(
    ByTime, since=hours, until=hours, change_bp=shares, weekdays=st.lists(st.integers(1, 7), unique=True)
)
moves = st.lists(st.one_of(by_age, by_demand, by_competitor, by_time), min_size=1, max_size=3)


@st.composite
def rails_of(draw: st.DrawFn) -> Rails:
    step = draw(st.integers(1, 3_000))
    cool_down = draw(st.integers(0, 600))
    ends = draw(st.none() | st.sampled_from([(9, 10), (99, 100), (0, 100), (49, 100)]))
    return Rails(
        margin_bp=draw(st.integers(0, 5_000)),
        below_bp=draw(st.integers(0, 9_000)),
        above_bp=draw(st.integers(0, 9_000)),
        minimum=draw(st.none() | st.integers(0, 10_000)),
        maximum=draw(st.none() | st.integers(10_000, 60_000)),
        step_bp=step,
        day_bp=step + draw(st.integers(0, 4_000)),
        ending=ends[0] if ends else None,
        of=ends[1] if ends else 100,  # type: ignore[arg-type] # one of those it takes
        hysteresis_bp=draw(st.integers(0, 300)),
        cool_down_minutes=cool_down,
        turn_minutes=cool_down + draw(st.integers(0, 3_000)),
    )


@st.composite
def rules_of(draw: st.DrawFn) -> Rule:
    return Rule(
        code=draw(st.sampled_from(["a", "b", "c", "d"])),
        name="",
        channel="WEB",
        moves=draw(moves),
        rails=draw(rails_of()),
        scope=Scope(brands=draw(st.sampled_from([(), (), ("lipton",)]))),
        rank=draw(st.integers(0, 3)),
        mode=draw(st.sampled_from(["propose", "automatic"])),
        active=True,
    )


many = st.lists(rules_of(), min_size=1, max_size=3, unique_by=lambda each: each.code).map(rules.by_rank)


@st.composite
def facts_of(draw: st.DrawFn) -> Facts:
    base = draw(amounts)
    stands = draw(st.booleans())
    price = draw(amounts) if stands else base
    moved = draw(st.none() | st.integers(0, 5_000))
    return Facts(
        sku="A",
        base=base,
        list="RETAIL",
        price=price,
        stands=stands,
        based_on=draw(st.sampled_from([base, base, base, base + 1])) if stands else None,
        basis=draw(st.sampled_from(["gross", "net"])),
        rate_bp=draw(st.sampled_from([0, 500, 800, 2300])),
        cost=draw(st.none() | st.integers(0, base)),
        floor=draw(st.none() | st.integers(0, base)),
        brand=draw(st.sampled_from([None, "lipton"])),
        age_days=draw(st.none() | st.integers(0, 300)),
        sold={(7, 28): (draw(st.integers(0, 100)), draw(st.integers(0, 100)))},
        rivals=[
            Rival(f"shop {n}", minor, AT - n * HOUR) for n, minor in enumerate(draw(st.lists(amounts, max_size=4)))
        ],
        moved_at=None if moved is None else AT - timedelta(minutes=moved),
        direction=draw(st.integers(-1, 1)),
        low=None,
        high=None,
    )


def net(minor: int, facts: Facts) -> int:
    return displayed(minor, facts.basis, facts.rate_bp, "net")


def gross(minor: int, facts: Facts) -> int:
    return displayed(minor, facts.basis, facts.rate_bp, "gross")


def inside(minor: int, rails: Rails, facts: Facts) -> bool:
    """Tell whether a price keeps every rail, reckoned without the code that is tried."""
    assert facts.cost is not None
    return (
        net(minor, facts) >= Fraction(facts.cost * (10_000 + rails.margin_bp), 10_000)
        and (facts.floor is None or gross(minor, facts) >= facts.floor)
        and minor >= (rails.minimum or 0)
        and (rails.maximum is None or minor <= rails.maximum)
        and minor >= Fraction(facts.base * (10_000 - rails.below_bp), 10_000)
        and minor <= Fraction(facts.base * (10_000 + rails.above_bp), 10_000)
    )


@settings(calm, max_examples=400)
@given(many, facts_of())
def test_whatever_the_facts_and_rules_a_price_that_is_moved_keeps_the_rails(by: list[Rule], facts: Facts) -> None:
    found = rules.decide(by, facts, AT)
    rail = {each.code: each.rails for each in by}.get(found.rule or "")
    match found.kind:
        case "keep":
            assert found.minor == facts.price
        case "withdraw":
            assert facts.stands
            assert found.minor == facts.base
        case _:
            assert rail is not None
            assert found.minor != facts.price
            assert inside(found.minor, rail, facts)
            if found.kind == "guard":
                assert not inside(facts.price, rail, facts)
            else:
                far = abs(found.minor - facts.price)
                assert far * 10_000 <= rail.step_bp * facts.price
                assert facts.moved_at is None or facts.moved_at + rail.cool_down_minutes * HOUR / 60 <= AT
                home = found.minor == facts.base
                assert home or far * 10_000 >= rail.hysteresis_bp * facts.price
                assert home or rail.ending is None or found.minor % rail.of == rail.ending
    assert found.why


@calm
@given(many, facts_of(), st.randoms())
def test_the_same_facts_and_rules_give_the_same_price_in_whatever_order(
    by: list[Rule], facts: Facts, chance: Any
) -> None:
    mixed, rivals = list(by), list(facts.rivals)
    chance.shuffle(mixed)
    chance.shuffle(rivals)
    assert rules.decide(rules.by_rank(mixed), with_(facts, rivals=rivals), AT) == rules.decide(by, facts, AT)


def after(found: Decision, facts: Facts, at: datetime, window: Sequence[tuple[datetime, int]]) -> Facts:
    """Give the facts as they are when a decision was carried out."""
    if found.kind == "keep":
        return facts
    stands = found.minor != facts.base
    way = found.minor - facts.price
    recent = [minor for when, minor in window if when > at - 24 * HOUR]
    return with_(
        facts, price=found.minor, stands=stands, based_on=facts.base, moved_at=at,
        direction=0 if found.kind == "withdraw" else (way > 0) - (way < 0),
        low=min([*recent, found.minor, facts.price]), high=max([*recent, found.minor, facts.price]),
    )  # fmt: skip


@settings(calm, max_examples=300)
@given(rules_of(), facts_of())
def test_under_facts_that_stay_a_price_goes_one_way_and_comes_to_rest(rule: Rule, facts: Facts) -> None:
    still = with_(
        rule, moves=[each for each in rule.moves if not isinstance(each, ByTime | ByCompetitor)] or rule.moves
    )
    assume(not any(isinstance(each, ByTime) for each in still.moves))
    facts = with_(facts, moved_at=None, rivals=[Rival("x", each.minor, AT + 900 * 24 * HOUR) for each in facts.rivals])
    at, ways, quiet = AT, list[int](), 0
    for _ in range(300):
        found = rules.decide([still], facts, at)
        if found.kind in ("move", "return"):
            ways.append(found.minor > facts.price)
        facts = with_(after(found, facts, at, []), low=None, high=None)
        quiet = quiet + 1 if found.kind == "keep" else 0
        if quiet > 1:
            break
        at += timedelta(minutes=still.rails.turn_minutes + 1)
    assert quiet > 1, "it never rests"
    assert len(set(ways)) <= 1


@settings(calm, max_examples=200)
@given(rules_of(), facts_of(), st.lists(st.tuples(st.integers(1, 1_000), st.integers(0, 300), amounts), max_size=40))
def test_under_facts_that_jump_prices_do_not_flap(rule: Rule, facts: Facts, jumps: list[tuple[int, int, int]]) -> None:
    """Moves are a cool-down apart, turns a turn, and no two prices of 24 hours are further apart than a day's way."""
    rail, at = rule.rails, AT
    facts = with_(facts, stands=False, based_on=None, price=facts.base, moved_at=None, direction=0)
    moved: list[tuple[datetime, int, int]] = []
    stood = [(AT - 100 * HOUR, facts.base)]
    free = False
    for minutes, age, theirs in jumps:
        at += timedelta(minutes=minutes)
        facts = with_(facts, age_days=age, rivals=[Rival("x", theirs, at)])
        recent = [
            price for (_, price), (until, _) in zip(stood, [*stood[1:], (at, 0)], strict=True) if until > at - 24 * HOUR
        ]
        facts = with_(facts, low=min([*recent, facts.price]), high=max([*recent, facts.price]))
        found = rules.decide([rule], facts, at)
        if found.kind in ("move", "return"):
            way = 1 if found.minor > facts.price else -1
            if moved:
                last, _, before = moved[-1]
                assert at - last >= timedelta(minutes=rail.cool_down_minutes)
                assert before in (0, way) or at - last >= timedelta(minutes=rail.turn_minutes)
            if not free:
                for each in recent:
                    assert abs(found.minor - each) * 10_000 <= rail.day_bp * each
            moved.append((at, found.minor, way))
            stood.append((at, found.minor))
        elif found.kind != "keep":
            free = True  # what is led back or withdrawn is so at once, whatever a day allows
            moved.append((at, found.minor, 0))
            stood.append((at, found.minor))
        facts = after(found, facts, at, [])


@calm
@given(amounts, st.integers(0, 10_000))
def test_shares_are_rounded_to_the_inside(minor: int, share_bp: int) -> None:
    assert 0 <= rules.less(minor, share_bp) - Fraction(minor * (10_000 - share_bp), 10_000) < 1
    assert 0 <= Fraction(minor * (10_000 + share_bp), 10_000) - rules.more(minor, share_bp) < 1
    assert abs(rules.moved(minor, share_bp) - Fraction(minor * (10_000 + share_bp), 10_000)) <= Fraction(1, 2)


@calm
@given(
    st.integers(0, 10**6), st.integers(0, 20_000), st.sampled_from([0, 500, 2300]), st.sampled_from(["gross", "net"])
)
def test_the_least_price_earns_the_margin_and_keeps_the_floor(cost: int, margin: int, rate: int, basis: Any) -> None:
    wanted = Fraction(cost * (10_000 + margin), 10_000)
    found = rules.least(cost, margin, rate, basis)
    assert displayed(found, basis, rate, "net") >= wanted
    assert displayed(max(found - 2, 0), basis, rate, "net") <= wanted
    asked = rules.least_asked(cost, rate, basis)
    assert displayed(asked, basis, rate, "gross") >= cost
    assert displayed(max(asked - 2, 0), basis, rate, "gross") <= cost


@calm
@given(rules_of(), facts_of())
def test_a_rule_concerns_what_is_in_its_scope_while_it_runs(rule: Rule, facts: Facts) -> None:
    scope = Scope(brands=["lipton"], skus=["A", "B"], lists=["RETAIL"], categories=["tea"])
    inside_ = with_(facts, brand="lipton", categories=frozenset({"tea", "drinks"}))
    of = with_(rule, scope=scope)
    assert rules.concerns(of, inside_)
    for other in ({"brand": None}, {"sku": "C"}, {"list": "SALE"}, {"categories": frozenset[str]()}):
        assert not rules.concerns(of, with_(inside_, **other))
    assert rules.concerns(with_(rule, scope=Scope()), facts)
    day = with_(rule, from_at=AT, until_at=AT + HOUR)
    assert [rules.runs(day, AT + n * HOUR) for n in (-1, 0, 1)] == [False, True, False]
    assert not rules.runs(with_(day, active=False), AT)


@calm
@given(many, facts_of())
def test_the_first_rule_that_has_something_to_say_counts(by: list[Rule], facts: Facts) -> None:
    found = rules.wished(by, facts, AT)
    speaking = [each for each in by if rules.wished([each], facts, AT)]
    assert (found is None) == (speaking == [])
    if found is not None:
        assert found[0] is speaking[0]
        assert found == rules.wished(speaking[:1], facts, AT)


@calm
@given(st.one_of(by_age, by_demand, by_competitor, by_time), facts_of(), amounts)
def test_a_move_says_what_it_makes_of_a_price_and_why(move: Any, facts: Facts, minor: int) -> None:
    found = rules.wish(move, minor, facts, AT, AT)
    if found is None:
        return
    to, why = found
    if isinstance(move, ByCompetitor):
        theirs = why.facts["theirs_minor"]
        assert theirs in {each.minor for each in facts.rivals}
        if move.how == "match":
            assert to == theirs
        elif move.how == "undercut":
            assert to <= theirs
        else:
            assert abs(to - theirs) <= move.by_minor + theirs * move.by_bp / 10_000
    else:
        assert to == rules.moved(minor, why.facts["change_bp"])


@pytest.mark.parametrize(
    ("since", "until", "weekdays", "at", "counts"),
    [
        ("18:00", "22:00", (), "2026-03-04 18:00", True),
        ("18:00", "22:00", (), "2026-03-04 22:00", False),
        ("18:00", "22:00", (3,), "2026-03-04 21:59", True),
        ("18:00", "22:00", (4,), "2026-03-04 21:59", False),
        ("22:00", "02:00", (3,), "2026-03-05 01:59", True),
        ("22:00", "02:00", (4,), "2026-03-05 01:59", False),
        ("00:00", "00:00", (3,), "2026-03-04 13:00", True),
    ],
)
def test_hours_past_midnight_belong_to_the_day_they_began(
    since: str, until: str, weekdays: Sequence[int], at: str, *, counts: bool
) -> None:
    move = ByTime(since=since, until=until, change_bp=0, weekdays=weekdays)
    assert rules.at_hours(move, datetime.fromisoformat(at)) == counts


@calm
@given(by_time, st.integers(0, 24 * 60))
def test_one_hour_and_its_complement_make_the_whole_day(move: ByTime, minutes: int) -> None:
    assume(move.since != move.until)
    local = AT + timedelta(minutes=minutes)
    every = with_(move, weekdays=())
    other = with_(every, since=move.until, until=move.since)
    assert rules.at_hours(every, local) != rules.at_hours(other, local)


@calm
@given(rails_of(), facts_of(), amounts)
def test_the_nearest_price_is_in_the_room_of_the_ending_and_no_further_than_what_stands(
    rails: Rails, facts: Facts, aim: int
) -> None:
    facts = with_(facts, cost=0, price=facts.base)
    within = rules.bounds(rails, facts)
    assert within is not None
    room = rules.pace(rails, facts, within)
    assert room.low <= facts.price <= room.high
    found = rules.nearest(rails, facts, room, aim)
    assert room.low <= found <= room.high
    assert abs(found - aim) <= abs(facts.price - aim)
    assert found in (facts.price, facts.base) or rails.ending is None or found % rails.of == rails.ending


@calm
@given(rules_of(), facts_of(), st.lists(st.tuples(st.integers(2, 100), amounts), max_size=4))
def test_quantity_breaks_move_with_the_price_and_stay_above_the_floor(
    rule: Rule, facts: Facts, steps: list[tuple[int, int]]
) -> None:
    assume(facts.cost is not None)
    to = max(
        facts.base - facts.base // 10, rules.least(facts.cost or 0, rule.rails.margin_bp, facts.rate_bp, facts.basis)
    )
    found = rules.breaks(rule.rails, facts, to, steps)
    assert [minimum for minimum, _ in found] == [minimum for minimum, _ in steps]
    for _, minor in found:
        assert minor <= to
        assert net(minor, facts) >= (facts.cost or 0) or minor == to
    assert rules.breaks(None, facts, to, steps) == []


@settings(calm, max_examples=200)
@given(rules_of(), facts_of())
def test_a_preview_foresees_what_the_rule_then_does(rule: Rule, facts: Facts) -> None:
    found = rules.foresee(rule, [facts], AT, "PLN")
    assert found.looked == rules.concerns(rule, facts)
    assert found.looked == found.lowered + found.raised + found.kept
    assert sum(found.held.values()) == found.kept
    if found.prices:
        [price] = found.prices
        on = [with_(rule, mode="automatic")]
        decided = rules.decide(on, facts, AT)
        assert (price.after, price.kind, price.why) == (decided.minor, decided.kind, decided.why)
        assert price.rest == rules.rest(on, facts, AT)


def counting(**values: Any) -> Counting:
    plain = Counting("pcs", 1_000, "gross", "RETAIL", 0, None, None, None, 2300, ((10, 900),))
    return with_(plain, **values)


PLACE = Place("WEB", True, "", 0, 15, "DYN-WEB", "PLN", "gross", "PL", AT, None)  # noqa: FBT003 - it is on


@calm
@given(st.integers(-2, 2), st.none() | st.integers(-2, 2))
def test_a_dynamic_price_lies_only_upon_what_it_wins_over(priority: int, hours: int | None) -> None:
    began = None if hours is None else AT + hours * HOUR
    found = rules.unfit(counting(priority=priority, list_from_at=began), PLACE)
    assert found == ("priority" if priority else "list-later" if began and began >= AT else "")


@calm
@given(facts_of(), rules_of(), st.lists(st.integers(1, 20), unique=True), st.booleans())
def test_what_is_written_replaces_what_stood(facts: Facts, rule: Rule, minimums: list[int], home: bool) -> None:  # noqa: FBT001 - hypothesis gives it by place
    base = counting(minor=facts.base)
    to = facts.base if home else facts.base + 1
    made = Decision("A", "return" if home else "move", to, rule.code, "automatic", [])
    now = rules.laid(base, with_(facts, cost=0), rule.rails, made, PLACE)
    assert (now == []) == home
    stood = State("A", 500, None, None, minimums, facts.base, AT, 1, None, None, None)
    rows = rules.written("DYN-WEB", "A", stood, now)
    left = {each.minimum: each.minor for each in rows if each.minor is not None}
    assert {each.minimum for each in rows} == set(left) | set(minimums)
    assert left == {each.minimum: each.minor for each in now}
    assert len({(each.minimum, each.from_at) for each in rows}) == len(rows)
    assert rules.written("DYN-WEB", "A", None, now) == now
    state = rules.state_of("WEB", made, now, (facts.base, facts.base), AT)
    assert state["minor"] == (None if home else to)
    assert state["direction"] == (0 if home else 1)
    assert state["minimums"] == [each.minimum for each in now]


@calm
@given(st.sampled_from(["propose", "automatic"]), st.sampled_from(["keep", "move", "return", "guard", "withdraw"]))
def test_a_person_is_asked_for_moves_and_never_for_what_safety_needs(mode: Any, kind: Any) -> None:
    decision = Decision("A", kind, 1, "a", mode, [Reason("age")])
    assert rules.to_propose(decision) == (mode == "propose" and kind in ("move", "return"))
    assert "0.01 PLN" in rules.otherwise(decision, "PLN")
    assert rules.otherwise(None, "PLN")


@calm
@given(facts_of())
def test_what_is_told_of_the_facts_is_json_and_whole(facts: Facts) -> None:
    found = rules.told(facts)
    assert (found["base_minor"], found["price_minor"], found["cost_minor"]) == (facts.base, facts.price, facts.cost)
    assert len(found["rivals"]) == len(facts.rivals)


KNOWN = {"channels": {"WEB"}, "categories": {"tea"}, "brands": {"lipton"}, "skus": {"A"}, "lists": {"RETAIL"}}


@calm
@given(many)
def test_rules_are_refused_for_a_reason_and_the_first_of_a_code_stays(by: list[Rule]) -> None:
    assert rules.rule_faults(by, KNOWN) == []
    assert [each.reason for each in rules.rule_faults([*by, by[0]], KNOWN)] == ["it comes twice"]


PLAIN = Rule(
    code="a", name="", channel="WEB", moves=[ByAge(steps=[Age(days=1, change_bp=-1)])], rails=Rails(margin_bp=0)
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code": "A"}, "the code has"),
        ({"channel": "POS"}, "there is no channel POS"),
        ({"scope": Scope(categories=["tea", "coffee"])}, "there is no such thing in categories: coffee"),
        ({"scope": Scope(lists=["SALE"])}, "there is no such thing in lists: SALE"),
        ({"time_zone": "Mars/Olympus"}, "Mars/Olympus is no time zone"),
        ({"from_at": AT, "until_at": AT}, "the period ends before it begins"),
        ({"from_at": AT.replace(tzinfo=None)}, "an instant needs its time zone"),
        ({"rails": Rails(margin_bp=0, minimum=2, maximum=1)}, "the minimum is above the maximum"),
        ({"rails": Rails(margin_bp=0, ending=100, of=100)}, "no price ends in 100 of 100"),
        ({"rails": Rails(margin_bp=0, step_bp=2, day_bp=1)}, "a day's way is no shorter than a step"),
        ({"rails": Rails(margin_bp=0, cool_down_minutes=9, turn_minutes=8)}, "turning takes no less time"),
        ({"moves": [ByAge(steps=[Age(days=1, change_bp=1), Age(days=1, change_bp=2)])]}, "two steps begin"),
        ({"moves": [ByDemand(bands=[Band(from_percent=9, below_percent=9, change_bp=1)])]}, "a band ends"),
        ({"moves": [ByDemand(bands=[Band(change_bp=1), Band(from_percent=50, change_bp=2)])]}, "two bands overlap"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(change: dict[str, Any], reason: str) -> None:
    [found] = rules.rule_faults([with_(PLAIN, **change)], KNOWN)
    assert found.reason.startswith(reason)
