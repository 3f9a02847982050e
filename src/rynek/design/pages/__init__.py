"""The page on which every part of the look is shown, and the choice of light and dark."""

from pathlib import Path
from typing import Any, Literal

from rynek.design import rules
from rynek.design.looks import TOKENS, look, look_cookie
from rynek.kernel import pages, words
from rynek.kernel.door import Call, Response
from rynek.kernel.operations import process

WORDS = words.read(Path(__file__).parent / "words")
COLOURS = (
    "paper", "sheet", "sunken", "ink", "ink-soft", "ink-faint", "accent", "accent-soft", "sale", "sun", "good", "warn",
    "bad", "info",
)  # fmt: skip


async def design(call: Call[Any], language: str = "") -> Response:
    """Show every part of the look in its states, light and dark beside each other."""
    header = call.request.header if call.request is not None else lambda _name: None
    w = WORDS.get(language) or words.choose(header("cookie"), header("accept-language"), WORDS)
    known = rules.palette(TOKENS)
    contrasts = [
        (ink, ground, wanted, *(rules.contrast(known[mode][ink], known[mode][ground]) for mode in ("light", "dark")))
        for ink, ground, wanted in rules.PAIRS
    ]
    return pages.page(
        "design/design.html", w=w, language=w.code, skip=w("skip"), menu=w("menu"), look=look(header("cookie")),
        contrasts=contrasts, colours=COLOURS,
    )  # fmt: skip


async def choose(_call: Call[Any], look: Literal["light", "dark", "system"], back: str = "/design") -> Response:
    """Have pages light, dark, or as the system says, from now on."""
    headers = (("location", inside(back)), ("cache-control", "no-store"), ("set-cookie", look_cookie(look)))
    return Response(303, b"", "text/plain", headers)


def inside(address: str) -> str:
    """Give an address if it is one of ours, else that of the design: nobody is led elsewhere by a link to us."""
    sound = address.isascii() and address.isprintable() and "\\" not in address
    return address if sound and address.startswith("/") and not address.startswith("//") else "/design"


operations = [
    process("GET /design", design, "design.see", rate="read", shown=False),
    process("POST /design/look", choose, "design.choose", rate="write", shown=False, form=True),
]
