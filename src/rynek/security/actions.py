"""The verbs: come in and go out, take staff, tills and programs in, look at what happened.

What gives out a secret is a process, not a write: a write's answer would be kept for its Idempotency-Key.
"""

import secrets
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.kernel import clock, ids, sql
from rynek.kernel.actor import Actor, Kind
from rynek.kernel.database import Database, Tx
from rynek.kernel.door import Call, Line, Response, constraint
from rynek.kernel.events import emit
from rynek.kernel.faults import Forbidden, NotFound
from rynek.security import model, passwords, rules
from rynek.security.events import CustomerLoggedIn, CustomerRegistered
from rynek.security.gate import Gate
from rynek.security.model import (
    Account,
    AuditLine,
    AuditSearch,
    Email,
    EmailTaken,
    Entry,
    LastAdmin,
    LoginThrottled,
    Me,
    Name,
    Newcomer,
    Page,
    Password,
    Role,
    Session,
    Staff,
    StaffRole,
    Till,
    TillCode,
    Why,
    Workload,
    WrongCode,
    WrongLogin,
    WrongPassword,
)

q = sql.queries(__file__, model)

constraint("actor_email_once", EmailTaken, "somebody with this e-mail is known already")

Given = Annotated[str, Meta(max_length=200)]
"""A password as somebody gives it, right or wrong."""
Location = Annotated[str, Meta(min_length=1, max_length=20, pattern="^[^\\u0000]*$")]
Days = Annotated[int, Meta(ge=1, le=3650)]

STAY = {
    "customer": timedelta(days=30),
    "staff": timedelta(hours=12),
    "till": timedelta(days=365),
}
"""How long a session lasts."""
THROTTLE = timedelta(minutes=15)
"""How long tries to log in count."""
CODE = timedelta(minutes=15)
"""How long a till's code can be used."""


async def register(call: Call[Any], email: Email, password: Password, name: Name, *, cookie: bool = False) -> Entry:
    """Make a customer's account and log it in.

    Args:
        cookie: keep the token in an HttpOnly cookie, for browsers, instead of answering it.

    Raises:
        Invalid: the e-mail is none.
        EmailTaken: somebody with this e-mail is known already.
        Unavailable: too many passwords wait to be looked at.
        Forbidden: another site's page asks for a cookie of this one.

    Emits:
        CustomerRegistered; CustomerLoggedIn with the guest they were.
    """
    _own_page(call, cookie=cookie)
    address, kept, customer = rules.email(email), await passwords.hashed(password), ids.new()
    async with call.transaction() as tx:
        await q.add_actor(
            tx, id=customer, kind="customer", name=name, email=address, password=kept, roles=[], location=None, at=tx.at
        )  # fmt: skip
        emit(tx, CustomerRegistered(customer))
        entry = await _enter(call, tx, Account(customer, "customer", kept))
    answer: Entry = _handed(call, entry, cookie=cookie)
    return answer


async def login(call: Call[Any], email: Email, password: Given, *, cookie: bool = False) -> Entry:
    """Log in by e-mail and password; the answer is the same, and takes as long, whichever of them is wrong.

    Args:
        cookie: keep the token in an HttpOnly cookie, for browsers, instead of answering it.

    Raises:
        Invalid: the e-mail is none.
        WrongLogin: e-mail and password do not belong together.
        LoginThrottled: too many tries, for this account or from this address.
        Unavailable: too many passwords wait to be looked at.
        Forbidden: another site's page asks for a cookie of this one.

    Emits:
        CustomerLoggedIn with the guest they were.
    """
    _own_page(call, cookie=cookie)
    address = rules.email(email)
    keys = await _try(call, address)
    async with call.transaction() as tx:
        account: Account | None = await q.account(tx, email=address)
    fits = await passwords.fits(password, account.password if account else None)
    if account is None or not fits:
        async with call.transaction() as tx:
            await _note(call, tx, call.actor, "refused" if account is None else f"refused {account.id}")
        raise WrongLogin
    account = await _renewed(call, account, password)
    async with call.transaction() as tx:
        await _forgive(tx, keys)
        entry = await _enter(call, tx, account)
    answer: Entry = _handed(call, entry, cookie=cookie)
    return answer


async def logout(tx: Tx) -> None:
    """End the session that asks."""
    await q.end_session(tx, session=tx.actor.session, actor=None)
    return Response(204, headers=(("set-cookie", rules.cookie("", 0, None)),))  # type: ignore[return-value]


