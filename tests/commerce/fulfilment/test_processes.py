"""A server killed (SIGKILL) within each step of the work: after it has come back, all books agree."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import UUID

import msgspec
import pytest

from rynek import security
from rynek.app import App
from rynek.bench import Server, drive, request
from rynek.bench.load import Script
from rynek.commerce.fulfilment import working
from rynek.kernel.actor import ANYONE
from rynek.kernel.settings import Settings
from rynek.serving import environment
from tests.commerce.fulfilment.shops import Chain, opened
from tests.conftest import free_port

ORDERS = 12
BOSS = ("boss@example.com", "a long password of the boss")
Step = Callable[[UUID], tuple[str, object]]


@pytest.fixture(scope="module")
async def chain(world: App) -> Chain:
    return await opened(world)


@pytest.fixture(scope="module")
async def server(settings: Settings, chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "rynek", "serve", "--port", str(port)]
    log = tmp_path_factory.mktemp("server") / "log"
    async with Server(command, f"127.0.0.1:{port}", env=environment(settings), log=log) as running:
        yield running


@pytest.fixture(scope="module")
async def staff(world: App) -> dict[str, str]:
    assert await security.ensure_admin(world.database, *BOSS)
    token = (await world.door.ask(ANYONE, "security.login", email=BOSS[0], password=BOSS[1])).token
    return {"authorization": f"Bearer {token}"}


async def given(chain: Chain, orders: list[UUID], location: str) -> dict[UUID, UUID]:
    """Wait until the server has given each order's work to the location; gives the lists, by order."""
    async with asyncio.timeout(90):
        while True:
            found = {o: [t.id for t in await chain.ask(working.tasks_of, order=o)] for o in orders}
            if all(len(each) == 1 for each in found.values()):
                return {order: tasks[0] for order, tasks in found.items()}
            await asyncio.sleep(0.2)


async def states(chain: Chain, tasks: list[UUID]) -> set[str]:
    return {(await chain.ask(working.task, task=task)).task.state for task in tasks}


async def killed_within(
    chain: Chain, server: Server, staff: dict[str, str], tasks: list[UUID], after: str, step: Step
) -> None:
    """Ask for all lists, killed in between; ask again until all are so far."""

    def device(waiting: Iterator[UUID]) -> Script:
        for task in waiting:
            path, body = step(task)
            yield request("POST", path, msgspec.json.encode(body), staff)

    async def fail() -> None:
        await asyncio.sleep(0.05)
        server.kill()
        await server.start()

    going, waiting = asyncio.create_task(fail()), iter(tasks)
    await drive(server.address, [device(waiting) for _ in range(3)], reconnect_s=60, timeout_s=30)
    await going
    async with asyncio.timeout(90):
        while await states(chain, tasks) != {after}:
            await drive(server.address, [device(iter(tasks))], timeout_s=30)
            await asyncio.sleep(0.2)


async def test_killed_at_each_step_of_pick_pack_and_hand_over(
    chain: Chain, server: Server, staff: dict[str, str]
) -> None:
    await chain.stock("ITEM-00001", S_1=50)
    orders = [await chain.bought("S-1", ITEM_00001=2) for _ in range(ORDERS)]
    tasks = list((await given(chain, orders, "S-1")).values())
    here = "/fulfilment/locations/S-1"
    parcel = {"carrier": "dpd", "parcels": [{"weight_g": 100}]}
    steps: list[tuple[str, Step]] = [
        ("picking", lambda t: (f"/fulfilment/tasks/{t}/start", {})),
        ("picked", lambda t: (f"/fulfilment/tasks/{t}/scans", {"code": "ITEM-00001", "units": 2})),
        ("packed", lambda t: (f"/fulfilment/tasks/{t}/parcels", parcel)),
        ("sent", lambda _: (f"{here}/handovers", {"carrier": "dpd"})),
    ]
    for after, step in steps:
        await killed_within(chain, server, staff, tasks, after, step)
    assert await chain.level("ITEM-00001", "S-1") == (50 - 2 * ORDERS, 0)
    for order in orders:
        shown = await chain.ask("commerce.orders.order", order=order)
        assert (shown.state, len(shown.shipments), shown.lines[0].shipped) == ("shipped", 1, 2)
    parcels = await chain.rows("select count(*), count(handover) from commerce.parcel where task = any($1)", tasks)
    assert parcels == [(ORDERS, ORDERS)]
    await all_heard(chain)


async def test_killed_at_each_step_until_it_is_collected(chain: Chain, server: Server, staff: dict[str, str]) -> None:
    await chain.stock("ITEM-00002", S_2=50)
    orders = [(await chain.reserved("S-2", ITEM_00002=1))[0] for _ in range(ORDERS)]
    of = await given(chain, orders, "S-2")
    number = {of[o]: (await chain.ask("commerce.orders.order", order=o)).number for o in orders}
    tasks = list(of.values())
    steps: list[tuple[str, Step]] = [
        ("picking", lambda t: (f"/fulfilment/tasks/{t}/start", {})),
        ("picked", lambda t: (f"/fulfilment/tasks/{t}/scans", {"code": "ITEM-00002"})),
        ("ready", lambda t: (f"/fulfilment/tasks/{t}/shelving", {"shelf": "A1"})),
        ("collected", lambda t: ("/fulfilment/locations/S-2/collections", {"number": number[t], "document": True})),
    ]
    for after, step in steps:
        await killed_within(chain, server, staff, tasks, after, step)
    assert await chain.level("ITEM-00002", "S-2") == (50 - ORDERS, 0)
    for order in orders:
        shown = await chain.ask("commerce.orders.order", order=order)
        assert (shown.state, len(shown.shipments)) == ("shipped", 1)
    kept = await chain.rows(
        "select state, count(*) from commerce.collection where order_id = any($1) group by 1", orders
    )
    assert kept == [("collected", ORDERS)]
    told = await chain.rows(
        "select type, count(*) from kernel.event where key = any($1) and type ~ 'collect' group by 1 order by 1",
        [str(order) for order in orders],
    )
    assert told == [("fulfilment.collected", ORDERS), ("fulfilment.collection-ready", ORDERS)]
    await all_heard(chain)


async def all_heard(chain: Chain) -> None:
    """See that work is what is set aside, once the server has heard what happened."""
    async with asyncio.timeout(60):
        while await chain.ask("commerce.fulfilment.unbacked"):  # noqa: ASYNC110 - in another process
            await asyncio.sleep(0.2)
    assert await chain.ask("commerce.inventory.unbalanced") == []
