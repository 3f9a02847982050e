"""One invoice for what a company got in a period: each shipment once, on its terms, and adding up with what it owes."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.commerce import companies
from rynek.commerce.companies.events import PaymentOverdue
from rynek.commerce.companies.reactions import note_shipped, release, remind
from rynek.commerce.documents import billing, reactions
from rynek.commerce.documents.model import Bill, Claimed, Document
from rynek.commerce.orders.events import Item, OrderChanged, OrderCredited, UnitsReturned, UnitsShipped
from rynek.commerce.payments import settle_due
from rynek.commerce.payments.events import PaymentVoided
from rynek.commerce.payments.reactions import give_back_what_is_credited, give_back_what_is_too_much
from rynek.kernel import clock, ids, jobs
from rynek.kernel.events import TYPES, Envelope
from rynek.kernel.faults import Conflict
from rynek.kernel.log import Follower
from rynek.kernel.settings import Settings
from tests.commerce.companies.conftest import Firm, cart_of, firm, place
from tests.commerce.documents.desk import FINANCE, Office, opened

MAY = datetime(2026, 5, 12, 10, tzinfo=UTC)
JUNE = datetime(2026, 6, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
async def office(world: App) -> Office:
    found = await opened(world)
    await found.give(FV="asked", PA="everybody")
    return found


async def bought(office: Office, of: Firm, *wants: tuple[str, int]) -> UUID:
    with clock.at(MAY):
        placed = await place(office.world, of.buyer, await cart_of(office.world, of.buyer, *wants))
    order: UUID = placed.order
    return order


async def left(office: Office, order: UUID, reference: str, *items: tuple[str, int], at: datetime = MAY) -> None:
    """Let units leave, told twice."""
    picks = [{"sku": sku, "location": "WH-1", "units": units} for sku, units in items]
    with clock.at(at):
        await office.ask("orders.ship_part", order=order, reference=reference, picks=picks)
    event = UnitsShipped(order, reference, 1, [Item(sku, units, 1) for sku, units in items])
    await told(office, note_shipped, event, event, at=at)


async def told(office: Office, act: Any, *events: Any, at: datetime = JUNE) -> None:
    news = [Envelope("1-1", TYPES[type(each)].name, "x", at, each) for each in events]
    for _ in range(2):
        async with office.world.database.transaction("commerce") as tx:
            await act(tx, news)


async def billed(office: Office, of: Firm, at: datetime = JUNE) -> list[Document]:
    with clock.at(at):
        issued = await office.ask("bill", FINANCE, company=of.id)
    return [(await office.ask("document", FINANCE, document=each.id)).document for each in issued]


async def claims(office: Office, of: Firm, at: datetime = JUNE) -> list[Claimed]:
    with clock.at(at):
        found: list[Claimed] = await office.ask("claims", FINANCE, company=of.id)
    return found


async def owes(office: Office, of: Firm) -> int:
    shown = await office.ask("companies.company", company=of.id)
    return shown.account.exposure_minor  # type: ignore[no-any-return]


async def test_a_month_is_one_invoice_previewed_and_then_issued_once(office: Office) -> None:
    of = await firm(office.world, 10_000_00, invoicing="month", terms_days=21)
    one = await bought(office, of, ("ITEM-00001", 3))
    two = await bought(office, of, ("ITEM-00002", 2), ("BOOK", 1))
    await left(office, one, "P-1", ("ITEM-00001", 2))
    await left(office, two, "P-1", ("ITEM-00002", 2), ("BOOK", 1))
    await left(office, one, "P-2", ("ITEM-00001", 1), at=JUNE)  # June's
    with clock.at(MAY + timedelta(days=1)):
        assert await office.ask("bills", FINANCE, company=of.id) == []  # May is not over
    with clock.at(JUNE):
        [seen] = await office.ask("bills", FINANCE, company=of.id)
    assert isinstance(seen, Bill)
    [invoice] = await billed(office, of)
    assert await billed(office, of) == []
    worth = 2 * 10_01 + 15_00 + 2 * 10_02 + 33_33 + 15_00
    assert (seen.gross_minor, invoice.gross_minor, invoice.due_minor) == (worth, worth, worth)
    assert [(each.order, each.gross_minor) for each in invoice.orders] == [
        (one, 2 * 10_01 + 15_00), (two, 2 * 10_02 + 33_33 + 15_00),
    ]  # fmt: skip
    assert (invoice.due_on, seen.due_on) == (JUNE.date() + timedelta(days=21),) * 2
    assert sum(rate.gross_minor for rate in invoice.rates) == sum(line.gross_minor for line in invoice.lines) == worth
    assert {rate.label for rate in invoice.rates} == {"23%", "8%"}
    for order in (one, two):
        assert [each.id for each in await office.issued(order)] == [invoice.id]
    assert len(await office.ask("documents", of.buyer)) == 0  # a buyer sees none of the company's money
    [rest] = await billed(office, of, datetime(2026, 7, 1, tzinfo=UTC))
    assert (rest.gross_minor, [each.order for each in rest.orders]) == (10_01, [one])
    assert worth + 10_01 == await owes(office, of)
    for form in ("html", "pdf", "json"):
        await office.ask("download", FINANCE, document=invoice.id, form=form)
    await office.sound()


async def test_what_comes_back_or_is_credited_is_not_invoiced_or_is_corrected(office: Office) -> None:
    of = await firm(office.world, 10_000_00, invoicing="month")
    one, two = await bought(office, of, ("ITEM-00003", 3)), await bought(office, of, ("ITEM-00003", 2))
    await left(office, one, "P-1", ("ITEM-00003", 3))
    await left(office, two, "P-1", ("ITEM-00003", 2))
    lines = [{"line": 1, "units": 1}]
    await office.ask("orders.take_back", order=one, reference="R-1", location="WH-1", lines=lines)
    await office.ask("orders.credit", order=one, reference="R-1", minor=10_03, why="came back")
    await office.ask("orders.credit", order=two, reference="C-1", minor=5_00, why="sorry")
    [invoice] = await billed(office, of)
    assert [each.gross_minor for each in invoice.orders] == [2 * 10_03 + 15_00, 2 * 10_03 + 15_00 - 5_00]
    came = UnitsReturned(one, "R-1", "WH-1", 0, [Item("ITEM-00003", 1, 0)])
    await told(office, reactions.follow, came, OrderCredited(one, "R-1", 1, "?"))  # heard late
    assert len(await office.issued(one)) == 1
    await office.ask("orders.take_back", order=one, reference="R-2", location="WH-1", lines=lines)
    await office.ask("orders.credit", order=one, reference="R-2", minor=10_03, why="came back")
    came = UnitsReturned(one, "R-2", "WH-1", 0, [Item("ITEM-00003", 1, 0)])
    await told(office, reactions.follow, came, OrderCredited(one, "R-2", 1, "?"))
    _, correction = await office.issued(one)
    assert (correction.gross_minor, correction.corrects and correction.corrects.id) == (-10_03, invoice.id)
    assert len(await office.issued(two)) == 1
    by_hand = await office.ask(
        "correct", FINANCE, document=invoice.id, reason="price", lines=[{"number": 3, "minor": 1_00}]
    )
    assert by_hand.gross_minor == -1_00
    assert len(await office.issued(two)) == 2
    both = {"document": invoice.id, "reason": "?", "lines": [{"number": 1, "units": 1}, {"number": 3, "units": 1}]}
    assert (await office.refused("correct", FINANCE, **both)).code == "invalid"
    # the balance: what invoices are still to bring is what the company owes, once its promise was lowered
    for order in (one, two):
        await told(office, give_back_what_is_credited, OrderCredited(order, "?", 1, "?"))
    await settle_due(office.world.database, 100)
    for order in (one, two):
        await told(office, release, PaymentVoided(order, ids.new(), "manual", "invoice", "PLN", 1))
    [claim] = await claims(office, of)
    assert claim.open_minor == await owes(office, of) - 1_00  # what was corrected by hand is yet to be credited
    async with office.world.database.transaction("commerce") as tx:
        assert [each for each in await companies.unbalanced(tx) if each.company == of.id] == []
    await office.sound()


async def test_an_order_that_shrinks_is_owed_less(office: Office) -> None:
    of = await firm(office.world, 10_000_00, invoicing="month")
    order = await bought(office, of, ("ITEM-00004", 3))
    lines = [{"line": 1, "units": 2}]
    await office.ask("orders.strike", order=order, reference="S-1", reason="less", lines=lines)
    await told(office, give_back_what_is_too_much, OrderChanged(order, "S-1", 0, [], []))
    await settle_due(office.world.database, 100)
    await told(office, release, PaymentVoided(order, ids.new(), "manual", "invoice", "PLN", 1))
    assert await owes(office, of) == 10_04 + 15_00


async def test_of_many_who_invoice_at_once_one_does(office: Office) -> None:
    of = await firm(office.world, 10_000_00, invoicing="week")
    orders = [await bought(office, of, ("ITEM-00005", n)) for n in (1, 2, 3)]
    for n, order in enumerate(orders, 1):
        await left(office, order, "P-1", ("ITEM-00005", n))

    async def run(hand: bool) -> int:  # noqa: FBT001
        try:
            if hand:
                return len(await billed(office, of))
            with clock.at(JUNE):
                async with office.world.database.transaction("commerce") as tx:
                    await billing.bill_one(tx, company=of.id)
        except Conflict:  # whoever came second may be told so
            return 0
        return 0

    await asyncio.gather(*(run(n % 2 == 0) for n in range(8)))
    [claim] = await claims(office, of)
    assert claim.minor == 6 * 10_05 + 3 * 15_00
    assert {len(await office.issued(order)) for order in orders} == {1}


async def test_it_is_invoiced_by_itself_when_the_period_is_over(office: Office) -> None:
    of = await firm(office.world, 10_000_00, invoicing="week")
    order = await bought(office, of, ("ITEM-00006", 1))
    await left(office, order, "P-1", ("ITEM-00006", 1))
    with clock.at(JUNE):
        for _ in range(2):
            async with office.world.database.transaction("commerce") as tx:
                await billing.bill_all(tx)
        for _ in range(50):
            if not await jobs.advance(office.world.database, "commerce"):
                break
    assert [each.kind for each in await office.issued(order)] == ["invoice"]


async def test_what_is_paid_pays_the_oldest_first_and_who_is_late_is_reminded_once_each_time(office: Office) -> None:
    of = await firm(office.world, 10_000_00, invoicing="month", terms_days=7)
    order = await bought(office, of, ("ITEM-00007", 3))
    await left(office, order, "P-1", ("ITEM-00007", 1))
    await billed(office, of)
    await left(office, order, "P-2", ("ITEM-00007", 2), at=JUNE)
    july = datetime(2026, 7, 2, tzinfo=UTC)
    await billed(office, of, july)
    await office.paid(order, 30_00)
    await told(office, release, PaymentVoided(order, ids.new(), "manual", "invoice", "PLN", 1))
    found = await claims(office, of, july + timedelta(days=8))
    assert [(each.minor, each.open_minor, each.overdue) for each in found] == [
        (20_14, 15_21, True), (25_07, 0, False),
    ]  # fmt: skip
    assert sum(each.open_minor for each in found) == await owes(office, of)
    follower = Follower(office.world.database, PaymentOverdue)
    await follower.begin()
    for days in (7, 8, 8, 14, 30, 31):  # due on 9 July
        with clock.at(july + timedelta(days=days)):
            late = await office.ask("companies.overdue", FINANCE, company=of.id)
            assert [each.open_minor for each in late] == ([15_21] if days > 7 else [])
            async with office.world.database.transaction("commerce") as tx:
                await remind(tx)
    mine = [each.data for each in await follower.news() if each.data.company == of.id]
    assert [(each.minor, each.reminder) for each in mine] == [(15_21, 1), (15_21, 2), (15_21, 3)]


async def test_an_invoice_beyond_what_the_order_comes_to_is_noticed(office: Office) -> None:
    """The control of the balance on live data."""
    of = await firm(office.world, 10_000_00, invoicing="month")
    order = await bought(office, of, ("ITEM-00008", 1))
    await left(office, order, "P-1", ("ITEM-00008", 1))
    await billed(office, of)
    await office.sound()
    assert (await office.ask("amiss", FINANCE)).excessive == []
    async with office.world.database.transaction("commerce") as tx:
        await tx.execute("update commerce.sales_order set total_minor = total_minor - 1 where id = $1", order)
    [wrong] = (await office.ask("amiss", FINANCE)).excessive
    assert wrong.id == order
    async with office.world.database.transaction("commerce") as tx:
        await tx.execute("update commerce.sales_order set total_minor = total_minor + 1 where id = $1", order)


BILLER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from rynek.app import App
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.settings import Settings

async def main(dsn, folder, *them):
    app = await App.open(Settings(folder=Path(folder), database=dsn, connections=4))
    print("open", flush=True)
    with clock.at(datetime(2026, 6, 3, 10, tzinfo=UTC)):
        for company in them:
            who = Actor("staff", ids.new(), frozenset({"finance"}))
            await app.door.ask(who, "commerce.documents.bill", company=UUID(company))
    await app.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_killed_while_it_invoices_each_shipment_is_on_one_invoice(
    office: Office, settings: Settings, tmp_path: Path
) -> None:
    firms = [await firm(office.world, 10_000_00, invoicing="month") for _ in range(8)]
    orders = [await bought(office, of, ("ITEM-00009", 1)) for of in firms]
    for order in orders:
        await left(office, order, "P-1", ("ITEM-00009", 1))
    program = tmp_path / "biller.py"
    program.write_text(BILLER)
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(program), str(settings.database), str(settings.folder), *(str(of.id) for of in firms),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readline(), 60)
        await asyncio.sleep(0.15)
        process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]
    for of in firms:
        await billed(office, of)
        [claim] = await claims(office, of)
        assert claim.minor == 10_09 + 15_00 == await owes(office, of)
    assert [len(await office.issued(order)) for order in orders] == [1] * 8
    await office.sound()
