"""A guest pays on a provider's page in a real browser: she goes there, comes back, and her order is paid."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser

from rynek import serving
from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall
from rynek.commerce.payments.payu_simulator import CLIENT, POS, SECOND, SECRET
from rynek.kernel.settings import PayU, Settings
from tests.browser import visiting
from tests.conftest import FAST, free_port
from tests.storefront.test_shop import ADMIN, SHOP, browser, fill, stall

__all__ = ["browser", "stall"]


@pytest.fixture(scope="module")
async def simulator() -> AsyncIterator[str]:
    """Give PayU's simulator, a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rynek.commerce.payments.payu_simulator", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await asyncio.wait_for(process.stdout.readline(), 30))}"
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def address() -> str:
    return f"127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def settings(dsn: str, simulator: str, address: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    keys = PayU(POS, CLIENT, SECRET, SECOND, f"http://{address}/payments/webhooks/payu", simulator)
    return Settings(
        folder=tmp_path_factory.mktemp("shop"), database=dsn, rates=FAST, connections=12,
        payment_providers=("manual", "payu"), payu=keys, payment_return=f"http://{address}/shop/returns/{{order}}",
    )  # fmt: skip


@pytest.fixture(scope="module")
async def server(settings: Settings, address: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    command = [sys.executable, "-m", "rynek", "serve", "--port", address.rpartition(":")[2]]
    log: Path = tmp_path_factory.mktemp("server") / "log"
    async with Server(command, address, env=serving.environment(settings), log=log) as running:
        yield running


async def test_a_guest_pays_on_the_providers_page_and_comes_back(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await visitor.open(SHOP)
        await page.locator("form[data-add] button").first.click()
        await page.click("text=To the checkout")
        await fill(visitor)
        await page.check("input[value='payu:pay-by-link']")
        await page.click("button[value=place]")
        number = await visitor.text("#number")
        assert "waits for its payment" in await visitor.text()
        order = page.url
        await page.click("#pay")  # PayU's page: she pays at once, and is led back
        await page.wait_for_url(order)
        async with asyncio.timeout(30):
            while "waits for its payment" in await visitor.text():
                await asyncio.sleep(0.3)
                await page.reload()
        [found] = await world.door.ask(ADMIN, "commerce.orders.orders", number=int(number))
        assert (found.state, found.authorised_minor) == ("open", found.total_minor)
