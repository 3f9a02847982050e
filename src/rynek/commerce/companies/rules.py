"""Decisions about companies: pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import msgspec

from rynek.commerce.companies import vat
from rynek.commerce.companies.model import (
    Agreed,
    ApprovalNeeded,
    Billable,
    BillableRow,
    Buyer,
    BuyerChanged,
    Claim,
    CompanyId,
    CompanyRefused,
    CreditSpent,
    CustomerId,
    Delivered,
    Invoicing,
    Member,
    OrderId,
    Period,
    Spent,
    Standing,
    Treatment,
    UnitRow,
)
from rynek.kernel.faults import Fault

PROOF = timedelta(days=90)
"""How long the register's answer about a VAT number is believed."""
LABELS = {"reverse-charge": "0 WDT", "exempt": "zw"}
"""How documents name a rate of nothing: intra-Union supply, and exempt."""
_REASONS = {
    "reverse-charge": "intra-Union supply, Directive 2006/112/EC article 138: VAT is accounted for by the buyer",
    "exempt": "exempt by certificate",
}


class Treated(NamedTuple):
    """How VAT is treated, why, and until when that stands (None: as long as nothing changes)."""

    tax: Treatment
    reason: str
    until_at: datetime | None


# --- what a company pays ----------------------------------------------------------------------------------------------


def treated(buyer: Buyer, seller: str, goods: str, at: datetime) -> Treated:
    """Decide how VAT is treated: without VAT only where that is proved at this instant.

    Args:
        seller: the country that is sold from.
        goods: the country that is delivered to.
    """
    if buyer.tax == "exempt" and buyer.exempt_until is not None:
        end = datetime.combine(buyer.exempt_until + timedelta(days=1), time(), UTC)
        if at < end:
            return Treated("exempt", f"{_REASONS['exempt']} {buyer.certificate}".rstrip(), end)
    if buyer.tax == "reverse-charge" and buyer.proof_at is not None and buyer.vat_id:
        end = buyer.proof_at + PROOF
        abroad = vat.country(buyer.vat_id) not in (seller, "XI") or (buyer.vat_id[:2] == "XI" and seller != "XI")
        within = {seller, goods} <= vat.UNION | {"XI"} and goods != seller
        if abroad and within and at < end:
            return Treated("reverse-charge", _REASONS["reverse-charge"], end)
    return Treated("standard", "", None)


def agreed(buyer: Buyer, how: Treated) -> Agreed | None:
    """Copy for which company something is bought and on what terms; None: the buyer buys for nobody."""
    if buyer.company is None:
        return None
    proof = (buyer.consultation or "") if how.tax == "reverse-charge" else ""
    return Agreed(
        buyer.company, buyer.name or "", buyer.vat_id, buyer.unit or "", buyer.terms_days or 0,
        buyer.invoicing or "each", how.tax, how.reason, proof,
    )  # fmt: skip


def begins(period: Period, at: datetime) -> datetime:
    """Tell when the period that an instant lies in began (UTC)."""
    day = at.astimezone(UTC).date()
    if period == "week":
        day -= timedelta(days=day.weekday())
    else:
        month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[period]
        day = day.replace(month=month, day=1)
    return datetime.combine(day, time(), UTC)


# --- what its people may order ----------------------------------------------------------------------------------------


def above(units: Mapping[str, UnitRow], code: str) -> list[str]:
    """List a unit and those above it, from below; a ring, which nobody can write, would end it."""
    found: list[str] = []
    step: str | None = code
    while step is not None and step in units and step not in found:
        found.append(step)
        step = units[step].parent
    return found


def ring(parents: Mapping[str, str | None]) -> str | None:
    """Find a unit that would be above itself."""
    for code in parents:
        seen = {code}
        step = parents[code]
        while step is not None:
            if step == code:
                return code
            if step in seen:
                break
            seen.add(step)
            step = parents.get(step)
    return None


def chain(members: Iterable[Member], units: Mapping[str, UnitRow], asker: Member, minor: int) -> list[Member]:
    """List who may let an order of somebody pass: approvers of the unit and of those above whose own limit suffices.

    Nearest first; admins of the company may always, after the approvers of their unit. Nobody approves for themselves.
    """
    steps = {code: place for place, code in enumerate(above(units, asker.unit))}
    able = [
        each
        for each in members
        if each.customer != asker.customer
        and each.role != "buyer"
        and (each.unit in steps or each.role == "admin")
        and (each.order_limit_minor is None or each.order_limit_minor >= minor)
    ]
    return sorted(able, key=lambda each: (steps.get(each.unit, len(steps)), each.role == "admin", each.customer.int))


