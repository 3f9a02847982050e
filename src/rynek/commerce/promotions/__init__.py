"""Promotions: what buyers get on top of prices, decided by rules that are data, and why."""

from rynek.commerce.promotions.actions import book, counters, decide, explain, give_back, programs, used_by
from rynek.commerce.promotions.language import Promotion
from rynek.commerce.promotions.model import (
    Asked,
    Claim,
    CouponSaid,
    CouponText,
    Decided,
    Outcome,
    PromotionSpent,
    Reason,
    Trace,
    Tried,
    UnknownCoupon,
    Used,
)
from rynek.commerce.promotions.rules import written

__all__ = [
    "Asked",
    "Claim",
    "CouponSaid",
    "CouponText",
    "Decided",
    "Outcome",
    "Promotion",
    "PromotionSpent",
    "Reason",
    "Trace",
    "Tried",
    "UnknownCoupon",
    "Used",
    "book",
    "counters",
    "decide",
    "explain",
    "give_back",
    "programs",
    "used_by",
    "written",
]
