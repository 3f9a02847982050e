"""Documents in a real browser: issued from an order, found, looked at, corrected; and who may what."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall
from rynek.kernel import clock
from tests.browser import Visitor, visiting
from tests.commerce.documents.desk import FIRM, KINDS, SELLER, series
from tests.console.test_console import ADMIN, browser, come_in, order, stall

__all__ = ["browser", "stall"]

SHOTS = os.environ.get("SHOTS_FOLDER", "")


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


async def sold(world: App, number: int, minor: int, **more: Any) -> None:
    """Sell over a till of S-2, whose channel has its series."""
    channel = {"code": "POS-PL", "name": "Kasy", "kind": "pos", "currency": "PLN", "country": "PL", "locale": "pl"}
    await world.door.ask(ADMIN, "commerce.catalog.put_channels", channels=[channel])
    every = [series(code) | {"channels": ["WEB-PL", "POS-PL"]} for code in KINDS]
    await world.door.ask(ADMIN, "commerce.documents.put_series", series=every)
    await world.door.ask(
        ADMIN, "commerce.pos.sell", store="S-2", till="7", number=number, sold_at=clock.now(), currency="PLN",
        lines=[{"sku": "ITEM-00001", "quantity": 2, "amount": minor}], tenders=[{"method": "card", "amount": minor}],
        **more,
    )  # fmt: skip


async def picture(visitor: Visitor, name: str) -> None:
    if SHOTS:
        await visitor.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def fill(page: Any, **said: str) -> None:
    for name, text in said.items():
        await page.fill(f"#{name}", text)


async def test_a_till_receipt_is_invoiced_in_the_store_and_in_the_shop(
    office: App, server: Server, browser: Browser
) -> None:
    await sold(office, 1, 500_00, vat_id=FIRM["vat_id"])
    await sold(office, 2, 44_40)
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await come_in(visitor, office, "store@rynek.example", "/console/receipts/S-2")
        await page.click("summary:has-text('7/1')")
        await page.click("details[open] a:has-text('papers')")
        assert FIRM["vat_id"] in await visitor.text()
        await picture(visitor, "receipt")
        await fill(page, name="Młyn", street="Młyńska 2", city="Łódź")
        async with page.expect_navigation():
            await page.click("button:has-text('Issue the invoice')")
        assert "invoiced" in await visitor.text(".title")
        assert "FV/" in await visitor.text("#papers")
        await picture(visitor, "receipt-invoiced")
        await come_in(visitor, office, back="/console/documents")
        await page.click("tbody a >> nth=0")
        assert "S-2/7/1" in await visitor.text(".paper")
        await picture(visitor, "receipt-document")
        assert await page.locator("a[href='/console/receipts/S-2/7/1']").count() == 1
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await visitor.open("/shop/WEB-PL/receipt")
        await fill(
            page, receipt="S-2/7/2", total="44,41", name="Ola", street="Rynek 1", city="Kraków", postcode="31-042"
        )
        visitor.expected += 1
        await page.click("form[action$='/receipt'] button")
        await picture(visitor, "shop-receipt")
        await fill(page, total="44,40")
        await page.click("form[action$='/receipt'] button")
        link = await page.get_attribute("[role=status] a", "href")
        answer = await page.request.get(f"http://{server.address}{link}")
        assert (answer.status, (await answer.body())[:5]) == (200, b"%PDF-")


async def test_a_day_that_is_none_is_told(office: App, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, office, back="/console/documents?since=yesterday")
        visitor.expected = 1
        assert "2026-11-23" in await visitor.text()
