"""What others' news means to promotions."""

from collections.abc import Sequence

from rynek.commerce.catalog.events import ChannelChanged, ProductChanged, PublicationChanged, SortingChanged
from rynek.commerce.orders.events import OrderCancelled
from rynek.commerce.pricing.events import PriceChanged, PriceListChanged, TaxRateChanged
from rynek.commerce.promotions import shelving
from rynek.commerce.promotions.actions import give_back, q
from rynek.commerce.promotions.events import LaneChanged, PromotionChanged
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.jobs import enqueue
from rynek.kernel.log import on


@on(OrderCancelled)
async def return_uses(tx: Tx, event: OrderCancelled) -> None:
    """What a cancelled order had of promotions can be had by somebody else."""
    await give_back(tx, event.order)


@on(
    PriceChanged, PriceListChanged, TaxRateChanged, ProductChanged, PublicationChanged, SortingChanged, ChannelChanged,
    PromotionChanged, LaneChanged, whole=True,
)  # fmt: skip
async def keep_shelf(tx: Tx, news: Sequence[Envelope]) -> None:
    """Prices on the shelf follow the prices under them, the items and the promotions; its own prices are no news."""
    if not await q.shelving(tx):
        return
    said = [each.data for each in news]
    own = set(await q.shelf_lists(tx))
    lists = {each.list for each in said if isinstance(each, PriceListChanged)} - own
    promotions = {each.promotion for each in said if isinstance(each, PromotionChanged)}
    if any(_about_all(each) for each in said):
        await enqueue(tx, shelving.shelve)
        return
    for code in sorted(promotions):
        if await shelving.was_on_shelf(tx, code):
            await enqueue(tx, shelving.shelve, promotion=code)
    for code in sorted(lists):
        await enqueue(tx, shelving.shelve, price_list=code)
    products = {each.product for each in said if isinstance(each, ProductChanged | PublicationChanged)}
    skus = {each.sku for each in said if isinstance(each, PriceChanged) and each.list not in own}
    await shelving.begin(tx, skus | set(await q.skus_of(tx, products=list(products)) if products else ()))


def _about_all(event: object) -> bool:
    if isinstance(event, SortingChanged):
        return event.kind == "category"
    return isinstance(event, TaxRateChanged | ChannelChanged | LaneChanged)
