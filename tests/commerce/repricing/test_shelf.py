"""Dynamic prices and promotions on the shelf that move the same item: which price counts, and the lowest of 30 days."""

import random
from datetime import timedelta

import pytest

from rynek.app import App
from rynek.commerce import pricing, promotions
from rynek.commerce.pricing import Question
from rynek.kernel import clock, log
from tests.commerce.promotions.test_shelving import settled
from tests.commerce.repricing.test_actions import AT, DAY, HOUR, MERCHANT, Shop, shop
from tests.commerce.repricing.test_omnibus import MOVE, Seen, expected, note

__all__ = ["shop"]
BEGIN = AT - 40 * DAY


@pytest.mark.parametrize("seed", range(2))
async def test_a_shelf_promotion_lies_on_the_price_that_moves_under_it(world: App, seed: int) -> None:
    """Forty days of moves by the hour, with a tenth off on the shelf for ten of them.

    Prices go on moving under the promotion, which follows each move; buyers are asked a tenth less than what stands
    without it, and the lowest of 30 days is that of what they were asked.
    """
    chance = random.Random(seed)
    await log.enrol(world.database)
    place = Shop(world)
    [sku] = await place.items(cost=30_00)
    pace = {"cool_down_minutes": 60, "turn_minutes": 60, "day_bp": 9_000, "below_bp": 5_000}
    rule = await place.rule(MOVE, rails=pace, at=BEGIN - DAY)
    await place.on(at=BEGIN - DAY)
    begins = BEGIN + chance.randrange(15, 25) * DAY + chance.randrange(24) * HOUR
    ends = begins + 10 * DAY
    tenth = {
        "code": f"WEEK-{seed}", "name": "A tenth", "lane": "item", "shelf": True, "state": "active",
        "gives": {"give": "percent", "bp": 1_000, "of": {"skus": [sku]}}, "from_at": begins, "until_at": ends,
    }  # fmt: skip
    with clock.at(BEGIN):
        taken = await world.door.ask(MERCHANT, "commerce.promotions.put_promotions", promotions=[tenth])
        assert taken.refused == []
        await settled(world)
    asked: Seen = [(BEGIN, 100_00)]
    at, under, told = BEGIN, 0, 0
    while at < AT:
        at += timedelta(minutes=chance.randrange(120, 420))
        for edge in (begins, ends):
            if asked[-1][0] < edge < at:
                await note(place, sku, edge, asked)
        moved = (await place.look([sku], at)).moved
        with clock.at(at):
            await settled(world)
        await note(place, sku, at, asked)
        async with world.database.transaction("commerce") as tx:
            standing = (await pricing.standing(tx, place.channel, [sku], at, promotions.on_shelf))[sku]
            shown = (await pricing.shown(tx, place.channel, [sku], at))[sku]
            why = await pricing.why(tx, Question(place.channel, sku, at=at))
        assert standing is not None
        on = begins <= at < ends
        assert promotions.on_shelf(why.list or "") == on
        assert asked[-1][1] == standing.minor - (standing.minor + 5) // 10 * on
        assert (shown.minor, shown.before, shown.lowest) == (asked[-1][1], *expected(asked))
        under += moved * on
        told += on and shown.lowest is not None
    assert under >= 10
    assert told >= 10
    assert {each.rule for each in await place.moves(sku)} == {rule}
