"""How cells are read and written, what a file is, and what becomes of a row: pure."""

import codecs
import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from rynek.integration.exchange.model import Column, Encoding

_DANGEROUS = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
"""What formulas begin with; the last four are wide signs, which some languages' spreadsheets take for the same."""
_ESCAPED = (*_DANGEROUS, "'")
_EMPTY = re.compile(r"\\+-")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}( \d{3})+(\.\d*)?")
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})
_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_YES = {"true", "1", "yes", "y", "tak", "t", "prawda", "x"}
_NO = {"false", "0", "no", "n", "nie", "f", "fałsz"}
_LARGEST_PLACES = 30
GONE: Any = type("Gone", (), {"__repr__": lambda _: "GONE"})()
"""A value that is taken out."""
# ą, ł, ż, ź, ś and their capitals beside a letter: in Windows-1252 they would be signs that stand in no word
_CENTRAL = re.compile(rb"[A-Za-z][\xb9\xb3\xbf\x9f\x9c\xea\xe6]|[\xa5\xa3\xaf\x8f\x8c\xb3\xbf\x9f\x9c][a-z]")
# à, å, è, ø, ù, û, ÿ: in Windows-1250 they would be letters of other languages
_WESTERN = re.compile(rb"[\xe0\xe5\xe8\xf8\xf9\xfb\xff]")
_NAMES = {
    "name": "nazwa|title|tytuł|nazwa produktu|product name|produkt",
    "code": "kod|symbol|indeks|numer|product code|kod produktu",
    "description": "opis",
    "brand": "marka|producent|manufacturer",
    "categories": "kategoria|kategorie|category",
    "slug": "adres|url key",
    "sku": "indeks|symbol|kod towaru|item|variant",
    "gtin": "ean|kod kreskowy|barcode|upc",
    "weight_g": "waga|waga g|weight|masa",
    "unit": "jednostka|jm|j m",
    "tax_category": "stawka|vat|kategoria vat|tax",
    "amount": "cena|price|kwota|cena brutto|koszt|cost",
    "list": "cennik|price list",
    "minimum": "od ilości|ilość od|from quantity",
    "from_at": "od|ważne od|valid from|from",
    "until_at": "do|ważne do|valid until|until|to",
    "location": "magazyn|lokalizacja|sklep|warehouse|store",
    "counted": "stan|ilość|quantity|stock|policzono",
    "units": "ilość|sztuk|quantity",
    "channel": "kanał",
    "product": "produkt|kod produktu|product code",
    "parent": "nadrzędna|rodzic",
    "position": "kolejność|pozycja|order",
    "currency": "waluta",
    "country": "kraj",
    "active": "aktywny|aktywna|czynny",
    "rate_bp": "stawka|rate",
    "label": "etykieta|nazwa stawki",
    "customer": "klient|id klienta",
    "price_group": "grupa cenowa|group",
    "kind": "rodzaj|typ|type",
    "quantity": "ilość",
    "priority": "priorytet",
    "rank": "kolejność|order",
    "choices": "wartości|values",
}


class Unreadable(ValueError):  # noqa: N818 - what the cell is
    """A cell that is not what its column holds; the message says what it holds, and how to write it."""


# --- cells ------------------------------------------------------------------------------------------------------------


def neutral(text: str) -> str:
    """Write a text so that no spreadsheet takes it for a formula: ``'=1+1`` shows as what it is.

    Source: OWASP, CSV Injection.
    """
    return f"'{text}" if text.startswith(_ESCAPED) else text


def natural(text: str) -> str:
    """Read a text that was written so."""
    return text[1:] if text.startswith("'") and text.startswith(_ESCAPED, 1) else text


def packed(values: Iterable[str]) -> str:
    """Write several texts into one cell: ``a|b``; a bar, a backslash or nothing among them is marked by a backslash."""
    return "|".join(each.replace("\\", "\\\\").replace("|", "\\|") or "\\-" for each in values)


def unpacked(cell: str) -> list[str]:
    """Read several texts from one cell; an empty cell holds none."""
    if "\\" not in cell:
        return cell.split("|") if cell else []
    found, here, marked = [], "", False
    for sign in cell:
        if marked:
            here, marked = here + ("" if sign == "-" else sign), False
        elif sign == "\\":
            marked = True
        elif sign == "|":
            found.append(here)
            here = ""
        else:
            here += sign
    return [*found, here]


def emptied(text: str | None) -> str:
    """Write a text that may be none: nothing for none, a marked hyphen for one that is empty."""
    if text is None:
        return ""
    return f"\\{text}" if _EMPTY.fullmatch(text) else text or "\\-"


def unemptied(cell: str) -> str | None:
    """Read a text that may be none."""
    if not cell:
        return None
    return "" if cell == "\\-" else cell[1:] if _EMPTY.fullmatch(cell) else cell


