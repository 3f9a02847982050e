"""Pricing: what things cost, to whom, where and when, what of it is VAT, and why.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import msgspec
import rynek.commerce.catalog.model as commerce_catalog
import rynek.commerce.pricing.model as commerce_pricing
from rynek.client.calls import Calls, Route

_COMPETITOR_PRICES = Route[list[commerce_pricing.CompetitorPrice]](
    "GET", "/pricing/competitor-prices", list[commerce_pricing.CompetitorPrice]
)
_COST_ROWS = Route[list[commerce_pricing.Cost]]("GET", "/pricing/costs", list[commerce_pricing.Cost])
_FLOOR_ROWS = Route[list[commerce_pricing.PriceFloor]]("GET", "/pricing/floors", list[commerce_pricing.PriceFloor])
_LISTING = Route[list[commerce_pricing.Price]]("GET", "/pricing/listing", list[commerce_pricing.Price])
_LISTS = Route[list[commerce_pricing.PriceList]]("GET", "/pricing/lists", list[commerce_pricing.PriceList])
_MARGINS = Route[list[commerce_pricing.Margin]]("GET", "/pricing/margins", list[commerce_pricing.Margin])
_PRICES = Route[list[commerce_pricing.Price]]("GET", "/pricing/prices", list[commerce_pricing.Price])
_PUT_COMPETITOR_PRICES = Route[commerce_catalog.Taken]("PUT", "/pricing/competitor-prices", commerce_catalog.Taken)
_PUT_COSTS = Route[commerce_catalog.Taken]("PUT", "/pricing/costs", commerce_catalog.Taken)
_PUT_FLOORS = Route[commerce_catalog.Taken]("PUT", "/pricing/floors", commerce_catalog.Taken)
_PUT_LISTS = Route[commerce_catalog.Taken]("PUT", "/pricing/lists", commerce_catalog.Taken)
_PUT_PRICES = Route[commerce_catalog.Taken]("PUT", "/pricing/prices", commerce_catalog.Taken)
_PUT_TAX_RATES = Route[commerce_catalog.Taken]("PUT", "/pricing/tax-rates", commerce_catalog.Taken)
_TAX_RATES = Route[list[commerce_pricing.TaxRate]]("GET", "/pricing/tax-rates", list[commerce_pricing.TaxRate])
_WHY = Route[commerce_pricing.Why]("GET", "/pricing/why", commerce_pricing.Why)


class CommercePricing:
    """Pricing: what things cost, to whom, where and when, what of it is VAT, and why."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def competitor_prices(
        self, sku: list[str] | msgspec.UnsetType = msgspec.UNSET, after: str = "", limit: int = 200
    ) -> list[commerce_pricing.CompetitorPrice]:
        """List what items were last seen to cost at competitors, with when and where that is known from.

        Args:
            sku: none for all, by sku on from ``after``.
            limit: of how many items.
        """
        return await self._calls.ask(_COMPETITOR_PRICES, {}, {"sku": sku, "after": after, "limit": limit})

    async def cost_rows(
        self, sku: list[str] | msgspec.UnsetType = msgspec.UNSET, after: str = "", limit: int = 200
    ) -> list[commerce_pricing.Cost]:
        """List what items cost the shop, those to come too: these items, or all by sku, on from ``after``.

        Args:
            sku: none for all.
            limit: of how many items.
        """
        return await self._calls.ask(_COST_ROWS, {}, {"sku": sku, "after": after, "limit": limit})

    async def floor_rows(
        self, sku: list[str] | msgspec.UnsetType = msgspec.UNSET, after: str = "", limit: int = 200
    ) -> list[commerce_pricing.PriceFloor]:
        """List the least that buyers may be asked for items, with the law or agreement that says so, those to come too.

        Args:
            sku: none for all, by sku on from ``after``.
            limit: of how many items.
        """
        return await self._calls.ask(_FLOOR_ROWS, {}, {"sku": sku, "after": after, "limit": limit})

    async def listing(
        self,
        skus: list[str] | msgspec.UnsetType = msgspec.UNSET,
        in_list: str | None = None,
        after: str = "",
        limit: int = 200,
    ) -> list[commerce_pricing.Price]:
        """List prices by item, those to come too: of these items, or of all on from the sku ``after``.

        Args:
            skus: none for all.
            in_list: only those in this price list.
            limit: of how many items.
        """
        return await self._calls.ask(_LISTING, {}, {"skus": skus, "in_list": in_list, "after": after, "limit": limit})

    async def lists(self) -> list[commerce_pricing.PriceList]:
        """List all price lists."""
        return await self._calls.ask(_LISTS, {}, None)

    async def margins(
        self, channel: str, sku: list[str], at: datetime.datetime | None = None
    ) -> list[commerce_pricing.Margin]:
        """Tell what the shop earns with items in a channel: the price without VAT, less the cost.

        What is not sold there is left out.

        Raises:
            UnknownChannel: there is none of this code.
        """
        return await self._calls.ask(_MARGINS, {}, {"channel": channel, "sku": sku, "at": at})

    async def prices(self, sku: list[str]) -> list[commerce_pricing.Price]:
        """List the prices of items in all lists, those to come too."""
        return await self._calls.ask(_PRICES, {}, {"sku": sku})

    async def put_competitor_prices(self, prices: list[commerce_pricing.CompetitorPrice]) -> commerce_catalog.Taken:
        """Note what items were seen to cost at competitors; what is older than what is known already changes nothing.

        Emits:
            CompetitorPriceChanged for each that was seen later than the last.
        """
        return await self._calls.ask(_PUT_COMPETITOR_PRICES, {}, {"prices": prices})

    async def put_costs(self, costs: list[commerce_pricing.Cost]) -> commerce_catalog.Taken:
        """Set what items cost the shop, or take out costs without an amount; all that ever was set is kept in the history.

        A cost is known by its item, currency, location and beginning. Of several that have begun the latest counts.

        Emits:
            CostChanged for each item of which something is different now.
        """
        return await self._calls.ask(_PUT_COSTS, {}, {"costs": costs})

    async def put_floors(self, floors: list[commerce_pricing.PriceFloor]) -> commerce_catalog.Taken:
        """Set the least that buyers may be asked for items, or take out floors without an amount; the history is kept.

        A floor is known by its item, currency, country, kind and beginning. Of several that hold the highest counts.

        Emits:
            PriceFloorChanged for each item of which something is different now.
        """
        return await self._calls.ask(_PUT_FLOORS, {}, {"floors": floors})

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

    async def tax_rates(self, country: str | None = None) -> list[commerce_pricing.TaxRate]:
        """List a country's rates of VAT, or those of all, those to come too."""
        return await self._calls.ask(_TAX_RATES, {}, {"country": country})

    async def why(self, question: commerce_pricing.Question) -> commerce_pricing.Why:
        """Explain the price of an item: every price it has, which counts and why the others do not, its VAT, its reduction.

        Past prices are explained by what was set at that instant.

        Raises:
            UnknownChannel: there is none of this code.
        """
        return await self._calls.ask(_WHY, {}, question)
