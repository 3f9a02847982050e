"""The darkroom: what it takes in comes out as pixels alone, and nothing that is sent in harms more than a press."""

import asyncio
import io
import os
import signal
import time
from typing import Any, get_args

import pytest
from PIL import Image, ImageCms

from rynek.commerce.media import darkroom, rules
from rynek.commerce.media.model import Format, Kind
from rynek.kernel.faults import Unavailable
from tests import pictures


def asked(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "do": "take", "kind": kind, "pixels": rules.LARGEST_PIXELS, "side": rules.LARGEST_SIDE,
        "frames": rules.LARGEST_FRAMES, "motion": rules.LARGEST_MOTION_PIXELS, "kept": rules.KEPT_SIDE, **more,
    }  # fmt: skip


async def taken(kind: str, body: bytes) -> tuple[dict[str, Any], Any]:
    facts, kept = await darkroom.work(asked(kind), body)
    assert "refused" not in facts, facts
    return facts, Image.open(io.BytesIO(kept))


async def refused(kind: str, body: bytes) -> str:
    facts, kept = await darkroom.work(asked(kind), body)
    assert kept == b""
    return str(facts["refused"])


def near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(pixel, colour, strict=False))


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_pixels_stay_and_all_that_was_said_beside_them_is_gone(kind: str) -> None:
    body = pictures.told(kind) if kind != "gif" else pictures.a("gif", comment=pictures.COMMENT)
    assert pictures.COMMENT in body  # the control: it was there
    facts, kept = await darkroom.work(asked(kind), body)
    for secret in (pictures.GPS, pictures.COMMENT, b"Exif", b"EXIF", b"XMP", b"ICCP", b"xmpmeta"):
        assert secret not in kept, secret
    image: Any = Image.open(io.BytesIO(kept))
    assert (facts["width"], facts["height"]) == image.size == (64, 48)
    assert dict(image.getexif()) == {}
    assert not {"exif", "xmp", "icc_profile", "comment"} & image.info.keys()
    image = image.convert("RGB")
    assert near(image.getpixel((10, 24)), (255, 0, 0))
    assert near(image.getpixel((54, 24)), (0, 0, 255))
    colour = tuple(bytes.fromhex(facts["colour"][1:]))
    assert near(colour, (255, 0, 0)) or near(colour, (0, 0, 255))


@pytest.mark.parametrize(("orientation", "red"), [(3, (54, 24)), (6, (24, 10)), (8, (24, 54))])
async def test_a_picture_stands_upright_once_its_camera_is_forgotten(orientation: int, red: tuple[int, int]) -> None:
    facts, image = await taken("jpeg", pictures.told("jpeg", orientation))
    assert (facts["width"], facts["height"]) == ((64, 48) if orientation == 3 else (48, 64))
    assert near(image.convert("RGB").getpixel(red), (255, 0, 0))


async def test_a_profile_that_does_not_fit_is_passed_over() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    facts, _ = await taken("png", pictures.a("png", icc_profile=lab))
    assert facts["width"] == 64
    facts, _ = await taken("png", pictures.a("png", icc_profile=b"no profile at all"))
    assert facts["width"] == 64


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
async def test_pictures_of_every_depth_are_taken(mode: str) -> None:
    image = pictures.picture().convert("L") if mode in ("1", "L", "I;16") else pictures.picture().convert("RGBA")
    if mode == "I;16":
        image = Image.frombytes(mode, image.size, b"".join(bytes((0, value)) for value in image.tobytes()))
    else:
        image = image.convert(mode)
    facts, kept = await taken("png", pictures.written(image, "png"))
    assert (facts["width"], facts["height"]) == (64, 48)
    left, right = kept.convert("L").getpixel((10, 24)), kept.convert("L").getpixel((54, 24))
    assert left > right or mode == "1"


async def test_cmyk_is_taken() -> None:
    facts, kept = await taken("jpeg", pictures.written(pictures.picture().convert("CMYK"), "jpeg", quality=95))
    assert (kept.mode, facts["width"]) == ("RGB", 64)


async def test_large_pictures_are_kept_smaller() -> None:
    facts, kept = await taken("jpeg", pictures.a("jpeg", 6_000, 4_000))
    assert (facts["width"], facts["height"]) == kept.size == (3_840, 2_560)


