"""The checkers find damage: each kind of it is done to a row by hand, and has to be reported."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from rynek.app import App
from rynek.bench.sale import _amiss
from rynek.bench.stall import Stall, Stand, set_up
from rynek.kernel.postgres import Cluster
from tests.proof.books import RULES, amiss
from tests.proof.counter import STAFF, full_cart, guest, press

# What is done by hand, by the rule that has to notice.
DAMAGE = {
    "a level is not the sum of its ledger": "update commerce.level set on_hand = on_hand + 1 where sku = 'ITEM-00001'",
    "a level's held units are not the sum of its holds": "update commerce.level set held = held - 1 where held > 0",
    "a ledger or a hold has no level": "delete from commerce.level where sku = 'ITEM-00001'",
    "a warehouse has promised more than it has": "update commerce.level set may_owe = true where sku = 'ITEM-00001'",
    "a cart became two orders": """
        alter table commerce.sales_order drop constraint order_once_per_cart;
        update commerce.sales_order set cart_id = (select min(cart_id::text)::uuid from commerce.sales_order)""",
    "an order's total is not the sum of its lines and its delivery": """
        update commerce.order_line set gross_minor = gross_minor + 1, net_minor = net_minor + 1""",
    "an order's money is not that of its payments": """
        update commerce.sales_order set authorised_minor = authorised_minor + 1""",
    "a payment is not the sum of its ledger": "delete from commerce.payment_entry",
    "an order's payments were not opened for its total": "delete from commerce.payment",
    "a payment has no order": "update commerce.payment set order_id = gen_random_uuid()",
    "an order that waits or is open does not hold its units": "delete from commerce.hold",
    "a shipped order's units did not leave, or another's did": """
        update commerce.sales_order set state = 'shipped' where state = 'open'""",
    "the units of a return are not those in the book": "update commerce.order_line set shipped = 1, returned = 1",
    "an order was announced never or twice": "delete from kernel.event where type = 'orders.order-placed'",
    "an order was announced that there is not": """
        insert into kernel.event (type, key, at, data)
        values ('orders.order-placed', gen_random_uuid()::text, now(), '{}')""",
    "an order's units were not announced as set aside once": """
        insert into kernel.event (type, key, at, data)
        select type, key, at, data from kernel.event where type = 'inventory.stock-held'""",
}


@pytest.fixture(scope="module")
async def shop(world: App) -> App:
    await set_up(world, items=3)
    for _ in range(2):
        who = guest()
        await press(world, who, await full_cart(world, who, ("ITEM-00001", 1), ("ITEM-00002", 2)))
    return world


@pytest.fixture
async def damaged(shop: App, owner_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Give the owner's connection; what was damaged over it is mended from a copy of the tables."""
    owner = await asyncpg.connect(owner_dsn)
    tables = "level stock_entry hold sales_order order_line payment payment_entry".split()
    copied = [("commerce", each) for each in tables] + [("kernel", "event")]
    for schema, table in copied:
        await owner.execute(f"create temporary table {table} as select * from {schema}.{table}")  # noqa: S608 - our own names
    assert await amiss(shop) == []
    yield owner
    await owner.execute("set session_replication_role = replica")
    for schema, table in copied:
        await owner.execute(f"delete from {schema}.{table}")  # noqa: S608 - our own names
        whole = f"insert into {schema}.{table} overriding system value select * from pg_temp.{table}"  # noqa: S608
        await owner.execute(whole)
    assert await amiss(shop) == []
    await owner.close()


def test_every_rule_has_its_damage() -> None:
    assert DAMAGE.keys() == RULES.keys()


@pytest.mark.parametrize("rule", DAMAGE)
async def test_a_damaged_row_is_found(shop: App, damaged: asyncpg.Connection, rule: str) -> None:
    await damaged.execute(DAMAGE[rule])
    assert rule in {line.partition(":")[0] for line in await amiss(shop)}


async def test_the_operations_that_look_find_it_too(shop: App, damaged: asyncpg.Connection) -> None:
    await damaged.execute(
        "update commerce.level set on_hand = on_hand + 1 where sku = 'ITEM-00001' and location = 'WH-1';"
        "update commerce.level set held = held - 1 where sku = 'ITEM-00002' and location = 'WH-1';"
        "update commerce.payment set captured_minor = 1"
    )
    levels = await shop.door.ask(STAFF, "commerce.inventory.unbalanced")
    assert sorted((each.sku, each.on_hand, each.entries, each.held, each.holds) for each in levels) == [
        ("ITEM-00001", 1001, 1000, 2, 2),
        ("ITEM-00002", 1000, 1000, 3, 4),
    ]
    payments = await shop.door.ask(STAFF, "commerce.payments.unbalanced")
    assert [(each.captured_minor, each.captured_entries) for each in payments] == [(1, 0), (1, 0)]


async def test_the_check_of_the_bench_finds_it_too(shop: App, damaged: asyncpg.Connection, cluster: Cluster) -> None:
    stand = Stand(cluster, shop, None, Stall([]))  # type: ignore[arg-type] # nothing is asked over HTTP
    assert await _amiss(stand, 2) == []
    assert await _amiss(stand, 3) == ["3 orders were acknowledged, 2 are stored"]
    for damage, wanted in (
        (
            "update commerce.level set on_hand = on_hand - 1 where sku = 'ITEM-00001' and location = 'WH-1'",
            "level ITEM-00001",
        ),
        (
            "update commerce.level set held = held - 1 where sku = 'ITEM-00002' and location = 'WH-1'",
            "6 units were sold, 5",
        ),
        ("update commerce.payment set authorised_minor = 1", "orders "),
        ("delete from commerce.order_line where line = 1", "4 units were sold"),
    ):
        await damaged.execute(damage)
        found = await _amiss(stand, 2)
        assert any(line.startswith(wanted) for line in found), found


async def test_stock_that_is_read_and_written_back_is_found(
    shop: App, damaged: asyncpg.Connection, owner_dsn: str
) -> None:
    """What the race tests would see if stock moved by reading, adding and writing: two take a unit, one is missed."""
    both = [damaged, await asyncpg.connect(owner_dsn)]

    async def take(end: asyncpg.Connection, turn: asyncio.Barrier) -> None:
        there = await end.fetchval("select on_hand from commerce.level where sku = 'ITEM-00001' and location = 'WH-1'")
        await turn.wait()
        await end.execute(
            "insert into commerce.stock_entry values (now(), 'ITEM-00001', 'WH-1', -1, 'control', 'control')"
        )
        await end.execute(
            "update commerce.level set on_hand = $1 where sku = 'ITEM-00001' and location = 'WH-1'", there - 1
        )

    turn = asyncio.Barrier(2)
    await asyncio.gather(*(take(end, turn) for end in both))
    await both[1].close()
    assert [line.partition(":")[0] for line in await amiss(shop)] == ["a level is not the sum of its ledger"]
