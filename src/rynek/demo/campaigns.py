"""The data set's campaigns: who got which coupons, for what and when, and when they were redeemed; as promotions.

What is given here are rows of the operations of promotions, as anybody would send them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from rynek.demo.dataset import CURRENCY, folder
from rynek.demo.offers import Rule, Worth, week_end

ZONE = "America/New_York"
"""The time of the shops: days of redemptions and weeks of reductions are theirs."""

_zone = ZoneInfo(ZONE)


class Campaign(Struct, frozen=True):
    """A mailing of coupons to households (by number); its first and its last day."""

    number: int
    begin: date
    end: date
    households: list[int]


class Coupon(Struct, frozen=True):
    """A coupon of a campaign, and the articles that it is for."""

    campaign: int
    upc: str
    skus: list[str]

    @property
    def code(self) -> str:
        """What is typed in at the till, and the key of its promotion."""
        return f"C{self.campaign}-{self.upc}"

    @property
    def doubled(self) -> str:
        """The same for what the shop adds to it."""
        return f"{self.code}-X"


class Redemption(Struct, frozen=True):
    """That a household (by number) redeemed a coupon on a day."""

    household: int
    campaign: int
    upc: str
    day: date


class Campaigns(Struct, frozen=True):
    """All of them; coupons by campaign and number."""

    campaigns: dict[int, Campaign]
    coupons: dict[tuple[int, str], Coupon]
    redemptions: list[Redemption]

    @classmethod
    def read(cls, files: Path | None = None) -> "Campaigns":
        """Read the data set's files of campaigns, coupons and redemptions."""
        place = files or folder()
        members: dict[int, list[int]] = defaultdict(list)
        for number, household in _rows(place, "campaigns", "campaign_id", "household_id"):
            members[number].append(household)
        described = _rows(place, "campaign_descriptions", "campaign_id", "start_date", "end_date")
        skus: dict[tuple[int, str], list[str]] = defaultdict(list)
        for number, upc, product in _rows(place, "coupons", "campaign_id", "coupon_upc", "product_id"):
            skus[number, str(upc)].append(str(product))
        redeemed = _rows(place, "coupon_redemptions", "household_id", "campaign_id", "coupon_upc", "redemption_date")
        return cls(
            {number: Campaign(number, begin, end, sorted(members[number])) for number, begin, end in described},
            {key: Coupon(*key, sorted(each)) for key, each in sorted(skus.items())},
            [Redemption(household, number, str(upc), day) for household, number, upc, day in redeemed],
        )

    def between(self, begin: date, end: date) -> list[Campaign]:
        """List the campaigns that run on any day from ``begin`` to before ``end``."""
        return [each for each in self.campaigns.values() if each.begin < end and each.end >= begin]


def _rows(place: Path, name: str, *columns: str) -> list[tuple[Any, ...]]:
    table = pq.ParquetFile(place / f"{name}.parquet").read(columns=list(columns))
    read = [table.column(column) for column in columns]
    read = [each.cast(pa.date32()) if pa.types.is_timestamp(each.type) else each for each in read]
    return list(zip(*(each.to_pylist() for each in read), strict=True))


# --- times ------------------------------------------------------------------------------------------------------------


def instant(day: date) -> datetime:
    """Tell when a day begins in the shops, in UTC."""
    return datetime.combine(day, time(), _zone).astimezone(UTC)


def day_of(at: datetime) -> date:
    """Tell which day it is in the shops."""
    return at.astimezone(_zone).date()


def month_of(text: str) -> tuple[date, date]:
    """Read a month such as ``2017-11``; gives its first day and that of the next.

    Raises:
        ValueError: it is not written so.
    """
    begin = date.fromisoformat(f"{text}-01")
    return begin, (begin + timedelta(days=31)).replace(day=1)


# --- as rows of operations --------------------------------------------------------------------------------------------


def weekly(rules: Mapping[tuple[str, date], Rule]) -> list[dict[str, Any]]:
    """Write the reductions of articles and weeks as promotions: one for all articles with the same rule in a week."""
    together: dict[tuple[date, Rule], list[str]] = defaultdict(list)
    for (sku, monday), rule in rules.items():
        if rule.kind != "none":
            together[monday, rule].append(sku)
    return [
        {
            "code": f"W{monday:%m%d}-{rule.kind}-{rule.of}", "name": f"Week of {monday}: {_said(rule)}",
            "lane": "item", "state": "active", "currency": CURRENCY, "zone": ZONE,
            "from_at": instant(monday), "until_at": instant(week_end(monday)), "gives": _given(rule, sorted(skus)),
        }
        for (monday, rule), skus in sorted(together.items(), key=lambda each: (each[0][0], repr(each[0][1])))
    ]  # fmt: skip


def _said(rule: Rule) -> str:
    amount = f"{rule.of / 100:.2f}"
    return {"price": f"{amount} each", "amount": f"{amount} off each"}.get(rule.kind, f"{rule.of // 100} % off")


def _given(rule: Rule, skus: list[str]) -> dict[str, Any]:
    what: dict[str, Any] = {"give": rule.kind, "of": {"skus": skus}}
    if rule.kind == "percent":
        return what | {"bp": rule.of}
    return what | {"minor": rule.of} | ({"each": True} if rule.kind == "amount" else {})


def couponed(
    campaign: Campaign, coupon: Coupon, worth: Worth, added: int | None, sold: AbstractSet[str]
) -> list[dict[str, Any]]:
    """Write a coupon as the promotion that its code gives, and what the shop adds to it as another.

    Args:
        added: what the shop usually adds to a coupon of so much, in cents.
        sold: the articles that there are.
    """
    skus = [sku for sku in coupon.skus if sku in sold]
    if not skus:
        return []
    when: list[dict[str, Any]] = [{"if": "segment", "of": [segment(campaign.number)]}]
    if worth.units > 1:
        when.append({"if": "basket", "of": {"skus": skus}, "units": worth.units})
    kinds = [(coupon.code, "Coupon", worth.minor), (coupon.doubled, "The shop's share of coupon", added or 0)]
    return [
        {
            "code": code, "name": f"{name} {coupon.upc} of campaign {campaign.number}", "lane": "code", "coded": True,
            "state": "active", "currency": CURRENCY, "zone": ZONE, "when": when,
            "from_at": instant(campaign.begin), "until_at": instant(campaign.end + timedelta(days=1)),
            "gives": {"give": "amount", "minor": minor, "of": {"skus": skus}},
        }
        for code, name, minor in kinds
        if minor
    ]  # fmt: skip


def segment(campaign: int) -> str:
    """Name the segment of the households of a campaign."""
    return f"campaign-{campaign}"


def spoken_of(promotions: Iterable[Mapping[str, Any]]) -> set[str]:
    """List the articles that promotions are for."""
    return {sku for each in promotions for sku in each["gives"]["of"]["skus"]}
