"""A shop in a real browser: a guest looks, fills a cart and buys, with scripts and without."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from playwright.async_api import Browser, expect

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import KEEPER, Stall, set_up
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from tests.browser import Visitor, chromium, visiting
from tests.seeing import fits, in_the_way, reach

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}), name="setting up")
SAID = {"email": "ola@example.com", "name": "Ola Nowak", "street": "Rynek 1", "postcode": "31-042", "city": "Kraków"}
SHOP = "/shop/WEB-PL"


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    made = await set_up(world, items=40)
    ask = world.door.ask
    tree = [{"code": "food", "name": "Food"}, {"code": "tea", "name": "Tea", "parent": "food"}]
    await ask(ADMIN, "commerce.catalog.put_categories", categories=tree)
    products = [
        {"code": f"TEA-{n}", "name": f"Green tea {n} g", "categories": ["tea"], "variants": [{"sku": f"TEA-{n}"}]}
        for n in (1, 2)
    ]
    await ask(ADMIN, "commerce.catalog.put_products", products=products)
    offered = [{"product": f"TEA-{n}", "channel": "WEB-PL"} for n in (1, 2)]
    await ask(ADMIN, "commerce.catalog.publish", publications=offered)
    prices = [{"list": "RETAIL-PL", "sku": f"TEA-{n}", "minor": 990} for n in (1, 2)]
    pickup = [{"list": "RETAIL-PL", "sku": "ITEM-00039", "minor": 700}]
    await ask(ADMIN, "commerce.pricing.put_prices", prices=prices + pickup)
    await ask(
        KEEPER, "commerce.inventory.receive", location="WH-1", reference="tea", lines=[{"sku": "TEA-1", "units": 3}]
    )
    ways = [
        {"code": "post", "name": "Post", "kind": "home", "sku": "ITEM-00039", "rank": 200},
        {"code": "shop", "name": "From a shop", "kind": "pickup", "sku": "ITEM-00039", "rank": 300},
        {"code": "van", "name": "Our van", "kind": "home", "sku": "ITEM-00039", "rank": 400, "windowed": True},
    ]
    await ask(ADMIN, "commerce.checkout.put_delivery", channel="WEB-PL", options=ways)
    van = {"name": "Our van", "follow": "https://follow.example/{number}"}
    await ask(ADMIN, "commerce.shipping.put_carrier", code="van", **van)
    routes = [{"location": each, "rank": n} for n, each in enumerate(("WH-1", "WH-2", "S-1", "S-2"))]
    await ask(KEEPER, "commerce.inventory.put_routes", channel="WEB-PL", routes=routes)
    shops = [
        {"location": code, "hands_out": True, "street": street, "postcode": postcode, "city": city,
         "latitude": latitude, "longitude": longitude}
        for code, street, postcode, city, latitude, longitude in (
            ("S-1", "Rynek Główny 1", "31-042", "Kraków", 50.06, 19.94),
            ("S-2", "Nowy Świat 5", "00-950", "Warszawa", 52.23, 21.01),
        )
    ]  # fmt: skip
    await ask(ADMIN, "commerce.fulfilment.put_places", places=shops)
    area = {"country": "PL", "prefix": "00", "latitude": 52.24, "longitude": 21.0}
    await ask(ADMIN, "commerce.fulfilment.put_areas", areas=[area])
    return made


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def fill(visitor: Visitor) -> None:
    for field, value in SAID.items():
        await visitor.page.fill(f"#{field}", value)


async def written(world: App, number: str) -> tuple[str, int, list[tuple[str, int]]]:
    [found] = await world.door.ask(ADMIN, "commerce.orders.orders", number=int(number))
    order = await world.door.ask(ADMIN, "commerce.orders.order", order=found.id)
    return order.email, order.total_minor, [(line.sku, line.quantity) for line in order.lines]


async def test_a_guest_buys_without_scripts(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        assert await visitor.open(SHOP) == 200
        assert await page.locator(".wares > li").count() == 24
        await page.click("text=More →")
        assert await page.locator(".wares > li").count() == 42 + 1 - 24
        await visitor.open(f"{SHOP}?category=tea")
        assert await page.locator(".wares > li").count() == 2
        await page.click("text=Green tea 1 g")
        assert "only 3 left" in await visitor.text()
        await page.fill("#q1", "2")
        await page.click("text=Add to cart")
        assert page.url.endswith(f"{SHOP}/cart")
        [cookie] = [each for each in await visitor.context.cookies() if each["name"] == "rynek_session"]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        await page.fill("#n1", "1")
        await page.click("text=Update")
        assert await page.input_value("#n1") == "1"
        await page.click("text=To the checkout")
        await fill(visitor)
        await page.check("input[value=post]")
        await page.click("button:has-text('Recount')")
        assert "16.90" in await visitor.text("button[value=place]")
        assert await page.input_value("#street") == "Rynek 1"
        await page.click("button[value=place]")
        number = await visitor.text("#number")
        assert await visitor.text("[data-pieces]") == "0"
    assert await written(world, number) == ("ola@example.com", 1690, [("TEA-1", 1)])


async def test_light_and_dark_are_chosen_once_and_every_part_is_shown(
    stall: Stall, server: Server, browser: Browser
) -> None:
    async with visiting(browser, server.address, viewport={"width": 360, "height": 740}) as visitor:
        page = visitor.page
        for language, word in (("pl", "Zapisz zmiany"), ("en", "Save changes")):
            await visitor.open(f"/design?language={language}")
            assert await page.locator(f"button:has-text('{word}')").count() == 2
            assert await page.evaluate("document.documentElement.scrollWidth") == 360
        grounds = [
            await page.evaluate(f"getComputedStyle(document.querySelector('#type .look-{look}')).backgroundColor")
            for look in ("light", "dark")
        ]
        await visitor.open(f"{SHOP}?category=tea")
        for look, ground in (("dark", grounds[1]), ("light", grounds[0])):
            await page.click(f"button[name=look][value={look}]")
            assert page.url.endswith("?category=tea")
            assert await page.get_attribute("html", "data-look") == look
            assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
            await visitor.open("/docs/faults")
            assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
            await visitor.open(f"{SHOP}?category=tea")
        await page.click("button[name=look][value=system]")
        assert await page.get_attribute("html", "data-look") is None


async def test_a_guest_buys_with_scripts(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await visitor.open(SHOP)
        for place in (0, 1, 1):
            await page.locator("form[data-add] button").nth(place).click()
            await page.wait_for_selector(".toast:not(:empty)")
            await expect(page.locator("[data-pieces]")).to_have_text(str(place + 1))
            await expect(page.locator("form[data-add] button:disabled")).to_have_count(0)
        assert page.url.endswith(SHOP)
        await page.click(".toast a")
        await page.wait_for_url("**/cart")
        await page.wait_for_selector("#n2")
        await page.fill("#n2", "5")
        async with page.expect_navigation():
            await page.press("#n2", "Tab")
        assert await page.input_value("#n2") == "5"
        await page.click("text=To the checkout")
        await page.wait_for_selector("#email")
        async with page.expect_navigation():
            await page.check("input[value=post]")
        await page.check("input[value=transfer]")
        await fill(visitor)
        await page.click("button[value=place]")
        await page.wait_for_selector("#number")
        number = await visitor.text("#number")
        assert "Bank transfer" in await visitor.text()
    email, _, lines = await written(world, number)
    assert (email, sorted(quantity for _, quantity in lines)) == ("ola@example.com", [1, 5])


@pytest.fixture
async def two_teas(world: App, stall: Stall) -> None:
    """See that there are two, whatever other buyers left."""
    two = [{"sku": "TEA-1", "units": 2}]
    await world.door.ask(KEEPER, "commerce.inventory.receive", location="WH-1", reference="two teas", lines=two)


async def test_a_guest_buys_by_keys_alone_and_nothing_is_in_the_way(
    world: App, two_teas: None, server: Server, browser: Browser
) -> None:
    """From the shop's door to an order without a mouse; on the way axe-core and narrow windows look at each page."""
    async with visiting(browser, server.address) as visitor:
        page = visitor.page

        async def follow(selector: str, key: str = "Enter") -> None:
            await reach(page, selector)
            async with page.expect_navigation():
                await page.keyboard.press(key)

        async def look() -> None:
            assert await in_the_way(page) == []
            assert await fits(page, 640)  # 200 % of 1280
            assert await fits(page, 320)

        await visitor.open(SHOP)
        await look()
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"
        await follow(".menu a[href*='category=tea']")
        await look()
        await follow(".ware[href*='tea-1']")
        await look()
        await reach(page, "#q1")
        await page.keyboard.press("ArrowUp")
        await reach(page, "form[data-add] button")
        await page.keyboard.press("Enter")
        await expect(page.locator(".toast")).to_contain_text("cart")
        await follow(".toast a")
        await look()
        await follow("a[href$='/checkout']")
        await look()
        await reach(page, "#email")
        for field, value in SAID.items():
            while await page.evaluate("document.activeElement.id") != field:
                await page.keyboard.press("Tab")
            await page.keyboard.type(value)
        await reach(page, "input[name=method]")
        await page.keyboard.press("Space")
        await follow("button[value=place]")
        await look()
        number = await visitor.text("#number")
        for path in ("search?q=zzz", "login", "register", "wallet", "withdrawal", "returns/new", "orders"):
            await visitor.open(f"{SHOP}/{path}")
            await look()
        await visitor.open("/design")
        await look()
        await page.emulate_media(reduced_motion="reduce")
        assert await page.evaluate("getComputedStyle(document.querySelector('.button')).transitionDuration") == "0s"
        await page.evaluate("document.querySelector('main').innerHTML = '<img src=x><input><p style=color:#aaa>?</p>'")
        assert {said.split()[2] for said in await in_the_way(page)} >= {"image-alt", "label"}
        visitor.complaints.clear()  # the control's picture is not there, and its style is not let in
    assert (await written(world, number))[2] == [("TEA-1", 2)]


