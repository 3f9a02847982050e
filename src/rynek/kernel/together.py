"""Several operations of one context in one transaction, each of them through the door as the same actor.

    async def act(ask: Together) -> bytes: ...

    body = await together(door, actor, "commerce", act, key=key)

All of it happens or nothing. With a key it happens once: what ``act`` gave is kept in the same transaction and given
again. A rehearsal takes everything back and tells what it would have been.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg

from rynek.kernel.actor import Actor
from rynek.kernel.answers import keep, recall
from rynek.kernel.batch import RETRIES
from rynek.kernel.database import Tx, passing
from rynek.kernel.door import Door, spread, target


class Together:
    """Asks operations in one transaction."""

    def __init__(self, door: Door, actor: Actor, context: str, tx: Tx) -> None:
        self.door = door
        self.actor = actor
        self.context = context
        self.tx = tx

    async def ask(self, operation: Any, /, **values: Any) -> Any:
        """Call an operation: by the same policy, validation and audit as from outside.

        Raises:
            Forbidden: no policy allows it to this actor.
            Invalid: the values are not what it takes.
        """
        call, path = self.door.prepared(self.actor, operation, values)
        found = call.operation
        if found.context != self.context or found.style not in ("read", "write"):
            raise TypeError(f"{found.name} is no read or write of {self.context}: it has transactions of its own")
        self.tx.reach = call.reach
        given = {**path, **spread(found, call.input)}
        result = await found.action(self.tx, **given)
        if found.style == "write":
            await call.note(self.tx, target(given))
        return result

    def attempt(self) -> AbstractAsyncContextManager[None]:
        """Try something that may be refused; what it did until then is undone, the rest stays."""
        return self.tx.attempt()


class _Rehearsed(Exception):  # noqa: N818 - the end of a rehearsal
    """What was done is to be taken back."""


def _take_back() -> None:
    raise _Rehearsed


async def together(
    door: Door, actor: Actor, context: str, act: Callable[[Together], Awaitable[bytes]], *,
    key: bytes | None = None, rehearse: bool = False,
) -> bytes:  # fmt: skip
    """Let ``act`` ask several operations of a context in one transaction; gives what it gives.

    Args:
        key: 16 bytes that make it one and the same: done once, and answered as it was for seven days. None: done anew.
        rehearse: take everything back at the end.

    Raises:
        Fault: what ``act`` does not catch; nothing of it has happened.
    """
    for attempt in range(1, RETRIES + 1):
        try:
            return await _once(door, actor, context, act, key, rehearse=rehearse)
        except asyncpg.PostgresError as error:
            if attempt == RETRIES or not passing(error):
                raise
            await asyncio.sleep(0.05 * attempt)
    raise AssertionError  # the last attempt returned or raised


async def _once(
    door: Door, actor: Actor, context: str, act: Callable[[Together], Awaitable[bytes]], key: bytes | None, *,
    rehearse: bool,
) -> bytes:  # fmt: skip
    body = b""
    try:
        async with door.database.transaction(context, actor) as tx:
            known = (await recall(tx, [key])).get(key) if key is not None and not rehearse else None
            if known is not None:
                return known[2]
            body = await act(Together(door, actor, context, tx))
            if rehearse:
                _take_back()
            if key is not None:
                await keep(tx, [(key, b"", 200, body)])
    except _Rehearsed:
        pass
    return body
