"""Files, written row by row: in constant memory, and with nothing that a spreadsheet would take for a formula."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
import xlsxwriter

from rynek.integration.exchange import rules
from rynek.integration.exchange.columns import Form, Place
from rynek.integration.exchange.model import CODECS, DELIMITERS, MARKS, FileUnreadable, NewExport
from rynek.integration.exchange.things import Facts
from rynek.kernel.money import EXPONENTS

_LONGEST_CELL = 32_767
_ROWS = 1_048_576


class Writer(Protocol):
    """Takes things and makes a file of them."""

    def add(self, thing: Mapping[str, Any]) -> int:
        """Write a thing; gives how many rows that made."""

    def close(self) -> None:
        """Bring the file to its end."""


def open_names(form: Form, thing: Mapping[str, Any], found: dict[str, None]) -> None:
    """Note the names of open columns (``attribute.colour``, ``media.2.url``) that a thing has a value for."""
    for place in form.places:
        if "*" in place.column.name:
            for each in _parts(form, thing):
                for name, _ in _named(place, each):
                    found[name] = None


def _parts(form: Form, thing: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a thing once for each row that it takes: with the one part of that row."""
    parts = form.sheet.parts
    if parts is None or not thing.get(parts[0]):
        yield dict(thing)
        return
    for number, part in enumerate(thing[parts[0]]):
        yield {**thing, parts[0]: part, "": number}


def _named(place: Place, thing: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give the values of an open column with their names."""
    marks = place.column.name.split(".")

    def walk(value: Any, path: Sequence[str], said: list[str]) -> Iterator[tuple[list[str], Any]]:
        if not path:
            yield said, value
        elif path[0] == "*":
            for key in sorted(value or {}):
                yield from walk(value[key], path[1:], [*said, key])
        elif path[0] == "#":
            for number, each in enumerate(value or (), 1):
                yield from walk(each, path[1:], [*said, str(number)])
        elif isinstance(value, Mapping) and value.get(path[0]) is not None:
            yield from walk(value[path[0]], path[1:], said)

    for said, value in walk(thing, place.path, []):
        rest = iter(said)
        yield ".".join(next(rest) if each == "*" else each for each in marks), value


class Table:
    """Rows with the same columns: what CSV and XLSX have in common."""

    def __init__(self, form: Form, names: Sequence[str], known: Facts, mark: str) -> None:
        self.form = form
        self.names = names
        self.known = known
        self.mark = mark
        self.places = [(name, form.place(name)) for name in names]

    def rows(self, thing: Mapping[str, Any]) -> Iterator[list[Any]]:
        """Lay a thing out; of its parts only the first row repeats nothing, so each row has all of the thing's key."""
        for part in _parts(self.form, thing):
            yield [self._cell(name, place, part) for name, place in self.places]

    def _cell(self, name: str, place: Place, thing: Mapping[str, Any]) -> Any:
        value: Any = thing
        if "*" in place.column.name:
            value = dict(_named(place, thing)).get(name)
        else:
            for step in place.path:
                value = value.get(step) if isinstance(value, Mapping) else None
        return self._shown(place, value, thing)

    def _shown(self, place: Place, value: Any, thing: Mapping[str, Any]) -> Any:
        column = place.column
        if value is None:
            return ""
        if column.kind == "money":
            return rules.amount(value, self._exponent(thing), self.mark)
        if isinstance(value, bool):
            return "true" if value else "false"
        if column.many:
            value = rules.packed(value)
        elif column.kind == "json":
            value = msgspec.json.encode(value).decode()
        elif isinstance(value, str) and (place.nullable or column.kind == "value"):
            value = rules.emptied(value)
        return rules.neutral(value) if isinstance(value, str) else value

    def _exponent(self, thing: Mapping[str, Any]) -> int:
        asked = self.form.sheet.currency
        code = str(thing.get(asked[0])) if asked else ""
        return EXPONENTS.get(self.known.currencies.get(code, code), 2)


class Csv:
    """Writes CSV.

    Source: RFC 4180.
    """

    def __init__(self, path: Path, table: Table, wanted: NewExport) -> None:
        self.table = table
        self.file = path.open("w", encoding=CODECS[wanted.encoding], newline="")
        self.writer = csv.writer(self.file, delimiter=DELIMITERS[wanted.delimiter], lineterminator="\r\n")
        self.writer.writerow(table.names)

    def add(self, thing: Mapping[str, Any]) -> int:
        """Write a thing."""
        rows = [[self._text(cell) for cell in row] for row in self.table.rows(thing)]
        try:
            self.writer.writerows(rows)
        except UnicodeEncodeError as error:
            sign = error.object[error.start]
            raise FileUnreadable(f"{sign!r} cannot be written in this encoding; choose UTF-8") from None
        return len(rows)

    def _text(self, cell: Any) -> str:
        return repr(cell).replace(".", self.table.mark) if isinstance(cell, float) else str(cell)

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class Xlsx:
    """Writes a workbook, row by row; texts are texts, whatever they begin with."""

    def __init__(self, path: Path, table: Table) -> None:
        self.table = table
        self.book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False})
        self.sheet = self.book.add_worksheet(table.form.sheet.name[:31])
        self.row = 0
        self.sheet.freeze_panes(1, 0)
        self._write(list(table.names))

    def add(self, thing: Mapping[str, Any]) -> int:
        """Write a thing."""
        rows = list(self.table.rows(thing))
        for each in rows:
            self._write(each)
        return len(rows)

    def _write(self, cells: Sequence[Any]) -> None:
        if self.row >= _ROWS:
            raise FileUnreadable(f"a workbook holds {_ROWS} rows and there are more; choose CSV")
        for column, cell in enumerate(cells):
            if isinstance(cell, (int, float)) and abs(cell) < 10**15 and float(f"{cell:.16G}") == cell:
                self.sheet.write_number(self.row, column, cell)
            elif cell != "":
                text = str(cell)
                if len(text) > _LONGEST_CELL:
                    raise FileUnreadable(f"a cell of a workbook holds {_LONGEST_CELL} characters; choose CSV")
                self.sheet.write_string(self.row, column, text)
        self.row += 1

    def close(self) -> None:
        """Bring the workbook to its end."""
        self.book.close()


