from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.pos import rules
from rynek.commerce.pos.model import Back, Line, LineContradicts, Off, Receipt, ReceiptUnbalanced, Tender
from rynek.kernel.faults import Invalid

AT = datetime(2026, 11, 23, tzinfo=UTC)
kinds = st.sampled_from("sale return giveaway weighed void fuel service deposit coupon".split())
lines = st.builds(
    Line,
    st.just("A"),
    st.integers(-50, 50),
    st.integers(-9999, 9999),
    kinds,
    st.lists(st.builds(Off, st.just("retail"), st.integers(0, 99)), max_size=3),
)


def receipt(sold: list[Line], *tenders: int, currency: str = "PLN") -> Receipt:
    return Receipt("S-1", "1", 1, AT, currency, sold, [Tender("cash", amount) for amount in tenders])


@given(st.lists(lines, min_size=1, max_size=8), st.integers(-3, 3))
def test_a_receipt_is_taken_exactly_when_it_adds_up_and_its_lines_make_sense(sold: list[Line], off: int) -> None:
    total = sum(line.amount for line in sold)
    refused = rules.check(receipt(sold, total + off))
    odd = [
        line
        for line in sold
        if (line.kind == "return" and (line.quantity > 0 or line.amount > 0))
        or (line.kind in {"sale", "giveaway", "weighed"} and line.quantity < 0)
    ]
    if odd:
        assert isinstance(refused, LineContradicts)
    elif off:
        assert isinstance(refused, ReceiptUnbalanced)
        assert refused.facts == {"lines": total, "tenders": total + off}
    else:
        assert refused is None


@given(lines)
def test_only_counted_kinds_move_stock(line: Line) -> None:
    assert rules.moved(line) == (line.quantity if line.kind in {"sale", "return", "giveaway", "weighed"} else 0)


def test_a_currency_we_do_not_trade_in_is_refused() -> None:
    assert isinstance(rules.check(receipt([Line("A", 1, 100)], 100, currency="XXX")), Invalid)


@given(st.lists(lines, min_size=1, max_size=8))
def test_the_sums_of_a_receipt_are_those_of_its_lines(sold: list[Line]) -> None:
    whole, first, rest = receipt(sold), receipt(sold[:1]), receipt(sold[1:])
    for add_up in (rules.amount, rules.units, rules.discount):
        assert add_up(whole) == add_up(first) + add_up(rest)
    assert rules.units(whole) == sum(each.quantity for each in sold if each.kind in rules.COUNTED)


def test_sums() -> None:
    two = receipt([Line("A", 1, 100, discounts=[Off("retail", 20), Off("coupon", 5)]), Line("B", 2, 50)], 150)
    assert (rules.amount(two), rules.discount(two)) == (150, 25)


# --- back over the counter --------------------------------------------------------------------------------------------

_SOLD = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 5_000)), min_size=1, max_size=4)


@given(_SOLD, st.data())
def test_what_comes_back_in_parts_is_what_was_paid_and_never_more_than_was_sold(
    sold: list[tuple[int, int]], data: st.DataObject
) -> None:
    lines = [Line(f"TEA-{n}", quantity, amount) for n, (quantity, amount) in enumerate(sold)]
    total = sum(amount for _, amount in sold)
    tenders = [Tender("card", total // 3), Tender("cash", total - total // 3)]
    back: dict[int, int] = {}
    given_back, handed = 0, {"card": 0, "cash": 0}
    while any(each.left for each in rules.returnable(lines, back)):
        there = rules.returnable(lines, back)
        line = data.draw(st.sampled_from([each for each in there if each.left]))
        units = data.draw(st.integers(1, line.left))
        assert rules.amiss(there, [Back(line.line, units)]) is None
        assert rules.amiss(there, [Back(line.line, line.left + 1)]) is not None
        minor = rules.share(line, units)
        for each in rules.handed_out(tenders, given_back, minor):
            handed[each.method] += each.amount
        back[line.line], given_back = back.get(line.line, 0) + units, given_back + minor
    assert given_back == total
    assert handed == {"card": total // 3, "cash": total - total // 3}
