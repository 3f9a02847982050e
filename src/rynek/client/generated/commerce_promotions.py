"""Promotions: what buyers get on top of prices, decided by rules that are data, and why.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import msgspec
import rynek.commerce.catalog.model as commerce_catalog
import rynek.commerce.promotions.language as commerce_promotions_language
import rynek.commerce.promotions.model as commerce_promotions
import uuid
from rynek.client.calls import Calls, Route

_BATCHES = Route[list[commerce_promotions.Batch]](
    "GET", "/promotions/{promotion}/batches", list[commerce_promotions.Batch]
)
_CODES = Route[list[commerce_promotions.CouponKept]]("GET", "/promotions/coupons", list[commerce_promotions.CouponKept])
_COUPONS = Route[list[commerce_promotions.CouponKept]](
    "GET", "/promotions/{promotion}/coupons", list[commerce_promotions.CouponKept]
)
_LANES = Route[list[commerce_promotions_language.Lane]](
    "GET", "/promotions/lanes", list[commerce_promotions_language.Lane]
)
_MAKE_COUPONS = Route[commerce_promotions.Batch]("POST", "/promotions/{promotion}/batches", commerce_promotions.Batch)
_MEMBERS = Route[list[commerce_promotions.Membership]](
    "GET", "/promotions/segments", list[commerce_promotions.Membership]
)
_ON_SHELF = Route[list[commerce_promotions.OnShelf]](
    "GET", "/promotions/shelf/{sku}", list[commerce_promotions.OnShelf]
)
_PROMOTION = Route[commerce_promotions.Kept]("GET", "/promotions/{promotion}", commerce_promotions.Kept)
_PROMOTIONS = Route[list[commerce_promotions.Kept]]("GET", "/promotions", list[commerce_promotions.Kept])
_PUT_COUPONS = Route[commerce_catalog.Taken]("PUT", "/promotions/coupons", commerce_catalog.Taken)
_PUT_LANES = Route[commerce_catalog.Taken]("PUT", "/promotions/lanes", commerce_catalog.Taken)
_PUT_MEMBERS = Route[int]("PUT", "/promotions/segments", int)
_PUT_PROMOTIONS = Route[commerce_catalog.Taken]("PUT", "/promotions", commerce_catalog.Taken)
_SHELF_AMISS = Route[commerce_promotions.Amiss]("GET", "/promotions/shelf-amiss", commerce_promotions.Amiss)
_TRYOUT = Route[commerce_promotions.Tryout]("POST", "/promotions/tryout", commerce_promotions.Tryout)
_USES = Route[list[commerce_promotions.Used]]("GET", "/promotions/{promotion}/uses", list[commerce_promotions.Used])
_VERSIONS = Route[list[commerce_promotions.Version]](
    "GET", "/promotions/{promotion}/versions", list[commerce_promotions.Version]
)


class CommercePromotions:
    """Promotions: what buyers get on top of prices, decided by rules that are data, and why."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def batches(self, promotion: str) -> list[commerce_promotions.Batch]:
        """List the batches of codes of a promotion, the newest first, with how many of each are made."""
        return await self._calls.ask(_BATCHES, {"promotion": promotion}, None)

    async def codes(
        self,
        coupons: list[str] | msgspec.UnsetType = msgspec.UNSET,
        promotion: str | None = None,
        after: str = "",
        limit: int = 500,
    ) -> list[commerce_promotions.CouponKept]:
        """List codes of all promotions or of one: these, or all on from the code ``after``.

        Args:
            coupons: in any case; none for all.
        """
        return await self._calls.ask(
            _CODES, {}, {"coupons": coupons, "promotion": promotion, "after": after, "limit": limit}
        )

    async def coupons(
        self, promotion: str, batch: uuid.UUID | None = None, after: str = "", limit: int = 500
    ) -> list[commerce_promotions.CouponKept]:
        """List the codes of a promotion, or of one batch of it; go on with the last code as ``after``."""
        return await self._calls.ask(
            _COUPONS, {"promotion": promotion}, {"batch": batch, "after": after, "limit": limit}
        )

    async def lanes(self) -> list[commerce_promotions_language.Lane]:
        """List the lanes in which promotions count, the first first."""
        return await self._calls.ask(_LANES, {}, None)

    async def make_coupons(
        self, promotion: str, size: int, prefix: str = "", uses: int = 1, until_at: datetime.datetime | None = None
    ) -> commerce_promotions.Batch:
        """Order a batch of codes that nobody can guess; they are made in the background, look at ``batches`` for how far.

        Args:
            prefix: what each begins with.
            uses: how often each counts.

        Raises:
            UnknownPromotion: there is none of this code.
            Invalid: the promotion is not had by code, or the end has no time zone.
        """
        return await self._calls.ask(
            _MAKE_COUPONS,
            {"promotion": promotion},
            {"size": size, "prefix": prefix, "uses": uses, "until_at": until_at},
        )

    async def members(
        self,
        customers: list[uuid.UUID] | msgspec.UnsetType = msgspec.UNSET,
        segment: str | None = None,
        after: uuid.UUID | None = None,
        limit: int = 200,
    ) -> list[commerce_promotions.Membership]:
        """List who is in which segments: these customers, or all there are on from the customer ``after``.

        Args:
            customers: none for all.
            segment: only this one.
            limit: of how many customers.
        """
        return await self._calls.ask(
            _MEMBERS, {}, {"customers": customers, "segment": segment, "after": after, "limit": limit}
        )

    async def on_shelf(self, sku: str) -> list[commerce_promotions.OnShelf]:
        """Tell which prices promotions make of an item's on the shelf, now and to come, and which promotions."""
        return await self._calls.ask(_ON_SHELF, {"sku": sku}, None)

    async def promotion(self, promotion: str) -> commerce_promotions.Kept:
        """Look a promotion up.

        Raises:
            UnknownPromotion: there is none of this code.
        """
        return await self._calls.ask(_PROMOTION, {"promotion": promotion}, None)

    async def promotions(
        self,
        after: str = "",
        state: str | None = None,
        codes: list[str] | msgspec.UnsetType = msgspec.UNSET,
        limit: int = 200,
    ) -> list[commerce_promotions.Kept]:
        """List promotions by code, with how far each was used; go on with the last code as ``after``.

        Args:
            codes: only these; none for all.
        """
        return await self._calls.ask(_PROMOTIONS, {}, {"after": after, "state": state, "codes": codes, "limit": limit})

    async def put_coupons(self, coupons: list[commerce_promotions.Coupon]) -> commerce_catalog.Taken:
        """Make codes by which promotions are had, or change for whom and how often they count."""
        return await self._calls.ask(_PUT_COUPONS, {}, {"coupons": coupons})

    async def put_lanes(self, lanes: list[commerce_promotions_language.Lane]) -> commerce_catalog.Taken:
        """Make lanes, or change their order and how promotions meet in them.

        Emits:
            LaneChanged for each that is new or different.
        """
        return await self._calls.ask(_PUT_LANES, {}, {"lanes": lanes})

    async def put_members(self, members: list[commerce_promotions.Membership]) -> int:
        """Let customers into segments, or out of them; gives how many memberships changed.

        Raises:
            Invalid: a customer is named twice for a segment.
        """
        return await self._calls.ask(_PUT_MEMBERS, {}, {"members": members})

    async def put_promotions(self, promotions: list[commerce_promotions_language.Promotion]) -> commerce_catalog.Taken:
        """Make promotions, or change what they say; every version is kept. Those that are active count from now on.

        Emits:
            PromotionChanged for each that is new or different.
        """
        return await self._calls.ask(_PUT_PROMOTIONS, {}, {"promotions": promotions})

    async def shelf_amiss(self, after: str = "", limit: int = 500) -> commerce_promotions.Amiss:
        """Look through items, and tell which of their prices on the shelf are not what the rules say.

        What has changed only just may be among them, for the shelf follows the news.
        """
        return await self._calls.ask(_SHELF_AMISS, {}, {"after": after, "limit": limit})

    async def tryout(self, trial: commerce_promotions.Trial) -> commerce_promotions.Tryout:
        """Try a promotion on a basket before it counts: what the basket comes to without it and with it.

        It is tried as if it were active and its codes were typed in; its limits are as if it were new.

        Raises:
            UnknownChannel: there is none of this code.
            NotSellable: something is not sold there.
            NoPrice: something has no price there.
            NoTaxRate: the VAT of something is not known.
            Invalid: the promotion cannot be taken, or it is one of the shelf.
        """
        return await self._calls.ask(_TRYOUT, {}, trial)

    async def uses(
        self, promotion: str, before: uuid.UUID | None = None, limit: int = 100
    ) -> list[commerce_promotions.Used]:
        """List the orders that had a promotion, the newest first; go on with the last order as ``before``."""
        return await self._calls.ask(_USES, {"promotion": promotion}, {"before": before, "limit": limit})

    async def versions(self, promotion: str) -> list[commerce_promotions.Version]:
        """Tell what a promotion ever said, and who said it, the newest first."""
        return await self._calls.ask(_VERSIONS, {"promotion": promotion}, None)
