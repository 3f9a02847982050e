"""Files in the console, by the path of somebody who keeps the catalogue: send, look, try, let count, take back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import set_up
from rynek.kernel import ids
from rynek.kernel.actor import ANYONE, Actor
from tests.browser import Visitor, chromium, visiting

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}), name="setting up")
EDITOR = ("editor@rynek.example", "a password for the editor")


@pytest.fixture(scope="module")
async def token(world: App) -> str:
    await set_up(world)
    email, password = EDITOR
    await world.door.ask(
        ADMIN, "security.hire", email=email, password=password, name="Edyta", roles=["merchandise"], location=None
    )
    made: str = (await world.door.ask(ANYONE, "security.login", email=email, password=password)).token
    return made


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def come_in(visitor: Visitor, token: str) -> None:
    cookie = {"name": "rynek_session", "value": token, "url": visitor.url}
    await visitor.context.add_cookies([cookie])  # type: ignore[list-item]
    await visitor.open("/console/files")


async def picture(visitor: Visitor, name: str, folder: Path) -> None:
    await visitor.page.screenshot(path=folder / f"{name}.png", full_page=True)
    wide = await visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px too wide"


async def downloaded(waiting: Any) -> str:
    path = await (await waiting.value).path()
    return await asyncio.to_thread(lambda: Path(path).read_bytes().decode())


def products(first: str, *rows: str) -> bytes:
    return ("Kod;Nazwa produktu;Waga;Numer\r\n" + "\r\n".join((first, *rows)) + "\r\n").encode("cp1250")


@pytest.mark.parametrize(("scripts", "locale"), [(True, "pl-PL"), (False, "en-GB")], ids=["pl, scripts", "en, none"])
async def test_an_editor_brings_a_file_in_and_takes_it_back(  # noqa: PLR0917 - the fixtures of a browser's way
    world: App,
    token: str,
    server: Server,
    browser: Browser,
    tmp_path: Path,
    scripts: bool,  # noqa: FBT001 - with scripts and without
    locale: str,
) -> None:
    mark = "S" if scripts else "N"
    file = tmp_path / f"katalog-{mark}.csv"
    rows = ("1;Żółty kubek;350;{0}1", "2;Dzbanek;ciężki;{0}2", "3;Miska;1 200;{0}3", "4;;5;{0}4")
    file.write_bytes(products(*(f"{mark}{each.format(mark)}" for each in rows)))
    async with visiting(browser, server.address, scripts=scripts, locale=locale) as visitor:
        page = visitor.page
        await come_in(visitor, token)
        await picture(visitor, "files", tmp_path)
        await page.set_input_files("#import-file", file)
        await page.click("form[enctype] button")
        await expect(page.locator("#encoding")).to_have_value("windows-1250")
        await expect(page.locator("#delimiter")).to_have_value("semicolon")
        assert await page.input_value("#m1") == "code"
        assert await page.input_value("#m2") == "name"
        assert await page.input_value("#m4") == ""  # a number of what, nobody can tell
        assert "Żółty kubek" in await visitor.text(".preview")
        await page.fill("#m3", "variant.weight_g")
        await page.fill("#m4", "variant.sku")
        await page.fill("#keep", f"hurtownia {mark}")
        await picture(visitor, "reading", tmp_path)
        await page.click("button[name=then][value=rehearse]")
        await expect(page.locator("#differences")).to_be_visible(timeout=20_000)
        sums = await visitor.text(".sums")
        assert [each for each in sums.split() if each.isdigit()] == ["2", "0", "0", "2"]
        told = await visitor.text("#refusals")
        assert "ciężki" in told
        assert "variant.weight_g" in told
        await picture(visitor, "tried", tmp_path)
        assert await world.door.ask(ADMIN, "commerce.catalog.listing", codes=[f"{mark}1"]) == []
        await page.click("button[name=what][value=start]")
        await expect(page.locator("button[name=what][value=undo]")).to_be_visible(timeout=20_000)
        [kubek] = await world.door.ask(ADMIN, "commerce.catalog.listing", codes=[f"{mark}1"])
        assert (kubek.name, kubek.variants[0].weight_g) == ("Żółty kubek", 350)
        async with page.expect_download() as waiting:
            await page.click("a[href$='refusals.csv']")
        body = (await downloaded(waiting)).removeprefix("\ufeff")
        assert "3,variant.weight_g,ciężki" in body
        await picture(visitor, "done", tmp_path)
        await page.click("button[name=what][value=undo]")
        await expect(page.locator("#differences .badge.warn").first).to_be_visible(timeout=20_000)
        assert await world.door.ask(ADMIN, "commerce.catalog.listing", codes=[f"{mark}1"]) == []
        await page.goto(visitor.url + "/console/files")
        assert file.name in await visitor.text("main")
        await page.select_option("#import-saved", f"products hurtownia {mark}")
        await page.select_option("#export-sheet", "brands")
        await page.click("form[action$=exports] button")
        await expect(page.locator("a[href$='/file']")).to_be_visible(timeout=20_000)
        async with page.expect_download() as waiting:
            await page.click("a[href$='/file']")
        assert await downloaded(waiting) == "code,name\r\n"


async def test_what_cannot_be_read_is_said_where_it_was_sent(
    token: str, server: Server, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, token)
        await visitor.page.set_input_files("#import-file", file)
        visitor.expected = 1
        await visitor.page.click("form[enctype] button")
        assert "neither a CSV, XLSX nor JSON Lines" in await visitor.text("[role=alert]")
