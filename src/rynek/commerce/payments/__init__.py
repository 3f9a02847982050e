"""Payments: an order's tenders, who moves their money, and a ledger in which every minor unit is accounted for."""

from rynek.commerce.payments.actions import (
    authorise,
    authorise_all,
    capture,
    check_tenders,
    open_many,
    pay,
    payment,
    payments,
    refund,
    unbalanced,
    unsettled,
    void,
)
from rynek.commerce.payments.model import Move, Moved, Opening, Payment, PaymentClosed, Tender, TendersUnfit
from rynek.commerce.payments.rules import settles
from rynek.commerce.payments.settlement import settle_due

__all__ = [
    "Move",
    "Moved",
    "Opening",
    "Payment",
    "PaymentClosed",
    "Tender",
    "TendersUnfit",
    "authorise",
    "authorise_all",
    "capture",
    "check_tenders",
    "open_many",
    "pay",
    "payment",
    "payments",
    "refund",
    "settle_due",
    "settles",
    "unbalanced",
    "unsettled",
    "void",
]
