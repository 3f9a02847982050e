"""The retailer moves in: its shops, articles, customers and stock, through the same operations as anybody's."""

import itertools
import tomllib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from hashlib import blake2b
from importlib.resources import files
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from rynek.app import App
from rynek.demo.articles import Article, Category
from rynek.demo.dataset import CURRENCY, Year
from rynek.demo.polish import polish
from rynek.kernel import ids
from rynek.kernel.actor import Actor

CHANNEL = "WEB-US"
WAREHOUSE = "WH-1"
IMPORT = Actor("workload", ids.new(), roles=frozenset({"import"}), name="demo")
_OFFERED = frozenset({"goods", "weighed"})
_LOCKERS = (
    ("Fountain Square", "520 Vine Street", "45202", 39.1018, -84.5125),
    ("Findlay Market", "1801 Race Street", "45202", 39.1153, -84.5190),
    ("Hyde Park Square", "2700 Erie Avenue", "45208", 39.1396, -84.4432),
    ("Northside", "4100 Hamilton Avenue", "45223", 39.1640, -84.5403),
)
_RATES = {
    "food": 0, "prepared": 600, "alcohol": 900, "tobacco": 900, "fuel": 0, "medicine": 0, "print": 600, "none": 0,
    "standard": 600,
}  # fmt: skip
"""Rates of sales tax, in 1/100 %: made up, as the data set says nothing of tax."""
_MORE = 5
"""What a shop has on its shelf beyond what it is going to sell in the year."""

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much of it is done and how much there is."""


def chunks(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut into lists of at most ``size``."""
    rest = iter(things)
    return iter(lambda: list(itertools.islice(rest, size)), [])


def code(path: str) -> str:
    """Make a category's key of its path: short enough, and nobody else's."""
    flat = path.replace("/", "-")
    return flat if len(flat) <= 60 else f"{flat[:49]}-{blake2b(path.encode(), digest_size=5).hexdigest()}"


def read(name: str) -> dict[str, Any]:
    """Read one of the demo's tables."""
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))


def _known(*words: str) -> UUID:
    """Give what is set by the demo the same id each time: it is there once however often it is set."""
    return uuid5(NAMESPACE_URL, "rynek:demo:" + "|".join(words))


