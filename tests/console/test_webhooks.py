"""Webhooks in the back office: made, tried, looked after, and stopped ones pointed out."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser
from standardwebhooks import Webhook

from rynek import security
from rynek.app import App
from rynek.bench import Server
from rynek.commerce.catalog.events import ChannelChanged
from rynek.kernel.actor import ANYONE
from rynek.kernel.events import emit
from rynek.kernel.settings import Settings, Webhooks
from tests.browser import Visitor, chromium, visiting
from tests.conftest import FAST, free_port
from tests.integration.webhooks.conftest import ADMIN, Receiver, receiving

BOSS = ("boss@rynek.example", "a password for the boss")
SHOTS = os.environ.get("SHOTS_FOLDER", "")
"""Where to put pictures of the pages, for who wants to look at them."""


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def settings(dsn: str, port: int, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    webhooks = Webhooks(networks=("127.0.0.0/8",), ports=(443, port), plain=True)
    folder = tmp_path_factory.mktemp("shop")
    return Settings(folder=folder, database=dsn, rates=FAST, connections=12, webhooks=webhooks)


@pytest.fixture
async def receiver(port: int) -> AsyncIterator[Receiver]:
    async with receiving(port) as receiver:
        yield receiver


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
async def token(world: App) -> str:
    assert await security.ensure_admin(world.database, *BOSS)
    given: str = (await world.door.ask(ANYONE, "security.login", email=BOSS[0], password=BOSS[1])).token
    return given


async def come_in(visitor: Visitor, token: str, path: str) -> None:
    cookie = {"name": "rynek_session", "value": token, "url": visitor.url}
    await visitor.context.add_cookies([cookie])  # type: ignore[list-item]
    await visitor.open(path)


async def picture(visitor: Visitor, name: str) -> None:
    if SHOTS:
        await visitor.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def came(receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(20):
        while len(receiver.got) < count:  # noqa: ASYNC110 - the receiver rings no bell
            await asyncio.sleep(0.05)


async def announce(world: App, *codes: str) -> None:
    async with world.database.transaction("commerce") as tx:
        emit(tx, *(ChannelChanged(code) for code in codes))


async def test_an_endpoint_is_made_tried_rotated_and_removed(
    world: App, server: Server, browser: Browser, token: str, receiver: Receiver
) -> None:
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await come_in(visitor, token, "/console/webhooks")
        assert "Nothing is sent to anybody yet" in await visitor.text()
        await page.fill("#url", receiver.url())
        await page.fill("#types", "catalog.* checkout.cart-changed")
        await page.fill("#filter", "channel = 'WEB-PL' and")
        await page.fill("#note", "Warehouse")
        await page.click("text=Send from now on")
        assert "The filter cannot be used" in await visitor.text("[role=alert]")
        visitor.expected = 1
        assert await page.input_value("#types") == "catalog.* checkout.cart-changed"
        await page.fill("#filter", "channel in ('WEB-PL', 'NEW')")
        await page.click("text=Send from now on")
        secret = (await page.inner_text(".notice code")).strip()
        await picture(visitor, "webhooks-made")
        await page.click("table a")
        await page.click("text=Send a test")
        await page.wait_for_url("**done=pinged")
        await came(receiver, 1)
        told = Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)
        assert told["type"] == "webhooks.ping"
        await page.click("text=New secret")
        await page.click("text=Make a new secret")
        rotated = (await page.inner_text(".notice code")).strip()
        await announce(world, "NEW", "OTHER")
        await came(receiver, 2)
        got = receiver.got[1]
        for each in (secret, rotated):
            assert Webhook(each).verify(got.body, got.headers)["subject"] == "NEW"
        await page.reload()
        assert secret not in await page.content()
        await page.click("summary:has-text('Remove')")
        await page.click("text=Remove it now")
        await page.wait_for_url("**done=removed")
    assert await world.door.ask(ADMIN, "integration.webhooks.endpoints") == []


async def test_what_failed_is_seen_sent_again_and_a_stopped_endpoint_pointed_out(
    world: App, server: Server, browser: Browser, token: str, receiver: Receiver
) -> None:
    receiver.answers = lambda _: web.Response(status=500, text="broken here")
    made = await world.door.ask(
        ADMIN, "integration.webhooks.make", url=receiver.url(), types=["catalog.*"], note="Accounting"
    )
    await announce(world, *(f"E{n}" for n in range(6)))
    await came(receiver, 3)
    await asyncio.sleep(0.5)
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await come_in(visitor, token, f"/console/webhooks/{made.id}?state=waiting")
        assert "status 500" in await visitor.text("table")
        await picture(visitor, "webhook-failing")
        await page.click("table a >> nth=-1")
        assert "broken here" in await visitor.text()
        await picture(visitor, "delivery")
        receiver.answers = lambda _: web.Response()
        await page.click("text=Deliver once more")
        await page.wait_for_url("**done=again")
        async with asyncio.timeout(20):
            while "delivered" not in await visitor.text(".title"):
                await asyncio.sleep(0.2)
                await page.reload()
        async with world.database.transaction("integration") as tx:
            await tx.execute(
                "update integration.endpoint set active = false, stopped_why = 'failing', stopped_at = now()"
            )
        await visitor.open("/console/webhooks")
        assert "nothing is sent there any more" in await visitor.text("[role=alert]")
        await picture(visitor, "webhooks-stopped")
        await page.click("button[lang=pl]")
        await page.wait_for_load_state()
        assert "nic tam już nie jest wysyłane" in await visitor.text("[role=alert]")
        await page.click("text=Zobacz")
        await picture(visitor, "webhook-pl")
        await page.click("button:has-text('Włącz')")
        await page.wait_for_url("**done=on")
        assert "Włączony" in await visitor.text("[role=status]")
        await page.set_viewport_size({"width": 390, "height": 800})
        await picture(visitor, "webhook-narrow")
