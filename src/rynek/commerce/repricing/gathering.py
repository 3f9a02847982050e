"""All that is known of prices when they are decided about, read set by set: a handful of statements for any number."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from rynek.commerce import catalog, inventory, pricing, promotions
from rynek.commerce.pricing import Counting, displayed
from rynek.commerce.repricing import model, rules
from rynek.commerce.repricing.model import ByAge, ByCompetitor, ByDemand, Facts, Place, Rival, Rule, State
from rynek.kernel.database import Tx
from rynek.kernel.sql import queries

q = queries(__file__, model)

DAY = timedelta(days=1)


class Known(NamedTuple):
    """One price: its facts, the list's price it lies upon, and what stands of it."""

    facts: Facts
    base: Counting
    state: State | None


class _Asked(NamedTuple):
    """What some rules ask about items, by sku."""

    costs: dict[str, int]
    floors: dict[str, pricing.PriceFloor]
    places: dict[str, catalog.Sorted]
    ages: dict[str, int]
    sold: dict[tuple[int, int], tuple[dict[str, int], dict[str, int]]]
    rivals: dict[str, list[pricing.CompetitorPrice]]


async def gather(tx: Tx, place: Place, by: Sequence[Rule], skus: Sequence[str]) -> tuple[list[Known], list[State]]:
    """Tell all that the rules ask about prices; and what stands of items that have no price to lie upon any more."""
    # what is on the shelf lies on dynamic prices: it must not stop them
    counting = await pricing.standing(
        tx, place.channel, skus, tx.at, without=lambda code: code == place.list or promotions.on_shelf(code)
    )
    states = {each.sku: each for each in await q.states(tx, channel=place.channel, skus=skus, since=tx.at - DAY)}
    priced = {sku: base for sku, base in counting.items() if base is not None}
    asked = await _asked(tx, place, by, list(priced))
    known = [_known(tx, place, sku, base, states.get(sku), asked) for sku, base in priced.items()]
    return known, [each for sku, each in states.items() if sku not in priced and each.minor is not None]


async def _asked(tx: Tx, place: Place, by: Sequence[Rule], skus: Sequence[str]) -> _Asked:
    moves = [move for rule in by for move in rule.moves]
    windows = {(move.days, move.baseline_days) for move in moves if isinstance(move, ByDemand)}
    sold = {}
    for days, baseline in windows:
        since = tx.at - days * DAY
        before = await inventory.sold(tx, skus, since - baseline * DAY, since)
        sold[days, baseline] = (await inventory.sold(tx, skus, since, tx.at), before)
    ages = await inventory.aged(tx, skus) if any(isinstance(move, ByAge) for move in moves) else {}
    rivals: dict[str, list[pricing.CompetitorPrice]] = {}
    if skus and any(isinstance(move, ByCompetitor) for move in moves):
        for each in await pricing.competitor_prices(tx, list(skus)):
            if each.currency == place.currency and each.minor is not None:
                rivals.setdefault(each.sku, []).append(each)
    scoped = any(rule.scope.categories or rule.scope.brands for rule in by)
    return _Asked(
        await pricing.costs(tx, skus, place.currency),
        await pricing.floors(tx, skus, place.currency, place.country),
        await catalog.sorting(tx, skus) if scoped else {},
        {sku: (tx.at - since).days for sku, since in ages.items()},
        sold,
        rivals,
    )


def _known(tx: Tx, place: Place, sku: str, base: Counting, state: State | None, asked: _Asked) -> Known:
    minor = displayed(base.minor, base.basis, base.rate_bp, place.basis)
    stands = state is not None and state.minor is not None and (state.until_at is None or state.until_at > tx.at)
    same = state is not None and state.base_minor == minor
    sorted_ = asked.places.get(sku)
    floor = asked.floors.get(sku)
    facts = Facts(
        sku=sku,
        base=minor,
        list=base.list,
        price=state.minor if stands and state and state.minor is not None else minor,
        stands=stands,
        based_on=state.base_minor if state else None,
        fits=rules.unfit(base, place),
        basis=place.basis,
        rate_bp=base.rate_bp,
        cost=asked.costs.get(sku),
        floor=floor.minor if floor else None,
        brand=sorted_.brand if sorted_ else None,
        categories=frozenset(sorted_.categories) if sorted_ else frozenset(),
        age_days=asked.ages.get(sku),
        sold={window: (now.get(sku, 0), before.get(sku, 0)) for window, (now, before) in asked.sold.items()},
        rivals=[
            Rival(each.competitor, displayed(each.minor or 0, "gross", base.rate_bp, place.basis), each.seen_at)
            for each in asked.rivals.get(sku, ())
        ],
        moved_at=state.moved_at if state else None,
        direction=state.direction if state and same else 0,
        low=state.low if state and same else None,
        high=state.high if state and same else None,
        rejected_at=state.rejected_at if state else None,
    )
    return Known(facts, base, state)
