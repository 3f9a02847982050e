"""Buyers that never tire: a closed-loop HTTP/1.1 load on the loopback, cheap enough to share two cores with the server.

A buyer is one kept-alive connection with one request in flight. What it asks for is a *script*, a generator that yields
the next request and is sent the answer::

    def buyer(carts: Iterator[str]) -> Script:
        for cart in carts:
            answer = yield "place", request("POST", f"/checkout/carts/{cart}/place", headers={"idempotency-key": cart})
            assert answer.status == 200

    carts = iter(prepared)  # shared: each cart goes to whichever buyer is free
    run = uvloop.run(drive("127.0.0.1:8000", [buyer(carts) for _ in range(64)]))

There is no future, task or timer per request: bytes arrive, the script is resumed, bytes are written.
"""

import asyncio
import math
from array import array
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from ipaddress import ip_address
from itertools import chain
from time import perf_counter, thread_time
from typing import cast

from msgspec import Struct

from rynek.bench.wire import Answer, Malformed, read

_RETRY_S = 0.05

Ask = bytes | tuple[str, bytes] | float
"""A request, a request under a label, or seconds to rest (the script is then sent its last answer again)."""

Script = Generator[Ask, Answer, None]
"""What one buyer does. It sees every answer to what it asked, also one that comes after time is up."""


class Timing(Struct, frozen=True):
    """How long answers took, in milliseconds (nearest rank; NaN when there were none)."""

    answers: int
    p50_ms: float
    p99_ms: float
    max_ms: float


class Run(Struct, frozen=True):
    """What a load amounted to.

    Requests that broke are counted in ``errors`` and nowhere else: ``refused`` (each attempt to connect), ``reset``
    (the connection ended before the answer did), ``timeout``, ``malformed``, ``stray`` (bytes that nobody asked for),
    ``gave_up`` (buyers that found no server again).
    ``cpu_s`` is user and system time of the load's own thread, scripts included.
    """

    seconds: float
    statuses: dict[int, int]
    overall: Timing
    labels: dict[str, Timing]
    errors: dict[str, int]
    cpu_s: float

    @property
    def per_s(self) -> float:
        """Answers a second, whatever their status."""
        return self.overall.answers / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of processor the load itself took per answer; NaN without answers."""
        return self.cpu_s * 1e6 / self.overall.answers if self.overall.answers else math.nan


class NotLoopback(ValueError):  # noqa: N818 - named as the refusal it is, as faults are
    """Load is driven at this machine only, never at somebody else's."""


def line(name: str, **figures: str | float) -> str:
    """Write a bench's last line: ``bench=sale placed_per_s=8123.4 doubled=0``.

    Floats get one decimal; give text where that is too coarse.
    """
    pairs = [f"{key}={value:.1f}" if isinstance(value, float) else f"{key}={value}" for key, value in figures.items()]
    return " ".join([f"bench={name}", *pairs])


async def drive(
    address: str,
    scripts: Iterable[Script],
    *,
    seconds: float | None = None,
    timeout_s: float = 10.0,
    reconnect_s: float | None = None,
) -> Run:
    """Let one buyer per script shop at once until all scripts have ended, and tell how it went.

    All are connected before the clock starts. A connection that the server closes between requests, or says it will
    close, is made again silently. Run it on uvloop: that is several times cheaper than asyncio's own loop.

    Args:
        address: ``host:port`` on the loopback (``[::1]:port`` for IPv6) or ``unix:/path``.
        scripts: not begun yet; they may share an iterator of work.
        seconds: no request is begun after this long; None for as long as the scripts last.
        timeout_s: longest wait for one answer; noticed up to a tenth later.
        reconnect_s: None ends a buyer whose connection broke. Else its script is sent ``Answer(0)`` for the broken
            request, and connecting is tried for this many seconds.

    Raises:
        NotLoopback: the address is not on this machine.
        OSError: nobody answers there at the start.
        Exception: whatever a script raised; the load stops.
    """
    crowd = _Crowd(_opener(address), reconnect_s, timeout_s)
    crowd.buyers = [_Buyer(crowd, script) for script in scripts]
    try:
        for buyer in crowd.buyers:
            await crowd.connect(buyer)
        return await crowd.shop(seconds)
    finally:
        crowd.disperse()


_Open = Callable[[Callable[[], "_Wire"]], Awaitable[object]]


