"""What can be read, what a theme makes of the tokens, and which of its colours cannot stay: pure."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from rynek.design.model import Theme

TEXT = 4.5
"""The least contrast of text with its ground. Source: WCAG 2.2, 1.4.3 (AA)."""
EDGE = 3.0
"""The least contrast of what shows where a field is. Source: WCAG 2.2, 1.4.11 (AA)."""
_GROUNDS = ("paper", "sheet", "sunken")
_TONES = ("good", "warn", "bad", "info", "accent")
PAIRS: tuple[tuple[str, str, float], ...] = (
    *((ink, ground, TEXT) for ink in ("ink", "ink-soft", "ink-faint") for ground in _GROUNDS),
    *((ink, ground, TEXT) for ink in (*_TONES, "accent-strong") for ground in _GROUNDS[:2]),
    *((ink, f"{ink}-soft", TEXT) for ink in _TONES),
    *(("ink", f"{tone}-soft", TEXT) for tone in _TONES),
    *(("ink-soft", f"{tone}-soft", TEXT) for tone in _TONES),
    ("accent-strong", "accent-soft", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("on-sun", "sun", TEXT),
    ("sale", "paper", TEXT),
    ("sale", "sheet", TEXT),
    ("edge", "sheet", EDGE),
    ("accent", "sunken", EDGE),
)  # fmt: skip
"""What is written on what, and how well it has to be told apart."""
_TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")

Palette = Mapping[str, Mapping[str, str]]
"""Colours by token, for ``light`` and for ``dark``."""


def luminance(colour: str) -> float:
    """Tell how light a colour is, from 0 (black) to 1 (white).

    Source: WCAG 2.2, relative luminance.
    """
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Tell how well two colours are told apart, from 1 (not at all) to 21.

    Source: WCAG 2.2, contrast ratio.
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mended(colour: str, ground: str, wanted: float) -> str:
    """Give the nearest shade of a colour that is told apart from a ground: darker or lighter, whichever is less far.

    Args:
        wanted: at most 4.5, which black or white reaches on every ground.
    """
    for step in range(256):
        for end in ("#000000", "#ffffff"):
            found = _mixed(colour, end, step / 255)
            if contrast(found, ground) >= wanted:
                return found
    raise AssertionError(f"neither black nor white is told apart from {ground}")


def _mixed(one: str, other: str, share: float) -> str:
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def palette(sheet: str) -> dict[str, dict[str, str]]:
    """Read the colours out of the sheet of tokens."""
    found = _TOKEN.findall(sheet)
    return {"light": {name: light for name, light, _ in found}, "dark": {name: dark for name, _, dark in found}}


def laid_over(tokens: Palette, theme: Theme) -> dict[str, dict[str, str]]:
    """Lay a theme's colours over those of the tokens."""
    return {
        look: {**tokens[look], **{name: colour.lower() for name, colour in own.items()}}
        for look, own in (("light", theme.light), ("dark", theme.dark))
    }


def amiss(tokens: Palette, theme: Theme) -> list[str]:
    """Say what is wrong with a theme, and how to mend it; nothing: it can be worn.

    What is unreadable in the theme is said by the pair: the text, its ground, their contrast and a shade that would do.
    """
    known = tokens["light"]
    unknown = [
        f"{look}.{name}: there is no such colour; {_meant(name, known)}"
        for look, own in (("light", theme.light), ("dark", theme.dark))
        for name in own
        if name not in known
    ]
    return unknown or _unreadable(laid_over(tokens, theme))


def _meant(name: str, known: Mapping[str, str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"


def _unreadable(colours: Palette) -> list[str]:
    return [
        f"{look}.{ink} {own[ink]} on {ground} {own[ground]} has a contrast of {contrast(own[ink], own[ground]):.1f},"
        f" it needs {wanted}: make {ink} {mended(own[ink], own[ground], wanted)}, or change {ground}"
        for look, own in colours.items()
        for ink, ground, wanted in PAIRS
        if contrast(own[ink], own[ground]) < wanted
    ]


def sheet(tokens: Palette, theme: Theme) -> str:
    """Write what a theme changes as a sheet to be laid over the tokens; nothing where it changes nothing."""
    colours = laid_over(tokens, theme)
    changed = [name for name in tokens["light"] if name in theme.light or name in theme.dark]
    said = {name: f"light-dark({colours['light'][name]}, {colours['dark'][name]})" for name in changed}
    for name, rem in (("round", theme.shape.round), ("round-small", theme.shape.round_small)):
        said |= {name: f"{rem:g}rem"} if rem is not None else {}
    for name, fonts in (("sans", theme.type.sans), ("mono", theme.type.mono)):
        said |= {name: fonts} if fonts else {}
    # the console's own measures stand in :root too, and later: what a retailer wants comes before them
    lines = "".join(f"  --{name}: {value};\n" for name, value in said.items())
    return f"\n/* as the shop's theme wants it */\n:root:root {{\n{lines}}}\n" if said else ""
