"""The gate: tokens, cookies, rates, and how soon what is revoked ends."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest

from rynek import security
from rynek.kernel import clock
from rynek.kernel.actor import ANYONE, Actor
from rynek.kernel.database import Database
from rynek.kernel.faults import Forbidden, TooManyRequests, Unauthenticated
from rynek.kernel.settings import Rates
from rynek.security import Gate, rules
from tests.security.conftest import ADMIN, PASSWORD, POLICIES, SECRET, Asking, Client, open_door


async def gate_of(database: Database, rates: Rates | None = None, secret: bytes = SECRET) -> Gate:
    return await security.open_gate(database, POLICIES, secret, rates or Rates())


@pytest.fixture
async def gate(database: Database) -> Gate:
    return await gate_of(database)


async def test_who_shows_nothing_is_anyone(gate: Gate) -> None:
    assert await gate.who(Asking("GET /x")) == ANYONE
    assert await gate.who(Asking("POST /x", cookie="theme=dark")) == ANYONE


@pytest.mark.parametrize("way", ["authorization", "rynek-session", "cookie"])
async def test_a_guest_is_known_by_a_token_that_is_nowhere_kept(database: Database, gate: Gate, way: str) -> None:
    guest, token = gate.welcome()
    shown = {"authorization": f"bearer {token}", "rynek-session": token, "cookie": f"a=b; rynek_session={token}"}[way]
    assert guest.kind == "guest"
    assert await gate.who(Asking("GET /x", **{way: shown})) == guest
    other_process = await gate_of(database)
    assert await other_process.who(Asking("GET /x", **{way: shown})) == guest


async def test_a_guest_token_ends_after_thirty_days(gate: Gate) -> None:
    guest, token = gate.welcome()
    asking = Asking("GET /x", rynek_session=token)
    with clock.at(clock.now() + timedelta(days=30, seconds=-5)):
        assert await gate.who(asking) == guest
    with clock.at(clock.now() + timedelta(days=30, seconds=5)), pytest.raises(Unauthenticated):
        await gate.who(asking)


async def test_tokens_of_another_installation_and_made_up_ones_are_refused(database: Database, gate: Gate) -> None:
    stranger = await gate_of(database, secret=b"another installation's own secret")
    key = rules.key(b"guessed" * 4, "tokens")
    made_up = [
        stranger.welcome()[1],
        stranger.session_token(),
        gate.session_token(),  # ours, but no session has it
        rules.guest_token(uuid4().bytes, clock.now() + timedelta(days=1), key),
        "",
        "rg_",
        "rs_x",
        "nonsense",
        "rg_ążó",
    ]
    for token in made_up:
        with pytest.raises(Unauthenticated):
            await gate.who(Asking("GET /x", authorization=f"Bearer {token}"))
        with pytest.raises(Unauthenticated):
            await gate.who(Asking("GET /x", rynek_session=token))
    with pytest.raises(Unauthenticated):
        await gate.who(Asking("GET /x", authorization="Basic YTpi"))


async def test_a_guests_signature_does_not_make_a_session(gate: Gate) -> None:
    _, token = gate.welcome()
    with pytest.raises(Unauthenticated):
        await gate.who(Asking("GET /x", rynek_session="rs" + token[2:]))


async def test_a_secret_that_can_be_guessed_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        await gate_of(database, secret=b"short")


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "same-site"}, False),
        ({"origin": "https://evil.example", "host": "shop.example"}, False),
        ({"sec_fetch_site": "same-origin"}, True),
        ({"origin": "https://shop.example", "host": "shop.example"}, True),
    ],
)
async def test_with_a_cookie_only_the_shops_own_pages_change_things(
    gate: Gate, headers: dict[str, str], *, let_in: bool
) -> None:
    guest, token = gate.welcome()
    cookie = f"rynek_session={token}"
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        asking = Asking(f"{method} /x", cookie=cookie, **headers)
        if let_in:
            assert await gate.who(asking) == guest
        else:
            with pytest.raises(Forbidden):
                await gate.who(asking)
    assert await gate.who(Asking("GET /x", cookie=cookie, **headers)) == guest
    # a header is sent by whoever means it, so it needs no proof
    assert await gate.who(Asking("POST /x", rynek_session=token, **headers)) == guest


async def test_a_stale_cookie_is_nobody_so_that_one_can_log_in_again(gate: Gate) -> None:
    asking = Asking("POST /x", cookie="rynek_session=rs_old", sec_fetch_site="same-origin")
    assert await gate.who(asking) == ANYONE


async def test_each_caller_has_a_bucket_of_each_rate_class(database: Database) -> None:
    gate = await gate_of(database, Rates(read=5, write=2))
    one, other = Actor("guest", uuid4()), Actor("guest", uuid4())
    for _ in range(5):
        gate.admit(one, "192.0.2.1", "read")
    with pytest.raises(TooManyRequests) as refused:
        gate.admit(one, "192.0.2.1", "read")
    assert refused.value.facts == {"retry_after": 1}
    assert refused.value.detail == "more than 5 read requests in a second"
    gate.admit(other, "192.0.2.1", "read")
    gate.admit(one, "192.0.2.1", "write")
    await asyncio.sleep(0.25)
    gate.admit(one, "192.0.2.1", "read")
    with pytest.raises(TooManyRequests):
        gate.admit(one, "192.0.2.1", "read")


async def test_the_nameless_and_logins_are_counted_by_address(database: Database) -> None:
    gate = await gate_of(database, Rates(login=2, open=2))
    for caller in (Actor("guest", uuid4()), ANYONE):
        gate.admit(caller, "2001:db8::1", "login")
    with pytest.raises(TooManyRequests):
        gate.admit(Actor("customer", uuid4()), "2001:db8::2", "login")
    gate.admit(ANYONE, "2001:db8:0:1::1", "login")
    for _ in range(2):
        gate.admit(ANYONE, "192.0.2.1", "open")
    with pytest.raises(TooManyRequests):
        gate.admit(ANYONE, "192.0.2.1", "open")
    gate.admit(ANYONE, "192.0.2.2", "open")


async def test_rates_can_be_set_while_the_shop_runs(database: Database) -> None:
    gate = await gate_of(database, Rates(read=1))
    one = Actor("guest", uuid4())
    gate.admit(one, "", "read")
    with pytest.raises(TooManyRequests):
        gate.admit(one, "", "read")
    gate.limits.set(Rates(read=1000))
    for _ in range(1000):
        gate.admit(one, "", "read")


async def test_callers_who_went_away_take_no_memory(database: Database) -> None:
    gate = await gate_of(database)
    for number in range(20_000):
        gate.admit(Actor("guest", uuid4()), f"10.0.{number >> 8}.{number & 255}", "read")
    for _ in range(2):
        gate.limits._turned -= 2
        gate.admit(Actor("guest", uuid4()), "", "read")
    assert len(gate.limits._young["read"]) + len(gate.limits._old["read"]) == 2


async def test_remembered_guests_are_bounded(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rynek.security.gate._REMEMBERED", 50)
    tokens = [gate.welcome()[1] for _ in range(120)]
    assert len(gate._guests) <= 50
    for token in tokens:
        assert (await gate.who(Asking("GET /x", rynek_session=token))).kind == "guest"
    assert len(gate._guests) <= 50


@pytest.fixture
async def second(client: Client) -> AsyncIterator[Client]:
    """Give another server process of the same shop, with its background work."""
    other = Client(await open_door(client.door.database))
    keeping = asyncio.create_task(security.keep(other.gate))
    yield other
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


async def _last_let_in(client: Client, *, busy: bool) -> float:
    """Ask until it is refused; gives how many seconds from now the last request began that was let in."""
    now, last = time.monotonic(), 0.0
    while True:
        began = time.monotonic() - now
        if (await client.me()).status != 200:
            return last
        last = began
        assert last < 5
        await asyncio.sleep(0.02 if busy else 1.01)


@pytest.mark.parametrize("busy", [True, False])
async def test_a_session_revoked_elsewhere_ends_within_a_second(
    admin: Client, client: Client, second: Client, *, busy: bool
) -> None:
    here = await client.login(ADMIN, PASSWORD)
    there = second.by(here.token)
    assert (await there.me()).status == 200
    assert (await here.ask("POST /security/logout")).status == 204
    assert await _last_let_in(there, busy=busy) < 1
    assert (await there.me()).status == 401


async def test_without_the_background_work_it_ends_within_a_second_too(admin: Client, client: Client) -> None:
    here = await client.login(ADMIN, PASSWORD)
    assert (await here.me()).status == 200
    assert (await here.ask("DELETE /security/sessions")).status == 204
    assert await _last_let_in(here, busy=True) < 1
    admin.token = (await client.login(ADMIN, PASSWORD)).token


async def test_sessions_in_use_are_read_again_together_and_others_forgotten(admin: Client, client: Client) -> None:
    gate = client.gate
    used, idle = await client.login(ADMIN, PASSWORD), await client.login(ADMIN, PASSWORD)
    for each in (used, idle):
        assert (await each.me()).status == 200
    await gate.refresh()
    assert (await used.me()).status == 200
    until = gate._sessions[used.token].until
    await gate.refresh()
    assert idle.token not in gate._sessions
    assert gate._sessions[used.token].until > until
    assert (await idle.me()).status == 200


async def test_a_session_ends_by_itself(admin: Client, client: Client) -> None:
    here = await client.login(ADMIN, PASSWORD)
    with clock.at(clock.now() + timedelta(hours=11, minutes=59)):
        assert (await here.me()).status == 200
    with clock.at(clock.now() + timedelta(hours=12, seconds=1)):
        assert (await here.me()).status == 401
        await client.gate.sweep()
    assert (await (await client.login(ADMIN, PASSWORD)).me()).status == 200


async def test_the_gate_costs_microseconds(gate: Gate) -> None:
    """A bound with room for a slow machine; the figure itself is in the benches."""
    gate.limits.set(Rates(write=10_000_000))
    _, token = gate.welcome()
    asking = Asking("POST /x", rynek_session=token)
    began = time.perf_counter()
    for _ in range(5_000):
        actor = await gate.who(asking)
        gate.admit(actor, "192.0.2.1", "write")
        gate.may(actor, "security.me")
    assert (time.perf_counter() - began) / 5_000 < 100e-6
