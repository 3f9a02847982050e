"""One call of an operation over HTTP: written, sent until it is answered, read back into the trade's own words."""

import asyncio
import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from rynek.client.connections import Answer, Connections
from rynek.kernel.faults import Fault

T = TypeVar("T")

ATTEMPTS = 5
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0
_encode = msgspec.json.Encoder().encode


class Route(Generic[T]):
    """Where an operation is, and what it answers."""

    def __init__(self, method: str, path: str, result: Any) -> None:
        self.method = method
        self.path = path
        self.result = result

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[T]:
        return msgspec.json.Decoder(self.result)

    def read(self, answer: Answer) -> T:
        """Read what was answered.

        Raises:
            Fault: the operation was refused, as the same class that refused it.
        """
        if answer.status >= 300:
            raise refused(answer)
        if answer.status == 204:
            return None  # type: ignore[return-value] # then T allows it
        return answer.body if self.result is bytes else self._decoder.decode(answer.body)  # type: ignore[return-value]


class Calls:
    """Calls of one caller on one server.

    A call whose connection breaks, or that the server has no room for, is made again. Writes carry an Idempotency-Key
    made once per call, so that they happen once however often they are sent.
    """

    def __init__(self, url: str = "http://127.0.0.1:8000", token: str | None = None, **options: Any) -> None:
        self.connections = Connections(url, **options)
        self.token = token

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self.connections.close()

    async def ask(self, route: Route[T], path: Mapping[str, Any], given: Any = None) -> T:
        """Call an operation.

        Args:
            path: values of the variables in its path.
            given: the rest of what it takes, by name, or the one struct that it takes.

        Raises:
            Fault: it is refused.
            OSError: the server could not be reached, or broke off each time; whether the call was heard is unknown.
        """
        if route.method != "GET":
            body = None if given is None else _encode(_present(given))
            return await self.send(route, path, body, "application/json")
        query = urlencode(_pairs(given))
        answer = await self._insist("GET", _target(route, path) + (f"?{query}" if query else ""), self._headers(), None)
        return self._take(route, answer)

    async def send(self, route: Route[T], path: Mapping[str, Any], body: bytes | None, kind: str) -> T:
        """Call an operation with a body as it is: a file.

        Args:
            path: values of the variables in its path.
            kind: what the body is, such as ``image/jpeg``.

        Raises:
            Fault: it is refused.
            OSError: the server could not be reached, or broke off each time; whether the call was heard is unknown.
        """
        headers = self._headers() | {"idempotency-key": str(uuid.uuid4())}
        if body is not None:
            headers["content-type"] = kind
        return self._take(route, await self._insist(route.method, _target(route, path), headers, body))

    def _headers(self) -> dict[str, str]:
        return {} if self.token is None else {"authorization": f"Bearer {self.token}"}

    def _take(self, route: Route[T], answer: Answer) -> T:
        self.token = answer.headers.get("rynek-session", self.token)
        return route.read(answer)

    async def _insist(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        pause = _FIRST_PAUSE_S
        for left in reversed(range(ATTEMPTS)):
            try:
                answer = await self.connections.ask(method, target, headers, body)
            except OSError:
                if not left:
                    raise
            else:
                if answer.status != 503 or not left:
                    return answer
                pause = max(pause, float(answer.headers.get("retry-after", 0)))
            await asyncio.sleep(min(pause, _LONGEST_PAUSE_S))
            pause *= 2
        raise AssertionError  # the last attempt returns or raises


def _target(route: Route[Any], path: Mapping[str, Any]) -> str:
    return route.path.format_map({name: quote(_text(value), safe="") for name, value in path.items()})


def _present(given: Any) -> Any:
    """Leave out what the caller left out."""
    if isinstance(given, dict):
        return {name: value for name, value in given.items() if value is not msgspec.UNSET}
    return given


def _pairs(given: Any) -> list[tuple[str, str]]:
    """Write a query; lists repeat their name, and None is left out."""
    plain = msgspec.to_builtins(_present(given)) if given is not None else {}
    return [
        (name, _text(each))
        for name, value in plain.items()
        for each in (value if isinstance(value, (list, tuple)) else [value])
        if each is not None
    ]


def _text(value: Any) -> str:
    plain = msgspec.to_builtins(value)
    return plain if isinstance(plain, str) else _encode(plain).decode()


def refused(answer: Answer) -> Fault:
    """Read a refusal: the fault of its type with its facts; a plain ``Fault`` where this program knows no such type."""
    try:
        problem = msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.DecodeError:
        problem = {"title": "The server answered with something else than a problem document"}
    kind = Fault.kinds.get(str(problem.get("type", "")).rpartition("#")[2])
    detail = str(problem.pop("detail", "") or problem.get("title") or f"status {answer.status}")
    if kind is None:
        return Fault(detail, **{"status": answer.status, **problem})
    facts = {name: value for name, value in problem.items() if name not in ("type", "title", "status")}
    found = kind.__new__(kind)
    Fault.__init__(found, detail, **facts)
    return found
