"""Decisions about carts: pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import UNSET
from msgspec.structs import replace

from rynek.commerce.checkout.model import (
    MOST_COUPONS,
    MOST_LINES,
    Body,
    CartChange,
    CartIncomplete,
    Kind,
    Priced,
    Terms,
    TotalDiffers,
    Want,
)
from rynek.commerce.inventory import Need
from rynek.commerce.payments import Tender
from rynek.commerce.pricing import Ask, Quote, QuoteLine
from rynek.commerce.promotions import PromotionSpent, Trace, Tried, UnknownCoupon, written
from rynek.commerce.shipping import SlotClaim, WindowKey
from rynek.kernel.faults import Fault, Invalid

PROMISE = timedelta(minutes=30)
"""How long a price in a cart is kept, whatever happens to it meanwhile."""
_MEND = {
    "point": "GET /checkout/channels/{0.channel}/points?delivery={0.delivery} lists places for ``point``",
    "window": "GET /checkout/channels/{0.channel}/windows?delivery={0.delivery} lists hours for ``window``",
}
"""How what is missing is said."""


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
    coupons = terms.coupons if change.coupons is UNSET else change.coupons
    names = ("channel", "email", "country", "address", "delivery", "point", "recipient", "window")
    said = {name: value for name in names if (value := getattr(change, name)) is not UNSET}
    if said.get("delivery", terms.delivery) != terms.delivery or said.get("channel", terms.channel) != terms.channel:
        said.setdefault("point", None)
        said.setdefault("window", None)
    return replace(terms, lines=lines, coupons=list(dict.fromkeys(written(each) for each in coupons)), **said)


def together(terms: Terms, other: Terms) -> Terms | Fault:
    """Put what is in another cart into this one, codes too."""
    coupons = list(dict.fromkeys([*terms.coupons, *other.coupons]))[:MOST_COUPONS]
    return changed(terms, CartChange(add=list(other.lines), coupons=coupons))


def gifts(
    ask: Ask,
    given: Iterable[tuple[str, int]],
    lines: Mapping[tuple[str, str, str, int], QuoteLine],
    free: Mapping[tuple[str, str], int],
) -> tuple[list[QuoteLine], set[str]]:
    """Add gifts to a cart as lines that cost nothing; gives them, and the items of which there are not enough."""
    found, missing = [], set()
    for sku, units in given:
        line = lines.get((ask.channel, ask.country, sku, units))
        if line is None or free.get((ask.channel, sku), 0) < units:
            missing.add(sku)
        else:
            found.append(line)
    return found, missing


def without(trace: Trace, missing: Collection[str]) -> Trace:
    """Say of gifts that are not there that they are gone."""
    if not missing:
        return trace
    tried = (
        replace(each, outcome="lost", why="the gift is gone", gift=None)
        if each.gift is not None and each.gift[0] in missing
        else each
        for each in trace.tried
    )
    return replace(trace, tried=tuple(tried))


def told(trace: Trace) -> list[Tried]:
    """Choose what a buyer is told: what counts, and what would count if there were more of something."""
    return [
        each
        for each in trace.tried
        if each.outcome == "applied"
        or (each.outcome == "unmet" and not each.why and (each.lacks_minor or each.lacks_units or each.lacks_weight_g))
    ]


def unknown_coupon(trace: Trace | None) -> Fault | None:
    """Refuse codes that there never were."""
    unknown = [each.coupon for each in (trace.coupons if trace else ()) if each.promotion is None]
    return UnknownCoupon(f"there is no code {', '.join(unknown)}", coupons=unknown) if unknown else None


def spent(trace: Trace | None, promotion: str) -> PromotionSpent:
    """Say that a promotion which a cart counted on is gone."""
    tried = trace.tried if trace is not None else ()
    name = next((each.name for each in tried if each.promotion == promotion), promotion)
    return PromotionSpent(f"somebody else had the last of {name}; look at the cart's new total", promotion=promotion)


def uses(trace: Trace | None) -> list[tuple[str, int, str | None]]:
    """List what an order takes of promotions: which, what it gives, and the code it was had by."""
    tried = trace.tried if trace is not None else ()
    return [(each.promotion, each.minor, each.coupon) for each in tried if each.outcome == "applied"]


def priced(
    quote: Quote,
    delivery: str | None,
    components: dict[str, list[tuple[str, int]]],
    gifts: Sequence[QuoteLine] = (),
) -> Priced:
    """Arrange a quote as a cart's prices; the line of the delivery's item stands apart, gifts come last."""
    lines = quote.lines
    free = [
        replace(each, net=0, tax=0, gross=0, discount=each.gross if quote.display == "gross" else each.net)
        for each in gifts
    ]
    bought = [*(lines[:-1] if delivery else lines), *free]
    return Priced(
        quote.currency,
        quote.country,
        bought,
        lines[-1] if delivery else None,
        quote.rates,
        quote.net,
        quote.tax,
        quote.gross,
        {line.sku: components[line.sku] for line in bought if line.sku in components} if components else {},
        sum(line.discount for line in lines) + sum(line.discount for line in free),
    )


def good_until(quote: Quote, *ends: datetime | None) -> datetime:
    """Tell until when prices hold: they are promised for a while, but not past their own end.

    Args:
        ends: when a promotion that counts ends, or what a company need not pay VAT by.
    """
    return min([quote.at + PROMISE, *(each for each in (quote.good_until, *ends) if each is not None)])


def needs(priced: Priced) -> list[Need]:
    """Tell what has to leave the shelf: bundles count as what they are made of."""
    if not priced.components:
        return [Need(line.sku, line.quantity) for line in priced.lines]
    return [
        Need(sku, line.quantity * units)
        for line in priced.lines
        for sku, units in priced.components.get(line.sku, [(line.sku, 1)])
    ]


def collected(kind: Kind | None) -> bool:
    """Tell whether goods are collected at a place instead of brought to an address."""
    return kind in {"pickup", "locker"}


def lacks(terms: Terms, kind: Kind | None, *, windowed: bool = False) -> list[str]:
    """List what has still to be said: a place instead of an address where goods are collected, and by whom."""
    missing = [name for name in ("email", "address", "delivery") if getattr(terms, name) is None]
    if collected(kind):
        missing = [name for name in missing if name != "address"]
        if terms.point is None:
            missing.append("point")
        if kind == "locker" and terms.address is None and terms.recipient is None:
            missing.append("recipient")
    if windowed and terms.window is None:
        missing.append("window")
    if not terms.lines:
        missing.append("lines")
    return missing


def prefixes(text: str) -> list[str]:
    """Give what a postcode begins with, longest first; none: the text is not one."""
    code = re.sub(r"[\s-]", "", text).upper()
    whole = re.fullmatch(r"[0-9A-Z]{2,12}", code) and code[0].isalnum() and any(each.isdigit() for each in code)
    return [code[:length] for length in range(len(code), 0, -1)] if whole else []


def slot_claim(order: WindowKey, window: WindowKey, terms: Terms) -> SlotClaim:
    """Say which hours an order wants."""
    postcode = re.sub(r"[\s-]", "", terms.address.postcode).upper() if terms.address else ""
    units = sum(want.quantity for want in terms.lines)
    return SlotClaim(order, window, units, terms.channel, terms.delivery or "", postcode)


def refusal(body: Body, tenders: Sequence[Tender]) -> Fault | None:
    """Find what keeps a cart from being placed."""
    total = body.priced.total
    if missing := lacks(body.terms, body.kind, windowed=body.windowed):
        mend = "".join(f"; {how.format(body.terms)}" for name, how in _MEND.items() if name in missing)
        return CartIncomplete(f"the cart has no {', no '.join(missing)}{mend}", missing=missing)
    offered = sum(tender.amount_minor for tender in tenders)
    if offered != total:
        return TotalDiffers(f"the cart costs {total}, the tenders come to {offered}", total=total, offered=offered)
    return None
