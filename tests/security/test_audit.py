"""The audit: a line with each write, in its transaction, without a word about the person; read by the auditor."""

from contextlib import suppress
from uuid import UUID, uuid4

import asyncpg
import pytest

from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.door import Line
from rynek.security import Gate
from tests.security.conftest import PASSWORD, Client

LINE = Line(Actor("guest", uuid4()), "commerce.orders.place", "42", b"digest")


async def lines(owner: asyncpg.Connection) -> list[tuple[str, UUID, str, str]]:
    rows = await owner.fetch("select kind, actor, operation, target from security.audit order by xid, seq")
    return [tuple(row) for row in rows]


@pytest.fixture
async def empty(owner: asyncpg.Connection) -> None:
    await owner.execute("truncate security.audit, security.seal")


async def test_lines_of_a_batch_are_written_with_what_they_tell(
    database: Database, gate: Gate, owner: asyncpg.Connection, empty: None
) -> None:
    people = [Actor("customer", ids.new()), Actor("till", ids.new()), Actor("workload")]
    batch = [Line(each, "commerce.orders.place", str(place), bytes([place])) for place, each in enumerate(people)]
    async with database.transaction("commerce") as tx:
        await gate.note(tx, batch)
        at = tx.at
    told = [(line.actor.kind, line.actor.id, line.operation, line.target) for line in batch]
    assert await lines(owner) == told
    assert [row[0] for row in await owner.fetch("select at from security.audit")] == [at] * 3
    prints = {row[0] for row in await owner.fetch("select digest from security.audit")}
    assert len(prints) == 3
    assert not prints & {line.digest for line in batch}


async def test_what_did_not_happen_is_not_told(
    database: Database, gate: Gate, owner: asyncpg.Connection, empty: None
) -> None:
    with suppress(ZeroDivisionError):
        async with database.transaction("commerce") as tx:
            await gate.note(tx, [LINE])
            raise ZeroDivisionError
    assert await lines(owner) == []


@pytest.mark.parametrize(
    "statement",
    [
        "select * from security.audit",
        "select * from kernel.audit_line",
        "update kernel.audit_line set target = ''",
        "delete from kernel.audit_line",
        "delete from security.audit",
        "truncate security.audit",
        "insert into security.audit (kind) select ''",
        "delete from security.seal",
    ],
)
@pytest.mark.parametrize("role", ["kernel", "commerce", "security"])
async def test_a_context_adds_lines_and_can_do_nothing_else(
    database: Database, owner: asyncpg.Connection, role: str, statement: str
) -> None:
    if role == "security" and statement == "select * from security.audit":
        return  # the one who reads
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(role) as tx:
            await tx.execute(statement)


async def test_a_line_cannot_choose_its_place(database: Database) -> None:
    with pytest.raises(asyncpg.UndefinedColumnError):
        async with database.transaction("commerce") as tx:
            await tx.execute("insert into kernel.audit_line (seq) values (1)")


async def test_a_context_that_comes_later_can_note_too(
    database: Database, gate: Gate, owner: asyncpg.Connection, owner_dsn: str, empty: None
) -> None:
    """The way in is open to every role there will be, and stays so when the database is brought up to date again."""
    from rynek.app import CONTEXTS, ROOT  # noqa: PLC0415 - what this test alone needs
    from rynek.kernel.migrations import migrate  # noqa: PLC0415

    await migrate(owner_dsn, ROOT, [each for each in CONTEXTS if (ROOT / each).exists()])
    role = f"rynek_later_{uuid4().hex}"
    await owner.execute(f"create role {role}; grant usage on schema kernel to {role}; grant {role} to rynek_app")
    try:
        async with database.transaction(role.removeprefix("rynek_")) as tx:
            await gate.note(tx, [LINE])
    finally:
        await owner.execute(f"drop owned by {role}; drop role {role}")
    assert len(await lines(owner)) == 1


async def test_every_change_leaves_its_line_and_refusals_of_logins_too(
    admin: Client, client: Client, owner: asyncpg.Connection, empty: None
) -> None:
    boss = UUID((await admin.me()).body["id"])
    person = await admin.hire("someone@shop.example", "support")
    wish = {"email": "someone@shop.example", "password": "a wrong password"}
    await client.ask("POST /security/login", wish)
    await client.ask("POST /security/login", {**wish, "email": "nobody@shop.example"})
    staff = await client.login("someone@shop.example", PASSWORD)
    assert (await staff.ask("GET /security/audit")).status == 403
    await admin.ask(f"PUT /security/staff/{person}", {"name": "S", "roles": ["finance"]})
    await staff.ask("POST /security/logout")
    nobody = UUID(int=0)
    assert await lines(owner) == [
        ("staff", boss, "security.hire", str(person)),
        ("anyone", nobody, "security.login", f"refused {person}"),
        ("anyone", nobody, "security.login", "refused"),
        ("staff", person, "security.login", str(person)),
        ("staff", boss, "security.assign", str(person)),
        ("staff", person, "security.logout", ""),
    ]


async def test_a_line_says_nothing_of_the_person(
    admin: Client, client: Client, owner: asyncpg.Connection, empty: None
) -> None:
    person = {"email": "maria@shop.example", "password": PASSWORD, "name": "Maria Nowak"}
    answer = await client.ask("POST /security/register", person, "198.51.100.44")
    rows = await owner.fetch("select t::text from security.audit t")
    assert len(rows) == 1
    assert answer.body["id"] in rows[0][0]
    for word in ("maria", "nowak", "198.51"):
        assert word not in rows[0][0].lower()


async def test_an_auditor_reads_page_by_page_and_by_what_is_asked(admin: Client, client: Client, empty: None) -> None:
    await admin.hire("auditor@shop.example", "auditor")
    auditor = await client.login("auditor@shop.example", PASSWORD)
    for number in range(5):
        await admin.ask("POST /security/tills", {"location": "W1", "name": f"Till {number}"})
    pages: list[list[dict[str, str]]] = []
    before = ""
    while page := (await auditor.ask(f"GET /security/audit?limit=3{before}")).body:
        pages.append(page)
        before = f"&before={page[-1]['position']}"
    told = [line["operation"] for page in pages for line in page]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert told == ["security.prepare_till"] * 5 + ["security.login", "security.hire"]
    assert len({line["position"] for page in pages for line in page}) == 7

    async def found(query: str) -> int:
        return len((await auditor.ask(f"GET /security/audit?{query}")).body)

    boss, last = (await admin.me()).body["id"], pages[0][0]
    assert await found("operation=security.prepare_till") == 5
    assert await found(f"actor={boss}") == 6
    assert await found(f"actor={boss}&operation=security.hire") == 1
    assert await found(f"target={last['target']}") == 1
    assert await found(f"since={last['at']}") == 1
    assert await found(f"until={last['at']}") == 6
    assert await found("operation=security.nothing") == 0
    for query in ("before=x", "limit=0", "limit=1001", "since=2026-01-01T00:00:00", "colour=red"):
        assert (await auditor.ask(f"GET /security/audit?{query}")).status == 422
