"""Decisions about parcels: pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from rynek.commerce.shipping.model import (
    Asked,
    CarrierFacts,
    Rate,
    Sight,
    SlotClaim,
    Status,
    Window,
    WindowFull,
    WindowKey,
    WindowUnknown,
)
from rynek.kernel.faults import Fault

_FURTHER: dict[Status, int] = {
    "announced": 0, "collected": 1, "in-transit": 2, "failed": 3, "out-for-delivery": 4, "ready": 5, "delivered": 6,
    "returned": 7,
}  # fmt: skip
OVER = frozenset({"delivered", "returned"})
"""Nothing more is heard of a parcel that stands so."""
_LOOKS = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
_MOST_LOOKS = 120


def history(sights: Iterable[Sight]) -> list[Sight]:
    """Put what was heard of a parcel in order, each thing once, however often and in whatever order it came."""
    return sorted(set(sights), key=lambda each: (each.at, _FURTHER[each.status], each.note, each.place))


def standing(sights: Iterable[Sight]) -> Status:
    """Tell where a parcel stands: what is over is over, else what was seen last."""
    seen = history(sights)
    ends = [each.status for each in seen if each.status in OVER]
    if ends:
        return max(ends, key=_FURTHER.__getitem__)
    return seen[-1].status if seen else "announced"


def next_look(looks: int) -> timedelta | None:
    """Tell after how long a carrier is asked again where a parcel is; None: not any more, after a month."""
    return None if looks >= _MOST_LOOKS else _LOOKS[min(looks // 4, len(_LOOKS) - 1)]


def house_rate(code: str, carrier: CarrierFacts, asked: Asked) -> Rate | None:
    """Price a parcel by the house's own table: the zone whose postcodes fit best. None: it does not go there."""
    postcode = re.sub(r"[\s-]", "", asked.to.postcode).upper()
    best, fits = None, -1
    for zone in carrier.zones:
        if zone.country != asked.to.country:
            continue
        match = max((len(each) for each in zone.prefixes if postcode.startswith(each)), default=-1)
        match = match if zone.prefixes else 0
        if match > fits:
            best, fits = zone, match
    if best is None:
        return None
    prices = sorted(best.prices, key=lambda price: price.up_to_g)
    minor = next((each.minor for each in prices if asked.weight_g <= each.up_to_g), None)
    return None if minor is None else Rate(code, "van", best.name, carrier.currency, minor, best.days)


def cheapest(rates: Iterable[Rate]) -> list[Rate]:
    """Put what carriers take in order."""
    return sorted(rates, key=lambda each: (each.currency, each.minor, each.carrier, each.service))


def zpl_text(text: str) -> str:
    """Write a text into ZPL, whose signs are not read as commands."""
    return text.replace("_", "_5F").replace("^", "_5E").replace("~", "_7E")


def weight(claim: SlotClaim, window: Window) -> int:
    """Tell how much an order takes of hours: one, or its units."""
    return claim.units if window.counts == "units" else 1


def closed(window: Window, at: datetime) -> Fault | None:
    """Refuse to change what is closed already."""
    return WindowUnknown("the hours it has are closed: ask us", field="window") if window.closes_at <= at else None


def fitting(claims: Sequence[SlotClaim], windows: Mapping[WindowKey, Window], at: datetime) -> list[Fault | int]:
    """Tell each of several orders how much it takes of the hours it wants, those before it counted, or why not."""
    left = {key: window.capacity - window.taken for key, window in windows.items()}
    told: list[Fault | int] = []
    for claim in claims:
        window = windows.get(claim.window)
        fits = (
            window is not None
            and window.active
            and at < window.closes_at
            and (window.channel, window.delivery) == (claim.channel, claim.delivery)
            and claim.postcode.startswith(window.area)
        )
        if window is None or not fits:
            told.append(WindowUnknown("these hours cannot be had by this delivery, or not any more", field="window"))
        elif left[window.id] < weight(claim, window):
            told.append(WindowFull(f"{max(left[window.id], 0)} are left of these hours", left=max(left[window.id], 0)))
        else:
            left[window.id] -= weight(claim, window)
            told.append(weight(claim, window))
    return told
