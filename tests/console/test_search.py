"""The console's page of search: reports, and tuning that is looked at before it counts."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from rynek.app import App
from rynek.bench import Server
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from tests.browser import chromium, visiting
from tests.commerce.search.shelves import fill

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}), name="setting up")
PASSWORD = "a long password of Ola"


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def test_a_merchandiser_tries_previews_and_saves(world: App, server: Server, browser: Browser) -> None:
    await fill(world)
    hired = {"email": "ola@rynek.example", "password": PASSWORD, "name": "Ola", "roles": ["merchandise"]}
    await world.door.ask(ADMIN, "security.hire", **hired)
    async with visiting(browser, server.address, locale="en") as visitor:
        page = visitor.page
        await visitor.open("/console/login")
        await page.fill("#email", "ola@rynek.example")
        await page.fill("#password", PASSWORD)
        await page.press("#password", "Enter")
        await page.wait_for_url("**/console")
        await visitor.open("/console/search")
        assert "Looked for in vain" in await visitor.text()
        await page.click("text=Tune the search")
        rows = page.locator("tbody tr")
        while await rows.count() < 3:  # until the index has it all
            await page.fill("#try", "mleko")
            await page.press("#try", "Enter")
            await page.wait_for_load_state()
        target = (await rows.nth(2).locator(".mono").inner_text()).strip()
        await page.fill("#r-name", "milk week")
        await page.fill("#r-target", target)
        await page.click("form.rule button[value=preview]")
        assert "pinned: milk week" in await visitor.text()
        await page.fill("#r-name", "milk week")
        await page.fill("#r-target", target)
        await page.click("form.rule button[value=save]")
        assert "Done." in await visitor.text()
        assert target in await rows.nth(0).inner_text()
        await page.click("text=Remove")
        assert await page.locator(".list strong").count() == 0
        await page.fill("#r-name", "milk week")
        await page.fill("#r-target", "milk")
        await page.click("form.rule button[value=save]")
        visitor.expected = 1
        assert "This rule cannot be meant like this: The target is product:<id>" in await visitor.text()
    async with visiting(browser, server.address, locale="pl") as visitor:
        await visitor.open("/shop/NO-SUCH/search?q=mleko")
        visitor.expected = 1
        text = await visitor.text()
        assert "Nie ma takiego sklepu" in text
        assert "there is no" not in text.lower()
