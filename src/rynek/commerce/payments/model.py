"""The words of payments."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.kernel.door import constraint
from rynek.kernel.faults import Conflict, Fault, Invalid, Unavailable

MANUAL = "manual"
"""The provider of what people do themselves: cash over the counter, money seen on the bank's statement."""

METHODS = {
    "cash": (True, True),
    "cash-on-delivery": (True, False),
    "transfer": (True, False),
    "invoice": (True, False),
}
"""Manual methods: whether the order may go ahead on it at once, and whether the money is there already."""

Kind = Literal["authorise", "capture", "void", "refund"]
AttemptState = Literal["asked", "unknown", "done", "refused", "disputed"]
"""``asked``: on its way. ``unknown``: no answer, asked again later. ``disputed``: a human has to look at it."""
PaymentState = Literal["open", "pending", "failed", "authorised", "captured", "voided", "refunded"]
Captures = Literal["parts", "once", "whole"]
"""How an authorisation can be captured: in several parts, as parcels leave; a part of it, once, and what is left is
let go with that; or only whole, so that what is too much is given back afterwards."""
Word = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,39}\Z")]
Reference = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*\Z")]
Token = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]*\Z")]
Amount = Annotated[int, Meta(ge=1, le=10**15, description="minor units (grosze, cents)")]


class TendersUnfit(Invalid):
    """The tenders do not pay this: their sum, provider or method does not fit."""


class PaymentClosed(Conflict):
    """This payment takes no more: its order is cancelled or paid otherwise."""


class ProviderUnavailable(Unavailable):
    """This payment provider does not answer at the moment: pay in another way, or try again later."""


class NothingLeft(Conflict):
    """So much is not left of this payment."""


class ReferenceTaken(Conflict):
    """This reference was used for another amount."""


class ForgedWebhook(Fault):
    """This message does not bear its provider's signature."""

    status = 401


