"""Finding in a shop: its search page, and its shelves from the same engine, with what they can be narrowed by."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from msgspec import Meta, Struct, structs

from rynek.channels.storefront.pages.shop import Preview, Visit, ahead, go, read, show, shown
from rynek.commerce import browse, search
from rynek.kernel.door import Call, Response

PAGE = 24
ORDERS = ("relevance", "bestselling", "price", "-price", "name", "newest")
Words = Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=40)]


class Asked(Struct, frozen=True, kw_only=True):
    """What the address of a page asks for; empty fields of a form are nothing asked."""

    q: Annotated[str, Meta(max_length=200)] = ""
    category: Annotated[str, Meta(max_length=60)] = ""
    brand: Words = []
    value: Words = []
    price_from: str = ""
    price_to: str = ""
    available: bool = False
    order: str = ""
    page: int = 1

    def wanted(self, at: Visit) -> dict[str, Any]:
        """Ask the engine for it, in the buyer's language."""
        asked: dict[str, Any] = {
            "q": self.q, "category": self.category or None, "brand": self.brand, "value": self.value,
            "available": self.available, "order": self.order if self.order in ORDERS else self._usual(),
            "page": min(max(self.page, 1), 100), "limit": PAGE,
            "language": at.w.code if at.w.code in ("pl", "en") else None,
        }  # fmt: skip
        bounds = {"price_from": _minor(self.price_from), "price_to": _minor(self.price_to)}
        return asked | {name: minor for name, minor in bounds.items() if minor}

    def _usual(self) -> str:
        return "relevance" if self.q else getattr(self, "sort", "name")

    def address(self, path: str, **other: Any) -> str:
        """Give the address of the same with something else in it; from the first page on, unless that is said."""
        values = {name: getattr(self, name) for name in self.__struct_fields__} | {"page": 1} | other
        usual = {"page": 1, "sort": "name"}
        kept = {name: value for name, value in values.items() if value not in ("", [], False, None, usual.get(name))}
        if kept.get("available"):
            kept["available"] = "true"
        return f"{path}?{urlencode(kept, doseq=True)}" if kept else path


def _minor(text: str) -> int | None:
    """Read an amount as it is typed, in hundredths; None for what is none."""
    try:
        amount = round(float(text.strip().replace(",", ".")) * 100)
    except (ValueError, OverflowError):
        return None
    return amount if 0 < amount <= 10**12 else None


@shown
async def find(call: Call[Any], channel: str, asked: Asked) -> Response:
    """Show what is found, or lead where the shop wants this query to lead."""
    at = await ahead(call, channel)
    found = await look(call, at, asked)
    if found.redirect and asked.page == 1 and found.redirect.startswith(f"{at.home}"):
        return go(found.redirect)
    return shelf(call, at, asked, found, f"{at.home}/search")


async def look(call: Call[Any], at: Visit, asked: Asked) -> search.Found:
    """Ask the engine."""
    answer = await call.ask("commerce.search.find", channel=at.front.code, **asked.wanted(at))
    found: search.Found = read(answer, search.Found)
    return found if at.preview is None else await _then(call, at.front.code, at.preview, found)


async def _then(call: Call[Any], channel: str, then: Preview, found: search.Found) -> search.Found:
    """Show what is found now as it will be: the engine knows words and their order, not the prices to come."""
    asked = [hit.card.id for hit in found.hits]
    answer = await call.ask(
        "commerce.browse.preview_cards", channel=channel, at=then.at, group=then.group, products=asked
    )
    cards = {card.id: card for card in read(answer, list[browse.Card])}
    hits = [structs.replace(hit, card=cards[hit.card.id]) for hit in found.hits if hit.card.id in cards]
    return structs.replace(found, hits=hits)


def shelf(call: Call[Any], at: Visit, asked: Asked, found: search.Found, path: str) -> Response:
    """Show what was found, with what it can be narrowed by."""
    paths = {each.code: each.path for each in at.front.rubrics}
    names = {each.code: each.name for each in at.front.rubrics}
    way = [(code, names.get(code, code)) for code in paths.get(asked.category, "").split("/") if code]
    return show(
        call, at, "storefront/found.html", asked=asked, found=found, path=path, way=way, orders=ORDERS,
        order=asked.wanted(at)["order"], facets={each.code: each for each in found.facets},
        roots=[each for each in at.front.rubrics if "/" not in each.path][:12],
        chosen=lambda hit: _chosen(asked, found, hit), narrowed=bool(
            asked.brand or asked.value or asked.price_from or asked.price_to or asked.available
        ),
    )  # fmt: skip


def _chosen(asked: Asked, found: search.Found, hit: search.Hit) -> str:
    """Write behind a product's address where it was found, so that its page can tell; only where words were asked."""
    if not asked.q.strip():
        return ""
    return "?" + urlencode({"search": found.search, "q": asked.q[:200], "place": hit.place})


async def tell(call: Call[Any], channel: str, search: UUID | None, q: str, place: int | None) -> None:
    """Tell the engine that something it found was chosen."""
    if search is not None and q and place is not None and 1 <= place <= 10_000:
        await call.ask("commerce.search.choose", channel=channel, search=search, query=q[:200], place=place)
