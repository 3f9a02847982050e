"""Statements are read as banks write them; whatever cannot be read is refused and not guessed."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.reconciliation.model import Form, Said, StatementRefused
from rynek.commerce.reconciliation.statements import read
from tests.commerce.reconciliation.papers import camt, mt940

FORMS: list[Form] = ["mt940", "camt053", "payouts", "remittance"]


def test_mt940_is_read() -> None:
    found = read("mt940", mt940((123_45, "Zamowienie nr 1234"), (-10_00, "Oplata")))
    assert found.number == "/PL61109010140000071219812874 00123"
    first, second = found.lines
    assert (first.kind, first.minor, first.currency, first.booked_on) == ("credit", 123_45, "PLN", date(2026, 11, 24))
    assert "Zamowienie nr 1234" in first.text
    assert "JAN KOWALSKI" in first.text
    assert (second.kind, second.minor) == ("debit", -10_00)


def test_a_reversed_credit_leaves_us() -> None:
    body = mt940((123_45, "x")).replace(b"CN123,45", b"RCN123,45")
    [line] = read("mt940", body).lines
    assert (line.kind, line.minor) == ("debit", -123_45)


def test_several_statements_in_one_file_are_read() -> None:
    found = read("mt940", mt940((1_00, "a"), number="1") + mt940((2_00, "b"), number="2"))
    assert [each.minor for each in found.lines] == [1_00, 2_00]


def test_camt_is_read() -> None:
    found = read("camt053", camt((123_45, "Zamówienie nr 1234"), (-10_00, "Opłata"), refs=["R1", "R2"]))
    assert found == type(found)(
        "S-1",
        [
            Said("credit", 123_45, "PLN", date(2026, 11, 24), "R1", "", "Zamówienie nr 1234", "Jan Kowalski"),
            Said("debit", -10_00, "PLN", date(2026, 11, 24), "R2", "", "Opłata", "Jan Kowalski"),
        ],
    )


def test_what_is_not_booked_yet_is_not_read_and_old_versions_are() -> None:
    assert read("camt053", camt((1_00, "x"), status="PDNG")).lines == []
    old = camt((1_00, "x"), status="BOOK").replace(b"053.001.08", b"053.001.02")
    assert [each.minor for each in read("camt053", old).lines] == [1_00]


def test_an_entry_that_gathers_several_is_several_lines_if_they_come_to_its_sum() -> None:
    one = "<TxDtls><Refs><EndToEndId>E{n}</EndToEndId></Refs><Amt Ccy='PLN'>{amount}</Amt></TxDtls>"
    body = camt((3_00, "x"), refs=["B"]).decode()
    head, _, rest = body.partition("<NtryDtls>")
    tail = rest.partition("</NtryDtls>")[2]
    for amounts, expected in ((("1.00", "2.00"), [1_00, 2_00]), (("1.00", "1.00"), [3_00])):
        parts = "".join(one.format(n=n, amount=each) for n, each in enumerate(amounts))
        found = read("camt053", f"{head}<NtryDtls>{parts}</NtryDtls>{tail}".encode()).lines
        assert [each.minor for each in found] == expected
        assert len({each.number for each in found}) == len(found)


def test_a_providers_report_is_read_in_polish_and_english() -> None:
    polish = (
        "Data;ID transakcji;Kwota;Waluta;Typ operacji;ID zamówienia;Prowizja\n"
        "2026-11-24;77;1 234,50;PLN;Transakcja;ABC;-12,35\n2026-11-24;77;10,00;PLN;Zwrot;ABC;0,00\n"
    )
    english = (
        "date,number,amount,currency,kind,reference,fee,original_amount,original_currency\n"
        '2026-11-24,1,"1,234.50",EUR,payment,pi_1,1.00,5300.00,PLN\n2026-11-24,2,-1233.50,EUR,payout,po_1,0,,\n'
    )
    first, back = read("payouts", polish.encode("cp1250")).lines
    assert (first.kind, first.minor, first.fee_minor, first.reference) == ("payment", 1_234_50, 12_35, "ABC")
    assert (back.kind, back.minor) == ("refund", -10_00)
    assert first.number != back.number
    paid, out = read("payouts", english.encode()).lines
    assert (paid.minor, paid.original_minor, paid.original_currency) == (1_234_50, 5_300_00, "PLN")
    assert (out.kind, out.minor, out.original_minor) == ("payout", -1_233_50, None)


def test_a_carriers_list_is_read() -> None:
    body = "parcel;order;cod amount;currency;date\n00123;1234;99,90;PLN;2026-11-24\n\n"
    [line] = read("remittance", body.encode()).lines
    assert (line.kind, line.minor, line.reference, line.number) == ("remitted", 99_90, "1234", "remitted 00123")


BOMB = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Id>&b;</Id></Stmt></BkToCstmrStmt></Document>"""
FETCHES = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Id>&x;</Id></Stmt></BkToCstmrStmt></Document>"""


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("mt940", b"  "),
        ("mt940", b"hello"),
        ("mt940", b":20:x\r\n:61:2611241124CN1,00NTRF//x\r\n-"),
        ("mt940", mt940((1_00, "x")).replace(b"PLN", b"XXX")),
        ("mt940", b"\x00\x01"),
        ("camt053", b"<a/>"),
        ("camt053", b"<a"),
        ("camt053", BOMB),
        ("camt053", FETCHES),
        ("camt053", camt((1_00, "x")).replace(b"1.00", b"1.001")),
        ("camt053", camt((1_00, "x")).replace(b"1.00", b"NaN")),
        ("camt053", camt((1_00, "x")).replace(b"CRDT", b"BOTH")),
        ("camt053", camt((1_00, "x"), day="2026-02-30")),
        ("camt053", camt((1_00, "x")).replace(b"053", b"052")),
        ("payouts", b"date;amount\n2026-11-24;1"),
        ("payouts", b"date;amount;currency;kind\n2026-11-24;1;PLN"),
        ("payouts", b"date;amount;currency;kind\n2026-11-24;one;PLN;payment"),
        ("payouts", b"date;amount;currency;kind\nyesterday;1;PLN;payment"),
        ("remittance", b"date;amount;currency;order\n2026-11-24;1e30;PLN;1"),
        ("remittance", b'date;amount;currency;order\n2026-11-24;"1;PLN;1'),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(form: Form, body: bytes) -> None:
    with pytest.raises(StatementRefused):
        read(form, body)


def test_a_body_that_is_the_name_of_a_file_is_not_that_file(tmp_path: Path) -> None:
    there = tmp_path / "statement"
    there.write_bytes(mt940((1_00, "x")))
    with pytest.raises(StatementRefused):
        read("mt940", str(there).encode())


@given(st.sampled_from(FORMS), st.binary(max_size=300))
def test_no_rubbish_is_anything_but_refused(form: Form, body: bytes) -> None:
    try:
        found = read(form, body)
    except StatementRefused:
        return
    assert found.lines == [] or form in ("payouts", "remittance")


@given(st.sampled_from(FORMS), st.integers(0, 400), st.integers(0, 400), st.binary(max_size=4))
def test_a_statement_that_is_damaged_is_read_or_refused(form: Form, at: int, until: int, by: bytes) -> None:
    sound = {
        "mt940": mt940((1_00, "order 1"), (2_00, "order 2")), "camt053": camt((1_00, "order 1"), (2_00, "order 2")),
        "payouts": b"date;amount;currency;kind\n2026-11-24;1;PLN;payment\n",
        "remittance": b"date;amount;currency;order\n2026-11-24;1;PLN;1\n",
    }[form]  # fmt: skip
    try:
        found = read(form, sound[:at] + by + sound[until:])
    except StatementRefused:
        return
    for each in found.lines:
        assert isinstance(each.minor, int)
