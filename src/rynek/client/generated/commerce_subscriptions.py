"""Subscriptions: what a customer gets again and again, at prices that were told before they are charged.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.commerce.checkout.model as commerce_checkout
import rynek.commerce.subscriptions.model as commerce_subscriptions
import typing
import uuid
from rynek.client.calls import Calls, Route

_CANCEL = Route[commerce_subscriptions.Proof](
    "POST", "/subscriptions/{subscription}/cancellation", commerce_subscriptions.Proof
)
_PAUSE = Route[commerce_subscriptions.Subscription](
    "POST", "/subscriptions/{subscription}/pause", commerce_subscriptions.Subscription
)
_PLANS = Route[list[commerce_subscriptions.Plan]]("GET", "/subscriptions/plans", list[commerce_subscriptions.Plan])
_PREVIEW = Route[commerce_subscriptions.Price]("POST", "/subscriptions/preview", commerce_subscriptions.Price)
_PREVIEW_CHANGE = Route[commerce_subscriptions.Price](
    "POST", "/subscriptions/{subscription}/preview", commerce_subscriptions.Price
)
_PUT_PLANS = Route[None]("PUT", "/subscriptions/plans", None)
_READDRESS = Route[commerce_subscriptions.Subscription](
    "PUT", "/subscriptions/{subscription}/address", commerce_subscriptions.Subscription
)
_REPAY = Route[commerce_subscriptions.Subscription](
    "PUT", "/subscriptions/{subscription}/paying", commerce_subscriptions.Subscription
)
_RESUME = Route[commerce_subscriptions.Subscription](
    "POST", "/subscriptions/{subscription}/resumption", commerce_subscriptions.Subscription
)
_SKIP = Route[commerce_subscriptions.Subscription](
    "POST", "/subscriptions/{subscription}/skip", commerce_subscriptions.Subscription
)
_START = Route[commerce_subscriptions.Subscription]("POST", "/subscriptions", commerce_subscriptions.Subscription)
_SUBSCRIPTION = Route[commerce_subscriptions.Subscription](
    "GET", "/subscriptions/{subscription}", commerce_subscriptions.Subscription
)
_SUBSCRIPTIONS = Route[list[commerce_subscriptions.Summary]](
    "GET", "/subscriptions", list[commerce_subscriptions.Summary]
)
_SWAP = Route[commerce_subscriptions.Subscription](
    "PUT", "/subscriptions/{subscription}/lines", commerce_subscriptions.Subscription
)


class CommerceSubscriptions:
    """Subscriptions: what a customer gets again and again, at prices that were told before they are charged."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def cancel(self, subscription: uuid.UUID, reason: str) -> commerce_subscriptions.Proof:
        """End a subscription: nothing comes any more, what is ordered already comes still. Twice gives the same proof.

        Raises:
            NotFound: there is no such subscription, or it is not yours.
        Emits:
            SubscriptionCancelled
        """
        return await self._calls.ask(_CANCEL, {"subscription": subscription}, {"reason": reason})

    async def pause(self, subscription: uuid.UUID) -> commerce_subscriptions.Subscription:
        """Let nothing come until it is resumed.

        Raises:
            NotFound: there is no such subscription, or it is not yours.
            NotNow: it is paused or cancelled.
        Emits:
            SubscriptionChanged
        """
        return await self._calls.ask(_PAUSE, {"subscription": subscription}, None)

    async def plans(
        self, channel: str | None = None, after: str = "", limit: int = 100
    ) -> list[commerce_subscriptions.Plan]:
        """List plans by code; go on with the last code as ``after``."""
        return await self._calls.ask(_PLANS, {}, {"channel": channel, "after": after, "limit": limit})

    async def preview(self, wanted: commerce_subscriptions.Wanted) -> commerce_subscriptions.Price:
        """Tell what a delivery would cost and when it would come, before anybody subscribes.

        Raises:
            PlanUnknown: there is no such plan, or nobody can subscribe to it now.
            NotSellable: something is not sold in the plan's channel.
            NoPrice: something has no price there.
            NoTaxRate: the VAT of something is not known.
            ChannelClosed: nothing is sold in the plan's channel.
            DeliveryUnknown: the channel has no such delivery option.
        """
        return await self._calls.ask(_PREVIEW, {}, wanted)

    async def preview_change(
        self, subscription: uuid.UUID, change: commerce_subscriptions.Change
    ) -> commerce_subscriptions.Price:
        """Tell what a delivery would cost if something else came, or came elsewhere; with no change: as it is.

        Raises:
            NotFound: there is no such subscription, or it is not yours.
            NotSellable, NoPrice, NoTaxRate, ChannelClosed, DeliveryUnknown: why it has no price.
        """
        return await self._calls.ask(_PREVIEW_CHANGE, {"subscription": subscription}, change)

    async def put_plans(self, plans: list[commerce_subscriptions.Plan]) -> None:
        """Add or change plans; those subscribed already keep their days.

        Raises:
            Invalid: a plan is given twice.
        """
        return await self._calls.ask(_PUT_PLANS, {}, {"plans": plans})

    async def readdress(
        self, subscription: uuid.UUID, address: commerce_checkout.Address, agreed_minor: int
    ) -> commerce_subscriptions.Subscription:
        """Let it come elsewhere, at the price that was shown for there.

        Raises:
            NotFound: there is no such subscription, or it is not yours.
            NotNow: it is cancelled.
            PriceDiffers: one delivery costs something else than was agreed.
            NotSellable, NoPrice, NoTaxRate, ChannelClosed, DeliveryUnknown: why it has no price.
            TendersUnfit, ProviderUnavailable: why it cannot be paid as it is.
        Emits:
            SubscriptionChanged
        """
        return await self._calls.ask(
            _READDRESS, {"subscription": subscription}, {"address": address, "agreed_minor": agreed_minor}
        )

    async def repay(
        self, subscription: uuid.UUID, paying: commerce_subscriptions.Paying
    ) -> commerce_subscriptions.Subscription:
        """Pay it otherwise; one that is past due is tried again at once.

        Raises:
            NotFound: there is no such subscription, or it is not yours.
            NotNow: it is cancelled.
            TendersUnfit, ProviderUnavailable: why it cannot be paid so.
        Emits:
            SubscriptionChanged
        """
        return await self._calls.ask(_REPAY, {"subscription": subscription}, paying)

    async def resume(self, subscription: uuid.UUID) -> commerce_subscriptions.Subscription:
        """Let it come again, on the first of its days that is not past.

        Raises:
            NotFound: there is no such subscription, or it is not yours.
            NotNow: it is not paused.
        Emits:
            SubscriptionChanged
        """
        return await self._calls.ask(_RESUME, {"subscription": subscription}, None)

    async def skip(self, subscription: uuid.UUID) -> commerce_subscriptions.Subscription:
        """Leave out the next delivery.

        Raises:
            NotFound: there is no such subscription, or it is not yours.
            NotNow: it is paused, past due or cancelled.
        Emits:
            SubscriptionChanged
        """
        return await self._calls.ask(_SKIP, {"subscription": subscription}, None)

    async def start(self, new: commerce_subscriptions.NewSubscription) -> commerce_subscriptions.Subscription:
        """Subscribe: the first delivery comes on the day it starts, the others by the plan.

        Raises:
            PlanUnknown: there is no such plan, or nobody can subscribe to it now.
            PriceDiffers: one delivery costs something else than was agreed.
            Invalid: it starts in the past.
            TendersUnfit: the provider or method is not offered, or a token is missing.
            ProviderUnavailable: a payment provider does not answer at the moment; ``others`` are in use.
            NotSellable: something is not sold in the plan's channel.
            NoPrice: something has no price there.
            NoTaxRate: the VAT of something is not known.
            ChannelClosed: nothing is sold in the plan's channel.
            DeliveryUnknown: the channel has no such delivery option.
        Emits:
            SubscriptionStarted
        """
        return await self._calls.ask(_START, {}, new)

    async def subscription(self, subscription: uuid.UUID) -> commerce_subscriptions.Subscription:
        """Show a subscription with its deliveries and its history.

        Raises:
            NotFound: there is no such subscription, or it is not yours.
        """
        return await self._calls.ask(_SUBSCRIPTION, {"subscription": subscription}, None)

    async def subscriptions(
        self,
        state: typing.Literal["active", "paused", "past-due", "cancelled"] | None = None,
        before: uuid.UUID | None = None,
        limit: int = 50,
        due: datetime.date | None = None,
    ) -> list[commerce_subscriptions.Summary]:
        """List subscriptions, newest first; your own, unless you look after everybody's.

        Args:
            due: only those whose next delivery is due by this day.
        """
        return await self._calls.ask(_SUBSCRIPTIONS, {}, {"state": state, "before": before, "limit": limit, "due": due})

    async def swap(
        self, subscription: uuid.UUID, lines: list[commerce_checkout.Want], agreed_minor: int
    ) -> commerce_subscriptions.Subscription:
        """Let something else come, at the price that was shown.

        Raises:
            NotFound: there is no such subscription, or it is not yours.
            NotNow: it is cancelled.
            PriceDiffers: one delivery costs something else than was agreed.
            NotSellable, NoPrice, NoTaxRate, ChannelClosed, DeliveryUnknown: why it has no price.
            TendersUnfit, ProviderUnavailable: why it cannot be paid as it is.
        Emits:
            SubscriptionChanged
        """
        return await self._calls.ask(
            _SWAP, {"subscription": subscription}, {"lines": lines, "agreed_minor": agreed_minor}
        )
