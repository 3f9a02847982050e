"""Quotes: what is agreed before there is an order — offers and counter-offers, approvals, lists ordered again.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.commerce.checkout.model as commerce_checkout
import rynek.commerce.quotes.model as commerce_quotes
import typing
import uuid
from rynek.client.calls import Calls, Route

_ACCEPT = Route[commerce_quotes.Agreed]("POST", "/quotes/{quote}/acceptance", commerce_quotes.Agreed)
_APPROVAL = Route[commerce_quotes.Waiting]("GET", "/approvals/{approval}", commerce_quotes.Waiting)
_APPROVALS = Route[list[commerce_quotes.Approval]]("GET", "/approvals", list[commerce_quotes.Approval])
_APPROVE = Route[commerce_quotes.Approval]("POST", "/approvals/{approval}/approval", commerce_quotes.Approval)
_ASK = Route[commerce_quotes.Approval]("POST", "/checkout/carts/{cart}/approval-requests", commerce_quotes.Approval)
_COUNTER = Route[commerce_quotes.Quote]("POST", "/quotes/{quote}/counter-offers", commerce_quotes.Quote)
_DECLINE = Route[commerce_quotes.Quote]("POST", "/quotes/{quote}/refusal", commerce_quotes.Quote)
_DROP_TEMPLATE = Route[None]("DELETE", "/order-templates/{template}", None)
_OFFER = Route[commerce_quotes.Quote]("POST", "/quotes/{quote}/offers", commerce_quotes.Quote)
_ORDER_TEMPLATE = Route[commerce_quotes.QuickOrdered](
    "POST", "/order-templates/{template}/orders", commerce_quotes.QuickOrdered
)
_PUT_TEMPLATE = Route[None]("PUT", "/order-templates/{template}", None)
_QUICK_ORDER = Route[commerce_quotes.QuickOrdered](
    "POST", "/checkout/carts/{cart}/quick-order", commerce_quotes.QuickOrdered
)
_QUOTE = Route[commerce_quotes.Quote]("GET", "/quotes/{quote}", commerce_quotes.Quote)
_QUOTES = Route[list[commerce_quotes.Listed]]("GET", "/quotes", list[commerce_quotes.Listed])
_REJECT = Route[commerce_quotes.Approval]("POST", "/approvals/{approval}/rejection", commerce_quotes.Approval)
_REQUEST = Route[commerce_quotes.Quote]("POST", "/checkout/carts/{cart}/quote-requests", commerce_quotes.Quote)
_TEMPLATES = Route[list[commerce_quotes.Template]]("GET", "/order-templates", list[commerce_quotes.Template])
_WITHDRAW = Route[commerce_quotes.Approval]("POST", "/approvals/{approval}/withdrawal", commerce_quotes.Approval)


class CommerceQuotes:
    """Quotes: what is agreed before there is an order — offers and counter-offers, approvals, lists ordered again."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def accept(
        self, quote: uuid.UUID, turn: int, method: typing.Literal["invoice", "transfer", "cash-on-delivery"] = "invoice"
    ) -> commerce_quotes.Agreed:
        """Accept an offer: it becomes an order with exactly its lines and prices, once.

        Raises:
            NotFound: there is no such quote, or it is not yours.
            QuoteClosed: it was declined, or is past its day; ``order`` is what it became already.
            QuoteMoved: somebody has said something since the turn you have read.
            Conflict: there is no offer to accept: the shop has still to answer.
            NotSellable: something in it is sold no more.
            NoTaxRate: the VAT of something is not known.
            ChannelClosed: its channel is closed.
            DeliveryUnknown: its delivery option is gone.
            OutOfStock: fewer units are free.
            TendersUnfit: it cannot be paid like this.
            ApprovalNeeded: it is more than the buyer may order alone: somebody who may approve accepts it.
            CreditSpent: so much is not left of the company's credit.
            CompanyRefused: the company buys nothing at the moment.
            BuyerChanged: the buyer buys for this company no more.
        Emits:
            QuoteMoved, OrderPlaced, StockHeld
        """
        return await self._calls.ask(_ACCEPT, {"quote": quote}, {"turn": turn, "method": method})

    async def approval(self, approval: uuid.UUID) -> commerce_quotes.Waiting:
        """Show a request for approval: its cart at what it costs now, and who may decide.

        Raises:
            NotFound: there is no such request, or it is not yours.
        """
        return await self._calls.ask(_APPROVAL, {"approval": approval}, None)

    async def approvals(
        self, waiting: bool = True, before: uuid.UUID | None = None, limit: int = 50
    ) -> list[commerce_quotes.Approval]:
        """List requests for approval of your company, the newest first: yours, or all where you may approve.

        Args:
            waiting: only those that are not decided.
        """
        return await self._calls.ask(_APPROVALS, {}, {"waiting": waiting, "before": before, "limit": limit})

    async def approve(self, approval: uuid.UUID, total_minor: int) -> commerce_quotes.Approval:
        """Approve: the cart becomes an order at the total that you have seen, once.

        Raises:
            NotFound: there is no such request, or it is not yours.
            ApprovalDecided: it was decided or withdrawn, or is too old; ``order`` is what it became.
            Forbidden: others decide this.
            CartChanged: it is another cart than the one you were asked about: its buyer asks anew.
            CartPlaced: it has become an order otherwise.
            TotalDiffers: it costs something else by now: look at it again.
            OutOfStock: fewer units are free.
            NotSellable: something in it is sold no more.
            NoPrice: something in it has no price any more.
            NoTaxRate: the VAT of something is not known.
            ChannelClosed: its channel is closed.
            DeliveryUnknown: its delivery option is gone.
            TendersUnfit: it cannot be paid like that any more.
            PromotionSpent: somebody else was given the last of a promotion; it has another total now.
            CreditSpent: so much is not left of the company's credit.
            CompanyRefused: the company buys nothing at the moment.
            BuyerChanged: who asked buys for the company no more.
        Emits:
            ApprovalMoved, OrderPlaced, StockHeld
        """
        return await self._calls.ask(_APPROVE, {"approval": approval}, {"total_minor": total_minor})

    async def ask(
        self,
        cart: uuid.UUID,
        method: typing.Literal["invoice", "transfer", "cash-on-delivery"] = "invoice",
        note: str = "",
    ) -> commerce_quotes.Approval:
        """Ask for approval of a cart that you may not place alone. Asked again it is the same request.

        It is for the cart as it is now: whoever changes it asks anew.

        Raises:
            NotFound: there is no such cart, or it is not yours.
            CartPlaced: it is an order now.
            Invalid: it is empty, or lacks an e-mail address, an address or a delivery.
            Forbidden: you buy for no company.
            NobodyApproves: nobody in your company may approve so much.
            NotSellable: something in it is sold no more.
            NoPrice: something in it has no price any more.
            NoTaxRate: the VAT of something is not known.
            ChannelClosed: its channel is closed.
            DeliveryUnknown: its delivery option is gone.
        Emits:
            ApprovalMoved
        """
        return await self._calls.ask(_ASK, {"cart": cart}, {"method": method, "note": note})

    async def counter(self, quote: uuid.UUID, counter: commerce_quotes.Counter) -> commerce_quotes.Quote:
        """Say what you would pay; the shop may offer that, or something else.

        Raises:
            NotFound: there is no such quote, or it is not yours.
            QuoteClosed: it was accepted or declined, or is past its day.
            QuoteMoved: somebody has said something since the turn you have read.
            Invalid: an item is named twice.
        Emits:
            QuoteMoved
        """
        return await self._calls.ask(_COUNTER, {"quote": quote}, counter)

    async def decline(self, quote: uuid.UUID, turn: int, note: str = "") -> commerce_quotes.Quote:
        """Let a quote be: whoever declines, buyer or shop, it is closed.

        Raises:
            NotFound: there is no such quote, or it is not yours.
            QuoteClosed: it was accepted or declined already, or is past its day.
            QuoteMoved: somebody has said something since the turn you have read.
        Emits:
            QuoteMoved
        """
        return await self._calls.ask(_DECLINE, {"quote": quote}, {"turn": turn, "note": note})

    async def drop_template(self, template: uuid.UUID) -> None:
        """Throw a template of yours away.

        Raises:
            NotFound: there is no such template, or it is not yours.
        """
        return await self._calls.ask(_DROP_TEMPLATE, {"template": template}, None)

    async def offer(self, quote: uuid.UUID, offer: commerce_quotes.Offer) -> commerce_quotes.Quote:
        """Offer lines at prices until an instant; the buyer may accept exactly that.

        Raises:
            NotFound: there is no such quote.
            QuoteClosed: it was accepted or declined, or is past its day.
            QuoteMoved: somebody has said something since the turn you have read.
            Invalid: an item is offered twice, or the instant is past or has no time zone.
        Emits:
            QuoteMoved
        """
        return await self._calls.ask(_OFFER, {"quote": quote}, offer)

    async def order_template(self, template: uuid.UUID, cart: uuid.UUID) -> commerce_quotes.QuickOrdered:
        """Put what is in a template in a cart; what is sold no more is told of each.

        Raises:
            NotFound: there is no such template or cart, or it is not yours.
            CartPlaced: it is an order now.
            NothingRead: nothing of it is sold; ``faults`` says why.
            ChannelClosed: its channel is closed.
            DeliveryUnknown: its delivery option is gone.
            NoTaxRate: the VAT of something is not known.
            Invalid: the cart would have too many lines, or too many of one item.
        Emits:
            CartChanged
        """
        return await self._calls.ask(_ORDER_TEMPLATE, {"template": template}, {"cart": cart})

    async def put_template(
        self, template: uuid.UUID, name: str, lines: list[commerce_checkout.Want], shared: bool = False
    ) -> None:
        """Keep a list under a name, or change it; shared, everybody who buys for your company may order by it.

        Raises:
            NotFound: it is somebody else's.
        """
        return await self._calls.ask(
            _PUT_TEMPLATE, {"template": template}, {"name": name, "lines": lines, "shared": shared}
        )

    async def quick_order(self, cart: uuid.UUID, text: str) -> commerce_quotes.QuickOrdered:
        """Put a typed list, or the text of a CSV file, in a cart: a sku or GTIN and a quantity in each line.

        What is found is put in; what is wrong with the other lines is told of each.

        Raises:
            NotFound: there is no such cart, or it is not yours.
            CartPlaced: it is an order now.
            NothingRead: no line of it can be ordered; ``faults`` says why.
            ChannelClosed: its channel is closed.
            DeliveryUnknown: its delivery option is gone.
            NoTaxRate: the VAT of something is not known.
            Invalid: the cart would have too many lines, or too many of one item.
        Emits:
            CartChanged
        """
        return await self._calls.ask(_QUICK_ORDER, {"cart": cart}, {"text": text})

    async def quote(self, quote: uuid.UUID) -> commerce_quotes.Quote:
        """Show a quote with its whole thread.

        Raises:
            NotFound: there is no such quote, or it is not yours.
        """
        return await self._calls.ask(_QUOTE, {"quote": quote}, None)

    async def quotes(
        self,
        state: typing.Literal["requested", "offered", "countered", "accepted", "declined", "expired"] | None = None,
        before: uuid.UUID | None = None,
        limit: int = 50,
    ) -> list[commerce_quotes.Listed]:
        """List quotes, the newest first: yours, those of your company where you may approve, or everybody's."""
        return await self._calls.ask(_QUOTES, {}, {"state": state, "before": before, "limit": limit})

    async def reject(self, approval: uuid.UUID, reason: str) -> commerce_quotes.Approval:
        """Reject a request, and say why.

        Raises:
            NotFound: there is no such request, or it is not yours.
            ApprovalDecided: it was decided or withdrawn, or is too old.
            Forbidden: others decide this.
        Emits:
            ApprovalMoved
        """
        return await self._calls.ask(_REJECT, {"approval": approval}, {"reason": reason})

    async def request(self, cart: uuid.UUID, note: str = "") -> commerce_quotes.Quote:
        """Ask for a quote for what is in a cart: with its address and delivery, at the prices of now to begin with.

        Raises:
            NotFound: there is no such cart, or it is not yours.
            CartPlaced: it is an order now.
            Invalid: it is empty, or lacks an e-mail address, an address or a delivery.
            NotSellable: something in it is sold no more.
            NoPrice: something in it has no price any more.
            NoTaxRate: the VAT of something is not known.
            ChannelClosed: its channel is closed.
            DeliveryUnknown: its delivery option is gone.
        Emits:
            QuoteMoved
        """
        return await self._calls.ask(_REQUEST, {"cart": cart}, {"note": note})

    async def templates(self) -> list[commerce_quotes.Template]:
        """List your templates, and those that are shared in your company."""
        return await self._calls.ask(_TEMPLATES, {}, None)

    async def withdraw(self, approval: uuid.UUID) -> commerce_quotes.Approval:
        """Let a request of yours be.

        Raises:
            NotFound: there is no such request, or it is not yours.
            ApprovalDecided: it was decided or withdrawn, or is too old.
            Forbidden: somebody else asked.
        Emits:
            ApprovalMoved
        """
        return await self._calls.ask(_WITHDRAW, {"approval": approval}, None)
