"""Light or dark, as a reader once chose, and the theme as the installation wants it."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from rynek.design import rules
from rynek.design.model import Theme
from rynek.kernel import pages
from rynek.kernel.settings import Settings, SettingsError

FOLDER = Path(__file__).parent
pages.bring("design", FOLDER)
pages.share(own_font=True)
COOKIE = "rynek_look"
_YEAR_S = 31_536_000
LOOKS = ("light", "dark")
TOKENS = (FOLDER / "assets" / "tokens.css").read_text("utf-8")


def look(cookies: str | None) -> str:
    """Tell whether somebody chose ``light`` or ``dark``; nothing: it is as their system says.

    Args:
        cookies: the Cookie header.
    """
    for part in (cookies or "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and value in LOOKS:
            return value
    return ""


def look_cookie(chosen: str) -> str:
    """Write the Set-Cookie header that remembers a choice; anything but ``light`` and ``dark`` forgets it."""
    kept = _YEAR_S if chosen in LOOKS else 0
    return f"{COOKIE}={chosen if kept else ''}; Path=/; Max-Age={kept}; HttpOnly; SameSite=Lax"


def theme(path: Path) -> Theme:
    """Read a theme and see that it can be worn.

    Raises:
        SettingsError: it cannot be read, names what there is not, or has text that cannot be told from its ground.
    """
    try:
        found = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Theme)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"theme {path}: {error}") from None
    if wrong := rules.amiss(rules.palette(TOKENS), found):
        raise SettingsError(f"theme {path}:\n  " + "\n  ".join(wrong))
    return found


def configure(settings: Settings, _secret: Any) -> None:
    """Wear the installation's theme, if it has one."""
    worn = theme(settings.theme) if settings.theme else Theme()
    pages.put("tokens.css", TOKENS + rules.sheet(rules.palette(TOKENS), worn))
    pages.share(own_font=worn.type.sans is None)
