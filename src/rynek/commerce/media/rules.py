"""What is taken as a picture, and in which sizes and cuts it is shown: pure."""

import re
from collections.abc import Sequence

from rynek.commerce.media.model import Cut, Form, Format, Kind, Source

LARGEST_BYTES = 20 * 2**20
LARGEST_BODY = LARGEST_BYTES + 65_536
"""A picture with the form around it."""
"""Of an uploaded file."""
LARGEST_SIDE = 16_000
LARGEST_PIXELS = 64_000_000
LARGEST_FRAMES = 200
"""Of an animation, whose first frame is taken."""
LARGEST_MOTION_PIXELS = 400_000_000
"""Of all frames together."""
KEPT_SIDE = 3_840
"""The longer side of what is kept of a picture."""

WIDTHS = (160, 320, 480, 640, 960, 1280, 1920)
"""All that anybody can ask for: nobody fills the disk with sizes of their own."""
WHOLE = Form(1920)
_RATIO: dict[str, tuple[int, int]] = {"square": (1, 1), "4x3": (4, 3)}
_FORMATS: dict[str, Format] = {"avif": "avif", "webp": "webp", "jpeg": "jpeg"}
_ENDINGS: dict[str, Kind] = {
    "jpg": "jpeg", "jpeg": "jpeg", "jfif": "jpeg", "png": "png", "webp": "webp", "gif": "gif", "avif": "avif",
}  # fmt: skip
_FORM = re.compile(r"([1-9]\d{1,3})(?:-(square|4x3)-(0|[1-9]\d?|100)-(0|[1-9]\d?|100))?(?:\.(avif|webp|jpeg))?")
_URL = re.compile(r"/media/([0-9a-f]{32})")
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# what has no business in a picture, and by which a file is a program or a page as well
_FOREIGN = re.compile(rb"<script|<\?php|<!doctype|<html|<iframe|<svg[\s>]|javascript:", re.IGNORECASE)
_ZIP_END = b"PK\x05\x06"
_ZIP_REACH = 65_557


def kind(body: bytes) -> Kind | None:
    """Tell what kind of picture a file is by its first bytes; None: no kind that is taken. SVG is never taken."""
    if body.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if body.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    if body[4:8] == b"ftyp" and b"avif" in (body[8:12], *_fours(body[16 : int.from_bytes(body[:4])])):
        return "avif"
    return None


def _fours(brands: bytes) -> list[bytes]:
    return [brands[place : place + 4] for place in range(0, min(len(brands), 128), 4)]


def objection(body: bytes, declared: str, name: str) -> str | None:
    """Say why a file is not taken; None: as far as its outside tells, it is one picture and nothing else.

    Args:
        declared: the type that was sent with it, such as ``image/png``.
        name: the file's name, perhaps none.
    """
    found = kind(body)
    if found is None:
        return "it is none of JPEG, PNG, WebP, GIF and AVIF"
    ending = name.rpartition(".")[2].lower() if "." in name else found
    told = declared.partition(";")[0].strip().lower().removeprefix("image/")
    if _ENDINGS.get(told) != found or _ENDINGS.get(ending) != found:
        return f"it is a {found.upper()} file, but says to be something else"
    if len(body) > LARGEST_BYTES:
        return f"it is larger than {LARGEST_BYTES} bytes"
    end = ending_of(body, found)
    if end is None:
        return "it is cut off or damaged"
    if body[end:].strip(b"\0"):
        return "something else is appended to it; save it anew as a picture alone"
    return "it is something else as well as a picture" if foreign(body) else None


def foreign(body: bytes) -> bool:
    """Tell whether a file can also be read as an archive, a document, a page or a program."""
    tail = body[-_ZIP_REACH:]
    place = tail.rfind(_ZIP_END)
    archive = place >= 0 and place + 22 + int.from_bytes(tail[place + 20 : place + 22], "little") == len(tail)
    # a script's comment begins where a GIF's width or a JPEG's first length stands
    program = body[6:8] in (b"/*", b"//") if body[:3] == b"GIF" else body[4:6] == b"/*" and body[:2] == b"\xff\xd8"
    return archive or program or b"%PDF-" in body[:1024] or _FOREIGN.search(body) is not None


def ending_of(body: bytes, kind: Kind) -> int | None:
    """Tell where a picture ends in its file; None: it does not, or its parts do not fit together.

    Pictures that a JPEG brings behind it (previews, other exposures, gain maps) belong to it.

    Source: ITU T.81 annex B; PNG third edition, 5; GIF89a; RFC 9649; ISO/IEC 14496-12, 4.2.
    """
    walk = {"jpeg": _jpegs, "png": _png, "gif": _gif, "webp": _riff, "avif": _boxes}[kind]
    try:
        end = walk(body)
    except IndexError:
        return None
    return end if end is not None and end <= len(body) else None


def _riff(body: bytes) -> int:
    return 8 + int.from_bytes(body[4:8], "little")


