"""The decisions of the event stream."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from rynek.integration.stream.model import CloudEvent

SOURCE = "/rynek"


def matches(pattern: str, kind: str) -> bool:
    """Tell whether a type of event is meant by a pattern: itself, ``family.*`` or ``*``."""
    return pattern in ("*", kind) or (pattern.endswith(".*") and kind.startswith(pattern[:-1]))


def chosen(patterns: Sequence[str], kinds: Collection[str]) -> list[str]:
    """List the types that any of the patterns means; without patterns, all."""
    return sorted(kind for kind in kinds if not patterns or any(matches(each, kind) for each in patterns))


def sequence(position: str) -> str:
    """Write a place in the log so that texts compare as places do."""
    xid, _, seq = position.partition("-")
    return f"{int(xid):020}.{int(seq):020}"


def envelope(position: str, kind: str, key: str, at: datetime, data: Any) -> CloudEvent:
    """Put an event into its envelope.

    Args:
        position: its place in the log, or a name where it is not of the log.
        at: UTC.
        data: what it carries, without what the reader may not have.
    """
    order = sequence(position) if position[:1].isdigit() else ""
    return CloudEvent("1.0", position, SOURCE, kind, key, at, "application/json", data, order)


def schema(whole: dict[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """Take hidden fields out of an object's JSON Schema."""
    shown = dict(whole)
    shown["properties"] = {name: each for name, each in whole.get("properties", {}).items() if name not in hidden}
    shown["required"] = [name for name in whole.get("required", ()) if name not in hidden]
    return shown
