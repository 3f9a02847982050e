"""Webhooks: where events are sent, how that goes, what was sent, and what can be done about it."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import clock
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault

PAGE = 50
STATES = ("waiting", "delivered", "parked")
TONES = {
    "waiting": "info",
    "delivered": "good",
    "parked": "bad",
    "well": "good",
    "failing": "warn",
    "off": "",
    "new": "",
}
_BREAK = re.compile(r"[\s,]+")


def health(endpoint: Any) -> str:
    """Say how an endpoint is in a word."""
    if not endpoint.active:
        return "off"
    if endpoint.failures:
        return "failing"
    return "well" if endpoint.delivered_at else "new"


@shown
async def webhooks(call: Call[Any], done: str = "") -> Response:
    """List where events are sent."""
    return await _list(call, done=done)


async def _list(
    call: Call[Any], *, done: str = "", refusal: Fault | None = None, made: Any = None, **said: Any
) -> Response:
    found = await call.ask("integration.webhooks.endpoints")
    return show(
        call, "console/webhooks.html", refusal.status if refusal else 200, endpoints=found, health=health, tones=TONES,
        made=made, done=done, said=said, refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


@shown
async def make_webhook(call: Call[Any], url: str = "", types: str = "", filter: str = "", note: str = "") -> Response:  # noqa: A002 - the form's word
    """Have events sent somewhere; shows the secret this once, so it is not led on to another page."""
    said = {"url": url.strip(), "filter": filter.strip(), "note": note.strip()}
    try:
        made = await call.ask("integration.webhooks.make", types=_types(types), **said)
    except Fault as fault:
        return await _list(call, refusal=fault, types=types, **said)
    return await _list(call, made=made)


def _types(text: str) -> list[str]:
    return [each for each in _BREAK.split(text) if each]


@shown
async def webhook(
    call: Call[Any], endpoint: UUID, state: str = "", before: UUID | None = None, done: str = ""
) -> Response:
    """Show an endpoint with what was sent to it."""
    return await _one(call, endpoint, state=state, before=before, done=done)


async def _one(  # noqa: PLR0913 - what the page is made of
    call: Call[Any], endpoint: UUID, *, state: str = "", before: UUID | None = None, done: str = "",
    refusal: Fault | None = None, rotated: Any = None, said: Any = None,
) -> Response:  # fmt: skip
    found = await call.ask("integration.webhooks.endpoint", endpoint=endpoint)
    deliveries = await call.ask(
        "integration.webhooks.deliveries", endpoint=endpoint, state=state or None, before=before, limit=PAGE + 1
    )
    older = deliveries[PAGE - 1].id if len(deliveries) > PAGE else None
    return show(
        call, "console/webhook.html", refusal.status if refusal else 200, endpoint=found, deliveries=deliveries[:PAGE],
        older=older, state=state, states=STATES, before=before, health=health(found), tones=TONES, done=done,
        rotated=rotated, said=said or {}, refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


async def _act(call: Call[Any], endpoint: UUID, done: str, operation: str, **values: Any) -> Response:
    try:
        await call.ask(f"integration.webhooks.{operation}", endpoint=endpoint, **values)
    except Fault as fault:
        return await _one(call, endpoint, refusal=fault, said=values)
    return go(f"/console/webhooks/{endpoint}?done={done}")


@shown
async def change_webhook(
    call: Call[Any], endpoint: UUID, url: str = "", types: str = "", filter: str = "", note: str = ""  # noqa: A002 - the form's word
) -> Response:  # fmt: skip
    """Send other events, or elsewhere."""
    said = {"url": url.strip(), "types": _types(types), "filter": filter.strip(), "note": note.strip()}
    return await _act(call, endpoint, "changed", "change", **said)


@shown
async def switch_webhook(call: Call[Any], endpoint: UUID, active: bool = False) -> Response:  # noqa: FBT001, FBT002 - the form's
    """Switch an endpoint on or off."""
    return await _act(call, endpoint, "on" if active else "off", "switch", active=active)


@shown
async def personal_webhook(call: Call[Any], endpoint: UUID, personal: bool = False) -> Response:  # noqa: FBT001, FBT002 - the form's
    """Say whether an endpoint is told who somebody is."""
    return await _act(call, endpoint, "changed", "set_personal", personal=personal)


@shown
async def ping_webhook(call: Call[Any], endpoint: UUID) -> Response:
    """Send something to try."""
    return await _act(call, endpoint, "pinged", "ping")


@shown
async def replay_webhook(call: Call[Any], endpoint: UUID, hours: int = 1) -> Response:
    """Send again what happened in the last hours."""
    since = clock.now() - timedelta(hours=max(1, min(hours, 24 * 366)))
    return await _act(call, endpoint, "replayed", "replay", since=since)


@shown
async def rotate_webhook(call: Call[Any], endpoint: UUID, overlap_h: int = 24) -> Response:
    """Make a new secret; shows it this once."""
    try:
        rotated = await call.ask("integration.webhooks.rotate", endpoint=endpoint, overlap_s=overlap_h * 3600)
    except Fault as fault:
        return await _one(call, endpoint, refusal=fault)
    return await _one(call, endpoint, rotated=rotated)


@shown
async def remove_webhook(call: Call[Any], endpoint: UUID) -> Response:
    """Send nothing there any more."""
    await call.ask("integration.webhooks.remove", endpoint=endpoint)
    return go("/console/webhooks?done=removed")


@shown
async def delivery(call: Call[Any], delivery: UUID, done: str = "") -> Response:
    """Show a delivery with every attempt."""
    found = await call.ask("integration.webhooks.delivery", delivery=delivery)
    endpoint = await call.ask("integration.webhooks.endpoint", endpoint=found.delivery.endpoint)
    return show(
        call, "console/delivery.html", sent=found.delivery, attempts=found.attempts, endpoint=endpoint, tones=TONES,
        done=done,
    )  # fmt: skip


@shown
async def resend_delivery(call: Call[Any], delivery: UUID) -> Response:
    """Deliver once more."""
    await call.ask("integration.webhooks.resend", delivery=delivery)
    return go(f"/console/deliveries/{delivery}?done=again")
