"""Stripe as a provider, by its own library: payment intents that are captured by hand.

Stripe knows a repetition by its idempotency key for a day, and answers it as it did; that is the way to ask what became
of something whose answer was lost. After that day it is looked for by what we wrote into its metadata.

Source: docs.stripe.com/api (payment intents, refunds, disputes, idempotent requests, webhook signatures).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from stripe import StripeClient

from rynek.commerce.payments.model import (
    Captures,
    Contested,
    Done,
    Due,
    ForgedWebhook,
    News,
    Outcome,
    Refused,
    Settled,
    SettledKind,
    Stirred,
    Unknown,
    Unseen,
    Waits,
)
from rynek.kernel import clock
from rynek.kernel.faults import Unavailable

KEY = "rynek_key"
"""Under this name our key is in Stripe's metadata."""
REMEMBERED = timedelta(hours=20)
"""How long Stripe surely knows a key: a day, less some time for clocks and queues."""
WAITED = timedelta(hours=1)
"""How long a buyer may take at her bank; then the payment is called off, so that the order may be paid otherwise."""
TIMEOUT_S = 15.0
TOLERANCE_S = 300
ELSEWHERE = frozenset({"ISK", "UGX"})
"""Currencies that Stripe counts in other units than everybody else does."""
_KINDS: Mapping[str, SettledKind] = {
    "charge": "payment", "refund": "refund", "dispute": "chargeback", "dispute_reversal": "chargeback", "fee": "fee",
    "network_cost": "fee", "tax": "fee", "payout": "payout", "payout_reversal": "payout",
}  # fmt: skip
Thing = Mapping[str, Any]
"""Something of Stripe's, as it is in its answers."""
_DISPUTES = frozenset({"won", "lost", "needs_response", "under_review"})


