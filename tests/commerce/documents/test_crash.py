"""A process that is killed while it issues leaves no number out and none twice."""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg

from rynek.app import App
from rynek.bench.gapless import ORDERS
from rynek.bench.stall import CHANNEL
from rynek.kernel.settings import Settings
from tests.commerce.documents.desk import FINANCE, opened

ISSUED = "select count(*) from commerce.document where series = 'FV'"


async def test_killed_while_issuing_no_number_is_missing_or_doubled(
    world: App, settings: Settings, owner_dsn: str, tmp_path: Path
) -> None:
    office = await opened(world, 1)
    owner = await asyncpg.connect(owner_dsn)
    await owner.execute(ORDERS.format(orders=1_500, channel=CHANNEL))
    command = [sys.executable, str(Path(__file__).with_name("clerk.py")), settings.database, str(tmp_path), "FV"]
    before = 0
    for _ in range(3):
        clerk = subprocess.Popen(command)  # noqa: ASYNC220 - a process to be killed
        while (now := await owner.fetchval(ISSUED)) < before + 100:
            assert clerk.poll() is None
            await asyncio.sleep(0.005)
        clerk.kill()
        clerk.wait()
        before = now
        await office.sound()
    assert 0 < await owner.fetchval(ISSUED) < 1_500
    finished = await asyncio.to_thread(subprocess.run, command, check=True, timeout=300)
    assert finished.returncode == 0
    assert await owner.fetchval(ISSUED) == 1_500
    numbers = await owner.fetch("select number from commerce.document where series = 'FV' order by number")
    assert [row[0] for row in numbers] == list(range(1, 1_501))
    assert len({each.order for each in await office.ask("documents", FINANCE, series="FV", limit=200)}) == 200
    await owner.close()
    await office.sound()
