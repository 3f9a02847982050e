"""Coming in and going out: accounts, logins, sessions, staff, programs and tills, as a client meets them."""

import asyncio
import logging
import re
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from argon2 import PasswordHasher

from rynek import security
from rynek.kernel import clock
from rynek.kernel.actor import ANYONE
from rynek.kernel.database import Database
from rynek.kernel.faults import Fault, Unavailable
from rynek.security import passwords, rules
from tests.security.conftest import ADMIN, PASSWORD, Client, open_door

CUSTOMER = {"password": "correct horse battery", "name": "Anna"}
SAME_ORIGIN = {"origin": "https://shop.example", "host": "shop.example"}


@pytest.fixture(scope="module", autouse=True)
async def _kept(client: Client) -> AsyncIterator[None]:
    keeping = asyncio.create_task(security.keep(client.gate))
    yield
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


def fresh_email() -> str:
    return f"{uuid4().hex}@Example.com"


async def register(client: Client, email: str, **headers: str) -> Client:
    answer = await client.ask("POST /security/register", {"email": email, **CUSTOMER}, **headers)
    assert answer.status == 200, answer.body
    return client.by(answer.body["token"])


async def news(owner: asyncpg.Connection, kind: str, customer: str) -> list[str]:
    rows = await owner.fetch("select data::text from kernel.event where type = $1 and key = $2", kind, customer)
    return [row[0] for row in rows]


async def refused_soon(ask: Callable[[], Awaitable[int]], status: int) -> None:
    """Ask until the answer is ``status``: what was asked a second from now or later has to be answered so."""
    until = time.monotonic() + 1
    while True:
        began = time.monotonic()
        if await ask() == status:
            return
        assert began < until
        await asyncio.sleep(0.05)


async def test_a_customer_registers_and_is_known(client: Client, owner: asyncpg.Connection) -> None:
    email = fresh_email()
    anna = await register(client, email)
    me = (await anna.me()).body
    assert me == {"kind": "customer", "id": me["id"], "roles": [], "location": None, "name": "Anna"}
    kept = await owner.fetchrow("select email, password, kind from security.actor where id = $1", UUID(me["id"]))
    assert kept["email"] == email.lower()
    assert kept["password"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await news(owner, "security.customer-registered", me["id"]) == [f'{{"customer":"{me["id"]}"}}']


async def test_one_email_is_one_account_however_it_is_written(client: Client, owner: asyncpg.Connection) -> None:
    email = fresh_email()
    written = [email, email.upper(), f" {email}", email.lower()] * 3
    asked = [client.ask("POST /security/register", {"email": each, **CUSTOMER}) for each in written]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status for answer in answers) == [200] + [409] * 11
    assert {answer.body["type"] for answer in answers if answer.status == 409} == {"/docs/faults#email-taken"}
    assert await owner.fetchval("select count(*) from security.actor where email = $1", email.lower()) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"email": "nobody"}, 422),
        ({"password": "short"}, 422),
        ({"password": "x" * 201}, 422),
        ({"password": ["correct horse battery"]}, 422),
        ({"name": ""}, 422),
        ({"roles": ["admin"]}, 422),
        ({"kind": "staff"}, 422),
    ],
)
async def test_a_registration_that_does_not_fit_makes_nobody(
    client: Client, owner: asyncpg.Connection, change: dict[str, object], status: int
) -> None:
    before = await owner.fetchval("select count(*) from security.actor")
    answer = await client.ask("POST /security/register", {"email": fresh_email(), **CUSTOMER, **change})
    assert answer.status == status
    assert await owner.fetchval("select count(*) from security.actor") == before


async def test_who_logs_in_as_a_guest_brings_the_guest_along(client: Client, owner: asyncpg.Connection) -> None:
    email = fresh_email()
    await register(client, email)
    guest, token = client.gate.welcome()
    answer = await client.by(token).ask("POST /security/login", {"email": email, "password": CUSTOMER["password"]})
    customer = answer.body["id"]
    told = await news(owner, "security.customer-logged-in", customer)
    assert told == [
        f'{{"customer":"{customer}","guest":null}}',
        f'{{"customer":"{customer}","guest":"{guest.id}"}}',
    ]


