"""Those who buy for a company in a real browser: by list, with approval, by quote; without scripts."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall, set_up
from rynek.kernel import clock
from rynek.kernel.actor import ANYONE, Actor
from tests.browser import Visitor, chromium, visiting
from tests.commerce.companies.conftest import ask, firm, seat

SHOP = "/shop/WEB-PL"
PASSWORD = "a long enough password"
SHOTS = os.environ.get("SHOTS_FOLDER", "")
"""Where to put pictures of the pages, for who wants to look at them."""
SAID = {"email": "jan@example.com", "name": "Jan Nowak", "street": "Rynek 1", "postcode": "31-042", "city": "Kraków"}


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    return await set_up(world, items=8, units=1_000)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def registered(world: App, email: str) -> Actor:
    entry = await world.door.ask(ANYONE, "security.register", email=email, password=PASSWORD, name=email)
    return Actor("customer", entry.id, session=entry.session)


async def come_in(visitor: Visitor, email: str) -> None:
    await visitor.open(f"{SHOP}/company")
    await visitor.page.fill("#email", email)
    await visitor.page.fill("#password", PASSWORD)
    await visitor.page.click("main button")


async def picture(visitor: Visitor, name: str) -> None:
    if SHOTS:
        await visitor.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def test_a_buyer_orders_by_list_and_an_approver_lets_it_pass(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    of = await firm(world, limit=1_000_000, name="Hurt Kowalski")
    jan, ewa = await registered(world, "jan@example.com"), await registered(world, "ewa@example.com")
    await seat(world, of.id, jan, name="Jan", order_limit_minor=2_000)
    await seat(world, of.id, ewa, name="Ewa", role="approver")
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await come_in(visitor, "jan@example.com")
        assert "Hurt Kowalski" in await visitor.text("h1")
        await page.fill("#text", "ITEM-00001;2\nNOWHERE;1\nITEM-00002;3")
        await page.click("text=Add to cart")
        assert await page.input_value("#text") == "NOWHERE;1"
        assert "Line 2" in await visitor.text("#faults")
        await picture(visitor, "shop-firm")
        await page.fill("#name", "Weekly")
        await page.click("text=Keep it")
        await page.click("[aria-label='Add to cart: Weekly']")
        assert await page.input_value("#n2") == "6"
        bill = await visitor.text(".bill")
        assert bill.index("VAT") < bill.index("Total")
        await picture(visitor, "shop-firm-cart")
        await page.click("text=To the checkout")
        for field, value in SAID.items():
            await page.fill(f"#{field}", value)
        await page.check("input[value=invoice]")
        await page.click("text=Buy and pay")
        assert "more than you may order by yourself" in await visitor.text("[role=alert]")
        visitor.expected = 1
        await visitor.open(f"{SHOP}/cart")
        await page.click("text=Ask for approval")
        assert "Who may decide: Ewa." in await visitor.text("main")
        waiting = page.url
    async with visiting(browser, server.address, scripts=False) as visitor:
        await come_in(visitor, "ewa@example.com")
        await visitor.open(waiting.removeprefix(visitor.url))
        await picture(visitor, "shop-approval")
        await visitor.page.click("text=Approve and order")
        assert "approved" in await visitor.text(".title")
    [bought] = await ask(world, "orders.orders", jan)
    assert (bought.state, bought.total_minor) == ("open", 4 * 1_001 + 6 * 1_002 + 1_500)


async def test_a_buyer_haggles(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    of = await firm(world, limit=1_000_000, name="Bar Mleczny")
    ola = await registered(world, "ola@example.com")
    await seat(world, of.id, ola, name="Ola")
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await come_in(visitor, "ola@example.com")
        await page.fill("#text", "ITEM-00003 10")
        await page.click("text=Add to cart")
        await page.click("text=To the checkout")
        for field, value in SAID.items():
            await page.fill(f"#{field}", value)
        await page.click("text=Recount the total")
        await visitor.open(f"{SHOP}/cart")
        await page.click("text=Ask for a quote")
        [asked] = await ask(world, "quotes.quotes", ola)
        await page.fill("#lines", "ITEM-00003 12 6.00")
        await page.click("text=Send it")
        said: Any = {"lines": [{"sku": "ITEM-00003", "quantity": 12, "unit_minor": 650}], "delivery_minor": 0}
        until = clock.now() + timedelta(days=2)
        await ask(world, "quotes.offer", quote=asked.id, turn=2, valid_until=until, note="Our best", **said)
        await visitor.open(f"{SHOP}/quotes/{asked.id}")
        await picture(visitor, "shop-quote")
        assert "Our best" in await visitor.text("main")
        await page.click("text=Accept and order")
    [bought] = await ask(world, "orders.orders", ola)
    assert bought.total_minor == 7_800 + 1_794


async def test_a_wrong_password_lets_nobody_in(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        await visitor.open(f"{SHOP}/company")
        await visitor.page.fill("#email", "nobody@example.com")
        await visitor.page.fill("#password", "not the password at all")
        await visitor.page.click("main button")
        assert "wrong" in await visitor.text("[role=alert]")
        visitor.expected = 1
