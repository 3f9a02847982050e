"""What the catalogue takes and what it refuses, whatever it is given."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.catalog import (
    Attribute,
    Bundle,
    Category,
    Channel,
    Component,
    Media,
    Product,
    Publication,
    Variant,
    rules,
)
from rynek.commerce.catalog import Translation as Words
from rynek.commerce.catalog.model import Claim

words = st.text(max_size=60)
codes = st.sampled_from(["a", "b", "c", "d", "e"])
trees = st.lists(st.tuples(codes, st.none() | codes), max_size=8)
graphs = st.dictionaries(codes, st.lists(codes, max_size=3), max_size=5)
AT = datetime(2026, 3, 1, tzinfo=UTC)


@given(words)
def test_a_slug_is_fit_for_an_address_and_stays_as_it_is(text: str) -> None:
    made = rules.slug(text)
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", made)
    assert len(made) <= 120
    assert rules.slug(made) == made


def test_slugs_keep_the_letters_of_europe_readable() -> None:
    assert rules.slug("Żółty ser, 200 g") == "zolty-ser-200-g"
    assert rules.slug("Große Öfen – ÆØÅ") == "grosse-ofen-aeoa"


@given(words, words)
def test_an_address_is_never_empty(name: str, code: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rules.address(name, code))


@given(st.from_regex(r"\A\d{7}\Z|\A\d{11,13}\Z", alphabet="0123456789"))
def test_a_gtin_is_read_whatever_its_length_and_its_check_digit_matters(digits: str) -> None:
    weighed = [int(digit) * (1, 3)[place % 2 == 0] for place, digit in enumerate(digits[::-1])]
    number = digits + str(-sum(weighed) % 10)
    read = rules.gtin(number)
    assert read is not None
    assert read.lstrip("0") == number.lstrip("0")
    assert len(read) == (13 if len(number) == 12 else len(number))
    assert rules.gtin(read) == read
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert rules.gtin(wrong) is None


def test_gtins_of_known_articles() -> None:
    """Source: the examples of GS1 for GTIN-8, 12, 13 and 14."""
    known = {"96385074": "96385074", "036000291452": "0036000291452", "4006381333931": "4006381333931"}
    assert {each: rules.gtin(each) for each in known} == known
    assert rules.gtin("10614141000415") == "10614141000415"


@given(words)
def test_a_gtin_is_digits_or_nothing(text: str) -> None:
    read = rules.gtin(text)
    assert read is None or re.fullmatch(r"[0-9]{8}|[0-9]{13,14}", read)


@given(st.sampled_from(["text", "number", "boolean", "choice"]), st.booleans() | st.integers() | st.floats() | words)
def test_an_attribute_takes_only_its_kind(kind: Any, value: Any) -> None:
    attribute = Attribute(code="x", name="X", kind=kind, choices=["red"] if kind == "choice" else [])
    fits = {
        "text": isinstance(value, str) and "\0" not in value,
        "number": isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 2**53,
        "boolean": isinstance(value, bool),
        "choice": value == "red",
    }
    assert (rules.misfit(attribute, value) is None) == fits[kind]


def closure(inside: dict[str, list[str]], start: str) -> set[str]:
    """List all that something holds, by going on until nothing is added."""
    found: set[str] = set()
    while True:
        more = {part for holder in (found or {start}) for part in inside.get(holder, [])} | found
        if more == found:
            return found
        found = more


@given(graphs, codes)
def test_a_circle_is_found_exactly_where_something_holds_itself(inside: dict[str, list[str]], start: str) -> None:
    way = rules.circle(start, inside)
    assert bool(way) == (start in closure(inside, start))
    if way:
        assert way[0] == way[-1] == start
        assert all(part in inside[holder] for holder, part in pairwise(way))


@given(trees, st.dictionaries(codes, st.none(), max_size=3))
def test_whatever_categories_are_given_what_is_taken_is_a_tree(
    given_: list[tuple[str, str | None]], present: dict[str, None]
) -> None:
    rows = [Category(code=code, name=code, parent=parent) for code, parent in given_]
    refused = rules.category_faults(rows, present)
    wrong = {each.row for each in refused}
    tree: dict[str, str | None] = {**present}
    tree |= {each.code: each.parent for row, each in enumerate(rows) if row not in wrong}
    for code in tree:
        here: str | None = code
        for _ in range(len(tree)):
            here = tree[here] if here is not None else None
        assert here is None
    assert [each.row for each in refused] == sorted(each.row for each in refused)


def test_a_refused_category_takes_those_inside_it_along_and_no_others() -> None:
    rows = [
        Category(code="fruit", name="Fruit", parent="nowhere"),
        Category(code="apples", name="Apples", parent="fruit"),
        Category(code="milk", name="Milk"),
        Category(code="Milk", name="Milk"),
    ]
    assert [(each.row, each.reason) for each in rules.category_faults(rows, {})] == [
        (0, "there is no category nowhere"),
        (1, "there is no category fruit"),
        (3, "the code has 1 to 60 lower-case letters, digits or hyphens"),
    ]


@given(st.lists(st.tuples(codes, st.lists(codes, max_size=3, unique=True)), max_size=6))
def test_whatever_bundles_are_given_nothing_comes_to_hold_itself(given_: list[tuple[str, list[str]]]) -> None:
    rows = [Bundle(sku=sku, components=[Component(sku=part) for part in parts]) for sku, parts in given_]
    wrong = {each.row for each in rules.bundle_faults(rows, set("abcde"), {})}
    inside = {each.sku: [part.sku for part in each.components] for row, each in enumerate(rows) if row not in wrong}
    assert not [sku for sku in inside if sku in closure(inside, sku)]


def test_a_bundle_of_what_does_not_exist_is_refused() -> None:
    rows = [Bundle(sku="A", components=[Component(sku="GONE")]), Bundle(sku="A", components=[Component(sku="B")])]
    assert [(each.row, each.reason) for each in rules.bundle_faults(rows, {"A", "B"}, {})] == [
        (0, "there is no sku GONE"),
        (1, "A comes twice"),
    ]


@given(st.text(max_size=70))
def test_only_keys_are_taken_as_codes(code: str) -> None:
    assert (rules.code_faults([code]) == []) == bool(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", code))


@given(st.text(max_size=25))
def test_only_keys_are_taken_as_channels(code: str) -> None:
    channel = Channel(code=code, name="x", kind="web", currency="PLN", country="PL")
    assert (rules.channel_faults([channel]) == []) == bool(re.fullmatch(r"[A-Z0-9][A-Z0-9-]{0,19}", code))


def test_a_channel_in_money_we_do_not_trade_in_is_refused() -> None:
    channel = Channel(code="X", name="x", kind="web", currency="XXX", country="PL")
    assert [each.reason for each in rules.channel_faults([channel, channel])] == [
        "XXX is not a currency we trade in",
        "XXX is not a currency we trade in",
    ]


@given(st.lists(st.sampled_from(["red", "green", "blue"]), unique=True), st.sampled_from(["text", "choice"]))
def test_choices_are_added_and_never_taken_away(choices: list[str], kind: Any) -> None:
    present = {"colour": Attribute(code="colour", name="Colour", kind="choice", choices=["red"])}
    row = Attribute(code="colour", name="Colour", kind=kind, choices=choices)
    taken = rules.attribute_faults([row], present) == []
    assert taken == (kind == "choice" and "red" in choices)


def product(code: str = "TEA", **values: Any) -> Product:
    return rules.settled(Product(**{"code": code, "name": "Tea", **values}))


def test_settling_fills_in_addresses_and_article_numbers() -> None:
    made = product(
        variants=[Variant(sku="T1", gtin="0 36000 29145-2"), Variant(sku="T2", gtin="wrong")],
        translations={"de": Words(name="Früchtetee")},
    )
    assert made.slug == "tea-tea"
    assert made.translations["de"].slug == "fruchtetee-tea"
    assert [each.gtin for each in made.variants] == ["0036000291452", "wrong"]


@given(st.lists(st.tuples(codes, st.lists(codes, max_size=3)), max_size=5))
def test_of_products_that_claim_the_same_sku_one_is_taken(given_: list[tuple[str, list[str]]]) -> None:
    rows = [product(code, variants=[Variant(sku=sku) for sku in skus]) for code, skus in given_]
    wrong = {each.row for each in rules.product_faults(rows, rules.Known())}
    taken = [each for row, each in enumerate(rows) if row not in wrong]
    skus = [variant.sku for each in taken for variant in each.variants]
    assert len(set(skus)) == len(skus)
    assert len({each.code for each in taken}) == len(taken)
    assert not rows or 0 not in wrong or len(set(given_[0][1])) < len(given_[0][1])


def test_each_refused_product_hears_its_own_reason() -> None:
    known = rules.Known(
        brands={"lipton"},
        categories={"drinks"},
        attributes={"weight": Attribute(code="weight", name="Weight", kind="number", unit="g")},
        claims=[Claim("sku", "TAKEN", "OTHER"), Claim("gtin", "4006381333931", "PEN"), Claim("slug", "tea-x", "X")],
    )
    cases = {
        "the code has 1 to 60 characters, no space at its ends": product(" TEA"),
        "it has no name": product(name=" "),
        "slug Tea!: lower-case letters, digits and single hyphens, up to 200": product(slug="Tea!"),
        "there is no brand nobody": product(brand="nobody"),
        "there is no category gone": product(categories=["drinks", "gone"]),
        "a category is named twice": product(categories=["drinks", "drinks"]),
        "there is no attribute age": product(attributes={"age": 3}),
        "weight takes a number of g": product(attributes={"weight": "heavy"}),
        "sku 'T 1': 1 to 40 letters, digits, dots, underscores or hyphens, a letter or digit first": product(
            variants=[Variant(sku="T 1")]
        ),
        "gtin 123: wrong length or check digit": product(variants=[Variant(sku="T1", gtin="123")]),
        "tax category 'Std': lower-case letters, digits and hyphens": product(
            variants=[Variant(sku="T1", tax_category="Std")]
        ),
        "weight_g 0: 1 to 100000000": product(variants=[Variant(sku="T1", weight_g=0)]),
        "sku TAKEN belongs to OTHER": product(variants=[Variant(sku="TAKEN")]),
        "gtin 4006381333931 belongs to PEN": product(variants=[Variant(sku="T1", gtin="4006381333931")]),
        "slug tea-x belongs to X": product(translations={"de": Words(name="Tee", slug="tea-x")}),
        "two of its variants have the same sku or gtin": product(variants=[Variant(sku="T1"), Variant(sku="T1")]),
    }
    for reason, row in cases.items():
        assert [each.reason for each in rules.product_faults([row], known)] == [reason]
    fine = product(
        brand="lipton", categories=["drinks"], attributes={"weight": 20.5}, variants=[Variant(sku="T1", weight_g=20)]
    )
    assert rules.product_faults([fine], known) == []


instants = st.none() | st.integers(-5, 5).map(lambda days: AT + timedelta(days=days))


@given(instants, instants)
def test_a_publication_ends_after_it_begins(from_at: datetime | None, until_at: datetime | None) -> None:
    row = Publication(product="TEA", channel="WEB", from_at=from_at, until_at=until_at)
    taken = rules.publication_faults([row], {"TEA"}, {"WEB"}) == []
    assert taken == (from_at is None or until_at is None or from_at < until_at)


def test_a_publication_of_nothing_or_nowhere_or_without_a_zone_is_refused() -> None:
    rows = [
        Publication(product="GONE", channel="WEB"),
        Publication(product="TEA", channel="GONE"),
        Publication(product="TEA", channel="WEB", from_at=AT.replace(tzinfo=None)),
    ]
    assert [each.reason for each in rules.publication_faults(rows, {"TEA"}, {"WEB"})] == [
        "there is no product GONE",
        "there is no channel GONE",
        "an instant needs its time zone",
    ]


@given(st.lists(st.integers(0, 2**128 - 1), unique=True, max_size=5), st.lists(st.integers(0, 9), max_size=3))
def test_uploaded_pictures_have_to_be_there_and_others_may_be_anywhere(uploaded: list[int], others: list[int]) -> None:
    digests = [f"{number:032x}" for number in uploaded]
    urls = [f"/media/{each}" for each in digests] + [f"https://img.example/{each}.jpg" for each in others]
    made = rules.settled(Product(code="TEA", name="Tea", media=[Media(url=url) for url in urls]))
    assert rules.pictures([made]) == frozenset(digests)
    assert rules.product_faults([made], rules.Known(pictures=digests)) == []
    for missing in digests:
        (refusal,) = rules.product_faults([made], rules.Known(pictures=set(digests) - {missing}))
        assert refusal.reason == f"there is no picture {missing}"
