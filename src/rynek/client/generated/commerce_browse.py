"""Browsing: what shops show of the catalogue, with prices and what can be bought, from each process's own shelf.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.commerce.browse.model as commerce_browse
import typing
import uuid
from rynek.client.calls import Calls, Route

_FRONT = Route[commerce_browse.Front]("GET", "/browse/{channel}", commerce_browse.Front)
_LISTING = Route[commerce_browse.Listing]("GET", "/browse/{channel}/listing", commerce_browse.Listing)
_PREVIEW_CARDS = Route[list[commerce_browse.Card]]("GET", "/browse/{channel}/preview/cards", list[commerce_browse.Card])
_PREVIEW_FRONT = Route[commerce_browse.Front]("GET", "/browse/{channel}/preview", commerce_browse.Front)
_PREVIEW_LISTING = Route[commerce_browse.Listing]("GET", "/browse/{channel}/preview/listing", commerce_browse.Listing)
_PREVIEW_PRODUCT = Route[commerce_browse.Detail](
    "GET", "/browse/{channel}/preview/products/{product}", commerce_browse.Detail
)
_PRODUCT = Route[commerce_browse.Detail]("GET", "/browse/{channel}/products/{product}", commerce_browse.Detail)


class CommerceBrowse:
    """Browsing: what shops show of the catalogue, with prices and what can be bought, from each process's own shelf."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def front(self, channel: str) -> commerce_browse.Front:
        """Show what a shop of a channel has to say of itself, and the categories in which it offers something.

        Raises:
            UnknownChannel: there is no such channel.
        """
        return await self._calls.ask(_FRONT, {"channel": channel}, None)

    async def listing(
        self,
        channel: str,
        category: str | None = None,
        sort: typing.Literal["name", "newest"] = "name",
        after: uuid.UUID | None = None,
        limit: int = 24,
    ) -> commerce_browse.Listing:
        """List what a channel offers, with prices and what can be bought now.

        Args:
            category: only what is in it or in one inside it.
            after: the last product of the page before.

        Raises:
            UnknownChannel: there is no such channel.
            UnknownCategory: there is no such category.
        """
        return await self._calls.ask(
            _LISTING, {"channel": channel}, {"category": category, "sort": sort, "after": after, "limit": limit}
        )

    async def preview_cards(
        self, channel: str, at: datetime.datetime, products: list[uuid.UUID], group: str | None = None
    ) -> list[commerce_browse.Card]:
        """Show products as a listing will at an instant to come, in the order asked; what will not be offered is left out.

        Args:
            products: at most 100 of them.
            group: whose prices; None: everybody's.

        Raises:
            UnknownChannel: there is no such channel.
            Invalid: the instant has no time zone, or is not to come.
        """
        return await self._calls.ask(
            _PREVIEW_CARDS, {"channel": channel}, {"at": at, "products": products, "group": group}
        )

    async def preview_front(self, channel: str, at: datetime.datetime) -> commerce_browse.Front:
        """Show what a shop will say of itself at an instant to come, by all that is set by now.

        Raises:
            UnknownChannel: there is no such channel.
            Invalid: the instant has no time zone, or is not to come.
        """
        return await self._calls.ask(_PREVIEW_FRONT, {"channel": channel}, {"at": at})

    async def preview_listing(
        self,
        channel: str,
        at: datetime.datetime,
        group: str | None = None,
        category: str | None = None,
        sort: typing.Literal["name", "newest"] = "name",
        after: uuid.UUID | None = None,
        limit: int = 24,
    ) -> commerce_browse.Listing:
        """List what a channel will offer at an instant to come, to a customer group, by all that is set by now.

        Prices, publications, taxes and promotions on the shelf are those of then; what is in stock is what is there now.

        Args:
            group: whose prices; None: everybody's.
            category: only what is in it or in one inside it.
            after: the last product of the page before.

        Raises:
            UnknownChannel: there is no such channel.
            UnknownCategory: there is no such category.
            Invalid: the instant has no time zone, or is not to come.
        """
        return await self._calls.ask(
            _PREVIEW_LISTING,
            {"channel": channel},
            {"at": at, "group": group, "category": category, "sort": sort, "after": after, "limit": limit},
        )

    async def preview_product(
        self, channel: str, product: str, at: datetime.datetime, group: str | None = None
    ) -> commerce_browse.Detail:
        """Show a product as it will be at an instant to come, to a customer group, by all that is set by now.

        Args:
            product: its address (slug) or its id.
            group: whose prices; None: everybody's.

        Raises:
            UnknownChannel: there is no such channel.
            NotOffered: there will be no such product in this channel then.
            Invalid: the instant has no time zone, or is not to come.
        """
        return await self._calls.ask(
            _PREVIEW_PRODUCT, {"channel": channel, "product": product}, {"at": at, "group": group}
        )

    async def product(self, channel: str, product: str) -> commerce_browse.Detail:
        """Show a product with its variants, their prices and what can be bought now.

        Args:
            product: its address (slug) or its id.

        Raises:
            UnknownChannel: there is no such channel.
            NotOffered: there is no such product in this channel now.
        """
        return await self._calls.ask(_PRODUCT, {"channel": channel, "product": product}, None)
