"""What others' news means to promotions."""

from rynek.commerce.orders.events import OrderCancelled
from rynek.commerce.promotions.actions import give_back
from rynek.kernel.database import Tx
from rynek.kernel.log import on


@on(OrderCancelled)
async def return_uses(tx: Tx, event: OrderCancelled) -> None:
    """What a cancelled order had of promotions can be had by somebody else."""
    await give_back(tx, event.order)
