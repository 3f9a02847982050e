"""Lots and serial numbers on their way out and back: picked, packed, shipped, recalled, returned."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER
from rynek.commerce.fulfilment import collecting, packing, working
from rynek.commerce.orders import leaving
from rynek.kernel import clock, ids
from tests.commerce.fulfilment.shops import Chain, clerk, opened

MILK, PHONE, MUG = "ITEM-00031", "ITEM-00032", "ITEM-00033"
EWA, OLA = clerk("S-1"), clerk("S-1")


@pytest.fixture(scope="module")
async def chain(world: App) -> Chain:
    chain = await opened(world)
    wants = [{"sku": MILK, "by": "lots", "fresh_days": 5}, {"sku": PHONE, "by": "serials"}]
    await chain.ask("commerce.inventory.put_tracking", KEEPER, items=wants)
    return chain


def day(more: int) -> str:
    return (clock.now().date() + timedelta(days=more)).isoformat()


async def came(chain: Chain, sku: str, *lots: tuple[str, int, int | None], at: str = "S-1") -> None:
    """Let lots come to a shop: number, units, days until their date."""
    said = [
        {"sku": sku, "lot": lot, "units": units, "best_before": None if days is None else day(days)}
        for lot, units, days in lots
    ]
    lines = [{"sku": sku, "units": sum(units for _, units, _ in lots)}]
    await chain.ask("commerce.inventory.receive", KEEPER, location=at, reference=ids.new().hex, lines=lines, lots=said)


async def begun(chain: Chain, who: Any = EWA, to: str = "S-1", **wants: int) -> tuple[UUID, UUID]:
    order = await chain.bought(to, **wants)  # type: ignore[arg-type]
    await chain.heard()
    [task] = [each.id for each in await chain.ask(working.tasks_of, order=order) if each.location == "S-1"]
    await chain.ask(working.start, who, task=task)
    return order, task


async def there(chain: Chain, sku: str) -> dict[str, tuple[int, int]]:
    found = await chain.ask("commerce.inventory.lots", KEEPER, skus=[sku], location="S-1")
    return {each.lot: (each.units, each.taken) for each in found}


async def balanced(chain: Chain) -> None:
    assert await chain.ask("commerce.inventory.unbalanced", KEEPER) == []


async def test_milk_is_picked_by_its_date_packed_by_lot_and_can_be_called_back(chain: Chain) -> None:
    await came(chain, MILK, ("L-LATE", 5, 60), ("L-SOON", 2, 9), ("L-OLD", 3, 3))
    await chain.stock(MUG, S_1=5)
    order, task = await begun(chain, ITEM_00031=3, ITEM_00033=1)
    shown = await chain.ask(working.task, EWA, task=task)
    [milk] = [each for each in shown.lines if each.sku == MILK]
    assert milk.by == "lots"
    assert [(each.lot, each.units) for each in milk.take] == [("L-SOON", 2), ("L-LATE", 1)]
    assert await chain.ask(working.confirm, EWA, location="S-1", tasks=[task]) == [], "what has a lot is scanned"
    wanted = await chain.refused(working.scan, EWA, task=task, code=MILK)
    old = await chain.refused(working.scan, EWA, task=task, code=MILK, lot="L-OLD")
    much = await chain.refused(working.scan, EWA, task=task, code="L-SOON", units=3)
    nothing = await chain.refused(working.scan, EWA, task=task, code="L-NONE")
    assert [e.code for e in (wanted, old, much, nothing)] == [
        "lots-wanted",
        "lot-too-old",
        "lot-not-there",
        "not-on-list",
    ]
    await chain.ask(working.scan, EWA, task=task, code="L-SOON", units=2)
    done = await chain.ask(working.scan, EWA, task=task, code=MILK, lot="L-LATE")
    assert done.task.state == "picked"
    assert await there(chain, MILK) == {"L-LATE": (5, 1), "L-SOON": (2, 2), "L-OLD": (3, 0)}

    async def packed(*parcels: dict[str, Any]) -> Any:
        return await chain.ask(packing.pack, EWA, task=task, carrier="dpd", parcels=list(parcels))

    first = {"weight_g": 900, "goods": {MILK: 1}, "lots": [{"sku": MILK, "lot": "L-LATE"}]}
    strange = first | {"lots": [{"sku": MILK, "lot": "L-OLD"}]}
    refused = await chain.refused(packing.pack, EWA, task=task, carrier="dpd", parcels=[strange, {"weight_g": 900}])
    assert refused.code == "parcels-differ"
    boxes = await packed(first, {"weight_g": 900})
    assert [each.lots for each in boxes] == [{MILK: {"L-LATE": 1}}, {MILK: {"L-SOON": 2}}]
    handed = await chain.ask(packing.hand_over, EWA, location="S-1", carrier="dpd")
    assert (handed.parcels, handed.left) == (2, {})
    assert await there(chain, MILK) == {"L-LATE": (4, 0), "L-OLD": (3, 0)}
    await chain.heard()
    trace = await chain.ask(leaving.trace, sku=MILK, lot="L-SOON")
    assert [(each.order, each.units, each.back, each.assumed) for each in trace.orders] == [(order, 2, 0, False)]
    assert (trace.best_before.isoformat(), trace.there) == (day(9), [])
    assert (await chain.refused(leaving.trace, sku=MILK, lot="L-NONE")).code == "not-found"
    await balanced(chain)


async def test_a_barcode_that_says_all_is_enough_and_a_serial_number_goes_out_once(chain: Chain) -> None:
    await came(chain, PHONE, ("SN1", 1, None), ("SN2", 1, None))
    one, first = await begun(chain, ITEM_00032=1)
    two, second = await begun(chain, OLA, ITEM_00032=1)
    raced = await asyncio.gather(
        chain.refused_or(working.scan, EWA, task=first, code=PHONE, lot="SN1"),
        chain.refused_or(working.scan, OLA, task=second, code=PHONE, lot="SN1"),
    )
    assert sorted(raced) == ["done", "lot-not-there"]
    late, who = (second, OLA) if raced[0] == "done" else (first, EWA)
    await chain.ask(working.scan, who, task=late, code="SN2")
    for task, of in ((first, EWA), (second, OLA)):
        assert (await chain.ask(working.task, of, task=task)).task.state == "picked"
    boxes = [{"task": first, "weight_g": 300}]
    assert await chain.ask(packing.box, EWA, location="S-1", carrier="ups", parcels=boxes) == [first]
    boxes = [{"task": second, "weight_g": 300}]
    assert await chain.ask(packing.box, OLA, location="S-1", carrier="ups", parcels=boxes) == [second]
    await asyncio.gather(*(chain.refused_or(packing.hand_over, EWA, location="S-1", carrier="ups") for _ in range(3)))
    assert await there(chain, PHONE) == {}
    gone = [(await chain.ask(leaving.trace, sku=PHONE, lot=lot)).orders for lot in ("SN1", "SN2")]
    assert sorted(each.order for [each] in gone) == sorted([one, two])
    await balanced(chain)
    await chain.heard()
    sn1 = gone[0][0].order
    other = two if sn1 == one else one
    back: dict[str, Any] = {"reference": "R-1", "location": "S-1", "lines": [{"line": 1, "units": 1}]}

    async def returned(order: UUID, *serials: str) -> str:
        lots = [{"sku": PHONE, "lot": each} for each in serials]
        return await chain.refused_or("commerce.orders.take_back", order=order, **back, lots=lots)

    assert await returned(other) == "lots-wanted"
    assert await returned(other, "SN1") == "not-sold-so", "it was sold, but not on this order"
    assert await asyncio.gather(*(returned(sn1, "SN1") for _ in range(3))) == ["done"] * 3
    assert await there(chain, PHONE) == {"SN1": (1, 0)}
    [again] = (await chain.ask(leaving.trace, sku=PHONE, lot="SN1")).orders
    assert (again.units, again.back) == (1, 1)
    await balanced(chain)


async def test_lots_go_back_to_the_shelf_with_the_list_and_with_the_order(chain: Chain) -> None:
    await came(chain, MILK, ("L-BACK", 4, 90))
    order, task = await begun(chain, ITEM_00031=2)
    await chain.ask(working.scan, EWA, task=task, code="L-BACK", units=2)
    assert (await there(chain, MILK))["L-BACK"] == (4, 2)
    await chain.ask(packing.pack, EWA, task=task, carrier="gls", parcels=[{"weight_g": 500}])
    await chain.ask("commerce.orders.cancel", order=order, reason="changed my mind")
    await chain.heard()
    assert (await there(chain, MILK))["L-BACK"] == (4, 0)
    _, other = await begun(chain, ITEM_00031=1)
    await chain.ask(working.scan, EWA, task=other, code="L-BACK")
    await balanced(chain)
    _, third = await begun(chain, ITEM_00031=2)
    await chain.ask(working.scan, EWA, task=third, code="L-BACK")
    await chain.ask(working.let_go, EWA, task=third)
    assert (await there(chain, MILK))["L-BACK"] == (4, 1)
    await balanced(chain)


async def test_milk_that_is_collected_leaves_by_its_lot(chain: Chain) -> None:
    await came(chain, MILK, ("L-DESK", 2, 90))
    order, buyer = await chain.reserved("S-1", ITEM_00031=2)
    await chain.heard()
    [task] = [each.id for each in await chain.ask(working.tasks_of, order=order)]
    await chain.ask(working.start, EWA, task=task)
    await chain.ask(working.scan, EWA, task=task, code="L-DESK", units=2)
    await chain.ask(collecting.shelve, EWA, task=task, shelf="A1")
    pickup = await chain.ask(collecting.pickup, buyer, order=order)
    await chain.ask(collecting.collect, EWA, location="S-1", code=pickup.code)
    assert "L-DESK" not in await there(chain, MILK)
    [out] = (await chain.ask(leaving.trace, sku=MILK, lot="L-DESK")).orders
    assert (out.order, out.units) == (order, 2)
    await balanced(chain)
