"""The process that counts, and what speaks with it: a minute of a processor, while no server stands still.

A frame is its length in eight bytes and then JSON. The first frame is what the simulation is decided by; each further
one is a portion, answered by what it comes to, or by nothing where it could not be counted. The process ends when its
input ends, so it outlives nobody.
"""

import asyncio
import sys
import traceback
from contextlib import suppress
from typing import BinaryIO

import msgspec

from rynek.commerce.simulations.model import Given, Portion
from rynek.commerce.simulations.rules import Reckoner

_SIZE = 8
_COMMAND = (sys.executable, "-P", "-m", "rynek.commerce.simulations.desk")
_given = msgspec.json.Decoder(Given).decode
_portion = msgspec.json.Decoder(Portion).decode


class CannotCount(Exception):  # noqa: N818 - what happened; the operator reads it with the simulation
    """A portion could not be counted; the message says why."""


class Desk:
    """A process that counts portions of one simulation."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.known: set[str] = set()
        """The items that it has learnt of."""

    @classmethod
    async def open(cls, given: str) -> "Desk":
        """Start a process for a simulation."""
        pipe = asyncio.subprocess.PIPE
        desk = cls(await asyncio.create_subprocess_exec(*_COMMAND, stdin=pipe, stdout=pipe))
        await desk._send(given.encode())
        return desk

    async def count(self, portion: bytes) -> str:
        """Let a portion be counted; gives what it comes to, as JSON.

        Raises:
            CannotCount: it cannot be, or the process has ended.
        """
        try:
            await self._send(portion)
            answer = await self._receive()
        except (OSError, asyncio.IncompleteReadError):
            raise CannotCount("the process that counts has ended") from None
        if answer[:1] != b"{":
            raise CannotCount(answer.decode())
        return answer.decode()

    async def close(self) -> None:
        """End the process."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def _send(self, frame: bytes) -> None:
        into = self.process.stdin
        assert into is not None  # noqa: S101 - it was opened with a pipe
        into.write(len(frame).to_bytes(_SIZE) + frame)
        await into.drain()

    async def _receive(self) -> bytes:
        out = self.process.stdout
        assert out is not None  # noqa: S101 - it was opened with a pipe
        return await out.readexactly(int.from_bytes(await out.readexactly(_SIZE)))


def main(come: BinaryIO, go: BinaryIO) -> None:
    """Count what comes in until it ends."""
    given = _read(come)
    if given is None:
        return
    reckoner = Reckoner(_given(given))
    while (frame := _read(come)) is not None:
        try:
            answer = msgspec.json.encode(reckoner.count(_portion(frame)))
        except Exception:  # noqa: BLE001 - whatever it is, it is told with the simulation
            answer = traceback.format_exc(limit=-3).encode()
        go.write(len(answer).to_bytes(_SIZE) + answer)
        go.flush()


def _read(come: BinaryIO) -> bytes | None:
    size = come.read(_SIZE)
    frame = come.read(int.from_bytes(size)) if len(size) == _SIZE else b""
    return frame if size and len(frame) == int.from_bytes(size) else None


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main(sys.stdin.buffer, sys.stdout.buffer)
