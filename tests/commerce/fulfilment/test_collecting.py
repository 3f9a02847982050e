"""Click & collect, told as stories: ready, reminded, collected once by whoever may, or back on the shelf."""

import asyncio
import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.commerce.fulfilment import actions, collecting, packing, working
from rynek.commerce.fulfilment.collecting import WINDOW, WRONG_MOST
from rynek.commerce.fulfilment.events import (
    Collected,
    CollectionExpired,
    CollectionExtended,
    CollectionReady,
    CollectionReminded,
    GoodsOnTheWay,
)
from rynek.commerce.fulfilment.reactions import remind_those_who_collect, take_back_uncollected
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.log import Follower
from tests.commerce.fulfilment.shops import Chain, clerk, opened, picked
from tests.commerce.payments import shop as payments_shop
from tests.commerce.payments.conftest import bank  # noqa: F401 - a fixture

EWA, JAN = clerk("S-1"), clerk("S-1")
PIOTR = clerk("S-2")
KEEPER_OF_ALL = Actor("staff", ids.new(), frozenset({"stock"}))


@pytest.fixture(scope="module")
async def chain(world: App) -> Chain:
    return await opened(world)


async def ready(chain: Chain, who: Actor = EWA, method: str = "transfer", **wants: int) -> tuple[UUID, Actor, str]:
    """Have an order lie ready in a shop; gives it, its buyer, and the code."""
    order, buyer = await chain.reserved(str(who.location), method, **wants)
    await chain.heard()
    await chain.ask(collecting.shelve, who, task=await picked(chain, order, who), shelf="A3")
    told = await chain.ask(collecting.pickup, buyer, order=order)
    assert told.state == "ready"
    assert told.code is not None
    return order, buyer, told.code


async def waits(chain: Chain, order: UUID, who: Actor = EWA) -> list[Any]:
    found = await chain.ask(collecting.collections, who, location=str(who.location))
    return [each for each in found if each.order == order]


async def let_pass(chain: Chain, **time: float) -> None:
    """Let the clock do what is due after some time."""
    with clock.at(clock.now() + timedelta(**time)):
        for act in (remind_those_who_collect, take_back_uncollected):
            async with chain.world.database.transaction("commerce") as tx:
                await act(tx)


async def money(chain: Chain, order: UUID) -> tuple[int, int, int, int]:
    """Tell what the card's provider authorised, took, let go and gave back."""
    await payments_shop.react(chain.world.database)
    await payments_shop.settled(chain.world.database)
    [payment] = await chain.ask("commerce.payments.payments", order=order)
    return await payments_shop.sums(chain.world.database, payment.id)


@pytest.mark.usefixtures("bank")
async def test_a_neighbour_collects_with_the_code(chain: Chain) -> None:
    """Ola orders to the shop in Kraków; when it is ready she gets a code, and her neighbour collects with it."""
    await chain.stock("ITEM-00001", S_1=5, WH_1=9)
    follower = Follower(chain.world.database, CollectionReady, Collected)
    await follower.begin()
    order, ola = await chain.reserved("S-1", "card", ITEM_00001=2)
    assert (await chain.ask(collecting.pickup, ola, order=order)).state == "preparing"
    await chain.heard()
    assert await chain.held(order) == [("ITEM-00001", "S-1", 2)]  # where she collects, though the warehouse ranks first
    task = await picked(chain, order, EWA)
    assert (
        await chain.refused(packing.pack, EWA, task=task, carrier="dpd", parcels=[{"weight_g": 1}])
    ).code == "wrong-step"
    work = await chain.ask(collecting.shelve, EWA, task=task, shelf="A3")
    assert (work.task.kind, work.task.state, work.task.shelf) == ("hand-out", "ready", "A3")
    told = await chain.ask(collecting.pickup, ola, order=order)
    assert (told.location, told.state, len(told.code)) == ("S-1", "ready", 7)
    [lies] = await waits(chain, order)
    assert (lies.shelf, lies.units, lies.number) == ("A3", 2, work.task.number)
    neighbour = {"code": told.code.lower().replace("-", " "), "by": "other", "name": "Jan Kowalski"}
    done = await chain.ask(collecting.collect, EWA, location="S-1", given=neighbour)
    assert (done.state, done.taken_by, done.document) == ("collected", "other", False)
    assert await chain.level("ITEM-00001", "S-1") == (3, 0)
    shown = await chain.ask("commerce.orders.order", order=order)
    assert (shown.state, shown.lines[0].shipped) == ("shipped", 2)
    after = await chain.ask(collecting.pickup, ola, order=order)
    assert (after.state, after.code) == ("collected", None)
    total = shown.total_minor
    assert await money(chain, order) == (total, total, 0, 0)
    news = [each.data for each in await follower.news()]
    assert [type(each).__name__ for each in news] == ["CollectionReady", "Collected"]
    assert (news[1].by, "Kowalski" in repr(news), told.code in repr(news)) == ("other", False, False)
    assert await chain.rows("select taker, by_code from commerce.collection where order_id = $1", order) == [
        ("Jan Kowalski", True)
    ]
    await chain.heard()
    await chain.sound()