def _jpegs(body: bytes) -> int | None:
    end = _jpeg(body, 0)
    while end is not None and body[end : end + 3] == b"\xff\xd8\xff":
        end = _jpeg(body, end)
    return end


def _jpeg(body: bytes, place: int) -> int | None:
    place += 2
    while body[place] == 0xFF:
        marker = body[place + 1]
        if marker == 0xD9:
            return place + 2
        if marker == 0xFF:
            place += 1
            continue
        place += 2 + int.from_bytes(body[place + 2 : place + 4])
        if marker == 0xDA:  # the pixels go on until the next marker
            found = _MARKER.search(body, place)
            if found is None:
                return None
            place = found.start()
    return None


def _png(body: bytes) -> int | None:
    place = 8
    while place + 12 <= len(body):
        name, length = body[place + 4 : place + 8], int.from_bytes(body[place : place + 4])
        place += 12 + length
        if name == b"IEND":
            return place
    return None


def _gif(body: bytes) -> int | None:
    place = 13 + _colours(body[10])
    while body[place] != 0x3B:
        if body[place] == 0x2C:
            place += 11 + _colours(body[place + 9])
        elif body[place] == 0x21:
            place += 2
        else:
            return None
        while body[place]:
            place += 1 + body[place]
        place += 1
    return place + 1


def _colours(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _boxes(body: bytes) -> int | None:
    """Walk an AVIF's boxes; none of them may reach to wherever the file ends, as that would hide what is appended."""
    place, seen, known = 0, set(), (b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"iloc", b"mini", b"uuid")
    while place + 8 <= len(body) and body[place + 4 : place + 8] in known:
        length = int.from_bytes(body[place : place + 4])
        length = int.from_bytes(body[place + 8 : place + 16]) if length == 1 else length
        if length < 8:
            return None
        seen.add(body[place + 4 : place + 8])
        place += length
    return place if {b"meta", b"mdat"} <= seen else None


def form(text: str) -> Form | None:
    """Read a form from an address: ``640``, ``640.webp``, ``640-4x3-50-33.avif``; None: it is not on the list."""
    found = _FORM.fullmatch(text)
    if found is None or int(found[1]) not in WIDTHS:
        return None
    focus = (int(found[3]), int(found[4])) if found[2] else None
    cut: Cut = "square" if found[2] == "square" else "4x3" if found[2] else "whole"
    return Form(int(found[1]), cut, focus, _FORMATS.get(found[5] or ""))


def name(form: Form) -> str:
    """Write a form as it stands in an address."""
    cut = f"-{form.cut}-{form.focus[0]}-{form.focus[1]}" if form.focus is not None else ""
    return f"{form.width}{cut}{f'.{form.format}' if form.format else ''}"


def liked(accept: str | None) -> Format:
    """Choose the format that a browser likes, by its ``Accept`` header: the smallest that it names."""
    told = (accept or "").lower()
    return "avif" if "image/avif" in told else "webp" if "image/webp" in told else "jpeg"


def box(width: int, height: int, cut: Cut, focus: tuple[int, int]) -> tuple[int, int, int, int]:
    """Cut a picture: left, top, right and bottom of the largest part of that shape around the focal point.

    Args:
        focus: per cent from the left and from the top.
    """
    if cut not in _RATIO:
        return 0, 0, width, height
    across, down = _RATIO[cut]
    wide = max(1, min(width, height * across // down))
    high = max(1, min(height, width * down // across))
    left = min(max(0, width * focus[0] // 100 - wide // 2), width - wide)
    top = min(max(0, height * focus[1] // 100 - high // 2), height - high)
    return left, top, left + wide, top + high


def scaled(width: int, height: int, wanted: int) -> tuple[int, int]:
    """Give the size at which a picture is shown: ``wanted`` pixels wide, but never larger than it is."""
    if wanted >= width:
        return width, height
    return wanted, max(1, round(height * wanted / width))


def measured(width: int, height: int, cut: Cut) -> tuple[int, int]:
    """Give the size of a picture in a cut."""
    left, top, right, bottom = box(width, height, cut, (50, 50))
    return right - left, bottom - top


def digest(url: str) -> str | None:
    """Tell which uploaded picture an address shows; None: one that lies elsewhere."""
    found = _URL.fullmatch(url)
    return found[1] if found else None


def sources(digest: str, width: int, height: int, cut: Cut, focus: tuple[int, int]) -> Sequence[Source]:
    """List the addresses of a picture in one cut, from narrow to wide; none is larger than the picture is."""
    left, _, right, _ = box(width, height, cut, focus)
    real = right - left
    wanted = [each for each in WIDTHS if each < real] + [each for each in WIDTHS if each >= real][:1]
    return [
        Source(f"/media/{digest}/{name(Form(each, cut, focus if cut != 'whole' else None))}", min(each, real))
        for each in wanted
    ]
