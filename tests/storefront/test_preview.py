"""A shop as it will be, in a real browser: staff see it and that they do; nobody else does."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.async_api import Browser

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import KEEPER, Stall, set_up
from rynek.channels.storefront.pages import coming
from rynek.kernel import ids
from rynek.kernel.actor import ANYONE, Actor
from tests.browser import Visitor, chromium, visiting

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}), name="setting up")
EMAIL, PASSWORD = "merchant@example.com", "a password for staff"
SHOP = "/shop/WEB-PL"
NOW = datetime.now(UTC)
THEN = NOW + timedelta(days=2)


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    made = await set_up(world, items=3)
    later = [{"list": "RETAIL-PL", "sku": "ITEM-00001", "minor": 4_200, "from_at": NOW + timedelta(days=1)}]
    await world.door.ask(KEEPER, "commerce.pricing.put_prices", prices=later)
    gold = [{"code": "GOLD", "name": "Gold", "currency": "PLN", "customer_group": "gold", "priority": 5}]
    await world.door.ask(KEEPER, "commerce.pricing.put_lists", lists=gold)
    prices = [{"list": "GOLD", "sku": "ITEM-00002", "minor": 350}]
    await world.door.ask(KEEPER, "commerce.pricing.put_prices", prices=prices)
    await world.door.ask(ADMIN, "security.hire", email=EMAIL, password=PASSWORD, name="Merchant", roles=["merchandise"])
    return made


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def enter(world: App, visitor: Visitor) -> None:
    entry = await world.door.ask(ANYONE, "security.login", email=EMAIL, password=PASSWORD)
    await visitor.context.add_cookies([{"name": "rynek_session", "value": entry.token, "url": visitor.url}])


async def remember(visitor: Visitor, at: datetime) -> None:
    value = coming.preview_cookie(at).partition(";")[0].partition("=")[2]
    await visitor.context.add_cookies([{"name": coming.PREVIEW, "value": value, "url": f"{visitor.url}/shop/"}])


async def test_staff_look_ahead_and_come_back(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor, visiting(browser, server.address) as buyer:
        page = visitor.page
        await enter(world, visitor)
        await visitor.open(SHOP)
        assert "42.00" not in await visitor.text()
        await page.click("footer >> text=The shop as it will be")
        await page.fill("#at", f"{THEN:%Y-%m-%dT%H:%M}")
        await page.fill("#group", "gold")
        await page.click("text=Look")
        assert "For the group gold." in await visitor.text(".preview")
        assert "42.00" in await visitor.text()
        assert "3.50" in await visitor.text()
        assert await page.locator("form[data-add]").count() == 0
        if folder := os.environ.get("TESTS_PICTURES"):
            await page.screenshot(path=Path(folder) / "preview.png")
        await page.fill("[type=search]", "ITEM-00001")
        await page.press("[type=search]", "Enter")
        assert "42.00" in await visitor.text(".wares")
        assert await page.locator("form[data-add]").count() == 0
        await visitor.open(SHOP)
        await page.click("text=ITEM-00001")
        assert "42.00" in await visitor.text()
        assert await page.locator(".preview").count() == 1
        await buyer.open(SHOP)
        assert "42.00" not in await buyer.text()
        await page.click("text=Back to now")
        assert await page.locator(".preview").count() == 0
        assert "42.00" not in await visitor.text()
        assert not [each for each in await visitor.context.cookies() if each["name"] == coming.PREVIEW]


async def test_a_buyer_sees_nothing_of_it(stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as buyer:
        await remember(buyer, THEN)
        await buyer.open(SHOP)
        assert "42.00" not in await buyer.text()
        assert await buyer.page.locator(".preview").count() == 0
        assert "as it will be" not in await buyer.text("footer")
        buyer.expected = 1
        assert await buyer.open(f"{SHOP}/preview") in (401, 403)


async def test_what_has_come_is_looked_at_as_it_is(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        await enter(world, visitor)
        await remember(visitor, NOW - timedelta(days=1))
        assert await visitor.open(SHOP) == 200
        assert await visitor.page.locator(".preview").count() == 0
        await visitor.open(f"{SHOP}/preview")
        await visitor.page.fill("#at", "2020-01-01T10:00")
        visitor.expected = 1
        await visitor.page.click("text=Look")
        assert "still to come" in await visitor.text()


@given(st.datetimes(timezones=st.just(UTC)), st.none() | st.text(min_size=1, max_size=60))
def test_what_is_remembered_is_read_again(at: datetime, group: str | None) -> None:
    cookie = coming.preview_cookie(at, group).partition(";")[0]
    assert coming.preview(f"other=1; {cookie}; last=2") == (at, group)
    assert "\n" not in cookie
    assert cookie.isascii()


@given(st.text(max_size=40))
def test_anything_else_is_as_now(text: str) -> None:
    found = coming.preview(f"{coming.PREVIEW}={quote(text)}")
    assert found is None or found[0].tzinfo is not None


def test_leaving_forgets() -> None:
    assert "Max-Age=0" in coming.preview_cookie(None)
    assert coming.preview(None) is None
