"""Money in a real browser: a statement is brought, what matches is booked, the rest is matched or seen to by hand."""

import os
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall
from rynek.commerce import orders
from rynek.commerce.payments.circuits import CIRCUITS
from tests.browser import Visitor, visiting
from tests.commerce.payments.shop import Order, manual, placed, sums
from tests.commerce.reconciliation.papers import camt
from tests.console.test_console import browser, come_in, stall

__all__ = ["browser", "stall"]
SHOTS = os.environ.get("SHOTS_FOLDER", "")
"""Where to put pictures of the pages, for who wants to look at them."""


async def ordered(world: App, amount: int) -> tuple[Order, int]:
    order = await placed(world.database, manual(amount, "transfer"))
    async with world.database.transaction("commerce") as tx:
        return order, (await orders.order(tx, order.id)).number


async def pictured(visitor: Visitor, name: str) -> None:
    if SHOTS:
        await visitor.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def test_a_statement_is_brought_and_what_is_left_is_seen_to(
    world: App, stall: Stall, server: Server, browser: Browser, tmp_path: Path
) -> None:
    (one, number), (two, other) = await ordered(world, 149_00), await ordered(world, 62_50)
    statement = tmp_path / "wyciag.xml"
    statement.write_bytes(
        camt(
            (149_00, f"Zamówienie nr {number}"), (62_50, "za buty, dziękuję"), (9_99, "?"), (-31_00, "konto"),
            refs=["R1", "R2", "R3", "R4"],
        )
    )  # fmt: skip
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world, back="/console/money")
        assert "Everything matches" in await visitor.text()
        await visitor.page.select_option("#money-form", "mt940")
        await visitor.page.fill("#money-source", "mbank")
        await visitor.page.set_input_files("#money-file", str(statement))
        await visitor.page.click("text=Read it")
        assert "no statement that can be read" in await visitor.text("[role=alert]")
        visitor.expected = 1
        await visitor.page.select_option("#money-form", "camt053")
        await visitor.page.fill("#money-source", "mbank")
        await visitor.page.set_input_files("#money-file", str(statement))
        await visitor.page.click("text=Read it")
        await visitor.page.wait_for_url("**done=4-0-1-2")
        assert "4 lines read" in await visitor.text("[role=status]")
        await pictured(visitor, "money")
        assert (await sums(world.database, one.payment))[1] == 149_00

        # who may be meant is suggested, and given the money
        await visitor.page.click("tr:has-text('za buty') a")
        await visitor.page.wait_for_url("**/console/money/*")
        await pictured(visitor, "money-line")
        await visitor.page.click("form:has-text('misses just as much') button")
        await visitor.page.wait_for_load_state()
        assert "Matched by hand" in await visitor.text()
        assert (await sums(world.database, two.payment))[1] == 62_50

        # what cannot be matched is refused with its reason, and seen to otherwise
        await visitor.open("/console/money")
        await visitor.page.click("tr:has-text('?') a")
        await visitor.page.fill("#match-order", str(other))
        await visitor.page.click("section:has(#match-order) form.stack button")
        assert "0 payments that people collect" in await visitor.text("[role=alert]")
        visitor.expected += 1
        await visitor.page.fill("#resolve-note", "sent back to the sender")
        await visitor.page.click("text=It is seen to")
        await visitor.page.wait_for_load_state()
        assert "sent back to the sender" in await visitor.text()
        await visitor.open("/console/money")
        assert "Everything matches" in await visitor.text()
        await visitor.open("/console/money?state=any&source=mbank")
        assert await visitor.page.locator("tr:has-text('mbank') .badge").count() >= 4
        assert CIRCUITS.keys() <= {"simulator", "stripe", "payu"}


@pytest.mark.parametrize("path", ["/console/money", "/console/money/01900000-0000-7000-8000-000000000000"])
async def test_who_does_not_keep_the_books_is_not_shown_them(
    world: App, stall: Stall, server: Server, path: str
) -> None:
    asked = aiohttp.ClientSession(headers={"accept": "text/html"})
    async with asked, asked.get(f"http://{server.address}{path}", allow_redirects=False) as answer:
        assert (answer.status, "/console/login" in answer.headers["location"]) == (303, True)
