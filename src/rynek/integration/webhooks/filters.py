"""Filters: small expressions over the fields of an event, read once, checked against its types, and then asked.

    channel = 'WEB-PL' and (total_minor >= 10000 or not owner_kind in ('guest', 'customer'))

A subset of CloudEvents SQL. A comparison with a field that an event does not have, or that is null, does not hold.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

import msgspec
from msgspec import Struct

from rynek.integration.webhooks.model import BadFilter

Kind = Literal["text", "number", "truth"]
Get = Callable[[str], Any]
DEPTH = 20

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<number>-?\d{1,18}(?:\.\d{1,9})?)(?![\w.])"""
    r"""|(?P<word>[A-Za-z_]\w*)|(?P<sign><=|>=|<>|!=|=|<|>|\(|\)|,))"""
)
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<>": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_WORDS = frozenset({"and", "or", "not", "in", "true", "false"})


class Filter(Struct, frozen=True):
    """A filter that was read: how to ask it, and which field is compared with which kinds of value."""

    holds: Callable[[Get], bool]
    uses: frozenset[tuple[str, Kind, bool]]
    """Field, kind of value, and whether it is asked which is greater."""


@lru_cache(4_096)
def read(text: str) -> Filter:
    """Read a filter.

    Raises:
        BadFilter: it cannot be read; ``at`` says from which character on.
    """
    if not text.strip():
        return Filter(lambda _get: True, frozenset())
    reader = _Reader(text)
    holds = reader.either(0)
    if reader.kind:
        raise reader.amiss("an `and` or an `or`")
    return Filter(holds, frozenset(reader.uses))


def problems(wanted: Filter, types: Mapping[str, Mapping[str, Kind]]) -> Iterator[str]:
    """Say what is wrong with a filter for events of these types, each given by its fields: each use has to fit one."""
    for field, kind, ordered in sorted(wanted.uses):
        kinds = {fields[field] for fields in types.values() if field in fields}
        if not kinds:
            yield f"none of the events has a field {field} that can be compared"
        elif kind not in kinds:
            yield f"{field} is a {' or a '.join(sorted(kinds))}, not a {kind}"
        elif ordered and kind == "truth":
            yield f"{field} is true or false; neither is greater"


def passes(wanted: Filter, data: Any) -> bool:
    """Tell whether an event's data passes a filter."""

    def get(field: str) -> Any:
        value = getattr(data, field, None)
        return value if value is None or isinstance(value, str | int | float | bool) else msgspec.to_builtins(value)

    return wanted.holds(get)


class _Reader:
    """Reads an expression from left to right; ``kind`` and ``value`` are what comes next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.kind = ""
        self.value: Any = None
        self.uses: set[tuple[str, Kind, bool]] = set()
        self.end = 0
        self.next()

    def next(self) -> None:
        self.place = self.end
        if not self.text[self.end :].strip():
            self.kind, self.value = "", None
            return
        found = _TOKEN.match(self.text, self.end)
        if found is None:
            raise self.amiss("a field, a value or a comparison")
        self.end, self.kind, written = found.end(), str(found.lastgroup), str(found[str(found.lastgroup)])
        match self.kind:
            case "text":
                self.value = written[1:-1].replace(written[0] * 2, written[0])
            case "number":
                self.value = float(written) if "." in written else int(written)
            case "word" if written.lower() in _WORDS:
                self.kind, self.value = "key", written.lower()
            case _:
                self.value = written

    def amiss(self, wanted: str) -> BadFilter:
        return BadFilter(f"from character {self.place + 1} on {wanted} should stand", at=self.place, field="filter")

    def taken(self, kind: str, value: Any) -> bool:
        if self.kind != kind or self.value != value:
            return False
        self.next()
        return True

    def either(self, depth: int) -> Callable[[Get], bool]:
        if depth > DEPTH:
            raise BadFilter(f"parentheses are nested more than {DEPTH} deep", at=self.place, field="filter")
        parts = [self.every(depth)]
        while self.taken("key", "or"):
            parts.append(self.every(depth))
        return parts[0] if len(parts) == 1 else lambda get: any(part(get) for part in parts)

    def every(self, depth: int) -> Callable[[Get], bool]:
        parts = [self.one(depth)]
        while self.taken("key", "and"):
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else lambda get: all(part(get) for part in parts)

    def one(self, depth: int) -> Callable[[Get], bool]:
        if self.taken("key", "not"):
            part = self.one(depth + 1) if depth < DEPTH else self.either(depth + 1)
            return lambda get: not part(get)
        if self.taken("sign", "("):
            part = self.either(depth + 1)
            if not self.taken("sign", ")"):
                raise self.amiss("a closing parenthesis")
            return part
        return self.comparison()

    def comparison(self) -> Callable[[Get], bool]:
        if self.kind != "word":
            raise self.amiss("a field")
        field = self.value
        self.next()
        if self.taken("key", "in"):
            return self.among(field)
        if self.kind != "sign" or self.value not in _TESTS:
            raise self.amiss("a comparison")
        sign = self.value
        self.next()
        test, value = _TESTS[sign], self.literal(field, ordered=sign not in ("=", "!=", "<>"))
        kind = _kind(value)
        return lambda get: _kind(found := get(field)) == kind and test(found, value)

    def among(self, field: str) -> Callable[[Get], bool]:
        if not self.taken("sign", "("):
            raise self.amiss("a list in parentheses")
        values = [self.literal(field, ordered=False)]
        while self.taken("sign", ","):
            values.append(self.literal(field, ordered=False))
        if not self.taken("sign", ")"):
            raise self.amiss("a closing parenthesis")
        kinds = {_kind(value) for value in values}
        return lambda get: _kind(found := get(field)) in kinds and found in values

    def literal(self, field: str, *, ordered: bool) -> Any:
        if self.kind in ("text", "number"):
            value = self.value
        elif self.kind == "key" and self.value in ("true", "false"):
            value = self.value == "true"
        else:
            raise self.amiss("a value")
        self.next()
        kind = _kind(value)
        assert kind is not None  # noqa: S101 - a literal has one
        self.uses.add((field, kind, ordered))
        return value


def _kind(value: Any) -> Kind | None:
    match value:
        case bool():
            return "truth"
        case int() | float():
            return "number"
        case str():
            return "text"
        case _:
            return None


def fields(struct: type[Struct], hidden: tuple[str, ...] = ()) -> dict[str, Kind]:
    """List the fields of an event that can be compared, with the kind of value each has."""
    schema = msgspec.json.schema(struct)
    shape = schema["$defs"][schema["$ref"].rpartition("/")[2]]["properties"]
    found = {name: _of(each, schema["$defs"]) for name, each in shape.items() if name not in hidden}
    return {name: kind for name, kind in found.items() if kind is not None}


def _of(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Kind | None:
    if "$ref" in schema:
        return _of(known[schema["$ref"].rpartition("/")[2]], known)
    if "anyOf" in schema:
        kinds = {_of(each, known) for each in schema["anyOf"] if each != {"type": "null"}}
        return kinds.pop() if len(kinds) == 1 else None
    if "enum" in schema:
        return _kind(next((value for value in schema["enum"] if value is not None), None))
    kinds_of: Mapping[Any, Kind] = {"string": "text", "integer": "number", "number": "number", "boolean": "truth"}
    return kinds_of.get(schema.get("type"))
