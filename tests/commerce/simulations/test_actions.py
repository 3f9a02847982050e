"""Simulations on the real database: from orders and receipts as they were written to what a draft would have done."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, Stall, set_up
from rynek.commerce.simulations import Counting, Simulation
from rynek.commerce.simulations.actions import FAILURES, WAITING
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Conflict, Forbidden, Invalid, NotFound

HOME = {"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}
MERCHANT = Actor("staff", ids.new(), roles=frozenset({"merchandise"}), name="merchant")
OLA = Actor("customer", ids.new())
ORDERS, RECEIPTS = 12, 9
TENTH = {
    "code": "TENTH", "name": "A tenth off", "currency": "PLN", "gives": {"give": "percent", "bp": 1_000},
    "when": [{"if": "basket", "units": 2}],
}  # fmt: skip


async def ask(world: App, operation: str, actor: Actor = MERCHANT, **values: Any) -> Any:
    return await world.door.ask(actor, f"commerce.{operation}", **values)


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    """Give a stall that has sold: orders of one to three pieces of each of two items, and receipts of one line."""
    stall = await set_up(world, items=6, units=10_000)
    costs = [{"sku": sku, "currency": "PLN", "minor": 500} for sku in stall.skus[:3]]
    await ask(world, "pricing.put_costs", KEEPER, costs=costs)
    tills = {"code": "POS-PL", "name": "Tills", "kind": "pos", "currency": "PLN", "country": "PL"}
    await ask(world, "catalog.put_channels", KEEPER, channels=[tills])
    for n in range(ORDERS):
        who = OLA if n % 3 == 0 else Actor("guest", ids.new())
        lines = [{"sku": stall.skus[(n + k) % 6], "quantity": 1 + n % 3} for k in range(2)]
        said = {"email": "ola@example.com", "address": HOME, "delivery": COURIER}
        cart = await ask(world, "checkout.open_cart", who, channel="WEB-PL", lines=lines, **said)
        tenders = [{"method": "cash-on-delivery", "amount_minor": cart.priced.total}]
        await ask(world, "checkout.place", who, cart=cart.id, tenders=tenders)
    off = {"kind": "retail", "amount": 100}
    for n in range(RECEIPTS):
        await ask(
            world, "pos.sell", KEEPER, store=f"S-{1 + n % 3}", till="T1", number=n + 1, currency="PLN",
            sold_at=clock.now() - timedelta(minutes=n), tenders=[{"method": "cash", "amount": 2_000}],
            lines=[
                {"sku": stall.skus[0], "quantity": 2, "amount": 2_000, "discounts": [off]},
                {"sku": stall.skus[1], "quantity": -1, "amount": 0, "kind": "return"},
            ],
        )  # fmt: skip
    return stall


@pytest.fixture(autouse=True)
async def nothing_waits(world: App, stall: Stall) -> AsyncIterator[None]:
    yield
    for each in await ask(world, "simulations.simulations", limit=200):
        if each.ended_at is None:
            await ask(world, "simulations.cancel", simulation=each.id)


def wanted(**more: Any) -> dict[str, Any]:
    now = clock.now()
    period = {"since": now - timedelta(days=1), "until": now + timedelta(hours=1)}
    return {"name": "A tenth", "promotions": [TENTH], "currency": "PLN", "tills": {"channel": "POS-PL"}} | period | more


async def begin(world: App, **more: Any) -> Simulation:
    found: Simulation = await ask(world, "simulations.start", **wanted(**more))
    return found


async def look(world: App, begun: Simulation) -> Simulation:
    found: Simulation = await ask(world, "simulations.simulation", simulation=begun.id)
    return found


async def run(world: App, portion: int = 100, **more: Any) -> Simulation:
    begun = await begin(world, **more)
    counting = Counting(world.database, portion)
    try:
        while await counting.advance():
            pass
    finally:
        await counting.close()
    return await look(world, begun)


def essence(found: Simulation) -> Any:
    return found.state, found.baskets, found.lines, found.result


async def test_a_draft_is_tried_on_orders_and_receipts(world: App, stall: Stall) -> None:
    found = await run(world)
    assert (found.state, found.progress, found.total, found.baskets) == (
        "done",
        1.0,
        ORDERS + RECEIPTS,
        ORDERS + RECEIPTS,
    )
    async with world.database.transaction("commerce") as tx:
        paid = await tx.value("select sum(gross_minor)::bigint from commerce.order_line")
        net = await tx.value("select sum(net_minor)::bigint from commerce.order_line")
        off = await tx.value("select sum(round(gross_minor / 10.0))::bigint from commerce.order_line")
        cost = await tx.value(
            "select sum(quantity * 500)::bigint from commerce.order_line where sku = any($1)", list(stall.skus[:3])
        )
        known = await tx.value(
            "select sum(net_minor)::bigint from commerce.order_line where sku = any($1)", list(stall.skus[:3])
        )
    result = found.result
    assert result is not None
    assert result.all.before_minor == paid + RECEIPTS * 2_000
    assert result.cost_minor == off + RECEIPTS * 200
    assert result.all.net_before == net + RECEIPTS * 1_626
    assert result.all.margin_before == known - cost + RECEIPTS * (1_626 - 1_000)
    assert result.reached.baskets == ORDERS + RECEIPTS
    assert result.customers == 1
    assert {each.key for each in result.places} == {"WEB-PL", "S-1", "S-2", "S-3"}
    assert result.items[0].name.startswith("Item ITEM-")
    assert sum(each.before_minor - each.after_minor for each in result.days) == result.cost_minor


async def test_portions_change_nothing(world: App) -> None:
    whole = await run(world, response_bp=1_000)
    assert whole.result is not None
    assert whole.result.assumed is not None
    assert essence(await run(world, portion=2, response_bp=1_000)) == essence(whole)


async def test_only_what_is_asked_for_is_counted(world: App) -> None:
    assert (await run(world, tills=None)).baskets == ORDERS
    assert (await run(world, channels=None)).baskets == RECEIPTS
    assert (await run(world, channels=None, tills={"channel": "POS-PL", "stores": ["S-2"]})).baskets == RECEIPTS // 3
    assert (await run(world, channels=["POS-PL"], tills=None)).baskets == 0
    nothing = await run(world, since=clock.now() - timedelta(days=9), until=clock.now() - timedelta(days=8))
    assert (nothing.state, nothing.total, nothing.result) == ("done", 0, None)


async def test_receipts_of_then_lose_their_discounts_beside_nothing(world: App) -> None:
    found = await run(world, channels=None, beside="nothing")
    assert found.result is not None
    assert found.result.all.before_minor == RECEIPTS * 2_100
    assert found.result.cost_minor == RECEIPTS * 210


async def test_what_promotions_are_active_is_compared(world: App) -> None:
    taken = await ask(world, "promotions.put_promotions", promotions=[TENTH | {"code": "NOW", "state": "active"}])
    assert not taken.refused
    better = TENTH | {"gives": {"give": "percent", "bp": 1_500}}
    try:
        found = await run(world, channels=None, beside="active", promotions=[better])
    finally:
        await ask(world, "promotions.put_promotions", promotions=[TENTH | {"code": "NOW", "state": "ended"}])
    assert found.result is not None
    given = [(each.promotion, each.before_minor, each.after_minor) for each in found.result.promotions]
    assert sorted(given) == [("NOW", RECEIPTS * 210, 0), ("TENTH", 0, RECEIPTS * 315)]
    assert found.result.cost_minor == RECEIPTS * 105


async def test_a_limit_is_reached_and_no_more_whatever_the_portions(world: App) -> None:
    limited = TENTH | {"uses": 5, "uses_each": 2}
    found = [await run(world, portion=size, tills=None, promotions=[limited]) for size in (1, 5, 100)]
    assert found[0].result is not None
    [had] = found[0].result.promotions
    assert had.baskets == 2  # only Ola is known, and she may have it twice
    assert essence(found[0]) == essence(found[1]) == essence(found[2])
    open_to_all = await run(world, portion=2, promotions=[TENTH | {"uses": 5}])
    assert open_to_all.result is not None
    assert [each.baskets for each in open_to_all.result.promotions] == [5]


async def test_a_draft_price_list_is_tried(world: App, stall: Stall) -> None:
    prices = {"prices": [{"sku": stall.skus[0], "minor": 900}], "changes": [{"bp": 1_000}]}
    found = await run(world, channels=None, promotions=[], prices=prices, beside="nothing")
    assert found.result is not None
    assert (found.result.cost_minor, found.result.all.after_minor) == (RECEIPTS * 300, RECEIPTS * 1_800)


async def test_it_is_cancelled_and_nothing_more_is_counted(world: App) -> None:
    begun = await begin(world)
    counting = Counting(world.database, 3)
    assert await counting.advance()
    ended = await ask(world, "simulations.cancel", simulation=begun.id)
    assert (ended.state, ended.baskets) == ("cancelled", 3)
    assert not await counting.advance()
    with pytest.raises(Conflict):
        await ask(world, "simulations.cancel", simulation=begun.id)
    assert (await look(world, begun)).baskets == 3


async def test_while_it_runs_it_tells_how_far_it_is(world: App) -> None:
    begun = await begin(world)
    assert (begun.state, begun.progress, begun.total, begun.result) == ("waiting", 0.0, None, None)
    counting = Counting(world.database, 7)
    await counting.advance()
    await counting.advance()
    found = await look(world, begun)
    await counting.close()
    assert (found.state, found.total, found.baskets) == ("running", ORDERS + RECEIPTS, ORDERS)
    assert 0 < found.progress < 1
    assert found.lines_per_s > 0
    assert found.seconds_left is not None


async def test_two_processes_count_each_basket_once(world: App) -> None:
    alone = await run(world, portion=2)
    begun = await begin(world)
    both = [Counting(world.database, 2) for _ in range(2)]
    while (await look(world, begun)).ended_at is None:
        await asyncio.gather(*(each.advance() for each in both))
    for each in both:
        await each.close()
    assert essence(await look(world, begun)) == essence(alone)


_CHILD = """
import asyncio, sys
from rynek.commerce.simulations import Counting
from rynek.kernel.database import Database
async def main():
    counting = Counting(await Database.open(sys.argv[1], 3), 1)
    while await counting.advance():
        print("one", flush=True)
