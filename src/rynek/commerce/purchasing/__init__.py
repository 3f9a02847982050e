"""Purchasing: what is ordered of whom, when it comes, and whether it came as ordered."""

from rynek.commerce.purchasing.model import Purchase, Supplier

__all__ = ["Purchase", "Supplier"]
