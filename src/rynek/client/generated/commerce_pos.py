"""The counter: receipts of tills, each taken in once, whenever and however often it comes.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import msgspec
import rynek.commerce.pos.model as commerce_pos
import uuid
from rynek.client.calls import Calls, Route

_BOUGHT = Route[list[commerce_pos.Stored]]("GET", "/pos/customers/{customer}/receipts", list[commerce_pos.Stored])
_INTAKE = Route[commerce_pos.Intake]("GET", "/pos/intake", commerce_pos.Intake)
_PUT_RETURN_RULE = Route[None]("PUT", "/pos/stores/{store}/return-rule", None)
_RECEIPT = Route[commerce_pos.Stored]("GET", "/pos/stores/{store}/tills/{till}/receipts/{number}", commerce_pos.Stored)
_RECEIPTS = Route[list[commerce_pos.Stored]]("GET", "/pos/stores/{store}/receipts", list[commerce_pos.Stored])
_RETURN_RULE = Route[commerce_pos.Rule]("GET", "/pos/stores/{store}/return-rule", commerce_pos.Rule)
_RETURNABLE = Route[list[commerce_pos.Returnable]](
    "GET", "/pos/stores/{store}/tills/{till}/receipts/{number}/returnable", list[commerce_pos.Returnable]
)
_SELL = Route[commerce_pos.Accepted]("POST", "/pos/receipts", commerce_pos.Accepted)
_TAKE_BACK = Route[commerce_pos.TakenBack]("POST", "/pos/stores/{store}/returns", commerce_pos.TakenBack)
_TAKE_UNPROVEN = Route[commerce_pos.TakenBack]("POST", "/pos/stores/{store}/unproven-returns", commerce_pos.TakenBack)
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

    async def put_return_rule(self, store: str, rule: commerce_pos.Rule) -> None:
        """Say how a store takes goods back over its counter, and how much without a receipt.

        Raises:
            StoreUnknown: there is no such store.
        """
        return await self._calls.ask(_PUT_RETURN_RULE, {"store": store}, rule)

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

    async def return_rule(self, store: str) -> commerce_pos.Rule:
        """Tell how a store takes goods back over its counter.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_RETURN_RULE, {"store": store}, None)

    async def returnable(self, store: str, till: str, number: int) -> list[commerce_pos.Returnable]:
        """Tell what of a receipt may still come back over the counter.

        Raises:
            NotFound: there is no such receipt.
            Forbidden: it is not your store's.
        """
        return await self._calls.ask(_RETURNABLE, {"store": store, "till": till, "number": number}, None)

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
        vat_id: str | msgspec.UnsetType = msgspec.UNSET,
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
                "vat_id": vat_id,
            },
        )

    async def take_back(self, store: str, proven: commerce_pos.Proven) -> commerce_pos.TakenBack:
        """Take goods back over a store's counter with the receipt of any store: once for each reference.

        Each unit brings its share of what was paid for its line, by the receipt's tenders in their order, or as store
        credit. Stock and takings follow from a receipt of the till ``RETURNS``; what cannot be sold again is written off.

        Raises:
            StoreUnknown: there is no such store.
            Forbidden: it is not your store.
            NotFound: there is no such receipt.
            TooLateBack: this store takes goods back for a shorter time.
            Invalid: a line is given twice, or more is scrapped than comes back.
            NotBackAtAll: a line is nothing that comes back.
            TooManyBack: more would come back than was sold.
            ReceiptDiffers: the reference was used for another return.
        Emits:
            ReceiptAccepted, GoodsReturned, StockMoved, BalanceChanged
        """
        return await self._calls.ask(_TAKE_BACK, {"store": store}, proven)

    async def take_unproven(self, store: str, bare: commerce_pos.Bare) -> commerce_pos.TakenBack:
        """Take goods back without a receipt: at the lowest price of the last 30 days in this store, as store credit only.

        What one customer brings so on a day, over all stores, stays within what the store declares.

        Raises:
            StoreUnknown: there is no such store.
            Forbidden: it is not your store.
            Invalid: an item is given twice, or more is scrapped than comes back.
            NeverSold: this store sold no such thing in the last 30 days.
            Unproven: nothing is declared for it, or it is more than for a day.
            ReceiptDiffers: the reference was used for another return.
        Emits:
            ReceiptAccepted, GoodsReturned, StockMoved, BalanceChanged
        """
        return await self._calls.ask(_TAKE_UNPROVEN, {"store": store}, bare)

    async def takings(
        self, store: str | None = None, since: datetime.datetime | None = None, until: datetime.datetime | None = None
    ) -> list[commerce_pos.Takings]:
        """Tell what stores took in a period, the most first.

        Raises:
            Forbidden: it is not your store.
        """
        return await self._calls.ask(_TAKINGS, {}, {"store": store, "since": since, "until": until})