async def me(tx: Tx) -> Me:
    """Tell who the gate takes the caller for."""
    actor = tx.actor
    return Me(actor.kind, actor.id, sorted(actor.roles), actor.location, actor.name)


async def sessions(tx: Tx) -> list[Session]:
    """List where the caller is logged in, newest first."""
    found: list[Session] = await q.sessions(tx, actor=tx.actor.id, here=tx.actor.session, at=tx.at)
    return found


async def revoke(tx: Tx, session: UUID) -> None:
    """End one session: the caller's own, or for administrators anybody's.

    Raises:
        NotFound: there is no such session, or it is not the caller's.
    """
    if await q.end_session(tx, session=session, actor=tx.actor.id if tx.reach == "own" else None) is None:
        raise NotFound


async def revoke_all(tx: Tx) -> None:
    """Log the caller out everywhere, here included."""
    await q.end_sessions(tx, actor=tx.actor.id, but=None)


async def expel(tx: Tx, actor: UUID) -> None:
    """End every session of somebody: their token or password has leaked."""
    await q.end_sessions(tx, actor=actor, but=None)


async def change_password(call: Call[Any], present: Given, new: Password) -> None:
    """Change the caller's password and end their other sessions.

    Raises:
        WrongPassword: the present password is not right.
        LoginThrottled: it was wrong too often.
    """
    keys = await _try(call, str(call.actor.id))
    async with call.transaction() as tx:
        account: Account | None = await q.account_by_id(tx, actor=call.actor.id)
    if account is None or not await passwords.fits(present, account.password):
        raise WrongPassword
    kept = await passwords.hashed(new)
    async with call.transaction() as tx:
        if await q.set_password(tx, actor=account.id, before=account.password, password=kept) is None:
            raise WrongPassword
        await q.end_sessions(tx, actor=account.id, but=call.actor.session)
        await _forgive(tx, keys)
        await _note(call, tx, call.actor, account.id)


async def hire(
    call: Call[Any],
    email: Email,
    password: Password,
    name: Name,
    roles: list[StaffRole],
    location: Location | None = None,
) -> Staff:
    """Take in a member of staff, with a first password.

    Args:
        location: the store they belong to; None: none.

    Raises:
        Invalid: the e-mail is none.
        EmailTaken: somebody with this e-mail is known already.
    """
    made = Staff(ids.new(), name, rules.email(email), sorted(set(roles)), location, active=True)
    kept = await passwords.hashed(password)
    async with call.transaction() as tx:
        await q.add_actor(
            tx, id=made.id, kind="staff", name=name, email=made.email, password=kept, roles=made.roles,
            location=location, at=tx.at,
        )  # fmt: skip
        await _note(call, tx, call.actor, made.id)
    return made


async def staff(tx: Tx, after: UUID | None = None, limit: Page = 100) -> list[Staff]:
    """List the members of staff, those who left included."""
    found: list[Staff] = await q.staff(tx, after=after, most=limit)
    return found


async def assign(
    tx: Tx, account: UUID, name: Name, roles: list[StaffRole], location: Location | None = None, *, active: bool = True
) -> Staff:
    """Say what a member of staff is there for, and where; inactive ones cannot come in. Holds within a second.

    Raises:
        NotFound: there is no such member of staff.
        LastAdmin: nobody would be left to administer the shop.
    """
    admins = await q.lock_admins(tx)
    if admins == [account] and not (active and "admin" in roles):
        raise LastAdmin
    changed: Staff = await q.assign(
        tx, actor=account, name=name, roles=sorted(set(roles)), location=location, active=active
    )  # fmt: skip
    if not active:
        await q.end_sessions(tx, actor=account, but=None)
    return changed


async def reset_password(call: Call[Any], account: UUID, new: Password) -> None:
    """Give a member of staff or a customer another password and end their sessions.

    Raises:
        NotFound: there is no such account.
    """
    kept = await passwords.hashed(new)
    async with call.transaction() as tx:
        if await q.set_password(tx, actor=account, before=None, password=kept) is None:
            raise NotFound
        await q.end_sessions(tx, actor=account, but=None)
        await _note(call, tx, call.actor, account)


async def engage(call: Call[Any], name: Name, roles: list[Role], days: Days = 365) -> Entry:
    """Take in a program and give it its token, shown this once.

    Args:
        days: how long the token holds.
    """
    workload = ids.new()
    async with call.transaction() as tx:
        await q.add_actor(
            tx, id=workload, kind="workload", name=name, email=None, password=None, roles=sorted(set(roles)),
            location=None, at=tx.at,
        )  # fmt: skip
        entry = await _session(call, tx, Account(workload, "workload", None), timedelta(days=days))
        await _note(call, tx, call.actor, workload)
    return entry


