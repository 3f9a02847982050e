"""Composition: what the contexts and plugins bring, and how one process of Rynek is put together and taken apart."""

import asyncio
import functools
import gc
import logging
import secrets
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType
from typing import Any, Self
from urllib.parse import quote, urlsplit, urlunsplit

from granian import _signals
from msgspec import Struct

from rynek import security
from rynek.kernel import jobs, log, logs
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.http import Face
from rynek.kernel.migrations import LOGIN, migrate
from rynek.kernel.operations import Registry
from rynek.kernel.settings import Settings, SettingsError, load

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parent
CONTEXTS = ("kernel", "design", "security", "commerce", "channels", "integration", "ops", "console")
"""Contexts in the order they stand on each other."""
_NOT_CONTEXTS = {"bench", "demo", "client"}


class Part(Struct, frozen=True):
    """A folder of code that brings contexts: Rynek itself, or a plugin (which is one context)."""

    package: str
    folder: Path

    def modules(self, name: str) -> list[ModuleType]:
        """Import every module (or package) of this name in the contexts."""
        found = [*self.folder.rglob(f"{name}.py"), *(path.parent for path in self.folder.rglob(f"{name}/__init__.py"))]
        steps = sorted(path.relative_to(self.folder).with_suffix("").parts for path in found)
        return [
            import_module(".".join((self.package, *each)))
            for each in steps
            if each[0] not in _NOT_CONTEXTS | {"kernel"}
        ]


def parts(plugins: Sequence[str] = ()) -> list[Part]:
    """List what is composed: Rynek and the plugins that the settings allow.

    Raises:
        SettingsError: a plugin is named that is not installed.
    """
    installed = {each.name: each for each in metadata.entry_points(group="rynek.plugins")}
    missing = sorted(set(plugins) - set(installed))
    if missing:
        raise SettingsError(f"plugins: {', '.join(missing)} not installed; installed: {', '.join(installed) or 'none'}")
    found = [Part("rynek", ROOT)]
    for name in plugins:
        package = installed[name].load()
        found.append(Part(package.__name__, Path(package.__file__).parent))
    return found


def contexts(settings: Settings) -> list[str]:
    """List the contexts that this installation has a schema for."""
    return [*CONTEXTS, *(part.package for part in parts(settings.plugins)[1:])]


def registry(settings: Settings | None = None) -> Registry:
    """Collect the operations and pages of every context, and make their reactions and jobs known."""
    found = Registry()
    for part in parts(settings.plugins if settings else ()):
        part.modules("reactions")
        for module in (*part.modules("http"), *part.modules("pages")):
            for operation in module.operations:
                found.add(operation)
    return found


def set_up(settings: Settings) -> None:
    """Let contexts take what they need from the settings: ``setup = [configure]`` in ``http.py``."""
    for part in parts(settings.plugins):
        for module in part.modules("http"):
            for each in getattr(module, "setup", []):
                each(settings, functools.partial(secret, settings))


def work(settings: Settings) -> list[Any]:
    """Collect what contexts keep doing in each process: ``work = [follow]`` in ``http.py``; each takes the database."""
    return [
        each
        for part in parts(settings.plugins)
        for module in part.modules("http")
        for each in getattr(module, "work", [])
    ]


def errands(settings: Settings) -> list[Any]:
    """Collect what contexts keep doing through the door, like ``work``: ``errands = [run]``; each takes the door."""
    return [
        each
        for part in parts(settings.plugins)
        for module in part.modules("http")
        for each in getattr(module, "errands", [])
        if not settings.only or module.__name__.removeprefix("rynek.").partition(".")[0] in settings.only
    ]


def policies(settings: Settings | None = None) -> dict[str, str]:
    """Collect every context's ``policy.cedar`` by the folder it lies in."""
    return {
        f"{part.package}.{'.'.join(path.relative_to(part.folder).parts[:-1])}": path.read_text("utf-8")
        for part in parts(settings.plugins if settings else ())
        for path in sorted(part.folder.rglob("policy.cedar"))
    }


