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


@event("pricing.cost-changed", key="sku", seen_by="pricing.see-costs")
class CostChanged(Struct, frozen=True):
    """An item costs the shop something else, or will. What, only those are told who may ask."""

    sku: str


@event("pricing.competitor-price-changed", key="sku", seen_by="pricing.see-costs")
class CompetitorPriceChanged(Struct, frozen=True):
    """An item was seen at a competitor; ``minor`` None: it was not to be had there."""

    sku: str
    competitor: str
    currency: str
    minor: int | None


@event("pricing.price-floor-changed", key="sku")
class PriceFloorChanged(Struct, frozen=True):
    """An item may be sold for less than before, or for no less than now, or will."""

    sku: str
