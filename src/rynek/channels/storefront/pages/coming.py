"""How a browser remembers at which instant to come, and as whom, staff want to look at a shop."""

from datetime import UTC, datetime
from urllib.parse import quote, unquote

PREVIEW = "rynek_preview"
"""The cookie. It permits nothing: who may look is asked with every page."""


def instant(text: str) -> datetime | None:
    """Read an instant as a form or a cookie says it, in UTC where it says no zone; None: it says none."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def preview(cookies: str | None) -> tuple[datetime, str | None] | None:
    """Find in the Cookie header at which instant and for which group somebody wants to look; None: as it is now."""
    for part in (cookies or "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == PREVIEW:
            at, _, group = value.partition("/")
            found = instant(at)
            return None if found is None else (found, unquote(group) or None)
    return None


def preview_cookie(at: datetime | None, group: str | None = None) -> str:
    """Write the Set-Cookie header by which a browser remembers that; None takes it away."""
    value = f"{at.isoformat()}/{quote(group or '', safe='')}" if at is not None else ""
    ending = "; Max-Age=0" if at is None else ""
    return f"{PREVIEW}={value}; Path=/shop; HttpOnly; SameSite=Strict{ending}"
