"""The door: the one way in. Admission, who, may they, validate, once, transact, announce, note, answer."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar

import asyncpg
import msgspec
from msgspec import Struct

from rynek.kernel import clock, ids, logs, metrics, query
from rynek.kernel.actor import ANYONE, Actor, Reach
from rynek.kernel.answers import keep, recall
from rynek.kernel.batch import RETRIES, Batcher
from rynek.kernel.database import Database, Tx, passing, unfit, unreachable
from rynek.kernel.faults import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    KeyReused,
    Malformed,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from rynek.kernel.operations import Operation, Registry, answer_of

logger = logging.getLogger(__name__)

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode
_KEY_LIMIT = 255
_SAFE = frozenset({"GET", "HEAD"})


class Request(Protocol):
    """What a protocol face hands in."""

    method: str
    path: str
    query: str
    body: bytes
    address: str

    def header(self, name: str) -> str | None:
        """Give a header by its lower-case name."""


class Response(Struct):
    """What goes back: JSON unless ``kind`` says otherwise; with ``stream``, in pieces as they come."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    stream: AsyncGenerator[bytes] | None = None


class Line(Struct, frozen=True):
    """One line of the audit: who did which operation to what.

    It carries no personal data, only a digest of the input.
    """

    actor: Actor
    operation: str
    target: str
    digest: bytes


class Gate(Protocol):
    """What the door asks of security; the kernel knows no more of it."""

    def admit(self, actor: Actor, address: str, rate: str) -> None:
        """Let the caller in.

        Raises:
            TooManyRequests: the caller asks faster than its rate class allows.
        """

    async def who(self, request: Request) -> Actor:
        """Tell who asks.

        Raises:
            Unauthenticated: credentials are shown, and they are not valid.
        """

    def may(self, actor: Actor, policy: str) -> Reach | None:
        """Tell how far the policies allow this action to the actor; None: not at all."""

    def welcome(self) -> tuple[Actor, str]:
        """Make a new guest and the token that proves who it is."""

    async def note(self, tx: Tx, lines: Sequence[Line]) -> None:
        """Write audit lines in the transaction of what they tell."""


class Call(Generic[T]):
    """One call on its way through the door."""

    __slots__ = ("actor", "door", "fingerprint", "input", "key", "operation", "reach", "request", "submitted")

    def __init__(self, door: "Door", operation: Operation, actor: Actor, reach: Reach, given: T) -> None:
        self.door = door
        self.operation = operation
        self.actor = actor
        self.reach = reach
        self.input = given
        self.key: bytes | None = None
        self.fingerprint = b""
        self.request: Request | None = None
        self.submitted = 0

    def transaction(self, context: str | None = None) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction as the role of the operation's own context."""
        return self.door.database.transaction(context or self.operation.context, self.actor, self.reach)

    async def ask(self, operation: Any, /, **values: Any) -> Any:
        """Call another operation (by its function or its name) as the same actor, through the same door."""
        return await self._told(operation, values)

    async def once(self, key: str, operation: Any, /, **values: Any) -> Any:
        """Call another operation under an Idempotency-Key: a form that is sent twice does what it says once."""
        return await self._told(operation, values, key)

    async def _told(self, operation: Any, values: Mapping[str, Any], key: str = "") -> Any:
        """Call another operation; what the database does not allow is the refusal that it is from outside."""
        try:
            return await self.door.pass_on(self.actor, operation, values, self.request, key)
        except asyncpg.PostgresError as error:
            raise understood(error) or error from None

    async def submit(self, action: Any, command: Any) -> Any:
        """Hand a command of this process to a batched action, under this call's permission and Idempotency-Key.

        A repeated request submits the same steps in the same order, and each is answered as it was.
        """
        inner: Call[Any] = Call(self.door, self.operation, self.actor, self.reach, command)
        inner.fingerprint = self.fingerprint
        if self.key is not None:
            self.submitted += 1
            step = f"{action.__module__}.{action.__name__} {self.submitted}".encode()
            inner.key = blake2b(self.key + step, digest_size=16).digest()
        result, _ = await self.door.batcher(action, self.operation).submit(inner)
        if isinstance(result, Fault):
            raise result
        return result

    async def note(self, tx: Tx, target: str = "") -> None:
        """Write this call's audit line in ``tx``: for processes, which choose the transaction that tells."""
        await self.door.gate.note(tx, [Line(self.actor, self.operation.name, target, self.fingerprint)])


