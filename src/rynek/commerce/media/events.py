"""What pictures announce."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("media.picture-changed", key="picture")
class PictureChanged(Struct, frozen=True):
    """A picture was uploaded, described anew or discarded; ``holders`` are the products that show it."""

    picture: str
    holders: list[UUID]
    gone: bool = False
