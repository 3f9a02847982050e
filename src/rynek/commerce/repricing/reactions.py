"""When prices are looked at: all of them again and again, and those that the news is about as it comes."""

from collections.abc import Sequence
from typing import Any

from rynek.commerce.pricing.events import (
    CompetitorPriceChanged,
    CostChanged,
    PriceChanged,
    PriceFloorChanged,
    PriceListChanged,
)
from rynek.commerce.repricing import actions
from rynek.commerce.repricing.gathering import q
from rynek.kernel import jobs
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.log import on


@jobs.every(30, "repricing.begin", "commerce")
async def begin(tx: Tx) -> None:
    """Have all prices looked at where it is time to, part by part, by whichever process has time."""
    for place in await q.due(tx, at=tx.at):
        ends = await q.edges(tx, channel=place.channel, size=actions.PART)
        for after, upto in zip(["", *ends], [*ends, ""], strict=True):
            await jobs.enqueue(tx, part, f"{place.channel} {after}", channel=place.channel, after=after, upto=upto)


@jobs.job("repricing.part", "commerce")
async def part(tx: Tx, channel: str, after: str, upto: str) -> None:
    """Look at the prices of a part of a channel's items.

    Emits:
        PriceMoved
    """
    place = await q.place(tx, channel=channel)
    if place is not None and place.on:
        await actions.look(tx, place, await q.between(tx, channel=channel, after=after, upto=upto))


@on(PriceChanged, CostChanged, CompetitorPriceChanged, PriceFloorChanged, PriceListChanged, whole=True)
async def look_again(tx: Tx, news: Sequence[Envelope]) -> None:
    """Look at the prices that the news is about; our own moves are no news.

    Emits:
        PriceMoved
    """
    places = await q.places(tx)
    own = {each.list for each in places}
    skus = sorted({each.key for each in news if _about(each.data, own)})
    lists = any(isinstance(each.data, PriceListChanged) and each.data.list not in own for each in news)
    for channel in [each.channel for each in places if each.on]:
        if lists:
            await q.begin_again(tx, channel=channel)
        if skus:
            place = await q.place(tx, channel=channel)
            if place.on:
                await actions.look(tx, place, skus)


def _about(event: Any, own: set[str]) -> bool:
    return not isinstance(event, PriceListChanged) and not (isinstance(event, PriceChanged) and event.list in own)
