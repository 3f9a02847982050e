"""What is decided about documents: sums that add up whatever is sold, taken off or given back."""

import re
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rynek.commerce.documents import rules, spelling
from rynek.commerce.documents.model import Line, Off, OverCorrected, Party, RateSum, Seller
from rynek.kernel.faults import Fault

RATES = (2300, 800, 500, 0)
MINOR = st.integers(0, 10**9)
DAYS = st.dates(date(2020, 1, 1), date(2099, 12, 31))


@st.composite
def a_line(draw: Any, basis: str = "gross", number: int = 1) -> Line:
    rate_bp = draw(st.sampled_from(RATES))
    amount = draw(MINOR)
    tax = rules.vat(amount, rate_bp, "gross" if basis == "gross" else "net")
    net, gross = (amount - tax, amount) if basis == "gross" else (amount, amount + tax)
    label = f"{rate_bp // 100}%" if rate_bp else "zw"
    return Line(
        number, number, f"SKU-{number}", "Kawa", "pcs", draw(st.integers(1, 50)), 100, basis, draw(st.integers(0, 99)),  # type: ignore[arg-type]
        net, tax, gross, rules.category(label, rate_bp), rate_bp, label,
    )  # fmt: skip


@st.composite
def some_lines(draw: Any, basis: str | None = None) -> list[Line]:
    kind = basis or draw(st.sampled_from(["gross", "net"]))
    return [draw(a_line(kind, number)) for number in range(1, draw(st.integers(1, 6)) + 1)]


def total(lines: list[Line] | list[RateSum]) -> tuple[int, int, int]:
    return (sum(e.net_minor for e in lines), sum(e.tax_minor for e in lines), sum(e.gross_minor for e in lines))


# --- numbers ----------------------------------------------------------------------------------------------------------


@given(DAYS, DAYS, st.integers(1, 10**6), st.integers(1, 10**6), st.sampled_from(["yearly", "monthly", "never"]))
def test_numbers_never_repeat(day: date, other: date, first: int, second: int, reset: Any) -> None:
    pattern = {"yearly": "FV/{number}/{year}", "monthly": "FV/{year}/{month}/{number:5}", "never": "{number}"}[reset]
    assert rules.unfit(pattern, reset) is None
    alike = (rules.period(reset, day), first) == (rules.period(reset, other), second)
    assert (rules.name(pattern, day, first) == rules.name(pattern, other, second)) == alike


@given(st.text(alphabet="FV/{}yearmonthumb:5", max_size=30), st.sampled_from(["yearly", "monthly", "never"]))
def test_a_pattern_that_is_taken_has_what_it_needs(pattern: str, reset: Any) -> None:
    if rules.unfit(pattern, reset) is None:
        assert len(re.findall(r"\{number", pattern)) == 1
        assert "{" not in rules.name(pattern, date(2026, 11, 24), 7)
        assert reset == "never" or "{year}" in pattern
        assert reset != "monthly" or "{month}" in pattern


@pytest.mark.parametrize(
    ("pattern", "reset"),
    [
        ("FV", "never"), ("FV/{number}", "yearly"), ("FV/{number}/{year}", "monthly"), ("{number}{number}", "never"),
        ("FV/{n}/{number}", "never"), ("FV/{number", "never"), ("{number:0}", "never"), ("{number}}", "never"),
    ],
)  # fmt: skip
def test_patterns_whose_numbers_would_repeat_are_refused(pattern: str, reset: Any) -> None:
    assert rules.unfit(pattern, reset)


# --- amounts ----------------------------------------------------------------------------------------------------------


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_halves_are_rounded_away_from_zero(amount: int, whole: int) -> None:
    exact, found = Fraction(amount, whole), rules.half_up(amount, whole)
    assert abs(found - exact) <= Fraction(1, 2)
    assert abs(found - exact) < Fraction(1, 2) or abs(found) > abs(exact)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any))
