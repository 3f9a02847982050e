"""Somebody of each kind with a token, for asking a real server."""

from typing import get_args

from rynek.app import App
from rynek.kernel import ids
from rynek.kernel.actor import ANYONE, Actor
from rynek.security.model import Role, StaffRole
from tests.access.actors import STORE

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
PASSWORD = "a long enough password"


async def tokens(world: App) -> dict[str, str]:
    """Take one in of everybody, named as in ``EVERYBODY``; gives what each of them shows."""
    ask = world.door.ask
    code = await ask(ADMIN, "security.prepare_till", location=STORE, name="till")
    found = {
        "anyone": "",
        "guest": world.gate.welcome()[1],
        "customer": (await ask(ANYONE, "security.register", email="a@example.com", password=PASSWORD, name="A")).token,
        "till": (await ask(ANYONE, "security.enrol", code=code.code)).token,
    }
    for name, roles in {"staff": [], **{f"staff/{role}": [role] for role in get_args(StaffRole)}}.items():
        email = f"{name.replace('/', '-')}@example.com"
        location = STORE if roles == ["store"] else None
        await ask(ADMIN, "security.hire", email=email, password=PASSWORD, name=name, roles=roles, location=location)
        found[name] = (await ask(ANYONE, "security.login", email=email, password=PASSWORD)).token
    for name, roles in {"workload": [], **{f"workload/{role}": [role] for role in get_args(Role)}}.items():
        found[name] = (await ask(ADMIN, "security.engage", name=name, roles=roles)).token
    return found
