"""Lots and serial numbers on the real database: told with every move, never doubled, never below nothing."""

import asyncio
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER
from rynek.commerce import inventory
from rynek.commerce.inventory import Claim, Leaving, LotEntry, Need, Pick, Sale, actions, holding, lots, moving
from rynek.commerce.inventory.events import LotBlocked
from rynek.commerce.inventory.reactions import age_lots
from rynek.kernel import clock, door, ids
from rynek.kernel.faults import Fault
from rynek.kernel.log import Follower
from tests.commerce.inventory.test_actions import Depot, ref


@pytest.fixture(scope="module")
async def places(world: App) -> App:
    kinds = [("WH-1", "warehouse"), ("WH-2", "warehouse"), ("S-1", "store")]
    located = [{"code": code, "name": code, "kind": kind} for code, kind in kinds]
    await world.door.ask(KEEPER, actions.put_locations, locations=located)
    return world


def day(more: int) -> date:
    return clock.now().date() + timedelta(days=more)


class Larder(Depot):
    """A depot whose item is told by lot."""

    async def wants(self, by: str, fresh_days: int | None = None) -> None:
        await self.ask(lots.put_tracking, items=[{"sku": self.sku, "by": by, "fresh_days": fresh_days}])

    def of(self, lot: str, units: int = 1, best_before: date | None = None) -> dict[str, Any]:
        return {"sku": self.sku, "lot": lot, "units": units, "best_before": best_before}

    async def came(self, location: str, *these: dict[str, Any], reference: str = "") -> None:
        units = sum(each["units"] for each in these)
        lines = [{"sku": self.sku, "units": units}]
        await self.ask(
            moving.receive, location=location, reference=ref(self, reference or ids.new().hex), lines=lines,
            lots=list(these),
        )  # fmt: skip

    async def there(self, location: str = "") -> dict[str, int]:
        return {
            f"{each.lot}@{each.location}": each.units
            for each in await self.ask(actions.lots, skus=[self.sku], location=location)
        }

    async def history(self, lot: str) -> list[LotEntry]:
        async with self.world.database.transaction("commerce") as tx:
            return await lots.history(tx, self.sku, lot)

    async def balanced(self) -> bool:
        return [each for each in await self.ask(actions.unbalanced) if each.sku == self.sku] == []


@pytest.fixture
async def larder(places: App) -> Larder:
    made = Larder(places)
    await made.route(("WH-1", 1), ("S-1", 2))
    return made


async def test_goods_come_in_with_their_lots_or_not_at_all(larder: Larder) -> None:
    await larder.wants("lots", 10)
    lines = [{"sku": larder.sku, "units": 5}]

    async def refused(*these: dict[str, Any]) -> str:
        found = await larder.refused(
            moving.receive, location="WH-1", reference=ref(larder, "first"), lines=lines, lots=list(these)
        )
        return found.code

    assert await refused() == "lots-wanted"
    assert await refused(larder.of("L-1", 4, day(30))) == "lots-wanted"
    assert await refused(larder.of("L-1", 5)) == "lots-wanted", "a new lot has a date"
    await larder.came("WH-1", larder.of("L-1", 3, day(30)), larder.of("L-2", 2, day(20)), reference="first")
    assert await larder.there() == {"L-2@WH-1": 2, "L-1@WH-1": 3}
    await larder.came("WH-1", larder.of("L-1", 1))
    later = await larder.refused(
        moving.receive, location="WH-1", reference=ref(larder, "odd"), lines=lines, lots=[larder.of("L-1", 5, day(31))]
    )
    assert later.code == "lot-differs"
    assert (await larder.level("WH-1"))[0] == 6
    assert await larder.balanced()
    [entry] = await larder.history("L-2")
    assert (entry.units, entry.cause, entry.assumed) == (2, "receipt", False)


async def test_a_barcode_is_read(places: App) -> None:
    said = await places.door.ask(KEEPER, lots.what_it_says, code="(01)05901234123457(10)L-77")
    assert (said.gtin, said.lot) == ("5901234123457", "L-77")


