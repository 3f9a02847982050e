"""After the sale in a real browser, without scripts: an order's story, changes, payment, returns; strangers get 404."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall, set_up
from rynek.kernel.actor import ANYONE, Actor
from tests.browser import Visitor, chromium, visiting
from tests.pictures import a as some
from tests.storefront.test_shop import ADMIN, SHOP

PASSWORD = "a long enough password"
SHOTS = os.environ.get("SHOTS_FOLDER", "")
"""Where to put pictures of the pages, for who wants to look at them."""
HOME = {"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    return await set_up(world, items=12)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def come_in(visitor: Visitor, email: str) -> None:
    await visitor.open(f"{SHOP}/account")
    await visitor.page.fill("#email", email)
    await visitor.page.fill("#password", PASSWORD)
    await visitor.page.click("main button")


async def registered(world: App, email: str) -> Actor:
    entry = await world.door.ask(ANYONE, "security.register", email=email, password=PASSWORD, name="Ola")
    return Actor("customer", entry.id, session=entry.session)


async def bought(world: App, who: Actor, *lines: tuple[str, int], method: str = "transfer") -> Any:
    wanted = [{"sku": sku, "quantity": n} for sku, n in lines]
    cart = await world.door.ask(
        who, "commerce.checkout.open_cart", channel="WEB-PL", lines=wanted, email="ola@example.com", address=HOME,
        delivery="courier",
    )  # fmt: skip
    tenders = [{"method": method, "amount_minor": cart.priced.total}]
    placed = await world.door.ask(who, "commerce.checkout.place", cart=cart.id, tenders=tenders)
    return await world.door.ask(ADMIN, "commerce.orders.order", order=placed.order)


async def picture(visitor: Visitor, name: str) -> None:
    """Keep a picture of the page, wide and narrow; on neither does it scroll sideways."""
    for width in (360, 1280):
        await visitor.page.set_viewport_size({"width": width, "height": 800})
        assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        if SHOTS:
            await visitor.page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


async def test_somebody_opens_an_account_and_leaves_it(stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await visitor.open(f"{SHOP}/account")
        assert "/login?back=" in page.url
        await page.click("text=Open an account")
        await page.fill("#name", "Ola")
        await page.fill("#email", "new@example.com")
        await page.fill("#password", PASSWORD)
        await picture(visitor, "register")
        await page.click("text=Open the account")
        assert page.url.endswith(f"{SHOP}/account")
        assert "Hello, Ola" in await visitor.text()
        await page.click("text=Log out")
        await visitor.open(f"{SHOP}/account")
        assert "/login?back=" in page.url
        await page.click("text=Open an account")
        for field, value in (("name", "Ola"), ("email", "new@example.com"), ("password", PASSWORD)):
            await page.fill(f"#{field}", value)
        visitor.expected += 1
        await page.click("text=Open the account")
        assert "has an account already" in await visitor.text("[role=alert]")


async def test_an_order_is_changed_dearer_and_the_difference_paid_once(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    ola = await registered(world, "change@example.com")
    order = await bought(world, ola, ("ITEM-00001", 2), ("ITEM-00002", 1))
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await come_in(visitor, "change@example.com")
        await picture(visitor, "account")
        await page.click(f"text=Order {order.number}")
        await page.click("text=Change the order")
        await page.fill("#u1", "4")
        await page.fill("#u2", "0")
        await page.fill("#street", "Rynek 2")
        await page.click("button[value=preview]")
        assert await page.inner_text("#after") == "PLN\u00a055.04".replace("PLN\u00a0", "") + "\u00a0PLN"
        assert "10.00" in await visitor.text("[role=status]")  # 2 × 10.01 more, 10.02 less
        await picture(visitor, "change")
        await page.click("button[value=confirm]")
        assert "Pay the difference" in await visitor.text("[role=status]")
        assert "Rynek 2" in await visitor.text()
        changed = await world.door.ask(ADMIN, "commerce.orders.order", order=order.id)
        assert changed.total_minor == 4 * 1001 + 1500
        await picture(visitor, "owed")
        body = await page.eval_on_selector("#owed form", "form => new URLSearchParams(new FormData(form)).toString()")
        await page.check("input[value=transfer]")
        await page.click("#owed button")
        assert "it is noted" in await visitor.text("[role=status]")
        assert await page.locator("#owed").count() == 0
        again = await page.request.post(
            f"{visitor.url}{SHOP}/orders/{order.id}/payments", data=body.replace("cash-on-delivery", "transfer"),
            headers={"origin": visitor.url, "content-type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert again.status == 200
    payments = await world.door.ask(ADMIN, "commerce.payments.payments", order=order.id)
    assert sorted(each.amount_minor for each in payments) == [1000, 4504]


async def test_a_change_that_cannot_be_made_says_why(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:  # fmt: skip
    ola = await registered(world, "cannot@example.com")
    order = await bought(world, ola, ("ITEM-00003", 1))
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await come_in(visitor, "cannot@example.com")
        await visitor.open(f"{SHOP}/orders/{order.id}/change")
        for units, said in (("1", "Change something first"), ("5000", "choose fewer"), ("0", "cancel the order")):
            await page.fill("#u1", units)
            await page.click("button[value=preview]")
            if units == "5000":  # whether it is there is seen when it is made
                await page.click("button[value=confirm]")
            visitor.expected += 1
            assert said in await visitor.text("[role=alert]"), units
        await page.click("text=Leave it as it is")
        await page.click("summary:has-text('Cancel the order')")
        await page.click("text=Cancel it now")
        assert "It is cancelled" in await visitor.text("[role=status]")
        assert await page.locator("text=Change the order").count() == 0
    assert (await world.door.ask(ADMIN, "commerce.orders.order", order=order.id)).state == "cancelled"


async def test_a_withdrawal_within_14_days_and_its_slip(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:  # fmt: skip
    ola = await registered(world, "withdraws@example.com")
    order = await bought(world, ola, ("ITEM-00004", 3))
    await world.door.ask(ADMIN, "commerce.orders.ship", order=order.id)
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await come_in(visitor, "withdraws@example.com")
        await visitor.open(SHOP)
        await page.click("footer >> text=Withdraw from the contract")
        await picture(visitor, "which")
        await page.click(f"text=Order {order.number}")
        visitor.expected += 1
        await page.click("text=Confirm the withdrawal")
        assert "Choose how many" in await visitor.text("[role=alert]")
        await page.fill("#u1", "2")
        await picture(visitor, "withdrawal")
        await page.click("text=Confirm the withdrawal")
        assert "reached us on" in await visitor.text("#acknowledged")
        await page.set_input_files("#p1", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": some("jpeg")})
        await page.click("text=Add the photo")
        assert await page.locator(".shots img").count() == 1
        await picture(visitor, "return")
        await page.click("text=Print the slip")
        assert await page.locator(".bars img").evaluate("image => image.naturalWidth") > 100
        await picture(visitor, "slip")
        await visitor.open(f"{SHOP}/returns")
        await page.click("main >> text=/R-\\d+/")
        await page.click("summary:has-text('I keep it')")
        await page.click("text=Withdraw the request")
        assert "you keep it" in await visitor.text("[role=status]")
        await picture(visitor, "returns")
    [found] = await world.door.ask(ola, "commerce.returns.returns")
    assert (found.state, found.units) == ("withdrawn", 2)


async def test_a_guest_returns_by_number_and_email_for_an_exchange(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    guest = Actor("guest", (await registered(world, "other@example.com")).id)
    order = await bought(world, guest, ("ITEM-00005", 2))
    await world.door.ask(ADMIN, "commerce.orders.ship", order=order.id)
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await visitor.open(f"{SHOP}/returns/new")
        await page.fill("#number", str(order.number))
        await page.fill("#email", "somebody@example.com")
        visitor.expected += 1
        await page.click("text=Go on")
        assert await page.locator("[role=alert]").count() == 1
        await page.fill("#email", "OLA@example.com")
        await page.click("text=Go on")
        await page.fill("#u1", "1")
        await page.select_option("#r1", "damaged")
        await page.fill("#t1", "the lid is broken")
        assert await page.locator("#i1").is_hidden()
        assert await page.locator("input[value=store-credit]").count() == 0
        await page.check("input[value=exchange]")
        await page.select_option("#i1", "ITEM-00005")
        await picture(visitor, "asking")
        await page.click("text=Send the request")
        assert "We are looking at it" in await visitor.text()
        assert "the lid is broken" in await visitor.text()
        rma = page.url.rpartition("/")[2]
    asked = await world.door.ask(ADMIN, "commerce.returns.rma", rma=rma)
    assert (asked.wish, asked.state, [(each.sku, each.quantity) for each in asked.instead]) == (
        "exchange", "asked", [("ITEM-00005", 1)],
    )  # fmt: skip


async def test_what_is_others_is_not_there(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    ola = await registered(world, "mine@example.com")
    order = await bought(world, ola, ("ITEM-00006", 1))
    await world.door.ask(ADMIN, "commerce.orders.ship", order=order.id)
    lines = [{"line": 1, "units": 1, "reason": "late"}]
    rma = (await world.door.ask(ola, "commerce.returns.ask", order=order.id, lines=lines)).id
    await registered(world, "spite@example.com")
    async with visiting(browser, server.address, scripts=False) as visitor:
        await come_in(visitor, "spite@example.com")
        await _nothing(visitor, order.id, rma, "404")
        assert f"Order {order.number}" not in await _text(visitor, f"{SHOP}/orders")
    async with visiting(browser, server.address, scripts=False) as nobody:
        await _nothing(nobody, order.id, rma, "40[34]")
    assert (await world.door.ask(ADMIN, "commerce.orders.order", order=order.id)).state == "shipped"
    assert (await world.door.ask(ADMIN, "commerce.returns.rma", rma=rma)).state == "approved"


async def _text(visitor: Visitor, path: str) -> str:
    await visitor.open(path)
    return await visitor.text()


async def _nothing(visitor: Visitor, order: Any, rma: Any, refused: str) -> None:
    own = {"origin": visitor.url, "accept": "text/html"}
    for path in (f"orders/{order}", f"orders/{order}/change", f"returns/{rma}", f"returns/{rma}/slip",
                 f"returns/new?order={order}", f"withdrawal?order={order}"):  # fmt: skip
        answer = await visitor.page.request.get(f"{visitor.url}{SHOP}/{path}", headers=own)
        assert re.fullmatch(refused, str(answer.status)), (path, answer.status)
        assert "Rynek 1" not in await answer.text()
    posts: list[tuple[str, dict[str, str | float | bool]]] = [
        (f"orders/{order}/cancellation", {"reason": "other"}),
        (f"orders/{order}/payments", {"way": "transfer", "minor": "100", "key": "x"}),
        (f"orders/{order}/change", {"lines": "1", "units": "0", "reference": "spite", "act": "confirm", "total": "0"}),
        (f"returns/{rma}/keep", {}),
        ("returns/new", {"order": str(order), "lines": "1", "units": "1", "reasons": "late", "key": "x"}),
    ]
    for path, form in posts:
        answer = await visitor.page.request.post(f"{visitor.url}{SHOP}/{path}", form=form, headers=own)
        assert re.fullmatch(refused, str(answer.status)), (path, answer.status)
