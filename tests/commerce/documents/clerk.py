"""A process that issues invoices until it has done all, or is killed: ``python clerk.py DSN FOLDER SERIES``."""

import asyncio
import sys
from pathlib import Path

from rynek.app import App
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from rynek.kernel.settings import Settings

FINANCE = Actor("staff", ids.new(), frozenset({"finance"}))


async def main(dsn: str, folder: str, series: str) -> None:
    app = await App.open(Settings(folder=Path(folder), database=dsn, connections=8))
    async with app.database.transaction("commerce") as tx:
        orders = iter([row[0] for row in await tx.rows("select id from commerce.sales_order order by id")])

    async def issue() -> None:
        for order in orders:
            try:
                await app.door.ask(FINANCE, "commerce.documents.issue", order=order, kind="invoice", series=series)
            except Fault as refused:
                if refused.code != "nothing-to-issue":  # it was issued before we were killed
                    raise

    await asyncio.gather(*(issue() for _ in range(16)))
    await app.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
