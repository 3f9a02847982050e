"""What repricing announces."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("repricing.price-moved", key="sku")
class PriceMoved(Struct, frozen=True):
    """A dynamic price moved, or went back to the list's; ``by`` None: a rule did it by itself."""

    sku: str
    channel: str
    rule: str | None
    kind: str
    before: int
    after: int
    currency: str
    by: UUID | None


@event("repricing.rules-changed", key="channel")
class RulesChanged(Struct, frozen=True):
    """The prices of a channel move by other rules from now on."""

    channel: str


@event("repricing.switched", key="channel")
class Switched(Struct, frozen=True):
    """The prices of a channel may move from now on, or may not any more."""

    channel: str
    on: bool
    reason: str
