"""Documents in a real browser: issued from an order, found, looked at, corrected; and who may what."""

from typing import Any

import pytest
from playwright.async_api import Browser

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall
from tests.browser import visiting
from tests.commerce.documents.desk import KINDS, SELLER, series
from tests.console.test_console import ADMIN, browser, come_in, order, stall

__all__ = ["browser", "stall"]


@pytest.fixture(scope="module")
async def office(world: App, stall: Stall) -> App:
    await world.door.ask(ADMIN, "commerce.documents.put_sellers", sellers=[SELLER])
    await world.door.ask(ADMIN, "commerce.documents.put_series", series=[series(code) for code in KINDS])
    return world


async def of(world: App, bought: Any) -> list[tuple[str, int]]:
    found = await world.door.ask(ADMIN, "commerce.documents.documents", order=bought.order)
    return [(each.kind, each.gross_minor) for each in found[::-1]]


async def test_an_invoice_is_issued_found_and_corrected(office: App, server: Server, browser: Browser) -> None:
    bought = await order(office)
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await come_in(visitor, office, back=f"/console/orders/{bought.order}")
        async with page.expect_navigation():
            await page.click("button:has-text('Issue')")
        assert "Faktura" in await visitor.text(".paper")
        assert "Ola Nowak" in await visitor.text(".paper")
        name = await visitor.text(".paper .name")
        await visitor.open(f"/console/documents?find={name[:3]}&kind=invoice")
        await page.click(f"a:has-text('{name}')")
        await page.click("summary:has-text('Correct')")
        await page.fill("#reason", "zwrot")
        await page.fill("#units-1", "1")
        async with page.expect_navigation():
            await page.click("button:has-text('Issue the correction')")
        assert "The correction is issued." in await visitor.text()
        assert "po korekcie" in await visitor.text(".paper")
        await page.click("summary:has-text('Correct')")
        await page.fill("#reason", "again")
        await page.evaluate("document.querySelector('#units-1').removeAttribute('max')")
        await page.fill("#units-1", "9")
        async with page.expect_navigation():
            await page.click("button:has-text('Issue the correction')")
        visitor.expected = 1
        assert "More would be taken off" in await visitor.text("[role=alert]")
        await visitor.open(f"/console/orders/{bought.order}")
        assert await page.locator("aside a[href^='/console/documents/']").count() == 2
    assert await of(office, bought) == [("invoice", 35_02), ("correction", -10_01)]


async def test_support_sees_and_corrects_nothing(office: App, server: Server, browser: Browser) -> None:
    bought = await order(office)
    made = await office.door.ask(ADMIN, "commerce.documents.issue", order=bought.order, kind="invoice")
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, office, "support@rynek.example", f"/console/documents/{made.id}")
        assert made.name in await visitor.text(".paper")
        assert await visitor.page.locator("form[action$='/corrections']").count() == 0
        await come_in(visitor, office, "store@rynek.example", f"/console/documents/{made.id}")
        visitor.expected = 1
        assert made.name not in await visitor.text("body")
    assert await of(office, bought) == [("invoice", 35_02)]


async def test_a_day_that_is_none_is_told(office: App, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, office, back="/console/documents?since=yesterday")
        visitor.expected = 1
        assert "2026-11-23" in await visitor.text()
