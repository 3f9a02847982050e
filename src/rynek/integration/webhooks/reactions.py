"""What news means for webhooks, and what is forgotten."""

from collections.abc import Sequence
from datetime import timedelta

from rynek.integration.webhooks import actions
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.jobs import every
from rynek.kernel.log import on

KEPT = timedelta(days=30)
"""How long deliveries are kept after they ended."""
_AT_ONCE = 20_000


async def subscribed(tx: Tx) -> list[str]:
    """List the types of events that some endpoint gets now."""
    return actions.wanted_by(await actions.q.listening(tx))


@on(whole=True, among=subscribed)
async def route(tx: Tx, entries: Sequence[Envelope]) -> None:
    """News goes into the queues of the endpoints that asked for it."""
    await actions.route(tx, entries)


@every(600, "integration.webhooks.forget", "integration")
async def forget(tx: Tx) -> None:
    """Forget deliveries that ended long ago."""
    await actions.q.forget(tx, before=tx.at - KEPT, limit=_AT_ONCE)
