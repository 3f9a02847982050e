"""An S3 server of the tests' own (moto's), in a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from rynek.kernel.settings import Settings
from tests.conftest import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "AKTESTED", "AWS_SECRET_ACCESS_KEY": "never-to-be-logged", "AWS_REGION": "us-east-1"}


@contextmanager
def keys() -> Iterator[None]:
    """Put access keys in the environment, as an operator does."""
    before = {name: os.environ.get(name) for name in KEYS}
    os.environ.update(KEYS)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextmanager
def served(log: Path) -> Iterator[Settings]:
    """Serve a bucket; gives settings whose files lie in it."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process, keys():
        try:
            _make("files", port)
            yield Settings(storage="s3://files/shop/one", storage_endpoint=f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def _make(bucket: str, port: int) -> None:
    """Make a bucket, as soon as the server answers."""
    ends = time.monotonic() + 60
    while True:
        asked = HTTPConnection("127.0.0.1", port)
        try:
            asked.request("PUT", f"/{bucket}")
            assert asked.getresponse().status == 200
        except OSError:
            assert time.monotonic() < ends, "moto's server does not answer"
            time.sleep(0.1)
        else:
            return
        finally:
            asked.close()
