"""Documents on the real database: issued, corrected, asked for, and seen by those whose they are."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from msgspec.structs import asdict

from rynek.app import App
from rynek.commerce.documents import reactions
from rynek.commerce.documents.events import DocumentIssued
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from rynek.kernel.log import Follower
from rynek.security.events import CustomerLoggedIn
from tests.commerce.documents.desk import FINANCE, FIRM, HOME, SELLER, Office, money, opened, series

TWO = (("ITEM-00001", 3), ("BOOK", 2))
GROSS = 3 * 10_01 + 2 * 33_33 + 15_00


@pytest.fixture(scope="module")
async def office(world: App) -> Office:
    return await opened(world)


# --- issuing ----------------------------------------------------------------------------------------------------------


async def test_an_invoice_is_complete_and_announced(office: Office) -> None:
    order = await office.bought(*TWO)
    follower = Follower(office.world.database, DocumentIssued)
    await follower.begin()
    told = await office.ask("issue", FINANCE, order=order, kind="invoice")
    [found] = await office.issued(order)
    assert (told.id, told.name, told.gross_minor) == (found.id, found.name, GROSS)
    assert found.name == f"FV/{found.issued_on.year}/{found.number}"
    assert (found.seller.vat_id, found.buyer.name, found.language) == ("PL5260250274", "Ola Żółć", "pl")
    assert [(each.label, each.net_minor, each.tax_minor, each.gross_minor) for each in found.rates] == [
        ("23%", 36_61, 8_42, 45_03),
        ("8%", 61_72, 4_94, 66_66),
    ]
    assert (found.net_minor, found.tax_minor, found.gross_minor) == (98_33, 13_36, GROSS)
    assert [(e.sku, e.quantity, e.order_line, e.category) for e in found.lines] == [
        ("ITEM-00001", 3, 1, "S"), ("BOOK", 2, 2, "S"), ("DELIVERY", 1, 0, "S"),
    ]  # fmt: skip
    assert (found.paid_minor, found.due_minor, found.due_on) == (0, GROSS, found.issued_on + timedelta(days=14))
    [event] = await follower.news()
    assert (event.data.document, event.data.name, event.data.gross_minor) == (found.id, found.name, GROSS)
    again = await office.refused("issue", FINANCE, order=order, kind="invoice")
    assert (again.code, len(await office.issued(order))) == ("nothing-to-issue", 1)
    await office.sound()


async def test_numbers_go_up_by_one_in_each_series(office: Office) -> None:
    orders = [await office.bought() for _ in range(3)]
    asked = [
        office.ask("issue", FINANCE, order=order, kind=kind) for order in orders for kind in ("invoice", "receipt")
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    made = [each for each in answers if not isinstance(each, BaseException)]
    assert len(made) == 3  # an invoiced order gets no receipt, and one with a receipt an invoice
    assert {each.code for each in answers if isinstance(each, Fault)} <= {"already-invoiced", "nothing-to-issue"}
    await office.sound()


async def test_monthly_numbers_stand_in_their_month(office: Office) -> None:
    monthly = series("FV", pattern="MF/{year}/{month}/{number:4}", reset="monthly") | {"code": "MF", "channels": []}
    await office.ask("put_series", FINANCE, series=[monthly])
    names = []
    for _ in range(2):
        order = await office.bought()
        names.append((await office.ask("issue", FINANCE, order=order, kind="invoice", series="MF")).name)
    day = clock.now()
    assert [name.rpartition("/")[2] for name in names] == ["0001", "0002"]
    assert names[0].startswith(f"MF/{day.year}/")


async def test_what_cannot_be_issued_is_refused_and_takes_no_number(office: Office) -> None:
    order = await office.bought()
    for values, code in (
        ({"order": ids.new(), "kind": "invoice"}, "not-found"),
        ({"order": order, "kind": "invoice", "series": "NONE"}, "series-missing"),
        ({"order": order, "kind": "receipt", "series": "FV"}, "series-missing"),
        ({"order": order, "kind": "final"}, "nothing-to-issue"),
        ({"order": order, "kind": "advance"}, "nothing-to-issue"),  # nothing was paid
    ):
        assert (await office.refused("issue", FINANCE, **values)).code == code, values
    assert await office.issued(order) == []
    await office.sound()


async def test_series_that_have_numbered_keep_their_numbers(office: Office) -> None:
    order = await office.bought()
    await office.ask("issue", FINANCE, order=order, kind="confirmation")
    for change in ({"pattern": "X/{year}/{number}"}, {"reset": "never"}, {"kind": "invoice"}):
        refused = await office.refused("put_series", FINANCE, series=[series("ZAM") | change])
        assert refused.code == "series-in-use", change
    for change, code in (
        ({"code": "NEW", "pattern": "{number}"}, "pattern-unfit"),
        ({"code": "NEW"}, "pattern-unfit"),  # FV has that pattern
        ({"code": "NEW", "pattern": "N/{year}/{number}", "seller": "NOBODY"}, "seller-unknown"),
    ):
        assert (await office.refused("put_series", FINANCE, series=[series("FV") | change])).code == code
    twice = await office.refused("put_series", FINANCE, series=[series("FV"), series("FV")])
    assert twice.code == "invalid"
    assert (
        await office.refused("put_sellers", FINANCE, sellers=[SELLER | {"timezone": "Mars/Base"}])
    ).code == "invalid"


async def test_documents_keep_the_seller_they_were_issued_by(office: Office) -> None:
    order = await office.bought()
    await office.ask("issue", FINANCE, order=order, kind="invoice")
    await office.ask("put_sellers", FINANCE, sellers=[SELLER | {"name": "Another Sp. z o.o."}])
    [kept] = await office.issued(order)
    assert kept.seller.name == "Rynek Sp. z o.o."
    await office.ask("put_sellers", FINANCE, sellers=[SELLER])


# --- advances ---------------------------------------------------------------------------------------------------------


async def test_advances_are_taken_off_the_final_invoice(office: Office) -> None:
    order = await office.bought(*TWO)
    await office.paid(order, 50_00)
    for amount in (20_00, None):  # the second: what was paid and has none yet
        await office.ask("issue", FINANCE, order=order, kind="advance", amount_minor=amount)
    assert (await office.refused("issue", FINANCE, order=order, kind="invoice")).code == "nothing-to-issue"
    final = await office.ask("issue", FINANCE, order=order, kind="final")
    first, second, last = await office.issued(order)
    assert [each.gross_minor for each in (first, second, last)] == [20_00, 30_00, GROSS - 50_00]
    assert [each.document.name for each in last.advances] == [first.name, second.name]
    assert sum(each.gross_minor for each in last.supplied) == GROSS
    whole = (98_33, 13_36, GROSS)
    assert money([first, second, last]) == whole
    assert (final.gross_minor, last.paid_minor, last.due_minor) == (GROSS - 50_00, 0, GROSS - 50_00)
    assert len(first.ordered) == 3
    await office.sound()


async def test_an_advance_over_all_of_it_is_the_invoice(office: Office) -> None:
    order = await office.bought(*TWO)
    await office.paid(order)
    for amount in (11_69, None):
        await office.ask("issue", FINANCE, order=order, kind="advance", amount_minor=amount)
    assert (await office.refused("issue", FINANCE, order=order, kind="final")).code == "nothing-to-issue"
    assert (await office.refused("issue", FINANCE, order=order, kind="advance")).code == "nothing-to-issue"
    first, last = await office.issued(order)
    assert [each.name for each in last.follows] == [first.name]
    assert money([first, last])[2] == GROSS


# --- correcting -------------------------------------------------------------------------------------------------------


async def test_corrections_say_before_and_after_and_the_difference(office: Office) -> None:
    order = await office.bought(*TWO)
    invoice = await office.ask("issue", FINANCE, order=order, kind="invoice")
    one: dict[str, Any] = {"reason": "zwrot", "lines": [{"number": 2, "units": 1}]}
    first = await office.ask("correct", FINANCE, document=invoice.id, **one)
    cheaper: dict[str, Any] = {"reason": "rabat", "lines": [{"number": 1, "minor": 1_00}], "buyer": FIRM}
    await office.ask("correct", FINANCE, document=first.id, **cheaper)
    whole = await office.ask("correct", FINANCE, document=invoice.id, reason="anulowanie", whole=True)
    root, *corrections = await office.issued(order)
    assert [each.gross_minor for each in corrections] == [-33_33, -1_00, -(GROSS - 34_33)]
    assert [each.corrects and each.corrects.name for each in corrections] == [root.name] * 3
    assert [each.previous and each.previous.name for each in corrections] == [None, first.name, corrections[1].name]
    [change] = corrections[0].changes
    assert (change.before.quantity, change.after.quantity, change.gross_minor) == (2, 1, -33_33)
    assert [each.buyer.name for each in corrections] == ["Ola Żółć", FIRM["name"], FIRM["name"]]
    assert whole.gross_minor == corrections[2].gross_minor
    assert money([root, *corrections]) == (0, 0, 0)
    assert (
        await office.refused("correct", FINANCE, document=invoice.id, reason="x", whole=True)
    ).code == "over-corrected"
    await office.sound()


async def test_what_is_wrong_with_a_correction_is_said(office: Office) -> None:
    order = await office.bought(*TWO)
    note = await office.ask("issue", FINANCE, order=order, kind="delivery-note")
    invoice = await office.ask("issue", FINANCE, order=order, kind="invoice")
    for document, values, code in (
        (ids.new(), {"whole": True}, "document-missing"),
        (note.id, {"whole": True}, "not-correctable"),
        (invoice.id, {"lines": [{"number": 1, "units": 4}]}, "over-corrected"),
        (invoice.id, {"lines": [{"number": 1, "minor": 30_04}]}, "over-corrected"),
        (invoice.id, {"lines": [{"number": 9, "units": 1}]}, "invalid"),
        (invoice.id, {"lines": [{"number": 1}]}, "invalid"),
        (invoice.id, {}, "invalid"),
    ):
        refused = await office.refused("correct", FINANCE, document=document, reason="x", **values)
        assert refused.code == code, values
    assert len(await office.issued(order)) == 2


async def test_never_more_is_corrected_than_was_invoiced_whoever_is_first(office: Office) -> None:
    order = await office.bought(("ITEM-00001", 5))
    invoice = await office.ask("issue", FINANCE, order=order, kind="invoice")
    off: dict[str, Any] = {"reason": "zwrot", "lines": [{"number": 1, "units": 1}]}
    answers = await asyncio.gather(
        *(office.ask("correct", FINANCE, document=invoice.id, **off) for _ in range(8)), return_exceptions=True
    )
    refused = [each for each in answers if isinstance(each, Fault)]
    assert [each.code for each in refused] == ["over-corrected"] * 3
    root, *corrections = await office.issued(order)
    assert len(corrections) == 5
    assert money([root, *corrections])[2] == 15_00  # the delivery is left
    assert [line.quantity for line in corrections[-1].lines] == [0, 1]
    await office.sound()


# --- asking for an invoice --------------------------------------------------------------------------------------------


async def test_a_buyer_asks_for_an_invoice_after_the_goods_have_left(office: Office) -> None:
    buyer = Actor("guest", ids.new())
    order = await office.bought(*TWO, who=buyer)
    assert (await office.ask("request", buyer, order=order, buyer=HOME)).document is None
    await office.ask("orders.ship", order=order)
    assert await office.kinds(order) == []
    told = await office.ask("request", buyer, order=order, buyer=FIRM)
    [found] = await office.issued(order)
    assert (told.document.id, found.buyer.vat_id) == (found.id, FIRM["vat_id"])
    assert (await office.refused("request", buyer, order=order, buyer=FIRM)).code == "already-invoiced"
    assert (await office.refused("request", Actor("guest", ids.new()), order=order, buyer=FIRM)).code == "not-found"


async def test_what_came_back_before_is_not_on_an_invoice_asked_for_later(office: Office) -> None:
    order = await office.bought(*TWO)
    await office.ask("orders.ship", order=order)
    back: dict[str, Any] = {"reference": "R-1", "location": "S-1", "lines": [{"line": 1, "units": 2}]}
    await office.ask("orders.take_back", order=order, **back)
    await office.ask("request", FINANCE, order=order, buyer=FIRM)
    await office.heard()  # of the return too: it is not taken off twice
    [found] = await office.issued(order)
    assert [(each.sku, each.quantity) for each in found.lines] == [("ITEM-00001", 1), ("BOOK", 2), ("DELIVERY", 1)]
    assert found.gross_minor == GROSS - 2 * 10_01


async def test_an_invoice_is_asked_for_in_time(office: Office, owner_dsn: str) -> None:
    order = await office.bought()
    await office.ask("orders.ship", order=order)
    owner = await asyncpg.connect(owner_dsn)
    await owner.execute("update commerce.order_entry set at = at - interval '140 days' where order_id = $1", order)
    await owner.close()
    assert (await office.refused("request", FINANCE, order=order, buyer=FIRM)).code == "asked-too-late"
    assert await office.issued(order) == []


async def test_a_receipt_without_a_vat_id_is_followed_by_no_invoice_with_one(office: Office) -> None:
    order = await office.bought()
    await office.ask("orders.ship", order=order)
    receipt = await office.ask("issue", FINANCE, order=order, kind="receipt")
    assert (await office.refused("request", FINANCE, order=order, buyer=FIRM)).code == "receipt-given"
    await office.ask("request", FINANCE, order=order, buyer=HOME)
    [_, invoice] = await office.issued(order)
    assert [each.name for each in invoice.follows] == [receipt.name]


# --- currencies and large sums ----------------------------------------------------------------------------------------


async def test_vat_is_told_in_the_sellers_currency(office: Office) -> None:
    await office.ask("put_sellers", FINANCE, sellers=[SELLER | {"code": "EURO", "currency": "EUR"}])
    fe = series("FV", pattern="EU/{year}/{number}") | {"code": "EU", "seller": "EURO", "channels": []}
    await office.ask("put_series", FINANCE, series=[fe])
    order = await office.bought(*TWO)
    assert (await office.refused("issue", FINANCE, order=order, kind="invoice", series="EU")).code == "rate-unknown"
    today = clock.now().date()
    rates = [
        {"currency": "PLN", "local": "EUR", "day": str(today + timedelta(days=ahead)), "millionths": millionths}
        for ahead, millionths in ((-9, 900_000), (-2, 230_000), (1, 100_000))
    ]
    await office.ask("put_exchange_rates", FINANCE, rates=rates)
    await office.ask("issue", FINANCE, order=order, kind="invoice", series="EU")
    [found] = await office.issued(order)
    assert found.exchange is not None
    assert (found.exchange.millionths, found.exchange.source) == (230_000, "NBP")
    assert [each.local_tax_minor for each in found.rates] == [1_94, 1_14]
    assert len(await office.ask("exchange_rates", FINANCE, currency="PLN")) == 3


async def test_large_invoices_of_companies_say_split_payment(office: Office) -> None:
    for units, expected in ((449, False), (450, True)):
        order = await office.bought(("BOOK", units))
        await office.ask("request", FINANCE, order=order, buyer=FIRM)
        await office.ask("issue", FINANCE, order=order, kind="invoice")
        [found] = await office.issued(order)
        assert found.split_payment is expected, found.gross_minor


# --- seen by those whose they are -------------------------------------------------------------------------------------


async def test_documents_are_found(office: Office) -> None:
    order = await office.bought()
    made = await office.ask("issue", FINANCE, order=order, kind="invoice")
    [mine] = await office.ask("documents", FINANCE, find=made.name.lower())
    assert (mine.id, mine.order, mine.buyer) == (made.id, order, "Ola Żółć")
    today = str(mine.issued_on)
    for wanted, found in (
        ({"order": order, "kind": "invoice", "series": "FV", "since": today, "until": today}, 1),
        ({"order": order, "kind": "receipt"}, 0),
        ({"order": order, "find": "ola ż"}, 1),
        ({"order": order, "until": "2020-01-01"}, 0),
        ({"order": order, "before": made.id}, 0),
    ):
        assert len(await office.ask("documents", FINANCE, **wanted)) == found, wanted


async def test_guests_who_log_in_keep_their_documents(office: Office) -> None:
    guest = Actor("guest", ids.new())
    order = await office.bought(who=guest)
    await office.ask("issue", FINANCE, order=order, kind="invoice")
    customer = Actor("customer", ids.new())
    for _ in range(2):
        async with office.world.database.transaction("commerce") as tx:
            await reactions.hand_over(tx, CustomerLoggedIn(customer.id, guest.id))
    assert await office.ask("documents", guest, order=order) == []
    assert len(await office.ask("documents", customer, order=order)) == 1


async def test_a_document_cannot_be_changed(office: Office, owner_dsn: str, database: Any) -> None:
    order = await office.bought()
    made = await office.ask("issue", FINANCE, order=order, kind="invoice")
    for change in ("update commerce.document set body = '{}'", "delete from commerce.document"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction("commerce") as tx:
                await tx.execute(change)
    shown = await office.ask("document", FINANCE, document=made.id)
    assert len(shown.sha256) == 64
    assert asdict(shown.document)["name"] == made.name


DAMAGE = {
    "gaps": "delete from commerce.document where number = 2 and series = 'FV'",
    "a lost counter": "delete from commerce.document_counter where series = 'FV'",
    "a counter that ran ahead": "update commerce.document_counter set last = last + 1 where series = 'FV'",
    "a changed body": "update commerce.document set body = replace(body::text, 'Kr', 'X')::json where number = 1",
    "changed sums": """update commerce.document set gross_minor = gross_minor + 1, net_minor = net_minor + 1
        where number = 1""",
    "another number": "update commerce.document set number = 999999 where number = 1 and series = 'FV'",
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_what_is_amiss_is_found(office: Office, owner_dsn: str, damage: str) -> None:
    """The control: each kind of damage is done by hand, and has to be told."""
    for _ in range(2):
        await office.ask("issue", FINANCE, order=await office.bought(), kind="invoice")
    await office.sound()
    owner = await asyncpg.connect(owner_dsn)
    tables = ("document", "document_counter")
    for table in tables:
        await owner.execute(f"create temporary table {table} as select * from commerce.{table}")  # noqa: S608
    await owner.execute(DAMAGE[damage])
    found = await office.ask("amiss", FINANCE)
    for table in tables:
        await owner.execute(f"delete from commerce.{table}")  # noqa: S608
        await owner.execute(f"insert into commerce.{table} overriding system value select * from pg_temp.{table}")  # noqa: S608
    await owner.close()
    assert found.gaps or found.marred
    if damage == "gaps":
        assert [(each.series, each.missing) for each in found.gaps] == [("FV", [2])]
    await office.sound()
