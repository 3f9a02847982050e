"""What the ledger tells of many items at once: how much was sold, and how long what is there has lain."""

from collections.abc import Sequence
from datetime import datetime

from rynek.commerce.inventory.holding import q
from rynek.kernel.database import Tx


async def sold(tx: Tx, skus: Sequence[str], since: datetime, until: datetime) -> dict[str, int]:
    """Tell how many units of any number of items were sold in a period, over all locations and channels.

    What came back over a counter is taken off. What sold nothing is not in the result.
    """
    return {each.sku: each.units for each in await q.sold(tx, skus=list(skus), since=since, until=until)}


async def aged(tx: Tx, skus: Sequence[str]) -> dict[str, datetime]:
    """Tell since when the oldest units on hand of any number of items have been there: what came first left first.

    Moves between our own locations make nothing younger. What is not on hand is not in the result.
    """
    return {each.sku: each.since for each in await q.ages(tx, skus=list(skus))}
