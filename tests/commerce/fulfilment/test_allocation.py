"""Orders find their places by declared rules, and can say why."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.commerce.fulfilment import actions
from rynek.commerce.fulfilment.model import Told
from rynek.commerce.fulfilment.reactions import find_places, follow
from rynek.commerce.orders.events import OrderCancelled, OrderPlaced
from rynek.kernel.events import Envelope
from tests.commerce.fulfilment.shops import Chain, opened

AREA = {"country": "PL", "prefix": "3", "latitude": 1.0, "longitude": 1.0}


@pytest.fixture(scope="module")
async def chain(world: App) -> Chain:
    return await opened(world)


async def told(chain: Chain, order: UUID) -> list[Told]:
    found: list[Told] = await chain.ask(actions.why, order=order)
    return found


async def tasks(chain: Chain, order: UUID) -> list[tuple[str, str, str, int]]:
    found: Any = await chain.rows(
        "select t.location, t.state, l.sku, l.units from commerce.pick_task t"
        " join commerce.pick_line l on l.task = t.id where t.order_id = $1 and l.units > 0"
        " order by 1, 3, t.made_at", order,
    )  # fmt: skip
    return list(found)


async def test_an_order_goes_from_the_first_hold_to_the_nearest_shop_and_says_why(chain: Chain) -> None:
    await chain.stock("ITEM-00001", WH_1=5, S_1=5, S_2=5)
    order = await chain.bought("S-1", ITEM_00001=2)
    assert await chain.held(order) == [("ITEM-00001", "WH-1", 2)]  # by rank, when it was placed
    await chain.heard()
    assert await chain.held(order) == [("ITEM-00001", "S-1", 2)]
    assert await tasks(chain, order) == [("S-1", "open", "ITEM-00001", 2)]
    [why] = await told(chain, order)
    assert (why.why.cause, why.why.version, why.why.wanted) == ("placed", 1, {"ITEM-00001": 2})
    assert [(p.location, p.units) for p in why.why.before] == [("WH-1", 2)]
    assert [(c.location, c.taken, c.has) for c in why.why.considered] == [
        ("S-1", True, 2), ("S-2", False, 2), ("WH-1", False, 2),
    ]  # fmt: skip
    assert why.why.considered[0].measures == {"nearest": 0.0, "parcels": 1.0}
    assert why.why.considered[1].measures["nearest"] == pytest.approx(252, abs=1)
    await chain.sound()


async def test_one_parcel_from_afar_goes_before_two_from_nearby(chain: Chain) -> None:
    await chain.stock("ITEM-00002", S_1=1, S_3=9)
    await chain.stock("ITEM-00003", S_2=1, S_3=9)
    order = await chain.bought("S-1", ITEM_00002=1, ITEM_00003=1)
    await chain.heard()
    assert {place for _, place, _ in await chain.held(order)} == {"S-3"}


async def test_what_no_place_has_alone_comes_from_several(chain: Chain) -> None:
    await chain.stock("ITEM-00004", S_1=2, S_2=2, S_3=2)
    order = await chain.bought("S-1", ITEM_00004=3)
    await chain.heard()
    assert await chain.held(order) == [("ITEM-00004", "S-1", 2), ("ITEM-00004", "S-2", 1)]
    assert await tasks(chain, order) == [("S-1", "open", "ITEM-00004", 2), ("S-2", "open", "ITEM-00004", 1)]
    await chain.sound()


async def test_safety_stock_is_kept_from_this_channel(chain: Chain) -> None:
    await chain.stock("ITEM-00005", S_1=3, S_2=3)
    kept = [{"location": "S-1", "sku": "ITEM-00005", "units": 3}]
    await chain.ask("commerce.inventory.put_safety", channel="WEB-PL", safety=kept)
    order = await chain.bought("S-1", ITEM_00005=1)
    await chain.heard()
    assert await chain.held(order) == [("ITEM-00005", "S-2", 1)]


async def test_news_twice_and_out_of_order_routes_once(chain: Chain) -> None:
    await chain.stock("ITEM-00006", WH_1=9, S_1=9)
    order = await chain.bought("S-1", ITEM_00006=1)
    placed = OrderPlaced(order, 1, order, "WEB-PL", "guest", order, "PLN", 1, 0, [])
    gone = OrderCancelled(order, "late")

    async def hear(act: Any, *news: Any) -> None:
        async with chain.world.database.transaction("commerce") as tx:
            await act(tx, [Envelope("1-1", "", "", tx.at, each) for each in news])

    await hear(follow, gone)  # it is not cancelled: it only says so
    await hear(find_places, placed, placed)
    await hear(find_places, placed)
    assert (len(await told(chain, order)), await tasks(chain, order)) == (1, [("S-1", "open", "ITEM-00006", 1)])
    await chain.ask("commerce.orders.cancel", order=order, reason="late")
    for _ in range(2):
        await hear(follow, gone)
    await hear(find_places, placed)
    assert await chain.rows("select state from commerce.pick_task where order_id = $1", order) == [("cancelled",)]
    assert await chain.held(order) == []
    await chain.heard()
    await chain.sound()


async def test_an_order_that_waits_for_its_money_has_no_work(chain: Chain) -> None:
    await chain.stock("ITEM-00007", WH_1=9, S_1=9)
    order = await chain.bought("S-1", ITEM_00007=1)
    await chain.rows("update commerce.sales_order set state = 'awaiting-payment' where id = $1 returning 1", order)
    await chain.heard()
    assert (await tasks(chain, order), await told(chain, order)) == ([], [])
    await chain.rows("update commerce.sales_order set state = 'open' where id = $1 returning 1", order)
    assert len(await chain.ask(actions.allocate, order=order)) == 1
    assert await tasks(chain, order) == [("S-1", "open", "ITEM-00007", 1)]


async def test_units_given_up_leave_the_list(chain: Chain) -> None:
    await chain.stock("ITEM-00008", S_1=9)
    order = await chain.bought("S-1", ITEM_00008=3)
    await chain.heard()
    strike: dict[str, Any] = {"reference": "S-1", "lines": [{"line": 1, "units": 2}], "reason": "fewer"}
    await chain.ask("commerce.orders.strike", order=order, **strike)
    await chain.heard()
    assert await tasks(chain, order) == [("S-1", "open", "ITEM-00008", 1)]
    await chain.sound()


async def test_orders_that_want_the_same_last_units_get_each_unit_once(chain: Chain) -> None:
    """Twenty at once want to be packed in Kraków, which has units for eight: the others stay where they are."""
    await chain.stock("ITEM-00009", WH_1=20, S_1=8)
    orders = [await chain.bought("S-1", ITEM_00009=1) for _ in range(20)]
    await asyncio.gather(*(chain.ask(actions.allocate, order=order) for order in orders))
    places = [place for order in orders for _, place, _ in await chain.held(order)]
    assert (places.count("S-1"), places.count("WH-1")) == (8, 12)
    assert (await chain.level("ITEM-00009", "S-1"), await chain.level("ITEM-00009", "WH-1")) == ((8, 8), (20, 12))
    await chain.heard()
    await chain.sound()


async def test_a_batch_shares_out_what_there_is(chain: Chain) -> None:
    await chain.stock("ITEM-00010", WH_1=20, S_1=8)
    orders = [await chain.bought("S-1", ITEM_00010=1) for _ in range(20)]
    await chain.heard()
    places = [place for order in orders for _, place, _ in await chain.held(order)]
    assert (places.count("S-1"), places.count("WH-1")) == (8, 12)
    await chain.sound()


async def test_work_given_out_makes_a_shop_less_wanted(chain: Chain) -> None:
    await chain.ask(actions.put_routing, channel="WEB-PL", tiers=[[{"by": "load"}], [{"by": "nearest"}]])
    await chain.stock("ITEM-00011", S_1=9, S_2=9, WH_1=9)
    for (order,) in await chain.rows("select distinct order_id from commerce.pick_task where state = 'open'"):
        await chain.ask("commerce.orders.cancel", order=order, reason="stock-taking")
    await chain.heard()
    orders = [await chain.bought("S-1", ITEM_00011=1) for _ in range(3)]
    await chain.heard()
    places = [place for order in orders for _, place, _ in await chain.held(order)]
    assert sorted(places) == ["S-1", "S-2", "WH-1"]
    await chain.ask(actions.put_routing, channel="WEB-PL", tiers=[[{"by": "nearest"}]])


async def test_older_stock_leaves_first_when_the_rules_say_so(chain: Chain) -> None:
    await chain.ask(actions.put_routing, channel="WEB-PL", tiers=[[{"by": "age"}]])
    await chain.stock("ITEM-00012", S_1=9, S_3=9)
    await chain.rows(
        "insert into commerce.stock_entry (at, sku, location, units, cause, reference)"
        " values (now() - interval '40 days', 'ITEM-00012', 'S-3', 2, 'receipt', 'old') returning 1"
    )
    await chain.rows("update commerce.level set on_hand = 11 where sku = 'ITEM-00012' and location = 'S-3' returning 1")
    order = await chain.bought("S-1", ITEM_00012=1)
    await chain.heard()
    assert await chain.held(order) == [("ITEM-00012", "S-3", 1)]
    [why] = await told(chain, order)
    assert [round(each.measures["age"]) for each in why.why.considered] == [325, 365]
    await chain.ask(actions.put_routing, channel="WEB-PL", tiers=[[{"by": "nearest"}]])


async def test_without_rules_orders_stay_where_they_were_set_aside(chain: Chain) -> None:
    await chain.ask(actions.drop_routing, channel="WEB-PL")
    await chain.stock("ITEM-00013", WH_1=5, S_1=5)
    order = await chain.bought("S-1", ITEM_00013=1)
    await chain.heard()
    assert await tasks(chain, order) == [("WH-1", "open", "ITEM-00013", 1)]
    [why] = await told(chain, order)
    assert (why.why.version, why.why.picks) == (0, why.why.before)
    assert (await chain.refused(actions.drop_routing, channel="WEB-PL")).code == "not-found"
    await chain.ask(actions.put_routing, channel="WEB-PL", tiers=[[{"by": "nearest"}]])
    await chain.ask(actions.allocate, order=order)  # the rules came later
    assert await tasks(chain, order) == [
        ("S-1", "open", "ITEM-00013", 1),
    ]
    assert [each.why.cause for each in await told(chain, order)] == ["placed", "asked"]


async def test_an_item_added_to_an_order_becomes_work(chain: Chain) -> None:
    await chain.stock("ITEM-00014", S_1=5)
    order = await chain.bought("S-1", ITEM_00014=1)
    await chain.heard()
    async with chain.world.database.transaction("commerce") as tx:
        await tx.execute("insert into commerce.hold values ($1, 'ITEM-00014', 'S-1', 2)  "
                         "on conflict (holder, sku, location) do update set units = hold.units + 2", order)  # fmt: skip
        await tx.execute("update commerce.level set held = held + 2 where sku = 'ITEM-00014' and location = 'S-1'")
        await actions.allocate_many(tx, [order], "changed")
    assert await tasks(chain, order) == [("S-1", "open", "ITEM-00014", 3)]


async def test_the_checker_finds_work_without_units(chain: Chain) -> None:
    await chain.stock("ITEM-00015", S_1=5)
    order = await chain.bought("S-1", ITEM_00015=2)
    await chain.heard()
    await chain.rows("update commerce.pick_line l set units = 3 from commerce.pick_task t"
                     " where t.id = l.task and t.order_id = $1 returning 1", order)  # fmt: skip
    assert await chain.ask(actions.unbacked, location="S-2") == []
    [found] = [each for each in await chain.ask(actions.unbacked, location="S-1") if each.order == order]
    assert (found.order, found.sku, found.location, found.tasked, found.held) == (order, "ITEM-00015", "S-1", 3, 2)


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        (actions.put_routing, {"channel": "WEB-PL", "tiers": [[{"by": "load"}, {"by": "load"}]]}, "invalid"),
        (actions.put_routing, {"channel": "WEB-PL", "tiers": []}, "invalid"),
        (actions.put_routing, {"channel": "WEB-PL", "tiers": [[{"by": "mood"}]]}, "invalid"),
        (actions.put_places, {"places": [{"location": "NOWHERE"}]}, "location-unknown"),
        (actions.put_places, {"places": [{"location": "S-1"}] * 2}, "invalid"),
        (actions.put_places, {"places": [{"location": "S-1", "latitude": 5.0}]}, "invalid"),
        (actions.put_areas, {"areas": [AREA] * 2}, "invalid"),
        (actions.allocate, {"order": UUID(int=7)}, "not-found"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(chain: Chain, action: Any, given: dict[str, Any], code: str) -> None:
    before = await chain.ask(actions.routings), await chain.ask(actions.places)
    assert (await chain.refused(action, **given)).code == code
    assert (await chain.ask(actions.routings), await chain.ask(actions.places)) == before
