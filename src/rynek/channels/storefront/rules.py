"""How things look that nobody photographed, and what a buyer forgot to say: pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Literal, cast

from msgspec import Struct

from rynek.commerce.orders import OrderLine

Shape = Literal["bottle", "can", "carton", "jar", "bag", "box", "loaf", "tray", "fruit", "tube", "flower", "card"]

HUES = 10
_RIPE = (1, 5, 8)
"""The hues that fruit has: orange, red, green."""
_PACKED = """
flower: flower floral bouquet plant rose roses
card: card cards book books magazine newspaper wrap frames
tube: toothpaste lotion makeup cosmetic cosmetics gel lip
loaf: bread bun buns roll rolls bagel bagels cake cakes muffin muffins pastry pie pies donut donuts tortilla hamburger
carton: milk egg eggs juice juices cream creams creamer buttermilk eggnog
can: soup beans tuna can cans canned vegetables cola beer sauce tomatoes chili
jar: jam jelly salsa pickle pickles butter mayonnaise honey yogurt dip olives mustard baby
bottle: drink drinks water soda bottle wine oil vinegar shampoo conditioner syrup detergent cleaner dressing ketchup
tray: meat pork beef chicken turkey ham bacon sausage steak fish seafood shrimp deli lunchmeat ribs loin cheese
fruit: apple apples lemon lemons orange oranges banana bananas grape grapes berries strawberries melon melons tomato
fruit: onion onions potato potatoes pepper peppers lettuce carrots broccoli fruit fruits avocado peaches celery
bag: chips snack snacks candy chocolate coffee tea sugar flour rice salad salads pretzels popcorn nuts cookies
bag: dog cat pet frozen charcoal ice
"""
_SHAPES = [
    (line.partition(": ")[0], frozenset(line.partition(": ")[2].split())) for line in _PACKED.split("\n") if line
]
_WORD = re.compile(r"[a-ząćęłńóśźż]+")
_SIZE = re.compile(r"\b(\d+(?:[.,]\d+)? ?(?:fl oz|oz|lb|kg|g|ml|l|ct|pk|szt))\b", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Look(Struct, frozen=True):
    """How a thing is drawn: its packing, one of a few colours, and what stands on it."""

    shape: Shape
    hue: int
    label: str
    size: str


def look(name: str, brand: str | None) -> Look:
    """Decide how a thing is drawn, by its name and maker; the same always looks the same."""
    told = _WORD.findall(name.partition("–")[0].lower())
    shape = next((shape for shape, words in _SHAPES if not words.isdisjoint(told)), "box")
    first = told[0] if told else ""
    size = _SIZE.search(name)
    hue = _RIPE[_drawn(first, len(_RIPE))] if shape == "fruit" else _drawn(name.partition(",")[0], HUES)
    return Look(cast("Shape", shape), hue, initials(brand or ""), size[1] if size else "")


def _drawn(text: str, of: int) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=4).digest()) % of


def initials(brand: str) -> str:
    """Shorten a brand to what fits on a label: its words' first letters, or a number whole."""
    found = "".join(word if word.isdigit() else word[0].upper() for word in re.findall(r"\w+", brand))
    return found[:5]


def missing(given: Mapping[str, str], *, collected: bool = False) -> dict[str, str]:
    """Tell which fields of the checkout are not filled in as they have to be: ``missing`` or ``wrong`` by field.

    Args:
        collected: it is collected at a place, which is chosen instead of an address.
    """
    needed = ("email", "name", "point") if collected else ("email", "name", "street", "city", "postcode")
    amiss = {field: "missing" for field in needed if not given[field].strip()}
    if "email" not in amiss and not _EMAIL.fullmatch(given["email"].strip()):
        amiss["email"] = "wrong"
    if not collected and not re.fullmatch(r"[A-Z]{2}", given["country"].strip().upper()):
        amiss["country"] = "wrong"
    for field in ("delivery", "method"):
        if not given[field].strip():
            amiss[field] = "missing"
    vat = given.get("vat_id", "")
    if vat.strip() and vat_id(vat, given["country"]) is None:
        amiss["vat_id"] = "wrong"
    return amiss


def vat_id(text: str, country: str) -> str | None:
    """Write a VAT number as registers do, with its country (that of the address where none is named).

    None: it does not look like one.
    """
    found = re.sub(r"[\s.-]", "", text).upper()
    named = found if re.match(r"[A-Z]{2}", found) else country.strip().upper() + found
    return named if re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{2,13}", named) else None


def branch(paths: Mapping[str, str], code: str | None) -> set[str]:
    """Tell which categories of a tree are shown when one is chosen: the first row, the way to it, and what is in it.

    Args:
        paths: each category's codes from the root down, joined by ``/``.
        code: the chosen one; None for none.
    """
    way = paths.get(code or "", "").split("/")
    return {
        each for each, path in paths.items() if "/" not in path or path.rpartition("/")[0].split("/")[-1] in way
    }  # fmt: skip


# --- after the sale ---------------------------------------------------------------------------------------------------


def steps(state: str) -> list[tuple[str, str]]:
    """Say how far an order has come: each step with ``done``, ``now`` or nothing."""
    way = ("placed", "paid", "shipped")
    come = {"awaiting-payment": 1, "open": 2, "shipped": 3}.get(state)
    if come is None:
        return [("placed", "done"), ("cancelled", "gone")]
    return [(step, "done" if place < come else "now" if place == come else "") for place, step in enumerate(way)]


def waiting(lines: Iterable[OrderLine]) -> dict[int, int]:
    """Tell how many units of each line are still to leave; lines of which none are, are left out."""
    left = {line.line: line.quantity - line.cancelled - line.shipped for line in lines}
    return {line: units for line, units in left.items() if units > 0}


def difference(lines: Iterable[OrderLine], wanted: Mapping[int, int]) -> tuple[dict[int, int], dict[str, int]]:
    """Tell what is given up of which line and what is added of which item, when so many units are wanted of lines.

    Args:
        wanted: units by line; a line that is not named stays as it is.
    """
    of = list(lines)
    now, skus = waiting(of), {line.line: line.sku for line in of}
    fewer = {line: units - max(0, wanted[line]) for line, units in now.items() if wanted.get(line, units) < units}
    more: dict[str, int] = {}
    for line, units in now.items():
        if (added := wanted.get(line, units) - units) > 0:
            more[skus[line]] = more.get(skus[line], 0) + added
    return fewer, more


def spread(total: int, offered: Sequence[int]) -> list[int]:
    """Tell how much each purse pays of a total, in their order, none more than it has."""
    paid: list[int] = []
    for each in offered:
        paid.append(max(0, min(each, total - sum(paid))))
    return paid
