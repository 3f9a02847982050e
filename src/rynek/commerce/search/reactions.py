"""What others' news means here: what sells, and what was looked for."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from rynek.commerce.inventory.events import StockMoved
from rynek.commerce.search.desk import q
from rynek.commerce.search.events import ChoicesMade, SearchesMade
from rynek.kernel import jobs
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope
from rynek.kernel.log import on

_SOLD = {"sale", "shipment"}
_KEPT_DAYS = 400
_PLACES = 100


@on(StockMoved, whole=True)
async def count_sold(tx: Tx, news: Sequence[Envelope]) -> None:
    """Units that left for buyers are sales; what came back over a counter takes them back."""
    sold: Counter[tuple[str, object]] = Counter()
    for each in news:
        if each.data.cause in _SOLD:
            for move in each.data.moves:
                sold[move.sku, each.at.date()] -= move.units
    if sold:
        skus, days = zip(*sold, strict=True)
        await q.sell(tx, skus=skus, days=days, units=list(sold.values()))


@on(SearchesMade, whole=True)
async def count_searches(tx: Tx, news: Sequence[Envelope]) -> None:
    """Searches are counted by day and words, and what they showed by place."""
    asked: Counter[tuple[str, object, str]] = Counter()
    empty: Counter[tuple[str, object, str]] = Counter()
    shown: Counter[tuple[str, object, int]] = Counter()
    for each in news:
        for search in each.data.searches:
            key = (each.data.channel, each.data.on, search.query)
            asked[key] += 1
            empty[key] += search.found == 0
            for place in range(1, search.shown + 1):
                shown[each.data.channel, each.data.on, place] += 1
    channels, days, texts = zip(*asked, strict=True)
    empties = [empty[key] for key in asked]
    await q.count_asked(tx, channels=channels, days=days, queries=texts, searches=list(asked.values()), empties=empties)
    if shown:
        channels, days, places = zip(*shown, strict=True)
        none = [0] * len(places)
        await q.count_places(tx, channels=channels, days=days, places=places, shown=list(shown.values()), chosen=none)


@on(ChoicesMade, whole=True)
async def count_choices(tx: Tx, news: Sequence[Envelope]) -> None:
    """Choices are counted by place; a search counts as one from which something was chosen once."""
    chosen: Counter[tuple[str, object, str]] = Counter()
    places: Counter[tuple[str, object, int]] = Counter()
    for each in news:
        first = set(await q.first_choices(tx, searches=[one.search for one in each.data.choices], day=each.data.on))
        for choice in each.data.choices:
            if choice.place <= _PLACES:
                places[each.data.channel, each.data.on, choice.place] += 1
            if choice.search in first:
                first.discard(choice.search)
                chosen[each.data.channel, each.data.on, choice.query] += 1
    if chosen:
        channels, days, texts = zip(*chosen, strict=True)
        await q.count_chosen(tx, channels=channels, days=days, queries=texts, chosen=list(chosen.values()))
    if places:
        channels, days, numbers = zip(*places, strict=True)
        none = [0] * len(numbers)
        await q.count_places(tx, channels=channels, days=days, places=numbers, shown=none, chosen=list(places.values()))


@jobs.every(3_600, "search.forget", "commerce")
async def forget(tx: Tx) -> None:
    """Forget which searches were counted, and counts of more than a year ago."""
    today = tx.at.date()
    await q.forget(tx, chosen_before=today - timedelta(days=2), asked_before=today - timedelta(days=_KEPT_DAYS))
