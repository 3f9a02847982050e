"""The gate: who asks, may they, not too fast, and note it. In every request's way, so nothing here waits twice."""

import asyncio
import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, cast
from uuid import UUID

from rynek.kernel import clock, ids, sql
from rynek.kernel.actor import ANYONE, Actor, Kind, Reach
from rynek.kernel.database import Database, Tx
from rynek.kernel.door import Line, Request
from rynek.kernel.faults import Forbidden, TooManyRequests, Unauthenticated
from rynek.kernel.settings import Rates
from rynek.security import model, rules
from rynek.security.model import Bearer, Why
from rynek.security.policies import Policies

logger = logging.getLogger(__name__)

q = sql.queries(__file__, model)

GUEST_DAYS = 30
FRESH = timedelta(seconds=1)
"""How long a session is believed before the database is asked again: what is revoked ends within it."""
AGAIN_S = 0.4
"""How often sessions in use are read again, all at once, so that requests need not wait for it."""
SWEEP_S = 60.0
_REMEMBERED = 100_000
_SECRET_BYTES = 16
_BEARER = "bearer "
_SAFE = frozenset({"GET", "HEAD"})
_NOTE = """insert into kernel.audit_line (at, kind, actor, operation, target, digest)
select $1, * from unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::bytea[])"""

_network = lru_cache(16_384)(rules.network)


class _Known:
    """A token that was looked at, and until when that is believed."""

    __slots__ = ("actor", "until", "used")

    def __init__(self, actor: Actor, until: datetime, *, used: bool = True) -> None:
        self.actor = actor
        self.until = until
        self.used = used


class Limits:
    """How fast each caller asks, by rate class. Forgets the silent, so traffic bounds its memory."""

    def __init__(self, rates: Rates) -> None:
        self.set(rates)

    def set(self, rates: Rates) -> None:
        """Take other rates from now on."""
        self.intervals = {name: 1 / getattr(rates, name) for name in rates.__struct_fields__}
        self._young: dict[str, dict[Any, float]] = {name: {} for name in self.intervals}
        self._old = self._young
        self._turned = time.monotonic()

    def take(self, rate: str, caller: Any) -> float:
        """Count a request; gives how many seconds too early it is, 0 when it is in time."""
        now = time.monotonic()
        if now - self._turned > 1.0:
            # who is not among the young has been silent for a second, and so has a full bucket
            self._old, self._young = self._young, {name: {} for name in self.intervals}
            self._turned = now
        young = self._young[rate]
        free_at = young.get(caller)
        if free_at is None:
            free_at = self._old[rate].get(caller, 0.0)
        young[caller], early = rules.paced(free_at, now, self.intervals[rate])
        return early


