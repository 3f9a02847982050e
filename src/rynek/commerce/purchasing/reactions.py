"""What news of goods that come means for those who wait for them: they are promised another day."""

from collections.abc import Sequence

from rynek.commerce.inventory.events import StockMoved, UnitsServed, WaitEnded
from rynek.commerce.purchasing.events import PurchaseOrderConfirmed, PurchaseOrderMoved
from rynek.commerce.purchasing.promising import keep
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.log import on

_LEAVES = ("sale", "shipment")


@on(PurchaseOrderConfirmed, PurchaseOrderMoved, StockMoved, UnitsServed, WaitEnded, whole=True)
async def keep_promises(tx: Tx, news: Sequence[Envelope]) -> None:
    """Look anew at the promises of items of which more or less comes, or sooner, or later."""
    skus: set[str] = set()
    for each in news:
        match each.data:
            case StockMoved(cause=cause, moves=moves):
                skus.update(move.sku for move in moves if cause not in _LEAVES)
            case UnitsServed(picks=picks):
                skus.update(pick.sku for pick in picks)
            case _:
                skus.update(line.sku for line in each.data.lines)
    await keep(tx, sorted(skus))
