"""Statements, reports and lists read into lines: bounded, and whatever cannot be read is refused and not guessed.

Source: SWIFT MT940; ISO 20022 camt.053.001.02 and later (bank to customer statement).
"""

import csv
import io
import logging
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import mt940
from lxml import etree

from rynek.commerce.reconciliation.model import MOST_LINES, Form, Kind, Said, Statement, StatementRefused
from rynek.kernel.money import EXPONENTS

_CHARACTERS = "utf-8-sig", "cp1250"
_PIECE = "\u00a0\u2007\u202f"
logging.getLogger("mt940").setLevel(logging.ERROR)


def read(form: Form, body: bytes) -> Statement:
    """Read a document of a form.

    Raises:
        StatementRefused: it is not of this form, says something impossible, or is too long.
    """
    if not body.strip():
        raise StatementRefused("the file is empty")
    try:
        found = _READERS[form](body)
    except StatementRefused:
        raise
    except Exception as error:  # noqa: BLE001 - a library may fail in any way at what others send
        raise StatementRefused(f"this is no {form}: {type(error).__name__}") from None
    if len(found.lines) > MOST_LINES:
        raise StatementRefused(f"{len(found.lines)} lines; at most {MOST_LINES} at a time")
    return found


def minor_of(amount: Decimal, currency: str) -> int:
    """Turn an amount into minor units.

    Raises:
        StatementRefused: the currency is not one we trade in, or it has no such small change.
    """
    exponent = EXPONENTS.get(currency)
    if exponent is None:
        raise StatementRefused(f"{currency[:10]!r} is no currency that we trade in", currency=currency[:10])
    minor = amount.scaleb(exponent)
    if not minor.is_finite() or minor != minor.to_integral_value() or abs(minor) > 10**15:
        raise StatementRefused(f"{amount} {currency} is no amount of money")
    return int(minor)


def _text(body: bytes) -> str:
    for each in _CHARACTERS:
        try:
            text = body.decode(each)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise StatementRefused("the file is no text")


def _short(value: object, most: int = 500) -> str:
    return " ".join(str(value or "").replace("\0", "").split())[:most]


# --- bank statements --------------------------------------------------------------------------------------------------


def _mt940(body: bytes) -> Statement:
    # as a file that is open: what is no file it might take for the name of one
    source: Any = io.StringIO(_text(body))
    statements = mt940.parse_statements(source, options=mt940.Options.all())
    numbers, lines = [], []
    for each in statements:
        if not each.data.get("account_identification"):
            raise StatementRefused("a statement without its account (:25:)")
        numbers.append(
            f"{_short(each.data['account_identification'], 40)} {_short(each.data.get('statement_number'), 20)}"
        )
        lines += [_entry(line.data) for line in each]
    if not numbers:
        raise StatementRefused("there is no statement in it")
    return Statement(", ".join(numbers)[:200], lines)


def _entry(data: dict[str, Any]) -> Said:
    money, mark = data["amount"], str(data.get("status") or "").upper()
    minor = minor_of(money.amount, str(money.currency or data.get("currency") or "").upper())
    if mark not in ("C", "D", "RC", "RD"):
        raise StatementRefused(f"{mark[:4]!r} is neither credit nor debit")
    minor = abs(minor) * (1 if mark in ("C", "RD") else -1)
    words = [
        data.get(name) for name in ("purpose", "additional_purpose", "end_to_end_reference", "transaction_details")
    ]
    party = data.get("applicant_name") or ""
    booked: date = data.get("guessed_entry_date") or data["date"]
    return Said(
        "credit" if minor > 0 else "debit", minor, str(money.currency).upper(), date(*booked.timetuple()[:3]),
        reference=_short(_known(data.get("customer_reference")), 80),
        text=_short(_unmarked(" ".join(str(each) for each in words if each))), party=_short(party, 140),
    )  # fmt: skip


def _known(reference: object) -> str:
    return "" if str(reference) in ("None", "NONREF") else str(reference)


def _unmarked(text: str) -> str:
    """Take out the marks of fields within ``:86:`` (``~20``), which may stand anywhere in a word."""
    pieces = text.split("~")
    return " ".join([pieces[0], *(each[2:] if each[:2].isdigit() else each for each in pieces[1:])])