class Gate:
    """What the door asks of security (``kernel.door.Gate``), for one process."""

    def __init__(self, database: Database, policies: Policies, secret: bytes, rates: Rates) -> None:
        if len(secret) < _SECRET_BYTES:
            raise ValueError(f"the installation's secret needs at least {_SECRET_BYTES} bytes")
        self.database = database
        self.policies = policies
        self.limits = Limits(rates)
        self.token_key = rules.key(secret, "tokens")
        self.print_key = rules.key(secret, "prints")
        self._guests: dict[str, _Known] = {}
        self._sessions: dict[str, _Known] = {}

    def admit(self, actor: Actor, address: str, rate: str) -> None:
        """Let the caller in: counted by actor, by address for those nobody knows and for logins.

        Raises:
            TooManyRequests: the caller asks faster than its rate class allows.
        """
        nameless = actor.kind == "anyone" or rate == "login"
        early = self.limits.take(rate, _network(address) if nameless else actor.id.int)
        if early:
            detail = f"more than {1 / self.limits.intervals[rate]:g} {rate} requests in a second"
            raise TooManyRequests(detail, retry_after=int(early) + 1)

    async def who(self, request: Request) -> Actor:
        """Tell who asks: by bearer token, ``rynek-session`` header or cookie.

        Raises:
            Unauthenticated: credentials are shown, and they are not valid.
            Forbidden: another site's page asks with the cookie of this one.
        """
        header = request.header
        token = header("authorization")
        if token is not None:
            if token[:7].lower() != _BEARER:
                raise Unauthenticated("only Bearer tokens are understood")
            token = token[7:]
        else:
            token = header("rynek-session")
            if token is None:
                cookies = header("cookie")
                return ANYONE if cookies is None else await self._by_cookie(request, cookies)
        actor = await self._by_token(token)
        if actor is None:
            raise Unauthenticated("the token is not valid any more, or never was")
        return actor

    async def _by_cookie(self, request: Request, cookies: str) -> Actor:
        """Browsers send cookies unasked, so a change needs proof that a page of ours asks; a stale cookie is nobody."""
        token = rules.cookie_token(cookies)
        if token is None:
            return ANYONE
        header = request.header
        if request.method not in _SAFE and not rules.same_origin(
            header("sec-fetch-site"), header("origin"), header("host")
        ):
            raise Forbidden("with a cookie, changes are taken from pages of this shop alone")
        return await self._by_token(token) or ANYONE

    async def _by_token(self, token: str) -> Actor | None:
        known = self._sessions.get(token) or self._guests.get(token)
        if known is not None and known.until > clock.now():
            known.used = True
            return known.actor
        found = rules.opened(token, self.token_key)
        if found is None:
            return None
        prefix, payload = found
        if prefix == "rg":
            guest, until = rules.guest(payload)
            return self._guest(token, UUID(bytes=guest), until)
        return (await self._read([token])).get(token)

    def _guest(self, token: str, guest: UUID, until: datetime) -> Actor | None:
        if until <= clock.now():
            return None
        if len(self._guests) >= _REMEMBERED:
            self._guests.clear()
        actor = Actor("guest", guest)
        self._guests[token] = _Known(actor, until)
        return actor

    async def _read(self, tokens: Sequence[str], *, used: bool = True) -> dict[str, Actor]:
        """Ask the database whom session tokens let in, and believe it for a moment from before the question."""
        now = clock.now()
        prints = {rules.token_print(token): token for token in tokens}
        async with self.database.transaction("security") as tx:
            bearers: list[Bearer] = await q.bearers(tx, tokens=list(prints), at=now)
        found = {}
        for bearer in bearers:
            token = prints[bearer.token]
            actor = Actor(
                cast("Kind", bearer.kind),
                bearer.id,
                frozenset(bearer.roles),
                bearer.location,
                bearer.session,
                bearer.name,
            )
            found[token] = actor
            if len(self._sessions) >= _REMEMBERED:
                self._sessions.clear()
            self._sessions[token] = _Known(actor, min(bearer.expires_at, now + FRESH), used=used)
        for token in tokens:
            if token not in found:
                self._sessions.pop(token, None)
        return found

    async def refresh(self) -> None:
        """Read the sessions in use again, all at once, and forget the others."""
        used = [token for token, known in self._sessions.items() if known.used]
        self._sessions = {token: self._sessions[token] for token in used}
        if used:
            await self._read(used, used=False)

    async def sweep(self) -> None:
        """Forget in the database what has ended by itself."""
        async with self.database.transaction("security") as tx:
            for statement in (q.sweep_sessions, q.sweep_throttles, q.sweep_enrolments):
                await statement(tx, at=tx.at)

    def may(self, actor: Actor, policy: str) -> Reach | None:
        """Tell how far the policies allow this action to the actor; None: not at all."""
        return self.policies.reach(actor, policy)

    def why(self, actor: Actor, policy: str) -> Why:
        """Tell which policies allow or forbid this action to the actor."""
        return self.policies.why(actor, policy)

    def welcome(self) -> tuple[Actor, str]:
        """Make a new guest and the token that proves who it is."""
        guest, until = ids.new(), clock.now() + timedelta(days=GUEST_DAYS)
        token = rules.guest_token(guest.bytes, until, self.token_key)
        actor = self._guest(token, guest, until)
        assert actor is not None  # noqa: S101 - it has just begun
        return actor, token

    def session_token(self) -> str:
        """Make the token of a session; only its hash is to be kept."""
        return rules.sign("rs", secrets.token_bytes(32), self.token_key)

    def keyed_print(self, what: str, text: str) -> bytes:
        """Hash something short or personal for keeping, so that only this installation can tell what it was."""
        return blake2b(
            text.encode("utf-8", "replace"), key=self.print_key, digest_size=16, person=what.encode()
        ).digest()

    async def note(self, tx: Tx, lines: Sequence[Line]) -> None:
        """Write audit lines in the transaction of what they tell, in one statement."""
        digests = [self._blind(line.digest) for line in lines]
        await tx.execute(
            _NOTE, tx.at, [line.actor.kind for line in lines], [line.actor.id for line in lines],
            [line.operation for line in lines], [line.target for line in lines], digests,
        )  # fmt: skip

    def _blind(self, digest: bytes) -> bytes:
        """Key a digest: a plain one of a short request could be guessed back to what, or whom, it was about."""
        return blake2b(digest, key=self.print_key, digest_size=16).digest() if digest else b""


async def open_gate(database: Database, policies: Mapping[str, str], secret: bytes, rates: Rates) -> Gate:
    """Open the gate of a process.

    Args:
        policies: Cedar text of every context by its name.
        secret: the installation's secret; the same in all its processes, so that each takes the others' tokens.

    Raises:
        PolicyError: a policy cannot be used.
    """
    return Gate(database, Policies(policies), secret, rates)


async def keep(gate: Gate) -> None:
    """Keep the gate's knowledge of sessions fresh until cancelled."""
    swept = time.monotonic()
    while True:
        await asyncio.sleep(AGAIN_S)
        try:
            await gate.refresh()
            if time.monotonic() - swept > SWEEP_S:
                swept = time.monotonic()
                await gate.sweep()
        except Exception:
            # requests ask for themselves meanwhile, so nothing revoked stays believed
            logger.exception("sessions could not be read again")
            await asyncio.sleep(1)