@pytest.mark.usefixtures("bank")
async def test_what_is_not_collected_is_stock_again_and_paid_back(chain: Chain) -> None:
    """Nobody comes: Ola is reminded once, then the goods go back to the shelf and her money goes back to her."""
    await chain.stock("ITEM-00002", S_1=3)
    follower = Follower(chain.world.database, CollectionReminded, CollectionExpired)
    await follower.begin()
    order, ola, code = await ready(chain, method="card", ITEM_00002=2)
    total = (await chain.ask("commerce.orders.order", order=order)).total_minor
    await let_pass(chain, days=2)
    assert await follower.news() == []
    for _ in range(2):
        await let_pass(chain, days=3, minutes=1)
    assert [each.type for each in await follower.news()] == ["fulfilment.collection-reminded"]
    assert (await chain.ask(collecting.pickup, ola, order=order)).state == "ready"
    for _ in range(2):
        await let_pass(chain, days=5, minutes=1)
    assert [each.type for each in await follower.news()] == ["fulfilment.collection-expired"]
    late = await chain.refused(collecting.collect, EWA, location="S-1", given={"code": code})
    assert late.code == "nothing-waits"
    assert (await chain.level("ITEM-00002", "S-1"), await chain.held(order)) == ((3, 0), [])
    assert (await chain.ask("commerce.orders.order", order=order)).state == "cancelled"
    assert await money(chain, order) == (total, 0, total, 0)
    assert (await chain.ask(collecting.pickup, ola, order=order)).state == "expired"
    await chain.heard()
    [back] = [e for e in await chain.ask(collecting.to_put_away, EWA, location="S-1") if e.sku == "ITEM-00002"]
    assert (back.units, back.state, back.shelf) == (2, "expired", "A3")
    for _ in range(2):
        await chain.ask(collecting.put_away, EWA, task=back.task)
    assert await chain.ask(collecting.to_put_away, EWA, location="S-1") == []
    await chain.sound()


async def test_who_has_no_code_shows_a_document(chain: Chain) -> None:
    await chain.stock("ITEM-00003", S_1=5)
    order, _, _ = await ready(chain, ITEM_00003=1)
    [lies] = await waits(chain, order)
    by_number = {"number": lies.number}
    assert (await chain.refused(collecting.collect, EWA, location="S-1", given=by_number)).code == "document-needed"
    other = by_number | {"document": True, "by": "other"}
    assert (await chain.refused(collecting.collect, EWA, location="S-1", given=other)).code == "document-needed"
    elsewhere = await chain.refused(collecting.collect, PIOTR, location="S-2", given=by_number | {"document": True})
    assert elsewhere.code == "nothing-waits"
    done = await chain.ask(collecting.collect, EWA, location="S-1", given=by_number | {"document": True})
    assert (done.taken_by, done.document) == ("buyer", True)


