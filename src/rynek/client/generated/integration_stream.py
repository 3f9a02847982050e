"""The event stream: what happens in the shop, told to programs of others in the order of the log.

Made by ``make client`` from the registry; do not edit.
"""

import msgspec
import rynek.integration.stream.model as integration_stream
import typing
from rynek.client.calls import Calls, Route

_ASYNCAPI = Route[dict[str, typing.Any]]("GET", "/stream/asyncapi", dict[str, typing.Any])
_LIVE = Route[bytes]("GET", "/stream/live", bytes)
_READ = Route[integration_stream.Events]("GET", "/stream/events", integration_stream.Events)
_TYPES = Route[list[integration_stream.EventKind]]("GET", "/stream/types", list[integration_stream.EventKind])


class IntegrationStream:
    """The event stream: what happens in the shop, told to programs of others in the order of the log."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def asyncapi(self) -> dict[str, typing.Any]:
        """Describe the stream and webhooks as an AsyncAPI 3.0 document, with the events that you may be told of."""
        return await self._calls.ask(_ASYNCAPI, {}, None)

    async def live(self, types: list[str] | msgspec.UnsetType = msgspec.UNSET, after: str = "now") -> bytes:
        """Read the log as it grows, as server-sent events; whoever comes back with ``Last-Event-ID`` goes on from there.

        Args:
            types: patterns, any of which an event has to fit; none means all that you may have.
            after: where to begin, unless ``Last-Event-ID`` says it.

        Raises:
            AheadOfTheLog: the log has not come to this place.
            NoSuchEvent: there is no event of such a type.
            Invalid: ``Last-Event-ID`` is no place in the log.
            Unavailable: as many read as one process serves.
        """
        return await self._calls.ask(_LIVE, {}, {"types": types, "after": after})

    async def read(
        self,
        after: str = "0-0",
        types: list[str] | msgspec.UnsetType = msgspec.UNSET,
        limit: int = 100,
        wait_s: int = 0,
    ) -> integration_stream.Events:
        """Read on in the log after a place, in its order; nothing is left out that commits late.

        Args:
            types: patterns, any of which an event has to fit; none means all that you may have.
            wait_s: how long to wait for something new when there is nothing yet.

        Raises:
            AheadOfTheLog: the log has not come to this place.
            NoSuchEvent: there is no event of such a type.
        """
        return await self._calls.ask(_READ, {}, {"after": after, "types": types, "limit": limit, "wait_s": wait_s})

    async def types(self) -> list[integration_stream.EventKind]:
        """List the events that you may be told of, with what they carry."""
        return await self._calls.ask(_TYPES, {}, None)