def _opener(address: str) -> _Open:
    """Tell how to connect: to a socket file or to the loopback, and to nothing else."""
    loop = asyncio.get_running_loop()
    if address.startswith("unix:"):
        return lambda wire: loop.create_unix_connection(wire, address.removeprefix("unix:"))
    host, _, port = address.rpartition(":")
    # The name is not looked up: whoever can change what it resolves to could turn the load on somebody else.
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        ours = ip_address(host).is_loopback and port.isdecimal()
    except ValueError:
        ours = False
    if not ours:
        raise NotLoopback(f"{address}: load is driven at localhost:port, 127.x.x.x:port, [::1]:port or unix:/path only")
    return lambda wire: loop.create_connection(wire, host, int(port))


class _Crowd:
    """All buyers of one load, and what is counted of them."""

    def __init__(self, connection: _Open, reconnect_s: float | None, timeout_s: float) -> None:
        self.connection = connection
        self.reconnect_s = reconnect_s
        self.timeout_s = timeout_s
        self.loop = asyncio.get_running_loop()
        self.over = False
        self.buyers: list[_Buyer] = []
        self.present = 0
        self.empty: asyncio.Future[None] = self.loop.create_future()
        self.errands: set[asyncio.Task[None]] = set()
        self.latencies: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        self.statuses: defaultdict[int, int] = defaultdict(int)
        self.errors: defaultdict[str, int] = defaultdict(int)

    async def connect(self, buyer: "_Buyer") -> None:
        """Connect a buyer, as patiently as was asked for."""
        give_up_at = perf_counter() + (self.reconnect_s or 0)
        while True:
            try:
                await self.connection(lambda: _Wire(buyer))
            except OSError:
                self.errors["refused"] += 1
                if self.over or perf_counter() >= give_up_at:
                    raise
            else:
                return
            await asyncio.sleep(_RETRY_S)

    async def shop(self, seconds: float | None) -> Run:
        """Start every buyer, wait until the last has left, and draw up the figures."""
        self.present = len(self.buyers)
        began, cpu = perf_counter(), thread_time()
        watch = self.loop.create_task(self._watch(math.inf if seconds is None else began + seconds))
        try:
            for buyer in self.buyers:
                buyer.go(None)
            if self.buyers:
                await self.empty
        finally:
            watch.cancel()
        return self._figures(perf_counter() - began, thread_time() - cpu)

    async def _watch(self, closing_at: float) -> None:
        """End the load in time, and requests that wait too long: one look at all of them, no timer for each."""
        while True:
            now = perf_counter()
            self.over = now >= closing_at
            for buyer in self.buyers:
                if buyer.asked_at and now - buyer.asked_at > self.timeout_s:
                    buyer.broke("timeout")
            look_s = self.timeout_s / 10
            await asyncio.sleep(look_s if self.over else min(look_s, closing_at - now))

    def errand(self, work: Coroutine[None, None, None]) -> None:
        """Do something beside the load; the reference is kept, because the loop keeps none."""
        task = self.loop.create_task(work)
        self.errands.add(task)
        task.add_done_callback(self.errands.discard)

    def leave(self) -> None:
        """Count a buyer out."""
        self.present -= 1
        if not self.present and not self.empty.done():
            self.empty.set_result(None)

    def fail(self, reason: Exception) -> None:
        """Stop the load: a script has found something wrong."""
        if not self.empty.done():
            self.empty.set_exception(reason)

    def disperse(self) -> None:
        """Leave nothing open."""
        for errand in self.errands:
            errand.cancel()
        for buyer in self.buyers:
            buyer.here = False
            buyer.hang_up()
            buyer.script.close()

    def _figures(self, seconds: float, cpu_s: float) -> Run:
        return Run(
            seconds=seconds,
            statuses=dict(sorted(self.statuses.items())),
            overall=_timing(chain.from_iterable(self.latencies.values())),
            labels={label: _timing(times) for label, times in self.latencies.items() if label},
            errors=dict(self.errors),
            cpu_s=cpu_s,
        )


