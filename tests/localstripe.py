"""Somebody else's Stripe: `localstripe`, a program of its own beside the tests, on loopback.

It is under the GPL, so nothing of Rynek imports it and nothing of it is kept here: it is installed, by version and
hash, into a folder of the environment in which the tests run, and started as a process.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.conftest import free_port

VERSION = "1.15.10"
HASH = "sha256:e055538b786cee59f80c86d4ab7f7b31fb2cf32c3cbd28320cb463fc62dac220"
FOLDER = Path(sys.prefix) / "programs" / f"localstripe-{VERSION}"
# its own command listens on every address of the machine, and keeps what it knows in a file that all its runs share
START = """
import sys, localstripe.server as s
type(s.store).dump_to_disk = lambda _: None
s.web.run_app(s.app, host='127.0.0.1', port=int(sys.argv[1]))
"""


def installed() -> Path:
    """Install it where it is not yet."""
    if FOLDER.exists():
        return FOLDER
    FOLDER.parent.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=FOLDER.parent))
    wanted = fresh / "wanted.txt"
    wanted.write_text(f"localstripe=={VERSION} --hash={HASH}\n")
    done = subprocess.run(
        [shutil.which("uv") or "uv", "pip", "install", "-q", "--target", str(fresh / "it"), "--no-deps",
         "--no-binary", "localstripe", "--require-hashes", "-r", str(wanted)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.fail(f"localstripe {VERSION} could not be installed from the package registry:\n{done.stderr}")
    try:
        (fresh / "it").rename(FOLDER)
    except OSError:  # another worker was first
        assert FOLDER.exists()
    return FOLDER


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Run it; gives its address."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(installed())}
    with (
        (folder / "log").open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", START, str(port)],
            stdout=out,
            stderr=out,
            env=environment,
            cwd=folder,
        ) as process,
    ):
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait(port: int) -> None:
    ends = time.monotonic() + 60
    while True:
        asked = HTTPConnection("127.0.0.1", port)
        try:
            asked.request("GET", "/v1/customers", headers={"authorization": "Bearer sk_test_12345"})
            assert asked.getresponse().status == 200
        except OSError:
            assert time.monotonic() < ends, "localstripe does not answer"
            time.sleep(0.1)
        else:
            return
        finally:
            asked.close()
