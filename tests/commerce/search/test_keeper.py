"""The index follows the log: built anew when it has to be, caught up with after a crash, one for several processes."""

import asyncio
import time
from collections.abc import AsyncIterator

import msgspec
import pytest

from rynek.app import App
from rynek.bench.load import Script, drive
from rynek.bench.proc import Server
from rynek.bench.stall import CHANNEL, WAREHOUSE
from rynek.bench.wire import Answer, request
from rynek.commerce.search import index
from rynek.commerce.search.desk import desk_of
from rynek.commerce.search.keeper import Keeper
from rynek.commerce.search.model import SearchNotReady
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from tests.commerce.search.shelves import ask, codes, fill, found, kept, product, put, settled


@pytest.fixture(scope="module")
async def keeper(world: App) -> AsyncIterator[Keeper]:
    await fill(world)
    keeper = await kept(world)
    yield keeper
    keeper.desk.store.release()


async def replaced(world: App, keeper: Keeper) -> Keeper:
    """Let another take over, as after a crash: nothing of the keeper's memory is left."""
    pen = keeper.pen
    assert isinstance(pen, index.Writer)
    pen.close()
    keeper.pen = None
    return Keeper(world.database, desk_of(world.database))


async def test_who_takes_over_reads_what_came_meanwhile_and_builds_nothing(world: App, keeper: Keeper) -> None:
    generation = keeper.generation
    last = await replaced(world, keeper)
    await put(world, [product("T-1", "Twarożek", "dairy")])
    await settled(last)
    assert codes(await found(world, "twarożek")) == ["T-1"]
    assert last.generation == generation
    keeper.pen, keeper.follower.position = last.pen, last.follower.position


async def test_news_that_comes_twice_changes_nothing(world: App, keeper: Keeper) -> None:
    await settled(keeper)
    before, at = desk_of(world.database).engine.products, keeper.follower.position
    await ask(world, "pricing.put_prices", prices=[{"list": "RETAIL-PL", "sku": "M-1", "minor": 777}])
    await settled(keeper)
    keeper.follower.position = at
    await settled(keeper)
    assert desk_of(world.database).engine.products == before
    assert codes(await found(world, "", price_from=777, price_to=777)) == ["M-1"]


async def test_what_is_withdrawn_or_archived_is_found_no_more(world: App, keeper: Keeper) -> None:
    await put(world, [product("W-1", "Ajran", "dairy"), product("W-2", "Ajran miętowy", "dairy")])
    await settled(keeper)
    first = await found(world, "ajran")
    assert first.total == 2
    await ask(world, "catalog.publish", publications=[{"product": "W-1", "channel": CHANNEL, "withdrawn": True}])
    await ask(world, "catalog.archive", product=next(each.card.id for each in first.hits if each.card.code == "W-2"))
    await settled(keeper)
    assert (await found(world, "ajran")).total == 0


async def test_a_category_that_is_renamed_is_found_by_its_new_name(world: App, keeper: Keeper) -> None:
    await ask(world, "catalog.put_categories", categories=[{"code": "sweets", "name": "Łakocie"}])
    await settled(keeper)
    assert {"C-1", "C-2", "B-2"} <= set(codes(await found(world, "łakocie")))


async def test_an_item_that_runs_out_or_comes_back_is_noticed_by_its_stock(world: App, keeper: Keeper) -> None:
    stock = Actor("workload", ids.new(), roles=frozenset({"stock"}))
    for units, there in ((-10, False), (3, True)):
        moved = {"location": WAREHOUSE, "reference": ids.new().hex, "reason": "count"}
        await world.door.ask(stock, "commerce.inventory.adjust", **moved, lines=[{"sku": "D-1", "units": units}])
        await settled(keeper)
        assert ("D-1" in codes(await found(world, "sok", available=True))) is there


@pytest.mark.parametrize("harm", ["twisted", "gone", "version"])
async def test_a_damaged_index_is_built_anew_and_queries_wait_for_it(world: App, keeper: Keeper, harm: str) -> None:
    desk = desk_of(world.database)
    generation = keeper.generation
    assert generation is not None
    last = await replaced(world, keeper)
    victim = max(generation.glob("*.term"), key=lambda path: path.stat().st_size)
    if harm == "twisted":
        body = bytes(each ^ 0x55 for each in victim.read_bytes())
        victim.unlink()  # who has it mapped keeps what it was
        victim.write_bytes(body)
    elif harm == "gone":
        victim.unlink()
    else:
        seal = index.seal_of(generation)
        assert seal is not None
        body = msgspec.json.encode(msgspec.structs.replace(seal, version=0))
        (generation / "seal.json").write_bytes(body)
    desk._index = None  # a process that begins now
    with pytest.raises(SearchNotReady, match="damaged"):
        await found(world, "mleko")
    await settled(last)
    assert last.generation != generation
    assert set(codes(await found(world, "mleko"))[:3]) == {"M-1", "M-2", "M-3"}
    keeper.pen, keeper.generation, keeper.follower.position = last.pen, last.generation, last.follower.position
    keeper.done = last.done


async def test_who_reads_finds_damage_and_the_keeper_builds_anew(world: App, keeper: Keeper) -> None:
    generation = keeper.generation
    assert generation is not None
    desk = desk_of(world.database)
    desk.store.accuse(generation)
    await keeper.check()
    desk.refresh()
    assert keeper.generation != generation
    assert (await found(world, "mleko")).total >= 3


def searching(q: str, answers: list[Answer]) -> Script:
    answers.append((yield request("GET", f"/search/{CHANNEL}/products?q={q}&facets=false")))


async def test_two_processes_answer_from_one_index_and_one_of_them_writes(
    world: App, keeper: Keeper, server: Server
) -> None:
    """The test's own process writes; the server reads, and takes over once the test writes no more."""
    await settled(keeper)
    answers: list[Answer] = []
    until = time.monotonic() + 15
    while not (answers and answers[-1].status == 200) and time.monotonic() < until:
        await drive(server.address, [searching("mleko", answers)])
        await asyncio.sleep(0.1)
    assert msgspec.json.decode(answers[-1].body)["total"] == (await found(world, "mleko")).total
    assert isinstance(keeper.pen, index.Writer)
    keeper.pen.close()
    keeper.pen = None
    keeper.desk.store.release()
    await put(world, [product("P-1", "Skyr waniliowy", "dairy")])
    until = time.monotonic() + 15
    total = 0
    while not total and time.monotonic() < until:
        await drive(server.address, [searching("skyr", answers)])
        total = msgspec.json.decode(answers[-1].body)["total"]
        await asyncio.sleep(0.05)
    assert total == 1
