"""What came in today, told in one snapshot: from tills, from buyers, and what a shop shows of itself."""

from datetime import timedelta
from typing import Any

import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER, Stall, set_up
from rynek.commerce.orders.events import OrderPlaced
from rynek.commerce.pos.events import ReceiptAccepted
from rynek.kernel import clock, ids
from rynek.kernel.actor import ANYONE, Actor
from rynek.kernel.faults import Forbidden, NotFound
from rynek.kernel.log import Follower

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))


def till(store: str) -> Actor:
    return Actor("till", ids.new(), location=store)


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    made = await set_up(world)
    stores = [{"code": code, "name": code, "kind": "store"} for code in ("S-1", "S-2")]
    await world.door.ask(KEEPER, "commerce.inventory.put_locations", locations=stores)
    return made


async def sell(world: App, store: str, number: int, amount: int) -> None:
    line = {"sku": "ITEM-00001", "quantity": 1, "amount": amount}
    await world.door.ask(
        till(store), "commerce.pos.sell", store=store, till="1", number=number, currency="PLN", lines=[line],
        sold_at=clock.now() - timedelta(days=400), tenders=[{"method": "cash", "amount": amount}],
    )  # fmt: skip


async def test_receipts_count_on_the_day_they_come_whatever_day_they_were_sold(world: App, stall: Stall) -> None:
    began = clock.now()
    for store, number, amount in (("S-1", 1, 500), ("S-1", 2, 250), ("S-2", 1, 70)):
        await sell(world, store, number, amount)
    found = await world.door.ask(ADMIN, "commerce.pos.intake", since=began)
    assert [(c.store, c.currency, c.receipts, c.amount_minor) for c in found.stores] == [
        ("S-1", "PLN", 2, 750),
        ("S-2", "PLN", 1, 70),
    ]
    assert sum(count for _, count in found.pace) == 3
    own = await world.door.ask(till("S-2"), "commerce.pos.intake", since=began)
    assert [(c.store, c.amount_minor) for c in own.stores] == [("S-2", 70)]
    assert (await world.door.ask(ADMIN, "commerce.pos.intake", since=clock.now())).stores == []


async def test_the_log_goes_on_exactly_where_the_figures_end(world: App, stall: Stall) -> None:
    await sell(world, "S-1", 10, 100)
    found = await world.door.ask(ADMIN, "commerce.pos.intake")
    follower = Follower(world.database, ReceiptAccepted)
    follower.position = found.position
    assert await follower.news() == []
    await sell(world, "S-1", 11, 200)
    assert [(each.data.number, each.data.amount_minor) for each in await follower.news()] == [(11, 200)]


async def test_orders_count_with_what_waits(world: App, stall: Stall) -> None:
    before = await world.door.ask(ADMIN, "commerce.orders.intake")
    waiting = await world.door.ask(ADMIN, "commerce.orders.waiting")
    follower = Follower(world.database, OrderPlaced)
    follower.position = before.position
    await order(world)
    after = await world.door.ask(ADMIN, "commerce.orders.intake")
    assert before.currencies == []
    assert [(c.currency, c.orders, c.total_minor) for c in after.currencies] == [("PLN", 1, 2501)]
    assert sum(count for _, count in after.pace) == 1
    assert [each.data.total_minor for each in await follower.news()] == [2501]
    now = await world.door.ask(ADMIN, "commerce.orders.waiting")
    assert (now.to_be_packed, now.for_money) == (waiting.to_be_packed + 1, waiting.for_money)


async def order(world: App) -> Any:
    who = Actor("guest", ids.new())
    home = {"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}
    cart = await world.door.ask(
        who, "commerce.checkout.open_cart", channel="WEB-PL", lines=[{"sku": "ITEM-00001", "quantity": 1}],
        email="ola@example.com", address=home, delivery="courier",
    )  # fmt: skip
    tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
    return await world.door.ask(who, "commerce.checkout.place", cart=cart.id, tenders=tenders)


@pytest.mark.parametrize("operation", ["commerce.orders.intake", "commerce.orders.waiting", "commerce.pos.intake"])
async def test_figures_of_everybody_are_not_for_buyers(world: App, operation: str) -> None:
    for who in (ANYONE, Actor("guest", ids.new()), Actor("customer", ids.new())):
        with pytest.raises(Forbidden):
            await world.door.ask(who, operation)


async def test_a_shop_shows_itself_and_the_categories_it_fills(world: App, stall: Stall) -> None:
    tree = [
        {"code": "food", "name": "Food"},
        {"code": "tea", "name": "Tea", "parent": "food"},
        {"code": "bare", "name": "Bare"},
    ]
    await world.door.ask(ADMIN, "commerce.catalog.put_categories", categories=tree)
    product = {"code": "T", "name": "Tea", "categories": ["tea"], "variants": [{"sku": "T"}]}
    await world.door.ask(ADMIN, "commerce.catalog.put_products", products=[product])
    await world.door.ask(ADMIN, "commerce.catalog.publish", publications=[{"product": "T", "channel": "WEB-PL"}])
    front = await world.door.ask(ANYONE, "commerce.browse.front", channel="WEB-PL")
    assert (front.code, front.currency, front.display) == ("WEB-PL", "PLN", "gross")
    assert [(each.code, each.path) for each in front.rubrics] == [("food", "food"), ("tea", "food/tea")]
    with pytest.raises(NotFound):
        await world.door.ask(ANYONE, "commerce.browse.front", channel="NOWHERE")


def test_the_first_id_of_an_instant_sorts_before_all_made_from_then_on() -> None:
    at = clock.now()
    assert ids.first(at) <= ids.new()
    assert ids.first(at + timedelta(seconds=1)) > ids.new()