class Stripe:
    """Stripe. A token is the id of a payment method that the buyer's device made (``pm_…``)."""

    methods: Mapping[str, bool] = {"card": True}
    captures: Captures = "once"
    """Of cards that may be captured in several parts it says so one by one."""

    def __init__(self, secret_key: str, webhook_secret: str, address: str = "", returns: str = "") -> None:
        """Be ready to ask Stripe.

        Args:
            address: where it is, if not where it always is.
            returns: where buyers come back to; ``{order}`` stands for the order.
        """
        self.webhook_secret = webhook_secret
        self.returns = returns
        self.wire = stripe.AIOHTTPClient(timeout=TIMEOUT_S)
        self.client = StripeClient(
            secret_key,
            base_addresses={"api": address} if address else None,
            http_client=self.wire,
            max_network_retries=0,  # who asks again, and when, is decided by settling
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self.wire.close_async()  # type: ignore[no-untyped-call]

    async def authorise(self, due: Due) -> Outcome:
        """Promise an amount of the buyer's money."""
        if due.currency in ELSEWHERE:
            return Refused(f"{due.currency} is counted otherwise by Stripe, and not taken here")
        params: Any = {
            "amount": due.minor, "currency": due.currency.lower(), "payment_method": due.token, "confirm": True,
            "payment_method_types": ["card"], "capture_method": "manual",
            "metadata": {KEY: due.key, "order": str(due.order)}, "expand": ["latest_charge"],
            "payment_method_options": {"card": {"request_multicapture": "if_available"}},
        }  # fmt: skip
        if self.returns:
            params["return_url"] = self.returns.format(order=due.order)

        async def ask() -> Outcome:
            intent = await self.client.v1.payment_intents.create_async(params, {"idempotency_key": due.key})
            known = intent.last_response
            if known is not None and known.headers.get("idempotent-replayed") == "true":
                return await self._promised(due, intent.id)  # as it is, not as it was
            return _promised(intent.to_dict())

        return await _asked(ask)

    async def capture(self, due: Due) -> Outcome:
        """Take a part or all of an authorisation; where the card allows only one capture, the rest is let go."""

        async def ask() -> Outcome:
            intent = await self._intent(due.reference or "")
            params: Any = {"amount_to_capture": due.minor}
            if _several(intent):
                params["final_capture"] = False
            taken = await self.client.v1.payment_intents.capture_async(
                intent["id"], params, {"idempotency_key": due.key}
            )
            return _taken(taken.to_dict(), due, several=_several(intent))

        return await _asked(ask)

    async def void(self, due: Due) -> Outcome:
        """Let go of what is left of an authorisation: call it off, or say that nothing more will be captured."""

        async def ask() -> Outcome:
            intent = await self._intent(due.reference or "")
            if intent["status"] == "requires_capture":
                intents, given = self.client.v1.payment_intents, {"idempotency_key": due.key}
                last: Any = {"amount_to_capture": 0, "final_capture": True}
                done = (
                    await intents.capture_async(intent["id"], last, given)  # type: ignore[arg-type]
                    if _said(intent, "amount_received", 0)
                    else await intents.cancel_async(intent["id"], options=given)  # type: ignore[arg-type]
                )
                intent = done.to_dict()
            return _gone(intent, due)

        return await _asked(ask)

    async def refund(self, due: Due) -> Outcome:
        """Give back a part or all of what was captured of an authorisation."""

        async def ask() -> Outcome:
            params: Any = {"payment_intent": due.reference, "amount": due.minor, "metadata": {KEY: due.key}}
            made = await self.client.v1.refunds.create_async(params, {"idempotency_key": due.key})
            return _returned(made.to_dict())

        return await _asked(ask)

    async def inquire(self, due: Due) -> Outcome:
        """Tell what became of what was asked; what Stripe still knows by its key may simply be asked again."""
        fresh = clock.now() - due.asked_at < REMEMBERED
        match due.kind:
            case "authorise" if due.reference or not fresh:
                return await _asked(lambda: self._promised(due, due.reference))
            case "refund":
                return await _asked(lambda: self._refunded(due))
            case "capture" if not fresh:
                return await _asked(lambda: self._taken(due))
        return Unseen()

    def read_webhook(self, header: Callable[[str], str | None], body: bytes) -> list[News]:
        """Read what it tells of its own accord: that something happened, which Stripe is then asked about.

        Raises:
            ForgedWebhook: it does not bear Stripe's signature, or is old.
        """
        try:
            event = stripe.Webhook.construct_event(
                body, header("stripe-signature"), self.webhook_secret, tolerance=TOLERANCE_S
            )
            told = event.to_dict()
            return _news(told["type"], told["data"]["object"])
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError):
            raise ForgedWebhook from None

    async def settlements(self, since: datetime) -> list[Settled]:
        """Tell what moved on our balance there since an instant, oldest first.

        Raises:
            Unavailable: Stripe does not answer.
        """
        lines: list[Settled] = []
        params: Any = {"limit": 100, "expand": ["data.source"]}
        try:
            found = await self.client.v1.balance_transactions.list_async(params)
            async for each in found.auto_paging_iter():  # newest first
                if each.created < since.timestamp():
                    break
                lines.append(await self._settled(each.to_dict()))
        except stripe.StripeError as error:
            raise Unavailable(f"Stripe does not tell what it settled: {type(error).__name__}") from None
        return lines[::-1]

    async def _settled(self, line: Thing) -> Settled:
        category = str(line.get("reporting_category") or line["type"])
        source = line.get("source")
        if isinstance(source, str) and source.startswith("ch_"):
            source = (await self.client.v1.charges.retrieve_async(source)).to_dict()
        elif isinstance(source, str) and source.startswith("re_"):
            source = (await self.client.v1.refunds.retrieve_async(source)).to_dict()
        of = source if isinstance(source, dict) else {}
        paid = of.get("currency") is not None and str(of["currency"]) != str(line["currency"])
        return Settled(
            number=str(line["id"]), kind=_KINDS.get(category, "other"), minor=int(line["amount"]),
            currency=str(line["currency"]).upper(), at=datetime.fromtimestamp(int(line["created"]), UTC),
            reference=str(of.get("payment_intent") or of.get("id") or source or ""),
            fee_minor=int(line.get("fee") or 0),
            original_minor=int(of["amount"]) if paid else None,
            original_currency=str(of["currency"]).upper() if paid else None,
            text=str(line.get("description") or "")[:200],
        )  # fmt: skip

    async def _intent(self, reference: str) -> dict[str, Any]:
        params: Any = {"expand": ["latest_charge"]}
        return (await self.client.v1.payment_intents.retrieve_async(reference, params)).to_dict()

    async def _promised(self, due: Due, reference: str | None) -> Outcome:
        """Tell how an authorisation stands; one that the buyer did not come back for is called off."""
        if reference is None:
            found = await self.client.v1.payment_intents.search_async({"query": f"metadata['{KEY}']:'{due.key}'"})
            if not found.data:
                return Refused("Stripe was never asked for it")
            reference = found.data[0].id
        outcome = _promised(await self._intent(reference))
        if isinstance(outcome, Waits) and clock.now() - due.asked_at > WAITED:
            return _promised((await self.client.v1.payment_intents.cancel_async(reference)).to_dict())
        return outcome

    async def _refunded(self, due: Due) -> Outcome:
        found = await self.client.v1.refunds.list_async({"payment_intent": due.reference or "", "limit": 100})
        async for each in found.auto_paging_iter():
            refund = each.to_dict()
            if (refund.get("metadata") or {}).get(KEY) == due.key:
                return _returned(refund)
        return Unseen()

    async def _taken(self, due: Due) -> Outcome:
        """Tell whether something was captured so long ago that Stripe does not know the key any more."""
        intent = await self._intent(due.reference or "")
        if intent["status"] == "requires_capture" and not _said(intent, "amount_received", 0):
            return Unseen()
        if intent["status"] == "succeeded" and _said(intent, "amount_received", 0) == due.minor:
            return Done(intent["id"], due.minor)
        return Unknown(f"the intent is {intent['status']}; see in Stripe's books what was captured")