class Move:
    """A move into an empty house, step by step; every step may be done again and changes nothing then."""

    def __init__(self, app: App, year: Year, progress: Progress) -> None:
        self.app = app
        self.year = year
        self.progress = progress
        self.refused: list[str] = []
        """Rows that were not taken: file, line and reason. The others are in."""

    def ask(self, operation: str, **values: Any) -> Awaitable[Any]:
        """Ask an operation as the import."""
        return self.app.door.ask(IMPORT, operation, **values)

    async def open(self) -> None:
        """Make the channels, shops, taxes, lists, delivery: what has to be there before anything is sold."""
        channels = [
            {"code": CHANNEL, "name": "Web shop", "kind": "web", "currency": CURRENCY, "country": "US", "locale": "en"},
            {"code": "POS-US", "name": "Tills", "kind": "pos", "currency": CURRENCY, "country": "US", "locale": "en"},
        ]
        await self.ask("commerce.catalog.put_channels", channels=channels)
        rates = [
            {"country": "US", "category": name, "rate_bp": rate, "label": f"{rate / 100:g}%"}
            for name, rate in _RATES.items()
        ]
        await self.ask("commerce.pricing.put_tax_rates", rates=rates)
        await self.ask("commerce.pricing.put_lists", lists=[{"code": "RETAIL", "name": "Retail", "currency": CURRENCY}])
        shops = [{"code": s.code, "name": s.name, "kind": "store", "country": "US"} for s in self.year.stores]
        central = {"code": WAREHOUSE, "name": "Central warehouse", "kind": "warehouse", "country": "US"}
        await self.ask("commerce.inventory.put_locations", locations=[central, *shops])
        await self.ask("commerce.inventory.put_routes", channel=CHANNEL, routes=[{"location": WAREHOUSE}])
        await self._delivery()
        await self._documents()

    async def _documents(self) -> None:
        """Say who sells, and by what the web shop's documents are numbered."""
        seller = {
            "code": "RYNEK", "name": "Rynek", "street": "1 Market Square", "city": "Cincinnati", "postcode": "45202",
            "country": "US", "currency": CURRENCY, "timezone": "America/New_York",
        }  # fmt: skip
        kinds = (
            ("OC", "confirmation", "everybody"), ("INV", "invoice", "asked"), ("CN", "correction", "nobody"),
            ("ADV", "advance", "nobody"), ("FIN", "final", "nobody"), ("SC", "receipt", "everybody"),
            ("DN", "delivery-note", "everybody"), ("RS", "return-slip", "everybody"),
        )  # fmt: skip
        series = [
            {"code": key, "kind": kind, "seller": "RYNEK", "pattern": f"{key}-{{year}}-{{number:5}}", "given": given,
             "channels": [CHANNEL], "language": "en"}
            for key, kind, given in kinds
        ]  # fmt: skip
        await self.ask("commerce.documents.put_sellers", sellers=[seller])
        await self.ask("commerce.documents.put_series", series=series)

    async def _delivery(self) -> None:
        ways = [
            ("courier", "Courier", "home", "DELIVERY-COURIER", 599),
            ("locker", "Parcel locker", "locker", "DELIVERY-LOCKER", 399),
        ]
        products = [
            {"code": sku, "name": name, "variants": [{"sku": sku, "tax_category": "standard"}]}
            for _, name, _, sku, _ in ways
        ]
        prices = [{"list": "RETAIL", "sku": sku, "minor": minor} for *_, sku, minor in ways]
        options = [{"code": way, "name": name, "kind": kind, "sku": sku} for way, name, kind, sku, _ in ways]
        await self.ask("commerce.catalog.put_products", products=products)
        published = [{"product": each["code"], "channel": CHANNEL} for each in products]
        await self.ask("commerce.catalog.publish", publications=published)
        await self.ask("commerce.pricing.put_prices", prices=prices)
        await self.ask("commerce.checkout.put_delivery", channel=CHANNEL, options=options)
        await self._lockers()

    async def _lockers(self) -> None:
        """Put up the lockers of the shop's own van, in the squares of its city."""
        van = {
            "name": "Our van",
            "zones": [{"name": "Home", "country": "US", "prices": [{"up_to_g": 30_000, "minor": 399}]}],
        }
        await self.ask("commerce.shipping.put_carrier", code="own-van", **van)
        lockers = [
            {"code": f"CVG{n:02d}", "name": name, "street": street, "postcode": postcode, "city": "Cincinnati",
             "country": "US", "latitude": latitude, "longitude": longitude, "hours": "24/7"}
            for n, (name, street, postcode, latitude, longitude) in enumerate(_LOCKERS, 1)
        ]  # fmt: skip
        await self.ask("commerce.shipping.put_points", carrier="own-van", points=lockers)

    async def catalogue(self, limit: int | None = None, skus: AbstractSet[str] | None = None) -> None:
        """Bring categories, brands and articles, what sells best first, with prices and stock for the web shop.

        Args:
            skus: of these alone; None: of all.
        """
        await self._categories(self.year.categories)
        lines = {article.sku: line for line, article in enumerate(self.year.articles, 1)}
        offered = [each for each in self.year.articles if skus is None or each.sku in skus]
        everything = sorted(offered, key=lambda article: -article.sold)[:limit]
        brands = {article.brand for article in everything if article.brand}
        for some in chunks(sorted(brands), 1_000):
            await self.ask(
                "commerce.catalog.put_brands", brands=[{"code": brand_code(name), "name": name} for name in some]
            )
        done = 0
        for articles in chunks(everything, 500):
            await self._articles(articles, lines)
            done += len(articles)
            self.progress("articles", done, len(everything))

    async def _categories(self, categories: Sequence[Category]) -> None:
        rows = [
            {
                "code": code(each.code),
                "name": each.name,
                "parent": code(each.parent) if each.parent else None,
                "position": n,
            }
            for n, each in enumerate(categories)
        ]
        for some in chunks(rows, 1_000):
            await self.ask("commerce.catalog.put_categories", categories=some)

    async def _articles(self, articles: Sequence[Article], lines: dict[str, int]) -> None:
        taken = await self.ask("commerce.catalog.put_products", products=[product_of(each) for each in articles])
        wrong = {each.row for each in taken.refused}
        for each in taken.refused:
            self.refused.append(f"products.parquet, line {lines[articles[each.row].sku]}: {each.key}: {each.reason}")
        articles = [each for row, each in enumerate(articles) if row not in wrong]
        offered = [each for each in articles if each.nature in _OFFERED and each.price > 0]
        priced = [{"list": "RETAIL", "sku": each.sku, "minor": each.price} for each in articles if each.price > 0]
        await self.ask("commerce.pricing.put_prices", prices=priced)
        if offered:
            published = [{"product": each.sku, "channel": CHANNEL} for each in offered]
            await self.ask("commerce.catalog.publish", publications=published)
            units = [{"sku": each.sku, "units": 100 + each.sold} for each in offered]
            reference = f"opening {offered[0].sku}"
            await self.ask("commerce.inventory.receive", location=WAREHOUSE, reference=reference, lines=units)

    async def searching(self) -> None:
        """Set synonyms and a few rules of merchandising, so that searching has them and the console shows them."""
        given = read("synonyms.toml")
        synonyms = [
            {"id": _known(*words), "language": language, "words": words, "one_way": way == "one_way"}
            for language, ways in given.items()
            for way, lines in ways.items()
            for words in lines
        ]
        await self.ask("commerce.search.put_synonyms", synonyms=synonyms)
        for rule in read("merchandise.toml")["rule"]:
            target = await self._target(rule["act"], *rule["target"].split(":", 1))
            if target is not None:
                await self.ask("commerce.search.put_rule", rule=rule | {"id": _known(rule["name"]), "target": target})

    async def _target(self, act: str, kind: str, name: str) -> str | None:
        """Say what a rule is about as the shop knows it; None where the shop has no such article."""
        if kind == "product":
            found = await self.ask("commerce.catalog.find", sku=name)
            return f"product:{found[0].id}" if found else None
        key = brand_code(name) if kind == "brand" else code(name)
        return f"/shop/{CHANNEL}?category={key}" if act == "redirect" else f"{kind}:{key}"

    async def customers(self) -> None:
        """Bring the households that have a card."""
        rows = [{"id": each.id, "name": each.name, "email": each.email} for each in self.year.households]
        for some in chunks(rows, 1_000):
            await self.ask("security.bring_in", customers=some)

    async def stock(self, baskets: int | None = None) -> None:
        """Fill the shops' shelves with what they are going to sell in this stretch of the year, and a little more."""
        moves = list(self.year.moved(baskets))
        done = 0
        for shop, mine in itertools.groupby(moves, key=lambda move: move.store):
            for number, some in enumerate(chunks(mine, 1_000)):
                lines = [{"sku": move.sku, "units": max(move.units, 0) + _MORE} for move in some]
                await self.ask("commerce.inventory.receive", location=shop, reference=f"opening {number}", lines=lines)
                done += len(some)
            self.progress("shelves", done, len(moves))


def brand_code(name: str) -> str:
    """Make a brand's key of its name."""
    return code("".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower()).strip("-"))


def product_of(article: Article) -> dict[str, Any]:
    """Write an article as the catalogue takes it."""
    variant: dict[str, Any] = {"sku": article.sku, "tax_category": article.tax}
    product: dict[str, Any] = {
        "code": article.sku, "name": article.name, "slug": article.slug, "categories": [code(article.category)],
        "variants": [variant],
    }  # fmt: skip
    if called := polish(article):
        product["translations"] = {"pl": {"name": called}}
    return product | ({"brand": brand_code(article.brand)} if article.brand else {})
