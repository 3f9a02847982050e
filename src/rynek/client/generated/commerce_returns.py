"""Returns: what comes back, by what right, what it is found to be, and what the buyer has for it: each once.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.commerce.returns.model as commerce_returns
import uuid
from rynek.client.calls import Calls, Route

_ADD_PHOTO = Route[commerce_returns.Goods]("POST", "/returns/{rma}/lines/{line}/photos", commerce_returns.Goods)
_ASK = Route[commerce_returns.Goods]("POST", "/returns", commerce_returns.Goods)
_DECIDE = Route[commerce_returns.Goods]("POST", "/returns/{rma}/decision", commerce_returns.Goods)
_DELIVERED = Route[None]("PUT", "/orders/{order}/delivered", None)
_EXEMPTIONS = Route[list[commerce_returns.Exemption]]("GET", "/returns/exemptions", list[commerce_returns.Exemption])
_INSPECT = Route[commerce_returns.Goods]("POST", "/returns/{rma}/inspection", commerce_returns.Goods)
_OFFER = Route[commerce_returns.Offer]("POST", "/returns/offer", commerce_returns.Offer)
_POLICY = Route[commerce_returns.Policy]("GET", "/returns/policies/{channel}", commerce_returns.Policy)
_PUT_EXEMPTIONS = Route[None]("PUT", "/returns/exemptions", None)
_PUT_POLICY = Route[None]("PUT", "/returns/policies/{channel}", None)
_RECEIVE = Route[commerce_returns.Goods]("POST", "/returns/{rma}/arrival", commerce_returns.Goods)
_REDUCE = Route[commerce_returns.Goods]("POST", "/returns/{rma}/reduction", commerce_returns.Goods)
_REPAIR = Route[commerce_returns.Goods]("POST", "/returns/{rma}/repair", commerce_returns.Goods)
_REPAIRED = Route[commerce_returns.Goods]("POST", "/returns/{rma}/repaired", commerce_returns.Goods)
_RETURNS = Route[list[commerce_returns.Summary]]("GET", "/returns", list[commerce_returns.Summary])
_RMA = Route[commerce_returns.Goods]("GET", "/returns/{rma}", commerce_returns.Goods)
_SEND_AHEAD = Route[commerce_returns.Goods]("POST", "/returns/{rma}/goods-ahead", commerce_returns.Goods)
_WITHDRAW = Route[commerce_returns.Goods]("POST", "/returns/{rma}/withdrawal", commerce_returns.Goods)


class CommerceReturns:
    """Returns: what comes back, by what right, what it is found to be, and what the buyer has for it: each once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def add_photo(self, rma: uuid.UUID, line: int, body: bytes, kind: str) -> commerce_returns.Goods:
        """Put a picture beside a line of a return that has not arrived: send the file as for an upload of pictures.

        Raises:
            NotFound: there is no such return, or it is not yours.
            ReturnClosed: it was decided otherwise, or has arrived.
            Invalid: the return has no such line.
            TooManyPhotos: the line has ten.
            PictureRefused: the file is no picture, or one too large.
            UnsupportedMediaType: no ``Content-Type`` of a picture came with it.
            Malformed: the form cannot be read.
            Unavailable: too many pictures are being taken in.
        Emits:
            PictureChanged when it is new.
        """
        return await self._calls.send(_ADD_PHOTO, {"rma": rma, "line": line}, body, kind)

    async def ask(self, asked: commerce_returns.Asked) -> commerce_returns.Goods:
        """Ask to give goods back. By right of withdrawal it is agreed to at once; of anything else somebody decides.

        Raises:
            NotFound: there is no such order, or it is not yours.
            Invalid: a line is given twice, the order has no such line, or an exchange is for nothing.
            NoWallet: whoever bought has no account that store credit could be for.
            TooManyReturned: more would come back than was sent, less what came or is on its way.
            PhotoUnknown: a picture was not uploaded.
        Emits:
            ReturnAsked, ReturnDecided
        """
        return await self._calls.ask(_ASK, {}, asked)

    async def decide(self, rma: uuid.UUID, decision: commerce_returns.Decision) -> commerce_returns.Goods:
        """Agree to a return, or deny it, and say why.

        Raises:
            NotFound: there is no such return.
            ReturnClosed: it was decided already.
        Emits:
            ReturnDecided
        """
        return await self._calls.ask(_DECIDE, {"rma": rma}, decision)

    async def delivered(self, order: uuid.UUID, day: datetime.date) -> None:
        """Say when all of an order had arrived: from then on the time for its return runs.

        Raises:
            NotFound: there is no such order.
            Invalid: that day is yet to come.
        """
        return await self._calls.ask(_DELIVERED, {"order": order}, {"day": day})

    async def exemptions(self) -> list[commerce_returns.Exemption]:
        """List the categories whose goods need not be taken back only because the buyer thinks otherwise."""
        return await self._calls.ask(_EXEMPTIONS, {}, None)

    async def inspect(self, rma: uuid.UUID, inspection: commerce_returns.Inspection) -> commerce_returns.Goods:
        """Say what the goods of a return are, and settle with the buyer: stock, money and exchange in one step.

        What is kept is paid back in its share of what the buyer paid, at most once and never beyond what the order comes
        to; of a whole order the delivery too. What goes back to the buyer was not returned.

        Raises:
            NotFound: there is no such return.
            ReturnClosed: it has not arrived, or is settled.
            Forbidden: it is not your store.
            NotInspected: units that arrived are given no verdict, or others are.
            NotReturnable: more would come back than was sent.
            LotsWanted: an item wants its serial numbers said, and of what is not for the shelf its lots.
            NotSoldSo: a lot or serial number did not go out with this order.
            SerialElsewhere: a serial number is in stock already.
            LotNotThere: what is not for the shelf is not among what came back.
            OutOfStock: of what it is exchanged for fewer units are free.
            NotChangeable: the order is cancelled.
            PromotionSpent: somebody else had the last of a promotion on what it is exchanged for.
            ChannelClosed: nothing is sold in its channel.
            NotSellable: what it is exchanged for is not sold there.
            NoPrice: what it is exchanged for has no price there.
            NoTaxRate: the VAT of something is not known.
        Emits:
            ReturnSettled, UnitsReturned, StockMoved, OrderCredited, OrderChanged
        """
        return await self._calls.ask(_INSPECT, {"rma": rma}, inspection)

    async def offer(
        self, order: uuid.UUID | None = None, proof: commerce_returns.Proof | None = None
    ) -> commerce_returns.Offer:
        """Tell what of an order may come back, and until when; a guest names it by its number and e-mail.

        Raises:
            NotFound: there is no such order, or it is not yours.
            Invalid: neither the order nor a proof is given.
        """
        return await self._calls.ask(_OFFER, {}, {"order": order, "proof": proof})

    async def policy(self, channel: str) -> commerce_returns.Policy:
        """Tell how a channel takes goods back."""
        return await self._calls.ask(_POLICY, {"channel": channel}, None)

    async def put_exemptions(self, exemptions: list[commerce_returns.Exemption]) -> None:
        """Say which categories' goods need not be taken back without a reason, instead of those that were.

        Raises:
            Invalid: a category is given twice.
        """
        return await self._calls.ask(_PUT_EXEMPTIONS, {}, {"exemptions": exemptions})

    async def put_policy(self, channel: str, policy: commerce_returns.Policy) -> None:
        """Say how a channel takes goods back: at least as the law has it."""
        return await self._calls.ask(_PUT_POLICY, {"channel": channel}, policy)

    async def receive(self, rma: uuid.UUID, arrival: commerce_returns.Arrival) -> commerce_returns.Goods:
        """Take in the goods of a return that was agreed to; they may be others of the order than were announced.

        Raises:
            NotFound: there is no such return.
            ReturnClosed: it was not agreed to, or has arrived.
            Forbidden: it is not your store.
            Invalid: a line is given twice, or the order has no such line.
            TooManyReturned: more arrived than was sent; send what is not of this order back.
            LocationUnknown: there is no such location.
        Emits:
            GoodsArrived
        """
        return await self._calls.ask(_RECEIVE, {"rma": rma}, arrival)

    async def reduce(self, rma: uuid.UUID, minor: int, why: str) -> commerce_returns.Goods:
        """Lower the price of goods with a defect, which the buyer keeps; once for each claim.

        Raises:
            NotFound: there is no such return.
            ReturnClosed: it is settled, denied or withdrawn, or was lowered already.
            CreditTooHigh: with what was credited before it is more than the order comes to.
        Emits:
            OrderCredited
        """
        return await self._calls.ask(_REDUCE, {"rma": rma}, {"minor": minor, "why": why})

    async def repair(self, rma: uuid.UUID) -> commerce_returns.Goods:
        """Begin to repair goods that arrived; they stay the buyer's.

        Raises:
            NotFound: there is no such return.
            ReturnClosed: it has not arrived, or is settled.
            Forbidden: it is not your store.
            Invalid: what the buyer wants is no repair.
        """
        return await self._calls.ask(_REPAIR, {"rma": rma}, None)

    async def repaired(self, rma: uuid.UUID, *, mended: bool) -> commerce_returns.Goods:
        """End a repair: the goods go back to the buyer, or it failed, and the buyer may have a lower price or the money.

        Raises:
            NotFound: there is no such return.
            ReturnClosed: it is not in repair.
            Forbidden: it is not your store.
        Emits:
            ReturnSettled
        """
        return await self._calls.ask(_REPAIRED, {"rma": rma}, {"mended": mended})

    async def returns(self, search: commerce_returns.Search) -> list[commerce_returns.Summary]:
        """Find returns, newest first; your own, unless you look after everybody's."""
        return await self._calls.ask(_RETURNS, {}, search)

    async def rma(self, rma: uuid.UUID) -> commerce_returns.Goods:
        """Show a return with its lines and its history.

        Raises:
            NotFound: there is no such return, or it is not yours.
        """
        return await self._calls.ask(_RMA, {"rma": rma}, None)

    async def send_ahead(self, rma: uuid.UUID, days: int = 14, *, risk: bool = False) -> commerce_returns.Goods:
        """Let what an exchange is for leave before the goods are back; they have to be back within so many days.

        It waits for its money (by card: ``payments.pay``), which goes back when the goods are here; or the shop takes the
        risk, and what is not back in time is among the overdue returns, with its money outstanding.

        Args:
            risk: it need not be paid first.

        Raises:
            NotFound: there is no such return.
            ReturnClosed: it was not agreed to, has arrived, or was sent ahead.
            Invalid: it is no exchange.
            OutOfStock: fewer units are free.
            NotChangeable: the order is cancelled.
            PromotionSpent: somebody else had the last of a promotion.
            ChannelClosed: nothing is sold in its channel.
            NotSellable: what it is exchanged for is not sold there.
            NoPrice: what it is exchanged for has no price there.
            NoTaxRate: the VAT of something is not known.
        Emits:
            OrderChanged, OrderHeld, HoldLifted, StockHeld
        """
        return await self._calls.ask(_SEND_AHEAD, {"rma": rma}, {"days": days, "risk": risk})

    async def withdraw(self, rma: uuid.UUID) -> commerce_returns.Goods:
        """Keep what was to come back, as long as it has not arrived.

        Raises:
            NotFound: there is no such return, or it is not yours.
            ReturnClosed: it arrived, was denied, or what it is exchanged for has left.
        """
        return await self._calls.ask(_WITHDRAW, {"rma": rma}, None)
