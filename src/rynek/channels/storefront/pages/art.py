"""Pictures of what nobody photographed: a packing drawn by what is known of it. The same address is always the same."""

import tomllib
from html import escape
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from rynek.channels.storefront.rules import HUES, Shape
from rynek.kernel.door import Call, Response

# body, shade, label; muted, so that they sit on light paper and on dark
_COLOURS = (
    ("#3f8f78", "#2f6f5d", "#e9f4ef"), ("#c98a3d", "#a56e2b", "#fbf1e1"), ("#5c82bd", "#456599", "#e8eff8"),
    ("#a8627f", "#864c64", "#f8eaf0"), ("#8a8b42", "#6c6d31", "#f3f3de"), ("#b8604f", "#934a3c", "#fae9e5"),
    ("#5a9aa8", "#447985", "#e5f2f4"), ("#8a73b0", "#6c588d", "#f0ebf8"), ("#7a9a55", "#5f7941", "#eef4e4"),
    ("#9a7b5f", "#785f48", "#f4ece4"),
)  # fmt: skip
assert len(_COLOURS) == HUES  # noqa: S101 - one for each hue that is drawn
_KEPT = (
    ("cache-control", "public, max-age=31536000, immutable"),
    ("content-security-policy", "default-src 'none'"),
)
_DRAWN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def _size(label: str) -> int:
    return 24 if len(label) < 4 else 21 if len(label) < 5 else 17


async def art(
    _call: Call[Any],
    file: str,
    shape: Shape = "box",
    hue: Annotated[int, Meta(ge=0, lt=HUES)] = 0,
    label: Annotated[str, Meta(max_length=8)] = "",
    size: Annotated[str, Meta(max_length=16)] = "",
) -> Response:
    """Draw a thing. All of it is in the address, so the picture may be kept for ever."""
    del file  # it makes the address one of its own, and readable
    return Response(200, draw(shape, hue, label, size).encode(), "image/svg+xml", _KEPT)


def draw(shape: str, hue: int, label: str, size: str) -> str:
    """Draw a packing with what stands on it."""
    body, shade, paper = _COLOURS[hue]
    path, middle = _DRAWN[shape]["drawing"].replace("\n", ""), _DRAWN[shape]["middle"]
    for name, colour in (("b", body), ("s", shade), ("l", paper)):
        path = path.replace(f'class="{name}"', f'fill="{colour}"')
    path = path.replace('" fill="none"/>', f'" stroke="{shade}" stroke-width="7" stroke-linecap="round"/>')
    written = ""
    if middle:
        lines = [each for each in (label, size) if each]
        first = middle + (8 if len(lines) == 1 else -3)
        for place, each in enumerate(lines):
            height = _size(each) if each is label else 15
            written += f'<text x="200" y="{first + 23 * place}" font-size="{height}">{escape(each)}</text>'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300">'
        '<ellipse cx="200" cy="256" rx="96" ry="9" fill="#000" fill-opacity=".10"/>'
        f'{path}<g font-family="system-ui,sans-serif" font-weight="700" text-anchor="middle" fill="{shade}">'
        f"{written}</g></svg>"
    )
