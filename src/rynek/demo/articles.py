"""What the chain sells: articles and their tree of categories, from the rows of the product list."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from statistics import median_low
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from rynek.demo import dirt, names
from rynek.demo.dirt import Nature

Row: TypeAlias = Mapping[str, Any]
"""A row of the product list; one with nothing but ``product_id`` is an article that is not on it."""

Tax = Literal["food", "prepared", "alcohol", "tobacco", "fuel", "medicine", "print", "none", "standard"]


class Category(Struct, frozen=True):
    """A node of the tree department → category → type; ``code`` is the path of slugs."""

    code: str
    name: str
    parent: str | None


class Article(Struct, frozen=True):
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


def nature_of(row: Row) -> Nature:
    """Tell what an article is, also for one that is not on the product list."""
    if row["department"] is None:
        return "unlisted"
    return dirt.nature_of(row["department"], row["product_category"], row["product_type"], row["package_size"])


def path(row: Row) -> list[str]:
    """The readable names of department, category and type, as far as they are given."""
    if row["department"] is None:
        return ["Unlisted"]
    path = [names.readable(row["department"], "departments")]
    if row["product_category"] is not None:
        path.append(names.readable(row["product_category"], "categories"))
    if row["product_type"] is not None:
        path.append(names.readable(row["product_type"]))
    return path


def article(row: Row, price: int, sold: int, seen: dict[str, int]) -> Article:
    """Make an article of a row; ``seen`` counts the names given so far, so that each is given once."""
    sku, maker, nature = str(row["product_id"]), row["manufacturer_id"], nature_of(row)
    own = row["brand"] == "Private"
    size = names.size(row["package_size"])
    case = size if dirt.is_case(row["department"] or "", row["package_size"]) else None
    called = _called(row, price, None if case else size)
    brand = "House brand" if own else f"Maker {maker}" if maker is not None else ""
    name = f"{called} – {brand}" if brand else called
    seen[name] += 1
    # the data set has no flavours: articles that differ in nothing it tells are numbered
    variety = f", variety {seen[name]}" if seen[name] > 1 else ""
    return Article(
        sku=sku,
        name=name + variety,
        slug=f"{names.slug(name)}-{sku}",
        category="/".join(map(names.slug, path(row))),
        brand=brand,
        maker=maker,
        own_label=own,
        size=None if case else size,
        case=case,
        nature=nature,
        tax=tax_of(row["department"], row["product_category"], nature),
        price=price,
        sold=sold,
    )


def _called(row: Row, price: int, size: names.Size | None) -> str:
    if row["department"] is None:
        return f"Unlisted article {row['product_id']}" if price else f"Coupon slip {row['product_id']}"
    if row["product_category"] is None and row["product_type"] is None:
        title = names.readable(row["department"], "departments")
    else:
        title = names.title(row["product_category"], row["product_type"])
    return f"{title} {size.text}" if size else title


def guesses(rows: Iterable[Row], prices: Mapping[int, int | None]) -> Callable[[Row], int]:
    """Give a price for what was never sold: the median of its type, else of its category, department, or all."""
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row in rows:
        if row["department"] is not None and (price := prices.get(row["product_id"])):
            for group in _groups(row):
                groups[group].append(price)
    medians = {group: median_low(found) for group, found in groups.items()}

    def guess(row: Row) -> int:
        # a slip for a coupon has no price
        return next((medians[group] for group in _groups(row) if group in medians), 0) if row["department"] else 0

    return guess


def _groups(row: Row) -> list[tuple[Any, ...]]:
    department, category, kind = row["department"], row["product_category"], row["product_type"]
    return [(department, category, kind), (department, category), (department,), ()]


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
