"""What pricing announces."""

from msgspec import Struct

from rynek.kernel.events import event


@event("pricing.price-changed", key="sku")
class PriceChanged(Struct, frozen=True):
    """An item costs something else in a list, or will; ``minor`` None: that price was taken out."""

    sku: str
    list: str
    minor: int | None


@event("pricing.price-list-changed", key="list")
class PriceListChanged(Struct, frozen=True):
    """A price list is new, or counts for others or at other times."""

    list: str


@event("pricing.tax-rate-changed", key="country")
class TaxRateChanged(Struct, frozen=True):
    """A country taxes something differently, or will."""

    country: str
    category: str
