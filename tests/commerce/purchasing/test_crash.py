"""A process that is killed while it takes goods in leaves no delivery in half, and none twice."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from rynek.app import App
from rynek.kernel.settings import Settings
from tests.commerce.purchasing.office import opened

DELIVERIES = 400
ROOT = Path(__file__).parents[3]


async def test_killed_while_receiving_every_delivery_is_in_once(world: App, settings: Settings, tmp_path: Path) -> None:
    office = await opened(world)
    purchase = await office.ordered(("ITEM-00005", 3 * DELIVERIES), ("ITEM-00006", 2 * DELIVERIES), day="2030-01-10")
    command = [sys.executable, "-m", "tests.commerce.purchasing.clerk", settings.database, str(tmp_path)]
    command += [str(purchase), str(DELIVERIES)]

    async def taken() -> int:
        return len((await office.ask("purchase", purchase=purchase)).deliveries)

    before = 0
    for _ in range(3):
        clerk = subprocess.Popen(command, cwd=ROOT, env=os.environ)  # noqa: ASYNC220 - a process to be killed
        while (now := await taken()) < before + 40:
            assert clerk.poll() is None
            await asyncio.sleep(0.005)
        clerk.kill()
        clerk.wait()
        before = now
        await office.sound()
    assert before < DELIVERIES
    await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=True, timeout=300)
    shown = await office.ask("purchase", purchase=purchase)
    assert len(shown.deliveries) == DELIVERIES
    assert [line.received for line in shown.lines] == [2 * DELIVERIES, DELIVERIES]
    assert sum(each.units for each in shown.differences) == DELIVERIES // 2
    await office.sound()
