"""The event stream: what happens in the shop, told to programs of others in the order of the log."""

from rynek.integration.stream.actions import allows_personal, chosen, readable, told
from rynek.integration.stream.model import AheadOfTheLog, CloudEvent, EventKind, Events, NoSuchEvent, Pattern, Patterns
from rynek.integration.stream.rules import envelope, matches

__all__ = [
    "AheadOfTheLog",
    "CloudEvent",
    "EventKind",
    "Events",
    "NoSuchEvent",
    "Pattern",
    "Patterns",
    "allows_personal",
    "chosen",
    "envelope",
    "matches",
    "readable",
    "told",
]
