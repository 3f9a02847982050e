"""Companies and quotes in the back office: taken in, given credit, offered to."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from rynek import security
from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall, set_up
from rynek.commerce.companies.reactions import note_shipped
from rynek.commerce.orders.events import Item, UnitsShipped
from rynek.kernel import clock, ids
from rynek.kernel.actor import ANYONE, Actor
from rynek.kernel.events import Envelope
from tests.browser import Visitor, chromium, visiting
from tests.commerce.companies.conftest import ask, cart_of, customer, firm, place

BOSS = ("boss@rynek.example", "a password for the boss")
ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
SHOTS = os.environ.get("SHOTS_FOLDER", "")
"""Where to put pictures of the pages, for who wants to look at them."""


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    return await set_up(world, items=5, units=1_000)


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
    cookie: Any = {"name": "rynek_session", "value": token, "url": visitor.url}
    await visitor.context.add_cookies([cookie])
    await visitor.open(path)


async def picture(visitor: Visitor, name: str) -> None:
    if SHOTS:
        await visitor.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def test_a_firm_is_taken_in_given_credit_and_its_people_invited(
    world: App, stall: Stall, server: Server, browser: Browser, token: str
) -> None:
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await come_in(visitor, token, "/console/companies")
        said = {
            "name": "Hurt Kowalski", "vat_id": "PL5260250996", "email": "faktury@example.com", "street": "Prosta 1",
            "postcode": "00-001", "city": "Warszawa",
        }  # fmt: skip
        await page.click("text=Take a company in")
        for field, value in said.items():
            await page.fill(f"#{field}", value)
        await page.click("button:has-text('Take it in')")
        assert "This is no VAT number" in await visitor.text("[role=alert]")
        visitor.expected = 1
        await page.fill("#vat_id", "pl 526-025-09-95")
        await page.click("button:has-text('Take it in')")
        assert "taken in" in await visitor.text("[role=status]")
        await page.click("text=Change the credit")
        await page.fill("#limit", "1 250,50")
        await page.click("form[action$=credit] button")
        assert "1,250.50" in await visitor.text("main")
        await page.click("summary:has-text('Add a unit')")
        await page.fill("#unit-name", "Kraków")
        await page.fill("#code", "cracow")
        await page.select_option("#parent", "head")
        await page.fill("#budget", "5000")
        await page.click("form[action$=units] button")
        assert "Kraków" in await visitor.text("main")
        await page.click("summary:has-text('Invite somebody')")
        await page.fill("#person", "Jan Nowak")
        await page.select_option("#unit", "cracow")
        await page.fill("#order_limit", "200")
        await page.click("form[action$=invitations] button")
        invitation = (await page.inner_text(".notice code")).strip()
        jan = customer()
        assert (await ask(world, "companies.join", jan, token=invitation)).order_limit_minor == 20_000
        found = await ask(world, "companies.companies", text="Hurt")
        cart = await cart_of(world, jan, ("ITEM-00000", 3))
        await place(world, jan, cart)
        await visitor.open(f"/console/companies/{found[0].id}")
        assert "Jan Nowak" in await visitor.text("main")
        await picture(visitor, "company")
        await visitor.open("/console/companies?find=hurt")
        assert "45.00" in await visitor.text("main")
        await picture(visitor, "companies")


async def test_a_quote_is_offered_and_its_thread_read(
    world: App, stall: Stall, server: Server, browser: Browser, token: str
) -> None:
    of = await firm(world, limit=1_000_000, name="Bar Mleczny")
    asked = await ask(
        world, "quotes.request", of.buyer, cart=(await cart_of(world, of.buyer, ("ITEM-00001", 40))).id, note="Weekly"
    )
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await come_in(visitor, token, "/console/quotes?state=requested")
        await page.click(f"text=Q-{asked.number:06}")
        await page.fill("#lines", "ITEM-00001 40 many")
        await page.click("text=Offer this")
        assert "ITEM-00001 40 many" in await page.input_value("#lines")
        visitor.expected = 1
        await page.fill("#lines", "ITEM-00001 40 7.50")
        await page.fill("#delivery", "0")
        await page.fill("#note", "As last year")
        await page.click("text=Offer this")
        assert "in the thread" in await visitor.text("[role=status]")
        now = await ask(world, "quotes.quote", quote=asked.id)
        assert (now.state, now.net_minor) == ("offered", 40 * 750)
        assert now.valid_until > clock.now() + timedelta(days=13)
        wish = [{"sku": "ITEM-00001", "quantity": 50, "unit_minor": 700}]
        await ask(world, "quotes.counter", of.buyer, quote=asked.id, turn=now.turn, lines=wish, note="For fifty?")
        await visitor.open(f"/console/quotes/{asked.id}")
        await picture(visitor, "quote")
        assert "For fifty?" in await visitor.text("main")
        await page.click("summary:has-text('Decline')")
        await page.click("form[action$=refusal] button")
        assert "declined" in await visitor.text("[role=status]")
        await visitor.open("/console/quotes")
        await picture(visitor, "quotes")


async def test_what_left_in_a_month_is_invoiced_and_shown_until_it_is_paid(
    world: App, stall: Stall, server: Server, browser: Browser, token: str
) -> None:
    of = await firm(world, limit=1_000_000, name="Piekarnia Nowa", invoicing="month", terms_days=14)
    then = clock.now() - timedelta(days=40)
    with clock.at(then):
        placed = await place(world, of.buyer, await cart_of(world, of.buyer, ("ITEM-00002", 3)))
        picks = [{"sku": "ITEM-00002", "location": "WH-1", "units": 3}]
        await ask(world, "orders.ship_part", ADMIN, order=placed.order, reference="P-1", picks=picks)
    gone = UnitsShipped(placed.order, "P-1", 3_006, [Item("ITEM-00002", 3, 3_006)])
    async with world.database.transaction("commerce") as tx:
        await note_shipped(tx, [Envelope("1-1", "?", "?", then, gone)])
    seller = {"code": "R", "name": "Rynek", "street": "Rynek 1", "city": "Kraków"}
    await ask(world, "documents.put_sellers", ADMIN, sellers=[seller])
    numbered = {"code": "FV", "kind": "invoice", "seller": "R", "pattern": "FV/{year}/{number}", "channels": ["WEB-PL"]}
    await ask(world, "documents.put_series", ADMIN, series=[numbered])
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await come_in(visitor, token, f"/console/companies/{of.id}")
        assert "45.06" in await visitor.text("main")
        await picture(visitor, "company-to-bill")
        await page.click("form[action$=bills] button")
        assert "issued" in await visitor.text("[role=status]")
        await picture(visitor, "company-billed")
        await page.click("text=FV/")
        assert "Piekarnia Nowa" in await visitor.text("main")
