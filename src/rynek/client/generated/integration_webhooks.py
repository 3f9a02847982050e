"""Webhooks: what happens in the shop is sent, signed, to where others listen.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.integration.webhooks.model as integration_webhooks
import uuid
from rynek.client.calls import Calls, Route

_CHANGE = Route[integration_webhooks.Endpoint]("PUT", "/webhooks/endpoints/{endpoint}", integration_webhooks.Endpoint)
_DELIVERIES = Route[list[integration_webhooks.Delivery]](
    "GET", "/webhooks/deliveries", list[integration_webhooks.Delivery]
)
_DELIVERY = Route[integration_webhooks.Told]("GET", "/webhooks/deliveries/{delivery}", integration_webhooks.Told)
_ENDPOINT = Route[integration_webhooks.Endpoint]("GET", "/webhooks/endpoints/{endpoint}", integration_webhooks.Endpoint)
_ENDPOINTS = Route[list[integration_webhooks.Endpoint]](
    "GET", "/webhooks/endpoints", list[integration_webhooks.Endpoint]
)
_MAKE = Route[integration_webhooks.Made]("POST", "/webhooks/endpoints", integration_webhooks.Made)
_PING = Route[integration_webhooks.Queued]("POST", "/webhooks/endpoints/{endpoint}/ping", integration_webhooks.Queued)
_REMOVE = Route[None]("DELETE", "/webhooks/endpoints/{endpoint}", None)
_REPLAY = Route[integration_webhooks.Replaying](
    "POST", "/webhooks/endpoints/{endpoint}/replay", integration_webhooks.Replaying
)
_RESEND = Route[integration_webhooks.Queued](
    "POST", "/webhooks/deliveries/{delivery}/replay", integration_webhooks.Queued
)
_ROTATE = Route[integration_webhooks.Rotated](
    "POST", "/webhooks/endpoints/{endpoint}/secret", integration_webhooks.Rotated
)
_SET_PERSONAL = Route[integration_webhooks.Endpoint](
    "PUT", "/webhooks/endpoints/{endpoint}/personal", integration_webhooks.Endpoint
)
_SWITCH = Route[integration_webhooks.Endpoint](
    "PUT", "/webhooks/endpoints/{endpoint}/active", integration_webhooks.Endpoint
)


class IntegrationWebhooks:
    """Webhooks: what happens in the shop is sent, signed, to where others listen."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def change(
        self, endpoint: uuid.UUID, url: str, types: list[str], filter: str = "", note: str = ""
    ) -> integration_webhooks.Endpoint:
        """Have other events sent, or elsewhere; what waits already goes to the new address.

        Raises:
            NoSuchEndpoint: there is none, or it is another's.
            BadAddress: nothing may be sent there.
            BadFilter: the filter cannot be read, or does not fit the events.
            NoSuchEvent: there is no event of such a type.
        """
        return await self._calls.ask(
            _CHANGE, {"endpoint": endpoint}, {"url": url, "types": types, "filter": filter, "note": note}
        )

    async def deliveries(self, search: integration_webhooks.DeliverySearch) -> list[integration_webhooks.Delivery]:
        """List deliveries, the newest first."""
        return await self._calls.ask(_DELIVERIES, {}, search)

    async def delivery(self, delivery: uuid.UUID) -> integration_webhooks.Told:
        """Show a delivery with its attempts.

        Raises:
            NoSuchDelivery: there is none, or it is another's.
        """
        return await self._calls.ask(_DELIVERY, {"delivery": delivery}, None)

    async def endpoint(self, endpoint: uuid.UUID) -> integration_webhooks.Endpoint:
        """Show an endpoint.

        Raises:
            NoSuchEndpoint: there is none, or it is another's.
        """
        return await self._calls.ask(_ENDPOINT, {"endpoint": endpoint}, None)

    async def endpoints(self) -> list[integration_webhooks.Endpoint]:
        """List where events are sent, and how that goes."""
        return await self._calls.ask(_ENDPOINTS, {}, None)

    async def make(self, url: str, types: list[str], filter: str = "", note: str = "") -> integration_webhooks.Made:
        """Have events sent to an address from now on; gives the secret to verify them by, which is shown this once.

        A wildcard means the events that whoever says it may be told of, now and later.

        Raises:
            BadAddress: nothing may be sent there.
            BadFilter: the filter cannot be read, or does not fit the events.
            NoSuchEvent: there is no event of such a type.
        """
        return await self._calls.ask(_MAKE, {}, {"url": url, "types": types, "filter": filter, "note": note})

    async def ping(self, endpoint: uuid.UUID) -> integration_webhooks.Queued:
        """Send an event of the type ``webhooks.ping``, to see whether it arrives and is understood.

        Raises:
            NoSuchEndpoint: there is none, or it is another's.
            Stopped: it is switched off.
        """
        return await self._calls.ask(_PING, {"endpoint": endpoint}, None)

    async def remove(self, endpoint: uuid.UUID) -> None:
        """Send nothing there any more, and forget its deliveries.

        Raises:
            NoSuchEndpoint: there is none, or it is another's.
        """
        return await self._calls.ask(_REMOVE, {"endpoint": endpoint}, None)

    async def replay(
        self, endpoint: uuid.UUID, since: datetime.datetime, until: datetime.datetime | None = None
    ) -> integration_webhooks.Replaying:
        """Deliver again what happened from a time on, as its types and filter are now.

        It goes on behind the shop. What was delivered is delivered again with the same ``webhook-id``; what waits, once.

        Args:
            until: None for now.

        Raises:
            NoSuchEndpoint: there is none, or it is another's.
            Stopped: it is switched off.
            Invalid: the time ends before it begins.
        """
        return await self._calls.ask(_REPLAY, {"endpoint": endpoint}, {"since": since, "until": until})

    async def resend(self, delivery: uuid.UUID) -> integration_webhooks.Queued:
        """Deliver once more, with the same ``webhook-id``.

        Raises:
            NoSuchDelivery: there is none, or it is another's.
            Stopped: its endpoint is switched off.
        """
        return await self._calls.ask(_RESEND, {"delivery": delivery}, None)

    async def rotate(self, endpoint: uuid.UUID, overlap_s: int = 86400) -> integration_webhooks.Rotated:
        """Make a new secret, shown this once; for a while the one before signs as well.

        Args:
            overlap_s: how long, 0 to 604,800 seconds; 0 when the old one has leaked.

        Raises:
            NoSuchEndpoint: there is none, or it is another's.
            Invalid: the overlap is none.
        """
        return await self._calls.ask(_ROTATE, {"endpoint": endpoint}, {"overlap_s": overlap_s})

    async def set_personal(self, endpoint: uuid.UUID, personal: bool) -> integration_webhooks.Endpoint:
        """Say whether an endpoint gets the fields that say who somebody is.

        Raises:
            NoSuchEndpoint: there is none, or it is another's.
            BadFilter: its filter asks for such a field, which it would not get.
            Forbidden: to look after endpoints is not allowed to you.
        """
        return await self._calls.ask(_SET_PERSONAL, {"endpoint": endpoint}, {"personal": personal})

    async def switch(self, endpoint: uuid.UUID, active: bool) -> integration_webhooks.Endpoint:
        """Switch an endpoint on or off.

        What waits when it is switched off waits on. What happens meanwhile is not sent to it: replay it from then.

        Raises:
            NoSuchEndpoint: there is none, or it is another's.
        """
        return await self._calls.ask(_SWITCH, {"endpoint": endpoint}, {"active": active})
