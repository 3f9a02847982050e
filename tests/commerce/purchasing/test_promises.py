"""Goods sold before they are there, told as a story; who waits is served in turn and told when it takes longer."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.bench.stall import CHANNEL
from rynek.commerce.fulfilment import working
from rynek.commerce.inventory.reactions import serve_who_waits
from rynek.commerce.purchasing.events import PurchaseOrderMoved
from rynek.commerce.purchasing.reactions import keep_promises
from rynek.kernel import clock, ids, log
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from tests.commerce.fulfilment.shops import Chain
from tests.commerce.purchasing.office import BUYER, Office, opened
from tests.news import in_sight

HOME = {"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}


class Shop(Office):
    """A shop with an office that buys; its reactions are advanced by the tests."""

    async def sells(self, sku: str, most: int, kind: str = "backorder", day: str | None = None) -> None:
        said = {"sku": sku, "kind": kind, "most": most, "from_on": day}
        await self.world.door.ask(BUYER, "commerce.inventory.put_beyond", channel=CHANNEL, beyond=[said])

    async def bought(self, sku: str, units: int = 1) -> UUID:
        buyer = Actor("guest", ids.new())
        cart = await self.world.door.ask(
            buyer, "commerce.checkout.open_cart", channel=CHANNEL, lines=[{"sku": sku, "quantity": units}],
            email=f"{buyer.id}@example.com", address=HOME, delivery="courier",
        )  # fmt: skip
        tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
        placed = await self.world.door.ask(buyer, "commerce.checkout.place", cart=cart.id, tenders=tenders)
        order: UUID = placed.order
        return order

    async def order(self, order: UUID) -> Any:
        return await self.world.door.ask(BUYER_OF_ALL, "commerce.orders.order", order=order)

    async def waits(self, order: UUID) -> tuple[int, date | None]:
        """Tell how many units an order waits for, and for when they are promised."""
        [each] = (await self.order(order)).awaits
        return each.units, each.promised_on

    async def held(self, order: UUID) -> int:
        return sum(units for *_, units in await Chain(self.world).held(order))

    async def heard(self) -> None:
        """Let purchasing, stock and fulfilment hear all news."""
        await log.enrol(self.world.database)
        for _ in range(3):
            await in_sight(self.world.database)
            for act in (serve_who_waits, keep_promises):
                [reaction] = [each for each in log.REACTIONS.values() if each.act is act]
                while await log.advance(self.world.database, reaction):
                    pass
            await Chain(self.world).heard()

    async def told(self, order: UUID) -> list[tuple[date | None, date | None]]:
        """Tell what a buyer was told: from which day a promise moved, and to which."""
        async with self.world.database.transaction("kernel") as tx:
            rows = await tx.rows(
                "select data->>'was', data->>'promised_on' from kernel.event"
                " where type = 'purchasing.promise-moved' and key = $1 order by xid, seq", str(order),
            )  # fmt: skip
        return [(row[0] and date.fromisoformat(row[0]), row[1] and date.fromisoformat(row[1])) for row in rows]

    async def balanced(self) -> None:
        """See that what is sold beyond stock is what is waited for, and that stock and orders agree."""
        async with self.world.database.transaction("commerce") as tx:
            amiss = await tx.rows(
                "select b.sku, b.sold, coalesce(sum(a.units), 0) from commerce.beyond b"
                " left join commerce.awaited a using (channel, sku) group by b.channel, b.sku"
                " having b.sold <> coalesce(sum(a.units), 0)"
            )
        assert [tuple(row) for row in amiss] == []
        await self.sound()


BUYER_OF_ALL = Actor("staff", ids.new(), frozenset({"admin"}))


@pytest.fixture(scope="module")
async def shop(world: App) -> Shop:
    await opened(world)
    return Shop(world)


async def test_a_preorder_is_sold_slips_comes_in_half_and_then_in_full(shop: Shop) -> None:
    game = "ITEM-00001"
    await shop.sells(game, 10, "preorder", "2031-03-01")
    purchase = await shop.ordered((game, 8), day="2031-03-01")
    first, second, third = [await shop.bought(game, units) for units in (3, 2, 3)]
    assert [await shop.waits(each) for each in (first, second, third)] == [
        (3, date(2031, 3, 1)), (2, date(2031, 3, 1)), (3, date(2031, 3, 1)),
    ]  # fmt: skip
    late = await shop.bought(game, 2)  # no goods are known of yet: on the day it is out, as far as anybody knows
    assert await shop.waits(late) == (2, date(2031, 3, 1))
    with pytest.raises(Fault, match="missing: 1 of"):
        await shop.bought(game)
    [soon] = await shop.world.door.ask(BUYER, "commerce.purchasing.earliest", channel=CHANNEL, skus=[game])
    assert (soon.available, soon.beyond, soon.kind) == (0, 0, "preorder")
    await shop.heard()
    assert await shop.told(first) == []  # nothing has changed for them
    # the supplier is a week late: the buyers are told
    await shop.ask("move", purchase=purchase, dates=[{"line": 1, "promised_on": "2031-03-08"}])
    await shop.heard()
    moved = [(date(2031, 3, 1), date(2031, 3, 8))]
    assert [await shop.told(each) for each in (first, second, third, late)] == [moved] * 4
    assert (await shop.waits(first))[1] == date(2031, 3, 8)
    # half of it comes, and of that a part is broken: the oldest order first
    await shop.came(purchase, (game, 4, 2, "fell off the lorry"))
    assert [await shop.held(each) for each in (first, second, third)] == [3, 1, 0]
    await shop.heard()
    tasks = await shop.world.door.ask(BUYER, "commerce.fulfilment.tasks_of", order=first)
    assert [(each.location, each.units, each.state) for each in tasks] == [("WH-1", 3, "open")]
    waiting = await shop.world.door.ask(BUYER, working.backorders)
    assert [(each.order, each.units, each.promised_on) for each in waiting] == [
        (second, 1, date(2031, 3, 8)), (third, 3, date(2031, 3, 8)), (late, 2, date(2031, 3, 8)),
    ]  # fmt: skip
    # the supplier pays for the broken ones; more is ordered, and who is short of them gets to know
    [broken] = (await shop.ask("purchase", purchase=purchase)).differences
    await shop.ask("settle", difference=broken.id, resolution="credit")
    await shop.heard()
    more = await shop.ordered((game, 4), day="2031-04-01")
    await shop.heard()
    assert await shop.told(second) == moved
    assert await shop.told(third) == [*moved, (date(2031, 3, 8), date(2031, 4, 1))]
    assert (await shop.waits(late))[1] == date(2031, 4, 1)
    # the rest comes later
    await shop.came(purchase, (game, 2), complete=True)
    await shop.came(more, (game, 4))
    assert [await shop.held(each) for each in (first, second, third, late)] == [3, 2, 3, 2]
    await shop.heard()
    for each in (first, second, third, late):
        await shop.world.door.ask(BUYER_OF_ALL, "commerce.orders.ship", order=each)
        shown = await shop.order(each)
        assert (shown.state, shown.awaits[0].units) == ("shipped", 0)
    assert (await shop.order(first)).awaits[0].first_promised_on == date(2031, 3, 1)
    assert await shop.level(game) == (0, 0)
    await shop.heard()
    await shop.balanced()


async def test_a_limit_beyond_stock_holds_under_races(shop: Shop) -> None:
    sku = "ITEM-00002"
    await shop.world.door.ask(
        BUYER, "commerce.inventory.receive", location="WH-1", reference=ids.new().hex, lines=[{"sku": sku, "units": 5}]
    )
    await shop.sells(sku, 7)
    results = await asyncio.gather(*(shop.bought(sku) for _ in range(24)), return_exceptions=True)
    orders = [each for each in results if isinstance(each, UUID)]
    assert {each.code for each in results if isinstance(each, Fault)} == {"out-of-stock"}
    assert len(orders) == 12
    assert sum([await shop.held(each) for each in orders]) == 5
    lower = {"sku": sku, "kind": "backorder", "most": 6}
    with pytest.raises(Exception, match="beyond_not_oversold"):
        await shop.world.door.ask(BUYER, "commerce.inventory.put_beyond", channel=CHANNEL, beyond=[lower])
    # goods come while more is bought: nobody new gets what others wait for
    purchase = await shop.ordered((sku, 8), day="2031-01-01")
    more, *_ = await asyncio.gather(
        asyncio.gather(*(shop.bought(sku) for _ in range(10)), return_exceptions=True),
        shop.came(purchase, (sku, 4)), shop.came(purchase, (sku, 4)),
    )  # fmt: skip
    assert sum([await shop.held(each) for each in orders]) == 12
    await shop.heard()
    late = [each for each in more if isinstance(each, UUID)]
    assert sum([await shop.held(each) for each in late]) <= 1
    await shop.balanced()


async def test_who_cancels_waits_no_more_and_the_next_moves_up(shop: Shop) -> None:
    sku = "ITEM-00003"
    await shop.sells(sku, 4)
    a, b = await shop.bought(sku, 3), await shop.bought(sku, 1)
    assert await shop.waits(a) == (3, None)
    await shop.ordered((sku, 1), day="2031-02-02")
    await shop.heard()
    assert [await shop.waits(each) for each in (a, b)] == [(3, None), (1, None)]
    lines = [{"line": 1, "units": 1}]
    await shop.world.door.ask(
        BUYER_OF_ALL, "commerce.orders.strike", order=a, reference="S-1", lines=lines, reason="too many"
    )
    assert await shop.waits(a) == (2, None)
    await shop.world.door.ask(BUYER_OF_ALL, "commerce.orders.cancel", order=a, reason="never mind")
    await shop.heard()
    assert [await shop.waits(each) for each in (a, b)] == [(0, None), (1, date(2031, 2, 2))]
    await shop.sells(sku, 0, "none")
    with pytest.raises(Fault, match="missing"):
        await shop.bought(sku)
    await shop.balanced()


async def test_what_is_given_back_goes_to_those_who_wait(shop: Shop) -> None:
    sku = "ITEM-00004"
    lines = [{"sku": sku, "units": 2}]
    await shop.world.door.ask(
        BUYER, "commerce.inventory.receive", location="WH-1", reference=ids.new().hex, lines=lines
    )
    await shop.sells(sku, 5)
    quick, slow = await shop.bought(sku, 2), await shop.bought(sku, 2)
    await shop.world.door.ask(BUYER_OF_ALL, "commerce.orders.cancel", order=quick, reason="never mind")
    await shop.heard()
    assert (await shop.held(slow), (await shop.waits(slow))[0]) == (2, 0)
    await shop.balanced()


async def test_a_hold_for_a_time_is_never_of_what_is_not_there(shop: Shop) -> None:
    await shop.sells("ITEM-00005", 5)
    needs = [{"sku": "ITEM-00005", "units": 1}]
    with pytest.raises(Fault, match="missing"):
        await shop.world.door.ask(BUYER, "commerce.inventory.hold", holder=ids.new(), channel=CHANNEL, needs=needs)


async def test_news_of_dates_twice_and_out_of_order_tells_once(shop: Shop) -> None:
    sku = "ITEM-00006"
    await shop.sells(sku, 5)
    purchase = await shop.ordered((sku, 5), day="2031-01-01")
    order = await shop.bought(sku, 2)
    await shop.ask("move", purchase=purchase, dates=[{"line": 1, "promised_on": "2031-01-05"}])
    await shop.ask("move", purchase=purchase, dates=[{"line": 1, "promised_on": "2031-01-09"}])
    async with shop.world.database.transaction("kernel") as tx:
        news = await log.read(tx, "0-0", await log.horizon(tx), ["purchasing.order-moved"])
    mine = [each for each in news if isinstance(each.data, PurchaseOrderMoved) and each.data.purchase == purchase]
    assert len(mine) == 2
    for heard in (mine[1], mine[0], mine[1]):
        async with shop.world.database.transaction("commerce") as tx:
            await keep_promises(tx, [heard])
    assert await shop.told(order) == [(date(2031, 1, 1), date(2031, 1, 9))]
    await shop.balanced()


async def test_goods_on_their_way_between_locations_are_promised_too(shop: Shop) -> None:
    sku = "ITEM-00007"
    ask = shop.world.door.ask
    lines = [{"sku": sku, "units": 3}]
    await ask(BUYER, "commerce.inventory.receive", location="S-1", reference=ids.new().hex, lines=lines)
    await shop.sells(sku, 5)
    sent = ids.new()
    begin = datetime(2031, 5, 1, 9, tzinfo=UTC)
    with clock.at(begin):
        await ask(BUYER, "commerce.inventory.send", transfer=sent, origin="S-1", destination="WH-1", lines=lines)
        [soon] = await ask(BUYER, "commerce.purchasing.earliest", channel=CHANNEL, skus=[sku], units=3)
        assert (soon.on, soon.available, soon.beyond) == (date(2031, 5, 3), 0, 5)
        order = await shop.bought(sku, 2)
        assert (await shop.waits(order))[1] == date(2031, 5, 3)
        [next_] = await ask(BUYER, "commerce.purchasing.earliest", channel=CHANNEL, skus=[sku], units=2)
        assert next_.on is None  # one is left, and nothing else is known of
    with clock.at(begin + timedelta(days=1)):
        await ask(BUYER, "commerce.inventory.arrive", transfer=sent)
    assert await shop.held(order) == 2
    await shop.heard()
