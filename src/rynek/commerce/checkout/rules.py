"""Decisions about carts: pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import UNSET
from msgspec.structs import replace

from rynek.commerce.checkout.model import (
    MOST_LINES,
    Body,
    CartChange,
    CartIncomplete,
    Priced,
    Terms,
    TotalDiffers,
    Want,
)
from rynek.commerce.inventory import Need
from rynek.commerce.payments import Tender
from rynek.commerce.pricing import Quote
from rynek.kernel.faults import Fault, Invalid

PROMISE = timedelta(minutes=30)
"""How long a price in a cart is kept, whatever happens to it meanwhile."""


def merged(*parts: Iterable[Want]) -> list[Want]:
    """Add up lines of the same item, in the order they were first asked for."""
    total: dict[str, int] = {}
    for want in (want for part in parts for want in part):
        total[want.sku] = total.get(want.sku, 0) + want.quantity
    return [Want(sku, quantity) for sku, quantity in total.items()]


def changed(terms: Terms, change: CartChange) -> Terms | Fault:
    """Apply a change to what a buyer has said."""
    lines = terms.lines if change.lines is UNSET else change.lines
    lines = merged(lines, () if change.add is UNSET else change.add)
    if len(lines) > MOST_LINES:
        return Invalid(f"a cart has at most {MOST_LINES} lines", field="lines")
    if any(want.quantity > 1_000_000 for want in lines):
        return Invalid("at most 1000000 of an item", field="lines")
    names = ("channel", "email", "country", "address", "delivery")
    said = {name: value for name in names if (value := getattr(change, name)) is not UNSET}
    return replace(terms, lines=lines, **said)


def priced(quote: Quote, delivery: str | None, components: dict[str, list[tuple[str, int]]]) -> Priced:
    """Arrange a quote as a cart's prices; the line of the delivery's item comes last and stands apart."""
    lines = quote.lines
    return Priced(
        quote.currency,
        quote.country,
        lines[:-1] if delivery else lines,
        lines[-1] if delivery else None,
        quote.rates,
        quote.net,
        quote.tax,
        quote.gross,
        {line.sku: components[line.sku] for line in lines if line.sku in components} if components else {},
    )


def good_until(quote: Quote, at: datetime) -> datetime:
    """Tell until when prices hold: they are promised for a while, but not past their own end."""
    return at + PROMISE if quote.good_until is None else min(at + PROMISE, quote.good_until)


def needs(priced: Priced) -> list[Need]:
    """Tell what has to leave the shelf: bundles count as what they are made of."""
    if not priced.components:
        return [Need(line.sku, line.quantity) for line in priced.lines]
    return [
        Need(sku, line.quantity * units)
        for line in priced.lines
        for sku, units in priced.components.get(line.sku, [(line.sku, 1)])
    ]


def refusal(body: Body, tenders: Sequence[Tender]) -> Fault | None:
    """Find what keeps a cart from being placed."""
    terms, total = body.terms, body.priced.total
    missing = [name for name in ("email", "address", "delivery") if getattr(terms, name) is None]
    if not terms.lines:
        missing.append("lines")
    if missing:
        return CartIncomplete(f"the cart has no {', no '.join(missing)}", missing=missing)
    offered = sum(tender.amount_minor for tender in tenders)
    if offered != total:
        return TotalDiffers(f"the cart costs {total}, the tenders come to {offered}", total=total, offered=offered)
    return None