async def prepare(settings: Settings, owner_dsn: str, password: str | None = None) -> int:
    """Bring the database up to date; gives how many migrations were applied."""
    applied = await migrate(owner_dsn, ROOT, [each for each in CONTEXTS if (ROOT / each).exists()], password)
    for part in parts(settings.plugins)[1:]:
        applied += await migrate(owner_dsn, part.folder.parent, [part.package])
    return len(applied)


def as_app(owner_dsn: str, password: str) -> str:
    """Turn the owner's DSN into that of the login which owns nothing and runs the shop."""
    url = urlsplit(owner_dsn)
    host = url.netloc.rpartition("@")[2]
    return urlunsplit(url._replace(netloc=f"{LOGIN}:{quote(password, safe='')}@{host}"))


def secret(settings: Settings, name: str = "secret") -> bytes:
    """Read an installation's secret, made at the first time: 32 random bytes only its owner may read."""
    path = settings.secret_file if settings.secret_file and name == "secret" else settings.folder / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        fresh.touch(0o600)
        fresh.write_text(secrets.token_hex(32))
        with suppress(FileExistsError):  # another process was first: its secret counts
            path.hardlink_to(fresh)
        fresh.unlink()
    return bytes.fromhex(path.read_text())


def anchor(settings: Settings) -> Path:
    """Tell the file, outside the database, that holds the newest seal of the audit."""
    return settings.folder / "audit.anchor"


class App:
    """One process of Rynek: the door on one database, and the work that goes on behind it."""

    def __init__(self, settings: Settings, database: Database, door: Door, gate: security.Gate) -> None:
        self.settings = settings
        self.database = database
        self.door = door
        self.gate = gate
        self.tasks: list[asyncio.Task[Any]] = []

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """Put the process together on ``settings.database``, which is the DSN of the login that owns nothing."""
        found = registry(settings)
        set_up(settings)
        database = await Database.open(settings.database, settings.connections)
        gate = await security.open_gate(database, policies(settings), secret(settings), settings.rates)
        return cls(settings, database, Door(found, database, gate), gate)

    def start(self) -> None:
        """Begin the work behind the door: reactions, jobs, followers."""
        served = self.settings.only or contexts(self.settings)
        going = [
            log.run(self.database, served),
            jobs.run(self.database, served),
            security.keep(self.gate),
            security.keep_sealing(self.database, secret(self.settings), anchor(self.settings)),
            *(each(self.database) for each in work(self.settings)),
            *(each(self.door) for each in errands(self.settings)),
        ]
        self.tasks = [asyncio.create_task(each) for each in going]

    async def close(self) -> None:
        """Answer what is in flight, stop the work, give the connections back."""
        await self.door.drain()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.database.close()


class _Rsgi:
    """What granian runs in each worker."""

    def __init__(self) -> None:
        self.settings = load()
        self.app: App | None = None
        self.face: Any = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        logs.configure(self.settings.log_level)
        loop.run_until_complete(self._open())

    async def _open(self) -> None:
        self.app = await App.open(self.settings)
        gc.collect()
        gc.freeze()  # what a process begins with stays: no collection need look at it again
        gc.set_threshold(50_000, 20, 50)
        self.face = Face(self.app.door, body_limit=self.settings.body_limit, trust_proxy=self.settings.trust_proxy)
        self.app.start()

    def stop(self) -> None:
        """Let go of what a stopping server would wait for."""
        if self.face is not None:
            self.face.hang_up()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        await self.face(scope, protocol)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.app is not None:
            loop.run_until_complete(self.app.close())


def rsgi() -> _Rsgi:
    """Make the application for a server process; settings come from ``rynek.toml`` and ``RYNEK_*``."""
    made = _Rsgi()
    _tell_of_stopping(made.stop)
    return made


def _tell_of_stopping(tell: Callable[[], None]) -> None:
    """Call ``tell`` when this worker is asked to stop: granian waits for open streams first, and kills in the end."""
    before = _signals.set_loop_signals

    def listening(loop: asyncio.AbstractEventLoop) -> Any:
        event = before(loop)  # type: ignore[no-untyped-call]

        def stop() -> None:
            tell()
            event.set()

        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, stop)
        return event

    _signals.set_loop_signals = listening


__all__ = ["App", "as_app", "contexts", "policies", "prepare", "registry", "rsgi", "secret", "work"]
