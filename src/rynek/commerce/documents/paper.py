"""What a document looks like: its texts in one language, laid out once for the page and for the PDF; and the page."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from rynek.commerce.documents.model import Document, Language, Line, Party, RateSum, Reference, Seller, Till
from rynek.commerce.documents.spelling import spelled
from rynek.kernel import pages, words
from rynek.kernel.door import Response
from rynek.kernel.words import Language as Words

FOLDER = Path(__file__).parent
WORDS = words.read(FOLDER / "pages" / "words")
pages.bring("documents", FOLDER)

_UNPRICED = frozenset({"delivery-note", "return-slip"})
_UNTAXED = _UNPRICED | {"confirmation", "receipt"}


class Column(Struct, frozen=True):
    """A column of a table; ``number``: set to the right. ``share`` is its part of the width."""

    label: str
    share: float = 1.0
    number: bool = True


class Table(Struct, frozen=True):
    """A table; the last ``sums`` of its rows are totals."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    sums: int = 0


class Sheet(Struct, frozen=True):
    """A document in words: what stands where, whatever it is printed by."""

    language: Language
    title: str
    name: str
    brand: str
    facts: Sequence[tuple[str, str]]
    parties: Sequence[tuple[str, Sequence[str]]]
    tables: Sequence[Table]
    totals: Sequence[tuple[str, str]]
    """What is to be paid: the last of them is it."""
    words: str
    notes: Sequence[str]
    foot: str


def sheet(document: Document, language: Language | None = None) -> Sheet:
    """Lay a document out; in its own language, or (its fixed texts) in another."""
    code = language or document.language
    w = WORDS[code]
    return Sheet(
        code, w(f"kind.{document.kind}"), document.name, document.seller.name, _facts(document, w),
        _parties(document, w), _tables(document, w), _totals(document, w), _in_words(document, w, code),
        _notes(document, w), document.seller.register,
    )  # fmt: skip


def page(document: Document, language: Language | None = None) -> Response:
    """Print a document as a page."""
    code = language or document.language
    shown = sheet(document, language)
    return pages.page("documents/document.html", w=WORDS[code], language=code, sheet=shown, document=document)


def _facts(document: Document, w: Words) -> list[tuple[str, str]]:
    found = [(w("fact.issued"), str(document.issued_on))]
    if document.kind != "confirmation" and _priced(document):
        found.append((w("fact.paid_on" if document.kind == "advance" else "fact.sold"), str(document.sold_on)))
    found += [
        (w("fact.place"), document.place),
        (w("fact.receipt"), _till(document.receipt)) if document.receipt else (w("fact.order"), _orders(document)),
    ]
    if document.corrects:
        found.append((w("fact.corrects"), _named(document.corrects, w)))
    if document.previous:
        found.append((w("fact.previous"), _named(document.previous, w)))
    if document.follows:
        found.append((w("fact.follows"), ", ".join(_named(each, w) for each in document.follows)))
    if document.shipment:
        back = document.kind in ("correction", "return-slip")
        found.append((w("fact.return" if back else "fact.shipment"), document.shipment))
    return found


def _till(receipt: Till) -> str:
    return f"{receipt.store}/{receipt.till}/{receipt.number}"


def _priced(document: Document) -> bool:
    """Tell whether a document says money: of what came back over a counter so does the slip, which is its record."""
    return document.kind not in _UNPRICED or document.receipt is not None


def _orders(document: Document) -> str:
    return ", ".join(str(each.number) for each in document.orders) or str(document.order_number)


def _named(reference: Reference, w: Words) -> str:
    return w("fact.of", name=reference.name, day=reference.issued_on)


def _parties(document: Document, w: Words) -> list[tuple[str, list[str]]]:
    seller, buyer, recipient = document.seller, document.buyer, document.recipient
    found = [(w("party.seller"), _who(seller, w)), (w("party.buyer"), _who(buyer, w))]
    if recipient is not None and (recipient.name, recipient.street) != (buyer.name, buyer.street):
        found.append((w("party.recipient"), _who(recipient, w)))
    return found


def _who(party: Party | Seller, w: Words) -> list[str]:
    lines = [party.name, party.street, f"{party.postcode} {party.city}".strip()]
    if party.country != "PL":
        lines.append(party.country)
    if party.vat_id is not None:
        polish = party.vat_id.startswith("PL")
        lines.append(w("nip", id=party.vat_id[2:]) if polish and w.code == "pl" else w("vat_id", id=party.vat_id))
    lines += [each for each in (party.email, party.phone) if each]
    return lines