async def test_an_item_that_wants_none_is_told_no_lots(larder: Larder) -> None:
    lines = [{"sku": larder.sku, "units": 1}]
    refused = await larder.refused(
        moving.receive, location="WH-1", reference=ref(larder, "x"), lines=lines, lots=[larder.of("L-1")]
    )
    assert (refused.code, await larder.level("WH-1")) == ("invalid", (0, 0, 0))


async def test_what_lay_there_before_is_of_an_unknown_lot_until_it_is_counted(larder: Larder) -> None:
    await larder.receive("WH-1", 7)
    await larder.wants("lots")
    assert await larder.there() == {"@WH-1": 7}
    assert await larder.balanced()
    counted = [{"sku": larder.sku, "counted": 6}]

    async def count(reference: str, *these: dict[str, Any]) -> Any:
        return await larder.ask(moving.count_lots, location="WH-1", reference=ref(larder, reference), lots=list(these))

    refused = await larder.refused(moving.count, location="WH-1", reference=ref(larder, "c0"), lines=counted)
    assert refused.code == "lots-wanted"
    [move] = await count("c1", larder.of("L-1", 2), larder.of("L-2", 4))
    assert (move.units, await larder.there()) == (-1, {"L-1@WH-1": 2, "L-2@WH-1": 4})
    assert await count("c2", larder.of("L-1", 3), larder.of("L-2", 3)) == [], "as many, but of other lots"
    assert await larder.there() == {"L-1@WH-1": 3, "L-2@WH-1": 3}
    await larder.wants("none")
    assert await larder.there() == {}
    assert (await larder.level("WH-1"), await larder.balanced()) == ((6, 0, 0), True)


async def test_a_serial_number_is_in_one_place(larder: Larder) -> None:
    await larder.wants("serials")
    await larder.came("WH-1", larder.of("SN1"), larder.of("SN2"))
    for location, these in (("WH-2", [larder.of("SN1")]), ("WH-1", [larder.of("SN3", 2)])):
        refused = await larder.refused(
            moving.receive, location=location, reference=ref(larder, location),
            lines=[{"sku": larder.sku, "units": sum(each["units"] for each in these)}], lots=these,
        )  # fmt: skip
        assert refused.code == "serial-elsewhere"
    gone = [{"sku": larder.sku, "units": -1}]
    refused = await larder.refused(
        moving.adjust, location="WH-1", reference=ref(larder, "a"), reason="theft", lines=gone,
        lots=[larder.of("SN3", -1)],
    )  # fmt: skip
    assert refused.code == "lot-not-there"
    await larder.ask(
        moving.adjust, location="WH-1", reference=ref(larder, "a"), reason="theft", lines=gone,
        lots=[larder.of("SN1", -1)],
    )  # fmt: skip
    await larder.came("WH-2", larder.of("SN1"))
    assert await larder.there() == {"SN2@WH-1": 1, "SN1@WH-2": 1}
    assert await larder.balanced()


async def test_lots_travel_with_transfers_and_what_is_lost_has_a_number(larder: Larder) -> None:
    await larder.wants("lots", 0)
    await larder.came("WH-1", larder.of("L-1", 4, day(9)), larder.of("L-2", 4, day(5)))
    lines = [{"sku": larder.sku, "units": 6}]
    given = {"origin": "WH-1", "destination": "S-1", "lines": lines}
    transfer = ids.new()
    refused = await larder.refused(moving.send, transfer=transfer, given=given)
    assert refused.code == "lots-wanted"
    sent = await larder.ask(moving.send, transfer=transfer, **given, lots=[larder.of("L-1", 2), larder.of("L-2", 4)])
    assert [(each.lot, each.units) for each in sent.lots] == [("L-1", 2), ("L-2", 4)]
    assert (await larder.there(), await larder.level("S-1")) == ({"L-1@WH-1": 2}, (0, 0, 6))
    came = [{"sku": larder.sku, "counted": 5}]
    assert (await larder.refused(moving.arrive, transfer=transfer, received=came)).code == "lots-wanted"
    strange = await larder.refused(moving.arrive, transfer=transfer, received=came, lots=[larder.of("L-3", 5)])
    assert strange.code == "invalid"
    await larder.ask(moving.arrive, transfer=transfer, received=came, lots=[larder.of("L-1", 1), larder.of("L-2", 4)])
    assert await larder.there("S-1") == {"L-2@S-1": 4, "L-1@S-1": 1}
    assert (await larder.level("S-1"), await larder.balanced()) == ((5, 0, 0), True)