class Tender(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a part of an order is paid. ``token`` is what the provider gave the buyer's device."""

    method: Word
    amount_minor: Amount
    provider: Word = MANUAL
    token: Token | None = None


class Opening(Struct, frozen=True):
    """A payment to be written. Money in minor units; authorised and captured are what ``settles`` said of it."""

    id: UUID
    order: UUID
    provider: str
    method: str
    currency: str
    amount_minor: int
    authorised_minor: int
    captured_minor: int
    token: str | None = None


class Row(Struct, frozen=True):
    """A payment as it is kept; ``authorisation`` is the state of the attempt to authorise it, None: never tried."""

    id: UUID
    order: UUID
    provider: str
    method: str
    currency: str
    amount_minor: int
    authorised_minor: int
    captured_minor: int
    voided_minor: int
    refunded_minor: int
    disputed_minor: int
    token: str | None
    reference: str | None
    action_url: str | None
    unwinding: bool
    at: datetime
    captures: Captures | None
    """What its provider said of this authorisation; None: what it says of all."""
    authorisation: AttemptState | None


class Payment(Struct, frozen=True):
    """A tender of an order and what became of it. Money in minor units.

    ``disputed_minor`` is what the buyer's bank took back and has not returned. ``action_url`` is where a buyer whose
    payment is pending has to go (her bank, a wall of payment methods), from where she comes back.
    """

    id: UUID
    order: UUID
    provider: str
    method: str
    currency: str
    state: PaymentState
    amount_minor: int
    authorised_minor: int
    captured_minor: int
    voided_minor: int
    refunded_minor: int
    disputed_minor: int
    action_url: str | None
    at: datetime


class Outstanding(Struct, frozen=True):
    """How much of an order is still to be paid, in minor units; 0 as well where it takes no money any more."""

    order: UUID
    currency: str
    minor: int


class Attempt(Struct, frozen=True):
    """One thing a provider was asked for."""

    attempt: str
    kind: Kind
    minor: int
    state: AttemptState
    error: str
    tries: int
    asked_at: datetime
    settled_at: datetime | None
    receipt: str = ""
    """What a card terminal has printed for the buyer."""


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    """Money to be moved. ``reference`` is your own: repeated, it moves nothing twice. No amount: all that is left."""

    reference: Reference
    amount_minor: Amount | None = None


class Entry(Struct, frozen=True):
    """One line of a payment's ledger: what an attempt moved, or what it failed to move."""

    at: datetime
    kind: Literal["authorised", "captured", "voided", "refunded", "failed", "disputed", "recovered"]
    minor: int
    attempt: str
    provider_reference: str | None


class Account(Struct, frozen=True):
    """A payment with all that was tried and all that it did."""

    payment: Payment
    attempts: list[Attempt]
    ledger: list[Entry]


class Moved(Struct, frozen=True):
    """What became of an attempt to move money, and how its payment stands now."""

    payment: Payment
    attempt: Attempt


class Due(Struct, frozen=True):
    """An attempt with what a provider has to be told; ``tries`` counts this one.

    ``token`` is what the buyer's device got from the provider, ``reference`` what the provider calls the authorisation.
    """

    payment: UUID
    attempt: str
    kind: Kind
    minor: int
    tries: int
    order: UUID
    provider: str
    method: str
    currency: str
    token: str | None
    reference: str | None
    asked_at: datetime
    asker: str | None = None
    """From where the buyer asks to be authorised (an IP address); None: somebody else asks for her."""

    @property
    def key(self) -> str:
        """Give the key by which the provider knows a repetition."""
        return f"{self.payment}:{self.attempt}"


class Unsettled(Struct, frozen=True):
    """Money whose whereabouts are not settled, and since when.

    ``unknown``: the provider has not said yet. ``disputed``: it said what cannot be. ``owed``: it should go back, and
    somebody has to see to it. ``missed``: it should have been taken, and the provider would not. ``contested``: the
    buyer's bank took it back, and nobody has decided yet whose it is.
    """

    why: Literal["unknown", "disputed", "owed", "missed", "contested"]
    payment: UUID
    order: UUID
    provider: str
    method: str
    currency: str
    minor: int
    attempt: str
    error: str
    since: datetime


class Unbalanced(Struct, frozen=True):
    """A payment whose columns are not the sums of its ledger: damage."""

    payment: UUID
    authorised_minor: int
    authorised_entries: int
    captured_minor: int
    captured_entries: int
    voided_minor: int
    voided_entries: int
    refunded_minor: int
    refunded_entries: int
    disputed_minor: int
    disputed_entries: int


class Done(Struct, frozen=True, tag="done", omit_defaults=True):
    """The provider moved so much (minor units), and calls it so; ``receipt`` is to be printed for the buyer.

    ``captures`` is how this authorisation can be captured, where that is not the same for all of the provider's.
    """

    reference: str
    minor: int
    receipt: str = ""
    captures: Captures | None = None


class Refused(Struct, frozen=True, tag="refused"):
    """The provider did not do it and will not."""

    why: str


class Unknown(Struct, frozen=True, tag="unknown"):
    """There is no telling whether the provider did it; ``silent``: it did not answer as one that is well does."""

    why: str = ""
    silent: bool = False


class Waits(Struct, frozen=True, tag="waits"):
    """The provider waits for the buyer, who has to go to ``action_url`` (None: to look at her telephone)."""

    reference: str
    action_url: str | None = None


class Unseen(Struct, frozen=True, tag="unseen"):
    """The provider has never been asked under this key."""


Outcome = Done | Refused | Unknown | Unseen | Waits


class Told(Struct, frozen=True):
    """What a provider tells of its own accord about an attempt."""

    key: str
    outcome: Done | Refused


class Stirred(Struct, frozen=True):
    """Something has become of what a provider calls ``reference``: it is to be asked what. ``key``: ours for it."""

    reference: str
    key: str = ""


class Contested(Struct, frozen=True):
    """The buyer's bank takes money back, or gives it back to us.

    ``minor`` in minor units. ``state``: ``open`` the money is gone and may be fought for; ``won`` it is ours again;
    ``lost`` it stays gone. ``dispute`` is what the provider calls it; ``until``: by when it has to be answered.
    """

    reference: str
    dispute: str
    minor: int
    reason: str
    state: Literal["open", "won", "lost"]
    until: datetime | None = None


News = Told | Stirred | Contested


class Heard(Struct, frozen=True):
    """What a provider told was taken in; ``payments`` are those of ours that it was about."""

    payments: int


class Awaited(Struct, frozen=True):
    """A payment that people collect, and what is still missing of it (minor units); ``closed``: it takes nothing."""

    payment: UUID
    order: UUID
    method: str
    currency: str
    missing_minor: int
    closed: bool


class Known(Struct, frozen=True):
    """What our ledger says of a payment that a provider settles. Money in minor units."""

    payment: UUID
    reference: str | None
    currency: str
    captured_minor: int
    refunded_minor: int
    disputed_minor: int


class Taken(Struct, frozen=True):
    """Money that a provider took for us, and since when. Minor units."""

    payment: UUID
    order: UUID
    currency: str
    captured_minor: int
    at: datetime


SettledKind = Literal["payment", "refund", "chargeback", "fee", "payout", "other"]


class Settled(Struct, frozen=True):
    """A line of what a provider settled. Money in minor units of ``currency``; what leaves us is negative.

    ``number`` is the provider's own for this line, ``reference`` what it calls the authorisation, ``fee_minor`` what it
    kept of this line. Where it changed currencies, ``original_…`` is what the buyer paid.
    """

    number: str
    kind: SettledKind
    minor: int
    currency: str
    at: datetime
    reference: str = ""
    fee_minor: int = 0
    original_minor: int | None = None
    original_currency: str | None = None
    text: str = ""


class Offer(Struct, frozen=True):
    """A way to pay; ``available`` is False while its provider does not answer, ``token`` whether it needs one."""

    provider: str
    method: str
    token: bool
    available: bool


for _name in ("authorised", "captured", "voided", "refunded"):
    constraint(f"payment_{_name}_in_bounds", NothingLeft, "so much is not left of this payment")
