"""``rynek bench browse``: how fast a shop of 68,000 products is read, and how soon a change shows.

Two server processes and 32 readers share the machine. Readers ask for pages of 24 products, then for products, each
anywhere in the catalogue with equal chance: harder than shoppers are, who mostly look at the same few. All the while
prices and stock change through the API, a price and a stock ten times a second. Before that the pages are read through,
so that the figures are those of a shop that has been open for a while; ``cold_per_s`` are those of the first reading.

Then single prices and stocks are changed while 32 readers poll: ``stale_ms`` is the longest time from the moment a
change was sent until the last of them saw it, and nobody may see the old again after the new.
"""

import argparse
import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from random import Random
from typing import Any

import msgspec

from rynek.bench.load import Run, Script, drive, line
from rynek.bench.stall import CHANNEL, KEEPER, WAREHOUSE, Stand, engaged, opened
from rynek.bench.wire import Answer, request
from rynek.kernel import ids
from rynek.kernel.actor import SYSTEM

READERS = 32
PRODUCTS = 68_000
PAGE = 24
CHANGES = 20
_MANY = 500
_MINOR = re.compile(rb'"minor":(\d+)')
_AVAILABLE = re.compile(rb'"available":(-?\d+)')
_WORDS = "apple basil cocoa date elder fig ginger honey iris juniper kale lemon mint nutmeg olive pepper rye".split()