asyncio.run(main())
"""


async def test_after_a_crash_another_process_goes_on_where_it_stood(world: App, dsn: str) -> None:
    whole = await run(world)
    begun = await begin(world)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", _CHILD, dsn, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    for _ in range(4):
        assert await child.stdout.readline() == b"one\n"
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    found = await look(world, begun)
    assert found.state == "running"
    assert 4 <= found.baskets < ORDERS + RECEIPTS
    counting = Counting(world.database, 5)
    async with asyncio.timeout(200):
        while (await look(world, begun)).ended_at is None:
            await counting.advance()
    await counting.close()
    assert essence(await look(world, begun)) == essence(whole)


async def test_the_process_that_counts_is_replaced_when_it_dies(world: App) -> None:
    whole = await run(world, portion=3)
    begun = await begin(world)
    counting = Counting(world.database, 3)
    await counting.advance()
    assert counting.desk is not None
    counting.desk.process.kill()
    await counting.desk.process.wait()
    await counting.advance()
    while await counting.advance():
        pass
    assert essence(await look(world, begun)) == essence(whole)


async def test_what_cannot_be_counted_is_given_up_and_says_why(world: App) -> None:
    begun = await begin(world)
    async with world.database.transaction("commerce") as tx:
        await tx.execute(
            "update commerce.simulation set given = jsonb_set(given::jsonb, '{lanes}', '7') where id = $1", begun.id
        )
    counting = Counting(world.database)
    for _ in range(FAILURES):
        assert await counting.advance()
    found = await look(world, begun)
    assert (found.state, found.baskets) == ("failed", 0)
    assert "lanes" in found.error
    assert not await counting.advance()


async def refused(world: App, kind: type[Exception], **more: Any) -> str:
    with pytest.raises(kind) as caught:
        await begin(world, **more)
    return str(caught.value)


async def test_what_cannot_be_simulated_is_refused(world: App) -> None:
    assert "no draft" in await refused(world, Invalid, promotions=[])
    assert "there is no lane" in await refused(world, Invalid, promotions=[TENTH | {"lane": "nowhere"}])
    assert "another currency" in await refused(world, Invalid, currency="EUR")
    assert "sku NOTHING" in await refused(world, Invalid, prices={"prices": [{"sku": "NOTHING", "minor": 1}]})
    assert "sku NOTHING" in await refused(world, Invalid, prices={"changes": [{"bp": 1, "of": {"skus": ["NOTHING"]}}]})
    assert "channel NOWHERE" in await refused(world, Invalid, channels=["NOWHERE"])
    assert "store WH-1" in await refused(world, Invalid, tills={"channel": "POS-PL", "stores": ["WH-1"]})
    assert "time zone" in await refused(world, Invalid, zone="Nowhere/At_all")
    with pytest.raises(Invalid):
        await begin(world, since=datetime(2026, 1, 1))  # noqa: DTZ001 - what has no zone is refused
    for operation in ("simulation", "cancel"):
        with pytest.raises(NotFound):
            await ask(world, f"simulations.{operation}", simulation=ids.new())


async def test_only_so_many_wait(world: App) -> None:
    for _ in range(WAITING):
        await begin(world)
    assert "wait already" in await refused(world, Conflict)


async def test_margins_are_for_those_who_set_prices_or_count_the_money(world: App) -> None:
    finance = Actor("staff", ids.new(), roles=frozenset({"finance"}))
    await ask(world, "simulations.simulations", finance)
    for who in (Actor("staff", ids.new(), roles=frozenset({"support"})), OLA, Actor("guest", ids.new())):
        with pytest.raises(Forbidden):
            await ask(world, "simulations.simulations", who)
        with pytest.raises(Forbidden):
            await ask(world, "simulations.start", who, **wanted())
