"""What the odd lines of a real till mean: each line of the year has exactly one kind, and nothing vanishes.

Two questions are answered here, both from the data set's own columns: what an article is (its *nature*, from the
product list) and what a line did (its *kind*, from the nature, the quantity and the money). ``docs/data.md`` has the
counts and the reasons.
"""

import re
from functools import cache
from typing import Literal, get_args

Nature = Literal["goods", "weighed", "fuel", "deposit", "service", "value", "keyed", "coupon", "unlisted"]
"""What an article is; ``value`` is stored value (gift and phone cards), ``keyed`` a department key of the till,
``unlisted`` an article that was sold but is not on the product list."""

Kind = Literal[
    "sale",
    "weighed",
    "fuel",
    "prepaid_fuel",
    "deposit",
    "service",
    "value",
    "keyed",
    "giveaway",
    "coupon",
    "void",
    "correction",
    "return",
]
"""What a line did."""

NATURES: tuple[Nature, ...] = get_args(Nature)
KINDS: tuple[Kind, ...] = get_args(Kind)

TILL_KINDS: dict[Kind, Kind] = {
    **{kind: kind for kind in KINDS},
    "prepaid_fuel": "fuel",
    "value": "service",
    "keyed": "service",
    "correction": "service",
}
"""What the POS operation calls them: it has one word for all that has no stock and is nothing of its own."""

_MOVES_STOCK: frozenset[Kind] = frozenset({"sale", "weighed", "giveaway", "return"})
_OWN_KIND: dict[Nature, Kind] = {"deposit": "deposit", "service": "service", "value": "value", "keyed": "keyed"}

_PHOTO = {"IN-STORE PHOTOFINISHING", "OVERNIGHT PHOTOFINISHING"}
_SERVICES = {
    "DONATIONS",
    "FTD SERVICE CHARGES",
    "MAGAZINE SUBSCRIPTIONS",
    "OUTGOING/INCOMING FTD",
    "TICKETS",
    "VIDEO RENTALS",
}
_CARDS = {"MMK DOWNLOAD", "PHONE CARDS", "PREPAID WIRELESS CARDS"}
_KEYS = {"COUPON", "COUPON/MISC ITEMS"}
_KEYED_TYPES = {"MISC SALES TRANS", "PEYTON/GM EXPENSE ITEMS"}

_BY_WEIGHT = {"MEAT", "SALAD BAR", "SEAFOOD"}
_WEIGHED_DELI = re.compile(r"BULK|PREPORTND$|PATES|SIDE DISHES \(HOT\)|ENTREES \(COLD\)|VALUE ADDED \(COLD\)")
_LOOSE_CATEGORIES = {"APPLES", "GRAPES", "ONIONS", "PEARS", "POTATOES", "SQUASH", "STONE FRUIT"}
_LOOSE_TYPES = {
    "ASPARAGUS",
    "CABBAGE",
    "CARROTS - BULK",
    "CHERRIES RANIER",
    "CHERRIES RED",
    "GARLIC WHOLE CLOVES",
    "INSTORE CUT FRUIT",
    "MELON HALVES/QUARTERS",
    "MUSHROOMS WHITE BULK",
    "ORGANIC APPLES",
    "PEARS ANJOU",
    "PEPPERS JALAPENO",
    "PEPPERS SERRANO",
    "SPINACH BULK",
    "TOMATOES VINE RIPE BULK",
}
_CASE_LB = 11
_POUNDS = re.compile(r"(\d+) *LB")


def nature_of(department: str, category: str | None, kind: str | None, size: str | None) -> Nature:
    """Tell what an article is, from its row on the product list (raw spelling of the data set)."""
    category, kind = category or "", kind or ""
    if department == "COUPON":
        return "coupon"
    if category in _KEYS or kind in _KEYED_TYPES:
        return _intangible(category, kind) or "keyed"
    return _intangible(category, kind) or ("weighed" if _is_weighed(department, category, kind, size) else "goods")


def _intangible(category: str, kind: str) -> Nature | None:
    if kind.startswith("GASOLINE"):
        return "fuel"
    if category == "BOTTLE DEPOSITS" or kind.startswith("CRV DEPOSIT"):
        return "deposit"
    if kind in _CARDS or "GIFT CARD" in kind:
        return "value"
    return "service" if kind in _SERVICES or category in _PHOTO else None


def _is_weighed(department: str, category: str, kind: str, size: str | None) -> bool:
    if department in _BY_WEIGHT:
        return size is None
    if department == "DELI":
        return size is None and bool(_WEIGHED_DELI.search(kind))
    if department not in {"PRODUCE", "TRAVEL & LEISURE"}:
        return False
    return kind in _LOOSE_TYPES or is_case(department, size) or (size is None and category in _LOOSE_CATEGORIES)


@cache
def is_case(department: str | None, size: str | None) -> bool:
    """Tell whether a size is that of the box which the shop receives (bananas, 40 lb), not of what a shopper buys."""
    pounds = _POUNDS.match(size or "")
    return department == "PRODUCE" and pounds is not None and int(pounds[1]) >= _CASE_LB


def kind_of(nature: Nature, quantity: int, amount: int, coupon: int) -> Kind:
    """Decide what a line did.

    It looks only at the nature, at whether the quantity is below 0, 0, 1 or more, and at whether there is money.

    Args:
        nature: what the line's article is.
        quantity: as in the data set; thousandths of a gallon for metered fuel.
        amount: what the shop receives for the line (sales_value), in cents.
        coupon: the manufacturer's coupon of the line (coupon_disc), in cents.
    """
    if quantity < 0 or amount < 0:
        return "return"
    if nature == "coupon":
        return "coupon"
    if quantity == 0:
        return _without_quantity(nature, amount, coupon)
    if nature == "fuel":
        return "prepaid_fuel" if quantity == 1 else "fuel"
    sold: Kind = "weighed" if nature == "weighed" else "sale"
    return _OWN_KIND.get(nature) or (sold if amount else "giveaway")


def _without_quantity(nature: Nature, amount: int, coupon: int) -> Kind:
    if amount:
        return "correction"
    # coupon slips have product ids that are on no product list; on a listed article the coupon outlived the voided sale
    return "coupon" if coupon or nature == "unlisted" else "void"


def stock_units(kind: Kind, quantity: int) -> int:
    """Tell how many units of its article a line takes from stock; negative when they come back.

    Weighed goods count by the piece or pack weighed, because the data set does not record weights. Fuel, services,
    cards, deposits, coupons, department keys, voids and corrections take nothing.
    """
    return quantity if kind in _MOVES_STOCK else 0
