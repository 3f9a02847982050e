"""Which price counts, and what of it is tax.

Of the prices that apply to a line (list active, its currency, channel and customer group fit, quantity reached, both
periods running) the winner is the first by:

1. the list's priority, the higher;
2. a list of the buyer's group before one for everybody;
3. a list of this channel before one for all;
4. the larger quantity break;
5. the price that began later, then the list that began later: a promotion lies on what lasts;
6. the lower price.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from msgspec.structs import replace

from rynek.commerce.catalog import Channel
from rynek.commerce.pricing.model import (
    Ask,
    Basis,
    Candidate,
    Considered,
    Counting,
    ListSaid,
    Margin,
    NoPrice,
    NoTaxRate,
    NotSellable,
    Quote,
    QuoteLine,
    RateTotal,
    Reduction,
    Said,
    Shown,
    Tag,
    TaxRate,
    Why,
)
from rynek.commerce.pricing.saying import Saying
from rynek.kernel.faults import Fault
from rynek.kernel.money import CurrencyMismatch, split

T = TypeVar("T", bound=Tag)
_EVER = datetime.min.replace(tzinfo=UTC)
MOST = 10**12
"""More than anybody buys: with it every quantity break is reached."""
_LOOK_BACK = timedelta(days=30)
_TOLD = timedelta(days=30)
_TOLD_WITH_END = timedelta(days=90)
HISTORY = _LOOK_BACK + _TOLD_WITH_END
"""How far back the prices must be known to tell a reduction."""
_LOSES = (
    "lower priority than",
    "is for everybody; the buyer's group has",
    "is for all channels; this channel has",
    "smaller quantity break than in",
    "began before the price of",
    "began before the list",
    "higher than in",
    "the same as in",
)
_NEVER = datetime.max.replace(tzinfo=UTC)


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero, as tills do."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


def amount(minor: int, quantity: int, unit: str) -> int:
    """Price a quantity: pieces at the price each, grams and millilitres at the price of 1000."""
    return minor * quantity if unit == "pcs" else half_up(minor * quantity, 1_000)


def tax(amount: int, rate_bp: int, basis: Basis) -> int:
    """Tell the VAT in a gross amount, or on a net one."""
    return half_up(amount * rate_bp, 10_000 + rate_bp if basis == "gross" else 10_000)


def precedence(price: Tag) -> tuple[Any, ...]:
    """Rank a price among those that apply: the greatest wins."""
    return (
        price.priority,
        price.for_group,
        price.for_channel,
        price.minimum,
        price.from_at or _EVER,
        price.list_from_at or _EVER,
        -(price.minor or 0),
        price.list,
    )


def begins(price: Tag) -> datetime:
    """Tell when both the price and its list have begun."""
    return max(price.from_at or _EVER, price.list_from_at or _EVER)


def ends(price: Tag) -> datetime:
    """Tell when the price or its list ends, whichever is first."""
    return min(price.until_at or _NEVER, price.list_until_at or _NEVER)


def choose(prices: Sequence[T], at: datetime) -> tuple[T | None, datetime]:
    """Choose the price of a line at an instant, and tell how long that choice stands."""
    if len(prices) == 1 and prices[0].from_at is None and prices[0].list_from_at is None:
        end = ends(prices[0])
        return (prices[0], end) if at < end else (None, _NEVER)
    running = [each for each in prices if begins(each) <= at < ends(each)]
    winner = max(running, key=precedence, default=None)
    coming = [each for each in prices if at < begins(each) < ends(each)]
    if winner is None:
        return None, min((begins(each) for each in coming), default=_NEVER)
    rank = precedence(winner)
    better = (begins(each) for each in coming if precedence(each) > rank)
    return winner, min(ends(winner), min(better, default=_NEVER))


def taxes(amounts: Sequence[tuple[int, int, Basis]], rounding: str) -> list[int]:
    """Tell the VAT of each line, given as (amount, rate, basis).

    Rounded per ``line``, or per ``document``: once for each rate, and shared out over its lines by largest remainder,
    so that the lines sum to it.
    """
    if rounding == "line":
        return [tax(each, rate_bp, basis) for each, rate_bp, basis in amounts]
    alike: dict[tuple[int, Basis], list[int]] = defaultdict(list)
    for place, (_, rate_bp, basis) in enumerate(amounts):
        alike[rate_bp, basis].append(place)
    shares = [0] * len(amounts)
    for (rate_bp, basis), places in alike.items():
        weights = [amounts[place][0] for place in places]
        for place, share in zip(places, split(tax(sum(weights), rate_bp, basis), weights), strict=True):
            shares[place] = share
    return shares


def quote(ask: Ask, found: Sequence[Sequence[Candidate]]) -> Quote | Fault:
    """Price a basket.

    Args:
        found: per line of the basket, at least one row of what is known.
    """
    refused = _refused(ask, found)
    if refused is not None:
        return refused
    good_until = _NEVER
    chosen: list[Candidate] = []
    for (sku, _), rows in zip(ask.lines, found, strict=True):
        if sku in ask.agreed:
            chosen.append(replace(rows[0], minor=ask.agreed[sku], basis="net", list=ask.by, minimum=1))
            continue
        winner, until = choose(rows, ask.at)
        if winner is None:
            return _no_price(ask, found)
        good_until = min(good_until, until, winner.offered_until or _NEVER, winner.taxed_until or _NEVER)
        chosen.append(winner)
    until_at = None if good_until == _NEVER else good_until
    display, rounding = (chosen[0].display, chosen[0].rounding or "line") if chosen else ("gross", "line")
    empty = Quote(ask.channel, ask.currency, ask.country, ask.at, [], [], 0, 0, 0, until_at, display, rounding)
    return totalled(empty, _lines(ask, chosen))


def totalled(quote: Quote, lines: list[QuoteLine]) -> Quote:
    """Give a quote lines, and sum them up."""
    net, vat = sum(each.net for each in lines), sum(each.tax for each in lines)
    return replace(quote, lines=lines, rates=_rates(lines), net=net, tax=vat, gross=net + vat)


def reduced(quote: Quote, discounts: Sequence[int]) -> Quote:
    """Take discounts off lines and tax what is left; each is on what the channel shows, and at most all of the line."""
    if not any(discounts):
        return quote
    gross = quote.display == "gross"
    amounts: list[tuple[int, int, Basis]] = [
        ((line.gross if gross else line.net) - off, line.rate_bp, quote.display)
        if off
        else (line.gross if line.basis == "gross" else line.net, line.rate_bp, line.basis)
        for line, off in zip(quote.lines, discounts, strict=True)
    ]
    lines = []
    for line, off, vat, (total, _, basis) in zip(
        quote.lines, discounts, taxes(amounts, quote.rounding), amounts, strict=True
    ):
        net = total - vat if basis == "gross" else total
        lines.append(replace(line, net=net, tax=vat, gross=net + vat, discount=line.discount + off))
    return totalled(quote, lines)


def untaxed(quote: Quote, label: str, country: str) -> Quote:
    """Let a basket go without VAT: what is left is what it costs net.

    Args:
        label: how documents name the rate.
        country: where it is delivered to.
    """
    lines = [replace(line, tax=0, gross=line.net, rate_bp=0, label=label) for line in quote.lines]
    return totalled(replace(quote, country=country), lines)


def _refused(ask: Ask, found: Sequence[Sequence[Candidate]]) -> Fault | None:
    firsts = [rows[0] for rows in found]
    if not firsts:
        return None
    if unknown := [sku for (sku, _), row in zip(ask.lines, firsts, strict=True) if row.product is None]:
        return NotSellable(f"{', '.join(unknown)} not sold in {ask.channel}", channel=ask.channel, skus=unknown)
    if firsts[0].currency != ask.currency:
        here = firsts[0].currency
        return CurrencyMismatch(f"{ask.channel} sells in {here}, not in {ask.currency}", currency=here)
    if any(row.minor is None and sku not in ask.agreed for (sku, _), row in zip(ask.lines, firsts, strict=True)):
        return _no_price(ask, found)
    if untaxed := [row.tax_category for row in firsts if row.rate_bp is None]:
        what = f"no VAT rate of {', '.join(sorted(set(untaxed)))} in {ask.country} is known"
        return NoTaxRate(what, country=ask.country, categories=sorted(set(untaxed)))
    return None


def _no_price(ask: Ask, found: Sequence[Sequence[Candidate]]) -> NoPrice:
    skus = [
        sku
        for (sku, _), rows in zip(ask.lines, found, strict=True)
        if sku not in ask.agreed and (rows[0].minor is None or choose(rows, ask.at)[0] is None)
    ]
    return NoPrice(f"{', '.join(skus)} without a price in {ask.channel}", channel=ask.channel, skus=skus)


def _lines(ask: Ask, chosen: Sequence[Candidate]) -> list[QuoteLine]:
    amounts = [
        (amount(price.minor or 0, quantity, price.unit), price.rate_bp or 0, price.basis)
        for (_, quantity), price in zip(ask.lines, chosen, strict=True)
    ]
    vats = taxes(amounts, chosen[0].rounding or "line") if chosen else []
    lines = []
    for (sku, quantity), price, (total, rate_bp, basis), vat in zip(ask.lines, chosen, amounts, vats, strict=True):
        assert price.product is not None  # noqa: S101 - refused otherwise
        assert price.minor is not None  # noqa: S101 - refused otherwise
        net = total - vat if basis == "gross" else total
        lines.append(
            QuoteLine(
                sku, price.product, price.name, quantity, price.unit, price.gtin, price.weight_g, price.tax_category,
                price.minor, basis, net, vat, net + vat, rate_bp, price.label, price.list, price.minimum,
            )
        )  # fmt: skip
    return lines


def _rates(lines: Sequence[QuoteLine]) -> list[RateTotal]:
    """Total the lines by rate, the highest first."""
    totals: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        total = totals[line.rate_bp, line.label]
        total[0] += line.net
        total[1] += line.tax
    return [
        RateTotal(label, rate_bp, net, vat, net + vat)
        for (rate_bp, label), (net, vat) in sorted(totals.items(), reverse=True)
    ]


def together(lines: Sequence[tuple[str, int]]) -> list[int]:
    """Tell for each line how much of its item the basket holds: that decides which quantity break is reached."""
    totals: dict[str, int] = {}
    for sku, quantity in lines:
        totals[sku] = totals.get(sku, 0) + quantity
    return [totals[sku] for sku, _ in lines]


def counting(rows: Sequence[Candidate], at: datetime, without: Callable[[str], bool] | None = None) -> Counting | None:
    """Tell which price of one piece counts for everybody, and what counts from larger quantities; None: there is none.

    Args:
        rows: what is known of ``MOST`` of an item, which is offered.
        without: which price lists to leave out of account, by their codes.
    """
    first = rows[0]
    rows = [each for each in rows if each.minor is not None and not (without and without(each.list))]
    winner, until = choose([each for each in rows if each.minimum == 1], at)
    if winner is None or winner.rate_bp is None:
        return None
    until = min(until, first.taxed_until or _NEVER)
    breaks: list[tuple[int, int]] = []
    for minimum in sorted({each.minimum for each in rows} - {1}):
        step, ending = choose([each for each in rows if each.minimum <= minimum], at)
        until = min(until, ending)
        if step is not None and step.minimum == minimum:
            breaks.append((minimum, displayed(step.minor or 0, step.basis, winner.rate_bp, winner.basis)))
    return Counting(
        first.unit, winner.minor or 0, winner.basis, winner.list, winner.priority, winner.from_at, winner.list_from_at,
        None if until == _NEVER else until, winner.rate_bp, tuple(breaks),
    )  # fmt: skip


def margin(sku: str, channel: Channel, price: Counting | None, cost: int | None) -> Margin:
    """Tell what is left of a price without VAT after what the item costs."""
    if price is None:
        return Margin(sku, channel.currency, None, None, cost, None, None)
    shown_as = displayed(price.minor, price.basis, price.rate_bp, channel.display)
    net = displayed(price.minor, price.basis, price.rate_bp, "net")
    if cost is None:
        return Margin(sku, channel.currency, shown_as, net, None, None, None)
    left = net - cost
    return Margin(sku, channel.currency, shown_as, net, cost, left, half_up(left * 10_000, net) if net else None)


def displayed(minor: int, basis: Basis, rate_bp: int, display: Basis) -> int:
    """Turn a price of a gross or net list into what a channel shows."""
    if basis == display:
        return minor
    vat = tax(minor, rate_bp, basis)
    return minor - vat if basis == "gross" else minor + vat


def shown(sku: str, rows: Sequence[Candidate], at: datetime, reduction: Reduction | None) -> Shown:
    """Put a price on the shelf.

    Args:
        rows: what is known of one piece of the item, which is offered.
    """
    first = rows[0]
    prices = [each for each in rows if each.minor is not None and first.rate_bp is not None]
    winner, until = choose(prices, at)
    until = min(until, first.offered_until or _NEVER, first.taxed_until or _NEVER)
    minor = displayed(winner.minor or 0, winner.basis, winner.rate_bp or 0, first.display) if winner else None
    before, lowest = (reduction.before, reduction.lowest) if reduction else (None, None)
    if reduction is not None:
        until = min(until, reduction.until)
    good_until = None if until == _NEVER else until
    return Shown(sku, minor, first.currency or "", first.display, first.unit, before, lowest, good_until)


def standing(said: Iterable[Said], lists: Iterable[ListSaid], at: datetime) -> list[tuple[Said, ListSaid]]:
    """Tell which prices there were at an instant, by all that was said until then (in that order)."""
    now = {each.code: each for each in lists if each.at <= at}
    prices = {_price_key(each): each for each in said if each.at <= at}
    return [(each, now[each.list]) for each in prices.values() if each.minor is not None and each.list in now]


def tag(price: Said, of: ListSaid) -> Tag:
    """Write a price of the past as one that may be chosen."""
    return Tag(
        price.minor, price.minimum, price.from_at, price.until_at, of.code, of.basis, of.priority,
        of.channel is not None, of.customer_group is not None, of.from_at, of.until_at,
    )  # fmt: skip


def unfit(price: Said, of: ListSaid, ask: Ask) -> str | None:
    """Say why a price is not one for this buyer and quantity; None: it is. Periods are not looked at."""
    if not of.active:
        return "the list is not active"
    if of.currency != ask.currency:
        return f"the list is in {of.currency}"
    if of.channel not in (None, ask.channel):
        return f"the list is for {of.channel}"
    if of.customer_group not in (None, ask.group):
        return f"the list is for the group {of.customer_group}"
    [(_, quantity)] = ask.lines
    return f"it counts from {price.minimum} on" if price.minimum > quantity else None


def why(ask: Ask, prices: Sequence[tuple[Said, ListSaid]], vat: str, reduction: Reduction | None) -> Why:
    """Explain the price of a one-line basket.

    Args:
        prices: all that the item had at that instant.
        vat: how it is taxed, in words.
    """
    [(sku, quantity)] = ask.lines
    tags = [tag(*each) for each in prices]
    fit = [each for each, pair in zip(tags, prices, strict=True) if unfit(*pair, ask) is None]
    winner, _ = choose(fit, ask.at)
    considered = [
        Considered(
            each.list, each.minor or 0, each.minimum, each.from_at, each.until_at,
            unfit(*pair, ask) or _outcome(each, winner, ask.at),
        )
        for each, pair in zip(tags, prices, strict=True)
    ]  # fmt: skip
    if sku in ask.agreed:
        others = [replace(e, outcome=f"{ask.by} counts") if e.outcome == "wins" else e for e in considered]
        mine = Considered(ask.by, ask.agreed[sku], 1, None, None, "wins")
        return Why(
            ask.channel, sku, quantity, ask.group, ask.at, mine.minor, "net", [mine, *others], vat, reduction, ask.by
        )
    considered.sort(key=lambda each: each.outcome != "wins")
    minor, basis, code = (winner.minor, winner.basis, winner.list) if winner else (None, None, None)
    return Why(ask.channel, sku, quantity, ask.group, ask.at, minor, basis, considered, vat, reduction, code)


def _outcome(price: Tag, winner: Tag | None, at: datetime) -> str:
    if begins(price) > at:
        return f"it begins at {begins(price).isoformat()}"
    if ends(price) <= at:
        return f"it ended at {ends(price).isoformat()}"
    if winner is None or price is winner:
        return "wins"
    ranks = zip(precedence(price), precedence(winner), strict=True)
    place = next(place for place, (mine, its) in enumerate(ranks) if mine != its)
    return f"{_LOSES[place]} {winner.list}"


def timeline(
    ask: Ask, said: Sequence[Said], lists: Sequence[ListSaid], rates: Sequence[TaxRate], display: Basis
) -> list[tuple[datetime, int | None, datetime]]:
    """Tell what an item was shown to cost until ``ask.at``: (since, price or None, when that price would end).

    Args:
        ask: one line; the buyer whose prices count.
        said: all that its prices were set to, in that order.
        rates: of its country and tax category, the earliest first.
    """
    codes = {each.list for each in said}
    lists = [each for each in lists if each.code in codes]
    prices, terms = Saying(said, _price_key), Saying(lists, lambda each: each.code)
    tags: list[Tag] = []
    spans: list[tuple[datetime, int | None, datetime]] = []
    for instant in _moments(said, lists, rates, ask.at):
        if terms.hear(instant) | prices.hear(instant):
            pairs = [(each, terms.now[each.list]) for each in prices.now.values() if each.list in terms.now]
            tags = [tag(*each) for each in pairs if each[0].minor is not None and unfit(*each, ask) is None]
        winner, _ = choose(tags, instant)
        rate = rate_at(rates, instant)
        minor = None
        if winner is not None and winner.minor is not None and rate is not None:
            minor = displayed(winner.minor, winner.basis, rate.rate_bp, display)
        ending = ends(winner) if winner else _NEVER
        if spans and spans[-1][1] == minor:
            spans[-1] = (spans[-1][0], minor, ending)
        else:
            spans.append((instant, minor, ending))
    return spans


def _price_key(price: Said) -> Hashable:
    return price.sku, price.list, price.minimum, price.from_at


def _moments(
    said: Sequence[Said], lists: Sequence[ListSaid], rates: Sequence[TaxRate], end: datetime
) -> list[datetime]:
    """List the instants of the last 120 days up to ``end`` at which a price may have changed."""
    begin = end - HISTORY
    found = {begin, *(each.from_at for each in rates)}
    for price in said:
        found |= {price.at, price.from_at, price.until_at}
    for of in lists:
        found |= {of.at, of.from_at, of.until_at}
    return sorted(each for each in found if each is not None and begin <= each <= end)


def rate_at(rates: Sequence[TaxRate], at: datetime) -> TaxRate | None:
    """Find the rate of VAT that counts at an instant.

    Args:
        rates: of one country and category, the earliest first.
    """
    return next((each for each in reversed(rates) if (each.from_at or _EVER) <= at), None)


def reduction(spans: Sequence[tuple[datetime, int | None, datetime]], at: datetime) -> Reduction | None:
    """Tell whether the price of an item counts as reduced, and the lowest of the 30 days before it was.

    A reduction with an end is told for 90 days at most and one without for 30: after that it is the usual price. Goods
    sold for less than 30 days before: the lowest since they are sold. After several reductions in a row the earlier
    ones are in the 30 days (the directive leaves it to the states to allow otherwise).

    Args:
        spans: the prices up to ``at``, as ``timeline`` gives them.

    Source: Directive 98/6/EC, article 6a; in Poland ustawa o informowaniu o cenach towarów i usług, art. 4 (2).
    """
    if len(spans) < 2:
        return None
    (since, minor, ending), (_, before, _) = spans[-1], spans[-2]
    if minor is None or before is None or before <= minor:
        return None
    until = since + (_TOLD if ending == _NEVER else _TOLD_WITH_END)
    if at >= until:
        return None
    closes = [each[0] for each in spans[1:]]
    in_days = [
        price
        for (_, price, _), close in zip(spans, closes, strict=False)
        if close > since - _LOOK_BACK and price is not None
    ]
    return Reduction(since, before, min(in_days), until)


def vat_in_words(country: str, category: str, rates: Sequence[TaxRate], at: datetime) -> str:
    """Say which rate of VAT counts at an instant, and since when."""
    rate = rate_at(rates, at)
    if rate is None:
        return f"no VAT rate of {category} in {country} is known"
    since = f" since {rate.from_at.isoformat()}" if rate.from_at else ""
    return f"{category} in {country}: {rate.label} ({rate.rate_bp / 100:g} %){since}"
