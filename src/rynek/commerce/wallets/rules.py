"""Decisions about wallets: pure."""

import calendar
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise

from rynek.commerce.wallets.model import Lot, Tier, TiersUnfit

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What codes are written in: nothing that is misread. Source: D. Crockford, Base 32."""
LENGTH = 16
_MISREAD = str.maketrans("OIL", "011", "- ")
_ONCE_BP = 10_000


def written(code: str) -> str | None:
    """Give a code as it is kept however it was typed; None when it cannot be one."""
    plain = code.upper().translate(_MISREAD)
    return plain if len(plain) == LENGTH and set(plain) <= set(SIGNS) else None


def shown(code: str) -> str:
    """Write a code in groups, as people read it."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def units(tender_minor: int, unit_minor: int) -> int:
    """Tell how many units pay an amount; a unit is not split."""
    return -(-tender_minor // unit_minor)


def part(minor: int, tender_minor: int, before: int, tender_part: int) -> int:
    """Tell how many of ``minor`` units go with a part of a tender, of which ``before`` went already.

    All parts of a tender together are all its units, however it was cut.
    """
    return minor * (before + tender_part) // tender_minor - minor * before // tender_minor


def check_tiers(tiers: Sequence[Tier]) -> None:
    """See that tiers begin at nothing and rise.

    Raises:
        TiersUnfit: they do not, or two have one name.
    """
    rising = all(a.from_minor < b.from_minor for a, b in pairwise(tiers))
    if not tiers or tiers[0].from_minor or not rising or len({each.name for each in tiers}) < len(tiers):
        raise TiersUnfit(field="tiers")


def tier(tiers: Sequence[Tier], spent_minor: int) -> tuple[Tier, Tier | None]:
    """Tell the tier of somebody who bought so much, and the following one."""
    reached = sum(each.from_minor <= spent_minor for each in tiers) or 1
    return tiers[reached - 1], tiers[reached] if reached < len(tiers) else None


def earned(counted_minor: int, per_minor: int, multiplier_bp: int) -> int:
    """Tell the points of an amount: full ones only, after it was multiplied."""
    return max(0, counted_minor) * multiplier_bp // (per_minor * _ONCE_BP)


def lapse(lots: Iterable[Lot], today: date) -> tuple[int, date | None]:
    """Tell how much of an account has lapsed by a day, and on which day after that something may lapse next.

    What came first to its end is spent first; a lot can be spent on its last day.
    """
    up_to, over, following = 0, 0, None
    for lot in sorted((each for each in lots if each.expires_on), key=lambda each: each.expires_on or today):
        up_to += lot.minor
        left = up_to - lot.gone
        if lot.expires_on is None or left <= 0:
            continue
        if lot.expires_on < today:
            over = left
        elif following is None:
            following = lot.expires_on
    return over, following


def last_day(today: date, months: int) -> date:
    """Give the same day so many months later, or the last of a shorter month."""
    number = today.year * 12 + today.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))
