"""The lowest price of 30 days stays exactly right, however often prices move by themselves."""

import random
import time
from datetime import datetime, timedelta

import pytest

from rynek.app import App
from rynek.commerce import pricing
from rynek.commerce.pricing import Price, Question
from tests.commerce.repricing.test_actions import AT, DAY, HOUR, Shop, shop

__all__ = ["shop"]
BEGIN = AT - 60 * DAY
MOVE = {"by": "time", "since": "08:00", "until": "20:00", "change_bp": -900}


Seen = list[tuple[datetime, int]]
"""From when on buyers were asked how much."""


def expected(asked: Seen) -> tuple[int | None, int | None]:
    """Reckon from what buyers were asked the price before a reduction and the lowest of the 30 days before it."""
    if len(asked) < 2 or asked[-1][1] >= asked[-2][1]:
        return None, None
    since = asked[-1][0]
    ends = [begun for begun, _ in asked[1:]]
    window = [minor for (_, minor), end in zip(asked, ends, strict=False) if end > since - 30 * DAY]
    return asked[-2][1], min(window)


async def note(place: Shop, sku: str, at: datetime, asked: Seen) -> None:
    now = await place.price(sku, at)
    if now != asked[-1][1]:
        asked.append((at, now))


@pytest.mark.parametrize("seed", range(3))
async def test_the_lowest_of_30_days_is_what_buyers_were_asked(world: App, seed: int) -> None:
    """Sixty days of moves, a list price that people change, a week's campaign, and a day with the switch off.

    What buyers were asked is noted as it happens, by quotes, and the lowest before a reduction is reckoned from that.
    """
    chance = random.Random(seed)
    place = Shop(world)
    [sku] = await place.items(cost=30_00)
    pace = {"cool_down_minutes": 60, "turn_minutes": 60, "day_bp": 9_000, "below_bp": 5_000}
    await place.rule(MOVE, rails=pace, at=BEGIN - DAY)
    await place.on(at=BEGIN - DAY)
    sale = BEGIN + chance.randrange(10, 45) * DAY
    week = Price(list="SALE", sku=sku, minor=chance.randrange(70_00, 99_00), from_at=sale, until_at=sale + 7 * DAY)
    await place.put(pricing.put_prices, week, at=BEGIN)
    off = BEGIN + chance.randrange(5, 55) * DAY
    asked: Seen = [(BEGIN, 100_00)]
    at, moves, reduced, is_on = BEGIN, 0, 0, True
    while at < AT:
        at += timedelta(minutes=chance.randrange(30, 300))
        for edge in (sale, sale + 7 * DAY):
            if asked[-1][0] < edge < at:
                await note(place, sku, edge, asked)
        if is_on == (off <= at < off + DAY):
            is_on = not is_on
            await place.on(on=is_on, at=at)
        elif chance.random() < 0.03:
            changed = Price(list="RETAIL", sku=sku, minor=chance.randrange(80_00, 120_00))
            await place.put(pricing.put_prices, changed, at=at)
        elif is_on:
            moves += (await place.look([sku], at)).moved
        await note(place, sku, at, asked)
        async with world.database.transaction("commerce") as tx:
            shown = (await pricing.shown(tx, place.channel, [sku], at))[sku]
        assert (shown.minor, shown.before, shown.lowest) == (asked[-1][1], *expected(asked))
        reduced += shown.before is not None
    assert moves > 60
    assert reduced > 30
    for day in range(1, 60):  # what was told then is told now
        then = BEGIN + day * DAY + chance.randrange(24) * HOUR
        known = [each for each in asked if each[0] <= then]
        async with world.database.transaction("commerce") as tx:
            told = await pricing.why(tx, Question(place.channel, sku, at=then))
        found = told.reduction
        assert (told.minor, found and found.before, found and found.lowest) == (known[-1][1], *expected(known))


async def test_a_long_history_is_gone_through_in_no_time(world: App) -> None:
    """A price that moved every hour for 120 days is shown as quickly as others: the history is read once."""
    place = Shop(world)
    [sku] = await place.items()
    rows = [(AT - 120 * DAY + n * HOUR, sku, "RETAIL", 1, None, None, 90_00 + n % 7) for n in range(120 * 24)]
    async with world.database.transaction("commerce") as tx:
        columns = ("at", "sku", "list", "minimum", "from_at", "until_at", "minor")
        await tx.copy("commerce", "price_entry", columns, rows)
        began = time.perf_counter()
        shown = (await pricing.shown(tx, place.channel, [sku], AT))[sku]
        took = time.perf_counter() - began
    assert (shown.before, shown.lowest) == (None, None) or shown.lowest == 90_00
    assert took < 2, "it is gone through more than once"  # once: some 20 ms; the square of it: half a minute
