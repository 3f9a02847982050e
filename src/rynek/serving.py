"""A shop on this machine: its database under it, server processes above."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops

from rynek import app
from rynek.kernel.postgres import start
from rynek.kernel.settings import Settings, SettingsError


@contextmanager
def ground(settings: Settings) -> Iterator[tuple[Settings, int]]:
    """Make the database ready: start the embedded one if that is chosen, migrate, stop it at the end.

    Gives the settings with the DSN of the login that runs the shop, and how many migrations were applied.
    """
    if settings.database != "embedded":
        applied = asyncio.run(app.prepare(settings, settings.owner_database)) if settings.owner_database else 0
        yield settings, applied
        return
    with start(settings.folder / "postgres", memory_mb=settings.memory_mb * 4) as cluster:
        password = app.secret(settings, "login").hex()
        applied = asyncio.run(app.prepare(settings, cluster.dsn, password))
        ready = msgspec.structs.replace(
            settings, database=app.as_app(cluster.dsn, password), owner_database=cluster.dsn
        )
        yield ready, applied


def environment(settings: Settings) -> dict[str, str]:
    """Write settings as the variables that server processes read them from."""
    plain = msgspec.structs.asdict(settings)
    del plain["owner_database"]  # servers own nothing
    written: dict[str, str] = {}
    for name, value in plain.items():
        inner = msgspec.structs.asdict(value) if isinstance(value, msgspec.Struct) else {"": value}
        written |= {
            f"RYNEK_{name}__{part}".removesuffix("__").upper(): _text(each)
            for part, each in inner.items()
            if each not in (None, ())
        }
    return written


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def require_free(settings: Settings) -> None:
    """See that nobody listens where we are going to: two servers on one port would share its callers.

    Raises:
        SettingsError: the port is taken, or is none.
    """
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a server that has just ended is in nobody's way
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            taken = f"port {settings.port} of {settings.host}: {error.strerror}; choose another with --port"
            raise SettingsError(taken) from None
    if settings.port == 0:
        raise SettingsError("port: choose one, such as 8000")


def serve(settings: Settings) -> int:
    """Serve until told to stop (SIGINT, SIGTERM); requests in flight are answered first."""
    require_free(settings)
    with ground(settings) as (ready, _):
        os.environ.update(environment(ready))
        Granian(
            "rynek.app:rsgi",
            factory=True,
            address=settings.host,
            port=settings.port,
            workers=settings.workers,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            loop=Loops.uvloop,
            websockets=False,
            log_enabled=False,
            backpressure=4096,
            workers_kill_timeout=15,
        ).serve()
    return 0