_CONSTRAINTS: dict[str, tuple[type[Fault], str]] = {}


def constraint(name: str, fault: type[Fault], detail: str) -> None:
    """Say what a violated database constraint means to the one who asked."""
    _CONSTRAINTS[name] = (fault, detail)


_DRESSES: dict[str, Callable[[Request, Response], Response]] = {}


def dress(place: str, how: Callable[[Request, Response], Response]) -> None:
    """Say how refusals below an address (``/shop``) look to people, whose browsers ask for a page and not a problem."""
    _DRESSES[place] = how


def _dressed(request: Request, response: Response) -> Response:
    how = _DRESSES.get("/" + request.path.lstrip("/").partition("/")[0])
    if how is None or "text/html" not in (request.header("accept") or ""):
        return response
    try:
        return how(request, response)
    except Exception:  # a refusal that cannot be dressed is told as it is
        logger.exception("the refusal of %s could not be shown as a page", request.path)
        return response


class Door:
    """Takes requests and in-process calls to operations, each authenticated, authorised and noted."""

    def __init__(self, registry: Registry, database: Database, gate: Gate, *, in_flight: int = 2_000) -> None:
        self.registry = registry
        self.database = database
        self.gate = gate
        self.in_flight = in_flight
        self.busy = 0
        self.closing = False
        self._tree: dict[str, Any] = {}
        self._readers: dict[str, Any] = {}
        self._batchers: dict[Any, Batcher] = {}
        for each in registry.by_name.values():
            self._place(each)

    def _place(self, operation: Operation) -> None:
        place = self._tree
        for step in _steps(operation.path):
            place = place.setdefault("{}" if step.startswith("{") else step, {})
        place.setdefault("", {})[operation.method] = operation
        if operation.input is not None:
            self._readers[operation.name] = msgspec.json.Decoder(operation.input)

    def find(self, method: str, path: str) -> tuple[Operation, list[str]]:
        """Find the operation at an address, with the texts of its path variables.

        Raises:
            NotFound: nothing has this address.
            MethodNotAllowed: something has, but takes other methods.
        """
        place, values = self._tree, []
        for step in _steps(path):
            if step in place and step:
                place = place[step]
            elif "{}" in place and step:
                place = place["{}"]
                values.append(step)
            else:
                raise NotFound("nothing has this address; /docs lists what there is")
        methods: dict[str, Operation] = place.get("", {})
        operation = methods.get("GET" if method == "HEAD" else method)
        if operation is not None:
            return operation, values
        if not methods:
            raise NotFound("nothing has this address; /docs lists what there is")
        raise MethodNotAllowed(f"it takes {', '.join(sorted(methods))}", allow=sorted(methods))

    async def answer(self, request: Request) -> Response:
        """Answer one request of a protocol face. Never raises."""
        began = time.perf_counter()
        logs.request.set(ids.new().hex)
        operation: Operation | None = None
        try:
            operation, values = self.find(request.method, request.path)
            logs.operation.set(operation.name)
            response = await self._through(operation, values, request)
        except Exception as error:  # noqa: BLE001 - whatever happens is answered
            response = _dressed(request, refusal(error, operation.name if operation else "an address"))
        metrics.answered(operation.name if operation else "none", response.status, time.perf_counter() - began)
        return response

    async def _through(self, operation: Operation, values: list[str], request: Request) -> Response:
        if self.closing or self.busy >= self.in_flight:
            why = "this process is stopping" if self.closing else "too many requests are being answered"
            raise Unavailable(f"{why}; try again in a second", retry_after=1)
        self.busy += 1
        try:
            actor = await self.gate.who(request)
            self.gate.admit(actor, request.address, operation.rate)
            token = ""
            if operation.welcome and actor.kind == "anyone":
                actor, token = self.gate.welcome()
            reach = self._authorise(actor, operation)
            path = self._variables(operation, values)
            call: Call[Any] = Call(self, operation, actor, reach, self._read(operation, request))
            call.request = request
            if operation.style != "read" or request.method not in _SAFE:
                self._identify(call, request)
            response = await self._perform(call, path)
            if token:
                response.headers += (("rynek-session", token),)
            return response
        finally:
            self.busy -= 1

    async def room(self, request: Request, usual: int) -> int:
        """Tell how many bytes of body a request may bring: more than usual only where an operation takes uploads.

        Whoever is not allowed to send so much learns it before it is read.

        Raises:
            Unauthenticated, TooManyRequests, Forbidden: as the request itself would be refused.
            NotFound, MethodNotAllowed: nothing takes it.
        """
        operation, _ = self.find(request.method, request.path)
        if operation.limit is None or operation.limit <= usual:
            return usual
        actor = await self.gate.who(request)
        self.gate.admit(actor, request.address, operation.rate)
        self._authorise(actor, operation)
        return operation.limit

    def _authorise(self, actor: Actor, operation: Operation) -> Reach:
        reach = self.gate.may(actor, operation.policy)
        if reach is None:
            who = "somebody who is not logged in" if actor.kind == "anyone" else f"a {actor.kind}"
            raise Forbidden(f"no policy allows {operation.policy} to {who}", action=operation.policy)
        return reach

    def _variables(self, operation: Operation, values: list[str]) -> dict[str, Any]:
        found = {}
        for (name, kind), text in zip(operation.variables.items(), values, strict=True):
            try:
                found[name] = msgspec.convert(text, kind, strict=False)
            except msgspec.ValidationError as error:
                raise Invalid(f"{name} in the address: {error}", field=name) from None
        return found

    def _read(self, operation: Operation, request: Request) -> Any:
        if operation.raw:
            return None
        if operation.input is None:
            if request.method in _SAFE and request.query:
                raise Invalid("this address takes no query")
            if request.body.strip() not in (b"", b"{}"):
                raise Invalid("this operation takes no body; send none")
            return None
        try:
            if request.method in _SAFE:
                return query.read(request.query, operation.input)
            if operation.form:
                return query.read(request.body.decode(), operation.input)
            kind = request.header("content-type")
            if kind is not None and kind.partition(";")[0].strip().lower() != "application/json":
                raise UnsupportedMediaType(f"{kind[:80]}: send application/json")
            return self._readers[operation.name].decode(request.body or b"{}")
        except msgspec.ValidationError as error:
            raise Invalid(str(error)) from None
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise Malformed(f"the request cannot be read: {error}") from None

    def _identify(self, call: Call[Any], request: Request) -> None:
        call.fingerprint = blake2b(
            b"%s %s\0%s" % (request.method.encode(), request.path.encode("utf-8", "surrogatepass"), request.body),
            digest_size=16,
        ).digest()
        key = request.header("idempotency-key")
        if key is None:
            return
        if not 1 <= len(key) <= _KEY_LIMIT:
            raise Invalid(f"Idempotency-Key has 1 to {_KEY_LIMIT} characters")
        call.key = _key_of(call.actor, key)

    async def _perform(self, call: Call[Any], path: dict[str, Any]) -> Response:
        operation = call.operation
        match operation.style:
            case "batch":
                call.input = _command(operation, path, call.input)
                result, body = await self.batcher(operation.action, operation).submit(call)
                if isinstance(result, Fault):
                    raise result
                return Response(body=body or _encode(result))
            case "process":
                return _respond(await operation.action(call, **path, **spread(operation, call.input)))
            case "read":
                async with self.database.transaction(operation.context, call.actor, call.reach) as tx:
                    result = await operation.action(tx, **path, **spread(operation, call.input))
                return _respond(result)
            case _:
                return _respond(await self._commit(call, {**path, **spread(operation, call.input)}))

    async def _commit(self, call: Call[Any], values: dict[str, Any]) -> Any:
        """Run a write in its transaction; what only another process was in the way of is tried again."""
        for attempt in range(1, RETRIES + 1):
            try:
                return await self._once(call, values)
            except asyncpg.PostgresError as error:
                if attempt == RETRIES or not passing(error):
                    raise
        raise AssertionError  # the last attempt returned or raised

    async def _once(self, call: Call[Any], values: dict[str, Any]) -> Any:
        async with self.database.transaction(call.operation.context, call.actor, call.reach) as tx:
            if call.key is not None and (known := (await recall(tx, [call.key])).get(call.key)):
                fingerprint, status, body = known
                if fingerprint != call.fingerprint:
                    raise KeyReused
                return Response(status, body)
            result = await call.operation.action(tx, **values)
            if call.key is not None:
                result = _respond(result)
                await keep(tx, [(call.key, call.fingerprint, result.status, result.body)])
            await call.note(tx, target(values))
        return result

    def batcher(self, action: Any, operation: Operation) -> Batcher:
        """Give the batcher of an action; commands of all callers meet in it."""
        batcher = self._batchers.get(action)
        if batcher is None:
            batcher = self._batchers[action] = Batcher(lambda calls: self._transact(action, operation, calls))
            batcher.sizes = metrics.BATCH.labels(f"{operation.context}.{action.__name__}").observe
        return batcher

    async def _transact(self, action: Any, operation: Operation, calls: Sequence[Call[Any]]) -> list[tuple[Any, bytes]]:
        """Run one batch; what was answered before is answered again, and doubles in the batch share one answer."""
        first: dict[bytes, Call[Any]] = {}
        fresh = [call for call in calls if call.key is None or first.setdefault(call.key, call) is call]
        async with self.database.transaction(operation.context, steady=True) as tx:
            known = await recall(tx, first) if first else {}
            ask = [call for call in fresh if call.key not in known]
            results = list(await action(tx, ask)) if ask else []
            done = [(call, result) for call, result in zip(ask, results, strict=True) if not isinstance(result, Fault)]
            bodies = {id(call): _encode(result) for call, result in done if call.key is not None}
            if bodies:
                told = [call for call, _ in done if call.key is not None]
                await keep(tx, [(call.key, call.fingerprint, 200, bodies[id(call)]) for call in told])
            if done:
                await self.gate.note(tx, [_line(call) for call, _ in done])
        answers: dict[Any, tuple[Any, bytes]] = {}
        for call, result in zip(ask, results, strict=True):
            answers[call.key or id(call)] = (result, bodies.get(id(call), b""))
        asked = {(call.key, call.fingerprint) for call in calls}
        for key, (fingerprint, _, body) in known.items():
            if (
                key,
                fingerprint,
            ) in asked:  # else another operation's answer lies there, which is no result of this one
                answers[key] = (msgspec.json.decode(body, type=_result_type(action, operation)), body)
        prints = {key: call.fingerprint for key, call in first.items()} | {key: each[0] for key, each in known.items()}
        return [
            answers[call.key or id(call)]
            if call.key is None or prints[call.key] == call.fingerprint
            else (KeyReused(), b"")
            for call in calls
        ]

    async def ask(self, actor: Actor, operation: Any, /, **values: Any) -> Any:
        """Call an operation in process: by the same policy, validation and audit as from outside.

        Raises:
            Forbidden: no policy allows it to this actor.
            Invalid: the values are not what it takes.
        """
        return await self.pass_on(actor, operation, values)

    async def pass_on(
        self, actor: Actor, operation: Any, values: Mapping[str, Any], request: Request | None = None, key: str = ""
    ) -> Any:
        """Do what ``ask`` does, with the outside request that made somebody ask: some answers depend on its headers.

        Args:
            key: an Idempotency-Key; nothing: each call is a new one.
        """
        call, path = self.prepared(actor, operation, values, request)
        call.key = _key_of(actor, key) if key else None
        found, given = call.operation, call.input
        if found.style == "process":
            return await found.action(call, **path, **spread(found, given))
        if found.style == "batch":
            call.input = _command(found, path, given)
            result, _ = await self.batcher(found.action, found).submit(call)
            if isinstance(result, Fault):
                raise result
            return result
        if found.style == "write":
            answer = await self._commit(call, {**path, **spread(found, given)})
            kept = call.key is not None and found.result is not None and isinstance(answer, Response)
            return msgspec.json.decode(answer.body, type=found.result) if kept else answer
        async with self.database.transaction(found.context, actor, call.reach) as tx:
            return await found.action(tx, **path, **spread(found, given))

    def prepared(
        self, actor: Actor, operation: Any, values: Mapping[str, Any], request: Request | None = None
    ) -> tuple[Call[Any], dict[str, Any]]:
        """See that a call in process is allowed and sound; gives it with what its address would say.

        Raises:
            Forbidden: no policy allows it to this actor.
            Invalid: the values are not what it takes.
        """
        found = self.registry.by_name.get(operation) or self.registry.by_action[operation]
        reach = self._authorise(actor, found)
        given: Any = None
        rest = {name: value for name, value in values.items() if name not in found.variables}
        if rest and found.input is None:
            raise Invalid(f"{found.name} takes no {', '.join(rest)}")
        try:
            path = {name: msgspec.convert(values[name], kind, strict=False) for name, kind in found.variables.items()}
            if found.input is not None:
                given = msgspec.convert(
                    rest.get(found.whole, rest) if found.whole else rest, found.input, from_attributes=True
                )
        except msgspec.ValidationError as error:
            raise Invalid(str(error)) from None
        call: Call[Any] = Call(self, found, actor, reach, given)
        call.request = request
        call.fingerprint = blake2b(repr(values).encode(), digest_size=16).digest()
        return call, path

    async def drain(self, seconds: float = 10) -> None:
        """Take no more requests, and wait until none is in flight."""
        self.closing = True
        for _ in range(int(seconds * 100)):
            if not self.busy:
                return
            await asyncio.sleep(0.01)


