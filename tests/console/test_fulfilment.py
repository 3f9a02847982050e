"""The work of a shop on a phone and the rules of the office on a desktop, in a real browser without scripts."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from rynek import security
from rynek.app import App
from rynek.bench import Server
from rynek.commerce.fulfilment import actions, working
from rynek.console.pages.fulfilment import Parcels, packings, span
from rynek.console.pages.routing import Written, checked
from rynek.console.pages.shell import WORDS
from tests.browser import Visitor, chromium, visiting
from tests.commerce.fulfilment.shops import ADMIN, Chain, opened
from tests.console.test_console import BOSS, PASSWORD, log_in

EWA = ("ewa@rynek.example", PASSWORD)
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened_:
        yield opened_


@pytest.fixture(scope="module")
async def chain(world: App) -> Chain:
    found = await opened(world)
    assert await security.ensure_admin(world.database, *BOSS)
    await world.door.ask(
        ADMIN, "security.hire", email=EWA[0], password=EWA[1], name="Ewa", roles=["store"], location="S-1"
    )
    bins = [{"sku": f"ITEM-0000{n}", "aisle": n, "position": 10 * n, "shelf": "B"} for n in (1, 2, 3)]
    await found.ask(working.put_bins, location="S-1", bins=bins)
    for sku in ("ITEM-00001", "ITEM-00002", "ITEM-00003"):
        await found.stock(sku, S_1=20)
    await found.stock("ITEM-00003", S_2=20)
    return found


async def whole(visitor: Visitor) -> None:
    """See that nothing sticks out of the window."""
    wide = await visitor.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{visitor.page.url} is {wide} wide"


async def beep(visitor: Visitor, code: str) -> None:
    """Scan as a keyboard wedge does: it types where the cursor stands, and ends with Enter."""
    async with visitor.page.expect_navigation():
        await visitor.page.keyboard.type(code)
        await visitor.page.keyboard.press("Enter")


async def test_a_list_is_picked_packed_and_handed_over_on_a_phone(
    chain: Chain, server: Server, browser: Browser
) -> None:
    order = await chain.bought("S-1", ITEM_00001=2, ITEM_00002=1, ITEM_00003=2)
    await chain.heard()
    async with visiting(browser, server.address, scripts=False, viewport=PHONE) as visitor:
        page = visitor.page
        await log_in(visitor, *EWA)
        await visitor.open("/console/fulfilment")
        await whole(visitor)
        await page.click("text=Take the most urgent")
        assert "Aisle 1 · 10" in await visitor.text(".stop")
        await whole(visitor)
        assert await page.evaluate("document.activeElement.name") == "code"
        for _ in range(2):
            await beep(visitor, "ITEM-00001")
        assert "Aisle 2 · 20" in await visitor.text(".stop")
        visitor.expected += 1
        await page.fill("#code", "ITEM-00009")
        await page.click("button:text-is('Count')")
        assert "not on the list" in await visitor.text("[role=alert]")
        await page.click("text=I have all 1")
        await page.click("summary:has-text('Not there')")
        await page.fill("#missing", "1")
        await page.select_option("#reason", "damaged")
        await page.click("text=Send it elsewhere")
        assert "Now on the list of S-2" in await visitor.text(".notice.warn")
        await whole(visitor)
        await page.click("text=I have all 1")
        await page.click("text=One parcel more")
        await page.fill("#carrier", "dpd")
        await page.fill("#weight0", "700")
        await page.fill("#weight1", "450")
        await whole(visitor)
        await page.locator("fieldset").nth(0).locator("label:has-text('ITEM-00001') input").fill("2")
        await page.click("button:text-is('Packed')")
        assert "waits for its carrier" in await visitor.text("[role=status]")
        await page.click("text=Hand over")
        await whole(visitor)
        await page.click("button:has-text('Hand over')")
        assert "Handover to dpd" in await visitor.text("h1")
        assert "1.150 kg" in await visitor.text(".sums")
        assert await page.locator("tbody tr").count() == 2
        await whole(visitor)
        listed = page.url
        await visitor.open("/console/fulfilment/parcels/S-1")
        assert "No parcel waits" in await visitor.text()
        assert await page.locator("table a").get_attribute("href") == listed.removeprefix(visitor.url).partition("?")[0]
    shown = await chain.ask("commerce.orders.order", order=order)
    assert {line.sku: line.shipped for line in shown.lines} == {"ITEM-00001": 2, "ITEM-00002": 1, "ITEM-00003": 1}


async def test_several_lists_are_one_walk(chain: Chain, server: Server, browser: Browser) -> None:
    for _ in range(2):
        await chain.bought("S-1", ITEM_00001=1, ITEM_00002=1)
    await chain.heard()
    async with visiting(browser, server.address, scripts=False, viewport=PHONE) as visitor:
        page = visitor.page
        await log_in(visitor, *EWA)
        await visitor.open("/console/fulfilment")
        await page.click("text=Take 2 at once")
        await whole(visitor)
        for sku in ("ITEM-00001", "ITEM-00001", "ITEM-00002", "ITEM-00002"):
            assert sku in await visitor.text(".stop")
            await beep(visitor, sku)
        assert "All is picked" in await visitor.text()
        visitor.expected += 1
        assert await visitor.open("/console/fulfilment/walk/S-2") == 403  # not her shop


async def test_the_office_says_why_and_writes_rules(chain: Chain, server: Server, browser: Browser) -> None:
    order = await chain.bought("S-2", ITEM_00003=1)
    await chain.heard()
    async with visiting(browser, server.address, scripts=False) as visitor:
        page = visitor.page
        await log_in(visitor, *BOSS)
        await visitor.open(f"/console/orders/{order}")
        await page.click(".title a:has-text('Why here')")
        assert "When it was placed" in await visitor.text()
        assert "places were weighed" in await visitor.text()
        await page.click("text=Look anew")
        assert "Somebody asked" in await visitor.text() or "Looked at anew" in await visitor.text("[role=status]")
        await visitor.open("/console/fulfilment")
        await page.click("nav >> text=Rules")
        await page.click("text=WEB-PL")
        await page.locator("[name=by]").nth(2).select_option("load")
        await page.locator("[name=tiers]").nth(2).select_option("2")
        await page.locator("[name=weights]").nth(2).fill("heavy")
        visitor.expected += 1
        await page.click("text=Save the rules")
        assert "A number above 0" in await visitor.text(".entries")
        await page.locator("[name=weights]").nth(2).fill("2.5")
        await page.fill("#keep", "3")
        await page.click("text=Save the rules")
        assert "least to do × 2.5" in await visitor.text("table")
        await page.click("nav a:text-is('Places')")
        await page.click("a:text-is('S-3')")
        await page.fill("#latitude", "north")
        visitor.expected += 1
        await page.click("text=Save the place")
        assert "Degrees from -90 to 90" in await visitor.text()
        await page.fill("#latitude", "54.3")
        await page.fill("#parcel", "9,90")
        await page.click("text=Save the place")
        assert "54.3000" in await visitor.text("table")
        await page.click("nav >> text=Backorders")
        assert "No order waits for goods" in await visitor.text()
    [put] = await chain.ask(actions.routings)
    assert [[(each.by, each.weight) for each in tier] for tier in put.rules.tiers] == [
        [("parcels", 1000), ("nearest", 1)],
        [("load", 2.5)],
    ]
    assert put.rules.keep_days == 3
    [place] = await chain.ask(actions.places, location="S-3")
    assert (place.latitude, place.parcel_minor, place.hands_out) == (54.3, 990, True)


def test_rules_that_cannot_be_are_marked_where_they_stand() -> None:
    rows = checked(
        WORDS["en"], Written(["1", "1", "9", "2", "1"], ["load", "load", "age", "", "rank"], ["1"] * 4 + ["-1"])
    )
    assert [(row.by, bool(row.amiss)) for row in rows] == [
        ("load", False),
        ("load", True),
        ("age", True),
        ("rank", True),
    ]
    assert [row.amiss for row in checked(WORDS["en"], Written(["1"], [""], [""]))] == ["Choose at least one criterion"]


def test_parcels_are_read_as_they_are_typed() -> None:
    said = Parcels("dpd", ["700", "x"], ["", "ab 12"], ["A", "B"], ["2", "", "", "0"])
    found: list[dict[str, Any]] = packings(said)
    assert found == [
        {"weight_g": 700, "tracking": "", "goods": {"A": 2}},
        {"weight_g": "x", "tracking": "AB12", "goods": {}},
    ]


@pytest.mark.parametrize(
    ("minutes", "said"), [(5, "5 min"), (80, "1 h 20 min"), (23 * 60 + 59, "23 h"), (3 * 24 * 60, "3 days")]
)
def test_time_is_said_as_people_say_it(minutes: int, said: str) -> None:
    assert span(WORDS["en"], minutes) == said


async def test_goods_are_laid_ready_and_handed_out_on_a_phone(chain: Chain, server: Server, browser: Browser) -> None:
    order, ola = await chain.reserved("S-1", ITEM_00002=1)
    other, _ = await chain.reserved("S-1", ITEM_00002=2)
    await chain.heard()
    async with visiting(browser, server.address, scripts=False, viewport=PHONE) as visitor:
        page = visitor.page
        await log_in(visitor, *EWA)
        for each in (order, other):
            [task] = await chain.ask(working.tasks_of, order=each)
            await visitor.open(f"/console/fulfilment/tasks/{task.id}")
            await page.click("text=Start this list")
            await page.click("text=I have all")
            await whole(visitor)
            await page.fill("#shelf", "A3")
            await page.click("button:has-text('It lies ready')")
            assert "on shelf A3" in await visitor.text()
        code = (await chain.ask("commerce.fulfilment.pickup", ola, order=order)).code
        await visitor.open("/console/fulfilment/collections/S-1")
        await whole(visitor)
        assert code not in await visitor.text()
        await page.fill("#find", "ZZZ-ZZZ")
        visitor.expected += 1
        await page.click("text=Hand out")
        assert "Nothing waits here" in await visitor.text("[role=alert]")
        await page.fill("#find", code)
        await page.click("summary:has-text('Somebody else')")
        await page.check("[name=by][value=other]")
        await page.click("text=Hand out")
        assert "Handed out" in await visitor.text("[role=status]")
        await page.click("text=+1 day")
        assert "lies longer" in await visitor.text("[role=status]")
        await chain.ask("commerce.orders.cancel", order=other, reason="never mind")
        await chain.heard()
        await visitor.open("/console/fulfilment/collections/S-1")
        await whole(visitor)
        await page.click("text=It is back")
        assert await page.locator("text=It is back").count() == 1  # only the notice says so
    assert (await chain.ask("commerce.orders.order", order=order)).state == "shipped"
