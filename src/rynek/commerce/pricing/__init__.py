"""Pricing: what things cost, to whom, where and when, what of it is VAT, and why."""

from rynek.commerce.pricing.actions import (
    lists,
    prices,
    put_lists,
    put_prices,
    put_tax_rates,
    quote,
    quote_many,
    tax_rates,
)
from rynek.commerce.pricing.model import (
    Ask,
    NoPrice,
    NoTaxRate,
    NotSellable,
    Price,
    PriceList,
    Quote,
    QuoteLine,
    RateTotal,
    TaxRate,
)

__all__ = [
    "Ask",
    "NoPrice",
    "NoTaxRate",
    "NotSellable",
    "Price",
    "PriceList",
    "Quote",
    "QuoteLine",
    "RateTotal",
    "TaxRate",
    "lists",
    "prices",
    "put_lists",
    "put_prices",
    "put_tax_rates",
    "quote",
    "quote_many",
    "tax_rates",
]