def number(cell: Any, mark: str = ".") -> int | float:
    """Read a number; thousands may stand apart by spaces, or by whichever of ``.`` and ``,`` the decimals do not use.

    Raises:
        Unreadable: it is none.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53 else cell
    text = _plain(str(cell), mark)
    if not re.fullmatch(r"[+-]?\d+", text):
        return float(text)
    return int(text)


def _plain(cell: str, mark: str) -> str:
    """Write a number as programs do."""
    text = cell.translate(_SPACES).strip()
    other = "," if mark == "." else "."
    apart = re.fullmatch(rf"[+-]?\d{{1,3}}(\{other}\d{{3}})+(\{mark}\d*)?", text)
    if apart:
        text = text.replace(other, "")
    text = text.replace(mark, ".") if other not in text else ""
    if _GROUPED.fullmatch(text):
        text = text.replace(" ", "")
    if not _NUMBER.fullmatch(text) or len(text) > 60:
        raise Unreadable(f"it is no number; write it like {'1234.5' if mark == '.' else '1234,5'}")
    return text


def whole(cell: Any, mark: str = ".") -> int:
    """Read a whole number.

    Raises:
        Unreadable: it is none.
    """
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    text = repr(cell) if isinstance(cell, float) else _plain(str(cell), mark)
    try:
        exact = Decimal(text)
        if exact != exact.to_integral_value() or abs(exact.adjusted()) > _LARGEST_PLACES:
            raise Unreadable("it is no whole number; write digits only, like 1250")
    except InvalidOperation:
        raise Unreadable("it is no whole number; write digits only, like 1250") from None
    return int(exact)


def minor(cell: Any, exponent: int, mark: str = ".") -> int:
    """Read an amount of money as minor units.

    Raises:
        Unreadable: it is none, or has more decimals than its currency.
    """
    text = repr(cell) if isinstance(cell, (int, float)) else _plain(str(cell), mark)
    exact = Decimal(text).scaleb(exponent)
    if exact != exact.to_integral_value() or exact.adjusted() > _LARGEST_PLACES:
        raise Unreadable(f"an amount of this currency has up to {exponent} decimals")
    return int(exact)


def amount(minor_units: int, exponent: int, mark: str = ".") -> str:
    """Write minor units as an amount of money."""
    text = f"{Decimal(minor_units).scaleb(-exponent):.{exponent}f}"
    return text.replace(".", mark)


def yes(cell: Any) -> bool:
    """Read a yes or no, in English or Polish.

    Raises:
        Unreadable: it is neither.
    """
    if isinstance(cell, bool):
        return cell
    text = (repr(int(cell)) if isinstance(cell, (int, float)) else str(cell)).strip().casefold()
    if text not in _YES | _NO:
        raise Unreadable("write yes or no (true, false, tak, nie, 1, 0)")
    return text in _YES


def instant(cell: Any, zone: tzinfo = UTC, *, day_first: bool = True) -> datetime:
    """Read a point in time: ISO 8601, or a day with the year last; without a zone it is one of ``zone``.

    Raises:
        Unreadable: it is none.
    """
    try:
        found = cell if isinstance(cell, datetime) else _instant(str(cell).strip(), day_first=day_first)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable("it is no time; write it like 2026-01-31 or 2026-01-31T12:00:00Z") from None


def _instant(text: str, *, day_first: bool) -> datetime:
    found = _DAY.fullmatch(text)
    if found is None:
        return datetime.fromisoformat(text)
    first, second, year, hour, minute, second_s = (int(each) if each else 0 for each in found.groups())
    day, month = (first, second) if day_first else (second, first)
    return datetime(year, month, day, hour, minute, second_s)  # noqa: DTZ001 - the caller gives it its zone


# --- files ------------------------------------------------------------------------------------------------------------


def encoding(sample: bytes) -> Encoding:
    """Find out how a text is encoded, by its beginning.

    Of the one-byte encodings it is Windows-1250 where letters stand that Windows-1252 has no word with.
    """
    halves = [sample[begin:400:2] for begin in (0, 1)]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or any(each.count(0) > len(each) // 2 for each in halves):
        return "utf-16"
    if sample.startswith(b"\xef\xbb\xbf"):
        return "utf-8-bom"
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(sample)
    wrong = text.count("\ufffd")
    if wrong == 0 or sum(sign > "\x7f" for sign in text) > 5 * wrong:
        return "utf-8"
    central, western = (len(each.findall(sample)) for each in (_CENTRAL, _WESTERN))
    return "windows-1250" if central >= western else "windows-1252"


def delimiter(text: str) -> str:
    """Find out what stands between cells: what the first line has most of, outside quotes."""
    line = re.sub(r'"[^"]*"?', "", text.partition("\n")[0])
    return max(",;\t|", key=lambda sign: (line.count(sign), sign == ","))


def mark(cells: Iterable[str], otherwise: str = ".") -> str:
    """Find out what stands before decimals, by cells that should be numbers."""
    points = commas = 0
    for cell in cells:
        text = cell.translate(_SPACES).strip().replace(" ", "")
        commas += bool(re.fullmatch(r"[+-]?[\d.]*\d,\d{1,2}|[+-]?\d+,(\d{4,})|0,\d+", text))
        points += bool(re.fullmatch(r"[+-]?[\d,]*\d\.\d{1,2}|[+-]?\d+\.(\d{4,})|0\.\d+", text))
    if points == commas:
        return otherwise
    return "." if points > commas else ","


def plain(text: str) -> str:
    """Write a header so that those who mean the same are the same: ``Ważne OD:`` is ``wazne od``."""
    text = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return " ".join(re.findall(r"[a-z0-9*]+", text.encode("ascii", "ignore").decode()))


def proposed(header: Sequence[str], columns: Sequence[Column]) -> dict[str, str]:
    """Propose which column each header means, by its name in English or Polish; each column is proposed once."""
    exact = {each.name: each.name for each in columns if "*" not in each.name}
    named: dict[str, str] = {}
    for depth in range(4):
        for name in exact:
            if name.count(".") == depth:
                leaf = name.rpartition(".")[2]
                for word in (name, leaf, *_NAMES.get(leaf, "").split("|")):
                    named.setdefault(plain(word), name)
    found: dict[str, str] = {}
    for each in header:
        if (same := exact.get(each) or _open(each, columns)) and same not in found.values():
            found[each] = same
    for each in header:
        alike = named.get(plain(each))
        if each not in found and alike and alike not in found.values():
            found[each] = alike
    return {each: found[each] for each in header if each in found}


def _open(header: str, columns: Sequence[Column]) -> str | None:
    return header if any("*" in each.name and fits(each.name, header) for each in columns) else None


def fits(pattern: str, name: str) -> bool:
    """Tell whether a name is one of a column's: ``media.2.url`` of ``media.*.url``."""
    asked, given = pattern.split("."), name.split(".")
    return len(asked) == len(given) and all(
        each == part or (each == "*" and part) for each, part in zip(asked, given, strict=True)
    )


