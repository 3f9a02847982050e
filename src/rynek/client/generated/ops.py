"""Ops: whether Rynek is well, what it can do, and how it looks: health, metrics, documents, the shared design.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.ops.model as ops
from rynek.client.calls import Calls, Route

_LIVE = Route[ops.Alive]("GET", "/health/live", ops.Alive)
_NEWS = Route[list[ops.News]]("GET", "/events/types", list[ops.News])
_READY = Route[ops.Ready]("GET", "/health/ready", ops.Ready)


class Ops:
    """Ops: whether Rynek is well, what it can do, and how it looks: health, metrics, documents, the shared design."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def live(self) -> ops.Alive:
        """Tell that the process answers; when it does not, start it anew."""
        return await self._calls.ask(_LIVE, {}, None)

    async def news(self) -> list[ops.News]:
        """List the events that Rynek announces on its log, with the shape of what they carry."""
        return await self._calls.ask(_NEWS, {}, None)

    async def ready(self) -> ops.Ready:
        """Tell whether the process can take requests.

        Raises:
            NotReady: the database does not answer within a second, or lacks migrations of this version.
        """
        return await self._calls.ask(_READY, {}, None)
