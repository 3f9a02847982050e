"""The columns of a sheet, made from the types of the operations that read and write it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Meta, Struct
from msgspec import inspect as inspecting

from rynek.integration.exchange import rules
from rynek.integration.exchange.model import Column, ColumnUnknown, Kind
from rynek.kernel.operations import Operation, Registry
from rynek.kernel.sheets import Sheet

_MOST = 1_000
"""Rows that are written in one transaction, where the operation takes so many."""
_KINDS: dict[type, Kind] = {
    inspecting.StrType: "text", inspecting.IntType: "whole", inspecting.FloatType: "number",
    inspecting.BoolType: "yes-no", inspecting.DateType: "text", inspecting.DateTimeType: "time",
    inspecting.UUIDType: "id", inspecting.LiteralType: "choice",
}  # fmt: skip


class Place(Struct, frozen=True):
    """A column with the way to its value in a thing; ``*`` and ``#`` in the way are keys and numbers of its name."""

    column: Column
    path: tuple[str, ...]
    nullable: bool
    otherwise: Any
    """What an empty cell means; ``GONE``: the value is taken out."""
    kinds: str = ""
    """The operation that lists the kinds of the values of a map."""

    def way(self, name: str) -> tuple[str | int, ...]:
        """Give the way that a name of this column leads."""
        said = [part for part, asked in zip(name.split("."), self.column.name.split("."), strict=True) if asked == "*"]
        return tuple(
            (int(said.pop(0)) - 1 if each == "#" else said.pop(0)) if each in ("*", "#") else each for each in self.path
        )


class Form(Struct, frozen=True):
    """A sheet with its operations, and its columns as their types have them."""

    sheet: Sheet
    put: Operation
    get: Operation
    find: Operation
    row: type[Struct]
    rows: str
    """The parameter of ``put`` that takes the rows; '' where a row is all that it takes besides its address."""
    one: bool
    """Whether ``put`` takes one row at a time."""
    group: tuple[str, ...]
    """The other parameters of ``put``: rows that are alike in them are written together."""
    most: int
    places: tuple[Place, ...]

    def given(self, made: Sequence[Struct]) -> dict[str, Any]:
        """Give rows as ``put`` takes them."""
        if not self.one:
            return {self.rows: list(made)}
        [row] = made
        return {self.rows: row} if self.rows else {name: getattr(row, name) for name in row.__struct_fields__}

    @property
    def columns(self) -> list[Column]:
        """The columns, as they are shown."""
        return [each.column for each in self.places]

    @property
    def plain_key(self) -> tuple[str, ...]:
        """The key within a group."""
        return tuple(each for each in self.sheet.key if each not in self.group)

    def place(self, name: str) -> Place:
        """Find a column by a name of it.

        Raises:
            ColumnUnknown: the sheet has none of this name.
        """
        for each in self.places:
            if each.column.name == name or ("*" in each.column.name and rules.fits(each.column.name, name)):
                if "#" in each.path and not all(
                    part.isdigit() and 0 < int(part) <= _MOST
                    for part, asked in zip(name.split("."), each.column.name.split("."), strict=True)
                    if asked == "*"
                ):
                    continue
                return each
        raise ColumnUnknown(f"{self.sheet.name} have no column {name[:80]}", column=name[:80])


def form(sheet: Sheet, registry: Registry) -> Form:
    """Make the columns of a sheet from the types of its operations."""
    put, get = registry.by_name[sheet.put], registry.by_name[sheet.get]
    fields = {name: inspecting.type_info(kind) for name, kind in put.variables.items()}
    assert put.input is not None  # noqa: S101 - what writes takes something
    inputs = {each.name: inspecting.type_info(each.type) for each in msgspec.structs.fields(put.input)}
    lists = [(name, found) for name, kind in inputs.items() if (found := _rows(kind))] if put.whole is None else []
    rows, (row, most) = lists[0] if lists else (put.whole or "", (put.input, _MOST))
    fields |= inputs if lists else {}
    group = tuple(name for name in fields if name not in (rows, sheet.reference))
    places = [_place(name, (name,), fields[name], needed=True) for name in group]
    places += _places(row, sheet, "", ())
    named = tuple(_named(each, sheet) for each in places)
    find = registry.by_name[sheet.find or sheet.get]
    return Form(sheet, put, get, find, row, rows, not lists, group, min(most, _MOST), named)


def _rows(kind: Any) -> tuple[type[Struct], int] | None:
    most = _MOST
    if isinstance(kind, inspecting.Metadata):
        most = (kind.extra_json_schema or {}).get("maxItems", most)
        kind = kind.type
    if isinstance(kind, inspecting.ListType):
        item = _bare(kind.item_type)[0]
        if isinstance(item, inspecting.StructType):
            return item.cls, kind.max_length or most
    return None


def _named(place: Place, sheet: Sheet) -> Place:
    """Mark the key, and money where the sheet has a currency."""
    column = place.column
    kind = column.kind
    name = column.name
    if sheet.currency and kind == "whole" and (name == "minor" or name.endswith("_minor")):
        kind, name = "money", "amount" if name == "minor" else name.removesuffix("_minor")
    key = name in sheet.key or (sheet.parts is not None and place.path == sheet.parts)
    column = msgspec.structs.replace(column, kind=kind, name=name, key=key)
    return msgspec.structs.replace(place, column=column)


