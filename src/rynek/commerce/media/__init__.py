"""Pictures: taken in, written anew without what they say beside themselves, and shown in the sizes that pages need."""

from rynek.commerce.media.actions import known, shown, upload, use
from rynek.commerce.media.model import Cut, Picture, Source
from rynek.commerce.media.rules import LARGEST_BODY, digest, measured, sources

__all__ = [
    "LARGEST_BODY",
    "Cut",
    "Picture",
    "Source",
    "digest",
    "known",
    "measured",
    "shown",
    "sources",
    "upload",
    "use",
]
