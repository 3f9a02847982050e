"""A merchandiser writes a promotion, tries it, switches it on; a shopper has it; a clerk asks why."""

import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from rynek import security
from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall, set_up
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from tests.browser import Visitor, chromium, visiting

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}), name="setting up")
BOSS = ("boss@rynek.example", "a password for the boss")
PASSWORD = "a password for staff"
SHOP = "/shop/WEB-PL"
ENDED = datetime.now(UTC) + timedelta(days=10)
SAID = {"email": "ola@example.com", "name": "Ola Nowak", "street": "Rynek 1", "postcode": "31-042", "city": "Kraków"}
KINDS = [
    {"give": "percent", "bp": 1000, "of": {"skus": ["ITEM-00001"], "but": {"skus": ["ITEM-00002"]}}},
    {"give": "amount", "minor": 100},
    {"give": "amount", "minor": 100, "each": True},
    {"give": "price", "minor": 100},
    {"give": "buy-get", "buy_units": 2},
    {"give": "buy-get", "get": {"skus": ["ITEM-00001"]}, "bp": 5000},
    {"give": "bundle", "parts": [{"of": {"skus": ["ITEM-00001"]}, "units": 2}], "minor": 5},
    {"give": "steps", "by": "minor", "steps": [{"at_least": 5, "bp": 5}, {"at_least": 9, "minor": 5}]},
    {"give": "steps", "by": "units", "steps": [{"at_least": 5, "bp": 5}]},
    {"give": "steps", "by": "weight_g", "steps": [{"at_least": 5, "bp": 5}]},
    {"give": "delivery"},
    {"give": "delivery", "bp": 5000},
    {"give": "gift", "sku": "ITEM-00001"},
]
WHENS = [
    {"if": "basket", "units": 2, "minor": 5, "weight_g": 9}, {"if": "channel", "of": ["WEB-PL"]},
    {"if": "market", "of": ["PL"]}, {"if": "shop", "of": ["S-1"]}, {"if": "group", "of": ["gold"]},
    {"if": "segment", "of": ["vip"]}, {"if": "first-order"}, {"if": "weekday", "of": [6, 7]},
    {"if": "hours", "begin": "10:00", "end": "12:00"},
    {"if": "any", "of": [{"if": "first-order"}, {"if": "unless", "this": {"if": "group", "of": ["gold"]}}]},
]  # fmt: skip


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    made = await set_up(world)
    assert await security.ensure_admin(world.database, *BOSS)
    for role in ("merchandise", "support"):
        await world.door.ask(
            ADMIN, "security.hire", email=f"{role}@rynek.example", password=PASSWORD, name=role.title(), roles=[role]
        )
    return made


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def log_in(visitor: Visitor, role: str) -> None:
    await visitor.open("/console/login")
    await visitor.page.fill("#email", f"{role}@rynek.example")
    await visitor.page.fill("#password", PASSWORD)
    await visitor.page.click("button.primary")
    await visitor.page.wait_for_url("**/console")


