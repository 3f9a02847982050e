"""Statements as banks, carriers and providers write them, and whoever keeps the books."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from rynek.commerce.reconciliation.model import Received
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.door import Door

FINANCE = Actor("staff", ids.new(), frozenset({"finance"}))
AUDITOR = Actor("staff", ids.new(), frozenset({"auditor"}))
BUYER = Actor("guest", ids.new())


def mt940(*entries: tuple[int, str], number: str = "00123", day: str = "261124") -> bytes:
    """Write a bank's statement; amounts in grosze, below zero for what left the account."""
    rows = [f":20:ST{number}", ":25:/PL61109010140000071219812874", f":28C:{number}", f":60F:C{day}PLN1000,00"]
    for minor, text in entries:
        amount = f"{Decimal(abs(minor)) / 100:.2f}".replace(".", ",")
        rows += [
            f":61:{day}{day[2:]}{'C' if minor > 0 else 'D'}N{amount}NTRFNONREF",
            f":86:020~00VTR~20{text}~32JAN KOWALSKI",
        ]
    return "\r\n".join([*rows, f":62F:C{day}PLN1000,00", "-", ""]).encode()


def camt(
    *entries: tuple[int, str], day: str = "2026-11-24", refs: Sequence[str] = (), status: str = "<Cd>BOOK</Cd>"
) -> bytes:
    """Write the same as camt.053."""
    rows = [
        f"""<Ntry><Amt Ccy="PLN">{Decimal(abs(minor)) / 100:.2f}</Amt>
        <CdtDbtInd>{"CRDT" if minor > 0 else "DBIT"}</CdtDbtInd><Sts>{status}</Sts><BookgDt><Dt>{day}</Dt></BookgDt>
        {f"<AcctSvcrRef>{refs[n]}</AcctSvcrRef>" if refs else ""}
        <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
        <RltdPties><Dbtr><Pty><Nm>Jan Kowalski</Nm></Pty></Dbtr></RltdPties>
        <RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"""
        for n, (minor, text) in enumerate(entries)
    ]
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>
    <Stmt><Id>S-1</Id><Acct><Id><IBAN>PL61109010140000071219812874</IBAN></Id></Acct>{"".join(rows)}</Stmt>
    </BkToCstmrStmt></Document>""".encode()


class Posted:
    method = "POST"
    query = ""
    address = "203.0.113.7"

    def __init__(self, form: str, source: str, body: bytes) -> None:
        self.path = f"/reconciliation/documents/{form}/{source}"
        self.body = body

    def header(self, name: str) -> str | None:
        return {"content-type": "application/octet-stream"}.get(name)


async def sent(door: Door, form: str, body: bytes, source: str = "bank", who: Actor = FINANCE) -> Received:
    """Send a statement as somebody who keeps the books."""
    answer: Any = await door.pass_on(
        who, "commerce.reconciliation.receive", {"form": form, "source": source}, Posted(form, source, body)
    )
    return msgspec.convert(answer, Received) if isinstance(answer, dict) else answer
