"""What is decided about companies."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.companies import rules
from rynek.commerce.companies.model import (
    ApprovalNeeded,
    BillableRow,
    Buyer,
    Claim,
    CreditSpent,
    Member,
    Period,
    Spent,
    Standing,
    UnitRow,
)
from rynek.kernel import ids

AT = datetime(2026, 8, 19, 12, tzinfo=UTC)
FIRM = ids.new()
days = st.integers(-400, 400).map(lambda n: AT + timedelta(days=n))
periods: st.SearchStrategy[Period] = st.sampled_from(["week", "month", "quarter", "year"])
countries = st.sampled_from(["PL", "DE", "FR", "US", "XI"])


def buyer(**more: object) -> Buyer:
    known: dict[str, object] = dict.fromkeys(Buyer.__struct_fields__)
    return Buyer(**(known | {"customer": ids.new(), "company": FIRM, "name": "Firm", "tax": "standard"} | more))  # type: ignore[arg-type]


@given(st.sampled_from(["DE136695976", "PL5260250995", "XI980780684"]), countries, countries, st.none() | days)
def test_there_is_no_vat_only_between_countries_of_the_union_and_with_proof(
    vat_id: str, seller: str, goods: str, proof_at: datetime | None
) -> None:
    found = rules.treated(buyer(tax="reverse-charge", vat_id=vat_id, proof_at=proof_at), seller, goods, AT)
    proved = proof_at is not None and proof_at + rules.PROOF > AT
    union = {"PL", "DE", "FR", "XI"}
    abroad = goods != seller and {goods, seller} <= union and vat_id[:2] != seller
    if found.tax == "reverse-charge":
        assert proved
        assert abroad
        assert found.until_at == (proof_at or AT) + rules.PROOF
        assert "138" in found.reason
    else:
        assert found == ("standard", "", None)
        assert not (proved and abroad and vat_id[:2] != "XI")


@given(st.none() | days)
def test_an_exemption_counts_through_its_last_day(last: datetime | None) -> None:
    until = last.date() if last else None
    found = rules.treated(buyer(tax="exempt", certificate="ZW-1", exempt_until=until), "PL", "PL", AT)
    assert (found.tax == "exempt") == (until is not None and AT.date() <= until)
    assert found.tax == "standard" or "ZW-1" in found.reason
    copied = rules.agreed(buyer(tax="exempt"), found)
    assert copied is not None
    assert (copied.tax, copied.reason) == (found.tax, found.reason)
    assert rules.agreed(buyer(company=None), found) is None


@given(periods, days)
def test_periods_follow_each_other(period: Period, at: datetime) -> None:
    first = rules.begins(period, at)
    assert first <= at
    assert rules.begins(period, first) == first
    assert rules.begins(period, first - timedelta(microseconds=1)) < first
    assert (at - first).days < {"week": 7, "month": 31, "quarter": 92, "year": 366}[period]


codes = st.sampled_from("abcde")
parents = st.dictionaries(codes, st.none() | codes, max_size=5)


@given(parents)
def test_a_ring_of_units_is_found(given_parents: dict[str, str | None]) -> None:
    found = rules.ring(given_parents)
    units = {code: UnitRow(FIRM, code, parent, None) for code, parent in given_parents.items()}
    for code in units:
        way = rules.above(units, code)
        assert way[0] == code
        assert len(set(way)) == len(way)
        top = units[way[-1]].parent
        assert top is None or top not in units or found is not None
    if found is not None:
        assert given_parents[found] is not None


UNITS = {
    "head": UnitRow(FIRM, "head", None, 1_000),
    "warsaw": UnitRow(FIRM, "warsaw", "head", None),
    "cracow": UnitRow(FIRM, "cracow", "head", 300),
}
limits = st.none() | st.integers(0, 500)


def member(unit: str, role: str, order: int | None = None, period: int | None = None) -> Member:
    return Member(ids.new(), FIRM, unit, "", role, order, period)  # type: ignore[arg-type]


people = st.lists(
    st.builds(member, st.sampled_from(sorted(UNITS)), st.sampled_from(["buyer", "approver", "admin"]), limits)
)


@given(people, st.integers(0, 600))
def test_who_may_approve_sits_here_or_above_and_may_order_so_much(them: list[Member], minor: int) -> None:
    asker = member("cracow", "buyer")
    found = rules.chain([*them, asker], UNITS, asker, minor)
    assert {each.customer for each in found} == {
        each.customer
        for each in them
        if (each.role == "admin" or (each.role == "approver" and each.unit in {"cracow", "head"}))
        and (each.order_limit_minor is None or each.order_limit_minor >= minor)
    }
    near = [each.unit == "cracow" for each in found]
    assert near == sorted(near, reverse=True)


claims = st.lists(st.tuples(st.integers(1, 200), st.booleans(), st.booleans()), max_size=20)


@given(claims, st.integers(0, 1_500), limits, limits, st.integers(0, 400))
def test_limits_give_exactly_what_there_is(
    wanted: list[tuple[int, bool, bool]], credit: int, order: int | None, period: int | None, before: int
) -> None:
    who = member("cracow", "buyer", order, period)
    standing = Standing(FIRM, "PLN", "month", True, 14, credit + before, before, False)  # noqa: FBT003
    taking = rules.Limits([standing], [who], UNITS.values(), [Spent(FIRM, "cracow", who.customer, before)])
    owed, spent = before, before
    for minor, on_account, approved in wanted:
        claim = Claim(
            ids.new(), who.customer, FIRM, "PLN", minor, minor if on_account else 0, ids.new() if approved else None
        )
        refused = taking.take(claim)
        over = (
            (order is not None and minor > order)
            or (period is not None and spent + minor > period)
            or spent + minor > 300  # cracow's; the head's is never tighter
        )
        if over and not approved:
            assert isinstance(refused, ApprovalNeeded)
        elif on_account and owed + minor > credit + before:
            assert isinstance(refused, CreditSpent)
            assert refused.facts == {"left_minor": credit + before - owed}
        else:
            assert refused is None
            owed, spent = owed + minor * on_account, spent + minor
            if minor % 3 == 0:
                taking.put_back(claim)
                owed, spent = owed - minor * on_account, spent - minor
    assert taking.exposure[FIRM] == owed
    left, budget = taking.left(who)
    assert left == (None if period is None else max(0, period - spent))
    assert budget == max(0, min(300, 1_000) - spent)


@given(
    st.sampled_from(["each", "week", "month"]),
    st.lists(st.tuples(st.integers(-70, 0), st.sampled_from(["PLN", "EUR"]))),
)
def test_what_is_invoiced_together_is_over_and_complete(how: str, shipped: list[tuple[int, str]]) -> None:
    rows = [BillableRow(ids.new(), currency, 100, AT + timedelta(days=day)) for day, currency in sorted(shipped)]
    found = rules.billable(FIRM, how, rows, AT.date())  # type: ignore[arg-type]
    billed = [order for each in found for order in each.orders]
    assert len(set(billed)) == len(billed)
    of = {row.order: row for row in rows}
    for each in found:
        assert {of[order].currency for order in each.orders} == {each.currency}
        assert each.total_minor == 100 * len(each.orders)
        assert all(each.begins_on <= of[order].shipped_at.date() <= each.ends_on for order in each.orders)
        assert how == "each" or each.ends_on < AT.date()
    waiting = [row for row in rows if row.order not in set(billed)]
    assert all(rules.span(how, row.shipped_at.date())[1] >= AT.date() for row in waiting)  # type: ignore[arg-type]


@given(days)
def test_spans_are_whole(at: datetime) -> None:
    day: date = at.date()
    first, last = rules.span("month", day)
    assert (first.day, (last + timedelta(days=1)).day) == (1, 1)
    assert first <= day <= last
    first, last = rules.span("week", day)
    assert (first.weekday(), last.weekday()) == (0, 6)
    assert first <= day <= last
    assert rules.span("each", day) == (day, day)
