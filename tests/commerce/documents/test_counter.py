"""Invoices to receipts of tills, and what follows when goods come back: once, as the law has it, to the minor unit."""

import asyncio
import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rynek.app import App
from rynek.bench.stall import KEEPER
from rynek.commerce import pos
from rynek.commerce.documents import drafting, rules, tills
from rynek.commerce.documents.counter import take_note
from rynek.commerce.documents.model import Document, Issued, Seller, Series
from rynek.commerce.documents.sales import Frame, Wanted
from rynek.commerce.documents.stored import TillRow
from rynek.commerce.pos import rules as pos_rules
from rynek.commerce.pos.events import GoodsReturned
from rynek.commerce.pos.model import Returnable
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from tests.commerce.documents.desk import ADMIN, FINANCE, FIRM, HOME, KINDS, SELLER, Office, money, opened, series

CLERK = Actor("staff", ids.new(), frozenset({"store"}), "S-1")
ELSEWHERE = Actor("staff", ids.new(), frozenset({"store"}), "S-2")
NIP = FIRM["vat_id"]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def office(world: App) -> Office:
    made = await opened(world)
    tills_ = {"code": "POS-PL", "name": "Kasy", "kind": "pos", "currency": "PLN", "country": "PL", "locale": "pl"}
    await world.door.ask(KEEPER, "commerce.catalog.put_channels", channels=[tills_])
    places = [{"code": code, "name": code, "kind": "store"} for code in ("S-1", "S-2")]
    await world.door.ask(KEEPER, "commerce.inventory.put_locations", locations=places)
    given_ = {"FV": "asked", "ZW": "everybody"}
    every = [series(code, given_.get(code, "nobody")) | {"channels": ["WEB-PL", "POS-PL"]} for code in KINDS]
    await made.ask("put_series", FINANCE, series=every)
    return made


async def sold(office: Office, *lines: dict[str, Any], days: int = 0, **more: Any) -> dict[str, Any]:
    """Sell over a till; gives what names the receipt."""
    number, amount = next(_numbers), sum(line["amount"] for line in lines)
    await office.ask(
        "pos.sell", KEEPER, store="S-1", till="7", number=number, sold_at=clock.now() - timedelta(days=days),
        currency="PLN", lines=list(lines), tenders=[{"method": "card", "amount": amount}], **more,
    )  # fmt: skip
    return {"store": "S-1", "till": "7", "number": number}


def line(sku: str, quantity: int, amount: int, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "amount": amount, **more}


async def back(office: Office, receipt: dict[str, Any], *units: tuple[int, int]) -> GoodsReturned:
    """Take goods back over the counter; gives what was announced of it."""
    named = {"sold_at": receipt["store"], "till": receipt["till"], "number": receipt["number"]}
    lines = [{"line": at, "units": n} for at, n in units]
    made = await office.ask("pos.take_back", CLERK, store="S-1", reference=ids.new().hex, lines=lines, **named)
    async with office.world.database.transaction("commerce") as tx:
        body = await tx.value(
            "select data::text from kernel.event where type = 'pos.goods-returned' and (data ->> 'number')::int = $1",
            made.number,
        )
    return msgspec.json.decode(body, type=GoodsReturned)


async def hear(office: Office, *news: GoodsReturned) -> None:
    for each in news:
        async with office.world.database.transaction("commerce") as tx:
            await take_note(tx, each)


async def papers(office: Office, receipt: dict[str, Any]) -> list[Document]:
    found = await office.ask("receipt_papers", CLERK, **receipt)
    return [(await office.ask("document", CLERK, document=each.id)).document for each in reversed(found.documents)]


