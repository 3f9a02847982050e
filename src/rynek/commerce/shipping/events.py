"""What shipping announces."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("shipping.parcel-labelled", key="order")
class ParcelLabelled(Struct, frozen=True):
    """A carrier gave a parcel its number and its label."""

    parcel: UUID
    order: UUID
    carrier: str
    tracking: str


@event("shipping.label-refused", key="order")
class LabelRefused(Struct, frozen=True):
    """A carrier takes a parcel not as it is: somebody has to look."""

    parcel: UUID
    order: UUID
    carrier: str
    why: str


@event("shipping.label-cancelled", key="order")
class LabelCancelled(Struct, frozen=True):
    """A parcel does not go as it was labelled."""

    parcel: UUID
    order: UUID
    carrier: str
    tracking: str | None


@event("shipping.parcel-moved", key="order")
class ParcelMoved(Struct, frozen=True):
    """A parcel stands otherwise than before: from ``collected`` to ``delivered`` or ``returned``."""

    parcel: UUID
    order: UUID
    carrier: str
    tracking: str
    standing: str
    at: datetime
