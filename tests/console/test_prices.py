"""Dynamic prices in a real browser: written, foreseen, switched on, approved, explained, stopped; and who may what."""

from datetime import timedelta
from typing import Any

import msgspec
from playwright.async_api import Browser

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import CHANNEL, Stall
from rynek.kernel import clock
from tests.browser import Visitor, visiting
from tests.console.test_console import ADMIN, PASSWORD, browser, come_in, stall

__all__ = ["browser", "stall"]
RULE: dict[str, Any] = {
    "code": "evening", "name": "Evening prices", "channel": CHANNEL, "mode": "propose", "active": False,
    "scope": {"skus": ["ITEM-00001", "ITEM-00002", "ITEM-00003"]},
    "moves": [{"by": "time", "since": "00:00", "until": "00:00", "change_bp": -1000}],
    "rails": {"margin_bp": 500, "step_bp": 1000, "day_bp": 2000},
}  # fmt: skip


async def priced(world: App) -> None:
    costs = [{"sku": f"ITEM-0000{n}", "currency": "PLN", "minor": 400} for n in (1, 2)]
    await world.door.ask(ADMIN, "commerce.pricing.put_costs", costs=costs)


async def looked(world: App) -> Any:
    skus = [f"ITEM-0000{n}" for n in (1, 2, 3)]
    return await world.door.ask(ADMIN, "commerce.repricing.look_now", channel=CHANNEL, skus=skus)


async def shown_price(world: App, sku: str) -> int:
    with clock.at(clock.now() + timedelta(seconds=1)):
        found = await world.door.ask(ADMIN, "commerce.pricing.why", channel=CHANNEL, sku=sku)
    assert found.minor is not None
    return int(found.minor)


async def filled(visitor: Visitor, text: str, act: str) -> None:
    await visitor.page.fill("#text", text)
    async with visitor.page.expect_navigation():
        await visitor.page.click(f"button[value={act}]")


async def test_prices_are_foreseen_approved_explained_and_stopped(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    await priced(world)
    text = msgspec.json.encode(RULE).decode()
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world, back="/console/prices")
        await visitor.page.click("text=New rule")
        await visitor.page.wait_for_url("**/console/prices/rules/new")
        await filled(visitor, text.replace("step_bp", "step_pb"), "save")
        assert "step_pb" in await visitor.text("[role=alert]")
        visitor.expected = 1
        await filled(visitor, text, "preview")
        foreseen = await visitor.text("#preview")
        assert "Lowered\n2" in foreseen
        assert "1 × cost not known" in foreseen
        assert "9.01" in await visitor.text("table")
        await filled(visitor, text, "save")
        assert "Saved" in await visitor.text("[role=status]")
        await visitor.page.click("#rules button")
        await visitor.page.wait_for_url("**done=saved")
        await visitor.page.click("text=Another channel")
        await visitor.page.fill("#channel", CHANNEL)
        await visitor.page.click("#switches details button:visible")
        await visitor.page.wait_for_url("**done=on")
        await looked(world)
        await visitor.open("/console/prices")
        assert await visitor.page.locator("#waiting tbody tr").count() == 2
        await visitor.page.uncheck("#waiting tbody tr:has-text('ITEM-00002') input")
        await visitor.page.click("text=Approve what is ticked")
        await visitor.page.wait_for_url("**done=approved")
        assert (await shown_price(world, "ITEM-00001"), await shown_price(world, "ITEM-00002")) == (901, 1002)
        assert "approved by a person" in await visitor.text("#log")
        await visitor.page.click("text=Reject")
        await visitor.page.wait_for_url("**done=rejected")
        assert await visitor.page.locator("#waiting tbody tr").count() == 0
        await visitor.page.click("#log a.sku")
        await visitor.page.wait_for_url("**/console/prices/items/**")
        why = await visitor.text()
        assert "from 00:00 to 00:00: −10%" in why
        assert "Cost, net" in why
        await visitor.open("/console/prices")
        await visitor.page.click("summary:has-text('Stop all')")
        await visitor.page.fill("#reason", "a wrong rule")
        await visitor.page.click("text=Stop it now")
        await visitor.page.wait_for_url("**done=off")
        assert "a wrong rule" in await visitor.text("#switches")
    assert await shown_price(world, "ITEM-00001") == 1001


async def test_finance_looks_and_stops_and_support_sees_nothing(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    await world.door.ask(
        ADMIN, "security.hire", email="money@rynek.example", password=PASSWORD, name="Money", roles=["finance"],
        location=None,
    )  # fmt: skip
    async with visiting(browser, server.address, locale="pl-PL") as visitor:
        await come_in(visitor, world, "money@rynek.example", back="/console/prices")
        assert "Czy ceny mogą się zmieniać?" in await visitor.text()
        assert await visitor.page.locator("text=Nowa reguła").count() == 0
        assert await visitor.page.locator("text=Zatrzymaj wszystko").count() == 1
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world, "support@rynek.example", back="/console/prices")
        assert "This is not for you" in await visitor.text()
        visitor.expected = 1
