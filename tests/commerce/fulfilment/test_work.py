"""The work of shops, told as stories: picked, missed, rerouted, packed, handed over."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.commerce.fulfilment import actions, packing, working
from rynek.commerce.fulfilment.events import UnitsMissed
from rynek.commerce.fulfilment.model import Task, Work
from rynek.commerce.fulfilment.reactions import serve_those_who_wait
from rynek.kernel import ids
from rynek.kernel.log import Follower
from tests.commerce.fulfilment.shops import ADMIN, Chain, clerk, opened

EWA, JAN = clerk("S-1"), clerk("S-1")
PIOTR = clerk("S-2")


@pytest.fixture(scope="module")
async def chain(world: App) -> Chain:
    return await opened(world)


async def task_of(chain: Chain, order: UUID, location: str) -> Task:
    [found] = [
        each
        for each in await chain.ask(working.tasks_of, order=order)
        if each.location == location and each.state != "cancelled"
    ]
    return found  # type: ignore[no-any-return]


async def begun(chain: Chain, location: str = "S-1", who: Any = EWA, **wants: int) -> tuple[UUID, UUID]:
    """Buy something, and have somebody begin to pick it in a shop."""
    order = await chain.bought(location, **wants)  # type: ignore[arg-type]
    await chain.heard()
    task = (await task_of(chain, order, location)).id
    await chain.ask(working.start, who, task=task)
    return order, task


async def scanned(chain: Chain, task: UUID, who: Any = EWA) -> None:
    work: Work = await chain.ask(working.task, who, task=task)
    for line in work.lines:
        if line.units > line.picked:
            await chain.ask(working.scan, who, task=task, code=line.sku, units=line.units - line.picked)


async def state(chain: Chain, task: UUID) -> str:
    work: Work = await chain.ask(working.task, task=task)
    return work.task.state


async def test_an_order_is_picked_packed_and_handed_over(chain: Chain) -> None:
    await chain.stock("ITEM-00001", S_1=9)
    await chain.stock("ITEM-00002", S_1=9)
    order, task = await begun(chain, ITEM_00001=2, ITEM_00002=1)
    await chain.ask(working.scan, EWA, task=task, code="ITEM-00001")
    work = await chain.ask(working.scan, EWA, task=task, code="ITEM-00001")
    assert (work.task.state, work.task.picked, work.task.units) == ("picking", 2, 3)
    work = await chain.ask(working.scan, EWA, task=task, code="ITEM-00002")
    assert work.task.state == "picked"
    first = {"weight_g": 400, "goods": {"ITEM-00001": 1}}
    parcels = await chain.ask(packing.pack, EWA, task=task, carrier="dpd", parcels=[first, {"weight_g": 900}])
    assert [(each.goods, each.weight_g) for each in parcels] == [
        ({"ITEM-00001": 1}, 400),
        ({"ITEM-00001": 1, "ITEM-00002": 1}, 900),
    ]
    assert len({each.tracking for each in parcels}) == 2
    assert await chain.level("ITEM-00001", "S-1") == (9, 2)
    done = await chain.ask(packing.hand_over, EWA, location="S-1", carrier="dpd")
    assert (done.parcels, done.left) == (2, {})
    assert (await chain.level("ITEM-00001", "S-1"), await chain.level("ITEM-00002", "S-1")) == ((7, 0), (8, 0))
    shown = await chain.ask("commerce.orders.order", order=order)
    assert (shown.state, [each.reference for each in shown.shipments]) == ("shipped", [str(task)])
    [listed] = await chain.ask(packing.handovers, EWA, location="S-1")
    assert (listed.id, listed.carrier, listed.parcels) == (done.handover, "dpd", 2)
    sheet = await chain.ask(packing.handover, EWA, handover=done.handover)
    assert {each.tracking for each in sheet.parcels} == {each.tracking for each in parcels}
    again = await chain.ask(packing.hand_over, EWA, location="S-1", carrier="dpd")
    assert (again.handover, again.parcels) == (None, 0)
    await chain.heard()
    await chain.sound()
    assert await state(chain, task) == "sent"


async def test_what_is_not_on_the_shelf_comes_from_another_shop_at_once(chain: Chain) -> None:
    await chain.stock("ITEM-00003", S_1=2, S_2=2, WH_1=9)
    order, task = await begun(chain, ITEM_00003=2)
    follower = Follower(chain.world.database, UnitsMissed)
    await follower.begin()
    await chain.ask(working.scan, EWA, task=task, code="ITEM-00003")
    work = await chain.ask(working.miss, EWA, task=task, sku="ITEM-00003", units=1, reason="not-found")
    assert (work.task.state, work.task.units, [each.reason for each in work.shortages]) == ("picked", 1, ["not-found"])
    assert await chain.held(order) == [("ITEM-00003", "S-1", 1), ("ITEM-00003", "S-2", 1)]
    assert await chain.level("ITEM-00003", "S-1") == (1, 1)  # the book knows it now
    other = await task_of(chain, order, "S-2")
    assert (other.priority, other.due_at) == (actions.URGENT, work.task.due_at)
    assert [each.data.units for each in await follower.news()] == [1]
    assert [each.why.cause for each in await chain.ask(actions.why, order=order)] == ["placed", "short"]
    await chain.sound()
    for mine, who in ((task, EWA), (other.id, PIOTR)):
        if who is PIOTR:
            await chain.ask(working.start, who, task=mine)
            await scanned(chain, mine, who)
        await chain.ask(packing.pack, who, task=mine, carrier="dpd", parcels=[{"weight_g": 100}])
        await chain.ask(packing.hand_over, who, location=str(who.location), carrier="dpd")
    shown = await chain.ask("commerce.orders.order", order=order)
    assert (shown.state, len(shown.shipments)) == ("shipped", 2)
    assert [each.what for each in shown.history] == ["shipped in part", "shipped"]
    await chain.heard()
    await chain.sound()


async def test_what_is_rejected_stays_in_the_book(chain: Chain) -> None:
    await chain.stock("ITEM-00004", S_1=2, S_3=2)
    order, task = await begun(chain, ITEM_00004=1)
    await chain.ask(working.miss, EWA, task=task, sku="ITEM-00004", units=1, reason="rejected")
    assert await state(chain, task) == "cancelled"
    assert (await chain.level("ITEM-00004", "S-1"), await chain.held(order)) == ((2, 0), [("ITEM-00004", "S-3", 1)])
    await chain.sound()


async def test_what_nobody_has_waits_for_goods_to_come_in(chain: Chain) -> None:
    await chain.stock("ITEM-00005", S_1=2)
    order, task = await begun(chain, ITEM_00005=2)
    await chain.ask(working.miss, EWA, task=task, sku="ITEM-00005", units=1, reason="damaged")
    assert [(e.order, e.sku, e.units) for e in await chain.ask(working.backorders)] == [(order, "ITEM-00005", 1)]
    await scanned(chain, task)
    await chain.ask(packing.pack, EWA, task=task, carrier="dpd", parcels=[{"weight_g": 100}])
    await chain.ask(packing.hand_over, EWA, location="S-1", carrier="dpd")
    assert (await chain.ask("commerce.orders.order", order=order)).state == "open"
    await chain.ask("commerce.orders.ship", order=order)  # there is nothing to ship
    assert (await chain.ask("commerce.orders.order", order=order)).lines[0].shipped == 1
    await chain.heard()
    await chain.stock("ITEM-00005", S_2=5)
    await chain.heard()
    assert (await chain.held(order), await chain.ask(working.backorders)) == ([("ITEM-00005", "S-2", 1)], [])
    await chain.ask("commerce.orders.ship", order=order)
    assert (await chain.ask("commerce.orders.order", order=order)).state == "shipped"
    await chain.heard()
    await chain.sound()


async def test_an_order_that_is_over_waits_for_nothing(chain: Chain) -> None:
    await chain.stock("ITEM-00006", S_1=1)
    order, task = await begun(chain, ITEM_00006=1)
    await chain.ask(working.miss, EWA, task=task, sku="ITEM-00006", units=1, reason="not-found")
    await chain.ask("commerce.orders.cancel", order=order, reason="never mind")
    await chain.heard()
    await chain.stock("ITEM-00006", S_1=1)
    await chain.heard()
    assert (await chain.held(order), await chain.ask(working.backorders)) == ([], [])


async def test_backordered_units_can_be_given_up_while_other_lines_wait(chain: Chain) -> None:
    await chain.stock("ITEM-00030", S_1=3)
    await chain.stock("ITEM-00031", S_1=1)
    order, task = await begun(chain, ITEM_00030=3, ITEM_00031=1)
    await chain.ask(working.miss, EWA, task=task, sku="ITEM-00030", units=2, reason="damaged")

    async def strike(reference: str, units: int) -> str:
        lines = [{"line": 1, "units": units}]
        return await chain.refused_or(
            "commerce.orders.strike", order=order, reference=reference, lines=lines, reason="too late"
        )

    # who waits for units gives those up first, and keeps what is set aside
    assert await strike("S-1", 1) == "done"
    assert await chain.held(order) == [("ITEM-00030", "S-1", 1), ("ITEM-00031", "S-1", 1)]
    await chain.heard()
    assert [(e.sku, e.units) for e in await chain.ask(working.backorders) if e.order == order] == [("ITEM-00030", 1)]
    # goods that come in before fulfilment hears that they are wanted no more stay free
    assert await strike("S-2", 1) == "done"
    await chain.stock("ITEM-00030", S_2=5)
    await chain.heard_only(serve_those_who_wait)
    assert await chain.held(order) == [("ITEM-00030", "S-1", 1), ("ITEM-00031", "S-1", 1)]
    await chain.heard()
    await chain.heard()
    assert [e for e in await chain.ask(working.backorders) if e.order == order] == []
    assert await strike("S-3", 2) == "not-changeable"
    assert await strike("S-4", 1) == "done"
    assert await chain.held(order) == [("ITEM-00031", "S-1", 1)]
    await chain.heard()
    await chain.ask("commerce.orders.ship", order=order)
    assert (await chain.ask("commerce.orders.order", order=order)).state == "shipped"
    await chain.heard()
    await chain.sound()


async def test_pickers_never_get_the_same_list(chain: Chain) -> None:
    await chain.stock("ITEM-00007", S_3=20)
    orders = [await chain.bought("S-3", ITEM_00007=1) for _ in range(20)]
    await chain.heard()
    pickers = [clerk("S-3") for _ in range(10)]
    got = await asyncio.gather(*(chain.ask(working.claim, who, location="S-3", most=3) for who in pickers))
    claimed = [task.id for mine in got for task in mine]
    assert len(claimed) == len(set(claimed))
    assert {(await task_of(chain, order, "S-3")).id for order in orders} <= set(claimed)
    assert all(task.picker == who.id for who, mine in zip(pickers, got, strict=True) for task in mine)


async def test_of_many_who_start_a_list_one_has_it(chain: Chain) -> None:
    await chain.stock("ITEM-00008", S_1=5)
    order = await chain.bought("S-1", ITEM_00008=1)
    await chain.heard()
    task = (await task_of(chain, order, "S-1")).id
    tries = await asyncio.gather(
        *(chain.ask(working.start, clerk("S-1"), task=task) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(each, Task) for each in tries) == 1
    assert {getattr(each, "code", "started") for each in tries} == {"started", "wrong-step"}


async def test_the_last_unit_is_scanned_once(chain: Chain) -> None:
    await chain.stock("ITEM-00009", S_1=5)
    _, task = await begun(chain, ITEM_00009=3)
    tries = await asyncio.gather(*(chain.refused_or(working.scan, EWA, task=task, code="ITEM-00009") for _ in range(8)))
    assert sorted(tries) == sorted(["done"] * 3 + ["wrong-step"] * 5)


async def test_lists_are_for_the_shop_and_for_who_began_them(chain: Chain) -> None:
    await chain.stock("ITEM-00010", S_1=5)
    _, task = await begun(chain, ITEM_00010=2)
    scan = {"task": task, "code": "ITEM-00010"}
    assert (await chain.refused(working.scan, PIOTR, **scan)).code == "not-found"
    assert (await chain.refused(working.scan, JAN, **scan)).code == "wrong-step"
    assert (await chain.refused(working.claim, PIOTR, location="S-1")).code == "forbidden"
    assert (await chain.refused(packing.hand_over, PIOTR, location="S-1", carrier="dpd")).code == "forbidden"
    assert (await chain.refused(working.scan, EWA, task=task, code="ITEM-00011")).code == "not-on-list"
    assert (await chain.refused(working.scan, EWA, task=task, code="ITEM-00010", units=3)).code == "picked-already"
    pack = {"task": task, "carrier": "dpd", "parcels": [{"weight_g": 1}]}
    assert (await chain.refused(packing.pack, EWA, **pack)).code == "wrong-step"
    miss = {"task": task, "sku": "ITEM-00010", "reason": "not-found"}
    assert (await chain.refused(working.miss, EWA, units=3, **miss)).code == "picked-already"
    await scanned(chain, task)
    wrong = [{"weight_g": 1, "goods": {"ITEM-00010": 3}}]
    assert (await chain.refused(packing.pack, EWA, task=task, carrier="dpd", parcels=wrong)).code == "parcels-differ"
    assert await state(chain, task) == "picked"


async def test_a_list_that_is_let_go_is_begun_anew(chain: Chain) -> None:
    await chain.stock("ITEM-00012", S_1=5)
    _, task = await begun(chain, ITEM_00012=2)
    await chain.ask(working.scan, EWA, task=task, code="ITEM-00012")
    await chain.ask(working.let_go, EWA, task=task)
    await chain.ask(working.start, JAN, task=task)
    work = await chain.ask(working.task, JAN, task=task)
    assert [(line.picked, line.put_back) for line in work.lines] == [(0, 1)]


async def test_what_is_held_up_is_neither_begun_nor_handed_over(chain: Chain) -> None:
    await chain.stock("ITEM-00013", S_1=9)
    order, task = await begun(chain, ITEM_00013=1)
    await scanned(chain, task)
    await chain.ask(packing.pack, EWA, task=task, carrier="gls", parcels=[{"weight_g": 100}])
    waiting = await chain.bought("S-1", ITEM_00013=1)
    await chain.heard()
    for each in (order, waiting):
        await chain.ask("commerce.orders.hold_up", order=each, kind="fraud", reason="odd")
    done = await chain.ask(packing.hand_over, EWA, location="S-1", carrier="gls")
    assert (done.parcels, list(done.left)) == (0, [order])
    begin = await chain.refused(working.start, JAN, task=(await task_of(chain, waiting, "S-1")).id)
    assert begin.code == "order-held-up"
    await chain.ask("commerce.orders.lift", order=order, kind="fraud", reason="fine")
    assert (await chain.ask(packing.hand_over, EWA, location="S-1", carrier="gls")).parcels == 1


async def test_what_was_packed_and_is_wanted_no_more_is_opened_again(chain: Chain) -> None:
    await chain.stock("ITEM-00014", S_1=9)
    order, task = await begun(chain, ITEM_00014=3)
    await scanned(chain, task)
    await chain.ask(packing.pack, EWA, task=task, carrier="dpd", parcels=[{"weight_g": 100}])
    strike: dict[str, Any] = {"reference": "S-1", "lines": [{"line": 1, "units": 1}], "reason": "fewer"}
    await chain.ask("commerce.orders.strike", order=order, **strike)
    early = await chain.ask(packing.hand_over, EWA, location="S-1", carrier="dpd")  # before the news is heard
    assert (early.parcels, list(early.left)) == (0, [order])
    await chain.heard()
    work = await chain.ask(working.task, EWA, task=task)
    assert (work.task.state, work.parcels) == ("picked", [])
    assert [(line.units, line.picked, line.put_back) for line in work.lines] == [(2, 2, 1)]
    await chain.ask(packing.pack, EWA, task=task, carrier="dpd", parcels=[{"weight_g": 100}])
    assert (await chain.ask(packing.hand_over, EWA, location="S-1", carrier="dpd")).parcels == 1
    assert (await chain.ask("commerce.orders.order", order=order)).state == "shipped"
    await chain.heard()
    await chain.sound()


async def test_one_walk_through_the_shop_for_several_lists(chain: Chain) -> None:
    places = [("ITEM-00020", 1, 5), ("ITEM-00021", 2, 9), ("ITEM-00022", 2, 1), ("ITEM-00023", 1, 2)]
    bins = [{"sku": sku, "aisle": aisle, "position": position} for sku, aisle, position in places]
    picker = clerk("S-1")
    await chain.ask(working.put_bins, picker, location="S-1", bins=bins)
    for sku, *_ in places:
        await chain.stock(sku, S_1=9)
    await begun(chain, who=picker, ITEM_00020=1, ITEM_00021=1, ITEM_00022=2)
    await begun(chain, who=picker, ITEM_00022=1, ITEM_00023=1)
    way = await chain.ask(working.walk, picker, location="S-1")
    assert [(each.sku, each.units, len(each.tasks)) for each in way] == [
        ("ITEM-00023", 1, 1), ("ITEM-00020", 1, 1), ("ITEM-00021", 1, 1), ("ITEM-00022", 3, 2),
    ]  # fmt: skip
    assert [each.sku for each in await chain.ask(working.bins, picker, location="S-1")] == [sku for sku, *_ in places]
    refused = await chain.refused(working.put_bins, picker, location="S-1", bins=bins[:1] * 2)
    assert refused.code == "invalid"


async def test_handing_over_from_two_doors_hands_each_parcel_over_once(chain: Chain) -> None:
    await chain.stock("ITEM-00024", S_1=30)
    orders = []
    for _ in range(6):
        order, task = await begun(chain, ITEM_00024=1)
        await scanned(chain, task)
        await chain.ask(packing.pack, EWA, task=task, carrier="ups", parcels=[{"weight_g": 100}])
        orders.append(order)
    done = await asyncio.gather(
        *(chain.ask(packing.hand_over, clerk("S-1"), location="S-1", carrier="ups") for _ in range(4))
    )
    assert sum(each.parcels for each in done) == 6
    assert await chain.level("ITEM-00024", "S-1") == (24, 0)
    assert {(await chain.ask("commerce.orders.order", order=order)).state for order in orders} == {"shipped"}


async def test_work_that_is_not_there(chain: Chain) -> None:
    for action, more in ((working.task, {}), (working.start, {}), (working.let_go, {})):
        assert (await chain.refused(action, ADMIN, task=ids.new(), **more)).code == "not-found"
    assert (await chain.refused(packing.handover, handover=ids.new())).code == "not-found"


async def test_many_lists_are_confirmed_boxed_and_handed_over_at_once(chain: Chain) -> None:
    await chain.stock("ITEM-00025", S_2=30)
    made = [await chain.bought("S-2", ITEM_00025=2) for _ in range(5)]
    await chain.heard()
    mine = [(await task_of(chain, order, "S-2")).id for order in made]
    for task in mine[:4]:
        await chain.ask(working.start, PIOTR, task=task)
    assert await chain.ask(working.confirm, PIOTR, location="S-2", tasks=mine) == sorted(mine[:4])
    boxes = [{"task": task, "weight_g": 700} for task in mine]
    assert await chain.ask(packing.box, clerk("S-2"), location="S-2", carrier="hub", parcels=boxes) == []
    assert await chain.ask(packing.box, PIOTR, location="S-2", carrier="hub", parcels=boxes) == sorted(mine[:4])
    twice = await chain.refused(packing.box, PIOTR, location="S-2", carrier="hub", parcels=boxes[:1] * 2)
    assert twice.code == "invalid"
    await chain.ask("commerce.orders.hold_up", order=made[0], kind="fraud", reason="odd")
    done = await chain.ask(packing.hand_over, PIOTR, location="S-2", carrier="hub")
    assert (done.parcels, done.left) == (3, {made[0]: "it is held up: fraud"})
    assert await chain.level("ITEM-00025", "S-2") == (24, 4)
    states = [(await chain.ask("commerce.orders.order", order=order)).state for order in made]
    assert states == ["open", "shipped", "shipped", "shipped", "open"]
    shown = await chain.ask("commerce.orders.order", order=made[1])
    assert ([line.shipped for line in shown.lines], [each.what for each in shown.history]) == ([2], ["shipped"])
    await chain.heard()
    await chain.sound()
