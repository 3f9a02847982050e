"""The catalogue: what there is to sell, how it is sorted, and in which channels it is offered.

Made by ``make client`` from the registry; do not edit.
"""

import msgspec
import rynek.commerce.catalog.model as commerce_catalog
import uuid
from rynek.client.calls import Calls, Route

_ARCHIVE = Route[None]("DELETE", "/catalog/products/{product}", None)
_ATTRIBUTES = Route[list[commerce_catalog.Attribute]]("GET", "/catalog/attributes", list[commerce_catalog.Attribute])
_BRANDS = Route[list[commerce_catalog.Brand]]("GET", "/catalog/brands", list[commerce_catalog.Brand])
_BUNDLE = Route[list[commerce_catalog.Component]]("GET", "/catalog/bundles/{sku}", list[commerce_catalog.Component])
_BUNDLES = Route[list[commerce_catalog.Bundle]]("GET", "/catalog/bundles", list[commerce_catalog.Bundle])
_CATEGORIES = Route[list[commerce_catalog.Shelf]]("GET", "/catalog/categories", list[commerce_catalog.Shelf])
_CHANNELS = Route[list[commerce_catalog.Channel]]("GET", "/catalog/channels", list[commerce_catalog.Channel])
_DEPICT = Route[None]("POST", "/catalog/products/{product}/media", None)
_FIND = Route[list[commerce_catalog.Entry]]("GET", "/catalog/find", list[commerce_catalog.Entry])
_LISTING = Route[list[commerce_catalog.Entry]]("GET", "/catalog/listing", list[commerce_catalog.Entry])
_PRODUCT = Route[commerce_catalog.Entry]("GET", "/catalog/products/{product}", commerce_catalog.Entry)
_PRODUCTS = Route[list[commerce_catalog.Entry]]("GET", "/catalog/products", list[commerce_catalog.Entry])
_PUBLICATIONS = Route[list[commerce_catalog.Publication]](
    "GET", "/catalog/products/{product}/publications", list[commerce_catalog.Publication]
)
_PUBLISH = Route[commerce_catalog.Taken]("PUT", "/catalog/publications", commerce_catalog.Taken)
_PUBLISHED = Route[list[commerce_catalog.Publication]](
    "GET", "/catalog/publications", list[commerce_catalog.Publication]
)
_PUT_ATTRIBUTES = Route[commerce_catalog.Taken]("PUT", "/catalog/attributes", commerce_catalog.Taken)
_PUT_BRANDS = Route[commerce_catalog.Taken]("PUT", "/catalog/brands", commerce_catalog.Taken)
_PUT_BUNDLES = Route[commerce_catalog.Taken]("PUT", "/catalog/bundles", commerce_catalog.Taken)
_PUT_CATEGORIES = Route[commerce_catalog.Taken]("PUT", "/catalog/categories", commerce_catalog.Taken)
_PUT_CHANNELS = Route[commerce_catalog.Taken]("PUT", "/catalog/channels", commerce_catalog.Taken)
_PUT_PRODUCTS = Route[commerce_catalog.Taken]("PUT", "/catalog/products", commerce_catalog.Taken)
_UNDEPICT = Route[None]("DELETE", "/catalog/products/{product}/media", None)