async def main(args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when an answer was wrong, old or missing."""
    async with opened(1, 0, workers=2) as stand:
        names = await _fill(stand)
        pages = await _pages(stand)
        token = await engaged(stand.app, "import", "stock")
        reading = partial(drive, stand.server.address)
        first = iter(pages)
        cold = await reading([_once(first) for _ in range(READERS)])
        passes = iter(Random(1).sample(pages * 9, 9 * len(pages)))
        await reading([_once(passes) for _ in range(READERS)])
        changing = asyncio.create_task(_keep_changing(stand.server.address, token, names))
        before = stand.server.usage()
        listing = await reading([_anywhere(pages, Random(n)) for n in range(READERS)], seconds=args.seconds)
        after = stand.server.usage()
        detail = await reading([_anywhere(names, Random(n)) for n in range(READERS)], seconds=args.seconds)
        changing.cancel()
        changes = await changing
        stale_ms, amiss = await _staleness(stand.server.address, token, names)
        amiss += _wrong(cold, listing, detail) + await _compare(stand, names)
        for each in amiss:
            print(f"BROKEN: {each}")
        server_us = (after.cpu_s - before.cpu_s) / max(listing.overall.answers, 1) * 1e6
        print(f"CPU per page: server with database {server_us:.0f} µs, load {listing.cpu_us:.0f} µs; {changes} changes")
        figures = {
            "listing_per_s": listing.per_s,
            "detail_per_s": detail.per_s,
            "p99_ms": max(listing.overall.p99_ms, detail.overall.p99_ms),
            "stale_ms": stale_ms,
            "cold_per_s": cold.per_s,
            "products": PRODUCTS,
        }
        print(line("browse", **figures))
        return 1 if amiss else 0


# --- the shop ---------------------------------------------------------------------------------------------------------


async def _fill(stand: Stand) -> list[str]:
    """Put the catalogue in: 68,000 products in 200 categories with prices and stock; gives their addresses."""
    chance = Random(7)

    async def ask(operation: str, **values: Any) -> None:
        taken = await stand.app.door.ask(KEEPER, f"commerce.{operation}", **values)
        assert not getattr(taken, "refused", None), taken.refused[0]  # noqa: S101 - a bench checks

    categories = [
        {"code": f"c{n}", "name": f"Category {n}", "parent": f"c{n // 10}" if n >= 10 else None} for n in range(200)
    ]
    await ask("catalog.put_categories", categories=categories)
    await ask("catalog.put_brands", brands=[{"code": word, "name": word.title()} for word in _WORDS])
    weight = {"code": "weight", "name": "Weight", "kind": "number", "unit": "g"}
    await ask("catalog.put_attributes", attributes=[weight])
    for begin in range(0, PRODUCTS, _MANY):
        rows = [_product(n, chance) for n in range(begin, begin + _MANY)]
        await ask("catalog.put_products", products=rows)
        await ask("catalog.publish", publications=[{"product": row["code"], "channel": CHANNEL} for row in rows])
        prices = [{"list": "RETAIL-PL", "sku": row["code"], "minor": chance.randrange(99, 99_999)} for row in rows]
        await ask("pricing.put_prices", prices=prices)
        lines = [{"sku": row["code"], "units": 1_000} for row in rows]
        await ask("inventory.receive", location=WAREHOUSE, reference=f"browse {begin}", lines=lines)
    return [f"/browse/{CHANNEL}/products/p-{n}" for n in range(PRODUCTS)]


def _product(n: int, chance: Random) -> dict[str, Any]:
    first, second = chance.choice(_WORDS), chance.choice(_WORDS)
    return {
        "code": f"P{n}",
        "name": f"{first.title()} {second} {n}",
        "description": f"{first.title()} with {second}. " * 6,
        "slug": f"p-{n}",
        "brand": first,
        "categories": [f"c{chance.randrange(10, 200)}"],
        "attributes": {"weight": chance.randrange(10, 2_000)},
        "media": [{"url": f"https://img.example/{n}.jpg", "alt": first}],
        "variants": [{"sku": f"P{n}", "weight_g": chance.randrange(10, 2_000)}],
    }


async def _pages(stand: Stand) -> list[str]:
    """List the addresses of all pages of the whole catalogue by name."""
    async with stand.app.database.transaction("commerce") as tx:
        rows = await tx.rows('select id from commerce.product order by lower(name) collate "C", id')
    first = f"/browse/{CHANNEL}/listing"
    ends = [row[0] for row in rows[PAGE - 1 :: PAGE]]
    return [first, *(f"{first}?after={each}" for each in ends if each != rows[-1][0])]


# --- reading ----------------------------------------------------------------------------------------------------------


def _anywhere(addresses: Sequence[str], chance: Random) -> Script:
    asked = [request("GET", each) for each in chance.sample(addresses, min(len(addresses), 4_000))]
    while True:
        _check((yield chance.choice(asked)))


def _once(addresses: Iterable[str]) -> Script:
    for each in addresses:
        _check((yield request("GET", each)))


def _check(answer: Answer) -> None:
    if answer.status and (answer.status != 200 or not _AVAILABLE.search(answer.body)):
        raise AssertionError(f"{answer.status}: {answer.body[:300]!r}")


def _wrong(*runs: Run) -> list[str]:
    return [f"statuses {run.statuses}, errors {run.errors}" for run in runs if set(run.statuses) != {200} or run.errors]


# --- changing ---------------------------------------------------------------------------------------------------------


def _price(token: str, sku: str, minor: int) -> bytes:
    body = msgspec.json.encode({"prices": [{"list": "RETAIL-PL", "sku": sku, "minor": minor}]})
    return request("PUT", "/pricing/prices", body, {"authorization": f"Bearer {token}"})


def _stock(token: str, sku: str, units: int) -> bytes:
    lines = [{"sku": sku, "units": units}]
    body = msgspec.json.encode({"location": WAREHOUSE, "reference": ids.new().hex, "lines": lines})
    return request("POST", "/inventory/receipts", body, {"authorization": f"Bearer {token}"})


async def _keep_changing(address: str, token: str, names: Sequence[str]) -> int:
    """Change a price and a stock ten times a second until cancelled; gives how many changes there were."""
    changes = 0
    chance = Random(3)

    def writer() -> Script:
        nonlocal changes
        while True:
            sku = f"P{chance.randrange(len(names) // 2, len(names))}"
            for change in (_price(token, sku, chance.randrange(99, 99_999)), _stock(token, sku, 1)):
                answer = yield change
                _check_changed(answer)
                changes += 1
            yield 0.1

    try:
        await drive(address, [writer()])
    except asyncio.CancelledError:
        return changes
    return changes


def _check_changed(answer: Answer) -> None:
    if answer.status not in {200, 204} or b'"refused":[{' in answer.body:
        raise AssertionError(f"a change was refused: {answer.status} {answer.body[:300]!r}")


async def _staleness(address: str, token: str, names: Sequence[str]) -> tuple[float, list[str]]:
    """Change prices and stocks one by one, each seen by all readers; gives the longest wait in milliseconds."""
    worst, amiss = 0.0, []
    for n in range(CHANGES):
        sku, kind = f"P{n}", "price" if n % 2 else "stock"
        change = _price(token, sku, 100_000 + n) if kind == "price" else _stock(token, sku, 7_000)
        pattern, wanted = (_MINOR, 100_000 + n) if kind == "price" else (_AVAILABLE, 8_000)
        seen, faults = await _seen(address, names[n], change, partial(_shows, pattern, wanted))
        worst = max(worst, *seen)
        amiss += [f"{kind} of {sku}: {fault}" for fault in faults]
    return worst * 1_000, amiss


def _shows(pattern: re.Pattern[bytes], wanted: int, body: bytes) -> bool:
    found = pattern.search(body)
    return found is not None and int(found[1]) == wanted


async def _seen(
    address: str, name: str, change: bytes, shows: Callable[[bytes], bool]
) -> tuple[list[float], list[str]]:
    """Send a change while readers poll; gives for each of them after how many seconds it saw the new."""
    sent: list[float] = []
    seen: list[float] = []
    faults: list[str] = []

    def writer() -> Script:
        yield 0.05
        sent.append(time.perf_counter())
        _check_changed((yield change))

    def reader() -> Script:
        while not sent or time.perf_counter() - sent[0] < 5:
            answer = yield request("GET", name)
            if shows(answer.body):
                seen.append(time.perf_counter() - sent[0])
                break
            yield 0.005
        else:
            faults.append("never seen by a reader")
            seen.append(5.0)
        for _ in range(20):
            answer = yield request("GET", name)
            if not shows(answer.body):
                faults.append("the old was seen after the new")
            yield 0.005

    await drive(address, [writer(), *(reader() for _ in range(READERS))])
    return seen, faults


async def _compare(stand: Stand, names: Sequence[str]) -> list[str]:
    """Compare what is shown of some products, changed and unchanged, with what the database holds."""
    await asyncio.sleep(1)
    picked = [*range(CHANGES), *Random(5).sample(range(len(names)), 400)]
    async with stand.app.database.transaction("commerce", SYSTEM) as tx:
        rows = await tx.rows(
            "select p.sku, p.minor, l.on_hand - l.held from commerce.price as p join commerce.level as l using (sku)"
            " where p.sku = any($1)",
            [f"P{n}" for n in picked],
        )
    held = {sku: (minor, units) for sku, minor, units in rows}
    amiss = []

    def reader() -> Script:
        for n in picked:
            answer = yield request("GET", names[n])
            item = msgspec.json.decode(answer.body)["items"][0]
            if (item["price"]["minor"], item["available"]) != held[f"P{n}"]:
                amiss.append(f"P{n} shows {item['price']['minor']} and {item['available']}, not {held[f'P{n}']}")

    await drive(stand.server.address, [reader() for _ in range(4)])
    return amiss
