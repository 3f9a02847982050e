"""Quotes: what is agreed before there is an order — offers and counter-offers, approvals, lists ordered again."""

from rynek.commerce.quotes.model import Approval, Quote, QuoteState, Template
from rynek.commerce.quotes.rules import priced

__all__ = ["Approval", "Quote", "QuoteState", "Template", "priced"]
