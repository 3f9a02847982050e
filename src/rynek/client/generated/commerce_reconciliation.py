"""Reconciliation: what banks, carriers and payment providers say they did with our money, against our own ledger.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.commerce.reconciliation.model as commerce_reconciliation
import typing
import uuid
from rynek.client.calls import Calls, Route

_DOCUMENTS = Route[list[commerce_reconciliation.Document]](
    "GET", "/reconciliation/documents", list[commerce_reconciliation.Document]
)
_FETCH = Route[commerce_reconciliation.Received](
    "POST", "/reconciliation/providers/{provider}/settlements", commerce_reconciliation.Received
)
_LINE = Route[commerce_reconciliation.Account]("GET", "/reconciliation/lines/{line}", commerce_reconciliation.Account)
_LINES = Route[list[commerce_reconciliation.Line]]("GET", "/reconciliation/lines", list[commerce_reconciliation.Line])
_MATCH = Route[commerce_reconciliation.Account](
    "POST", "/reconciliation/lines/{line}/match", commerce_reconciliation.Account
)
_MISSING = Route[list[commerce_reconciliation.Missing]](
    "GET", "/reconciliation/missing/{provider}", list[commerce_reconciliation.Missing]
)
_RECEIVE = Route[commerce_reconciliation.Received](
    "POST", "/reconciliation/documents/{form}/{source}", commerce_reconciliation.Received
)
_RESOLVE = Route[commerce_reconciliation.Account](
    "POST", "/reconciliation/lines/{line}/resolution", commerce_reconciliation.Account
)
_STANDING = Route[list[commerce_reconciliation.Standing]](
    "GET", "/reconciliation/standing", list[commerce_reconciliation.Standing]
)


class CommerceReconciliation:
    """Reconciliation: what banks, carriers and payment providers say they did with our money, against our own ledger."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def documents(self, limit: int = 100) -> list[commerce_reconciliation.Document]:
        """List what came in, newest first."""
        return await self._calls.ask(_DOCUMENTS, {}, {"limit": limit})

    async def fetch(self, provider: str, since: datetime.datetime | None = None) -> commerce_reconciliation.Received:
        """Ask a provider what it settled, and take that in.

        Args:
            since: UTC; None: the last 30 days.

        Raises:
            NotFound: this provider is not in use here, or tells nothing of the kind.
            Unavailable: it does not answer.
        """
        return await self._calls.ask(_FETCH, {"provider": provider}, {"since": since})

    async def line(self, line: uuid.UUID) -> commerce_reconciliation.Account:
        """Show a line with where its money went, what was done about it, and who may be meant by it.

        Raises:
            NotFound: there is no such line.
        """
        return await self._calls.ask(_LINE, {"line": line}, None)

    async def lines(
        self,
        state: typing.Literal["open", "matched", "aside", "resolved"] | None = None,
        source: str | None = None,
        document: uuid.UUID | None = None,
        before: uuid.UUID | None = None,
        limit: int = 100,
    ) -> list[commerce_reconciliation.Line]:
        """List lines, newest first.

        Args:
            before: the last line of the page before.

        Raises:
            NotFound: there is no line ``before``.
        """
        return await self._calls.ask(
            _LINES, {}, {"state": state, "source": source, "document": document, "before": before, "limit": limit}
        )

    async def match(
        self, line: uuid.UUID, payment: uuid.UUID, note: str = "matched by hand"
    ) -> commerce_reconciliation.Account:
        """Give a payment what a line brought, as far as it takes it: for what could not be told by itself.

        Raises:
            NotFound: there is no such line, or no such payment that people collect.
            LineSettled: it is settled, has given all of its money, or brought none.
        Emits:
            PaymentCaptured
        """
        return await self._calls.ask(_MATCH, {"line": line}, {"payment": payment, "note": note})

    async def missing(
        self, provider: str, before: datetime.datetime | None = None, limit: int = 200
    ) -> list[commerce_reconciliation.Missing]:
        """List money that a provider took for us and has not settled, in the order of our payments.

        Args:
            before: UTC; what it took before that; None: three days ago.
        """
        return await self._calls.ask(_MISSING, {"provider": provider}, {"before": before, "limit": limit})

    async def receive(
        self, form: typing.Literal["mt940", "camt053", "payouts", "remittance"], source: str, body: bytes, kind: str
    ) -> commerce_reconciliation.Received:
        """Take in a statement, report or list; what matches is booked, and what does not is work.

        Send the file as the body, or a form with one file (``multipart/form-data``). The same statement twice books nothing
        twice, whole or in part, also where one of them was cut off half-way.

        Args:
            form: ``mt940`` and ``camt053`` of a bank; ``payouts`` a provider's report and ``remittance`` a carrier's list
                of cash on delivery, both as CSV with a line of headings.
            source: whose it is: a bank account, or the provider or carrier by its name here.

        Raises:
            StatementRefused: it is not of this form, says something impossible, or is too long.
            Malformed: the form with it cannot be read.
        Emits:
            PaymentCaptured
        """
        return await self._calls.send(_RECEIVE, {"form": form, "source": source}, body, kind)

    async def resolve(self, line: uuid.UUID, note: str) -> commerce_reconciliation.Account:
        """Say what was done about a line that does not match, so that it is no work any more.

        Raises:
            NotFound: there is no such line.
            LineSettled: it is settled already.
        """
        return await self._calls.ask(_RESOLVE, {"line": line}, {"note": note})

    async def standing(self) -> list[commerce_reconciliation.Standing]:
        """Tell how many lines of each source stand how, and what they sum to."""
        return await self._calls.ask(_STANDING, {}, None)