async def _asked(ask: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Ask Stripe, and read its refusals: only those that say that it did nothing and will not are refusals."""
    try:
        return await ask()
    except (stripe.CardError, stripe.InvalidRequestError) as refused:
        return Refused(str(refused.user_message or refused.code or "refused")[:200])
    except stripe.IdempotencyError:
        return Unknown("Stripe was asked for something else under this key")
    except (stripe.AuthenticationError, stripe.PermissionError):
        return Unknown("Stripe does not take our key", silent=True)
    except stripe.StripeError as error:
        if error.http_status == 409:  # the first time it was asked is still under way
            return Unknown("it is being worked on")
        return Unknown(f"{type(error).__name__} {error.http_status or ''}".strip(), silent=True)


def _said(thing: Thing, field: str, otherwise: int) -> int:
    """Read an amount that Stripe tells; ``otherwise`` where it tells none."""
    found = thing.get(field)
    return otherwise if found is None else int(found)


def _promised(intent: Thing) -> Outcome:
    match intent["status"]:
        case "requires_capture":
            captures: Captures = "parts" if _several(intent) else "once"
            return Done(intent["id"], _said(intent, "amount_capturable", intent["amount"]), captures=captures)
        case "succeeded":
            return Done(intent["id"], _said(intent, "amount_received", intent["amount"]))
        case "requires_action":
            action = intent.get("next_action") or {}
            return Waits(intent["id"], (action.get("redirect_to_url") or {}).get("url"))
        case "requires_payment_method":
            error = intent.get("last_payment_error") or {}
            return Refused(str(error.get("message") or error.get("code") or "the buyer's bank says no")[:200])
        case "canceled":
            return Refused("it was called off, or the buyer did not come back")
    return Unknown(f"the intent is {intent['status']}")


def _taken(intent: Thing, due: Due, *, several: bool) -> Outcome:
    if several and intent["status"] in ("requires_capture", "succeeded"):
        return Done(intent["id"], due.minor)
    if intent["status"] == "succeeded":
        return Done(intent["id"], _said(intent, "amount_received", due.minor))
    outcome = _promised(intent)
    return outcome if isinstance(outcome, Refused) else Unknown(f"the intent is {intent['status']}")


def _several(intent: Thing) -> bool:
    """Tell whether a charge may be captured in several parts."""
    charge = intent.get("latest_charge")
    details = charge.get("payment_method_details") if isinstance(charge, dict) else None
    several = ((details or {}).get("card") or {}).get("multicapture") or {}
    return bool(several.get("status") == "available")


def _gone(intent: Thing, due: Due) -> Outcome:
    """Read whether what is left was let go: it was cancelled, or a single capture took a part of it."""
    taken = _said(intent, "amount_received", 0)
    if intent["status"] == "canceled" or (intent["status"] == "succeeded" and intent["amount"] - taken >= due.minor):
        return Done(intent["id"], due.minor)
    return Refused(f"the intent is {intent['status']}, and {taken} of it is taken")


def _returned(refund: Thing) -> Outcome:
    match refund["status"]:
        case "succeeded":
            return Done(refund["id"], int(refund["amount"]))
        case "failed" | "canceled":
            return Refused(str(refund.get("failure_reason") or refund["status"]))
    return Unknown(f"the refund is {refund['status']}")


def _news(kind: str, thing: Thing) -> list[News]:
    if kind.startswith("charge.dispute."):
        return _contested(thing)
    if kind.startswith("payment_intent."):
        return [Stirred(thing["id"])]
    if kind.startswith(("refund.", "charge.refund")) and thing.get("payment_intent"):
        return [Stirred(str(thing["payment_intent"]))]
    return []


def _contested(dispute: Thing) -> list[News]:
    """Read a dispute; an inquiry by the bank (``warning_…``) has taken nothing yet."""
    if dispute["status"] not in _DISPUTES or not dispute.get("payment_intent"):
        return []
    until = (dispute.get("evidence_details") or {}).get("due_by")
    state: Any = dispute["status"] if dispute["status"] in ("won", "lost") else "open"
    return [
        Contested(
            str(dispute["payment_intent"]), dispute["id"], int(dispute["amount"]), str(dispute["reason"]), state,
            datetime.fromtimestamp(until, UTC) if until else None,
        )
    ]  # fmt: skip
