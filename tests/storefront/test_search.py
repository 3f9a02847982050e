"""The shop's search in a real browser: with scripts and without."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from rynek.app import App
from rynek.bench import Server
from rynek.bench.load import Script, drive
from rynek.bench.wire import Answer, request
from tests.browser import chromium, visiting
from tests.commerce.search.shelves import MERCHANDISER, fill

SHOP = "/shop/WEB-PL"


@pytest.fixture(scope="module")
async def grocer(world: App, server: Server) -> Server:
    """Open the grocer's, and wait until its index is there."""
    await fill(world)
    answers: list[Answer] = []

    def look() -> Script:
        answers.append((yield request("GET", "/search/WEB-PL/products?q=pomara%C5%84czowy")))

    until = time.monotonic() + 30
    while not (answers and b'"total":1' in answers[-1].body):
        assert time.monotonic() < until, answers
        await drive(server.address, [look()])
        await asyncio.sleep(0.1)
    return server


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def test_a_shopper_finds_narrows_and_looks_without_scripts(grocer: Server, browser: Browser) -> None:
    async with visiting(browser, grocer.address, scripts=False) as visitor:
        page = visitor.page
        assert await visitor.open(SHOP) == 200
        await page.fill("#seek", "maslo")
        await page.press("#seek", "Enter")
        assert await page.locator(".wares > li").count() == 2
        assert "2 produkty" in await page.inner_text("#total") or "2 products" in await page.inner_text("#total")
        await visitor.open(f"{SHOP}/search?q=czekolda")
        assert await page.inner_text("#meant") == "czekolada"
        await page.check("input[value='taste:malinowy']")
        await page.click(".narrow button")
        assert await page.locator(".wares > li").count() == 1
        assert await page.is_checked("input[value='taste:malinowy']")
        await page.click(".ware")
        assert "Czekolada malinowa" in await page.inner_text("h1")
        await visitor.open(f"{SHOP}/search?q=zzzzqqq")
        assert await page.locator(".nothing").count() == 1
        await visitor.open(f"{SHOP}?category=dairy&order=-price")
        assert await page.locator(".wares > li").count() == 4
        assert "Masło ekstra" in await page.locator(".ware .name").first.inner_text()
        await visitor.open(f"{SHOP}?category=dairy&price_from=2&price_to=3,00")
        assert await page.locator(".wares > li").count() == 2


async def test_suggestions_come_as_one_types(grocer: Server, browser: Browser) -> None:
    async with visiting(browser, grocer.address) as visitor:
        page = visitor.page
        await visitor.open(SHOP)
        await page.locator("#seek").press_sequentially("mle", delay=30)
        rows = page.locator("#suggestions li")
        await expect(rows.first).to_be_visible()
        assert "Mleko" in await page.inner_text("#suggestions")
        await page.press("#seek", "ArrowDown")
        await expect(rows.first.locator("a")).to_have_attribute("aria-selected", "true")
        await page.press("#seek", "Enter")
        await page.wait_for_url("**category=milk**")
        assert await page.locator(".wares > li").count() == 3
        await page.fill("#seek", "")
        await expect(page.locator("#suggestions")).to_be_hidden()


async def test_a_tick_narrows_at_once(grocer: Server, browser: Browser) -> None:
    async with visiting(browser, grocer.address) as visitor:
        page = visitor.page
        await visitor.open(SHOP)
        await page.check("input[name='brand'][value='laciate']")
        await page.wait_for_url("**brand=laciate**")
        assert "price_from" not in page.url
        await expect(page.locator(".wares > li")).to_have_count(2)


async def test_a_query_leads_where_the_merchandiser_wants_it(world: App, grocer: Server, browser: Browser) -> None:
    rule = {"name": "to the dairy", "query": "krowa", "act": "redirect", "target": f"{SHOP}?category=dairy"}
    await world.door.ask(MERCHANDISER, "commerce.search.put_rule", **rule)
    await asyncio.sleep(1.2)
    async with visiting(browser, grocer.address, scripts=False) as visitor:
        await visitor.open(f"{SHOP}/search?q=Krowa")
        assert visitor.page.url.endswith("category=dairy")
