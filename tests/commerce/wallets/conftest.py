"""What the tests of wallets add: the bank of payments' tests, which pays the other part."""

from tests.commerce.payments.conftest import bank

__all__ = ["bank"]