async def test_a_taxpayer_whose_receipt_bears_the_nip_gets_one_invoice_however_many_ask(office: Office) -> None:
    receipt = await sold(
        office, line("ITEM-00001", 3, 600_00, discounts=[{"kind": "retail", "amount": 30_00}]), line("BOOK", 2, 66_66),
        line("ITEM-00002", 1, -66_66, kind="coupon"), vat_id=NIP,
    )  # fmt: skip
    asked = {"buyer": FIRM, "total_minor": 600_00}
    calls = [office.ask("invoice_receipt", who, **receipt, **asked) for who in (CLERK, ADMIN, CLERK, FINANCE)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    [made] = [each for each in answers if isinstance(each, Issued)]
    assert {each.code for each in answers if isinstance(each, Fault)} == {"already-invoiced"}
    [invoice] = await papers(office, receipt)
    assert (invoice.name, invoice.gross_minor, invoice.paid_minor, invoice.due_minor) == (made.name, 600_00, 600_00, 0)
    assert [(each.label, each.gross_minor) for each in invoice.rates] == [("23%", 540_01), ("8%", 59_99)]
    assert [each.tax_minor for each in invoice.rates] == [
        rules.vat(540_00, 2300, "gross"),
        rules.vat(60_00, 800, "gross"),
    ]
    assert (invoice.receipt.number if invoice.receipt else 0, invoice.order_number) == (receipt["number"],) * 2
    for form, start in (("pdf", b"%PDF"), ("html", b"<!doctype")):
        assert (await office.ask("download", CLERK, document=made.id, form=form)).body.startswith(start)
    assert (await office.refused("download", ELSEWHERE, document=made.id, form="pdf")).status == 404
    assert (await office.refused("receipt_papers", ELSEWHERE, **receipt)).status == 403
    today = {"since": clock.now().date() - timedelta(days=1), "until": clock.now().date() + timedelta(days=1)}
    [told] = [
        each for each in await office.ask("receipt_invoices", FINANCE, **today) if each.number == receipt["number"]
    ]
    assert (told.document, told.gross_minor, told.vat_id) == (made.id, 600_00, NIP)
    await office.sound()


async def test_the_law_says_who_gets_no_invoice(office: Office) -> None:
    refused, dear = office.refused, line("ITEM-00001", 1, 450_01)
    plain, named = await sold(office, dear), await sold(office, dear, vat_id=NIP)
    asked = {"total_minor": 450_01}
    assert (await refused("invoice_receipt", CLERK, **plain, buyer=FIRM, **asked)).code == "receipt-given"
    assert (await refused("invoice_receipt", CLERK, **named, buyer=HOME, **asked)).code == "receipt-given"
    other = FIRM | {"vat_id": SELLER["vat_id"]}
    assert (await refused("invoice_receipt", CLERK, **named, buyer=other, **asked)).code == "receipt-given"
    wrong = FIRM | {"vat_id": "PL7740001455"}
    assert (await refused("invoice_receipt", CLERK, **named, buyer=wrong, **asked)).code == "vat-id-wrong"
    small = await sold(office, line("ITEM-00001", 1, 450_00), vat_id=NIP)
    told = await refused("invoice_receipt", CLERK, **small, buyer=FIRM, total_minor=450_00)
    assert told.code == "receipt-is-invoice"
    assert (await office.ask("receipt_papers", CLERK, **small)).simplified
    late = await sold(office, line("ITEM-00001", 1, 5_00), days=130)
    assert (await refused("invoice_receipt", CLERK, **late, buyer=HOME, total_minor=5_00)).code == "asked-too-late"
    assert (await refused("invoice_receipt", ELSEWHERE, **plain, buyer=HOME, **asked)).code == "forbidden"
    unknown = await sold(office, line("NO-SUCH", 1, 5_00))
    assert (await refused("invoice_receipt", CLERK, **unknown, buyer=HOME, total_minor=5_00)).code == "tax-unknown"
    printed = await sold(office, line("NO-SUCH", 1, 5_00, rate_bp=500), line("BOTTLE", 1, 50, kind="deposit"))
    await office.ask("invoice_receipt", CLERK, **printed, buyer=HOME, total_minor=5_50)
    [invoice] = await papers(office, printed)
    assert [(each.label, each.tax_minor, each.gross_minor) for each in invoice.rates] == [
        ("5%", 24, 5_00),
        ("np", 0, 50),
    ]
    assert await papers(office, plain) == []


async def test_a_buyer_proves_by_what_was_paid_that_the_receipt_is_in_hand(office: Office) -> None:
    ola, ivo = Actor("customer", ids.new()), Actor("guest", ids.new())
    hers, anybodys = (
        await sold(office, line("BOOK", 1, 33_33), customer=ola.id),
        await sold(office, line("BOOK", 1, 33_33)),
    )
    asked = {"buyer": HOME, "total_minor": 33_33}
    assert (await office.refused("invoice_receipt", ivo, **hers, **asked)).status == 404
    assert (await office.refused("invoice_receipt", ivo, **anybodys, buyer=HOME, total_minor=33_34)).status == 404
    assert (await office.refused("invoice_receipt", ivo, **anybodys | {"number": 10**9}, **asked)).status == 404
    for who, receipt in ((ola, hers), (ivo, anybodys)):
        made = await office.ask("invoice_receipt", who, **receipt, **asked)
        assert (await office.ask("document", who, document=made.id)).document.buyer.name == HOME["name"]
        assert (await office.refused("document", Actor("guest", ids.new()), document=made.id)).status == 404
        assert (await office.refused("issue", FINANCE, order=made.id, kind="receipt")).status == 404


async def test_what_comes_back_is_corrected_to_what_was_handed_out_in_any_order_and_once(office: Office) -> None:
    receipt = await sold(office, line("ITEM-00001", 3, 1_000_00), line("BOOK", 3, 100_00), vat_id=NIP)
    first = await back(office, receipt, (1, 1), (2, 1))  # before anybody asked for the invoice
    await office.ask("invoice_receipt", CLERK, **receipt, buyer=FIRM, total_minor=1_100_00)
    second, third = await back(office, receipt, (1, 1)), await back(office, receipt, (1, 1), (2, 2))
    await hear(office, third, first, second, second, third, first)
    documents = await papers(office, receipt)
    assert sorted(each.kind for each in documents) == ["correction"] * 2 + ["invoice"] + ["return-slip"] * 3
    slips = [each for each in documents if each.kind == "return-slip"]
    handed = {f"S-1/RETURNS/{each.number}": each.amount_minor for each in (first, second, third)}
    assert {each.shipment: each.gross_minor for each in slips} == handed
    assert money(slips)[2] == 1_100_00
    taxed = [each for each in documents if each.kind != "return-slip"]
    assert (taxed[0].gross_minor, money(taxed)) == (1_100_00 - first.amount_minor, (0, 0, 0))
    assert all(rate.tax_minor == rules.vat(rate.gross_minor, rate.rate_bp, "gross") for rate in taxed[0].rates)
    page = (await office.ask("download", CLERK, document=slips[0].id, form="html", language="en")).body.decode()
    assert "Till receipt" in page
    assert "To be returned" in page
    await office.sound()


async def test_without_an_invoice_there_is_the_slip_alone(office: Office) -> None:
    receipt = await sold(office, line("BOOK", 2, 66_66))
    event = await back(office, receipt, (1, 1))
    await hear(office, event, event)
    [slip] = await papers(office, receipt)
    assert (slip.kind, slip.gross_minor, slip.tax_minor) == ("return-slip", 33_33, rules.vat(33_33, 800, "gross"))
    await back(office, receipt, (1, 1))
    told = await office.refused("invoice_receipt", CLERK, **receipt, buyer=HOME, total_minor=66_66)
    assert told.code == "nothing-to-issue"


# --- rules ------------------------------------------------------------------------------------------------------------

_AT = datetime(2026, 11, 23, tzinfo=UTC)


@given(st.dates(date(2025, 1, 1), date(2028, 1, 1)), st.sampled_from("PLN EUR USD".split()), st.integers(0, 600_00),
       st.sampled_from([None, "PL7740001454", "DE123456789"]))  # fmt: skip
def test_a_receipt_is_an_invoice_itself_only_with_a_nip_for_little_and_until_2026(
    day: date, currency: str, minor: int, vat_id: str | None
) -> None:
    most = {"PLN": 450_00, "EUR": 100_00}.get(currency, -1)
    fits = minor <= most and day.year <= 2026 and vat_id == "PL7740001454"
    assert rules.simplified(day, currency, minor, vat_id) == fits


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 99_99), st.sampled_from([2300, 800, 0])), min_size=1,
                max_size=4), st.integers(0, 50_00), st.data())  # fmt: skip
