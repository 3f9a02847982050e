"""``rynek bench price``: what 500 active promotions cost a cart of 200 lines.

A fresh shop on an embedded PostgreSQL with 2,000 items, and promotions of every kind. Timed in one process, one cart
after another: all promotions decided for a cart, in memory (``carts_per_s``, ``p99_ms``; ``cpu_…`` is the time of the
processor alone, the truer one where others use the machine too); and a cart priced whole, from what the buyer said to
the total, with its statements to the database (``whole_…``).
"""

import argparse
import gc
import time
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from statistics import quantiles

from rynek.app import App
from rynek.bench.load import line
from rynek.bench.offers import furnish
from rynek.bench.stall import CHANNEL, COURIER, opened
from rynek.commerce import checkout, pricing, promotions
from rynek.kernel.actor import NOBODY

ITEMS, CARTS = 2_000, 64
"""What the shop has, and how many different carts are priced in turn."""


async def main(args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when a cart was not given the same twice, or nothing."""
    many = 500 if args.promotions is None else args.promotions
    async with opened(ITEMS, 0) as stand:
        await furnish(stand.app, stand.stall.skus, many)
        carts = _carts(stand.stall.skus, args.lines)
        whole, first = await _timed(_pricing(stand.app), carts, args.seconds)
        _, second = await _timed(_pricing(stand.app), carts, 0)
        alone, busy = await _alone(stand.app, carts, args.seconds)
    print(f"a cart of {args.lines} lines has {min(first) / 100:.2f} to {max(first) / 100:.2f} off")
    figures = {
        "carts_per_s": len(alone) / sum(alone) * 1_000,
        "p99_ms": f"{_percentile(alone, 99):.2f}",
        "p50_ms": f"{_percentile(alone, 50):.2f}",
        "cpu_p99_ms": f"{_percentile(busy, 99):.2f}",
        "cpu_p50_ms": f"{_percentile(busy, 50):.2f}",
        "whole_per_s": len(whole) / sum(whole) * 1_000,
        "whole_p99_ms": f"{_percentile(whole, 99):.2f}",
        "whole_p50_ms": f"{_percentile(whole, 50):.2f}",
        "promotions": many,
        "lines": args.lines,
    }
    print(line("price", **figures))
    return 0 if first[:CARTS] == second[:CARTS] and min(first) > 0 else 1


def _carts(skus: Sequence[str], lines: int) -> list[checkout.Terms]:
    chance = Random(7)
    return [
        checkout.Terms(
            CHANNEL,
            [checkout.Want(sku, chance.randint(1, 4)) for sku in chance.sample(list(skus), lines)],
            delivery=COURIER,
        )
        for _ in range(CARTS)
    ]


def _pricing(app: App) -> Callable[[checkout.Terms], Awaitable[int]]:
    async def price(terms: checkout.Terms) -> int:
        async with app.database.transaction("commerce", steady=True) as tx:
            priced = await checkout.price_one(tx, terms, "guest", NOBODY)
        return priced.body.priced.discount

    return price


async def _timed(
    act: Callable[[checkout.Terms], Awaitable[int]], carts: list[checkout.Terms], seconds: float
) -> tuple[list[float], list[int]]:
    """Price carts in turn for so long, but each once at least; gives milliseconds and what each had off."""
    for terms in carts[:8]:
        await act(terms)
    took: list[float] = []
    found: list[int] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(found) < len(carts):
        began = time.perf_counter()
        found.append(await act(carts[len(found) % len(carts)]))
        took.append((time.perf_counter() - began) * 1_000)
    return took, found


async def _alone(app: App, carts: list[checkout.Terms], seconds: float) -> tuple[list[float], list[float]]:
    """Decide the promotions of carts in turn, in memory; gives milliseconds, and those of the processor alone."""
    async with app.database.transaction("commerce") as tx:
        programs = await promotions.programs(tx)
        quotes = [
            await pricing.quote(
                tx, pricing.Ask(CHANNEL, "PLN", "PL", [(w.sku, w.quantity) for w in terms.lines], tx.at)
            )
            for terms in carts
        ]
        asked = [
            promotions.Asked(
                CHANNEL, "PLN", "PL", [(e.sku, e.quantity, e.unit, e.gross, e.weight_g) for e in quote.lines], tx.at,
                COURIER, 1_500,
            )
            for quote in quotes
        ]  # fmt: skip
        buying = [each for each, _ in await promotions.baskets(tx, asked, programs)]
    gc.freeze()  # as a server does: what is there from the start is not looked through again and again
    took: list[float] = []
    busy: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(took) < len(buying):
        each = buying[len(took) % len(buying)]
        began, worked = time.perf_counter(), time.process_time()
        promotions.decide_basket(programs, each)
        busy.append((time.process_time() - worked) * 1_000)
        took.append((time.perf_counter() - began) * 1_000)
    return took, busy


def _percentile(milliseconds: list[float], of: int) -> float:
    return quantiles(milliseconds, n=100)[of - 1]
