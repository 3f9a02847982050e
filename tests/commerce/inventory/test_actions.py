"""Stock on the real database: documents, goods between locations, what channels may promise, and holds that lapse."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER
from rynek.commerce.inventory import Claim, actions, holding, moving
from rynek.commerce.inventory.events import StockMoved, StockOwed, StockReleased
from rynek.commerce.inventory.model import Need
from rynek.commerce.inventory.reactions import lapse_holds
from rynek.kernel import clock, door, ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from rynek.kernel.log import Follower

STOCK = Actor("staff", ids.new(), frozenset({"stock"}), name="stock")
_numbers = itertools.count(1)


class Depot:
    """Asking inventory as a shop's stock keeper does, on items and channels that are this test's alone."""

    def __init__(self, world: App) -> None:
        self.world = world
        self.sku = f"SKU-{ids.new().hex[-8:]}{next(_numbers)}"
        self.channel = f"CH-{next(_numbers)}"

    async def ask(self, action: Any, **values: Any) -> Any:
        return await self.world.door.ask(STOCK, action, **values)

    async def refused(self, action: Any, **values: Any) -> Fault:
        """Ask, and give the refusal as the one who asks over HTTP is told it: a violated constraint is one as well."""
        try:
            await self.ask(action, **values)
        except (Fault, asyncpg.PostgresError) as error:
            refusal = door.understood(error)
            assert refusal is not None
            return refusal
        raise AssertionError("it was not refused")

    async def receive(self, location: str, units: int, reference: str = "delivery", **more: Any) -> bool:
        lines = [{"sku": self.sku, "units": units}]
        done: bool = await self.ask(
            moving.receive, location=location, reference=ref(self, reference), lines=lines, **more
        )
        return done

    async def level(self, location: str) -> tuple[int, int, int]:
        found = await self.ask(actions.levels, skus=[self.sku], location=location)
        [level] = found or [None]
        return (level.on_hand, level.held, level.inbound) if level else (0, 0, 0)

    async def route(self, *ranked: tuple[str, int]) -> None:
        routes = [{"location": location, "rank": rank} for location, rank in ranked]
        await self.ask(actions.put_routes, channel=self.channel, routes=routes)

    async def promised(self) -> tuple[int, int]:
        [found] = await self.ask(actions.available, channel=self.channel, skus=[self.sku])
        return found.units, found.inbound

    async def hold(self, units: int, holder: UUID | None = None, **more: Any) -> list[tuple[str, int]]:
        needs = [{"sku": self.sku, "units": units}]
        picks = await self.ask(holding.hold, holder=holder or ids.new(), channel=self.channel, needs=needs, **more)
        return [(pick.location, pick.units) for pick in picks]

    async def entries(self, **values: Any) -> list[tuple[str, int, str]]:
        return [(e.location, e.units, e.cause) for e in await self.ask(actions.ledger, sku=self.sku, **values)]


def ref(depot: Depot, reference: str) -> str:
    return f"{depot.sku} {reference}"


@pytest.fixture(scope="module")
async def places(world: App) -> App:
    kinds = [("WH-1", "warehouse"), ("WH-2", "warehouse"), ("WH-3", "warehouse"), ("S-1", "store"), ("S-2", "store")]
    located = [{"code": code, "name": code, "kind": kind} for code, kind in kinds]
    await world.door.ask(KEEPER, actions.put_locations, locations=located)
    return world


@pytest.fixture
async def depot(places: App) -> Depot:
    made = Depot(places)
    await made.route(("WH-1", 1), ("WH-2", 2))
    return made


# --- documents --------------------------------------------------------------------------------------------------------


async def test_a_delivery_is_booked_once_however_often_it_is_sent(depot: Depot) -> None:
    follower = Follower(depot.world.database, StockMoved)
    await follower.begin()
    assert await depot.receive("WH-1", 10) is True
    assert await depot.receive("WH-1", 10) is False
    assert await depot.level("WH-1") == (10, 0, 0)
    assert await depot.entries() == [("WH-1", 10, "receipt")]
    [moved] = await follower.news()
    assert [(m.sku, m.location, m.units) for m in moved.data.moves] == [(depot.sku, "WH-1", 10)]


async def test_a_delivery_sent_many_times_at_once_is_booked_once(depot: Depot) -> None:
    assert sorted(await asyncio.gather(*(depot.receive("WH-1", 3) for _ in range(8)))) == [False] * 7 + [True]
    assert await depot.level("WH-1") == (3, 0, 0)


async def test_lines_of_one_item_in_a_delivery_add_up(depot: Depot) -> None:
    lines = [{"sku": depot.sku, "units": 2}, {"sku": depot.sku, "units": 5}]
    await depot.ask(moving.receive, location="WH-1", reference=ref(depot, "twice"), lines=lines)
    assert await depot.level("WH-1") == (7, 0, 0)


async def test_a_delivery_takes_nothing_away(depot: Depot) -> None:
    refused = await depot.refused(
        moving.receive, location="WH-1", reference=ref(depot, "bad"), lines=[{"sku": depot.sku, "units": -1}]
    )
    assert (refused.code, await depot.level("WH-1"), await depot.entries()) == ("invalid", (0, 0, 0), [])


async def test_a_number_stands_for_one_kind_of_document(depot: Depot) -> None:
    await depot.receive("WH-1", 5, "17")
    counted = [{"sku": depot.sku, "counted": 99}]
    refused = await depot.refused(moving.count, location="WH-1", reference=ref(depot, "17"), lines=counted)
    assert (refused.code, refused.facts) == ("document-differs", {"kind": "receipt"})
    assert await depot.level("WH-1") == (5, 0, 0)
    assert await depot.ask(moving.count, location="WH-2", reference=ref(depot, "17"), lines=counted) != []


async def test_announced_goods_are_inbound_until_they_are_there(depot: Depot) -> None:
    lines = [{"sku": depot.sku, "units": 8}]
    assert await depot.ask(moving.announce, location="WH-1", reference=ref(depot, "asn"), lines=lines) is True
    assert await depot.ask(moving.announce, location="WH-1", reference=ref(depot, "asn"), lines=lines) is False
    assert (await depot.level("WH-1"), await depot.promised()) == ((0, 0, 8), (0, 8))
    await depot.receive("WH-1", 5, announced=True)
    assert (await depot.level("WH-1"), await depot.promised()) == ((5, 0, 3), (5, 3))
    await depot.receive("WH-1", 9, "more than announced", announced=True)
    assert await depot.level("WH-1") == (14, 0, 0)
    assert await depot.entries() == [("WH-1", 9, "receipt"), ("WH-1", 5, "receipt")]


async def test_a_count_sets_the_level_and_the_ledger_says_by_how_much(depot: Depot) -> None:
    await depot.receive("WH-1", 10)
    counted = [{"sku": depot.sku, "counted": 7}]
    moves = await depot.ask(moving.count, location="WH-1", reference=ref(depot, "count"), lines=counted)
    assert [(m.location, m.units) for m in moves] == [("WH-1", -3)]
    assert await depot.ask(moving.count, location="WH-1", reference=ref(depot, "count"), lines=counted) == []
    assert await depot.ask(moving.count, location="WH-1", reference=ref(depot, "again"), lines=counted) == []
    assert await depot.level("WH-1") == (7, 0, 0)
    assert await depot.entries() == [("WH-1", -3, "count"), ("WH-1", 10, "receipt")]


async def test_a_warehouse_is_not_counted_below_what_is_set_aside(depot: Depot) -> None:
    await depot.receive("WH-1", 10)
    await depot.hold(6)
    counted = [{"sku": depot.sku, "counted": 5}]
    refused = await depot.refused(moving.count, location="WH-1", reference=ref(depot, "count"), lines=counted)
    assert (refused.code, await depot.level("WH-1")) == ("units-held", (10, 6, 0))
    moves = await depot.ask(
        moving.count, location="WH-1", reference=ref(depot, "count"), lines=[{"sku": depot.sku, "counted": 6}]
    )
    assert [m.units for m in moves] == [-4]  # the refused count did not use its number up


async def test_an_item_counted_twice_in_a_count_is_refused(depot: Depot) -> None:
    counted = [{"sku": depot.sku, "counted": 5}, {"sku": depot.sku, "counted": 6}]
    refused = await depot.refused(moving.count, location="WH-1", reference=ref(depot, "count"), lines=counted)
    assert (refused.code, await depot.level("WH-1")) == ("invalid", (0, 0, 0))


async def test_an_adjustment_goes_both_ways_but_not_below_nothing_in_a_warehouse(depot: Depot) -> None:
    def adjustment(units: int, reference: str) -> dict[str, Any]:
        lines = [{"sku": depot.sku, "units": units}]
        return {"location": "WH-1", "reference": ref(depot, reference), "reason": "breakage", "lines": lines}

    await depot.receive("WH-1", 10)
    assert await depot.ask(moving.adjust, **adjustment(-4, "broken")) is True
    assert await depot.ask(moving.adjust, **adjustment(-4, "broken")) is False
    assert await depot.ask(moving.adjust, **adjustment(1, "found again")) is True
    assert (await depot.refused(moving.adjust, **adjustment(-8, "too many"))).code == "units-held"
    assert await depot.level("WH-1") == (7, 0, 0)
    assert await depot.entries() == [("WH-1", 1, "adjustment"), ("WH-1", -4, "adjustment"), ("WH-1", 10, "receipt")]


async def test_a_store_may_owe_and_that_is_reported(depot: Depot) -> None:
    follower = Follower(depot.world.database, StockOwed)
    await follower.begin()
    lines = [{"sku": depot.sku, "units": -2}]
    for reference in ("theft", "theft again"):
        await depot.ask(moving.adjust, location="S-1", reference=ref(depot, reference), reason="theft", lines=lines)
    assert await depot.level("S-1") == (-4, 0, 0)
    assert [(e.data.sku, e.data.location, e.data.on_hand) for e in await follower.news()] == [(depot.sku, "S-1", -2)]
    assert (depot.sku, -4) in [(each.sku, each.on_hand) for each in await depot.ask(actions.owing, location="S-1")]
    [total] = await depot.ask(actions.totals, skus=[depot.sku])
    assert (total.on_hand, total.locations, total.owing) == (-4, 1, 1)


@pytest.mark.parametrize("action", [moving.receive, moving.announce, moving.adjust, moving.count])
async def test_nothing_is_booked_where_there_is_no_location(depot: Depot, action: Any) -> None:
    line: dict[str, Any] = {"sku": depot.sku, "counted" if action is moving.count else "units": 1}
    more = {"reason": "breakage"} if action is moving.adjust else {}
    refused = await depot.refused(action, location="NOWHERE", reference=ref(depot, "x"), lines=[line], **more)
    assert (refused.code, await depot.entries()) == ("location-unknown", [])


# --- between locations ------------------------------------------------------------------------------------------------


async def sent(depot: Depot, units: int = 4, transfer: UUID | None = None, **more: Any) -> Any:
    goods = {"origin": "WH-1", "destination": "S-1", "lines": [{"sku": depot.sku, "units": units}]} | more
    return await depot.ask(moving.send, transfer=transfer or ids.new(), **goods)


async def test_goods_in_transit_are_nowhere_and_inbound(depot: Depot) -> None:
    await depot.receive("WH-1", 10)
    transfer = (await sent(depot)).id
    assert (await depot.level("WH-1"), await depot.level("S-1")) == ((6, 0, 0), (0, 0, 4))
    shown = await depot.ask(moving.transfer, transfer=transfer)
    assert (shown.origin, shown.destination, shown.received_at) == ("WH-1", "S-1", None)
    arrived = await depot.ask(moving.arrive, transfer=transfer)
    assert arrived.received_at is not None
    assert (await depot.level("WH-1"), await depot.level("S-1")) == ((6, 0, 0), (4, 0, 0))
    assert sorted(await depot.entries()) == [
        ("S-1", 4, "transfer in"), ("WH-1", -4, "transfer out"), ("WH-1", 10, "receipt")
    ]  # fmt: skip


async def test_a_transfer_sent_again_is_the_same_and_another_one_is_refused(depot: Depot) -> None:
    await depot.receive("WH-1", 10)
    transfer = ids.new()
    first = await sent(depot, transfer=transfer)
    again = await sent(depot, transfer=transfer)
    assert (again.id, again.sent_at, again.lines) == (first.id, first.sent_at, first.lines)
    for more in ({"units": 5}, {"destination": "S-2"}, {"origin": "WH-2"}):
        goods: dict[str, Any] = {"transfer": transfer, **more}
        with pytest.raises(Fault) as refused:
            await sent(depot, **goods)
        assert refused.value.code == "transfer-differs"
    assert (await depot.level("WH-1"), await depot.level("S-1")) == ((6, 0, 0), (0, 0, 4))


async def test_what_did_not_arrive_is_lost_and_no_longer_inbound(depot: Depot) -> None:
    await depot.receive("WH-1", 10)
    transfer = (await sent(depot)).id
    await depot.ask(moving.arrive, transfer=transfer, received=[{"sku": depot.sku, "counted": 3}])
    assert (await depot.level("WH-1"), await depot.level("S-1")) == ((6, 0, 0), (3, 0, 0))
    assert (await depot.refused(moving.arrive, transfer=transfer)).code == "already-received"
    assert await depot.level("S-1") == (3, 0, 0)


async def test_nothing_arrived_at_all(depot: Depot) -> None:
    await depot.receive("WH-1", 10)
    transfer = (await sent(depot)).id
    await depot.ask(moving.arrive, transfer=transfer, received=[])
    assert (await depot.level("WH-1"), await depot.level("S-1")) == ((6, 0, 0), (0, 0, 0))


async def test_a_transfer_arrives_once_though_two_take_it_in_at_once(depot: Depot) -> None:
    await depot.receive("WH-1", 10)
    transfer = (await sent(depot)).id
    results = await asyncio.gather(
        *(depot.ask(moving.arrive, transfer=transfer) for _ in range(4)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in results) == ["AlreadyReceived"] * 3 + ["Transfer"]
    assert await depot.level("S-1") == (4, 0, 0)


@pytest.mark.parametrize(
    "received", [[{"sku": "OTHER", "counted": 1}], [{"sku": "same", "counted": 1}, {"sku": "same", "counted": 3}]]
)
async def test_what_was_not_sent_or_is_said_twice_does_not_arrive(depot: Depot, received: list[dict[str, Any]]) -> None:
    await depot.receive("WH-1", 10)
    transfer = (await sent(depot)).id
    said = [{**each, "sku": depot.sku if each["sku"] == "same" else each["sku"]} for each in received]
    assert (await depot.refused(moving.arrive, transfer=transfer, received=said)).code == "invalid"
    assert (await depot.level("S-1"), (await depot.ask(moving.transfer, transfer=transfer)).received_at) == (
        (0, 0, 4),
        None,
    )


async def test_held_units_are_not_sent_away(depot: Depot) -> None:
    await depot.receive("WH-1", 10)
    await depot.hold(8)
    transfer = ids.new()
    lines = [{"sku": depot.sku, "units": 3}]
    goods = {"origin": "WH-1", "destination": "S-1", "lines": lines}
    assert (await depot.refused(moving.send, transfer=transfer, **goods)).code == "units-held"
    assert (await depot.refused(moving.transfer, transfer=transfer)).code == "not-found"
    assert (await depot.level("WH-1"), await depot.level("S-1")) == ((10, 8, 0), (0, 0, 0))
    here = await depot.refused(moving.send, transfer=transfer, **{**goods, "destination": "WH-1"})
    assert here.code == "invalid"
    nowhere = await depot.refused(moving.send, transfer=transfer, **{**goods, "destination": "NOWHERE"})
    assert nowhere.code == "location-unknown"


# --- what channels may promise ----------------------------------------------------------------------------------------


async def test_locations_are_asked_by_rank_and_one_that_has_all_goes_before_splitting(depot: Depot) -> None:
    await depot.route(("WH-2", 1), ("WH-1", 2), ("S-1", 3))
    for place, units in (("WH-1", 6), ("WH-2", 4), ("S-1", 2), ("WH-3", 100)):
        await depot.receive(place, units)
    assert await depot.promised() == (12, 0)
    assert await depot.hold(3) == [("WH-2", 3)]
    assert await depot.hold(5) == [("WH-1", 5)]
    assert await depot.hold(3) == [("WH-2", 1), ("WH-1", 1), ("S-1", 1)]
    assert await depot.promised() == (1, 0)
    refused = await depot.refused(
        holding.hold, holder=ids.new(), channel=depot.channel, needs=[{"sku": depot.sku, "units": 2}]
    )
    assert (refused.code, refused.facts) == ("out-of-stock", {"short": {depot.sku: 1}})
    assert [await depot.level(place) for place in ("WH-1", "WH-2", "S-1", "WH-3")] == [
        (6, 6, 0), (4, 4, 0), (2, 1, 0), (100, 0, 0)
    ]  # fmt: skip


async def test_routes_are_replaced_and_a_closed_location_promises_nothing(depot: Depot) -> None:
    await depot.receive("WH-3", 5)
    assert await depot.promised() == (0, 0)
    await depot.route(("WH-3", 1))
    assert await depot.promised() == (5, 0)
    assert [each.location for each in await depot.ask(actions.routes, channel=depot.channel)] == ["WH-3"]
    closed = {"code": "WH-3", "name": "WH-3", "kind": "warehouse", "active": False}
    await depot.ask(actions.put_locations, locations=[closed])
    try:
        assert await depot.promised() == (0, 0)
        needs = [{"sku": depot.sku, "units": 1}]
        refused = await depot.refused(holding.hold, holder=ids.new(), channel=depot.channel, needs=needs)
        assert refused.code == "out-of-stock"
    finally:
        await depot.ask(actions.put_locations, locations=[{**closed, "active": True}])
    assert await depot.hold(1) == [("WH-3", 1)]


async def test_safety_stock_is_kept_back_from_its_channel_alone(depot: Depot) -> None:
    other = Depot(depot.world)
    other.sku = depot.sku
    await other.route(("WH-1", 1))
    await depot.receive("WH-1", 10)
    everything = {"location": "WH-1", "units": 7}
    await depot.ask(actions.put_safety, channel=depot.channel, safety=[everything])
    assert (await depot.promised(), await other.promised()) == ((3, 0), (10, 0))
    await depot.ask(actions.put_safety, channel=depot.channel, safety=[{**everything, "units": 4, "sku": depot.sku}])
    assert await depot.promised() == (6, 0)
    assert await other.hold(5) == [("WH-1", 5)]
    assert await depot.promised() == (1, 0)
    needs = [{"sku": depot.sku, "units": 2}]
    assert (await depot.refused(holding.hold, holder=ids.new(), channel=depot.channel, needs=needs)).facts == {
        "short": {depot.sku: 1}
    }
    assert await depot.hold(1) == [("WH-1", 1)]
    assert await depot.level("WH-1") == (10, 6, 0)


async def test_two_lines_of_one_item_are_not_checked_apart(depot: Depot) -> None:
    """medusa#16502: each line alone would fit."""
    await depot.receive("WH-1", 3)
    needs = [{"sku": depot.sku, "units": 2}, {"sku": depot.sku, "units": 2}]
    refused = await depot.refused(holding.hold, holder=ids.new(), channel=depot.channel, needs=needs)
    assert (refused.facts, await depot.level("WH-1")) == ({"short": {depot.sku: 1}}, (3, 0, 0))


