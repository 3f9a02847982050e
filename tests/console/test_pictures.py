"""Pictures in the back office, in a real browser: uploaded, aimed, described, and shown by the shop."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from rynek import security
from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import set_up
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from tests import pictures
from tests.browser import Visitor, chromium, visiting

BOSS = ("boss@rynek.example", "a password for the boss")
ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))


@pytest.fixture(scope="module")
async def stall(world: App) -> None:
    await set_up(world)
    assert await security.ensure_admin(world.database, *BOSS)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "Łąka.jpg"
    path.write_bytes(pictures.noise("jpeg", 1_200, 800))
    return path


async def enter(visitor: Visitor) -> None:
    await visitor.open("/console/login")
    await visitor.page.fill("#email", BOSS[0])
    await visitor.page.fill("#password", BOSS[1])
    await visitor.page.click("main form button")


async def test_a_picture_finds_its_way_into_the_shop_without_scripts(
    world: App, stall: None, server: Server, browser: Browser, photograph: Path, tmp_path: Path
) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await enter(visitor)
        await visitor.open("/console/pictures")
        svg = tmp_path / "evil.png"
        svg.write_bytes(pictures.SVG)
        visitor.expected += 1
        await page.set_input_files("#file", svg)
        await page.click("text=Upload")
        assert "This file is not taken" in await visitor.text("[role=alert]")
        await page.set_input_files("#file", photograph)
        await page.click("text=Upload")
        assert "Łąka.jpg" in await visitor.text("h1")
        await page.click("input[type=image]", position={"x": 64, "y": 213})
        assert (await page.input_value("#fx"), await page.input_value("#fy")) == ("10", "50")
        await page.fill("#alt-en", "A meadow")
        await page.fill("#alt-pl", "Łąka")
        await page.click("button:has-text('Save')")
        assert "Saved." in await visitor.text("[role=status]")
        assert await page.input_value("#alt-pl") == "Łąka"
        await page.fill("#sku", "ITEM-00001")
        await page.click("text=Show with it")
        assert "shown by 1" in await visitor.text(".title")
        digest = page.url.rpartition("/")[2].partition("?")[0]
        assert await page.locator("text=Discard this picture").count() == 0
    (entry,) = await world.door.ask(ADMIN, "commerce.catalog.find", sku="ITEM-00001")
    assert [each.url for each in entry.media] == [f"/media/{digest}"]
    async with visiting(browser, server.address) as buyer:
        await buyer.open("/shop/WEB-PL")
        photo = buyer.page.locator("img.photo")
        await photo.scroll_into_view_if_needed()
        assert await photo.get_attribute("alt") == "A meadow"
        shown = await photo.evaluate(
            "async (image) => { await image.decode(); return [image.naturalWidth, image.currentSrc] }"
        )
        assert shown[0] > 0
        assert "-4x3-10-50" in shown[1]
        assert await photo.evaluate("(image) => Math.abs(image.clientWidth / image.clientHeight - 4 / 3) < 0.05")
        await buyer.page.click("text=Item ITEM-00001")
        whole = buyer.page.locator("img.photo")
        assert (await whole.get_attribute("width"), await whole.get_attribute("height")) == ("1200", "800")
        assert await whole.evaluate("async (image) => { await image.decode(); return image.naturalWidth > 0 }")


async def test_several_are_sent_at_once_with_scripts(
    stall: None, server: Server, browser: Browser, tmp_path: Path
) -> None:
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await enter(visitor)
        await visitor.open("/console/pictures")
        files = [tmp_path / f"Several {number}.jpg" for number in range(3)]
        for path in files:
            path.write_bytes(pictures.noise("jpeg", 300, 200))
        async with page.expect_navigation():
            await page.set_input_files("#file", files)
            await page.click("text=Upload")
        await page.wait_for_selector("text=Several 2.jpg")
        assert await page.locator(".album li", has_text="Several").count() == 3
        wrong = tmp_path / "wrong.png"
        wrong.write_bytes(pictures.SVG)
        visitor.expected += 1
        await page.set_input_files("#file", wrong)
        await page.click("text=Upload")
        await page.wait_for_selector("[role=alert]:not([hidden])")
        assert "wrong.png: it is none of" in await visitor.text("[role=alert]")
