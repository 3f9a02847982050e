"""What policy does not allow is refused, to everybody, before anything else happens; and who may what is reviewed."""

import re
from typing import Any

import asyncpg
import msgspec
import pytest

from rynek.app import App
from rynek.bench import Server
from rynek.client.connections import Connections
from rynek.kernel import ids
from rynek.kernel.actor import Actor, Reach
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.faults import Fault, Forbidden
from rynek.kernel.operations import Operation
from tests.access import table
from tests.access.actors import EVERYBODY
from tests.access.digest import digest
from tests.access.people import tokens

AT_THE_GATE = ("security.register", "security.login", "security.enrol")


@pytest.fixture
async def shut(world: App, dsn: str) -> Door:
    """Give a door whose database is closed: whoever gets past the policy runs into it or into validation."""
    database = await Database.open(dsn, 1)
    await database.close()
    return Door(world.door.registry, database, world.gate)


def test_who_may_do_what_is_as_reviewed() -> None:
    """A change of policy, or a new operation, has to be seen: ``uv run python -m tests.access.table``."""
    assert table.FILE.read_text() == table.present()


def test_a_policy_that_lets_one_more_in_is_seen(world: App) -> None:
    """The control: of all decisions one is changed, and the table shows that one."""

    def careless(actor: Actor, policy: str) -> Reach | None:
        if policy == "orders.take-back" and actor.kind == "customer":
            return "own"
        return world.gate.may(actor, policy)

    operations = list(world.door.registry.by_name.values())
    before, after = table.FILE.read_text().splitlines(), table.written(operations, careless).splitlines()
    [opened] = [number for number, line in enumerate(after) if line not in before[number : number + 1]][:1]
    assert after[opened] == "    own: customer"
    assert after[:opened] + after[opened + 1 :] == before


def test_a_new_operation_is_seen(world: App) -> None:
    operations = list(world.door.registry.by_name.values())
    assert table.written(operations, world.gate.may) == table.FILE.read_text()
    assert table.written(operations[1:], world.gate.may) != table.FILE.read_text()


async def _outcome(door: Door, actor: Actor, operation: Operation) -> Fault | Exception:
    """Ask for an operation with values that nothing takes."""
    nonsense = {**dict.fromkeys(operation.variables, object()), "nonsense": object()}
    with pytest.raises(Exception) as refused:  # noqa: PT011 - which one is what is looked at
        await door.ask(actor, operation.name, **nonsense)
    return refused.value


async def test_what_is_not_allowed_is_refused_before_anything_else(shut: Door) -> None:
    """Neither are the values looked at, which nothing takes, nor the database, which is closed."""
    asked = refused = 0
    for operation in shut.registry.by_name.values():
        for name, actor in EVERYBODY.items():
            asked += 1
            outcome = await _outcome(shut, actor, operation)
            closed = isinstance(outcome, Forbidden) and outcome.facts == {"action": operation.policy}
            assert closed == (shut.gate.may(actor, operation.policy) is None), (operation.name, name, outcome)
            refused += closed
    assert asked == len(shut.registry.by_name) * len(EVERYBODY)
    assert asked / 4 < refused < asked


async def test_who_is_allowed_in_is_not_refused_by_policy(shut: Door) -> None:
    """The control: with the same values administrators get on to where the values are looked at, everywhere."""
    outcomes = [await _outcome(shut, EVERYBODY["staff/admin"], each) for each in shut.registry.by_name.values()]
    assert not [each for each in outcomes if isinstance(each, Forbidden)]


def _target(operation: Operation) -> str:
    values = {name: str(ids.new()) for name in operation.variables}
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], operation.path)


def _allowed(world: App, name: str, operation: Operation) -> bool:
    if operation.welcome and name == "anyone":
        name = "guest"  # by this operation they become one
    return world.gate.may(EVERYBODY[name], operation.policy) is not None


async def test_over_http_everybody_is_refused_what_is_not_theirs(
    world: App, server: Server, owner: asyncpg.Connection
) -> None:
    """Every operation by everybody, with a token of theirs and a body that cannot be read: 403, and nothing changed."""
    shown = await tokens(world)
    assert shown.keys() == EVERYBODY.keys()
    before = await digest(owner)
    refused = 0
    async with Connections(server.address) as connections:
        for operation in world.door.registry.by_name.values():
            for name, token in shown.items():
                if _allowed(world, name, operation):
                    continue
                headers = {"content-type": "application/json"}
                if token:
                    headers["authorization"] = f"Bearer {token}"
                answer = await connections.ask(operation.method, _target(operation), headers, b'{"nonsense')
                said: dict[str, Any] = msgspec.json.decode(answer.body)
                assert (answer.status, said["type"]) == (403, "/docs/faults#forbidden"), (operation.name, name, said)
                assert said["action"] == operation.policy
                refused += 1
    assert await digest(owner) == before
    assert refused > 1_000


async def test_over_http_who_is_allowed_gets_on_to_the_body(world: App, server: Server) -> None:
    """The control: the same request by an administrator is not refused by policy, whatever else is wrong with it."""
    token = await tokens_of_admin(world)
    async with Connections(server.address) as connections:
        for operation in world.door.registry.by_name.values():
            if operation.method == "GET" or operation.name in AT_THE_GATE or operation.raw or operation.form:
                continue
            headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
            answer = await connections.ask(operation.method, _target(operation), headers, b'{"nonsense')
            assert answer.status in (400, 422), (operation.name, answer)


async def tokens_of_admin(world: App) -> str:
    admin = Actor("staff", ids.new(), frozenset({"admin"}))
    entry = await world.door.ask(admin, "security.engage", name="control", roles=["admin"])
    token: str = entry.token
    return token
