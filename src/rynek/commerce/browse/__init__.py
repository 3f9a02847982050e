"""Browsing: what shops show of the catalogue, with prices and what can be bought, from each process's own shelf."""

from rynek.commerce.browse.actions import cards, listing, product, wholes
from rynek.commerce.browse.model import (
    Card,
    Detail,
    Front,
    Item,
    Listing,
    NotOffered,
    Price,
    Property,
    Rubric,
    UnknownCategory,
    Whole,
)

__all__ = [
    "Card",
    "Detail",
    "Front",
    "Item",
    "Listing",
    "NotOffered",
    "Price",
    "Property",
    "Rubric",
    "UnknownCategory",
    "Whole",
    "cards",
    "listing",
    "product",
    "wholes",
]
