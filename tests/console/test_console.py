"""The back office in a real browser: who works there logs in, sees what the API allows, and moves orders on."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from playwright.async_api import Browser, expect

from rynek import security
from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall, set_up
from rynek.console.pages.shell import PLACES, inside
from rynek.kernel import clock, ids
from rynek.kernel.actor import ANYONE, Actor
from tests.browser import Visitor, chromium, visiting
from tests.seeing import fits, in_the_way

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}), name="setting up")
BOSS = ("boss@rynek.example", "a password for the boss")
PASSWORD = "a password for staff"
HOME = {"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    made = await set_up(world)
    assert await security.ensure_admin(world.database, *BOSS)
    for email, roles, location in (
        ("support@rynek.example", ["support"], None),
        ("store@rynek.example", ["store"], "S-2"),
        ("auditor@rynek.example", ["auditor"], None),
    ):
        await world.door.ask(
            ADMIN,
            "security.hire",
            email=email,
            password=PASSWORD,
            name=roles[0].title(),
            roles=roles,
            location=location,
        )
    return made


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def order(world: App, sku: str = "ITEM-00001", email: str = "ola@example.com") -> Any:
    who = Actor("guest", ids.new())
    cart = await world.door.ask(
        who, "commerce.checkout.open_cart", channel="WEB-PL", lines=[{"sku": sku, "quantity": 2}], email=email,
        address=HOME, delivery="courier",
    )  # fmt: skip
    tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
    return await world.door.ask(who, "commerce.checkout.place", cart=cart.id, tenders=tenders)


async def sell(world: App, store: str, number: int, amount: int = 1000, sku: str = "ITEM-00002") -> None:
    till = Actor("till", ids.new(), location=store)
    await world.door.ask(
        till, "commerce.pos.sell", store=store, till="1", number=number, currency="PLN",
        lines=[{"sku": sku, "quantity": 3, "amount": amount}], sold_at=clock.now() - timedelta(hours=1),
        tenders=[{"method": "cash", "amount": amount}],
    )  # fmt: skip


async def log_in(visitor: Visitor, email: str, password: str) -> None:
    await visitor.open("/console/login")
    await visitor.page.fill("#email", email)
    await visitor.page.fill("#password", password)
    await visitor.page.click("button.primary")
    await visitor.page.wait_for_load_state()


_tokens: WeakKeyDictionary[App, dict[str, str]] = WeakKeyDictionary()
"""Who has logged in to which shop: each module has a shop of its own, and other modules come in by this one."""


async def come_in(visitor: Visitor, world: App, email: str = BOSS[0], back: str = "/console") -> None:
    """Come in as somebody who has logged in before."""
    known = _tokens.setdefault(world, {})
    if email not in known:
        password = BOSS[1] if email == BOSS[0] else PASSWORD
        known[email] = (await world.door.ask(ANYONE, "security.login", email=email, password=password)).token
    cookie = {"name": "rynek_session", "value": known[email], "url": visitor.url}
    await visitor.context.add_cookies([cookie])  # type: ignore[list-item]
    await visitor.open(back)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_one_logs_in_and_out(stall: Stall, server: Server, browser: Browser, scripts: bool) -> None:  # noqa: FBT001
    async with visiting(browser, server.address, scripts=scripts) as visitor:
        await visitor.open("/console/orders?state=open")
        assert visitor.page.url.endswith("/console/login?back=%2Fconsole%2Forders%3Fstate%3Dopen")
        await visitor.page.fill("#email", BOSS[0])
        await visitor.page.fill("#password", BOSS[1])
        await visitor.page.click("button.primary")
        assert visitor.page.url.endswith("/console/orders?state=open")
        [cookie] = [each for each in await visitor.context.cookies() if each["name"] == "rynek_session"]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        assert "Administrator" in await visitor.text(".who")
        await visitor.page.click("text=Log out")
        assert visitor.page.url.endswith("/console/login")
        await visitor.open("/console")
        assert "/console/login" in visitor.page.url


async def test_a_wrong_password_teaches_and_tells_nothing(stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        said = []
        for email in (BOSS[0], "nobody@rynek.example", "no-address@x"):
            await log_in(visitor, email, "not the password")
            said.append(await visitor.text("[role=alert]"))
            assert await visitor.page.input_value("#email") == email
            assert await visitor.page.input_value("#password") == ""
        assert len(set(said)) == 1
        assert "do not belong together" in said[0]
        visitor.expected = 3


@pytest.mark.parametrize(
    ("back", "comes"),
    [
        ("https://evil.example/console", "/console"),
        ("//evil.example", "/console"),
        ("/console/../shop", "/console/../shop"),
        ("/consolation", "/console"),
        ("/console\\@evil.example", "/console"),
        ("/console/orders?state=open", "/console/orders?state=open"),
    ],
)
def test_a_login_leads_nowhere_else(back: str, comes: str) -> None:
    assert inside(back) == comes


async def test_orders_are_found_and_cancelled(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    placed = await order(world, email="jan@example.com")
    await order(world, email="ewa@example.com")
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world, "support@rynek.example", back="/console/orders")
        assert {"jan@example.com", "ewa@example.com"} <= set((await visitor.text("table")).split())
        await visitor.page.fill("#find", str(placed.number))
        await visitor.page.press("#find", "Enter")
        await visitor.page.wait_for_url("**find=*")
        assert await visitor.page.locator("tbody tr").count() == 1
        await visitor.page.click(f"text=#{placed.number}")
        await visitor.page.wait_for_url(f"**/console/orders/{placed.order}")
        page = await visitor.text()
        assert "Item ITEM-00001" in page
        assert "35.02" in page
        assert "Rynek 1" in page
        assert await visitor.page.locator("text=Mark as shipped").count() == 0  # support may not ship
        await visitor.page.click("summary:has-text('Cancel the order')")
        await visitor.page.fill("#reason", "she changed her mind")
        await visitor.page.click("text=Cancel it now")
        await visitor.page.wait_for_url("**done=cancelled")
        assert "its units are free again" in await visitor.text("[role=status]")
        assert "she changed her mind" in await visitor.text(".line")
    written = await world.door.ask(ADMIN, "commerce.orders.order", order=placed.order)
    assert (written.state, [each.note for each in written.history]) == ("cancelled", ["she changed her mind"])


async def test_what_cannot_be_done_is_said(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    placed = await order(world)
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world, back=f"/console/orders/{placed.order}")
        await visitor.page.fill("#text", "Called her")
        await visitor.page.click("text=Write it down")
        await visitor.page.wait_for_url("**done=noted")
        await visitor.page.click("text=Mark as shipped")
        await visitor.page.wait_for_url("**done=shipped")
        late = """(action) => {
            const form = Object.assign(document.createElement("form"), { method: "post", action });
            form.append(Object.assign(document.createElement("input"), { name: "reason", value: "too late" }));
            document.body.append(form);
            form.submit();
        }"""
        await visitor.page.evaluate(late, f"/console/orders/{placed.order}/cancellation")
        await visitor.page.wait_for_selector("[role=alert]")
        assert "it can be returned, not cancelled" in await visitor.text("[role=alert]")
        visitor.expected = 1
    written = await world.door.ask(ADMIN, "commerce.orders.order", order=placed.order)
    assert [each.what for each in written.history] == ["note", "shipped"]


async def test_another_sites_form_cannot_act(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    placed = await order(world)
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world)
        answer = await visitor.context.request.post(
            f"{visitor.url}/console/orders/{placed.order}/shipment",
            headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        )
        assert answer.status == 403
    assert (await world.door.ask(ADMIN, "commerce.orders.order", order=placed.order)).state == "open"


async def test_another_sites_form_logs_nobody_in(stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        for headers in ({"origin": "https://evil.example"}, {"origin": visitor.url, "sec-fetch-site": "cross-site"}):
            answer = await visitor.context.request.post(
                f"{visitor.url}/console/login", headers=headers, form={"email": BOSS[0], "password": BOSS[1]}
            )
            assert answer.status == 403
            assert await visitor.context.cookies() == []


async def test_stock_is_seen_with_its_ledger(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    await sell(world, "S-1", 900, sku="ITEM-00007")
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world, back="/console/stock")
        assert "ITEM-00007" in await visitor.text("table")  # below zero
        await visitor.page.fill("#find", "item item-0000")
        await visitor.page.press("#find", "Enter")
        await visitor.page.wait_for_url("**find=*")
        assert await visitor.page.locator("tbody tr").count() == 10
        await visitor.page.click("a:text-is('ITEM-00007')")
        await visitor.page.wait_for_url("**/console/stock/ITEM-00007")
        assert [
            each.split("\t") for each in (await visitor.text("section:has-text('Where it lies') tbody")).split("\n")
        ] == [
            ["S-1", "−3", "0", "0"],
            ["WH-1", "1,000", "0", "0"],
        ]
        ledger = await visitor.text(".ledger tbody")
        assert "opening 0" in ledger
        assert "S-1/1/900" in ledger
        assert await visitor.open("/console/stock/NO-SUCH-ITEM") == 404
        visitor.expected = 1


async def test_live_figures_move_when_something_is_sold(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    await sell(world, "S-3", 1)
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world)
        await visitor.page.wait_for_selector("#pulse.on")
        page = visitor.page
        receipts = int((await visitor.text("[data-figure=receipts]")).split()[0])
        cell = page.locator("[data-store=S-3]")
        assert "PLN 10.00" in (await cell.get_attribute("title") or "").replace("10.00\u00a0PLN", "PLN 10.00")
        orders = int((await visitor.text("[data-figure=orders]")).split()[0])
        await sell(world, "S-3", 2, amount=2345)
        await order(world)
        await expect(page.locator("[data-figure=receipts]")).to_have_text(f"{receipts + 1} receipts today")
        await expect(page.locator("[data-figure=orders]")).to_have_text(re.compile(f"^{orders + 1} order"))
        assert "33.45" in (await cell.get_attribute("title") or "")
        assert await visitor.text("[data-figure=health]") == "Well"
        await expect(page.locator("[data-figure=sales]")).not_to_have_text("0.0")


async def test_without_scripts_the_figures_refresh_by_themselves(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        await come_in(visitor, world)
        assert re.search(r"\d", await visitor.text("[data-figure=taken]"))
        assert await visitor.page.locator('meta[http-equiv="refresh"]').count() == 1


async def test_a_store_sees_its_own_and_no_orders(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    await sell(world, "S-2", 50, amount=777)
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world, "store@rynek.example")
        assert [await each.inner_text() for each in await visitor.page.locator("nav[aria-label=Main] a").all()] == [
            "Today",
            "Returns",
            "Receipts",
            "Fulfilment",
            "Goods in",
            "Stock",
            "Pictures",
            "Documents",
        ]
        assert [
            await each.get_attribute("data-store") for each in await visitor.page.locator("[data-store]").all()
        ] == ["S-2"]
        assert await visitor.page.locator("[data-figure=taken], [data-figure=orders]").count() == 0
        assert await visitor.open("/console/receipts/S-2") == 200
        assert "7.77" in await visitor.text()
        assert await visitor.open("/console/receipts/S-1") == 403
        assert await visitor.open("/console/orders") == 403
        assert await visitor.open("/console/audit") == 403
        visitor.expected = 3


async def test_the_auditor_reads_what_happened(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world, "auditor@rynek.example", back="/console/audit?operation=security.hire")
        rows = await visitor.page.locator("tbody tr").count()
        assert rows == 3
        assert await visitor.open("/console/background") == 200
        assert "commerce.payments.take" in await visitor.text()
        assert await visitor.page.locator("text=Try again").count() == 0


async def test_it_speaks_polish_and_remembers(stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address, locale="pl-PL") as visitor:
        await visitor.open("/console/login")
        assert await visitor.text("h1") == "Logowanie"
        assert await visitor.page.get_attribute("html", "lang") == "pl"
        await visitor.page.click("button:has-text('EN')")
        assert await visitor.text("h1") == "Log in"
        await visitor.open("/console/login")
        assert await visitor.text("h1") == "Log in"


@pytest.mark.parametrize(
    "path", ["/console", "/console/orders", "/console/stock", "/console/receipts", "/console/background"]
)
async def test_a_phone_is_wide_enough(world: App, stall: Stall, server: Server, browser: Browser, path: str) -> None:
    async with visiting(browser, server.address, viewport={"width": 360, "height": 740}) as visitor:
        await come_in(visitor, world, back=path)
        assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_every_control_has_a_name(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    placed = await order(world)
    nameless = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href]")]
        .filter((each) => !each.closest("[aria-hidden=true]"))
        .filter((each) => !(each.labels?.length || each.textContent.trim() || each.getAttribute("aria-label")))
        .map((each) => each.outerHTML)"""
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world)
        for path in (
            "",
            "/orders",
            f"/orders/{placed.order}",
            "/stock",
            "/owing",
            "/receipts",
            "/audit",
            "/background",
        ):
            assert await visitor.open(f"/console{path}") == 200
            assert await visitor.page.evaluate(nameless) == [], path
            assert await visitor.page.locator("h1").count() == 1


async def test_nothing_stands_in_anybodys_way(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    """Each place of the console, light and dark, with an order and an item as they are looked at in work."""
    placed = await order(world)
    async with visiting(browser, server.address) as visitor:
        await come_in(visitor, world)
        for path in (
            *(where for _, where, _ in PLACES),
            f"/console/orders/{placed.order}",
            "/console/stock/ITEM-00001",
        ):
            assert await visitor.open(path) == 200
            assert await in_the_way(visitor.page) == []
            assert await fits(visitor.page, 640), path  # 200 % of 1280
