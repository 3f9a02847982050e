"""What can be done with companies."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import catalog
from rynek.commerce.catalog import ChannelCode
from rynek.commerce.companies import model, rules, vat
from rynek.commerce.companies.events import (
    CompanyChanged,
    CreditChanged,
    DebtIncurred,
    DebtReleased,
    MemberChanged,
    OrdersBilled,
    VatIdChecked,
)
from rynek.commerce.companies.model import (
    Account,
    Assortment,
    Billable,
    Checked,
    Claim,
    Company,
    CompanyRow,
    Credit,
    CreditInUse,
    Debt,
    InvitationGone,
    Invited,
    Listed,
    Member,
    Mine,
    Movement,
    Overdue,
    Owed,
    Proof,
    Role,
    Seat,
    Seated,
    Standing,
    Terms,
    Token,
    Unbalanced,
    Unit,
    VatId,
    VatIdWrong,
)
from rynek.commerce.companies.ports import register
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.door import Call
from rynek.kernel.events import emit
from rynek.kernel.faults import Conflict, Forbidden, Invalid, NotFound
from rynek.kernel.sql import queries

q = queries(__file__, model)

INVITED = timedelta(days=14)
"""How long an invitation can be taken."""
Limit = Annotated[int, Meta(ge=1, le=200)]
_NO_COMPANY = "there is no such company, or it is not yours"
_EVERYTHING = Assortment()


# --- companies and their terms ----------------------------------------------------------------------------------------


async def companies(
    tx: Tx, text: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*\Z")] = "", after: UUID | None = None,
    limit: Limit = 50,
) -> list[Listed]:  # fmt: skip
    """List companies by name: all, or those whose name or VAT number begins so; go on after the last of a page."""
    last = await q.company(tx, id=after) if after else None
    found: list[Listed] = await q.companies(
        tx, text=text, after_name=last.name if last else "", after=last.id if last else None, limit=limit
    )
    return found


async def company(tx: Tx, company: UUID) -> Company:
    """Show a company: its terms, units, people, and what it owes.

    Raises:
        NotFound: there is no such company, or it is not yours.
        Forbidden: you only buy for it.
    """
    await _within(tx, company, "approver", "admin")
    row = await _row(tx, company)
    proof = await q.proof(tx, company=company, vat_id=row.vat_id) if row.vat_id else None
    return Company(
        row.id, _terms(row), Account(row.limit_minor, row.exposure_minor, row.blocked),
        await q.named_units(tx, company=company), await q.members_of(tx, company=company), proof,
    )  # fmt: skip


async def _row(tx: Tx, company: UUID) -> CompanyRow:
    row: CompanyRow | None = await q.company(tx, id=company)
    if row is None:
        raise NotFound(_NO_COMPANY)
    return row


def _terms(row: CompanyRow) -> Terms:
    known = {name: getattr(row, name) for name in Terms.__struct_fields__}
    known["address"] = msgspec.json.decode(row.address, type=Seat)
    known["assortment"] = msgspec.json.decode(row.assortment, type=Assortment)
    return Terms(**known)


async def _within(tx: Tx, company: UUID, *roles: Role) -> Member | None:
    """See that whoever reaches only their own belongs to the company, in one of these roles; gives their seat."""
    if tx.reach != "own":
        return None
    [mine] = await q.members(tx, customers=[tx.actor.id]) or [None]
    if mine is None or mine.company != company:
        raise NotFound(_NO_COMPANY)
    if mine.role not in roles:
        raise Forbidden("in your company others do that")
    found: Member = mine
    return found


async def put(tx: Tx, company: UUID, terms: Terms) -> None:
    """Take a company in, or change the terms it buys on. A new one owes nothing and may owe nothing yet.

    Raises:
        VatIdWrong: the VAT number is none of the European Union.
        Invalid: a treatment of VAT lacks what it is proved by, or the currency is another than orders were made in.
    Emits:
        CompanyChanged
    """
    terms = msgspec.structs.replace(terms, vat_id=_sound(terms.vat_id) if terms.vat_id else None)
    if terms.tax == "reverse-charge" and terms.vat_id is None:
        raise Invalid("reverse charge needs a VAT number", field="vat_id")
    if terms.tax == "exempt" and not (terms.certificate and terms.exempt_until):
        raise Invalid("an exemption needs a certificate and its last day", field="certificate")
    before: CompanyRow | None = await q.company(tx, id=company)
    if before is not None and before.currency != terms.currency and await q.ordered(tx, id=company):
        raise Invalid(f"it has ordered in {before.currency}: its account stays in that", field="currency")
    given = msgspec.json.encode(terms).decode()
    await q.put(tx, id=company, given=given, restricted=terms.assortment != _EVERYTHING, at=tx.at)
    emit(tx, CompanyChanged(company))


def _sound(vat_id: str) -> str:
    written = vat.written(vat_id)
    if wrong := vat.amiss(written):
        raise VatIdWrong(f"{written}: {wrong}", vat_id=written)
    return written


async def check_vat(tx: Tx, vat_id: VatId) -> Checked:  # noqa: ARG001 - nothing is looked up
    """Check how a VAT number of the European Union is written, offline: its form and its check digits."""
    written = vat.written(vat_id)
    wrong = vat.amiss(written)
    return Checked(written, not wrong, wrong)


async def prove(call: Call[Any], company: UUID) -> Proof:
    """Ask the register whether a company's VAT number is valid, and keep the answer as proof.

    Raises:
        NotFound: there is no such company.
        Invalid: it has no VAT number.
        VatIdWrong: the register does not take it for a number.
        RegisterAway: the register, or the member state's behind it, cannot be asked at this moment.
    Emits:
        VatIdChecked
    """
    async with call.transaction() as tx:
        row = await _row(tx, company)
    if row.vat_id is None:
        raise Invalid("the company has no VAT number", field="company")
    answer = await register().check(row.vat_id)
    async with call.transaction() as tx:
        given = msgspec.structs.asdict(answer)
        await q.prove(tx, id=ids.new(), company=company, vat_id=row.vat_id, at=tx.at, **given)
        emit(tx, VatIdChecked(company, row.vat_id, answer.valid))
        await call.note(tx, str(company))
        return Proof(row.vat_id, tx.at, **given)


async def put_credit(tx: Tx, company: UUID, credit: Credit) -> Account:
    """Say how much a company may owe, or block its account.

    Raises:
        NotFound: there is no such company.
        CreditInUse: more than that is owed already.
    Emits:
        CreditChanged
    """
    [standing] = await q.lock(tx, companies=[company]) or [None]
    if standing is None:
        raise NotFound(_NO_COMPANY)
    if credit.limit_minor < standing.exposure_minor:
        raise CreditInUse(f"{standing.exposure_minor} is owed", exposure_minor=standing.exposure_minor)
    await q.set_credit(tx, company=company, limit_minor=credit.limit_minor, blocked=credit.blocked)
    emit(tx, CreditChanged(company, credit.limit_minor, credit.blocked))
    return Account(credit.limit_minor, standing.exposure_minor, credit.blocked)


async def put_channel(tx: Tx, channel: ChannelCode, consumers: bool) -> None:  # noqa: FBT001 - an operation's field
    """Say whether consumers too may pay later by invoice in a channel; companies may, within their credit.

    Raises:
        UnknownChannel: there is none of this code.
    """
    await catalog.channel(tx, channel)
    await (q.open_channel if consumers else q.close_channel)(tx, channel=channel)


# --- units and people -------------------------------------------------------------------------------------------------


async def put_units(
    tx: Tx, company: UUID, units: Annotated[list[Unit], Meta(min_length=1, max_length=model.MOST)]
) -> None:
    """Add units to a company or change them: their names, what they are under, their budgets.

    Raises:
        NotFound: there is no such company, or it is not yours.
        Forbidden: in your company others do that.
        Invalid: a unit is given twice, would be above itself, or is under one that is not there.
    Emits:
        CompanyChanged
    """
    await _within(tx, company, "admin")
    [standing] = await q.lock(tx, companies=[company]) or [None]
    if standing is None:
        raise NotFound(_NO_COMPANY)
    if len({each.code for each in units}) < len(units):
        raise Invalid("a unit is given twice", field="units")
    parents = {each.code: each.parent for each in await q.units(tx, companies=[company])}
    parents |= {each.code: each.parent for each in units}
    if (code := rules.ring(parents)) is not None:
        raise Invalid(f"{code} would be above itself", field="units")
    if unknown := sorted({each for each in parents.values() if each is not None} - parents.keys()):
        raise Invalid(f"there is no unit {unknown[0]}", field="units")
    await q.put_units(tx, company=company, given=msgspec.json.encode(units).decode())
    emit(tx, CompanyChanged(company))


async def put_member(tx: Tx, company: UUID, customer: UUID, seat: Seated) -> None:
    """Give somebody a seat in a company, or change it. A company's admins change seats; new people they invite.

    Raises:
        NotFound: there is no such company, or it is not yours, or nobody of yours.
        Forbidden: in your company others do that.
        Invalid: the company has no such unit, or the customer buys for another company.
    Emits:
        MemberChanged
    """
    await _within(tx, company, "admin")
    await _row(tx, company)
    [there] = await q.members(tx, customers=[customer]) or [None]
    if tx.reach == "own" and (there is None or there.company != company):
        raise NotFound("nobody of your company: invite them")
    given = msgspec.structs.asdict(seat)
    if await q.seat(tx, customer=customer, company=company, **given) is None:
        raise Invalid("the customer buys for another company", field="customer")
    emit(tx, MemberChanged(company, customer, seat.role))


async def drop_member(tx: Tx, company: UUID, customer: UUID) -> None:
    """Take somebody's seat in a company.

    Raises:
        NotFound: there is no such company, or it is not yours, or nobody of this company.
        Forbidden: in your company others do that.
    Emits:
        MemberChanged
    """
    await _within(tx, company, "admin")
    if await q.unseat(tx, company=company, customer=customer) is None:
        raise NotFound("nobody of this company")
    emit(tx, MemberChanged(company, customer, None))


async def invite(tx: Tx, company: UUID, seat: Seated) -> Invited:
    """Invite somebody into a company: whoever logs in and shows the token has the seat. The token is told once.

    Raises:
        NotFound: there is no such company, or it is not yours.
        Forbidden: in your company others do that.
        Invalid: the company has no such unit.
    """
    await _within(tx, company, "admin")
    await _row(tx, company)
    token, until_at = secrets.token_urlsafe(24), tx.at + INVITED
    await q.invite(tx, digest=_digest(token), company=company, until_at=until_at, **msgspec.structs.asdict(seat))
    return Invited(token, until_at)


async def join(tx: Tx, token: Token) -> Member:
    """Take a seat in a company that you were invited to.

    Raises:
        InvitationGone: it is not known, has been taken or is too old.
        Conflict: you buy for another company already.
    Emits:
        MemberChanged
    """
    seat: Member | None = await q.accept(tx, digest=_digest(token), customer=tx.actor.id, at=tx.at)
    if seat is None:
        raise InvitationGone
    if await q.seat(tx, **msgspec.structs.asdict(seat)) is None:
        raise Conflict("you buy for another company already")
    emit(tx, MemberChanged(seat.company, seat.customer, seat.role))
    return seat


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def mine(tx: Tx) -> Mine | None:
    """Tell for which company you buy, and what is left of your limits and of its credit; nothing: for none."""
    [member] = await q.members(tx, customers=[tx.actor.id]) or [None]
    if member is None:
        return None
    row = await _row(tx, member.company)
    standing = Standing(
        row.id, row.currency, row.period, row.active, row.terms_days, row.limit_minor, row.exposure_minor, row.blocked
    )
    period, budget = (await _limits(tx, [standing], [member])).left(member)
    left = 0 if row.blocked else row.limit_minor - row.exposure_minor
    return Mine(row.id, row.name, member, row.currency, left, period, budget)


async def people(tx: Tx, company: UUID) -> tuple[list[Member], dict[str, model.UnitRow]]:
    """Tell who buys for a company, and its units by code."""
    units = await q.units(tx, companies=[company])
    return await q.members_of(tx, company=company), {each.code: each for each in units}


async def seat_of(tx: Tx, customer: UUID) -> Member | None:
    """Tell for which company a customer buys."""
    found: list[Member] = await q.members(tx, customers=[customer])
    return found[0] if found else None


# --- what it orders and owes ------------------------------------------------------------------------------------------


async def _limits(tx: Tx, standings: Sequence[Standing], members: Sequence[Member]) -> rules.Limits:
    them = [each.company for each in standings]
    sinces = [rules.begins(each.period, tx.at) for each in standings]
    units, spent = await q.units(tx, companies=them), await q.spent(tx, companies=them, sinces=sinces)
    return rules.Limits(standings, members, units, spent)


async def limits(tx: Tx, claims: Sequence[Claim]) -> rules.Limits:
    """Lock the accounts of companies that are about to order, in key order, and tell what is left of each limit.

    Without companies nothing is asked.
    """
    if not claims:
        return rules.Limits([], [], [], [])
    standings = await q.lock(tx, companies=list({each.company for each in claims}))
    return await _limits(tx, standings, await q.members(tx, customers=[each.customer for each in claims]))


async def book(tx: Tx, claims: Sequence[Claim], debts: Sequence[Debt]) -> None:
    """Write what was ordered for companies, and what they owe for it.

    Raises:
        CreditSpent: so much was not left.
    Emits:
        DebtIncurred
    """
    if not claims:
        return
    columns = zip(
        *((e.order, e.company, e.customer, e.currency, e.total_minor, e.approval) for e in claims), strict=True
    )
    orders, them, customers, currencies, totals, approvals = columns
    await q.write_orders(
        tx, orders=orders, companies=them, customers=customers, currencies=currencies, totals=totals,
        approvals=approvals, at=tx.at,
    )  # fmt: skip
    if not debts:
        return
    of = dict(zip(orders, them, strict=True))
    await q.owe(
        tx, companies=[of[each.order] for each in debts], payments=[each.payment for each in debts],
        orders=[each.order for each in debts], minors=[each.minor for each in debts], at=tx.at,
    )  # fmt: skip
    emit(tx, *(DebtIncurred(of[each.order], each.order, each.payment, each.minor) for each in debts))


async def settle(tx: Tx, orders: Sequence[UUID]) -> None:
    """Bring what is owed for orders in line with what their payments say; done twice it does nothing.

    Emits:
        DebtReleased
    """
    if not await q.lock_of_orders(tx, orders=orders):
        return
    for each in await q.settle(tx, orders=orders, at=tx.at):
        emit(tx, DebtReleased(each.company, each.payment, each.paid_minor, each.withdrawn_minor))


async def owed(
    tx: Tx, company: UUID, open: bool = True, before: datetime | None = None, limit: Limit = 50  # noqa: A002, FBT001, FBT002 - what it is called in the address
) -> list[Owed]:  # fmt: skip
    """List what a company owes for its orders, the newest first.

    Args:
        open: only what is not paid yet.
        before: go on with what was ordered before that instant.

    Raises:
        NotFound: there is no such company, or it is not yours.
        Forbidden: in your company others do that.
        Invalid: the instant has no time zone.
    """
    await _within(tx, company, "approver", "admin")
    await _row(tx, company)
    if before is not None and before.tzinfo is None:
        raise Invalid("an instant needs its time zone", field="before")
    found: list[Owed] = await q.debts(tx, company=company, open=open, before=before, limit=limit)
    return found


async def ledger(
    tx: Tx, company: UUID, before: Annotated[int, Meta(ge=1, le=2**62)] | None = None, limit: Limit = 100
) -> list[Movement]:
    """Show a company's ledger, the newest first: each movement is two lines that come to nothing together.

    Raises:
        NotFound: there is no such company.
    """
    await _row(tx, company)
    found: list[Movement] = await q.ledger(tx, company=company, before=before, limit=limit)
    return found


async def unbalanced(tx: Tx) -> list[Unbalanced]:
    """List companies whose account is not what their ledger says: there are none, unless the data were damaged."""
    found: list[Unbalanced] = await q.unbalanced(tx)
    return found


async def outside(tx: Tx, wanted: Sequence[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
    """Tell what of this (company and sku) these companies may not buy."""
    them, skus = zip(*wanted, strict=True)
    return {(each.company, each.sku) for each in await q.outside(tx, companies=them, skus=skus)}


async def invoice_channels(tx: Tx, channels: Sequence[str]) -> set[str]:
    """Tell in which of these channels consumers too may pay later by invoice."""
    return set(await q.invoice_channels(tx, channels=channels))


# --- what is invoiced together ----------------------------------------------------------------------------------------


async def billable(tx: Tx, company: UUID) -> list[Billable]:
    """List what left for a company and is to be invoiced together now, by currency and period.

    Raises:
        NotFound: there is no such company.
    """
    row = await _row(tx, company)
    return rules.billable(company, row.invoicing, await q.shipped(tx, company=company), tx.at.date())


async def with_shipped(tx: Tx) -> list[UUID]:
    """Tell for which companies something left that is on no invoice yet."""
    found: list[UUID] = await q.with_shipped(tx)
    return found


async def bill(tx: Tx, billable: Billable, document: UUID | None, due_on: date | None = None) -> None:
    """Put shipments on an invoice; each is on one only. What is owed for their orders falls due with it.

    Args:
        document: None where nothing of them is left to be invoiced, for it came back.

    Raises:
        Conflict: one of them is on an invoice already.
    Emits:
        OrdersBilled
    """
    orders = [each.order for each in billable.deliveries]
    references = [each.reference for each in billable.deliveries]
    await q.lock(tx, companies=[billable.company])
    if len(await q.bill(tx, orders=orders, references=references, document=document or billable.company)) < len(orders):
        raise Conflict("one of these shipments is on an invoice already")
    if due_on is not None:
        await q.fall_due(tx, orders=billable.orders, due_on=due_on)
    if document is not None:
        emit(tx, OrdersBilled(billable.company, document, billable.orders))


# --- what is late -----------------------------------------------------------------------------------------------------


async def overdue(
    tx: Tx, company: UUID | None = None, limit: Annotated[int, Meta(ge=1, le=1_000)] = 200
) -> list[Overdue]:
    """List what companies should have paid by now, the oldest first.

    Args:
        company: of this one alone; None for all.
    """
    found: list[Overdue] = await q.overdue(tx, company=company, today=tx.at.date(), limit=limit)
    return found
