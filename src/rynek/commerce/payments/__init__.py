"""Payments: an order's tenders, who moves their money, and a ledger in which every minor unit is accounted for."""

from rynek.commerce.payments.actions import check_tenders, open_many
from rynek.commerce.payments.model import Opening, Tender, TendersUnfit
from rynek.commerce.payments.rules import settles

__all__ = ["Opening", "Tender", "TendersUnfit", "check_tenders", "open_many", "settles"]
