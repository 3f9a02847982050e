"""What the catalogue announces. Each says what to read anew; the facts are in the catalogue."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("catalog.product-changed", key="product")
class ProductChanged(Struct, frozen=True):
    """A product or one of its variants is new or different; ``archived`` says that it is sold no more."""

    product: UUID
    code: str
    archived: bool = False


@event("catalog.publication-changed", key="product")
class PublicationChanged(Struct, frozen=True):
    """A product is offered in a channel, or no longer, or in another period."""

    product: UUID
    code: str
    channel: str


@event("catalog.bundle-changed", key="sku")
class BundleChanged(Struct, frozen=True):
    """A bundle holds other components."""

    sku: str


@event("catalog.channel-changed", key="channel")
class ChannelChanged(Struct, frozen=True):
    """A channel is new or works differently."""

    channel: str


@event("catalog.sorting-changed", key="code")
class SortingChanged(Struct, frozen=True):
    """A category, a brand or an attribute is new, renamed or moved."""

    kind: str
    code: str