async def test_staff_who_log_in_are_no_customers(admin: Client, owner: asyncpg.Connection) -> None:
    me = (await admin.me()).body
    assert (me["kind"], me["roles"]) == ("staff", ["admin"])
    assert await news(owner, "security.customer-logged-in", me["id"]) == []


async def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(client: Client) -> None:
    email = fresh_email()
    await register(client, email)
    answers = [
        await client.ask("POST /security/login", {"email": each, "password": "a wrong password"})
        for each in (email, fresh_email())
    ]
    assert answers[0] == answers[1]
    assert answers[0].status == 401
    assert answers[0].body["type"] == "/docs/faults#wrong-login"


async def test_they_take_the_same_time_too(client: Client) -> None:
    """Both hash once; the bound is wide, for a machine that does other things as well."""
    email = fresh_email()
    await register(client, email)
    spent: dict[str, list[float]] = {"known": [], "unknown": []}
    for _ in range(7):
        for case, each in (("known", email), ("unknown", fresh_email())):
            began = time.perf_counter()
            await client.ask("POST /security/login", {"email": each, "password": "a wrong password"})
            spent[case].append(time.perf_counter() - began)
    ratio = statistics.median(spent["unknown"]) / statistics.median(spent["known"])
    assert 0.5 < ratio < 2


async def test_fifty_wrong_logins_at_once_are_throttled_for_the_account(client: Client) -> None:
    email, other = fresh_email(), fresh_email()
    await register(client, email)
    await register(client, other)
    wrong, right = {"email": email, "password": "a wrong password"}, {"email": email, **CUSTOMER}
    del right["name"]
    tries = [client.ask("POST /security/login", wrong, f"198.51.100.{number}") for number in range(50)]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status for answer in answers) == [401] * 10 + [429] * 40
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.body["type"] == "/docs/faults#login-throttled"
    assert 890 <= int(refused.headers["retry-after"]) <= 901
    # the right password is no help to who has guessed too often, not even at a process that was just started
    assert (await client.ask("POST /security/login", right, "198.51.100.99")).status == 429
    another = Client(await open_door(client.door.database))
    assert (await another.ask("POST /security/login", right, "198.51.100.99")).status == 429
    assert (await client.ask("POST /security/login", {**right, "email": other})).status == 200
    with clock.at(clock.now() + timedelta(minutes=15, seconds=1)):
        assert (await client.ask("POST /security/login", right)).status == 200


async def test_logins_from_one_address_are_throttled_whatever_the_account(client: Client) -> None:
    wrong = [{"email": f"{number}@example.com", "password": "a wrong password"} for number in range(110)]
    tries = [client.ask("POST /security/login", each, "2001:db8:5::1") for each in wrong]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status for answer in answers) == [401] * 100 + [429] * 10
    neighbour = await client.ask("POST /security/login", wrong[0], "2001:db8:5::2")
    assert neighbour.status == 429
    assert (await client.ask("POST /security/login", wrong[0], "2001:db8:5:1::1")).status == 401


async def test_who_knows_the_password_starts_anew(client: Client) -> None:
    email = fresh_email()
    await register(client, email)
    for _ in range(3):
        for _ in range(9):
            answer = await client.ask("POST /security/login", {"email": email, "password": "a wrong password"})
            assert answer.status == 401
        await client.login(email, CUSTOMER["password"])


async def test_tries_that_count_no_more_are_forgotten(client: Client, owner: asyncpg.Connection) -> None:
    await client.ask("POST /security/login", {"email": fresh_email(), "password": "x"}, "198.51.100.200")
    assert await owner.fetchval("select count(*) from security.throttle") > 0
    with clock.at(clock.now() + timedelta(hours=1)):
        await client.gate.sweep()
    assert await owner.fetchval("select count(*) from security.throttle") == 0


