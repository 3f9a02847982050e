"""How one can pay here: what is agreed at once, providers to whose page one is sent, and later for companies."""

from typing import Any

from rynek.kernel.door import Call
from rynek.kernel.words import Language

METHODS = ("cash-on-delivery", "transfer")
"""How one can always pay here; both are agreed at once and paid later."""


async def ways(call: Call[Any], w: Language, *, later: bool = False) -> list[tuple[str, str]]:
    """List how one can pay: each way, and the word for it. Of providers those to whose page one is sent from here.

    Args:
        later: whether the buyer may pay by invoice, as those do who buy for a company within its credit.
    """
    offers = await call.ask("commerce.payments.methods")
    sent = [
        (f"{each.provider}:{each.method}", each.method)
        for each in offers
        if each.provider != "manual" and each.available and not each.token and w.has(f"method.{each.method}")
    ]
    return [*((each, each) for each in (*(("invoice",) if later else ()), *METHODS)), *sent]


def tender(way: str, minor: int) -> dict[str, Any]:
    """Pay an amount in one of these ways."""
    provider, _, method = way.rpartition(":")
    return {"method": method, "amount_minor": minor} | ({"provider": provider} if provider else {})
