"""The demo's retailer: a grocery chain's year from “The Complete Journey”, with its dirt, as shops would send it."""

from rynek.demo.articles import Article, Category
from rynek.demo.dataset import (
    CURRENCY,
    TERMS,
    Basket,
    BasketLine,
    DataMissing,
    Discount,
    Household,
    Moved,
    Store,
    Tender,
    Totals,
    Year,
    customer_id,
)
from rynek.demo.dirt import KINDS, NATURES, Kind, Nature, kind_of, nature_of, stock_units
from rynek.demo.names import Size

__all__ = [
    "CURRENCY",
    "KINDS",
    "NATURES",
    "TERMS",
    "Article",
    "Basket",
    "BasketLine",
    "Category",
    "DataMissing",
    "Discount",
    "Household",
    "Kind",
    "Moved",
    "Nature",
    "Size",
    "Store",
    "Tender",
    "Totals",
    "Year",
    "customer_id",
    "kind_of",
    "nature_of",
    "stock_units",
]
