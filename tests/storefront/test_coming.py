"""What is not there yet is bought in the shop: product, cart and order say when it comes."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from rynek.app import App
from rynek.bench import Server
from tests.browser import chromium, visiting
from tests.commerce.purchasing.office import BUYER, A, B, opened
from tests.storefront.test_shop import SHOP, fill


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened_:
        yield opened_


async def test_a_guest_preorders_and_is_told_when_it_comes(world: App, server: Server, browser: Browser) -> None:
    office = await opened(world)
    said = {"sku": A, "kind": "preorder", "most": 5, "from_on": "2031-03-01"}
    await world.door.ask(BUYER, "commerce.inventory.put_beyond", channel="WEB-PL", beyond=[said])
    purchase = await office.ordered((A, 5), day="2031-03-04")
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await visitor.open(f"{SHOP}?category=")
        await page.click(f"a:has-text('Item {B}')")
        assert "sold out" in await visitor.text()
        assert await page.locator("button:has-text('Add to cart')").count() == 0
        await visitor.open(SHOP)
        await page.click(f"a:has-text('Item {A}')")
        assert "preorder: to be had on 4 Mar 2031" in await visitor.text()
        assert await page.get_attribute("#q1", "max") == "5"
        await page.fill("#q1", "2")
        await page.click("button:has-text('Preorder')")
        assert "preorder: to be had on 4 Mar 2031" in await visitor.text()
        await page.click("text=To the checkout")
        await fill(visitor)
        await page.check("input[value=courier]")
        await page.click("button:has-text('Recount')")
        await page.click("button[value=place]")
        assert f"2 × Item {A} is expected by 4 Mar 2031" in await visitor.text()
        visitor.content()
    [waiting] = await world.door.ask(BUYER, "commerce.fulfilment.backorders")
    assert (waiting.sku, waiting.units, str(waiting.promised_on)) == (A, 2, "2031-03-04")
    await office.came(purchase, (A, 5))
    assert await office.level(A) == (5, 0)
    await office.sound()