def _key_of(actor: Actor, key: str) -> bytes:
    """Tell by what an actor's Idempotency-Key is kept: everybody's are their own."""
    owner = b"%s %s\0" % (actor.kind.encode(), actor.id.bytes)
    return blake2b(owner + key.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _steps(path: str) -> list[str]:
    inner = path.strip("/")
    return inner.split("/") if inner else []


def _result_type(action: Any, operation: Operation) -> Any:
    return operation.result if action is operation.action else answer_of(action)


def _line(call: Call[Any]) -> Line:
    return Line(call.actor, call.operation.name, _target_of(call.input), call.fingerprint)


def _command(operation: Operation, path: Mapping[str, Any], given: Any) -> Any:
    assert operation.command is not None  # noqa: S101 - batched operations have one
    if isinstance(given, operation.command):
        return given
    return operation.command(**path, **spread(operation, given))


def spread(operation: Operation, given: Any) -> dict[str, Any]:
    """Give an operation's input as the arguments of its action."""
    if given is None:
        return {}
    if operation.whole:
        return {operation.whole: given}
    return {name: getattr(given, name) for name in given.__struct_fields__}


def target(values: Mapping[str, Any]) -> str:
    """Name what a call is about, for the audit: its first plain value."""
    return next((str(value) for value in values.values() if not isinstance(value, (Struct, list, dict))), "")[:100]


def _target_of(command: Any) -> str:
    return str(getattr(command, command.__struct_fields__[0]))[:100] if isinstance(command, Struct) else ""


def _respond(result: Any) -> Response:
    if isinstance(result, Response):
        return result
    return Response(204) if result is None else Response(body=_encode(result))


def refusal(error: Exception, where: str) -> Response:
    """Turn whatever went wrong into a problem document; what is our own fault is logged and not told."""
    fault = understood(error)
    if fault is None:
        logger.error("%s failed", where, exc_info=error)
        problem = {"type": "about:blank", "title": "Something went wrong on our side", "status": 500}
        problem["request"] = logs.request.get()
        return Response(500, _encode(problem), "application/problem+json")
    headers: tuple[tuple[str, str], ...] = ()
    if "retry_after" in fault.facts:
        headers = (("retry-after", str(fault.facts["retry_after"])),)
    if "allow" in fault.facts:
        headers = (("allow", ", ".join(fault.facts["allow"])),)
    if fault.status == 401:
        headers = (("www-authenticate", "Bearer"),)
    return Response(fault.status, _encode(fault.problem()), "application/problem+json", headers)


def understood(error: Exception) -> Fault | None:
    """Tell what an error is to whoever asked; None: it is our own fault."""
    match error:
        case Fault():
            return error
        case _ if passing(error):
            return Unavailable("others are changing the same thing; try again", retry_after=1)
        case asyncpg.IntegrityConstraintViolationError():
            kind, detail = _CONSTRAINTS.get(error.constraint_name or "", (None, ""))
            return kind(detail) if kind else Conflict(f"the data does not allow it ({error.constraint_name})")
        case _ if unfit(error):
            return Invalid("a value is outside the range that can be stored")
        case _ if unreachable(error):
            logger.warning("the database is out of reach", exc_info=error)
            return Unavailable("the database is out of reach; try again", retry_after=1)
        case _:
            return None


__all__ = [
    "ANYONE",
    "Call",
    "Door",
    "Gate",
    "Line",
    "Request",
    "Response",
    "TooLarge",
    "clock",
    "constraint",
    "dress",
    "refusal",
]