class Jsonl:
    """Writes JSON Lines: each thing whole.

    Source: jsonlines.org.
    """

    def __init__(self, path: Path, form: Form, names: Sequence[str]) -> None:
        self.file = path.open("wb")
        fields = [*form.group, *form.row.__struct_fields__]
        asked = {form.place(each).path[0] for each in names}
        self.fields = [each for each in fields if each in asked or not names]

    def add(self, thing: Mapping[str, Any]) -> int:
        """Write a thing."""
        self.file.write(msgspec.json.encode({name: thing[name] for name in self.fields if name in thing}) + b"\n")
        return 1

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def writer(path: Path, form: Form, wanted: NewExport, names: Sequence[str], known: Facts) -> Writer:
    """Begin a file."""
    if wanted.format == "jsonl":
        return Jsonl(path, form, names if wanted.columns else [])
    table = Table(form, names, known, MARKS[wanted.decimal if wanted.format == "csv" else "point"])
    return Csv(path, table, wanted) if wanted.format == "csv" else Xlsx(path, table)


def titles(form: Form, wanted: Sequence[str], found: Sequence[str]) -> list[str]:
    """Name the columns of a file: all that were asked for, and of open ones those that something has a value for."""
    names: list[str] = []
    for pattern in wanted or [each.column.name for each in form.places]:
        if "*" in pattern:
            place = form.place(pattern.replace("*", "1"))
            names += sorted((each for each in found if form.place(each) is place), key=_numbered)
        else:
            form.place(pattern)
            names.append(pattern)
    return list(dict.fromkeys(names))


def _numbered(name: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in name.split("."))
