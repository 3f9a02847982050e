"""The AsyncAPI document of the stream and of webhooks, written from the registry of events.

Source: AsyncAPI Specification 3.0.0.
"""

from collections.abc import Sequence
from typing import Any

from rynek.integration.stream.model import EventKind

_MESSAGES = "#/components/messages/"
_ENVELOPE = {
    "specversion": {"const": "1.0"},
    "id": {"type": "string", "description": "Its place in the log; unique."},
    "source": {"type": "string", "format": "uri-reference"},
    "subject": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "datacontenttype": {"const": "application/json"},
    "sequence": {"type": "string", "description": "The place in the log, so that texts compare as places do."},
}
_HEADERS = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {"type": "string", "description": "The event's id; the same whenever it is tried again."},
        "webhook-timestamp": {"type": "string", "description": "Seconds since 1970, when this try was signed."},
        "webhook-signature": {"type": "string", "description": "One or more of `v1,<base64 of HMAC-SHA256>`."},
    },
}


def document(kinds: Sequence[EventKind], version: str, host: str) -> dict[str, Any]:
    """Write the document for whoever may be told these events.

    Args:
        host: where the shop is reached, such as ``shop.example:8000``.
    """
    schemas: dict[str, Any] = {}
    messages = {each.type: _message(each, schemas) for each in kinds}
    listed = {name: {"$ref": f"{_MESSAGES}{name}"} for name in messages}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rynek events",
            "version": version,
            "description": "What happens in the shop, in CloudEvents 1.0: read as a stream, or sent as webhooks.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {"shop": {"host": host, "protocol": "http", "description": "The shop's own address."}},
        "channels": {
            "stream": {
                "address": "/stream/live",
                "title": "Server-sent events",
                "description": "Each event's `id` is a cursor: come back with it as `Last-Event-ID`.",
                "messages": listed,
            },
            "webhook": {
                "address": None,
                "title": "Webhooks",
                "description": "Posted to endpoints that subscribe; signed as Standard Webhooks says.",
                "messages": listed,
            },
        },
        "operations": {
            "tell": {"action": "send", "channel": {"$ref": "#/channels/stream"}, "messages": _of("stream", messages)},
            "post": {"action": "send", "channel": {"$ref": "#/channels/webhook"}, "messages": _of("webhook", messages)},
        },
        "components": {"messages": messages, "schemas": schemas},
    }


def _of(channel: str, messages: dict[str, Any]) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages]


def _message(kind: EventKind, schemas: dict[str, Any]) -> dict[str, Any]:
    data = _moved({name: each for name, each in kind.data.items() if name != "$defs"}, kind.type)
    for name, each in kind.data.get("$defs", {}).items():
        schemas[f"{kind.type}.{name}"] = _moved(each, kind.type)
    return {
        "name": kind.type,
        "title": kind.title,
        "contentType": "application/cloudevents+json",
        "headers": _HEADERS,
        "payload": {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
            "properties": {**_ENVELOPE, "type": {"const": kind.type}, "data": data},
        },
    }


def _moved(schema: Any, kind: str) -> Any:
    """Let references into the schema's own definitions lead to the document's."""
    if isinstance(schema, dict):
        return {
            name: each.replace("#/$defs/", f"#/components/schemas/{kind}.") if name == "$ref" else _moved(each, kind)
            for name, each in schema.items()
        }
    return [_moved(each, kind) for each in schema] if isinstance(schema, list | tuple) else schema
