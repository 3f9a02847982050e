"""Migrations: each context's ``schema/NNNN_*.sql``, applied once, in order, by the schema's owner.

Expand, migrate, contract: a migration may add; what it takes away was unused for a release.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from msgspec import Struct

from rynek.kernel.database import ROLE

LOGIN = "rynek_app"
"""The login of server processes: a member of the context roles, owner of nothing."""

_LOCK = 0x52594E454B
_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")

_LEDGER = """create schema if not exists kernel;
create table if not exists kernel.migration (
    context text not null, number int not null, place text not null, digest text not null,
    at timestamptz not null default now(), primary key (context, place, number))"""

_GRANTS = """grant usage on schema kernel to {role};
grant select on kernel.migration to {role};
grant select, insert on kernel.event, kernel.answer to {role};
grant select, update on kernel.cursor to {role};
grant select, insert, update, delete on kernel.parked to {role};
grant select, insert, update, delete on kernel.job to {role};
grant execute on function kernel.read_on to {role};"""


class MigrationError(Exception):
    """A migration that was applied has been changed, or numbers are doubled."""


class Migration(Struct, frozen=True):
    """One file of one context."""

    context: str
    place: str
    number: int
    path: Path


def found(root: Path, contexts: Sequence[str]) -> list[Migration]:
    """List the migrations of the contexts in the order they apply: a context's parts by their lowest number."""
    every = []
    for context in contexts:
        for path in sorted((root / context).rglob("schema/*.sql")):
            matched = _NAME.match(path.name)
            if not matched:
                raise MigrationError(f"{path}: name it NNNN_what_it_adds.sql")
            place = ".".join(path.relative_to(root).parts[:-2])
            every.append(Migration(context, place, int(matched[1]), path))
    doubled = {
        (m.context, m.number) for m in every if sum((m.context, m.number) == (n.context, n.number) for n in every) > 1
    }
    if doubled:
        raise MigrationError(f"numbers used twice: {sorted(doubled)}; numbers are unique in a context")
    return sorted(every, key=lambda m: (contexts.index(m.context), m.number))


async def migrate(owner_dsn: str, root: Path, contexts: Sequence[str], password: str | None = None) -> list[Migration]:
    """Bring the database up to date; gives what was applied. Safe to run from several processes at once.

    Args:
        owner_dsn: login that owns the schemas and may create roles.
        contexts: in the order they stand on each other, ``kernel`` first.
        password: of the login ``rynek_app``; None leaves it as it is.
    """
    connection = await asyncpg.connect(owner_dsn)
    try:
        await connection.execute(f"select pg_advisory_lock({_LOCK})")
        await connection.execute(_LEDGER)
        await _login(connection, password)
        for context in contexts:
            await _context(connection, context)
        applied = [each for each in found(root, contexts) if await _apply(connection, each)]
        for context in contexts:
            await connection.execute(_GRANTS.format(role=ROLE + context))
        return applied
    finally:
        await connection.close()


async def _login(connection: asyncpg.Connection, password: str | None) -> None:
    await connection.execute(f"""do $$ begin
        create role {LOGIN} login noinherit password '{secrets.token_hex(16)}';
        exception when duplicate_object or unique_violation then null; end $$""")
    if password is not None:
        quoted = await connection.fetchval("select quote_literal($1::text)", password)
        await connection.execute(f"alter role {LOGIN} password {quoted}")


async def _context(connection: asyncpg.Connection, context: str) -> None:
    role = ROLE + context
    await connection.execute(f"""do $$ begin create role {role} nologin;
        exception when duplicate_object or unique_violation then null; end $$;
        do $$ begin
        if not pg_has_role('{LOGIN}', '{role}', 'set') then grant {role} to {LOGIN}; end if;
        exception when unique_violation or internal_error then null; -- another database of this server was first
        end $$;
        create schema if not exists {context};
        revoke all on schema {context} from public;
        grant usage on schema {context} to {role};
        alter default privileges in schema {context} grant select, insert, update, delete on tables to {role};
        alter default privileges in schema {context} grant usage on sequences to {role};
        alter default privileges revoke execute on functions from public;
        alter default privileges in schema {context} grant execute on functions to {role}""")


async def _apply(connection: asyncpg.Connection, migration: Migration) -> bool:
    text = migration.path.read_text("utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = await connection.fetchval(
        "select digest from kernel.migration where context = $1 and place = $2 and number = $3",
        migration.context,
        migration.place,
        migration.number,
    )
    if known == digest:
        return False
    if known is not None:
        raise MigrationError(
            f"{migration.path.name} was applied already and has been changed since: add a new one instead"
        )
    async with connection.transaction():
        await connection.execute(text)
        await connection.execute(
            "insert into kernel.migration (context, place, number, digest) values ($1, $2, $3, $4)",
            migration.context,
            migration.place,
            migration.number,
            digest,
        )
    return True
