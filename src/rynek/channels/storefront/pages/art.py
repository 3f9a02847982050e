"""Pictures of what nobody photographed: a packing drawn by what is known of it. The same address is always the same."""

import re
import tomllib
from functools import lru_cache
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from rynek.channels.storefront.rules import HUES, STYLES, Look, look
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import NotFound

# body, shade, paper, ink: muted, so that they sit on light paper and on dark; the ink is read on the paper
COLOURS = (
    ("#3f8f78", "#2c6a58", "#eef7f3", "#1d4c3f"), ("#cf9440", "#a8732a", "#fdf4e4", "#6b4410"),
    ("#5b84c4", "#416499", "#ecf2fb", "#27456f"), ("#b0668a", "#864a68", "#fbeef4", "#662f4c"),
    ("#8d8f45", "#6a6c30", "#f6f6e2", "#484a18"), ("#c2604d", "#974336", "#fceeea", "#752b1f"),
    ("#559bab", "#3e7683", "#e8f5f8", "#214f5a"), ("#8b74b4", "#69548d", "#f2edfa", "#483469"),
    ("#7b9d55", "#5c7a3e", "#f1f7e8", "#3b5423"), ("#a07f60", "#7a5e45", "#f8f1e9", "#543c26"),
    ("#4f6f8f", "#38526c", "#ebf1f7", "#243c54"), ("#d8b13f", "#ab8822", "#fdf8e2", "#614c08"),
    ("#9b4f5c", "#743642", "#faecee", "#5e2631"), ("#5d8f8f", "#436c6c", "#eaf4f4", "#274848"),
)  # fmt: skip
assert len(COLOURS) == HUES  # noqa: S101 - one for each hue that is drawn
_KEPT = (
    ("cache-control", "public, max-age=31536000, immutable"),
    ("content-security-policy", "default-src 'none'"),
)
_DRAWN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_EDITION = blake2b(Path(__file__).read_bytes() + Path(__file__).with_suffix(".toml").read_bytes()).digest()[:32]
"""Another drawing is another address: what was kept for ever is then asked for no more."""
_SHORT = 6


@lru_cache(maxsize=16_384)
def picture(name: str, brand: str | None, category: str) -> str:
    """Give the address of a thing's drawing; whatever looks the same is one picture."""
    drawn = look(name, brand, category)
    asked = {key: value for key, value in msgspec.structs.asdict(drawn).items() if value}
    return f"/shop/art/{digest(drawn)}.svg?{urlencode(asked)}"


def digest(drawn: Look) -> str:
    """Name a drawing by all that is in it."""
    said = "\0".join(map(str, msgspec.structs.astuple(drawn))).encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=8, key=_EDITION).hexdigest()


async def art(_call: Call[Any], file: str, drawn: Look) -> Response:
    """Draw a thing. All of it is in the address, which is named by its content, so the picture may be kept for ever.

    Raises:
        NotFound: the address was not made by this edition of the drawings.
    """
    if file != f"{digest(drawn)}.svg":
        raise NotFound("there is no such picture")
    return Response(200, draw(drawn).encode(), "image/svg+xml", _KEPT)


def draw(drawn: Look) -> str:
    """Draw a packing with what stands on it, in at most 2 kB."""
    body, shade, paper, ink = COLOURS[drawn.hue]
    path = _DRAWN[drawn.shape]["drawing"].replace('class="k"', f'stroke="{shade}"')
    for name, colour in (("b", body), ("s", shade), ("l", paper)):
        path = path.replace(f'class="{name}"', f'fill="{colour}"')
    label = _label(drawn, _DRAWN[drawn.shape].get("label"), shade, paper, ink)
    by = drawn.percent / 100
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300">'
        f'<ellipse cx="200" cy="263" rx="{108 * by:.0f}" ry="8" fill-opacity=".13"/>'
        f'<g transform="translate({200 - 200 * by:.1f} {262 - 262 * by:.1f}) scale({by:g})">{path}{label}</g></svg>'
    )


def _label(drawn: Look, place: list[int] | None, shade: str, paper: str, ink: str) -> str:
    lines = [*_broken(drawn.brand), *([drawn.size] if drawn.size else [])]
    if place is None or not lines:
        return ""
    left, top, width, height = place
    stripe = 9 if drawn.style == STYLES - 1 else 0
    corner = 0 if stripe else (3, height // 3)[drawn.style]
    ground = f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="{corner}" fill="{paper}"/>'
    if stripe:
        ground += f'<path fill="{shade}" fill-opacity=".75" d="M{left} {top}h{width}v{stripe}h-{width}z"/>'
    letter = min(21.0, (height - stripe) / (1.22 * len(lines) + 0.5), (width - 10) / (0.62 * max(map(len, lines))))
    middle = top + (stripe + height) / 2 - letter * (0.61 * (len(lines) - 1) - 0.36)
    written = [escape(line) for line in lines]
    if drawn.size:
        written[-1] = f'<tspan font-weight="400">{written[-1]}</tspan>'
    texts = "".join(
        f'<text x="{left + width / 2:g}" y="{middle + letter * 1.22 * row:.1f}">{line}</text>'
        for row, line in enumerate(written)
    )
    return (
        f'{ground}<g font-family="system-ui,sans-serif" font-weight="700" font-size="{letter:.1f}"'
        f' text-anchor="middle" fill="{ink}">{texts}</g>'
    )


def _broken(brand: str) -> list[str]:
    """Break a brand into at most two lines of about the same length."""
    gaps = [found.start() for found in re.finditer(" ", brand)]
    if len(brand) <= _SHORT or not gaps:
        return [brand] if brand else []
    at = min(gaps, key=lambda gap: abs(gap - len(brand) / 2))
    return [brand[:at], brand[at + 1 :]]
