"""The shelves: what a shop offers, and each thing on a page of its own."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from rynek.channels.storefront import rules
from rynek.channels.storefront.pages import coming
from rynek.channels.storefront.pages.finding import Asked, look, shelf, tell
from rynek.channels.storefront.pages.regular import plans_of
from rynek.channels.storefront.pages.shop import Visit, ahead, inside, read, show, shown, visit
from rynek.channels.storefront.pages.shop import go as lead
from rynek.commerce import browse
from rynek.commerce.search import SearchNotReady
from rynek.kernel import clock, words
from rynek.kernel.door import Call, Response

PAGE = 24
GROUP_LETTERS = 60


class Shelf(Asked, frozen=True, kw_only=True):
    """What the address of a shelf asks for: ``sort`` and ``after`` where it is shown without the search engine."""

    sort: str = "name"
    after: UUID | None = None


@shown
async def listing(call: Call[Any], channel: str, asked: Shelf) -> Response:
    """Show what a shop offers, page by page; without facets while the index is being built, and ahead of time."""
    at = await ahead(call, channel)
    if at.preview or (asked.category and asked.category not in {each.code for each in at.front.rubrics}):
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
    wanted = {"channel": at.front.code, "category": category or None, "sort": sort, "after": after, "limit": PAGE}
    if at.preview is None:
        answer = await call.ask("commerce.browse.listing", **wanted)
    else:
        answer = await call.ask("commerce.browse.preview_listing", **wanted, at=at.preview.at, group=at.preview.group)
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
    at = await ahead(call, channel)
    if at.preview is None:
        await tell(call, channel, search, q, place)
        answer = await call.ask("commerce.browse.product", channel=channel, product=product)
    else:
        answer = await call.ask(
            "commerce.browse.preview_product", channel=channel, product=product, at=at.preview.at,
            group=at.preview.group,
        )  # fmt: skip
    found: browse.Detail = read(answer, browse.Detail)
    names = {each.code: each.name for each in at.front.rubrics}
    path = found.categories[0].path if found.categories else ""
    way = [(code, names.get(code, code)) for code in path.split("/") if code]
    plans = [] if at.preview else await plans_of(call, channel)
    return show(call, at, "storefront/product.html", product=found, way=way, plans=plans)


@shown
async def preview(call: Call[Any], channel: str) -> Response:
    """Ask staff when, and as whom, they want to look at the shop."""
    return _asked(call, await ahead(call, channel))


def _asked(call: Call[Any], at: Visit, said: str = "", group: str = "", status: int = 200) -> Response:
    return show(call, at, "storefront/preview.html", status, said=said, group=group, amiss=status != 200)


@shown
async def begin_preview(call: Call[Any], channel: str, at: str = "", group: str = "") -> Response:
    """Look at the shop as it will be, from the next page on; without an instant, as it is again."""
    home = f"/shop/{quote(channel, safe='')}"
    if not at.strip():
        return lead(home, (("set-cookie", coming.preview_cookie(None)),))
    wanted = coming.instant(at)
    if wanted is None or wanted <= clock.now() or len(group.strip()) > GROUP_LETTERS or not group.isprintable():
        return _asked(call, await visit(call, channel), at, group, status=422)
    return lead(home, (("set-cookie", coming.preview_cookie(wanted, group.strip())),))


async def speak(_call: Call[Any], language: str, back: str = "") -> Response:
    """Choose the language of the shop."""
    known = language in ("en", "pl")
    return lead(inside(back, "/shop/"), (("set-cookie", words.cookie(language)),) if known else ())