async def test_over_the_counter_the_first_expired_goes_first_and_what_nobody_knows_is_owed(larder: Larder) -> None:
    await larder.wants("lots", 0)
    await larder.came("S-1", larder.of("L-1", 2, day(9)), larder.of("L-2", 2, day(5)))

    async def sold(units: int) -> None:
        async with larder.world.database.transaction("commerce", KEEPER) as tx:
            reference = ids.new().hex
            await inventory.sell(tx, [Sale("S-1", reference, tx.at, [(larder.sku, units)])])

    await sold(3)
    assert await larder.there() == {"L-1@S-1": 1}
    await sold(3)
    assert await larder.there() == {"@S-1": -2}
    await sold(-1)
    assert (await larder.there(), await larder.level("S-1")) == ({"@S-1": -1}, (-1, 0, 0))
    assert await larder.balanced()


async def test_too_old_a_lot_is_promised_to_nobody_and_thrown_away(larder: Larder) -> None:
    await larder.wants("lots", 3)
    await larder.came("WH-1", larder.of("OLD", 5, day(2)), larder.of("NEW", 5, day(60)))
    assert await larder.hold(7) == [("WH-1", 7)]
    follower = Follower(larder.world.database, LotBlocked)
    await follower.begin()
    await _aged(larder)
    assert await larder.level("WH-1") == (10, 10, 0), "what others were promised cannot be set aside"
    assert [e.data.units for e in await follower.news() if e.data.sku == larder.sku] == [3]
    await _aged(larder)
    assert [e.data.units for e in await follower.news() if e.data.sku == larder.sku] == []
    [old] = await larder.ask(actions.lots, skus=[larder.sku], until=day(2))
    assert (old.lot, old.units, old.blocked, old.free) == ("OLD", 5, 3, 2)

    async def thrown(reference: str) -> bool:
        done: bool = await larder.ask(
            moving.throw_away, location="WH-1", sku=larder.sku, lot="OLD", reference=ref(larder, reference)
        )
        return done

    assert [await thrown("bin"), await thrown("bin")] == [True, False]
    assert (await larder.level("WH-1"), await larder.there()) == ((7, 7, 0), {"OLD@WH-1": 2, "NEW@WH-1": 5})
    nothing = await larder.refused(
        moving.throw_away, location="WH-1", sku=larder.sku, lot="NEW", reference=ref(larder, "bin 2")
    )
    assert nothing.code == "lot-not-there"
    assert await larder.balanced()


async def _aged(larder: Larder) -> None:
    async with larder.world.database.transaction("commerce") as tx:
        await age_lots(tx)


async def test_blocked_lots_are_free_again_when_less_is_wanted_of_them_or_they_are_counted_away(larder: Larder) -> None:
    await larder.wants("lots", 10)
    await larder.came("WH-1", larder.of("OLD", 5, day(2)))
    await _aged(larder)
    assert (await larder.promised(), await larder.level("WH-1")) == ((0, 0), (5, 5, 0))
    await larder.ask(
        moving.count_lots, location="WH-1", reference=ref(larder, "c"), lots=[larder.of("OLD", 3)],
    )  # fmt: skip
    assert await larder.level("WH-1") == (3, 3, 0)
    await larder.wants("lots", 1)
    await _aged(larder)
    assert (await larder.promised(), await larder.level("WH-1")) == ((3, 0), (3, 0, 0))
    assert await larder.balanced()


