"""The shelves: what a shop offers, and each thing on a page of its own."""

from typing import Any
from uuid import UUID

from rynek.channels.storefront import rules
from rynek.channels.storefront.pages.finding import Asked, look, shelf, tell
from rynek.channels.storefront.pages.shop import Visit, inside, read, show, shown, visit
from rynek.channels.storefront.pages.shop import go as lead
from rynek.commerce import browse
from rynek.commerce.search import SearchNotReady
from rynek.kernel import words
from rynek.kernel.door import Call, Response

PAGE = 24


class Shelf(Asked, frozen=True, kw_only=True):
    """What the address of a shelf asks for: ``sort`` and ``after`` where it is shown without the search engine."""

    sort: str = "name"
    after: UUID | None = None


@shown
async def listing(call: Call[Any], channel: str, asked: Shelf) -> Response:
    """Show what a shop offers, page by page; without facets while the index is being built."""
    at = await visit(call, channel)
    if asked.category and asked.category not in {each.code for each in at.front.rubrics}:
        return await _plain(call, at, asked)
    if asked.after is None:
        try:
            found = await look(call, at, asked)
        except SearchNotReady:
            return await _plain(call, at, asked)
        return shelf(call, at, asked, found, at.home)
    return await _plain(call, at, asked)


async def _plain(call: Call[Any], at: Visit, asked: Shelf) -> Response:
    category, sort, after = asked.category, asked.sort, asked.after
    answer = await call.ask(
        "commerce.browse.listing", channel=at.front.code, category=category or None, sort=sort, after=after, limit=PAGE
    )
    found: browse.Listing = read(answer, browse.Listing)
    paths = {each.code: each.path for each in at.front.rubrics}
    names = {each.code: each.name for each in at.front.rubrics}
    open_ = rules.branch(paths, category or None)
    way = [(code, names.get(code, code)) for code in paths.get(category, "").split("/") if code]
    return show(
        call, at, "storefront/listing.html", products=found.products, after=found.after, first=after is None,
        category=category, sort=sort, way=way, tree=[each for each in at.front.rubrics if each.code in open_],
    )  # fmt: skip


@shown
async def product(
    call: Call[Any], channel: str, product: str, search: UUID | None = None, q: str = "", place: int | None = None
) -> Response:  # fmt: skip
    """Show a product with its variants; whoever found it by words says so by the address."""
    at = await visit(call, channel)
    await tell(call, channel, search, q, place)
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