async def bring_in(call: Call[Any], customers: Annotated[list[Newcomer], Meta(min_length=1, max_length=1_000)]) -> int:
    """Take customers over from elsewhere; gives how many are new.

    Each has a password that nobody knows, so somebody has to set one before they can log in.
    """
    closed = await passwords.hashed(secrets.token_urlsafe(32))
    async with call.transaction() as tx:
        new = await q.add_customers(
            tx, ids=[each.id for each in customers], names=[each.name for each in customers],
            emails=[rules.email(each.email) for each in customers], password=closed, at=tx.at,
        )  # fmt: skip
        emit(tx, *(CustomerRegistered(each) for each in new))
        await call.note(tx, f"{len(new)} customers")
    return len(new)


async def workloads(tx: Tx) -> list[Workload]:
    """List the programs that come in by themselves."""
    found: list[Workload] = await q.workloads(tx, at=tx.at)
    return found


async def disengage(tx: Tx, workload: UUID) -> None:
    """Shut a program out.

    Raises:
        NotFound: there is no such program.
    """
    await _dismiss(tx, workload, "workload", None)


async def prepare_till(call: Call[Any], location: Location, name: Name) -> TillCode:
    """Make a till for a store; the code makes a device this till, once, within 15 minutes.

    Raises:
        Forbidden: the caller belongs to another store.
    """
    if call.reach == "own" and call.actor.location != location:
        raise Forbidden("only tills of your own store")
    till, code, until = ids.new(), rules.till_code(secrets.token_bytes(7)), clock.now() + CODE
    async with call.transaction() as tx:
        await q.add_actor(
            tx, id=till, kind="till", name=name, email=None, password=None, roles=[], location=location, at=tx.at
        )  # fmt: skip
        await q.add_code(tx, code=_code_print(call, code), till=till, until=until)
        await _note(call, tx, call.actor, till)
    return TillCode(till, code, until)


async def enrol(call: Call[Any], code: Annotated[str, Meta(max_length=40)]) -> Entry:
    """Turn this device into the till that a code was made for; the token is shown this once.

    Raises:
        WrongCode: the code is wrong, used or too old.
        LoginThrottled: too many tries from this address.
    """
    keys = await _try(call, None)
    async with call.transaction() as tx:
        till = await q.take_code(tx, code=_code_print(call, rules.typed_code(code)), at=tx.at)
        if till is None:
            raise WrongCode
        await _forgive(tx, keys)
        entry = await _session(call, tx, Account(till, "till", None), STAY["till"])
        await _note(call, tx, Actor("till", till), till)
    return entry


async def tills(tx: Tx) -> list[Till]:
    """List the tills: of the caller's store, or all."""
    if tx.reach == "own" and tx.actor.location is None:
        return []
    found: list[Till] = await q.tills(tx, location=tx.actor.location if tx.reach == "own" else None)
    return found


async def dismiss_till(tx: Tx, till: UUID) -> None:
    """Shut a till out: it was sold, lost or stolen.

    Raises:
        NotFound: there is no such till, or it stands in another store.
    """
    if tx.reach == "own" and tx.actor.location is None:
        raise NotFound
    await q.drop_codes(tx, till=till)
    await _dismiss(tx, till, "till", tx.actor.location if tx.reach == "own" else None)


async def audit(tx: Tx, search: AuditSearch) -> list[AuditLine]:
    """Read what happened, newest first.

    Raises:
        Invalid: ``before`` is no position.
    """
    xid, seq = rules.position(search.before) if search.before else (None, None)
    found: list[AuditLine] = await q.audit(
        tx, before_xid=xid, before_seq=seq, actor=search.actor, operation=search.operation, target=search.target,
        since=search.since, until=search.until, most=search.limit,
    )  # fmt: skip
    return found


async def why(call: Call[Any], action: str, kind: Kind, roles: list[Role] | None = None) -> Why:
    """Tell how far the policies let somebody of this kind, in these roles, do something, and which policies say so."""
    return _gate(call).why(Actor(kind, roles=frozenset(roles or ())), action)


async def ensure_admin(database: Database, email: str, password: str | None = None) -> str | None:
    """Make the first administrator where there is none; gives the password, None where there is one already.

    Args:
        password: None makes one.
    """
    chosen = password or secrets.token_urlsafe(15)
    kept = await passwords.hashed(chosen)
    async with database.transaction("security") as tx:
        made = await q.add_first_admin(tx, id=ids.new(), email=rules.email(email), password=kept, at=tx.at)
    return chosen if made else None


