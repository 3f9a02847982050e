"""Decisions about documents: pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from rynek.commerce.documents.model import (
    Category,
    Change,
    Language,
    Line,
    Method,
    Off,
    OverCorrected,
    Party,
    RateSum,
    Reset,
    Seller,
)
from rynek.kernel.faults import Fault, Invalid
from rynek.kernel.money import exponent, split

_PLACE = re.compile(r"\{(?:(year|month)|number(?::([1-9]))?)\}")
_EXEMPT: dict[str, Category] = {"zw": "E", "oo": "AE", "np": "O", "wdt": "K", "ex": "G", "eks": "G"}
_SPLIT_FROM = 15_000_00
_SIMPLIFIED = {"PLN": 450_00, "EUR": 100_00}
_SIMPLIFIED_UNTIL = date(2026, 12, 31)
_REASONS: dict[Language, dict[str, str]] = {
    "pl": {
        "E": "zwolnione z VAT",
        "AE": "odwrotne obciążenie",
        "K": "wewnątrzwspólnotowa dostawa towarów, art. 42 ustawy o VAT",
        "G": "eksport towarów, art. 41 ust. 4 ustawy o VAT",
        "O": "nie podlega VAT w kraju",
    },
    "en": {
        "E": "exempt from VAT",
        "AE": "reverse charge",
        "K": "intra-Community supply of goods, article 138 of Directive 2006/112/EC",
        "G": "export of goods, article 146 of Directive 2006/112/EC",
        "O": "outside the scope of VAT",
    },
}


# --- numbers ----------------------------------------------------------------------------------------------------------


def unfit(pattern: str, reset: Reset) -> str | None:
    """Say why documents cannot be numbered by a pattern; None: they can."""
    places = [found[1] or "number" for found in _PLACE.finditer(pattern)]
    if set("{}") & set(_PLACE.sub("", pattern)):
        return "places are {year}, {month}, {number} and {number:5} alone"
    if places.count("number") != 1:
        return "{number} stands in it once"
    needed = {"yearly": {"year"}, "monthly": {"year", "month"}, "never": set[str]()}[reset]
    missing = sorted(needed - set(places))
    return f"numbers begin again {reset}, so {{{missing[0]}}} has to stand in it" if missing else None


def name(pattern: str, day: date, number: int) -> str:
    """Write a number as it is printed."""

    def fill(place: re.Match[str]) -> str:
        if place[1]:
            return f"{day.year:04}" if place[1] == "year" else f"{day.month:02}"
        return f"{number:0{place[2] or 1}}"

    return _PLACE.sub(fill, pattern)


def period(reset: Reset, day: date) -> str:
    """Tell in which row of numbers a day is: each begins with 1."""
    return {"yearly": f"{day.year:04}", "monthly": f"{day.year:04}-{day.month:02}", "never": ""}[reset]


# --- amounts ----------------------------------------------------------------------------------------------------------


def half_up(amount: int, whole: int) -> int:
    """Divide, and round half away from zero.

    Source: ustawa o VAT, art. 106e (11).
    """
    sign = -1 if amount < 0 else 1
    return sign * ((2 * abs(amount) + whole) // (2 * whole))


def share(total: int, whole: int, before: int, units: int) -> int:
    """Give units their part of an amount after ``before`` of ``whole`` had theirs: all parts together are the whole.

    It is the part that orders count for units that leave or are given up. ``total`` is not negative.
    """
    return total * (before + units) // whole - total * before // whole


def part(line: Line, before: int, units: int) -> Line:
    """Take units out of a line, after those ``before`` them; nothing is lost or doubled by rounding."""
    q = line.quantity
    gross, tax = share(line.gross_minor, q, before, units), share(line.tax_minor, q, before, units)
    discount = share(line.discount_minor, q, before, units)
    return replace(
        line, quantity=units, discount_minor=discount, net_minor=gross - tax, tax_minor=tax, gross_minor=gross
    )  # fmt: skip


def vat(amount: int, rate_bp: int, method: Method) -> int:
    """Tell the VAT on a net amount, or in a gross one.

    Source: ustawa o VAT, art. 106e (1) 14 and (7).
    """
    return half_up(amount * rate_bp, 10_000 + rate_bp if method == "gross" else 10_000)


def taxed(lines: Sequence[Line], method: Method) -> list[Line]:
    """Count VAT once for each rate, and share it out over the rate's lines so that they sum to it.

    By ``net`` the net amounts stay, by ``gross`` the gross ones; by ``line`` all is as it was agreed for each line.

    Source: ustawa o VAT, art. 106e (7), (10) and (11); EN 16931-1, BR-CO-10, BR-S-08 and BR-S-09.
    """
    if method == "line":
        return list(lines)
    alike: dict[tuple[Category, int], list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        alike[line.category, line.rate_bp].append(place)
    found = list(lines)
    for (_, rate_bp), places in alike.items():
        amounts = [lines[at].gross_minor if method == "gross" else lines[at].net_minor for at in places]
        taxes = split(vat(sum(amounts), rate_bp, method), amounts)
        for at, amount, tax in zip(places, amounts, taxes, strict=True):
            net = amount - tax if method == "gross" else amount
            found[at] = replace(lines[at], net_minor=net, tax_minor=tax, gross_minor=net + tax)
    return found


def method_of(lines: Sequence[Line]) -> Method:
    """Choose what VAT is counted from, so that what was agreed to be paid stays as it is.

    Gross prices: their sums. Net prices: their sums, unless the order rounded each line and comes to something else.
    """
    if any(line.basis == "gross" for line in lines):
        return "gross"
    agreed = sum(line.gross_minor for line in lines)
    return "net" if sum(line.gross_minor for line in taxed(lines, "net")) == agreed else "line"


def sums(lines: Iterable[Line]) -> list[RateSum]:
    """Add lines up by rate, the highest first."""
    totals: dict[tuple[int, Category], list[int]] = defaultdict(lambda: [0, 0, 0])
    labels: dict[tuple[int, Category], str] = {}
    for line in lines:
        total = totals[line.rate_bp, line.category]
        for place, amount in enumerate((line.net_minor, line.tax_minor, line.gross_minor)):
            total[place] += amount
        labels.setdefault((line.rate_bp, line.category), line.label)
    return [
        RateSum(of, rate_bp, labels[rate_bp, of], net, tax, gross)
        for (rate_bp, of), (net, tax, gross) in sorted(totals.items(), reverse=True)
    ]


def less(rates: Sequence[RateSum], *others: Sequence[RateSum]) -> list[RateSum]:
    """Take the sums of other documents off, rate by rate; what is only in them becomes negative."""
    found = {(each.rate_bp, each.category): each for each in rates}
    for each in (each for other in others for each in other):
        key = each.rate_bp, each.category
        known = found.get(key) or replace(each, net_minor=0, tax_minor=0, gross_minor=0)
        found[key] = replace(
            known,
            net_minor=known.net_minor - each.net_minor,
            tax_minor=known.tax_minor - each.tax_minor,
            gross_minor=known.gross_minor - each.gross_minor,
        )
    return [found[key] for key in sorted(found, reverse=True)]


def allotted(amount: int, rates: Sequence[RateSum], text: str) -> list[Line]:
    """Spread an advance over the rates of what it is for; VAT is in it.

    Args:
        rates: of the order, as far as nothing was paid on them in advance.
        text: what the lines are called.

    Source: ustawa o VAT, art. 106f (1) 3.
    """
    parts = split(amount, [max(each.gross_minor, 0) for each in rates])
    return [
        Line(
            number, -1, "", text, "pcs", 1, gross, "gross", 0, gross - vat(gross, each.rate_bp, "gross"),
            vat(gross, each.rate_bp, "gross"), gross, each.category, each.rate_bp, each.label,
        )
        for number, (each, gross) in enumerate(zip(rates, parts, strict=True), 1)
        if gross
    ]  # fmt: skip


def local(minor: int, currency: str, millionths: int, to: str) -> int:
    """Turn an amount into another currency.

    Source: ustawa o VAT, art. 31a and 106e (11).
    """
    return half_up(minor * millionths * 10 ** exponent(to), 10**6 * 10 ** exponent(currency))


# --- corrections ------------------------------------------------------------------------------------------------------


def lessened(lines: Sequence[Line], offs: Sequence[Off]) -> list[Line] | Fault:
    """Take units or money off lines; never more than there is."""
    found = {line.number: line for line in lines}
    for off in offs:
        line = found.get(off.number)
        if line is None:
            return Invalid(f"the document has no line {off.number}", field="lines")
        if off.units is None and off.minor is None:
            return Invalid(f"line {off.number}: say how many units or how much money", field="lines")
        if (off.units or 0) > line.quantity:
            what = f"line {off.number} has {line.quantity} left, not {off.units}"
            return OverCorrected(what, line=off.number, left=line.quantity)
        if off.units:
            line = part(line, 0, line.quantity - off.units)
        amount = line.net_minor if line.basis == "net" else line.gross_minor
        if (off.minor or 0) > amount:
            return OverCorrected(f"line {off.number} has {amount} left, not {off.minor}", line=off.number, left=amount)
        found[off.number] = _cheaper(line, off.minor, amount) if off.minor else line
    return [found[line.number] for line in lines]


def _cheaper(line: Line, minor: int, amount: int) -> Line:
    left = amount - minor
    tax = share(line.tax_minor, amount, 0, left)
    net = left if line.basis == "net" else left - tax
    return replace(
        line, discount_minor=line.discount_minor + minor, net_minor=net, tax_minor=tax, gross_minor=net + tax
    )  # fmt: skip


def cheaper(lines: Sequence[Line], minor: int) -> list[Line]:
    """Take money off lines, from each in proportion to what it costs: no more than they come to.

    What is taken off is gross, whatever the basis of a line.
    """
    grosses = [max(line.gross_minor, 0) for line in lines]
    offs = split(min(minor, sum(grosses)), grosses) if sum(grosses) and minor > 0 else [0] * len(lines)
    found = []
    for line, off in zip(lines, offs, strict=True):
        if not off:
            found.append(line)
            continue
        gross = line.gross_minor - off
        tax = share(line.tax_minor, line.gross_minor, 0, gross)
        less_net = line.net_minor - gross + tax
        discount = line.discount_minor + (less_net if line.basis == "net" else off)
        found.append(replace(line, discount_minor=discount, net_minor=gross - tax, tax_minor=tax, gross_minor=gross))
    return found


def emptied(lines: Sequence[Line]) -> list[Line]:
    """Take everything off."""
    return [part(line, 0, 0) if line.quantity else line for line in lines]


def changes(before: Sequence[Line], after: Sequence[Line]) -> list[Change]:
    """List the lines that a correction changes."""
    return [
        Change(
            old, new, new.quantity - old.quantity, new.net_minor - old.net_minor, new.tax_minor - old.tax_minor,
            new.gross_minor - old.gross_minor,
        )
        for old, new in zip(before, after, strict=True)
        if old != new
    ]  # fmt: skip


# --- law --------------------------------------------------------------------------------------------------------------


def category(label: str, rate_bp: int) -> Category:
    """Tell the VAT category of a rate by how receipts name it (``23%``, ``zw``, ``np``, ``oo``, ``0% WDT``)."""
    if rate_bp:
        return "S"
    words = re.findall(r"[a-z]+", label.lower())
    return next((_EXEMPT[word] for word in words if word in _EXEMPT), "Z")


def reason(of: Category, language: Language, seller: Seller) -> str:
    """Say why no VAT is asked; empty where some is, or the rate is zero.

    Source: ustawa o VAT, art. 106e (1) 18 and 19; EN 16931-1, BT-120.
    """
    text = _REASONS[language].get(of, "")
    return f"{text}: {seller.exemption}" if of == "E" and seller.exemption else text


def splits(seller: Seller, buyer: Party, local_gross: int) -> bool:
    """Tell whether the buyer's bank splits the payment: between taxpayers, above 15,000 PLN.

    Source: ustawa o VAT, art. 106e (1) 18a and 108a.
    """
    polish = (seller.vat_id or "").startswith("PL") and (buyer.vat_id or "").startswith("PL")
    return polish and seller.currency == "PLN" and local_gross > _SPLIT_FROM


def simplified(sold_on: date, currency: str, gross_minor: int, vat_id: str | None) -> bool:
    """Tell whether a receipt is an invoice itself: with the buyer's NIP, of 450 zł or 100 euro at most, until 2026.

    Source: ustawa o VAT, art. 106e (5) 3; for its end, the transition to KSeF, art. 145l and those after it.
    """
    polish = vat_id is not None and vat_id.startswith("PL")
    return polish and sold_on <= _SIMPLIFIED_UNTIL and gross_minor <= _SIMPLIFIED.get(currency, -1)


def askable_until(sold_on: date) -> date:
    """Tell the last day on which an invoice may be asked for: three months after the end of the month of the sale.

    Source: ustawa o VAT, art. 106b (3).
    """
    months = sold_on.year * 12 + sold_on.month - 1 + 4
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)
