"""Fulfilment: where orders are packed and why, and the work of shops and warehouses until goods leave.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.commerce.fulfilment.model as commerce_fulfilment
import rynek.commerce.fulfilment.sending as commerce_fulfilment_sending
import typing
import uuid
from rynek.client.calls import Calls, Route

_ALLOCATE = Route[list[commerce_fulfilment.Told]](
    "POST", "/fulfilment/orders/{order}/allocation", list[commerce_fulfilment.Told]
)
_AREAS = Route[list[commerce_fulfilment.Area]]("GET", "/fulfilment/areas", list[commerce_fulfilment.Area])
_ARRIVALS = Route[list[commerce_fulfilment.Arriving]](
    "GET", "/fulfilment/locations/{location}/arrivals", list[commerce_fulfilment.Arriving]
)
_ARRIVE = Route[None]("POST", "/fulfilment/locations/{location}/arrivals/{task}", None)
_BACKORDERS = Route[list[commerce_fulfilment.Backorder]](
    "GET", "/fulfilment/backorders", list[commerce_fulfilment.Backorder]
)
_BINS = Route[list[commerce_fulfilment.Bin]](
    "GET", "/fulfilment/locations/{location}/bins", list[commerce_fulfilment.Bin]
)
_BOX = Route[list[uuid.UUID]]("POST", "/fulfilment/locations/{location}/boxes", list[uuid.UUID])
_CLAIM = Route[list[commerce_fulfilment.Task]](
    "POST", "/fulfilment/locations/{location}/claims", list[commerce_fulfilment.Task]
)
_COLLECT = Route[commerce_fulfilment.Collection](
    "POST", "/fulfilment/locations/{location}/collections", commerce_fulfilment.Collection
)
_COLLECTIONS = Route[list[commerce_fulfilment.Collection]](
    "GET", "/fulfilment/locations/{location}/collections", list[commerce_fulfilment.Collection]
)
_CONFIRM = Route[list[uuid.UUID]]("POST", "/fulfilment/locations/{location}/confirmations", list[uuid.UUID])
_DROP_ROUTING = Route[None]("DELETE", "/fulfilment/routing/{channel}", None)
_EXTEND = Route[commerce_fulfilment.Collection](
    "POST", "/fulfilment/collections/{collection}/extension", commerce_fulfilment.Collection
)
_HAND_OVER = Route[commerce_fulfilment_sending.HandedOver](
    "POST", "/fulfilment/locations/{location}/handovers", commerce_fulfilment_sending.HandedOver
)
_HANDOVER = Route[commerce_fulfilment_sending.Handover](
    "GET", "/fulfilment/handovers/{handover}", commerce_fulfilment_sending.Handover
)
_HANDOVERS = Route[list[commerce_fulfilment_sending.HandoverRow]](
    "GET", "/fulfilment/locations/{location}/handovers", list[commerce_fulfilment_sending.HandoverRow]
)
_LET_GO = Route[None]("POST", "/fulfilment/tasks/{task}/release", None)
_LOAD = Route[list[commerce_fulfilment.Load]]("GET", "/fulfilment/load", list[commerce_fulfilment.Load])
_MISS = Route[commerce_fulfilment.Work]("POST", "/fulfilment/tasks/{task}/shortages", commerce_fulfilment.Work)
_PACK = Route[list[commerce_fulfilment_sending.Parcel]](
    "POST", "/fulfilment/tasks/{task}/parcels", list[commerce_fulfilment_sending.Parcel]
)
_PARCELS_OF = Route[list[commerce_fulfilment_sending.Sent]](
    "GET", "/orders/{order}/parcels", list[commerce_fulfilment_sending.Sent]
)
_PICKUP = Route[commerce_fulfilment.Pickup]("GET", "/fulfilment/orders/{order}/collection", commerce_fulfilment.Pickup)
_PLACES = Route[list[commerce_fulfilment.PlaceFacts]]("GET", "/fulfilment/places", list[commerce_fulfilment.PlaceFacts])
_PUT_AREAS = Route[None]("PUT", "/fulfilment/areas", None)
_PUT_AWAY = Route[None]("POST", "/fulfilment/tasks/{task}/put-away", None)
_PUT_BINS = Route[None]("PUT", "/fulfilment/locations/{location}/bins", None)
_PUT_PLACES = Route[None]("PUT", "/fulfilment/places", None)
_PUT_ROUTING = Route[commerce_fulfilment.PutRouting](
    "PUT", "/fulfilment/routing/{channel}", commerce_fulfilment.PutRouting
)
_READY_TO_GO = Route[list[commerce_fulfilment_sending.Parcel]](
    "GET", "/fulfilment/locations/{location}/parcels", list[commerce_fulfilment_sending.Parcel]
)
_ROUTINGS = Route[list[commerce_fulfilment.PutRouting]](
    "GET", "/fulfilment/routing", list[commerce_fulfilment.PutRouting]
)
_SCAN = Route[commerce_fulfilment.Work]("POST", "/fulfilment/tasks/{task}/scans", commerce_fulfilment.Work)
_SHELVE = Route[commerce_fulfilment.Work]("POST", "/fulfilment/tasks/{task}/shelving", commerce_fulfilment.Work)
_START = Route[commerce_fulfilment.Task]("POST", "/fulfilment/tasks/{task}/start", commerce_fulfilment.Task)
_TASK = Route[commerce_fulfilment.Work]("GET", "/fulfilment/tasks/{task}", commerce_fulfilment.Work)
_TASKS = Route[list[commerce_fulfilment.Task]](
    "GET", "/fulfilment/locations/{location}/tasks", list[commerce_fulfilment.Task]
)
_TASKS_OF = Route[list[commerce_fulfilment.Task]](
    "GET", "/fulfilment/orders/{order}/tasks", list[commerce_fulfilment.Task]
)
_TO_PUT_AWAY = Route[list[commerce_fulfilment.PutAway]](
    "GET", "/fulfilment/locations/{location}/put-away", list[commerce_fulfilment.PutAway]
)
_TRACK = Route[commerce_fulfilment_sending.Tracked]("POST", "/fulfilment/tracking", commerce_fulfilment_sending.Tracked)
_UNBACKED = Route[list[commerce_fulfilment.Unbacked]]("GET", "/fulfilment/unbacked", list[commerce_fulfilment.Unbacked])
_WALK = Route[list[commerce_fulfilment.Stop]](
    "GET", "/fulfilment/locations/{location}/walk", list[commerce_fulfilment.Stop]
)
_WHY = Route[list[commerce_fulfilment.Told]]("GET", "/fulfilment/orders/{order}/why", list[commerce_fulfilment.Told])


class CommerceFulfilment:
    """Fulfilment: where orders are packed and why, and the work of shops and warehouses until goods leave."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def allocate(self, order: uuid.UUID) -> list[commerce_fulfilment.Told]:
        """Look anew for the best places of what nobody has begun to pick of an order; gives why it is where it is.

        Raises:
            NotFound: there is no such order.
        Emits:
            StockReleased, StockHeld, WorkGiven, WorkCancelled
        """
        return await self._calls.ask(_ALLOCATE, {"order": order}, None)

    async def areas(self, country: str, after: str = "", limit: int = 500) -> list[commerce_fulfilment.Area]:
        """List where a country's postcodes lie; go on with the last prefix as ``after``."""
        return await self._calls.ask(_AREAS, {}, {"country": country, "after": after, "limit": limit})

    async def arrivals(self, location: str, limit: int = 200) -> list[commerce_fulfilment.Arriving]:
        """List what is on its way from other places to be collected here.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_ARRIVALS, {"location": location}, {"limit": limit})

    async def arrive(self, location: str, task: uuid.UUID) -> None:
        """Take in what another place sent to be collected here: it is set aside for its order, and on a list here.

        Where the order wants it no more, it is stock of this place.

        Raises:
            NotFound: nothing like this is on its way to you.
            AlreadyReceived: it is in.
            Forbidden: it is not your store.
        Emits:
            StockMoved, StockHeld, WorkGiven
        """
        return await self._calls.ask(_ARRIVE, {"location": location, "task": task}, None)

    async def backorders(self, limit: int = 200) -> list[commerce_fulfilment.Backorder]:
        """List units that orders wait for because no place has them, longest first."""
        return await self._calls.ask(_BACKORDERS, {}, {"limit": limit})

    async def bins(self, location: str, after: str = "", limit: int = 500) -> list[commerce_fulfilment.Bin]:
        """List where a shop's items stand; go on with the last sku as ``after``.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_BINS, {"location": location}, {"after": after, "limit": limit})

    async def box(
        self, location: str, carrier: str, parcels: list[commerce_fulfilment_sending.Boxed]
    ) -> list[uuid.UUID]:
        """Pack many of your picked tasks for a carrier, each into one parcel; gives those that are packed with that.

        What is not yours, or not picked, is passed over.

        Raises:
            Forbidden: it is not your store.
            Invalid: a task is given twice.
            Conflict: a parcel of this carrier has this number.
        Emits:
            OrderPacked
        """
        return await self._calls.ask(_BOX, {"location": location}, {"carrier": carrier, "parcels": parcels})

    async def claim(self, location: str, most: int = 1) -> list[commerce_fulfilment.Task]:
        """Take on the most urgent work of a location that nobody is at; nobody else gets the same.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_CLAIM, {"location": location}, {"most": most})

    async def collect(self, location: str, given: commerce_fulfilment.Collecting) -> commerce_fulfilment.Collection:
        """Hand goods out, once: to whoever has the code, or to who ordered them, by a document and the order's number.

        What is handed out leaves the book, and its money is taken. Tries are counted by place, right ones not.

        Raises:
            NothingWaits: nothing waits here by this code or number, or it was not collected in time.
            CollectedAlready: somebody was here before.
            DocumentNeeded: without the code it takes a document, and nobody but the buyer may collect.
            OrderHeldUp: the order is held up.
            WrongStep: it was changed meanwhile, and that is not done yet.
            TooManyTries: codes were wrong too often here.
            Forbidden: it is not your store.
        Emits:
            Collected, UnitsShipped, OrderShipped, StockMoved
        """
        return await self._calls.ask(_COLLECT, {"location": location}, given)

    async def collections(
        self,
        location: str,
        state: typing.Literal["ready", "collected", "expired", "cancelled"] = "ready",
        number: int | None = None,
        limit: int = 200,
    ) -> list[commerce_fulfilment.Collection]:
        """List what lies ready at a location, or did, what is due first first; with a number that order's alone.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(
            _COLLECTIONS, {"location": location}, {"state": state, "number": number, "limit": limit}
        )

    async def confirm(self, location: str, tasks: list[uuid.UUID]) -> list[uuid.UUID]:
        """Say that everything on your lists was taken off the shelf; gives those that are picked with that.

        For scanners that send whole lists. What is not yours, or not begun, is passed over.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_CONFIRM, {"location": location}, {"tasks": tasks})

    async def drop_routing(self, channel: str) -> None:
        """Let a channel's orders stay where they are first set aside: by rank.

        Raises:
            NotFound: it has no rules.
        """
        return await self._calls.ask(_DROP_ROUTING, {"channel": channel}, None)

    async def extend(self, collection: uuid.UUID, days: int) -> commerce_fulfilment.Collection:
        """Let goods lie longer, from now or from the day until which they wait; a day before the end they are reminded.

        Raises:
            NotFound: there is nothing like this, or it is not your store's.
            NothingWaits: it lies there no more.
        Emits:
            CollectionExtended
        """
        return await self._calls.ask(_EXTEND, {"collection": collection}, {"days": days})

    async def hand_over(self, location: str, carrier: str) -> commerce_fulfilment_sending.HandedOver:
        """Hand all parcels that are ready to a carrier: what is in them leaves the book, and their orders are shipped.

        What goes to where it is collected stays in the book, on its way. The parcels of an order that is held up, was
        changed meanwhile, or waits for a label, stay; it is told why.

        Raises:
            Forbidden: it is not your store.
        Emits:
            ParcelsHandedOver, UnitsShipped, OrderShipped, StockMoved, GoodsOnTheWay, ParcelMoved
        """
        return await self._calls.ask(_HAND_OVER, {"location": location}, {"carrier": carrier})

    async def handover(self, handover: uuid.UUID) -> commerce_fulfilment_sending.Handover:
        """Show the list of the parcels that a carrier took at once.

        Raises:
            NotFound: there is no such list, or it is not your store's.
        """
        return await self._calls.ask(_HANDOVER, {"handover": handover}, None)

    async def handovers(
        self, location: str, day: datetime.datetime | None = None
    ) -> list[commerce_fulfilment_sending.HandoverRow]:
        """List what carriers took at a location on a day (UTC); None: today.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_HANDOVERS, {"location": location}, {"day": day})

    async def let_go(self, task: uuid.UUID) -> None:
        """Leave a list to somebody else; what was picked goes back to the shelves.

        Raises:
            NotFound: there is no such work, or it is not your store's.
            WrongStep: nobody is at it.
        """
        return await self._calls.ask(_LET_GO, {"task": task}, None)

    async def load(self, after: str = "", limit: int = 500) -> list[commerce_fulfilment.Load]:
        """List what there is to do at each location, by code; go on with the last code as ``after``."""
        return await self._calls.ask(_LOAD, {}, {"after": after, "limit": limit})

    async def miss(
        self, task: uuid.UUID, sku: str, units: int, reason: typing.Literal["not-found", "damaged", "rejected"]
    ) -> commerce_fulfilment.Work:
        """Say that units on your list are not there, or cannot be sent: another place is given them at once.

        What is ``not-found`` or ``damaged`` leaves the book here; what is ``rejected`` stays in it. Where no place has
        them, the order waits for them on backorder.

        Raises:
            NotFound: there is no such work, or it is not your store's.
            WrongStep: you are not at it.
            NotOnList: this item is not on the list.
            PickedAlready: so many units are not missing any more.
        Emits:
            UnitsMissed, StockReleased, StockHeld, StockMoved, WorkGiven, WorkCancelled, UnitsBackordered
        """
        return await self._calls.ask(_MISS, {"task": task}, {"sku": sku, "units": units, "reason": reason})

    async def pack(
        self, task: uuid.UUID, carrier: str, parcels: list[commerce_fulfilment_sending.Packing]
    ) -> list[commerce_fulfilment_sending.Parcel]:
        """Pack what was picked into parcels for a carrier, each with its weight and a number for its label.

        A carrier that shipping knows is asked for a label; one that does not answer is asked again until it does.

        Raises:
            NotFound: there is no such work, or it is not your store's.
            WrongStep: it is not picked, or packed already, somebody else is at it, or it is handed out here.
            ParcelsDiffer: the parcels do not hold what was picked.
            Conflict: a parcel of this carrier has this number.
        Emits:
            OrderPacked
        """
        return await self._calls.ask(_PACK, {"task": task}, {"carrier": carrier, "parcels": parcels})

    async def parcels_of(self, order: uuid.UUID) -> list[commerce_fulfilment_sending.Sent]:
        """List the parcels of an order with where they are: for its buyer, and for whoever answers her.

        Raises:
            NotFound: there is no such order, or it is not yours.
        """
        return await self._calls.ask(_PARCELS_OF, {"order": order}, None)

    async def pickup(self, order: uuid.UUID) -> commerce_fulfilment.Pickup:
        """Tell where an order is collected, whether it is ready, and by which code; the code is for the buyer alone.

        Raises:
            NotFound: there is no such order, it is not yours, or it is not collected.
        """
        return await self._calls.ask(_PICKUP, {"order": order}, None)

    async def places(
        self, location: str = "", after: str = "", limit: int = 500
    ) -> list[commerce_fulfilment.PlaceFacts]:
        """List what locations are to fulfilment, by code, or one of them; go on with the last code as ``after``."""
        return await self._calls.ask(_PLACES, {}, {"location": location, "after": after, "limit": limit})

    async def put_areas(self, areas: list[commerce_fulfilment.Area]) -> None:
        """Say where postcodes lie, whole ones or all that begin so; the longest beginning counts.

        Raises:
            Invalid: an area is given twice.
        """
        return await self._calls.ask(_PUT_AREAS, {}, {"areas": areas})

    async def put_away(self, task: uuid.UUID) -> None:
        """Say that all that was to go back to its shelf from a list is there. Said twice is said.

        Raises:
            NotFound: there is no such work, or it is not your store's.
        """
        return await self._calls.ask(_PUT_AWAY, {"task": task}, None)

    async def put_bins(self, location: str, bins: list[commerce_fulfilment.Bin]) -> None:
        """Say where items stand in a shop, so that lists follow the walk through it.

        Raises:
            Invalid: an item is given twice.
            LocationUnknown: there is no such location.
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_PUT_BINS, {"location": location}, {"bins": bins})

    async def put_places(self, places: list[commerce_fulfilment.PlaceFacts]) -> None:
        """Say what locations are to fulfilment.

        Raises:
            Invalid: a location is given twice, or only one of its coordinates.
            LocationUnknown: there is no such location.
        """
        return await self._calls.ask(_PUT_PLACES, {}, {"places": places})

    async def put_routing(self, channel: str, rules: commerce_fulfilment.Routing) -> commerce_fulfilment.PutRouting:
        """Say how a channel's orders find their places, from the next order on.

        Raises:
            Invalid: a tier names the same criterion twice.
        """
        return await self._calls.ask(_PUT_ROUTING, {"channel": channel}, rules)

    async def ready_to_go(self, location: str, carrier: str | None = None) -> list[commerce_fulfilment_sending.Parcel]:
        """List the parcels at a location that no carrier took yet.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_READY_TO_GO, {"location": location}, {"carrier": carrier})

    async def routings(self) -> list[commerce_fulfilment.PutRouting]:
        """List the rules of all channels that have some."""
        return await self._calls.ask(_ROUTINGS, {}, None)

    async def scan(self, task: uuid.UUID, code: str, units: int = 1, lot: str = "") -> commerce_fulfilment.Work:
        """Count units that you have taken off the shelf, by the item's own code or the number on its package.

        Of what is told by lot, the lot or serial number is in the barcode, beside it, or scanned instead. With the last
        missing unit the list is picked.

        Raises:
            NotFound: there is no such work, or it is not your store's.
            WrongStep: you are not at it.
            NotOnList: this item is not on the list.
            PickedAlready: so many units are not missing any more.
            LotsWanted: the item is told by lot or serial number.
            LotNotThere: of the lot so many units are not there, or others have them.
            LotTooOld: too few days are left of the lot.
        """
        return await self._calls.ask(_SCAN, {"task": task}, {"code": code, "units": units, "lot": lot})

    async def shelve(self, task: uuid.UUID, shelf: str = "") -> commerce_fulfilment.Work:
        """Lay what was picked ready for whoever ordered it. With the last of an order they are told, and get a code.

        Raises:
            NotFound: there is no such work, or it is not your store's.
            WrongStep: it is not picked, somebody else is at it, or it is not handed out here.
        Emits:
            CollectionReady
        """
        return await self._calls.ask(_SHELVE, {"task": task}, {"shelf": shelf})

    async def start(self, task: uuid.UUID) -> commerce_fulfilment.Task:
        """Take on a list. Whoever starts it first has it; started twice by the same is started.

        Raises:
            NotFound: there is no such work, or it is not your store's.
            WrongStep: somebody else is at it, or it is over.
            OrderHeldUp: the order is held up.
        """
        return await self._calls.ask(_START, {"task": task}, None)

    async def task(self, task: uuid.UUID) -> commerce_fulfilment.Work:
        """Show work with its list, in the order of the walk through the shop.

        Raises:
            NotFound: there is no such work, or it is not your store's.
        """
        return await self._calls.ask(_TASK, {"task": task}, None)

    async def tasks(
        self,
        location: str,
        state: typing.Literal[
            "open", "picking", "picked", "packed", "sent", "ready", "collected", "expired", "cancelled"
        ]
        | None = None,
        limit: int = 200,
    ) -> list[commerce_fulfilment.Task]:
        """List the work of a location, most urgent first; without a state all that is not over.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_TASKS, {"location": location}, {"state": state, "limit": limit})

    async def tasks_of(self, order: uuid.UUID) -> list[commerce_fulfilment.Task]:
        """List all work of an order, over all locations, with what became of it."""
        return await self._calls.ask(_TASKS_OF, {"order": order}, None)

    async def to_put_away(self, location: str, limit: int = 500) -> list[commerce_fulfilment.PutAway]:
        """List what is to go back to its shelf at a location: not collected, cancelled, or wanted no more.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_TO_PUT_AWAY, {"location": location}, {"limit": limit})

    async def track(self, sought: commerce_fulfilment_sending.Sought) -> commerce_fulfilment_sending.Tracked:
        """Find an order's parcels for who knows its number and e-mail: a buyer at another screen, without an account.

        Raises:
            NotFound: there is no such order with this e-mail.
        """
        return await self._calls.ask(_TRACK, {}, sought)

    async def unbacked(self, location: str = "") -> list[commerce_fulfilment.Unbacked]:
        """List work whose units are not set aside, and units set aside that nobody is to take: none, once news is heard.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_UNBACKED, {}, {"location": location})

    async def walk(self, location: str) -> list[commerce_fulfilment.Stop]:
        """Give what is missing on all lists that you are at, in the order of one walk through the shop.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_WALK, {"location": location}, None)

    async def why(self, order: uuid.UUID) -> list[commerce_fulfilment.Told]:
        """Tell why an order's units are where they are: every decision about it, with the places that were weighed."""
        return await self._calls.ask(_WHY, {"order": order}, None)