async def test_of_two_who_hand_out_one_does(chain: Chain) -> None:
    await chain.stock("ITEM-00004", S_1=20)
    for _ in range(3):
        order, _, code = await ready(chain, ITEM_00004=1)
        [lies] = await waits(chain, order)
        ways = [{"code": code}, {"number": lies.number, "document": True}] * 3
        tries = await asyncio.gather(
            *(chain.refused_or(collecting.collect, clerk("S-1"), location="S-1", given=way) for way in ways)
        )
        assert sorted(tries) == ["collected-already"] * 5 + ["done"]
    assert await chain.level("ITEM-00004", "S-1") == (17, 0)


async def test_collecting_and_lapsing_at_once_is_one_of_them(chain: Chain) -> None:
    await chain.stock("ITEM-00005", S_1=20)
    lots = [await ready(chain, ITEM_00005=1) for _ in range(6)]
    hands = [chain.refused_or(collecting.collect, EWA, location="S-1", given={"code": code}) for _, _, code in lots]
    lapsing = asyncio.gather(*(let_pass(chain, days=6) for _ in range(3)))
    tries = await asyncio.gather(*hands)
    await lapsing
    states = [(await chain.ask("commerce.orders.order", order=order)).state for order, _, _ in lots]
    assert states == ["shipped" if each == "done" else "cancelled" for each in tries]
    assert await chain.level("ITEM-00005", "S-1") == (20 - tries.count("done"), 0)
    await chain.heard()
    await chain.sound()


async def test_codes_are_not_found_by_trying(chain: Chain) -> None:
    await chain.stock("ITEM-00006", S_3=5)
    guard = clerk("S-3")
    _, _, code = await ready(chain, guard, ITEM_00006=1)
    wrong = [{"code": f"ZZZ-{n:03d}"} for n in range(WRONG_MOST)]
    tries = [await chain.refused_or(collecting.collect, guard, location="S-3", given=each) for each in wrong]
    assert set(tries) == {"nothing-waits"}
    refused = await chain.refused(collecting.collect, guard, location="S-3", given={"code": code})
    assert (refused.code, 0 < refused.facts["retry_after"] <= WINDOW.total_seconds() + 1) == ("too-many-tries", True)
    with clock.at(clock.now() + WINDOW + timedelta(seconds=1)):
        await chain.ask(collecting.collect, guard, location="S-3", given={"code": code})


async def test_many_tries_at_once_are_all_counted(chain: Chain) -> None:
    there = clerk("WH-1")
    tries = await asyncio.gather(
        *(chain.refused_or(collecting.collect, there, location="WH-1", given={"code": "AAAAAA"}) for _ in range(30))
    )
    assert (tries.count("nothing-waits"), tries.count("too-many-tries")) == (WRONG_MOST, 30 - WRONG_MOST)


