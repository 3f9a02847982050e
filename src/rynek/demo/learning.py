"""What a month is replayed with: reductions learned from every second household, coupons from their numbers.

Nothing is learned from the lines that try the method out: reductions come from the households with an even number, and
what a coupon's number does not say from the other months.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct

from rynek.demo.campaigns import Campaigns, Coupon, couponed, day_of, segment, weekly
from rynek.demo.dataset import Basket, BasketLine, Year, customer_id
from rynek.demo.offers import Rule, Sold, Worth, best, candidates, doublings, learned, week_of, worth

_BUYS = frozenset({"sale", "weighed", "giveaway", "fuel", "prepaid_fuel", "deposit", "service", "value", "keyed"})

Week = tuple[str, date]
"""An article in a week, by its Monday."""


class Method(Struct):
    """What was learned for a month, and the promotions that it makes."""

    rules: dict[Week, Rule]
    seen: dict[Week, frozenset[Rule]]
    coupons: dict[tuple[int, str], Coupon]
    worths: dict[tuple[int, str], Worth]
    promotions: list[dict[str, Any]]
    members: list[dict[str, Any]]
    codes: dict[str, list[str]]
    """The codes of coupons that are redeemed with a receipt, by its reference."""
    redeemed: dict[str, list[tuple[int, str]]]
    """Those coupons, also where their worth is not known."""
    astray: int
    """Redemptions of the same coupon again, or on days of which the month has no receipt of the household."""


def sold(line: BasketLine) -> Sold:
    """Give a line as far as a reduction depends on it."""
    return Sold(line.quantity, line.listed, taken(line, "retail"), line.kind == "fuel")


def taken(line: BasketLine, kind: str) -> int:
    """Tell what the till took off a line, of a kind, in cents."""
    return sum(each.amount for each in line.discounts if each.kind == kind)


def buys(line: BasketLine) -> bool:
    """Tell whether a promotion could be for a line: it buys something, and the shelf says what it costs."""
    return line.kind in _BUYS and line.quantity > 0 and line.listed > 0


def teachers(year: Year) -> set[UUID]:
    """Give the households that reductions are learned from: those with an even number."""
    return {each.id for each in year.households if each.number % 2 == 0}


def reductions(baskets: Iterable[Basket], of: set[UUID]) -> tuple[dict[Week, Rule], dict[Week, frozenset[Rule]]]:
    """Find the shop's reductions in receipts: the rule of each article and week, and all that its lines allow."""
    lines: dict[Week, list[Sold]] = defaultdict(list)
    for basket in baskets:
        if basket.customer in of:
            monday = week_of(day_of(basket.sold_at))
            for line in basket.lines:
                if buys(line) and line.kind != "giveaway":
                    lines[line.sku, monday].append(sold(line))
    seen = {key: frozenset[Rule]().union(*map(candidates, each)) for key, each in lines.items()}
    return {key: best(each) for key, each in lines.items()}, seen


def method(year: Year, campaigns: Campaigns, month: tuple[date, date], baskets: Sequence[Basket]) -> Method:
    """Learn what a month is replayed with."""
    begin, end = month
    rules, seen = reductions(baskets, teachers(year))
    bought = {line.sku for basket in baskets for line in basket.lines if buys(line)}
    shown, matches = elsewhere(year, campaigns, month)
    taught, added = learned(shown), doublings(matches)
    running = campaigns.between(begin, end)
    coupons = {key: each for key, each in campaigns.coupons.items() if key[0] in {one.number for one in running}}
    worths = {key: known for key, each in coupons.items() if (known := worth(each.upc, taught))}
    made = weekly(rules)
    for key, known in worths.items():
        campaign = campaigns.campaigns[key[0]]
        made += couponed(campaign, coupons[key], known, added.get(known.minor), bought)
    members = [
        {"segment": segment(each.number), "customer": customer_id(household)}
        for each in running
        for household in each.households
    ]
    redeemed, astray = _placed(campaigns, month, baskets)
    there = {each["code"] for each in made}
    codes = {
        reference: [
            code
            for key in keys
            if key in coupons
            for code in (coupons[key].code, coupons[key].doubled)
            if code in there
        ]
        for reference, keys in redeemed.items()
    }
    return Method(rules, seen, coupons, worths, made, members, codes, redeemed, astray)


def elsewhere(
    year: Year, campaigns: Campaigns, month: tuple[date, date]
) -> tuple[list[tuple[str, int]], list[tuple[int, int]]]:
    """Read the other months: what coupons took off where only one line can be it, and what the shop added to them."""
    shown: dict[tuple[int, date], list[tuple[str, int]]] = defaultdict(list)
    matches = []
    for each in year.couponed():
        day = day_of(each.at)
        if not month[0] <= day < month[1]:
            shown[each.household, day].append((each.sku, each.coupon))
            matches.append((each.coupon, each.match))
    single = []
    articles = {key: set(coupon.skus) for key, coupon in campaigns.coupons.items()}
    for one in campaigns.redemptions:
        skus = articles.get((one.campaign, one.upc), set())
        can = [cents for sku, cents in shown.get((one.household, one.day), ()) if sku in skus]
        if len(can) == 1:
            single.append((one.upc, can[0]))
    return single, matches


def _placed(
    campaigns: Campaigns, month: tuple[date, date], baskets: Sequence[Basket]
) -> tuple[dict[str, list[tuple[int, str]]], int]:
    """Tell with which receipt a redemption was: the day's first with an article for it, else the first."""
    days: dict[tuple[UUID, date], list[Basket]] = defaultdict(list)
    for basket in baskets:
        days[basket.customer, day_of(basket.sold_at)].append(basket)
    placed: dict[str, list[tuple[int, str]]] = defaultdict(list)
    astray = 0
    for each in campaigns.redemptions:
        if not month[0] <= each.day < month[1]:
            continue
        coupon = campaigns.coupons.get((each.campaign, each.upc))
        there = days.get((customer_id(each.household), each.day), [])
        if coupon is None or not there:
            astray += 1
            continue
        skus = set(coupon.skus)
        basket = next((b for b in there if any(line.sku in skus and buys(line) for line in b.lines)), there[0])
        if (each.campaign, each.upc) in placed[basket.reference]:
            astray += 1
            continue
        placed[basket.reference].append((each.campaign, each.upc))
    return dict(placed), astray