async def test_of_an_animation_the_first_frame_is_taken() -> None:
    facts, kept = await taken("gif", pictures.animated(12))
    assert (facts["frames"], getattr(kept, "n_frames", 1)) == (12, 1)


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        ("png", pictures.png(30_000, 30_000), "30000 by 30000"),
        ("png", pictures.png(2**31 - 1, 1), "damaged|by 1 pixels"),
        ("png", pictures.png(0, 0), "damaged|0 by 0"),
        ("png", pictures.png(17_000, 1), "17000 by 1"),
        ("gif", b"GIF89a" + b"\xff\xff\xff\xff" + pictures.a("gif")[10:], "65535 by 65535"),
        ("gif", pictures.animated(201, 8, 8), "201 frames"),
        ("gif", pictures.animated(110, 2_000, 2_000), "110 frames"),
        ("jpeg", pictures.a("jpeg")[:300] + b"\xff\xd9", "damaged"),
        ("png", pictures.a("png").replace(b"IDAT", b"IDAX"), "damaged"),
        ("webp", pictures.a("webp")[:40] + bytes(40), "damaged"),
        ("avif", pictures.a("avif")[:-30] + bytes(30), "damaged"),
        ("jpeg", pictures.a("png"), "damaged"),
        ("png", b"%!PS-Adobe-3.0\n", "damaged"),
    ],
)  # fmt: skip
async def test_what_takes_too_much_or_is_damaged_is_refused(kind: str, body: bytes, why: str) -> None:
    said = await refused(kind, body)
    assert any(each in said for each in why.split("|")), said


async def test_a_bomb_is_refused_before_it_goes_off() -> None:
    body = pictures.bomb()
    assert len(body) < 4 * 2**20
    began = time.monotonic()
    assert "20000 by 20000" in await refused("png", body)
    assert time.monotonic() - began < 5


async def test_a_bomb_in_a_profile_is_passed_over_or_refused() -> None:
    facts, _ = await darkroom.work(asked("png"), pictures.profile_bomb())
    assert facts.get("refused", "damaged") or facts["width"] == 1


async def test_memory_is_bounded() -> None:
    """The control of the bound: with limits that let it in, the same bomb ends for want of memory."""
    facts, _ = await darkroom.work(asked("png", pixels=10**12, side=10**6, motion=10**12), pictures.bomb())
    assert "memory" in facts["refused"]


@pytest.mark.parametrize("form", get_args(Format))
async def test_sizes_are_made_of_what_is_kept(form: Format) -> None:
    _, kept = await darkroom.work(asked("jpeg"), pictures.a("jpeg", 800, 600))
    told, made = await darkroom.work(
        {"do": "print", "box": (0, 0, 400, 300), "to": (160, 120), "format": form}, kept
    )  # fmt: skip
    assert "refused" not in told
    image: Any = Image.open(io.BytesIO(made))
    assert (image.format, image.size) == (form.upper(), (160, 120))
    assert near(image.convert("RGB").getpixel((80, 60)), (255, 0, 0))
    assert dict(image.getexif()) == {}


async def test_a_jpeg_of_what_shows_through_stands_on_white() -> None:
    _, kept = await darkroom.work(asked("png"), pictures.written(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "png"))
    _, made = await darkroom.work({"do": "print", "box": (0, 0, 50, 50), "to": (50, 50), "format": "jpeg"}, kept)
    image: Any = Image.open(io.BytesIO(made))
    assert near(image.getpixel((25, 25)), (255, 255, 255))


async def test_a_press_that_dies_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the middle of its work, as the kernel does for want of memory: one picture is lost, no more."""
    begun: list[int] = []
    press = darkroom._press

    def watched() -> Any:
        found = press()
        begun.append(found.pid)
        return found

    monkeypatch.setattr(darkroom, "_press", watched)
    working = asyncio.create_task(darkroom.work(asked("png"), pictures.noise("png", 3_000, 3_000)))
    await asyncio.sleep(0.1)
    os.kill(begun[0], signal.SIGSEGV)
    with pytest.raises(darkroom.Ruined):
        await working
    found = await asyncio.gather(*(darkroom.work(asked("png"), pictures.a("png")) for _ in range(4)))
    assert [facts["width"] for facts, _ in found] == [64] * 4


async def test_a_press_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(darkroom, "SECONDS", 0.05)
    with pytest.raises(darkroom.Ruined):
        await darkroom.work(asked("png"), pictures.noise("png", 3_000, 3_000))
    monkeypatch.undo()
    facts, _ = await darkroom.work(asked("png"), pictures.a("png"))
    assert facts["width"] == 64


async def test_too_many_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(darkroom, "WAITING", 3)
    asks = [darkroom.work(asked("png"), pictures.a("png")) for _ in range(10)]
    found = await asyncio.gather(*asks, return_exceptions=True)
    assert sum(isinstance(each, Unavailable) for each in found) == 7


async def test_the_event_loop_does_not_wait() -> None:
    """While a large picture is decoded, the loop goes on."""
    working = asyncio.create_task(darkroom.work(asked("png"), pictures.noise("png", 3_000, 2_000)))
    ticks = 0
    while not working.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert ticks > 10
