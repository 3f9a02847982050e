"""Simulations in a real browser: started from a promotion, seen while they are counted, and what came of them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.async_api import Browser, expect

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import KEEPER, set_up
from rynek.console.pages import charts
from rynek.kernel import clock, ids
from rynek.kernel.actor import ANYONE, Actor
from tests.browser import Visitor, chromium, visiting

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}), name="setting up")
PASSWORD = "a password for staff"
SOLD = [clock.now() - timedelta(hours=6 * n) for n in range(120)]
"""When the tills have sold: on 30 days or 31, by the time of day."""
EMAIL = "finance@rynek.example"


@pytest.fixture(scope="module")
async def token(world: App) -> str:
    """Give the token of somebody of finance, in a shop whose tills have sold for a month."""
    stall = await set_up(world)
    ask = world.door.ask
    tills = {"code": "POS-PL", "name": "Tills", "kind": "pos", "currency": "PLN", "country": "PL"}
    await ask(KEEPER, "commerce.catalog.put_channels", channels=[tills])
    costs = [{"sku": sku, "currency": "PLN", "minor": 600 + 20 * n} for n, sku in enumerate(stall.skus)]
    await ask(KEEPER, "commerce.pricing.put_costs", costs=costs)
    for n, sold_at in enumerate(SOLD):
        amount = (1 + n % 4) * 1_000
        line = {"sku": stall.skus[n * n % 10], "quantity": 1 + n % 4, "amount": amount}
        await ask(
            KEEPER, "commerce.pos.sell", store=f"S-{1 + n % 3}", till="1", number=n + 1, currency="PLN", lines=[line],
            sold_at=sold_at, tenders=[{"method": "cash", "amount": amount}],
        )  # fmt: skip
    draft = {
        "code": "TENTH", "name": "A tenth off", "currency": "PLN", "gives": {"give": "percent", "bp": 1_000},
        "when": [{"if": "basket", "minor": 2_500}],
    }  # fmt: skip
    merchant = Actor("staff", ids.new(), frozenset({"merchandise"}))
    assert not (await ask(merchant, "commerce.promotions.put_promotions", promotions=[draft])).refused
    said = {"email": EMAIL, "password": PASSWORD, "name": "Finance", "roles": ["finance"], "location": None}
    await ask(ADMIN, "security.hire", **said)
    found: str = (await ask(ANYONE, "security.login", email=EMAIL, password=PASSWORD)).token
    return found


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def come_in(visitor: Visitor, token: str, back: str) -> None:
    cookie = {"name": "rynek_session", "value": token, "url": visitor.url}
    await visitor.context.add_cookies([cookie])  # type: ignore[list-item]
    await visitor.open(back)


async def begin(visitor: Visitor, **fields: Any) -> None:
    for name, value in fields.items():
        field = visitor.page.locator(f"form[action='/console/simulations'] [name={name}]")
        if name in ("since", "until", "percent", "list"):
            await field.fill(value)
        else:
            await field.select_option(value)
    await visitor.page.click("form[action='/console/simulations'] button")


async def test_a_draft_is_tried_and_drawn(token: str, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, token, "/console/simulations")
        await begin(visitor, promotion="TENTH", baskets="tills", channel="POS-PL")
        await expect(visitor.page.locator(".figures")).to_be_visible(timeout=60_000)
        await expect(visitor.page.locator(".title .badge")).to_have_text("done", timeout=60_000)
        figures = await visitor.text(".figures")
        assert "of 120" in figures
        assert "costs known for 100%" in figures
        assert await visitor.page.locator("svg.chart rect.mark title").count() == len({each.date() for each in SOLD})
        assert "TENTH" in await visitor.text("main")
        assert not visitor.complaints


async def test_prices_that_rise_cost_less_than_nothing_in_polish(token: str, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, token, "/console/simulations")
        await visitor.page.click("button[lang=pl]")
        await begin(visitor, percent="5,0", baskets="tills", channel="POS-PL", beside="nothing")
        await expect(visitor.page.locator(".title .badge")).to_have_text("gotowe", timeout=60_000)
        assert "−" in await visitor.text(".figures .figure:first-child .value")
        assert await visitor.page.locator("rect.mark.two").count() > 0
        assert not visitor.complaints


async def test_what_cannot_be_simulated_is_said_beside_the_form(token: str, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, token, "/console/simulations")
        visitor.expected += 1
        await begin(visitor, promotion="TENTH", since="2026-05-02", until="2026-05-01", baskets="orders")
        assert "ends before it begins" in await visitor.text("[role=alert]")
        assert await visitor.page.input_value("[name=since]") == "2026-05-02"
        visitor.expected += 1
        await begin(visitor, list="ITEM-00001 12.50\nITEM-00002 dear", baskets="tills", channel="POS-PL")
        assert "dear is no amount of PLN" in await visitor.text("[role=alert]")
        assert await visitor.page.input_value("[name=list]") == "ITEM-00001 12.50\nITEM-00002 dear"


async def test_a_draft_price_list_is_tried(token: str, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, token, "/console/simulations")
        dear = "ITEM-00000;1 000,50\n\nITEM-00001 1000.50\n"
        await begin(visitor, list=dear, baskets="tills", channel="POS-PL", beside="nothing")
        await expect(visitor.page.locator(".title .badge")).to_have_text("done", timeout=60_000)
        assert "ITEM-00000, ITEM-00001" in await visitor.text("main")
        assert "−" in await visitor.text(".figures .figure:first-child .value")
        assert not visitor.complaints


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20))
def test_bars_stay_in_the_chart_and_stand_on_the_line(values: list[int]) -> None:
    drawn = charts.bars([(value, "") for value in values])
    assert drawn.bottom <= min(*values, 0) <= max(*values, 0) <= drawn.top
    for value, bar in zip(values, drawn.bars, strict=True):
        low, high = float(bar.y), float(bar.y) + float(bar.height)
        assert -0.1 <= low <= high <= charts.HEIGHT + 0.7
        assert abs((low if value < 0 else high) - float(drawn.zero)) <= 0.7
    assert all(float(a.x) + float(a.width) <= float(b.x) + 0.2 for a, b in pairwise(drawn.bars))


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20))
def test_lines_go_through_every_number(values: list[int]) -> None:
    [path] = charts.lines(values).paths
    assert path.count("L") == max(len(values) - 1, 1)


@given(st.integers(0, 2_000), st.integers(1, 100))
def test_days_are_put_together_each_once_and_in_order(count: int, most: int) -> None:
    found = charts.binned(count, most)
    assert [n for each in found for n in each] == list(range(count))
    assert len(found) <= most


@given(st.integers(1, 10**15))
def test_the_next_round_number(value: int) -> None:
    found = charts.round_up(value)
    assert value <= found < value * 2.5 + 1
    assert str(found).rstrip("0") in ("1", "2", "5")
