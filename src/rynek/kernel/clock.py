"""The time: always UTC, and settable where a test has to be at another day."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_frozen: ContextVar[datetime | None] = ContextVar("rynek_clock", default=None)


def now() -> datetime:
    """Tell the present instant, in UTC."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Make ``instant`` the present for what runs inside (this task and those it starts)."""
    if instant.tzinfo is None:
        message = "an instant needs its time zone: use datetime(..., tzinfo=UTC)"
        raise ValueError(message)
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
