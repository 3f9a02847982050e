"""Checkout: carts, what they come to, and how they become orders.

Made by ``make client`` from the registry; do not edit.
"""

import msgspec
import rynek.commerce.checkout.model as commerce_checkout
import rynek.commerce.payments.model as commerce_payments
import rynek.commerce.shipping.model as commerce_shipping
import uuid
from rynek.client.calls import Calls, Route

_CART = Route[commerce_checkout.Cart]("GET", "/checkout/carts/{cart}", commerce_checkout.Cart)
_CARTS = Route[list[commerce_checkout.Cart]]("GET", "/checkout/carts", list[commerce_checkout.Cart])
_CHANGE_CART = Route[commerce_checkout.Cart]("PATCH", "/checkout/carts/{cart}", commerce_checkout.Cart)
_DELIVERY = Route[list[commerce_checkout.Option]](
    "GET", "/checkout/channels/{channel}/delivery", list[commerce_checkout.Option]
)
_DROP_CART = Route[None]("DELETE", "/checkout/carts/{cart}", None)
_EXPLAIN_CART = Route[commerce_checkout.Explained](
    "GET", "/checkout/carts/{cart}/explanation", commerce_checkout.Explained
)
_EXPLAIN_ORDER = Route[commerce_checkout.Explained]("GET", "/orders/{order}/explanation", commerce_checkout.Explained)
_GROUPS = Route[list[commerce_checkout.Member]]("GET", "/checkout/price-groups", list[commerce_checkout.Member])
_MERGE_CART = Route[commerce_checkout.Cart]("POST", "/checkout/carts/{cart}/merge", commerce_checkout.Cart)
_MOVE_WINDOW = Route[commerce_shipping.Slot]("PUT", "/orders/{order}/window", commerce_shipping.Slot)
_OPEN_CART = Route[commerce_checkout.Cart]("POST", "/checkout/carts", commerce_checkout.Cart)
_OPTIONS = Route[list[commerce_checkout.Option]](
    "GET", "/checkout/channels/{channel}/options", list[commerce_checkout.Option]
)
_PLACE = Route[commerce_checkout.Placed]("POST", "/checkout/carts/{cart}/order", commerce_checkout.Placed)
_POINTS = Route[list[commerce_checkout.Point]](
    "GET", "/checkout/channels/{channel}/points", list[commerce_checkout.Point]
)
_PREVIEW = Route[commerce_checkout.Previewed]("POST", "/checkout/preview", commerce_checkout.Previewed)
_PUT_DELIVERY = Route[None]("PUT", "/checkout/channels/{channel}/delivery", None)
_PUT_GROUP = Route[None]("PUT", "/checkout/customers/{customer}/price-group", None)
_PUT_GROUPS = Route[None]("PUT", "/checkout/price-groups", None)
_WINDOW_OF = Route[commerce_shipping.Slot]("GET", "/orders/{order}/window", commerce_shipping.Slot)
_WINDOWS = Route[list[commerce_shipping.Window]](
    "GET", "/checkout/channels/{channel}/windows", list[commerce_shipping.Window]
)


