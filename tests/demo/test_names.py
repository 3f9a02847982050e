"""Names and sizes: readable where the data set is known, never empty and never an error whatever comes in."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.demo.names import Size, person, readable, size, slug, title, town

# what till systems write, and what they never should
till_text = st.text(alphabet="ABCDEFGHIKLMNOPRSTUVWXYZ0123456789 /&:-.,()%'*#$_~", max_size=40) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("FLUID MILK WHITE ONLY", "White milk"),
        ("APPLES GALA (BULK&BAG)", "Gala apples"),
        ("ONIONS YELLOW (BULK&BAG)", "Yellow onions"),
        ("SW GDS:DONUTS", "Donuts"),
        ("SFT DRNK 2 LITER BTL CARB INCL", "Soft drinks, 2 l bottle"),
        ("ORANGE JUICE  (OVER 50% JUICE)", "Orange juice, over 50 % juice"),
        ("APPLE JUICE & CIDER (50% AND U", "Apple juice & cider, up to 50 % juice"),
        ("BAGS/TAGS/TISSUE/BOXES", "Bags, tags, tissue & boxes"),
        ("FITNESS&HEALTH-MAGAZINE", "Fitness & health magazine"),
        ("NON DAIRY CREAMER: DRY", "Non dairy creamer, dry"),
        ("SEAFOOD-FRE-SALMON", "Fresh salmon"),
        ("LOREAL COSMETICS", "L'Oreal cosmetics"),
        ("TRADITIONAL VODKA(42 UNDER PRO", "Traditional vodka, low proof"),
        ("HAM - BONE-IN WHOLE", "Ham bone-in whole"),
        (None, "Miscellaneous"),
        ("", "Miscellaneous"),
        ("()", "Miscellaneous"),
    ],
)
def test_a_type_reads_well(raw: str | None, read: str) -> None:
    assert readable(raw) == read


def test_departments_and_categories_have_their_own_words() -> None:
    assert readable("DRUG GM", "departments") == "Drugstore & general merchandise"
    assert readable("FRZN MEAT/MEAT DINNERS", "categories") == "Frozen meat dinners"
    assert readable("COOKIES/CONES", "categories") == "Cookies & cones"


@pytest.mark.parametrize(
    ("category", "kind", "name"),
    [
        ("FLUID MILK PRODUCTS", "FLUID MILK WHITE ONLY", "White milk"),
        ("PORK", "LOIN - ROAST", "Pork, loin roast"),
        ("CHICKEN", "CHICKEN WINGS", "Chicken wings"),
        ("BEEF", "ANGUS", "Beef, Angus"),
        ("ICE CREAM/MILK/SHERBTS", "PREMIUM", "Ice cream & sherbets, premium"),
        ("EGGS", None, "Eggs"),
        (None, "BUTTER", "Butter"),
        (None, None, "Miscellaneous"),
    ],
)
def test_a_title_says_the_category_where_the_type_says_little(
    category: str | None, kind: str | None, name: str
) -> None:
    assert title(category, kind) == name


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("12 OZ", Size("12 oz", Decimal(12), "oz")),
        (".15 OZ", Size("0.15 oz", Decimal("0.15"), "oz")),
        ("10 3/4 OZ", Size("10 3/4 oz", Decimal("10.75"), "oz")),
        ("1/2 GAL", Size("1/2 gal", Decimal("0.5"), "gal")),
        ("HALF GAL", Size("1/2 gal", Decimal("0.5"), "gal")),
        ("GAL", Size("1 gal", Decimal(1), "gal")),
        ("3/6.75 OZ", Size("3 × 6.75 oz", Decimal("6.75"), "oz", 3)),
        ("24 PK/.5 L", Size("24 × 0.5 l", Decimal("0.5"), "l", 24)),
        ("8 CT/12 OZ", Size("12 oz, 8 ct", Decimal(12), "oz")),
        ("6 PK/9 OZ", Size("6 pk, 9 oz")),
        ("1 DZ", Size("12 ct", Decimal(12), "ct")),
        ("ABCD  8 OZ", Size("8 oz", Decimal(8), "oz")),
        ("P    12 OZ", Size("12 oz", Decimal(12), "oz")),
        ("46 OZ PET", Size("46 oz", Decimal(46), "oz")),
        ("14-16 OZ", Size("14-16 oz")),
        ("LARGE", Size("large")),
        ("985739  PK", None),
        ("CTN", None),
        ("", None),
        (None, None),
    ],
)
def test_a_size_is_read(raw: str | None, read: Size | None) -> None:
    assert size(raw) == read


@given(till_text | st.none(), st.sampled_from(["departments", "categories", "types"]))
def test_any_text_gives_a_tidy_name(raw: str | None, table: str) -> None:
    name = readable(raw, table)
    assert name
    assert name == name.strip()
    assert "  " not in name
    assert len(name) <= 120
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug(name))


@given(till_text | st.none(), till_text | st.none())
def test_any_two_texts_give_a_title(category: str | None, kind: str | None) -> None:
    assert title(category, kind).strip()


@given(till_text)
def test_any_size_is_read_or_left_and_content_is_positive(raw: str) -> None:
    found = size(raw)
    if found is not None:
        assert found.text.strip()
        assert (found.content is None) == (found.unit is None)
        assert found.content is None or found.content > 0
        assert found.pieces >= 1


@given(st.text())
def test_a_slug_is_an_address(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug(name))
    assert slug(slug(name)) == slug(name)


def test_made_up_towns_and_people_differ() -> None:
    assert len({town(number) for number in range(480)}) == 480
    assert len({person(number) for number in range(23_400)}) == 23_400
