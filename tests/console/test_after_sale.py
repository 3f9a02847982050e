"""The back office after the sale in a real browser: orders changed and held, claims, wallets, points, subscriptions."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from rynek import security
from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import set_up
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from tests.browser import Visitor, chromium, visiting
from tests.console.test_console import ADMIN, BOSS, HOME, log_in

SHOTS = os.environ.get("SHOTS_FOLDER", "")
OLA = Actor("customer", ids.new())


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
async def stall(world: App) -> App:
    await set_up(world)
    assert await security.ensure_admin(world.database, *BOSS)
    return world


async def bought(world: App, sku: str, units: int, *, sent: bool = False) -> Any:
    ask = world.door.ask
    cart = await ask(
        OLA, "commerce.checkout.open_cart", channel="WEB-PL", lines=[{"sku": sku, "quantity": units}],
        email="ola@example.com", address=HOME, delivery="courier",
    )  # fmt: skip
    tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
    placed = await ask(OLA, "commerce.checkout.place", cart=cart.id, tenders=tenders)
    if sent:
        await ask(ADMIN, "commerce.orders.ship", order=placed.order)
    return placed


async def picture(visitor: Visitor, name: str) -> None:
    if SHOTS:
        await visitor.page.screenshot(path=Path(SHOTS) / f"console-{name}.png", full_page=True)


async def test_support_changes_an_order_and_lets_it_go(stall: App, server: Server, browser: Browser) -> None:
    order = (await bought(stall, "ITEM-00001", 2)).order
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await log_in(visitor, *BOSS)
        await visitor.open(f"/console/orders/{order}")
        await page.click("text=Change the order")
        await page.fill("#u1", "1")
        await page.fill("#sku", "ITEM-00002")
        await page.fill("#many", "3")
        await page.fill("#reason", "she called")
        await page.click("button[value=preview]")
        assert "55.07" in await visitor.text("#after")  # 10.01, three of 10.02 and the courier
        await picture(visitor, "edit")
        await page.click("button[value=confirm]")
        assert "The order is changed" in await visitor.text("[role=status]")
        assert "cancelled: 1" in await visitor.text("table")
        assert "more is to be paid" in await visitor.text(".holds")
        await picture(visitor, "order")
        await page.fill("#lift1", "she pays at the door")
        await page.click("button[value=lift]")
        assert "goes on" in await visitor.text("[role=status]")
        assert await page.locator(".holds").count() == 0
        await page.click("summary:has-text('Hold it up')")
        await page.fill("#hold-why", "odd address")
        await page.click("button[value=hold]")
        assert "odd address" in await visitor.text(".holds")
    found = await stall.door.ask(ADMIN, "commerce.orders.order", order=order)
    assert (found.total_minor, [each.kind for each in found.holds]) == (5507, ["review"])


async def test_a_claim_is_repaired_and_another_lowered(stall: App, server: Server, browser: Browser) -> None:
    order = (await bought(stall, "ITEM-00003", 2, sent=True)).order
    claims = []
    for _ in range(2):
        lines = [{"line": 1, "units": 1, "reason": "defective"}]
        claims.append(await stall.door.ask(OLA, "commerce.returns.ask", order=order, lines=lines, wish="repair"))
    first, second = (each.id for each in claims)
    await stall.door.ask(ADMIN, "commerce.returns.decide", rma=first, agreed=True, note="send it")
    came = {"location": "WH-1", "lines": [{"line": 1, "units": 1}]}
    await stall.door.ask(ADMIN, "commerce.returns.receive", rma=first, **came)
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await log_in(visitor, *BOSS)
        await visitor.open(f"/console/returns/{first}")
        await page.click("button[value=begin]")
        assert "The repair has begun" in await visitor.text("[role=status]")
        await page.click("button[value=mended]")
        assert "goes back to the buyer" in await visitor.text("[role=status]")
        await visitor.open(f"/console/returns/{second}")
        await page.click("summary:has-text('Lower the price')")
        await page.fill("#amount", "much")
        await page.fill("#reduce-why", "a scratch")
        visitor.expected += 1
        await page.click("text=Lower it")
        await page.click("summary:has-text('Lower the price')")
        await page.fill("#amount", "2.50")
        await page.fill("#reduce-why", "a scratch")
        await page.click("text=Lower it")
        assert "The price is lowered" in await visitor.text("[role=status]")
        await picture(visitor, "claim")
        await visitor.open(f"/console/orders/{order}")
        await page.click("summary:has-text('When did it arrive')")
        await page.fill("#day", clock.now().date().isoformat())
        await page.click("text=Write it down")
        assert "the time for returns" in await visitor.text("[role=status]")
    found = await stall.door.ask(ADMIN, "commerce.orders.order", order=order)
    assert found.credit_minor == 250
    assert (await stall.door.ask(ADMIN, "commerce.returns.rma", rma=first)).state == "settled"


async def test_an_exchange_is_sent_ahead_and_rules_are_set(stall: App, server: Server, browser: Browser) -> None:
    order = (await bought(stall, "ITEM-00004", 1, sent=True)).order
    goods = await stall.door.ask(
        OLA, "commerce.returns.ask", order=order, lines=[{"line": 1, "units": 1, "reason": "wrong-size"}],
        wish="exchange", instead=[{"sku": "ITEM-00005", "quantity": 1}],
    )  # fmt: skip
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await log_in(visitor, *BOSS)
        await visitor.open(f"/console/returns/{goods.id}")
        await page.click("summary:has-text('Send the new goods ahead')")
        await page.check("input[name=risk]")
        await page.click("button:has-text('Send ahead')")
        assert "on their way out" in await visitor.text("[role=status]")
        await visitor.open("/console/returns")
        await page.click("text=Return rules")
        await page.fill("#days", "30")
        await page.fill("#minutes", "60")
        await page.click("main form .primary")
        assert "Saved" in await visitor.text("[role=status]")
        assert (await page.input_value("#days"), await page.input_value("#minutes")) == ("30", "60")
        await picture(visitor, "rules")
        await page.fill("#minutes", "")
        await page.click("main form .primary")
    policy = await stall.door.ask(ADMIN, "commerce.returns.policy", channel="WEB-PL")
    assert (policy.days, policy.told) == (30, True)
    assert (await stall.door.ask(ADMIN, "commerce.amendments.window", channel="WEB-PL")).minutes is None
    assert (await stall.door.ask(ADMIN, "commerce.returns.rma", rma=goods.id)).sent_ahead


async def test_gift_cards_points_and_credit(stall: App, server: Server, browser: Browser) -> None:
    order = (await bought(stall, "ITEM-00006", 1)).order
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await log_in(visitor, *BOSS)
        await visitor.open("/console/gift-cards")
        await page.click("summary:has-text('Issue gift cards')")
        await page.fill("#amount", "50")
        await page.fill("#count", "2")
        body = await page.eval_on_selector("#issue form", "form => new URLSearchParams(new FormData(form)).toString()")
        await page.click("#issue .primary")
        codes = await page.locator("#codes .mono").all_inner_texts()
        assert [len(each) for each in codes] == [19, 19]
        await page.request.post(
            f"{visitor.url}/console/gift-cards", data=body,
            headers={"origin": visitor.url, "content-type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        await page.locator("button[value=yes]").first.click()
        assert "is blocked" in await visitor.text("[role=status]")
        await picture(visitor, "cards")
        await page.click("text=Points in")
        await page.locator("[name=names]").first.fill("Guest")
        await page.locator("[name=froms]").first.fill("0")
        await page.locator("[name=times]").first.fill("1.5")
        await page.check("input[name=active]")
        await page.click("main form .primary")
        assert "Saved" in await visitor.text("[role=status]")
        await picture(visitor, "loyalty")
        await visitor.open(f"/console/orders/{order}")
        await page.click("aside >> text=Wallet")
        await page.fill("#points-n", "120")
        await page.fill("#why-p", "lost at the till")
        await page.click("#points button")
        assert "Written into the ledger" in await visitor.text("[role=status]")
        await page.fill("#amount", "12,50")
        await page.fill("#why-c", "sorry")
        await page.click("#credit button")
        await page.fill("#points-n", "-20")
        await page.fill("#why-p", "given twice")
        await page.click("#points button")
        await picture(visitor, "wallet")
    cards = await stall.door.ask(ADMIN, "commerce.wallets.cards")
    assert [(each.balance_minor, each.blocked) for each in cards] in (
        [(5_000, True), (5_000, False)], [(5_000, False), (5_000, True)]
    )  # fmt: skip
    wallet = await stall.door.ask(ADMIN, "commerce.wallets.wallet", customer=OLA.id)
    assert sorted((each.kind, each.balance_minor) for each in wallet.accounts) == [
        ("points", 100), ("store-credit", 1_250),
    ]  # fmt: skip
    programme = await stall.door.ask(ADMIN, "commerce.wallets.programme", channel="WEB-PL")
    assert (programme.per_minor, programme.tiers[0].multiplier_bp) == (100, 15_000)
    assert await stall.door.ask(ADMIN, "commerce.wallets.unbalanced") == []


async def test_subscriptions_due_and_ended(stall: App, server: Server, browser: Browser) -> None:
    plan = {"code": "monthly", "channel": "WEB-PL", "name": "Every month", "every": 1, "unit": "month"}
    await stall.door.ask(ADMIN, "commerce.subscriptions.put_plans", plans=[plan])
    made = await stall.door.ask(
        OLA, "commerce.subscriptions.start", plan="monthly", lines=[{"sku": "ITEM-00007"}], email="ola@example.com",
        address=HOME, delivery="courier", paying={"method": "transfer"}, agreed_minor=1007 + 1500,
        starts_on=clock.now().date().replace(year=clock.now().year + 1, day=1).isoformat(),
    )  # fmt: skip
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await log_in(visitor, *BOSS)
        await visitor.open("/console/subscriptions?due=today")
        assert "There are none" in await visitor.text()
        await visitor.open("/console/subscriptions?state=active")
        await page.click("main td >> text=monthly")
        await page.click("button[value=pause]")
        assert "It is paused" in await visitor.text("[role=status]")
        await picture(visitor, "subscription")
        await page.click("summary:has-text('Cancel')")
        await page.fill("#reason", "she moved")
        await page.click("button[value=cancel]")
        assert "she moved" in await visitor.text("aside")
    found = await stall.door.ask(ADMIN, "commerce.subscriptions.subscription", subscription=made.id)
    assert found.state == "cancelled"


async def test_goods_come_back_over_the_counter(stall: App, server: Server, browser: Browser) -> None:
    ask = stall.door.ask
    receipt = {
        "store": "S-1", "till": "7", "number": 77, "sold_at": clock.now(), "currency": "PLN",
        "lines": [{"sku": "ITEM-00001", "quantity": 2, "amount": 1_000}],
        "tenders": [{"method": "cash", "amount": 1_000}],
    }  # fmt: skip
    await ask(ADMIN, "commerce.pos.sell", **receipt)
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await log_in(visitor, *BOSS)
        await visitor.open("/console/receipts/S-1")
        await page.click("text=Goods that come back")
        await page.fill("#most", "20")
        await page.fill("#rule #units", "3")
        await page.click("#rule button")
        await page.fill("#till", "7")
        await page.fill("#number", "77")
        await page.click("button:has-text('Find')")
        await page.fill("#with [name=units]", "1")
        await page.click("#with button")
        assert "Hand out 5.00" in (await visitor.text("#taken")).replace("\u00a0", " ")
        await picture(visitor, "counter")
        visitor.expected += 1
        await page.fill("[name=skus] >> nth=0", "NEVER-SOLD")
        await page.fill("#customer", str(OLA.id))
        await page.fill("#why", "a gift")
        await page.click("#without button")
        assert "sold no such thing" in await visitor.text("[role=alert]")
        await page.fill("[name=skus] >> nth=0", "ITEM-00001")
        await page.fill("#customer", str(OLA.id))
        await page.fill("#why", "a gift")
        await page.click("#without button")
        assert "is on the account" in await visitor.text("#taken")
    [line] = await ask(ADMIN, "commerce.pos.returnable", store="S-1", till="7", number=77)
    assert line.left == 1
