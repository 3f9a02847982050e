"""The processes that count, and what speaks with them: a minute of two processors, while no server stands still.

A frame is its length in eight bytes and then JSON. The first frame is what the simulation is decided by; each further
one is a portion, answered by what it comes to, or by why it could not be counted. A process ends when its input ends,
so it outlives nobody; it gives way to whatever else wants the processor.
"""

import asyncio
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO, Self

import msgspec

from rynek.commerce.simulations.model import Counted, Given, Portion
from rynek.commerce.simulations.rules import Reckoner, merged

_SIZE = 8
_COMMAND = (sys.executable, "-P", "-m", "rynek.commerce.simulations.desk")
_given = msgspec.json.Decoder(Given).decode
_portion = msgspec.json.Decoder(Portion).decode
_counted = msgspec.json.Decoder(Counted).decode


class CannotCount(Exception):  # noqa: N818 - what happened; the operator reads it with the simulation
    """A portion could not be counted; the message says why."""


class Desk:
    """A process that counts portions of one simulation."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def open(cls, given: str) -> Self:
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


class Desks:
    """The processes that count one simulation, each its part of a portion."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self.desks = desks
        self.known: set[str] = set()
        """The items that they have learnt of."""

    @classmethod
    async def open(cls, given: str, many: int) -> Self:
        """Start so many processes for a simulation."""
        return cls(await asyncio.gather(*(Desk.open(given) for _ in range(many))))

    async def count(self, parts: Sequence[bytes]) -> str:
        """Let parts of a portion be counted, at most one by each process; gives what they come to together, as JSON.

        Raises:
            CannotCount: one of them cannot be, or its process has ended.
        """
        answers = await asyncio.gather(
            *(desk.count(part) for desk, part in zip(self.desks, parts, strict=False)),
        )
        if len(answers) == 1:
            return answers[0]
        return msgspec.json.encode(merged(_counted(each) for each in answers)).decode()

    async def close(self) -> None:
        """End the processes."""
        await asyncio.gather(*(desk.close() for desk in self.desks))


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
    os.nice(10)
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main(sys.stdin.buffer, sys.stdout.buffer)
