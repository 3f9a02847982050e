"""Browsing: what shops show of the catalogue, with prices and what can be bought, from each process's own shelf."""

from rynek.commerce.browse.actions import listing, product
from rynek.commerce.browse.model import Card, Detail, Item, Listing, NotOffered, Price, UnknownCategory

__all__ = ["Card", "Detail", "Item", "Listing", "NotOffered", "Price", "UnknownCategory", "listing", "product"]
