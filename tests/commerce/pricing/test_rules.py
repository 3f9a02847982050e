"""Which price counts, what of it is VAT, and what was the lowest: whatever is asked."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace as with_

from rynek.commerce.pricing import Ask, NoPrice, NoTaxRate, NotSellable, Price, PriceList, Quote, TaxRate, intake, rules
from rynek.commerce.pricing.model import Basis, Candidate, ListSaid, Said, Tag
from rynek.kernel.money import CurrencyMismatch

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
amounts = st.integers(0, 10**9)
rates = st.sampled_from([0, 500, 800, 2300, 2700])
bases: st.SearchStrategy[Basis] = st.sampled_from(["gross", "net"])
days = st.none() | st.integers(-4, 4).map(lambda each: AT + each * DAY)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_halves_are_rounded_away_from_zero(numerator: int, denominator: int) -> None:
    rounded = rules.half_up(numerator, denominator)
    error = abs(Fraction(numerator, denominator) - rounded)
    assert error <= Fraction(1, 2)
    assert error < Fraction(1, 2) or abs(rounded) > abs(Fraction(numerator, denominator))
    assert rules.half_up(-numerator, denominator) == -rounded


@given(amounts, st.integers(1, 10**6))
def test_weighed_goods_cost_their_part_of_a_thousand(minor: int, quantity: int) -> None:
    assert rules.amount(minor, quantity, "pcs") == minor * quantity
    assert abs(Fraction(minor * quantity, 1_000) - rules.amount(minor, quantity, "g")) <= Fraction(1, 2)
    assert rules.amount(minor, 1_000, "ml") == minor


@given(amounts, rates)
def test_vat_in_a_gross_price_is_the_vat_on_its_net(gross: int, rate_bp: int) -> None:
    vat = rules.tax(gross, rate_bp, "gross")
    assert 0 <= vat <= gross
    assert abs(rules.tax(gross - vat, rate_bp, "net") - vat) <= 1
    assert rules.tax(123_00, 2300, "gross") == 23_00
    assert rules.tax(100_00, 2300, "net") == 23_00


@given(amounts, rates, bases, bases)
def test_what_is_displayed_is_the_price_with_or_without_vat(
    minor: int, rate_bp: int, basis: Basis, display: Basis
) -> None:
    shown = rules.displayed(minor, basis, rate_bp, display)
    assert shown == minor if basis == display else (shown >= minor) == (display == "gross" or shown == minor)
    assert abs(rules.displayed(shown, display, rate_bp, basis) - minor) <= 1


priced_lines = st.lists(st.tuples(amounts, rates, bases), min_size=1, max_size=12)


@given(priced_lines)
def test_rounding_by_document_rounds_once_a_rate_and_loses_nothing(lines: list[tuple[int, int, Basis]]) -> None:
    shares = rules.taxes(lines, "document")
    for rate_bp, basis in {(rate_bp, basis) for _, rate_bp, basis in lines}:
        alike = [
            (amount, share) for (amount, r, b), share in zip(lines, shares, strict=True) if (r, b) == (rate_bp, basis)
        ]
        assert sum(share for _, share in alike) == rules.tax(sum(amount for amount, _ in alike), rate_bp, basis)
        assert all(abs(share - rules.tax(amount, rate_bp, basis)) <= 1 for amount, share in alike)


@given(priced_lines)
def test_rounding_by_line_taxes_each_line_alone(lines: list[tuple[int, int, Basis]]) -> None:
    assert rules.taxes(lines, "line") == [rules.tax(*line) for line in lines]


@st.composite
def tags(draw: st.DrawFn) -> Tag:
    return Tag(
        minor=draw(st.integers(0, 3)),
        minimum=draw(st.integers(1, 3)),
        from_at=draw(days),
        until_at=draw(days),
        list=draw(st.sampled_from("ABC")),
        basis="gross",
        priority=draw(st.integers(0, 1)),
        for_channel=draw(st.booleans()),
        for_group=draw(st.booleans()),
        list_from_at=draw(days),
        list_until_at=draw(days),
    )


@given(st.lists(tags(), max_size=6), st.randoms())
def test_the_winner_does_not_depend_on_the_order_and_nobody_running_outranks_it(prices: list[Tag], chance: Any) -> None:
    winner, _ = rules.choose(prices, AT)
    running = [each for each in prices if rules.begins(each) <= AT < rules.ends(each)]
    assert (winner is None) == (running == [])
    if winner is not None:
        assert winner in running
        assert rules.precedence(winner) == max(rules.precedence(each) for each in running)
    mixed = list(prices)
    chance.shuffle(mixed)
    again, _ = rules.choose(mixed, AT)
    assert winner is again or (
        winner is not None and again is not None and rules.precedence(winner) == rules.precedence(again)
    )


@given(st.lists(tags(), max_size=6), st.integers(0, 8 * 24))
def test_a_choice_stands_until_it_says(prices: list[Tag], hours: int) -> None:
    winner, until = rules.choose(prices, AT)
    later = AT + timedelta(hours=hours)
    assume(later < until)
    still, _ = rules.choose(prices, later)
    assert still is winner or (
        still is not None and winner is not None and rules.precedence(still) == rules.precedence(winner)
    )


@given(st.lists(tags(), max_size=6))
def test_a_choice_ends_when_it_says(prices: list[Tag]) -> None:
    winner, until = rules.choose(prices, AT)
    assume(until < AT + 100 * DAY)
    then, _ = rules.choose(prices, until)
    assert then is not winner


def candidate(**values: Any) -> Candidate:
    plain = Candidate(
        minor=1000, minimum=1, from_at=None, until_at=None, list="RETAIL", basis="gross", priority=0,
        for_channel=False, for_group=False, list_from_at=None, list_until_at=None, line=1, currency="PLN",
        rounding="line", display="gross", product=UUID(int=1), name="Tea", gtin=None, tax_category="standard",
        unit="pcs", weight_g=None, offered_until=None, rate_bp=2300, label="23%", taxed_until=None,
    )  # fmt: skip
    return with_(plain, **values)


PROMOTION = {"list": "PROMO", "from_at": AT - DAY, "until_at": AT + DAY, "minor": 900}


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        ({"priority": 1, "minor": 5000}, {"for_group": True, "for_channel": True, "minimum": 5}),
        ({"for_group": True, "minor": 5000}, {"for_channel": True, "minimum": 5}),
        ({"for_channel": True, "minor": 5000}, {"minimum": 5}),
        ({"minimum": 5, "minor": 5000}, {"from_at": AT - DAY}),
        ({"from_at": AT - DAY, "minor": 5000}, {"list_from_at": AT - DAY}),
        ({"from_at": AT - DAY, "minor": 5000}, {"from_at": AT - 2 * DAY}),
        ({"list_from_at": AT - DAY, "minor": 5000}, {}),
        ({"minor": 999}, {}),
    ],
)
def test_the_rules_of_precedence_in_their_order(stronger: dict[str, Any], weaker: dict[str, Any]) -> None:
    strong, weak = candidate(**stronger), candidate(**weaker)
    assert rules.choose([weak, strong], AT)[0] is strong


def ask(*lines: tuple[str, int], **values: Any) -> Ask:
    return Ask("WEB-PL", "PLN", "PL", list(lines) or [("TEA", 1)], AT, **values)


def quoted(found: object) -> Quote:
    assert isinstance(found, Quote)
    return found


def test_a_quote_adds_up_and_says_how_long_it_holds() -> None:
    basket = ask(("TEA", 2), ("HAM", 250), ("BOOK", 1))
    rows = [
        [candidate(), candidate(**PROMOTION)],
        [candidate(minor=4999, unit="g", rate_bp=500, label="5%", taxed_until=AT + 9 * DAY)],
        [candidate(minor=3000, basis="net", rate_bp=500, label="5%", offered_until=AT + 2 * DAY)],
    ]
    found = quoted(rules.quote(basket, rows))
    assert [(each.gross, each.tax, each.net, each.list) for each in found.lines] == [
        (1800, 337, 1463, "PROMO"),
        (1250, 60, 1190, "RETAIL"),
        (3150, 150, 3000, "RETAIL"),
    ]
    assert [(each.label, each.net, each.tax, each.gross) for each in found.rates] == [
        ("23%", 1463, 337, 1800),
        ("5%", 4190, 210, 4400),
    ]
    assert (found.net, found.tax, found.gross) == (5653, 547, 6200)
    assert found.good_until == AT + DAY
    assert quoted(rules.quote(basket, [[candidate()]] * 3)).good_until is None


@given(priced_lines, st.sampled_from(["line", "document"]))
def test_whatever_is_quoted_lines_and_rates_sum_to_the_total(
    lines: list[tuple[int, int, Basis]], rounding: str
) -> None:
    rows = [
        [candidate(minor=minor, rate_bp=rate_bp, label=str(rate_bp), basis=basis, rounding=rounding)]
        for minor, rate_bp, basis in lines
    ]
    found = quoted(rules.quote(ask(*((f"S{i}", 1) for i in range(len(lines)))), rows))
    for figure in ("net", "tax", "gross"):
        total = getattr(found, figure)
        assert total == sum(getattr(each, figure) for each in found.lines)
        assert total == sum(getattr(each, figure) for each in found.rates)
    assert found.gross == found.net + found.tax
    for line, (minor, _, basis) in zip(found.lines, lines, strict=True):
        assert (line.gross if basis == "gross" else line.net) == minor


@given(priced_lines, st.sampled_from(["line", "document"]), bases, st.lists(st.integers(0, 10_000), min_size=12))
def test_what_is_taken_off_is_taken_off_what_is_shown_and_the_rest_is_taxed(
    lines: list[tuple[int, int, Basis]], rounding: str, display: Basis, shares: list[int]
) -> None:
    found = [
        [candidate(minor=minor, rate_bp=rate, label=f"{rate}", basis=basis, rounding=rounding, display=display)]
        for minor, rate, basis in lines
    ]
    before = quoted(rules.quote(ask(*((f"A{n}", 1) for n in range(len(lines)))), found))
    assert rules.reduced(before, [0] * len(lines)) is before
    whole = [line.gross if display == "gross" else line.net for line in before.lines]
    off = [max(minor, 0) * share // 10_000 for minor, share in zip(whole, shares, strict=False)]
    after = rules.reduced(before, off)
    shown = [line.gross if display == "gross" else line.net for line in after.lines]
    assert all(
        left == minor - less or (not less and rounding == "document")
        for left, minor, less in zip(shown, whole, off, strict=True)
    )
    assert [line.discount for line in after.lines] == off
    assert all(line.net + line.tax == line.gross and 0 <= line.tax <= max(line.gross, 0) for line in after.lines)
    assert (after.net, after.tax, after.gross) == (
        sum(line.net for line in after.lines),
        sum(line.tax for line in after.lines),
        sum(line.gross for line in after.lines),
    )
    assert sum(rate.gross for rate in after.rates) == after.gross
    assert rules.totalled(after, after.lines) == after
    free = rules.untaxed(after, "zw", "DE")
    assert [(line.net, line.tax, line.gross) for line in free.lines] == [(e.net, 0, e.net) for e in after.lines]
    assert (free.net, free.tax, free.gross, free.country) == (after.net, 0, after.net, "DE")
    assert {(rate.label, rate.rate_bp, rate.tax) for rate in free.rates} <= {("zw", 0, 0)}


def test_each_refusal_names_what_it_is_about() -> None:
    basket = ask(("TEA", 1), ("GONE", 1))
    refused = rules.quote(basket, [[candidate()], [candidate(product=None)]])
    assert isinstance(refused, NotSellable)
    assert refused.facts == {"channel": "WEB-PL", "skus": ["GONE"]}
    refused = rules.quote(basket, [[candidate(currency="EUR")]] * 2)
    assert isinstance(refused, CurrencyMismatch)
    assert refused.facts == {"currency": "EUR"}
    refused = rules.quote(basket, [[candidate()], [candidate(minor=None)]])
    assert isinstance(refused, NoPrice)
    assert refused.facts == {"channel": "WEB-PL", "skus": ["GONE"]}
    refused = rules.quote(basket, [[candidate()], [candidate(from_at=AT + DAY)]])
    assert isinstance(refused, NoPrice)
    refused = rules.quote(basket, [[candidate()], [candidate(rate_bp=None, tax_category="books")]])
    assert isinstance(refused, NoTaxRate)
    assert refused.facts == {"country": "PL", "categories": ["books"]}
    assert quoted(rules.quote(Ask("WEB-PL", "PLN", "PL", [], AT), [])).gross == 0


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 9)), max_size=6))
def test_lines_of_one_item_count_together(lines: list[tuple[str, int]]) -> None:
    assert rules.together(lines) == [sum(q for s, q in lines if s == sku) for sku, _ in lines]


# --- the past ---------------------------------------------------------------------------------------------------------

RETAIL = ListSaid(AT - 900 * DAY, "RETAIL", "PLN", "gross", None, None, 0, None, None, True)  # noqa: FBT003
STANDARD = [TaxRate(country="PL", category="standard", rate_bp=2300, label="23%")]


def said(day: float, minor: int | None, from_: float | None = None, until: float | None = None) -> Said:
    """Set a price ``day`` days from AT, for a period counted so too."""
    from_at = None if from_ is None else AT + from_ * DAY
    return Said(AT + day * DAY, "TEA", "RETAIL", 1, from_at, None if until is None else AT + until * DAY, minor)


def lowest(entries: list[Said], at: datetime = AT) -> tuple[int, int] | None:
    spans = rules.timeline(Ask("WEB-PL", "PLN", "PL", [("TEA", 1)], at), entries, [RETAIL], STANDARD, "gross")
    found = rules.reduction(spans, at)
    return (found.before, found.lowest) if found else None


def test_a_reduction_shows_the_lowest_of_the_30_days_before_it() -> None:
    dip = [said(-100, 1000), said(-20, 700, -20, -15), said(-1, 900)]
    assert lowest(dip) == (1000, 700)
    too_long_ago = [said(-100, 1000), said(-40, 700, -40, -35), said(-1, 900)]
    assert lowest(too_long_ago) == (1000, 1000)
    reaching_in = [said(-100, 1000), said(-40, 700, -40, -30.9), said(-1, 900)]
    assert lowest(reaching_in) == (1000, 700)
    just_out = [said(-100, 1000), said(-40, 700, -40, -31), said(-1, 900)]
    assert lowest(just_out) == (1000, 1000)


def test_a_rise_a_new_product_and_a_return_are_no_reductions() -> None:
    assert lowest([said(-100, 1000), said(-1, 1100)]) is None
    assert lowest([said(-100, 1000)]) is None
    assert lowest([said(-1, 900)]) is None
    assert lowest([said(-100, 1000), said(-9, 800, -9, -5)]) is None
    assert lowest([said(-100, 1000), said(-9, None), said(-1, 900)]) is None


def test_goods_new_in_the_shop_show_the_lowest_since_they_are_sold() -> None:
    assert lowest([said(-10, 1000), said(-5, 1200), said(-1, 900)]) == (1200, 1000)


def test_a_further_reduction_is_measured_by_the_one_before() -> None:
    assert lowest([said(-100, 1000), said(-10, 900), said(-1, 800)]) == (900, 900)


def test_a_reduction_is_told_for_30_days_or_for_90_when_it_ends() -> None:
    lasting = [said(-30, 1000), said(0, 900)]
    assert lowest(lasting, AT + 30 * DAY - TICK) == (1000, 1000)
    assert lowest(lasting, AT + 30 * DAY) is None
    ending = [said(-30, 1000), said(0, 900, 0, 200)]
    assert lowest(ending, AT + 90 * DAY - TICK) == (1000, 1000)
    assert lowest(ending, AT + 90 * DAY) is None


def test_a_reduction_that_was_announced_counts_from_its_beginning() -> None:
    planned = [said(-100, 1000), said(-50, 800, -1, 5)]
    assert lowest(planned) == (1000, 1000)
    assert lowest(planned, AT - 2 * DAY) is None


histories = st.lists(
    st.tuples(st.integers(-60, 0), st.integers(1, 9), st.none() | st.integers(-60, 9), st.integers(1, 30)), max_size=6
)


@given(histories)
def test_the_timeline_is_what_choosing_at_each_instant_gives(history: list[tuple[int, int, int | None, int]]) -> None:
    entries = [
        said(day, minor, start, start + long if start is not None else None) for day, minor, start, long in history
    ]
    entries.sort(key=lambda each: each.at)
    basket = ask()
    spans = rules.timeline(basket, entries, [RETAIL], STANDARD, "gross")
    assert [each[0] for each in spans] == sorted({each[0] for each in spans})
    assert all(one[1] != other[1] for one, other in pairwise(spans))
    for day in range(-61, 1):
        instant = AT + day * DAY
        there = rules.standing(entries, [RETAIL], instant)
        winner, _ = rules.choose([rules.tag(*each) for each in there if rules.unfit(*each, basket) is None], instant)
        span = next(each for each in reversed(spans) if each[0] <= instant)
        assert span[1] == (winner.minor if winner else None)


@given(histories)
def test_the_lowest_is_not_above_the_price_before_and_was_charged(
    history: list[tuple[int, int, int | None, int]],
) -> None:
    entries = [
        said(day, minor, start, start + long if start is not None else None) for day, minor, start, long in history
    ]
    entries.sort(key=lambda each: each.at)
    spans = rules.timeline(ask(), entries, [RETAIL], STANDARD, "gross")
    found = rules.reduction(spans, AT)
    if found is not None:
        now = cast("int", spans[-1][1])
        assert now < found.before
        assert found.lowest <= found.before
        assert found.lowest in [minor for _, minor, _ in spans[:-1]]
        assert found.until > AT


def test_a_shelf_price_carries_its_reduction_and_when_it_changes() -> None:
    spans = rules.timeline(ask(), [said(-100, 1000), said(-1, 900)], [RETAIL], STANDARD, "gross")
    reduced = rules.reduction(spans, AT)
    shown = rules.shown("TEA", [candidate(minor=900, offered_until=AT + 60 * DAY)], AT, reduced)
    assert (shown.minor, shown.before, shown.lowest, shown.good_until) == (900, 1000, 1000, AT + 29 * DAY)
    net = rules.shown("TEA", [candidate(minor=1230, display="net")], AT, None)
    assert (net.minor, net.before, net.good_until) == (1000, None, None)
    coming = rules.shown("TEA", [candidate(from_at=AT + DAY)], AT, None)
    assert (coming.minor, coming.good_until) == (None, AT + DAY)


@given(st.lists(st.tuples(st.integers(-9, 9), rates), unique_by=lambda each: each[0], max_size=5))
def test_the_rate_that_counts_is_the_last_that_began(steps: list[tuple[int, int]]) -> None:
    made = [
        TaxRate(country="PL", category="standard", rate_bp=rate, label=f"{rate}", from_at=AT + day * DAY)
        for day, rate in sorted(steps)
    ]
    counting = rules.rate_at(made, AT)
    past = [each for each in made if each.from_at is not None and each.from_at <= AT]
    assert counting == (past[-1] if past else None)
    words = rules.vat_in_words("PL", "standard", made, AT)
    assert words == (
        f"standard in PL: {past[-1].label} ({past[-1].rate_bp / 100:g} %) since {past[-1].from_at.isoformat()}"
        if past and past[-1].from_at
        else "no VAT rate of standard in PL is known"
    )


def of(**values: Any) -> ListSaid:
    return with_(RETAIL, **values)


def test_why_names_for_each_price_what_became_of_it() -> None:
    plain = said(-9, 1000)
    prices = [
        (plain, RETAIL),
        (with_(plain, minor=950, list="GOLD"), of(code="GOLD", customer_group="gold")),
        (with_(plain, minor=940, list="POS"), of(code="POS", channel="POS")),
        (with_(plain, minor=200, list="EU"), of(code="EU", currency="EUR")),
        (with_(plain, minor=930, list="OFF"), of(code="OFF", active=False)),
        (with_(plain, minor=900, minimum=10), RETAIL),
        (with_(plain, minor=800, from_at=AT + DAY), RETAIL),
        (with_(plain, minor=700, from_at=AT - 2 * DAY, until_at=AT - DAY), RETAIL),
        (with_(plain, minor=990, list="WEB"), of(code="WEB", channel="WEB-PL")),
        (with_(plain, minor=1, list="LOW"), of(code="LOW", priority=-1)),
    ]
    found = rules.why(ask(), prices, "23 %", None)
    assert (found.list, found.minor, found.basis, found.considered[0].outcome) == ("WEB", 990, "gross", "wins")
    assert [(each.list, each.outcome) for each in found.considered[1:]] == [
        ("RETAIL", "is for all channels; this channel has WEB"),
        ("GOLD", "the list is for the group gold"),
        ("POS", "the list is for POS"),
        ("EU", "the list is in EUR"),
        ("OFF", "the list is not active"),
        ("RETAIL", "it counts from 10 on"),
        ("RETAIL", f"it begins at {(AT + DAY).isoformat()}"),
        ("RETAIL", f"it ended at {(AT - DAY).isoformat()}"),
        ("LOW", "lower priority than WEB"),
    ]
    gold = rules.why(ask(group="gold"), prices, "23 %", None)
    assert (gold.list, gold.minor) == ("GOLD", 950)


# --- what is taken ----------------------------------------------------------------------------------------------------


@given(days, days, st.integers(-1, 2), st.integers(-1, 2))
def test_prices_are_taken_when_they_make_sense(
    from_at: datetime | None, until_at: datetime | None, minor: int, minimum: int
) -> None:
    row = Price(list="RETAIL", sku="TEA", minor=minor, minimum=minimum, from_at=from_at, until_at=until_at)
    sensible = minor >= 0 and minimum >= 1 and (from_at is None or until_at is None or from_at < until_at)
    assert (intake.price_faults([row], {"TEA"}, {"RETAIL"}) == []) == sensible


def test_wrong_prices_hear_why() -> None:
    plain = Price(list="RETAIL", sku="TEA", minor=1)
    rows = [
        plain,
        plain,
        with_(plain, sku="GONE"),
        with_(plain, list="GONE"),
        with_(plain, minimum=2, minor=-1),
        with_(plain, minimum=2, from_at=AT.replace(tzinfo=None)),
    ]
    assert [(each.row, each.reason) for each in intake.price_faults(rows, {"TEA"}, {"RETAIL"})] == [
        (1, "it comes twice"),
        (2, "there is no sku GONE"),
        (3, "there is no price list GONE"),
        (4, "a price is 0 to 1000000000000 minor units"),
        (5, "an instant needs its time zone"),
    ]


@given(st.sampled_from(["PLN", "EUR", "XXX"]), st.sampled_from([None, "WEB-PL", "GONE"]))
def test_a_list_of_a_channel_is_in_its_currency(currency: str, channel: str | None) -> None:
    row = PriceList(code="RETAIL", name="Retail", currency=currency, channel=channel)
    taken = intake.list_faults([row], {"WEB-PL": "PLN"}) == []
    assert taken == (currency != "XXX" and (channel is None or (channel, currency) == ("WEB-PL", "PLN")))


@given(st.lists(days, max_size=5))
def test_a_rate_begins_once(begins: list[datetime | None]) -> None:
    rows = [with_(STANDARD[0], from_at=from_at) for from_at in begins]
    assert len(rows) - len(intake.rate_faults(rows)) == len(set(begins))
