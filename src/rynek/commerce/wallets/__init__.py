"""Wallets: gift cards, store credit and points, as ledgers that balance; they pay orders as any provider does."""

from rynek.commerce.wallets.actions import give, unbalanced
from rynek.commerce.wallets.ledger import WALLET
from rynek.commerce.wallets.model import POINTS, Account, Gift, Unbalanced

__all__ = ["POINTS", "WALLET", "Account", "Gift", "Unbalanced", "give", "unbalanced"]
