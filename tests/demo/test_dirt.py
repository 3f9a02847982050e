"""What odd articles are and what odd lines did: the decisions of docs/data.md, one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.demo import KINDS, NATURES, Kind, Nature, kind_of, nature_of, stock_units


@pytest.mark.parametrize(
    ("row", "nature"),
    [
        (("GROCERY", "FLUID MILK PRODUCTS", "FLUID MILK WHITE ONLY", "1 GA"), "goods"),
        (("MEAT", "BEEF", "CHOICE BEEF", None), "weighed"),
        (("MEAT", "BEEF", "CHOICE BEEF", "1 LB"), "goods"),
        (("PRODUCE", "TROPICAL FRUIT", "BANANAS", "40 LB"), "weighed"),
        (("PRODUCE", "POTATOES", "POTATOES RUSSET (BULK&BAG)", "10 LB"), "goods"),
        (("DELI", "CHEESES", "CHEESE: NATURAL BULK", None), "weighed"),
        (("FUEL", "COUPON/MISC ITEMS", "GASOLINE-REG UNLEADED", None), "fuel"),
        (("MISCELLANEOUS", "COUPON/MISC ITEMS", "GASOLINE-REG UNLEADED", None), "fuel"),
        (("GROCERY", "BOTTLE DEPOSITS", "BOTTLE DEPOSITS", None), "deposit"),
        (("GROCERY", "CANNED JUICES", "CRV DEPOSIT NT/F", None), "deposit"),
        (("MISCELLANEOUS", "COUPON/MISC ITEMS", "OUTSIDE VENDORS GIFT CARDS", None), "value"),
        (("DRUG GM", "TICKETS", "TICKETS", None), "service"),
        (("DRUG GM", "IN-STORE PHOTOFINISHING", "ONE HOUR PROCESSING", None), "service"),
        (("MISCELLANEOUS", "COUPON/MISC ITEMS", "PRODUCE DEPT KEY RING", None), "keyed"),
        (("GROCERY", "COUPON/MISC ITEMS", "MISC SALES TRANS", None), "keyed"),
        (("COUPON", "COUPONS/STORE & MFG", "COUPONS/STORE & MFG", None), "coupon"),
        (("MISCELLANEOUS", None, None, None), "goods"),
    ],
)
def test_an_article_has_a_nature(row: tuple[str, str | None, str | None, str | None], nature: Nature) -> None:
    assert nature_of(*row) == nature


@pytest.mark.parametrize(
    ("nature", "quantity", "amount", "coupon", "kind", "units"),
    [
        ("goods", 2, 278, 0, "sale", 2),
        ("weighed", 1, 512, 0, "weighed", 1),
        ("unlisted", 2, 1392, 0, "sale", 2),
        ("goods", 1, 0, 0, "giveaway", 1),
        ("fuel", 10_604, 2500, 0, "fuel", 0),
        ("fuel", 89_638, 25_000, 0, "fuel", 0),
        ("fuel", 1, 1500, 0, "prepaid_fuel", 0),
        ("deposit", 1, 240, 0, "deposit", 0),
        ("service", 1, 699, 0, "service", 0),
        ("value", 1, 2000, 0, "value", 0),
        ("keyed", 1, 500, 0, "keyed", 0),
        ("keyed", 1, 0, 0, "keyed", 0),
        ("coupon", 1, 100, 0, "coupon", 0),
        ("unlisted", 0, 0, 220, "coupon", 0),
        ("unlisted", 0, 0, 0, "coupon", 0),
        ("goods", 0, 0, 150, "coupon", 0),
        ("goods", 0, 0, 0, "void", 0),
        ("goods", 0, 1, 0, "correction", 0),
        ("goods", -1, -139, 0, "return", -1),
    ],
)
def test_a_line_has_a_kind_and_takes_units(
    nature: Nature, quantity: int, amount: int, coupon: int, kind: Kind, units: int
) -> None:
    assert kind_of(nature, quantity, amount, coupon) == kind
    assert stock_units(kind, quantity) == units


@given(st.sampled_from(NATURES), st.integers(), st.integers(), st.integers(min_value=0))
def test_every_line_has_one_kind_and_what_it_has_no_quantity_of_moves_nothing(
    nature: Nature, quantity: int, amount: int, coupon: int
) -> None:
    kind = kind_of(nature, quantity, amount, coupon)
    assert kind in KINDS
    assert abs(stock_units(kind, quantity)) <= abs(quantity)
    assert amount == 0 or kind != "void"


@given(st.sampled_from(NATURES), st.integers(0, 5), st.integers(0, 9), st.integers(0, 9))
def test_a_kind_follows_from_the_four_things_that_the_columns_are_decided_by(
    nature: Nature, quantity: int, amount: int, coupon: int
) -> None:
    # Year decides all lines by a table of these representatives
    assert kind_of(nature, quantity, amount, coupon) == kind_of(
        nature, min(quantity, 2), min(amount, 1), min(coupon, 1)
    )
