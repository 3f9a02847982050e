"""The press: decodes and encodes pictures, as a program of its own that knows nothing else and may do nothing else.

``darkroom`` starts it by its path, without an environment; it imports nothing of Rynek. What is asked comes in on the
standard input and goes out on the standard output: a line of JSON, and as many bytes as its ``size`` says. It may not
write files or take more than its share of memory; whoever asked kills it when it takes too long.
"""

import io
import json
import resource
import sys
from typing import Any, BinaryIO

from PIL import Image, ImageCms, ImageFile, ImageOps

MEMORY_BYTES = 1_536 * 2**20
_MANNER: dict[str, dict[str, Any]] = {
    "avif": {"quality": 55, "speed": 8, "max_threads": 1},
    "webp": {"quality": 80, "method": 4},
    "jpeg": {"quality": 82, "progressive": True, "optimize": True},
}
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


class Refused(Exception):  # noqa: N818 - what it says is what it is
    """Why a picture is not taken."""


def bound() -> None:
    """Give away what a decoder does not need."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = None  # our own limits are checked before a pixel is read


def take(asked: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Decode a picture and give what is kept of it: its pixels, upright, in sRGB, and nothing else."""
    image: Any = Image.open(io.BytesIO(body), formats=[asked["kind"].upper()])
    frames = getattr(image, "n_frames", 1)
    check(image.size, frames, asked)
    if frames > 1:
        image.seek(0)
    image.draft("RGB", (asked["kept"], asked["kept"]))
    image.load()
    image = plain(upright(image))
    image.thumbnail((asked["kept"], asked["kept"]), Image.Resampling.LANCZOS)
    drawn = asked["kind"] in ("png", "gif")
    out = io.BytesIO()
    bare(image).save(out, "WEBP", lossless=drawn, quality=20 if drawn else 95, method=1 if drawn else 2, exact=False)
    return {"width": image.width, "height": image.height, "frames": frames, "colour": colour(image)}, out.getvalue()


def check(size: tuple[int, int], frames: int, asked: dict[str, Any]) -> None:
    """Refuse what would take too much to decode, by what it says of itself."""
    width, height = size
    if not 0 < width <= asked["side"] or not 0 < height <= asked["side"] or width * height > asked["pixels"]:
        raise Refused(f"it is {width} by {height} pixels; at most {asked['pixels']} in all and {asked['side']} a side")
    if frames > asked["frames"] or frames * width * height > asked["motion"]:
        raise Refused(f"it is an animation of {frames} frames; at most {asked['frames']}")


def upright(image: Any) -> Any:
    """Turn a picture as its camera was held."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - hostile or broken EXIF says nothing of how it was held
        return image


def plain(image: Any) -> Any:
    """Make it 8 bits of RGB, or RGBA where something shows through; colours are those that its profile means."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    clear = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, meant, _SRGB, outputMode="RGB")
        except Exception:  # noqa: BLE001 - without a profile that can be read it is what most pictures are
            image.info.pop("icc_profile", None)
    return image.convert("RGBA" if clear else "RGB")


def bare(image: Any) -> Any:
    """Copy the pixels alone: nothing of what the file said beside them can be written out again."""
    made = Image.new(image.mode, image.size)
    made.paste(image)
    return made


def on_white(image: Any) -> Any:
    """Lay what shows through on white, as JPEG knows nothing of it."""
    if image.mode != "RGBA":
        return image
    under = Image.new("RGB", image.size, "white")
    under.paste(image, mask=image.getchannel("A"))
    return under


def colour(image: Any) -> str:
    """Find the colour that there is most of."""
    small = on_white(image.resize((48, 48), Image.Resampling.BOX)).quantize(6)
    _, most = max(small.getcolors())
    red, green, blue = small.getpalette()[3 * most : 3 * most + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def print_(asked: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Make a size of what is kept."""
    image: Any = Image.open(io.BytesIO(body), formats=["WEBP"])
    image = image.crop(asked["box"]).resize(asked["to"], Image.Resampling.LANCZOS)
    kind, out = asked["format"], io.BytesIO()
    bare(on_white(image) if kind == "jpeg" else image).save(out, kind.upper(), **_MANNER[kind])
    return {}, out.getvalue()


def answer(asked: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Do what is asked, or say why not."""
    try:
        return take(asked, body) if asked["do"] == "take" else print_(asked, body)
    except Refused as refused:
        return {"refused": str(refused)}, b""
    except MemoryError:
        return {"refused": "it takes too much memory to read"}, b""
    except Exception:  # noqa: BLE001 - whatever a decoder says of a file, the file is at fault
        return {"refused": "it is damaged and cannot be read"}, b""


def run(given: BinaryIO, taken: BinaryIO) -> None:
    """Answer until nobody asks any more."""
    bound()
    while line := given.readline():
        asked = json.loads(line)
        told, body = answer(asked, given.read(asked["size"]))
        taken.write(json.dumps({**told, "size": len(body)}).encode() + b"\n" + body)
        taken.flush()


if __name__ == "__main__":
    run(sys.stdin.buffer, sys.stdout.buffer)
