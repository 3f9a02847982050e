"""Subscriptions: what a customer gets again and again, at prices that were told before they are charged."""

from rynek.commerce.subscriptions.model import Plan, Subscription

__all__ = ["Plan", "Subscription"]
