"""Browsing: what shops show of the catalogue, with prices and what can be bought, from each process's own shelf."""

from rynek.commerce.browse.actions import listing, product
from rynek.commerce.browse.model import Card, Detail, Front, Item, Listing, NotOffered, Price, Rubric, UnknownCategory

__all__ = [
    "Card",
    "Detail",
    "Front",
    "Item",
    "Listing",
    "NotOffered",
    "Price",
    "Rubric",
    "UnknownCategory",
    "listing",
    "product",
]
