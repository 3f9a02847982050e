from hello_shop.actions import q
from hello_shop.events import GuestGreeted
from rynek.kernel.database import Tx
from rynek.kernel.log import on


@on(GuestGreeted)
async def hear(tx: Tx, event: GuestGreeted) -> None:
    """Hear of a greeting."""
    await q.heard(tx, name=event.name)