async def test_many_who_want_the_last_units_at_once_get_exactly_those(depot: Depot) -> None:
    await depot.receive("WH-1", 7)
    await depot.receive("WH-2", 3)
    results = await asyncio.gather(*(depot.hold(1) for _ in range(24)), return_exceptions=True)
    assert sum(isinstance(each, list) for each in results) == 10
    assert {type(each).__name__ for each in results} == {"list", "OutOfStock"}
    assert (await depot.level("WH-1"), await depot.level("WH-2")) == ((7, 7, 0), (3, 3, 0))


# --- holds ------------------------------------------------------------------------------------------------------------


async def lapse(depot: Depot, seconds: float) -> None:
    with clock.at(clock.now() + timedelta(seconds=seconds)):
        async with depot.world.database.transaction("commerce") as tx:
            await lapse_holds(tx)


async def test_a_hold_lapses_when_its_time_is_up_and_not_before(depot: Depot) -> None:
    await depot.receive("WH-1", 5)
    holder, began = ids.new(), clock.now()
    with clock.at(began):
        await depot.hold(2, holder, seconds=60)
    follower = Follower(depot.world.database, StockReleased)
    await follower.begin()
    with clock.at(began):
        await lapse(depot, 59)
        assert await depot.level("WH-1") == (5, 2, 0)
        await lapse(depot, 60)
        assert await depot.level("WH-1") == (5, 0, 0)
        await lapse(depot, 61)
    told = [
        (e.data.why, [(p.sku, p.units) for p in e.data.picks]) for e in await follower.news() if e.data.holder == holder
    ]
    assert told == [("lapsed", [(depot.sku, 2)])]
    assert (await depot.refused(holding.let_go, holder=holder)).code == "not-found"
    assert await depot.level("WH-1") == (5, 0, 0)


