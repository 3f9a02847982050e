"""Purchasing: what is ordered of whom, when it comes, whether it came as ordered, and who is promised it."""

from rynek.commerce.purchasing.model import Earliest, Expectation, Purchase, Supplier
from rynek.commerce.purchasing.promising import earliest, expectations, promise

__all__ = ["Earliest", "Expectation", "Purchase", "Supplier", "earliest", "expectations", "promise"]
