"""News of a shop under test: tests share a database server, and its logs wait for whoever writes anywhere on it."""

import asyncio

from rynek.kernel import log
from rynek.kernel.database import Database


async def in_sight(database: Database) -> None:
    """Wait until all that has happened by now can be heard: nobody on the server writes any more who began before."""
    async with database.transaction("kernel") as tx:
        end = int(await tx.value("select pg_snapshot_xmax(pg_current_snapshot())::text"))
    async with asyncio.timeout(60):
        while True:
            async with database.transaction("kernel") as tx:
                if int(await log.horizon(tx)) >= end:
                    return
            await asyncio.sleep(0.02)