# --- tables -----------------------------------------------------------------------------------------------------------


def _tables(document: Document, w: Words) -> list[Table]:
    if not _priced(document):
        return [_goods(document, w)]
    if document.kind == "correction":
        found = [_changes(document, w)] if document.changes else []
        return [*found, _rates("rates", document.rates, document, w)]
    found = [_lines("lines", document.lines, document, w)]
    if document.ordered:
        found.append(_lines("ordered", document.ordered, document, w))
    if document.supplied:
        found += [_rates("supplied", document.supplied, document, w), _advances(document, w)]
    return [*found, _rates("rates", document.rates, document, w)]


def _goods(document: Document, w: Words) -> Table:
    columns = [
        Column(w("column.number"), 0.5), Column(w("column.name"), 6, number=False), Column("SKU", 2, number=False),
        Column(w("column.quantity")), Column(w("column.unit"), 0.7, number=False),
    ]  # fmt: skip
    rows = [[str(e.number), e.name, e.sku, w.number(e.quantity), _unit(e.unit, w)] for e in document.lines]
    return Table(w("table.lines"), columns, rows)


def _lines(name: str, lines: Sequence[Line], document: Document, w: Words) -> Table:
    basis = "net" if lines and lines[0].basis == "net" else "gross"
    discounted = any(each.discount_minor for each in lines)
    columns = [
        Column(w("column.number"), 0.6), Column(w("column.name"), 4.4, number=False), Column(w("column.quantity"), 0.9),
        Column(w("column.unit"), 0.7, number=False), Column(w(f"column.price_{basis}"), 1.2),
        *([Column(w("column.discount"), 1.1)] if discounted else []), *_amounts(w),
    ]  # fmt: skip
    rows = []
    for each in lines:
        off = [_plain(-each.discount_minor, document, w) if each.discount_minor else ""] if discounted else []
        price = _plain(each.unit_minor, document, w)
        rows.append([
            str(each.number), each.name, w.number(each.quantity), _unit(each.unit, w), price, *off,
            *_money(each, document, w),
        ])  # fmt: skip
    return Table(w(f"table.{name}"), columns, rows)


def _amounts(w: Words) -> list[Column]:
    return [
        Column(w("column.net"), 1.3), Column(w("column.rate"), 0.8), Column(w("column.tax"), 1.1),
        Column(w("column.gross"), 1.3),
    ]  # fmt: skip


def _money(each: Line | RateSum, document: Document, w: Words) -> list[str]:
    amounts = [_plain(minor, document, w) for minor in (each.net_minor, each.tax_minor, each.gross_minor)]
    return [amounts[0], each.label, *amounts[1:]]


def _changes(document: Document, w: Words) -> Table:
    columns = [
        Column(w("column.number"), 0.6), Column(w("column.name"), 4, number=False),
        Column(w("column.state"), 1.6, number=False), Column(w("column.quantity"), 0.9), *_amounts(w),
    ]  # fmt: skip
    rows: list[list[str]] = []
    for each in document.changes:
        for number, name, state, line in (
            (str(each.before.number), each.before.name, "before", each.before), ("", "", "after", each.after),
        ):  # fmt: skip
            rows.append([number, name, w(f"state.{state}"), w.number(line.quantity), *_money(line, document, w)])
        net, tax, gross = (_plain(minor, document, w) for minor in (each.net_minor, each.tax_minor, each.gross_minor))
        rows.append(["", "", w("state.difference"), w.number(each.quantity), net, each.after.label, tax, gross])
    return Table(w("table.changes"), columns, rows)


def _rates(name: str, rates: Sequence[RateSum], document: Document, w: Words) -> Table:
    local = document.exchange.local if document.exchange and name == "rates" else None
    extra = [Column(w("column.local_tax", currency=local))] if local else []
    columns = [Column(w("column.rate"), 1.2, number=False), *(_amounts(w)[at] for at in (0, 2, 3)), *extra]
    rows = []
    for each in rates:
        net, label, tax, gross = _money(each, document, w)
        more = [w.number((each.local_tax_minor or 0) / 100, 2)] if local else []
        rows.append([label, net, tax, gross, *more])
    sums = [sum(getattr(each, f"{what}_minor") for each in rates) for what in ("net", "tax", "gross")]
    told = sum(each.local_tax_minor or 0 for each in rates)
    more = [w.number(told / 100, 2)] if local else []
    rows.append([w("sum.total"), *(_plain(minor, document, w) for minor in sums), *more])
    return Table(w(f"table.{name}"), columns, rows, 1)


