"""Invoices for what companies got in a period: previewed, and issued once, by hand or by themselves."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

from msgspec import Meta
from msgspec.structs import replace

from rynek.commerce import companies
from rynek.commerce.companies import Billable
from rynek.commerce.documents import drafting, rules
from rynek.commerce.documents.actions import Desk, desk, number, q
from rynek.commerce.documents.model import (
    Bill,
    Claimed,
    Covered,
    Document,
    Issued,
    Kind,
    NothingToIssue,
    Paid,
)
from rynek.commerce.documents.sales import Frame, Wanted
from rynek.kernel.database import Tx
from rynek.kernel.faults import Fault, NotFound
from rynek.kernel.jobs import enqueue, every, job


class Draft(NamedTuple):
    """An invoice that lacks only its number, and the shipments that it is for."""

    group: Billable
    document: Document
    wanted: Wanted


async def bills(tx: Tx, company: UUID) -> list[Bill]:
    """Show what a company would be invoiced now for what left in periods that are over, without invoicing it.

    Raises:
        NotFound: there is no such company.
        SeriesMissing: no active series numbers invoices in a channel that it buys in.
        RateUnknown: what the currency was worth before the sale is not known.
    """
    at = await _desk(tx, groups := await companies.billable(tx, company))
    return [
        Bill(
            each.group.begins_on, each.group.ends_on, each.document.currency, each.document.series,
            list(each.document.orders), len(each.document.lines), each.document.net_minor, each.document.tax_minor,
            each.document.gross_minor, each.document.due_on,
        )
        for group in groups
        for each in _drafts(at, group)
    ]  # fmt: skip


async def bill(tx: Tx, company: UUID) -> list[Issued]:
    """Invoice a company for what left for it in periods that are over and is on no invoice: each shipment once.

    What came back meanwhile is not on it, and what was credited is taken off.

    Raises:
        NotFound: there is no such company.
        SeriesMissing: no active series numbers invoices in a channel that it buys in.
        RateUnknown: what the currency was worth before the sale is not known.
    Emits:
        DocumentIssued, OrdersBilled
    """
    at = await _desk(tx, await companies.billable(tx, company))
    again = await companies.billable(tx, company)  # as they are now that their orders are locked
    groups = [group for group in again if at.sales.keys() >= set(group.orders)]
    drafts: list[Draft] = []
    for group in groups:
        made = [
            each._replace(document=kept)
            for each in _drafts(at, group)
            if isinstance(kept := at.keep(each.document, each.wanted), Document)
        ]
        drafts += made
        if not made:  # nothing of it is left to be invoiced
            await companies.bill(tx, group, None)
    issued = await number(at)
    for each in drafts:
        await companies.bill(tx, each.group, each.document.id, each.document.due_on)
    return [
        Issued(e.id, e.kind, e.name, e.gross_minor, e.currency) for e in (issued[each.document.id] for each in drafts)
    ]


async def _desk(tx: Tx, groups: Sequence[Billable]) -> Desk:
    return await desk(tx, [order for group in groups for order in group.orders])


def _drafts(at: Desk, group: Billable) -> list[Draft]:
    """Draft the invoices for what left in a period: one for each series that numbers them."""
    parts: dict[str, list[tuple[Document, Frame]]] = {}
    goods: dict[str, list[UUID]] = {}
    for order in group.orders:
        found = _part(at, group, order)
        if found is not None:
            parts.setdefault(found[0].series, []).append(found)
            goods.setdefault(found[0].series, []).append(order)
    drafts = []
    for series, some in sorted(parts.items()):
        theirs = [each for each in group.deliveries if each.order in goods[series]]
        rest = [each for each in group.deliveries if each.order not in {o for them in goods.values() for o in them}]
        mine = replace(group, orders=goods[series], deliveries=theirs + (rest if series == min(parts) else []))
        drafts.append(_together(at, mine, some))
    return drafts


def _part(at: Desk, group: Billable, order: UUID) -> tuple[Document, Frame] | None:
    """Draft what left of one order in a period and has not come back; None: nothing of it is to be invoiced."""
    sale = at.sales[order]
    items: dict[str, int] = {}
    for each in group.deliveries:
        for sku, n in each.items.items() if each.order == order else ():
            items[sku] = items.get(sku, 0) + n
    units = drafting.units_of(sale, items, "invoice")
    back = drafting.came_back(sale, {line.sku: sale.returned.get(line.order_line, 0) for line in sale.lines})
    left_out = {line: min(n, units.get(line, 0)) for line, n in back.items() if units.get(line, 0)}
    kept = {line: n - left_out.get(line, 0) for line, n in units.items() if n > left_out.get(line, 0)}
    kind: Kind = "final" if drafting.prepaid(sale) else "invoice"
    wanted = Wanted(order=order, kind=kind, cause="", units=kept, returned=tuple(sorted(left_out.items())))
    frame = at.frame(wanted, sale.row.channel)
    if frame is None:
        made: Document | Fault = at.draft(wanted)
    else:
        made = drafting.draft(wanted, sale, frame)
    if isinstance(made, NothingToIssue):
        return None
    if isinstance(made, Fault):
        raise made
    assert frame is not None  # noqa: S101 - without one there is no draft
    return made, frame


def _together(at: Desk, group: Billable, parts: Sequence[tuple[Document, Frame]]) -> Draft:
    """Put the drafts of orders on one invoice; VAT is counted from its sums where that changes nothing agreed."""
    first, frame = parts[0]
    made = [each for each, _ in parts]
    lines = [replace(line, order=each.order) for each in made for line in each.lines]
    lines = [replace(line, number=at_) for at_, line in enumerate(lines, 1)]
    method = rules.method_of(lines)
    lines = rules.taxed(lines, method)
    reasons = {(rate.category, rate.rate_bp): rate.reason for each in made for rate in each.rates}
    rates = [replace(rate, reason=reasons.get((rate.category, rate.rate_bp), "")) for rate in rules.sums(lines)]
    supplied = rates
    rates = rules.less(rates, *(each.rates for one in made for each in one.advances))
    gross, paid = sum(rate.gross_minor for rate in rates), sum(each.paid_minor for each in made)
    covered = [
        Covered(
            each.order,
            each.order_number,
            sum(line.gross_minor for line in lines if line.order == each.order),
            each.returned,
        )
        for each in made
    ]
    terms = at.sales[first.order].terms_days or 0
    whole = replace(
        first, method=method, lines=lines, rates=rates, net_minor=sum(rate.net_minor for rate in rates),
        tax_minor=sum(rate.tax_minor for rate in rates), gross_minor=gross, paid_minor=paid, due_minor=gross - paid,
        due_on=frame.day + timedelta(days=terms) if gross > paid else None, recipient=None,
        sold_on=max(each.sold_on for each in made), payments=_payments(made), company=group.company, orders=covered,
        period=(group.begins_on, group.ends_on), advances=[each for one in made for each in one.advances],
        supplied=supplied if first.kind == "final" else (), returned=(),
        follows=[each for one in made for each in one.follows],
    )  # fmt: skip
    told = drafting.told_locally(whole, frame)
    if isinstance(told, Fault):
        raise told
    goods = repr([(each.order, line.order_line, line.quantity) for each in made for line in each.lines])
    digest = hashlib.sha256(f"{group.deliveries!r} {goods}".encode()).hexdigest()[:32]
    return Draft(group, told, Wanted(order=first.order, kind=first.kind, cause=f"bill/{group.company}/{digest}"))


def _payments(made: Sequence[Document]) -> list[Paid]:
    found: dict[str, int] = {}
    for paid in (paid for each in made for paid in each.payments):
        found[paid.method] = found.get(paid.method, 0) + paid.minor
    return [Paid(method, minor) for method, minor in found.items()]


async def claims(tx: Tx, company: UUID, limit: Annotated[int, Meta(ge=1, le=1_000)] = 100) -> list[Claimed]:
    """List a company's invoices with what of each is still to be paid: the open ones first, the oldest before."""
    found: list[Claimed] = await q.claimed(tx, company=company, today=tx.at.date(), limit=limit)
    return found


@every(3_600, "documents.bill", "commerce")
async def bill_all(tx: Tx) -> None:
    """Put the work of invoicing on the list for each company for which something left in a period that is over."""
    for company in await companies.with_shipped(tx):
        if await companies.billable(tx, company):
            await enqueue(tx, bill_one, f"{company} {tx.at.date()}", company=company)


@job("documents.bill-company", "commerce")
async def bill_one(tx: Tx, *, company: UUID) -> None:
    """Invoice a company for its periods that are over; what is missing for that is tried again, and holds up nobody."""
    try:
        await bill(tx, company)
    except NotFound:
        return