def _camt(body: bytes) -> Statement:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    root = etree.fromstring(body, parser)
    if root.getroottree().docinfo.doctype:
        raise StatementRefused("a document type is not allowed in it")
    space = etree.QName(root).namespace or ""
    if not space.startswith("urn:iso:std:iso:20022:tech:xsd:camt.053.001."):
        raise StatementRefused(f"its namespace is {space[:80]!r}, not that of camt.053")
    names = {"c": space}
    statements = root.findall("c:BkToCstmrStmt/c:Stmt", names)
    if not statements:
        raise StatementRefused("there is no statement in it")
    numbers = [_short(_found(each, "c:Id", names), 60) for each in statements]
    lines = [line for each in statements for entry in each.findall("c:Ntry", names) for line in _booked(entry, names)]
    return Statement(", ".join(numbers)[:200], lines)


def _booked(entry: Any, names: dict[str, str]) -> Iterator[Said]:
    """Read an entry; one that gathers several payments is as many lines, if they come to its sum."""
    status = _found(entry, "c:Sts/c:Cd", names) or _found(entry, "c:Sts", names)
    if status != "BOOK":
        return  # not final: it comes again when it is
    whole, currency = _amount(entry.find("c:Amt", names))
    sign = _sign(entry, names)
    day = _found(entry, "c:BookgDt/c:Dt", names) or _found(entry, "c:BookgDt/c:DtTm", names)[:10]
    own = _found(entry, "c:AcctSvcrRef", names) or _found(entry, "c:NtryRef", names)
    details = entry.findall("c:NtryDtls/c:TxDtls", names)
    parts = [_part(each, names) for each in details]
    apart = len(details) > 1 and all(each is not None for each in parts)
    sums = [_amount(each) for each in parts] if apart else []
    if not (apart and sum(each for each, _ in sums) == whole and {each for _, each in sums} == {currency}):
        details, sums = [entry], [(whole, currency)]
    for number, (each, (amount, _)) in enumerate(zip(details, sums, strict=True)):
        minor = sign * minor_of(amount, currency)
        yield Said(
            "credit" if minor > 0 else "debit", minor, currency, date.fromisoformat(day),
            number=_short(f"{own}/{number}" if own and len(details) > 1 else own, 80),
            reference=_short(_first(each, names, ".//c:Refs/c:EndToEndId", ".//c:Strd//c:Ref"), 80),
            text=_short(_words(each, names)),
            party=_short(_first(each, names, ".//c:RltdPties/c:Dbtr/c:Nm", ".//c:RltdPties/c:Dbtr/c:Pty/c:Nm"), 140),
        )  # fmt: skip


def _part(details: Any, names: dict[str, str]) -> Any:
    """Find the amount of one payment among several."""
    own = details.find("c:Amt", names)
    return details.find("c:AmtDtls/c:TxAmt/c:Amt", names) if own is None else own


def _words(details: Any, names: dict[str, str]) -> str:
    told = " ".join(each.text or "" for each in details.findall(".//c:RmtInf/c:Ustrd", names))
    return told or _found(details, "c:AddtlNtryInf", names)


def _sign(entry: Any, names: dict[str, str]) -> int:
    mark = _found(entry, "c:CdtDbtInd", names)
    if mark not in ("CRDT", "DBIT"):
        raise StatementRefused(f"{mark[:8]!r} is neither credit nor debit")
    # the mark is of the entry itself, so that a reversed payment out is money in already
    return 1 if mark == "CRDT" else -1


def _amount(found: Any) -> tuple[Decimal, str]:
    if found is None:
        raise StatementRefused("an entry without its amount")
    return _decimal(found.text or ""), str(found.get("Ccy") or "")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise StatementRefused(f"{text[:30]!r} is no amount") from None


def _found(where: Any, path: str, names: dict[str, str]) -> str:
    return (where.findtext(path, "", names) or "").strip()


def _first(where: Any, names: dict[str, str], *paths: str) -> str:
    for path in paths:
        text = _found(where, path, names)
        if text and text != "NOTPROVIDED":
            return text
    return ""


