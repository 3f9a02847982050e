"""Returns: what comes back, by what right, what it is found to be, and what the buyer has for it: each once."""

from rynek.commerce.returns.actions import ask, rma
from rynek.commerce.returns.model import Asked, AskedLine, Goods, TooManyReturned
from rynek.commerce.returns.settling import inspect, receive

__all__ = ["Asked", "AskedLine", "Goods", "TooManyReturned", "ask", "inspect", "receive", "rma"]
