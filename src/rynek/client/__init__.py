"""Rynek's client: every operation as a typed method, with the same words and the same refusals as inside.

    async with Client("http://127.0.0.1:8000", token="…") as shop:
        levels = await shop.commerce.inventory.levels(skus=["milk"])

``Client`` is in ``rynek.client.generated``, made from the registry by ``make client``.
"""

from rynek.client.calls import Calls, Route
from rynek.client.connections import Answer, Connections

__all__ = ["Answer", "Calls", "Connections", "Route"]
