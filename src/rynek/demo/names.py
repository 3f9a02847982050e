"""Names that people can read, from the abbreviations of a till system.

``FRZN MEAT/MEAT DINNERS`` becomes *Frozen meat dinners*, ``SW GDS:MUFFINS`` *Muffins* and ``APPLES GALA (BULK&BAG)``
*Gala apples*. The words are in ``words.toml``: whole names first, then the patterns here, then word by word.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from msgspec import Struct

Table = Literal["departments", "categories", "types"]
Rewrite = str | Callable[[re.Match[str]], str]

UNNAMED = "Miscellaneous"
_LONGEST = 120


class Size(Struct, frozen=True, gc=False):
    """How much one article holds.

    ``content`` is what one piece of it holds in ``unit``, and ``pieces`` how many of those are packed together
    (``3/6.75 OZ`` is 3 × 6.75 oz). ``content`` is None where the text gives none or a range; ``text`` is for people.
    """

    text: str
    content: Decimal | None = None
    unit: str | None = None
    pieces: int = 1


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))


@cache
def _proper() -> dict[str, str]:
    return {word.upper(): word for word in _words()["proper"]["words"].split()}


@cache
def readable(text: str | None, table: Table = "types") -> str:
    """Write a department, category or type of the data set for people; never empty, whatever comes in."""
    shouted = " ".join((text or "").split()).upper()
    # words.toml keeps the data set's own spelling, which has a double blank here and there
    known: str | None = _words()[table].get(text or "") or _words()[table].get(shouted)
    return known or _sentence(_spelled(_rewritten(shouted))) or UNNAMED


_INVERTED = (
    "APPLES|BEANS|BREADS|CARROTS|CELERY|CHERRIES|GRAPES|MELONS|MUSHROOMS|NUTS|ONIONS|ORANGES|ORGANIC FRUIT|"
    "PEARS|PEPPERS|POTATOES|SQUASH|TANGERINES|TOMATOES|MARGARINES|MACARONI|PLUMS|PEACHES|NECTARINES"
)


def _headed(match: re.Match[str]) -> str:
    """Put what stands before a colon or dash where people expect it."""
    head, rest = match["head"].strip(), match["rest"].strip()
    pattern: str | None = _words()["heads"].get(head)
    if pattern is None:
        return f"{head} {rest}" if match["mark"] == "-" else f"{head}, {rest}"
    return pattern.upper().format(rest) if rest else head


_PATTERNS: list[tuple[re.Pattern[str], Rewrite]] = [
    (re.compile(pattern), rewrite)
    for pattern, rewrite in (
        (r"^(.*(?:JUICE|NECTARS|DRINKS).*?) *\((?:O|OV|OVE|OVER(?: 5.*)?)$", r"\1, OVER 50 % JUICE"),
        (r"^(.*(?:JUICE|NECTARS|DRINKS|JCE).*?) *\(OVER (\d+)%.*$", r"\1, OVER \2 % JUICE"),
        (r"^(.*(?:JUICE|NECTARS|DRINKS).*?) *\((?:5|50|50% (?:A|AND).*|U|UN|UND.*)$", r"\1, UP TO 50 % JUICE"),
        (r"^(.*(?:JUICE|JCE).*?) *\(UNDER (\d+)%.*$", r"\1, UNDER \2 % JUICE"),
        (r" *\(42 U.*$| *<=.*$", ", LOW PROOF"),
        (r" *\((?:BULK|NON.ROSE|PKGD|EX:|EXCEPT|INCLUD|NOT LIF)[^)]*\)?", ""),
        (r"\([^)]*$", ""),
        (r" *\(\W*([^()]*?)\W*\)", r", \1"),
        (r"^SEAFOOD-FRE-(.*)$", r"FRESH \1 SEAFOOD"),
        (r"^SEAFOOD-FRZ-(.*)$", r"FROZEN \1 SEAFOOD"),
        (r"^(SEAFOOD|MEAT)-MISC-(?:MISC$)?", r"\1 "),
        (r"(SHRIMP|FILLETS|FINFISH-OTHER|SALMON|CATFISH|OYSTERS-RAW|SHLFSH-OTHER) SEAFOOD$", r"\1"),
        (r"-RW(?:-ALL)?\b", ", RW"),
        (r"\bX-LARGE", "EXTRA LARGE"),
        (r"(?<=\w)-MAGAZINE$", " MAGAZINE"),
        (r"\bW/O\b *", "WITHOUT "),
        (r"\bW/ ?(?=\w)", "WITH "),
        (r"\bN/", "NON-"),
        (r"&", " & "),
        (rf"^({_INVERTED}) (?!&|W/)([A-Z ]+?)(?= ?,|$)", r"\2 \1"),
        (r"^(?P<head>[^:,]{2,24}?) ?(?P<mark>:) ?(?P<rest>.*)$", _headed),
        (r"^(?P<head>[^,]{2,24}?) +(?P<mark>-) *(?P<rest>.*)$", _headed),
        (r"^(?P<head>NUT SUPP)(?P<mark>-)(?P<rest>.*)$", _headed),
        (r"\b(CHILDREN|WOMEN|MEN) S\b", r"\1'S"),
    )
]


def _rewritten(shouted: str) -> str:
    for pattern, rewrite in _PATTERNS:
        shouted = pattern.sub(rewrite, shouted).strip()
    return shouted


_TOKEN = re.compile(r"\d+\.\d+|[^\W_][\w']*|[&,:%()-]")
_COMPOUND = re.compile(
    r"\b(NON|BONE|READY|TO|PRE|MULTI|ROLL|ANTI|MAKE|SELF|BI|RIDE|T|PUSH|POST|STIR|BROCCO|IN(?=-STORE)|BY(?=-PROD))-(?=\w)"
)


def _spelled(text: str) -> str:
    """Spell every word out; slashes make a list: ``HAND/BODY/FACIAL`` is *hand, body & facial*."""
    # a hyphen stays in a compound (non-dairy) and otherwise only separates
    text = _COMPOUND.sub("\\1~", text.replace("~", " ")).replace("-", " ").replace("~", "-")
    line = ", ".join(filter(None, (_listed(part) for part in text.split(", "))))
    return re.sub(r"\b(\w+)( \1\b)+", r"\1", line)


def _listed(text: str) -> str:
    things = [thing for thing in (_plain(part) for part in text.split("/")) if thing]
    if len(things) < 2 or "&" in text:
        return ", ".join(things)
    return f"{', '.join(things[:-1])} & {things[-1]}"


def _plain(text: str) -> str:
    line = " ".join(filter(None, (_word(token) for token in _TOKEN.findall(text))))
    line = re.sub(r" ?- ?", "-", line).replace("( ", "(")
    return re.sub(r" ([,:)])", r"\1", line).strip(" ,&:-")


def _word(token: str) -> str:
    word: str | None = _words()["words"].get(token)
    if word is not None:
        return word
    return _proper().get(token) or (token.lower() if token.isascii() else "")


def _sentence(line: str) -> str:
    line = " ".join(line.split())[:_LONGEST].strip(" ,&:.-/")
    return line[:1].upper() + line[1:]


_MEATS = {"BEEF", "CHICKEN", "LAMB", "PORK", "TURKEY", "VEAL"}


@cache
def _vague() -> frozenset[str]:
    return frozenset(word.strip() for word in _words()["vague"]["types"].split(";"))


@cache
def title(category: str | None, kind: str | None) -> str:
    """Call an article by its type, with its category where the type alone says little: *Pork, loin roast*."""
    if kind is None:
        return readable(category, "categories")
    name = readable(kind)
    cut = category in _MEATS and category.lower() not in name.lower()
    if category is None or not (cut or kind in _vague()):
        return name
    capital = name[1:2].isupper() or name.split()[0].upper() in _proper()
    return f"{readable(category, 'categories')}, {name if capital else name[:1].lower() + name[1:]}"


# What units the sizes come in, and how many of our unit one of them is.
_UNITS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(("OZ", "OZS", "Z", "O"), ("oz", 1)),
    "FL OZ": ("fl oz", 1),
    **dict.fromkeys(("LB", "LBS"), ("lb", 1)),
    **dict.fromkeys(("GAL", "GA"), ("gal", 1)),
    "QT": ("qt", 1),
    **dict.fromkeys(("PT", "PTS"), ("pt", 1)),
    **dict.fromkeys(("L", "LT", "LTR", "LRT"), ("l", 1)),
    **dict.fromkeys(("ML", "MLL"), ("ml", 1)),
    **dict.fromkeys(("G", "GM", "GS"), ("g", 1)),
    **dict.fromkeys(("CT", "PC", "PCS", "PK", "PKS", "EA"), ("ct", 1)),
    **dict.fromkeys(("DZ", "DOZ", "DZN"), ("ct", 12)),
    "IN": ("in", 1),
    "FT": ("ft", 1),
    "YD": ("yd", 1),
    "CM": ("cm", 1),
    "MM": ("mm", 1),
    "SQ FT": ("sq ft", 1),
    "CU FT": ("cu ft", 1),
    **dict.fromkeys(("LOAD", "LOADS", "LD", "LDS"), ("loads", 1)),
    **dict.fromkeys(("STEM", "STEMS"), ("stems", 1)),
    **dict.fromkeys(("ROLL", "ROLLS"), ("rolls", 1)),
    **dict.fromkeys(("SHEET", "SHEETS"), ("sheets", 1)),
    **dict.fromkeys(("CUP", "CUPS", "CP"), ("cups", 1)),
    **dict.fromkeys(("DOSE", "DOSES"), ("doses", 1)),
    **dict.fromkeys(("USE", "USES"), ("uses", 1)),
}
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_NUMBER = r"\d{1,4} [1357]/(?:16|2|3|4|8)|[12]/3|1/2|[13]/4|[1357]/8|\d{0,6}\.?\d{1,6}"
# letters before the number are codes of the chain (N, AB, ALL), as are words after the unit (BTL, PET)
_ONE = (
    rf"(?:(?:[ABCDNPQRTL]{{1,4}}|ALL|EX)(?: [ABCD]){{0,2}} *(?=[\d.]))?(?P<number>{_NUMBER})[ _-]*(?P<unit>{_UNIT})\b"
)
_MANY = r"(?P<pieces>\d{1,4}) *(?P<mark>(?:PK|CT|PC|P|C)\b *[/-]? *|/ *)"
_SIZES = [
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"{_ONE} */? *\(?(?P<pieces>\d{{1,3}})(?: *(?P<mark>PK|CT|P|C)\b.*| *\))?$",
        rf"{_ONE}(?! *[X/-]? *[\d.])",
        rf"{_MANY}{_ONE}",
    )
]
_BARE = {"PT", "GAL", "QT", "LB", "L", "DZ", "DOZ", "DZN"}
_CODED = re.compile(r"(?:SCAN|KIOSK|GMT|MN\d|FNPK).*|(?:\d* *)(?:CTN|PCK|CELL PK|KIT|EACH|KIT/EACH)|PK|OZ|IN", re.ASCII)


@cache
def size(text: str | None) -> Size | None:
    """Read a package size such as ``12 OZ``, ``6/16.9 OZ`` or ``10 3/4 OZ``; None where nothing is to be read.

    ``8 CT/12 OZ`` is 12 oz in 8 pieces (hot dogs), ``6 PK/9 OZ`` may be either and therefore has no content.
    """
    shouted = re.sub(r"(?:^| )\d{6}(?= |$)", "", " ".join((text or "").upper().split())).strip().rstrip(".")
    if not shouted or _CODED.fullmatch(shouted):
        return None
    shouted = shouted.replace("HALF GAL", "1/2 GAL")
    for pattern in _SIZES:
        if match := pattern.match(f"1 {shouted}" if shouted in _BARE else shouted):
            return _sized(**{part: found for part, found in match.groupdict().items() if found})
    return Size(shouted.lower()[:20].strip())


_BULK = {"oz", "fl oz", "lb", "g", "ml"}


def _sized(number: str, unit: str, pieces: str = "1", mark: str = "/") -> Size:
    name, times = _UNITS[unit]
    content = _decimal(number) * times
    each = f"{number} {name}" if "/" in number and times == 1 else f"{content:f} {name}"
    count = int(pieces)
    if not content or not count:
        return Size(each)
    if count == 1:
        return Size(each, content, name)
    counted = mark.startswith(("C", "PC"))
    if counted and name in _BULK:
        return Size(f"{each}, {count} ct", content, name)
    if counted or name == "ct" or (mark.startswith("P") and name in _BULK):
        return Size(f"{count} ct, {each}" if counted else f"{count} pk, {each}")
    return Size(f"{count} × {each}", content, name, count)


def _decimal(number: str) -> Decimal:
    whole, _, fraction = number.rpartition(" ")
    over, _, under = fraction.partition("/")
    exact = (Decimal(whole or 0) + Decimal(over) / Decimal(under or 1)).quantize(Decimal("0.0001"))
    return Decimal(f"{exact.normalize():f}")


_TOWN_STARTS = (
    "Alder Amber Ash Barley Birch Bramble Bright Brook Cedar Clover Copper Elder Elm Fern Field Fox "
    "Glen Hazel Heron Juniper Lark Linden Maple Meadow Moss Oak Quail Reed Rowan Stone Thistle Willow"
).split()
_TOWN_ENDS = "bend bridge brook bury combe cross dale ford gate hollow mere moor ridge stead wick".split()
_FIRST_NAMES = (
    "Ada Alex Amira Ari Bao Beth Blair Carmen Casey Chris Dana Devi Eden Elio Emery Farah Finn Gita Hana Hugo Imani "
    "Indra Jae Jamie Jordan Kai Kim Lee Lena Luca Mai Marin Milo Nadia Nico Nour Omar Pat Paz Quinn Rae Rami Remy "
    "Robin Sacha Sam Sasha Sidney Tao Teo Uma Val"
).split()


def town(number: int) -> str:
    """Make a town up; the first 480 numbers have different ones. Likeness to a real place is chance."""
    start, end = _TOWN_STARTS[number % 32], _TOWN_ENDS[number // 32 % 15 - number % 32 % 15]
    return start + end


def person(number: int) -> str:
    """Make a person up; the first 23,400 numbers have different ones. The surnames are not anybody's."""
    first, surname = number % 52, number // 52
    return f"{_FIRST_NAMES[first]} {town((surname + first * 37) % 480)}"


def slug(name: str) -> str:
    """Write a name for an address: lower-case ASCII letters, digits and single hyphens; ``x`` when nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "x"
