"""The words of a theme."""

from typing import Annotated

from msgspec import Meta, Struct, field

Colour = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$", description="six hexadecimal digits, such as #0e6b4c")]
Rem = Annotated[float, Meta(ge=0, le=2)]


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """How round things are, in rem (16 pixels, unless the reader wants larger letters)."""

    round: Rem | None = None
    """Cards, pictures and sheets."""
    round_small: Rem | None = None
    """Buttons and fields."""


class Type(Struct, frozen=True, forbid_unknown_fields=True):
    """What letters are set in: fonts of the reader's system, as nothing is loaded from elsewhere."""

    sans: Annotated[str, Meta(pattern=r"^[\w\" ,'-]{1,200}$")] | None = None
    mono: Annotated[str, Meta(pattern=r"^[\w\" ,'-]{1,200}$")] | None = None


class Theme(Struct, frozen=True, forbid_unknown_fields=True):
    """What a retailer changes of the look: tokens by name, for light and for dark."""

    light: dict[str, Colour] = field(default_factory=dict)
    dark: dict[str, Colour] = field(default_factory=dict)
    shape: Shape = field(default_factory=Shape)
    type: Type = field(default_factory=Type)