def _timing(latencies_s: Iterable[float]) -> Timing:
    times = sorted(latencies_s)
    count = len(times)
    if not count:
        return Timing(0, math.nan, math.nan, math.nan)
    # In whole numbers: 0.99 as a float puts the rank one too high at some counts.
    p50, p99 = (times[-(-count * percent // 100) - 1] * 1000 for percent in (50, 99))
    return Timing(count, p50, p99, times[-1] * 1000)


class _Buyer:
    """One script, and the request it waits for (``asked_at`` is 0 while there is none)."""

    __slots__ = ("asked", "asked_at", "crowd", "here", "label", "script", "wire")

    def __init__(self, crowd: _Crowd, script: Script) -> None:
        self.crowd = crowd
        self.script = script
        self.wire: _Wire | None = None
        self.label = ""
        self.asked = b""
        self.asked_at = 0.0
        self.here = True

    def go(self, answer: Answer | None) -> None:
        """Hear what the script wants next, and do it."""
        if not self.here:
            return
        try:
            ask = next(self.script) if answer is None else self.script.send(answer)
            if self.crowd.over:
                self._leave()
            elif isinstance(ask, tuple):
                self.label, self.asked = ask
                self._ask()
            elif isinstance(ask, bytes):
                self.label, self.asked = "", ask
                self._ask()
            else:
                self.crowd.loop.call_later(ask, self.go, answer)
        except StopIteration:
            self._leave()
        except Exception as reason:  # noqa: BLE001 - it is raised again, from drive()
            self.crowd.fail(reason)

    def _ask(self) -> None:
        if self.wire is None:
            self.crowd.errand(self._return())
        else:
            self.asked_at = perf_counter()
            self.wire.transport.write(self.asked)

    async def _return(self) -> None:
        try:
            await self.crowd.connect(self)
        except OSError:
            self.crowd.errors["gave_up"] += 1
            self._leave()

    def connected(self, wire: "_Wire") -> None:
        """Ask for what was wanted while there was no connection, if anything was."""
        self.wire = wire
        if self.asked and self.crowd.over:
            self._leave()
        elif self.asked:
            self._ask()

    def answered(self, answer: Answer) -> None:
        """Note the answer and go on."""
        crowd = self.crowd
        crowd.latencies[self.label].append(perf_counter() - self.asked_at)
        crowd.statuses[answer.status] += 1
        self.asked_at = 0.0
        self.go(answer)

    def broke(self, how: str) -> None:
        """Count the failure and give up the connection; what is in flight is lost with it."""
        self.crowd.errors[how] += 1
        self.hang_up()
        if self.asked_at:
            self.asked_at = 0.0
            if self.crowd.reconnect_s is None:
                self._leave()
            else:
                self.go(Answer(0))

    def hang_up(self) -> None:
        """Drop the connection at once."""
        if self.wire is not None:
            self.wire.transport.abort()
            self.wire = None

    def _leave(self) -> None:
        self.here = False
        self.hang_up()
        self.script.close()
        self.crowd.leave()


class _Wire(asyncio.Protocol):
    """One connection of a buyer: gathers bytes until they are an answer."""

    transport: asyncio.Transport

    def __init__(self, buyer: _Buyer) -> None:
        self.buyer = buyer
        self.held = bytearray()
        self.need = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.buyer.connected(self)

    def data_received(self, data: bytes) -> None:
        buyer = self.buyer
        if buyer.wire is not self:
            return
        if not buyer.asked_at:
            buyer.broke("stray")
        elif not self.held:
            self._read(data)
        else:
            self.held += data
            if len(self.held) >= self.need:
                self._read(self.held)

    def connection_lost(self, exc: Exception | None) -> None:
        buyer = self.buyer
        if buyer.wire is not self:
            return
        if self.held and exc is None:
            self._read(self.held, ended=True)
        elif buyer.asked_at:
            buyer.broke("reset")
        else:
            buyer.wire = None

    def _read(self, data: bytes | bytearray, *, ended: bool = False) -> None:
        buyer = self.buyer
        try:
            found = read(data, bodiless=buyer.asked.startswith(b"HEAD "), ended=ended)
        except Malformed:
            buyer.broke("malformed")
            return
        if isinstance(found, float):
            if ended:
                buyer.broke("reset")
            else:
                self.need = found
                self.held = data if isinstance(data, bytearray) else bytearray(data)
            return
        answer, end, kept = found
        if self.held:
            self.held = bytearray()
        if end < len(data):
            buyer.crowd.errors["stray"] += 1
        if ended or not kept or end < len(data):
            buyer.hang_up()
        buyer.answered(answer)
