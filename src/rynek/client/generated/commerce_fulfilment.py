"""Fulfilment: where orders are packed and why, and the work of shops and warehouses until goods leave.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.commerce.fulfilment.model as commerce_fulfilment
import uuid
from rynek.client.calls import Calls, Route

_ALLOCATE = Route[list[commerce_fulfilment.Told]](
    "POST", "/fulfilment/orders/{order}/allocation", list[commerce_fulfilment.Told]
)
_AREAS = Route[list[commerce_fulfilment.Area]]("GET", "/fulfilment/areas", list[commerce_fulfilment.Area])
_DROP_ROUTING = Route[None]("DELETE", "/fulfilment/routing/{channel}", None)
_PLACES = Route[list[commerce_fulfilment.PlaceFacts]]("GET", "/fulfilment/places", list[commerce_fulfilment.PlaceFacts])
_PUT_AREAS = Route[None]("PUT", "/fulfilment/areas", None)
_PUT_PLACES = Route[None]("PUT", "/fulfilment/places", None)
_PUT_ROUTING = Route[commerce_fulfilment.PutRouting](
    "PUT", "/fulfilment/routing/{channel}", commerce_fulfilment.PutRouting
)
_ROUTINGS = Route[list[commerce_fulfilment.PutRouting]](
    "GET", "/fulfilment/routing", list[commerce_fulfilment.PutRouting]
)
_UNBACKED = Route[list[commerce_fulfilment.Unbacked]]("GET", "/fulfilment/unbacked", list[commerce_fulfilment.Unbacked])
_WHY = Route[list[commerce_fulfilment.Told]]("GET", "/fulfilment/orders/{order}/why", list[commerce_fulfilment.Told])


class CommerceFulfilment:
    """Fulfilment: where orders are packed and why, and the work of shops and warehouses until goods leave."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def allocate(self, order: uuid.UUID) -> list[commerce_fulfilment.Told]:
        """Look anew for the best places of what nobody has begun to pick of an order; gives why it is where it is.

        Raises:
            NotFound: there is no such order.
        Emits:
            StockReleased, StockHeld, WorkGiven, WorkCancelled
        """
        return await self._calls.ask(_ALLOCATE, {"order": order}, None)

    async def areas(self, country: str, after: str = "", limit: int = 500) -> list[commerce_fulfilment.Area]:
        """List where a country's postcodes lie; go on with the last prefix as ``after``."""
        return await self._calls.ask(_AREAS, {}, {"country": country, "after": after, "limit": limit})

    async def drop_routing(self, channel: str) -> None:
        """Let a channel's orders stay where they are first set aside: by rank.

        Raises:
            NotFound: it has no rules.
        """
        return await self._calls.ask(_DROP_ROUTING, {"channel": channel}, None)

    async def places(self, after: str = "", limit: int = 500) -> list[commerce_fulfilment.PlaceFacts]:
        """List what locations are to fulfilment, by code; go on with the last code as ``after``."""
        return await self._calls.ask(_PLACES, {}, {"after": after, "limit": limit})

    async def put_areas(self, areas: list[commerce_fulfilment.Area]) -> None:
        """Say where postcodes lie, whole ones or all that begin so; the longest beginning counts.

        Raises:
            Invalid: an area is given twice.
        """
        return await self._calls.ask(_PUT_AREAS, {}, {"areas": areas})

    async def put_places(self, places: list[commerce_fulfilment.PlaceFacts]) -> None:
        """Say what locations are to fulfilment.

        Raises:
            Invalid: a location is given twice, or only one of its coordinates.
            LocationUnknown: there is no such location.
        """
        return await self._calls.ask(_PUT_PLACES, {}, {"places": places})

    async def put_routing(self, channel: str, rules: commerce_fulfilment.Routing) -> commerce_fulfilment.PutRouting:
        """Say how a channel's orders find their places, from the next order on.

        Raises:
            Invalid: a tier names the same criterion twice.
        """
        return await self._calls.ask(_PUT_ROUTING, {"channel": channel}, rules)

    async def routings(self) -> list[commerce_fulfilment.PutRouting]:
        """List the rules of all channels that have some."""
        return await self._calls.ask(_ROUTINGS, {}, None)

    async def unbacked(self, location: str = "") -> list[commerce_fulfilment.Unbacked]:
        """List work whose units are not set aside, and units set aside that nobody is to take: none, once news is heard.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_UNBACKED, {}, {"location": location})

    async def why(self, order: uuid.UUID) -> list[commerce_fulfilment.Told]:
        """Tell why an order's units are where they are: every decision about it, with the places that were weighed."""
        return await self._calls.ask(_WHY, {"order": order}, None)
