"""The words of pictures."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.kernel.faults import Conflict, Fault, NotFound

Digest = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{32}\Z",
        description="key of a picture, made from what is in it",
        examples=["0f343b0931126a20f133d67c2b018a3b"],
    ),
]
FormText = Annotated[str, Meta(max_length=40, pattern=r"^[0-9a-z.-]*\Z", examples=["640.webp", "640-4x3-50-50"])]
Percent = Annotated[int, Meta(ge=0, le=100)]
Locale = Annotated[str, Meta(pattern="^[a-z]{2}(-[A-Z]{2})?$", description="language, with country or not")]
Words = Annotated[str, Meta(max_length=255, pattern=r"^[^\x00]*\Z")]
Kind = Literal["jpeg", "png", "webp", "gif", "avif"]
"""What can be uploaded."""
Format = Literal["avif", "webp", "jpeg"]
"""What is handed out."""
Cut = Literal["whole", "square", "4x3"]
"""How much is shown: all of it, or the largest part of that shape with the focal point as near its middle as can be."""


class Picture(Struct, frozen=True):
    """An uploaded picture. Products show it by its ``url``.

    ``width`` and ``height`` are pixels, upright; ``colour`` is what it mostly looks like from afar. ``focus_x`` and
    ``focus_y`` are where its subject is, in per cent from the left and from the top.
    """

    picture: str
    url: str
    name: str
    width: int
    height: int
    size_bytes: int
    colour: str
    focus_x: int
    focus_y: int
    alts: dict[str, str]
    """What it shows, by language."""
    uploaded_at: datetime
    uses: int
    """How many products show it."""


class Row(Struct, frozen=True):
    """A picture as it is kept; ``alts`` is JSON."""

    id: UUID
    digest: str
    name: str
    width: int
    height: int
    size_bytes: int
    colour: str
    focus_x: int
    focus_y: int
    alts: str
    uploaded_at: datetime
    uses: int


class Form(Struct, frozen=True):
    """A size, a cut and a format to show a picture in; no format: what the browser likes best of them."""

    width: int
    cut: Cut = "whole"
    focus: tuple[int, int] | None = None
    format: Format | None = None


class Source(Struct, frozen=True):
    """An address of a picture, and how many pixels wide it is there."""

    url: str
    width: int


class Size(Struct, frozen=True):
    """A file that was made of a picture."""

    form: str
    size_bytes: int
    made: int


class PictureRefused(Fault):
    """The file is not taken as a picture."""

    status = 422


class UnknownPicture(NotFound):
    """There is no such picture."""


class UnknownForm(NotFound):
    """Pictures are not shown in that size or cut."""


class PictureUsed(Conflict):
    """The picture is shown somewhere: take it out there first."""
