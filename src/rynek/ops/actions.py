"""What those who keep Rynek running ask."""

import asyncio
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from rynek.kernel import events, migrations
from rynek.kernel.door import Call
from rynek.kernel.operations import Registry
from rynek.ops.model import Alive, News, NotReady, Ready

PATIENCE_S = 1.0
"""How long the database may take to answer."""


async def live(_call: Call[None]) -> Alive:
    """Tell that the process answers; when it does not, start it anew."""
    return Alive()


async def ready(call: Call[None]) -> Ready:
    """Tell whether the process can take requests.

    Raises:
        NotReady: the database does not answer within a second, or lacks migrations of this version.
    """
    began = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_S), call.transaction() as tx:
            rows = await tx.rows("select context, place, number from kernel.migration")
    except TimeoutError:
        raise NotReady(f"the database did not answer within {PATIENCE_S:g} s", retry_after=1) from None
    missing = needed(call.door.registry) - {tuple(row) for row in rows}
    if missing:
        names = ", ".join(f"{place} {number:04}" for _, place, number in sorted(missing))
        raise NotReady(f"migrations are missing: {names}; run `rynek migrate`", retry_after=5)
    return Ready(round((time.perf_counter() - began) * 1000, 2), len(rows))


def needed(registry: Registry) -> set[tuple[str, str, int]]:
    """List the migrations (context, place, number) that the operations of a process stand on."""
    contexts: dict[Path, set[str]] = defaultdict(set)
    for each in registry.by_name.values():
        house, context, *_ = each.action.__module__.split(".")
        folder = Path(str(sys.modules[house].__file__)).parent
        if house == "rynek":
            contexts[folder] |= {"kernel", context}
        else:
            contexts[folder.parent].add(house)
    return {
        (each.context, each.place, each.number)
        for root, names in contexts.items()
        for each in migrations.found(root, sorted(names))
    }


async def news(_call: Call[None]) -> list[News]:
    """List the events that Rynek announces on its log, with the shape of what they carry."""
    return [
        News(each.name, each.key, _title(each.struct), _schema(each.struct)) for _, each in sorted(events.NAMES.items())
    ]


def _title(struct: type[msgspec.Struct]) -> str:
    return (struct.__doc__ or struct.__name__).strip().partition("\n")[0].rstrip(".")


def _schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return msgspec.json.schema(struct)