# --- things -----------------------------------------------------------------------------------------------------------


def put(thing: dict[str, Any], path: Sequence[str | int], value: Any) -> None:
    """Set a value in a thing where a path leads; what is on the way and not there is made.

    Args:
        value: ``GONE`` takes it out.
    """
    if len(path) == 1 and value is not GONE:  # most are so
        thing[str(path[0])] = value
        return
    place: Any = thing
    for step, following in itertools.pairwise(path):
        if isinstance(step, int):
            place.extend({} for _ in range(step + 1 - len(place)))
        elif place.get(step) is None:
            place[step] = [] if isinstance(following, int) else {}
        place = place[step]
    if value is GONE:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value


def tidied(thing: Mapping[str, Any]) -> dict[str, Any]:
    """Take out of a thing's lists and maps the elements that were emptied."""
    found: dict[str, Any] = {}
    for name, value in thing.items():
        if isinstance(value, dict):
            found[name] = {key: each for key, each in value.items() if each != {}}
        elif isinstance(value, list):
            found[name] = [each for each in value if each != {}]
        else:
            found[name] = value
    return found


def merged(before: Any, after: Any, now: Any, by: str | None = None) -> tuple[Any, list[str]]:
    """Take back what changed something from ``before`` to ``after``, where it is still so ``now``.

    Args:
        by: what tells the elements of lists of things apart; None: a list is one value.

    Returns:
        What it should be, and the names of what somebody has changed since, which stays as it is.
    """
    if now == before or before == after:  # noqa: PLR1714 - any of them may be unhashable
        return now, []
    if now == after:
        return before, []
    if isinstance(before, dict) and isinstance(after, dict) and isinstance(now, dict):
        return _merged(before, after, now, by)
    if by and _keyed(before, by) and _keyed(after, by) and _keyed(now, by):
        keyed = [{each[by]: each for each in value} for value in (before, after, now)]
        found, since = _merged(keyed[0], keyed[1], keyed[2], by)
        order = [*dict.fromkeys([*keyed[0], *keyed[2]])]
        return [found[key] for key in order if key in found], since
    return now, [""]


def _keyed(value: Any, by: str) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) and by in each for each in value)


def _merged(
    before: dict[str, Any], after: dict[str, Any], now: dict[str, Any], by: str | None
) -> tuple[dict[str, Any], list[str]]:
    missing = object()
    found, since = {}, []
    for name in dict.fromkeys([*now, *before, *after]):
        was, did, here = (each.get(name, missing) for each in (before, after, now))
        value, changed = merged(was, did, here, by)
        if value is not missing:
            found[name] = value
        since += [f"{name}.{each}".rstrip(".") for each in changed]
    return found, since


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Tell what differs between two flat rows: each name with what it was and is; None where there is nothing."""
    return {
        name: (before.get(name), after.get(name))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    }


def paced(done: int, total: int, seconds: float) -> tuple[float, float | None]:
    """Tell how many rows a second were done, and in how many seconds the rest will be; None: nobody knows yet."""
    per_s = done / seconds if seconds > 0.001 else 0.0
    return per_s, max(0, total - done) / per_s if per_s and total else None