async def _taken(larder: Larder, list_: Any, lot: str, units: int) -> str:
    try:
        async with larder.world.database.transaction("commerce") as tx:
            await lots.take(tx, list_, "WH-1", larder.sku, lot, units)
    except (Fault, asyncpg.PostgresError) as error:
        understood = door.understood(error)
        return understood.code if understood else str(error)
    return "taken"


async def test_of_many_who_take_a_serial_number_one_has_it_and_it_leaves_once(larder: Larder) -> None:
    await larder.wants("serials")
    await larder.came("WH-1", larder.of("SN1"), larder.of("SN2"))
    lists = [ids.new() for _ in range(6)]
    done = await asyncio.gather(*(_taken(larder, each, "SN1", 1) for each in lists))
    assert sorted(done) == ["lot-not-there"] * 5 + ["taken"]
    holder, winner = ids.new(), lists[done.index("taken")]
    async with larder.world.database.transaction("commerce") as tx:
        await inventory.hold_many(tx, [Claim(holder, larder.channel, [Need(larder.sku, 1)])])

    async def left(n: int) -> Any:
        async with larder.world.database.transaction("commerce") as tx:
            part = Leaving(holder, f"{holder}/{n}", [Pick(larder.sku, "WH-1", 1)], winner)
            return await holding.ship_parts(tx, [part])

    results = await asyncio.gather(*(left(n) for n in range(4)))
    assert [each for [each] in results].count(None) == 1
    assert await larder.there() == {"SN2@WH-1": 1}
    out = [each for each in await larder.history("SN1") if each.units < 0]
    assert [(each.holder, each.cause, each.assumed) for each in out] == [(holder, "shipment", False)]
    assert await larder.balanced()


async def test_pickers_never_take_more_of_a_lot_than_there_is(larder: Larder) -> None:
    await larder.wants("lots", 5)
    await larder.came("WH-1", larder.of("L-1", 10, day(90)), larder.of("OLD", 1, day(1)))
    lists = [ids.new() for _ in range(8)]
    done = await asyncio.gather(*(_taken(larder, each, "L-1", 3) for each in lists))
    assert done.count("taken") == 3
    assert [await _taken(larder, lists[0], lot, 1) for lot in ("OLD", "L-9", "L-1")] == [
        "lot-too-old", "lot-not-there", "taken",
    ]  # fmt: skip
    assert (await larder.refused(lots.put_tracking, items=[{"sku": larder.sku, "by": "none"}])).code == "lots-in-use"
    async with larder.world.database.transaction("commerce") as tx:
        assert [each.lot for each in await lots.to_take(tx, "WH-1", [larder.sku])] == []
        await lots.lay_back(tx, lists, {(lists[0], larder.sku): 1})
    assert [each.taken for each in await larder.ask(actions.lots, skus=[larder.sku]) if each.lot == "L-1"] == [1]
    assert await larder.balanced()


async def test_a_level_cannot_part_from_its_lots(larder: Larder, owner_dsn: str) -> None:
    await larder.wants("lots")
    await larder.came("WH-1", larder.of("L-1", 3))
    owner = await asyncpg.connect(owner_dsn)
    try:
        for statement in (
            "update commerce.level set on_hand = 4 where sku = $1",
            "update commerce.lot_level set units = 2 where sku = $1",
        ):
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                await owner.execute(statement, larder.sku)
            assert refused.value.constraint_name == "level_is_its_lots"
        await owner.execute("update commerce.lot_level set taken = 1 where sku = $1", larder.sku)
        assert not await larder.balanced(), "the check of the books sees lots that are on no list"
        await owner.execute("update commerce.lot_level set taken = 0 where sku = $1", larder.sku)
    finally:
        await owner.close()
    assert await larder.balanced()
