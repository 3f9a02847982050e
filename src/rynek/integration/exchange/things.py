"""Rows of a file as things of the shop: cells read as their columns say, and laid over what there is."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from rynek.integration.exchange import rules
from rynek.integration.exchange.columns import Form, Place
from rynek.integration.exchange.model import MARKS, Column, Reading
from rynek.integration.exchange.reading import Line
from rynek.integration.exchange.rules import GONE, Unreadable
from rynek.kernel.money import EXPONENTS

Ask = Callable[..., Any]
Key = tuple[Any, ...]
Refusal = tuple[int, str, str, str]
"""Line, column, value, reason."""
_EXPONENT = 2
_SIGNS = re.compile(r"[,:;']")
_SHOWN = 200
_KINDS = {"number": "number", "boolean": "yes-no"}
_WHOLE = Column("", "json", many=False, needed=False, choices=[])


class Facts(Struct, frozen=True):
    """What cells are read by besides their columns: the kinds of attributes, the currencies of price lists."""

    kinds: Mapping[str, Mapping[str, str]] = {}
    currencies: Mapping[str, str] = {}


class Item(Struct):
    """What a file says of one thing: one line, or several where parts have lines of their own."""

    lines: list[Line]
    key: Key
    group: Key
    values: list[tuple[Sequence[str | int], Any]]
    parts: list[tuple[Any, list[tuple[Sequence[str | int], Any]]]] = field(default_factory=list)


class Said(Struct):
    """A line read: values by their place, and what is wrong with it."""

    line: Line
    values: list[tuple[Place, str, Any]]
    refused: list[Refusal]


async def facts(ask: Ask, form: Form) -> Facts:
    """Ask for what cells are read by."""
    kinds = {}
    for operation in set(form.sheet.kinds.values()):
        kinds[operation] = {each.code: each.kind for each in await ask(operation)}
    currencies = {}
    if form.sheet.currency and form.sheet.currency[1]:
        currencies = {each.code: each.currency for each in await ask(form.sheet.currency[1])}
    return Facts(kinds, currencies)


class Cells:
    """Reads cells of the columns of a sheet."""

    def __init__(self, form: Form, reading: Reading, known: Facts) -> None:
        self.form = form
        self.known = known
        self.mark = MARKS[reading.decimal or "point"]
        self.zone = ZoneInfo(reading.zone)
        self.day_first = reading.day_first
        self.escaped = reading.format != "jsonl"

    def read(self, place: Place, name: str, cell: Any, exponent: int = _EXPONENT) -> Any:
        """Read a cell; gives plain values, ``GONE`` for what is taken out.

        Raises:
            Unreadable: it is not what the column holds.
        """
        column = place.column
        if isinstance(cell, str):
            if self.escaped:
                cell = rules.natural(cell)
            if column.kind not in ("text", "value"):
                cell = cell.strip()
        if cell in (None, ""):
            return self._empty(place)
        match column.kind:
            case "text":
                return self._many(cell) if column.many else self._text(place, cell)
            case "value":
                return self._value(place, name, cell)
            case "json":
                return _json(cell)
            case "money":
                return rules.minor(cell, exponent, self.mark)
            case _:
                return self._plain(place, column.kind, cell)

    def _empty(self, place: Place) -> Any:
        parts = self.form.sheet.parts
        inside = parts is not None and len(place.path) > 1 and place.path[0] == parts[0] and place.otherwise is GONE
        if inside or "*" in place.path or "#" in place.path:
            return GONE
        if place.nullable:
            return None
        if place.column.needed or place.otherwise is GONE:
            raise Unreadable("it is needed and cannot be empty")
        return place.otherwise

    def _many(self, cell: Any) -> list[str]:
        if isinstance(cell, list):
            return [self._text(None, each) for each in cell]
        return rules.unpacked(str(cell))

    def _text(self, place: Place | None, cell: Any) -> Any:
        if isinstance(cell, (bool, dict, list)):
            raise Unreadable("it is no text")
        text = cell if isinstance(cell, str) else repr(cell)
        return rules.unemptied(text) if place is not None and place.nullable and self.escaped else text

    def _value(self, place: Place, name: str, cell: Any) -> Any:
        kind = self.known.kinds.get(place.kinds, {}).get(str(place.way(name)[-1]), "")
        if not self.escaped and isinstance(cell, (str, bool, int, float)):
            return cell
        if kind in _KINDS:
            return self._plain(place, _KINDS[kind], cell)
        return rules.unemptied(str(cell))

    def _plain(self, place: Place, kind: str, cell: Any) -> Any:
        match kind:
            case "whole":
                return rules.whole(cell, self.mark)
            case "number":
                return rules.number(cell, self.mark)
            case "yes-no":
                return rules.yes(cell)
            case "time":
                found = rules.instant(cell, self.zone, day_first=self.day_first)
                return msgspec.to_builtins(found)
            case "id":
                return _id(cell)
            case _:
                return _choice(cell, place.column.choices)


def _id(cell: Any) -> str:
    try:
        return str(UUID(str(cell)))
    except ValueError:
        raise Unreadable("it is no id; one looks like 0192f3c4-7b1e-7c3a-9b0e-3f6f2f1c9d10") from None


def _choice(cell: Any, choices: Sequence[str]) -> str:
    text = str(cell)
    found = [each for each in choices if each == text] or [
        each for each in choices if each.casefold() == text.casefold()
    ]
    if not found:
        raise Unreadable(f"it is none of {', '.join(choices)}")
    return found[0]


def _json(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    try:
        return msgspec.json.decode(cell)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"it is no JSON: {error}") from None


class Rows:
    """Reads the lines of a file as a mapping says."""

    def __init__(self, cells: Cells, header: Sequence[str], mapping: Mapping[str, str]) -> None:
        self.cells = cells
        self.form = cells.form
        self.header = header
        self.places = {each: (self.form.place(name), name) for each, name in mapping.items() if name}
        self.ordered = [(number, *self.places[each]) for number, each in enumerate(header) if each in self.places]
        fields = self.form.row.__struct_fields__
        self.whole = {each for each in fields if not any(place.path == (each,) for place in self.form.places)}
        self.ways = {name: place.way(name) for place, name in self.places.values() if "*" in place.column.name}
        parts = cells.form.sheet.parts
        self.parted = any(parts and place.path[:1] == parts[:1] for place, _ in self.places.values())
        self.defaults = {place.column.name: place.otherwise for place in self.form.places}

    def said(self, line: Line) -> Said:
        """Read one line."""
        found = Said(line, [], [])
        if line.fault:
            found.refused.append((line.number, "", "", line.fault))
            return found
        later = []
        for place, name, cell in self._cells(line, found):
            if place.column.kind == "money":
                later.append((place, name, cell))
            else:
                self._read(found, place, name, cell)
        for place, name, cell in later:
            self._read(found, place, name, cell, self._exponent(found))
        return found

    def _cells(self, line: Line, found: Said) -> Iterator[tuple[Place, str, Any]]:
        if not isinstance(line.cells, dict):
            cells = line.cells
            for number, place, name in self.ordered:
                yield place, name, cells[number]
            return
        for each, cell in line.cells.items():
            if each in self.places:
                yield (*self.places[each], cell)
            elif each in self.whole:
                found.values.append((_whole(each), each, cell))
            elif each not in self.header:
                found.refused.append((line.number, each[:_SHOWN], str(cell)[:_SHOWN], "there is no such column"))

    def _read(self, found: Said, place: Place, name: str, cell: Any, exponent: int = _EXPONENT) -> None:
        try:
            value = self.cells.read(place, name, cell, exponent)
            fold = self.form.sheet.folded.get(name)
            found.values.append((place, name, fold(value) if fold and isinstance(value, str) else value))
        except (Unreadable, ValueError, OverflowError) as error:
            found.refused.append((found.line.number, name, str("" if cell is None else cell)[:_SHOWN], str(error)))

    def _exponent(self, found: Said) -> int:
        asked = self.form.sheet.currency
        code = next((value for place, _, value in found.values if asked and place.column.name == asked[0]), None)
        currency = self.cells.known.currencies.get(str(code), str(code))
        return EXPONENTS.get(currency, _EXPONENT)

    def items(self, lines: Iterable[Line]) -> Iterator[Item | Said]:
        """Read lines as things; a line that cannot be taken comes by itself, and one whose key came before too."""
        parts = self.form.sheet.parts
        seen: dict[int, int] = {}
        item: Item | None = None
        for line in lines:
            said = self.said(line)
            self._keyless(said)
            if self.form.sheet.derived:
                self._derive(said)
            if said.refused:
                yield said
                continue
            key = self._key(said)
            if item is not None and item.key == key and parts:
                self._add(item, said)
                continue
            if item is not None:
                yield item
                item = None
            first = seen.setdefault(hash(key), line.number)
            if first != line.number:
                why = f"line {first} is of the same {' and '.join(self.form.sheet.key)}"
                more = "; put the rows of one thing one after the other" if parts else ""
                said.refused.append((line.number, self.form.sheet.key[0], str(key[0])[:_SHOWN], why + more))
                yield said
                continue
            group = tuple(self._value(said, each) for each in self.form.group)
            item = Item([], key, group, [])
            self._add(item, said)
        if item is not None:
            yield item

    def _keyless(self, said: Said) -> None:
        """Refuse a row that says something of a part and not of which: it would be lost without a word."""
        parts = self.form.sheet.parts
        if parts is None or not self.parted:
            return
        for place, _, value in said.values:
            if place.path == parts and value:
                return
        for place, name, value in said.values:
            if place.path[0] == parts[0] and len(place.path) > 1 and value not in (None, "", [], GONE, place.otherwise):
                key = next(each.column.name for each in self.form.places if each.path == parts)
                said.refused.append((said.line.number, key, "", f"it is needed, as the row has a {name}"))
                return

    def _derive(self, said: Said) -> None:
        """Give a row that names no key one that is made of what it says."""
        [key] = self.form.sheet.key
        if not self._value(said, key):
            rest = sorted((name, value) for _, name, value in said.values if name != key and value not in (None, GONE))
            made = str(uuid5(NAMESPACE_URL, f"{self.form.sheet.name} {msgspec.json.encode(rest).decode()}"))
            said.values = [each for each in said.values if each[1] != key] + [(self.form.place(key), key, made)]

    def _key(self, said: Said) -> Key:
        return tuple(self._value(said, each) for each in self.form.sheet.key)

    def _value(self, said: Said, column: str) -> Any:
        for place, name, value in said.values:
            if name == column or place.path == (column,):
                return tuple(value) if isinstance(value, list) else value
        otherwise = self.defaults.get(column)
        return None if otherwise is GONE else otherwise

    def _add(self, item: Item, said: Said) -> None:
        """Take a line's values: those of a part apart; of the thing's own the first line's count."""
        parts = self.form.sheet.parts
        part: list[tuple[Sequence[str | int], Any]] = []
        key = None
        for place, name, value in said.values:
            way = self.ways.get(name, place.path)
            if parts and place.path[0] == parts[0] and len(place.path) > 1:
                part.append((way[1:], value))
                if place.path == parts:
                    key = value
            elif not item.lines and not (len(way) == 1 and way[0] in self.form.group):
                item.values.append((way, value))
        item.lines.append(said.line)
        if key not in (None, "", GONE):
            item.parts.append((key, part))


