"""A process that is killed in the middle of moving prices leaves none of them moved, and another does the work."""

import asyncio
import sys

import asyncpg

from rynek.app import App
from rynek.commerce.repricing import reactions
from rynek.kernel import clock, jobs
from tests.commerce.repricing.test_actions import AT, Shop, shop

__all__ = ["shop"]
WORK = f"""
import asyncio, sys
from datetime import datetime
from rynek.commerce.repricing import reactions
from rynek.kernel import clock, jobs
from rynek.kernel.database import Database

async def work():
    database = await Database.open(sys.argv[1], 2)
    with clock.at(datetime.fromisoformat("{AT.isoformat()}")):
        await jobs.advance(database, "commerce")

asyncio.run(work())
"""
WAITING = "select count(*) from pg_locks where not granted and relation = 'commerce.reprice_move'::regclass"
PARTS = "select count(*) from kernel.job where name = 'repricing.part'"


async def eventually(connection: asyncpg.Connection, question: str, wanted: int) -> None:
    async with asyncio.timeout(30):
        while await connection.fetchval(question) != wanted:  # noqa: ASYNC110 - the database has no bell
            await asyncio.sleep(0.02)


async def test_killed_in_the_middle(world: App, dsn: str, owner_dsn: str) -> None:
    place = Shop(world)
    skus = await place.items(50)
    await place.rule({"by": "time", "since": "00:00", "until": "00:00", "change_bp": -1_000})
    await place.on()
    with clock.at(AT):
        async with world.database.transaction("commerce") as tx:
            await reactions.begin(tx)
    owner, watcher = await asyncpg.connect(owner_dsn), await asyncpg.connect(owner_dsn)
    try:
        async with owner.transaction():
            # prices and states are written before the log: there it is made to wait
            await owner.execute("lock table commerce.reprice_move in exclusive mode")
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", WORK, dsn)
            await eventually(watcher, WAITING, 1)
            process.kill()
            await process.wait()
        await eventually(watcher, WAITING, 0)
        await eventually(watcher, "select count(*) from commerce.price where list like 'DYN-%'", 0)
        assert await watcher.fetchval("select count(*) from commerce.reprice_move") == 0
        assert await watcher.fetchval(PARTS) == 1
        with clock.at(AT):
            while await jobs.advance(world.database, "commerce"):
                pass
        assert await watcher.fetchval(PARTS) == 0
    finally:
        await owner.close()
        await watcher.close()
    for sku in skus:
        assert await place.price(sku) == 90_00
        assert [(each.before, each.after) for each in await place.moves(sku)] == [(100_00, 90_00)]
