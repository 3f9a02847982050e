"""The darkroom: where pictures are decoded, outside of this process and bounded in time, memory and number.

A thread for each press waits for it, so the event loop never does. A press that dies or takes too long is replaced;
the picture that did it is refused, and nobody else notices.
"""

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rynek.kernel.faults import Unavailable

logger = logging.getLogger(__name__)

PRESSES = 2
"""Pictures that one process works on at a time."""
SECONDS = 20.0
"""How long one may take."""
WAITING = 500
"""How many may wait for their turn."""

_room = ThreadPoolExecutor(PRESSES, thread_name_prefix="darkroom")
_own = threading.local()
_PROGRAM = Path(__file__).with_name("press.py")


class Ruined(Exception):  # noqa: N818 - what it says is what it is
    """The press has died or was stopped over a picture."""


class _Queue:
    waiting = 0


async def work(asked: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Have a press do something with a picture; gives what it says, and the picture it made.

    Raises:
        Ruined: it died of it, or took too long.
        Unavailable: too many are waiting already.
    """
    if _Queue.waiting >= WAITING:
        raise Unavailable("too many pictures are being made; try again", retry_after=2)
    _Queue.waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_room, _ask, asked, body)
    finally:
        _Queue.waiting -= 1


def _ask(asked: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    press = _press()
    late = threading.Timer(SECONDS, press.kill)
    late.start()
    try:
        assert press.stdin is not None  # noqa: S101 - both are pipes
        assert press.stdout is not None  # noqa: S101
        press.stdin.write(json.dumps({**asked, "size": len(body)}).encode() + b"\n")
        press.stdin.write(body)
        press.stdin.flush()
        told: dict[str, Any] = json.loads(press.stdout.readline())
        made = press.stdout.read(told["size"])
    except (OSError, ValueError):
        _close(press)
        logger.error("the press ended with %s over a picture of %d bytes", press.returncode, len(body))  # noqa: TRY400
        raise Ruined from None
    finally:
        late.cancel()
    return told, made


def _press() -> subprocess.Popen[bytes]:
    """Give this thread's press, a new one where the last has ended."""
    press: subprocess.Popen[bytes] | None = getattr(_own, "press", None)
    if press is None or press.poll() is not None:
        if press is not None:
            _close(press)
        press = _own.press = subprocess.Popen(
            [sys.executable, "-I", str(_PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={"PATH": os.defpath}, cwd="/", start_new_session=True,
        )  # fmt: skip
    return press


def _close(press: subprocess.Popen[bytes]) -> None:
    press.kill()
    press.wait()
    for pipe in (press.stdin, press.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                logger.debug("a press left something unread")
