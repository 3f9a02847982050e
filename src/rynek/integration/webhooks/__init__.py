"""Webhooks: what happens in the shop is sent, signed, to where others listen."""

from rynek.integration.webhooks.model import Attempt, Delivery, Endpoint, Made, Rotated, Told

__all__ = ["Attempt", "Delivery", "Endpoint", "Made", "Rotated", "Told"]
