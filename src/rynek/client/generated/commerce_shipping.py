"""Shipping: who brings goods to buyers, the labels of parcels, where they are, and the lockers they can go to.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.commerce.shipping.model as commerce_shipping
import typing
import uuid
from rynek.client.calls import Calls, Route

_CANCEL_LABEL = Route[None]("DELETE", "/shipping/parcels/{parcel}/label", None)
_CARRIERS = Route[list[commerce_shipping.Carrier]]("GET", "/shipping/carriers", list[commerce_shipping.Carrier])
_FETCH_POINTS = Route[commerce_shipping.Synced]("POST", "/shipping/carriers/{carrier}/points", commerce_shipping.Synced)
_LABEL_FILE = Route[bytes]("GET", "/shipping/parcels/{parcel}/label", bytes)
_PARCEL = Route[commerce_shipping.Going]("GET", "/shipping/parcels/{parcel}", commerce_shipping.Going)
_PARCELS = Route[list[commerce_shipping.Going]]("GET", "/shipping/parcels", list[commerce_shipping.Going])
_POINTS = Route[list[commerce_shipping.Point]](
    "GET", "/shipping/carriers/{carrier}/points", list[commerce_shipping.Point]
)
_PUT_CARRIER = Route[commerce_shipping.Carrier]("PUT", "/shipping/carriers/{code}", commerce_shipping.Carrier)
_PUT_CREDENTIALS = Route[None]("PUT", "/shipping/carriers/{code}/credentials", None)
_PUT_POINTS = Route[None]("PUT", "/shipping/carriers/{carrier}/points", None)
_PUT_WINDOWS = Route[None]("PUT", "/shipping/windows", None)
_RATES = Route[commerce_shipping.Rates]("POST", "/shipping/rates", commerce_shipping.Rates)
_RELABEL = Route[commerce_shipping.Going]("POST", "/shipping/parcels/{parcel}/label", commerce_shipping.Going)
_SCAN = Route[commerce_shipping.Going]("POST", "/shipping/parcels/{parcel}/sights", commerce_shipping.Going)
_WINDOWS = Route[list[commerce_shipping.Window]](
    "GET", "/shipping/channels/{channel}/windows", list[commerce_shipping.Window]
)


class CommerceShipping:
    """Shipping: who brings goods to buyers, the labels of parcels, where they are, and the lockers they can go to."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def cancel_label(self, parcel: uuid.UUID) -> None:
        """Take a parcel's label back, as long as no carrier has the parcel.

        Raises:
            NoConsignment: no carrier was asked for it, or it is not your store's.
            OnItsWay: a carrier has it.
        Emits:
            LabelCancelled
        """
        return await self._calls.ask(_CANCEL_LABEL, {"parcel": parcel}, None)

    async def carriers(self) -> list[commerce_shipping.Carrier]:
        """List who takes parcels; what we are known by there is not told."""
        return await self._calls.ask(_CARRIERS, {}, None)

    async def fetch_points(self, carrier: str) -> commerce_shipping.Synced:
        """Ask a carrier where its parcels are collected, and keep that; what it lists no more is shut.

        Raises:
            CarrierUnknown: there is no such carrier.
            Unavailable: it does not answer; nothing is changed.
        """
        return await self._calls.ask(_FETCH_POINTS, {"carrier": carrier}, None)

    async def label_file(self, parcel: uuid.UUID) -> bytes:
        """Give a parcel's label, to be printed: a PDF, or ZPL for printers of labels.

        Raises:
            NoConsignment: no carrier was asked for it, or it is not your store's.
            NoLabel: it has none yet.
        """
        return await self._calls.ask(_LABEL_FILE, {"parcel": parcel}, None)

    async def parcel(self, parcel: uuid.UUID) -> commerce_shipping.Going:
        """Show a parcel with a carrier: its label, and where it was seen.

        Raises:
            NoConsignment: no carrier was asked for it, or it is not your store's.
        """
        return await self._calls.ask(_PARCEL, {"parcel": parcel}, None)

    async def parcels(
        self,
        carrier: str | None = None,
        state: typing.Literal["waiting", "asking", "labelled", "refused", "cancelled"] | None = None,
        before: datetime.datetime | None = None,
        limit: int = 50,
    ) -> list[commerce_shipping.Going]:
        """List parcels with carriers, newest first; who belongs to a store sees that one's.

        Args:
            state: ``waiting`` and ``asking`` have no label yet, ``refused`` ones somebody has to look at.
            before: on from when the last one was made.
        """
        return await self._calls.ask(
            _PARCELS, {}, {"carrier": carrier, "state": state, "before": before, "limit": limit}
        )

    async def points(self, carrier: str, after: str = "", limit: int = 200) -> list[commerce_shipping.Point]:
        """List where a carrier's parcels are collected, by code, those that are shut too; go on ``after`` the last."""
        return await self._calls.ask(_POINTS, {"carrier": carrier}, {"after": after, "limit": limit})

    async def put_carrier(self, code: str, carrier: commerce_shipping.CarrierFacts) -> commerce_shipping.Carrier:
        """Take a carrier in, or change it; its credentials stay.

        Raises:
            Invalid: there is no such kind of carrier, or it cannot be asked at this address.
        """
        return await self._calls.ask(_PUT_CARRIER, {"code": code}, carrier)

    async def put_credentials(self, code: str, token: str = "", webhook_secret: str = "") -> None:
        """Say what we are known by at a carrier; it is kept sealed and never shown again.

        Raises:
            CarrierUnknown: there is no such carrier.
        """
        return await self._calls.ask(
            _PUT_CREDENTIALS, {"code": code}, {"token": token, "webhook_secret": webhook_secret}
        )

    async def put_points(self, carrier: str, points: list[commerce_shipping.Point]) -> None:
        """Add or change where a carrier's parcels are collected.

        Raises:
            CarrierUnknown: there is no such carrier.
            Invalid: a point is given twice, or only one of its coordinates.
        """
        return await self._calls.ask(_PUT_POINTS, {"carrier": carrier}, {"points": points})

    async def put_windows(self, windows: list[commerce_shipping.WindowHours]) -> None:
        """Add or change hours of delivery, known by their channel, delivery, area and beginning; what is taken stays.

        Raises:
            Invalid: hours are given twice, end before they begin, close after they begin, or lack their time zone.
            WindowFull: more of them is taken already than they would hold.
        """
        return await self._calls.ask(_PUT_WINDOWS, {}, {"windows": windows})

    async def rates(self, asked: commerce_shipping.Asked) -> commerce_shipping.Rates:
        """Ask all carriers what a parcel costs, cheapest first; who does not answer is named with the reason."""
        return await self._calls.ask(_RATES, {}, asked)

    async def relabel(self, parcel: uuid.UUID) -> commerce_shipping.Going:
        """Ask for a label again that was refused or taken back, once what was wrong is mended.

        Raises:
            NoConsignment: no carrier was asked for it, or it is not your store's.
            LabelStands: it has a label, or is being given one.
        """
        return await self._calls.ask(_RELABEL, {"parcel": parcel}, None)

    async def scan(self, parcel: uuid.UUID, sights: list[commerce_shipping.Sight]) -> commerce_shipping.Going:
        """Say where a parcel of the house's own van was seen; said twice it is there once.

        Raises:
            NoConsignment: no carrier was asked for it, or it is not your store's.
            NoLabel: it has no label yet.
            Invalid: an instant has no time zone, or is yet to come.
        Emits:
            ParcelMoved
        """
        return await self._calls.ask(_SCAN, {"parcel": parcel}, {"sights": sights})

    async def windows(
        self, channel: str, since: datetime.datetime | None = None, until: datetime.datetime | None = None
    ) -> list[commerce_shipping.Window]:
        """List a channel's hours of delivery with how full they are.

        Args:
            since: when the first begins, UTC; None: now.
            until: before which the last begins; None: three weeks after that.

        Raises:
            Invalid: an instant has no time zone.
        """
        return await self._calls.ask(_WINDOWS, {"channel": channel}, {"since": since, "until": until})
