"""Orders: what was agreed with a buyer, copied when it was placed, and what became of it.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import msgspec
import rynek.commerce.orders.model as commerce_orders
import typing
import uuid
from rynek.client.calls import Calls, Route

_CANCEL = Route[None]("POST", "/orders/{order}/cancellation", None)
_CREDIT = Route[bool]("POST", "/orders/{order}/credits", bool)
_HELD = Route[list[commerce_orders.Held]]("GET", "/orders/held", list[commerce_orders.Held])
_HOLD_UP = Route[None]("POST", "/orders/{order}/holds", None)
_INTAKE = Route[commerce_orders.Intake]("GET", "/orders/intake", commerce_orders.Intake)
_LIFT = Route[None]("POST", "/orders/{order}/holds/lifting", None)
_NOTE = Route[None]("POST", "/orders/{order}/notes", None)
_ORDER = Route[commerce_orders.Order]("GET", "/orders/{order}", commerce_orders.Order)
_ORDERS = Route[list[commerce_orders.Summary]]("GET", "/orders", list[commerce_orders.Summary])
_SHIP = Route[None]("POST", "/orders/{order}/shipment", None)
_SHIP_PART = Route[bool]("POST", "/orders/{order}/shipments", bool)
_STRIKE = Route[commerce_orders.Balance]("POST", "/orders/{order}/strikes", commerce_orders.Balance)
_TAKE_BACK = Route[bool]("POST", "/orders/{order}/returns", bool)
_TRACE = Route[commerce_orders.Trace]("GET", "/orders/lots", commerce_orders.Trace)
_WAITING = Route[commerce_orders.Waiting]("GET", "/orders/waiting", commerce_orders.Waiting)


class CommerceOrders:
    """Orders: what was agreed with a buyer, copied when it was placed, and what became of it."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def cancel(self, order: uuid.UUID, reason: str) -> None:
        """Cancel what has not left of an order: its units are free again, its money goes back. Twice is once.

        Raises:
            NotFound: there is no such order, or it is not yours.
            NotCancellable: all of it has been shipped.
        Emits:
            OrderCancelled, or OrderChanged and OrderShipped where a part had left; StockReleased
        """
        return await self._calls.ask(_CANCEL, {"order": order}, {"reason": reason})

    async def credit(self, order: uuid.UUID, given: commerce_orders.Credit) -> bool:
        """Let a buyer have money back, or not pay it; False when this credit was given already.

        Payments give it back to where it came from, as far as it was paid.

        Raises:
            NotFound: there is no such order.
            CreditTooHigh: with what was credited before it is more than the order comes to.
        Emits:
            OrderCredited
        """
        return await self._calls.ask(_CREDIT, {"order": order}, given)

    async def held(
        self,
        kind: typing.Literal["fraud", "payment", "address", "review"] | None = None,
        after: datetime.datetime | msgspec.UnsetType = msgspec.UNSET,
        limit: int = 50,
    ) -> list[commerce_orders.Held]:
        """List orders that are held up, oldest first; go on with the last ``placed_at`` as ``after``."""
        return await self._calls.ask(_HELD, {}, {"kind": kind, "after": after, "limit": limit})

    async def hold_up(
        self, order: uuid.UUID, kind: typing.Literal["fraud", "payment", "address", "review"], reason: str
    ) -> None:
        """Hold an order up until somebody has looked at it: nothing of it leaves. Held up twice is held up.

        Raises:
            NotFound: there is no such order.
            NotChangeable: it is shipped or cancelled.
        Emits:
            OrderHeld
        """
        return await self._calls.ask(_HOLD_UP, {"order": order}, {"kind": kind, "reason": reason})

    async def intake(self, since: datetime.datetime | None = None) -> commerce_orders.Intake:
        """Tell what was ordered, by all buyers together.

        Args:
            since: None for the beginning of this day (UTC).

        Raises:
            Forbidden: you see your own orders only.
        """
        return await self._calls.ask(_INTAKE, {}, {"since": since})

    async def lift(
        self, order: uuid.UUID, kind: typing.Literal["fraud", "payment", "address", "review"], reason: str
    ) -> None:
        """Let an order go on that was held up. Lifted twice is lifted.

        Raises:
            NotFound: there is no such order, or nothing of this kind holds it up.
        Emits:
            HoldLifted
        """
        return await self._calls.ask(_LIFT, {"order": order}, {"kind": kind, "reason": reason})

    async def note(self, order: uuid.UUID, text: str) -> None:
        """Write a note on an order, for colleagues.

        Raises:
            NotFound: there is no such order.
        """
        return await self._calls.ask(_NOTE, {"order": order}, {"text": text})

    async def order(self, order: uuid.UUID) -> commerce_orders.Order:
        """Show an order with its lines and its history; what staff note and hold it up for is not told to buyers.

        Raises:
            NotFound: there is no such order, or it is not yours.
        """
        return await self._calls.ask(_ORDER, {"order": order}, None)

    async def orders(self, search: commerce_orders.Search) -> list[commerce_orders.Summary]:
        """Find orders, newest first; your own, unless you look after everybody's."""
        return await self._calls.ask(_ORDERS, {}, search)

    async def ship(self, order: uuid.UUID) -> None:
        """Let all that is set aside for an order leave the house; what is on backorder stays. Shipped twice is shipped.

        Raises:
            NotFound: there is no such order.
            NotShippable: it waits for its money, is cancelled, or is held up.
        Emits:
            UnitsShipped, OrderShipped, StockMoved
        """
        return await self._calls.ask(_SHIP, {"order": order}, None)

    async def ship_part(self, order: uuid.UUID, goods: commerce_orders.Goods) -> bool:
        """Let a part of an order's units leave, from where they are set aside; False when this shipment has left already.

        Raises:
            NotFound: there is no such order.
            NotShippable: it waits for its money, is shipped or cancelled, or is held up.
            NotHeld: so many units are not set aside there for this order.
        Emits:
            UnitsShipped, StockMoved; OrderShipped with the last of it.
        """
        return await self._calls.ask(_SHIP_PART, {"order": order}, goods)

    async def strike(self, order: uuid.UUID, given: commerce_orders.Strike) -> commerce_orders.Balance:
        """Give up units of an order that have not left; gives what it comes to now. Twice by one number is once.

        The rest keeps its prices and discounts. Where nothing is left to wait for the order is shipped, or cancelled.

        Raises:
            NotFound: there is no such order.
            NotChangeable: it is shipped or cancelled, or so many units are not waiting to leave.
            NotHeld: a part of a bundle has left.
            Invalid: a line is given twice, or the order has no such line.
        Emits:
            OrderChanged, StockReleased; OrderShipped or OrderCancelled
        """
        return await self._calls.ask(_STRIKE, {"order": order}, given)

    async def take_back(self, order: uuid.UUID, given: commerce_orders.Return) -> bool:
        """Take units of a shipped order back into stock; False when this return is in already. Money follows by a refund.

        Raises:
            NotFound: there is no such order.
            NotReturnable: it has not been shipped, or more would come back than was ordered.
            Invalid: a line is given twice, or the order has no such line.
            LotsWanted: an item wants its serial numbers said.
            NotSoldSo: a lot or serial number did not go out with this order.
            SerialElsewhere: a serial number is in stock already.
            LocationUnknown: there is no such location.
        Emits:
            UnitsReturned, StockMoved
        """
        return await self._calls.ask(_TAKE_BACK, {"order": order}, given)

    async def trace(self, sku: str, lot: str, after: int = 0, limit: int = 500) -> commerce_orders.Trace:
        """Tell where a lot or serial number is and which orders it went out with; go on with the last number as ``after``.

        Raises:
            NotFound: no such lot of this item was ever here.
        """
        return await self._calls.ask(_TRACE, {}, {"sku": sku, "lot": lot, "after": after, "limit": limit})

    async def waiting(self) -> commerce_orders.Waiting:
        """Tell how many orders wait: for their money, and to be packed.

        Raises:
            Forbidden: you see your own orders only.
        """
        return await self._calls.ask(_WAITING, {}, None)
