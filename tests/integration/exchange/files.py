"""Files sent to a shop, and imports carried through."""

from typing import Any

from rynek.app import App
from rynek.integration.exchange.running import advance
from rynek.kernel import ids
from rynek.kernel.actor import Actor

EDITOR = Actor("staff", ids.new(), frozenset({"merchandise"}), name="Edyta")
KEEPER = Actor("staff", ids.new(), frozenset({"stock"}), name="Staszek")
ADMIN = Actor("staff", ids.new(), frozenset({"admin"}), name="Ada")
X = "integration.exchange."


class Sent:
    """A request with a body."""

    method = "PUT"
    path = query = ""
    address = "127.0.0.1"

    def __init__(self, body: bytes, media: str = "application/octet-stream") -> None:
        self.body = body
        self.media = media

    def header(self, name: str) -> str | None:
        return self.media if name == "content-type" else None


async def sent(world: App, sheet: str, body: bytes | str, who: Actor = EDITOR, **more: Any) -> Any:
    """Begin an import and send its file."""
    begun = await world.door.ask(who, X + "begin_import", sheet=sheet, **{"name": f"{sheet}.csv", **more})
    data = body.encode() if isinstance(body, str) else body
    return await world.door.pass_on(who, X + "upload", {"exchange": begun.id}, Sent(data))


async def done(world: App, run: Any, what: str = "start", who: Actor = EDITOR, **more: Any) -> Any:
    """Let an import begin (or be undone) and carry it through."""
    await world.door.ask(who, X + what, exchange=run.id, **more)
    while await advance(world.door):
        pass
    return await world.door.ask(who, X + "exchange", exchange=run.id)


async def brought(world: App, sheet: str, body: bytes | str, who: Actor = EDITOR, **more: Any) -> Any:
    """Bring a file in."""
    return await done(world, await sent(world, sheet, body, who, **more), who=who)


async def refused(world: App, run: Any, who: Actor = EDITOR) -> list[tuple[int, str, str, str]]:
    found = await world.door.ask(who, X + "refusals", exchange=run.id, limit=500)
    return [(each.line, each.column, each.value, each.reason) for each in found]


async def taken_out(world: App, sheet: str, who: Actor = EDITOR, **more: Any) -> bytes:
    """Export a sheet; gives the file."""
    begun = await world.door.ask(who, X + "begin_export", sheet=sheet, **more)
    while await advance(world.door):
        pass
    answer = await world.door.ask(who, X + "download", exchange=begun.id)
    return b"".join([piece async for piece in answer.stream])


def counts(run: Any) -> tuple[str, int, int, int, int]:
    return (run.state, run.new, run.changed, run.unchanged, run.refused)
