"""The embedded PostgreSQL: one folder and no administrator, whoever dies and whenever."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rynek.kernel import postgres
from rynek.kernel.postgres import Cluster, PostgresFailed, start

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="privileges are dropped where there are some")
OWNER = """import sys, pathlib, time
from rynek.kernel.postgres import start
cluster = start(pathlib.Path(sys.argv[1]), memory_mb=256)
print(cluster.pid, cluster.owned, flush=True)
time.sleep(float(sys.argv[2]))
cluster.stop()
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Give a folder that the server's user can reach."""
    with tempfile.TemporaryDirectory(prefix="rynek-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="module")
def made(place: Path) -> tuple[Path, float]:
    """Make the cluster of these tests; gives how long the first start took."""
    began = time.monotonic()
    with start(place / "shop", memory_mb=256) as cluster:
        seconds = time.monotonic() - began
        ask(cluster, "create table kept (number int)")
    return place / "shop", seconds


@pytest.fixture
def folder(made: tuple[Path, float]) -> Iterator[Path]:
    """Give the folder of a cluster at rest, and see to it that it rests afterwards."""
    yield made[0]
    last = start(made[0], memory_mb=256)
    last.adopt()
    last.stop()
    assert not processes_of(made[0])


def ask(cluster: Cluster, sql: str) -> str:
    return cluster.run_tool("psql", "-XAtc", sql).strip()


def owner_of(folder: Path, seconds: float = 60) -> tuple[subprocess.Popen[str], int, bool]:
    """Start the cluster from another process."""
    command = [sys.executable, "-c", OWNER, str(folder), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    pid, owned = process.stdout.readline().split()
    return process, int(pid), owned == "True"


def ended(process: subprocess.Popen[str], signal_number: int) -> None:
    process.send_signal(signal_number)
    process.wait()
    assert process.stdout
    process.stdout.close()


def processes_of(folder: Path) -> list[int]:
    home = (folder / "server").resolve() / "data"
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if (each / "cwd").readlink() == home and (each / "exe").readlink().name == "postgres":
                found.append(int(each.name))
        except OSError:
            continue
    return found


def uid_of(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Uid:")).split()[1])


def test_the_first_start_and_the_next_are_quick(made: tuple[Path, float]) -> None:
    folder, first_s = made
    assert first_s <= 60  # 2 to 5 s where nobody else works
    took = []
    for _ in range(3):  # the best of three: other tests have the machine at the same time
        began = time.monotonic()
        cluster = start(folder, memory_mb=256)
        took.append(time.monotonic() - began)
        assert ask(cluster, "select count(*) >= 0 from kept") == "t"
        cluster.stop()
        assert not processes_of(folder)
    assert min(took) <= 1


def test_nothing_committed_can_be_lost_and_nobody_comes_from_outside(folder: Path) -> None:
    with start(folder, memory_mb=256) as cluster:
        settings = (
            "fsync synchronous_commit full_page_writes listen_addresses password_encryption TimeZone data_checksums"
        )
        found = [ask(cluster, f"show {name}") for name in settings.split()]
        assert found == ["on", "on", "on", "", "scram-sha-256", "UTC", "on"]
        assert cluster.tcp_dsn is None
        wrong = os.environ | cluster.environment() | {"PGPASSWORD": "wrong"}
        refused = subprocess.run(
            [postgres.binaries() / "psql", "-c", "select 1"], env=wrong, capture_output=True, text=True, check=False
        )
        assert "password authentication failed" in refused.stderr


def test_what_is_secret_is_readable_by_its_owner_alone(folder: Path) -> None:
    with start(folder, memory_mb=256) as cluster:
        assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
        assert (folder / "password").stat().st_uid == os.geteuid()
        home = (folder / "server").resolve()
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
        password = (folder / "password").read_text()
        assert len(password) >= 32
        assert not [each for each in home.rglob("*") if each.is_file() and password.encode() in each.read_bytes()]
        command = Path(f"/proc/{cluster.pid}/cmdline").read_text() + Path(f"/proc/{cluster.pid}/environ").read_text()
        assert password not in command


@ROOT_ONLY
def test_root_drops_its_privileges(folder: Path) -> None:
    with start(folder, memory_mb=256) as cluster:
        users = {uid_of(pid) for pid in processes_of(folder)}
        assert users == {(folder / "server").stat().st_uid}
        assert 0 not in users
        assert cluster.pid in processes_of(folder)


def test_tcp_is_on_when_asked_for(folder: Path) -> None:
    with start(folder, memory_mb=256, tcp=True) as cluster:
        assert cluster.tcp_dsn
        assert cluster.run_tool("psql", "-XAtc", "select inet_server_addr()", cluster.tcp_dsn).strip() == "127.0.0.1"
        assert start(folder, tcp=True).tcp_dsn == cluster.tcp_dsn
    with start(folder, memory_mb=256), pytest.raises(PostgresFailed, match="runs without TCP"):
        start(folder, tcp=True)


def test_another_process_joins_and_leaves_it_running(folder: Path) -> None:
    with start(folder, memory_mb=256) as cluster:
        joined = start(folder)
        assert (joined.pid, joined.owned, cluster.owned) == (cluster.pid, False, True)
        joined.stop()
        other, pid, owned = owner_of(folder, 0)
        assert other.wait() == 0
        ended(other, signal.SIGTERM)
        assert (pid, owned) == (cluster.pid, False)
        assert not joined.adopt()
        assert ask(cluster, "select 1") == "1"


def test_several_start_at_once_and_one_owns(folder: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(folder), "1"]
    starting = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate()[0].split() for process in starting]
    assert len({pid for pid, _ in said}) == 1
    assert sorted(owned for _, owned in said) == ["False", "False", "True"]


def test_a_killed_server_recovers_what_was_committed(folder: Path) -> None:
    cluster = start(folder, memory_mb=256)
    ask(cluster, "insert into kept select generate_series(1, 1000)")
    # a statement that runs on in a child of the killed postmaster
    orphan = subprocess.Popen(
        [postgres.binaries() / "psql", "-c", "select pg_sleep(30)"],
        env=os.environ | cluster.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while ask(cluster, "select count(*) from pg_stat_activity where query like '%sleep(30)%'") != "2":
        time.sleep(0.02)
    os.kill(cluster.pid, signal.SIGKILL)
    again = start(folder, memory_mb=256)
    assert again.pid != cluster.pid
    assert again.owned
    assert ask(again, "select count(*), sum(number) from kept") == "1000|500500"
    assert orphan.wait() != 0
    ask(again, "truncate kept")
    cluster.stop()  # of a server that is gone: nothing happens to the one that is there
    assert ask(again, "select 1") == "1"
    again.stop()


def test_a_killed_owner_leaves_a_server_to_adopt(folder: Path) -> None:
    owner, pid, owned = owner_of(folder)
    assert owned
    joined = start(folder)
    assert not joined.adopt()
    ended(owner, signal.SIGKILL)
    assert pid in processes_of(folder)
    assert (joined.pid, joined.owned) == (pid, False)
    joined.stop()
    assert ask(joined, "select 1") == "1"
    assert joined.adopt()
    assert not start(folder).adopt()
    joined.stop()
    assert not processes_of(folder)


def test_an_interrupted_making_leaves_nothing_half(place: Path) -> None:
    folder = place / "half"
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(folder), "0"], stdout=subprocess.DEVNULL)
    while not (folder / "server" / "data.new").exists():
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not (folder / "server" / "data").exists()
    with start(folder, memory_mb=256) as cluster:
        assert ask(cluster, "select current_database()") == "rynek"
        assert not (folder / "server" / "data.new").exists()


def test_a_long_and_odd_path(place: Path) -> None:
    folder = place / ("deep " * 12).strip() / "it's, a shop" / ("x" * 60)
    for each in (folder, *folder.parents):
        if place in each.parents:
            each.mkdir(parents=True, exist_ok=True)
            each.chmod(0o711)
    cluster = start(folder, memory_mb=256)
    assert len(str(cluster.socket_folder)) < 60
    assert stat.S_IMODE(cluster.socket_folder.stat().st_mode) == 0o700
    assert ask(cluster, "select 1") == "1"
    assert start(folder).pid == cluster.pid
    cluster.stop()
    assert not cluster.socket_folder.exists()


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    configuration = (folder / "server").resolve() / "data" / "postgresql.conf"
    good = configuration.read_text()
    configuration.write_text(good + "\nfsynk = off\n")
    try:
        with pytest.raises(PostgresFailed, match='unrecognized configuration parameter "fsynk"'):
            start(folder, memory_mb=256)
    finally:
        configuration.write_text(good)
    with start(folder, memory_mb=256) as cluster:
        assert ask(cluster, "select 1") == "1"


def test_programs_that_are_not_installed_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres, "_PACKAGE", "no-such-package")
    with pytest.raises(postgres.PostgresMissing, match="uv add no-such-package"):
        start(tmp_path / "none")