def test_shares_are_the_whole(amount: int, parts: list[int]) -> None:
    whole, before, shares = sum(parts), 0, []
    for units in parts:
        shares.append(rules.share(amount, whole, before, units))
        before += units
    assert sum(shares) == amount
    assert min(shares) >= 0


@given(some_lines(), st.data())
def test_parts_of_a_line_are_the_line(lines: list[Line], data: st.DataObject) -> None:
    line = lines[0]
    cut = data.draw(st.integers(0, line.quantity))
    parts = [rules.part(line, 0, cut), rules.part(line, cut, line.quantity - cut)]
    assert total(parts) == total([line])
    assert sum(each.discount_minor for each in parts) == line.discount_minor
    assert all(each.net_minor + each.tax_minor == each.gross_minor for each in parts)


@given(some_lines(), st.sampled_from(["net", "gross"]))
def test_vat_is_rounded_once_for_each_rate_and_lines_add_up_to_it(lines: list[Line], method: Any) -> None:
    found = rules.taxed(lines, method)
    for each in rules.sums(found):
        amount = each.gross_minor if method == "gross" else each.net_minor
        exact = Fraction(amount * each.rate_bp, 10_000 + (each.rate_bp if method == "gross" else 0))
        assert abs(each.tax_minor - exact) <= Fraction(1, 2)
        assert each.tax_minor == rules.vat(amount, each.rate_bp, method)
    assert total(rules.sums(found)) == total(found)
    kept = [each.gross_minor if method == "gross" else each.net_minor for each in found]
    assert kept == [each.gross_minor if method == "gross" else each.net_minor for each in lines]
    assert rules.taxed(lines, "line") == lines


@given(some_lines())
def test_what_was_agreed_to_be_paid_stays(lines: list[Line]) -> None:
    method = rules.method_of(lines)
    assert sum(each.gross_minor for each in rules.taxed(lines, method)) == sum(each.gross_minor for each in lines)
    assert (method == "gross") == (lines[0].basis == "gross")


@given(some_lines(), some_lines())
def test_what_is_taken_off_is_gone_rate_by_rate(lines: list[Line], others: list[Line]) -> None:
    left = rules.less(rules.sums(lines), rules.sums(others))
    mine, theirs = total(lines), total(others)
    assert total(left) == tuple(a - b for a, b in zip(mine, theirs, strict=True))
    assert total(rules.less(rules.sums(lines), rules.sums(lines))) == (0, 0, 0)


@given(some_lines("gross"), st.data())
def test_an_advance_is_spread_over_the_rates(lines: list[Line], data: st.DataObject) -> None:
    rates = rules.sums(lines)
    most = sum(each.gross_minor for each in rates)
    amount = data.draw(st.integers(1, max(most, 1)))
    found = rules.allotted(amount, rates, "Zaliczka")
    assert sum(each.gross_minor for each in found) == amount
    assert all(each.net_minor + each.tax_minor == each.gross_minor for each in found)
    known = {(each.category, each.rate_bp): each.gross_minor for each in rates}
    assert most < amount or all(e.gross_minor <= known[e.category, e.rate_bp] for e in found)


@given(st.integers(0, 10**10), st.integers(1, 10**8))
def test_amounts_in_another_currency_are_exact_to_half_a_grosz(minor: int, millionths: int) -> None:
    assert abs(rules.local(minor, "EUR", millionths, "PLN") - Fraction(minor * millionths, 10**6)) <= Fraction(1, 2)
    assert rules.local(minor, "JPY", millionths, "PLN") == rules.local(minor * 100, "EUR", millionths, "PLN")


# --- corrections ------------------------------------------------------------------------------------------------------


