"""``rynek demo`` as somebody runs it: from nothing, stopped by Ctrl-C, and again."""

import asyncio
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from rynek.bench import Script, drive, request
from rynek.bench.stall import free_port
from rynek.kernel.postgres import start


class Demo:
    """A demo that runs in a process of its own, and what it said so far."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.port = free_port()
        place = ["--folder", str(folder), "--port", str(self.port), "--baskets", "150", "--articles", "100"]
        self.command = [sys.executable, "-m", "rynek", "demo", *place, *more]
        self.said = ""

    async def run(self, until: str = "", stop: signal.Signals = signal.SIGINT) -> int:
        """Run it to its end, or until it says something, and then press Ctrl-C; gives its exit code."""
        process = await asyncio.create_subprocess_exec(*self.command, stdout=-1, stderr=-2)
        assert process.stdout is not None
        async with asyncio.timeout(90):
            while line := await process.stdout.readline():
                self.said += line.decode()
                if until and until in line.decode():
                    await self.look()
                    process.send_signal(stop)
            return await process.wait()

    async def look(self) -> None:
        """Look whether it serves what it says."""
        found = {}

        def visit() -> Script:
            for path in ("/health/ready", "/console/login", "/shop/WEB-US", "/docs"):
                answer = yield request("GET", path)
                found[path] = answer.status

        await drive(f"127.0.0.1:{self.port}", [visit()])
        assert set(found.values()) == {200}, found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "shop"


async def test_the_demo_serves_shows_its_figures_and_ends_on_ctrl_c_and_goes_on(folder: Path) -> None:
    first = Demo(folder)
    assert await first.run(until="serving; Ctrl-C stops") == 0, first.said
    assert re.search(r"Console +http://\S+/console +admin@rynek.example · \S{12,}", first.said)
    assert "every basket is in once, and the books agree with the data set to the cent" in first.said
    assert "stopped; run it again" in first.said
    assert not (folder / "postgres" / "server" / "data" / "postmaster.pid").exists()
    began = time.monotonic()
    again = Demo(folder, "--once")
    assert await again.run() == 0, again.said
    assert "articles" not in again.said
    assert "0 migrations applied" in again.said
    assert time.monotonic() - began < 60


async def test_it_ends_in_order_where_it_is_told_to_by_the_system(folder: Path) -> None:
    told = Demo(folder)
    assert await told.run(until="serving; Ctrl-C stops", stop=signal.SIGTERM) == 0, told.said
    assert "stopped; run it again" in told.said
    assert not (folder / "postgres" / "server" / "data" / "postmaster.pid").exists()


async def test_damaged_books_are_noticed(folder: Path) -> None:
    with start(folder / "postgres") as cluster:
        cluster.run_tool(
            "psql", "-qX", "-c", "update commerce.receipt set amount_minor = amount_minor + 1 where number = 1"
        )
    damaged = Demo(folder, "--once")
    assert await damaged.run() == 1
    assert "NOT AS IN THE DATA SET: money of receipts" in damaged.said


async def test_a_port_that_is_taken_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        demo = Demo(tmp_path / "shop", "--once")
        demo.command[demo.command.index("--port") + 1] = str(server.sockets[0].getsockname()[1])
        assert await demo.run() == 1
    assert "choose another with --port" in demo.said
    assert not (tmp_path / "shop").exists()