async def test_a_guest_collects_at_a_shop_without_scripts(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await visitor.open(SHOP)
        await page.locator("form[data-add] button").first.click()
        await page.click("text=To the checkout")
        await page.check("input[value=shop]")
        await page.click("button:has-text('Recount')")
        assert await page.locator(".points .option").count() == 2
        assert await page.locator("#street").is_hidden()
        await page.fill("#near", "00-120")
        await page.press("#near", "Enter")
        assert "Nowy Świat 5" in await page.locator(".points .option").first.inner_text()
        assert "1.3 km away" in await page.locator(".points .option").first.inner_text()
        await page.fill("#near", "Krakow")
        await page.click("button:has-text('Find')")
        assert await page.locator(".points .option").count() == 1
        await page.fill("#email", "ola@example.com")
        await page.fill("#name", "Ola Nowak")
        await page.check("input[value=S-1]")
        await page.click("button[value=place]")
        number = await visitor.text("#number")
        assert "Rynek Główny 1" in await visitor.text("#point")
    [found] = await world.door.ask(ADMIN, "commerce.orders.orders", number=int(number))
    order = await world.door.ask(ADMIN, "commerce.orders.order", order=found.id)
    terms = msgspec.json.decode(bytes(order.agreed))["terms"]
    assert (terms["point"], terms["recipient"]["name"]) == ("S-1", "Ola Nowak")
    assert "address" not in terms


async def test_a_shop_to_collect_at_has_to_be_chosen(stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await visitor.open(SHOP)
        await page.locator("form[data-add] button").first.click()
        await page.click("text=To the checkout")
        await fill(visitor)
        await page.check("input[value=shop]")
        await page.click("button[value=place]")
        assert "Choose where you collect it." in await visitor.text()
        await page.check("input[value=S-2]")
        await page.click("button[value=place]")
        assert (await visitor.text("#number")).isdigit()
        visitor.expected = 1


async def test_what_is_missing_is_marked(stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await visitor.open(f"{SHOP}/checkout")
        assert page.url.endswith("/cart")
        assert "Your cart is empty" in await visitor.text()
        await visitor.open(SHOP)
        await page.locator("form[data-add] button").first.click()
        await page.click("text=To the checkout")
        await fill(visitor)
        answer = await visitor.context.request.post(
            f"{visitor.url}{SHOP}/checkout", headers={"origin": visitor.url, "accept": "text/html"},
            form={**SAID, "email": "ola", "city": "", "country": "PL", "delivery": "courier", "method": "transfer"},
        )  # fmt: skip
        text = await answer.text()
        assert answer.status == 422
        assert 'id="email-amiss"' in text
        assert 'id="city-amiss"' in text
        assert 'id="street-amiss"' not in text


async def test_nobody_pays_another_total_than_was_seen(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await visitor.open(SHOP)
        await page.locator("form[data-add] button").first.click()
        await page.click("text=To the checkout")
        await fill(visitor)
        await page.check("input[value=post]")  # cheaper than what the button says
        await page.click("button[value=place]")
        assert "The total has changed" in await visitor.text("[role=alert]")
        await page.click("button[value=place]")
        assert (await visitor.text("#number")).isdigit()
        visitor.expected = 1


async def test_somebody_was_quicker(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await visitor.open(SHOP)
        await page.locator("form[data-add] button").nth(2).click()
        await page.fill("#n1", "5000")
        await page.click("text=Update")
        await page.click("text=To the checkout")
        await fill(visitor)
        await page.click("button[value=place]")
        assert "Somebody was quicker" in await visitor.text("[role=alert]")
        visitor.expected = 1


async def test_a_guest_does_not_see_anothers_order(world: App, stall: Stall, server: Server, browser: Browser) -> None:
    who = Actor("guest", ids.new())
    home = {"name": "Jan", "street": "Rynek 2", "city": "Kraków", "postcode": "31-042", "country": "PL"}
    cart = await world.door.ask(
        who, "commerce.checkout.open_cart", channel="WEB-PL", lines=[{"sku": "ITEM-00009"}], email="jan@example.com",
        address=home, delivery="courier",
    )  # fmt: skip
    tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
    placed = await world.door.ask(who, "commerce.checkout.place", cart=cart.id, tenders=tenders)
    async with visiting(browser, server.address, scripts=False) as visitor:
        await visitor.open(SHOP)
        await visitor.page.locator("form[data-add] button").first.click()
        assert await visitor.open(f"{SHOP}/orders/{placed.order}") == 404
        assert "jan@example.com" not in await visitor.page.content()
        visitor.expected = 1


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/shop/NOWHERE", 404, "There is no such shop"),
        (f"{SHOP}?category=nowhere", 404, "There is no such category"),
        (f"{SHOP}/products/nothing", 404, "This is not sold here"),
        ("/shop/WEB-PL/nowhere", 404, "There is nothing here"),
        (f"{SHOP}?after=x", 422, "This cannot be so"),
    ],
)
async def test_refusals_are_pages(
    stall: Stall, server: Server, browser: Browser, path: str, status: int, says: str
) -> None:
    async with visiting(browser, server.address) as visitor:
        assert await visitor.open(path) == status
        assert says in await visitor.text()
        visitor.expected = 1


async def test_pictures_are_drawn_and_kept(stall: Stall, server: Server, browser: Browser) -> None:
    async with visiting(browser, server.address) as visitor:
        await visitor.open(f"{SHOP}?category=tea")
        # those below the fold are fetched when they are looked at
        await visitor.page.evaluate("[...document.images].forEach((each) => each.loading = 'eager')")
        await visitor.page.wait_for_function(
            "document.images.length > 0 && [...document.images].every((each) => each.complete && each.naturalWidth > 0)"
        )
        source = await visitor.page.locator(".wares img").first.get_attribute("src")
        answer = await visitor.context.request.get(f"{visitor.url}{source}")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        sly = await visitor.context.request.get(f"{visitor.url}/shop/art/x.svg?label=%3Cscript")
        assert b"<script" not in await sly.body()
        assert (await visitor.context.request.get(f"{visitor.url}/shop/art/x.svg?shape=elephant")).status == 422


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_is_wide_enough(stall: Stall, server: Server, browser: Browser, scheme: str) -> None:
    async with visiting(
        browser, server.address, viewport={"width": 360, "height": 740}, color_scheme=scheme, locale="pl"
    ) as visitor:
        page = visitor.page
        await visitor.open(SHOP)
        await page.locator("form[data-add] button").first.click()
        await page.wait_for_selector(".toast:not(:empty)")
        for path in ("", "/cart", "/checkout", "/products/green-tea-1-g-tea-1"):
            await visitor.open(f"{SHOP}{path}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path
            assert await page.get_attribute("html", "lang") == "pl"


# --- hours, and parcels -----------------------------------------------------------------------------------------------


async def offered_hours(world: App, *capacities: int) -> list[str]:
    """Offer hours of the day after tomorrow, one after the other; gives their ids."""
    begins = (clock.now() + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    hours = [
        {"channel": "WEB-PL", "delivery": "van", "area": "31", "begins_at": begins + timedelta(hours=2 * n),
         "ends_at": begins + timedelta(hours=2 * n + 2), "closes_at": begins, "capacity": capacity}
        for n, capacity in enumerate(capacities)
    ]  # fmt: skip
    await world.door.ask(ADMIN, "commerce.shipping.put_windows", windows=hours)
    found = await world.door.ask(ADMIN, "commerce.shipping.windows", channel="WEB-PL")
    return [str(each.id) for each in found]


async def at_hours(visitor: Visitor) -> None:
    """Go to the checkout of a cart, fill it in, and choose the delivery that comes in hours."""
    await visitor.open(SHOP)
    await visitor.page.locator("form[data-add] button").first.click()
    await expect(visitor.page.locator("[data-pieces]")).to_have_text("1")
    await visitor.open(f"{SHOP}/checkout")
    await fill(visitor)


async def taken_away(world: App, window: str) -> None:
    """Let somebody else have the last place."""
    who = Actor("guest", ids.new())
    home = {"name": "Jan", "street": "Rynek 2", "postcode": "31-042", "city": "Kraków", "country": "PL"}
    said = {"channel": "WEB-PL", "lines": [{"sku": "ITEM-00006"}], "email": "jan@example.com", "address": home}
    cart = await world.door.ask(who, "commerce.checkout.open_cart", **said, delivery="van", window=window)
    tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
    await world.door.ask(who, "commerce.checkout.place", cart=cart.id, tenders=tenders)


async def brought(world: App, order: UUID) -> None:
    """Pick and pack an order, and have the van bring it."""
    ask, clerk = world.door.ask, Actor("staff", ids.new(), frozenset({"store"}), "WH-1")

    async def until(operation: str, good: Callable[[Any], bool], **asked: Any) -> Any:
        async with asyncio.timeout(60):
            while True:
                found = await ask(ADMIN, operation, **asked)
                if good(found):
                    return found
                await asyncio.sleep(0.2)

    [task] = await until("commerce.fulfilment.tasks_of", bool, order=order)
    await ask(clerk, "commerce.fulfilment.start", task=task.id)
    await ask(clerk, "commerce.fulfilment.confirm", location="WH-1", tasks=[task.id])
    [parcel] = await ask(
        clerk, "commerce.fulfilment.pack", task=task.id, carrier="van", parcels=[{"weight_g": 900}]
    )  # fmt: skip
    await until("commerce.shipping.parcel", lambda each: each.state == "labelled", parcel=parcel.id)
    await ask(clerk, "commerce.fulfilment.hand_over", location="WH-1", carrier="van")
    sights = [{"at": clock.now(), "status": "out-for-delivery", "place": "Kraków"}]
    await ask(clerk, "commerce.shipping.scan", parcel=parcel.id, sights=sights)


async def test_hours_are_chosen_without_scripts_and_the_parcel_is_followed_by_anybody_who_knows_the_order(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    first, second, _ = await offered_hours(world, 1, 5, 0)
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await at_hours(visitor)
        await page.check("input[value=van]")
        await page.click("button:has-text('Recount')")
        assert await page.locator("input[name=window]").count() == 2  # what is full is not offered
        await page.evaluate("document.querySelectorAll('[name=window]').forEach(each => (each.required = false))")
        visitor.expected = 1
        await page.click("button[value=place]")
        assert "Choose the hours" in await visitor.text(".windows .error")
        await page.check(f"input[value='{first}']")
        await taken_away(world, first)
        visitor.expected = 2
        await page.click("button[value=place]")
        assert "full" in await visitor.text("[role=alert]")
        assert await page.locator("input[name=window]").count() == 1
        assert await page.input_value("#street") == "Rynek 1"
        await page.check(f"input[value='{second}']")
        await page.click("button[value=place]")
        number = await visitor.text("#number")
        assert "10:00" in await visitor.text("#hours")
        assert await page.locator("#parcels").count() == 0
        [found] = await world.door.ask(ADMIN, "commerce.orders.orders", number=int(number))
        await brought(world, found.id)
        await page.reload()
        told = await visitor.text("#parcels")
        assert [each in told for each in ("Our van", "out for delivery", "taken over by the carrier", "Kraków")] == [
            True
        ] * 4
        assert await page.get_attribute("#parcels a", "href") == f"https://follow.example/{await shown_number(visitor)}"
        await page.click("button[name=language][value=pl]")
        assert "wydana do doręczenia" in await visitor.text("#parcels")
    async with visiting(browser, server.address, viewport={"width": 360, "height": 740}) as visitor:
        page = visitor.page
        await visitor.open(f"{SHOP}/tracking")
        await page.fill("#number", number)
        await page.fill("#email", "somebody@example.com")
        visitor.expected = 1
        await page.click("main form button")
        assert "no order of this number" in await visitor.text("[role=alert]")
        await page.fill("#email", "OLA@example.com")
        await page.click("main form button")
        await page.wait_for_selector("#parcels")
        assert "out for delivery" in await visitor.text("#parcels")
        assert await page.evaluate("document.documentElement.scrollWidth") == 360


async def shown_number(visitor: Visitor) -> str:
    return await visitor.text("#parcels .number")


async def test_hours_come_as_soon_as_their_delivery_is_chosen(
    world: App, stall: Stall, server: Server, browser: Browser
) -> None:
    *_, last = await offered_hours(world, 5, 5, 5, 5)
    async with visiting(browser, server.address) as visitor:
        page = visitor.page
        await at_hours(visitor)
        async with page.expect_navigation():
            await page.check("input[value=van]")
        await page.check(f"input[value='{last}']")
        await page.click("button[value=place]")
        await page.wait_for_selector("#hours")
        assert "14:00" in await visitor.text("#hours")
        number = await visitor.text("#number")
    [found] = await world.door.ask(ADMIN, "commerce.orders.orders", number=int(number))
    assert str((await world.door.ask(ADMIN, "commerce.checkout.window_of", order=found.id)).window) == last
