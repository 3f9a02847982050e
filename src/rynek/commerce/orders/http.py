"""Orders' operations."""

from rynek.commerce.orders import actions, changing, leaving
from rynek.kernel.operations import read, write

operations = [
    read("GET /orders", actions.orders, "orders.read"),
    read("GET /orders/intake", actions.intake, "orders.read"),
    read("GET /orders/waiting", actions.waiting, "orders.read"),
    read("GET /orders/lots", leaving.trace, "orders.recall"),
    read("GET /orders/{order}", actions.order, "orders.read"),
    write("POST /orders/{order}/cancellation", actions.cancel, "orders.cancel"),
    write("POST /orders/{order}/shipment", actions.ship, "orders.ship"),
    write("POST /orders/{order}/shipments", actions.ship_part, "orders.ship"),
    write("POST /orders/{order}/strikes", actions.strike, "orders.change"),
    write("POST /orders/{order}/credits", changing.credit, "orders.credit"),
    read("GET /orders/held", changing.held, "orders.review"),
    write("POST /orders/{order}/holds", changing.hold_up, "orders.review"),
    write("POST /orders/{order}/holds/lifting", changing.lift, "orders.review"),
    write("POST /orders/{order}/returns", actions.take_back, "orders.take-back"),
    write("POST /orders/{order}/notes", actions.note, "orders.note"),
]
