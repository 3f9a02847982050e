"""Payments: an order's tenders, who moves their money, and a ledger in which every minor unit is accounted for.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.commerce.payments.model as commerce_payments
import uuid
from rynek.client.calls import Calls, Route

_AUTHORISE = Route[commerce_payments.Payment]("POST", "/payments/{payment}/authorisation", commerce_payments.Payment)
_CAPTURE = Route[commerce_payments.Moved]("POST", "/payments/{payment}/captures", commerce_payments.Moved)
_INQUIRE = Route[commerce_payments.Account]("POST", "/payments/{payment}/inquiry", commerce_payments.Account)
_METHODS = Route[list[commerce_payments.Offer]]("GET", "/payments/methods", list[commerce_payments.Offer])
_OUTSTANDING = Route[commerce_payments.Outstanding]("GET", "/orders/{order}/outstanding", commerce_payments.Outstanding)
_PAY = Route[commerce_payments.Payment]("POST", "/orders/{order}/payments", commerce_payments.Payment)
_PAYMENT = Route[commerce_payments.Account]("GET", "/payments/{payment}", commerce_payments.Account)
_PAYMENTS = Route[list[commerce_payments.Payment]]("GET", "/payments", list[commerce_payments.Payment])
_REFUND = Route[commerce_payments.Moved]("POST", "/payments/{payment}/refunds", commerce_payments.Moved)
_UNBALANCED = Route[list[commerce_payments.Unbalanced]](
    "GET", "/payments/unbalanced", list[commerce_payments.Unbalanced]
)
_UNSETTLED = Route[list[commerce_payments.Unsettled]]("GET", "/payments/unsettled", list[commerce_payments.Unsettled])
_VOID = Route[commerce_payments.Moved]("POST", "/payments/{payment}/void", commerce_payments.Moved)


class CommercePayments:
    """Payments: an order's tenders, who moves their money, and a ledger in which every minor unit is accounted for."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def authorise(self, payment: uuid.UUID) -> commerce_payments.Payment:
        """Have a payment's provider promise its amount; each payment is authorised at most once, however often asked.

        Raises:
            NotFound: there is no such payment, or it is not yours.
            PaymentClosed: its order is cancelled, or has its money.
            ProviderUnavailable: the provider does not answer at the moment; ``others`` are in use.
        Emits:
            PaymentAuthorised, PaymentFailed
        """
        return await self._calls.ask(_AUTHORISE, {"payment": payment}, None)

    async def capture(self, payment: uuid.UUID, move: commerce_payments.Move) -> commerce_payments.Moved:
        """Take a part or all of what a payment's provider promised, or write down that money came.

        Raises:
            NotFound: there is no such payment.
            NothingLeft: so much is not promised, or is being captured or voided already.
            PaymentClosed: its order is cancelled.
            ReferenceTaken: the reference was used for another amount.
        Emits:
            PaymentCaptured, PaymentFailed
        """
        return await self._calls.ask(_CAPTURE, {"payment": payment}, move)

    async def inquire(self, payment: uuid.UUID) -> commerce_payments.Account:
        """Ask a payment's provider again about everything that is not settled, now.

        Raises:
            NotFound: there is no such payment.
        Emits:
            PaymentAuthorised, PaymentCaptured, PaymentVoided, PaymentRefunded, PaymentFailed
        """
        return await self._calls.ask(_INQUIRE, {"payment": payment}, None)

    async def methods(self) -> list[commerce_payments.Offer]:
        """List the ways to pay here; one whose provider does not answer at the moment is not available.

        Who may pay later by invoice is not told here: that is a matter of the company's credit, or of the channel.
        """
        return await self._calls.ask(_METHODS, {}, None)

    async def outstanding(self, order: uuid.UUID) -> commerce_payments.Outstanding:
        """Tell how much of an order is still to be paid: what no payment has brought or may still bring.

        Raises:
            NotFound: there is no such order, or it is not yours.
        """
        return await self._calls.ask(_OUTSTANDING, {"order": order}, None)

    async def pay(self, order: uuid.UUID, tender: commerce_payments.Tender) -> commerce_payments.Payment:
        """Pay an order that waits for money by one more tender, after another failed.

        Sent again with its Idempotency-Key it is the same tender.

        Raises:
            NotFound: there is no such order, or it is not yours.
            PaymentClosed: the order does not wait for money.
            TendersUnfit: more is offered than the order still needs, or it is not offered here.
            KeyReused: the key was used for another tender.
            ProviderUnavailable: the provider does not answer at the moment; ``others`` are in use.
        Emits:
            PaymentAuthorised, PaymentCaptured, PaymentFailed
        """
        return await self._calls.ask(_PAY, {"order": order}, tender)

    async def payment(self, payment: uuid.UUID) -> commerce_payments.Account:
        """Show a payment with all that was tried and all that it did.

        Raises:
            NotFound: there is no such payment, or it is not yours.
        """
        return await self._calls.ask(_PAYMENT, {"payment": payment}, None)

    async def payments(self, order: uuid.UUID) -> list[commerce_payments.Payment]:
        """List an order's payments.

        Raises:
            NotFound: there is no such order, or it is not yours.
        """
        return await self._calls.ask(_PAYMENTS, {}, {"order": order})

    async def refund(self, payment: uuid.UUID, move: commerce_payments.Move) -> commerce_payments.Moved:
        """Give back a part or all of what was captured, or write down that money was given back.

        Raises:
            NotFound: there is no such payment.
            NothingLeft: so much was not captured, or is being given back already.
            ReferenceTaken: the reference was used for another amount.
        Emits:
            PaymentRefunded, PaymentFailed
        """
        return await self._calls.ask(_REFUND, {"payment": payment}, move)

    async def unbalanced(self) -> list[commerce_payments.Unbalanced]:
        """List payments that are not the sums of their ledger: there are none, unless the data were damaged."""
        return await self._calls.ask(_UNBALANCED, {}, None)

    async def unsettled(self, limit: int = 200) -> list[commerce_payments.Unsettled]:
        """List money whose whereabouts are not settled, longest first: what to look at when payments go wrong."""
        return await self._calls.ask(_UNSETTLED, {}, {"limit": limit})

    async def void(self, payment: uuid.UUID, move: commerce_payments.Move) -> commerce_payments.Moved:
        """Let go of all that is promised and not captured.

        Raises:
            NotFound: there is no such payment.
            NothingLeft: nothing is promised, or a capture is on its way.
            ReferenceTaken: the reference was used for another amount.
        Emits:
            PaymentVoided, PaymentFailed
        """
        return await self._calls.ask(_VOID, {"payment": payment}, move)
