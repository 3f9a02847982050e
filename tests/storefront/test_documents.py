"""Documents in the shop: an invoice is asked for at the till or later, and its PDF is opened by its buyer alone."""

import pytest
from playwright.async_api import Browser

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall, set_up
from tests.browser import Visitor, visiting
from tests.commerce.documents.desk import KINDS, SELLER, series
from tests.storefront.test_shop import ADMIN, SHOP, browser, fill

__all__ = ["browser"]


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    made = await set_up(world)
    await world.door.ask(ADMIN, "commerce.documents.put_sellers", sellers=[SELLER])
    await world.door.ask(ADMIN, "commerce.documents.put_series", series=[series(code) for code in KINDS])
    return made


async def to_the_till(visitor: Visitor) -> None:
    await visitor.open(SHOP)
    await visitor.page.locator("form[data-add] button").first.click()
    await visitor.open(f"{SHOP}/checkout")
    await fill(visitor)


async def bought(world: App, visitor: Visitor) -> str:
    async with visitor.page.expect_navigation():
        await visitor.page.click("button[value=place]")
    return visitor.page.url.rpartition("/")[2]


async def test_an_invoice_is_asked_for_at_the_till(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:  # fmt: skip
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await to_the_till(visitor)
        await page.click("summary:has-text('I want an invoice')")
        await page.fill("#company", "Młyn Łąka Sp. z o.o.")
        await page.fill("#vat_id", "??")
        await page.click("button[value=place]")
        visitor.expected = 1
        assert await page.locator("#vat_id[aria-invalid]").count() == 1
        await page.fill("#vat_id", "774-000-14-54")
        order = await bought(world, visitor)
        made = await world.door.ask(ADMIN, "commerce.documents.issue", order=order, kind="invoice")
        found = await world.door.ask(ADMIN, "commerce.documents.document", document=made.id)
        buyer = found.document.buyer
        assert (buyer.name, buyer.vat_id, buyer.city) == ("Młyn Łąka Sp. z o.o.", "PL7740001454", "Kraków")
        await visitor.open(f"{SHOP}/orders/{order}")
        link = await page.get_attribute("#documents a:has-text('Invoice')", "href")
        assert link == f"/documents/{made.id}/files/pdf?language=en"
        answer = await page.request.get(visitor.url + link)
        assert (answer.status, (await answer.body())[:5]) == (200, b"%PDF-")
        assert await page.locator("#documents details").count() == 0
    async with visiting(browser, server.address) as stranger:
        assert (await stranger.page.request.get(stranger.url + link)).status in (401, 403, 404)


async def test_an_invoice_is_asked_for_later(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await to_the_till(visitor)
        order = await bought(world, visitor)
        await page.click("summary:has-text('I want an invoice')")
        assert await page.input_value("#documents #city") == "Kraków"
        await page.click("button:has-text('Issue an invoice')")
        assert "comes with the goods" in await visitor.text("#documents")
        await world.door.ask(ADMIN, "commerce.orders.ship", order=order)
        await page.click("summary:has-text('I want an invoice')")
        await page.fill("#documents #vat_id", "x")
        await page.click("button:has-text('Issue an invoice')")
        assert "does not look like a VAT number" in await visitor.text("[role=alert]")
        visitor.expected = 1
        await page.fill("#documents #vat_id", "7740001454")
        await page.click("button:has-text('Issue an invoice')")
        [made] = await world.door.ask(ADMIN, "commerce.documents.documents", order=order)
        assert made.name in await visitor.text("#documents")
