"""Killed (SIGKILL) at every commit and every answer of pay → ship → capture → refund: after it all books agree."""

import asyncio
import sys
from pathlib import Path

from rynek.app import App
from rynek.commerce import orders, payments
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.settings import Settings
from tests.commerce.documents.desk import FINANCE, SELLER, series
from tests.commerce.payments import shop
from tests.commerce.payments.dying import heard
from tests.commerce.payments.shop import SECRET, Bank, Order, balance, card, settled, sums
from tests.commerce.payments.test_parcels import EACH, parted, ship_one

UNITS = 2
TOTAL = 230
BOUNDARIES = 110
"""More than there are: the last process comes through."""


async def test_wherever_it_dies_money_goods_and_documents_agree_after_it(
    world: App, door: Door, bank: Bank, database: Database, settings: Settings
) -> None:
    await door.ask(FINANCE, "commerce.documents.put_sellers", sellers=[SELLER])
    given = [series("FV", "everybody"), series("FK", "everybody")]
    await door.ask(FINANCE, "commerce.documents.put_series", series=given)
    await shop.react(database)  # enrols the reactions
    lots = [await parted(database, card(TOTAL), units=UNITS) for _ in range(BOUNDARIES)]
    died = await _played(settings.database, bank, lots)
    assert died, "nobody died"
    assert died < len(lots), f"the play has more than {len(lots)} boundaries"
    for order in lots:  # whoever asked asks again
        async with database.transaction("commerce") as tx:
            await payments.authorise_soon(tx, order.id)
    await settled(database)
    for order in lots:
        for number in range(UNITS):
            await ship_one(database, order.id, f"P-{number}")
        async with database.transaction("commerce") as tx:
            await orders.credit(tx, order.id, orders.Credit("C-1", 50, "late"))
    for _ in range(4):
        await shop.react(database)
        await heard(database)
        await settled(database)
    for number, order in enumerate(lots):
        where = f"killed at boundary {number}"
        # what is credited before it is taken is let go instead of given back
        [theirs], ours = await bank.charges(order), await sums(database, order.payment)
        assert theirs == ours, where
        promised, taken, let_go, back = ours
        assert (promised, taken + let_go, taken - back) == (TOTAL, TOTAL, TOTAL - 50), where
        money = await balance(database, order)
        assert (money.state, money.captured_minor - money.refunded_minor) == ("shipped", TOTAL - 50), where
        async with database.transaction("commerce") as tx:
            lines = await tx.value("select shipped from commerce.order_line where order_id = $1", order.id)
            kept = await tx.value("select count(*) from commerce.hold where holder = $1", order.id)
            left = await tx.value(
                "select -sum(units) from commerce.stock_entry where reference like $1", f"{order.id}/%"
            )
            papers = await tx.value("select sum(gross_minor) from commerce.document where order_id = $1", order.id)
        assert (lines, kept, left, papers) == (UNITS, 0, UNITS, UNITS * EACH - 50), (
            where
        )  # nothing agreed names the delivery
    async with database.transaction("commerce") as tx:
        assert await payments.unbalanced(tx) == []


async def _played(database: str, bank: Bank, lots: list[Order]) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.commerce.payments.dying", str(database),
        f"http://{bank.host}:{bank.port}", SECRET.hex(), *(str(order.id) for order in lots),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert process.stdout is not None
    told = (await asyncio.wait_for(process.stdout.read(), 300)).split()
    await process.wait()
    process._transport.close()  # type: ignore[attr-defined]
    return int(told[-1])
