"""The shelves: what a shop offers, and each thing on a page of its own."""

from typing import Any
from uuid import UUID

from rynek.channels.storefront import rules
from rynek.channels.storefront.pages.shop import go as lead
from rynek.channels.storefront.pages.shop import inside, read, show, shown, visit
from rynek.commerce import browse
from rynek.kernel import words
from rynek.kernel.door import Call, Response

PAGE = 24


@shown
async def listing(
    call: Call[Any], channel: str, category: str = "", sort: str = "name", after: UUID | None = None
) -> Response:
    """Show what a shop offers, page by page."""
    at = await visit(call, channel)
    asked = await call.ask(
        "commerce.browse.listing", channel=channel, category=category or None, sort=sort, after=after, limit=PAGE
    )
    found: browse.Listing = read(asked, browse.Listing)
    paths = {each.code: each.path for each in at.front.rubrics}
    names = {each.code: each.name for each in at.front.rubrics}
    open_ = rules.branch(paths, category or None)
    way = [(code, names.get(code, code)) for code in paths.get(category, "").split("/") if code]
    return show(
        call, at, "storefront/listing.html", products=found.products, after=found.after, first=after is None,
        category=category, sort=sort, way=way, tree=[each for each in at.front.rubrics if each.code in open_],
    )  # fmt: skip


@shown
async def product(call: Call[Any], channel: str, product: str) -> Response:
    """Show a product with its variants."""
    at = await visit(call, channel)
    found: browse.Detail = read(
        await call.ask("commerce.browse.product", channel=channel, product=product), browse.Detail
    )
    names = {each.code: each.name for each in at.front.rubrics}
    path = found.categories[0].path if found.categories else ""
    way = [(code, names.get(code, code)) for code in path.split("/") if code]
    return show(call, at, "storefront/product.html", product=found, way=way)


async def speak(_call: Call[Any], language: str, back: str = "") -> Response:
    """Choose the language of the shop."""
    known = language in ("en", "pl")
    return lead(inside(back, "/shop/"), (("set-cookie", words.cookie(language)),) if known else ())
