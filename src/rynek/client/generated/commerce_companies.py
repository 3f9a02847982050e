"""Companies: who buys for them, on which terms, and what they owe, exact however many order at once.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.commerce.companies.model as commerce_companies
import uuid
from rynek.client.calls import Calls, Route

_BILLABLE = Route[list[commerce_companies.Billable]](
    "GET", "/companies/{company}/billable", list[commerce_companies.Billable]
)
_CHECK_VAT = Route[commerce_companies.Checked]("GET", "/companies/vat-ids/{vat_id}", commerce_companies.Checked)
_COMPANIES = Route[list[commerce_companies.Listed]]("GET", "/companies", list[commerce_companies.Listed])
_COMPANY = Route[commerce_companies.Company]("GET", "/companies/{company}", commerce_companies.Company)
_DROP_MEMBER = Route[None]("DELETE", "/companies/{company}/members/{customer}", None)
_INVITE = Route[commerce_companies.Invited]("POST", "/companies/{company}/invitations", commerce_companies.Invited)
_JOIN = Route[commerce_companies.Member]("POST", "/companies/join", commerce_companies.Member)
_LEDGER = Route[list[commerce_companies.Movement]](
    "GET", "/companies/{company}/ledger", list[commerce_companies.Movement]
)
_MINE = Route[commerce_companies.Mine | None]("GET", "/companies/mine", commerce_companies.Mine | None)
_OVERDUE = Route[list[commerce_companies.Overdue]]("GET", "/companies/overdue", list[commerce_companies.Overdue])
_OWED = Route[list[commerce_companies.Owed]]("GET", "/companies/{company}/debts", list[commerce_companies.Owed])
_PROVE = Route[commerce_companies.Proof]("POST", "/companies/{company}/vat-proofs", commerce_companies.Proof)
_PUT = Route[None]("PUT", "/companies/{company}", None)
_PUT_CHANNEL = Route[None]("PUT", "/companies/channels/{channel}", None)
_PUT_CREDIT = Route[commerce_companies.Account]("PUT", "/companies/{company}/credit", commerce_companies.Account)
_PUT_MEMBER = Route[None]("PUT", "/companies/{company}/members/{customer}", None)
_PUT_UNITS = Route[None]("PUT", "/companies/{company}/units", None)
_UNBALANCED = Route[list[commerce_companies.Unbalanced]](
    "GET", "/companies/unbalanced", list[commerce_companies.Unbalanced]
)


class CommerceCompanies:
    """Companies: who buys for them, on which terms, and what they owe, exact however many order at once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def billable(self, company: uuid.UUID) -> list[commerce_companies.Billable]:
        """List what left for a company and is to be invoiced together now, by currency and period.

        Raises:
            NotFound: there is no such company.
        """
        return await self._calls.ask(_BILLABLE, {"company": company}, None)

    async def check_vat(self, vat_id: str) -> commerce_companies.Checked:
        """Check how a VAT number of the European Union is written, offline: its form and its check digits."""
        return await self._calls.ask(_CHECK_VAT, {"vat_id": vat_id}, None)

    async def companies(
        self, text: str = "", after: uuid.UUID | None = None, limit: int = 50
    ) -> list[commerce_companies.Listed]:
        """List companies by name: all, or those whose name or VAT number begins so; go on after the last of a page."""
        return await self._calls.ask(_COMPANIES, {}, {"text": text, "after": after, "limit": limit})

    async def company(self, company: uuid.UUID) -> commerce_companies.Company:
        """Show a company: its terms, units, people, and what it owes.

        Raises:
            NotFound: there is no such company, or it is not yours.
            Forbidden: you only buy for it.
        """
        return await self._calls.ask(_COMPANY, {"company": company}, None)

    async def drop_member(self, company: uuid.UUID, customer: uuid.UUID) -> None:
        """Take somebody's seat in a company.

        Raises:
            NotFound: there is no such company, or it is not yours, or nobody of this company.
            Forbidden: in your company others do that.
        Emits:
            MemberChanged
        """
        return await self._calls.ask(_DROP_MEMBER, {"company": company, "customer": customer}, None)

    async def invite(self, company: uuid.UUID, seat: commerce_companies.Seated) -> commerce_companies.Invited:
        """Invite somebody into a company: whoever logs in and shows the token has the seat. The token is told once.

        Raises:
            NotFound: there is no such company, or it is not yours.
            Forbidden: in your company others do that.
            Invalid: the company has no such unit.
        """
        return await self._calls.ask(_INVITE, {"company": company}, seat)

    async def join(self, token: str) -> commerce_companies.Member:
        """Take a seat in a company that you were invited to.

        Raises:
            InvitationGone: it is not known, has been taken or is too old.
            Conflict: you buy for another company already.
        Emits:
            MemberChanged
        """
        return await self._calls.ask(_JOIN, {}, {"token": token})

    async def ledger(
        self, company: uuid.UUID, before: int | None = None, limit: int = 100
    ) -> list[commerce_companies.Movement]:
        """Show a company's ledger, the newest first: each movement is two lines that come to nothing together.

        Raises:
            NotFound: there is no such company.
        """
        return await self._calls.ask(_LEDGER, {"company": company}, {"before": before, "limit": limit})

    async def mine(self) -> commerce_companies.Mine | None:
        """Tell for which company you buy, and what is left of your limits and of its credit; nothing: for none."""
        return await self._calls.ask(_MINE, {}, None)

    async def overdue(self, company: uuid.UUID | None = None, limit: int = 200) -> list[commerce_companies.Overdue]:
        """List what companies should have paid by now, the oldest first.

        Args:
            company: of this one alone; None for all.
        """
        return await self._calls.ask(_OVERDUE, {}, {"company": company, "limit": limit})

    async def owed(
        self, company: uuid.UUID, open: bool = True, before: datetime.datetime | None = None, limit: int = 50
    ) -> list[commerce_companies.Owed]:
        """List what a company owes for its orders, the newest first.

        Args:
            open: only what is not paid yet.
            before: go on with what was ordered before that instant.

        Raises:
            NotFound: there is no such company, or it is not yours.
            Forbidden: in your company others do that.
            Invalid: the instant has no time zone.
        """
        return await self._calls.ask(_OWED, {"company": company}, {"open": open, "before": before, "limit": limit})

    async def prove(self, company: uuid.UUID) -> commerce_companies.Proof:
        """Ask the register whether a company's VAT number is valid, and keep the answer as proof.

        Raises:
            NotFound: there is no such company.
            Invalid: it has no VAT number.
            VatIdWrong: the register does not take it for a number.
            RegisterAway: the register, or the member state's behind it, cannot be asked at this moment.
        Emits:
            VatIdChecked
        """
        return await self._calls.ask(_PROVE, {"company": company}, None)

    async def put(self, company: uuid.UUID, terms: commerce_companies.Terms) -> None:
        """Take a company in, or change the terms it buys on. A new one owes nothing and may owe nothing yet.

        Raises:
            VatIdWrong: the VAT number is none of the European Union.
            Invalid: a treatment of VAT lacks what it is proved by, or the currency is another than orders were made in.
        Emits:
            CompanyChanged
        """
        return await self._calls.ask(_PUT, {"company": company}, terms)

    async def put_channel(self, channel: str, consumers: bool) -> None:
        """Say whether consumers too may pay later by invoice in a channel; companies may, within their credit.

        Raises:
            UnknownChannel: there is none of this code.
        """
        return await self._calls.ask(_PUT_CHANNEL, {"channel": channel}, {"consumers": consumers})

    async def put_credit(self, company: uuid.UUID, credit: commerce_companies.Credit) -> commerce_companies.Account:
        """Say how much a company may owe, or block its account.

        Raises:
            NotFound: there is no such company.
            CreditInUse: more than that is owed already.
        Emits:
            CreditChanged
        """
        return await self._calls.ask(_PUT_CREDIT, {"company": company}, credit)

    async def put_member(self, company: uuid.UUID, customer: uuid.UUID, seat: commerce_companies.Seated) -> None:
        """Give somebody a seat in a company, or change it. A company's admins change seats; new people they invite.

        Raises:
            NotFound: there is no such company, or it is not yours, or nobody of yours.
            Forbidden: in your company others do that.
            Invalid: the company has no such unit, or the customer buys for another company.
        Emits:
            MemberChanged
        """
        return await self._calls.ask(_PUT_MEMBER, {"company": company, "customer": customer}, seat)

    async def put_units(self, company: uuid.UUID, units: list[commerce_companies.Unit]) -> None:
        """Add units to a company or change them: their names, what they are under, their budgets.

        Raises:
            NotFound: there is no such company, or it is not yours.
            Forbidden: in your company others do that.
            Invalid: a unit is given twice, would be above itself, or is under one that is not there.
        Emits:
            CompanyChanged
        """
        return await self._calls.ask(_PUT_UNITS, {"company": company}, {"units": units})

    async def unbalanced(self) -> list[commerce_companies.Unbalanced]:
        """List companies whose account is not what their ledger says: there are none, unless the data were damaged."""
        return await self._calls.ask(_UNBALANCED, {}, None)
