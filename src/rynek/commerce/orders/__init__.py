"""Orders: what was agreed with a buyer, copied when it was placed, and what became of it."""

from rynek.commerce.orders.actions import balance, book, cancel, order, orders, place_many, ship, take_back
from rynek.commerce.orders.model import Balance, Order, OrderLine, Placing, State, Summary

__all__ = [
    "Balance",
    "Order",
    "OrderLine",
    "Placing",
    "State",
    "Summary",
    "balance",
    "book",
    "cancel",
    "order",
    "orders",
    "place_many",
    "ship",
    "take_back",
]
