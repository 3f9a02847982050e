"""The wire: one POST to an address that was looked up once and checked, and a bounded look at the answer."""

import socket
import time
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from rynek.integration.webhooks import rules
from rynek.integration.webhooks.model import BadAddress
from rynek.integration.webhooks.ports import REACH
from rynek.kernel import clock

TIMEOUT_S = 10.0
"""How long a receiver may take for everything."""
CONNECT_S = 5.0
ANSWER_BYTES = 4_096
"""How much of an answer is looked at; where there is more, the connection is given up."""
CONNECTIONS = 512
_AGENT = "Rynek-Webhooks/1 (+https://www.standardwebhooks.com)"


class Answer:
    """What came of a request: a status and the first bytes, or an error."""

    __slots__ = ("again_s", "duration_ms", "error", "status", "text")

    def __init__(
        self, began: float, status: int | None = None, text: str = "", error: str = "", again: str = ""
    ) -> None:
        self.duration_ms = int((time.monotonic() - began) * 1000)
        self.status = status
        self.text = rules.redacted(text)
        self.error = rules.redacted(error)
        self.again_s = float(again) if again.isascii() and again.isdigit() and len(again) < 7 else 0.0


class Checked(AbstractResolver):
    """Looks a name up and gives its addresses only if every one of them may be sent to.

    The connection is made to what was given here; nobody looks the name up again in between.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Look a name up.

        Raises:
            BadAddress: one of its addresses may not be sent to.
            OSError: nobody knows it.
        """
        found: list[ResolveResult] = []
        for address in await REACH.lookup(host, port):
            ip = rules.literal(address)
            if ip is None or not rules.reachable(ip, REACH.networks):
                raise BadAddress(f"{host} leads to an address that is not of the public internet")
            kind = socket.AF_INET6 if ip.version == 6 else socket.AF_INET
            if family in (socket.AF_UNSPEC, kind):
                found.append({"hostname": host, "host": str(ip), "port": port, "family": kind, "proto": 0, "flags": 0})
        if not found:
            raise OSError(f"{host} has no address")
        return found

    async def close(self) -> None:
        """Hold nothing."""


class Sender:
    """A client for webhooks: no cookies, no proxies, no redirects, no unpacking."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the pool of connections."""
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS, resolver=Checked(), use_dns_cache=False, keepalive_timeout=15, happy_eyeballs_delay=None
        )
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False,
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, sock_connect=CONNECT_S),
            max_line_size=4_096, max_field_size=4_096,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send, and tell what came of it. Never raises but when cancelled."""
        assert self._session is not None  # noqa: S101 - it was entered
        began = time.monotonic()
        try:
            place = rules.address(url, REACH.ports, REACH.networks, plain=REACH.plain)
            async with self._session.post(place, data=body, headers=headers, allow_redirects=False) as response:
                text = await _first_bytes(response)
                return Answer(began, response.status, text, again=response.headers.get("retry-after", ""))
        except BadAddress as error:
            return Answer(began, error=f"not sent: {error.detail}")
        except TimeoutError:
            return Answer(began, error=f"no answer within {TIMEOUT_S:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(began, error=f"{type(error).__name__}: {error}")


async def _first_bytes(response: aiohttp.ClientResponse) -> str:
    """Read what the log keeps, and let go of a connection on which more is to come."""
    found = bytearray()
    while len(found) < ANSWER_BYTES and (piece := await response.content.read(ANSWER_BYTES)):
        found += piece
    if not response.content.at_eof():
        response.close()
    return bytes(found[:ANSWER_BYTES]).decode("utf-8", "replace")


def headers_for(identity: str, request: str, keys: list[bytes], body: bytes) -> dict[str, str]:
    """Write the headers of a message, signed now.

    Source: Standard Webhooks 1.0.
    """
    timestamp = int(clock.now().timestamp())
    return {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": _AGENT,
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": rules.signatures(keys, identity, timestamp, body),
        "x-request-id": request,
    }
