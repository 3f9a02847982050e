"""The counter: receipts of tills, each taken in once, whenever and however often it comes.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.commerce.pos.model as commerce_pos
import uuid
from rynek.client.calls import Calls, Route

_BOUGHT = Route[list[commerce_pos.Stored]]("GET", "/pos/customers/{customer}/receipts", list[commerce_pos.Stored])
_INTAKE = Route[commerce_pos.Intake]("GET", "/pos/intake", commerce_pos.Intake)
_RECEIPT = Route[commerce_pos.Stored]("GET", "/pos/stores/{store}/tills/{till}/receipts/{number}", commerce_pos.Stored)
_RECEIPTS = Route[list[commerce_pos.Stored]]("GET", "/pos/stores/{store}/receipts", list[commerce_pos.Stored])
_SELL = Route[commerce_pos.Accepted]("POST", "/pos/receipts", commerce_pos.Accepted)
_TAKINGS = Route[list[commerce_pos.Takings]]("GET", "/pos/takings", list[commerce_pos.Takings])


class CommercePos:
    """The counter: receipts of tills, each taken in once, whenever and however often it comes."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def bought(
        self, customer: uuid.UUID, before: datetime.datetime | None = None, limit: int = 50
    ) -> list[commerce_pos.Stored]:
        """List a customer's receipts of all stores, newest first.

        Raises:
            Forbidden: they are somebody else's.
        """
        return await self._calls.ask(_BOUGHT, {"customer": customer}, {"before": before, "limit": limit})

    async def intake(self, since: datetime.datetime | None = None) -> commerce_pos.Intake:
        """Tell what came in from tills, whatever day it was sold on.

        Args:
            since: None for the beginning of this day (UTC).

        Raises:
            Forbidden: you belong to no store.
        """
        return await self._calls.ask(_INTAKE, {}, {"since": since})

    async def receipt(self, store: str, till: str, number: int) -> commerce_pos.Stored:
        """Show a receipt as it was taken in.

        Raises:
            NotFound: there is no such receipt.
            Forbidden: it is not your store's.
        """
        return await self._calls.ask(_RECEIPT, {"store": store, "till": till, "number": number}, None)

    async def receipts(
        self, store: str, before: datetime.datetime | None = None, limit: int = 50
    ) -> list[commerce_pos.Stored]:
        """List a store's receipts, newest first; go on with the last ``sold_at`` as ``before``.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_RECEIPTS, {"store": store}, {"before": before, "limit": limit})

    async def sell(
        self,
        store: str,
        till: str,
        number: int,
        sold_at: datetime.datetime,
        currency: str,
        lines: list[commerce_pos.Line],
        tenders: list[commerce_pos.Tender],
        customer: uuid.UUID | None = None,
        reference: str = "",
    ) -> commerce_pos.Accepted:
        """Take in what a till sold: once, however often it is sent, late and in any order.

        Stock may fall below zero at a store, because the goods are gone: that is reported, not refused.

        Raises:
            ReceiptUnbalanced: what was paid is not what the lines come to.
            LineContradicts: a line's kind, quantity and amount do not fit together.
            StoreUnknown: there is no such store.
            ReceiptDiffers: this till has sent another receipt under this number.
            NotYourStore: it is another store's till.
        Emits:
            ReceiptAccepted, StockMoved, StockOwed
        """
        return await self._calls.ask(
            _SELL,
            {},
            {
                "store": store,
                "till": till,
                "number": number,
                "sold_at": sold_at,
                "currency": currency,
                "lines": lines,
                "tenders": tenders,
                "customer": customer,
                "reference": reference,
            },
        )

    async def takings(
        self, store: str | None = None, since: datetime.datetime | None = None, until: datetime.datetime | None = None
    ) -> list[commerce_pos.Takings]:
        """Tell what stores took in a period, the most first.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_TAKINGS, {}, {"store": store, "since": since, "until": until})