async def test_a_browser_gets_a_cookie_and_no_token(client: Client) -> None:
    email = fresh_email()
    await register(client, email)
    wish = {"email": email, "password": CUSTOMER["password"], "cookie": True}
    answer = await client.ask("POST /security/login", wish, **SAME_ORIGIN)
    assert answer.status == 200
    assert answer.body["token"] is None
    form = r"rynek_session=(rs_[\w-]+); Path=/; Max-Age=25919\d\d; HttpOnly; SameSite=Lax; Secure"
    matched = re.fullmatch(form, answer.headers["set-cookie"])
    assert matched, answer.headers
    cookie = {"cookie": f"rynek_session={matched[1]}"}
    assert (await client.ask("GET /security/me", **cookie)).status == 200
    foreign = {"origin": "https://evil.example", "host": "shop.example"}
    assert (await client.ask("POST /security/logout", **cookie, **foreign)).status == 403
    assert (await client.ask("GET /security/me", **cookie)).status == 200
    ended = await client.ask("POST /security/logout", **cookie, **SAME_ORIGIN)
    assert ended.status == 204
    assert ended.headers["set-cookie"].startswith("rynek_session=; Path=/; Max-Age=0")
    await refused_soon(lambda: _status(client, "GET /security/me", **cookie), 403)


async def _status(client: Client, route: str, **headers: str) -> int:
    return (await client.ask(route, **headers)).status


@pytest.mark.parametrize("operation", ["login", "register"])
async def test_another_sites_page_cannot_log_a_visitor_in(client: Client, operation: str) -> None:
    email = fresh_email()
    wish: dict[str, object] = {"email": email, "password": CUSTOMER["password"], "cookie": True}
    if operation == "login":
        await register(client, email)
    else:
        wish["name"] = "Anna"
    for headers in ({}, {"sec_fetch_site": "cross-site"}, {"origin": "https://evil.example", "host": "shop.example"}):
        answer = await client.ask(f"POST /security/{operation}", wish, **headers)
        assert answer.status == 403
        assert "set-cookie" not in answer.headers


async def test_sessions_are_listed_and_ended_one_by_one_or_all(client: Client) -> None:
    email = fresh_email()
    first = await register(client, email, user_agent="Phone")
    second = await client.login(email, CUSTOMER["password"], user_agent="Laptop " * 40)
    listed = (await second.ask("GET /security/sessions")).body
    assert [(each["agent"], each["here"]) for each in listed] == [(("Laptop " * 40)[:100], True), ("Phone", False)]
    assert (await second.ask(f"DELETE /security/sessions/{listed[1]['id']}")).status == 204
    await refused_soon(lambda: _status(first, "GET /security/me"), 401)
    assert (await second.me()).status == 200
    assert (await second.ask("DELETE /security/sessions")).status == 204
    await refused_soon(lambda: _status(second, "GET /security/me"), 401)


async def test_a_foreign_session_cannot_be_ended(client: Client, admin: Client) -> None:
    anna, eve = await register(client, fresh_email()), await register(client, fresh_email())
    [session] = (await anna.ask("GET /security/sessions")).body
    assert (await eve.ask(f"DELETE /security/sessions/{session['id']}")).status == 404
    assert (await anna.ask("GET /security/sessions")).body == [session]
    assert (await admin.ask(f"DELETE /security/sessions/{session['id']}")).status == 204
    await refused_soon(lambda: _status(anna, "GET /security/me"), 401)


async def test_an_administrator_throws_a_leaked_account_out(client: Client, admin: Client) -> None:
    email = fresh_email()
    anna, again = await register(client, email), await client.login(email, CUSTOMER["password"])
    actor = (await anna.me()).body["id"]
    assert (await anna.ask(f"DELETE /security/actors/{actor}/sessions")).status == 403
    assert (await admin.ask(f"DELETE /security/actors/{actor}/sessions")).status == 204
    for each in (anna, again):
        await refused_soon(lambda each=each: _status(each, "GET /security/me"), 401)  # type: ignore[misc]


