"""What security's tests stand on: asking the door as a client would, and an owner who may change everything."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from msgspec import Struct

from rynek import security
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.operations import Registry
from rynek.kernel.settings import Rates
from rynek.security import Gate, http

ADMIN = "admin@shop.example"
PASSWORD = "a password for the boss"
SECRET = b"the secret that only the shop has"
POLICIES = {"security": Path(http.__file__).with_name("policy.cedar").read_text()}
FAST = Rates(read=10_000_000, write=10_000_000, login=10_000_000, bulk=10_000_000, open=10_000_000)


class Asking:
    """A request as a protocol face would hand it in."""

    body = b""
    address = "203.0.113.7"

    def __init__(self, route: str, **headers: str) -> None:
        self.method, target = route.split(" ", 1)
        self.path, _, self.query = target.partition("?")
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def header(self, name: str) -> str | None:
        return self.headers.get(name)


class Answer(Struct):
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]


class Client:
    """Somebody outside who talks to the door; ``token`` is what they show."""

    def __init__(self, door: Door, token: str = "") -> None:
        self.door = door
        self.token = token

    @property
    def gate(self) -> Gate:
        assert isinstance(self.door.gate, Gate)
        return self.door.gate

    async def ask(self, route: str, body: Any = None, address: str = "203.0.113.7", **headers: str) -> Answer:
        sent = msgspec.json.encode(body) if body is not None else b""
        if self.token:
            headers.setdefault("authorization", f"Bearer {self.token}")
        asking = Asking(route, **headers)
        asking.body, asking.address = sent, address
        response = await self.door.answer(asking)
        came = msgspec.json.decode(response.body) if response.body else None
        return Answer(response.status, came, dict(response.headers))

    def by(self, token: str) -> "Client":
        return Client(self.door, token)

    async def login(self, email: str, password: str, **headers: str) -> "Client":
        answer = await self.ask("POST /security/login", {"email": email, "password": password}, **headers)
        assert answer.status == 200, answer.body
        return self.by(answer.body["token"])

    async def me(self) -> Answer:
        return await self.ask("GET /security/me")

    async def hire(self, email: str, *roles: str, location: str | None = None) -> UUID:
        person = {"email": email, "password": PASSWORD, "name": "Staff", "roles": roles, "location": location}
        answer = await self.ask("POST /security/staff", person)
        assert answer.status == 200, answer.body
        return UUID(answer.body["id"])


async def open_door(database: Database) -> Door:
    """Make what one server process has, with security's operations alone."""
    gate = await security.open_gate(database, POLICIES, SECRET, FAST)
    return Door(Registry(http.operations), database, gate)


@pytest.fixture(scope="module")
async def client(database: Database) -> Client:
    """Give somebody who has shown nothing."""
    return Client(await open_door(database))


@pytest.fixture(scope="module")
def gate(client: Client) -> Gate:
    """Give the gate that the client stands before."""
    return client.gate


@pytest.fixture(scope="module")
async def admin(client: Client) -> Client:
    """Give the administrator."""
    assert await security.ensure_admin(client.door.database, ADMIN, PASSWORD) == PASSWORD
    return await client.login(ADMIN, PASSWORD)


@pytest.fixture
async def owner(owner_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection that owns the database: the adversary who can change everything in it."""
    connection = await asyncpg.connect(owner_dsn)
    yield connection
    await connection.close()
