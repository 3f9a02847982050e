"""Amendments: what buyers and support change about an order before it leaves, with the difference shown first.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.commerce.amendments.model as commerce_amendments
import uuid
from rynek.client.calls import Calls, Route

_EDIT = Route[commerce_amendments.Amended]("POST", "/orders/{order}/edits", commerce_amendments.Amended)
_EDITS = Route[list[commerce_amendments.Made]]("GET", "/orders/{order}/edits", list[commerce_amendments.Made])
_PREVIEW = Route[commerce_amendments.Amended]("POST", "/orders/{order}/edits/preview", commerce_amendments.Amended)
_PUT_WINDOW = Route[None]("PUT", "/amendments/windows/{channel}", None)
_WINDOW = Route[commerce_amendments.Window]("GET", "/amendments/windows/{channel}", commerce_amendments.Window)


class CommerceAmendments:
    """Amendments: what buyers and support change about an order before it leaves, with the difference shown first."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def edit(self, order: uuid.UUID, edit: commerce_amendments.Edit) -> commerce_amendments.Amended:
        """Change an order: all of it or nothing. Twice by one number is once.

        What more costs is to be paid (``payments.pay``) before it leaves; what was paid too much goes back by itself.

        Raises:
            NotFound: there is no such order, or it is not yours.
            NotChangeable: it is shipped or cancelled, that part of it has left, or nothing would be left of it.
            NotHeld: a part of a bundle has left.
            WindowClosed: buyers may no longer change it.
            Invalid: it changes nothing, a line is unknown or given twice, or the address is in another country.
            ChangeDiffers: the number was used for another change.
            AmountDiffers: it would come to something else than you saw.
            OutOfStock: fewer units are free than are added; ``short`` says how many are missing per item.
            PromotionSpent: somebody else had the last of a promotion.
            ChannelClosed: nothing is sold in its channel.
            DeliveryUnknown: the channel has no such delivery option.
            NotSellable: something is not sold there.
            NoPrice: something has no price there.
            NoTaxRate: the VAT of something is not known.
        Emits:
            OrderChanged, OrderHeld, StockHeld, StockReleased
        """
        return await self._calls.ask(_EDIT, {"order": order}, edit)

    async def edits(self, order: uuid.UUID) -> list[commerce_amendments.Made]:
        """List the changes that were made to an order, in order.

        Raises:
            NotFound: there is no such order, or it is not yours.
        """
        return await self._calls.ask(_EDITS, {"order": order}, None)

    async def preview(self, order: uuid.UUID, edit: commerce_amendments.Edit) -> commerce_amendments.Amended:
        """Tell what an order would come to by a change, without making it.

        Raises:
            NotFound: there is no such order, or it is not yours.
            NotChangeable: it is shipped or cancelled, that part of it has left, or nothing would be left of it.
            WindowClosed: buyers may no longer change it.
            Invalid: it changes nothing, a line is unknown or given twice, or the address is in another country.
            ChannelClosed: nothing is sold in its channel.
            DeliveryUnknown: the channel has no such delivery option.
            NotSellable: something is not sold there.
            NoPrice: something has no price there.
            NoTaxRate: the VAT of something is not known.
        """
        return await self._calls.ask(_PREVIEW, {"order": order}, edit)

    async def put_window(self, channel: str, window: commerce_amendments.Window) -> None:
        """Say for how long a channel's buyers may change their orders themselves."""
        return await self._calls.ask(_PUT_WINDOW, {"channel": channel}, window)

    async def window(self, channel: str) -> commerce_amendments.Window:
        """Tell for how long a channel's buyers may change their orders themselves."""
        return await self._calls.ask(_WINDOW, {"channel": channel}, None)
