"""Promotions: what buyers get on top of prices, decided by rules that are data, and why."""

from rynek.commerce.promotions.actions import book, counters, decide, explain, give_back, programs, refused, used_by
from rynek.commerce.promotions.language import Gift, Lane, Promotion, What
from rynek.commerce.promotions.actions import baskets, book, counters, decide, explain, give_back, programs, used_by
from rynek.commerce.promotions.language import Promotion
from rynek.commerce.promotions.model import (
    Asked,
    Buying,
    Claim,
    CouponSaid,
    CouponText,
    Decided,
    Facts,
    FactsRow,
    Left,
    Line,
    Outcome,
    PromotionSpent,
    Reason,
    Trace,
    Tried,
    UnknownCoupon,
    Used,
)
from rynek.commerce.promotions.programs import Programs, fits
from rynek.commerce.promotions.rules import decide as decide_basket
from rynek.commerce.promotions.programs import Programs
from rynek.commerce.promotions.rules import decide as count
from rynek.commerce.promotions.rules import written

__all__ = [
    "Asked",
    "Buying",
    "Claim",
    "CouponSaid",
    "CouponText",
    "Decided",
    "Facts",
    "FactsRow",
    "Gift",
    "Lane",
    "Left",
    "Line",
    "Outcome",
    "Programs",
    "Promotion",
    "PromotionSpent",
    "Reason",
    "Trace",
    "Tried",
    "UnknownCoupon",
    "Used",
    "What",
    "baskets",
    "book",
    "count",
    "counters",
    "decide",
    "decide_basket",
    "explain",
    "fits",
    "give_back",
    "programs",
    "refused",
    "used_by",
    "written",
]