class CommerceCatalog:
    """The catalogue: what there is to sell, how it is sorted, and in which channels it is offered."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def archive(self, product: uuid.UUID) -> None:
        """Take a product out of the catalogue; what was sold of it stays as it was.

        Raises:
            UnknownProduct: there is none of this id.
        Emits:
            ProductChanged.
        """
        return await self._calls.ask(_ARCHIVE, {"product": product}, None)

    async def attributes(self) -> list[commerce_catalog.Attribute]:
        """List all attributes."""
        return await self._calls.ask(_ATTRIBUTES, {}, None)

    async def brands(self, after: str = "", limit: int = 100) -> list[commerce_catalog.Brand]:
        """List brands by code, on from the code ``after``."""
        return await self._calls.ask(_BRANDS, {}, {"after": after, "limit": limit})

    async def bundle(self, sku: str) -> list[commerce_catalog.Component]:
        """Tell what a bundle directly holds; nothing for what is no bundle."""
        return await self._calls.ask(_BUNDLE, {"sku": sku}, None)

    async def bundles(
        self, skus: list[str] | msgspec.UnsetType = msgspec.UNSET, after: str = "", limit: int = 200
    ) -> list[commerce_catalog.Bundle]:
        """List bundles with what they directly hold, by sku: these, or all on from the sku ``after``.

        Args:
            skus: none for all.
        """
        return await self._calls.ask(_BUNDLES, {}, {"skus": skus, "after": after, "limit": limit})

    async def categories(self) -> list[commerce_catalog.Shelf]:
        """List the whole tree of categories, each before what is inside it."""
        return await self._calls.ask(_CATEGORIES, {}, None)

    async def channels(self) -> list[commerce_catalog.Channel]:
        """List all channels."""
        return await self._calls.ask(_CHANNELS, {}, None)

    async def depict(self, product: uuid.UUID, picture: commerce_catalog.Media) -> None:
        """Show a picture with a product, before others of a higher ``position``; one that is there is put in its place.

        Raises:
            UnknownProduct: there is none of this id.
            PictureUnfit: there is no such uploaded picture, or the product has 100 already.
        Emits:
            ProductChanged.
        """
        return await self._calls.ask(_DEPICT, {"product": product}, picture)

    async def find(self, sku: str = "", gtin: str = "") -> list[commerce_catalog.Entry]:
        """Find products by sku or by article number, as a scanner reads it."""
        return await self._calls.ask(_FIND, {}, {"sku": sku, "gtin": gtin})

    async def listing(
        self,
        codes: list[str] | msgspec.UnsetType = msgspec.UNSET,
        category: str | None = None,
        brand: str | None = None,
        after: str = "",
        limit: int = 200,
    ) -> list[commerce_catalog.Entry]:
        """List products by code: those of these codes, or all there are on from the code ``after``.

        Args:
            codes: none for all.
            category: only those that stand in it itself.
            brand: only those of this brand.
        """
        return await self._calls.ask(
            _LISTING, {}, {"codes": codes, "category": category, "brand": brand, "after": after, "limit": limit}
        )

    async def product(self, product: uuid.UUID) -> commerce_catalog.Entry:
        """Look a product up, archived or not.

        Raises:
            UnknownProduct: there is none of this id.
        """
        return await self._calls.ask(_PRODUCT, {"product": product}, None)

    async def products(
        self,
        name: str = "",
        category: str | None = None,
        *,
        archived: bool = False,
        after: uuid.UUID | None = None,
        limit: int = 50,
    ) -> list[commerce_catalog.Entry]:
        """List products by name.

        Args:
            name: how their names begin, in any case; not used together with a category.
            category: only those in it or in one inside it.
            after: the last product of the page before.
        """
        return await self._calls.ask(
            _PRODUCTS, {}, {"name": name, "category": category, "archived": archived, "after": after, "limit": limit}
        )

    async def publications(self, product: uuid.UUID) -> list[commerce_catalog.Publication]:
        """Tell where a product is offered, and when."""
        return await self._calls.ask(_PUBLICATIONS, {"product": product}, None)

    async def publish(self, publications: list[commerce_catalog.Publication]) -> commerce_catalog.Taken:
        """Offer products in channels, always or for a period, or take them out.

        Emits:
            PublicationChanged for each that is new or different.
        """
        return await self._calls.ask(_PUBLISH, {}, {"publications": publications})

    async def published(
        self,
        products: list[str] | msgspec.UnsetType = msgspec.UNSET,
        channel: str | None = None,
        after: str = "",
        limit: int = 200,
    ) -> list[commerce_catalog.Publication]:
        """List where products are offered, by code: of these products, or of all on from the code ``after``.

        Args:
            products: codes; none for all.
            limit: of how many products.
        """
        return await self._calls.ask(
            _PUBLISHED, {}, {"products": products, "channel": channel, "after": after, "limit": limit}
        )

    async def put_attributes(self, attributes: list[commerce_catalog.Attribute]) -> commerce_catalog.Taken:
        """Define attributes; the kind of one stays, and its choices can only grow.

        Emits:
            SortingChanged for each that is new or different.
        """
        return await self._calls.ask(_PUT_ATTRIBUTES, {}, {"attributes": attributes})

    async def put_brands(self, brands: list[commerce_catalog.Brand]) -> commerce_catalog.Taken:
        """Add brands or rename them.

        Emits:
            SortingChanged for each that is new or different.
        """
        return await self._calls.ask(_PUT_BRANDS, {}, {"brands": brands})

    async def put_bundles(self, bundles: list[commerce_catalog.Bundle]) -> commerce_catalog.Taken:
        """Say what variants are made up of; bundles may hold bundles, but none itself.

        Emits:
            BundleChanged for each that holds something else than before.
        """
        return await self._calls.ask(_PUT_BUNDLES, {}, {"bundles": bundles})

    async def put_categories(self, categories: list[commerce_catalog.Category]) -> commerce_catalog.Taken:
        """Make categories, rename them or move them with all that is inside.

        Emits:
            SortingChanged for each that is new or different.
        """
        return await self._calls.ask(_PUT_CATEGORIES, {}, {"categories": categories})

    async def put_channels(self, channels: list[commerce_catalog.Channel]) -> commerce_catalog.Taken:
        """Open channels or change them.

        Emits:
            ChannelChanged for each that is new or different.
        """
        return await self._calls.ask(_PUT_CHANNELS, {}, {"channels": channels})

    async def put_products(self, products: list[commerce_catalog.Product]) -> commerce_catalog.Taken:
        """Write products whole: what is new is added, what is there becomes as given.

        A variant that is no longer listed is sold no more, but stays known to those who bought it. An archived product
        that is written again is back.

        Emits:
            ProductChanged for each that is new or different.
        """
        return await self._calls.ask(_PUT_PRODUCTS, {}, {"products": products})

    async def undepict(self, product: uuid.UUID, url: str) -> None:
        """Show a picture no more with a product; nothing where it was not.

        Raises:
            UnknownProduct: there is none of this id.
        Emits:
            ProductChanged.
        """
        return await self._calls.ask(_UNDEPICT, {"product": product}, {"url": url})
