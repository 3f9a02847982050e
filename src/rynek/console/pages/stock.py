"""Stock: what lies where, why, and where the book is below zero."""

from datetime import datetime
from typing import Any

from rynek.console.pages.shell import show, shown
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, NotFound

FOUND = 50
LEVELS = 100
LEDGER = 40


@shown
async def stock(call: Call[Any], find: str = "") -> Response:
    """Find items by sku, article number or the beginning of their name, with what there is of them."""
    sought = find.strip()
    products = await _products(call, sought) if sought else []
    skus = [each.sku for product in products for each in product.variants][:200]
    totals = {each.sku: each for each in await call.ask("commerce.inventory.totals", skus=skus)} if skus else {}
    rows = [(product, each, totals.get(each.sku)) for product in products for each in product.variants]
    short = await call.ask("commerce.inventory.owing", limit=12)
    return show(call, "console/stock.html", find=sought, rows=rows, short=short, most=FOUND)


async def _products(call: Call[Any], sought: str) -> list[Any]:
    exact: list[Any] = await call.ask("commerce.catalog.find", sku=sought, gtin=sought)
    if exact:
        return exact
    named: list[Any] = await call.ask("commerce.catalog.products", name=sought, limit=FOUND)
    return named


@shown
async def item(call: Call[Any], sku: str, after: str = "", before: datetime | None = None, at: str = "") -> Response:
    """Show what there is of an item, where, and the ledger that says why."""
    levels = await call.ask("commerce.inventory.levels", skus=[sku], after=after, location=at, limit=LEVELS + 1)
    totals = await call.ask("commerce.inventory.totals", skus=[sku])
    entries = await call.ask("commerce.inventory.ledger", sku=sku, location=at, before=before, limit=LEDGER)
    product = await _named(call, sku)
    if product is None and not totals:
        raise NotFound(f"there is no item {sku}")
    return show(
        call, "console/item.html", sku=sku, product=product, total=totals[0] if totals else None,
        levels=levels[:LEVELS], more=f"{sku}@{levels[LEVELS - 1].location}" if len(levels) > LEVELS else "",
        entries=entries, older=entries[-1].at if len(entries) == LEDGER else None, at=at, after=after, before=before,
    )  # fmt: skip


async def _named(call: Call[Any], sku: str) -> Any:
    try:
        found = await call.ask("commerce.catalog.find", sku=sku)
    except Fault:
        return None
    return found[0] if found else None


@shown
async def owing(call: Call[Any], at: str = "") -> Response:
    """List every level below zero: stores that sold what their book did not show, and should count."""
    short = await call.ask("commerce.inventory.owing", location=at.strip().upper(), limit=500)
    return show(call, "console/owing.html", short=short, at=at.strip().upper())
