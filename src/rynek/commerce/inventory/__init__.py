"""Inventory: what lies where, what is set aside for whom, and why. No unit is ever promised twice."""

from rynek.commerce.inventory.actions import available, hold_many, lock_held, put_back, release, sell, ship
from rynek.commerce.inventory.history import aged, sold
from rynek.commerce.inventory.model import (
    Available,
    ChannelCode,
    Claim,
    LocationCode,
    Need,
    OutOfStock,
    Pick,
    Sale,
    Sku,
)

__all__ = [
    "Available",
    "ChannelCode",
    "Claim",
    "LocationCode",
    "Need",
    "OutOfStock",
    "Pick",
    "Sale",
    "Sku",
    "aged",
    "available",
    "hold_many",
    "lock_held",
    "put_back",
    "release",
    "sell",
    "ship",
    "sold",
]