def test_an_invoice_and_its_corrections_are_the_receipt_less_what_was_handed_out(
    lines: list[tuple[int, int, int]], coupon: int, data: Any
) -> None:
    wrote = [pos.Line(f"A-{n}", quantity, minor, rate_bp=rate) for n, (quantity, minor, rate) in enumerate(lines)]
    wrote.append(pos.Line("OFF", 1, -min(coupon, sum(each.amount for each in wrote)), "coupon"))
    paid = pos.paid(wrote)
    assert sum(paid) == sum(each.amount for each in wrote)
    returns: list[list[pos.Returned]] = []
    gone: dict[int, int] = {}
    for _ in range(3):
        event = []
        for at, (there, minor) in enumerate(zip(lines, paid, strict=False), 1):
            left = Returnable(at, "A", there[0], there[0] - gone.get(at, 0), minor)
            units = data.draw(st.integers(0, left.left))
            if units:
                event.append(pos.Returned(at, f"A-{at - 1}", units, pos_rules.share(left, units)))
                gone[at] = gone.get(at, 0) + units
        returns.append(event)
    early = data.draw(st.integers(0, 3))  # so many came back before the invoice
    at_first = _units(returns[:early])
    row = TillRow(
        ids.new(), "S-1", "1", 1, ids.new(), "PLN", sum(paid), _AT, None, msgspec.json.encode(wrote).decode(), "[]",
        msgspec.json.encode(at_first).decode(), "POS-PL", "PL",
    )  # fmt: skip
    of = Series(code="FV", kind="invoice", seller="R", pattern="{number}")
    frame = Frame(of, Seller(code="R", name="R", street="R", city="R"), _AT, "pl")
    now = tills.sale(row, [], [])
    made = tills.invoice(Wanted(order=row.id, kind="invoice", cause=""), now, frame)
    handed = sum(each.minor for event in returns for each in event)
    if isinstance(made, Fault):
        assert sum(paid) == sum(each.minor for event in returns[:early] for each in event)
        return
    made = replace(made, id=ids.new())
    now = replace(now, issued=[made], returned=_units(returns))
    for number, event in data.draw(st.permutations(list(enumerate(returns)))):
        left_ = tills.after(now, made, event)
        asked = Wanted(order=row.id, kind="correction", cause="", shipment=str(number))
        slip = tills.slip(asked, now, frame, event)
        assert slip.gross_minor == sum(each.minor for each in event)
        found = drafting.correction(asked, now, made, left_, frame)
        if isinstance(found, Document):
            assert all(rate.gross_minor <= 0 for rate in found.rates)
            now = replace(now, issued=[*now.issued, replace(found, id=ids.new())])
    assert sum(each.gross_minor for each in now.issued) == sum(paid) - handed
    assert sum(rules.vat(rate.gross_minor, rate.rate_bp, "gross") for rate in rules.sums(
        drafting.current(now, made).lines)) == sum(each.tax_minor for each in now.issued)  # fmt: skip


def _units(returns: list[list[pos.Returned]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for each in (each for event in returns for each in event):
        found[each.line] = found.get(each.line, 0) + each.units
    return found