class CommerceCheckout:
    """Checkout: carts, what they come to, and how they become orders."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def cart(self, cart: uuid.UUID) -> commerce_checkout.Cart:
        """Show a cart with what it comes to now; prices older than their promise are looked up anew.

        Raises:
            NotFound: there is no such cart, or it is not yours.
            NotSellable: something in it is sold no more: take it out.
            NoPrice: something in it has no price any more.
            NoTaxRate: the VAT of something is not known.
            ChannelClosed: its channel is closed.
            DeliveryUnknown: its delivery option is gone.
        """
        return await self._calls.ask(_CART, {"cart": cart}, None)

    async def carts(self, before: uuid.UUID | None = None, limit: int = 20) -> list[commerce_checkout.Cart]:
        """List your carts that were not placed yet, newest first, with the prices they were last given."""
        return await self._calls.ask(_CARTS, {}, {"before": before, "limit": limit})

    async def change_cart(self, cart: uuid.UUID, change: commerce_checkout.CartChange) -> commerce_checkout.Cart:
        """Change a cart: its lines, where it goes and how, or the channel it is bought in.

        Raises:
            NotFound: there is no such cart, or it is not yours.
            CartPlaced: it is an order now.
            CartChanged: somebody changed it since the version you name.
            ChannelClosed: nothing is sold in this channel.
            DeliveryUnknown: the channel has no such delivery option.
            NotSellable: something is not sold there.
            NoPrice: something has no price there.
            NoTaxRate: the VAT of something is not known.
            UnknownCoupon: there is no such code.
            PointUnknown: nothing is collected there by this delivery.
            Invalid: too many lines, or too many of one item.
        Emits:
            CartChanged
        """
        return await self._calls.ask(_CHANGE_CART, {"cart": cart}, change)

    async def delivery(self, channel: str) -> list[commerce_checkout.Option]:
        """List how a channel delivers, first choice first."""
        return await self._calls.ask(_DELIVERY, {"channel": channel}, None)

    async def drop_cart(self, cart: uuid.UUID) -> None:
        """Throw a cart away.

        Raises:
            NotFound: there is no such cart, or it is not yours.
            CartPlaced: it is an order now.
        Emits:
            CartDropped
        """
        return await self._calls.ask(_DROP_CART, {"cart": cart}, None)

    async def explain_cart(self, cart: uuid.UUID) -> commerce_checkout.Explained:
        """Explain what a cart comes to: every price and every promotion that was looked at, and what would be needed.

        Raises:
            NotFound: there is no such cart.
            UnknownChannel: its channel is gone.
        """
        return await self._calls.ask(_EXPLAIN_CART, {"cart": cart}, None)

    async def explain_order(self, order: uuid.UUID) -> commerce_checkout.Explained:
        """Explain what an order came to when it was bought, by what was set then.

        Raises:
            NotFound: there is no such order, or it is not yours.
            UnknownChannel: its channel is gone.
        """
        return await self._calls.ask(_EXPLAIN_ORDER, {"order": order}, None)

    async def groups(
        self,
        customers: list[uuid.UUID] | msgspec.UnsetType = msgspec.UNSET,
        after: uuid.UUID | None = None,
        limit: int = 200,
    ) -> list[commerce_checkout.Member]:
        """List which groups' prices customers get: these customers, or all that are in a group, on from one of them.

        Args:
            customers: none for all.
        """
        return await self._calls.ask(_GROUPS, {}, {"customers": customers, "after": after, "limit": limit})

    async def merge_cart(self, cart: uuid.UUID, other: uuid.UUID) -> commerce_checkout.Cart:
        """Put what is in another cart of yours into this one; the other is gone.

        Raises:
            NotFound: there is no such cart, or it is not yours.
            CartPlaced: one of them is an order now.
            Invalid: both are the same, or together they have too many lines.
            ChannelClosed: nothing is sold in this channel.
            DeliveryUnknown: the channel has no such delivery option.
            NotSellable: something is not sold there.
            NoPrice: something has no price there.
            NoTaxRate: the VAT of something is not known.
        Emits:
            CartChanged, CartDropped
        """
        return await self._calls.ask(_MERGE_CART, {"cart": cart}, {"other": other})

    async def move_window(self, order: uuid.UUID, window: str) -> commerce_shipping.Slot:
        """Let an order come at other hours, as long as those it has are not closed.

        Raises:
            NotFound: there is no such order, it is not yours, or no hours were chosen for it.
            WindowUnknown: these hours cannot be had by its delivery, or those it has are closed.
            WindowFull: somebody else had the last place of them.
        """
        return await self._calls.ask(_MOVE_WINDOW, {"order": order}, {"window": window})

    async def open_cart(
        self,
        channel: str,
        lines: list[commerce_checkout.Want] | msgspec.UnsetType = msgspec.UNSET,
        email: str | None = None,
        country: str | None = None,
        address: commerce_checkout.Address | None = None,
        delivery: str | None = None,
        coupons: list[str] | msgspec.UnsetType = msgspec.UNSET,
        point: str | None = None,
        recipient: commerce_checkout.Recipient | None = None,
        window: str | None = None,
    ) -> commerce_checkout.Cart:
        """Begin a cart, with as much in it as the buyer knows already. Who has no credentials becomes a guest by it.

        Raises:
            ChannelClosed: nothing is sold in this channel.
            DeliveryUnknown: the channel has no such delivery option.
            NotSellable: something is not sold there.
            NoPrice: something has no price there.
            NoTaxRate: the VAT of something is not known.
            UnknownCoupon: there is no such code.
            PointUnknown: nothing is collected there by this delivery.
            Invalid: an item is asked for more than a million times.
        Emits:
            CartChanged
        """
        return await self._calls.ask(
            _OPEN_CART,
            {},
            {
                "channel": channel,
                "lines": lines,
                "email": email,
                "country": country,
                "address": address,
                "delivery": delivery,
                "coupons": coupons,
                "point": point,
                "recipient": recipient,
                "window": window,
            },
        )

    async def options(self, channel: str) -> list[commerce_checkout.Option]:
        """List a channel's delivery options as they are kept, those not offered now too."""
        return await self._calls.ask(_OPTIONS, {"channel": channel}, None)

    async def place(self, cart: uuid.UUID, tenders: list[commerce_payments.Tender]) -> commerce_checkout.Placed:
        """Place a cart: it becomes an order, its units are set aside, its tenders are asked for their money.

        Placing the same cart again gives the same order and goes on with payments whose outcome is not known yet.

        Raises:
            NotFound: there is no such cart, or it is not yours.
            CartIncomplete: something is missing.
            TotalDiffers: the tenders do not come to what the cart costs.
            OutOfStock: fewer units are free; ``short`` says how many are missing per item.
            NotSellable: something in it is sold no more.
            NoPrice: something in it has no price any more.
            NoTaxRate: the VAT of something is not known.
            ChannelClosed: its channel is closed.
            DeliveryUnknown: its delivery option is gone.
            PointUnknown: nothing is collected there any more.
            WindowFull: somebody else had the last place of its hours; choose others.
            WindowUnknown: its hours cannot be had, or not any more.
            TendersUnfit: a provider or method is not offered, or a token is missing.
            ProviderUnavailable: a payment provider does not answer at the moment; ``others`` are in use.
            PromotionSpent: somebody else was given the last of a promotion; the cart has another total now.
            ApprovalNeeded: it is more than you may order for your company by yourself.
            CreditSpent: so much is not left of your company's credit.
            CompanyRefused: your company buys nothing at the moment.
            BuyerChanged: you buy for this company no more; look at the cart again.
        Emits:
            OrderPlaced, StockHeld
        """
        return await self._calls.ask(_PLACE, {"cart": cart}, {"tenders": tenders})

    async def points(self, channel: str, wanted: commerce_checkout.Nearby) -> list[commerce_checkout.Point]:
        """List where a channel's delivery is collected, nearest first where it is known where that is.

        Raises:
            Invalid: only one of the coordinates is given.
            DeliveryUnknown: the channel has no such delivery option.
            ChannelClosed: nothing is sold in this channel.
        """
        return await self._calls.ask(_POINTS, {"channel": channel}, wanted)

    async def preview(self, preview: commerce_checkout.Preview) -> commerce_checkout.Previewed:
        """Tell what a basket will come to at an instant to come, by the prices, taxes and promotions set by now.

        Raises:
            Invalid: the instant is past or has no time zone, or an item is asked for more than a million times.
            ChannelClosed: nothing is sold in this channel.
            DeliveryUnknown: the channel has no such delivery option.
            NotSellable: something is not sold there then.
            NoPrice: something has no price there then.
            NoTaxRate: the VAT of something is not known.
            UnknownCoupon: there is no such code.
        """
        return await self._calls.ask(_PREVIEW, {}, preview)

    async def put_delivery(self, channel: str, options: list[commerce_checkout.Option]) -> None:
        """Add or change how a channel delivers; the price of each is that of its item.

        Raises:
            Invalid: an option is given twice.
        """
        return await self._calls.ask(_PUT_DELIVERY, {"channel": channel}, {"options": options})

    async def put_group(self, customer: uuid.UUID, price_group: str) -> None:
        """Say which group's prices a customer gets."""
        return await self._calls.ask(_PUT_GROUP, {"customer": customer}, {"price_group": price_group})

    async def put_groups(self, members: list[commerce_checkout.Member]) -> None:
        """Say which groups' prices customers get; without a group they get everybody's.

        Raises:
            Invalid: a customer is given twice.
        """
        return await self._calls.ask(_PUT_GROUPS, {}, {"members": members})

    async def window_of(self, order: uuid.UUID) -> commerce_shipping.Slot:
        """Tell the hours in which an order comes.

        Raises:
            NotFound: there is no such order, it is not yours, or no hours were chosen for it.
        """
        return await self._calls.ask(_WINDOW_OF, {"order": order}, None)

    async def windows(self, channel: str, delivery: str, postcode: str = "") -> list[commerce_shipping.Window]:
        """List the hours in which a channel's delivery can still come to a postcode, soonest first."""
        return await self._calls.ask(_WINDOWS, {"channel": channel}, {"delivery": delivery, "postcode": postcode})
