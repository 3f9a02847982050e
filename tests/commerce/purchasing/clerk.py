"""A process that takes deliveries in until it has done all, or is killed: ``python clerk.py DSN FOLDER PURCHASE N``."""

import asyncio
import sys
from pathlib import Path

from rynek.app import App
from rynek.kernel.settings import Settings
from tests.commerce.purchasing.office import BUYER


async def main(dsn: str, folder: str, purchase: str, deliveries: str) -> None:
    app = await App.open(Settings(folder=Path(folder), database=dsn, connections=8))
    numbers = iter(range(int(deliveries)))

    async def receive() -> None:
        for n in numbers:
            lines = [{"sku": "ITEM-00005", "units": 2, "damaged": n % 2}, {"sku": "ITEM-00006", "units": 1}]
            await app.door.ask(
                BUYER, "commerce.purchasing.receive", purchase=purchase, location="WH-1", reference=f"WZ {n}",
                lines=lines,
            )  # fmt: skip

    await asyncio.gather(*(receive() for _ in range(4)))
    await app.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