async def test_a_changed_password_ends_the_other_sessions(client: Client) -> None:
    email = fresh_email()
    here, there = await register(client, email), await client.login(email, CUSTOMER["password"])
    change = {"present": CUSTOMER["password"], "new": "another long password"}
    wrong = await here.ask("POST /security/password", {**change, "present": "not it, sorry"})
    assert (wrong.status, wrong.body["type"]) == (403, "/docs/faults#wrong-password")
    assert (await client.login(email, CUSTOMER["password"])).token
    assert (await here.ask("POST /security/password", change)).status == 204
    await refused_soon(lambda: _status(there, "GET /security/me"), 401)
    assert (await here.me()).status == 200
    login = {"email": email, "password": CUSTOMER["password"]}
    assert (await client.ask("POST /security/login", login)).status == 401
    await client.login(email, "another long password")


async def test_of_two_password_changes_at_once_one_counts(client: Client) -> None:
    email = fresh_email()
    anna = await register(client, email)
    wishes = ["the first new password", "the second new password"]
    answers = await asyncio.gather(
        *(anna.ask("POST /security/password", {"present": CUSTOMER["password"], "new": each}) for each in wishes)
    )
    assert sorted(answer.status for answer in answers) == [204, 403]
    won = wishes[[answer.status for answer in answers].index(204)]
    await client.login(email, won)


async def test_guessing_the_present_password_is_throttled(client: Client) -> None:
    anna = await register(client, fresh_email())
    change = {"present": "a wrong password", "new": "another long password"}
    answers = await asyncio.gather(*(anna.ask("POST /security/password", change) for _ in range(15)))
    assert sorted(answer.status for answer in answers) == [403] * 10 + [429] * 5


async def test_a_weaker_hash_is_renewed_at_login(client: Client, owner: asyncpg.Connection) -> None:
    email = fresh_email()
    await register(client, email)
    old = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(CUSTOMER["password"])
    await owner.execute("update security.actor set password = $2 where email = $1", email.lower(), old)
    await client.login(email, CUSTOMER["password"])
    now = await owner.fetchval("select password from security.actor where email = $1", email.lower())
    assert now.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await client.login(email, CUSTOMER["password"])


async def test_a_password_is_the_same_from_every_keyboard() -> None:
    kept = await passwords.hashed("zażółć gęślą")
    assert await passwords.fits("zaz\u0307o\u0301\u0142c\u0301 ge\u0328s\u0301la\u0328", kept)
    assert not await passwords.fits("zazolc gesla", kept)
    assert not await passwords.fits("zażółć gęślą", None)
    assert not await passwords.fits("zażółć gęślą", "no hash at all")


async def test_hashing_does_not_hold_up_the_loop(client: Client) -> None:
    """While eight logins hash, the loop turns every few milliseconds."""
    logins = [client.ask("POST /security/login", {"email": fresh_email(), "password": "x"}) for _ in range(8)]
    waiting, turns = asyncio.gather(*logins), 0
    while not waiting.done():
        await asyncio.sleep(0.002)
        turns += 1
    assert turns > 10


