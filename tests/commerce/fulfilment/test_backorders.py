"""Units that nobody has: goods that come in serve those who wait once, in whatever order it is told."""

import itertools
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.commerce.fulfilment import working
from rynek.commerce.fulfilment.reactions import follow, serve_those_who_wait
from rynek.commerce.inventory.events import StockMoved
from rynek.commerce.orders.events import OrderCancelled, OrderChanged
from rynek.kernel import log
from rynek.kernel.events import Envelope
from tests.commerce.fulfilment.shops import Chain, clerk, opened

EWA = clerk("S-1")


@pytest.fixture(scope="module")
async def chain(world: App) -> Chain:
    return await opened(world)


async def waiting(chain: Chain, sku: str) -> UUID:
    """Have an order wait for a unit that was not on the shelf."""
    await chain.stock(sku, S_1=1)
    order = await chain.bought("S-1", **{sku.replace("-", "_"): 1})  # type: ignore[arg-type]
    await chain.heard()
    [task] = await chain.ask(working.tasks_of, order=order)
    await chain.ask(working.start, EWA, task=task.id)
    await chain.ask(working.miss, EWA, task=task.id, sku=sku, units=1, reason="not-found")
    await chain.heard()
    return order


async def hear(chain: Chain, act: Any, news: list[Envelope]) -> None:
    async with chain.world.database.transaction("commerce") as tx:
        await act(tx, news)


async def test_goods_that_come_in_are_given_once_in_whatever_order_it_is_told(chain: Chain) -> None:
    first, second = await waiting(chain, "ITEM-00001"), await waiting(chain, "ITEM-00001")
    follower = log.Follower(chain.world.database, StockMoved)
    await follower.begin()
    await chain.stock("ITEM-00001", S_2=1)
    await chain.stock("ITEM-00001", S_3=4)
    news = await follower.news()
    assert len(news) == 2
    for some in (news[1:], news, news[::-1], news[:1]):
        await hear(chain, serve_those_who_wait, some)
    held = [*await chain.held(first), *await chain.held(second)]
    assert (len(held), sum(units for _, _, units in held)) == (2, 2)
    assert await chain.ask(working.backorders) == []
    await chain.heard()
    await chain.sound()


@pytest.mark.parametrize("turn", list(itertools.permutations(range(2))))
async def test_goods_for_what_was_cancelled_stay_free(chain: Chain, turn: tuple[int, int]) -> None:
    sku = f"ITEM-0001{turn[0]}"
    order = await waiting(chain, sku)
    follower = log.Follower(chain.world.database, StockMoved, OrderCancelled, OrderChanged)
    await follower.begin()
    await chain.ask("commerce.orders.cancel", order=order, reason="never mind")
    await chain.stock(sku, S_2=3)
    news = await follower.news()
    parts = [
        (follow, [each for each in news if not isinstance(each.data, StockMoved)]),
        (serve_those_who_wait, [each for each in news if isinstance(each.data, StockMoved)]),
    ]
    for _ in range(2):
        for n in turn:
            await hear(chain, *parts[n])
    assert (await chain.held(order), await chain.level(sku, "S-2")) == ([], (3, 0))
    assert [each for each in await chain.ask(working.backorders) if each.order == order] == []
    await chain.heard()
    await chain.sound()
