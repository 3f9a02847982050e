"""Goods that come in, in a real browser: ordered, confirmed, counted on a phone by scanning, settled."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from rynek import security
from rynek.app import App
from rynek.bench import Server
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from tests.browser import chromium, visiting
from tests.commerce.purchasing.office import MILL, A, B, C, Office, opened
from tests.console.test_console import BOSS, log_in

PHONE = {"viewport": {"width": 360, "height": 720}}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened_:
        yield opened_


@pytest.fixture(scope="module")
async def office(world: App) -> Office:
    office = await opened(world)
    assert await security.ensure_admin(world.database, *BOSS)
    await office.ask("put_items", supplier=MILL, items=[{"sku": A, "code": "M-1", "pack": 6, "cost_minor": 199}])
    return office


async def test_goods_are_ordered_of_a_supplier(office: Office, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await log_in(visitor, *BOSS)
        await visitor.open("/console/purchases")
        await page.click("summary:has-text('New purchase order')")
        await page.select_option("#supplier", MILL)
        for n, (sku, units, cost) in enumerate(((A, "7", ""), (B, "4", "2.50"))):
            await page.locator("input[name=skus]").nth(n).fill(sku)
            await page.locator("input[name=units]").nth(n).fill(units)
            await page.locator("select[name=locations]").nth(n).select_option("WH-1")
            await page.locator("input[name=costs]").nth(n).fill(cost)
        visitor.expected += 1
        await page.click("button:has-text('Draft it')")
        assert "order 12" in await visitor.text()  # it comes in packs of six
        await page.locator("input[name=units]").nth(0).fill("12")
        await page.click("button:has-text('Draft it')")
        assert "It is drafted" in await visitor.text()
        await page.click("button:has-text('Order it')")
        await page.locator("input[name=days]").nth(0).fill("2031-03-01")
        await page.click("button:has-text('The supplier confirms')")
        assert "1 Mar 2031" in await visitor.text()
        await page.locator("input[name=days]").nth(0).fill("2031-03-08")
        await page.click("button:has-text('The dates have moved')")
        assert "8 Mar 2031" in await visitor.text()
        await page.emulate_media(media="print")
        assert not await page.locator("button:has-text('The dates have moved')").is_visible()
        await page.emulate_media(media="screen")
        await visitor.open("/console/suppliers?supplier=MILL")
        assert "M-1" in await visitor.text()
        visitor.content()
    [order] = await office.ask("purchases", supplier=MILL)
    assert (order.state, order.units) == ("confirmed", 16)
    await office.ask("cancel", purchase=order.id)


async def test_a_delivery_is_counted_on_a_phone_and_settled(office: Office, server: Server, browser: Browser) -> None:
    await office.ordered((A, 12), (B, 4), day="2031-03-08")
    async with visiting(browser, server.address, scripts=False, **PHONE) as visitor:
        page = visitor.page
        await log_in(visitor, *BOSS)
        await visitor.open("/console/receiving?location=WH-1")
        await page.click("a:has-text('Count a delivery')")
        for code in (B, B, C):
            await page.fill("#code", code)
            await page.press("#code", "Enter")
        assert "2 / 4" in await visitor.text()
        assert "Not ordered here" in await visitor.text()
        visitor.expected += 1
        await page.fill("#code", "NO-SUCH")
        await page.click("button:has-text('Count')")
        assert "NO-SUCH" in await visitor.text()
        assert "2 / 4" in await visitor.text()  # what was counted is kept
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360
        await page.fill("#reference", "WZ 7/2031")
        await page.locator("input[name=units]").nth(0).fill("12")
        await page.check("input[name=complete]")
        await page.click("button:has-text('Take it in')")
        assert "The delivery is in" in await visitor.text()
        visitor.content()
    assert await office.level(A) == (12, 0)
    assert await office.level(B) == (2, 2)
    async with visiting(browser, server.address, scripts=False) as visitor:
        await log_in(visitor, *BOSS)
        await visitor.open("/console/differences")
        text = await visitor.text()
        assert "Fewer than said" in text
        assert "Not ordered here" in text
        await visitor.page.click("tr:has-text('Fewer than said') a")
        await visitor.page.locator("section:has(h2:text('Fewer than said')) button[value=credit]").click()
        assert "The difference is settled" in await visitor.text()
        assert "Closed" in await visitor.text()
        visitor.content()
    await office.sound()


async def test_who_works_in_a_store_sees_what_comes_to_it_and_no_costs(
    world: App, office: Office, server: Server, browser: Browser
) -> None:
    await office.ordered((B, 3), at="S-1", day="2031-03-01")
    admin = Actor("staff", ids.new(), frozenset({"admin"}))
    ewa = {"email": "ewa@example.com", "password": "a long enough password", "name": "Ewa"}
    await world.door.ask(admin, "security.hire", **ewa, roles=["store"], location="S-1")
    async with visiting(browser, server.address, scripts=False, **PHONE) as visitor:
        await log_in(visitor, ewa["email"], ewa["password"])
        await visitor.open("/console/receiving")
        assert "The Mill" in await visitor.text()
        visitor.expected += 1
        assert await visitor.open("/console/purchases") == 403
        visitor.content()
