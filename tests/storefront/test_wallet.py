"""What buyers have here, in a real browser without scripts: cards, credit and points pay; things come regularly."""

import pytest
from playwright.async_api import Browser

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import Stall, set_up
from tests.browser import Visitor, visiting
from tests.storefront.test_account import browser, come_in, picture, registered
from tests.storefront.test_shop import ADMIN, SHOP, fill

__all__ = ["browser"]

PLANS = [
    {"code": "monthly", "channel": "WEB-PL", "name": "Every month", "every": 1, "unit": "month"},
    {"code": "weekly", "channel": "WEB-PL", "name": "Every week", "every": 1, "unit": "week"},
]


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    made = await set_up(world, items=12)
    await world.door.ask(ADMIN, "commerce.subscriptions.put_plans", plans=PLANS)
    tiers = [
        {"name": "Guest", "from_minor": 0, "multiplier_bp": 10_000},
        {"name": "Friend", "from_minor": 50_000, "multiplier_bp": 15_000},
    ]
    programme = {"per_minor": 100, "point_minor": 10, "months": 12, "tiers": tiers}
    await world.door.ask(ADMIN, "commerce.wallets.put_programme", channel="WEB-PL", **programme)
    products = [{"code": "TEA", "name": "Green tea", "variants": [{"sku": "TEA-S"}, {"sku": "TEA-L"}]}]
    await world.door.ask(ADMIN, "commerce.catalog.put_products", products=products)
    await world.door.ask(ADMIN, "commerce.catalog.publish", publications=[{"product": "TEA", "channel": "WEB-PL"}])
    prices = [{"list": "RETAIL-PL", "sku": f"TEA-{size}", "minor": minor} for size, minor in (("S", 900), ("L", 1700))]
    await world.door.ask(ADMIN, "commerce.pricing.put_prices", prices=prices)
    lines = [{"sku": f"TEA-{size}", "units": 50} for size in "SL"]
    await world.door.ask(ADMIN, "commerce.inventory.receive", location="WH-1", reference="tea", lines=lines)
    return made


async def card(world: App, minor: int) -> str:
    [made] = await world.door.ask(ADMIN, "commerce.wallets.issue", currency="PLN", amount_minor=minor)
    code: str = made.code
    return code


async def to_the_till(visitor: Visitor, sku: str, units: int) -> None:
    answer = await visitor.page.request.post(
        f"{visitor.url}{SHOP}/cart/lines", form={"sku": sku, "quantity": str(units)}, headers={"origin": visitor.url}
    )
    assert answer.ok
    await visitor.open(f"{SHOP}/checkout")
    await fill(visitor)


