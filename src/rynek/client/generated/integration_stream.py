"""The event stream: what happens in the shop, told to programs of others in the order of the log.

Made by ``make client`` from the registry; do not edit.
"""

import msgspec
import rynek.integration.stream.model as integration_stream
import typing
from rynek.client.calls import Calls, Route

_ASYNCAPI = Route[dict[str, typing.Any]]("GET", "/stream/asyncapi", dict[str, typing.Any])
_READ = Route[integration_stream.Events]("GET", "/stream/events", integration_stream.Events)
_TYPES = Route[list[integration_stream.EventKind]]("GET", "/stream/types", list[integration_stream.EventKind])


class IntegrationStream:
    """The event stream: what happens in the shop, told to programs of others in the order of the log."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def asyncapi(self) -> dict[str, typing.Any]:
        """Describe the stream and webhooks as an AsyncAPI 3.0 document, with the events that you may be told of."""
        return await self._calls.ask(_ASYNCAPI, {}, None)

    async def read(
        self,
        after: str = "0-0",
        types: list[str] | msgspec.UnsetType = msgspec.UNSET,
        limit: int = 100,
        wait_s: int | None = None,
    ) -> integration_stream.Events:
        """Read on in the log after a place, in its order; nothing is left out that commits late.

        Args:
            types: patterns, any of which an event has to fit; none means all that you may have.
            wait_s: how long to wait for something new when there is nothing yet; None for not at all.

        Raises:
            AheadOfTheLog: the log has not come to this place.
            NoSuchEvent: there is no event of such a type.
        """
        return await self._calls.ask(_READ, {}, {"after": after, "types": types, "limit": limit, "wait_s": wait_s})

    async def types(self) -> list[integration_stream.EventKind]:
        """List the events that you may be told of, with what they carry."""
        return await self._calls.ask(_TYPES, {}, None)
