"""Shipping: who brings goods to buyers, the labels of parcels, where they are, and the lockers they can go to."""

from rynek.commerce.shipping.actions import book, going, known, lacking
from rynek.commerce.shipping.labelling import withdraw
from rynek.commerce.shipping.model import CarrierCode, Consignment, Going, Party, Point, Sight, Size

__all__ = [
    "CarrierCode",
    "Consignment",
    "Going",
    "Party",
    "Point",
    "Sight",
    "Size",
    "book",
    "going",
    "known",
    "lacking",
    "withdraw",
]