async def test_a_gift_card_is_looked_at_and_pays_with_another_tender_once(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    code = await card(world, 2_000)
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await visitor.open(f"{SHOP}/wallet")
        await page.fill("#code", "AAAA-BBBB-CCCC-DDDD")
        visitor.expected += 1
        await page.click("#look button")
        assert "Check how it is written" in await visitor.text("[role=alert]")
        await page.fill("#code", code.lower())
        await page.click("#look button")
        assert "20.00 PLN is on it" in (await visitor.text("#look")).replace("\u00a0", " ")
        await picture(visitor, "wallet-card")
        await to_the_till(visitor, "ITEM-00001", 1)
        await page.fill("#card", "AAAA-BBBB-CCCC-DDDD")
        visitor.expected += 1
        await page.click("#purse button:has-text('Use')")
        assert "Check how it is written" in await visitor.text("[role=alert]")
        await page.fill("#card", code)
        await page.click("#purse button:has-text('Use')")
        assert await page.input_value("#street") == "Rynek 1"
        assert "5.01 PLN" in (await visitor.text("#paid .total")).replace("\u00a0", " ")
        assert code not in await page.content()
        await page.check("input[value=transfer]")
        await picture(visitor, "tenders")
        body = await page.eval_on_selector("#checkout", "form => new URLSearchParams(new FormData(form)).toString()")
        await page.click("button[value=place]")
        number = await visitor.text("#number")
        first = page.url
        again = await page.request.post(
            f"{visitor.url}{SHOP}/checkout", data=f"{body}&act=place", headers={
                "origin": visitor.url, "content-type": "application/x-www-form-urlencoded", "accept": "text/html"
            },
        )  # fmt: skip
        assert (again.status, again.url) == (200, first)
    found = await world.door.ask(ADMIN, "commerce.orders.orders", email="ola@example.com")
    assert [str(each.number) for each in found] == [number]
    payments = await world.door.ask(ADMIN, "commerce.payments.payments", order=found[0].id)
    told = {each.method: (each.amount_minor, each.state) for each in payments}
    assert told == {"gift-card": (2_000, "authorised"), "transfer": (501, "authorised")}


async def test_credit_and_points_pay_all_of_it(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    ola = await registered(world, "purse@example.com")
    gift = {"reference": "g", "currency": "PLN", "amount_minor": 10_000, "why": "sorry"}
    await world.door.ask(ADMIN, "commerce.wallets.give", customer=ola.id, **gift)
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await come_in(visitor, "purse@example.com")
        await to_the_till(visitor, "ITEM-00002", 2)
        await page.check("input[name=credit]")
        await page.click("button:has-text('Recount')")
        assert "0.00 PLN" in (await visitor.text("#paid .total")).replace("\u00a0", " ")
        await page.click("button[value=place]")
        assert "Thank you" in await visitor.text()
        order = page.url.rpartition("/")[2]
        await visitor.open(f"{SHOP}/wallet")
        assert "64.96" in await visitor.text()
        assert "Friend" in await visitor.text("#points")
        await picture(visitor, "wallet")
    [payment] = await world.door.ask(ADMIN, "commerce.payments.payments", order=order)
    assert (payment.method, payment.amount_minor, payment.state) == ("store-credit", 2 * 1002 + 1500, "authorised")


async def test_a_subscription_from_the_product_to_the_proof(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    ola = await registered(world, "regular@example.com")
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await come_in(visitor, "regular@example.com")
        await visitor.open(SHOP)
        await page.click("text=Green tea")
        await picture(visitor, "product")
        await page.select_option("#p1", "monthly")
        await page.locator(".regular button").first.click()
        await page.fill("#email", "regular@example.com")
        for field, value in (("name", "Ola"), ("street", "Rynek 1"), ("postcode", "31-042"), ("city", "Kraków")):
            await page.fill(f"#{field}", value)
        await page.fill("#quantity", "2")
        await page.click("button[value=look]")
        assert "33.00" in await visitor.text("button[value=subscribe]")  # 2 × 9.00 and the courier
        await picture(visitor, "subscribe")
        body = await page.eval_on_selector("main form", "form => new URLSearchParams(new FormData(form)).toString()")
        await page.click("button[value=subscribe]")
        assert "You are subscribed" in await visitor.text("[role=status]")
        address = page.url.partition("?")[0]
        await page.request.post(
            f"{visitor.url}{SHOP}/subscriptions/new", data=f"{body}&act=subscribe",
            headers={"origin": visitor.url, "content-type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        await _changed(visitor)
        for act, said in (("skip", "left out"), ("pause", "paused"), ("resume", "comes again")):
            await page.click(f"button[value={act}]")
            assert said in await visitor.text("[role=status]")
        await picture(visitor, "subscription")
        await page.click("summary:has-text('Cancel the subscription')")
        await page.click("text=Cancel it now")
        number = await visitor.text("#proof")
        await picture(visitor, "cancelled")
        answer = await page.request.get(f"{address}/proof")
        assert "attachment" in answer.headers["content-disposition"]
        assert number in await answer.text()
        await visitor.open(f"{SHOP}/subscriptions")
        assert await page.locator(".own li").count() == 1  # sent twice, begun once
    [found] = await world.door.ask(ola, "commerce.subscriptions.subscriptions")
    assert (found.state, found.agreed_minor) == ("cancelled", 1700 + 1500)
    shown = await world.door.ask(ola, "commerce.subscriptions.subscription", subscription=found.id)
    assert [each.what for each in shown.history] == [
        "started", "swapped", "readdressed", "skipped", "paused", "resumed", "cancelled",
    ]  # fmt: skip


async def _changed(visitor: Visitor) -> None:
    """Let one large tea come instead, to another street."""
    page = visitor.page
    await page.select_option("#s1", "TEA-L")
    await page.fill("#q1", "1")
    await page.fill("#street", "Rynek 9")
    await page.click("button[value=look]")
    assert "32.00" in await visitor.text("#new-price")
    await page.click("button[value=confirm]")
    assert "It is changed" in await visitor.text("[role=status]")
    assert await page.input_value("#street") == "Rynek 9"


async def test_anothers_subscription_is_not_there(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    ola = await registered(world, "has@example.com")
    await registered(world, "wants@example.com")
    home = {"name": "Ola", "street": "Tajna 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}
    made = await world.door.ask(
        ola, "commerce.subscriptions.start", plan="weekly", lines=[{"sku": "ITEM-00003"}], email="has@example.com",
        address=home, delivery="courier", paying={"method": "transfer"}, agreed_minor=1003 + 1500,
    )  # fmt: skip
    async with visiting(browser, server.address, scripts=False) as visitor:
        await come_in(visitor, "wants@example.com")
        own = {"origin": visitor.url, "accept": "text/html"}
        where = f"{visitor.url}{SHOP}/subscriptions/{made.id}"
        for path in ("", "/proof"):
            answer = await visitor.page.request.get(f"{where}{path}", headers=own)
            assert (answer.status, "Tajna" in await answer.text()) == (404, False)
        forms: list[tuple[str, dict[str, str | float | bool]]] = [
            ("moves", {"act": "pause"}), ("cancellation", {"reason": "spite"}),
            ("change", {"skus": "ITEM-00003", "quantities": "9", "act": "confirm", "agreed": "1"}),
        ]  # fmt: skip
        for path, form in forms:
            answer = await visitor.page.request.post(f"{where}/{path}", form=form, headers=own)
            assert answer.status == 404, path
    still = await world.door.ask(ola, "commerce.subscriptions.subscription", subscription=made.id)
    assert (still.state, [each.what for each in still.history]) == ("active", ["started"])
