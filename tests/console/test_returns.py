"""Returns in the back office: agreed to, taken in, judged and settled in a real browser; held orders let go."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from rynek import security
from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import set_up
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from tests.browser import chromium, visiting
from tests.console.test_console import ADMIN, BOSS, HOME, log_in


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
async def goods(world: App) -> Any:
    await set_up(world)
    assert await security.ensure_admin(world.database, *BOSS)
    who, ask = Actor("guest", ids.new()), world.door.ask
    cart = await ask(
        who, "commerce.checkout.open_cart", channel="WEB-PL", lines=[{"sku": "ITEM-00001", "quantity": 2}],
        email="ola@example.com", address=HOME, delivery="courier",
    )  # fmt: skip
    tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
    placed = await ask(who, "commerce.checkout.place", cart=cart.id, tenders=tenders)
    await ask(ADMIN, "commerce.orders.ship", order=placed.order)
    lines = [{"line": 1, "units": 2, "reason": "damaged", "note": "it came open"}]
    return await ask(who, "commerce.returns.ask", order=placed.order, lines=lines)


async def test_a_return_goes_its_way(world: App, goods: Any, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await log_in(visitor, *BOSS)
        await visitor.open("/console/returns")
        await page.click(f"text={goods.code}")
        assert "it came open" in await visitor.text()
        await page.fill("#why", "send it to us")
        await page.click("button[value=yes]")
        await page.fill("#location", "WH-1")
        await page.click("text=Take it in")
        await page.fill("input[name=restock]", "1")
        visitor.expected += 1
        await page.click("button:has-text('Settle')")
        assert await page.locator("[role=alert]").count() == 1  # one has no verdict
        await page.fill("input[name=restock]", "1")
        await page.fill("input[name=scrap]", "1")
        await page.click("button:has-text('Settle')")
        assert "Stock and money are settled" in await visitor.text()
        assert "35.02" in await visitor.text()
        assert await visitor.open("/console/returns?state=settled") == 200
        assert goods.code in await visitor.text()
        visitor.content()
    settled = await world.door.ask(ADMIN, "commerce.returns.rma", rma=goods.id)
    assert (settled.state, settled.refund_minor) == ("settled", 2 * 1001 + 1500)


async def test_a_held_order_is_let_go(world: App, goods: Any, server: Server, browser: Browser) -> None:
    cart = await world.door.ask(
        Actor("guest", ids.new()), "commerce.checkout.open_cart", channel="WEB-PL",
        lines=[{"sku": "ITEM-00002", "quantity": 1}], email="jan@example.com", address=HOME, delivery="courier",
    )  # fmt: skip
    tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
    placed = await world.door.ask(ADMIN, "commerce.checkout.place", cart=cart.id, tenders=tenders)
    await world.door.ask(ADMIN, "commerce.orders.hold_up", order=placed.order, kind="fraud", reason="five cards")
    async with visiting(browser, server.address, scripts=False) as visitor:
        await log_in(visitor, *BOSS)
        await visitor.open("/console/held")
        assert "five cards" in await visitor.text()
        await visitor.page.fill("input[name=reason]", "a school")
        await visitor.page.click("text=Let it go on")
        assert "Nothing is held up" in await visitor.text()
        visitor.content()
    assert goods.order != placed.order
