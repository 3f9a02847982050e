"""Companies in the back office: found, taken in, and seen with their people, their credit and what they owe."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import clock, ids, money
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault

PAGE = 40


class Firm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of a company says."""

    name: str = ""
    vat_id: str = ""
    email: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "PL"
    currency: str = "PLN"
    price_group: str = ""
    terms_days: int = 14
    invoicing: str = "each"
    tax: str = "standard"


class Invitation(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of an invitation says; amounts as people write them, none for no limit."""

    name: str = ""
    unit: str = ""
    role: str = "buyer"
    order_limit: str = ""
    period_limit: str = ""


@shown
async def companies(call: Call[Any], find: str = "", after: UUID | None = None) -> Response:
    """List companies by name."""
    return await _companies(call, find, after, Firm())


async def _companies(
    call: Call[Any], find: str, after: UUID | None, said: Firm, refusal: Fault | None = None
) -> Response:
    found = await call.ask("commerce.companies.companies", text=find.strip(), after=after, limit=PAGE + 1)
    following = found[PAGE - 1].id if len(found) > PAGE else None
    refused = told(language(call.request), refusal) if refusal else None
    return show(
        call, "console/companies.html", refusal.status if refusal else 200, companies=found[:PAGE], following=following,
        find=find, after=after, said=said, refused=refused,
    )  # fmt: skip


@shown
async def take_in(call: Call[Any], said: Firm) -> Response:
    """Take a company in, with one unit to begin with."""
    company = ids.new()
    address = {each: getattr(said, each).strip() for each in ("street", "postcode", "city")}
    terms = {
        "name": said.name.strip(), "vat_id": said.vat_id.strip() or None, "email": said.email.strip(),
        "address": address | {"country": said.country.strip().upper()}, "currency": said.currency.strip().upper(),
        "price_group": said.price_group.strip() or None, "terms_days": said.terms_days, "invoicing": said.invoicing,
        "tax": said.tax,
    }  # fmt: skip
    try:
        await call.ask("commerce.companies.put", company=company, **terms)
    except Fault as fault:
        return await _companies(call, "", None, said, fault)
    await call.ask("commerce.companies.put_units", company=company, units=[{"code": "head", "name": said.name.strip()}])
    return go(f"/console/companies/{company}?done=made")


@shown
async def company(call: Call[Any], company: UUID, done: str = "") -> Response:
    """Show a company: its terms, units and people, its credit, and what it owes."""
    return await _company(call, company, done)


async def _company(
    call: Call[Any], company: UUID, done: str = "", refusal: Fault | None = None, token: str = ""
) -> Response:
    found = await call.ask("commerce.companies.company", company=company)
    debts = await call.ask("commerce.companies.owed", company=company)
    bills = await _asked(call, "commerce.documents.bills", company)
    invoices = await _asked(call, "commerce.documents.claims", company)
    refused = told(language(call.request), refusal) if refusal else None
    return show(
        call, "console/company.html", refusal.status if refusal else 200, company=found, debts=debts, bills=bills,
        invoices=invoices, today=clock.now().date(),
        done=done, refused=refused, token=token, units={each.code: each.name for each in found.units},
    )  # fmt: skip


async def _asked(call: Call[Any], operation: str, company: UUID) -> Any:
    """Ask for what not everybody who sees companies may see, or what a missing series keeps from being said."""
    try:
        return await call.ask(operation, company=company)
    except Fault:
        return []


@shown
async def bill(call: Call[Any], company: UUID) -> Response:
    """Invoice a company for what left in periods that are over."""
    try:
        await call.ask("commerce.documents.bill", company=company)
    except Fault as fault:
        return await _company(call, company, refusal=fault)
    return go(f"/console/companies/{company}?done=billed")


async def _act(call: Call[Any], company: UUID, done: str, operation: str, **values: Any) -> Response:
    try:
        await call.ask(f"commerce.companies.{operation}", company=company, **values)
    except Fault as fault:
        return await _company(call, company, refusal=fault)
    return go(f"/console/companies/{company}?done={done}")


@shown
async def set_credit(call: Call[Any], company: UUID, limit: str = "", blocked: str = "") -> Response:
    """Say how much a company may owe."""
    found = await call.ask("commerce.companies.company", company=company)
    minor = money.parse(limit, found.terms.currency) or 0
    return await _act(call, company, "credit", "put_credit", limit_minor=minor, blocked=bool(blocked))


@shown
async def prove_vat(call: Call[Any], company: UUID) -> Response:
    """Ask the register about a company's VAT number."""
    return await _act(call, company, "proved", "prove")


@shown
async def add_unit(
    call: Call[Any], company: UUID, code: str = "", name: str = "", parent: str = "", budget: str = ""
) -> Response:
    """Add a unit to a company, or change it."""
    found = await call.ask("commerce.companies.company", company=company)
    unit = {
        "code": code.strip().lower(), "name": name.strip(), "parent": parent or None,
        "budget_minor": money.parse(budget, found.terms.currency),
    }  # fmt: skip
    return await _act(call, company, "unit", "put_units", units=[unit])


@shown
async def invite(call: Call[Any], company: UUID, said: Invitation) -> Response:
    """Invite somebody into a company; the token is shown once."""
    found = await call.ask("commerce.companies.company", company=company)
    currency = found.terms.currency
    try:
        invited = await call.ask(
            "commerce.companies.invite", company=company, unit=said.unit, name=said.name.strip(), role=said.role,
            order_limit_minor=money.parse(said.order_limit, currency),
            period_limit_minor=money.parse(said.period_limit, currency),
        )  # fmt: skip
    except Fault as fault:
        return await _company(call, company, refusal=fault)
    return await _company(call, company, token=invited.token)
