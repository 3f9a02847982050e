"""A server that is killed in the middle of an import: another takes it over, and nothing is lost or done twice."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rynek import serving
from rynek.app import App
from rynek.bench import Server
from rynek.integration.exchange.running import LEASE, advance, claim
from rynek.kernel import clock
from rynek.kernel.settings import Settings
from tests.conftest import free_port
from tests.integration.exchange.files import EDITOR, X, counts, refused, sent

ROWS = 12_000


async def events(world: App, kind: str) -> int:
    async with world.database.transaction("integration") as tx:
        found: int = await tx.value("select count(*) from kernel.event where type = $1", kind)
    return found


async def chunks(world: App) -> list[tuple[int, int]]:
    async with world.database.transaction("integration") as tx:
        rows = await tx.rows("select number, rows from integration.exchange_chunk order by number")
    return [tuple(row) for row in rows]


async def until(look: Callable[[], Awaitable[Any]], fits: Callable[[Any], bool], seconds: float = 90) -> None:
    async with asyncio.timeout(seconds):
        while not fits(await look()):  # noqa: ASYNC110 - what is waited for is in the database
            await asyncio.sleep(0.02)


async def test_an_import_outlives_its_server(world: App, settings: Settings, tmp_path: Path) -> None:
    file = "code,name,variant.sku\n" + "".join(
        f"D{n},{'' if n % 1000 == 9 else 'Name'},D{n}\n" for n in range(ROWS)
    )  # fmt: skip
    run = await sent(world, "products", file)
    command = [sys.executable, "-m", "rynek", "serve", "--port"]
    for life in range(2):
        port = free_port()
        log = tmp_path / f"log{life}"
        server = Server([*command, str(port)], f"127.0.0.1:{port}", env=serving.environment(settings), log=log)
        async with server:
            if life == 0:
                await world.door.ask(EDITOR, X + "start", exchange=run.id)
                await until(lambda: chunks(world), lambda found: len(found) >= 3)
                server.kill()
                assert len(await chunks(world)) < 12
                continue
            await until(
                lambda: world.door.ask(EDITOR, X + "exchange", exchange=run.id),
                lambda found: found.state not in ("waiting", "running"),
            )
    done = await world.door.ask(EDITOR, X + "exchange", exchange=run.id)
    assert counts(done) == ("done", ROWS - 12, 0, 0, 12), done.error
    assert [number for number, _ in await chunks(world)] == list(range(12))
    assert sum(rows for _, rows in await chunks(world)) == ROWS
    assert await events(world, "catalog.product-changed") == ROWS - 12
    assert len(await refused(world, done)) == 12
    async with world.database.transaction("commerce") as tx:
        assert await tx.value("select count(*) from commerce.variant where active") == ROWS - 12


async def test_a_process_that_was_only_slow_lets_go(world: App) -> None:
    """Two processes at the same import: who has lost it writes nothing more, and each chunk is done once."""
    run = await sent(world, "products", "code,name\n" + "".join(f"T{n},Name\n" for n in range(2_400)))
    await world.door.ask(EDITOR, X + "start", exchange=run.id)
    before = await events(world, "catalog.product-changed")
    slow = await claim(world.door)
    assert slow is not None
    async with world.database.transaction("integration") as tx:
        await tx.execute("update integration.exchange set until = $1", clock.now() - LEASE)
    quick = asyncio.create_task(advance(world.door))
    outcome = await asyncio.gather(slow.do(), return_exceptions=True)
    assert await quick is True
    assert type(outcome[0]).__name__ == "LetGo"
    done = await world.door.ask(EDITOR, X + "exchange", exchange=run.id)
    assert counts(done) == ("done", 2_400, 0, 0, 0)
    assert await events(world, "catalog.product-changed") == before + 2_400


async def test_two_processes_take_different_work(world: App) -> None:
    runs = [await sent(world, "brands", f"code,name\nrace-{n},Race\n") for n in range(8)]
    for run in runs:
        await world.door.ask(EDITOR, X + "start", exchange=run.id)
    taken = [each for each in await asyncio.gather(*(claim(world.door) for _ in range(12))) if each is not None]
    assert sorted(each.row.id for each in taken) == sorted(each.id for each in runs)
    for each in taken:
        await each.do()
    assert await claim(world.door) is None


async def test_an_import_is_stopped_and_goes_on(world: App) -> None:
    run = await sent(world, "products", "code,name\n" + "".join(f"C{n},Name\n" for n in range(6_000)))
    await world.door.ask(EDITOR, X + "start", exchange=run.id)
    working = asyncio.create_task(advance(world.door))
    await until(lambda: world.door.ask(EDITOR, X + "exchange", exchange=run.id), lambda found: found.done > 0)
    await world.door.ask(EDITOR, X + "cancel", exchange=run.id)
    await working
    stopped = await world.door.ask(EDITOR, X + "exchange", exchange=run.id)
    assert stopped.state == "cancelled"
    assert 0 < stopped.done < 6_000
    await world.door.ask(EDITOR, X + "start", exchange=run.id)
    await advance(world.door)
    done = await world.door.ask(EDITOR, X + "exchange", exchange=run.id)
    assert counts(done) == ("done", 6_000, 0, 0, 0)