class Limits:
    """What companies may still order while orders of one transaction take of it, one after the other."""

    def __init__(
        self, standings: Iterable[Standing], members: Iterable[Member], units: Iterable[UnitRow], spent: Iterable[Spent]
    ) -> None:
        self.standings = {each.company: each for each in standings}
        self.members = {each.customer: each for each in members}
        self.units: dict[CompanyId, dict[str, UnitRow]] = {}
        for unit in units:
            self.units.setdefault(unit.company, {})[unit.code] = unit
        self.exposure = {each.company: each.exposure_minor for each in self.standings.values()}
        self.by_member: dict[CustomerId, int] = {}
        self.by_unit: dict[tuple[CompanyId, str], int] = {}
        for each in spent:
            self._count(each.company, each.unit, each.customer, each.minor)

    def take(self, claim: Claim) -> Fault | None:
        """Take what an order asks for, all or nothing; gives why not."""
        standing = self.standings.get(claim.company)
        if standing is None or not standing.active:
            return CompanyRefused("the company is not active")
        member = self.members.get(claim.customer)
        if member is None or member.company != claim.company:
            return BuyerChanged("the buyer buys for this company no more")
        refused = None if claim.approval else self._over(claim, member, standing)
        refused = refused or self._credit(claim, standing)
        if refused is None:
            self._move(claim, member, 1)
        return refused

    def put_back(self, claim: Claim) -> None:
        """Give back what an order took that came to nothing."""
        self._move(claim, self.members[claim.customer], -1)

    def left(self, member: Member) -> tuple[int | None, int | None]:
        """Tell what is left of somebody's limit in this period, and of the tightest budget; None: no end is set."""
        mine = member.period_limit_minor
        period = None if mine is None else max(0, mine - self.by_member.get(member.customer, 0))
        budgets = [
            max(0, unit.budget_minor - self.by_unit.get((member.company, unit.code), 0))
            for unit in self._above(member)
            if unit.budget_minor is not None
        ]
        return period, min(budgets, default=None)

    def _over(self, claim: Claim, member: Member, standing: Standing) -> Fault | None:
        if member.order_limit_minor is not None and claim.total_minor > member.order_limit_minor:
            return _needed("order", claim, member.order_limit_minor)
        period, budget = self.left(member)
        limited = (member.order_limit_minor, period, budget) != (None, None, None)
        if limited and claim.currency != standing.currency:
            return ApprovalNeeded(f"limits are set in {standing.currency}", limit="currency")
        for what, left in (("period", period), ("budget", budget)):
            if left is not None and claim.total_minor > left:
                return _needed(what, claim, left)
        return None

    def _credit(self, claim: Claim, standing: Standing) -> Fault | None:
        if not claim.on_account_minor:
            return None
        if standing.blocked:
            return CreditSpent("the account is blocked", left_minor=0)
        if claim.currency != standing.currency:
            return CreditSpent(f"the account is kept in {standing.currency}", left_minor=0)
        left = standing.limit_minor - self.exposure[claim.company]
        if claim.on_account_minor > left:
            return CreditSpent(f"{left} is left of the company's credit", left_minor=left)
        return None

    def _above(self, member: Member) -> list[UnitRow]:
        units = self.units.get(member.company, {})
        return [units[code] for code in above(units, member.unit)]

    def _move(self, claim: Claim, member: Member, by: int) -> None:
        self.exposure[claim.company] += by * claim.on_account_minor
        if claim.currency == self.standings[claim.company].currency:
            self._count(claim.company, member.unit, claim.customer, by * claim.total_minor)

    def _count(self, company: CompanyId, unit: str, customer: CustomerId, minor: int) -> None:
        self.by_member[customer] = self.by_member.get(customer, 0) + minor
        for code in above(self.units.get(company, {}), unit):
            self.by_unit[company, code] = self.by_unit.get((company, code), 0) + minor


def _needed(what: str, claim: Claim, left: int) -> ApprovalNeeded:
    words = {"order": "an order of yours", "period": "what you order in this period", "budget": "the unit's budget"}
    return ApprovalNeeded(
        f"{words[what]} may come to {left} more", limit=what, left_minor=left, total=claim.total_minor
    )


# --- what is invoiced together ----------------------------------------------------------------------------------------


def span(invoicing: Invoicing, day: date) -> tuple[date, date]:
    """Tell the first and the last day of what is invoiced together with a day's deliveries."""
    if invoicing == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    if invoicing == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return day, day


def billable(company: CompanyId, invoicing: Invoicing, rows: Sequence[BillableRow], today: date) -> list[Billable]:
    """Put together what was shipped, by currency and period; what is invoiced by period waits until that is over."""
    groups: dict[tuple[date, date, str, OrderId | None], list[BillableRow]] = {}
    for row in rows:
        first, last = span(invoicing, row.shipped_at.astimezone(UTC).date())
        if invoicing == "each" or last < today:
            alone = row.order if invoicing == "each" else None
            groups.setdefault((first, last, row.currency, alone), []).append(row)
    return [
        Billable(
            company,
            currency,
            first,
            last,
            list(dict.fromkeys(row.order for row in found)),
            sum(row.total_minor for row in found),
            [Delivered(row.order, row.reference, msgspec.json.decode(row.items, type=dict[str, int])) for row in found],
        )
        for (first, last, currency, _), found in groups.items()
    ]
