"""``rynek bench webhooks``: how fast events reach 50 endpoints, and whether a dead one among them holds up the others.

One server process and the receivers share the machine; all that is sent is signed, and every hundredth message is
verified. First a burst of events is announced at once: ``delivered_per_s`` counts from then until the last of them has
come everywhere. Then events are announced at a steady pace: ``p99_ms`` is the time from the announcement (the event's
``time``) until the receiver has it. Then the same with one endpoint that takes connections and never answers:
``p99_one_dead_ms`` is that of the other 49, and ``ratio`` compares the two.

Afterwards each endpoint has to have each event exactly as often as it was sent, which is once, and the queue one row of
it.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import re
import time
from collections import Counter
from datetime import datetime
from typing import Any

from rynek.bench.load import line
from rynek.bench.stall import Stand, free_port, opened
from rynek.commerce.catalog.events import ChannelChanged
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.events import emit
from rynek.kernel.settings import Webhooks

ENDPOINTS = 50
BURST = 200
PER_S = 6
CHECKED = 100
ADMIN = Actor("staff", ids.new(), frozenset({"admin"}), name="bench")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_FIELD = re.compile(rb"^(webhook-\w+): *(.*?)\r?$", re.IGNORECASE | re.MULTILINE)
_SAID = re.compile(rb'"subject":"([^"]*)","time":"([^"]*)"')
_OK = b"HTTP/1.1 204 No Content\r\n\r\n"


class Receivers:
    """All endpoints: what came to each, and when."""

    def __init__(self) -> None:
        self.came: Counter[tuple[str, str]] = Counter()
        self.waits_ms: list[float] = []
        self.dead = ""
        self.keys: dict[str, bytes] = {}
        self.amiss: list[str] = []

    def take(self, path: str, head: bytes, body: bytes) -> bool:
        """Note a message; gives whether it is answered."""
        if path == self.dead:
            return False
        said = _SAID.search(body)
        if said is None:
            self.amiss.append(f"{path}: {body[:200]!r}")
            return True
        self.came[path, said[1].decode()] += 1
        self.waits_ms.append((time.time() - datetime.fromisoformat(said[2].decode()).timestamp()) * 1_000)
        if len(self.waits_ms) % CHECKED == 0:
            self._verify(path, dict(_FIELD.findall(head)), body)
        return True

    def _verify(self, path: str, fields: dict[bytes, bytes], body: bytes) -> None:
        signed = b"%s.%s.%s" % (fields[b"webhook-id"], fields[b"webhook-timestamp"], body)
        made = base64.b64encode(hmac.digest(self.keys[path], signed, hashlib.sha256))
        if b"v1," + made not in fields[b"webhook-signature"].split():
            self.amiss.append(f"{path}: the signature does not hold")


class Wire(asyncio.Protocol):
    """One connection of the sender: as little HTTP as it needs."""

    def __init__(self, receivers: Receivers) -> None:
        self.receivers = receivers
        self.buffer = b""
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Keep the connection."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Take every message that is whole."""
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            length = _LENGTH.search(head)
            until = end + 4 + (int(length[1]) if length else 0)
            if len(self.buffer) < until:
                return
            body, self.buffer = self.buffer[end + 4 : until], self.buffer[until:]
            if self.receivers.take(head.split(b" ", 2)[1].decode(), head, body):
                self.transport.write(_OK)


async def main(args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when something was lost, doubled or badly signed."""
    port = free_port()
    receivers = Receivers()
    listening = await asyncio.get_running_loop().create_server(lambda: Wire(receivers), "127.0.0.1", port)
    allowed = Webhooks(networks=("127.0.0.0/8",), ports=(port,), plain=True)
    async with opened(1, 0, workers=args.workers, webhooks=allowed) as stand:
        for n in range(ENDPOINTS):
            made = await _ask(stand, "make", url=f"http://127.0.0.1:{port}/{n}", types=["catalog.channel-changed"])
            receivers.keys[f"/{n}"] = base64.b64decode(made.secret.removeprefix("whsec_"))
        await _announce(stand, "warm")
        await _all_came(receivers, ENDPOINTS)
        per_s = await _burst(stand, receivers)
        p99_ms = await _paced(stand, receivers, "well", args.seconds)
        receivers.dead = "/0"
        p99_dead_ms = await _paced(stand, receivers, "dead", args.seconds)
        amiss = receivers.amiss + await _wrong(stand, receivers)
    listening.close()
    for each in amiss[:20]:
        print(f"BROKEN: {each}")
    figures = {"delivered_per_s": per_s, "p99_ms": p99_ms, "p99_one_dead_ms": p99_dead_ms}
    print(line("webhooks", **figures, ratio=f"{p99_dead_ms / p99_ms:.2f}", endpoints=ENDPOINTS))
    return 1 if amiss else 0


async def _ask(stand: Stand, operation: str, **values: Any) -> Any:
    return await stand.app.door.ask(ADMIN, f"integration.webhooks.{operation}", **values)


async def _announce(stand: Stand, *codes: str) -> None:
    async with stand.app.database.transaction("commerce") as tx:
        emit(tx, *(ChannelChanged(code) for code in codes))


async def _all_came(receivers: Receivers, count: int) -> None:
    async with asyncio.timeout(120):
        while receivers.came.total() < count:  # noqa: ASYNC110 - looked at seldom, so that it costs nothing
            await asyncio.sleep(0.005)


async def _burst(stand: Stand, receivers: Receivers) -> float:
    before, began = receivers.came.total(), time.perf_counter()
    await _announce(stand, *(f"burst {n}" for n in range(BURST)))
    await _all_came(receivers, before + BURST * ENDPOINTS)
    return BURST * ENDPOINTS / (time.perf_counter() - began)


async def _paced(stand: Stand, receivers: Receivers, name: str, seconds: float) -> float:
    """Announce at a steady pace; gives the time within which 99 of 100 messages came, in milliseconds."""
    await asyncio.sleep(1)
    receivers.waits_ms.clear()
    before, count = receivers.came.total(), int(seconds * PER_S)
    began = time.perf_counter()
    for n in range(count):
        await asyncio.sleep(max(0.0, began + n / PER_S - time.perf_counter()))
        await _announce(stand, f"{name} {n}")
    listeners = ENDPOINTS - bool(receivers.dead)
    await _all_came(receivers, before + count * listeners)
    waits = sorted(receivers.waits_ms)
    return waits[max(0, -(-len(waits) * 99 // 100) - 1)]


async def _wrong(stand: Stand, receivers: Receivers) -> list[str]:
    """Compare what came with what is in the queues."""
    await asyncio.sleep(1)
    amiss = [f"{path} got {code} {times} times" for (path, code), times in receivers.came.items() if times != 1]
    async with stand.app.database.transaction("integration") as tx:
        rows = await tx.rows(
            "select e.url, count(*), count(*) filter (where d.state = 'delivered') from integration.delivery as d"
            " join integration.endpoint as e on e.id = d.endpoint group by e.url"
        )
    came = Counter(path for path, _ in receivers.came)
    for url, count, delivered in rows:
        path = "/" + url.rpartition("/")[2]
        if path != receivers.dead and not count == delivered == came[path]:
            amiss.append(f"{path}: {count} rows, {delivered} delivered, {came[path]} came")
    if len(rows) != ENDPOINTS:
        amiss.append(f"{len(rows)} endpoints have a queue")
    return amiss
