"""Bodies with one thing wrong, made from the OpenAPI document for every operation that takes one."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs
import msgspec
from msgspec import Struct

from rynek.app import App
from rynek.client.connections import Answer
from rynek.kernel import ids
from rynek.kernel.openapi import document
from rynek.kernel.outline import Outliner

PROBLEM = "application/problem+json"
JSON = {"content-type": "application/json"}
SKU = "ITEM-00001"
MARK = '"@@here@@"'
WRONG = (
    "-1", "0", "1000000000000", "9223372036854775808", "-9223372036854775809", "1e400", "1.5", "NaN", "true", "null",
    "[]", "{}", "[[]]", '""', '"5"', '"a\\u0000b"', '"\\ud800"', '"\\n"', json.dumps("x" * 100_000),
    json.dumps("ż" * 300),
)  # fmt: skip
"""What is put in every place of every body, as JSON or as what only looks like it."""
UNREADABLE = frozenset({"1e400", "NaN", '"\\ud800"'})
SAMPLES: dict[str, Any] = {
    "email": "ola@example.com", "password": "a long enough password", "new": "a long enough password",
    "sku": SKU, "gtin": "5901234123457", "postcode": "31-042", "phone": "+48 600 600 600", "language": "pl",
    "currency": "PLN", "country": "PL", "url": "https://example.com/a.jpg",
    **dict.fromkeys(("from_at", "until_at", "since", "until", "at", "seen_at", "valid_until"), "2026-01-31T12:00:00Z"),
    **dict.fromkeys(("begins_at", "ends_at", "closes_at"), "2026-01-31T12:00:00Z"),
}  # fmt: skip
"""Samples where the schema's own would not fit its pattern."""


class Taker(Struct, frozen=True):
    """An operation that takes a JSON body, with a body that it would read."""

    name: str
    method: str
    path: str
    schema: dict[str, Any]
    example: dict[str, Any]

    @property
    def address(self) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: in_path(found[1]), self.path)


def in_path(name: str) -> str:
    words = {
        "channel": "WEB-PL",
        "location": "S-1",
        "store": "S-1",
        "sku": SKU,
        "supplier": "MILL-1",
        "provider": "manual",
        "picture": ids.new().hex,
        "till": "1",
        "number": "1",
    }
    return words.get(name, str(ids.new()))


def _fullest(reader: Outliner, name: str, schema: Mapping[str, Any], inside: frozenset[str] = frozenset()) -> Any:
    """Fill in everything that can be said; what may hold itself (``inside``) does so once."""
    if "$ref" in schema:
        kind = schema["$ref"].rpartition("/")[2]
        return _fullest(reader, name, reader.components[kind], inside | {kind})
    if "anyOf" in schema:
        fresh = (each for each in schema["anyOf"] if each.get("$ref", "").rpartition("/")[2] not in inside)
        return _fullest(reader, name, next((e for e in fresh if e != {"type": "null"}), {"type": "null"}), inside)
    if schema.get("type") == "object" and "properties" in schema:
        return {inner: _fullest(reader, inner, each, inside) for inner, each in schema["properties"].items()}
    if schema.get("type") == "array" and isinstance(schema.get("items"), Mapping):
        return [_fullest(reader, name, schema["items"], inside)]
    if schema.get("type") == "string" and name in SAMPLES:
        return SAMPLES[name]
    return reader.example(schema)


def documented(world: App) -> dict[str, Any]:
    return document(world.door.registry, "Rynek", "1", open_to_anyone=lambda _policy: True)


def takers_of(world: App) -> list[Taker]:
    made = documented(world)
    reader = Outliner(made["components"]["schemas"])
    found = []
    for path, methods in made["paths"].items():
        for method, entry in methods.items():
            content = entry.get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                schema = {**content["schema"], "components": made["components"]}
                example = _fullest(reader, "", content["schema"])
                found.append(Taker(entry["operationId"], method.upper(), path, schema, example))
    return found


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List the places of a body, the whole first."""
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _places(each, (*way, key))


def _with(value: Any, way: Sequence[Any], put: Any) -> Any:
    if not way:
        return put
    copy = value.copy()
    copy[way[0]] = _with(value[way[0]], way[1:], put)
    return copy


def mutants(taker: Taker) -> Iterator[tuple[str, bool]]:
    """Give bodies with one thing wrong, and whether the document allows them nonetheless."""
    fits = jsonschema_rs.validator_for(taker.schema, validate_formats=True).is_valid
    for way in _places(taker.example):
        text = json.dumps(_with(taker.example, way, "@@here@@"))
        for wrong in WRONG:
            body = text.replace(MARK, wrong)
            yield body, wrong not in UNREADABLE and fits(json.loads(body))
        if isinstance(found := _at(taker.example, way), dict):
            unknown = json.dumps(_with(taker.example, way, {**found, "unknown": 1}))
            yield unknown, fits(json.loads(unknown))
        if isinstance(found, list) and len(found) == 1:
            yield json.dumps(_with(taker.example, way, found * 5001)), fits(_with(taker.example, way, found * 5001))


def _at(value: Any, way: Sequence[Any]) -> Any:
    for step in way:
        value = value[step]
    return value


def problem(answer: Answer, *statuses: int) -> dict[str, Any]:
    """See that a request was refused with a whole problem document that says what is wrong."""
    assert answer.status in statuses, answer
    assert answer.headers["content-type"] == PROBLEM, answer
    said: dict[str, Any] = msgspec.json.decode(answer.body)
    assert said["type"].startswith("/docs/faults#"), said
    assert said["status"] == answer.status, said
    assert said["title"], said
    assert said["detail"], said
    return said
