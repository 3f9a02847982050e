"""Ops: whether Rynek is well, what it can do, and how it looks: health, metrics, documents, the shared design.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.ops.model as ops
from rynek.client.calls import Calls, Route

_BACKLOG = Route[ops.Backlog]("GET", "/ops/backlog", ops.Backlog)
_LIVE = Route[ops.Alive]("GET", "/health/live", ops.Alive)
_NEWS = Route[list[ops.News]]("GET", "/events/types", list[ops.News])
_READY = Route[ops.Ready]("GET", "/health/ready", ops.Ready)
_REPLAY = Route[ops.Replayed]("POST", "/ops/reactions/{reaction}/replay", ops.Replayed)
_REVIVE = Route[None]("POST", "/ops/jobs/{job}/revival", None)


class Ops:
    """Ops: whether Rynek is well, what it can do, and how it looks: health, metrics, documents, the shared design."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def backlog(self) -> ops.Backlog:
        """Tell what waits behind the shop: events that reactions could not take, jobs that are due or were given up."""
        return await self._calls.ask(_BACKLOG, {}, None)

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

    async def replay(self, reaction: str) -> ops.Replayed:
        """Let a reaction try again what it parked.

        Raises:
            NoSuchReaction: there is none of this name.
        """
        return await self._calls.ask(_REPLAY, {"reaction": reaction}, None)

    async def revive(self, job: int) -> None:
        """Let a job that was given up be tried again, from now.

        Raises:
            NotDead: no job of this number was given up.
        """
        return await self._calls.ask(_REVIVE, {"job": job}, None)
