"""A server that is killed again and again while it delivers: each event is one row, and comes at least once."""

import asyncio
import sys
from collections import Counter

from aiohttp import web

from rynek import serving
from rynek.bench import Server
from rynek.commerce.catalog.events import ChannelChanged
from rynek.integration.webhooks import dispatch
from rynek.kernel.settings import Settings
from tests.conftest import free_port
from tests.integration.webhooks.conftest import Post, Received, Receiver

EVENTS, KILLS = 400, 4


async def test_killed_while_delivering_every_event_comes_and_is_one_row(
    post: Post, receiver: Receiver, settings: Settings
) -> None:
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "rynek", "serve", "--port", address.rpartition(":")[2]]

    async def answer(_got: Received) -> web.Response:
        await asyncio.sleep(0.03)
        return web.Response()

    receiver.answers = answer
    made = await post.ask("make", url=receiver.url(), types=["catalog.channel-changed"])
    announced = 0
    for _ in range(KILLS):
        async with Server(command, address, env=serving.environment(settings)) as server:
            seen = len(receiver.got)
            for _ in range(10):
                await post.announce(*(ChannelChanged(f"K{announced + n}") for n in range(EVENTS // KILLS // 10)))
                announced += EVENTS // KILLS // 10
            async with asyncio.timeout(30):
                while len(receiver.got) < seen + 20:  # noqa: ASYNC110 - the receiver rings no bell
                    await asyncio.sleep(0.01)
            server.kill()
        await post.hurry()  # as if the lease of what it had under way were over
    await post.route()
    await post.deliver()
    came = {each.event["subject"]: each.headers["webhook-id"] for each in receiver.got}
    assert came.keys() == {f"K{n}" for n in range(EVENTS)}
    ids_of = Counter({(each.event["subject"], each.headers["webhook-id"]) for each in receiver.got})
    assert len(ids_of) == EVENTS  # what came twice came under the same id
    rows = await post.sql("select event, state from integration.delivery where endpoint = $1", made.id)
    assert Counter(row["state"] for row in rows) == {"delivered": EVENTS}
    assert {row["event"] for row in rows} == set(came.values())


async def test_one_that_never_answers_keeps_nobody_waiting(post: Post, receiver: Receiver) -> None:
    """All that is for the other endpoints has come before the dead one lets go of anything."""
    over = asyncio.Event()

    async def answer(got: Received) -> web.Response:
        if got.path == "/dead":
            await over.wait()
        return web.Response()

    receiver.answers = answer
    for n in range(49):
        await post.ask("make", url=receiver.url(f"well-{n}"), types=["catalog.channel-changed"])
    await post.ask("make", url=receiver.url("dead"), types=["catalog.channel-changed"])
    await post.announce(*(ChannelChanged(f"D{n}") for n in range(20)))
    await post.route()
    delivering = asyncio.create_task(dispatch.deliver(post.world.database))
    try:
        async with asyncio.timeout(180):  # on a machine that others use as well
            while sum(each.path != "/dead" for each in receiver.got) < 49 * 20:  # noqa: ASYNC110 - the receiver rings no bell
                await asyncio.sleep(0.05)
        assert 0 < len(receiver.at("dead")) <= dispatch.AT_ONCE
    finally:
        over.set()
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
    for n in range(49):
        assert len({each.headers["webhook-id"] for each in receiver.at(f"well-{n}")}) == 20
