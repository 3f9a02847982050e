"""What bulk writes of prices, costs and taxes take and refuse. Pure."""

import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime

from rynek.commerce.catalog import Refusal
from rynek.commerce.pricing.model import CompetitorPrice, Cost, Price, PriceFloor, PriceList, TaxRate
from rynek.kernel.money import EXPONENTS

_LIST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_DEAREST = 10**12


def list_faults(lists: Sequence[PriceList], channels: Mapping[str, str]) -> list[Refusal]:
    """Say which price lists cannot be taken.

    Args:
        channels: the currency of every channel.
    """

    def reason(each: PriceList) -> str | None:
        if not _LIST.fullmatch(each.code):
            return "the code has 1 to 40 letters, digits, dots, underscores or hyphens"
        if each.currency not in EXPONENTS:
            return f"{each.currency} is not a currency we trade in"
        if each.channel is not None and channels.get(each.channel) != each.currency:
            currency = channels.get(each.channel)
            return f"{each.channel} sells in {currency}" if currency else f"there is no channel {each.channel}"
        return _period_fault(each.from_at, each.until_at)

    return _refusals((each.code, each.code, reason(each)) for each in lists)


def price_faults(prices: Sequence[Price], skus: Collection[str], lists: Collection[str]) -> list[Refusal]:
    """Say which prices cannot be taken.

    Args:
        skus: those of the items that exist.
        lists: those of the lists that exist.
    """

    def reason(each: Price) -> str | None:
        if each.sku not in skus:
            return f"there is no sku {each.sku}"
        if each.list not in lists:
            return f"there is no price list {each.list}"
        if each.minor is not None and not 0 <= each.minor <= _DEAREST:
            return f"a price is 0 to {_DEAREST} minor units"
        if not 1 <= each.minimum <= _DEAREST:
            return "a quantity break is at least 1"
        return _period_fault(each.from_at, each.until_at)

    return _refusals(
        ((each.list, each.sku, each.minimum, each.from_at), f"{each.list} {each.sku}", reason(each)) for each in prices
    )


def cost_faults(costs: Sequence[Cost], skus: Collection[str]) -> list[Refusal]:
    """Say which costs cannot be taken.

    Args:
        skus: those of the items that exist.
    """
    return _refusals(
        (
            (each.sku, each.currency, each.location, each.from_at),
            f"{each.sku} {each.currency}",
            _amount_fault(each, skus) or _period_fault(each.from_at, None),
        )
        for each in costs
    )


def competitor_faults(prices: Sequence[CompetitorPrice], skus: Collection[str], at: datetime) -> list[Refusal]:
    """Say which prices seen at competitors cannot be taken.

    Args:
        skus: those of the items that exist.
        at: now; nobody has seen what is to come.
    """

    def reason(each: CompetitorPrice) -> str | None:
        if not each.competitor.strip():
            return "the competitor needs a name"
        if each.seen_at.tzinfo is not None and each.seen_at > at:
            return "it cannot have been seen yet"
        return _amount_fault(each, skus) or _period_fault(each.seen_at, None)

    return _refusals(
        ((each.sku, each.currency, each.competitor), f"{each.sku} {each.competitor}", reason(each)) for each in prices
    )


def floor_faults(floors: Sequence[PriceFloor], skus: Collection[str]) -> list[Refusal]:
    """Say which floors cannot be taken.

    Args:
        skus: those of the items that exist.
    """
    return _refusals(
        (
            (each.sku, each.currency, each.country, each.kind, each.from_at),
            f"{each.sku} {each.currency}",
            _amount_fault(each, skus) or _period_fault(each.from_at, each.until_at),
        )
        for each in floors
    )


def _amount_fault(each: Cost | CompetitorPrice | PriceFloor, skus: Collection[str]) -> str | None:
    if each.sku not in skus:
        return f"there is no sku {each.sku}"
    if each.currency not in EXPONENTS:
        return f"{each.currency} is not a currency we trade in"
    if each.minor is not None and not 0 <= each.minor <= _DEAREST:
        return f"an amount is 0 to {_DEAREST} minor units"
    return None


def rate_faults(rates: Sequence[TaxRate]) -> list[Refusal]:
    """Say which rates of VAT cannot be taken."""
    return _refusals(
        (
            (each.country, each.category, each.from_at),
            f"{each.country} {each.category}",
            _period_fault(each.from_at, None),
        )
        for each in rates
    )


def _period_fault(from_at: datetime | None, until_at: datetime | None) -> str | None:
    if any(each is not None and each.tzinfo is None for each in (from_at, until_at)):
        return "an instant needs its time zone"
    if from_at is not None and until_at is not None and from_at >= until_at:
        return "the period ends before it begins"
    return None


def _refusals(rows: Iterable[tuple[Hashable, str, str | None]]) -> list[Refusal]:
    """Number the rows that have a reason against them, and those whose key came before."""
    seen: set[Hashable] = set()
    refused = []
    for row, (key, name, found) in enumerate(rows):
        reason = found or ("it comes twice" if key in seen else None)
        if reason:
            refused.append(Refusal(row, name[:100], reason))
        else:
            seen.add(key)
    return refused