async def test_a_hold_let_go_is_given_back_once(depot: Depot) -> None:
    await depot.receive("WH-1", 5)
    holder = ids.new()
    await depot.hold(2, holder)
    await depot.hold(1, holder)
    picks = await depot.ask(holding.let_go, holder=holder)
    assert [(p.location, p.units) for p in picks] == [("WH-1", 3)]
    assert (await depot.refused(holding.let_go, holder=holder)).code == "not-found"
    assert await depot.level("WH-1") == (5, 0, 0)


async def test_what_is_set_aside_for_an_order_never_lapses_and_is_no_stock_keepers_to_change(depot: Depot) -> None:
    await depot.receive("WH-1", 5)
    order = ids.new()
    async with depot.world.database.transaction("commerce") as tx:
        [picks] = await holding.hold_many(tx, [Claim(order, depot.channel, [Need(depot.sku, 2)])])
    assert isinstance(picks, list)
    await lapse(depot, 10**8)
    needs = [{"sku": depot.sku, "units": 1}]
    assert (await depot.refused(holding.let_go, holder=order)).code == "held-for-order"
    more = await depot.refused(holding.hold, holder=order, channel=depot.channel, needs=needs)
    assert (more.code, await depot.level("WH-1")) == ("held-for-order", (5, 2, 0))


