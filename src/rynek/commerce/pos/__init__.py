"""The counter: receipts of tills, each taken in once, whenever and however often it comes."""

from rynek.commerce.pos.actions import own_store, receipt, sell, takings
from rynek.commerce.pos.model import (
    RETURNS,
    Accepted,
    Line,
    Number,
    Off,
    Receipt,
    Returned,
    Takings,
    Tender,
    TillCode,
)
from rynek.commerce.pos.rules import paid

__all__ = [
    "RETURNS",
    "Accepted",
    "Line",
    "Number",
    "Off",
    "Receipt",
    "Returned",
    "Takings",
    "Tender",
    "TillCode",
    "own_store",
    "paid",
    "receipt",
    "sell",
    "takings",
]
