"""A digest of everything in the database, so that a refusal can be shown to have changed nothing."""

import asyncio
from uuid import UUID

import asyncpg

VOLATILE = frozenset({"kernel.cursor", "kernel.job", "security.seal"})
"""What work behind the door writes by itself, whoever asks or not."""
_TABLES = """select format('%I.%I', schemaname, tablename) from pg_tables
where schemaname not in ('pg_catalog', 'information_schema') order by 1"""


async def digest(owner: asyncpg.Connection, *without: str) -> dict[str, tuple[int, str]]:
    """Count and digest every table, in one statement and so as of one moment.

    Args:
        without: tables that the tried thing is to write, such as counted tries to log in.
    """
    tables = [t for (t,) in await owner.fetch(_TABLES) if t not in VOLATILE and t not in without]
    counted = " union all ".join(
        f"select '{table}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text from {table} as t"  # noqa: S608 - names from the catalogue
        for table in tables
    )
    return {table: (count, sum_) for table, count, sum_ in await owner.fetch(counted)}


async def worked(owner: asyncpg.Connection, order: str) -> None:
    """Wait until an order's work is given out: a server does so by itself, soon after the order is placed."""
    for _ in range(600):
        if await owner.fetchval("select true from commerce.allocation where order_id = $1", UUID(order)):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"the work of {order} was not given out")
