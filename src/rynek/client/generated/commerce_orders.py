"""Orders: what was agreed with a buyer, copied when it was placed, and what became of it.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.commerce.orders.model as commerce_orders
import uuid
from rynek.client.calls import Calls, Route

_CANCEL = Route[None]("POST", "/orders/{order}/cancellation", None)
_INTAKE = Route[commerce_orders.Intake]("GET", "/orders/intake", commerce_orders.Intake)
_NOTE = Route[None]("POST", "/orders/{order}/notes", None)
_ORDER = Route[commerce_orders.Order]("GET", "/orders/{order}", commerce_orders.Order)
_ORDERS = Route[list[commerce_orders.Summary]]("GET", "/orders", list[commerce_orders.Summary])
_SHIP = Route[None]("POST", "/orders/{order}/shipment", None)
_TAKE_BACK = Route[bool]("POST", "/orders/{order}/returns", bool)
_WAITING = Route[commerce_orders.Waiting]("GET", "/orders/waiting", commerce_orders.Waiting)


class CommerceOrders:
    """Orders: what was agreed with a buyer, copied when it was placed, and what became of it."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def cancel(self, order: uuid.UUID, reason: str) -> None:
        """Cancel an order that has not left: its units are free again, its money goes back. Cancelled twice is cancelled.

        Raises:
            NotFound: there is no such order, or it is not yours.
            NotCancellable: it has been shipped.
        Emits:
            OrderCancelled, StockReleased
        """
        return await self._calls.ask(_CANCEL, {"order": order}, {"reason": reason})

    async def intake(self, since: datetime.datetime | None = None) -> commerce_orders.Intake:
        """Tell what was ordered, by all buyers together.

        Args:
            since: None for the beginning of this day (UTC).

        Raises:
            Forbidden: you see your own orders only.
        """
        return await self._calls.ask(_INTAKE, {}, {"since": since})

    async def note(self, order: uuid.UUID, text: str) -> None:
        """Write a note on an order, for colleagues.

        Raises:
            NotFound: there is no such order.
        """
        return await self._calls.ask(_NOTE, {"order": order}, {"text": text})

    async def order(self, order: uuid.UUID) -> commerce_orders.Order:
        """Show an order with its lines and its history.

        Raises:
            NotFound: there is no such order, or it is not yours.
        """
        return await self._calls.ask(_ORDER, {"order": order}, None)

    async def orders(self, search: commerce_orders.Search) -> list[commerce_orders.Summary]:
        """Find orders, newest first; your own, unless you look after everybody's."""
        return await self._calls.ask(_ORDERS, {}, search)

    async def ship(self, order: uuid.UUID) -> None:
        """Let an order's units leave the house. Shipped twice is shipped.

        Raises:
            NotFound: there is no such order.
            NotShippable: it waits for its money, or is cancelled.
        Emits:
            OrderShipped, StockMoved
        """
        return await self._calls.ask(_SHIP, {"order": order}, None)

    async def take_back(self, order: uuid.UUID, given: commerce_orders.Return) -> bool:
        """Take units of a shipped order back into stock; False when this return is in already. Money follows by a refund.

        Raises:
            NotFound: there is no such order.
            NotReturnable: it has not been shipped, or more would come back than was ordered.
            Invalid: a line is given twice, or the order has no such line.
            LocationUnknown: there is no such location.
        Emits:
            UnitsReturned, StockMoved
        """
        return await self._calls.ask(_TAKE_BACK, {"order": order}, given)

    async def waiting(self) -> commerce_orders.Waiting:
        """Tell how many orders wait: for their money, and to be packed.

        Raises:
            Forbidden: you see your own orders only.
        """
        return await self._calls.ask(_WAITING, {}, None)