async def picture(visitor: Visitor, name: str) -> None:
    """Keep a picture where the one who runs the tests wants to look."""
    if folder := os.environ.get("TESTS_PICTURES"):
        await visitor.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_from_the_rule_to_the_reason(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    await write_and_switch_on(world, server, browser)
    await buy_with_it(server, browser)
    await ask_why(world, server, browser)
    await look_ahead(server, browser)


async def write_and_switch_on(world: App, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await log_in(visitor, "merchandise")
        await page.click("text=Promotions")
        assert "No promotion yet" in await visitor.text()
        await page.click("text=New promotion")
        rule = {
            "code": "AUTUMN", "name": "Autumn tenth", "gives": {"give": "percent", "bp": 1000}, "coded": True,
            "lane": "code", "currency": "PLN", "uses": 5, "until_at": ENDED.isoformat(),
        }  # fmt: skip
        await page.fill("#text", json.dumps({**rule, "lane": "nowhere"}))
        visitor.expected = 2
        await page.click("text=Save")
        await expect(page.locator("[role=alert]")).to_contain_text("there is no lane nowhere")
        await page.fill("#text", "{")
        await page.click("text=Save")
        await expect(page.locator("[role=alert]")).to_be_visible()
        await page.fill("#text", json.dumps(rule))
        await page.fill("#basket", "ITEM-00001 2, ITEM-00002")
        await page.fill("#channel", "web-pl")
        await page.click("button:text-is('Try')")
        await expect(page.locator("main")).to_contain_text("With it")
        assert "3.00" in await visitor.text()  # a tenth of 2 × 10.01 + 10.02
        await picture(visitor, "promotion-tried")
        await page.click("button:text-is('Save')")
        await expect(page.locator("[role=status]")).to_contain_text("Saved")
        await page.click("text=Switch on")
        await page.fill("#size", "3")
        await page.fill("#prefix", "AUT")
        await page.click("text=Make codes")
        await expect(page.locator("[role=status]")).to_contain_text("being made")
        await world.door.ask(
            ADMIN, "commerce.promotions.put_coupons", coupons=[{"coupon": "AUT-26", "promotion": "AUTUMN"}]
        )
        await world.door.ask(
            ADMIN, "commerce.promotions.put_promotions",
            promotions=[
                {"code": "FREE", "name": "Free delivery", "gives": {"give": "delivery"}, "state": "active",
                 "lane": "delivery", "currency": "PLN", "when": [{"if": "basket", "minor": 10_000}]},
                {"code": "MUG", "name": "A mug on top", "gives": {"give": "gift", "sku": "ITEM-00005"},
                 "state": "active"},
            ],
        )  # fmt: skip


async def buy_with_it(server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await visitor.open(SHOP)
        await page.locator(".wares > li").nth(1).locator("button").click()
        await page.fill("#coupon", "never")
        visitor.expected = 1
        await page.click("text=Use")
        await expect(page.locator("[role=alert]")).to_contain_text("There is no such code")
        await page.fill("#coupon", "aut-26")
        await page.click("text=Use")
        await expect(page.locator(".offers")).to_contain_text("Autumn tenth")
        assert "more: Free delivery" in await visitor.text(".offers")
        assert "gift × 1" in await visitor.text(".lines")
        assert "You save" in await visitor.text(".bill")
        await picture(visitor, "cart-with-offers")
        await page.click("text=Checkout")
        for field, value in SAID.items():
            await page.fill(f"#{field}", value)
        await page.click("button[value=place]")
        await page.wait_for_url("**/orders/*")


async def look_ahead(server: Server, browser: Browser) -> None:
    """The same basket is dearer once the promotion has ended: both are seen before it happens."""
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await log_in(visitor, "merchandise")
        await page.click("nav >> text=Promotions")
        await page.click("text=A basket to come")
        await page.fill("#channel", "web-pl")
        await page.fill("#basket", "ITEM-00001 2, ITEM-00002")
        await page.fill("#coupons", "aut-26")
        await page.fill("#at", f"{ENDED - timedelta(days=1):%Y-%m-%dT%H:%M}")
        await page.click("button:text-is('Show')")
        await expect(page.locator(".sums")).to_contain_text("13.05")  # and the mug
        await expect(page.locator("main")).to_contain_text("Autumn tenth")
        await picture(visitor, "basket-to-come")
        await page.fill("#at", f"{ENDED + timedelta(days=1):%Y-%m-%dT%H:%M}")
        await page.click("button:text-is('Show')")
        await expect(page.locator(".sums")).to_contain_text("Off10.05")
        await expect(page.locator("main")).to_contain_text("it ended at")
        visitor.expected = 1
        await page.fill("#customer", "nobody")
        await page.click("button:text-is('Show')")
        await expect(page.locator("[role=alert]")).to_be_visible()


async def ask_why(world: App, server: Server, browser: Browser) -> None:
    [found] = await world.door.ask(ADMIN, "commerce.orders.orders", email="ola@example.com")
    async with visiting(browser, server.address) as visitor:
        await log_in(visitor, "support")
        await visitor.open(f"/console/orders/{found.id}")
        await visitor.page.click("text=Why this total")
        why = await visitor.text()
        for said in ("Autumn tenth", "counted", "AUT-26", "more, and it counts", "RETAIL-PL", "counts"):
            assert said in why
        await picture(visitor, "why")
        await visitor.page.click("text=Autumn tenth")
        assert "Switch on" not in await visitor.text()
        assert await visitor.page.locator("text=Save").count() == 0


@pytest.mark.parametrize("language", ["en-GB", "pl-PL"])
async def test_everything_that_can_be_said_is_said_in_words(
    world: App, stall: Stall, server: Server, browser: Browser, language: str
) -> None:
    said = [
        {"code": f"G{n:02}", "name": f"G{n}", "gives": gives, "when": WHENS if n == 0 else [], "currency": "PLN"}
        for n, gives in enumerate(KINDS)
    ]
    taken = await world.door.ask(ADMIN, "commerce.promotions.put_promotions", promotions=said)
    assert taken.refused == []
    async with visiting(browser, server.address, locale=language) as visitor:
        await log_in(visitor, "merchandise")
        assert await visitor.open("/console/promotions?state=draft") == 200
        text = await visitor.text()
        for part in (
            "free delivery",
            "not: group gold",
            "Sat, Sun",
            "10% off items ITEM-00001 (but not items ITEM-00002)",
        ):
            assert (part in text) == (language == "en-GB")
        for part in ("darmowa dostawa", "oprócz: grupa gold", "sb, nd"):
            assert (part in text) == (language == "pl-PL")
        await picture(visitor, f"promotions-{language}")
        assert await visitor.open("/console/promotions/G00") == 200
        assert await visitor.page.locator("h1").count() == 1
    async with visiting(browser, server.address, viewport={"width": 360, "height": 740}) as visitor:
        await log_in(visitor, "merchandise")
        for path in ("", "/G00", "/new"):
            assert await visitor.open(f"/console/promotions{path}") == 200
            wide = await visitor.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 360, path