# --- lists ------------------------------------------------------------------------------------------------------------

COLUMNS = {
    "number": ("number", "transaction id", "id transakcji", "parcel", "parcel number", "numer przesyłki", "przesyłka"),
    "kind": ("kind", "type", "operation type", "typ", "typ operacji", "rodzaj operacji"),
    "amount": ("amount", "kwota", "cod amount", "kwota pobrania", "pobranie"),
    "currency": ("currency", "waluta"),
    "date": ("date", "data", "remittance date", "data przelewu"),
    "reference": ("reference", "order", "order id", "ext order id", "id zamówienia", "numer zamówienia"),
    "fee": ("fee", "commission", "prowizja"),
    "text": ("description", "opis", "text", "title", "tytuł"),
    "original amount": ("original amount",),
    "original currency": ("original currency",),
}  # fmt: skip
"""What a column may be called, in the reports of providers and the lists of carriers; others are passed over."""
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("payment", "transaction", "transakcja", "sale", "płatność", "wpłata"), "payment"),
    **dict.fromkeys(("refund", "zwrot"), "refund"),
    **dict.fromkeys(("chargeback", "obciążenie zwrotne", "dispute"), "chargeback"),
    **dict.fromkeys(("fee", "commission", "prowizja", "opłata"), "fee"),
    **dict.fromkeys(("payout", "wypłata", "withdrawal"), "payout"),
}


def _payouts(body: bytes) -> Statement:
    return Statement("", [_listed(row, _kind(row)) for row in _rows(body, "amount", "currency", "date", "kind")])


def _remittance(body: bytes) -> Statement:
    return Statement("", [_listed(row, "remitted") for row in _rows(body, "amount", "currency", "date", "reference")])


def _rows(body: bytes, *needed: str) -> Iterator[dict[str, str]]:
    text = _text(body)
    first = text.split("\n", 1)[0]
    mark = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=mark, strict=True)
    names = [_column(each) for each in next(reader)]
    missing = [each for each in needed if each not in names]
    if missing:
        raise StatementRefused(f"there is no column for {', '.join(missing)}", missing=missing)
    for line, cells in enumerate(reader, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise StatementRefused(f"line {line} has {len(cells)} cells, the first {len(names)}", line=line)
        yield {name: cell.strip() for name, cell in zip(names, cells, strict=True) if name}


def _column(heading: str) -> str:
    wanted = " ".join(heading.lower().replace("_", " ").split())
    return next((name for name, words in COLUMNS.items() if wanted in words), "")


def _kind(row: dict[str, str]) -> Kind:
    return KINDS.get(row["kind"].lower(), "other")


def _listed(row: dict[str, str], kind: Kind) -> Said:
    currency = row["currency"].upper()
    minor = minor_of(_local(row["amount"]), currency)
    if kind in ("refund", "payout"):
        minor = -abs(minor)  # some write what leaves us without its sign
    other = row.get("original currency", "").upper()
    return Said(
        kind, minor, currency, date.fromisoformat(row["date"][:10]), number=_numbered(row, kind),
        reference=_short(row.get("reference"), 80), text=_short(row.get("text")),
        fee_minor=abs(minor_of(_local(row.get("fee") or "0"), currency)),
        original_minor=minor_of(_local(row.get("original amount") or "0"), other) if other else None,
        original_currency=other or None,
    )  # fmt: skip


def _numbered(row: dict[str, str], kind: Kind) -> str:
    """Tell the sender's number of a line; a payment and its refund may bear the same."""
    number = _short(row.get("number"), 60)
    return f"{kind} {number}" if number else ""


def _local(text: str) -> Decimal:
    """Read ``1 234,56`` as well as ``1,234.56``: the last mark is that of the change."""
    plain = "".join(each for each in text if each not in _PIECE and not each.isspace())
    if "," in plain and "." in plain:
        thousands = "," if plain.rindex(".") > plain.rindex(",") else "."
        plain = plain.replace(thousands, "")
    return _decimal(plain.replace(",", "."))


_READERS: dict[Form, Callable[[bytes], Statement]] = {
    "mt940": _mt940,
    "camt053": _camt,
    "payouts": _payouts,
    "remittance": _remittance,
}
