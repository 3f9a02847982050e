"""How things look that nobody photographed, and what a buyer forgot to say: pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from math import log2
from typing import Annotated, Literal, cast

from msgspec import Meta, Struct

from rynek.commerce.orders import OrderLine

Shape = Literal[
    "bottle", "jug", "spray", "can", "carton", "jar", "tub", "bag", "sack", "box", "eggs", "loaf", "cheese", "tray",
    "roll", "tube", "fruit", "leaf", "flower", "card",
]  # fmt: skip

HUES = 14
STYLES = 3
_RIPE = (5, 11, 8, 1)
"""The hues that fruit has: red, yellow, green, orange."""
_GREEN = (0, 8)
_FRESH = {"leaf", "fruit"}
"""What is not packed."""
# in this order: what is told by a word of its own before what is told by where it usually is; English and Polish
_PACKED = """
flower: flower floral bouquet plant rose kwiat róża
card: card book magazine newspaper wrap frame gazeta książka
roll: tissue towel napkin toilet papier ręcznik
eggs: egg jajko jaja
tube: toothpaste lotion makeup cosmetic gel lip pasta-do-zębów krem
spray: cleaner cleaning window polish freshener
cheese: cheese ser sery
loaf: bread bun roll bagel cake muffin pastry pie donut tortilla hamburger dough chleb bułka ciasto pieczywo
bag: chip snack candy pretzel nut popcorn cookie cracker chipsy cukierki orzechy ciastka
box: cereal mix mixe pizza pasta noodle dinner entree meal waffle bar granola butter margarine płatki makaron masło
can: bean soup tuna can canned cola beer ale chili juice-concentrate zupa piwo puszka
jar: jam jelly salsa pickle relish mayonnaise honey olive mustard baby peanut preserve dżem miód ogórki
jug: milk bleach detergent laundry mleko płyn
tub: sherbet
carton: juice cream creamer buttermilk eggnog broth sok śmietana
tub: yogurt dip margarine sherbet sour cottage pudding ice-cream hummus jogurt serek lody
bottle: drink water soda bottle wine oil vinegar shampoo conditioner syrup ketchup dressing sauce isotonic
bottle: woda olej wino
tray: meat pork beef chicken turkey ham bacon sausage steak fish seafood shrimp deli lunch rib loin lunchmeat poultry
tray: mięso szynka kiełbasa kurczak ryba
sack: dog cat pet litter charcoal flour sugar rice coffee tea potato mąka cukier ryż kawa herbata ziemniaki
leaf: lettuce broccoli cauliflower herb cabbage spinach celery carrot salad onion corn vegetable sałata warzywo marchew
fruit: fruit apple lemon orange banana grape berry berrie strawberry melon tomato pepper avocado peach citru pear squash
fruit: mushroom tropical stone owoc jabłko cytryna banan pomidor produce
bag: salad frozen ice
"""
_SHAPES = [
    (line.partition(": ")[0], frozenset(line.partition(": ")[2].split())) for line in _PACKED.split("\n") if line
]
_WORD = re.compile(r"[a-ząćęłńóśźż]+")
_SIZE = re.compile(r"\b(\d+(?:[.,]\d+)?) ?(fl oz|oz|lb|kg|gal|qt|pt|g|ml|l|ct|pk|szt)\b", re.IGNORECASE)
_GRAMS = {
    "fl oz": 30, "oz": 28, "lb": 454, "kg": 1000, "gal": 3785, "qt": 946, "pt": 473, "g": 1, "ml": 1, "l": 1000,
    "ct": 60, "pk": 300, "szt": 60,
}  # fmt: skip
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LETTERS = 24


class Look(Struct, frozen=True):
    """How a thing is drawn: its packing, one of a few colours, the kind of its label, how large, what stands on it."""

    shape: Shape = "box"
    hue: Annotated[int, Meta(ge=0, lt=HUES)] = 0
    style: Annotated[int, Meta(ge=0, lt=STYLES)] = 0
    percent: Annotated[int, Meta(ge=50, le=110)] = 90
    brand: Annotated[str, Meta(max_length=LETTERS)] = ""
    size: Annotated[str, Meta(max_length=16)] = ""


def look(name: str, brand: str | None, category: str = "") -> Look:
    """Decide how a thing is drawn, by where it stands, its name and its maker; the same always looks the same.

    Args:
        category: codes of categories from the root down, joined by ``/``; nothing: it stands nowhere.
    """
    shape = _shape(name, category)
    told = brand or name.partition("–")[2].partition(",")[0]
    maker = " ".join("".join(letter for letter in told if letter.isprintable()).split())[:LETTERS].strip()
    size = _SIZE.search(name)
    said = size[0][:16] if size else ""
    return Look(cast("Shape", shape), _hue(shape, name, maker), _drawn(maker, STYLES), _percent(size), maker, said)


def _shape(name: str, category: str) -> str:
    """Tell the packing: by the narrowest category that tells one, by the name, else by the wider ones."""
    codes = category.lower().split("/")
    own = [each.removeprefix(f"{parent}-") for parent, each in zip(["", *codes], codes, strict=False)][::-1]
    fresh = codes[0] == "produce"
    for text in (*own[:1], name.partition("–")[0].lower(), *own[1:]):
        words = {found.removesuffix("s") for found in _WORD.findall(text)} | {*_WORD.findall(text)}
        for shape, telling in _SHAPES:
            if not words.isdisjoint(telling) and (shape in _FRESH or not fresh):
                return shape
    return "leaf" if fresh else "box"


def _hue(shape: str, name: str, maker: str) -> int:
    first = next(iter(_WORD.findall(name.lower())), "")
    match shape:
        case "fruit":
            return _RIPE[_drawn(first, len(_RIPE))]
        case "leaf":
            return _GREEN[_drawn(first, len(_GREEN))]
        case _:
            return _drawn(maker or first, HUES)


def _percent(size: "re.Match[str] | None") -> int:
    """Tell how large it is drawn: twice as much is a tenth larger, from two thirds to all of the room there is."""
    if size is None:
        return 90
    grams = float(size[1].replace(",", ".")[:9]) * _GRAMS[size[2].lower()]
    return round(min(110, max(66, 90 + 10 * log2(max(grams, 1) / 450))))


def _drawn(text: str, of: int) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=4).digest()) % of


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
