"""What tests stand on: one embedded PostgreSQL for the whole run, a fresh migrated database per module."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import hypothesis
import pytest

from rynek import app as composition
from rynek import serving
from rynek.app import App
from rynek.bench import Server
from rynek.kernel import ids
from rynek.kernel.database import Database
from rynek.kernel.postgres import Cluster, start
from rynek.kernel.settings import Rates, Settings

# a busy minute of the machine is no failure of what is tested: speed is what benches are for
hypothesis.settings.register_profile("rynek", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("rynek")

PASSWORD = "the login of tests"
FAST = Rates(read=10_000_000, write=10_000_000, login=10_000_000, bulk=10_000_000, open=10_000_000)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        folder = Path(tempfile.mkdtemp(prefix="rynek-tests-"))
        folder.chmod(0o711)  # as root the server runs as another user
        os.environ["TESTS_FOLDER_OF_RYNEK"] = str(folder)
        if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
            # hundreds of processes start in a run: compiling in each costs 2 s of CPU, so they share what one compiled
            os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the database that whichever worker needed it first has started, and leave nothing behind."""
    if hasattr(session.config, "workerinput"):
        return
    folder = Path(os.environ["TESTS_FOLDER_OF_RYNEK"])
    if (folder / "postgres").exists():
        last = start(folder / "postgres")
        last.adopt()
        last.stop()
    shutil.rmtree(folder)


LONG = ("proof", "ops", "demo", "access", "integration", "bench")
"""Folders with modules of a minute and more: begun first, so that no worker waits for another at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first."""
    order = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.relative_to(Path(__file__).parent).parts[0], len(LONG)))


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """Give the database server of this test run, shared by all workers; the run's last act stops it."""
    folder = Path(os.environ["TESTS_FOLDER_OF_RYNEK"]) / "postgres"
    # started by a process that ends at once, so that no worker owns it and the run's last act can
    starting = (
        "import sys, pathlib; from rynek.kernel.postgres import start; start(pathlib.Path(sys.argv[1]), memory_mb=1024)"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", starting, str(folder)], check=True)
    return start(folder)


def _at(dsn: str, name: str) -> str:
    return dsn.replace("/rynek?", f"/{name}?")


@pytest.fixture(scope="session")
async def template(cluster: Cluster) -> str:
    """Migrate a database once per run; every module's own is a copy of it."""
    files = sorted(composition.ROOT.rglob("schema/*.sql"))
    name = "template_" + hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
    connection = await asyncpg.connect(cluster.dsn)
    try:
        await connection.execute("select pg_advisory_lock(7)")
        if not await connection.fetchval("select true from pg_database where datname = $1", name):
            await connection.execute(f"create database {name}_new")
            await composition.prepare(Settings(), _at(cluster.dsn, f"{name}_new"), PASSWORD)
            await connection.execute(f"alter database {name}_new rename to {name}")
    finally:
        await connection.close()
    return name


@pytest.fixture(scope="module")
async def owner_dsn(cluster: Cluster, template: str) -> AsyncIterator[str]:
    """Give the owner's DSN of a database that is this module's alone."""
    name = f"t_{ids.new().hex}"
    connection = await asyncpg.connect(cluster.dsn)
    try:
        await connection.execute(f"create database {name} template {template}")
        yield _at(cluster.dsn, name)
        await connection.execute(f"drop database {name} with (force)")
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def dsn(owner_dsn: str) -> str:
    """Give the DSN of the login that runs the shop."""
    return composition.as_app(owner_dsn, PASSWORD)


@pytest.fixture(scope="module")
async def database(dsn: str) -> AsyncIterator[Database]:
    """Give the module's database, as a server process sees it."""
    opened = await Database.open(dsn, 12)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def settings(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Give the settings of the module's shop."""
    return Settings(folder=tmp_path_factory.mktemp("shop"), database=dsn, rates=FAST, connections=12)


@pytest.fixture(scope="module")
async def world(settings: Settings) -> AsyncIterator[App]:
    """Give the whole of Rynek in this process, without its background work: tests advance that themselves."""
    opened = await App.open(settings)
    yield opened
    await opened.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
async def server(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """Give a real server process of the module's shop."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "rynek", "serve", "--port", address.rpartition(":")[2]]
    log = tmp_path_factory.mktemp("server") / "log"
    async with Server(command, address, env=serving.environment(settings), log=log) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Keep the developer's own RYNEK_* out of the tests."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("RYNEK_")}
    yield
    os.environ.update(kept)
