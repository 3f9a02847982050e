"""The process under load: started, waited for, stopped or killed, and what it costs in processor and memory."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Self

from msgspec import Struct

from rynek.bench.load import Script, drive
from rynek.bench.wire import request

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_LOOK_S = 0.05


class Usage(Struct, frozen=True):
    """What a process and its descendants use.

    ``cpu_s`` is user and system time since they started, those that have ended included, in steps of 0.01 s.
    ``memory_bytes`` counts a page that several share once, where the kernel lets us see that (else once for each).
    """

    cpu_s: float
    memory_bytes: int
    processes: int


class NotReady(RuntimeError):  # noqa: N818 - named as what is wrong, as faults are
    """The server ended, or did not answer, before it was ready."""


class _Stat(Struct, frozen=True):
    pid: int
    name: str
    parent: int
    cpu_ticks: int
    resident_pages: int


def usage(pid: int) -> Usage:
    """Tell what a process and its descendants use: a server with its workers, a postmaster with its backends.

    Raises:
        ProcessLookupError: there is no such process.

    Source: proc(5); Linux only.
    """
    family = _family(pid)
    if not family:
        raise ProcessLookupError(f"no process {pid}")
    return Usage(
        cpu_s=sum(stat.cpu_ticks for stat in family) / _TICKS_PER_S,
        memory_bytes=sum(_memory(stat) for stat in family),
        processes=len(family),
    )


def postmaster(data: Path) -> int:
    """Tell the process id of the PostgreSQL that runs on a data directory.

    Raises:
        FileNotFoundError: none runs there.
    """
    return int((data / "postmaster.pid").read_text().splitlines()[0])


def _family(pid: int, spared: Container[str] = ()) -> list[_Stat]:
    """List a process and its descendants, parents first; without those of a spared name and what they started."""
    stats = {stat.pid: stat for stat in _stats()}
    children: dict[int, list[_Stat]] = {}
    for stat in stats.values():
        children.setdefault(stat.parent, []).append(stat)
    family = [stats[pid]] if pid in stats else []
    for stat in family:  # grows while it is walked
        family += [child for child in children.get(stat.pid, []) if child.name not in spared]
    return family


def _stats() -> Iterator[_Stat]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                yield _parse((entry / "stat").read_text())


def _parse(text: str) -> _Stat:
    # The name stands in parentheses and may hold any, so the fields are counted from the last one on.
    front, _, rest = text.rpartition(")")
    pid, _, name = front.partition(" (")
    fields = rest.split()
    # utime, stime, and cutime, cstime: those of children that have ended and were waited for.
    return _Stat(int(pid), name, int(fields[1]), sum(map(int, fields[11:15])), int(fields[21]))


def _memory(stat: _Stat) -> int:
    with suppress(OSError):
        for row in Path(f"/proc/{stat.pid}/smaps_rollup").read_text().splitlines():
            if row.startswith("Pss:"):
                return int(row.split()[1]) * 1024
    return stat.resident_pages * _PAGE_BYTES


class Server:
    """A server in processes of its own, for a bench or a fault test.

    ::

        async with Server([sys.executable, "-m", "rynek", "serve", "--port", "8000"], "127.0.0.1:8000") as server:
            before = server.usage()
            run = await drive(server.address, buyers)
            cpu_us = (server.usage().cpu_s - before.cpu_s) * 1e6 / run.overall.answers
    """

    def __init__(
        self,
        command: Sequence[str],
        address: str,
        *,
        env: Mapping[str, str] | None = None,
        log: Path | None = None,
        ready: str = "/health/ready",
    ) -> None:
        """Describe the server; nothing is started yet.

        Args:
            command: as for exec.
            address: where it will listen; see ``drive``.
            env: added to our own environment.
            log: gets its output, appended; None for our standard error (standard output is for the bench's line).
            ready: path that answers 200 when it can serve.
        """
        self.command = list(command)
        self.address = address
        self.env = {**os.environ, **(env or {})}
        self.log = log
        self.ready = ready
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the server's first process.

        Raises:
            ProcessLookupError: it is not running.
        """
        if self.process is None:
            raise ProcessLookupError(f"{self.command[0]} is not running")
        return self.process.pid

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, patience_s: float = 60.0) -> float:
        """Start it, and tell after how many seconds it was ready.

        Raises:
            NotReady: it ended, or was not ready in time (it is killed then); with the end of its log.
        """
        began = perf_counter()
        if self.log is None:
            self._spawn(2)
        else:
            with self.log.open("ab") as log:
                self._spawn(log.fileno())
        while not await self.is_ready():
            code = self._code()
            if code is not None or perf_counter() - began > patience_s:
                self.kill()
                how = "is late" if code is None else f"ended with {code}"
                raise NotReady(f"{' '.join(self.command)} {how}\n{self._tail()}")
            await asyncio.sleep(_LOOK_S)
        return perf_counter() - began

    async def is_ready(self) -> bool:
        """Ask it whether it can serve."""
        try:
            run = await drive(self.address, [_probe(self.ready)], timeout_s=2)
        except OSError:
            return False
        return 200 in run.statuses

    async def stop(self, patience_s: float = 20.0) -> int | None:
        """Ask it to end (SIGTERM), kill it when it does not, and give its exit code; None when it was not running."""
        process = self.process
        if process is None:
            return None
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, patience_s)
        if process.poll() is None:
            self.kill(spared=())
        self.process = None
        return process.returncode

    def kill(self, spared: Container[str] = ("postgres",)) -> None:
        """Kill it and what it started, as a power cut would (SIGKILL); a database below it is spared by its name."""
        if self.process is None:
            return
        for stat in _family(self.process.pid, spared):  # parents first, so that none is started again
            with suppress(ProcessLookupError):
                os.kill(stat.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def usage(self) -> Usage:
        """Tell what it uses, its workers included."""
        return usage(self.pid)

    def _spawn(self, output: int) -> None:
        # A session of its own: Ctrl-C in the terminal reaches the bench, which then stops the server in order.
        self.process = subprocess.Popen(
            self.command, env=self.env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )

    def _code(self) -> int | None:
        return self.process.poll() if self.process else None

    def _tail(self) -> str:
        return "" if self.log is None else self.log.read_text(errors="replace")[-2000:]


def _probe(path: str) -> Script:
    yield request("GET", path)