def _gate(call: Call[Any]) -> Gate:
    gate = call.door.gate
    assert isinstance(gate, Gate)  # noqa: S101 - composition plugs it in
    return gate


def _header(call: Call[Any], name: str) -> str | None:
    return call.request.header(name) if call.request else None


def _own_page(call: Call[Any], *, cookie: bool) -> None:
    """Keep another site from logging a visitor in as somebody else: the cookie is set for pages of this shop alone."""
    headers = (_header(call, name) for name in ("sec-fetch-site", "origin", "host"))
    if cookie and call.request is not None and not rules.same_origin(*headers):
        raise Forbidden("a cookie is given to pages of this shop alone; without `cookie` the answer has the token")


async def _try(call: Call[Any], account: str | None) -> dict[str, bytes]:
    """Count a try to get in, in a transaction of its own, so that it counts however the try ends.

    Returns:
        What was counted: ``account``, and ``address`` where the caller has one (calls in process have none).

    Raises:
        LoginThrottled: too many of them.
    """
    gate, keys = _gate(call), {}
    if account:
        keys["account"] = gate.keyed_print("account", account)
    if call.request is not None:
        keys["address"] = gate.keyed_print("address", rules.network(call.request.address))
    async with call.transaction() as tx:
        found = await q.try_login(tx, keys=sorted(keys.values()), at=tx.at, until=tx.at + THROTTLE)
    tries = {each.key: each.tries for each in found}
    if rules.throttled(*(tries.get(keys.get(what, b""), 0) for what in ("account", "address"))):
        wait = max(each.until for each in found) - clock.now()
        raise LoginThrottled(retry_after=int(wait.total_seconds()) + 1)
    return keys


async def _forgive(tx: Tx, keys: dict[str, bytes]) -> None:
    """Who got in starts anew; the address, which others may share, is only not charged for it."""
    if "account" in keys:
        await q.forgive_account(tx, key=keys["account"])
    if "address" in keys:
        await q.forgive_address(tx, key=keys["address"])


async def _renewed(call: Call[Any], account: Account, password: str) -> Account:
    """Hash a password again that was hashed with weaker settings, now that it is known."""
    if account.password is None or not passwords.outdated(account.password):
        return account
    kept = await passwords.hashed(password)
    async with call.transaction() as tx:
        if await q.set_password(tx, actor=account.id, before=account.password, password=kept) is None:
            raise WrongLogin
    return msgspec.structs.replace(account, password=kept)


async def _enter(call: Call[Any], tx: Tx, account: Account) -> Entry:
    entry = await _session(call, tx, account, STAY[account.kind])
    if account.kind == "customer":
        emit(tx, CustomerLoggedIn(account.id, call.actor.id if call.actor.kind == "guest" else None))
    await _note(call, tx, Actor(account.kind, account.id), account.id)
    return entry


async def _session(call: Call[Any], tx: Tx, account: Account, stay: timedelta) -> Entry:
    token, session = _gate(call).session_token(), ids.new()
    agent = (_header(call, "user-agent") or "")[:100]
    begun = await q.begin_session(
        tx, id=session, token=rules.token_print(token), actor=account.id, agent=agent, at=tx.at, until=tx.at + stay,
        password=account.password,
    )  # fmt: skip
    if begun is None:
        raise WrongLogin
    return Entry(account.id, account.kind, session, token, tx.at + stay)


def _handed(call: Call[Any], entry: Entry, *, cookie: bool) -> Any:
    if not cookie or entry.token is None:
        return entry
    seconds = int((entry.expires_at - clock.now()).total_seconds())
    header = rules.cookie(entry.token, seconds, _header(call, "host"))
    shown = msgspec.structs.replace(entry, token=None)
    return Response(body=msgspec.json.encode(shown), headers=(("set-cookie", header),))


async def _note(call: Call[Any], tx: Tx, actor: Actor, target: object) -> None:
    """Write the audit line without a digest of what was sent: it had a secret in it."""
    await call.door.gate.note(tx, [Line(actor, call.operation.name, str(target), b"")])


async def _dismiss(tx: Tx, actor: UUID, kind: str, location: str | None) -> None:
    if await q.dismiss(tx, actor=actor, kind=kind, location=location) is None:
        raise NotFound
    await q.end_sessions(tx, actor=actor, but=None)


def _code_print(call: Call[Any], code: str) -> bytes:
    return _gate(call).keyed_print("till code", code)