async def test_the_ledger_sums_to_the_level_through_everything(depot: Depot) -> None:
    await depot.receive("WH-1", 10)
    await depot.hold(2)
    transfer = (await sent(depot)).id
    await depot.ask(moving.arrive, transfer=transfer, received=[{"sku": depot.sku, "counted": 1}])
    lines = [{"sku": depot.sku, "counted": 5}]
    await depot.ask(moving.count, location="WH-1", reference=ref(depot, "count"), lines=lines)
    entries = await depot.entries(location="WH-1")
    assert sum(units for _, units, _ in entries) == (await depot.level("WH-1"))[0] == 5
    assert await depot.entries(location="S-1") == [("S-1", 1, "transfer in")]
    assert await depot.ask(actions.unbalanced) == []


async def test_damage_to_a_level_is_found(depot: Depot, owner_dsn: str) -> None:
    """The control of the books: a level that somebody writes by hand is told."""
    await depot.receive("WH-1", 10)
    owner = await asyncpg.connect(owner_dsn)
    try:
        await owner.execute("update commerce.level set on_hand = 11 where sku = $1", depot.sku)
        [told] = await depot.ask(actions.unbalanced)
        assert (told.sku, told.on_hand, told.entries) == (depot.sku, 11, 10)
    finally:
        await owner.execute("update commerce.level set on_hand = 10 where sku = $1", depot.sku)
        await owner.close()


async def test_the_ledger_is_read_back_page_by_page(depot: Depot) -> None:
    for units in (1, 2, 3):
        await depot.receive("WH-1", units, f"delivery {units}")
    first = await depot.ask(actions.ledger, sku=depot.sku, limit=2)
    rest = await depot.ask(actions.ledger, sku=depot.sku, limit=2, before=first[-1].at)
    assert [e.units for e in (*first, *rest)] == [3, 2, 1]
