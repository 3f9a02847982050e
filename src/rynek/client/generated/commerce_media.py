"""Pictures: taken in, written anew without what they say beside themselves, and shown in the sizes that pages need.

Made by ``make client`` from the registry; do not edit.
"""

import msgspec
import rynek.commerce.media.model as commerce_media
from rynek.client.calls import Calls, Route

_DESCRIBE = Route[commerce_media.Picture]("PUT", "/media/pictures/{picture}", commerce_media.Picture)
_DISCARD = Route[None]("DELETE", "/media/pictures/{picture}", None)
_PICTURE = Route[commerce_media.Picture]("GET", "/media/pictures/{picture}", commerce_media.Picture)
_PICTURES = Route[list[commerce_media.Picture]]("GET", "/media/pictures", list[commerce_media.Picture])
_UPLOAD = Route[commerce_media.Picture]("POST", "/media/pictures", commerce_media.Picture)


class CommerceMedia:
    """Pictures: taken in, written anew without what they say beside themselves, and shown in the sizes that pages need."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def describe(self, picture: str, focus_x: int, focus_y: int, alts: dict[str, str]) -> commerce_media.Picture:
        """Say where a picture's subject is, which every cut keeps, and what it shows, by language.

        Raises:
            UnknownPicture: there is none of this key.
        Emits:
            PictureChanged.
        """
        return await self._calls.ask(
            _DESCRIBE, {"picture": picture}, {"focus_x": focus_x, "focus_y": focus_y, "alts": alts}
        )

    async def discard(self, picture: str) -> None:
        """Discard a picture that nothing shows; its files are cleared away a day later.

        Raises:
            UnknownPicture: there is none of this key.
            PictureUsed: a product shows it; ``uses`` says how many do.
        Emits:
            PictureChanged.
        """
        return await self._calls.ask(_DISCARD, {"picture": picture}, None)

    async def picture(self, picture: str) -> commerce_media.Picture:
        """Look a picture up.

        Raises:
            UnknownPicture: there is none of this key.
        """
        return await self._calls.ask(_PICTURE, {"picture": picture}, None)

    async def pictures(
        self, name: str = "", before: str = "", limit: int = 48, pictures: list[str] | msgspec.UnsetType = msgspec.UNSET
    ) -> list[commerce_media.Picture]:
        """List uploaded pictures, the newest first.

        Args:
            pictures: only these; none for all.
            name: only those whose file's name has this in it.
            before: the last picture of the page before.
        """
        return await self._calls.ask(
            _PICTURES, {}, {"name": name, "before": before, "limit": limit, "pictures": pictures}
        )

    async def upload(self, body: bytes, kind: str) -> commerce_media.Picture:
        """Take in a picture: JPEG, PNG, WebP, GIF or AVIF of up to 20 MiB and 64 megapixels.

        Send the file as the body, with its ``Content-Type``, or a form with one file (``multipart/form-data``). It is
        decoded and written anew: place, camera, comments and whatever else the file said are gone, and the picture stands
        upright. Of an animation the first frame is kept. A picture that is there already is given as it is.

        Raises:
            PictureRefused: the file is no picture of these kinds, says to be something else, is cut off, too large, or
                something else as well.
            UnsupportedMediaType: no ``Content-Type`` of a picture came with it.
            Malformed: the form cannot be read.
            Unavailable: too many pictures are being taken in.
        Emits:
            PictureChanged when it is new.
        """
        return await self._calls.send(_UPLOAD, {}, body, kind)
