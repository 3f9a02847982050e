"""What is cleared away: pictures that nobody shows any more, sizes that nobody asks for, files without a picture."""

import logging
from datetime import timedelta
from uuid import UUID

from rynek.commerce.media import rules
from rynek.commerce.media.actions import PLACE, q
from rynek.commerce.media.events import PictureChanged
from rynek.commerce.media.ports import store
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.jobs import every

logger = logging.getLogger(__name__)

IDLE = timedelta(days=30)
"""How long a picture may lie unused before it is discarded."""
GRACE = timedelta(days=1)
"""How long after it was discarded its files stay: somebody may still be reading them."""
_AT_ONCE = 100


@every(3_600, "commerce.media.sweep", "commerce")
async def sweep(tx: Tx) -> None:
    """Discard pictures that nobody has shown for 30 days, and remove the files of those discarded a day ago.

    Emits:
        PictureChanged for each that is discarded.
    """
    idle = await q.idle(tx, before=tx.at - IDLE, size=_AT_ONCE)
    for digest in await q.discard(tx, pictures=idle, at=tx.at):
        emit(tx, PictureChanged(digest, [], gone=True))
    gone = await q.gone(tx, before=tx.at - GRACE, size=_AT_ONCE)
    for picture in gone:
        for form in await q.forms(tx, picture=picture):
            await store().delete(f"{PLACE}/{picture.hex}.{form.form}")
        await store().delete(f"{PLACE}/{picture.hex}.kept")
    await q.remove(tx, pictures=gone)


@every(86_400, "commerce.media.tidy", "commerce")
async def tidy(tx: Tx) -> None:
    """Remove files that no picture owns: an upload that was cut off has left them."""
    strays: dict[str, UUID] = {}
    async for kept in store().every(PLACE):
        name = kept.key.partition("/")[2].partition(".")[0]
        if kept.at < tx.at - GRACE and len(name) == 32 and rules.digest(f"/media/{name}"):
            strays[kept.key] = UUID(name)
    owned = set(await q.known(tx, ids=list(set(strays.values()))))
    lost = [key for key, owner in strays.items() if owner not in owned]
    for key in lost:
        await store().delete(key)
    if lost:
        logger.info("%d files without a picture were removed", len(lost))
