"""Structured logs: one JSON object a line on stderr. Never bodies, secrets or personal data."""

import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec

request: ContextVar[str] = ContextVar("rynek_request", default="")
"""Id of the request that is being answered."""

operation: ContextVar[str] = ContextVar("rynek_operation", default="")
"""Name of the operation that is being done."""

_encode = msgspec.json.Encoder(enc_hook=str).encode
_OURS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}
# What these say is about programs and machines. Other errors quote the values they met, which may be a customer's.
_TELLING = (OSError, TypeError, AttributeError, NameError, ImportError, AssertionError, NotImplementedError)
_TELLING_STATES = ("08", "25", "3D", "40", "42", "53", "55", "57", "58", "XX")


class Lines(logging.Formatter):
    """Write a record as one line of JSON: what was logged, where, during which operation and request."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, without its end."""
        line: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "operation": operation.get() or None,
            "request": request.get() or None,
            **{name: value for name, value in record.__dict__.items() if name not in _OURS},
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = told(record.exc_info[1])
        return _encode({name: value for name, value in line.items() if value is not None}).decode()


def told(error: BaseException) -> list[str]:
    """Tell an error and what caused it: its kind, where it came from, and its words where they quote no value."""
    lines: list[str] = []
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        lines.append(_words(each))
        frames = traceback.extract_tb(each.__traceback__)[-12:]
        lines += [f"  {frame.filename}:{frame.lineno} {frame.name}: {frame.line}" for frame in frames]
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return lines


def _words(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, asyncpg.PostgresError):
        places = (error.sqlstate, error.constraint_name, error.table_name, error.column_name)
        said = f": {error.args[0]}" if error.args and (error.sqlstate or "").startswith(_TELLING_STATES) else ""
        return f"{kind} ({', '.join(place for place in places if place)}){said}"
    return f"{kind}: {error}" if isinstance(error, _TELLING) else kind


def configure(level: str = "info") -> None:
    """Send the lines of every logger to stderr as JSON.

    Args:
        level: the least that is written: ``debug``, ``info``, ``warning`` or ``error``.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
