"""Shipping: who brings goods to buyers, the labels of parcels, where they are, and the lockers they can go to."""

from rynek.commerce.shipping.actions import book, going, known, lacking, take
from rynek.commerce.shipping.labelling import withdraw
from rynek.commerce.shipping.model import (
    CarrierCode,
    Consignment,
    Going,
    Party,
    Point,
    Sight,
    Size,
    Slot,
    SlotClaim,
    Window,
    WindowFull,
    WindowKey,
    WindowUnknown,
)
from rynek.commerce.shipping.windows import free_slots, look_at_slots, move_slot, offered, plain, slot, take_slots

__all__ = [
    "CarrierCode",
    "Consignment",
    "Going",
    "Party",
    "Point",
    "Sight",
    "Size",
    "Slot",
    "SlotClaim",
    "Window",
    "WindowFull",
    "WindowKey",
    "WindowUnknown",
    "book",
    "free_slots",
    "going",
    "known",
    "lacking",
    "look_at_slots",
    "move_slot",
    "offered",
    "plain",
    "slot",
    "take",
    "take_slots",
    "withdraw",
]