def _bare(kind: Any) -> tuple[Any, bool]:
    """Take a type out of its wrappings; tells whether it may be None."""
    nullable = False
    while True:
        if isinstance(kind, inspecting.Metadata):
            kind = kind.type
        elif isinstance(kind, inspecting.UnionType):
            rest = [each for each in kind.types if not isinstance(each, inspecting.NoneType)]
            nullable = nullable or len(rest) < len(kind.types)
            if len(rest) != 1:
                return inspecting.UnionType(tuple(rest)), nullable
            kind = rest[0]
        else:
            return kind, nullable


def _places(row: Any, sheet: Sheet, before: str, path: tuple[str, ...], *, inner: bool = False) -> Iterator[Place]:
    info = inspecting.type_info(row)
    for field in info.fields:  # type: ignore[attr-defined]
        kind, _ = _bare(field.type)
        name, way = f"{before}{field.name}", (*path, field.name)
        one = f"{before}{field.name.removesuffix('s')}."
        needed = field.required and not inner
        match kind:
            case inspecting.StructType() if not kind.tag_field:
                yield from _places(kind.cls, sheet, f"{name}.", way, inner=True)
            case inspecting.ListType() if isinstance(item := _bare(kind.item_type)[0], inspecting.StructType):
                if sheet.parts and way == sheet.parts[:1]:
                    yield from _places(item.cls, sheet, one, way, inner=True)
                elif not item.tag_field and not inner:
                    yield from _places(item.cls, sheet, f"{one}*.", (*way, "#"), inner=True)
                else:
                    yield _place(name, way, kind, field, needed=needed)
            case inspecting.DictType() if isinstance(value := _bare(kind.value_type)[0], inspecting.StructType):
                yield from _places(value.cls, sheet, f"{one}*.", (*way, "*"), inner=True)
            case inspecting.DictType() if _scalar(_bare(kind.value_type)[0]):
                made = _place(f"{one}*", (*way, "*"), kind.value_type)
                yield msgspec.structs.replace(made, kinds=sheet.kinds.get(field.name, ""), otherwise=rules.GONE)
            case _:
                yield _place(name, way, field.type, field, needed=needed)


def _scalar(kind: Any) -> bool:
    if isinstance(kind, inspecting.UnionType):
        return all(map(_scalar, kind.types))
    return type(kind) in _KINDS


def _place(name: str, path: tuple[str, ...], kind: Any, field: Any = None, *, needed: bool = False) -> Place:
    bare, nullable = _bare(kind)
    many = isinstance(bare, inspecting.ListType) and isinstance(_bare(bare.item_type)[0], inspecting.StrType)
    if many:
        said: Kind = "text"
    elif isinstance(bare, inspecting.UnionType) and _scalar(bare):
        said = "value"
    elif isinstance(bare, inspecting.LiteralType) and all(isinstance(each, int) for each in bare.values):
        said = "whole"
    else:
        said = _KINDS.get(type(bare), "json")
    choices = [str(each) for each in bare.values] if isinstance(bare, inspecting.LiteralType) else []
    otherwise: Any = rules.GONE
    if field is not None and field.default is not msgspec.NODEFAULT:
        otherwise = field.default
    elif field is not None and field.default_factory is not msgspec.NODEFAULT:
        otherwise = field.default_factory()
    if nullable:
        otherwise = None
    elif many:
        otherwise = []
    elif said == "text" and otherwise is rules.GONE and not needed and field is None:
        otherwise = ""
    return Place(Column(name, said, many, needed, choices), path, nullable, otherwise)


def flat(form: Form, thing: Mapping[str, Any] | None) -> dict[str, Any]:
    """Lay a thing out as its columns: by name, parts by their keys (``variant.A-1.gtin``)."""
    found: dict[str, Any] = {}
    if thing is None:
        return found
    parts = form.sheet.parts
    for name, value in thing.items():
        if parts and name == parts[0] and isinstance(value, list):
            for each in value:
                _lay(f"{name.removesuffix('s')}.{each.get(parts[1], '')}", each, found)
        else:
            _lay(name, value, found)
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _lay(name: str, value: Any, found: dict[str, Any]) -> None:
    if isinstance(value, dict):
        for key, each in value.items():
            _lay(f"{name.removesuffix('s')}.{key}" if "." not in name else f"{name}.{key}", each, found)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, each in enumerate(value, 1):
            _lay(f"{name.removesuffix('s')}.{number}", each, found)
    else:
        found[name] = value


def limit(operation: Operation, parameter: str, otherwise: int) -> int:
    """Tell the most that an operation takes in a parameter: of a number its maximum, of a list its length."""
    if operation.input is None:
        return otherwise
    for field in msgspec.structs.fields(operation.input):
        if field.name == parameter:
            kind = inspecting.type_info(field.type)
            bare, _ = _bare(kind)
            return int(getattr(bare, "le", None) or getattr(bare, "max_length", None) or otherwise)
    return otherwise


def listed(operation: Operation, key: Sequence[str]) -> tuple[str, str] | None:
    """Tell by which parameter an operation takes a list of keys, and which column of the key that is."""
    for field in msgspec.structs.fields(operation.input) if operation.input is not None else ():
        bare, _ = _bare(inspecting.type_info(field.type))
        if isinstance(bare, inspecting.ListType):
            column = next((each for each in key if field.name in (each, f"{each}s")), None)
            if column:
                return field.name, column
    return None


def parameters(operation: Operation) -> tuple[str, ...]:
    """List what an operation can be asked besides what stands in its address."""
    return operation.input.__struct_fields__ if operation.input is not None else ()


__all__ = ["Form", "Meta", "Place", "flat", "form", "limit", "listed", "parameters"]
