"""Documents as people get them: the page, the PDF read back, and the JSON with its hash."""

import json
from base64 import b64encode
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from rynek.app import App
from rynek.commerce.documents import paper, press
from rynek.commerce.documents.model import Document
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.door import Response
from tests.commerce.documents.desk import FINANCE, FIRM, Office, opened

TRICKY = "Zażółć <gęślą> & jaźń <b>„pogrubioną”</b>"


@pytest.fixture(scope="module")
async def office(world: App) -> Office:
    return await opened(world, 60)


async def file(office: Office, document: UUID, form: str, who: Actor = FINANCE, **more: Any) -> Response:
    found: Response = await office.ask("download", who, document=document, form=form, **more)
    return found


def text_of(pdf: bytes) -> list[str]:
    return [page.extract_text().replace("\u00a0", " ") for page in PdfReader(BytesIO(pdf)).pages]


async def an_invoice(office: Office, lines: int = 2, buyer: dict[str, Any] = FIRM) -> Document:
    wanted = [(f"ITEM-{number:05d}", 1 + number % 3) for number in range(lines)]
    order = await office.bought(*wanted, ("BOOK", 2))
    await office.ask("request", FINANCE, order=order, buyer=buyer)
    await office.ask("issue", FINANCE, order=order, kind="invoice")
    [found] = await office.issued(order)
    return found


async def test_a_pdf_can_be_read_back_letter_by_letter(office: Office) -> None:
    invoice = await an_invoice(office, buyer=FIRM | {"name": TRICKY})
    answer = await file(office, invoice.id, "pdf")
    assert (answer.kind, answer.body[:5]) == ("application/pdf", b"%PDF-")
    [text] = text_of(answer.body)
    for said in (
        "Faktura", invoice.name, TRICKY, "Łódź", "NIP 7740001454", "NIP 5260250274", "Książka „Żółw”", "66,66", "8%",
        "Podsumowanie VAT", "Słownie: ", "przelew", "PL61 1090 1014 0000 0712 1981 2874", "strona 1 z 1",
    ):  # fmt: skip
        assert said in " ".join(text.split()), said
    assert (await file(office, invoice.id, "pdf")).body == answer.body
    information = PdfReader(BytesIO(answer.body)).metadata
    assert information is not None
    assert information.title == f"Faktura {invoice.name}"


async def test_many_lines_go_over_numbered_pages_each_with_its_head(office: Office) -> None:
    invoice = await an_invoice(office, 60)
    pages = text_of((await file(office, invoice.id, "pdf")).body)
    assert len(pages) > 1
    for number, text in enumerate(pages, 1):
        assert f"strona {number} z {len(pages)}" in text
        assert invoice.name in text
    whole = " ".join(pages)
    assert all(f"Item ITEM-{number:05d}" in " ".join(whole.split()) for number in range(60))
    assert sum("Nazwa towaru" in text for text in pages) >= 2


async def test_documents_are_printed_in_english_too(office: Office) -> None:
    invoice = await an_invoice(office)
    [text] = text_of((await file(office, invoice.id, "pdf", language="en")).body)
    for said in (
        "Invoice",
        "VAT ID PL5260250274",
        "In words: one hundred",
        "page 1 of 1",
        "Amount due",
        "bank transfer",
    ):
        assert said in " ".join(text.split()), said
    page = (await file(office, invoice.id, "html", language="en")).body.decode()
    assert "VAT summary" in page
    assert '<html lang="en">' in page


async def test_a_page_says_what_the_pdf_says_and_escapes_it(office: Office) -> None:
    invoice = await an_invoice(office, buyer=FIRM | {"name": "<script>alert(1)</script> Łąka"})
    answer = await file(office, invoice.id, "html")
    page = answer.body.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Łąka" in page
    assert "<script" not in page
    assert ("default-src 'none'" in dict(answer.headers)["content-security-policy"]) is True
    shown = paper.sheet(invoice)
    flat = [*shown.totals, *shown.facts]
    assert all(value in page for _, value in flat)


async def test_the_json_is_what_was_hashed(office: Office) -> None:
    invoice = await an_invoice(office)
    answer = await file(office, invoice.id, "json")
    shown = await office.ask("document", FINANCE, document=invoice.id)
    assert sha256(answer.body).hexdigest() == shown.sha256
    digest = b64encode(bytes.fromhex(shown.sha256)).decode()
    assert dict(answer.headers)["content-digest"] == f"sha-256=:{digest}:"
    assert json.loads(answer.body)["name"] == invoice.name


async def test_every_kind_is_printed(office: Office) -> None:
    order = await office.bought(("ITEM-00001", 3), ("BOOK", 2))
    await office.paid(order, 20_00)
    await office.ask("request", FINANCE, order=order, buyer=FIRM)
    for kind in ("confirmation", "advance", "final", "delivery-note"):
        await office.ask("issue", FINANCE, order=order, kind=kind)
    [final] = [each for each in await office.issued(order) if each.kind == "final"]
    await office.ask("correct", FINANCE, document=final.id, reason="zwrot", lines=[{"number": 2, "units": 1}])
    other = await office.bought()
    await office.ask("issue", FINANCE, order=other, kind="receipt")
    said = {
        "confirmation": "nie jest fakturą", "advance": "Zaliczka na zamówienie nr", "final": "Rozliczone zaliczki",
        "delivery-note": "Wydanie towaru", "correction": "Do zwrotu 33,33 zł", "receipt": "nie jest paragonem",
    }  # fmt: skip
    for made in [*await office.issued(order), *await office.issued(other)]:
        text = " ".join(" ".join(text_of(press.pdf(paper.sheet(made)))).split())
        assert said[made.kind] in text, (made.kind, text)
        assert ("33,33" in text) == (made.kind not in ("delivery-note", "receipt")), made.kind


async def test_strangers_get_no_file(office: Office) -> None:
    buyer = Actor("guest", ids.new())
    order = await office.bought(who=buyer)
    made = await office.ask("issue", FINANCE, order=order, kind="confirmation")
    for form in ("html", "pdf", "json"):
        assert (await file(office, made.id, form, buyer)).status == 200
        refused = await office.refused("download", Actor("guest", ids.new()), document=made.id, form=form)
        assert refused.code == "document-missing"
