"""What is decided about quotes and typed lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.checkout import Address, Terms, Want
from rynek.commerce.quotes import rules
from rynek.commerce.quotes.model import Line, Read
from rynek.kernel.faults import Invalid

_HOME = Address("Ola Nowak", "Rynek 1", "Kraków", "31-042", "PL")

skus = st.from_regex(r"[A-Z][A-Z0-9-]{2,12}", fullmatch=True)
lines = st.lists(st.builds(Line, skus, st.integers(1, 1_000), st.integers(0, 10**6)), min_size=1, max_size=8)


@given(lines, st.integers(1, 10**6), st.none() | st.tuples(st.just("DELIVERY"), st.integers(0, 5_000)))
def test_what_is_settled_is_the_offer_and_nothing_else(
    offered: list[Line], number: int, delivery: tuple[str, int] | None
) -> None:
    if rules.doubled(offered):
        return
    terms = rules.settled(Terms("WEB-PL", coupons=["CODE"], email="a@example.com"), number, offered, delivery)
    assert [(want.sku, want.quantity) for want in terms.lines] == [(line.sku, line.quantity) for line in offered]
    assert (terms.coupons, terms.email) == ((), "a@example.com")
    assert terms.settled is not None
    assert terms.settled.by == f"quote {rules.name(number)}"
    assert terms.settled.prices == {line.sku: line.unit_minor for line in offered} | dict(
        [delivery] if delivery else []
    )
    total = sum(line.quantity * line.unit_minor for line in offered)
    assert rules.comes_to(offered, {}, delivery[1] if delivery else None) == total + (delivery[1] if delivery else 0)
    by_weight = rules.comes_to(offered, {line.sku: "g" for line in offered}, None)
    assert abs(1_000 * by_weight - total) <= 500 * len(offered)


@given(lines)
def test_offered_lines_are_read_as_they_are_written(offered: list[Line]) -> None:
    text = "\n\n".join(f" {line.sku}  {line.quantity} {line.unit_minor / 100:.2f}" for line in offered)
    assert rules.priced(text, "PLN") == offered
    with pytest.raises(Invalid) as refused:
        rules.priced(f"{text}\nA 1", "PLN")
    assert refused.value.detail.endswith(": A 1")


@given(st.sets(st.sampled_from(["lines", "email", "address", "delivery"])))
def test_what_a_cart_lacks_is_named(missing: set[str]) -> None:
    said = {"lines": [Want("A")], "email": "a@example.com", "address": _HOME, "delivery": "courier"}
    terms = Terms("WEB-PL", **{name: value for name, value in said.items() if name not in missing})  # type: ignore[arg-type]
    assert set(rules.lacking(terms)) == missing


@given(lines)
def test_an_item_offered_twice_is_found(offered: list[Line]) -> None:
    assert (rules.doubled(offered) is None) == (len({line.sku for line in offered}) == len(offered))
    assert rules.doubled([*offered, offered[0]]) is not None


@given(st.integers(0, 10**9), st.integers(1, 1_000), st.sampled_from(["pcs", "g", "ml"]))
def test_each_costs_no_more_than_the_whole(net: int, quantity: int, unit: str) -> None:
    one = rules.each(net, quantity, unit)
    many = quantity if unit == "pcs" else quantity / 1_000
    assert one * many <= net
    assert (one + 1) * many > net


@given(
    st.lists(st.tuples(skus, st.none() | st.integers(1, 10**6)), max_size=30),
    st.sampled_from([*";\t,", " ", " x "]),
)
def test_a_list_is_read_however_it_is_written(wanted: list[tuple[str, int | None]], separator: str) -> None:
    text = "\n".join(sku if many is None else f"{sku}{separator}{many}" for sku, many in wanted)
    head = f"sku{separator}quantity\n" if separator in ";\t," else ""
    for whole in (text, head + text, text.replace("\n", "\n\n")):
        found, faults = rules.read(whole)
        assert faults == []
        assert [(each.code, each.quantity) for each in found] == [(sku, many or 1) for sku, many in wanted]


@given(st.text(max_size=300))
def test_nothing_that_can_be_typed_breaks_it(text: str) -> None:
    found, faults = rules.read(text)
    assert all(1 <= each.quantity <= rules.LARGEST and each.code for each in found)
    numbers = [each.line for each in found] + [each.line for each in faults]
    assert len(set(numbers)) == len(numbers)


def test_each_wrong_line_says_what_is_wrong_with_it() -> None:
    text = 'SKU;Quantity\nA-1;2\nB-2;many\n;5\nC-3;0\n"D;4";7\nE-5;1000001\nF-6;\n'
    found, faults = rules.read(text)
    assert [(each.line, each.code, each.quantity) for each in found] == [(2, "A-1", 2), (6, "D;4", 7), (8, "F-6", 1)]
    assert [(each.line, each.why) for each in faults] == [
        (3, "many is no quantity"), (4, "no code"), (5, "0 is no quantity"), (7, "1000001 is no quantity"),
    ]  # fmt: skip
    many, over = rules.read("\n".join(f"S-{n}" for n in range(501)))
    assert (len(many), [each.why for each in over]) == (500, ["at most 500 lines"])


@given(st.lists(skus, max_size=10), st.sets(skus, max_size=5), st.sets(skus, max_size=5))
def test_every_line_is_ordered_or_told_why_not(typed: list[str], known: set[str], refused: set[str]) -> None:
    read = [Read(number, code, code, 1) for number, code in enumerate(typed, 1)]
    found, unknown = rules.matched(read, {code: code for code in known | set(typed[::2])})
    kept, gone = rules.without(found, refused, "not sold")
    assert sorted([each.line for each, _ in kept] + [each.line for each in unknown + gone]) == list(
        range(1, len(typed) + 1)
    )
    assert not {sku for _, sku in kept} & refused
    assert {each.why for each in gone} <= {"not sold"}
