"""What pages say, in the reader's language: words, numbers, money and dates.

A context keeps one TOML file per language in a folder, all with the same keys, and reads them once:
``WORDS = words.read(Path(__file__).parent / "words")``. Templates say ``w("orders.title")``
and ``w.money(1290, "PLN")``.
"""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from rynek.kernel.money import exponent

COOKIE = "rynek_language"
_YEAR_S = 31_536_000

_SIGNS = {"en": {"USD": "$", "EUR": "€", "GBP": "£"}, "pl": {"PLN": "zł", "EUR": "€"}}
_MONTHS = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    "pl": "sty lut mar kwi maj cze lip sie wrz paź lis gru".split(),
}
_MARKS = {"en": (",", "."), "pl": ("\u00a0", ",")}


class Language:
    """One language of one context; called with a key it gives the words, with what belongs in their gaps filled in."""

    def __init__(self, code: str, entries: Mapping[str, str]) -> None:
        self.code = code
        self.entries = entries
        self._group, self._point = _MARKS[code]

    def __call__(self, key: str, **values: object) -> str:
        """Give the words of a key; ``{name}`` in them is filled in."""
        text = self.entries[key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Tell whether there are words for a key."""
        return key in self.entries

    def count(self, key: str, number: int) -> str:
        """Say how many there are of something: ``key.one``, ``key.few``, ``key.many`` as the language has it."""
        return self(f"{key}.{form(self.code, number)}", n=self.number(number))

    def number(self, value: float, places: int = 0) -> str:
        """Write a number with its thousands apart."""
        text = f"{value:,.{places}f}".replace("-", "−")
        return text.translate({ord(","): self._group, ord("."): self._point})

    def money(self, minor: int, currency: str, *, whole: bool = False) -> str:
        """Write an amount with its currency, where the language puts it; ``whole`` leaves minor units out."""
        places = exponent(currency)
        text = self.number(Decimal(abs(minor)).scaleb(-places), 0 if whole else places)  # type: ignore[arg-type]
        sign, mark = "−" if minor < 0 else "", _SIGNS[self.code].get(currency)
        if self.code == "en":
            return f"{sign}{mark}{text}" if mark else f"{sign}{text}\u00a0{currency}"
        return f"{sign}{text}\u00a0{mark or currency}"

    def when(self, at: datetime) -> str:
        """Write an instant to the minute, in UTC; scripts may show it in the reader's own time."""
        return f"{self.day(at)}, {at:%H:%M}"

    def day(self, at: datetime) -> str:
        """Write a day."""
        return f"{at.day} {_MONTHS[self.code][at.month - 1]} {at.year}"

    def percent(self, basis_points: int) -> str:
        """Write a rate given in hundredths of a percent."""
        text = self.number(basis_points / 100, 0 if basis_points % 100 == 0 else 2)
        return f"{text}%" if self.code == "en" else f"{text}\u00a0%"


def form(code: str, number: int) -> str:
    """Tell which form a number takes.

    Source: Unicode CLDR plural rules, for whole numbers.
    """
    if number == 1:
        return "one"
    if code == "pl" and number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14):
        return "few"
    return "many"


def read(folder: Path) -> dict[str, Language]:
    """Read a context's words: one file per language."""
    return {
        path.stem: Language(path.stem, dict(_flat(tomllib.loads(path.read_text("utf-8")))))
        for path in sorted(folder.glob("*.toml"))
    }


def _flat(table: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        found += _flat(value, f"{before}{name}.") if isinstance(value, dict) else [(before + name, value)]
    return found


def choose(cookies: str | None, accepted: str | None, known: Mapping[str, Language], otherwise: str = "en") -> Language:
    """Choose the reader's language: what they once chose (the cookie), what their browser asks for, or ``otherwise``.

    Args:
        cookies: the Cookie header.
        accepted: the Accept-Language header.
    """
    for part in (cookies or "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and value in known:
            return known[value]
    wanted = [_wish(each) for each in (accepted or "").split(",")[:20]]
    for _, code in sorted(wanted, key=lambda wish: -wish[0]):
        if code in known:
            return known[code]
    return known[otherwise]


def _wish(part: str) -> tuple[float, str]:
    """Read ``pl-PL;q=0.8``: how much, and which language."""
    tag, _, weight = part.partition(";")
    try:
        wanted = float(weight.strip().removeprefix("q=")) if weight else 1.0
    except ValueError:
        wanted = 0.0
    return wanted, tag.strip().partition("-")[0].lower()


def cookie(code: str) -> str:
    """Write the Set-Cookie header that remembers a chosen language."""
    return f"{COOKIE}={code}; Path=/; Max-Age={_YEAR_S}; HttpOnly; SameSite=Lax"