@given(some_lines(), st.data())
def test_corrections_never_take_more_than_there_is_and_all_of_them_the_whole(
    lines: list[Line], data: st.DataObject
) -> None:
    """A row of corrections, the last of which takes off what is left, comes to minus the invoice, to the grosz."""
    method = rules.method_of(lines)
    first = now = rules.taxed(lines, method)
    differences: list[RateSum] = []
    for _ in range(data.draw(st.integers(0, 4))):
        line = data.draw(st.sampled_from(now))
        minor = data.draw(st.none() | st.integers(1, 10**9))
        units = data.draw(st.none() | st.integers(1, 60)) if minor is None else None
        after = rules.lessened(now, [Off(line.number, units, minor)])
        amount = line.net_minor if line.basis == "net" else line.gross_minor
        if isinstance(after, Fault):
            over = (units or 0) > line.quantity or (minor or 0) > amount
            assert (type(after) is OverCorrected) == over
            assert over or (units, minor) == (None, None)
            continue
        after = rules.taxed(after, method)
        assert all(min(e.quantity, e.net_minor, e.tax_minor, e.gross_minor) >= 0 for e in after)
        told = rules.changes(now, after)
        difference = rules.less(rules.sums(after), rules.sums(now))
        assert total(difference) == total(told)  # type: ignore[arg-type]
        differences += difference
        now = after
    gone = rules.taxed(rules.emptied(now), method)
    assert total(gone) == (0, 0, 0) or all(each.quantity == 0 for each in now if each.gross_minor)
    differences += rules.less(rules.sums(gone), rules.sums(now))
    assert total(differences) == tuple(a - b for a, b in zip(total(gone), total(first), strict=True))


def test_a_line_that_is_not_there_is_not_corrected() -> None:
    assert isinstance(rules.lessened([], [Off(1, 1)]), Fault)


# --- law --------------------------------------------------------------------------------------------------------------


@given(st.sampled_from(RATES), st.sampled_from(["23%", "zw", "ZW.", "np", "oo", "0%", "0% WDT", "0% EX", "A"]))
def test_a_rate_has_its_category(rate_bp: int, label: str) -> None:
    exempt = {"zw": "E", "ZW.": "E", "np": "O", "oo": "AE", "0% WDT": "K", "0% EX": "G"}
    assert rules.category(label, rate_bp) == ("S" if rate_bp else exempt.get(label, "Z"))


SELLER = Seller(code="R", name="Rynek", street="Rynek 1", city="Kraków", vat_id="PL5260250274", exemption="art. 43")
BUYER = Party(name="Firma", street="Rynek 2", city="Kraków", vat_id="PL5260250274")


@given(st.sampled_from("S Z E AE K G O".split()), st.sampled_from(["pl", "en"]))
def test_what_is_not_taxed_says_why(category: Any, language: Any) -> None:
    assert bool(rules.reason(category, language, SELLER)) == (category not in "SZ")
    assert ("art. 43" in rules.reason(category, language, SELLER)) == (category == "E")


@given(st.integers(0, 10**8))
def test_large_payments_between_taxpayers_are_split(gross: int) -> None:
    assert rules.splits(SELLER, BUYER, gross) == (gross > 15_000_00)
    for buyer in (replace(BUYER, vat_id=None), replace(BUYER, vat_id="DE123456789")):
        assert not rules.splits(SELLER, buyer, gross)
    assert not rules.splits(replace(SELLER, currency="EUR"), BUYER, gross)


@given(DAYS)
def test_an_invoice_may_be_asked_for_during_three_months_after_the_month_of_the_sale(day: date) -> None:
    last = rules.askable_until(day)
    assert (last.year * 12 + last.month) - (day.year * 12 + day.month) == 3
    assert date.fromordinal(last.toordinal() + 1).day == 1


# --- words ------------------------------------------------------------------------------------------------------------

