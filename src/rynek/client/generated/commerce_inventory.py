"""Inventory: what lies where, what is set aside for whom, and why. No unit is ever promised twice.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import msgspec
import rynek.commerce.inventory.model as commerce_inventory
import uuid
from rynek.client.calls import Calls, Route

_ADJUST = Route[bool]("POST", "/inventory/adjustments", bool)
_ANNOUNCE = Route[bool]("POST", "/inventory/announcements", bool)
_ARRIVE = Route[commerce_inventory.Transfer](
    "POST", "/inventory/transfers/{transfer}/arrival", commerce_inventory.Transfer
)
_AVAILABLE = Route[list[commerce_inventory.Available]](
    "GET", "/inventory/available", list[commerce_inventory.Available]
)
_BEYOND = Route[list[commerce_inventory.BeyondRow]](
    "GET", "/inventory/channels/{channel}/beyond-stock", list[commerce_inventory.BeyondRow]
)
_COUNT = Route[list[commerce_inventory.Move]]("POST", "/inventory/counts", list[commerce_inventory.Move])
_COUNT_LOTS = Route[list[commerce_inventory.Move]]("POST", "/inventory/lot-counts", list[commerce_inventory.Move])
_HOLD = Route[list[commerce_inventory.Pick]]("POST", "/inventory/holds/{holder}", list[commerce_inventory.Pick])
_LEDGER = Route[list[commerce_inventory.Entry]]("GET", "/inventory/ledger", list[commerce_inventory.Entry])
_LET_GO = Route[list[commerce_inventory.Pick]]("DELETE", "/inventory/holds/{holder}", list[commerce_inventory.Pick])
_LEVELS = Route[list[commerce_inventory.Level]]("GET", "/inventory/levels", list[commerce_inventory.Level])
_LOCATIONS = Route[list[commerce_inventory.Location]]("GET", "/inventory/locations", list[commerce_inventory.Location])
_LOTS = Route[list[commerce_inventory.LotLevel]]("GET", "/inventory/lots", list[commerce_inventory.LotLevel])
_OWING = Route[list[commerce_inventory.Level]]("GET", "/inventory/owing", list[commerce_inventory.Level])
_PUT_BEYOND = Route[None]("PUT", "/inventory/channels/{channel}/beyond-stock", None)
_PUT_LOCATIONS = Route[None]("PUT", "/inventory/locations", None)
_PUT_ROUTES = Route[None]("PUT", "/inventory/channels/{channel}/locations", None)
_PUT_SAFETY = Route[None]("PUT", "/inventory/channels/{channel}/safety", None)
_PUT_TRACKING = Route[None]("PUT", "/inventory/tracking", None)
_RECEIVE = Route[bool]("POST", "/inventory/receipts", bool)
_ROUTES = Route[list[commerce_inventory.Route]](
    "GET", "/inventory/channels/{channel}/locations", list[commerce_inventory.Route]
)
_SAFETY = Route[list[commerce_inventory.Safety]](
    "GET", "/inventory/channels/{channel}/safety", list[commerce_inventory.Safety]
)
_SEND = Route[commerce_inventory.Transfer]("PUT", "/inventory/transfers/{transfer}", commerce_inventory.Transfer)
_SHELF = Route[list[commerce_inventory.Level]](
    "GET", "/inventory/locations/{location}/shelf", list[commerce_inventory.Level]
)
_THROW_AWAY = Route[bool]("POST", "/inventory/expiries", bool)
_TOTALS = Route[list[commerce_inventory.Total]]("GET", "/inventory/totals", list[commerce_inventory.Total])
_TRACKING = Route[list[commerce_inventory.Tracking]]("GET", "/inventory/tracking", list[commerce_inventory.Tracking])
_TRANSFER = Route[commerce_inventory.Transfer]("GET", "/inventory/transfers/{transfer}", commerce_inventory.Transfer)
_UNBALANCED = Route[list[commerce_inventory.Unbalanced]](
    "GET", "/inventory/unbalanced", list[commerce_inventory.Unbalanced]
)
_WHAT_IT_SAYS = Route[commerce_inventory.Scanned]("GET", "/inventory/codes", commerce_inventory.Scanned)


class CommerceInventory:
    """Inventory: what lies where, what is set aside for whom, and why. No unit is ever promised twice."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def adjust(
        self,
        location: str,
        reference: str,
        reason: str,
        lines: list[commerce_inventory.Line],
        lots: list[commerce_inventory.OfLot] | None = None,
    ) -> bool:
        """Correct levels, with the reason why (breakage, theft, found again); False when this was done already.

        Args:
            lots: of the items that want it, by how much each lot or serial number changes.

        Raises:
            Invalid: no lots are kept of an item.
            LotsWanted: an item wants its lots or serial numbers said, or the date of a new lot.
            LotDiffers: a lot is known with another date.
            LotNotThere: of a lot so many units are not there, or are on lists.
            SerialElsewhere: a serial number is in stock already.
            UnitsHeld: a warehouse would have less than is set aside.
            Forbidden: it is not your store.
            DocumentDiffers: another kind of document has this number.
            LocationUnknown: there is no such location.
        Emits:
            StockMoved, StockOwed
        """
        return await self._calls.ask(
            _ADJUST, {}, {"location": location, "reference": reference, "reason": reason, "lines": lines, "lots": lots}
        )

    async def announce(self, location: str, reference: str, lines: list[commerce_inventory.Line]) -> bool:
        """Say that goods are expected: they count as inbound until they are received; False when it was said already.

        Raises:
            DocumentDiffers: another kind of document has this number.
            Forbidden: it is not your store.
            LocationUnknown: there is no such location.
        Emits:
            StockMoved, with no units moved yet.
        """
        return await self._calls.ask(_ANNOUNCE, {}, {"location": location, "reference": reference, "lines": lines})

    async def arrive(
        self,
        transfer: uuid.UUID,
        received: list[commerce_inventory.CountedLine] | msgspec.UnsetType = msgspec.UNSET,
        lots: list[commerce_inventory.OfLot] | msgspec.UnsetType = msgspec.UNSET,
    ) -> commerce_inventory.Transfer:
        """Take a transfer in at its destination: all of it, or what is said to have arrived; the rest is lost.

        Args:
            lots: which lots arrived, of the items that want it; all of them, unless something is missing.

        Raises:
            NotFound: there is no such transfer.
            AlreadyReceived: it is in.
            Invalid: something arrived that was not sent, or an item is said twice.
            LotsWanted: something is missing, and it is not said which lots arrived.
            LotDiffers: a lot is known with another date.
            SerialElsewhere: a serial number is in stock already.
            Forbidden: the destination is not your store.
        Emits:
            StockMoved
        """
        return await self._calls.ask(_ARRIVE, {"transfer": transfer}, {"received": received, "lots": lots})

    async def available(self, channel: str, skus: list[str]) -> list[commerce_inventory.Available]:
        """Tell what a channel may promise of items: free at its locations, less safety stock."""
        return await self._calls.ask(_AVAILABLE, {}, {"channel": channel, "skus": skus})

    async def beyond(
        self, channel: str, skus: list[str] | None = None, after: str = "", limit: int = 500
    ) -> list[commerce_inventory.BeyondRow]:
        """List what a channel may sell beyond stock, and how much of it is sold; go on with the last sku as ``after``."""
        return await self._calls.ask(_BEYOND, {"channel": channel}, {"skus": skus, "after": after, "limit": limit})

    async def count(
        self, location: str, reference: str, lines: list[commerce_inventory.CountedLine]
    ) -> list[commerce_inventory.Move]:
        """Set levels to what was found; gives the differences, nothing when this count is in already.

        Raises:
            Invalid: an item is counted twice.
            LotsWanted: an item is told by lot: ``count_lots`` counts it.
            UnitsHeld: a warehouse has less than is set aside: release those holds first.
            Forbidden: it is not your store.
            DocumentDiffers: another kind of document has this number.
            LocationUnknown: there is no such location.
        Emits:
            StockMoved
        """
        return await self._calls.ask(_COUNT, {}, {"location": location, "reference": reference, "lines": lines})

    async def count_lots(
        self, location: str, reference: str, lots: list[commerce_inventory.OfLot]
    ) -> list[commerce_inventory.Move]:
        """Set items that are told by lot to what was found of each; of lots that are not named nothing was.

        Gives the differences, nothing when this count is in already.

        Raises:
            Invalid: fewer than no units are found, or no lots are kept of an item.
            LotsWanted: the date of a lot is wanted, which is new.
            LotDiffers: a lot is known with another date.
            LotNotThere: fewer units of a lot were found than are on lists.
            SerialElsewhere: a serial number is in stock already.
            UnitsHeld: a warehouse has less than is set aside: release those holds first.
            Forbidden: it is not your store.
            DocumentDiffers: another kind of document has this number.
            LocationUnknown: there is no such location.
        Emits:
            StockMoved
        """
        return await self._calls.ask(_COUNT_LOTS, {}, {"location": location, "reference": reference, "lots": lots})

    async def hold(
        self, holder: uuid.UUID, channel: str, needs: list[commerce_inventory.Need], seconds: int = 900
    ) -> list[commerce_inventory.Pick]:
        """Set units aside for ``holder`` for a time: all of them or none. Lines that ask for the same item count together.

        Args:
            seconds: after so many the hold lapses.

        Raises:
            OutOfStock: fewer units are free; ``short`` says how many are missing per item.
            HeldForOrder: the holder is an order.
        Emits:
            StockHeld
        """
        return await self._calls.ask(
            _HOLD, {"holder": holder}, {"channel": channel, "needs": needs, "seconds": seconds}
        )

    async def ledger(
        self, sku: str, location: str = "", before: datetime.datetime | None = None, limit: int = 100
    ) -> list[commerce_inventory.Entry]:
        """Tell why an item's level is as it is, newest first; go on with the last ``at`` as ``before``.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_LEDGER, {}, {"sku": sku, "location": location, "before": before, "limit": limit})

    async def let_go(self, holder: uuid.UUID) -> list[commerce_inventory.Pick]:
        """Give back the units that were set aside for ``holder``.

        Raises:
            NotFound: nothing is set aside for it.
            HeldForOrder: the holder is an order.
        Emits:
            StockReleased
        """
        return await self._calls.ask(_LET_GO, {"holder": holder}, None)

    async def levels(
        self, skus: list[str], location: str = "", after: str = "", limit: int = 500
    ) -> list[commerce_inventory.Level]:
        """Tell what locations have of items, by item and location.

        Args:
            after: ``sku@location`` of the last level of the page before.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_LEVELS, {}, {"skus": skus, "location": location, "after": after, "limit": limit})

    async def locations(self, after: str = "", limit: int = 500) -> list[commerce_inventory.Location]:
        """List stores and warehouses by code; go on with the last code as ``after``."""
        return await self._calls.ask(_LOCATIONS, {}, {"after": after, "limit": limit})

    async def lots(
        self,
        skus: list[str] | None = None,
        location: str = "",
        until: datetime.date | None = None,
        after: str = "",
        limit: int = 500,
    ) -> list[commerce_inventory.LotLevel]:
        """Tell what lies there of lots and serial numbers, by item and location, the first expired first.

        Args:
            until: only lots best before that day or an earlier one.
            after: ``sku/location/lot`` of the last of the page before.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(
            _LOTS, {}, {"skus": skus, "location": location, "until": until, "after": after, "limit": limit}
        )

    async def owing(self, location: str = "", limit: int = 500) -> list[commerce_inventory.Level]:
        """List levels below zero: stores that sold what their book did not show, and should count.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_OWING, {}, {"location": location, "limit": limit})

    async def put_beyond(self, channel: str, beyond: list[commerce_inventory.Beyond]) -> None:
        """Say how many units of items a channel may sell beyond what is there.

        Raises:
            Invalid: an item is given twice, or a preorder without its day.
            BeyondSold: more is sold already.
        Emits:
            RoutesChanged
        """
        return await self._calls.ask(_PUT_BEYOND, {"channel": channel}, {"beyond": beyond})

    async def put_locations(self, locations: list[commerce_inventory.Location]) -> None:
        """Add or change stores and warehouses.

        Raises:
            Invalid: a location is given twice.
        Emits:
            LocationChanged
        """
        return await self._calls.ask(_PUT_LOCATIONS, {}, {"locations": locations})

    async def put_routes(self, channel: str, routes: list[commerce_inventory.Route]) -> None:
        """Say which locations serve a channel, instead of those that did.

        Raises:
            Invalid: a location is given twice.
            LocationUnknown: there is no such location.
        Emits:
            RoutesChanged
        """
        return await self._calls.ask(_PUT_ROUTES, {"channel": channel}, {"routes": routes})

    async def put_safety(self, channel: str, safety: list[commerce_inventory.Safety]) -> None:
        """Keep units back from a channel at locations, of all items or of one.

        Raises:
            Invalid: a location and item are given twice.
            LocationUnknown: there is no such location.
        Emits:
            RoutesChanged
        """
        return await self._calls.ask(_PUT_SAFETY, {"channel": channel}, {"safety": safety})

    async def put_tracking(self, items: list[commerce_inventory.Tracking]) -> None:
        """Say which items are told by lot or by serial number. What lies there already is of a lot that nobody has said.

        Raises:
            Invalid: an item is given twice.
            LotsInUse: of an item that is to be told otherwise, lots are on lists or blocked.
        """
        return await self._calls.ask(_PUT_TRACKING, {}, {"items": items})

    async def receive(
        self,
        location: str,
        reference: str,
        lines: list[commerce_inventory.Line],
        announced: bool = False,
        lots: list[commerce_inventory.OfLot] | None = None,
    ) -> bool:
        """Book goods in by a delivery's number; gives False when that delivery is in already.

        Args:
            announced: they were expected, so they leave what is inbound.
            lots: the lots or serial numbers of the items that want them, and the dates of new lots.

        Raises:
            Invalid: a line takes units away: that is an adjustment.
            LotsWanted: an item wants its lots or serial numbers said, or the date of a new lot.
            LotDiffers: a lot is known with another date.
            SerialElsewhere: a serial number is in stock already.
            DocumentDiffers: another kind of document has this number.
            Forbidden: it is not your store.
            LocationUnknown: there is no such location.
        Emits:
            StockMoved
        """
        return await self._calls.ask(
            _RECEIVE,
            {},
            {"location": location, "reference": reference, "lines": lines, "announced": announced, "lots": lots},
        )

    async def routes(self, channel: str) -> list[commerce_inventory.Route]:
        """List the locations that serve a channel, first asked first."""
        return await self._calls.ask(_ROUTES, {"channel": channel}, None)

    async def safety(self, channel: str) -> list[commerce_inventory.Safety]:
        """List the units kept back from a channel, by location and item."""
        return await self._calls.ask(_SAFETY, {"channel": channel}, None)

    async def send(self, transfer: uuid.UUID, given: commerce_inventory.NewTransfer) -> commerce_inventory.Transfer:
        """Send goods to another location: they leave here and are inbound there. The id is the sender's to choose.

        Raises:
            Invalid: a lot is sent of fewer than one unit, or no lots are kept of the item.
            LotsWanted: an item wants its lots or serial numbers said.
            LotNotThere: of a lot so many units are not there, or are on lists.
            UnitsHeld: a warehouse would have less than is set aside.
            LocationUnknown: there is no such location.
            Forbidden: the origin is not your store.
            TransferDiffers: another transfer has this id.
        Emits:
            StockMoved
        """
        return await self._calls.ask(_SEND, {"transfer": transfer}, given)

    async def shelf(self, location: str, after: str = "", limit: int = 500) -> list[commerce_inventory.Level]:
        """Tell everything a location has, by item; go on with the last sku as ``after``.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_SHELF, {"location": location}, {"after": after, "limit": limit})

    async def throw_away(self, location: str, sku: str, lot: str, reference: str) -> bool:
        """Take what is blocked of a lot, because it is too old, off the shelf and the book; False when it was done already.

        Raises:
            LotNotThere: nothing of it is blocked.
            Forbidden: it is not your store.
            DocumentDiffers: another kind of document has this number.
            LocationUnknown: there is no such location.
        Emits:
            StockMoved, StockReleased
        """
        return await self._calls.ask(
            _THROW_AWAY, {}, {"location": location, "sku": sku, "lot": lot, "reference": reference}
        )

    async def totals(self, skus: list[str]) -> list[commerce_inventory.Total]:
        """Tell what all locations have of items together; to who belongs to a store, what that store has.

        Raises:
            Forbidden: you belong to no store.
        """
        return await self._calls.ask(_TOTALS, {}, {"skus": skus})

    async def tracking(
        self, skus: list[str] | None = None, after: str = "", limit: int = 500
    ) -> list[commerce_inventory.Tracking]:
        """List the items that are told by lot or serial number; go on with the last sku as ``after``."""
        return await self._calls.ask(_TRACKING, {}, {"skus": skus, "after": after, "limit": limit})

    async def transfer(self, transfer: uuid.UUID) -> commerce_inventory.Transfer:
        """Show a transfer.

        Raises:
            NotFound: there is no such transfer, or your store neither sent it nor gets it.
        """
        return await self._calls.ask(_TRANSFER, {"transfer": transfer}, None)

    async def unbalanced(self) -> list[commerce_inventory.Unbalanced]:
        """List levels that are not the sum of their ledger or of their holds: none, unless something is damaged.

        Raises:
            Forbidden: you belong to no store.
        """
        return await self._calls.ask(_UNBALANCED, {}, None)

    async def what_it_says(self, code: str) -> commerce_inventory.Scanned:
        """Tell what a barcode says: the item's number, its lot, its best-before date, its serial number."""
        return await self._calls.ask(_WHAT_IT_SAYS, {}, {"code": code})
