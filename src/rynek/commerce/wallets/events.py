"""What wallets announce."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("wallets.balance-changed", key="account", personal=("owner",))
class BalanceChanged(Struct, frozen=True):
    """A gift card, store credit or points grew or shrank by ``minor`` units, and why."""

    account: UUID
    owner: UUID | None
    kind: str
    currency: str
    minor: int
    balance_minor: int
    why: str


@event("wallets.card-blocked", key="account")
class CardBlocked(Struct, frozen=True):
    """A gift card cannot be used any more, or (``blocked`` False) can again."""

    account: UUID
    blocked: bool


@event("wallets.programme-changed", key="channel")
class ProgrammeChanged(Struct, frozen=True):
    """Points are earned otherwise in a channel, or are worth something else there."""

    channel: str
