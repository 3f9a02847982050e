"""Decisions about returns, for any of them."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from rynek.commerce.returns import rules
from rynek.commerce.returns.model import AskedLine, Policy, ReturnLine, Sale, Sold, State, Verdict
from rynek.kernel import ids

days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
policies = st.builds(
    Policy,
    days=st.integers(14, 100),
    told=st.booleans(),
    transit_days=st.integers(0, 20),
    claim_years=st.integers(2, 5),
)
STATES: list[State] = ["asked", "approved", "denied", "withdrawn", "arrived", "in-repair", "settled"]
HAPPENINGS = ["agree", "deny", "withdraw", "arrive", "repair", "mended", "failed", "settle"]


@st.composite
def sold_lines(draw: st.DrawFn) -> list[Sold]:
    made = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        quantity = draw(st.integers(1, 12))
        shipped = draw(st.integers(0, quantity))
        returned = draw(st.integers(0, shipped))
        asked = draw(st.integers(0, shipped - returned))
        cancelled = draw(st.integers(0, quantity - shipped))
        gross = draw(st.integers(0, 10**9))
        made.append(Sold(number, f"S{number}", "?", quantity, shipped, cancelled, returned, gross, asked))
    return made


@given(st.lists(st.sampled_from(HAPPENINGS), max_size=12))
def test_a_return_ends_once_and_is_settled_only_when_it_is_here(what: list[str]) -> None:
    state: State = "asked"
    been = [state]
    for each in what:
        after = rules.step(state, each)
        if state in ("denied", "withdrawn", "settled"):
            assert after is None
        if after is not None:
            state = after
            been.append(state)
    if "settled" in been:
        assert been.index("approved") < been.index("arrived") < been.index("settled")
    assert sum(each in ("denied", "withdrawn", "settled") for each in been) <= 1


@given(days, days, policies)
def test_the_time_to_withdraw_is_at_least_what_the_law_gives(arrived: date, today: date, policy: Policy) -> None:
    until = rules.withdrawal_until(arrived, policy)
    assert until is not None
    assert until.weekday() < 5
    assert until - arrived >= timedelta(days=14 if policy.told else 14 + 365)
    assert until - rules.working_day(until) == timedelta(0)
    claims = rules.claims_until(arrived, policy)
    assert claims is not None
    assert claims >= rules.years_later(arrived, 2)
    assert rules.withdrawal_until(None, policy) is rules.claims_until(None, policy) is None
    assert (rules.proof_is_with(arrived, today) == "seller") == (today <= rules.years_later(arrived, 2))


@given(st.integers(1, 400), st.none() | days, policies, st.booleans())
def test_an_order_arrives_when_it_is_said_or_some_days_after_it_left(
    after: int,
    said: date | None,
    policy: Policy,
    left: bool,  # noqa: FBT001
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=after) if left else None
    sale = Sale(ids.new(), 1, "WEB-PL", "guest", ids.new(), "a@b.cd", "PLN", 0, at, said)
    arrived = rules.delivered(sale, policy)
    assert arrived == (said or (at and at.date() + timedelta(days=policy.transit_days)))


@given(
    st.sampled_from(["changed-mind", "late", "defective", "wrong-item"]), days, st.none() | days, policies,
    st.sampled_from([None, "sealed", "perishable", "made-to-order"]),
)  # fmt: skip
def test_goods_come_back_by_right_in_time_and_else_by_goodwill(
    reason: str, today: date, arrived: date | None, policy: Policy, exempt: str | None
) -> None:
    found = rules.ground(AskedLine(1, 1, reason), today, arrived, policy, exempt)  # type: ignore[arg-type]
    own = reason in rules.OWN_REASONS
    until = (rules.withdrawal_until if own else rules.claims_until)(arrived, policy)
    in_time = until is None or today <= until
    by_right = in_time and (not own or exempt not in ("perishable", "made-to-order"))
    assert found == (("withdrawal" if own else "claim") if by_right else "goodwill")
    insists = rules.remedies([found], 0)
    assert ("refund" in insists) == (found == "withdrawal")
    assert rules.remedies([found], 1) == (["reduction", "refund"] if found == "claim" else insists)


@given(sold_lines(), st.lists(st.builds(AskedLine, st.integers(1, 5), st.integers(1, 12), st.just("late")), max_size=4))
def test_never_more_is_let_come_back_than_was_sent(sold: list[Sold], asked: list[AskedLine]) -> None:
    free = {line.line: line.free for line in sold}
    fits = len({a.line for a in asked}) == len(asked) and all(a.units <= free.get(a.line, 0) for a in asked)
    assert (rules.amiss(asked, sold, {}) is None) == fits
    announced = {a.line: a.units for a in asked if a.line in free}
    if fits:  # and what was announced may arrive
        now = [structs.replace(each, asked=each.asked + announced.get(each.line, 0)) for each in sold]
        assert rules.amiss(asked, now, announced) is None


@given(st.dictionaries(st.integers(1, 4), st.tuples(*[st.integers(0, 3)] * 4), max_size=4), st.integers(0, 1))
def test_each_unit_that_arrived_has_one_verdict(found: dict[int, tuple[int, ...]], off: int) -> None:
    verdicts = [Verdict(line, *units) for line, units in found.items()]
    lines = [
        ReturnLine(line, "S", "?", 1, "late", "withdrawal", "", [], sum(units) + off, 0, 0, 0, 0, 0)
        for line, units in found.items()
    ]
    assert (rules.uninspected(lines, verdicts) is None) == (not (off and lines))
    if verdicts:
        assert rules.uninspected(lines, [*verdicts, verdicts[0]]) is not None


@given(sold_lines(), st.data())
def test_refunds_of_a_line_add_up_to_what_was_paid_for_it(sold: list[Sold], data: st.DataObject) -> None:
    line = sold[0]
    left, paid, was = line.quantity - line.returned, 0, line.returned
    while left:
        units = data.draw(st.integers(1, left))
        back = rules.refunds([Sold(1, "S", "?", line.quantity, line.quantity, 0, was, line.gross_minor, 0)], {1: units})
        assert back[1] >= 0
        paid, was, left = paid + back[1], was + units, left - units
    assert paid == line.gross_minor - line.gross_minor * line.returned // line.quantity


@given(sold_lines())
def test_an_order_is_back_when_all_that_was_sent_is(sold: list[Sold]) -> None:
    rest = {s.line: s.quantity - s.cancelled - s.returned for s in sold}
    assert rules.whole(sold, rest)
    if any(rest.values()):
        assert not rules.whole(sold, {})


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.lists(st.integers(0, 10**6), max_size=3))
def test_no_more_goes_back_for_delivery_than_the_cheapest_way_and_than_was_paid(
    paid: int, given_: int, offered: list[int]
) -> None:
    back = rules.delivery_back(paid, given_, offered)
    assert 0 <= back <= paid
    assert back + given_ <= max(given_, paid)
    assert all(back <= each for each in offered)
