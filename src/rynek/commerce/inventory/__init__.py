"""Inventory: what lies where, what is set aside for whom, and why. No unit is ever promised twice."""

from rynek.commerce.inventory.actions import available, put_back, sell, write_off
from rynek.commerce.inventory.history import aged, sold
from rynek.commerce.inventory.holding import (
    held,
    hold_many,
    lock_held,
    rehold,
    rehold_many,
    release,
    release_part,
    ship,
    ship_part,
)
from rynek.commerce.inventory.model import (
    Available,
    ChannelCode,
    Claim,
    LocationCode,
    LocationUnknown,
    Need,
    NotHeld,
    OutOfStock,
    Pick,
    Rehold,
    Sale,
    Sku,
)

__all__ = [
    "Available",
    "ChannelCode",
    "Claim",
    "LocationCode",
    "LocationUnknown",
    "Need",
    "NotHeld",
    "OutOfStock",
    "Pick",
    "Rehold",
    "Sale",
    "Sku",
    "aged",
    "available",
    "held",
    "hold_many",
    "lock_held",
    "put_back",
    "rehold",
    "rehold_many",
    "release",
    "release_part",
    "sell",
    "ship",
    "ship_part",
    "sold",
    "write_off",
]
