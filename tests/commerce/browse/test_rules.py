"""How products are shown, whatever they are."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce import media
from rynek.commerce.browse import rules
from rynek.commerce.browse.model import Rubric
from rynek.commerce.catalog import Attribute, Entry, Media, Translation, Variant
from rynek.commerce.pricing import Shown

AT = datetime(2026, 3, 1, tzinfo=UTC)
skus = st.sampled_from(["A", "B", "C"])
stock = st.dictionaries(skus, st.integers(0, 50))


def shown(sku: str, minor: int | None) -> Shown:
    return Shown(sku, minor, "PLN", "gross", "pcs", None, None, None)


@given(stock, st.lists(st.tuples(skus, st.integers(1, 9)), min_size=1, unique_by=lambda each: each[0]))
def test_so_many_bundles_can_be_bought_as_can_be_packed_and_no_more(
    units: dict[str, int], parts: list[tuple[str, int]]
) -> None:
    count = rules.available("BOX", units, {"BOX": parts})
    assert all(units.get(sku, 0) >= count * quantity for sku, quantity in parts)
    assert any(units.get(sku, 0) < (count + 1) * quantity for sku, quantity in parts)


@given(stock, skus)
def test_of_a_plain_item_what_lies_there_can_be_bought(units: dict[str, int], sku: str) -> None:
    assert rules.available(sku, units, {}) == units.get(sku, 0)


@given(st.none() | st.integers(0, 10**9))
def test_a_price_is_shown_where_there_is_one(minor: int | None) -> None:
    price = rules.price(shown("A", minor))
    assert (price.minor if price else None) == minor
    assert rules.price(None) is None


def entry(prices: list[int | None]) -> Entry:
    return Entry(
        id=UUID(int=1),
        code="TEA",
        name="Tea",
        description="Black",
        slug="tea-tea",
        archived=False,
        changed_at=AT,
        channels=[],
        attributes={"weight": 20, "gone": True},
        media=[Media(url="/b.jpg", position=2), Media(url="/a.jpg", alt="A tin", position=1)],
        translations={"de": Translation(name="Tee", description="Schwarz", slug="tee-tea")},
        variants=[Variant(sku=f"S{n}", attributes={"weight": n}) for n in range(len(prices))],
    )


def facts(prices: list[int | None]) -> rules.Facts:
    weight = Attribute(code="weight", name="Weight", kind="number", unit="g")
    return rules.Facts(
        {f"S{n}": shown(f"S{n}", minor) for n, minor in enumerate(prices)}, {"S0": 3, "S1": 4}, {}, {"weight": weight}
    )


@given(st.lists(st.none() | st.integers(0, 10**9), max_size=4))
def test_a_card_shows_the_cheapest_and_the_dearest(prices: list[int | None]) -> None:
    page = rules.detail(entry(prices), "Lipton", [Rubric("drinks", "Drinks", "drinks")], "pl", facts(prices))
    card = rules.card(page)
    known = sorted(minor for minor in prices if minor is not None)
    assert (card.price.minor if card.price else None) == (known[0] if known else None)
    assert card.dearest == (known[-1] if known and known[-1] != known[0] else None)
    assert card.available == sum([3, 4][: len(prices)])
    assert card.picture is not None
    assert (card.picture.url, card.picture.alt) == ("/a.jpg", "A tin")
    assert [each.sku for each in page.items] == card.skus


def test_a_page_speaks_the_channels_language_and_names_properties() -> None:
    german = rules.detail(entry([1]), None, [], "de", facts([1]))
    assert (german.name, german.description, german.slug) == ("Tee", "Schwarz", "tee-tea")
    other = rules.detail(entry([1]), None, [], "fr", facts([1]))
    assert (other.name, other.slug) == ("Tea", "tea-tea")
    assert [(each.name, each.value, each.unit) for each in other.properties] == [("Weight", 20, "g")]
    item = rules.item(entry([1]).variants[0], facts([1]))
    assert rules.properties({"weight": 0}, facts([1]).attributes) == item.properties


@given(st.integers(1, 4_000), st.integers(1, 4_000), st.integers(0, 100), st.integers(0, 100))
def test_an_uploaded_picture_brings_what_its_place_needs(width: int, height: int, x: int, y: int) -> None:
    digest = "0f343b0931126a20f133d67c2b018a3b"
    known = media.Picture(
        digest, f"/media/{digest}", "a.jpg", width, height, 1, "#aabbcc", x, y, {"pl": "Herbata"}, AT, 1
    )  # fmt: skip
    whole = rules.picture(Media(url=known.url, position=3), "pl", {digest: known})
    cut = rules.picture(Media(url=known.url, alt="Tea"), "pl", {digest: known}, "4x3")
    assert (whole.width, whole.height, whole.alt, whole.position) == (width, height, "Herbata", 3)
    assert (cut.alt, cut.alts, cut.colour) == ("Tea", {"pl": "Herbata"}, "#aabbcc")
    assert cut.width is not None
    assert cut.height is not None
    assert cut.width <= width
    assert cut.height <= height
    assert cut.url == cut.sources[-1].url
    assert all(f"-4x3-{x}-{y}" in each.url for each in cut.sources)
    elsewhere = rules.picture(Media(url="https://img.example/a.jpg", alt="Tea"), "pl", {digest: known})
    assert (elsewhere.url, elsewhere.alt, elsewhere.width, elsewhere.sources) == (
        "https://img.example/a.jpg", "Tea", None, [],
    )  # fmt: skip
