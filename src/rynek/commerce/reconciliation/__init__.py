"""Reconciliation: what banks, carriers and payment providers say they did with our money, against our own ledger."""

from rynek.commerce.reconciliation.model import Line, LineSettled, Received, StatementRefused

__all__ = ["Line", "LineSettled", "Received", "StatementRefused"]
