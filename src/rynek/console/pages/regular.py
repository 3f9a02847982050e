"""Subscriptions: which there are, what is due, what was not paid and is tried again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import clock
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, NotFound

PAGE = 40
STATES = ("active", "past-due", "paused", "cancelled")
DUE = {"today": 0, "week": 7}
"""What is due soon, and within how many days."""
SUBSCRIBED = {"active": "good", "past-due": "bad", "paused": "warn"}
MOVES = ("pause", "resume", "skip")


@shown
async def subscriptions(call: Call[Any], state: str = "", due: str = "", before: UUID | None = None) -> Response:
    """List subscriptions, newest first: by state, or those that are due."""
    asked: dict[str, Any] = {"state": state if state in STATES else None}
    if due in DUE:
        asked["due"] = clock.now().date() + timedelta(days=DUE[due])
    found = await call.ask("commerce.subscriptions.subscriptions", **asked, before=before, limit=PAGE + 1)
    return show(
        call, "console/subscriptions.html", subscriptions=found[:PAGE], state=state, due=due, before=before,
        following=found[PAGE - 1].id if len(found) > PAGE else None, states=STATES, dues=tuple(DUE), tones=SUBSCRIBED,
    )  # fmt: skip


@shown
async def subscription(call: Call[Any], subscription: UUID, done: str = "") -> Response:
    """Show a subscription with its deliveries, its dunning and its history."""
    return await _subscription(call, subscription, done=done)


async def _subscription(
    call: Call[Any], subscription: UUID, *, done: str = "", refusal: Fault | None = None
) -> Response:  # fmt: skip
    found = await call.ask("commerce.subscriptions.subscription", subscription=subscription)
    return show(
        call, "console/subscription.html", refusal.status if refusal else 200, sub=found, done=done, tones=SUBSCRIBED,
        refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


@shown
async def move_subscription(call: Call[Any], subscription: UUID, act: str = "", reason: str = "") -> Response:
    """Pause, resume or skip for a customer, or end it with a reason."""
    if act not in (*MOVES, "cancel"):
        raise NotFound("nothing is done so")
    more = {"reason": reason.strip()} if act == "cancel" else {}
    try:
        await call.ask(f"commerce.subscriptions.{act}", subscription=subscription, **more)
    except Fault as fault:
        return await _subscription(call, subscription, refusal=fault)
    return go(f"/console/subscriptions/{subscription}?done={act}")
