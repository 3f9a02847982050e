"""Pricing: what things cost, to whom, where and when, what of it is VAT, and why.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.commerce.catalog.model as commerce_catalog
import rynek.commerce.pricing.model as commerce_pricing
from rynek.client.calls import Calls, Route

_LISTS = Route[list[commerce_pricing.PriceList]]("GET", "/pricing/lists", list[commerce_pricing.PriceList])
_PRICES = Route[list[commerce_pricing.Price]]("GET", "/pricing/prices", list[commerce_pricing.Price])
_PUT_LISTS = Route[commerce_catalog.Taken]("PUT", "/pricing/lists", commerce_catalog.Taken)
_PUT_PRICES = Route[commerce_catalog.Taken]("PUT", "/pricing/prices", commerce_catalog.Taken)
_PUT_TAX_RATES = Route[commerce_catalog.Taken]("PUT", "/pricing/tax-rates", commerce_catalog.Taken)
_TAX_RATES = Route[list[commerce_pricing.TaxRate]]("GET", "/pricing/tax-rates", list[commerce_pricing.TaxRate])
_WHY = Route[commerce_pricing.Why]("GET", "/pricing/why", commerce_pricing.Why)


class CommercePricing:
    """Pricing: what things cost, to whom, where and when, what of it is VAT, and why."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def lists(self) -> list[commerce_pricing.PriceList]:
        """List all price lists."""
        return await self._calls.ask(_LISTS, {}, None)

    async def prices(self, sku: list[str]) -> list[commerce_pricing.Price]:
        """List the prices of items in all lists, those to come too."""
        return await self._calls.ask(_PRICES, {}, {"sku": sku})

    async def put_lists(self, lists: list[commerce_pricing.PriceList]) -> commerce_catalog.Taken:
        """Make price lists or change for whom and when they count.

        Emits:
            PriceListChanged for each that is new or different.
        """
        return await self._calls.ask(_PUT_LISTS, {}, {"lists": lists})

    async def put_prices(self, prices: list[commerce_pricing.Price]) -> commerce_catalog.Taken:
        """Set prices, or take out those without an amount; all that ever was set is kept in the history.

        A price is known by its list, item, quantity break and beginning. Of overlapping periods the later begun counts.

        Emits:
            PriceChanged for each that is different now.
        """
        return await self._calls.ask(_PUT_PRICES, {}, {"prices": prices})

    async def put_tax_rates(self, rates: list[commerce_pricing.TaxRate]) -> commerce_catalog.Taken:
        """Set rates of VAT from an instant on.

        Emits:
            TaxRateChanged for each that is new or different.
        """
        return await self._calls.ask(_PUT_TAX_RATES, {}, {"rates": rates})

    async def tax_rates(self, country: str) -> list[commerce_pricing.TaxRate]:
        """List a country's rates of VAT, those to come too."""
        return await self._calls.ask(_TAX_RATES, {}, {"country": country})

    async def why(self, question: commerce_pricing.Question) -> commerce_pricing.Why:
        """Explain the price of an item: every price it has, which counts and why the others do not, its VAT, its reduction.

        Past prices are explained by what was set at that instant.

        Raises:
            UnknownChannel: there is none of this code.
        """
        return await self._calls.ask(_WHY, {}, question)
