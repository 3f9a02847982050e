"""Behind the shop: what happened (the audit), and what waits (parked events, jobs given up)."""

from typing import Any
from uuid import UUID

from rynek.console.pages.shell import go, show, shown
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Invalid

PAGE = 60


@shown
async def audit(
    call: Call[Any], actor: str = "", operation: str = "", target: str = "", before: str = ""
) -> Response:  # fmt: skip
    """Read what happened, newest first."""
    found = await call.ask(
        "security.audit", actor=_id(actor), operation=operation.strip() or None, target=target.strip() or None,
        before=before or None, limit=PAGE,
    )  # fmt: skip
    kept = {"actor": actor, "operation": operation, "target": target}
    older = found[-1].position if len(found) == PAGE else ""
    return show(call, "console/audit.html", lines=found, kept=kept, older=older, before=before)


def _id(text: str) -> UUID | None:
    if not text.strip():
        return None
    try:
        return UUID(text.strip())
    except ValueError:
        raise Invalid("an actor is asked for by its id", field="actor") from None


@shown
async def work(call: Call[Any], done: str = "") -> Response:
    """Show what waits behind the shop."""
    return show(call, "console/work.html", behind=await call.ask("ops.backlog"), done=done)


@shown
async def replay_parked(call: Call[Any], reaction: str = "") -> Response:
    """Let a reaction try again what it parked."""
    await call.ask("ops.replay", reaction=reaction)
    return go("/console/background?done=replayed")


@shown
async def revive_job(call: Call[Any], job: int = 0) -> Response:
    """Let a job that was given up be tried again."""
    await call.ask("ops.revive", job=job)
    return go("/console/background?done=revived")
