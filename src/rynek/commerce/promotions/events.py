"""What promotions announce."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("promotions.promotion-changed", key="promotion")
class PromotionChanged(Struct, frozen=True):
    """A promotion is new or says something else."""

    promotion: str
    version: int
    state: str
    shelf: bool


@event("promotions.lane-changed", key="lane")
class LaneChanged(Struct, frozen=True):
    """A lane is new, or promotions meet in it differently."""

    lane: str


@event("promotions.use-returned", key="order")
class UseReturned(Struct, frozen=True):
    """An order was cancelled, so what it had of a promotion can be had by somebody else."""

    order: UUID
    promotion: str
    minor: int
