"""What waits behind the shop is listed, and can be tried again by those who may."""

from uuid import uuid4

import asyncpg
import pytest

from rynek.app import App
from rynek.kernel import log
from rynek.kernel.actor import ANYONE, Actor
from rynek.kernel.faults import Forbidden
from rynek.ops.model import NoSuchReaction, NotDead

ADMIN = Actor("staff", uuid4(), frozenset({"admin"}), name="admin")
AUDITOR = Actor("staff", uuid4(), frozenset({"auditor"}))


async def test_parked_events_and_dead_jobs_are_listed_and_tried_again(world: App, owner_dsn: str) -> None:
    owner = await asyncpg.connect(owner_dsn)
    try:
        await log.enrol(world.database)
        reaction = min(log.REACTIONS)
        await owner.execute(
            "insert into kernel.parked values ($1, '7', 1, 'no.such', 'k', now(), '{}', 'ValueError: why')", reaction
        )
        job = await owner.fetchval(
            "insert into kernel.job (name, arguments, due_at, attempts, error, dead)"
            " values ('x', '{}', now(), 8, 'it broke', true) returning id"
        )
        found = await world.door.ask(AUDITOR, "ops.backlog")
        assert [(p.reaction, p.position, p.error) for p in found.parked] == [(reaction, "7-1", "ValueError: why")]
        assert [(each.id, each.error) for each in found.dead] == [(job, "it broke")]
        assert {each.reaction: each.parked for each in found.readers}[reaction] == 1
        with pytest.raises(Forbidden):
            await world.door.ask(AUDITOR, "ops.revive", job=job)
        await world.door.ask(ADMIN, "ops.revive", job=job)
        assert (await world.door.ask(AUDITOR, "ops.backlog")).dead == []
        with pytest.raises(NotDead):
            await world.door.ask(ADMIN, "ops.revive", job=job)
        with pytest.raises(NoSuchReaction):
            await world.door.ask(ADMIN, "ops.replay", reaction="nobody")
        noted = await owner.fetch("select operation, target from kernel.audit_line where operation like 'ops.%'")
        assert [tuple(row) for row in noted] == [("ops.revive", str(job))]
    finally:
        await owner.close()


async def test_a_stranger_sees_nothing_of_it(world: App) -> None:
    for who in (ANYONE, Actor("customer", uuid4())):
        with pytest.raises(Forbidden):
            await world.door.ask(who, "ops.backlog")