def _whole(name: str) -> Place:
    return Place(_WHOLE, (name,), nullable=False, otherwise=GONE)


def overlaid(form: Form, item: Item, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Lay what a file says of a thing over what it is; what the file does not speak of stays."""
    thing = _copied(before or {})
    for way, value in item.values:
        rules.put(thing, way, value)
    if item.parts and form.sheet.parts:
        name, by = form.sheet.parts
        there = thing.setdefault(name, [])
        known = {each.get(by): each for each in there if isinstance(each, dict)}
        for key, values in item.parts:
            if key not in known:
                known[key] = {}
                there.append(known[key])
            for way, value in values:
                rules.put(known[key], way, value)
    return rules.tidied(thing)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def struct(form: Form, thing: Mapping[str, Any]) -> Struct:
    """Make what is written of a thing.

    Raises:
        msgspec.ValidationError: it is not sound; the message tells where.
    """
    return msgspec.convert(
        {name: value for name, value in thing.items() if name in form.row.__struct_fields__}, form.row
    )


def blamed(item: Item, rows: Rows, reason: str) -> Refusal:
    """Find the cell that a refusal of a whole row is about: the one whose value it names, else the row itself."""
    line = item.lines[0]
    words = f" {_SIGNS.sub(' ', reason)} "
    best = ("", "")
    for each in item.lines:
        for place, name, value in rows.said(each).values:
            shown = "|".join(map(str, value)) if isinstance(value, list) else str(value)
            named = f" {shown} " in words or (isinstance(value, list) and any(f" {one} " in words for one in value))
            leaf = place.path[-1]
            if (named or f"$.{leaf}" in reason or f".{leaf}`" in reason) and len(shown) > len(best[1]):
                best, line = (name, shown), each
    return line.number, best[0], best[1][:_SHOWN], reason[:1_000]
