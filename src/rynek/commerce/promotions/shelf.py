"""What promotions on the shelf make of prices: the periods of prices that lie over those of the other lists. Pure.

Of an item in a channel every moment is looked at, at which one of its prices, a promotion or a tax begins or ends. In
between nothing changes: there the price of each quantity break is found as if there were no shelf prices, and
promotions are decided on a basket of one piece, for everybody and for each group that has prices or promotions of its
own. Where they change a price, all steps of it are said, those that stay too, so that none is covered by what another
step costs. A group is told its own price wherever that of everybody would be another one than its.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b

from msgspec.structs import replace

from rynek.commerce import pricing
from rynek.commerce.catalog import Channel
from rynek.commerce.pricing import Basis, Price, PriceList, Tag, TaxRate
from rynek.commerce.promotions.language import Groups
from rynek.commerce.promotions.model import Buying, Line, ShelfPrice, Tried, Ware
from rynek.commerce.promotions.programs import Compiled, Programs
from rynek.commerce.promotions.rules import decide

PRIORITY = 1_000
"""The highest there is: what is on the shelf lies over the prices of all other lists."""
_EVER = datetime.min.replace(tzinfo=UTC)
_LONGEST_LIST = 40
_MARKS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")

Step = tuple[int, int, Basis]
"""A price from a quantity on: (quantity, minor units, basis)."""
Key = tuple[str | None, int, Basis]
"""Whose price it is: (customer group, quantity, basis)."""


def list_code(channel: str, group: str | None, basis: str) -> str:
    """Name the list of shelf prices of a channel and group: no two have the same."""
    code = f"SHELF-{channel}" if basis == "gross" else f"SHELF.net-{channel}"
    if group is None:
        return code
    room = _LONGEST_LIST - len(code) - 1
    plain = group != "" and len(group) <= room and _MARKS.issuperset(group)
    return f"{code}.{group if plain else '_' + blake2b(group.encode(), digest_size=4).hexdigest()}"


def on_shelf(code: str) -> bool:
    """Tell whether a price list holds shelf prices: those lie on what counts without them."""
    return code.startswith(("SHELF-", "SHELF.net-"))


def relevant(programs: Programs, place: Channel, ware: Ware) -> list[Compiled]:
    """List the promotions that an item may meet in a channel, at any time."""
    facts = programs.learn(ware.facts)
    fitting = programs.select([Line(ware.sku, 1, ware.unit, 0, facts)]).keys()
    stages = programs.of(place.code, place.currency)
    return [each for stage in stages for each in stage.programs if each.targets <= fitting]


def shelved(
    programs: Programs, place: Channel, ware: Ware, prices: Sequence[tuple[Price, PriceList]],
    rates: Sequence[TaxRate], now: datetime,
) -> list[ShelfPrice]:  # fmt: skip
    """Tell the shelf prices of an item in a channel from now on.

    Args:
        prices: all that the item has beside those of the shelf, those to come too.
        rates: the VAT of its category in the channel's country, the earliest first.
    """
    promotions = relevant(programs, place, ware)
    here = [(_tag(*each), each[1].customer_group) for each in prices if _fits(each[1], place)]
    if not promotions or not here:
        return []
    groups = _groups(promotions, [group for _, group in here])
    found: dict[Key, list[ShelfPrice]] = {}
    for begin, end in _spans(_moments(promotions, [tag for tag, _ in here], rates, place), now):
        at = begin or _EVER
        everybody: tuple[Step, ...] = ()
        for group in groups:
            tags = [tag for tag, of in here if of in (None, group)]
            base = _steps(tags, at)
            made = [_promoted(programs, place, ware, step, (group, rates, at)) for step in base]
            target = _bare(made)
            if group is None:
                everybody = target if target != base else ()
            if target != (base if group is None else everybody or base):
                for price in _stated(place, ware, (group, begin, end), base, made):
                    _lay(found, price)
    return [each for some in found.values() for each in some]


def _fits(of: PriceList, place: Channel) -> bool:
    return of.active and of.currency == place.currency and of.channel in (None, place.code)


def _tag(price: Price, of: PriceList) -> Tag:
    return Tag(
        price.minor, price.minimum, price.from_at, price.until_at, of.code, of.basis, of.priority,
        of.channel is not None, of.customer_group is not None, of.from_at, of.until_at,
    )  # fmt: skip


def _groups(promotions: Iterable[Compiled], priced: Iterable[str | None]) -> list[str | None]:
    """List everybody first, and then whoever may have another price than everybody."""
    named = {
        code for each in promotions for when in each.promotion.when if isinstance(when, Groups) for code in when.of
    }
    return [None, *sorted(named | {each for each in priced if each is not None})]


def _moments(
    promotions: Iterable[Compiled], tags: Iterable[Tag], rates: Iterable[TaxRate], place: Channel
) -> set[datetime]:
    found: set[datetime | None] = set()
    for each in promotions:
        found |= {each.promotion.from_at, each.promotion.until_at}
    for tag in tags:
        found |= {tag.from_at, tag.until_at, tag.list_from_at, tag.list_until_at}
        if tag.basis != place.display:
            found |= {rate.from_at for rate in rates}
    return {each for each in found if each is not None}


def _spans(moments: Iterable[datetime], now: datetime) -> Iterator[tuple[datetime | None, datetime | None]]:
    """Give the stretches between moments that have not ended yet."""
    ordered = sorted(moments)
    for begin, end in zip([None, *ordered], [*ordered, None], strict=True):
        if end is None or end > now:
            yield begin, end


def _steps(tags: Sequence[Tag], at: datetime) -> tuple[Step, ...]:
    """Tell what an item costs at an instant, from each quantity on at which that changes."""
    found: list[Step] = []
    for minimum in sorted({tag.minimum for tag in tags}):
        winner, _ = pricing.choose([tag for tag in tags if tag.minimum <= minimum], at)
        if winner is not None and winner.minor is not None:
            step = (minimum, winner.minor, winner.basis)
            if not found or found[-1][1:] != step[1:]:
                found.append(step)
    return tuple(found)


_Made = tuple[Step, tuple[Tried, ...]]


def _promoted(
    programs: Programs, place: Channel, ware: Ware, step: Step,
    when: tuple[str | None, Sequence[TaxRate], datetime],
) -> _Made:  # fmt: skip
    """Decide promotions on one piece at a price; in the VAT that the channel shows, and back again."""
    minimum, minor, basis = step
    group, rates, at = when
    rate = None if basis == place.display else pricing.rate_at(rates, at)
    if basis != place.display and rate is None:
        return step, ()
    shown = minor if rate is None else pricing.displayed(minor, basis, rate.rate_bp, place.display)
    line = Line(ware.sku, 1 if ware.unit == "pcs" else 1_000, ware.unit, shown, programs.learn(ware.facts))
    outcome = decide(programs, Buying(place.currency, [line], at, place.code, place.country, group=group))
    if outcome.discounts[0] <= 0:
        return step, outcome.tried
    left = shown - outcome.discounts[0]
    if rate is not None:
        left = pricing.displayed(left, place.display, rate.rate_bp, basis)
    return (minimum, min(minor, left), basis), outcome.tried


def _bare(made: Iterable[_Made]) -> tuple[Step, ...]:
    """Take the steps at which the price changes."""
    found: list[Step] = []
    for step, _ in made:
        if not found or found[-1][1:] != step[1:]:
            found.append(step)
    return tuple(found)


def _stated(
    place: Channel, ware: Ware, when: tuple[str | None, datetime | None, datetime | None], base: Sequence[Step],
    made: Sequence[_Made],
) -> Iterator[ShelfPrice]:  # fmt: skip
    """Say the steps of a price in the lists of the shelf."""
    group, begin, end = when
    before: Step | None = None
    for (minimum, minor, basis), (_, listed, _), tried in zip(
        (step for step, _ in made), base, (tried for _, tried in made), strict=True
    ):
        if before is None or before[1:] != (minor, basis):
            code = list_code(place.code, group, basis)
            yield ShelfPrice(code, ware.sku, place.code, group, basis, minimum, begin, end, minor, listed, tried)
        before = (minimum, minor, basis)


def _lay(found: dict[Key, list[ShelfPrice]], price: ShelfPrice) -> None:
    """Put a price after those before it; what goes on is one period."""
    some = found.setdefault((price.group, price.minimum, price.basis), [])
    last = some[-1] if some else None
    if last is not None and last.until_at == price.from_at and _alike(last, price):
        some[-1] = replace(last, until_at=price.until_at)
    else:
        some.append(price)


def _alike(one: ShelfPrice, other: ShelfPrice) -> bool:
    given = [{each.promotion for each in price.tried if each.outcome == "applied"} for price in (one, other)]
    return (one.minor, one.listed_minor, given[0]) == (other.minor, other.listed_minor, given[1])


def changes(wanted: Sequence[ShelfPrice], there: Sequence[Price], now: datetime) -> list[Price]:
    """Tell what to write and to take out so that what is there becomes what is wanted, from now on.

    What has ended stays, for it changes nothing; a price that runs is the same whenever it began.

    Args:
        there: the prices of an item in the lists of the shelf.
    """
    running = {_mark(each.list, each, now): each for each in there if each.until_at is None or each.until_at > now}
    missing = [each for each in wanted if _mark(each.list, each, now) not in running]
    kept = {_mark(each.list, each, now) for each in wanted}
    written = {(each.list, each.minimum, each.from_at) for each in missing}
    out = [each for mark, each in running.items() if mark not in kept]
    return [
        *(
            Price(list=each.list, sku=each.sku, minor=None, minimum=each.minimum, from_at=each.from_at)
            for each in out
            if (each.list, each.minimum, each.from_at) not in written
        ),
        *(
            Price(
                list=each.list, sku=each.sku, minor=each.minor, minimum=each.minimum, from_at=each.from_at,
                until_at=each.until_at,
            )
            for each in missing
        ),
    ]  # fmt: skip


def _mark(
    code: str, price: ShelfPrice | Price, now: datetime
) -> tuple[str, int, datetime | None, datetime | None, int]:
    begun = price.from_at is None or price.from_at <= now
    return code, price.minimum, None if begun else price.from_at, price.until_at, price.minor or 0
