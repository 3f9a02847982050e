"""JSON Schemas for people: an outline to read, and an example to start from."""

from collections.abc import Mapping
from typing import Any

import msgspec

Schema = Mapping[str, Any]

_LIMITS = (
    ("minimum", "≥ {}"),
    ("exclusiveMinimum", "> {}"),
    ("maximum", "≤ {}"),
    ("exclusiveMaximum", "< {}"),
    ("multipleOf", "in steps of {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {}"),
    ("maxItems", "at most {}"),
    ("pattern", "like {}"),
)
_SAMPLES = {
    "uuid": "00000000-0000-0000-0000-000000000000",
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00",
    "duration": "PT1H",
    "decimal": "1.00",
}
_DEEPEST = 6


class Outliner:
    """Reads schemas that refer to each other by ``$ref``."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self.components = components

    def outline(self, schema: Schema, indent: str = "", above: tuple[str, ...] = ()) -> str:
        """Write a schema as text, one line per field: ``name?: type  # what it is``; ``?`` says it may be left out."""
        if "$ref" in schema:
            return self._named(schema["$ref"].rpartition("/")[2], indent, above)
        if "anyOf" in schema or "oneOf" in schema:
            return " | ".join(self.outline(each, indent, above) for each in schema.get("anyOf") or schema["oneOf"])
        match schema.get("type"):
            case "object":
                return self._object(schema, indent, above)
            case "array":
                return self._array(schema, indent, above)
            case _:
                return _plain(schema)

    def _named(self, name: str, indent: str, above: tuple[str, ...]) -> str:
        if name in above or len(above) > _DEEPEST:
            return name
        return self.outline(self.components[name], indent, (*above, name))

    def _object(self, schema: Schema, indent: str, above: tuple[str, ...]) -> str:
        if not schema.get("properties"):
            values = schema.get("additionalProperties")
            inner = self.outline(values, indent, above) if isinstance(values, Mapping) else "any"
            return f"{{[name]: {inner}}}"
        deeper = indent + "  "
        required = schema.get("required", ())
        lines = []
        for name, each in schema["properties"].items():
            said = f"  # {each['description']}" if each.get("description") else ""
            mark = "" if name in required else "?"
            lines.append(f"{deeper}{name}{mark}: {self.outline(each, deeper, above)}{_default(each)}{said}")
        return "\n".join(("{", *lines, indent + "}"))

    def _array(self, schema: Schema, indent: str, above: tuple[str, ...]) -> str:
        if schema.get("prefixItems"):
            return "[" + ", ".join(self.outline(each, indent, above) for each in schema["prefixItems"]) + "]"
        items = schema.get("items")
        inner = self.outline(items, indent, above) if isinstance(items, Mapping) else "any"
        return _limited(f"[{inner}, …]", schema)

    def example(self, schema: Schema, above: tuple[str, ...] = ()) -> Any:
        """Give a value to start from: what is required, filled with samples."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return None if name in above else self.example(self.components[name], (*above, name))
        for said in ("default", "const"):
            if schema.get(said) is not None:
                return schema[said]
        for several in ("examples", "enum"):
            if schema.get(several):
                return schema[several][0]
        if "anyOf" in schema or "oneOf" in schema:
            kinds = schema.get("anyOf") or schema["oneOf"]
            return self.example(next((each for each in kinds if each != {"type": "null"}), {}), above)
        return self._sample(schema, above)

    def _sample(self, schema: Schema, above: tuple[str, ...]) -> Any:
        kind = schema.get("type")
        if kind == "object":
            shape = schema.get("properties", {})
            return {name: self.example(shape[name], above) for name in schema.get("required", ()) if name in shape}
        if kind == "array":
            items = schema.get("items")
            some = [items] if isinstance(items, Mapping) else []
            return [self.example(each, above) for each in schema.get("prefixItems") or some]
        if kind in ("integer", "number"):
            return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
        return {"string": _SAMPLES.get(schema.get("format", ""), "text"), "boolean": True}.get(str(kind))


def _plain(schema: Schema) -> str:
    if "const" in schema or "enum" in schema:
        return " | ".join(_json(value) for value in schema.get("enum") or [schema["const"]])
    kind = schema.get("type", "any")
    return " | ".join(kind) if isinstance(kind, list) else _limited(schema.get("format") or kind, schema)


def _default(schema: Schema) -> str:
    return f" = {_json(schema['default'])}" if "default" in schema else ""


def _limited(kind: str, schema: Schema) -> str:
    limits = [said.format(schema[name]) for name, said in _LIMITS if name in schema]
    return f"{kind} ({', '.join(limits)})" if limits else kind


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
