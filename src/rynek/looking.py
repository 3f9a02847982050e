"""What an engineer looks at on the machine itself: the audit, and events that could not be taken."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

from rynek import app, security
from rynek.kernel import log
from rynek.kernel.database import Database
from rynek.kernel.settings import Settings, SettingsError
from rynek.serving import ground

T = TypeVar("T")


def _on(settings: Settings, look: Callable[[Settings, Database], Awaitable[T]]) -> T:
    """Do something on the installation's database, whether a shop runs on it or not."""

    async def opened(ready: Settings) -> T:
        app.registry(ready)
        database = await Database.open(ready.database, 2)
        try:
            return await look(ready, database)
        finally:
            await database.close()

    with ground(settings) as (ready, _):
        return uvloop.run(opened(ready))


def admin(settings: Settings, email: str) -> int:
    """Make the first administrator; gives 1 when there is one already."""
    password = _on(settings, lambda _, database: security.ensure_admin(database, email))
    print(f"{email} · {password}" if password else "there is an administrator already, who can make others")
    return 0 if password else 1


def audit(settings: Settings) -> int:
    """Verify the audit; gives 1 when a line was edited, removed, inserted, reordered or cut off."""
    verdict = _on(settings, lambda ready, db: security.verify(db, app.anchor(ready), app.secret(ready)))
    for each in verdict.findings:
        print(f"{each.kind}: {each.where}")
    state = "broken" if verdict.findings else "as they were written"
    print(f"{verdict.lines} lines under {verdict.seals} seals: {state}; {verdict.unsealed} not sealed yet")
    return 1 if verdict.findings else 0


def parked(settings: Settings) -> int:
    """List what reactions could not take; gives 1 when there is something."""
    rows = _on(settings, lambda _, db: _parked(db))
    for reaction, count, first, error in rows:
        print(f"{reaction}: {count} since {first:%Y-%m-%d %H:%M}, the last with {error}")
    print("nothing is parked" if not rows else "try them again with: rynek log replay REACTION")
    return 1 if rows else 0


async def _parked(database: Database) -> list[tuple[str, int, object, str]]:
    async with database.transaction("kernel") as tx:
        rows = await tx.rows("""
            select reaction, count(*), min(parked_at), max(split_part(trim(e'\\n' from error), e'\\n', -1))
            from kernel.parked group by reaction order by reaction""")
    return [tuple(row) for row in rows]


def replay(settings: Settings, reaction: str | None) -> int:
    """Try a reaction's parked events again; gives 1 when some stay parked.

    Raises:
        SettingsError: there is no such reaction.
    """

    async def again(_: Settings, database: Database) -> tuple[int, int]:
        if reaction not in log.REACTIONS:
            raise SettingsError(f"there is no reaction {reaction}; there are {', '.join(sorted(log.REACTIONS))}")
        return await log.replay(database, log.REACTIONS[reaction])

    done, failed = _on(settings, again)
    print(f"{done} taken, {failed} still parked")
    return 1 if failed else 0
