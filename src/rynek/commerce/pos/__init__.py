"""The counter: receipts of tills, each taken in once, whenever and however often it comes."""

from rynek.commerce.pos.actions import sell, takings
from rynek.commerce.pos.model import Accepted, Line, Off, Receipt, Takings, Tender

__all__ = ["Accepted", "Line", "Off", "Receipt", "Takings", "Tender", "sell", "takings"]
