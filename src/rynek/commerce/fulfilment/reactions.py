"""What others' news means for the work of locations: it follows what is set aside for orders."""

from collections.abc import Sequence

from rynek.commerce import shipping
from rynek.commerce.fulfilment.actions import allocate_many
from rynek.commerce.fulfilment.collecting import expire, remind, see_ready
from rynek.commerce.fulfilment.ground import q
from rynek.commerce.fulfilment.working import serve_backorders, trim_backorders
from rynek.commerce.inventory.events import StockMoved, UnitsServed
from rynek.commerce.orders.events import OrderCancelled, OrderChanged, OrderPaid, OrderPlaced, OrderShipped
from rynek.commerce.shipping.events import ParcelLabelled
from rynek.kernel import jobs
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.log import on


@on(OrderPlaced, OrderPaid, whole=True)
async def find_places(tx: Tx, news: Sequence[Envelope]) -> None:
    """Find the places of orders whose money is there, and give them the work."""
    await allocate_many(tx, [each.data.order for each in news], "placed")


@on(OrderCancelled, OrderChanged, OrderShipped, whole=True)
async def follow(tx: Tx, news: Sequence[Envelope]) -> None:
    """Take off lists what is wanted no more, and put on what was added."""
    await allocate_many(tx, [each.data.order for each in news], "changed")
    await trim_backorders(tx, [each.data.order for each in news])
    await see_ready(tx, sorted({each.data.order for each in news}))


@on(UnitsServed, whole=True)
async def work_on_what_came(tx: Tx, news: Sequence[Envelope]) -> None:
    """Make work of units that came for those who were sold them beyond stock."""
    await allocate_many(tx, [each.data.holder for each in news], "came-in")


@on(ParcelLabelled)
async def number(tx: Tx, news: ParcelLabelled) -> None:
    """Write the number that a carrier gave on its parcel: the one of the label that stands now."""
    for each in await shipping.going(tx, [news.parcel]):
        if each.state == "labelled":
            await q.renumber(tx, parcel=each.parcel, tracking=each.tracking)


@on(StockMoved, whole=True)
async def serve_those_who_wait(tx: Tx, news: Sequence[Envelope]) -> None:
    """Give units that came in to the orders that wait for them."""
    came = {move.sku for each in news for move in each.data.moves if move.units > 0}
    await serve_backorders(tx, sorted(came))


@jobs.every(60, "fulfilment.remind", "commerce")
async def remind_those_who_collect(tx: Tx) -> None:
    """Have those reminded whose goods lie ready.

    Emits:
        CollectionReminded
    """
    await remind(tx)


@jobs.every(60, "fulfilment.expire", "commerce")
async def take_back_uncollected(tx: Tx) -> None:
    """Take back what was not collected in time.

    Emits:
        CollectionExpired, OrderCancelled, StockReleased
    """
    await expire(tx)
