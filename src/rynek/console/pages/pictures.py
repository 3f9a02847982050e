"""Pictures: uploaded, described, given their focal point, and shown with products."""

from typing import Any

from rynek.console.pages.shell import WORDS, go, language, show, shown, told
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, NotFound

PAGE = 48
WIDE = 640
"""How wide a picture is shown where its focal point is chosen: a click is counted in these pixels."""


@shown
async def pictures(call: Call[Any], find: str = "", before: str = "") -> Response:
    """Show the uploaded pictures, and where to upload more."""
    return await _listed(call, find.strip(), before)


async def _listed(call: Call[Any], find: str = "", before: str = "", refused: Fault | None = None) -> Response:
    found = await call.ask("commerce.media.pictures", name=find, before=before, limit=PAGE)
    return show(
        call, "console/pictures.html", refused.status if refused else 200, find=find, found=found, before=before,
        older=found[-1].picture if len(found) == PAGE else "",
        error=told(language(call.request), refused) if refused else None,
    )  # fmt: skip


@shown
async def upload(call: Call[Any]) -> Response:
    """Take a picture in, as the form posts it."""
    try:
        found = await call.ask("commerce.media.upload")
    except Fault as fault:
        return await _listed(call, refused=fault)
    return go(f"/console/pictures/{found.picture}")


@shown
async def picture(call: Call[Any], picture: str, done: str = "") -> Response:
    """Show a picture, with its cuts as the shop shows them."""
    found = await call.ask("commerce.media.picture", picture=picture)
    wide = min(WIDE, found.width)
    high = max(1, found.height * wide // found.width)
    return show(
        call, "console/picture.html", picture=found, done=done, wide=wide, high=high,
        locales=sorted({*WORDS, *found.alts}),
    )  # fmt: skip


@shown
async def focus(call: Call[Any], picture: str, x: int = 0, y: int = 0) -> Response:
    """Put the focal point where somebody clicked."""
    found = await call.ask("commerce.media.picture", picture=picture)
    wide = min(WIDE, found.width)
    high = max(1, found.height * wide // found.width)
    await _describe(call, found, min(100, max(0, x * 100 // wide)), min(100, max(0, y * 100 // high)), found.alts)
    return go(f"/console/pictures/{picture}?done=saved")


@shown
async def describe(
    call: Call[Any], picture: str, focus_x: int, focus_y: int, locale: list[str], alt: list[str]
) -> Response:
    """Say where a picture's subject is and what it shows."""
    found = await call.ask("commerce.media.picture", picture=picture)
    await _describe(call, found, focus_x, focus_y, dict(zip(locale, (each.strip() for each in alt), strict=False)))
    return go(f"/console/pictures/{picture}?done=saved")


async def _describe(call: Call[Any], picture: Any, x: int, y: int, alts: dict[str, str]) -> None:
    await call.ask("commerce.media.describe", picture=picture.picture, focus_x=x, focus_y=y, alts=alts)


@shown
async def place(call: Call[Any], picture: str, sku: str = "", do: str = "show") -> Response:
    """Show a picture with a product, or no more."""
    found = await call.ask("commerce.media.picture", picture=picture)
    products = await call.ask("commerce.catalog.find", sku=sku.strip(), gtin=sku.strip())
    if not products:
        raise NotFound(f"there is no item {sku.strip()}")
    if do == "show":
        last = max((each.position for each in products[0].media), default=-1)
        await call.ask("commerce.catalog.depict", product=products[0].id, url=found.url, position=last + 1)
    else:
        await call.ask("commerce.catalog.undepict", product=products[0].id, url=found.url)
    return go(f"/console/pictures/{picture}?done=saved")


@shown
async def discard(call: Call[Any], picture: str) -> Response:
    """Discard a picture that nothing shows."""
    await call.ask("commerce.media.discard", picture=picture)
    return go("/console/pictures")
