"""Repricing: prices that move by stock, demand, competitors and time, between rails, and can say why.

It lies above orders and promotions, and below what shows prices: it writes a price list of its own for each channel,
so whoever asks pricing for a price gets the one that counts.
"""

from rynek.commerce.repricing.actions import look, preview, put_rules, put_switch, stop, why
from rynek.commerce.repricing.model import Decision, Facts, Looked, Place, Preview, Rails, Reason, Rule, Scope, Why

__all__ = [
    "Decision",
    "Facts",
    "Looked",
    "Place",
    "Preview",
    "Rails",
    "Reason",
    "Rule",
    "Scope",
    "Why",
    "look",
    "preview",
    "put_rules",
    "put_switch",
    "stop",
    "why",
]