async def test_the_code_is_for_the_buyer_alone(chain: Chain, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await chain.stock("ITEM-00007", S_1=5)
    order, ola, code = await ready(chain, ITEM_00007=1)
    support = Actor("staff", ids.new(), frozenset({"support"}))
    assert (await chain.ask(collecting.pickup, support, order=order)).code is None
    assert (await chain.refused(collecting.pickup, Actor("guest", ids.new()), order=order)).code == "not-found"
    assert (await chain.refused(collecting.pickup, EWA, order=order)).code == "forbidden"
    for secret in (code, code.replace("-", "")):
        assert secret not in caplog.text
        kept = await chain.rows("select c::text from commerce.collection c where order_id = $1", order)
        assert secret not in kept[0][0]
    [lies] = await waits(chain, order)
    async with chain.world.database.transaction("commerce") as tx:
        assert await collecting.code_of(tx, lies.id) == code
    await chain.ask(collecting.collect, EWA, location="S-1", given={"code": code})
    async with chain.world.database.transaction("commerce") as tx:
        assert await collecting.code_of(tx, lies.id) is None
    assert (await chain.ask(collecting.pickup, ola, order=order)).code is None


async def test_staff_let_goods_lie_longer(chain: Chain) -> None:
    await chain.stock("ITEM-00008", S_1=5)
    follower = Follower(chain.world.database, CollectionExtended, CollectionReminded, CollectionExpired)
    await follower.begin()
    order, _, code = await ready(chain, ITEM_00008=1)
    [lies] = await waits(chain, order)
    assert (await chain.refused(collecting.extend, PIOTR, collection=lies.id, days=2)).code == "not-found"
    after = await chain.ask(collecting.extend, EWA, collection=lies.id, days=4)
    assert after.until_at - lies.until_at == timedelta(days=4)
    await let_pass(chain, days=6)
    await let_pass(chain, days=8, minutes=1)
    mine = [each.type for each in await follower.news() if each.data.order == order]
    assert mine == ["fulfilment.collection-extended", "fulfilment.collection-reminded"]
    await chain.ask(collecting.collect, EWA, location="S-1", given={"code": code})
    assert (await chain.refused(collecting.extend, EWA, collection=lies.id, days=1)).code == "nothing-waits"


async def test_what_is_cancelled_while_it_lies_ready_goes_back(chain: Chain) -> None:
    await chain.stock("ITEM-00009", S_1=5)
    order, ola, code = await ready(chain, ITEM_00009=2)
    await chain.ask("commerce.orders.cancel", ola, order=order, reason="never mind")
    early = await chain.refused(collecting.collect, EWA, location="S-1", given={"code": code})  # before it is heard
    assert early.status == 409
    await chain.heard()
    assert await waits(chain, order) == []
    assert (await chain.refused(collecting.collect, EWA, location="S-1", given={"code": code})).code == "nothing-waits"
    assert [e.units for e in await chain.ask(collecting.to_put_away, EWA, location="S-1") if e.sku == "ITEM-00009"] == [
        2
    ]
    assert await chain.level("ITEM-00009", "S-1") == (5, 0)
    await chain.sound()


async def test_an_order_that_is_held_up_is_not_handed_out(chain: Chain) -> None:
    await chain.stock("ITEM-00010", S_1=5)
    order, _, code = await ready(chain, ITEM_00010=1)
    await chain.ask("commerce.orders.hold_up", order=order, kind="fraud", reason="odd")
    assert (await chain.refused(collecting.collect, EWA, location="S-1", given={"code": code})).code == "order-held-up"
    await chain.ask("commerce.orders.lift", order=order, kind="fraud", reason="fine")
    await chain.ask(collecting.collect, EWA, location="S-1", given={"code": code})


async def test_units_that_are_short_are_brought_to_the_shop(chain: Chain) -> None:
    """One of two is not on the shelf in Kraków: Warszawa sends it there, and both are ready at once."""
    await chain.stock("ITEM-00011", S_1=2, S_2=4)
    follower = Follower(chain.world.database, CollectionReady, GoodsOnTheWay)
    await follower.begin()
    order, ola = await chain.reserved("S-1", ITEM_00011=2)
    await chain.heard()
    [task] = await chain.ask(working.tasks_of, order=order)
    await chain.ask(working.start, EWA, task=task.id)
    await chain.ask(working.scan, EWA, task=task.id, code="ITEM-00011")
    await chain.ask(working.miss, EWA, task=task.id, sku="ITEM-00011", units=1, reason="not-found")
    await chain.ask(collecting.shelve, EWA, task=task.id, shelf="A1")
    assert (await chain.ask(collecting.pickup, ola, order=order)).state == "preparing"
    bring = await picked(chain, order, PIOTR)
    assert (await chain.ask(working.task, PIOTR, task=bring)).task.kind == "bring"
    await chain.ask(packing.pack, PIOTR, task=bring, carrier="van", parcels=[{"weight_g": 200}])
    done = await chain.ask(packing.hand_over, PIOTR, location="S-2", carrier="van")
    assert (done.parcels, done.left) == (1, {})
    assert (await chain.level("ITEM-00011", "S-2"), await chain.level("ITEM-00011", "S-1")) == ((3, 0), (1, 1))
    assert (await chain.ask("commerce.orders.order", order=order)).lines[0].shipped == 0  # it is ours, on its way
    await chain.heard()
    await chain.sound()
    [coming] = await chain.ask(collecting.arrivals, EWA, location="S-1")
    assert (coming.origin, coming.units, coming.task) == ("S-2", 1, bring)
    assert (await chain.refused(collecting.arrive, PIOTR, location="S-2", task=bring)).code == "not-found"
    await chain.ask(collecting.arrive, EWA, location="S-1", task=bring)
    assert (await chain.refused(collecting.arrive, EWA, location="S-1", task=bring)).code == "not-found"
    assert (await chain.level("ITEM-00011", "S-1"), await chain.ask(working.backorders)) == ((2, 2), [])
    await chain.ask(collecting.shelve, EWA, task=await picked(chain, order, EWA), shelf="A1")
    told = await chain.ask(collecting.pickup, ola, order=order)
    await chain.heard()
    await chain.ask(collecting.collect, EWA, location="S-1", given={"code": told.code})
    shown = await chain.ask("commerce.orders.order", order=order)
    assert (shown.state, shown.lines[0].shipped) == ("shipped", 2)
    assert [each.type for each in await follower.news()] == [
        "fulfilment.goods-on-the-way",
        "fulfilment.collection-ready",
    ]
    await chain.heard()
    await chain.sound()


async def test_what_nobody_wants_on_arrival_is_stock_of_the_shop(chain: Chain) -> None:
    await chain.stock("ITEM-00012", WH_1=3)
    order, ola = await chain.reserved("S-1", ITEM_00012=2)
    await chain.heard()
    there = clerk("WH-1")
    bring = await picked(chain, order, there)
    await chain.ask(packing.pack, there, task=bring, carrier="truck", parcels=[{"weight_g": 200}])
    await chain.ask(packing.hand_over, there, location="WH-1", carrier="truck")
    await chain.ask("commerce.orders.cancel", ola, order=order, reason="never mind")
    await chain.heard()
    await chain.ask(collecting.arrive, EWA, location="S-1", task=bring)
    assert (await chain.level("ITEM-00012", "S-1"), await chain.held(order)) == ((2, 0), [])
    await chain.heard()
    await chain.sound()


async def test_units_given_up_make_the_rest_ready(chain: Chain) -> None:
    """What nobody has is given up: with that the rest is all there is, and it is ready."""
    await chain.stock("ITEM-00013", S_1=2)
    order, ola = await chain.reserved("S-1", ITEM_00013=2)
    await chain.heard()
    [task] = await chain.ask(working.tasks_of, order=order)
    await chain.ask(working.start, EWA, task=task.id)
    await chain.ask(working.scan, EWA, task=task.id, code="ITEM-00013")
    await chain.ask(working.miss, EWA, task=task.id, sku="ITEM-00013", units=1, reason="damaged")
    await chain.ask(collecting.shelve, EWA, task=task.id)
    assert (await chain.ask(collecting.pickup, ola, order=order)).state == "preparing"
    strike: dict[str, Any] = {"reference": "S-1", "lines": [{"line": 1, "units": 1}], "reason": "nobody has it"}
    await chain.ask("commerce.orders.strike", order=order, **strike)
    await chain.heard()
    assert (await chain.ask(collecting.pickup, ola, order=order)).state == "ready"


async def test_what_is_not_there_is_refused(chain: Chain) -> None:
    await chain.stock("ITEM-00014", S_1=5)
    sent = await chain.bought("S-1", ITEM_00014=1)
    await chain.heard()
    assert (await chain.refused(collecting.pickup, order=sent)).code == "not-found"
    task = await picked(chain, sent, EWA)
    assert (await chain.refused(collecting.shelve, EWA, task=task)).code == "wrong-step"
    assert (await chain.refused(collecting.shelve, EWA, task=ids.new())).code == "not-found"
    assert (await chain.refused(collecting.put_away, EWA, task=ids.new())).code == "not-found"
    assert (await chain.refused(collecting.extend, EWA, collection=ids.new(), days=1)).code == "not-found"
    assert (await chain.refused(collecting.collections, PIOTR, location="S-1")).code == "forbidden"
    assert (await chain.refused(collecting.collect, PIOTR, location="S-1", given={"code": "A"})).code == "forbidden"
    assert await chain.ask(collecting.collections, KEEPER_OF_ALL, location="S-2") == []
    rules = {"tiers": [[{"by": "rank"}]], "keep_days": 1}
    await chain.ask(actions.put_routing, channel="WEB-PL", rules=rules)
