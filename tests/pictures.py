"""Pictures for tests: honest ones, and files that only look like one."""

import io
import struct
import zipfile
import zlib
from functools import cache
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

GPS = b"Jana Pawla II 12, Krakow"
COMMENT = b"taken with a stolen camera"


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Any:
    """Make a picture whose left half is red and whose right half is blue, so that turns and cuts show."""
    made = Image.new(mode, (width, height), "red")
    made.paste(Image.new(mode, (width - width // 2, height), "blue"), (width // 2, 0))
    return made


def written(image: Any, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind.upper(), **more)
    return out.getvalue()


def a(kind: str, width: int = 64, height: int = 48, **more: Any) -> bytes:
    return written(picture(width, height), kind, **more)


def noise(kind: str, width: int = 1200, height: int = 900) -> bytes:
    """Make a picture that is like a photograph in that it does not shrink to nothing."""
    more: dict[str, Any] = {"compress_level": 1} if kind == "png" else {}
    return written(Image.effect_noise((width, height), 40).convert("RGB"), kind, **more)


def told(kind: str, orientation: int = 1) -> bytes:
    """Make a picture that says where it was taken, with what, and what somebody thought of it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = COMMENT.decode()
    exif[0x8825] = {1: "N", 2: (50.0, 3.0, 41.0), 3: "E", 4: (19.0, 56.0, 18.0), 29: GPS.decode()}
    more: dict[str, Any] = {"exif": exif.tobytes()}
    if kind in ("jpeg", "png", "webp"):
        more["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    if kind == "jpeg":
        more |= {"comment": COMMENT, "xmp": b"<x:xmpmeta>" + GPS + b"</x:xmpmeta>", "quality": 95}
    if kind == "png":
        words = PngImagePlugin.PngInfo()
        words.add_text("Comment", COMMENT.decode(), zip=False)
        words.add_itxt("XML:com.adobe.xmp", GPS.decode())
        more["pnginfo"] = words
    return a(kind, **more)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *chunks: bytes, colours: int = 2) -> bytes:
    """Write a PNG by hand: one that says of itself whatever it likes."""
    head = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IEND", b"")


@cache
def bomb() -> bytes:
    """Make a small PNG of 400 megapixels, all of them there."""
    packer = zlib.compressobj(1)
    rows = bytes(20_001 * 100)
    body = b"".join(packer.compress(rows) for _ in range(200)) + packer.flush()
    return png(20_000, 20_000, chunk(b"IDAT", body), colours=0)


@cache
def profile_bomb() -> bytes:
    """Make a PNG of one pixel with a colour profile that unpacks to 256 MB."""
    packer = zlib.compressobj(9)
    zeros = b"\0" * 2**20
    packed = b"".join(packer.compress(zeros) for _ in range(256)) + packer.flush()
    pixel = chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
    return png(1, 1, chunk(b"iCCP", b"icc\0\0" + packed), pixel)


def animated(frames: int, width: int = 64, height: int = 48) -> bytes:
    first, *others = [Image.new("L", (width, height), number % 250) for number in range(frames)]
    return written(first, "gif", save_all=True, append_images=others, duration=40)


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("evil.class", b"\xca\xfe\xba\xbe")
    return out.getvalue()


def zip_inside() -> bytes:
    """Hide an archive in a PNG's own chunk at its end, so that nothing is appended."""
    zipped = bytearray(archive())
    end = zipped.rfind(b"PK\x05\x06")
    after = chunk(b"IEND", b"")
    zipped[end + 20 : end + 22] = struct.pack("<H", len(after) + 4)  # the archive's comment goes to the file's end
    made = png(1, 1, chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")), chunk(b"zzZz", bytes(zipped)))
    return bytes(made)


def script_gif() -> bytes:
    """Make a GIF that is a program as well: its width is the beginning of a comment."""
    return b"GIF89a/*" + a("gif")[8:-1] + b"*/=1;alert(document.cookie)//;"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
    b'<!ENTITY c SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&b;&c;</text></svg>'
)
