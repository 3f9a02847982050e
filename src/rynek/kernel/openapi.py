"""The OpenAPI document of a registry: what the public API takes and answers, said by the operations themselves.

Source: OpenAPI Specification 3.1.1; JSON Schema 2020-12; RFC 9457.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any, get_args

import msgspec
from msgspec import Struct

from rynek.kernel import faults
from rynek.kernel.door import Response
from rynek.kernel.faults import Fault
from rynek.kernel.operations import Operation, Registry

PROBLEM = "application/problem+json"
_SCHEMAS = "#/components/schemas/"
_SECTION = re.compile(r"^(\w+):\s*$", re.MULTILINE)
_ENTRY = re.compile(r"^ {4}(\w+(?:, \w+)*): *((?:.|\n(?: {5,}|\n))*)", re.MULTILINE)

_ALWAYS: tuple[type[Fault], ...] = (
    faults.Unauthenticated,
    faults.Forbidden,
    faults.Invalid,
    faults.TooManyRequests,
    faults.Unavailable,
)
_GENERAL: tuple[type[Fault], ...] = (
    *_ALWAYS,
    faults.Malformed,
    faults.NotFound,
    faults.MethodNotAllowed,
    faults.TooLarge,
    faults.UnsupportedMediaType,
)
_WAITING = {faults.TooManyRequests.status, faults.Unavailable.status}


class Docs(Struct, frozen=True):
    """What a docstring says: its text, and the entries of its sections by name."""

    text: str
    sections: dict[str, dict[str, str]]


def explained(doc: str) -> Docs:
    """Read a docstring's text and its ``Args:``, ``Raises:``, ``Emits:`` … entries."""
    text, *parts = _SECTION.split(doc)
    sections = {
        name: {entry: " ".join(said.split()) for names, said in _ENTRY.findall(body) for entry in names.split(", ")}
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
    return Docs(text.partition("\n")[2].strip(), sections)


def document(
    registry: Registry,
    title: str,
    version: str,
    *,
    cookie: str = "rynek_session",
    open_to_anyone: Callable[[str], bool] = lambda _policy: True,
) -> dict[str, Any]:
    """Write the OpenAPI 3.1 document of all shown operations, as JSON values.

    Args:
        cookie: name of the cookie that carries a session.
        open_to_anyone: whether a policy (``inventory.read``) allows something to callers without credentials.
    """
    shown = sorted((each for each in registry.by_name.values() if each.shown), key=lambda each: each.name)
    shapes = Shapes(shown)
    paths: dict[str, dict[str, Any]] = {}
    for each in shown:
        entry = _operation(each, shapes)
        if not open_to_anyone(each.policy):
            entry["security"] = [{"bearer": []}, {"cookie": []}]
        paths.setdefault(each.path, {})[each.method.lower()] = entry
    return {
        "openapi": "3.1.1",
        "info": {"title": title, "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "tags": _tags(shown),
        "paths": paths,
        "security": [{}, {"bearer": []}, {"cookie": []}],
        "components": {
            "schemas": {"Problem": _PROBLEM_SCHEMA, **shapes.components},
            "responses": {kind.__name__: _refused((kind,), {}) for kind in _GENERAL},
            "parameters": {"IdempotencyKey": _IDEMPOTENCY_KEY},
            "headers": {"RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A session's, till's or workload's token.",
                },
                "cookie": {"type": "apiKey", "in": "cookie", "name": cookie, "description": "A browser's session."},
            },
        },
    }


_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "Why a request is refused, and the facts to mend it. Source: RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Which refusal it is; the address explains it."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Your own name for this request: sent again with it, it is answered again and not done again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


class Shapes:
    """JSON Schemas of everything that operations take and answer, each struct once."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        wanted: dict[str, Any] = {}
        for each in operations:
            wanted |= {f"{each.name} {name}": kind for name, kind in each.variables.items()}
            wanted[f"{each.name}?"] = each.input or NoneType
            wanted[f"{each.name}!"] = None if _unsaid(each.result) else each.result
        schemas, self.components = msgspec.json.schema_components(
            list(wanted.values()), schema_hook=_unknown, ref_template=_SCHEMAS + "{name}"
        )
        _translate([schemas, self.components])
        self._by_use = dict(zip(wanted, schemas, strict=True))
        queries = {self._name(each) for each in operations if each.method == "GET" and each.input and not each.whole}
        self._queries = {name: self.components.pop(name) for name in queries}

    def _name(self, operation: Operation) -> str:
        return str(self._by_use[f"{operation.name}?"]["$ref"]).removeprefix(_SCHEMAS)

    def variable(self, operation: Operation, name: str) -> dict[str, Any]:
        """Give the schema of a path variable."""
        found: dict[str, Any] = self._by_use[f"{operation.name} {name}"]
        return found

    def input(self, operation: Operation) -> dict[str, Any]:
        """Give the schema of the input itself, not a reference."""
        name = self._name(operation)
        found: dict[str, Any] = self._queries.get(name) or self.components[name]
        return found

    def body(self, operation: Operation) -> dict[str, Any]:
        """Give the schema of a body, by reference."""
        found: dict[str, Any] = self._by_use[f"{operation.name}?"]
        return found

    def result(self, operation: Operation) -> dict[str, Any]:
        """Give the schema of what is answered."""
        found: dict[str, Any] = self._by_use[f"{operation.name}!"]
        return found


def _translate(value: Any) -> None:
    """Write patterns in the dialect of JSON Schema (ECMA-262), where ``$`` is the very end."""
    if isinstance(value, dict):
        if isinstance(value.get("pattern"), str):
            value["pattern"] = value["pattern"].replace(r"\Z", "$").replace(r"\A", "^")
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            _translate(each)


def _unknown(kind: Any) -> dict[str, Any]:
    raise TypeError(f"{kind!r} has no JSON Schema: operations take and answer what msgspec can check")


def _unsaid(result: Any) -> bool:
    """Tell whether an operation answers with something else than JSON of a known shape."""
    return result in (None, Any, Response)


def _tags(operations: Sequence[Operation]) -> list[dict[str, str]]:
    return [
        {"name": name, "description": said}
        for name, said in sorted({tag(each): purpose(each) for each in operations}.items())
    ]


def purpose(operation: Operation) -> str:
    """Tell what the part of the house that an operation belongs to is for: the first line of its package."""
    package = sys.modules.get(operation.action.__module__.rpartition(".")[0])
    return (getattr(package, "__doc__", None) or tag(operation)).strip().partition("\n")[0]


def tag(operation: Operation) -> str:
    """Tell which part of the house an operation belongs to: ``commerce.inventory``."""
    return operation.name.rpartition(".")[0]


def _operation(operation: Operation, shapes: Shapes) -> dict[str, Any]:
    docs = explained(operation.doc)
    entry: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [tag(operation)],
        "summary": operation.title,
        "x-policy": operation.policy,
        "x-rate": operation.rate,
    }
    if docs.text:
        entry["description"] = docs.text
    parameters = _parameters(operation, shapes, docs.sections.get("Args", {}))
    if parameters:
        entry["parameters"] = parameters
    if operation.input is not None and operation.method != "GET":
        entry["requestBody"] = _body(operation, shapes, docs.sections.get("Args", {}))
    elif operation.raw:
        entry["requestBody"] = {"description": "As its sender wrote it.", "required": True, "content": {"*/*": {}}}
    entry["responses"] = {
        **_answers(operation, shapes),
        **_refusals(operation, docs.sections.get("Raises", {})),
    }
    if any(each.get("schema", {}).get("type") == "array" for each in parameters):
        entry["responses"]["414"] = {"description": "The address is longer than the server reads: ask in parts."}
    return entry


def _parameters(operation: Operation, shapes: Shapes, said: Mapping[str, str]) -> list[dict[str, Any]]:
    found = [
        _described(
            {"name": name, "in": "path", "required": True, "schema": shapes.variable(operation, name)}, said.get(name)
        )
        for name in operation.variables
    ]
    if operation.method == "GET" and operation.input is not None:
        shape = shapes.input(operation)
        required = shape.get("required", ())
        found += [
            _described(
                {"name": name, "in": "query", "required": name in required, "schema": _present(schema)}, said.get(name)
            )
            for name, schema in shape.get("properties", {}).items()
        ]
    if operation.style in ("write", "batch"):
        found.append({"$ref": "#/components/parameters/IdempotencyKey"})
    return found


def _described(entry: dict[str, Any], said: str | None) -> dict[str, Any]:
    return {**entry, "description": said} if said else entry


def _present(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Leave null out of a query parameter's schema: what is absent is not sent."""
    found = {name: value for name, value in schema.items() if name != "default" or value is not None}
    kinds = [kind for kind in found.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del found["anyOf"]
        found |= kinds[0]
    elif kinds:
        found["anyOf"] = kinds
    if None in found.get("enum", ()):
        found["enum"] = [value for value in found["enum"] if value is not None]
    return found


def _body(operation: Operation, shapes: Shapes, said: Mapping[str, str]) -> dict[str, Any]:
    shape = shapes.input(operation)
    if not operation.whole:
        for name, schema in shape.get("properties", {}).items():
            if name in said:
                schema["description"] = said[name]
    kind = "application/x-www-form-urlencoded" if operation.form else "application/json"
    return {"required": bool(shape.get("required")), "content": {kind: {"schema": shapes.body(operation)}}}


def _answers(operation: Operation, shapes: Shapes) -> dict[str, Any]:
    if _unsaid(operation.result):
        return {"200": {"description": "Done", "content": {"*/*": {}}}}
    answered: dict[str, Any] = {"description": "Done"}
    if operation.welcome:
        said = "The token of a new guest; use it as Bearer token from now on."
        answered["headers"] = {"Rynek-Session": {"description": said, "schema": {"type": "string"}}}
    if operation.result is NoneType and operation.style != "batch":
        return {"204": answered}
    answers = {"200": {**answered, "content": {"application/json": {"schema": shapes.result(operation)}}}}
    if NoneType in get_args(operation.result) and operation.style != "batch":
        answers["204"] = {"description": "There is none"}
    return answers


def _refusals(operation: Operation, said: Mapping[str, str]) -> dict[str, Any]:
    general = {*_ALWAYS}
    if operation.variables:
        general.add(faults.NotFound)
    if operation.input is not None:
        general.add(faults.Malformed)
    if operation.method != "GET":
        general |= {faults.Malformed, faults.TooLarge}
        if operation.input is not None and not operation.form:
            general.add(faults.UnsupportedMediaType)
    if operation.style in ("write", "batch"):
        general.add(faults.KeyReused)
    by_status: dict[int, list[type[Fault]]] = {}
    for kind in sorted({*general, *operation.faults}, key=lambda kind: (kind.status, kind.code)):
        by_status.setdefault(kind.status, []).append(kind)
    return {str(status): _refusal(kinds, said) for status, kinds in by_status.items()}


def _refusal(kinds: Sequence[type[Fault]], said: Mapping[str, str]) -> dict[str, Any]:
    if len(kinds) == 1 and kinds[0] in _GENERAL and kinds[0].__name__ not in said:
        return {"$ref": f"#/components/responses/{kinds[0].__name__}"}
    return _refused(kinds, said)


def _refused(kinds: Sequence[type[Fault]], said: Mapping[str, str]) -> dict[str, Any]:
    lines = [f"{kind.title}{': ' + said[kind.__name__] if kind.__name__ in said else ''}" for kind in kinds]
    types = {"properties": {"type": {"enum": [f"/docs/faults#{kind.code}" for kind in kinds]}}}
    found: dict[str, Any] = {
        "description": "\n".join(f"- {line}" for line in lines) if len(lines) > 1 else lines[0],
        "content": {PROBLEM: {"schema": {"allOf": [{"$ref": _SCHEMAS + "Problem"}, types]}}},
    }
    if kinds[0].status in _WAITING:
        found["headers"] = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    return found
