"""What the chain sells: articles and their tree of categories, from the rows of the product list."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from statistics import median_low
from typing import Literal, NamedTuple

from msgspec import Struct

from rynek.demo import dirt, names
from rynek.demo.dirt import Nature


class Row(NamedTuple):
    """A row of the product list, as it is spelled there; an article that is not on it has no department."""

    product_id: int
    manufacturer_id: int | None = None
    department: str | None = None
    brand: str | None = None
    product_category: str | None = None
    product_type: str | None = None
    package_size: str | None = None


Tax = Literal["food", "prepared", "alcohol", "tobacco", "fuel", "medicine", "print", "none", "standard"]


class Category(Struct, frozen=True, gc=False):
    """A node of the tree department → category → type; ``code`` is the path of slugs."""

    code: str
    name: str
    parent: str | None


class Article(Struct, frozen=True, gc=False):
    """What is sold under one product id.

    ``price`` is the usual list price of one piece (of a gallon, for fuel) in cents: the median over the year's lines,
    or over what its category sells for where ``sold`` is 0. ``maker`` is the manufacturer's number in the data set.
    ``size`` is what a shopper buys; ``case`` is what the shop receives, where the data set gives that instead.
    """

    sku: str
    name: str
    slug: str
    category: str
    brand: str
    maker: int | None
    own_label: bool
    size: names.Size | None
    case: names.Size | None
    nature: Nature
    tax: Tax
    price: int
    sold: int

    @property
    def listed(self) -> bool:
        """Whether the product list has it; 17 articles were sold that it does not have."""
        return self.nature != "unlisted"


@cache
def _nature(department: str | None, category: str | None, kind: str | None, size: str | None) -> Nature:
    return dirt.nature_of(department, category, kind, size) if department else "unlisted"


def nature_of(row: Row) -> Nature:
    """Tell what an article is, also for one that is not on the product list."""
    return _nature(row.department, row.product_category, row.product_type, row.package_size)


@cache
def _path(department: str | None, category: str | None, kind: str | None) -> tuple[Category, ...]:
    """The nodes from department to type, as far as they are given."""
    found = [names.readable(department, "departments") if department else "Unlisted"]
    if category is not None:
        found.append(names.readable(category, "categories"))
    if kind is not None:
        found.append(names.readable(kind))
    codes = ["/".join(map(names.slug, found[: depth + 1])) for depth in range(len(found))]
    return tuple(map(Category, codes, found, [None, *codes]))


def tree(rows: Iterable[Row]) -> list[Category]:
    """Give the categories that articles are in, parents first."""
    paths = {_path(row.department, row.product_category, row.product_type) for row in rows}
    return sorted({node for path in paths for node in path}, key=lambda node: (node.code.count("/"), node.code))


@cache
def _called(department: str, category: str | None, kind: str | None, size: str | None) -> str:
    if category is None and kind is None:
        title = names.readable(department, "departments")
    else:
        title = names.title(category, kind)
    shown = None if dirt.is_case(department, size) else names.size(size)
    return f"{title} {shown.text}" if shown else title


_slug = cache(names.slug)


def article(row: Row, price: int, sold: int, seen: dict[str, int]) -> Article:
    """Make an article of a row; ``seen`` counts the names given so far, so that each is given once."""
    nature, own = nature_of(row), row.brand == "Private"
    brand = "House brand" if own else f"Maker {row.manufacturer_id}" if row.department else ""
    if row.department:
        called = _called(row.department, row.product_category, row.product_type, row.package_size)
        name = f"{called} – {brand}"
    else:
        name = called = f"Unlisted article {row.product_id}" if price else f"Coupon slip {row.product_id}"
    # the data set has no flavours: articles that differ in nothing it tells are numbered
    seen[name] = variety = seen.get(name, 0) + 1
    size, case = names.size(row.package_size), dirt.is_case(row.department, row.package_size)
    return Article(
        sku=str(row.product_id),
        name=f"{name}, variety {variety}" if variety > 1 else name,
        slug=f"{_slug(called)}-{_slug(brand)}-{row.product_id}" if brand else _slug(called),
        category=_path(row.department, row.product_category, row.product_type)[-1].code,
        brand=brand,
        maker=row.manufacturer_id,
        own_label=own,
        size=None if case else size,
        case=size if case else None,
        nature=nature,
        tax=tax_of(row.department, row.product_category, nature),
        price=price,
        sold=sold,
    )


def guesses(rows: Iterable[Row], prices: Mapping[int, int | None]) -> Callable[[Row], int]:
    """Give a price for what was never sold: the median of its type, else of its category, department, or all."""
    groups: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
    for row in rows:
        if row.department and (price := prices.get(row.product_id)):
            for group in _groups(row):
                groups[group].append(price)
    medians = {group: median_low(found) for group, found in groups.items()}

    def guess(row: Row) -> int:
        # a slip for a coupon has no price
        return next((medians[group] for group in _groups(row) if group in medians), 0) if row.department else 0

    return guess


def _groups(row: Row) -> list[tuple[str | None, ...]]:
    whole = (row.department, row.product_category, row.product_type)
    return [whole[:depth] for depth in (3, 2, 1, 0)]


_PREPARED = {"CHEF SHOPPE", "RESTAURANT", "SALAD BAR"}
_PREPARED_CATEGORIES = {"COFFEE SHOP", "PREPARED FOOD", "SANDWICHES", "SERVICE BEVERAGE", "SUSHI"}
_FOOD = {
    "DELI",
    "FROZEN GROCERY",
    "GROCERY",
    "MEAT",
    "MEAT-PCKGD",
    "NUTRITION",
    "PASTRY",
    "PRODUCE",
    "SEAFOOD",
    "SEAFOOD-PCKGD",
    "TRAVEL & LEISURE",
}
_ALCOHOL = {"BEERS/ALES", "DOMESTIC WINE", "IMPORTED WINE", "LIQUOR", "MISC WINE"}
_TOBACCO = {"CIGARETTES", "CIGARS", "TOBACCO OTHER"}
_MEDICINE = {
    "ANALGESICS",
    "ANTACIDS",
    "COLD AND FLU",
    "LAXATIVES",
    "PHARMACY",
    "SINUS AND ALLERGY",
    "SMOKING CESSATIONS",
}
_PRINT = {"BOOKSTORE", "MAGAZINE", "NEWSPAPER"}
_DRUGSTORE_FOOD = {"BABY FOODS", "CANDY - CHECKLANE", "CANDY - PACKAGED", "INFANT FORMULA"}
_GROCERY_NOT_FOOD = {
    "AIR CARE",
    "BATH TISSUES",
    "BIRD SEED",
    "BLEACH",
    "CAT FOOD",
    "CAT LITTER",
    "DISHWASH DETERGENTS",
    "DOG FOODS",
    "FACIAL TISS/DNR NAPKIN",
    "FD WRAPS/BAGS/TRSH BG",
    "HOUSEHOLD CLEANG NEEDS",
    "LAUNDRY ADDITIVES",
    "LAUNDRY DETERGENTS",
    "NATURAL HBC",
    "NON EDIBLE PRODUCTS",
    "PAPER HOUSEWARES",
    "PAPER TOWELS",
    "PET CARE SUPPLIES",
    "PLASTIC HOUSEWARES",
    "SOAP - LIQUID & BAR",
}


@cache
def tax_of(department: str | None, category: str | None, nature: Nature) -> Tax:
    """Guess a tax category; the data set has none."""
    if nature in {"coupon", "deposit", "value"}:
        return "none"
    if nature == "fuel":
        return "fuel"
    special: list[tuple[set[str], Tax]] = [
        (_ALCOHOL, "alcohol"),
        (_TOBACCO, "tobacco"),
        (_MEDICINE, "medicine"),
        (_PRINT, "print"),
        (_PREPARED_CATEGORIES, "prepared"),
        (_DRUGSTORE_FOOD, "food"),
        (_GROCERY_NOT_FOOD, "standard"),
    ]
    found = next((tax for categories, tax in special if category in categories), None)
    return found or _tax_of_department(department, nature)


def _tax_of_department(department: str | None, nature: Nature) -> Tax:
    if department == "SPIRITS":
        return "alcohol"
    if department in _PREPARED:
        return "prepared"
    return "food" if department in _FOOD and nature in {"goods", "weighed"} else "standard"