async def test_a_queue_of_passwords_that_is_too_long_turns_people_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_WAITING", 4)
    answers = await asyncio.gather(*(passwords.hashed("a password") for _ in range(12)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [str] * 4 + [Unavailable] * 8
    assert await passwords.fits("a password", str(answers[0]))
    monkeypatch.setattr(passwords, "_WAITING", 0)
    answer = await client.ask("POST /security/login", {"email": fresh_email(), "password": "x"})
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")


async def test_a_call_in_process_is_throttled_by_account_alone(client: Client) -> None:
    """Pages ask for others, so they have no address of their own; the account's tries count all the same."""
    email = fresh_email()
    await register(client, email)
    faults = []
    for _ in range(12):
        with pytest.raises(Fault) as refused:
            await client.door.ask(ANYONE, "security.login", email=email, password="a wrong password")
        faults.append(refused.value.code)
    assert faults == ["wrong-login"] * 10 + ["login-throttled"] * 2
    other = fresh_email()
    await register(client, other)
    entry = await client.door.ask(ANYONE, "security.login", email=other, password=CUSTOMER["password"])
    assert (await client.by(entry.token).me()).status == 200


async def test_the_first_administrator_is_made_once(client: Client, admin: Client, owner: asyncpg.Connection) -> None:
    made = await asyncio.gather(
        *(security.ensure_admin(client.door.database, f"{number}@x.example") for number in range(4))
    )
    assert made == [None] * 4
    assert await owner.fetchval("select count(*) from security.actor where email like '%@x.example'") == 0


async def test_staff_come_in_as_what_they_are_and_change_within_a_second(admin: Client, client: Client) -> None:
    email = fresh_email()
    person = await admin.hire(email, "support", location="S1")
    staff = await client.login(email, PASSWORD)
    me = {"kind": "staff", "id": str(person), "roles": ["support"], "location": "S1", "name": "Staff"}
    assert (await staff.me()).body == me
    assert (await staff.ask("GET /security/audit")).status == 403
    change = {"name": "Zofia", "roles": ["auditor"], "location": None}
    changed = await admin.ask(f"PUT /security/staff/{person}", change)
    assert changed.body == {"id": str(person), "email": email.lower(), "active": True, **change}
    await refused_soon(lambda: _status(staff, "GET /security/audit"), 200)
    gone = await admin.ask(f"PUT /security/staff/{person}", {**change, "active": False})
    assert gone.body["active"] is False
    await refused_soon(lambda: _status(staff, "GET /security/me"), 401)
    assert (await client.ask("POST /security/login", {"email": email, "password": PASSWORD})).status == 401
    listed = (await admin.ask("GET /security/staff?limit=1000")).body
    assert changed.body | {"active": False} in listed


async def test_staff_cannot_be_given_what_there_is_not(admin: Client, client: Client) -> None:
    person = {"email": fresh_email(), "password": PASSWORD, "name": "S"}
    for roles in (["boss"], ["system"]):
        assert (await admin.ask("POST /security/staff", {**person, "roles": roles})).status == 422
    assert (await admin.ask(f"PUT /security/staff/{uuid4()}", {"name": "S", "roles": []})).status == 404
    customer = await register(client, fresh_email())
    own = (await customer.me()).body["id"]
    assert (await customer.ask(f"PUT /security/staff/{own}", {"name": "S", "roles": ["admin"]})).status == 403
    assert (await admin.ask(f"PUT /security/staff/{own}", {"name": "S", "roles": ["admin"]})).status == 404
    assert (await customer.me()).body["roles"] == []


async def test_two_administrators_cannot_take_the_shop_from_each_other_at_once(
    admin: Client, client: Client, owner: asyncpg.Connection
) -> None:
    first = UUID((await admin.me()).body["id"])
    email = fresh_email()
    second = await admin.hire(email, "admin")
    other = await client.login(email, PASSWORD)
    demoted = {"name": "S", "roles": ["finance"]}
    answers = await asyncio.gather(
        admin.ask(f"PUT /security/staff/{second}", demoted), other.ask(f"PUT /security/staff/{first}", demoted)
    )
    assert sorted(answer.status for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status == 409)
    assert refused.body["type"] == "/docs/faults#last-admin"
    left = await owner.fetch("select id from security.actor where 'admin' = any(roles) and active")
    assert len(left) == 1
    for query in (
        "update security.actor set roles = '{admin}' where id = $1",
        "delete from security.actor where id = $1",
    ):
        await owner.execute(query, first if query.startswith("update") else second)
    client.gate._sessions.clear()
    assert (await admin.me()).body["roles"] == ["admin"]


async def test_an_administrator_gives_a_new_password(admin: Client, client: Client) -> None:
    email = fresh_email()
    anna = await register(client, email)
    account = (await anna.me()).body["id"]
    path, new = f"POST /security/accounts/{account}/password", {"new": "given by the shop"}
    assert (await anna.ask(path, new)).status == 403
    assert (await admin.ask(path, new)).status == 204
    await refused_soon(lambda: _status(anna, "GET /security/me"), 401)
    await client.login(email, "given by the shop")
    assert (await admin.ask(f"POST /security/accounts/{uuid4()}/password", new)).status == 404


async def test_a_program_comes_in_with_its_token_until_it_is_shut_out(admin: Client) -> None:
    given = await admin.ask("POST /security/workloads", {"name": "ERP", "roles": ["import"], "days": 30})
    assert given.body["kind"] == "workload"
    erp = admin.by(given.body["token"])
    me = {"kind": "workload", "id": given.body["id"], "roles": ["import"], "location": None, "name": "ERP"}
    assert (await erp.me()).body == me
    listed = [each for each in (await admin.ask("GET /security/workloads")).body if each["id"] == me["id"]]
    entry = {"id": me["id"], "name": "ERP", "roles": ["import"], "active": True}
    assert listed == [{**entry, "expires_at": given.body["expires_at"]}]
    with clock.at(clock.now() + timedelta(days=31)):
        assert (await erp.me()).status == 401
    assert (await erp.ask("POST /security/workloads", {"name": "X", "roles": ["admin"]})).status == 403
    assert (await admin.ask(f"DELETE /security/workloads/{me['id']}")).status == 204
    await refused_soon(lambda: _status(erp, "GET /security/me"), 401)
    listed = [each for each in (await admin.ask("GET /security/workloads")).body if each["id"] == me["id"]]
    assert listed == [{**entry, "active": False, "expires_at": None}]
    staff = (await admin.me()).body["id"]
    assert (await admin.ask(f"DELETE /security/workloads/{staff}")).status == 404
    assert (await admin.me()).status == 200


async def test_a_token_is_never_kept_for_a_repeated_request(admin: Client, owner: asyncpg.Connection) -> None:
    wish = {"name": "Twice", "roles": ["import"]}
    answers = [await admin.ask("POST /security/workloads", wish, idempotency_key="once") for _ in range(2)]
    assert answers[0].body["token"] != answers[1].body["token"]
    assert (
        await owner.fetchval("select count(*) from kernel.answer where convert_from(body, 'UTF8') like '%rs\\_%'") == 0
    )


async def till_of(client: Client, location: str, name: str = "Till 1") -> dict[str, str]:
    answer = await client.ask("POST /security/tills", {"location": location, "name": name})
    assert answer.status == 200, answer.body
    found: dict[str, str] = answer.body
    return found


async def test_a_code_makes_one_device_a_till(admin: Client, client: Client) -> None:
    made = await till_of(admin, "W1")
    sloppy = {"code": made["code"].lower().replace("-", " ")}
    devices = [client.ask("POST /security/tills/enrolment", sloppy, f"192.0.2.{number}") for number in range(10)]
    answers = await asyncio.gather(*devices)
    assert sorted(answer.status for answer in answers) == [200] + [404] * 9
    given = next(answer.body for answer in answers if answer.status == 200)
    till = client.by(given["token"])
    me = {"kind": "till", "id": made["till"], "roles": [], "location": "W1", "name": "Till 1"}
    assert (await till.me()).body == me
    listed = [each for each in (await admin.ask("GET /security/tills")).body if each["id"] == made["till"]]
    entry = {"id": made["till"], "name": "Till 1", "location": "W1", "active": True, "enrolled": True}
    assert listed == [entry]
    assert (await admin.ask(f"DELETE /security/tills/{made['till']}")).status == 204
    await refused_soon(lambda: _status(till, "GET /security/me"), 401)


async def test_a_code_is_for_a_quarter_of_an_hour_and_not_for_dismissed_tills(admin: Client, client: Client) -> None:
    late, lost = await till_of(admin, "W2"), await till_of(admin, "W2")
    with clock.at(clock.now() + timedelta(minutes=15, seconds=1)):
        answer = await client.ask("POST /security/tills/enrolment", {"code": late["code"]})
        assert (answer.status, answer.body["type"]) == (404, "/docs/faults#wrong-code")
    assert (await admin.ask(f"DELETE /security/tills/{lost['till']}")).status == 204
    assert (await client.ask("POST /security/tills/enrolment", {"code": lost["code"]})).status == 404


async def test_codes_cannot_be_guessed_at_will(client: Client) -> None:
    guesses = [client.ask("POST /security/tills/enrolment", {"code": "AAAAA-AAAAA"}, "192.0.2.77") for _ in range(105)]
    answers = await asyncio.gather(*guesses)
    assert sorted(answer.status for answer in answers) == [404] * 100 + [429] * 5


async def test_staff_of_a_store_see_and_make_the_tills_of_their_store(admin: Client, client: Client) -> None:
    here, nowhere = fresh_email(), fresh_email()
    await admin.hire(here, "store", location="W3")
    await admin.hire(nowhere, "store")
    staff, floating = await client.login(here, PASSWORD), await client.login(nowhere, PASSWORD)
    own, foreign = await till_of(staff, "W3"), await till_of(admin, "W4")
    for each in (staff, floating):
        refused = await each.ask("POST /security/tills", {"location": "W4", "name": "Mine"})
        assert refused.status == 403
        assert (await each.ask(f"DELETE /security/tills/{foreign['till']}")).status == 404
    assert [each["id"] for each in (await staff.ask("GET /security/tills")).body] == [own["till"]]
    assert (await floating.ask("GET /security/tills")).body == []
    enrolled = await client.ask("POST /security/tills/enrolment", {"code": foreign["code"]})
    assert enrolled.status == 200
    assert (await staff.ask(f"DELETE /security/tills/{own['till']}")).status == 204


async def test_why_tells_which_policies_decided(admin: Client, client: Client) -> None:
    answer = await admin.ask("GET /security/why?action=security.audit&kind=staff&roles=auditor")
    assert answer.body == {"action": "security.audit", "reach": "all", "policies": ["security.audit"]}
    answer = await admin.ask("GET /security/why?action=security.audit&kind=customer")
    assert answer.body == {"action": "security.audit", "reach": None, "policies": []}
    customer = await register(client, fresh_email())
    assert (await customer.ask("GET /security/why?action=security.audit&kind=customer")).status == 403


async def test_no_secret_is_in_the_database_or_the_logs(
    admin: Client, client: Client, owner: asyncpg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything the database holds is read as its owner, and everything that was logged at the finest level."""
    email, wrong = fresh_email(), "a wrong and very visible password"
    with caplog.at_level(logging.DEBUG):
        anna = await register(client, email)
        again = await client.login(email, CUSTOMER["password"])
        await client.ask("POST /security/login", {"email": email, "password": wrong}, "198.51.100.123")
        await client.ask("POST /security/login", {"email": 7, "password": wrong})
        program = await admin.ask("POST /security/workloads", {"name": "P", "roles": ["import"]}, idempotency_key="k")
        made = await till_of(admin, "W5")
        await client.ask("GET /security/me", authorization="Bearer rs_" + "x" * 40)
        change = {"present": CUSTOMER["password"], "new": "yet another visible one"}
        assert (await anna.ask("POST /security/password", change)).status == 204
    tables = await owner.fetch(
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where schemaname not in ('pg_catalog', 'information_schema')"
    )
    held = {table: await owner.fetch(f"select t::text from {table} t") for [table] in tables}  # noqa: S608
    everything = "\n".join(row[0] for rows in held.values() for row in rows) + caplog.text
    plain = [CUSTOMER["password"], PASSWORD, wrong, change["new"], made["code"], "198.51.100.123"]
    plain += [str(each) for each in (anna.token, again.token, admin.token, program.body["token"])]
    hexed = [each.encode().hex() for each in plain]
    assert [each for each in (*plain, *hexed) if each in everything] == []
    told = "\n".join(row[0] for table, rows in held.items() if table != "security.actor" for row in rows)
    assert email.lower() not in told + caplog.text
    assert email not in told + caplog.text
    assert len(held["security.session"]) > 3


async def test_what_the_session_table_holds_lets_nobody_in(client: Client, owner: asyncpg.Connection) -> None:
    anna = await register(client, fresh_email())
    assert anna.token
    kept = await owner.fetchval("select token from security.session order by id desc limit 1")
    assert kept == rules.token_print(anna.token)
    for stolen in (kept.hex(), rules.sign("rs", kept, b"no key of ours")):
        assert (await client.by(stolen).me()).status == 401


async def test_the_accounts_are_closed_to_other_contexts(database: Database) -> None:
    for table in ("actor", "session", "throttle", "enrolment", "audit", "seal"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction("commerce") as tx:
                await tx.rows(f"select * from security.{table}")  # noqa: S608


def test_the_administrators_email_is_an_email() -> None:
    assert rules.email(ADMIN) == ADMIN