_PL = dict(
    zip(
        "jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście trzynaście czternaście "
        "piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście".split(),
        range(1, 20),
        strict=True,
    )
)
_PL |= {
    "dwadzieścia": 20, "trzydzieści": 30, "czterdzieści": 40, "pięćdziesiąt": 50, "sześćdziesiąt": 60,
    "siedemdziesiąt": 70, "osiemdziesiąt": 80, "dziewięćdziesiąt": 90, "sto": 100, "dwieście": 200, "trzysta": 300,
    "czterysta": 400, "pięćset": 500, "sześćset": 600, "siedemset": 700, "osiemset": 800, "dziewięćset": 900,
    "zero": 0,
}  # fmt: skip
_EN = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
)
_EN |= {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SCALES = {
    "tysiąc": 3, "tysiące": 3, "tysięcy": 3, "milion": 6, "miliony": 6, "milionów": 6, "miliard": 9, "miliardy": 9,
    "miliardów": 9, "bilion": 12, "biliony": 12, "bilionów": 12, "biliard": 15, "biliardy": 15, "biliardów": 15,
    "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "quadrillion": 15,
}  # fmt: skip


def understood(words: str) -> int:
    """Read a number in words back, by another way than it was written."""
    found = group = 0
    for word in words.replace("-", " ").split():
        if word in _SCALES:
            found += (group or 1) * 10 ** _SCALES[word]
            group = 0
        elif word == "hundred":
            group *= 100
        else:
            group += (_PL | _EN)[word]
    return found + group


@given(st.integers(0, 10**18 - 1) | st.integers(0, 2_500), st.sampled_from(["pl", "en"]))
def test_amounts_in_words_are_read_back(value: int, language: Any) -> None:
    assert understood(spelling.number(value, language)) == value


@pytest.mark.parametrize(
    ("minor", "currency", "language", "words"),
    [
        (0, "PLN", "pl", "zero złotych 00/100"),
        (100, "PLN", "pl", "jeden złoty 00/100"),
        (2_07, "PLN", "pl", "dwa złote 07/100"),
        (12_00, "PLN", "pl", "dwanaście złotych 00/100"),
        (456_789_01, "EUR", "pl", "czterysta pięćdziesiąt sześć tysięcy siedemset osiemdziesiąt dziewięć euro 01/100"),
        (3_000_021_00, "PLN", "pl", "trzy miliony dwadzieścia jeden złotych 00/100"),
        (1_000_00, "PLN", "pl", "tysiąc złotych 00/100"),
        (22_000_00, "EUR", "pl", "dwadzieścia dwa tysiące euro 00/100"),
        (-5_50, "PLN", "pl", "minus pięć złotych 50/100"),
        (1_00, "EUR", "en", "one euro 00/100"),
        (21_345_67, "PLN", "en", "twenty-one thousand three hundred forty-five zlotys 67/100"),
        (1_234, "JPY", "en", "one thousand two hundred thirty-four JPY"),
        (99_99, "USD", "pl", "dziewięćdziesiąt dziewięć USD 99/100"),
    ],
)  # fmt: skip
def test_amounts_are_spelled_as_people_do(minor: int, currency: str, language: Any, words: str) -> None:
    assert spelling.spelled(minor, currency, language) == words


@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from([500, 800, 2300]), st.booleans()), max_size=6),
       st.integers(0, 2 * 10**6))  # fmt: skip
def test_money_is_taken_off_lines_in_proportion_and_never_more_than_there_is(
    worth: list[tuple[int, int, bool]], minor: int
) -> None:
    lines = [
        Line(n, n, "S", "S", "pcs", 2, gross, "net" if net else "gross", 0, gross - rules.vat(gross, rate, "gross"),
             rules.vat(gross, rate, "gross"), gross, "S", rate, f"{rate}")
        for n, (gross, rate, net) in enumerate(worth, 1)
    ]  # fmt: skip
    after = rules.cheaper(lines, minor)
    total = sum(line.gross_minor for line in lines)
    assert sum(line.gross_minor for line in after) == total - min(minor, total)
    for old, new in zip(lines, after, strict=True):
        off = old.gross_minor - new.gross_minor
        assert new.net_minor + new.tax_minor == new.gross_minor >= 0
        assert min(new.net_minor, new.tax_minor) >= 0
        assert abs(off * total - min(minor, total) * old.gross_minor) < max(total, 1) * 2
        assert new.discount_minor == (off if old.basis == "gross" else old.net_minor - new.net_minor)