def _advances(document: Document, w: Words) -> Table:
    columns = [Column(w("column.document"), 4, number=False), *(_amounts(w)[at] for at in (0, 2, 3))]
    rows = []
    for each in document.advances:
        sums = [sum(getattr(rate, f"{what}_minor") for rate in each.rates) for what in ("net", "tax", "gross")]
        rows.append([_named(each.document, w), *(_plain(minor, document, w) for minor in sums)])
    return Table(w("table.advances"), columns, rows)


def _plain(minor: int, document: Document, w: Words) -> str:
    """Write an amount without its currency, which stands with the totals."""
    return w.money(minor, document.currency).rpartition("\u00a0")[0] if w.code == "pl" else _bare(minor, document, w)


def _bare(minor: int, document: Document, w: Words) -> str:
    text = w.money(minor, document.currency)
    return "".join(each for each in text if each in "0123456789,.−")


def _unit(unit: str, w: Words) -> str:
    return w(f"unit.{unit}") if w.has(f"unit.{unit}") else unit


# --- what is to be paid -----------------------------------------------------------------------------------------------


def _totals(document: Document, w: Words) -> list[tuple[str, str]]:
    if not _priced(document):
        return []
    money = document.currency
    if document.kind in ("correction", "return-slip"):
        back = document.gross_minor <= 0 or document.kind == "return-slip"
        return [(w("sum.back" if back else "sum.due"), w.money(abs(document.gross_minor), money))]
    found = [(w("sum.value"), w.money(document.gross_minor, money))]
    if document.supplied:
        found.insert(0, (w("sum.all"), w.money(sum(each.gross_minor for each in document.supplied), money)))
    found += [(w("sum.paid"), w.money(document.paid_minor, money))] if document.paid_minor else []
    return [*found, (w("sum.due"), w.money(document.due_minor, money))]


def _in_words(document: Document, w: Words, code: Language) -> str:
    if document.kind in _UNTAXED:
        return ""
    return w("words", words=spelled(abs(document.gross_minor), document.currency, code))


def _notes(document: Document, w: Words) -> list[str]:
    return list(_say(document, w))


def _say(document: Document, w: Words) -> Iterable[str]:
    if document.kind == "correction" and document.reason:
        yield w("note.reason", reason=document.reason)
    if document.kind not in (*_UNPRICED, "correction"):
        yield from _paying(document, w)
    if document.split_payment:
        yield w("note.split")
    if document.receipt is not None and document.kind != "return-slip":
        yield w("note.receipt", receipt=_till(document.receipt))
    for each in document.rates:
        if each.reason:
            yield f"{each.label}: {each.reason}"
    if (known := document.exchange) is not None:
        rate = w.number(known.millionths / 10**6, 4)
        yield w(
            "note.exchange", currency=document.currency, rate=rate, local=known.local, source=known.source,
            day=known.day,
        )  # fmt: skip
    if document.kind in ("receipt", "confirmation"):
        yield w("note.no_fiscal" if document.kind == "receipt" else "note.confirmation")


def _paying(document: Document, w: Words) -> Iterable[str]:
    methods = dict.fromkeys(each.method for each in document.payments)
    if methods:
        said = ", ".join(w(f"pay.{each}") if w.has(f"pay.{each}") else each for each in methods)
        yield f"{w('pay.method')}: {said}"
    if document.due_on is not None:
        yield f"{w('pay.due_on')}: {document.due_on}"
    if document.due_minor and document.seller.bank_account:
        bank = f" ({document.seller.bank})" if document.seller.bank else ""
        yield f"{w('pay.account')}: {_grouped(document.seller.bank_account)}{bank}"


def _grouped(iban: str) -> str:
    """Write an account number in groups of four, as on bank statements."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def view(document: Document, language: Language | None = None) -> dict[str, Any]:
    """Give what the template of a document needs, to show it inside another page."""
    return {"sheet": sheet(document, language)}
