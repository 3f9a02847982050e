"""Purchasing: what is ordered of whom, when it comes, whether it came as ordered, and who is promised it.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.commerce.inventory.model as commerce_inventory
import rynek.commerce.purchasing.model as commerce_purchasing
import typing
import uuid
from rynek.client.calls import Calls, Route

_CANCEL = Route[commerce_purchasing.Purchase](
    "POST", "/purchasing/purchases/{purchase}/cancellation", commerce_purchasing.Purchase
)
_CHANGE = Route[commerce_purchasing.Purchase](
    "POST", "/purchasing/purchases/{purchase}/lines", commerce_purchasing.Purchase
)
_CLOSE = Route[commerce_purchasing.Purchase](
    "POST", "/purchasing/purchases/{purchase}/closing", commerce_purchasing.Purchase
)
_CONFIRM = Route[commerce_purchasing.Purchase](
    "POST", "/purchasing/purchases/{purchase}/confirmation", commerce_purchasing.Purchase
)
_DIFFERENCES = Route[list[commerce_purchasing.Difference]](
    "GET", "/purchasing/differences", list[commerce_purchasing.Difference]
)
_DRAFT = Route[commerce_purchasing.Purchase]("POST", "/purchasing/purchases", commerce_purchasing.Purchase)
_EARLIEST = Route[list[commerce_purchasing.Earliest]](
    "GET", "/purchasing/channels/{channel}/earliest", list[commerce_purchasing.Earliest]
)
_EXPECTED = Route[list[commerce_purchasing.Expected]](
    "GET", "/purchasing/locations/{location}/expected", list[commerce_purchasing.Expected]
)
_ITEMS = Route[list[commerce_purchasing.SupplierItem]](
    "GET", "/purchasing/suppliers/{supplier}/items", list[commerce_purchasing.SupplierItem]
)
_LEAD_TIMES = Route[list[commerce_purchasing.LeadTime]](
    "GET", "/purchasing/suppliers/{supplier}/lead-times", list[commerce_purchasing.LeadTime]
)
_MOVE = Route[commerce_purchasing.Purchase](
    "POST", "/purchasing/purchases/{purchase}/dates", commerce_purchasing.Purchase
)
_PURCHASE = Route[commerce_purchasing.Purchase]("GET", "/purchasing/purchases/{purchase}", commerce_purchasing.Purchase)
_PURCHASES = Route[list[commerce_purchasing.PurchaseRow]](
    "GET", "/purchasing/purchases", list[commerce_purchasing.PurchaseRow]
)
_PUT_ITEMS = Route[None]("PUT", "/purchasing/suppliers/{supplier}/items", None)
_PUT_SUPPLIERS = Route[None]("PUT", "/purchasing/suppliers", None)
_RECEIVE = Route[commerce_purchasing.Delivery](
    "POST", "/purchasing/purchases/{purchase}/receipts", commerce_purchasing.Delivery
)
_SEND = Route[commerce_purchasing.Purchase](
    "POST", "/purchasing/purchases/{purchase}/sending", commerce_purchasing.Purchase
)
_SETTLE = Route[commerce_purchasing.Purchase](
    "POST", "/purchasing/differences/{difference}/resolution", commerce_purchasing.Purchase
)
_SUPPLIERS = Route[list[commerce_purchasing.Supplier]](
    "GET", "/purchasing/suppliers", list[commerce_purchasing.Supplier]
)


class CommercePurchasing:
    """Purchasing: what is ordered of whom, when it comes, whether it came as ordered, and who is promised it."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def cancel(self, purchase: uuid.UUID) -> commerce_purchasing.Purchase:
        """Cancel a purchase order of which nothing has come.

        Raises:
            NotFound: there is no such purchase order.
            WrongPurchaseStep: a part of it has come, or it is over.
        Emits:
            PurchaseOrderClosed, StockMoved
        """
        return await self._calls.ask(_CANCEL, {"purchase": purchase}, None)

    async def change(
        self, purchase: uuid.UUID, lines: list[commerce_purchasing.NewLine]
    ) -> commerce_purchasing.Purchase:
        """Say anew what a drafted order is for, instead of what it said.

        Raises:
            NotFound: there is no such purchase order.
            WrongPurchaseStep: it was sent.
            ItemUnknown: an item is not in the catalogue.
            NotInPacks: the supplier sends an item in other numbers; ``send`` says the next.
            Invalid: the cost of an item is not known.
            LocationUnknown: there is no such location.
        """
        return await self._calls.ask(_CHANGE, {"purchase": purchase}, {"lines": lines})

    async def close(self, purchase: uuid.UUID) -> commerce_purchasing.Purchase:
        """Expect nothing more of a purchase order of which a part came.

        Raises:
            NotFound: there is no such purchase order.
            WrongPurchaseStep: nothing of it has come, or it is over.
        Emits:
            PurchaseOrderClosed, StockMoved
        """
        return await self._calls.ask(_CLOSE, {"purchase": purchase}, None)

    async def confirm(
        self, purchase: uuid.UUID, dates: list[commerce_purchasing.Day] | None = None
    ) -> commerce_purchasing.Purchase:
        """Write down that the supplier agreed, and for when; from now on the goods count as inbound.

        What no day is said for is expected after the lead time of its item: as measured, where enough came, else as
        declared.

        Raises:
            NotFound: there is no such purchase order.
            WrongPurchaseStep: it was not sent, or is confirmed already.
            Invalid: a line is given twice or does not exist, or more is confirmed than was ordered.
        Emits:
            PurchaseOrderConfirmed, StockMoved; PurchaseOrderClosed, where the supplier sends nothing
        """
        return await self._calls.ask(_CONFIRM, {"purchase": purchase}, {"dates": dates})

    async def differences(
        self,
        open: bool = True,
        supplier: str = "",
        location: str = "",
        after: uuid.UUID | None = None,
        limit: int = 100,
    ) -> list[commerce_purchasing.Difference]:
        """List what came otherwise than ordered, longest first; go on with the last id as ``after``.

        Args:
            open: only what is to be settled yet.
        """
        return await self._calls.ask(
            _DIFFERENCES, {}, {"open": open, "supplier": supplier, "location": location, "after": after, "limit": limit}
        )

    async def draft(
        self, supplier: str, lines: list[commerce_purchasing.NewLine], note: str = ""
    ) -> commerce_purchasing.Purchase:
        """Begin an order to a supplier; nothing is ordered until it is sent.

        Raises:
            SupplierUnknown: there is no such supplier, or nothing is ordered of it any more.
            ItemUnknown: an item is not in the catalogue.
            NotInPacks: the supplier sends an item in other numbers; ``send`` says the next.
            Invalid: the cost of an item is not known.
            LocationUnknown: there is no such location.
        """
        return await self._calls.ask(_DRAFT, {}, {"supplier": supplier, "lines": lines, "note": note})

    async def earliest(self, channel: str, skus: list[str], units: int = 1) -> list[commerce_purchasing.Earliest]:
        """Tell how soon so many units of each item can be had in a channel.

        What is free is there today; the rest comes with what suppliers have confirmed and what is on its way between
        locations, less what was promised to others before.
        """
        return await self._calls.ask(_EARLIEST, {"channel": channel}, {"skus": skus, "units": units})

    async def expected(
        self, location: str, purchase: uuid.UUID | None = None, limit: int = 500
    ) -> list[commerce_purchasing.Expected]:
        """List what a location waits for, first promised first; of one purchase order, or of all.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_EXPECTED, {"location": location}, {"purchase": purchase, "limit": limit})

    async def items(
        self, supplier: str, skus: list[str] | None = None, after: str = "", limit: int = 500
    ) -> list[commerce_purchasing.SupplierItem]:
        """List what a supplier sends, by item; go on with the last sku as ``after``."""
        return await self._calls.ask(_ITEMS, {"supplier": supplier}, {"skus": skus, "after": after, "limit": limit})

    async def lead_times(self, supplier: str) -> list[commerce_purchasing.LeadTime]:
        """Tell how long a supplier's items take to come: as declared, and as measured from deliveries of two years."""
        return await self._calls.ask(_LEAD_TIMES, {"supplier": supplier}, None)

    async def move(self, purchase: uuid.UUID, dates: list[commerce_purchasing.Day]) -> commerce_purchasing.Purchase:
        """Write down that the supplier sends on other days than were promised, or fewer.

        Raises:
            NotFound: there is no such purchase order.
            WrongPurchaseStep: it is not confirmed, or over.
            Invalid: a line is given twice or does not exist, or more is confirmed than is to come.
        Emits:
            PurchaseOrderMoved, StockMoved; PurchaseOrderClosed, where nothing more comes
        """
        return await self._calls.ask(_MOVE, {"purchase": purchase}, {"dates": dates})

    async def purchase(self, purchase: uuid.UUID) -> commerce_purchasing.Purchase:
        """Show an order to a supplier: what was ordered, what came, what was different.

        Raises:
            NotFound: there is no such purchase order.
        """
        return await self._calls.ask(_PURCHASE, {"purchase": purchase}, None)

    async def purchases(
        self,
        state: typing.Literal["draft", "sent", "confirmed", "partly-received", "closed", "cancelled"] | None = None,
        supplier: str = "",
        number: int | None = None,
        before: uuid.UUID | None = None,
        limit: int = 50,
    ) -> list[commerce_purchasing.PurchaseRow]:
        """Find orders to suppliers, newest first; go on with the last id as ``before``."""
        return await self._calls.ask(
            _PURCHASES, {}, {"state": state, "supplier": supplier, "number": number, "before": before, "limit": limit}
        )

    async def put_items(self, supplier: str, items: list[commerce_purchasing.SupplierItem]) -> None:
        """Say what a supplier sends, in what packs, how fast and for how much.

        Raises:
            Invalid: an item is given twice.
            SupplierUnknown: there is no such supplier.
        """
        return await self._calls.ask(_PUT_ITEMS, {"supplier": supplier}, {"items": items})

    async def put_suppliers(self, suppliers: list[commerce_purchasing.Supplier]) -> None:
        """Add or change suppliers.

        Raises:
            Invalid: a supplier is given twice.
        """
        return await self._calls.ask(_PUT_SUPPLIERS, {}, {"suppliers": suppliers})

    async def receive(
        self,
        purchase: uuid.UUID,
        location: str,
        reference: str,
        lines: list[commerce_purchasing.Arrived],
        complete: bool = False,
    ) -> commerce_purchasing.Delivery:
        """Take a delivery in: sound units that were ordered are in stock, the rest is a difference to be settled.

        Nothing beyond what was ordered gets into stock by itself. The same delivery told again is taken in once.

        Args:
            reference: the number of the delivery, as its paper says.
            complete: this was to be all of it: what has not come here by now is missing.

        Raises:
            NotFound: there is no such purchase order.
            WrongPurchaseStep: it was not sent, or is over.
            DeliveryDiffers: another delivery was taken in under this number.
            Invalid: an item is given twice, nothing came and that was not all, or the lots are not as many as came.
            LotsWanted: an item wants its lots or serial numbers said, or the date of a new lot.
            LotDiffers: a lot is known with another date.
            SerialElsewhere: a serial number is in stock already.
            Forbidden: it is not your store.
            LocationUnknown: there is no such location.
        Emits:
            GoodsReceived, DifferenceFound, StockMoved; PurchaseOrderConfirmed, where the goods come before the answer;
            DifferenceSettledWith, where what was missing came; PurchaseOrderClosed with the last of it
        """
        return await self._calls.ask(
            _RECEIVE,
            {"purchase": purchase},
            {"location": location, "reference": reference, "lines": lines, "complete": complete},
        )

    async def send(self, purchase: uuid.UUID) -> commerce_purchasing.Purchase:
        """Order what was drafted: the supplier has it from now on.

        Raises:
            NotFound: there is no such purchase order.
            WrongPurchaseStep: it was sent, or cancelled.
        Emits:
            PurchaseOrderSent
        """
        return await self._calls.ask(_SEND, {"purchase": purchase}, None)

    async def settle(
        self,
        difference: uuid.UUID,
        resolution: typing.Literal["credit", "accept", "expect"],
        note: str = "",
        batches: list[commerce_inventory.Batch] | None = None,
    ) -> commerce_purchasing.Purchase:
        """Settle what came otherwise than ordered.

        ``credit``: the supplier pays for it or takes it back; it will not come. ``accept``: it is taken as it is, into
        stock where it is there. ``expect``: the right goods come later.

        Raises:
            NotFound: there is no such difference.
            DifferenceSettled: it is settled.
            CannotExpect: it came too much, or was never ordered.
            WrongPurchaseStep: nothing more comes of the purchase order.
        Emits:
            DifferenceSettledWith, StockMoved; PurchaseOrderClosed, where nothing more comes
        """
        return await self._calls.ask(
            _SETTLE, {"difference": difference}, {"resolution": resolution, "note": note, "batches": batches}
        )

    async def suppliers(self, after: str = "", limit: int = 500) -> list[commerce_purchasing.Supplier]:
        """List suppliers by code; go on with the last code as ``after``."""
        return await self._calls.ask(_SUPPLIERS, {}, {"after": after, "limit": limit})
